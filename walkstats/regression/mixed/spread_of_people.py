"""How much do people differ, within which limits, and how alike are two measures of one person?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from walkstats._arguments import check_choice, check_level
from walkstats.errors import FitError
from walkstats.numerics import limits
from walkstats.regression.mixed.components import components_of, variance_estimates
from walkstats.regression.mixed.mixed_fits import LinearMixedFit, pieces_of
from walkstats.regression.mixed.profiles import (
    held_correlation,
    held_deviation,
    held_residual,
    profile_limits,
)
from walkstats.results import Estimates

Floats = NDArray[np.float64]

INTERVALS = ("profile", "wald")


def variance_components(
    fit: LinearMixedFit, *, interval: str = "profile", level: float = 0.95
) -> Estimates:
    """Learn how much people differ, with limits.

    Parameters
    ----------
    fit : LinearMixedFit
    interval : {"profile", "wald"}
        Limits at which the likelihood falls too low, or from standard errors.
    level : float
        Confidence level.

    Returns
    -------
    Estimates
        ``variance[...]`` of the random effects, of outer groups and of the residuals, and
        ``correlation[...]``; without p-values, since ``compare_mixed`` tests whether one is needed.

    Raises
    ------
    ValueError
        For a fit of another kind.
    FitError
        When the search had not converged.

    Notes
    -----
    A profile limit is the value at which the deviance, with everything else at its best, has risen
    by the quantile of chi-squared on one degree of freedom; where it does not rise so far on the
    way to 0 (or a correlation of 1) that is the limit. The likelihood is the fit's own, so a REML
    fit has limits from the restricted one; lme4's ``confint`` refits by ML first, and equals those
    of a fit with ``reml=False``.

    Wald limits are symmetric for the logarithm of a variance and Fisher's z of a correlation, as in
    nlme. Near 0 they reach over many powers of ten and say nothing.

    Examples
    --------
    >>> import pandas as pd
    >>> from walkstats.regression import linear_mixed
    >>> frame = pd.DataFrame({
    ...     "participant_id": ["a", "a", "b", "b", "c", "c", "d", "d"],
    ...     "week": [1, 2, 1, 2, 1, 2, 1, 2],
    ...     "pain": [5.0, 4.0, 7.0, 6.5, 3.0, 2.5, 6.0, 4.5],
    ... })
    >>> found = variance_components(linear_mixed(frame, "pain ~ week"))
    >>> between = found.estimate("variance[intercept]")
    >>> round(between.estimate, 2), round(between.conf_low, 2), round(between.conf_high, 1)
    (2.71, 0.72, 24.1)
    """
    pieces = pieces_of(fit)
    check_choice(interval, INTERVALS, "interval")
    check_level(level)
    names = _effects(fit)
    found = components_of(pieces.scale, pieces.shape, names, fit.nested)
    estimates = variance_estimates(found, pieces.scale.uncertainty, level, fit.method)
    estimates = replace(estimates, counts=fit.counts, source=fit.source)
    if interval == "wald":
        return estimates
    if fit.state == "not converged":
        raise FitError("The search did not converge: there is no profile of its likelihood.")
    bounds = np.array([_bounds(fit, one.name, one.value, level) for one in found])
    kind = "restricted likelihood" if fit.reml else "likelihood"
    return replace(
        estimates, limits=bounds, method=f"{fit.method} Limits from the profile {kind}.", notes=()
    )


def _effects(fit: LinearMixedFit) -> tuple[str, ...]:
    assert fit.random_design is not None
    return fit.random_design.names


def _bounds(fit: LinearMixedFit, name: str, value: float, level: float) -> tuple[float, float]:
    pieces, names = pieces_of(fit), _effects(fit)
    kind, _, inside = name.partition("[")
    inside = inside.removesuffix("]")
    if kind == "correlation":
        if np.isnan(value):
            return np.nan, np.nan
        j, k = next(
            (j, k)
            for j in range(len(names))
            for k in range(j)
            if inside == f"{names[k]}, {names[j]}"
        )
        profile = held_correlation(pieces, fit.reml, k, j)
        return profile_limits(profile, value, (-1.0, 1.0), level, 0.25)
    unit = pieces.scale.spread * np.sqrt(pieces.scale.variance)
    if inside == "residual":
        profile = held_residual(pieces, fit.reml)
        step = unit / np.sqrt(2.0 * len(fit.outcome))
        edges = (0.1 * step, np.inf)
    else:
        place = -1 if inside == fit.nested else names.index(inside)
        profile = held_deviation(pieces, fit.reml, place)
        step = 0.5 * max(np.sqrt(value), unit * float(np.abs(pieces.sums.turn[place]).max()))
        edges = (0.0, np.inf)
    low, high = profile_limits(profile, float(np.sqrt(value)), edges, level, float(step))
    return low**2, high**2


def intraclass_correlation(
    fit: LinearMixedFit, *, at: Mapping[str, Any] | None = None, level: float = 0.95
) -> Estimates:
    """Learn how alike two measures of one person are.

    Parameters
    ----------
    fit : LinearMixedFit
    at : mapping of str to object, optional
        Where there are random slopes: the values of their columns at which both are taken, for
        instance ``{"week": 12}``.
    level : float
        Confidence level.

    Returns
    -------
    Estimates
        ``same <subject>``: the share of the variance that is between people (and groups); with
        outer groups also ``same <group>``: the correlation of two people of one group.

    Raises
    ------
    ValueError
        For a fit with random slopes and no ``at``.

    Notes
    -----
    Of two measures at z the correlation is (z'G z + g) / (z'G z + g + s²), with G the covariance of
    a person's random effects, g the variance between groups and s² the residual one. Limits are
    Wald's for Fisher's z, by the delta method; a variance at its boundary leaves none.

    References
    ----------
    Shrout PE, Fleiss JL (1979). Intraclass correlations: uses in assessing rater reliability.
    *Psychol Bull* 86:420-428. https://doi.org/10.1037/0033-2909.86.2.420

    Examples
    --------
    >>> import pandas as pd
    >>> from walkstats.regression import linear_mixed
    >>> frame = pd.DataFrame({
    ...     "participant_id": ["a", "a", "b", "b", "c", "c", "d", "d"],
    ...     "week": [1, 2, 1, 2, 1, 2, 1, 2],
    ...     "pain": [5.0, 4.0, 7.0, 6.5, 3.0, 2.5, 6.0, 4.5],
    ... })
    >>> alike = intraclass_correlation(linear_mixed(frame, "pain ~ week"))
    >>> round(alike.estimate("same participant_id").estimate, 3)
    0.959
    """
    pieces = pieces_of(fit)
    check_level(level)
    where = _place(fit, at)
    full, outer = pieces.scale.covariance(pieces.shape), pieces.scale.outer(pieces.shape)
    people = np.einsum("aij,i,j->a", full, where, where)
    residual = np.zeros_like(people)
    residual[0] = residual[-1] = pieces.scale.residual
    total = people + outer + residual
    shares = {f"same {fit.subject}": people + outer}
    if fit.nested is not None:
        shares[f"same {fit.nested}"] = outer
    values = np.array([part[0] / total[0] for part in shares.values()])
    slopes = np.array(
        [(part[1:] - part[0] / total[0] * total[1:]) / total[0] for part in shares.values()]
    )
    covariance = slopes @ pieces.scale.uncertainty @ slopes.T
    edge = values <= 0.0
    covariance[edge], covariance[:, edge] = np.nan, np.nan
    half = limits.normal_quantile(level) * np.sqrt(np.diag(covariance)) / (1.0 - values**2)
    centre = np.arctanh(values)
    said = "" if at is None else f" at {', '.join(f'{k} = {v}' for k, v in at.items())}"
    return Estimates(
        terms=tuple(shares),
        values=values,
        covariance=covariance,
        level=level,
        limits=np.column_stack([np.tanh(centre - half), np.tanh(centre + half)]),
        null=None,
        measure="intraclass correlation",
        method=f"{fit.method} Intraclass correlation{said}; Wald limits of Fisher's z.",
        notes=("A share of 0 has no Wald limits.",) if edge.any() else (),
        counts=fit.counts,
        source=fit.source,
    )


def _place(fit: LinearMixedFit, at: Mapping[str, Any] | None) -> Floats:
    """The random design of one row."""
    assert fit.random_design is not None
    columns = [str(c) for c in fit.random_design.columns]
    if not columns:
        if at:
            raise ValueError("at= is for random slopes; this fit has none.")
        return np.ones(1)
    lacking = [c for c in columns if c not in (at or {})]
    if lacking:
        raise ValueError(
            f"With random slopes the answer depends on {', '.join(columns)}: give "
            f"at={{{', '.join(f'{c!r}: ...' for c in columns)}}}."
        )
    return fit.random_design.matrix(pd.DataFrame({c: [(at or {})[c]] for c in columns}))[0]
