"""Is every case of bad input shown by a test? The list of all cases, and the count.

``bad_inputs.json`` holds each case: how it is made, what it must get, and the tests that show it.
"""

import importlib
import json
from collections import Counter
from pathlib import Path

import pytest

CASES = json.loads(Path(__file__).with_name("bad_inputs.json").read_text(encoding="utf-8"))
COUNTS = {
    "file": 21, "participant": 8, "event": 15, "walking_log": 7, "outcome": 6, "cost": 4,
    "model": 28, "reporting": 9,
}  # fmt: skip
OUTCOMES = {"error", "warning", "normalise_and_report", "accept"}


def values_of(test) -> set[str]:
    """The values of the parameters of a test that are words."""
    marks = [mark for mark in getattr(test, "pytestmark", []) if mark.name == "parametrize"]
    return {value for mark in marks for value in mark.args[1] if isinstance(value, str)}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["id"])
def test_a_case_is_shown_by_tests_that_are_there(case):
    assert case["shown_by"], f"{case['what']}: no test shows it"
    for place in case["shown_by"]:
        file, _, name = place.partition("::")
        name, _, value = name.partition("[")
        module = importlib.import_module(file.removesuffix(".py").replace("/", "."))
        test = getattr(module, name)
        assert callable(test), place
        assert not value or value.removesuffix("]") in values_of(test), place
        assert not {"skip", "xfail"} & {mark.name for mark in getattr(test, "pytestmark", [])}


def test_all_cases_are_in_the_list():
    assert Counter(case["group"] for case in CASES) == COUNTS
    assert len({case["id"] for case in CASES}) == len(CASES) == sum(COUNTS.values())
    assert {case["expected"]["kind"] for case in CASES} == OUTCOMES
