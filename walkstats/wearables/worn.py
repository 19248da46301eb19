"""When was the device taken off? Long runs of minutes in which it counted nothing."""

from __future__ import annotations

from typing import Any

from walkstats.wearables.rules import ZeroRuns

UNKNOWN, ZERO, MOVING = 0, 1, 2
ORDER = ("order", "counts")


def not_worn(frame: Any, rule: ZeroRuns) -> Any:
    """Mark the minutes in which the device was not worn.

    Parameters
    ----------
    frame : narwhals frame
        person, order, counts, known (1 or 0).
    rule : ZeroRuns

    Returns
    -------
    narwhals frame
        With the column off (1 or 0).
    """
    import narwhals as nw

    state = nw.when(nw.col("counts") == 0).then(nw.lit(ZERO)).otherwise(nw.lit(MOVING))
    frame = frame.with_columns(state=nw.when(nw.col("known") == 1).then(state).otherwise(UNKNOWN))
    frame = _runs(frame, "state", "run")
    frame = (
        _passed_over(frame, rule)
        if rule.spike_minutes
        else frame.with_columns(
            quiet=nw.when(nw.col("state") == ZERO).then(nw.lit(1)).otherwise(nw.lit(0))
        )
    )
    frame = _runs(frame, "quiet", "stretch")
    zero = nw.when(nw.col("state") == ZERO).then(nw.col("order"))
    frame = frame.with_columns(zero=zero)
    where = ("person", "stretch")
    frame = frame.with_columns(
        start=nw.col("zero").min().over(*where), stop=nw.col("zero").max().over(*where)
    )
    long = nw.col("stop") - nw.col("start") + 1 >= rule.minutes
    inside = (nw.col("order") >= nw.col("start")) & (nw.col("order") <= nw.col("stop"))
    off = (nw.col("quiet") == 1) & long.fill_null(False) & inside.fill_null(False)
    return frame.with_columns(off=nw.when(off).then(nw.lit(1)).otherwise(nw.lit(0)))


def _before(column: str, by: int = 1) -> Any:
    """The value of the minute before (or, with -1, of the next) of the same person."""
    import narwhals as nw

    return nw.col(column).shift(by).over("person", order_by=ORDER)


def _runs(frame: Any, column: str, name: str) -> Any:
    """Number the runs of minutes that follow one another and have the same value of a column."""
    import narwhals as nw

    frame = frame.with_columns(order_before=_before("order"), value_before=_before(column))
    goes_on = (nw.col("order") - nw.col("order_before") <= 1) & (
        nw.col(column) == nw.col("value_before")
    )
    frame = frame.with_columns(
        starts=nw.when(goes_on.fill_null(False)).then(nw.lit(0)).otherwise(nw.lit(1))
    )
    return frame.with_columns(**{name: nw.col("starts").cum_sum().over("person", order_by=ORDER)})


def _passed_over(frame: Any, rule: ZeroRuns) -> Any:
    """quiet: zeros, and movements that the rule passes over."""
    import narwhals as nw

    where = ("person", "run")
    frame = frame.with_columns(
        length=nw.col("order").max().over(*where) - nw.col("order").min().over(*where) + 1,
        most=nw.col("counts").max().over(*where),
    )
    short = (nw.col("state") == MOVING) & (nw.col("length") <= rule.spike_minutes)
    if rule.spike_counts is not None:
        short = short & (nw.col("most") <= rule.spike_counts)
    if rule.quiet_minutes:
        frame = _zeros_beside(frame)
        short = short & (nw.col("zeros_before") >= rule.quiet_minutes)
        short = short & (nw.col("zeros_after") >= rule.quiet_minutes)
    quiet = (nw.col("state") == ZERO) | short
    return frame.with_columns(quiet=nw.when(quiet).then(nw.lit(1)).otherwise(nw.lit(0)))


def _zeros_beside(frame: Any) -> Any:
    """How many zeros stand right before and right after the run of each minute."""
    import narwhals as nw

    zeros = nw.when(nw.col("state") == ZERO).then(nw.col("length")).otherwise(nw.lit(0))
    frame = frame.with_columns(zeros=zeros)
    frame = frame.with_columns(
        left=_before("zeros"), right=_before("zeros", -1), order_after=_before("order", -1)
    )
    next_to = (nw.col("order") - nw.col("order_before") <= 1) & (nw.col("starts") == 1)
    before = nw.when(next_to.fill_null(False)).then(nw.col("left")).otherwise(nw.lit(0))
    touching = nw.col("order_after") - nw.col("order") <= 1
    after = nw.when(touching.fill_null(False)).then(nw.col("right")).otherwise(nw.lit(0))
    frame = frame.with_columns(before=before.fill_null(0), after=after.fill_null(0))
    where = ("person", "run")
    return frame.with_columns(
        zeros_before=nw.col("before").max().over(*where),
        zeros_after=nw.col("after").max().over(*where),
    )
