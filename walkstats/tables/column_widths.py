"""How wide is each column of a table on a page of paper, and how large can its letters be?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from walkstats.tables.description import Table

# Twentieths of a point. The text of an A4 page is 17 cm wide upright and 25.7 cm across.
UPRIGHT, ACROSS = 9638, 14570
SIZES = (9.0, 8.0, 7.0)
PADDING = 150
# In ems: labels and words are torn apart to lines no shorter and no longer than these.
SHORTEST_LABEL, SHORTEST_WORDS, LONGEST_LINE = 8.0, 7.0, 40.0
# Words get at least this share of what they lack, or the page is turned across.
ENOUGH = 0.3
# A text with digits and so many characters at most is a number and is not torn apart.
LONGEST_NUMBER = 30
NARROW, BROAD = frozenset("iljtfr.,:;|!'()[] ·\u00a0\u2009"), frozenset("mwMW%@—")
BOLD = 1.08


@dataclass(frozen=True)
class Layout:
    """Size of the letters [points] and widths of the columns [twentieths of a point]."""

    size: float
    widths: tuple[int, ...]
    across: bool


def word_layout(table: Table) -> Layout:
    """The largest letters with which a table fits an upright page, else a page across.

    Parameters
    ----------
    table : Table

    Returns
    -------
    Layout
        What room is left goes to the columns of words, by what they lack.
    """
    least, wanted = _needs(table)
    for room in (UPRIGHT, ACROSS):
        for size in SIZES:
            unit = 20.0 * size
            text = (room - PADDING * len(least)) / unit
            share = _share(least, wanted, text)
            if sum(least) <= text and (share >= ENOUGH or room == ACROSS):
                widths = [
                    one + share * (more - one) for one, more in zip(least, wanted, strict=True)
                ]
                return Layout(size, tuple(int(w * unit) + PADDING for w in widths), room == ACROSS)
    scale = (ACROSS - PADDING * len(least)) / sum(least)
    return Layout(SIZES[-1], tuple(int(w * scale) + PADDING for w in least), True)


def _share(least: Sequence[float], wanted: Sequence[float], room: float) -> float:
    """The share of what the columns lack for which there is room."""
    lacking = sum(wanted) - sum(least)
    return min(1.0, max(0.0, room - sum(least)) / lacking) if lacking > 0 else 1.0


def _needs(table: Table) -> tuple[list[float], list[float]]:
    """Ems of each column at least, and ems with which no line is torn apart."""
    labels = [" " * 4 * row.indent + row.label for row in table.rows if row.cells]
    whole = max(map(ems, [table.stub, *labels]), default=0.0)
    word = max((_longest_word(one) for one in [table.stub, *labels]), default=0.0)
    least = [max(word, min(whole, SHORTEST_LABEL))]
    wanted = [min(whole, LONGEST_LINE)]
    columns = list(zip(*table.texts(), strict=True)) or [() for _ in table.columns]
    for column, texts in zip(table.columns, columns, strict=True):
        heading = column.heading.replace("(n = ", "(n\u00a0=\u00a0")
        head = BOLD * _longest_word(heading)
        least.append(max([head, *(_unbroken(text) for text in texts)]))
        wanted.append(min(max([head, *(ems(text) for text in texts)]), LONGEST_LINE))
    return least, [max(pair) for pair in zip(least, wanted, strict=True)]


def _unbroken(text: str) -> float:
    """Ems of what is not torn apart in a cell."""
    if any(c.isdigit() for c in text) and len(text) < LONGEST_NUMBER:
        return ems(text)
    return max(_longest_word(text), min(ems(text), SHORTEST_WORDS))


def _longest_word(text: str) -> float:
    return max((ems(word) for word in text.split(" ")), default=0.0)


def ems(text: str) -> float:
    """The width of a text in Arial, in multiples of its size; a little on the safe side.

    Examples
    --------
    >>> round(ems("0.70 (0.58 to 0.83)"), 1), round(ems("Walking"), 1)
    (8.9, 3.9)
    """
    return 1.05 * sum(
        0.32 if c in NARROW else 0.86 if c in BROAD else 0.7 if c.isupper() else 0.56 for c in text
    )
