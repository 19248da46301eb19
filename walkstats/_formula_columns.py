"""Which columns do the terms of a formula add up to, with no column repeating what is there?"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from walkstats._variables import Variable
from walkstats.results.frozen import Frozen

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Piece(Frozen):
    """Some columns of a term: a product of variables, each factor coded in full or not."""

    term: str
    variables: tuple[str, ...]
    full: tuple[str, ...]


def pieces_of(
    terms: Iterable[tuple[str, tuple[str, ...]]], variables: Mapping[str, Variable]
) -> tuple[Piece, ...]:
    """Full or reduced coding of each factor, so that no column repeats what is there.

    A factor is the sum of a constant and its contrasts. What earlier terms (and the constant, which
    a Cox model holds in its baseline) span already is left out; what remains is merged back into
    full coding where it can be.
    """
    factors = frozenset(name for name, variable in variables.items() if variable.levels is not None)
    return _pieces_of(tuple(terms), factors)


@functools.lru_cache(maxsize=256)
def _pieces_of(
    terms: tuple[tuple[str, tuple[str, ...]], ...], levelled: frozenset[str]
) -> tuple[Piece, ...]:
    spanned: set[tuple[frozenset[str], frozenset[str]]] = {(frozenset(), frozenset())}
    pieces: list[Piece] = []
    for term, parts in terms:
        factors = [p for p in parts if p in levelled]
        numeric = frozenset(p for p in parts if p not in levelled)
        subsets = [
            frozenset(c)
            for r in range(len(factors) + 1)
            for c in itertools.combinations(factors, r)
        ]
        needed = [s for s in subsets if (numeric, s) not in spanned]
        spanned.update((numeric, s) for s in needed)
        for reduced, full in _merged(needed):
            used = tuple(p for p in parts if p in numeric or p in reduced or p in full)
            pieces.append(Piece(term, used, tuple(full)))
    return tuple(pieces)


def _merged(needed: list[frozenset[str]]) -> list[tuple[frozenset[str], frozenset[str]]]:
    """(reduced, full) factors of each product that together span the contrasts needed."""
    products = [(subset, frozenset[str]()) for subset in needed]
    merged = True
    while merged:
        merged = False
        for short, long in itertools.permutations(products, 2):
            extra = long[0] - short[0]
            if len(extra) == 1 and short[0] < long[0] and short[1] == long[1]:
                products[products.index(long)] = (short[0], long[1] | extra)
                products.remove(short)
                merged = True
                break
    return products


def columns_by_variable(
    variables: Mapping[str, Variable], frame: pd.DataFrame
) -> dict[str, Floats]:
    """Columns (n, m) of each variable; of a factor one per level."""
    return {label: variable.columns(frame) for label, variable in variables.items()}


def assemble(
    pieces: Iterable[Piece],
    variables: Mapping[str, Variable],
    made: Mapping[str, Floats],
    rows: int,
    intercept: bool,
) -> tuple[Floats, list[str], dict[str, slice]]:
    """The matrix, the names of its columns, and the columns of each term.

    ``made`` holds the columns of each variable on as many ``rows``.
    """
    blocks: list[Floats] = [np.ones((rows, 1))] if intercept else []
    names: list[str] = ["intercept"] if intercept else []
    columns_of: dict[str, slice] = {"intercept": slice(0, 1)} if intercept else {}
    for piece in pieces:
        block = np.ones((rows, 1))
        labels = [""]
        for label in piece.variables:
            columns, own = _coded(variables[label], made[label], label in piece.full)
            if len(labels) == 1 and labels[0] == "":
                block, labels = columns, own
                continue
            # The first variable varies fastest, as in R.
            block = (columns[:, :, None] * block[:, None, :]).reshape(rows, -1)
            labels = [f"{first}:{second}" for second in own for first in labels]
        start = len(names)
        blocks.append(block)
        names += labels
        begun = columns_of.get(piece.term)
        columns_of[piece.term] = slice(begun.start if begun else start, len(names))
    matrix = np.concatenate(blocks, axis=1) if blocks else np.empty((rows, 0))
    return matrix, names, columns_of


def _coded(variable: Variable, columns: Floats, full: bool) -> tuple[Floats, list[str]]:
    labels = variable.labels(columns.shape[1])
    if variable.levels is None or full:
        return columns, labels
    return columns[:, 1:], labels[1:]
