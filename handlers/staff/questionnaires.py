"""发布问卷: a workbook is checked and becomes a draft; shown as it will look, and to how many; asked after 【发布】."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from community.areas import Ambiguous, Area, meant
from community.media import SPREADSHEET
from community.staff import may
from community.times import DEFAULT_CLOCK, parse_closing
from dialogue.words import Inbound, Kind, Option, Purpose, Refused, Say, Step, ToAudience, ToGroups
from handlers import questionnaire_faces as faces
from handlers.staff import running_questionnaires
from storage import areas, communities, media, questionnaires, residents, responses, rolls
from storage.database import Tx
from storage.rolls import Post
from surveys import publications, xlsform
from surveys.publications import Publication, PublicationState, QuestionnaireDrafted
from surveys.question_types import BY_NAME
from surveys.questionnaires import Questionnaire, QuestionnaireId
from surveys.workbooks import Fault

words = {
    "workbook": "upload",
    "publish": "preview",
    "survey_until": "until",
    "survey_go": "publish",
    "survey_drop": "drop",
}
open_to = "given"

TOLD = 20  # faults in one message
FIRST = 3  # questions shown in the preview
DAYS = (7, 14)
MOST_DAYS = 366


@dataclass(frozen=True, slots=True)
class State:
    """The draft whose preview is shown, where it would go, and until when."""

    number: int
    area: str
    closes_at: datetime | None = None
    version: int = 1


@dataclass(frozen=True, slots=True)
class Situation:
    """The questionnaire, and whom it would reach; or what a workbook holds."""

    zone: ZoneInfo
    places: tuple[Area, ...] = ()
    publication: Publication | None = None
    answered: int = 0
    homes: int = 0
    people: int = 0
    posts: tuple[Post, ...] = ()
    heard: State | None = None
    workbook: Questionnaire | tuple[Fault, ...] | None = None
    number: int = 0  # of the draft that a workbook becomes
    drafts: tuple[Publication, ...] = ()


def load(tx: Tx, state: State | None, inbound: Inbound) -> Situation:
    community, act = inbound.community, _act(inbound)
    known = Situation(ZoneInfo(communities.community(tx, community).settings.timezone), areas.places(tx, community))
    if act == "upload":
        return _read(tx, known, inbound)
    number = inbound.command.number if inbound.command and inbound.command.word != "resume" else state.number if state else None
    publication = questionnaires.for_change(tx, community, number) if number is not None else None
    if publication is None:
        return replace(known, drafts=tuple(questionnaires.drafts(tx, community)))
    known = replace(known, publication=publication)
    if publication.state is not PublicationState.DRAFT:
        return replace(known, answered=responses.count(tx, community, publication.id))
    heard = hear(known, state, inbound)
    path = _area(known, heard.area).path
    people = len(residents.members_in(tx, community, path))
    homes, posts = areas.count_households(tx, community, path), tuple(rolls.posts(tx, community, path))
    return replace(known, heard=heard, homes=homes, people=people, posts=posts)


def step(situation: Situation, state: State | None, inbound: Inbound) -> Step:
    return faces.private(_step(situation, inbound), inbound)


def _step(situation: Situation, inbound: Inbound) -> Step:
    act, publication, heard = _act(inbound), situation.publication, situation.heard
    if act == "upload":
        return _drafted(situation, inbound)
    if publication is None:
        return _which(situation, inbound)
    path = _area(situation, heard.area).path if heard else publication.path
    if not may(inbound.who.roles, "publish", path):
        raise Refused("menu.not_yours", roles=("staff",))
    if act == "drop":
        return Step(None, says=(Say("questionnaires.kept_as_draft", {"number": publication.number}),))
    if heard is None:
        return Step(None, says=(running_questionnaires.going(publication, situation.answered),))
    if act == "publish":
        return _publish(situation, publication, heard, inbound)
    return Step(heard, says=(_preview(situation, publication, heard, inbound),))


# --- a workbook becomes a draft -----------------------------------------------------------------------------------------


def _read(tx: Tx, known: Situation, inbound: Inbound) -> Situation:
    """What the file holds, and the number it gets: that of the draft it corrects, else the next."""
    attachment = next(a for a in inbound.attachments if a.type == SPREADSHEET)
    data = media.read(tx, attachment.digest)
    if data is None:
        raise Refused("media.not_fetched")
    found = xlsform.read(data, xlsform.stem(attachment.name))
    if isinstance(found, tuple):
        return replace(known, workbook=found)
    before = questionnaires.draft_of(tx, inbound.community, found.form_id)
    number = before.number if before else communities.next_number(tx, inbound.community, "surveys")
    return replace(known, workbook=found, publication=before, number=number)


def _drafted(situation: Situation, inbound: Inbound) -> Step:
    found = situation.workbook
    if isinstance(found, tuple):
        return Step(None, says=(faults(found),))
    assert found is not None
    before = situation.publication
    ident = before.id if before else QuestionnaireId(f"{inbound.id}-0")
    drafted = QuestionnaireDrafted(ident, situation.number, found, inbound.who.resident, inbound.now)
    told = {"number": situation.number, "title": found.title, "questions": publications.questions(found), "again": before is not None}
    return Step(None, (drafted,), (Say("questionnaires.drafted", told, (_publish_button(situation.number),)),))


def faults(found: tuple[Fault, ...]) -> Say:
    """Everything that is to be put right, with sheet, row and column."""
    told = [
        {
            "place": Say("surveys.fault_place", {"sheet": fault.sheet, "row": fault.row, "column": fault.column}),
            "words": Say(f"surveys.fault_{fault.code}", fault.values),
        }
        for fault in found[:TOLD]
    ]
    return Say("questionnaires.faults", {"count": len(found), "faults": told, "more": max(0, len(found) - TOLD)})


# --- what is to be published, where, until when -------------------------------------------------------------------------


def hear(situation: Situation, state: State | None, inbound: Inbound) -> State:
    """The preview after what was said: an area, an end, or both in one line. Refused when it is neither."""
    publication, command = situation.publication, inbound.command
    assert publication is not None
    draft = state if state and state.number == publication.number else State(publication.number, _own_area(situation, inbound))
    if command is None:
        return _settled(situation, draft, inbound.text, inbound)
    if command.word == "survey_until":
        return replace(draft, closes_at=_days(situation, int(command.rest), inbound) if command.rest.isdigit() else None)
    if command.word == "publish" and command.rest:
        return _settled(situation, draft, command.rest, inbound)
    return draft


def _settled(situation: Situation, draft: State, said: str, inbound: Inbound) -> State:
    parts = said.split()
    for cut in range(len(parts), -1, -1):
        head, tail = " ".join(parts[:cut]), " ".join(parts[cut:])
        area = meant(head, situation.places) if head else None
        closes_at = _closing(situation, tail, inbound) if tail else None
        if (head and area is None) or (tail and closes_at is None):
            continue
        if isinstance(area, Ambiguous):
            options = tuple(Option(f"publish {draft.number} {a.path}", text=a.path.replace("/", "")) for a in area.areas[:8])
            raise Refused("questionnaires.which_place", options, said=head)
        return replace(draft, area=area.id if area else draft.area, closes_at=closes_at or draft.closes_at)
    raise Refused("questionnaires.neither_place_nor_time", said=said[:40])


def _closing(situation: Situation, said: str, inbound: Inbound) -> datetime | None:
    return parse_closing(said, inbound.now, situation.zone)


def _days(situation: Situation, days: int, inbound: Inbound) -> datetime:
    """The evening that many days from now."""
    on = inbound.now.astimezone(situation.zone).date() + timedelta(days=min(days, MOST_DAYS))
    return datetime.combine(on, DEFAULT_CLOCK, situation.zone).astimezone(UTC)


def _own_area(situation: Situation, inbound: Inbound) -> str:
    """Where the officer works; whose office is for everything publishes for everybody unless they say where."""
    mine = [role.path for role in inbound.who.roles if may((role,), "publish", role.path)]
    path = min(mine, key=len, default="")
    return next(area.id for area in situation.places if area.path == path)


def _preview(situation: Situation, publication: Publication, heard: State, inbound: Inbound) -> Say:
    asked = [q for q in publication.questionnaire.items if q.type in BY_NAME and BY_NAME[q.type].asked]
    told = {
        **faces.face(replace(publication, path=_area(situation, heard.area).path, closes_at=heard.closes_at)),
        "first": [question.label.read(inbound.who.language) for question in asked[:FIRST]],
        "homes": situation.homes,
        "people": situation.people,
        "posts": [{"place": post.path.replace("/", ""), "groups": post.groups} for post in situation.posts],
    }
    token = f"{publication.number}"
    until = [Option(f"survey_until {token} {days}", key="questionnaires.button_days", values={"days": days}) for days in DAYS]
    if heard.closes_at:
        until = [Option(f"survey_until {token}", key="questionnaires.button_endless")]
    go = Option(f"survey_go {token}", key="questionnaires.button_publish")
    return Say("questionnaires.preview", told, (go, *until, Option(f"survey_drop {token}", key="questionnaires.button_cancel")))


def _publish(situation: Situation, publication: Publication, heard: State, inbound: Inbound) -> Step:
    area = _area(situation, heard.area)
    opened = publications.publish(publication, area.id, area.path, heard.closes_at, inbound.now)
    asked = replace(publication, state=PublicationState.PUBLISHED, area=area.id, path=area.path, closes_at=heard.closes_at)
    told = {**faces.face(asked), "people": situation.people, "groups": sum(post.groups for post in situation.posts)}
    mine = Say("questionnaires.published", told, (running_questionnaires.share_button(asked),))
    return Step(None, (opened,), (mine, *announced(asked, situation.posts)))


def announced(asked: Publication, posts: tuple[Post, ...]) -> tuple[Say, ...]:
    """The post in the area's groups, and the invitation to everybody who lives there."""
    post = Say("questionnaires.post", faces.face(asked), (faces.go(asked),), purpose=Purpose.INVITATION)
    return (*(replace(post, to=ToGroups(place.area)) for place in posts), replace(post, to=ToAudience(asked.area)))


# --- small readings -----------------------------------------------------------------------------------------------------


def _which(situation: Situation, inbound: Inbound) -> Step:
    """发布问卷 without a number: the drafts, or how to make one."""
    if inbound.command and inbound.command.number is not None:
        raise Refused("questionnaires.unknown", number=inbound.command.number)
    options = tuple(replace(faces.named(draft), payload=f"publish {draft.number}") for draft in situation.drafts[:8])
    return Step(None, says=(Say("questionnaires.which_draft", {"drafts": len(options)}, options),))


def _area(situation: Situation, area: str) -> Area:
    return next(place for place in situation.places if place.id == area)


def _publish_button(number: int) -> Option:
    return Option(f"publish {number}", key="questionnaires.button_preview")


def _act(inbound: Inbound) -> str:
    """A workbook is one also where it comes with the word (the desk's form)."""
    command = inbound.command
    sheet = inbound.kind in (Kind.FILE, Kind.CHOICE) and any(a.type == SPREADSHEET and a.digest for a in inbound.attachments)
    if sheet and (command is None or (command.word in ("publish", "workbook") and command.number is None)):
        return "upload"
    if command is None or command.word == "resume":
        return "preview"
    return words[command.word]

