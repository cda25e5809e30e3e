"""公示 [N]: what is up where somebody lives, in words, in private and in the group; what was asked about it and answered."""

from __future__ import annotations

from dataclasses import dataclass

from community.notices import UP, Notice, Openness
from dialogue.words import Inbound, Option, Refused, Say, Step
from handlers.notice_faces import ask, board, disagree, face, named
from handlers.standing import Standing, aloud, privately, standing
from storage import media, notices, objections
from storage.database import Tx
from storage.objections import Asked

words = {"notices": "notices"}
open_to = "browsing"
State = None
LISTED, PICTURES, ASKED = 8, 5, 5
LIST = Option("notices", key="notices.button_list", aside=True)


@dataclass(frozen=True, slots=True)
class Situation:
    """The notice spoken of with its pictures and what was asked about it, or all that are up."""

    where: Standing
    notice: Notice | None = None
    pictures: tuple[str, ...] = ()
    asked: tuple[Asked, ...] = ()
    answered: int = 0
    listed: tuple[Notice, ...] = ()


def load(tx: Tx, state: None, inbound: Inbound) -> Situation:
    where = standing(tx, inbound)
    number = inbound.command.number if inbound.command else None
    notice = notices.by_number(tx, inbound.community, number) if number else None
    if notice is None:
        return Situation(where, listed=tuple(notices.up(tx, inbound.community)))
    shown = [d for d in notice.text.attachments if media.type_of(tx, inbound.community, d).startswith("image/")]
    asked = objections.asked(tx, inbound.community, "notices", notice.id)
    against = objections.of_subject(tx, inbound.community, "notices", notice.id)
    return Situation(where, notice, tuple(shown[:PICTURES]), tuple(asked[-ASKED:]), sum(bool(o.answer) for o in against))


def step(situation: Situation, state: None, inbound: Inbound) -> Step:
    notice = situation.notice
    if notice is not None:
        return _show(situation, notice, inbound)
    if inbound.command and inbound.command.number:
        raise Refused("notices.unknown", (LIST,), number=inbound.command.number)
    there = [one for one in situation.listed if _may_read(situation, one, inbound)]
    to = None if aloud(inbound) else privately(inbound)
    if not there:
        return Step(None, says=(Say("notices.none", {"home": bool(situation.where.homes) or aloud(inbound)}, to=to),))
    rows = [{"number": one.number, "title": one.text.title, "ends_on": one.ends_on} for one in there[:LISTED]]
    options = tuple(named("notices", one.number, one.text.title, "notices") for one in there[:LISTED])
    return Step(None, says=(Say("notices.list", {"notices": rows}, options, to=to),))


def _show(situation: Situation, notice: Notice, inbound: Inbound) -> Step:
    if not _may_read(situation, notice, inbound):
        if situation.where.waits(notice.path):
            raise Refused("notices.still_waits")
        raise Refused("notices.not_for_you", (LIST,), number=notice.number, place=notice.path.replace("/", ""))
    asked = [{"question": one.question, "answers": list(one.answers)} for one in situation.asked]
    told = {
        **face(notice),
        "state": notice.state.value,
        "objections": notice.objections,
        "answered": situation.answered,
        "asked": asked,
    }
    up = notice.state in UP
    if aloud(inbound):
        return Step(None, says=(Say("notices.read", told, (disagree(notice), *board(notice)) if up else board(notice)),))
    to = privately(inbound)
    says = [Say("notices.read", told, (*((disagree(notice), ask(notice)) if up else ()), *board(notice)), to)]
    of = len(situation.pictures)
    for place, digest in enumerate(situation.pictures, 1):
        says.append(Say("notices.attachment", {"number": notice.number, "place": place, "of": of}, to=to, picture=digest))
    return Step(None, says=tuple(says))


def _may_read(situation: Situation, notice: Notice, inbound: Inbound) -> bool:
    """公开 网上 is for everybody; 本范围 for whoever it concerns."""
    web = notice.openness is Openness.WEB and not aloud(inbound)
    return web or situation.where.concerned(inbound, notice.path)
