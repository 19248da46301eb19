"""What does a mixed model hand over? The fit, and the pieces from which the rest is computed."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from walkstats.formulas import Terms
from walkstats.regression.mixed.components import Scale
from walkstats.regression.mixed.likelihood import Shape
from walkstats.regression.mixed.person_sums import Sums
from walkstats.results import MixedFit
from walkstats.results.frozen import Frozen

Floats = NDArray[np.float64]
Codes = NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class Pieces(Frozen):
    """What is kept of a fit so that nothing has to be read again.

    Attributes
    ----------
    sums : Sums
    shape : Shape
    scale : Scale
    back : (k, k) array
    information : (k, k) array
        X'V^-1 X of the standardised columns.
    coefficients : (k,) array
        Standardised, about least squares.
    constant : float
        To be added to the deviance of standardised columns.
    people : (n,) codes of the rows used
    names : (P,) array
        The person of each code.
    ranks : (P,) codes
        Place of each person among those sorted as the sums are.
    home : (P,) codes or None
        Outer group of each person.
    outer_names : (G,) array or None
    """

    sums: Sums
    shape: Shape
    scale: Scale
    back: Floats
    information: Floats
    coefficients: Floats
    constant: float
    people: Codes
    names: NDArray[np.object_]
    ranks: Codes
    home: Codes | None
    outer_names: NDArray[np.object_] | None


@dataclass(frozen=True, eq=False)
class LinearMixedFit(MixedFit):
    """A linear mixed model.

    Attributes
    ----------
    subject : str
        Column of the person.
    random : str
        What varies between people, as it was given.
    random_design : walkstats.formulas.Terms
        Makes the random design of new data.
    correlated : bool
        Whether random effects of a person may correlate.
    nested : str or None
        Column of the groups within which people are.
    group_effects : pandas.DataFrame or None
        Predicted effects of those groups, one row each.
    fitted_person : (n,) array
        Mean and random effects of the rows used.
    sigma : float
        Residual standard deviation.
    parameters : int
        Estimated: coefficients, variances and correlations.
    deviance : float
        -2 log-likelihood (REML: restricted).
    scaled_gradient : float
        Root of gradient' Hessian^-1 gradient of the deviance at the end of the search.
    pieces : object
        What predictions, profiles and comparisons are computed from.
    """

    subject: str = ""
    random: str = "1"
    random_design: Terms | None = None
    correlated: bool = True
    nested: str | None = None
    group_effects: pd.DataFrame | None = None
    fitted_person: Floats = field(default_factory=lambda: np.empty(0))
    sigma: float = np.nan
    parameters: int = 0
    deviance: float = np.nan
    scaled_gradient: float = np.nan
    pieces: Pieces | None = None

    @property
    def residuals(self) -> Floats:
        """Outcome less mean and random effects (n,)."""
        return np.asarray(self.outcome - self.fitted_person)

    @property
    def aic(self) -> float:
        """Akaike's criterion; under REML of the restricted likelihood, as in R's lme4.

        Of two REML fits it may be compared only when their formulas have the same fixed part.
        """
        return self.deviance + 2.0 * self.parameters

    @property
    def bic(self) -> float:
        """Bayesian criterion with the log of the number of rows, as in R's lme4.

        Of two REML fits it may be compared only when their formulas have the same fixed part.
        """
        return self.deviance + float(np.log(len(self.outcome))) * self.parameters


def pieces_of(fit: LinearMixedFit) -> Pieces:
    """The pieces of a fit made here."""
    if not isinstance(fit, LinearMixedFit) or fit.pieces is None:
        raise ValueError(f"This needs a fit of linear_mixed, got {type(fit).__name__}.")
    return fit.pieces
