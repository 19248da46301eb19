"""Outcomes over time: the numbers in the artists are those of the curve."""

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

from walkstats.figures import (
    draw_numbers_of_people,
    draw_outcomes_over_time,
    plot_outcomes_over_time,
)
from walkstats.results import Curve

MONTHS = [0.0, 3.0, 12.0]


def curve(**columns):
    frame = pd.DataFrame(
        {
            "group": np.repeat(["control", "walking"], 3),
            "month": MONTHS * 2,
            "estimate": [6.0, 5.0, 4.5, 6.1, 4.0, 3.2],
            "std_error": 0.2,
            "conf_low": [5.6, 4.6, np.nan, 5.7, 3.6, 2.8],
            "conf_high": [6.4, 5.4, np.nan, 6.5, 4.4, 3.6],
            "n": [1200, 38, 1, 41, 40, 35],
        }
    ).assign(**columns)
    return Curve(frame, "month", "mean of pain", "line", source="synthetic: a test")


def test_lines_intervals_and_numbers():
    figure = plot_outcomes_over_time(curve(), title="Pain", statement="Difference -1.2")
    ax, low = figure.axes
    control, walking = [line for line in ax.lines if not line.get_label().startswith("_")]
    assert control.get_ydata().tolist() == [6.0, 5.0, 4.5]
    # Groups stand apart by the same step everywhere, about the visit.
    middle = (control.get_xdata() + walking.get_xdata()) / 2
    np.testing.assert_allclose(middle, MONTHS)
    assert 0 < (walking.get_xdata() - control.get_xdata())[0] < 0.5
    bars = [path.vertices[:, 1].tolist() for path in ax.collections[0].get_paths()]
    assert bars == [[5.6, 6.4], [4.6, 5.4]]
    texts = [text.get_text() for text in low.texts]
    assert texts[1:] == ["1200", "38", "1", "41", "40", "35"]
    assert [tick.get_text() for tick in ax.get_xticklabels()] == ["0", "3", "12"]
    assert ax.get_title(loc="left") == "Pain"
    assert "Difference -1.2" in [text.get_text() for text in ax.texts]
    note = figure.get_supxlabel()
    assert note.startswith("SYNTHETIC DATA")
    assert "95% intervals" in note
    assert figure.alt_text == "Mean of pain by visit: control, walking."


def test_names_stand_level_with_the_ends():
    figure = plot_outcomes_over_time(curve(), names={"walking": "Walk"}, numbers=False)
    (ax,) = figure.axes
    words = {text.get_text(): text.get_position()[1] for text in ax.texts}
    assert set(words) == {"control", "Walk"}
    assert words["control"] > words["Walk"]


def test_visits_in_words():
    words = ["before", "third", "last"] * 2
    ax = Figure().subplots()
    draw_outcomes_over_time(ax, curve(label=words, month=[0.0, 1.0, 2.0] * 2), xlabel="Visit")
    ticks = ax.xaxis.get_major_formatter().format_ticks(ax.xaxis.get_majorticklocs())
    assert ticks == ["before", "third", "last"]
    assert ax.get_xlabel() == "Visit"


def test_a_group_without_anybody_at_a_visit():
    frame = curve().frame.drop(index=5)
    shorter = Curve(frame, "month", "mean of pain", "line")
    texts = draw_numbers_of_people(Figure().subplots(), shorter)
    assert [text.get_text() for text in texts] == ["1200", "38", "1", "41", "40", "0"]


def test_what_it_cannot_show():
    with pytest.raises(ValueError, match="needs a Curve"):
        plot_outcomes_over_time(pd.DataFrame())
    steps = Curve(curve().frame, "month", "survival", "step")
    with pytest.raises(ValueError, match="this one has steps"):
        plot_outcomes_over_time(steps)
    bare = Curve(curve().frame.drop(columns="n"), "month", "mean of pain", "line")
    with pytest.raises(ValueError, match="no numbers of people"):
        plot_outcomes_over_time(bare)
    assert len(plot_outcomes_over_time(bare, numbers=False).axes) == 1
    with pytest.raises(ValueError, match="a key of names"):
        plot_outcomes_over_time(curve(), names={"yoga": "Yoga"})
