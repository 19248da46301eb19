"""Which outcome measures does this file hold, in columns of their own or in rows?"""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass

from walkstats.reading.assembled.headers import plain
from walkstats.reading.suggesting.columns_meant import LISTED, cells_of, letters
from walkstats.reading.suggesting.other_names import MEASURE_NAMES, OTHER_MEASURES
from walkstats.reading.text_tables import TextTable
from walkstats.schema import MEASURES

BASELINE = r"baseline|base|bl"
MONTH = r"(?:m|mo|mth|month|months)"
WIDE = (
    re.compile(rf"(?P<measure>.+?)_?(?P<month>{BASELINE})"),
    re.compile(rf"(?P<measure>.+?)_?{MONTH}_?(?P<month>\d{{1,2}})"),
    re.compile(rf"(?P<measure>.+?)_?(?P<month>\d{{1,2}})_?{MONTH}"),
    re.compile(r"(?P<measure>.+?)_(?P<month>\d{1,2})"),
    re.compile(rf"(?P<month>{BASELINE})_(?P<measure>.+)"),
    re.compile(rf"{MONTH}_?(?P<month>\d{{1,2}})_(?P<measure>.+)"),
)
"""How the name of a column says measure and month; a week or a number of a visit says no month."""

MONTH_IN_WORDS = re.compile(rf"(?P<base>{BASELINE})|{MONTH}?_?(?P<month>\d{{1,2}})_?{MONTH}?")
FEWEST_ITEMS = 4


@dataclass(frozen=True)
class Score:
    """A column of scores.

    Attributes
    ----------
    source : str
    measure : str
        As the dictionary calls it.
    month : int
    """

    source: str
    measure: str
    month: int


def measure_called(name: str) -> str | None:
    """The measure that goes by a name; None when there is none.

    Examples
    --------
    >>> measure_called("Roland Morris"), measure_called("pain"), measure_called("mood")
    ('rmdq', 'pain_nrs', None)
    """
    known = letters(name)
    for one in (*MEASURES, *OTHER_MEASURES):
        if known in map(letters, (one, *MEASURE_NAMES.get(one, ()))):
            return one
    return None


def scores_in_columns(text: TextTable) -> list[Score]:
    """The columns whose names say a measure and a month.

    Parameters
    ----------
    text : TextTable

    Returns
    -------
    list of Score
        Without runs of columns that are rather the items of a questionnaire: 1, 2, 3 ...
    """
    found: dict[str, list[Score]] = {}
    for source in text.frame.columns:
        one = _score(str(source))
        if one is not None:
            found.setdefault(one.measure, []).append(one)
    return [one for scores in found.values() if not _items(scores) for one in scores]


def _score(source: str) -> Score | None:
    for pattern in WIDE:
        match = pattern.fullmatch(re.sub(r"\W+", "_", plain(source)).strip("_"))
        measure = match and measure_called(match["measure"].strip("_"))
        if match and measure:
            month = 0 if not match["month"].isdigit() else int(match["month"])
            return Score(source, measure, month)
    return None


def _items(scores: list[Score]) -> bool:
    months = sorted(one.month for one in scores)
    run = months == list(range(1, len(months) + 1))
    return (run and len(months) >= FEWEST_ITEMS) or len(set(months)) < len(months)


def month_called(cell: str) -> int | None:
    """The month that a cell names; None where it may be something else.

    Examples
    --------
    >>> month_called("Baseline"), month_called("3 months"), month_called("6 weeks")
    (0, 3, None)
    """
    match = MONTH_IN_WORDS.fullmatch(plain(cell))
    if match is None:
        return None
    return 0 if match["base"] else int(match["month"])


def codes_of_words(target: str, source: str, text: TextTable) -> dict[str, object]:
    """The clause for measures and months that are written in words, or as numbers of visits.

    Parameters
    ----------
    target : {"measure", "month"}
    source : str
        Its column in the file.
    text : TextTable

    Returns
    -------
    dict
        ``codes``, a question where they cannot be known; empty where none are needed.
    """
    cells = [cell.strip() for cell in cells_of(text, source)]
    if target == "measure":
        called = {cell: measure_called(cell) or cell for cell in cells}
        return {"codes": called} if any(k != v for k, v in called.items()) else {}
    if all(cell.replace(".", "", 1).isdigit() for cell in cells):
        numbered = "month" not in source.casefold() and _follow_each_other(cells)
        asked = f"? are these visits or months? Which month is each of {', '.join(cells[:LISTED])}"
        return {"codes": asked} if numbered else {}
    months = {cell: month_called(cell) for cell in cells}
    if None in months.values():
        return {"codes": f"? which month is each of {', '.join(cells[:LISTED])}"}
    return {"codes": months}


def _follow_each_other(cells: list[str]) -> bool:
    """Whether numbers go up by 1 each, as those of visits do, rather than as months."""
    numbers = sorted({float(cell) for cell in cells})
    return len(numbers) > 1 and {b - a for a, b in itertools.pairwise(numbers)} == {1.0}
