"""What all tests share: a headless figure backend, hypothesis' profile, the summary of goldens."""

import os

os.environ.setdefault("MPLBACKEND", "Agg")

import pytest
from hypothesis import HealthCheck, settings

settings.register_profile(
    "walkstats",
    max_examples=200,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("walkstats")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print how closely R's numbers were met, topic by topic."""
    from tests.reference.goldens import summary

    table = summary()
    if len(table):
        terminalreporter.section("agreement with R (largest ratio of difference to tolerance)")
        terminalreporter.write_line(table.to_string(index=False))
