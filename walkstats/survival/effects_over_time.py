"""How does a hazard ratio change: from one period to the next, or with the logarithm of time?"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from walkstats._arguments import check_choice, check_flag, check_frame, check_level, check_times
from walkstats.formulas import Terms
from walkstats.numerics.limits import chi2_p
from walkstats.numerics.quadratic_forms import quadratic_form
from walkstats.results import CoxFit, Estimates, HypothesisTest, Result
from walkstats.survival.cox_rows import CoxRows, read_cox_rows
from walkstats.survival.cut_rows import PERIOD, CutRows, by_function, by_period, spells_of_rows
from walkstats.survival.proportional import TIES, fit_rows

Floats = NDArray[np.float64]
Indices = NDArray[np.intp]

BY = {"period": "one effect for each period", "log": "an effect that is linear in log time"}


@dataclass(frozen=True, eq=False)
class ChangingEffect(Result):
    """A Cox model in which the effect of one term changes over time.

    Attributes
    ----------
    fit : CoxFit
        Of the rows cut. By period its terms are ``arm[walking]:period[up to 90]`` and so on; with
        a function of time ``arm[walking]`` and ``arm[walking]:log(days)``, whose column new data
        need: ``period``, or ``log(days)``.
    constant : CoxFit
        The same model with an effect that does not change.
    effects : Estimates
        Log hazard ratios of the term: of each period, or at the times asked for. As ratios by
        ``ratio=True``.
    tests : mapping of str to HypothesisTest
        Of no change: wald, with the fit's variance, and likelihood_ratio where that is the model's.
    """

    fit: CoxFit
    constant: CoxFit
    effects: Estimates
    tests: Mapping[str, HypothesisTest] = field(default_factory=dict)

    def to_frame(self) -> pd.DataFrame:
        """One row per hazard ratio of ``effects``, as ratios."""
        return self.effects.to_frame(ratio=True)


def changing_effect(
    events: pd.DataFrame,
    formula: str,
    term: str,
    *,
    by: str | Callable[[Floats], ArrayLike] = "period",
    cuts: Sequence[float] | Floats | None = None,
    at: float | Sequence[float] | Floats | None = None,
    strata: Any = None,
    cluster: str | None = None,
    offset: str | None = None,
    ties: str = "efron",
    robust: bool | None = None,
    time: str | None = None,
    event: str = "event",
    event_value: object = None,
    entry: str | None = None,
    weights: str | None = None,
    frequencies: str | None = None,
    level: float = 0.95,
    subject: str | None = "participant_id",
) -> ChangingEffect:
    """Let the hazard ratio of a term change over follow-up, and test whether it does.

    Parameters
    ----------
    events : pandas.DataFrame
        One row per participant, or per (start, stop] spell of one.
    formula : str
        Covariates, such as ``"arm + age"``.
    term : str
        The term of the formula whose effect changes, such as ``"arm"``.
    by : {"period", "log"} or callable
        One effect for each period between ``cuts``; or the effect at time 1 and its change with
        log time; or with another function g of an array of times.
    cuts : sequence of float, optional
        For ``by="period"``: where one period ends and the next begins [days]. An event at a cut
        belongs to the period that ends there.
    at : float or sequence of float, optional
        For a function of time: when the ratio is given [days]. By default at the quartiles of the
        times of events.
    strata, cluster, offset, ties, robust, time, event, event_value, entry, weights, frequencies, \
level, subject
        As for ``cox``, in the unit of the frame. ``ties="exact"`` is possible with neither weights
        nor clusters.

    Returns
    -------
    ChangingEffect
        ``effects`` with the ratios, ``tests`` of no change, and the two fits.

    Raises
    ------
    ValueError
        For a term that the formula does not have or has within a product, cuts outside the times
        of events, and times at which the function of time is not finite.
    DataError
        As ``cox``, and for a period without events.
    FitError
        As ``cox``.

    Notes
    -----
    The log hazard ratio of x is b_p x in period p, or (b + c g(t)) x. Follow-up is cut at ``cuts``,
    or at every time of an event, and the model fitted to the pieces; cutting alone changes
    nothing, standard errors included: those of the rows stay (a person's pieces are one row), and
    with clusters they stay in theirs. The test of no change is of equal b_p, or of c = 0. Cuts
    chosen after a look at the curves find changes where there are none; choose them beforehand.
    Periods without events that lie before the first or after the last event are left out, and a
    note says so. R does the same with survSplit, or with tt().

    Hazard ratios by period compare those still free of the event, who differ more and more
    from those randomised when arms differ: a ratio that goes to 1 may be selection
    (Hernan 2010). Survival or restricted means compare everybody.

    References
    ----------
    Therneau TM, Grambsch PM. Modeling Survival Data: Extending the Cox Model. Springer 2000,
    section 6.6. https://doi.org/10.1007/978-1-4757-3294-8

    Hernan MA. The hazards of hazard ratios. Epidemiology 2010;21:13-15.
    https://doi.org/10.1097/EDE.0b013e3181c1ea43

    Examples
    --------
    >>> frame = pd.DataFrame({"days": [5, 8, 9, 12, 15, 20, 22, 30], "event": 7 * [1] + [0],
    ...                       "arm": ["a", "b", "a", "a", "b", "a", "b", "b"]})
    >>> change = changing_effect(frame, "arm", "arm", cuts=[10])
    >>> change.effects.terms
    ('arm[b]:period[up to 10]', 'arm[b]:period[after 10]')
    >>> round(change.tests["wald"].p_value, 2)
    0.71
    """
    check_frame(events)
    check_level(level)
    check_choice(ties, TIES, "ties")
    check_flag(robust, "robust", optional=True)
    follow_up = {"time": time, "event": event, "event_value": event_value, "entry": entry,
                 "weights": weights, "frequencies": frequencies}  # fmt: skip
    rows = read_cox_rows(
        events, formula, strata=strata, cluster=cluster, offset=offset, subject=subject,
        follow_up=follow_up,
    )  # fmt: skip
    _check_term(rows.design, term)
    _check_by(by, cuts, at)
    how: dict[str, Any] = {"ties": ties, "robust": robust, "level": level}
    constant = fit_rows(rows, formula, **how)
    spells = spells_of_rows(rows)
    if by == "period":
        assert cuts is not None
        cut = by_period(spells, events, term, check_times(cuts, "cuts"))
    else:
        cut = by_function(spells, events, term, by)
    fit = fit_rows(_robust_as(cut.rows, constant), f"{formula}, {term} by {cut.said}", **how)
    said = f"The effect of {term} changes by {cut.said}."
    fit = replace(fit, method=f"{fit.method} {said}", notes=(*fit.notes, *cut.notes))
    effects = _effects(fit, cut, None if at is None else check_times(at, "at"))
    return ChangingEffect(
        fit, constant, effects, _tests(fit, constant, cut, term),
        method=fit.method, notes=fit.notes, counts=fit.counts, source=fit.source,
    )  # fmt: skip


def _check_term(design: Terms, term: str) -> None:
    if term not in design.columns_of:
        known = ", ".join(design.columns_of) or "none"
        raise ValueError(f"term must be a term of the formula, got {term!r}. They are: {known}.")
    parts = {part for piece in design.pieces if piece.term == term for part in piece.variables}
    for piece in design.pieces:
        if piece.term != term and parts < set(piece.variables):
            raise ValueError(
                f"{term} is part of {piece.term} as well, so its effect is several. Name "
                f"{piece.term} as the term, or leave the product out."
            )
    if PERIOD in design.variables:
        raise ValueError(
            f"The formula has a column {PERIOD!r}, the name of the periods: rename it."
        )


def _check_by(by: Any, cuts: Any, at: Any) -> None:
    if not callable(by):
        check_choice(by, BY, "by")
    if by == "period" and cuts is None:
        raise ValueError("Periods need cuts, the times at which the effect may change: cuts=[...].")
    if by == "period" and at is not None:
        raise ValueError("at= is for an effect that changes with a function of time.")
    if by != "period" and cuts is not None:
        raise ValueError('cuts= is for by="period".')


def _robust_as(rows: CoxRows, constant: CoxFit) -> CoxRows:
    """Pieces of a row as its cluster where the variance is robust without one; else no cluster."""
    if constant.cluster is not None:
        return rows
    if np.array_equal(constant.covariance, constant.naive_covariance, equal_nan=True):
        return replace(rows, cluster=None)
    return replace(rows, columns={**rows.columns, "cluster": "row"})


# --- what is estimated and tested ----------------------------------------------------------------


def _effects(fit: CoxFit, cut: CutRows, at: Floats | None) -> Estimates:
    """Log hazard ratios: of each period, or at chosen times."""
    common: dict[str, Any] = {
        "link": "log", "level": fit.level, "measure": fit.measure, "method": fit.method,
        "notes": fit.notes, "counts": fit.counts, "source": fit.source,
    }  # fmt: skip
    if cut.of is None:
        places = cut.columns.ravel()
        return Estimates(
            tuple(fit.terms[k] for k in places), fit.values[places],
            fit.covariance[np.ix_(places, places)],
            limits=None if fit.limits is None else fit.limits[places], **common,
        )  # fmt: skip
    if at is None:
        copies = cut.rows.frequencies
        happened = cut.rows.stop[cut.rows.event]
        if copies is not None:
            happened = np.repeat(happened, copies[cut.rows.event].astype(np.intp))
        at = np.unique(np.quantile(happened, (0.25, 0.5, 0.75), method="inverted_cdf"))
        common["notes"] = (*fit.notes, "Ratios are given at the quartiles of the times of events.")
    g = cut.of(at)
    if not np.all(np.isfinite(g)):
        raise ValueError("The function of time is not finite at every time of at=.")
    first, second = cut.columns
    weights = np.zeros((at.size * first.size, len(fit.terms)))
    rows = np.arange(len(weights))
    weights[rows, np.tile(first, at.size)] = 1.0
    weights[rows, np.tile(second, at.size)] = np.repeat(g, first.size)
    with np.errstate(invalid="ignore"):
        values, covariance = weights @ fit.values, weights @ fit.covariance @ weights.T
    terms = [f"{fit.terms[k]} at {time:g}" for time in at for k in first]
    return Estimates(tuple(terms), values, covariance, **common)


def _tests(fit: CoxFit, constant: CoxFit, cut: CutRows, term: str) -> dict[str, HypothesisTest]:
    """Of no change: Wald's, and the likelihood ratio where the variance is model-based."""
    if cut.of is None:
        first, others = cut.columns[0], cut.columns[1:]
        contrasts = np.zeros((others.size, len(fit.terms)))
        rows = np.arange(others.size)
        contrasts[rows, others.ravel()] = 1.0
        contrasts[rows, np.tile(first, len(others))] -= 1.0
    else:
        contrasts = np.eye(len(fit.terms))[cut.columns[1]]
    with np.errstate(invalid="ignore"):
        apart, spread = contrasts @ fit.values, contrasts @ fit.covariance @ contrasts.T
    found = {"wald": ("Wald test of no change", *quadratic_form(apart, spread))}
    if np.array_equal(fit.covariance, fit.naive_covariance, equal_nan=True):
        ratio = max(2.0 * (fit.log_likelihood - constant.log_likelihood), 0.0)
        found["likelihood_ratio"] = ("likelihood-ratio test of no change", ratio, len(contrasts))
    return {
        key: HypothesisTest(
            name=name,
            null=f"The hazard ratio of {term} is the same at all times.",
            statistic=statistic,
            df=float(df),
            p_value=float(chi2_p(statistic, df)),
            method=fit.method,
            counts=fit.counts,
            source=fit.source,
        )
        for key, (name, statistic, df) in found.items()
    }
