"""Is it the person, or the week? The slopes between people and within them, side by side."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from walkstats._labels import in_sentence
from walkstats.regression.linear import LinearFit
from walkstats.regression.mixed.mixed_fits import LinearMixedFit
from walkstats.results import Estimates, Fit, Freedom

Floats = NDArray[np.float64]
Codes = NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class WithinBetween(Estimates):
    """Slopes between people and within them.

    Attributes
    ----------
    column : str
        What was split.
    outcome_name : str
    people : pandas.DataFrame
        One row per person: x (mean of the column), y (mean of the outcome, with the other
        covariates at their means), x_low and x_high (range walked), slope (within, of this person).
    centre : (float, float)
        Means of x and y over the rows.
    """

    column: str = ""
    outcome_name: str = ""
    people: pd.DataFrame = field(default_factory=pd.DataFrame)
    centre: tuple[float, float] = (np.nan, np.nan)


def within_between_slopes(fit: Fit, column: str) -> WithinBetween:
    """Compare the slope between people with that within them.

    Parameters
    ----------
    fit : LinearMixedFit or LinearFit
        With ``<column>_within`` and ``<column>_between`` (from ``derive.within_between``) among its
        terms; an ``ols`` fit clustered by person.
    column : str
        What was split, e.g. ``"walking_minutes"``.

    Returns
    -------
    WithinBetween
        Terms between, within, and between - within (0 if it made no difference whether people or
        weeks are compared), with what ``figures.plot_within_between`` needs.

    Raises
    ------
    ValueError
        For a fit of another kind, or without both terms.

    Notes
    -----
    The third is the contextual effect: what being a person who walks more goes with, at the same
    minutes in the week. Where slopes interact with another covariate those shown are at its
    reference level, or at 0, and a note says so.

    Examples
    --------
    >>> import walkstats as ws
    >>> frame = pd.DataFrame({
    ...     "participant_id": [1, 1, 1, 2, 2, 2, 3, 3, 3],
    ...     "walking_minutes": [0, 30, 60, 60, 90, 120, 120, 150, 180],
    ...     "pain": [5.1, 4.4, 4.1, 6.0, 5.6, 4.9, 7.1, 6.4, 6.0]})
    >>> split = ws.derive.within_between(frame, "walking_minutes")
    >>> formula = "pain ~ walking_minutes_within + walking_minutes_between"
    >>> fit = ws.regression.linear_mixed(split, formula)
    >>> within_between_slopes(fit, "walking_minutes").values.round(4).tolist()
    [0.0164, -0.0178, 0.0342]
    """
    if not isinstance(fit, (LinearMixedFit, LinearFit)):
        raise ValueError(f"This needs a fit of linear_mixed or ols, got {type(fit).__name__}.")
    names = [f"{column}_between", f"{column}_within"]
    lacking = [name for name in names if name not in fit.terms]
    if lacking:
        raise ValueError(
            f"The fit has no term {lacking[0]!r}: split the column by derive.within_between and "
            f"write '{fit.formula.partition('~')[0].strip()} ~ {' + '.join(names)} + ...'."
        )
    places = [fit.terms.index(name) for name in names]
    slopes = np.zeros((3, len(fit.terms)))
    slopes[[0, 1], places] = 1.0
    slopes[2] = slopes[0] - slopes[1]
    rows = [fit.contrast(row, name=name) for row, name in zip(slopes, _TERMS, strict=True)]
    covariance = slopes @ fit.covariance @ slopes.T
    frame = _people(fit, places)
    return WithinBetween(
        terms=_TERMS,
        values=np.array([row.estimate for row in rows]),
        covariance=covariance,
        freedom=_turned(fit, slopes),
        level=fit.level,
        measure=f"difference in {in_sentence(fit.outcome_name)} per unit of {in_sentence(column)}",
        column=column,
        outcome_name=fit.outcome_name,
        people=frame,
        centre=_centre(fit, places),
        method=f"{fit.method} Slopes of {column} between people and within them.",
        notes=(*fit.notes, *_said_of_products(fit, names)),
        counts=fit.counts,
        source=fit.source,
    )


_TERMS = ("between", "within", "between - within")


@dataclass(frozen=True)
class _Along:
    """Degrees of freedom of combinations of the slopes, from those of the fit's contrasts."""

    fit: Fit
    slopes: Floats

    def of(self, weights: Floats) -> float:
        return self.fit.freedom.of(np.asarray(weights, dtype=float) @ self.slopes)


def _turned(fit: Fit, slopes: Floats) -> Freedom:
    return replace(fit.freedom, pieces=_Along(fit, slopes))


def _centre(fit: LinearMixedFit | LinearFit, places: list[int]) -> tuple[float, float]:
    x = fit.matrix[:, places].sum(axis=1)
    return float(x.mean()), float(fit.outcome.mean())


def _codes(fit: LinearMixedFit | LinearFit) -> tuple[Codes, pd.Index]:
    if isinstance(fit, LinearMixedFit):
        codes, names = pd.factorize(pd.Series(fit.subjects))
        return codes, pd.Index(names)
    if fit.cluster is None:
        raise ValueError("The ols fit does not know whose rows are whose: cluster it by person.")
    return np.asarray(fit.cluster), pd.RangeIndex(int(fit.cluster.max()) + 1)


def _people(fit: LinearMixedFit | LinearFit, places: list[int]) -> pd.DataFrame:
    """What the figure shows of each person."""
    codes, names = _codes(fit)
    between, within = fit.matrix[:, places[0]], fit.matrix[:, places[1]]
    others = np.delete(np.arange(fit.matrix.shape[1]), places)
    columns = fit.matrix[:, others]
    adjusted = fit.outcome - (columns - columns.mean(axis=0)) @ fit.values[others]
    rows = pd.DataFrame({"x": between + within, "y": adjusted})
    grouped = rows.groupby(codes, sort=True)
    out = grouped.mean()
    out["x_low"], out["x_high"] = grouped["x"].min(), grouped["x"].max()
    out["slope"] = fit.values[places[1]] + _own_slopes(fit, fit.terms[places[1]], len(names))
    out.insert(0, "person", names)
    return out.reset_index(drop=True)


def _own_slopes(fit: LinearMixedFit | LinearFit, term: str, people: int) -> Floats:
    """How much each person's slope differs, where slopes do."""
    own = fit._own("random_effects") if isinstance(fit, LinearMixedFit) else None
    if own is None or term not in own:
        return np.zeros(people)
    return np.asarray(own[term], dtype=float)


def _said_of_products(fit: Fit, names: list[str]) -> list[str]:
    products = [t for t in fit.terms if ":" in t and set(t.split(":")) & set(names)]
    if not products:
        return []
    return [
        f"The slopes depend on other covariates ({', '.join(products)}): shown are those at the "
        "reference level, or at 0."
    ]
