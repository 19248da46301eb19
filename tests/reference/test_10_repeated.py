"""Models of repeated measures agree with R: nlme, and a likelihood written out in R."""

import numpy as np
import pandas as pd
import pytest

from tests.reference import goldens
from tests.reference.goldens import agree, data, entry, topic
from walkstats.numerics import limits
from walkstats.regression import mmrm, visit_differences

TOPIC = "10_repeated"

ASIDE = {
    "mmrm.gls_emmeans": {
        "emmeans_asymptotic.Sex": "labels",
        "emmeans_asymptotic.v": "labels",
        "pairs_df_error.contrast": "labels",
        "pairs_df_error.v": "labels",
    },
    "mmrm.fdd.baseline_adjusted": {"coef_names": "names"},
    # pbkrtest takes the expected information where SAS, the R package mmrm and walkstats take the
    # observed one; test_small_samples.py has these numbers from a Kenward-Roger written out.
    "mmrm.fdd.cs_satterthwaite": {"kr_se": "expected information", "kr_df": "expected information"},
    "mmrm.fdd.cs_joint": {
        f"{name}.{key}": "which columns" if key == "columns" else "expected information"
        for name in ("interaction", "arm_at_any_visit", "visits")
        for key in ("columns", "kr_F", "kr_ddf", "kr_scaling")
    },
}


def gold(name):
    return entry(TOPIC, name)


def jaws():
    frame = data("orthodont.csv")
    return frame.assign(female=frame["Sex"] - 1)


def children():
    frame = data("fdd.csv")
    return frame.assign(control=frame["trt"] - 1)


def columns(one, key, estimates):
    """All columns of combinations as R lists them."""
    names = {"estimate": "estimate", "se": "std_error", "df": "df", "t": "statistic"}
    names |= {"p": "p_value", "lower95": "conf_low", "upper95": "conf_high"}
    for name, ours in names.items():
        agree(one, f"{key}.{name}" if key else name, [getattr(x, ours) for x in estimates])


def each_of(estimates):
    return [estimates.estimate(term) for term in estimates.terms]


def rows_of(fit, **given):
    """Combinations of coefficients for new rows."""
    return [fit.contrast(row) for row in fit.design.matrix(pd.DataFrame(given))]


def test_complete_data():
    one = gold("mmrm.orthodont.unstructured")
    fit = mmrm(jaws(), "distance ~ factor(age) * female", subject="id", visit="age")
    agree(one, "beta", fit.values)
    agree(one, "se", fit.std_errors)
    agree(one, "Sigma", fit.covariance_by_group["all"])
    agree(one, "loglik_REML", fit.log_likelihood)
    columns(
        one, "female_minus_male_by_visit", each_of(visit_differences(fit, "female").differences)
    )
    ages = [8, 10, 12, 14]
    means = rows_of(fit, age=ages * 2, female=[0] * 4 + [1] * 4)
    columns(one, "lsmeans_male_then_female", means)
    likely = mmrm(jaws(), "distance ~ factor(age) * female", subject="id", visit="age", reml=False)
    agree(one, "loglik_ML", likely.log_likelihood)


@pytest.mark.parametrize(("name", "covariance"), [("ar1", "ar1"), ("cs", "compound-symmetry")])
def test_fewer_parameters(name, covariance):
    one = gold("lmm.orthodont.lme_ar1")
    frame = jaws().assign(t=lambda f: f["age"] - 11)
    fit = mmrm(frame, "distance ~ t * female", subject="id", visit="age", covariance=covariance)
    agree(one, f"{name}.beta", fit.values)
    agree(one, f"{name}.se", fit.std_errors)
    agree(one, f"{name}.loglik_REML", fit.log_likelihood)
    agree(one, f"{name}.sigma2", fit.variance.values[0])
    agree(one, f"{name}.rho", fit.variance.values[1])


def test_beside_nlme_and_emmeans():
    one = gold("mmrm.gls_emmeans")
    formula = "distance ~ factor(age) * factor(Sex)"
    fit = mmrm(jaws(), formula, subject="id", visit="age", df="normal")
    agree(one, "coef", fit.values)
    agree(one, "se", fit.std_errors)
    agree(one, "loglik", fit.log_likelihood)
    agree(one, "sigma", np.sqrt(fit.covariance_by_group["all"][0, 0]))
    ages = np.repeat([8, 10, 12, 14], 2)
    means = rows_of(fit, age=ages, Sex=[1, 2] * 4)
    for name, ours in {
        "emmean": "estimate", "SE": "std_error", "df": "df", "asymp.LCL": "conf_low",
        "asymp.UCL": "conf_high", "z.ratio": "statistic", "p.value": "p_value",
    }.items():  # fmt: skip
        agree(one, f"emmeans_asymptotic/{name}", [getattr(x, ours) for x in means])
    pairs = [-x for x in visit_differences(fit, "Sex").differences.values]
    errors = visit_differences(fit, "Sex").differences.std_errors
    # Rows less coefficients less parameters of covariance but one; ours are rows less coefficients.
    residual = mmrm(jaws(), formula, subject="id", visit="age", df="residual")
    df = residual.freedom.value - (residual.parameters - 1)
    t = np.array(pairs) / errors
    agree(one, "pairs_df_error/estimate", pairs)
    agree(one, "pairs_df_error/SE", errors)
    agree(one, "pairs_df_error/df", np.full(4, df))
    agree(one, "pairs_df_error/t.ratio", t)
    agree(one, "pairs_df_error/p.value", limits.t_p(t, df))
    half = limits.t_quantile(0.95, df) * errors
    agree(one, "pairs_df_error/lower.CL", pairs - half)
    agree(one, "pairs_df_error/upper.CL", pairs + half)


def test_missed_visits():
    one = gold("mmrm.fdd.unstructured")
    fit = mmrm(children(), "yp ~ factor(visit) * control", subject="id", visit="visit")
    agree(one, "n_obs", fit.counts.used)
    agree(one, "n_subjects", fit.counts.participants)
    agree(one, "n_by_visit", fit.people_by_visit()["n"])
    agree(one, "beta", fit.values)
    agree(one, "se", fit.std_errors)
    agree(one, "vcov", fit.covariance)
    agree(one, "Sigma", fit.covariance_by_group["all"])
    agree(one, "loglik_REML", fit.log_likelihood)
    found = visit_differences(fit, "control")
    columns(one, "control_minus_EMDR_by_visit", each_of(found.differences))
    other = gold("mmrm.fdd.satterthwaite_invariance")
    columns(other, "", [*each_of(found.differences), *each_of(found.overall)])


def test_baseline_as_covariate():
    one = gold("mmrm.fdd.baseline_adjusted")
    frame = children()
    before = frame[frame["visit"] == 1].set_index("id")["yp"]
    later = frame[frame["visit"] > 1].assign(base=lambda f: f["id"].map(before))
    fit = mmrm(later, "yp ~ factor(visit) * control + base", subject="id", visit="visit")
    agree(one, "n_obs", fit.counts.used)
    agree(one, "n_subjects", fit.counts.participants)
    order = [fit.terms.index(name) for name in
             ("intercept", "visit[3]", "control", "base", "visit[3]:control")]  # fmt: skip
    agree(one, "beta", fit.values[order])
    agree(one, "se", fit.std_errors[order])
    agree(one, "Sigma", fit.covariance_by_group["all"])
    agree(one, "loglik_REML", fit.log_likelihood)
    level = before.mean()
    agree(one, "baseline_mean_used", level)
    found = visit_differences(fit, "control", at={"base": level})
    columns(one, "contrast_C_minus_E_visit2_visit3", each_of(found.differences))
    given = {"visit": [2, 3, 2, 3], "control": [0, 0, 1, 1], "base": [level] * 4}
    columns(one, "lsmeans_E2_E3_C2_C3", rows_of(fit, **given))
    np.testing.assert_allclose(found.means.values, [x.estimate for x in rows_of(fit, **given)])


def test_compound_symmetry_as_a_random_intercept():
    one = gold("mmrm.fdd.cs_satterthwaite")
    formula = "yp ~ factor(visit) * control"
    fit = mmrm(children(), formula, subject="id", visit="visit", covariance="compound-symmetry")
    agree(one, "beta", fit.values)
    agree(one, "se", fit.std_errors)
    agree(one, "df_satterthwaite", fit.to_frame()["df"])
    agree(one, "sigma2_total", fit.variance.values[0])
    agree(one, "rho", fit.variance.values[1])
    agree(one, "loglik_REML", fit.log_likelihood)


@pytest.mark.parametrize("name", ["interaction", "arm_at_any_visit", "visits"])
def test_joint_tests(name):
    one = gold("mmrm.fdd.cs_joint")
    formula = "yp ~ factor(visit) * control"
    fit = mmrm(children(), formula, subject="id", visit="visit", covariance="compound-symmetry")
    test = fit.test([fit.terms[place - 1] for place in one["values"][name]["columns"]])
    agree(one, f"{name}.F", test.statistic)
    agree(one, f"{name}.df", test.df)
    agree(one, f"{name}.ddf", test.df_denominator)
    agree(one, f"{name}.p", test.p_value)


def test_lungs_beside_nlme():
    one = gold("mmrm.fev.gls")
    frame = data("fev_data.csv")
    frame["SEX"] = pd.Categorical(frame["SEX"], ["Male", "Female"])
    fit = mmrm(frame, "FEV1 ~ RACE + SEX + ARMCD * AVISIT", subject="USUBJID", visit="AVISIT")
    agree(one, "coef", fit.values)
    agree(one, "se", fit.std_errors)
    agree(one, "minus2_reml", -2.0 * fit.log_likelihood)


def test_all_entries_are_compared():
    tally = goldens.TALLIES[TOPIC]
    if not tally.entries:
        pytest.skip("runs after the comparisons of this file")
    left = {name: goldens.uncovered(TOPIC, name, ASIDE.get(name)) for name in topic(TOPIC)}
    assert {name: keys for name, keys in left.items() if keys} == {}
