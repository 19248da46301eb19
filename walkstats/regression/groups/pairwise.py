"""Which difference, of all between the values of two groups, has a given rank?

Up to ``LISTED`` of them are listed and sorted. Beyond, the rank is found by halving: how many
differences lie below a number needs only the two sorted groups.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

LISTED = 4_000_000  # 32 MB
ROUNDING = 1e-12  # what subtracting the other way round may lose, of the ends
HALVINGS = 200  # more than a float has bits; the search ends when nothing lies between


class Ordered(Protocol):
    """Numbers in their order: how many, and the one at a place (from 0)."""

    @property
    def size(self) -> int:
        """How many."""

    def at(self, place: int) -> float:
        """The number at a place."""


@dataclass(frozen=True)
class Listed:
    """Sorted numbers (size,)."""

    values: Floats

    @property
    def size(self) -> int:
        """How many."""
        return int(self.values.size)

    def at(self, place: int) -> float:
        """The number at a place."""
        return float(self.values[place])


@dataclass(frozen=True)
class Differences:
    """All differences of sorted ``own`` (m,) less sorted ``other`` (n,)."""

    own: Floats
    other: Floats

    @property
    def size(self) -> int:
        """How many."""
        return int(self.own.size * self.other.size)

    def at(self, place: int) -> float:
        """The number at a place."""
        ends = float(self.own[0] - self.other[-1]), float(self.own[-1] - self.other[0])
        return self._largest_up_to(_halved(place, ends, self._up_to))

    def _up_to(self, bound: float) -> int:
        """How many differences are at most ``bound``."""
        first = np.searchsorted(self.other, self.own - bound, side="left")
        return int(np.sum(self.other.size - first))

    def _largest_up_to(self, bound: float) -> float:
        first = np.searchsorted(self.other, self.own - bound, side="left")
        known = first < self.other.size
        return float(np.max(self.own[known] - self.other[first[known]]))


@dataclass(frozen=True)
class Centres:
    """All means of two of the sorted ``values`` (n,), each with itself as well."""

    values: Floats

    @property
    def size(self) -> int:
        """How many."""
        n = int(self.values.size)
        return n * (n + 1) // 2

    def at(self, place: int) -> float:
        """The number at a place."""
        ends = float(self.values[0]), float(self.values[-1])
        return self._largest_up_to(_halved(place, ends, self._up_to))

    def _last(self, bound: float) -> NDArray[np.intp]:
        """For each value, how many others have a mean with it of at most ``bound``."""
        return np.searchsorted(self.values, 2.0 * bound - self.values, side="right")

    def _up_to(self, bound: float) -> int:
        """How many means are at most ``bound``, each pair counted once."""
        last = self._last(bound)
        itself = int(np.sum(last > np.arange(self.values.size)))
        return (int(np.sum(last)) + itself) // 2

    def _largest_up_to(self, bound: float) -> float:
        last = self._last(bound)
        known = last > 0
        return float(np.max((self.values[known] + self.values[last[known] - 1]) / 2.0))


def _halved(place: int, ends: tuple[float, float], up_to: Callable[[float], int]) -> float:
    """The smallest bound up to which more than ``place`` numbers lie."""
    room = ROUNDING * max(abs(ends[0]), abs(ends[1]), 1e-300)
    low, high = ends[0] - room, ends[1] + room
    for _ in range(HALVINGS):
        middle = low + (high - low) / 2.0
        if not low < middle < high:
            break
        if up_to(middle) > place:
            high = middle
        else:
            low = middle
    return high


def all_differences(own: Floats, other: Floats) -> Ordered:
    """Every value of ``own`` less every one of ``other``, in order."""
    if own.size * other.size <= LISTED:
        return Listed(np.sort(np.subtract.outer(own, other).ravel()))
    return Differences(np.sort(own), np.sort(other))


def all_centres(values: Floats) -> Ordered:
    """Means of every two values, and of each with itself (Walsh), in order."""
    if values.size * (values.size + 1) // 2 <= LISTED:
        row, column = np.triu_indices(values.size)
        return Listed(np.sort((values[row] + values[column]) / 2.0))
    return Centres(np.sort(values))


def middle_of(ordered: Ordered) -> float:
    """The median."""
    half = ordered.size // 2
    if ordered.size % 2:
        return ordered.at(half)
    return (ordered.at(half - 1) + ordered.at(half)) / 2.0
