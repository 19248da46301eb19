"""How do answers to a questionnaire become rows of outcomes while a trial is read?

A part of outcomes with a ``score`` clause becomes one part for each measure of the questionnaire.
Its rows are scored after ``where`` has chosen them, so that cells of other rows are not looked at.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import PurePosixPath
from typing import Any

import numpy as np
import pandas as pd

from walkstats.errors import DataError, Problem
from walkstats.questionnaires.entries import questionnaire_from, read_questionnaire, shipped_names
from walkstats.questionnaires.scored import (
    HowToScore,
    how_to_score,
    item_columns,
    notes_of,
    said_of,
    score_rows,
)
from walkstats.questionnaires.utilities import value_set_from
from walkstats.reading.assembled.headers import find_header, not_found
from walkstats.reading.declared.declarations import Declared, DeclaredColumn, DeclaredTable
from walkstats.reading.declared.manifest import MANIFEST
from walkstats.schema import MEASURES

BytesOf = Callable[[str], bytes]
"""The contents of a file of the trial, by its name; a DataError where it cannot be had."""

Note = tuple[str, str, str, int, str]


@dataclass(frozen=True, eq=False)
class PartScore:
    """The measure that a part of outcomes gives, and how.

    Attributes
    ----------
    how : HowToScore
    columns : tuple of str
        Columns of the file with the items.
    measure : str
    """

    how: HowToScore
    columns: tuple[str, ...]
    measure: str

    @property
    def column(self) -> str:
        """The column that the scores are put into."""
        return f"{self.measure} (scored)"


def with_questionnaires(
    declared: Declared, bytes_of: BytesOf
) -> tuple[Declared, tuple[Problem, ...], tuple[DeclaredTable, ...]]:
    """Find the questionnaires that parts name, and make a part for each of their measures.

    Parameters
    ----------
    declared : Declared
    bytes_of : callable
        Reads a file of the trial: a questionnaire or a value set of the team's own.

    Returns
    -------
    tuple
        What is declared, with the measures of the questionnaires; what is wrong; and the parts
        that cannot be scored for that reason.
    """
    tables: list[DeclaredTable] = []
    measures = dict(declared.measures)
    problems = []
    failed = []
    for part in declared.tables:
        if not isinstance(part.score, Mapping):
            tables.append(part)
            continue
        if not part.score:  # the clause was refused when it was read
            failed.append(part)
            continue
        try:
            how, columns = _found(part.score, bytes_of)
        except DataError as error:
            failed.append(part)
            problems += [replace(one, table=one.table or part.table) for one in error.findings]
            continue
        except ValueError as reason:
            failed.append(part)
            problems.append(
                Problem(
                    f"score: {reason}",
                    "correct the clause",
                    table=part.table,
                    row=part.line,
                    file=MANIFEST,
                )
            )
            continue
        for name, measure in how.measures.items():
            known = MEASURES.get(name)
            if known is None or known.low != measure.low:  # a value set may reach lower
                measures.setdefault(name, measure)
            tables.append(_scored_part(part, PartScore(how, columns, name)))
    found = replace(declared, tables=tuple(tables), measures=measures)
    return found, tuple(problems), tuple(failed)


def _found(clause: Mapping[str, Any], bytes_of: BytesOf) -> tuple[HowToScore, tuple[str, ...]]:
    name = clause["questionnaire"]
    if name.lower().endswith(".toml"):
        one = questionnaire_from(bytes_of(name), name)
    elif name in shipped_names():
        one = read_questionnaire(name)
    else:
        near = difflib.get_close_matches(name, shipped_names(), n=1)
        hint = f"Did you mean {near[0]!r}? " if near else ""
        raise ValueError(
            f"there is no questionnaire {name!r}. {hint}Those that come with walkstats are "
            f"{', '.join(shipped_names())}; for another, name its .toml file in the folder"
        )
    values = clause.get("value_set")
    how = how_to_score(
        one,
        rule=clause.get("rule"),
        measures=clause.get("measures"),
        codes=clause.get("codes"),
        missing=clause.get("missing", ()),
        value_set=None
        if values is None
        else value_set_from(bytes_of(values), values, PurePosixPath(values).stem),
    )
    items = clause.get("items")
    return how, item_columns(items[0] if items is not None and len(items) == 1 else items, one)


def _scored_part(part: DeclaredTable, score: PartScore) -> DeclaredTable:
    """The part of one measure: its name is constant, its values are the scores."""
    columns = []
    for column in part.columns:
        if column.target == "value":
            column = replace(column, source=score.column, declared=True)
        elif column.target == "measure":
            column = replace(column, value=score.measure, declared=True)
        columns.append(column)
    return replace(part, score=score, columns=tuple(columns))


def with_scores(
    rows: pd.DataFrame,
    declared: DeclaredTable,
    file: str,
    decimal: str,
    problems: list[Problem],
    notes: list[Note],
) -> pd.DataFrame:
    """Rows of a file with the scores of a part in the place of the items.

    Parameters
    ----------
    rows : pandas.DataFrame
        Text, index the lines of the file.
    declared : DeclaredTable
    file : str
        Its name, for messages.
    decimal : str
        The sign that the part's numbers have.
    problems, notes : list
        To which findings and rows of the load report are added.

    Returns
    -------
    pandas.DataFrame
        The same frame where the part has no ``score``.
    """
    score = declared.score
    if not isinstance(score, PartScore):
        return rows
    header = list(rows.columns)
    found = {name: find_header(name, header) for name in score.columns}
    absent = [name for name, names in found.items() if len(names) != 1]
    for name in absent:
        problem, what_to_do = not_found(name, header, file)
        problems.append(
            Problem(problem, what_to_do, table=declared.table, row=declared.line, file=MANIFEST)
        )
    if absent:
        return rows.assign(**{score.column: None})
    columns = [names[0] for names in found.values()]
    how = replace(score.how, missing=(*declared.missing, *score.how.missing))
    scored = score_rows(
        rows[columns].to_numpy(dtype=object),
        columns,
        _people(rows, declared),
        rows.index.to_numpy(dtype=np.int64),
        how,
        declared.table,
    )
    problems += [*scored.problems, *scored.doubts]
    own = scored.scores[score.measure]
    known = ~np.isnan(own.values)
    notes.append((declared.table, score.measure, "scored", int(known.sum()), said_of(how)))
    notes += [
        (declared.table, score.measure, "scored", len(rows), note)
        for note in notes_of(replace(scored, scores={score.measure: own}, doubts=()), how)
    ]
    text = np.full(len(rows), None, dtype=object)
    text[known] = [repr(value).replace(".", decimal) for value in own.values[known].tolist()]
    kept = {one.source for one in declared.columns} | {
        c for one in declared.columns for c in one.where
    }
    return rows.drop(columns=[c for c in columns if c not in kept]).assign(**{score.column: text})


def _people(rows: pd.DataFrame, declared: DeclaredTable) -> np.ndarray:
    named = next((c for c in declared.columns if c.target == "participant_id"), None)
    found = (
        find_header(named.source, list(rows.columns)) if isinstance(named, DeclaredColumn) else []
    )
    if len(found) != 1:
        return np.full(len(rows), "", dtype=object)
    return rows[found[0]].fillna("").to_numpy(dtype=object)
