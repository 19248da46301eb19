"""In what does ADTTE count time, from when, and do its dates say the same?"""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from walkstats.reading.cdisc.adam_files import AdamTable, Found
from walkstats.reading.cdisc.vocabulary import UNITS

DAY = np.timedelta64(1, "D")
EXACT = 1e-6
ROUNDED = 0.06
"""Of a unit longer than a day: how far AVAL may be rounded (to one decimal)."""

SPANS = ("HOUR", "DAY", "WEEK", "MONTH", "YEAR")
"""What the words in brackets at the end of PARAM may be to name a unit."""

CONVENTIONS = {
    0: "AVAL is ADT - STARTDT",
    1: "AVAL is ADT - STARTDT + 1: the first day is day 1, here and in all other tables",
}


def days_of(
    adtte: AdamTable, starts: pd.Series, day_zero: str, unit_days: float | None, found: Found
) -> tuple[NDArray[np.float64], int]:
    """AVAL in days, after it was held against the dates, and the number of the first day.

    Parameters
    ----------
    adtte : AdamTable
        The rows of the chosen parameters.
    starts : pandas.Series
        Day 0, by participant.
    day_zero : str
        Variable of ADSL that day 0 is taken from.
    unit_days : float or None
        Days in one unit of AVAL, for units without a number of days of their own.
    found : Found
        Takes what is wrong and what was done.

    Returns
    -------
    tuple
        Days, shape (n,); and 1 where the day of the start is day 1, 0 otherwise [days].
    """
    ids = adtte.texts("USUBJID")
    values = adtte.numbers("AVAL", found)
    wrong = ~(np.isfinite(values) & (values >= 0))
    if wrong.any():
        says = "correct ADTTE; times count from day 0"
        found.wrong("AVAL is missing, negative or infinite", says, "ADTTE", "AVAL", ids[wrong])
    begins = starts.reindex(ids).to_numpy().astype("datetime64[D]")
    own = adtte.dates("STARTDT", found)
    late = ~np.isnat(own) & ~np.isnat(begins) & (own != begins)
    if late.any():
        told = f"STARTDT is not {day_zero} of ADSL"
        says = "name the date from which time counts: day_zero=..."
        found.wrong(told, says, "ADTTE", "STARTDT", ids[late])
    found.stop()
    begins = np.where(np.isnat(own), begins, own)
    elapsed = (adtte.dates("ADT", found) - begins) / DAY
    found.stop()
    factor, told = _factor(adtte, values, elapsed, unit_days, found)
    found.stop()
    found.notes.append(("recurrences", "onset_days", "converted", len(values), told))
    days = values * factor
    first = _check(days, elapsed, factor, ids, found)
    found.stop()
    return days, first


def _factor(
    adtte: AdamTable,
    values: NDArray[np.float64],
    elapsed: NDArray[np.float64],
    unit_days: float | None,
    found: Found,
) -> tuple[float, str]:
    """Days in one unit of AVAL, and how that is known."""
    words = {one.upper() for one in adtte.texts("AVALU") if one}
    where = "AVALU"
    if not words:
        named = [re.findall(r"\(([A-Za-z]+)\)", one or "") for one in adtte.texts("PARAM")]
        ends = {one[-1].upper() for one in named if one}
        words, where = {one for one in ends if one.rstrip("S") in SPANS}, "PARAM"
    if len(words) > 1:
        says = "choose parameters in one unit"
        found.wrong(f"{where} names several units: {', '.join(sorted(words))}", says, "ADTTE")
        return 1.0, ""
    word = next(iter(words), "")
    known = UNITS.get(word)
    if known is not None and unit_days not in (None, known):
        told = f"{where} says {word}, which are {known:g} days, not {unit_days:g}"
        found.wrong(told, "leave unit_days out", "ADTTE", where)
    if known is not None or unit_days is not None:
        factor = known if known is not None else float(unit_days or 1)
        if factor == 1:
            return factor, f"AVAL in days ({where if word else 'unit_days'})"
        return factor, f"AVAL in {word or 'units'} of {factor:g} days ({where})"
    if word:
        told = f"AVAL is in {word}, which have no number of days of their own"
        found.wrong(told, "say how many: unit_days=30.4375 for months", "ADTTE", where)
        return 1.0, ""
    checked = np.isfinite(elapsed)
    fits = checked.any() and any(
        (np.abs(values - elapsed - more)[checked] < EXACT).all() for more in CONVENTIONS
    )
    if fits:
        return 1.0, "AVAL in days: no unit is named, and the dates say so"
    found.wrong(
        "neither AVALU nor PARAM names the unit of AVAL", "say it: unit_days=1", "ADTTE", "AVALU"
    )
    return 1.0, ""


def _check(
    days: NDArray[np.float64],
    elapsed: NDArray[np.float64],
    factor: float,
    ids: np.ndarray,
    found: Found,
) -> int:
    """Which day of the start every dated row counts as; all must follow one convention."""
    dated = np.isfinite(elapsed)
    if not dated.any():
        note = "AVAL is not held against dates: ADT or the start is missing"
        found.notes.append(("recurrences", "onset_days", "converted", len(days), note))
        return 0
    allowed = EXACT if factor == 1 else max(ROUNDED * factor, 0.5)
    off = {more: np.abs(days - elapsed - more) > allowed for more in CONVENTIONS}
    apart = {more: float(np.abs(days - elapsed - more)[dated].mean()) for more in CONVENTIONS}
    best = min(CONVENTIONS, key=lambda more: (int((off[more] & dated).sum()), apart[more]))
    wrong = off[best] & dated
    if wrong.any():
        k = int(np.flatnonzero(wrong)[0])
        told = (
            f"AVAL is not {CONVENTIONS[best].split(':')[0].removeprefix('AVAL is ')} in "
            f"{int(wrong.sum())} of {int(dated.sum())} dated rows: in the first of them it is "
            f"{days[k]:g} days, and ADT lies {elapsed[k]:g} days after the start"
        )
        found.wrong(told, "correct AVAL or ADT", "ADTTE", "AVAL", ids[wrong])
        return 0
    said = f"{CONVENTIONS[best]} ({int(dated.sum())} of {len(days)} rows have both dates)"
    found.notes.append(("recurrences", "onset_days", "converted", int(dated.sum()), said))
    return best
