"""How likely is it that just these of the people at risk have the event together?

Cox's discrete partial likelihood, R's ``ties = "exact"``: at a time with d events among the people
at risk the contribution is the product of the r of the events over the sum of such products over
all sets of d people at risk.

The sum e_d is an elementary symmetric polynomial. Adding a person with r and covariates x turns
e_d into e_d + r e_(d-1): with probability p = r e_(d-1) / (e_d + r e_(d-1)) a random set of d holds
the new person. Mean and covariance of the covariate total of such a set are therefore mixtures,
so nothing overflows or cancels, whatever the size of the risk set.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from walkstats.survival.risk_set_sums import SortedCovariates

Floats = NDArray[np.float64]
Indices = NDArray[np.intp]


def evaluate(eta: Floats, model: SortedCovariates) -> tuple[float, Floats, Floats]:
    """Evaluate the discrete log partial likelihood.

    Parameters
    ----------
    eta : (n,)
        Linear predictor in sorted order.
    model : SortedCovariates
        Without case weights; frequencies are copies of a row.

    Returns
    -------
    log_likelihood, score (k,), information (k, k)

    References
    ----------
    Gail MH, Lubin JH, Rubinstein LV. Likelihood calculations for matched case-control studies and
    survival studies with tied death times. Biometrika 1981;68:703-707.
    https://doi.org/10.1093/biomet/68.3.703
    """
    log_likelihood = float(model.event_mass @ eta)
    score = model.columns @ model.event_mass
    information = np.zeros((len(score), len(score)))
    for rows, reads in _chains(model):
        sets = _RandomSets(int(max(reads.values())), len(score))
        for position, row in enumerate(rows):
            sets.add(eta[row], model.columns[:, row])
            if position in reads:
                d = int(reads[position])
                log_likelihood -= sets.log_sum[d]
                score = score - sets.mean[d]
                information += sets.covariance[d]
    return log_likelihood, score, information


def _chains(model: SortedCovariates) -> list[tuple[Indices, dict[int, int]]]:
    """Rows in the order to add them, and at which position to read the sets of which size.

    Without entry times the risk sets of a stratum are nested, latest first, and share one pass;
    with entry times each event time has a pass of its own.
    """
    sets = model.risk_sets
    order = sets.order
    copies = (model.mass > 0).astype(np.int64)
    if sets.frequencies is not None:
        copies = copies * sets.frequencies[order]
    ends = sets.bounds[sets.stratum_bounds[1:]][sets.stratum_of_time]
    chains: list[tuple[Indices, dict[int, int]]] = []
    by_end: dict[int, list[Any]] = {}
    for j, d in zip(model.event_times, model.count, strict=True):
        begin, end = int(sets.bounds[j]), int(ends[j])
        if model.first is None:
            by_end.setdefault(end, []).append((begin, int(d)))
            continue
        rows = np.arange(begin, end)
        rows = np.repeat(rows, copies[rows] * (model.first[rows] <= j))
        chains.append((rows, {rows.size - 1: int(d)}))
    for end, times in by_end.items():
        begin = times[0][0]
        rows = np.arange(end - 1, begin - 1, -1)
        added = np.cumsum(copies[rows])
        reads = {int(added[end - 1 - first]) - 1: d for first, d in times}
        chains.append((np.repeat(rows, copies[rows]), reads))
    return chains


class _RandomSets:
    """Sets of 0 ... d people, drawn with probability proportional to the product of their r.

    log_sum (d + 1,) is log e; mean (d + 1, k) and covariance (d + 1, k, k) are those of the sum
    of the covariates of a set.
    """

    def __init__(self, d: int, k: int) -> None:
        self.log_sum = np.full(d + 1, -np.inf)
        self.log_sum[0] = 0.0
        self.mean = np.zeros((d + 1, k))
        self.covariance = np.zeros((d + 1, k, k))
        self.people = 0

    def add(self, eta: float, x: Floats) -> None:
        """Add one person with linear predictor eta and covariates x (k,)."""
        self.people += 1
        top = min(self.people, self.log_sum.size - 1)
        with_person = self.log_sum[:top] + eta
        log_sum = np.logaddexp(self.log_sum[1 : top + 1], with_person)
        p = np.exp(with_person - log_sum)[:, np.newaxis]
        mean, before = self.mean[1 : top + 1], self.mean[:top] + x
        apart = before - mean
        spread, spread_before = self.covariance[1 : top + 1], self.covariance[:top]
        q = p[:, :, np.newaxis]
        self.covariance[1 : top + 1] = (
            spread
            + q * (spread_before - spread)
            + (q - q * q) * apart[:, :, np.newaxis] * apart[:, np.newaxis, :]
        )
        self.mean[1 : top + 1] = mean + p * apart
        self.log_sum[1 : top + 1] = log_sum
