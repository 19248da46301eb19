"""How do the arrays of a simulation become the tables of a trial?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from walkstats.design.diaries import Diaries
from walkstats.design.episodes import Episodes
from walkstats.design.harms import EVENTS, REGIONS, Events
from walkstats.design.observation import DIED, LOST, REASONS, Coverage
from walkstats.design.people import Population
from walkstats.design.resources import ITEMS, Use
from walkstats.design.specification import Design
from walkstats.design.visits import MEASURES, Answers
from walkstats.schema import DTYPES, TABLES

STRATA = ("more_than_two_previous", "referral")
Ints = NDArray[np.int64]


def ids(people: Population) -> NDArray[np.object_]:
    """One text per person, in the order of enrolment."""
    width = max(4, len(str(people.size)))
    return np.array([f"W{k:0{width}d}" for k in range(1, people.size + 1)], dtype=object)


def participants(design: Design, people: Population, coverage: Coverage) -> pd.DataFrame:
    """One row per participant, in the order of enrolment."""
    start = np.datetime64(design.enrolment.first_on, "D")
    reasons = np.array([*REASONS, LOST, DIED, None], dtype=object)
    return _table(
        "participants",
        participant_id=ids(people),
        arm=np.where(people.walking, design.arms[1], design.arms[0]),
        randomised_on=start + people.enrolled.astype("timedelta64[D]"),
        planned_end_days=people.planned_end,
        withdrawn_days=_known(coverage.withdrawn),
        withdrawal_reason=reasons[coverage.reason],
        age_years=people.age,
        sex=np.where(people.woman, "female", "male"),
        bmi_kg_m2=people.bmi,
        previous_episodes=people.previous,
        sessions_attended=_whole(people.sessions),
        more_than_two_previous=np.where(people.previous > 2, "yes", "no"),
        referral=np.where(people.referred, "clinician", "community"),
    )


def check_ins(people: Population, coverage: Coverage) -> pd.DataFrame:
    """One row per participant and scheduled check-in."""
    person, number = np.nonzero(coverage.scheduled)
    due = coverage.due[number]
    done = coverage.completed[person, number]
    left = coverage.withdrawn[person]
    gone = (left >= 0) & (due > left) & ~done
    before = np.concatenate(([0], coverage.due))[number]
    return _table(
        "check_ins",
        participant_id=ids(people)[person],
        check_in=number + 1,
        due_days=due,
        answered_days=np.where(done, coverage.answered[person, number], np.nan),
        covers_from_days=np.where(done, before, np.nan),
        covers_to_days=np.where(done, due, np.nan),
        state=np.where(done, "completed", np.where(gone, "withdrawn", "missed")),
    )


def recurrences(people: Population, episodes: Episodes) -> pd.DataFrame:
    """One row per reported recurrence."""
    limits, cares = episodes.limiting_from >= 0, episodes.care_from >= 0
    return _table(
        "recurrences",
        participant_id=ids(people)[episodes.person],
        onset_days=episodes.onset,
        resolved_days=_known(episodes.resolved),
        activity_limiting=limits,
        activity_limiting_days=_known(episodes.limiting_from),
        care_seeking=cares,
        care_seeking_days=_known(episodes.care_from),
        worst_pain_nrs=episodes.worst,
        average_pain_nrs=episodes.average,
        interference=episodes.interference,
    )


def walking(people: Population, diaries: Diaries) -> pd.DataFrame:
    """One row per participant and week with a diary."""
    person, week = np.nonzero(diaries.known)
    steps = diaries.steps[person, week]
    prescribed = np.where(people.walking[person], diaries.prescribed[week], np.nan)
    return _table(
        "walking",
        participant_id=ids(people)[person],
        week=week + 1,
        walking_minutes=diaries.minutes[person, week],
        steps=np.where(steps >= 0, steps, np.nan),
        prescribed_minutes=prescribed,
        measured_by=np.full(len(person), "diary"),
    )


def outcomes(people: Population, coverage: Coverage, answers: Answers) -> pd.DataFrame:
    """One row per participant, month and measure that was answered."""
    person, month, measure = np.nonzero(~np.isnan(answers.values.transpose(1, 2, 0)))
    return _table(
        "outcomes",
        participant_id=ids(people)[person],
        month=answers.months[month],
        measure=np.array(MEASURES, dtype=object)[measure],
        value=answers.values[measure, person, month],
    )


def costs(design: Design, people: Population, used: Use) -> pd.DataFrame:
    """One row per participant, month and item used."""
    prices = np.array([getattr(design.resources, price) for _, _, price in ITEMS], dtype=float)
    return _table(
        "costs",
        participant_id=ids(people)[used.person],
        month=used.month,
        category=np.array([kind for kind, _, _ in ITEMS], dtype=object)[used.item],
        item=np.array([item for _, item, _ in ITEMS], dtype=object)[used.item],
        quantity=used.quantity,
        unit_cost=prices[used.item],
    )


def adverse_events(people: Population, events: Events) -> pd.DataFrame:
    """One row per adverse event."""
    regions = [REGIONS[k] for k in events.region]
    kinds = [
        EVENTS[region][kind % len(EVENTS[region])]
        for region, kind in zip(regions, events.kind, strict=True)
    ]
    return _table(
        "adverse_events",
        participant_id=ids(people)[events.person],
        onset_days=events.onset,
        event=np.array(kinds, dtype=object),
        body_region=np.array(regions, dtype=object),
        serious=events.serious,
        related=events.related,
    )


def screening(design: Design) -> pd.DataFrame:
    """Screened, excluded by reason, randomised; exclusions in proportion to the trial's size."""
    randomised = sum(design.enrolment.participants)
    share = randomised / design.screening.of
    excluded = {reason: round(n * share) for reason, n in design.screening.excluded.items()}
    total = sum(excluded.values())
    rows: list[tuple[str, str | None, int]] = [
        ("screened", None, total + randomised),
        ("excluded", None, total),
    ]
    rows += [("excluded", reason, n) for reason, n in excluded.items()]
    rows.append(("randomised", None, randomised))
    stage, reason, n = zip(*rows, strict=True)
    return _table(
        "screening",
        stage=np.array(stage, dtype=object),
        reason=np.array(reason, dtype=object),
        n=np.array(n),
    )


def _table(name: str, **columns: Any) -> pd.DataFrame:
    """A table of the dictionary: its columns in its order and types, then the others."""
    given: Mapping[str, Any] = columns
    ordered = [c.name for c in TABLES[name].columns if c.name in given]
    ordered += [column for column in given if column not in ordered]
    kinds: dict[str, Any] = {c.name: DTYPES[c.kind] for c in TABLES[name].columns}
    return pd.DataFrame(
        {column: _column(given[column], kinds.get(column, "object")) for column in ordered}
    )


def _column(values: Any, kind: Any) -> pd.Series:
    """Values in a type of the dictionary; text stays as it is."""
    return pd.Series(values, dtype=object if kind == "object" else None).astype(kind)


def _known(days: Ints) -> NDArray[np.float64]:
    return np.where(days >= 0, days, np.nan).astype(float)


def _whole(values: Ints) -> pd.Series:
    """Whole numbers in which -1 stands for missing."""
    return pd.Series(values, dtype="Int64").where(pd.Series(values >= 0))
