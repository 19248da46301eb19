"""How do days become weeks from randomisation, known where enough of their days are?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from walkstats._arguments import check_frame
from walkstats.errors import IDS_SHOWN, DataError, Problem
from walkstats.trial import Trial
from walkstats.wearables.clocks import EPOCH, FIRST, LAST
from walkstats.wearables.columns import TABLE
from walkstats.wearables.rules import MEAN_DAY, Rules

NOBODY = -(10**9)
"""The day of randomisation of whom the participants do not name."""
EARLIEST, LATEST = ((day - EPOCH.date()).days for day in (FIRST, LAST))
CHECKED = ("blank", "impossible", "odd_wear", "nowhere", "twice", "unclear", "untimed")
KEPT = ("week_steps", "week_walked", "week_in_bouts", "week_top", "week_worn")
COUNTED = ("days", "valid_days", "rows", *CHECKED)
COLUMNS = (
    *("participant_id", "week", "walking_minutes", "bout_minutes", "steps", "peak_cadence"),
    *("wear_minutes", "recorded_days", "valid_days", "measured_by"),
)


def starts_of(people: Trial | pd.DataFrame) -> pd.DataFrame:
    """Day of randomisation (since 1970) by participant: columns person, start."""
    frame = people.participants if isinstance(people, Trial) else check_frame(people, "people")
    for name in ("participant_id", "randomised_on"):
        if name not in frame:
            raise DataError.of(
                f"people need a column {name}",
                table="participants",
                column=name,
                what_to_do="give a Trial, or a frame with participant_id and randomised_on",
            )
    ids = frame["participant_id"].astype(str)
    given = frame["randomised_on"]
    when = pd.to_datetime(given, errors="coerce", utc=False).to_numpy(dtype="datetime64[D]")
    unread = np.isnat(when)
    problems = [
        ("is missing or no date", unread, "add the date of randomisation"),
        (
            "of a participant stands twice",
            ids.duplicated().to_numpy(),
            "keep one row a participant",
        ),
    ]
    for problem, bad, what_to_do in problems:
        if bad.any():
            raise DataError.of(
                f"randomised_on {problem}",
                table="participants",
                column="randomised_on",
                ids=list(ids[bad]),
                count=int(bad.sum()),
                what_to_do=what_to_do,
            )
    return pd.DataFrame({"person": ids.to_numpy(dtype=object), "start": when.astype(np.int64)})


def weeks_of(days: Any, starts: Any, rules: Rules) -> Any:
    """Add up the known days of each person and week.

    Parameters
    ----------
    days : narwhals frame
        As ``days_of`` makes it.
    starts : narwhals frame
        person (as text), start [day since 1970].
    rules : Rules

    Returns
    -------
    narwhals frame
        person, week, the columns of ``KEPT`` (sums of known days) and of ``COUNTED``.
    """
    import narwhals as nw

    days = days.with_columns(person=nw.col("person").cast(nw.String))
    days = days.join(starts, on="person", how="left")
    days = days.with_columns(start=nw.col("start").fill_null(NOBODY).cast(nw.Int64))
    week = (nw.col("day") - nw.col("start")) // 7 + 1
    known = (nw.col("worn") >= rules.valid_minutes) & (nw.col("day") >= nw.col("start"))
    when = (nw.col("day") < EARLIEST) | (nw.col("day") >= LATEST)
    days = days.with_columns(
        week=nw.when(nw.col("start") == NOBODY).then(nw.lit(NOBODY)).otherwise(week),
        valid=nw.when(known).then(nw.lit(1)).otherwise(nw.lit(0)),
        untimed=nw.when(when).then(nw.col("rows")).otherwise(nw.lit(0)),
        twice=nw.col("twice") + nw.col("repeats"),
    )
    days = days.with_columns(
        *((nw.col(name.removeprefix("week_")) * nw.col("valid")).alias(name) for name in KEPT)
    )
    return days.group_by("person", "week").agg(
        *(nw.col(name).sum() for name in (*KEPT, "rows", *CHECKED)),
        nw.col("valid").sum().alias("valid_days"),
        nw.len().alias("days"),
    )


def refuse_bad(weeks: pd.DataFrame, zone: str) -> None:
    """Refuse minutes that cannot be, all findings at once.

    Raises
    ------
    DataError
    """
    texts = {
        "untimed": (
            "time", "timestamps are missing, cannot be read, or lie before 1990 or after 2099",
            "correct them, or say how they are written (time_format)",
        ),
        "impossible": (
            "steps", "minutes have fewer than 0 or more than 1000 steps",
            "are these totals, or another unit? give steps per minute",
        ),
        "twice": (
            "time", "minutes stand more than once", "keep one row of each minute of a person",
        ),
        "nowhere": (
            "time", f"minutes lie in the hour that {zone} skips when clocks go forward",
            'the clock was not changed: turn the times into UTC and say clock="utc"',
        ),
        "unclear": (
            "time", f"epochs of less than a minute lie in the hour that comes twice in {zone}, "
            "and nothing tells which time they belong to",
            'turn the times into UTC and say clock="utc", or add the epochs up to minutes first',
        ),
        "odd_wear": (
            "wear", "values of wear are neither 0 nor 1", "write 1 for worn and 0 for not",
        ),
    }  # fmt: skip
    found = []
    for name, (column, problem, what_to_do) in texts.items():
        bad = weeks[weeks[name] > 0]
        if len(bad):
            count = int(bad[name].sum())
            ids = _ids(bad["person"])
            found.append(
                Problem(
                    f"{count} {problem}",
                    what_to_do,
                    table=TABLE,
                    column=column,
                    ids=ids,
                    count=count,
                )
            )
    strangers = weeks[weeks["week"] == NOBODY]
    if len(strangers):
        ids = _ids(strangers["person"])
        missing = int(strangers["person"].isna().sum())
        who = "minutes of people who are no participants"
        who += ", or without an id" if missing else ""
        found.append(
            Problem(
                who, "correct the ids, or leave these rows out",
                table=TABLE, column="participant_id", ids=ids, count=len(strangers),
            )
        )  # fmt: skip
    if found:
        raise DataError(found)


def _ids(people: pd.Series) -> tuple[str, ...]:
    told = ["(missing)" if pd.isna(one) else str(one) for one in people]
    return tuple(sorted(dict.fromkeys(told)))[:IDS_SHOWN]


def packed(weeks: pd.DataFrame, starts: pd.DataFrame, rules: Rules) -> pd.DataFrame:
    """One row per participant and week, up to the last week with a minute of that participant."""
    kept = weeks[weeks["week"] >= 1].sort_values(["person", "week"], ignore_index=True)
    last = kept.groupby("person", sort=False)["week"].max()
    order = [one for one in starts["person"] if one in last.index]
    counts = last.reindex(order).to_numpy(dtype=np.int64) if order else np.zeros(0, np.int64)
    frame = pd.DataFrame(
        {
            "person": np.repeat(np.array(order, dtype=object), counts),
            "week": np.concatenate(
                [np.arange(1, n + 1) for n in counts] or [np.zeros(0, np.int64)]
            ),
        }
    )
    frame = frame.merge(kept, on=["person", "week"], how="left", validate="one_to_one")
    valid = frame["valid_days"].fillna(0).to_numpy(dtype=float)
    enough = np.where(valid >= rules.valid_days, valid, np.nan)
    times = 7.0 if rules.scale == MEAN_DAY else valid
    a_day = {name: frame[f"week_{name}"].to_numpy(dtype=float) / enough for name in
             ("walked", "in_bouts", "steps", "top", "worn")}  # fmt: skip
    nothing = np.full(len(frame), np.nan)
    out = {
        "participant_id": frame["person"].to_numpy(dtype=object),
        "week": pd.array(frame["week"].to_numpy(dtype=np.int64), dtype="Int64"),
        "walking_minutes": a_day["walked"] * times,
        "bout_minutes": nothing if rules.bout is None else a_day["in_bouts"] * times,
        "steps": a_day["steps"] * times,
        "peak_cadence": nothing if rules.peak is None else a_day["top"] / rules.peak,
        "wear_minutes": a_day["worn"],
        "recorded_days": frame["days"].fillna(0).to_numpy(dtype=np.int64),
        "valid_days": valid.astype(np.int64),
        "measured_by": np.full(len(frame), "device", dtype=object),
    }
    return pd.DataFrame(out)[list(COLUMNS)]


def minutes_shown(ends: Sequence[pd.Timestamp]) -> tuple[int, int]:
    """Minutes since 1970 of a first and a last time."""
    first, last = (int(pd.Timestamp(one).timestamp() // 60) for one in ends)
    return first, last
