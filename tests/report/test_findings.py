"""Are findings shown by table and topic, worst first, in a terminal and on a page?"""

import dataclasses

import pandas as pd
import pytest

import walkstats as ws
from walkstats.checks.catalogue import looked_for, not_found
from walkstats.checks.findings import RULES
from walkstats.errors import Problem, problems_frame
from walkstats.report.findings_grouped import grouped
from walkstats.report.findings_in_text import findings_in_text
from walkstats.report.findings_page import findings_page

PROBLEMS = (
    Problem("weeks are odd", "look", table="walking", column="week", row=9, severity="warning"),
    Problem("no trial.toml", "write one", topic="files"),
    Problem(
        "ages <b>odd</b>",
        "mend & go on",
        table="participants",
        column="age_years",
        row=3,
        ids=("P1", "P2", "P3", "P4", "P5"),
        count=7,
        topic="plausibility",
        severity="warning",
    ),
    Problem("arms differ", "mend", table="participants", column="arm", topic="randomisation"),
    Problem("an id twice", "mend", table="participants", topic="identity"),
)


@pytest.fixture(scope="module")
def trial():
    people = pd.DataFrame({"participant_id": ["P1", "P2"], "arm": ["control", "walking"]})
    return ws.trial.Trial("Small <i>trial</i>", "synthetic: a test", ("control", "walking"), people)


@pytest.fixture(scope="module")
def findings():
    return problems_frame(PROBLEMS)


def test_tables_and_topics_stand_with_the_worst_first(findings, trial):
    tables = grouped(findings, trial)
    assert [one.name for one in tables] == ["participants", "the folder", "walking"]
    assert [(one.errors, one.warnings) for one in tables] == [(2, 1), (1, 0), (0, 1)]
    headings = [heading for heading, _ in tables[0].topics]
    assert headings == ["who is who", "randomisation and arms", "possible but unlikely"]
    assert (tables[0].rows, tables[1].rows) == (2, None)


def test_text_fits_the_terminal_and_tells_of_every_table(findings, trial):
    text = findings_in_text(findings, trial, 50)
    assert max(map(len, text.splitlines())) <= 50
    assert "from row 3; P1, P2, P3, P4, P5 ..." in " ".join(text.split())
    assert "warning: ages <b>odd</b> (7 times)" in text
    assert "walking 0 rows no errors, 1 warning" in " ".join(text.split())
    assert text.splitlines()[-1].split()[:3] == ["participants", "2", "rows"]
    clean = findings_in_text(findings.iloc[:0], trial, 80)
    assert clean == "participants        2 rows  nothing found"


def test_control_characters_of_the_data_do_not_reach_the_terminal(trial):
    odd = problems_frame([Problem("'\x1b[31mred\x1b[0m'\nnext", table="participants")])
    text = findings_in_text(odd, trial, 80)
    assert "\x1b" not in text
    assert "\nnext" not in text


def test_the_page_holds_everything_and_runs_nothing_of_the_data(findings, trial):
    page = findings_page(findings, trial, "folder<script>")
    assert page.count('type="checkbox"') == len(PROBLEMS)
    assert "<b>odd" not in page
    assert "ages &lt;b&gt;odd&lt;/b&gt;" in page
    assert "folder&lt;script&gt;" in page
    assert "Small &lt;i&gt;trial" in page
    assert "Synthetic data." in page
    assert page.count("<script") == 1
    assert "http" not in page
    assert page.index("An id" if "An id" in page else "an id twice") < page.index("weeks are odd")
    assert "ids that begin" in page or "ids begin or end with spaces" in page
    assert "There are no rows of check_ins" in page


def test_the_page_of_a_folder_that_cannot_be_read(findings):
    page = findings_page(findings.iloc[1:2], None, "nowhere")
    assert "Findings in nowhere" in page
    assert "no trial.toml" in page
    assert "Looked for" not in page


def test_what_was_found_is_not_among_what_was_not(trial):
    people = trial.participants.assign(age_years=[12.0, 40.0])
    found = ws.check_trial(dataclasses.replace(trial, participants=people))
    assert found["topic"].tolist() == ["plausibility"]
    clean = not_found(found, ["participants"])
    sought = [one.sought for one in clean]
    assert not any("under 18" in one for one in sought)
    assert any("age against date or year of birth" in one for one in sought)
    assert not any("randomisation list" in one for one in sought)
    assert {one.table for one in clean} == {"participants"}


def test_every_rule_is_listed_with_words_of_its_own():
    listed = looked_for()
    assert {(rule.table, rule.sought) for rule in RULES} <= {
        (one.table, one.sought) for one in listed
    }
    assert len({(one.table, one.sought) for one in listed}) == len(listed)
    assert all("{" not in one.sought.replace("{ low", "") for one in listed)
    assert all(one.what_to_do for one in listed)
