"""How long did each person walk at a brisk cadence in each week, by the minutes of a device?"""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from walkstats._arguments import check_choice
from walkstats.trial import Trial
from walkstats.wearables.clocks import Clock, clock_of, zone_named
from walkstats.wearables.columns import (
    LAYOUTS,
    Columns,
    check_epoch,
    check_kinds,
    columns_named,
)
from walkstats.wearables.days import days_of, prepared
from walkstats.wearables.engines import ENGINES, Engine, check_installed, engine_of, in_plain_words
from walkstats.wearables.files import (
    PORTION,
    SMALL_PORTION,
    frames_of,
    parquet_files,
    paths_of,
    portions,
    time_range,
)
from walkstats.wearables.rules import MEAN_DAY, Rules, ZeroRuns, check_clock, rule_of_wear
from walkstats.wearables.weeks import NOBODY, packed, refuse_bad, starts_of, weeks_of


@dataclass(frozen=True)
class Asked:
    """All that is asked of a table of minutes.

    Attributes
    ----------
    rules : Rules
    columns : Columns
    timezone : str
    epoch_seconds : int
    """

    rules: Rules
    columns: Columns
    timezone: str
    epoch_seconds: int


def weekly_minutes_at_cadence(
    epochs: Any,
    people: Trial | pd.DataFrame,
    *,
    wear: str | ZeroRuns,
    timezone: str,
    clock: str | None = None,
    cadence: int = 100,
    bout: int | None = 10,
    interruption: int = 0,
    peak: int | None = 30,
    valid_minutes: int = 600,
    valid_days: int = 4,
    scale: str = "mean day",
    epoch_seconds: int = 60,
    layout: str | None = None,
    participant: str | None = None,
    time: str | None = None,
    steps: str | None = None,
    counts: str | None = None,
    time_format: str | None = None,
) -> pd.DataFrame:
    """Minutes that each person walked at a cadence in each week, from the steps of single minutes.

    Parameters
    ----------
    epochs : path, list of paths, or frame
        One row per person and minute (or shorter epoch). Parquet and CSV files are read out of
        core; frames of pandas, Polars, PyArrow, DuckDB, PySpark and Dask are worked on where
        they are.
    people : Trial or pandas.DataFrame
        participant_id and randomised_on: the date from which weeks count.
    wear : {"troiano", "choi", "recorded"}, ZeroRuns, or str
        Which minutes were worn: all but long runs of zero counts by a published rule or one of
        your own, every minute with a count ("recorded"), or those with a 1 in the column named.
    timezone : str
        Where the wearers live, such as "Europe/London".
    clock : {"utc", "local"}, optional
        What the times say, where they do not carry a zone.
    cadence : int
        Steps from which a minute counts as walked [steps/minute].
    bout : int or None
        How long a bout lasts at least [minutes]; None to look for none.
    interruption : int
        How many minutes in a row below the cadence leave a bout whole [minutes].
    peak : int or None
        How many highest minutes of a day make its peak cadence [minutes]; None for no peak.
    valid_minutes : int
        Minutes of wear from which a day is known [minutes/day].
    valid_days : int
        Known days from which a week is known [days/week].
    scale : {"mean day", "known days"}
        What a known week is: its mean known day times 7, so that weeks compare, or the sum of its
        known days as they are.
    epoch_seconds : int
        What a row holds [seconds]; shorter epochs than 60 are added up to minutes. A minute of
        which an epoch lacks is not known.
    layout : {"fitabase"}, optional
        A known layout of columns and times.
    participant, time, steps, counts : str, optional
        What the columns are called: participant_id, time and steps unless told otherwise. A rule on
        zeros looks at counts, which are the steps unless told otherwise.
    time_format : str, optional
        How times in texts are written, in the codes of strptime; ISO 8601 unless told otherwise.

    Returns
    -------
    pandas.DataFrame
        One row per participant and week, up to the last week with a minute of the participant:
        participant_id, week, walking_minutes [minutes/week], bout_minutes [minutes/week], steps
        [steps/week], peak_cadence [steps/minute], wear_minutes [minutes/known day],
        recorded_days, valid_days, measured_by ("device"). Weeks with too few known days are
        missing, never 0. ``attrs`` has source, derived, notes, method and counts.

    Raises
    ------
    DataError
        For a missing column or package, numbers or times that cannot be, minutes that stand more
        than once, and people who are no participants.
    ValueError
        For an argument that cannot be.

    Notes
    -----
    Week 1 holds days 0 to 6; days are those of the wearer's calendar, of 1380 or 1500 minutes where
    clocks change. With local times the two passes of a repeated hour both count to their day; a
    bout looks at that hour once. A bout runs from a minute at the cadence to a minute at the
    cadence, is measured by the clock, and may run over midnight; minutes below the cadence within
    it do not count. Only worn minutes count. Repeated rows are found among minutes at the cadence,
    and on days with more rows than minutes. A traveller's change of time zone is not seen.

    References
    ----------
    C. Tudor-Locke et al. (2018), "How fast is fast enough? Walking cadence (steps/min) as a
    practical estimate of intensity in adults: a narrative review", British Journal of Sports
    Medicine 52, 776-788, doi:10.1136/bjsports-2017-097628.
    R. P. Troiano et al. (2008), "Physical activity in the United States measured by accelerometer",
    Medicine and Science in Sports and Exercise 40, 181-188, doi:10.1249/mss.0b013e31815a51b3.
    L. Choi et al. (2011), "Validation of accelerometer wear and nonwear time classification
    algorithm", Medicine and Science in Sports and Exercise 43, 357-364,
    doi:10.1249/MSS.0b013e3181ed61a3.

    Examples
    --------
    >>> import pandas as pd
    >>> people = pd.DataFrame({"participant_id": ["1"], "randomised_on": ["2024-05-01"]})
    >>> times = pd.date_range("2024-05-01", periods=7 * 1440, freq="min")
    >>> minutes = pd.DataFrame({"participant_id": "1", "time": times, "steps": 0})
    >>> minutes.loc[minutes["time"].dt.hour == 12, "steps"] = 110
    >>> weeks = weekly_minutes_at_cadence(
    ...     minutes, people, wear="recorded", timezone="Europe/London", clock="local"
    ... )
    >>> weeks[["week", "walking_minutes", "steps", "peak_cadence"]].to_numpy().tolist()
    [[1, 420.0, 46200.0, 110.0]]
    """
    if layout is not None:
        check_choice(layout, LAYOUTS, "layout")
    names = {"participant": participant, "time": time, "steps": steps, "counts": counts}
    told = {**names, "time_format": time_format, "clock": check_clock(clock)}
    wearing = rule_of_wear(wear)
    rules = Rules(wearing, cadence, bout, interruption, peak, valid_minutes, valid_days, scale)
    zone_named(timezone)
    asked = Asked(rules, columns_named(layout, told), timezone, check_epoch(epoch_seconds))
    starts = starts_of(people)
    check_installed("narwhals", "polars", "pyarrow")
    weeks, engine = weeks_in(epochs, starts, asked)
    refuse_bad(weeks, timezone)
    frame = packed(weeks, starts, rules)
    frame.attrs.update(_told(frame, weeks, starts, people, asked, engine))
    return frame


def weeks_in(epochs: Any, starts: pd.DataFrame, asked: Asked) -> tuple[pd.DataFrame, str]:
    """Sums by person and week, and the name of the engine that made them."""
    paths = paths_of(epochs)
    if paths is not None:
        with in_plain_words("Polars"):
            return _weeks_of_files(paths, starts, asked), "Polars"
    name = engine_of(epochs)
    if name == "pyarrow":
        import polars as pl

        with in_plain_words("Polars"):
            epochs, name = pl.from_arrow(epochs), "polars"
    if name == "dask":
        with in_plain_words("Dask"):
            return _weeks_of_dask(epochs, starts, asked), "Dask"
    engine = ENGINES[name]
    with in_plain_words(engine.name):
        return _weeks_of_frame(engine, epochs, starts, asked, None), engine.name


def _weeks_of_files(paths: list[Path], starts: pd.DataFrame, asked: Asked) -> pd.DataFrame:
    needed = asked.columns.needed(asked.rules)
    with tempfile.TemporaryDirectory(prefix="walkstats-") as folder:
        files = parquet_files(paths, needed, asked.columns, Path(folder))
        ordered = asked.rules.bout or asked.rules.peak or isinstance(asked.rules.wear, ZeroRuns)
        ends = time_range(files, needed["minute"])
        person = needed["person"]
        rows = SMALL_PORTION if isinstance(asked.rules.wear, ZeroRuns) else PORTION
        parts = portions(files, person, rows if ordered else 10**12)
        found = [
            _weeks_of_frame(ENGINES["polars"], frame, starts, asked, ends)
            for frame in frames_of(files, person, parts)
        ]
    return pd.concat(found, ignore_index=True) if len(found) > 1 else found[0]


def _weeks_of_frame(
    engine: Engine, frame: Any, starts: pd.DataFrame, asked: Asked, ends: Any
) -> pd.DataFrame:
    """One expression from minutes to weeks; the engine does all of it that it can."""
    rules = asked.rules
    minutes, kinds = engine.minutes(frame, asked.columns.needed(rules), asked.columns)
    local = check_kinds(kinds, asked.columns.clock)
    clock = _clock(engine, minutes, local, asked.timezone, ends)
    minutes = prepared(minutes, rules, clock, asked.epoch_seconds)
    if ends is not None and isinstance(rules.wear, ZeroRuns):
        minutes = engine.keep(minutes)  # a portion, whose wear each branch would work out anew
    days = days_of(minutes, rules, clock)
    people = engine.hand_over(frame, starts)
    if people is None:
        engine, days = ENGINES["pandas"], _fetched(engine, days)
        people = engine.hand_over(days, starts)
    return engine.collect(weeks_of(days, people, rules))


def _fetched(engine: Engine, days: Any) -> Any:
    import narwhals as nw

    whole = [
        name for name in days.collect_schema().names() if name not in ("person", "steps", "top")
    ]
    days = days.with_columns(
        *(nw.col(name).cast(nw.Int64) for name in whole),
        *(nw.col(name).cast(nw.Float64) for name in ("steps", "top")),
    )
    return nw.from_native(engine.collect(days))


def _clock(engine: Engine, minutes: Any, local: bool, timezone: str, ends: Any) -> Clock:
    """The clock of the wearers between their first and their last minute."""
    import narwhals as nw

    if ends is not None:
        first, last = (int(pd.Timestamp(one).timestamp() // 60) for one in ends)
        return clock_of(timezone, local=local, first=first, last=last)
    minute = nw.col("minute")
    got = engine.collect(minutes.select(minute.min().alias("first"), minute.max().alias("last")))
    first, last = (0 if pd.isna(one) else int(one) for one in (got["first"][0], got["last"][0]))
    return clock_of(timezone, local=local, first=first, last=last)


def _weeks_of_dask(frame: Any, starts: pd.DataFrame, asked: Asked) -> pd.DataFrame:
    """Persons are brought together, then each partition is one frame of pandas.

    Dask has no order within persons, which bouts, wear and peaks need.
    """
    from walkstats.wearables.columns import check_present

    check_present(frame.columns, asked.columns.needed(asked.rules))
    together = frame.shuffle(on=asked.columns.participant)
    like = _weeks_of_partition(frame._meta_nonempty.iloc[:0], starts, asked)
    made = together.map_partitions(_weeks_of_partition, starts, asked, meta=like)
    return made.compute().reset_index(drop=True)


def _weeks_of_partition(frame: pd.DataFrame, starts: pd.DataFrame, asked: Asked) -> pd.DataFrame:
    weeks = _weeks_of_frame(ENGINES["pandas"], frame, starts, asked, None)
    numbers = {name: float for name in weeks.columns if name != "person"}
    return weeks.astype({"person": object, **numbers})


def _told(
    frame: pd.DataFrame,
    weeks: pd.DataFrame,
    starts: pd.DataFrame,
    people: Trial | pd.DataFrame,
    asked: Asked,
    engine: str,
) -> dict[str, Any]:
    """Where the weeks come from, and what was left out."""
    rules = asked.rules
    before = weeks[(weeks["week"] < 1) & (weeks["week"] != NOBODY)]
    few = int((frame["valid_days"] < rules.valid_days).sum())
    silent = int((~starts["person"].isin(frame["participant_id"])).sum())
    scaling = "scaled to 7 days" if rules.scale == MEAN_DAY else "not scaled to 7 days"
    scaled = int(frame["valid_days"].between(rules.valid_days, 6).sum())
    counts = {
        "minutes": int(weeks["rows"].sum()),
        "minutes without a number": int(weeks["blank"].sum()),
        "days": int(weeks["days"].sum()),
        "days before randomisation": int(before["days"].sum()),
        "days known": int(frame["valid_days"].sum()),
        "weeks": len(frame),
        "weeks with too few known days": few,
        f"weeks {scaling}": scaled,
        "participants without a minute": silent,
    }
    said = {
        "weeks with too few known days": f"week(s) with fewer than {rules.valid_days} known days "
        "are missing",
        f"weeks {scaling}": f"week(s) with {rules.valid_days} to 6 known days are {scaling}",
        "days before randomisation": "day(s) before randomisation are not used",
        "minutes without a number": "minute(s) without a number are not known",
        "participants without a minute": "participant(s) have no minute on record",
    }
    whence = people.source if isinstance(people, Trial) else people.attrs.get("source", "")
    return {
        "source": whence,
        "derived": f"minutes walked at {rules.cadence} steps/minute or more, by week (device)",
        "notes": tuple(f"{counts[key]} {words}." for key, words in said.items() if counts[key]),
        "method": f"{rules}. Days are those of {asked.timezone}.",
        "counts": {**counts, "engine": engine},
    }
