"""How does a table look in Markdown, HTML, LaTeX and CSV?"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable
from itertools import groupby
from typing import TYPE_CHECKING

from walkstats._labels import SYNTHETIC, is_synthetic
from walkstats.tables.cells import EMPTY
from walkstats.tables.safe_text import (
    for_html,
    for_latex,
    for_markdown,
    for_markdown_paragraph,
    for_spreadsheet,
    true_minus,
)

if TYPE_CHECKING:
    from walkstats.tables.description import Column, Table


def markdown(table: Table) -> str:
    """A pipe table; headings over several columns are joined with those below them."""
    lines = [f"**{for_markdown(table.title)}**", ""] if table.title else []
    heads = [table.stub, *joined_headings(table)]
    lines.append(_pipes(for_markdown(head) for head in heads))
    lines.append(_pipes([":---", *(":---" if words else "---:" for words in table.prose)]))
    for row, texts in zip(table.rows, table.texts(), strict=True):
        label = "&emsp;" * row.indent + _cell_label(for_markdown(row.label), bold=not row.cells)
        lines.append(_pipes([label, *(for_markdown(text) for text in texts)]))
    for note in table.footnotes:
        lines += ["", for_markdown_paragraph(note)]
    return "\n".join(lines) + "\n"


def _pipes(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _cell_label(label: str, *, bold: bool) -> str:
    return f"**{label}**" if bold and label else label


def joined_headings(table: Table) -> list[str]:
    """Headings in one line each: what stands over several columns comes first."""
    return [f"{c.over}: {c.heading}" if c.over else c.heading for c in table.columns]


# Numbers stand below each other and are not torn apart at the end of a line.
NUMBERS = "text-align:right;white-space:nowrap;font-variant-numeric:tabular-nums"
PROSE = "text-align:left"


def html(table: Table, inner: Callable[[int, int, str], str] | None = None) -> str:
    """A table element that a screen reader can follow.

    Parameters
    ----------
    table : Table
    inner : callable, optional
        Row, column and escaped text of a cell -> what stands in the cell.
    """
    lines = ['<table class="walkstats">']
    if table.title:
        lines.append(f"<caption>{for_html(table.title)}</caption>")
    lines += ["<thead>", *_html_head(table), "</thead>", "<tbody>"]
    for place, (row, texts) in enumerate(zip(table.rows, table.texts(), strict=True)):
        cells = [for_html(text) for text in texts]
        if inner is not None:
            cells = [inner(place, column, cell) for column, cell in enumerate(cells)]
        lines.append(_html_row(row.label, row.indent, cells if row.cells else None, table.prose))
    lines.append("</tbody>")
    if table.footnotes:
        notes = "<br>".join(for_html(note) for note in table.footnotes)
        lines += [
            "<tfoot>",
            f'<tr><td colspan="{len(table.columns) + 1}" style="text-align:left">'
            f'<span class="notes">{notes}</span></td></tr>',
            "</tfoot>",
        ]
    return "\n".join([*lines, "</table>"]) + "\n"


def _html_head(table: Table) -> list[str]:
    deep = any(column.over for column in table.columns)
    left = 'style="text-align:left"'
    stub = f'<th scope="col" {left} rowspan="{2 if deep else 1}">{for_html(table.stub)}</th>'
    low = "".join(
        f'<th scope="col" style="text-align:{"left" if words else "right"}">'
        f"{_html_heading(column)}</th>"
        for column, words in zip(table.columns, table.prose, strict=True)
    )
    if not deep:
        return [f"<tr>{stub}{low}</tr>"]
    high = "".join(
        f'<th scope="colgroup" colspan="{width}">{for_html(over)}</th>'
        if over
        else f'<td colspan="{width}"></td>'
        for over, width in _spans(table)
    )
    return [f"<tr>{stub}{high}</tr>", f"<tr>{low}</tr>"]


def _html_heading(column: Column) -> str:
    if column.n is None:
        return for_html(column.heading)
    return f'{for_html(column.name)} <span style="white-space:nowrap">(n = {column.n})</span>'


def _spans(table: Table) -> list[tuple[str, int]]:
    return [
        (over, len(list(group))) for over, group in groupby(column.over for column in table.columns)
    ]


def _html_row(label: str, indent: int, escaped: list[str] | None, prose: tuple[bool, ...]) -> str:
    pad = f"padding-left:{1.5 * indent + 0.5:g}em"
    if escaped is None:
        return (
            f'<tr class="heading"><th scope="rowgroup" colspan="{len(prose) + 1}" '
            f'style="text-align:left;{pad}">{for_html(label)}</th></tr>'
        )
    head = (
        f'<th scope="row" style="text-align:left;font-weight:normal;{pad}">{for_html(label)}</th>'
    )
    cells = "".join(
        f'<td style="{PROSE if words else NUMBERS}">{text}</td>'
        for text, words in zip(escaped, prose, strict=True)
    )
    return f"<tr>{head}{cells}</tr>"


# A table wider than the text is made smaller, a narrower one left as it is.
FITTED = r"\resizebox{\ifdim\width>\linewidth\linewidth\else\width\fi}{!}{%"


def latex(table: Table) -> str:
    """A table environment with the rules of booktabs, no wider than the text."""
    lines = [r"\begin{table}", r"\centering"]
    if table.title:
        lines.append(rf"\caption{{{for_latex(table.title)}}}")
    columns = "".join(_latex_column(table, place) for place in range(len(table.columns)))
    lines += [FITTED, rf"\begin{{tabular}}{{l{columns}}}", r"\toprule"]
    lines += [*_latex_head(table), r"\midrule"]
    for row, texts in zip(table.rows, table.texts(), strict=True):
        label = rf"\hspace{{{row.indent}em}}" * bool(row.indent) + for_latex(row.label)
        cells = row.cells or (EMPTY,) * len(texts)
        shown = [
            for_latex(text if cell.is_text else true_minus(text))
            for cell, text in zip(cells, texts, strict=True)
        ]
        lines.append(_ampersands([label, *shown]))
    lines += [r"\bottomrule", r"\end{tabular}%", "}"]
    if table.footnotes:
        notes = r" \\ ".join(for_latex(note) for note in table.footnotes)
        lines += ["", rf"\smallskip\parbox{{0.95\linewidth}}{{\footnotesize {notes}}}"]
    return "\n".join([*lines, r"\end{table}"]) + "\n"


def _latex_column(table: Table, place: int) -> str:
    """Numbers from the right; words from the left, long ones in several lines."""
    if not table.prose[place]:
        return "r"
    longest = max(len(texts[place]) for texts in table.texts())
    return "p{6cm}" if longest > LONGEST_LINE else "l"


LONGEST_LINE = 40


def _ampersands(cells: list[str]) -> str:
    # A cell that begins with a bracket would be read as the argument of the line break before it.
    guarded = [f"{{}}{cell}" if cell.startswith(("[", "*")) else cell for cell in cells]
    return " & ".join(guarded) + r" \\"


def _latex_head(table: Table) -> list[str]:
    low = _ampersands(
        [for_latex(table.stub), *(for_latex(column.heading) for column in table.columns)]
    )
    if not any(column.over for column in table.columns):
        return [low]
    spans, rules, place = [""], [], 2
    for over, width in _spans(table):
        spans.append(rf"\multicolumn{{{width}}}{{c}}{{{for_latex(over)}}}")
        if over:
            rules.append(rf"\cmidrule(lr){{{place}-{place + width - 1}}}")
        place += width
    return [_ampersands(spans), "".join(rules), low]


def comma_separated(table: Table) -> str:
    """Comma-separated cells as shown; notes are left to the other formats.

    Synthetic data are named in a last column, which stays with the rows wherever they are copied
    and which every reader of CSV takes for what it is.
    """
    sheet = io.StringIO()
    writer = csv.writer(sheet, lineterminator="\n")
    synthetic = is_synthetic(table.source)
    heads = [table.stub, *joined_headings(table), *(["Data"] * synthetic)]
    writer.writerow(for_spreadsheet(head) for head in heads)
    for row, texts in zip(table.rows, table.texts(), strict=True):
        cells = row.cells or (EMPTY,) * len(texts)
        shown = [
            for_spreadsheet(text) if cell.is_text else _number_text(text)
            for cell, text in zip(cells, texts, strict=True)
        ]
        writer.writerow([for_spreadsheet(row.label), *shown, *([SYNTHETIC] * synthetic)])
    return sheet.getvalue()


def _number_text(text: str) -> str:
    """A single negative number stays one; "-1.3 (-2.0 to -0.6)" would be tried as a formula."""
    composite = text.startswith("-") and " " in text
    return f"−{text[1:]}" if composite else text


WRITERS: dict[str, Callable[[Table], str]] = {
    ".md": markdown,
    ".html": html,
    ".tex": latex,
    ".csv": comma_separated,
}
