"""What did each participant cost? By hand, in plain loops, and what must not be lost."""

import dataclasses

import numpy as np
import pandas as pd
import pytest

import walkstats as ws
from tests.economics.one_year import PRICES, Person, cost_of, make_trial, some_people
from walkstats import economics
from walkstats.errors import DataError

# Sums of a few products.
EXACT = 1e-12

ANSWERED = tuple(range(1, 13))


SOMEBODY = Person(used=((1, "visit", 1),))


def costs(people, perspective="societal", **options):
    return economics.total_costs(make_trial(people), perspective=perspective, **options)


def test_a_person_by_hand():
    one = Person(used=((1, "session", 2), (2, "visit", 3), (4, "hour", 8), (12, "tablets", 1)))
    frame = costs([one, Person()])
    assert frame.loc[0, "cost"] == 2 * 95 + 3 * 80 + 8 * 45 + 15
    parts = frame.loc[0, ["cost_intervention", "cost_3", "cost_6", "cost_9", "cost_12"]]
    assert parts.tolist() == [190, 240, 360, 0, 15]
    assert frame.loc[1, "cost"] == 0.0
    assert list(frame.columns[:4]) == ["participant_id", "arm", "site", "cost"]
    assert frame.attrs["parts"] == dict.fromkeys(frame.columns[4:], 1.0)
    assert frame.attrs["currency"] == "AUD"
    assert frame.attrs["price_year"] == 2022


@pytest.mark.parametrize("seed", [1, 2])
def test_many_people_in_plain_loops(seed):
    people = some_people(120, seed)
    frame = costs(people)
    expected = pd.DataFrame([cost_of(one) for one in people])
    pd.testing.assert_frame_equal(frame[list(expected.columns)], expected, rtol=EXACT)
    assert frame["cost"].isna().equals(expected.isna().any(axis=1))
    known = frame["cost"].notna()
    assert 20 < known.sum() < 110
    np.testing.assert_allclose(frame["cost"][known], expected[known].sum(axis=1), rtol=EXACT)


def test_everybody_randomised_is_kept_and_those_without_costs_are_counted():
    frame = costs([Person(), Person(completed=()), Person(used=((1, "visit", 1),))])
    assert frame["participant_id"].tolist() == ["p1", "p2", "p3"]
    assert frame["cost"].fillna(-1).tolist() == [0.0, -1.0, 80.0]
    assert "2 of 3 participants have no rows of costs; all are kept." in frame.attrs["notes"]


def test_an_arm_without_rows_is_said_to_have_none():
    sessions = Person(used=((1, "session", 1),))
    told = [note for note in costs([SOMEBODY, sessions]).attrs["notes"] if "Nobody in" in note]
    assert told[0].startswith("Nobody in walking has a row of what participants were asked about")
    assert len(told) == 1
    for people, perspective in (
        ([SOMEBODY, SOMEBODY], "societal"),
        ([Person(), sessions], "payer"),
    ):
        notes = costs(people, perspective).attrs["notes"]
        assert not any("Nobody in" in note for note in notes)


def test_what_was_not_answered_is_missing_and_not_0():
    frame = costs([Person(completed=(1, 2, 3, 4, 6, 7, 8, 9)), SOMEBODY])
    assert frame.loc[0, ["cost_3", "cost_9"]].tolist() == [0.0, 0.0]
    assert frame.loc[0, ["cost_6", "cost_12", "cost"]].isna().all()
    assert any("control 1 of 1, walking 0 of 1" in note for note in frame.attrs["notes"])


def test_rows_of_a_period_that_was_not_answered_as_a_whole_do_not_make_it_known():
    frame = costs([Person(completed=(1, 2, 3), used=((5, "visit", 1),)), Person()])
    assert np.isnan(frame.loc[0, "cost_6"])
    assert any("1 row(s) lie in periods that were not answered" in n for n in frame.attrs["notes"])


def test_c05_a_missing_quantity_stays_missing_and_its_share_is_told():
    frame = costs([Person(used=((2, "visit", np.nan), (2, "tablets", 1))), Person()])
    assert np.isnan(frame.loc[0, "cost_3"])
    assert np.isnan(frame.loc[0, "cost"])
    assert frame.loc[0, ["cost_6", "cost_9"]].tolist() == [0.0, 0.0]
    notes = " ".join(frame.attrs["notes"])
    assert "cost is missing for 1 of 2 participants (50.0 %" in notes
    assert "1 row(s) of 1 participant(s) have no quantity or price" in notes


def test_a_year_of_check_ins_of_30_days_is_a_year():
    made = make_trial([Person(used=((10, "visit", 1.0),)), Person(completed=tuple(range(1, 12)))])
    asked = made.check_ins
    month = asked["check_in"].to_numpy(dtype=float)
    short = asked.assign(covers_from_days=30 * (month - 1), covers_to_days=30 * month)
    cost = economics.total_costs(dataclasses.replace(made, check_ins=short), perspective="societal")
    # nobody was asked about the days after 360; who answered all that was asked is known
    assert cost["cost"].tolist()[0] == 80.0
    assert np.isnan(cost["cost"].tolist()[1])


def test_sessions_are_known_whatever_was_answered():
    frame = costs([Person(), Person(completed=(), used=((1, "session", 5),))])
    assert frame.loc[1, "cost_intervention"] == 475.0
    assert np.isnan(frame.loc[1, "cost"])
    assert costs([Person(), Person(completed=(), used=((1, "session", 5),))], "payer")[
        "cost"
    ].tolist() == [0.0, 475.0]


def test_nothing_is_used_after_death_and_withdrawal_is_missing():
    answered = (1, 2, 3, 4, 5)
    use = ((2, "visit", 1), (5, "visit", 1), (9, "visit", 4))
    died = Person(answered, use, withdrawn=152.0, reason="died")
    left = Person(answered, use, withdrawn=152.0, reason="moved away")
    frame = costs([died, left])
    assert frame.loc[0, "cost"] == 160.0
    assert frame.loc[1, ["cost_6", "cost_9", "cost_12"]].isna().all()
    notes = " ".join(frame.attrs["notes"])
    assert "1 row(s) after death are left out." in notes
    assert "1 row(s) after the end of the participant's follow-up are left out." in notes


def test_months_beyond_the_horizon_are_counted_out():
    frame = costs([Person(used=((13, "visit", 2), (12, "visit", 1), (0, "visit", 7))), Person()])
    assert frame.loc[0, "cost"] == 80.0
    notes = " ".join(frame.attrs["notes"])
    assert "1 row(s) later than the horizon are left out." in notes
    assert "1 row(s) of month 0, before randomisation are left out." in notes
    half = costs([Person(used=((6, "visit", 2), (7, "visit", 1))), Person()], horizon_days=182.5)
    assert half.loc[0, "cost"] == 160.0
    assert list(half.attrs["parts"]) == ["cost_intervention", "cost_3", "cost_6"]


def test_perspectives_count_their_categories():
    used = tuple((2.0, item, 1.0) for item in PRICES)
    total = {
        name: costs([Person(used=used), Person()], name).loc[0, "cost"]
        for name in economics.PERSPECTIVES
    }
    assert total == {
        "societal": 255.0,
        "health care": 190.0,
        "health and social care": 190.0,
        "payer": 95.0,
        "employer": 45.0,
    }
    assert costs([Person(used=used), Person()], ["travel"]).loc[0, "cost"] == 20.0
    own = economics.Perspective("insurer", "an insurer", ("health care",))
    assert costs([Person(used=used), Person()], own).loc[0, "cost"] == 80.0
    with pytest.raises(ValueError, match=r"'societal'.*Did you mean 'societal'"):
        costs([SOMEBODY], "social")
    with pytest.raises(ValueError, match="got 'carpets'"):
        costs([SOMEBODY], ["carpets"])


def test_a_category_that_no_perspective_knows_is_refused_until_it_is_named():
    trial = make_trial([Person(used=((1, "visit", 1),)), Person()])
    odd = trial.costs.assign(category="Physio")
    trial = dataclasses.replace(trial, costs=odd)
    with pytest.raises(DataError, match=r"no perspective knows the category 'Physio'.*categories="):
        economics.total_costs(trial, perspective="societal")
    named = {"Physio": "health care"}
    frame = economics.total_costs(trial, perspective="societal", categories=named)
    assert frame.loc[0, "cost"] == 80.0
    with pytest.raises(ValueError, match="which is none of"):
        economics.total_costs(trial, perspective="societal", categories={"Physio": "gym"})
    with pytest.raises(ValueError, match="the trial has 'Physio'"):
        economics.total_costs(trial, perspective="societal", categories={"Gym": "travel"})


def test_rows_of_strangers_and_rows_without_a_month_are_refused():
    trial = make_trial([Person(used=((1, "visit", 1),)), Person()])
    with pytest.raises(DataError, match=r"not among the participants.*x9"):
        economics.total_costs(
            dataclasses.replace(trial, costs=trial.costs.assign(participant_id="x9")),
            perspective="societal",
        )
    with pytest.raises(DataError, match="rows without a month"):
        economics.total_costs(
            dataclasses.replace(trial, costs=trial.costs.assign(month=np.nan)),
            perspective="societal",
        )


def test_c01_negative_amounts_are_refused_by_id():
    trial = make_trial([Person(used=((1, "visit", 1), (2, "hour", 1))), Person()])
    odd = trial.costs.assign(quantity=[-1.0, 1.0], unit_cost=[80.0, np.inf])
    with pytest.raises(DataError, match=r"quantity below 0") as caught:
        economics.total_costs(dataclasses.replace(trial, costs=odd), perspective="societal")
    problems = caught.value.problems
    assert problems["column"].tolist() == ["quantity", "unit_cost"]
    assert problems["ids"].tolist() == ["p1", "p1"]
    assert "refund" in problems["what_to_do"].iloc[0]


def test_a_trial_without_costs_is_refused():
    with pytest.raises(DataError, match="nobody can be said to have cost nothing"):
        costs([Person(), Person()])


def test_discounting_begins_with_the_second_year():
    trial = make_trial([Person(used=((12, "visit", 1), (13, "visit", 1), (25, "visit", 1)))] * 2)
    trial = dataclasses.replace(
        trial, participants=trial.participants.assign(planned_end_days=1095.0)
    )
    frame = economics.total_costs(
        trial,
        perspective="societal",
        horizon_days=1095,
        discount_rate=0.25,
        periods=[12, 24, 36],
        answered_by="everybody",
    )
    assert frame.loc[0, ["cost_12", "cost_24", "cost_36"]].tolist() == [80.0, 64.0, 51.2]
    assert frame.loc[0, "cost"] == pytest.approx(80 * (1 + 0.8 + 0.64), rel=EXACT)
    with pytest.raises(ValueError, match=r"Write 0.03 for 3 %"):
        costs([SOMEBODY], discount_rate=3)


def test_without_check_ins_questionnaires_tell_who_answered():
    people = [
        Person(used=((2, "visit", 1),), utilities=((0, 1.0), (3, 0.9), (6, 0.9), (12, 0.9))),
        Person(utilities=((0, 1.0), (9, 0.9))),
    ]
    frame = economics.total_costs(make_trial(people, check_ins=False), perspective="societal")
    assert frame[["cost_3", "cost_6", "cost_9", "cost_12"]].isna().to_numpy().tolist() == [
        [False, False, True, False],
        [True, True, False, True],
    ]
    assert "any questionnaire" in frame.attrs["method"]
    bare = make_trial([Person(), SOMEBODY], check_ins=False)
    with pytest.raises(ValueError, match=r"answered_by=\"everybody\""):
        economics.total_costs(bare, perspective="societal")
    told = economics.total_costs(bare, perspective="societal", answered_by="everybody")
    assert told["cost"].tolist() == [0.0, 80.0]


def test_a_horizon_near_to_a_whole_month_is_that_month():
    use = ((1, "visit", 1), (6, "visit", 1), (7, "visit", 1))
    found = {
        days: costs([Person(used=use), Person()], horizon_days=days).loc[0, "cost"]
        for days in (30, 100, 176, 180, 190, 213)
    }
    assert found == {30: 80.0, 100: 80.0, 176: 160.0, 180: 160.0, 190: 160.0, 213: 240.0}


def test_arguments_of_another_kind_are_refused_in_words():
    with pytest.raises(ValueError, match="categories must be a mapping"):
        costs([SOMEBODY], categories="visit")
    with pytest.raises(ValueError, match="price_index must be a mapping"):
        costs([SOMEBODY], price_index=5)


def test_row_order_and_ids_change_nothing():
    people = some_people(40, 3)
    trial = make_trial(people)
    shuffled = dataclasses.replace(
        trial,
        costs=trial.costs.sample(frac=1, random_state=1),
        check_ins=trial.check_ins.sample(frac=1, random_state=2),
    )
    one = economics.total_costs(trial, perspective="societal")
    other = economics.total_costs(shuffled, perspective="societal")
    pd.testing.assert_frame_equal(one, other, rtol=EXACT)


def test_the_trial_is_not_modified_and_reads_back_the_same(tmp_path):
    trial = make_trial(some_people(12, 4))
    before = trial.costs.copy()
    one = economics.total_costs(trial, perspective="societal")
    pd.testing.assert_frame_equal(trial.costs, before)
    ws.write_trial(trial, tmp_path / "trial")
    again = economics.total_costs(ws.read_trial(tmp_path / "trial"), perspective="societal")
    np.testing.assert_array_equal(one["cost"], again["cost"])


def test_baseline_columns_are_carried_and_later_ones_said():
    trial = make_trial([Person(), SOMEBODY])
    frame = economics.total_costs(trial, perspective="societal", baseline=["withdrawal_reason"])
    assert "withdrawal_reason" in frame
    with pytest.raises(ValueError, match="No column 'shoe'"):
        economics.total_costs(trial, perspective="societal", baseline=["shoe"])


def test_periods_must_end_with_the_horizon():
    with pytest.raises(ValueError, match="must end with the horizon, in month 12; got 9"):
        costs([SOMEBODY], periods=[3, 9])
    with pytest.raises(ValueError, match="ascending"):
        costs([SOMEBODY], periods=[6, 3, 12])
    monthly = costs([Person(completed=(1, 2)), SOMEBODY], periods=list(range(1, 13)))
    assert monthly.loc[0, ["cost_1", "cost_2"]].tolist() == [0.0, 0.0]
    assert np.isnan(monthly.loc[0, "cost_3"])
