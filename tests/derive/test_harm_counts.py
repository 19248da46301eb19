"""Adverse events by participant and kind, against days and events looked at one by one.

Counts are whole numbers and days are sums of whole numbers: they agree exactly.
"""

from __future__ import annotations

import dataclasses

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import walkstats as ws
from tests.derive.tiny_trials import Person, covered, last_day, make_trial, people
from walkstats.errors import DataError

FULL = ("completed",) * 5


def with_events(persons: list[Person], events: list[tuple]) -> ws.Trial:
    """The trial of these people with events: (person, day, region, serious)."""
    table = pd.DataFrame(
        {
            "participant_id": pd.Series([f"p{k}" for k, *_ in events], dtype=object),
            "onset_days": pd.Series([day for _, day, *_ in events], dtype=float),
            "event": pd.Series(["fall"] * len(events), dtype=object),
            "body_region": pd.Series([region for *_, region, _ in events], dtype=object),
            "serious": pd.array([serious for *_, serious in events], dtype="boolean"),
        }
    )
    return dataclasses.replace(make_trial(persons), adverse_events=table)


def events_of_some(size: int) -> st.SearchStrategy[list[tuple]]:
    one = st.tuples(
        st.integers(1, size), st.integers(-2, 60), st.sampled_from(["leg", "arm", None]),
        st.sampled_from([True, False, None]),
    )  # fmt: skip
    return st.lists(one, max_size=6)


@given(st.lists(people(), min_size=2, max_size=4), st.data())
def test_each_event_counts_where_it_belongs(persons: list[Person], data: st.DataObject) -> None:
    events = data.draw(events_of_some(len(persons)))
    kinds = ["any", "serious", "serious or not recorded", "body region: leg", "serious & any"]
    known = not events or any(serious is not None for *_, serious in events if events)
    asked = kinds if known and any(e[1] >= 0 and e[3] is not None for e in events) else kinds[:1]
    frame = ws.derive.harm_counts(with_events(persons, events), kinds=asked)
    assert len(frame) == len(asked) * len(persons)
    belongs = {
        "any": lambda region, serious: True,
        "serious": lambda region, serious: serious is True,
        "serious or not recorded": lambda region, serious: serious is not False,
        "body region: leg": lambda region, serious: region == "leg",
        "serious & any": lambda region, serious: serious is True,
    }
    for row in frame.to_dict("records"):
        k = int(row["participant_id"][1:])
        days = covered(persons[k - 1])
        own = [
            day
            for who, day, region, serious in events
            if who == k and day >= 0 and belongs[row["kind"]](region, serious)
        ]
        assert row["events"] == len(own)
        assert row["event"] == bool(own)
        assert row["days"] == len(days)
        seen = [day for day in own if day in days or (day == 0 and 1 in days)]
        assert row["events_observed"] == len(seen)


def test_nobody_is_lost_and_what_is_odd_is_said() -> None:
    gone = Person(("withdrawn",) * 5, withdrawn=0.0)
    trial = with_events(
        [
            Person(FULL),
            gone,
            Person(("completed", "missed", "completed", "completed", "completed")),
        ],
        [(1, 3, "leg", True), (1, -4, "leg", False), (2, 12, "arm", None), (3, 15, None, False)],
    )
    frame = ws.derive.harm_counts(trial)
    any_kind = frame[frame["kind"] == "any"]
    assert any_kind["events"].tolist() == [1, 1, 1]
    assert any_kind["events_observed"].tolist() == [1, 0, 0]
    assert any_kind["days"].tolist() == [50.0, 0.0, 40.0]
    said = " ".join(frame.attrs["notes"])
    assert "1 adverse event(s) began before randomisation; they are left out." in said
    assert "1 adverse event(s) began after withdrawal" in said
    assert "Of 1 adverse event(s) it is not recorded whether they were serious" in said
    assert "1 adverse event(s) have no body region" in said
    assert "1 participant(s) were never under observation" in said
    assert "2 adverse event(s) began on days that no completed check-in covers" in said
    table = ws.derive.adverse_events(trial).set_index(["kind", "arm"])
    assert table.loc[("any", "control"), ["participants", "randomised"]].tolist() == [2, 2]
    assert last_day(gone) == 0


def test_an_event_without_a_day_counts_where_its_participant_was_observed() -> None:
    persons = [Person(FULL), Person(("withdrawn",) * 5, withdrawn=0.0)]
    trial = with_events(persons, [(1, np.nan, "leg", True), (2, np.nan, "leg", True)])
    frame = ws.derive.harm_counts(trial, kinds="any")
    assert frame[["events", "events_observed"]].to_numpy().tolist() == [[1, 1], [1, 0]]


def test_kinds_cross_and_unseen_ones_are_empty_and_said() -> None:
    trial = with_events([Person(FULL)] * 2, [(1, 3, "leg", True), (2, 4, "arm", False)])
    frame = ws.derive.adverse_events(trial, kinds=["serious & body region", "body region: head"])
    assert frame.groupby("kind", sort=False)["events"].sum().to_dict() == {
        "serious & body region: arm": 0,
        "serious & body region: leg": 1,
        "body region: head": 0,
    }
    assert frame.attrs["notes"][-1] == (
        "No adverse event on record is: serious & body region: arm; body region: head."
    )
    for wrong, words in (
        ("severity", "No kind of adverse event 'severity'"),
        (5, "No kind of adverse event '5'"),
        ([], "at least one kind"),
    ):
        with pytest.raises(ValueError, match=words):
            ws.derive.harm_counts(trial, kinds=wrong)
    with pytest.raises(ValueError, match="does not record of any adverse event"):
        ws.derive.harm_counts(trial, kinds="related")
    texts = trial.adverse_events.assign(serious=["yes", "no"])
    with pytest.raises(DataError, match=r"serious must be yes or no .* found 'yes', 'no'"):
        ws.derive.harm_counts(dataclasses.replace(trial, adverse_events=texts))


def test_no_table_is_not_no_harm() -> None:
    none = with_events([Person(FULL)] * 2, [])
    assert ws.derive.harm_counts(none)["events"].sum() == 0
    unread = dataclasses.replace(none, inputs={"participants.csv": "0"})
    with pytest.raises(DataError, match="no table of adverse events"):
        ws.derive.harm_counts(unread)


def test_the_sample_has_what_was_published() -> None:
    trial = ws.load_sample("walkback-like")
    frame = ws.derive.harm_counts(trial)
    sums = frame.groupby(["kind", "arm"], observed=True)[["event", "events"]].sum()
    assert sums["events"]["body region: lower limb"].to_dict() == {"control": 54, "walking": 100}
    assert sums["event"]["any"].to_dict() == {"control": 190, "walking": 183}
    assert frame.groupby("kind", observed=True).size().eq(701).all()
    assert (frame["events_observed"] <= frame["events"]).all()
