"""What is a column, a level or a measure called in print?"""

from __future__ import annotations

from collections.abc import Mapping

from walkstats.schema import MEASURES, TABLES

# Shorter than the dictionary describes them, since every table of a trial has them.
PRINTED = {"arm": "Arm", "sex": "Sex"}


def described(name: str, labels: Mapping[str, str] | None = None) -> str:
    """What the caller, else the dictionary of tables calls a column, with its unit.

    Examples
    --------
    >>> described("age_years"), described("rmdq_baseline"), described("size")
    ('Age at randomisation, years', 'Roland-Morris Disability Questionnaire, 0-24', 'size')
    """
    if labels and name in labels:
        return labels[name]
    if name in PRINTED:
        return PRINTED[name]
    for table in TABLES.values():
        if column := table.column(name):
            return _with_unit(column.described, column.unit)
    if measure := MEASURES.get(name.removesuffix("_baseline")):
        return _with_unit(measure.described, measure.unit)
    return name


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


def source_line(source: str) -> str:
    """Where the data come from, as the last line of a table or figure says it.

    Examples
    --------
    >>> source_line("synthetic: simulated"), source_line("a trial"), source_line("")
    ('SYNTHETIC DATA: simulated.', 'Source: a trial', '')
    """
    if source.lower().startswith("synthetic"):
        return f"SYNTHETIC DATA{source[len('synthetic') :]}".rstrip(".") + "."
    return f"Source: {source}" if source else ""
