"""Time walkstats beside its peers: ``python3 dev.py benchmarks [NAME ...] [--rounds N] [--large]``.

Every module bench_*.py has ``works()``. Engines take turns within one run; ratios are to be quoted,
times are of this machine. Nothing is asserted.
"""

from __future__ import annotations

import argparse
import importlib
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.work import R, Work, measure

# Heading -> width; rows are printed as soon as they are known, so widths are settled before.
COLUMNS = {
    "work": 62,
    "engine": 14,
    "CPU time": 8,
    "/ walkstats": 11,
    "/ kernel": 8,
    "aim": 4,
    "met": 3,
}


def main(arguments: list[str]) -> None:
    """Run the benchmarks whose names start like one of the arguments, and print a table."""
    reader = argparse.ArgumentParser(description=__doc__)
    reader.add_argument("names", nargs="*", help="benchmarks to run, for instance cox; all if none")
    reader.add_argument("--rounds", type=int, default=5)
    reader.add_argument("--large", action="store_true", help="the works that take minutes, too")
    options = reader.parse_args(arguments)
    print(line(tuple(COLUMNS)))
    print(line(tuple("-" * len(name) for name in COLUMNS)), flush=True)
    with tempfile.TemporaryDirectory() as folder:
        r = R(Path(folder)) if R.there() else None
        for work in chosen(options.names, options.large):
            for cells in lines(work, measure(work, r, options.rounds)):
                print(line(cells), flush=True)
        if r is None:
            print("\nR is not beside: there is no Rscript with the package survival here.")
        else:
            r.stop()


def chosen(names: list[str], large: bool) -> Iterator[Work]:
    """The works asked for, each made when its turn has come."""
    for path in sorted(Path(__file__).parent.glob("bench_*.py")):
        if not names or path.stem.removeprefix("bench_").startswith(tuple(names)):
            for work in importlib.import_module(f"benchmarks.{path.stem}").works():
                if large or not work.large:
                    yield work


def lines(work: Work, seconds: dict[str, float]) -> list[tuple[str, ...]]:
    """One line per engine: its time, and how many times ours it is."""
    call, kernel = seconds["walkstats"], seconds.get("kernel")
    found = []
    for name, time in seconds.items():
        aim = work.aims.get(name)
        multiple = time / (kernel or call)
        found.append(
            (
                work.name,
                name,
                spoken(time),
                f"{time / call:.3g}",
                f"{time / kernel:.3g}" if kernel else "",
                f"{aim:g}" if aim else "",
                "" if not aim else "yes" if multiple >= aim else "no",
            )
        )
    return found


def spoken(seconds: float) -> str:
    """A duration in the unit that suits it."""
    for unit, size in (("s", 1.0), ("ms", 1e-3)):
        if seconds >= size:
            return f"{seconds / size:.3g} {unit}"
    return f"{seconds * 1e6:.3g} us"


def line(cells: tuple[str, ...]) -> str:
    """One row of the table, in Markdown."""
    padded = [c.ljust(width) for c, width in zip(cells, COLUMNS.values(), strict=True)]
    return "| " + " | ".join(padded) + " |"


if __name__ == "__main__":
    main(sys.argv[1:])
