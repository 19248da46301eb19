"""What would the mean outcome be in one arm, with the mediator as it would be in the other?

Both models are averaged over the people (g-computation): the mediator's distribution in arm a* puts
its weight on a few values (quadrature where it is normal, its levels where it has levels), and the
outcome in arm a is averaged over them. Nothing is simulated.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from walkstats.causal.mediation.many_fits import share

Floats = NDArray[np.float64]

# Points of the Gauss-Hermite rule that average a logistic curve over a normal mediator, by how far
# the log odds move with one standard deviation of it: eight digits in every case.
POINTS = ((1.0, 12), (2.5, 32), (np.inf, 96))
# Replicates times people that are averaged at once, so that memory stays near 50 MB.
CELLS_AT_ONCE = 400_000
# The four means: arm of the outcome, arm whose mediator it is.
CELLS = ((0, 0), (0, 1), (1, 0), (1, 1))


@dataclass(frozen=True)
class Models:
    """Which models stand behind, and where their coefficients lie.

    Attributes
    ----------
    mediator : {"linear", "logistic", "probit", "ordered"}
    outcome : {"linear", "logistic", "probit"}
    interaction : bool
    levels : int
        Of the mediator; 0 where it is a number.
    covariates : int
        Columns.
    at_means : bool
        Whether covariates are put at their means instead of averaging over the people.
    points : int
        Of the rule that averages a logistic curve over a normal mediator.
    """

    mediator: str
    outcome: str
    interaction: bool
    levels: int
    covariates: int
    at_means: bool = False
    points: int = POINTS[-1][1]

    @property
    def columns(self) -> int:
        """Columns that the mediator has in the model of the outcome."""
        return max(self.levels - 1, 1)

    @property
    def linear(self) -> bool:
        """Whether both models are."""
        return self.mediator == "linear" and self.outcome == "linear"

    @property
    def closed(self) -> bool:
        """Whether covariates enter means of outcomes through their own means only."""
        return self.at_means or self.linear

    @property
    def split(self) -> tuple[int, int]:
        """How many coefficients the two models have."""
        before = self.levels if self.levels else 2
        return before + self.covariates, 2 + self.columns * (1 + self.interaction) + self.covariates


@dataclass(frozen=True, eq=False)
class Parameters:
    """Coefficients of r data sets.

    Attributes
    ----------
    mediator : (r, 2 + c)
        Constant, arm, covariates; of a mediator with levels: thresholds, arm, covariates.
    spread : (r,)
        Residual standard deviation of a linear mediator.
    outcome : (r, 2 + m (+ m) + c)
        Constant, arm, mediator, arm with mediator, covariates.
    residual : (r,)
        Residual standard deviation of a linear outcome.
    """

    mediator: Floats
    spread: Floats
    outcome: Floats
    residual: Floats

    def part(self, rows: slice) -> Parameters:
        """Those of some data sets."""
        return Parameters(
            self.mediator[rows], self.spread[rows], self.outcome[rows], self.residual[rows]
        )


def mean_outcomes(
    models: Models, at: Parameters, covariates: Floats, weights: Floats, controlled: Floats
) -> Floats:
    """Mean outcomes of r data sets.

    Parameters
    ----------
    models : Models
    at : Parameters
    covariates : (n, c)
        Of the people averaged over.
    weights : (r, n) or (1, n)
        Their shares, adding up to 1.
    controlled : (s, m)
        Columns of the mediator at the values at which it is held.

    Returns
    -------
    (r, 4 + 2 s) array
        The four of `CELLS`; then arms 0 and 1 with the mediator held at each value.
    """
    r, n = len(at.spread), covariates.shape[0]
    if models.closed:
        at_means = weights @ covariates
        return _averaged(models, at, (at_means, None), controlled)
    step = max(1, CELLS_AT_ONCE // n)
    parts = []
    for begin in range(0, r, step):
        rows = slice(begin, min(begin + step, r))
        shares = weights if len(weights) == 1 else weights[rows]
        parts.append(_averaged(models, at.part(rows), (covariates, shares), controlled))
    return np.concatenate(parts)


def _averaged(
    models: Models, at: Parameters, people: tuple[Floats, Floats | None], controlled: Floats
) -> Floats:
    """The means for parameters that fit into memory with the people."""
    c, m = models.covariates, models.columns
    covariates, shares = people
    own = at.outcome[:, at.outcome.shape[1] - c :]
    for_mediator = at.mediator[:, at.mediator.shape[1] - c :]
    if shares is None:
        shift = np.sum(own * covariates, axis=1)[:, None]
        moved = np.sum(for_mediator * covariates, axis=1)[:, None]
        shares = np.ones((1, 1))
    else:
        shift, moved = own @ covariates.T, for_mediator @ covariates.T
    through = at.outcome[:, 2 : 2 + m]
    change = at.outcome[:, 2 + m : 2 + 2 * m] if models.interaction else np.zeros_like(through)
    means = []
    for arm, other in CELLS:
        base = at.outcome[:, :1] + arm * at.outcome[:, 1:2] + shift
        total = np.zeros_like(base)
        for value, weight in _values(models, at, other, moved):
            total += weight * _mean(models, base, through + arm * change, value)
        means.append(np.sum(shares * total, axis=1))
    for held in controlled:
        for arm in (0, 1):
            base = at.outcome[:, :1] + arm * at.outcome[:, 1:2] + shift
            fixed = (through + arm * change) @ held
            means.append(np.sum(shares * curve(base + fixed[:, None], models.outcome), axis=1))
    return np.column_stack(means)


def _mean(models: Models, base: Floats, slopes: Floats, value: _Value) -> Floats:
    """Mean outcome (r, n) where the mediator is one value, or normal about one."""
    where, spread = value
    if isinstance(where, int):
        return curve(base if where == 0 else base + slopes[:, where - 1 : where], models.outcome)
    argument = base + slopes * where
    if spread is not None:  # a probit curve averaged over a normal mediator is one again
        argument = argument / np.sqrt(1.0 + (slopes * spread) ** 2)
    return curve(argument, models.outcome)


# A level of the mediator, or a number (r, n) with the spread (r, 1) about it where that matters.
_Value = tuple[int | Floats, Floats | None]


def _values(
    models: Models, at: Parameters, arm: int, moved: Floats
) -> Iterator[tuple[_Value, float | Floats]]:
    """Values of the mediator in an arm, with their weights."""
    if models.levels:
        first = models.levels - 1
        linear = arm * at.mediator[:, first : first + 1] + moved
        link = "probit" if models.mediator == "probit" else "logistic"
        below = np.zeros_like(linear)
        for level in range(models.levels):
            upto = np.ones_like(linear)
            if level < first:
                upto = share(at.mediator[:, level : level + 1] - linear, link)
            yield (level, None), upto - below
            below = upto
        return
    centre = at.mediator[:, :1] + arm * at.mediator[:, 1:2] + moved
    spread = at.spread[:, None]
    if models.outcome == "linear":
        yield (centre, None), 1.0
    elif models.outcome == "probit":
        yield (centre, spread), 1.0
    else:
        points, weights = np.polynomial.hermite_e.hermegauss(models.points)
        for point, weight in zip(points, weights / weights.sum(), strict=True):
            yield (centre + spread * point, None), float(weight)


def points_for(models: Models, at: Parameters) -> int:
    """How many points average a logistic curve over a normal mediator to eight digits."""
    slopes = at.outcome[:, 2 : 2 + models.columns * (1 + models.interaction)]
    steep = 2.0 * float(np.abs(slopes).max()) * float(np.nanmax(at.spread, initial=0.0))
    return next(points for limit, points in POINTS if steep <= limit)


def curve(argument: Floats, model: str) -> Floats:
    """Mean outcome at a linear argument."""
    return argument if model == "linear" else share(argument, model)
