"""How does a cell become text? The numbers it holds, and one pattern for each kind of cell."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from walkstats import _digits
from walkstats._digits import NumberStyle

Value = float | str


@dataclass(frozen=True)
class Cell:
    """Numbers before they are text.

    Attributes
    ----------
    kind : str
        A key of ``KINDS``: says what the values are and how they are written.
    values : tuple
    decimals : int or None
        None leaves them to the kind.
    """

    kind: str = "empty"
    values: tuple[Value, ...] = ()
    decimals: int | None = None

    def __post_init__(self) -> None:
        parts = KINDS[self.kind].parts
        if len(parts) != len(self.values):
            raise ValueError(f"A cell of kind {self.kind!r} takes {', '.join(parts) or 'nothing'}.")

    @property
    def is_text(self) -> bool:
        """Whether the cell holds words, which a spreadsheet could take for a formula."""
        return any(isinstance(value, str) for value in self.values)

    def text(self, style: NumberStyle) -> str:
        """The cell as a reader sees it."""
        return KINDS[self.kind].write(self, style)


@dataclass(frozen=True)
class Kind:
    """What the values of a cell are, and how they are written."""

    parts: tuple[str, ...]
    write: Callable[[Cell, NumberStyle], str]


def _numbers(cell: Cell) -> list[float]:
    return [float(value) for value in cell.values]


def _word(cell: Cell, style: NumberStyle) -> str:
    return str(cell.values[0])


def _count(cell: Cell, style: NumberStyle) -> str:
    return _digits.count(_numbers(cell)[0], style)


def _number(cell: Cell, style: NumberStyle) -> str:
    return _digits.fixed(_numbers(cell)[0], _decimals(cell), style)


def _decimals(cell: Cell) -> int:
    return 2 if cell.decimals is None else cell.decimals


def _mean_sd(cell: Cell, style: NumberStyle) -> str:
    mean, sd = (_digits.fixed(value, _decimals(cell), style) for value in _numbers(cell))
    return f"{mean} ({sd})"


def _median_iqr(cell: Cell, style: NumberStyle) -> str:
    median, q1, q3 = _numbers(cell)
    decimals = _decimals(cell)
    spread = _digits.interval(q1, q3, (decimals, decimals), style)
    return f"{_digits.fixed(median, decimals, style)} ({spread})"


def _share(cell: Cell, style: NumberStyle) -> str:
    part, whole = _numbers(cell)
    return f"{_digits.count(part, style)} ({_digits.percent(part, whole, style)})"


def _share_of(cell: Cell, style: NumberStyle) -> str:
    part, whole = _numbers(cell)
    shown = f"{_digits.count(part, style)}/{_digits.count(whole, style)}"
    return f"{shown} ({_digits.percent(part, whole, style)})"


def _of_which(cell: Cell, style: NumberStyle) -> str:
    whole, part = (_digits.count(value, style) for value in _numbers(cell))
    return f"{whole} ({part})"


def _estimate(cell: Cell, style: NumberStyle) -> str:
    estimate, low, high = _numbers(cell)
    decimals = _decimals(cell) if cell.decimals is not None else _digits.decimals_for(
        (high - low) / 2.0)  # fmt: skip
    if math.isnan(low) and math.isnan(high):
        return _digits.fixed(estimate, decimals, style)
    limits = _digits.interval(low, high, (decimals, decimals), style)
    return f"{_digits.fixed(estimate, decimals, style)} ({limits})"


def _ratio(cell: Cell, style: NumberStyle) -> str:
    estimate, low, high = _numbers(cell)
    written = _digits.fixed(estimate, _digits.ratio_decimals(estimate), style)
    if math.isnan(low) and math.isnan(high):
        return written
    decimals = (_digits.ratio_decimals(low), _digits.ratio_decimals(high))
    return f"{written} ({_digits.interval(low, high, decimals, style)})"


def _time(cell: Cell, style: NumberStyle) -> str:
    decimals = 0 if cell.decimals is None else cell.decimals
    estimate, low, high = (
        "not reached" if math.isnan(value) else _digits.fixed(value, decimals, style)
        for value in _numbers(cell)
    )
    if estimate == low == high == "not reached":
        return estimate
    between = style.between if "not reached" not in (low, high) else " to "
    return f"{estimate} ({low}{between}{high})"


def _p(cell: Cell, style: NumberStyle) -> str:
    return _digits.p_value(_numbers(cell)[0], style)


KINDS = {
    "empty": Kind((), lambda cell, style: ""),
    "text": Kind(("text",), _word),
    "count": Kind(("n",), _count),
    "number": Kind(("value",), _number),
    "mean_sd": Kind(("mean", "sd"), _mean_sd),
    "median_iqr": Kind(("median", "q1", "q3"), _median_iqr),
    "share": Kind(("n", "of"), _share),
    "share_of": Kind(("n", "of"), _share_of),
    "of_which": Kind(("n", "of_which"), _of_which),
    "estimate": Kind(("estimate", "conf_low", "conf_high"), _estimate),
    "ratio": Kind(("estimate", "conf_low", "conf_high"), _ratio),
    "time": Kind(("estimate", "conf_low", "conf_high"), _time),
    "p": Kind(("p_value",), _p),
}

EMPTY = Cell()


def words(text: str) -> Cell:
    """A cell of words."""
    return Cell("text", (text,))
