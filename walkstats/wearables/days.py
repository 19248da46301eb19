"""What did each person do on each day? One expression, for whichever engine holds the minutes.

Everything here is written in narwhals: sums by group, ranks and running sums within persons, and
whole numbers. The frames that come in have the columns person, minute, steps and, where the rules
ask for them, counts and worn; minutes count from 1970.
"""

from __future__ import annotations

from typing import Any

from walkstats.wearables.clocks import DAY, Clock
from walkstats.wearables.rules import RECORDED, Rules, ZeroRuns
from walkstats.wearables.worn import not_worn

MOST_STEPS = 1000
"""More steps than a minute can hold: a total, or another unit."""
WHOSE = ("person", "day")
SUMS = (
    *("rows", "known", "worn", "steps", "walked"),
    *("blank", "impossible", "odd_wear", "nowhere", "twice", "unclear"),
)
RARE = ("odd_wear", "nowhere", "again", "copies", "unclear")


def prepared(frame: Any, rules: Rules, clock: Clock, epoch_seconds: int) -> Any:
    """Minutes with day and order, and without anything missing: known, worn and steps instead.

    Parameters
    ----------
    frame : narwhals frame
        person, minute, steps, and counts and worn where the rules need them.
    rules : Rules
    clock : Clock
    epoch_seconds : int
        Length of what a row holds [seconds].

    Returns
    -------
    narwhals frame
        person, minute, order, day, steps, known, worn; odd_wear where a column tells what was
        worn, and copies and unclear where shorter epochs were added up.
    """
    import narwhals as nw

    one, none = nw.lit(1), nw.lit(0)
    known = ~nw.col("steps").is_null()
    keep = ["minute", "steps", "known"]
    if isinstance(rules.wear, ZeroRuns):
        known = known & ~nw.col("counts").is_null()
        keep.append("counts")
    if rules.wear_column:
        odd = (nw.col("worn") != 0) & (nw.col("worn") != 1)
        frame = frame.with_columns(odd_wear=nw.when(odd.fill_null(False)).then(one).otherwise(none))
        keep += ["worn", "odd_wear"]
    frame = frame.with_columns(known=nw.when(known).then(one).otherwise(none))
    frame = frame.select("person", *(nw.col(name).fill_null(0) for name in keep))
    frame = _placed(_whole_minutes(frame, keep, epoch_seconds, clock), clock)
    worn = nw.col("known")
    if isinstance(rules.wear, ZeroRuns):
        frame = not_worn(frame, rules.wear)
        worn = worn * (1 - nw.col("off"))
    if rules.wear_column:
        worn = worn * nw.when(nw.col("worn") == 1).then(one).otherwise(none)
    rare = [name for name in RARE if name in frame.collect_schema().names()]
    frame = frame.with_columns(worn=worn)
    return frame.select("person", "minute", "order", "day", "steps", "known", "worn", *rare)


def _whole_minutes(frame: Any, keep: list[str], epoch_seconds: int, clock: Clock) -> Any:
    """Shorter epochs added up; a minute is known, and worn, when all of its epochs are."""
    import narwhals as nw

    if epoch_seconds == 60:
        return frame
    added = [nw.col(name).sum() for name in keep if name in ("steps", "counts", "odd_wear")]
    worn = [nw.col("worn").min()] if "worn" in keep else []
    frame = frame.group_by("person", "minute").agg(
        *added, *worn, nw.col("known").min(), nw.len().alias("epochs")
    )
    over = nw.col("epochs").cast(nw.Int64) - 60 // epoch_seconds
    whole = nw.when(over >= 0).then(nw.col("known")).otherwise(nw.lit(0))
    frame = frame.with_columns(over=over, known=whole)
    # What part of a minute holds is less than the minute held.
    parts = [name for name in keep if name in ("steps", "counts")]
    frame = frame.with_columns(*(nw.col(name) * nw.col("known") for name in parts))
    again = nw.when(nw.col("over") > 0).then(nw.col("over")).otherwise(nw.lit(0))
    if not clock.repeated():
        return frame.with_columns(copies=again)
    # Two passes of one hour fell into one minute, and nothing tells their epochs apart.
    passes = within(clock.repeated())
    return frame.with_columns(copies=again * (1 - passes), unclear=again * passes)


def _placed(frame: Any, clock: Clock) -> Any:
    """The day of each minute, and its place among minutes that follow one another."""
    import narwhals as nw

    minute = nw.col("minute")
    ahead, changes = clock.day_terms()
    wall = _shifted(minute + ahead, changes)
    return frame.with_columns(day=wall // DAY, order=_shifted(minute, clock.order_terms()))


def _shifted(start: Any, terms: tuple[tuple[int, int], ...]) -> Any:
    import narwhals as nw

    for since, by in terms:
        start = start + nw.when(nw.col("minute") >= since).then(nw.lit(by)).otherwise(nw.lit(0))
    return start


def within(ranges: tuple[tuple[int, int], ...]) -> Any:
    """1 where a minute lies in one of some ranges (from, up to), otherwise 0."""
    import narwhals as nw

    found = nw.lit(0)
    for low, high in ranges:
        inside = (nw.col("minute") >= low) & (nw.col("minute") < high)
        found = found + nw.when(inside).then(nw.lit(1)).otherwise(nw.lit(0))
    return found


def days_of(minutes: Any, rules: Rules, clock: Clock) -> Any:
    """Add up the minutes of each person and day.

    Parameters
    ----------
    minutes : narwhals frame
        As ``prepared`` makes it.
    rules : Rules
    clock : Clock

    Returns
    -------
    narwhals frame
        One row per person and day: the columns of ``SUMS``, in_bouts and top (the sum of the
        highest minutes of the day).
    """
    import narwhals as nw

    minutes = _counted(minutes, rules, clock)
    whole = rules.wear == RECORDED
    sums = ["known", "walked", "impossible", *([] if whole else ["worn"])]
    there = minutes.collect_schema().names()
    sums += [name for name in RARE if name in there]
    days = minutes.group_by(*WHOSE).agg(
        nw.len().alias("rows"),
        nw.col("worn_steps").sum().alias("steps"),
        *(nw.col(name).sum() for name in sums),
        nw.col("order").min().alias("first"),
        nw.col("order").max().alias("last"),
    )
    # Sizes are unsigned in Polars.
    days = days.with_columns(
        nw.col("rows").cast(nw.Int64),
        **{name: nw.lit(0) for name in RARE if name not in there},
        **({"worn": nw.col("known")} if whole else {}),
    )
    # A day with more rows than minutes between its first and its last holds some of them twice.
    spare = nw.col("rows") - (nw.col("last") - nw.col("first") + 1) - nw.col("again")
    twice = nw.when(spare > 0).then(spare).otherwise(nw.lit(0)) + nw.col("copies")
    days = days.with_columns(twice=twice, blank=nw.col("rows") - nw.col("known"))
    days = days.select(*WHOSE, *SUMS)
    days = _joined(days, bouts_by_day(minutes, rules), "in_bouts", "repeats")
    return _joined(days, top_by_day(minutes, rules), "top")


def _counted(minutes: Any, rules: Rules, clock: Clock) -> Any:
    """What is to be added up; what cannot occur has no column, since each costs its time."""
    import narwhals as nw

    steps, one, none = nw.col("steps"), nw.lit(1), nw.lit(0)
    impossible = (steps < 0) | (steps > MOST_STEPS)
    rare = {}
    if clock.missing():
        rare["nowhere"] = within(clock.missing())
    if clock.repeated():
        rare["again"] = within(clock.repeated())
    # Steps that are not known are 0 by now.
    worn, whole = nw.col("worn"), rules.wear == RECORDED
    return minutes.with_columns(
        worn_steps=steps if whole else steps * worn,
        walked=nw.when(steps >= rules.cadence).then(one if whole else worn).otherwise(none),
        impossible=nw.when(impossible).then(one).otherwise(none),
        **rare,
    )


def _joined(days: Any, more: Any | None, *columns: str) -> Any:
    import narwhals as nw

    if more is None:
        return days.with_columns(**{name: nw.lit(0) for name in columns})
    days = days.join(more, on=list(WHOSE), how="left")
    return days.with_columns(*(nw.col(name).fill_null(0) for name in columns))


def bouts_by_day(minutes: Any, rules: Rules) -> Any | None:
    """Minutes at the cadence within bouts, by day; a bout over midnight counts on both days."""
    import narwhals as nw

    if rules.bout is None:
        return None
    fast = minutes.filter(nw.col("walked") == 1)
    again = ["again"] if "again" in fast.collect_schema().names() else []
    fast = fast.select("person", "day", "order", *again)
    if rules.interruption == 0:
        # Along minutes that follow one another the rank grows as the minutes do.
        rank = nw.col("order").rank("dense").over("person").cast(nw.Int64)
        fast = fast.with_columns(run=nw.col("order") - rank)
    else:
        fast = _with_breaks(fast, rules.interruption)
    pieces = fast.group_by("person", "run", "day").agg(
        nw.len().alias("n"),
        *(nw.col(name).sum() for name in again),
        nw.col("order").min().alias("start"),
        nw.col("order").max().alias("stop"),
    )
    pieces = pieces.with_columns(nw.col("n").cast(nw.Int64))
    ends = nw.col("stop").max().over("person", "run") - nw.col("start").min().over("person", "run")
    pieces = pieces.with_columns(length=ends + 1)
    spare = nw.col("n") - (nw.col("stop") - nw.col("start") + 1)
    spare = spare - nw.col("again") if again else spare
    in_bouts = nw.when(nw.col("length") >= rules.bout).then(nw.col("n")).otherwise(nw.lit(0))
    pieces = pieces.with_columns(
        in_bouts=in_bouts, repeats=nw.when(spare > 0).then(spare).otherwise(nw.lit(0))
    )
    return pieces.group_by(*WHOSE).agg(nw.col("in_bouts").sum(), nw.col("repeats").sum())


def _with_breaks(fast: Any, interruption: int) -> Any:
    """Number the runs of minutes between which no more than an interruption lies."""
    import narwhals as nw

    before = nw.col("order").shift(1).over("person", order_by="order")
    fast = fast.with_columns(gap=nw.col("order") - before)
    starts = nw.when(nw.col("gap") <= interruption + 1).then(nw.lit(0)).otherwise(nw.lit(1))
    fast = fast.with_columns(starts=starts)
    return fast.with_columns(run=nw.col("starts").cum_sum().over("person", order_by="order"))


def top_by_day(minutes: Any, rules: Rules) -> Any | None:
    """The sum of the highest minutes of each day, from how often each number of steps occurs."""
    import narwhals as nw

    if rules.peak is None:
        return None
    moving = minutes.filter(nw.col("worn_steps") > 0)
    often = moving.group_by(*WHOSE, "worn_steps").agg(nw.len().alias("n"))
    often = often.with_columns(nw.col("n").cast(nw.Int64), fewer=-nw.col("worn_steps"))
    often = often.with_columns(upto=nw.col("n").cum_sum().over(*WHOSE, order_by="fewer"))
    left = rules.peak - (nw.col("upto") - nw.col("n"))
    often = often.with_columns(left=left).filter(nw.col("left") > 0)
    taken = nw.when(nw.col("left") < nw.col("n")).then(nw.col("left")).otherwise(nw.col("n"))
    often = often.with_columns(top=taken * nw.col("worn_steps"))
    return often.group_by(*WHOSE).agg(nw.col("top").sum())
