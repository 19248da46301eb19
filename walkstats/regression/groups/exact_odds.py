"""Which odds ratios agree with tables of which the margins are known? Fisher's exact test.

In a table with ``n1`` and ``n0`` people and ``m`` events in all, the number of events in the first
group has a distribution that depends on the odds ratio only. Over strata with a common odds ratio
the sum of these numbers does.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import special

from walkstats.numerics.exact_binomial import as_rare

Floats = NDArray[np.float64]

MOST_LOG_ODDS = 100.0  # a common odds ratio of e^100 is infinite to any reader


@dataclass(frozen=True)
class ExactOdds:
    """An exact test of a common odds ratio of 1, its estimate and its limits."""

    events: float
    p_value: float
    p_less: float
    p_greater: float
    estimate: float
    low: float
    high: float


def exact_odds(
    x1: Floats, n1: Floats, x0: Floats, n0: Floats, level: float, *, tested_only: bool = False
) -> ExactOdds:
    """Condition on the margins of one table, or of several (s,).

    The estimate is the conditional maximum likelihood one; limits are those of two one-sided exact
    tests (Cornfield), and the two-sided p-value sums what is no likelier than the observed table,
    as R's ``fisher.test`` and ``mantelhaen.test(exact = TRUE)`` do. With ``tested_only`` the
    estimate and its limits, which take longer, are missing.
    """
    counts, log_weights = _distribution(x1, n1, x0, n0)
    observed = round(float(np.sum(x1)))
    place = observed - counts[0]
    chances = np.exp(log_weights)
    tail = (1.0 - level) / 2.0
    low, high = (np.nan, np.nan) if tested_only else (0.0, np.inf)
    estimate = np.nan
    if counts.size > 1 and not tested_only:
        estimate = _estimate(counts, log_weights, observed)
        if observed > counts[0]:
            low = _solved(lambda t: _upper_tail(counts, log_weights, t, place) - tail)
        if observed < counts[-1]:
            high = _solved(lambda t: tail - _lower_tail(counts, log_weights, t, place))
    return ExactOdds(
        float(observed),
        as_rare(chances, chances[place]),
        min(1.0, float(chances[: place + 1].sum())),
        min(1.0, float(chances[place:].sum())),
        estimate,
        low,
        high,
    )


def _distribution(
    x1: Floats, n1: Floats, x0: Floats, n0: Floats
) -> tuple[NDArray[np.intp], Floats]:
    """Possible sums of events in the first group, and their log chances at an odds ratio of 1."""
    start, chances = 0, np.array([1.0])
    for own, size, other, others in zip(x1, n1, x0, n0, strict=True):
        events = own + other
        low, high = int(max(0, events - others)), int(min(size, events))
        k = np.arange(low, high + 1)
        log_ways = _log_choose(size, k) + _log_choose(others, events - k)
        chances = np.convolve(chances, np.exp(log_ways - special.logsumexp(log_ways)))
        start += low
    with np.errstate(divide="ignore"):
        logs = np.log(chances / chances.sum())
    return np.arange(start, start + chances.size), logs


def _log_choose(n: float, k: NDArray[np.intp]) -> Floats:
    found: Floats = -special.betaln(k + 1.0, n - k + 1.0) - np.log(n + 1.0)
    return found


def _tilted(counts: NDArray[np.intp], log_weights: Floats, log_odds: float) -> Floats:
    logs = log_weights + (counts - counts[0]) * log_odds
    return np.exp(logs - special.logsumexp(logs))


def _upper_tail(
    counts: NDArray[np.intp], log_weights: Floats, log_odds: float, place: int
) -> float:
    return float(_tilted(counts, log_weights, log_odds)[place:].sum())


def _lower_tail(
    counts: NDArray[np.intp], log_weights: Floats, log_odds: float, place: int
) -> float:
    return float(_tilted(counts, log_weights, log_odds)[: place + 1].sum())


def _estimate(counts: NDArray[np.intp], log_weights: Floats, observed: int) -> float:
    """Odds ratio at which the expected number of events is the observed one."""
    if observed == counts[0]:
        return 0.0
    if observed == counts[-1]:
        return np.inf
    return _solved(lambda t: float(counts @ _tilted(counts, log_weights, t)) - observed)


def _solved(rises: Callable[[float], float]) -> float:
    """The odds ratio at which a function of its logarithm that rises passes 0."""
    from scipy.optimize import brentq

    root = brentq(rises, -MOST_LOG_ODDS, MOST_LOG_ODDS, xtol=1e-14, rtol=1e-14)
    return float(np.exp(root))
