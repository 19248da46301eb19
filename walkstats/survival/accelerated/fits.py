"""What does a parametric model return? Fits with their likelihood, criteria and rows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from walkstats.numerics.limits import chi2_p
from walkstats.numerics.quadratic_forms import quadratic_form
from walkstats.numerics.sandwich import outer_sum, sandwich
from walkstats.results import Counts, Fit, HypothesisTest
from walkstats.survival.accelerated.contributions import EXACT
from walkstats.survival.accelerated.observed_times import TimedRows
from walkstats.survival.clusters import check_clusters
from walkstats.survival.cox_rows import CoxRows

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class TimeFit(Fit):
    """A fitted distribution of times.

    Attributes
    ----------
    aic, bic : float
        -2 log-likelihood + 2 p, and + log(participants) p, for p parameters estimated.
    naive_covariance : (p, p) array
        Model-based, also where ``covariance`` is the sandwich.
    tests : mapping of str to HypothesisTest
        likelihood_ratio and wald, of all covariates; empty without covariates.
    rows : object
        The data as read: how each time was seen, covariates, weights.
    scores : (n, p) array
        Derivatives of each row's log-likelihood, for one copy of weight 1.
    strata : tuple of str
        Columns whose combinations have parameters of their own; empty without.
    stratum_values : tuple of tuple
        Values of those columns for each stratum.
    columns : mapping of str to str
        Role -> column it was read from.
    """

    aic: float = np.nan
    bic: float = np.nan
    naive_covariance: Floats = field(default_factory=lambda: np.empty((0, 0)))
    tests: Mapping[str, HypothesisTest] = field(default_factory=dict)
    rows: Any = None
    scores: Floats = field(default_factory=lambda: np.empty((0, 0)))
    strata: tuple[str, ...] = ()
    stratum_values: tuple[tuple[Any, ...], ...] = ()
    columns: Mapping[str, str] = field(default_factory=dict)

    @property
    def index(self) -> pd.Index:
        """Labels of the rows used."""
        return self.rows.read.index


@dataclass(frozen=True, eq=False)
class ParametricFit(TimeFit):
    """A fitted accelerated failure time model.

    Attributes
    ----------
    family : str
    scale : mapping of str to float
        Stratum (``"all"`` without strata) -> scale.
    scale_fixed : bool
        Whether the scale was given, by the family or by the caller.
    """

    family: str = ""
    scale: Mapping[str, float] = field(default_factory=dict)
    scale_fixed: bool = False


@dataclass(frozen=True, eq=False)
class FlexibleFit(TimeFit):
    """A fitted model of the log cumulative hazard as a spline of log time.

    Attributes
    ----------
    df : int
    knots : (df + 1,) array
        In log time, the boundary knots included.
    varying : tuple of str
        Terms of the formula whose effect changes with time.
    varying_knots : (m,) array
        Knots of those changes.
    """

    df: int = 1
    knots: Floats = field(default_factory=lambda: np.empty(0))
    varying: tuple[str, ...] = ()
    varying_knots: Floats = field(default_factory=lambda: np.empty(0))


@dataclass(frozen=True, eq=False)
class RateFit(TimeFit):
    """A fitted piecewise exponential model.

    Attributes
    ----------
    cuts : (m - 1,) array
        Where the rate changes.
    rates : pandas.DataFrame
        One row per period: low, high, events, person_time, rate (events per time, without
        covariates).
    """

    cuts: Floats = field(default_factory=lambda: np.empty(0))
    rates: pd.DataFrame = field(default_factory=pd.DataFrame)


# --- what all of them are packed with -----------------------------------------------------------


def wants_robust(read: CoxRows, robust: bool | None, cluster: str | None, parameters: int) -> bool:
    """Whether the variance is the sandwich; refused where clusters are too few for it."""
    if cluster is not None and robust is False:
        raise ValueError("cluster= asks for a robust variance; leave robust=False out.")
    fractional = read.weights is not None and bool(np.any(read.weights % 1))
    wanted = (read.cluster is not None or fractional) if robust is None else bool(robust)
    if wanted and read.cluster is not None:
        name = read.columns.get("cluster", read.columns.get("subject", ""))
        check_clusters(read.cluster, name, parameters)
    return wanted


def robust_covariance(scores: Floats, covariance: Floats, read: CoxRows) -> Floats:
    """Sandwich of the scores of rows (n, p), summed within clusters, between model-based parts."""
    rows = scores if read.weights is None else scores * read.weights[:, np.newaxis]
    known = ~np.isnan(np.diag(covariance))
    out = np.full_like(covariance, np.nan)
    meat = outer_sum(rows[:, known], read.cluster, read.frequencies)
    out[np.ix_(known, known)] = sandwich(covariance[np.ix_(known, known)], meat)
    return out


@dataclass(frozen=True, eq=False)
class Found:
    """What a kernel found, as far as all models pack it alike.

    Attributes
    ----------
    terms : tuple of str
    values : (p,)
    covariance : (p, p)
        Model-based.
    scores : (n, p)
    log_likelihood, log_likelihood_null : float
        Of the density of the time.
    state : str
    effects : (k,) positions of the coefficients of covariates
    condition : float
    nearly : tuple of str
        Covariates that are nearly collinear.
    """

    terms: tuple[str, ...]
    values: Floats
    covariance: Floats
    scores: Floats
    log_likelihood: float
    log_likelihood_null: float
    state: str
    effects: NDArray[np.intp]
    condition: float
    nearly: tuple[str, ...]


def packed(
    found: Found, rows: TimedRows, *, robust: bool, method: str, notes: Iterable[str] = ()
) -> dict[str, Any]:
    """The fields of `TimeFit` that every model fills alike."""
    read, covariance = rows.read, found.covariance
    if robust:
        covariance = robust_covariance(found.scores, found.covariance, read)
    aic, bic = criteria(found.log_likelihood, len(found.terms), read.counts.participants)
    some = found.effects
    return {
        "terms": found.terms,
        "aside": tuple(name for k, name in enumerate(found.terms) if k not in set(some.tolist())),
        "values": found.values,
        "covariance": covariance,
        "log_likelihood": found.log_likelihood,
        "log_likelihood_null": found.log_likelihood_null,
        "state": found.state,
        "aic": aic,
        "bic": bic,
        "naive_covariance": found.covariance,
        "tests": tests_of_covariates(
            found.values[some],
            covariance[np.ix_(some, some)],
            found.log_likelihood - found.log_likelihood_null,
            method,
            read.counts,
            read.source,
        ),
        "rows": rows,
        "scores": found.scores,
        "strata": read.stratum_names,
        "stratum_values": read.stratum_values,
        "columns": read.columns,
        "method": method,
        "notes": (*rows.notes, *notes_on_state(found, read.counts.events), *notes),
        "counts": read.counts,
        "source": read.source,
    }


def of_exact_times(rows: TimedRows) -> float:
    """What the density of log times has more than that of the times, summed over events."""
    exact = rows.seen == EXACT
    return float(rows.weight[exact] @ np.log(rows.time[exact]))


def criteria(log_likelihood: float, parameters: int, people: int) -> tuple[float, float]:
    """AIC and BIC."""
    lack = -2.0 * log_likelihood
    return lack + 2.0 * parameters, lack + float(np.log(people)) * parameters


def tests_of_covariates(
    values: Floats, covariance: Floats, gain: float, method: str, counts: Counts, source: str
) -> dict[str, HypothesisTest]:
    """Likelihood-ratio and Wald test that all of some coefficients (k,) are zero."""
    k = values.size
    if k == 0:
        return {}
    wald, rank = quadratic_form(values, covariance)
    if rank < k:  # a robust variance of few rows that differ
        wald = np.nan
    named = {
        "likelihood_ratio": ("likelihood-ratio test", 2.0 * gain),
        "wald": ("Wald test", wald),
    }
    return {
        key: HypothesisTest(
            name=name,
            null="All coefficients of covariates are zero.",
            statistic=statistic,
            df=float(k),
            p_value=float(chi2_p(statistic, k)),
            method=method,
            counts=counts,
            source=source,
        )
        for key, (name, statistic) in named.items()
    }


def variance_said(read: CoxRows, robust: bool) -> str:
    """How the variance was estimated, as a sentence."""
    if not robust:
        return "Model-based variance."
    if read.cluster is None:
        why = "" if read.weights is None or not np.any(read.weights % 1) else ", weights fractional"
        return f"Robust (sandwich) variance{why}."
    name = read.columns.get("cluster", read.columns.get("subject", ""))
    return (
        f"Robust (sandwich) variance clustered by {name} ({int(read.cluster.max()) + 1} clusters)."
    )


def read_as(read: CoxRows) -> str:
    """What was read beside times and covariates, as the end of a clause."""
    text = ""
    if read.weights is not None:
        text += f", weighted by {read.columns['weights']}"
    if read.frequencies is not None:
        text += f", rows counted {read.columns['frequencies']} times"
    if read.offset is not None:
        text += f", offset {read.columns['offset']}"
    return text


def seen_as(rows: TimedRows) -> str:
    """How the times were seen, where not all are events and censorings on the right."""
    copies = rows.read.frequencies
    size = np.ones(rows.seen.size) if copies is None else copies
    words = ("right-censored", "exact", "left-censored", "interval-censored")
    number = [round(float(size[rows.seen == code].sum())) for code in range(4)]
    if number[2] + number[3] == 0:
        return ""
    told = [f"{n} {word}" for n, word in zip(number, words, strict=True) if n]
    return f" Times: {', '.join(told)}."


def notes_on_state(found: Found, events: int | None) -> list[str]:
    """What a reader must know of how the search ended and of the covariates."""
    notes = []
    if events == 1:
        notes.append("There is one event only: estimates and tests rest on it alone.")
    both = zip(found.terms, found.values, strict=True)
    infinite = [term for term, value in both if np.isinf(value)]
    if found.state == "infinite":
        notes.append(
            f"{' and '.join(infinite)}: no finite estimate, since the likelihood rises for ever; "
            + (
                "the times do not tell who has the event."
                if any(term.startswith("log(scale)") for term in infinite)
                else "a group without events is the usual reason."
            )
        )
    if found.state == "boundary":
        notes.append(
            f"{' and '.join(infinite)}: the scale shrinks to 0, so that everybody's event lies "
            "where the model puts it; there are no standard errors."
        )
    if found.state == "not converged":
        notes.append("The search ended without a maximum: the estimates must not be used.")
    if found.nearly:
        notes.append(
            f"{' and '.join(found.nearly)} are nearly collinear (condition number "
            f"{found.condition:.2g}): their own effects are poorly told apart."
        )
    return notes
