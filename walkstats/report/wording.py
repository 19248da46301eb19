"""What does a reader call a term, an event, an estimate?"""

from __future__ import annotations

import re
from collections.abc import Sequence

from walkstats import tables
from walkstats._labels import in_sentence
from walkstats.plan import Analysis
from walkstats.results import Estimate, Estimates, Fit
from walkstats.schema import MEASURES, TABLES

# A range of answers, such as 0-10, is no unit: differences on it are points.
SCALE = re.compile(r"\d+-\d+")


def event_of(analysis: Analysis) -> str:
    """What the curve waits for, as its section is called."""
    return lower(analysis.section.partition(" (")[0])


def for_readers(text: str, strata: Sequence[str] = ()) -> str:
    """A sentence of a method in words: strata without the joints of their column names.

    Examples
    --------
    >>> for_readers("stratified by two_previous and referral", ["two_previous", "referral"])
    'stratified by two previous and referral'
    >>> for_readers("of days_in_pain on arm, per observed_days; see a_b.csv")
    'of days in pain on arm, per observed days; see a_b.csv'
    >>> for_readers("in (low_days, high_days], with 95 % limits, terminal='ended_by'.")
    "in (low days, high days], with 95% limits, terminal='ended_by'."
    """
    text = text.replace(" with g(t) ", ", with an effect that changes with time through ")
    for name in strata:
        if "_" in name:
            text = re.sub(rf"\b{re.escape(name)}\b", name.replace("_", " "), text)
    text = re.sub(r"(?<=\d) %", "%", text)
    return JOINED.sub(lambda found: _column_said(found[0]), text)


# Names of columns in the middle of a text.
JOINED = re.compile(r"(?<![\w/\['\"-])(?<!\w\.)[a-z][a-z0-9]*(?:_[a-z0-9]+)+(?!\w|\.\w|[/(='\"-])")


def _column_said(name: str) -> str:
    return in_sentence(name) if name in MEASURES else name.replace("_", " ")


# Words that keep their capital inside a sentence.
PROPER = re.compile(
    r"(Cox|Gray|Fine|Poisson|Kaplan|Turnbull|Fisher|Roland|EuroQol|Hosmer|Rubin|E-value)\b"
)


def lower(text: str) -> str:
    """The same text, its first letter small; names and abbreviations keep theirs.

    Examples
    --------
    >>> lower("Any recurrence"), lower("Cox, unadjusted"), lower("EQ-5D utility")
    ('any recurrence', 'Cox, unadjusted', 'EQ-5D utility')
    """
    if PROPER.match(text) or text[1:2].isupper():
        return text
    return f"{text[:1].lower()}{text[1:]}"


def arm_said(fit: Fit, term: str, label: str | None = None) -> str:
    """The effect of an arm in a sentence that names what it is against."""
    arm = plain_term(term)
    reference = fit.design.levels["arm"][0] if fit.design is not None else "reference"
    words = tables.sentence(fit, term, label=label, unit=_unit_of(fit))
    return f"{words}, {arm} against {reference}"


def _unit_of(fit: Fit) -> str:
    """The unit of a difference, where the outcome is of the dictionary and has one."""
    outcome = fit.formula.partition("~")[0].strip()
    columns = (table.column(outcome) for table in TABLES.values())
    unit = next((one.unit for one in columns if one and fit.link == "identity"), "")
    return "points" if SCALE.fullmatch(unit) else unit


def rows_of(parts: Sequence[Estimates], reference: str) -> dict[str, Estimate]:
    """Estimates of several parts of an answer under labels that say what they measure."""
    rows = {}
    for part in parts:
        measure = f"{part.measure[:1].upper()}{part.measure[1:]}"
        for term in part.terms:
            one = part.estimate(term, ratio=part.has_ratio(term))
            rows[f"{measure}: {plain_term(term, reference)}"] = one
    return rows


def plain_term(term: str, reference: str = "") -> str:
    """``arm[walking] at 90`` as a reader says it; a contrast names what it is against."""
    group, at, day = term.partition(" at ")
    if group.startswith("arm["):
        group = group.removeprefix("arm[").removesuffix("]")
        group += f" against {reference}" if reference else ""
    return f"{group}, day {day}" if at else group


def derived(analysis: Analysis) -> str:
    """The name of the frame that an analysis takes; empty where it takes an earlier result."""
    return analysis.frame.derive if analysis.frame is not None else ""


def listed(words: Sequence[str], last: str = "and") -> str:
    """Words as a sentence lists them.

    Examples
    --------
    >>> listed(["a"]), listed(["a", "b"]), listed(["a", "b", "c"])
    ('a', 'a and b', 'a, b and c')
    """
    if len(words) < 2:
        return "".join(words)
    return f"{', '.join(words[:-1])} {last} {words[-1]}"
