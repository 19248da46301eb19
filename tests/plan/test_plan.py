"""A plan as data: what it may say, and that its run gives what the methods give when called."""

import dataclasses

import numpy as np
import pandas as pd
import pytest

import walkstats as ws
from walkstats.errors import DataError
from walkstats.plan import (
    Analysis,
    AnalysisPlan,
    Frame,
    default_plan,
    read_plan,
    run_plan,
    write_plan,
)
from walkstats.plan.beside import beside_plan
from walkstats.schema import empty_table

EVENTS = Frame("first_recurrence", {"kind": "any"})


@pytest.fixture(scope="module")
def bladder():
    return ws.load_sample("bladder")


@pytest.fixture(scope="module")
def done(bladder):
    return run_plan(bladder, default_plan(bladder), seed=1)


def plan(*analyses, **options):
    return AnalysisPlan("test", descriptions=tuple(analyses), **options)


def test_the_run_gives_what_the_methods_give(bladder, done):
    events = ws.derive.first_recurrence(bladder, kind="any")
    fit = ws.survival.cox(events, "arm")
    ran = done.results["any_cox"]
    assert np.array_equal(fit.values, ran.values)
    assert np.array_equal(fit.covariance, ran.covariance)
    rows = done.numbers[done.numbers["analysis"] == "any_cox"].set_index("term")
    expected = fit.to_frame(ratio=True).set_index("term")
    assert rows["estimate"].tolist() == expected["estimate"].tolist()
    assert rows["p_value"].tolist() == expected["p_value"].tolist()
    assert set(rows["scale"]) == {"ratio"}
    medians = done.numbers.query("analysis == 'any_curve' and part == 'median'")
    curve = ws.survival.kaplan_meier(events, "arm")
    assert medians["estimate"].tolist() == curve.quantile(0.5).values.tolist()


def test_the_default_plan_asks_only_for_what_is_recorded(bladder):
    names = [one.name for one in default_plan(bladder).analyses]
    assert "activity_limiting_cox" not in names
    assert "pain_on_walking" not in names
    assert "any_cox_unadjusted" not in names
    assert {"any_incidence", "any_gray"} < set(names)  # 17 died before a recurrence
    assert "activity_limiting_incidence" not in {
        one.name for one in default_plan(ws.load_sample("walkback-like")).analyses
    }
    statuses = {one.name: one.status for one in default_plan(bladder).analyses}
    assert statuses["any_cox"] == "primary"


def test_times_lie_within_the_follow_up_of_every_arm(bladder):
    events = ws.derive.first_recurrence(bladder, kind="any")
    last = events.groupby("arm", observed=True)["days"].max().min()
    arguments = {one.name: one.arguments for one in default_plan(bladder).analyses}
    assert arguments["any_means"]["tau"] <= last
    assert max(arguments["any_risks"]["at"]) <= last


def cut_short(trial, days):
    """The same trial, its follow-up ended by the plan."""
    import dataclasses

    people = trial.participants.copy()
    people["planned_end_days"] = people["planned_end_days"].clip(upper=days)
    return dataclasses.replace(trial, participants=people)


@pytest.mark.parametrize(
    ("days", "tau", "at", "told"),
    [
        (400, 365.0, [90.0, 180.0, 365.0], ("", "")),
        (
            200.5,
            200.0,
            [90.0, 180.0],
            ("day 200, the last whole day", "90, 180, 365 up to day 200"),
        ),
        (40, 40.0, [40.0], ("instead of day 365", "day 40, the last whole day")),
    ],
)
def test_a_horizon_that_the_data_chose_is_said_to_be_one(bladder, days, tau, at, told):
    short = cut_short(bladder, days)
    planned = {one.name: one for one in default_plan(short).analyses}
    means, risks = planned["any_means"], planned["any_risks"]
    assert (means.arguments["tau"], risks.arguments["at"]) == (tau, at)
    for one, words in zip((means, risks), told, strict=True):
        assert ("chosen from these data" in one.note) == bool(words)
        assert words in one.note
    again = {
        one.name: one.note for one in run_plan(short, default_plan(short), seed=1).plan.analyses
    }
    assert again["any_means"] == means.note


def test_the_reference_dose_is_said_to_come_from_the_data():
    planned = {one.name: one for one in default_plan(ws.load_sample("walkback-like")).analyses}
    dose = planned["pain_dose"]
    assert f"{dose.arguments['reference']:g} minutes a week is their median" in dose.note


def test_every_cox_model_that_stands_for_a_kind_is_checked():
    planned = {one.name: one for one in default_plan(ws.load_sample("walkback-like")).analyses}
    for kind in ("activity_limiting", "any", "care_seeking"):
        check = planned[f"{kind}_proportionality"]
        assert check.of == f"{kind}_cox"
        assert check.section == planned[f"{kind}_cox"].section


def test_an_arm_that_nobody_followed_is_a_deviation_and_no_silence(bladder):
    import dataclasses

    people = bladder.participants.copy()
    people.loc[people["arm"] == "thiotepa", "planned_end_days"] = 0.0
    empty = dataclasses.replace(bladder, participants=people)
    ran = run_plan(empty, default_plan(empty), seed=1)
    assert "any_means" in set(ran.deviations["item"])


def test_a_plan_is_written_and_read_back_the_same(bladder, tmp_path):
    asked = default_plan(bladder)
    odd = plan(
        *asked.analyses,
        Analysis(
            'say "x"',
            "back\\slash, äöü\n",
            "S",
            "frame",
            Frame("visits", {"measures": ["a"]}, {"month": 3}),
            note='chosen "late"',
        ),
        published={"a.b": {"analysis": "any_cox", "term": "arm[thiotepa]", "ratio": True}},
        record="walkback",
        alpha=0.1,
    )
    for one in (asked, odd):
        write_plan(one, tmp_path / "plan.toml")
        again = read_plan(tmp_path / "plan.toml")
        assert _plain(again) == _plain(one)


def _plain(one):
    from walkstats.plan.as_toml import plan_text

    return plan_text(one)


@pytest.mark.parametrize(
    ("analyses", "words"),
    [
        ([Analysis("a", "t", "s", "os.system", EVENTS)], "no method 'os.system'"),
        ([Analysis("a", "t", "s", "survival.cox", Frame("eval"))], "no frame 'eval'"),
        ([Analysis("a", "t", "s", "survival.cox")], "either a frame or an earlier result"),
        ([Analysis("a", "t", "s", "survival.cox", of="b")], "does not stand before it"),
        ([Analysis("a", "t", "s", "frame", EVENTS)] * 2, "stands twice"),
        ([Analysis("a", "t", "s", "frame", EVENTS, status="best")], "status must be one of"),
    ],
)
def test_what_a_plan_cannot_say(analyses, words):
    with pytest.raises(DataError, match=words):
        plan(*analyses)


def test_a_bad_alpha_is_refused_before_the_data_are_seen():
    with pytest.raises(DataError, match="alpha must lie between 0 and 1"):
        plan(Analysis("a", "t", "s", "frame", EVENTS), alpha=95)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("title = 3 3", "cannot be read as TOML"),
        ('title = "x"', "neither an outcome nor an analysis"),
        ('title = "x"\nanalysis = []\ncolour = 1', "unknown entry 'colour'"),
        ('title = "x"\n[[analysis]]\nname = "a"', "analysis 'a': method is missing"),
        ('title = "x"\nanalysis = 3', "analysis must be a list of tables"),
        ('title = "x"\nanalysis = [1]', "must be a table, got 1"),
        ("title = 3\nanalysis = []", "title must be a text"),
    ],
)
def test_a_plan_file_that_cannot_be_read_says_why(text, words, tmp_path):
    (tmp_path / "plan.toml").write_text(text, encoding="utf-8")
    with pytest.raises(DataError, match=words):
        read_plan(tmp_path / "plan.toml")
    with pytest.raises(DataError, match="there is no plan"):
        read_plan(tmp_path / "none.toml")


def test_a_model_that_cannot_be_fitted_is_a_deviation_and_the_rest_goes_on(bladder):
    nobody = Frame("first_recurrence", {"kind": "any"}, {"event": False})
    asked = plan(
        Analysis(
            "none", "Nobody recurs", "S", "survival.cox", nobody, arguments={"formula": "arm"}
        ),
        Analysis("zph", "Its check", "S", "survival.check_proportional_hazards", of="none"),
        Analysis("curve", "Curve", "S", "survival.kaplan_meier", EVENTS, arguments={"by": "arm"}),
    )
    ran = run_plan(bladder, asked, seed=1)
    assert ran.deviations["item"].tolist() == ["none", "zph"]
    assert "event" in ran.deviations["happened"].iloc[0]
    assert list(ran.results) == ["curve"]


def test_an_analysis_that_asks_for_what_is_not_there_is_a_deviation(bladder):
    wrong = Analysis("c", "t", "S", "survival.cox", EVENTS, arguments={"formula": "weight"})
    late = {"by": "arm", "tau": 1e6}
    beyond = Analysis("m", "t", "S", "survival.restricted_means", EVENTS, arguments=late)
    odd = Analysis("o", "t", "S", "survival.cox", EVENTS, arguments={"formula": "arm", "ties": 3})
    fine = Analysis("k", "t", "S", "survival.kaplan_meier", EVENTS, arguments={"by": "arm"})
    ran = run_plan(bladder, plan(wrong, beyond, odd, fine), seed=1)
    assert ran.deviations["item"].tolist() == ["c", "m", "o"]
    assert "No column 'weight'" in ran.deviations["happened"].iloc[0]
    assert "tau" in ran.deviations["happened"].iloc[1]
    assert list(ran.results) == ["k"]


def test_frames_are_made_and_their_columns_looked_for_before_a_plan_is_run(bladder):
    cox = "survival.cox"
    checked = ws.plan.check_plan(
        plan(
            Analysis("a", "t", "S", cox, EVENTS, arguments={"formula": "arm + weight"}),
            Analysis("b", "t", "S", cox, EVENTS, arguments={"formula": "arm +"}),
            Analysis("c", "t", "S", cox, EVENTS, arguments={"formula": "arm", "strata": ["site"]}),
            Analysis("d", "t", "S", "frame", Frame("first_recurrence", {"kind": "any"}, {"x": 1})),
            Analysis("e", "t", "S", "frame", Frame("visits", {"measures": ["rmdq"]})),
            Analysis("f", "t", "S", "survival.kaplan_meier", EVENTS, arguments={"by": "arm"}),
        ),
        bladder,
    )
    told = dict(zip(checked["problem"], checked["severity"], strict=True))
    assert [text.partition(": ")[0] for text in told] == [f"analysis '{x}'" for x in "eabcd"]
    assert "analysis 'a': its frame, first_recurrence, has no column 'weight'" in told
    assert "analysis 'd': first_recurrence has no column 'x'" in told
    assert list(told.values()) == ["warning", "error", "error", "error", "error"]


def test_a_published_figure_must_have_a_place():
    curve = Analysis("k", "t", "S", "survival.kaplan_meier", EVENTS, arguments={"by": "arm"})
    for place in ({}, {"analysis": "none", "term": "x"}, {"analysis": "k"}):
        with pytest.raises(DataError, match=r"published 'a\.b'"):
            plan(curve, published={"a.b": place}, record="walkback")


def test_nobody_followed_leaves_nothing_to_plan_of_recurrences(bladder):
    gone = bladder.participants.assign(planned_end_days=0.0, withdrawn_days=float("nan"))
    bare = dataclasses.replace(bladder, participants=gone, recurrences=empty_table("recurrences"))
    assert [one.name for one in default_plan(bare).analyses] == ["flow", "baseline"]


@pytest.mark.parametrize("seed", [None, -1, 1.5, "1", True])
def test_the_seed_is_a_whole_number(bladder, seed):
    with pytest.raises(ValueError, match="seed must be"):
        run_plan(bladder, plan(Analysis("a", "t", "s", "frame", EVENTS)), seed=seed)


def test_the_level_of_the_plan_reaches_every_method(bladder):
    asked = default_plan(bladder)
    wide = run_plan(bladder, dataclasses.replace(asked, alpha=0.01), seed=1)
    assert wide.results["any_cox"].level == 0.99
    assert wide.results["any_curve"].level == 0.99
    assert wide.results["any_means"].difference.level == 0.99


def test_published_figures_stand_beside_ours():
    trial = ws.load_sample("walkback-like")
    asked = default_plan(trial)
    named = {place["analysis"] for place in asked.published.values()}
    kept = tuple(one for one in asked.analyses if one.name in named)
    ran = run_plan(trial, dataclasses.replace(asked, outcomes=(), descriptions=kept), seed=1)
    assert len(ran.deviations) == 0
    beside = ran.beside.set_index("name")
    name = "primary_outcome_activity_limiting_recurrence.hr"
    events = ws.derive.first_recurrence(trial, kind="activity_limiting")
    ours = ws.survival.cox(events, "arm").estimate("arm[walking]", ratio=True)
    assert beside.loc[name, "ours"] == ours.estimate
    assert beside.loc[name, "published"] == 0.72
    assert beside.loc["adverse_events.any_ae_control.n", "ours"] == 190
    ill = ws.derive.recovery(trial, kind="any")
    duration = "secondary_analysis_duration_severity"
    assert beside.loc[f"{duration}.n_first_recurrences", "ours"] == len(ill)
    faster = ws.survival.cox(ill, "arm").estimate("arm[walking]", ratio=True)
    assert beside.loc[f"{duration}.hr_recovery", "ours"] == faster.estimate
    assert beside.loc[f"{duration}.hr_recovery", "published"] == 1.3
    assert beside.loc["flow.randomised", "ours"] == len(trial.participants) == 701
    walked = ws.derive.visits(trial, measures="pain_nrs", walking_weeks=4).query("month == 3")
    mean = walked.groupby("arm", observed=True)["walking_minutes"].mean()["walking"]
    leaf = "secondary_continuous.walking_minutes_per_week.m3.intervention"
    assert beside.loc[leaf, "ours"] == pytest.approx(mean, rel=1e-12)
    compared = beside[beside["remark"] == ""]
    assert set(compared.index) == set(default_plan(trial).published)
    # What was published and has nothing of ours beside it says why.
    others = beside[beside["remark"] != ""]
    assert "flow.n_with_data_analysed" in others.index
    assert set(others["remark"]) == {"cannot be checked without the participants' data"}
    assert others["ours"].isna().all()
    assert others["published"].notna().all()


def test_a_percentage_is_of_those_of_whom_it_is_known():
    place = {"analysis": "baseline", "column": "sex", "where": {"sex": "female"}}
    leaf = "baseline.female.percent"
    women = dataclasses.replace(
        read_plan("minimal"),
        record="walkback",
        published={leaf: {**place, "statistic": "percent"}},
    )
    people = pd.DataFrame({"sex": ["female", "male", None, "female", "female"]})
    beside = beside_plan(women, {"baseline": people}).set_index("name")
    assert beside.loc[leaf, "ours"] == 75.0


def test_all_recurrences_are_planned_with_every_observed_day_at_risk(bladder, done):
    planned = {one.name: one for one in default_plan(bladder).analyses}
    frame = planned["recurrences_rate"].frame
    assert dict(frame.arguments) == {"kind": "any", "at_risk": "under_observation"}
    assert planned["recurrences_rate"].status == "secondary"
    spells = ws.derive.recurrences(bladder, **frame.arguments)
    rate = ws.survival.andersen_gill(spells, "arm")
    assert np.array_equal(done.results["recurrences_rate"].values, rate.values)
    assert "Lin, Wei, Yang and Ying" in done.results["recurrences_rate"].method
    # People of this trial die, and the dead have no recurrences.
    assert planned["recurrences_mean_count"].arguments["terminal_value"] == "died"
    assert "Ghosh and Lin" in done.results["recurrences_compared"].method
    assert planned["recurrences_compared"].arguments["at"] == 365
    short = {one.name: one for one in default_plan(cut_short(bladder, 200.5)).analyses}
    assert short["recurrences_compared"].arguments["at"] == 200
    assert "chosen from these data: day 200" in short["recurrences_compared"].note


def test_what_is_not_recorded_is_not_planned(bladder):
    names = {one.name for one in default_plan(bladder).analyses}
    assert not names & {"check_ins", "any_ascertainment", "recovery_curve", "days_in_pain"}
    walked = {one.name for one in default_plan(ws.load_sample("walkback-like")).analyses}
    assert {"check_ins", "activity_limiting_ascertainment", "recovery_cox"} <= walked
    assert not walked & {"any_ascertainment", "care_seeking_ascertainment"}


def test_a_frame_among_the_arguments_is_made_as_any_other():
    trial = ws.load_sample("walkback-like")
    planned = {one.name: one for one in default_plan(trial).analyses}
    one = planned["activity_limiting_ascertainment"]
    ran = run_plan(trial, plan(one), seed=1)
    events = ws.derive.first_recurrence(trial, kind="activity_limiting")
    ours = ws.survival.cox(events, "arm", strata=trial.strata)
    found = ran.results[one.name]
    assert np.array_equal(found.recalled_day.values, ours.values)
    parts = set(ran.numbers["part"])
    assert {"right_point", "mid_point", "interval", "recalled_day"} <= parts
    for wrong, said in (
        ("first_recurrence", "must be a table of derive"),
        ({"derive": "first_recurence"}, "no frame .* did you mean 'first_recurrence'"),
        ({"derive": "recovery", "colour": "red"}, "recovery has unknown entries colour"),
    ):
        with pytest.raises(DataError, match=said):
            plan(Analysis("a", "t", "S", one.method, one.frame, "", {"recalled": wrong}))


def test_what_a_method_cannot_do_without_is_missed_before_any_data_are_seen():
    with pytest.raises(DataError, match=r"survival\.cox needs the argument 'formula'"):
        plan(Analysis("a", "t", "S", "survival.cox", EVENTS, arguments={"strata": "arm"}))
    with pytest.raises(DataError, match=r"regression\.mmrm needs the argument 'visit'"):
        plan(Analysis("a", "t", "S", "regression.mmrm", EVENTS, arguments={"formula": "y ~ arm"}))
    with pytest.raises(DataError, match=r"no analysis set 'pp' -> say who is in it: \[sets\.pp\]"):
        plan(Analysis("a", "t", "S", "frame", EVENTS, set="pp"))


def test_comparisons_of_groups_and_their_margins_can_be_planned():
    trial = ws.load_sample("walkback-like")
    visits = Frame("visits", {"measures": ["pain_nrs"]}, {"month": 12})
    pain = {"outcome": "pain_nrs", "by": "arm"}
    margin = {"margin": 1.0, "kind": "non-inferiority", "better": "lower"}
    asked = plan(
        Analysis("pain", "Pain", "S", "regression.compare_means", visits, arguments=pain),
        Analysis("not_worse", "Margin", "S", "regression.equivalence", of="pain", arguments=margin),
        alpha=0.1,
    )
    ran = run_plan(trial, asked, seed=1)
    assert not len(ran.deviations)
    assert ran.results["pain"].difference.level == 0.9
    assert ran.results["not_worse"].shown
    rows = ran.numbers.query("analysis == 'not_worse' and part == 'estimate'")
    assert rows["estimate"].item() == ran.results["pain"].difference.values[0]


def test_events_levels_and_averages_can_be_planned():
    trial = ws.load_sample("walkback-like")
    every = Frame("visits", {"measures": ["pain_nrs"]})
    last = Frame("visits", {"measures": ["pain_nrs"]}, {"month": 12})
    referred = {"formula": "referral ~ arm", "event_value": "community"}
    asked = plan(
        Analysis("odds", "Odds", "S", "regression.logistic", last, arguments=referred),
        Analysis("risks", "Risks", "S", "regression.relative_risk", last, arguments=referred),
        Analysis("gaps", "Gaps", "S", "regression.risk_difference", last, arguments=referred),
        Analysis(
            "levels", "Levels", "S", "regression.ordinal", last,
            arguments={"formula": "pain_nrs ~ arm"},
        ),
        Analysis("same", "Same", "S", "regression.check_proportional_odds", of="levels"),
        Analysis(
            "average", "Average", "S", "regression.gee", every,
            arguments={"formula": "pain_nrs ~ arm", "family": "gaussian", "visit": "month"},
        ),
        alpha=0.1,
    )  # fmt: skip
    ran = run_plan(trial, asked, seed=1)
    assert not len(ran.deviations)
    assert ran.results["odds"].level == ran.results["average"].level == 0.9
    arms = ran.numbers.query("term == 'arm[walking]'")
    assert arms["analysis"].tolist() == ["odds", "risks", "gaps", "levels", "average"]
    assert arms["scale"].tolist() == ["ratio", "ratio", "identity", "ratio", "identity"]
    assert ran.numbers.query("analysis == 'same'")["p_value"].notna().all()


def test_recovery_that_is_not_recorded_is_a_deviation(bladder):
    frame = Frame("recovery", {"kind": "any"})
    asked = Analysis("r", "t", "S", "survival.kaplan_meier", frame, arguments={"by": "arm"})
    no_rule = Analysis(
        "n", "t", "S", "survival.andersen_gill", Frame("recurrences", {"kind": "any"}),
        arguments={"formula": "arm"},
    )  # fmt: skip
    ran = run_plan(bladder, plan(asked, no_rule), seed=1)
    assert ran.deviations["item"].tolist() == ["r", "n"]
    assert "records no last days of pain" in ran.deviations["happened"].iloc[0]
    assert "at_risk" in ran.deviations["happened"].iloc[1]


def test_results_are_read_only(done):
    with pytest.raises(TypeError):
        done.results["x"] = 1
    assert isinstance(done.frames["any_cox"], pd.DataFrame)


def test_the_seed_of_the_run_reaches_what_is_drawn(bladder, done):
    planned = {one.name: one for one in default_plan(bladder).analyses}
    one = planned["any_bootstrap"]
    assert "seed" not in one.arguments
    events = ws.derive.first_recurrence(bladder, kind="any")
    draws = ws.resampling.bootstrap_comparison(events, seed=1, **one.arguments)
    assert np.array_equal(done.results["any_bootstrap"].values, draws.values, equal_nan=True)
    fixed = Analysis("b", "t", "S", one.method, one.frame, "", {**one.arguments, "seed": 5})
    assert run_plan(bladder, plan(fixed), seed=1).results["b"].seed == 5
    rows = done.numbers.query("analysis == 'any_bootstrap'").set_index("term")
    assert rows.loc["hazard_ratio[thiotepa]", "scale"] == "ratio"
    assert rows.loc["restricted_mean[thiotepa]", "scale"] == "identity"


def test_an_error_that_nobody_foresaw_stops_one_analysis_only(bladder, monkeypatch):
    spells = Frame("recurrences", {"kind": "any", "at_risk": "under_observation"})
    wrong = {"formula": "arm", "others": 5}
    odd = Analysis("o", "t", "S", "survival.compare_recurrent_models", spells, arguments=wrong)
    fine = Analysis("k", "t", "S", "survival.kaplan_meier", EVENTS, arguments={"by": "arm"})
    ran = run_plan(bladder, plan(odd, fine), seed=1)
    assert list(ran.results) == ["k"]
    assert len(ran.deviations) == 1
    monkeypatch.setattr("walkstats.plan.running.run_method", lambda *a, **k: 1 // 0)
    told = run_plan(bladder, plan(fine), seed=1).deviations["happened"].item()
    assert told.startswith("the program failed on it (ZeroDivisionError: ")
