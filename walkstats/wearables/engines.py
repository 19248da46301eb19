"""Which engine holds the minutes? Each hands over the same columns, and does the same sums.

Files are read out of core by Polars. Frames stay with the engine they belong to: pandas, Polars,
DuckDB, PySpark, Dask. Only what narwhals has no word for is told to each engine here: how a
timestamp becomes a whole minute, how a small frame is handed over, and how an answer comes back.
"""

from __future__ import annotations

import contextlib
import importlib.util
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pandas as pd

from walkstats.errors import DataError, WalkstatsError
from walkstats.wearables.columns import TABLE, Columns, check_present

ADVICE = 'pip install "walkstats[big]"'
NS_A_MINUTE = 60_000_000_000


@dataclass(frozen=True)
class Engine:
    """What an engine does in its own words.

    Attributes
    ----------
    name : str
    minutes : callable
        (frame, needed, columns) -> its frame with our names, minute as whole minutes since 1970;
        the kinds of the columns as they were found (a narwhals schema).
    hand_over : callable
        (its frame, a small pandas frame) -> the small frame as one of its own, or None where days
        are to be fetched first.
    collect : callable
        narwhals frame -> pandas frame.
    keep : callable
        narwhals frame -> the same, worked out once.
    """

    name: str
    minutes: Callable[[Any, dict[str, str], Columns], tuple[Any, Any]]
    hand_over: Callable[[Any, pd.DataFrame], Any | None]
    collect: Callable[[Any], pd.DataFrame]
    keep: Callable[[Any], Any] = lambda frame: frame


def engine_of(frame: object) -> str:
    """The name of the engine that a frame belongs to."""
    home = type(frame).__module__.split(".")[0]
    home = {"_duckdb": "duckdb", "dask_expr": "dask"}.get(home, home)
    if home not in ("pandas", "polars", "pyarrow", "duckdb", "pyspark", "dask"):
        raise ValueError(
            "epochs must be the path of a file, a list of paths, or a frame of pandas, polars, "
            f"pyarrow, duckdb, pyspark or dask, got {type(frame).__name__}."
        )
    return home


def check_installed(*modules: str) -> None:
    """Refuse to go on without the packages that a table of minutes needs.

    Raises
    ------
    DataError
        With what to install.
    """
    missing = [name for name in modules if importlib.util.find_spec(name) is None]
    if missing:
        raise DataError.of(
            f"minutes need the package {', '.join(missing)}, which is not installed",
            table=TABLE,
            what_to_do=ADVICE,
        )


@contextlib.contextmanager
def in_plain_words(name: str) -> Iterator[None]:
    """Let an error of an engine come out as one about the data."""
    try:
        yield
    except (WalkstatsError, MemoryError):
        raise
    except ValueError as error:
        if type(error) is ValueError and "numpy" not in str(error):
            raise
        raise _refusal(name, error) from None
    except Exception as error:
        raise _refusal(name, error) from None
    except BaseException as error:
        if type(error).__name__ != "PanicException":  # how a panic in Rust comes out
            raise
        raise _refusal(name, error) from None


def _refusal(name: str, error: BaseException) -> DataError:
    said = (str(error).strip() or type(error).__name__).splitlines()[0][:300]
    return DataError.of(
        f"{name} could not read or add up the minutes: {said}",
        table=TABLE,
        what_to_do="check the files, their columns and the room on the disk",
    )


def _named(frame: Any, needed: dict[str, str]) -> Any:
    """The columns under our names, numbers wide enough to be added, NaN as missing."""
    import narwhals as nw

    schema = frame.collect_schema() if hasattr(frame, "collect_schema") else frame.schema
    check_present(schema.keys(), needed)
    columns = []
    for name, source in needed.items():
        kind, column = schema[source], nw.col(source)
        if name in ("steps", "counts", "worn"):
            if kind.is_integer() or kind == nw.Boolean:
                column = column.cast(nw.Int64)
            elif kind.is_float():
                column = column.cast(nw.Float64)
                column = nw.when(~column.is_nan()).then(column)
        columns.append(column.alias(name))
    return frame.select(*columns)


def _schema(frame: Any, needed: dict[str, str]) -> Any:
    import narwhals as nw

    schema = frame.collect_schema()
    check_present(schema.keys(), needed)
    return nw.Schema({name: schema[source] for name, source in needed.items()})


# Polars ---------------------------------------------------------------------------------------


def _polars_minutes(frame: Any, needed: dict[str, str], columns: Columns) -> tuple[Any, Any]:
    import narwhals as nw
    import polars as pl

    frame = frame.lazy()
    there = frame.collect_schema()
    check_present(there.names(), needed)
    times = needed["minute"]
    if there[times] == pl.String:
        frame = frame.with_columns(_polars_times(times, columns.time_format))
    texts = [needed[n] for n in ("steps", "counts", "worn") if n in needed]
    cast = [pl.col(n).cast(pl.Float64) for n in dict.fromkeys(texts) if there[n].is_decimal()]
    frame = frame.with_columns(*cast)
    schema = _schema(nw.from_native(frame), needed)
    named = _named(nw.from_native(frame), needed).to_native()
    if schema["minute"] != nw.Datetime:
        return nw.from_native(named), schema
    minute = pl.col("minute").dt.epoch("ms") // 60_000
    return nw.from_native(named.with_columns(minute)), schema


def _polars_times(source: str, time_format: str | None) -> Any:
    """Texts as timestamps; those that are none become missing, and are refused later."""
    import polars as pl

    text = pl.col(source).str.strip_chars()
    if time_format is not None:
        return text.str.to_datetime(time_format, strict=False, time_unit="ms")
    text = text.str.replace("T", " ", literal=True)
    forms = ("%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M", "%Y-%m-%d %H:%M:%S%.f")
    return pl.coalesce(
        *(text.str.to_datetime(form, strict=False, time_unit="ms") for form in forms)
    )


def _polars_hand_over(frame: Any, small: pd.DataFrame) -> Any:
    import narwhals as nw
    import polars as pl

    return nw.from_native(pl.LazyFrame({name: small[name].to_list() for name in small}))


def _polars_collect(frame: Any) -> pd.DataFrame:
    import polars as pl

    # Each branch reads the minutes again: kept for all of them they would fill the memory.
    once = pl.QueryOptFlags(comm_subplan_elim=False)
    got = frame.to_native().collect(engine="streaming", optimizations=once)
    return pd.DataFrame({name: got[name].to_numpy() for name in got.columns})


def _polars_keep(frame: Any) -> Any:
    import narwhals as nw

    return nw.from_native(frame.to_native().collect(engine="streaming").lazy())


# pandas ---------------------------------------------------------------------------------------


def _pandas_minutes(frame: Any, needed: dict[str, str], columns: Columns) -> tuple[Any, Any]:
    import narwhals as nw

    check_present(frame.columns, needed)
    frame = frame[list(dict.fromkeys(needed.values()))].reset_index(drop=True)
    source = needed["minute"]
    frame = frame.assign(**{source: _pandas_times(frame[source], columns.time_format)})
    whole = nw.from_native(frame)
    schema = _schema(whole, needed)
    named = _named(whole, needed).to_native()
    if schema["minute"] != nw.Datetime:
        return nw.from_native(named), schema
    stamps = named["minute"].astype(f"datetime64[ns{', UTC' if _aware(named['minute']) else ''}]")
    missing = stamps.isna().to_numpy()
    minute = stamps.to_numpy(dtype="datetime64[ns]").astype("int64") // NS_A_MINUTE
    minute[missing] = 0
    return nw.from_native(named.assign(minute=minute)), schema


def _aware(stamps: pd.Series) -> bool:
    return getattr(stamps.dt, "tz", None) is not None


def _pandas_times(column: pd.Series, time_format: str | None) -> pd.Series:
    """Texts as timestamps; those that are none become missing, and are refused later."""
    if not (column.dtype == object or isinstance(column.dtype, pd.StringDtype)):
        return column
    return pd.to_datetime(column, format=time_format or "ISO8601", errors="coerce")


def _pandas_hand_over(frame: Any, small: pd.DataFrame) -> Any:
    import narwhals as nw

    return nw.from_native(small)


def _pandas_collect(frame: Any) -> pd.DataFrame:
    return frame.to_native()


# DuckDB ---------------------------------------------------------------------------------------


def _duckdb_minutes(frame: Any, needed: dict[str, str], columns: Columns) -> tuple[Any, Any]:
    import narwhals as nw

    whole = nw.from_native(frame)
    schema = _schema(whole, needed)
    kind = str(frame.types[frame.columns.index(needed["minute"])])
    named = _named(whole, needed).to_native()
    if not kind.startswith("TIMESTAMP"):
        return nw.from_native(named), schema
    aware = "TIME ZONE" in kind or "TIMESTAMPTZ" in kind
    schema["minute"] = nw.Datetime("us", "UTC" if aware else None)
    kind = "TIMESTAMPTZ" if aware else "TIMESTAMP"
    others = ", ".join(f'"{name}"' for name in needed if name != "minute")
    projected = named.project(f"{others}, epoch_us(minute::{kind}) // 60000000 AS minute")
    return nw.from_native(projected), schema


def _no_hand_over(frame: Any, small: pd.DataFrame) -> None:
    """Relations of two connections cannot be joined: days are fetched first."""


def _collect(frame: Any) -> pd.DataFrame:
    return frame.collect("pandas").to_native()


# PySpark --------------------------------------------------------------------------------------


def _spark_minutes(frame: Any, needed: dict[str, str], columns: Columns) -> tuple[Any, Any]:
    import narwhals as nw
    from pyspark.sql import functions as spark

    whole = nw.from_native(frame)
    schema = _schema(whole, needed)
    named = _named(whole, needed).to_native()
    kind = dict(named.dtypes)["minute"]
    if kind == "timestamp":
        # An instant, whatever zone the session shows it in.
        minute = spark.floor(spark.unix_seconds("minute") / 60).cast("long")
    elif kind == "timestamp_ntz":
        minute = spark.expr("timestampdiff(MINUTE, TIMESTAMP_NTZ '1970-01-01 00:00:00', minute)")
    else:
        return whole, schema
    return nw.from_native(named.withColumn("minute", minute)), schema


def _spark_hand_over(frame: Any, small: pd.DataFrame) -> Any:
    import narwhals as nw

    rows = [tuple(row) for row in small.astype(object).itertuples(index=False, name=None)]
    kinds = ", ".join(
        f"{name} {'long' if pd.api.types.is_integer_dtype(small[name]) else 'string'}"
        for name in small
    )
    return nw.from_native(frame.sparkSession.createDataFrame(rows, kinds))


def _spark_collect(frame: Any) -> pd.DataFrame:
    native = frame.to_native()
    return pd.DataFrame([tuple(row) for row in native.collect()], columns=native.columns)


ENGINES = {
    "polars": Engine("Polars", _polars_minutes, _polars_hand_over, _polars_collect, _polars_keep),
    "pandas": Engine("pandas", _pandas_minutes, _pandas_hand_over, _pandas_collect),
    "duckdb": Engine("DuckDB", _duckdb_minutes, _no_hand_over, _collect),
    "pyspark": Engine("PySpark", _spark_minutes, _spark_hand_over, _spark_collect),
}
"""Engines by the package whose frames they are."""
