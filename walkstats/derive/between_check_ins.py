"""Between which two check-ins did pain first come back?"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from walkstats._arguments import check_choice
from walkstats.derive.at_randomisation import baseline as at_baseline
from walkstats.derive.first_events import KINDS, met_days
from walkstats.derive.observed import followed, observed_until
from walkstats.derive.whose import places
from walkstats.numerics.cutting import pairs_of
from walkstats.trial import Trial

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

INTERVAL_RULES = {
    "widen": "after missed check-ins, the next completed one tells of all the time since the last "
    "completed one, so the interval reaches over them",
    "censor": "follow-up ends at the last observed day before the first unobserved gap",
}


def recurrence_intervals(
    trial: Trial,
    *,
    kind: str,
    baseline: Sequence[str] = (),
    after_gap: str = "widen",
) -> pd.DataFrame:
    """Between which two check-ins each participant's first recurrence lies.

    Parameters
    ----------
    trial : Trial
    kind : {"any", "activity_limiting", "care_seeking"}
        Which recurrences count.
    baseline : sequence of str
        Columns of participants, or measures at month 0, to carry along.
    after_gap : {"widen", "censor"}
        "widen": the interval reaches over missed check-ins, to the next completed one; "censor":
        nothing after the first gap that no completed check-in covers is used.

    Returns
    -------
    pandas.DataFrame
        One row per participant: participant_id, arm (Categorical), low_days and high_days (the
        first recurrence lies in (low, high]; high is inf where none was seen) [days from
        randomisation], the strata and the baseline columns.

    Raises
    ------
    ValueError
        For an unknown kind, rule or column.
    DataError
        When the trial does not record this kind of recurrence.

    Notes
    -----
    ``low_days`` is the last day covered by the last negative check-in before the first positive
    one, 0 where there is none; ``high_days`` the last day that the first positive one covers. A
    check-in is positive when the participant reported a recurrence from the days since the last
    completed one. The recalled day itself is not used: it lies within the interval.

    A missed check-in is not a negative one. "widen" takes it that a recurrence in the time missed
    would be reported at the next check-in that was completed. Where check-ins ask about their own
    month only, such a recurrence can stay unknown: compare with "censor", which does not rest on
    that.

    A trial without check-ins has no intervals: the days are taken as exact, low = high, and
    ``attrs["notes"]`` says so. Participants without follow-up have the interval (0, inf].

    Examples
    --------
    >>> import walkstats as ws
    >>> frame = ws.derive.recurrence_intervals(
    ...     ws.load_sample("walkback-like"), kind="activity_limiting"
    ... )
    >>> frame[["low_days", "high_days"]].head(3).to_numpy().tolist()
    [[91.0, 122.0], [0.0, 30.0], [1096.0, inf]]
    """
    check_choice(kind, KINDS, "kind")
    check_choice(after_gap, INTERVAL_RULES, "after_gap")
    trial, left_out = followed(trial)
    person, met, unknown = met_days(trial, KINDS[kind])
    day = np.full(len(trial.people), np.inf)
    np.fmin.at(day, person, met)
    until = observed_until(trial, "carry" if after_gap == "widen" else "censor")
    last = until["observed_until_days"].to_numpy(dtype=float)
    seen = day <= last
    if len(trial.check_ins):
        who, end = _answers(trial, last)
        low, high = _around(np.where(seen, day, np.inf), who, end)
    else:
        low, high = np.where(seen, day, last), np.where(seen, day, np.inf)
    carried = tuple(dict.fromkeys([*trial.strata, *baseline]))
    frame = at_baseline(trial, columns=carried)
    frame.insert(2, "low_days", low)
    frame.insert(3, "high_days", high)
    late = int((np.isfinite(day) & ~seen).sum())
    notes = _notes(trial, kind, unknown, late, int((last <= 0).sum()))
    frame.attrs = {
        "source": trial.source,
        "derived": f"{trial.name}: interval of the first {KINDS[kind].described}",
        "notes": (*notes, *left_out, *frame.attrs["notes"]),
        "method": f"The first {KINDS[kind].described} lies after the last day of the last negative "
        f"check-in, up to the last day of the first positive one; {INTERVAL_RULES[after_gap]}.",
        "kind": kind,
        "after_gap": after_gap,
    }
    return frame


def _answers(trial: Trial, last: Floats) -> tuple[Ints, Floats]:
    """Participant and last day covered of each completed check-in up to the end of observation."""
    rows = trial.check_ins[trial.check_ins["state"] == "completed"]
    who = places(trial, rows, "check_ins")
    end = rows["covers_to_days"].to_numpy(dtype=float)
    kept = (end > 0) & (end <= last[who])
    order = np.argsort(who[kept], kind="stable")
    return who[kept][order], end[kept][order]


def _around(day: Floats, who: Ints, end: Floats) -> tuple[Floats, Floats]:
    """The ends of check-ins next to each day, below it and not below it."""
    row, answer = pairs_of(np.arange(len(day)), who)
    before = end[answer] < day[row]
    low, high = np.zeros(len(day)), np.full(len(day), np.inf)
    np.maximum.at(low, row[before], end[answer][before])
    np.minimum.at(high, row[~before], end[answer][~before])
    return low, high


def _notes(trial: Trial, kind: str, unknown: int, late: int, idle: int) -> tuple[str, ...]:
    described = KINDS[kind].described
    notes = []
    if not len(trial.check_ins):
        notes.append("The trial has no check-ins: days are taken as exact, low = high.")
    if unknown:
        notes.append(
            f"{unknown} recurrence(s) do not say whether they were {KINDS[kind].one}; they are not "
            "counted as one."
        )
    if late:
        notes.append(
            f"{late} participant(s) reported their first {described} only beyond the observed "
            "period; it is not counted."
        )
    if idle:
        notes.append(f"{idle} participant(s) without follow-up have the interval (0, inf].")
    return tuple(notes)
