"""Figures of mediation, by their artists."""

import numpy as np
import pandas as pd
import pytest
from matplotlib import pyplot as plt

from walkstats.causal import mediate
from walkstats.figures import plot_mediation, plot_mediation_sensitivity


def found(**more):
    rng = np.random.default_rng(4)
    arm = np.arange(200) % 2
    minutes = 100 + 40 * arm + rng.normal(0, 30, 200)
    frame = pd.DataFrame({"arm": np.where(arm, "walking", "control"), "minutes": minutes})
    frame["pain"] = 8 - 0.04 * minutes - 0.5 * arm + rng.normal(size=200)
    frame["bad"] = (frame["pain"] > 3).astype(int)
    frame.attrs["source"] = "synthetic: made for a test"
    asked = {"outcome": "pain", "mediator": "minutes", "interval": "delta", "seed": 1}
    return mediate(frame, **(asked | more))


def note(figure):
    return " ".join(figure._supxlabel.get_text().split())


def test_total_direct_and_indirect_below_each_other():
    answer = found()
    figure = plot_mediation(answer)
    ax = figure.axes[0]
    points = [line.get_xdata()[0] for line in ax.lines if line.get_marker() == "s"]
    np.testing.assert_allclose(points, answer.effects.values)
    labels = [text.get_text() for text in ax.texts]
    assert labels[1:3] == ["Natural direct, mediator as in control", "Natural indirect in walking"]
    assert note(figure).startswith("SYNTHETIC DATA")
    assert "Nobody was randomised to the mediator" in note(figure)
    assert "Proportion mediated" in note(figure)
    assert plt.get_fignums() == []
    few = plot_mediation(answer, controlled=False)
    assert "Controlled" not in "".join(text.get_text() for text in few.axes[0].texts)


def test_ratios_on_a_logarithmic_axis():
    figure = plot_mediation(found(outcome="bad", measure="risk ratio", randomised=False))
    assert figure.axes[0].get_xscale() == "log"
    assert "NOT RANDOMISED" in note(figure)


def test_effects_over_the_correlation_of_errors():
    answer = found()
    figure = plot_mediation_sensitivity(answer, title="What if")
    ax = figure.axes[0]
    lines = [line for line in ax.lines if not line.get_label().startswith("_")]
    assert [line.get_label() for line in lines] == ["natural indirect", "natural direct"]
    curve = answer.sensitivity.to_frame()
    own = curve.loc[curve["group"] == "natural indirect", "estimate"]
    np.testing.assert_array_equal(lines[0].get_ydata(), own)
    mark = next(line for line in ax.lines if line.get_label() == "_no effect")
    assert mark.get_xdata()[0] == answer.robustness.values[0]


def test_effects_over_a_confounder():
    answer = found(outcome="bad")
    ax = plot_mediation_sensitivity(answer).axes[0]
    lines = [line for line in ax.lines if not line.get_label().startswith("_")]
    assert [line.get_label() for line in lines] == [f"{d}% more in walking" for d in (10, 20, 30)]
    assert ax.get_ylabel().replace("\n", " ") == "Natural indirect effect"


@pytest.mark.parametrize("plot", [plot_mediation, plot_mediation_sensitivity])
def test_other_results_are_refused(plot):
    with pytest.raises(ValueError, match="needs a Mediation"):
        plot(3)
