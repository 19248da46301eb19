"""How is a Trial written as ADaM data sets in SAS transport files?"""

from __future__ import annotations

import os
import shutil
import tempfile
import textwrap
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd

from walkstats.errors import DataError
from walkstats.reading.cdisc.vocabulary import EVENTS, PEOPLE, SEXES
from walkstats.reading.statistical.xport import DataSet, Variable
from walkstats.reading.statistical.xport_writing import (
    LONGEST_TEXT,
    UnwritableError,
    transport_bytes,
)
from walkstats.schema import TABLES
from walkstats.trial import Trial

SAS_ZERO = np.datetime64("1960-01-01", "D")
DAY = np.timedelta64(1, "D")
EVENT, END = "recurrence", "end of follow-up"
NEEDED = ("participant_id", "days", "event", "ended_by")


@dataclass(eq=False)
class _Draft:
    """A data set that is being put together."""

    name: str
    label: str
    variables: list[Variable] = field(default_factory=list)
    columns: list[np.ndarray] = field(default_factory=list)
    holds: list[str] = field(default_factory=list)

    def text(self, name: str, label: str, values: Iterable[object], holds: str = "") -> None:
        cells = pd.Series(list(values), dtype=object)
        words = cells.where(cells.notna(), "").map(str).to_numpy(dtype=object)
        self._add(Variable(name, label, "", True, 0), words, holds)

    def number(self, name: str, label: str, values: object, holds: str = "") -> None:
        cells = pd.Series(values).to_numpy(dtype=float, na_value=np.nan)
        self._add(Variable(name, label, "", False, 8), cells, holds)

    def date(self, name: str, label: str, values: object, holds: str = "") -> None:
        days = (np.asarray(values, dtype="datetime64[D]") - SAS_ZERO) / DAY
        self._add(Variable(name, label, "DATE9", False, 8), days, holds)

    def _add(self, variable: Variable, cells: np.ndarray, holds: str) -> None:
        self.variables.append(variable)
        self.columns.append(cells)
        self.holds.append(holds)

    def data_set(self) -> DataSet:
        return DataSet(self.name, self.label, tuple(self.variables), tuple(self.columns))


def write_cdisc(
    trial: Trial, folder: str | os.PathLike[str], *, times: Mapping[str, pd.DataFrame]
) -> pd.DataFrame:
    """Write a trial as ADaM data sets: ADSL, ADTTE and, where there are any, ADAE.

    Parameters
    ----------
    trial : Trial
    folder : path-like
        Made if need be. A folder that holds something already is refused.
    times : mapping of str to pandas.DataFrame
        PARAMCD (up to 8 characters) -> a frame of ``derive.first_recurrence``: one row per
        participant with participant_id, days [days], event, ended_by.

    Returns
    -------
    pandas.DataFrame
        One row per variable: data_set, variable, label, holds (the column of the trial). Columns
        that found no place have an empty data_set.

    Raises
    ------
    DataError
        When the frames do not tell of exactly the participants, a text or name is too long for a
        transport file of version 5, or the folder cannot be written. Nothing is left behind then.
    ValueError
        When ``trial`` is no Trial, ``folder`` no path, or ``times`` is empty.

    Notes
    -----
    CNSR is 0 for an event, 1 for the end of follow-up, and 2 and above for the other reasons of
    ``ended_by`` in the order of the alphabet, each with its words in EVNTDESC. AVAL is in days from
    day 0, and ADT is STARTDT + AVAL where both are whole days. The same trial gives the same bytes:
    the time of writing in the files is that of day 0 of SAS. A synthetic trial says so in the label
    of each data set and in SRCNOTE. Costs, walking, outcomes, check-ins and screening are not
    written.

    Examples
    --------
    >>> import tempfile, pathlib
    >>> import walkstats as ws
    >>> trial = ws.load_sample("bladder")
    >>> first = ws.derive.first_recurrence(trial, kind="any")
    >>> with tempfile.TemporaryDirectory() as place:
    ...     told = ws.write_cdisc(trial, pathlib.Path(place) / "a", times={"TTREC": first})
    >>> told["data_set"].value_counts(sort=False).to_dict()
    {'ADSL': 10, 'ADTTE': 10, '': 2}
    """
    if not isinstance(trial, Trial):
        raise ValueError(f"trial must be a Trial, got {type(trial).__name__}.")
    if not isinstance(folder, str | os.PathLike):
        raise ValueError(f"A folder is named by its path, got {type(folder).__name__}.")
    if not isinstance(times, Mapping) or not times:
        raise ValueError("times needs frames of first_recurrence, as in {'TTALR': frame}.")
    drafts = [_subjects(trial), _times(trial, times)]
    if len(trial.adverse_events):
        drafts.append(_harms(trial))
    try:
        files = {f"{one.name.lower()}.xpt": transport_bytes(one.data_set()) for one in drafts}
    except UnwritableError as reason:
        raise DataError.of(
            f"{reason}: a SAS transport file of version 5 cannot hold it",
            what_to_do="shorten it, or leave it out",
        ) from None
    except UnicodeEncodeError:
        raise DataError.of(
            "a text holds half a character", what_to_do="mend it where it was read"
        ) from None
    _write_folder(files, Path(folder))
    return _told(trial, drafts)


def _label(trial: Trial, words: str) -> str:
    return f"Synthetic: {words}" if trial.synthetic else words


def _identity(draft: _Draft, trial: Trial, ids: pd.Series) -> None:
    draft.text("STUDYID", "Study Identifier", [trial.name] * len(ids))
    draft.text("USUBJID", "Unique Subject Identifier", ids, "participant_id")


def _arm(draft: _Draft, trial: Trial, arm: pd.Series) -> None:
    draft.text("TRT01P", "Planned Treatment for Period 01", arm, "arm")
    numbers = arm.map({one: k for k, one in enumerate(trial.arms, 1)})
    draft.number("TRT01PN", "Planned Treatment for Period 01 (N)", numbers)


def _subjects(trial: Trial) -> _Draft:
    people = trial.participants
    draft = _Draft("ADSL", _label(trial, "Subject-Level Analysis"))
    _identity(draft, trial, people["participant_id"])
    _arm(draft, trial, people["arm"])
    for flag, label in (
        ("RANDFL", "Randomized Population Flag"),
        ("ITTFL", "Intent-To-Treat Population Flag"),
    ):
        draft.text(flag, label, ["Y"] * len(people))
    if people["randomised_on"].notna().any():
        draft.date("RANDDT", "Date of Randomization", people["randomised_on"], "randomised_on")
    for one in PEOPLE:
        if people[one.column].notna().any() or one.variable == "WDDAYS":
            draft.number(one.variable, one.label, people[one.column], one.column)
    if people["age_years"].notna().any():
        draft.text("AGEU", "Age Units", ["YEARS"] * len(people))
    if people["sex"].notna().any():
        codes = {word: code for code, word in SEXES.items()}
        draft.text("SEX", "Sex", people["sex"].map(lambda one: codes.get(one, one)), "sex")
    if people["withdrawal_reason"].notna().any():
        label = "Reason for Discontinuation from Study"
        draft.text("DCSREAS", label, people["withdrawal_reason"], "withdrawal_reason")
    _strata(draft, trial)
    width = LONGEST_TEXT if trial.source.isascii() else LONGEST_TEXT // 4
    for k, note in enumerate(textwrap.wrap(trial.source, width)):
        draft.text(f"SRCNOTE{k or ''}", "Where the Data Come From", [note] * len(people))
    return draft


def _strata(draft: _Draft, trial: Trial) -> None:
    for k, name in enumerate(trial.strata, 1):
        values = trial.participants[name]
        draft.text(f"STRAT{k}R", f"Stratum {k} Value Used for Randomization", values, name)
        draft.text(f"STRAT{k}D", f"Description of Stratum {k}", [name] * len(values))


def _times(trial: Trial, times: Mapping[str, pd.DataFrame]) -> _Draft:
    people = trial.people
    parts = [_one_parameter(code, frame, people) for code, frame in times.items()]
    rows = pd.concat(parts, ignore_index=True)
    known = people.reindex(rows["participant_id"])
    draft = _Draft("ADTTE", _label(trial, "Time-to-Event Analysis"))
    _identity(draft, trial, rows["participant_id"])
    _arm(draft, trial, known["arm"].reset_index(drop=True))
    draft.text("PARAMCD", "Parameter Code", rows["code"])
    draft.text("PARAM", "Parameter", rows["param"])
    draft.number("AVAL", "Analysis Value", rows["days"], "days")
    draft.text("AVALU", "Analysis Value Unit", ["DAYS"] * len(rows))
    words = sorted({*rows["ended_by"]} - {EVENT, END})
    codes = {EVENT: 0, END: 1, **{one: k for k, one in enumerate(words, 2)}}
    draft.number("CNSR", "Censor", rows["ended_by"].map(codes), "event")
    draft.text("EVNTDESC", "Event or Censoring Description", rows["ended_by"], "ended_by")
    starts = known["randomised_on"].to_numpy().astype("datetime64[D]")
    if not np.isnat(starts).all():
        draft.date("STARTDT", "Time-to-Event Origin Date for Subject", starts)
        days = rows["days"].to_numpy(dtype=float)
        whole = days % 1 == 0
        dates = starts + np.where(whole, days, 0).astype("timedelta64[D]")
        draft.date("ADT", "Analysis Date", np.where(whole, dates, np.datetime64("NaT", "D")))
    return draft


def _one_parameter(code: str, frame: pd.DataFrame, people: pd.DataFrame) -> pd.DataFrame:
    """The rows of a parameter; an event is always told by one word."""
    lacking = [name for name in NEEDED if name not in frame]
    if lacking:
        raise DataError.of(
            f"the frame of {code} has no {', '.join(lacking)}",
            what_to_do="give a frame of derive.first_recurrence",
            table="ADTTE",
        )
    ids = frame["participant_id"]
    other = sorted(set(ids) ^ set(people.index))
    if other or ids.duplicated().any():
        raise DataError.of(
            f"the frame of {code} does not have one row for each participant",
            what_to_do="derive it from the same trial",
            table="ADTTE",
            ids=other or ids[ids.duplicated()].tolist(),
        )
    words = str(frame.attrs.get("derived", "")).rpartition(": ")[2] or "time to first event"
    event = frame["event"].to_numpy(dtype=bool)
    return pd.DataFrame(
        {
            "participant_id": ids.to_numpy(dtype=object),
            "code": code,
            "param": f"{words[0].upper()}{words[1:]} (days)",
            "days": frame["days"].to_numpy(dtype=float),
            "ended_by": np.where(event, EVENT, frame["ended_by"].to_numpy(dtype=object)),
        }
    )


def _harms(trial: Trial) -> _Draft:
    rows = trial.adverse_events
    draft = _Draft("ADAE", _label(trial, "Adverse Events Analysis"))
    _identity(draft, trial, rows["participant_id"])
    known = trial.people.reindex(rows["participant_id"])
    _arm(draft, trial, known["arm"].reset_index(drop=True))
    draft.number("AESEQ", "Sequence Number", rows.groupby("participant_id").cumcount() + 1)
    draft.text("AETERM", "Reported Term for the Adverse Event", rows["event"])
    for one in EVENTS:
        draft.text(one.variable, one.label, rows[one.column], one.column)
    for name, label, column in (
        ("AESER", "Serious Event", "serious"),
        ("AEREL", "Causality", "related"),
    ):
        words = rows[column].astype(object).map({True: "Y", False: "N"})
        draft.text(name, label, words, column)
    days = rows["onset_days"].to_numpy(dtype=float)
    draft.number("ONSETDAY", "Days from Randomisation to Onset", days, "onset_days")
    whole = days % 1 == 0
    draft.number("ASTDY", "Analysis Start Relative Day", np.where(whole, days + 1, np.nan))
    starts = known["randomised_on"].to_numpy().astype("datetime64[D]")
    if not np.isnat(starts).all():
        dates = starts + np.where(whole, days, 0).astype("timedelta64[D]")
        draft.date("ASTDT", "Analysis Start Date", np.where(whole, dates, np.datetime64("NaT")))
    return draft


def _write_folder(files: Mapping[str, bytes], target: Path) -> None:
    """Under another name first, so that a folder with half of the files never has the name."""
    place = None
    try:
        if target.exists() and (not target.is_dir() or any(target.iterdir())):
            raise DataError.of(
                f"{target} is there already and not an empty folder", what_to_do="name a new folder"
            )
        target.parent.mkdir(parents=True, exist_ok=True)
        place = Path(tempfile.mkdtemp(prefix=f".{target.name[:40]}-", dir=target.parent))
        place.chmod(0o755)
        for name, data in files.items():
            (place / name).write_bytes(data)
        if target.exists():
            target.rmdir()
        place.rename(target)
    except (OSError, ValueError) as reason:
        raise DataError.of(
            f"{target} cannot be written ({getattr(reason, 'strerror', None) or reason})",
            what_to_do="choose a folder in which you may write; nothing was left behind",
        ) from None
    finally:
        if place is not None and place.exists():
            shutil.rmtree(place, ignore_errors=True)


def _told(trial: Trial, drafts: list[_Draft]) -> pd.DataFrame:
    rows = [
        (draft.name, one.name, one.label, holds)
        for draft in drafts
        for one, holds in zip(draft.variables, draft.holds, strict=True)
    ]
    held = {holds for *_, holds in rows}
    tables = ["participants", *(["adverse_events"] if len(trial.adverse_events) else [])]
    for table in tables:
        columns = trial.table(table)
        beyond = [one for one in columns if TABLES[table].column(str(one)) is None]
        rows += [("", "", f"not written: {table}", str(one)) for one in beyond if one not in held]
    return pd.DataFrame(rows, columns=["data_set", "variable", "label", "holds"])
