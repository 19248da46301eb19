"""How much larger is a variance, and of how many degrees of freedom, with few people?

The variance of a contrast depends on a covariance of the visits that was estimated itself.
Satterthwaite's degrees of freedom take that into account; Kenward and Roger also enlarge the
covariance of the coefficients.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from walkstats.numerics.contrast_freedom import KenwardRoger, Satterthwaite
from walkstats.regression.repeated_measures.likelihood import Profile, evaluate
from walkstats.regression.repeated_measures.patterns import Patterns
from walkstats.regression.repeated_measures.structures import Structure

Floats = NDArray[np.float64]


def uncertainty_of(hessian: Floats) -> Floats:
    """Covariance of the parameters from the Hessian of minus twice the log-likelihood."""
    return np.asarray(2.0 * np.linalg.inv(hessian), dtype=float)


def satterthwaite(here: Profile, back: Floats) -> Satterthwaite:
    """Satterthwaite's degrees of freedom at the maximum.

    Parameters
    ----------
    here : Profile
    back : (k, k) array
        Coefficients are ``back @`` those of the profile.

    Returns
    -------
    Satterthwaite

    Notes
    -----
    The parameters have the covariance of the observed information, as in SAS and the R package
    mmrm.
    """
    turn = back @ here.inverse
    slopes = -(turn @ here.change @ turn.T)
    return Satterthwaite(turn @ back.T, slopes, uncertainty_of(here.hessian))


def kenward_roger(
    here: Profile, structure: Structure, patterns: Patterns, back: Floats
) -> tuple[KenwardRoger, Floats]:
    """Kenward and Roger's degrees of freedom and covariance, in the linear form of [2]_.

    Parameters
    ----------
    here : Profile
        At the maximum of the restricted likelihood.
    structure : Structure
        One whose covariance is linear in its parameters.
    patterns : Patterns
    back : (k, k) array

    Returns
    -------
    KenwardRoger
    covariance : (k, k) array
        Of the coefficients, enlarged.

    Notes
    -----
    As in SAS and the R package mmrm the parameters have the covariance of the observed information;
    pbkrtest takes the expected one.

    References
    ----------
    .. [1] Kenward MG, Roger JH (1997). Small sample inference for fixed effects from restricted
       maximum likelihood. *Biometrics* 53:983-997. https://doi.org/10.2307/2533558
    .. [2] Kenward MG, Roger JH (2009). An improved approximation to the precision of fixed effects
       from restricted maximum likelihood. *Comput Stat Data Anal* 53:2583-2595.
       https://doi.org/10.1016/j.csda.2008.12.013
    """
    assert structure.linear is not None
    parts = structure.linear(patterns.seen.shape[1])
    found = evaluate(here.covariances, np.stack([parts] * patterns.groups), patterns, True)
    assert found is not None
    _, _, inverse, _, hessian, _, change, inverses = found
    uncertainty = uncertainty_of(hessian)
    middle = _products(inverses, parts, uncertainty, patterns)
    mixed = (uncertainty @ change.reshape(len(change), -1)).reshape(change.shape)
    middle -= np.einsum("iab,ibc->ac", change @ inverse, mixed)
    adjusted = inverse + 2.0 * inverse @ ((middle + middle.T) / 2.0) @ inverse
    turn = back @ inverse
    pieces = KenwardRoger(turn @ back.T, -(turn @ change @ turn.T), uncertainty)
    return pieces, back @ adjusted @ back.T


def _products(inverses: Floats, parts: Floats, uncertainty: Floats, patterns: Patterns) -> Floats:
    """Sum over i, j of the covariance of parameters i and j times X'W V_i W V_j W X (k, k)."""
    own, k = len(parts), patterns.columns
    total = np.zeros(patterns.products.shape[2])
    for p, inverse in enumerate(inverses):
        place = patterns.group[p] * own + np.arange(own)
        mixed = np.tensordot(uncertainty[np.ix_(place, place)], parts, axes=1)
        core = inverse @ np.einsum("iab,ibc->ac", parts @ inverse, mixed) @ inverse
        core = (core + core.T) / 2.0
        total += core[patterns.first, patterns.second] @ patterns.products[p]
    return patterns.whole(total)[:k, :k]
