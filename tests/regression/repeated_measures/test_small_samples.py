"""Degrees of freedom with few people: beside matrices written out, and where they are exact."""

import numpy as np
import pytest

from tests.reference.goldens import data, entry, value
from tests.regression.repeated_measures.written_out import (
    expected_uncertainty,
    kenward_roger,
    observed_uncertainty,
    visited,
    whole_covariance,
)
from walkstats.numerics import limits
from walkstats.regression import mmrm, visit_differences
from walkstats.regression.repeated_measures.structures import STRUCTURES

# Inverses of matrices of all outcomes.
ROUNDING = 1e-6


def parts_of(fit, person, structure):
    return [
        whole_covariance(part, person, fit.visit_codes)
        for part in STRUCTURES[structure].linear(len(fit.visits))
    ]


def fitted(structure, df):
    formula = "pain ~ arm * factor(month) + age"
    fit = mmrm(visited(), formula, visit="month", covariance=structure, df=df)
    person = np.unique(fit.subjects, return_inverse=True)[1]
    v = whole_covariance(fit.covariance_by_group["all"], person, fit.visit_codes)
    return fit, v, parts_of(fit, person, structure)


@pytest.mark.parametrize("structure", ["unstructured", "compound-symmetry", "toeplitz"])
def test_kenward_roger_written_out(structure):
    fit, v, parts = fitted(structure, "kenward-roger")
    spread = observed_uncertainty(fit.outcome, fit.matrix, v, parts)
    larger, scaled = kenward_roger(fit.matrix, v, parts, spread)
    np.testing.assert_allclose(fit.covariance, larger, rtol=ROUNDING, atol=1e-9)
    for positions in ([1], [4, 5], [1, 4, 5], [1, 2, 3, 4, 5, 6]):
        contrasts = np.eye(7)[positions]
        np.testing.assert_allclose(fit.freedom.joint(contrasts), scaled(contrasts), rtol=ROUNDING)
    one = fit.estimate("arm[walking]")
    assert one.df == pytest.approx(scaled(np.eye(7)[[1]])[0], rel=ROUNDING)


def test_satterthwaite_written_out():
    """In the entries of the covariance, by differences; the package has other parameters."""
    fit, v, parts = fitted("unstructured", "satterthwaite")
    spread = observed_uncertainty(fit.outcome, fit.matrix, v, parts)

    def variance(matrix, weights):
        return weights @ np.linalg.inv(fit.matrix.T @ np.linalg.solve(matrix, fit.matrix)) @ weights

    for weights in np.eye(7):
        slope = [
            (variance(v + 1e-5 * part, weights) - variance(v - 1e-5 * part, weights)) / 2e-5
            for part in parts
        ]
        df = 2 * variance(v, weights) ** 2 / (slope @ spread @ slope)
        assert fit.freedom.of(weights) == pytest.approx(df, rel=1e-5)


def test_expected_information_gives_the_numbers_of_pbkrtest():
    gold = entry("10_repeated", "mmrm.fdd.cs_satterthwaite")
    frame = data("fdd.csv").assign(control=lambda f: f["trt"] - 1)
    fit = mmrm(
        frame, "yp ~ factor(visit) * control", subject="id", visit="visit",
        covariance="compound-symmetry",
    )  # fmt: skip
    person = np.unique(fit.subjects, return_inverse=True)[1]
    parts = parts_of(fit, person, "compound-symmetry")
    v = whole_covariance(fit.covariance_by_group["all"], person, fit.visit_codes)
    larger, scaled = kenward_roger(fit.matrix, v, parts, expected_uncertainty(fit.matrix, v, parts))
    np.testing.assert_allclose(np.sqrt(np.diag(larger)), value(gold, "kr_se"), rtol=1e-5)
    df = [scaled(row[None])[0] for row in np.eye(6)]
    np.testing.assert_allclose(df, value(gold, "kr_df"), rtol=1e-4)
    for one in entry("10_repeated", "mmrm.fdd.cs_joint")["values"].values():
        contrasts = np.eye(6)[np.array(one["columns"]) - 1]
        b = contrasts @ fit.values
        statistic = b @ np.linalg.solve(contrasts @ larger @ contrasts.T, b) / len(b)
        ddf, factor = scaled(contrasts)
        assert ddf == pytest.approx(one["kr_ddf"], rel=1e-4)
        assert factor == pytest.approx(one["kr_scaling"], rel=1e-4)
        assert factor * statistic == pytest.approx(one["kr_F"], rel=1e-4)


def hotelling(frame):
    """F and its degrees of freedom of equal means at all visits, two arms, complete data."""
    wide = frame.pivot(index="participant_id", columns="month", values="pain")
    arm = frame.groupby("participant_id")["arm"].first().reindex(wide.index)
    one, two = wide[arm == "walking"].to_numpy(), wide[arm == "control"].to_numpy()
    n, m, p = len(one), len(two), wide.shape[1]
    pooled = ((n - 1) * np.cov(one.T) + (m - 1) * np.cov(two.T)) / (n + m - 2)
    apart = one.mean(axis=0) - two.mean(axis=0)
    t2 = n * m / (n + m) * apart @ np.linalg.solve(pooled, apart)
    free = n + m - p - 1
    return free / ((n + m - 2) * p) * t2, p, free


def test_kenward_roger_of_complete_data_is_hotellings_test():
    frame = visited(people=13, missed=0.0)
    fit = mmrm(frame, "pain ~ arm * factor(month)", visit="month", df="kenward-roger")
    test = visit_differences(fit).any_difference()
    statistic, p, free = hotelling(frame)
    assert test.statistic == pytest.approx(statistic, rel=1e-8)
    assert (test.df, test.df_denominator) == (p, pytest.approx(free, rel=1e-8))
    assert test.p_value == pytest.approx(float(limits.f_p(statistic, p, free)), rel=1e-8)


@pytest.mark.parametrize("df", ["satterthwaite", "kenward-roger"])
def test_complete_data_give_the_t_test_of_each_visit(df):
    from scipy import stats

    frame = visited(people=13, missed=0.0)
    fit = mmrm(frame, "pain ~ arm * factor(month)", visit="month", df=df)
    found = visit_differences(fit).differences.to_frame()
    for (_, at), ours in zip(frame.groupby("month"), found.itertuples(), strict=True):
        t = stats.ttest_ind(
            at.loc[at["arm"] == "walking", "pain"], at.loc[at["arm"] == "control", "pain"]
        )
        assert ours.statistic == pytest.approx(t.statistic, rel=1e-9)
        assert ours.df == pytest.approx(t.df, rel=1e-7)
        assert ours.p_value == pytest.approx(t.pvalue, rel=1e-7)


def test_equal_degrees_of_freedom_stay_in_joint_tests():
    fit = mmrm(visited(people=13, missed=0.0), "pain ~ arm * factor(month)", visit="month")
    assert fit.freedom.joint(np.eye(6)[[1, 4]]) == (pytest.approx(11.0, rel=1e-6), 1.0)


def test_residual_and_normal():
    formula = "pain ~ arm * factor(month)"
    residual = mmrm(visited(), formula, visit="month", df="residual")
    assert residual.freedom.value == residual.counts.used - 6
    normal = mmrm(visited(), formula, visit="month", df="normal")
    assert np.isinf(normal.estimate("arm[walking]").df)
    np.testing.assert_array_equal(residual.covariance, normal.covariance)
