"""How does the cumulative hazard of one person rise under a Cox model, and how sure is that?

Kernels of ``prediction`` and ``diagnostics``: arrays in, arrays out. Everything is measured from
the centre of the covariates, where the baseline hazard is well determined.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from walkstats.results import CoxFit
from walkstats.survival.partial_likelihood import hazard_increments
from walkstats.survival.risk_sets import RiskSets

Floats = NDArray[np.float64]
Indices = NDArray[np.intp]

# Halvings of the search for a product-limit factor: what is left of its bracket is rounding.
HALVINGS = 60
# "All those at risk have the event" is a difference of equal sums taken in different order.
NOTHING_LEFT = 1e-12


def centred(fit: CoxFit) -> Floats:
    """Covariates (n, k) of the rows used, less their centre."""
    return fit.matrix - fit.centre


def log_risks(fit: CoxFit) -> Floats:
    """Log hazard (n,) of each row used relative to the centre, offset included."""
    eta = centred(fit) @ fit.values
    return eta if fit.offset is None else eta + fit.offset


@dataclass(frozen=True, eq=False)
class Baseline:
    """Increments at the m time indices of the risk sets for a person at the centre.

    Attributes
    ----------
    sets : RiskSets
    hazard : (m,) of the cumulative hazard, 0 where there is no event
    variance : (m,) of its variance for known coefficients
    mean : (m, k) hazard times the mean covariate of those at risk, from the centre
    log_survival : (m,) of log survival: -hazard, or the product-limit factor's logarithm
    """

    sets: RiskSets
    hazard: Floats
    variance: Floats
    mean: Floats
    log_survival: Floats


def exponential_baseline(fit: CoxFit) -> Baseline:
    """Survival as exp(-hazard), with Efron's or Breslow's hazard as the ties of the fit are."""
    return _baseline(fit, fit.ties)


def product_limit_baseline(fit: CoxFit) -> Baseline:
    """Survival as a product of factors (Kalbfleisch and Prentice), hazard after Breslow.

    The variance is Greenwood's with the risk-weighted numbers at risk, D / (S0 (S0 - D)), as in R.
    It depends, a little, on the centre from which risks are measured.
    """
    base = _baseline(fit, "breslow")
    sets = base.sets
    risk = np.exp(log_risks(fit))
    s0 = sets.at_risk(sets.mass * risk)
    d = sets.n_event
    with np.errstate(divide="ignore", invalid="ignore"):
        greenwood = d / (s0 * np.where(d >= s0, s0, s0 - d))
    return Baseline(
        sets=sets,
        hazard=base.hazard,
        variance=np.where(d > 0, greenwood, 0.0),
        mean=base.mean,
        log_survival=_log_factors(sets, risk, s0),
    )


def _baseline(fit: CoxFit, ties: str) -> Baseline:
    sets = fit.risk_sets
    steps = hazard_increments(fit.values, centred(fit), sets, fit.offset, ties)
    hazard, variance = np.zeros(sets.n_times), np.zeros(sets.n_times)
    mean = np.zeros((sets.n_times, len(fit.values)))
    hazard[steps.index] = steps.hazard
    variance[steps.index] = steps.variance
    mean[steps.index] = steps.mean
    return Baseline(sets, hazard, variance, mean, -hazard)


def _log_factors(sets: RiskSets, risk: Floats, s0: Floats) -> Floats:
    """Log (m,) of the factor z that solves: sum over the events at t of w r / (1 - z^r) = S0."""
    rows = np.flatnonzero(sets.event & (sets.from_index <= sets.last) & (sets.mass > 0))
    at, r = sets.last[rows], risk[rows]
    size = sets.mass[rows] * r
    dead = np.bincount(at, size, sets.n_times)
    everybody = (sets.n_event > 0) & (s0 - dead <= NOTHING_LEFT * s0)
    # The root lies below what each event alone would give, and above what all of them would give
    # if their risk were the smallest of theirs.
    least = np.full(sets.n_times, np.inf)
    np.minimum.at(least, at, r)
    high, low = np.zeros(sets.n_times), np.zeros(sets.n_times)
    going = (sets.n_event > 0) & ~everybody
    low[going] = np.log1p(-dead[going] / s0[going]) / least[going]
    alone = np.log1p(-np.minimum(size / s0[at], 1.0 - NOTHING_LEFT)) / r
    np.minimum.at(high, at, alone)
    for _ in range(HALVINGS):
        middle = (low + high) / 2.0
        with np.errstate(divide="ignore"):
            total = np.bincount(at, -size / np.expm1(middle[at] * r), sets.n_times)
        short = total < s0
        low, high = np.where(short, middle, low), np.where(short, high, middle)
    return np.where(everybody, -np.inf, np.where(going, (low + high) / 2.0, 0.0))


@dataclass(frozen=True, eq=False)
class Path:
    """A person's covariates over time in p segments: at risk in (low, high] with x, in a stratum.

    Attributes
    ----------
    stratum : (p,) codes
    x : (p, k) covariates from the centre
    log_risk : (p,) x @ coefficients, and the offset
    low, high : (p,) ends of the segments; infinite where they do not change
    """

    stratum: Indices
    x: Floats
    log_risk: Floats
    low: Floats
    high: Floats

    @classmethod
    def constant(cls, stratum: int, x: Floats, log_risk: Floats) -> Path:
        """Covariates x (1, k) that do not change."""
        always = (np.array([-np.inf]), np.array([np.inf]))
        return cls(np.array([stratum]), x, log_risk, *always)


@dataclass(frozen=True, eq=False)
class PredictedSteps:
    """Cumulative hazard of a person after each of q times.

    Attributes
    ----------
    index : (q,) time indices
    hazard, variance : (q,) cumulative hazard and its variance
    log_survival : (q,)
    """

    index: Indices
    hazard: Floats
    variance: Floats
    log_survival: Floats


def follow(base: Baseline, covariance: Floats, path: Path) -> PredictedSteps:
    """Cumulate the hazard along a path.

    With H = sum of exp(eta) dH0, its derivative by the coefficients is the sum of
    exp(eta) (x - mean) dH0 = d, and Var H = sum of exp(2 eta) dV0 + d' Cov d.
    """
    sets = base.sets
    pieces = []
    for stratum, low, high in zip(path.stratum, path.low, path.high, strict=True):
        begin, end = sets.stratum_bounds[stratum], sets.stratum_bounds[stratum + 1]
        inside = np.searchsorted(sets.times[begin:end], [low, high], side="right") + begin
        pieces.append(np.arange(inside[0], inside[1]))
    index = np.concatenate(pieces)
    segment = np.repeat(np.arange(len(pieces)), [len(piece) for piece in pieces])
    risk = np.exp(path.log_risk)[segment]
    hazard = risk * base.hazard[index]
    moved = hazard[:, None] * path.x[segment] - risk[:, None] * base.mean[index]
    slope = np.cumsum(moved, axis=0)
    known = np.cumsum(risk**2 * base.variance[index])
    return PredictedSteps(
        index=index,
        hazard=np.cumsum(hazard),
        variance=known + np.einsum("qj,jk,qk->q", slope, covariance, slope),
        log_survival=np.cumsum(risk * base.log_survival[index]),
    )


def between(
    base: Baseline, covariance: Floats, x: Floats, log_risk: Floats, begin: Indices, end: Indices
) -> tuple[Floats, Floats]:
    """Hazard (n,) of each row over time indices begin <= j < end, and its variance (n,)."""
    total = _running(base.hazard)
    hazard = total[end] - total[begin]
    mean = _running(base.mean)
    slope = hazard[:, None] * x - (mean[end] - mean[begin])
    known = _running(base.variance)
    variance = known[end] - known[begin] + np.einsum("nj,jk,nk->n", slope, covariance, slope)
    return np.exp(log_risk) * hazard, np.exp(2.0 * log_risk) * variance


def _running(increments: Floats) -> Floats:
    total = np.zeros((len(increments) + 1, *increments.shape[1:]))
    np.cumsum(increments, axis=0, out=total[1:])
    return total


def expected_events(fit: CoxFit) -> Floats:
    """Expected number of events (n,) of each row used over its time at risk.

    A row with an event at a tied time has, under Efron's ties, only the hazard of the steps in
    which it is still at risk, so that observed and expected sum to the same.
    """
    sets = fit.risk_sets
    eta = log_risks(fit)
    steps = hazard_increments(fit.values, centred(fit), sets, fit.offset, fit.ties)
    hazard, taken = np.zeros(sets.n_times), np.zeros(sets.n_times)
    hazard[steps.index], taken[steps.index] = steps.hazard, steps.taken
    own = np.where(sets.event & (sets.from_index <= sets.last), taken[sets.last], 0.0)
    return np.exp(eta) * (sets.over_time(hazard) - own)
