"""What does one of each item cost, in the money of one year?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from walkstats._arguments import check_column, check_whole
from walkstats.errors import DataError, Problem
from walkstats.trial import Trial

Floats = NDArray[np.float64]
UnitCosts = Mapping[str, float] | pd.DataFrame
NO_ITEM = "(no item named)"


@dataclass(frozen=True)
class Priced:
    """What one of each row's item costs.

    Attributes
    ----------
    price : (rows,) array
        In the currency and prices of ``year``; missing where no price is known.
    given : (rows,) bool array
        Whether the price is the analyst's rather than the trial's.
    year : int or None
    notes : tuple of str
    """

    price: Floats
    given: NDArray[np.bool_]
    year: int | None
    notes: tuple[str, ...]


def price_rows(
    trial: Trial,
    rows: pd.DataFrame,
    unit_costs: UnitCosts | None,
    price_year: int | None,
    price_index: Mapping[int, float] | None,
) -> Priced:
    """Price each row of resource use: by the analyst's unit costs, else by the trial's.

    Raises
    ------
    ValueError
        For unit costs that cannot be used.
    DataError
        For items without any price, and prices of several years without an index.
    """
    if price_year is not None:
        check_whole(price_year, "price_year", 1900)
    index = _index(price_index)
    own = rows["unit_cost"].to_numpy(dtype=float)
    if "price_year" in rows:
        years = pd.to_numeric(rows["price_year"], errors="coerce").to_numpy(dtype=float)
    else:
        years = np.full(len(rows), np.nan if trial.price_year is None else trial.price_year)
    table = _unit_costs(unit_costs, price_year if price_year is not None else trial.price_year)
    items = rows["item"].fillna(NO_ITEM).to_numpy(dtype=object)
    given = np.isin(items, table.index.to_numpy(dtype=object)) if len(table) else items != items
    at = table.reindex(items)
    price = np.where(given, at["unit_cost"].to_numpy(dtype=float), own)
    years = np.where(given, at["price_year"].to_numpy(dtype=float), years)
    _refuse_unpriced(rows, items, price)
    year = price_year if price_year is not None else trial.price_year
    price, year, notes = _one_year(price, years, year, index)
    unused = [name for name in table.index if name not in set(items)]
    if unused:
        listed = ", ".join(map(repr, unused[:5]))
        notes += (f"unit_costs name items that nobody used: {listed}.",)
    return Priced(price, given, year, notes)


def _index(price_index: object) -> dict[int, float] | None:
    """Level of prices by year; a year may be written as text, as the keys of a plan file are."""
    if price_index is None:
        return None
    if not isinstance(price_index, Mapping):
        raise ValueError(f"price_index must be a mapping of year to level, got {price_index!r}.")
    try:
        return {int(year): level for year, level in price_index.items()}
    except (TypeError, ValueError):
        raise ValueError(f"The years of price_index must be whole, got {price_index!r}.") from None


def _unit_costs(unit_costs: UnitCosts | None, year: int | None) -> pd.DataFrame:
    """Index item; unit_cost and price_year."""
    if unit_costs is None:
        return pd.DataFrame({"unit_cost": [], "price_year": []}, index=pd.Index([], dtype=object))
    if isinstance(unit_costs, pd.DataFrame):
        items = check_column(unit_costs, "item", "the item").to_numpy(dtype=object)
        costs = check_column(unit_costs, "unit_cost", "the cost of one").tolist()
        years = unit_costs["price_year"].tolist() if "price_year" in unit_costs else [None]
        years = years if len(years) == len(items) else [year] * len(items)
    elif isinstance(unit_costs, Mapping):
        items = np.array(list(unit_costs), dtype=object)
        costs, years = list(unit_costs.values()), [year] * len(unit_costs)
    else:
        raise ValueError(
            "unit_costs must be a mapping of item to price or a frame with columns item and "
            f"unit_cost, got {type(unit_costs).__name__}."
        )
    if len(set(items)) < len(items):
        twice = next(item for item in items if list(items).count(item) > 1)
        raise ValueError(f"unit_costs price {twice!r} more than once.")
    for item, cost in zip(items, costs, strict=True):
        if not _is_price(cost):
            raise ValueError(
                f"The unit cost of {item!r} must be a number of at least 0, got {cost!r}."
            )
    return pd.DataFrame(
        {"unit_cost": np.array(costs, dtype=float), "price_year": pd.array(years, dtype="Float64")},
        index=pd.Index(items, dtype=object),
    ).astype(float)


def _is_price(cost: object) -> bool:
    try:
        number = float(cost)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return False
    return not isinstance(cost, bool) and bool(np.isfinite(number)) and number >= 0


def _refuse_unpriced(rows: pd.DataFrame, items: np.ndarray, price: Floats) -> None:
    """An item of which no row has a price cannot be costed; one that some rows lack stays so."""
    known = pd.Series(~np.isnan(price)).groupby(items, sort=False).any()
    names = [str(item) for item in known.index[~known]]
    if not names:
        return
    told = []
    for name in names:
        here = items == name
        ids = tuple(dict.fromkeys(str(one) for one in rows["participant_id"].to_numpy()[here]))
        told.append(
            Problem(
                f"no row of the item {name!r} has a price",
                f"give it: unit_costs={{{name!r}: ...}}",
                "costs",
                "unit_cost",
                ids=ids[:5],
                count=int(here.sum()),
            )
        )
    raise DataError(told)


def _one_year(
    price: Floats, years: Floats, wanted: int | None, index: Mapping[int, float] | None
) -> tuple[Floats, int | None, tuple[str, ...]]:
    """Prices in the money of one year; of several years only by an index that is given."""
    priced = ~np.isnan(price)
    found = sorted({int(year) for year in years[priced & ~np.isnan(years)]})
    unknown = bool((priced & np.isnan(years)).any())
    if wanted is None and len(found) == 1 and not unknown:
        wanted = found[0]
    if unknown:
        if found and (len(found) > 1 or found[0] != wanted or wanted is None):
            raise DataError.of(
                f"some prices are of {_listed(found)} and of some the year is not known",
                table="costs",
                column="price_year",
                what_to_do="give the price year of each, or of the trial in trial.toml",
            )
        told = (
            "The year of the prices is not known"
            if wanted is None
            else (f"Prices without a year are taken to be of {wanted}")
        )
        return price, wanted, (f"{told}.",)
    if not found or found == [wanted]:
        return price, wanted, ()
    if index is None or wanted is None:
        raise DataError.of(
            f"prices of several years ({_listed(sorted({*found, *([wanted] if wanted else [])}))})"
            " cannot be added up",
            table="costs",
            column="price_year",
            what_to_do="convert them, or give price_year= and price_index={year: level}",
        )
    lacking = [year for year in {*found, wanted} if year not in index]
    if lacking:
        raise ValueError(f"price_index lacks {_listed(sorted(lacking))}.")
    for year, level in index.items():
        if not (_is_price(level) and float(level) > 0):
            raise ValueError(f"price_index of {year} must be a number above 0, got {level!r}.")
    factor = {year: float(index[wanted]) / float(index[year]) for year in found}
    by_row = np.array([factor.get(int(y), np.nan) if y == y else np.nan for y in years])
    told = ", ".join(f"{year} x {factor[year]:.4g}" for year in found if year != wanted)
    return price * by_row, wanted, (f"Prices are those of {wanted} by the index given: {told}.",)


def _listed(years: list[int]) -> str:
    return ", ".join(map(str, years))
