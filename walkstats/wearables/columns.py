"""In which columns do the minutes stand, and do these hold what they should?"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from walkstats._arguments import check_choice
from walkstats.errors import DataError
from walkstats.wearables.rules import Rules, ZeroRuns

TABLE = "minutes"
EPOCHS = (1, 2, 3, 4, 5, 6, 10, 12, 15, 20, 30, 60)


@dataclass(frozen=True)
class Columns:
    """What the columns of a table of minutes are called.

    Attributes
    ----------
    participant, time, steps : str
    counts : str
        What a rule on zeros looks at.
    time_format : str or None
        How times are written, in the codes of strptime; None for ISO 8601.
    clock : {"utc", "local"} or None
        What the times say; None where they carry their zone.
    """

    participant: str = "participant_id"
    time: str = "time"
    steps: str = "steps"
    counts: str = "steps"
    time_format: str | None = None
    clock: str | None = None

    def needed(self, rules: Rules) -> dict[str, str]:
        """Our name of each column -> its name in the table."""
        names = {"person": self.participant, "minute": self.time, "steps": self.steps}
        if isinstance(rules.wear, ZeroRuns):
            names["counts"] = self.counts
        if rules.wear_column:
            names["worn"] = rules.wear_column
        return names


LAYOUTS = {
    "fitabase": Columns(
        "Id", "ActivityMinute", "Steps", "Steps", "%m/%d/%Y %I:%M:%S %p", clock="local"
    ),
}
"""Layouts of tables that services export: minuteStepsNarrow of Fitabase (Fitbit)."""


def columns_named(layout: str | None, given: Mapping[str, str | None]) -> Columns:
    """The columns of a layout, with what is given in the place of its own."""
    start = Columns() if layout is None else LAYOUTS[check_choice(layout, LAYOUTS, "layout")]
    told = {name: value for name, value in given.items() if value is not None}
    for name, value in told.items():
        if not isinstance(value, str) or not value:
            raise ValueError(f"{name} must be a text, got {value!r}.")
    if "steps" in told and "counts" not in told:
        told["counts"] = told["steps"]
    return replace(start, **told)


def check_present(there: Iterable[str], needed: dict[str, str]) -> None:
    """Refuse a table without one of the columns.

    Raises
    ------
    DataError
        With the names that are there.
    """
    there = list(there)
    for name in needed.values():
        if name not in there:
            raise DataError.of(
                f"there is no column {name!r}; there are {', '.join(map(str, there[:20]))}",
                table=TABLE,
                column=name,
                what_to_do="name the columns: participant=, time=, steps=, counts=, or a layout=",
            )


def check_kinds(schema: Any, clock: str | None) -> bool:
    """Refuse columns of a kind that cannot be read; say whether the times are local ones.

    Parameters
    ----------
    schema : narwhals.Schema
        Of the columns by our names, minute still as it was found.
    clock : {"utc", "local"} or None

    Returns
    -------
    bool
    """
    import narwhals as nw

    for name in ("steps", "counts", "worn"):
        kind = schema.get(name)
        fine = kind is None or kind.is_numeric() or (name == "worn" and kind == nw.Boolean)
        if not fine:
            raise DataError.of(
                f"{name} must be numbers{' or true and false' if name == 'worn' else ''}, found "
                f"{kind}",
                table=TABLE,
                column=name,
                what_to_do="turn the column into numbers",
            )
    kind = schema["minute"]
    if not isinstance(kind, nw.Datetime):
        raise DataError.of(
            f"times must be timestamps, found {kind}",
            table=TABLE,
            column="time",
            what_to_do="turn it into timestamps; texts are read from files, Polars and pandas",
        )
    if kind.time_zone is not None:
        if clock == "local":
            raise ValueError("the times carry a zone, so they are not local ones: leave clock out.")
        return False
    if clock is None:
        raise ValueError(
            'the times carry no zone: say clock="utc" if they are UTC, clock="local" if they are '
            "what the wearer's clock showed."
        )
    return clock == "local"


def check_epoch(epoch_seconds: object) -> int:
    """A length of epochs into which a minute can be parted [seconds]."""
    if epoch_seconds not in EPOCHS or isinstance(epoch_seconds, bool):
        raise ValueError(
            f"epoch_seconds must be one of {', '.join(map(str, EPOCHS))}, got {epoch_seconds!r}."
        )
    return int(str(epoch_seconds))
