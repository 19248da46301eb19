"""Comparisons at fixed times: numbers needed to treat, follow-up that ends, several times."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import walkstats as ws
from tests.relations import examples
from tests.survival.small_trials import tied_trials
from walkstats.errors import DataError
from walkstats.numerics.number_needed import number_needed_to_treat


@examples(40, 200)
@given(tied_trials, st.integers(1, 12))
def test_without_censoring_it_is_a_comparison_of_proportions(frame: pd.DataFrame, at: int) -> None:
    frame = frame.assign(event=1)
    found = ws.survival.compare_at(frame, "arm", at=at, extend=True)
    share = frame.groupby("arm", observed=True)["days"].apply(lambda d: (d <= at).mean())
    size = frame.groupby("arm", observed=True)["days"].size()
    gap = found.risk_difference.estimate("arm[walking]")
    assert gap.estimate == pytest.approx(share["walking"] - share["control"], abs=1e-12)
    if share.min() > 0 and share.max() < 1:
        error = np.sqrt((share * (1 - share) / size).sum())
        assert gap.std_error == pytest.approx(error)
        logs = np.sqrt(((1 - share) / (share * size)).sum())
        assert found.risk_ratio.estimate("arm[walking]").std_error == pytest.approx(logs)


@examples(12, 60)  # eight comparisons an example
@given(tied_trials)
def test_several_times_are_the_single_ones(frame: pd.DataFrame) -> None:
    times = [3, 7, 11]
    for options in ({}, {"robust": True}):
        together = ws.survival.compare_at(frame, "arm", at=times, extend=True, **options)
        for at in times:
            alone = ws.survival.compare_at(frame, "arm", at=at, extend=True, **options)
            for name in ("risk_difference", "survival_ratio"):
                one = getattr(together, name).estimate(f"arm[walking] at {at}")
                two = getattr(alone, name).estimate("arm[walking]")
                np.testing.assert_allclose(
                    [one.estimate, one.std_error], [two.estimate, two.std_error], rtol=1e-9
                )


@examples(40, 200)
@given(tied_trials)
def test_covariance_of_two_times_is_that_of_the_jackknife(frame: pd.DataFrame) -> None:
    """Greenwood's covariance and the influence of the rows are two ways to one number."""
    greenwood, jackknife = (
        ws.survival.compare_at(frame, "arm", at=[3, 8], extend=True, robust=robust).by_group
        for robust in (False, True)
    )
    alive = greenwood.values > 0
    np.testing.assert_allclose(
        greenwood.covariance[np.ix_(alive, alive)],
        jackknife.covariance[np.ix_(alive, alive)],
        rtol=1e-9,
        atol=1e-12,
    )


def trial() -> pd.DataFrame:
    rng = np.random.default_rng(5)
    arm = np.repeat(["control", "walking"], 100)
    days = np.ceil(rng.exponential(np.where(arm == "walking", 300, 180)))
    end = np.where(arm == "walking", 400, 500)
    return pd.DataFrame({"days": np.minimum(days, end), "event": days <= end, "arm": arm})


def test_beyond_follow_up_nothing_is_estimated() -> None:
    found = ws.survival.compare_at(trial(), "arm", at=[365, 450])
    late = found.risk_difference.estimate("arm[walking] at 450")
    assert np.isnan(late.estimate)
    assert np.isnan(late.p_value)
    assert np.isfinite(found.by_group.estimate("control at 450").estimate)
    assert np.isfinite(found.risk_difference.estimate("arm[walking] at 365").p_value)
    assert found.tests.query("at == 450")[["statistic", "p_value"]].isna().all(axis=None)
    assert "arm = walking is followed to 400: nothing is estimated at 450." in found.notes
    extended = ws.survival.compare_at(trial(), "arm", at=450, extend=True)
    assert np.isfinite(extended.risk_difference.estimate("arm[walking]").estimate)


def test_number_needed_to_treat_of_altman() -> None:
    """Altman (1998): risk difference of 10 % with interval -5 % to 25 %, NNTB 10, two parts."""
    both = number_needed_to_treat(-0.10, -0.25, 0.05)
    assert both["estimate"] == pytest.approx(10)
    assert both["direction"] == "benefit"
    assert (both["benefit_low"], both["benefit_high"]) == (4, np.inf)
    assert (both["harm_low"], both["harm_high"]) == (20, np.inf)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ((-0.2, -0.25, -0.1), (5, "benefit", 4, 10, None, None)),
        ((0.2, 0.1, 0.25), (5, "harm", None, None, 4, 10)),
        ((0.0, -0.5, 0.5), (np.inf, "none", 2, np.inf, 2, np.inf)),
        ((-0.25, -0.5, 0.0), (4, "benefit", 2, np.inf, None, None)),
        ((0.0, 0.0, 0.0), (np.inf, "none", None, None, None, None)),
        ((np.nan, np.nan, np.nan), (np.nan, "none", None, None, None, None)),
    ],
)
def test_parts_of_the_number_needed(
    change: tuple[float, float, float], expected: tuple[object, ...]
) -> None:
    found = tuple(number_needed_to_treat(*change).values())
    for ours, theirs in zip(found, expected, strict=True):
        if isinstance(theirs, str):
            assert ours == theirs
        else:
            np.testing.assert_allclose(ours, np.nan if theirs is None else theirs, rtol=1e-12)


def test_interval_over_infinity_is_said() -> None:
    frame = pd.DataFrame(
        {
            "days": [10, 20, 30, 400, 400, 15, 25, 35, 45, 400],
            "event": [1, 1, 1, 0, 0, 1, 1, 1, 1, 0],
            "arm": ["walking"] * 5 + ["control"] * 5,
        }
    )
    found = ws.survival.compare_at(frame, "arm", at=365)
    assert any("to benefit over infinity to" in note for note in found.notes)
    assert found.number_needed["estimate"].item() == pytest.approx(5)


def test_nobody_has_the_event() -> None:
    frame = pd.DataFrame({"days": [9] * 4, "event": 0, "arm": list("aabb")})
    found = ws.survival.compare_at(frame, "arm", at=5)
    assert found.risk_difference.estimate("arm[b]").estimate == 0
    assert np.isnan(found.risk_ratio.estimate("arm[b]").estimate)
    assert found.tests["p_value"].isna().all()


def test_one_group_is_refused() -> None:
    frame = pd.DataFrame({"days": [1, 2], "event": 1, "arm": "walk"})
    with pytest.raises(DataError, match="comparison needs 2 groups"):
        ws.survival.compare_at(frame, "arm", at=1)
    with pytest.raises(ValueError, match="at must be"):
        ws.survival.compare_at(frame, "arm", at=np.inf)


def test_frame_and_method() -> None:
    found = ws.survival.compare_at(trial(), "arm", at=365)
    frame = found.to_frame()
    assert set(frame["measure"]) == {"survival", "risk difference", "risk ratio", "survival ratio"}
    assert "Contrasts are with arm = control." in found.method
    risk = frame.set_index("measure").loc["risk ratio", "estimate"]
    assert risk == pytest.approx(found.risk_ratio.estimate("arm[walking]", ratio=True).estimate)


@pytest.mark.parametrize("options", [{}, {"robust": True}])
def test_an_arm_without_events_is_no_certainty(options: dict[str, bool]) -> None:
    frame = trial()
    frame["event"] &= (frame["arm"] == "control") | (frame["days"] > 90)
    found = ws.survival.compare_at(frame, "arm", at=[90, 300], **options)
    for name in ("risk_difference", "survival_difference", "survival_ratio", "risk_ratio"):
        early = getattr(found, name).estimate("arm[walking] at 90")
        assert np.isnan([early.std_error, early.p_value, early.conf_low, early.conf_high]).all()
        assert np.isfinite(getattr(found, name).estimate("arm[walking] at 300").p_value)
    assert found.risk_difference.estimate("arm[walking] at 90").estimate < 0
    own = found.by_group.estimate("walking at 90")
    assert own.estimate == 1
    assert np.isnan([own.std_error, own.conf_low, own.conf_high]).all()
    assert np.isfinite(found.by_group.estimate("control at 90").conf_low)
    assert found.tests.query("at == 90")["p_value"].isna().all()
    assert found.tests.query("at == 300")["p_value"].notna().all()
    assert found.number_needed["benefit_low"].isna().tolist() == [True, False]
    assert "arm = walking: no event by 90; its variance cannot be estimated." in found.notes


def test_a_reference_without_rows_is_not_replaced_in_silence():
    frame = pd.DataFrame({"days": range(1, 9), "event": 1, "x": [1.0, 3, 2, 5, 4, 7, 5, 6]})
    frame["g"] = pd.Categorical(list("abbaabab"), ["ref", "a", "b"])
    said = "The reference ref of g has no rows; a is taken."
    for found in (
        ws.survival.compare_at(frame, "g", at=4),
        ws.survival.restricted_means(frame, "g", tau=5).difference,
        ws.survival.log_rank(frame, "g"),
        ws.survival.cox(frame, "g"),
        ws.regression.ols(frame, "x ~ g"),
    ):
        assert said in found.notes
    trimmed = frame.assign(g=frame["g"].cat.remove_unused_categories())
    assert not any("has no rows" in note for note in ws.survival.cox(trimmed, "g").notes)
    assert said not in ws.survival.kaplan_meier(frame, "g").notes


def test_beyond_follow_up_there_is_no_error_either():
    frame = pd.DataFrame({"days": [2, 4, 6, 3, 5, 9], "event": [1, 1, 0, 1, 1, 0]})
    frame["g"] = list("aaabbb")
    found = ws.survival.compare_at(frame, "g", at=7).by_group.to_frame()
    assert found.loc[0, ["estimate", "std_error", "conf_low", "conf_high"]].isna().all()
    assert found.loc[1, "std_error"] > 0
