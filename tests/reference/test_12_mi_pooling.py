"""Pooling against R (12_mi_pooling.R: mice, mitml). Closed form: tolerances of the entries."""

import numpy as np
import pandas as pd
import pytest

from tests.reference.goldens import agree, data, entry, topic, uncovered
from walkstats.missing import pool, pool_tests
from walkstats.regression import ols
from walkstats.results import Estimates, Freedom

TOPIC = "12_mi_pooling"
SCALARS = [name for name in topic(TOPIC) if name.startswith("mi.scalar")]
AGE = "factor(age)"


def one_number(estimates, variances, df=np.inf):
    freedom = Freedom("residual" if np.isfinite(df) else "normal", df)
    return [
        Estimates(("b",), np.array([q]), np.array([[u]]), freedom)
        for q, u in zip(estimates, variances, strict=True)
    ]


def completed():
    return [group for _, group in data("nhanes2_imp5.csv").groupby("imp")]


def linear():
    return [ols(one, "chl ~ bmi + factor(age)", se="classical") for one in completed()]


@pytest.mark.parametrize("identifier", SCALARS)
def test_one_number(identifier):
    gold = entry(TOPIC, identifier)
    given = gold["values"]
    df = given["n"] - given["k"] if given.get("n") else np.inf
    fits = one_number(given["Q"], given["U"], df)
    pooled = pool(fits, df="barnard-rubin" if np.isfinite(df) else "rubin")
    row = pooled.estimate("b")
    lost = pooled.information().iloc[0]
    ours = {
        "m": pooled.imputations,
        "qbar": row.estimate,
        "ubar": lost["within"],
        "b": lost["between"],
        "t": lost["total"],
        "se": row.std_error,
        "df": row.df,
        "r": lost["increase"],
        "lambda": lost["share"],
        "fmi": lost["fraction_missing"],
        "lower95": row.conf_low,
        "upper95": row.conf_high,
        "p": row.p_value,
    }
    for key, number in ours.items():
        agree(gold, key, number)
    assert not uncovered(TOPIC, identifier, dict.fromkeys(["n", "k", "Q", "U"], "given"))


def test_the_limit_where_nothing_differs():
    # mice keeps a share of 1e-4 missing; without it the df are (c + 1) / (c + 3) c, c = 48.
    pooled = pool(one_number([0.3] * 4, [0.01] * 4, 48))
    assert pooled.estimate("b").df == pytest.approx(49 / 51 * 48, rel=1e-14)
    assert np.isinf(pool(one_number([0.3] * 4, [0.01] * 4)).estimate("b").df)


def test_linear_models():
    gold = entry(TOPIC, "mi.nhanes2.lm")
    fits = linear()
    agree(gold, "per_imputation_coef", np.array([fit.values for fit in fits]))
    agree(gold, "per_imputation_var", np.array([np.diag(fit.covariance) for fit in fits]))
    pooled = pool(fits)
    compare(gold, pooled)
    agree(gold, "statistic", pooled.to_frame()["statistic"])
    lost = pooled.information()
    for key, column in (("ubar", "within"), ("b", "between"), ("t", "total"), ("riv", "increase")):
        agree(gold, key, lost[column])
    agree(gold, "dfcom", np.full(4, pooled.complete_df))
    assert not uncovered(TOPIC, gold["id"], {"terms": "names"})


def compare(gold, pooled):
    frame, lost = pooled.to_frame(), pooled.information()
    for key, column in (
        ("estimate", "estimate"),
        ("se", "std_error"),
        ("df", "df"),
        ("p", "p_value"),
        ("lower95", "conf_low"),
        ("upper95", "conf_high"),
    ):
        agree(gold, key, frame[column])
    agree(gold, "lambda", lost["share"])
    agree(gold, "fmi", lost["fraction_missing"])


def test_logistic_models_with_given_degrees_of_freedom():
    import statsmodels.api as sm

    gold = entry(TOPIC, "mi.nhanes2.logistic")
    fits = []
    for one in completed():
        matrix = sm.add_constant(one[["bmi", "chl"]].to_numpy())
        fit = sm.GLM((one["hyp"] == 2).to_numpy(float), matrix, sm.families.Binomial()).fit(
            tol=1e-13
        )
        fits.append(
            Estimates(("intercept", "bmi", "chl"), fit.params, fit.cov_params(), link="logit")
        )
    pooled = pool(fits, complete_df=22)
    compare(gold, pooled)
    agree(gold, "dfcom", np.full(3, pooled.complete_df))
    assert not uncovered(TOPIC, gold["id"], {"terms": "names"})


def test_a_correlation_on_the_scale_of_fisher():
    gold = entry(TOPIC, "mi.nhanes2.correlation_fisher_z")
    r = np.array([np.corrcoef(one["bmi"], one["chl"])[0, 1] for one in completed()])
    agree(gold, "r", r)
    row = pool(one_number(np.arctanh(r), [1 / 22] * 5, 23)).estimate("b")
    agree(gold, "qbar_z", row.estimate)
    agree(gold, "se_z", row.std_error)
    agree(gold, "df", row.df)
    for key, number in (
        ("r_pooled", row.estimate),
        ("lower95", row.conf_low),
        ("upper95", row.conf_high),
    ):
        agree(gold, key, np.tanh(number))
    assert not uncovered(TOPIC, gold["id"])


def test_joint_tests():
    gold = entry(TOPIC, "mi.multiparameter_wald_D1")
    fits = linear()
    d1 = pool(fits, df="rubin").test(AGE)
    agree(gold, "D1", d1.statistic)
    agree(gold, "D1_df1", d1.df)
    agree(gold, "D1_df2", d1.df_denominator)
    agree(gold, "D1_p", d1.p_value)
    agree(gold, "r1", d1.parts["increase"])
    wald = [2 * fit.test(AGE).statistic for fit in fits]  # F on 2 degrees of freedom
    agree(gold, "wald_chisq", wald)
    d2 = pool_tests(wald, df=2)
    agree(gold, "D2", d2.statistic)
    agree(gold, "D2_df2", d2.df_denominator)
    agree(gold, "D2_p", d2.p_value)
    assert not uncovered(TOPIC, gold["id"])


def test_joint_tests_with_the_degrees_of_freedom_of_reiter():
    gold = entry(TOPIC, "mi.multiparameter_wald_D1.reiter")
    d1 = pool(linear()).test(AGE)
    agree(gold, "D1", d1.statistic)
    agree(gold, "D1_df1", d1.df)
    agree(gold, "D1_df2", d1.df_denominator)
    agree(gold, "D1_p", d1.p_value)
    assert not uncovered(TOPIC, gold["id"])


def test_one_term_jointly_is_its_own_test():
    pooled = pool(linear(), df="rubin")
    alone, jointly = pooled.estimate("bmi"), pooled.test("bmi")
    assert jointly.statistic == pytest.approx(alone.statistic**2, rel=1e-12)
    assert pd.notna(jointly.p_value)


def test_every_entry_is_used():
    used = {f"mi.nhanes2.{name}" for name in ("lm", "logistic", "correlation_fisher_z")}
    used |= {"mi.multiparameter_wald_D1", "mi.multiparameter_wald_D1.reiter"}
    assert used | set(SCALARS) == set(topic(TOPIC))
