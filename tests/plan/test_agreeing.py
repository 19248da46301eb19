"""A plan that contradicts itself, or speaks of what the trial does not have, is told so at once."""

import dataclasses

import pytest

import walkstats as ws
from walkstats.errors import DataError
from walkstats.plan import (
    Analysis,
    AnalysisPlan,
    AnalysisSet,
    Estimand,
    Frame,
    IntercurrentEvent,
    Multiplicity,
    Outcome,
    check_plan,
    read_plan,
)

TEN_MISTAKES = """
title = "Ten mistakes"
alpha = 5
colour = "red"
[multiplicity]
method = "bonferoni"
[[analysis]]
name = "flow"
title = "Flow"
section = "Participants"
method = "frame"
frame = { derive = "participant_flo" }
[[outcome]]
id = "limiting"
title = "Recurrence"
role = "main"
[[outcome.analysis]]
name = "cox"
title = "Cox"
method = "survival.coxx"
frame = { derive = "first_recurrence", arguments = { kind = "any" } }
[[outcome]]
id = "pain"
title = "Pain"
role = "secondary"
[outcome.estimand]
population = "all"
treatment = "walking"
variable = "pain"
summary = "odds ratio"
[[outcome.estimand.intercurrent]]
event = "surgery"
strategy = "ignore it"
[[outcome.analysis]]
name = "pain"
title = "Pain"
method = "regression.ols"
frame = { derive = "visits", arguments = { measures = ["pain_nrs"] } }
arguments = { formula = "pain_nrs ~ arm", colour = "red" }
set = "nobody"
"""


def test_a_plan_with_ten_mistakes_gets_ten_sentences(tmp_path):
    (tmp_path / "plan.toml").write_text(TEN_MISTAKES, encoding="utf-8")
    with pytest.raises(DataError) as caught:
        read_plan(tmp_path / "plan.toml")
    problems = caught.value.problems
    words = [
        "unknown entry 'colour'",
        "alpha must lie between 0 and 1, got 5",
        "no method 'bonferoni'",
        "no frame 'participant_flo'",
        "no method 'survival.coxx'",
        "no role 'main'",
        "no strategy 'ignore it'",
        "no analysis set 'nobody'",
        "regression.ols has no argument 'colour'",
        "the estimand's summary is 'odds ratio'",
    ]
    assert len(problems) == len(words) == 10
    for word in words:
        assert problems["problem"].str.contains(word, regex=False).sum() == 1, word
    assert str(caught.value).startswith("10 problems in the plan")
    advice = problems.set_index("problem")["what_to_do"]
    assert (
        advice[advice.index.str.contains("coxx")].item().startswith("did you mean 'survival.cox'")
    )


EVENTS = {"kind": "any"}
COX = Analysis("cox", "Cox", "", "survival.cox", Frame("first_recurrence", EVENTS),
               arguments={"formula": "arm"})  # fmt: skip


def estimand(strategy, column="stopped_days", summary="hazard ratio"):
    event = IntercurrentEvent("stopping the programme", strategy, "as said", column)
    return Estimand("all", "walking or nothing", "days", summary, (event,))


def cut(until="stopped_days", **options):
    frame = Frame("first_recurrence", EVENTS, until=until)
    return dataclasses.replace(COX, frame=frame, **options)


def outcome(analyses, said, role="primary"):
    return AnalysisPlan("x", (Outcome("a", "A", role, estimand=said, analyses=tuple(analyses)),))


def test_treatment_policy_with_censoring_at_stopping_is_refused():
    with pytest.raises(DataError, match=r"by treatment policy, but analysis 'cox' ends follow-up"):
        outcome([cut()], estimand("treatment policy"))
    aside = cut(name="again", status="sensitivity")
    with pytest.raises(DataError, match="censoring there is another strategy"):
        outcome([COX, aside], estimand("treatment policy"))
    # A supplementary analysis may estimate something else, and so may another strategy.
    outcome([COX, cut(name="again", status="supplementary")], estimand("treatment policy"))
    outcome([cut()], estimand("while on treatment"))
    with pytest.raises(DataError, match="is no intercurrent event of the estimand"):
        outcome([cut("left_days")], estimand("while on treatment"))


@pytest.mark.parametrize(
    ("strategy", "words"),
    [
        ("while on treatment", "no main analysis ends follow-up at it"),
        ("hypothetical", "no main analysis ends follow-up at it"),
        ("principal stratum", "no main analysis estimates the effect in compliers"),
    ],
)
def test_a_strategy_needs_an_analysis_that_carries_it_out(strategy, words):
    with pytest.raises(DataError, match=words):
        outcome([COX], estimand(strategy))


def test_roles_and_families_are_checked():
    two = tuple(
        Outcome(k, k, "primary", analyses=(dataclasses.replace(COX, name=k),)) for k in "ab"
    )
    with pytest.raises(DataError, match="2 primary outcomes"):
        AnalysisPlan("x", two)
    AnalysisPlan("x", two, multiplicity=Multiplicity("holm", ("a", "b")))
    with pytest.raises(DataError, match="holm needs the analyses"):
        AnalysisPlan("x", two, multiplicity=Multiplicity("holm", ("a",)))
    with pytest.raises(DataError, match="no analysis 'c'"):
        AnalysisPlan("x", two, multiplicity=Multiplicity("holm", ("a", "c")))
    with pytest.raises(DataError, match="has 2 primary analyses"):
        outcome([COX, dataclasses.replace(COX, name="again")], None)
    with pytest.raises(DataError, match="has no main analysis"):
        outcome([dataclasses.replace(COX, status="sensitivity")], None)
    with pytest.raises(DataError, match="without a reason"):
        outcome([COX, dataclasses.replace(COX, name="late", status="sensitivity",
                                          prespecified=False)], None)  # fmt: skip


@pytest.mark.parametrize(
    ("method", "arguments", "words"),
    [
        ("causal.subgroup_effects", {"modifiers": ["sex"]}, "gives its modifiers as planned"),
        ("causal.effect_curve", {"modifier": "age_years"}, "say different things"),
    ],
)
def test_subgroups_that_were_not_planned_say_so_to_their_method_too(method, arguments, words):
    asked = {"formula": "arm", "at": 365, **arguments}
    late = dataclasses.replace(
        COX, name="late", status="subgroup", method=method, arguments=asked, prespecified=False,
        reason="a reader asked",
    )  # fmt: skip
    with pytest.raises(DataError, match=words):
        outcome([COX, late], None)
    told = (
        {"modifiers": [], "post_hoc": ["sex"]} if "modifiers" in arguments else {"post_hoc": True}
    )
    outcome([COX, dataclasses.replace(late, arguments={**asked, **told})], None)


def test_a_plan_is_checked_against_the_data():
    trial = ws.load_sample("bladder")
    wrong = AnalysisPlan(
        "x",
        (Outcome("a", "A", "primary", analyses=(
            dataclasses.replace(COX, frame=Frame("first_recurrence", {"kind": "anny"})),)),),
        (Analysis("v", "V", "S", "regression.ols", Frame("visits", {"measures": ["pain_nr"]}),
                  arguments={"formula": "pain_nr ~ arm"}),
         Analysis("w", "W", "S", "regression.ols", Frame("visits", {"measures": ["pain_nrs"]}),
                  arguments={"formula": "pain_nrs ~ arm"})),
        strata=("numbr",),
        sets={"few": AnalysisSet("few", "few", {"number": {"at_least": 99}}),
              "odd": AnalysisSet("odd", "odd", {"numbers": 1})},
    )  # fmt: skip
    found = check_plan(wrong, trial)
    assert found["severity"].value_counts().to_dict() == {"error": 5, "warning": 1}
    for words in ("no kind of recurrence 'anny'", "no measure 'pain_nr'", "no column 'numbr'",
                  "'few' has nobody of arm", "no column 'numbers'"):  # fmt: skip
        assert found["problem"].str.contains(words, regex=False).sum() == 1, words
    assert "'number'" in found.loc[found["problem"].str.contains("numbr"), "what_to_do"].item()
    with pytest.raises(DataError, match="5 problems in the plan"):
        ws.plan.run_plan(trial, wrong, seed=1)
