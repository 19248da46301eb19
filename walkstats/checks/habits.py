"""Do the numbers show how they were written down: rounded, guessed, or filled in at one go?"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from walkstats.checks.material import Material
from walkstats.checks.rules import Rows, Rule, Told, counted
from walkstats.errors import IDS_SHOWN

FEWEST = 50
"""End digits are counted from so many numbers on."""

CLEAR = 1e-6
"""Such a p-value, and half as many again as expected, make a preference of end digits clear."""

SAME_WEEKS = 12
"""So many known weeks in a row with the same minutes are told."""


@dataclass(frozen=True)
class EndDigits:
    """A column of which the last digits are counted.

    Attributes
    ----------
    table, column : str
    step : float
        What the last digit counts, as 1 for whole years.
    natural : bool
        Whether people round it when they are asked, so that rounding is no fault of recording.
    measure : str
        Of outcomes, whose values it holds.
    """

    table: str
    column: str
    step: float
    natural: bool
    measure: str = ""

    @property
    def name(self) -> str:
        """How a finding calls it."""
        return self.measure or self.column


END_DIGITS = (
    EndDigits("participants", "age_years", 1, natural=False),
    EndDigits("participants", "bmi_kg_m2", 0.1, natural=False),
    EndDigits("participants", "weight_kg", 1, natural=True),
    EndDigits("participants", "height_cm", 1, natural=True),
    EndDigits("walking", "walking_minutes", 1, natural=True),
    EndDigits("walking", "steps", 1, natural=True),
    EndDigits("outcomes", "value", 1, natural=True, measure="eq5d_vas"),
)


def _values(material: Material, one: EndDigits) -> np.ndarray:
    values = material.carried_numbers(one.table, (one.column,))
    if one.measure:
        measured = (material.tables[one.table]["measure"] == one.measure).to_numpy(dtype=bool)
        values = np.where(measured, values, np.nan)
    return values


def _fives(material: Material, one: EndDigits) -> np.ndarray:
    """Rows of which the last digit is 0 or 5, where these are clearly preferred."""
    none = np.zeros(len(material.tables[one.table]), dtype=bool)
    if len(none) < FEWEST:
        return none
    counted_in = _values(material, one) / one.step
    known = np.isfinite(counted_in) & (counted_in > 0) & (np.abs(counted_in) < 1e12)
    counted_in = np.where(known, counted_in, 1.0)
    whole = np.abs(counted_in - np.round(counted_in)) < 1e-6
    n = int(known.sum())
    if n < FEWEST or (known & whole).sum() < 0.95 * n:
        return none
    fives = known & (np.round(counted_in) % 5 == 0)
    share = fives.sum() / n
    if share < 0.3 or _p_of_end_digits(counted_in[known]) > CLEAR:
        return none
    return fives


def _p_of_end_digits(counted_in: np.ndarray) -> float:
    """Pearson's test that all ten end digits are as frequent, on 9 degrees of freedom."""
    from math import erfc, exp, pi, sqrt

    digits = np.bincount(np.round(counted_in).astype(np.int64) % 10, minlength=10)
    x = float(((digits - digits.mean()) ** 2).sum() / digits.mean())
    # The upper tail for an odd number of degrees of freedom has this closed form.
    terms = [x**0.5, x**1.5 / 3, x**2.5 / 15, x**3.5 / 105]
    return erfc(sqrt(x / 2)) + sqrt(2 / pi) * exp(-x / 2) * sum(terms)


def _prefers(one: EndDigits) -> Rows:
    return lambda material: _fives(material, one)


def _told_shares(one: EndDigits) -> Told:
    def told(material: Material, rows: np.ndarray) -> str:
        values = _values(material, one)
        n = int((np.isfinite(values) & (values > 0)).sum())
        return f"{len(rows) / n:.0%} of {n} numbers end in 0 or 5, 20% by chance"

    return told


def rounding_notes(material: Material) -> tuple[str, ...]:
    """What is rounded as people round when they are asked: told, and no finding.

    Parameters
    ----------
    material : Material

    Returns
    -------
    tuple of str
    """
    told = []
    for one in END_DIGITS:
        rows = np.flatnonzero(_fives(material, one)) if one.natural else ()
        if len(rows):
            shares = _told_shares(one)(material, np.asarray(rows))
            told.append(f"{one.table}: {one.name} is rounded: {shares}.")
    return tuple(told)


def weekend_notes(material: Material) -> tuple[str, ...]:
    """Randomisations at weekends, where nearly all were on working days.

    Parameters
    ----------
    material : Material

    Returns
    -------
    tuple of str
    """
    people = material.tables["participants"]
    day = people["randomised_on"].dt.dayofweek
    weekend = (day >= 5).to_numpy(dtype=bool)
    known = int(day.notna().sum())
    if known < FEWEST or not 0 < weekend.sum() <= 0.05 * known:
        return ()
    ids = ", ".join(map(str, people["participant_id"][weekend].head(IDS_SHOWN)))
    return (
        f"participants: {counted(int(weekend.sum()), 'participant')} of {known} "
        f"randomised on a Saturday or Sunday: {ids}.",
    )


def _runs(material: Material) -> tuple[np.ndarray, np.ndarray]:
    """Rows of walking by participant, record and week, and the length of the run up to each."""
    frame = material.tables["walking"]
    if len(frame) < SAME_WEEKS:
        return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64)
    minutes = material.numbers("walking", "walking_minutes")
    week = material.numbers("walking", "week")
    who = pd.factorize(frame["participant_id"])[0]
    how = pd.factorize(frame["measured_by"])[0]
    rows = np.flatnonzero((minutes > 0) & ~np.isnan(week) & (who >= 0))
    rows = rows[np.lexsort((week[rows], how[rows], who[rows]))]
    if not len(rows):
        return rows, rows
    again = np.zeros(len(rows), dtype=bool)
    again[1:] = (np.diff(minutes[rows]) == 0) & (np.diff(who[rows]) == 0)
    again[1:] &= np.diff(how[rows]) == 0
    place = np.arange(len(rows))
    begin = np.maximum.accumulate(np.where(again, 0, place))
    return rows, place - begin + 1


def _constant(material: Material) -> np.ndarray:
    """The last week of every long run of weeks with the same minutes."""
    rows, length = _runs(material)
    found = np.zeros(len(material.tables["walking"]), dtype=bool)
    if len(rows):
        last = np.append(length[1:] == 1, True)
        found[rows[last & (length >= SAME_WEEKS)]] = True
    return found


def _told_runs(material: Material, rows: np.ndarray) -> str:
    frame = material.tables["walking"]
    places, lengths = _runs(material)
    length = dict(zip(places.tolist(), lengths.tolist(), strict=True))
    return "; ".join(
        f"{frame['participant_id'].iloc[k]} {frame['walking_minutes'].iloc[k]:g} minutes in "
        f"{length[int(k)]} weeks up to week {frame['week'].iloc[k]}"
        for k in rows[:IDS_SHOWN]
    )


NOTES: tuple[Callable[[Material], tuple[str, ...]], ...] = (rounding_notes, weekend_notes)

HABIT_RULES = (
    *(
        Rule(
            one.table,
            one.column,
            "warning",
            f"end digits of {one.name}: {{told}}",
            "ask how it was recorded: rounded or guessed values are less exact than they look",
            _prefers(one),
            _told_shares(one),
            topic="copies",
            looks_for=f"a preference for the end digits 0 and 5 in {one.name}",
        )
        for one in END_DIGITS
        if not one.natural
    ),
    Rule(
        "walking",
        "walking_minutes",
        "warning",
        "the same minutes in twelve weeks or more in a row: {told}",
        "ask whether the diary was kept week by week; they are kept as they are",
        _constant,
        _told_runs,
        topic="copies",
    ),
)
