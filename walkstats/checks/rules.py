"""What is a rule about the tables, and which rows break it?"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np

from walkstats.checks.material import Material
from walkstats.errors import IDS_SHOWN, Problem

Rows = Callable[[Material], np.ndarray]
"""Material -> bool of shape (n,): the rows of the rule's table that break it."""

Told = Callable[[Material, np.ndarray], str]
"""Material and positions of the rows -> what to tell about them."""


TOPICS = {
    "files": "files and declarations",
    "values": "values that the dictionary does not allow",
    "identity": "who is who",
    "randomisation": "randomisation and arms",
    "time": "days, periods and their order",
    "consistency": "contradictions",
    "units": "units",
    "plausibility": "possible but unlikely",
    "copies": "copies and habits of recording",
    "completeness": "what is missing",
    "privacy": "what says who somebody is",
}
"""Topic of a finding -> its heading, in the order in which they are shown."""


@dataclass(frozen=True)
class Rule:
    """One rule about one table.

    Attributes
    ----------
    table, column : str
    severity : {"error", "warning"}
    problem : str
        A sentence; ``{told}`` in it is replaced by what ``told`` says of the rows.
    what_to_do : str
    broken : callable
        Which rows break it.
    told : callable or None
    topic : str
        A key of ``TOPICS``.
    looks_for : str
        What is looked for, where the sentence without what is told does not say it.
    """

    table: str
    column: str
    severity: str
    problem: str
    what_to_do: str
    broken: Rows
    told: Told | None = None
    topic: str = "consistency"
    looks_for: str = ""

    @property
    def sought(self) -> str:
        """What the rule looks for, as a phrase."""
        return self.looks_for or self.problem.replace(": {told}", "").replace("{told}", "some")

    def made(self, problem: Problem) -> bool:
        """Whether a finding is one of this rule."""
        if (problem.table, problem.column) != (self.table, self.column):
            return False
        told = re.escape(self.problem).replace(re.escape("{told}"), ".*")
        return re.fullmatch(told, problem.problem, re.DOTALL) is not None


def run_rules(rules: Iterable[Rule], material: Material) -> list[Problem]:
    """Find the rows that break each rule.

    Parameters
    ----------
    rules : iterable of Rule
    material : Material

    Returns
    -------
    list of Problem
        One per rule that is broken.
    """
    found = []
    for rule in rules:
        if rule.table not in material.tables or not len(material.tables[rule.table]):
            continue
        broken = rule.broken(material)
        if broken.any():
            told = rule.told(material, np.flatnonzero(broken)) if rule.told else ""
            found.append(problem_of(rule, material, np.flatnonzero(broken), told))
    return found


def problem_of(rule: Rule, material: Material, positions: np.ndarray, told: str) -> Problem:
    """The finding for some rows of a rule's table."""
    return Problem(
        rule.problem.replace("{told}", told),
        rule.what_to_do,
        table=rule.table,
        column=rule.column,
        row=material.line(rule.table, int(positions[0])),
        ids=ids_at(material, rule.table, positions),
        count=len(positions),
        severity=rule.severity,
        topic=rule.topic,
        file=material.file(rule.table, int(positions[0])),
    )


def counted(n: int, thing: str) -> str:
    """A number with its noun.

    Examples
    --------
    >>> counted(1, "row"), counted(2, "row")
    ('1 row', '2 rows')
    """
    return f"{n} {thing}{'' if n == 1 else 's'}"


def ids_at(material: Material, table: str, positions: np.ndarray) -> tuple[str, ...]:
    """Up to five participants of these rows, each once."""
    frame = material.tables[table]
    if "participant_id" not in frame:
        return ()
    ids = frame["participant_id"].to_numpy()[positions]
    distinct = dict.fromkeys(str(one) for one in ids if isinstance(one, str))
    return tuple(distinct)[:IDS_SHOWN]


def _same_number(cell: str, value: object) -> bool:
    try:
        return float(cell.replace(",", ".")) == value
    except ValueError:
        return False


def values_at(column: str, table: str) -> Told:
    """Tell the values of a column in the rows, each with its participant."""

    def told(material: Material, positions: np.ndarray) -> str:
        frame = material.tables[table]
        shown = []
        for k in positions[:IDS_SHOWN]:
            value = frame[column].iloc[k]
            text = f"{value:g}" if isinstance(value, float | int) else str(value)
            cell = material.cell(table, column, int(k))
            if cell and not _same_number(cell, value):
                text = f"{cell!r} in the file, here {text}"
            shown.append(f"{text} (row {material.named(table, int(k))})")
        return ", ".join(shown) + (" ..." if len(positions) > IDS_SHOWN else "")

    return told
