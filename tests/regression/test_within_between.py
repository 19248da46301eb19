"""Between people and within them: slopes of a known truth, lags, and the reverse direction."""

import pickle

import numpy as np
import pandas as pd
import pytest

from tests.replicates import keeps
from walkstats.derive import within_between
from walkstats.regression import linear_mixed, ols, within_between_slopes

BETWEEN, WITHIN, AFTER, BACK = 0.012, -0.008, 0.005, -9.0
FORMULA = "pain ~ walking_minutes_within + walking_minutes_between"
# A true value lies within so many standard errors in 999 of 1000 samples.
FAR = 3.29


def diaries(rng, people=80, weeks=20):
    """People with more pain walk more; a week of more walking eases pain, the next one pays."""
    usual = rng.normal(120, 40, people)
    own = BETWEEN * (usual - 120) + rng.normal(0, 0.5, people)
    minutes = usual[:, None] + rng.normal(0, 40, (people, weeks))
    away = minutes - usual[:, None]
    pain = 4 + own[:, None] + WITHIN * away + rng.normal(0, 0.8, (people, weeks))
    pain[:, 1:] += AFTER * away[:, :-1]
    return pd.DataFrame(
        {
            "participant_id": np.repeat(np.arange(people), weeks),
            "week": np.tile(np.arange(1, weeks + 1), people),
            "walking_minutes": minutes.ravel(),
            "pain": pain.ravel(),
        }
    )


def near(estimate, truth):
    return abs(estimate.estimate - truth) < FAR * estimate.std_error


def test_slopes_between_within_and_after():
    frame = within_between(diaries(np.random.default_rng(1)), "walking_minutes", lags=1)
    fit = linear_mixed(frame, FORMULA + " + walking_minutes_within_lag1")
    slopes = within_between_slopes(fit, "walking_minutes")
    assert near(slopes.estimate("between"), BETWEEN)
    assert near(slopes.estimate("within"), WITHIN)
    assert near(slopes.estimate("between - within"), BETWEEN - WITHIN)
    assert near(fit.estimate("walking_minutes_within_lag1"), AFTER)
    # One slope for both is neither.
    mixture = ols(frame, "pain ~ walking_minutes").estimate("walking_minutes")
    assert not near(mixture, WITHIN)
    assert not near(mixture, BETWEEN)


def test_least_squares_clustered_by_person_says_the_same():
    frame = within_between(diaries(np.random.default_rng(2), people=30), "walking_minutes")
    mixed = within_between_slopes(linear_mixed(frame, FORMULA), "walking_minutes")
    plain = within_between_slopes(ols(frame, FORMULA), "walking_minutes")
    # The columns are orthogonal and the data balanced.
    np.testing.assert_allclose(plain.values, mixed.values, rtol=1e-9)
    np.testing.assert_allclose(plain.people[["x", "y"]], mixed.people[["x", "y"]], rtol=1e-9)


def test_does_pain_lower_walking_in_the_next_week():
    rng = np.random.default_rng(3)
    people, weeks = 80, 20
    usual, level = rng.normal(120, 30, people), rng.normal(4, 1, people)
    pain = level[:, None] + rng.normal(0, 1, (people, weeks))
    minutes = usual[:, None] + rng.normal(0, 30, (people, weeks))
    minutes[:, 1:] += BACK * (pain - level[:, None])[:, :-1]
    frame = diaries(rng, people, weeks).assign(pain=pain.ravel(), walking_minutes=minutes.ravel())
    frame = within_between(frame, "pain", lags=1)
    fit = linear_mixed(frame, "walking_minutes ~ pain_within_lag1 + pain_within + pain_between")
    assert near(fit.estimate("pain_within_lag1"), BACK)
    assert near(fit.estimate("pain_within"), 0.0)
    # Weeks without the week before are left out and counted.
    assert fit.counts.left_out == {"pain_within_lag1 missing": people}


def test_slopes_are_contrasts_of_the_fit():
    frame = within_between(diaries(np.random.default_rng(4), people=20), "walking_minutes")
    fit = linear_mixed(frame, FORMULA, random="walking_minutes_within")
    slopes = within_between_slopes(fit, "walking_minutes")
    one = fit.contrast({"walking_minutes_between": 1, "walking_minutes_within": -1})
    table = slopes.to_frame().set_index("term")
    assert table.loc["between - within", "std_error"] == pytest.approx(one.std_error)
    assert table.loc["between - within", "df"] == pytest.approx(one.df)
    within = fit.estimate("walking_minutes_within")
    assert table.loc["within", "p_value"] == pytest.approx(within.p_value)
    own = fit.random_effects["walking_minutes_within"] + within.estimate
    np.testing.assert_allclose(slopes.people["slope"], own)
    means = frame.groupby("participant_id")[["walking_minutes", "pain"]].mean()
    np.testing.assert_allclose(slopes.people[["x", "y"]], means)
    assert pickle.loads(pickle.dumps(slopes)).estimate("within").df == pytest.approx(within.df)


def test_what_is_refused_and_said():
    frame = within_between(diaries(np.random.default_rng(5), people=10), "walking_minutes")
    with pytest.raises(ValueError, match="no term 'walking_minutes_between'"):
        within_between_slopes(linear_mixed(frame, "pain ~ walking_minutes"), "walking_minutes")
    with pytest.raises(ValueError, match="needs a fit"):
        within_between_slopes(frame, "walking_minutes")
    frame["late"] = frame["week"] > 10
    fit = linear_mixed(frame, FORMULA + " + late:walking_minutes_within")
    notes = within_between_slopes(fit, "walking_minutes").notes
    assert any("depend on other covariates" in note for note in notes)


@pytest.mark.slow
def test_intervals_of_the_slope_within_cover_the_truth():
    def replicate(rng):
        frame = within_between(diaries(rng, people=20, weeks=8), "walking_minutes")
        truth = WITHIN - AFTER / 8  # what the week before adds to a deviation from the own mean
        right = linear_mixed(frame, FORMULA).estimate("walking_minutes_within")
        wrong = ols(frame, "pain ~ walking_minutes").estimate("walking_minutes")
        return tuple(one.conf_low <= truth <= one.conf_high for one in (right, wrong))

    keeps(replicate, 0.95)


@pytest.mark.slow
def test_satterthwaite_keeps_its_level_with_eight_people():
    def replicate(rng):
        people = np.repeat(np.arange(8), 4)
        frame = pd.DataFrame({"participant_id": people, "week": np.tile(np.arange(4.0), 8)})
        frame["walking"] = people % 2 == 0
        frame["pain"] = rng.normal(size=8)[people] + rng.normal(size=32)
        fit = linear_mixed(frame, "pain ~ walking + week")
        wrong = ols(frame, "pain ~ walking + week", se="HC3")
        return tuple(f.estimate("walking").p_value < 0.05 for f in (fit, wrong))

    keeps(replicate, 0.05)


@pytest.mark.slow
def test_the_mixture_keeps_its_level_at_the_boundary():
    from walkstats.regression import compare_mixed

    def replicate(rng):
        people = np.repeat(np.arange(40), 4)
        frame = pd.DataFrame({"participant_id": people, "pain": rng.normal(size=160)})
        test = compare_mixed(ols(frame, "pain ~ 1"), linear_mixed(frame, "pain ~ 1"))
        return test.p_value < 0.2, test.parts["p_plain"] < 0.2

    keeps(replicate, 0.2)
