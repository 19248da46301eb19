"""Gray's test, the Fine-Gray model and what is made of hazards: twins, special cases, relations.

EXACT: the same sums in another order; FITTED: both searches end at 1e-9 or better.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import walkstats as ws
from tests.survival.competing_risks.slow_fine_gray import slow_fine_gray
from tests.survival.competing_risks.small_trials import random_trial, tied_trials
from walkstats.errors import DataError, FitError
from walkstats.survival.grouped_rows import read_grouped_rows
from walkstats.survival.log_rank_scores import fleming_harrington, group_scores

EXACT = {"rtol": 1e-9, "atol": 1e-12}
FITTED = {"rtol": 1e-7, "atol": 1e-10}


def gray(frame: pd.DataFrame, **options) -> tuple[np.ndarray, np.ndarray]:
    test = ws.survival.gray_test(frame, "arm", of="recurrence", **options)
    return test.parts["score"], test.parts["covariance"]


def slow_gray(frame: pd.DataFrame, rho: float) -> tuple[float, float]:
    """Score of the first of two arms and its variance, time by time as in Gray (1988)."""
    days, arm = frame["days"].to_numpy(), frame["arm"].cat.codes.to_numpy()
    code = frame["outcome"].cat.codes.to_numpy()
    survival, incidence, pooled, score = [1.0, 1.0], [0.0, 0.0], 0.0, 0.0
    walked = []
    for t in np.unique(days[code > 0]):
        y = [np.sum((days >= t) & (arm == i)) for i in (0, 1)]
        own = [np.sum((days == t) & (arm == i) & (code == 1)) for i in (0, 1)]
        other = [np.sum((days == t) & (arm == i) & (code == 2)) for i in (0, 1)]
        size = [y[i] / survival[i] if y[i] else 0.0 for i in (0, 1)]
        total, d = sum(size), sum(own)
        at_risk = [size[i] * (1 - incidence[i]) for i in (0, 1)]
        weight = (1 - pooled) ** rho
        if d:
            score += weight * (own[0] - d * at_risk[0] / sum(at_risk))
        a = [weight * size[0] * (1 - size[0] / total), -weight * size[0] * size[1] / total]
        flow = [part * d / total / (1 - pooled) for part in a]
        before = list(survival)
        pooled += d / total
        for i in (0, 1):
            if y[i]:
                incidence[i] += before[i] * own[i] / y[i]
                survival[i] *= 1 - (own[i] + other[i]) / y[i]
        walked.append((y, other, d, total, a, flow, before, list(survival), pooled))
    variance = 0.0
    for k, (y, other, d, total, a, _, before, after, f) in enumerate(walked):
        for i in (0, 1):
            rest = sum(step[5][i] for step in walked[k + 1 :])
            left = (1 - f) / after[i] if after[i] > 1e-12 else 0.0
            if y[i] and d:
                ties = 1 - (d - 1) / (total * before[i] - 1) if d > 1 else 1.0
                variance += (a[i] + (1 - left) * rest) ** 2 * ties * before[i] * d / total / y[i]
            if other[i] and after[i] > 1e-12:
                ties = 1 - (other[i] - 1) / (y[i] - 1) if other[i] > 1 else 1.0
                variance += (left * rest) ** 2 * ties * before[i] ** 2 * other[i] / y[i] ** 2
    return score, variance


@pytest.mark.parametrize("seed", range(8))
def test_gray_time_by_time(seed):
    frame = random_trial(seed, 60)
    for rho in (0.0, 1.0, -0.5):
        score, variance = slow_gray(frame, rho)
        found, covariance = gray(frame, rho=rho)
        np.testing.assert_allclose([found[0], covariance[0, 0]], [score, variance], **EXACT)
        np.testing.assert_allclose([found.sum(), covariance.sum()], 0.0, atol=1e-9)


@given(tied_trials)
def test_with_one_outcome_the_score_is_that_of_the_log_rank_test(frame):
    frame["event"] = frame["outcome"] != "censored"
    frame["outcome"] = np.where(frame["event"], "recurrence", "censored")
    score, _ = gray(frame, censored=None if frame["event"].all() else "censored")
    rows = read_grouped_rows(frame, "arm")
    other = group_scores(rows.table(), fleming_harrington(0.0, 0.0))
    np.testing.assert_allclose(score, other.observed - other.expected, rtol=1e-8, atol=1e-9)


@given(tied_trials, st.randoms(use_true_random=False))
def test_gray_knows_no_row_order_no_unit_and_no_first_arm(frame, chance):
    if not (frame["outcome"] == "recurrence").any():
        return
    score, covariance = gray(frame, strata="site")
    order = list(range(len(frame)))
    chance.shuffle(order)
    other = frame.iloc[order].assign(days=frame["days"] / 365.25)
    other["arm"] = other["arm"].cat.reorder_categories(["walking", "control"])
    swapped, same = gray(other, strata="site")
    np.testing.assert_allclose(swapped[::-1], score, **EXACT)
    np.testing.assert_allclose(same[::-1, ::-1], covariance, rtol=1e-8, atol=1e-10)


def test_copies_count_as_people():
    frame = random_trial(1, 40)
    frame["copies"] = 1 + (np.arange(40) % 3)
    spread = frame.loc[frame.index.repeat(frame["copies"])].reset_index(drop=True)
    spread["participant_id"] = [f"q{k}" for k in spread.index]
    for ours, theirs in zip(gray(frame, frequencies="copies"), gray(spread), strict=True):
        np.testing.assert_allclose(ours, theirs, **EXACT)
    for weights in ("estimated", "known"):
        fits = [
            ws.survival.fine_gray(rows, "arm", of="recurrence", censoring_weights=weights, **more)
            for rows, more in ((frame, {"frequencies": "copies"}), (spread, {}))
        ]
        np.testing.assert_allclose(fits[0].values, fits[1].values, **FITTED)
        np.testing.assert_allclose(fits[0].covariance, fits[1].covariance, **FITTED)
        assert fits[0].counts.used == fits[1].counts.used == len(spread)


def test_gray_refuses_what_it_is_not_made_for():
    frame = random_trial(2, 30)
    with pytest.raises(ValueError, match="of must be one of 'recurrence', 'surgery'"):
        ws.survival.gray_test(frame, "arm", of="death")
    spells = frame.rename(columns={"days": "stop_days"}).assign(start_days=0.0)
    with pytest.raises(ValueError, match="late entry"):
        ws.survival.gray_test(spells, "arm", of="surgery")
    with pytest.raises(DataError, match="comparison needs 2 groups"):
        ws.survival.gray_test(frame[frame["arm"] == "control"], "arm", of="surgery")


# --- Fine-Gray ----------------------------------------------------------------------------------


@pytest.mark.parametrize(("seed", "ties"), [(s, t) for s in range(4) for t in (True, False)])
def test_weights_person_by_person(seed, ties):
    frame = random_trial(seed, 80, ties=ties)
    arrays = (frame["days"].to_numpy(), frame["outcome"].cat.codes.to_numpy())
    x = np.column_stack([frame["arm"].cat.codes, frame["age"]]).astype(float)
    for by in (None, "site"):
        group = None if by is None else frame[by].to_numpy()
        slow = slow_fine_gray(*arrays, x, group)
        fit = ws.survival.fine_gray(frame, "arm + age", of="recurrence", censoring_by=by)
        np.testing.assert_allclose(fit.values, slow.values, **FITTED)
        np.testing.assert_allclose(fit.covariance, slow.covariance, **FITTED)
        known = ws.survival.fine_gray(
            frame, "arm + age", of="recurrence", censoring_by=by, censoring_weights="known"
        )
        np.testing.assert_allclose(known.covariance, slow.known, **FITTED)


def test_without_other_outcomes_it_is_cox():
    frame = random_trial(4)
    own = frame["outcome"] == "recurrence"
    frame["outcome"] = np.where(own, "recurrence", "censored")
    fit = ws.survival.fine_gray(frame, "arm + age", of="recurrence", strata="site")
    other = ws.survival.cox(
        frame, "arm + age", event="outcome", event_value="recurrence", strata="site",
        ties="breslow", robust=True,
    )  # fmt: skip
    np.testing.assert_allclose(fit.values, other.values, **FITTED)
    np.testing.assert_allclose(fit.covariance, other.covariance, **FITTED)


def test_without_censoring_others_stay_for_ever():
    frame = random_trial(6)
    frame = frame[frame["outcome"] != "censored"].reset_index(drop=True)
    fit = ws.survival.fine_gray(frame, "arm + age", of="recurrence")
    own = frame["outcome"] == "recurrence"
    far = frame.assign(days=frame["days"].where(own, 1e3), event=own)
    other = ws.survival.cox(far, "arm + age", ties="breslow", robust=True)
    np.testing.assert_allclose(fit.values, other.values, **FITTED)
    np.testing.assert_allclose(fit.covariance, other.covariance, **FITTED)
    assert len(fit.kept) == len(frame)


@pytest.mark.parametrize("seed", range(3))
def test_relations_of_the_model(seed):
    frame = random_trial(seed + 30)
    fit = ws.survival.fine_gray(frame, "arm + age", of="recurrence")

    def same(rows: pd.DataFrame, formula: str = "arm + age", scale: float = 1.0, **more) -> None:
        found = ws.survival.fine_gray(rows, formula, of="recurrence", **more)
        np.testing.assert_allclose(found.values, fit.values * [scale, 1], **FITTED)
        np.testing.assert_allclose(found.std_errors, fit.std_errors, **FITTED)

    shuffled = frame.sample(frac=1.0, random_state=seed)
    same(shuffled.assign(days=shuffled["days"] / 365.25))
    swapped = frame.assign(arm=frame["arm"].cat.reorder_categories(["walking", "control"]))
    same(swapped, scale=-1.0)
    same(frame.assign(age=pd.array(frame["age"], dtype="Float64"), clinic=frame["participant_id"]),
         cluster="clinic")  # fmt: skip
    spells = frame.assign(start_days=0.0, stop_days=frame["days"]).drop(columns="days")
    long = spells["stop_days"] > 7
    first = spells[long].assign(stop_days=7.0, outcome="censored")
    pieces = pd.concat([first, spells.assign(start_days=np.where(long, 7.0, 0.0))])
    pieces["outcome"] = pd.Categorical(pieces["outcome"], frame["outcome"].cat.categories)
    same(spells)
    same(pieces)
    gaps = pd.concat([frame, frame.iloc[:2].assign(participant_id=["x", "y"], age=np.nan)])
    found = ws.survival.fine_gray(gaps, "arm + age", of="recurrence")
    np.testing.assert_allclose(found.covariance, fit.covariance, **FITTED)
    assert found.counts.left_out == {"age missing": 2}
    assert found.counts.participants == 120


def test_what_a_fit_says():
    frame = random_trial(8)
    fit = ws.survival.fine_gray(frame, "arm", of="recurrence", censoring_by="site")
    assert fit.counts.participants == 120
    assert fit.counts.events == (frame["outcome"] == "recurrence").sum()
    assert fit.measure == "subdistribution hazard ratio"
    assert "Fine-Gray" in fit.method
    assert "estimated within site" in fit.method
    assert set(fit.kept) == set(range(120))
    with pytest.raises(ValueError, match="No row has the outcome 'death'"):
        ws.survival.fine_gray(frame, "arm", of="death")
    rows = frame.assign(age=frame["age"].where(frame["outcome"] != "surgery"))
    with pytest.raises(FitError, match="nothing can be modelled"):
        ws.survival.fine_gray(rows, "age", of="surgery")


def test_a_coefficient_at_infinity_is_said_to_be_so():
    frame = random_trial(1)
    frame["marker"] = (frame["outcome"] == "recurrence").astype(int)
    fit = ws.survival.fine_gray(frame, "marker", of="recurrence")
    assert fit.state == "infinite"
    assert fit.values[0] == np.inf
    assert np.isnan(fit.std_errors[0])
    assert "likelihood rises for ever" in " ".join(fit.notes)
    assert "Profile-likelihood interval" in fit.method


@pytest.mark.parametrize(
    ("formula", "change", "message"),
    [
        ("outcome", {}, "'outcome' is the outcome of these data"),
        ("days + arm", {}, "'days' is the time of these data"),
        ("arm", {"days": 0.0}, "have the outcome at the time at which they come under"),
        ("armm", {}, "Did you mean 'arm'"),
    ],
)
def test_what_cannot_be_modelled(formula, change, message):
    with pytest.raises((ValueError, DataError), match=message):
        ws.survival.fine_gray(random_trial(1).assign(**change), formula, of="recurrence")


def test_times_must_be_finite_where_an_effect_changes():
    with pytest.raises(ValueError, match="one finite number for each time"):
        ws.survival.fine_gray(
            random_trial(1), "age", of="recurrence", changing={"age": lambda t: np.log(t - 3)}
        )


# --- hazards and what follows from them ---------------------------------------------------------


def fits_of(frame: pd.DataFrame, formula: str) -> dict[str, ws.results.CoxFit]:
    return {
        name: ws.survival.cause_specific_cox(frame, formula, of=name)
        for name in ("recurrence", "surgery")
    }


def test_what_is_said_of_clusters_is_said_once():
    frame = random_trial(9)
    fit = ws.survival.fine_gray(frame, "arm", of="surgery", cluster="site")
    assert sum("few clusters" in note for note in fit.notes) == 1


def test_a_cause_specific_model_censors_the_others():
    frame = random_trial(9)
    fit = ws.survival.cause_specific_cox(frame, "arm + age", of="surgery", strata="site")
    frame["event"] = frame["outcome"] == "surgery"
    other = ws.survival.cox(frame, "arm + age", strata="site")
    np.testing.assert_array_equal(fit.values, other.values)
    np.testing.assert_array_equal(fit.covariance, other.covariance)
    assert "; recurrence ends follow-up" in fit.method


@pytest.mark.parametrize("form", ["matrix-exponential", "exponential", "product-limit"])
def test_risks_of_models_without_effects_are_incidences(form):
    """Balanced halves that differ in nothing: coefficient 0, so the plain incidence."""
    half = random_trial(10, 200, ties=False)
    both = pd.concat([half.assign(z=0), half.assign(z=1)]).drop(columns="participant_id")
    fits = fits_of(both, "z")
    found = ws.survival.absolute_risks(fits, pd.DataFrame({"z": [0.5]}), form=form)
    plain = ws.survival.cumulative_incidence(both)
    days = [10.0, 20.0, 40.0]
    ours, theirs = found.at(days), plain.at(days)
    # Efron's hazards of two tied events and products or exponentials differ by about 1/n.
    np.testing.assert_allclose(ours["estimate"], theirs["estimate"], rtol=0.03)
    np.testing.assert_allclose(ours["std_error"], theirs["std_error"], rtol=0.05)
    free = (found.event_free.at(days), plain.event_free.at(days))
    np.testing.assert_allclose(free[0]["std_error"], free[1]["std_error"], rtol=0.05)
    if form == "matrix-exponential":
        total = ours.groupby("days")["estimate"].sum().to_numpy() + free[0]["estimate"].to_numpy()
        np.testing.assert_allclose(total, 1.0, rtol=1e-12)


def test_prediction_at_no_effect_is_the_incidence():
    half = random_trial(11, 150)
    both = pd.concat([half.assign(z=0), half.assign(z=1)]).drop(columns="participant_id")
    fit = ws.survival.fine_gray(both, "z", of="recurrence")
    found = ws.survival.predict_incidence(fit, pd.DataFrame({"z": [0.5]}))
    plain = ws.survival.cumulative_incidence(both).of("recurrence")
    days = [10.0, 20.0, 40.0]
    ours, theirs = found.at(days), plain.at(days)
    np.testing.assert_allclose(ours["estimate"], theirs["estimate"], rtol=0.02)
    # The weights count as known, which costs little here.
    np.testing.assert_allclose(ours["std_error"], theirs["std_error"], rtol=0.06)
    with pytest.raises(ValueError, match="must come from fine_gray"):
        ws.survival.predict_incidence(fits_of(both, "z")["surgery"], pd.DataFrame({"z": [0]}))


def test_times_lost_sum_to_the_horizon():
    frame = random_trial(12)
    found = ws.survival.times_lost(frame, "arm", tau=40)
    lost = found.by_group.values.reshape(2, 2).sum(axis=0)
    np.testing.assert_allclose(lost + found.event_free.values, 40.0, rtol=1e-12)
    frame["event"] = frame["outcome"] != "censored"
    means = ws.survival.restricted_means(frame, "arm", tau=40, robust=True)
    np.testing.assert_allclose(found.event_free.values, means.by_group.values, **EXACT)
    np.testing.assert_allclose(found.event_free.covariance, means.by_group.covariance, **EXACT)
    with pytest.raises(ValueError, match="lies beyond the follow-up of arm"):
        ws.survival.times_lost(frame, "arm", tau=400)


def test_pseudo_values_leave_one_out():
    frame = random_trial(13, 40)
    values = ws.survival.pseudo_incidences(frame, "arm", of="recurrence", at=[10, 30])
    for k in (0, 7, 21):
        group = frame[frame["arm"] == frame["arm"][k]]
        whole, without = (
            ws.survival.cumulative_incidence(rows).of("recurrence").at([10, 30])["estimate"]
            for rows in (group, group.drop(index=k))
        )
        n = len(group)
        np.testing.assert_allclose(values.loc[k], n * whole - (n - 1) * without, **EXACT)
    with pytest.raises(ValueError, match="beyond the follow-up"):
        ws.survival.pseudo_incidences(frame, of="recurrence", at=1000)


def test_states_of_single_changes_are_incidences():
    frame = random_trial(14)
    plain = ws.survival.cumulative_incidence(frame, "arm")
    states = ws.survival.state_occupancy(frame, "arm")
    columns = ["group", "outcome", "days", "estimate", "std_error", "conf_low", "n_event"]
    pd.testing.assert_frame_equal(states.frame[columns], plain.frame[columns])
    assert (states.frame["n_risk"] == 0).all()
    with pytest.raises(ValueError, match="has no quantiles"):
        states.quantile()
    with pytest.raises(ValueError, match="is one of the outcomes"):
        ws.survival.state_occupancy(frame, initial="surgery")
    spells = pd.DataFrame({
        "participant_id": ["a", "a"], "start_days": [0, 5], "stop_days": [5, 9],
        "outcome": ["ill", "ill"],
    })  # fmt: skip
    with pytest.raises(DataError, match="end in the state that they are spent in, such as ill"):
        ws.survival.state_occupancy(spells, censored=None)


@pytest.mark.slow
def test_errors_of_predictions_are_those_of_leaving_people_out():
    """100 blocks of 5 left out in turn: a standard error known to 1 / sqrt(2 * 99) = 7 %.

    Each ratio is held to 3.29 times that, their mean to 7 %. Errors of the cumulative hazard, taken
    for those of the incidence, fail.
    """
    frame = random_trial(40, 500)
    block = np.arange(500) % 100
    new, days = pd.DataFrame({"arm": ["control", "walking"], "age": [45, 60]}), [10, 25]

    def by_subdistribution(rows: pd.DataFrame) -> pd.DataFrame:
        fit = ws.survival.fine_gray(rows, "arm + age", of="recurrence")
        return ws.survival.predict_incidence(fit, new, times=days).frame

    def by_hazards(rows: pd.DataFrame) -> pd.DataFrame:
        return ws.survival.absolute_risks(fits_of(rows, "arm + age"), new, times=days).frame

    for predicted in (by_subdistribution, by_hazards):
        whole = predicted(frame)
        left_out = np.array([predicted(frame[block != k])["estimate"] for k in range(100)])
        error = np.sqrt(99 * left_out.var(axis=0))
        ratio = whole["std_error"].to_numpy() / error
        assert abs(ratio.mean() - 1.0) < 0.07
        assert np.all(np.abs(ratio - 1.0) < 3.29 * 0.07)
        wrong = ratio / (1.0 - whole["estimate"].to_numpy())
        assert not np.all(np.abs(wrong - 1.0) < 3.29 * 0.07)


def test_what_is_said_of_rows_that_end_at_time_zero_is_what_is_done():
    frame = pd.DataFrame(
        {
            "days": [0, 0, 5, 7, 9, 12, 15, 20],
            "outcome": ["censored", "surgery", "a", "surgery", "a", "a", "censored", "a"],
            "x": [0, 1, 1, 0, 1, 0, 0, 1],
        }
    )
    fit = ws.survival.fine_gray(frame, "x", of="a")
    assert fit.notes[-2:] == (
        "Censored at time 0, at risk of no event: 1 row(s).",
        "Another outcome at time 0: 1 row(s), which stay at risk in the subdistribution hazard, "
        "weighted as after any other outcome.",
    )
    alone = ws.survival.fine_gray(frame.drop(index=0), "x", of="a")
    later = frame.drop(index=0).assign(days=lambda rows: rows["days"].clip(lower=1))
    moved = ws.survival.fine_gray(later, "x", of="a")
    np.testing.assert_allclose(alone.values, moved.values, **FITTED)
    without = ws.survival.fine_gray(frame.drop(index=[0, 1]), "x", of="a")
    assert abs(without.values[0] - alone.values[0]) > 0.01


def test_everybody_censored_before_the_others_enter() -> None:
    """Somebody who is at risk at no event changes nothing, though censoring then takes all."""
    frame = random_trial(8, 80).assign(entry=3.0)
    frame["days"] += 4.0
    early = frame.iloc[[0]].assign(participant_id="early", entry=0.0, days=2.0, outcome="censored")
    both = pd.concat([frame, early], ignore_index=True)
    options = {"of": "recurrence", "entry": "entry"}
    for known in ("known", "estimated"):
        own, found = (
            ws.survival.fine_gray(one, "arm + age", censoring_weights=known, **options)
            for one in (frame, both)
        )
        np.testing.assert_allclose(found.values, own.values, **FITTED)
        np.testing.assert_allclose(found.covariance, own.covariance, **FITTED)


def test_weights_and_copies_are_said() -> None:
    frame = random_trial(9, 60).assign(w=0.5, copies=2)
    fit = ws.survival.fine_gray(frame, "arm", of="recurrence", weights="w", frequencies="copies")
    assert "weighted by w, rows counted copies times" in fit.method


def test_without_covariates() -> None:
    fit = ws.survival.fine_gray(random_trial(9, 60), "1", of="recurrence")
    assert fit.terms == ()
    assert fit.covariance.shape == (0, 0)


def test_rows_left_out_are_told_by_arm() -> None:
    frame = random_trial(9, 60)
    frame.loc[:5, "age"] = np.nan
    fit = ws.survival.fine_gray(frame, "arm + age", of="recurrence")
    assert any(note.startswith("Rows left out by arm:") for note in fit.notes)


def test_all_outcomes_at_one_time_cannot_be_compared() -> None:
    frame = pd.DataFrame({"days": 6.0, "outcome": "recurrence", "arm": list("aabbbc")})
    test = ws.survival.gray_test(frame, "arm", of="recurrence", censored=None)
    assert np.isnan(test.statistic)
    assert np.isnan(test.p_value)
    assert test.df == 2
    assert any(note.startswith("Variance zero") for note in test.notes)


def test_a_time_lost_of_which_nothing_is_known_has_no_error() -> None:
    frame = pd.DataFrame(
        {
            "days": [2.0, 3, 5, 9, 4, 6, 7, 9],
            "outcome": ["recurrence", "recurrence", "surgery", "censored"] + ["surgery"] * 2
            + ["censored"] * 2,
            "arm": ["control"] * 4 + ["walking"] * 4,
        }
    )  # fmt: skip
    found = ws.survival.times_lost(frame, "arm", tau=8)
    lost = found.by_group.estimate("walking: recurrence")
    assert lost.estimate == 0.0
    assert np.isnan(lost.std_error)
    gap = found.difference.estimate("arm[walking]: recurrence")
    assert gap.estimate < 0
    assert np.isnan(gap.conf_low)
    assert np.isnan(gap.p_value)
    assert np.isfinite(found.difference.estimate("arm[walking]: surgery").std_error)
    assert np.isfinite(found.event_free.std_errors).all()
    assert any("no variance can be estimated: walking: recurrence" in note for note in found.notes)


def test_copies_are_people_with_an_entry_time_too() -> None:
    frame = random_trial(4, 50).assign(copies=lambda f: 1 + f.index % 3, entry=0.0)
    double = frame.loc[frame.index.repeat(frame["copies"])].drop(columns="participant_id")
    options = {"by": "arm", "tau": 20, "entry": "entry"}
    found = ws.survival.times_lost(frame, frequencies="copies", **options)
    own = ws.survival.times_lost(double, **options)
    np.testing.assert_allclose(found.by_group.std_errors, own.by_group.std_errors, **EXACT)
