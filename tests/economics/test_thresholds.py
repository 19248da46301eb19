"""Net benefit, acceptability and the value of knowing, from the draws."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from tests.economics.paired_frames import costs_and_qalys
from tests.relations import costly_relation
from walkstats.economics import (
    acceptability_curve,
    cost_effectiveness,
    expected_value_of_perfect_information,
    net_benefit,
    one_way,
    scenarios,
)
from walkstats.tables import table_of

GRID = [0, 5_000, 28_000, 50_000]


def compared(**options):
    return cost_effectiveness(*costs_and_qalys(**options), replicates=400, seed=1)


@pytest.fixture(scope="module")
def value():
    return compared(dearer=100.0)


def test_net_benefit_is_the_same_sum_of_the_increments(value):
    found = net_benefit(value, GRID)
    dc, de = value.increments.values
    np.testing.assert_allclose(found.values, np.array(GRID) * de - dc)
    np.testing.assert_array_equal(found.terms[:2], ["net_benefit[0]", "net_benefit[5000]"])
    v = value.increments.covariance
    at = 28_000
    variance = at**2 * v[1, 1] + v[0, 0] - 2 * at * v[0, 1]
    np.testing.assert_allclose(found.covariance[2, 2], variance, rtol=1e-9)
    one = net_benefit(value, at)
    assert one.std_error == pytest.approx(np.sqrt(variance), rel=1e-9)
    assert one.conf_low == found.estimate("net_benefit[28000]").conf_low
    normal = net_benefit(value, at, kind="normal", level=0.9)
    assert normal.conf_high == pytest.approx(normal.estimate + 1.6448536 * one.std_error)


@costly_relation
@given(st.floats(0, 1e5))
def test_net_benefit_is_above_0_where_the_ratio_is_below_the_threshold(value, threshold):
    worth = net_benefit(value, threshold).estimate
    assert value.quadrant == "north-east"
    assert (worth > 0) == (value.icer.estimate < threshold)


def test_fiellers_limits_are_where_the_normal_net_benefit_touches_0():
    found = compared(dearer=100.0, gain=0.15, n=90)
    assert found.fieller.kind == "interval"
    assert net_benefit(found, found.fieller.high, kind="normal").conf_low == pytest.approx(
        0.0, abs=1e-6
    )


def test_acceptability_is_the_share_of_draws_above_0(value):
    curve = acceptability_curve(value, GRID)
    for threshold, share in zip(GRID, curve.to_frame()["estimate"], strict=True):
        assert share == (value.net_benefits(threshold) > 0).mean()
    assert curve.at(28_000)["group"].item() == "walking"
    assert "Monte Carlo standard error of at most 0.025" in curve.notes[-1]
    assert curve.to_frame()["conf_low"].isna().all()


def test_at_threshold_0_only_cost_counts(value):
    share = acceptability_curve(value, [0]).to_frame()["estimate"].item()
    less = value.quadrants.values[[1, 2]].sum()
    assert share == pytest.approx(less)
    assert value.quadrants.values.sum() == pytest.approx(1.0)


def test_knowing_is_worth_what_a_normal_net_benefit_says(value):
    """The unit normal loss integral, where the draws are about normal."""
    line = expected_value_of_perfect_information(value, GRID).to_frame()
    for threshold, found in zip(GRID, line["estimate"], strict=True):
        draws = value.net_benefits(threshold)
        mean, sd = draws.mean(), draws.std()
        loss = stats.norm.pdf(mean / sd) - abs(mean) / sd * stats.norm.sf(abs(mean) / sd)
        assert found == pytest.approx(sd * loss, rel=0.25, abs=3.0)
    many = expected_value_of_perfect_information(value, GRID, population=1_000).to_frame()
    np.testing.assert_allclose(many["estimate"], 1_000 * line["estimate"])
    assert many["group"].unique().tolist() == ["population"]


def test_what_is_no_threshold_is_refused(value):
    for wrong in (-1, [5, np.nan], "cheap", []):
        with pytest.raises(ValueError, match="threshold"):
            net_benefit(value, wrong)
    with pytest.raises(ValueError, match="population must be above 0"):
        expected_value_of_perfect_information(value, GRID, population=0)
    with pytest.raises(ValueError, match="kind must be one of"):
        net_benefit(value, 1, kind="bca")
    for of in (net_benefit, acceptability_curve, expected_value_of_perfect_information):
        with pytest.raises(ValueError, match="what cost_effectiveness gives; got Estimates"):
            of(value.increments, 1)


@pytest.fixture(scope="module")
def dear():
    return compared(dearer=300.0)


def test_scenarios_stand_side_by_side(value, dear):
    found = scenarios({"main": value, "dear": dear}, threshold=28_000)
    table = found.to_frame().set_index("scenario")
    assert table.index.tolist() == ["main", "dear"]
    assert table.loc["dear", "cost_difference"] == dear.increments.values[0]
    assert found.net_benefits.values[0] == net_benefit(value, 28_000).estimate
    assert found.net_benefits.estimate("dear").conf_low == table.loc["dear", "net_benefit_low"]
    share = acceptability_curve(dear, [28_000]).to_frame()["estimate"].item()
    assert found.probabilities.values[1] == share
    # the parts cost the same 200 more at each of 4 months, for whoever is drawn
    np.testing.assert_allclose(np.diff(found.costs.values), 800.0)
    # in a table each part says what it is, and a probability is no time that may not be reached
    written = table_of(found).to_csv()
    assert "Probability of being cost-effective at 28,000" in written
    assert "Difference in effect, QALY" in written
    assert "not reached" not in written


def test_one_way_puts_the_longest_first_and_says_where_the_sign_changes(value, dear):
    cheap, ruinous = compared(dearer=50.0), compared(dearer=2_000.0)
    found = one_way(
        value,
        {"little": (cheap, dear), "much": (value, ruinous)},
        threshold=28_000,
        values={"much": (100.0, 2_000.0)},
    )
    table = found.to_frame()
    assert table["assumption"].tolist() == ["much", "little"]
    np.testing.assert_allclose(table["range"], [7_600.0, 1_000.0])
    assert table["changes"].tolist() == [True, bool(found.high.values[1] < 0)]
    assert table["high_value"].tolist()[0] == 2_000.0
    assert np.isnan(table["low_value"][1])
    assert found.base.estimate == found.low.estimate("much").estimate


def test_what_does_not_stand_side_by_side_is_refused(value):
    for cases, said in (
        ({}, "names comparisons"),
        ({"a": 3}, "a is a int, not a CostEffectiveness"),
    ):
        with pytest.raises(ValueError, match=said):
            scenarios(cases, threshold=1)
    costs, effects = costs_and_qalys()
    costs.attrs["currency"] = "EUR"
    euros = cost_effectiveness(costs, effects, replicates=5, seed=1)
    with pytest.raises(ValueError, match="differ in currency: 'EUR' and 'AUD'"):
        scenarios({"a": value, "b": euros}, threshold=1)
    with pytest.raises(ValueError, match="two comparisons"):
        one_way(value, {"a": value}, threshold=1)
