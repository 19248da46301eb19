"""What does this trial.toml declare, and what in it cannot be right?

Every finding of the file comes at once, with its line. A clause that is not known is an error, with
the nearest one that is: a misspelt clause would otherwise be passed over in silence.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from walkstats.errors import Problem
from walkstats.reading.cdisc.declared import data_sets_of
from walkstats.reading.cells.units import known_units
from walkstats.reading.declared.clause_values import KINDS, UnfitError
from walkstats.reading.declared.clauses import (
    COLUMN_CLAUSES,
    MEASURE_CLAUSES,
    SCORE_CLAUSES,
    TABLE_CLAUSES,
    TRIAL_CLAUSES,
)
from walkstats.reading.declared.declarations import (
    DEFAULT_DATES,
    DEFAULT_MISSING,
    Declared,
    DeclaredColumn,
    DeclaredTable,
    RedcapProject,
)
from walkstats.reading.declared.found_clauses import Finder
from walkstats.reading.declared.minutes_declared import MINUTES_CLAUSES
from walkstats.reading.declared.toml_text import TomlText
from walkstats.reading.redcap.declared import expand, from_export, project_of
from walkstats.reading.text_tables import FileFormat
from walkstats.schema import LISTS, TABLES, Column, Measure, table_of

MANIFEST = "trial.toml"
MOST_PARTS = 1000
"""Of one table: files that a team keeps apart, by month or by site."""
DAILY = Column("day", "days", "day of a daily record", "days")


ONLY_IN = {
    "daily": "walking",
    "minutes": "walking",
    "score": "outcomes",
    "overlapping": "recurrences",
    "schedule": "check_ins",
    "due_until": "check_ins",
}
"""Clause -> the one table that it goes with."""

BY_MINUTES = (
    "leave it out: minutes names the columns, and the sign between them is seen in the first line"
)
"""What is done with other clauses of a file of minutes."""

FORMAT_CLAUSES = (
    "encoding",
    "delimiter",
    "sheet",
    "quote",
    "escape",
    "comment",
    "header_line",
    "dialect",
)
"""Clauses of a table that say how its file is written."""

ALSO_READ = {"costs": ("price_year",)}
"""Columns beyond the dictionary that an analysis reads."""
MISSPELT = 0.85
"""So alike a name is meant, unless its type says that it is another."""


def read_manifest(toml: TomlText) -> tuple[Declared, list[Problem]]:
    """Read the clauses of a trial.toml.

    Parameters
    ----------
    toml : TomlText

    Returns
    -------
    tuple
        What is declared, as far as it could be read, and what is wrong.
    """
    finder = Finder(toml, MANIFEST)
    known = (*TABLES, *LISTS)
    tables = {name: value for name, value in toml.values.items() if name in known}
    facts = {name: value for name, value in toml.values.items() if name not in known}
    for name in [n for n in facts if n not in {c.name for c in TRIAL_CLAUSES}]:
        finder.unknown("", name, [*(clause.name for clause in TRIAL_CLAUSES), *known], (name,))
        del facts[name]
    values = finder.values(facts, TRIAL_CLAUSES, ())
    missing = values.pop("missing", DEFAULT_MISSING)
    measures = {
        name: _measure(finder, name, value) for name, value in values.pop("measures", {}).items()
    }
    if "redcap" in values:
        line = toml.line("redcap")
        values["redcap"] = project_of(values["redcap"], finder.values, finder.report, line)
        finder = replace(finder, redcap=values["redcap"])
    if "cdisc" in values:
        read = data_sets_of(values["cdisc"], finder.values, finder.report, toml.line("cdisc"))
        values["cdisc"] = read
    parts: list[DeclaredTable] = []
    for name in TABLES:
        parts += _parts(finder, name, tables.get(name), missing)
    for name in [one for one in LISTS if one in tables]:
        parts += [
            _as_participants(part, parts, values.get("strata", ()))
            for part in _parts(finder, name, tables[name], missing)
        ]
    if values.pop("dialect", "declared") == "recognise":
        parts = [_recognised(part) for part in parts]
    declared = Declared(
        **{"dates_between": DEFAULT_DATES, **values},
        measures={name: one for name, one in measures.items() if one is not None},
        tables=tuple(parts),
    )
    _check_arms(finder, declared)
    return declared, finder.problems


def _as_participants(
    part: DeclaredTable, parts: list[DeclaredTable], strata: Iterable[str]
) -> DeclaredTable:
    """A list whose arms and strata are read as those of participants, unless it says otherwise."""
    people = [column for one in parts if one.table == "participants" for column in one.columns]
    meant = {column.target: column for column in people if column.target in ("arm", *strata)}
    own = {column.target: column for column in part.columns}
    for name, like in meant.items():
        mine = own.get(name, DeclaredColumn(name, name, declared=False))
        if not mine.codes:
            mine = replace(mine, codes=like.codes)
        known = table_of(part.table).column(name) is not None
        own[name] = mine if known else replace(mine, kind=mine.kind or like.kind)
    return replace(part, columns=tuple(own.values()))


def _check_arms(finder: Finder, declared: Declared) -> None:
    if len(declared.arms) == 1:
        finder.report(
            ("arms",),
            f"comparison needs 2 arms, found 1 ({declared.arms[0]})",
            "list every arm, the reference first",
        )
    if any(not arm.strip() for arm in declared.arms):
        finder.report(("arms",), "an arm has no name", "name every arm")


def _measure(finder: Finder, name: str, value: Any) -> Measure | None:
    path = ("measures", name)
    try:
        found = KINDS["measures"](value)
    except UnfitError as reason:
        finder.report(path, f"measures.{name} {reason}")
        return None
    before = len(finder.problems)
    read = finder.values(found, MEASURE_CLAUSES, path)
    if len(finder.problems) > before:
        return None
    return Measure(
        name,
        read.get("described", name),
        read.get("low"),
        read.get("high"),
        read["better"],
        read.get("unit", ""),
    )


def _parts(finder: Finder, name: str, found: Any, missing: tuple[str, ...]) -> list[DeclaredTable]:
    """A table stands once under ``[name]``, or in parts under ``[[name]]``."""
    if found is None:
        return [DeclaredTable(name, missing=missing, columns=_columns(finder, name, {}, (), False))]
    if isinstance(found, Mapping):
        return _one_part(finder, name, found, missing, (name,))
    if not isinstance(found, list) or not all(isinstance(one, Mapping) for one in found):
        finder.report((name,), f"{name} needs a table", f"write [{name}] and its clauses below")
        return []
    if len(found) > MOST_PARTS:
        finder.report(
            (name,),
            f"{name} has {len(found)} parts (limit {MOST_PARTS})",
            "lay files of the same columns together first",
        )
        return []
    parts: list[DeclaredTable] = []
    for k, one in enumerate(found):
        parts += _one_part(finder, name, one, missing, (name, str(k)))
    return parts


def _one_part(
    finder: Finder,
    name: str,
    found: Mapping[str, Any],
    missing: tuple[str, ...],
    path: tuple[str, ...],
) -> list[DeclaredTable]:
    values = finder.values(found, TABLE_CLAUSES, path)
    daily = values.get("daily", False)
    for only, table in ONLY_IN.items():
        if values.get(only) and name != table:
            finder.report((*path, only), f"{only} is a clause of {table} only", "leave it out")
            del values[only]
    exported = from_export(found, finder.redcap)
    if exported:
        values.setdefault("carry", False)
    columns = _columns(finder, name, values.pop("columns", {}), path, daily)
    if values.get("keep") and not values.get("one_row_per"):
        finder.report((*path, "keep"), "keep needs one_row_per", 'add one_row_per = "id"')
    wide = values.pop("wide", None)
    if wide is not None:
        values.setdefault("carry", False)
    if "minutes" in values:
        values["minutes"] = _minutes(finder, values["minutes"], found, path)
    if "score" in values:
        values["score"] = _score(finder, values["score"], wide, (*path, "score"))
        values.setdefault("carry", False)
    if values.get("overlapping") == "error":
        del values["overlapping"]
    part = DeclaredTable(
        name,
        file=values.pop("from", None),
        columns=columns,
        format=_format(finder, values, path),
        line=finder.toml.line(*path),
        **{"missing": missing, **values},
    )
    if exported:
        part = expand(part, finder.redcap or RedcapProject(), finder.report)
    return [part] if wide is None else _wide(finder, part, wide, (*path, "wide"))


def _minutes(
    finder: Finder, minutes: Mapping[str, Any], found: Mapping[str, Any], path: tuple[str, ...]
) -> dict[str, Any]:
    """How minutes are read; what else is said of their file would be passed over."""
    for name in [one for one in found if one not in ("from", "minutes")]:
        finder.report((*path, name), f"{name} is not used beside minutes", BY_MINUTES)
    return finder.values(minutes, MINUTES_CLAUSES, (*path, "minutes"))


def _score(
    finder: Finder, found: Mapping[str, Any], wide: object, path: tuple[str, ...]
) -> dict[str, Any]:
    """The clauses of a questionnaire; empty where they cannot be used."""
    read = finder.values(found, SCORE_CLAUSES, path)
    if wide is not None:
        finder.report(path, "a part has score or wide, not both", "make two parts of it")
        return {}
    return read if "questionnaire" in read else {}


def _recognised(part: DeclaredTable) -> DeclaredTable:
    """The part, its file to be recognised unless the table says otherwise."""
    if part.format.recognise is not None:
        return part
    return replace(part, format=replace(part.format, recognise=True))


def _format(finder: Finder, values: dict[str, Any], path: tuple[str, ...]) -> FileFormat:
    """How the file of a table is written; of two clauses that contradict, one is reported."""
    found = {name: values.pop(name) for name in FORMAT_CLAUSES if name in values}
    if "dialect" in found:
        found["recognise"] = found.pop("dialect") == "recognise"
    thousands = values.get("thousands")
    decimal = values.get("decimal", None if thousands is None else ".")
    for sign, one, other, again in (
        (decimal, "decimal", "thousands", thousands),
        (found.get("delimiter"), "delimiter", "quote", found.get("quote")),
    ):
        if sign is not None and sign == again:
            finder.report((*path, other), f"{one} and {other} are both {sign!r}", f"declare {one}")
    return FileFormat(**found, decimal=decimal)


def _columns(
    finder: Finder, table: str, found: Mapping[str, Any], path: tuple[str, ...], daily: bool
) -> tuple[DeclaredColumn, ...]:
    """Every column of the dictionary, declared or not, then the declared ones beyond it."""
    dictionary = {column.name: column for column in table_of(table).columns}
    if daily:
        dictionary[DAILY.name] = DAILY
    columns = [
        _column(finder, name, column, found[name], (*path, "columns", name))
        if name in found
        else DeclaredColumn(name, name, declared=False)
        for name, column in dictionary.items()
    ]
    beyond = [name for name in found if name not in dictionary]
    for name in beyond:
        columns.append(_column(finder, name, None, found[name], (*path, "columns", name)))
        known = [one for one in (*dictionary, *ALSO_READ.get(table, ())) if one not in found]
        near = difflib.get_close_matches(name, known, n=1, cutoff=MISSPELT)
        if near and name != near[0] and columns[-1].kind is None:
            finder.report(
                (*path, "columns", name),
                f"{name} is no column of {table} that the dictionary knows",
                f"did you mean {near[0]}? Otherwise say what it is, as in "
                f'{name} = {{ from = "...", type = "text" }}',
            )
    return tuple(columns)


def _column(
    finder: Finder, name: str, column: Column | None, found: Any, path: tuple[str, ...]
) -> DeclaredColumn:
    line = finder.toml.line(*path)
    if finder.asked("", name, found, f'{name} = "name of a column"', path):
        return DeclaredColumn(name, name, line=line)
    if isinstance(found, str):
        return DeclaredColumn(name, found, line=line)
    if not isinstance(found, Mapping):
        finder.report(path, f"{name} needs a column name in quotes, or clauses in braces")
        return DeclaredColumn(name, name, line=line)
    values = finder.values(found, COLUMN_CLAUSES, path)
    ways = [one for one in ("from", "value", "any_of") if one in values]
    if len(ways) > 1:
        finder.report(path, f"{name} has both {' and '.join(ways)}", "keep one of the two")
    kind = values.pop("type", None)
    read = DeclaredColumn(name, values.pop("from", name), kind=kind, line=line, **_known(values))
    for problem, what_to_do in _contradictions(read, column):
        finder.report(path, f"{name}: {problem}", what_to_do)
    return read


def _known(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if name != "from"}


def _contradictions(read: DeclaredColumn, column: Column | None) -> list[tuple[str, str]]:
    """Clauses that do not go with the kind of the column."""
    found = []
    kind = column.kind if column else read.kind or "text"
    if column and read.kind not in (None, column.kind):
        found.append((f"type is {column.kind} by the dictionary", "leave type out"))
    if read.any_of and kind != "boolean":
        found.append((f"any_of does not go with a column of kind {kind}", "use from"))
    if read.dates and kind not in ("date", "days"):
        found.append((f"dates does not go with a column of kind {kind}", "leave dates out"))
    if (read.unit or read.factor is not None) and kind not in ("number", "days", "integer"):
        found.append((f"unit does not go with a column of kind {kind}", "leave unit out"))
    if read.factor is not None and read.factor <= 0:
        found.append(("factor needs a number above 0", "correct it"))
    wanted = column.unit if column else ("days" if kind == "days" else "")
    units = known_units(wanted)
    number = kind in ("number", "days", "integer")
    if number and read.unit and read.factor is None and read.unit not in units:
        known = f"known are: {', '.join(units)}; for another " if units else "for this column "
        found.append(
            (
                f"the unit {read.unit!r} cannot be turned into {wanted or 'that of the column'}",
                f"{known}add factor = (what one {read.unit} is)",
            )
        )
    return found


def _wide(
    finder: Finder, part: DeclaredTable, found: Mapping[str, Any], path: tuple[str, ...]
) -> list[DeclaredTable]:
    """One part per wide column, with its constants."""
    into = found.get("into")
    columns = found.get("columns")
    targets = [column.target for column in part.columns]
    if set(found) != {"into", "columns"} or into not in targets or not isinstance(columns, Mapping):
        finder.report(
            path,
            "wide needs into = (a column of the table) and columns = { (column of the file) = "
            "{ (column of the table) = (constant) } }",
            next(clause.example for clause in TABLE_CLAUSES if clause.name == "wide"),
        )
        return [part]
    parts = []
    for source, constants in columns.items():
        try:
            fixed = KINDS["codes"](constants)
        except UnfitError:
            finder.report((*path, "columns", source), f"wide: {source} needs constants in braces")
            continue
        wrong = [name for name in fixed if name not in targets or name == into]
        if wrong:
            finder.unknown("wide: ", wrong[0], targets, (*path, "columns", source))
            continue
        parts.append(replace(part, columns=_narrow(part.columns, str(into), source, fixed)))
    return parts


def _narrow(
    columns: tuple[DeclaredColumn, ...], into: str, source: str, fixed: Mapping[str, str]
) -> tuple[DeclaredColumn, ...]:
    narrow = []
    for column in columns:
        if column.target == into:
            column = replace(column, source=source, declared=True)
        elif column.target in fixed:
            column = replace(column, value=fixed[column.target], declared=True)
        narrow.append(column)
    return tuple(narrow)
