"""Reference values from R, and what it means to agree with them.

A number agrees when |ours - theirs| <= atol + rtol * |theirs|, with the tolerance that each entry
(or a key of it) states. ``agree`` records the largest ratio of difference to tolerance by topic;
the terminal summary of pytest prints it.
"""

from __future__ import annotations

import functools
import json
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

HERE = Path(__file__).parent


@dataclass
class Tally:
    """What has been compared of one topic."""

    entries: set[str] = field(default_factory=set)
    keys: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    numbers: int = 0
    largest: float = 0.0
    where: str = ""


TALLIES: dict[str, Tally] = defaultdict(Tally)


@functools.cache
def topic(name: str) -> dict[str, dict[str, Any]]:
    """All entries of a topic by id."""
    entries = json.loads((HERE / f"{name}.json").read_text(encoding="utf-8"))["entries"]
    return {one["id"]: {**one, "topic": name} for one in entries}


def entry(name: str, identifier: str) -> dict[str, Any]:
    """One entry of a topic."""
    return topic(name)[identifier]


@functools.cache
def _read(name: str) -> pd.DataFrame:
    return pd.read_csv(HERE / "data" / name, float_precision="round_trip")


def data(name: str) -> pd.DataFrame:
    """A data set of the reference values, as R saw it."""
    return _read(name).copy()


def value(gold: dict[str, Any], key: str) -> Any:
    """The value under a path of keys joined by ``/`` or, where no key holds a dot, by ``.``."""
    at: Any = gold["values"]
    for part in key.split("/") if "/" in key else key.split("."):
        at = at[int(part)] if isinstance(at, list) else at[part]
    return at


def _numbers(at: Any) -> np.ndarray:
    if isinstance(at, dict):
        at = list(at.values())
    words = {None: np.nan, "Inf": np.inf, "-Inf": -np.inf, "NaN": np.nan}

    def plain(one: Any) -> Any:
        if isinstance(one, list):
            return [plain(x) for x in one]
        return words[one] if one is None or isinstance(one, str) else float(one)

    return np.asarray(plain(at), dtype=float)


def agree(gold: dict[str, Any], key: str, ours: Any, *, atol: float | None = None) -> None:
    """Assert that our numbers agree with the entry's under ``key``.

    ``atol`` may loosen the entry's absolute tolerance only where a reason stands beside the call.
    """
    theirs = _numbers(value(gold, key))
    found = np.asarray(ours, dtype=float)
    found = found.reshape(theirs.shape) if found.size == theirs.size else found
    assert found.shape == theirs.shape, f"{gold['id']} {key}: {found.shape} for {theirs.shape}"
    rtol = _rtol(gold, key)
    absolute = gold["atol"] if atol is None else atol
    known = np.isfinite(theirs)
    same = np.where(np.isnan(theirs), np.isnan(found), found == theirs)
    assert np.all(same[~known]), f"{gold['id']} {key}: missing or infinite where R is not"
    gap = np.abs(found[known] - theirs[known]) / (absolute + rtol * np.abs(theirs[known]))
    worst = float(gap.max(initial=0.0))
    assert not np.isnan(gap).any(), f"{gold['id']} {key}: missing where R has a number"
    assert worst <= 1.0, f"{gold['id']} {key}: {worst:.3g} times the tolerance"
    tally = TALLIES[gold["topic"]]
    tally.entries.add(gold["id"])
    tally.keys[gold["id"]].add(key.replace("/", "."))
    tally.numbers += int(theirs.size)
    if worst > tally.largest:
        tally.largest, tally.where = worst, f"{gold['id']} {key}"


def _rtol(gold: dict[str, Any], key: str) -> float:
    own = gold.get("rtol_by_key") or {}
    for part in key.replace("/", ".").split("."):
        if part in own:
            return float(own[part])
    return float(gold["rtol"])


def leaves(at: Any, path: str = "") -> list[str]:
    """Paths of the numbers of an entry; a list or a mapping of plain numbers is one leaf."""
    if isinstance(at, dict) and (not path or any(isinstance(v, (dict, list)) for v in at.values())):
        return [leaf for k, v in at.items() for leaf in leaves(v, f"{path}.{k}" if path else k)]
    return [path]


def uncovered(name: str, identifier: str, aside: dict[str, str] | None = None) -> list[str]:
    """Leaves of an entry that no ``agree`` has touched and that are not set aside with a reason."""
    touched = TALLIES[name].keys[identifier]
    aside = aside or {}
    out = []
    for leaf in leaves(entry(name, identifier)["values"]):
        stems = {leaf[: k or None] for k in [0, *[i for i, c in enumerate(leaf) if c == "."]]}
        below = any(key == leaf or key.startswith(f"{leaf}.") for key in touched)
        if not below and not (stems & touched) and not (stems & set(aside)):
            out.append(leaf)
    return out


def handed_over() -> dict[str, dict[str, Any]]:
    """What has been compared, in plain types: the tests may run in several processes."""
    return {
        name: {
            "entries": sorted(tally.entries),
            "numbers": tally.numbers,
            "largest": tally.largest,
            "where": tally.where,
        }
        for name, tally in TALLIES.items()
    }


def take_over(tallies: dict[str, dict[str, Any]]) -> None:
    """Add what another process has compared."""
    for name, other in tallies.items():
        tally = TALLIES[name]
        tally.entries |= set(other["entries"])
        tally.numbers += other["numbers"]
        if other["largest"] > tally.largest:
            tally.largest, tally.where = other["largest"], other["where"]


def summary() -> pd.DataFrame:
    """One row per topic: entries in the file and agreed, numbers, largest ratio to tolerance."""
    rows = [
        {
            "topic": name,
            "entries": len(topic(name)),
            "agreed": len(tally.entries),
            "numbers": tally.numbers,
            "largest_ratio": tally.largest,
            "where": tally.where,
        }
        for name, tally in sorted(TALLIES.items())
    ]
    return pd.DataFrame(rows)
