"""How do the ADaM data sets of a submission become a Trial?"""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from walkstats._arguments import check_choice, check_positive
from walkstats.checks import find_problems, material_of
from walkstats.checks.periods import WITHOUT_FOLLOW_UP
from walkstats.errors import DataError, Problem
from walkstats.reading.assembled.parts import Note
from walkstats.reading.cdisc.adam_files import Found, open_adam
from walkstats.reading.cdisc.clocks import days_of
from walkstats.reading.cdisc.harms import read_harms
from walkstats.reading.cdisc.subjects import Subjects, read_subjects
from walkstats.reading.cdisc.times import Times, chosen_records, read_times
from walkstats.reading.cdisc.vocabulary import KINDS
from walkstats.reading.declared.declarations import CdiscTables
from walkstats.reading.places.opened import open_place
from walkstats.reading.places.table_files import Found as Files
from walkstats.trial import LOAD_REPORT_COLUMNS, Trial


def read_cdisc(
    folder: str | os.PathLike[str],
    *,
    paramcd: Mapping[str, str],
    reference: str | None = None,
    day_zero: str = "RANDDT",
    unit_days: float | None = None,
    related: Sequence[str] | None = None,
    carry: bool | Sequence[str] = True,
    encoding: str | None = None,
) -> Trial:
    """Read a trial from its ADaM data sets: ADSL, ADTTE and, if there, ADAE.

    Parameters
    ----------
    folder : path-like
        With ``adsl.xpt``, ``adtte.xpt`` and perhaps ``adae.xpt``; any other format of tables does,
        and so does a zip archive of them.
    paramcd : mapping of str to str
        PARAMCD of ADTTE -> the kind of recurrence that it is: "any", "activity_limiting" or
        "care_seeking". Several may be of one kind (the first and the second recurrence, say).
    reference : str, optional
        The arm to which the others are compared; by default the first by TRT01PN.
    day_zero : str
        Variable of ADSL with the date that is day 0. STARTDT of ADTTE must be the same.
    unit_days : float, optional
        Days in one unit of AVAL [days], for units without a number of days of their own (30.4375
        for months), or where neither AVALU nor PARAM names the unit.
    related : sequence of str, optional
        Values of AEREL that mean related to the treatment; Y, N, RELATED, NOT RELATED and the like
        need no word.
    carry : bool or sequence of str
        Whether all further variables of ADSL come along as text, or which.
    encoding : str, optional
        Of texts, for transport files that are not ASCII or UTF-8.

    Returns
    -------
    Trial
        ``derive.first_recurrence`` of a kind that was asked for gives back AVAL and CNSR of its
        parameter for everyone. The load report says what was turned into what.

    Raises
    ------
    DataError
        With what is wrong: unknown PARAMCD (with those that are there), a unit that is not told,
        dates that do not fit AVAL, subjects who are not in ADSL, records that contradict each
        other.
    ValueError
        For an unknown kind, or when ``folder`` is not a path.

    Notes
    -----
    Those with RANDFL = Y are the participants, or with ITTFL = Y where there is no RANDFL. CNSR 0
    is an event and everything above a censoring; a code above 1 is a reason, which becomes
    ``withdrawal_reason`` where ADSL says nothing of the end of the study. AVAL may count the first
    day as day 0 or as day 1; which one is read off ADT - STARTDT, said, and kept, so that times
    equal those of the submission. A completed check-in stands for the follow-up that a record
    states. See the page on CDISC for all variables.

    References
    ----------
    CDISC Analysis Data Model Team (2012). The ADaM Basic Data Structure for Time-to-Event Analyses,
    version 1.0.

    Examples
    --------
    >>> import tempfile, pathlib
    >>> import walkstats as ws
    >>> trial = ws.load_sample("bladder")
    >>> with tempfile.TemporaryDirectory() as place:
    ...     folder = pathlib.Path(place) / "adam"
    ...     first = ws.derive.first_recurrence(trial, kind="any")
    ...     told = ws.write_cdisc(trial, folder, times={"TTREC": first})
    ...     again = ws.read_cdisc(folder, paramcd={"TTREC": "any"})
    >>> curve = ws.survival.kaplan_meier(ws.derive.first_recurrence(again, kind="any"))
    >>> int(curve.counts.events)
    62
    """
    _check_arguments(folder, paramcd, unit_days)
    asked = CdiscTables(
        dict(paramcd),
        day_zero,
        unit_days,
        None if related is None else _listed(related),
        carry if isinstance(carry, bool) else _listed(carry),
        encoding,
    )
    files = Files(open_place(folder))
    read = understood(files, asked, reference)
    return _trial(files, read)


def _listed(words: Sequence[str]) -> tuple[str, ...]:
    return (words,) if isinstance(words, str) else tuple(words)


@dataclass(frozen=True, eq=False)
class Understood:
    """What the data sets give to a trial.

    Attributes
    ----------
    tables : mapping of str to pandas.DataFrame
        Table of the dictionary -> its rows.
    arms, strata : tuple of str
    study : str
        STUDYID.
    source : str
        Where the data come from, if ADSL says so.
    files : tuple of str
    notes : tuple of Note
    """

    tables: Mapping[str, pd.DataFrame]
    arms: tuple[str, ...]
    strata: tuple[str, ...]
    study: str
    source: str
    files: tuple[str, ...]
    notes: tuple[Note, ...]


def understood(files: Files, asked: CdiscTables, reference: str | None) -> Understood:
    """Read the data sets of a place.

    Parameters
    ----------
    files : walkstats.reading.places.table_files.Found
    asked : CdiscTables
    reference : str or None
        The reference arm.

    Returns
    -------
    Understood

    Raises
    ------
    DataError
        With what is wrong.
    """
    data_sets = open_adam(files, asked.encoding)
    found = Found()
    for one in data_sets.values():
        found.notes.extend(("", "", "read", 1, note) for note in one.text.notes)
    adsl = data_sets["ADSL"]
    subjects = read_subjects(
        adsl, found, reference=reference, day_zero=asked.day_zero, carry=asked.carry
    )
    found.notes.append(
        ("participants", "", "read", len(subjects.frame), f"rows of {adsl.text.file}")
    )
    randomised = frozenset(subjects.frame["participant_id"])
    adtte = chosen_records(data_sets["ADTTE"], asked.paramcd, randomised, subjects.others, found)
    days, first_day = days_of(adtte, subjects.starts, asked.day_zero, asked.unit_days, found)
    times = read_times(adtte, days, asked.paramcd, found)
    tables = {
        "participants": _with_endings(subjects, times, first_day, found),
        "check_ins": times.check_ins,
        "recurrences": times.recurrences,
    }
    note = "a completed check-in stands for the follow-up that a record of ADTTE states"
    found.notes.append(("check_ins", "", "read", len(times.check_ins), note))
    if "ADAE" in data_sets:
        adae = data_sets["ADAE"]
        tables["adverse_events"] = read_harms(adae, subjects, asked.related, first_day, found)
    found.stop()
    notes = [adsl.texts(name) for name in sorted(adsl.columns) if name.startswith("SRCNOTE")]
    return Understood(
        tables,
        subjects.arms,
        subjects.strata,
        next((one for one in adsl.texts("STUDYID") if one), "Study without STUDYID"),
        " ".join(next((one for one in cells if one), "") for cells in notes),
        tuple(one.text.file for one in data_sets.values()),
        tuple(found.notes),
    )


def _check_arguments(
    folder: str | os.PathLike[str], paramcd: Mapping[str, str], unit_days: float | None
) -> None:
    if not isinstance(folder, str | os.PathLike):
        raise ValueError(f"A folder is named by its path, got {type(folder).__name__}.")
    if not isinstance(paramcd, Mapping) or not paramcd:
        raise ValueError(
            'paramcd says which parameter is which kind, as in {"TTALR": "activity_limiting"}.'
        )
    for kind in paramcd.values():
        check_choice(kind, KINDS, "a kind of paramcd")
    if unit_days is not None:
        check_positive(unit_days, "unit_days", "days")


def _with_endings(subjects: Subjects, times: Times, first_day: int, found: Found) -> pd.DataFrame:
    """Participants with the end of follow-up where ADSL does not tell it."""
    people = subjects.frame
    ids = people["participant_id"]
    until = ids.map(times.until).to_numpy(dtype=float)
    none = ids[np.isnan(until)]
    if len(none):
        note = "participants without a record in ADTTE, taken for not followed up"
        found.notes.append(("participants", "", "warning", len(none), note))
    if subjects.ended:
        people["withdrawn_days"] += first_day
    else:
        reasons = ids.map(times.reasons)
        people["withdrawn_days"] = np.where(reasons.notna(), until, np.nan)
        people["withdrawal_reason"] = [one if isinstance(one, str) else None for one in reasons]
        note = "days and reasons of censoring with CNSR above 1"
        found.notes.append(
            ("participants", "withdrawn_days", "converted", int(reasons.notna().sum()), note)
        )
    for name in [one for one in ("withdrawn_days", "planned_end_days") if one in people]:
        early = (people[name] < until).to_numpy(dtype=bool)
        if early.any():
            people.loc[early, name] = np.nan
            if name == "withdrawn_days":
                people.loc[early, "withdrawal_reason"] = None
            note = "it lies before the end of follow-up in ADTTE, and is left out"
            found.notes.append(("participants", name, "left out", int(early.sum()), note))
    return people


def without_stand_ins(problems: list[Problem]) -> list[Problem]:
    """Findings without those about check-ins: they stand for follow-up, nobody was to answer them.

    Parameters
    ----------
    problems : list of Problem

    Returns
    -------
    list of Problem
        That somebody was not followed up is told of ADTTE.
    """
    told = []
    for one in problems:
        if one.problem.startswith(WITHOUT_FOLLOW_UP):
            what = f"{WITHOUT_FOLLOW_UP} in ADTTE are accepted and counted, not at risk"
            told.append(replace(one, problem=what, what_to_do="nothing, if that is so"))
        elif one.severity == "error" or "check-in" not in one.problem:
            told.append(one)
    return told


def _trial(files: Files, read: Understood) -> Trial:
    source = read.source or f"ADaM data sets of {read.study} ({', '.join(read.files)})"
    trial = Trial(
        name=read.study,
        source=source,
        arms=read.arms,
        strata=read.strata,
        inputs=dict(files.inputs),
        load_report=pd.DataFrame([*files.notes, *read.notes], columns=list(LOAD_REPORT_COLUMNS)),
        **read.tables,  # type: ignore[arg-type]
    )
    material, problems = material_of(trial)
    problems += find_problems(material)
    if any(one.severity == "error" for one in problems):
        raise DataError(problems)
    warned = [
        (one.table, one.column, one.severity, one.count, f"{one.problem} -> {one.what_to_do}")
        for one in without_stand_ins(problems)
    ]
    told = [*files.notes, *read.notes, *warned]
    report = pd.DataFrame(told, columns=list(LOAD_REPORT_COLUMNS))
    return dataclasses.replace(trial, load_report=report)
