"""Natural effects: two roads to each number, relations, and what is refused."""

import functools
import pickle

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import walkstats as ws
from tests.relations import examples
from walkstats.causal import mediate
from walkstats.causal.mediation.mean_outcomes import POINTS, Models, Parameters, mean_outcomes
from walkstats.causal.mediation.uncertainty import Streams, as_units
from walkstats.errors import DataError, FitError
from walkstats.plan.methods import run_method
from walkstats.plan.numbers import numbers_of

# Rounding of normal equations on standardised columns.
SAME = {"rtol": 1e-8, "atol": 1e-9}
# A mean over a normal mediator is known to 2e-8; an effect is a difference of two.
AVERAGED = 1e-7
# Each example fits four models and takes 25 ms.
costly_mediation = examples(12, 200)


def made(n=80, seed=3, binary=False):
    rng = np.random.default_rng(seed)
    arm = np.arange(n) % 2
    age = rng.normal(50, 10, n)
    minutes = 100 + 40 * arm + 0.5 * (age - 50) + rng.normal(0, 30, n)
    pain = 4 - 0.2 * arm - 0.01 * minutes + 0.02 * age + rng.normal(0, 1, n)
    frame = pd.DataFrame(
        {
            "participant_id": [f"P{k}" for k in range(n)],
            "arm": pd.Categorical(np.where(arm == 1, "walking", "control")),
            "age": age,
            "minutes": minutes,
            "pain": pain,
        }
    )
    if binary:
        frame["pain"] = (pain > np.median(pain)).astype(int)
    return frame


def quick(frame, **more):
    asked = {"outcome": "pain", "mediator": "minutes", "seed": 1, "interval": "delta"} | more
    return mediate(frame, **asked)


def test_without_interaction_the_product_is_the_difference():
    """Product of coefficients = change of the arm's coefficient, and the total is least squares."""
    frame = made()
    found = quick(frame, covariates="age", interaction=False)
    with_it = ws.regression.ols(frame, "pain ~ arm + minutes + age")
    without = ws.regression.ols(frame, "pain ~ arm + age")
    total, direct, indirect = found.effects.values
    np.testing.assert_allclose(total, without.estimate("arm[walking]").estimate, **SAME)
    np.testing.assert_allclose(direct, with_it.estimate("arm[walking]").estimate, **SAME)
    np.testing.assert_allclose(total, direct + indirect, **SAME)
    assert found.effects.terms == ("total", "natural direct", "natural indirect")


@functools.cache
def _gauss(points):
    return np.polynomial.hermite_e.hermegauss(points)


def slow_bootstrap(frame, replicates, logistic):
    """The same resamples, one at a time, person by person."""
    arm = (frame["arm"] == "walking").to_numpy(dtype=float)
    m, y = frame["minutes"].to_numpy(), frame["pain"].to_numpy(dtype=float)
    age = frame["age"].to_numpy()
    cell = arm.astype(int)
    drawn = as_units(None, cell).draw(Streams(1), range(replicates))
    out = []
    for rows in drawn:
        a, mm, yy, c = arm[rows], m[rows], y[rows], age[rows]
        x = np.column_stack([np.ones(len(a)), a, c])
        b, rss, *_ = np.linalg.lstsq(x, mm, rcond=None)
        sigma = np.sqrt(rss[0] / (len(a) - 3))
        z = np.column_stack([np.ones(len(a)), a, mm, a * mm, c])
        if logistic:
            import statsmodels.api as sm

            t = sm.Logit(yy, z).fit(disp=0, tol=1e-12).params
        else:
            t = np.linalg.lstsq(z, yy, rcond=None)[0]
        points, weights = _gauss(40)
        cells = []
        for own, other in ((0, 0), (1, 0), (1, 1)):
            means = []
            for age_of in c:
                at = b[0] + b[1] * other + b[2] * age_of + sigma * points
                eta = t[0] + t[1] * own + (t[2] + t[3] * own) * at + t[4] * age_of
                value = 1 / (1 + np.exp(-eta)) if logistic else eta
                means.append(np.sum(weights * value) / weights.sum())
            cells.append(np.mean(means))
        out.append([cells[2] - cells[0], cells[1] - cells[0], cells[2] - cells[1]])
    return np.array(out)


@pytest.mark.parametrize("logistic", [False, True])
def test_resamples_one_by_one(logistic):
    frame = made(60, binary=logistic)
    found = quick(frame, covariates=["age"], interval="bootstrap", replicates=8)
    np.testing.assert_allclose(
        found.draws.values[:, :3], slow_bootstrap(frame, 8, logistic), rtol=1e-6, atol=1e-7
    )


def test_a_steep_logistic_curve_is_averaged_to_eight_digits():
    """The points that a slope gets, against as many as one could want."""
    for slope, (_, points) in zip((0.5, 1.2, 3.0), POINTS, strict=True):
        at = Parameters(
            np.array([[0.1, 0.3]]), np.array([1.0]), np.array([[0.2, -0.4, slope]]), np.ones(1)
        )
        plain = dict(mediator="linear", outcome="logistic", interaction=False, levels=0)
        few, many = (
            mean_outcomes(
                Models(**plain, covariates=0, points=number),
                at, np.empty((5, 0)), np.full((1, 5), 0.2), np.empty((0, 1)),
            )
            for number in (points, 180)
        )  # fmt: skip
        np.testing.assert_allclose(few, many, rtol=0, atol=2e-8)


def test_three_kinds_of_interval_say_the_same():
    frame = made(400)
    errors = {
        kind: quick(frame, covariates="age", interval=kind, replicates=2000).effects.std_errors[:3]
        for kind in ("bootstrap", "monte carlo", "delta")
    }
    # A standard error of 2,000 draws is known to 1.6 %; resamples also let covariates vary.
    np.testing.assert_allclose(errors["monte carlo"], errors["delta"], rtol=0.06)
    np.testing.assert_allclose(errors["bootstrap"], errors["delta"], rtol=0.12)


@given(seed=st.integers(0, 10_000), shift=st.floats(-50, 50), scale=st.floats(0.1, 20))
@costly_mediation
def test_units_and_order_change_nothing(seed, shift, scale):
    frame = made(30, seed)
    found = quick(frame, covariates="age")
    moved = frame.assign(
        minutes=shift + scale * frame["minutes"], pain=scale * frame["pain"], age=frame["age"] / 10
    ).sample(frac=1.0, random_state=seed)
    again = quick(moved, covariates="age")
    np.testing.assert_allclose(again.effects.values, scale * found.effects.values, rtol=1e-6,
                               atol=1e-8 * scale)  # fmt: skip
    np.testing.assert_allclose(again.robustness.values, found.robustness.values, rtol=1e-6,
                               atol=1e-9)  # fmt: skip


@given(seed=st.integers(0, 10_000), binary=st.booleans())
@costly_mediation
def test_swapped_arms_turn_every_effect_round(seed, binary):
    frame = made(40, seed, binary)
    swapped = frame.assign(arm=frame["arm"].cat.reorder_categories(["walking", "control"]))
    try:
        found, again = quick(frame).effects, quick(swapped).effects
    except FitError:  # levels set apart, in either order
        with pytest.raises(FitError):
            quick(swapped)
        return
    pairs = {
        "total": "total",
        "natural direct": "natural direct, mediator as in control",
        "natural indirect": "natural indirect in walking",
        "natural direct, mediator as in walking": "natural direct",
        "natural indirect in control": "natural indirect",
    }
    for one, other in pairs.items():
        np.testing.assert_allclose(
            found.estimate(one).estimate, -again.estimate(other).estimate, rtol=1e-6, atol=AVERAGED
        )


def test_effects_add_up_on_every_scale_and_in_every_draw():
    frame = made(120, binary=True)
    for measure in ("difference", "risk ratio", "odds ratio"):
        found = quick(frame, measure=measure, interval="bootstrap", replicates=50)
        total, direct, indirect, direct_2, indirect_2 = found.effects.values[:5]
        np.testing.assert_allclose([direct + indirect, direct_2 + indirect_2], total, **SAME)
        draws = found.draws.values
        combine = np.add if measure == "difference" else np.multiply
        np.testing.assert_allclose(draws[:, 0], combine(draws[:, 1], draws[:, 2]), **SAME)
        low, high = found.effects.limits[0]
        one = found.draws.estimate("total")
        shown = float if measure == "difference" else np.exp
        np.testing.assert_allclose([one.conf_low, one.conf_high], [shown(low), shown(high)])
        p = found.effects.to_frame()["p_value"]
        assert p.between(0, 1).all()


def test_bca_intervals_are_there():
    found = quick(made(), interval="bootstrap", replicates=200)
    one = found.draws.estimate("natural indirect", kind="bca")
    assert one.conf_low < one.estimate < one.conf_high


def test_the_right_correlation_gives_the_truth_back():
    """Errors of correlation 0.5, arm and mediator interacting: indirect 1 (0.4 + 0.3)."""
    rng = np.random.default_rng(11)
    n = 20_000
    arm = np.arange(n) % 2
    one, two = rng.multivariate_normal([0, 0], [[4.0, 1.5], [1.5, 2.25]], n).T
    minutes = arm + one
    frame = pd.DataFrame({"arm": arm, "minutes": minutes})
    frame["pain"] = 0.5 * arm + 0.4 * minutes + 0.3 * arm * minutes + two
    found = quick(frame, rhos=[0.0, 0.5])
    curve = found.sensitivity.at(0.5).set_index("group")
    for group, truth in (("natural indirect", 0.7), ("natural direct", 0.5)):
        row = curve.loc[group]
        assert abs(row["estimate"] - truth) < 3.29 * row["std_error"]
    naive = found.effects.estimate("natural indirect")
    assert abs(naive.estimate - 0.7) > 3.29 * naive.std_error


def test_the_right_confounder_gives_the_truth_back():
    """A population in whole numbers: U 10 % commoner in arm 1 at either mediator, worth 0.3."""
    cells = {(0, 0): (60, 42), (0, 1): (40, 8), (1, 0): (40, 32), (1, 1): (60, 18)}
    rows = [
        (a, m, u)
        for (a, m), (n, with_u) in cells.items()
        for u in [1] * with_u + [0] * (n - with_u)
    ]
    frame = pd.DataFrame(rows, columns=["arm", "minutes", "u"])
    frame["pain"] = -1.0 * frame["arm"] + 2.0 * frame["minutes"] + 0.3 * frame["u"]
    found = quick(frame)
    np.testing.assert_allclose(found.effects.estimate("natural indirect").estimate, 0.4 - 0.03)
    curve = found.sensitivity.to_frame().query("group == '10% more in 1'")
    there = np.interp(0.3, curve["effect_of_confounder"], curve["estimate"])
    np.testing.assert_allclose(there, 0.4)


def test_a_share_needs_a_total():
    frame = made(400)
    given = quick(frame, covariates="age", interval="bootstrap", replicates=100)
    assert 0 < given.proportion.estimate < 1
    assert given.draws.estimate("proportion mediated").conf_low == given.proportion.conf_low
    nothing = frame.assign(pain=np.random.default_rng(1).normal(size=400))
    whole = quick(nothing, interval="bootstrap", replicates=100)
    assert "proportion mediated" not in whole.draws.names
    found = whole.proportion
    assert np.isnan(found.estimate)
    assert "holds 0" in found.notes[-1]
    against = frame.assign(pain=frame["pain"] + 2 * (frame["arm"] == "walking"))
    assert "opposite" in quick(against, covariates="age").proportion.notes[-1]


def test_visits_are_put_side_by_side():
    frame = made()
    early = frame[["participant_id", "arm", "age", "minutes"]].assign(month=3, pain=5.0)
    late = frame[["participant_id", "arm", "age", "pain"]].assign(month=12, minutes=0.0)
    both = pd.concat([late, early], ignore_index=True)
    found = quick(both, mediator_at=3, outcome_at=12)
    np.testing.assert_allclose(found.effects.values, quick(frame).effects.values, **SAME)
    assert found.mediator == "minutes at month 3"
    without = both[~((both["month"] == 3) & (both["participant_id"] == "P4"))]
    left = quick(without, mediator_at=3, outcome_at=12).counts
    assert left.left_out == {"minutes at month 3 missing": 1}
    with pytest.raises(ValueError, match="must be measured before"):
        quick(both, mediator_at=12, outcome_at=3)
    with pytest.raises(ValueError, match="not before"):
        quick(both, mediator_at=12, outcome_at=12)
    with pytest.raises(ValueError, match="No rows at month 6"):
        quick(both, mediator_at=6, outcome_at=12)
    with pytest.raises(ValueError, match="both visits"):
        quick(both, mediator_at=3)


def test_rows_left_out_are_counted():
    frame = made()
    frame.loc[3, "pain"] = np.nan
    frame.loc[4, "minutes"] = np.nan
    frame.loc[5, "age"] = np.nan
    found = quick(frame, covariates="age")
    assert found.counts.left_out == {"pain missing": 1, "minutes missing": 1, "age missing": 1}
    again = quick(frame.drop([3, 4, 5]), covariates="age")
    np.testing.assert_allclose(found.effects.values, again.effects.values, **SAME)
    assert any("complete cases" in one for one in found.assumptions)


def test_mood_at_three_months_as_levels():
    """A made-up mood in words: proportional odds, and each level a controlled effect."""
    frame = made(200)
    frame["mood"] = pd.cut(frame["minutes"], [-999, 90, 140, 999], labels=["low", "fair", "good"])
    found = quick(frame, mediator="mood", covariates="age", interval="bootstrap", replicates=60)
    assert found.effects.terms[5:] == tuple(
        f"controlled direct, mood at {level}" for level in ("low", "fair", "good")
    )
    assert found.paths is None
    assert list(found.sensitivity.groups) == [f"{d}% more in walking" for d in (10, 20, 30)]
    half = quick(frame.assign(mood=(frame["minutes"] > 110)), mediator="mood")
    assert half.effects.terms[5:] == tuple(f"controlled direct, mood at {k}" for k in (0, 1))


def test_what_is_said():
    found = quick(made().assign(month=1), covariates="age", interval="bootstrap", replicates=40)
    assert "(g-computation)" in found.method
    assert found.assumptions[0].endswith("are like those without.")
    assert "never given by randomisation" in found.assumptions[2]
    assert any(note.startswith("Not randomised: minutes") for note in found.notes)
    again = pickle.loads(pickle.dumps(found))
    assert str(again) == str(found)
    assert "Assumed: 3." in found._repr_html_()
    loose = quick(made(), randomised=False)
    assert loose.notes[0].startswith("NOT RANDOMISED")
    assert "not given by randomisation" in loose.assumptions[0]


def test_rubin_pools_imputed_data_sets():
    several = [quick(made(seed=k), interval="bootstrap", replicates=100).effects for k in (1, 2, 3)]
    pooled = ws.missing.pool(several)
    np.testing.assert_allclose(pooled.values, np.mean([one.values for one in several], axis=0))


@pytest.mark.parametrize(
    ("change", "more", "error", "words"),
    [
        ({}, {"mediator": "pain"}, ValueError, "same column"),
        ({}, {"outcome": "nothing"}, ValueError, "No column 'nothing'"),
        ({}, {"covariates": ["nothing"]}, ValueError, "No column 'nothing' for the covariates"),
        ({}, {"covariates": ["pain"]}, ValueError, "outcome or the mediator itself"),
        ({}, {"covariates": ["age", "arm"]}, ValueError, "the arm itself"),
        ({}, {"strata": ["nothing"]}, ValueError, "No column 'nothing' for the strata"),
        ({"pain": np.nan}, {}, DataError, "80 pain missing"),
        ({}, {"replicates": 1}, ValueError, "at least 2"),
        ({}, {"interval": "bayes"}, ValueError, "interval must be one of"),
        ({}, {"measure": "risk ratio"}, ValueError, "needs an outcome of yes and no"),
        ({}, {"outcome_model": "logistic"}, DataError, "outcome of 0 and 1"),
        ({}, {"mediator_model": "logistic"}, DataError, "mediator of 0 and 1"),
        ({}, {"controlled_at": 9999}, ValueError, "outside what was observed"),
        ({}, {"controlled_at": "much"}, ValueError, "must be values of minutes"),
        ({}, {"rhos": [0.5, 1.0]}, ValueError, "between -1 and 1"),
        ({"minutes": "a"}, {}, DataError, "without an order"),
        ({"minutes": 7.0}, {}, DataError, "same in all rows"),
        ({"pain": "much"}, {}, DataError, "not a number"),
        ({"arm": "walking"}, {}, DataError, "1 level"),
        ({"participant_id": "P1"}, {}, DataError, "one row per participant"),
        ({"age": 1.0}, {"covariates": "age"}, FitError, "constant"),
        ({"event": 1, "days": 9.0}, {"outcome": "event"}, ValueError, "mediate_from_landmark"),
    ],
)
def test_refusals(change, more, error, words):
    with pytest.raises(error, match=words):
        quick(made().assign(**change), **more)


def test_what_cannot_be_told_apart_is_named():
    frame = made()
    with pytest.raises(FitError, match=r"age2 is a combination of .*age"):
        quick(frame.assign(age2=2 * frame["age"]), covariates=["age", "age2"])
    apart = frame.assign(pain=(frame["minutes"] > 110).astype(int))
    with pytest.raises(FitError, match="sets its levels apart"):
        quick(apart)


def test_types_of_columns_change_nothing():
    frame = made(60, binary=True).assign(minutes=lambda x: x["minutes"].round())
    found = quick(frame, interval="bootstrap", replicates=20).draws.values
    for types in (
        {"pain": "bool", "minutes": "Int64"},
        {"pain": "boolean", "minutes": "int64[pyarrow]", "arm": "string[pyarrow]"},
        {"pain": "Int64", "minutes": "float32", "arm": "string"},
    ):
        again = quick(frame.astype(types), interval="bootstrap", replicates=20).draws.values
        np.testing.assert_array_equal(again, found)


@pytest.mark.filterwarnings("error")
def test_resamples_in_which_levels_are_set_apart_are_counted():
    rng = np.random.default_rng(1)
    frame = pd.DataFrame({"arm": np.arange(24) % 2, "minutes": rng.normal(size=24)})
    frame["pain"] = (frame["minutes"] + 0.8 * rng.normal(size=24) > 0).astype(int)
    found = quick(frame, interval="bootstrap", replicates=300, interaction=False)
    gone = int(np.isnan(found.draws.values).any(axis=1).sum())
    assert 0 < gone < 150
    assert found.draws.failed == {"a model could not be fitted": gone}
    assert any(f"{gone} of 300 replicates gave no estimates" in note for note in found.notes)


def test_controlled_effects_at_the_means_of_the_covariates():
    """A logistic outcome has them also without interaction; two linear models do not."""
    found = quick(made(120, binary=True), covariates="age", standardise="means", interaction=False)
    assert found.effects.terms[-1] == "controlled direct, minutes at its mean"
    plain = quick(made(), covariates="age", standardise="means", interaction=False)
    assert len(plain.effects.terms) == 3
    held = quick(made(), interaction=False, controlled_at=[90, 110]).effects
    np.testing.assert_allclose(held.values[3:], held.values[1], **SAME)


def test_few_draws_and_outcomes_counted_from_day_0_are_said():
    few = quick(made(), interval="bootstrap", replicates=20)
    assert any("of 20 draws: take more" in note for note in few.notes)
    whole = quick(made().rename(columns={"pain": "days_in_pain"}), outcome="days_in_pain")
    assert any("counted from day 0" in note for note in whole.notes)


def test_a_late_covariate_is_said():
    frame = made().assign(sessions_attended=np.arange(80) % 6)
    found = quick(frame, covariates="sessions_attended")
    assert any("recorded after randomisation" in note for note in found.notes)


def test_a_plan_gets_every_number_once_and_from_its_seed():
    asked = {"outcome": "pain", "mediator": "minutes", "replicates": 30}
    found = run_method("causal.mediate", made(), asked, level=0.9, seed=5)
    assert found.draws.seed == 5
    assert found.effects.level == 0.9
    numbers = numbers_of(found)
    assert not numbers.duplicated(["part", "term"]).any()
    assert {"effects", "proportion", "means", "paths", "robustness"} <= set(numbers["part"])
