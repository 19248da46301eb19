"""What does a trial.toml say that reads these files, with what is sure, likely and open?

What is sure stands alone, what is likely stands with a comment that says why, what is not known
stands in a comment or, where the trial cannot be read without it, as a question (a text that begins
with ``?``), which ``read_trial`` asks.
"""

from __future__ import annotations

import datetime as dt
import os
import re
from collections.abc import Mapping
from pathlib import Path

from walkstats._files import write_whole
from walkstats.checks.identifying import named_marks
from walkstats.errors import DataError
from walkstats.reading.assembled.headers import plain
from walkstats.reading.assembled.parts import NUMBERS
from walkstats.reading.cdisc.submitted import FED
from walkstats.reading.declared.manifest import MANIFEST
from walkstats.reading.places.opened import open_place
from walkstats.reading.places.table_files import Found
from walkstats.reading.suggesting.adam_data_sets import adam_in, draft_of_adam
from walkstats.reading.suggesting.columns_meant import LISTED, Meant, cells_of, missing_in
from walkstats.reading.suggesting.left_over import left_over, one_line
from walkstats.reading.suggesting.measures_meant import Score, codes_of_words, measure_called
from walkstats.reading.suggesting.other_names import OTHER_MEASURES, REFERENCES
from walkstats.reading.suggesting.redcap_projects import (
    RedcapFound,
    draft_of,
    redcap_in,
    without_redcap,
)
from walkstats.reading.suggesting.tables_found import TableFound, tables_in
from walkstats.reading.suggesting.tables_meant import TableMeant, tables_meant
from walkstats.reading.text_tables import TextTable
from walkstats.reading.writing.toml_writing import quoted
from walkstats.schema import MEASURES, TABLES

MOST_ARMS = 10
CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
"""Characters that no line of TOML may hold; names of columns may."""

HEAD = """\
# A draft of trial.toml, made from the files in {place}.
# What stands without a comment follows from the files. A comment says why something is likely: look
# at it. A text that begins with "?" is a question: nothing is read before it is answered. Lines
# behind a # are offers. docs/trial-folder.md explains every clause.
# Next: walkstats check {path}
"""
"""What a draft begins with."""


def suggest_trial(folder: str | os.PathLike[str]) -> str:
    """Draft the trial.toml that would read the files of a folder.

    Parameters
    ----------
    folder : path-like
        A folder, a zip archive or an Excel workbook. Nothing in it is changed.

    Returns
    -------
    str
        TOML with comments. What is not known stands as a question that ``read_trial`` asks.

    Raises
    ------
    DataError
        When there is no such place, or no table in it.
    ValueError
        When ``folder`` is not a path.

    Notes
    -----
    Columns are matched by the dictionary's names and by a list of names that teams use for them.
    How text files are written is recognised by the rules of ``dialect = "recognise"`` and then
    declared. The reference arm is taken from its name (control, placebo, usual care ...) where one
    arm has such a name; otherwise it is asked for.

    Examples
    --------
    >>> import walkstats as ws
    >>> from walkstats.reading.samples import sample_folder
    >>> draft = ws.suggest_trial(sample_folder("bladder"))
    >>> [line for line in draft.splitlines() if line.startswith("arms")]
    ['arms = "? what are the arms called, the reference first: 1, 2, 3"']
    """
    if not isinstance(folder, str | os.PathLike):
        raise ValueError(f"A trial folder is named by its path, got {type(folder).__name__}.")
    found = Found(open_place(folder))
    tables = tables_in(found)
    if not tables:
        raise DataError.of(
            f"there is no table in {found.place.described}",
            what_to_do="put the files of the trial there: CSV, Excel, SPSS, Stata, SAS or Parquet",
        )
    project = redcap_in(tables)
    if project is not None:
        return _of_redcap(Path(folder), found.place.described, project, tables)
    sets = adam_in(tables)
    if sets:
        return _of_adam(Path(folder), found.place.described, sets, tables)
    meant, rest = tables_meant(tables)
    return _draft(Path(folder), found.place.described, meant, rest)


def write_draft(folder: str | os.PathLike[str], out: str | os.PathLike[str] | None = None) -> Path:
    """Write the draft to its place, unless something is there.

    Parameters
    ----------
    folder : path-like
    out : path-like, optional
        By default ``trial.toml`` in the folder, or beside a workbook.

    Returns
    -------
    pathlib.Path
        Where it was written.

    Raises
    ------
    DataError
        When that file exists, or a trial.toml cannot be put there.
    """
    text = suggest_trial(folder)
    place = Path(folder)
    if out is None and place.is_file() and open_place(place).is_workbook is False:
        raise DataError.of(
            f"nothing is written into the archive {place}",
            what_to_do="unpack it, or say where with --out",
        )
    usual = place.with_suffix(".toml") if place.is_file() else place / MANIFEST
    target = usual if out is None else Path(out)
    if target.exists() or target.is_symlink():
        raise DataError.of(
            f"{target} is there already", what_to_do="move it away, or name another with --out"
        )
    write_whole(text, target)
    return target


def _of_redcap(folder: Path, place: str, project: RedcapFound, tables: list[TableFound]) -> str:
    lines = [*_head(folder, place, project.text.file), *draft_of(project)]
    for other in without_redcap(tables, project):
        lines += ["", *left_over(other)]
    return "\n".join(CONTROL.sub(" ", line) for line in lines) + "\n"


def _of_adam(folder: Path, place: str, sets: dict[str, TextTable], tables: list[TableFound]) -> str:
    lines = [*_head(folder, place, "ADaM data sets"), *draft_of_adam(sets)]
    meant, rest = tables_meant([one for one in tables if one.text not in sets.values()])
    for one in [one for one in meant if one.table not in FED]:
        lines += ["", *_table(one, {}, in_parts=False)]
    for other in rest:
        lines += ["", *left_over(other)]
    return "\n".join(CONTROL.sub(" ", line) for line in lines) + "\n"


def _head(folder: Path, place: str, files: str) -> list[str]:
    name = folder.resolve().stem if folder.is_file() else folder.resolve().name
    return [
        *HEAD.format(place=one_line(place), path=one_line(str(folder))).splitlines(),
        f"name = {quoted(name or 'Trial')}   # as the folder is called",
        f"source = {quoted(f'{files}, as found on {dt.date.today().isoformat()}')}",
    ]


def _draft(folder: Path, place: str, meant: list[TableMeant], rest: list[TableFound]) -> str:
    people = next((one for one in meant if one.table == "participants"), None)
    files = ", ".join(dict.fromkeys(one.found.file for one in meant)) or "none taken yet"
    lines = _head(folder, place, files)
    arm_codes: dict[str, object] = {}
    if people is not None:
        arms, arm_codes = _arms(people)
        lines.append(arms)
        scores = {score.source for one in meant for score in one.scores}
        lines.append(_strata(people, scores))
    lines += _facts(meant)
    if people is None:
        lines += _no_participants(rest, meant)
    several = [one.table for one in meant]
    for one in meant:
        lines += ["", *_table(one, arm_codes, in_parts=several.count(one.table) > 1)]
    for other in rest:
        lines += ["", *left_over(other)]
    return "\n".join(CONTROL.sub(" ", line) for line in lines) + "\n"


def _arms(people: TableMeant) -> tuple[str, dict[str, object]]:
    """The line of the arms, and codes for the column where spellings differ or nothing is said."""
    source = people.columns.meant["arm"].source
    cells = [cell.strip() for cell in cells_of(people.text, source)]
    labels = people.text.codes.get(source, {})
    said = [labels.get(cell, cell) for cell in cells]
    spelled: dict[str, list[str]] = {}
    for cell in said:
        spelled.setdefault(plain(cell), []).append(cell)
    arms = [variants[0] for variants in spelled.values()]
    if len(arms) > MOST_ARMS or len(arms) < 2:
        told = f"{source} has {len(arms)} different values"
        return f'arms = "? which column says the arm, and which arms are there: {told}"', {}
    if all(cell.replace(".", "").isdigit() for cell in arms):
        asked = f"? which arm is each of {', '.join(arms)}"
        return f'arms = "? what are the arms called, the reference first: {", ".join(arms)}"', {
            "codes": asked
        }
    codes: dict[str, object] = {}
    if len(arms) < len(said) and not labels:
        codes["codes"] = {cell: variants[0] for variants in spelled.values() for cell in variants}
    reference = [arm for arm in arms if plain(arm) in REFERENCES]
    if len(reference) == 1:
        arms.sort(key=lambda arm: arm != reference[0])
        why = f"likely: {reference[0]} is named as what others are compared with"
        return f"arms = [{', '.join(map(quoted, arms))}]   # {why}", codes
    question = f"? which is the reference? Write a list that begins with it: {', '.join(arms)}"
    return f"arms = {quoted(question)}", codes


def _strata(people: TableMeant, scores: set[str]) -> str:
    asked = [one for one in people.columns.left if one not in scores and not any(named_marks(one))]
    asked = [one for one in asked if len(people.text.frame) > len(cells_of(people.text, one))]
    few = [one for one in asked if 2 <= len(cells_of(people.text, one)) <= MOST_ARMS]
    offered = ", ".join(map(quoted, few[:LISTED])) or '"referral"'
    return f"# strata = [{offered}]   # which of these stratified the randomisation?"


def _facts(meant: list[TableMeant]) -> list[str]:
    lines = ['# dates_between = ["2019-09-01", "2024-12-31"]   # a date outside is an error']
    if any(one.table == "costs" for one in meant):
        lines += ['# currency = "AUD"', "# price_year = 2023"]
    for name in _measures(meant):
        if name in OTHER_MEASURES:
            one = OTHER_MEASURES[name]
            lines.append(
                f"measures.{name} = {{ described = {quoted(one.described)}, low = {one.low}, "
                f'high = {one.high}, better = "{one.better}" }}   # by its name'
            )
        elif name not in MEASURES:
            lines.append(
                f"measures.{quoted(name)} = {{ better = "
                f"{quoted(f'? is a lower or a higher {name} better')} }}"
            )
    return lines


def _measures(meant: list[TableMeant]) -> list[str]:
    """The measures of all outcomes, as the dictionary calls those that it knows."""
    found: dict[str, None] = {}
    for one in meant:
        if one.table == "outcomes" and one.scores:
            found |= dict.fromkeys(score.measure for score in one.scores)
        elif one.table == "outcomes":
            source = one.columns.meant["measure"].source
            cells = cells_of(one.text, source)
            found |= dict.fromkeys(measure_called(cell) or cell.strip() for cell in cells)
    return list(found)


def _no_participants(rest: list[TableFound], meant: list[TableMeant]) -> list[str]:
    names = ", ".join(dict.fromkeys(one.called for one in [*rest, *(m.found for m in meant)]))
    return [
        'arms = "? which arms are there, the reference first"',
        "",
        "[participants]",
        f"from = {quoted(f'? which file has one row per participant: {names}')}",
        "[participants.columns]",
        'participant_id = "? which column says who it is"',
        'arm = "? which column says the arm"',
    ]


def _table(one: TableMeant, arm_codes: Mapping[str, object], *, in_parts: bool) -> list[str]:
    header = f"[[{one.table}]]" if in_parts else f"[{one.table}]"
    lines = [
        f"{header}   # one row per {TABLES[one.table].row}",
        f"from = {quoted(one.found.file)}",
    ]
    lines += [f"# {note}" for note in one.found.evidence]
    clauses = {**(one.found.clauses or {}), **_signs_asked(one)}
    lines += [f"{name} = {_value(value)}" for name, value in clauses.items()]
    if one.repeated:
        person = one.columns.meant["participant_id"].source
        lines += [
            f"one_row_per = {quoted(person)}   # several rows have the same {person}",
            "carry = false",
        ]
    elif one.table == "participants" or not one.scores:
        lines += _carry(one)
    if one.table == "walking" and "day" in one.columns.meant and "week" not in one.columns.meant:
        lines.append("daily = true   # a row per day becomes a row per week from randomisation")
    lines += _wide(one) if one.scores else []
    columns = ["participant_id"] if one.scores else [*one.columns.meant]
    lines.append(f"[{one.table}.columns]")
    for target in columns:
        extra = arm_codes if target == "arm" else {}
        if one.table == "outcomes" and target in ("measure", "month"):
            extra = codes_of_words(target, one.columns.meant[target].source, one.text)
        lines += _column(one.columns.meant[target], extra)
    missing = tuple(dict.fromkeys(cell for score in one.scores for cell in _none(one, score)))
    if missing:
        lines.append(f"value = {{ missing = {_value(('', *missing))} }}   # taken as missing")
    return lines if one.scores else [*lines, *_offers(one)]


def _signs_asked(one: TableMeant) -> dict[str, str]:
    """The question after the decimal sign, where numbers can be read in two ways."""
    numbers = [score.source for score in one.scores]
    for target, meant in one.columns.meant.items() if not one.scores else ():
        known = TABLES[one.table].column(target)
        if known is not None and known.kind in NUMBERS:
            numbers.append(meant.source)
    for source in numbers:
        if source in one.text.undecided:
            told = one.text.undecided[source].problem.partition("? ")[2]
            return {"decimal": f"? which sign is the decimal one: {told}"}
    return {}


def _none(one: TableMeant, score: Score) -> tuple[str, ...]:
    """The cells of a column of scores that mean missing."""
    scale = {**OTHER_MEASURES, **MEASURES}[score.measure]
    return missing_in(cells_of(one.text, score.source), scale.low, scale.high)


def _carry(one: TableMeant) -> list[str]:
    """Without the columns that seem to say who somebody is."""
    left = [name for name in one.columns.left if any(named_marks(name))]
    if not left:
        return []
    kept = [name for name in one.columns.left if name not in left]
    told = ", ".join(left)
    carried = f"[{', '.join(map(quoted, kept))}]" if kept else "false"
    return [f"carry = {carried}   # left out, since they may say who somebody is: {told}"]


def _wide(one: TableMeant) -> list[str]:
    lines = [f"[{one.table}.wide]   # scores in columns; the month is taken from their names"]
    lines += ['into = "value"', f"[{one.table}.wide.columns]"]
    lines += [
        f"{quoted(score.source)} = {{ measure = {quoted(score.measure)}, month = {score.month} }}"
        for score in one.scores
    ]
    return lines


def _column(meant: Meant, extra: Mapping[str, object]) -> list[str]:
    clauses = {**meant.clauses, **extra}
    why = f"   # likely: {'; '.join(meant.why)}" if meant.why else ""
    if clauses:
        told = ", ".join(f"{name} = {_value(value)}" for name, value in clauses.items())
        return [f"{meant.target} = {{ from = {quoted(meant.source)}, {told} }}{why}"]
    return [f"{meant.target} = {quoted(meant.source)}{why}"]


def _value(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return repr(value)
    if isinstance(value, Mapping):
        return f"{{ {', '.join(f'{quoted(str(k))} = {_value(v)}' for k, v in value.items())} }}"
    if isinstance(value, tuple):
        return f"[{', '.join(map(_value, value))}]"
    return quoted(str(value))


def _offers(one: TableMeant) -> list[str]:
    """Columns that are not found, with those that are left."""
    absent = [
        column
        for column in TABLES[one.table].columns
        if column.name not in one.columns.meant and column.name not in one.columns.near
    ]
    lines = [
        f"# {target} = {quoted(source)}   # a similar name: is it meant?"
        for target, source in one.columns.near.items()
    ]
    if one.table == "participants" and "planned_end_days" not in one.columns.meant:
        lines.append("# planned_end_days = { value = 365 }   # how long was follow-up planned?")
    if absent:
        lines.append(f"# not found: {', '.join(column.name for column in absent)}")
    if one.columns.left and absent:
        lines.append(
            f"# columns of the file that none was found for: {', '.join(one.columns.left)}"
        )
    return lines
