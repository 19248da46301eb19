"""Moved imputations: exact shifts, tipping points found by hand, and refusals."""

import numpy as np
import pandas as pd
import pytest

from walkstats.missing import delta_adjust, impute, pool, tipping_point
from walkstats.regression import ols


def filled(rows=80, imputations=4):
    rng = np.random.default_rng(12)
    frame = pd.DataFrame(
        {
            "arm": np.repeat(["control", "walking"], rows // 2),
            "before": rng.normal(5, 1, rows),
            "works": rng.random(rows) < 0.5,
        }
    )
    frame["pain"] = frame["before"] - 1.2 * (frame["arm"] == "walking") + rng.normal(0, 1, rows)
    frame.loc[rng.random(rows) < 0.25, "pain"] = np.nan
    frame["works"] = frame["works"].astype("boolean").mask(rng.random(rows) < 0.1)
    return impute(frame, methods={"pain": "normal"}, imputations=imputations, seed=6)


def effect(frame):
    return ols(frame, "pain ~ arm", se="classical")


def test_only_imputed_values_move_and_by_delta():
    before = filled()
    after = delta_adjust(before, "pain", {"walking": 1.5})
    walking = (before.original["arm"] == "walking").to_numpy()
    gaps = before.imputed["pain"]
    for one, two in zip(before.frames, after.frames, strict=True):
        moved = (two["pain"] - one["pain"]).to_numpy()
        np.testing.assert_allclose(moved, np.where(gaps & walking, 1.5, 0.0), atol=1e-12)
        pd.testing.assert_series_equal(one["works"], two["works"])
    assert after.notes[-1] == "Imputed values of pain moved by +1.5 where arm is walking."
    assert np.array_equal(before.values["pain"], filled().values["pain"])


def test_the_effect_moves_by_delta_times_the_share_imputed():
    # A difference of means is linear in the values: the effect moves by delta times the share of
    # the arm that was imputed, exactly, and so does the pooled one.
    one = filled()
    two = delta_adjust(one, "pain", {"walking": 2.0})
    walking = (one.original["arm"] == "walking").to_numpy()
    share = (one.imputed["pain"] & walking).sum() / walking.sum()
    effects = [pool([effect(f) for f in i.frames]).estimate("arm[walking]") for i in (one, two)]
    assert effects[1].estimate - effects[0].estimate == pytest.approx(2.0 * share, rel=1e-10)


def test_the_ends_of_a_scale_hold_values():
    after = delta_adjust(filled(), "pain", 4.0, limits=(0, 10))
    assert after.values["pain"].max() == 10.0
    assert "lay beyond 0 to 10 and were set to the end" in after.notes[-1]


def test_the_tipping_point_is_where_p_crosses():
    found = tipping_point(
        filled(), effect, term="arm[walking]", column="pain",
        deltas={"walking": np.arange(0.0, 8.1, 0.5)},
    )  # fmt: skip
    rows = found.results
    assert found.groups == ("walking",)
    assert np.all(np.diff(rows["estimate"]) > 0)
    below = rows.loc[rows["p_value"] < 0.05, "walking"]
    above = rows.loc[rows["p_value"] > 0.05, "walking"]
    first = above[above > below.min()].min()
    assert first - 0.5 < found.tips_at < first
    # At the crossing itself, computed anew, the p-value is 0.05 to the error of a straight line.
    there = delta_adjust(filled(), "pain", {"walking": found.tips_at})
    p = pool([effect(f) for f in there.frames]).estimate("arm[walking]").p_value
    assert p == pytest.approx(0.05, abs=0.001)
    # Between values far apart the limit of the interval leads there, and not the p-value.
    coarse = tipping_point(
        filled(), effect, term="arm[walking]", column="pain", deltas={"walking": [0, 4, 8]}
    )
    assert coarse.tips_at == pytest.approx(found.tips_at, abs=0.1)


def test_no_crossing_is_missing_and_two_arms_make_a_grid():
    short = tipping_point(filled(), effect, term="arm[walking]", column="pain", deltas=[0.0, 0.1])
    assert np.isnan(short.tips_at)
    grid = tipping_point(
        filled(), effect, term="arm[walking]", column="pain",
        deltas={"control": [0, 1], "walking": [0, 1, 2]},
    )  # fmt: skip
    assert len(grid.results) == 6
    assert np.isnan(grid.tips_at)
    same = grid.results.set_index(["control", "walking"])["estimate"]
    single = tipping_point(filled(), effect, term="arm[walking]", column="pain",
                           deltas={"walking": [2]})  # fmt: skip
    assert same.loc[(0.0, 2.0)] == pytest.approx(single.results["estimate"].iloc[0], rel=1e-12)


def test_refusals():
    imputed = filled(20, 2)
    with pytest.raises(ValueError, match="works holds levels"):
        delta_adjust(imputed, "works", 1.0)
    with pytest.raises(ValueError, match=r"Nothing of 'before' was imputed\. Imputed are: .*pain"):
        delta_adjust(imputed, "before", 1.0)
    with pytest.raises(ValueError, match="No group 'wlaking' of arm"):
        delta_adjust(imputed, "pain", {"wlaking": 1.0})
    with pytest.raises(ValueError, match="Name the imputed column"):
        tipping_point(imputed, effect, term="arm[walking]", deltas=[0])
    with pytest.raises(ValueError, match="deltas must be a number or a list of numbers"):
        tipping_point(imputed, effect, term="arm[walking]", column="pain", deltas=["a"])
    with pytest.raises(ValueError, match="analysis must be a function"):
        tipping_point(imputed, "pain ~ arm", term="arm[walking]", column="pain", deltas=[0])
    with pytest.raises(ValueError, match="No term 'arm'"):
        tipping_point(imputed, effect, term="arm", column="pain", deltas=[0, 1])


def test_both_sides_significant_is_a_conclusion_that_changed():
    wide = tipping_point(
        filled(), effect, term="arm[walking]", column="pain", deltas={"walking": [-60, 60]}
    )
    assert (wide.results["p_value"] < 0.05).all()
    # The limit of the interval is 0 there, but for the straight line over 120 points.
    rows = wide.results
    assert rows["conf_low"].prod() < 0
    assert -60 < wide.tips_at < 60
    moved = tipping_point(
        lambda delta: delta_adjust(filled(), "pain", delta), effect, term="arm[walking]",
        deltas={"walking": [-60, 60]}, no_change=0,
    )  # fmt: skip
    assert (moved.tips_at, moved.no_change) == (wide.tips_at, 0.0)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"delta": None}, "delta must be"),
        ({"delta": np.nan}, "delta must be"),
        ({"delta": [1, 2]}, "delta must be one number"),
        ({"delta": {"walking": "much"}}, "delta of walking must be a number"),
        ({"delta": 1, "limits": (10, 0)}, "limits must be a lower and a higher number"),
        ({"delta": 1, "limits": 10}, "limits are two numbers"),
    ],
)
def test_deltas_and_limits_that_cannot_be_used(given, said):
    with pytest.raises(ValueError, match=said):
        delta_adjust(filled(20, 2), "pain", **given)


def test_values_that_were_moved_are_said_with_every_analysis():
    moved = delta_adjust(filled(20, 2), "pain", {"walking": 2.0}, limits=(-1, 1))
    fit = effect(moved.frame(1))
    assert fit.source.endswith("imputed (pain moved by +2 where arm is walking)")
    again = delta_adjust(moved, "pain", -1.0)
    assert again.assumption == "pain moved by +2 where arm is walking; pain moved by -1"
    found = tipping_point(
        filled(20, 2), effect, term="arm[walking]", column="pain",
        deltas={"walking": [4.0, 60.0]}, limits=(0, 10),
    )  # fmt: skip
    assert "moved by" not in found.source
    assert any("pain moved by +60 where arm is walking lay beyond" in note for note in found.notes)
