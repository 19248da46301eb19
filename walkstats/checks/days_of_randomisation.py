"""Do the days of randomisation follow the ids, and have they come?"""

from __future__ import annotations

import datetime as dt
import re
from bisect import bisect_right

import numpy as np
import pandas as pd

from walkstats.checks.material import Material
from walkstats.checks.rules import Rule
from walkstats.errors import IDS_SHOWN

FEWEST = 20
"""An order of ids is looked for among so many participants."""

FEW = 0.02
"""Where so small a share breaks an order, it is the order, and they are exceptions."""


def longest_order(values: np.ndarray) -> np.ndarray:
    """Which values belong to one longest part that never decreases.

    Parameters
    ----------
    values : numpy.ndarray
        Shape (n,).

    Returns
    -------
    numpy.ndarray
        bool, shape (n,).

    Examples
    --------
    >>> longest_order(np.array([1, 9, 2, 3])).tolist()
    [True, False, True, True]
    """
    tails: list[float] = []
    places: list[int] = []
    before = np.full(len(values), -1)
    for k, value in enumerate(values.tolist()):
        at = bisect_right(tails, value)
        before[k] = places[at - 1] if at else -1
        if at == len(tails):
            tails.append(value)
            places.append(k)
        else:
            tails[at], places[at] = value, k
    kept = np.zeros(len(values), dtype=bool)
    k = places[-1] if places else -1
    while k >= 0:
        kept[k] = True
        k = int(before[k])
    return kept


def _numbered_ids(ids: pd.Series) -> tuple[np.ndarray, np.ndarray]:
    """The last number in each id, and what stands before it; nan where there is none."""
    found = [
        re.fullmatch(r"(.*?)(\d{1,15})", one.strip()) if isinstance(one, str) else None
        for one in ids
    ]
    numbers = np.array([float(one[2]) if one else np.nan for one in found], dtype=float)
    heads = np.array([one[1] if one else None for one in found], dtype=object)
    return numbers, heads


def _against_ids(material: Material) -> np.ndarray:
    """Dates of randomisation out of the order of ids, where that is the order of nearly all."""
    people = material.tables["participants"]
    numbers, heads = _numbered_ids(people["participant_id"])
    dates = people["randomised_on"].to_numpy()
    rows = np.zeros(len(people), dtype=bool)
    if len(people) < FEWEST:
        return rows
    for head in dict.fromkeys(heads.tolist()):
        inside = np.flatnonzero((heads == head) & ~np.isnan(numbers) & ~np.isnat(dates))
        inside = inside[np.argsort(numbers[inside], kind="stable")]
        day = dates[inside].astype("datetime64[D]").astype(np.int64)
        kept = longest_order(day)
        if len(inside) >= FEWEST and 0 < (~kept).sum() <= max(1.0, FEW * len(inside)):
            rows[inside[~kept]] = True
    return rows


def _told_dates(material: Material, rows: np.ndarray) -> str:
    people = material.tables["participants"]
    dates = people["randomised_on"]
    numbers, heads = _numbered_ids(people["participant_id"])
    told = []
    for k in rows[:IDS_SHOWN]:
        others = np.setdiff1d(np.flatnonzero((heads == heads[k]) & dates.notna()), rows)
        first = dates.iloc[others[numbers[others] < numbers[k]]].max()
        last = dates.iloc[others[numbers[others] > numbers[k]]].min()
        limits = [one.date().isoformat() for one in (first, last) if not pd.isna(one)]
        who, day = people["participant_id"].iloc[k], dates.iloc[k].date()
        told.append(f"{who} {day} beside {' and '.join(limits)}{_exchanged(day, first, last)}")
    return "; ".join(told)


def _exchanged(day: dt.date, first: pd.Timestamp, last: pd.Timestamp) -> str:
    """Whether a date would be in order with day and month exchanged."""
    if day.day > 12 or day.day == day.month:
        return ""
    other = pd.Timestamp(day.year, day.day, day.month)
    if (not pd.isna(first) and other < first) or (not pd.isna(last) and other > last):
        return ""
    return f", with day and month exchanged {other.date()} it would be in order"


def _in_future(material: Material) -> np.ndarray:
    dates = material.tables["participants"]["randomised_on"].to_numpy()
    return dates > np.datetime64("today", "D")


def _told_randomised(material: Material, rows: np.ndarray) -> str:
    people = material.tables["participants"].iloc[rows[:IDS_SHOWN]]
    return ", ".join(
        f"{who} {day.date()}"
        for who, day in zip(people["participant_id"], people["randomised_on"], strict=True)
    )


DAY_RULES = (
    Rule(
        "participants",
        "randomised_on",
        "warning",
        "dates of randomisation out of the order of the ids: {told}",
        "look for a wrong year, or for day and month exchanged",
        _against_ids,
        _told_dates,
        topic="randomisation",
    ),
    Rule(
        "participants",
        "randomised_on",
        "error",
        "randomised on a day that has not come yet: {told}",
        "correct the date: it is day 0 of everything",
        _in_future,
        _told_randomised,
        topic="time",
    ),
)
