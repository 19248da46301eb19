"""Which minutes do ActiGraph's own files hold?

An ActiGraph keeps the clock that it was given when it was set up and does not follow changes of
clocks. Its times are local at the start and run on evenly from there; they are returned in UTC.
"""

from __future__ import annotations

import datetime as dt
import os
import re
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import numpy as np
import pandas as pd

from walkstats.errors import DataError
from walkstats.wearables.clocks import FIRST, LAST, zone_named
from walkstats.wearables.columns import EPOCHS, TABLE

TICKS_A_SECOND = 10_000_000  # of 100 nanoseconds, counted from the first of January of the year 1
TICKS_1970 = 621_355_968_000_000_000
MOST_BYTES = 2**31
HEADER_LINES = 10
DATES = {"M/d/yyyy": "%m/%d/%Y", "d/M/yyyy": "%d/%m/%Y", "yyyy-MM-dd": "%Y-%m-%d",
         "dd.MM.yyyy": "%d.%m.%Y", "d.M.yyyy": "%d.%m.%Y", "yyyy/MM/dd": "%Y/%m/%d",
         "MM/dd/yyyy": "%m/%d/%Y", "dd/MM/yyyy": "%d/%m/%Y"}  # fmt: skip
COLUMNS = ("participant_id", "time", "steps", "counts")


@dataclass(frozen=True)
class Recording:
    """What a file of a device holds, epoch by epoch.

    Attributes
    ----------
    start : datetime.datetime
        Local, of the first epoch.
    seconds : int
        Length of an epoch [seconds].
    offset : numpy.ndarray
        Begin of each epoch after the start [seconds], shape (n,).
    steps, counts : numpy.ndarray
        Shape (n,); counts are those of the vertical axis.
    """

    start: dt.datetime
    seconds: int
    offset: np.ndarray
    steps: np.ndarray
    counts: np.ndarray


def read_agd(
    files: str | os.PathLike[str] | Sequence[str | os.PathLike[str]],
    *,
    timezone: str,
    participants: Sequence[str] | None = None,
) -> pd.DataFrame:
    """The minutes of .agd files: steps, and counts of the vertical axis.

    Parameters
    ----------
    files : path or sequence of paths
        Each an .agd file of one device (an SQLite database); it is opened for reading only.
    timezone : str
        Where the device was set up, such as "Europe/London".
    participants : sequence of str, optional
        Whose each file is; the subject name in the file unless told otherwise.

    Returns
    -------
    pandas.DataFrame
        One row per minute: participant_id, time (UTC), steps [steps/minute], counts
        [counts/minute]. Epochs shorter than a minute are added up; a minute of which epochs are
        lacking is left out.

    Raises
    ------
    DataError
        For a file that is none of ActiGraph's, is damaged, or has no steps.
    ValueError
        For a time zone that is none, or another number of participants than of files.

    Notes
    -----
    The tables read are ``settings`` (settingName, settingValue: epochlength, startdatetime,
    subjectname) and ``data`` (dataTimestamp in ticks of 100 ns since year 1, axis1, steps). The
    device does not follow changes of clocks: its start is local, and times run on from there.

    Examples
    --------
    >>> import walkstats as ws
    >>> ws.wearables.read_agd("walks.agd", timezone="Europe/London")
    Traceback (most recent call last):
    walkstats.errors.DataError: minutes: there is no file walks.agd -> check the path
    """
    return _minutes(files, timezone, participants, _of_database)


def read_actigraph_csv(
    files: str | os.PathLike[str] | Sequence[str | os.PathLike[str]],
    *,
    timezone: str,
    participants: Sequence[str] | None = None,
) -> pd.DataFrame:
    """The minutes of ActiGraph's epoch CSV files, with their header of ten lines.

    Parameters
    ----------
    files : path or sequence of paths
        Each the export of one device.
    timezone : str
        Where the device was set up, such as "Europe/London".
    participants : sequence of str, optional
        Whose each file is; the name of the file without its ending unless told otherwise.

    Returns
    -------
    pandas.DataFrame
        As of ``read_agd``.

    Raises
    ------
    DataError
        For a file without the header, without a column of steps, or with cells that are no numbers.
    ValueError
        For a time zone that is none, or another number of participants than of files.

    Notes
    -----
    The header tells the start, the length of an epoch and how dates are written ("date format
    d/M/yyyy"). Below it stands a line with names of columns: axis1 (or Activity) and Steps,
    whatever their case. Rows follow one another from the start; dates in the rows are not read.

    Examples
    --------
    >>> import walkstats as ws
    >>> ws.wearables.read_actigraph_csv("walks.csv", timezone="Europe/London")
    Traceback (most recent call last):
    walkstats.errors.DataError: minutes: there is no file walks.csv -> check the path
    """
    return _minutes(files, timezone, participants, _of_text)


def _minutes(files, timezone, participants, read) -> pd.DataFrame:  # type: ignore[no-untyped-def]
    zone = zone_named(timezone)
    listed = [files] if isinstance(files, str | os.PathLike) else list(files)
    if participants is not None and (
        isinstance(participants, str) or len(participants) != len(listed)
    ):
        raise ValueError(f"participants must be {len(listed)} ids, one for each file.")
    frames = []
    for k, file in enumerate(listed):
        path = Path(file)
        if not path.is_file():
            raise DataError.of(f"there is no file {path}", table=TABLE, what_to_do="check the path")
        if path.stat().st_size > MOST_BYTES:
            raise _unfit(path, "is larger than any recording", "is it another kind of file?")
        recording, whose = read(path)
        whose = whose if participants is None else participants[k]
        frames.append(_added_up(recording, str(whose), zone, path))
    if not frames:
        raise ValueError("files must name at least one file.")
    return pd.concat(frames, ignore_index=True) if len(frames) > 1 else frames[0]


def _added_up(recording: Recording, whose: str, zone: dt.tzinfo, path: Path) -> pd.DataFrame:
    """Epochs to minutes; minutes of which epochs lack are left out."""
    begin = recording.start.replace(tzinfo=zone).astimezone(dt.UTC)
    second = int(begin.timestamp()) + recording.offset
    if begin.year < FIRST.year or begin.year >= LAST.year:
        raise _unfit(path, f"starts in the year {begin.year}", "was its clock set?")
    if len(second) > 1 and (np.diff(second) <= 0).any():
        raise _unfit(path, "has epochs that go back in time", "export it again")
    minute, place, epochs = np.unique(second // 60, return_inverse=True, return_counts=True)
    whole = epochs == 60 // recording.seconds
    sums = {
        name: np.bincount(place, weights=values, minlength=len(minute))[whole]
        for name, values in (("steps", recording.steps), ("counts", recording.counts))
    }
    time = pd.to_datetime(minute[whole].astype("int64") * 60, unit="s", utc=True)
    ids = np.full(int(whole.sum()), whose, dtype=object)
    numbers = {name: values.astype(np.int64) for name, values in sums.items()}
    return pd.DataFrame({"participant_id": ids, "time": time, **numbers})[list(COLUMNS)]


def _unfit(path: Path, problem: str, what_to_do: str) -> DataError:
    return DataError.of(f"{path.name} {problem}", table=TABLE, what_to_do=what_to_do)


def _of_database(path: Path) -> tuple[Recording, str]:
    with path.open("rb") as file:
        if file.read(16) != b"SQLite format 3\0":
            raise _unfit(path, "is no .agd file: it is no SQLite database", "export it again")
    try:
        address = f"file:{quote(str(path.resolve()))}?mode=ro&immutable=1"
        with closing(sqlite3.connect(address, uri=True)) as database:
            database.execute("PRAGMA trusted_schema=OFF")
            settings = _settings(database, path)
            rows = _rows(database, path)
    except (sqlite3.Error, UnicodeDecodeError, OverflowError) as error:
        raise _unfit(path, f"is damaged ({error})", "export it again") from None
    seconds = _epoch(settings.get("epochlength", ""), path)
    if not len(rows):
        raise _unfit(path, "has no epochs", "was the device worn?")
    ticks = rows[:, 0] - TICKS_1970
    if abs(int(ticks[0])) > TICKS_1970 or abs(int(ticks[-1])) > TICKS_1970:
        raise _unfit(path, "has times that are none", "was its clock set?")
    start = dt.datetime(1970, 1, 1) + dt.timedelta(seconds=int(ticks[0]) // TICKS_A_SECOND)
    offset = (ticks - ticks[0]) // TICKS_A_SECOND
    return Recording(start, seconds, offset, rows[:, 2], rows[:, 1]), settings.get(
        "subjectname"
    ) or path.stem


def _settings(database: sqlite3.Connection, path: Path) -> dict[str, str]:
    tables = {
        row[0] for row in database.execute("SELECT name FROM sqlite_master WHERE type='table'")
    }
    if not {"data", "settings"} <= tables:
        there = ", ".join(sorted(map(str, tables))[:10]) or "nothing"
        raise _unfit(
            path,
            f"is no .agd file: it has {there}, not data and settings",
            "is it another database?",
        )
    named = {row[1] for row in database.execute("PRAGMA table_info(settings)")}
    if not {"settingName", "settingValue"} <= named:
        raise _unfit(path, "is no .agd file: its settings have other columns", "export it again")
    told = database.execute("SELECT settingName, settingValue FROM settings LIMIT 1000")
    return {str(name): str(value).strip() for name, value in told if value is not None}


def _rows(database: sqlite3.Connection, path: Path) -> np.ndarray:
    """dataTimestamp, axis1 and steps, shape (n, 3)."""
    named = {str(row[1]).lower() for row in database.execute("PRAGMA table_info(data)")}
    absent = [name for name in ("datatimestamp", "axis1", "steps") if name not in named]
    if absent:
        raise _unfit(
            path,
            f"has no column {', '.join(absent)}",
            "set the device to count steps, or export again",
        )
    rows = database.execute(
        "SELECT dataTimestamp, axis1, steps FROM data ORDER BY dataTimestamp"
    ).fetchall()
    try:
        # Some programs store whole numbers as real ones; ticks are too large for that.
        whole = [[_whole(cell) for cell in row] for row in rows]
        return np.array(whole, dtype=np.int64).reshape(len(rows), 3)
    except (TypeError, ValueError, OverflowError):
        raise _unfit(path, "has cells that are no whole numbers", "export it again") from None


def _whole(cell: object) -> int:
    if isinstance(cell, int) or (isinstance(cell, float) and cell.is_integer() and cell < 2**53):
        return int(cell)
    raise TypeError


def _epoch(told: str, path: Path) -> int:
    if told not in {str(one) for one in EPOCHS}:
        raise _unfit(
            path,
            f"has epochs of {told or 'no known number of'} seconds",
            f"take epochs of {', '.join(map(str, EPOCHS))} seconds",
        )
    return int(told)


def _of_text(path: Path) -> tuple[Recording, str]:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError):
        raise _unfit(path, "cannot be read as text", "export it again as CSV") from None
    lines = text.splitlines()
    head = lines[:HEADER_LINES]
    if not head or "actigraph" not in head[0].lower():
        raise _unfit(path, "has no header of ActiGraph", "export it with its header")
    start = _header_start(head, path)
    seconds = _epoch(str(_seconds(_told(head, "Epoch Period", path), path)), path)
    semicolons = len(lines) > HEADER_LINES and ";" in lines[HEADER_LINES]
    cells = [
        line.split(";" if semicolons else ",") for line in lines[HEADER_LINES:] if line.strip()
    ]
    names = [cell.strip().strip('"').lower() for cell in cells[0]] if cells else []
    if "steps" not in names or not {"axis1", "activity"} & set(names):
        raise _unfit(
            path,
            "has no columns axis1 (or Activity) and Steps in the line below its header",
            "export it with column headers and steps",
        )
    places = (names.index("axis1" if "axis1" in names else "activity"), names.index("steps"))
    numbers = _numbers(cells[1:], places, path)
    offset = np.arange(len(numbers), dtype=np.int64) * seconds
    return Recording(start, seconds, offset, numbers[:, 1], numbers[:, 0]), path.stem


def _numbers(cells: list[list[str]], places: tuple[int, int], path: Path) -> np.ndarray:
    found = []
    for k, row in enumerate(cells):
        try:
            found.append([int(row[place].strip().strip('"')) for place in places])
        except (ValueError, IndexError):
            line = HEADER_LINES + 2 + k
            raise _unfit(
                path, f"has cells that are no whole numbers in line {line}", "correct it"
            ) from None
    if not found:
        raise _unfit(path, "has no epochs", "was the device worn?")
    return np.array(found, dtype=np.int64)


def _told(head: list[str], what: str, path: Path) -> str:
    """What stands behind some words of the header."""
    for line in head:
        if line.strip().strip('"').startswith(what):
            return line.strip().strip('",;').removeprefix(what).strip()
    raise _unfit(path, f"has no line {what!r} in its header", "export it with its header")


def _header_start(head: list[str], path: Path) -> dt.datetime:
    written = re.search(r"date format ([^\s,;]+)", head[0])
    form = DATES.get(written.group(1) if written else "")
    if form is None:
        known = ", ".join(DATES)
        raise _unfit(path, "does not tell how its dates are written", f"known are: {known}")
    date, time = _told(head, "Start Date", path), _told(head, "Start Time", path)
    try:
        return dt.datetime.strptime(f"{date} {time}", f"{form} %H:%M:%S")
    except ValueError:
        raise _unfit(
            path,
            f"starts at {date} {time}, which is no date as its header writes them",
            "correct it",
        ) from None


def _seconds(told: str, path: Path) -> int:
    found = re.search(r"(\d+):(\d\d):(\d\d)$", told)
    if found is None:
        raise _unfit(path, f"has an epoch of {told!r}", "write it as 00:01:00")
    hours, minutes, seconds = (int(one) for one in found.groups())
    return 3600 * hours + 60 * minutes + seconds
