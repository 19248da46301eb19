"""What is looked for in which table, so that silence means something?"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

import pandas as pd

from walkstats.checks.findings import RULES
from walkstats.checks.habits import NOTES
from walkstats.checks.rules import TOPICS, Rule
from walkstats.schema import LISTS, TABLES, Table


@dataclass(frozen=True)
class LookedFor:
    """One thing that is looked for.

    Attributes
    ----------
    table : str
    topic : str
        A key of ``TOPICS``.
    severity : {"error", "warning"}
    sought : str
        As a phrase.
    what_to_do : str
    sentence : str
        Regular expression of the findings that tell of it.
    column : str
        Column that they name; empty for any.
    """

    table: str
    topic: str
    severity: str
    sought: str
    what_to_do: str
    sentence: str
    column: str = ""

    def found_in(self, findings: pd.DataFrame) -> bool:
        """Whether one of the findings tells of it."""
        there = findings["table"] == self.table
        if self.column:
            there &= findings["column"] == self.column
        told = findings.loc[there, "problem"]
        return any(re.fullmatch(self.sentence, one, re.DOTALL) for one in told)


def looked_for() -> tuple[LookedFor, ...]:
    """Everything that is looked for, table by table and topic by topic.

    Returns
    -------
    tuple of LookedFor

    Examples
    --------
    >>> sum(one.table == "walking" for one in looked_for()) > 10
    True
    """
    tables = {**TABLES, **LISTS}
    found = [one for table in tables.values() for one in _of_dictionary(table)]
    found += [_of_rule(rule) for rule in RULES]
    found += [LookedFor("participants", *one) for one in _OF_PEOPLE]
    found.append(LookedFor("screening", *_OF_SCREENING))
    found += [
        LookedFor(
            name,
            "privacy",
            "warning",
            "names, dates of birth, addresses and numbers that say who somebody is",
            "remove the column, or make it a pseudonym",
            ".*(say|says|identif|name).*",
        )
        for name in TABLES
        if name != "screening"
    ]
    order = list(tables), list(TOPICS)
    return tuple(
        sorted(
            found,
            key=lambda one: (
                order[0].index(one.table),
                order[1].index(one.topic),
                one.severity != "error",
            ),
        )
    )


def not_found(findings: pd.DataFrame, tables: Iterable[str]) -> tuple[LookedFor, ...]:
    """What was looked for in some tables, and was not there.

    Parameters
    ----------
    findings : pandas.DataFrame
        As ``check_trial`` gives them.
    tables : iterable of str
        Those that have rows.

    Returns
    -------
    tuple of LookedFor
    """
    there = set(tables)
    lists = [name for name in LISTS if name not in there]
    topics = set(zip(findings["table"], findings["topic"], strict=True))
    return tuple(
        one
        for one in looked_for()
        if one.table in there
        and not any(f"{name} list" in one.sought for name in lists)
        and not one.found_in(findings)
        and not (one.topic == "privacy" and (one.table, "privacy") in topics)
    )


def _of_rule(rule: Rule) -> LookedFor:
    sentence = re.escape(rule.problem).replace(re.escape("{told}"), ".*")
    return LookedFor(
        rule.table, rule.topic, rule.severity, rule.sought, rule.what_to_do, sentence, rule.column
    )


def _of_dictionary(table: Table) -> list[LookedFor]:
    """What the dictionary alone can tell of a table."""
    required = ", ".join(column.name for column in table.columns if column.required)
    limits = any(c.low is not None or c.high is not None for c in table.columns)
    allowed = [c.name for c in table.columns if c.allowed or c.name == "arm"]
    unlikely = [c.name for c in table.columns if c.unlikely_above is not None]
    known = [column.name for column in table.columns]
    correct = "correct it, or declare in trial.toml how it is to be read"
    found = [
        (
            "completeness",
            "error",
            f"empty cells in {required}",
            "enter them",
            r"\w+ is missing in .*",
        ),
        ("values", "error", "cells that are no numbers, dates or codes", correct, "'.*"),
    ]
    if limits:
        sought = "numbers outside the range of their column"
        found.append(("values", "error", sought, correct, r"\w+ (below|outside) .*"))
    if allowed:
        sought = f"other words than those known for {', '.join(allowed)}"
        found.append(("values", "error", sought, correct, ".*must be .*"))
    if unlikely:
        sought = f"unlikely values of {', '.join(unlikely)}"
        found.append(
            ("plausibility", "warning", sought, "look at them", ".*possible but unlikely.*")
        )
    if table.key:
        sought = f"rows with the same {' and '.join(table.key)}"
        found.append(("identity", "error", sought, "keep one row of each", "duplicates: .*"))
    if "participant_id" in known and table.name in TABLES and table.name != "participants":
        sought = "ids that are not among the participants"
        found.append(("identity", "error", sought, "correct the id", ".* not in participants: .*"))
    return [LookedFor(table.name, *one) for one in found]


_OF_PEOPLE = (
    (
        "randomisation",
        "error",
        "a comparison with fewer than two arms, and arms with nobody in them",
        "check the codes of the arms",
        "(comparison needs|no participant is in).*",
    ),
    (
        "randomisation",
        "error",
        "strata that are no columns of participants",
        "correct strata in trial.toml",
        "the stratum .*",
    ),
    (
        "completeness",
        "warning",
        "columns of baseline and strata with missing values, by arm",
        "enter them if they are known",
        ".* is missing for .*",
    ),
    (
        "values",
        "warning",
        "labels that differ only in case and spaces",
        "spell them alike",
        ".*differ.*",
    ),
    (
        "identity",
        "warning",
        "ids that a spreadsheet turned into scientific notation",
        "compare with the randomisation list",
        "all ids look like.*",
    ),
)

_OF_SCREENING = (
    "consistency",
    "warning",
    "screened less excluded, and randomised, against the number of participants",
    "correct the counts: the flow diagram is drawn from them",
    r"\d+ (screened less|randomised, and).*",
)

NOTED = tuple((one.__doc__ or "").splitlines()[0].rstrip(".") for one in NOTES)
"""What is told as a note, and is no finding."""
