"""Courses after drop-out: the means that each strategy promises, and the posterior behind them."""

import numpy as np
import pandas as pd
import pytest

from walkstats.errors import DataError
from walkstats.missing import reference_based
from walkstats.missing.visit_chains import posterior_laws

MEANS = {"control": np.array([5.0, 5.5, 6.0]), "walking": np.array([4.0, 3.5, 3.0])}
COVARIANCE = np.array([[1.0, 0.6, 0.5], [0.6, 1.2, 0.8], [0.5, 0.8, 1.5]])
# After the first visit, drop-outs of the walking arm at the last visit.
LAST = {
    "missing-at-random": MEANS["walking"][2],
    "jump-to-reference": MEANS["control"][2],
    "copy-increments": MEANS["walking"][0] + MEANS["control"][2] - MEANS["control"][0],
    "copy-reference": MEANS["control"][2] + 0.5 * (MEANS["walking"][0] - MEANS["control"][0]),
}


def visits(each=60, lost=0.3, seed=1, inner=0.0):
    """Drop-out after the first visit, whoever it is; ``inner`` of the second visits alone."""
    rng = np.random.default_rng(seed)
    parts = []
    for arm, mean in MEANS.items():
        values = rng.multivariate_normal(mean, COVARIANCE, each)
        values[rng.random(each) < lost, 1:] = np.nan
        values[rng.random(each) < inner, 1] = np.nan
        ids = np.repeat([f"{arm}{k}" for k in range(each)], 3)
        month = np.tile([3, 6, 12], each)
        parts.append(
            pd.DataFrame(
                {"participant_id": ids, "arm": arm, "month": month, "pain": values.ravel()}
            )
        )
    frame = pd.concat(parts, ignore_index=True)
    frame["sex"] = np.where(frame["participant_id"].str[-1].isin(list("02468")), "f", "m")
    return frame


def made(frame, strategy="jump-to-reference", **given):
    options = {
        "visit": "month", "reference": "control", "imputations": 2, "seed": 4, "burn_in": 20,
        "between": 5,
    }  # fmt: skip
    return reference_based(frame, "pain", strategy=strategy, **(options | given))


@pytest.mark.parametrize("strategy", LAST)
def test_the_means_after_drop_out(strategy):
    frame = visits(each=3_000)
    filled = made(frame, strategy)
    rows = frame.loc[filled.imputed["pain"], ["arm", "month"]].reset_index(drop=True)
    drawn = filled.values["pain"]
    for arm, wanted in (("walking", LAST[strategy]), ("control", MEANS["control"][2])):
        here = ((rows["arm"] == arm) & (rows["month"] == 12)).to_numpy()
        # Two data sets of some 900 people each, and laws from some 2,000: variances add up.
        error = np.sqrt(1.5 / (2 * here.sum()) + 2 * 1.5 / 2_000 + 0.5 / 900)
        assert abs(drawn[:, here].mean() - wanted) < 3.29 * error


def test_the_posterior_of_complete_visits_is_that_of_the_books():
    # Without gaps the draws are independent: the covariance has mean S / (n - q - T - 1), the
    # coefficients have mean least squares and variance (X'X)^-1 times that.
    rng = np.random.default_rng(9)
    x = np.column_stack([np.ones(40), rng.normal(size=40)])
    y = x @ np.array([[1.0, 2.0], [0.5, -0.5]]) + rng.normal(size=(40, 2))
    laws = posterior_laws(rng, y, x, draws=4_000, burn_in=0, between=1)
    b = np.linalg.lstsq(x, y, rcond=None)[0]
    scatter = (y - x @ b).T @ (y - x @ b)
    drawn = np.array([law.coefficients for law in laws])
    covariance = np.array([law.covariance for law in laws])
    for found, wanted in (
        (covariance, scatter / (40 - 2 - 2 - 1)),
        (drawn, b),
    ):
        error = found.std(axis=0, ddof=1) / np.sqrt(len(found))
        assert np.all(np.abs(found.mean(axis=0) - wanted) < 3.29 * error)
    variance = np.linalg.inv(x.T @ x)[1, 1] * scatter[0, 0] / 35
    assert drawn[:, 1, 0].var() == pytest.approx(variance, rel=3.29 * np.sqrt(2 / 4_000) * 1.3)


def test_the_reference_arm_is_always_missing_at_random():
    frame = visits()
    some = [made(frame, strategy).values["pain"] for strategy in LAST]
    control = (frame["arm"] == "control")[made(frame).imputed["pain"]].to_numpy()
    for other in some[1:]:
        assert np.array_equal(other[:, control], some[0][:, control])
    assert not np.array_equal(some[0][:, ~control], some[1][:, ~control])


def test_known_visits_stay_and_the_seed_decides():
    frame = visits(inner=0.1)
    one, two = made(frame, covariates="sex"), made(frame, covariates="sex")
    assert np.array_equal(one.values["pain"], two.values["pain"])
    known = frame["pain"].notna()
    for completed in one.frames:
        assert (completed.loc[known, "pain"] == frame.loc[known, "pain"]).all()
        assert completed["pain"].notna().all()
    assert "given sex" in one.method
    assert any("gaps before their last known visit" in note for note in one.notes)
    assert not np.array_equal(one.values["pain"], made(frame, seed=5).values["pain"])


def test_nobody_after_baseline_has_the_law_of_the_reference_arm():
    frame = visits(each=400)
    gone = frame["participant_id"].isin([f"walking{k}" for k in range(200)])
    frame.loc[gone, "pain"] = np.nan
    for strategy in ("jump-to-reference", "copy-increments", "copy-reference"):
        filled = made(frame, strategy)
        rows = gone[filled.imputed["pain"]].to_numpy()
        drawn = filled.values["pain"][:, rows].reshape(2, 200, 3).mean(axis=(0, 1))
        error = np.sqrt(np.diag(COVARIANCE) * (1 / 400 + 1 / 200))
        assert np.all(np.abs(drawn - MEANS["control"]) < 3.29 * error)
        assert filled.notes[0].startswith("200 participant(s) of other arms were known at no visit")


def test_refusals():
    frame = visits()
    with pytest.raises(ValueError, match="strategy must be one of"):
        made(frame, "carried-forward")
    with pytest.raises(ValueError, match=r"No arm 'placebo'\. There are: control, walking"):
        made(frame, reference="placebo")
    with pytest.raises(ValueError, match="Nothing of pain is missing"):
        made(frame.dropna().groupby("participant_id").filter(lambda f: len(f) == 3))
    with pytest.raises(DataError, match="arm control has 3 participants with a known visit"):
        made(visits(each=3))
    with pytest.raises(DataError, match="covariates are missing: 1 sex missing"):
        made(frame.assign(sex=frame["sex"].where(frame["participant_id"] != "walking7")),
             covariates="sex")  # fmt: skip
    with pytest.raises(ValueError, match="between must be a whole number of at least 1"):
        made(frame, between=0)


def test_a_covariate_that_changes_and_an_arm_that_changes_are_refused():
    frame = visits(20).assign(age=40.0)
    frame.loc[0, "age"] = 41.0
    with pytest.raises(DataError, match=r"age differs between the rows of 1 participant\(s\)"):
        made(frame, covariates="age")
    frame.loc[0, "arm"] = "walking"
    with pytest.raises(DataError, match="are in several groups of arm: control0"):
        made(frame)


def test_arms_that_are_numbers():
    frame = visits(20)
    by_number = frame.assign(arm=(frame["arm"] == "walking").astype(int))
    one, two = made(by_number, reference=0), made(frame)
    assert np.array_equal(one.values["pain"], two.values["pain"])


def test_what_leaves_no_law_of_the_visits_is_said():
    frame = visits(20)
    with pytest.raises(DataError, match="covariates are constant or combinations of one another"):
        made(frame.assign(age=1.0), covariates="age")
    with pytest.raises(DataError, match="a visit does not vary"):
        made(frame.assign(pain=frame["pain"].where(frame["pain"].isna(), 4.0)))
    late = (frame["arm"] == "walking") & (frame["month"] == 12)
    with pytest.raises(DataError, match=r"arm walking has 0 known value\(s\) at a visit"):
        made(frame.assign(pain=frame["pain"].mask(late)))
    with pytest.raises(DataError, match="the frame has no rows"):
        made(frame.head(0))


def test_what_was_assumed_goes_with_every_frame():
    jump = made(visits(20)).frame(1).attrs["source"]
    assert jump.endswith("imputed (after drop-out jump-to-reference, reference control)")
    assert made(visits(20), "missing-at-random").frame(1).attrs["source"].endswith(" imputed")
