"""May this be sent now? What residents were promised about nights, the weekly limit, 退订 and consent, in one place.

`may_send` is asked for every row of the outbox before it is queued and again before it is sent (users.md 16, contract §3 and §5).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta, tzinfo

from dialogue.words import Purpose

ASKS = frozenset({Purpose.INVITATION, Purpose.REMINDER})
"""What counts for asks_per_week: whatever asks a resident to answer or to vote."""

_AT_NIGHT = frozenset({Purpose.REPLY, Purpose.EMERGENCY})
_STOPPED = ASKS | {Purpose.NEWS}  # by 退订: still come one's own matters and results, legal service, duty, emergencies
_WEEK = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Quiet:
    """The night, by the clock on the wall of `zone`: from `starts` up to (not including) `ends`; equal means no night."""

    starts: time
    ends: time
    zone: tzinfo


@dataclass(frozen=True, slots=True)
class Limits:
    """What the community promised: its night, and how many invitations and reminders a resident gets in seven days."""

    quiet: Quiet
    asks_per_week: int


@dataclass(frozen=True, slots=True)
class Reader:
    """What is known of the resident it is for. `asked_at`: invitations and reminders already sent to them, over all channels.

    `consent` as in Speaker; `own_matter_at`: when their own matters were last told of unasked.
    """

    consent: str
    subscribed: bool = True
    asked_at: tuple[datetime, ...] = ()
    own_matter_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """Now (`at` is None and no reason), later (`at` is set, with the reason), or never (`at` is None, with the reason).

    Reasons: quiet_hours, weekly_limit, one_a_day, no_consent, unsubscribed, too_late.
    """

    at: datetime | None = None
    reason: str = ""

    @property
    def now(self) -> bool:
        return not self.reason

    @property
    def never(self) -> bool:
        return bool(self.reason) and self.at is None


NOW = Verdict()


def may_send(purpose: Purpose, reader: Reader, limits: Limits, now: datetime, until: datetime | None = None) -> Verdict:
    """Whether a resident may be sent this now, later or never; what could only leave at or after `until` is too late."""
    if purpose is Purpose.REPLY:
        return NOW
    if reader.consent != "given":
        return Verdict(reason="no_consent")
    if not reader.subscribed and purpose in _STOPPED:
        return Verdict(reason="unsubscribed")
    free_at, reason = now, ""
    if purpose in ASKS:
        if limits.asks_per_week < 1:
            return Verdict(reason="weekly_limit")
        free_at, reason = max(now, _ask_free_at(reader.asked_at, limits.asks_per_week, now)), "weekly_limit"
    elif purpose is Purpose.OWN_MATTER and reader.own_matter_at is not None:
        free_at, reason = max(now, _next_day(reader.own_matter_at, limits.quiet.zone)), "one_a_day"
    return _settle(purpose, limits.quiet, now, _Wish(free_at, reason, until))


def may_post(purpose: Purpose, quiet: Quiet, now: datetime, until: datetime | None = None) -> Verdict:
    """Whether a group may be posted to now: only the night holds it back; what concerns one resident never goes there."""
    return _settle(purpose, quiet, now, _Wish(now, "", until))


@dataclass(frozen=True, slots=True)
class _Wish:
    at: datetime
    reason: str
    until: datetime | None


def _settle(purpose: Purpose, quiet: Quiet, now: datetime, wish: _Wish) -> Verdict:
    """The wished instant, moved to the morning if it falls into the night."""
    leaves_at = wish.at if purpose in _AT_NIGHT else morning(wish.at, quiet)
    if wish.until is not None and leaves_at >= wish.until:
        return Verdict(reason="too_late")
    if leaves_at <= now:
        return NOW
    return Verdict(leaves_at, wish.reason if wish.at > now else "quiet_hours")


def is_quiet(at: datetime, quiet: Quiet) -> bool:
    """Whether it is night for the community at this instant."""
    clock = at.astimezone(quiet.zone).time()
    if quiet.starts <= quiet.ends:
        return quiet.starts <= clock < quiet.ends
    return clock >= quiet.starts or clock < quiet.ends


def morning(at: datetime, quiet: Quiet) -> datetime:
    """The instant itself by day; at night the end of that night. UTC."""
    if not is_quiet(at, quiet):
        return at
    today = at.astimezone(quiet.zone).date()
    for day in (today, today + timedelta(days=1)):
        for fold in (0, 1):  # in the night the clocks go back, the hour of `ends` comes twice
            ends_at = datetime.combine(day, quiet.ends.replace(fold=fold), quiet.zone).astimezone(UTC)
            if ends_at > at:
                return ends_at
    raise AssertionError("every night ends within a day")


def _ask_free_at(asked_at: tuple[datetime, ...], limit: int, now: datetime) -> datetime:
    """When the count of the last seven days falls below the limit: seven days after the limit-th last ask."""
    recent = sorted(at for at in asked_at if at > now - _WEEK)
    return recent[-limit] + _WEEK if len(recent) >= limit else now


def _next_day(at: datetime, zone: tzinfo) -> datetime:
    """The first instant of the local day after `at`. UTC."""
    tomorrow = at.astimezone(zone).date() + timedelta(days=1)
    return datetime.combine(tomorrow, time(0), zone).astimezone(UTC)
