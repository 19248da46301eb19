"""How does a term of a formula get a coefficient for each event number?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from walkstats._formula_text import parse
from walkstats.formulas import build

Indices = NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class OwnEffects:
    """A frame with a column for each effect and event number, and the formula that names them.

    Attributes
    ----------
    frame : pandas.DataFrame
    formula : str
    effects : tuple of str
        Columns that the terms are in an ordinary model, e.g. ``arm[walking]``.
    terms : tuple of tuple of str
        For each of them, the names by event number.
    numbers : tuple of int
    """

    frame: pd.DataFrame
    formula: str
    effects: tuple[str, ...]
    terms: tuple[tuple[str, ...], ...]
    numbers: tuple[int, ...]


def own_effects(
    frame: pd.DataFrame, formula: str, specific: str | tuple[str, ...], number: Indices
) -> OwnEffects:
    """Give terms of a formula a coefficient for each event number.

    Parameters
    ----------
    frame : pandas.DataFrame
        n rows.
    formula : str
    specific : str or tuple of str
        Terms of the formula.
    number : (n,) array
        Event number of each row.

    Returns
    -------
    OwnEffects

    Raises
    ------
    ValueError
        For a term that is not in the formula.
    """
    wanted = (specific,) if isinstance(specific, str) else tuple(specific)
    terms = [term for term, _ in parse(formula).terms]
    absent = [term for term in wanted if term not in terms]
    if absent:
        raise ValueError(
            f"{absent[0]!r} is no term of the formula {formula!r}. The terms are: "
            f"{', '.join(terms)}."
        )
    _refuse_shared(parse(formula).terms, wanted)
    design = build(formula, frame, intercept=False)
    numbers = tuple(int(k) for k in np.unique(number))
    made: dict[str, NDArray[np.float64]] = {}
    effects, names = [], []
    for term in wanted:
        for k in range(*design.terms.columns_of[term].indices(len(design.terms.names))):
            effect = design.terms.names[k]
            column = np.full(len(frame), np.nan)
            column[design.kept] = design.matrix[:, k]
            own = tuple(f"{effect}:event[{j}]" for j in numbers)
            made |= {
                name: np.where(number == j, column, np.where(np.isnan(column), np.nan, 0.0))
                for name, j in zip(own, numbers, strict=True)
            }
            effects.append(effect)
            names.append(own)
    extended = pd.concat([frame, pd.DataFrame(made, index=frame.index)], axis=1)
    extended.attrs = dict(frame.attrs)
    others = [term for term in terms if term not in wanted]
    quoted = [f"`{name}`" for own in names for name in own]
    return OwnEffects(
        extended, " + ".join([*quoted, *others]), tuple(effects), tuple(names), numbers
    )


def _refuse_shared(terms: tuple[tuple[str, tuple[str, ...]], ...], wanted: tuple[str, ...]) -> None:
    """A variable may stand in a term that is made specific, or in others, not in both."""
    own = {part for term, parts in terms if term in wanted for part in parts}
    for term, parts in terms:
        shared = own & set(parts)
        if term not in wanted and shared:
            raise ValueError(
                f"{sorted(shared)[0]} is to have effects of its own for each event number and "
                f"stands in {term!r} as well. Name both in specific=, or leave one out."
            )
