"""The figure of slopes between and within people, by its artists."""

import numpy as np
import pytest
from matplotlib import pyplot as plt

from tests.regression.test_within_between import FORMULA, diaries
from walkstats.derive import within_between
from walkstats.figures import plot_within_between
from walkstats.regression import linear_mixed, within_between_slopes


@pytest.fixture(scope="module")
def slopes():
    frame = diaries(np.random.default_rng(1), people=12, weeks=6)
    frame.attrs["source"] = "a trial"
    split = within_between(frame, "walking_minutes")
    return within_between_slopes(linear_mixed(split, FORMULA), "walking_minutes")


def test_lines_are_the_slopes_through_the_mean(slopes):
    figure = plot_within_between(slopes, shown=5)
    ax = figure.axes[0]
    assert len([line for line in ax.lines if line.get_label() == "_person"]) == 5
    points = next(line for line in ax.lines if line.get_label() == "_people")
    np.testing.assert_array_equal(points.get_xdata(), slopes.people["x"])
    for term, words in (("between", "Between people"), ("within", "Within people")):
        line = next(one for one in ax.lines if str(one.get_label()).startswith(words))
        x, y = line.get_xdata(), line.get_ydata()
        assert (y[-1] - y[0]) / (x[-1] - x[0]) == pytest.approx(slopes.estimate(term).estimate)
        assert np.interp(slopes.centre[0], x, y) == pytest.approx(slopes.centre[1])
    assert "lines of 5 of 12" in figure._supxlabel.get_text()
    assert "a trial" in figure._supxlabel.get_text()
    assert plt.get_fignums() == []


def test_another_result_is_refused(slopes):
    with pytest.raises(ValueError, match="needs the slopes of within_between_slopes"):
        plot_within_between(slopes.people)
