"""The demonstration community: 幸福里 with the roll of 3号楼 and its officers. A workbook waits on the desk; nothing else is prepared."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime
from pathlib import Path

from bot.cli import rolls
from bot.config import Config, make
from channels.webchat.ports import Demo
from dialogue.words import Inbound, ResidentId, Role
from storage import areas, communities, contacts, record, residents
from storage.database import Database, Tx
from surveys import xlsform
from surveys.publications import QuestionnaireDrafted
from surveys.questionnaires import Questionnaire, QuestionnaireId

OFFICERS = {"demo:laoli": (("leader", "幸福里/3号楼"),), "demo:xiaowang": (("staff", ""), ("admin", ""))}
WORKBOOK = Path(__file__).parent.parent / "demo" / "满意度问卷.xlsx"
ROLL = Path(__file__).parent.parent / "demo" / "户册.csv"


def config(folder: Path, port: int) -> Config:
    """The settings of a demonstration: one folder holds everything, its key included."""
    folder.mkdir(parents=True, exist_ok=True)
    key = folder / "secret_key"
    if not key.exists():
        key.write_text(secrets.token_urlsafe(32))
    server = {"secret_key": key.read_text(), "port": port, "public_url": f"http://127.0.0.1:{port}"}
    always = {"from": "00:00", "to": "00:00", "asks_per_week": 1000}  # whoever plays at night must see what they do
    return make({"server": server, "community": {"phone": "0566-1234567"}, "quiet": always}, folder, {})


async def fill(settings: Config, cast: Demo) -> None:
    """Fill an empty database; one that is filled stays as it is."""
    database = Database(settings.database_url, settings.server.secret_key)
    try:
        if await database.read(lambda tx: bool(communities.everyone(tx))):
            return
        await database.transaction(_community, settings)
        await rolls.take_in(database, 1, rolls.rolls_of(ROLL.read_bytes(), ROLL.name).rows)
        await database.transaction(_officers, cast, datetime.now(UTC))
        await database.transaction(_workbook, datetime.now(UTC))
    finally:
        await database.close()


def _community(tx: Tx, settings: Config) -> None:
    ours = settings.community
    kept = communities.Settings(timezone=ours.timezone, phone=ours.phone, address=ours.address, office_hours=ours.office_hours)
    communities.add(tx, ours.name, slug="first", settings=kept)


def _workbook(tx: Tx, now: datetime) -> None:
    """A workbook lies on the community worker's desk: a draft that nobody sees until it is published."""
    found = xlsform.read(WORKBOOK.read_bytes(), WORKBOOK.stem)
    assert isinstance(found, Questionnaire), "the demonstration's own workbook has faults"
    number = communities.next_number(tx, 1, "surveys")
    record.record(tx, 1, QuestionnaireDrafted(QuestionnaireId("demo-survey"), number, found, None, now))


def _officers(tx: Tx, cast: Demo, now: datetime) -> None:
    """The 楼栋长 and the community worker hold their offices already; residents are nobody yet."""
    for person in cast.people:
        for number, (role, path) in enumerate(OFFICERS.get(person.address, ())):
            name = person.address.replace(":", "-")
            met = contacts.meet(tx, Inbound(channel="webchat", external_id=name, address=person.address, id=name, at=now), 1)
            who = ResidentId(met.speaker.person)
            residents.record_resident(tx, 1, who, met.speaker.person, person.name, now)
            contacts.settle(tx, met.speaker.contact, consent="given", resident_id=who, reached=True)
            area = areas.by_path(tx, 1, path)
            assert area is not None, path
            residents.record_role(tx, 1, f"{who}-{number}", who, Role(role, area.id, path), now.date())
