"""Which text does a table become, so that it reads back as the same table?"""

from __future__ import annotations

import csv
import io
import itertools
import re
from collections.abc import Iterator

import numpy as np
import pandas as pd

from walkstats.checks.conforming import kind_of
from walkstats.reading.writing.guarded_text import guarded, needs_guard


def missing_codes(frame: pd.DataFrame) -> dict[str, str]:
    """Columns in which an empty cell is a text of its own -> the code for missing instead."""
    codes = {}
    for name in frame.columns:
        if frame[name].dtype == object:
            cells = set(frame[name].dropna())
            if any(not cell.strip() for cell in cells):
                taken = {cell.strip() for cell in cells}
                codes[name] = next(c for c in _codes() if c not in taken)
    return codes


def _codes() -> Iterator[str]:
    yield from ("NA", "missing")
    yield from (f"missing-{k}" for k in itertools.count())


def to_be_guarded(frame: pd.DataFrame) -> bool:
    """Whether a heading or a cell is such that a spreadsheet could run it."""
    texts = [frame[name] for name in frame.columns if frame[name].dtype == object]
    return needs_guard(frame.columns) or any(needs_guard(one.unique()) for one in texts)


def csv_text(frame: pd.DataFrame, missing: dict[str, str], *, guard: bool) -> str:
    """A table as comma-separated text.

    Parameters
    ----------
    frame : pandas.DataFrame
    missing : dict of str to str
        Column -> its code for missing, where that is not the empty cell.
    guard : bool
        Whether text that a spreadsheet could run gets an apostrophe before it.

    Returns
    -------
    str
    """
    columns = [_as_text(frame[name], missing.get(name, ""), guard) for name in frame.columns]
    out = io.StringIO(newline="")
    plain = csv.writer(out, lineterminator="\n")
    quoted = csv.writer(out, lineterminator="\n", quoting=csv.QUOTE_ALL)
    broken = np.zeros(len(frame), dtype=bool)
    for name in frame.columns:
        if frame[name].dtype == object:
            broken |= frame[name].str.contains("[\r\n]").eq(True).to_numpy(dtype=bool)
    header = [guarded(str(name)) if guard else str(name) for name in frame.columns]
    (quoted if re.search("[\r\n]", "".join(header)) else plain).writerow(header)
    rows = zip(*columns, strict=True)
    if broken.any():
        for row, lines in zip(rows, broken.tolist(), strict=True):
            (quoted if lines else plain).writerow(row)
    else:
        plain.writerows(rows)
    return out.getvalue()


def _as_text(values: pd.Series, missing: str, guard: bool) -> list[str]:
    kind = kind_of(values.dtype)
    gone = values.isna().to_numpy()
    if kind == "number":
        texts = [repr(one) for one in values.to_numpy(dtype=float).tolist()]
    elif kind == "date":
        texts = [str(one) for one in values.to_numpy().astype("datetime64[D]")]
    elif kind == "boolean":
        texts = ["true" if one is True else "false" for one in values.astype(object)]
    else:
        texts = [str(one) for one in values.astype(object)]
        texts = [guarded(one) for one in texts] if guard else texts
    return [missing if empty else text for text, empty in zip(texts, gone, strict=True)]
