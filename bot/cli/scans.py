"""What the QR of a code opens when it is printed: the chat that residents have, the 公众号 first, then 微信客服, else the web chat."""

from __future__ import annotations

from collections.abc import Sequence

from bot.channels import Outfit, build
from bot.cli.invites import Addresses, web_chat
from bot.config import Config
from channels.contract import SendError
from channels.wechat import WeChat
from channels.wechat_kf import WechatKf
from dialogue.words import Refused
from storage.database import Database
from storage.shared import InMemory

LONGEST = 30  # days a platform keeps a passing QR; beyond that it is a lasting one


def opens(config: Config, database: Database, days: int) -> Addresses:
    """Asks the platform for each code; `days`: how long they must work, 0 for good. Refused in one sentence where it does not give any."""

    async def addresses(wanted: Sequence[str]) -> dict[str, str]:
        channels = build(Outfit(config, database, InMemory())).values()
        account = next((channel for channel in channels if isinstance(channel, WeChat)), None)
        desk = next((channel for channel in channels if isinstance(channel, WechatKf)), None)
        try:
            if account is not None:
                lasts = days if days <= LONGEST else 0
                return {code: (await account.poster(code, days=lasts)).url for code in wanted}
            if desk is not None:
                return {code: await desk.door(code) for code in wanted}
        except SendError as failure:
            raise Refused("invites.no_scan", reason=failure.reason) from None
        finally:
            for channel in channels:
                await channel.stop()
        return dict(await web_chat(config.server.public_url)(wanted))

    return addresses
