"""The one reader of time and event columns: what it takes and what it refuses."""

import numpy as np
import pandas as pd
import pytest

from walkstats import survival
from walkstats.errors import DataError
from walkstats.survival.observations import observe


def frame(**columns):
    return pd.DataFrame({"days": [5.0, 8, 8, 12], "event": [1, 0, 1, 1], **columns})


@pytest.mark.parametrize(
    "event",
    [
        [1, 0, 1, 1],
        [True, False, True, True],
        [1.0, 0.0, 1.0, 1.0],
        pd.array([1, 0, 1, 1], dtype="Int64"),
        pd.array([True, False, True, True], dtype="boolean"),
        pd.array([1, 0, 1, 1], dtype="int64[pyarrow]"),
        np.array([1, 0, 1, 1], dtype=object),
    ],
)
def test_events_of_any_numeric_type(event):
    assert observe(frame(event=event)).event.tolist() == [True, False, True, True]


@pytest.mark.parametrize("event", [[1, 2, 1, 2], ["0", "1", "0", "1"], ["Yes", "No", "No", "No"]])
def test_other_codes_need_the_event_named(event):
    with pytest.raises(DataError, match=r"must be 0/1 or boolean.*event_value="):
        observe(frame(event=event))
    value = event[1]
    expected = [one == value for one in event]
    assert observe(frame(event=event), event_value=value).event.tolist() == expected


def test_an_event_value_that_is_not_there_lists_what_is():
    with pytest.raises(DataError, match="found 1, 2"):
        observe(frame(event=[1, 2, 1, 2]), event_value=9)


def test_everybody_censored_as_in_r_coded_1_2_is_not_all_events():
    # R reads a status of all 1 as all events; here the value meant must be named and be there.
    assert observe(frame(event=[1, 1, 1, 1])).event.all()
    with pytest.raises(DataError, match="no row has event = 2"):
        observe(frame(event=[1, 1, 1, 1]), event_value=2)


@pytest.mark.parametrize(
    ("columns", "words"),
    [
        ({"days": [5.0, np.inf, 8, 12]}, "infinite.*last contact"),
        ({"days": [-2.0, 8, 8, 12]}, "negative"),
        ({"days": pd.to_timedelta([5, 8, 8, 12], unit="D")}, "durations"),
        ({"days": ["5", "8", "8", "12"]}, "text"),
    ],
)
def test_times_that_cannot_be(columns, words):
    with pytest.raises(DataError, match=words):
        observe(frame(**columns))


def test_the_people_are_named():
    data = frame(days=[-2.0, 8, -1, 12], participant_id=["p1", "p2", "p3", "p4"])
    with pytest.raises(DataError) as caught:
        observe(data)
    found = caught.value.problems.loc[0]
    assert (found["ids"], found["count"], found["row"]) == ("p1, p3", 2, 0)


def test_missing_times_and_events_are_left_out_and_counted():
    data = frame(days=[np.nan, 8, 8, 12], event=[1, np.nan, 1, 1], arm=["a", "a", "b", None])
    seen = observe(data, groups=["arm"])
    assert seen.left_out == {"days missing": 1, "event missing": 1, "arm missing": 1}
    assert seen.kept.tolist() == [False, False, True, False]
    assert str(seen.counts()) == (
        "1 event among 1 participant; 1 row left out: days missing; "
        "1 row left out: event missing; 1 row left out: arm missing"
    )


def test_nothing_left_says_why():
    with pytest.raises(DataError, match=r"0 rows are left of 4 \(4 days missing\)"):
        observe(frame(days=[np.nan] * 4))


@pytest.mark.parametrize(
    ("entry", "words"),
    [([0, np.nan, 0, 0], "missing"), ([0, 9, 0, 0], "before"), ([-5, 0, 0, 0], "negative")],
)
def test_entry_times_are_checked(entry, words):
    with pytest.raises(DataError, match=words):
        observe(frame(start=entry), entry="start")


def test_days_and_spells_together_are_refused():
    with pytest.raises(ValueError, match="both days and start_days"):
        observe(frame(start_days=0.0, stop_days=5.0))
    spells = frame(start_days=0.0, stop_days=5.0).drop(columns="days")
    assert observe(spells).start.tolist() == [0.0] * 4


@pytest.mark.parametrize("weights", [[1, -1, 1, 1], [1, np.nan, 1, 1], [0, 0, 0, 0]])
def test_weights_are_numbers_of_at_least_0(weights):
    with pytest.raises(DataError):
        observe(frame(w=np.array(weights, dtype=float)), weights="w")


def test_frequencies_are_whole():
    with pytest.raises(DataError, match="not whole"):
        observe(frame(k=[1.0, 2.0, 1.5, 1.0]), frequencies="k")
    assert observe(frame(k=[1, 2, 3, 0]), frequencies="k").counts().used == 6


def test_a_column_that_is_not_there_is_named():
    with pytest.raises(ValueError, match="Did you mean 'event'"):
        observe(frame(), event="evnt")


def test_values_taken_as_no_event_are_said():
    # 'YES' and 'Yes ' may be events as well: nothing of this is silent.
    data = frame(event=["yes", "YES", "no", "Yes "])
    assert observe(data, event_value="yes").notes == (
        "The event is event = 'yes'; taken as no event: 'YES' (1), 'no' (1), 'Yes ' (1).",
        "Labels of event that differ only in case or spaces count as different: 'yes' and 'YES' "
        "and 'Yes '.",
    )
    assert observe(frame(event=[1, 2, 1, 2]), event_value=2).notes == ()
    data = data.assign(arm=["a", "a", "b", "b"], participant_id=[1, 2, 3, 4])
    for found in (
        survival.kaplan_meier(data, event_value="yes"),
        survival.log_rank(data, "arm", event_value=["yes", "Yes "]),
        survival.cox(data, "arm", event_value=["yes", "YES", "Yes "], penalty="firth"),
        survival.concordance(data.assign(x=1.0), "x", event_value="yes"),
    ):
        assert any("differ only in case or spaces" in note for note in found.notes)


def test_several_values_may_mean_the_event():
    seen = observe(frame(event=[1, 2, 3, 0]), event_value=[2, 3, 7])
    assert seen.event.tolist() == [False, True, True, False]
    assert seen.notes == (
        "The event is event = 2 or 3; taken as no event: 1 (1), 0 (1).",
        "No row has event = 7.",
    )


@pytest.mark.parametrize(
    ("columns", "words"),
    [
        ({"event": pd.Categorical(["0", "1", "0", "1"])}, "must be 0/1"),
        ({"event": [1 + 0j, 0j, 1 + 1j, 0j]}, "must be 0/1"),
        ({"days": [True, False, True, True]}, "true and false"),
        ({"days": [1 + 1j, 2, 3, 4]}, "complex"),
    ],
)
def test_columns_of_another_kind_are_refused(columns, words):
    with pytest.raises(DataError, match=words):
        observe(frame(**columns))
