"""Spells cut at given times, where values change, and at events, by hand and by chance.

Coefficients after splitting are compared at 1e-9: both are maxima of the same function.
"""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import walkstats as ws
from tests.relations import examples
from walkstats.derive import add_events, split_at, time_varying
from walkstats.errors import DataError

RTOL = 1e-9


def one_person(days=100.0, **more):
    return pd.DataFrame({"participant_id": ["a"], "days": [days], "event": [True], **more})


def rows(frame, *columns):
    return frame[list(columns)].to_numpy(dtype=object).tolist()


def test_an_event_at_a_cut_belongs_to_the_piece_that_ends_there():
    made = split_at(one_person(90.0), [90, 30])
    assert rows(made, "start_days", "stop_days", "event", "period") == [
        [0.0, 30.0, False, 1],
        [30.0, 90.0, True, 2],
    ]
    assert made["event"].dtype == bool


def test_rows_keep_their_columns_order_and_attributes():
    frame = pd.DataFrame({"id": [7, 3], "days": [5, 40], "event": [1, 0], "arm": ["x", "y"]})
    frame.attrs = {"source": "a trial", "notes": ("a note",)}
    made = split_at(frame, [10], period="part")
    assert list(made.columns) == ["id", "start_days", "stop_days", "event", "arm", "part"]
    assert rows(made, "id", "event", "part") == [[7, 1, 1], [3, 0, 1], [3, 0, 2]]
    assert made.attrs == frame.attrs
    assert list(frame.columns) == ["id", "days", "event", "arm"]


def test_a_coded_outcome_needs_to_be_told_what_nothing_is():
    frame = one_person().assign(event=pd.Categorical(["death"], ["censored", "death"]))
    with pytest.raises(ValueError, match="say which of its values means that nothing happened"):
        split_at(frame, [10])
    with pytest.raises(ValueError, match="censored must be one of 'censored', 'death'"):
        split_at(frame, [10], censored="alive")
    assert split_at(frame, [10], censored="censored")["event"].tolist() == ["censored", "death"]
    with pytest.raises(ValueError, match="is not 0/1"):
        split_at(one_person().assign(event=2), [10])


def test_columns_are_named_or_refused():
    frame = pd.DataFrame({"months": [3.0], "since": [1.0], "event": [1]})
    made = split_at(frame, [2], time="months", entry="since")
    assert rows(made, "since", "months") == [[1.0, 2.0], [2.0, 3.0]]
    assert rows(split_at(frame, [2], time="months"), "start", "months")[1] == [2.0, 3.0]
    with pytest.raises(ValueError, match="Say which columns hold the time"):
        split_at(frame, [2])
    with pytest.raises(ValueError, match="'period' already"):
        split_at(one_person(period=1), [2])
    with pytest.raises(ValueError, match="cuts must be"):
        split_at(one_person(), [np.nan])
    with pytest.raises(DataError, match="lies before"):
        split_at(frame.assign(since=4.0), [2], time="months", entry="since")
    with pytest.raises(DataError, match="holds text"):
        split_at(one_person(days="100"), [2])


def test_times_that_differ_by_rounding_make_no_slivers():
    third = 0.1 + 0.2
    made = split_at(one_person(1.0), [0.3, third])
    assert len(made) == 2
    made = split_at(one_person(third), [0.3])
    assert len(made) == 1


def test_rows_without_time_and_missing_times_stay_as_they_are():
    frame = pd.DataFrame({"days": [0.0, np.nan, 20.0], "event": [0, 0, 1]})
    made = split_at(frame, [10])
    assert made["stop_days"].tolist()[:1] == [0.0]
    assert len(made) == 4
    assert np.isnan(made["stop_days"][1])


# ---- values that change ------------------------------------------------------------------------


def changes(*told):
    return pd.DataFrame(told, columns=["participant_id", "day", "minutes"])


def test_a_value_is_never_in_force_before_it_was_known():
    told = changes(("a", 30.0, 150.0), ("a", 60.0, 90.0))
    made = time_varying(one_person(), told, at="day")
    assert rows(made, "start_days", "stop_days", "event") == [
        [0.0, 30.0, False],
        [30.0, 60.0, False],
        [60.0, 100.0, True],
    ]
    assert made["minutes"].isna().tolist() == [True, False, False]
    assert made["minutes"].tolist()[1:] == [150.0, 90.0]


def test_missing_values_change_nothing_unless_they_are_to():
    told = changes(("a", 0.0, 60.0), ("a", 30.0, np.nan), ("a", 60.0, 90.0))
    made = time_varying(one_person(), told, at="day")
    assert rows(made, "stop_days", "minutes") == [[60.0, 60.0], [100.0, 90.0]]
    kept = time_varying(one_person(), told, at="day", keep_missing=True)
    assert kept["stop_days"].tolist() == [30.0, 60.0, 100.0]
    assert kept["minutes"].isna().tolist() == [False, True, False]
    with pytest.raises(ValueError, match="keep_missing must be True or False"):
        time_varying(one_person(), told, at="day", keep_missing="yes")


def test_where_changes_fall_is_counted():
    frame = pd.DataFrame(
        {"participant_id": "a", "start_days": [10.0, 20.0, 60.0], "stop_days": [20.0, 40.0, 80.0],
         "event": [0, 0, 1]}
    )  # fmt: skip
    days = [5, 10, 15, 20, 40, 50, 80, 90, 15]
    told = changes(*[("a", float(day), float(k)) for k, day in enumerate(days)], ("b", 3.0, 1.0))
    made = time_varying(frame, told, at="day")
    assert made.attrs["changes"]["minutes"] == {
        "early": 1, "late": 1, "gap": 1, "within": 1, "boundary": 1, "leading": 1, "trailing": 2,
        "tied": 1, "unknown": 1,
    }  # fmt: skip
    # Of two at one time the last told counts, and what was known before the gap holds after it.
    assert rows(made, "start_days", "minutes") == [[10, 1], [15, 8], [20, 3], [60, 5]]
    assert "1 late, 1 gap, 1 tied, 1 unknown" in made.attrs["notes"][0]


def test_initial_values_come_from_the_caller_or_the_frame():
    told = changes(("a", 30.0, 150.0))
    assert time_varying(one_person(minutes=[60.0]), told, at="day")["minutes"].tolist() == [60, 150]
    made = time_varying(one_person(), told, at="day", initial={"minutes": 0.0})
    assert made["minutes"].tolist() == [0, 150]
    nothing = time_varying(one_person(), told.iloc[:0], at="day", initial={"minutes": 0.0})
    assert nothing["minutes"].tolist() == [0]
    words = pd.DataFrame({"participant_id": ["a"], "day": [30], "state": ["trained"]})
    made = time_varying(one_person(), words, at="day", initial={"state": "new"})
    assert made["state"].tolist() == ["new", "trained"]


def test_people_and_times_that_are_missing_are_refused():
    with pytest.raises(DataError, match="day is missing in 1 row"):
        time_varying(one_person(), changes(("a", np.nan, 1.0)), at="day")
    with pytest.raises(DataError, match="participant_id is missing"):
        time_varying(one_person(participant_id=[None]), changes(("a", 1.0, 1.0)), at="day")
    with pytest.raises(ValueError, match="No column 'when'"):
        time_varying(one_person(), changes(), at="when")
    with pytest.raises(ValueError, match="No column 'steps' for columns"):
        time_varying(one_person(), changes(), at="day", columns="steps")


def test_events_end_their_piece_and_are_numbered():
    came = pd.DataFrame({"participant_id": "a", "day": [80, 30, 30, 100, 120]})
    made = add_events(one_person(), came, at="day", name="fall", event="event")
    assert rows(made, "stop_days", "event", "fall", "fall_number", "fall_before") == [
        [30.0, False, True, 1, 0],
        [80.0, False, True, 2, 1],
        [100.0, True, True, 3, 2],
    ]
    with pytest.raises(ValueError, match="has event already"):
        add_events(one_person(), came, at="day")


@examples(15, 60)
@given(st.integers(0, 10**6), st.lists(st.integers(1, 30), min_size=1, max_size=6))
def test_pieces_are_the_rows_taken_apart(seed, cuts):
    rng = np.random.default_rng(seed)
    n = int(rng.integers(1, 9))
    start = rng.integers(0, 10, n).astype(float)
    frame = pd.DataFrame(
        {"participant_id": rng.integers(0, 4, n), "start_days": start,
         "stop_days": start + rng.integers(1, 25, n), "event": rng.integers(0, 2, n)}
    )  # fmt: skip
    told = pd.DataFrame(
        {"participant_id": rng.integers(0, 5, 8), "day": rng.integers(-3, 40, 8), "x": range(8)}
    )
    for made in (split_at(frame, cuts), time_varying(frame, told, at="day")):
        assert made["event"].sum() == frame["event"].sum()
        assert (made["stop_days"] > made["start_days"]).all()
        assert (made["stop_days"] - made["start_days"]).sum() == (
            frame["stop_days"] - frame["start_days"]
        ).sum()
    # Each piece by hand: the last value told up to its start.
    for _, piece in time_varying(frame, told, at="day").iterrows():
        own = told[(told["participant_id"] == piece["participant_id"])]
        known = own[own["day"] <= piece["start_days"]].sort_values("day", kind="stable")
        inside = own["day"].between(piece["start_days"], piece["stop_days"], inclusive="neither")
        assert not inside.any()
        same = piece["x"] == known["x"].iloc[-1] if len(known) else np.isnan(piece["x"])
        assert same


# The relation itself runs on 200 examples beside the Cox model; here it is that split_at is right.
@examples(15, 60)
@given(st.integers(0, 10**6), st.lists(st.integers(1, 40), min_size=1, max_size=5))
def test_splitting_changes_no_fit_clustered_errors_included(seed, cuts):
    rng = np.random.default_rng(seed)
    n = 30
    frame = pd.DataFrame(
        {"participant_id": np.arange(n), "days": rng.integers(1, 40, n).astype(float),
         "event": rng.random(n) < 0.7, "arm": rng.integers(0, 2, n), "x": rng.normal(size=n),
         "centre": rng.integers(0, 6, n)}
    )  # fmt: skip
    frame.loc[:3, "event"] = True
    whole = ws.survival.cox(frame, "arm + x", cluster="centre")
    cut = ws.survival.cox(split_at(frame, cuts), "arm + x", cluster="centre")
    np.testing.assert_allclose(cut.values, whole.values, rtol=RTOL, atol=RTOL)
    np.testing.assert_allclose(cut.covariance, whole.covariance, rtol=1e-7, atol=RTOL)
    np.testing.assert_allclose(cut.naive_covariance, whole.naive_covariance, rtol=1e-7)
    assert cut.log_likelihood == pytest.approx(whole.log_likelihood, rel=RTOL)
    assert cut.counts.participants == n
