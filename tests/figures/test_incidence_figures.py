"""Incidence figures by their artists: lines, areas, and the numbers below."""

import numpy as np
import pandas as pd
import pytest
from matplotlib import pyplot as plt
from matplotlib.figure import Figure

import walkstats as ws
from tests.reference.goldens import data
from walkstats.figures import draw_incidence, draw_stacked_incidence, plot_incidence, plot_survival
from walkstats.figures.palette import ARM_STYLES


@pytest.fixture(scope="module")
def incidence():
    frame = data("melanoma.csv").rename(columns={"time": "days"})
    names = {1: "melanoma", 2: "censored", 3: "other"}
    frame["outcome"] = pd.Categorical(frame["status"].map(names), list(names.values()))
    frame.attrs["source"] = "synthetic: not really"
    return ws.survival.cumulative_incidence(frame, "ulcer")


@pytest.fixture(autouse=True)
def no_figure_stays_open():
    yield
    assert plt.get_fignums() == []


def panels(figure):
    return [ax for ax in figure.axes if ax.get_label() != "numbers at risk"]


def below(figure):
    return [ax for ax in figure.axes if ax.get_label() == "numbers at risk"]


def test_a_panel_for_each_outcome_with_a_line_for_each_group(incidence):
    figure = plot_incidence(incidence)
    assert [ax.get_label() for ax in panels(figure)] == ["melanoma", "other"]
    for ax in panels(figure):
        rows = incidence.of(ax.get_label()).frame
        for place, group in enumerate(("0", "1")):
            own = rows[rows["group"] == group]
            x, y = ax.lines[place].get_data()
            np.testing.assert_array_equal(x[1:-1], own["days"])
            np.testing.assert_array_equal(y[1:-1], own["estimate"])
            assert (x[0], y[0]) == (0.0, 0.0)
            assert ax.lines[place].get_color() == ARM_STYLES[place].colour
            assert ax.lines[place].get_drawstyle() == "steps-post"


def test_numbers_at_risk_stand_on_axes_of_their_own(incidence):
    figure = plot_incidence(incidence, rows=("at risk", "events"), times=[0, 1000, 2000])
    for ax, panel in zip(below(figure), panels(figure), strict=True):
        assert ax in panel.get_shared_x_axes().get_siblings(panel)
        read = incidence.of(panel.get_label()).at([0, 1000, 2000])
        shown = [int(text.get_text()) for text in ax.texts if text.get_text().isdigit()]
        expected = [*read["n_risk"].astype(int), *read["n_event"].astype(int)]
        assert shown == expected
    assert not below(plot_incidence(incidence, rows=()))


def test_areas_stack_to_the_share_with_any_outcome(incidence):
    figure = plot_incidence(incidence, kind="stacked", unit="years")
    assert [ax.get_label() for ax in panels(figure)] == ["0", "1"]
    assert len({ax.get_xlim() for ax in panels(figure)}) == 1
    for ax in panels(figure):
        free = incidence.event_free.frame
        free = free[free["group"] == ax.get_label()]["estimate"].to_numpy()
        top = next(line for line in ax.lines if line.get_label() == "_any")
        np.testing.assert_allclose(top.get_ydata()[1:-1], 1.0 - free, rtol=1e-12)
        heights = [area.get_paths()[0].vertices[:, 1].max() for area in ax.collections]
        assert heights == sorted(heights)
        assert ax.get_ylim() == (0.0, 1.0)
    names = [text.get_text() for text in panels(figure)[-1].get_legend().get_texts()]
    assert names == ["Event-free", "Other", "Melanoma"]


def test_names_top_title_and_source(incidence):
    figure = plot_incidence(
        incidence, names={"0": "no ulcer", "1": "ulcer"}, top=0.6, title="Deaths",
        outcome_names={"other": "other death"},
    )  # fmt: skip
    first, second = panels(figure)
    assert second.get_title(loc="left") == "Other death"
    assert first.get_ylim() == (0.0, 0.6)
    assert [text.get_text() for text in second.texts] == ["no ulcer", "ulcer"]
    assert figure.get_suptitle() == "Deaths"
    assert "SYNTHETIC" in figure.get_supxlabel()
    assert "melanoma, other" in figure.alt_text


def test_drawing_on_axes_of_ones_own(incidence):
    top, bottom = Figure(figsize=(5, 6)).subplots(2, 1)
    assert len(draw_incidence(top, incidence, "other", labels="legend")) == 2
    assert len(top.get_legend().get_texts()) == 2
    assert len(draw_stacked_incidence(bottom, incidence, "1", legend=False)) == 2
    assert bottom.get_legend() is None


def test_what_is_refused(incidence):
    with pytest.raises(ValueError, match="kind must be one of"):
        plot_incidence(incidence, kind="lines")
    with pytest.raises(ValueError, match="needs an Incidence"):
        plot_incidence(incidence.event_free)
    with pytest.raises(
        ValueError, match=r"not an Incidence: draw it with plot_incidence.*of\('mel"
    ):
        plot_survival(incidence)
    with pytest.raises(ValueError, match="top must lie above 0"):
        draw_incidence(Figure().subplots(), incidence, "other", top=0.0)
    with pytest.raises(ValueError, match="group must be one of"):
        draw_stacked_incidence(Figure().subplots(), incidence, "2")
    assert panels(plot_survival(incidence.of("other")))
