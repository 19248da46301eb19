"""A forest of outcomes by its artists."""

import numpy as np
import pytest
from matplotlib import pyplot as plt

from walkstats.figures import draw_outcome_forest, plot_outcome_forest
from walkstats.results import Estimate


def difference(value, low, high, **more):
    return Estimate("arm[walking]", value, 0.3, -3.0, np.inf, 0.01, low, high, source="a trial",
                    **more)  # fmt: skip


OUTCOMES = {"Pain, 0-10": difference(-1.1, -1.7, -0.5), "Walk, m": difference(27, -32, 86)}
SD = {"Pain, 0-10": 2.0, "Walk, m": 100.0}
BETTER = {"Pain, 0-10": "lower", "Walk, m": "higher"}


@pytest.fixture(autouse=True)
def no_figure_stays_open():
    yield
    assert plt.get_fignums() == []


def drawn(ax):
    squares = [line for line in ax.lines if line.get_marker() == "s"]
    lines = [line for line in ax.lines if line.get_solid_capstyle() == "butt"]
    return [s.get_xdata()[0] for s in squares], [list(line.get_xdata()) for line in lines]


def test_rows_are_shares_of_standard_deviations_in_their_own_units():
    ax = plot_outcome_forest(OUTCOMES, sd=SD).axes[0]
    values, ends = drawn(ax)
    assert values == [-0.55, 0.27]
    np.testing.assert_allclose(ends, [[-0.85, -0.25], [-0.32, 0.86]])
    texts = [text.get_text() for text in ax.texts]
    assert {"-1.10 (-1.70 to -0.50)", "27 (-32 to 86)"} <= set(texts)
    assert ax.get_xlabel() == "Difference in standard deviations"


def test_with_directions_the_right_is_better():
    figure = plot_outcome_forest(OUTCOMES, sd=SD, better=BETTER, favours=("control", "walking"))
    values, ends = drawn(figure.axes[0])
    assert values == [0.55, 0.27]
    np.testing.assert_allclose(ends[0], [0.25, 0.85])
    assert "To the right is better." in figure._supxlabel.get_text()
    assert figure._supxlabel.get_text().endswith("Source: a trial")
    rows = draw_outcome_forest(plt.figure().subplots(), OUTCOMES, sd=SD, better=BETTER)
    plt.close()
    assert rows[0].text == "-1.10 (-1.70 to -0.50)"
    assert rows[0].estimate.std_error == pytest.approx(0.15)


def test_refusals():
    ratio = {"Recurrence": difference(0.7, 0.5, 0.9, scale="ratio")}
    for given, options, message in (
        ({}, {"sd": {}}, "none was given"),
        ("text", {"sd": {}}, "needs a mapping of outcome"),
        (ratio, {"sd": {"Recurrence": 1.0}}, "is a ratio"),
        (OUTCOMES, {"sd": 2.2}, "a standard deviation for each outcome"),
        (OUTCOMES, {"sd": {"Walk, m": 1.0}}, "above 0 for 'Pain, 0-10'"),
        (OUTCOMES, {"sd": {**SD, "Walk, m": 0.0}}, "above 0 for 'Walk, m'"),
        (OUTCOMES, {"sd": SD, "better": {"Walk, m": "higher"}}, "not of 'Pain, 0-10'"),
        (OUTCOMES, {"sd": SD, "better": {**BETTER, "Walk, m": "more"}}, "must be one of"),
        ({"a": 1}, {"sd": {"a": 1}}, "needs an Estimate"),
    ):
        with pytest.raises(ValueError, match=message):
            plot_outcome_forest(given, **options)
