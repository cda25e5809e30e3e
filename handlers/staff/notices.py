"""发布公示: in one message or question by question; shown as it will look and to how many, put up after 【发布】."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from zoneinfo import ZoneInfo

from community import notice_drafts
from community.areas import Area, AreaId, meant
from community.calendar import end_of
from community.notice_drafts import MINIMUMS, DraftFault, NoticeDraft
from community.notices import Notice, NoticeCategory, NoticeId, NoticePosted, NoticeState, NoticeText, Openness
from community.staff import may
from dialogue.words import Inbound, Option, Purpose, Refused, ResidentId, Say, Step, ToAudience, ToGroups
from handlers.notice_faces import buttons, face
from handlers.staff.notice_drafts import FIELDS, Desk, State, following, hear
from storage import addressees, areas, communities
from storage.addressees import Reach
from storage.database import Tx
from understanding.publishing import Personal, personal

words = {
    "newnotice": "begin",
    "notice_set": "set",
    "notice_skip": "skip",
    "notice_edit": "edit",
    "notice_ask": "ask",
    "notice_anyway": "anyway",
    "notice_go": "publish",
    "notice_cancel": "cancel",
}
open_to = "given"

PERIODS = (7, 15, 30)  # days, as buttons
PLACES = 12  # buttons at most
FIELD_OF = {  # a fault -> the field whose question is asked again
    "no_area": "area",
    "which_area": "area",
    "not_your_area": "area",
    "bad_period": "period",
    "too_short": "period",
    "identity": "body",
    "card": "body",
    "approver": "approver",
}


@dataclass(frozen=True, slots=True)
class Situation:
    """What their words made of the draft, what is wrong with it, and whom it would reach."""

    state: State | None = None
    desk: Desk | None = None
    draft: NoticeDraft | None = None
    area: Area | None = None
    faults: tuple[DraftFault, ...] = ()
    found: tuple[Personal, ...] = ()
    reach: Reach | None = None
    number: int = 0


def load(tx: Tx, state: State | None, inbound: Inbound) -> Situation:
    here = communities.community(tx, inbound.community)
    zone = ZoneInfo(here.settings.timezone)
    own = {role.area for role in inbound.who.roles if may((role,), "newnotice", role.path)}
    one = own.pop() if len(own) == 1 else ""
    desk = Desk(inbound.now.astimezone(zone).date(), zone, areas.places(tx, here.id), one, here.settings.phone)
    act = _act(inbound)
    heard, misread = (state, ()) if act == "publish" else hear(desk, state, act, inbound)
    if heard is None:
        return Situation(desk=desk)
    s = _judged(desk, heard, misread, inbound)
    if s.state is None or s.state.asks != "preview" or s.area is None:
        return s
    reach = addressees.reach(tx, here.id, s.area.path, inbound.now)
    number = communities.next_number(tx, here.id, "notices") if act == "publish" else communities.coming_number(tx, here.id, "notices")
    return replace(s, reach=reach, number=number)


def step(s: Situation, state: State | None, inbound: Inbound) -> Step:
    if s.state is None or s.desk is None:
        return Step(None, says=(Say("notices.dropped" if state else "notices.no_draft"),))
    if _act(inbound) == "publish":
        return _publish(s, inbound)
    if s.faults and _act(inbound) not in ("edit", "ask"):
        told = [{"code": fault.code, **fault.values} for fault in s.faults]
        options = (*_answers(s.state, s.desk), *_edit(aside=True), _cancel())
        return Step(s.state, says=(Say("notices.faults", {"faults": told}, options, asks=True),))
    match s.state.asks:
        case "personal":
            found = [{"kind": one.kind, "shown": one.shown} for one in s.found]
            options = (Option("notice_anyway", key="notices.button_anyway"), *_edit(), _cancel())
            return Step(s.state, says=(Say("notices.ask_personal", {"found": found}, options),))
        case "edit":
            fields = tuple(Option(f"notice_ask {name}", key=f"notices.field_{name}") for name in FIELDS)
            return Step(s.state, says=(Say("notices.ask_edit", options=(*fields, _cancel())),))
        case "preview":
            return Step(s.state, says=_preview(s, inbound))
    return Step(s.state, says=(_question(s.state, s.desk),))


def _judged(desk: Desk, heard: State, misread: tuple[DraftFault, ...], inbound: Inbound) -> Situation:
    """Whether it can be shown: what is wrong stops it, what is personal asks."""
    draft = notice_drafts.judge(heard.typed, desk.today)
    area, misplaced = _place(desk, draft, inbound)
    found = personal(f"{draft.title}\n{draft.body}", (desk.phone, draft.phone))
    faults = [*misread, *(f for f in draft.faults if f.code not in ("no_title", "no_body")), *misplaced]
    faults += [DraftFault(one.kind, {"shown": one.shown}) for one in found if one.stops]
    faults += [DraftFault("approver", {"name": draft.approver})] if draft.approver else []
    if faults and _act(inbound) not in ("edit", "ask"):
        after = (heard.asks, *heard.ahead) if heard.asks in FIELDS else heard.ahead  # what the wizard was about to ask comes then
        heard = replace(heard, asks=FIELD_OF.get(faults[0].code, "faults") if len(faults) == 1 else "faults", ahead=after)
    elif heard.asks in ("faults", "approver"):
        return _judged(desk, following(desk, heard), (), inbound)
    elif heard.asks == "preview" and found and not heard.cleared:
        heard = replace(heard, asks="personal")
    elif heard.asks == "preview" and draft.attachments and not heard.files:
        heard = replace(heard, asks="attachments")
    return Situation(heard, desk, draft, area, tuple(faults), tuple(found))


def _place(desk: Desk, draft: NoticeDraft, inbound: Inbound) -> tuple[Area | None, tuple[DraftFault, ...]]:
    """The area it is put up in, if it is theirs."""
    said = draft.area or desk.own
    if not said:
        return None, ()
    area = meant(said, desk.places, AreaId(desk.own) if desk.own else None)
    if area is None:
        return None, (DraftFault("no_area", {"value": said}),)
    if not isinstance(area, Area):
        return None, (DraftFault("which_area", {"value": said, "known": "、".join(one.path for one in area.areas[:5])}),)
    return (area, ()) if may(inbound.who.roles, "newnotice", area.path) else (None, (DraftFault("not_your_area", {"value": said}),))


# --- asking, showing, publishing --------------------------------------------------------------------------------------


def _question(state: State, desk: Desk) -> Say:
    told = {"files": len(state.files)} if state.asks == "attachments" else {}
    return Say(f"notices.ask_{state.asks}", told, (*_answers(state, desk), _cancel()), asks=True)


def _answers(state: State, desk: Desk) -> Iterator[Option]:
    """The usual answers to a question, as buttons."""
    match state.asks:
        case "title":
            yield Option("broadcast", key="notices.button_only_news", aside=True)
        case "category":
            for category in NoticeCategory:
                yield Option(f"notice_set category {category}", key=f"notices.category_{category}")
        case "period":
            yield from _periods(notice_drafts.judge(state.typed, desk.today).category)
        case "area":
            for area in desk.places[:PLACES]:
                yield Option(f"notice_set area {area.id}", key="notices.button_place", values={"place": area.path.replace("/", "")})
        case "openness":
            yield from (Option(f"notice_set openness {o}", key=f"notices.open_{o}") for o in Openness)
        case "attachments":
            done = ("notice_skip", "notices.button_files_done") if state.files else ("notice_set attachments", "notices.button_no_files")
            yield Option(done[0], key=done[1])
        case "approver":
            yield Option("notice_set approver", key="notices.button_approved")


def _periods(category: NoticeCategory) -> Iterator[Option]:
    """What the law asks for at least, and what is usual beyond it."""
    minimum = MINIMUMS[category].period
    if minimum.workdays:
        yield Option("notice_skip", key="notices.button_workdays", values={"days": minimum.days})
    for days in PERIODS:
        if minimum.workdays or days >= minimum.days:
            yield Option(f"notice_set period {days}", key="notices.button_days", values={"days": days})


def _preview(s: Situation, inbound: Inbound) -> tuple[Say, ...]:
    """The post exactly as it will look, then to whom it goes."""
    reach, notice = s.reach, _notice(s, inbound)
    assert reach is not None
    told = {
        "posts": [{"place": post.path.replace("/", ""), "groups": post.groups} for post in reach.posts],
        "people": reach.people,
        "homes": reach.homes,
        "by_door": reach.by_door,
        "openness": notice.openness.value,
        "ends_on": notice.ends_on,
        "provisional": notice.provisional,
    }
    options = (Option("notice_go", key="notices.button_publish"), *_edit(), replace(_cancel(), aside=False))
    return (Say("notices.post", face(notice)), Say("notices.preview", told, options))


def _publish(s: Situation, inbound: Inbound) -> Step:
    if s.state is None or s.state.asks != "preview" or s.area is None or s.reach is None:
        raise Refused("notices.not_ready")
    assert inbound.who.resident is not None
    notice = _notice(s, inbound)
    posted = _posted(notice, inbound.who.resident)
    groups = tuple(Say("notices.post", face(notice), buttons(notice), ToGroups(post.area), Purpose.NEWS) for post in s.reach.posts)
    everybody = Say("notices.post", face(notice), buttons(notice), ToAudience(notice.area), Purpose.NEWS)
    told = {"number": notice.number, "title": notice.text.title, "groups": len(groups), "people": s.reach.people, "ends_on": notice.ends_on}
    share = Option(f"share notices {notice.number}", key="notices.button_share", aside=True)
    return Step(None, (posted,), (Say("notices.published", told, (share,)), *groups, everybody))


def _notice(s: Situation, inbound: Inbound) -> Notice:
    """The notice as it would stand if it were put up now."""
    assert s.state and s.desk and s.draft and s.area
    draft, area = s.draft, s.area
    text = NoticeText(draft.title, draft.body, draft.category, draft.signed, draft.phone or s.desk.phone, s.state.files)
    openness = draft.openness or notice_drafts.default_openness(area.level)
    ends_at = end_of(draft.due.on, s.desk.zone)
    place = (NoticeId(f"{inbound.id}-0"), s.number, 1, text, area.id, area.path, openness, NoticeState.POSTED)
    return Notice(*place, inbound.now, draft.due.on, ends_at, draft.due.provisional)


def _posted(notice: Notice, by: ResidentId) -> NoticePosted:
    what = (notice.id, notice.number, notice.text, notice.area, notice.openness)
    return NoticePosted(*what, by, "", notice.posted_at, notice.ends_on, notice.ends_at, notice.provisional)


# --- small readings ---------------------------------------------------------------------------------------------------


def _edit(*, aside: bool = False) -> tuple[Option, ...]:
    return (Option("notice_edit", key="notices.button_edit", aside=aside),)


def _cancel() -> Option:
    return Option("notice_cancel", key="notices.button_cancel", aside=True)


def _act(inbound: Inbound) -> str:
    return words.get(inbound.command.word, "") if inbound.command else ""
