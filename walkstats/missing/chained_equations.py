"""How are the gaps of several columns filled when each is needed for the others? In turns.

Every gap begins with a known value drawn at random. Then column after column is drawn anew given
all others as they stand, and so on for several rounds.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from walkstats.errors import DataError
from walkstats.missing.conditional_models import CONDITIONALS
from walkstats.missing.incomplete_columns import IncompleteColumn

Floats = NDArray[np.float64]
Booleans = NDArray[np.bool_]
Generator = np.random.Generator

# A predictor that varies, or differs from a combination of others, by less than this share of its
# size or spread is taken as constant, or as that combination.
SAME = 1e-7


@dataclass(frozen=True)
class Chained:
    """One completed group of rows.

    Attributes
    ----------
    filled : mapping of column to (missing,) array
        Values or codes of the gaps, in the order of the rows.
    means, sds : (iterations, columns) arrays
        Of the values imputed, after each round; columns as in ``filled``.
    """

    filled: Mapping[str, Floats]
    means: Floats
    sds: Floats


def chain(
    generator: Generator,
    columns: Sequence[IncompleteColumn],
    methods: Mapping[str, str],
    *,
    iterations: int,
    donors: int,
) -> Chained:
    """Fill the gaps of all columns of one group of rows once.

    Parameters
    ----------
    generator : numpy.random.Generator
    columns : sequence of IncompleteColumn
        Those that are imputed and those that only predict, complete.
    methods : mapping of column to key of ``CONDITIONALS``
        For each column with gaps.
    iterations : int
        Rounds; one is enough where only one column has gaps.
    donors : int
        Of predictive mean matching.

    Returns
    -------
    Chained
    """
    current = {one.name: one.values.copy() for one in columns}
    turns = sorted((one for one in columns if one.gaps.any()), key=lambda one: one.gaps.sum())
    for one in turns:
        known = one.values[~one.gaps]
        current[one.name][one.gaps] = generator.choice(known, int(one.gaps.sum()))
    table = _Predictors(columns, current)
    rounds = 1 if len(turns) == 1 else iterations
    means, sds = np.empty((rounds, len(turns))), np.empty((rounds, len(turns)))
    for r in range(rounds):
        for k, one in enumerate(turns):
            drawn = _draw(generator, one, table.without(one.name), methods[one.name], donors)
            current[one.name][one.gaps] = drawn
            table.put(one, current[one.name])
            means[r, k] = drawn.mean()
            sds[r, k] = drawn.std(ddof=1) if len(drawn) > 1 else 0.0
    return Chained({one.name: current[one.name][one.gaps] for one in turns}, means, sds)


def _draw(
    generator: Generator, one: IncompleteColumn, matrix: Floats, method: str, donors: int
) -> Floats:
    known = ~one.gaps
    if one.levels is not None and len(one.levels) == 1:
        return np.zeros(int(one.gaps.sum()))
    number = method in ("pmm", "normal")
    size = donors if number else 2 if one.levels is None else len(one.levels)
    matrix = _told_by_known(matrix, known)
    return CONDITIONALS[method].draw(
        generator, one.values[known], matrix[known], matrix[~known], size
    )


def _told_by_known(matrix: Floats, known: Booleans) -> Floats:
    """The predictors of whose part the known rows tell something, centred and scaled by them.

    The origin and the unit of a predictor so change nothing. One that does not vary among the known
    rows, or there follows from those before it, is left out: its coefficient could be anything.
    """
    values = matrix[:, 1:]
    inside = values[known]
    spread = inside.std(axis=0)
    moves = spread > SAME * np.maximum(np.abs(inside).max(axis=0, initial=0.0), 1e-300)
    values = (values[:, moves] - inside[:, moves].mean(axis=0)) / spread[moves]
    inside = values[known]
    sizes = np.abs(np.diag(np.linalg.qr(inside, mode="r")))
    # Without a column that follows from those before it nothing needs to be left out.
    whole = sizes.size == values.shape[1] and bool((sizes > SAME * np.sqrt(len(inside))).all())
    kept = list(range(values.shape[1])) if whole else _independent(inside)
    return np.column_stack([np.ones(len(values)), values[:, kept]])


def _independent(left: Floats) -> list[int]:
    """Columns (n, k) that do not follow from those before them."""
    left, kept = left.copy(), list[int]()
    for k in range(left.shape[1]):
        size = float(np.sqrt(left[:, k] @ left[:, k]))
        if size <= SAME * np.sqrt(len(left)):
            continue
        kept.append(k)
        unit = left[:, k] / size
        left[:, k + 1 :] -= np.outer(unit, unit @ left[:, k + 1 :])
    return kept


def check_enough(
    columns: Sequence[IncompleteColumn], methods: Mapping[str, str], group: str
) -> None:
    """Refuse a group of rows from which a column's model cannot be learnt.

    Raises
    ------
    DataError
        For a column without known values, or with no more of them than coefficients.
    """
    at = f" in {group}" if group else ""
    for one in columns:
        known = int((~one.gaps).sum())
        if not one.gaps.any():
            continue
        if not known:
            raise DataError.of(
                f"{one.name} has no known value{at}: there is nothing to impute it from",
                column=one.name,
                what_to_do="leave the column out, or find out why it is missing for all",
            )
        others = sum(len(_moving(two)) for two in columns if two is not one)
        if known <= others + 2:
            raise DataError.of(
                f"{one.name} has {known} known value(s){at} and {others} predictors",
                column=one.name,
                count=known,
                what_to_do="name fewer predictors (using=), or impute all groups as one (by=None)",
            )


def _moving(one: IncompleteColumn) -> list[int]:
    """Predictors of a column that vary among the known rows."""
    matrix = one.predictors(one.values)[~one.gaps]
    return [k for k in range(matrix.shape[1]) if len(matrix) and np.ptp(matrix[:, k]) > 0]


class _Predictors:
    """The predictors of all columns side by side, kept up to date as columns are drawn anew."""

    def __init__(self, columns: Sequence[IncompleteColumn], current: Mapping[str, Floats]) -> None:
        self._place: dict[str, NDArray[np.intp]] = {}
        self._moving = {one.name: _moving(one) for one in columns}
        parts, at = [np.ones((len(columns[0].values), 1))], 1
        for one in columns:
            matrix = one.predictors(current[one.name])[:, self._moving[one.name]]
            self._place[one.name] = np.arange(at, at + matrix.shape[1])
            at += matrix.shape[1]
            parts.append(matrix)
        self._table = np.column_stack(parts)

    def without(self, name: str) -> Floats:
        """The matrix by which a column is predicted: 1 and all other columns."""
        return np.delete(self._table, self._place[name], axis=1)

    def put(self, one: IncompleteColumn, values: Floats) -> None:
        """Take the new values of a column."""
        self._table[:, self._place[one.name]] = one.predictors(values)[:, self._moving[one.name]]
