"""Differences against their margins, by their artists."""

import dataclasses

import numpy as np
import pandas as pd
import pytest
from matplotlib import pyplot as plt

from walkstats.figures import draw_equivalence, plot_equivalence
from walkstats.regression import compare_means_from, equivalence
from walkstats.results import Estimate


def of_means(mean: float, sd: float, margin: float, **options):
    table = pd.DataFrame({"group": ["a", "b"], "mean": [0.0, mean], "sd": sd, "n": 50})
    return equivalence(compare_means_from(table), margin=margin, **options)


def of_ratio(value: float = 0.92, margin: float = 1.25):
    reach = np.exp(1.959963984540054 * 0.11)
    one = Estimate("arm", value, 0.11, -0.8, np.inf, 0.4, value / reach, value * reach, null=1.0,
                   scale="ratio", measure="hazard ratio", source="a trial")  # fmt: skip
    return equivalence(one, margin=margin, kind="non-inferiority", better="lower")


@pytest.fixture(autouse=True)
def no_figure_stays_open():
    yield
    assert plt.get_fignums() == []


def squares(ax):
    return [line for line in ax.lines if line.get_marker() == "s"]


def intervals(ax):
    return [line for line in ax.lines if line.get_solid_capstyle() == "butt"]


def test_the_same_margins_share_an_axis_in_their_own_units():
    tests = {"Week 6": of_means(0.2, 1.0, 1.0), "Week 12": of_means(0.9, 1.0, 1.0)}
    ax = plot_equivalence(tests).axes[0]
    assert [line.get_xdata()[0] for line in squares(ax)] == [0.2, 0.9]
    one = tests["Week 6"].estimate
    assert list(intervals(ax)[0].get_xdata()) == [one.conf_low, one.conf_high]
    assert ax.get_xlabel() == "Difference in outcome"
    filled = [line.get_markerfacecolor() == line.get_color() for line in squares(ax)]
    assert filled == [True, False]
    assert all(low < -1 and high > 1 for low, high in [ax.get_xlim()])


def test_different_margins_become_shares():
    tests = {"Pain": of_means(0.5, 1.0, 1.0), "Walk, m": of_means(-12.0, 30.0, 24.0)}
    rows = draw_equivalence(plt.figure().subplots(), tests)
    plt.close()
    assert [row.value for row in rows] == [0.5, -0.5]
    assert all(row.margins == (-1.0, 1.0) for row in rows)
    assert rows[1].text == "-12.0 (-22.0 to -2.0)"
    low = tests["Walk, m"].estimate.conf_low
    assert rows[1].low == pytest.approx(low / 24)
    with pytest.raises(ValueError, match="scaled=True"):
        plot_equivalence(tests, scaled=False)


def test_ratios_stand_on_a_log_axis_and_have_one_margin():
    figure = plot_equivalence({"Any recurrence": of_ratio()})
    ax = figure.axes[0]
    assert ax.get_xscale() == "log"
    dashed = [line for line in ax.lines if line.get_linestyle() == "--"]
    assert [line.get_xdata()[0] for line in dashed] == [1.25]
    assert "not worse by the margin" in figure._supxlabel.get_text()
    assert "Source: a trial" in figure._supxlabel.get_text()
    row = draw_equivalence(plt.figure().subplots(), of_ratio(), scaled=True)[0]
    plt.close()
    assert row.value == pytest.approx(np.log(0.92) / np.log(1.25))
    assert row.margins == (-np.inf, 1.0)


def test_mixed_kinds_say_shown_only():
    figure = plot_equivalence({"Pain": of_means(0.2, 1.0, 1.0), "Recurrence": of_ratio()})
    assert "Filled square: shown." in figure._supxlabel.get_text()
    heading = [text.get_text() for text in figure.axes[0].texts if "CI" in text.get_text()]
    assert heading == ["Own units (CI)"]


def test_far_and_missing_intervals_leave_the_axis_finite():
    far = of_ratio(40.0)
    gone = dataclasses.replace(
        far, estimate=dataclasses.replace(far.estimate, conf_low=np.nan, conf_high=np.nan)
    )
    ax = plot_equivalence({"far": far, "gone": gone}).axes[0]
    assert np.isfinite(ax.get_xlim()).all()
    assert ax.get_xlim()[1] < 40


def test_nothing_overlaps_or_is_cut():
    tests = {"Six-minute walk, m": of_means(5.0, 30.0, 24.0), "Pain, 0-10": of_means(0.5, 1.0, 1.0)}
    figure = plot_equivalence(tests, title="Walking less strengthening")
    figure.draw_without_rendering()
    ax = figure.axes[0]
    texts = [t for t in [*ax.texts, *ax.get_xticklabels(), ax.xaxis.label, figure._supxlabel,
                         ax._left_title] if t.get_text()]  # fmt: skip
    boxes = [t.get_window_extent() for t in texts]
    for k, one in enumerate(boxes):
        assert one.x0 >= 0, texts[k]
        assert one.y0 >= 0, texts[k]
        assert one.x1 <= figure.bbox.x1, texts[k]
        assert one.y1 <= figure.bbox.y1, texts[k]
        for m, other in enumerate(boxes[:k]):
            assert not one.overlaps(other), (texts[k], texts[m])


@pytest.mark.parametrize("wrong", [{}, "text", {"a": 1}, of_ratio().estimate])
def test_refusals(wrong):
    with pytest.raises(ValueError, match="needs a MarginTest"):
        plot_equivalence(wrong)
