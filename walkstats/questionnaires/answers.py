"""Which code is in each cell, and which cells hold none that the questionnaire has?"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from walkstats.questionnaires.definitions import Questionnaire

Floats = NDArray[np.float64]
Booleans = NDArray[np.bool_]

BLANK = ("", "nan", "<NA>", "None", "NaT")
"""What pandas and files write where there is nothing."""


@dataclass(frozen=True)
class Answers:
    """Codes of all items.

    Attributes
    ----------
    codes : (n, items) array
        nan where not answered.
    refused : (n, items) array of bool
        Cells that hold something else than a code; nan in ``codes``.
    """

    codes: Floats
    refused: Booleans


def answers_in(
    cells: NDArray[np.object_],
    one: Questionnaire,
    codes: Mapping[str, float],
    missing: Collection[str],
) -> Answers:
    """Read the cells of items.

    Parameters
    ----------
    cells : (n, items) array of object
        As the file or frame has them: numbers, text, booleans, missing values of any kind.
    one : Questionnaire
    codes : mapping of str to float
        What the team's own words stand for.
    missing : collection of str
        Cells that mean that there is no answer, beside empty ones.

    Returns
    -------
    Answers

    Notes
    -----
    Cells are compared as text, each different one once. A number is taken whatever its spelling
    (3, 3.0, " 3"), also among ``codes`` and ``missing``; a decimal comma is not, since "3,5" is
    also how two ticks are recorded. Where the team's own codes are numbers that stand for others,
    a number that is not among them is no answer.
    """
    place, different = pd.factorize(_as_text(cells.ravel()))
    blank = {*BLANK, *map(spelled, missing)}
    read = np.array([_code(text, one, codes, blank) for text in different], dtype=float)
    read = read.reshape(-1)  # of no cells at all, too
    wrong = np.isinf(read)
    read = np.where(wrong, np.nan, read)
    shape = cells.shape
    if not len(different):
        return Answers(np.zeros(shape), np.zeros(shape, dtype=bool))
    return Answers(read[place].reshape(shape), wrong[place].reshape(shape))


def profile_cells(cells: NDArray[np.object_], items: int) -> NDArray[np.object_]:
    """The digits of profiles, one column for each item.

    Parameters
    ----------
    cells : (n,) array of object
        Such as "11213", or the number 11213.
    items : int

    Returns
    -------
    numpy.ndarray
        (n, items) of text. A cell that has not as many digits stands whole in the first column,
        where it is refused.
    """
    out = np.full((len(cells), items), "", dtype=object)
    for row, text in enumerate(_as_text(cells)):
        digits = text.removesuffix(".0")
        if digits in BLANK:
            continue
        if len(digits) == items and digits.isascii() and digits.isdigit():
            out[row] = list(digits)
        else:
            out[row, 0] = text
    return out


def numbers_in(column: pd.Series) -> Floats:
    """A column as numbers; nan where a cell holds none, whatever it holds.

    Parameters
    ----------
    column : pandas.Series

    Returns
    -------
    numpy.ndarray
        (n,)
    """
    if isinstance(column.dtype, np.dtype) and column.dtype.kind in "iuf":
        return column.to_numpy(dtype=float)
    texts = _as_text(column.to_numpy(dtype=object))
    return np.array([_number(text) if text else np.nan for text in texts], dtype=float)


def spelled(cell: object) -> str:
    """A cell as text, a number in its shortest spelling.

    Examples
    --------
    >>> spelled(" 3.0"), spelled(-9), spelled("not asked")
    ('3', '-9', 'not asked')
    """
    text = str(cell).strip()
    number = _number(text)
    return f"{number:.15g}" if np.isfinite(number) else text


def recoded(codes: Mapping[str, float]) -> bool:
    """Whether a number stands for another."""
    return any(np.isfinite(number := _number(word)) and number != codes[word] for word in codes)


def _as_text(cells: NDArray[np.object_]) -> NDArray[np.object_]:
    out = np.empty(len(cells), dtype=object)
    out[:] = ["" if one is None or one is pd.NA else str(one).strip() for one in cells]
    return out


def _code(
    text: str, one: Questionnaire, codes: Mapping[str, float], blank: Collection[str]
) -> float:
    """The code that a text stands for; nan for no answer, infinite for something else."""
    word = spelled(text)
    if word in codes:
        value = float(codes[word])
    elif text in blank or word in blank:
        return np.nan
    elif text in ("True", "true", "False", "false") and (one.low, one.high) == (0.0, 1.0):
        return float(text in ("True", "true"))
    else:
        value = np.inf if recoded(codes) else _number(text)
    fits = one.low <= value <= one.high and (not one.whole or value == np.floor(value))
    return value if fits else np.inf


def _number(text: str) -> float:
    # float() takes more than is a number here: "1_0", "infinity", digits of other scripts
    if not text.isascii() or "_" in text or len(text) > 30:
        return np.inf
    try:
        value = float(text)
    except ValueError:
        return np.inf
    return value if np.isfinite(value) else np.inf


def as_codes(codes: Mapping[Any, Any] | None) -> dict[str, float]:
    """What a team's words stand for, as text and numbers.

    Raises
    ------
    ValueError
        For words that stand for no number, or for two.
    """
    if codes is not None and not isinstance(codes, Mapping):
        raise ValueError(f"codes must be a mapping, as in {{'yes': 1, 'no': 0}}; got {codes!r}.")
    out: dict[str, float] = {}
    for word, code in (codes or {}).items():
        try:
            value = float(code)
        except (TypeError, ValueError):
            value = np.inf
        if not np.isfinite(value):
            raise ValueError(
                f"codes must say which number each answer stands for, as in "
                f"{{'yes': 1, 'no': 0}}; {word!r} stands for {code!r}."
            )
        if out.setdefault(spelled(word), value) != value:
            raise ValueError(f"codes has {spelled(word)!r} twice, for different numbers.")
    return out
