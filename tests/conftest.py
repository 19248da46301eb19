"""What all tests share: a headless figure backend, hypothesis' profile, the summary of goldens."""

import os

os.environ.setdefault("MPLBACKEND", "Agg")
# Small matrices in several processes: threads within each would only wait for one another.
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

from typing import Any

import pytest
from hypothesis import HealthCheck, settings

# 30 examples of what has no number in the list of relations; those that have carry
# `tests.relations.relation`, 200. `dev.py slow` runs all of them with 200.
for profile, examples in (("walkstats", 30), ("thorough", 200)):
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


# Files that take seconds come first: no process is to wait at the end for another's long file.
LONG = ("notebooks", "report", "test_cli", "relations", "reading", "diagnostics", "figures")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the long files first; within a file the order stays."""
    items.sort(key=lambda item: not any(word in item.nodeid for word in LONG))


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
