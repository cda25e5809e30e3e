"""发起投票: in one message or question by question; shown as it will look, to whom it goes, and sent after 【发布】."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from zoneinfo import ZoneInfo

from community.areas import Area, AreaId, Level
from community.staff import may
from dialogue.words import Inbound, Option, Purpose, Refused, Say, Step, ToAudience, ToContact, ToGroups, ToRole
from handlers.poll_faces import face, go
from storage import areas, communities, rolls
from storage.database import Tx
from storage.rolls import Reach
from surveys import poll_drafts
from surveys.poll_drafts import Desk, Draft, Fault
from surveys.polls import Electorate, Poll, PollId, PollOpened, Secrecy

words = {
    "newpoll": "begin",
    "poll_set": "set",
    "poll_skip": "skip",
    "poll_edit": "edit",
    "poll_ask": "ask",
    "poll_anyway": "anyway",
    "poll_refer": "refer",
    "poll_go": "publish",
    "poll_cancel": "cancel",
}
open_to = "given"

WIZARD = ("title", "options", "explanation", "most", "closes", "area", "electorate", "secrecy")
DAYS = (3, 7, 14)
PLACES = 12  # buttons at most


@dataclass(frozen=True, slots=True)
class State:
    """A draft, which question about it is open (a field, owners, faults, edit or preview), and which of the wizard's are still to come."""

    draft: Draft
    asks: str
    ahead: tuple[str, ...] = ()
    advised: bool = False  # 照此发起: they know that owners would decide this together
    version: int = 1


@dataclass(frozen=True, slots=True)
class Situation:
    """Where they write from, what their words made of the draft, and whom it would reach."""

    desk: Desk
    state: State | None
    faults: tuple[Fault, ...] = ()
    reach: Reach | None = None
    number: int = 0


def load(tx: Tx, state: State | None, inbound: Inbound) -> Situation:
    here = communities.community(tx, inbound.community)
    places = tuple(Area(AreaId(a.id), AreaId(a.parent) or None, Level(a.level), a.name, a.path) for a in areas.all_areas(tx, here.id))
    desk = Desk(inbound.now, ZoneInfo(here.settings.timezone), places, inbound.who.roles)
    publishing = _act(inbound) == "publish" and state is not None and not poll_drafts.missing(state.draft)
    heard, faults = (state, ()) if publishing else hear(desk, state, inbound)
    if heard is None or (heard.asks != "preview" and not publishing):
        return Situation(desk, heard, faults)
    reach = rolls.reach(tx, here.id, _area(desk, heard.draft).path, heard.draft.electorate)
    if publishing and reach.entitled:
        return Situation(desk, heard, faults, reach, communities.next_number(tx, here.id, "polls"))
    return Situation(desk, heard, faults, reach, communities.coming_number(tx, here.id, "polls"))


def step(situation: Situation, state: State | None, inbound: Inbound) -> Step:
    heard, act = situation.state, _act(inbound)
    if heard is None:
        if act == "refer" and state:
            return _refer(situation, state, inbound)
        return Step(None, says=(_say(inbound, Say("polls.dropped" if state else "polls.no_draft")),))
    if poll_drafts.is_election(heard.draft.title):
        raise Refused("polls.election")
    if poll_drafts.against_a_person(heard.draft):
        raise Refused("polls.against_a_person")
    if act == "publish":
        return _publish(situation, heard, inbound)
    says: list[Say] = []
    if situation.faults:
        told = [{"code": f.code, "line": f.line, **f.values} for f in situation.faults]
        says.append(Say("polls.faults", {"faults": told}, asks=True))
    elif heard == state and inbound.command is None:
        says.append(Say("polls.draft_hint", options=_preview_buttons() if heard.asks == "preview" else ()))
    elif heard.asks == "preview":
        says += _preview(situation, heard, inbound)
    if not situation.faults and heard.asks not in ("preview", "faults"):
        says.append(_question(situation.desk, heard))
    return Step(heard, says=tuple(_say(inbound, line) for line in says))


# --- what their words make of the draft -------------------------------------------------------------------------------


def hear(desk: Desk, state: State | None, inbound: Inbound) -> tuple[State | None, tuple[Fault, ...]]:
    """The draft after this message, the question that is open then, and what is wrong with what was said. None: it is dropped."""
    act = _act(inbound)
    said = inbound.command.rest if inbound.command else inbound.text
    if act == "begin":
        return _begin(desk, said)
    if state is None or act in ("cancel", "refer"):
        return None, ()
    match act:
        case "anyway":
            return _next(desk, replace(state, advised=True)), ()
        case "skip":
            return _next(desk, state), ()
        case "edit":
            return replace(state, asks="edit", ahead=()), ()
        case "ask" if said in WIZARD:
            return replace(state, asks=said, ahead=()), ()
        case "set":
            name, _, value = said.partition(" ")
            return _put(desk, state, name, value)
        case "" if inbound.command is None and said:
            return _typed(desk, state, said)
    return state, ()


def _begin(desk: Desk, said: str) -> tuple[State | None, tuple[Fault, ...]]:
    if not said:
        return State(desk.new(), "title", WIZARD[1:]), ()
    draft, faults = poll_drafts.read(said, desk)
    ahead = WIZARD[1:] if "\n" not in said and draft.title and not faults else ()
    return _settle(desk, State(draft, "title", ahead), faults)


def _typed(desk: Desk, state: State, said: str) -> tuple[State, tuple[Fault, ...]]:
    """Words in answer to the open question, or lines that say themselves what they change."""
    lines = poll_drafts.names_a_field(said, desk) or (state.asks == "title" and "\n" in said)
    if lines:
        draft, faults = poll_drafts.amend(state.draft, said, desk)
        return _settle(desk, replace(state, draft=draft), faults)
    return _put(desk, state, state.asks, said) if state.asks in WIZARD else (state, ())


def _put(desk: Desk, state: State, name: str, said: str) -> tuple[State, tuple[Fault, ...]]:
    faults: list[Fault] = []
    draft = poll_drafts.put(state.draft, name, said, desk, faults)
    return _settle(desk, replace(state, draft=draft), (*faults, *poll_drafts.wrong_with(draft)))


def _settle(desk: Desk, state: State, faults: tuple[Fault, ...]) -> tuple[State, tuple[Fault, ...]]:
    """With faults the question stays (or is the one about the faulty field); else the next one."""
    if not faults:
        return _next(desk, state), ()
    about = next((f.code for f in faults if f.code.startswith(("option", "title"))), "")
    asks = "options" if about.startswith("option") else "title" if about else state.asks if state.ahead else "faults"
    return replace(state, asks=asks), faults


def _next(desk: Desk, state: State) -> State:
    """The next question: of the wizard, then what nobody can do without, then whether they know that owners decide; then the preview."""
    ahead = state.ahead
    while ahead:
        name, ahead = ahead[0], ahead[1:]
        if not _settled(desk, state.draft, name):
            return replace(state, asks=name, ahead=ahead)
    asks = poll_drafts.missing(state.draft)
    if not asks and poll_drafts.owners_decide(state.draft.title) and not state.advised:
        asks = "owners"
    return replace(state, asks=asks or "preview", ahead=())


def _settled(desk: Desk, draft: Draft, name: str) -> bool:
    """Whether the wizard need not ask this."""
    if name == "most":
        return len(draft.options) < 3
    return (name == "area" and bool(desk.own())) or (name == "title" and bool(draft.title)) or (name == "options" and bool(draft.options))


# --- asking, showing, publishing --------------------------------------------------------------------------------------


def _question(desk: Desk, state: State) -> Say:
    cancel = Option("poll_cancel", key="polls.button_cancel", aside=True)
    match state.asks:
        case "owners":
            options = (Option("poll_anyway", key="polls.button_anyway"), Option("poll_refer", key="polls.button_refer"))
            return Say("polls.ask_owners", {"title": state.draft.title}, (*options, cancel))
        case "edit":
            fields = tuple(Option(f"poll_ask {name}", key=f"polls.field_{name}") for name in WIZARD)
            return Say("polls.ask_edit", options=(*fields, cancel))
    return Say(f"polls.ask_{state.asks}", options=(*_answers(desk, state), cancel), asks=True)


def _answers(desk: Desk, state: State) -> Iterable[Option]:
    """The usual answers to a question, as buttons."""
    match state.asks:
        case "options":
            yield Option("poll_set options yes_no", key="polls.button_yes_no")
        case "explanation":
            yield Option("poll_skip", key="polls.button_no_explanation")
        case "most":
            for most in range(1, min(len(state.draft.options), 6)):
                yield Option(f"poll_set most {most}", key="polls.button_most", values={"most": most})
        case "closes":
            for days in DAYS:
                yield Option(f"poll_set closes {days}d", key="polls.button_until", values={"at": desk.in_days(days)})
        case "area":
            for area in [a for a in desk.areas if may(desk.roles, "newpoll", a.path)][:PLACES]:
                yield Option(f"poll_set area {area.id}", key="polls.button_place", values={"place": area.path.replace("/", "")})
        case "electorate":
            yield from (Option(f"poll_set electorate {e}", key=f"polls.who_{e}") for e in Electorate)
        case "secrecy":
            yield from (Option(f"poll_set secrecy {s}", key=f"polls.shown_{s}") for s in (Secrecy.PRIVATE, Secrecy.OPEN))


def _preview(situation: Situation, state: State, inbound: Inbound) -> list[Say]:
    """The post exactly as it will look, then to whom it goes."""
    assert situation.reach is not None
    poll = _poll(situation, state.draft, inbound)
    reach = situation.reach
    posts = [{"place": post.path.replace("/", ""), "groups": post.groups} for post in reach.posts]
    told = {"posts": posts, "people": reach.people, "entitled": reach.entitled, "electorate": poll.electorate.value}
    return [Say("polls.post", face(poll)), Say("polls.preview", told, _preview_buttons())]


def _preview_buttons() -> tuple[Option, ...]:
    named = (("poll_go", "polls.button_publish"), ("poll_edit", "polls.button_edit"), ("poll_cancel", "polls.button_cancel"))
    return tuple(Option(payload, key=key) for payload, key in named)


def _publish(situation: Situation, state: State, inbound: Inbound) -> Step:
    reach = situation.reach
    if reach is None or (poll_drafts.owners_decide(state.draft.title) and not state.advised):
        raise Refused("polls.not_ready")
    if not reach.entitled:
        raise Refused("polls.nobody_entitled")
    poll = _poll(situation, state.draft, inbound)
    if not may(inbound.who.roles, "newpoll", poll.path):
        raise Refused("menu.not_yours", roles=("staff",))
    if poll.closes_at <= inbound.now:
        raise Refused("polls.too_late")
    told = {"number": poll.number, "title": poll.proposal.title, "groups": sum(p.groups for p in reach.posts), "people": reach.people}
    share = Option(f"share polls {poll.number}", key="polls.button_share", aside=True)
    posts = tuple(Say("polls.post", face(poll), (go(poll),), ToGroups(post.area), Purpose.INVITATION) for post in reach.posts)
    everybody = Say("polls.post", face(poll), (go(poll),), ToAudience(poll.area, voters_of=poll.id), Purpose.INVITATION)
    mine = _say(inbound, Say("polls.published", told, (share,)))
    return Step(None, (PollOpened(poll),), (mine, *posts, everybody))


def _poll(situation: Situation, draft: Draft, inbound: Inbound) -> Poll:
    who = inbound.who
    assert who.resident is not None
    assert draft.closes_at is not None
    area = _area(situation.desk, draft)
    office = "leader" if not may([r for r in who.roles if r.name != "leader"], "newpoll", area.path) else "staff"
    return Poll(
        id=PollId(f"{inbound.id}-0"),
        number=situation.number,
        proposal=poll_drafts.proposal(draft),
        area=area.id,
        path=area.path,
        electorate=draft.electorate,
        secrecy=draft.secrecy,
        author=who.resident,
        office=office,
        opened_at=inbound.now,
        closes_at=draft.closes_at,
        entitled=situation.reach.entitled if situation.reach else 0,
    )


def _refer(situation: Situation, state: State, inbound: Inbound) -> Step:
    """What owners decide together goes to the community instead."""
    area = state.draft.area or next(a.id for a in situation.desk.areas if not a.path)
    told = {"title": state.draft.title, "place": _place(situation.desk, area)}
    duty = Say("polls.refer_duty", told, to=ToRole("staff", area), purpose=Purpose.DUTY)
    return Step(None, says=(_say(inbound, Say("polls.referred", {"title": state.draft.title})), duty))


def _area(desk: Desk, draft: Draft) -> Area:
    return next(area for area in desk.areas if area.id == draft.area)


def _place(desk: Desk, area: str) -> str:
    return next(a.path for a in desk.areas if a.id == area).replace("/", "")


def _act(inbound: Inbound) -> str:
    return words.get(inbound.command.word, "") if inbound.command else ""


def _say(inbound: Inbound, line: Say) -> Say:
    """A draft is spoken of in private, also when it was begun in the group."""
    return line if inbound.private else replace(line, to=ToContact(inbound.who.contact))
