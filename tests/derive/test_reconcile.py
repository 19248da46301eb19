"""Diary, device and prescription of the same weeks, in a trial made by hand."""

import numpy as np
import pandas as pd
import pytest

import walkstats as ws
from walkstats import DataError
from walkstats.schema import TABLES, empty_table

WEEK = 7.0


def trial_of(walking, *, ends=(70.0, 70.0, 15.0)):
    people = pd.DataFrame(
        {
            "participant_id": ["A", "B", "C"],
            "arm": ["control", "walking", "walking"],
            "planned_end_days": list(ends),
        }
    )
    tables = {name: empty_table(name) for name in TABLES}
    tables["participants"] = people.reindex(columns=tables["participants"].columns).astype(
        tables["participants"].dtypes
    )
    frame = pd.DataFrame(
        walking,
        columns=["participant_id", "week", "walking_minutes", "prescribed_minutes", "measured_by"],
    )
    tables["walking"] = frame.reindex(columns=tables["walking"].columns).astype(
        tables["walking"].dtypes
    )
    return ws.Trial(name="tiny", source="made up", arms=("control", "walking"), **tables)


ROWS = [
    ("A", 1, 100.0, np.nan, "diary"),
    ("A", 1, 80.0, np.nan, "device"),
    ("A", 2, 0.0, np.nan, "diary"),
    ("B", 1, 50.0, 60.0, "diary"),
    ("B", 1, 40.0, 60.0, "device"),
    ("B", 2, np.nan, 70.0, "diary"),
    ("B", 2, 75.0, np.nan, "device"),
    ("C", 1, 30.0, 60.0, None),
    ("C", 4, 90.0, np.nan, "device"),
]


def test_what_each_record_knows():
    frame = ws.derive.reconcile_walking(trial_of(ROWS))
    # C is followed for 15 days: week 3 begins on day 14, week 4 on day 21
    assert frame.groupby("participant_id")["week"].max().to_dict() == {"A": 4, "B": 4, "C": 3}
    table = frame.set_index(["participant_id", "week"])
    assert table.loc[("A", 1), "diary_less_device"] == 20
    assert table.loc[("A", 2), ["diary", "known"]].tolist() == [0.0, "diary only"]
    assert np.isnan(table.loc[("A", 2), "diary_less_device"])
    assert table.loc[("B", 2), ["known", "prescribed", "device_less_prescribed"]].tolist() == [
        "device only",
        70.0,
        5.0,
    ]
    assert table.loc[("C", 1), ["known", "prescribed"]].tolist() == ["neither", 60.0]
    assert frame.attrs["known"] == {
        "control": {"both": 1, "diary only": 1, "device only": 0, "neither": 2},
        "walking": {"both": 1, "diary only": 0, "device only": 1, "neither": 5},
    }
    notes = " ".join(frame.attrs["notes"])
    assert "1 week(s) recorded after withdrawal" in notes
    assert "1 week(s) do not say whether diary or device" in notes


def test_weeks_asked_for():
    frame = ws.derive.reconcile_walking(trial_of(ROWS), first_week=2, last_week=9)
    assert sorted(frame["week"].unique()) == list(range(2, 10))
    assert len(ws.derive.reconcile_walking(trial_of([]))) == 0
    with pytest.raises(ValueError, match="first_week"):
        ws.derive.reconcile_walking(trial_of(ROWS), first_week=0)
    # weeks that had begun for nobody take no memory
    many = ws.derive.reconcile_walking(trial_of(ROWS), last_week=10**12)
    assert many.groupby("participant_id")["week"].max().to_dict() == {"A": 10, "B": 10, "C": 3}


def test_two_prescriptions_of_one_week():
    rows = [*ROWS, ("A", 3, 1.0, 60.0, "diary"), ("A", 3, 1.0, 75.0, "device")]
    with pytest.raises(DataError, match="different prescriptions"):
        ws.derive.reconcile_walking(trial_of(rows))


def test_by_week():
    weeks = ws.derive.records_by_week(ws.derive.reconcile_walking(trial_of(ROWS)))
    first = weeks[(weeks["arm"] == "walking") & (weeks["week"] == 1)].set_index("record")
    assert first["due"].tolist() == [2, 2, 2]
    assert first["known"].tolist() == [1, 1, 2]
    assert first["median"].tolist() == [50.0, 40.0, 60.0]
    with pytest.raises(ValueError, match="reconcile_walking"):
        ws.derive.records_by_week(weeks)
    none = ws.derive.records_by_week(ws.derive.reconcile_walking(trial_of([])))
    assert len(none) == 0
    assert list(none.columns) == list(weeks.columns)


def test_agreement_table_and_figures():
    rows = [
        (who, week, 50.0 + 10 * week + extra + 3 * (week % 2), 60.0, record)
        for who in "ABC"
        for week in (1, 2, 3)
        for record, extra in (("diary", 10.0), ("device", 0.0 if week == 2 else 4.0))
    ]
    weeks = ws.derive.reconcile_walking(trial_of(rows))
    found = ws.regression.agreement(weeks, "diary", "device", subject="participant_id", by="arm")
    assert found.frame["pairs"].tolist() == [3, 6]
    assert np.isnan(found.frame["sd"][0])
    assert "1 participant(s) tell nothing" in found.notes[0]
    table = ws.tables.agreement_table(found, weeks)
    text = table.to_markdown()
    assert "6/6 (100%)" in text
    assert "Lower limit of agreement (95% CI)" in text
    assert ws.tables.table_of(found).rows[0].label == "Pairs"
    with pytest.raises(ValueError, match="needs an Agreement"):
        ws.tables.agreement_table(weeks)
    with pytest.raises(ValueError, match="reconcile_walking"):
        ws.tables.agreement_table(found, pd.DataFrame())
    with pytest.raises(ValueError, match="reconcile_walking"):
        ws.tables.agreement_table(found, 5)
    figure = ws.figures.plot_agreement(found, unit="minutes/week")
    assert [ax.get_title("left") for ax in figure.axes] == ["control", "walking"]
    assert len(figure.axes[1].collections[0].get_offsets()) == 6
    ratio = ws.regression.agreement(
        weeks, "diary", "device", subject="participant_id", scale="ratio"
    )
    ax = ws.figures.plot_agreement(ratio).axes[0]
    assert ax.get_yscale() == "log"
    assert ax.get_ylabel() == "diary / device"
    with pytest.raises(ValueError, match="needs the Agreement"):
        ws.figures.plot_agreement(weeks)
    with pytest.raises(ValueError, match="No group"):
        ws.figures.draw_agreement(ax, ratio, group="walking")
    by_week = ws.figures.plot_walking_records(ws.derive.records_by_week(weeks))
    labels = [line.get_label() for line in by_week.axes[1].get_lines()]
    assert labels == ["diary", "device", "prescribed"]
    assert by_week.axes[0].get_ylim() == by_week.axes[1].get_ylim()
    with pytest.raises(ValueError, match="records_by_week"):
        ws.figures.plot_walking_records(weeks)
