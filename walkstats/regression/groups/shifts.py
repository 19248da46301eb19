"""By how much are groups shifted against each other, as their ranks tell?"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import special

from walkstats.numerics.limits import chi2_p
from walkstats.regression.groups.pairs import Question
from walkstats.regression.groups.ranks import RankTest, kruskal_wallis, rank_sum, signed_rank
from walkstats.results import Estimates, HypothesisTest

Floats = NDArray[np.float64]

# Values closer than this share of their range differ by rounding only, and tie.
SAME = 1e-9


def shifts(
    groups: list[Floats], asked: Question, exact: bool | None, common: dict[str, Any]
) -> tuple[Estimates, dict[str, HypothesisTest], tuple[str, ...]]:
    """Rank sum tests of two groups each, their shifts, and what a reader must know."""
    merged = _merged(groups)
    found = [
        rank_sum(merged[own], merged[other], asked.level, exact) for own, other in asked.chosen
    ]
    return _pack(found, "rank sum", asked, common)


def paired_shift(
    second: Floats, first: Floats, asked: Question, exact: bool | None, common: dict[str, Any]
) -> tuple[Estimates, dict[str, HypothesisTest], tuple[str, ...]]:
    """The signed rank test of the differences within pairs."""
    changes = second - first
    span = float(np.ptp(np.concatenate([first, second])))
    changes = np.where(np.abs(changes) <= SAME * span, 0.0, changes)
    found = signed_rank(_merged_sizes(changes, span), asked.level, exact)
    return _pack([found], "signed rank", asked, common)


def same_ranks(groups: list[Floats], by: str, common: dict[str, Any]) -> HypothesisTest:
    """Kruskal and Wallis's test that no group tends to larger values."""
    statistic, df = kruskal_wallis(_merged(groups))
    return HypothesisTest(
        f"Kruskal-Wallis test of {by}", f"No group of {by} tends to larger values than another.",
        statistic, float(df), float(chi2_p(statistic, df)), **common,
    )  # fmt: skip


def _merged(groups: list[Floats]) -> list[Floats]:
    """Values that differ by rounding only made equal."""
    values = np.concatenate(groups)
    merged = _levelled(values, float(np.ptp(values)))
    return np.split(merged, np.cumsum([one.size for one in groups])[:-1])


def _merged_sizes(changes: Floats, span: float) -> Floats:
    """Differences whose sizes differ by rounding only made equal in size."""
    return np.sign(changes) * _levelled(np.abs(changes), span)


def _levelled(values: Floats, span: float) -> Floats:
    order = np.argsort(values, kind="stable")
    ordered = values[order]
    new = np.concatenate([[True], np.diff(ordered) > SAME * span])
    out = np.empty_like(values)
    out[order] = ordered[new][np.cumsum(new) - 1]
    return out


def _pack(
    found: list[RankTest], kind: str, asked: Question, common: dict[str, Any]
) -> tuple[Estimates, dict[str, HypothesisTest], tuple[str, ...]]:
    terms = asked.terms
    notes = [
        note
        for term, one in zip(terms, found, strict=True)
        for note in _said(term, one, asked.level)
    ]
    common = {**common, "notes": (*common["notes"], *notes)}
    values = np.array([one.estimate for one in found])
    sided = np.array([1.0 if one.statistic >= one.of / 2.0 else -1.0 for one in found])
    p_values = np.array([one.p_value for one in found])
    tests = {
        term: HypothesisTest(
            f"Wilcoxon {kind} test of {term}",
            "Neither group tends to larger values."
            if kind == "rank sum"
            else "Differences are as often and as far above as below zero.",
            one.statistic,
            np.inf,
            one.p_value,
            parts={
                "p_less": one.p_less,
                "p_greater": one.p_greater,
                "share_larger": one.statistic / one.of if one.of else np.nan,
            },
            distribution="exact" if one.exact else "normal",
            **common,
        )
        for term, one in zip(terms, found, strict=True)
    }
    estimates = Estimates(
        terms, values, np.full((len(terms),) * 2, np.nan), level=asked.level,
        limits=np.array([(one.low, one.high) for one in found]),
        statistics=sided * -special.ndtri(p_values / 2.0),
        measure=f"shift in {asked.what} (Hodges and Lehmann)", **common,
    )  # fmt: skip
    return estimates, tests, tuple(notes)


def _said(term: str, one: RankTest, level: float) -> list[str]:
    """How a test was taken, and what its groups are too small for."""
    way = "exact" if one.exact else "normal approximation with continuity correction"
    notes = [f"{term}: {way}{', ties corrected for' if one.tied and not one.exact else ''}."]
    if one.exact and not one.exact_limits:
        notes = [f"{term}: exact given the ties; limits by the normal approximation."]
    if one.zeros:
        notes.append(f"{term}: {one.zeros} differences of zero are left out.")
    if one.reached < level - SAME:
        notes.append(
            f"{term}: so few values reach {100 * one.reached:.3g} % confidence at most, with the "
            "smallest and the largest difference as limits."
        )
    return notes
