"""Do the tables hold what the dictionary allows: nothing required missing, ranges, values, keys?"""

from __future__ import annotations

import difflib
from collections.abc import Sequence

import numpy as np
import pandas as pd

from walkstats.checks.material import Material, tables_with_ids
from walkstats.checks.rules import counted, ids_at, values_at
from walkstats.errors import IDS_SHOWN, Problem
from walkstats.schema import LISTS, TABLES, Column, Table

HINTS = {
    "age_years": "is it in months, a year of birth, or a code for missing? correct or declare it",
    "walking_minutes": "a day has 1440 minutes, and this is more than 16 hours of walking on every "
    "day of the week: are these steps, or several weeks added up?",
    "onset_days": "day 0 is randomisation: correct the date, or leave out what came before it",
    "withdrawn_days": "correct one of the two dates",
}
"""Column -> what to do about a value outside its range."""


def dictionary_problems(material: Material) -> list[Problem]:
    """Everything that the dictionary alone can tell.

    Parameters
    ----------
    material : Material

    Returns
    -------
    list of Problem
    """
    found: list[Problem] = []
    for name, table in {**TABLES, **LISTS}.items():
        if len(material.tables.get(name, ())):
            for column in table.columns:
                found += _column_problems(material, table, column)
            found += _repeated_keys(material, table)
    for name in tables_with_ids():
        found += _unknown_participants(material, name)
    return found


def _column_problems(material: Material, table: Table, column: Column) -> list[Problem]:
    found = []
    if column.required:
        found += _empty(material, table, column)
    if column.low is not None or column.high is not None:
        found += _outside(material, table, column)
    if column.unlikely_above is not None:
        found += _unlikely(material, table, column)
    allowed = material.arms if column.name == "arm" else column.allowed
    if allowed:
        found += _not_allowed(material, table.name, column.name, allowed)
    if column.kind in ("number", "days"):
        found += _infinite(material, table, column)
    return found


def _problem(
    material: Material,
    place: tuple[str, str],
    rows: np.ndarray,
    sentence: str,
    what_to_do: str,
    severity: str = "error",
    topic: str = "values",
) -> list[Problem]:
    """One finding about the rows (bool, shape (n,)); none when there are no rows."""
    positions = np.flatnonzero(rows)
    if not len(positions):
        return []
    table, column = place
    return [
        Problem(
            sentence,
            what_to_do,
            table=table,
            column=column,
            row=material.line(table, int(positions[0])),
            ids=ids_at(material, table, positions),
            count=len(positions),
            severity=severity,
            topic=topic,
            file=material.file(table, int(positions[0])),
        )
    ]


def _empty(material: Material, table: Table, column: Column) -> list[Problem]:
    rows = material.missing(table.name, column.name)
    what = f"{column.name} is missing in {int(rows.sum())} of {len(rows)} rows"
    if column.name == "arm":
        remedy = "enter the arm to which each was randomised: nobody is put into an arm by default"
    else:
        remedy = "enter it, or delete the rows that stand for nothing"
    return _problem(material, (table.name, column.name), rows, what, remedy, topic="completeness")


def _outside(material: Material, table: Table, column: Column) -> list[Problem]:
    values = material.numbers(table.name, column.name)
    low = -np.inf if column.low is None else column.low
    high = np.inf if column.high is None else column.high
    with np.errstate(invalid="ignore"):
        rows = ((values < low) | (values > high)) & np.isfinite(values)
    if not rows.any():
        return []
    shown = values_at(column.name, table.name)(material, np.flatnonzero(rows))
    below = bool((values[rows] < low).all())
    limits = f"below {low:g}" if below else f"outside {low:g} to {high:g}"
    unit = f" [{column.unit}]" if column.unit else ""
    sentence = f"{column.name} {limits}{unit}: {shown}{_dates(material, table, column, rows)}"
    hint = HINTS.get(column.name, "correct it, or declare it as a code for missing")
    if column.name == "walking_minutes" and below:
        hint = "minutes cannot be negative: correct them, or leave the week empty"
    if column.name in ("unit_cost", "quantity"):
        hint = "no cost is negative; enter refunds in a column of their own, which is carried along"
    codes = [material.almost_missing(table.name, column.name, int(k)) for k in np.flatnonzero(rows)]
    code = next(filter(None, codes), "")
    if code:
        cell = material.cell(table.name, column.name, int(np.flatnonzero(rows)[codes.index(code)]))
        hint = f"{cell!r} is the code for missing {code!r} written otherwise: declare it too"
    return _problem(material, (table.name, column.name), rows, sentence, hint)


def _dates(material: Material, table: Table, column: Column, rows: np.ndarray) -> str:
    """For days before randomisation: both dates, where they are known."""
    if column.kind != "days" or "participant_id" not in material.tables[table.name]:
        return ""
    frame = material.tables[table.name]
    told = []
    for k in np.flatnonzero(rows)[:IDS_SHOWN]:
        who = frame["participant_id"].iloc[k]
        day = float(frame[column.name].iloc[k])
        then, start = material.date(who, day), material.date(who, 0)
        if then:
            told.append(f"{who}: randomised {start}, {column.name.removesuffix('_days')} {then}")
    return f" ({'; '.join(told)})" if told else ""


def _unlikely(material: Material, table: Table, column: Column) -> list[Problem]:
    values = material.numbers(table.name, column.name)
    high = np.inf if column.high is None else column.high
    rows = (values > column.unlikely_above) & (values <= high)
    if not rows.any():
        return []
    shown = values_at(column.name, table.name)(material, np.flatnonzero(rows))
    unit = f" {column.unit}" if column.unit else ""
    return _problem(
        material,
        (table.name, column.name),
        rows,
        f"{column.name} above {column.unlikely_above:g}{unit} is possible but unlikely: {shown}",
        "look at them; they are kept as they are",
        "warning",
        "plausibility",
    )


def _infinite(material: Material, table: Table, column: Column) -> list[Problem]:
    rows = np.isinf(material.numbers(table.name, column.name))
    return _problem(
        material,
        (table.name, column.name),
        rows,
        f"{column.name} is infinite",
        "use censoring at last contact: leave a time not reached empty, give the end of follow-up",
    )


def _not_allowed(
    material: Material, table: str, column: str, allowed: Sequence[str]
) -> list[Problem]:
    values = material.tables[table][column]
    rows = (values.notna() & ~values.isin(allowed)).to_numpy(dtype=bool)
    if not rows.any():
        return []
    told = []
    for value, count in values[rows].value_counts(sort=False).head(IDS_SHOWN).items():
        near = nearest(str(value), allowed)
        hint = f", nearest is {near!r}" if near else ""
        told.append(f"{value!r} in {counted(int(count), 'row')}{hint}")
    return _problem(
        material,
        (table, column),
        rows,
        f"{column} must be one of {', '.join(map(repr, allowed))}; found {'; '.join(told)}",
        "correct the labels, or say what they mean with codes in trial.toml",
    )


def nearest(word: str, known: Sequence[str]) -> str | None:
    """The known word that is meant, if one is close."""
    for one in known:
        if one.strip().casefold() == word.strip().casefold():
            return one
    plain = {one.strip().casefold(): one for one in known}
    near = difflib.get_close_matches(word.strip().casefold(), list(plain), n=1, cutoff=0.6)
    return plain[near[0]] if near else None


def _repeated_keys(material: Material, table: Table) -> list[Problem]:
    if not table.key:
        return []
    frame = material.tables[table.name]
    keyed = np.ones(len(frame), dtype=bool)
    for name in table.key:
        keyed &= ~material.refused.get((table.name, name), np.zeros(len(frame), dtype=bool))
    required = [c.name for c in table.columns if c.required and c.name in table.key]
    there = frame[required].notna().all(axis=1).to_numpy(dtype=bool) & keyed
    rows = frame.duplicated(list(table.key), keep=False).to_numpy(dtype=bool) & there
    if not rows.any():
        return []
    pairs = []
    groups = frame[rows].groupby(list(table.key), sort=False, dropna=False)
    for key, positions in list(groups.indices.items())[:IDS_SHOWN]:
        at = np.flatnonzero(rows)[positions]
        named = " ".join(map(_plainly, key if isinstance(key, tuple) else (key,)))
        lines = ", ".join(material.named(table.name, int(k)) for k in at[:IDS_SHOWN])
        pairs.append(f"{named} in rows {lines}{_values(frame, table.name, at)}")
    what = f"duplicates: a {table.row} stands more than once: " + "; ".join(pairs)
    return _problem(
        material,
        (table.name, table.key[-1] if len(table.key) > 1 else table.key[0]),
        rows,
        what + (" ..." if groups.ngroups > IDS_SHOWN else ""),
        "keep one row of each, and say so in the data management log",
        topic="identity",
    )


def _plainly(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


def _values(frame: pd.DataFrame, table: str, at: np.ndarray) -> str:
    """What the repeated rows say, where that is one number."""
    column = {"outcomes": "value", "walking": "walking_minutes", "screening": "n"}.get(table)
    if column is None:
        return ""
    values = ", ".join(_plainly(value) for value in frame[column].iloc[at[:IDS_SHOWN]])
    return f" ({column} {values})"


def _unknown_participants(material: Material, table: str) -> list[Problem]:
    frame = material.tables[table]
    refused = material.refused.get(("participants", "participant_id"))
    if not len(frame) or "participants" in material.incomplete:
        return []
    if refused is not None and refused.any():
        return []
    known = material.tables["participants"]["participant_id"].dropna()
    if not len(known):  # that is told, and everybody would be unknown
        return []
    ids = frame["participant_id"]
    rows = (ids.notna() & ~ids.isin(known)).to_numpy(dtype=bool)
    if not rows.any():
        return []
    unknown = list(dict.fromkeys(ids[rows]))
    hints = [f"{one!r} is {near!r}?" for one in unknown[:3] if (near := _alias(one, known))]
    return _problem(
        material,
        (table, "participant_id"),
        rows,
        f"{counted(len(unknown), 'id')} not in participants: "
        f"{', '.join(map(repr, unknown[:IDS_SHOWN]))}" + (" ..." if len(unknown) > 5 else ""),
        "correct the id, add the participant, or delete the rows (totals do not belong there)"
        + (f"; {' '.join(hints)}" if hints else ""),
        topic="identity",
    )


def _alias(unknown: str, known: pd.Series) -> str | None:
    """A known id that differs in case, spaces, leading zeros or a trailing .0 only."""
    bare = _bare(unknown)
    return next((one for one in known if _bare(one) == bare), None)


def _bare(name: str) -> str:
    return str(name).strip().casefold().removesuffix(".0").lstrip("0")
