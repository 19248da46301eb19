"""What is a column, a level or a measure called in print?"""

from __future__ import annotations

import re
from collections.abc import Mapping

from walkstats.schema import MEASURES, TABLES, Column, Measure

# Shorter than the dictionary describes them, since every table of a trial has them.
PRINTED = {"arm": "Arm", "sex": "Sex", "intercept": "Intercept"}

SYNTHETIC = "synthetic"
"""The word with which the source of data that nobody measured begins."""


def described(name: str, labels: Mapping[str, str] | None = None) -> str:
    """What the caller, else the dictionary of tables calls a column, with its unit.

    Examples
    --------
    >>> described("age_years"), described("pain_nrs_baseline"), described("size")
    ('Age at randomisation, years', 'Average pain in the last week at baseline, 0-10', 'size')
    """
    if labels and name in labels:
        return labels[name]
    if name in PRINTED:
        return PRINTED[name]
    for table in TABLES.values():
        if column := table.column(name):
            # What follows a semicolon tells how the column is filled.
            return _with_unit(column.described.partition(";")[0], column.unit)
    for ending, words in (
        ("_baseline", " at baseline"),
        ("_change", ": change from baseline"),
        ("", ""),
    ):
        measure = MEASURES.get(name.removesuffix(ending)) if name.endswith(ending) else None
        if measure:
            return _with_unit(f"{measure.described}{words}", measure.unit)
    return name.replace("_", " ")


def capitalised(text: str) -> str:
    """The text with its first letter as a capital; the rest as it is."""
    return text[:1].upper() + text[1:]


def _with_unit(words: str, unit: str) -> str:
    return f"{capitalised(words)}, {unit}" if unit else capitalised(words)


def percent_level(level: float) -> str:
    """A confidence level as tables write it.

    Examples
    --------
    >>> percent_level(0.95), percent_level(0.975)
    ('95', '97.5')
    """
    return f"{100 * level:.10g}"


def number_in_unit(number: str, unit: str) -> str:
    """A number as printed and its unit, which is in the singular after 1.

    Examples
    --------
    >>> number_in_unit("12.6", "months"), number_in_unit("1", "minutes a week")
    ('12.6 months', '1 minute a week')
    """
    if number.lstrip("-−") == "1":
        unit = re.sub(r"\b([^\W\d_]+[^\W\d_su])s\b", r"\1", unit, count=1)
    return f"{number} {unit}" if unit else number


def without_unit(words: str, unit: str) -> str:
    """A measure without the unit that ends it in brackets, where the number is to carry one.

    The limits of a scale are no unit and stay.

    Examples
    --------
    >>> without_unit("difference in time walked (minutes/week)", "minutes a week")
    'difference in time walked'
    >>> without_unit("difference in pain (0-10)", "points"), without_unit("time (days)", "")
    ('difference in pain (0-10)', 'time (days)')
    """
    return re.sub(r" \([^()]*[^\W\d_][^()]*\)$", "", words) if unit else words


def in_sentence(name: str) -> str:
    """What a column is called inside a sentence, with its unit in brackets.

    Examples
    --------
    >>> in_sentence("pain_nrs"), in_sentence("weight_gain")
    ('average pain in the last week (0-10)', 'weight gain')
    """
    known: Column | Measure | None = MEASURES.get(name)
    for table in TABLES.values():
        known = known or table.column(name)
    if known is None:
        return name.replace("_", " ")
    words = known.described.partition(";")[0]
    return f"{words} ({known.unit})" if known.unit else words


def is_synthetic(source: str) -> bool:
    """Whether data say of themselves that nobody measured them."""
    return source.lower().startswith(SYNTHETIC)


def source_line(source: str) -> str:
    """Where the data come from, as the last line of a table or figure says it.

    Examples
    --------
    >>> source_line("synthetic: simulated"), source_line("a trial"), source_line("")
    ('SYNTHETIC DATA: simulated.', 'Source: a trial', '')
    """
    if is_synthetic(source):
        return f"SYNTHETIC DATA{source[len('synthetic') :]}".rstrip(".") + "."
    return f"Source: {source}" if source else ""
