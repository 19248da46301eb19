"""What can go wrong, and who is told what? Three errors, each a sentence that helps."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    import pandas as pd

PROBLEM_COLUMNS = (
    "severity",
    "table",
    "row",
    "column",
    "ids",
    "count",
    "problem",
    "what_to_do",
    "topic",
    "file",
)
IDS_SHOWN = 5


class WalkstatsError(Exception):
    """Any error that walkstats raises about data or models."""


class FitError(WalkstatsError):
    """A model that cannot be fitted to these data; the message says why and what to do."""


@dataclass(frozen=True)
class Problem:
    """One finding about the data.

    Attributes
    ----------
    problem : str
        What is wrong, as a sentence.
    what_to_do : str
        What mends it.
    table, column : str
        Where; empty when it concerns no single one.
    row : int or None
        First row (line of the file, or position in the frame) that shows it.
    ids : tuple of str
        Up to five participants.
    count : int
        How many rows show it.
    severity : {"error", "warning"}
        An error stops the analysis; a warning is kept and reported.
    topic : str
        What kind of finding it is, as "identity" or "units"; empty where nobody groups findings.
    file : str
        The file of the row, where a table is put together from several; otherwise empty.
    """

    problem: str
    what_to_do: str = ""
    table: str = ""
    column: str = ""
    row: int | None = None
    ids: tuple[str, ...] = ()
    count: int = 1
    severity: str = "error"
    topic: str = ""
    file: str = ""

    def __str__(self) -> str:
        place = ", ".join(
            part
            for part in (
                self.table,
                self.file if self.row is not None else "",
                f"row {self.row}" if self.row is not None else "",
                f"column {self.column}" if self.column else "",
            )
            if part
        )
        text = f"{place}: {self.problem}" if place else self.problem
        if self.ids:
            more = f"; {self.count} times" if self.count > len(self.ids) else ""
            text += f" (ids {', '.join(self.ids)}{more})"
        if self.what_to_do:
            text += f" -> {self.what_to_do}"
        return text


class DataError(WalkstatsError):
    """Data that cannot be analysed as they are.

    All findings come at once. ``problems`` is a frame with one row per finding and the columns
    severity, table, row, column, ids, count, problem, what_to_do, topic, file.

    Parameters
    ----------
    findings : iterable of Problem
        At least one.
    """

    def __init__(self, findings: Iterable[Problem]) -> None:
        self.findings: tuple[Problem, ...] = tuple(findings)
        lines = [
            f"warning: {finding}" if finding.severity == "warning" else str(finding)
            for finding in self.findings
        ]
        if len(lines) == 1:
            message = lines[0]
        else:
            errors = sum(finding.severity == "error" for finding in self.findings)
            where = "plan" if all(one.table == "plan" for one in self.findings) else "data"
            head = f"{errors} problem{'s' if errors != 1 else ''} in the {where}"
            message = "\n".join([head, *(f"  {k}. {line}" for k, line in enumerate(lines, 1))])
        super().__init__(message)

    def __reduce__(self) -> tuple[type[Self], tuple[tuple[Problem, ...]]]:
        return type(self), (self.findings,)

    @classmethod
    def of(
        cls,
        problem: str,
        *,
        what_to_do: str = "",
        table: str = "",
        column: str = "",
        row: int | None = None,
        ids: Sequence[object] = (),
        count: int | None = None,
    ) -> Self:
        """Build the error for one finding; ids beyond five are counted, not listed."""
        listed = tuple(str(one) for one in ids)
        return cls(
            [
                Problem(
                    problem=problem,
                    what_to_do=what_to_do,
                    table=table,
                    column=column,
                    row=row,
                    ids=listed[:IDS_SHOWN],
                    count=count if count is not None else max(len(listed), 1),
                )
            ]
        )

    @property
    def problems(self) -> pd.DataFrame:
        """One row per finding."""
        return problems_frame(self.findings)


def problems_frame(findings: Iterable[Problem]) -> pd.DataFrame:
    """Lay findings out as a frame, one row each.

    Parameters
    ----------
    findings : iterable of Problem

    Returns
    -------
    pandas.DataFrame
        Columns severity, table, row, column, ids, count, problem, what_to_do, topic, file.

    Examples
    --------
    >>> problems_frame([Problem("age is missing", ids=("7",))])["ids"].tolist()
    ['7']
    """
    import pandas as pd

    rows = [
        {
            "severity": one.severity,
            "table": one.table,
            "row": one.row,
            "column": one.column,
            "ids": ", ".join(one.ids),
            "count": one.count,
            "problem": one.problem,
            "what_to_do": one.what_to_do,
            "topic": one.topic,
            "file": one.file,
        }
        for one in findings
    ]
    return pd.DataFrame(rows, columns=list(PROBLEM_COLUMNS)).astype({"row": "Int64"})
