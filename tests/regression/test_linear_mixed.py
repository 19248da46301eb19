"""Linear mixed models by another road: full matrices, statsmodels, and the same data told anew."""

import pickle

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import walkstats as ws
from walkstats.regression import (
    compare_mixed,
    intraclass_correlation,
    linear_mixed,
    ols,
    predict_mixed,
    variance_components,
)
from walkstats.regression.mixed import likelihood
from walkstats.regression.mixed.person_sums import standardise, sum_by_person

# The same numbers by sums of products and by full matrices.
SAME = 1e-9
# statsmodels stops when its gradient is below 1e-5. Its standard errors are from the Hessian of all
# parameters together and differ by percents: its estimates are the reference.
CLOSE = 1e-4


def visits(seed=1, people=24, times=5, slope=0.6):
    """Pain by week and arm, with gaps; people lie within clinics."""
    rng = np.random.default_rng(seed)
    person = np.repeat(np.arange(people), times)
    week = np.tile(np.arange(times), people).astype(float)
    own = rng.normal(size=(people, 2)) @ np.array([[1.0, 0.1], [0.0, slope]])
    frame = pd.DataFrame(
        {
            "participant_id": [f"p{k:02d}" for k in person],
            "clinic": [f"c{k // 2 % 4}" for k in person],
            "arm": pd.Categorical(np.where(person % 2, "walking", "control")),
            "week": week,
            "minutes": rng.gamma(2, 60, people * times).round(),
        }
    )
    pain = 5 - 0.2 * week + own[person, 0] + own[person, 1] * week
    pain += np.array([1.6, -1.2, 1.0, -1.4])[person // 2 % 4]
    frame["pain"] = pain - 0.003 * frame["minutes"] + rng.normal(size=len(frame))
    return frame[rng.uniform(size=len(frame)) > 0.15].reset_index(drop=True)


FORMULA = "pain ~ arm * week + minutes"


def by_full_matrices(frame, fit, theta=None):
    """-2 log-likelihood, coefficients, covariance, effects and their errors, from V itself."""
    x, z = fit.matrix, fit.random_design.matrix(frame)
    people = pd.factorize(frame[fit.subject])[0]
    groups = pd.factorize(frame["clinic"])[0]
    n, k = x.shape
    q, size = z.shape[1], people.max() + 1
    wide = np.zeros((n, size * q))
    for j in range(q):
        wide[np.arange(n), people * q + j] = z[:, j]
    g = np.kron(np.eye(size), fit.covariance_by_group["all"])
    if fit.nested:
        wide = np.column_stack([wide, np.eye(groups.max() + 1)[groups]])
        outer = fit.covariance_by_group["clinic"][0, 0]
        g = np.block(
            [
                [g, np.zeros((len(g), groups.max() + 1))],
                [np.zeros((groups.max() + 1, len(g))), outer * np.eye(groups.max() + 1)],
            ]
        )
    v = wide @ g @ wide.T + fit.sigma**2 * np.eye(n)
    inverse = np.linalg.inv(v)
    information = x.T @ inverse @ x
    covariance = np.linalg.inv(information)
    values = covariance @ x.T @ inverse @ fit.outcome
    left = fit.outcome - x @ values
    deviance = left @ inverse @ left + np.linalg.slogdet(v)[1] + n * np.log(2 * np.pi)
    if fit.reml:
        deviance += np.linalg.slogdet(information)[1] - k * np.log(2 * np.pi)
    effects = g @ wide.T @ inverse @ left
    if fit.state != "converged":
        return deviance, values, covariance, effects, None
    # Henderson's equations give the covariance of all errors at once.
    both = np.column_stack([x, wide])
    equations = both.T @ both / fit.sigma**2
    equations[k:, k:] += np.linalg.inv(g)
    return deviance, values, covariance, effects, np.linalg.inv(equations)


CASES = [
    {"random": "week", "nested": "clinic"},
    {"random": "1", "nested": "clinic", "reml": False},
    {"random": "week", "correlated": False},
    {"random": "0 + week"},
    {"random": "week + minutes", "reml": False},
]


@pytest.mark.parametrize("options", CASES, ids=str)
def test_likelihood_and_effects_from_full_matrices(options):
    frame = visits()
    fit = linear_mixed(frame, FORMULA, **options)
    deviance, values, covariance, effects, errors = by_full_matrices(frame, fit)
    assert fit.deviance == pytest.approx(deviance, abs=1e-7)
    np.testing.assert_allclose(fit.values, values, rtol=SAME)
    np.testing.assert_allclose(fit.covariance, covariance, rtol=1e-7, atol=1e-12)
    ours = fit.random_effects.iloc[:, 1:].to_numpy().ravel()
    np.testing.assert_allclose(ours, effects[: len(ours)], rtol=1e-7, atol=1e-8)
    if options.get("nested"):
        np.testing.assert_allclose(fit.group_effects["intercept"], effects[len(ours) :], atol=1e-8)
    if fit.state == "converged":
        people = pd.factorize(frame["participant_id"])[0]
        one, k, q = frame.iloc[[7]], fit.matrix.shape[1], fit.random_design.matrix(frame).shape[1]
        weights = np.zeros(len(errors))
        weights[:k] = fit.matrix[7]
        start = k + people[7] * q
        weights[start : start + q] = fit.random_design.matrix(one)[0]
        if options.get("nested"):
            weights[k + len(ours) + pd.factorize(frame["clinic"])[0][7]] = 1.0
        found = predict_mixed(fit, one, who="person").iloc[0]
        assert found["estimate"] == pytest.approx(fit.fitted_person[7])
        assert found["std_error"] == pytest.approx(np.sqrt(weights @ errors @ weights), rel=1e-6)


def test_enlarged_covariance_from_full_matrices():
    """Kenward and Roger's formulas with the derivatives of V as they stand in their paper."""
    frame = visits(people=10)
    options = {"random": "week", "nested": "clinic"}
    fit = linear_mixed(frame, FORMULA, df="kenward-roger", **options)
    x, z = fit.matrix, fit.random_design.matrix(frame)
    same = {
        name: (codes[:, None] == codes).astype(float)
        for name in ("participant_id", "clinic")
        for codes in [pd.factorize(frame[name])[0]]
    }
    g, person = fit.covariance_by_group["all"], same["participant_id"]
    slopes = [
        person * np.outer(z[:, 0], z[:, 0]),
        person * (np.outer(z[:, 0], z[:, 1]) + np.outer(z[:, 1], z[:, 0])),
        person * np.outer(z[:, 1], z[:, 1]),
        same["clinic"],
        np.eye(len(x)),
    ]
    sizes = [g[0, 0], g[0, 1], g[1, 1], fit.covariance_by_group["clinic"][0, 0], fit.sigma**2]
    inverse = np.linalg.inv(sum(s * d for s, d in zip(sizes, slopes, strict=True)))
    phi = np.linalg.inv(x.T @ inverse @ x)
    turned = [inverse @ d for d in slopes]
    p = [-x.T @ t @ inverse @ x for t in turned]
    q = [[x.T @ a @ b @ inverse @ x for b in turned] for a in turned]
    expected = np.array(
        [
            [
                np.trace(turned[i] @ turned[j])
                - 2 * np.trace(phi @ q[i][j])
                + np.trace(phi @ p[i] @ phi @ p[j])
                for j in range(5)
            ]
            for i in range(5)
        ]
    )
    w = 2 * np.linalg.inv(expected)
    added = sum(w[i, j] * (q[i][j] - p[i] @ phi @ p[j]) for i in range(5) for j in range(5))
    np.testing.assert_allclose(fit.covariance, phi + 2 * phi @ added @ phi, rtol=1e-7, atol=1e-12)
    one = np.eye(len(phi))[2]
    slope = np.array([one @ phi @ m @ phi @ one for m in p])
    df = 2 * (one @ phi @ one) ** 2 / (slope @ w @ slope)
    assert fit.estimate(fit.terms[2]).df == pytest.approx(df, rel=1e-7)
    assert np.all(fit.std_errors > linear_mixed(frame, FORMULA, **options).std_errors)


def test_no_neighbour_is_likelier():
    frame = visits()
    fit = linear_mixed(frame, FORMULA, random="week", nested="clinic")
    pieces = fit.pieces
    rng = np.random.default_rng(0)
    for _ in range(20):
        theta = pieces.scale.theta + 1e-3 * rng.normal(size=len(pieces.scale.theta))
        there = likelihood.height(pieces.sums, pieces.shape, theta, True)
        assert there.deviance + pieces.constant >= fit.deviance - 1e-9
    assert fit.scaled_gradient < 1e-6


@pytest.mark.parametrize("reml", [True, False])
def test_derivatives_by_differences(reml):
    frame = visits()
    pieces = linear_mixed(frame, FORMULA, random="week", nested="clinic", reml=reml).pieces
    theta, step = np.array([0.9, 0.3, 0.7, 0.4]), 1e-5
    here = likelihood.height(pieces.sums, pieces.shape, theta, reml)
    for j in range(4):
        up, down = (
            likelihood.height(pieces.sums, pieces.shape, theta + s * step * np.eye(4)[j], reml)
            for s in (1, -1)
        )
        slope = (up.deviance - down.deviance) / (2 * step)
        assert here.gradient[j] == pytest.approx(slope, abs=1e-5)
        bend = (up.gradient - down.gradient) / (2 * step)
        np.testing.assert_allclose(here.hessian[j], bend, atol=1e-4)


def test_statsmodels_finds_the_same():
    from statsmodels.regression.mixed_linear_model import MixedLM

    frame = visits().assign(minutes=lambda f: f["minutes"] / 100)
    ours = linear_mixed(frame, FORMULA, random="week")
    theirs = MixedLM(
        ours.outcome,
        ours.matrix,
        groups=frame["participant_id"],
        exog_re=np.column_stack([np.ones(len(frame)), frame["week"]]),
    ).fit(reml=True, method="lbfgs")
    np.testing.assert_allclose(ours.values, theirs.fe_params, rtol=CLOSE, atol=CLOSE)
    np.testing.assert_allclose(ours.covariance_by_group["all"], theirs.cov_re, rtol=20 * CLOSE)
    assert ours.sigma**2 == pytest.approx(theirs.scale, rel=CLOSE)
    assert ours.log_likelihood == pytest.approx(theirs.llf, abs=1e-5)


@given(st.integers(0, 2**32 - 1))
@settings(max_examples=8)
def test_told_in_another_way(seed):
    """Order of the rows, units and labels change nothing but what they name."""
    rng = np.random.default_rng(seed)
    frame = visits(seed % 7, people=12)
    fit = linear_mixed(frame, FORMULA, random="week", nested="clinic")
    shuffled = frame.sample(frac=1.0, random_state=rng.integers(2**31))
    other = linear_mixed(shuffled, FORMULA, random="week", nested="clinic")
    np.testing.assert_allclose(other.values, fit.values, rtol=1e-6, atol=1e-9)
    assert other.deviance == pytest.approx(fit.deviance, abs=1e-7)
    factor = float(rng.choice([0.01, 7.0, 1e4]))
    scaled = frame.assign(pain=frame["pain"] * factor, week=frame["week"] / 7)
    units = linear_mixed(scaled, FORMULA, random="week", nested="clinic")
    per_week = np.array([7.0 if "week" in term else 1.0 for term in fit.terms])
    np.testing.assert_allclose(units.values, fit.values * per_week * factor, rtol=1e-6)
    old, new = (f.to_frame()["df"].to_numpy() for f in (fit, units))
    np.testing.assert_allclose(new, old, rtol=1e-4)


def test_people_twice():
    """Every person copied under a new name: the same ML estimates, half the variance."""
    frame = visits()
    twice = pd.concat([frame, frame.assign(participant_id=frame["participant_id"] + "x")])
    one, two = (linear_mixed(f, FORMULA, random="week", reml=False) for f in (frame, twice))
    np.testing.assert_allclose(two.values, one.values, rtol=1e-6)
    np.testing.assert_allclose(two.covariance, one.covariance / 2, rtol=1e-5, atol=1e-12)
    assert two.log_likelihood == pytest.approx(2 * one.log_likelihood, abs=1e-7)


def test_weeks_counted_from_long_ago():
    """A covariate far from 0 moves the intercept, and no variance of it."""
    frame = visits()
    one = linear_mixed(frame, FORMULA, random="week", nested="clinic")
    far = frame.assign(week=frame["week"] + 1e5)
    two = linear_mixed(far, FORMULA, random="week", nested="clinic")
    assert two.deviance == pytest.approx(one.deviance, abs=1e-6)
    week = one.terms.index("week")
    assert two.values[week] == pytest.approx(one.values[week], rel=1e-6)
    np.testing.assert_allclose(two.fitted_person, one.fitted_person, rtol=1e-6)
    slope = one.variance.estimate("variance[week]").estimate
    assert two.variance.estimate("variance[week]").estimate == pytest.approx(slope, rel=1e-5)


def test_many_rows_take_the_shorter_road():
    """Products of centred columns instead of QR: the same model."""
    frame = pd.concat([visits(k, people=8).assign(k=k) for k in range(12)], ignore_index=True)
    frame["participant_id"] = frame["participant_id"] + frame["k"].astype(str)
    x = np.column_stack([np.ones(len(frame)), frame["week"], frame["minutes"] + 1e4])
    y, people = frame["pain"].to_numpy(), pd.factorize(frame["participant_id"])[0]
    from walkstats.regression.mixed import person_sums

    roads = []
    for small in (person_sums.SMALL, 0):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(person_sums, "SMALL", small)
            fixed = standardise(x, y)
        sums = sum_by_person(fixed, x[:, :2], people, None, True)
        shape = likelihood.Shape(2, True, False)
        at = likelihood.height(sums, shape, np.array([1.0, 0.1, 0.4]), True)
        values = fixed.start + fixed.spread * fixed.back @ at.coefficients
        height = at.deviance + 2 * at.free * np.log(fixed.spread) - 2 * fixed.log_volume
        roads.append([height, *values])
    np.testing.assert_allclose(roads[1], roads[0], rtol=1e-9)


def test_one_measure_each_is_least_squares_when_nobody_differs():
    frame = visits()
    rng = np.random.default_rng(3)
    frame["pain"] = 5 - 0.1 * frame["week"] + rng.normal(size=len(frame))
    frame["pain"] -= frame.groupby("participant_id")["pain"].transform("mean") - 5
    fit = linear_mixed(frame, "pain ~ week")
    plain = ols(frame, "pain ~ week", se="classical")
    assert fit.state == "boundary"
    assert fit.variance.values[0] == 0.0
    np.testing.assert_allclose(fit.values, plain.values, rtol=SAME)
    np.testing.assert_allclose(fit.covariance, plain.covariance, rtol=1e-7)
    assert fit.estimate("week").df == pytest.approx(plain.df_residual)
    assert compare_mixed(plain, fit).p_value == 1.0
    bounds = variance_components(fit).estimate("variance[intercept]")
    assert bounds.conf_low == 0.0
    assert 0.0 < bounds.conf_high < 0.2


def test_random_effects_are_drawn_towards_the_mean():
    frame = visits()
    fit = linear_mixed(frame, FORMULA)
    own = (frame["pain"] - fit.matrix @ fit.values).groupby(frame["participant_id"]).mean()
    effects = fit.random_effects.set_index("participant_id")["intercept"]
    assert (effects.abs() <= own.reindex(effects.index).abs() + 1e-12).all()


def test_predictions_of_strangers():
    frame = visits()
    fit = linear_mixed(frame, FORMULA, random="week", nested="clinic")
    new = frame.iloc[:3].assign(participant_id=["p00", "nobody", "p01"], clinic=["c0", "c1", "c0"])
    mean, own = predict_mixed(fit, new), predict_mixed(fit, new, who="person")
    assert list(own["known"]) == [True, False, True]
    clinics = fit.group_effects.set_index("clinic")["intercept"]
    assert own["estimate"].iloc[1] == pytest.approx(mean["estimate"].iloc[1] + clinics["c1"])
    assert own["std_error"].iloc[1] > own["std_error"].iloc[0]
    measure = predict_mixed(fit, new, who="person", observation=True)
    np.testing.assert_allclose(
        measure["std_error"] ** 2, own["std_error"] ** 2 + fit.sigma**2, rtol=1e-12
    )
    np.testing.assert_allclose(mean["estimate"], fit.design.matrix(new) @ fit.values)
    assert np.isnan(predict_mixed(fit, new.assign(minutes=np.nan))["estimate"]).all()
    with pytest.raises(ValueError, match="No column 'clinic'"):
        predict_mixed(fit, new.drop(columns="clinic"), who="person")


def test_alike():
    frame = visits()
    fit = linear_mixed(frame, FORMULA, nested="clinic")
    found = intraclass_correlation(fit)
    people, group, residual = fit.variance.values
    total = people + group + residual
    np.testing.assert_allclose(found.values, [(people + group) / total, group / total])
    slopes = linear_mixed(frame, FORMULA, random="week")
    with pytest.raises(ValueError, match="depends on week"):
        intraclass_correlation(slopes)
    at = intraclass_correlation(slopes, at={"week": 2}).values[0]
    z = np.array([1.0, 2.0])
    own = z @ slopes.covariance_by_group["all"] @ z
    assert at == pytest.approx(own / (own + slopes.sigma**2))


def test_compared():
    frame = visits()
    plain = ols(frame, FORMULA)
    level = linear_mixed(frame, FORMULA)
    slope = linear_mixed(frame, FORMULA, random="week")
    test = compare_mixed(plain, level)
    deviance = by_full_matrices(frame, level)[0]
    x, y = plain.matrix, plain.outcome
    free = len(y) - x.shape[1]
    low = free * (1 + np.log(2 * np.pi * plain.residuals @ plain.residuals / free))
    low += np.linalg.slogdet(x.T @ x)[1]
    assert test.statistic == pytest.approx(low - deviance)
    assert test.p_value == pytest.approx(test.parts["p_plain"] / 2)
    assert compare_mixed(level, slope).parts["reference"] == "0.5 chi2(1) + 0.5 chi2(2)"
    apart = linear_mixed(frame, FORMULA, random="week", correlated=False)
    assert compare_mixed(apart, slope).parts["reference"] == "chi2(1)"
    both = linear_mixed(frame, FORMULA, random="week", nested="clinic")
    assert any("2 variances" in note for note in compare_mixed(level, both).notes)
    small = linear_mixed(frame, "pain ~ week", reml=False)
    large = linear_mixed(frame, FORMULA, reml=False)
    assert compare_mixed(small, large).df == 3


def test_what_is_not_compared():
    frame = visits()
    level = linear_mixed(frame, FORMULA)
    with pytest.raises(ValueError, match="Restricted likelihoods of different fixed parts"):
        compare_mixed(linear_mixed(frame, "pain ~ week"), level)
    with pytest.raises(ValueError, match="other rows"):
        compare_mixed(linear_mixed(frame.iloc[1:], FORMULA), level)
    with pytest.raises(ValueError, match="one by ML"):
        compare_mixed(linear_mixed(frame, FORMULA, reml=False), level)
    with pytest.raises(ValueError, match="week is random in the smaller"):
        compare_mixed(linear_mixed(frame, FORMULA, random="week"), level)
    with pytest.raises(ValueError, match="nothing to compare"):
        compare_mixed(level, level)


def test_it_is_a_result():
    fit = linear_mixed(visits(), FORMULA, random="week")
    again = pickle.loads(pickle.dumps(fit))
    np.testing.assert_array_equal(again.values, fit.values)
    assert again.estimate("week").df == fit.estimate("week").df
    assert "random intercept and slope of week (correlated) by participant_id" in fit.method
    assert "REML" in fit.method
    assert fit.counts.participants == 24
    assert list(fit.subjects[:2]) == ["p00", "p00"]
    normal = linear_mixed(visits(), FORMULA, df="normal")
    assert normal.estimate("week").df == np.inf
    ws.regression.dose_response(fit, "minutes", reference=60)
