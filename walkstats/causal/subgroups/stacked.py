"""How do estimates of several models stand in one result?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from walkstats.regression.combinations import combined
from walkstats.results import Estimates, Freedom
from walkstats.results.frozen import Frozen

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class OfTheirOwn(Frozen):
    """Degrees of freedom of estimates that lie one after the other, each from a model of its own.

    Attributes
    ----------
    freedoms : tuple of Freedom
    sizes : tuple of int
    """

    freedoms: tuple[Freedom, ...]
    sizes: tuple[int, ...]

    def of(self, weights: Floats) -> float:
        """Those of the model that the weights touch; missing where they touch several."""
        own = self._touched(weights)
        if len(own) != 1:
            return np.nan
        start = sum(self.sizes[: own[0]])
        return self.freedoms[own[0]].of(weights[start : start + self.sizes[own[0]]])

    def joint(self, contrasts: Floats) -> tuple[float, float]:
        """Denominator and factor of a joint test within one model."""
        own = self._touched(np.abs(contrasts).sum(axis=0))
        if len(own) != 1:
            return np.nan, 1.0
        start = sum(self.sizes[: own[0]])
        return self.freedoms[own[0]].joint(contrasts[:, start : start + self.sizes[own[0]]])

    def _touched(self, weights: Floats) -> list[int]:
        ends = np.cumsum(self.sizes)
        places = np.searchsorted(ends, np.flatnonzero(weights), side="right")
        return [int(one) for one in np.unique(places)]


def stacked(parts: Sequence[Estimates], *, tested: bool, **more: Any) -> Estimates:
    """Estimates of several models as one; nothing is known of the covariance between models.

    Parameters
    ----------
    parts : sequence of Estimates
        On the same scale.
    tested : bool
        Whether p-values are given; without, statistics are missing as well.
    **more
        method, notes, counts, source, measure.
    """
    sizes = tuple(len(one.terms) for one in parts)
    total = sum(sizes)
    covariance = np.full((total, total), np.nan)
    limits = np.empty((total, 2))
    p_values, statistics = np.full(total, np.nan), np.full(total, np.nan)
    start = 0
    for one, size in zip(parts, sizes, strict=True):
        here = slice(start, start + size)
        covariance[here, here] = one.covariance
        for k, name in enumerate(one.terms, start):
            found = one.estimate(name)
            limits[k] = found.conf_low, found.conf_high
            if tested:
                p_values[k], statistics[k] = found.p_value, found.statistic
        start += size
    first = parts[0]
    return Estimates(
        terms=tuple(name for one in parts for name in one.terms),
        values=np.concatenate([one.values for one in parts]),
        covariance=covariance,
        freedom=Freedom(first.freedom.rule, pieces=OfTheirOwn(
            tuple(one.freedom for one in parts), sizes)),
        link=first.link,
        level=first.level,
        limits=limits,
        statistics=statistics,
        p_values=p_values,
        **more,
    )  # fmt: skip


def picked(fit: Estimates, terms: Sequence[str]) -> Estimates:
    """Some terms of a fit, with the limits that the fit has for them."""
    rows = np.zeros((len(terms), len(fit.terms)))
    for k, name in enumerate(terms):
        rows[k, fit.terms.index(name)] = 1.0
    found = combined(fit, terms, rows)
    own = [fit.estimate(name) for name in terms]
    return Estimates(
        **{
            **_fields(found),
            "limits": np.array([[one.conf_low, one.conf_high] for one in own]),
            "p_values": np.array([one.p_value for one in own]),
            "statistics": np.array([one.statistic for one in own]),
        }
    )


def _fields(one: Estimates) -> dict[str, Any]:
    names = (
        "terms", "values", "covariance", "freedom", "link", "level", "null", "measure", "method",
        "notes", "counts", "source",
    )  # fmt: skip
    return {name: getattr(one, name) for name in names}


def differences(found: Estimates, pairs: Mapping[str, tuple[str, str]]) -> Estimates:
    """One estimate less another, by the name of their difference."""
    rows = np.zeros((len(pairs), len(found.terms)))
    for k, (one, other) in enumerate(pairs.values()):
        rows[k, found.terms.index(one)] += 1.0
        rows[k, found.terms.index(other)] -= 1.0
    return combined(found, list(pairs), rows, null=0.0)


def side_by_side(parts: Sequence[Estimates], terms: Sequence[str]) -> Estimates:
    """Estimates of people who have nobody in common, under new terms, with their limits."""
    sizes = [len(one.terms) for one in parts]
    covariance = np.zeros((sum(sizes), sum(sizes)))
    start = 0
    for one, size in zip(parts, sizes, strict=True):
        covariance[start : start + size, start : start + size] = one.covariance
        start += size
    own = [one.estimate(name) for one in parts for name in one.terms]
    return Estimates(
        tuple(terms), np.concatenate([one.values for one in parts]), covariance,
        link=parts[0].link, level=parts[0].level, measure=parts[0].measure,
        limits=np.array([[one.conf_low, one.conf_high] for one in own]),
        p_values=np.full(sum(sizes), np.nan), statistics=np.full(sum(sizes), np.nan),
    )  # fmt: skip
