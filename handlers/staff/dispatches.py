"""通知 AREA TEXT: shown first, with how many it reaches by each way and how many only by a knock; sent after 【发送】."""

from __future__ import annotations

from dataclasses import dataclass, replace

from community.areas import Area, AreaId, meant
from community.dispatches import Dispatch, DispatchAsked, DispatchId, DispatchOrdered, DispatchState
from community.staff import may
from dialogue.words import Command, Inbound, Option, Purpose, Refused, ResidentId, Say, Step, ToAudience, ToResident
from handlers.staff.running_dispatches import buttons, posts
from storage import addressees, areas, communities, residents
from storage.addressees import Reach
from storage.database import Tx

words = {"broadcast": "begin", "send_area": "area", "send_go": "go", "send_cancel": "cancel"}
open_to = "given"
PLACES = 12  # buttons at most


@dataclass(frozen=True, slots=True)
class State:
    """What will be sent where (an area's id); `asks`: area, text or preview."""

    asks: str = "area"
    area: str = ""
    text: str = ""
    version: int = 1


@dataclass(frozen=True, slots=True)
class Situation:
    """What was said so far, its area, whom it reaches; `seconds`: who else could agree where more than `most` are reached."""

    heard: State | None = None
    places: tuple[Area, ...] = ()
    area: Area | None = None
    reach: Reach | None = None
    seconds: tuple[str, ...] = ()
    most: int = 0
    number: int = 0

    @property
    def alone(self) -> bool:
        """Whether one officer may order it."""
        return self.reach is not None and self.reach.people <= self.most


def load(tx: Tx, state: State | None, inbound: Inbound) -> Situation:
    here = communities.community(tx, inbound.community)
    places = areas.places(tx, here.id)
    heard = hear(places, state, inbound)
    area = next((one for one in places if heard and one.id == heard.area), None)
    if heard is None or heard.asks != "preview" or area is None:
        return Situation(heard, places, area)
    seconds = {r for role in ("staff", "admin") for r in residents.holders(tx, here.id, role, area.path, inbound.now.date())}
    others = tuple(sorted(seconds - {inbound.who.resident or ""}))
    reach = addressees.reach(tx, here.id, area.path, inbound.now)
    s = Situation(heard, places, area, reach, others, here.settings.second_officer_above)
    going = _act(inbound) == "go" and (s.alone or others) and may(inbound.who.roles, "broadcast", area.path)
    return replace(s, number=communities.next_number(tx, here.id, "dispatches")) if going else s


def step(s: Situation, state: State | None, inbound: Inbound) -> Step:
    act = _act(inbound)
    if s.heard is None:
        if act == "begin" and inbound.command:  # no place of ours: then it was talk
            said = inbound.text or inbound.command.rest
            return Step(None, again=(replace(inbound, id=f"{inbound.id}a", command=Command("free", rest=said)),))
        return Step(None, says=(Say("dispatches.dropped"),))
    if s.area and not may(inbound.who.roles, "broadcast", s.area.path):
        raise Refused("dispatches.not_your_area", place=_place(s.area))
    if act == "go":
        return _send(s, inbound)
    match s.heard.asks:
        case "text":
            place = _place(s.area) if s.area else ""
            return Step(s.heard, says=(Say("dispatches.ask_text", {"place": place}, (_cancel(),), asks=True),))
        case "preview":
            return Step(s.heard, says=_preview(s))
    mine = [one for one in s.places if may(inbound.who.roles, "broadcast", one.path)][:PLACES]
    options = tuple(Option(f"send_area {one.id}", key="dispatches.button_place", values={"place": _place(one)}) for one in mine)
    return Step(s.heard, says=(Say("dispatches.ask_area", options=(*options, _cancel()), asks=True),))


def hear(places: tuple[Area, ...], state: State | None, inbound: Inbound) -> State | None:
    """What is to be sent where, after this message. None: dropped, or no place of ours was named."""
    act, said = _act(inbound), inbound.command.rest if inbound.command else inbound.text.strip()
    if act == "begin":
        return _begin(places, said, inbound)
    if state is None or act == "cancel":
        return None
    if act == "area":
        return replace(state, area=said, asks="preview" if state.text else "text")
    if inbound.command is not None or not said:
        return state
    if state.asks == "area":
        area = meant(said, places, _own(inbound))
        return replace(state, area=area.id, asks="preview" if state.text else "text") if isinstance(area, Area) else state
    return replace(state, text=said, asks="preview")


def _begin(places: tuple[Area, ...], said: str, inbound: Inbound) -> State | None:
    if not said:
        return State()
    first = said.replace("：", ":").replace(":", " ").split(maxsplit=1)[0]
    text = said[len(first) :].lstrip(" \t\r\n:：")
    area = meant(first, places, _own(inbound))
    if area is None:
        return None
    if not isinstance(area, Area):
        return State("area", "", text)
    return State("preview" if text else "text", area.id, text)


def _preview(s: Situation) -> tuple[Say, ...]:
    """The words as they will look, then whom they reach by which way, and who only by a knock."""
    assert s.heard and s.area and s.reach
    reach = s.reach
    told = {
        "place": _place(s.area),
        "ways": [{"channel": channel, "people": people} for channel, people in reach.ways],
        "people": reach.people,
        "shut": reach.shut,
        "unsubscribed": reach.unsubscribed,
        "groups": sum(post.groups for post in reach.posts),
        "homes": reach.homes,
        "by_door": reach.by_door,
        "second": not s.alone,
    }
    options = (Option("send_go", key="dispatches.button_send"), replace(_cancel(), aside=False))
    return (Say("dispatches.news", {"text": s.heard.text}), Say("dispatches.preview", told, options))


def _send(s: Situation, inbound: Inbound) -> Step:
    """Order it; above the community's limit a second officer is asked first."""
    if s.heard is None or s.area is None or s.reach is None or s.heard.asks != "preview":
        raise Refused("dispatches.not_ready")
    if not s.number:
        raise Refused("dispatches.no_second", people=s.reach.people, most=s.most)
    news = Say("dispatches.news", {"text": s.heard.text}, to=ToAudience(s.area.id), purpose=Purpose.NEWS)
    ident, people = DispatchId(f"{inbound.id}-0"), s.reach.people
    ordered = DispatchOrdered(ident, s.number, news, s.area.id, people, inbound.who.resident, inbound.now)
    told = {"number": s.number, "place": _place(s.area), "people": people, "by_door": s.reach.by_door}
    if s.alone:
        order = Dispatch(ident, s.number, news, s.area.id, people, DispatchState.ORDERED, inbound.who.resident, inbound.now)
        mine = Say("dispatches.started", told, buttons(order))
        return Step(None, (ordered,), (mine, *posts(news, s.reach.posts, ident)))
    yes = Option(f"approvesend dispatches {s.number}", key="dispatches.button_approve")
    no = Option(f"stopsend dispatches {s.number}", key="dispatches.button_refuse")
    asked = {**told, "text": s.heard.text}
    others = tuple(Say("dispatches.second", asked, (yes, no), ToResident(ResidentId(r)), Purpose.DUTY) for r in s.seconds)
    return Step(None, (DispatchAsked(ordered),), (Say("dispatches.asked_second", {**told, "most": s.most}), *others))


def _own(inbound: Inbound) -> AreaId | None:
    """The one area they hold their office for."""
    own = {role.area for role in inbound.who.roles if may((role,), "broadcast", role.path)}
    return AreaId(own.pop()) if len(own) == 1 else None


def _place(area: Area) -> str:
    return area.path.replace("/", "")


def _cancel() -> Option:
    return Option("send_cancel", key="dispatches.button_cancel", aside=True)


def _act(inbound: Inbound) -> str:
    return words.get(inbound.command.word, "") if inbound.command else ""
