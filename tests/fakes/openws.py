"""An openws.work.weixin.qq.com of our own: the 智能机器人's long connection on 127.0.0.1, its limits and refusals, in virtual time.

    fake = FakeOpenWs(); await fake.start()                 # fake.url is `socket_url`
    li = fake.member("laoli"); group = fake.group("wrG1", li)
    await fake.until(lambda: fake.live is not None, "…")    # the bot has subscribed
    await li.says("菜单"); await li.calls("公示", group)      # heard by the bot once these return and `await fake.settled()`
    li.messages[-1].words(li.id); await li.taps("去投票")

Time only moves by `await fake.clock.advance(seconds)`. `fake.refused` holds every refusal, `fake.frames` every frame of the bot.
With `fake.callback` set (openws_callback.py) what people do goes out as callbacks instead.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from aiohttp import WSMsgType, web

from tests.fakes.openws_callback import Callback, Media, Replies
from tests.fakes.openws_people import Call, Chat, Group, Member, Shown
from tests.fakes.openws_rules import Refused, card, content
from tests.fakes.ticking import Ticking

__all__ = ["FakeOpenWs", "Group", "Member", "Shown"]

SECONDS = 10.0  # how long a test waits for what must come; nothing waits for it to pass
MINUTE, HOUR = (30, 60.0), (1000, 3600.0)
EVENT_LIFE, MESSAGE_LIFE, STREAM_LIFE = 5.0, 24 * 3600.0, 600.0


@dataclass
class Line:
    """One connection."""

    ws: web.WebSocketResponse
    subscribed: bool = False
    kicked: bool = False
    pongs: dict[bytes, asyncio.Future[None]] = field(default_factory=dict)
    held: list[str] = field(default_factory=list)
    broken: bool = False

    @property
    def over(self) -> bool:
        return self.broken or self.ws.closed


@dataclass
class FakeOpenWs:
    """The platform. `mute`: pings are not answered; `acks`: what becomes of the next acknowledgements (lose, hold)."""

    bot_id: str = "BOT"
    secret: str = "s3cret"
    name: str = "睦邻"
    mute: bool = False
    acks: list[str] = field(default_factory=list)
    callback: Callback | None = None

    def __post_init__(self) -> None:
        self.clock = Ticking()
        self.clock.settled = self.settled
        self.media = Media(self)
        self.replies = Replies(self)
        self.lines: list[Line] = []
        self.chats: dict[str, Chat] = {}
        self.calls: dict[str, Call] = {}
        self.frames: list[tuple[str, dict[str, Any]]] = []
        self.refused: list[tuple[str, int]] = []
        self.lost: list[dict[str, Any]] = []  # nobody was connected when it was said
        self.tasks: set[str] = set()
        self.base = ""
        self._numbers = 0
        self._runner: web.AppRunner | None = None

    @property
    def url(self) -> str:
        return self.base.replace("http", "ws", 1)

    @property
    def live(self) -> Line | None:
        """The connection that has the bot."""
        return next((line for line in self.lines if line.subscribed and not line.kicked and not line.over), None)

    async def start(self, ssl: Any = None) -> None:
        """Listen on a free port of 127.0.0.1."""
        app = web.Application(client_max_size=30 * 1024 * 1024)
        app.router.add_get("/", self._connected)
        app.router.add_get("/media/{name}", self.media.give)
        app.router.add_post("/cgi-bin/aibot/response", self.replies.take)
        self._runner = web.AppRunner(app, handler_cancellation=True, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0, ssl_context=ssl).start()
        self.base = f"http{'s' if ssl else ''}://127.0.0.1:{self._runner.addresses[0][1]}"

    async def stop(self) -> None:
        """Close."""
        for line in self.lines:
            await line.ws.close()
        if self._runner:
            await self._runner.cleanup()

    def member(self, userid: str) -> Member:
        found = self.chats.setdefault(userid, Member(self, userid))
        assert isinstance(found, Member)
        return found

    def group(self, chatid: str, *members: Member) -> Group:
        self.chats[chatid] = made = Group(self, chatid, members)
        return made

    def number(self, what: str) -> str:
        self._numbers += 1
        return f"{what}{self._numbers}"

    async def until(self, what: Callable[[], bool], otherwise: str) -> None:
        """Wait for what the programme does."""
        try:
            async with asyncio.timeout(SECONDS):
                while not what():
                    await asyncio.sleep(0.002)
        except TimeoutError:
            raise AssertionError(otherwise) from None

    async def settled(self) -> None:
        """Whatever was sent either way by now has been read: asked twice, since one may answer the other."""
        for _ in range(2):
            for line in [one for one in self.lines if not one.over]:
                token = self.number("p").encode()
                line.pongs[token] = back = asyncio.get_running_loop().create_future()
                try:
                    await line.ws.ping(token)
                    await asyncio.wait({back}, timeout=SECONDS)
                except ConnectionError:
                    continue

    # --- towards the bot -------------------------------------------------------------------------------------------

    async def brings(self, where: Chat, body: dict[str, Any], shown: Shown | None = None) -> None:
        """Tell the bot, once. A connection that is not there misses it for ever."""
        if self.callback:
            await self.callback.posts(self, where, body, shown)
            return
        line = self.live
        if line is None:
            self.lost.append(body)
            return
        event = body.get("event", {}).get("eventtype", "")
        req_id = self.number("req")
        self.calls[req_id] = Call(self.clock.at, where, event or "message", shown)
        cmd = "aibot_event_callback" if event else "aibot_msg_callback"
        await line.ws.send_str(json.dumps({"cmd": cmd, "headers": {"req_id": req_id}, "body": body}, ensure_ascii=False))

    async def hangs_up(self, code: int) -> None:
        """Close with a code; 1006: the line simply breaks."""
        line = self.live
        assert line
        if code == 1006:
            assert line.ws._req and line.ws._req.transport
            line.ws._req.transport.abort()  # no close frame at all
        else:
            await line.ws.close(code=code)

    # --- from the bot ------------------------------------------------------------------------------------------------

    async def _connected(self, request: web.Request) -> web.WebSocketResponse:
        ws = web.WebSocketResponse(autoping=False)
        await ws.prepare(request)
        line = Line(ws)
        self.lines.append(line)
        try:
            async for message in ws:
                if message.type is WSMsgType.PONG:
                    back = line.pongs.pop(bytes(message.data), None)
                    if back and not back.done():
                        back.set_result(None)
                elif message.type is WSMsgType.PING:
                    await ws.pong(message.data)
                elif message.type is WSMsgType.TEXT:
                    await self._frame(line, json.loads(message.data))
        finally:
            line.broken = True
            for back in line.pongs.values():
                back.cancel()
        return ws

    async def _frame(self, line: Line, frame: dict[str, Any]) -> None:
        cmd, req_id, body = frame["cmd"], frame["headers"]["req_id"], frame.get("body") or {}
        self.frames.append((cmd, body))
        answer: dict[str, Any] = {"headers": {"req_id": req_id}, "errcode": 0, "errmsg": "ok"}
        try:
            answer |= await self._done(line, cmd, req_id, body)
        except Refused as r:
            self.refused.append((cmd, r.code))
            answer |= {"errcode": r.code, "errmsg": r.message}
        if not (cmd == "ping" and self.mute):
            await self._acknowledges(line, json.dumps(answer), cmd)

    async def _acknowledges(self, line: Line, answer: str, cmd: str) -> None:
        how = self.acks.pop(0) if self.acks and cmd not in ("ping", "aibot_subscribe") else ""
        if how == "hold":
            line.held.append(answer)
        elif how != "lose":
            for text in [answer, *reversed(line.held)]:  # what was held back comes after, the last first
                await line.ws.send_str(text)
            line.held.clear()

    async def _done(self, line: Line, cmd: str, req_id: str, body: dict[str, Any]) -> dict[str, Any]:
        if cmd == "aibot_subscribe":
            return await self._subscribes(line, body)
        if not line.subscribed:
            raise Refused(853001, "subscribe first")  # its number is not known (unconfirmed)
        if cmd == "aibot_send_msg":
            self._push(body)
        elif cmd.startswith("aibot_upload_media_"):
            return {"body": self.media.uploads(cmd.rpartition("_")[2], body)}
        elif cmd.startswith("aibot_respond_"):
            self._respond(cmd, self.calls.get(req_id), body)
        elif cmd != "ping":
            raise Refused(40016, "unknown cmd")
        return {}

    async def _subscribes(self, line: Line, body: dict[str, Any]) -> dict[str, Any]:
        if (body.get("bot_id"), body.get("secret")) != (self.bot_id, self.secret):
            raise Refused(853000, "invalid bot_id or secret")  # and the connection stays open
        for other in (one for one in self.lines if one.subscribed and not one.over):
            other.kicked = True
            gone = {"msgid": self.number("msg"), "msgtype": "event", "event": {"eventtype": "disconnected_event"}}
            await other.ws.send_str(json.dumps({"cmd": "aibot_event_callback", "headers": {"req_id": self.number("req")}, "body": gone}))
        line.subscribed = True
        return {}

    def _push(self, body: dict[str, Any]) -> None:
        chat = self.chats.get(body.get("chatid", ""))
        kind = body.get("msgtype")
        if kind not in ("markdown", "template_card", "image"):
            raise Refused(40008, "invalid message type")
        if chat is None or not chat.spoken or body.get("chat_type", 0) not in (0, 2 if isinstance(chat, Group) else 1):
            raise Refused(93006, "invalid chatid")
        if isinstance(chat, Group) and not chat.has_bot:
            raise Refused(93008, "bot not in group")
        shown = self.showing(chat, body)
        if not (shown.card and isinstance(chat, Group)):  # taken, but nobody has seen one pushed there (unconfirmed)
            chat.messages.append(shown)

    def _respond(self, cmd: str, call: Call | None, body: dict[str, Any]) -> None:
        wanted = {"aibot_respond_welcome_msg": "enter_chat", "aibot_respond_update_msg": "template_card_event"}.get(cmd, "message")
        life = MESSAGE_LIFE if wanted == "message" else EVENT_LIFE
        if call is None or call.what != wanted or call.spent or self.clock.at - call.at > life:
            raise Refused(846605, "invalid req_id")
        call.spent = wanted != "message"
        if wanted == "template_card_event":
            self.changes(call.shown, body)
        else:
            self.answers(call, body)

    def answers(self, call: Call, body: dict[str, Any]) -> None:
        """An answer to what was said or to who came in."""
        stream = body.get("stream", {})
        if body.get("msgtype", "").startswith("stream"):
            if stream.get("id") in call.finished or self.clock.at - call.at > STREAM_LIFE:
                raise Refused(846608, "stream expired")
            if stream.get("finish"):
                call.finished.add(stream["id"])
        call.chat.messages.append(self.showing(call.chat, body))

    def changes(self, shown: Shown | None, body: dict[str, Any]) -> None:
        """A card becomes another, for everybody or for some."""
        if shown is None or shown.card is None or body.get("response_type") != "update_template_card":
            raise Refused(846605, "no card was tapped")
        new = card(body, set(), update=shown.card.get("task_id", ""))
        for userid in body.get("userids") or [""]:
            shown.changed[userid] = new

    def showing(self, chat: Chat, body: dict[str, Any]) -> Shown:
        """A message as people see it, counted against the chat's limits. Raises Refused."""
        kind = body.get("msgtype", "")
        shown = Shown()
        if kind == "image":
            shown.picture = self.media.given(body["image"]["media_id"])
        elif kind not in ("text", "markdown", "template_card", "stream", "stream_with_template_card"):
            raise Refused(40008, "invalid message type")
        if kind in ("text", "markdown", "stream", "stream_with_template_card"):
            shown.text = content(body, "stream" if kind.startswith("stream") else kind)
        for count, seconds in (MINUTE, HOUR):
            if sum(at > self.clock.at - seconds for at in chat.said_at) >= count:
                raise Refused(45009, "api freq out of limit")
        if kind.endswith("template_card"):
            shown.card = card(body, self.tasks)
        chat.said_at.append(self.clock.at)
        return shown
