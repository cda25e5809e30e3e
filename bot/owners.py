"""What the door to 客户群 is told by the house: which groups are ours, what waits for their owners, when it is night."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from bot.config import Config
from channels.contract import Notebook
from channels.wecom import Laid, Ports, Post
from channels.wecom.settings import CUSTOMERS, NAME
from community import promises
from community.promises import Quiet
from storage import doors, posts
from storage.database import Database, DatabaseAway


def ports(config: Config, database: Database, notebook: Notebook) -> Ports:
    """For the 自建应用, whose groups they are."""
    quiet = Quiet(config.quiet.from_, config.quiet.to, ZoneInfo(config.community.timezone))

    async def bound() -> list[str]:
        try:
            found = await database.read(doors.groups_on, NAME)
        except DatabaseAway:
            return []  # `mulin check` goes on; what happened to a group is found out at its next post
        return [group.address for group in found if group.address.startswith(CUSTOMERS)]

    async def waiting() -> list[Post]:
        return _posts(await database.read(posts.waiting, NAME))

    async def stopped() -> list[Post]:
        return _posts(await database.read(posts.stopped, NAME))

    async def renamed(old: str, new: str) -> None:
        await database.transaction(posts.record_renamed, NAME, old, new)

    async def taken_back(post: str) -> None:
        await database.transaction(posts.record_taken_back, NAME, post)

    async def sent_after_all(post: str) -> None:
        await database.transaction(posts.record_sent_after_all, NAME, post)

    def awake(moment: float) -> bool:
        return not promises.is_quiet(datetime.fromtimestamp(moment, UTC), quiet)

    laid = Laid(waiting, stopped, renamed, taken_back, sent_after_all)
    return Ports(notebook, bound, laid, awake)


def _posts(found: Sequence[posts.Waiting]) -> list[Post]:
    return [Post(one.id, one.address, one.since.timestamp()) for one in found]
