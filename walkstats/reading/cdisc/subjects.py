"""Who was randomised to which arm, by ADSL?"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from walkstats.reading.cdisc.adam_files import AdamTable, Found
from walkstats.reading.cdisc.vocabulary import PEOPLE, POPULATIONS, SEXES
from walkstats.schema import DTYPES, TABLES

TREATMENTS = ("TRT01P", "ARM")
STRATUM = re.compile(r"STRAT(\d)R|STRATAR")
NAME = re.compile(r"[a-z][a-z0-9_]*")
USED = ("USUBJID", "SEX", "AGEU", "STUDYID", *POPULATIONS)


@dataclass(frozen=True, eq=False)
class Subjects:
    """The participants.

    Attributes
    ----------
    frame : pandas.DataFrame
        Columns of the dictionary, strata and what is carried along; n rows.
    arms, strata : tuple of str
        The first arm is the reference.
    others : frozenset of str
        Subjects of ADSL who were not randomised.
    starts : pandas.Series
        Day 0 (datetime64), by participant.
    ended : bool
        Whether ADSL says when and why follow-up ended early.
    """

    frame: pd.DataFrame
    arms: tuple[str, ...]
    strata: tuple[str, ...]
    others: frozenset[str]
    starts: pd.Series
    ended: bool


def read_subjects(
    adsl: AdamTable,
    found: Found,
    *,
    reference: str | None,
    day_zero: str,
    carry: bool | Sequence[str],
) -> Subjects:
    """Read the participants from ADSL.

    Parameters
    ----------
    adsl : AdamTable
    found : Found
        Takes what is wrong and what was done.
    reference : str or None
        The arm to which the others are compared; None for the first by TRT01PN.
    day_zero : str
        Variable of ADSL with the date of day 0.
    carry : bool or sequence of str
        Whether further variables come along, or which.

    Returns
    -------
    Subjects
    """
    _check_ids(adsl, found)
    found.stop()
    adsl, others = _randomised(adsl, found)
    if not len(adsl):
        found.wrong("nobody in ADSL was randomised", "check the flag RANDFL or ITTFL", "ADSL")
        found.stop()
    treatment = next((name for name in TREATMENTS if name in adsl), None)
    if treatment is None:
        found.wrong(
            "ADSL has neither TRT01P nor ARM", "add the planned treatment", "ADSL", "TRT01P"
        )
        found.stop()
    arm = adsl.texts(str(treatment))
    ids = adsl.texts("USUBJID")
    empty = np.array([one is None for one in arm], dtype=bool)
    if empty.any():
        says = "correct it, or the flag of who was randomised"
        found.wrong(f"{treatment} is empty", says, "ADSL", str(treatment), ids[empty])
    found.stop()
    arms = _arms(adsl, str(treatment), reference, found)
    frame = pd.DataFrame({"participant_id": ids, "arm": arm})
    _note(found, "arm", "renamed", f"from {treatment!r} of {adsl.text.file}")
    starts = _starts(adsl, day_zero, frame, found)
    used = {*USED, str(treatment), f"{treatment}N", day_zero, *_ended(adsl, frame, starts, found)}
    used |= _numbers(adsl, frame, found)
    _sex(adsl, frame, found)
    strata = _strata(adsl, frame, used, found)
    _carry(adsl, frame, used, carry, found)
    found.stop()
    by_id = pd.Series(starts, index=pd.Index(ids, dtype=object))
    return Subjects(frame, arms, strata, others, by_id, "withdrawn_days" in frame)


def _note(found: Found, column: str, action: str, detail: str, count: int = 1) -> None:
    found.notes.append(("participants", column, action, count, detail))


def _check_ids(adsl: AdamTable, found: Found) -> None:
    ids = adsl.texts("USUBJID")
    empty = sum(one is None for one in ids)
    if empty:
        found.wrong(f"{empty} rows have no USUBJID", "correct ADSL", "ADSL", "USUBJID")
    series = pd.Series(ids, dtype=object).dropna()
    twice = series[series.duplicated()]
    if len(twice):
        found.wrong("subjects have several rows", "keep one each", "ADSL", "USUBJID", twice)


def _randomised(adsl: AdamTable, found: Found) -> tuple[AdamTable, frozenset[str]]:
    flag = next((name for name in POPULATIONS if name in adsl), None)
    if flag is None:
        note = f"everybody: ADSL has none of {', '.join(POPULATIONS)}"
        _note(found, "", "read", note, len(adsl))
        return adsl, frozenset()
    cells = adsl.texts(flag)
    ids = adsl.texts("USUBJID")
    strange = np.array([one not in ("Y", "N", None) for one in cells], dtype=bool)
    if strange.any():
        found.wrong(f"{flag} is neither Y, N nor empty", "correct it", "ADSL", flag, ids[strange])
        found.stop()
    keep = np.array([one == "Y" for one in cells], dtype=bool)
    if (~keep).any():
        _note(found, "", "left out", f"subjects without {flag} = Y", int((~keep).sum()))
    return adsl.rows(keep), frozenset(ids[~keep])


def _arms(adsl: AdamTable, treatment: str, reference: str | None, found: Found) -> tuple[str, ...]:
    """The arms in the order of their numbers, with the reference put first if it is named."""
    arm = adsl.texts(treatment)
    there = sorted(set(arm))
    numbered = f"{treatment}N" in adsl
    order = {one: float(k) for k, one in enumerate(there)}
    if numbered:
        numbers = adsl.numbers(f"{treatment}N", found)
        pairs = sorted({(n, one) for n, one in zip(numbers, arm, strict=True)})
        if len(pairs) != len(there) or len({n for n, _ in pairs}) != len(there):
            says = f"give each {treatment} one {treatment}N"
            found.wrong(f"{treatment} and {treatment}N do not pair", says, "ADSL", treatment)
            found.stop()
        order = {one: n for n, one in pairs}
    if reference is None and not numbered:
        says = f"name the reference, as in reference={there[0]!r}"
        told = f"there is no {treatment}N to say which arm is the reference: {', '.join(there)}"
        found.wrong(told, says, "ADSL", treatment)
    if reference is not None and reference not in there:
        told = f"no participant is in the reference {reference!r}; there are: {', '.join(there)}"
        found.wrong(told, "name one of these", "ADSL", treatment)
    found.stop()
    arms = tuple(sorted(there, key=lambda one: (one != reference, order[one])))
    why = "as named" if reference is not None else f"the first by {treatment}N"
    _note(found, "arm", "converted", f"the reference is {arms[0]}, {why}", len(arm))
    return arms


def _starts(adsl: AdamTable, day_zero: str, frame: pd.DataFrame, found: Found) -> np.ndarray:
    starts = adsl.dates(day_zero, found)
    if day_zero in adsl:
        frame["randomised_on"] = starts.astype("datetime64[ns]")
        _note(found, "randomised_on", "renamed", f"from {day_zero!r} of {adsl.text.file}")
    elif day_zero != "RANDDT":
        found.wrong(f"ADSL has no {day_zero}", "name one of its dates", "ADSL", day_zero)
    return starts


def _ended(
    adsl: AdamTable, frame: pd.DataFrame, starts: np.ndarray, found: Found
) -> tuple[str, ...]:
    """When and why follow-up ended early, where ADSL says so."""
    if "WDDAYS" in adsl:
        frame["withdrawal_reason"] = adsl.texts("DCSREAS")
        return ("DCSREAS", "EOSSTT", "EOSDT")
    if "EOSSTT" not in adsl or "EOSDT" not in adsl:
        return ()
    left = np.array([one == "DISCONTINUED" for one in adsl.texts("EOSSTT")], dtype=bool)
    days = (adsl.dates("EOSDT", found) - starts) / np.timedelta64(1, "D")
    frame["withdrawn_days"] = np.where(left, days, np.nan)
    reasons = adsl.texts("DCSREAS")
    frame["withdrawal_reason"] = [
        why if early else None for why, early in zip(reasons, left, strict=True)
    ]
    told = "from EOSDT, where EOSSTT is DISCONTINUED"
    _note(found, "withdrawn_days", "converted", told, int(left.sum()))
    return ("DCSREAS", "EOSSTT", "EOSDT")


def _numbers(adsl: AdamTable, frame: pd.DataFrame, found: Found) -> set[str]:
    for one in PEOPLE:
        if one.variable in adsl:
            numbers = adsl.numbers(one.variable, found)
            known = TABLES["participants"].column(one.column)
            if known is not None and known.kind == "integer" and (numbers % 1 > 0).any():
                odd = adsl.texts("USUBJID")[numbers % 1 > 0]
                says = "correct it: these are counts"
                found.wrong(f"{one.variable} is no whole number", says, "ADSL", one.variable, odd)
                continue
            kind: Any = DTYPES[known.kind if known else "number"]
            frame[one.column] = pd.Series(numbers).astype(kind)
            _note(found, one.column, "renamed", f"from {one.variable!r} of {adsl.text.file}")
    units = {one for one in adsl.texts("AGEU") if one is not None} - {"YEARS"}
    if units and "AGE" in adsl:
        says = "give ages in years"
        found.wrong(f"ages are in {', '.join(sorted(units))}", says, "ADSL", "AGEU")
    return {one.variable for one in PEOPLE}


def _sex(adsl: AdamTable, frame: pd.DataFrame, found: Found) -> None:
    if "SEX" in adsl:
        cells = adsl.texts("SEX")
        frame["sex"] = [SEXES.get(one, one) if one else None for one in cells]
        told = ", ".join(f"{code} = {word}" for code, word in SEXES.items())
        _note(found, "sex", "converted", f"{told}; others as they are", len(cells))


def _strata(adsl: AdamTable, frame: pd.DataFrame, used: set[str], found: Found) -> tuple[str, ...]:
    """Strata as used for randomisation; one described by a plain name takes that name."""
    names: list[str] = []
    for variable in sorted(one for one in adsl.columns if STRATUM.fullmatch(one)):
        described = f"{variable[:-1]}D"
        words = {one for one in adsl.texts(described) if one is not None}
        word = next(iter(words)) if len(words) == 1 else ""
        plain = NAME.fullmatch(word) and word not in frame and variable != "STRATAR"
        if variable == "STRATAR" and names:
            continue  # all strata in one text, which are there one by one
        name = word if plain else variable
        frame[name] = adsl.texts(variable)
        used |= {variable, described, f"{variable}N"}
        names.append(name)
        said = f" ({word})" if word and not plain else ""
        _note(found, name, "renamed", f"from {variable!r} of {adsl.text.file}, a stratum{said}")
    return tuple(names)


def _carry(
    adsl: AdamTable,
    frame: pd.DataFrame,
    used: set[str],
    carry: bool | Sequence[str],
    found: Found,
) -> None:
    there = [name for name in adsl.columns if not name.startswith("SRCNOTE")]
    free = [name for name in there if name not in used]
    asked = free if carry is True else [] if carry is False else list(carry)
    absent = [name for name in asked if name not in adsl]
    if absent:
        told = f"ADSL has no {', '.join(absent)}; there are: {', '.join(there)}"
        found.wrong(told, "correct carry", "ADSL", absent[0])
    taken = {str(one).casefold() for one in frame}
    taken |= {one.name for one in TABLES["participants"].columns}
    asked = [one for one in asked if one in adsl and one.casefold() not in taken]
    for name in asked:
        frame[name] = adsl.texts(name)
        label = adsl.text.labels.get(name, "")
        told = f"as text, from {name!r} of {adsl.text.file}"
        _note(found, name, "carried along", told)
        if label:
            _note(found, name, "described", f"as {label!r} in {adsl.text.file}")
    for name in [one for one in free if one not in asked]:
        _note(found, name, "not read", f"column of {adsl.text.file}")
