"""微信客服 on our qyapi: one account, the residents who open it in WeChat, the office's own people, and kf/* as Tencent keeps it.

    fake = FakeQyapi(); await fake.start()
    kf = fake_kf(fake, "s3cret")                         # an application that manages one account
    zhang = kf.resident("张阿姨", union="o-zhang")
    await zhang.opens("62840017")                        # by the QR on her slip: scene_param
    await zhang.says("你好"); zhang.messages[-1].labels   # what she sees
    await zhang.taps("同意"); await kf.office.takes(zhang); await kf.office.ends(zhang)

Five messages within 48 hours after each of theirs; session states; codes that are good for one answer, once, for some seconds;
pages, empty pages that say there is more, pages given twice. `kf.silent`: callbacks are lost. `kf.loses(10, zhang)`: the next
message to her is accepted and, at `kf.reports()`, told to have failed. Nothing is known of what Tencent makes of a msgid given
twice: here it is shown twice.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from tests.fakes.qyapi import Answered, App, Ask, FakeQyapi, Method, Refused
from tests.fakes.qyapi_kf_people import CODE_STATE, ENDED, NEW, OURS, PERSON, QUEUE, Office, Resident, Shown
from tests.fakes.qyapi_kf_rules import checked

THREE_DAYS = 72 * 3600
TOKEN_LIFE = 600
WITHOUT_TOKEN = 12  # looks a minute without a callback's token
MOVES = {NEW: {OURS, QUEUE, PERSON, ENDED}, OURS: {QUEUE, PERSON, ENDED}, QUEUE: {PERSON, ENDED}, PERSON: {PERSON, ENDED}, ENDED: set()}


class Kf:
    """The account, and kf/* as a part of the fake."""

    def __init__(self, fake: FakeQyapi, app: App, number: str = "wkAJ2GCAAASSm4_FhToWMFea0xAFfd3Q") -> None:
        self.fake, self.app, self.id = fake, app, number
        self.name, self.managed, self.own_welcome, self.silent = "幸福里社区", True, False, False
        self.office = Office(self)
        self.residents: dict[str, Resident] = {}
        self.page, self.empties, self.repeats = 1000, 0, 0
        self.looks: list[dict[str, Any]] = []
        self._items: list[dict[str, Any]] = []
        self._tokens: dict[str, float] = {}
        self._bare: list[float] = []
        self._media: dict[str, tuple[bytes, float]] = {}
        self._loses: dict[str, int] = {}
        self._read = 0
        self._lost: list[tuple[Resident, dict[str, Any]]] = []

    @property
    def methods(self) -> Mapping[str, Method]:
        return {
            "kf/sync_msg": self._sync,
            "kf/send_msg": self._send,
            "kf/send_msg_on_event": self._send_on_event,
            "kf/service_state/get": self._state,
            "kf/service_state/trans": self._trans,
            "kf/servicer/list": self._servicers,
            "kf/account/list": self._accounts,
            "kf/add_contact_way": self._way,
            "kf/customer/batchget": self._customers,
            "media/upload": self._upload,
            "media/get": self._get,
        }

    def resident(self, name: str, union: str = "") -> Resident:
        """Somebody who never opened the chat yet."""
        r = Resident(self, name, union)
        self.residents[r.address] = r
        return r

    def loses(self, fail_type: int, to: Resident) -> None:
        """The next message to them is accepted, and some seconds later reported as failed."""
        self._loses[to.address] = fail_type

    async def reports(self) -> None:
        """Those seconds are over."""
        await self.fake.until(lambda: bool(self._lost), "nothing was lost")
        lost, self._lost = self._lost, []
        for resident, event in lost:
            await self.happens(resident, event)

    def forgets_tokens(self) -> None:
        """Every callback's token is spent."""
        self._tokens.clear()

    @property
    def unread(self) -> bool:
        """Whether something was never fetched."""
        return self._read < len(self._items)

    def put(self, item: dict[str, Any]) -> str:
        """A line of the account's history; its id."""
        number = f"{len(self._items) + 1:04}{secrets.token_hex(12)}"
        self._items.append({"msgid": number, "send_time": int(self.fake.now), **item})
        return number

    async def happens(self, resident: Resident, event: dict[str, Any]) -> Answered:
        """An event of that chat."""
        inner = {"open_kfid": self.id, "external_userid": resident.address, **event}
        self.put({"origin": 4, "msgtype": "event", "event": inner})
        return await self.calls_back()

    async def calls_back(self) -> Answered:
        """There is something. What, it does not say."""
        if self.silent or self.app.callback is None:
            return Answered(0)
        token = f"ENC{secrets.token_urlsafe(30)}"
        self._tokens[token] = self.fake.now + TOKEN_LIFE
        fields = {"ToUserName": self.fake.corp, "CreateTime": int(self.fake.now), "MsgType": "event", "Event": "kf_msg_or_event"}
        return await self.fake.brings(self.app, {**fields, "Token": token, "OpenKfId": self.id})

    def keep(self, data: bytes, at: float) -> str:
        """A file; its media_id."""
        key = f"media-{len(self._media):04}"
        self._media[key] = (data, at)
        return key

    # --- what the API answers ----------------------------------------------------------------------------------------

    async def _sync(self, ask: Ask) -> dict[str, Any]:
        body = ask.body
        self.looks.append(dict(body))
        self._known(body.get("open_kfid", ""))
        token = body.get("token")
        if token is not None and self._tokens.get(token, 0.0) < self.fake.now:
            raise Refused(95007, "invalid msgtoken")
        if token is None:
            self._bare = [at for at in self._bare if at > self.fake.now - 60] + [self.fake.now]
            if len(self._bare) > WITHOUT_TOKEN:
                raise Refused(45009, "api freq out of limit")
        begin = int(body["cursor"].removeprefix("CUR")) if body.get("cursor") else 0
        if self.empties:
            self.empties -= 1
            return {"next_cursor": f"CUR{begin:06}", "has_more": 1, "msg_list": []}
        if self.repeats and begin:
            self.repeats -= 1
            begin = max(0, begin - self.page)
        end = min(len(self._items), begin + min(self.page, body.get("limit", 1000)))
        fresh = [i for i in self._items[begin:end] if i["send_time"] > self.fake.now - THREE_DAYS]
        self._read = max(self._read, end)
        return {"next_cursor": f"CUR{end:06}", "has_more": int(end < len(self._items)), "msg_list": fresh}

    async def _send(self, ask: Ask) -> dict[str, Any]:
        self._known(ask.body.get("open_kfid", ""))
        resident = self._resident(ask.body.get("touser", ""))
        number, shown = self._checked(ask.body)
        resident.may_hear()
        if fail := self._loses.pop(resident.address, None):
            self._lost.append((resident, {"event_type": "msg_send_fail", "fail_msgid": number, "fail_type": fail}))
        else:
            resident.messages.append(shown)
        return {"msgid": number}

    async def _send_on_event(self, ask: Ask) -> dict[str, Any]:
        code = ask.body.get("code", "")
        owner = next((r for r in self.residents.values() if code in r.codes), None)
        if owner is None:
            raise Refused(40029, "invalid code")
        what, until = owner.codes.pop(code)
        allowed = ("text",) if what in ("queue", "person") else ("text", "msgmenu")
        if until < self.fake.now or owner.state != CODE_STATE.get(what, owner.state):
            raise Refused(40029, "invalid code")
        if ask.body.get("msgtype") not in allowed:
            raise Refused(95030, "msgtype forbidden")
        number, shown = self._checked(ask.body)
        owner.messages.append(shown)
        if what == "welcome":
            owner.welcomed_at = self.fake.now
        return {"msgid": number}

    async def _state(self, ask: Ask) -> dict[str, Any]:
        resident = self._resident(ask.body.get("external_userid", ""))
        return {"service_state": resident.state, "servicer_userid": "wangfang" if resident.state == PERSON else ""}

    async def _trans(self, ask: Ask) -> dict[str, Any]:
        resident, to = self._resident(ask.body.get("external_userid", "")), ask.body.get("service_state")
        if to not in MOVES[resident.state]:
            raise Refused(95016, "state transfer not allow")
        if to in (QUEUE, PERSON) and not self.office.at_desk:
            raise Refused(95014, "not servicer")
        resident.state = to
        what = {QUEUE: "queue", PERSON: "person", ENDED: "end"}.get(to)
        return {"msg_code": resident.code(what)} if what else {}

    async def _servicers(self, ask: Ask) -> dict[str, Any]:
        self._known(ask.query.get("open_kfid", ""))
        return {"servicer_list": [{"userid": name, "status": 0} for name in self.office.at_desk]}

    async def _accounts(self, ask: Ask) -> dict[str, Any]:
        return {"account_list": [{"open_kfid": self.id, "name": self.name, "avatar": "", "manage_privilege": self.managed}]}

    async def _way(self, ask: Ask) -> dict[str, Any]:
        self._known(ask.body.get("open_kfid", ""))
        if not re.fullmatch(r"[0-9a-zA-Z_-]{0,32}", ask.body.get("scene", "")):
            raise Refused(40058, "invalid scene")
        return {"url": f"https://kf.weixin.example/kf/kfcbf8f8d07ac7215f?enc_scene={quote('ENCGFSDF567DF')}"}

    async def _customers(self, ask: Ask) -> dict[str, Any]:
        asked = ask.body.get("external_userid_list", [])
        if not 1 <= len(asked) <= 100:
            raise Refused(40058, "invalid list")
        known = [self.residents[a] for a in asked if a in self.residents]
        found = [{"external_userid": r.address, "nickname": r.name, "avatar": "", "gender": 0, "unionid": r.union} for r in known]
        return {"customer_list": found, "invalid_external_userid": [a for a in asked if a not in self.residents]}

    async def _upload(self, ask: Ask) -> dict[str, Any]:
        assert ask.file is not None
        name, kind, data = ask.file
        if ask.query.get("type") != "image" or not kind.startswith("image/") or not name.isascii() or len(data) <= 5:
            raise Refused(40058, "invalid media")
        return {"type": "image", "media_id": self.keep(data, self.fake.now), "created_at": str(int(self.fake.now))}

    async def _get(self, ask: Ask) -> bytes:
        return self._bytes(ask.query.get("media_id", ""))

    def _bytes(self, key: str) -> bytes:
        data, at = self._media.get(key, (b"", 0.0))
        if at < self.fake.now - THREE_DAYS:
            raise Refused(40007, "invalid media_id")
        return data

    def _known(self, number: str) -> None:
        if number != self.id:
            raise Refused(95000, "invalid open_kfid")
        if not self.managed:
            raise Refused(95017, "api switch closed")

    def _resident(self, address: str) -> Resident:
        if address not in self.residents:
            raise Refused(40096, "invalid external userid")
        return self.residents[address]

    def _checked(self, body: dict[str, Any]) -> tuple[str, Shown]:
        """What would be shown. Raises Refused for what Tencent does not take."""
        text, lines, media = checked(body)
        number = body.get("msgid") or secrets.token_hex(12)
        return number, Shown(text, "us", number, lines, self._bytes(media) if media else b"")


def fake_kf(fake: FakeQyapi, secret: str) -> Kf:
    """An application of the corp that manages one account."""
    kf = Kf(fake, fake.app(1_000_003, secret, "kf"))
    fake.mount(kf)
    return kf
