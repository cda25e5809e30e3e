"""Telegram as a channel: what residents say comes in by webhook or polling, what the house says goes out by the Bot API."""

from __future__ import annotations

import asyncio
import hmac
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import structlog
from aiohttp import web

from channels.begun import Begun
from channels.bodies import limited
from channels.contract import Capabilities, Rate, Rates, SendError, Sent, Take, TooBig
from channels.telegram.api import MAX_FILE, Api, Failure
from channels.telegram.intake import WANTED, Intake, Pace
from channels.telegram.parse import NAME
from channels.telegram.render import MAX_BUTTONS, MAX_TEXT, Call, render
from channels.telegram.wire import File, Message, WebhookInfo
from dialogue.words import Attachment, Rendered

log = structlog.get_logger(__name__)

PATH = "/hook/telegram"
SECRET_HEADER = "X-Telegram-Bot-Api-Secret-Token"  # noqa: S105 - the name of the header, not what it holds
MAX_BODY = 1024 * 1024
CONNECTIONS = 40
REMEMBERED = 256
TOPIC_GONE = ("message thread not found", "topic_closed", "topic_deleted")
PICTURE_REFUSED = ("photo", "image", "file", "too large")

Finding = tuple[bool, str, dict[str, str]]


@dataclass(frozen=True, slots=True)
class CommandMenu:
    """What Telegram offers behind `/`: names (a-z 0-9 _) with their words, for one scope and one two-letter language."""

    scope: str  # all_private_chats | all_group_chats | all_chat_administrators
    commands: tuple[tuple[str, str], ...]
    language: str = ""  # "" for everybody whose language has no menu of its own


@dataclass(frozen=True, slots=True)
class Settings:
    """`[channels.telegram]`, the public address of this installation, and the menus of commands."""

    token: str
    api_base: str = "https://api.telegram.org"
    proxy: str = ""
    mode: str = "webhook"  # or "polling"
    webhook_secret: str = ""
    public_url: str = ""
    commands: tuple[CommandMenu, ...] = ()


class Telegram:
    """One bot. `pace` is handed in by tests only."""

    name = NAME
    can = Capabilities(buttons=MAX_BUTTONS, max_text=MAX_TEXT, groups=True, pictures=True, first_word=False)
    ready = True
    rates = Rates(overall=(Rate(25, 1),), person=(Rate(1, 1),), group=(Rate(20, 60),))

    def __init__(self, settings: Settings, pace: Pace | None = None) -> None:
        self._settings = settings
        self._pace = pace or Pace()
        self._api = Api(settings.api_base, settings.token, settings.proxy)
        number = settings.token.partition(":")[0]
        self._intake = Intake(self._api, int(number) if number.isdecimal() else 0, self._pace)
        self._running: asyncio.Task[None] | None = None
        self._uploaded: dict[str, str] = {}  # picture digest -> Telegram's own handle: the second reader costs no upload
        self._begun = Begun()
        self._crowded: tuple[str, float] | None = None
        # a proxy's address may carry its password
        self.secrets = tuple(s for s in (settings.token, settings.webhook_secret, settings.proxy) if s)

    def routes(self, take: Take) -> Sequence[web.RouteDef]:
        """The webhook's one route; none when we poll."""
        if self._settings.mode != "webhook":
            return ()

        async def hook(request: web.Request) -> web.Response:
            return await self._hook(request, take)

        return (web.post(PATH, hook),)

    async def start(self, take: Take) -> None:
        """Tell Telegram where we are and what we offer, then fetch updates if we poll; goes on trying in the background."""
        self._running = asyncio.create_task(self._run(take))

    async def stop(self) -> None:
        """Take nothing more, acknowledge what was pressed, hang up."""
        if self._running is not None:
            self._running.cancel()
            await asyncio.gather(self._running, return_exceptions=True)
            self._running = None
        await self._intake.stop()
        await self._api.close()

    async def send(self, address: str, words: Rendered, picture: bytes | None = None, key: str = "") -> Sent:
        """Say it in that chat; the id is of the part with the buttons. Raises SendError."""
        try:
            calls = render(address, words if picture else replace(words, picture=""))
        except ValueError:
            raise SendError.ours("not an address of this channel") from None
        if not calls:
            raise SendError.ours("nothing to say")
        begun = self._begun.take(key, words)
        sent = Message()
        for i, call in enumerate(calls[begun:], begun):
            try:
                sent = await self._deliver(call, words.picture, picture or b"")
            except Failure as f:
                error = self._verdict(f, address)
                if error.verdict == "retry":
                    self._begun.note(key, words, i)
                raise error from None
        return Sent(str(sent.message_id))

    async def fetch(self, attachment: Attachment) -> bytes:
        """The bytes of what a resident sent, at most 20 MB. Raises SendError or TooBig."""
        if attachment.size > MAX_FILE:
            raise TooBig
        try:
            file = await self._api.call("getFile", File, {"file_id": attachment.reference})
            return await self._api.download(file.file_path)
        except Failure as f:
            if f.says("file is too big"):
                raise TooBig from None
            raise f.verdict() from None

    async def check(self) -> list[Finding]:
        """What an operator should know: the token, what the bot hears in groups, how updates reach us."""
        s = self._settings
        if not s.token:
            return [(False, "telegram.no_token", {})]
        if s.proxy and not s.proxy.startswith(("http://", "https://")):
            return [(False, "telegram.proxy_kind", {})]
        try:
            me = await self._intake.introduce()
            found: list[Finding] = [(True, "telegram.bot", {"name": me.username})]
            hears_all = me.can_read_all_group_messages
            found.append((True, "telegram.hears_everything" if hears_all else "telegram.hears_what_is_meant", {"name": me.username}))
            return found + (_webhook(await self._api.call("getWebhookInfo", WebhookInfo, {}), s) if s.mode == "webhook" else [_POLLS])
        except Failure as f:
            refused = f.code in (401, 404)
            return [(False, "telegram.token_refused" if refused else "telegram.unreachable", {"base": s.api_base, "reason": f.reason})]
        finally:
            if self._running is None:
                await self._api.close()

    async def _hook(self, request: web.Request, take: Take) -> web.Response:
        secret = self._settings.webhook_secret.encode()
        # bytes: comparing text raises on anything but ASCII, and a forger chooses the header
        given = request.headers.get(SECRET_HEADER, "").encode("utf-8", "surrogateescape")
        if not secret or not hmac.compare_digest(given, secret):
            return web.Response(status=401)
        if (request.content_length or 0) > MAX_BODY:
            return web.Response(status=413)
        try:
            raw = await limited(request.content, MAX_BODY)
        except TooBig:
            return web.Response(status=413)
        taken = await self._intake.accept(raw, take)
        if taken.stored:
            return web.Response()
        return web.Response(status=503, headers={"Retry-After": str(taken.retry_after or 5)})

    async def _run(self, take: Take) -> None:
        attempt = 0
        while True:
            try:
                await self._settle()
                break
            except Failure as f:
                attempt += 1
                log.error("telegram.not_ready", code=f.code, reason=f.reason, attempt=attempt)
                await self._pace.back_off(attempt, f.after)
        for menu in self._settings.commands:
            await self._offer(menu)
        log.info("telegram.ready", mode=self._settings.mode)
        if self._settings.mode == "polling":
            await self._intake.poll(take)

    async def _settle(self) -> None:
        s = self._settings
        await self._intake.introduce()
        if s.mode == "polling":
            await self._api.call("deleteWebhook", bool, {})
            return
        hook = {"url": _hook_url(s), "secret_token": s.webhook_secret, "max_connections": CONNECTIONS, "allowed_updates": WANTED}
        await self._api.call("setWebhook", bool, hook)

    async def _offer(self, menu: CommandMenu) -> None:
        wish = {
            "commands": [{"command": name, "description": words} for name, words in menu.commands],
            "scope": {"type": menu.scope},
            **({"language_code": menu.language} if menu.language else {}),
        }
        try:
            await self._api.call("setMyCommands", bool, wish)
        except Failure as f:  # a hint less: every word works without it
            log.warning("telegram.menu", scope=menu.scope, code=f.code, reason=f.reason)

    async def _deliver(self, call: Call, digest: str, picture: bytes) -> Message:
        try:
            return await self._once(call, digest, picture)
        except Failure as f:
            if "message_thread_id" in call.params and f.says(*TOPIC_GONE):
                params = {name: value for name, value in call.params.items() if name != "message_thread_id"}
                return await self._once(Call(call.method, params, call.picture), digest, picture)
            if not call.picture or f.code not in (400, 413) or not f.says(*PICTURE_REFUSED):
                raise
            log.warning("telegram.picture_refused", reason=f.reason)
            self._uploaded.pop(digest, None)
            params = {name: value for name, value in call.params.items() if name != "caption"}
            text = call.params.get("caption", "")
            return await self._once(Call("sendMessage", {**params, "text": text}), "", b"") if text else Message()

    async def _once(self, call: Call, digest: str, picture: bytes) -> Message:
        if not call.picture:
            return await self._api.call(call.method, Message, call.params)
        if known := self._uploaded.get(digest):
            return await self._api.call(call.method, Message, {**call.params, "photo": known})
        sent = await self._api.upload(call.method, Message, {**call.params, "photo": "attach://picture"}, picture)
        if sent.photo:
            if len(self._uploaded) >= REMEMBERED:
                self._uploaded.clear()
            self._uploaded[digest] = sent.photo[-1].file_id
        return sent

    def _verdict(self, f: Failure, address: str) -> SendError:
        error = f.verdict()
        if f.code == 429:  # two chats refused within a second: it is not the chat that is crowded, it is us
            now, before = self._pace.clock(), self._crowded
            error.bulk = before is not None and before[0] != address and now - before[1] <= 1
            self._crowded = (address, now)
        return error


_POLLS: Finding = (True, "telegram.polls", {})


def _hook_url(s: Settings) -> str:
    return s.public_url.rstrip("/") + PATH


def _webhook(info: WebhookInfo, s: Settings) -> list[Finding]:
    found: list[Finding] = []
    if not s.webhook_secret:
        found.append((False, "telegram.no_secret", {}))
    if not s.public_url.startswith("https://"):
        found.append((False, "telegram.no_https", {"url": _hook_url(s)}))
    if not info.url:
        found.append((True, "telegram.webhook_not_yet", {"url": _hook_url(s)}))
    elif info.url != _hook_url(s):
        found.append((False, "telegram.webhook_elsewhere", {"url": _hook_url(s), "other": info.url}))
    else:
        found.append((True, "telegram.webhook", {"url": info.url, "waiting": str(info.pending_update_count)}))
    if info.last_error_date:
        at = datetime.fromtimestamp(info.last_error_date, UTC).isoformat(timespec="minutes")
        # with nothing waiting any more, what went wrong is over
        found.append((not info.pending_update_count, "telegram.webhook_error", {"reason": info.last_error_message, "at": at}))
    return found
