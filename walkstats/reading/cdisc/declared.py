"""What do the clauses under [cdisc] say?"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from walkstats.reading.cdisc.vocabulary import KINDS
from walkstats.reading.declared.clauses import CDISC_CLAUSES, Clause
from walkstats.reading.declared.declarations import CdiscTables

Values = Callable[[Mapping[str, Any], Iterable[Clause], tuple[str, ...]], dict[str, Any]]
"""Found clauses, known clauses, where they stand -> their values."""

Report = Callable[[tuple[str, ...], str, str], None]
"""Where it stands in trial.toml, what is wrong, what to do."""


def data_sets_of(
    found: Mapping[str, Any], values: Values, report: Report, line: int | None
) -> CdiscTables | None:
    """Read the clauses under ``[cdisc]``.

    Parameters
    ----------
    found : mapping
        As TOML gives them.
    values : callable
        Reads clauses by their kinds and reports those that are not known.
    report : callable
        Takes what is wrong.
    line : int or None
        Of trial.toml.

    Returns
    -------
    CdiscTables or None
        None where it does not say which parameter is what.
    """
    read = values(found, CDISC_CLAUSES, ("cdisc",))
    for code, kind in read.get("paramcd", {}).items():
        if kind not in KINDS:
            path = ("cdisc", "paramcd", code)
            report(path, f"{code} is {kind!r}, which is no kind", f"known are: {', '.join(KINDS)}")
            return None
    if read.get("unit_days", 1) <= 0:
        report(("cdisc", "unit_days"), "unit_days needs a number above 0", "correct it")
        return None
    if not read.get("paramcd"):
        if "paramcd" in read:
            report(("cdisc", "paramcd"), "paramcd names no parameter", CDISC_CLAUSES[0].example)
        return None
    return CdiscTables(**read, line=line)
