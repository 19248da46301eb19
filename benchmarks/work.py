"""What is one line of the benchmark, and how are its engines timed side by side?"""

from __future__ import annotations

import shutil
import statistics
import subprocess
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

# A call is repeated within one measurement until it takes this long, so that clocks can see it.
SHORTEST = 0.05
# R's clock ticks in milliseconds: a call shorter than this is first timed twenty times over.
TICKS = 0.01
# A call longer than this is timed once.
LONGEST_CALL = 5.0


@dataclass(frozen=True)
class Work:
    """One piece of work, done by several engines on the same data.

    Attributes
    ----------
    name : str
    frame : pandas.DataFrame
        The data; R has them under the name ``d``.
    engines : mapping of str to callable
        Engine -> a call without arguments. "walkstats" is the public call; "kernel", where there is
        one, the same work on arrays.
    r : mapping of str to str
        What R does on ``d`` -> its expression.
    aims : mapping of str to float
        Peer -> how many times faster the kernel (without one: the public call) is meant to be.
    prepare_r : str
        What R does once, untimed.
    large : bool
        Whether it takes minutes, and is done only when asked for.
    """

    name: str
    frame: pd.DataFrame
    engines: Mapping[str, Callable[[], object]]
    r: Mapping[str, str] = field(default_factory=dict)
    aims: Mapping[str, float] = field(default_factory=dict)
    prepare_r: str = ""
    large: bool = False


class R:
    """An R process that times one expression at a time; absent where there is no Rscript."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.process = subprocess.Popen(
            ["Rscript", "--vanilla", str(Path(__file__).with_name("peer.R"))],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    @staticmethod
    def there() -> bool:
        """Whether R and its survival package can be used."""
        if shutil.which("Rscript") is None:
            return False
        asked = ["Rscript", "--vanilla", "-e", "library(survival)"]
        return subprocess.run(asked, capture_output=True).returncode == 0

    def load(self, frame: pd.DataFrame) -> None:
        """Give R the data of the next piece of work."""
        path = self.folder / "data.csv"
        frame.to_csv(path, index=False)
        self.seconds(f"d <- read.csv('{path}', stringsAsFactors = TRUE)")

    def seconds(self, expression: str, times: int = 1) -> float:
        """CPU seconds of one evaluation of an expression, from several in a row."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(f"{times}\t{expression}\n")
        self.process.stdin.flush()
        said = self.process.stdout.readline()
        if not said.strip():
            raise RuntimeError(f"R stopped at: {expression}")
        return float(said) / times

    def stop(self) -> None:
        """End the process."""
        self.process.communicate("")


def python_seconds(call: Callable[[], object], times: int = 1) -> float:
    """CPU seconds of one call, from several in a row."""
    began = time.process_time()
    for _ in range(times):
        call()
    return (time.process_time() - began) / times


def measure(work: Work, r: R | None, rounds: int) -> dict[str, float]:
    """Median CPU seconds by engine; the engines take turns, so a busy moment meets them all."""
    clocks = {name: _python_clock(call) for name, call in work.engines.items()}
    if r is not None and work.r:
        r.load(work.frame)
        if work.prepare_r:
            r.seconds(work.prepare_r)
        clocks |= {name: _r_clock(r, expression) for name, expression in work.r.items()}
    times, found = {}, {}
    for name, clock in clocks.items():
        first = clock(1)  # imports, compiles, fills caches
        once = clock(1) if first <= LONGEST_CALL else first
        once = clock(20) if once < TICKS else once
        times[name] = max(1, round(SHORTEST / max(once, 1e-6)))
        found[name] = [once] if once > LONGEST_CALL else []
    often = [name for name in clocks if not found[name]]
    for _ in range(rounds):
        for name in often:
            found[name].append(clocks[name](times[name]))
    return {name: statistics.median(values) for name, values in found.items()}


def _python_clock(call: Callable[[], object]) -> Callable[[int], float]:
    return lambda times: python_seconds(call, times)


def _r_clock(r: R, expression: str) -> Callable[[int], float]:
    return lambda times: r.seconds(expression, times)
