"""What does one of each item cost, in the money of one year, and who said so?"""

import dataclasses

import numpy as np
import pandas as pd
import pytest

from tests.economics.one_year import Person, make_trial
from walkstats import economics
from walkstats.errors import DataError

USED = ((1, "visit", 2), (2, "tablets", 3))


@pytest.fixture(scope="module")
def trial():
    return make_trial([Person(used=USED), Person()])


def cost(trial, **options):
    frame = economics.total_costs(trial, perspective="societal", **options)
    return frame.loc[0, "cost"]


def with_costs(trial, **columns):
    return dataclasses.replace(trial, costs=trial.costs.assign(**columns))


def test_unit_costs_replace_those_of_the_table(trial):
    assert cost(trial) == 205.0
    assert cost(trial, unit_costs={"visit": 100.0}) == 245.0
    frame = pd.DataFrame({"item": ["visit", "tablets"], "unit_cost": [1.0, 10.0]})
    assert cost(trial, unit_costs=frame) == 32.0


def test_unit_costs_fill_a_table_without_prices(trial):
    bare = with_costs(trial, unit_cost=np.nan)
    with pytest.raises(DataError, match=r"no row of the item 'visit'.*(\n.*)*'tablets'") as caught:
        cost(bare)
    assert len(caught.value.problems) == 2
    assert cost(bare, unit_costs={"visit": 80.0, "tablets": 15.0}) == 205.0


def test_a_price_that_some_rows_lack_stays_missing(trial):
    partly = dataclasses.replace(
        trial,
        costs=pd.concat([trial.costs, trial.costs.iloc[:1].assign(unit_cost=np.nan)]),
    )
    assert np.isnan(cost(partly))
    assert cost(partly, unit_costs={"visit": 80.0}) == 365.0


def test_a_missing_price_of_a_frame_is_refused_by_name(trial):
    with pytest.raises(ValueError, match="unit cost of 'visit' must be a number of at least 0"):
        cost(trial, unit_costs={"visit": np.nan})
    with pytest.raises(ValueError, match="got -500"):
        cost(trial, unit_costs={"visit": -500})
    with pytest.raises(ValueError, match="'visit' more than once"):
        cost(trial, unit_costs=pd.DataFrame({"item": ["visit"] * 2, "unit_cost": [1.0, 2.0]}))
    with pytest.raises(ValueError, match="mapping of item to price or a frame"):
        cost(trial, unit_costs=[80.0])


def test_a_name_that_nobody_used_is_said(trial):
    frame = economics.total_costs(trial, perspective="societal", unit_costs={"visits": 100.0})
    assert any("items that nobody used: 'visits'" in note for note in frame.attrs["notes"])


def test_prices_of_several_years_are_refused_without_an_index(trial):
    mixed = with_costs(trial, price_year=[2020, 2022])
    with pytest.raises(DataError, match=r"several years \(2020, 2022\)"):
        cost(mixed)
    # visits of 2020 at 80 are 84 in the money of 2022
    assert cost(mixed, price_index={2020: 100.0, 2022: 105.0}) == pytest.approx(2 * 84 + 45)
    frame = economics.total_costs(
        mixed, perspective="societal", price_index={2020: 100.0, 2022: 105.0}
    )
    assert "Prices are those of 2022 by the index given: 2020 x 1.05." in frame.attrs["notes"]
    with pytest.raises(ValueError, match="price_index lacks 2022"):
        cost(mixed, price_index={2020: 100.0})
    with pytest.raises(ValueError, match="must be a number above 0"):
        cost(mixed, price_index={2020: 0.0, 2022: 105.0})


def test_the_years_of_an_index_may_be_text_as_in_a_plan_file(trial):
    mixed = with_costs(trial, price_year=[2020, 2022])
    assert cost(mixed, price_index={"2020": 100, "2022": 105}) == pytest.approx(2 * 84 + 45)
    with pytest.raises(ValueError, match="years of price_index must be whole"):
        cost(mixed, price_index={"base": 100.0})


def test_another_price_year_needs_an_index_too(trial):
    with pytest.raises(DataError, match=r"several years \(2022, 2024\)"):
        cost(trial, price_year=2024)
    assert cost(trial, price_year=2024, price_index={2022: 1.0, 2024: 1.1}) == pytest.approx(225.5)
    # all of the analyst's own prices: the year is theirs
    own = {"visit": 80.0, "tablets": 15.0}
    assert cost(trial, price_year=2024, unit_costs=own) == 205.0


def test_an_unknown_year_is_said_and_never_mixed():
    trial = make_trial([Person(used=USED), Person()], price_year=None)
    frame = economics.total_costs(trial, perspective="societal")
    assert frame.attrs["price_year"] is None
    assert "The year of the prices is not known." in frame.attrs["notes"]
    with pytest.raises(DataError, match="of some the year is not known"):
        cost(with_costs(trial, price_year=[2020, None]))


def test_prices_by_hand():
    trial = make_trial([Person(used=(*USED, (3, "visit", 1))), Person()])
    trial = with_costs(trial, unit_cost=[80.0, 15.0, 100.0])
    table = economics.unit_prices(trial, unit_costs={"tablets": 12.0}).set_index("item")
    assert table.loc["visit", ["unit_cost", "lowest", "highest"]].tolist() == [90.0, 80.0, 100.0]
    assert table["given_by"].to_dict() == {"visit": "trial", "tablets": "analyst"}
    assert set(table["price_year"]) == {2022}
    assert set(table["currency"]) == {"AUD"}
