"""Turnbull curves: what they collapse to, what they must not depend on, and what is refused.

Where no row is interval-censored every number is Kaplan-Meier's: 1e-9 relative, since one is a
product and the other the end of a search.
"""

from __future__ import annotations

import pickle

import numpy as np
import pandas as pd
import pytest
from hypothesis import given

import walkstats as ws
from tests.relations import examples
from tests.survival.interval_censored.drawn_intervals import changed, frame_of
from tests.survival.small_trials import tied_trials
from walkstats.errors import DataError, FitError

SEARCHED = 1e-9
# Masses are found to 1e-13 per row; another order of rows adds them up in another order.
SAME_MAXIMUM = 1e-8


@examples(30, 100)
@given(tied_trials)
def test_right_censored_rows_are_kaplan_meiers(frame: pd.DataFrame) -> None:
    frame["low_days"] = frame["days"]
    frame["high_days"] = np.where(frame["event"] == 1, frame["days"], np.inf)
    ours = ws.survival.turnbull(frame, "arm")
    theirs = ws.survival.kaplan_meier(frame, "arm")
    pd.testing.assert_frame_equal(ours.frame, theirs.frame, rtol=SEARCHED, atol=1e-10)
    assert dict(ours.last) == dict(theirs.last)


def test_fractional_weights_are_kaplan_meiers_too() -> None:
    rng = np.random.default_rng(3)
    frame = pd.DataFrame(
        {"days": rng.integers(1, 9, 40).astype(float), "w": rng.uniform(0.2, 3, 40)}
    )
    frame["event"] = rng.random(40) < 0.6
    frame["low_days"] = frame["days"]
    frame["high_days"] = np.where(frame["event"], frame["days"], np.inf)
    ours = ws.survival.turnbull(frame, weights="w")
    theirs = ws.survival.kaplan_meier(frame, weights="w")
    assert "robust" in ours.method
    pd.testing.assert_frame_equal(
        ours.frame[ours.frame["estimate"] > 0],
        theirs.frame[ours.frame["estimate"] > 0],
        rtol=SEARCHED,
        atol=1e-10,
        check_dtype=False,
    )


def test_order_units_and_missing_rows() -> None:
    frame = frame_of(np.random.default_rng(2).bytes(60))
    one = ws.survival.turnbull(frame, "arm")
    other = ws.survival.turnbull(changed(frame, 3, 7.0), "arm")
    assert other.counts is not None
    assert other.counts.left_out == {"low_days missing": 1}
    for name in ("low", "high"):
        np.testing.assert_allclose(one.support[name] * 7.0, other.support[name])
    for name in ("mass", "estimate", "std_error"):
        np.testing.assert_allclose(one.support[name], other.support[name], atol=SAME_MAXIMUM)
    twice = frame.assign(copies=2, w=2.0)
    counted = ws.survival.turnbull(twice, "arm", frequencies="copies").support
    weighed = ws.survival.turnbull(twice, "arm", weights="w").support
    pd.testing.assert_frame_equal(counted, weighed)
    np.testing.assert_allclose(counted["mass"], one.support["mass"], atol=SAME_MAXIMUM)


def seen() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "low_days": [0, 30, 30, 60, 60],
            "high_days": [30, 60, 90, 90, np.inf],
            "arm": list("aabbb"),
        }
    )


def test_a_curve_inside_a_place_is_a_range() -> None:
    curve = ws.survival.turnbull(seen())
    read = curve.at([15, 30, 45])
    assert read["at_most"].tolist() == pytest.approx([1.0, 0.8, 0.8])
    assert read["at_least"].tolist() == pytest.approx([0.8, 0.8, 8 / 15])
    assert curve.at(90)["estimate"].item() == 0.0
    assert curve.at(91)["estimate"].isna().all()


def test_a_curve_is_drawn_and_laid_out() -> None:
    curve = ws.survival.turnbull(seen(), "arm")
    figure = ws.figures.plot_survival(curve)
    assert figure.axes
    table = ws.tables.table_of(curve, at=[30, 60])
    assert "Turnbull" in table.to_markdown()
    again = pickle.loads(pickle.dumps(curve))
    pd.testing.assert_frame_equal(again.support, curve.support)
    assert "gap of" in curve.method
    assert str(curve.counts) == "4 events among 5 participants"


@pytest.mark.parametrize(
    "kind", ["Int64", "float32", "int64[pyarrow]", "double[pyarrow]", "object"]
)
def test_dtypes_change_nothing(kind: str) -> None:
    frame = seen()
    plain = ws.survival.turnbull(frame, "arm").support
    other = frame.assign(
        low_days=frame["low_days"].astype(kind),
        arm=pd.Categorical(frame["arm"], categories=["z", "a", "b"]),
    )
    pd.testing.assert_frame_equal(ws.survival.turnbull(other, "arm").support, plain)


def test_nobody_with_an_event() -> None:
    frame = pd.DataFrame({"low_days": [10.0, 20.0], "high_days": [np.inf, np.inf]})
    curve = ws.survival.turnbull(frame)
    assert curve.frame["estimate"].tolist() == [1.0, 1.0]
    assert "no event was seen." in curve.notes


def test_no_follow_up_says_nothing() -> None:
    frame = pd.concat([seen(), pd.DataFrame({"low_days": [0], "high_days": [np.inf]})])
    curve = ws.survival.turnbull(frame)
    np.testing.assert_allclose(curve.support["mass"], ws.survival.turnbull(seen()).support["mass"])
    assert any("nobody looked after day 0" in note for note in curve.notes)


def test_all_that_is_wrong_is_said_at_once() -> None:
    frame = pd.DataFrame(
        {
            "participant_id": ["a", "b", "c", "c"],
            "low_days": [-1, 50, 10, np.inf],
            "high_days": [30, 20, 40, np.inf],
        }
    )
    with pytest.raises(DataError) as caught:
        ws.survival.turnbull(frame)
    said = str(caught.value)
    for words in ("low_days is negative", "low_days lies after high_days", "low_days is infinite",
                  "participant_id repeats"):  # fmt: skip
        assert words in said
    assert caught.value.problems["row"].tolist() == [0, 3, 1, 3]


def test_missing_ends_are_not_taken_for_unseen() -> None:
    frame = seen().assign(high_days=[30, 60, 90, 90, np.nan])
    with pytest.raises(DataError, match="fillna"):
        ws.survival.turnbull(frame)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"entry": "low_days"}, "entry= is not offered"),
        ({"low": "lo_days"}, "Did you mean 'low_days'"),
        ({"interval": "log log"}, "interval must be one of"),
        ({"level": 95}, "level must lie between"),
    ],
)
def test_arguments_refused_in_words(change: dict[str, object], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        ws.survival.turnbull(seen(), **change)


def test_other_refusals() -> None:
    with pytest.raises(DataError, match="0 rows are left"):
        ws.survival.turnbull(seen().assign(low_days=np.nan))
    with pytest.raises(DataError, match="holds text, such as"):
        ws.survival.turnbull(seen().assign(low_days=["0", "30", "x", "60", "60"]))
    with pytest.raises(DataError, match="dates"):
        ws.survival.turnbull(seen().assign(low_days=pd.Timestamp("2024-01-01")))
    with pytest.raises(DataError, match="all weights are 0 in a group"):
        ws.survival.turnbull(seen().assign(w=[0, 0, 1, 1, 1]), "arm", weights="w")


def test_too_many_places_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("walkstats.survival.interval_censored.mass.MOST_PLACES", 2)
    with pytest.raises(FitError, match="Round the days"):
        ws.survival.turnbull(seen())


def test_an_event_on_day_0() -> None:
    frame = pd.DataFrame({"low_days": [0, 0, 10], "high_days": [0, 20, np.inf]})
    curve = ws.survival.turnbull(frame)
    assert curve.support["high"].tolist()[0] == 0
    assert curve.at(0)["estimate"].item() == pytest.approx(2 / 3)


def test_many_places() -> None:
    """Everybody on days of their own."""
    rng = np.random.default_rng(12)
    visits = np.cumsum(rng.uniform(20, 40, (700, 20)), axis=1)
    day = rng.exponential(200, 700)[:, None]
    frame = pd.DataFrame(
        {
            "low_days": np.where(visits < day, visits, 0.0).max(axis=1),
            "high_days": np.where(visits >= day, visits, np.inf).min(axis=1),
        }
    )
    curve = ws.survival.turnbull(frame)
    assert curve.candidates["all"] > 200
    assert curve.gap["all"] < 1e-9


def test_labels_spelled_in_two_ways_are_a_note() -> None:
    frame = frame_of(np.random.default_rng(6).bytes(80))
    frame["site"] = frame["site"].replace("south", "North")
    for found in (
        ws.survival.turnbull(frame, "site"),
        ws.survival.interval_log_rank(frame, "arm", strata="site"),
        ws.survival.interval_cox(frame, "x", strata="site"),
    ):
        assert any("differ only in case" in note for note in found.notes)


def test_no_copies_are_no_rows() -> None:
    frame = pd.DataFrame(
        {"low_days": [0.0, 30, 0, 10], "high_days": [30.0, np.inf, 60, 40], "copies": [2, 1, 1, 0]}
    )
    found = ws.survival.turnbull(frame, frequencies="copies")
    own = ws.survival.turnbull(frame.iloc[:3], frequencies="copies")
    pd.testing.assert_frame_equal(found.frame, own.frame)
    assert found.candidates == own.candidates
