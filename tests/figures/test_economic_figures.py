"""Figures of costs beside effects, by their artists."""

import numpy as np
import pytest
from matplotlib import pyplot as plt
from matplotlib.colors import to_rgba

from tests.economics.paired_frames import costs_and_qalys
from walkstats.economics import (
    acceptability_curve,
    cost_effectiveness,
    expected_value_of_perfect_information,
    one_way,
)
from walkstats.figures import (
    plot_acceptability,
    plot_cost_effectiveness_plane,
    plot_tornado,
)
from walkstats.figures.palette import arm_style


def compared(**options):
    return cost_effectiveness(*costs_and_qalys(**options), replicates=100, seed=1)


@pytest.fixture(scope="module")
def value():
    return compared(dearer=100.0)


def named(ax, name):
    return next(line for line in ax.lines if line.get_label() == name)


def texts(ax):
    return [text.get_text() for text in ax.texts]


def test_the_plane_shows_every_draw_and_the_estimate(value):
    figure = plot_cost_effectiveness_plane(value, thresholds=[28_000])
    ax = figure.axes[0]
    np.testing.assert_array_equal(ax.collections[0].get_offsets(), value.pairs())
    dc, de = value.increments.values
    assert named(ax, "_estimate").get_xydata().tolist() == [[de, dc]]
    x, y = named(ax, "_threshold 28000").get_data()
    np.testing.assert_allclose(np.asarray(y), 28_000 * np.asarray(x))
    shares = [f"{100 * share:.1f}%" for share in value.quadrants.values]
    assert set(shares) <= set(texts(ax))
    assert "AUD 28,000 per QALY" in texts(ax)
    assert ax.get_ylabel() == "Difference in cost, AUD"
    said = figure._supxlabel.get_text().replace("\n", " ")
    assert said.startswith("SYNTHETIC DATA")
    assert "walking less control in 100 resamples; line round them: 95% region" in said
    assert plt.get_fignums() == []


def test_the_region_is_that_of_the_covariance(value):
    ax = plot_cost_effectiveness_plane(value).axes[0]
    outline = np.asarray(named(ax, "_region").get_xydata())[:, ::-1]
    off = outline - value.increments.values
    distance = np.einsum("ij,jk,ik->i", off, np.linalg.inv(value.increments.covariance), off)
    np.testing.assert_allclose(distance, 5.991464547107979)
    alone = plot_cost_effectiveness_plane(value, ellipse=False).axes[0]
    assert not [line for line in alone.lines if line.get_label() == "_region"]


def test_every_quadrant_has_room(value):
    ax = plot_cost_effectiveness_plane(compared(gain=0.3)).axes[0]
    for low, high in (ax.get_xlim(), ax.get_ylim()):
        assert low < 0 < high
        assert min(-low, high) > 0.1 * (high - low)


def test_an_acceptability_curve_and_what_is_read_off(value):
    curve = acceptability_curve(value, range(0, 50_001, 1_000))
    figure = plot_acceptability(curve, thresholds=[28_000])
    ax = figure.axes[0]
    np.testing.assert_array_equal(named(ax, "walking").get_ydata(), curve.frame["estimate"])
    assert ax.get_ylim() == (0.0, 1.0)
    share = curve.at(28_000)["estimate"].item()
    assert texts(ax) == [f"{share:.2f} at 28,000"]
    assert named(ax, "_read").get_xydata().tolist() == [[28_000, share]]
    with pytest.raises(ValueError, match="known only where it was computed"):
        plot_acceptability(curve, thresholds=[28_500])


def test_the_value_of_knowing_in_money(value):
    line = expected_value_of_perfect_information(value, [0, 5_000, 50_000], population=1_000)
    ax = plot_acceptability(line).axes[0]
    np.testing.assert_array_equal(named(ax, "population").get_ydata(), line.frame["estimate"])
    assert ax.get_ylabel() == "Expected value of perfect information"
    assert ax.get_ylim()[1] > line.frame["estimate"].max()


def test_bars_begin_at_the_base_and_the_longest_is_on_top(value):
    cheap, dear, ruinous = (compared(dearer=price) for price in (50.0, 300.0, 900.0))
    found = one_way(
        value, {"visits": (cheap, dear), "a session": (cheap, ruinous)}, threshold=28_000,
        values={"visits": (50, 300)},
    )  # fmt: skip
    ax = plot_tornado(found, names={"visits": "Visits"}).axes[0]
    assert [label.get_text() for label in ax.get_yticklabels()] == ["a session", "Visits"]
    ends = [bar.get_x() + bar.get_width() for bar in ax.patches]
    np.testing.assert_allclose(ends, found.table[["low", "high"]].to_numpy().ravel())
    assert {bar.get_x() for bar in ax.patches} == {found.base.estimate}
    assert ax.patches[0].get_facecolor() == to_rgba(arm_style(0).colour)
    assert texts(ax) == ["50", "300"]
    assert ax.get_xlabel() == r"Net benefit at AUD 28,000 per QALY, AUD"


def test_bars_on_one_side_do_not_hide_each_other(value):
    dear, ruinous = (compared(dearer=price) for price in (300.0, 900.0))
    ax = plot_tornado(one_way(value, {"a": (dear, ruinous)}, threshold=28_000)).axes[0]
    low, high = ax.patches
    assert low.get_y() + low.get_height() == pytest.approx(high.get_y())


def test_other_results_are_refused():
    for plot, words in (
        (plot_cost_effectiveness_plane, "needs a CostEffectiveness"),
        (plot_acceptability, "needs a Curve over thresholds"),
        (plot_tornado, "needs a OneWay"),
    ):
        with pytest.raises(ValueError, match=f"{words}.*, got int"):
            plot(3)
