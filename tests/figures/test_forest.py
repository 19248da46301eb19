"""Forests by their artists."""

import dataclasses

import numpy as np
import pytest
from matplotlib import pyplot as plt

from walkstats.figures import draw_forest, plot_forest
from walkstats.figures.forest import axis_limits
from walkstats.results import CoxFit, Estimate


def ratio(value, low, high):
    return Estimate("x", value, 0.1, -3.0, float("inf"), 0.002, low, high, null=1.0, scale="ratio",
                    measure="hazard ratio", source="a trial")  # fmt: skip


def difference(value, low, high):
    return Estimate("x", value, 0.1, -3.0, float("inf"), 0.002, low, high)


SUBGROUPS = {
    "All": ratio(0.72, 0.6, 0.85),
    "Sex": {"female": ratio(0.7, 0.55, 0.88), "male": ratio(0.8, 0.5, 1.28)},
    "Few": {"two or fewer": ratio(0.61, 0.02, 95.0)},
}


@pytest.fixture(autouse=True)
def no_figure_stays_open():
    yield
    assert plt.get_fignums() == []


def points(ax):
    return [line for line in ax.lines if line.get_marker() == "s"]


def intervals(ax):
    return [line for line in ax.lines if line.get_solid_capstyle() == "butt"]


def test_points_and_intervals_are_the_estimates():
    ax = plot_forest(SUBGROUPS).axes[0]
    assert [line.get_xdata()[0] for line in points(ax)] == [0.72, 0.7, 0.8, 0.61]
    assert [line.get_ydata()[0] for line in points(ax)] == [0, 2, 3, 5]
    assert list(intervals(ax)[1].get_xdata()) == [0.55, 0.88]
    assert ax.get_xscale() == "log"


def test_words_stand_beside_their_points():
    ax = plot_forest(SUBGROUPS).axes[0]
    texts = [t.get_text() for t in ax.texts]
    assert texts[:6] == ["All", "Sex", "female", "male", "Few", "two or fewer"]
    assert "0.70 (0.55 to 0.88)" in texts
    assert "Hazard ratio (95% CI)" in texts


def test_the_heading_of_several_measures_names_none_of_them():
    rate = dataclasses.replace(ratio(0.8, 0.7, 0.9), measure="rate ratio")
    ax = plot_forest({"Hazard": ratio(0.72, 0.6, 0.85), "Rate": rate}).axes[0]
    assert "Ratio (95% CI)" in [t.get_text() for t in ax.texts]
    assert ax.get_xlabel() == "Ratio"


def test_an_interval_that_reaches_far_ends_in_arrows():
    ax = plot_forest(SUBGROUPS).axes[0]
    arrows = [line.get_marker() for line in ax.lines if line.get_marker() in "<>"]
    assert arrows == ["<", ">"]
    low, high = ax.get_xlim()
    assert 0.05 < low < 0.5
    assert 1.28 < high < 20


def test_ticks_are_ratios_that_people_read():
    ax = plot_forest(SUBGROUPS).axes[0]
    assert set(ax.get_xticks()) <= {0.1, 0.2, 0.3, 0.5, 0.7, 1.0, 1.4, 2.0, 3.0, 5.0, 10.0}
    wide = plot_forest({"a": ratio(0.5, 0.01, 30.0)}).axes[0]
    assert set(wide.get_xticks()) <= {0.01, 0.1, 1.0, 10.0}
    # Two powers of ten would be too few.
    odds = plot_forest({"a": ratio(0.4, 0.06, 4.0)}).axes[0]
    assert {0.1, 0.2, 0.5, 1.0, 2.0} <= set(odds.get_xticks())
    assert len(odds.get_xticks()) <= 8


def test_differences_stand_on_a_plain_axis():
    ax = plot_forest({"a": difference(-1.28, -1.9, -0.6)}, favours=("a", "b"), style="lancet").axes[
        0
    ]
    assert ax.get_xscale() == "linear"
    texts = [t.get_text() for t in ax.texts]
    assert "−1·28 (−1·90 to −0·60)" in texts
    assert "← favours a" in texts


def test_a_fit_can_be_drawn_as_it_is():
    fit = CoxFit(terms=("a", "b"), values=np.log([0.7, 1.2]), covariance=np.diag([0.01, 0.02]))
    ax = plot_forest(fit).axes[0]
    np.testing.assert_allclose([line.get_xdata()[0] for line in points(ax)], [0.7, 1.2], rtol=1e-12)
    assert plot_forest(fit, ratio=False).axes[0].get_xlabel() == "Log hazard ratio"


@pytest.mark.parametrize(
    "one",
    [
        ratio(0.7, float("nan"), float("nan")),
        ratio(0.7, 0.0, float("inf")),
        ratio(float("nan"), 0.5, 0.9),
        ratio(float("inf"), 2.0, float("inf")),
        difference(0.0, 0.0, 0.0),
        dataclasses.replace(difference(3.0, 1.0, 5.0), null=None),
    ],
)
def test_what_is_missing_or_infinite_is_still_drawn(one):
    figure = plot_forest({"a": one, "b": dataclasses.replace(one, estimate=one.estimate)})
    figure.draw_without_rendering()
    assert all(np.isfinite(axis_limits([one])))


@pytest.mark.parametrize(("low", "high"), [(3.19, np.inf), (0.0, 0.18), (np.nan, np.nan)])
def test_infinite_ratios_and_missing_intervals_leave_the_axis_finite(low, high):
    estimate = {np.inf: np.inf, 0.18: 0.0}.get(high, 1.2)
    one, odd = ratio(0.72, 0.6, 0.85), ratio(estimate, low, high)
    figure = plot_forest({"usual": one, "odd": odd})
    figure.draw_without_rendering()
    assert np.isfinite(axis_limits([one, odd])).all()
    assert figure.axes[0].get_xscale() == "log"
    words = " ".join(text.get_text() for text in figure.axes[0].texts)
    assert "nan" not in words
    assert ("∞" in words) == (estimate == np.inf)


def test_nothing_overlaps_or_is_cut():
    figure = plot_forest(SUBGROUPS, favours=("walking", "control"), title="A title")
    figure.draw_without_rendering()
    ax = figure.axes[0]
    texts = [t for t in [*ax.texts, *ax.get_xticklabels(), ax.xaxis.label, figure._supxlabel,
                         *(ax.title, ax._left_title)] if t.get_text()]  # fmt: skip
    boxes = [t.get_window_extent() for t in texts]
    for k, one in enumerate(boxes):
        assert one.x0 >= 0, texts[k]
        assert one.y0 >= 0, texts[k]
        assert one.x1 <= figure.bbox.x1, texts[k]
        assert one.y1 <= figure.bbox.y1, texts[k]
        for m, other in enumerate(boxes[:k]):
            assert not one.overlaps(other), (texts[k], texts[m])


def test_the_source_is_named():
    assert plot_forest(SUBGROUPS)._supxlabel.get_text() == "Source: a trial"


def test_refusals():
    with pytest.raises(ValueError, match="needs estimates"):
        plot_forest({})
    with pytest.raises(ValueError, match="all of them ratios"):
        plot_forest({"a": ratio(1, 0.5, 2), "b": difference(1, 0, 2)})


def test_drawn_on_axes_of_ones_own():
    figure, ax = plt.subplots()
    plt.close(figure)
    rows = draw_forest(ax, SUBGROUPS)
    assert [row.indent for row in rows] == [0, 0, 1, 1, 0, 1]


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ("text", "mapping of label to Estimate, such as {name: .*}, got str"),
        ({"All": 0.7}, "Under 'All' a forest needs Estimates, got float"),
        ({"Age": {"old": 0.7}}, "Under 'Age', 'old' a forest needs an Estimate, got float"),
    ],
)
def test_what_is_no_estimate_is_refused_in_words(given, sentence):
    with pytest.raises(ValueError, match=sentence):
        plot_forest(given)


def test_a_narrow_range_of_ratios_has_round_ticks():
    from matplotlib.figure import Figure

    from walkstats.figures.time_axis import set_ratio_ticks

    axis = Figure().subplots().xaxis
    for low, high in ((0.87, 0.985), (1.02, 1.09), (0.9991, 1.0012)):
        set_ratio_ticks(axis, low, high)
        ticks = axis.get_majorticklocs()
        assert 2 <= len(ticks) <= 6
        assert all(low <= tick <= high for tick in ticks)
        steps = {f"{step:.3g}" for step in np.diff(ticks)}
        assert len(steps) == 1
        assert steps.pop().lstrip("0.")[0] in "125"


def test_a_long_measure_does_not_push_the_axes_aside():
    long = "Difference in Roland-Morris Disability Questionnaire (0-24)"
    one = dataclasses.replace(difference(-1.2, -1.6, -0.8), measure=long)
    ax = plot_forest({"answered": one, "imputed": one}).axes[0]
    assert "Estimate (95% CI)" in [text.get_text() for text in ax.texts]
    assert ax.get_xlabel().replace("\n", " ") == long
    assert ax.get_position().width > 0.3
