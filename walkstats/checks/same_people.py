"""Is somebody in the trial twice, or were records of one person copied to another?"""

from __future__ import annotations

import re
from collections.abc import Callable

import numpy as np
import pandas as pd

from walkstats.checks.material import Material
from walkstats.checks.rules import Rows, Rule, Told
from walkstats.errors import IDS_SHOWN
from walkstats.schema import recorded_later

NOT_OF_A_PERSON = ("participant_id", "arm", "randomised_on", "planned_end_days")
"""Columns of participants that say nothing of who somebody is."""

CHANCE = 0.01
"""Alike is told only where fewer such pairs than this are expected by chance in the whole trial."""

FEWEST = 3
"""A record that can be compared has so many entries."""

FEWEST_PEOPLE = 10
"""Among fewer nobody knows which values are common."""


def written_alike(name: str) -> str:
    """An id without what a hand mistakes: case, leading zeros, signs, O for 0, I and l for 1.

    Examples
    --------
    >>> written_alike("P-007"), written_alike("p7"), written_alike("PO07")
    ('p7', 'p7', 'p7')
    >>> written_alike("1-11") == written_alike("11-1")
    False
    """
    text = re.sub(r"[\s_\-./]+", "-", name.strip().casefold())
    text = re.sub(r"(?<=\d)[oq](?=\d|$)|o(?=\d)", "0", text)
    text = re.sub(r"(?<=\d)[il](?=\d|$)", "1", text)
    text = re.sub(r"(?<=[a-z])-(?=\d)|(?<=\d)-(?=[a-z])", "", text)
    return re.sub(r"(?<!\d)0+(?=\d)", "", text)


def _partners(keys: np.ndarray) -> list[np.ndarray]:
    """The rows of each key that more than one row has; a key of None is no key."""
    codes, _ = pd.factorize(keys)
    order = np.argsort(codes, kind="stable")
    order = order[codes[order] >= 0]
    if not len(order):
        return []
    begins = np.flatnonzero(np.append(True, np.diff(codes[order]) > 0))
    return [group for group in np.split(order, begins[1:]) if len(group) > 1]


def _id_keys(material: Material) -> np.ndarray:
    """Ids of which another differs only in what a hand mistakes; the same id twice is told else."""
    ids = material.tables["participants"]["participant_id"].to_numpy(dtype=object)
    keys = np.full(len(ids), None, dtype=object)
    seen: set[str] = set()
    for k, one in enumerate(ids):
        if isinstance(one, str) and one.strip() not in seen:
            keys[k] = written_alike(one)
            seen.add(one.strip())
    return keys


def _pairwise(keys: Callable[[Material], np.ndarray]) -> tuple[Rows, Told]:
    """The rule and what it tells, for participants that share a key."""

    def broken(material: Material) -> np.ndarray:
        rows = np.zeros(len(material.tables["participants"]), dtype=bool)
        for group in _partners(keys(material)):
            rows[group] = True
        return rows

    def told(material: Material, rows: np.ndarray) -> str:
        ids = material.tables["participants"]["participant_id"].astype(str).to_numpy()
        groups = _partners(keys(material))[:IDS_SHOWN]
        return "; ".join(" and ".join(ids[group[:IDS_SHOWN]]) for group in groups)

    return broken, told


def _by_chance(codes: np.ndarray) -> float:
    """Share of pairs of rows that agree in a column by chance."""
    counts = np.bincount(codes[codes >= 0])
    n = counts.sum()
    return float((counts * (counts - 1)).sum() / (n * (n - 1))) if n > 1 else 1.0


def _of_a_person(material: Material) -> list[pd.Series]:
    people = material.tables["participants"]
    later = [str(name) for name in people if recorded_later(str(name))]
    names = [n for n in people if n not in NOT_OF_A_PERSON and str(n) not in later]
    columns = [people[name] for name in names]
    outcomes = material.tables["outcomes"]
    before = outcomes[(outcomes["month"] == 0) & outcomes["value"].notna()]
    before = before.drop_duplicates(["participant_id", "measure"])
    for _, rows in before.groupby("measure", sort=True):
        values = rows.set_index(pd.Index(rows["participant_id"], dtype=object))["value"]
        columns.append(values.reindex(people["participant_id"].to_numpy(dtype=object)))
    return columns


def _person_keys(material: Material) -> np.ndarray:
    """What is known of each at baseline, where that is enough to tell people apart."""
    n = len(material.tables["participants"])
    keys = np.full(n, None, dtype=object)
    if n < FEWEST_PEOPLE:
        return keys
    columns = []
    for column in _of_a_person(material):
        texts = column.astype(object).map(str).where(column.notna().to_numpy())
        codes = pd.factorize(texts.to_numpy(dtype=object))[0]
        columns.append((codes, _by_chance(codes)))
    if not columns:
        return keys
    pairs = n * (n - 1) / 2
    table = np.column_stack([codes for codes, _ in columns])
    agree = np.log(np.maximum([chance for _, chance in columns], 1e-300))
    known = table >= 0
    # A pair alike by chance: over the columns that the person has.
    expected = np.log(max(pairs, 1.0)) + (known * agree).sum(axis=1)
    told = (known.sum(axis=1) >= FEWEST) & (expected < np.log(CHANCE))
    told &= ~material.tables["participants"]["participant_id"].duplicated().to_numpy()
    for k in np.flatnonzero(told):
        keys[k] = table[k].tobytes()
    return keys


def _series_keys(table: str, columns: tuple[str, ...], where: str) -> Callable[..., np.ndarray]:
    """What was recorded of each participant in a table, where that can be no chance."""

    def keys(material: Material) -> np.ndarray:
        people = material.tables["participants"]["participant_id"].to_numpy(dtype=object)
        none = np.full(len(people), None, dtype=object)
        if len(material.tables[table]) < 2 * FEWEST or len(people) < FEWEST_PEOPLE:
            return none
        values = np.column_stack([material.numbers(table, name) for name in columns])
        who = material.whose(table)
        kept = (who >= 0) & ~np.isnan(values).any(axis=1)
        who, values = who[kept], values[kept]
        if where == "late":  # what tells people apart is how many days after it was due
            values = np.column_stack([values[:, 0], values[:, 1], values[:, 1] - values[:, 2]])
        codes = pd.factorize(values[:, -1])[0]
        agree = -np.log(max(_by_chance(codes), 1e-300))
        if where == "own":  # a constant series is no copy, and a common value is none either
            own = pd.Series(codes).groupby(who).nunique().reindex(range(len(people)), fill_value=0)
            varied = own.to_numpy() > FEWEST
        else:
            varied = np.ones(len(people), dtype=bool)
        pairs = np.log(max(len(people) * (len(people) - 1) / 2, 1.0))
        order = np.lexsort((*values.T[::-1], who))
        begins = np.searchsorted(who[order], np.arange(len(people) + 1))
        for k in range(len(people)):
            rows = order[begins[k] : begins[k + 1]]
            enough = len(rows) >= FEWEST and pairs - len(rows) * agree < np.log(CHANCE)
            if enough and varied[k]:
                none[k] = values[rows].tobytes()
        return none

    return keys


_IDS, _PEOPLE = _pairwise(_id_keys), _pairwise(_person_keys)
_ANSWERS = _pairwise(_series_keys("check_ins", ("check_in", "answered_days", "due_days"), "late"))
_DIARIES = _pairwise(_series_keys("walking", ("week", "walking_minutes"), "own"))
_EPISODES = _pairwise(_series_keys("recurrences", ("resolved_days", "onset_days"), "days"))

SAME_PEOPLE_RULES = (
    Rule(
        "participants",
        "participant_id",
        "warning",
        "ids that differ only in case, leading zeros, signs, O and 0, or I and 1: {told}",
        "are they one person, or is one of them misspelt? they are kept as they are",
        *_IDS,
        topic="identity",
    ),
    Rule(
        "participants",
        "participant_id",
        "warning",
        "participants who are the same in everything that is known at baseline: {told}",
        "was somebody randomised twice? keep the first randomisation, and report it",
        *_PEOPLE,
        topic="identity",
    ),
    Rule(
        "participants",
        "participant_id",
        "warning",
        "participants who answered all check-ins on the same days after they were due: {told}",
        "were the rows copied? compare with the source",
        *_ANSWERS,
        topic="copies",
    ),
    Rule(
        "participants",
        "participant_id",
        "warning",
        "participants with the same minutes of walking in every week: {told}",
        "was the diary copied? compare with the source",
        *_DIARIES,
        topic="copies",
    ),
    Rule(
        "participants",
        "participant_id",
        "warning",
        "participants with the same recurrences on the same days: {told}",
        "were the rows copied? compare with the source",
        *_EPISODES,
        topic="copies",
    ),
)
