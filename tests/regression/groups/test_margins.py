"""Equivalence and non-inferiority: intervals and tests say the same; published examples."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import walkstats as ws
from tests.regression.groups.test_means import people
from tests.regression.groups.test_risks import printed
from walkstats.errors import DataError
from walkstats.regression import (
    compare_means,
    compare_means_from,
    compare_risks_from,
    equivalence,
    ols,
)
from walkstats.results import Estimate


def walked() -> pd.DataFrame:
    """Gain in the six-minute walk [m]; 26 of the 52 in each arm is assumed."""
    return pd.DataFrame(
        {
            "arm": ["exercise", "walking"],
            "mean": [43.8, 70.7],
            "low": [19.6, 12.3],
            "high": [68.0, 127.7],
            "n": [26, 26],
        }
    )


def test_walking_against_strengthening() -> None:
    gain = compare_means_from(walked(), "arm", limits=("low", "high"), outcome="six-minute walk")
    found = equivalence(gain, margin=30, kind="non-inferiority", better="higher")
    assert not found.shown
    assert found.conclusion == (
        "Non-inferiority is not shown: the difference in six-minute walk, 27 (95% CI -35 to 89), "
        "reaches beyond the margin of -30 (p = 0.035). This does not show that it is inferior."
    )
    wider = equivalence(gain, margin=50, kind="non-inferiority", better="higher")
    assert wider.shown
    assert "stays above the margin of -50" in wider.conclusion
    both = equivalence(gain, margin=50)
    assert not both.shown
    assert both.conclusion.endswith("This does not show a difference.")
    assert both.estimate.level == pytest.approx(0.9)
    assert "90 % interval (1 - 2 alpha)" in both.method
    assert both.conclusion in str(both)
    assert both.to_frame()["margin_low"].item() == -50


@settings(max_examples=10)
@given(st.integers(0, 10_000), st.floats(0.1, 3.0), st.sampled_from(["welch", "student"]))
def test_tests_and_intervals_agree(seed: int, margin: float, method: str) -> None:
    compared = compare_means(people(seed, (7, 9)), "pain", "arm", method=method)
    found = equivalence(compared, margin=margin)
    inside = -margin < found.estimate.conf_low and found.estimate.conf_high < margin
    assert found.shown == inside == (found.p_value < 0.05)
    for better, side in (("lower", "high"), ("higher", "low")):
        one = equivalence(
            compared, margin=margin, kind="non-inferiority", better=better, alpha=0.05
        )
        assert one.p_value == found.tests[side].p_value


@settings(max_examples=10)
@given(st.integers(0, 40), st.integers(0, 35), st.floats(0.05, 0.4))
def test_score_tests_and_intervals_agree(x1: int, x0: int, margin: float) -> None:
    compared = compare_risks_from(printed(x1, 40, x0, 35), "arm")
    found = equivalence(compared, margin=margin)
    inside = -margin < found.estimate.conf_low and found.estimate.conf_high < margin
    assert found.shown == inside
    assert "Farrington and Manning" in found.method


def test_swapped_arms_and_direction() -> None:
    frame = people()
    turned = frame.assign(arm=frame["arm"].cat.reorder_categories(["walking", "control"]))
    one = equivalence(
        compare_means(frame, "pain", "arm"), margin=1, kind="non-inferiority", better="lower"
    )
    other = equivalence(
        compare_means(turned, "pain", "arm"), margin=1, kind="non-inferiority", better="higher"
    )
    assert one.p_value == pytest.approx(other.p_value)
    assert (one.low, one.high, other.low, other.high) == (-np.inf, 1, -1, np.inf)


def test_any_fit_and_ratio() -> None:
    frame = people()
    fit = ols(frame, "pain ~ arm", se="classical")
    student = compare_means(frame, "pain", "arm", method="student")
    ours, theirs = equivalence(fit, "arm[walking]", margin=2), equivalence(student, margin=2)
    assert ours.p_value == pytest.approx(theirs.p_value)
    events = pd.DataFrame(
        {"days": [5, 8, 12, 20, 25, 31, 40, 44.0], "event": [1, 1, 0, 1, 1, 1, 0, 1],
         "arm": ["control", "walking"] * 4}
    )  # fmt: skip
    cox = ws.survival.cox(events, "arm")
    found = equivalence(cox, margin=1.25, kind="non-inferiority", better="lower")
    one = cox.estimate("arm[walking]")
    assert found.tests["high"].statistic == pytest.approx(
        (one.estimate - np.log(1.25)) / one.std_error
    )
    assert "hazard ratio" in found.conclusion
    assert equivalence(cox, margin=1.25).low == pytest.approx(0.8)
    assert equivalence(cox, margin=(0.7, 1.5)).high == 1.5
    with pytest.raises(ValueError, match="on the better side when lower is better"):
        equivalence(cox, margin=0.8, kind="non-inferiority", better="lower")
    higher = equivalence(cox, margin=0.8, kind="non-inferiority", better="higher")
    assert (higher.low, higher.high) == (0.8, np.inf)


def test_intervals_alone_decide_for_ranks() -> None:
    frame = people(sizes=(12, 13))
    at_95 = compare_means(frame, "pain", "arm", method="wilcoxon")
    with pytest.raises(ValueError, match=r"ask its method for level=0\.9 "):
        equivalence(at_95, margin=5)
    found = equivalence(compare_means(frame, "pain", "arm", method="wilcoxon", level=0.9), margin=5)
    assert found.shown
    assert np.isnan(found.p_value)
    assert any("interval alone decides" in note for note in found.notes)
    assert "p =" not in found.conclusion


def test_strata_and_pairs_take_their_standard_errors() -> None:
    table = pd.concat([printed(12, 30, 9, 30).assign(clinic=k) for k in "AB"])
    found = equivalence(compare_risks_from(table, "arm", strata="clinic"), margin=0.3)
    assert "Farrington" not in found.method
    assert found.estimate.level == pytest.approx(0.9)
    assert found.shown == (found.p_value < 0.05)


def test_a_difference_too_small_to_matter_is_said() -> None:
    table = pd.DataFrame({"group": ["a", "b"], "mean": [0.0, 0.5], "sd": 1.0, "n": 400})
    found = equivalence(compare_means_from(table), margin=1)
    assert found.shown
    assert any("too small to matter" in note for note in found.notes)
    worse = equivalence(
        compare_means_from(table), margin=0.2, kind="non-inferiority", better="lower"
    )
    assert worse.conclusion.startswith("Inferiority by more than the margin is shown")


def test_what_has_no_interval_shows_nothing() -> None:
    events = pd.DataFrame(
        {"days": [5, 8, 12, 20, 25, 31.0], "event": [1, 0, 1, 0, 1, 0], "arm": ["a", "b"] * 3}
    )
    zero = equivalence(
        ws.survival.cox(events, "arm"), margin=1.25, kind="non-inferiority", better="lower"
    )
    assert zero.shown  # by the profile likelihood the ratio lies below 0.90
    assert np.isnan(zero.p_value)
    everybody = compare_risks_from(printed(20, 20, 20, 20), "arm")
    found = equivalence(everybody.ratio, margin=1.25)
    assert not found.shown
    assert np.isnan(found.p_value)
    assert "no confidence interval can be given" in found.conclusion


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"margin": -1}, "margin must be above 0"),
        ({"margin": np.inf}, "margin must be above 0"),
        ({"margin": True}, "a number or two"),
        ({"margin": (1, 2)}, "must lie below and above 0"),
        ({"margin": 1, "kind": "superiority"}, "kind must be one of"),
        ({"margin": 1, "kind": "non-inferiority"}, "Say which way is better"),
        ({"margin": 1, "kind": "non-inferiority", "better": "less"}, "better must be one of"),
        ({"margin": (-1, 1), "kind": "non-inferiority", "better": "lower"}, "belong to kind="),
        ({"margin": 1, "alpha": 0.9}, "alpha must lie between 0 and 0.5"),
        ({"margin": 1, "term": "arm[yoga]"}, "The terms are: "),
    ],
)
def test_refusals(options: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        equivalence(compare_means(people(), "pain", "arm"), **options)


def test_what_cannot_be_tested() -> None:
    three = compare_means(people(sizes=(5, 5, 5)), "pain", "arm")
    with pytest.raises(ValueError, match="Name the term to test"):
        equivalence(three, margin=1)
    with pytest.raises(ValueError, match="needs a comparison, a fit or an Estimate"):
        equivalence({"a": 1}, margin=1)  # type: ignore[arg-type]
    fit = ws.regression.ols(people(), "pain ~ arm")
    means = ws.regression.marginal_means(fit, "arm", contrast="reference")
    with pytest.raises(ValueError, match=r"Give one of its parts: .*\.contrasts"):
        equivalence(means, margin=1)  # type: ignore[arg-type]
    odd = Estimate("arm", 0.8, 0.1, 1, np.inf, 0.2, 0.5, 0.9, null=1.0, scale="ratio")
    with pytest.raises(ValueError, match="not those of its standard error"):
        equivalence(odd, margin=1.25)
    with pytest.raises(DataError):
        equivalence(compare_means(people().head(1), "pain", "arm"), margin=1)
