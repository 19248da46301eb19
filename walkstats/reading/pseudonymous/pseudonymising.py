"""How is a trial made fit to be given away: nobody named, and the same analyses?"""

from __future__ import annotations

import dataclasses
import hashlib
import os
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from walkstats._arguments import as_names, check_choice, check_whole
from walkstats._files import PRIVATE, write_whole
from walkstats.checks import material_of
from walkstats.checks.conforming import kind_of
from walkstats.checks.identifying import identifying_columns
from walkstats.errors import DataError, Problem
from walkstats.reading.carried import carried_along
from walkstats.reading.declared.manifest import MANIFEST
from walkstats.reading.pseudonymous.pseudonyms import moved_by, pseudonyms, secret_of
from walkstats.reading.pseudonymous.rare_people import KNOWN_TO_OTHERS, rare_values, sharing
from walkstats.reading.writing.csv_writing import csv_text, missing_codes, to_be_guarded
from walkstats.schema import TABLES
from walkstats.trial import LOAD_REPORT_COLUMNS, Trial

PSEUDONYMISED = "pseudonymised"
"""What the source of such a trial says."""
DATES = ("drop", "shift", "keep")


@dataclass(frozen=True, eq=False)
class Pseudonymised:
    """A trial without the ids of its participants, and who is who.

    Attributes
    ----------
    trial : Trial
    linkage : pandas.DataFrame
        participant_id, pseudonym, moved_days (of the dates): for whoever may know, and for nobody
        else. It is no part of the trial.
    notes : tuple of str
        What was left out or changed, and what a reader of the data could still find out.
    """

    trial: Trial
    linkage: pd.DataFrame
    notes: tuple[str, ...]

    def write_linkage(self, file: str | os.PathLike[str]) -> Path:
        """Write who is who to a CSV file that only its owner may read.

        Parameters
        ----------
        file : path-like
            Not in a trial folder.

        Returns
        -------
        pathlib.Path

        Raises
        ------
        DataError
            When it would lie beside data, or cannot be written.
        """
        target = Path(file)
        if (target.parent / MANIFEST).exists():
            raise DataError.of(
                f"{target} would lie in a trial folder",
                what_to_do="keep the list of who is who where the data do not go",
            )
        text = csv_text(self.linkage, {}, guard=to_be_guarded(self.linkage))
        return write_whole(text, target, permissions=PRIVATE)


def pseudonymise(
    trial: Trial,
    *,
    key: bytes | int,
    drop: str | Collection[str] = (),
    keep: str | Collection[str] = (),
    born: str | None = None,
    coarsen: Mapping[str, float] | None = None,
    dates: str = "drop",
    shift_days: int = 182,
) -> Pseudonymised:
    """Replace the ids of a trial's participants, and leave out what says who they are.

    Parameters
    ----------
    trial : Trial
    key : bytes or int
        A secret of at least 16 bytes. The same key gives a participant the same pseudonym in every
        export. A whole number is a seed: the participants are numbered in a random order. It is as
        secret as a key, and much easier to guess.
    drop : str or collection of str
        Columns to leave out: ``"postcode"`` in all tables that have it, ``"costs.item"`` in one.
    keep : str or collection of str
        Columns to keep that would be left out: those that nobody declared, and those that
        ``check_trial`` warns of.
    born : str, optional
        Column of participants with the date of birth: it becomes ``age_years`` [completed years]
        where that is missing, and is left out.
    coarsen : mapping of str to number, optional
        Column of participants -> width: its values become the lower end of their class, as in
        ``{"age_years": 5}``.
    dates : {"drop", "shift", "keep"}
        What becomes of calendar dates, that of randomisation above all. All else in a trial is days
        from it, and stays. ``"shift"`` moves all dates of a person by the same number of days.
    shift_days : int
        By how much at most dates are moved [days].

    Returns
    -------
    Pseudonymised
        The trial, the linkage table and notes. Rows stand in the order of the pseudonyms, since
        that of a file tells when somebody was recruited.

    Raises
    ------
    DataError
        When a column that analyses need seems to say who somebody is, and is not in ``keep``.
    ValueError
        For a key that could be guessed, and for columns that do not exist or cannot be left out.

    Notes
    -----
    A pseudonym is the beginning of HMAC-SHA256 of the id: without the key nobody can turn it back
    or try whether it belongs to an id, with the key anybody can. Analyses give the same numbers,
    but for those that use calendar dates or draw at random by the order of rows. Text is not
    rewritten: read the free text that stays. This is pseudonymisation, not anonymity: the notes
    count how few people share age, sex and site.

    Examples
    --------
    >>> import walkstats as ws
    >>> given = ws.pseudonymise(ws.load_sample("bladder"), key=b"nobody can guess this")
    >>> given.trial.participants["participant_id"].iloc[0] in given.linkage["pseudonym"].to_list()
    True
    >>> given.trial.source.endswith("pseudonymised")
    True
    """
    secret = secret_of(key)
    check_choice(dates, DATES, "dates")
    days = check_whole(shift_days, "shift_days", 1)
    if not isinstance(trial, Trial):
        raise ValueError(f"trial must be a Trial, got {type(trial).__name__}.")
    ids = _ids(trial)
    choice = _Choice(trial, _named(trial, drop, "drop"), _named(trial, keep, "keep"), dates)
    tables = {name: trial.table(name) for name in TABLES}
    if born is not None:
        tables["participants"] = _aged(tables["participants"], born)
        choice.dropped[("participants", born)] = "became age_years"
    _choose(choice)
    people = _coarsened(tables["participants"], coarsen or {})
    tables["participants"] = people
    names = pseudonyms(ids, secret)
    moved = moved_by(ids, secret, days) if dates == "shift" else dict.fromkeys(ids, 0)
    made = {name: _made(name, tables[name], choice, names, moved) for name in TABLES}
    linkage = pd.DataFrame(
        {
            "participant_id": ids,
            "pseudonym": [names[one] for one in ids],
            "moved_days": [moved[one] for one in ids],
        }
    )
    notes = _notes(choice, made["participants"], days)
    return Pseudonymised(_fresh(trial, made, choice), linkage, notes)


@dataclass(frozen=True, eq=False)
class _Choice:
    """What is left out (table, column) -> why, and what is kept although it would be."""

    trial: Trial
    drop: frozenset[tuple[str, str]]
    keep: frozenset[tuple[str, str]]
    dates: str
    dropped: dict[tuple[str, str], str] = field(default_factory=dict)


def _ids(trial: Trial) -> list[str]:
    ids = trial.participants["participant_id"]
    if ids.isna().any() or ids.duplicated().any():
        raise DataError.of(
            "participants without an id, or with that of another, cannot be told apart",
            what_to_do="mend what check_trial finds first",
            table="participants",
            column="participant_id",
            count=int((ids.isna() | ids.duplicated()).sum()),
        )
    known = set(ids)
    for name in TABLES:
        table = trial.table(name)
        if "participant_id" in table and not set(table["participant_id"]) <= known:
            raise DataError.of(
                f"{name} has rows of people who are not among the participants",
                what_to_do="mend what check_trial finds first",
                table=name,
                column="participant_id",
            )
    return [str(one) for one in ids]


def _named(
    trial: Trial, columns: str | Collection[str], argument: str
) -> frozenset[tuple[str, str]]:
    """The columns that an argument names, each with its table."""
    found: set[tuple[str, str]] = set()
    for one in as_names(columns, argument):
        table, point, column = str(one).partition(".")
        in_one = bool(point) and table in TABLES and column in trial.table(table)
        places = [table] if in_one else [n for n in TABLES if one in trial.table(n)]
        if not places:
            raise ValueError(f"{argument}: no table has a column {one!r}.")
        name = column if in_one else str(one)
        found |= {(place, name) for place in places}
        if argument == "drop":
            needed = [place for place in places if _needed(trial, place, name)]
            if needed:
                raise ValueError(f"drop: {needed[0]} cannot be without {name}.")
    return frozenset(found)


def _needed(trial: Trial, table: str, column: str) -> bool:
    known = TABLES[table].column(column)
    stratum = table == "participants" and column in trial.strata
    return stratum or (known is not None and known.required)


def _choose(choice: _Choice) -> None:
    """Decide of each column whether it is left out, and refuse what cannot be."""
    trial, wrong = choice.trial, []
    choice.dropped.update(dict.fromkeys(choice.drop, "asked for"))
    for name in TABLES:
        for column in carried_along(trial, name):
            if (name, column) not in choice.keep:
                choice.dropped.setdefault((name, column), "nobody declared it")
    for one in identifying_columns(material_of(trial)[0]):
        place = (one.table, one.column)
        if place in choice.keep or place in choice.dropped or one.column == "participant_id":
            continue
        if _needed(trial, *place):
            wrong.append(_telling(*place, one.what))
        choice.dropped[place] = f"seems to hold {', '.join(one.what)}"
    if wrong:
        raise DataError(wrong)
    for place in _dated(trial) if choice.dates == "drop" else ():
        if place not in choice.keep:
            choice.dropped.setdefault(place, "a calendar date")


def _dated(trial: Trial) -> list[tuple[str, str]]:
    """The columns that hold dates."""
    tables = {name: trial.table(name) for name in TABLES}
    return [
        (name, str(column))
        for name, table in tables.items()
        for column in table.columns
        if kind_of(table[column].dtype) == "date" and table[column].notna().any()
    ]


def _telling(table: str, column: str, what: tuple[str, ...]) -> Problem:
    return Problem(
        f"{column} seems to hold {', '.join(what)}, and {table} cannot be without it",
        "clear these cells in the data, or say that it may stay: keep",
        table=table,
        column=column,
    )


def _aged(people: pd.DataFrame, born: str) -> pd.DataFrame:
    """Completed years at randomisation, where the age is not known."""
    if born not in people:
        raise ValueError(f"born: participants have no column {born!r}.")
    birth = pd.to_datetime(people[born], format="%Y-%m-%d", errors="coerce")
    unread = people[born].notna() & birth.isna()
    if unread.any():
        raise DataError.of(
            f"{born} holds {int(unread.sum())} cells that are no dates",
            what_to_do='declare it in trial.toml with type = "date" and its format',
            table="participants",
            column=born,
            count=int(unread.sum()),
        )
    day = people["randomised_on"]
    before = (day.dt.month < birth.dt.month) | (
        (day.dt.month == birth.dt.month) & (day.dt.day < birth.dt.day)
    )
    age = (day.dt.year - birth.dt.year - before.astype(float)).astype(float)
    age[day.isna() | birth.isna()] = np.nan
    return people.assign(age_years=people["age_years"].fillna(age))


def _coarsened(people: pd.DataFrame, coarsen: Mapping[str, float]) -> pd.DataFrame:
    for name, width in coarsen.items():
        if name not in people or kind_of(people[name].dtype) not in ("number", "integer"):
            raise ValueError(f"coarsen: participants have no column of numbers {name!r}.")
        if isinstance(width, bool) or not isinstance(width, int | float) or not width > 0:
            raise ValueError(f"coarsen: the width of {name} must be a number above 0.")
        whole = kind_of(people[name].dtype) == "integer"
        if whole and width != int(width):
            raise ValueError(f"coarsen: {name} holds whole numbers, so its width is one.")
        step = int(width) if whole else float(width)
        people = people.assign(**{name: people[name] // step * step})
    return people


def _made(
    name: str,
    table: pd.DataFrame,
    choice: _Choice,
    names: Mapping[str, str],
    moved: Mapping[str, int],
) -> pd.DataFrame:
    """One table without what is left out, with pseudonyms, in their order."""
    for column in [c for c in table.columns if (name, c) in choice.dropped]:
        if TABLES[name].column(str(column)) is None:
            table = table.drop(columns=column)
        else:  # a column of the dictionary stays, without values
            table = table.assign(**{str(column): pd.Series(None, table.index, table[column].dtype)})
    if "participant_id" not in table:
        return table
    if choice.dates == "shift":
        offset = pd.to_timedelta(table["participant_id"].map(moved).astype(float), unit="D")
        for column in [c for c in table.columns if kind_of(table[c].dtype) == "date"]:
            table = table.assign(**{str(column): table[column] + offset})
    ids = table["participant_id"].map(names).astype(object)
    table = table.assign(participant_id=ids)
    return table.sort_values("participant_id", kind="stable", ignore_index=True)


def _fresh(trial: Trial, tables: Mapping[str, pd.DataFrame], choice: _Choice) -> Trial:
    """The trial anew: hashes and report are those of the tables as they are now."""
    notes: list[tuple[str, str, str, int, str]] = []
    inputs: dict[str, str] = {}
    for name, table in tables.items():
        if trial.inputs and trial.recorded(name):
            text = csv_text(table, missing_codes(table), guard=to_be_guarded(table))
            inputs[f"{name}.csv"] = hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()
            notes.append((name, "", "read", len(table), "rows, pseudonymised"))
        stayed = [c for c in carried_along(trial, name) if c in table]
        notes += [(name, c, "carried along", 1, "as text") for c in stayed if trial.inputs]
    notes += [(t, c, "not read", 1, f"left out: {why}") for (t, c), why in choice.dropped.items()]
    facts: dict[str, Any] = {
        **tables,
        "source": f"{trial.source}; {PSEUDONYMISED}",
        "inputs": inputs,
        "load_report": pd.DataFrame(notes, columns=list(LOAD_REPORT_COLUMNS)),
    }
    return dataclasses.replace(trial, **facts)


def _notes(choice: _Choice, people: pd.DataFrame, days: int) -> tuple[str, ...]:
    notes = [f"{t}.{c} left out: {why}" for (t, c), why in choice.dropped.items()]
    if choice.dates == "shift":
        notes.append(f"all dates of a person moved by the same -{days} to {days} days")
    shared = sharing(people, KNOWN_TO_OTHERS)
    notes += [str(shared)] if shared is not None else []
    return (*notes, *rare_values(people), *_free_text(choice))


def _free_text(choice: _Choice) -> list[str]:
    """Columns of text with many different cells: nobody but a reader knows what they say."""
    told = []
    for name in TABLES:
        table = choice.trial.table(name)
        for column in table.columns:
            place = (name, str(column))
            if table[column].dtype != object or place in choice.dropped:
                continue
            distinct = table[column].dropna().nunique()
            if column != "participant_id" and distinct > max(20, 0.2 * len(table)):
                told.append(f"{name}.{column} has {distinct} different texts: read them")
    return told
