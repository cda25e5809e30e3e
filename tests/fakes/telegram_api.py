"""The Bot API's methods as our bot calls them, with Telegram's refusals in Telegram's words.

Which fields a method knows is read from `telegram_fields.json`, made from aiogram's own method classes: an unknown field
is refused here although Telegram would pass over it, so that no misspelt name goes unnoticed.
"""

from __future__ import annotations

import json
import math
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from aiohttp import web

from tests.fakes.telegram_delivery import Webhook

if TYPE_CHECKING:
    from tests.fakes.telegram import FakeTelegram

FIELDS = json.loads(Path(__file__).with_name("telegram_fields.json").read_text("utf-8"))
NESTED = {"reply_parameters": "ReplyParameters", "link_preview_options": "LinkPreviewOptions"}
PICTURES = (b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"RIFF")
ANSWER_LIFE = 15.0
MB = 1024 * 1024


class Refusal(Exception):
    """An answer with ok = false."""

    def __init__(self, code: int, description: str, **parameters: int) -> None:
        super().__init__(description)
        self.code, self.description, self.parameters = code, description, parameters


def bad(description: str) -> Refusal:
    return Refusal(400, f"Bad Request: {description}")


def units(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


class Server:
    """HTTP in front of the fake: finds the method, checks its fields, answers in the usual envelope."""

    def __init__(self, fake: FakeTelegram) -> None:
        self.fake = fake

    def app(self) -> web.Application:
        app = web.Application(client_max_size=60 * MB)
        app.router.add_route("*", "/bot{token}/{method}", self.call)
        app.router.add_get("/file/bot{token}/{path:.+}", self.file)
        return app

    async def file(self, request: web.Request) -> web.Response:
        key = request.match_info["path"].removeprefix("files/")
        content = self.fake.files.get(key)
        if request.match_info["token"] != self.fake.token or content is None or key in self.fake.gone_files:
            return web.Response(status=404)
        return web.Response(body=content)

    async def call(self, request: web.Request) -> web.StreamResponse:
        method = request.match_info["method"]
        try:
            if request.match_info["token"] != self.fake.token:
                raise Refusal(401, "Unauthorized")
            if method not in FIELDS["methods"]:
                raise Refusal(404, "Not Found: method not found")
            params, files = await _params(request)
            self.fake.calls.append((method, params))
            trouble = self.fake.trouble_with(method, params)
            if trouble and trouble.code:
                raise Refusal(trouble.code, trouble.description, **trouble.parameters)
            if trouble and not trouble.done:
                return _hang_up(request)
            _check_fields(method, params)
            result = await getattr(Methods(self.fake, files), method)(params)
            if trouble:
                return _hang_up(request)
            return web.json_response({"ok": True, "result": result})
        except Refusal as r:
            self.fake.refused.append((method, r.description))
            body = {"ok": False, "error_code": r.code, "description": r.description}
            return web.json_response({**body, **({"parameters": r.parameters} if r.parameters else {})}, status=r.code)


class Methods:
    """One method each, under its own name."""

    def __init__(self, fake: FakeTelegram, files: dict[str, bytes]) -> None:
        self.fake, self.files = fake, files

    async def getMe(self, _p: dict[str, Any]) -> Any:
        f = self.fake
        return {**f.me, "can_join_groups": True, "can_read_all_group_messages": not f.privacy, "supports_inline_queries": False}

    async def getUpdates(self, p: dict[str, Any]) -> Any:
        d = self.fake.delivery
        if d.webhook:
            raise Refusal(409, "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook first")
        limit, patience = min(p.get("limit", 100), 100), min(p.get("timeout", 0), 50)
        found = await d.poll(p.get("offset", 0), limit, patience, p.get("allowed_updates", []))
        if found is None:
            raise Refusal(409, f"Conflict: terminated by {'setWebhook' if d.webhook else 'other getUpdates'} request")
        return found

    async def setWebhook(self, p: dict[str, Any]) -> Any:
        url, secret = p["url"], p.get("secret_token", "")
        host = urlsplit(url).hostname
        if not url.startswith("https://") and host != "127.0.0.1":  # the one liberty: a test's own loopback needs no TLS
            raise bad("bad webhook: An HTTPS URL must be provided for webhook")
        if secret and not re.fullmatch(r"[A-Za-z0-9_-]{1,256}", secret):
            raise bad("secret token contains unallowed characters")
        allowed = tuple(p.get("allowed_updates", ()))
        self.fake.delivery.register(Webhook(url, secret, p.get("max_connections", 40), allowed) if url else None)
        self.fake.changed()
        return True

    async def deleteWebhook(self, _p: dict[str, Any]) -> Any:
        self.fake.delivery.register(None)
        return True

    async def getWebhookInfo(self, _p: dict[str, Any]) -> Any:
        d = self.fake.delivery
        info: dict[str, Any] = {"url": d.webhook.url if d.webhook else "", "has_custom_certificate": False}
        info["pending_update_count"] = len(d.waiting())
        if d.last_error:
            info |= {"last_error_date": int(d.last_error[0]), "last_error_message": d.last_error[1]}
        return info

    async def setMyCommands(self, p: dict[str, Any]) -> Any:
        if len(p["commands"]) > 100:
            raise bad("too many commands")
        for command in p["commands"]:
            if not re.fullmatch(r"[a-z0-9_]{1,32}", command["command"]):
                raise bad("BOT_COMMAND_INVALID")
            if not 1 <= units(command["description"]) <= 256:
                raise bad("BOT_COMMAND_DESCRIPTION_INVALID")
        self.fake.menus[p.get("scope", {}).get("type", "default"), p.get("language_code", "")] = p["commands"]
        self.fake.changed()
        return True

    async def sendMessage(self, p: dict[str, Any]) -> Any:
        if not p["text"].strip():
            raise bad("message text is empty")
        if units(p["text"]) > 4096:
            raise bad("message is too long")
        return self._post(p, p["text"], "")

    async def sendPhoto(self, p: dict[str, Any]) -> Any:
        if units(p.get("caption", "")) > 1024:
            raise bad("message caption is too long")
        return self._post(p, p.get("caption", ""), self._photo(p["photo"]))

    async def editMessageText(self, p: dict[str, Any]) -> Any:
        chat = self.fake.chat_for_bot(p["chat_id"])
        m = next((m for m in chat.messages if m.id == p["message_id"] and m.by_bot), None)
        if m is None:
            raise bad("message to edit not found")
        if (m.text, m.markup) == (p["text"], p.get("reply_markup")):
            raise bad("message is not modified: specified new message content and reply markup are exactly the same")
        _check_markup(p.get("reply_markup"))
        self.fake.charge(chat)
        m.text, m.markup, m.edits = p["text"], p.get("reply_markup"), m.edits + 1
        self.fake.changed()
        return m.wire(chat)

    async def answerCallbackQuery(self, p: dict[str, Any]) -> Any:
        if units(p.get("text", "")) > 200:
            raise bad("MESSAGE_TOO_LONG")
        press = self.fake.presses.get(p["callback_query_id"])
        if press is None or press.alert is not None or self.fake.delivery.now - press.at > ANSWER_LIFE:
            raise bad("query is too old and response timeout expired or query ID is invalid")
        press.alert, press.modal = p.get("text", ""), p.get("show_alert", False)
        self.fake.changed()
        return True

    async def getFile(self, p: dict[str, Any]) -> Any:
        content = self.fake.files.get(p["file_id"])
        if content is None:
            raise bad("wrong file_id or the file is temporarily unavailable")
        if len(content) > 20 * MB:
            raise bad("file is too big")
        return {"file_id": p["file_id"], "file_unique_id": p["file_id"], "file_size": len(content), "file_path": f"files/{p['file_id']}"}

    def _photo(self, value: str) -> str:
        if not value.startswith("attach://"):
            if value not in self.fake.files:
                raise bad("wrong file identifier/HTTP URL specified")
            return value
        content = self.files.get(value.removeprefix("attach://"), b"")
        if not content:
            raise bad("file must be non-empty")
        if len(content) > 10 * MB:
            raise Refusal(413, "Request Entity Too Large")
        if not content.startswith(PICTURES):
            raise bad("IMAGE_PROCESS_FAILED")
        self.fake.uploads += 1
        return self.fake.keep(content)

    def _post(self, p: dict[str, Any], text: str, photo: str) -> Any:
        chat = self.fake.chat_for_bot(p["chat_id"])
        thread = p.get("message_thread_id", 0)
        if thread and thread not in chat.topics:
            raise bad("message thread not found")
        if "parse_mode" in p:
            raise bad("can't parse entities: this fake wants plain text")
        _check_markup(p.get("reply_markup"))
        reply = p.get("reply_parameters", {})
        known = any(m.id == reply.get("message_id") for m in chat.messages)
        if reply and not known and not reply.get("allow_sending_without_reply"):
            raise bad("message to be replied not found")
        self.fake.charge(chat)
        m = chat.add(text, by_bot=True, thread=thread, photo=photo, markup=p.get("reply_markup"))
        m.reply_to = reply["message_id"] if known else 0
        m.silent = p.get("disable_notification", False)
        chat.last_bot_is_ours = True
        self.fake.changed()
        return m.wire(chat)


async def _params(request: web.Request) -> tuple[dict[str, Any], dict[str, bytes]]:
    if request.content_type == "application/json":
        return await request.json(), {}
    params: dict[str, Any] = {}
    files: dict[str, bytes] = {}
    for name, value in (await request.post()).items():
        if isinstance(value, web.FileField):
            files[name] = value.file.read()
        elif name in ("text", "caption", "photo"):
            params[name] = value
        else:
            params[name] = json.loads(value)
    return params, files


def _check_fields(method: str, params: dict[str, Any]) -> None:
    _known(params, FIELDS["methods"][method], method)
    for name, kind in NESTED.items():
        if name in params:
            _known(params[name], FIELDS["types"][kind], name)


def _known(given: dict[str, Any], fields: dict[str, bool], where: str) -> None:
    for name in given:
        if name not in fields:
            raise bad(f"unknown field {name} in {where}")
    for name, required in fields.items():
        if required and name not in given:
            raise bad(f"{name} is missing in {where}")


def _check_markup(markup: dict[str, Any] | None) -> None:
    if markup is None:
        return
    if "force_reply" in markup:
        _known(markup, FIELDS["types"]["ForceReply"], "reply_markup")
        return
    _known(markup, FIELDS["types"]["InlineKeyboardMarkup"], "reply_markup")
    buttons = [b for row in markup["inline_keyboard"] for b in row]
    if len(buttons) > 100:
        raise bad("reply markup is too long")
    for b in buttons:
        _known(b, FIELDS["types"]["InlineKeyboardButton"], "button")
        if not b["text"].strip():
            raise bad("inline keyboard button text is empty")
        if "callback_data" in b and not 1 <= len(b["callback_data"].encode()) <= 64:
            raise bad("BUTTON_DATA_INVALID")
        if "url" in b and "." not in (urlsplit(b["url"]).hostname or ""):
            raise bad(f"inline keyboard button URL '{b['url']}' is invalid: Wrong HTTP URL")


def retry_after(seconds: float) -> Refusal:
    wait = max(1, math.ceil(seconds))
    return Refusal(429, f"Too Many Requests: retry after {wait}", retry_after=wait)


def _hang_up(request: web.Request) -> web.StreamResponse:
    assert request.transport is not None
    request.transport.close()
    return web.Response()
