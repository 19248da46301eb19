"""By which rules do minutes count as walked and worn, and days and weeks as known?"""

from __future__ import annotations

from dataclasses import dataclass

from walkstats._arguments import check_choice, check_positive, check_whole

RECORDED = "recorded"
MEAN_DAY, KNOWN_DAYS = "mean day", "known days"
SCALES = (MEAN_DAY, KNOWN_DAYS)
CLOCKS = ("utc", "local")


@dataclass(frozen=True)
class ZeroRuns:
    """A device counts as taken off while it counts nothing for long.

    A period without wear runs from a minute of zero to a minute of zero, on minutes that follow one
    another without a gap. Short movements within it are passed over.

    Attributes
    ----------
    minutes : int
        How long such a period is at least [minutes].
    spike_minutes : int
        How many minutes with counts in a row are passed over [minutes].
    spike_counts : float or None
        The most that any of them may have [counts/minute]; None for any number.
    quiet_minutes : int
        Zeros that must stand right before and right after a movement that is passed over [minutes].
    reference : str
        Where the rule was published.

    Examples
    --------
    >>> ZeroRuns(90).spike_minutes
    0
    """

    minutes: int
    spike_minutes: int = 0
    spike_counts: float | None = None
    quiet_minutes: int = 0
    reference: str = ""

    def __post_init__(self) -> None:
        check_whole(self.minutes, "minutes", 1)
        check_whole(self.spike_minutes, "spike_minutes", 0)
        check_whole(self.quiet_minutes, "quiet_minutes", 0)
        if self.spike_counts is not None:
            check_positive(self.spike_counts, "spike_counts")

    def __str__(self) -> str:
        words = f"at least {self.minutes} minutes of zero counts"
        if self.spike_minutes:
            words += f", passing over up to {self.spike_minutes} minute(s) of movement"
            words += (
                "" if self.spike_counts is None else f" of at most {self.spike_counts:g} counts"
            )
        if self.spike_minutes and self.quiet_minutes:
            words += f" between {self.quiet_minutes} minutes of zeros on either side"
        return words + (f" ({self.reference})" if self.reference else "")


WEAR_RULES = {
    "troiano": ZeroRuns(60, 2, 100, 0, "Troiano et al. 2008"),
    "choi": ZeroRuns(90, 2, None, 30, "Choi et al. 2011"),
}
"""Published rules of wear by the names of their first authors."""


@dataclass(frozen=True)
class Rules:
    """What counts.

    Attributes
    ----------
    wear : ZeroRuns, or str
        Which minutes were worn: a rule on zeros, "recorded", or the name of a column.
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
        What a known week is: its mean known day times 7, or the sum of its known days.
    """

    wear: ZeroRuns | str
    cadence: int = 100
    bout: int | None = 10
    interruption: int = 0
    peak: int | None = 30
    valid_minutes: int = 600
    valid_days: int = 4
    scale: str = MEAN_DAY

    def __post_init__(self) -> None:
        check_whole(self.cadence, "cadence", 1)
        if self.bout is not None:
            check_whole(self.bout, "bout", 1)
        check_whole(self.interruption, "interruption", 0)
        if self.peak is not None:
            check_whole(self.peak, "peak", 1)
        check_whole(self.valid_minutes, "valid_minutes", 1)
        if self.valid_minutes > 1440:
            raise ValueError(f"valid_minutes is at most 1440, got {self.valid_minutes}.")
        if check_whole(self.valid_days, "valid_days", 1) > 7:
            raise ValueError(f"valid_days is at most 7, got {self.valid_days}.")
        check_choice(self.scale, SCALES, "scale")

    @property
    def wear_column(self) -> str | None:
        """The column that tells what was worn, where the rule is one."""
        return self.wear if isinstance(self.wear, str) and self.wear != RECORDED else None

    def __str__(self) -> str:
        said = f"minutes of at least {self.cadence} steps"
        if self.bout is not None:
            said += (
                f", and of these in bouts of at least {self.bout} minutes from the first to the "
            )
            said += "last at this cadence, "
            holes = f"interruptions of up to {self.interruption} minute(s) in a row"
            said += f"with {holes}" if self.interruption else "without interruption"
        if self.peak is not None:
            said += f"; peak cadence: mean of the {self.peak} highest minutes of a day"
        if isinstance(self.wear, ZeroRuns):
            worn = f"not worn: {self.wear}"
        elif self.wear_column is None:
            worn = "worn: every minute with a count"
        else:
            worn = f"worn: by the column {self.wear}"
        week = "mean known day times 7" if self.scale == MEAN_DAY else "known days, not scaled to 7"
        return (
            f"{said}. {worn[0].upper()}{worn[1:]}. A day with at least {self.valid_minutes} "
            f"minutes of wear is known, a week with at least {self.valid_days} known days; minutes "
            f"and steps of a week are those of its {week}"
        )


def rule_of_wear(wear: ZeroRuns | str) -> ZeroRuns | str:
    """The rule that a name stands for; other words are names of columns."""
    if isinstance(wear, ZeroRuns):
        return wear
    if not isinstance(wear, str) or not wear:
        raise ValueError(
            f"wear must be {', '.join(repr(name) for name in (*WEAR_RULES, RECORDED))}, a ZeroRuns "
            f"or the name of a column, got {wear!r}."
        )
    return WEAR_RULES.get(wear, wear)


def check_clock(clock: str | None) -> str | None:
    """A clock that is known, or None where the timestamps tell."""
    return None if clock is None else check_choice(clock, CLOCKS, "clock")
