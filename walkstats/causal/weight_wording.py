"""What must a reader of weights know, and what has to be assumed?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from walkstats.regression.risks.binary_fit import BinaryFit

Floats = NDArray[np.float64]

# From here on a row stands for so many others that it is named.
LARGE = 10.0
# A probability below this is close to impossible.
RARE = 0.05


def method_of(
    formula: str,
    setting: Mapping[str, Any],
    within: str | None,
    numerator: str | None,
    order: str | None,
) -> str:
    """The sentence of a methods section."""
    left, _, right = (part.strip() for part in formula.partition("~"))
    text = {
        "kept": f"Inverse probability weights for {left}",
        "average": f"Inverse probability weights for having {left} or not",
        "treated": f"Weights by the odds of {left}",
        "overlap": f"Overlap weights for {left}",
    }[setting["kind"]]
    text += f" given {right} (logistic regression"
    text += f" by {within})" if within else ")"
    if setting["stabilised"] and setting["kind"] in ("kept", "average"):
        given = f"its probability given {numerator}" if numerator else "its share"
        text += f", stabilised by {given}"
    if order:
        text += f", multiplied along {order}"
    if setting["truncate"]:
        low, high = setting["truncate"]
        text += f", truncated at their {100 * low:g} and {100 * high:g} % quantiles"
    return f"{text}."


def notes_of(
    summary: pd.DataFrame,
    weights: Floats,
    event: Floats,
    setting: Mapping[str, Any],
    models: Mapping[str, BinaryFit],
) -> tuple[str, ...]:
    """Who is kept, for how many they stand, and where somebody stands for too many."""
    notes = []
    for row in summary.itertuples():
        if setting["kind"] == "kept":
            certain = " (all that count, no model)" if row.group not in models else ""
            notes.append(
                f"{row.group}: {row.kept} of {row.rows} kept{certain}, worth "
                f"{row.effective:.0f} people of equal weight."
            )
    if setting["truncated"]:
        notes.append(f"{setting['truncated']} weight(s) were moved to the limits.")
    found = weights[weights > 0]
    large = int(np.sum(found > LARGE * found.mean())) if found.size else 0
    if large:
        notes.append(
            f"{large} row(s) count more than {LARGE:g} times the average: the answer leans on them."
        )
    low = summary.loc[summary["lowest_probability"] < RARE, "group"]
    if len(low):
        notes.append(
            f"In {', '.join(low)} somebody's probability is below {RARE:g}: for such people there "
            "is hardly anybody to compare (positivity)."
        )
    for name, fit in models.items():
        if fit.state != "converged":
            notes.append(
                f"{name}: the covariates decide with certainty about some rows ({fit.state})."
            )
    gaps = int(np.isnan(weights).sum())
    if gaps:
        notes.append(f"{gaps} row(s) have no weight: a covariate or what they did is missing.")
    return tuple(notes)


def assumed(formula: str, setting: Mapping[str, Any], within: str | None) -> tuple[str, ...]:
    """What weights rest on; nothing of it is given by randomisation."""
    left, _, right = (part.strip() for part in formula.partition("~"))
    group = f", within {within}," if within else ""
    return (
        f"No unmeasured confounding: given {right}{group} {left} tells nothing about what would "
        "have happened otherwise. It is not randomised.",
        f"Positivity: whatever {right} are, {left} and its opposite are both possible"
        if setting["kind"] != "kept"
        else f"Positivity: whatever {right} are, {left} is possible.",
        f"The model of {left} is right in its terms and their form.",
        "Order: what is adjusted for was known before, and the outcome, or pain on its way to it, "
        f"did not change {left}.",
    )
