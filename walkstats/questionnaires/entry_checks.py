"""Can what an entry of a questionnaire says be right?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from walkstats.questionnaires.definitions import STAND_INS, TOTALS

MOST_ITEMS = 1000

Kind = tuple[str, Any]
TEXT, WHOLE, NUMBER, FLAG = "a text", "a whole number", "a number", "true or false"
NUMBERS = "a list of whole numbers"

# key -> kind, and the value where it is left out (... where it may not be)
QUESTIONNAIRE: dict[str, Kind] = {
    "name": (TEXT, ...),
    "described": (TEXT, ""),
    "items": (WHOLE, ...),
    "codes": ("the lowest and the highest code", ...),
    "whole": (FLAG, True),
    "reversed": (NUMBERS, []),
    "named": ("a name with {} for the number, or a list of names", ""),
    "profile": (FLAG, False),
    "scales": ("[[scales]]", ...),
    "rules": ("[[rules]]", []),
    "sources": ("[[sources]]", []),
}
SCALE: dict[str, Kind] = {
    "measure": (TEXT, ...),
    "described": (TEXT, ""),
    "items": (NUMBERS, None),
    "total": (f"one of {', '.join(TOTALS)}", "sum"),
    "times": (NUMBER, 1),
    "low": (NUMBER, ...),
    "high": (NUMBER, ...),
    "better": ("lower or higher", ...),
    "unit": (TEXT, ""),
    "important": (NUMBER, None),
    "important_source": (TEXT, ""),
}
RULE: dict[str, Kind] = {
    "name": (TEXT, ...),
    "stands_in": (f"one of {', '.join(STAND_INS)}", ...),
    "at_most": (WHOLE, ...),
    "said": (TEXT, ""),
    "source": (TEXT, ""),
    "note": (TEXT, ""),
}
SOURCE: dict[str, Kind] = {"key": (TEXT, ...), "cited": (TEXT, ...), "doi": (TEXT, "")}

COMPLETE = {
    "name": "complete",
    "stands_in": "nothing",
    "at_most": 0,
    "said": "a score needs every answer",
}


@dataclass(frozen=True)
class Checked:
    """The values of an entry, those left out included, and what is wrong with them."""

    head: Mapping[str, Any]
    scales: list[dict[str, Any]]
    rules: list[dict[str, Any]]
    sources: list[dict[str, Any]]
    wrong: list[str]


def checked_entry(found: Mapping[str, Any]) -> Checked:
    """Check the keys of an entry.

    Parameters
    ----------
    found : mapping

    Returns
    -------
    Checked
    """
    wrong: list[str] = []
    head = _values(found, QUESTIONNAIRE, "", wrong)
    scales = _listed(head, "scales", SCALE, wrong)
    rules = _listed(head, "rules", RULE, wrong) or [{**COMPLETE, "source": "", "note": ""}]
    sources = _listed(head, "sources", SOURCE, wrong)
    if not wrong:
        wrong += _contradictions(head, scales, rules, sources)
    return Checked(head, scales, rules, sources, wrong)


def item_names(head: Mapping[str, Any]) -> tuple[str, ...]:
    """Columns of the items, unless the caller says others."""
    named = head["named"] or f"{head['name']}_{{}}"
    if isinstance(named, str):
        return tuple(named.replace("{}", str(k)) for k in range(1, head["items"] + 1))
    return tuple(named)


def _values(
    found: Mapping[str, Any], known: Mapping[str, Kind], where: str, wrong: list[str]
) -> dict[str, Any]:
    """The values of known keys, those left out included; what is wrong is added to ``wrong``."""
    values = {}
    for key in found:
        if key not in known:
            wrong.append(f"{where}{key!r} is not known; known are {', '.join(known)}")
    for key, (kind, default) in known.items():
        value = found.get(key, default)
        if value is ... or (default is ... and isinstance(value, str) and not value.strip()):
            wrong.append(f"{where}{key} is missing: it needs {kind}")
        elif value is not default and not FITS.get(kind, _is_any)(value):
            wrong.append(f"{where}{key} needs {kind}, got {value!r:.80}")
        values[key] = value
    return values


def _listed(
    head: Mapping[str, Any], key: str, known: Mapping[str, Kind], wrong: list[str]
) -> list[dict[str, Any]]:
    found = head[key]
    if found is ...:
        return []
    if not isinstance(found, list) or not all(isinstance(one, Mapping) for one in found):
        wrong.append(f"{key} needs tables, each under [[{key}]]")
        return []
    return [_values(one, known, f"{key} {k}: ", wrong) for k, one in enumerate(found, 1)]


def _is_text(value: object) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _is_whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= MOST_ITEMS


def _is_number(value: object) -> bool:
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return number and -1e9 < value < 1e9  # type: ignore[operator]


def _is_pair(value: object) -> bool:
    return (
        isinstance(value, list | tuple)
        and len(value) == 2
        and all(_is_number(one) for one in value)
        and value[0] < value[1]
    )


def _are_wholes(value: object) -> bool:
    return isinstance(value, list | tuple) and all(_is_whole(one) for one in value)


def _is_name(value: object) -> bool:
    if isinstance(value, list | tuple):
        return all(_is_text(one) for one in value)
    return _is_text(value)


def _is_any(value: object) -> bool:
    return True


FITS = {
    TEXT: lambda value: isinstance(value, str),  # what may not be empty is asked before
    WHOLE: _is_whole,
    NUMBER: _is_number,
    FLAG: lambda value: isinstance(value, bool),
    NUMBERS: _are_wholes,
    QUESTIONNAIRE["codes"][0]: _is_pair,
    QUESTIONNAIRE["named"][0]: _is_name,
    SCALE["total"][0]: lambda value: value in list(TOTALS),
    SCALE["better"][0]: lambda value: value in ("lower", "higher"),
    RULE["stands_in"][0]: lambda value: value in list(STAND_INS),
}


def _contradictions(
    head: Mapping[str, Any],
    scales: list[dict[str, Any]],
    rules: list[dict[str, Any]],
    sources: list[dict[str, Any]],
) -> list[str]:
    """What cannot all be right."""
    items = head["items"]
    wrong = []
    if not items:
        wrong.append("items must be at least 1")
    if not scales:
        wrong.append("there is no scale: add [[scales]]")
    if len(item_names(head)) != items or len(set(item_names(head))) != items:
        wrong.append(f"named gives {len(set(item_names(head)))} columns for {items} items")
    if head["profile"] and (head["codes"][0] < 0 or head["codes"][1] > 9):
        wrong.append("a profile has one digit for an item: codes must lie from 0 to 9")
    keys = {one["key"] for one in sources}
    for kind, named in (("scales", "measure"), ("rules", "name"), ("sources", "key")):
        all_of = [
            one[named] for one in {"scales": scales, "rules": rules, "sources": sources}[kind]
        ]
        wrong += [
            f"{kind}: {one!r} stands twice" for one in {n for n in all_of if all_of.count(n) > 1}
        ]
    numbered = [("reversed", head["reversed"])]
    numbered += [(f"{one['measure']}: items", one["items"] or []) for one in scales]
    for where, numbers in numbered:
        beyond = [k for k in numbers if not 1 <= k <= items]
        if beyond or len(set(numbers)) < len(numbers):
            wrong.append(f"{where} must be different numbers from 1 to {items}, got {numbers}")
    for one in scales:
        wrong += _wrong_range(one, head)
    named_sources = [one["source"] for one in rules] + [one["important_source"] for one in scales]
    wrong += [
        f"there is no source {key!r}"
        for key in dict.fromkeys(named_sources)
        if key and key not in keys
    ]
    return wrong


def _wrong_range(scale: Mapping[str, Any], head: Mapping[str, Any]) -> list[str]:
    """Whether a scale reaches from low to high, as its items say."""
    if scale["times"] <= 0:
        return [f"{scale['measure']}: times must be above 0"]
    if scale["total"] == "value set":
        return []
    n = len(scale["items"]) if scale["items"] is not None else head["items"]
    if not n:
        return [f"{scale['measure']}: it has no items"]
    codes = head["codes"]
    ends = {
        "sum": (n * codes[0], n * codes[1]),
        "mean": tuple(codes),
        "percent": (0, 100),
    }[scale["total"]]
    low, high = (end * scale["times"] for end in ends)
    if abs(low - scale["low"]) + abs(high - scale["high"]) <= 1e-9 * max(abs(low), abs(high), 1):
        return []
    return [
        f"{scale['measure']}: {n} items make scores from {low:g} to {high:g}, and low and high say "
        f"{scale['low']:g} to {scale['high']:g}"
    ]
