"""Dose-response figures by their artists."""

import numpy as np
import pandas as pd
import pytest
from matplotlib import pyplot as plt
from matplotlib.backends.backend_agg import FigureCanvasAgg

import walkstats as ws
from tests.reference.goldens import data
from walkstats.figures import plot_dose_response
from walkstats.results import Curve


@pytest.fixture(scope="module")
def dose():
    fit = ws.regression.ols(data("birthwt.csv"), "bwt ~ rcs(lwt, 4) + age")
    return ws.regression.dose_response(fit, "lwt", reference=120)


@pytest.fixture(autouse=True)
def no_figure_stays_open():
    yield
    assert plt.get_fignums() == []


def test_the_line_and_its_band_are_the_curve(dose):
    ax = plot_dose_response(dose).axes[0]
    line = next(one for one in ax.lines if len(one.get_xdata()) > 2)
    np.testing.assert_array_equal(line.get_xdata(), dose.frame["lwt"])
    np.testing.assert_array_equal(line.get_ydata(), dose.frame["estimate"])
    corners = ax.collections[0].get_paths()[0].vertices
    assert np.isin(dose.frame["conf_low"], corners[:, 1]).all()
    assert ax.get_ylabel() == "Difference in bwt"


def test_the_reference_is_where_the_band_closes(dose):
    ax = plot_dose_response(dose).axes[0]
    assert list(ax.lines[0].get_ydata()) == [0, 0]
    assert list(plot_dose_response(dose, null=3.0).axes[0].lines[0].get_ydata()) == [3.0, 3.0]


def test_observed_doses_line_up_below(dose):
    doses = [*data("birthwt.csv")["lwt"], None]
    figure = plot_dose_response(dose, observed=doses)
    figure.draw_without_rendering()
    top, low = figure.axes
    assert sum(bar.get_height() for bar in low.patches) == len(doses) - 1
    assert top.get_window_extent().x0 == pytest.approx(low.get_window_extent().x0)
    assert low.get_xlabel() == "lwt"
    assert top.get_xlabel() == ""


def test_groups_have_styles_and_names():
    frame = pd.DataFrame(
        {"group": ["control"] * 2 + ["walking"] * 2, "walking_minutes": [0.0, 90.0] * 2,
         "estimate": [3.0, 2.0, 2.5, 2.0], "conf_low": 1.0, "conf_high": 4.0}
    )  # fmt: skip
    ax = plot_dose_response(
        Curve(frame, "walking_minutes", "pain", "line"), names={"walking": "Walking"}
    ).axes[0]
    assert [t.get_text() for t in ax.texts] == ["control", "Walking"]
    assert ax.get_xlabel() == "Time walked in the week, minutes/week"


def test_ratios_stand_on_a_log_axis(dose):
    frame = dose.frame.assign(estimate=lambda f: np.exp(f["estimate"] / 1000),
                              conf_low=lambda f: np.exp(f["conf_low"] / 1000),
                              conf_high=lambda f: np.exp(f["conf_high"] / 1000))  # fmt: skip
    ratio = type(dose)(frame, "lwt", "ratio", "line", ratio=True, reference=120)
    ax = plot_dose_response(ratio).axes[0]
    assert ax.get_yscale() == "log"
    assert 1.0 in ax.get_yticks()
    assert list(ax.lines[0].get_ydata()) == [1, 1]


def test_no_difference_and_the_reference_dose_are_marked(dose):
    ax = plot_dose_response(dose).axes[0]
    marked = next(one for one in ax.lines if one.get_label() == "_reference")
    assert list(marked.get_xdata()) == [120.0, 120.0]
    assert [text.get_text() for text in ax.texts] == ["reference 120"]
    assert any(list(one.get_ydata()) == [0.0, 0.0] for one in ax.lines)


def test_no_difference_is_drawn_where_no_dose_shown_is_the_reference(dose):
    fit = ws.regression.ols(data("birthwt.csv"), "bwt ~ lwt")
    away = ws.regression.dose_response(fit, "lwt", reference=100, at=[120, 150])
    ax = plot_dose_response(away).axes[0]
    assert any(list(one.get_ydata()) == [0.0, 0.0] for one in ax.lines)
    assert not ax.texts  # the reference lies outside the axes


def test_a_long_label_stays_within_the_height_of_the_axes(dose):
    long = "Difference in average pain in the last week, from none to the worst thinkable (0-10)"
    for observed in (None, [100, 120]):
        figure = plot_dose_response(dose, observed=observed, ylabel=long)
        ax = figure.axes[0]
        assert ax.get_ylabel().replace("\n", " ") == long
        height = ax.yaxis.label.get_window_extent(FigureCanvasAgg(figure).get_renderer()).height
        assert height <= ax.get_window_extent().height


def test_what_is_no_curve_is_refused_in_words(dose):
    with pytest.raises(ValueError, match=r"dose-response figure needs a Curve.*got DataFrame\."):
        plot_dose_response(dose.frame)
