"""Survival figures by their artists: the numbers drawn, the table below, and how both line up."""

import io

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from matplotlib import pyplot as plt
from matplotlib.backends.backend_agg import FigureCanvasAgg

import walkstats as ws
from tests.reference.goldens import data
from walkstats.figures import (
    draw_numbers_at_risk,
    draw_survival,
    plot_dose_response,
    plot_survival,
)
from walkstats.figures.end_labels import spread
from walkstats.figures.palette import ARM_STYLES
from walkstats.figures.time_axis import number_labels, tick_times, time_unit
from walkstats.results import Curve

PIXEL = 0.01  # of a pixel: positions that come from the same transform


@pytest.fixture(scope="module")
def lung():
    frame = data("lung.csv").rename(columns={"time": "days"})
    frame["event"] = frame["status"] == 2
    frame["sex"] = pd.Categorical(frame["sex"].map({1: "male", 2: "female"}), ["male", "female"])
    frame.attrs["source"] = "synthetic: not really"
    return frame


@pytest.fixture(scope="module")
def curve(lung):
    return ws.survival.kaplan_meier(lung, "sex")


@pytest.fixture(autouse=True)
def no_figure_stays_open():
    yield
    assert plt.get_fignums() == []


def axes(figure, label):
    return next(ax for ax in figure.axes if ax.get_label() == label)


def numbers(ax):
    """Text of the risk table by row position, from left to right."""
    found = {}
    for text in sorted(ax.texts, key=lambda t: t.get_position()[0]):
        if text.get_text().isdigit():
            found.setdefault(text.get_position()[1], []).append(int(text.get_text()))
    return [found[place] for place in sorted(found)]


def test_lines_hold_the_steps_of_the_curve(curve):
    ax = axes(plot_survival(curve), "survival")
    for place, group in enumerate(curve.groups):
        rows = curve.frame[curve.frame["group"] == group]
        x, y = ax.lines[place].get_data()
        np.testing.assert_array_equal(x[1:-1], rows["days"])
        np.testing.assert_array_equal(y[1:-1], rows["estimate"])
        assert (x[0], y[0]) == (0.0, 1.0)
        assert x[-1] == curve.last[group]
        assert ax.lines[place].get_drawstyle() == "steps-post"


def test_arms_keep_their_colour_by_order(curve):
    ax = axes(plot_survival(curve), "survival")
    assert [line.get_color() for line in ax.lines[:2]] == [s.colour for s in ARM_STYLES[:2]]


def test_bands_cover_the_limits(curve):
    ax = axes(plot_survival(curve), "survival")
    corners = np.vstack([p.vertices for p in ax.collections[0].get_paths()])
    rows = curve.frame[curve.frame["group"] == "male"].dropna(subset=["conf_low"])
    for name in ("conf_low", "conf_high"):
        assert np.isin(rows[name], corners[:, 1]).all()
    assert not axes(plot_survival(curve, bands=False), "survival").collections


def test_one_minus_survival(curve):
    ax = axes(plot_survival(curve, show="event"), "survival")
    rows = curve.frame[curve.frame["group"] == "male"]
    np.testing.assert_array_equal(ax.lines[0].get_ydata()[1:-1], 1.0 - rows["estimate"])
    assert ax.get_ylabel() == "Probability of the event (1 − survival)"
    assert axes(plot_survival(curve), "survival").get_ylabel().endswith("(survival)")


def test_the_numbers_at_risk_are_those_of_the_curve(curve, lung):
    figure = plot_survival(curve, times=[0, 180, 360, 900], rows=("at risk", "censored", "events"))
    shown = numbers(axes(figure, "numbers at risk"))
    times = (0, 180, 360, 900)
    for place, sex in enumerate(("male", "female")):
        own = lung[lung["sex"] == sex]
        assert shown[place] == [int((own["days"] >= t).sum()) for t in times]
        censored = own.loc[~own["event"], "days"]
        assert shown[place + 2] == [int((censored <= t).sum()) for t in times]
        assert shown[place + 4] == [int((own.loc[own["event"], "days"] <= t).sum()) for t in times]


def test_a_tick_at_an_event_time_still_counts_that_person():
    frame = pd.DataFrame({"days": [10.0, 10.0, 20.0], "event": [True, False, True]})
    figure = plot_survival(ws.survival.kaplan_meier(frame), times=[0, 10, 20])
    assert numbers(axes(figure, "numbers at risk")) == [[3, 3, 1]]


def test_months_are_the_same_curve_on_another_scale(curve):
    days = axes(plot_survival(curve), "survival").lines[0].get_xdata()
    figure = plot_survival(curve, unit="months", times=[0, 12])
    ax = axes(figure, "survival")
    np.testing.assert_allclose(ax.lines[0].get_xdata() * 365.25 / 12, days, rtol=1e-12)
    assert ax.get_xlabel() == "Time (months)"
    assert numbers(axes(figure, "numbers at risk"))[0][1] == curve.at([365.25])["n_risk"][0]


@pytest.mark.parametrize("rows", [("at risk",), ("at risk", "censored", "events")])
@pytest.mark.parametrize("labels", ["direct", "legend"])
def test_the_table_lines_up_with_the_curve(curve, rows, labels):
    figure = plot_survival(
        curve, rows=rows, labels=labels, title="A title", statement="A statement",
        names={"male": "a much longer name of an arm"},
    )  # fmt: skip
    top, low = axes(figure, "survival"), axes(figure, "numbers at risk")
    for tight in (None, "tight"):
        figure.savefig(io.BytesIO(), format="png", bbox_inches=tight)
        assert top.get_xlim() == low.get_xlim()
        here, there = top.get_window_extent(), low.get_window_extent()
        assert abs(here.x0 - there.x0) < PIXEL
        assert abs(here.x1 - there.x1) < PIXEL
        ticks = top.get_xticks()
        drawn = {t.get_position()[0] for t in low.texts if t.get_text().isdigit()}
        assert drawn == set(ticks)


def test_nothing_overlaps_or_is_cut(curve):
    figure = plot_survival(
        curve, rows=("at risk", "events"), names={"male": "a longer name"}, title="T", statement="S"
    )
    figure.draw_without_rendering()
    low, top = axes(figure, "numbers at risk"), axes(figure, "survival")
    texts = [t for t in [*low.texts, *low.get_yticklabels(), *top.get_xticklabels(), *top.texts,
                         top.xaxis.label, top.yaxis.label, top.title, figure._supxlabel]
             if t.get_text()]  # fmt: skip
    boxes = [t.get_window_extent() for t in texts]
    page = figure.bbox
    for k, one in enumerate(boxes):
        assert page.x0 <= one.x0, texts[k]
        assert one.x1 <= page.x1, texts[k]
        assert page.y0 <= one.y0, texts[k]
        assert one.y1 <= page.y1, texts[k]
        for m, other in enumerate(boxes[:k]):
            assert not one.overlaps(other), (texts[k], texts[m])


def test_drawn_into_subplots_of_ones_own(curve, lung):
    figure, grid = plt.subplots(
        2, 2, sharex="col", layout="constrained", figsize=(9, 5), height_ratios=[4, 1]
    )
    plt.close(figure)
    draw_survival(grid[0, 0], curve)
    draw_numbers_at_risk(grid[1, 0], curve)
    other = ws.survival.kaplan_meier(lung, "sex", interval="log")
    draw_survival(grid[0, 1], other, labels="none", show="event")
    draw_numbers_at_risk(grid[1, 1], other, rows=["events"])
    figure.savefig(io.BytesIO(), bbox_inches="tight")
    for column in range(2):
        here, there = (grid[row, column].get_window_extent() for row in range(2))
        assert abs(here.x0 - there.x0) < PIXEL
        assert abs(here.x1 - there.x1) < PIXEL
    assert not grid[0, 0].get_window_extent().overlaps(grid[0, 1].get_window_extent())


def test_axes_that_share_nothing_get_the_same_limits(curve):
    figure, (top, low) = plt.subplots(2, 1)
    plt.close(figure)
    draw_survival(top, curve)
    draw_numbers_at_risk(low, curve)
    assert top.get_xlim() == low.get_xlim()


def test_where_few_are_left_the_curve_is_paler(curve):
    figure = plot_survival(curve, pale_below=10)
    ax = axes(figure, "survival")
    strong = [line for line in ax.lines if line.get_label() == "_many"]
    rows = curve.frame[curve.frame["group"] == "male"]
    assert strong[0].get_xdata()[-1] == rows.loc[rows["n_risk"] >= 10, "days"].iloc[-1]
    assert ax.lines[0].get_alpha() < 1
    assert "fewer than 10 are at risk" in figure._supxlabel.get_text()


def test_censored_times_are_marked_on_the_curve(curve, lung):
    ax = axes(plot_survival(curve, censor_marks=True), "survival")
    marks = next(line for line in ax.lines if line.get_label() == "_censored")
    own = lung[(lung["sex"] == "male") & ~lung["event"]]
    np.testing.assert_array_equal(marks.get_xdata(), np.unique(own["days"]))
    np.testing.assert_array_equal(
        marks.get_ydata(), curve.at(marks.get_xdata())["estimate"][: len(marks.get_xdata())]
    )


def test_direct_labels_stand_apart_and_show_the_dash(curve):
    ax = axes(plot_survival(curve), "survival")
    named = [t for t in ax.texts if t.get_text() in ("male", "female")]
    assert {t.get_color() for t in named} == {s.text for s in ARM_STYLES[:2]}
    heights = sorted(t.get_window_extent().y0 for t in named)
    assert heights[1] - heights[0] > 0
    samples = [line for line in ax.lines if line.get_label() == "_sample"]
    assert [s.get_color() for s in samples] == [s.colour for s in ARM_STYLES[:2]]


@pytest.mark.parametrize("apart", [0.05, 0.2, 0.5])
def test_spread_keeps_order_and_distance(apart):
    random = np.random.default_rng(2)
    for _ in range(50):
        heights = random.uniform(0, 1, 4)
        placed = spread(heights, apart)
        assert (np.argsort(placed) == np.argsort(heights)).all()
        assert np.diff(np.sort(placed)).min() >= apart - 1e-9
        if 3 * apart <= 1:
            assert placed.min() >= -1e-9


def test_curves_that_are_no_probability(lung):
    hazard = ws.survival.nelson_aalen(lung, "sex")
    ax = axes(plot_survival(hazard), "survival")
    assert ax.get_ylabel() == "Cumulative hazard"
    assert ax.get_ylim()[1] > 1.5
    with pytest.raises(ValueError, match="1 - survival"):
        plot_survival(hazard, show="event")


def test_the_reverse_curve_names_what_it_counts(lung):
    figure = plot_survival(ws.survival.follow_up(lung, "sex"), rows=("at risk", "events"))
    heads = [
        t.get_text() for t in axes(figure, "numbers at risk").texts if not t.get_text().isdigit()
    ]
    assert heads == ["Number at risk", "Cumulative number whose follow-up ended"]


def test_a_curve_that_may_be_extended_ends_where_follow_up_did(lung):
    ax = axes(plot_survival(ws.survival.kaplan_meier(lung, extend=True)), "survival")
    assert ax.lines[0].get_xdata()[-1] == lung["days"].max()


def test_one_group_needs_no_name_and_the_note_names_the_source(lung):
    figure = plot_survival(ws.survival.kaplan_meier(lung))
    assert [t.get_text() for t in axes(figure, "survival").texts] == []
    assert figure._supxlabel.get_text() == "SYNTHETIC DATA: not really."


def test_labels_are_taken_literally(lung):
    frame = lung.assign(arm=lung["sex"].astype(str) + " $x_1$ \\alpha {")
    figure = plot_survival(ws.survival.kaplan_meier(frame, "arm"), title="$\\frac{", statement="$$")
    figure.draw_without_rendering()
    assert any(t.get_text().startswith("male \\$x_1\\$") for t in axes(figure, "survival").texts)


def test_many_groups_get_a_legend(lung):
    figure = plot_survival(ws.survival.kaplan_meier(lung, "inst"), rows=())
    ax = axes(figure, "survival")
    assert len(ax.get_legend().get_texts()) == lung["inst"].nunique()
    assert len(figure.axes) == 1
    beside, page = ax.get_legend().get_window_extent(), figure.bbox
    assert ax.get_window_extent().x1 < beside.x0 < beside.x1 < page.x1
    assert page.y0 < beside.y0 < beside.y1 < page.y1


def test_nobody_censored_leaves_the_layout_alone():
    frame = pd.DataFrame({"days": [10.0, 20.0, 30.0], "event": True})
    curve = ws.survival.kaplan_meier(frame)
    plain, marked = (plot_survival(curve, censor_marks=marks) for marks in (False, True))
    ours = [axes(figure, "survival").get_position().bounds for figure in (plain, marked)]
    assert ours[0] == ours[1]


def test_hazard_ratios_over_time_stand_on_a_logarithmic_axis_with_1():
    frame = pd.DataFrame(
        {"group": "a", "days": [10.0, 90.0], "estimate": [0.5, 0.8], "std_error": 0.1,
         "conf_low": [0.3, 0.6], "conf_high": [0.9, 1.2]}
    )  # fmt: skip
    ax = plot_survival(Curve(frame, "days", "hazard ratio", shape="line", start=np.nan)).axes[0]
    assert ax.get_yscale() == "log"
    assert [line.get_ydata()[0] for line in ax.lines if line.get_label() == "_null"] == [1.0]
    assert "1" in [label.get_text() for label in ax.get_yticklabels()]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"show": "hazard"}, "show must be one of"),
        ({"unit": "hours"}, "unit must be one of"),
        ({"rows": ("alive",)}, "rows must be one of"),
        ({"labels": "none at all"}, "labels must be one of"),
        ({"names": {"x": "y"}}, "a key of names must be one of"),
        ({"times": ["noon"]}, "times must be"),
    ],
)
def test_refusals_leave_no_figure_open(curve, options, message):
    with pytest.raises(ValueError, match=message):
        plot_survival(curve, **options)


def test_a_time_without_a_unit_cannot_be_converted():
    frame = pd.DataFrame({"group": "all", "visits": [1.0], "estimate": [0.5], "conf_low": [0.1],
                          "conf_high": [0.9]})  # fmt: skip
    curve = Curve(frame, "visits", "survival")
    assert axes(plot_survival(curve), "survival").get_xlabel() == "visits"
    with pytest.raises(ValueError, match="unit of 'visits' is unknown"):
        plot_survival(curve, unit="months")


@pytest.mark.parametrize(
    ("last", "unit", "step"),
    [
        (1096, "days", 180),
        (365, "days", 60),
        (36, "months", 6),
        (5.2, "years", 1),
        (0.4, "days", 0.1),
        (20000, "days", 5000),
        (12, "visits", 2),
    ],
)
def test_ticks_are_times_that_people_think_in(last, unit, step):
    ticks = tick_times(last, time_unit(unit, None))
    assert np.allclose(np.diff(ticks), step)
    assert ticks[-1] <= last + 1e-6


def test_tick_labels_ignore_locale_and_share_decimals(curve, monkeypatch):
    monkeypatch.setitem(mpl.rcParams, "axes.formatter.use_locale", True)
    monkeypatch.setattr("locale.localeconv", lambda: {"decimal_point": ",", "thousands_sep": "."})
    ax = axes(plot_survival(curve), "survival")
    assert [t.get_text() for t in ax.get_yticklabels()] == [
        "0.0",
        "0.2",
        "0.4",
        "0.6",
        "0.8",
        "1.0",
    ]
    assert number_labels([-0.5, 0, 12345]) == ["−0.5", "0.0", "12,345.0"]


def test_a_line_is_no_survival_curve(curve):
    with pytest.raises(ValueError, match="line"):
        plot_dose_response(curve)


def test_what_is_no_curve_is_refused_in_words(lung):
    fit = ws.regression.ols(lung, "days ~ age")
    for given, came in ((lung, "DataFrame"), (fit, type(fit).__name__)):
        with pytest.raises(ValueError, match=rf"survival figure needs a Curve.*got {came}\."):
            plot_survival(given)
    with pytest.raises(ValueError, match=r"need a Curve.*got DataFrame\."):
        draw_numbers_at_risk(mpl.figure.Figure().subplots(), lung)


def test_names_of_groups_stand_level_with_their_numbers(curve):
    figure = plot_survival(curve)
    renderer = FigureCanvasAgg(figure).get_renderer()
    low = axes(figure, "numbers at risk")
    for tick, label in zip(low.get_yticks(), low.get_yticklabels(), strict=True):
        number = next(text for text in low.texts if text.get_position()[1] == tick)
        boxes = [text.get_window_extent(renderer) for text in (label, number)]
        middles = [(box.y0 + box.y1) / 2 for box in boxes]
        assert abs(middles[0] - middles[1]) < 1.0  # pixel: text stands on whole ones


def test_a_curve_of_a_smooth_model_is_drawn_as_a_line(lung):
    fit = ws.survival.parametric(lung, "age", family="weibull", time="days", event="event")
    curve = ws.survival.predict_parametric(fit, lung.head(1))
    figure, ax = plt.subplots()
    (line,) = draw_survival(ax, curve)
    plt.close(figure)
    assert line.get_drawstyle() == "default"
    assert line.get_xydata()[0].tolist() == [0.0, 1.0]
