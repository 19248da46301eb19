"""Which minute and which day of the wearer is a timestamp, where clocks change?

The changes of a time zone are looked up once, in Python; every engine then only compares whole
minutes with them, so that no engine's own table of time zones matters.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from zoneinfo import ZoneInfo

DAY = 1440
EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
FIRST, LAST = dt.date(1990, 1, 1), dt.date(2100, 1, 1)
STEP = 12 * 60


@dataclass(frozen=True)
class Change:
    """Clocks change once.

    Attributes
    ----------
    minute : int
        The minute since 1970, UTC, at which they change.
    before, after : int
        What local time is ahead of UTC [minutes].
    """

    minute: int
    before: int
    after: int

    @property
    def forward(self) -> int:
        """By how much clocks go forward; negative when they go back [minutes]."""
        return self.after - self.before

    @property
    def wall(self) -> tuple[int, int]:
        """Local minutes since 1970 that are missing, or that come twice: from, up to."""
        ends = (self.minute + self.before, self.minute + self.after)
        return min(ends), max(ends)


@dataclass(frozen=True)
class Clock:
    """How minutes since 1970 are to be read.

    Attributes
    ----------
    local : bool
        Whether the minutes are those of the wall clock; those of UTC otherwise.
    zone : str
    ahead : int
        What local time is ahead of UTC before the first change [minutes].
    changes : tuple of Change
    """

    local: bool
    zone: str
    ahead: int
    changes: tuple[Change, ...]

    def day_terms(self) -> tuple[int, tuple[tuple[int, int], ...]]:
        """What to add to a minute to have that of the wall clock: at once, and from when on."""
        if self.local:
            return 0, ()
        return self.ahead, tuple((one.minute, one.forward) for one in self.changes)

    def order_terms(self) -> tuple[tuple[int, int], ...]:
        """What to add, and from when on, so that minutes which follow one another differ by 1.

        The missing hour is closed. A repeated hour of local times is looked at once: its two passes
        lie on one another.
        """
        if not self.local:
            return ()
        return tuple((one.wall[1], -one.forward) for one in self.changes if one.forward > 0)

    def missing(self) -> tuple[tuple[int, int], ...]:
        """Local minutes that no clock showed; none for minutes of UTC."""
        return tuple(one.wall for one in self.changes if self.local and one.forward > 0)

    def repeated(self) -> tuple[tuple[int, int], ...]:
        """Local minutes that come twice; none for minutes of UTC."""
        return tuple(one.wall for one in self.changes if self.local and one.forward < 0)


def zone_named(timezone: object) -> ZoneInfo:
    """The time zone of a name such as "Europe/London"."""
    try:
        if not isinstance(timezone, str):
            raise ValueError
        return ZoneInfo(timezone)
    except (ValueError, OSError, KeyError):
        raise ValueError(
            f'timezone must be the name of a time zone, such as "Europe/London", got {timezone!r}.'
        ) from None


def clock_of(timezone: str, *, local: bool, first: int, last: int) -> Clock:
    """The changes of a time zone between two minutes since 1970 (with a day to spare)."""
    zone = zone_named(timezone)
    first, last = (_within(one) for one in (first - 2 * DAY, last + 2 * DAY))
    changes = []
    before = start = ahead_of_utc(zone, first)
    for minute in range(first + STEP, last + STEP, STEP):
        after = ahead_of_utc(zone, minute)
        if after != before:
            changes.append(Change(_change(zone, minute - STEP, minute), before, after))
        before = after
    return Clock(local, timezone, start, tuple(changes))


def ahead_of_utc(zone: ZoneInfo, minute: int) -> int:
    """What local time is ahead of UTC at a minute since 1970 [minutes]."""
    there = (EPOCH + dt.timedelta(minutes=minute)).astimezone(zone)
    return int((there.utcoffset() or dt.timedelta()).total_seconds() // 60)


def _within(minute: int) -> int:
    ends = [(day - EPOCH.date()).days * DAY for day in (FIRST, LAST)]
    return min(max(minute, ends[0]), ends[1])


def _change(zone: ZoneInfo, low: int, high: int) -> int:
    """The minute of the one change in (low, high], by halving."""
    before = ahead_of_utc(zone, low)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if ahead_of_utc(zone, middle) == before else (low, middle)
    return high
