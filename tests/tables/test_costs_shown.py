"""Are frames of costs, and costs beside effects, laid out with their numbers and words?"""

import dataclasses

import numpy as np
import pandas as pd
import pytest

from tests.economics.one_year import Person, make_trial
from walkstats import economics, tables

PEOPLE = [
    Person(used=((1, "visit", 2), (5, "hour", 8)), utilities=((0, 0.7), (12, 0.8))),
    Person(used=((1, "session", 3), (2, "tablets", 4)), utilities=((0, 0.8), (12, 0.9))),
    Person(utilities=((0, 0.6), (12, 0.7))),
    Person(used=((3, "session", 5), (4, "visit", 1)), utilities=((0, 0.7), (12, 0.9))),
]


@pytest.fixture(scope="module")
def trial():
    return make_trial(PEOPLE)


def test_resource_use(trial):
    table = tables.cost_table(economics.resource_use(trial), labels={"visit": "GP visit"})
    assert [row.label for row in table.rows][:4] == [
        "Intervention", "Session", "Health care", "GP visit"
    ]  # fmt: skip
    assert [column.over for column in table.columns][::2] == ["control (n = 2)", "walking (n = 2)"]
    assert table.texts()[3] == ["1 (50%)", "1.00 (1.41)", "1 (50%)", "0.50 (0.71)"]
    assert table.source == trial.source


def test_unit_costs_with_their_year_and_range(trial):
    table = tables.cost_table(economics.unit_prices(trial, unit_costs={"visit": 82.5}))
    assert table.columns[0].name == "Unit cost, AUD 2022"
    assert ["82.50", "analyst"] in table.texts()
    costs = trial.costs.copy()
    costs.loc[0, "unit_cost"] = 100.0
    ranged = tables.cost_table(economics.unit_prices(dataclasses.replace(trial, costs=costs)))
    assert [column.name for column in ranged.columns][1:3] == ["Lowest", "Highest"]


def test_costs_by_category(trial):
    table = tables.table_of(economics.costs_by_category(trial))
    assert [row.label for row in table.rows] == [
        "Intervention", "Health care", "Medicines", "Absence", "Total"
    ]  # fmt: skip
    assert table.texts()[-1][:3] == ["2", "1 (50%)", "260 (368)"]
    assert any("not taken as 0" in note for note in table.notes)


def test_costs_beside_effects_and_a_word_where_no_ratio_has_a_meaning(trial):
    rng = np.random.default_rng(3)
    n = 40
    arm = np.repeat(["control", "walking"], n // 2)
    walks = arm == "walking"
    ids = [f"p{k}" for k in range(n)]
    costs = pd.DataFrame({"participant_id": ids, "arm": arm, "cost": 900 + rng.gamma(2, 200, n)})
    lives = pd.DataFrame({"participant_id": ids, "arm": arm, "qaly": rng.normal(0.7, 0.05, n)})
    lives["qaly"] += 0.1 * walks

    def shown(extra):
        return tables.table_of(
            economics.cost_effectiveness(
                costs.assign(cost=costs["cost"] + extra * walks),
                lives,
                cost="cost",
                effect="qaly",
                replicates=50,
                seed=1,
            )
        )

    dearer, cheaper = shown(2000.0), shown(-300.0)
    assert [row.label for row in dearer.rows][:2] == ["Cost", "QALYs"]
    assert [column.name for column in dearer.columns][:1] == ["control, mean (95% CI)"]
    per = dearer.rows[2]
    assert per.label.startswith("Cost per ")
    assert per.cells[2].values[0] > 0
    assert cheaper.rows[2].cells[2].values == ("dominant",)


def test_something_else_is_refused():
    with pytest.raises(ValueError, match="a frame of resource_use, unit_prices"):
        tables.cost_table(pd.DataFrame({"cost": [1.0]}))
