"""Proportional hazards for interval-censored data against binomial models, differences, relations.

On common visits the likelihood is a binomial one: 1e-8 relative for coefficients, log-likelihood
and standard errors, what Newton's method leaves of both. Second differences have five digits.
"""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import walkstats as ws
from tests.survival.interval_censored.drawn_intervals import (
    changed,
    ends,
    frame_of,
    larger_trials,
)
from walkstats.errors import DataError, FitError
from walkstats.survival.interval_censored.baseline_steps import stratum_of
from walkstats.survival.interval_censored.places_of_mass import places_of_mass
from walkstats.survival.interval_censored.profile import profile
from walkstats.survival.interval_censored.scaled_coefficients import Coefficients, coefficients

AS_BINOMIAL = 1e-8
# The search ends at 1e-20 of the squared distance in standard errors, the baseline at 1e-13.
SAME_MAXIMUM = 1e-6


def monthly(seed: int, n: int = 300, visits: int = 6) -> pd.DataFrame:
    """Everybody is seen on days 30, 60, ... until a last visit of their own, without gaps."""
    rng = np.random.default_rng(seed)
    arm, x = rng.integers(0, 2, n), rng.normal(50, 10, n)
    days = rng.exponential(120 * np.exp(0.4 * arm - 0.02 * (x - 50)))
    stops = rng.integers(2, visits + 1, n)
    at = np.ceil(days / 30)
    happened = at <= stops
    return pd.DataFrame(
        {
            "participant_id": np.arange(n),
            "low_days": np.where(happened, at - 1, stops) * 30.0,
            "high_days": np.where(happened, at * 30.0, np.inf),
            "arm": pd.Categorical.from_codes(arm, ["control", "walking"]),
            "x": x,
            "site": rng.choice(["north", "south"], n),
        }
    )


def binomial(frame: pd.DataFrame, strata: bool) -> tuple[Any, np.ndarray]:
    """statsmodels' model with complementary log-log link, a term per visit (and site)."""
    import statsmodels.api as sm

    rows = []
    for person in frame.itertuples():
        happened = np.isfinite(person.high_days)
        last = int((person.high_days if happened else person.low_days) / 30)
        for visit in range(1, last + 1):
            site = person.site if strata else ""
            walking = float(person.arm == "walking")
            rows.append((f"{site}{visit}", happened and visit == last, walking, person.x - 50))
    long = pd.DataFrame(rows, columns=["visit", "event", "walking", "x"])
    terms = pd.get_dummies(long["visit"], dtype=float).join(long[["walking", "x"]])
    family = sm.families.Binomial(link=sm.families.links.CLogLog())
    model = sm.GLM(long["event"].astype(float), terms, family=family)
    fit = model.fit(method="newton", tol=1e-15, maxiter=200)
    information = -model.hessian(fit.params, observed=True)
    return fit, np.sqrt(np.diag(np.linalg.inv(information)))[-2:]


@pytest.mark.parametrize("strata", [False, True])
def test_common_visits_are_a_binomial_model(strata: bool) -> None:
    frame = monthly(1)
    fit = ws.survival.interval_cox(frame, "arm + x", strata="site" if strata else None)
    theirs, errors = binomial(frame, strata)
    np.testing.assert_allclose(fit.values, theirs.params[-2:], rtol=AS_BINOMIAL)
    np.testing.assert_allclose(fit.log_likelihood, theirs.llf, rtol=AS_BINOMIAL)
    np.testing.assert_allclose(fit.std_errors, errors, rtol=AS_BINOMIAL)
    assert fit.gap < 1e-9
    assert fit.state == "converged"
    assert list(fit.baseline["stratum"].unique()) == (["north", "south"] if strata else ["all"])


def prepared(frame: pd.DataFrame, names: tuple[str, ...]) -> tuple[np.ndarray, list[Any]]:
    low, high = ends(frame)
    rows = np.arange(len(frame))
    stratum = stratum_of(places_of_mass(low, high), rows, np.ones(len(frame)))
    columns = [
        frame[name].cat.codes.to_numpy(dtype=float) if name == "arm" else frame[name].to_numpy()
        for name in names
    ]
    return np.column_stack(columns), [stratum]


def test_score_and_information_are_those_of_the_profile() -> None:
    matrix, strata = prepared(frame_of(np.random.default_rng(4).bytes(80)), ("arm", "x"))
    matrix = matrix - matrix.mean(axis=0)
    b, h = np.array([0.3, -0.05]), 1e-4
    starts = [one.start for one in strata]
    here = profile(b, matrix, strata, starts)
    for k in range(2):
        step = h * np.eye(2)[k]
        up, down = (profile(b + sign * step, matrix, strata, starts) for sign in (1, -1))
        np.testing.assert_allclose((up.value - down.value) / (2 * h), here.score[k], rtol=1e-5)
        slope = (down.score - up.score) / (2 * h)
        np.testing.assert_allclose(slope, here.information[k], rtol=1e-5)
    np.testing.assert_allclose(here.rows.sum(axis=0), here.score, atol=1e-9)


def fitted(frame: pd.DataFrame, column: np.ndarray) -> Coefficients | None:
    low, high = ends(frame)
    if np.isfinite(high).sum() < 2 or np.ptp(column) == 0:
        return None
    stratum = stratum_of(places_of_mass(low, high), np.arange(len(low)), np.ones(len(low)))
    try:
        return coefficients(
            column[:, None], [stratum], level=0.95, names=["x"], within=np.zeros(len(low), int),
            unit=(None, None, None),
        )  # fmt: skip
    except FitError:
        return None


@given(larger_trials, st.integers(0, 99), st.sampled_from([0.25, 365.25]))
def test_order_units_arms_and_origin(frame: pd.DataFrame, seed: int, factor: float) -> None:
    order = np.random.default_rng(seed).permutation(len(frame))
    moved = frame.iloc[order]
    moved = moved.assign(low_days=factor * moved["low_days"], high_days=factor * moved["high_days"])
    x = frame["x"].to_numpy()
    # Somebody censored before anybody's event adds nothing.
    early = pd.concat([moved, moved.iloc[[0]].assign(low_days=0.0, high_days=np.inf)])
    one, other = fitted(frame, x), fitted(early, np.append(100 - 4 * x[order], 60.0))
    if one is None or other is None or "infinite" in (one.state, other.state):
        assert getattr(one, "state", None) == getattr(other, "state", None)
        return
    np.testing.assert_allclose(one.values, -4 * other.values, rtol=SAME_MAXIMUM, atol=1e-8)
    np.testing.assert_allclose(
        one.naive_covariance, 16 * other.naive_covariance, rtol=1e-4, atol=1e-8
    )
    np.testing.assert_allclose(one.covariance, 16 * other.covariance, rtol=1e-4, atol=1e-7)
    np.testing.assert_allclose(one.log_likelihood, other.log_likelihood, rtol=1e-9)
    assert max(one.gap, other.gap) < 1e-9


def test_missing_rows_copies_and_arms() -> None:
    frame = monthly(2, n=120)
    one = ws.survival.interval_cox(frame, "arm + x")
    other = changed(frame.astype({"participant_id": str}), 3, 1 / 365.25).assign(copies=1, w=1.0)
    other["arm"] = pd.Categorical(other["arm"], categories=["walking", "control", "none"])
    other.iloc[0, other.columns.get_loc("x")] = np.nan
    found = ws.survival.interval_cox(other, "arm + x", frequencies="copies", weights="w")
    assert found.counts is not None
    assert dict(found.counts.left_out) == {"low_days missing": 1, "x missing": 1}
    kept = frame[frame["participant_id"] != int(other["participant_id"].iloc[0])]
    same = ws.survival.interval_cox(kept, "arm + x")
    np.testing.assert_allclose(found.values[0], -same.values[0], rtol=SAME_MAXIMUM)
    twice = ws.survival.interval_cox(frame.assign(copies=2), "arm + x", frequencies="copies")
    np.testing.assert_allclose(twice.values, one.values, rtol=SAME_MAXIMUM)
    np.testing.assert_allclose(twice.covariance, one.covariance / 2, rtol=SAME_MAXIMUM)


def test_rows_left_out_are_told_by_arm() -> None:
    frame = monthly(7, n=80)
    frame.loc[:5, "x"] = np.nan
    lost = frame.iloc[:6]
    fit = ws.survival.interval_cox(frame, "arm + x")
    assert any(note.startswith("Rows left out by arm:") for note in fit.notes)
    assert fit.counts.events_left_out == int(np.isfinite(lost["high_days"]).sum())


def test_tests_of_all_coefficients_and_the_log_rank_test() -> None:
    frame = monthly(3)
    fit = ws.survival.interval_cox(frame, "arm")
    test = ws.survival.interval_log_rank(frame, "arm")
    score = fit.tests["score"].statistic
    # Two scores for the same null hypothesis: log hazards here, log odds of the hazard there.
    assert score == pytest.approx(test.statistic, rel=0.1)
    for name in ("likelihood_ratio", "wald"):
        assert fit.tests[name].statistic == pytest.approx(score, rel=0.1)
    again = pickle.loads(pickle.dumps(fit))
    assert again.tests["score"].statistic == score
    assert "Interval" not in fit.estimate("arm[walking]", ratio=True).measure


def test_robust_variance_with_clusters_of_one_and_with_copies() -> None:
    frame = monthly(4, n=150).assign(own=np.arange(150), pair=np.arange(150) // 2, copies=2)
    robust = ws.survival.interval_cox(frame, "arm + x", robust=True)
    single = ws.survival.interval_cox(frame, "arm + x", cluster="own")
    np.testing.assert_allclose(robust.covariance, single.covariance, rtol=1e-12)
    assert "clustered by own" in single.method
    np.testing.assert_allclose(
        robust.std_errors, robust.naive_covariance.diagonal() ** 0.5, rtol=0.3
    )
    doubled = pd.concat([frame.iloc[::2]] * 2).assign(participant_id=np.arange(150))
    paired = ws.survival.interval_cox(doubled, "arm + x", cluster="own")
    alone = ws.survival.interval_cox(frame.iloc[::2], "arm + x", robust=True)
    np.testing.assert_allclose(paired.covariance, alone.covariance, rtol=SAME_MAXIMUM)
    fractional = ws.survival.interval_cox(frame.assign(w=0.5), "arm + x", weights="w")
    np.testing.assert_allclose(fractional.covariance, robust.covariance, rtol=SAME_MAXIMUM)


def test_exact_days_without_ties_are_close_to_cox() -> None:
    """One event at a time among many: the grouped and the continuous likelihood are close."""
    rng = np.random.default_rng(8)
    n = 400
    x = rng.normal(size=n)
    days = rng.exponential(100 * np.exp(-0.5 * x))
    frame = pd.DataFrame({"days": np.minimum(days, 150), "event": days < 150, "x": x})
    frame["low_days"] = frame["days"]
    frame["high_days"] = np.where(frame["event"], frame["days"], np.inf)
    ours, theirs = ws.survival.interval_cox(frame, "x"), ws.survival.cox(frame, "x")
    np.testing.assert_allclose(ours.values, theirs.values, rtol=0.01)
    np.testing.assert_allclose(ours.std_errors, theirs.std_errors, rtol=0.01)


def test_an_infinite_ratio_is_said_in_words() -> None:
    frame = monthly(5, n=120)
    frame["high_days"] = np.where(frame["arm"] == "walking", np.inf, frame["high_days"])
    fit = ws.survival.interval_cox(frame, "arm + x")
    assert fit.state == "infinite"
    shown = fit.estimate("arm[walking]", ratio=True)
    assert shown.estimate == 0.0
    assert 0 < shown.conf_high < 0.2
    assert np.isnan(shown.std_error)
    assert any("arm[walking] is zero" in note for note in fit.notes)
    assert "profile-likelihood interval of arm[walking]" in fit.method
    assert fit.tests["likelihood_ratio"].p_value < 0.001
    # The other coefficient is that of the arm with events.
    control = ws.survival.interval_cox(frame[frame["arm"] == "control"], "x")
    np.testing.assert_allclose(fit.values[1], control.values[0], rtol=1e-5)
    np.testing.assert_allclose(fit.log_likelihood, control.log_likelihood, rtol=1e-8)


def test_a_ratio_is_infinite_where_all_of_an_arm_have_the_event_at_once() -> None:
    """The likelihood levels off where nearly nobody is expected to pass the first visit."""
    frame = monthly(5, n=120)
    first = frame["arm"] == "control"
    frame.loc[first, ["low_days", "high_days"]] = [0.0, 30.0]
    fit = ws.survival.interval_cox(frame, "arm")
    assert fit.state == "infinite"
    shown = fit.estimate("arm[walking]", ratio=True)
    assert shown.estimate == 0.0
    assert 0 < shown.conf_high < 0.2
    assert np.isnan(shown.std_error)


def test_what_an_infinite_ratio_leaves_unknown_is_missing() -> None:
    """Given that c is infinite, a and b alone are left, all of them in one interval."""
    frame = pd.DataFrame(
        {
            "arm": list("caaccccb"),
            "low_days": [2.0, 2, 2, 3, 1, 0, 3, 2],
            "high_days": [3.0, 4, 4, 5, 1, 1, 5, 4],
        }
    )
    fit = ws.survival.interval_cox(frame, "arm")
    assert fit.values[1] == np.inf
    assert np.isnan(fit.values[0])
    assert np.isnan(fit.std_errors).all()
    assert any(note.startswith("arm[b] cannot be estimated") for note in fit.notes)
    table = ws.survival.ascertainment_sensitivity(frame, "arm")
    assert any("Interval: arm[b] cannot be estimated" in note for note in table.notes)


REFUSED: list[tuple[str, dict[str, Any], type[Exception], str]] = [
    ("arm", {"high_days": np.inf}, FitError, "all are right-censored"),
    ("arm", {"arm": "control"}, DataError, "control"),
    ("x", {"x": 3.0}, FitError, "constant"),
    ("site_a + site_b", {"site_a": np.arange(300) % 2, "site_b": 1 - np.arange(300) % 2}, FitError,
     "collinear"),
    ("low_days", {}, ValueError, "cannot be a covariate"),
    ("name", {"name": [f"n{k}" for k in range(300)]}, FitError, "text with 300 levels"),
    ("x", {"high_days": 1.0}, DataError, "low_days lies after high_days"),
    ("arm ~ x", {}, ValueError, "left side"),
    ("1", {}, ValueError, "names no covariate"),
]  # fmt: skip


@pytest.mark.parametrize(("formula", "change", "kind", "words"), REFUSED)
def test_refusals_in_words(
    formula: str, change: dict[str, Any], kind: type[Exception], words: str
) -> None:
    with pytest.raises(kind, match=words):
        ws.survival.interval_cox(monthly(6).assign(**change), formula)


def test_other_refusals() -> None:
    frame = monthly(6)
    with pytest.raises(ValueError, match="entry= is not offered"):
        ws.survival.interval_cox(frame, "arm", entry="x")
    with pytest.raises(ValueError, match="cluster= asks for a robust variance"):
        ws.survival.interval_cox(frame, "arm", cluster="site", robust=False)
    with pytest.raises(FitError, match="fewer coefficients than events"):
        ws.survival.interval_cox(frame.iloc[:3], "arm + x")
    with pytest.raises(DataError, match="cl is missing in 1 of the 300 rows used"):
        ws.survival.interval_cox(frame.assign(cl=[np.nan, *range(299)]), "arm", cluster="cl")
    with pytest.raises(FitError, match="one cluster of one"):
        ws.survival.interval_cox(frame.assign(one=1), "arm", cluster="one")
    # Only people without follow-up differ.
    frame["x"] = 0.0
    frame.loc[0, ["x", "low_days", "high_days"]] = [1.0, 0.0, np.inf]
    with pytest.raises(FitError, match="say nothing about the event"):
        ws.survival.interval_cox(frame, "x")
