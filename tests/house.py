"""A whole house to talk to in tests: the real turn, outbox, delivery and clock on a real database; only the channel is ours.

A transcript (`tests/transcripts/*.chat`) is what people said and heard:

    # a comment says why it matters
    ! known            everybody of tests/cast.py has agreed and is confirmed in their home (default: nobody was ever here)
    ! group            the group 3号楼群 is bound to 3号楼
    ! small            nobody has 大字版 (else 张阿姨 does, once known)
    @ 2026-12-01 20:00 the clock moves there (local time); what is due happens. The day begins 2026-11-23 10:00 (a Monday)
    @ +3d / +2h        the same, by that much
    老李> 投票 3        somebody says that in private
    老李@群> @睦邻 投票  … in the group 3号楼群, addressed to the bot (bare talk there is not delivered at all)
    老李> [同意]        taps the newest button so labelled that they can see
    老李@群> [去投票]    taps a button under the newest post of the group that has it
    老李> (照片)        sends a photo; (贴纸) a sticker; (语音) a voice message; (进来) opens the chat; (离开) blocks us
    小王> (文件) 充电桩.xlsx    sends that workbook of tests/questionnaires.py
    老李> (扫码) 2单元/502 scans the slip of a home (家属 behind it: it says as what), or with 3号楼 the sheet in the lift
    王女士> (链接) 2-301 王芳 业主 1234 东门    opens the newest /g/ link in a browser, proves the home, and votes; hears what the page says
    老李> 第一行⏎第二行   ⏎ is a line break
    老李< 您选的是……     what they heard, in order; … stands for anything; the next lines, indented, belong to it
      第二行
      (图片)           a picture, then the buttons, at the end
      [改] [菜单]
    群< 新投票……        what was posted in the group

Whoever spoke must hear exactly what stands here and nothing else; what others hear is compared where it is written (messages
they heard before that and nobody wrote down are passed over). `MULIN_WRITE=1` writes what really was said into the file.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from bot import command, turn, understand
from bot.clock import Clock
from bot.config import Config, make
from bot.deliver import Deliver
from bot.speaking import Voice
from bot.turn import Done, House
from bot.words import words
from channels.contract import Capabilities, Rates, SendError, Sent
from community.claims import RELATIONS, As, ClaimConfirmed, ClaimId, ClaimMade
from community.invites import POSTER
from community.media import SPREADSHEET
from dialogue.words import Attachment, Button, Inbound, Kind, Rendered, ResidentId, Role
from storage import areas, communities, contacts, doors, media, residents
from storage.areas import AreaRow, HomeFacts, Household
from storage.database import Database, Tx
from storage.doors import Group, Invite
from storage.shared import InMemory
from tests.cast import BUILDING, BY_NAME, CAST, GROUP, OWNERS, Person
from tests.questionnaires import WORKBOOKS

ZONE = ZoneInfo("Asia/Shanghai")
MONDAY = datetime(2026, 11, 23, 10, 0, tzinfo=ZONE)
OFFICES = {"楼栋长": ("leader", BUILDING), "网格员": ("grid", "幸福里"), "社区工作人员": ("staff", "")}  # whose codes are scanned
PHOTO = b"\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00\xff\xd9"


@dataclass
class Heard:
    """One message somebody can see."""

    text: str
    buttons: tuple[Button, ...]
    id: str
    picture: bytes | None = None

    def lines(self) -> list[str]:
        rows = self.text.split("\n")
        labels = " ".join(f"[{b.text}]" for b in self.buttons)
        shown = ["(图片)"] if self.picture else []
        return rows + shown + ([labels] if labels else [])


@dataclass
class Ear:
    """What one person (or the group) has heard so far, and how much of it the transcript has accounted for."""

    heard: list[Heard] = field(default_factory=list)
    read: int = 0


class OurChannel:
    """A channel that keeps what it is given; `blocked` addresses refuse, `failing` makes the next sends fail."""

    name = "test"
    can = Capabilities(buttons=20, max_text=4096, groups=True, pictures=True, first_word=True)
    ready = True
    rates = Rates()
    secrets: tuple[str, ...] = ()

    def __init__(self) -> None:
        self.ears: dict[str, Ear] = {}
        self.blocked: set[str] = set()
        self.failing: list[SendError] = []
        self.count = 0

    def ear(self, address: str) -> Ear:
        return self.ears.setdefault(address, Ear())

    def routes(self, take: Any) -> list[Any]:
        return []

    async def start(self, take: Any) -> None: ...

    async def stop(self) -> None: ...

    async def send(self, address: str, words: Rendered, picture: bytes | None = None, key: str = "") -> Sent:
        if self.failing:
            raise self.failing.pop(0)
        if address in self.blocked:
            raise SendError.gone("blocked")
        self.count += 1
        self.ear(address).heard.append(Heard(words.text, words.buttons, str(self.count), picture))
        return Sent(str(self.count))

    async def fetch(self, attachment: Attachment) -> bytes:
        return PHOTO

    async def check(self) -> list[tuple[bool, str, dict[str, str]]]:
        return []


class Hall:
    """The house under test, with its cast. `await Hall.open(url)`; then `says`, `taps`, `hears`, `moves_to`."""

    def __init__(self, url: str) -> None:
        self.config: Config = make({"community": {"phone": "0566-1234567"}, "server": {"secret_key": "test " * 8}}, Path(), {})
        self.database = Database(url, self.config.server.secret_key)
        self.channel = OurChannel()
        self.voice = Voice(self.config, {"test": self.channel.can})
        self.house = House(self.voice, words())
        self.now = MONDAY
        self.deliver = Deliver(self.database, InMemory(), {"test": self.channel}, self.voice)
        self.deliver.clock = lambda: self.now
        self.clock = Clock(self.database, self.house, lambda: None)
        self.clock.now = lambda: self.now
        self.said = 0

    @classmethod
    async def open(cls, url: str) -> Hall:
        """A house with the roll of 3号楼 and its officers, and nobody who ever wrote."""
        hall = cls(url)
        await hall.database.transaction(furnish)
        return hall

    async def close(self) -> None:
        await self.database.close()

    async def known(self, *, large: bool = True) -> None:
        """Everybody agreed and is confirmed at home."""
        await self.database.transaction(_known, self.now, large)

    async def with_group(self) -> None:
        """The building's group is bound."""
        await self.database.transaction(_bind, self.now)

    async def says(self, name: str, text: str = "", *, group: bool = False, **more: Any) -> Done:
        """Somebody says something; what is due to be sent is sent. Raises what the turn raises."""
        self.said += 1
        self.now += timedelta(seconds=1)
        inbound = Inbound(
            channel="test",
            external_id=more.pop("external_id", f"{self.said}"),
            address=name,
            name=name,
            text=text,
            chat=GROUP if group else "",
            id=command.new_id(self.now)[:12] + f"{self.said:08x}",
            at=self.now,
            **more,
        )
        done = await self.take(inbound)
        await self.send()
        return done

    async def take(self, inbound: Inbound) -> Done:
        """The turn itself, as the running programme calls it."""
        return await self.database.transaction(turn.take, self.house, understand.understood(inbound))

    async def photo(self, name: str, text: str = "") -> Done:
        """Somebody sends a photo."""
        digest = await self.database.transaction(media.record_media, 1, name, "image/jpeg", PHOTO, self.now)
        return await self.says(name, text, kind=Kind.PHOTO, attachments=(Attachment(Kind.PHOTO, "file", digest, type="image/jpeg"),))

    async def scan(self, name: str, place: str) -> Done:
        """Somebody scans the code of a home (2单元/502) or the sheet in the lift (3号楼)."""
        return await self.says(name, await self.database.transaction(_code, place, self.now), kind=Kind.JOINED)

    async def by_link(self, name: str, room: str, called: str, relation: str, tail: str, choice: str) -> None:
        """Somebody opens the link that lies in an ordinary group: room and telephone prove who they are, then they vote."""
        from tests.web.browsing import vote_by_link

        links = [found for ear in self.channel.ears.values() for heard in ear.heard for found in re.findall(r"/g/\S+", heard.text)]
        form = {"room": room, "name": called, "as": RELATIONS[relation].value, "tail": tail}
        self.channel.ear(name).heard += [Heard(text, (), "page") for text in await vote_by_link(self, links[-1], form, choice)]

    async def workbook(self, name: str, file: str) -> Done:
        """An officer sends a questionnaire."""
        digest = await self.database.transaction(media.record_media, 1, name, SPREADSHEET, WORKBOOKS[file](), self.now)
        return await self.says(name, kind=Kind.FILE, attachments=(Attachment(Kind.FILE, "file", digest, name=file, type=SPREADSHEET),))

    async def taps(self, name: str, label: str, *, group: bool = False) -> Done:
        """Somebody taps the newest button so labelled that they can see."""
        for message in reversed(self.channel.ear(GROUP if group else name).heard):
            for button in message.buttons:
                if button.text == label and button.payload:
                    return await self.says(name, group=group, kind=Kind.CHOICE, choice=button.payload, question=message.id)
                if button.text == label:
                    raise AssertionError(f"[{label}] opens a page: {button.url}")
        raise AssertionError(f"{name} sees no button [{label}]; heard: {[m.lines() for m in self.channel.ear(name).heard[-2:]]}")

    async def send(self) -> None:
        """Everything that may leave now leaves."""
        while await self.deliver.once():
            pass

    async def moves_to(self, moment: datetime) -> None:
        """The clock moves; what is due on the way happens."""
        self.now = moment
        await self.clock.catch_up()
        await self.send()

    def hears(self, name: str) -> list[Heard]:
        """What somebody heard since it was last asked."""
        ear = self.channel.ear(name)
        fresh = ear.heard[ear.read :]
        ear.read = len(ear.heard)
        return fresh


def furnish(tx: Tx) -> None:
    """幸福里社区 with 幸福里/3号楼: two units, six floors, two homes a floor; its 楼栋长, 网格员 and 社区工作者."""
    settings = communities.Settings(phone="0566-1234567")
    here = communities.add(tx, "幸福里社区", slug="xfl", settings=settings)
    units = [(f"{BUILDING}/{unit}", "unit") for unit in ("1单元", "2单元")]
    for path, level in [("", "community"), ("幸福里", "estate"), (BUILDING, "building"), *units]:
        parent = "" if not path else (path.rpartition("/")[0] or "community")
        areas.record_area(tx, here, AreaRow(_id(path), _id(parent) if path else "", level, path.rpartition("/")[2], path))
    for unit in ("1单元", "2单元"):
        for floor in range(1, 7):
            for door in (1, 2):
                place = f"{unit}/{floor}0{door}"
                home = Household(_id(place), _id(f"{BUILDING}/{unit}"), f"{BUILDING}/{place}", f"{floor}0{door}", "住宅", 8950, "fine")
                areas.record_household(tx, here, home, HomeFacts(OWNERS.get(place, ()), phones=("13800001234",)))


def _known(tx: Tx, now: datetime, large: bool) -> None:
    for person in CAST:
        if person.home or person.roles:
            _settle_in(tx, person, now, large)


def _settle_in(tx: Tx, person: Person, now: datetime, large: bool) -> None:
    name = f"c-{CAST.index(person)}"
    met = contacts.meet(tx, Inbound(channel="test", external_id=name, address=person.name, id=name, at=now), 1)
    who = ResidentId(met.speaker.person)
    residents.record_resident(tx, 1, who, met.speaker.person, person.name, now)
    contacts.settle(tx, met.speaker.contact, consent="given", resident_id=who, large=large and person.large, reached=True)
    for place, (role, path) in enumerate(person.roles):
        residents.record_role(tx, 1, f"r-{who}-{place}", who, Role(role, _id(path), path), now.date())
    if person.home:
        claim = ClaimId(f"k-{who}")
        number = communities.next_number(tx, 1, "claims")
        residents.record_claim_made(tx, 1, ClaimMade(claim, number, _id(person.home), who, As(person.as_), person.name, now))
        confirmed = ClaimConfirmed(claim, _id(person.home), who, As(person.as_), None, "code", now)
        residents.record_claim_confirmed(tx, 1, confirmed)


def _bind(tx: Tx, now: datetime) -> None:
    doors.record_group_bound(tx, Group("g1", 1, "test", GROUP, _id(BUILDING)), "test", now)


def _code(tx: Tx, place: str, now: datetime) -> str:
    """The code on a home's slip (2单元/502 家属 says as what), of an office (楼栋长), or on the sheet in the lift."""
    path, _, relation = place.partition(" ")
    as_ = RELATIONS[relation].value if relation else ""
    home = areas.household_by_path(tx, 1, f"{BUILDING}/{path}")
    if path in OFFICES:
        role, place_ = OFFICES[path][0], (_id(OFFICES[path][1]), "")
    else:
        role, place_ = ("resident", ("", home.id)) if home else (POSTER, (_id(BUILDING), ""))
    seed = f"i-{path}"
    if there := doors.code_again(tx, 1, seed, seed):
        return there
    code = doors.fresh_code(tx, seed)
    doors.record_invite(tx, Invite(seed, 1, role, *place_, as_, "", 6 if home else 1, now + timedelta(days=30)), code)
    return code


def _id(path: str) -> str:
    """Readable ids for tests: a3-2-502."""
    return "community" if path in ("", "community") else "a" + "-".join(re.findall(r"\d+", path) or ["x"])


# --- transcripts ----------------------------------------------------------------------------------------------------


async def play(hall: Hall, script: str) -> list[str]:
    """Play a transcript; the lines as they really were. Equal to the script's own when everything went as written."""
    played: list[str] = []
    last = ""  # who spoke last: must hear everything
    blocks = _blocks(script)
    for place, (head, body) in enumerate(blocks):
        if not re.match(r"^[^#!@<>\s][^<>]*[<>]|^[@!]", head):
            played += [head, *body]
            continue
        if head.startswith("!"):
            await _set(hall, head)
            played.append(head)
        elif head.startswith("@"):
            played += _rest(hall, last)
            last = ""
            await hall.moves_to(_moment(hall.now, head[1:].strip()))
            played.append(head)
        elif (said := re.match(r"^(\S+?)(@群)?> ?(.*)$", head)) is not None:
            played += _rest(hall, last)
            last = said[1]
            ear = hall.channel.ear(last)
            ear.read = len(ear.heard)
            await _speak(hall, said[1], said[3], bool(said[2]))
            played.append(head)
        else:
            name, _, first = head.partition("<")
            played += _listen(hall, name, [first.strip(), *(row.strip() for row in body)], place)
    return played + _rest(hall, last)


async def _set(hall: Hall, head: str) -> None:
    match head[1:].split():
        case ["known"]:
            await hall.known()
        case ["small"]:
            await hall.known(large=False)
        case ["group"]:
            await hall.with_group()
        case other:
            raise AssertionError(f"unknown directive {other}")


async def _speak(hall: Hall, name: str, what: str, group: bool) -> None:
    assert name in BY_NAME, f"{name} is not in the cast"
    what = what.replace("⏎", "\n")
    if tapped := re.fullmatch(r"\[(.+)\]", what):
        await hall.taps(name, tapped[1], group=group)
    elif what.startswith("(照片)"):
        await hall.photo(name, what[4:].strip())
    elif what.startswith("(文件)"):
        await hall.workbook(name, what[4:].strip())
    elif what.startswith("(链接)"):
        await hall.by_link(name, *what[4:].split())
    elif what.startswith("(扫码)"):
        await hall.scan(name, what[4:].strip())
    elif kind := {"(贴纸)": Kind.OTHER, "(语音)": Kind.VOICE, "(进来)": Kind.JOINED, "(离开)": Kind.LEFT}.get(what):
        await hall.says(name, kind=kind, group=group)
    else:
        await hall.says(name, what, group=group)


def _listen(hall: Hall, name: str, wanted: list[str], place: int) -> list[str]:
    ear = hall.channel.ear(GROUP if name == "群" else name)
    for at in range(ear.read, len(ear.heard)):
        if fits(wanted, ear.heard[at].lines()):
            ear.read = at + 1
            return [f"{name}< {wanted[0]}", *(f"  {row}" for row in wanted[1:])]
    return _next(ear, name) if ear.read < len(ear.heard) else []


def _rest(hall: Hall, name: str) -> list[str]:
    """What the last speaker heard besides what the transcript says."""
    if not name:
        return []
    ear, rows = hall.channel.ear(name), []
    while ear.read < len(ear.heard):
        rows += _next(ear, name)
    return rows


def _next(ear: Ear, name: str) -> list[str]:
    lines = ear.heard[ear.read].lines()
    ear.read += 1
    return [f"{name}< {lines[0]}", *(f"  {row}" for row in lines[1:])]


def fits(wanted: list[str], heard: list[str]) -> bool:
    """Whether a message is what was written, … standing for anything."""
    pattern = "\n".join(".*".join(re.escape(part) for part in row.split("…")) for row in wanted)
    return re.fullmatch(pattern, "\n".join(row.strip() for row in heard), re.DOTALL) is not None


def _blocks(script: str) -> list[tuple[str, list[str]]]:
    """(head, indented lines below it) for each line of a transcript."""
    blocks: list[tuple[str, list[str]]] = []
    for line in script.rstrip("\n").split("\n"):
        if line.startswith("  ") and blocks and "<" in blocks[-1][0]:
            blocks[-1][1].append(line)
        else:
            blocks.append((line, []))
    return blocks


def _moment(now: datetime, words: str) -> datetime:
    if step := re.fullmatch(r"\+(\d+)([dhm])", words):
        return now + timedelta(**{{"d": "days", "h": "hours", "m": "minutes"}[step[2]]: int(step[1])})
    return datetime.strptime(words, "%Y-%m-%d %H:%M").replace(tzinfo=ZONE)
