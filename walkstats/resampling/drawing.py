"""Who is drawn how often? Whole participants, within cells (arm and stratum), from a seed.

A resample holds as many participants of each cell as the data do. The same seed on the same people
draws the same resamples, whatever is computed from them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from walkstats._arguments import check_seed
from walkstats.errors import DataError
from walkstats.numerics.replicates import Streams
from walkstats.results import Frozen

Floats = NDArray[np.float64]
Indices = NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class Units(Frozen):
    """u units (participants) that are drawn with all of their rows, n rows in all.

    Attributes
    ----------
    row_of : (j,) rows, unit by unit; a row may stand for several units
    bounds : (u + 1,) ``row_of[bounds[k]:bounds[k + 1]]`` are the rows of unit k
    cell : (u,) codes of the cells within which units are drawn
    order : (u,) units by cell
    first, size : (u,) where the cell of each place in ``order`` begins; its units
    rows : n
    """

    row_of: Indices
    bounds: Indices
    cell: Indices
    order: Indices
    first: Indices
    size: Indices
    rows: int

    @property
    def n_units(self) -> int:
        """Units, u."""
        return self.cell.size

    @property
    def single(self) -> bool:
        """Whether every unit has one row."""
        return self.row_of.size == self.n_units

    def draw(self, streams: Streams, replicates: range) -> Indices:
        """Units drawn in each of r replicates: (r, u), cell by cell."""
        chance = np.empty((len(replicates), self.n_units))
        for row, number in zip(chance, replicates, strict=True):
            streams.at(number).random(out=row)
        chance *= self.size
        return self.order[self.first + chance.astype(np.intp)]

    def copies(self, drawn: Indices) -> NDArray[np.int64]:
        """How often each row occurs in each resample: (r, n)."""
        if self.single:
            return _count(self.row_of[drawn], self.rows)
        by_unit = _count(drawn, self.n_units)
        unit_of = np.empty(self.rows, dtype=np.intp)
        unit_of[self.row_of] = np.repeat(np.arange(self.n_units), np.diff(self.bounds))
        return by_unit[:, unit_of]

    def copies_without(self, left_out: range) -> NDArray[np.int64]:
        """How often each row occurs in the data, and without each of some units: (r, n)."""
        copies = np.tile(np.bincount(self.row_of, minlength=self.rows), (len(left_out), 1))
        for row, unit in zip(copies, left_out, strict=True):
            row[self.row_of[self.bounds[unit] : self.bounds[unit + 1]]] -= 1
        return copies

    def rows_drawn(self, drawn: Indices) -> tuple[Indices, Indices]:
        """Rows (j,) of the units drawn once (u,), and which draw each belongs to (j,)."""
        sizes = np.diff(self.bounds)[drawn]
        of_draw = np.repeat(np.arange(drawn.size), sizes)
        within = np.arange(of_draw.size) - np.repeat(np.cumsum(sizes) - sizes, sizes)
        return self.row_of[self.bounds[drawn][of_draw] + within], of_draw


def as_units(person: Indices | None, cell: Indices, frequencies: Floats | None = None) -> Units:
    """Put n rows into units.

    Parameters
    ----------
    person : (n,) codes of the person of each row, or None where each row is a person
    cell : (n,) codes
    frequencies : (n,), optional
        People for whom a row stands; each is drawn by himself. Not with ``person``.

    Returns
    -------
    Units
    """
    n = cell.size
    if person is not None:
        row_of = np.argsort(person, kind="stable")
        sizes = np.bincount(person)
        bounds = np.concatenate([[0], np.cumsum(sizes)])
        of_unit = cell[row_of[bounds[:-1]]]
    else:
        number = np.ones(n, dtype=np.intp) if frequencies is None else frequencies.astype(np.intp)
        row_of = np.repeat(np.arange(n), number)
        bounds = np.arange(row_of.size + 1)
        of_unit = cell[row_of]
    codes = np.unique(of_unit, return_inverse=True)[1].reshape(-1)
    order = np.argsort(codes, kind="stable")
    sizes = np.bincount(codes)
    begins = np.cumsum(sizes) - sizes
    return Units(row_of, bounds, codes, order, begins[codes[order]], sizes[codes[order]], n)


def check_within(person: Indices, cell: Indices, ids: NDArray[Any], name: str, what: str) -> None:
    """Refuse people whose rows lie in several cells: nobody can be drawn within two arms."""
    lowest = np.full(person.max(initial=-1) + 1, np.iinfo(np.intp).max)
    highest = np.full(lowest.size, -1)
    np.minimum.at(lowest, person, cell)
    np.maximum.at(highest, person, cell)
    torn = (lowest != highest)[person]
    if torn.any():
        listed = list(dict.fromkeys(ids[torn]))
        raise DataError.of(
            f"{len(listed)} of {name} have rows in several groups of {what}, within which whole "
            "participants are drawn",
            column=name,
            ids=listed,
            count=len(listed),
            what_to_do="correct these rows, or leave out what changes within a participant",
        )


def check_replicates(replicates: object) -> int:
    """A whole number of at least 1."""
    whole = isinstance(replicates, (int, np.integer)) and not isinstance(replicates, bool)
    if not whole or int(replicates) < 1:  # type: ignore[call-overload]
        raise ValueError(f"replicates must be a whole number of at least 1, got {replicates!r}.")
    return int(replicates)  # type: ignore[call-overload]


def check_chance(replicates: object, seed: object) -> tuple[int, int]:
    """Replicates and seed, checked."""
    return check_replicates(replicates), check_seed(seed)


def _count(values: Indices, width: int) -> NDArray[np.int64]:
    """How often each of 0 ... width - 1 occurs in each row of values (r, j): (r, width)."""
    r = values.shape[0]
    keys = values + (np.arange(r) * width)[:, np.newaxis]
    return np.bincount(keys.ravel(), minlength=r * width).reshape(r, width)
