"""What one transaction is to everybody who takes part in it, and the kinds of column every table uses."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import blake2b
from typing import Any

from sqlalchemy import BigInteger, Connection, CursorResult, Dialect, Executable, Integer, LargeBinary, MetaData, Row
from sqlalchemy import DateTime as _DateTime
from sqlalchemy.types import TypeDecorator

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)

Id = BigInteger().with_variant(Integer, "sqlite")


class Instant(TypeDecorator[datetime]):
    """A moment: aware UTC in and out, so that 20:00+08:00 cannot come back eight hours wrong. Naive values are refused."""

    impl = _DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a naive datetime was given to the database")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return None if value is None else value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Personal(TypeDecorator[bytes]):
    """Something a person wrote or that names them: sealed bytes only (storage/keys.py seals and opens)."""

    impl = LargeBinary
    cache_ok = True


class DatabaseAway(Exception):
    """The database cannot be reached now; nothing was kept. Hooks answer 503 with Retry-After."""


@dataclass(slots=True)
class Tx:
    """One open transaction. Reads and `record_*` functions take it; nothing else can touch a table.

    `secret` keys the look-up hashes. `after` holds what to do once committed (wake the sender). `cache` lives as long as
    the transaction: opened keys, the community.
    """

    connection: Connection
    secret: bytes
    after: list[Callable[[], None]] = field(default_factory=list)
    cache: dict[Any, Any] = field(default_factory=dict)

    def execute(self, statement: Executable, values: Any = None) -> CursorResult[Any]:
        result: CursorResult[Any] = self.connection.execute(statement, values)
        return result

    def one(self, statement: Executable, values: Any = None) -> Row[Any] | None:
        return self.connection.execute(statement, values).first()

    def all(self, statement: Executable, values: Any = None) -> Sequence[Row[Any]]:
        return self.connection.execute(statement, values).all()

    def scalar(self, statement: Executable, values: Any = None) -> Any:
        return self.connection.execute(statement, values).scalar()

    def digest(self, *parts: str) -> bytes:
        """A keyed hash for looking somebody up without storing what they are called. 16 bytes."""
        return blake2b("\x1f".join(parts).encode(), key=self.secret, digest_size=16).digest()
