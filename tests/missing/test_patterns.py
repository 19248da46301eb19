"""What is missing: counted by hand, over visits, and refused where it cannot be told."""

import numpy as np
import pandas as pd
import pytest

import walkstats as ws
from walkstats.errors import DataError
from walkstats.missing import missing_pattern


def wide():
    return pd.DataFrame(
        {
            "participant_id": list("abcdef"),
            "arm": pd.Categorical(["walking", "control"] * 3, categories=["control", "walking"]),
            "age": [50, 60, np.nan, 40, 30, 20],
            "bmi": [np.nan, 25.0, np.nan, 22.0, 31.0, np.nan],
            "sex": ["f", "m", "f", "m", "f", "m"],
        }
    )


def long():
    rows = [
        ("a", "control", 3, 1.0), ("a", "control", 6, 2.0), ("a", "control", 12, np.nan),
        ("b", "control", 3, 4.0), ("b", "control", 6, np.nan), ("b", "control", 12, 5.0),
        ("c", "walking", 3, 2.0), ("c", "walking", 12, 2.0),  # no row at month 6
        ("d", "walking", 3, 3.0), ("d", "walking", 6, 3.0), ("d", "walking", 12, 1.0),
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=["participant_id", "arm", "month", "pain"])


def test_columns_with_gaps_by_arm():
    found = missing_pattern(wide())
    assert found.items == ("age", "bmi")
    rows = found.by_item.set_index(["group", "column"])
    assert rows.loc[("walking", "bmi"), ["expected", "known", "missing"]].tolist() == [3, 1, 2]
    assert rows.loc[("control", "age"), "missing"] == 0
    assert rows.loc[("all", "bmi"), "percent"] == 50.0
    counts = found.patterns.set_index("pattern")["all"].to_dict()
    assert counts == {"xx": 3, "x.": 2, "..": 1}
    assert found.patterns[["control", "walking"]].to_numpy().sum() == 6
    assert found.monotone


def test_visits_without_a_row_are_missing():
    found = missing_pattern(long(), "pain", visit="month")
    assert found.items == ("month 3", "month 6", "month 12")
    rows = found.by_item.set_index(["group", "visit"])
    assert rows.loc[("walking", 6), "missing"] == 1
    assert rows.loc[("control", 6), "missing"] == rows.loc[("control", 12), "missing"] == 1
    counts = found.patterns.set_index("pattern")["all"].to_dict()
    assert counts == {"xxx": 1, "xx.": 1, "x.x": 2}
    assert not found.monotone
    assert missing_pattern(long()[long()["participant_id"] != "c"].iloc[[0, 1, 2]], "pain",
                           visit="month").monotone  # fmt: skip


def test_the_order_of_the_rows_changes_nothing():
    frame = long()
    mixed = frame.sample(frac=1.0, random_state=4)
    one = missing_pattern(frame, "pain", visit="month")
    two = missing_pattern(mixed, "pain", visit="month")
    pd.testing.assert_frame_equal(one.by_item, two.by_item)
    pd.testing.assert_frame_equal(one.patterns, two.patterns)


@pytest.mark.parametrize("kind", ["Float64", "float64[pyarrow]", "object"])
def test_types_change_nothing(kind):
    frame = wide()
    same = frame.assign(age=frame["age"].astype(kind), bmi=frame["bmi"].astype(kind))
    pd.testing.assert_frame_equal(missing_pattern(frame).by_item, missing_pattern(same).by_item)


def test_refusals():
    with pytest.raises(ValueError, match="No column has a missing value"):
        missing_pattern(wide()[["participant_id", "arm", "sex"]])
    with pytest.raises(ValueError, match="Name the columns"):
        missing_pattern(long(), visit="month")
    with pytest.raises(ValueError, match="No column 'pian'"):
        missing_pattern(long(), "pian", visit="month")
    twice = pd.concat([long(), long().iloc[[0]]])
    with pytest.raises(DataError, match="several rows at one month: a"):
        missing_pattern(twice, "pain", visit="month")
    moved = long()
    moved.loc[0, "arm"] = "walking"
    with pytest.raises(DataError, match="in several groups of arm: a"):
        missing_pattern(moved, "pain", visit="month")
    with pytest.raises(DataError, match="arm is missing in 1 row"):
        missing_pattern(wide().assign(arm=[None, *["control"] * 5]))


def test_the_frame_is_left_as_it_was():
    frame = wide()
    before = frame.copy()
    missing_pattern(frame)
    pd.testing.assert_frame_equal(frame, before)


def test_the_sample_reconciles_with_its_outcomes():
    trial = ws.load_sample("walkback-like")
    visits = ws.derive.visits(trial, measures="rmdq")
    found = missing_pattern(visits, "rmdq", visit="month").by_item
    total = found[found["group"] == "all"]
    assert (total["expected"] == len(trial.participants)).all()
    assert total["known"].sum() == visits["rmdq"].notna().sum()


def test_without_groups():
    found = missing_pattern(long(), "pain", visit="month", by=None)
    assert (found.by, list(found.by_item["group"].unique())) == ("", ["all"])
