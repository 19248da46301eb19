"""How are findings put in order: by table, by topic, worst first?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pandas as pd

from walkstats.checks.rules import TOPICS
from walkstats.schema import LISTS, TABLES
from walkstats.trial import Trial

OF_ALL = "the folder"
"""Under this heading stands what concerns no single table."""


@dataclass(frozen=True)
class Finding:
    """One finding, as it is shown.

    Attributes
    ----------
    severity, problem, what_to_do : str
    column : str
        Empty where it concerns no single one.
    row : int or None
    ids : str
        Up to five, and how many others.
    count : int
    file : str
        Of the row, where the table has several.
    """

    severity: str
    problem: str
    what_to_do: str
    column: str
    row: int | None
    ids: str
    count: int
    file: str = ""

    @property
    def where(self) -> str:
        """Column, first row and its file."""
        row = "" if self.row is None else f"{'from ' if self.count > 1 else ''}row {self.row}"
        row += f" of {self.file}" if row and self.file else ""
        return ", ".join(part for part in (self.column, row) if part)


@dataclass(frozen=True)
class TableFindings:
    """The findings of one table.

    Attributes
    ----------
    name : str
    rows : int or None
        Rows of the table; None where there is no table.
    errors, warnings : int
    topics : tuple
        Heading and findings of each topic, the topic with errors first.
    """

    name: str
    rows: int | None
    errors: int
    warnings: int
    topics: tuple[tuple[str, tuple[Finding, ...]], ...]

    @property
    def said(self) -> str:
        """Errors and warnings in words."""
        return f"{said_count(self.errors, 'error')}, {said_count(self.warnings, 'warning')}"


def said_count(n: int, thing: str) -> str:
    """A number with its noun; no for 0.

    Examples
    --------
    >>> said_count(0, "error"), said_count(1, "error"), said_count(2, "error")
    ('no errors', '1 error', '2 errors')
    """
    return f"{n or 'no'} {thing}{'' if n == 1 else 's'}"


def grouped(findings: pd.DataFrame, trial: Trial | None) -> tuple[TableFindings, ...]:
    """Findings by table and topic, the worst first.

    Parameters
    ----------
    findings : pandas.DataFrame
        As ``check_trial`` gives them.
    trial : Trial or None

    Returns
    -------
    tuple of TableFindings
        Tables with errors first, by their number; then those with warnings. Only tables with
        findings.
    """
    records: dict[str, list[dict[str, Any]]] = {}
    for one in findings.to_dict("records"):
        records.setdefault(one["table"] or OF_ALL, []).append({str(k): v for k, v in one.items()})
    tables = [_table(name, found, rows_of(name, trial)) for name, found in records.items()]
    return tuple(sorted(tables, key=lambda one: (-one.errors, -one.warnings)))


def rows_of(name: str, trial: Trial | None) -> int | None:
    """Rows of a table, or of a list that was only checked against; None where there is none.

    Parameters
    ----------
    name : str
    trial : Trial or None

    Returns
    -------
    int or None
    """
    if trial is None or name not in (*TABLES, *LISTS):
        return None
    if name in TABLES:
        return len(trial.table(name))
    report = trial.load_report
    read = (report["table"] == name) & (report["action"] == "read")
    rows = report.loc[read & report["detail"].astype(str).str.startswith("rows of"), "count"]
    return int(rows.sum()) if len(rows) else None


def _table(name: str, found: list[dict[str, Any]], rows: int | None) -> TableFindings:
    topics: dict[str, list[Finding]] = {}
    for one in found:
        topics.setdefault(one["topic"] or "files", []).append(_finding(one))
    for findings in topics.values():
        findings.sort(key=lambda one: (one.severity != "error", -one.count))
    order = list(TOPICS)

    def worst(topic: str) -> tuple[int, int]:
        errors = sum(one.severity == "error" for one in topics[topic])
        return -errors, order.index(topic)

    errors = sum(one["severity"] == "error" for one in found)
    return TableFindings(
        name,
        rows,
        errors,
        len(found) - errors,
        tuple((TOPICS[topic], tuple(topics[topic])) for topic in sorted(topics, key=worst)),
    )


def _finding(one: dict[str, Any]) -> Finding:
    ids = str(one["ids"])
    many = one["count"] > ids.count(", ") + 1
    return Finding(
        str(one["severity"]),
        str(one["problem"]),
        str(one["what_to_do"]),
        str(one["column"]),
        None if pd.isna(one["row"]) else int(one["row"]),
        f"{ids} ..." if ids and many and ids.count(", ") == 4 else ids,
        int(one["count"]),
        str(one.get("file", "")),
    )
