"""What was used, at what price, and what did it come to? By hand and in plain loops."""

import dataclasses

import numpy as np
import pandas as pd
import pytest

from tests.economics.one_year import CATEGORY, PRICES, Person, cost_of, make_trial, some_people
from walkstats import economics
from walkstats.errors import DataError

EXACT = 1e-12  # sums of a few products


@pytest.fixture(scope="module")
def people():
    return some_people(60, 9)


@pytest.fixture(scope="module")
def trial(people):
    return make_trial(people)


def test_resource_use_by_hand():
    people = [
        Person(used=((1, "visit", 2), (5, "visit", 1), (2, "tablets", 0))),
        Person(used=((1, "session", 3), (2, "visit", 4))),
        Person(used=((3, "visit", 5),), completed=(1, 2, 3)),
        Person(),
    ]
    table = economics.resource_use(make_trial(people)).set_index(["item", "arm"])
    visits = table.loc["visit"]
    assert visits["using"].tolist() == [2, 1]
    assert visits["quantity"].tolist() == [8.0, 4.0]
    # of the controls only the first answered for the whole year
    assert visits["known"].tolist() == [1, 2]
    assert visits["mean_quantity"].tolist() == [3.0, 2.0]
    assert visits["sd_quantity"].isna().tolist() == [True, False]
    assert table.loc["tablets", "using"].tolist() == [0, 0]
    assert table.loc[("session", "walking"), ["known", "mean_quantity"]].tolist() == [2, 1.5]


def test_mean_costs_are_means_of_totals(people, trial):
    found = economics.costs_by_category(trial).set_index(["category", "arm"])
    totals = economics.total_costs(trial, perspective="societal")
    for arm in trial.arms:
        own = totals.loc[totals["arm"] == arm, "cost"].dropna()
        row = found.loc[("total", arm)]
        assert row["known"] == len(own)
        assert row["mean"] == pytest.approx(own.mean(), rel=EXACT)
        assert row["sd"] == pytest.approx(own.std(), rel=EXACT)
        assert row["median"] == pytest.approx(own.median(), rel=EXACT)
        assert row["with_costs"] == (own > 0).sum()


def test_categories_in_plain_loops(people, trial):
    found = economics.costs_by_category(trial).set_index(["category", "arm"])
    for item, category in CATEGORY.items():
        for k, arm in enumerate(trial.arms):
            own = [cost_of(one, counts=(item,)) for one in people[k::2]]
            asked = [
                sum(v for name, v in one.items() if name != "cost_intervention") for one in own
            ]
            costs = [one["cost_intervention"] for one in own] if item == "session" else asked
            known = [cost for cost in costs if not np.isnan(cost)]
            assert found.loc[(category, arm), "mean"] == pytest.approx(np.mean(known), rel=EXACT)


def test_quantities_times_prices_are_costs(trial):
    used = economics.resource_use(trial)
    priced = economics.unit_prices(trial).set_index("item")["unit_cost"]
    assert priced.to_dict() == PRICES
    found = economics.costs_by_category(trial).set_index(["category", "arm"])["mean"]
    by_hand = (used["mean_quantity"] * used["item"].map(priced)).groupby(
        [used["category"], used["arm"]]
    )
    for key, value in by_hand.sum().items():
        assert found[key] == pytest.approx(value, rel=EXACT)


def test_an_item_without_a_name_and_a_trial_without_costs():
    trial = make_trial([Person(used=((1, "visit", 1),)), Person()])
    unnamed = trial.costs.assign(item=pd.Series([None], dtype=object))
    table = economics.resource_use(dataclasses.replace(trial, costs=unnamed))
    assert table["item"].unique().tolist() == ["(no item named)"]
    empty = make_trial([Person(), Person()])
    for each in (economics.resource_use, economics.unit_prices, economics.costs_by_category):
        with pytest.raises(DataError, match="the trial has no costs"):
            each(empty)
