"""Who are compared with each other, and how are several p-values read together?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from walkstats import _digits
from walkstats._arguments import check_choice
from walkstats.numerics.adjusted_p import ADJUSTMENTS, adjusted_p

Floats = NDArray[np.float64]

PAIRS = {
    "reference": "each group with the reference",
    "all": "every group with every other",
}
ADJUSTED = {
    "holm": "Holm",
    "bonferroni": "Bonferroni",
    "hochberg": "Hochberg",
    "hommel": "Hommel",
    "BH": "Benjamini and Hochberg (false discovery rate)",
    "BY": "Benjamini and Yekutieli (false discovery rate)",
}


@dataclass(frozen=True)
class Question:
    """What is compared between which groups.

    Attributes
    ----------
    by : str
    levels : tuple of str
        Groups, the reference first.
    pairs : {"reference", "all"}
    level : float
    what : str
        The outcome, inside a sentence.
    """

    by: str
    levels: tuple[str, ...]
    pairs: str
    level: float
    what: str

    @property
    def chosen(self) -> list[tuple[int, int]]:
        """Positions (group, the one that it is compared with) of each comparison."""
        return compared(self.levels, self.pairs)

    @property
    def terms(self) -> tuple[str, ...]:
        """What each comparison is called."""
        return named(self.by, self.levels, self.chosen)


def check_pairs(pairs: str, adjust: str) -> None:
    """Words that the arguments ``pairs`` and ``adjust`` can take."""
    check_choice(pairs, PAIRS, "pairs")
    check_choice(adjust, ADJUSTMENTS, "adjust")


def compared(levels: tuple[str, ...], pairs: str) -> list[tuple[int, int]]:
    """Positions (group, the one that it is compared with) of each comparison."""
    if pairs == "reference":
        return [(k, 0) for k in range(1, len(levels))]
    return [(j, i) for i in range(len(levels)) for j in range(i + 1, len(levels))]


def named(by: str, levels: tuple[str, ...], pairs: list[tuple[int, int]]) -> tuple[str, ...]:
    """Terms of the comparisons: ``arm[walking]``, and ``arm[b] v. arm[a]`` beside the reference."""
    return tuple(
        f"{by}[{levels[own]}]" if other == 0 else f"{by}[{levels[own]}] v. {by}[{levels[other]}]"
        for own, other in pairs
    )


def contrasts_of(pairs: list[tuple[int, int]], groups: int) -> Floats:
    """(c, k) weights of the groups in each comparison."""
    weights = np.zeros((len(pairs), groups))
    for row, (own, other) in enumerate(pairs):
        weights[row, own], weights[row, other] = 1.0, -1.0
    return weights


def adjusted(p_values: Mapping[str, float], adjust: str) -> tuple[dict[str, float], str]:
    """Adjusted p-values by term and a note that says so; nothing where there is one comparison."""
    if len(p_values) < 2:
        return {}, ""
    if adjust == "none":
        return {}, f"p-values of {len(p_values)} comparisons are not adjusted for their number."
    values = dict(zip(p_values, adjusted_p(list(p_values.values()), adjust).tolist(), strict=True))
    listed = ", ".join(f"{term} {_digits.p_value(p)}" for term, p in values.items())
    note = (
        f"p-values adjusted for {len(p_values)} comparisons ({ADJUSTED[adjust]}): {listed}. "
        "Intervals and other p-values are not adjusted."
    )
    return values, note
