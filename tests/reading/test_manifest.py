"""Is trial.toml read as it says, and is every clause that cannot be right named with its line?"""

import re
from pathlib import Path

import pytest

from walkstats.reading.declared.clauses import (
    COLUMN_CLAUSES,
    MEASURE_CLAUSES,
    TABLE_CLAUSES,
    TRIAL_CLAUSES,
)
from walkstats.reading.declared.manifest import read_manifest
from walkstats.reading.declared.toml_text import parse_toml
from walkstats.schema import TABLES

FACTS = 'name = "A"\nsource = "B"\narms = ["control", "walking"]\n'
GUIDE = Path(__file__).parents[2] / "docs" / "trial-folder.md"


def manifest(text):
    return read_manifest(parse_toml((FACTS + text).encode(), "trial.toml"))


def part(text, table):
    declared, problems = manifest(text)
    assert problems == []
    return [one for one in declared.tables if one.table == table]


def problem(text):
    _, problems = manifest(text)
    assert len(problems) == 1, problems
    return problems[0]


def test_without_clauses_every_table_is_looked_for_under_its_own_name():
    declared, problems = manifest("")
    assert problems == []
    assert [one.table for one in declared.tables] == list(TABLES)
    assert all(one.file is None and one.line is None for one in declared.tables)


def test_missing_codes_of_the_trial_hold_for_tables_unless_they_have_their_own():
    text = 'missing = ["", "NA"]\n[walking]\nmissing = ["."]\n[outcomes]\nfrom = "o.csv"\n'
    assert part(text, "walking")[0].missing == (".",)
    assert part(text, "outcomes")[0].missing == ("", "NA")


def test_a_column_is_a_name_or_clauses():
    text = """[participants.columns]
participant_id = "Study ID"
arm = { from = "trt", codes = { 1 = "walking", 2 = "control" } }
"""
    columns = {one.target: one for one in part(text, "participants")[0].columns}
    assert columns["participant_id"].source == "Study ID"
    assert columns["arm"].codes == {"1": "walking", "2": "control"}
    assert columns["arm"].line == 6
    assert not columns["sex"].declared


def test_a_table_may_stand_in_parts():
    text = '[[recurrences]]\nfrom = "a.csv"\n[[recurrences]]\nfrom = "b.csv"\n'
    assert [one.file for one in part(text, "recurrences")] == ["a.csv", "b.csv"]


def test_wide_columns_become_parts_with_constants():
    text = """[outcomes]
from = "scores.csv"
[outcomes.wide]
into = "value"
[outcomes.wide.columns]
pain_3 = { measure = "pain_nrs", month = 3 }
pain_12 = { measure = "pain_nrs", month = 12 }
"""
    parts = part(text, "outcomes")
    values = [{c.target: c for c in one.columns} for one in parts]
    assert [one["value"].source for one in values] == ["pain_3", "pain_12"]
    assert [one["month"].value for one in values] == ["3", "12"]
    assert all(one.carry is False for one in parts)


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ('licens = "x"', 4, ("'licens'", "did you mean licence")),
        ('[participant]\nfrom = "x"', 4, ("'participant'", "did you mean participants")),
        ('[walking]\nform = "x"', 5, ("'form'", "did you mean from")),
        (
            '[recurrences.columns]\nonset_days = { from = "o", format = "%d/%m/%Y" }',
            5,
            ("'format'", "did you mean dates"),
        ),
        ('[walking.columns]\nweek = { fom = "x" }', 5, ("'fom'", "from")),
        ("strata = 3.5\nprice_year = 2023.5", 5, ("price_year", "whole number")),
        ("[walking]\ndaily = 1", 5, ("daily", "true or false")),
        ("[walking.columns]\nweek = 3", 5, ("week", "column name in quotes")),
        ("walking = 3", 4, ("walking needs a table",)),
        ('[walking]\nencoding = "klingon"', 5, ("no text encoding",)),
        ('[walking]\ndelimiter = "ab"', 5, ("one character",)),
        ('[walking]\ntimezone = "Mars/Base"', 5, ("no time zone",)),
        ("[costs]\ndaily = true", 5, ("walking only",)),
        ('[walking]\nkeep = "last"', 5, ("one_row_per",)),
        ('[walking]\none_row_per = "id"\nkeep = "middle"', 6, ("'first', 'last'",)),
        ('[recurrences]\noverlapping = "both"', 5, ("'merge'",)),
        ("[recurrences]\nwhere = { }", 5, ("columns and values",)),
        ('[recurrences.columns]\nonset_days = { unit = "months" }', 5, ("factor", "months")),
        ("[recurrences.columns]\nonset_days = { factor = -1 }", 5, ("above 0",)),
        ('[recurrences.columns]\nonset_days = { dates = "%d/%m/%y" }', 5, ("two-digit",)),
        ('[recurrences.columns]\ncare_seeking = { unit = "days" }', 5, ("does not go with",)),
        ('[recurrences.columns]\ncare_seeking = { dates = "%Y-%m-%d" }', 5, ("does not go",)),
        ('[recurrences.columns]\nonset_days = { type = "text" }', 5, ("by the dictionary",)),
        ('[recurrences.columns]\nsite = { type = "colour" }', 5, ("type needs one of",)),
        ('[recurrences.columns]\nsite = { from = "a", value = "b" }', 5, ("both from and value",)),
        ('dates_between = ["2024-01-01", "2020-01-01"]', 4, ("earlier day first",)),
        ("visit_windows = { 3 = [4, 5] }", 4, ("month 3", "does not hold")),
        ("measures.odi = { low = 0 }", 4, ("better is missing",)),
        ("measures.odi = 3", 4, ("needs a table",)),
        ('[outcomes.wide]\ninto = "values"\ncolumns = {}', 4, ("wide needs into",)),
        ('missing = ["", ""]', 4, ("twice",)),
        ("strata = [[1]]", 4, ("list of texts",)),
        ("[walking.columns.week]\ncodes = 3", 5, ("codes and meanings",)),
        ('[recurrences.columns]\ncare_seking = "x"', 5, ("did you mean care_seeking",)),
        ('[costs.columns]\nprice_yaer = "x"', 5, ("did you mean price_year",)),
    ],
)
def test_what_cannot_be_right_is_reported_with_its_line(text, line, words):
    found = problem(text)
    assert found.row == line
    assert all(word in str(found) for word in words), str(found)


def test_facts_that_must_be_there():
    _, problems = read_manifest(parse_toml(b'strata = "x"', "trial.toml"))
    assert [one.problem for one in problems] == [
        "name is missing",
        "source is missing",
        "arms is missing",
    ]


def test_one_arm_is_not_a_comparison():
    text = b'name = "A"\nsource = "B"\narms = ["walking"]'
    _, problems = read_manifest(parse_toml(text, "trial.toml"))
    assert "needs 2 arms, found 1 (walking)" in problems[0].problem
    assert problems[0].row == 3


def test_the_examples_of_the_guide_are_right_and_use_every_clause_of_columns():
    guide = GUIDE.read_text(encoding="utf-8")
    examples = re.findall(r"```toml\n(.*?)```", guide, re.DOTALL)
    assert len(examples) >= 5
    for text in examples:
        _, problems = read_manifest(parse_toml(text.encode(), "trial.toml"))
        assert problems == [], text
    for clause in (*COLUMN_CLAUSES, *TABLE_CLAUSES):
        assert re.search(rf"\b{clause.name}\b", guide), clause.name


def test_examples_of_clauses_are_toml():
    for clause in (*TRIAL_CLAUSES, *TABLE_CLAUSES, *COLUMN_CLAUSES, *MEASURE_CLAUSES):
        assert parse_toml(clause.example.encode(), "trial.toml").values
