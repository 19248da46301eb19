"""What is expected of anybody with these covariates, and what of this person?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from walkstats._arguments import check_choice, check_column, check_flag, check_frame, check_level
from walkstats.numerics import limits
from walkstats.regression.mixed.mixed_fits import LinearMixedFit, Pieces, pieces_of
from walkstats.regression.mixed.person_effects import error_covariance, reaches

Floats = NDArray[np.float64]
Codes = NDArray[np.intp]

WHO = ("population", "person")


def predict_mixed(
    fit: LinearMixedFit,
    new: pd.DataFrame,
    *,
    who: str = "population",
    observation: bool = False,
    level: float = 0.95,
) -> pd.DataFrame:
    """Learn what outcome is expected at new covariates, of people at large or of those measured.

    Parameters
    ----------
    fit : LinearMixedFit
    new : pandas.DataFrame
        One row per prediction, with the columns of the formula; of a person also those of the
        random part, of the person, and of the outer group.
    who : {"population", "person"}
        The mean over people, or this person's own mean. Of a person whom the fit has not seen that
        is the population's, with the uncertainty of not knowing how this one differs.
    observation : bool
        Limits for one new measure instead of for the mean.
    level : float
        Confidence level.

    Returns
    -------
    pandas.DataFrame
        One row per row of `new`, with its index: estimate, std_error (of the error of prediction),
        df, conf_low, conf_high; for ``who="person"`` also known, whether the fit has seen the
        person. Rows with a missing covariate are missing.

    Raises
    ------
    ValueError
        For a fit of another kind, or columns that are not there.
    DataError
        For levels that the fit has not seen.

    Notes
    -----
    A person's mean is x'b + z'u with u the best linear unbiased prediction: the person's own
    deviation, drawn towards 0 the more the less is known of it. Its error counts that of b and of
    u together [1]_ and takes the variances as known, so that limits are too narrow with few people.
    The population's mean has the degrees of freedom of the fit; the others are normal.

    References
    ----------
    .. [1] Henderson CR (1975). Best linear unbiased estimation and prediction under a selection
       model. *Biometrics* 31:423-447. https://doi.org/10.2307/2529430

    Examples
    --------
    >>> import pandas as pd
    >>> from walkstats.regression import linear_mixed
    >>> frame = pd.DataFrame({
    ...     "participant_id": ["a", "a", "b", "b", "c", "c", "d", "d"],
    ...     "week": [1, 2, 1, 2, 1, 2, 1, 2],
    ...     "pain": [5.0, 4.0, 7.0, 6.5, 3.0, 2.5, 6.0, 4.5],
    ... })
    >>> fit = linear_mixed(frame, "pain ~ week")
    >>> new = pd.DataFrame({"participant_id": ["c", "new"], "week": [3, 3]})
    >>> predict_mixed(fit, new, who="person")[["estimate", "std_error", "known"]].round(2)
       estimate  std_error  known
    0      1.48       0.43   True
    1      3.50       1.88  False
    """
    pieces = pieces_of(fit)
    check_frame(new, "new")
    check_choice(who, WHO, "who")
    check_flag(observation, "observation")
    check_level(level)
    assert fit.design is not None
    x = fit.design.matrix(new)
    if who == "population":
        parts = _of_population(fit, pieces, new, x, observation)
    else:
        parts = _of_people(fit, pieces, new, x)
    variance = parts.variance + (fit.sigma**2 if observation else 0.0)
    std_error = np.sqrt(variance)
    half = limits.t_quantile(level, parts.df) * std_error
    columns = {
        "estimate": parts.estimate,
        "std_error": std_error,
        "df": parts.df,
        "conf_low": parts.estimate - half,
        "conf_high": parts.estimate + half,
    }
    out = pd.DataFrame(columns, index=new.index)
    if parts.known is not None:
        out["known"] = parts.known
    out.attrs = {"source": fit.source, "method": _said(fit, who, observation, level)}
    return out


@dataclass(frozen=True)
class _Parts:
    """Predictions, their variance but for the residual one, and who is known."""

    estimate: Floats
    variance: Floats
    df: Floats
    known: NDArray[np.bool_] | None = None


def _said(fit: LinearMixedFit, who: str, observation: bool, level: float) -> str:
    whose = "of people at large" if who == "population" else "of each person"
    what = "a new measure" if observation else "the mean"
    return f"{fit.method} Predictions {whose}; {100 * level:g} % limits for {what}."


def _of_population(
    fit: LinearMixedFit, pieces: Pieces, new: pd.DataFrame, x: Floats, observation: bool
) -> _Parts:
    variance = np.einsum("ni,ij,nj->n", x, fit.covariance, x)
    if observation:
        variance = variance + _between(fit, pieces, new)
        return _Parts(x @ fit.values, variance, np.full(len(x), np.inf))
    df = np.array([fit.freedom.of(row) if np.all(np.isfinite(row)) else np.nan for row in x])
    return _Parts(x @ fit.values, variance, df)


def _random(fit: LinearMixedFit, new: pd.DataFrame) -> Floats:
    assert fit.random_design is not None
    return fit.random_design.matrix(new)


def _between(fit: LinearMixedFit, pieces: Pieces, new: pd.DataFrame) -> Floats:
    """Variance of a person's own mean about the population's."""
    z = _random(fit, new)
    covariance = fit.covariance_by_group["all"]
    outer = pieces.scale.outer(pieces.shape)[0]
    return np.einsum("ni,ij,nj->n", z, covariance, z) + outer


def _of_people(fit: LinearMixedFit, pieces: Pieces, new: pd.DataFrame, x: Floats) -> _Parts:
    z = _random(fit, new)
    place = _places(new, fit.subject, pieces.names, "the participant")
    known = place >= 0
    home = None if pieces.home is None else _homes(fit, pieces, new, place)
    effects = fit._own("random_effects").iloc[:, 1:].to_numpy(dtype=float)
    own = np.where(known[:, None], effects[place], 0.0)
    estimate = x @ fit.values + np.einsum("ni,ni->n", z, own)
    if home is not None:
        groups = fit._own("group_effects")["intercept"].to_numpy(dtype=float)
        estimate = estimate + np.where(home >= 0, groups[home], 0.0)
    variance = _error(fit, pieces, x, z, place, home)
    return _Parts(estimate, variance, np.full(len(x), np.inf), known)


def _places(new: pd.DataFrame, column: str, names: NDArray[np.object_], role: str) -> Codes:
    """Position of each row's person (group) among those of the fit, -1 for others."""
    values = check_column(new, column, role).to_numpy(dtype=object)
    return pd.Index(names).get_indexer(pd.Index(values)).astype(np.intp)


def _homes(fit: LinearMixedFit, pieces: Pieces, new: pd.DataFrame, place: Codes) -> Codes:
    """Outer group of each row: that of the person where it is known, else the row's own."""
    assert pieces.home is not None
    assert pieces.outer_names is not None
    if fit.nested in new.columns:
        given = _places(new, str(fit.nested), pieces.outer_names, "the outer group")
    elif np.all(place >= 0):
        given = np.full(len(place), -1, dtype=np.intp)
    else:
        check_column(new, fit.nested, "the outer group")
    return np.where(place >= 0, pieces.home[place], given)


def _error(
    fit: LinearMixedFit, pieces: Pieces, x: Floats, z: Floats, place: Codes, home: Codes | None
) -> Floats:
    """Variance of the error of x'b + z'u, from that of coefficients and effects together."""
    sums, scale = pieces.sums, pieces.scale
    found = reaches(sums, pieces.shape, scale.theta)
    weights = [x @ pieces.back, z @ sums.turn]
    stand_in = pieces.ranks[np.maximum(place, 0)]
    if home is not None and pieces.home is not None:
        # Somebody of the same group has the same error of the group's effect.
        member = np.unique(pieces.home, return_index=True)[1][np.maximum(home, 0)]
        stand_in = np.where(place >= 0, stand_in, pieces.ranks[member])
        weights.append(np.ones((len(x), 1)))
    full = error_covariance(sums, found, pieces.information, stand_in)
    k, q = pieces.information.shape[0], z.shape[1]
    stranger = place < 0
    mine = slice(k, k + q)
    full[stranger, mine, :] = 0.0
    full[stranger, :, mine] = 0.0
    full[stranger, mine, mine] = found.random
    if home is not None:
        elsewhere = home < 0
        full[elsewhere, -1, :] = 0.0
        full[elsewhere, :, -1] = 0.0
        full[elsewhere, -1, -1] = found.outer
    both = np.concatenate(weights, axis=1)
    return np.asarray(scale.residual * np.einsum("ni,nij,nj->n", both, full, both))
