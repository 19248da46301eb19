"""Clusters in one arm only, levels in one cluster, and the level of tests with few clusters.

SAME: the same sums in two orders of rows. Rejection rates are held within 3.29 Monte Carlo standard
errors of the nominal level, or of the reference of a simulation in R.
"""

import numpy as np
import pandas as pd
import pytest

from walkstats.errors import DataError
from walkstats.numerics.cluster_robust import cr_covariance, hc_covariance
from walkstats.numerics.least_squares import factor
from walkstats.numerics.limits import t_p
from walkstats.regression import linear_mixed, ols, rate_regression

SAME = 1e-10


def clinics(seed=1, per_clinic=3, clinics=6, controls=15):
    """A trial whose walking arm is delivered by clinics, and whose controls go nowhere."""
    rng = np.random.default_rng(seed)
    walking = np.repeat(np.arange(clinics), per_clinic)
    n = len(walking) + controls
    of_clinic = np.append(rng.normal(size=clinics)[walking], np.zeros(controls))
    return pd.DataFrame(
        {
            "participant_id": [f"P{k}" for k in range(n)],
            "arm": pd.Categorical(["walking"] * len(walking) + ["control"] * controls),
            "clinic": pd.array([*walking, *[None] * controls], dtype="Int64"),
            "age": rng.normal(50, 9, n).round(),
            "pain": rng.normal(size=n) + of_clinic,
        }
    )


def test_each_control_is_a_cluster_of_its_own():
    frame = clinics()
    numbered = frame.assign(unit=frame["clinic"].astype(object).fillna(frame["participant_id"]))
    numbered["unit"] = numbered["unit"].astype(str)
    by_hand = ols(numbered, "pain ~ arm + age", cluster="unit")
    fit = ols(frame, "pain ~ arm + age", cluster="clinic", missing_cluster="own")
    np.testing.assert_allclose(fit.covariance, by_hand.covariance, rtol=SAME)
    assert fit.estimate("arm[walking]").df == pytest.approx(by_hand.estimate("arm[walking]").df)
    assert "21 clusters (6 of clinic, and 15 participants that belong to none" in fit.method
    assert "Rows without clinic, by arm: control 15." in fit.notes


def test_a_blank_clinic_is_none():
    frame = clinics()
    blank = frame.assign(clinic=frame["clinic"].astype("string").fillna(" ").astype(object))
    one = ols(frame, "pain ~ arm", cluster="clinic", missing_cluster="own")
    two = ols(blank, "pain ~ arm", cluster="clinic", missing_cluster="own")
    np.testing.assert_allclose(two.covariance, one.covariance, rtol=SAME)
    assert two.notes == one.notes


def test_rows_of_a_control_stay_together():
    first = clinics()
    frame = pd.concat([first, first.assign(pain=first["pain"] + 0.3)], ignore_index=True)
    fit = ols(frame, "pain ~ arm", cluster="clinic", missing_cluster="own")
    assert fit.cluster.max() + 1 == 21
    anonymous = frame.drop(columns="participant_id")
    alone = ols(anonymous, "pain ~ arm", cluster="clinic", missing_cluster="own")
    assert alone.cluster.max() + 1 == 36
    assert "30 rows that belong to none" in alone.method
    # Nobody said whose the rows are: they are not called participants.
    assert str(alone.counts) == "66 rows in 36 clusters"
    assert str(fit.counts) == "33 participants in 66 rows"


def test_clinics_of_one_arm_are_no_level_above_both():
    with pytest.raises(
        DataError, match=r"found 1 \(walking, n=18\); left out before \(15 rows: clin"
    ):
        linear_mixed(clinics(), "pain ~ arm", nested="clinic")


def test_missing_clusters_are_no_choice_of_ours():
    frame = clinics()
    with pytest.raises(DataError, match=r"15 of the 33 rows.*missing_cluster='own'"):
        ols(frame, "pain ~ arm", cluster="clinic")
    with pytest.raises(ValueError, match="missing_cluster must be one of 'refuse', 'own'"):
        ols(frame, "pain ~ arm", cluster="clinic", missing_cluster="each")
    with pytest.raises(ValueError, match="needs the column of clusters"):
        ols(frame, "pain ~ arm", missing_cluster="own")
    torn = pd.concat([frame, frame.head(2).assign(clinic=pd.array([None] * 2, "Int64"))])
    with pytest.raises(DataError, match="2 participants have clinic in some rows and none in othe"):
        ols(torn, "pain ~ arm", cluster="clinic", missing_cluster="own")


@pytest.mark.parametrize("se", ["CR0", "CR2"])
def test_an_arm_in_one_cluster_is_told(se):
    """Controls numbered as one clinic: nothing varies between the clusters of that arm."""
    frame = clinics().assign(clinic=lambda f: f["clinic"].fillna(99))
    fit = ols(frame, "pain ~ arm + age", cluster="clinic", se=se)
    assert np.isnan(fit.estimate("arm[walking]").std_error)
    assert np.isfinite(fit.estimate("age").std_error)
    assert "arm[walking]: a level that is compared belongs to one cluster" in " ".join(fit.notes)
    assert "fitted exactly" not in " ".join(fit.notes)


def test_rates_of_an_arm_in_one_cluster_have_no_error():
    frame = clinics().assign(clinic=lambda f: f["clinic"].fillna(99))
    frame["recurrences"] = np.arange(33) % 4
    fit = rate_regression(frame, "recurrences ~ arm + age", cluster="clinic")
    assert np.isnan(fit.estimate("arm[walking]").std_error)
    assert np.isfinite(fit.estimate("age").std_error)
    assert "arm[walking]: a level that is compared belongs to one cluster" in " ".join(fit.notes)


# --- simulations ---------------------------------------------------------------------------------


def rejections(matrix, codes, draw, replicates, seed):
    """Share of null trials in which each test of the second coefficient is below 0.05."""
    rng = np.random.default_rng(seed)
    design = factor(matrix)
    effect = np.array([0.0, 1.0])
    clusters = codes.max() + 1
    missed = {"HC3": 0, "z": 0, "clusters": 0, "satterthwaite": 0}
    for _ in range(replicates):
        outcome = draw(rng)
        scores = design.q.T @ outcome
        left, change = outcome - design.q @ scores, effect @ design.back @ scores
        errors = [hc_covariance(design, left, "HC3").covariance[1, 1]]
        for kind in ("CR1", "CR2"):
            robust, pieces = cr_covariance(design, left, codes, kind)
            errors.append(robust.covariance[1, 1])
        plain, loose, ours = change / np.sqrt(errors)
        missed["HC3"] += t_p(plain, len(codes) - 2) < 0.05
        missed["z"] += t_p(loose, np.inf) < 0.05
        missed["clusters"] += t_p(loose, clusters - 1) < 0.05
        missed["satterthwaite"] += t_p(ours, pieces.of(effect)) < 0.05
    return {name: count / replicates for name, count in missed.items()}


def judged(found_in, wrong):
    """400 replicates, then 4,000 of a new seed; the wrong tests have to be found out."""
    for replicates, seed in ((400, 20240621), (4000, 20240622)):
        found = found_in(replicates, seed)
        room = 3.29 * np.sqrt(0.05 * 0.95 / replicates)
        wrongly = all(found[name] > 0.05 + room for name in wrong)
        if abs(found["satterthwaite"] - 0.05) <= room and wrongly:
            return
    pytest.fail(f"rejections of true null hypotheses: {found}")


def two_groups(sizes, treated):
    """Design matrix and codes of clusters of these sizes, some of them treated."""
    codes = np.repeat(np.arange(len(sizes)), sizes)
    return np.column_stack([np.ones(len(codes)), np.asarray(treated, dtype=float)[codes]]), codes


@pytest.mark.slow
def test_ten_clusters_keep_their_level():
    """CR2 with Satterthwaite holds 0.05; z and t with nine degrees of freedom do not."""
    sizes = [5, 5, 8, 10, 12, 15, 20, 25, 30, 40]
    matrix, codes = two_groups(sizes, [1, 0, 0, 1, 1, 0, 0, 1, 1, 0])

    def draw(rng):
        return rng.normal(size=10)[codes] * 0.5 + rng.normal(size=len(codes))

    judged(lambda times, seed: rejections(matrix, codes, draw, times, seed), ["z", "clusters"])


@pytest.mark.slow
def test_ten_equal_clusters_at_four_thousand():
    """With equal clusters CR2's is the t test of the ten means; CR1's is 1.055 times its t.

    z and t(9) of that reject 0.1005 and 0.0645 (P(|t8| > q / 1.055)); a simulation in R found 0.109
    and 0.070.
    """
    matrix, codes = two_groups([10] * 10, [0, 1] * 5)

    def draw(rng):
        return rng.normal(size=10)[codes] * 0.5 + rng.normal(size=len(codes))

    found = rejections(matrix, codes, draw, 4000, 20240623)
    assert 0.0387 <= found["satterthwaite"] <= 0.0613
    stretch = np.sqrt(1.25 / (10 / 9 * 99 / 98))
    for name, quantile, in_r in (("z", 1.959964, 0.109), ("clusters", 2.262157, 0.070)):
        exact = float(t_p(quantile / stretch, 8))
        room = 3.29 * np.sqrt(exact * (1 - exact) / 4000)
        assert abs(found[name] - exact) <= room
        assert abs(found[name] - in_r) <= 2 * room
        assert found[name] > 0.0613


@pytest.mark.slow
def test_clinics_in_one_arm_keep_the_level():
    """25 clinics deliver one arm; rows taken as independent reject too often."""
    sizes = [6] * 25 + [1] * 150
    matrix, codes = two_groups(sizes, [1] * 25 + [0] * 150)

    def draw(rng):
        # The same variance in both arms, of which clinics make up 0.3 in theirs.
        alone = rng.normal(size=len(codes)) * np.where(codes < 25, np.sqrt(0.7), 1.0)
        return alone + np.where(codes < 25, rng.normal(size=175)[codes] * np.sqrt(0.3), 0.0)

    judged(lambda times, seed: rejections(matrix, codes, draw, times, seed), ["HC3"])
