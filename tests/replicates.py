"""Does a rate over simulated trials keep to its reference, and would a wrong one be found out?

A bound is the reference +/- 3.29 Monte Carlo standard errors at the replicates used. 400 replicates
first; a cell that fails is run once more with 4,000 and another seed. A wrong variant has to fall
outside the bound on the first replicates.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

STAGES = ((400, 20240301), (4000, 20240302))
Replicate = Callable[[np.random.Generator], tuple[bool, bool]]
Rates = Callable[[int, int], tuple[float, float]]


def keeps(replicate: Replicate, low: float, high: float | None = None) -> None:
    """``replicate`` gives the decision and that of the wrong variant; ``high`` where the
    reference is a range."""

    def rates(times: int, seed: int) -> tuple[float, float]:
        rng = np.random.default_rng(seed)
        right, wrong = np.mean([replicate(rng) for _ in range(times)], axis=0)
        return right, wrong

    rates_keep(rates, low, high)


def rates_keep(rates: Rates, low: float, high: float | None = None) -> None:
    """The same of ``rates``: number of replicates and seed -> the rate and the wrong variant's."""
    high = low if high is None else high
    for stage, (times, seed) in enumerate(STAGES):
        right, wrong = rates(times, seed)
        if stage == 0:
            assert not _within(wrong, low, high, times), f"the wrong variant passes: {wrong}"
        if _within(right, low, high, times):
            return
    raise AssertionError(f"{right} is too far from {low} to {high}")


def _within(rate: float, low: float, high: float, times: int) -> bool:
    below, above = (3.29 * np.sqrt(p * (1 - p) / times) for p in (low, high))
    return bool(low - below <= rate <= high + above)
