"""Too few clusters for a variance, and what the counts call rows that share one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

import walkstats as ws
from walkstats.errors import FitError

survival = ws.survival

FUNCTIONS: dict[str, Callable[..., Any]] = {
    "cox": lambda frame, **more: survival.cox(frame, "arm", **more),
    "kaplan_meier": lambda frame, **more: survival.kaplan_meier(frame, "arm", **more),
    "nelson_aalen": lambda frame, **more: survival.nelson_aalen(frame, "arm", **more),
    "log_rank": lambda frame, **more: survival.log_rank(frame, "arm", **more),
    "restricted_means": lambda frame, **more: survival.restricted_means(
        frame, "arm", tau=40, **more
    ),
    "compare_at": lambda frame, **more: survival.compare_at(frame, "arm", at=40, **more),
    "concordance": lambda frame, **more: survival.concordance(frame, "age", **more),
}


@pytest.fixture
def rows() -> pd.DataFrame:
    """Two rows of each of 60 people, whose column is no participant_id."""
    rng = np.random.default_rng(3)
    return pd.DataFrame(
        {
            "pid": np.repeat(np.arange(60), 2),
            "one": "only",
            "site": np.tile(["a", "b", "c"], 40),
            "arm": np.repeat(["control", "walking"], 60),
            "age": rng.normal(50, 9, 120),
            "bmi": rng.normal(26, 3, 120),
            "pain": rng.normal(4, 1, 120),
            "days": np.ceil(rng.exponential(60, 120)) + 1,
            "event": rng.random(120) < 0.7,
        }
    )


@pytest.mark.parametrize("name", FUNCTIONS)
def test_one_cluster_is_refused(rows: pd.DataFrame, name: str) -> None:
    with pytest.raises(FitError, match="All rows belong to one cluster of one"):
        FUNCTIONS[name](rows, cluster="one")


@pytest.mark.parametrize("name", FUNCTIONS)
def test_few_clusters_are_said_and_many_are_not(rows: pd.DataFrame, name: str) -> None:
    def notes(by: str) -> str:
        return " ".join(FUNCTIONS[name](rows, cluster=by).notes)

    assert "rests on few clusters" in notes("site")
    assert "rests on few clusters" not in notes("pid")


def test_cox_needs_more_clusters_than_coefficients(rows: pd.DataFrame) -> None:
    assert survival.cox(rows, "age + bmi", cluster="site").state == "converged"
    with pytest.raises(FitError, match=r"3 clusters of site .* 3 coefficients: at least 4"):
        survival.cox(rows, "age + bmi + pain", cluster="site")


@pytest.mark.parametrize("name", FUNCTIONS)
def test_rows_that_share_a_cluster_are_not_called_participants(
    rows: pd.DataFrame, name: str
) -> None:
    counts = FUNCTIONS[name](rows, cluster="pid").counts
    assert counts.clusters == 60
    assert str(counts) == f"{counts.events} events among 120 rows in 60 clusters"
    single = FUNCTIONS[name](rows.iloc[::2], cluster="pid").counts
    assert str(single) == f"{single.events} events among 60 participants"


@pytest.mark.parametrize("name", [name for name in FUNCTIONS if name != "concordance"])
def test_people_are_counted_where_the_cluster_is_the_subject(rows: pd.DataFrame, name: str) -> None:
    counts = FUNCTIONS[name](rows, cluster="pid", subject="pid").counts
    assert counts.participants == 60
    assert str(counts) == f"{counts.events} events among 60 participants in 120 rows"
