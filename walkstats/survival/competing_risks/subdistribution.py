"""By what factor does a covariate change the incidence of an outcome? The Fine-Gray model."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from walkstats._arguments import as_names, check_choice, check_level
from walkstats._variables import as_numbers
from walkstats.errors import FitError
from walkstats.formulas import variables_in
from walkstats.numerics.limits import chi2_p
from walkstats.numerics.quadratic_forms import quadratic_form
from walkstats.numerics.sandwich import cluster_sums, outer_sum, sandwich
from walkstats.results import Counts, CoxFit, HypothesisTest
from walkstats.survival.competing_risks.modelled_rows import ModelledRows, read_modelled_rows
from walkstats.survival.competing_risks.weighted_rows import (
    Leaving,
    WeightedRows,
    leaving_times,
    split_at,
    weight_influence,
    weighted_rows,
)
from walkstats.survival.cox_rows import said_of_events_left_out
from walkstats.survival.partial_likelihood import score_residuals
from walkstats.survival.people import PERSON
from walkstats.survival.proportional import TIES, cox

Floats = NDArray[np.float64]

WEIGHTS = {
    "estimated": "variance with the estimation of the censoring weights",
    "known": "robust variance that takes the censoring weights as known",
}
# Columns of the rows that the Cox engine reads.
START, STOP, EVENT, WEIGHT, UNIT = "_from", "_until", "_event", "_weight", "_unit"
# How notes end that hold for curves and Cox models but not after an outcome that competes.
NO_FOLLOW_UP = (
    "at risk at time 0 only.", "at risk at no time.", "at risk at any time.",
    "not at risk: no follow-up.",
)  # fmt: skip


def fine_gray(
    events: pd.DataFrame,
    formula: str,
    *,
    of: object,
    strata: Any = None,
    cluster: str | None = None,
    outcome: str = "outcome",
    censored: object = "censored",
    censoring_by: Any = None,
    changing: Mapping[str, Callable[[Floats], Floats]] | None = None,
    ties: str = "breslow",
    censoring_weights: str = "estimated",
    time: str | None = None,
    entry: str | None = None,
    weights: str | None = None,
    frequencies: str | None = None,
    subject: str | None = PERSON,
    level: float = 0.95,
) -> CoxFit:
    """Estimate ratios of subdistribution hazards, which order the incidences of an outcome.

    Parameters
    ----------
    events : pandas.DataFrame
        One row per participant, or per spell of follow-up where there is an entry time.
    formula : str
        Covariates, such as ``"arm + age"``; no left side, no intercept.
    of : object
        The value of ``outcome`` that is modelled.
    strata : str or sequence of str, optional
        Columns whose combinations have baseline hazards of their own.
    cluster : str, optional
        Column of units that are independent of each other; by default the participant.
    outcome, censored
        As in `walkstats.survival.cumulative_incidence`.
    censoring_by : str or sequence of str, optional
        Columns within whose combinations censoring is estimated.
    changing : mapping of str to callable, optional
        Numeric column -> function of time: adds column x function as ``column_changing``, such as
        ``{"age": lambda days: numpy.log(days + 1)}``.
    ties : {"breslow", "efron"}
        Treatment of events at the same time.
    censoring_weights : {"estimated", "known"}
        Whether the variance takes into account that the weights are estimated.
    time, entry, weights, frequencies, subject
        As in `walkstats.survival.cox`.
    level : float
        Confidence level.

    Returns
    -------
    CoxFit
        Log ratios of subdistribution hazards; its likelihood is a weighted pseudo-likelihood. Its
        rows are those of the weighted data, ``kept`` tells where in ``events`` they come from.

    Raises
    ------
    ValueError
        For unknown columns and choices, and an outcome that is not there.
    DataError, FitError
        As `walkstats.survival.cox`.

    Notes
    -----
    1 - F(t | x) = (1 - F0(t)) ^ exp(b'x). Those who had another outcome at s stay at risk and
    count G(t-) / G(s-) at t > s, with G the Kaplan-Meier estimate of staying uncensored; with late
    entry also H(t-) / H(s-), with H the product-limit estimate of having entered (Geskus). The rest
    is one weighted Cox model. A ratio above 1 says that the incidence is higher, not that the
    outcome is caused: a covariate that prevents the other outcomes raises it too. Report it beside
    the cause-specific hazard of every outcome. Censoring must not depend on covariates, unless
    through ``censoring_by``.

    The variance sums, per participant, the score residuals and what the participant adds through
    the estimated weights. Breslow's ties and this variance are those of R's ``crr``;
    ``censoring_weights="known"`` is R's ``finegray`` followed by ``coxph``. At a tied time
    those with an outcome still count as at risk of being censored, as in ``crr``; ``finegray``
    takes them out first. Case weights count in the estimate of censoring too, which ``finegray``
    leaves unweighted. With ``censoring_by`` ``crr`` (2.2-11) leaves out of the variance what
    a censoring moves at the events of other groups; here all events count.

    References
    ----------
    .. [1] Fine JP, Gray RJ. J Am Stat Assoc 1999;94:496-509.
       https://doi.org/10.1080/01621459.1999.10474144
    .. [2] Geskus RB. Biometrics 2011;67:39-49. https://doi.org/10.1111/j.1541-0420.2010.01420.x

    Examples
    --------
    >>> import pandas as pd
    >>> from walkstats import survival
    >>> frame = pd.DataFrame({
    ...     "days": [10, 20, 30, 40, 15, 25, 50, 60],
    ...     "arm": ["control"] * 4 + ["walking"] * 4,
    ...     "outcome": ["recurrence", "recurrence", "surgery", "recurrence",
    ...                 "surgery", "recurrence", "censored", "recurrence"]})
    >>> fit = survival.fine_gray(frame, "arm", of="recurrence")
    >>> round(fit.estimate("arm[walking]", ratio=True).estimate, 2)
    0.4
    """
    check_level(level)
    check_choice(ties, ("breslow", "efron"), "ties")
    check_choice(censoring_weights, WEIGHTS, "censoring_weights")
    columns = {
        "time": time,
        "entry": entry,
        "weights": weights,
        "frequencies": frequencies,
        "subject": subject,
        "cluster": cluster,
    }
    read, one = read_modelled_rows(
        events, formula, of, strata, outcome, censored, censoring_by, changing, columns
    )
    if not np.any(read.causes.cause == one):
        raise FitError(f"No row used has {outcome} = {of!r}: nothing can be modelled.")
    made = _weighted(read, one, apart=censoring_weights == "estimated")
    names = (*as_names(strata, "strata"), *([] if frequencies is None else [frequencies]))
    expanded, full, made = _frame(events, read, made, changing or {}, formula, names)
    fit = cox(
        expanded, full, strata=strata, cluster=UNIT, ties=ties, time=STOP, event=EVENT,
        entry=START, weights=WEIGHT, frequencies=frequencies, subject=None, level=level,
    )  # fmt: skip
    estimated = censoring_weights == "estimated"
    covariance = _covariance(fit, read, made, estimated)
    said = f"{TIES[ties]}; {WEIGHTS[censoring_weights]}"
    return _pack(fit, covariance, events, read, made, one, full, said, columns, estimated)


@dataclass(frozen=True, eq=False)
class _Weighted:
    """The weighted rows and the censoring that they come from."""

    rows: WeightedRows
    leaving: list[Leaving]


def _weighted(read: ModelledRows, one: int, *, apart: bool) -> _Weighted:
    rows, cause = read.causes.rows, read.causes.cause
    leaving = []
    for g in range(len(rows.labels)):
        mine = rows.only(rows.group == g)
        mass = read.mass[rows.group == g]
        leaving.append(leaving_times(mine.start, mine.stop, mine.event, mine.goes_on, mass))
    other = (cause >= 0) & (cause != one)
    made = weighted_rows(
        read.start, rows.stop, cause == one, other, rows.group, leaving, apart=apart
    )
    return _Weighted(made, leaving)


def _frame(
    events: pd.DataFrame,
    read: ModelledRows,
    made: _Weighted,
    changing: Mapping[str, Callable[[Floats], Floats]],
    formula: str,
    names: tuple[Any, ...],
) -> tuple[pd.DataFrame, str, _Weighted]:
    """The frame and formula that the Cox engine reads."""
    rows = made.rows
    if changing:
        rows = split_at(rows, np.unique(rows.stop[rows.event]))
    wanted = dict.fromkeys([*variables_in(formula), *names, *changing])
    at = read.positions[rows.row]
    frame = events[[name for name in events.columns if name in wanted]].iloc[at]
    weights = read.causes.rows.weights
    unit = rows.row if read.unit is None else read.unit[rows.row]
    frame = frame.assign(
        **{
            START: rows.start,
            STOP: rows.stop,
            EVENT: rows.event,
            WEIGHT: rows.weight if weights is None else rows.weight * weights[rows.row],
            UNIT: unit,
        }
    )
    for name, function in changing.items():
        with np.errstate(all="ignore"):
            with_time = np.asarray(function(rows.stop), dtype=float)
        if with_time.shape != rows.stop.shape or not np.all(np.isfinite(with_time)):
            raise ValueError(f"changing[{name!r}] must give one finite number for each time.")
        frame[f"{name}_changing"] = as_numbers(events[name], str(name))[at] * with_time
    full = " + ".join([formula, *(f"{name}_changing" for name in changing)])
    return frame, full, replace(made, rows=rows)


def _covariance(fit: CoxFit, read: ModelledRows, made: _Weighted, estimated: bool) -> Floats:
    """Sandwich of what each row (person, cluster) adds to the score."""
    if fit.state == "infinite":
        return fit.covariance
    rows = read.causes.rows
    residuals = score_residuals(
        fit.values, fit.matrix - fit.centre, fit.risk_sets, fit.offset, fit.ties
    )
    residuals = residuals * fit.risk_sets.weights[:, None]
    scores = cluster_sums(residuals, made.rows.row)
    if estimated:
        copies = 1.0 if rows.frequencies is None else rows.frequencies[made.rows.row][:, None]
        moved = weight_influence(
            made.rows, residuals * copies, rows.start, rows.stop, rows.event, rows.goes_on,
            rows.group, made.leaving,
        )  # fmt: skip
        scores += moved if rows.weights is None else moved * rows.weights[:, None]
    return sandwich(fit.naive_covariance, outer_sum(scores, read.unit, rows.frequencies))


def _pack(
    fit: CoxFit,
    covariance: Floats,
    events: pd.DataFrame,
    read: ModelledRows,
    made: _Weighted,
    one: int,
    formula: str,
    said: str,
    columns: Mapping[str, Any],
    estimated: bool,
) -> CoxFit:
    rows, happened = read.causes.rows, read.causes.cause == one
    copies = np.ones(happened.size) if rows.frequencies is None else rows.frequencies
    used, number = round(float(copies.sum())), round(float(copies[happened].sum()))
    common: dict[str, Any] = {
        "method": _method(fit, read, one, said, columns),
        "counts": Counts(
            len(events), used, read.people, number, read.left_out, events_left_out=read.lost.size
        ),
        "source": rows.source,
    }
    tests = _tests(fit, covariance, common)
    if estimated or rows.frequencies is not None:
        tests.pop("robust_score", None)
    known = "The variance takes the weights as known, since a coefficient is infinite."
    positions = read.positions[made.rows.row]
    # The Cox model of the weighted rows repeats what was said when they were read.
    said_once = dict.fromkeys((*rows.notes, *fit.notes))
    return replace(
        fit,
        covariance=np.where(np.isnan(fit.naive_covariance), np.nan, covariance),
        measure="subdistribution hazard ratio",
        formula=formula,
        tests=tests,
        kept=positions,
        index=events.index[positions],
        columns={"time": rows.time, **{k: v for k, v in columns.items() if v is not None}},
        notes=(
            read.causes.events_said,
            *(note for note in said_once if not note.endswith(NO_FOLLOW_UP)),
            *read.left_out_said,
            *said_of_events_left_out(events, read.lost),
            *_without_follow_up(read, one),
            *([known] if estimated and fit.state == "infinite" else []),
        ),
        **common,
    )


def _without_follow_up(read: ModelledRows, one: int) -> list[str]:
    """What became of rows that end where they begin: an outcome that competes keeps them in."""
    rows, cause = read.causes.rows, read.causes.cause
    none = rows.stop <= read.start
    size = np.ones(cause.size) if rows.frequencies is None else rows.frequencies
    when = "at time 0" if rows.start is None else "where they begin"
    censored = round(float(size[none & (cause < 0)].sum()))
    others = round(float(size[none & (cause >= 0) & (cause != one)].sum()))
    notes = []
    if censored:
        notes.append(f"Censored {when}, at risk of no event: {censored} row(s).")
    if others:
        notes.append(
            f"Another outcome {when}: {others} row(s), which stay at risk in the subdistribution "
            "hazard, weighted as after any other outcome."
        )
    return notes


def _tests(fit: CoxFit, covariance: Floats, common: dict[str, Any]) -> dict[str, HypothesisTest]:
    """Those of the weighted Cox model, the Wald test by the covariance of this one."""
    tests = {key: replace(test, **common) for key, test in fit.tests.items()}
    if not tests:
        return tests
    wald = quadratic_form(fit.values, covariance)[0]
    p_value = float(chi2_p(wald, len(fit.values)))
    return {**tests, "wald": replace(tests["wald"], statistic=wald, p_value=p_value)}


def _method(
    fit: CoxFit, read: ModelledRows, one: int, said: str, columns: Mapping[str, Any]
) -> str:
    rows, name = read.causes.rows, read.causes.causes[one]
    among = f" within {rows.by}" if rows.by else ""
    late = " and late entry" if rows.start is not None else ""
    within = f", stratified by {' and '.join(fit.strata)}" if fit.strata else ""
    if rows.weights is not None:
        within += f", weighted by {columns['weights']}"
    if rows.frequencies is not None:
        within += f", rows counted {columns['frequencies']} times"
    units = f", clustered by {columns['cluster']}" if columns["cluster"] else ""
    intervals = "Wald intervals."
    if fit.state == "infinite":
        intervals = "Profile-likelihood interval where a coefficient is infinite."
    return (
        f"Fine-Gray model of the subdistribution hazard of {name}{within}, censoring{late} "
        f"estimated{among} by the product limit, {said}{units}. {intervals} {rows.said}"
    )
