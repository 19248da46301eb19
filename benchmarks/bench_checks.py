"""All checks of a trial of 701 people in one pass: clean, and with the planted errors."""

import atexit
import shutil
import tempfile
from pathlib import Path

import pandas as pd

from benchmarks.work import Work
from tests.checks.planted import Tables, clean_tables, planted_tables, write
from walkstats import check_trial


def works() -> list[Work]:
    """A folder of about 65,000 rows: what pandas needs to read it is the floor."""
    home = Path(tempfile.mkdtemp(prefix="walkstats-checks-"))
    atexit.register(shutil.rmtree, home, ignore_errors=True)
    return [
        folder("check a folder, 701 people", clean_tables(), home / "clean"),
        folder("the same with errors planted", planted_tables(), home / "planted"),
    ]


def folder(name: str, tables: Tables, place: Path) -> Work:
    """Reading and checking a folder, beside reading its files only."""
    write(tables, place)

    def pandas():
        for file in place.glob("*.csv"):
            pd.read_csv(file)

    calls = {"walkstats": lambda: check_trial(place), "read_csv only": pandas}
    return Work(name, tables["participants"], calls)
