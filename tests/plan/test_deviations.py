"""What was run stands beside what was registered; sets, masks and families do what they say."""

import dataclasses
import tomllib

import numpy as np
import pytest

import walkstats as ws
from walkstats.errors import DataError
from walkstats.plan import (
    Analysis,
    AnalysisPlan,
    AnalysisSet,
    Frame,
    Multiplicity,
    Outcome,
    Revision,
    check_plan,
    commented_plan,
    default_plan,
    read_plan,
    run_plan,
)
from walkstats.plan.as_toml import plan_of, plan_text
from walkstats.plan.taken_together import with_adjusted_p

EVENTS = Frame("first_recurrence", {"kind": "any"})


def cox(name, title="Cox", **options):
    return Analysis(
        name, title, "S", "survival.cox", EVENTS, arguments={"formula": "arm"}, **options
    )


@pytest.fixture(scope="module")
def bladder():
    return ws.load_sample("bladder")


def planned(*analyses, **options):
    return AnalysisPlan("x", (Outcome("a", "A", "primary", analyses=analyses),), **options)


def test_a_planted_change_is_in_the_log(bladder):
    registered = planned(cox("main"), cox("aside", status="sensitivity"))
    changed = dataclasses.replace(
        cox("main"), arguments={"formula": "arm", "ties": "breslow"}, reason="as reviewers asked"
    )
    late = cox("late", "Looked at later", status="supplementary", prespecified=False, reason="new")
    run = planned(
        changed, late, alpha=0.1, revisions=(Revision("2", "alpha was raised", "", True),)
    )
    log = run_plan(bladder, run, seed=1, registered=registered).deviations.set_index(
        ["item", "kind"]
    )
    row = log.loc[("main", "changed")]
    assert row["planned"] == 'arguments: { formula = "arm" }'
    assert row["happened"] == 'arguments: { formula = "arm", ties = "breslow" }'
    assert (row["reason"], row["prespecified"]) == ("as reviewers asked", False)
    assert log.loc[("late", "added"), "reason"] == "new"
    assert log.loc[("aside", "left out"), "planned"] == "analysis: Cox"
    assert log.loc[("alpha", "changed"), ["planned", "happened"]].tolist() == ["0.05", "0.1"]
    assert log.loc[("plan, version 2", "changed"), "happened"] == "alpha was raised"
    assert len(log) == 5
    # The same plan again: nothing to log; without a registered plan only what calls itself late.
    assert not len(run_plan(bladder, registered, seed=1, registered=registered).deviations)
    alone = run_plan(bladder, planned(cox("main"), late), seed=1).deviations
    assert alone["kind"].tolist() == ["post hoc"]


def test_an_analysis_runs_among_the_people_of_its_set(bladder):
    few = {"few": AnalysisSet("few", "at most two tumours", {"number": {"at_most": 2}})}
    done = run_plan(bladder, planned(cox("main"), cox("few", status="sensitivity", set="few"),
                                     sets=few), seed=1)  # fmt: skip
    inside = bladder.participants["number"] <= 2
    assert (
        done.results["few"].counts.participants == inside.sum() < done.results["main"].counts.used
    )
    assert done.sets["participants"].sum() == inside.sum()
    assert "analysis set: at most two tumours" in done.results["few"].source
    events = ws.derive.first_recurrence(bladder, kind="any", baseline=["number"])
    by_hand = ws.survival.cox(events[events["number"] <= 2], "arm")
    assert np.array_equal(done.results["few"].values, by_hand.values)


def test_follow_up_may_end_at_a_day_of_each_participant(bladder):
    people = bladder.participants.assign(stopped_days=100.0)
    trial = dataclasses.replace(bladder, participants=people)
    frame = Frame("first_recurrence", {"kind": "any"}, until="stopped_days")
    ended = dataclasses.replace(cox("main"), frame=frame)
    done = run_plan(trial, planned(ended), seed=1)
    made = done.frames["main"]
    events = ws.derive.first_recurrence(trial, kind="any")
    assert made["days"].max() == 100
    assert made["event"].sum() == (events["event"] & (events["days"] <= 100)).sum()
    cut = events["days"] > 100
    assert set(made.loc[cut, "ended_by"].astype(str)) == {"stopped_days"}
    assert f"Follow-up of {cut.sum()} participants was ended" in made.attrs["notes"][-1]


def test_first_events_may_count_from_a_landmark(bladder):
    late = dataclasses.replace(EVENTS, landmark=180.0)
    done = run_plan(bladder, planned(dataclasses.replace(cox("main"), frame=late)), seed=1)
    events = ws.derive.landmark(ws.derive.first_recurrence(bladder, kind="any"), at=180)
    assert np.array_equal(
        done.results["main"].values, ws.survival.cox(events, "arm").values, equal_nan=True
    )
    assert any("At 180:" in note for note in done.frames["main"].attrs["notes"])
    assert late.key != EVENTS.key
    with pytest.raises(DataError, match="landmark must be a day after randomisation"):
        planned(dataclasses.replace(cox("main"), frame=dataclasses.replace(EVENTS, landmark=-1.0)))


def test_every_number_has_an_id_and_its_place_in_the_plan(bladder):
    done = run_plan(bladder, default_plan(bladder), seed=1)
    numbers = done.numbers
    assert numbers["id"].is_unique
    assert "any_cox/arm[thiotepa]" in set(numbers["id"])
    main = numbers.set_index("id").loc["any_cox/arm[thiotepa]"]
    assert main[["outcome", "role", "status"]].tolist() == ["any", "primary", "primary"]
    assert main["prespecified"]


def test_the_p_values_of_a_family_are_taken_together(bladder):
    import pandas as pd

    numbers = pd.DataFrame({"analysis": list("abcd"), "term": "arm[x]",
                            "p_value": [0.01, 0.04, 0.03, 0.5]})  # fmt: skip
    rule = Multiplicity("holm", ("a", "b", "c"))
    assert with_adjusted_p(numbers, rule)["p_adjusted"].tolist()[:3] == [0.03, 0.06, 0.06]
    order = Multiplicity("fixed-sequence", ("a", "b", "c"))
    assert with_adjusted_p(numbers, order)["p_adjusted"].tolist()[:3] == [0.01, 0.04, 0.04]
    # An analysis of the family that could not be run counts as p = 1.
    gone = Multiplicity("bonferroni", ("a", "z"))
    told = with_adjusted_p(numbers, gone)["p_adjusted"]
    assert told[0] == 0.02
    assert told[1:].isna().all()
    both = planned(cox("main"), cox("aside", status="supplementary"),
                   multiplicity=Multiplicity("bonferroni", ("main", "aside")))  # fmt: skip
    ran = run_plan(bladder, both, seed=1).numbers.set_index("id")
    first = ran.loc["main/arm[pyridoxine]"]
    assert first["p_adjusted"] == min(2 * first["p_value"], 1.0)


def test_a_masked_trial_keeps_strata_and_numbers_and_says_so():
    trial = ws.load_sample("walkback-like")
    masked = trial.masked(5)
    both = trial.participants.assign(new=masked.participants["arm"])
    cells = [*trial.strata]
    for column in ("arm", "new"):
        sizes = both.groupby([*cells, column]).size()
        assert sizes.tolist() == both.groupby([*cells, "arm"]).size().tolist()
    assert 0.4 < (both["arm"] == both["new"]).mean() < 0.6
    assert masked.is_masked
    assert not trial.is_masked
    assert masked.synthetic
    assert trial.masked(5).equals(masked)
    assert not trial.masked(6).equals(masked)
    assert masked.recurrences.equals(trial.recurrences)


def test_some_participants_of_a_trial(bladder):
    ids = bladder.participants["participant_id"].iloc[::2]
    some = bladder.only(ids)
    assert some.participants["participant_id"].tolist() == ids.tolist()
    assert set(some.recurrences["participant_id"]) <= set(ids)
    with pytest.raises(ValueError, match="No participants nobody"):
        bladder.only(["nobody"])
    numbered = bladder.participants.assign(participant_id=range(len(bladder.participants)))
    events = bladder.recurrences.assign(participant_id=3)
    trial = dataclasses.replace(bladder, participants=numbered, recurrences=events)
    assert len(trial.only([3, "5"]).participants) == 2
    assert len(trial.only([3]).recurrences) == len(events)


@pytest.mark.parametrize(
    "where",
    [
        {"randomised_on": {"before": "soon"}},
        {"randomised_on": {"from": 2020}},
        {"age_years": {"at_least": "old"}},
    ],
)
def test_a_condition_that_cannot_be_compared_is_a_sentence(where):
    trial = ws.load_sample("walkback-like")
    plan = AnalysisPlan("x", sets={"few": AnalysisSet("few", "few", where)})
    (problem,) = check_plan(plan, trial)["problem"]
    assert "cannot be compared with {'" in problem


@pytest.mark.parametrize("name", ["bladder", "walkback-like"])
def test_the_commented_plan_is_the_default_plan_with_comments(name):
    trial = ws.load_sample(name)
    text = commented_plan(trial)
    assert text.count("\n# ") > 30
    assert plan_text(plan_of(tomllib.loads(text), "new")) == plan_text(default_plan(trial))


def test_what_the_commented_plan_suggests_can_be_uncommented():
    from walkstats.plan.suggested import HEAD

    trial = ws.load_sample("walkback-like")
    plain, head, more = commented_plan(trial).partition(f"# {HEAD[0]}\n# {HEAD[1]}\n")
    assert head
    text = plain + "\n".join(line.removeprefix("# ") for line in more.splitlines())
    plan = plan_of(tomllib.loads(text), "new")
    added = [one.id for one in plan.outcomes if one.id not in plain]
    assert added[-3:] == ["eq5d_utility_by_visit", "harms_by_kind", "cost_utility"]
    assert not len(ws.plan.check_plan(plan, trial))


@pytest.mark.parametrize("name", ["walkback", "minimal"])
def test_the_plans_that_come_with_walkstats_read_back_the_same(name, tmp_path):
    plan = read_plan(name)
    ws.plan.write_plan(plan, tmp_path / "plan.toml")
    assert plan_text(read_plan(tmp_path / "plan.toml")) == plan_text(plan)
    trial = ws.load_sample("walkback-like")
    assert not len(ws.plan.check_plan(plan, trial))


def test_everything_of_the_walkback_plan_that_was_not_published_says_so():
    plan = read_plan("walkback")
    for outcome in plan.outcomes:
        assert outcome.own_choice, outcome.id
        if outcome.estimand is not None and outcome.estimand.intercurrent:
            assert "estimand" in outcome.own_choice, outcome.id
    for one in plan.analyses:
        told = ("analysis plan", "protocol", "published", "own choice")
        assert any(word in one.reason.lower() for word in told), one.name


def test_a_strict_run_needs_a_plan_signed_as_it_stands(bladder, tmp_path):
    file = tmp_path / "plan.toml"
    ws.plan.write_plan(planned(cox("main")), file)
    with pytest.raises(DataError, match="the plan is not signed"):
        run_plan(bladder, read_plan(file), seed=1, strict=True)
    run_plan(bladder.masked(1), read_plan(file), seed=1, strict=True)
    signed = ws.plan.sign_plan(file, name="A. Statistician", role="trial statistician",
                               dated="2026-01-31")  # fmt: skip
    plan = read_plan(file)
    assert plan.signatures == (signed,)
    assert signed.digest == ws.plan.plan_digest(plan)
    assert list(run_plan(bladder, plan, seed=1, strict=True).results) == ["main"]
    changed = dataclasses.replace(plan, alpha=0.1)
    with pytest.raises(DataError, match=r"changed after A\. Statistician signed it"):
        run_plan(bladder, changed, seed=1, strict=True)
