"""Check-lists: every item of a guideline with its place in what was composed, or open."""

import dataclasses
import functools
from pathlib import Path

import pytest

import walkstats as ws
from walkstats.plan import Analysis, AnalysisPlan, Frame, Outcome, run_plan
from walkstats.report import compose
from walkstats.report.check_lists.cheers import CHEERS
from walkstats.report.check_lists.consort import CONSORT
from walkstats.report.check_lists.filling import (
    IN_REPORT,
    OPEN,
    PARTLY,
    STATED,
    filled,
)
from walkstats.report.check_lists.plan_content import PLAN_CONTENT
from walkstats.report.check_lists.sought import FINDERS, Seen
from walkstats.report.composing import _parts, _seen
from walkstats.report.main_results import main_lines
from walkstats.report.numbered import numbered

LISTS = {"consort": CONSORT, "cheers": CHEERS, "sap": PLAN_CONTENT}
BASELINE = Analysis("baseline", "Baseline", "Participants", "frame", Frame("baseline"))
FLOW = Analysis("flow", "Flow", "Participants", "frame", Frame("participant_flow"))
FIRST = Frame("first_recurrence", {"kind": "any"})
COX = Analysis("cox", "Cox regression", method="survival.cox", frame=FIRST,
               arguments={"formula": "arm"})  # fmt: skip
RISKS = Analysis("risks", "Risk", method="survival.compare_at", frame=FIRST,
                 arguments={"by": "arm", "at": 365.0}, status="supplementary")  # fmt: skip


@functools.cache
def sample():
    return ws.load_sample("bladder")


def run(descriptions=(BASELINE,), analyses=(), **more):
    outcomes = (Outcome("any", "Any recurrence", "primary", analyses=analyses),) * bool(analyses)
    plan = AnalysisPlan("Small", outcomes=outcomes, descriptions=descriptions, **more)
    return run_plan(sample(), plan, seed=1)


def seen_in(results):
    """What the check-lists of these results are held against, without composing them again."""
    parts = [part for part in _parts(results) if not part.title.startswith("Check-list")]
    return _seen(results, main_lines(results), parts)


def held(seen, asked=CONSORT, without=()):
    """Item number -> how it is filled; ``without`` takes owners away from what was composed."""
    seen = seen if isinstance(seen, Seen) else seen_in(seen)
    places = tuple(one for one in seen.places if one.owner not in without)
    less = dataclasses.replace(seen, places=places)
    return {one.item.number: one for one in filled(asked, less)}


@pytest.mark.parametrize(("name", "rows", "items"), [("consort", 42, 30), ("cheers", 28, 28),
                                                     ("sap", 37, 32)])  # fmt: skip
def test_each_guideline_has_all_its_items_in_order(name, rows, items):
    numbers = [one.number for one in LISTS[name].items]
    assert len(numbers) == len(set(numbers)) == rows
    whole = [int(number.rstrip("abcdef")) for number in numbers]
    assert sorted(set(whole)) == list(range(1, items + 1))
    assert whole == sorted(whole)
    assert "https://doi.org/10." in LISTS[name].source


def test_every_finder_is_sought_by_some_item_and_none_is_unknown():
    sought = {name for asked in LISTS.values() for one in asked.items for name in one.found}
    assert sought == set(FINDERS)


def test_an_item_opens_when_its_analysis_is_taken_out_of_the_plan():
    with_it, without = held(run((FLOW, BASELINE))), held(run((FLOW,)))
    assert with_it["25"].state == IN_REPORT
    assert "Participants: Table" in with_it["25"].where
    assert without["25"].state == OPEN
    assert "plan an analysis that shows it" in without["25"].where
    assert without["22a"].state == IN_REPORT


def test_an_analysis_that_failed_meets_no_item():
    nobody = Frame("baseline", where={"arm": "nobody"}, arguments={"unknown": 1})
    failed = dataclasses.replace(BASELINE, frame=nobody)
    assert held(run((FLOW, failed)))["25"].state == OPEN


def test_item_26_needs_a_relative_and_an_absolute_effect_of_a_binary_outcome():
    both = held(run(analyses=(COX, RISKS)))["26"]
    assert both.state == IN_REPORT
    assert both.where == "Summary: Table 1."
    relative = held(run(analyses=(COX,)))["26"]
    assert relative.state == PARTLY
    assert "No absolute effect: Any recurrence." in relative.where
    assert held(run())["26"].state == OPEN


def test_statements_of_the_plan_meet_items_that_no_data_tell():
    told = {
        "consort.5a": "Paid by nobody.",
        "consort.12": "Adults.",
        "consort.26": "All shown.",
        "consort.25": "See the paper.",
    }
    items = held(run((FLOW,), statements=told))
    assert (items["5a"].state, items["5a"].where) == (STATED, "Paid by nobody.")
    assert items["5b"].state == OPEN
    assert "statements.consort.5b" in items["5b"].where
    assert items["12a"].state == items["12b"].state == PARTLY
    assert items["12a"].where == "Of item 12 as a whole: Adults."
    assert items["26"].state == OPEN  # numbers are shown, not stated
    assert items["25"].state == STATED


def test_facts_of_the_plan_are_found_where_they_are_told():
    facts = {"registration": "NCT1", "version": "1.0", "dated": "2026-01-01"}
    bare, told = held(run(), PLAN_CONTENT), held(run(**facts), PLAN_CONTENT)
    assert bare["1"].state == bare["2"].state == OPEN
    assert "give version and dated" in bare["2"].where
    assert told["1"].where == "NCT1 (Methods: Design and participants)."
    assert told["2"].state == IN_REPORT


def test_places_are_those_that_every_format_numbers():
    report = compose(run((FLOW, BASELINE), (COX,)))
    labels = {
        item.block.name: f"{heading.title}: {item.label}"
        for heading in numbered(report)
        for item in heading.items
        if item.label.startswith("Table")
    }
    (items,) = [one.table for one in report.tables() if one.name == "plan_items"]
    where = dict(zip([r.label for r in items.rows], [t[-1] for t in items.texts()], strict=True))
    assert where["Cox regression"] == labels["cox"]
    assert where["Baseline"] == labels["baseline"]


def test_the_guide_has_every_item_once():
    page = (Path(__file__).parents[2] / "docs/guide/reporting-checklists.md").read_text("utf-8")
    titles = {"consort": "## CONSORT", "cheers": "## CHEERS", "sap": "## The statistical"}
    for name, title in titles.items():
        own = page[page.index(title) + 3 :].partition("\n## ")[0]
        cells = [line.split("|")[1] for line in own.splitlines() if line.startswith("|")][2:]
        numbers = [number.strip() for cell in cells for number in cell.split(",")]
        assert sorted(numbers) == sorted(item.number for item in LISTS[name].items)
