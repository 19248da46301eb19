"""What must be said of estimating equations: their method, and what a reader has to know."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from walkstats._labels import in_sentence
from walkstats.numerics.least_squares import Factor
from walkstats.regression.estimating.equations import Solution
from walkstats.regression.estimating.mean_families import FAMILIES
from walkstats.regression.estimating.panel_rows import PanelRows
from walkstats.regression.estimating.person_variance import CORRECTIONS
from walkstats.regression.estimating.working_correlations import STRUCTURES
from walkstats.regression.linear import NEARLY_COLLINEAR
from walkstats.results import Freedom

# With fewer people the sandwich is too small to be passed over in silence.
FEW_PEOPLE = 50


@dataclass(frozen=True)
class Asked:
    """What was asked for."""

    formula: str
    family: str
    correlation: str
    correction: str
    subject: str
    visit: str | None
    exposure: str | None
    weights: str | None
    level: float


def measure_of(asked: Asked, outcome: str) -> str:
    """What a coefficient is, as a ratio where there is one."""
    if asked.family == "gaussian":
        return f"difference in {in_sentence(outcome)}"
    if asked.family == "binomial":
        return "odds ratio"
    return "rate ratio" if asked.exposure is not None else "ratio of means"


def named_parameters(read: PanelRows, solution: Solution, asked: Asked) -> dict[str, float]:
    """Parameters of the correlation by name."""
    alpha = [float(one) for one in solution.alpha]
    if asked.correlation == "exchangeable":
        return {"any two rows": alpha[0]}
    if asked.correlation == "ar1":
        return {f"{asked.visit} {read.panel.least:g} apart": alpha[0]}
    pairs = zip(*np.triu_indices(len(read.visits), 1), strict=True)
    names = [f"{asked.visit} {read.visits[i]} and {read.visits[j]}" for i, j in pairs]
    return dict(zip(names, alpha, strict=True)) if alpha else {}


def method_of(read: PanelRows, asked: Asked, freedom: Freedom) -> str:
    """What a methods section says."""
    terms = [term for term in read.rows.design.terms.columns_of if term != "intercept"]
    text = f"Generalised estimating equations for {read.event} on "
    text += f"{', '.join(terms) or 'a constant'} ({FAMILIES[asked.family].described})"
    if asked.exposure is not None:
        text += f", per {asked.exposure} (log offset)"
    if asked.weights is not None:
        text += f", weighted by {asked.weights}"
    text += (
        f"; {STRUCTURES[asked.correlation].described} working correlation within {asked.subject}"
    )
    text += f"; {CORRECTIONS[asked.correction].described}"
    said: dict[str, Any] = {
        "normal": "Wald intervals",
        "satterthwaite": "t with Satterthwaite degrees of freedom",
        "clusters": f"t with {freedom.value:g} degrees of freedom (people less coefficients)",
    }
    return f"{text}; {said[freedom.rule]}."


def notes_of(
    read: PanelRows, design: Factor, solution: Solution, asked: Asked, unknown: tuple[int, ...]
) -> list[str]:
    """What a reader must know."""
    notes, names = [], read.rows.design.terms.names
    if design.condition > NEARLY_COLLINEAR:
        notes.append(
            f"Nearly collinear covariates (condition number {design.condition:.3g}): "
            f"{', '.join(names[j] for j in design.nearly)}. The data hardly tell them apart."
        )
    if solution.state != "converged":
        notes.append("The search did not converge: do not use these numbers.")
    people = int(read.panel.people.max()) + 1
    if asked.correction == "none" and people < FEW_PEOPLE:
        notes.append(
            f"Robust standard errors are too small with {people} participants; "
            "corrections='kauermann-carroll' is one that mends it."
        )
    if unknown:
        notes.append(
            f"No standard error for {', '.join(names[j] for j in unknown)}, which rests on one "
            "participant alone."
        )
    if read.panel.largest == 1:
        notes.append("Every participant has one row: there is no correlation to be seen.")
    elif read.panel.sizes.min() < read.panel.largest:
        notes.append(
            f"Participants have {read.panel.sizes.min()} to {read.panel.largest} rows: what is "
            "missing is taken as missing completely at random, given the covariates."
        )
    return notes
