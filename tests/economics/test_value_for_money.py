"""Costs beside effects: who is matched, what is imputed, what is said of dominance."""

import pickle

import numpy as np
import pandas as pd
import pytest
from scipy.stats import norm

from tests.economics.paired_frames import HALVES, add_totals, costs_and_qalys, first_events
from walkstats.economics import cost_effectiveness, value_for_money
from walkstats.economics.differences import _of_the_arm
from walkstats.economics.value_shape import ratio_of, verdict_of
from walkstats.errors import DataError, FitError
from walkstats.results import Estimates
from walkstats.survival import kaplan_meier

# Means of some dozens of numbers, added in another order.
ROUNDING = 1e-10
FEW = {"replicates": 60, "seed": 1}
GAPPY = {"replicates": 30, "seed": 1, "imputations": 2}


@pytest.fixture(scope="module")
def whole():
    return costs_and_qalys()


@pytest.fixture(scope="module")
def gappy():
    return costs_and_qalys(n=90, gaps=0.2, months=HALVES)


@pytest.fixture(scope="module")
def imputed(gappy):
    return cost_effectiveness(*gappy, adjust={"effects": ["utility_0"]}, **GAPPY)


def means_by_arm(frame, column):
    return frame.groupby("arm")[column].mean()


def test_means_and_increments_are_those_of_the_totals(whole):
    costs, effects = whole
    found = cost_effectiveness(*whole, **FEW)
    cost, qaly = means_by_arm(costs, "cost"), means_by_arm(effects, "qaly")
    assert found.means.terms == ("cost[control]", "cost[walking]", "qaly[control]", "qaly[walking]")
    np.testing.assert_allclose(found.means.values, [*cost, *qaly], rtol=ROUNDING)
    np.testing.assert_allclose(
        found.increments.values, [np.diff(cost)[0], np.diff(qaly)[0]], rtol=ROUNDING
    )
    assert found.increments.terms == ("cost_difference[walking]", "qaly_difference[walking]")
    assert (found.currency, found.price_year, found.perspective) == ("AUD", "2023", "societal")
    assert found.horizon_days == 365
    assert found.handled == "none missing"
    assert found.complete_cases is None
    assert found.missing.empty
    assert found.source == "synthetic: x"


def test_the_covariance_is_that_of_the_draws_and_limits_are_percentiles(whole):
    found = cost_effectiveness(*whole, **FEW)
    pairs = found.pairs()[:, ::-1]
    np.testing.assert_allclose(found.increments.covariance, np.cov(pairs, rowvar=False))
    one = found.increments.estimate("cost_difference[walking]")
    drawn = found.draws.estimate("cost_difference[walking]")
    assert (one.conf_low, one.conf_high) == (drawn.conf_low, drawn.conf_high)
    z = one.estimate / pairs[:, 0].std(ddof=1)
    assert one.p_value == pytest.approx(2 * norm.sf(abs(z)), rel=1e-9)
    assert found.method.endswith("p-values by the standard deviations of the draws.")


def test_swapping_the_arms_turns_every_sign(whole):
    def swapped(frame):
        out = frame.copy()
        out["arm"] = out["arm"].map({"control": "z", "walking": "a"})
        return out

    found = cost_effectiveness(*whole, adjust=["utility_0"], **FEW)
    other = cost_effectiveness(*map(swapped, whole), adjust=["utility_0"], **FEW)
    np.testing.assert_allclose(found.increments.values, -other.increments.values, rtol=1e-9)
    np.testing.assert_allclose(found.regressions.covariance, other.regressions.covariance)
    assert other.quadrant == "north-west"  # of a dominant arm


def test_units_of_money_and_covariates_change_nothing_else(whole):
    costs, effects = (one.copy() for one in whole)
    base = cost_effectiveness(*whole, adjust={"effects": ["utility_0"]}, **FEW)
    for name in ("cost", *costs.attrs["parts"]):
        costs[name] *= 100.0
    effects["age"] = 50.0 - 10.0 * effects["utility_0"]
    other = cost_effectiveness(costs, effects, adjust={"effects": ["age"]}, **FEW)
    np.testing.assert_allclose(other.increments.values, base.increments.values * [100.0, 1.0])
    np.testing.assert_allclose(other.pairs(), base.pairs() * [1.0, 100.0], rtol=1e-8)


def test_rows_are_matched_by_id_and_not_by_place(whole):
    costs, effects = whole
    mixed = effects.sample(frac=1, random_state=2)
    mixed.attrs = effects.attrs
    base, found = (cost_effectiveness(costs, one, **FEW) for one in (effects, mixed))
    np.testing.assert_array_equal(base.pairs(), found.pairs())


def test_row_order_and_names_of_people_change_no_estimate(whole):
    base = cost_effectiveness(*whole, adjust={"effects": ["utility_0"]}, **FEW)
    order = np.random.default_rng(3).permutation(60)
    others = [one.iloc[order].assign(participant_id=range(60)) for one in whole]
    for one, before in zip(others, whole, strict=True):
        one.attrs = before.attrs
    found = cost_effectiveness(*others, adjust={"effects": ["utility_0"]}, **FEW)
    np.testing.assert_allclose(found.increments.values, base.increments.values, rtol=1e-9)
    np.testing.assert_allclose(found.regressions.covariance, base.regressions.covariance)


def test_types_of_columns_change_nothing(whole):
    base = cost_effectiveness(*whole, **FEW)
    levels = ["nobody", "control", "walking"]
    typed = []
    for one in whole:
        other = one.convert_dtypes(dtype_backend="pyarrow")
        other["arm"] = pd.Categorical(one["arm"], categories=levels)
        other.attrs = one.attrs
        typed.append(other)
    before = [one.copy() for one in typed]
    found = cost_effectiveness(*typed, **FEW)
    np.testing.assert_array_equal(found.pairs(), base.pairs())
    for one, kept in zip(typed, before, strict=True):
        pd.testing.assert_frame_equal(one, kept)


def test_nobody_is_lost_in_the_merge(gappy, imputed):
    costs, _effects = gappy
    empty = costs[list(costs.attrs["parts"])].isna().all(axis=1)
    assert empty.any()
    assert imputed.counts.participants == imputed.counts.rows == 90
    gaps = costs["cost"].isna()
    assert f"{gaps.sum()} of 90 participants lack a part of costs or effects" in imputed.notes[0]
    assert "never taken as 0" in imputed.notes[0]
    assert f"{empty.sum()} of them have no costs at all." in imputed.notes
    each = imputed.missing.set_index(["column", "group"])["missing"]
    assert each["cost_12", "walking"] == costs.query("arm == 'walking'")["cost_12"].isna().sum()
    assert {"cost_6", "utility_12"} <= set(imputed.missing["column"])


@pytest.mark.parametrize("side", ["costs", "effects"])
def test_people_in_one_frame_only_are_refused_by_name(whole, side):
    frames = dict(zip(("costs", "effects"), whole, strict=True))
    short = frames[side].iloc[2:]
    short.attrs = frames[side].attrs
    other = "effects" if side == "costs" else "costs"
    with pytest.raises(DataError, match=rf"2 participant.* in {other} and not in {side}.*P000"):
        cost_effectiveness(**{**frames, side: short}, **FEW)


def test_twice_in_a_frame_or_in_two_arms_is_refused(whole):
    costs, effects = whole
    with pytest.raises(DataError, match=r"several rows in effects.*P000"):
        cost_effectiveness(costs, pd.concat([effects, effects.iloc[:1]]), effect="qaly", **FEW)
    moved = effects.assign(arm=effects["arm"].where(effects.index > 0, "walking"))
    moved.loc[0, "arm"] = "control" if effects.loc[0, "arm"] == "walking" else "walking"
    with pytest.raises(DataError, match=r"another arm in effects than in costs.*P000"):
        cost_effectiveness(costs, moved, effect="qaly", **FEW)


def test_arms_other_than_two_are_refused(whole):
    costs, effects = (one.drop(columns="arm").assign(arm=list("abc") * 20) for one in whole)
    with pytest.raises(DataError, match=r"arm has 3 level.*compare two arms at a time"):
        cost_effectiveness(costs, effects, effect="qaly", **FEW)
    alone = [one.iloc[:3].assign(arm=["a", "a", "b"]) for one in whole]
    with pytest.raises(DataError, match="single participant"):
        cost_effectiveness(*alone, effect="qaly", **FEW)


def test_a_total_that_is_not_the_sum_of_its_parts_is_refused(whole):
    costs, effects = whole
    wrong = costs.assign(cost=costs["cost"] + (costs.index == 4))
    wrong.attrs = costs.attrs
    with pytest.raises(DataError, match=r"cost differs from the sum of its parts.*P004"):
        cost_effectiveness(wrong, effects, **FEW)
    filled = costs.assign(cost_3=costs["cost_3"].mask(costs.index == 5))
    filled.attrs = costs.attrs
    with pytest.raises(DataError, match=r"cost and its parts .* are not missing together.*P005"):
        cost_effectiveness(filled, effects, **FEW)


def test_costs_below_0_are_refused_by_name(whole):
    costs, effects = (one.copy() for one in whole)
    costs.loc[7, "cost_3"] = -1e4
    add_totals(costs, "cost", costs.attrs["parts"])
    with pytest.raises(DataError, match=r"cost is below 0 for 1 participant.*P007.*refund"):
        cost_effectiveness(costs, effects, **FEW)


def test_a_covariate_of_which_the_frames_say_different_things_is_refused(whole):
    costs, effects = (one.assign(age=50.0) for one in whole)
    effects.loc[2, "age"] = 51.0
    with pytest.raises(DataError, match=r"age differs between costs and effects.*P002"):
        cost_effectiveness(costs, effects, effect="qaly", adjust="age", **FEW)


def test_too_few_to_impute_from_is_said_with_what_to_do():
    few = costs_and_qalys(n=24, gaps=0.3)
    with pytest.raises(DataError, match=r"cannot be imputed within arms: .*complete-cases") as said:
        cost_effectiveness(*few, **GAPPY)
    assert "by=None" not in str(said.value)


def test_horizons_that_differ_are_refused(whole):
    costs, effects = (one.copy() for one in whole)
    effects.attrs["horizon_days"] = 730
    with pytest.raises(ValueError, match=r"one horizon .*costs 365, effects 730"):
        cost_effectiveness(costs, effects, **FEW)
    with pytest.raises(ValueError, match=r"costs 365, horizon_days 180"):
        cost_effectiveness(costs, first_events(costs), horizon_days=180, **FEW)
    bare = costs[["participant_id", "arm", "cost"]]
    bare.attrs = {}
    with pytest.raises(ValueError, match="Up to which day do events count"):
        cost_effectiveness(bare, first_events(costs), **FEW)
    with pytest.raises(ValueError, match="horizon_days must be"):
        cost_effectiveness(bare, first_events(costs), horizon_days=-365, **FEW)


def test_words_and_columns_are_checked(whole):
    costs, effects = whole
    for options, said in (
        ({"missing": "drop"}, "missing must be one of 'impute', 'complete-cases'"),
        ({"effect": "qualy"}, "Did you mean 'qaly'"),
        ({"adjust": {"cost": ["utility_0"]}}, "its keys are 'costs' and 'effects'"),
        ({"adjust": "nothing"}, "No column 'nothing' for a covariate"),
        ({"seed": -1}, "seed must be"),
        ({"replicates": 1}, "replicates must be a whole number of at least 2"),
    ):
        with pytest.raises(ValueError, match=said):
            cost_effectiveness(costs, effects, **{**FEW, **options})
    bare = effects.copy()
    bare.attrs = {}
    with pytest.raises(ValueError, match="Which column of effects is the effect"):
        cost_effectiveness(costs, bare, **FEW)
    twice = effects.assign(again=2.0 * effects["utility_0"])
    with pytest.raises(FitError, match="told apart"):
        cost_effectiveness(costs, twice, effect="qaly", adjust=["utility_0", "again"], **FEW)


def test_the_number_of_pieces_changes_nothing(gappy, imputed, monkeypatch):
    monkeypatch.setattr(value_for_money, "REPLICATES_AT_ONCE", 7)
    again = cost_effectiveness(*gappy, adjust={"effects": ["utility_0"]}, **GAPPY)
    np.testing.assert_array_equal(again.pairs(), imputed.pairs())


def test_a_seed_says_everything_and_another_says_something_else(gappy, imputed):
    other = cost_effectiveness(*gappy, adjust={"effects": ["utility_0"]}, **{**GAPPY, "seed": 2})
    assert not np.allclose(other.pairs(), imputed.pairs())
    assert not np.allclose(other.increments.values, imputed.increments.values)


def test_imputation_is_of_the_parts_and_estimates_are_pooled(imputed):
    assert imputed.handled == "imputed"
    assert imputed.regressions.imputations == 2
    np.testing.assert_array_equal(imputed.regressions.values, imputed.increments.values)
    assert "completed by chained equations within arm" in imputed.method
    assert "each imputed once" in imputed.draws.method
    assert imputed.complete_cases.counts.participants < 90


def test_an_imputed_baseline_is_both_covariate_and_part(gappy):
    costs, effects = (one.copy() for one in gappy)
    effects.loc[effects.index[:6], "utility_0"] = np.nan
    add_totals(effects, "qaly", effects.attrs["parts"])
    found = cost_effectiveness(costs, effects, adjust=["utility_0"], **GAPPY)
    assert "utility_0" in set(found.missing["column"])
    assert np.isfinite(found.pairs()).all()


def test_complete_cases_are_the_totals_that_are_there(gappy):
    costs, effects = gappy
    known = costs["cost"].notna() & effects["qaly"].notna()
    found = cost_effectiveness(costs, effects, missing="complete-cases", **FEW)
    alone = cost_effectiveness(
        *(one[known].reset_index(drop=True) for one in gappy), effect="qaly", **FEW
    )
    np.testing.assert_allclose(found.increments.values, alone.increments.values, rtol=1e-9)
    np.testing.assert_allclose(found.pairs(), alone.pairs(), rtol=1e-6, atol=1e-12)
    np.testing.assert_allclose(found.complete_cases.values, found.increments.values)
    assert found.counts.left_out == {"a part missing": int((~known).sum())}
    assert "left out, never taken as 0" in found.notes[0]


def test_columns_that_only_predict_do_not_decide_who_is_analysed(whole):
    costs, effects = whole
    pain = effects.assign(pain=np.where(effects.index < 5, np.nan, effects["utility_12"] * 3))
    pain.attrs = effects.attrs
    base = cost_effectiveness(costs, effects, **FEW)
    found = cost_effectiveness(costs, pain, using="pain", **FEW)
    np.testing.assert_allclose(found.pairs(), base.pairs(), rtol=ROUNDING)
    assert found.handled == "none missing"


def test_levels_are_covariates_and_are_not_imputed(whole):
    costs, effects = whole
    sexes = effects.assign(sex=np.where(effects.index % 3 == 0, "male", "female"))
    sexes.attrs = effects.attrs
    found = cost_effectiveness(costs, sexes, adjust="sex", **FEW)
    assert "adjusted for sex[male]" in found.method
    sexes.loc[3, "sex"] = None
    with pytest.raises(DataError, match=r"sex is missing for 1 participant.*P003"):
        cost_effectiveness(costs, sexes, adjust="sex", **FEW)


def test_a_rare_level_that_a_resample_lacks_is_left_out_there(whole):
    costs, effects = whole
    site = np.where(costs.index == 7, "small", np.where(costs.index % 2, "east", "west"))
    sites = effects.assign(site=site)
    sites.attrs = effects.attrs
    found = cost_effectiveness(costs, sites, adjust={"costs": "site"}, **FEW)
    assert np.isfinite(found.draws.values).all()
    (note,) = (note for note in found.notes if "said nothing new" in note)
    lacking = int(note.split()[1])
    assert 10 < lacking < 35  # about 60 / e
    # The first such resample, by the regression without that level.
    alone = [pd.get_dummies(site, dtype=float)["west"], pd.Series(site == "small", dtype=float)]
    walks = (costs["arm"] == "walking").to_numpy(dtype=float)
    x = np.column_stack([np.ones(len(walks)), walks, *alone])
    y = costs["cost"].to_numpy()
    some = np.flatnonzero(site != "small")
    slope = np.linalg.lstsq(x[some, :3], y[some], rcond=None)[0]
    made, fewer = _of_the_arm(x[None, some], y[None, some], x[None, some], y[None, some])
    assert fewer == 1
    np.testing.assert_allclose(made[0], slope[1], rtol=1e-8)


def test_events_prevented_are_a_difference_of_risks(whole):
    costs = whole[0]
    events = first_events(costs)
    found = cost_effectiveness(costs, events, **FEW)
    assert found.unit == "recurrence prevented"
    assert found.increments.terms[1] == "prevented[walking]"
    assert found.means.terms[2:] == ("risk[control]", "risk[walking]")
    free = kaplan_meier(events, "arm").at(365)["estimate"]
    np.testing.assert_allclose(found.means.values[2:], 1.0 - free, rtol=1e-9)
    np.testing.assert_allclose(found.increments.values[1], np.diff(free)[0], rtol=1e-9)
    assert found.increments.values[1] > 0
    with pytest.raises(ValueError, match=r"adjust={'costs': "):
        cost_effectiveness(costs, events, adjust="cost_3", **FEW)
    costs_alone = cost_effectiveness(costs, events, adjust={"costs": ["cost_3"]}, **FEW)
    assert costs_alone.increments.values[1] == found.increments.values[1]
    walking = (costs["arm"] == "walking").to_numpy(dtype=float)
    x = np.column_stack([np.ones(len(costs)), walking, costs["cost_3"]])
    slope = np.linalg.lstsq(x, costs["cost"], rcond=None)[0]
    np.testing.assert_allclose(costs_alone.increments.values[0], slope[1], rtol=1e-8)


def test_events_beside_missing_costs(gappy):
    costs = gappy[0]
    events = first_events(costs)
    events.loc[4, ["days", "event"]] = [0.0, False]
    found = cost_effectiveness(costs, events, **GAPPY)
    assert found.handled == "imputed"
    assert any("1 participant(s) without follow-up are not at risk" in note for note in found.notes)
    short = first_events(costs, earliest=100)
    short["days"] = short["days"].clip(upper=200)
    with pytest.raises(DataError, match="before the horizon of 365"):
        cost_effectiveness(costs, short, **GAPPY)


QUADRANTS = [
    (200.0, 0.05, "north-east", "costs more than control and gives more"),
    (-200.0, 0.05, "south-east", "walking is dominant"),
    (-200.0, -0.05, "south-west", "saved for each QALY lost"),
    (200.0, -0.05, "north-west", "walking is dominated"),
    (200.0, 0.0, "on an axis", "gives the same as control and costs more than it"),
    (0.0, 0.05, "on an axis", "costs the same as control and gives more"),
]


@pytest.mark.parametrize(("cost", "effect", "quadrant", "said"), QUADRANTS)
def test_what_is_said_in_each_quadrant(cost, effect, quadrant, said):
    arms, unit = ("control", "walking"), "QALY gained"
    assert said in verdict_of(quadrant, cost, effect, arms, unit)
    both = Estimates(("c", "e"), np.array([cost, effect]), np.diag([100.0, 1e-6]))
    icer, _ = ratio_of(both, quadrant, arms, "cost", unit)
    if quadrant in ("north-east", "south-west"):
        assert icer.estimate == 4000.0
        assert 0 < icer.conf_low < 4000 < icer.conf_high
    else:
        shown = [icer.estimate, icer.conf_low, icer.conf_high, icer.std_error]
        assert np.isnan(shown).all()
        assert "There is no ratio." in icer.notes[0]


@pytest.mark.parametrize(
    ("names", "word"), [({}, "dominated"), ({"control": "z", "walking": "a"}, "dominant")]
)
def test_an_arm_that_dominates_has_no_ratio_in_any_table(names, word):
    frames = costs_and_qalys(dearer=300.0, gain=-0.1)
    for frame in frames:
        frame["arm"] = frame["arm"].replace(names)
    found = cost_effectiveness(*frames, **FEW)
    assert f"{found.arms[1]} is {word}" in str(found)
    ratio = found.to_frame().query("part == 'ratio'")
    assert ratio[["estimate", "conf_low", "conf_high"]].isna().to_numpy().all()


def test_an_interval_that_reaches_dominance_says_so_and_shows_no_negative_ratio():
    both = Estimates(("c", "e"), np.array([50.0, 0.05]), np.diag([100.0**2, 1e-6]))
    icer, found = ratio_of(both, "north-east", ("control", "walking"), "cost", "QALY gained")
    assert found.low < 0
    assert np.isnan(icer.conf_low)
    assert icer.conf_high == found.high
    assert "reaches from walking being dominant" in icer.notes[1]


@pytest.mark.parametrize(("cost", "kind"), [(900.0, "outside"), (300.0, "all")])
def test_where_the_effect_does_not_differ_there_is_no_interval(cost, kind):
    both = Estimates(("c", "e"), np.array([cost, 0.05]), np.diag([300.0**2, 0.04**2]))
    icer, found = ratio_of(both, "north-east", ("control", "walking"), "cost", "QALY gained")
    assert found.kind == kind
    assert np.isnan([icer.conf_low, icer.conf_high]).all()
    assert icer.estimate == cost / 0.05
    assert "does not differ from 0 at the 95 % level" in icer.notes[1]


def test_results_survive_pickling_and_cannot_be_altered(imputed):
    again = pickle.loads(pickle.dumps(imputed))
    np.testing.assert_array_equal(again.pairs(), imputed.pairs())
    assert again.verdict == imputed.verdict
    with pytest.raises(ValueError):
        imputed.draws.values[0, 0] = 1.0


def test_every_number_of_the_result_is_a_row_of_a_plan(imputed):
    from walkstats.plan.numbers import numbers_of

    parts = set(numbers_of(imputed)["part"])
    expected = {"means", "increments", "icer", "quadrants", "draws", "regressions"}
    assert expected | {"complete_cases"} <= parts


def test_a_difference_that_is_rounding_is_none():
    chance = np.random.default_rng(1)
    twins = np.repeat(chance.normal(0.7, 0.1, 40), 2)
    people = pd.DataFrame({"participant_id": [f"p{k}" for k in range(80)], "arm": ["a", "b"] * 40})
    found = cost_effectiveness(
        people.assign(cost=chance.gamma(2, 100, 80)), people.assign(qaly=twins),
        replicates=20, seed=1, cost="cost", effect="qaly",
    )  # fmt: skip
    assert found.quadrant == "on an axis"
    assert "dominant" not in found.verdict
    assert "the same" in found.verdict
