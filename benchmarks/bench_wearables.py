"""Minutes of step counters in Parquet to person-weeks: walkstats beside the engines themselves.

``python benchmarks/bench_wearables.py ROWS`` makes so many rows, and runs each engine in a process
of its own: CPU time, and the peak of its memory. Pandas holds all rows at once: from 100 million
rows on it is left out unless named.
"""

from __future__ import annotations

import atexit
import datetime as dt
import shutil
import subprocess
import sys
import tempfile
from functools import partial
from pathlib import Path

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[1]))

import pandas as pd

from benchmarks.work import Work

DAYS = 70  # of a person
START = dt.date(2023, 3, 1)
ZONE = "Europe/London"
LARGE = 100_000_000
ENGINES = ("walkstats", "polars", "duckdb", "pandas")
THREADS = 2


def works() -> list[Work]:
    """A million minutes, with ``--large`` ten million; each without and with bouts and peaks."""
    folder = Path(tempfile.mkdtemp(prefix="walkstats-"))
    atexit.register(shutil.rmtree, folder)
    return [one for rows in (1_000_000, 10_000_000) for one in sizes(rows, folder)]


def sizes(rows: int, folder: Path) -> list[Work]:
    """The two works on so many rows."""
    path = folder / f"{rows}.parquet"
    make(rows, path)
    found = []
    for full, name in ((False, "minutes and steps"), (True, "bouts and peaks, too")):
        names = ENGINES if not full else ENGINES[:3]
        calls = {engine: partial(WEEKS[engine], path, full) for engine in names}
        title = f"{rows:,} minutes to weeks, {name}"
        found.append(Work(title, pd.DataFrame(), calls, large=rows > 1_000_000))
    return found


def make(rows: int, path: Path) -> None:
    """Minutes of people who sleep, sit, stroll and walk, by person and time."""
    import duckdb

    per = DAYS * 1440
    base = duckdb.connect(config={"threads": THREADS, "memory_limit": "600MB"})
    base.execute(
        f"""COPY (SELECT 'p' || lpad((i // {per})::VARCHAR, 6, '0') AS participant_id,
        TIMESTAMP '{START} 00:00:00' + to_minutes(i % {per}) AS time,
        CASE WHEN (i % 1440) < 420 THEN 0 WHEN hash(i // 15) % 12 = 0 THEN 90 + hash(i * 7) % 45
        WHEN hash(i // 5) % 3 = 0 THEN hash(i * 3) % 60 ELSE 0 END::SMALLINT AS steps
        FROM range({rows}) r(i)) TO '{path}' (FORMAT parquet, COMPRESSION zstd)"""
    )


def by_walkstats(path: Path, full: bool) -> pd.DataFrame:
    """The public call."""
    from walkstats.wearables import weekly_minutes_at_cadence

    extra = {} if full else {"bout": None, "peak": None}
    return weekly_minutes_at_cadence(
        path, people(path), wear="recorded", timezone=ZONE, clock="utc", **extra
    )


def people(path: Path) -> pd.DataFrame:
    """Everybody, randomised on the first day."""
    import pyarrow.parquet as pq

    rows = pq.read_metadata(path).num_rows
    ids = [f"p{k:06d}" for k in range(-(-rows // (DAYS * 1440)))]
    return pd.DataFrame({"participant_id": ids, "randomised_on": START})


# What somebody who knows each engine would write, for London as of the changes in this spring.
CHANGE = int(dt.datetime(2023, 3, 26, 1, tzinfo=dt.UTC).timestamp()) // 60
FIRST_DAY = (START - dt.date(1970, 1, 1)).days


def by_duckdb(path: Path, full: bool) -> pd.DataFrame:
    """In SQL."""
    import duckdb

    base = duckdb.connect(config={"threads": THREADS, "memory_limit": "150MB"})
    base.execute("SET preserve_insertion_order = false")
    base.execute(
        f"""CREATE VIEW m AS SELECT participant_id, m,
        (m + CASE WHEN m >= {CHANGE} THEN 60 ELSE 0 END) // 1440 AS day, steps::BIGINT AS steps
        FROM (SELECT participant_id, epoch_us(time) // 60000000 AS m, steps
        FROM read_parquet('{path}'))"""
    )
    top = ", list_sum(max(steps, 30)) / 30 AS peak" if full else ""
    days = f"""SELECT participant_id, day, count(*) AS worn, sum(steps) AS steps,
        count(*) FILTER (steps >= 100) AS walked{top} FROM m GROUP BY ALL"""
    bouts = """SELECT participant_id, day, sum(n) AS bouts FROM
        (SELECT *, sum(n) OVER (PARTITION BY participant_id, run) AS length FROM
        (SELECT participant_id, day, run, count(*) AS n FROM
        (SELECT participant_id, day, m - row_number() OVER (PARTITION BY participant_id ORDER BY m)
        AS run FROM m WHERE steps >= 100) GROUP BY ALL)) WHERE length >= 10 GROUP BY ALL"""
    joined = f"({days}) LEFT JOIN ({bouts}) USING (participant_id, day)" if full else f"({days})"
    more = ", avg(peak), 7 * avg(coalesce(bouts, 0))" if full else ""
    return base.sql(
        f"""SELECT participant_id, (day - {FIRST_DAY}) // 7 + 1 AS week, count(*) AS days,
        7 * avg(walked) AS walked, 7 * avg(steps) AS steps{more} FROM {joined}
        WHERE worn >= 600 GROUP BY ALL HAVING count(*) >= 4"""
    ).df()


def by_polars(path: Path, full: bool) -> pd.DataFrame:
    """As a lazy frame, streaming."""
    import polars as pl

    keys = ["participant_id", "day"]
    minute = pl.col("time").dt.epoch("ms") // 60_000
    lag = pl.when(pl.col("m") >= CHANGE).then(60).otherwise(0)
    frame = pl.scan_parquet(path).select("participant_id", "steps", m=minute)
    frame = frame.with_columns(pl.col("steps").cast(pl.Int64), day=(pl.col("m") + lag) // 1440)
    sums = [
        pl.len().alias("worn"),
        pl.col("steps").sum(),
        (pl.col("steps") >= 100).sum().alias("walked"),
    ]
    days = frame.group_by(keys).agg(*sums)
    more = []
    if full:
        rank = pl.col("m").rank("ordinal").over("participant_id")
        fast = frame.filter(pl.col("steps") >= 100).with_columns(run=pl.col("m") - rank)
        pieces = fast.group_by("participant_id", "run", "day").agg(n=pl.len())
        length = pl.col("n").sum().over("participant_id", "run")
        bouts = pieces.filter(length >= 10).group_by(keys).agg(bouts=pl.col("n").sum())
        tops = frame.group_by(keys).agg(peak=pl.col("steps").top_k(30).sum() / 30)
        days = days.join(bouts, on=keys, how="left").join(tops, on=keys)
        more = [pl.col("peak").mean(), pl.col("bouts").fill_null(0).mean() * 7]
    weeks = (
        days.filter(pl.col("worn") >= 600)
        .group_by("participant_id", week=(pl.col("day") - FIRST_DAY) // 7 + 1)
        .agg(pl.len().alias("days"), pl.col("walked", "steps").mean() * 7, *more)
        .filter(pl.col("days") >= 4)
    )
    return weeks.collect(engine="streaming").to_pandas()


def by_pandas(path: Path, full: bool) -> pd.DataFrame:
    """All rows in memory; without bouts and peaks."""
    frame = pd.read_parquet(path)
    minute = frame["time"].to_numpy().astype("datetime64[m]").astype("int64")
    frame["day"] = (minute + 60 * (minute >= CHANGE)) // 1440
    frame["walked"] = frame["steps"] >= 100
    groups = frame.groupby(["participant_id", "day"], sort=False)
    days = groups.agg(worn=("steps", "size"), steps=("steps", "sum"), walked=("walked", "sum"))
    days = days[days["worn"] >= 600].reset_index()
    days["week"] = (days["day"] - FIRST_DAY) // 7 + 1
    weeks = days.groupby(["participant_id", "week"])[["walked", "steps"]].agg(["mean", "size"])
    return weeks[weeks[("walked", "size")] >= 4]


WEEKS = {
    "walkstats": by_walkstats,
    "polars": by_polars,
    "duckdb": by_duckdb,
    "pandas": by_pandas,
}

ALONE = """
import os, resource, sys, time
os.environ["POLARS_MAX_THREADS"] = "{threads}"
sys.path.insert(0, {root!r})
from pathlib import Path
from benchmarks.bench_wearables import WEEKS
weeks = WEEKS[{engine!r}](Path({path!r}), {full})
used = resource.getrusage(resource.RUSAGE_SELF)
print()
print(len(weeks), round(used.ru_utime + used.ru_stime, 1), used.ru_maxrss // 1024)
"""


def alone(engine: str, path: Path, full: bool) -> tuple[int, float, int]:
    """Weeks, CPU time [s] and peak memory [MB] of an engine in a process of its own."""
    root = str(Path(__file__).parents[1])
    code = ALONE.format(threads=THREADS, root=root, engine=engine, path=str(path), full=full)
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    weeks, seconds, megabytes = said.stdout.split()[-3:]  # after progress bars
    return int(weeks), float(seconds), int(megabytes)


def main(rows: int, engines: list[str]) -> None:
    """Run every engine on so many rows and print a table."""
    chosen = engines or [one for one in ENGINES if one != "pandas" or rows < LARGE]
    with tempfile.TemporaryDirectory(prefix="walkstats-") as folder:
        path = Path(folder) / "minutes.parquet"
        make(rows, path)
        print("| rows | work | engine | weeks | CPU s | peak MB |\n|---|---|---|---|---|---|")
        for full in (False, True):
            for engine in [one for one in chosen if not (full and one == "pandas")]:
                weeks, seconds, megabytes = alone(engine, path, full)
                work = "bouts and peaks, too" if full else "minutes and steps"
                print(
                    f"| {rows:,} | {work} | {engine} | {weeks:,} | {seconds:g} | {megabytes} |",
                    flush=True,
                )


if __name__ == "__main__":
    main(int(float(sys.argv[1])) if len(sys.argv) > 1 else 1_000_000, sys.argv[2:])
