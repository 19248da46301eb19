"""How far are the events of each group from what equal hazards would bring?

Kernels of the log-rank family, arrays in and arrays out. Arrays (g, q) run over g groups and q
times.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from walkstats.numerics.quadratic_forms import quadratic_form
from walkstats.survival.risk_tables import RiskTable

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Weighting:
    """Weights of the event times.

    Attributes
    ----------
    described : str
        As a methods section says it.
    weights : callable
        ``weights(n, d) -> (q,)`` from the numbers at risk and of events at each time.
    """

    described: str
    weights: Callable[[Floats, Floats], Floats]


def fleming_harrington(rho: float, gamma: float) -> Weighting:
    """S(t-)**rho (1 - S(t-))**gamma with the pooled Kaplan-Meier curve just before t."""

    def weights(n: Floats, d: Floats) -> Floats:
        if rho == 0 and gamma == 0:
            return np.ones(n.size)
        after = np.cumprod(1.0 - d / n)
        before = np.concatenate([[1.0], after[:-1]])
        return np.asarray(before**rho * (1.0 - before) ** gamma)

    if rho == 0 and gamma == 0:
        return Weighting("", weights)
    return Weighting(f"Fleming-Harrington weights, rho {rho:g} and gamma {gamma:g}", weights)


def _peto_peto(n: Floats, d: Floats) -> Floats:
    return np.cumprod(1.0 - d / (n + 1.0), dtype=np.float64)


WEIGHTINGS = {
    "gehan": Weighting("Gehan-Breslow weights, the number at risk", lambda n, d: n),
    "tarone-ware": Weighting(
        "Tarone-Ware weights, the root of the number at risk", lambda n, d: np.sqrt(n)
    ),
    "peto-peto": Weighting("Peto-Peto weights", _peto_peto),
    "modified-peto-peto": Weighting(
        "modified Peto-Peto weights", lambda n, d: _peto_peto(n, d) * n / (n + 1.0)
    ),
}


@dataclass(frozen=True, eq=False)
class Score:
    """Weighted events of each of g groups against their expectation in one stratum.

    Attributes
    ----------
    observed, expected : (g,) sums over event times of weight times events, and of their expectation
    covariance : (g, g) hypergeometric, of observed minus expected
    """

    observed: Floats
    expected: Floats
    covariance: Floats


def group_scores(table: RiskTable, weighting: Weighting) -> Score:
    """Observed, expected and their covariance over the event times of one table."""
    n, d = _all_groups(table)
    w = weighting.weights(n, d)
    hazard = w * d / n
    # One person at risk: no variance, and no 0 / 0.
    spread = w * hazard * (n - d) / (np.maximum(n - 1.0, 1.0) * n)
    at_risk = table.n_risk
    return Score(table.n_event @ w, at_risk @ hazard, _membership(at_risk, n, spread))


def information(table: RiskTable) -> Floats:
    """(g, g) how fast observed minus expected falls with the log hazard ratios, at no difference.

    Breslow's; without ties it is the hypergeometric covariance. Unlike that it doubles when every
    row is there twice, so it goes with weights and clusters too.
    """
    n, d = _all_groups(table)
    return _membership(table.n_risk, n, d / n**2)


def _membership(at_risk: Floats, n: Floats, spread: Floats) -> Floats:
    """(g, g) sum over times of the spread of group membership among n at risk."""
    covariance = -(at_risk * spread) @ at_risk.T
    covariance.flat[:: len(covariance) + 1] += at_risk @ (spread * n)
    return covariance


def _all_groups(table: RiskTable) -> tuple[Floats, Floats]:
    """(q,) at risk (one where nobody is) and with the event, all groups together."""
    n = np.add.reduce(table.n_risk, axis=0)
    return n + (n == 0), np.add.reduce(table.n_event, axis=0)


def row_scores(table: RiskTable, weighting: Weighting) -> Floats:
    """(n, g) each row's part in observed minus expected, for each unit of its weight.

    The sum over event times of weight times (own group - share of the groups at risk) times the
    row's martingale increment under one hazard; weighted and summed it gives the score.
    """
    groups, q = table.shape
    n, d = _all_groups(table)
    w = weighting.weights(n, d)
    hazard, share = w * d / n, table.n_risk / n
    everybody = np.broadcast_to(hazard, (groups, q))
    own = table.group[:, None] == np.arange(groups)
    at_event = table.event[:, None] * w[table.last][:, None] * (own - share.T[table.last])
    spent = table.over_time(np.repeat((hazard * share).T[None], groups, axis=0))
    return at_event - own * table.over_time(everybody)[:, None] + spent


def group_statistic(score: Floats, covariance: Floats) -> tuple[float, int]:
    """Score statistic and its degrees of freedom, the rank of the covariance.

    The scores add up to 0, so the rank is at most one below the number of groups; groups that are
    never at risk together lower it further.
    """
    if score.size == 2:
        variance = float(covariance[1, 1])
        return (float(score[1] ** 2) / variance, 1) if variance > 0 else (np.nan, 0)
    scale = np.sqrt(np.clip(np.diag(covariance), 0.0, None))
    kept = scale > 1e-12 * scale.max(initial=0.0)
    if not kept.any():
        return np.nan, 0
    return quadratic_form(score[kept], covariance[np.ix_(kept, kept)], flat=1e-10)
