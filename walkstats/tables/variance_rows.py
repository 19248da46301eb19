"""How much do people, visits and what is left vary in models of repeated measures?"""

from __future__ import annotations

from collections.abc import Mapping

from walkstats._labels import capitalised
from walkstats.results import Estimates, MixedFit
from walkstats.tables.cells import EMPTY, Cell
from walkstats.tables.description import Row

HEADING = "Variances and correlations"


def variance_rows(
    fits: Mapping[str, Estimates], labels: Mapping[str, str], level: float | None
) -> list[Row]:
    """One row per variance or correlation of any fit, under a heading; none where there is none.

    Parameters
    ----------
    fits : mapping of str to Estimates
        Those that are no models of repeated measures have empty cells.
    labels : mapping of str to str
        Term -> what to call it.
    level : float or None

    Returns
    -------
    list of Row
    """
    parts = {
        name: fit.variance if isinstance(fit, MixedFit) else None for name, fit in fits.items()
    }
    terms = dict.fromkeys(t for part in parts.values() if part is not None for t in part.terms)
    rows = [Row(HEADING)] if terms else []
    for term in terms:
        cells: list[Cell] = []
        for part in parts.values():
            cells += [EMPTY if part is None else _cell(part, term, level), EMPTY]
        rows.append(Row(labels.get(term, _called(term)), tuple(cells), 1))
    return rows


def _cell(part: Estimates, term: str, level: float | None) -> Cell:
    if term not in part.terms:
        return EMPTY
    one = part.estimate(term, level=level)
    return Cell("estimate", (one.estimate, one.conf_low, one.conf_high))


def _called(term: str) -> str:
    """``variance[residual]`` as words."""
    kind, bracket, rest = term.partition("[")
    return capitalised(f"{kind}, {rest.removesuffix(']')}" if bracket else term)
