"""What becomes of messages that cannot leave as they stand: moved to another chat, told by a group, let go when somebody writes, joined.

What waits is `held` (its reason says for what: window, group, owner) or `by_door` (上门告知); both go when the person writes again.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import and_, bindparam, case, exists, func, or_, select, update

from community.claims import ClaimState
from community.dispatches import Dispatch
from community.staff import covers
from dialogue.rendered import Rendered
from dialogue.words import Purpose
from storage import residents
from storage.areas import areas
from storage.contacts import contacts
from storage.database import Tx
from storage.dispatches import dispatches
from storage.doors import groups
from storage.outbox import UNREAD, Delivery, opened, outbox

WAITS = ("held", "by_door")
LASTS = timedelta(days=30)  # what waited longer is no news any more; what concerns oneself, or the law wants said, still is
FIRST = (Purpose.LEGAL.value, Purpose.OWN_MATTER.value)
OWNER = "owner"  # a post that its group's owner has to tap
JOINS = "joins"  # why a post waits: its group takes one message a day
_WAITED = "waited"  # why it is queued: they wrote
# a post on its way tells as well, also one that lies before its group's owner; what the platform did not take tells nobody
_TOLD = or_(
    outbox.c.state.in_(("queued", "sending", "sent", "delivered")),
    and_(outbox.c.state == "held", outbox.c.reason == OWNER),
)

_MINE = and_(outbox.c.contact_id.in_(bindparam("chats", expanding=True)), UNREAD, outbox.c.state.in_(WAITS))
_RANK = case((outbox.c.purpose.in_(FIRST), 0), else_=1)
_LASTING = or_(outbox.c.made_at >= bindparam("since"), outbox.c.purpose.in_(FIRST))
_FITTING = select(outbox.c.id, outbox.c.contact_id).where(_MINE, _LASTING).order_by(_RANK, outbox.c.id)
_TOO_OLD = (
    update(outbox)
    .where(outbox.c.state == "held", outbox.c.reason != OWNER, ~_LASTING)
    .values(state="refused", reason="too_old")
)
_OLD_ANSWERS = (
    select(outbox)
    .where(outbox.c.contact_id == bindparam("chat"), UNREAD, outbox.c.purpose == Purpose.REPLY.value)
    .where(or_(outbox.c.state == "held", and_(outbox.c.state == "queued", outbox.c.reason == _WAITED)))
)
_CHATS = select(contacts.c.id).where(contacts.c.community_id == bindparam("c"), contacts.c.resident_id == bindparam("r"))
_THERE = select(groups.c.id).where(groups.c.channel == bindparam("ch"), groups.c.address_hash == bindparam("h"))
_REOPENED = (
    update(outbox)
    .where(outbox.c.group_id.in_(_THERE), _LASTING)
    .where(outbox.c.state == "held", outbox.c.reason != OWNER)
    .values(state="queued", reason="", not_before=bindparam("now"), claimed_until=None)
)
_POSTS = (
    select(areas.c.path)
    .join_from(outbox, groups, (groups.c.community_id == outbox.c.community_id) & (groups.c.id == outbox.c.group_id))
    .join(areas, (areas.c.community_id == groups.c.community_id) & (areas.c.id == groups.c.area_id))
    .join(dispatches, (dispatches.c.community_id == outbox.c.community_id) & (dispatches.c.id == bindparam("d")))
    .where(outbox.c.community_id == bindparam("c"), outbox.c.group_id.is_not(None), _TOLD)
    .where(or_(outbox.c.dispatch_id == dispatches.c.id, outbox.c.made_at == dispatches.c.ordered_at))  # said in one turn, or approved later
    .where(outbox.c.purpose == bindparam("p"))
)


def release(tx: Tx, contact: str, resident: tuple[int, str], now: datetime, most: int, body: tuple[bytes, datetime] | None = None) -> int:
    """They wrote: what waited for that may go, at most so many, what concerns them most first; how many went.

    `resident`: of which community; what waited in their other chats finds its way here by itself. `body`: the input whose own
    request may carry what waited here, and until when it stays free for that.
    """
    chats = {contact, *(row.id for row in tx.all(_CHATS, {"c": resident[0], "r": resident[1]}))} if resident[1] else {contact}
    fits = tx.all(_FITTING.limit(most), {"chats": sorted(chats), "since": now - LASTS}) if most else []
    for row in fits:
        carried = body if body and row.contact_id == contact else None
        goes = {"answers": carried[0], "not_before": carried[1]} if carried else {"not_before": now}
        tx.execute(update(outbox).where(outbox.c.id == row.id).values(state="queued", reason=_WAITED, claimed_until=None, **goes))
    return len(fits)


def end(tx: Tx, now: datetime) -> int:
    """What waited so long that it is no news any more will not be said; how many. What concerns somebody's own matter waits on."""
    return tx.execute(_TOO_OLD, {"since": now - LASTS}).rowcount


def answered_anew(tx: Tx, contact: str, noun: str) -> None:
    """They hear about the same thing now: an answer about it that never reached them would only say what is over."""
    for row in tx.all(_OLD_ANSWERS, {"chat": contact}):
        words = opened(tx, row).words
        if words is None or words.noun == noun:
            tx.execute(update(outbox).where(outbox.c.id == row.id).values(state="refused", reason="answered_anew"))


def reopened(tx: Tx, channel: str, group: str, now: datetime) -> None:
    """Something was said to us in a group that could not be written to: what waited for it may go."""
    tx.execute(_REOPENED, {"ch": channel, "h": tx.digest(channel, group), "since": now - LASTS, "now": now})


_RETURNED = (
    update(outbox)
    .where(outbox.c.channel == bindparam("ch"), outbox.c.platform_id == bindparam("took"), outbox.c.state == "sent")
    .values(state="sending", claimed_until=bindparam("now"))
    .returning(*outbox.c)
)


def returned(tx: Tx, channel: str, platform: str, now: datetime) -> list[tuple[Delivery, bool]]:
    """What the platform took and did not deliver after all, claimed for this very transaction; whether it had left as a template."""
    return [(opened(tx, row), row.reason == "brief") for row in tx.all(_RETURNED, {"ch": channel, "took": platform, "now": now})]


def told(tx: Tx, channel: str, platform: str, became: str, why: str) -> None:
    """The platform says what became of something it took: sent | delivered | refused."""
    known = (outbox.c.channel == channel, outbox.c.platform_id == platform, outbox.c.state.in_(("sent", "held")))
    tx.execute(update(outbox).where(*known).values(state=became, reason=why[:200]))


def move(tx: Tx, row: Delivery, contact: str, channel: str) -> bool:
    """The row goes to another chat of the same person; its links stay theirs. False: that chat was told the same already."""
    there = exists().where(outbox.c.dispatch_id == row.dispatch, outbox.c.contact_id == contact)
    if row.dispatch and tx.scalar(select(there)):
        return False
    tx.execute(update(outbox).where(outbox.c.id == row.id).values(contact_id=contact, channel=channel))
    return True


def told_by_group(tx: Tx, row: Delivery) -> bool:
    """Whether a group of their building, or of a place around it, is told the same."""
    if not row.dispatch or not row.resident:
        return False
    posted = [post.path for post in tx.all(_POSTS, {"c": row.community, "d": row.dispatch, "p": row.purpose.value})]
    return bool(posted) and any(covers(path, home) for path in set(posted) for home in homes(tx, row))


def homes(tx: Tx, row: Delivery) -> list[str]:
    """The homes at whose door their reader can be told."""
    if not row.resident:
        return []
    return [home.path for home in residents.homes_of(tx, row.community, row.resident) if home.state is ClaimState.CONFIRMED]


# --- how far an order is ----------------------------------------------------------------------------------------------

_ROWS = (
    select(outbox.c.state, outbox.c.reason, func.count().label("rows"))
    .where(outbox.c.community_id == bindparam("c"), outbox.c.dispatch_id == bindparam("d"), outbox.c.group_id.is_(None))
    .group_by(outbox.c.state, outbox.c.reason)
)
_POSTED = _POSTS.where(outbox.c.state.in_(("sent", "delivered"))).with_only_columns(func.count())
_OWNER = _POSTS.where(outbox.c.state == "held", outbox.c.reason == OWNER).with_only_columns(func.count())


def progress(tx: Tx, community: int, order: Dispatch) -> dict[str, int]:
    """How many people's rows of an order stand in which state.

    `brief`: of the sent ones those that left as a template. `group`: of the held ones those whose group is told; `owner`: groups
    whose owner has not tapped 发送 yet.
    """
    found = Counter[str]()
    for row in tx.all(_ROWS, {"c": community, "d": order.id}):
        way = row.reason if (row.state, row.reason) in (("held", "group"), ("sent", "brief")) else row.state
        found[way] += row.rows
    found["owner"] = int(tx.scalar(_OWNER, {"c": community, "d": order.id, "p": order.say.purpose.value}))
    return dict(found)


def posted(tx: Tx, community: int, order: Dispatch) -> bool:
    """Whether the same stands in a group by now."""
    return bool(tx.scalar(_POSTED, {"c": community, "d": order.id, "p": order.say.purpose.value}))


# --- posts of a group that takes one a day ----------------------------------------------------------------------------


def join(tx: Tx, first: Delivery, allowed: Collection[Purpose], longest: int) -> tuple[Delivery, ...]:
    """Claim the posts that wait for the same group, as many as fit into one message after the first; the first among them."""
    assert first.words is not None
    query = select(outbox).where(
        outbox.c.group_id == first.group,
        outbox.c.state == "queued",
        outbox.c.reason == JOINS,
        outbox.c.purpose.in_([purpose.value for purpose in allowed]),
    )
    found, length, pictured = [first], _units(first.words.text), bool(first.words.picture)
    for row in tx.all(query.order_by(outbox.c.id).with_for_update()):
        post = opened(tx, row)
        if post.words is None:
            continue
        length += 1 + _units(post.words.text)
        if length > longest or (post.words.picture and pictured):  # one message carries one picture, and nothing overtakes it
            break
        pictured = pictured or bool(post.words.picture)
        taken = {"state": "sending", "claimed_until": first.claimed_until, "tries": outbox.c.tries + 1}
        tx.execute(update(outbox).where(outbox.c.id == row.id).values(**taken))
        found.append(replace(post, claimed_until=first.claimed_until, tries=post.tries + 1))
    return tuple(found)


def _units(text: str) -> int:
    """How long a text is as channels count: in UTF-16 units."""
    return len(text.encode("utf-16-le")) // 2


def joined(posts: Sequence[Delivery]) -> Rendered:
    """One message of them all: their words one under the other, their buttons, the one picture there is."""
    words = [post.words for post in posts if post.words is not None]
    if len(words) == 1:
        return words[0]
    picture = next((one.picture for one in words if one.picture), "")
    buttons = tuple(dict.fromkeys(button for one in words for button in one.buttons))
    return replace(words[0], text="\n".join(one.text for one in words), buttons=buttons, picture=picture)
