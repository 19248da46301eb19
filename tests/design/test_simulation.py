"""Is a simulated trial a trial: complete, consistent, the same for the same seed?"""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from tests.design.designs import like
from walkstats import derive, survival
from walkstats.design import simulate_trial
from walkstats.reading import check_trial
from walkstats.schema import DTYPES, MEASURES, TABLES


@pytest.fixture(scope="module")
def trial():
    return simulate_trial(like(), seed=9)


def test_same_seed_same_trial_other_seed_another(trial):
    assert simulate_trial(like(), seed=9).equals(trial)
    assert not simulate_trial(like(), seed=10).equals(trial)


def test_numpy_seed_and_state_play_no_part(trial):
    np.random.seed(1)  # noqa: NPY002
    assert simulate_trial(like(), seed=np.int64(9)).equals(trial)


@pytest.mark.parametrize("seed", [None, -1, 1.5, "1", True])
def test_seed_must_be_a_whole_number(seed):
    with pytest.raises(ValueError, match="seed"):
        simulate_trial(like(), seed=seed)


def test_every_table_of_the_dictionary_is_filled(trial):
    for name, table in TABLES.items():
        frame = trial.table(name)
        assert len(frame) > 0, name
        for column in table.columns:
            assert frame[column.name].dtype == DTYPES[column.kind], (name, column.name)
            assert frame[column.name].notna().any(), (name, column.name)
            if column.required:
                assert frame[column.name].notna().all(), (name, column.name)


def test_the_source_says_what_it_is(trial):
    assert trial.synthetic
    assert "constructed to resemble" in trial.source
    # Only the committed sample was selected on its results.
    assert "selected" not in trial.source
    assert trial.source.endswith("(seed 9)")
    assert trial.published == "walkback"


def test_checks_find_no_error(trial):
    findings = check_trial(trial)
    assert not (findings["severity"] == "error").any(), findings.to_string()


def test_scales_are_kept(trial):
    for name, values in trial.outcomes.groupby("measure")["value"]:
        assert values.between(MEASURES[name].low, MEASURES[name].high).all()


def test_frames_reconcile(trial):
    flow = derive.participant_flow(trial)
    total = flow[flow["reason"] == ""].set_index(["stage", "arm"])["n"]
    assert total["screened", ""] == total["excluded", ""] + total["randomised", ""] == 3206
    events = derive.first_recurrence(trial, kind="any")
    for kind in ("activity_limiting", "care_seeking"):
        some = derive.first_recurrence(trial, kind=kind)
        assert (some["event"] <= events["event"]).all()
        assert (some["days"] >= events["days"]).all()
    done = trial.check_ins[trial.check_ins["state"] == "completed"]
    everybody = trial.participants["participant_id"]
    none = everybody[~everybody.isin(done["participant_id"])]
    assert len(none) > 0
    assert not trial.recurrences["participant_id"].isin(none).any()
    assert not trial.adverse_events["participant_id"].isin(none).any()


def test_adverse_events_are_fixed_numbers_on_observed_days(trial):
    table = derive.adverse_events(trial).set_index(["kind", "arm"])
    assert table.loc[("any", "walking"), "participants"] == 183
    assert table.loc[("any", "control"), "participants"] == 190
    assert table.loc[("body region: lower limb", "walking"), "events"] == 100
    assert table.loc[("body region: lower limb", "control"), "events"] == 54
    done = trial.check_ins[trial.check_ins["state"] == "completed"]
    last = done.groupby("participant_id")["covers_to_days"].max()
    day = trial.adverse_events["onset_days"].to_numpy()
    assert (day >= 1).all()
    assert (day <= last[trial.adverse_events["participant_id"]].to_numpy()).all()


def test_sessions_cost_as_often_as_they_were_attended(trial):
    sessions = trial.costs[trial.costs["category"] == "intervention"]
    counted = sessions.groupby("participant_id")["quantity"].sum()
    attended = trial.participants.set_index("participant_id")["sessions_attended"].dropna()
    attended = attended[attended > 0].astype(float)
    pd.testing.assert_series_equal(counted, attended, check_names=False, check_dtype=False)


@pytest.mark.parametrize("sizes", [(2, 2), (30, 30), (120, 121)])
def test_other_sizes(sizes):
    trial = simulate_trial(like().sized(*sizes), seed=1)
    counts = trial.participants["arm"].value_counts()
    assert (counts["control"], counts["walking"]) == sizes
    assert not (check_trial(trial)["severity"] == "error").any()


def test_effects_can_be_changed_and_taken_away():
    design = like().sized(1500, 1500)
    strong = replace(design, recurrence=replace(design.recurrence, rate_ratio_late=0.2))
    ratios = {}
    for name, one in (("none", design.without_effect()), ("as is", design), ("strong", strong)):
        events = derive.first_recurrence(simulate_trial(one, seed=3), kind="activity_limiting")
        ratios[name] = survival.cox(events, "arm").estimate("arm[walking]", ratio=True)
    assert ratios["none"].conf_low < 1 < ratios["none"].conf_high
    assert ratios["strong"].estimate < ratios["as is"].estimate < 0.85


@pytest.mark.slow
def test_null_design_rejects_as_often_as_it_should():
    # log-rank at 5 % in 400 null trials: 0.05 +/- 3.29 Monte Carlo standard errors
    design, rejected, trials = like().sized(60, 60).without_effect(), 0, 400
    for seed in range(trials):
        events = derive.first_recurrence(simulate_trial(design, seed=seed), kind="any")
        rejected += survival.log_rank(events, "arm").p_value < 0.05
    assert abs(rejected / trials - 0.05) < 3.29 * np.sqrt(0.05 * 0.95 / trials)
