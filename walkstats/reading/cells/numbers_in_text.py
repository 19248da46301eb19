"""Is this cell a number, and if not, what is it instead?

Only digits, one point and an exponent make a number. Everything else is refused with the reason,
since a guess at ``1,200`` or ``3,5`` is wrong for somebody.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass


class RefusedError(ValueError):
    """A cell that cannot be converted: why, and what mends it."""

    def __init__(self, reason: str, remedy: str) -> None:
        super().__init__(reason)
        self.reason = reason
        self.remedy = remedy


@dataclass(frozen=True)
class NotANumber:
    """One way in which a cell fails to be a number.

    Attributes
    ----------
    pattern : re.Pattern
        Of the whole cell.
    reason, remedy : str
    """

    pattern: re.Pattern[str]
    reason: str
    remedy: str


def _way(pattern: str, reason: str, remedy: str) -> NotANumber:
    return NotANumber(re.compile(pattern, re.ASCII | re.IGNORECASE), reason, remedy)


NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?", re.ASCII)
WHOLE = re.compile(r"[+-]?\d+", re.ASCII)

EXACT = 2**53
"""Below it every whole number is a float of its own."""

THOUSANDS = {
    sign: re.compile(rf"[+-]?[1-9]\d{{0,2}}(?:{sign_class}\d{{3}})+(?!{sign_class}|\d)")
    for sign, sign_class in {
        ",": ",",
        ".": r"\.",
        " ": "[ \u00a0\u2009\u202f]",
        "'": "['\u2019]",
    }.items()
}
"""The declared sign between thousands -> how such a number begins; a space stands for any."""

SIGNS_FOR_MISSING = (".", "..", "-", "--", "?", "*")
WORDS_FOR_MISSING = (
    *("na", "n/a", "n.a.", "nan", "null", "none", "nil", "missing", "unknown", "nd"),
    *("k.a.", "k. a.", "keine angabe", "fehlt"),
)

CURRENCIES = "(?:a|c|nz|us|r)[$]|aud|brl|cad|chf|cny|dkk|eur|gbp|inr|jpy|nok|nzd|sek|usd|zar"
"""What stands beside numbers for a currency, where it is no sign of one character."""

ERROR_VALUE = _way(
    r"\s*(?:#(?:n/a|div/0!|ref!|value!|name\?|num!|null!|spill!|calc!|getting_data)|err:\d{3})\s*",
    "an error value of a spreadsheet",
    "mend the formula, or declare the cell as missing",
)

WAYS = (
    ERROR_VALUE,
    _way(
        "|".join(re.escape(word) for word in (*SIGNS_FOR_MISSING, *WORDS_FOR_MISSING)),
        "a sign for missing that is not declared",
        'if it means missing, add it to the codes for missing, as in missing = ["", "NA"]',
    ),
    _way(r".*\d\s*%", "a percent sign", "write the number alone"),
    _way(
        r"[+-]?\d+,\d+(?:e[+-]?\d+)?",
        "a comma inside the number (decimal comma or thousands?)",
        'write a decimal point; if the whole file has decimal commas, set decimal = ","; if the '
        'comma stands between thousands, thousands = ","',
    ),
    _way(
        r"[+-]?\d{1,3}(?:[ ,.'_\u2019\u00a0\u2009\u202f]\d{3})+(?:[.,]\d+)?",
        "a sign between thousands",
        'write the digits without it, or declare it for the whole file, as in thousands = "."',
    ),
    _way(
        r"[+-]?inf(?:inity)?",
        "infinite",
        "for a time not reached, use censoring at last contact: leave it empty and give the end "
        "of follow-up",
    ),
    _way(r"[<>=~\u2264\u2265].*", "a bound, not a number", "give the number, or leave it empty"),
    _way(r"[\u2212\u2013\u2014]\s*[\d.]+", "a dash instead of a minus sign", "write - for minus"),
    _way(
        rf"[$\u00a3\u20ac\u00a5].*|.*[$\u00a3\u20ac\u00a5]|(?:{CURRENCIES})\s*[-\d].*"
        rf"|.*\d\s*(?:{CURRENCIES})",
        "a currency beside the number",
        "write the number alone, of all costs in the one currency that trial.toml names",
    ),
    _way(
        r"\d{4}-\d\d?-\d\d?.*|\d\d?[/.]\d\d?[/.]\d{2,4}.*",
        "a date",
        'give a number; a column of days may hold dates when it declares dates = "%d/%m/%Y"',
    ),
    _way(
        r"[+-]?[\d.]+\s*[a-z\u00b5/].*",
        "a number with something behind it",
        "write the number alone; trial.toml can name its unit",
    ),
)


def refuse_error_value(cell: str) -> None:
    """Refuse what a spreadsheet writes where a formula failed; in text, too, it says nothing.

    Raises
    ------
    RefusedError
        With the reason and what to do.
    """
    if cell.strip()[:1] in "#Ee" and ERROR_VALUE.pattern.fullmatch(cell):
        raise RefusedError(ERROR_VALUE.reason, ERROR_VALUE.remedy)


def number_in_words(number: float) -> str:
    """The shortest text that reads back as the same number; 12.0 is written 12.

    Parameters
    ----------
    number : float

    Returns
    -------
    str

    Examples
    --------
    >>> number_in_words(12.0), number_in_words(1.1000000000000001), number_in_words(1e20)
    ('12', '1.1', '1e+20')
    >>> number_in_words(-0.0)
    '-0.0'
    """
    whole = number.is_integer() and abs(number) < EXACT
    negative_zero = number == 0 and math.copysign(1, number) < 0
    return str(int(number)) if whole and not negative_zero else repr(number)


def to_number(cell: str, decimal: str = ".", thousands: str = "") -> float:
    """The number that a cell holds, exact to the last bit.

    Parameters
    ----------
    cell : str
    decimal : {".", ","}
        The decimal sign that trial.toml declares.
    thousands : {"", ".", ",", " ", "'"}
        The sign between thousands that it declares; empty: none.

    Returns
    -------
    float

    Raises
    ------
    RefusedError
        With the reason and what to do.

    Examples
    --------
    >>> to_number("0.1")
    0.1
    >>> to_number("1.234,5", decimal=",", thousands=".")
    1234.5
    """
    text = _without_thousands(cell.strip(), thousands)
    if decimal == "," and "." not in text:
        text = text.replace(",", ".")
    elif decimal == "," and NUMBER.fullmatch(text):
        raise RefusedError(
            "a decimal point where decimal commas are declared", "use one of the two"
        )
    if not NUMBER.fullmatch(text):
        raise _why(text)
    value = float(text)
    if math.isinf(value):
        raise RefusedError("a number too large to be held", "check the exponent")
    return value


def to_integer(cell: str, decimal: str = ".", thousands: str = "") -> int:
    """The whole number that a cell holds; ``12.0`` is one, ``12.5`` is not.

    Parameters
    ----------
    cell : str
    decimal : {".", ","}
    thousands : {"", ".", ",", " ", "'"}

    Returns
    -------
    int

    Raises
    ------
    RefusedError
        With the reason and what to do.

    Examples
    --------
    >>> to_integer("12.0")
    12
    """
    text = cell.strip()
    if WHOLE.fullmatch(text):
        whole = int(text) if len(text) < 30 else 2**70
    else:
        value = to_number(text, decimal, thousands)
        if not value.is_integer():
            raise RefusedError("not a whole number", "correct it: this column counts")
        whole = int(value)
    if not -(2**63) <= whole < 2**63:
        raise RefusedError("a number too large to be held", "read it as text if it is a label")
    return whole


def _without_thousands(text: str, thousands: str) -> str:
    """The digits alone; a number that is not grouped by threes keeps its signs, and is refused."""
    if not thousands:
        return text
    found = THOUSANDS[thousands].match(text)
    if found is None:
        return text
    return re.sub(r"[^\d+-]", "", found[0]) + text[found.end() :]


def _why(text: str) -> RefusedError:
    for way in WAYS:
        if way.pattern.fullmatch(text):
            return RefusedError(way.reason, way.remedy)
    return RefusedError("not a number", "correct it, declare it as missing, or give it a code")
