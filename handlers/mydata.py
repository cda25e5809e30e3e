"""我的资料 · 更正 · 导出我的资料 · 删除我的资料: what is kept about you, made right, taken along, destroyed. And one's other chat."""

from __future__ import annotations

from dataclasses import dataclass

from community.erasure import Correction, Forgotten, LastWordGone, MyData, TermEnded
from community.invites import SELF, SELF_LASTS, InviteMade
from dialogue.words import Inbound, Kind, Option, Purpose, Refused, Say, Step, ToRole
from storage import addressees, areas, doors, erasure
from storage.database import Tx

words = {
    "mydata": "show",
    "correct": "correct",
    "export": "export",
    "forget": "ask",
    "forget_yes": "forget",
    "forget_no": "keep",
    "self_code": "code",
    erasure.LAST_WORD: "last_word",
    erasure.TERM: "term",
}
open_to = "all"  # who took their consent back may still see and delete


@dataclass(frozen=True, slots=True)
class State:
    """更正 was said without words: they are asked what is wrong."""

    version: int = 1


@dataclass(frozen=True, slots=True)
class Situation:
    """What is kept; and for what needs it, the community's own place and a new code."""

    data: MyData | None = None
    root: str = ""
    code: str = ""
    staffed: bool = True


def load(tx: Tx, state: State | None, inbound: Inbound) -> Situation:
    who = inbound.who
    act = words.get(inbound.command.word, "") if inbound.command else "correct"
    if inbound.kind is Kind.TIMEOUT:
        return Situation()
    if who.resident is None:
        raise Refused("mydata.nothing_kept")
    root = areas.by_path(tx, who.community, "")
    code = doors.fresh_code(tx, inbound.id) if act == "code" else ""
    staffed = root is not None and addressees.staffed(tx, who.community, root.id, inbound.now)
    return Situation(erasure.my_data(tx, who.community, who.resident, inbound.now), root.id if root else "", code, staffed)


def step(s: Situation, state: State | None, inbound: Inbound) -> Step:
    act = words.get(inbound.command.word, "") if inbound.command else "correct"
    match act:
        case "last_word":
            assert inbound.command is not None
            return Step(None, (LastWordGone(inbound.command.rest),))
        case "term":
            assert inbound.command is not None
            return Step(None, (TermEnded(inbound.command.rest),))
        case "forget":
            return forget(s, inbound)
        case "code":
            return other_chat(s, inbound)
        case "ask":
            options = (Option("forget_yes", key="mydata.button_forget"), Option("forget_no", key="mydata.button_keep"))
            return Step(None, says=(Say("mydata.sure", _until(s), options),))
        case "keep":
            return Step(None, says=(Say("mydata.kept", options=(MENU,)),))
        case "show" | "export":
            return Step(None, says=(_show(s, "mydata.export" if act == "export" else "mydata.show"),))
        case _:  # 更正, its words, and 继续 to its question
            return correct(s, inbound)


def forget(s: Situation, inbound: Inbound) -> Step:
    """Everything goes at once, but what the law keeps; they hear what and until when."""
    assert s.data is not None and inbound.who.resident is not None
    gone = Forgotten(inbound.who.resident, inbound.who.person, inbound.who.contact, inbound.now, s.data.keeps_until)
    return Step(None, (gone,), (Say("mydata.forgotten", _until(s)),))


def correct(s: Situation, inbound: Inbound) -> Step:
    """Staff are told what is wrong; nothing is changed by itself."""
    said = inbound.command.rest if inbound.command else inbound.text
    if inbound.command and inbound.command.word != "correct":
        said = ""
    if not said.strip():
        return Step(State(), says=(Say("mydata.what_is_wrong", asks=True),))
    assert s.data is not None and inbound.who.resident is not None
    event = Correction(f"{inbound.id}-0", inbound.who.resident, inbound.who.person, said.strip(), inbound.now)
    values = {"name": s.data.name, "homes": list(s.data.homes), "text": said.strip()}
    told = Say("mydata.to_correct", values, to=ToRole("staff", s.root), purpose=Purpose.DUTY)
    return Step(None, (event,), (Say("mydata.will_correct" if s.staffed else "mydata.noted_call", options=(MENU,)), told))


def other_chat(s: Situation, inbound: Inbound) -> Step:
    """Eight digits for a quarter of an hour: said in another chat, that chat is theirs too."""
    ends = inbound.now + SELF_LASTS
    made = InviteMade(f"{inbound.id}-0", s.code, SELF, "", "", "", 1, ends, str(inbound.who.resident))
    return Step(None, (made,), (Say("mydata.other_chat", {"code": s.code, "ends_at": ends}),))


def _show(s: Situation, key: str) -> Say:
    assert s.data is not None
    values = {
        "name": s.data.name,
        "homes": list(s.data.homes),
        "channels": s.data.channels,
        "matters": s.data.counts.get("matters", 0),
        "responses": s.data.counts.get("responses", 0),
        "ballots": s.data.counts.get("ballots", 0),
        "objections": s.data.counts.get("objections", 0),
        "consented_at": s.data.consented_at,
        **_until(s),
    }
    options = (
        Option("correct", key="mydata.button_correct", aside=True),
        Option("self_code", key="mydata.button_other_chat", aside=True),
        Option("forget", key="mydata.button_forget_me", aside=True),
    )
    return Say(key, values, options)


def _until(s: Situation) -> dict[str, object]:
    assert s.data is not None
    return {"until": s.data.keeps_until}


MENU = Option("menu", key="menu.button", aside=True)
