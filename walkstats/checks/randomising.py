"""Was everybody put into the arm that the randomisation list says, in the order of the list?"""

from __future__ import annotations

from collections import Counter

import numpy as np
import pandas as pd

from walkstats.checks.days_of_randomisation import longest_order
from walkstats.checks.material import Material
from walkstats.checks.rules import Rows, Rule, Told
from walkstats.errors import IDS_SHOWN

LIST = "randomisation"


def listed(material: Material) -> bool:
    """Whether there is a list, read without loss, to hold the participants against."""
    whole = not {"participants", LIST} & material.incomplete
    cells = [(LIST, "participant_id"), (LIST, "arm"), ("participants", "participant_id")]
    refused = any(material.refused[one].any() for one in cells if one in material.refused)
    return LIST in material.tables and len(material.tables[LIST]) > 0 and whole and not refused


def _entries(material: Material) -> pd.DataFrame:
    """The entry of each participant, by id; the first where an id has several."""
    entries = material.tables[LIST]
    used = entries[entries["participant_id"].notna()].drop_duplicates("participant_id")
    return used.set_axis(pd.Index(used["participant_id"].to_numpy(), dtype=object))


def _beside(material: Material, column: str) -> tuple[np.ndarray, np.ndarray]:
    """What participants and the list say in a column, as plain text; None for unknown."""
    people = material.tables["participants"]
    entries = _entries(material)
    ids = people["participant_id"].to_numpy(dtype=object)
    return _plain(people[column]), _plain(entries[column].reindex(ids))


def _plain(values: pd.Series) -> np.ndarray:
    """Values as they can be compared: 1, 1.0, True and yes are one."""
    said = [None if pd.isna(one) else _said(one) for one in values.astype(object)]
    return np.array(said, dtype=object)


def _said(value: object) -> str:
    if isinstance(value, bool | np.bool_):
        return "1" if value else "0"
    if isinstance(value, pd.Timestamp):
        return value.date().isoformat()
    text = str(value).strip().casefold().removesuffix(".0")
    return {"true": "1", "yes": "1", "false": "0", "no": "0"}.get(text, text)


def _differ(material: Material, column: str) -> np.ndarray:
    """Participants of whom the list says something else."""
    people = material.tables["participants"]
    none = np.zeros(len(people), dtype=bool)
    if not listed(material) or column not in people or column not in material.tables[LIST]:
        return none
    here, there = _beside(material, column)
    return np.array(
        [a is not None and b is not None and a != b for a, b in zip(here, there, strict=True)],
        dtype=bool,
    )


def _other(column: str) -> Rows:
    return lambda material: _differ(material, column)


def _told_other(column: str) -> Told:
    def told(material: Material, rows: np.ndarray) -> str:
        people = material.tables["participants"]
        there = _entries(material)[column]
        said = []
        for k in rows[:IDS_SHOWN]:
            who = people["participant_id"].iloc[k]
            said.append(f"{who} {_shown(people[column].iloc[k])}, list {_shown(there[who])}")
        return "; ".join(said) + (" ..." if len(rows) > IDS_SHOWN else "")

    return told


def _shown(value: object) -> str:
    return value.date().isoformat() if isinstance(value, pd.Timestamp) else str(value)


def _strata_there(material: Material) -> list[str]:
    return [
        name
        for name in material.strata
        if name in material.tables["participants"] and name in material.tables[LIST]
    ]


def _other_stratum(material: Material) -> np.ndarray:
    rows = np.zeros(len(material.tables["participants"]), dtype=bool)
    for name in _strata_there(material) if listed(material) else ():
        rows |= _differ(material, name)
    return rows


def _told_strata(material: Material, rows: np.ndarray) -> str:
    told = []
    for name in _strata_there(material):
        some = rows[_differ(material, name)[rows]]
        if len(some):
            told.append(f"{name}: {_told_other(name)(material, some)}")
    return "; ".join(told)


def _not_on_list(material: Material) -> np.ndarray:
    ids = material.tables["participants"]["participant_id"]
    none = np.zeros(len(ids), dtype=bool)
    if not listed(material) or material.tables[LIST]["participant_id"].isna().all():
        return none
    known = ids.isin(material.tables[LIST]["participant_id"].dropna())
    return (ids.notna() & ~known).to_numpy(dtype=bool)


def _told_ids(material: Material, rows: np.ndarray) -> str:
    ids = material.tables["participants"]["participant_id"].to_numpy()[rows[:IDS_SHOWN]]
    return ", ".join(map(str, ids))


def _nobody(material: Material) -> np.ndarray:
    """Entries given to somebody who is not among the participants."""
    ids = material.tables[LIST]["participant_id"]
    if not listed(material):
        return np.zeros(len(ids), dtype=bool)
    known = ids.isin(material.tables["participants"]["participant_id"])
    return (ids.notna() & ~known).to_numpy(dtype=bool)


def _used_twice(material: Material) -> np.ndarray:
    ids = material.tables[LIST]["participant_id"]
    return (ids.notna() & ids.duplicated(keep=False)).to_numpy(dtype=bool)


def _by_stratum(material: Material) -> np.ndarray:
    """To which list each entry belongs: that of its stratum and site."""
    entries = material.tables[LIST]
    names = [name for name in (*material.strata, "site", "centre") if name in entries]
    if not names:
        return np.zeros(len(entries), dtype=np.int64)
    return entries.groupby(names, dropna=False, sort=False).ngroup().to_numpy()


def _in_order(material: Material) -> tuple[np.ndarray, np.ndarray]:
    """Entries by list and sequence, and which list each is of."""
    group = _by_stratum(material)
    sequence = material.numbers(LIST, "sequence")
    order = np.lexsort((sequence, group))
    return order, group[order]


def _number_twice(material: Material) -> np.ndarray:
    frame = pd.DataFrame({"group": _by_stratum(material)})
    frame["sequence"] = material.numbers(LIST, "sequence")
    return (frame.duplicated(keep=False) & frame["sequence"].notna()).to_numpy(dtype=bool)


def _skipped(material: Material) -> np.ndarray:
    """Entries that nobody got, though a later one of the same list was used."""
    order, group = _in_order(material)
    used = material.tables[LIST]["participant_id"].notna().to_numpy()[order]
    rows = np.zeros(len(order), dtype=bool)
    if not used.any():
        return rows
    place = np.arange(len(order))
    last = pd.Series(np.where(used, place, -1)).groupby(group).transform("max").to_numpy()
    rows[order] = ~used & (place < last)
    return rows


def _told_entries(material: Material, rows: np.ndarray) -> str:
    frame = material.tables[LIST].iloc[rows[:IDS_SHOWN]]
    names = [name for name in material.strata if name in frame]
    told = []
    for one in frame.to_dict("records"):
        of = ", ".join(f"{name} {one[name]}" for name in names)
        who = one["participant_id"]
        told.append(
            f"number {one['sequence']}"
            + (f" of {of}" if of else "")
            + (f" ({who})" if isinstance(who, str) else "")
        )
    return "; ".join(told) + (" ..." if len(rows) > IDS_SHOWN else "")


def _late(material: Material) -> np.ndarray:
    """Entries that were used before an entry of a lower number of the same list."""
    entries = material.tables[LIST]
    dates = entries["randomised_on"].to_numpy()
    if np.isnat(dates).all() and listed(material):
        found = material.of_participants(LIST, "randomised_on")
        dates = found.to_numpy(dtype="datetime64[ns]")
    order, group = _in_order(material)
    known = ~np.isnat(dates[order])
    order, group = order[known], group[known]
    day = dates[order].astype("datetime64[D]").astype(np.int64)
    rows = np.zeros(len(entries), dtype=bool)
    for one in np.unique(group):
        inside = order[group == one]
        rows[inside[~longest_order(day[group == one])]] = True
    return rows


def _blocks(material: Material) -> list[tuple[np.ndarray, bool]]:
    """The entries of each block, and whether it is the last of its list."""
    entries = material.tables[LIST]
    order, group = _in_order(material)
    block = pd.factorize(entries["block"])[0][order]
    found = []
    for one in np.unique(group):
        inside, named = order[group == one], block[group == one]
        if (named < 0).any():
            continue
        last = named[-1]
        found += [(inside[named == b], bool(b == last)) for b in dict.fromkeys(named.tolist())]
    return found


def _uneven(material: Material) -> np.ndarray:
    """Blocks in which the arms do not stand in the ratio that they have in nearly all blocks."""
    entries = material.tables[LIST]
    rows = np.zeros(len(entries), dtype=bool)
    if entries["block"].isna().all() or not material.arms:
        return rows
    arms = np.array([(entries["arm"] == arm).to_numpy(dtype=bool) for arm in material.arms])
    blocks = _blocks(material)
    sizes = material.numbers(LIST, "block_size")
    ratios = [tuple(np.round(arms[:, inside].mean(axis=1), 9)) for inside, _ in blocks]
    if not ratios:
        return rows
    entries_of: Counter[tuple[float, ...]] = Counter()
    for (inside, _), ratio in zip(blocks, ratios, strict=True):
        entries_of[ratio] += len(inside)
    usual = entries_of.most_common(1)[0][0]
    longest = Counter(len(inside) for inside, _ in blocks)
    for (inside, last), ratio in zip(blocks, ratios, strict=True):
        planned = sizes[inside[0]]
        short = last and len(inside) < (planned if np.isfinite(planned) else max(longest))
        of_size = not np.isfinite(planned) or len(inside) == planned
        if not short and (ratio != usual or not of_size):
            rows[inside] = True
    return rows


def _told_blocks(material: Material, rows: np.ndarray) -> str:
    entries = material.tables[LIST]
    told = []
    for inside, _ in _blocks(material):
        if inside[0] in rows:
            counts = entries["arm"].iloc[inside].value_counts()
            dealt = ", ".join(f"{arm} {int(counts.get(arm, 0))}" for arm in material.arms)
            first = entries["sequence"].iloc[inside[0]]
            told.append(f"block {entries['block'].iloc[inside[0]]} from number {first}: {dealt}")
    return "; ".join(told[:IDS_SHOWN]) + (" ..." if len(told) > IDS_SHOWN else "")


RANDOMISATION_RULES = (
    Rule(
        "participants",
        "arm",
        "error",
        "arms differ from the randomisation list: {told}",
        "analyse everybody in the arm of the list, whatever they got; correct what is wrong",
        _other("arm"),
        _told_other("arm"),
        topic="randomisation",
    ),
    Rule(
        "participants",
        "participant_id",
        "error",
        "participants who are not on the randomisation list: {told}",
        "correct the id; nobody is in the trial who was not randomised",
        _not_on_list,
        _told_ids,
        topic="randomisation",
    ),
    Rule(
        "participants",
        "participant_id",
        "warning",
        "strata differ from the randomisation list: {told}",
        "correct them; if somebody was randomised in a wrong stratum, say in the plan which counts",
        _other_stratum,
        _told_strata,
        topic="randomisation",
    ),
    Rule(
        "participants",
        "randomised_on",
        "warning",
        "dates of randomisation differ from the list: {told}",
        "correct the one that is wrong: it is day 0 of everything",
        _other("randomised_on"),
        _told_other("randomised_on"),
        topic="randomisation",
    ),
    Rule(
        LIST,
        "participant_id",
        "error",
        "somebody has several entries of the list: {told}",
        "was somebody randomised twice? the first entry counts; report it",
        _used_twice,
        _told_entries,
        topic="randomisation",
    ),
    Rule(
        LIST,
        "sequence",
        "error",
        "numbers stand twice in the list of a stratum: {told}",
        "correct them, or give the list the columns of the strata and of the site",
        _number_twice,
        _told_entries,
        topic="randomisation",
    ),
    Rule(
        LIST,
        "participant_id",
        "warning",
        "entries of the list were given to people who are not among the participants: {told}",
        "everybody randomised belongs in participants, whatever happened afterwards",
        _nobody,
        _told_entries,
        topic="randomisation",
    ),
    Rule(
        LIST,
        "sequence",
        "warning",
        "entries of the list were passed over: {told}",
        "find out why nobody got them: an entry that is passed over may have been seen",
        _skipped,
        _told_entries,
        topic="randomisation",
    ),
    Rule(
        LIST,
        "sequence",
        "warning",
        "entries of the list were used out of their order: {told}",
        "correct the date or the number; otherwise report that the order was not kept",
        _late,
        _told_entries,
        topic="randomisation",
    ),
    Rule(
        LIST,
        "block",
        "warning",
        "blocks in which the arms are not dealt as in the others: {told}",
        "compare with the list as it was made; the last block of a list may be shorter",
        _uneven,
        _told_blocks,
        topic="randomisation",
    ),
)
