"""How is a number written in a paper? Decimals, p-values, intervals and the habits of journals.

Nothing here asks the locale: ``format`` does not, and every mark comes from a ``NumberStyle``.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

from walkstats._arguments import check_choice

MISSING = "–"
MOST_DECIMALS = 6


@dataclass(frozen=True)
class NumberStyle:
    """The habits of a journal.

    Attributes
    ----------
    name : str
        As the argument ``style`` takes it.
    decimal, minus, thousands : str
        Marks; thousands are set apart from 10 000 on.
    between : str
        Stands between two limits; " to " is used anyway where one of them is negative.
    p_symbol, p_equals, p_below : str
    p_floor : float
        p-values below it are written as "below the floor".
    whole : str
        The sentence of one estimate: {label}, {estimate}, {level}, {low_high}, {p}.
    bare : str
        The same without a p-value.
    leading_zero : bool
        Whether a p-value keeps the zero before its decimal mark.
    third_below : float
        p-values below it have three decimals, others two.
    italic : bool
        Whether the symbol of a p-value is set in italics.
    rules : str
        Where the journal states its rules, or where they were read from.
    """

    name: str
    decimal: str
    minus: str
    thousands: str
    between: str
    p_symbol: str
    p_equals: str
    p_below: str
    p_floor: float
    whole: str
    bare: str
    leading_zero: bool = True
    third_below: float = 0.1
    italic: bool = False
    rules: str = ""


THIN_SPACE = "\u2009"
STYLES = {
    style.name: style
    for style in (
        NumberStyle(
            name="plain",
            decimal=".",
            minus="-",
            thousands=",",
            between=" to ",
            p_symbol="p",
            p_equals=" = ",
            p_below=" < ",
            p_floor=0.001,
            whole="{label} {estimate} ({level}% CI {low_high}; {p})",
            bare="{label} {estimate} ({level}% CI {low_high})",
        ),
        NumberStyle(
            name="nejm",
            decimal=".",
            minus="−",
            thousands=",",
            between=" to ",
            p_symbol="P",
            p_equals="=",
            p_below="<",
            p_floor=0.001,
            whole="{label}, {estimate}; {level}% confidence interval, {low_high}; {p}",
            bare="{label}, {estimate}; {level}% confidence interval, {low_high}",
            third_below=0.01,
            rules="New England Journal of Medicine, statistical reporting guidelines (2019)",
        ),
        NumberStyle(
            name="lancet",
            decimal="·",
            minus="−",
            thousands=THIN_SPACE,
            between="–",
            p_symbol="p",
            p_equals="=",
            p_below="<",
            p_floor=0.0001,
            whole="{label} {estimate} ({level}% CI {low_high}; {p})",
            bare="{label} {estimate} ({level}% CI {low_high})",
            rules="The Lancet, formatting guidelines for electronic submission of manuscripts",
        ),
        NumberStyle(
            name="jama",
            decimal=".",
            minus="−",
            thousands=THIN_SPACE,
            between="-",
            p_symbol="P",
            p_equals=" = ",
            p_below=" < ",
            p_floor=0.001,
            whole="{label}, {estimate} ({level}% CI, {low_high}; {p})",
            bare="{label}, {estimate} ({level}% CI, {low_high})",
            leading_zero=False,
            third_below=0.01,
            italic=True,
            rules="AMA Manual of Style, 11th edition (2020): 17.4.3, 18.7.1 and 19.5",
        ),
        NumberStyle(
            name="bmj",
            decimal=".",
            minus="−",
            thousands=THIN_SPACE,
            between=" to ",
            p_symbol="P",
            p_equals="=",
            p_below="<",
            p_floor=0.001,
            whole="{label} {estimate} ({level}% confidence interval {low_high}; {p})",
            bare="{label} {estimate} ({level}% confidence interval {low_high})",
            rules="The BMJ, house style and its research papers",
        ),
    )
}
PLAIN = STYLES["plain"]

# In which style a text is being written, for all that names no style of its own. Set for the time
# in which a report is composed, and by nothing else: its sentences come from many modules.
_WRITTEN: ContextVar[NumberStyle] = ContextVar("style of the report being written", default=PLAIN)


@contextmanager
def written_in(style: str | NumberStyle) -> Iterator[None]:
    """Write numbers in a style for as long as the block lasts, where no other is named.

    Examples
    --------
    >>> with written_in("lancet"):
    ...     print(fixed(0.72, 2), p_phrase(0.0312))
    0·72 p=0·031
    """
    before = _WRITTEN.set(style_of(style))
    try:
        yield
    finally:
        _WRITTEN.reset(before)


def style_of(style: str | NumberStyle | None) -> NumberStyle:
    """A style by its name; a ``NumberStyle`` of one's own is taken as it is.

    None is the style of the report being composed, "plain" outside of one.
    """
    if style is None:
        return _WRITTEN.get()
    return style if isinstance(style, NumberStyle) else STYLES[check_choice(style, STYLES, "style")]


def fixed(value: float, decimals: int, style: NumberStyle | None = None) -> str:
    """A number with so many decimals, in the marks of the style.

    Parameters
    ----------
    value : float
    decimals : int
    style : NumberStyle, optional

    Returns
    -------
    str
        A missing number is a dash; zero never carries a minus sign.

    Examples
    --------
    >>> fixed(-1.284, 2), fixed(-0.001, 2), fixed(12345.6, 0)
    ('-1.28', '0.00', '12,346')
    >>> fixed(-1.284, 2, STYLES["lancet"])
    '−1·28'
    """
    style = style_of(style)
    if math.isnan(value):
        return MISSING
    if math.isinf(value):
        return f"{style.minus if value < 0 else ''}∞"
    written = f"{abs(value):.{decimals}f}"
    sign = style.minus if value < 0 and float(written) != 0 else ""
    whole, _, part = written.partition(".")
    if len(whole) > 4:
        whole = f"{int(whole):,}".replace(",", style.thousands)
    return f"{sign}{whole}{style.decimal}{part}" if part else f"{sign}{whole}"


def count(number: float, style: NumberStyle | None = None) -> str:
    """A count; weighted counts keep one decimal."""
    whole = math.isnan(number) or float(number).is_integer()
    return fixed(number, 0 if whole else 1, style)


def ratio_decimals(value: float) -> int:
    """Decimals of a ratio: two around 1, fewer when large, two significant digits when small.

    Examples
    --------
    >>> [ratio_decimals(x) for x in (0.72, 12.3, 140.0, 0.043)]
    [2, 1, 0, 3]
    """
    size = abs(value)
    if not math.isfinite(size) or size == 0 or 0.1 <= size < 10:
        return 2
    if size >= 10:
        return 1 if size < 100 else 0
    return min(1 - math.floor(math.log10(size)), MOST_DECIMALS)


def decimals_for(spread: float, *, least: int = 0) -> int:
    """Decimals that show two significant digits of ``spread``, a half-width for example.

    Examples
    --------
    >>> [decimals_for(x) for x in (19.0, 4.3, 0.43, 0.021)]
    [0, 1, 2, 3]
    """
    if not math.isfinite(spread) or spread <= 0:
        return max(2, least)
    return min(max(1 - math.floor(math.log10(spread)), least), MOST_DECIMALS)


def sd_decimals(spread: float) -> int:
    """Decimals of a mean and its standard deviation: one from 1 to 100, none beyond."""
    return 0 if spread >= 100 else decimals_for(spread, least=1)


def percent(part: float, whole: float, style: NumberStyle | None = None) -> str:
    """A share in percent; one decimal from 100 on, where a decimal is coarser than one person.

    Examples
    --------
    >>> percent(12, 80), percent(285, 351), percent(0, 0)
    ('15%', '81.2%', '–')
    """
    if not whole > 0:
        return MISSING
    return f"{fixed(100.0 * part / whole, 0 if whole < 100 else 1, style)}%"


def interval(
    low: float, high: float, decimals: tuple[int, int], style: NumberStyle | None = None
) -> str:
    """Two limits; with " to " where a minus sign could be taken for a dash.

    Examples
    --------
    >>> interval(0.6, 0.85, (2, 2), STYLES["lancet"]), interval(-1.9, 0.2, (1, 1), STYLES["lancet"])
    ('0·60–0·85', '−1·9 to 0·2')
    """
    style = style_of(style)
    between = " to " if low < 0 or math.isnan(low) or math.isnan(high) else style.between
    return f"{fixed(low, decimals[0], style)}{between}{fixed(high, decimals[1], style)}"


def p_value(p: float, style: NumberStyle | None = None) -> str:
    """A p-value as a table shows it, never rounded up to 0.05 nor down to 0.

    Examples
    --------
    >>> [p_value(x) for x in (0.42, 0.031, 0.0496, 0.0002, 0.9999)]
    ['0.42', '0.031', '0.0496', '<0.001', '>0.99']
    >>> p_value(0.0002, STYLES["lancet"])
    '0·0002'
    >>> [p_value(x, STYLES["jama"]) for x in (0.42, 0.031, 0.0496, 0.0085, 0.0002, 0.9999)]
    ['.42', '.03', '.0496', '.009', '<.001', '>.99']
    """
    style = style_of(style)
    relation, number = _p_parts(p, style)
    return number if relation == "=" else f"{relation}{number}"


def p_phrase(p: float, style: NumberStyle | None = None) -> str:
    """A p-value as running text shows it.

    Examples
    --------
    >>> p_phrase(0.0312), p_phrase(1e-9), p_phrase(0.0312, STYLES["jama"])
    ('p = 0.031', 'p < 0.001', 'P = .03')
    """
    style = style_of(style)
    relation, number = _p_parts(p, style)
    joint = {"=": style.p_equals, "<": style.p_below, ">": style.p_below.replace("<", ">")}
    return f"{style.p_symbol}{joint[relation]}{number}"


def _p_parts(p: float, style: NumberStyle) -> tuple[str, str]:
    if math.isnan(p):
        return "=", MISSING
    if p < style.p_floor:
        return "<", _share(style.p_floor, -math.floor(math.log10(style.p_floor)), style)
    if p > 0.99:
        return ">", _share(0.99, 2, style)
    decimals = 2 if p >= style.third_below else 3 if p >= 0.001 else 4
    # 0.0496 is not 0.050: a reader compares with 0.05, so rounding may not reach it.
    while decimals < MOST_DECIMALS and round(p, decimals) == 0.05 and p != 0.05:
        decimals += 1
    return "=", _share(p, decimals, style)


def _share(p: float, decimals: int, style: NumberStyle) -> str:
    """A number that cannot pass 1, with or without the zero before its decimal mark."""
    written = fixed(p, decimals, style)
    return written if style.leading_zero else written.removeprefix("0")


def slanted(text: str, left: str, right: str) -> str:
    """A text with marks around the symbol of each p-value, for journals that set it in italics.

    Examples
    --------
    >>> slanted("0.70 (95% CI, 0.58-0.83; P < .001)", "*", "*")
    '0.70 (95% CI, 0.58-0.83; *P* < .001)'
    """
    return re.sub(r"\bP(?= ?(?:=|<|>|&lt;|&gt;))", f"{left}P{right}", text)
