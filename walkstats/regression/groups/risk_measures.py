"""What do counts of events say: differences, ratios, odds ratios, and their tests?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import special

from walkstats.errors import DataError
from walkstats.numerics.limits import chi2_p, normal_quantile
from walkstats.numerics.number_needed import number_needed_to_treat
from walkstats.numerics.share_limits import wilson_limits
from walkstats.regression.groups import across_strata as mh
from walkstats.regression.groups.associations import general_association, pearson, trend_of
from walkstats.regression.groups.exact_odds import ExactOdds, exact_odds
from walkstats.regression.groups.pairs import adjusted, compared, contrasts_of, named
from walkstats.regression.groups.risk_counts import RiskCounts
from walkstats.regression.groups.risk_limits import DIFFERENCES, RATIOS, woolf
from walkstats.results import Estimates, HypothesisTest

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Chosen:
    """The options of a comparison of risks."""

    difference: str
    ratio: str
    odds_ratio: str
    test: str
    scores: str | Sequence[float] | None
    pairs: str
    adjust: str
    level: float


@dataclass(frozen=True)
class Measured:
    """Two groups compared: estimates, standard errors and limits; ratios as logarithms.

    Each measure is (value, std_error, low, high).
    """

    difference: tuple[float, float, float, float]
    ratio: tuple[float, float, float, float]
    odds_ratio: tuple[float, float, float, float]
    exact: ExactOdds | None


def measure_risks(
    counts: RiskCounts, event: str, chosen: Chosen, common: dict[str, Any]
) -> dict[str, Any]:
    """All parts of a comparison of risks, by their names."""
    two = compared(counts.levels, chosen.pairs)
    terms = named(counts.by, counts.levels, two)
    found = [_measured(counts, own, other, chosen) for own, other in two]
    events, sizes = counts.events.sum(axis=0), counts.sizes.sum(axis=0)
    tests_of = [
        _test(counts, term, pair, one, chosen)
        for term, pair, one in zip(terms, two, found, strict=True)
    ]
    several, note = adjusted(
        {term: float(test["p_value"]) for term, test in zip(terms, tests_of, strict=True)},
        chosen.adjust,
    )
    needed = numbers_needed(terms, [one.difference for one in found])
    notes = (*common["notes"], *_said(counts, two, chosen), *said_of_needed(needed), note)
    common = {
        **common,
        "notes": tuple(dict.fromkeys(one for one in notes if one)),
        "method": _method(counts, event, chosen),
    }
    p_values = np.array([test["p_value"] for test in tests_of])
    return {
        "groups": counts.table(),
        "by_group": risks_by_group(counts.levels, events, sizes, chosen.level, common),
        **_packed_measures(counts, terms, found, p_values, chosen, common),
        "tests": {
            term: HypothesisTest(**test, **common)
            for term, test in zip(terms, tests_of, strict=True)
        },
        "numbers_needed": needed,
        "homogeneity": _homogeneity(counts, terms, two, common),
        "overall": _overall(counts, common),
        "trend": None if chosen.scores is None else trend_of(counts, chosen.scores, common),
        "adjusted_p": several,
        **common,
    }


MEASURES = {
    "difference": ("identity", "risk difference"),
    "ratio": ("log", "risk ratio"),
    "odds_ratio": ("log", "odds ratio"),
}


def _packed_measures(
    counts: RiskCounts,
    terms: tuple[str, ...],
    found: list[Measured],
    p_values: Floats,
    chosen: Chosen,
    common: dict[str, Any],
) -> dict[str, Estimates]:
    """All measures of all comparisons, with the covariance of those that share a group."""
    contrasts = contrasts_of(compared(counts.levels, chosen.pairs), len(counts.levels))
    shared = _shared_spread(counts.events.sum(axis=0), counts.sizes.sum(axis=0), contrasts)
    return {
        name: packed_measure(
            name,
            terms,
            [getattr(one, name) for one in found],
            p_values,
            chosen.level,
            common,
            None if counts.strata else shared[name],
        )
        for name in MEASURES
    }


def packed_measure(
    name: str,
    terms: tuple[str, ...],
    found: list[tuple[float, float, float, float]],
    p_values: Floats,
    level: float,
    common: dict[str, Any],
    shared: Floats | None = None,
) -> Estimates:
    """One measure of all comparisons, with the p-values of the test chosen."""
    link, measure = MEASURES[name]
    table = np.array(found, dtype=float).reshape(len(terms), 4)
    covariance = np.full((len(terms),) * 2, np.nan) if shared is None else shared.copy()
    np.fill_diagonal(covariance, table[:, 1] ** 2)
    signs = np.where(table[:, 0] < 0, -1.0, 1.0)
    return Estimates(
        terms, table[:, 0], covariance, link=link, level=level, limits=table[:, 2:],
        statistics=signs * -special.ndtri(p_values / 2.0), measure=measure, **common,
    )  # fmt: skip


def risks_by_group(
    levels: tuple[str, ...], events: Floats, sizes: Floats, level: float, common: dict[str, Any]
) -> Estimates:
    """The risk of each group with Wilson's limits."""
    risks = events / sizes
    limits = np.column_stack(wilson_limits(events, sizes, level))
    return Estimates(
        levels, risks, np.diag(risks * (1.0 - risks) / sizes), level=level, limits=limits,
        null=None, measure="risk", **common,
    )  # fmt: skip


def numbers_needed(
    terms: tuple[str, ...], differences: list[tuple[float, float, float, float]]
) -> pd.DataFrame:
    """Numbers to treat for one event fewer or more, from differences and their limits."""
    rows = []
    for term, (value, _, low, high) in zip(terms, differences, strict=True):
        one = number_needed_to_treat(value, low, high)
        effects = {"benefit": "one event fewer", "harm": "one event more", "none": "none"}
        rows.append(
            {
                "term": term,
                "estimate": one["estimate"],
                "effect": effects[str(one["direction"])],
                "fewer_low": one["benefit_low"],
                "fewer_high": one["benefit_high"],
                "more_low": one["harm_low"],
                "more_high": one["harm_high"],
            }
        )
    return pd.DataFrame(rows)


def said_of_needed(needed: pd.DataFrame) -> list[str]:
    """Spell out the intervals that run over infinity."""
    return [
        f"Number needed to treat, {row['term']}: the interval runs from {row['fewer_low']:.3g} for "
        f"one event fewer over infinity to {row['more_low']:.3g} for one event more."
        for row in needed.to_dict("records")
        if row["fewer_high"] == row["more_high"] == np.inf
    ]


def _shared_spread(events: Floats, sizes: Floats, contrasts: Floats) -> dict[str, Floats]:
    """Covariance (c, c) of comparisons that share a group, on the scale of each measure."""
    risks = events / sizes
    with np.errstate(divide="ignore"):
        spreads = {
            "difference": risks * (1.0 - risks) / sizes,
            "ratio": 1.0 / events - 1.0 / sizes,
            "odds_ratio": 1.0 / events + 1.0 / (sizes - events),
        }
    both = contrasts[:, None, :] * contrasts[None, :, :]
    with np.errstate(invalid="ignore"):
        return {
            name: np.where(both != 0, both * spread, 0.0).sum(axis=2)
            for name, spread in spreads.items()
        }


def _measured(counts: RiskCounts, own: int, other: int, chosen: Chosen) -> Measured:
    """Two groups, in the strata that have both."""
    (x1, n1), (x0, n0) = counts.of(own), counts.of(other)
    both = (n1 > 0) & (n0 > 0)
    tables = (x1[both], n1[both], x0[both], n0[both])
    if not both.any():
        raise DataError.of(
            f"no stratum of {counts.stratified_by} has people of {counts.levels[own]} and of "
            f"{counts.levels[other]}",
            column=counts.stratified_by,
            what_to_do="leave the strata out, or compare other groups",
        )
    exact = None
    if chosen.test == "fisher" or chosen.odds_ratio == "exact":
        exact = exact_odds(*tables, chosen.level, tested_only=chosen.odds_ratio != "exact")
    if counts.strata:
        difference, ratio, odds = _common_measures(tables, chosen.level)
    else:
        difference, ratio, odds = _plain_measures(
            float(x1[0]), float(n1[0]), float(x0[0]), float(n0[0]), chosen
        )
    if exact is not None and chosen.odds_ratio == "exact":
        odds = (*_log(exact.estimate, np.nan), *_log(exact.low, exact.high))
    return Measured(difference, ratio, odds, exact)


def _plain_measures(
    x1: float, n1: float, x0: float, n0: float, chosen: Chosen
) -> list[tuple[float, float, float, float]]:
    p1, p0 = x1 / n1, x0 / n0
    cells = np.array([x1, n1 - x1, x0, n0 - x0])
    with np.errstate(divide="ignore", invalid="ignore"):
        spread = np.sqrt(p1 * (1 - p1) / n1 + p0 * (1 - p0) / n0)
        log_ratio = np.log(np.float64(p1)) - np.log(np.float64(p0))
        log_odds = np.log(cells[0]) + np.log(cells[3]) - np.log(cells[1]) - np.log(cells[2])
        ratio_error = np.sqrt(1 / cells[0] - 1 / n1 + 1 / cells[2] - 1 / n0)
        odds_error = np.sqrt(np.sum(1.0 / cells))
    limits = (
        DIFFERENCES[chosen.difference].limits(x1, n1, x0, n0, chosen.level),
        _log(*RATIOS[chosen.ratio].limits(x1, n1, x0, n0, chosen.level)),
        _log(*woolf(x1, n1, x0, n0, chosen.level)),
    )
    # Where everybody has the event the formula gives 0, which is no certainty.
    ratio_error = ratio_error if ratio_error > 0 else np.nan
    values = ((p1 - p0, spread), (log_ratio, ratio_error), (log_odds, odds_error))
    return [
        (float(value), float(error), *limit)
        for (value, error), limit in zip(values, limits, strict=True)
    ]


def _common_measures(
    tables: tuple[Floats, Floats, Floats, Floats], level: float
) -> list[tuple[float, float, float, float]]:
    """Mantel and Haenszel's measures with normal limits."""
    found = []
    for pooled, on_log in (
        (mh.pooled_difference(*tables), False),
        (mh.pooled_ratio(*tables), True),
        (mh.pooled_odds_ratio(*tables), True),
    ):
        value = _log(pooled.estimate, 1.0)[0] if on_log else pooled.estimate
        half = normal_quantile(level) * pooled.std_error
        ends = (value - half, value + half) if np.isfinite(value) else (-np.inf, np.inf)
        found.append((value, pooled.std_error, *ends))
    return found


def _log(low: float, high: float) -> tuple[float, float]:
    with np.errstate(divide="ignore"):
        return float(np.log(np.float64(low))), float(np.log(np.float64(high)))


def _test(
    counts: RiskCounts, term: str, pair: tuple[int, int], one: Measured, chosen: Chosen
) -> dict[str, Any]:
    (x1, n1), (x0, n0) = counts.of(pair[0]), counts.of(pair[1])
    own, other = (counts.levels[k] for k in pair)
    over = f" in every stratum of {counts.stratified_by}" if counts.strata else ""
    said = {"null": f"The risks of {counts.by} = {own} and {counts.by} = {other} are equal{over}."}
    cells = {} if counts.strata else {"cells": (x1[0], n1[0], x0[0], n0[0])}
    if chosen.test == "fisher" and one.exact is not None:
        tails = {"p_less": one.exact.p_less, "p_greater": one.exact.p_greater, **cells}
        name = "Exact conditional test" if counts.strata else "Fisher's exact test"
        return {
            "name": f"{name} of {term}", **said, "statistic": one.exact.events, "df": np.nan,
            "p_value": one.exact.p_value, "parts": tails, "distribution": "exact",
        }  # fmt: skip
    corrected = chosen.test == "chi2-corrected"
    kind = "with continuity correction" if corrected else "without continuity correction"
    if counts.strata:
        both = (n1 > 0) & (n0 > 0)
        tested = mh.mantel_haenszel_test(
            x1[both], n1[both], x0[both], n0[both], corrected=corrected
        )
        statistic, df, name = tested.statistic, 1.0, "Cochran-Mantel-Haenszel test"
    else:
        table = np.array([[x1[0], n1[0] - x1[0]], [x0[0], n0[0] - x0[0]]])
        statistic, df = pearson(table, corrected=corrected)
        name = "Chi-squared test"
    return {
        "name": f"{name} of {term}, {kind}", **said, "statistic": statistic, "df": df,
        "p_value": float(chi2_p(statistic, df)), "parts": cells,
    }  # fmt: skip


def _homogeneity(
    counts: RiskCounts,
    terms: tuple[str, ...],
    two: list[tuple[int, int]],
    common: dict[str, Any],
) -> dict[str, HypothesisTest]:
    """Breslow and Day's test of each comparison, with Tarone's correction."""
    if not counts.strata:
        return {}
    found = {}
    for term, (own, other) in zip(terms, two, strict=True):
        (x1, n1), (x0, n0) = counts.of(own), counts.of(other)
        both = (n1 > 0) & (n0 > 0)
        tables = (x1[both], n1[both], x0[both], n0[both])
        odds = mh.pooled_odds_ratio(*tables).estimate
        tarone = mh.breslow_day(*tables, odds, tarone=True)
        plain = mh.breslow_day(*tables, odds, tarone=False)
        found[term] = HypothesisTest(
            f"Breslow-Day test of {term} with Tarone's correction",
            f"The odds ratio of {term} is the same in all strata of {counts.stratified_by}.",
            tarone.statistic, tarone.df, tarone.p_value,
            parts={"breslow_day": plain.statistic, "p_breslow_day": plain.p_value}, **common,
        )  # fmt: skip
    return found


def _overall(counts: RiskCounts, common: dict[str, Any]) -> HypothesisTest | None:
    """That no group differs: chi-squared, over strata the general association."""
    if len(counts.levels) < 3:
        return None
    tables = np.stack([counts.events, counts.sizes - counts.events], axis=2)
    statistic, df = general_association(tables) if counts.strata else pearson(tables[0])
    name = "Cochran-Mantel-Haenszel test" if counts.strata else "Chi-squared test"
    return HypothesisTest(
        f"{name} of {counts.by}", f"The risks of all groups of {counts.by} are equal.",
        statistic, df, float(chi2_p(statistic, df)), **common,
    )  # fmt: skip


def _method(counts: RiskCounts, event: str, chosen: Chosen) -> str:
    against = f"{counts.by} = {counts.levels[0]}" if chosen.pairs == "reference" else "each other"
    odds = "exact conditional limits" if chosen.odds_ratio == "exact" else "Woolf's limits"
    if counts.strata:
        kind = {"fisher": "the exact conditional test"}.get(
            chosen.test, "Cochran, Mantel and Haenszel's test"
        )
        own = odds if chosen.odds_ratio == "exact" else "Robins, Breslow and Greenland's"
        return (
            f"Risk of {event} compared with {against} within strata of {counts.stratified_by}: "
            "Mantel and Haenszel's difference (Sato's variance), ratio (Greenland and Robins') and "
            f"odds ratio ({own}), by {kind}."
        )
    kinds = {
        "fisher": "Fisher's exact test",
        "chi2": "the chi-squared test",
        "chi2-corrected": "the chi-squared test with continuity correction",
    }
    return (
        f"Risk of {event} compared with {against} by {kinds[chosen.test]}; limits: "
        f"{DIFFERENCES[chosen.difference].described} of the difference, "
        f"{RATIOS[chosen.ratio].described} of the ratio, {odds} of the odds ratio."
    )


def _other_limits(counts: RiskCounts, chosen: Chosen) -> str:
    """Which limits of ratios say nothing without events, and which can be asked for instead."""
    log = [] if counts.strata or chosen.ratio != "log" else ["ratio='score'"]
    log += ["odds_ratio='exact'"] if chosen.odds_ratio == "woolf" else []
    if not log and (chosen.ratio != "log" or not counts.strata):
        return ""
    instead = f"; {' and '.join(log)} {'do' if len(log) > 1 else 'does'}" if log else ""
    return f": log limits of its ratios say nothing{instead}"


def _said(counts: RiskCounts, two: list[tuple[int, int]], chosen: Chosen) -> list[str]:
    """Groups without events, or without anybody else; strata that say nothing."""
    notes = []
    events, sizes = counts.events.sum(axis=0), counts.sizes.sum(axis=0)
    for name, x, n in zip(counts.levels, events, sizes, strict=True):
        if x in (0, n):
            who = "has no event" if x == 0 else "has events only"
            notes.append(f"{counts.by} = {name} {who} (n={n:g}){_other_limits(counts, chosen)}.")
    if counts.strata:
        notes.append("Risks by group are over all strata together; what compares them is not.")
    for own, other in two if counts.strata else []:
        empty = int(np.sum((counts.sizes[:, own] == 0) | (counts.sizes[:, other] == 0)))
        if empty:
            notes.append(
                f"{empty} strata have nobody of {counts.levels[own]} or of {counts.levels[other]} "
                "and say nothing of their difference."
            )
    return notes
