"""Figures of recurrences by their artists: steps, numbers below, one line per participant."""

import numpy as np
import pandas as pd
import pytest
from matplotlib import pyplot as plt
from matplotlib.figure import Figure

import walkstats as ws
from walkstats.errors import DataError
from walkstats.figures import draw_mean_count, draw_timeline, plot_mean_count, plot_timeline

SPELLS = pd.DataFrame(
    {
        "participant_id": ["a", "a", "a", "b", "c", "c", "d"],
        "arm": ["control"] * 4 + ["walking"] * 3,
        "start_days": [0, 30, 70, 0, 0, 100, 0],
        "stop_days": [30, 60, 365, 200, 90, 365, 365],
        "event": [1, 1, 0, 0, 1, 0, 0],
    }
)
SPELLS.attrs["source"] = "synthetic: not really"
JOINED = SPELLS.assign(start_days=[0, 30, 60, 0, 0, 90, 0])


@pytest.fixture(autouse=True)
def no_figure_stays_open():
    yield
    assert plt.get_fignums() == []


def named(figure, label):
    return next(ax for ax in figure.axes if ax.get_label() == label)


def test_steps_are_those_of_the_curve():
    curve = ws.survival.mean_cumulative_count(JOINED, "arm")
    lines = draw_mean_count(Figure().subplots(), curve)
    assert [line.get_label() for line in lines] == ["control", "walking"]
    x, y = lines[0].get_data()
    assert y[0] == 0.0
    assert dict(zip(x, y, strict=True)) == {0: 0.0, 30: 0.5, 60: 1.0, 200: 1.0, 365: 1.0}
    assert lines[0].get_drawstyle() == "steps-post"


def test_numbers_below_and_labels():
    curve = ws.survival.mean_cumulative_count(JOINED, "arm")
    figure = plot_mean_count(curve, unit="months", times=[0, 6, 12], title="How often")
    top, below = named(figure, "mean count"), named(figure, "numbers at risk")
    assert top.get_ylabel().replace("\n", " ") == "Mean number of recurrences per participant"
    assert top.get_ylim()[0] == 0.0
    words = [text.get_text() for text in below.texts]
    assert "Number at risk" in words
    assert "Cumulative number of events" in words
    assert "SYNTHETIC" in figure._supxlabel.get_text()
    assert len(plot_mean_count(curve, rows=()).axes) == 1


def test_only_mean_counts():
    survival = ws.survival.kaplan_meier(JOINED.query("start_days == 0"), "arm")
    for call in (plot_mean_count, lambda curve: draw_mean_count(Figure().subplots(), curve)):
        with pytest.raises(ValueError, match="this is a curve of survival"):
            call(survival)
        with pytest.raises(ValueError, match="needs a Curve from mean_cumulative_count"):
            call(SPELLS)


def drawn(ax, label):
    """Segments of a line collection as (from, to, place)."""
    found = next(c for c in ax.collections if c.get_label() == label)
    return sorted((s[0][0], s[1][0], s[0][1]) for s in found.get_segments())


def test_one_line_for_each_participant():
    figure = plot_timeline(SPELLS)
    control, walking = named(figure, "control"), named(figure, "walking")
    # Most recurrences first: a above b.
    assert drawn(control, "_followed") == [(0, 30, 0), (0, 200, 1), (30, 60, 0), (70, 365, 0)]
    assert drawn(control, "_not at risk") == [(60, 70, 0)]
    (marks,) = (line for line in walking.lines if line.get_label() == "_recurrences")
    assert marks.get_xydata().tolist() == [[90.0, 0.0]]
    assert control.get_title(loc="left") == "control (n = 2, 2 recurrences)"
    said = figure._supxlabel.get_text().replace("\n", " ")
    assert "Pale bars: days that do not count as at risk" in said
    assert "SYNTHETIC" in said
    assert "Pale" not in plot_timeline(JOINED)._supxlabel.get_text()
    heights = {
        ends: [ax.get_position().height for ax in plot_timeline(JOINED.assign(event=ends)).axes]
        for ends in (0, 1)
    }
    assert heights[0] == heights[1]  # a group without recurrences is laid out as any other


@pytest.mark.parametrize(
    ("order", "top"), [("events", "a"), ("first", "a"), ("follow-up", "a"), ("frame", "b")]
)
def test_order_of_participants(order, top):
    frame = pd.concat([SPELLS.iloc[[3]], SPELLS.iloc[:3]], ignore_index=True)
    ax = Figure().subplots()
    draw_timeline(ax, frame, order=order)
    places = {place for low, high, place in drawn(ax, "_followed") if high == 365}
    assert places == {0 if top == "a" else 1}


def test_units_and_columns_of_others():
    frame = SPELLS.rename(
        columns={"participant_id": "id", "start_days": "t0", "stop_days": "t_days"}
    )
    frame["event"] = frame["event"].map({1: "yes", 0: "no"})
    options = {"subject": "id", "entry": "t0", "time": "t_days", "event_value": "yes"}
    ax = Figure().subplots()
    marks = draw_timeline(ax, frame, unit="weeks", **options)
    assert sorted(marks.get_xdata()) == pytest.approx([30 / 7, 60 / 7, 90 / 7])
    assert ax.get_xlabel() == "Time (weeks)"
    assert len(plot_timeline(frame, None, **options).axes) == 1


def test_what_cannot_be_drawn():
    with pytest.raises(DataError, match=r"stop_days is missing in 1 row"):
        plot_timeline(SPELLS.assign(stop_days=SPELLS["stop_days"].where(SPELLS.index != 2)))
    with pytest.raises(DataError, match="event must be 0/1"):
        plot_timeline(SPELLS.assign(event=SPELLS["event"] + 1))
    with pytest.raises(ValueError, match="order must be one of"):
        plot_timeline(SPELLS, order="name")
    with pytest.raises(ValueError, match="No column 'group'"):
        plot_timeline(SPELLS, "group")


def test_many_participants_keep_to_a_page():
    rng = np.random.default_rng(1)
    many = pd.DataFrame(
        {
            "participant_id": range(600),
            "arm": ["control", "walking"] * 300,
            "start_days": 0,
            "stop_days": rng.integers(1, 365, 600),
            "event": rng.integers(0, 2, 600),
        }
    )
    figure = plot_timeline(many)
    assert figure.get_size_inches()[1] < 10
    (marks,) = (x for x in named(figure, "control").lines if x.get_label() == "_recurrences")
    assert marks.get_markersize() >= 1.5
