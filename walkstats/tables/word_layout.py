"""How does a table look in Word? A real table in Word's own XML, with rules above and below."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

from walkstats._digits import style_of
from walkstats.tables.safe_text import for_word, true_minus

if TYPE_CHECKING:
    from walkstats.tables.column_widths import Layout
    from walkstats.tables.description import Row, Table

NAMESPACE = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
# Up to so many rows a table is kept on one page.
KEPT_TOGETHER = 24


def word_xml(table: Table, layout: Layout) -> str:
    """A ``w:tbl`` element; the document needs the styles "Table" and "Table Text".

    Parameters
    ----------
    table : Table
    layout : Layout
        Of ``walkstats.tables.column_widths.word_layout``.

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
    for one, width, words in zip(table.columns, layout.widths[1:], table.prose, strict=True):
        heading = one.heading.replace("(n = ", "(n\u00a0=\u00a0")
        low.append(_cell(heading, width, layout.size, right=not words, head=True, italic=italic))
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
