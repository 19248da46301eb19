"""What do the records of ADTTE say of recurrences, and until when was everybody observed?

A record has the time AVAL and CNSR: 0 for an event, anything above for a reason of censoring [1]_.
The records of a subject, of one parameter or of several, must fit one follow-up: it ends on the
latest of their days, and everything that is censored is censored there.

References
----------
.. [1] CDISC Analysis Data Model Team (2012). The ADaM Basic Data Structure for Time-to-Event
   Analyses, version 1.0.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from walkstats.reading.cdisc.adam_files import AdamTable, Found
from walkstats.reading.cdisc.vocabulary import KINDS

FLAGS = ("activity_limiting", "care_seeking")


@dataclass(eq=False)
class History:
    """What is known of one subject.

    Attributes
    ----------
    events : mapping of str to set of float
        Kind -> days with an event [days].
    censored : mapping of str to set of float
        Kind -> days of censoring [days].
    reason : str
        Of a censoring with CNSR above 1; empty for none.
    """

    events: dict[str, set[float]] = field(default_factory=dict)
    censored: dict[str, set[float]] = field(default_factory=dict)
    reason: str = ""

    @property
    def until(self) -> float:
        """The last day of follow-up [days]."""
        return max(day for days in (*self.events.values(), *self.censored.values()) for day in days)


@dataclass(frozen=True, eq=False)
class Times:
    """What becomes of ADTTE.

    Attributes
    ----------
    recurrences, check_ins : pandas.DataFrame
        Columns of the dictionary.
    until : mapping of str to float
        Participant -> last day of follow-up [days].
    reasons : mapping of str to str
        Participant -> why it was censored there, for CNSR above 1.
    """

    recurrences: pd.DataFrame
    check_ins: pd.DataFrame
    until: Mapping[str, float]
    reasons: Mapping[str, str]


def chosen_records(
    adtte: AdamTable,
    paramcd: Mapping[str, str],
    randomised: frozenset[str],
    others: frozenset[str],
    found: Found,
) -> AdamTable:
    """The rows of the parameters that were asked for, of those who were randomised.

    Parameters
    ----------
    adtte : AdamTable
    paramcd : mapping of str to str
        PARAMCD -> kind of recurrence.
    randomised, others : frozenset of str
        Subjects of ADSL who were randomised, and who were not.
    found : Found

    Returns
    -------
    AdamTable
    """
    for column in ("PARAMCD", "AVAL", "CNSR"):
        if column not in adtte:
            there = ", ".join(adtte.columns[:30])
            found.wrong(f"ADTTE has no {column}; there are: {there}", "add it", "ADTTE", column)
    found.stop()
    codes, ids = adtte.texts("PARAMCD"), adtte.texts("USUBJID")
    words = dict(zip(codes, adtte.texts("PARAM"), strict=True))
    listed = "; ".join(f"{code} ({words[code] or 'no PARAM'})" for code in words if code)
    absent = [one for one in paramcd if one not in words]
    if absent:
        told = f"ADTTE has no PARAMCD {', '.join(absent)}; there are: {listed or 'none'}"
        found.wrong(told, "name one of these in paramcd", "ADTTE", "PARAMCD")
    unknown = np.array([one not in randomised | others for one in ids], dtype=bool)
    if unknown.any():
        says = "correct USUBJID, or add the subjects to ADSL"
        orphans = [one or "(empty)" for one in ids[unknown]]
        found.wrong("subjects are not in ADSL", says, "ADTTE", "USUBJID", orphans)
    found.stop()
    asked = np.array([one in paramcd for one in codes], dtype=bool)
    known = np.array([one in randomised for one in ids], dtype=bool)
    notes = [
        (int((~asked).sum()), f"rows of other parameters than {', '.join(paramcd)}"),
        (int((asked & ~known).sum()), "rows of subjects who were not randomised"),
    ]
    for count, told in notes:
        if count:
            found.notes.append(("recurrences", "", "left out", count, f"{told} in ADTTE"))
    for code, kind in paramcd.items():
        detail = f"{kind} recurrences are {code} ({words[code] or 'no PARAM'})"
        n = int((known & np.array([one == code for one in codes], dtype=bool)).sum())
        found.notes.append(("recurrences", "", "read", n, f"rows of {adtte.text.file}: {detail}"))
    return adtte.rows(asked & known)


def read_times(
    adtte: AdamTable, days: np.ndarray, paramcd: Mapping[str, str], found: Found
) -> Times:
    """Recurrences and follow-up from the chosen records.

    Parameters
    ----------
    adtte : AdamTable
        Rows of ``chosen_records``.
    days : numpy.ndarray
        AVAL, shape (n,) [days].
    paramcd : mapping of str to str
    found : Found

    Returns
    -------
    Times
    """
    cnsr = _censoring(adtte, found)
    found.stop()
    people = _histories(adtte, days, cnsr, paramcd)
    kinds = [kind for kind in KINDS if kind in paramcd.values()]
    _check(people, kinds, found)
    found.stop()
    until = {one: known.until for one, known in people.items()}
    reasons = {one: known.reason for one, known in people.items() if known.reason}
    return Times(_recurrences(people, kinds), _check_ins(people), until, reasons)


def _censoring(adtte: AdamTable, found: Found) -> np.ndarray:
    cnsr = adtte.numbers("CNSR", found)
    ids = adtte.texts("USUBJID")
    wrong = ~(np.isfinite(cnsr) & (cnsr >= 0) & (cnsr % 1 == 0))
    if wrong.any():
        says = "0 is an event, 1 and above are reasons of censoring"
        found.wrong("CNSR is missing or no code", says, "ADTTE", "CNSR", ids[wrong])
        return cnsr
    described = adtte.texts("EVNTDESC")
    told = []
    for code in sorted(set(cnsr.tolist())):
        rows = cnsr == code
        words = sorted({one for one in described[rows] if one})[:3]
        meaning = "event" if code == 0 else "censored"
        told.append(f"{code:g} = {meaning} ({', '.join([str(int(rows.sum())), *words])})")
    detail = f"CNSR 0 is an event: {'; '.join(told)}"
    found.notes.append(("recurrences", "", "converted", len(cnsr), detail))
    return cnsr


def _histories(
    adtte: AdamTable, days: np.ndarray, cnsr: np.ndarray, paramcd: Mapping[str, str]
) -> dict[str, History]:
    people: dict[str, History] = {}
    columns = (adtte.texts(name) for name in ("USUBJID", "PARAMCD", "EVNTDESC", "CNSDTDSC"))
    rows = zip(*columns, days.tolist(), cnsr.tolist(), strict=True)
    for who, code, event, censor, day, state in rows:
        known = people.setdefault(who, History())
        kept = known.events if state == 0 else known.censored
        kept.setdefault(paramcd[code], set()).add(day)
        if state > 1 and not known.reason:
            words = event or censor or f"CNSR {state:g}"
            known.reason = words.removeprefix("withdrawn: ")
    return people


def _check(people: Mapping[str, History], kinds: list[str], found: Found) -> None:
    """One follow-up per subject, and a recurrence of some kind is one of any kind."""
    early = [
        one
        for one, known in people.items()
        if any(day != known.until for days in known.censored.values() for day in days)
    ]
    if early:
        says = "choose parameters that follow everybody to the same day, or read them one by one"
        told = "censored before the last day of another record, so there is no one follow-up"
        found.wrong(told, says, "ADTTE", "AVAL", early)
    if "any" not in kinds:
        return
    earlier = [
        one
        for one, known in people.items()
        for kind in FLAGS
        if min(known.events.get(kind, {np.inf})) < min(known.events.get("any", {np.inf}))
    ]
    if earlier:
        says = "check which PARAMCD is a recurrence of any kind"
        told = "a recurrence of one kind lies before the first of any kind"
        found.wrong(told, says, "ADTTE", "PARAMCD", earlier)


def _recurrences(people: Mapping[str, History], kinds: list[str]) -> pd.DataFrame:
    """A row per participant and day; a kind that was not asked for stays unknown."""
    rows = []
    for one, known in people.items():
        for day in sorted(set().union(*known.events.values())):
            flags = [day in known.events.get(k, ()) if k in kinds else None for k in FLAGS]
            rows.append((one, day, *flags))
    frame = pd.DataFrame(rows, columns=["participant_id", "onset_days", *FLAGS])
    return frame.astype(
        {"participant_id": object, "onset_days": float, **dict.fromkeys(FLAGS, "boolean")}
    )


def _check_ins(people: Mapping[str, History]) -> pd.DataFrame:
    """Completed check-ins that cover the follow-up, with one of its own for the day of an event.

    ADTTE knows events to the day, and so does what asks about recurrences between check-ins.
    """
    rows = []
    for one, known in people.items():
        cuts = {known.until}
        for day in set().union(*known.events.values()):
            cuts |= {day, day - 1}
        begin = 0.0
        for number, end in enumerate(sorted(cut for cut in cuts if cut > 0), 1):
            rows.append((one, number, end, end, begin, end, "completed"))
            begin = end
    names = ["participant_id", "check_in", "due_days", "answered_days"]
    names += ["covers_from_days", "covers_to_days", "state"]
    frame = pd.DataFrame(rows, columns=names)
    days = dict.fromkeys(names[2:6], float)
    return frame.astype({"participant_id": object, "check_in": "Int64", "state": object, **days})
