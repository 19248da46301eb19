"""Which adverse events does ADAE tell of, and on which day did they begin?"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from walkstats.reading.cdisc.adam_files import AdamTable, Found
from walkstats.reading.cdisc.subjects import Subjects
from walkstats.reading.cdisc.vocabulary import EVENTS, RELATED

DAY = np.timedelta64(1, "D")


def read_harms(
    adae: AdamTable,
    subjects: Subjects,
    related: Sequence[str] | None,
    first_day: int,
    found: Found,
) -> pd.DataFrame:
    """Adverse events of the randomised.

    Parameters
    ----------
    adae : AdamTable
    subjects : Subjects
    related : sequence of str or None
        Values of AEREL that mean related; None where they are plain words.
    first_day : int
        Number of the first day, 0 or 1 [days].
    found : Found
        Takes what is wrong and what was done.

    Returns
    -------
    pandas.DataFrame
        Columns of the dictionary.
    """
    ids = adae.texts("USUBJID")
    randomised = frozenset(subjects.frame["participant_id"])
    unknown = np.array([one not in randomised | subjects.others for one in ids], dtype=bool)
    if unknown.any():
        says = "correct USUBJID, or add the subjects to ADSL"
        orphans = [one or "(empty)" for one in ids[unknown]]
        found.wrong("subjects are not in ADSL", says, "ADAE", "USUBJID", orphans)
        found.stop()
    keep = _left_out(~np.isin(ids.astype(str), list(randomised)), "not randomised", found)
    emergent = adae.texts("TRTEMFL")
    if "TRTEMFL" in adae:
        keep &= _left_out((emergent != "Y") & keep, "without TRTEMFL = Y", found)
    adae = adae.rows(keep)
    days = _onset(adae, subjects, first_day, found)
    keep = _left_out(days < 0, "begun before day 0", found)
    adae, days = adae.rows(keep), days[keep]
    event = adae.texts("AEDECOD")
    terms = adae.texts("AETERM")
    ids = adae.texts("USUBJID")
    frame = pd.DataFrame({"participant_id": ids, "onset_days": days + first_day})
    frame["event"] = [one or other for one, other in zip(event, terms, strict=True)]
    frame["body_region"] = adae.texts(EVENTS[1].variable)
    frame["serious"] = _truth(adae, "AESER", {"Y": True, "N": False}, found)
    words = RELATED
    if related is not None:
        there = {one.upper() for one in adae.texts("AEREL") if one}
        words = {one: one in {each.upper() for each in related} for one in there}
    frame["related"] = _truth(adae, "AEREL", words, found)
    found.notes.append(("adverse_events", "", "read", len(frame), f"rows of {adae.text.file}"))
    return frame


def _left_out(gone: np.ndarray, why: str, found: Found) -> np.ndarray:
    if gone.any():
        found.notes.append(("adverse_events", "", "left out", int(gone.sum()), f"events {why}"))
    return ~gone


def _onset(adae: AdamTable, subjects: Subjects, first_day: int, found: Found) -> np.ndarray:
    """Days from day 0: by the dates where there are both, or else by the day of the study."""
    if "ONSETDAY" in adae:
        return adae.numbers("ONSETDAY", found)
    starts = subjects.starts.reindex(adae.texts("USUBJID")).to_numpy().astype("datetime64[D]")
    dates = adae.dates("ASTDT", found)
    if "ASTDT" not in adae and "AESTDTC" in adae:
        dates = _whole_dates(adae, found)
    by_date = (dates - starts) / DAY
    numbered = adae.numbers("ASTDY", found)
    if (numbered == 0).any():
        says = "the day of first treatment is day 1, the day before it day -1"
        found.wrong("ASTDY is 0", says, "ADAE", "ASTDY", adae.texts("USUBJID")[numbered == 0])
    found.stop()
    by_number = numbered - (numbered > 0)
    both = np.isfinite(by_date) & np.isfinite(by_number) & (by_date != by_number)
    if both.any():
        note = "ASTDY counts from another day than day 0; the dates are taken"
        found.notes.append(("adverse_events", "onset_days", "converted", int(both.sum()), note))
    told = "ASTDT - day 0, or ASTDY - 1 where a date is missing: the first day is 0"
    if first_day:
        told = "ASTDT - day 0 + 1, or ASTDY where a date is missing: the first day is 1, as in AVAL"
    found.notes.append(("adverse_events", "onset_days", "converted", len(adae), told))
    return np.where(np.isfinite(by_date), by_date, by_number)


def _whole_dates(adae: AdamTable, found: Found) -> np.ndarray:
    """AESTDTC where it names a day; one that names only a month or a year is counted."""
    cells = adae.texts("AESTDTC")
    whole = np.array([len(one or "") >= len("2024-01-31") for one in cells], dtype=bool)
    partial = int((~whole & (cells != None)).sum())  # noqa: E711 - cell by cell
    if partial:
        note = "AESTDTC names no day; the onset is missing unless ASTDY has it"
        found.notes.append(("adverse_events", "onset_days", "converted", partial, note))
    dates = np.full(len(adae), np.datetime64("NaT", "D"))
    dates[whole] = adae.rows(whole).dates("AESTDTC", found)
    return dates


def _truth(adae: AdamTable, column: str, words: dict[str, bool], found: Found) -> pd.Series:
    cells = [None if one is None else one.upper() for one in adae.texts(column)]
    strange = sorted({one for one in cells if one is not None and one not in words})
    if strange:
        says = 'say which mean related: related=["POSSIBLE", "PROBABLE"]'
        if column == "AESER":
            says = "write Y or N"
        told = f"{column} holds {', '.join(map(repr, strange[:8]))}"
        found.wrong(told, says, "ADAE", column)
        found.stop()
    if column in adae:
        said = ", ".join(
            f"{one} = {str(words[one]).lower()}" for one in dict.fromkeys(cells) if one
        )
        found.notes.append(("adverse_events", column, "converted", len(cells), said or "empty"))
    values = [None if one is None else words[one] for one in cells]
    return pd.Series(values, dtype="boolean")
