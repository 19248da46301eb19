"""How is a fitted model handed over? Estimates with their formula, likelihood and state."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from walkstats.results.estimates import Estimates, HypothesisTest

if TYPE_CHECKING:
    from walkstats.formulas import Terms

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Fit(Estimates):
    """A fitted model.

    Attributes
    ----------
    formula : str
    design : walkstats.formulas.Terms
        Makes the matrix of new data: ``design.matrix(frame)``.
    log_likelihood, log_likelihood_null : float
    state : {"converged", "boundary", "infinite", "not converged"}
    model : object
        The engine's own object where another package did the work; never needed to read a number.
    """

    formula: str = ""
    design: Terms | None = None
    log_likelihood: float = np.nan
    log_likelihood_null: float = np.nan
    state: str = "converged"
    model: Any = None

    def positions(self, name: str) -> list[int]:
        """Positions of a term's coefficients: one, or all columns of a term of the formula."""
        if name in self.terms or self.design is None:
            return [self._position(name)]
        columns = self.design.columns_of.get(name)
        if columns is None:
            known = ", ".join(dict.fromkeys([*self.design.columns_of, *self.terms]))
            raise ValueError(f"No term {name!r}. The terms are: {known}.")
        return list(range(columns.start, columns.stop))


@dataclass(frozen=True, eq=False)
class CoxFit(Fit):
    """A fitted Cox model.

    Attributes
    ----------
    ties : {"efron", "breslow", "exact"}
    risk_sets : object
        The data as sorted once (``walkstats.survival.risk_sets``).
    matrix : (n, k) array
        Covariates of the rows used, in the frame's order.
    centre : (k,) array
        Means of the covariates.
    naive_covariance : (k, k) array
        Model-based, also where ``covariance`` is the sandwich.
    tests : mapping of str to HypothesisTest
        likelihood_ratio, score, wald (and robust_score where the variance is the sandwich).
    offset : (n,) array or None
    cluster : (n,) integer codes or None
    kept : (n,) positions of the rows used in the frame given
    index : pandas.Index or None
        Labels of the rows used.
    strata : tuple of str
        Columns whose combinations are the strata; empty without strata.
    stratum_values : tuple of tuple
        For each code of ``risk_sets.strata`` the values of those columns.
    subjects : (n,) array or None
        Person of each row used, where the frame names them.
    penalty : str or None
        "firth" where the likelihood is Firth's.
    columns : mapping of str to str
        Role -> column it was read from: time, entry, event, weights, frequencies, offset, cluster,
        subject, where there is one.
    """

    link: str = "log"
    measure: str = "hazard ratio"
    ties: str = "efron"
    risk_sets: Any = None
    matrix: Floats = field(default_factory=lambda: np.empty((0, 0)))
    centre: Floats = field(default_factory=lambda: np.empty(0))
    naive_covariance: Floats = field(default_factory=lambda: np.empty((0, 0)))
    tests: Mapping[str, HypothesisTest] = field(default_factory=dict)
    offset: Floats | None = None
    cluster: NDArray[np.int64] | None = None
    kept: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, dtype=np.int64))
    index: pd.Index | None = None
    strata: tuple[str, ...] = ()
    stratum_values: tuple[tuple[Any, ...], ...] = ()
    subjects: NDArray[Any] | None = None
    penalty: str | None = None
    columns: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class MixedFit(Fit):
    """A fitted model of repeated measures.

    Attributes
    ----------
    outcome_name : str
        Left side of the formula.
    variance : Estimates or None
        Variances and correlations of the model, with their intervals.
    covariance_by_group : mapping of str to (q, q) array
        Covariance of what is repeated, by group, or under "all": of the visits (``mmrm``), of the
        random effects (``linear_mixed``).
    random_effects : pandas.DataFrame or None
        Predicted random effects, one row per subject.
    reml : bool
        Whether the likelihood is the restricted one.
    matrix : (n, k) array
        The design matrix of the rows used.
    outcome, fitted : (n,) arrays
        Of the rows used; ``fitted`` is the mean, without random effects.
    subjects : (n,) array or None
        Person of each row used.
    kept : (n,) positions of the rows used in the frame given
    index : pandas.Index or None
        Labels of the rows used.
    """

    outcome_name: str = ""
    variance: Estimates | None = None
    covariance_by_group: Mapping[str, Floats] = field(default_factory=dict)
    random_effects: pd.DataFrame | None = None
    reml: bool = True
    matrix: Floats = field(default_factory=lambda: np.empty((0, 0)))
    outcome: Floats = field(default_factory=lambda: np.empty(0))
    fitted: Floats = field(default_factory=lambda: np.empty(0))
    subjects: NDArray[Any] | None = None
    kept: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, dtype=np.int64))
    index: pd.Index | None = None
