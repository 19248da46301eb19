"""Which files hold the minutes, and in which portions do they fit in memory?

Polars reads the files out of core. What needs the order of a person's minutes is done for some
persons at a time: the portions are cut by the statistics that Parquet files carry, so that each
reads only its own part of a file sorted by person. Text files are laid down as Parquet first.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

from walkstats.errors import DataError
from walkstats.wearables.columns import TABLE, Columns, check_present

ENDINGS = (".parquet", ".csv", ".tsv")
PORTION = 1_500_000
SMALL_PORTION = 300_000
"""Rows of persons who are worked on at a time, without and with a rule on zeros."""
SEPARATORS = (",", ";", "\t", "|")
HEADER_BYTES = 100_000
MISSING_WORDS = ["", "NA", "NaN", "nan", "null", "NULL", "."]


@dataclass(frozen=True)
class Portion:
    """Persons from one id (without it) up to another (with it); None for no end."""

    above: Any = None
    upto: Any = None


def paths_of(source: object) -> list[Path] | None:
    """The files that are named; None where the source is a frame."""
    if isinstance(source, str | os.PathLike):
        source = [source]
    if not isinstance(source, list | tuple):
        return None
    if not source or not all(isinstance(one, str | os.PathLike) for one in source):
        raise ValueError("epochs must be the path of a file, a list of paths, or a frame.")
    paths = [Path(one) for one in source]
    for path in paths:
        if path.suffix.lower() not in ENDINGS:
            raise DataError.of(
                f"{path.name} is no {' or '.join(ENDINGS)} file",
                table=TABLE,
                what_to_do="name Parquet or CSV files; read .agd files with read_agd",
            )
        if not path.is_file():
            raise DataError.of(f"there is no file {path}", table=TABLE, what_to_do="check the path")
    if len({path.suffix.lower() == ".parquet" for path in paths}) > 1:
        raise DataError.of(
            "some files are Parquet and some are text", table=TABLE, what_to_do="read them apart"
        )
    return paths


def parquet_files(
    paths: Sequence[Path], needed: dict[str, str], columns: Columns, folder: Path
) -> list[Path]:
    """The files as Parquet: texts are laid down in a folder, their numbers and times read."""
    if paths[0].suffix.lower() == ".parquet":
        return list(paths)
    import polars as pl

    laid = []
    for k, path in enumerate(paths):
        text = pl.scan_csv(
            path,
            separator=_separator(path),
            infer_schema=False,
            glob=False,  # a name with * or [ is a name
            null_values=MISSING_WORDS,
        )
        there = text.collect_schema().names()
        check_present(there, needed)
        from walkstats.wearables.engines import _polars_times

        numbers = {needed[name] for name in ("steps", "counts", "worn") if name in needed}
        wrong = pl.lit(0)
        for name in numbers:
            read = _number(name)
            wrong = wrong + (pl.col(name).is_not_null() & read.is_null()).cast(pl.Int64)
        times = needed["minute"]
        read_time = _polars_times(times, columns.time_format)
        frame = text.select(
            pl.col(needed["person"]).str.strip_chars(),
            read_time,
            *(_number(name) for name in sorted(numbers)),
            wrong.alias(" wrong"),
        )
        laid.append(folder / f"{k}.parquet")
        frame.sink_parquet(laid[-1], compression="lz4", row_group_size=250_000)
        _check_read(laid[-1], path, times)
    return laid


def _separator(path: Path) -> str:
    """The only sign that can part the names of the columns; what the ending says where none can.

    A wrong one is never taken in silence: the columns would not be found.
    """
    with path.open("rb") as file:
        header = file.readline(HEADER_BYTES)
    parting = [sign for sign in SEPARATORS if sign.encode() in header]
    usual = "\t" if path.suffix.lower() == ".tsv" else ","
    return parting[0] if len(parting) == 1 else usual


def _number(name: str) -> Any:
    import polars as pl

    text = pl.col(name).str.strip_chars().str.to_lowercase()
    word = text.replace({"true": "1", "false": "0"})
    return word.cast(pl.Float64, strict=False).alias(name)


def _check_read(laid: Path, path: Path, times: str) -> None:
    import polars as pl

    sums = (
        pl.scan_parquet(laid, glob=False)
        .select(pl.col(" wrong").sum(), pl.col(times).is_null().sum().alias("untimed"))
        .collect(engine="streaming")
    )
    for count, what, to_do in (
        (sums[" wrong"][0], "numbers", "correct them; decimals have a point"),
        (sums["untimed"][0], "times", 'write them as 2024-03-31 13:05, or give time_format="..."'),
    ):
        if count:
            raise DataError.of(
                f"{path.name}: {count} {what} cannot be read",
                table=TABLE,
                count=int(count),
                what_to_do=to_do,
            )


def portions(paths: Sequence[Path], person: str, rows: int = PORTION) -> list[Portion]:
    """Part the persons so that each part has few rows.

    Any cut is right; how even the parts are, and how much of a file each of them reads, depends on
    the order of the file.
    """
    groups = _row_groups(paths, person)
    total = sum(size for _, _, size in groups)
    if total <= 1.5 * rows:
        return [Portion()]
    if any(low is None for low, _, _ in groups):
        cuts = _cuts_by_counting(paths, person, rows)
    else:
        cuts = _cuts(sorted(((high, size) for _, high, size in groups)), rows)
        if _heaviest(groups, cuts) > 3 * rows:
            cuts = _cuts_by_counting(paths, person, rows)
    ends = [None, *cuts, None]
    return [Portion(a, b) for a, b in pairwise(ends)]


def _row_groups(paths: Sequence[Path], person: str) -> list[tuple[Any, Any, int]]:
    """Least and greatest id, and the rows, of every group of rows; None without statistics."""
    import pyarrow.parquet as pq

    found = []
    for path in paths:
        with pq.ParquetFile(path) as file:
            about = file.metadata
            place = file.schema_arrow.get_field_index(person)
            for k in range(about.num_row_groups):
                group = about.row_group(k)
                told = group.column(place).statistics if place >= 0 else None
                ends = (told.min, told.max) if told and told.has_min_max else (None, None)
                found.append((*ends, group.num_rows))
    return found


def _cuts(sizes: Sequence[tuple[Any, int]], rows: int) -> list[Any]:
    cuts: list[Any] = []
    filled = 0
    for end, size in sizes:
        filled += size
        if filled >= rows and (not cuts or end > cuts[-1]):
            cuts.append(end)
            filled = 0
    return cuts


def _heaviest(groups: Sequence[tuple[Any, Any, int]], cuts: Sequence[Any]) -> int:
    """The most rows that any part has to look through."""
    ends = [None, *cuts, None]
    return max(
        sum(
            size
            for low, high, size in groups
            if (above is None or high > above) and (upto is None or low <= upto)
        )
        for above, upto in pairwise(ends)
    )


def _cuts_by_counting(paths: Sequence[Path], person: str, rows: int) -> list[Any]:
    import polars as pl

    counted = (
        pl.scan_parquet(list(paths), glob=False)
        .group_by(person)
        .agg(pl.len().alias(" rows"))
        .collect(engine="streaming")
        .drop_nulls()
        .sort(person)
    )
    return _cuts(list(zip(counted[person], counted[" rows"], strict=True)), rows)[:-1]


def frames_of(paths: Sequence[Path], person: str, parts: Sequence[Portion]) -> Iterator[Any]:
    """One lazy frame of Polars for each part of the persons."""
    import polars as pl

    whole = pl.scan_parquet(list(paths), glob=False)
    for part in parts:
        frame = whole
        if part.above is not None:
            frame = frame.filter(pl.col(person) > part.above)
        if part.upto is not None:
            # Rows without a person go with the first part.
            inside = pl.col(person) <= part.upto
            frame = frame.filter(
                inside if part.above is not None else inside | pl.col(person).is_null()
            )
        yield frame


def time_range(paths: Sequence[Path], column: str) -> tuple[Any, Any] | None:
    """First and last time by the statistics of the files; None where they do not tell."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    ends: list[Any] = []
    for path in paths:
        with pq.ParquetFile(path) as file:
            place = file.schema_arrow.get_field_index(column)
            if place < 0 or not pa.types.is_timestamp(file.schema_arrow.field(place).type):
                return None
            for k in range(file.metadata.num_row_groups):
                told = file.metadata.row_group(k).column(place).statistics
                if told is None or not told.has_min_max:
                    return None
                ends += [told.min, told.max]
    return (min(ends), max(ends)) if ends else None
