"""Figures of missing values, by their artists."""

import numpy as np
import pandas as pd
import pytest
from matplotlib import pyplot as plt

from walkstats.figures import plot_imputation_trace, plot_missing_pattern, plot_tipping_point
from walkstats.missing import TippingPoint, impute, missing_pattern


@pytest.fixture(scope="module")
def frame():
    rng = np.random.default_rng(2)
    made = pd.DataFrame({"arm": ["control", "walking"] * 20, "pain": rng.normal(5, 1, 40)})
    made["minutes"] = 100 - 5 * made["pain"] + rng.normal(0, 5, 40)
    made.loc[[0, 5, 9, 12], "pain"] = np.nan
    made.loc[[5, 20], "minutes"] = np.nan
    made.attrs["source"] = "synthetic: made for a test"
    return made


def texts(ax):
    return [text.get_text() for text in ax.texts]


def test_tiles_are_the_patterns_with_their_counts(frame):
    found = missing_pattern(frame)
    figure = plot_missing_pattern(found, names={"walking": "Walking"})
    ax = figure.axes[0]
    filled = [tile.get_facecolor() != (1.0, 1.0, 1.0, 1.0) for tile in ax.patches]
    assert filled == [letter == "." for row in found.patterns["pattern"] for letter in row]
    assert [label.get_text() for label in ax.get_xticklabels()] == ["pain", "minutes"]
    said = texts(ax)
    assert {"control", "Walking", "all", "35", "4 (10%)", "2 (5%)"} <= set(said)
    assert figure._supxlabel.get_text().startswith("SYNTHETIC DATA")
    assert plt.get_fignums() == []
    edges = [text.get_window_extent().x1 for text in ax.texts]
    assert max(edges) <= figure.bbox.x1  # nothing is cut off


def test_one_line_per_data_set_and_arm(frame):
    filled = impute(frame, imputations=2, seed=1, iterations=3)
    figure = plot_imputation_trace(filled)
    assert [ax.get_title(loc="left") for ax in figure.axes] == ["pain", "minutes"]
    lines = figure.axes[0].lines
    assert len(lines) == 4
    own = filled.trace.query("column == 'pain' and group == 'walking' and imputation == 2")
    walking = [line for line in lines if line.get_label() == "walking"]
    np.testing.assert_array_equal(walking[1].get_ydata(), own["mean"])


def test_one_round_has_no_trace(frame):
    filled = impute(frame, columns="pain", using=[], imputations=2, seed=1)
    with pytest.raises(ValueError, match="imputed in one round: nothing has to settle"):
        plot_imputation_trace(filled)


def results(*groups):
    deltas = [(0.0, 0.0), (0.0, 2.0), (4.0, 0.0), (4.0, 2.0)]
    rows = pd.DataFrame(deltas, columns=["walking", "control"])
    rows["estimate"], rows["p_value"] = [-1.0, -1.2, -0.2, 0.9], [0.01, 0.001, 0.4, 0.02]
    rows["conf_low"], rows["conf_high"] = rows["estimate"] - 0.6, rows["estimate"] + 0.6
    rows = rows if len(groups) == 2 else rows.iloc[[0, 2]]
    return TippingPoint(rows, groups, tips_at=0.41, term="arm[walking]")


def test_a_line_with_its_tipping_point():
    ax = plot_tipping_point(results("walking")).axes[0]
    assert ax.lines[1].get_xydata().tolist() == [[0.0, -1.0], [4.0, -0.2]]
    assert ax.lines[2].get_xdata()[0] == 0.41
    assert texts(ax) == ["tips at 0.41"]


def test_tiles_where_the_conclusion_changes_or_turns():
    ax = plot_tipping_point(results("walking", "control")).axes[0]
    by_place = {tile.get_xy(): tile for tile in ax.patches}
    white = (1.0, 1.0, 1.0, 1.0)
    assert by_place[(0, 0)].get_facecolor() == by_place[(0, 1)].get_facecolor() == white
    assert by_place[(1, 0)].get_alpha() == 0.45
    assert by_place[(1, 1)].get_facecolor() != white
    assert by_place[(1, 1)].get_alpha() == 1.0


def test_other_results_are_refused():
    for plot, words in (
        (plot_missing_pattern, "needs a MissingPattern"),
        (plot_imputation_trace, "needs Imputations"),
        (plot_tipping_point, "needs a TippingPoint"),
    ):
        with pytest.raises(ValueError, match=f"{words}.*, got int"):
            plot(3)
