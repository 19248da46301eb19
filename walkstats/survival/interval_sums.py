"""What do intervals of indices add up to, when no sum may be a difference of two others?

A running sum that takes rows out again loses the digits of what stays, once what left was much
larger. Here every interval is cut into a few blocks of 1, 2, 4, ... indices, as in a segment tree;
sums then only ever add.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Indices = NDArray[np.intp]


def sum_over_members(values: Floats, first: Indices, last: Indices, size: int) -> Floats:
    """Sum values (j, n) over the rows whose interval first ... last holds an index: (j, size)."""
    width = _width(size)
    tree = np.zeros((len(values), 2 * width))
    for rows, nodes in _blocks(first, last, width):
        for row, sums in zip(values, tree, strict=True):
            sums += np.bincount(nodes, row[rows], 2 * width)
    level = 1
    while level < width:
        tree[:, 2 * level : 4 * level] += np.repeat(tree[:, level : 2 * level], 2, axis=1)
        level *= 2
    return tree[:, width : width + size]


def sum_over_intervals(increments: Floats, first: Indices, last: Indices) -> Floats:
    """Sum increments (j, size) over the interval first ... last of each row: (j, n)."""
    size = increments.shape[1]
    width = _width(size)
    tree = np.zeros((len(increments), 2 * width))
    tree[:, width : width + size] = increments
    level = width
    while level > 1:
        tree[:, level // 2 : level] = (
            tree[:, level : 2 * level : 2] + tree[:, level + 1 : 2 * level : 2]
        )
        level //= 2
    sums = np.zeros((len(increments), first.size))
    for rows, nodes in _blocks(first, last, width):
        sums[:, rows] += tree[:, nodes]
    return sums


def _width(size: int) -> int:
    return 1 << max(size - 1, 1).bit_length()


def _blocks(first: Indices, last: Indices, width: int) -> Iterator[tuple[Indices, Indices]]:
    """Rows and nodes of the blocks that make up their intervals, level by level."""
    low, high = first + width, last + 1 + width
    rows = np.flatnonzero(low < high)
    low, high = low[rows], high[rows]
    while rows.size:
        odd = low & 1 == 1
        yield rows[odd], low[odd]
        low = low + odd
        odd = (high & 1 == 1) & (low < high)
        high = high - odd
        yield rows[odd], high[odd]
        going = low < high
        rows, low, high = rows[going], low[going] >> 1, high[going] >> 1
