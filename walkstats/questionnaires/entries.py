"""Where is a questionnaire written down, and can what is written there be right?

Each is one TOML file (``shipped/``), and a team's own is one more: a file, or a mapping of the same
keys. Everything that is wrong with it is told at once.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd

from walkstats._toml import TomlError, toml_values
from walkstats.errors import DataError, Problem
from walkstats.questionnaires.definitions import TOTALS, Questionnaire, Rule, Scale, Source
from walkstats.questionnaires.entry_checks import checked_entry, item_names

SHIPPED = Path(__file__).parent / "shipped"
LONGEST_FILE = 1_000_000  # bytes; the longest shipped has under two thousand


def read_questionnaire(
    which: str | os.PathLike[str] | Mapping[str, Any] | Questionnaire,
) -> Questionnaire:
    """Read one of the questionnaires that come with walkstats, or one's own.

    Parameters
    ----------
    which : str, path-like or mapping
        Name of a shipped one, path of a TOML file, or its contents.

    Returns
    -------
    Questionnaire

    Raises
    ------
    ValueError
        For a name that is neither shipped nor a file.
    DataError
        For an entry that contradicts itself, all that is wrong at once.

    Examples
    --------
    >>> rmdq = read_questionnaire("rmdq")
    >>> rmdq.items, rmdq.rule().name, rmdq.scales[0].high
    (24, 'as no', 24.0)
    >>> own = read_questionnaire({
    ...     "name": "worry", "items": 3, "codes": [1, 4], "reversed": [2],
    ...     "scales": [{"measure": "worry", "low": 3, "high": 12, "better": "lower"}]})
    >>> own.named, own.rule().said
    (('worry_1', 'worry_2', 'worry_3'), 'a score needs every answer')
    """
    if isinstance(which, Questionnaire):
        return which
    if isinstance(which, Mapping):
        return questionnaire_of(which, str(which.get("name", "questionnaire")))
    if which in shipped_names():
        return _shipped(str(which))
    return questionnaire_from(_file_bytes(which), str(which))


def questionnaire_from(data: bytes, file: str) -> Questionnaire:
    """Read a questionnaire from the bytes of a TOML file.

    Parameters
    ----------
    data : bytes
    file : str
        Its name, for messages.

    Returns
    -------
    Questionnaire

    Raises
    ------
    DataError
        For a file that is no TOML, or an entry that contradicts itself.
    """
    try:
        if len(data) > LONGEST_FILE:
            raise TomlError(f"it has {len(data)} bytes")
        found = toml_values(data)
    except TomlError as reason:
        raise DataError.of(
            f"{file} is no questionnaire in TOML ({reason})",
            what_to_do="see the guide on questionnaires for an example",
            table=file,
        ) from None
    return questionnaire_of(found, file)


def shipped_names() -> tuple[str, ...]:
    """Names of the questionnaires that come with walkstats."""
    return tuple(sorted(path.stem for path in SHIPPED.glob("*.toml")))


def shipped_questionnaires() -> pd.DataFrame:
    """List the questionnaires that come with walkstats, with how each is scored.

    Returns
    -------
    pandas.DataFrame
        One row per scale: questionnaire, measure, described, items (how many), codes, total, low,
        high, better, rule (for missing answers), other_rules, important (a change that matters),
        source, note.

    Raises
    ------
    DataError
        When one of their files was altered and contradicts itself.

    Examples
    --------
    >>> frame = shipped_questionnaires().set_index("measure")
    >>> print(frame.loc["odi", "items"], frame.loc["odi", "high"], frame.loc["odi", "better"])
    10 100.0 lower
    """
    return pd.DataFrame([row for name in shipped_names() for row in _rows(_shipped(name))])


def _rows(one: Questionnaire) -> list[dict[str, Any]]:
    rule = one.rule()
    cited = "; ".join(
        source.cited + (f" doi:{source.doi}" if source.doi else "") for source in one.sources
    )
    return [
        {
            "questionnaire": one.name,
            "measure": scale.measure,
            "described": scale.described,
            "items": len(scale.items),
            "codes": f"{one.low:g} to {one.high:g}",
            "total": _said_total(scale),
            "low": scale.low,
            "high": scale.high,
            "better": scale.better,
            "rule": f"{rule.name}: {rule.said}"
            + (f" (at most {rule.at_most} unanswered)" * (rule.at_most > 0)),
            "other_rules": ", ".join(other.name for other in one.rules[1:]),
            "important": scale.important,
            "source": cited,
            "note": rule.note,
        }
        for scale in one.scales
    ]


def _said_total(scale: Scale) -> str:
    if len(scale.items) == 1:
        return "the answer itself"
    return TOTALS[scale.total] + (f", times {scale.times:g}" if scale.times != 1 else "")


@cache
def _shipped(name: str) -> Questionnaire:
    return questionnaire_from((SHIPPED / f"{name}.toml").read_bytes(), f"{name}.toml")


def _file_bytes(which: str | os.PathLike[str]) -> bytes:
    known = f"Those that come with walkstats are: {', '.join(shipped_names())}."
    try:
        path = Path(which)
        if path.is_file() and path.stat().st_size <= LONGEST_FILE:
            return path.read_bytes()
    except (OSError, ValueError, TypeError):
        pass
    raise ValueError(f"No questionnaire {which!r}, nor a TOML file of that name. {known}")


def questionnaire_of(found: Mapping[str, Any], file: str) -> Questionnaire:
    """Build a questionnaire from the keys of its entry.

    Parameters
    ----------
    found : mapping
    file : str
        For messages.

    Returns
    -------
    Questionnaire

    Raises
    ------
    DataError
        For an entry that contradicts itself.
    """
    entry = checked_entry(found)
    if entry.wrong:
        what_to_do = "correct the entry of the questionnaire"
        raise DataError([Problem(one, what_to_do, table=file) for one in entry.wrong])
    head = entry.head
    low, high = (float(code) for code in head["codes"])
    return Questionnaire(
        name=head["name"],
        described=head["described"] or head["name"],
        items=head["items"],
        low=low,
        high=high,
        whole=head["whole"],
        reversed=tuple(head["reversed"]),
        named=item_names(head),
        profile=head["profile"],
        scales=tuple(_scale(one, head["items"]) for one in entry.scales),
        rules=tuple(Rule(**one) for one in entry.rules),
        sources=tuple(Source(**one) for one in entry.sources),
    )


def _scale(one: Mapping[str, Any], items: int) -> Scale:
    numbers = tuple(range(1, items + 1)) if one["items"] is None else tuple(one["items"])
    limits = {name: float(one[name]) for name in ("times", "low", "high")}
    important = None if one["important"] is None else float(one["important"])
    return Scale(
        **{
            **one,
            **limits,
            "items": numbers,
            "important": important,
            "described": one["described"] or one["measure"],
        }
    )
