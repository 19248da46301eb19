"""The figures of adherence and of balance, by their artists."""

import numpy as np
import pytest
from matplotlib import pyplot as plt

from tests.causal.test_weighting import people
from tests.derive.test_adhering import BY_HAND, trial_of
from walkstats.causal import balance, treatment_weights
from walkstats.derive import adherence_by_week
from walkstats.figures import plot_adherence, plot_balance


def test_lines_are_medians_beside_the_prescription():
    frame = adherence_by_week(trial_of(BY_HAND))
    figure = plot_adherence(frame, names={"walking": "Walking and education"})
    drawn = [line for line in figure.axes[0].lines if line.get_label()[0] != "_"]
    lines = {line.get_label(): line for line in drawn}
    assert list(lines) == ["control", "Walking and education", "prescribed"]
    own = frame[frame["arm"] == "walking"]
    np.testing.assert_array_equal(lines["Walking and education"].get_ydata(), own["median"])
    assert lines["prescribed"].get_ydata().tolist() == [40.0, 60.0, 60.0]
    words = figure._supxlabel.get_text().replace("\n", " ")
    assert "control 1 to 1, walking 1 to 2" in words
    assert "made up for a test" in words
    assert plt.get_fignums() == []


def test_points_are_the_differences():
    frame = people()
    frame.attrs["source"] = "a trial"
    made = treatment_weights(frame, "adhered ~ old + age", within="arm")
    found = balance(made.frame, "weight", ["old", "age"])
    figure = plot_balance(found, names={"old": "Older than 60"})
    ax = figure.axes[0]
    table = found.frame
    for points in ax.collections:
        own = table[table["sample"] == points.get_label()].set_index("term")["difference"]
        assert sorted(points.get_offsets()[:, 0]) == pytest.approx(sorted(own))
    assert [one.get_label() for one in ax.collections] == [
        "all rows", "without weights", "with weights",
    ]  # fmt: skip
    top = table[table["sample"] == "without weights"].set_index("term")["difference"].abs().idxmax()
    labels = {
        tick.get_text(): y for tick, y in zip(ax.get_yticklabels(), ax.get_yticks(), strict=True)
    }
    assert max(labels, key=labels.get) == {"old": "Older than 60", "age": "age"}[top]
    words = figure._supxlabel.get_text().replace("\n", " ")
    assert "a trial" in words
    assert "not to 0" in words


def test_other_results_are_refused():
    with pytest.raises(ValueError, match=r"needs the frame of derive\.adherence_by_week"):
        plot_adherence(people())
    with pytest.raises(ValueError, match=r"needs what causal\.balance gives"):
        plot_balance(people())
