"""What must a reader of a complier effect know, and what has to be assumed?"""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from walkstats.causal.instruments import Moved, NotRejected
from walkstats.causal.two_arms import FREE, MEAN, RISK, Asked
from walkstats.formulas import Terms

Floats = NDArray[np.float64]

# Below this F statistic of the first stage intervals by the standard error are not to be trusted.
WEAK = 10.0
ERRORS_SAID = {
    "HC1": "robust standard errors (HC1)",
    "HC0": "robust standard errors (HC0)",
    "classical": "standard errors for equal variances",
}


class _Read(Protocol):
    """What the words need of the rows read."""

    @property
    def by(self) -> str: ...
    @property
    def arms(self) -> tuple[str, str]: ...
    @property
    def second(self) -> NDArray[np.bool_]: ...


class _Named(Protocol):
    @property
    def binary(self) -> bool: ...
    @property
    def described(self) -> str: ...
    @property
    def name(self) -> str: ...


def method_of(
    asked: Asked, received: str, terms: Terms, se: str, cluster: Any, level: float
) -> str:
    """The sentence of a methods section."""
    others = [term for term in list(terms.columns_of)[1:] if term != "intercept"]
    arm = next(term for term in terms.columns_of if term != "intercept")
    adjusted = [term for term in others if term != arm]
    text = (
        f"Effect of {received} on {asked.described} in those whose {arm} decided about it: "
        "two-stage least squares with the randomised arm as instrument"
    )
    if adjusted:
        text += f", adjusted for {', '.join(adjusted)}"
    if asked.kind != MEAN:
        text += ", of pseudo-values by arm"
    clustered = " clustered" if cluster is not None else ""
    return (
        f"{text};{clustered} {ERRORS_SAID[se]}, {100 * level:g} % intervals by Anderson and Rubin."
    )


def notes_of(rows: _Read, dose: Floats, kind: _Named, moved: Moved, kept: NotRejected) -> list[str]:
    """Who walks in which arm, how strong the instrument is, and what the interval is."""
    first, second = dose[~rows.second].mean(), dose[rows.second].mean()
    reference, other = rows.arms
    notes = []
    if kind.binary:
        notes.append(
            f"{kind.described}: {100 * second:.1f} % of {other}, {100 * first:.1f} % of "
            f"{reference}."
        )
        if first > 0:
            notes.append(
                f"In {reference} too people received it of their own accord: the effect is that in "
                "those who did because of their arm, and says nothing about those who would have "
                "in either arm, or in neither."
            )
    else:
        notes.append(f"Mean {kind.name}: {second:.4g} in {other}, {first:.4g} in {reference}.")
        if first > 0:
            notes.append(
                f"In {reference} too people received it of their own accord: only what the arm "
                "added to that says anything about the effect."
            )
    if moved.values[1] < 0:
        notes.append(f"Less was received in {other} than in {reference}: look at the coding.")
    notes += said_of_strength(moved.strength)
    if kept.shape == "everything":
        notes.append("The interval is unbounded: the data reject no effect whatever.")
    if kept.shape == "outside":
        notes.append(
            f"The interval is unbounded: the data reject only effects between {kept.low:.4g} and "
            f"{kept.high:.4g}."
        )
    return notes


def impossible(asked: Asked, kind: _Named, effect: float) -> list[str]:
    """A note where no effect can be as large as the estimate."""
    most = {RISK: 1.0, FREE: asked.moment}.get(asked.kind)
    if most is None or not kind.binary or abs(effect) <= most:
        return []
    return [
        f"No such effect can lie beyond {most:g}, and the estimate does ({effect:.4g}): the arm "
        f"does more than change {kind.described}, or the cut is wrong, or it is chance. Read it as "
        "a sign that the exclusion assumption fails."
    ]


def said_of_strength(strength: float) -> tuple[str, ...]:
    """A note where the arm hardly moves what was received."""
    if not strength < WEAK:  # nor where it is not known
        return ()
    return (
        f"A weak instrument (F = {strength:.1f}, below {WEAK:g}): the arms hardly differ in what "
        "was received. Only Anderson and Rubin's interval can be relied on.",
    )


def assumed(
    asked: Asked, received: str, binary: bool, cut: float | None, rows: _Read
) -> tuple[str, ...]:
    """What the effect rests on; the first alone is given by the design."""
    reference, other = rows.arms
    listed = [
        f"Randomisation: {rows.by} is independent of everything before it. This holds by design.",
        f"Exclusion: being in {other} acts on the outcome only by way of {received}; sessions, "
        "advice and attention do nothing else.",
    ]
    if cut is not None:
        listed.append("Below the cut less is as little as nothing, and above it more is no more.")
    if binary:
        listed.append(
            f"Monotonicity: nobody refrains because of being in {other} who would have received "
            f"it in {reference}."
        )
    else:
        listed.append(
            f"Monotonicity: nobody receives less because of being in {other}; the effect is an "
            "average over people and doses, weighted by how far the arm moved them."
        )
    listed.append("Order: the outcome, or pain on its way to it, did not change what was received.")
    listed.append("No interference: what one participant receives does nothing to another.")
    if asked.kind != MEAN:
        listed.append("Within an arm censoring says nothing about the event to come.")
    listed.append("Those left out for missing values are, within their arm, like those analysed.")
    return tuple(listed)
