"""微信客服 as a channel: a call that there is something comes in, messages are fetched; what the house says goes out by kf/send_msg."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import quote

import structlog
from aiohttp import web

from channels.contract import Cache, Capabilities, Notebook, Rate, Rates, SendError, Sent, Take, Window
from channels.tencent import xml
from channels.tencent.api import Api, Refusal, wecom, wecom_verdict
from channels.tencent.crypto import Envelope, Forged
from channels.tencent.hook import body_of
from channels.wechat_kf.account import TWO_DAYS, Account, Pace
from channels.wechat_kf.checks import Finding, findings
from channels.wechat_kf.parse import CODE_SECONDS, NAME
from channels.wechat_kf.reading import Reader
from channels.wechat_kf.render import MAX_LINES, MAX_TEXT
from channels.wechat_kf.sending import Sender
from channels.wechat_kf.sessions import Sessions, Wanted
from dialogue.words import Attachment, Kind, Rendered

log = structlog.get_logger(__name__)

PATH = "/hook/kf"
MAX_FILE = 20 * 1024 * 1024
SCENE = "mulin"
OPENED = Window(5, TWO_DAYS)  # what they send; a tapped line of a menu is a message too
GREETED = Window(1, CODE_SECONDS)  # opening the chat: one welcome
WINDOWS: Mapping[Kind, Window] = {
    **dict.fromkeys((Kind.TEXT, Kind.CHOICE, Kind.PHOTO, Kind.VOICE, Kind.FILE, Kind.PLACE, Kind.OTHER), OPENED),
    Kind.JOINED: GREETED,
}


@dataclass(frozen=True, slots=True)
class Settings:
    """`[channels.wechat_kf]`, of `[channels.wecom]` the corp and the address of its calls, and our public address."""

    open_kfid: str
    corp_id: str
    secret: str = field(repr=False)
    token: str = field(repr=False)
    aes_key: str = field(repr=False)
    api_base: str = "https://qyapi.weixin.qq.com"
    public_url: str = ""


@dataclass(frozen=True, slots=True)
class Ports:
    """What the door is handed of the house. `words`: its own texts by language tag."""

    cache: Cache
    notebook: Notebook
    words: Callable[[str], Mapping[str, str]]
    wanted: Wanted


class WechatKf:
    """One 客服 account. `pace` is set by tests only."""

    name = NAME
    can = Capabilities(buttons=MAX_LINES, max_text=MAX_TEXT // 3, groups=False, pictures=True, first_word=False, windows=WINDOWS)
    ready = True
    rates = Rates(overall=(Rate(20, 1, 10),))

    def __init__(self, settings: Settings, ports: Ports, pace: Pace | None = None) -> None:
        self._settings = settings
        self.pace = pace or Pace()
        api = Api(settings.api_base, wecom(settings.corp_id, settings.secret), ports.cache)
        self._account = Account(settings.open_kfid, api, ports.cache, ports.notebook, self.pace)
        sessions = Sessions(self._account, ports.wanted)
        self._words = ports.words
        self._sender = Sender(self._account, sessions, ports.words)
        self.reader = Reader(self._account, sessions, ports.words(""), self._say)
        try:
            self._envelope: Envelope | None = Envelope(settings.token, settings.aes_key, settings.corp_id)
        except ValueError:
            self._envelope = None
        self.secrets = tuple(s for s in (settings.secret, settings.token, settings.aes_key) if s)

    def routes(self, take: Take) -> Sequence[web.RouteDef]:
        """The callback: checked when it is saved in the back office, called when there is something."""

        async def call(request: web.Request) -> web.Response:
            return await self._call(request, take)

        return (web.get(PATH, self._verify), web.post(PATH, call))

    async def start(self, take: Take) -> None:
        """Look for what was said meanwhile, then every few minutes, whether called or not."""
        self.reader.watch(take)

    async def stop(self) -> None:
        """Leave off reading, hang up."""
        await self.reader.stop()
        await self._account.api.close()

    async def send(self, address: str, words: Rendered, picture: bytes | None = None, key: str = "") -> Sent:
        """Say it in that resident's chat. Raises SendError: `closed` when five were sent, or 48 hours are over."""
        return await self._sender.send(address, words, picture, key)

    async def fetch(self, attachment: Attachment) -> bytes:
        """The bytes of what a resident sent, within three days. Raises SendError or TooBig."""
        try:
            return await self._account.api.download("/cgi-bin/media/get", {"media_id": attachment.reference}, MAX_FILE)
        except Refusal as r:
            raise wecom_verdict(r) from None

    async def door(self, code: str) -> str:
        """The address (for a QR on a slip or poster) that opens our chat with this code. Raises SendError."""
        name = f"way:{self._account.id}"
        way = await self._account.notebook.read(name)
        if not way:
            try:
                found = await self._account.api.call("/cgi-bin/kf/add_contact_way", {"open_kfid": self._account.id, "scene": SCENE})
            except Refusal as r:
                raise wecom_verdict(r) from None
            way = str(found.get("url", ""))
            await self._account.notebook.write(name, way)
        return f"{way}{'&' if '?' in way else '?'}scene_param={quote(code, safe='')}"

    async def check(self) -> list[Finding]:
        """What is missing, whether Tencent knows us, and what to paste where."""
        s = self._settings
        values = {"corp_id": s.corp_id, "open_kfid": s.open_kfid, "secret": s.secret, "token": s.token, "encoding_aes_key": s.aes_key}
        return await findings(self._account, values, s.public_url.rstrip("/") + PATH, sealed=self._envelope is not None)

    async def _verify(self, request: web.Request) -> web.Response:
        try:
            return web.Response(body=self._opened(request, request.query.get("echostr", "").encode("utf-8", "surrogatepass")))
        except Forged as f:
            return self._refused(f)

    async def _call(self, request: web.Request, take: Take) -> web.Response:
        body = await body_of(request)
        try:
            plain = self._opened(request, xml.encrypted_in(body) or b"")
        except Forged as f:
            return self._refused(f)
        try:
            fields = xml.read(plain)
        except xml.NotXml:
            return web.Response()
        if fields.get("Event") == "kf_msg_or_event" and fields.get("OpenKfId") == self._account.id:
            await self.reader.called(str(fields.get("Token", "")), take)
        return web.Response()

    def _opened(self, request: web.Request, encrypt: bytes) -> bytes:
        if self._envelope is None:
            raise Forged("wrong_signature")
        signature, timestamp, nonce = (request.query.get(name, "") for name in ("msg_signature", "timestamp", "nonce"))
        return self._envelope.open(encrypt, signature, timestamp, nonce, self.pace.now())

    def _refused(self, why: Forged) -> web.Response:
        log.warning("wechat_kf.refused", reason=why.reason)
        return web.Response(status=403)

    async def _say(self, address: str, recalled: str) -> None:
        """The one sentence of the door's own: what was taken back too late counts all the same."""
        try:
            await self.send(address, Rendered(str(self._words("")["recalled"])))
        except SendError as e:
            log.info("wechat_kf.not_told", verdict=e.verdict, reason=e.reason)
