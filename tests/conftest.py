"""What all tests share: a headless backend, hypothesis' profile, samples, sums of goldens."""

import contextlib
import gc
import importlib
import os
import pkgutil
import warnings
from pathlib import Path

os.environ.setdefault("MPLBACKEND", "Agg")
# Small matrices in several processes: threads within each would only wait for one another.
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

from typing import Any

import pytest
from hypothesis import HealthCheck, settings

from tests.samples_kept import read_samples_once

# 12 examples of what has no number in the list of relations; those that have carry a mark of
# tests/relations.py. `dev.py slow` runs all of them with 200.
for profile, examples in (("walkstats", 12), ("thorough", 200)):
    settings.register_profile(
        profile,
        max_examples=examples,
        deadline=None,
        derandomize=True,
        suppress_health_check=[HealthCheck.too_slow],
    )
settings.load_profile("walkstats")


def pytest_configure(config: pytest.Config) -> None:
    """Take all examples where the tests of hypothesis are asked for by their mark."""
    if "hypothesis" in config.getoption("markexpr", ""):
        settings.load_profile("thorough")
    read_samples_once()


# Files that take seconds come first: no process is to wait at the end for another's long file. The
# engines lead, beside what compiles nothing: notebooks and reports find compiled what they need.
LONG = (
    *("numerics/test_engine", "figures", "reading", "notebooks", "relations"),
    *("report", "test_cli", "diagnostics", "plan", "test_docs", "calibration", "slow_twins"),
)


def pytest_sessionstart(session: pytest.Session) -> None:
    """Let several processes share the reading of the test files, where all of them are asked for.

    Each begins at another one, and finds compiled what another has read already.
    """
    told = getattr(session.config, "workerinput", {"workercount": 1})
    if told["workercount"] > 1 and session.config.args_source is pytest.Config.ArgsSource.TESTPATHS:
        folder = Path(__file__).parent
        files = [file.relative_to(folder.parent) for file in sorted(folder.rglob("test_*.py"))]
        own = len(files) * int(told["workerid"].removeprefix("gw")) // told["workercount"]
        for file in files[own:] + files[:own]:
            # One that cannot be imported, or warns, fails where it is collected.
            with contextlib.suppress(Exception), warnings.catch_warnings(action="error"):
                importlib.import_module(".".join(file.with_suffix("").parts))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the long files first; within a file the order stays."""
    files = {item: item.nodeid.partition("::")[0] for item in items}
    items.sort(
        key=lambda item: next((k for k, word in enumerate(LONG) if word in files[item]), len(LONG))
    )


def pytest_collection_finish(session: pytest.Session) -> None:
    """Let no example of hypothesis depend on which other tests are asked for.

    It draws among the constants of the modules that happen to be imported: so all of them are.
    """
    if any(item.get_closest_marker("hypothesis") for item in session.items):
        for package in map(importlib.import_module, ("walkstats", "calibration")):
            for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
                # One that cannot be imported fails where it is tested.
                with contextlib.suppress(Exception):
                    importlib.import_module(module.name)
    # What was imported stays: no need to go through it again and again.
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Hand what one of several processes has compared to the one that reports."""
    if hasattr(session.config, "workeroutput"):
        from tests.reference.goldens import handed_over

        session.config.workeroutput["tallies"] = handed_over()


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any, error: object) -> None:
    """Take what a process has compared."""
    from tests.reference.goldens import take_over

    take_over(getattr(node, "workeroutput", {}).get("tallies", {}))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print how closely R's numbers were met, topic by topic."""
    from tests.reference.goldens import summary

    table = summary()
    if len(table):
        terminalreporter.section("agreement with R (largest ratio of difference to tolerance)")
        terminalreporter.write_line(table.to_string(index=False))
