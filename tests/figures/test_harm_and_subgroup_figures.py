"""Harms and subgroups, by the artists of their figures and the cells of their tables."""

import numpy as np
import pandas as pd
import pytest
from matplotlib import pyplot as plt

import walkstats as ws
from walkstats.figures import draw_harms, plot_effect_curve, plot_harms, plot_subgroups
from walkstats.tables import events_table, subgroup_table, table_of


@pytest.fixture(autouse=True)
def no_figure_stays_open():
    yield
    assert plt.get_fignums() == []


def harms(**more):
    rng = np.random.default_rng(8)
    parts = []
    rates = {"any": (0.8, 0.9), "body region: leg": (0.2, 0.5), "body region: arm": (0.4, 0.1),
             "event: stroke": (0.0, 0.0)}  # fmt: skip
    for kind, (control, walking) in rates.items():
        arm = np.repeat(["control", "walking"], 40)
        rate = np.where(arm == "walking", walking, control)
        parts.append(pd.DataFrame({"arm": arm, "kind": kind, "events": rng.poisson(rate),
                                   "days": 100.0}))  # fmt: skip
    frame = pd.concat(parts, ignore_index=True)
    frame.attrs["source"] = "synthetic: made up"
    return ws.regression.compare_harms(frame, **more)


@pytest.fixture(scope="module")
def people():
    rng = np.random.default_rng(4)
    n = 200
    frame = pd.DataFrame({"participant_id": np.arange(n), "arm": ["control", "walking"] * (n // 2)})
    frame["sex"] = rng.choice(["female", "male"], n)
    frame["age_years"] = rng.normal(50, 10, n)
    frame["days"] = rng.integers(1, 400, n).astype(float)
    frame["event"] = rng.random(n) < 0.7
    frame["score"] = rng.normal(5, 2, n)
    return frame


@pytest.fixture(scope="module")
def effects(people):
    return ws.causal.subgroup_effects(people, "arm", "sex", at=200)


def texts(ax):
    return [text.get_text() for text in ax.texts if text.get_text()]


def test_points_stand_at_the_shares_and_totals_come_first():
    found = harms()
    figure = plot_harms(found, title="Harms", favours=("walking", "control"))
    shares, comparison = figure.axes
    assert texts(shares) == ["Any", "Leg", "Stroke", "Arm"]
    by_arm = [line for line in shares.lines if line.get_linestyle() == "None"]
    assert [line.get_label() for line in by_arm] == ["control", "walking"]
    own = found.groups.set_index(["kind", "group"])["percent"]
    assert by_arm[1].get_xdata()[1] == own["body region: leg", "walking"]
    squares = [line.get_xdata()[0] for line in comparison.lines if line.get_marker() == "s"]
    expected = 100 * found.difference.estimate("any: arm[walking]").estimate
    assert squares[0] == pytest.approx(expected)
    assert "SYNTHETIC" in figure._supxlabel.get_text()
    assert "4 kinds" in figure.alt_text


def test_ratios_that_are_not_known_have_no_point():
    left, right = plt.figure().subplots(1, 2)
    rows = draw_harms(left, right, harms(), measure="rate_ratio", order="given")
    plt.close()
    assert [row.label for row in rows] == ["Any", "Leg", "Arm", "Stroke"]
    assert right.get_xscale() == "log"
    assert len([line for line in right.lines if line.get_marker() == "s"]) == 2
    with pytest.raises(ValueError, match="compared without rates"):
        plot_harms(harms(exposure=None), measure="rate_ratio")
    with pytest.raises(ValueError, match="A figure of harms needs a HarmComparison"):
        plot_harms("harms")


def test_a_forest_of_subgroups_shows_effects_counts_and_the_interaction(effects):
    figure = plot_subgroups(effects, title="Recurrence", labels={"sex=male": "Men"})
    ax = figure.axes[0]
    said = texts(ax)
    for words in ("Everybody", "Sex", "female", "Men", "p for\ninteraction", "Control\nevents/n"):
        assert words in said
    squares = [line for line in ax.lines if line.get_marker() == "s"]
    assert len(squares) == 3
    male = effects.effects.estimate("arm[walking], sex[male]", ratio=True)
    assert squares[2].get_xdata()[0] == male.estimate
    dotted = [line for line in ax.lines if line.get_linestyle() == ":"]
    whole = effects.overall.estimate("arm[walking]", ratio=True).estimate
    assert dotted[0].get_xdata()[0] == whole
    assert "Post hoc" not in figure._supxlabel.get_text()
    row = effects.groups.query("level == 'male' and arm == 'walking'").iloc[0]
    assert f"{row['events']:.0f}/{row['n']}" in said


def test_what_was_not_planned_is_marked(people):
    found = ws.causal.subgroup_effects(people, "score ~ arm", [], post_hoc="sex", model="ols")
    figure = plot_subgroups(found)
    assert "Sex (post hoc)" in texts(figure.axes[0])
    assert "hoc: not in the plan." in figure._supxlabel.get_text()
    assert subgroup_table(found).rows[1].label == "Sex (post hoc)"
    with pytest.raises(ValueError, match="needs SubgroupEffects"):
        plot_subgroups(found.effects)


def test_the_effect_along_a_number_and_its_bands(people):
    found = ws.causal.effect_curve(people, "arm", "age_years", at=200, bands=3)
    figure = plot_effect_curve(found, title="By age")
    upper, lower = figure.axes
    assert upper.get_yscale() == "log"
    line = next(line for line in upper.lines if len(line.get_xdata()) > 2)
    np.testing.assert_array_equal(line.get_ydata(), found.curve.frame["estimate"])
    points = next(line for line in lower.lines if line.get_marker() not in ("None", ""))
    np.testing.assert_allclose(points.get_ydata(), 100 * found.absolute.values)
    flat = ws.causal.effect_curve(people, "score ~ arm", "age_years", model="ols", post_hoc=True)
    alone = plot_effect_curve(flat)
    assert [ax.get_label() for ax in alone.axes] == ["effect"]
    assert "Post hoc" in alone._supxlabel.get_text()


def test_a_table_of_harms_has_people_events_and_their_comparison():
    found = harms()
    table = events_table(found, names={"walking": "Walk"})
    assert [row.label for row in table.rows] == [
        "Any", "Body region", "Leg", "Arm", "Event", "Stroke",
    ]  # fmt: skip
    assert table.columns[2].over == "Walk (n = 40)"
    frame = table.to_frame()
    leg = frame[(frame["label"] == "Leg") & (frame["quantity"] == "estimate")]["value"].tolist()
    term = "body region: leg: arm[walking]"
    assert leg == [
        100 * found.difference.estimate(term).estimate,
        found.ratio.estimate(term, ratio=True).estimate,
        found.rate_ratio.estimate(term, ratio=True).estimate,
    ]
    assert table_of(found).texts() == table.texts()
    plain = events_table(harms(exposure=None), measures=["difference", "rate_ratio"])
    assert [column.name for column in plain.columns][4:] == [
        "p", "Risk difference, % points (95% CI)",
    ]  # fmt: skip
    with pytest.raises(ValueError, match="A table of harms needs"):
        events_table(pd.DataFrame({"kind": ["any"]}))


def test_a_table_of_subgroups_has_both_scales(effects):
    table = subgroup_table(effects)
    assert [column.name for column in table.columns][-2:] == [
        "p for interaction", "on the scale of differences",
    ]  # fmt: skip
    shown = table.to_frame().query("label == 'male' and quantity == 'estimate'")["value"].tolist()
    term = "arm[walking], sex[male]"
    assert shown == [
        effects.effects.estimate(term, ratio=True).estimate,
        100 * effects.absolute.estimate(term).estimate,
    ]
    assert table.rows[1].label == "Sex (pre-specified)"


def test_the_effect_along_a_number_as_a_table(people):
    found = ws.causal.effect_curve(people, "arm", "age_years", at=200, bands=2, form="spline")
    table = table_of(found)
    labels = [row.label for row in table.rows]
    assert labels[:3] == [
        "Everybody", "Age at randomisation, years (pre-specified): interaction",
        "departure from a straight line",
    ]  # fmt: skip
    assert labels[3].startswith("at ")
    shown = table.to_frame()
    assert shown.loc[shown["row"] == 1, "value"].tolist() == [found.interaction.p_value]
    low = shown[(shown["row"] == len(labels) - 1) & (shown["quantity"] == "estimate")]["value"]
    assert low.tolist() == [100 * found.absolute.values[-1]]
