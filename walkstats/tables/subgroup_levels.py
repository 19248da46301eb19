"""What is the effect in each subgroup, laid out with the test of interaction?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from walkstats._arguments import check_choice
from walkstats._labels import capitalised, described, percent_level
from walkstats.results import Estimates
from walkstats.tables.cells import EMPTY, Cell, words
from walkstats.tables.description import Column, Row, Table

EVERYBODY = "Everybody"
NEEDED = "A table of subgroups needs SubgroupEffects (from causal.subgroup_effects)"


def holds_subgroups(result: Any) -> bool:
    """Whether a result has effects in subgroups."""
    names = ("effects", "interaction_tests", "places", "groups", "status")
    return all(hasattr(result, name) for name in names)


def subgroup_table(
    effects: Any,
    *,
    arm: str | None = None,
    names: Mapping[str, str] | None = None,
    labels: Mapping[str, str] | None = None,
    title: str = "Effects in subgroups",
) -> Table:
    """Show the effect of the arm in each subgroup, on both scales, with the test of interaction.

    Parameters
    ----------
    effects : SubgroupEffects
    arm : str, optional
        The arm that is compared with the first, where there are several; the last by default.
    names : mapping of str to str, optional
        Arm -> what to call it.
    labels : mapping of str to str, optional
        Modifier, or ``modifier=level`` -> what to call it.
    title : str

    Returns
    -------
    Table
        Per arm events and participants (participants, where the outcome is no event); the effect,
        the same on the other scale, and the p-value of interaction in the row of the modifier.

    Raises
    ------
    ValueError
        For something else.

    Examples
    --------
    >>> import walkstats as ws
    >>> trial = ws.load_sample("bladder")
    >>> events = ws.derive.first_recurrence(trial, kind="any", baseline=["number"])
    >>> events["tumours"] = (events["number"] > 1).map({False: "one", True: "several"})
    >>> table = subgroup_table(ws.causal.subgroup_effects(events, "arm", "tumours", at=365))
    >>> [row.label for row in table.rows]
    ['Everybody', 'Tumours (pre-specified)', 'one', 'several']
    """
    if not holds_subgroups(effects):
        raise ValueError(f"{NEEDED}, got {type(effects).__name__}.")
    arms = [one.removeprefix(f"{effects.arm}[").removesuffix("]") for one in effects.overall.terms]
    own = arms[-1] if arm is None else check_choice(arm, arms, "arm")
    said = dict(labels or {})
    rows: list[Row] = []
    before = ""
    for part in (effects.overall, effects.effects):
        for term in part.terms:
            name, level = effects.places[term]
            if not term.startswith(f"{effects.arm}[{own}]"):
                continue
            if name and name != before:
                rows.append(_heading(effects, name, said))
            before = name
            label = said.get(f"{name}={level}", level) if name else EVERYBODY
            cells = _cells(effects, part, term, name, level)
            rows.append(Row(label, tuple(cells), int(bool(name))))
    notes = tuple(one for one in (effects.method, *effects.notes) if one)
    columns = tuple(_columns(effects, dict(names or {})))
    return Table(title, "", columns, tuple(rows), notes, effects.source)


def _columns(effects: Any, names: dict[str, str]) -> list[Column]:
    arms = dict.fromkeys(effects.groups["arm"])
    what = "n" if effects.groups["events"].isna().all() else "events/n"
    found = [Column(f"{names.get(one, one)}, {what}") for one in arms]
    found.append(Column(_measured(effects.overall)))
    if effects.other is not None:
        found.append(Column(_measured(effects.other)))
    found.append(Column("p for interaction"))
    if effects.other_tests:
        found.append(Column(f"on the scale of {_scale(effects.other)}"))
    return found


def _measured(part: Estimates) -> str:
    unit = ", % points" if part.measure == "risk difference" else ""
    measure = capitalised(part.measure) or "Estimate"
    return f"{measure}{unit} ({percent_level(part.level)}% CI)"


def _scale(part: Estimates) -> str:
    return "ratios" if part.link != "identity" else "differences"


def _heading(effects: Any, name: str, said: dict[str, str]) -> Row:
    """The modifier with its status and p-values, under empty cells."""
    label = said.get(name, capitalised(described(name)))
    cells = [EMPTY] * len(dict.fromkeys(effects.groups["arm"])) + [EMPTY]
    cells += [EMPTY] * (effects.other is not None)
    cells.append(Cell("p", (effects.interaction_tests[name].p_value,)))
    if effects.other_tests:
        cells.append(Cell("p", (effects.other_tests[name].p_value,)))
    return Row(f"{label} ({effects.status[name]})", tuple(cells))


def _cells(effects: Any, part: Estimates, term: str, name: str, level: str) -> list[Cell]:
    table: pd.DataFrame = effects.groups
    here = table[(table["modifier"] == name) & (table["level"] == level)]
    cells = [_counted(row) for row in here.to_dict("records")]
    cells.append(_estimate(part, term))
    if effects.other is not None:
        cells.append(_estimate(effects.other, term))
    return cells + [EMPTY] * (1 + bool(effects.other_tests))


def _counted(row: Mapping[Any, Any]) -> Cell:
    if pd.isna(row["events"]):
        return Cell("count", (float(row["n"]),))
    return words(f"{row['events']:.0f}/{row['n']}")


def _estimate(part: Estimates, term: str) -> Cell:
    ratio = part.link != "identity"
    one = part.estimate(term, ratio=ratio)
    factor = 100.0 if part.measure == "risk difference" else 1.0
    ends = tuple(factor * value for value in (one.estimate, one.conf_low, one.conf_high))
    return Cell("ratio" if ratio else "estimate", ends, 1 if factor == 100.0 else None)
