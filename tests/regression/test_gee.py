"""Estimating equations person by person, special cases, and relations.

Tolerances: 1e-8 for the same sums taken in another order; 1e-6 against statsmodels, whose search
stops earlier.
"""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy import special

from walkstats.errors import DataError, FitError
from walkstats.regression import gee, logistic, ols, rate_regression

FORMULA = {
    "gaussian": "pain ~ arm + month",
    "binomial": "well ~ arm + month",
    "poisson": "falls ~ arm + month",
}
some = settings(max_examples=10)


def visits(seed: int = 5, size: int = 24) -> pd.DataFrame:
    """Months 0, 3, 6 and 12, some of them missed."""
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(
        {
            "participant_id": np.repeat([f"P{k:02d}" for k in range(size)], 4),
            "month": np.tile([0.0, 3.0, 6.0, 12.0], size),
            "arm": pd.Categorical.from_codes(
                np.repeat(np.arange(size) % 2, 4), ["control", "walking"]
            ),
            "weeks": rng.uniform(2.0, 5.0, 4 * size),
        }
    )
    own = np.repeat(rng.normal(0, 1, size), 4)
    level = own + 0.5 * (frame["arm"] == "walking") - 0.05 * frame["month"]
    frame["pain"] = level + rng.normal(0, 1, 4 * size)
    frame["well"] = rng.uniform(size=4 * size) < special.expit(level)
    frame["falls"] = rng.poisson(np.exp(0.5 * level))
    return frame[rng.uniform(size=4 * size) > 0.15].reset_index(drop=True)


def correlation_of(fit, months: np.ndarray) -> np.ndarray:
    """The working correlation of one person, from the names of its parameters."""
    size, alpha = len(months), dict(fit.alpha)
    matrix = np.eye(size)
    for i in range(size):
        for j in range(i):
            if fit.correlation == "exchangeable":
                matrix[i, j] = alpha["any two rows"]
            elif fit.correlation == "ar1":
                matrix[i, j] = alpha["month 3 apart"] ** ((months[i] - months[j]) / 3)
            elif fit.correlation == "unstructured":
                matrix[i, j] = alpha[f"month {months[j]:g} and {months[i]:g}"]
            matrix[j, i] = matrix[i, j]
    return matrix


def by_hand(fit, frame: pd.DataFrame) -> dict[str, np.ndarray]:
    """Score and covariances, one person after another, with all matrices written out."""
    mu = fit.fitted
    slope = {"gaussian": np.ones_like(mu), "binomial": mu * (1 - mu), "poisson": mu}[fit.family]
    people = []
    for _, rows in frame.groupby("participant_id").indices.items():
        rows = rows[np.argsort(frame["month"].to_numpy()[rows])]
        D = slope[rows][:, None] * fit.matrix[rows]
        root = np.diag(np.sqrt(slope[rows]))
        V = root @ correlation_of(fit, frame["month"].to_numpy()[rows]) @ root
        people.append((D, np.linalg.inv(V), fit.outcome[rows] - mu[rows]))
    bread = np.linalg.inv(sum(D.T @ W @ D for D, W, _ in people))
    out = {"score": sum(D.T @ W @ r for D, W, r in people), "naive": fit.scale * bread}
    kinds = {"none": 0.0, "kauermann-carroll": -0.5, "mancl-derouen": -1.0}
    for name, power in kinds.items():
        meat = np.zeros_like(bread)
        for D, W, r in people:
            left = np.eye(len(r)) - D @ bread @ D.T @ W
            roots, vectors = np.linalg.eig(left)
            adjusted = (vectors * roots**power @ np.linalg.inv(vectors)).real
            u = D.T @ W @ adjusted @ r
            meat += np.outer(u, u)
        out[name] = bread @ meat @ bread
    meat = np.zeros_like(bread)
    for D, W, r in people:
        share = np.minimum(0.75, np.diag(D.T @ W @ D @ bread))
        u = (D.T @ W @ r) / np.sqrt(1 - share)
        meat += np.outer(u, u)
    out["fay-graubard"] = bread @ meat @ bread
    return out


@pytest.mark.parametrize("correlation", ["independence", "exchangeable", "ar1", "unstructured"])
@pytest.mark.parametrize("family", ["gaussian", "binomial", "poisson"])
def test_equations_person_by_person(family: str, correlation: str) -> None:
    frame = visits()
    options = {"family": family, "correlation": correlation, "visit": "month"}
    fit = gee(frame, FORMULA[family], **options)
    expected = by_hand(fit, frame)
    assert fit.state == "converged"
    np.testing.assert_allclose(expected["score"], 0.0, atol=1e-8)
    np.testing.assert_allclose(fit.naive_covariance, expected["naive"], rtol=1e-8)
    np.testing.assert_allclose(fit.covariance, expected["none"], rtol=1e-8)
    for name in ("kauermann-carroll", "mancl-derouen", "fay-graubard"):
        corrected = gee(frame, FORMULA[family], corrections=name, **options)
        np.testing.assert_allclose(corrected.covariance, expected[name], rtol=1e-7)
        assert corrected.freedom.value == 24 - 3


def test_parameters_of_the_correlation() -> None:
    frame = visits()
    fit = gee(frame, FORMULA["gaussian"], family="gaussian", correlation="exchangeable")
    r = (fit.outcome - fit.fitted) / np.sqrt(fit.scale)
    assert np.mean((fit.outcome - fit.fitted) ** 2) == pytest.approx(fit.scale)
    codes = pd.factorize(frame["participant_id"])[0]
    i, j = np.nonzero(
        (codes[:, None] == codes) & (np.arange(len(codes)) > np.arange(len(codes))[:, None])
    )
    assert np.mean(r[i] * r[j]) == pytest.approx(fit.alpha["any two rows"], rel=1e-8)
    fading = gee(frame, FORMULA["gaussian"], family="gaussian", correlation="ar1", visit="month")
    r = (fading.outcome - fading.fitted) / np.sqrt(fading.scale)
    apart = np.abs(frame["month"].to_numpy()[j] - frame["month"].to_numpy()[i]) / 3
    a = fading.alpha["month 3 apart"]

    def squares(at: float) -> float:
        return float(np.sum((r[i] * r[j] - at**apart) ** 2))

    assert squares(a) < min(squares(a - 1e-4), squares(a + 1e-4))


@pytest.mark.parametrize("bias_reduced", [False, True])
def test_against_statsmodels(bias_reduced: bool) -> None:
    import statsmodels.api as sm

    frame = visits()
    fit = gee(
        frame,
        FORMULA["binomial"],
        family="binomial",
        correlation="independence",
        corrections="mancl-derouen" if bias_reduced else None,
    )
    model = sm.GEE(
        fit.outcome, fit.matrix, groups=frame["participant_id"], family=sm.families.Binomial()
    )
    theirs = model.fit(ctol=1e-12, cov_type="bias_reduced" if bias_reduced else "robust")
    np.testing.assert_allclose(fit.values, theirs.params, rtol=1e-6)
    np.testing.assert_allclose(fit.std_errors, theirs.bse, rtol=1e-6)


def test_independence_is_the_clustered_regression() -> None:
    frame = visits()
    linear = ols(frame, FORMULA["gaussian"], se="CR2")
    pain = gee(
        frame, FORMULA["gaussian"], family="gaussian", correlation="independence",
        corrections="kauermann-carroll", freedom="satterthwaite",
    )  # fmt: skip
    np.testing.assert_allclose(pain.values, linear.values, rtol=1e-9)
    np.testing.assert_allclose(pain.covariance, linear.covariance, rtol=1e-8)
    for term in linear.terms:
        assert pain.estimate(term).df == pytest.approx(linear.estimate(term).df, rel=1e-8)
    odds = logistic(frame, FORMULA["binomial"], se="CR0")
    well = gee(frame, FORMULA["binomial"], family="binomial", correlation="independence")
    np.testing.assert_allclose(well.covariance, odds.covariance, rtol=1e-8)
    rates = rate_regression(frame, FORMULA["poisson"], exposure="weeks", se="CR0")
    falls = gee(
        frame, FORMULA["poisson"], family="poisson", correlation="independence", exposure="weeks"
    )
    np.testing.assert_allclose(falls.values, rates.values, rtol=1e-9)
    np.testing.assert_allclose(falls.covariance, rates.covariance, rtol=1e-8)
    assert (falls.measure, well.measure) == ("rate ratio", "odds ratio")
    assert falls.counts.events == frame["falls"].sum()


@some
@given(st.integers(0, 10**6), st.sampled_from(["exchangeable", "ar1", "unstructured"]))
def test_relations(seed: int, correlation: str) -> None:
    frame = visits(seed, 20)
    options = {"family": "gaussian", "correlation": correlation, "visit": "month"}
    try:
        fit = gee(frame, FORMULA["gaussian"], **options)
    except FitError:  # few people may make no correlation matrix
        assume(False)
    known = {"rtol": 1e-6, "atol": 1e-9}
    again = gee(frame.sample(frac=1, random_state=seed), FORMULA["gaussian"], **options)
    np.testing.assert_allclose(again.values, fit.values, **known)
    np.testing.assert_allclose(again.covariance, fit.covariance, **known)
    far = gee(frame.assign(x=1e5 + 7 * frame["month"]), "pain ~ arm + x", **options)
    np.testing.assert_allclose(7 * far.values[2], fit.values[2], **known)
    turned = frame.assign(arm=frame["arm"].cat.reorder_categories(["walking", "control"]))
    other = gee(turned, FORMULA["gaussian"], **options)
    np.testing.assert_allclose(other.values[1], -fit.values[1], **known)
    np.testing.assert_allclose(other.std_errors[1], fit.std_errors[1], **known)
    twice = pd.concat([frame, frame.assign(participant_id=frame["participant_id"] + "b")])
    both = gee(twice, FORMULA["gaussian"], **options)
    np.testing.assert_allclose(both.values, fit.values, **known)
    np.testing.assert_allclose(2 * both.covariance, fit.covariance, **known)
    assert dict(both.alpha) == pytest.approx(dict(fit.alpha), rel=1e-6)


def test_types_and_names_of_visits() -> None:
    frame = visits()
    expected = gee(
        frame, FORMULA["binomial"], family="binomial", correlation="unstructured", visit="month"
    )
    names = frame["month"].map({0.0: "a", 3.0: "b", 6.0: "c", 12.0: "d"}).astype("category")
    for other in (names, frame["month"].astype("Int64"), frame["month"].astype("int64[pyarrow]")):
        found = gee(
            frame.assign(when=other), FORMULA["binomial"], family="binomial",
            correlation="unstructured", visit="when",
        )  # fmt: skip
        np.testing.assert_allclose(found.values, expected.values, rtol=1e-9)
    words = frame.assign(well=frame["well"].map({True: "yes", False: "no"}))
    named = gee(
        words, FORMULA["binomial"], family="binomial", correlation="unstructured", visit="month",
        event_value="yes",
    )  # fmt: skip
    np.testing.assert_array_equal(named.values, expected.values)
    assert "well = 'yes'" in named.method


def test_weights() -> None:
    frame = visits().assign(w=1.0)
    plain = gee(frame, FORMULA["poisson"], family="poisson", correlation="exchangeable")
    ones = gee(frame, FORMULA["poisson"], family="poisson", correlation="exchangeable", weights="w")
    np.testing.assert_allclose(ones.covariance, plain.covariance, rtol=1e-9)
    assert "weighted by w;" in ones.method
    few = frame.assign(w=np.where(frame["month"] == 12, 0.0, 2.0))
    zero = gee(few, FORMULA["gaussian"], family="gaussian", correlation="exchangeable", weights="w")
    left = gee(
        few[few["w"] > 0], FORMULA["gaussian"], family="gaussian", correlation="exchangeable"
    )
    np.testing.assert_allclose(zero.values, left.values, rtol=1e-9)
    np.testing.assert_allclose(zero.covariance, left.covariance, rtol=1e-8)
    assert dict(zero.counts.left_out) == {"w is 0": int((few["w"] == 0).sum())}
    with pytest.raises(DataError, match="w is negative"):
        gee(frame.assign(w=-1.0), FORMULA["gaussian"], family="gaussian", weights="w")


def test_what_is_missing_is_said() -> None:
    frame = visits()
    frame.loc[[3, 4], "pain"] = np.nan
    fit = gee(frame, FORMULA["gaussian"], family="gaussian")
    assert dict(fit.counts.left_out) == {"pain missing": 2}
    assert fit.counts.participants == 24
    said = " ".join(fit.notes)
    assert "missing completely at random" in said
    assert "too small with 24 participants; corrections='kauermann-carroll'" in said
    single = frame.drop_duplicates("participant_id")
    assert "one row" in " ".join(gee(single, "pain ~ arm", family="gaussian").notes)


def test_an_arm_of_one_participant_has_no_standard_error() -> None:
    frame = visits()
    lonely = frame.assign(arm=np.where(frame["participant_id"] == "P03", "walking", "control"))
    for name in (None, "fay-graubard"):
        fit = gee(lonely, FORMULA["gaussian"], family="gaussian", corrections=name)
        assert np.isnan(fit.estimate("arm[walking]").std_error)
        assert np.isfinite(fit.estimate("month").std_error)
        assert "rests on one participant alone" in " ".join(fit.notes)


def test_m45_missing_participants_and_visits() -> None:
    frame = visits().astype({"participant_id": object})
    frame.loc[[1, 2], "participant_id"] = None
    with pytest.raises(DataError, match="participant_id is missing in 2"):
        gee(frame, FORMULA["gaussian"], family="gaussian")
    gap = visits().assign(month=lambda f: f["month"].where(f.index > 0), t=1)
    with pytest.raises(DataError, match="month is missing in 1"):
        gee(gap, "pain ~ arm", family="gaussian", correlation="ar1", visit="month")


def test_o03_a_visit_twice() -> None:
    frame = visits()
    twice = pd.concat([frame, frame.iloc[[5]]], ignore_index=True)
    with pytest.raises(DataError, match=f"in rows 5 and {len(frame)}") as caught:
        gee(twice, FORMULA["gaussian"], family="gaussian", visit="month")
    assert caught.value.problems["count"].iloc[0] == 2


@pytest.mark.parametrize(
    ("change", "options", "error", "said"),
    [
        ({}, {"correlation": "ar1"}, ValueError, "needs visit="),
        ({}, {"correlation": "toeplitz"}, ValueError, "correlation must be one of"),
        ({}, {"family": "gamma"}, ValueError, "family must be one of"),
        ({}, {"corrections": "none"}, ValueError, "corrections must be one of"),
        ({}, {"freedom": "residual"}, ValueError, "freedom must be one of"),
        (
            {},
            {"freedom": "satterthwaite", "corrections": "fay-graubard"},
            ValueError,
            "use 'clusters'",
        ),
        ({}, {"exposure": "weeks"}, ValueError, "exposure= is for"),
        ({}, {"event_value": 1}, ValueError, "event_value= is for"),
        ({}, {"subject": "person"}, ValueError, "No column 'person'"),
        ({"month": "first"}, {"correlation": "ar1", "visit": "month"}, DataError, "how far"),
        ({"pain": "much"}, {}, DataError, "not a number"),
        ({"pain": np.inf}, {}, DataError, "infinite"),
        ({"participant_id": "P1"}, {}, FitError, "from 1 people"),
        ({"pain": 3.0}, {}, FitError, "fitted exactly"),
        ({"age": 40.0}, {"formula": "pain ~ arm + age"}, FitError, "age is constant"),
    ],
)
def test_what_cannot_be(change: dict, options: dict, error: type, said: str) -> None:
    options = {"family": "gaussian", "formula": "pain ~ arm", **options}
    formula = options.pop("formula")
    with pytest.raises(error, match=re.escape(said)):
        gee(visits().assign(**change), formula, **options)


def test_m05_o11_events_that_cannot_be() -> None:
    frame = visits()
    with pytest.raises(DataError, match="well must be 0/1 or boolean"):
        gee(frame.assign(well=1 + frame["well"]), FORMULA["binomial"], family="binomial")
    apart = frame.assign(well=frame["well"] & (frame["arm"] == "control"))
    with pytest.raises(FitError, match=r"arm\[walking\]: .*separation"):
        gee(apart, FORMULA["binomial"], family="binomial")
    none = frame.assign(falls=np.where(frame["arm"] == "walking", 0, frame["falls"]))
    with pytest.raises(FitError, match="always 0"):
        gee(none, FORMULA["poisson"], family="poisson")
    apart_in_time = frame[(frame["month"] == 0) ^ (frame["participant_id"] < "P10")]
    with pytest.raises(FitError, match="Nobody has both of these visits: 0 and 3"):
        gee(
            apart_in_time, "pain ~ arm", family="gaussian", correlation="unstructured",
            visit="month",
        )  # fmt: skip


def test_correlations_that_are_no_matrix_are_refused() -> None:
    """Three visits, each pair seen in other people: near 1, near 1 and near -1."""
    rng = np.random.default_rng(1)
    rows = []
    for pair, sign in (((0, 1), 1), ((1, 2), 1), ((0, 2), -1)):
        for k in range(12):
            x = rng.normal()
            for visit, value in zip(pair, (x, sign * x), strict=True):
                rows.append((f"{pair}{k}", visit, value + 0.1 * rng.normal()))
    rows += [("all", v, 0.1) for v in range(3)]
    frame = pd.DataFrame(rows, columns=["participant_id", "visit", "y"]).assign(
        x=rng.normal(size=len(rows))
    )
    with pytest.raises(FitError, match="is no correlation matrix"):
        gee(frame, "y ~ x", family="gaussian", correlation="unstructured", visit="visit")
