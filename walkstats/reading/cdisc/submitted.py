"""Which tables of a trial folder come from its ADaM data sets?

``[cdisc]`` in trial.toml puts the data sets in the place of four tables; walking, outcomes, costs
and screening are read from files of their own, as everywhere.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from walkstats.checks import material_of
from walkstats.errors import DataError, Problem
from walkstats.reading.assembled.joining import Joined
from walkstats.reading.cdisc.adam_files import data_set_files
from walkstats.reading.cdisc.from_adam import Understood, understood, without_stand_ins
from walkstats.reading.declared.declarations import Declared, DeclaredTable
from walkstats.reading.places.table_files import Found, Source
from walkstats.trial import Trial

FED = ("participants", "check_ins", "recurrences", "adverse_events")


@dataclass(frozen=True, eq=False)
class Submission:
    """What the data sets of a folder gave.

    Attributes
    ----------
    tables : mapping of str to Joined
        Empty where trial.toml asks for none, or where they could not be read.
    files : tuple of Source
        The data sets.
    """

    tables: Mapping[str, Joined] = field(default_factory=dict)
    files: tuple[Source, ...] = ()

    def meant(self, problems: list[Problem]) -> list[Problem]:
        """The findings without those about check-ins that only stand for follow-up."""
        return without_stand_ins(problems) if self.tables else problems


def submitted(found: Found, declared: Declared) -> tuple[Declared, Submission]:
    """Read the data sets that trial.toml asks for.

    Parameters
    ----------
    found : Found
        Findings and notes are added to it.
    declared : Declared

    Returns
    -------
    tuple
        What is declared, without the tables that the data sets feed, and what they gave.
    """
    asked = declared.cdisc
    if asked is None:
        return declared, Submission()
    files = tuple((DeclaredTable("participants"), name) for name in data_set_files(found))
    try:
        read = understood(found, asked, declared.arms[0] if declared.arms else None)
    except DataError as error:
        found.problems.extend(error.findings)
        found.incomplete.update(FED)
        kept = tuple(part for part in declared.tables if part.table not in FED)
        return replace(declared, tables=kept), Submission(files=files)
    found.notes.extend(read.notes)
    unsaid = [name for name in read.strata if name not in declared.strata]
    if unsaid:
        told = f"strata of ADSL that trial.toml does not name as strata: {', '.join(unsaid)}"
        found.notes.append(("participants", "", "read", len(unsaid), told))
    for part in declared.tables:
        if part.table in read.tables and part.line is not None:
            found.problems.append(
                Problem(
                    f"{part.table} is declared, and comes from the data sets under [cdisc]",
                    f"leave [{part.table}] out",
                    table=part.table,
                    row=part.line,
                )
            )
    kept = tuple(part for part in declared.tables if part.table not in read.tables)
    return replace(declared, tables=kept), Submission(_joined(read), files)


def _joined(read: Understood) -> dict[str, Joined]:
    """The tables with the columns and types of the dictionary; rows are numbered from 1."""
    trial = Trial(name="", source="", arms=read.arms, **read.tables)  # type: ignore[arg-type]
    material, _ = material_of(trial)
    return {
        name: Joined(material.tables[name], np.arange(1, len(frame) + 1), {})
        for name, frame in read.tables.items()
    }
