"""How does a report become files, whole or not at all?"""

from __future__ import annotations

import base64
import importlib.util
import io
import json
import os
import shutil
import tempfile
from collections.abc import Collection
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from walkstats._arguments import check_choice
from walkstats.errors import DataError, WalkstatsError
from walkstats.figures.pdf_fonts import fonts_cut_once
from walkstats.report.document import FigureBlock, Report
from walkstats.report.in_markdown import in_markdown
from walkstats.report.page import page
from walkstats.report.reproducing import disarmed, write_reproducing
from walkstats.report.word import word
from walkstats.tables.slugs import file_names
from walkstats.tables.workbook_file import write_workbook

if TYPE_CHECKING:
    from matplotlib.figure import Figure


FORMATS = {"html": "report.html", "docx": "report.docx", "md": "report.md", "xlsx": "tables.xlsx"}
"""Format -> the file that is written in it."""

PNG_DPI = 150
"""Pixels per inch of the figures in Word: sharp in print, and a quarter of the size of 400."""


def write_report(
    report: Report, folder: str | Path, *, formats: Collection[str] = tuple(FORMATS)
) -> Path:
    """Write a report as files.

    Parameters
    ----------
    report : Report
    folder : path
        Made if it does not exist. Files that an earlier report wrote are replaced, others left.
    formats : collection of {"html", "docx", "md", "xlsx"}
        Of the report itself, and of its tables in one workbook; all by default.

    Returns
    -------
    pathlib.Path
        The page, ``report.html``: it holds its figures and needs no other file (where there is no
        HTML, the first other format). Beside it are ``report.docx``, ``report.md``,
        ``tables.xlsx``, ``tables/`` (CSV), ``figures/`` (SVG and PDF), ``numbers.csv``,
        ``provenance.json``, and ``reproduce/`` with what makes the same numbers again.

    Raises
    ------
    ValueError
        For an unknown format, and for none.
    WalkstatsError
        When a package that a format needs is not installed.
    DataError
        When the folder cannot be written; nothing is left half-written.

    Examples
    --------
    >>> import tempfile
    >>> import pandas as pd
    >>> versions = {"walkstats": "0", "python": "3"}
    >>> facts = {"versions": versions, "seed": 1, "level": 0.95, "inputs": {}}
    >>> small = Report("Small", "made up", False, (), pd.DataFrame(), facts)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_report(small, folder, formats=["html"]).name
    'report.html'
    """
    chosen = check_formats(formats)
    target = check_writable(folder)
    made = _beside(target)
    try:
        _write_all(report, made, chosen)
        target.mkdir(exist_ok=True)
        _remove_earlier(target)
        _move(made, target)
    except OSError as error:
        raise DataError.of(
            f"the report cannot be written to {target}: {error.strerror}",
            what_to_do="choose another folder with --out",
        ) from None
    finally:
        shutil.rmtree(made, ignore_errors=True)
    return target / FORMATS[chosen[0]]


def check_formats(asked: Collection[str] = tuple(FORMATS)) -> tuple[str, ...]:
    """Make sure, before any computing, that a report can be written in formats.

    Returns
    -------
    tuple of str
        The formats asked for, in the order of ``FORMATS``.

    Raises
    ------
    ValueError
        For an unknown format, and for none.
    WalkstatsError
        When a package that a format needs is not installed.
    """
    if isinstance(asked, str) or not asked:
        raise ValueError(f"formats must be a list of {', '.join(FORMATS)}, got {asked!r}.")
    for one in asked:
        check_choice(one, FORMATS, "each of formats")
        module, package = NEEDED.get(one, ("", ""))
        if module and importlib.util.find_spec(module) is None:
            raise WalkstatsError(
                f"{FORMATS[one]} needs {package}: install it with pip install 'walkstats[report]', "
                f"or leave {one} out of formats."
            )
    return tuple(one for one in FORMATS if one in asked)


PARTS = ("tables", "figures", "reproduce")
"""Folders of a report. A link in their place would lead its files to somewhere else."""

NEEDED = {
    "html": ("jinja2", "jinja2"),
    "docx": ("docx", "python-docx"),
    "xlsx": ("openpyxl", "openpyxl"),
}


def check_writable(folder: str | Path) -> Path:
    """Make sure, before any computing, that a report can be written to a folder.

    Raises
    ------
    DataError
        With the path and the reason.
    """
    target = Path(folder).absolute()
    if "\0" in str(folder):
        raise DataError.of("the folder's name has a NUL character", what_to_do="name another")
    try:
        parent = next(p for p in [target, *target.parents] if p.exists())
        if target.exists() and not target.is_dir():
            raise DataError.of(f"{target} is a file", what_to_do="give a folder")
        if not parent.is_dir() or not os.access(parent, os.W_OK):
            raise DataError.of(
                f"{target} cannot be written: no permission in {parent}",
                what_to_do="choose another folder",
            )
        target.parent.mkdir(parents=True, exist_ok=True)
    except (OSError, ValueError) as error:  # a name too long, or with a character of nothing
        said = getattr(error, "strerror", None) or error
        raise DataError.of(f"{target} cannot be made: {said}") from None
    for part in PARTS:
        if (target / part).is_symlink() or ((target / part).exists() != (target / part).is_dir()):
            raise DataError.of(
                f"{target / part} is a link or a file, and a report has a folder there",
                what_to_do="remove it, or choose another folder",
            )
    _beside(target).rmdir()
    return target


def left_behind(folder: str | Path) -> list[str]:
    """Tables and figures in the folder of a report that are none of that report.

    Parameters
    ----------
    folder : path
        With the provenance.json of the report.

    Returns
    -------
    list of str
        Relative to the folder: what somebody else put there, or a report that was cut short.
    """
    target = Path(folder)
    own = set(_listed(target))
    among = [file for part in ("tables", "figures") for file in (target / part).rglob("*")]
    names = (file.relative_to(target).as_posix() for file in among if file.is_file())
    return sorted(name for name in names if name not in own)


def _beside(target: Path) -> Path:
    """An empty folder beside the target, in which a report is made before it is moved there."""
    try:
        return Path(tempfile.mkdtemp(prefix=".report-", dir=target.parent))
    except OSError as error:
        raise DataError.of(
            f"{target} cannot be written: {error.strerror}", what_to_do="choose another folder"
        ) from None


def _remove_earlier(target: Path) -> None:
    """Remove the files that an earlier report lists as its own, and no others."""
    for name in _listed(target):
        file = (target / name).resolve()
        if file.is_relative_to(target.resolve()) and file.is_file():
            file.unlink()


def _listed(target: Path) -> list[str]:
    try:
        listed = json.loads((target / "provenance.json").read_text(encoding="utf-8"))["files"]
        return [str(name) for name in listed]
    except (OSError, ValueError, KeyError, TypeError):
        return []


def _move(made: Path, target: Path) -> None:
    for file in sorted(path for path in made.rglob("*") if path.is_file()):
        place = target / file.relative_to(made)
        place.parent.mkdir(exist_ok=True)
        os.replace(file, place)


def _write_all(report: Report, folder: Path, formats: tuple[str, ...]) -> None:
    (folder / "tables").mkdir()
    (folder / "figures").mkdir()
    names = file_names(block.name for block in report.tables())
    # A table of numbers alone (numbers needed, deviations) has no source of its own, and files
    # for other programs have a decimal point, whatever the journal.
    tables = {
        names[one.name]: replace(one.table, source=one.table.source or report.source).styled(
            "plain"
        )
        for one in report.tables()
    }
    for name, table in tables.items():
        table.write(folder / "tables" / f"{name}.csv")
    if "xlsx" in formats and tables:
        write_workbook(tables, folder / FORMATS["xlsx"])
    drawn = _write_figures(report, folder / "figures", png="docx" in formats)
    _write_numbers(report, folder / "numbers.csv")
    if "html" in formats:
        addresses = {name: _address(one.svg) for name, one in drawn.items()}
        (folder / "report.html").write_text(page(report, addresses), encoding="utf-8")
    if "docx" in formats:
        images = {name: one.png for name, one in drawn.items()}
        (folder / "report.docx").write_bytes(word(report, images))
    if "md" in formats:
        files = {name: f"figures/{one.file}.svg" for name, one in drawn.items()}
        (folder / "report.md").write_text(in_markdown(report, files), encoding="utf-8")
    write_reproducing(report, folder)
    files_made = sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file())
    facts = {**report.provenance, "style": report.style, "files": [*files_made, "provenance.json"]}
    text = json.dumps(facts, indent=2, ensure_ascii=False)
    (folder / "provenance.json").write_text(text + "\n", encoding="utf-8")


@dataclass(frozen=True)
class Drawn:
    """A figure as it was written: name of its files, and the images that the formats hold."""

    file: str
    svg: bytes
    png: bytes


def _write_figures(report: Report, folder: Path, *, png: bool) -> dict[str, Drawn]:
    """Write all figures as SVG and PDF, each drawn once for each format."""
    names = file_names(shown.name for shown in report.figures())
    drawn = {}
    with fonts_cut_once():
        for shown in report.figures():
            drawn[shown.name] = _write_figure(shown, folder, names[shown.name], png=png)
    return drawn


def _write_figure(block: FigureBlock, folder: Path, name: str, *, png: bool) -> Drawn:
    vector = _drawn(block.figure, "svg")
    (folder / f"{name}.svg").write_bytes(vector)
    (folder / f"{name}.pdf").write_bytes(_drawn(block.figure, "pdf"))
    image = _drawn(block.figure, "png", dpi=PNG_DPI, pil_kwargs=QUICK) if png else b""
    return Drawn(name, vector, image)


# Half the time of the usual compression, for a tenth more bytes.
QUICK = {"compress_level": 2}


def _drawn(figure: Figure, kind: str, **options: Any) -> bytes:
    buffer = io.BytesIO()
    figure.savefig(buffer, format=kind, **options)
    return buffer.getvalue()


def _address(vector: bytes) -> str:
    """An image as an address that a page can hold."""
    return "data:image/svg+xml;base64," + base64.b64encode(vector).decode("ascii")


def _write_numbers(report: Report, file: Path) -> None:
    """All numbers unrounded, each text disarmed for spreadsheets, and where the data come from."""
    disarmed(report.numbers).assign(source=report.source).to_csv(file, index=False)
