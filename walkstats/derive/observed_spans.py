"""Over which spans of days was each participant under observation?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from walkstats._arguments import check_positive
from walkstats._periods import joined_periods
from walkstats.derive.observed import GAP_RULES, followed, observed_until
from walkstats.derive.whose import places
from walkstats.numerics.cutting import pairs_of
from walkstats.trial import Trial

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

SPAN_RULES = {
    **GAP_RULES,
    "resume": "observed where completed check-ins cover, and again after each gap",
}
GAP = "gap in check-ins"
CUT_SHORT = "end of the period analysed"


@dataclass(frozen=True)
class ObservedSpans:
    """Spans under observation, ordered by participant and time.

    Attributes
    ----------
    person : (m,) int array
        Place among the participants.
    start, stop : (m,) arrays
        Under observation when start < t <= stop [days].
    until : (n,) array
        Last day under observation of each of n participants, 0 without any [days].
    ended_by : (n,) object array
        Why it ended there.
    """

    person: Ints
    start: Floats
    stop: Floats
    until: Floats
    ended_by: NDArray[np.object_]

    def holding(self, person: Ints, days: Floats) -> Ints:
        """Place of the span in which that day of that participant lies; -1 for none."""
        row, span = pairs_of(person, self.person)
        inside = (self.start[span] < days[row]) & (days[row] <= self.stop[span])
        found = np.full(len(person), -1, dtype=np.int64)
        found[row[inside]] = span[inside]
        return found


def observed_spans(
    trial: Trial, after_gap: str, observed_until_days: float | None = None
) -> ObservedSpans:
    """Spans under observation of each participant, by one of ``SPAN_RULES``.

    Parameters
    ----------
    trial : Trial
    after_gap : {"censor", "carry", "resume"}
    observed_until_days : float, optional
        Nothing after this day counts.

    Raises
    ------
    ValueError
        For a day that is not above 0.
    """
    ends = observed_until(trial, "censor" if after_gap == "censor" else "carry")
    until = ends["observed_until_days"].to_numpy(dtype=float)
    ended_by = ends["ended_by"].to_numpy(dtype=object)
    if after_gap == "resume" and len(trial.check_ins):
        asked = followed(trial)[0].check_ins
        completed = asked[asked["state"] == "completed"]
        periods = joined_periods(completed)
        person = places(trial, periods, "check_ins")
        start = periods["from_days"].to_numpy(dtype=float)
        stop = periods["to_days"].to_numpy(dtype=float)
    else:
        person = np.flatnonzero(until > 0)
        start, stop = np.zeros(len(person)), until[person]
    if observed_until_days is not None:
        last = check_positive(observed_until_days, "observed_until_days", "days")
        ended_by = np.where(until > last, CUT_SHORT, ended_by)
        until, stop = np.minimum(until, last), np.minimum(stop, last)
    kept = np.flatnonzero(stop > start)
    kept = kept[np.lexsort((start[kept], person[kept]))]
    return ObservedSpans(person[kept], start[kept], stop[kept], until, ended_by)
