"""How does a plan ask whether an economic conclusion holds under other assumptions?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from walkstats.economics import OneWay, Scenarios, cost_effectiveness, one_way, scenarios

Adjust = str | Sequence[str] | Mapping[str, Sequence[str]]


def compare_scenarios(
    costs: pd.DataFrame,
    *,
    effects: pd.DataFrame,
    threshold: float,
    others: Mapping[str, pd.DataFrame] | None = None,
    adjust: Adjust = (),
    replicates: int,
    imputations: int = 20,
    seed: int,
    level: float = 0.95,
) -> Scenarios:
    """Compare costs and effects as planned, in complete cases, and with other costs.

    Parameters
    ----------
    costs, effects : pandas.DataFrame
        As of ``economics.cost_effectiveness``.
    threshold : float
        What one more of the effect is worth.
    others : mapping of name to pandas.DataFrame, optional
        Costs under another perspective, discount rate or price.
    adjust, replicates, imputations, seed, level
        As of ``economics.cost_effectiveness``; the same for all.

    Returns
    -------
    Scenarios
    """
    shared: dict[str, Any] = {
        "adjust": adjust, "replicates": replicates, "imputations": imputations, "seed": seed,
        "level": level,
    }  # fmt: skip
    main = cost_effectiveness(costs, effects, **shared)
    name = main.perspective or "main analysis"
    cases = {name: main}
    if main.handled == "imputed":
        cases[f"{name}, complete cases"] = cost_effectiveness(
            costs, effects, missing="complete-cases", **shared
        )
    for other, frame in (others or {}).items():
        cases[other] = cost_effectiveness(frame, effects, **shared)
    return scenarios(cases, threshold=threshold, level=level)


def vary_prices(
    costs: pd.DataFrame,
    *,
    effects: pd.DataFrame,
    threshold: float,
    low: Mapping[str, pd.DataFrame],
    high: Mapping[str, pd.DataFrame],
    values: Mapping[str, Sequence[float]] | None = None,
    adjust: Adjust = (),
    missing: str = "complete-cases",
    replicates: int,
    seed: int,
) -> OneWay:
    """Compare costs and effects with one price at a time at its low and its high value.

    Parameters
    ----------
    costs, effects : pandas.DataFrame
        As of ``economics.cost_effectiveness``, at the base values.
    threshold : float
        What one more of the effect is worth.
    low, high : mapping of assumption to pandas.DataFrame
        Costs with one assumption changed; the same names in both.
    values : mapping of assumption to (float, float), optional
        The low and high values, to be shown.
    adjust, missing, replicates, seed
        As of ``economics.cost_effectiveness``.

    Returns
    -------
    OneWay

    Raises
    ------
    ValueError
        For assumptions with one value only.
    """
    if set(low) != set(high):
        alone = ", ".join(sorted(set(low) ^ set(high)))
        raise ValueError(f"low and high must name the same assumptions; in one only: {alone}.")
    shared: dict[str, Any] = {
        "adjust": adjust, "missing": missing, "replicates": replicates, "seed": seed,
    }  # fmt: skip
    base = cost_effectiveness(costs, effects, **shared)
    varied = {
        name: (
            cost_effectiveness(low[name], effects, **shared),
            cost_effectiveness(high[name], effects, **shared),
        )
        for name in low
    }
    ends = {name: (float(pair[0]), float(pair[1])) for name, pair in (values or {}).items()}
    return one_way(base, varied, threshold=threshold, values=ends)
