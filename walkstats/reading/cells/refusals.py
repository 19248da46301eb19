"""Which cells of a column were refused, and how is that said once for each reason?"""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from walkstats.reading.cells.dates_in_text import (
    DAY_NUMBER,
    ISO,
    NO_SUCH_DAY,
    WrongFormError,
    looks_like,
    to_date,
)
from walkstats.reading.cells.numbers_in_text import RefusedError

SHOWN = 5

TRUTH = {"1": True, "0": False, "true": True, "false": False, "yes": True, "no": False}
"""The words that are true or false without being declared, in any case of letters."""


class NoTruthError(RefusedError):
    """A cell that is neither true nor false."""


@dataclass(frozen=True, eq=False)
class Refusal:
    """Cells of one column that were refused for one reason.

    Attributes
    ----------
    reason, what_to_do : str
    rows : numpy.ndarray
        Positions, shape (k,).
    """

    reason: str
    what_to_do: str
    rows: np.ndarray


@dataclass(frozen=True, eq=False)
class Seen:
    """The distinct cells of a column, and where they stand.

    Attributes
    ----------
    distinct : numpy.ndarray
        Shape (d,).
    empty : numpy.ndarray
        bool, shape (d,): those that mean missing.
    place : numpy.ndarray
        Which distinct cell each row holds, -1 for none, shape (n,).
    lines : numpy.ndarray
        Line of each row, shape (n,).
    """

    distinct: np.ndarray
    empty: np.ndarray
    place: np.ndarray
    lines: np.ndarray

    def rows(self, which: list[int]) -> np.ndarray:
        """Positions of the rows that hold one of these cells."""
        return np.flatnonzero(np.isin(self.place, which))

    def show(self, which: list[int]) -> str:
        """Some of these cells, in quotes, and how many others hold something different."""
        listed = ", ".join(repr(str(self.distinct[k])[:40]) for k in which[:SHOWN])
        others = len(which) - SHOWN
        if others <= 0:
            return listed
        return f"{listed} and {others} other value{'' if others == 1 else 's'}"


def group_refusals(
    refused: Mapping[int, RefusedError], seen: Seen, dates: str | None
) -> tuple[Refusal, ...]:
    """Put the refused cells of a column together by reason.

    Parameters
    ----------
    refused : mapping of int to RefusedError
        Distinct cell -> why.
    seen : Seen
    dates : str or None
        The declared format of dates.

    Returns
    -------
    tuple of Refusal
    """
    groups: dict[tuple[str, str], list[int]] = {}
    forms = [k for k, why in refused.items() if isinstance(why, WrongFormError)]
    truths = [k for k, why in refused.items() if isinstance(why, NoTruthError)]
    for k, why in refused.items():
        if not isinstance(why, WrongFormError | NoTruthError):
            remedy = _exchanged(dates, seen) if why.reason == NO_SUCH_DAY else ""
            groups.setdefault((why.reason, remedy or why.remedy), []).append(k)
    found = [
        Refusal(f"{seen.show(which)}: {reason}", remedy, seen.rows(which))
        for (reason, remedy), which in groups.items()
    ]
    if forms:
        found.append(_about_forms(forms, seen, dates))
    if truths:
        found.append(_about_truth(truths, seen))
    return tuple(found)


def _about_truth(which: list[int], seen: Seen) -> Refusal:
    """Ask what each word means: which of them is yes only the team can know."""
    found = sorted(cell for cell, gone in zip(seen.distinct, seen.empty, strict=True) if not gone)
    asked = ", ".join(f"{json.dumps(c, ensure_ascii=False)} = {_known(c)}" for c in found[:8])
    return Refusal(
        f"must be 0/1, true/false or yes/no; found {{{', '.join(found[:8])}}}",
        "declare in trial.toml what each means, with true or false in place of each ?: "
        f"codes = {{ {asked} }}",
        seen.rows(which),
    )


def _known(cell: str) -> str:
    """What a word means; a digit beside an unknown one may be any code: 1 and 2, say."""
    meaning = None if cell.strip().isdigit() else TRUTH.get(cell.strip().casefold())
    return "?" if meaning is None else str(meaning).lower()


def _exchanged(declared: str | None, seen: Seen) -> str:
    """What to do where all cells are dates with day and month exchanged; "" where they are not."""
    places = {"%d": "%m", "%m": "%d"}
    other = re.sub("%[dm]", lambda found: places[found[0]], declared or ISO)
    try:
        for cell, gone in zip(seen.distinct, seen.empty, strict=True):
            if not gone:
                to_date(cell, other, dt.date.min, dt.date.max)
    except RefusedError:
        return ""
    return f'all dates of the column can be read with dates = "{other}": say so if that is meant'


def _about_forms(which: list[int], seen: Seen, dates: str | None) -> Refusal:
    """List the forms in which dates stand in the column, with the first row of each."""
    firsts: dict[str, int] = {}
    declared = dates or ISO
    wrong = set(which)
    order = np.array([k for k in seen.place if k >= 0 and not seen.empty[k]], dtype=np.int64)
    for k in dict.fromkeys(order.tolist()):
        form = looks_like(seen.distinct[k]) if k in wrong else f"{declared} as declared"
        firsts.setdefault(form, k)
    told = "; ".join(
        f"{form}: {str(seen.distinct[k])[:30]!r} (row {seen.lines[seen.rows([k])[0]]})"
        for form, k in firsts.items()
    )
    if len(firsts) > 1:
        reason = f"{len(firsts)} date formats in one column: {told}"
        remedy = "write all dates in one format, best YYYY-MM-DD"
    else:
        reason = f"dates are read as {declared}, found {told}"
        remedy = 'declare the format of the column in trial.toml, as in dates = "%d/%m/%Y"'
    if list(firsts) == ["YYYY-MM-DD"]:
        remedy = "leave dates out: these need no clause"
    if list(firsts) == [DAY_NUMBER]:
        remedy = (
            'show them as dates in the spreadsheet and export again, or declare dates = "excel" '
            '(on an old Mac "excel-1904")'
        )
    if "date with a time of day" in firsts:
        remedy = "give the date where the person was, without time of day and time zone"
    if "two-digit year" in firsts:
        remedy = "export the years with four digits: 68 may be 1968 or 2068"
    return Refusal(reason, remedy, seen.rows(which))
