"""What a person wrote can be forgotten: each person has two keys, and forgetting is destroying one of them.

`forget` seals what 删除我的资料 destroys at once; `keep` seals what the law keeps for a term (ballots, objections, consents).
Sealed bytes begin with their key's number; a person is an opaque id shared by all contacts of one resident. What belongs
to nobody in particular (a group's posts, a home's entry on the roll) has a person of its own, such as `community:1`.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable
from typing import Any

from nacl.exceptions import CryptoError
from nacl.secret import SecretBox
from nacl.utils import random
from sqlalchemy import Column, LargeBinary, String, Table, UniqueConstraint, bindparam, delete, select, update

from storage.database import Id, Tx, insert, metadata

keys = Table(
    "keys",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    Column("person", String(64), nullable=False, index=True),
    Column("purpose", String(8), nullable=False),
    Column("key", LargeBinary, nullable=False),
    UniqueConstraint("person", "purpose"),
)

FORGET, KEEP = "forget", "keep"
_OF_PERSON = select(keys.c.id, keys.c.key).where(keys.c.person == bindparam("p"), keys.c.purpose == bindparam("u"))
_BY_ID = select(keys.c.key).where(keys.c.id == bindparam("i"))
_NEW = insert(keys).on_conflict_do_nothing(index_elements=["person", "purpose"])
_HEAD = struct.Struct(">Q")


def seal(tx: Tx, person: str, words: str | bytes, purpose: str = FORGET) -> bytes:
    """Close these words with this person's key; whoever has the table and not the key reads nothing."""
    number, key = _key(tx, person, purpose)
    data = words.encode() if isinstance(words, str) else words
    return _HEAD.pack(number) + bytes(SecretBox(key).encrypt(data))


def seal_for(tx: Tx, persons: Iterable[str], words: bytes) -> bytes:
    """Close these words with the keys of all these persons, the first one's outermost: who forgets one of them forgets all."""
    for person in reversed(list(dict.fromkeys(persons))):
        words = seal(tx, person, words)
    return words


def unseal_for(tx: Tx, sealed: bytes | None) -> bytes | None:
    """What `seal_for` closed (JSON, which never begins with a zero as sealed bytes do), or None once any of its keys is gone."""
    while sealed and not sealed[0]:
        sealed = unseal(tx, sealed)
    return sealed or None


def unseal(tx: Tx, sealed: bytes | None) -> bytes | None:
    """The words again, or None once their key was destroyed (or there were none)."""
    if not sealed:
        return None
    number = _HEAD.unpack_from(sealed)[0]
    key = tx.cache.get(("key", number), False)
    if key is False:
        key = tx.scalar(_BY_ID, {"i": number})
        tx.cache[("key", number)] = key
    if key is None:
        return None
    try:
        return SecretBox(key).decrypt(sealed[_HEAD.size :])
    except CryptoError:
        return None


def read(tx: Tx, sealed: bytes | None, gone: str = "") -> str:
    """The sealed text, or `gone` when it was forgotten."""
    data = unseal(tx, sealed)
    return gone if data is None else data.decode()


def known(tx: Tx, person: str, purpose: str, number: int, key: bytes) -> None:
    """A key that came along with another read: saves asking for it again in this transaction."""
    tx.cache[("person", person, purpose)] = (number, key)
    tx.cache[("key", number)] = key


def merge(tx: Tx, person: str, into: str) -> None:
    """Two persons turned out to be one: the keys of both now answer to `into` and are destroyed together."""
    taken = {r.purpose for r in tx.all(select(keys.c.purpose).where(keys.c.person == into))}
    for row in tx.all(select(keys.c.id, keys.c.purpose).where(keys.c.person == person)):
        name = row.purpose if row.purpose not in taken else f"{row.purpose[:1]}{row.id}"[:8]
        tx.execute(update(keys).where(keys.c.id == row.id).values(person=into, purpose=name))
    tx.cache.clear()
    tx.cache[("merged", person)] = into  # what this turn still seals for the old name must not make a key that nobody destroys


def destroy(tx: Tx, person: str, purpose: str = FORGET) -> None:
    """After this nobody can read what was sealed with it, in any table, log or backup of sealed data."""
    tx.execute(delete(keys).where(keys.c.person == person, keys.c.purpose.startswith(purpose[:1])))
    tx.cache.clear()


def _key(tx: Tx, person: str, purpose: str) -> tuple[int, bytes]:
    person = tx.cache.get(("merged", person), person)
    place = ("person", person, purpose)
    found: Any = tx.cache.get(place)
    if found is None:
        row = tx.one(_OF_PERSON, {"p": person, "u": purpose})
        if row is None:
            tx.execute(_NEW, {"person": person, "purpose": purpose, "key": random(SecretBox.KEY_SIZE)})
            row = tx.one(_OF_PERSON, {"p": person, "u": purpose})
            assert row is not None
        found = (row.id, row.key)
        tx.cache[place] = found
        tx.cache[("key", row.id)] = row.key
    number, key = found
    return number, key
