"""Which trial.toml says what a written trial needs to be read back?"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping

from walkstats.checks.conforming import kind_of
from walkstats.reading.carried import carried_along
from walkstats.schema import TABLES, Measure
from walkstats.trial import Trial


def manifest_text(
    trial: Trial,
    missing: Mapping[str, Mapping[str, str]],
    format: str,
    guarded: Collection[str] = (),
) -> str:
    """The text of trial.toml for tables in the dictionary's own names.

    Parameters
    ----------
    trial : Trial
    missing : mapping of str to mapping of str to str
        Table -> column -> its own code for missing. Tables that are not in it are not written.
    format : {"csv", "parquet"}
    guarded : collection of str
        Tables in whose file an apostrophe stands before what a spreadsheet would run.

    Returns
    -------
    str
    """
    lines = [
        f"name = {quoted(trial.name)}",
        f"source = {quoted(trial.source)}",
        f"arms = [{', '.join(map(quoted, trial.arms))}]",
        f"strata = [{', '.join(map(quoted, trial.strata))}]",
        f"currency = {quoted(trial.currency)}",
        f"licence = {quoted(trial.licence)}",
    ]
    if trial.published:
        lines.append(f"published = {quoted(trial.published)}")
    if trial.price_year is not None:
        lines.append(f"price_year = {int(trial.price_year)}")
    if trial.visit_windows:
        windows = [f'"{m!r}" = [{a!r}, {b!r}]' for m, (a, b) in trial.visit_windows.items()]
        lines.append(f"visit_windows = {{ {', '.join(windows)} }}")
    lines += [_measure(name, measure) for name, measure in trial.measures.items()]
    for name, codes in missing.items():
        lines += ["", f"[{name}]", f"from = {quoted(f'{name}.{format}')}"]
        if name in guarded:
            lines.append("guarded = true")
        columns = _columns(trial, name, codes)
        if columns:
            lines += ["", f"[{name}.columns]", *columns]
    return "\n".join([*lines, ""])


def _measure(name: str, measure: Measure) -> str:
    parts = [f"described = {quoted(measure.described)}", f"better = {quoted(measure.better)}"]
    parts += [f"low = {measure.low!r}"] if measure.low is not None else []
    parts += [f"high = {measure.high!r}"] if measure.high is not None else []
    parts += [f"unit = {quoted(measure.unit)}"] if measure.unit else []
    return f"measures.{quoted(name)} = {{ {', '.join(parts)} }}"


def _columns(trial: Trial, table: str, codes: Mapping[str, str]) -> list[str]:
    """Clauses for the columns that reading could not know by themselves.

    What nobody declared stays undeclared, so that it is carried along as text again.
    """
    known = {column.name for column in TABLES[table].columns} | set(carried_along(trial, table))
    frame = trial.table(table)
    clauses = []
    for name in frame.columns:
        parts = []
        if name not in known:
            parts = [f"from = {quoted(name)}", f"type = {quoted(kind_of(frame[name].dtype))}"]
        if name in codes:
            parts.append(f"missing = [{quoted(codes[name])}]")
        if parts:
            clauses.append(f"{quoted(name)} = {{ {', '.join(parts)} }}")
    return clauses


def quoted(text: str) -> str:
    r"""A TOML string: JSON's escapes are TOML's, but for DEL and lone halves of characters.

    Examples
    --------
    >>> print(quoted('a "b"'))
    "a \"b\""
    """
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
