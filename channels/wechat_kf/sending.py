"""What the house says, on its way into a chat: within the window of five messages in 48 hours, or once with a code."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import structlog

from channels.contract import SendError, Sent
from channels.numbered import Phrases, language
from channels.tencent.api import Refusal, wecom_verdict
from channels.wechat_kf.account import TEXT, Account
from channels.wechat_kf.render import Message, at_once, render
from channels.wechat_kf.sessions import Sessions
from dialogue.words import Rendered

log = structlog.get_logger(__name__)

SEND, ON_EVENT = "/cgi-bin/kf/send_msg", "/cgi-bin/kf/send_msg_on_event"
NO_ANSWER = (0, -1)
NOT_OURS = {95013, 95018}  # the session is over; it is in the queue, or somebody of the office has it
CLOSED = NOT_OURS | {95001, 95002, 95031}  # five were sent; 48 hours are over; they have not written for so long
GONE = {40096, 84061}  # nobody of that id
CHANNEL = {95000, 95004, 95011, 95012, 95017}  # the account, or our right to it: nothing gets through
MEDIA_GONE = 40007
MEDIA_SECONDS = 60 * 3600  # Tencent keeps a picture for three days
MAX_PICTURE = 10 * 1024 * 1024
PICTURES = {b"\xff\xd8\xff": ("jpg", "image/jpeg"), b"\x89PNG": ("png", "image/png")}
AGAIN_SECONDS = 10
REMEMBERED = 256


class Sender:
    """Says things in the chats of one account. `words`: the door's own texts by language tag."""

    def __init__(self, account: Account, sessions: Sessions, words: Callable[[str], Mapping[str, str]]) -> None:
        self._account = account
        self._sessions = sessions
        self._words = words
        self._begun: dict[str, int] = {}  # messages that broke off, by our own names for them: how many parts were sent

    async def send(self, address: str, words: Rendered, picture: bytes | None, key: str) -> Sent:
        """Say it there; the id is of the part that is tapped. Raises SendError."""
        begun = self._begun.pop(key, 0)
        what, code = ("", "") if begun else await self._account.allowed(address)
        if what == TEXT and not await self._sessions.wanted(address):
            what = code = ""  # out of the queue they came back to us: then not by a text that is shown to who waits
        try:
            messages = await self._messages(words, picture, what)
        except Refusal as r:
            raise verdict(r) from None
        if not messages:
            raise SendError.ours("nothing to say")
        sent = ""
        for i, message in enumerate(messages[begun:], begun):
            try:
                sent = await self._one(address, message, _part(key, i, len(messages)), "" if i else code)
            except Refusal as r:
                if r.code == MEDIA_GONE and await self._forgotten(words.picture):
                    return await self.send(address, words, picture, key)
                if i and key:
                    self._broke_off(key, i)
                error = verdict(r)
                error.said = i - begun
                raise error from None
        await self._sessions.hand_over(address)
        return Sent(sent.partition("_")[0], count=len(messages) - begun)

    def _broke_off(self, key: str, sent: int) -> None:
        if len(self._begun) >= REMEMBERED:
            self._begun.clear()
        self._begun[key] = sent

    async def _messages(self, words: Rendered, picture: bytes | None, what: str) -> list[Message]:
        phrases = Phrases.of(self._words(language(words)))
        said = at_once(words, phrases, menu=what != TEXT) if what else render(words, phrases)
        if not picture:
            return said
        image = await self._image(words.picture, picture)
        return [*said, *image] if what else [*image, *said]  # with a code the words go first: nothing else may

    async def _one(self, address: str, message: Message, name: str, code: str, *, again: bool = False) -> str:
        body = {**message, "msgid": name} if name else dict(message)
        if code:
            try:
                return str((await self._account.api.call(ON_EVENT, {"code": code, **body})).get("msgid", ""))
            except Refusal as r:
                if r.code in NO_ANSWER:
                    await self._account.allow(address, code, AGAIN_SECONDS)
                    raise
                log.info("wechat_kf.code_refused", code=r.code, reason=r.reason)
        to = {"touser": address, "open_kfid": self._account.id}
        try:
            return str((await self._account.api.call(SEND, {**to, **body})).get("msgid", ""))
        except Refusal as r:
            if r.code not in NOT_OURS or again or not await self._sessions.take_back(address):
                raise
        _, code = await self._account.allowed(address)
        return await self._one(address, message, name, code, again=True)

    async def _image(self, digest: str, picture: bytes) -> list[Message]:
        """The picture as a message, uploaded once for all its readers; none where Tencent would not take it."""
        kind = next((kind for start, kind in PICTURES.items() if picture.startswith(start)), None)
        if kind is None or len(picture) > MAX_PICTURE:
            log.warning("wechat_kf.picture_left_out", size=len(picture))
            return []
        media = await self._account.cache.get(self._media(digest))
        if media is None:
            try:
                found = await self._account.api.upload("/cgi-bin/media/upload", picture, f"picture.{kind[0]}", kind[1], {"type": "image"})
            except Refusal as r:
                if r.code in NO_ANSWER:
                    raise
                log.warning("wechat_kf.picture_refused", code=r.code, reason=r.reason)
                return []
            media = str(found.get("media_id", ""))
            await self._account.cache.put(self._media(digest), media, MEDIA_SECONDS)
        return [{"msgtype": "image", "image": {"media_id": media}}]

    async def _forgotten(self, digest: str) -> bool:
        """Tencent no longer has a picture we thought it had: it must be uploaded anew."""
        kept = await self._account.cache.get(self._media(digest))
        await self._account.cache.drop(self._media(digest), kept or "")
        return kept is not None

    def _media(self, digest: str) -> str:
        return self._account.key("media", digest)


def verdict(r: Refusal) -> SendError:
    """A refusal of 客服 in the words of delivery."""
    if r.code in CLOSED:
        return SendError.closed(r.reason)
    if r.code in GONE:
        return SendError.gone(r.reason)
    if r.code in CHANNEL:
        return SendError("ours", r.reason, bulk=True)
    return wecom_verdict(r)


def _part(key: str, i: int, of: int) -> str:
    """Our own name for one message: the last of several has the key itself, and no key has a `_`."""
    return key if i == of - 1 or not key else f"{key[:28]}_{i + 1}"
