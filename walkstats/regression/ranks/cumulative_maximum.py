"""Which thresholds and coefficients make these ordered levels most likely?

Arrays only. The arguments of every row are linear in the parameters: ``upper @ phi`` and ``lower @
phi``. Where the likelihood rises for ever, the arguments that run off are taken to infinity and the
rows left determine the rest.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from walkstats.numerics.newton import maximise
from walkstats.numerics.separation import (
    Rise,
    Undetermined,
    may_rise,
    rising_direction,
    undetermined,
)
from walkstats.regression.ranks.cumulative_links import CumulativeLink, between

Floats = NDArray[np.float64]
Booleans = NDArray[np.bool_]
Codes = NDArray[np.intp]

# No parameter moves further than this, times their number, in one step.
LONGEST = 20.0


@dataclass(frozen=True, eq=False)
class CumulativeModel:
    """What stays the same while parameters move.

    Attributes
    ----------
    upper, lower : (n, p)
        Arguments as linear functions of the parameters.
    top, bottom : (n,) bool
        Rows whose upper argument is infinite, whose lower is minus infinity.
    weights : (n,)
    link : CumulativeLink
    """

    upper: Floats
    lower: Floats
    top: Booleans
    bottom: Booleans
    weights: Floats
    link: CumulativeLink

    def arguments(self, phi: Floats) -> tuple[Floats, Floats]:
        """Upper and lower argument (n,)."""
        return (
            np.where(self.top, np.inf, self.upper @ phi),
            np.where(self.bottom, -np.inf, self.lower @ phi),
        )

    def evaluate(self, phi: Floats) -> tuple[float, Floats, Floats]:
        """Log-likelihood, score (p,) and observed information (p, p)."""
        with np.errstate(all="ignore"):
            height, (up, low), (aa, bb, ab) = between(self.link, *self.arguments(phi))
            w, upper, lower = self.weights, self.upper, self.lower
            crossed = (upper.T * (w * ab)) @ lower
            own = (upper.T * (w * aa)) @ upper + (lower.T * (w * bb)) @ lower
            score = upper.T @ (w * up) + lower.T @ (w * low)
            return float(w @ height), score, -(own + crossed + crossed.T)

    def scores(self, phi: Floats) -> Floats:
        """What each row adds to the score, (n, p), weights included."""
        with np.errstate(all="ignore"):
            _, (up, low), _ = between(self.link, *self.arguments(phi))
        each = up[:, None] * self.upper + low[:, None] * self.lower
        return self.weights[:, None] * each


def centred(matrix: Floats) -> tuple[Floats, Floats]:
    """Columns about their means, and the means."""
    shifted = matrix - matrix[0]
    mean = shifted.mean(axis=0)
    return shifted - mean, matrix[0] + mean


def start_of(codes: NDArray[np.int64], weights: Floats, link: CumulativeLink, more: int) -> Floats:
    """Thresholds that give everybody the shares seen, and zeros."""
    shares = np.cumsum(np.bincount(codes, weights)) / weights.sum()
    return np.append(link.quantile(shares[:-1]), np.zeros(more))


def cumulative_model(
    codes: Codes,
    columns: Floats,
    weights: Floats,
    link: CumulativeLink,
    added: Floats | None = None,
) -> CumulativeModel:
    """The model of levels coded 0, 1, ... by columns (n, k).

    Parameters
    ----------
    codes : (n,)
    columns : (n, k)
    weights : (n,)
    link : CumulativeLink
    added : (n, f), optional
        Columns whose coefficient differs between thresholds: further parameters, one per column and
        threshold from the second on, what is added to the coefficient at the first.

    Returns
    -------
    CumulativeModel
        Parameters are the thresholds, the coefficients, then what is added, threshold by threshold.
    """
    cuts = int(codes.max())
    marks = np.eye(cuts + 1)
    top, bottom = codes == cuts, codes == 0
    sides = []
    for at, out in ((codes, top), (np.maximum(codes - 1, 0), bottom)):
        here = marks[at, :cuts]
        blocks = [here, -columns]
        if added is not None:
            blocks += [-here[:, [j]] * added for j in range(1, cuts)]
        side = np.hstack(blocks)
        side[out] = 0.0
        sides.append(side)
    return CumulativeModel(sides[0], sides[1], top, bottom, weights, link)


@dataclass(frozen=True, eq=False)
class CumulativeMaximum:
    """The maximum of the likelihood, or its supremum.

    Attributes
    ----------
    phi : (p,)
    log_likelihood : float
    information : (p, p)
        Observed; of what is determined.
    model : CumulativeModel
        With the arguments that run off taken to infinity.
    state : {"converged", "infinite", "not converged"}
    open : Undetermined or None
    """

    phi: Floats
    log_likelihood: float
    information: Floats
    model: CumulativeModel
    state: str
    open: Undetermined | None = field(default=None)


def cumulative_maximum(
    model: CumulativeModel, start: Floats, back: Floats | None = None
) -> CumulativeMaximum:
    """Maximise the likelihood.

    Parameters
    ----------
    model : CumulativeModel
    start : (p,)
        With thresholds in their order.
    back : (j, p), optional
        From parameters to the coefficients that are reported, of which the infinite are told.

    Returns
    -------
    CumulativeMaximum
    """
    rise = Rise(np.vstack([model.upper[~model.top], -model.lower[~model.bottom]]), model.upper[:0])
    directions: list[Floats] = []

    def unbounded(step: Floats) -> bool:
        if not may_rise(step, rise):
            return False
        direction = rising_direction(rise)
        if direction is not None:
            directions.append(direction)
        return direction is not None

    found = maximise(model.evaluate, start, unbounded=unbounded, longest=LONGEST * len(start))
    if found.state != "infinite":
        return CumulativeMaximum(
            found.values, found.log_likelihood, found.information, model, found.state
        )
    outward = np.eye(len(start)) if back is None else back
    return _at_infinity(model, found.values, directions[-1], outward, rise)


def _at_infinity(
    model: CumulativeModel, phi: Floats, direction: Floats, back: Floats, rise: Rise
) -> CumulativeMaximum:
    top = model.top | (model.upper @ direction > 0.5)
    bottom = model.bottom | (model.lower @ direction < -0.5)
    kept = ~(top & bottom)
    upper, lower = (
        np.where(top[:, None], 0.0, model.upper),
        np.where(bottom[:, None], 0.0, model.lower),
    )
    limit = CumulativeModel(
        upper[kept], lower[kept], top[kept], bottom[kept], model.weights[kept], model.link
    )
    left = undetermined(np.vstack([limit.upper, limit.lower]), direction, back, rise)
    basis = left.basis
    inner = CumulativeModel(
        limit.upper @ basis, limit.lower @ basis, limit.top, limit.bottom, limit.weights,
        model.link,
    )  # fmt: skip
    if not kept.any():
        none = np.zeros((len(phi), len(phi)))
        return CumulativeMaximum(np.zeros(len(phi)), 0.0, none, limit, "infinite", left)
    found = maximise(inner.evaluate, basis.T @ phi)
    state = "infinite" if found.state == "converged" else found.state
    information = basis @ found.information @ basis.T
    return CumulativeMaximum(
        basis @ found.values, found.log_likelihood, information, limit, state, left
    )
