"""Chat that led to nothing is gone after 90 days, on both databases; what was raised stays."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import func, select

from storage.inbox import inbox
from storage.matters import matters
from storage.outbox import outbox
from tests.house import Hall


async def test_old_chat_goes_and_what_was_raised_stays(database_url: str) -> None:
    hall = await Hall.open(database_url)
    try:
        await hall.known()
        await hall.says("李叔", "诉求 楼道灯坏了三天")
        await hall.says("李叔", "菜单")
        await hall.moves_to(hall.now + timedelta(days=89))
        assert await _rows(hall, inbox) == 2
        await hall.moves_to(hall.now + timedelta(days=2))
        assert await _rows(hall, inbox) == 0
        assert await _rows(hall, outbox, outbox.c.state != "queued") == 0
        assert await _rows(hall, matters) == 1
    finally:
        await hall.close()


async def _rows(hall: Hall, table: object, *where: object) -> int:
    query = select(func.count()).select_from(table).where(*where)  # type: ignore[arg-type]
    return await hall.database.read(lambda tx: int(tx.scalar(query)))
