"""api.weixin.qq.com as far as a 公众号 needs it: a state machine that knows who may be written to, when and how much (facts §1.8, §4)."""

from __future__ import annotations

import json
import re
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

from aiohttp import web

from tests.fakes.weixin_people import Follower, Message, Tap, shown
from tests.fakes.weixin_templates import Body, Refused, TemplateCalls

if TYPE_CHECKING:
    from tests.fakes.weixin import FakeWeixin

MOST = 2048
DAYS_30 = 2_592_000


class Server(TemplateCalls):
    """The calls. Each either does its thing and returns what the platform says, or raises Refused."""

    def __init__(self, fake: FakeWeixin) -> None:
        super().__init__(fake)

    def app(self) -> web.Application:
        app = web.Application(client_max_size=12 * 1024 * 1024)
        with_token: dict[str, Callable[[web.Request, Body], Awaitable[Any]]] = {
            "/cgi-bin/message/custom/send": self._custom,
            "/cgi-bin/message/template/send": self._template,
            "/cgi-bin/message/subscribe/bizsend": self._bizsend,
            "/cgi-bin/template/get_all_private_template": self._private,
            "/wxaapi/newtmpl/gettemplate": self._subscribable,
            "/cgi-bin/user/info": self._info,
            "/cgi-bin/media/upload": self._upload,
            "/cgi-bin/media/get": self._media,
            "/cgi-bin/qrcode/create": self._qrcode,
            "/cgi-bin/menu/create": self._menu,
        }
        for path, act in with_token.items():
            app.router.add_route("*", path, self._guarded(act, token=True))
        app.router.add_post("/cgi-bin/stable_token", self._guarded(self._stable, token=False))
        app.router.add_get("/sns/oauth2/access_token", self._guarded(self._oauth, token=False))
        return app

    def _guarded(
        self, act: Callable[[web.Request, Body], Awaitable[Any]], *, token: bool
    ) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        async def handle(request: web.Request) -> web.StreamResponse:
            raw = b"" if request.content_type.startswith("multipart/") else await request.read()
            # what is escaped the platform shows as it stands
            body = json.loads(raw.replace(b"\\u", b"\\\\u")) if raw else {}
            self.fake.calls.append((request.path, body))
            if event := self.fake.slow.get(request.path):
                await event.wait()
            trouble = self.fake.trouble_with(request.path)
            if trouble and not trouble.done:
                return self._broken(request, trouble.code, trouble.http)
            try:
                if token:
                    self._allowed(request)
                answer = await act(request, body)
            except Refused as r:
                self.fake.refused.append((request.path, r.code))
                answer = {"errcode": r.code, "errmsg": f"{r.message} rid: 5f0c7f2a-0"}
            self.fake.changed()
            if trouble:
                return self._broken(request, trouble.code, trouble.http)
            return answer if isinstance(answer, web.Response) else _told(answer)

        return handle

    def _broken(self, request: web.Request, code: int, http: int) -> web.Response:
        if code:
            self.fake.refused.append((request.path, code))
            return _told({"errcode": code, "errmsg": "as ordered"})
        if not http:
            assert request.transport
            request.transport.abort()
        return web.Response(status=http or 200, text="<html>")

    def _allowed(self, request: web.Request) -> None:
        until = self.fake.tokens.get(request.query.get("access_token", ""))
        if until is None:
            raise Refused(40001, "invalid credential, access_token is invalid or not latest")
        if until <= self.fake.now:
            raise Refused(42001, "access_token expired")

    async def _stable(self, request: web.Request, body: Body) -> Body:
        if (body.get("appid"), body.get("secret")) != (self.fake.app_id, self.fake.secret):
            raise Refused(40125, "invalid appsecret")
        good = next((t for t, until in self.fake.tokens.items() if until > self.fake.now + 300 and t.startswith("stable")), "")
        if not good:
            good = f"stable{self.fake.number()}"
            self.fake.tokens[good] = self.fake.now + 7200
        return {"access_token": good, "expires_in": int(self.fake.tokens[good] - self.fake.now)}

    # --- 客服消息 ------------------------------------------------------------------------------------------------------

    async def _custom(self, request: web.Request, body: Body) -> Body:
        if not self.fake.verified:
            raise Refused(48001, "api unauthorized")
        who = self._follower(body)
        message = self._made(body)
        self._charge(who)
        who.messages.append(message)
        return {"errcode": 0, "errmsg": "ok"}

    def _made(self, body: Body) -> Message:
        kind, now = body.get("msgtype"), self.fake.now
        inner = body.get(str(kind)) or {}
        match kind:
            case "text":
                content = inner.get("content", "")
                if not content:
                    raise Refused(44004, "empty content")
                if len(content.encode()) > MOST:
                    raise Refused(45002, "content size out of limit")
                return shown(content, "custom", now)
            case "msgmenu":
                items = inner.get("list", [])
                if not 1 <= len(items) <= 10 or any(set(i) != {"id", "content"} or not i["content"] for i in items):
                    raise Refused(40058, "invalid msgmenu")
                if len(str(inner).encode()) > 4 * MOST or not inner.get("head_content"):
                    raise Refused(45002, "content size out of limit")
                message = shown(inner["head_content"], "custom", now)
                message.taps = [Tap(i["content"], re.sub(r"^\d+\. ", "", i["content"]), i["id"]) for i in items]
                message.text += "\n\n" + "\n".join(message.labels)
                return message
            case "image":
                found = self.fake.media.get(inner.get("media_id", ""))
                if found is None or found[1] <= now:
                    raise Refused(40007, "invalid media_id")
                return Message("", "custom", now, picture=found[0])
        raise Refused(40008, "invalid message type")

    def _charge(self, who: Follower) -> None:
        """A message of the shorter window while it lasts, else of the longer one."""
        for name in ("brief", "lasting"):
            until, left = getattr(who, name)
            if until > self.fake.now and left:
                setattr(who, name, (until, left - 1))
                return
        if any(until > self.fake.now for until, _ in (who.brief, who.lasting)):
            raise Refused(45047, "out of response count limit")
        raise Refused(45015, "response out of time limit or subscription is canceled")

    # --- people, files, QRs, the menu --------------------------------------------------------------------------------

    async def _info(self, request: web.Request, body: Body) -> Body:
        who = self.fake.by_openid(request.query["openid"])
        if who is None:
            raise Refused(40003, "invalid openid")
        union = {"unionid": who.union} if self.fake.bound and who.following else {}
        return {"subscribe": int(who.following), "openid": who.openid, **union}

    async def _upload(self, request: web.Request, body: Body) -> Body:
        part = (await request.post())["media"]
        assert isinstance(part, web.FileField)
        data = part.file.read()
        if not data.startswith((b"\x89PNG", b"\xff\xd8\xff")) or request.query["type"] != "image":
            raise Refused(40005, "invalid file type")
        return {"type": "image", "media_id": self.fake.keep(data), "created_at": int(self.fake.now)}

    async def _media(self, request: web.Request, body: Body) -> Body | web.Response:
        found = self.fake.media.get(request.query.get("media_id", ""))
        if found is None or found[1] <= self.fake.now:
            raise Refused(40007, "invalid media_id")
        return web.Response(body=found[0], content_type="image/jpeg")

    async def _qrcode(self, request: web.Request, body: Body) -> Body:
        scene = body["action_info"]["scene"]["scene_str"]
        temporary = body["action_name"] == "QR_STR_SCENE"
        if not 1 <= len(scene) <= 64 or body["action_name"] not in ("QR_STR_SCENE", "QR_LIMIT_STR_SCENE"):
            raise Refused(40054, "invalid scene")
        if temporary and not 60 <= body["expire_seconds"] <= DAYS_30:
            raise Refused(40052, "invalid action info")
        ticket = f"gQ+{self.fake.number()}=="
        self.fake.scenes[ticket] = scene
        return {
            "ticket": ticket,
            "url": f"http://weixin.qq.com/q/{len(self.fake.scenes)}",
            **({"expire_seconds": DAYS_30} if temporary else {}),
        }

    async def _menu(self, request: web.Request, body: Body) -> Body:
        buttons = body.get("button", [])
        for row in buttons:
            inner = row.get("sub_button", [])
            fits = len(row["name"].encode()) <= 16 and all(len(b["name"].encode()) <= 60 and len(b["key"]) <= 128 for b in inner)
            if not fits or len(inner) > 5:
                raise Refused(40018, "invalid button name size")
        if not 1 <= len(buttons) <= 3:
            raise Refused(40016, "invalid button size")
        self.fake.menu = buttons
        return {"errcode": 0, "errmsg": "ok"}

    async def _oauth(self, request: web.Request, body: Body) -> Body:
        q = request.query
        if (q["appid"], q["secret"], q["grant_type"]) != (self.fake.app_id, self.fake.secret, "authorization_code"):
            raise Refused(40125, "invalid appsecret")
        if q["code"] in self.fake.spent:
            raise Refused(40163, "code been used")
        if q["code"] not in self.fake.codes:
            raise Refused(40029, "invalid code")
        openid, until, snapshot = self.fake.codes[q["code"]]
        if until <= self.fake.now:
            raise Refused(42003, "code expired")
        self.fake.spent.add(q["code"])
        return {
            "access_token": "web",
            "expires_in": 7200,
            "openid": openid,
            "scope": "snsapi_base",
            **({"is_snapshotuser": 1} if snapshot else {}),
        }


def _told(answer: Any) -> web.Response:
    return web.json_response(answer, content_type="text/plain")
