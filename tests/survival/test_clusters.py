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


# --- a group that is one cluster ----------------------------------------------------------------
#
# The influence of its rows on its own estimate sums to zero within the cluster: that zero, or
# what it leaves of a variance, is no certainty.


def by_arm_and_site(sites: np.ndarray) -> pd.DataFrame:
    rng = np.random.default_rng(11)
    arm = rng.integers(0, 2, 240)
    days = np.ceil(rng.exponential(60, 240))
    return pd.DataFrame(
        {
            "arm": np.where(arm, "walking", "control"),
            "coded": arm + 1,
            "age": rng.normal(50, 9, 240),
            "site": np.where(arm, sites[0], sites[1 + np.arange(240) % (len(sites) - 1)]),
            "days": np.minimum(days, 90),
            "event": days <= 90,
        }
    )


ONE_SITE = by_arm_and_site(np.arange(30))
TWO_SITES = by_arm_and_site(np.arange(2))


@pytest.mark.parametrize("frame", [ONE_SITE, TWO_SITES], ids=["one arm", "both arms"])
@pytest.mark.parametrize("name", FUNCTIONS)
def test_an_arm_in_one_cluster_is_told(frame: pd.DataFrame, name: str) -> None:
    notes = " ".join(FUNCTIONS[name](frame, cluster="site").notes)
    told = "belongs to one cluster" in notes
    assert told == (name != "concordance")  # which compares no arms
    assert "belongs to one cluster" not in " ".join(FUNCTIONS[name](frame, robust=True).notes if
        name != "concordance" else ())  # fmt: skip


def test_a_curve_without_visible_variation_has_no_limits() -> None:
    for curve in (survival.kaplan_meier, survival.nelson_aalen):
        frame = curve(ONE_SITE, "arm", cluster="site").frame.set_index("group")
        assert frame.loc["walking", ["std_error", "conf_low", "conf_high"]].isna().all(axis=None)
        assert frame.loc["control", "std_error"].notna().all()
        free = curve(ONE_SITE, "arm", robust=True).frame.set_index("group")
        assert np.array_equal(free["estimate"], frame["estimate"])


def test_comparisons_without_visible_variation_have_no_error() -> None:
    fixed = survival.compare_at(ONE_SITE, "arm", at=[30, 60], cluster="site")
    means = survival.restricted_means(ONE_SITE, "arm", tau=60, cluster="site")
    for change in (fixed.risk_difference, fixed.survival_ratio, means.difference, means.ratio):
        assert np.isfinite(change.values).all()
        assert np.isnan(change.covariance).all()
    assert np.isfinite(means.by_group.estimate("control").std_error)
    assert np.isnan(means.by_group.estimate("walking").std_error)
    assert fixed.tests["p_value"].isna().all()
    assert fixed.number_needed[["benefit_low", "harm_high"]].isna().all(axis=None)
    test = survival.log_rank(ONE_SITE, "arm", cluster="site")
    assert np.isnan(test.p_value)
    assert "needs several clusters in each group" in " ".join(test.notes)


def test_pairs_without_the_arm_are_tested() -> None:
    third = ONE_SITE.assign(arm=np.where(np.arange(240) % 3 == 0, "waiting", ONE_SITE["arm"]))
    third["site"] = np.where(third["arm"] == "walking", 0, 1 + np.arange(240) % 29)
    pairs = survival.log_rank_pairs(third, "arm", cluster="site")
    known = pairs.loc[pairs["p_value"].notna(), ["group", "reference"]]
    assert known.to_numpy().tolist() == [["waiting", "control"]]


@pytest.mark.parametrize("formula", ["arm + age", "coded + age"])
def test_a_hazard_ratio_without_visible_variation_has_no_error(formula: str) -> None:
    fit = survival.cox(ONE_SITE, formula, cluster="site")
    free = survival.cox(ONE_SITE, formula)
    assert np.array_equal(fit.values, free.values)
    assert np.isnan(fit.covariance[0]).all()
    assert np.isfinite(fit.estimate("age").std_error)
    assert np.isnan(fit.tests["wald"].p_value)
    assert np.isnan(fit.tests["robust_score"].p_value)
    assert fit.tests["likelihood_ratio"].p_value == free.tests["likelihood_ratio"].p_value


def test_a_level_in_one_cluster_leaves_the_others_alone() -> None:
    centre = np.arange(240) % 8
    last = ONE_SITE.assign(centre=centre, kind=np.array(list("aaaabbbc"))[centre])
    fit = survival.cox(last, "coded + kind", cluster="centre")
    assert np.isfinite(np.diag(fit.covariance)).tolist() == [True, True, False]
    assert "kind[c]: a level that is compared" in " ".join(fit.notes)
    first = last.assign(kind=np.array(list("abbbcccc"))[centre])
    fit = survival.cox(first, "coded + kind", cluster="centre")  # all others are compared with a
    assert np.isfinite(np.diag(fit.covariance)).tolist() == [True, False, False]
