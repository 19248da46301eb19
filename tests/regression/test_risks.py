"""Odds, risk ratios and risk differences against other packages, closed forms and relations.

Tolerances: 1e-8 against statsmodels at its maximum; 1e-6 for derivatives taken numerically and for
maxima found by another search; published digits to half a unit of their last.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import optimize, special, stats

import walkstats as ws
from tests.reference.goldens import data
from walkstats.errors import DataError, FitError
from walkstats.regression import logistic, predict_risks, relative_risk, risk_difference

FORMULA = "better ~ arm + age"
some = settings(max_examples=15)


def people(seed: int = 3, size: int = 90) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    arm, age = rng.integers(0, 2, size), rng.normal(50, 10, size)
    chance = special.expit(-0.4 + 0.9 * arm + 0.05 * (age - 50))
    return pd.DataFrame(
        {
            "arm": pd.Categorical.from_codes(arm, ["control", "walking"]),
            "age": age,
            "clinic": rng.integers(0, 12, size),
            "w": rng.uniform(0.5, 2.0, size),
            "better": (rng.uniform(size=size) < chance).astype(int),
        }
    )


def set_apart() -> pd.DataFrame:
    """Nobody in the walking arm has the event; a third covariate is harmless."""
    frame = people()
    return frame.assign(better=np.where(frame["arm"] == "walking", 0, frame["better"]))


@pytest.mark.parametrize("link", ["logit", "probit", "cloglog"])
def test_weighted_fit_against_statsmodels(link: str) -> None:
    import statsmodels.api as sm

    frame = people()
    fit = logistic(frame, FORMULA, link=link, weights="w")
    links = sm.families.links
    family = sm.families.Binomial(
        {"logit": links.Logit, "probit": links.Probit, "cloglog": links.CLogLog}[link]()
    )
    model = sm.GLM(frame["better"], fit.matrix, family=family, freq_weights=frame["w"])
    theirs = model.fit(tol=1e-14)
    np.testing.assert_allclose(fit.values, theirs.params, rtol=1e-6)
    np.testing.assert_allclose(np.sqrt(np.diag(fit.naive_covariance)), theirs.bse, rtol=1e-6)
    assert fit.log_likelihood == pytest.approx(theirs.llf, rel=1e-9)
    assert fit.se == "HC0"
    bread = fit.naive_covariance
    eta = fit.matrix @ fit.values
    step = 1e-6
    slope = (family.link.inverse(eta + step) - family.link.inverse(eta - step)) / (2 * step)
    score = frame["w"] * (fit.outcome - fit.fitted) * slope / (fit.fitted * (1 - fit.fitted))
    meat = sum(s**2 * np.outer(x, x) for s, x in zip(score, fit.matrix, strict=True))
    np.testing.assert_allclose(fit.covariance, bread @ meat @ bread, rtol=1e-6)


def height_of(model: pd.DataFrame, penalised: bool):
    """The (penalised) log-likelihood of a logistic model, written otherwise."""
    y, X = model.iloc[:, 0].to_numpy(), model.iloc[:, 1:].to_numpy()

    def height(b: np.ndarray) -> float:
        p = 1.0 / (1.0 + np.exp(-X @ b))
        plain = np.log(np.where(y == 1, p, 1 - p)).sum()
        information = sum(v * np.outer(x, x) for v, x in zip(p * (1 - p), X, strict=True))
        return plain + 0.5 * np.log(np.linalg.det(information)) * penalised

    return height


@pytest.mark.parametrize("penalty", [None, "firth"])
def test_profile_limits_by_another_search(penalty: str | None) -> None:
    frame = people(size=40)
    fit = logistic(frame, "better ~ arm", penalty=penalty, interval="profile")
    height = height_of(
        pd.DataFrame(np.column_stack([fit.outcome, fit.matrix])), penalty is not None
    )
    assert height(fit.values) == pytest.approx(fit.log_likelihood, rel=1e-10)
    for k in (0, 1):

        def held(value: float, k: int = k) -> float:
            def over(rest: float) -> float:
                return -height(np.insert(np.array([float(rest)]), k, value))

            return -optimize.minimize_scalar(over, bracket=(-1, 1), tol=1e-12).fun

        for limit in fit.limits[k]:
            assert 2 * (fit.log_likelihood - held(limit)) == pytest.approx(3.841459, abs=1e-5)
        root = np.sqrt(2 * (fit.log_likelihood - held(0.0)))
        assert abs(fit.statistics[k]) == pytest.approx(root, rel=1e-5)
    top = optimize.minimize(lambda b: -height(b), fit.values + 0.1, tol=1e-10)
    np.testing.assert_allclose(top.x, fit.values, atol=1e-4)


def test_firth_as_published() -> None:
    """Heinze and Schemper (2002), endometrial cancer: estimates and profile limits."""
    fit = logistic(data("endometrial.csv"), "HG ~ NV + PI + EH", penalty="firth")
    shown = np.column_stack([fit.values, fit.limits])[1:].round(2)
    published = [[2.93, 0.61, 7.85], [-0.03, -0.12, 0.04], [-2.60, -4.37, -1.23]]
    np.testing.assert_allclose(shown, published, atol=0.006)
    assert fit.state == "converged"


def test_firth_climbs_past_a_saddle() -> None:
    """Nine people, between whose start and maximum the penalised likelihood bends upwards."""
    frame = pd.DataFrame(
        {
            "a": [0.395093, 0, 0, -0.158223, 0.369673, -0.137303, 0, 0, 0],
            "b": [-0.950223, -0.147055, 0, 0.788110, 0.621254, 0.139882, 0.575212, 0, 0],
            "y": [0, 1, 0, 0, 0, 1, 0, 0, 0],
        }
    )
    fit = logistic(frame, "y ~ a + b", penalty="firth", interval="wald")
    height = height_of(pd.DataFrame(np.column_stack([fit.outcome, fit.matrix])), True)
    top = optimize.minimize(lambda b: -height(b), np.zeros(3), tol=1e-10)
    np.testing.assert_allclose(fit.values, top.x, rtol=1e-3)
    assert fit.log_likelihood == pytest.approx(-top.fun, abs=1e-7)


def test_firth_of_a_two_by_two_table_adds_a_half_to_each_cell() -> None:
    table = pd.DataFrame({"arm": list("aabb"), "better": [1, 0] * 2, "n": [0, 9, 4, 6]})
    fit = logistic(table, "better ~ arm", frequencies="n", penalty="firth")
    assert fit.values[1] == pytest.approx(np.log(4.5 / 6.5) - np.log(0.5 / 9.5), rel=1e-10)


def test_an_arm_without_events() -> None:
    frame = set_apart()
    fit = logistic(frame, FORMULA)
    assert (fit.state, fit.values[1]) == ("infinite", -np.inf)
    assert np.isnan(fit.std_errors[1])
    alone = logistic(frame[frame["arm"] == "control"], "better ~ age")
    np.testing.assert_allclose(fit.values[[0, 2]], alone.values, rtol=1e-8)
    np.testing.assert_allclose(fit.std_errors[[0, 2]], alone.std_errors, rtol=1e-8)
    assert fit.log_likelihood == pytest.approx(alone.log_likelihood, rel=1e-12)
    assert "arm[walking]: no finite coefficient" in " ".join(fit.notes)
    assert "penalty='firth'" in " ".join(fit.notes)
    limit = fit.estimate("arm[walking]").conf_high
    assert np.isfinite(limit)
    held = optimize.minimize(
        lambda b: (
            -np.sum(
                special.log_expit(
                    np.where(fit.outcome == 1, 1, -1) * (fit.matrix @ [b[0], limit, b[1]])
                )
            )
        ),
        alone.values,
        tol=1e-12,
    )
    assert 2 * (fit.log_likelihood + held.fun) == pytest.approx(3.841459, abs=1e-6)
    np.testing.assert_array_equal(fit.fitted[frame["arm"] == "walking"], 0.0)
    ratio = relative_risk(frame, FORMULA)
    assert (ratio.state, ratio.values[1]) == ("infinite", -np.inf)
    assert "none has better = 1" in " ".join(ratio.notes)


def test_complete_and_twofold_separation() -> None:
    line = pd.DataFrame({"x": [1.0, 2, 3, 4, 5, 6], "y": [0, 0, 0, 1, 1, 1]})
    fit = logistic(line, "y ~ x")
    assert fit.state == "infinite"
    np.testing.assert_array_equal(fit.values, [-np.inf, np.inf])
    assert fit.log_likelihood == 0.0
    two = pd.DataFrame({"g": list("aabbcc") * 5, "y": [0, 1, 1, 1, 0, 0] * 5})
    found = logistic(two, "y ~ g")
    np.testing.assert_array_equal(found.values[1:], [np.inf, -np.inf])
    assert found.values[0] == pytest.approx(0.0, abs=1e-12)
    assert found.limits is None or np.isnan(found.limits[1:]).all()
    assert "penalty='firth'" in " ".join(found.notes)
    aside = line.assign(z=[0.3, -0.1, 0.2, 0.1, -0.2, 0.25])
    both = logistic(aside, "y ~ x + z")  # z does not help to set apart, nor does it hinder
    np.testing.assert_array_equal(both.values, [-np.inf, np.inf, np.nan])
    assert "That of z may run either way" in " ".join(both.notes)
    finite = logistic(line, "y ~ x", penalty="firth")
    assert np.isfinite(finite.limits[:, 0]).all()
    assert finite.values[1] > 0
    touching = logistic(line.assign(y=[0, 0, 1, 0, 1, 1]), "y ~ x")
    assert touching.state == "converged"


@some
@given(st.integers(0, 10**6), st.sampled_from(["model", "HC1", "HC3", "CR2"]))
def test_relations(seed: int, se: str) -> None:
    frame = people(seed, 60)
    cluster = "clinic" if se == "CR2" else None
    fit = logistic(frame, FORMULA, se=se, cluster=cluster)
    known = {"rtol": 1e-6, "atol": 1e-9}
    turned = frame.sample(frac=1, random_state=seed)
    again = logistic(turned, FORMULA, se=se, cluster=cluster)
    np.testing.assert_allclose(again.values, fit.values, **known)
    np.testing.assert_allclose(again.covariance, fit.covariance, **known)
    moved = logistic(frame.assign(age=1e4 + 365.25 * frame["age"]), FORMULA, se=se, cluster=cluster)
    np.testing.assert_allclose(moved.values[2] * 365.25, fit.values[2], **known)
    np.testing.assert_allclose(moved.std_errors[1], fit.std_errors[1], **known)
    swapped = frame.assign(arm=frame["arm"].cat.reorder_categories(["walking", "control"]))
    other = logistic(swapped, FORMULA, se=se, cluster=cluster)
    np.testing.assert_allclose(other.values[1], -fit.values[1], **known)
    np.testing.assert_allclose(other.std_errors[1], fit.std_errors[1], **known)
    no = logistic(frame.assign(better=1 - frame["better"]), FORMULA, se=se, cluster=cluster)
    np.testing.assert_allclose(no.values, -fit.values, **known)


@pytest.mark.parametrize("fitted", [logistic, relative_risk, risk_difference])
def test_frequencies_are_copies(fitted) -> None:
    frame = people(size=40)
    copies = np.arange(40) % 3
    counted = fitted(frame.assign(n=copies), FORMULA, frequencies="n", se="HC1")
    copied = fitted(frame.loc[np.repeat(frame.index, copies)], FORMULA, se="HC1")
    np.testing.assert_array_equal(counted.values, copied.values)
    np.testing.assert_array_equal(counted.covariance, copied.covariance)
    assert counted.counts.used == copies.sum()
    assert counted.counts.rows == 40


@pytest.mark.parametrize(
    "written",
    [
        lambda y: y.astype(bool),
        lambda y: y.astype("Int64"),
        lambda y: y.astype("boolean"),
        lambda y: y.astype("int64[pyarrow]"),
        lambda y: y.astype(float),
    ],
)
def test_types_of_the_outcome(written) -> None:
    frame = people()
    expected = logistic(frame, FORMULA)
    found = logistic(frame.assign(better=written(frame["better"])), FORMULA)
    np.testing.assert_array_equal(found.values, expected.values)
    words = frame["better"].map({1: "yes", 0: "no"})
    for column in (words, words.astype("category"), words.astype("string")):
        named = logistic(frame.assign(better=column), FORMULA, event_value="yes")
        np.testing.assert_array_equal(named.values, expected.values)
        assert "better = 'yes'" in named.method


def test_a_relative_risk_is_that_of_the_table() -> None:
    frame = people()
    share = frame.groupby("arm", observed=True)["better"].agg(["mean", "size"])
    fit = relative_risk(frame, "better ~ arm")
    binomial = relative_risk(frame, "better ~ arm", model="log-binomial")
    low, high = share["mean"]
    for one in (fit, binomial):
        assert one.estimate("arm[walking]", ratio=True).estimate == pytest.approx(high / low)
        # Katz's variance of the log of a ratio of two shares
        katz = np.sqrt(np.sum((1 - share["mean"]) / (share["mean"] * share["size"])))
        assert one.std_errors[1] == pytest.approx(katz, rel=1e-8)
    gap = risk_difference(frame, "better ~ arm", model="binomial")
    assert gap.values[1] == pytest.approx(high - low)
    wald = np.sqrt(np.sum(share["mean"] * (1 - share["mean"]) / share["size"]))
    assert gap.std_errors[1] == pytest.approx(wald, rel=1e-8)
    assert (fit.measure, gap.measure, fit.se) == ("risk ratio", "risk difference", "HC0")


def test_a_log_binomial_model_at_its_boundary_is_refused() -> None:
    steep = pd.DataFrame({"x": range(12), "y": [0, 0, 0, 0, 1, 0, 1, 1, 1, 1, 1, 1]})
    with pytest.raises(FitError, match="risks of y = 1 are 0 or 1"):
        relative_risk(steep, "y ~ x", model="log-binomial")
    with pytest.raises(FitError, match="model='least-squares'"):
        risk_difference(steep, "y ~ x", model="binomial")
    assert "fitted risk(s) lie outside 0 to 1" in " ".join(risk_difference(steep, "y ~ x").notes)


def test_standardised_risks_of_a_saturated_model_are_those_of_the_table() -> None:
    frame = people()
    found = ws.regression.standardised_risks(
        logistic(frame, "better ~ arm"), frame, "arm", sampled=False
    )
    plain = risk_difference(frame, "better ~ arm", model="binomial")
    assert found.risk_difference.values[0] == pytest.approx(plain.values[1], rel=1e-10)
    assert found.risk_difference.std_errors[0] == pytest.approx(plain.std_errors[1], rel=1e-8)
    odds = logistic(frame, "better ~ arm")
    assert found.odds_ratio.values[0] == pytest.approx(odds.values[1], rel=1e-10)
    assert found.odds_ratio.std_errors[0] == pytest.approx(odds.std_errors[1], rel=1e-8)
    table = found.to_frame()
    assert len(table) == 5
    with pytest.raises(ValueError, match=r"say which values to compare, at="):
        ws.regression.standardised_risks(logistic(frame, FORMULA), frame, "age")
    gap = frame.assign(age=frame["age"].mask(frame.index == 3))
    with pytest.raises(DataError, match=r"a covariate is missing in 1 of .* rows: age"):
        ws.regression.standardised_risks(logistic(frame, FORMULA), gap, "arm")


def test_the_sample_of_people_adds_to_the_variance_of_a_standardised_risk() -> None:
    """Against the jackknife over people of the whole procedure."""
    frame = people(size=40)

    def gap(rows: pd.DataFrame) -> float:
        found = ws.regression.standardised_risks(
            logistic(rows, FORMULA, se="HC0"), rows, "arm"
        ).risk_difference
        return float(found.values[0])

    left = np.array([gap(frame.drop(index=k)) for k in frame.index])
    jackknife = np.sqrt(39 / 40 * np.sum((left - left.mean()) ** 2))
    found = ws.regression.standardised_risks(logistic(frame, FORMULA, se="HC0"), frame, "arm")
    assert found.risk_difference.std_errors[0] == pytest.approx(jackknife, rel=0.08)


def test_predicted_risks() -> None:
    frame = people()
    fit = logistic(frame, FORMULA, se="CR2", cluster="clinic")
    new = pd.DataFrame({"age": [40.0, np.nan], "arm": ["walking", "walking"]}, index=[7, 9])
    found = predict_risks(fit, new)
    row = fit.contrast({"intercept": 1, "arm[walking]": 1, "age": 40.0})
    assert found.loc[7, "conf_low"] == pytest.approx(special.expit(row.conf_low))
    assert found.loc[7, "std_error"] == pytest.approx(row.std_error)
    assert found.loc[9].isna().all()
    with pytest.raises(FitError, match="infinite coefficients"):
        predict_risks(logistic(set_apart(), FORMULA), new)


def test_risks_of_other_fits() -> None:
    frame = people().assign(participant_id=lambda f: f.index // 2)
    fit = ws.regression.gee(frame, "better ~ arm", family="binomial", correlation="independence")
    averages = ws.regression.standardised_risks(fit, frame, "arm")
    share = frame.groupby("arm", observed=True)["better"].mean()
    np.testing.assert_allclose(averages.by_group.values, share, rtol=1e-8)
    arms = predict_risks(fit, pd.DataFrame({"arm": ["control", "walking"]}))
    np.testing.assert_allclose(arms["risk"], share, rtol=1e-8)
    for other in (
        ws.regression.ols(frame, "age ~ arm"),
        ws.regression.rate_regression(frame, "better ~ arm"),
    ):
        with pytest.raises(ValueError, match="no fit of an event"):
            predict_risks(other, frame)
        with pytest.raises(ValueError, match="no fit of an event"):
            ws.regression.standardised_risks(other, frame, "arm")


def test_residuals_and_concordance() -> None:
    fit = logistic(people(), FORMULA)
    assert np.sum(fit.residuals("deviance") ** 2) == pytest.approx(fit.deviance)
    assert np.sum(fit.residuals() ** 2) == pytest.approx(fit.pearson)
    events, others = fit.fitted[fit.outcome == 1], fit.fitted[fit.outcome == 0]
    pairs = np.sign(events[:, None] - others[None, :])
    assert fit.concordance == pytest.approx((pairs.mean() + 1) / 2)
    test = fit.likelihood_ratio
    assert test.p_value == pytest.approx(stats.chi2.sf(fit.null_deviance - fit.deviance, 2))
