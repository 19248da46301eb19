"""Does one pass over a whole trial find every error of the field that was planted in it?"""

import pytest

import walkstats as ws
from tests.checks.planted import PAGE, PLANTED, clean_tables, page, planted_tables, write


@pytest.fixture(scope="module")
def clean(tmp_path_factory):
    return ws.check_trial(write(clean_tables(), tmp_path_factory.mktemp("clean") / "trial"))


@pytest.fixture(scope="module")
def spoilt(tmp_path_factory):
    return ws.check_trial(write(planted_tables(), tmp_path_factory.mktemp("spoilt") / "trial"))


def told(findings, one):
    """The findings that tell of an error, whomever they name."""
    there = (findings["table"] == one.table) & (findings["column"] == one.column)
    return findings[there & findings["problem"].str.contains(one.words, regex=False)]


def test_there_are_at_least_thirty():
    assert len({one.what for one in PLANTED}) >= 30


@pytest.mark.parametrize("one", PLANTED, ids=lambda one: one.what)
def test_it_is_found_where_it_is(spoilt, one):
    found = told(spoilt, one)
    assert len(found), spoilt[["table", "column", "problem"]].to_string()
    shown = " ".join(found["ids"] + " " + found["problem"])
    assert all(who in shown for who in one.who), shown
    assert found["what_to_do"].str.len().gt(0).all()


def test_none_is_told_of_the_clean_trial(clean):
    assert [one.what for one in PLANTED if len(told(clean, one))] == []


def test_the_clean_trial_has_no_errors(clean):
    assert not (clean["severity"] == "error").any(), clean.to_string()


def test_the_guide_lists_them():
    assert PAGE.read_text(encoding="utf-8") == page(), "run python -m tests.checks.planted"
