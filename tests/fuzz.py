"""Try folders for as long as one likes: ``python3 dev.py fuzz --seconds 600``.

Valid folders, damaged ones, and damaged files of other programs, drawn anew from a seed. A folder
that fails is written to ``fuzz-failures/`` with what went wrong, to be tried again by
``python3 dev.py fuzz --replay FOLDER``.
"""

import argparse
import re
import sys
import time
import traceback
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis.strategies import SearchStrategy

from tests.strategies.damages import damaged, damaged_manifests
from tests.strategies.folders import Folder, folders
from tests.strategies.foreign import damaged_files, damaged_recordings, foreign_folders
from tests.strategies.trying import put, try_file, try_folder, try_manifest, try_recording

ROUND = 100
"""Cases between two looks at the clock."""

THOROUGH = 10
"""One case in so many is read, written and asked about on the command line as well."""
FILES = "files of other programs, damaged"
MANIFESTS = "trial.toml, damaged"
RECORDINGS = "files of devices, damaged"

KINDS: dict[str, tuple[SearchStrategy[Folder], int]] = {
    "damaged": (damaged(folders()), 8),
    "folders of other programs' files, damaged": (foreign_folders(), 3),
    FILES: (damaged_files(), 24),
    MANIFESTS: (damaged_manifests(folders()), 24),
    RECORDINGS: (damaged_recordings(), 6),
    "valid": (folders(), 1),
}
"""What is drawn, and how often beside the others."""
TRIES = {FILES: try_file, MANIFESTS: try_manifest, RECORDINGS: try_recording}
"""What is tried with it, where that is not the whole folder."""


class Tally:
    """How many cases were tried and read, and the one tried last."""

    def __init__(self) -> None:
        self.tried: Counter[str] = Counter()
        self.read: Counter[str] = Counter()
        self.failures = 0
        self.last: Folder = {}
        self.slowest = 0.0


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the fuzzing; the status is 1 where something failed."""
    parser = argparse.ArgumentParser(prog="dev.py fuzz", description=__doc__)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--failures", type=Path, default=Path("fuzz-failures"))
    parser.add_argument("--replay", type=Path, metavar="FOLDER")
    asked = parser.parse_args(arguments)
    if asked.replay is not None:
        files = {one.name: one.read_bytes() for one in asked.replay.iterdir() if one.is_file()}
        try_folder(files)
        print("This folder does not fail.")
        return 0
    tally, began, number = Tally(), time.monotonic(), 0
    most = max(often for _, often in KINDS.values())
    turns = [
        kind
        for turn in range(most)
        for kind, (_, often) in KINDS.items()
        if turn * often // most != (turn - 1) * often // most
    ]
    while not number or time.monotonic() - began < asked.seconds:
        kind = turns[number % len(turns)]
        one_round(kind, asked.seed * 1_000_003 + number, tally, asked.failures)
        number += 1
        print(f"\r{told(tally)}", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    for kind, count in tally.tried.items():
        print(f"{kind}: tried {count}, of which {tally.read[kind]} could be read")
    print(f"slowest case: {tally.slowest:.1f} s")
    print(f"seed {asked.seed}, {time.monotonic() - began:.0f} s: {told(tally)}")
    return 1 if tally.failures else 0


def told(tally: Tally) -> str:
    """The sentence at the end."""
    return f"cases tried {sum(tally.tried.values())}, failures {tally.failures}"


def one_round(kind: str, number: int, tally: Tally, failures: Path) -> None:
    """Try a hundred folders of one kind; write the one that fails."""

    @seed(number)
    @settings(
        max_examples=ROUND,
        deadline=None,
        database=None,
        phases=(Phase.generate,),
        report_multiple_bugs=False,
        suppress_health_check=list(HealthCheck),
    )
    @given(KINDS[kind][0])
    def tried(files: Folder) -> None:
        tally.tried[kind] += 1
        tally.last = files
        tries = TRIES.get(kind, try_folder)
        began = time.monotonic()
        trial = tries(files, thorough=tally.tried[kind] % THOROUGH == 0)
        tally.slowest = max(tally.slowest, time.monotonic() - began)
        tally.read[kind] += trial is not None
        assert kind != "valid" or trial is not None, "a valid folder was refused"

    try:
        tried()
    except Exception as error:  # whatever it is: it is what is looked for
        tally.failures += 1
        keep(tally.last, error, failures / f"{re.sub('[^a-z]+', '-', kind)}-{number}")


def keep(files: Folder, error: Exception, folder: Path) -> None:
    """Write a folder that failed, and why beside it."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    if not folder.exists():
        put(files, folder)
    text = "".join(traceback.format_exception(error))
    folder.with_suffix(".txt").write_text(text, encoding="utf-8", errors="backslashreplace")
    print(f"\nfailed: {folder}: {type(error).__name__}: {str(error)[:300]}", file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
