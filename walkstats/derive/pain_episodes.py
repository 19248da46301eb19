"""Which reported recurrences make one episode, and when did it end?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from walkstats.derive.first_events import KINDS, Kind, met_days
from walkstats.derive.observed import followed
from walkstats.derive.whose import refuse_rows
from walkstats.trial import Trial

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Episodes:
    """Episodes of pain, ordered by participant and onset.

    Attributes
    ----------
    person : (m,) int array
        Place among the participants.
    onset, last : (m,) arrays
        First and last day of pain [days]; last is inf where no end of the pain is known.
    ended : (m,) bool array
        Whether a report says that the pain ended on the last day, or that nothing ended it (inf);
        False where it is only the last day on which there is known to have been pain.
    met : (m,) array
        First day that meets the definition of the kind [days]; nan where none does.
    rows : pandas.DataFrame
        The r rows of recurrences that began before the end of follow-up.
    reports : (r,) int array
        Place of the episode of each of these rows.
    notes : tuple of str
        What was left out, what was joined, and what is not known.
    """

    person: Ints
    onset: Floats
    last: Floats
    ended: NDArray[np.bool_]
    met: Floats
    rows: pd.DataFrame
    reports: Ints
    notes: tuple[str, ...]


def pain_episodes(trial: Trial, kind: Kind, gap_days: float) -> Episodes:
    """Join reported recurrences between which fewer than ``gap_days`` pain-free days lie.

    Parameters
    ----------
    trial : Trial
    kind : Kind
        What ``met`` tells of; episodes are made of all pain reported, whatever its kind.
    gap_days : float
        Pain-free days that end an episode [days].

    Raises
    ------
    ValueError
        For pain-free days that are no number of at least 0.
    DataError
        When the trial does not record this kind of recurrence, or days contradict each other.
    """
    gap = _pain_free(gap_days)
    # Whether ends are recorded at all is asked of the whole trial, also of what is left out.
    never = bool(trial.recurrences["resolved_days"].isna().all())
    trial, left_out = followed(trial)
    person, met, unknown = met_days(trial, kind)
    onset = trial.recurrences["onset_days"].to_numpy(dtype=float)
    last, open_ends = _last_days(trial, person, onset, never)
    reports = join_reports(person, onset, last, gap)
    size = int(reports.max(initial=-1)) + 1
    begins, ends = np.full(size, np.inf), np.full(size, -np.inf)
    first_met, whose = np.full(size, np.inf), np.zeros(size, dtype=np.int64)
    np.minimum.at(begins, reports, onset)
    np.maximum.at(ends, reports, last)
    ended = np.isinf(ends)
    told = trial.recurrences["resolved_days"].notna().to_numpy() & (last == ends[reports])
    ended[reports[told]] = True
    np.fmin.at(first_met, reports, met)
    whose[reports] = person
    joined = len(reports) - size
    said = [
        (unknown, f"do not say whether they were {kind.one}; they are not counted so."),
        (joined, f"began within {gap:g} pain-free days of an earlier one and are part of it."),
        *open_ends,
    ]
    return Episodes(
        person=whose,
        onset=begins,
        last=ends,
        ended=ended,
        met=np.where(np.isinf(first_met), np.nan, first_met),
        rows=trial.recurrences,
        reports=reports,
        notes=(*left_out, *(f"{n} recurrence(s) {words}" for n, words in said if n)),
    )


def join_reports(person: Ints, onset: Floats, last: Floats, gap: float) -> Ints:
    """Number of the episode of each report, counted by person and onset from 0.

    A report belongs to the episode before it when it begins at most ``gap`` days after the last day
    of that one, so that fewer than ``gap`` whole days lie between.
    """
    order = np.lexsort((onset, person))
    who = person[order]
    reach = pd.Series(last[order]).groupby(who).cummax().to_numpy(dtype=float)
    new = np.ones(len(order), dtype=bool)
    new[1:] = (who[1:] != who[:-1]) | (onset[order][1:] > reach[:-1] + gap)
    number = np.empty(len(order), dtype=np.int64)
    number[order] = np.cumsum(new) - 1
    return number


def _last_days(
    trial: Trial, person: Ints, onset: Floats, never: bool
) -> tuple[Floats, list[tuple[int, str]]]:
    """Last day of pain of each report, inf where it may go on; and what to say of unknown ends."""
    rows = trial.recurrences
    resolved = rows["resolved_days"].to_numpy(dtype=float)
    unknown = np.isnan(resolved)
    refuse_rows(
        rows,
        (resolved < onset) | np.isinf(resolved),
        "recurrences",
        "resolved_days",
        "the last day of pain lies before the first, or never comes",
        "correct one of the two, or leave the last day empty where it is not known",
    )
    known_pain = onset
    for day in [kind.day for kind in KINDS.values() if kind.day]:
        known_pain = np.fmax(known_pain, rows[day].to_numpy(dtype=float))
    last = np.where(unknown, known_pain, resolved)
    if never:
        return last, [
            (
                int(unknown.sum()),
                "have no last day of pain, as none in this trial has; "
                "each is taken to last to its last day known.",
            )
        ]
    latest = np.full(len(trial.people), -np.inf)
    np.maximum.at(latest, person, onset)
    going_on = unknown & (onset >= latest[person])
    followed = unknown & ~going_on
    last[going_on] = np.inf
    return last, [
        (int(going_on.sum()), "have no last day of pain and go on to the end of observation."),
        (
            int(followed.sum()),
            "have no last day of pain and are followed by another; they are "
            "taken to last to their last day known.",
        ),
    ]


def _pain_free(gap_days: float) -> float:
    try:
        gap = float(gap_days)
    except (TypeError, ValueError):
        gap = np.nan
    if not (np.isfinite(gap) and gap >= 0) or isinstance(gap_days, (bool, str)):
        raise ValueError(f"gap_days must be a number of days of at least 0, got {gap_days!r}.")
    return gap
