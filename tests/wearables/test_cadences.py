"""Minutes become weeks as a loop over persons and minutes has it, on every engine."""

import datetime as dt

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import walkstats as ws
from tests.relations import examples
from tests.wearables import slow_twin

pytest.importorskip("narwhals")
pl = pytest.importorskip("polars")

RTOL = 1e-12  # sums of whole numbers; only the division by days rounds
NUMBERS = ["walking_minutes", "bout_minutes", "steps", "peak_cadence", "wear_minutes", "valid_days"]
# Shortly before clocks change, in UTC: forward and back, by an hour and by half an hour.
CHANGES = {
    "Europe/London": ["2024-03-31 00:40", "2024-10-27 00:20", "2024-03-30 23:40"],
    "Australia/Sydney": ["2024-04-06 15:40", "2024-10-05 15:30", "2024-10-05 13:30"],
    "Australia/Lord_Howe": ["2024-04-06 14:40", "2024-10-05 15:10"],
    "UTC": ["2024-02-28 23:30"],
}
RULES = {
    "recorded": "recorded",
    "wear": "wear",
    "plain": (6, 0, None, 0),
    "small": (6, 2, 60, 0),
    "quiet": (8, 2, None, 2),
}


@st.composite
def tables(draw):
    """A zone, a clock and the minutes of one to three persons about a change of clocks."""
    zone = draw(st.sampled_from(sorted(CHANGES)))
    local = draw(st.booleans())
    rows = []
    for person in range(draw(st.integers(1, 3))):
        start = pd.Timestamp(draw(st.sampled_from(CHANGES[zone])), tz="UTC")
        runs = draw(
            st.lists(
                st.tuples(st.sampled_from((0, 0, 0, 50, 60, 100, 130, None)), st.integers(1, 9)),
                min_size=1,
                max_size=14,
            )
        )
        for steps, length in runs:
            gap = draw(st.sampled_from((0, 0, 0, 1, 2)))
            for k in range(length):
                when = start + pd.Timedelta(minutes=k)
                face = when.tz_convert(zone) if local else when
                rows.append(
                    (
                        f"p{person}",
                        face.tz_localize(None).to_pydatetime(),
                        steps,
                        None if steps is None else steps * 1.0,
                        int(k % 5 != 3),
                    )
                )
            start += pd.Timedelta(minutes=length + gap)
    return zone, local, rows


def frame_of(rows):
    names = ["participant_id", "time", "steps", "counts", "wear"]
    frame = pd.DataFrame(rows, columns=names)
    return frame.astype({"steps": float, "counts": float, "time": "datetime64[us]"})


def people_of(rows):
    ids = sorted({row[0] for row in rows})
    first = {one: min(r[1] for r in rows if r[0] == one).date() for one in ids}
    # The second person was randomised a day later than the first minute, the third long before.
    starts = {one: first[one] + dt.timedelta(days=(0, 1, -9)[int(one[1])]) for one in ids}
    frame = pd.DataFrame({"participant_id": ids, "randomised_on": [starts[one] for one in ids]})
    return starts, frame


def both(table, rule, hole, engine):
    zone, local, rows = table
    starts, people = people_of(rows)
    told = {"cadence": 100, "bout": 4, "peak": 5, "valid_minutes": 12, "valid_days": 1}
    expected = slow_twin.weeks(
        rows, starts, zone=zone, local=local, rule=RULES[rule], hole=hole, **told
    )
    wear = RULES[rule]
    wear = ws.wearables.ZeroRuns(*wear) if isinstance(wear, tuple) else wear
    got = ws.wearables.weekly_minutes_at_cadence(
        engine(frame_of(rows)), people, wear=wear, timezone=zone, interruption=hole,
        clock="local" if local else "utc", counts="counts", **told,
    )  # fmt: skip
    return got, expected


def agree(got, expected):
    keys = list(zip(got["participant_id"], got["week"], strict=True))
    assert keys == sorted(expected)
    numbers = got[NUMBERS].to_numpy(dtype=float)
    wanted = np.array([expected[key] for key in keys]).reshape(len(keys), len(NUMBERS))
    np.testing.assert_allclose(numbers, wanted, rtol=RTOL, equal_nan=True)


def as_polars(frame):
    return pl.from_pandas(frame).lazy()


@examples(8, 60)
@given(tables(), st.sampled_from(sorted(RULES)), st.integers(0, 2))
def test_polars_does_what_a_loop_does(table, rule, hole):
    agree(*both(table, rule, hole, as_polars))


# Two people about a change of clocks: minutes in runs, days without wear, a week not known.
def walks() -> pd.DataFrame:
    rng = np.random.default_rng(20241027)
    frames = []
    for person, days in (("7", 9), ("8", 6)):
        time = pd.date_range("2024-10-21", periods=days * 1440, freq="min", tz="UTC")
        runs = np.repeat(rng.choice([0, 0, 0, 0, 40, 105, 120], len(time) // 12), 12)
        steps = np.where(time.hour < 7, 0, runs + rng.integers(0, 9, len(time)) * (runs > 0))
        frames.append(pd.DataFrame({"participant_id": person, "time": time, "steps": steps}))
    frame = pd.concat(frames, ignore_index=True)
    frame["steps"] = frame["steps"].astype(np.int16)  # sums of which would overflow
    off = (frame["time"].dt.day % 3 == 0) & (frame["participant_id"] == "8")
    return frame.assign(steps=frame["steps"].mask(off, 0), worn=~off)


PEOPLE = pd.DataFrame({"participant_id": ["7", "8", "9"], "randomised_on": ["2024-10-22"] * 3})
ASKED = {"wear": "choi", "timezone": "Europe/London", "interruption": 1}


@pytest.fixture(scope="module")
def minutes():
    return walks()


@pytest.fixture(scope="module")
def weeks(minutes):
    return ws.wearables.weekly_minutes_at_cadence(pl.from_pandas(minutes), PEOPLE, **ASKED)


def in_duckdb(frame, folder):
    duckdb = pytest.importorskip("duckdb")
    frame.to_parquet(folder / "m.parquet")
    return duckdb.connect().read_parquet(str(folder / "m.parquet"))


def in_dask(frame, folder):
    dask = pytest.importorskip("dask.dataframe")
    return dask.from_pandas(frame, npartitions=3)


def in_parquet(frame, folder):
    frame.sample(frac=1, random_state=1).to_parquet(folder / "n.parquet")
    return folder / "n.parquet"


def in_csv(frame, folder):
    plain = frame.assign(time=frame["time"].dt.tz_localize(None))
    plain.to_csv(folder / "n.csv", index=False, sep=";")  # as in Germany; commas: Fitabase
    return str(folder / "n.csv")


def in_arrow(frame, folder):
    return pytest.importorskip("pyarrow").Table.from_pandas(frame)


HELD = {
    "pandas": lambda frame, folder: frame,
    "duckdb": in_duckdb,
    "dask": in_dask,
    "arrow": in_arrow,
    "parquet": in_parquet,
    "csv": in_csv,
}


SLOW = ("duckdb", "dask", "csv")  # importing and planning take a second or more each


@pytest.mark.parametrize(
    "held", [pytest.param(one, marks=pytest.mark.slow if one in SLOW else ()) for one in HELD]
)
def test_all_engines_agree(held, minutes, weeks, tmp_path):
    clock = "utc" if held == "csv" else None
    got = ws.wearables.weekly_minutes_at_cadence(
        HELD[held](minutes, tmp_path), PEOPLE, clock=clock, **ASKED
    )
    pd.testing.assert_frame_equal(got, weeks, rtol=RTOL)
    said = [{k: v for k, v in one.attrs["counts"].items() if k != "engine"} for one in (got, weeks)]
    assert said[0] == said[1]
