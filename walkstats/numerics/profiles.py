"""How likely do the data remain when one coefficient is held? Profiles of a log-likelihood.

Arrays only. A coefficient is ``row @ g`` of the coordinates g in which the log-likelihood is
evaluated; the others are maximised over at each value at which it is held.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from walkstats.numerics.limits import normal_quantile
from walkstats.numerics.newton import Maximum, maximise

Floats = NDArray[np.float64]
Evaluate = Callable[[Floats], tuple[float, Floats, Floats]]

# How close to its maximum the likelihood of the other coefficients is taken.
PROFILE = 1e-16
# A profile still flat after so many steps, each this much longer than the last, gives no limit.
STEPS, LONGER = 20, 1.5
# Limits are found to this share of the step.
CLOSE = 1e-10


class Profile:
    """A log-likelihood as a function of coefficients that are held.

    Parameters
    ----------
    evaluate : callable
        g (k,) -> log-likelihood, score (k,), information (k, k).
    rows : (m, k)
        The coefficients held are ``rows @ g``.
    start : (k,)
        Where the search for the others begins; afterwards, where the last one ended.
    longest : float
        No coordinate moves further in one step.
    hilly : bool
        Whether there may be several maxima over the others: the search then also begins at
        `start`, and the higher of the two is taken.
    """

    def __init__(
        self,
        evaluate: Evaluate,
        rows: Floats,
        start: Floats,
        longest: float = np.inf,
        *,
        hilly: bool = False,
    ) -> None:
        rows = np.atleast_2d(rows)
        self.evaluate = evaluate
        self.along = np.linalg.pinv(rows)
        self.free = np.linalg.svd(rows)[2][len(rows) :].T
        self.first = self.last = self.free.T @ start
        self.longest, self.hilly = longest, hilly

    def at(self, values: float | Floats) -> float:
        """The largest log-likelihood with the coefficients held at values."""
        return self.search(values).log_likelihood

    def search(self, values: float | Floats) -> Maximum:
        """Maximise over the others."""
        held = self.along @ np.atleast_1d(np.asarray(values, dtype=float))

        def over_others(u: Floats) -> Any:
            height, score, information = self.evaluate(held + self.free @ u)
            free = self.free
            return height, free.T @ score, free.T @ information @ free

        if not self.free.shape[1]:
            height, score, information = self.evaluate(held)
            return Maximum(self.last, float(height), score, information, "converged", 0, self.last)
        best = maximise(over_others, self.last, tight=PROFILE, longest=self.longest)
        if self.hilly:
            other = maximise(over_others, self.first, tight=PROFILE, longest=self.longest)
            best = other if not other.log_likelihood <= best.log_likelihood else best
        if np.isfinite(best.log_likelihood):
            self.last = best.values
        return best


def limit_pair(
    profile: Profile, value: float, std_error: float, highest: float, level: float
) -> tuple[float, float]:
    """Both limits of a finite coefficient: where twice the log-likelihood has lost a quantile.

    Parameters
    ----------
    profile : Profile
        Of one coefficient.
    value, std_error : float
        Its estimate; the scale of the first steps.
    highest : float
        Log-likelihood at the maximum.
    level : float

    Returns
    -------
    low, high : float
        Infinite where the likelihood stays too flat.
    """
    edge = highest - normal_quantile(level) ** 2 / 2.0
    begin = profile.last
    found = []
    for side in (-1.0, 1.0):
        profile.last = begin
        limit = _crossing(lambda at: profile.at(at) - edge, value, side, std_error)
        found.append(side * np.inf if limit is None else limit)
    profile.last = begin
    return found[0], found[1]


def limit_towards(
    profile: Profile, sign: float, scale: float, highest: float, level: float
) -> tuple[float, float]:
    """Limits of a coefficient that is infinite, of which one is.

    Parameters
    ----------
    profile : Profile
    sign : float
        Of the infinity.
    scale : float
        Of the first step from 0.
    highest : float
        Supremum of the log-likelihood.
    level : float
    """
    edge = highest - normal_quantile(level) ** 2 / 2.0

    def above(at: float) -> float:
        return profile.at(at) - edge

    # From 0, inwards or outwards, until the limit lies between two points.
    limit = _crossing(above, 0.0, sign if above(0.0) < 0.0 else -sign, scale)
    finite = -sign * np.inf if limit is None else limit
    return (finite, np.inf) if sign > 0 else (-np.inf, finite)


def signed_root(profile: Profile, value: float, highest: float) -> float:
    """Signed root of the likelihood ratio of the coefficient's being 0."""
    return float(np.copysign(np.sqrt(2.0 * max(highest - profile.at(0.0), 0.0)), value))


def _crossing(
    above: Callable[[float], float], start: float, towards: float, scale: float
) -> float | None:
    """Where a profile changes sign on the way from a start; None where it never does."""
    from scipy.optimize import brentq

    known: dict[float, float] = {}

    def once(at: float) -> float:
        # The search for the others begins where the last one ended: ask for no value twice.
        if at not in known:
            known[at] = above(at)
        return known[at]

    near, step = start, towards * scale
    here = once(start) >= 0.0
    for _ in range(STEPS):
        if (once(near + step) >= 0.0) != here:
            return float(brentq(once, near, near + step, xtol=CLOSE * scale, rtol=1e-13))
        near, step = near + step, LONGER * step
    return None
