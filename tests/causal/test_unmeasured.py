"""E-values against printed ones, and what they take from results."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from walkstats.causal import e_value
from walkstats.errors import WalkstatsError
from walkstats.regression import compare_risks, ols
from walkstats.survival import cox

# The digits printed: VanderWeele and Ding 2017 (breast-feeding, leukaemia), and the documentation
# of R's EValue for Hammond and Horn's smokers.
PRINTED = [
    ((3.9, 1.8, 8.7), 7.26, 3.0, 1),
    ((0.80, 0.71, 0.91), 1.81, 1.43, 2),
    ((10.73, 8.02, 14.36), 20.94777, 15.52336, 5),
]


@pytest.mark.parametrize(("given_", "point", "limit", "digits"), PRINTED)
def test_printed_values(given_, point, limit, digits):
    value, low, high = given_
    found = e_value(value, measure="risk ratio", low=low, high=high)
    assert round(found.point, max(digits, 2)) == point
    assert round(found.limit, digits) == limit
    assert found.assumptions


def test_an_interval_with_the_null_needs_no_confounder():
    found = e_value(1.2, measure="risk ratio", low=0.9, high=1.6)
    assert found.limit == 1.0
    assert "holds the null" in found.notes[0]
    assert e_value(1.0, measure="risk ratio").point == 1.0
    assert np.isnan(e_value(1.5, measure="risk ratio").limit)


def test_another_null():
    """From 2.5 to 1.5 is a ratio of 5 / 3."""
    ratio = 2.5 / 1.5
    found = e_value(2.5, measure="risk ratio", null=1.5)
    assert found.point == pytest.approx(ratio + np.sqrt(ratio * (ratio - 1)))


def test_common_outcomes_are_converted():
    odds = e_value(4.0, measure="odds ratio", rare=False)
    assert odds.ratio[0] == pytest.approx(2.0)
    hazard = e_value(0.56, measure="hazard ratio", low=0.46, high=0.69, rare=False)
    by_hand = (1 - 0.5 ** np.sqrt(0.56)) / (1 - 0.5 ** np.sqrt(1 / 0.56))
    assert hazard.ratio[0] == pytest.approx(by_hand)
    same = e_value(0.56, measure="hazard ratio", rare=True)
    assert same.ratio[0] == 0.56
    # Halving and doubling are the same strength.
    twice = e_value(1 / 0.56, measure="hazard ratio", rare=False)
    assert twice.point == pytest.approx(hazard.point)


def test_differences_are_standardised():
    found = e_value(-1.2, measure="difference", low=-2.0, high=-0.4, std_dev=2.0)
    assert found.ratio == pytest.approx(tuple(np.exp(0.91 * np.array([-0.6, -1.0, -0.2]))))
    again = e_value(0.6, measure="difference", std_dev=1.0)
    assert again.point == pytest.approx(found.point)


@given(ratio=st.floats(1.0, 50.0))
def test_the_bound_of_ding_and_vanderweele_is_reached(ratio):
    """Two associations of E bias a risk ratio by E^2 / (2 E - 1): exactly the ratio."""
    e = e_value(ratio, measure="risk ratio").point
    assert e * e / (2 * e - 1) == pytest.approx(ratio)
    assert e_value(1 / ratio, measure="risk ratio").point == pytest.approx(e, rel=1e-6)


@pytest.fixture(scope="module")
def people():
    rng = np.random.default_rng(2)
    walks = rng.random(90) < 0.5
    return pd.DataFrame({
        "walks": walks, "days": np.ceil(rng.exponential(100 + 150 * walks)), "event": 1,
        "pain": 5 - walks + rng.normal(size=90), "back": rng.random(90) < 0.6 - 0.3 * walks,
    })  # fmt: skip


def test_results_say_what_they_are(people):
    people.attrs["source"] = "a trial"
    fit = cox(people, "walks")
    found = e_value(fit, rare=False)
    one = fit.estimate("walks", ratio=True)
    assert found.given == (one.estimate, one.conf_low, one.conf_high)
    assert found.measure == "hazard ratio"
    assert found.source == "a trial"
    assert e_value(fit.estimate("walks"), rare=False).point == pytest.approx(found.point)
    risks = compare_risks(people, "back", "walks")
    assert e_value(risks.ratio).measure == "risk ratio"
    means = ols(people, "pain ~ walks")
    assert e_value(means, std_dev=people["pain"].std()).measure == "difference"
    table = found.to_frame()
    assert table["scale"].tolist() == ["hazard ratio", "as a risk ratio", "E-value"]
    assert found.e_values.values.tolist() == [found.point, found.limit]


@pytest.mark.parametrize(
    ("given_", "words"),
    [
        ({"estimate": 2.0}, "Say what the number is"),
        ({"estimate": 2.0, "measure": "mean"}, "measure must be one of"),
        ({"estimate": 2.0, "measure": "odds ratio"}, "say rare=True"),
        ({"estimate": 2.0, "measure": "risk ratio", "low": 2.5}, "do not hold 2"),
        ({"estimate": -2.0, "measure": "risk ratio"}, "above 0"),
        ({"estimate": 2.0, "measure": "difference"}, "give std_dev="),
        ({"estimate": "2", "measure": "risk ratio"}, "must be a result or a number"),
    ],
)
def test_what_is_refused(given_, words):
    with pytest.raises((ValueError, WalkstatsError), match=words):
        e_value(**given_)


def test_a_term_must_be_named(people):
    fit = cox(people.assign(old=people.index % 3 == 0), "walks + old")
    with pytest.raises(ValueError, match="The terms are: walks, old"):
        e_value(fit, rare=False)
    assert e_value(fit, "walks", rare=False).point > 1
