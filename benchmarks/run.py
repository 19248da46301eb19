"""Time walkstats beside its peers: ``python3 dev.py benchmarks [NAME ...] [--rounds N]``.

Every module bench_*.py has ``works()``. Engines take turns within one run; ratios are to be quoted,
times are of this machine. Nothing is asserted.
"""

from __future__ import annotations

import argparse
import importlib
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.work import R, Work, measure

COLUMNS = ("work", "engine", "CPU time", "/ walkstats", "/ kernel", "aim", "met")


def main(arguments: list[str]) -> None:
    """Run the benchmarks whose names start like one of the arguments, and print a table."""
    reader = argparse.ArgumentParser(description=__doc__)
    reader.add_argument("names", nargs="*", help="benchmarks to run, for instance cox; all if none")
    reader.add_argument("--rounds", type=int, default=5)
    options = reader.parse_args(arguments)
    names = [path.stem for path in sorted(Path(__file__).parent.glob("bench_*.py"))]
    chosen = [n for n in names if not options.names or n[6:].startswith(tuple(options.names))]
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        r = R(Path(folder)) if R.there() else None
        for name in chosen:
            for work in importlib.import_module(f"benchmarks.{name}").works():
                print(f"{work.name} ...", file=sys.stderr, flush=True)
                rows.extend(lines(work, measure(work, r, options.rounds)))
        if r is not None:
            r.stop()
    print(table(rows))
    if r is None:
        print("\nR is not beside: there is no Rscript with the package survival here.")


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


def table(rows: list[tuple[str, ...]]) -> str:
    """Rows under their headings, in Markdown."""
    every = [COLUMNS, tuple("-" * len(name) for name in COLUMNS), *rows]
    widths = [max(map(len, cells)) for cells in zip(*every, strict=True)]
    padded = [[c.ljust(width) for c, width in zip(line, widths, strict=True)] for line in every]
    return "\n".join("| " + " | ".join(line) + " |" for line in padded)


if __name__ == "__main__":
    main(sys.argv[1:])
