"""How do models that answer different questions stand beside each other?"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from walkstats._labels import capitalised, percent_level
from walkstats.results import Estimates
from walkstats.tables.cells import EMPTY, Cell
from walkstats.tables.description import Column, Row, Table


def holds_models(result: Any) -> bool:
    """Whether a result holds fits by name, with a sentence on what each estimates."""
    fits, sentences = (getattr(result, name, None) for name in ("fits", "estimates"))
    if not isinstance(fits, Mapping) or not isinstance(sentences, Mapping):
        return False
    known = all(isinstance(one, Estimates) for one in fits.values())
    return bool(fits) and known and set(fits) == set(sentences)


def models_table(result: Any, labels: Mapping[str, str]) -> Table:
    """One block of rows per model; what each estimates stands in the footnotes.

    Parameters
    ----------
    result : RecurrentModels
        Or anything else with ``fits`` and ``estimates`` by name.
    labels : mapping of str to str
        Term or model -> what to call it.

    Returns
    -------
    Table
    """
    rows = []
    for name, fit in result.fits.items():
        measure = f": {fit.measure}" if fit.measure else ""
        rows.append(Row(f"{labels.get(name, name)}{measure}"))
        for term in fit.terms:
            ratio = fit.has_ratio(term)
            one = fit.estimate(term, ratio=ratio)
            shown = Cell(
                "ratio" if ratio else "estimate", (one.estimate, one.conf_low, one.conf_high)
            )
            p = EMPTY if math.isnan(one.p_value) else Cell("p", (one.p_value,))
            rows.append(Row(labels.get(term, term), (shown, p), 1))
    level = percent_level(next(iter(result.fits.values())).level)
    said = [
        f"{labels.get(name, name)}: {capitalised(sentence)}"
        for name, sentence in result.estimates.items()
    ]
    counts = [] if result.counts is None else [f"{result.counts}."]
    return Table(
        title="",
        stub="",
        columns=(Column(f"Estimate ({level}% CI)"), Column("p")),
        rows=tuple(rows),
        notes=tuple(note for note in (*said, result.method, *result.notes, *counts) if note),
        source=result.source,
    )
