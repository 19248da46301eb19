"""What was used, at what price, and what did it cost: item by item and category by category?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from walkstats._arguments import check_positive
from walkstats.economics.answered_periods import Periods, answered_periods, whole_months
from walkstats.economics.costing import Used, refuse_unusable, rows_that_count
from walkstats.economics.discounting import check_rate, year_factor
from walkstats.economics.frames import people_frame
from walkstats.economics.perspectives import CATEGORIES, Perspective, chosen_perspective
from walkstats.economics.prices import NO_ITEM, UnitCosts
from walkstats.trial import Trial

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

TOTAL = "total"


def resource_use(
    trial: Trial,
    *,
    perspective: str | Sequence[str] | Perspective = "societal",
    unit_costs: UnitCosts | None = None,
    horizon_days: float = 365.0,
    price_year: int | None = None,
    price_index: Mapping[int, float] | None = None,
    categories: Mapping[str, str] | None = None,
    answered_by: str | None = None,
) -> pd.DataFrame:
    """Say how much of each item was used, by how many participants of each arm.

    Parameters
    ----------
    trial : Trial
    perspective, unit_costs, horizon_days, price_year, price_index, categories, answered_by
        As in ``total_costs``.

    Returns
    -------
    pandas.DataFrame
        One row per item and arm: category, item, arm, randomised, known (participants of whom the
        whole horizon is known), using (participants with any), quantity (in all), mean_quantity and
        sd_quantity (per participant, of those known). ``attrs`` as ``total_costs``.

    Raises
    ------
    ValueError, DataError
        As ``total_costs``.

    Notes
    -----
    ``using`` and ``quantity`` count what was reported, also by people who did not answer for every
    period; means are those of participants of whom the whole horizon is known, so that they can be
    multiplied by unit costs.

    Examples
    --------
    >>> import walkstats as ws
    >>> used = resource_use(ws.load_sample("walkback-like"))
    >>> used.loc[used["category"] == "intervention", ["arm", "using", "quantity"]].values.tolist()
    [['control', 0, 0.0], ['walking', 351, 1660.0]]
    """
    known, used = _read(
        trial, perspective, unit_costs, horizon_days, price_year, price_index, categories,
        answered_by,
    )  # fmt: skip
    arm = people_frame(trial, ())["arm"]
    quantity = used.rows["quantity"].to_numpy(dtype=float)
    rows = []
    for (category, item), here in _items(used).items():
        whole = _known_of(known, CATEGORIES[category].asked)
        person = used.person[here]
        amount = np.bincount(person, quantity[here], minlength=len(arm)).astype(float)
        whole = whole & ~np.isnan(amount)
        any_of = np.bincount(person, quantity[here] > 0, minlength=len(arm)) > 0
        for label in trial.arms:
            members = (arm == label).to_numpy()
            of_known = amount[members & whole]
            reported = np.nansum(quantity[here][members[person]])
            rows.append(
                {
                    "category": category,
                    "item": item,
                    "arm": label,
                    "randomised": int(members.sum()),
                    "known": int((members & whole).sum()),
                    "using": int((members & any_of).sum()),
                    "quantity": float(reported),
                    "mean_quantity": _mean(of_known),
                    "sd_quantity": _spread(of_known),
                }
            )
    columns = [
        "category", "item", "arm", "randomised", "known", "using", "quantity", "mean_quantity",
        "sd_quantity",
    ]  # fmt: skip
    frame = pd.DataFrame(rows, columns=columns)
    return _described(frame, trial, used, horizon_days, "resource use by item and arm")


def unit_prices(
    trial: Trial,
    *,
    perspective: str | Sequence[str] | Perspective = "societal",
    unit_costs: UnitCosts | None = None,
    horizon_days: float = 365.0,
    price_year: int | None = None,
    price_index: Mapping[int, float] | None = None,
    categories: Mapping[str, str] | None = None,
    answered_by: str | None = None,
) -> pd.DataFrame:
    """List what one of each item costs, with the year of the prices and where they come from.

    Parameters
    ----------
    trial : Trial
    perspective, unit_costs, horizon_days, price_year, price_index, categories, answered_by
        As in ``total_costs``.

    Returns
    -------
    pandas.DataFrame
        One row per item used: category, item, unit_cost [currency] (the mean of the rows, where
        they differ), lowest, highest, price_year, currency, given_by ("trial" or "analyst").

    Raises
    ------
    ValueError, DataError
        As ``total_costs``.

    Examples
    --------
    >>> import walkstats as ws
    >>> prices = unit_prices(ws.load_sample("walkback-like"), unit_costs={"imaging": 200.0})
    >>> prices.loc[prices["item"] == "imaging", ["unit_cost", "given_by"]].values.tolist()
    [[200.0, 'analyst']]
    """
    _, used = _read(
        trial, perspective, unit_costs, horizon_days, price_year, price_index, categories,
        answered_by,
    )  # fmt: skip
    rows = []
    for (category, item), here in _items(used).items():
        price = used.prices.price[here]
        price = price[~np.isnan(price)]
        rows.append(
            {
                "category": category,
                "item": item,
                "unit_cost": float(price.mean()),
                "lowest": float(price.min()),
                "highest": float(price.max()),
                "price_year": used.prices.year,
                "currency": trial.currency,
                "given_by": "analyst" if used.prices.given[here].all() else "trial",
            }
        )
    columns = [
        "category", "item", "unit_cost", "lowest", "highest", "price_year", "currency", "given_by"
    ]  # fmt: skip
    frame = pd.DataFrame(rows, columns=columns).astype({"price_year": "Int64"})
    return _described(frame, trial, used, horizon_days, "unit costs")


def costs_by_category(
    trial: Trial,
    *,
    perspective: str | Sequence[str] | Perspective = "societal",
    unit_costs: UnitCosts | None = None,
    horizon_days: float = 365.0,
    discount_rate: float = 0.0,
    price_year: int | None = None,
    price_index: Mapping[int, float] | None = None,
    categories: Mapping[str, str] | None = None,
    answered_by: str | None = None,
) -> pd.DataFrame:
    """Summarise what participants cost, category by category and in all, by arm.

    Parameters
    ----------
    trial : Trial
    perspective, unit_costs, horizon_days, discount_rate, price_year, price_index, categories, \
answered_by
        As in ``total_costs``.

    Returns
    -------
    pandas.DataFrame
        One row per category (the last is "total") and arm: category, arm, randomised, known,
        with_costs (participants of those known), mean, sd, median, lower_quartile, upper_quartile,
        highest [currency], all of those known.

    Raises
    ------
    ValueError, DataError
        As ``total_costs``.

    Notes
    -----
    Only of those of whom the whole horizon is known, which may be others for the intervention
    (known of everybody) than for what participants were asked; categories then do not add up to
    the total exactly. Compare arms with ``cost_effectiveness``, which imputes what is missing.

    Examples
    --------
    >>> import walkstats as ws
    >>> found = costs_by_category(ws.load_sample("walkback-like"), perspective="payer")
    >>> found.loc[found["arm"] == "walking", "mean"].round(0).tolist()
    [449.0, 449.0]
    """
    rate = check_rate(discount_rate)
    known, used = _read(
        trial, perspective, unit_costs, horizon_days, price_year, price_index, categories,
        answered_by,
    )  # fmt: skip
    arm = people_frame(trial, ())["arm"]
    amounts = used.amounts * year_factor(used.rows["month"].to_numpy(dtype=float), rate)
    named = used.rows["category"].to_numpy(dtype=object)
    asked_about = [CATEGORIES[name].asked for name in chosen_perspective(perspective).counts]
    rows = []
    for category in [*dict.fromkeys(one for one, _ in _items(used)), TOTAL]:
        here = np.ones(len(named), dtype=bool) if category == TOTAL else named == category
        asked = any(asked_about) if category == TOTAL else CATEGORIES[category].asked
        cost = np.bincount(used.person[here], amounts[here], minlength=len(arm)).astype(float)
        whole = _known_of(known, asked) & ~np.isnan(cost)
        for label in trial.arms:
            members = (arm == label).to_numpy()
            rows.append(
                {"category": category, "arm": label, "randomised": int(members.sum())}
                | _summary(cost[members & whole])
            )
    frame = pd.DataFrame(rows)
    return _described(frame, trial, used, horizon_days, "costs by category and arm")


def _read(
    trial: Trial,
    perspective: str | Sequence[str] | Perspective,
    unit_costs: UnitCosts | None,
    horizon_days: float,
    price_year: int | None,
    price_index: Mapping[int, float] | None,
    categories: Mapping[str, str] | None,
    answered_by: str | None,
) -> tuple[Periods, Used]:
    refuse_unusable(trial.costs)
    chosen = chosen_perspective(perspective)
    horizon = whole_months(check_positive(horizon_days, "horizon_days", "days"))
    known = answered_periods(trial, horizon, None, answered_by)
    used = rows_that_count(trial, chosen, known, unit_costs, price_year, price_index, categories)
    return known, used


def _items(used: Used) -> dict[tuple[str, str], Bools]:
    """Category and item -> their rows, by category and then in the order of the table."""
    category = used.rows["category"].to_numpy(dtype=object)
    item = used.rows["item"].fillna(NO_ITEM).to_numpy(dtype=object)
    pairs = list(zip(category, item, strict=True))
    found = dict.fromkeys(pairs)
    order = {name: k for k, name in enumerate(CATEGORIES)}
    return {
        (one, other): np.array([pair == (one, other) for pair in pairs], dtype=bool)
        for one, other in sorted(found, key=lambda pair: order[pair[0]])
    }


def _known_of(known: Periods, asked: bool) -> Bools:
    """(n,) of whom the whole horizon is known; what the provider records is known of everybody."""
    return np.all(known.known, axis=1) if asked else np.ones(len(known.end), dtype=bool)


def _mean(values: Floats) -> float:
    return float(values.mean()) if len(values) else np.nan


def _spread(values: Floats) -> float:
    return float(values.std(ddof=1)) if len(values) > 1 else np.nan


def _summary(values: Floats) -> dict[str, float]:
    low, middle, high = np.percentile(values, [25, 50, 75]) if len(values) else [np.nan] * 3
    return {
        "known": len(values),
        "with_costs": int((values > 0).sum()),
        "mean": _mean(values),
        "sd": _spread(values),
        "median": float(middle),
        "lower_quartile": float(low),
        "upper_quartile": float(high),
        "highest": float(values.max()) if len(values) else np.nan,
    }


def _described(
    frame: pd.DataFrame, trial: Trial, used: Used, horizon_days: float, what: str
) -> pd.DataFrame:
    money = f"{trial.currency or 'currency not stated'} {used.prices.year or ''}".strip()
    frame.attrs = {
        "source": trial.source,
        "derived": f"{trial.name}: {what}",
        "currency": trial.currency,
        "price_year": used.prices.year,
        "horizon_days": float(horizon_days),
        "method": f"Of {horizon_days:g} days, in {money}.",
        "notes": (
            *used.prices.notes,
            *(f"{n} row(s) {reason} are left out." for reason, n in used.left_out.items()),
        ),
    }
    return frame
