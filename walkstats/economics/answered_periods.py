"""Of which periods is it known what a participant used?

Who answered for a period and reports nothing used nothing. Who did not answer is unknown.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from walkstats._arguments import check_choice
from walkstats._deaths import died
from walkstats._follow_up import (
    DAYS_PER_MONTH,
    EARLY_DAYS,
    asked_until,
    follow_up_ends,
    visited_after,
)
from walkstats._periods import JOINED_DAYS, joined_periods
from walkstats._whose import places_among
from walkstats.trial import Trial

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

MONTHS_PER_YEAR = 12.0
DAYS_PER_YEAR = 365.0
NEAR_DAYS = 7.0
"""A horizon so near to a whole month is that month, where use is reported by month [days]."""
RULES = {
    "check_ins": "completed check-ins cover every day of it",
    "outcomes": "any questionnaire of the visit at its end was answered",
    "everybody": "it lies before the end of follow-up",
}


@dataclass(frozen=True)
class Periods:
    """Periods of the horizon, and of whom they are known.

    Attributes
    ----------
    ends : (k,) array
        Month at which each ends; the first begins at randomisation, and each where the one before
        ends [months].
    known : (n, k) bool array
        Whether it is known what each of n participants used.
    dead : (n,) array
        Day of death, inf for everybody else [days].
    end : (n,) array
        Last day of follow-up, inf for none [days].
    rule : str
        A key of ``RULES``.
    """

    ends: Floats
    known: Bools
    dead: Floats
    end: Floats
    rule: str

    @property
    def starts(self) -> Floats:
        """(k,) the month at which each begins."""
        return np.concatenate(([0.0], self.ends[:-1]))


def horizon_months(horizon_days: float) -> float:
    """The horizon in months; a year of 365 days has 12.

    Examples
    --------
    >>> horizon_months(365)
    12.0
    """
    return horizon_days * MONTHS_PER_YEAR / DAYS_PER_YEAR


def whole_months(horizon_days: float) -> float:
    """The horizon in months for what is reported by month, a whole number where it is near to one.

    What is used in month 6 is not told by day: 180 days are meant as six months.

    Examples
    --------
    >>> whole_months(365), whole_months(180), whole_months(30), round(whole_months(100), 2)
    (12.0, 6.0, 1.0, 3.29)
    """
    months = horizon_months(horizon_days)
    near = float(round(months))
    return near if near and abs(months - near) * DAYS_PER_MONTH <= NEAR_DAYS else months


def answered_periods(
    trial: Trial, horizon: float, months: Sequence[float] | None, rule: str | None
) -> Periods:
    """Cut the horizon into periods and find of whom each is known.

    Parameters
    ----------
    trial : Trial
    horizon : float
        End of the last period [months].
    months : sequence of float, optional
        Ends of the periods. By default the months of the visits, or every three months in a trial
        without visits.
    rule : {"check_ins", "outcomes", "everybody"}, optional
        By default the first two, where the trial has such a table.

    Raises
    ------
    ValueError
        For periods or a rule that cannot be used.
    """
    ends = _ends(trial, horizon, months)
    rule = _rule(trial, rule)
    people = trial.participants
    withdrawn = people["withdrawn_days"].to_numpy(dtype=float)
    dead = np.where(died(people).to_numpy(), withdrawn, np.inf)
    end = follow_up_ends(withdrawn, people["planned_end_days"].to_numpy(dtype=float))
    starts = np.concatenate(([0.0], ends[:-1]))
    first, last = starts * DAYS_PER_MONTH, ends * DAYS_PER_MONTH
    # where follow-up, or the last check-in, ends a few days early, nobody can answer for the rest
    planned = people["planned_end_days"].to_numpy(dtype=float)[:, None]
    if rule == "check_ins":
        asked = asked_until(trial.check_ins["covers_to_days"].to_numpy(dtype=float))
        planned = np.fmin(planned, asked)
    shorter = (planned < last) & (planned > last - EARLY_DAYS)
    until = np.minimum(np.where(shorter, planned, last), dead[:, None])
    if rule == "check_ins":
        known = _covered(trial, first, until, end)
    elif rule == "outcomes":
        known = _visited(trial, ends, end) & (dead[:, None] > last)
    else:
        known = until <= end[:, None] + JOINED_DAYS
    return Periods(ends, known | (dead[:, None] <= first), dead, end, rule)


def _ends(trial: Trial, horizon: float, months: Sequence[float] | None) -> Floats:
    if months is None:
        visits = np.sort(trial.outcomes["month"].dropna().unique().astype(float))
        visits = visits[(visits > 0) & (visits < horizon)]
        inner = visits if len(visits) else np.arange(3.0, horizon, 3.0)
        return np.append(inner[inner < horizon - 1e-9], horizon)
    try:
        ends = np.array([float(month) for month in months])
    except (TypeError, ValueError):
        raise ValueError(f"periods must be months, got {months!r}.") from None
    if not len(ends) or np.any(np.diff(ends) <= 0) or ends[0] <= 0:
        raise ValueError(f"periods must be months above 0 in ascending order, got {months!r}.")
    if abs(ends[-1] - horizon) > 1e-9:
        raise ValueError(
            f"The last period must end with the horizon, in month {horizon:g}; got {ends[-1]:g}."
        )
    return ends


def _rule(trial: Trial, rule: str | None) -> str:
    if rule is not None:
        rule = check_choice(rule, RULES, "answered_by")
    if rule in (None, "check_ins") and len(trial.check_ins):
        return "check_ins"
    if rule in (None, "outcomes") and len(trial.outcomes):
        return "outcomes"
    if rule == "everybody":
        return rule
    raise ValueError(
        f"The trial has no {'check-ins or questionnaires' if rule is None else rule}, so that it "
        "is not known who answered and used nothing. If costs were recorded for everybody, say "
        'answered_by="everybody".'
    )


def _covered(trial: Trial, first: Floats, until: Floats, end: Floats) -> Bools:
    """(n, k) whether one unbroken span of completed check-ins covers the period."""
    done = trial.check_ins[trial.check_ins["state"] == "completed"]
    own = end[places_among(trial.people.index, done, "check_ins")]
    begins = done["covers_from_days"].to_numpy(dtype=float)
    closes = np.minimum(done["covers_to_days"].to_numpy(dtype=float), own)
    spans = joined_periods(done.assign(covers_to_days=closes)[begins < own])
    person = places_among(trial.people.index, spans, "check_ins")
    opens = spans["from_days"].to_numpy(dtype=float)[:, None]
    shuts = spans["to_days"].to_numpy(dtype=float)[:, None]
    inside = (opens <= first + JOINED_DAYS) & (shuts >= until[person] - JOINED_DAYS)
    known = np.zeros(until.shape, dtype=bool)
    np.logical_or.at(known, person, inside)
    return known


def _visited(trial: Trial, ends: Floats, end: Floats) -> Bools:
    """(n, k) whether anything was answered at the visit with which the period ends."""
    rows = trial.outcomes[trial.outcomes["value"].notna()]
    person = places_among(trial.people.index, rows, "outcomes")
    month = rows["month"].to_numpy(dtype=float)
    known = np.zeros((len(end), len(ends)), dtype=bool)
    in_time = ~visited_after(month, end[person])
    for k, last in enumerate(ends):
        known[person[in_time & (np.abs(month - last) < 1e-6)], k] = True
    return known
