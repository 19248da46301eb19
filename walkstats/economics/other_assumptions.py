"""Does the conclusion hold under other assumptions? Scenarios, and one price at a time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from walkstats._arguments import check_level
from walkstats.economics.thresholds import acceptability_curve, check_thresholds, net_benefit
from walkstats.economics.value_shape import CostEffectiveness
from walkstats.results import Estimate, Estimates, Result


@dataclass(frozen=True, eq=False, kw_only=True)
class Scenarios(Result):
    """Comparisons of costs and effects under several assumptions.

    Attributes
    ----------
    costs, effects : Estimates
        Differences of each scenario; terms are the scenarios.
    net_benefits : Estimates
        At ``threshold``.
    probabilities : Estimates
        Of being worth the cost at ``threshold``.
    table : pandas.DataFrame
        One row per scenario: scenario, cost_difference, cost_low, cost_high, effect_difference,
        effect_low, effect_high, ratio, quadrant, verdict, net_benefit, net_benefit_low,
        net_benefit_high, probability, participants, handled (of missing values), perspective.
    threshold : float
    unit, currency : str
    arms : tuple of str
    level : float
    """

    costs: Estimates
    effects: Estimates
    net_benefits: Estimates
    probabilities: Estimates
    table: pd.DataFrame
    threshold: float
    unit: str
    currency: str
    arms: tuple[str, str]
    level: float

    def to_frame(self) -> pd.DataFrame:
        """A copy of ``table``."""
        return self.table


@dataclass(frozen=True, eq=False, kw_only=True)
class OneWay(Result):
    """Net benefit with one assumption at a time at its low and at its high value.

    Attributes
    ----------
    base : Estimate
        Net benefit at the base values.
    low, high : Estimates
        Net benefits at the low and the high value; terms are the assumptions.
    table : pandas.DataFrame
        One row per assumption, that which moves most first: assumption, low_value, high_value,
        low, high (net benefits), range, changes (whether the sign does).
    threshold : float
    unit, currency : str
    arms : tuple of str
    """

    base: Estimate
    low: Estimates
    high: Estimates
    table: pd.DataFrame
    threshold: float
    unit: str
    currency: str
    arms: tuple[str, str]

    def to_frame(self) -> pd.DataFrame:
        """A copy of ``table``."""
        return self.table


def scenarios(
    cases: Mapping[str, CostEffectiveness], *, threshold: float, level: float = 0.95
) -> Scenarios:
    """Lay comparisons under several assumptions side by side.

    Parameters
    ----------
    cases : mapping of name to CostEffectiveness
        The main one first, e.g. ``{"societal, imputed": ..., "health care": ..., "complete
        cases": ...}``; with one seed they differ by the assumption and not by chance.
    threshold : float
        What one more of the effect is worth [currency of the costs].
    level : float
        Confidence level of net benefits.

    Returns
    -------
    Scenarios

    Raises
    ------
    ValueError
        For no cases, and cases of other arms, effects or currencies.

    Notes
    -----
    What Rubin's rules give, where values were imputed, is in each case's ``regressions``: another
    way of telling uncertainty, not another assumption. Intervals of net benefits are percentiles.

    Examples
    --------
    >>> import pandas as pd
    >>> from walkstats import economics
    >>> people = pd.DataFrame({"participant_id": range(8), "arm": 4 * ["control"] + 4 * ["walking"],
    ...     "cost": [900, 150, 400, 0, 700, 650, 300, 350],
    ...     "qaly": [0.70, 0.72, 0.78, 0.80, 0.79, 0.83, 0.88, 0.86]})
    >>> dear = people.assign(cost=people["cost"] + 500 * (people["arm"] == "walking"))
    >>> cases = {name: economics.cost_effectiveness(costs, people, effect="qaly", replicates=200,
    ...                                             seed=1)
    ...          for name, costs in (("as paid", people), ("sessions dearer", dear))}
    >>> found = economics.scenarios(cases, threshold=28_000)
    >>> found.to_frame()["net_benefit"].round(1).tolist()
    [2382.5, 1882.5]
    """
    first = _alike(cases)
    own = check_level(level)
    check_thresholds(threshold)
    worth = {name: _net(ce, threshold, own) for name, ce in cases.items()}
    table = pd.DataFrame([_row(name, ce, worth[name], threshold) for name, ce in cases.items()])
    names = tuple(cases)
    common: dict[str, Any] = {
        "level": own, "method": f"{len(names)} scenarios. First: {first.method}",
        "notes": first.notes, "counts": first.counts, "source": first.source,
    }  # fmt: skip

    def increments(place: int, measure: str) -> Estimates:
        each = [ce.increments.estimate(ce.increments.terms[place]) for ce in cases.values()]
        return _stacked(names, each, {**common, "level": first.level, "measure": measure})

    money = f", {first.currency}" if first.currency else ""
    return Scenarios(
        costs=increments(0, f"difference in cost{money}"),
        effects=increments(1, f"difference in effect, {first.unit}"),
        net_benefits=_stacked(
            names, list(worth.values()), {**common, "measure": f"net benefit{money}"}
        ),
        probabilities=Estimates(
            names, table["probability"].to_numpy(dtype=float), np.full((len(names),) * 2, np.nan),
            null=None, measure=f"probability of being cost-effective at {threshold:,.0f}", **common,
        ),
        table=table,
        threshold=float(threshold),
        unit=first.unit,
        currency=first.currency,
        arms=first.arms,
        **common,
    )  # fmt: skip


def one_way(
    base: CostEffectiveness,
    varied: Mapping[str, tuple[CostEffectiveness, CostEffectiveness]],
    *,
    threshold: float,
    values: Mapping[str, tuple[float, float]] | None = None,
) -> OneWay:
    """How much does the net benefit move with one assumption at a time?

    Parameters
    ----------
    base : CostEffectiveness
        At the base values.
    varied : mapping of assumption to (CostEffectiveness, CostEffectiveness)
        At its low and at its high value, everything else as in `base`, the seed too.
    threshold : float
        What one more of the effect is worth [currency of the costs].
    values : mapping of assumption to (float, float), optional
        The low and high values themselves, to be shown.

    Returns
    -------
    OneWay
        Sorted by how far the net benefit moves, as a tornado diagram shows it.

    Raises
    ------
    ValueError
        For nothing varied, and comparisons of other arms, effects or currencies.

    Examples
    --------
    >>> import pandas as pd
    >>> from walkstats import economics
    >>> people = pd.DataFrame({"participant_id": range(8), "arm": 4 * ["control"] + 4 * ["walking"],
    ...     "cost": [900, 150, 400, 0, 700, 650, 300, 350],
    ...     "qaly": [0.70, 0.72, 0.78, 0.80, 0.79, 0.83, 0.88, 0.86]})
    >>> at = {price: economics.cost_effectiveness(people.assign(
    ...           cost=people["cost"] + price * (people["arm"] == "walking")), people,
    ...           effect="qaly", replicates=100, seed=1) for price in (0, 250, 500)}
    >>> found = economics.one_way(at[250], {"a session": (at[0], at[500])}, threshold=28_000)
    >>> found.to_frame()[["low", "high"]].round(1).to_numpy().tolist()
    [[2382.5, 1882.5]]
    """
    if not isinstance(varied, Mapping) or not varied:
        raise ValueError(
            "varied names assumptions: {'a session': (at its low, at its high value)}."
        )
    for name, pair in varied.items():
        if not isinstance(pair, (tuple, list)) or len(pair) != 2:
            raise ValueError(f"{name} needs two comparisons: at its low and at its high value.")
    _alike(
        {"base": base, **{f"{n} ({k})": ce for n, p in varied.items() for k, ce in enumerate(p)}}
    )
    check_thresholds(threshold)
    middle = _net(base, threshold, base.level)
    ends = {name: [_net(ce, threshold, base.level) for ce in pair] for name, pair in varied.items()}
    order = sorted(ends, key=lambda name: -abs(ends[name][1].estimate - ends[name][0].estimate))
    rows = []
    for name in order:
        low, high = (one.estimate for one in ends[name])
        told = (values or {}).get(name, (np.nan, np.nan))
        changes = len({np.sign(one) for one in (low, middle.estimate, high)}) > 1
        rows.append((name, *map(float, told), low, high, abs(high - low), changes))
    columns = ["assumption", "low_value", "high_value", "low", "high", "range", "changes"]
    common: dict[str, Any] = {
        "level": base.level, "notes": base.notes, "counts": base.counts, "source": base.source,
        "method": f"One-way analysis of the net benefit at {threshold:g}, one assumption at a time "
        f"at its low and its high value. Base: {base.method}",
    }  # fmt: skip
    shared = {name: value for name, value in common.items() if name != "level"}

    def at(end: int) -> Estimates:
        measure = f"net benefit with one assumption at its {('low', 'high')[end]} value"
        return _stacked(
            tuple(order), [ends[name][end] for name in order], {**common, "measure": measure}
        )

    return OneWay(
        base=middle,
        low=at(0),
        high=at(1),
        table=pd.DataFrame(rows, columns=columns),
        threshold=float(threshold),
        unit=base.unit,
        currency=base.currency,
        arms=base.arms,
        **shared,
    )


def _alike(cases: Mapping[str, CostEffectiveness]) -> CostEffectiveness:
    """The first of several comparisons that may stand side by side."""
    if not isinstance(cases, Mapping) or not cases:
        raise ValueError("cases names comparisons: {'societal': cost_effectiveness(...), ...}.")
    for name, ce in cases.items():
        if not isinstance(ce, CostEffectiveness):
            raise ValueError(f"{name} is a {type(ce).__name__}, not a CostEffectiveness.")
    head, first = next(iter(cases.items()))
    for name, ce in cases.items():
        for word in ("arms", "unit", "currency"):
            if getattr(ce, word) != getattr(first, word):
                raise ValueError(
                    f"{name} and {head} differ in {word}: {getattr(ce, word)!r} and "
                    f"{getattr(first, word)!r}. They do not stand side by side."
                )
    return first


def _net(ce: CostEffectiveness, threshold: float, level: float) -> Estimate:
    found = net_benefit(ce, float(threshold), level=level)
    assert isinstance(found, Estimate)
    return found


def _row(name: str, ce: CostEffectiveness, worth: Estimate, threshold: float) -> dict[str, Any]:
    cost, effect = (ce.increments.estimate(term) for term in ce.increments.terms)
    probability = acceptability_curve(ce, [threshold]).to_frame()["estimate"].item()
    return {
        "scenario": name,
        "cost_difference": cost.estimate,
        "cost_low": cost.conf_low,
        "cost_high": cost.conf_high,
        "effect_difference": effect.estimate,
        "effect_low": effect.conf_low,
        "effect_high": effect.conf_high,
        "ratio": ce.icer.estimate,
        "quadrant": ce.quadrant,
        "verdict": ce.verdict,
        "net_benefit": worth.estimate,
        "net_benefit_low": worth.conf_low,
        "net_benefit_high": worth.conf_high,
        "probability": probability,
        "participants": 0 if ce.counts is None else ce.counts.participants,
        "handled": ce.handled,
        "perspective": ce.perspective,
    }


def _stacked(names: tuple[str, ...], each: list[Estimate], common: Mapping[str, Any]) -> Estimates:
    """Estimates of different analyses as one; their covariances are not known."""
    variances = np.full((len(names), len(names)), np.nan)
    np.fill_diagonal(variances, [one.std_error**2 for one in each])
    return Estimates(
        terms=names,
        values=np.array([one.estimate for one in each]),
        covariance=variances,
        limits=np.array([[one.conf_low, one.conf_high] for one in each]),
        **common,
    )
