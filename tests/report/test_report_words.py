"""What the report says: true of the results, complete, and of nothing that was not run."""

import dataclasses
import functools
import re

import pandas as pd
import pytest

import walkstats as ws
from tests.report import whole_plans
from tests.report.test_check_lists import held
from walkstats.plan import Analysis, AnalysisPlan, Frame, Multiplicity, Outcome, run_plan
from walkstats.plan.methods import METHODS
from walkstats.report.beside_published import with_limits
from walkstats.report.check_lists.cheers import CHEERS
from walkstats.report.check_lists.filling import BEYOND, IN_REPORT, OPEN
from walkstats.report.composing import _parts, _seen
from walkstats.report.document import FigureBlock, Paragraph, TableBlock
from walkstats.report.effects import arm_and_time, counted, effects_of
from walkstats.report.main_results import lacking, main_lines
from walkstats.report.method_phrases import PHRASES, first_sentence
from walkstats.report.plan_kept import multiplicity
from walkstats.report.showing import SHOWN

# Methods whose results are estimates, tests or curves, which every table and sentence knows.
GENERIC = {
    "survival.nelson_aalen", "survival.log_rank", "survival.turnbull", "survival.gray_test",
    "survival.interval_log_rank", "survival.compare_recurrent_models", "regression.logistic",
    "regression.relative_risk", "regression.risk_difference", "regression.ordinal",
    "regression.check_proportional_odds", "regression.gee", "regression.compare_means",
    "regression.compare_risks", "regression.compare_rates", "regression.association",
    "regression.equivalence", "regression.agreement",
}  # fmt: skip


@functools.cache
def small(**broken):
    """A plan of the small sample in which one sensitivity analysis cannot be run."""
    first = Frame("first_recurrence", {"kind": "any", "baseline": ["number"]})

    def analysis(name, title, status="", **given):
        return Analysis(name, title, method="survival.cox", frame=first, arguments=given,
                        status=status)  # fmt: skip

    outcome = Outcome(
        "any", "Any recurrence", "primary", "first recurrence", ("day 365",),
        missing="Follow-up ends at the last day observed.",
        analyses=(
            analysis("cox", "Cox regression: any recurrence", formula="arm"),
            analysis("adjusted", "Cox, adjusted: any recurrence", "sensitivity",
                     formula="arm + number"),
            analysis("broken", "Cox that cannot be fitted", "sensitivity", formula="number",
                     strata="number"),
        ),
    )  # fmt: skip
    plan = AnalysisPlan("Small", outcomes=(outcome,), version="1.0",
                        multiplicity=Multiplicity("holm", ("cox", "adjusted")))  # fmt: skip
    return run_plan(ws.load_sample("bladder"), plan, seed=1)


@functools.cache
def small_parts():
    return _parts(small())


@pytest.fixture(scope="module")
def whole():
    results = whole_plans.done()
    parts = [p for p in whole_plans.parts() if not p.title.startswith("Check-list")]
    return _seen(results, main_lines(results), parts)


def texts(parts, owner):
    return [p.block.text for part in parts for p in part.pieces
            if p.owner == owner and isinstance(p.block, Paragraph)]  # fmt: skip


def tables(parts, owner):
    return [p.block.table for part in parts for p in part.pieces
            if p.owner == owner and isinstance(p.block, TableBlock)]  # fmt: skip


@pytest.mark.parametrize("name", METHODS)
def test_no_method_is_without_a_showing(name):
    assert name in SHOWN or name in GENERIC, f"{name} has no showing"
    assert not (name in SHOWN and name in GENERIC)


def test_every_analysis_shows_a_table_or_a_figure_and_the_main_ones_a_sentence():
    done = whole_plans.done()
    assert not len(done.deviations)
    for one in done.plan.analyses:
        own = [p.block for part in whole_plans.parts() for p in part.pieces if p.owner == one.name]
        said = [b for b in own if isinstance(b, Paragraph) and b.role in ("result", "text")]
        assert own, one.name
        assert said or any(isinstance(b, (TableBlock, FigureBlock)) for b in own), one.name
        if one.status in ("primary", "secondary", "economic"):
            assert any(b.role == "result" for b in said), one.name
    # An earlier analysis whose numbers stand with a later one is folded, not hidden.
    (model,) = tables(whole_plans.parts(), "disability_model")
    assert model.rows


def test_methods_say_what_was_run_and_nothing_else():
    parts = small_parts()
    said = " ".join(text for part in parts if part.title == "Methods"
                    for text in [p.block.text for p in part.pieces
                                 if isinstance(p.block, Paragraph)])  # fmt: skip
    assert "by Cox regression (Efron's approximation for ties)." in said
    assert "Sensitivity analyses of any recurrence: Cox, adjusted." in said
    assert "cannot be fitted" not in said
    assert "Holm" in said
    assert "seed 1" in said
    assert f"walkstats {ws.__version__}" in said
    assert "118 participants were randomised" in said
    heads = [text.partition(".")[0] for text in
             [p.block.text for part in parts if part.title == "Methods" for p in part.pieces
              if isinstance(p.block, Paragraph)]]  # fmt: skip
    assert heads == ["Design and participants", "Primary outcome", "Missing data",
                     "Sensitivity and supplementary analyses", "Significance and multiplicity",
                     "Software"]  # fmt: skip


def test_methods_of_the_whole_plan_have_every_topic_once():
    paragraphs = [p.block.text for part in whole_plans.parts() if part.title == "Methods"
                  for p in part.pieces if isinstance(p.block, Paragraph)]  # fmt: skip
    heads = [text.partition(".")[0] for text in paragraphs]
    assert len(heads) == len(set(heads))
    assert {"Harms", "Economic evaluation", "Subgroups", "Missing data"} <= set(heads)
    whole = " ".join(paragraphs)
    assert "20 bootstrap samples within arms" in whole  # as run, not as such plans usually are
    assert "mixed model for repeated measures (unstructured covariance" in whole
    assert "Fisher's exact test" in whole
    for doubled in ("..", " ,", ";;", "  ", "analysed by by"):
        assert doubled not in whole


def test_the_deviation_log_stands_with_kind_and_time_of_decision():
    (table,) = tables(small_parts(), "deviations")
    assert [column.name for column in table.columns] == [
        "Kind", "Planned", "What happened", "When decided", "Reason"]  # fmt: skip
    assert table.rows[0].label == "Cox that cannot be fitted (broken)"
    assert table.texts()[0][0] == "not run"
    (items,) = tables(small_parts(), "plan_items")
    where = {row.label: text[-1] for row, text in zip(items.rows, items.texts(), strict=True)}
    assert where["Cox that cannot be fitted"].startswith("Not run: ")


def test_an_empty_log_says_against_what_it_was_compared():
    done = whole_plans.done()
    (said,) = texts(whole_plans.parts(), "deviations")
    assert "No earlier version" in said
    compared = dataclasses.replace(done, registered=done.plan)
    from walkstats.report.plan_kept import deviations

    (piece,) = deviations(compared)
    assert "against the registered plan" in piece.block.text


def test_adjusted_p_values_stand_beside_the_others_where_there_is_a_family():
    numbers = small().numbers.set_index("analysis")
    (piece,) = multiplicity(small())
    frame = piece.block.table.to_frame()
    wanted = [numbers.loc[name, "p_adjusted"].dropna().iloc[0] for name in ("cox", "adjusted")]
    shown = frame.loc[frame["column"].str.startswith("p, adjusted"), "value"].tolist()
    assert shown == wanted
    line = main_lines(small())[0]
    assert line.p_adjusted == wanted[0]
    said = texts(small_parts(), "cox")
    assert sum("Taken together with the other main analyses: p = " in one for one in said) == 1
    assert multiplicity(whole_plans.done()) == []


def test_main_results_are_those_of_the_results_and_of_the_frames():
    done = whole_plans.done()
    lines = main_lines(done)
    assert lacking(done, lines) == ""
    primary = lines[0]
    fit = done.results["activity_limiting_cox"].estimate("arm[walking]", ratio=True)
    assert primary.relative.estimate.estimate == fit.estimate
    risks = done.results["activity_limiting_risks"].risk_difference
    assert primary.absolute.estimate.estimate == risks.estimate("arm[walking] at 365").estimate
    events = done.frames["activity_limiting_cox"]
    for arm, counts in primary.arms.items():
        own = events[events["arm"] == arm]
        assert counts.analysed == len(own)
        assert counts.events == own["event"].sum()
        assert counts.with_data == (own["days"] > 0).sum()
    months = {line.when: line for line in lines if line.outcome.id == "disability"}
    assert list(months) == [f"month {m}" for m in (3, 6, 9, 12)] + ["all visits together"]
    visits = done.frames["disability_model"]
    own = visits[(visits["month"] == 6) & (visits["arm"] == "walking")]["rmdq"].dropna()
    assert months["month 6"].arms["walking"].with_data == len(own)
    assert months["month 6"].arms["walking"].values == pytest.approx((own.mean(), own.std()))
    asked = done.results["disability"].differences.estimate("walking - control, month 6")
    assert months["month 6"].absolute.estimate.estimate == asked.estimate


def test_a_dose_after_randomisation_and_an_interaction_give_no_effect_of_the_arm():
    done = whole_plans.done()
    named = {one.name: one for one in done.plan.analyses}
    assert effects_of(named["disability_model"], done) == []  # arm * month: visit by visit instead
    assert [e.when for e in effects_of(named["disability"], done)][-1] == "all visits together"
    assert effects_of(named["activity_limiting_bootstrap"], done) == []
    assert counted(named["check_ins"], done) is None


def test_sensitivity_analyses_stand_beside_the_main_one():
    (table,) = tables(whole_plans.parts(), "robust_activity_limiting")
    done = whole_plans.done()
    assert table.rows[0].label == "Cox regression, stratified"
    values = table.to_frame().query("quantity == 'estimate'")["value"].tolist()
    wanted = {
        name: done.results[name].estimate("arm[walking]", ratio=True).estimate
        for name in ("activity_limiting_cox", "activity_limiting_cox_before",
                     "activity_limiting_pooled")
    }  # fmt: skip
    assert values[0] == wanted["activity_limiting_cox"]
    assert set(wanted.values()) <= set(values)
    assert [row.label for row in table.rows].count("Bootstrap") == 1
    said = " ".join(table.notes)
    assert "before 11 March 2020" in said  # who is in the analysis of fewer people


def test_who_is_in_each_analysis_adds_up_or_is_not_said_by_arm():
    done = whole_plans.done()
    who = tables(whole_plans.parts(), "who_analysed")[-1]
    for row, cells in zip(who.rows, who.texts(), strict=True):
        control, walking, whole = cells[1], cells[2], cells[3]
        if control and walking:
            assert int(control) + int(walking) == int(whole), row.label
    before = next(t for r, t in zip(who.rows, who.texts(), strict=True) if "before" in r.label)
    assert before[0].startswith("participants randomised before 11 March 2020")
    assert len(who.rows) > len(done.results) / 2


def test_the_summary_says_arms_effects_costs_and_harms():
    (said,) = texts(whole_plans.parts(), "summary")
    done = whole_plans.done()
    arms = done.trial.participants["arm"].value_counts()
    assert said.startswith(
        f"160 participants were randomised: {arms['control']} to control and {arms['walking']} to"
    )
    fit = done.results["activity_limiting_cox"].estimate("arm[walking]", ratio=True)
    assert f"hazard ratio {fit.estimate:.2f} (95% CI {fit.conf_low:.2f} to" in said
    assert "at day 365, risk difference" in said
    assert "Participants with an adverse event" in said
    (worth,) = texts(whole_plans.parts(), "summary_of_costs")
    value = done.results["cost_utility"]
    assert f"difference AUD {value.increments.values[0]:.0f} (95% CI" in worth


def test_dates_of_recruitment_are_those_of_the_table():
    days = pd.to_datetime(whole_plans.done().trial.participants["randomised_on"])
    (said,) = texts(whole_plans.parts(), "dates")
    first, last = (f"{day.day} {day:%B %Y}" for day in (days.min(), days.max()))
    assert f"from {first} to {last}" in said
    assert texts(small_parts(), "dates") == []  # dates are not recorded there


def test_cautions_stand_before_what_they_are_about_and_once():
    parts = {part.title: part for part in whole_plans.parts()}
    primary = parts["Activity-limiting recurrence (primary outcome)"]
    cautions = [p.block.text for p in primary.pieces
                if isinstance(p.block, Paragraph) and p.block.role == "caution"]  # fmt: skip
    assert len(cautions) == len(set(cautions)) == 1
    assert "test of interaction" in cautions[0]
    itself = parts["What walking itself does"]
    assert any("was not randomised" in p.block.text for p in itself.pieces
               if isinstance(p.block, Paragraph))  # fmt: skip
    assumed = [p.block.text for p in itself.pieces
               if isinstance(p.block, Paragraph) and "What is assumed" in p.block.text]  # fmt: skip
    assert len(assumed) >= 4


def test_no_sentence_shows_the_inside_of_the_program():
    inside = re.compile(r"\b(nan|None)\b|[a-z]\[[a-z]|<[a-z]+>|[a-z]_[a-z]|Estimates\(")
    for block in whole_plans.blocks(Paragraph):
        assert not inside.search(block.text), block.text


def test_phrases_are_for_methods_that_exist():
    assert set(PHRASES) <= set(METHODS)
    assert first_sentence("Model of A. B. Jones at 0.05 here. Then more.") == (
        "Model of A. B. Jones at 0.05 here."
    )
    assert arm_and_time("walking - usual care, month 6", ("usual care", "walking")) == (
        "walking", "month 6")  # fmt: skip


def test_a_limit_that_is_no_number_is_not_reached_only_of_a_time():
    assert with_limits(7929.0, float("nan"), 62842.0) == "7929 (– to 62,842)"
    assert with_limits(206.0, 136.0, float("nan"), "not reached") == "206 (136 to not reached)"


def test_the_whole_plan_meets_what_it_can_and_no_more(whole):
    consort = held(whole)
    open_items = {number for number, one in consort.items() if one.state == OPEN}
    assert {"5a", "5b", "8", "18", "19", "29"} <= open_items
    for number in ("14", "21a", "21b", "21c", "21d", "22a", "23a", "25", "26", "27", "28"):
        assert consort[number].state == IN_REPORT, (number, consort[number].where)
    cheers = held(whole, CHEERS)
    assert cheers["16"].state == BEYOND
    assert cheers["23"].state == cheers["24"].state == IN_REPORT
    without = held(whole, without={"harms", "harms_compared"})
    assert without["27"].state == OPEN
    fewer = held(whole, CHEERS, without={"cost_utility"})
    assert fewer["23"].state == OPEN
    assert "the plan has no analysis that shows it" in fewer["23"].where


def test_the_list_of_economic_evaluations_stands_only_beside_one():
    titles = [one.title for one in whole_plans.parts()]
    assert "Check-list: CHEERS 2022" in titles
    assert titles[-1].startswith("Check-list")
    small = [one.title for one in small_parts()]
    assert "Check-list: CHEERS 2022" not in small
    assert "Check-list: CONSORT 2025" in small
