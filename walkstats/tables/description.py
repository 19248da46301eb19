"""What is a table before it is printed? Rows and columns of numbers, with the words around them."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd

from walkstats._arguments import check_choice
from walkstats._digits import STYLES, style_of
from walkstats._files import replace_file
from walkstats._labels import source_line
from walkstats.errors import WalkstatsError
from walkstats.tables.cells import EMPTY, KINDS, Cell
from walkstats.tables.column_widths import LONGEST_NUMBER
from walkstats.tables.word_file import word_file
from walkstats.tables.workbook_file import workbook_file
from walkstats.tables.writers import WRITERS

OFFICE = {".docx": ("Word", "python-docx"), ".xlsx": ("Excel", "openpyxl")}
"""Suffix of a file of an office program -> the program, and the package that writes it."""


@dataclass(frozen=True)
class Column:
    """A column of a table.

    Attributes
    ----------
    name : str
        What the heading says.
    n : int or None
        Participants behind the column, shown in its heading.
    over : str
        Heading over this and its neighbours of the same ``over``.
    """

    name: str
    n: int | None = None
    over: str = ""

    @property
    def heading(self) -> str:
        """The heading with the number of participants."""
        return self.name if self.n is None else f"{self.name} (n = {self.n})"


@dataclass(frozen=True)
class Row:
    """A row of a table.

    Attributes
    ----------
    label : str
    cells : tuple of Cell
        As many as the table has columns; none for a heading.
    indent : int
        Depth under the heading above.
    """

    label: str
    cells: tuple[Cell, ...] = ()
    indent: int = 0


@dataclass(frozen=True)
class Table:
    """A table as numbers, with the words around them.

    A table does not change: ``titled``, ``styled`` and ``noted`` give a new one.

    Attributes
    ----------
    title : str
    stub : str
        Heading of the first column, that of the row labels.
    columns : tuple of Column
    rows : tuple of Row
    notes : tuple of str
        Footnotes.
    source : str
        Where the data come from; the last footnote.
    style : str
        A key of ``walkstats._digits.STYLES``: "plain", "nejm", "lancet", "jama" or "bmj".

    Examples
    --------
    >>> row = Row("Age, years", (Cell("mean_sd", (54.21, 11.3), 1),))
    >>> table = Table("Baseline", "", (Column("walking", n=351),), (row,))
    >>> print(table.to_csv(), end="")
    ,walking (n = 351)
    "Age, years",54.2 (11.3)
    >>> table.to_frame()[["quantity", "value"]].values.tolist()
    [['mean', 54.21], ['sd', 11.3]]
    """

    title: str
    stub: str
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    notes: tuple[str, ...] = ()
    source: str = ""
    style: str = "plain"

    def __post_init__(self) -> None:
        style_of(self.style)
        for row in self.rows:
            if row.cells and len(row.cells) != len(self.columns):
                raise ValueError(
                    f"Row {row.label!r} has {len(row.cells)} cells for {len(self.columns)} columns."
                )

    def titled(self, title: str) -> Table:
        """The same table under another title."""
        return replace(self, title=title)

    def styled(self, style: str) -> Table:
        """The same numbers as "plain", "nejm", "lancet", "jama" or "bmj" writes them."""
        old, new = style_of(self.style).p_symbol, STYLES[check_choice(style, STYLES, "style")]
        columns = tuple(
            replace(one, name=new.p_symbol) if one.name == old else one for one in self.columns
        )
        return replace(self, columns=columns, style=new.name)

    def noted(self, *notes: str) -> Table:
        """The same table with further footnotes."""
        return replace(self, notes=(*self.notes, *notes))

    @property
    def footnotes(self) -> tuple[str, ...]:
        """Notes and source, as they stand under the table."""
        line = source_line(self.source)
        return (*self.notes, line) if line else self.notes

    @property
    def prose(self) -> tuple[bool, ...]:
        """For each column whether it holds words and no numbers: such are set from the left."""
        columns = zip(*(row.cells for row in self.rows if row.cells), strict=True)
        return tuple(_words_only(cells) for cells in columns) or (False,) * len(self.columns)

    def texts(self) -> list[list[str]]:
        """What each cell shows, row by row, without the labels."""
        style = style_of(self.style)
        return [
            [cell.text(style) for cell in row.cells or (EMPTY,) * len(self.columns)]
            for row in self.rows
        ]

    def to_frame(self) -> pd.DataFrame:
        """Every number in the table, unrounded, and where it stands.

        Returns
        -------
        pandas.DataFrame
            One row per number: row (position), under (heading above an indented row), label, over,
            column, quantity, value.
        """
        found = []
        under = ""
        for place, row in enumerate(self.rows):
            under = row.label if row.indent == 0 else under
            above = under if row.indent else ""
            for column, cell in zip(self.columns, row.cells, strict=bool(row.cells)):
                for quantity, value in zip(KINDS[cell.kind].parts, cell.values, strict=True):
                    if not isinstance(value, str):
                        found.append(
                            (place, above, row.label, column.over, column.name, quantity, value)
                        )
        names = ["row", "under", "label", "over", "column", "quantity", "value"]
        return pd.DataFrame(found, columns=names)

    def to_markdown(self) -> str:
        """As a pipe table, with title and footnotes around it."""
        return WRITERS[".md"](self)

    def to_html(self) -> str:
        """As one ``<table class="walkstats">`` element with caption, scopes and footnotes."""
        return WRITERS[".html"](self)

    def to_latex(self) -> str:
        """As a ``table`` environment; the document needs the packages booktabs and graphicx."""
        return WRITERS[".tex"](self)

    def to_csv(self) -> str:
        """The cells as shown, comma-separated; text that a spreadsheet would run is disarmed.

        Of synthetic data a last column ``Data`` says "synthetic" in every row.
        """
        return WRITERS[".csv"](self)

    def write(self, path: str | os.PathLike[str]) -> Path:
        """Write the table to a file in the format of its suffix.

        Parameters
        ----------
        path : path
            Ending in .md, .html, .tex, .csv, .docx or .xlsx. Folders that do not exist are made.

        Returns
        -------
        pathlib.Path
            The file. A write that fails leaves no half-written file and the old one as it was.

        Raises
        ------
        ValueError
            For another suffix.
        WalkstatsError
            For .docx when python-docx is not installed, for .xlsx when openpyxl is not.
        OSError
            Where the file cannot be written.
        """
        target = Path(path)
        check_choice(target.suffix, (*WRITERS, *OFFICE), "the suffix of path")
        if target.suffix in OFFICE:
            content = _for_office(self, target.suffix)
        else:
            content = WRITERS[target.suffix](self).encode("utf-8")
        try:
            replace_file(content, target)
        except OSError as error:
            raise OSError(
                f"The table cannot be written to {target}: {error.strerror or error}. Name a file "
                "in a folder that can be written to."
            ) from error
        return target

    def __str__(self) -> str:
        return self.to_markdown()

    def _repr_html_(self) -> str:
        return self.to_html()


def _words_only(cells: tuple[Cell, ...]) -> bool:
    """Whether all cells hold text, most of it with a letter first or too long for a number."""
    known = [cell for cell in cells if cell.kind != "empty" and cell.values != ("",)]
    texts = [str(cell.values[0]) for cell in known if cell.is_text]
    words = [text for text in texts if text[0].isalpha() or len(text) > LONGEST_NUMBER]
    return len(texts) == len(known) and 2 * len(words) > len(texts)


def _for_office(table: Table, suffix: str) -> bytes:
    try:
        return word_file(table) if suffix == ".docx" else workbook_file({"Table": table})
    except ImportError:
        program, package = OFFICE[suffix]
        raise WalkstatsError(
            f"A table for {program} needs {package}: install it with "
            "pip install 'walkstats[report]'."
        ) from None
