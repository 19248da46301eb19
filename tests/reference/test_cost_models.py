"""Models of skewed costs against R: glm with sandwich's estimating functions."""

import pytest

from tests.reference.goldens import agree, data, entry, topic, uncovered
from walkstats import economics

TOPIC = "cost_models"
CASES = {
    "costs.two_part.plain": ("two-part", []),
    "costs.two_part.adjusted": ("two-part", ["age", "utility_0"]),
    "costs.gamma.adjusted": ("gamma", ["age", "utility_0"]),
}


@pytest.mark.parametrize("name", CASES)
def test_means_and_contrasts(name):
    family, adjust = CASES[name]
    people = data("economics.csv")
    people = people[people["cost"] > 0] if family == "gamma" else people
    found = economics.compare_costs(people, cost="cost", adjust=adjust, family=family)
    gold = entry(TOPIC, name)
    agree(gold, "means", found.means.values)
    agree(gold, "errors", found.means.std_errors)
    agree(gold, "difference", found.difference.values[0])
    agree(gold, "error", found.difference.std_errors[0])
    agree(gold, "log_ratio", found.ratio.values[0])
    agree(gold, "log_error", found.ratio.std_errors[0])
    assert not uncovered(TOPIC, name)


def test_every_entry_is_used():
    assert set(topic(TOPIC)) == set(CASES)
