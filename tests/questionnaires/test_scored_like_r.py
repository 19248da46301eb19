"""Scores beside R's, published worked examples, and a scorer written item by item."""

import math

import numpy as np
import pandas as pd
import pytest

import walkstats as ws
from tests.reference.goldens import TALLIES, agree, data, entry, topic, value
from walkstats.questionnaires import read_questionnaire
from walkstats.questionnaires.entries import shipped_names

TOPIC = "questionnaires"
ROUNDED = 5e-4  # published utilities have three decimals
SAME = 1e-12  # sums of a few small numbers, added in another order

WORRY = {
    "name": "worry",
    "items": 6,
    "codes": [1, 5],
    "reversed": [2, 5],
    "scales": [{"measure": "worry", "low": 6, "high": 30, "better": "lower"}],
    "rules": [{"name": "two", "stands_in": "mean", "at_most": 2, "said": "the mean stands in"}],
}
DASS = "dass_{}"


def scored(questionnaire, **arguments):
    """Scores by measure, in the order of the rows."""
    found = ws.derive.score(data("questionnaire_answers.csv"), questionnaire, **arguments)
    return {name: own["value"].to_numpy() for name, own in found.groupby("measure")}


def england():
    decrements = value(entry(TOPIC, "questionnaires.eq5d"), "decrements")
    return {name: dict(zip((2, 3, 4, 5), own, strict=True)) for name, own in decrements.items()}


@pytest.mark.parametrize(
    ("rule", "key"), [(None, "as_no"), ("prorated", "prorated"), ("complete", "complete")]
)
def test_roland_morris(rule, key):
    gold = entry(TOPIC, "questionnaires.rmdq")
    agree(gold, key, scored("rmdq", rule=rule)["rmdq"])
    found = ws.derive.score(data("questionnaire_answers.csv"), "rmdq", items="rmdq_{}")
    agree(gold, "answered", found["items_answered"])


def test_oswestry():
    gold = entry(TOPIC, "questionnaires.odi")
    agree(gold, "percent", scored("odi")["odi"])
    agree(gold, "any", scored("odi", rule="any section")["odi"])


def test_scales_of_some_of_the_items():
    for name in ("dass21", "fabq"):
        gold = entry(TOPIC, f"questionnaires.{name}")
        for measure, values in scored(name).items():
            agree(gold, measure, values)
    gold = entry(TOPIC, "questionnaires.pseq")
    agree(gold, "complete", scored("pseq")["pseq"])
    agree(gold, "prorated", scored("pseq", rule="prorated")["pseq"])
    agree(entry(TOPIC, "questionnaires.peg"), "peg", scored("peg")["peg"])


def test_items_that_run_the_other_way():
    agree(entry(TOPIC, "questionnaires.worry"), "worry", scored(WORRY)["worry"])


def test_utilities():
    gold = entry(TOPIC, "questionnaires.eq5d")
    agree(gold, "utility", scored("eq5d", value_set=england())["eq5d_utility"])
    agree(gold, "decrements", [list(one.values()) for one in england().values()])


def test_every_entry_was_used():
    assert TALLIES[TOPIC].entries == set(topic(TOPIC))


def test_published_worked_examples():
    # 16 of 50 are 32 %, and with one section not answered 16 of 45 are 35.5 % (as printed)
    rows = pd.DataFrame([[2] * 6 + [1] * 4, [2] * 7 + [1, 1, None]])
    rows.columns = [f"odi_{k}" for k in range(1, 11)]
    found = ws.derive.score(rows.assign(participant_id=["a", "b"]), "odi", month=0)["value"]
    assert found[0] == 32.0
    assert math.floor(found[1] * 10) / 10 == 35.5
    # England: from -0.285 for 55555 to 0.950 for the best profile but 11111, and R's eq5d 0.15
    profiles = {"55555": -0.285, "11111": 1.0, "11211": 0.95, "12111": 0.95, "23245": 0.247}
    rows = pd.DataFrame({"participant_id": list("abcde"), "month": 0, "eq5d": list(profiles)})
    found = ws.derive.score(rows, "eq5d", items="eq5d", value_set=england())
    assert found["value"].to_numpy() == pytest.approx(list(profiles.values()), abs=ROUNDED)


@pytest.mark.parametrize("name", [name for name in shipped_names() if name != "eq5d"])
def test_item_by_item(name):
    one = read_questionnaire(name)
    rng = np.random.default_rng(7)
    cells = rng.integers(one.low, one.high, (12, one.items), endpoint=True).astype(float)
    cells[rng.random(cells.shape) < np.linspace(0, 0.3, 12)[:, None]] = np.nan
    rows = pd.DataFrame(cells, columns=list(one.named)).assign(participant_id=range(12))
    for rule in one.rules:
        found = ws.derive.score(rows, name, month=0, rule=rule.name).groupby("measure")
        for scale in one.scales:
            ours = found.get_group(scale.measure)["value"].to_numpy()
            theirs = [slowly([row[k - 1] for k in scale.items], one, scale, rule) for row in cells]
            assert ours == pytest.approx(theirs, nan_ok=True, abs=SAME)


def slowly(own, one, scale, rule):
    """One score, an item after the other."""
    there = [code for code in own if not math.isnan(code)]
    blanks = len(own) - len(there)
    if not there or (blanks and (rule.stands_in == "nothing" or blanks > rule.at_most)):
        return math.nan
    total = 0.0
    for code in own:
        if math.isnan(code):
            code = one.low if rule.stands_in == "lowest" else sum(there) / len(there)
        total += code
    if scale.total == "mean":
        total /= len(own)
    if scale.total == "percent":
        total = 100 * (total - one.low * len(own)) / (len(own) * (one.high - one.low))
    return total * scale.times
