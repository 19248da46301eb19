"""Which values of one coefficient do the data not contradict? Profile-likelihood intervals."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from walkstats._arguments import check_level
from walkstats.errors import FitError
from walkstats.numerics.limits import normal_quantile
from walkstats.numerics.newton import maximise
from walkstats.results import CoxFit, Estimates
from walkstats.survival.monotone_likelihood import rises_for_ever
from walkstats.survival.partial_likelihood import Evaluation, evaluate_sorted
from walkstats.survival.partial_maximum import LONGEST, PartialMaximum, maximum
from walkstats.survival.penalised_likelihood import evaluate_penalised, maximise_penalised

Floats = NDArray[np.float64]

# A profile still flat this far out, per standard deviation of the column, gives no limit.
FARTHEST_LIMIT = 64.0
# How close to its maximum the likelihood of the other coefficients is taken for a profile.
PROFILE = 1e-10
# Steps that Newton's way to a limit may take, and how close the root must come.
NEARBY = 12
ROOT = 1e-9
# Limits are found to this share of a standard deviation of the column.
CLOSE = 1e-10


def profile_intervals(
    fit: CoxFit, terms: str | Sequence[str] | None = None, *, level: float = 0.95
) -> Estimates:
    """Give hazard ratios the intervals and tests of the profile likelihood.

    Parameters
    ----------
    fit : CoxFit
    terms : str or sequence of str, optional
        Terms of the fit, or of its formula; all by default.
    level : float
        Confidence level.

    Returns
    -------
    Estimates
        The coefficients of ``terms`` with profile limits; the statistic is the signed root of the
        likelihood ratio of leaving the term out, the p-value its own. Ratios by ``ratio=True``.

    Raises
    ------
    ValueError
        For terms that are not in the fit.
    FitError
        For a fit whose search did not converge.

    Notes
    -----
    The interval holds the values c at which 2 (l - l(c)) is below the chi-squared quantile; l(c)
    is the likelihood maximised over the other coefficients with this one held at c. With few
    events it is closer to the stated level than Wald's and need not be symmetric. The likelihood
    is the model's: clusters and a robust variance do not enter, so a robust fit is refused. With
    Firth's penalty it is the penalised likelihood (Heinze and Schemper 2001).

    References
    ----------
    Venzon DJ, Moolgavkar SH. A method for computing profile-likelihood-based confidence intervals.
    Appl Stat 1988;37:87-94. https://doi.org/10.2307/2347496

    Examples
    --------
    >>> import pandas as pd
    >>> from walkstats.survival import cox
    >>> frame = pd.DataFrame(
    ...     {"days": [5, 8, 8, 12, 15], "event": [1, 1, 0, 1, 0], "age": [40, 50, 35, 60, 45]}
    ... )
    >>> profile_intervals(cox(frame, "age")).to_frame()["conf_low"].round(3).tolist()
    [-0.123]
    """
    level = check_level(level)
    if fit.state == "not converged":
        raise FitError("The search for the coefficients did not converge: there is no profile.")
    if not np.array_equal(fit.covariance, fit.naive_covariance, equal_nan=True):
        raise ValueError(
            "The fit has a robust variance, which a likelihood knows nothing of; fit with "
            "robust=False, or keep its Wald intervals."
        )
    wanted = _positions(fit, terms)
    fitted = maximum(fit.matrix, fit.risk_sets, fit.offset, fit.ties, penalised=bool(fit.penalty))
    limits = np.full((len(wanted), 2), np.nan)
    unbounded = profile_limits(fitted, level)
    for row, k in enumerate(wanted):
        if np.isfinite(fitted.values[k]):
            limits[row] = profile_limit_pair(fitted, k, level)
        else:
            limits[row] = unbounded[k]
    return Estimates(
        terms=tuple(fit.terms[k] for k in wanted),
        values=fit.values[wanted],
        covariance=fit.covariance[np.ix_(wanted, wanted)],
        link="log",
        level=level,
        limits=limits,
        statistics=profile_tests(fitted, wanted),
        measure=fit.measure,
        method=f"{fit.method.replace('Wald intervals.', '')} Profile-likelihood intervals and "
        "likelihood-ratio tests of single terms.".replace("  ", " "),
        notes=fit.notes,
        counts=fit.counts,
        source=fit.source,
    )


def _positions(fit: CoxFit, terms: str | Sequence[str] | None) -> list[int]:
    if terms is None:
        return list(range(len(fit.terms)))
    named = [terms] if isinstance(terms, str) else list(terms)
    return list(dict.fromkeys(k for name in named for k in fit.positions(name)))


def separating_alone(fitted: PartialMaximum) -> tuple[int, ...]:
    """Positions of the infinite coefficients that let the likelihood rise with no other's help."""
    turn = np.linalg.inv(fitted.basis)
    return tuple(
        int(k)
        for k in np.flatnonzero(np.isinf(fitted.values))
        if rises_for_ever(np.sign(fitted.values[k]) * turn[:, k], fitted.model)
    )


def profile_limits(fitted: PartialMaximum, level: float) -> Floats:
    """Profile-likelihood limits of coefficients that are infinite each on its own account.

    Where some are so only together with others no limits are given (nan): whichever is held, the
    others still run off.

    Parameters
    ----------
    fitted : PartialMaximum
    level : float

    Returns
    -------
    (k, 2) array
        The finite limit, or infinity where the likelihood is too flat to give one, and the
        infinite one.
    """
    limits = np.full((fitted.values.size, 2), np.nan)
    infinite = np.flatnonzero(np.isinf(fitted.values))
    if infinite.size > len(separating_alone(fitted)):
        return limits
    for k in infinite:
        sign = float(np.sign(fitted.values[k]))
        profile = _Profile(fitted, int(k))
        above = profile.above(level)
        # From 0, inwards or outwards, until the limit lies between two points.
        towards = sign if above(0.0) < 0.0 else -sign
        finite = _crossing(above, 0.0, towards, profile.scale)
        finite = -sign * np.inf if finite is None else finite
        limits[k] = (finite, np.inf) if sign > 0 else (-np.inf, finite)
    return limits


def profile_limit_pair(fitted: PartialMaximum, k: int, level: float) -> tuple[float, float]:
    """Both limits of a finite coefficient; infinite where the likelihood stays too flat."""
    value = float(fitted.values[k])
    found = []
    for side in (-1.0, 1.0):
        profile = _Profile(fitted, k)
        limit = _nearby(profile, side, level)
        if limit is None:
            limit = _crossing(profile.above(level), value, side, profile.scale)
        found.append(side * np.inf if limit is None else limit)
    return found[0], found[1]


def _nearby(profile: _Profile, side: float, level: float) -> float | None:
    """Newton's way from Wald's limit, on the signed root: all but a straight line; or None."""
    fitted, z = profile.fitted, normal_quantile(level)
    value, k = float(fitted.values[profile.k]), profile.k
    at = value + side * z * float(np.sqrt(fitted.covariance[k, k]))
    for _ in range(NEARBY):
        height = profile.at(at)
        root = np.sqrt(2.0 * max(fitted.log_likelihood - height, 0.0))
        if abs(root - z) <= ROOT:
            return at
        if not profile.slope * side < 0.0 or root == 0.0:
            return None
        at += (root - z) * root / profile.slope
        if not 0.0 < side * (at - value) < np.inf:
            return None
    return None


def profile_tests(fitted: PartialMaximum, columns: Iterable[int]) -> Floats:
    """Signed root of the likelihood ratio of each column's being zero; nan where untold."""
    roots = []
    for k in columns:
        value = fitted.values[k]
        drop = np.nan
        if not np.isnan(value):
            drop = max(fitted.log_likelihood - _Profile(fitted, k).at(0.0), 0.0)
        roots.append(np.copysign(np.sqrt(2.0 * drop), value))
    return np.array(roots)


def _crossing(
    above: Callable[[float], float], start: float, towards: float, scale: float
) -> float | None:
    """Where a profile changes sign on the way from a start; None where it never does."""
    from scipy.optimize import brentq

    positive = towards if above(start) < 0.0 else -towards
    near, step = start, towards * scale
    while (above(start + step) < 0.0) == (positive == towards):
        near, step = start + step, 2.0 * step
        if abs(step) > FARTHEST_LIMIT * scale:
            return None
    return float(brentq(above, near, start + step, xtol=CLOSE * scale, rtol=1e-12))


@dataclass(eq=False)
class _Profile:
    """The log-likelihood as a function of coefficient k, maximised over the others.

    In the basis of the search, coefficient k is ``row @ theta``: theta moves along ``row`` to hold
    it and in ``free`` (k, k - 1), the directions that leave it as it is. The search begins where
    the last one ended.
    """

    fitted: PartialMaximum
    k: int

    def __post_init__(self) -> None:
        row = self.fitted.basis[self.k]
        self.along = row / (row @ row)
        self.free = np.linalg.svd(row[np.newaxis])[2][1:].T
        self.last = self.free.T @ self.fitted.reached
        self.slope = np.nan
        basis = self.fitted.basis
        self.scale = float(np.sqrt(row @ row))
        self.shift = -float(np.linalg.slogdet(basis)[1]) if self.fitted.penalised else 0.0

    def at(self, value: float) -> float:
        """The log-likelihood with the coefficient held at a value."""
        held = self.along * value
        evaluate = evaluate_penalised if self.fitted.penalised else evaluate_sorted

        def over_others(u: Floats) -> Evaluation:
            found = evaluate(held + self.free @ u, self.fitted.model)
            return Evaluation(
                found.log_likelihood,
                self.free.T @ found.score,
                self.free.T @ found.information @ self.free,
            )

        if self.fitted.penalised:
            best = maximise_penalised(over_others, self.last)
        else:
            best = maximise(over_others, self.last, tight=PROFILE, longest=LONGEST)
        self.last = best.values
        there = evaluate(held + self.free @ best.values, self.fitted.model)
        self.slope = float(self.along @ there.score)
        return best.log_likelihood + self.shift

    def above(self, level: float) -> Callable[[float], float]:
        """Height of the profile above the interval's edge, by value of the coefficient."""
        edge = self.fitted.log_likelihood - normal_quantile(level) ** 2 / 2.0
        return lambda value: self.at(value) - edge
