"""What both modes of the 智能机器人 have at hand: its settings, the words it says of itself, and what it remembers for minutes."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import aiohttp
import structlog
from yarl import URL

from channels.bodies import limited
from channels.contract import Cache, Notebook, SendError, TooBig
from channels.numbered import language
from channels.outside import Outside, loopback, may_open
from channels.tencent.cards import labels
from channels.tencent.crypto import Forged, open_media
from channels.wecom_aibot.pace import Pace
from channels.wecom_aibot.parse import Me, Media
from channels.wecom_aibot.render import Message, Style
from dialogue.rendered import Rendered

log = structlog.get_logger(__name__)

MEDIA_SECONDS = 300.0
MAX_FILE = 20 * 1024 * 1024
FETCH_SECONDS = 60.0
CARDS = 4000  # so many cards' labels are remembered


@dataclass(frozen=True, slots=True)
class Settings:
    """`[channels.wecom_aibot]`, the public address of this installation, and [channels.wecom] corp_id ("": none)."""

    mode: str = "socket"  # or "callback"
    bot_id: str = ""
    secret: str = field(default="", repr=False)
    bot_name: str = ""
    token: str = field(default="", repr=False)
    encoding_aes_key: str = field(default="", repr=False)
    socket_url: str = "wss://openws.work.weixin.qq.com"
    public_url: str = ""
    corp_id: str = ""

    @property
    def local(self) -> bool:
        """Whether all this plays on one machine, as in tests: then its addresses may be opened."""
        return loopback(self.socket_url) or loopback(self.public_url)


@dataclass
class Desk:
    """`words`: this door's texts by language tag. What is remembered is this process's, and may be lost."""

    settings: Settings
    words: Callable[[str], Mapping[str, Any]]
    cache: Cache
    notes: Notebook
    pace: Pace
    _media: dict[str, tuple[Media, float]] = field(default_factory=dict)
    _labels: OrderedDict[str, dict[str, str]] = field(default_factory=OrderedDict)

    @property
    def me(self) -> Me:
        return Me(self.settings.bot_name, self.settings.corp_id)

    def style(self, words: Rendered) -> Style:
        """How it speaks in the language these words are written in."""
        return Style.of(self.words(language(words)))

    # --- cards that were shown ------------------------------------------------------------------------------------

    def shown(self, messages: Sequence[Message]) -> None:
        """Remember what can be tapped on them, to say afterwards what was."""
        for card in (m["template_card"] for m in messages if "template_card" in m):
            if task := card.get("task_id"):
                self._labels[task] = labels(card)
                while len(self._labels) > CARDS:
                    self._labels.popitem(last=False)

    def chosen(self, task: str, payloads: Sequence[str]) -> str:
        """What stands on a card once these were tapped; its full words only while this process remembers the card."""
        known = self._labels.get(task, {})
        found = [known[payload] for payload in payloads if payload in known]
        table = self.words("")
        if len(found) < len(payloads):
            return str(table["received"])
        return str(table["chosen"]).format(label=str(table["joint"]).join(found))

    # --- what people sent -----------------------------------------------------------------------------------------

    def keep(self, media: Mapping[str, Media]) -> None:
        """Know where these lie, for as long as they lie there. In this process only: it fetches them before the turn of what it heard."""
        now = self.pace.clock()
        self._media = {handle: kept for handle, kept in self._media.items() if kept[1] > now}
        self._media |= {handle: (one, now + MEDIA_SECONDS) for handle, one in media.items()}

    async def fetch(self, handle: str) -> bytes:
        """The bytes behind a reference, opened. Raises SendError or TooBig."""
        media, _ = self._media.get(handle, (None, 0.0))
        if media is None:
            raise SendError.ours("its address lived five minutes")
        try:
            return open_media(await _downloaded(media.url, local=self.settings.local), media.key or self.settings.encoding_aes_key)
        except Forged as f:
            raise SendError.ours(f"sealed otherwise: {f.reason}") from None


async def _downloaded(url: str, *, local: bool) -> bytes:
    """Whatever lies there, outside our walls, at most MAX_FILE and its padding. Nothing here raises or logs the address."""
    if not may_open(url, local=local):
        raise SendError.ours("an address we do not open")
    connector = aiohttp.TCPConnector(resolver=None if local else Outside())
    timeout = aiohttp.ClientTimeout(FETCH_SECONDS, sock_connect=10)
    try:
        async with (
            aiohttp.ClientSession(timeout=timeout, connector=connector) as session,
            session.get(URL(url, encoded=True), allow_redirects=False) as response,
        ):
            if response.status != 200:
                raise SendError.ours(f"file not given: {response.status}")
            return await limited(response.content, MAX_FILE + 32)
    except (TooBig, SendError):
        raise
    except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as e:
        raise SendError.retry(type(e).__name__) from None
