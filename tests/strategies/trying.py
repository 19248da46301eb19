"""What must hold of every folder, whoever made it? One function that tries it."""

import contextlib
import io
import signal
import tempfile
import time
import warnings
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest

import walkstats as ws
from tests.strategies.folders import Folder
from walkstats.cli import main
from walkstats.errors import problems_frame
from walkstats.reading.declared.declarations import Declared
from walkstats.reading.declared.manifest import read_manifest
from walkstats.reading.declared.toml_text import parse_toml
from walkstats.reading.folders import read_folder
from walkstats.reading.formats import read_text
from walkstats.reading.places.compressed import unpacked
from walkstats.reading.text_tables import FileFormat, TextTable

SECONDS = 20.0
"""A folder of a few rows takes some hundredths; this one hangs [s]."""


class HangsError(AssertionError):
    """Reading took longer than any small folder may."""


def try_folder(files: Folder, *, thorough: bool = True) -> ws.Trial | None:
    """Read, check and write a folder, and insist on what must hold of any.

    Only DataError and findings come of it; every finding says what is wrong and what to do; nothing
    is printed, warned of or changed; what can be read can be written and read again (the last two
    only when ``thorough``, and so the command line).

    Returns
    -------
    walkstats.Trial or None
        None when the folder was refused.
    """
    with tempfile.TemporaryDirectory() as place, quiet(), no_longer_than(SECONDS):
        folder = put(files, Path(place) / "trial")
        reading = read_folder(folder)
        findings = problems_frame(reading.problems)
        errors = int((findings["severity"] == "error").sum())
        assert str(ws.DataError(reading.problems)) or not errors
        assert findings["problem"].str.len().gt(0).all()
        silent = findings[findings["what_to_do"].str.len() == 0]
        assert silent.empty, silent["problem"].tolist()
        trial = None if errors else reading.trial
        assert errors or trial is not None
        if thorough:
            read_as_found(folder, findings)
            assert asked(folder, Path(place) / "page.html") == (1 if errors else 0)
        if thorough and trial is not None:
            again(trial, Path(place) / "copy")
        assert {p.name: p.read_bytes() for p in folder.iterdir() if p.is_file()} == files
    return trial


def try_file(files: Folder, *, thorough: bool = True) -> TextTable | None:
    """Read a single file as text; None when it was refused, which only a DataError may do."""
    ((name, data),) = files.items()
    with quiet(), no_longer_than(SECONDS):
        try:
            found = read_text(unpacked(data, name).data, name, FileFormat())
        except ws.DataError as error:
            found, problems = None, error.findings
        else:
            problems = found.problems
    assert all(one.problem and one.what_to_do for one in problems), problems
    if found is None:
        return None
    cells = {type(cell) for name in found.frame for cell in found.frame[name]}
    assert cells <= {str, type(None), float}, cells
    return found


def try_recording(files: Folder, *, thorough: bool = True) -> pd.DataFrame | None:
    """Read a single file of a device; None when it was refused, which only a DataError may do."""
    ((name, data),) = files.items()
    with tempfile.TemporaryDirectory() as place, quiet(), no_longer_than(SECONDS):
        file = Path(place) / name
        file.write_bytes(data)
        try:
            if name.startswith("minute"):
                people = pd.DataFrame({"participant_id": ["1503960366"]})
                return ws.wearables.weekly_minutes_at_cadence(
                    file, people.assign(randomised_on="2016-11-06"), layout="fitabase",
                    wear="choi" if thorough else "recorded", timezone="America/New_York",
                )  # fmt: skip
            device = (
                ws.wearables.read_agd if name.endswith("agd") else ws.wearables.read_actigraph_csv
            )
            minutes = device(file, timezone="Europe/London")
        except ws.DataError:
            return None
    assert minutes["time"].notna().all()
    assert not minutes["time"].duplicated().any()
    return minutes


def try_manifest(files: Folder, *, thorough: bool = True) -> Declared | None:
    """Read trial.toml alone, which is quick; None when something in it was refused."""
    with quiet(), no_longer_than(SECONDS):
        try:
            declared, problems = read_manifest(
                parse_toml(files.get("trial.toml", b""), "trial.toml")
            )
        except ws.DataError as error:
            declared, problems = None, list(error.findings)
    assert all(one.problem and one.what_to_do for one in problems), problems
    assert str(ws.DataError(problems)) or thorough
    return None if problems else declared


def read_as_found(folder: Path, findings: pd.DataFrame) -> None:
    """``check_trial`` and ``read_trial`` say the same as the reading did."""
    assert len(ws.check_trial(folder)) == len(findings)
    if findings["severity"].eq("error").any():
        with pytest.raises(ws.DataError) as caught:
            ws.read_trial(folder)
        assert len(caught.value.problems) == len(findings)
    else:
        ws.read_trial(folder)


def put(files: Folder, folder: Path) -> Path:
    """Write files to a new folder."""
    folder.mkdir()
    for name, data in files.items():
        (folder / name).write_bytes(data)
    return folder


def again(trial: ws.Trial, folder: Path) -> None:
    """What was read is written, and reads back as the same trial."""
    ws.write_trial(trial, folder)
    back = ws.read_trial(folder)
    assert back.equals(trial)
    for name in ("name", "source", "arms", "strata", "currency", "price_year"):
        assert getattr(back, name) == getattr(trial, name)
    assert ws.check_trial(trial)["severity"].ne("error").all()


def asked(folder: Path, page: Path) -> int:
    """The status of ``walkstats check``; what it writes has no element that the data brought."""
    said, failed = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(said), contextlib.redirect_stderr(failed):
        status = main(["check", str(folder), "--html", str(page)])
    assert "Traceback" not in said.getvalue() + failed.getvalue()
    written = page.read_text(encoding="utf-8").lower()
    assert "<img" not in written
    assert "alert(1)</script" not in written
    assert "\x1b" not in said.getvalue()
    return status


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Nothing is printed, and no warning is given."""
    said, failed = io.StringIO(), io.StringIO()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with contextlib.redirect_stdout(said), contextlib.redirect_stderr(failed):
            yield
    assert said.getvalue() + failed.getvalue() == ""


@contextlib.contextmanager
def no_longer_than(seconds: float) -> Iterator[None]:
    """An alarm where the system has one; a look at the clock elsewhere."""
    began = time.monotonic()
    if hasattr(signal, "SIGALRM"):

        def stop(*_: object) -> None:
            raise HangsError(f"longer than {seconds:g} s")

        before = signal.signal(signal.SIGALRM, stop)
        signal.setitimer(signal.ITIMER_REAL, seconds)
        try:
            yield
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, before)
    else:
        yield
        if time.monotonic() - began > seconds:
            raise HangsError(f"longer than {seconds:g} s")
