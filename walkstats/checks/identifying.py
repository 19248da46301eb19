"""Which columns say who somebody is?

Columns are looked at by their names and by their cells, whatever the table and whether they were
declared or carried along. No cell is ever quoted: a finding ends up in logs and e-mails.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

import numpy as np
import pandas as pd

from walkstats.checks.identifying_marks import MARKS, Mark
from walkstats.checks.material import Material
from walkstats.checks.rules import counted, ids_at
from walkstats.errors import Problem
from walkstats.schema import table_of

MOST_CELLS = 5_000
"""Distinct cells of a column that are looked at: the first ones; of each its beginning."""
CELL_START = 400
"""Characters of a cell that are looked at."""
FEWEST = 3
"""Cells that a share is made of."""
YEARS_BEFORE = 15
"""Dates that lie so long before randomisation are dates of birth [years]."""
DATED = re.compile(r"\s*\d{1,4}[./-]\d{1,2}[./-]\d{1,4}\s*", re.ASCII)

WHAT_TO_DO = (
    "take the column out of the file (or say carry = false in trial.toml), clear the cells, or "
    "give a copy away that walkstats pseudonymise has made"
)


@dataclass(frozen=True)
class Identifying:
    """A column that seems to say who somebody is.

    Attributes
    ----------
    table, column : str
    what : tuple of str
        The kinds of things seen.
    by_name : bool
        Whether the column's name says so.
    cells : int
        Rows whose cell shows it; 0 where only the name does.
    rows : numpy.ndarray
        Positions of the rows, shape (cells,).
    """

    table: str
    column: str
    what: tuple[str, ...]
    by_name: bool
    cells: int
    rows: np.ndarray


def identifying_problems(material: Material) -> list[Problem]:
    """One warning for each column that seems to say who somebody is.

    Parameters
    ----------
    material : Material

    Returns
    -------
    list of Problem
    """
    return [_problem(one, material) for one in identifying_columns(material)]


def identifying_columns(material: Material) -> list[Identifying]:
    """The columns that seem to say who somebody is.

    Parameters
    ----------
    material : Material

    Returns
    -------
    list of Identifying
    """
    found = []
    for table, frame in material.tables.items():
        for name in frame.columns:
            if not len(frame) or (name == "participant_id" and table != "participants"):
                continue
            one = _looked_at(material, table, str(name), frame[name])
            if one is not None:
                found.append(one)
    return found


def _looked_at(material: Material, table: str, name: str, values: pd.Series) -> Identifying | None:
    known = table_of(table).column(name) is not None
    named = [] if known or values.isna().all() else list(named_marks(name))
    seen = [*named]
    rows = np.zeros(len(values), dtype=bool)
    if values.dtype == object:
        for mark, shown in _cell_marks(values):
            seen.append(mark.what)
            rows |= shown
    if not known or not seen:
        born = _long_before(material, table, name, values)
        if born.any():
            seen.append("dates of birth")
            rows |= born
    if not seen:
        return None
    where = np.flatnonzero(rows)
    return Identifying(table, name, tuple(dict.fromkeys(seen)), bool(named), len(where), where)


def named_marks(name: str) -> Iterator[str]:
    """What a column holds by its name.

    Examples
    --------
    >>> list(named_marks("Date of Birth")), list(named_marks("patientEmail"))
    (['dates of birth'], ['e-mail addresses'])
    >>> list(named_marks("drug_name")), list(named_marks("Straße"))
    ([], ['postal addresses'])
    """
    parted = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name.strip()[:100])
    folded = unicodedata.normalize("NFKD", parted.casefold().replace("ß", "ss"))
    plain = "".join(c for c in folded if not unicodedata.combining(c))
    plain = unicodedata.normalize("NFC", plain)
    words = re.sub(r"[^\w]+", "_", plain).strip("_")
    joined = words.replace("_", "")
    for mark in MARKS:
        if joined in mark.names or any(words.endswith(f"_{end}") for end in mark.ends):
            yield mark.what


def _cell_marks(values: pd.Series) -> Iterator[tuple[Mark, np.ndarray]]:
    """Marks that the cells show, each with the rows (bool, shape (n,)) that show it."""
    texts = [one if isinstance(one, str) else None for one in values.tolist()]
    codes, distinct = pd.factorize(np.array(texts, dtype=object))
    cells = [one[:CELL_START] for one in distinct[:MOST_CELLS]]
    plain = [k for k, cell in enumerate(cells) if len(cell) > 4]
    if not plain:
        return
    for mark in MARKS:
        if mark.cell is None:
            continue
        shown = [k for k in plain if _shows(mark, cells[k])]
        enough = len(shown) >= max(FEWEST, mark.share * len(cells))
        differing = len(distinct) >= mark.spread * np.count_nonzero(codes >= 0)
        if shown and differing and (enough or not mark.share):
            yield mark, np.isin(codes, shown)


def _shows(mark: Mark, cell: str) -> bool:
    found = mark.cell.search(cell) if mark.cell is not None else None
    return found is not None and (mark.proof is None or mark.proof(found[0]))


def _long_before(material: Material, table: str, name: str, values: pd.Series) -> np.ndarray:
    """Rows with a date many years before the randomisation of the same person."""
    none = np.zeros(len(values), dtype=bool)
    if name == "randomised_on" or "participant_id" not in material.tables[table]:
        return none
    dates = _as_dates(values)
    if dates is None:
        return none
    if table == "participants":
        randomised = material.tables[table]["randomised_on"].to_numpy()
    else:
        randomised = material.of_participants(table, "randomised_on").to_numpy()
    known = ~np.isnat(randomised) & ~np.isnat(dates)
    years = (randomised[known] - dates[known]) / np.timedelta64(365, "D")
    old = (years > YEARS_BEFORE) & (years < 110)
    if old.sum() < FEWEST or old.mean() < 0.5:
        return none
    none[np.flatnonzero(known)[old]] = True
    return none


def _as_dates(values: pd.Series) -> np.ndarray | None:
    """Days of a column of dates, or of a column of text most of whose cells are dates."""
    if values.dtype.kind == "M":
        return values.to_numpy(dtype="datetime64[ns]")
    if values.dtype != object:
        return None
    filled = (one for one in values.to_numpy(dtype=object) if isinstance(one, str))
    start = list(islice(filled, 20))
    if not start or not all(DATED.fullmatch(one) for one in start):
        return None
    text = values.astype("string").str[:12].str.strip()
    parsed = pd.to_datetime(text, format="%Y-%m-%d", errors="coerce")
    for format in ("%d/%m/%Y", "%m/%d/%Y", "%d.%m.%Y", "%d-%m-%Y", "%Y/%m/%d"):
        parsed = parsed.fillna(pd.to_datetime(text, format=format, errors="coerce"))
    return parsed.to_numpy(dtype="datetime64[ns]")


def _problem(one: Identifying, material: Material) -> Problem:
    n = len(material.tables[one.table])
    known = [f"{counted(one.cells, 'row')} of {n}"] if one.cells else []
    how = " and ".join([*(["by its name"] if one.by_name else []), *known])
    first = int(one.rows[0]) if one.cells else 0
    return Problem(
        f"the column {one.column} seems to hold {', '.join(one.what)} ({how}; cells are not "
        "quoted here)",
        WHAT_TO_DO,
        table=one.table,
        column=one.column,
        row=material.line(one.table, first) if one.cells else None,
        # An id that says who somebody is must not be told either.
        ids=() if one.column == "participant_id" else ids_at(material, one.table, one.rows),
        count=max(one.cells, 1),
        severity="warning",
        file=material.file(one.table, first) if one.cells else "",
    )
