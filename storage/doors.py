"""Ways in: invitation codes, groups bound to areas, the link that may lie in any group (/g/CODE), and one-time links spent."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Column, ForeignKeyConstraint, Integer, LargeBinary, String, Table, UniqueConstraint, bindparam, select, update

from community import codes
from community.invites import POSTER
from storage import keys
from storage.database import Id, Instant, Personal, Tx, insert, metadata

invites = Table(
    "invites",
    metadata,
    Column("community_id", Id, primary_key=True),
    Column("id", String(32), primary_key=True),
    Column("code_hash", LargeBinary, nullable=False, unique=True),
    Column("role", String(16), nullable=False),
    Column("area_id", String(32), nullable=True),
    Column("household_id", String(32), nullable=True),
    Column("as_", String(8), nullable=False, server_default=""),
    Column("resident_id", String(32), nullable=True),  # role "self": whose other chat it lets in
    Column("name", Personal, nullable=True),
    Column("uses_left", Integer, nullable=False),
    Column("expires_at", Instant, nullable=False),
    ForeignKeyConstraint(["community_id"], ["communities.id"]),
)

groups = Table(
    "groups",
    metadata,
    Column("community_id", Id, primary_key=True),
    Column("id", String(32), primary_key=True),
    Column("channel", String(16), nullable=False),
    Column("address_hash", LargeBinary, nullable=False),
    Column("address", Personal, nullable=False),
    Column("area_id", String(32), nullable=False),
    Column("bound_by", String(32), nullable=False),
    Column("bound_at", Instant, nullable=False),
    Column("gone_at", Instant, nullable=True),
    UniqueConstraint("channel", "address_hash"),
)

links = Table(
    "links",
    metadata,
    Column("community_id", Id, primary_key=True),
    Column("code", String(32), primary_key=True),
    Column("kind", String(12), nullable=False),  # polls | surveys | notices
    Column("subject", String(64), nullable=False),
    UniqueConstraint("community_id", "kind", "subject"),
)

spent = Table(
    "spent",
    metadata,
    Column("token", LargeBinary, primary_key=True),
    Column("at", Instant, nullable=False),
)


@dataclass(frozen=True, slots=True)
class Invite:
    """What a code stands for: a role in an area, or a home and as what."""

    id: str
    community: int
    role: str
    area: str
    household: str
    as_: str
    name: str
    uses_left: int
    expires_at: datetime
    resident: str = ""


@dataclass(frozen=True, slots=True)
class Group:
    """A chat group that belongs to an area."""

    id: str
    community: int
    channel: str
    address: str
    area: str


_DRAWS = 100  # codes tried until one is free


def invite_by_code(tx: Tx, code: str) -> Invite | None:
    """The invitation of that code, locked: two people cannot use its last use."""
    row = tx.one(select(invites).where(invites.c.code_hash == tx.digest("code", code)).with_for_update())
    return _invite(tx, row) if row else None


def fresh_code(tx: Tx, seed: str) -> str:
    """A code nobody holds yet; the same again for the same `seed` (an input's id), and guessed by nobody."""
    for count in range(_DRAWS):
        code = _drawn(tx, seed, count)
        if tx.one(select(invites.c.id).where(invites.c.code_hash == tx.digest("code", code))) is None:
            return code
    raise AssertionError("no code is left")


def code_again(tx: Tx, community: int, invite: str, seed: str) -> str:
    """The code of an invitation that was made from this seed; "" when it was made from another one."""
    kept = tx.scalar(select(invites.c.code_hash).where(invites.c.community_id == community, invites.c.id == invite))
    made = (_drawn(tx, seed, count) for count in range(_DRAWS))
    return next((code for code in made if tx.digest("code", code) == kept), "")


def poster_at(tx: Tx, community: int, area: str) -> Invite | None:
    """The sheet that hangs there, locked; None: none, or it was taken down."""
    there = (invites.c.community_id == community, invites.c.role == POSTER, invites.c.area_id == area, invites.c.uses_left > 0)
    row = tx.one(select(invites).where(*there).with_for_update())
    return _invite(tx, row) if row else None


def record_invite(tx: Tx, invite: Invite, code: str) -> None:
    """Keep an invitation; the code itself is kept nowhere."""
    sealed = keys.seal(tx, f"community:{invite.community}", invite.name) if invite.name else None
    place = {"area_id": invite.area or None, "household_id": invite.household or None, "as_": invite.as_, "name": sealed}
    place["resident_id"] = invite.resident or None
    row = {"community_id": invite.community, "id": invite.id, "code_hash": tx.digest("code", code), "role": invite.role}
    tx.execute(insert(invites).values(**row, **place, uses_left=invite.uses_left, expires_at=invite.expires_at))


def record_invite_used(tx: Tx, community: int, invite: str, *, void: bool = False) -> None:
    """One use is gone; or all, because the code was shown in a group. A code used up no longer says whom it was for."""
    mine = update(invites).where(invites.c.community_id == community, invites.c.id == invite)
    tx.execute(mine.values(uses_left=0 if void else invites.c.uses_left - 1))
    tx.execute(mine.where(invites.c.uses_left < 1).values(name=None))


_GROUP = select(groups).where(
    groups.c.channel == bindparam("ch"), groups.c.address_hash == bindparam("h"), groups.c.gone_at.is_(None)
)


def group_at(tx: Tx, channel: str, address: str) -> Group | None:
    """The bound group in which something was said, or None."""
    row = tx.one(_GROUP, {"ch": channel, "h": tx.digest(channel, address)})
    return _group(tx, row) if row else None


def groups_of(tx: Tx, community: int, area: str) -> list[Group]:
    """The groups bound to exactly that area."""
    query = select(groups).where(groups.c.community_id == community, groups.c.area_id == area, groups.c.gone_at.is_(None))
    return [_group(tx, row) for row in tx.all(query.order_by(groups.c.id))]


def groups_on(tx: Tx, channel: str) -> list[Group]:
    """The bound groups of one channel, in all communities."""
    query = select(groups).where(groups.c.channel == channel, groups.c.gone_at.is_(None))
    return [_group(tx, row) for row in tx.all(query.order_by(groups.c.id))]


def group(tx: Tx, community: int, number: str) -> Group | None:
    """A group by its id."""
    row = tx.one(select(groups).where(groups.c.community_id == community, groups.c.id == number, groups.c.gone_at.is_(None)))
    return _group(tx, row) if row else None


def record_group_bound(tx: Tx, new: Group, by: str, at: datetime) -> None:
    """This group belongs to that area from now on."""
    sealed = keys.seal(tx, f"community:{new.community}", new.address)
    values: dict[str, Any] = {"area_id": new.area, "bound_by": by, "bound_at": at, "gone_at": None, "address": sealed}
    row = {"community_id": new.community, "id": new.id, "channel": new.channel, "address_hash": tx.digest(new.channel, new.address)}
    change = insert(groups).values(**row, **values)
    tx.execute(change.on_conflict_do_update(index_elements=["channel", "address_hash"], set_={**values, "community_id": new.community}))


def record_group_left(tx: Tx, channel: str, address: str, at: datetime) -> None:
    """The bot was removed from a group: nothing is sent there any more."""
    tx.execute(
        update(groups).where(groups.c.channel == channel, groups.c.address_hash == tx.digest(channel, address)).values(gone_at=at)
    )


def record_group_moved(tx: Tx, channel: str, old: str, new: str) -> None:
    """The platform gave a group another address (Telegram: a group became a supergroup)."""
    row = tx.one(select(groups).where(groups.c.channel == channel, groups.c.address_hash == tx.digest(channel, old)))
    taken = tx.one(select(groups.c.id).where(groups.c.channel == channel, groups.c.address_hash == tx.digest(channel, new)))
    if row is None or taken is not None:
        return
    sealed = keys.seal(tx, f"community:{row.community_id}", new)
    change = update(groups).where(groups.c.community_id == row.community_id, groups.c.id == row.id)
    tx.execute(change.values(address_hash=tx.digest(channel, new), address=sealed))


def link_to(tx: Tx, community: int, kind: str, subject: str, code: str) -> str:
    """The code of the one link for everybody to this poll, questionnaire or notice; `code` is used if there is none yet."""
    tx.execute(insert(links).values(community_id=community, code=code, kind=kind, subject=subject).on_conflict_do_nothing())
    found: str = tx.scalar(
        select(links.c.code).where(links.c.community_id == community, links.c.kind == kind, links.c.subject == subject)
    )
    return found


def link(tx: Tx, code: str) -> tuple[int, str, str] | None:
    """(community, kind, subject) behind /g/CODE."""
    row = tx.one(select(links).where(links.c.code == code))
    return (row.community_id, row.kind, row.subject) if row else None


def spend(tx: Tx, token: str, at: datetime) -> bool:
    """True the first time: a one-time link works once, when its button is pressed and not when it is opened."""
    return bool(tx.execute(insert(spent).values(token=tx.digest("token", token), at=at).on_conflict_do_nothing()).rowcount)


def is_spent(tx: Tx, token: str) -> bool:
    """Whether that one-time link has worked already."""
    return tx.one(select(spent.c.at).where(spent.c.token == tx.digest("token", token))) is not None


def _drawn(tx: Tx, seed: str, count: int) -> str:
    body = int.from_bytes(tx.digest("fresh code", seed, str(count))) % 10**7
    return codes.complete(f"{body:07d}")


def _invite(tx: Tx, row: Any) -> Invite:
    place = (row.area_id or "", row.household_id or "", row.as_, keys.read(tx, row.name))
    return Invite(row.id, row.community_id, row.role, *place, row.uses_left, row.expires_at, row.resident_id or "")


def _group(tx: Tx, row: Any) -> Group:
    return Group(row.id, row.community_id, row.channel, keys.read(tx, row.address), row.area_id)
