"""Which figures has a study published, and where was each seen?"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from walkstats.errors import DataError

COLUMNS = (
    "name",
    "leaf",
    "value",
    "number",
    "conf_low",
    "conf_high",
    "p_value",
    "unit",
    "source",
    "where",
    "citation",
    "note",
    "more",
)
_HERE = Path(__file__).parent
_OWN_KEYS = {"value", "ci", "p", "unit", "source", "where", "note", "how"}


def published(name: str) -> pd.DataFrame:
    """Read what a study has published, one row per figure, with its source and where it was seen.

    Parameters
    ----------
    name : str
        ``"walkback"``, ``"steffens2016"``, ``"shnayderman2013"``, ``"reviews"`` or
        ``"dose_response"``; or the path of a JSON file of the same shape (ending in ``.json``).

    Returns
    -------
    pandas.DataFrame
        One row per figure: ``name`` (the path of the leaf, and of the part where the leaf holds
        several, joined by dots), ``leaf``, ``value`` (as stored: number, text or missing),
        ``number`` (the value where it is one number, else missing), ``conf_low``, ``conf_high``
        (95 % limits where printed), ``p_value`` (as printed, as text), ``unit``, ``source`` (a
        short key), ``where`` (abstract, protocol abstract, secondary report, derived, not found),
        ``citation``, ``note`` and ``more`` (anything else that is stored with it, as text).
        ``attrs["source"]`` says what the file holds.

    Raises
    ------
    ValueError
        For a name that is neither stored nor a JSON file.
    DataError
        For a JSON file of another shape.

    Notes
    -----
    A missing value means looked for and not found. "derived" is arithmetic on published numbers
    and was itself never published. "secondary report" is what others wrote about a paper that was
    not read in full: cite it as such. ``where`` is the place that was read, not the place of
    origin.

    Examples
    --------
    >>> figures = published("walkback").set_index("name")
    >>> row = figures.loc["primary_outcome_activity_limiting_recurrence.hr"]
    >>> f"{row['number']} ({row['conf_low']} to {row['conf_high']}), {row['where']}"
    '0.72 (0.6 to 0.85), abstract'
    >>> int(figures.loc["adverse_events.any_ae_intervention.n", "number"])
    183
    """
    path = _path(name)
    content = _content(path)
    sources = content.get("sources", {})
    rows = [row for leaf, stored in leaves_of(content) for row in _rows(leaf, stored, sources)]
    frame = pd.DataFrame(rows, columns=list(COLUMNS))
    frame = frame.astype({"number": float, "conf_low": float, "conf_high": float})
    frame.attrs["source"] = str(content.get("_about", path.name))
    return frame


def stored_names() -> list[str]:
    """The names that ``published`` knows."""
    return sorted(path.stem for path in _HERE.glob("*.json"))


def leaves_of(content: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Every leaf with its path: a leaf is a mapping that has a ``value``."""
    for key, stored in content.items():
        if key != "sources":
            yield from _walk(stored, key)


def _walk(stored: Any, path: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    if isinstance(stored, Mapping):
        if "value" in stored:
            yield path, stored
            return
        for key, inner in stored.items():
            yield from _walk(inner, f"{path}.{key}")
    elif isinstance(stored, list):
        for k, inner in enumerate(stored):
            yield from _walk(inner, f"{path}.{k}")


def _path(name: str) -> Path:
    if isinstance(name, str) and name in stored_names():
        return _HERE / f"{name}.json"
    if isinstance(name, (str, Path)) and str(name).endswith(".json") and Path(name).is_file():
        return Path(name)
    raise ValueError(
        f"No published figures named {name!r}. Known: {', '.join(stored_names())};"
        " or give the path of a JSON file."
    )


def _content(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (UnicodeDecodeError, json.JSONDecodeError) as error:
        raise DataError.of(
            f"{path.name} is not JSON in UTF-8: {error}", what_to_do="Correct the file."
        ) from None
    if not isinstance(content, dict) or not any(True for _ in leaves_of(content)):
        raise DataError.of(
            f"{path.name} holds no figures.",
            what_to_do='Give each figure as {"value": ..., "source": ..., "where": ...}.',
        )
    return content


def _rows(
    leaf: str, stored: Mapping[str, Any], sources: Mapping[str, Any]
) -> Iterator[dict[str, Any]]:
    low, high = stored.get("ci") or (None, None)
    about = {
        "leaf": leaf,
        "conf_low": low,
        "conf_high": high,
        "p_value": "" if stored.get("p") is None else str(stored["p"]),
        "unit": stored.get("unit", ""),
        "source": stored.get("source") or "",
        "where": stored.get("where") or "",
        "citation": sources.get(str(stored.get("source")), {}).get("citation", ""),
        "note": stored.get("note") or stored.get("how") or "",
        "more": "; ".join(f"{k}: {v}" for k, v in stored.items() if k not in _OWN_KEYS),
    }
    value = stored["value"]
    if isinstance(value, Mapping):
        for part, inner in value.items():
            yield {"name": f"{leaf}.{part}", **about, **_value(inner)}
    else:
        yield {"name": leaf, **about, **_value(value)}


def _value(value: Any) -> dict[str, Any]:
    if isinstance(value, list):
        value = ", ".join(str(one) for one in value)
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    return {"value": value, "number": float(value) if is_number else None}
