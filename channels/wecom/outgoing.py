"""What leaves for members and for the groups the application made, and what WeCom's refusals mean for whoever waits.

Above 30 messages a minute to one member WeCom swallows the rest and says that all is well: words that need several messages
are counted here one by one, beside the limits of the house, which count them as one.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Awaitable, Callable
from typing import Any

import structlog

from channels.contract import Cache, SendError, Sent
from channels.tencent import cards
from channels.tencent.api import Api
from channels.tencent.refusals import Refusal, wecom_verdict
from channels.wecom import render
from channels.wecom.settings import GROUP, NAME, Settings
from dialogue.words import Rendered

log = structlog.get_logger(__name__)

TASK_USED = 42014
BAD_MEDIA = 40007
MINUTE, HOUR = (60, 28), (3600, 980)  # seconds, messages to one member
DAY = 86400
MEDIA_LASTS = 3 * DAY - 3600
CARD_LASTS = 3 * DAY  # as long as a click can still change it
RECALLABLE = DAY
LONGEST_CHECK = 4 * 3600
SLACK = 5  # seconds between two clocks
UNCHECKED = 0  # instead of the first try's moment: another message said the same words about then
MAX_NEWS_PICTURE = 2 * 1024 * 1024


class Outgoing:
    """Sends for one application."""

    def __init__(self, settings: Settings, api: Api, cache: Cache, now: Callable[[], float]) -> None:
        self._settings = settings
        self._api = api
        self._cache = cache
        self._now = now

    async def send(self, address: str, words: Rendered, picture: bytes | None, key: str) -> Sent:
        """Say it to a member, or into a group of ours. The id is a card's task, else the platform's own. Raises SendError."""
        task = key or f"c{secrets.token_hex(12)}"
        calls = await self._calls(address, words, picture, task)
        if not calls:
            raise SendError.ours("nothing to say")
        begun = int(await self._cache.get(f"{NAME}:begun:{task}") or 0)
        sent = Sent(task)
        for i, call in enumerate(calls[begun:], begun):
            try:
                sent = await self._one(address, call, words, picture or b"", f"{task}-{i}")
            except Refusal as r:
                if i:
                    await self._cache.put(f"{NAME}:begun:{task}", str(i), DAY)
                raise wecom_verdict(r) from None
            except SendError:
                if i:
                    await self._cache.put(f"{NAME}:begun:{task}", str(i), DAY)
                raise
        return sent

    async def recall(self, id: str) -> None:  # noqa: A002 - as Sent calls it
        """Take back what was said, within a day. Raises SendError."""
        message = await self._cache.get(f"{NAME}:message:{id}") or id
        try:
            await self._api.call("/cgi-bin/message/recall", {"msgid": message})
        except Refusal as r:
            raise wecom_verdict(r) from None

    async def labels(self, task: str, payloads: tuple[str, ...]) -> list[str]:
        """What the tapped payloads were called on that card; none when the card is long forgotten."""
        known: dict[str, str] = json.loads(await self._cache.get(f"{NAME}:card:{task}") or "{}")
        return [known[payload] for payload in payloads if payload in known]

    async def grey(self, address: str, response: str, said: str) -> None:
        """The clicked card shows what was chosen and can be clicked no more; nothing depends on it."""
        body = {"userids": [address], "agentid": self._settings.agent_id, "response_code": response, "button": {"replace_name": said}}
        try:
            await self._api.call("/cgi-bin/message/update_template_card", body)
        except Refusal as r:
            log.info("wecom.card_not_updated", code=r.code, reason=r.reason)

    # --- one after the other -------------------------------------------------------------------------------------------

    async def _calls(self, address: str, words: Rendered, picture: bytes | None, task: str) -> list[render.Call]:
        texts = self._settings.words
        group = address.startswith(GROUP)
        said = render.post(words, texts) if group else render.calls(words, task, texts)
        if not picture:
            return said
        if not group and len(picture) <= MAX_NEWS_PICTURE and render.illustrated(words, task, texts, "https://picture") is not None:
            address = await self._address_of(words.picture, picture)
            found = render.illustrated(words, task, texts, address) if address else None
            if found:
                return [found]
        return [{"msgtype": "image"}, *said]

    async def _one(self, address: str, call: render.Call, words: Rendered, picture: bytes, name: str) -> Sent:
        if address.startswith(GROUP):
            return await self._into_group(address.removeprefix(GROUP), call, words.picture, picture)
        await self._pace(address)
        if call["msgtype"] == "template_card":
            return await self._card(address, call, words)
        return await self._message(address, call, words.picture, picture, name)

    async def _card(self, address: str, call: render.Call, words: Rendered) -> Sent:
        card = call["template_card"]
        task = str(card.get("task_id", ""))
        try:
            told = await self._say(address, call)
        except Refusal as r:
            if task and r.code == TASK_USED:  # an earlier try of this very card got through, though its answer was lost
                return Sent(task)
            verdict = wecom_verdict(r)
            if verdict.verdict != "ours" or verdict.bulk:
                raise
            log.warning("wecom.card_refused", code=r.code, reason=r.reason, card=card.get("card_type"))
            return await self._as_text(address, words)
        if task:
            await self._cache.put(f"{NAME}:card:{task}", json.dumps(cards.labels(card), ensure_ascii=False), CARD_LASTS)
        return await self._sent(told, task)

    async def _as_text(self, address: str, words: Rendered) -> Sent:
        told: dict[str, Any] = {}
        for i, call in enumerate(render.plain(words, self._settings.words)):
            if i:
                await self._pace(address)
            told = await self._say(address, call)
        return await self._sent(told, "")

    async def _message(self, address: str, call: render.Call, digest: str, picture: bytes, name: str) -> Sent:
        """Text, textcard, news, image."""
        tried = f"{NAME}:tried:{name}"
        check = await self._check(address, (call, digest), name, tried)
        try:
            if call["msgtype"] == "image":
                return await self._sent(await self._picture(address, digest, picture, check), "")
            return await self._sent(await self._say(address, {**call, **check}), "")
        except Refusal as r:
            if not r.uncertain:  # it surely was not said: the same words may be
                await self._cache.drop(tried, await self._cache.get(tried) or "")
            raise

    async def _check(self, address: str, what: tuple[render.Call, str], name: str, tried: str) -> dict[str, int]:
        """WeCom drops the same words said twice within an interval: it must reach back to our own first try, and to nothing else.

        Where another message said the same within that time, nothing is dropped: rather twice than never. The first try is
        checked too, since WeCom does not say whether it compares with words that were not.
        """
        same = hashlib.sha256(json.dumps(what, sort_keys=True).encode()).hexdigest()
        said, now = f"{NAME}:said:{address}:{same}", int(self._now())
        known, (last, _, at) = await self._cache.get(tried), (await self._cache.get(said) or "").partition(" ")
        first = int(known or now)
        if last not in ("", name) and int(at) >= first - SLACK:
            first = UNCHECKED
        await self._cache.put(tried, str(first), LONGEST_CHECK)
        await self._cache.put(said, f"{name} {now}", LONGEST_CHECK)
        if first == UNCHECKED:
            return {}
        return {"enable_duplicate_check": 1, "duplicate_check_interval": min(now - first + SLACK, LONGEST_CHECK) if known else 1}

    async def _say(self, address: str, call: render.Call) -> dict[str, Any]:
        body = {"touser": address, "agentid": self._settings.agent_id, **call}
        told = await self._api.call("/cgi-bin/message/send", body)
        if address in str(told.get("invaliduser") or "").lower().split("|"):
            raise SendError.gone("no such member in the application's visible range")
        if address in str(told.get("unlicenseduser") or "").lower().split("|"):
            raise SendError.ours("the member has no licence for this interface")
        return told

    async def _sent(self, told: dict[str, Any], task: str) -> Sent:
        message = str(told.get("msgid") or "")
        if task and message:
            await self._cache.put(f"{NAME}:message:{task}", message, RECALLABLE)
        return Sent(task or message)

    async def _into_group(self, chat: str, call: render.Call, digest: str, picture: bytes) -> Sent:
        async def say(handle: str) -> None:
            body = {**call, "image": {"media_id": handle}} if handle else call
            await self._api.call("/cgi-bin/appchat/send", {"chatid": chat, **body})

        if call["msgtype"] == "image":
            await self._with_media(digest, picture, say)
        else:
            await say("")
        return Sent("")

    # --- pictures ------------------------------------------------------------------------------------------------------

    async def _picture(self, address: str, digest: str, picture: bytes, check: dict[str, int]) -> dict[str, Any]:
        told: dict[str, Any] = {}

        async def say(handle: str) -> None:
            told.update(await self._say(address, {"msgtype": "image", "image": {"media_id": handle}, **check}))

        await self._with_media(digest, picture, say)
        return told

    async def _with_media(self, digest: str, picture: bytes, say: Callable[[str], Awaitable[None]]) -> None:
        """Say something with a picture the platform holds for three days; one it no longer has is uploaded again, once."""
        name = f"{NAME}:media:{self._settings.corp_id}:{digest}"
        known = await self._cache.get(name) or ""
        handle = known or await self._uploaded(name, picture)
        try:
            await say(handle)
        except Refusal as r:
            if r.code != BAD_MEDIA or not known:
                raise
            await self._cache.drop(name, known)
            await say(await self._uploaded(name, picture))

    async def _uploaded(self, name: str, picture: bytes) -> str:
        told = await self._api.upload("/cgi-bin/media/upload", picture, *_file(picture), {"type": "image"})
        handle = str(told.get("media_id") or "")
        await self._cache.put(name, handle, MEDIA_LASTS)
        return handle

    async def _address_of(self, digest: str, picture: bytes) -> str:
        """A picture's lasting address at Tencent, "" where it gives none. Raises SendError."""
        name = f"{NAME}:picture:{self._settings.corp_id}:{digest}"
        if known := await self._cache.get(name):
            return known
        try:
            told = await self._api.upload("/cgi-bin/media/uploadimg", picture, *_file(picture))
        except Refusal as r:
            if r.code <= 0:
                raise wecom_verdict(r) from None
            log.warning("wecom.picture_refused", code=r.code, reason=r.reason)
            return ""
        url = str(told.get("url") or "")
        await self._cache.put(name, url, 30 * DAY)
        return url

    # --- the platform's limit ------------------------------------------------------------------------------------------

    async def _pace(self, address: str) -> None:
        """One message more to this member, if WeCom will still show it; else later. Raises SendError."""
        name, now = f"{NAME}:pace:{address}", int(self._now())
        kept = [int(at) for at in (await self._cache.get(name) or "").split(",") if at]
        times = [at for at in kept if at > now - HOUR[0]]
        for seconds, most in (MINUTE, HOUR):
            recent = [at for at in times if at > now - seconds]
            if len(recent) >= most:
                raise SendError.retry("as many as WeCom shows", float(recent[-most] + seconds - now + 1))
        await self._cache.put(name, ",".join(map(str, [*times, now])), HOUR[0])


def _file(picture: bytes) -> tuple[str, str]:
    return ("picture.png", "image/png") if picture.startswith(b"\x89PNG") else ("picture.jpg", "image/jpeg")
