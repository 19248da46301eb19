"""Which numbers are asked of the two models, and where does each of them stand?"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from walkstats.causal.mediation import hidden_confounding as hidden
from walkstats.causal.mediation.mean_outcomes import Parameters
from walkstats.causal.mediation.mediation_rows import MediationRows

Floats = NDArray[np.float64]

MEASURES = ("difference", "risk ratio", "odds ratio")
PROPORTION = "proportion mediated"
RHO = "rho at which the natural indirect effect is 0"


@dataclass(frozen=True, eq=False)
class Block:
    """Numbers of one kind.

    Attributes
    ----------
    name : str
    labels : tuple of str, length j
    of : callable
        Means of outcomes and parameters of r data sets -> (r, j).
    """

    name: str
    labels: tuple[str, ...]
    of: Callable[[Floats, Parameters], Floats]


@dataclass(frozen=True, eq=False)
class AskedNumbers:
    """All numbers of an analysis, block by block.

    Attributes
    ----------
    blocks : tuple of Block
    """

    blocks: tuple[Block, ...]

    def __call__(self, means: Floats, at: Parameters) -> Floats:
        """All of them: (r, k)."""
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.hstack([block.of(means, at) for block in self.blocks])

    def has(self, name: str) -> bool:
        """Whether there is such a block."""
        return any(block.name == name for block in self.blocks)

    def labels(self, name: str) -> tuple[str, ...]:
        """Labels of a block."""
        return next(block.labels for block in self.blocks if block.name == name)

    def place(self, name: str) -> slice:
        """Columns of a block."""
        begin = 0
        for block in self.blocks:
            if block.name == name:
                return slice(begin, begin + len(block.labels))
            begin += len(block.labels)
        raise KeyError(name)


def ask(
    rows: MediationRows,
    *,
    mediator: str,
    outcome: str,
    measure: str,
    controlled: tuple[str, ...],
    rhos: Floats,
) -> AskedNumbers:
    """Put together what is asked: effects, their proportion, means, paths and sensitivity."""
    models = rows.models
    blocks = [
        _effects(rows, measure, mediator, controlled),
        Block("proportion", (PROPORTION,), _proportion),
        _means_of_cells(rows, mediator),
    ]
    if not models.levels:
        blocks.append(_paths(rows, mediator, outcome))
    if models.mediator == "linear" and models.outcome == "linear":
        labels = tuple(
            f"{effect}, rho {rho:g}" for effect in ("indirect", "direct") for rho in rhos
        )
        blocks.append(
            Block(
                "sensitivity", labels,
                lambda means, at: hidden.under_correlation(rows, means, at, rhos),
            )
        )  # fmt: skip
        blocks.append(Block("rho", (RHO,), lambda means, at: hidden.rho_of_no_effect(rows, at)))
        return AskedNumbers(tuple(blocks))
    gammas = strengths(rows)
    labels = tuple(f"delta {d:g}, gamma {g:g}" for d in hidden.COMMONER for g in gammas)
    blocks.append(
        Block("sensitivity", labels,
              lambda means, at: hidden.under_confounder(rows, means, gammas))
    )  # fmt: skip
    if models.outcome != "linear":
        blocks.append(Block("ratios", ("natural direct", "natural indirect"), _log_ratios))
    return AskedNumbers(tuple(blocks))


def strengths(rows: MediationRows) -> Floats:
    """Effects of a confounder on the mean outcome that are tried."""
    if rows.models.outcome == "linear":
        return np.asarray(hidden.STEPS * hidden.ON_MEAN * rows.outcome_scale.unit)
    return np.asarray(hidden.STEPS * hidden.ON_RISK)


def scaled(means: Floats, rows: MediationRows, measure: str) -> Floats:
    """Means of outcomes on the scale on which effects are differences."""
    if measure == "difference":
        return means * rows.outcome_scale.unit
    return np.log(means) if measure == "risk ratio" else np.log(means) - np.log1p(-means)


def _effects(
    rows: MediationRows, measure: str, mediator: str, controlled: tuple[str, ...]
) -> Block:
    first, second = rows.arms
    labels = ["total", "natural direct", "natural indirect"]
    # Two linear models without interaction have one direct and one indirect effect.
    several = rows.models.interaction or not (
        rows.models.outcome == "linear" and measure == "difference"
    )
    if several:
        labels += [f"natural direct, mediator as in {second}", f"natural indirect in {first}"]
    labels += [f"controlled direct, {mediator} at {value}" for value in controlled]

    def of(means: Floats, at: Parameters) -> Floats:
        on = scaled(means, rows, measure)
        found = [on[:, 3] - on[:, 0], on[:, 2] - on[:, 0], on[:, 3] - on[:, 2]]
        if several:
            found += [on[:, 3] - on[:, 1], on[:, 1] - on[:, 0]]
        found += [on[:, 5 + 2 * k] - on[:, 4 + 2 * k] for k in range(len(controlled))]
        return np.column_stack(found)

    return Block("effects", tuple(labels), of)


def _proportion(means: Floats, at: Parameters) -> Floats:
    return np.asarray((means[:, 3] - means[:, 2]) / (means[:, 3] - means[:, 0]))[:, None]


def _means_of_cells(rows: MediationRows, mediator: str) -> Block:
    labels = tuple(f"{arm}, mediator as in {other}" for arm in rows.arms for other in rows.arms)
    scale = rows.outcome_scale
    return Block("means", labels, lambda means, at: scale.centre + scale.unit * means[:, :4])


def _paths(rows: MediationRows, mediator: str, outcome: str) -> Block:
    first, second = rows.arms
    units, scale = rows.mediator_scale.unit, rows.outcome_scale.unit
    odds = {"linear": "", "logistic": " (log odds)", "probit": " (probit)"}[rows.models.outcome]
    on = f"{mediator} on {outcome}{odds}"
    labels = [f"{second} on {mediator}", f"{on} in {first}"]
    labels += [f"{on} in {second}"] if rows.models.interaction else []
    if not rows.models.interaction:
        labels[1] = on

    def of(means: Floats, at: Parameters) -> Floats:
        found = [at.mediator[:, 1] * units]
        for arm in range(len(labels) - 1):
            found.append(hidden.through_mediator(rows, at, arm) * scale / units)
        return np.column_stack(found)

    return Block("paths", tuple(labels), of)


def _log_ratios(means: Floats, at: Parameters) -> Floats:
    on = np.log(means)
    return np.column_stack([on[:, 2] - on[:, 0], on[:, 3] - on[:, 2]])
