"""Figures of hazards by their artists: cumulative, log-log, and coefficients over time."""

import numpy as np
import pandas as pd
import pytest
from matplotlib import pyplot as plt
from matplotlib.figure import Figure

import walkstats as ws
from tests.reference.goldens import data
from walkstats.figures import (
    draw_cumulative_hazard,
    draw_log_log,
    draw_schoenfeld,
    plot_cumulative_hazard,
    plot_log_log,
    plot_schoenfeld,
    plot_survival,
)
from walkstats.figures.time_axis import time_unit, uneven_ticks


@pytest.fixture(scope="module")
def lung():
    frame = data("lung.csv").rename(columns={"time": "days"})
    frame["event"] = frame["status"] == 2
    frame["sex"] = pd.Categorical(frame["sex"].map({1: "male", 2: "female"}), ["male", "female"])
    frame.attrs["source"] = "synthetic: not really"
    return frame


@pytest.fixture(scope="module")
def hazards(lung):
    return ws.survival.nelson_aalen(lung, "sex")


@pytest.fixture(scope="module")
def survival(lung):
    return ws.survival.kaplan_meier(lung, "sex")


@pytest.fixture(scope="module")
def smooth(lung):
    fit = ws.survival.cox(lung, "sex + age + ph_ecog")
    return ws.survival.smooth_effect(ws.survival.check_proportional_hazards(fit))


@pytest.fixture(autouse=True)
def no_figure_stays_open():
    yield
    assert plt.get_fignums() == []


def named(figure, label):
    return next(ax for ax in figure.axes if ax.get_label() == label)


# ---- cumulative hazard --------------------------------------------------------------------------


def test_steps_of_the_cumulative_hazard(hazards):
    lines = draw_cumulative_hazard(Figure().subplots(), hazards)
    assert [line.get_label() for line in lines] == ["male", "female"]
    male = hazards.frame.query("group == 'male'")
    x, y = lines[0].get_data()
    assert (x[0], y[0]) == (0.0, 0.0)
    np.testing.assert_array_equal(x[1:-1], male["days"])
    np.testing.assert_array_equal(y[1:-1], male["estimate"])


def test_numbers_at_risk_stand_below(hazards):
    figure = plot_cumulative_hazard(hazards, unit="months", times=[0, 12, 24])
    top, below = named(figure, "cumulative hazard"), named(figure, "numbers at risk")
    assert top.get_ylabel() == "Cumulative hazard"
    assert top.get_ylim()[0] == 0.0
    words = [text.get_text() for text in below.texts]
    assert "138" in words
    assert "SYNTHETIC" in figure._supxlabel.get_text()
    assert len(plot_cumulative_hazard(hazards, rows=()).axes) == 1


def test_a_baseline_hazard_is_one_curve(lung):
    base = ws.survival.baseline_hazard(ws.survival.cox(lung, "age"), centred=True)
    (line,) = draw_cumulative_hazard(Figure().subplots(), base)
    assert line.get_ydata()[-1] == base.frame["estimate"].iloc[-1]


def test_only_cumulative_hazards(survival):
    with pytest.raises(ValueError, match="this is a curve of survival"):
        plot_cumulative_hazard(survival)
    with pytest.raises(ValueError, match="needs a Curve from nelson_aalen"):
        draw_cumulative_hazard(Figure().subplots(), None)


def test_standardised_survival_is_drawn_as_any_survival(lung):
    fit = ws.survival.cox(lung, "sex + age")
    curve = ws.survival.standardised_survival(fit, lung, "sex").curve
    figure = plot_survival(curve)
    (ax,) = figure.axes  # nobody is at risk in a curve of everybody in both arms
    lines = [line for line in ax.lines if line.get_label() in curve.groups]
    for group, line in zip(curve.groups, lines, strict=True):
        expected = curve.frame.loc[curve.frame["group"] == group, "estimate"]
        np.testing.assert_array_equal(line.get_ydata()[1:-1], expected)


# ---- log-log ------------------------------------------------------------------------------------


def test_log_of_minus_log_survival(survival):
    lines = draw_log_log(Figure().subplots(), survival, unit="months")
    for group, line in zip(survival.groups, lines, strict=True):
        rows = survival.frame.query("group == @group and estimate < 1")
        x, y = line.get_data()
        np.testing.assert_allclose(x[:-1] * 365.25 / 12, rows["days"])
        np.testing.assert_allclose(np.exp(-np.exp(y[:-1])), rows["estimate"])
        assert x[-1] * 365.25 / 12 == pytest.approx(survival.last[group])
        assert line.get_drawstyle() == "steps-post"


def test_log_log_of_a_cumulative_hazard(hazards):
    (male, _) = draw_log_log(Figure().subplots(), hazards)
    rows = hazards.frame.query("group == 'male' and estimate > 0")
    np.testing.assert_allclose(np.exp(male.get_ydata()[:-1]), rows["estimate"])


def test_proportional_curves_keep_their_distance():
    days = np.arange(1.0, 400.0)
    frame = pd.concat(
        pd.DataFrame({"group": group, "days": days, "estimate": np.exp(-ratio * days / 200)})
        for group, ratio in (("control", 1.0), ("walking", 0.6))
    ).assign(std_error=0.0, conf_low=np.nan, conf_high=np.nan)
    curve = ws.results.Curve(frame, "days", "survival", last={"control": 399, "walking": 399})
    first, second = (line.get_ydata() for line in draw_log_log(Figure().subplots(), curve))
    np.testing.assert_allclose(second - first, np.log(0.6))


def test_a_survival_of_zero_is_left_out():
    frame = pd.DataFrame({"days": [10, 20, 30], "event": [1, 1, 1]})
    curve = ws.survival.kaplan_meier(frame)
    (line,) = draw_log_log(Figure().subplots(), curve)
    assert line.get_xdata().tolist() == [10.0, 20.0, 20.0]
    with pytest.raises(ValueError, match="no event after time 0"):
        plot_log_log(ws.survival.kaplan_meier(frame.assign(event=0)))


def test_axes_and_words_of_log_log(survival, smooth):
    figure = plot_log_log(survival, times=[10, 100, 1000], title="Ratios", names={"male": "Men"})
    (ax,) = figure.axes
    assert ax.get_xscale() == "log"
    assert [tick.get_text() for tick in ax.get_xticklabels()] == ["10", "100", "1000"]
    assert ax.get_xlabel() == "Time (days), logarithmic"
    assert {"Men", "female"} <= {text.get_text() for text in ax.texts}
    assert "keep their distance" in figure._supxlabel.get_text()
    with pytest.raises(ValueError, match="no place for times of 0"):
        plot_log_log(survival, times=[0, 10])
    with pytest.raises(ValueError, match="this is a line of log hazard ratio"):
        plot_log_log(smooth.curve)


def test_uneven_ticks_stand_apart():
    unit = time_unit("months", None)
    ticks = uneven_ticks(0.05, 36.0, unit, np.log)
    assert ticks.tolist() == [0.05, 0.1, 0.2, 0.5, 1.0, 3.0, 6.0, 12.0, 36.0]
    assert np.diff(np.log(ticks)).min() >= 0.09 * np.log(36 / 0.05)


# ---- coefficients over time ---------------------------------------------------------------------


def test_points_line_and_constant(smooth):
    points, line, constant = draw_schoenfeld(Figure().subplots(), smooth, "sex")
    check = smooth.check
    np.testing.assert_array_equal(points.get_ydata(), check.residuals["sex"])
    np.testing.assert_array_equal(points.get_xdata(), check.residuals["transformed"])
    rows = smooth.curve.frame.query("group == 'sex'")
    np.testing.assert_array_equal(line.get_ydata(), rows["estimate"])
    assert set(constant.get_ydata()) == {check.coefficients["sex"]}


def test_the_band_is_that_of_the_curve(smooth):
    ax = Figure().subplots()
    draw_schoenfeld(ax, smooth, "age")
    (band,) = ax.collections
    rows = smooth.curve.frame.query("group == 'age'")
    heights = band.get_paths()[0].vertices[:, 1]
    assert heights.min() == pytest.approx(rows["conf_low"].min())
    assert heights.max() == pytest.approx(rows["conf_high"].max())


def test_a_panel_for_each_term(smooth):
    figure = plot_schoenfeld(smooth, names={"age": "Age, years"}, title="Do ratios change?")
    assert [ax.get_label() for ax in figure.axes] == ["sex", "age", "ph_ecog"]
    title = named(figure, "age").get_title(loc="left")
    assert title.startswith("Age, years (p = ")
    assert figure._suptitle.get_text() == "Do ratios change?"
    assert "pointwise 95% band" in figure._supxlabel.get_text()
    assert [ax.get_label() for ax in plot_schoenfeld(smooth, ["age"]).axes] == ["age"]


def test_ticks_stand_where_the_transform_puts_their_times(smooth):
    (ax,) = plot_schoenfeld(smooth, ["age"], times=[100, 300, 800]).axes
    assert [tick.get_text() for tick in ax.get_xticklabels()] == ["100", "300", "800"]
    rows = smooth.curve.frame.query("group == 'age'")
    expected = np.interp([100, 300, 800], rows["time"], rows["transformed"])
    np.testing.assert_allclose(ax.get_xticks(), expected)
    (months,) = plot_schoenfeld(smooth, ["age"], unit="months").axes
    assert months.get_xlabel() == "Time (months)"


def test_refused_figures_of_residuals(smooth):
    with pytest.raises(ValueError, match="needs what smooth_effect gives, got ProportionalHazards"):
        plot_schoenfeld(smooth.check)
    with pytest.raises(ValueError, match="terms must be one of"):
        plot_schoenfeld(smooth, ["bmi"])
    with pytest.raises(ValueError, match="between the first and the last event"):
        plot_schoenfeld(smooth, times=[0, 100])
