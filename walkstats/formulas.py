"""What does a formula mean for this frame? Terms, columns, and usable rows.

A formula may hold column names, numbers, ``+ : * ( )`` and the transforms of
``walkstats._variables.TRANSFORMS`` and nothing else: it may come from a stranger's analysis plan,
and the parser behind (formulaic) would run code in braces. formulaic expands it into terms; the
columns are made here, so that unseen levels are refused, rows left out are counted and names are
spelled one way.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from walkstats._arguments import check_column, check_frame
from walkstats._formula_columns import Piece, assemble, columns_by_variable, pieces_of
from walkstats._formula_text import Parsed, parse
from walkstats._spellings import alike
from walkstats._variables import (
    TRANSFORMS,
    Variable,
    as_numbers,
    is_factor,
    levels_of,
    missing,
    refuse_ids,
)
from walkstats.errors import DataError
from walkstats.results.frozen import Frozen

Floats = NDArray[np.float64]
Booleans = NDArray[np.bool_]


FEW_CELLS = 100_000  # combinations of levels that are counted without sorting the rows
MOST_CODES = 5  # distinct whole numbers that look like codes of groups


@dataclass(frozen=True)
class Terms(Frozen):
    """The right side of a formula as learnt from the data of a fit.

    Attributes
    ----------
    formula : str
        As written.
    names : tuple of str, length k
        Names of the columns, e.g. ``arm[walking]``.
    columns_of : mapping of str to slice
        Term of the formula -> its columns.
    levels : mapping of str to tuple of str
        Factor -> levels, the reference first.
    knots : mapping of str to tuple of float
        Spline term -> knots.
    variables : mapping of str to Variable
    intercept : bool
    ranges : mapping of column to (lowest, highest)
        What the fit has seen of each numeric column.
    means : mapping of column to float
        Of each numeric column over the rows used.
    cells : mapping of tuple of levels to int
        Rows used of each combination of levels that occurs, the factors in the order of ``levels``.
    """

    formula: str
    names: tuple[str, ...]
    columns_of: Mapping[str, slice]
    levels: Mapping[str, tuple[str, ...]]
    knots: Mapping[str, tuple[float, ...]]
    variables: Mapping[str, Variable]
    pieces: tuple[Piece, ...]
    intercept: bool
    ranges: Mapping[Any, tuple[float, float]] = field(default_factory=dict)
    means: Mapping[Any, float] = field(default_factory=dict)
    cells: Mapping[tuple[str, ...], int] = field(default_factory=dict)

    @property
    def columns(self) -> tuple[Any, ...]:
        """Columns of the frame that the terms read."""
        return tuple(dict.fromkeys(v.column for v in self.variables.values()))

    def matrix(self, frame: pd.DataFrame) -> Floats:
        """The design matrix of new data.

        Parameters
        ----------
        frame : pandas.DataFrame
            Has the columns of the formula, in any order.

        Returns
        -------
        ndarray, shape (n, k)
            Rows with a missing value are nan.

        Raises
        ------
        DataError
            For missing columns, unseen levels, infinite values.
        """
        absent = [str(c) for c in self.columns if c not in frame.columns]
        if absent:
            raise DataError.of(
                f"the new data lack the column(s) {', '.join(absent)}",
                column=absent[0],
                what_to_do=f"give all of: {', '.join(str(c) for c in self.columns)}",
            )
        made = columns_by_variable(self.variables, frame)
        return assemble(self.pieces, self.variables, made, len(frame), self.intercept)[0]


@dataclass(frozen=True)
class Design(Frozen):
    """A formula met with a frame.

    Attributes
    ----------
    terms : Terms
    matrix : (n_used, k) array
    kept : (n,) bool array
        Rows of the frame that are used.
    left_out : mapping of str to int
        Reason -> rows.
    notes : tuple of str
    response : (n_used,) array or None
    """

    terms: Terms
    matrix: Floats
    kept: Booleans
    left_out: Mapping[str, int]
    notes: tuple[str, ...]
    response: Floats | None = None


def build(
    formula: str,
    frame: pd.DataFrame,
    *,
    intercept: bool,
    response: bool = False,
    keep: Booleans | None = None,
) -> Design:
    """Meet a formula with a frame.

    Parameters
    ----------
    formula : str
        ``"arm + age"``; with ``response`` ``"pain ~ arm + age"``.
    frame : pandas.DataFrame
        One row per unit of analysis.
    intercept : bool
        Whether the matrix has a column of ones. Factors are coded against their reference either
        way.
    response : bool
        Whether the formula must have a left side.
    keep : (n,) bool array, optional
        Rows that may be used for other reasons; levels and knots are learnt on the used rows.

    Returns
    -------
    Design

    Raises
    ------
    ValueError
        For a formula that is not allowed, or unknown columns.
    DataError
        For infinite values, numbers as text, ids, or a factor with a single level.
    """
    check_frame(frame)
    parsed = parse(formula)
    _check_sides(parsed, formula, response)
    kept = np.ones(len(frame), dtype=bool) if keep is None else np.array(keep, dtype=bool)
    columns = [_column_of(frame, label, parsed) for label in _labels(parsed)]
    kept, left_out = _without_missing(frame, columns, kept)
    used = frame if kept.all() else frame.loc[kept]
    if len(used) == 0:
        reasons = "; ".join(f"{n} {reason}" for reason, n in left_out.items())
        raise DataError.of(
            f"0 rows are left of {len(frame)}{f' ({reasons})' if reasons else ''}",
            what_to_do="check the filters and the columns of the formula",
        )
    variables, notes = _learn(used, parsed, len(frame))
    pieces = pieces_of(parsed.terms, variables)
    made = columns_by_variable(variables, used)
    matrix, names, columns_of = assemble(pieces, variables, made, len(used), intercept)
    ranges, means = _numbers_seen(used, variables)
    terms = Terms(
        formula=formula,
        names=tuple(names),
        columns_of=columns_of,
        levels={label: v.levels for label, v in variables.items() if v.levels is not None},
        knots=_knots(variables),
        variables=variables,
        pieces=pieces,
        intercept=intercept,
        ranges=ranges,
        means=means,
        cells=_cells(variables, made),
    )
    outcome = None
    if response and parsed.outcome is not None:
        outcome = _outcome(used, parsed.outcome, parsed)
    return Design(terms, matrix, kept, left_out, tuple(notes), outcome)


def left_out_by_arm(frame: pd.DataFrame, design: Design) -> list[str]:
    """Which arms lose rows to a missing value."""
    if not design.left_out or "arm" not in frame.columns:
        return []
    lost = frame.loc[~design.kept, "arm"].value_counts(sort=False)
    each = ", ".join(f"{arm} {count}" for arm, count in lost.items() if count)
    return [f"Rows left out by arm: {each}."] if each else []


def variables_in(formula: str) -> tuple[str, ...]:
    """Names of the columns that a formula reads, the outcome first where there is one.

    Examples
    --------
    >>> variables_in("pain ~ arm * rcs(walking_minutes, 4)")
    ('pain', 'arm', 'walking_minutes')
    """
    parsed = parse(formula)
    return tuple(
        dict.fromkeys(parsed.calls[x][1] if x in parsed.calls else x for x in _labels(parsed))
    )


def _check_sides(parsed: Parsed, formula: str, response: bool) -> None:
    if response and parsed.outcome is None:
        raise ValueError(f"The formula {formula!r} needs an outcome: 'pain ~ arm'.")
    if not response and parsed.outcome is not None:
        raise ValueError(
            f"The formula {formula!r} has a left side. Here the outcome is given by time= and "
            "event=; write only what stands right of ~."
        )


# --- the formula and the frame ----------------------------------------------------------


def _labels(parsed: Parsed) -> list[str]:
    labels = [label for _, parts in parsed.terms for label in parts]
    return list(dict.fromkeys(([parsed.outcome] if parsed.outcome else []) + labels))


def _column_of(frame: pd.DataFrame, label: str, parsed: Parsed) -> Any:
    name = parsed.calls[label][1] if label in parsed.calls else label
    if name not in frame.columns:
        # A frame may have numbers as column names.
        for column in frame.columns:
            if str(column) == name:
                return column
    check_column(frame, name, "the formula")
    return name


def _without_missing(
    frame: pd.DataFrame, columns: Iterable[Any], kept: Booleans
) -> tuple[Booleans, dict[str, int]]:
    """Rows without a missing value, and the others counted once each by the columns they lack."""
    gaps = {str(c): missing(frame[c]) & kept for c in dict.fromkeys(columns)}
    gaps = {name: gap for name, gap in gaps.items() if gap.any()}
    if not gaps:
        return kept, {}
    table = np.column_stack(list(gaps.values()))
    lacking = table.any(axis=1)
    patterns, rows = np.unique(table[lacking], axis=0, return_counts=True)
    names = np.array(list(gaps))
    left_out = {
        f"{' and '.join(names[pattern])} missing": int(n)
        for pattern, n in zip(patterns, rows, strict=True)
    }
    return kept & ~lacking, left_out


def _variable(frame: pd.DataFrame, label: str, parsed: Parsed) -> tuple[Variable, str]:
    column = _column_of(frame, label, parsed)
    series = frame[column]
    if label not in parsed.calls:
        if not is_factor(series):
            return Variable(label, column), ""
        levels, note = levels_of(series)
        refuse_ids(levels, len(series), str(column))
        return Variable(label, column, levels=levels), note
    name, _, given = parsed.calls[label]
    arguments = dict(given)
    if name == "factor":
        levels, note = levels_of(series, arguments.get("reference"))
        return Variable(str(column), column, levels=levels), note
    if is_factor(series):
        raise DataError.of(f"{name}() needs numbers; {column} holds text", column=str(column))
    values = as_numbers(series, str(column))
    learnt = TRANSFORMS[name].learn(values, arguments)
    return Variable(label, column, transform=name, learnt=learnt), ""


def _outcome(frame: pd.DataFrame, label: str, parsed: Parsed) -> Floats:
    """The left side as numbers; levels have no order here, so text is refused."""
    variable, _ = _variable(frame, label, parsed)
    if variable.levels is not None:
        raise DataError.of(
            f"the outcome {label} holds levels ({', '.join(variable.levels[:5])}), not numbers",
            column=str(variable.column),
            what_to_do="give a number; for yes and no say which is the event and make it 0 and 1",
        )
    return variable.columns(frame)[:, 0]


def _learn(frame: pd.DataFrame, parsed: Parsed, rows: int) -> tuple[dict[str, Variable], list[str]]:
    """What the columns hold in the rows used, of so many in all."""
    variables: dict[str, Variable] = {}
    notes: list[str] = []
    for label in dict.fromkeys(label for _, parts in parsed.terms for label in parts):
        variable, note = _variable(frame, label, parsed)
        note = note or _said_of_codes(frame[variable.column], variable)
        if variable.levels is not None and len(variable.levels) < 2:
            word = "arms" if variable.column == "arm" else f"levels of {variable.column}"
            lost = rows - len(frame)
            after = f" once {lost} of {rows} rows were left out for what they lack" if lost else ""
            raise DataError.of(
                f"comparison needs 2 {word}, found 1 ({variable.levels[0]}, n={len(frame)}){after}",
                column=str(variable.column),
                what_to_do="check the filter"
                + (" and what is missing" if lost else "")
                + ", or leave the term out",
            )
        variables[label] = variable
        notes += [note] if note else []
        notes += alike(variable.levels or (), variable.column)
    return variables, list(dict.fromkeys(notes))


def _said_of_codes(series: pd.Series, variable: Variable) -> str:
    """A note on whole numbers that may be codes of groups; 0 and 1 mean the same either way."""
    if variable.levels is not None or variable.transform is not None:
        return ""
    if not pd.api.types.is_integer_dtype(series.dtype):
        return ""
    # Long columns of counts are told apart by their first values.
    few = series.nunique() if series.iloc[:200].nunique() <= MOST_CODES else np.inf
    if not 3 <= few <= MOST_CODES:
        return ""
    name = variable.column
    return f"{name} (values: {few}) entered as a number: one slope; factor({name}) compares levels."


def _knots(variables: Mapping[str, Variable]) -> dict[str, tuple[float, ...]]:
    return {
        label: tuple(
            float(k)
            for name in ("knots", "interior", "boundary")
            for k in np.atleast_1d(v.learnt.get(name, []))
        )
        for label, v in variables.items()
        if v.transform in ("rcs", "ns", "bs")
    }


def _numbers_seen(
    frame: pd.DataFrame, variables: Mapping[str, Variable]
) -> tuple[dict[Any, tuple[float, float]], dict[Any, float]]:
    """Range and mean of each numeric column."""
    columns = dict.fromkeys(v.column for v in variables.values() if v.levels is None)
    values = {column: as_numbers(frame[column], str(column)) for column in columns}
    ranges = {column: (float(v.min()), float(v.max())) for column, v in values.items()}
    return ranges, {column: float(v.mean()) for column, v in values.items()}


def _cells(
    variables: Mapping[str, Variable], made: Mapping[str, Floats]
) -> dict[tuple[str, ...], int]:
    """How many rows have each combination of levels; none without factors, or with too many."""
    levels = [v.levels for v in variables.values() if v.levels is not None]
    most = math.prod(len(own) for own in levels)
    if not levels or most >= 2**62:
        return {}
    place = np.zeros(1, dtype=np.int64)
    for label, variable in variables.items():
        if variable.levels is not None:
            codes = made[label] @ np.arange(float(len(variable.levels)))
            place = place * len(variable.levels) + codes.astype(np.int64)
    if most <= FEW_CELLS:
        counts = np.bincount(place)
        found = np.flatnonzero(counts)
        counts = counts[found]
    else:
        found, counts = np.unique(place, return_counts=True)
    codes_of = np.unravel_index(found, [len(own) for own in levels])
    return {
        tuple(own[k] for own, k in zip(levels, combination, strict=True)): int(count)
        for combination, count in zip(zip(*codes_of, strict=True), counts, strict=True)
    }
