"""What did each participant cost?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from walkstats._arguments import check_positive
from walkstats._follow_up import DAYS_PER_MONTH, visited_after
from walkstats._whose import places_among
from walkstats.economics.answered_periods import (
    RULES,
    Periods,
    answered_periods,
    whole_months,
)
from walkstats.economics.discounting import check_rate, year_factor
from walkstats.economics.frames import missing_by_arm, people_frame
from walkstats.economics.perspectives import (
    CATEGORIES,
    Perspective,
    chosen_perspective,
    named_categories,
)
from walkstats.economics.prices import Priced, UnitCosts, price_rows
from walkstats.errors import IDS_SHOWN, DataError, Problem
from walkstats.trial import Trial

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

AMOUNTS = ("quantity", "unit_cost")


@dataclass(frozen=True)
class Used:
    """Rows of resource use that count, within the horizon.

    Attributes
    ----------
    rows : pandas.DataFrame
        Of the table costs, with ``category`` as perspectives name it.
    person, period : (rows,) int arrays
        Places among the participants and the periods.
    asked : (rows,) bool array
        Whether participants were asked, rather than the provider.
    prices : Priced
    left_out : mapping of str to int
        Rows that do not count, by reason.
    """

    rows: pd.DataFrame
    person: Ints
    period: Ints
    asked: Bools
    prices: Priced
    left_out: dict[str, int]

    @property
    def amounts(self) -> Floats:
        """Quantity times price of each row; missing where either is."""
        return self.rows["quantity"].to_numpy(dtype=float) * self.prices.price


def total_costs(
    trial: Trial,
    *,
    perspective: str | Sequence[str] | Perspective,
    unit_costs: UnitCosts | None = None,
    horizon_days: float = 365.0,
    discount_rate: float = 0.0,
    price_year: int | None = None,
    price_index: Mapping[int, float] | None = None,
    categories: Mapping[str, str] | None = None,
    periods: Sequence[float] | None = None,
    answered_by: str | None = None,
    baseline: Sequence[str] = (),
) -> pd.DataFrame:
    """Add up what each randomised participant cost, missing where it is not known.

    Parameters
    ----------
    trial : Trial
    perspective : str, sequence of str or Perspective
        Whose costs count: a key of ``PERSPECTIVES`` ("societal", "health care", "health and social
        care", "payer", "employer"), or a list of ``CATEGORIES``.
    unit_costs : mapping of str to float, or pandas.DataFrame, optional
        Price of one of each item [currency], which replaces that of the table; a frame has columns
        item and unit_cost, and may have price_year.
    horizon_days : float
        Costs up to this day count; 365 days are 12 months, and up to a week more or less than a
        whole month is that month, since costs are told by month [days].
    discount_rate : float
        By which costs of the second year and later count less [share/year].
    price_year : int, optional
        Year of the prices; by default the trial's.
    price_index : mapping of int to float, optional
        Level of prices by year, to convert prices of other years. Without it they are refused.
    categories : mapping of str to str, optional
        The trial's own name of a category -> one of ``CATEGORIES``.
    periods : sequence of float, optional
        Months with which periods end; by default those of the visits [months].
    answered_by : {"check_ins", "outcomes", "everybody"}, optional
        What shows that somebody answered for a period: completed check-ins that cover it (where the
        trial has check-ins), any questionnaire of the visit at its end, or nothing (registers).
    baseline : sequence of str
        Further columns of participants to carry along.

    Returns
    -------
    pandas.DataFrame
        One row per randomised participant: participant_id, arm, the strata, ``cost`` [currency],
        and its parts: ``cost_intervention``, and ``cost_<month>`` for each period by its last
        month. ``attrs`` has total, parts ({column: weight}), currency, price_year, perspective,
        horizon_days, source, method and notes.

    Raises
    ------
    ValueError
        For an argument that cannot be used.
    DataError
        For a trial without costs, negative quantities and prices, rows of people who are not
        participants, rows without a month, categories that no perspective knows, items without a
        price, and prices of several years.

    Notes
    -----
    A cost is quantity times unit cost. Who answered for a period and reports nothing used nothing;
    who did not answer is missing there, and so is the total: a missing cost is never 0. A missing
    quantity or price of one row makes its period missing. What the provider records (the
    intervention) is known whatever participants answered. Nothing is used after death; what is used
    after withdrawal is missing. Rows of month m count for the period that ends in month m or later.

    Costs of year k are divided by (1 + rate)**(k - 1). Parts are discounted already, so that each
    has weight 1. A part may be constant in an arm, as the intervention is in the reference arm.

    References
    ----------
    .. [1] Ramsey SD, Willke RJ, Glick H, et al (2015). Cost-effectiveness analysis alongside
       clinical trials II: an ISPOR good research practices task force report. *Value Health*
       18:161-172. https://doi.org/10.1016/j.jval.2015.02.001

    Examples
    --------
    >>> import walkstats as ws
    >>> costs = ws.economics.total_costs(ws.load_sample("walkback-like"), perspective="societal")
    >>> len(costs), list(costs.attrs["parts"])
    (701, ['cost_intervention', 'cost_3', 'cost_6', 'cost_9', 'cost_12'])
    """
    refuse_unusable(trial.costs)
    chosen = chosen_perspective(perspective)
    horizon = whole_months(check_positive(horizon_days, "horizon_days", "days"))
    rate = check_rate(discount_rate)
    known = answered_periods(trial, horizon, periods, answered_by)
    used = rows_that_count(trial, chosen, known, unit_costs, price_year, price_index, categories)
    frame = people_frame(trial, baseline)
    parts = _parts(used, known, rate, chosen, len(frame))
    frame.insert(2 + len(trial.strata), "cost", np.sum(list(parts.values()), axis=0))
    for place, (name, values) in enumerate(parts.items()):
        frame.insert(3 + len(trial.strata) + place, name, values)
    frame.attrs = {
        "source": trial.source,
        "derived": f"{trial.name}: costs per participant",
        "total": "cost",
        "parts": dict.fromkeys(parts, 1.0),
        "unit": trial.currency,
        "currency": trial.currency,
        "price_year": used.prices.year,
        "perspective": chosen.name,
        "categories": chosen.counts,
        "horizon_days": float(horizon_days),
        "discount_rate": rate,
        "method": _method(chosen, horizon_days, rate, known, trial, used),
        "notes": (
            *frame.attrs["notes"],
            *missing_by_arm(frame, "cost", trial.arms),
            *used.prices.notes,
            *_said(used, known, trial),
        ),
    }
    return frame


def rows_that_count(
    trial: Trial,
    perspective: Perspective,
    known: Periods,
    unit_costs: UnitCosts | None,
    price_year: int | None,
    price_index: Mapping[int, float] | None,
    categories: Mapping[str, str] | None,
) -> Used:
    """The rows of resource use within perspective, horizon and follow-up, with their prices.

    Raises
    ------
    DataError
        As ``total_costs``.
    """
    table = trial.costs
    person = places_among(trial.people.index, table, "costs")
    names = named_categories(table, categories)
    month = table["month"].to_numpy(dtype=float)
    asked = np.array([CATEGORIES[name].asked for name in names], dtype=bool)
    left_out: dict[str, int] = {}
    keep = np.isin(names, perspective.counts)
    left_out["of categories that the perspective does not count"] = int((~keep).sum())
    for reason, out in (
        ("later than the horizon", month > known.ends[-1] + 1e-9),
        ("of month 0, before randomisation", asked & (month <= 0)),
        ("after death", month - 1.0 >= known.dead[person] / DAYS_PER_MONTH),
        (
            "after the end of the participant's follow-up",
            asked & visited_after(month, known.end[person]),
        ),
    ):
        left_out[reason] = int((keep & out).sum())
        keep &= ~out
    rows = table[keep].assign(category=names[keep]).reset_index(drop=True)
    return Used(
        rows,
        person[keep],
        np.searchsorted(known.ends + 1e-9, month[keep], side="left").astype(np.int64),
        asked[keep],
        price_rows(trial, rows, unit_costs, price_year, price_index),
        {reason: n for reason, n in left_out.items() if n},
    )


def refuse_unusable(table: pd.DataFrame) -> None:
    """Refuse a trial without costs, and rows of which no sum can be made."""
    if not len(table):
        raise DataError.of(
            "the trial has no costs: nobody can be said to have cost nothing",
            table="costs",
            what_to_do="add the table costs, one row per item of resource use",
        )
    ids = table["participant_id"].to_numpy(dtype=object)
    numbers = {name: table[name].to_numpy(dtype=float) for name in (*AMOUNTS, "month")}
    bad = {
        "month": ("rows without a month: it is not known whether they lie within the horizon",
                  np.isnan(numbers["month"]), "enter the month, or remove the rows"),
    } | {
        name: (f"{name} below 0 or infinite", (numbers[name] < 0) | np.isinf(numbers[name]),
               "correct it; a refund belongs in a column of its own, taken off beforehand")
        for name in AMOUNTS
    }  # fmt: skip
    found = [
        Problem(
            what,
            mend,
            "costs",
            column,
            int(np.argmax(rows)),
            tuple(str(one) for one in dict.fromkeys(ids[rows]))[:IDS_SHOWN],
            int(rows.sum()),
        )
        for column, (what, rows, mend) in bad.items()
        if rows.any()
    ]
    if found:
        raise DataError(found)


def _parts(
    used: Used, known: Periods, rate: float, perspective: Perspective, n: int
) -> dict[str, Floats]:
    """(n,) discounted costs of the intervention and of each period."""
    amounts = used.amounts * year_factor(used.rows["month"].to_numpy(dtype=float), rate)
    parts: dict[str, Floats] = {}
    if any(not CATEGORIES[name].asked for name in perspective.counts):
        told = ~used.asked
        parts["cost_intervention"] = sums(used.person[told], amounts[told], n)
    if any(CATEGORIES[name].asked for name in perspective.counts):
        for k, end in enumerate(known.ends):
            here = used.asked & (used.period == k)
            total = sums(used.person[here], amounts[here], n)
            parts[f"cost_{end:g}"] = np.where(known.known[:, k], total, np.nan)
    return parts


def sums(person: Ints, amounts: Floats, n: int) -> Floats:
    """(n,) sum of each person's amounts, 0 without any and missing with a missing one."""
    return np.bincount(person, weights=amounts, minlength=n).astype(float)


def _method(
    perspective: Perspective,
    horizon_days: float,
    rate: float,
    known: Periods,
    trial: Trial,
    used: Used,
) -> str:
    money = f"{trial.currency or 'currency not stated'} {used.prices.year or ''}".strip()
    discounted = f", discounted by {100 * rate:g} % a year" if rate else ""
    return (
        f"Costs per participant over {horizon_days:g} days from the {perspective.name} "
        f"perspective, quantity times unit cost ({money}){discounted}; a period without rows "
        f"counts as 0 where {RULES[known.rule]}, and is missing otherwise."
    )


def _said(used: Used, known: Periods, trial: Trial) -> list[str]:
    notes = [f"{n} row(s) {reason} are left out." for reason, n in used.left_out.items()]
    blank = np.isnan(used.amounts)
    if blank.any():
        people = len(np.unique(used.person[blank]))
        notes.append(
            f"{int(blank.sum())} row(s) of {people} participant(s) have no quantity or price: "
            "their period is missing, not 0."
        )
    partly = used.asked & ~known.known[used.person, used.period]
    if partly.any():
        notes.append(
            f"{int(partly.sum())} row(s) lie in periods that were not answered as a whole; these "
            "stay missing."
        )
    none = len(known.end) - len(np.unique(used.person))
    if none:
        notes.append(
            f"{none} of {len(known.end)} participants have no rows of costs; all are kept."
        )
    notes += _arms_without_rows(used, trial)
    deaths = int((known.dead < known.ends[-1] * DAYS_PER_MONTH).sum())
    if deaths:
        notes.append(f"{deaths} participant(s) died within the horizon: no costs after death.")
    return notes


def _arms_without_rows(used: Used, trial: Trial) -> list[str]:
    """Arms in which nobody used anything that participants are asked about, while others did."""
    if not used.asked.any():
        return []
    users = set(trial.participants["arm"].to_numpy(dtype=object)[used.person[used.asked]])
    return [
        f"Nobody in {arm} has a row of what participants were asked about, so that it counts as 0 "
        "wherever they answered: check that the table holds this arm."
        for arm in trial.arms
        if arm not in users
    ]
