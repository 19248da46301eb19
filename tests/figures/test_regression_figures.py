"""Figures of residuals, contributions, marginal means and categories, by their artists."""

import numpy as np
import pandas as pd
import pytest
from matplotlib import pyplot as plt

import walkstats as ws
from tests.reference.goldens import data
from walkstats import figures
from walkstats.regression import (
    check_residuals,
    dose_categories,
    dose_response,
    dose_trend,
    logistic,
    marginal_means,
    ols,
    partial_residuals,
)


@pytest.fixture(autouse=True)
def no_figure_stays_open():
    yield
    assert plt.get_fignums() == []


def births():
    frame = data("birthwt.csv")
    return frame.assign(
        smoke=np.where(frame["smoke"] == 1, "yes", "no"),
        heavy=dose_categories(frame["lwt"], (0, 100, 120, 150)),
    )


@pytest.fixture(scope="module")
def fit():
    return ols(births(), "bwt ~ rcs(lwt, 4) + smoke")


def test_four_panels_hold_the_rows(fit):
    check = check_residuals(fit)
    figure = figures.plot_residuals(check, title="Birth weight")
    axes = {ax.get_label(): ax for ax in figure.axes}
    for panel, columns in (
        ("fitted", ("fitted", "residual")),
        ("quantiles", ("expected", "studentised")),
        ("spread", ("fitted", "root_size")),
        ("leverage", ("leverage", "standardised")),
    ):
        points = next(line for line in axes[panel].lines if line.get_label() == "_rows")
        np.testing.assert_array_equal(points.get_xydata(), check.rows[list(columns)])
    worst = check.rows["cooks_distance"].nlargest(3).index
    assert {text.get_text() for text in axes["leverage"].texts} == {str(name) for name in worst}
    assert {line.get_label() for line in axes["leverage"].lines} >= {"_0.5", "_1"}
    low, high = axes["leverage"].get_ylim()
    assert low > -6
    assert high < 6  # the contours lie beyond
    with pytest.raises(ValueError, match="panel must be one of"):
        figures.draw_residuals(axes["fitted"], check, "tails")
    with pytest.raises(ValueError, match="needs what check_residuals gives, got LinearFit"):
        figures.plot_residuals(fit)


def test_partial_residuals_are_drawn(fit):
    partial = partial_residuals(fit, "lwt", births())
    ax = figures.plot_partial_residuals(partial).axes[0]
    points = next(line for line in ax.lines if line.get_label() == "_rows")
    np.testing.assert_array_equal(points.get_xydata(), partial.points[["lwt", "partial"]])
    line = next(line for line in ax.lines if line.get_label() == "all")
    np.testing.assert_array_equal(line.get_ydata(), partial.curve.frame["estimate"])
    apart = partial_residuals(ols(births(), "bwt ~ lwt * smoke"), "lwt", births())
    ax = figures.plot_partial_residuals(apart, names={"yes": "Smokers"}).axes[0]
    assert "Smokers" in [text.get_text() for text in ax.texts]
    with pytest.raises(ValueError, match="needs what partial_residuals gives"):
        figures.plot_partial_residuals(fit)


def test_means_are_points_with_intervals(fit):
    found = marginal_means(fit, "smoke")
    ax = figures.plot_marginal_means(found).axes[0]
    table = found.means.to_frame()
    drawn = [line.get_ydata()[0] for line in ax.lines if len(line.get_xdata()) == 1]
    assert drawn == table["estimate"].tolist()
    bars = [path.vertices[:, 1] for group in ax.collections for path in group.get_paths()]
    np.testing.assert_allclose(bars, table[["conf_low", "conf_high"]])
    assert ax.get_ylabel().replace("\n", " ") == "Mean bwt"


def test_means_within_levels_stand_where_their_numbers_are():
    frame = births().assign(visit=births()["ftv"].clip(upper=2) * 3)
    found = marginal_means(ols(frame, "bwt ~ smoke * factor(visit)"), "smoke", by="visit")
    ax = figures.plot_marginal_means(found, names={"yes": "Smokers"}).axes[0]
    assert ax.get_xticks().tolist() == [0, 3, 6]
    assert [text.get_text() for text in ax.texts] == ["no", "Smokers"]
    first, second = (line for line in ax.lines if len(line.get_xdata()) == 3)
    assert (np.diff([first.get_xdata(), second.get_xdata()], axis=0) > 0).all()
    by_race = marginal_means(ols(frame.assign(race=frame["race"].map({1: "a", 2: "b", 3: "c"})),
                                 "bwt ~ smoke + race"), "smoke", by="race")  # fmt: skip
    ax = figures.plot_marginal_means(by_race).axes[0]
    assert [label.get_text() for label in ax.get_xticklabels()] == ["a", "b", "c"]


def test_means_of_a_risk_are_risks():
    found = marginal_means(logistic(births(), "low ~ smoke"), "smoke")
    ax = figures.plot_marginal_means(found).axes[0]
    crude = births().groupby("smoke")["low"].mean()
    drawn = [line.get_ydata()[0] for line in ax.lines if len(line.get_xdata()) == 1]
    np.testing.assert_allclose(drawn, crude, rtol=1e-6)
    assert ax.get_ylabel() == "Risk"
    assert figures.plot_marginal_means(found, response=False).axes[0].get_ylabel() == "Log odds"


def test_figures_of_means_refuse_what_has_none(fit):
    frame = pd.DataFrame({"days": [5, 8, 9, 12, 15, 20], "event": 1, "arm": list("ababab")})
    ratios = marginal_means(ws.survival.cox(frame, "arm"), "arm", contrast="reference")
    with pytest.raises(ValueError, match="show those with plot_forest"):
        figures.plot_marginal_means(ratios)
    with pytest.raises(ValueError, match="needs what marginal_means gives"):
        figures.plot_marginal_means(fit)
    assert figures.plot_forest(ratios.contrasts).axes[0].get_xscale() == "log"


def test_categories_stand_beside_the_curve(fit):
    frame = births()
    curve = dose_response(fit, "lwt", reference=100)
    trend = dose_trend(ols(frame, "bwt ~ heavy + smoke"), "heavy", frame, dose="lwt")
    figure = figures.plot_dose_response(curve, categories=trend)
    ax = figure.axes[0]
    points = next(line for line in ax.lines if line.get_label() == "_categories")
    np.testing.assert_array_equal(points.get_xydata(), trend.categories[["dose", "estimate"]])
    said = figure._supxlabel.get_text().replace("\n", " ")
    assert "compared with 0-99; line: compared with " in said
    ratios = logistic(frame, "low ~ heavy")
    odds = dose_trend(ratios, "heavy", frame, dose="lwt")
    with pytest.raises(ValueError, match="both be ratios, or both be differences"):
        figures.plot_dose_response(curve, categories=odds)
    with pytest.raises(ValueError, match="needs what dose_trend gives, got LinearFit"):
        figures.plot_dose_response(curve, categories=fit)
    both = dose_response(logistic(frame, "low ~ rcs(lwt, 3)"), "lwt", reference=100)
    ax = figures.plot_dose_response(both, categories=odds).axes[0]
    assert ax.get_yscale() == "log"
    assert ax.get_ylim()[1] >= odds.categories["conf_high"].max()
