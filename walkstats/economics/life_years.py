"""How many quality-adjusted life-years did each participant have?"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from walkstats._arguments import check_positive
from walkstats._deaths import died
from walkstats._follow_up import DAYS_PER_MONTH, follow_up_ends, visited_after
from walkstats._whose import places_among
from walkstats.economics.answered_periods import MONTHS_PER_YEAR, horizon_months
from walkstats.economics.discounting import check_rate
from walkstats.economics.frames import missing_by_arm, people_frame
from walkstats.errors import DataError
from walkstats.trial import Trial

Floats = NDArray[np.float64]

LOWEST_UTILITY = -1.1
"""Below every published value set of the EQ-5D; utilities outside are no utilities."""


def qalys(
    trial: Trial,
    *,
    horizon_days: float = 365.0,
    measure: str = "eq5d_utility",
    discount_rate: float = 0.0,
    baseline: Sequence[str] = (),
) -> pd.DataFrame:
    """Measure the quality-adjusted life-years of each randomised participant.

    Parameters
    ----------
    trial : Trial
    horizon_days : float
        End of the area under the curve; 365 days are 12 months [days].
    measure : str
        Measure of outcomes that holds utilities: 1 is full health, 0 dead, and below 0 worse.
    discount_rate : float
        By which the second year and later ones count less [share/year].
    baseline : sequence of str
        Further columns of participants to carry along.

    Returns
    -------
    pandas.DataFrame
        One row per randomised participant: participant_id, arm, the strata, ``qaly`` [years], and
        its parts, the utilities ``<measure>_<month>``. ``attrs`` has total, parts ({column:
        weight}), baseline (the column to adjust for), horizon_days, source, method and notes.

    Raises
    ------
    ValueError
        For a measure that the trial does not have, or a horizon after the last visit.
    DataError
        For utilities above 1 or below -1.1, or without any at month 0.

    Notes
    -----
    The area under straight lines between utilities at visits, u_0 ... u_k at t_0 ... t_k years
    (month m is m / 12 of a year of 365 days), is a weighted sum of them:

        qaly = sum over j of (t_j+1 - t_j) (u_j + u_j+1) / 2 = sum over j of w_j u_j

    A missing utility makes the sum missing; imputation fills the parts, not the sum. At visits
    after death utility is 0. Values from after withdrawal are left out and counted. Arms that
    differ by chance in utility at baseline differ in area for that reason alone, so that
    comparisons are adjusted for it [1]_ and not made of changes from it. Year k is divided by
    (1 + rate)**(k - 1).

    References
    ----------
    .. [1] Manca A, Hawkins N, Sculpher MJ (2005). Estimating mean QALYs in trial-based
       cost-effectiveness analysis: the importance of controlling for baseline utility. *Health
       Econ* 14:487-496. https://doi.org/10.1002/hec.944

    Examples
    --------
    >>> import walkstats as ws
    >>> frame = ws.economics.qalys(ws.load_sample("walkback-like"))
    >>> list(frame.attrs["parts"].values())
    [0.125, 0.25, 0.25, 0.25, 0.125]
    """
    horizon = horizon_months(check_positive(horizon_days, "horizon_days", "days"))
    rate = check_rate(discount_rate)
    months = _months(trial, measure, horizon)
    weights = trapezoid_weights(months, horizon, rate)
    months, weights = months[weights > 0], weights[weights > 0]
    utilities, notes = _utilities(trial, measure, months)
    frame = people_frame(trial, baseline)
    place = 2 + len(trial.strata)
    frame.insert(place, "qaly", utilities @ weights)
    names = [f"{measure}_{month:g}" for month in months]
    for k, name in enumerate(names):
        frame.insert(place + 1 + k, name, utilities[:, k])
    discounted = f", discounted by {100 * rate:g} % a year" if rate else ""
    frame.attrs = {
        "source": trial.source,
        "derived": f"{trial.name}: quality-adjusted life-years per participant",
        "total": "qaly",
        "parts": dict(zip(names, weights.tolist(), strict=True)),
        "baseline": names[0],
        "unit": "QALY",
        "measure": measure,
        "horizon_days": float(horizon_days),
        "discount_rate": rate,
        "method": (
            f"Quality-adjusted life-years over {horizon_days:g} days, the area under straight "
            f"lines between {measure} at months {', '.join(f'{m:g}' for m in months)}{discounted}."
        ),
        "notes": (
            *frame.attrs["notes"],
            *missing_by_arm(frame, "qaly", trial.arms),
            *notes,
        ),
    }
    return frame


def trapezoid_weights(months: Floats, horizon: float, rate: float) -> Floats:
    """Weights of the values at visits in the discounted area up to the horizon.

    Parameters
    ----------
    months : (k,) array
        Ascending, the first is 0 and the last at the horizon or later [months].
    horizon : float
        [months]
    rate : float
        [share/year]

    Returns
    -------
    numpy.ndarray
        (k,) [years]

    Examples
    --------
    >>> trapezoid_weights(np.array([0.0, 6.0, 12.0]), 12.0, 0.0).tolist()
    [0.25, 0.5, 0.25]
    """
    # lines are straight between visits, and the discount is constant within a year
    years = np.arange(0.0, horizon, MONTHS_PER_YEAR)
    cuts = np.unique(np.concatenate((months[months < horizon], years, [horizon])))
    left, right = cuts[:-1], cuts[1:]
    segment = np.clip(np.searchsorted(months, left, side="right") - 1, 0, len(months) - 2)
    width = (right - left) / MONTHS_PER_YEAR
    width = width * (1.0 + rate) ** -np.floor(left / MONTHS_PER_YEAR + 1e-12)
    middle = (left + right) / 2.0
    share = (middle - months[segment]) / (months[segment + 1] - months[segment])
    weights = np.zeros(len(months))
    np.add.at(weights, segment, width * (1.0 - share))
    np.add.at(weights, segment + 1, width * share)
    return weights


def _months(trial: Trial, measure: str, horizon: float) -> Floats:
    """Months at which the measure was asked, with the first at or after the horizon as the last."""
    rows = trial.outcomes[trial.outcomes["measure"] == measure]
    if not len(rows):
        known = ", ".join(sorted(trial.outcomes["measure"].dropna().unique()))
        raise ValueError(f"No measure {measure!r}. The trial has: {known or 'none'}.")
    months = np.sort(rows["month"].dropna().unique().astype(float))
    months = months[months >= 0]
    if not len(months) or months[0] > 0:
        raise DataError.of(
            f"{measure} was not asked at month 0, where the area begins",
            table="outcomes",
            column="month",
            what_to_do="enter the utilities at randomisation",
        )
    if months[-1] < horizon - 1e-9:
        raise ValueError(
            f"{measure} was last asked at month {months[-1]:g}, before horizon_days, which is "
            f"month {horizon:.4g}. What comes after is not known: choose a horizon up to "
            f"{months[-1] / MONTHS_PER_YEAR * 365:g} days."
        )
    return months


def _utilities(trial: Trial, measure: str, months: Floats) -> tuple[Floats, list[str]]:
    """(n, k) utilities at visits, 0 after death, missing where not known; and notes."""
    rows = trial.outcomes.reset_index(drop=True)
    rows = rows[rows["measure"] == measure]
    person = places_among(trial.people.index, rows, "outcomes")
    month, value = rows["month"].to_numpy(dtype=float), rows["value"].to_numpy(dtype=float)
    _refuse_out_of_range(rows, value, measure)
    _refuse_twice(rows, measure)
    people = trial.participants
    withdrawn = people["withdrawn_days"].to_numpy(dtype=float)
    end = follow_up_ends(withdrawn, people["planned_end_days"].to_numpy(dtype=float))
    late = visited_after(month, end[person])
    place = np.searchsorted(months, month)
    there = ~late & (place < len(months))
    there[there] = months[place[there]] == month[there]
    utilities = np.full((len(people), len(months)), np.nan)
    utilities[person[there], place[there]] = value[there]
    gone = died(people).to_numpy()[:, None] & (months * DAYS_PER_MONTH >= withdrawn[:, None])
    utilities[gone & np.isnan(utilities)] = 0.0
    notes = []
    if n := int((late & ~np.isnan(value)).sum()):
        notes.append(
            f"{n} value(s) from after withdrawal or the planned end of follow-up are left out."
        )
    if gone.any():
        notes.append(
            f"{int(gone.any(axis=1).sum())} participant(s) died within the horizon: utility is 0 "
            "at visits after death, and falls to it along a straight line."
        )
    return utilities, notes


def _refuse_out_of_range(rows: pd.DataFrame, value: Floats, measure: str) -> None:
    with np.errstate(invalid="ignore"):
        bad = (value > 1.0) | (value < LOWEST_UTILITY) | np.isinf(value)
    if bad.any():
        raise DataError.of(
            f"{measure} outside {LOWEST_UTILITY:g} to 1: {value[bad][0]:g} is no utility",
            table="outcomes",
            column="value",
            row=int(rows.index[bad][0]),
            ids=list(dict.fromkeys(rows["participant_id"].to_numpy(dtype=object)[bad])),
            count=int(bad.sum()),
            what_to_do="correct them; a score of another kind has to be mapped to utilities first",
        )


def _refuse_twice(rows: pd.DataFrame, measure: str) -> None:
    """Two utilities of one visit: none of them is known to be the right one."""
    again = rows.duplicated(["participant_id", "month"]).to_numpy()
    if again.any():
        raise DataError.of(
            f"{measure} stands twice for one month",
            table="outcomes",
            column="month",
            row=int(rows.index[again][0]),
            ids=list(dict.fromkeys(rows["participant_id"].to_numpy(dtype=object)[again])),
            count=int(again.sum()),
            what_to_do="keep one value of each visit",
        )
