"""Which coefficients make these events most likely, and does the likelihood have a maximum?

Arrays only. Covariates come as the orthonormal columns Q of a factored design, so that neither
scale nor origin of a covariate matters. Where the likelihood rises for ever (separation), the rows
that gain are taken out, and the others determine what can be determined.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy import special

from walkstats.numerics.least_squares import Factor
from walkstats.numerics.newton import maximise
from walkstats.numerics.separation import (
    Rise,
    Undetermined,
    may_rise,
    rising_direction,
    undetermined,
)
from walkstats.regression.risks.binary_links import Link

Floats = NDArray[np.float64]
Booleans = NDArray[np.bool_]
Evaluate = Callable[[Floats], tuple[float, Floats, Floats]]

# No linear predictor moves further than this in one step.
LONGEST = 20.0


@dataclass(frozen=True, eq=False)
class BinaryModel:
    """What stays the same while coefficients move.

    Attributes
    ----------
    q : (n, k) orthonormal columns
    y : (n,) outcomes, 0 or 1
    weights : (n,) case weights
    link : Link
    """

    q: Floats
    y: Floats
    weights: Floats
    link: Link

    @property
    def longest(self) -> float:
        """How far a coordinate may move in one step."""
        return LONGEST * float(np.sqrt(len(self.y)))

    def kept(self, rows: Booleans, basis: Floats) -> BinaryModel:
        """The same for some rows, in the coordinates of a basis (k, r)."""
        return BinaryModel(self.q[rows] @ basis, self.y[rows], self.weights[rows], self.link)


@dataclass(frozen=True, eq=False)
class BinaryMaximum:
    """The maximum of the likelihood, or its supremum.

    Attributes
    ----------
    g : (k,) coefficients of Q; of those directions that are determined
    eta : (n,) linear predictors, infinite where the risk is 0 or 1
    log_likelihood : float
    state : {"converged", "boundary", "infinite", "not converged"}
    rows : (n,) bool
        Rows that determine the coefficients: not those whose risk is 0 or 1 at the supremum.
    open : Undetermined or None
        What they leave undetermined, where the likelihood rises for ever.
    """

    g: Floats
    eta: Floats
    log_likelihood: float
    state: str
    rows: Booleans
    open: Undetermined | None = field(default=None)


def evaluation(model: BinaryModel) -> Evaluate:
    """Log-likelihood, score and observed information as a function of the coefficients of Q."""
    q, y, weights = model.q, model.y, model.weights

    def evaluate(g: Floats) -> tuple[float, Floats, Floats]:
        with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
            height, slope, curvature = model.link.rows(q @ g, y)
            total = float(weights @ height)
            return total, q.T @ (weights * slope), (q.T * (weights * curvature)) @ q

    return evaluate


def start(model: BinaryModel) -> Floats:
    """The coefficients at which everybody has the mean risk."""
    mean = float(np.average(model.y, weights=model.weights))
    return np.asarray(model.q.T @ np.full(len(model.y), model.link.eta(mean)))


def maximum(model: BinaryModel, back: Floats) -> BinaryMaximum:
    """Maximise the likelihood.

    Parameters
    ----------
    model : BinaryModel
    back : (k, k)
        From coefficients of Q to those of the covariates.

    Returns
    -------
    BinaryMaximum
    """
    rise, found_direction = rise_of(model), []

    def unbounded(step: Floats) -> bool:
        if not may_rise(step, rise):
            return False
        direction = rising_direction(rise)
        if direction is not None:
            found_direction.append(direction)
        return direction is not None

    found = maximise(
        evaluation(model),
        start(model),
        unbounded=unbounded if model.link.rises else None,
        longest=model.longest,
    )
    if found.state == "infinite":
        return _at_infinity(model, found_direction[-1], back)
    state = found.state
    if state == "not converged" and model.link.bounded:
        state = "boundary"
    every = np.ones(len(model.y), dtype=bool)
    return BinaryMaximum(found.values, model.q @ found.values, found.log_likelihood, state, every)


def rise_of(model: BinaryModel) -> Rise:
    """What a direction must do to each row for the likelihood to rise along it for ever."""
    event = model.y > 0
    if model.link.rises == "towards the outcome":
        return Rise(np.where(event, 1.0, -1.0)[:, None] * model.q, model.q[:0])
    return Rise(-model.q[~event], model.q[event])


def _at_infinity(model: BinaryModel, direction: Floats, back: Floats) -> BinaryMaximum:
    """Leave out the rows that gain along a direction, and maximise what the others determine."""
    moved = model.q @ direction
    gains = np.abs(moved) > 0.5
    rows = ~gains
    left = undetermined(model.q[rows], direction, back, rise_of(model))
    eta = np.where(gains, np.copysign(np.inf, moved), 0.0)
    if not rows.any():
        return BinaryMaximum(np.zeros(len(direction)), eta, 0.0, "infinite", rows, left)
    inner = model.kept(rows, left.basis)
    found = maximise(evaluation(inner), start(inner), longest=model.longest)
    eta[rows] = inner.q @ found.values
    state = "infinite" if found.state == "converged" else found.state
    return BinaryMaximum(left.basis @ found.values, eta, found.log_likelihood, state, rows, left)


def working_design(
    model: BinaryModel, found: BinaryMaximum, back: Floats
) -> tuple[Factor, Floats, Floats]:
    """The least-squares problem whose solution is the last step of the fit.

    Parameters
    ----------
    model : BinaryModel
    found : BinaryMaximum
    back : (k, k)

    Returns
    -------
    design : Factor
        Of the rows that determine the coefficients, weighted by the expected information.
    residuals : (r,) array
        Working residuals of these rows.
    fitted : (n,) array
        Risks of all rows.
    """
    rows = found.rows
    basis = np.eye(model.q.shape[1]) if found.open is None else found.open.basis
    inner = model.kept(rows, basis)
    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
        fitted = model.link.working(found.eta)[0]
        mean, slope, weight = model.link.working(found.eta[rows])
        residuals = np.where(slope > 0, (inner.y - mean) / slope, 0.0)
    root = np.sqrt(inner.weights * weight)
    q, r = np.linalg.qr(root[:, None] * inner.q)
    outward = back @ basis @ np.linalg.inv(r)
    design = Factor(inner.q, root, q, outward, q.shape[1], np.nan, (), ())
    return design, residuals, fitted


def deviance(model: BinaryModel, fitted: Floats) -> float:
    """Twice the distance of the log-likelihood from that of a perfect fit."""
    return float(model.weights @ deviance_rows(model, fitted))


def deviance_rows(model: BinaryModel, fitted: Floats) -> Floats:
    """What each row adds to the deviance, (n,)."""
    y, kind = model.y, model.link.name
    if kind == "squares":
        return (y - fitted) ** 2
    if kind == "poisson":
        return 2.0 * (-special.xlogy(y, fitted) - (y - fitted))
    return -2.0 * (special.xlogy(y, fitted) + special.xlog1py(1.0 - y, -fitted))
