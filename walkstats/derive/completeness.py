"""How many of the check-ins were answered, by arm and month?"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from walkstats._arguments import check_level
from walkstats._follow_up import DAYS_PER_MONTH
from walkstats.derive.whose import places
from walkstats.errors import DataError
from walkstats.numerics.share_limits import wilson_limits
from walkstats.trial import Trial

Floats = NDArray[np.float64]

STATES = ("completed", "missed", "withdrawn")
NEAR_MONTHS = 0.25
"""Check-ins every 30 days are called monthly: those of a year lie so near to whole months."""


def check_in_completeness(trial: Trial, *, level: float = 0.95) -> pd.DataFrame:
    """How many of the check-ins were answered, by arm and month.

    Parameters
    ----------
    trial : Trial
    level : float
        Of the intervals.

    Returns
    -------
    pandas.DataFrame
        One row per arm and check-in, then one per arm for all of them: arm (Categorical), check_in
        (missing: all), month (when it was due) [months], expected, completed, missed, withdrawn
        (check-ins), percent (completed of expected) [%], conf_low, conf_high [%].

    Raises
    ------
    ValueError
        For a level that is none.
    DataError
        For a trial without check-ins.

    Notes
    -----
    Recurrences are known from completed check-ins only. Where one arm answers less, its recurrences
    are seen later or not at all, and a hazard ratio moves without any effect; look at this before
    an analysis of recurrences, and analyse them as interval-censored where the arms differ.

    Expected are all check-ins on record, also those due after a withdrawal. Intervals are Wilson's.
    Those over all check-ins take a participant's check-ins as alike: the number of check-ins is
    divided by how much more the share varies between participants than it would if they were
    independent (the variance of a ratio estimate, by participant); where it does not vary at all,
    by the check-ins per participant.

    References
    ----------
    Korn EL, Graubard BI. Confidence intervals for proportions with small expected number of
    positive counts estimated from survey data. Surv Methodol 1998;24:193-201.

    Examples
    --------
    >>> import walkstats as ws
    >>> frame = ws.derive.check_in_completeness(ws.load_sample("walkback-like"))
    >>> columns = ["arm", "expected", "completed", "missed", "withdrawn"]
    >>> frame.loc[frame["check_in"].isna(), columns].to_numpy().tolist()
    [['control', 9226, 8438, 166, 622], ['walking', 9261, 8380, 155, 726]]
    """
    check_level(level)
    rows, person = _asked(trial)
    counts = rows.groupby(["arm", "check_in"], observed=True)
    each = counts[["expected", *STATES]].sum().reset_index()
    each.insert(2, "month", _months(each["check_in"].to_numpy(), counts["due"].median()))
    each["effective"] = each["expected"].astype(float)
    frame = pd.concat([each, _overall(rows, person)], ignore_index=True)
    frame["arm"] = pd.Categorical(frame["arm"], categories=list(trial.arms))
    frame["check_in"] = frame["check_in"].astype("Int64")
    share = frame["completed"] / frame["expected"]
    size = frame.pop("effective").to_numpy()
    low, high = wilson_limits(share * size, size, level)
    frame["percent"], frame["conf_low"], frame["conf_high"] = 100 * share, 100 * low, 100 * high
    frame.attrs = {
        "source": trial.source,
        "derived": f"{trial.name}: check-ins completed",
        "notes": _notes(trial, rows, person),
        "level": level,
    }
    return frame


def _months(check_in: np.ndarray, due: pd.Series) -> Floats:
    """When each was due: in whole months where all are near to different ones, else in tenths."""
    months = due.to_numpy(dtype=float) / DAYS_PER_MONTH
    whole = np.round(months)
    near = bool(np.all(np.abs(months - whole) <= NEAR_MONTHS))
    apart = len(set(zip(check_in, whole, strict=True))) == len(set(check_in)) == len(set(whole))
    return whole if near and apart else np.round(months, 1)


def _asked(trial: Trial) -> tuple[pd.DataFrame, NDArray[np.int64]]:
    """One row per check-in, its states as 0 and 1; and the place of its participant."""
    asked = trial.check_ins
    if not len(asked):
        raise DataError.of(
            "the trial has no check-ins, so their completeness is not known",
            table="check_ins",
            what_to_do="give the table of check-ins, missed ones included, in trial.toml",
        )
    person = places(trial, asked, "check_ins")
    arm = trial.people["arm"].to_numpy(dtype=object)[person]
    state = asked["state"].to_numpy(dtype=object)
    rows = pd.DataFrame(
        {
            "arm": pd.Categorical(arm, categories=list(trial.arms)),
            "check_in": asked["check_in"].to_numpy(),
            "due": asked["due_days"].fillna(asked["covers_to_days"]).to_numpy(dtype=float),
            "expected": 1,
            **{name: (state == name).astype(np.int64) for name in STATES},
        }
    )
    return rows, person


def _overall(rows: pd.DataFrame, person: NDArray[np.int64]) -> pd.DataFrame:
    """All check-ins of each arm, and as how many independent ones they count."""
    columns = ["expected", *STATES]
    people = rows.groupby([rows["arm"], person], observed=True)[columns].sum().reset_index()
    made = []
    for arm, own in people.groupby("arm", observed=True):
        total = own[columns].sum()
        size = _independent(
            own["completed"].to_numpy(dtype=float), own["expected"].to_numpy(dtype=float)
        )
        made.append({"arm": arm, "check_in": pd.NA, "month": np.nan, **total, "effective": size})
    return pd.DataFrame(made).astype(dict.fromkeys(columns, np.int64) | {"check_in": "Int64"})


def _independent(completed: Floats, expected: Floats) -> float:
    """Independent check-ins that would tell the share as precisely as those of these people."""
    n, total = len(expected), float(expected.sum())
    share = float(completed.sum()) / total
    off = completed - share * expected
    if n < 2 or not np.any(off):
        return float(n)
    variance = float(n / (n - 1.0) * np.sum(off**2)) / total**2
    return min(share * (1.0 - share) / variance, total)


def _notes(trial: Trial, rows: pd.DataFrame, person: NDArray[np.int64]) -> tuple[str, ...]:
    notes = []
    never = len(trial.people) - len(np.unique(person))
    if never:
        notes.append(f"{never} participant(s) have no check-ins on record.")
    odd = int((rows[list(STATES)].sum(axis=1) == 0).sum())
    if odd:
        notes.append(f"{odd} check-in(s) are neither completed, missed nor withdrawn.")
    return tuple(notes)
