"""Which rows enter a model of repeated measures, whose are they, and what varies between people?"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from walkstats._arguments import check_column, check_formula, check_frame
from walkstats._known_rows import known_rows
from walkstats.errors import DataError, FitError
from walkstats.formulas import Design, Terms, build, left_out_by_arm, variables_in
from walkstats.numerics.least_squares import factor
from walkstats.regression.rows import Rows, read_rows

Floats = NDArray[np.float64]
Codes = NDArray[np.intp]

# Squared columns of unit length this far from dependent need no closer look.
CLEAR = 1e-6
_NO_INTERCEPT = re.compile(r"^\s*0\s*\+\s*")


@dataclass(frozen=True)
class PersonRows:
    """Rows of a mixed model, as arrays.

    Attributes
    ----------
    rows : Rows
        The fixed part.
    random : (n, q) array
    random_terms : Terms
    subject : str
        Column of the person.
    people : (n,) integer codes
    names : (P,) array
        The person of each code.
    nested : str or None
        Column of the outer group.
    outer : (n,) integer codes or None
    outer_names : (G,) array or None
    home : (P,) integer codes or None
        Outer group of each person.
    notes : tuple of str
    """

    rows: Rows
    random: Floats
    random_terms: Terms
    subject: str
    people: Codes
    names: NDArray[np.object_]
    nested: str | None
    outer: Codes | None
    outer_names: NDArray[np.object_] | None
    home: Codes | None
    notes: tuple[str, ...]


def read_people(
    frame: pd.DataFrame, formula: str, *, subject: str, random: str, nested: str | None
) -> PersonRows:
    """Read a frame for a mixed model.

    Parameters
    ----------
    frame : pandas.DataFrame
        One row per person and occasion.
    formula : str
        With an outcome on the left.
    subject : str
    random : str
        What varies between people: "1", "1 + week", "0 + week".
    nested : str or None
        Column of groups within which people are.

    Returns
    -------
    PersonRows

    Raises
    ------
    ValueError
        For formulas or columns that cannot be used.
    DataError
        For an outcome that is not a number, or a person in two groups.
    FitError
        When the data cannot tell people apart from what is left.
    """
    check_frame(frame)
    check_formula(random)
    for name, role in ((subject, "the participant"), (nested, "the outer group")):
        if name is not None:
            check_column(frame, name, role)
    bare, with_intercept = _NO_INTERCEPT.sub("", random), not _NO_INTERCEPT.match(random)
    wanted = [subject, *([nested] if nested else []), *_columns(bare)]
    known, left_out = known_rows(frame, wanted, "the random part")
    whole = frame if known.all() else frame.loc[known]
    try:
        rows = read_rows(whole, formula, weights=None, cluster=nested, subject=subject)
    except DataError as error:
        raise _said_before(error, left_out) from None
    counts = replace(rows.counts, rows=len(frame), left_out={**left_out, **rows.counts.left_out})
    kept = np.flatnonzero(known)[rows.kept]
    rows = replace(rows, counts=counts, kept=kept)
    if left_out:
        rows = replace(rows, design=_told_by_arm(frame, whole, rows))
    used = frame.iloc[kept]
    varying = build(bare, used, intercept=with_intercept)
    assert rows.people is not None
    names = _labels(used[subject], rows.people)
    home, outer_names = None, None
    if nested is not None and rows.groups is not None:
        home = _homes(rows.people, rows.groups, names, subject, nested)
        outer_names = _labels(used[nested], rows.groups)
    read = PersonRows(
        rows, varying.matrix, varying.terms, subject, rows.people, names, nested,
        rows.groups, outer_names, home, (),
    )  # fmt: skip
    _check(read)
    return replace(read, notes=(*_dedupe(rows, varying.notes), *_said_of_slopes(read)))


def _said_before(error: DataError, left_out: Mapping[str, int]) -> DataError:
    """What is wrong with the rows, beside those that were left out before they were read."""
    if not left_out:
        return error
    gone = ", ".join(f"{rows} rows: {reason}" for reason, rows in left_out.items())
    return DataError(
        replace(one, problem=f"{one.problem}; left out before ({gone})") for one in error.findings
    )


def _told_by_arm(frame: pd.DataFrame, whole: pd.DataFrame, rows: Rows) -> Design:
    """The design with a note on all rows that an arm loses, not only on those of the formula."""
    mask = np.zeros(len(frame), dtype=bool)
    mask[rows.kept] = True
    every = replace(rows.design, kept=mask, left_out=rows.counts.left_out)
    some = left_out_by_arm(whole, rows.design)
    notes = [note for note in rows.design.notes if note not in some]
    return replace(rows.design, notes=(*notes, *left_out_by_arm(frame, every)))


def _columns(random: str) -> list[str]:
    return [] if random.strip() == "1" else list(variables_in(random))


def _labels(column: pd.Series, codes: Codes) -> NDArray[np.object_]:
    return column.to_numpy(dtype=object)[first_rows(codes)]


def _homes(
    people: Codes, groups: Codes, names: NDArray[np.object_], subject: str, nested: str
) -> Codes:
    """The group of each person; one who is in several is not nested."""
    home = groups[first_rows(people)]
    moved = np.unique(people[groups != home[people]])
    if moved.size:
        raise DataError.of(
            f"{moved.size} value(s) of {subject} are in more than one {nested}, the first "
            f"{names[moved[0]]}",
            column=subject,
            count=int(moved.size),
            what_to_do=f"give each person an id of their own, and one {nested}; if the same ids "
            f"are used in every {nested}, join both into one column",
        )
    return home


def _check(read: PersonRows) -> None:
    """Refuse what no data of this form can tell."""
    n, q = read.random.shape
    people = len(read.names)
    if people == 1:
        raise FitError(
            f"All rows belong to one value of {read.subject}, {read.names[0]}: how people differ "
            "cannot be seen."
        )
    sizes = np.bincount(read.people)
    if int(np.minimum(sizes, q).sum()) >= n:
        raise FitError(
            f"No {read.subject} has more than {q} row(s): what people differ in cannot be told "
            f"from what is left. With random={read.random_terms.formula!r} some need at least "
            f"{q + 1}; " + ("random='1' needs 2." if q > 1 else "use ols for one row each.")
        )
    if read.outer_names is not None:
        groups = len(read.outer_names)
        if groups == 1 or groups == people:
            why = "there is one only" if groups == 1 else "each holds one person"
            raise FitError(f"How {read.nested} differ cannot be seen: {why}. Leave nested= out.")
    _check_random(read)
    y, first = read.rows.outcome, first_rows(read.people)
    if np.array_equal(y, y[first][read.people]):
        raise FitError(
            f"{read.rows.outcome_name} is the same in all rows of a person: nothing varies within "
            "people. Take one row per person and use ols."
        )


def first_rows(codes: Codes) -> Codes:
    """The first row of each code."""
    first = np.empty(int(codes.max()) + 1, dtype=np.intp)
    first[codes[::-1]] = np.arange(len(codes) - 1, -1, -1)
    return first


def _check_random(read: PersonRows) -> None:
    """Refuse columns of the random part that are combinations of others."""
    gram = read.random.T @ read.random
    lengths = np.sqrt(np.diag(gram))
    if lengths.min() > 0:
        scaled = gram / np.outer(lengths, lengths)
        if np.linalg.eigvalsh(scaled)[0] > CLEAR:
            return
    dependent = factor(read.random).dependent
    if dependent:
        own = read.random_terms.names[dependent[0][0]]
        raise FitError(f"In random=, {own} is constant or a combination of the others: leave it.")


def _dedupe(rows: Rows, notes: tuple[str, ...]) -> list[str]:
    return list(dict.fromkeys((*rows.design.notes, *notes)))


def _said_of_slopes(read: PersonRows) -> list[str]:
    """Notes on what varies between people without a mean, or not within them."""
    notes = []
    fixed = set(read.rows.design.terms.names)
    alone = [name for name in read.random_terms.names if name not in fixed]
    if alone:
        notes.append(
            f"{', '.join(alone)}: random, but not in the formula; its mean over people is "
            "taken to be 0."
        )
    first = first_rows(read.people)
    for name, column in zip(read.random_terms.names, read.random.T, strict=True):
        if name != "intercept" and np.array_equal(column, column[first][read.people]):
            notes.append(
                f"{name} does not change within people: its random slope says how much more "
                "people differ where it is larger."
            )
    return notes
