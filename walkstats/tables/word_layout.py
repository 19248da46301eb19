"""How does a table look in Word? A real table in Word's own XML, with rules above and below."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

from walkstats._digits import style_of
from walkstats.tables.safe_text import for_word, true_minus

if TYPE_CHECKING:
    from walkstats.tables.description import Row, Table

NAMESPACE = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
# Twentieths of a point. The text of an A4 page is 17 cm wide upright and 24.7 cm across.
UPRIGHT, ACROSS = 9638, 14003
SIZES = (9.0, 8.0, 7.0)
# A character of Arial is about 0.52 of its size wide on average, a digit 0.556.
WIDTH_OF_A_CHARACTER = 0.57
PADDING = 200
WIDEST_LABEL, NARROWEST_LABEL, WIDEST_WORDS, LONGEST_NUMBER = 48, 14, 44, 30
# After so many characters a column of words may begin a new line; the widest that fits is taken.
WORDS = (36, 24, 12)
# Up to so many rows a table is kept on one page.
KEPT_TOGETHER = 24


@dataclass(frozen=True)
class Layout:
    """Size of the letters [points] and widths of the columns [twentieths of a point]."""

    size: float
    widths: tuple[int, ...]
    across: bool


def word_xml(table: Table, layout: Layout) -> str:
    """A ``w:tbl`` element; the document needs the styles "Table" and "Table Text".

    Parameters
    ----------
    table : Table
    layout : Layout
        Of ``word_layout``.

    Returns
    -------
    str
        Headings are repeated on every page; numbers are aligned right; no upright rules.
    """
    grid = "".join(f'<w:gridCol w:w="{width}"/>' for width in layout.widths)
    heads = _heads(table, layout)
    together = len(table.rows) + len(heads) <= KEPT_TOGETHER
    last = len(table.rows) - 1
    prose = table.prose
    rows = [
        _body_row(row, texts, layout, prose, keep=together and place < last)
        for place, (row, texts) in enumerate(zip(table.rows, _texts(table), strict=True))
    ]
    return (
        f'<w:tbl xmlns:w="{NAMESPACE}"><w:tblPr><w:tblStyle w:val="Table"/>'
        f'<w:tblW w:w="{sum(layout.widths)}" w:type="dxa"/><w:tblLayout w:type="fixed"/>'
        '<w:tblLook w:val="0020" w:firstRow="1" w:lastRow="0" w:firstColumn="0" w:lastColumn="0" '
        f'w:noHBand="1" w:noVBand="1"/></w:tblPr><w:tblGrid>{grid}</w:tblGrid>'
        f"{''.join(heads)}{''.join(rows)}</w:tbl>"
    )


def word_layout(table: Table) -> Layout:
    """The largest letters with which a table fits an upright page, else a page across."""
    labels = [table.stub, *(" " * (2 * row.indent) + row.label for row in table.rows if row.cells)]
    stub = min(max(map(_longest_line, labels), default=0), WIDEST_LABEL)
    for room in (UPRIGHT, ACROSS):
        for size in SIZES:
            unit = size * 20 * WIDTH_OF_A_CHARACTER
            for words in WORDS:
                others = [int(one * unit) + PADDING for one in _needed(table, words)]
                left = room - sum(others)
                if left >= min(stub, NARROWEST_LABEL) * unit + PADDING:
                    first = min(int(stub * unit) + PADDING, left)
                    return Layout(size, (first, *others), room == ACROSS)
    scale = (ACROSS - NARROWEST_LABEL * unit - PADDING) / sum(others)
    widths = (int(NARROWEST_LABEL * unit) + PADDING, *(int(scale * one) for one in others))
    return Layout(SIZES[-1], widths, True)


def _needed(table: Table, words: int) -> list[int]:
    """Characters in a line of each column: numbers are not torn apart, words after so many are."""
    columns = list(zip(*table.texts(), strict=True)) or [() for _ in table.columns]
    return [
        max([_longest_word(one.heading) + 1, *(_line(text, words) for text in texts)])
        for one, texts in zip(table.columns, columns, strict=True)
    ]


def _line(text: str, words: int) -> int:
    if any(c.isdigit() for c in text) and len(text) < LONGEST_NUMBER:
        return len(text)
    return min(max(_longest_word(text), min(len(text), words)), WIDEST_WORDS)


def _longest_line(text: str) -> int:
    return max((len(line) for line in text.splitlines()), default=0)


def _longest_word(text: str) -> int:
    return max((len(word) for word in text.split()), default=1)


def _texts(table: Table) -> list[list[str]]:
    """What each cell shows; a true minus sign before numbers."""
    return [
        [
            text if cell.is_text else true_minus(text)
            for cell, text in zip(row.cells, texts, strict=bool(row.cells))
        ]
        for row, texts in zip(table.rows, table.texts(), strict=True)
    ]


def _heads(table: Table, layout: Layout) -> list[str]:
    italic = style_of(table.style).italic
    low = [_cell(table.stub, layout.widths[0], layout.size, head=True)]
    for place, (one, width) in enumerate(zip(table.columns, layout.widths[1:], strict=True)):
        right = not table.prose[place]
        heading = one.heading.replace("(n = ", "(n\u00a0=\u00a0")
        low.append(_cell(heading, width, layout.size, right=right, head=True, italic=italic))
    if not any(column.over for column in table.columns):
        return [_row(low, head=True)]
    high, place = [_cell("", layout.widths[0], layout.size, head=True)], 1
    for over, group in groupby(column.over for column in table.columns):
        span = len(list(group))
        width = sum(layout.widths[place : place + span])
        high.append(_cell(over, width, layout.size, span=span, head=True, centred=True))
        place += span
    return [_row(high, head=True), _row(low, head=True)]


def _body_row(
    row: Row, texts: Sequence[str], layout: Layout, prose: Sequence[bool], *, keep: bool
) -> str:
    if not row.cells:
        width, span = sum(layout.widths), len(layout.widths)
        return _row([_cell(row.label, width, layout.size, span=span, bold=True, keep=True)])
    cells = [_cell(row.label, layout.widths[0], layout.size, indent=row.indent, keep=keep)]
    cells += [
        _cell(text, width, layout.size, right=not words, keep=keep)
        for words, text, width in zip(prose, texts, layout.widths[1:], strict=True)
    ]
    return _row(cells)


def _row(cells: Iterable[str], *, head: bool = False) -> str:
    repeated = "<w:tblHeader/>" if head else ""
    return f"<w:tr><w:trPr><w:cantSplit/>{repeated}</w:trPr>{''.join(cells)}</w:tr>"


def _cell(
    text: str,
    width: int,
    size: float,
    *,
    span: int = 1,
    indent: int = 0,
    right: bool = False,
    centred: bool = False,
    bold: bool = False,
    head: bool = False,
    keep: bool = False,
    italic: bool = False,
) -> str:
    spanned = f'<w:gridSpan w:val="{span}"/>' if span > 1 else ""
    low = '<w:vAlign w:val="bottom"/>' if head else ""
    kept = "<w:keepNext/>" if head or keep else ""
    pushed = f'<w:ind w:left="{int(indent * size * 20)}"/>' if indent else ""
    side = '<w:jc w:val="center"/>' if centred else '<w:jc w:val="right"/>' if right else ""
    return (
        f'<w:tc><w:tcPr><w:tcW w:w="{width}" w:type="dxa"/>{spanned}{low}</w:tcPr>'
        f'<w:p><w:pPr><w:pStyle w:val="TableText"/>{kept}{pushed}{side}</w:pPr>'
        f"{runs(text, size=size, bold=bold or head, italic_p=italic)}</w:p></w:tc>"
    )


def runs(text: str, *, size: float = 0, bold: bool = False, italic_p: bool = False) -> str:
    """Runs of a text; the symbol of a p-value in italics where the journal wants it so."""
    parts = re.split(r"\b(P)(?= ?[=<>]|$)", for_word(text)) if italic_p else [for_word(text)]
    return "".join(_run(part, size, bold, italic_p and part == "P") for part in parts if part)


def _run(text: str, size: float, bold: bool, italic: bool) -> str:
    marks = "<w:b/>" * bold + "<w:i/>" * italic
    marks += f'<w:sz w:val="{round(2 * size)}"/>' if size else ""
    properties = f"<w:rPr>{marks}</w:rPr>" if marks else ""
    return f'<w:r>{properties}<w:t xml:space="preserve">{escape(text)}</w:t></w:r>'
