"""Small trials, made by hand or by chance, and what is true of them day by day.

The slow twin of the frames: every day of every participant is looked at on its own, as a set of
days, without any of the arithmetic on spells that derive does.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from hypothesis import strategies as st

import walkstats as ws

PERIOD, PERIODS = 10, 5
HORIZON = PERIOD * PERIODS
STATES = ("completed", "missed", "withdrawn")
FLAGS = {"any": None, "activity_limiting": "limiting", "care_seeking": "care"}


@dataclass(frozen=True)
class Report:
    """A reported recurrence: first and last day of pain, first day of limits and of care."""

    onset: int
    resolved: int | None
    limiting: int | None = None
    care: int | None = None


@dataclass(frozen=True)
class Person:
    """A participant: the state of each check-in, what was reported, when and why it ended."""

    states: tuple[str, ...]
    reports: tuple[Report, ...] = ()
    withdrawn: float = np.nan
    reason: str | None = None
    gaps_of_a_day: bool = field(default=False)


def make_trial(people: list[Person], *, check_ins: bool = True) -> ws.Trial:
    """The trial of these people; p1, p3, ... are controls."""
    ids = [f"p{k}" for k in range(1, len(people) + 1)]
    participants = pd.DataFrame(
        {
            "participant_id": ids,
            "arm": (["control", "walking"] * len(ids))[: len(ids)],
            "planned_end_days": float(HORIZON),
            "withdrawn_days": [one.withdrawn for one in people],
            "withdrawal_reason": pd.Series([one.reason for one in people], dtype=object),
            "site": (["north", "north", "south"] * len(ids))[: len(ids)],
        }
    )
    asked = [
        (name, k + 1, PERIOD * (k + 1.0), PERIOD * k + float(one.gaps_of_a_day), PERIOD * (k + 1.0),
         state)
        for name, one in zip(ids, people, strict=True)
        for k, state in enumerate(one.states)
    ]  # fmt: skip
    columns = ["participant_id", "check_in", "due_days", "covers_from_days", "covers_to_days"]
    told = [
        (name, report.onset, report.resolved, report.limiting is not None, report.limiting,
         report.care is not None, report.care)
        for name, one in zip(ids, people, strict=True)
        for report in one.reports
    ]  # fmt: skip
    pain = ["participant_id", "onset_days", "resolved_days", "activity_limiting"]
    pain += ["activity_limiting_days", "care_seeking", "care_seeking_days"]
    reported = pd.DataFrame(told, columns=pain)
    days = [name for name in pain if name.endswith("_days")]
    reported[days] = reported[days].astype(float)
    flags = ["activity_limiting", "care_seeking"]
    reported[flags] = reported[flags].astype("boolean")
    more = {"check_ins": pd.DataFrame(asked, columns=[*columns, "state"])} if check_ins else {}
    return ws.Trial(
        name="tiny",
        source="made up for a test",
        arms=("control", "walking"),
        participants=participants,
        recurrences=reported,
        strata=("site",),
        **more,
    )


# ---- what is true of a person, day by day ------------------------------------------------------


def last_day(person: Person) -> int:
    """Withdrawal or the planned end, whichever comes first; nothing after it counts."""
    return HORIZON if np.isnan(person.withdrawn) else min(HORIZON, int(person.withdrawn))


def told(person: Person) -> tuple[Report, ...]:
    """The reports that begin while the person is followed."""
    return tuple(one for one in person.reports if one.onset <= last_day(person))


def covered(person: Person) -> set[int]:
    """Days that completed check-ins ask about; single days between such days count as well."""
    days = set()
    for k, state in enumerate(person.states):
        if state == "completed":
            days |= set(range(PERIOD * k + 1 + person.gaps_of_a_day, PERIOD * (k + 1) + 1))
    days = {day for day in days if day <= last_day(person)}
    return days | {t for t in range(1, HORIZON) if t + 1 in days and (t - 1 in days or t == 1)}


@functools.cache
def observed(person: Person, after_gap: str) -> set[int]:
    """Days under observation."""
    days = covered(person)
    if after_gap == "resume" or not days:
        return days
    if after_gap == "carry":
        return set(range(1, max(days) + 1))
    return set(range(1, min(set(range(1, HORIZON + 2)) - days)))


@functools.cache
def episodes(person: Person, kind: str, gap_days: int, ends_known: bool) -> list[tuple[int, set]]:
    """First day that meets the kind, and all days, of each episode that meets it."""
    latest = max((one.onset for one in told(person)), default=0)
    painful: dict[int, set[int | None]] = {}
    for one in told(person):
        last = max(d for d in (one.onset, one.limiting, one.care) if d is not None)
        if one.resolved is not None:
            last = one.resolved
        elif ends_known and one.onset == latest:
            last = 3 * HORIZON
        met = one.onset if kind == "any" else getattr(one, FLAGS[kind])
        for day in range(one.onset, last + 1):
            painful.setdefault(day, set()).add(met)
    found: list[tuple[int, set]] = []
    own: set[int] = set()
    mets: set[int | None] = set()
    for day in [*sorted(painful), None]:
        if own and (day is None or day - max(own) - 1 >= gap_days):
            inside = set(range(min(own), max(own) + 1))
            known = [m for m in mets if m is not None]
            found += [(min(known), inside)] if known else []
            own, mets = set(), set()
        if day is not None:
            own.add(day)
            mets |= painful[day]
    return found


# ---- trials by chance --------------------------------------------------------------------------


def reports() -> st.SearchStrategy[Report]:
    """Recurrences on days 1 to beyond the last check-in, some without a known end."""

    def made(onset: int, length: int | None, limits: int | None, cares: int | None) -> Report:
        inside = 0 if length is None else length
        days = [None if d is None else onset + min(d, inside) for d in (limits, cares)]
        return Report(onset, None if length is None else onset + length, *days)

    late = st.none() | st.integers(0, 3)
    return st.builds(made, st.integers(1, HORIZON + 4), st.integers(0, 9) | st.none(), late, late)


def people() -> st.SearchStrategy[Person]:
    """Participants who answer mostly, miss some check-ins, and may withdraw or die."""
    states = st.lists(st.sampled_from(STATES[:1] * 4 + STATES), min_size=PERIODS, max_size=PERIODS)
    return st.builds(
        lambda told, own, gone, gaps: Person(
            tuple(told), tuple(own), withdrawn=gone, gaps_of_a_day=gaps
        ),
        states,
        st.lists(reports(), max_size=4),
        st.just(np.nan) | st.integers(0, HORIZON + 5).map(float),
        st.booleans(),
    )


def crowd(size: int, seed: int) -> list[Person]:
    """Many participants drawn with numpy, for comparisons over all rules at once."""
    rng = np.random.default_rng(seed)
    made = []
    for _ in range(size):
        told = tuple(rng.choice(STATES, p=(0.75, 0.2, 0.05)) for _ in range(PERIODS))
        own = []
        for onset in rng.integers(1, HORIZON + 5, rng.integers(0, 6)):
            length = None if rng.random() < 0.15 else int(rng.integers(0, 9))
            inside = length or 0
            days = [
                int(onset + min(rng.integers(0, 4), inside)) if rng.random() < 0.5 else None
                for _ in range(2)
            ]
            own.append(Report(int(onset), None if length is None else int(onset) + length, *days))
        gaps = bool(rng.random() < 0.3)
        gone = float(rng.integers(0, HORIZON + 5)) if rng.random() < 0.3 else np.nan
        made.append(Person(told, tuple(own), withdrawn=gone, gaps_of_a_day=gaps))
    return made
