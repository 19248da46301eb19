"""What does a design file say? TOML into a Design, with all that is wrong in it at once."""

from __future__ import annotations

import dataclasses
import difflib
from datetime import date
from pathlib import Path
from types import GenericAlias
from typing import Any, get_args, get_origin, get_type_hints

from walkstats._toml import TomlError, toml_values
from walkstats.design.specification import Design
from walkstats.errors import DataError, Problem

_PACKAGE = Path(__file__).resolve().parents[1]
# In the wheel the samples lie inside the package, in a checkout beside it.
_SAMPLES = (_PACKAGE / "data" / "sample", _PACKAGE.parent / "data" / "sample")


def read_design(source: str | Path) -> Design:
    """Read a design from a TOML file, or by the name of a sample.

    Parameters
    ----------
    source : str or pathlib.Path
        Path of a TOML file or of a folder with a ``design.toml``; or the name of a sample that was
        simulated (``"walkback-like"``).

    Returns
    -------
    Design

    Raises
    ------
    ValueError
        When there is no such file or sample.
    DataError
        With every entry that is missing, unknown, of the wrong kind or outside its limits.

    Examples
    --------
    >>> design = read_design("walkback-like")
    >>> design.arms, design.enrolment.participants
    (('control', 'walking'), (350, 351))
    """
    path = _find(source)
    try:
        content = toml_values(path.read_bytes())
    except (OSError, TomlError) as error:
        raise DataError.of(
            f"{path.name} is not TOML in UTF-8: {error}", what_to_do="Correct the file."
        ) from None
    found: list[Problem] = []
    values = _values(Design, content, "", found)
    if found:
        raise DataError(found)
    return Design(**values)


def sample_designs() -> list[str]:
    """The names of the samples that have a design."""
    return sorted(
        {file.parent.name for folder in _SAMPLES for file in folder.glob("*/design.toml")}
    )


def _find(source: str | Path) -> Path:
    path = Path(source)
    if path.is_dir():
        path = path / "design.toml"
    if path.is_file():
        return path
    for folder in _SAMPLES:
        inside = folder / str(source) / "design.toml"
        if str(source) in sample_designs() and inside.is_file():
            return inside
    raise ValueError(
        f"No design {str(source)!r}: neither a TOML file, nor a folder with design.toml, nor one of"
        f" the samples ({', '.join(sample_designs()) or 'none'})."
    )


def _values(
    kind: type, content: dict[str, Any], where: str, found: list[Problem]
) -> dict[str, Any]:
    """The arguments of a dataclass out of a TOML table; what is wrong goes to ``found``."""
    kinds = get_type_hints(kind)
    names = [item.name for item in dataclasses.fields(kind)]
    for key in content:
        if key not in names:
            near = difflib.get_close_matches(key, names, n=1)
            hint = f"Did you mean {near[0]}?" if near else f"Known: {', '.join(names)}."
            found.append(Problem(f"{key} is not an entry of a design", hint, f"[{where}]"))
    values = {}
    for name in names:
        if name not in content:
            found.append(Problem(f"{name} is missing", "Add it.", f"[{where}]"))
        elif dataclasses.is_dataclass(kinds[name]) and isinstance(content[name], dict):
            section: Any = kinds[name]
            inner: list[Problem] = []
            arguments = _values(section, content[name], name, inner)
            found.extend(inner)
            values[name] = section(**arguments) if not inner else None
        else:
            values[name] = _convert(content[name], kinds[name], name, where, found)
    return values


def _convert(value: Any, kind: Any, name: str, where: str, found: list[Problem]) -> Any:
    if get_origin(kind) is tuple and isinstance(value, list):
        parts = get_args(kind)
        fixed = None if parts[-1] is Ellipsis else len(parts)
        if (fixed is None or len(value) == fixed) and all(_fits(one, parts[0]) for one in value):
            return tuple(parts[0](one) for one in value)
    elif get_origin(kind) is dict and isinstance(value, dict):
        inner = get_args(kind)[1]
        if all(_fits(one, inner) for one in value.values()):
            return dict(value)
    elif not isinstance(kind, GenericAlias) and _fits(value, kind):
        return float(value) if kind is float else value
    found.append(
        Problem(f"{name} is {value!r}", f"Give {_in_words(kind)}.", f"[{where}]", column=name)
    )
    return None


def _fits(value: Any, kind: Any) -> bool:
    if isinstance(value, bool):
        return False
    if kind is float:
        return isinstance(value, (int, float)) and value == value
    return type(value) is kind


def _in_words(kind: Any) -> str:
    words = {int: "a whole number", float: "a number", str: "a text", date: "a date"}
    many = {int: "whole numbers", float: "numbers", str: "texts"}
    if get_origin(kind) is tuple:
        parts = get_args(kind)
        length = "a list of" if parts[-1] is Ellipsis else f"a list of {len(parts)}"
        return f"{length} {many[parts[0]]}"
    if get_origin(kind) is dict:
        return "a table of names and whole numbers"
    return words.get(kind, "a table")
