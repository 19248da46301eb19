"""Do diary, device and prescription tell the same of a week, and which weeks does each know?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from walkstats._arguments import check_frame, check_whole
from walkstats.derive.observed import last_days
from walkstats.derive.weekly import SOURCES_OF_MINUTES, late_weeks
from walkstats.derive.whose import places, refuse_rows
from walkstats.trial import Trial

Floats = NDArray[np.float64]

KNOWN = ("both", "diary only", "device only", "neither")
"""By which records a week is known."""

RECORDS = ("diary", "device", "prescribed")
MINUTE = 1e-6  # prescriptions that differ by less are one


def reconcile_walking(
    trial: Trial, *, first_week: int = 1, last_week: int | None = None
) -> pd.DataFrame:
    """Lay the minutes of diary and device beside each other and beside those prescribed.

    Parameters
    ----------
    trial : Trial
    first_week, last_week : int
        Weeks to look at; up to the last on record by default.

    Returns
    -------
    pandas.DataFrame
        One row per participant and week that had begun before follow-up ended: participant_id,
        arm (Categorical), week, diary, device, prescribed [minutes/week], known ("both", "diary
        only", "device only", "neither"), diary_less_device, diary_less_prescribed,
        device_less_prescribed [minutes/week], the strata. A week that a record does not have is
        missing, never 0. ``attrs["known"]`` counts weeks by arm and known.

    Raises
    ------
    ValueError
        For weeks that do not follow each other.
    DataError
        Where diary and device name different prescriptions of one week.

    Notes
    -----
    Rows that do not say how they were measured can be set beside nothing; they are left out and
    counted. A device that gave steps and no minutes does not know the minutes. ``agreement`` of
    diary and device, with ``subject="participant_id"``, gives bias and limits.

    Examples
    --------
    >>> import walkstats as ws
    >>> frame = ws.derive.reconcile_walking(ws.load_sample("walkback-like"), last_week=12)
    >>> frame["known"].value_counts().to_dict()["diary only"] > 7000
    True
    """
    first = check_whole(first_week, "first_week", 1)
    weeks = _weeks(trial)
    last = weeks.last if last_week is None else check_whole(last_week, "last_week", first)
    ends = last_days(trial)
    chosen = np.arange(first, max(_begun(last, ends, weeks.last), first - 1) + 1)
    columns = {name: _cut(table, chosen) for name, table in weeks.minutes.items()}
    begins = 7.0 * (chosen - 1)
    due = begins[None, :] < ends[:, None]
    late = sum(int((~due & ~np.isnan(columns[name])).sum()) for name in SOURCES_OF_MINUTES)
    people = trial.participants
    frame = pd.DataFrame(
        {
            "participant_id": np.repeat(people["participant_id"].to_numpy(), len(chosen)),
            "arm": pd.Categorical(
                np.repeat(people["arm"].to_numpy(), len(chosen)), categories=list(trial.arms)
            ),
            "week": np.tile(chosen, len(people)),
            **{name: columns[name].ravel() for name in RECORDS},
        }
    )
    for name in trial.strata:
        frame[name] = np.repeat(people[name].to_numpy(), len(chosen))
    frame = frame[due.ravel()].reset_index(drop=True)
    diary, device = frame["diary"].notna(), frame["device"].notna()
    which = np.select([diary & device, diary, device], KNOWN[:3], KNOWN[3])
    place = list(frame.columns).index("prescribed") + 1
    frame.insert(place, "known", pd.Series(pd.Categorical(which, categories=list(KNOWN))))
    for k, (one, other) in enumerate(
        (("diary", "device"), ("diary", "prescribed"), ("device", "prescribed"))
    ):
        frame.insert(place + 1 + k, f"{one}_less_{other}", frame[one] - frame[other])
    counts = frame.groupby(["arm", "known"], observed=False).size()
    frame.attrs = {
        "source": trial.source,
        "derived": f"{trial.name}: minutes walked by week, from diary and device",
        "known": {str(arm): {name: int(counts[arm, name]) for name in KNOWN} for arm in trial.arms},
        "notes": (*late_weeks(late), *weeks.notes),
    }
    return frame


def records_by_week(frame: pd.DataFrame) -> pd.DataFrame:
    """Summarise diary, device and prescription by arm and week.

    Parameters
    ----------
    frame : pandas.DataFrame
        From ``reconcile_walking``.

    Returns
    -------
    pandas.DataFrame
        One row per arm, week and record: arm, week, record ("diary", "device", "prescribed"), due
        (participants), known, median, lower_quartile, upper_quartile [minutes/week].

    Raises
    ------
    ValueError
        For a frame of something else.

    Examples
    --------
    >>> import walkstats as ws
    >>> weeks = ws.derive.reconcile_walking(ws.load_sample("walkback-like"), last_week=2)
    >>> records_by_week(weeks)[["week", "record"]].drop_duplicates().values.tolist()[:3]
    [[1, 'diary'], [1, 'device'], [1, 'prescribed']]
    """
    check_frame(frame)
    lacking = [name for name in ("arm", "week", *RECORDS) if name not in frame]
    if lacking:
        raise ValueError(
            f"The frame lacks {', '.join(lacking)}; it must be one of derive.reconcile_walking."
        )
    long = frame.melt(["arm", "week"], list(RECORDS), "record", "minutes")
    long["record"] = pd.Categorical(long["record"], categories=list(RECORDS))
    grouped = long.groupby(["arm", "week", "record"], observed=True)["minutes"]
    out = pd.DataFrame({"due": grouped.size(), "known": grouped.count()})
    for name, share in (("median", 0.5), ("lower_quartile", 0.25), ("upper_quartile", 0.75)):
        out[name] = grouped.quantile(share)
    out = out.reset_index()
    out["record"] = out["record"].astype(str)
    out.attrs = {**frame.attrs, "derived": f"{frame.attrs.get('derived', '')}, by arm and week"}
    return out


@dataclass(frozen=True, eq=False)
class _Weeks:
    """Minutes by record (n, w), nan where not known; the last week, and notes."""

    minutes: dict[str, Floats]
    last: int
    notes: tuple[str, ...]


def _weeks(trial: Trial) -> _Weeks:
    walking = trial.walking
    rows = walking[walking["week"].ge(1).to_numpy(dtype=bool)]
    week = rows["week"].to_numpy(dtype=np.int64)
    who = places(trial, rows, "walking")
    shape = (len(trial.participants), int(week.max(initial=0)))
    walked = rows["walking_minutes"].to_numpy(dtype=float, na_value=np.nan)
    minutes = {}
    for record in SOURCES_OF_MINUTES:
        own = (rows["measured_by"] == record).to_numpy(dtype=bool)
        minutes[record] = np.full(shape, np.nan)
        minutes[record][who[own], week[own] - 1] = walked[own]
    minutes["prescribed"] = _prescribed(rows, who, week, shape)
    unsaid = int((rows["measured_by"].isna().to_numpy() & ~np.isnan(walked)).sum())
    steps = rows["steps"].notna().to_numpy() & np.isnan(walked)
    said = (
        (unsaid, "week(s) do not say whether diary or device measured them; they are left out."),
        (int(steps.sum()), "week(s) have steps and no minutes, which are missing."),
    )
    return _Weeks(minutes, shape[1], tuple(f"{n} {words}" for n, words in said if n))


def _prescribed(
    rows: pd.DataFrame, who: NDArray[np.int64], week: NDArray[np.int64], shape: tuple[int, int]
) -> Floats:
    """Minutes prescribed (n, w), of whichever record of the week names them."""
    asked = rows["prescribed_minutes"].to_numpy(dtype=float, na_value=np.nan)
    there = ~np.isnan(asked)
    table = np.full(shape, np.nan)
    table[who[there], week[there] - 1] = asked[there]
    other = there & (np.abs(table[who, week - 1] - asked) > MINUTE)
    refuse_rows(
        rows,
        other,
        "walking",
        "prescribed_minutes",
        "the records of one week name different prescriptions",
        "correct them: a week has one prescription, whichever record it stands in",
    )
    return table


def _begun(last: int, ends: Floats, recorded: int) -> int:
    """The last week to look at: later ones had begun for nobody, however many are asked for."""
    known = ends[np.isfinite(ends)]
    if len(known) < len(ends):
        return last
    return min(last, max(recorded, int(known.max(initial=0.0) // 7) + 1))


def _cut(table: Floats, weeks: NDArray[np.int64]) -> Floats:
    """Chosen weeks of a table, those after its last not known."""
    out = np.full((table.shape[0], len(weeks)), np.nan)
    there = weeks <= table.shape[1]
    out[:, there] = table[:, weeks[there] - 1]
    return out
