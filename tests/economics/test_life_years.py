"""How many quality-adjusted life-years? By hand, as areas, and by integrating on a fine grid."""

import dataclasses

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.economics.one_year import Person, make_trial
from tests.relations import costly_relation
from walkstats import economics
from walkstats.economics.life_years import trapezoid_weights
from walkstats.errors import DataError

# Sums of a few products; and a grid of 1 in 20,000 of a year.
EXACT, GRID = 1e-12, 2e-4

VISITS = (0, 3, 6, 9, 12)


def person(*values, **more):
    return Person(utilities=tuple(zip(VISITS, values, strict=True)), **more)


def qaly(*people, **options):
    return economics.qalys(make_trial(list(people)), **options)


def test_full_health_for_a_year_is_one():
    frame = qaly(person(1, 1, 1, 1, 1), person(0.5, 0.5, 0.5, 0.5, 0.5))
    assert frame["qaly"].tolist() == [1.0, 0.5]


def test_a_person_by_hand():
    # quarters of a year, each with the mean of its two ends
    areas = [(0.6 + 0.7) / 2, (0.7 + 0.8) / 2, (0.8 + 0.75) / 2, (0.75 + 0.9) / 2]
    frame = qaly(person(0.6, 0.7, 0.8, 0.75, 0.9), person(1, 1, 1, 1, 1))
    assert frame.loc[0, "qaly"] == pytest.approx(sum(areas) / 4, rel=EXACT)
    assert list(frame.attrs["parts"].values()) == [0.125, 0.25, 0.25, 0.25, 0.125]
    assert frame.attrs["baseline"] == "eq5d_utility_0"
    assert frame.loc[0, "eq5d_utility_0"] == 0.6


def test_a_worked_example_of_a_course():
    """Four visits in a year, 0.175 + 0.185 + 0.395; as quoted at
    https://forums.futura-sciences.com/mathematiques-superieur/895277-qaly.html
    """
    one = Person(utilities=((0, 0.67), (3, 0.73), (6, 0.75), (12, 0.83)))
    assert round(qaly(one).loc[0, "qaly"], 10) == 0.755


def test_negative_utilities_count_below_dead():
    frame = qaly(person(-0.2, -0.2, -0.2, -0.2, -0.2), person(1, 1, 1, 1, 1))
    assert frame.loc[0, "qaly"] == pytest.approx(-0.2, rel=EXACT)


def test_a_missing_utility_makes_the_sum_missing_and_is_counted():
    frame = qaly(person(0.6, np.nan, 0.8, 0.7, 0.9), person(1, 1, 1, 1, 1))
    assert np.isnan(frame.loc[0, "qaly"])
    assert frame.loc[0, "eq5d_utility_6"] == 0.8
    assert (
        "qaly is missing for 1 of 2 participants (50.0 %: control 1 of 1, walking 0 of 1)"
        in (frame.attrs["notes"][0])
    )


def test_after_death_utility_is_0():
    frame = qaly(
        person(0.8, 0.8, np.nan, np.nan, np.nan, withdrawn=120.0, reason="died"),
        person(0.8, 0.8, np.nan, np.nan, np.nan, withdrawn=120.0, reason="moved away"),
    )
    assert frame.loc[0, "qaly"] == pytest.approx(0.8 * 0.25 + 0.8 / 2 * 0.25, rel=EXACT)
    assert np.isnan(frame.loc[1, "qaly"])
    assert any("1 participant(s) died" in note for note in frame.attrs["notes"])


def test_values_after_withdrawal_are_left_out_and_counted():
    frame = qaly(person(0.8, 0.8, 0.8, 0.8, 0.8, withdrawn=120.0), person(1, 1, 1, 1, 1))
    assert frame.loc[0, ["eq5d_utility_6", "eq5d_utility_9"]].isna().all()
    assert "3 value(s) from after withdrawal" in frame.attrs["notes"][1]


def test_a_horizon_between_visits_cuts_the_line():
    # a line from 1 at month 0 to 0 at month 12: the first half has 0.5 * (1 + 0.5) / 2
    line = person(1.0, 0.75, 0.5, 0.25, 0.0)
    frame = qaly(line, line, horizon_days=365 / 2)
    assert frame.loc[0, "qaly"] == pytest.approx(0.375, rel=EXACT)
    between = qaly(line, line, horizon_days=365 * 7 / 12)
    assert between.loc[0, "qaly"] == pytest.approx(7 / 12 * (1 + 5 / 12) / 2, rel=EXACT)
    assert list(between.attrs["parts"]) == [f"eq5d_utility_{m}" for m in (0, 3, 6, 9)]
    with pytest.raises(ValueError, match="last asked at month 12, before horizon_days"):
        qaly(line, horizon_days=730)


def test_discounting_by_hand():
    weights = trapezoid_weights(np.array([0.0, 12.0, 24.0]), 24.0, 0.25)
    np.testing.assert_allclose(weights, [0.5, 0.5 + 0.4, 0.4], rtol=EXACT)
    # a visit in the middle of the second year does not move where the discount begins
    weights = trapezoid_weights(np.array([0.0, 18.0, 24.0]), 24.0, 0.25)
    assert weights.sum() == pytest.approx(1.8, rel=EXACT)


@costly_relation
@given(
    months=st.lists(st.integers(1, 36), min_size=1, max_size=5, unique=True).map(sorted),
    values=st.lists(st.floats(-0.5, 1), min_size=6, max_size=6),
    rate=st.sampled_from([0.0, 0.03, 0.2]),
    share=st.floats(0.05, 1.0),
)
def test_weights_are_the_area_under_straight_lines(months, values, rate, share):
    months = np.array([0.0, *months])
    horizon = share * months[-1]
    weights = trapezoid_weights(months, horizon, rate)
    at = (np.arange(20_000) + 0.5) / 20_000 * horizon
    height = np.interp(at, months, values[: len(months)]) / (1 + rate) ** np.floor(at / 12)
    area = height.mean() * horizon / 12
    assert weights @ values[: len(months)] == pytest.approx(area, abs=GRID)


def test_what_is_no_utility_is_refused():
    with pytest.raises(DataError, match=r"outside -1.1 to 1: 87 is no utility.*p1"):
        qaly(person(1, 1, 87, 1, 1), person(1, 1, 1, 1, 1))
    with pytest.raises(ValueError, match=r"No measure 'sf6d'. The trial has: eq5d_utility"):
        qaly(person(1, 1, 1, 1, 1), measure="sf6d")
    with pytest.raises(DataError, match="not asked at month 0"):
        qaly(Person(utilities=((3, 1.0), (12, 1.0))))
    trial = make_trial([person(1, 1, 1, 1, 1)])
    strangers = trial.outcomes.assign(participant_id="x9")
    with pytest.raises(DataError, match="not among the participants"):
        economics.qalys(dataclasses.replace(trial, outcomes=strangers))
    pain = trial.outcomes.head(2).assign(measure="pain_nrs")
    twice = pd.concat([pain, trial.outcomes, trial.outcomes.iloc[[2]].assign(value=0.1)])
    with pytest.raises(DataError, match=r"row 7.*eq5d_utility stands twice for one month.*p1"):
        economics.qalys(dataclasses.replace(trial, outcomes=twice))


def test_everybody_randomised_has_a_row_in_any_order():
    trial = make_trial([person(1, 1, 1, 1, 1), Person(), person(0.5, 0.5, 0.5, 0.5, 0.5)])
    mixed = dataclasses.replace(trial, outcomes=trial.outcomes.sample(frac=1, random_state=1))
    frame = economics.qalys(mixed)
    assert frame["participant_id"].tolist() == ["p1", "p2", "p3"]
    pd.testing.assert_frame_equal(frame, economics.qalys(trial))
    assert frame["qaly"].isna().tolist() == [False, True, False]
