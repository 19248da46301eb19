"""Where is the partial likelihood largest, and is it so at finite coefficients at all?

Arrays only. Covariates are centred and scaled (made orthonormal when they are nearly collinear)
before Newton's method sees them. A column whose effect the data cannot tell is found before, a
coefficient that runs off to infinity afterwards, with the limits that the likelihood still gives.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from walkstats.numerics import engine
from walkstats.numerics.newton import Maximum, inverse_information, maximise
from walkstats.survival.monotone_likelihood import (
    FAR,
    LEVEL,
    ever_at_risk,
    rises_for_ever,
    rising_direction,
)
from walkstats.survival.partial_likelihood import Evaluation, evaluate_sorted, second_moment
from walkstats.survival.penalised_likelihood import evaluate_penalised, maximise_penalised
from walkstats.survival.risk_set_sums import SortedCovariates, sort_covariates
from walkstats.survival.risk_sets import RiskSets

Floats = NDArray[np.float64]

# Columns whose smallest singular value is below this share of the largest are collinear.
COLLINEAR = 1e-10
# From this condition number on, columns are made orthonormal, and the reader is told.
NEARLY_COLLINEAR = 1e3
# An information below this share of one event's worth is none: no risk set varies along it.
UNVARYING = 1e-11
# An information that has shrunk to this share of that at zero: the search has run onto a plain.
FLAT = 1e-7
# Beside an infinite coefficient an information below this share of that at zero is rounding.
SILENT = 1e-10
FARTHEST = 500.0
# No step moves a coefficient, per standard deviation of its column, by more than this.
LONGEST = 25.0


@dataclass(frozen=True, eq=False)
class PartialMaximum:
    """The maximum of a partial likelihood.

    Attributes
    ----------
    values : (k,) coefficients; plus or minus infinity where they run off, nan where nothing is
        left to tell one once others have
    covariance : (k, k) model-based; nan where a coefficient is infinite
    log_likelihood, log_likelihood_null : float, at `values` (the limit) and at zero
    score_test : float
    state : {"converged", "infinite", "not converged"}
    iterations : int
    centre : (k,) mean covariates
    condition : float, condition number of the scaled columns
    involved : positions of the columns that are nearly collinear
    problem : "", "constant", "collinear" or "unvarying"; then nothing else can be read
    columns : positions of the columns with the problem
    model : SortedCovariates in the basis used; its columns are ``basis.T @ (X - centre).T``
    basis : (k, k)
    reached : (k,) finite coefficients in the basis, where the search ended
    reached_covariance : (k, k) in the basis, without the infinite direction
    penalised : bool, whether the likelihoods hold Firth's penalty; there is no score test then
    """

    values: Floats
    covariance: Floats
    log_likelihood: float
    log_likelihood_null: float
    score_test: float
    state: str
    iterations: int
    centre: Floats
    condition: float
    involved: tuple[int, ...]
    problem: str
    columns: tuple[int, ...]
    model: SortedCovariates
    basis: Floats
    reached: Floats
    reached_covariance: Floats
    penalised: bool = False


def maximum(
    X: Floats,
    risk_sets: RiskSets,
    offset: Floats | None = None,
    ties: str = "efron",
    *,
    penalised: bool = False,
) -> PartialMaximum:
    """Maximise the partial likelihood.

    Parameters
    ----------
    X : (n, k)
    risk_sets : RiskSets
        With at least one event.
    offset : (n,), optional
    ties : {"efron", "breslow", "exact"}
    penalised : bool
        With Firth's penalty; not with "exact". The maximum is then always finite.

    Returns
    -------
    PartialMaximum
    """
    raw = sort_covariates(X, risk_sets, offset, ties)
    ground = _ground(raw)
    if ground.problem:
        return _unsolved(ground)
    null = evaluate_sorted(np.zeros(len(ground.basis)), ground.model)
    flat = _unvarying(null, ground)
    if flat:
        return _unsolved(replace(ground, problem="unvarying", columns=flat))
    if penalised:
        return _penalised(ground)
    found = _highest(ground, null)
    found = _where_flat(found, null, ground) if len(ground.basis) else found
    if found.state == "infinite":
        return _at_infinity(found, null, ground)
    covariance = _inverse(found.information)
    return _solved(found, null, ground, ground.basis @ found.values, covariance)


def _highest(ground: _Ground, null: Evaluation) -> Maximum:
    """Newton's method from zero: compiled as a whole, unless it meets a question."""
    fast = engine.kernel("cox_climb", ground.model.mass.size)
    if fast is not None and ground.model.ties != "exact" and len(ground.basis):
        found = fast(ground, null, FAR, LONGEST)
        if found is not None:
            return found
    return climb(ground, null, FAR, LONGEST)


def climb(ground: _Ground, null: Evaluation, far: float, longest: float) -> Maximum:
    """Newton's method from zero, whose evaluation there is `null`.

    A step that moves linear predictors by `far` or more may lead to infinity; `longest` is the
    longest one taken.
    """

    def unbounded(step: Floats) -> bool:
        moved = np.abs(ground.basis @ step) @ ground.reach
        return bool(moved >= far) and rises_for_ever(step, ground.model)

    return maximise(
        lambda at: evaluate_sorted(at, ground.model),
        np.zeros(len(ground.basis)),
        first=null,
        unbounded=unbounded,
        longest=longest,
    )


def _penalised(ground: _Ground) -> PartialMaximum:
    """Maximise with Firth's penalty; likelihoods are those of the covariates as given."""
    start = np.zeros(len(ground.basis))
    null = evaluate_penalised(start, ground.model)
    found = maximise_penalised(lambda at: evaluate_penalised(at, ground.model), start)
    covariance = _inverse(found.information)
    solved = _solved(found, null, ground, ground.basis @ found.values, covariance)
    # The basis of the search changes the determinant of the information by a constant.
    shift = -float(np.linalg.slogdet(ground.basis)[1])
    return replace(
        solved,
        penalised=True,
        score_test=np.nan,
        log_likelihood=solved.log_likelihood + shift,
        log_likelihood_null=solved.log_likelihood_null + shift,
    )


@dataclass(frozen=True, eq=False)
class _Ground:
    """Covariates in the basis in which they are fitted; fields as in `PartialMaximum`.

    scale and reach (k,) are the spread and the range of the columns as given.
    """

    model: SortedCovariates
    centre: Floats
    basis: Floats
    scale: Floats
    reach: Floats
    condition: float
    involved: tuple[int, ...]
    problem: str = ""
    columns: tuple[int, ...] = ()


def _ground(raw: SortedCovariates) -> _Ground:
    """Centre, scale and, where nearly collinear, orthonormalise the rows at risk at any event."""
    columns = raw.columns
    k = len(columns)
    weight = raw.mass * ever_at_risk(raw)
    fast = engine.kernel("centre_columns", weight.size)
    low, high, centre, moment = (centre_columns if fast is None else fast)(columns, weight)
    largest = np.maximum(np.abs(low), np.abs(high))
    unit = np.eye(k)
    constant = np.flatnonzero(high - low <= 8 * np.finfo(float).eps * largest)
    if constant.size or k == 0:
        problem = "constant" if constant.size else ""
        return _Ground(
            raw, centre, unit, np.ones(k), high - low, 1.0, (), problem, _listed(constant)
        )
    scale = np.sqrt(moment.diagonal())
    columns /= scale[:, np.newaxis]
    roots = np.linalg.eigvalsh(moment / (scale * scale[:, np.newaxis]))
    ground = _Ground(raw, centre, np.diag(1.0 / scale), scale, high - low, np.inf, ())
    if roots[0] * NEARLY_COLLINEAR**2 > roots[-1]:
        return replace(ground, condition=float(np.sqrt(roots[-1] / roots[0])))
    noise = np.finfo(float).eps * float(np.max(largest / scale))
    return _orthonormal(ground, columns * np.sqrt(weight / weight.sum()), COLLINEAR + 8 * noise)


def centre_columns(columns: Floats, weight: Floats) -> tuple[Floats, Floats, Floats, Floats]:
    """Centre columns (k, n) in place: smallest, largest, mean (k,) and second moment (k, k)."""
    total = weight.sum()
    used = _with_weight(columns, weight)
    low, high = used.min(axis=1), used.max(axis=1)
    centre = columns @ weight / total
    columns -= centre[:, np.newaxis]
    return low, high, centre, second_moment(columns, weight) / total


def _with_weight(columns: Floats, weight: Floats) -> Floats:
    """Columns (k, n) of the rows with a weight; those before the first event go without a copy."""
    begin = int(np.argmax(weight > 0))
    columns, weight = columns[:, begin:], weight[begin:]
    return columns if weight.min() > 0 else columns[:, weight > 0]


def _orthonormal(ground: _Ground, rows: Floats, least: float) -> _Ground:
    triangle = np.linalg.qr(rows.T, mode="r")
    _, singular, directions = np.linalg.svd(triangle)
    worst = np.abs(directions[-1])
    involved = _listed(np.flatnonzero(worst > 0.1 * worst.max()))
    if singular[-1] <= least * singular[0]:
        return replace(ground, problem="collinear", columns=involved)
    turn = np.linalg.inv(triangle)
    columns = turn.T @ ground.model.columns
    return replace(
        ground,
        model=replace(ground.model, columns=columns),
        basis=ground.basis @ turn,
        condition=float(singular[0] / singular[-1]),
        involved=involved,
    )


def _unvarying(null: Evaluation, ground: _Ground) -> tuple[int, ...]:
    """Columns along which no risk set varies, though the data do."""
    if not len(ground.basis):
        return ()
    roots, vectors = np.linalg.eigh(null.information)
    none = roots <= UNVARYING * ground.model.weight.sum()
    if not none.any():
        return ()
    moved = np.abs(ground.basis @ vectors[:, none]).max(axis=1) * ground.scale
    return _listed(np.flatnonzero(moved > 1e-3 * moved.max()))


def _listed(positions: NDArray[np.intp]) -> tuple[int, ...]:
    return tuple(int(k) for k in positions)


def _inverse(information: Floats) -> Floats:
    """Covariance, or nan where the search ended without a usable information."""
    if not np.all(np.diag(information) > 0):
        return np.full_like(information, np.nan)
    try:
        return inverse_information(information)
    except np.linalg.LinAlgError:
        return np.full_like(information, np.nan)


def _solved(
    found: Maximum, null: Evaluation, ground: _Ground, values: Floats, covariance: Floats
) -> PartialMaximum:
    score_test = 0.0
    if len(values):
        score_test = float(null.score @ np.linalg.solve(null.information, null.score))
    return PartialMaximum(
        values=values,
        covariance=ground.basis @ covariance @ ground.basis.T,
        log_likelihood=found.log_likelihood,
        log_likelihood_null=null.log_likelihood,
        score_test=score_test,
        state=found.state,
        iterations=found.iterations,
        centre=ground.centre,
        condition=ground.condition,
        involved=ground.involved,
        problem="",
        columns=(),
        model=ground.model,
        basis=ground.basis,
        reached=found.values,
        reached_covariance=covariance,
    )


def _unsolved(ground: _Ground) -> PartialMaximum:
    k = len(ground.basis)
    nothing = np.full(k, np.nan)
    none = Maximum(nothing, np.nan, nothing, np.eye(k), "not converged", 0, nothing)
    null = Evaluation(np.nan, nothing, np.eye(k))
    empty = _solved(none, null, ground, nothing, np.full((k, k), np.nan))
    return replace(empty, problem=ground.problem, columns=ground.columns)


# --- coefficients at infinity -------------------------------------------------------------------


def _where_flat(found: Maximum, null: Evaluation, ground: _Ground) -> Maximum:
    """Look once more where the search ended on a plain: at infinity, or far from it?"""
    if found.state == "infinite" or not np.all(np.isfinite(found.information)):
        return found
    scale = np.sqrt(null.information.diagonal())
    if np.linalg.eigvalsh(found.information / (scale * scale[:, np.newaxis]))[0] > FLAT:
        return found
    direction = rising_direction(ground.model)
    return found if direction is None else replace(found, state="infinite", step=direction)


def _at_infinity(found: Maximum, null: Evaluation, ground: _Ground) -> PartialMaximum:
    """Follow the direction out until it adds nothing, and keep what stays finite."""
    direction = found.step / float(np.ptp(found.step @ ground.model.columns))
    far = maximise(
        lambda at: evaluate_sorted(at, ground.model),
        found.values + FARTHEST * direction,
        max_iterations=20,
        longest=LONGEST,
    )
    here = far if far.log_likelihood >= found.log_likelihood else found
    beyond = np.linalg.svd(direction[np.newaxis])[2][1:].T
    roots, vectors = np.linalg.eigh(beyond.T @ here.information @ beyond)
    told = roots > SILENT * np.diag(null.information).max()
    directions = beyond @ vectors
    covariance = (directions[:, told] / roots[told]) @ directions[:, told].T
    moved = ground.basis @ direction
    share = np.abs(moved) * ground.scale
    infinite = share > LEVEL * share.max()
    silent = np.abs(ground.basis @ directions[:, ~told]) * ground.scale[:, np.newaxis]
    untold = ~infinite & np.any(silent > LEVEL, axis=1)
    solved = _solved(here, null, ground, ground.basis @ here.values, covariance)
    values = np.where(infinite, np.copysign(np.inf, moved), solved.values)
    apart = infinite | untold
    return replace(
        solved,
        values=np.where(untold, np.nan, values),
        covariance=np.where(apart | apart[:, np.newaxis], np.nan, solved.covariance),
        state="infinite",
        iterations=found.iterations + far.iterations,
    )
