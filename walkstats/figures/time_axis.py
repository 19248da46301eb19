"""Where are the ticks of an axis, in which unit, and how are they labelled?"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.ticker import (
    FixedFormatter,
    FixedLocator,
    Formatter,
    MaxNLocator,
    NullLocator,
)
from numpy.typing import NDArray

from walkstats._arguments import check_choice, check_times
from walkstats._digits import fixed
from walkstats.figures.canvas import literal
from walkstats.figures.palette import NORMAL
from walkstats.figures.text_width import wrapped

Floats = NDArray[np.float64]

DAYS = {"days": 1.0, "weeks": 7.0, "months": 365.25 / 12.0, "years": 365.25}
# Steps between ticks that people think in.
STEPS = {
    "days": (1, 2, 5, 7, 14, 30, 60, 90, 180, 360, 720, 1080),
    "weeks": (1, 2, 4, 8, 13, 26, 52, 104),
    "months": (1, 2, 3, 6, 12, 24, 36, 60),
    "years": (0.5, 1, 2, 5, 10, 20),
}
MOST_TICKS = 8
# Of an axis that spans a figure: the room of a label.
CLEAR = 0.09
RATIO_TICKS = (0.1, 0.2, 0.3, 0.5, 0.7, 1.0, 1.4, 2.0, 3.0, 5.0, 10.0)
MOST_BETWEEN = 8  # more ticks run into one another
DECADES = (1e-4, 1e-3, 0.01, 0.1, 1.0, 10.0, 100.0, 1e3, 1e4)


@dataclass(frozen=True)
class TimeUnit:
    """How the x of a curve becomes the x of an axis.

    Attributes
    ----------
    name : str
        Unit shown.
    per : float
        Units of the curve's x in one unit shown.
    label : str
        Of the axis.
    """

    name: str
    per: float
    label: str

    def shown(self, x: Floats | Sequence[float]) -> Floats:
        """Times of the curve in the unit shown."""
        return np.asarray(x, dtype=float) / self.per

    def own(self, x: Floats | Sequence[float]) -> Floats:
        """Times shown in the unit of the curve."""
        return np.asarray(x, dtype=float) * self.per


def time_unit(x: str, unit: str | None) -> TimeUnit:
    """The unit of the axis for a curve over ``x``.

    Parameters
    ----------
    x : str
        Name of the curve's x column; its last word tells its unit (days, stop_days, months, ...).
    unit : {"days", "weeks", "months", "years"}, optional
        Unit to show; by default that of the column. A month is 365.25/12 days.

    Raises
    ------
    ValueError
        For a unit asked for where that of the column is unknown.

    Examples
    --------
    >>> time_unit("days", "months").shown([365.25]).tolist()
    [12.0]
    """
    known = x.rsplit("_", 1)[-1].lower()
    if unit is None:
        return TimeUnit(known, 1.0, f"Time ({known})" if known in DAYS else x.replace("_", " "))
    check_choice(unit, DAYS, "unit")
    if known not in DAYS:
        raise ValueError(
            f"The unit of {x!r} is unknown, so it cannot be shown in {unit}. The last word of the "
            f"column's name tells it: {', '.join(DAYS)}."
        )
    return TimeUnit(unit, DAYS[unit] / DAYS[known], f"Time ({unit})")


def tick_times(last: float, unit: TimeUnit, times: Sequence[float] | None = None) -> Floats:
    """Times of the ticks from 0 to ``last`` [unit shown]: those given, or regular ones.

    Examples
    --------
    >>> tick_times(1100.0, time_unit("days", None)).tolist()
    [0.0, 180.0, 360.0, 540.0, 720.0, 900.0, 1080.0]
    """
    if times is not None:
        return np.unique(check_times(times, "times"))
    if not last > 0:
        return np.array([0.0])
    power = 10.0 ** math.floor(math.log10(last))
    plain = tuple(step * power / 10.0 for step in (0.5, 1, 2, 5, 10, 20, 50))
    for step in (*STEPS.get(unit.name, ()), *plain):
        if last / step <= MOST_TICKS - 1 + 1e-9:
            return np.arange(0.0, last + step * 1e-9, step)
    return np.linspace(0.0, last, 5)


def uneven_ticks(
    low: float,
    high: float,
    unit: TimeUnit,
    place: Callable[[Floats], Floats],
    clear: float = CLEAR,
) -> Floats:
    """Ticks of an axis on which time is not evenly spaced: a logarithmic one, for example.

    Parameters
    ----------
    low, high : float
        First and last time, in the unit shown.
    unit : TimeUnit
    place : callable
        Where times lie on the axis.
    clear : float
        How far two ticks stand apart at least, as a share of the axis.

    Returns
    -------
    ndarray
        Times that people think in, from the last backwards, each clear of the one after it.

    Examples
    --------
    >>> uneven_ticks(1.0, 1000.0, time_unit("days", None), np.log).tolist()
    [1.0, 2.0, 7.0, 14.0, 30.0, 90.0, 180.0, 360.0, 720.0]
    """
    decades = {step * 10.0**power for power in range(-4, 6) for step in (1, 2, 5)}
    known = STEPS.get(unit.name, ())
    # Below the smallest step of the unit its plain fractions.
    plain = {one for one in decades if not known or one < known[0]}
    times = np.array(sorted({float(f"{one:.12g}") for one in (*known, *plain)}))
    times = times[(times >= low) & (times <= high)][::-1]
    apart = clear * abs(float(np.ptp(place(np.array([low, high])))))
    found: list[float] = []
    for time, at in zip(times.tolist(), place(times).tolist(), strict=True):
        if not found or abs(float(place(np.array(found[-1:]))[0]) - at) >= apart:
            found.append(time)
    return np.array(found[::-1])


def set_uneven_ticks(axis: Axis, places: Floats, ticks: Floats) -> None:
    """Ticks at places of the axis, each labelled by its time alone."""
    axis.set_major_locator(FixedLocator(list(places)))
    axis.set_major_formatter(FixedFormatter([f"{tick:.6g}" for tick in ticks]))
    axis.set_minor_locator(NullLocator())


def set_time_axis(ax: Axes, ticks: Floats, last: float, label: str) -> None:
    """Limits, ticks and label of the axis of follow-up."""
    ax.set_xlim(0.0, max(last, float(ticks.max()), 1e-12))
    ax.xaxis.set_major_locator(FixedLocator(list(ticks)))
    ax.xaxis.set_major_formatter(FixedFormatter(number_labels(ticks)))
    ax.set_xlabel(literal(label))


def set_y_label(ax: Axes, label: str) -> None:
    r"""Label of the y axis, in as many lines as keep it no longer than the axes are high.

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> ax = Figure(figsize=(4, 2)).subplots()
    >>> set_y_label(ax, "Difference in average pain")
    >>> ax.get_ylabel()
    'Difference in average\npain'
    """
    # The height in inches, whatever the resolution.
    room = ax.get_window_extent().height / ax.figure.dpi
    ax.set_ylabel(literal("\n".join(wrapped(label, room, NORMAL))))


def _wide_ticks(low: float, high: float) -> list[float]:
    """Powers of ten, and what lies between them where these alone would be few."""
    decades = [tick for tick in DECADES if low <= tick <= high]
    if len(decades) > 3:
        return decades
    between: list[float] = []
    for steps in ((1.0, 2.0, 5.0), (1.0, 3.0)):
        ticks = [float(f"{step * tick:.6g}") for tick in DECADES for step in steps]
        between = [tick for tick in ticks if low <= tick <= high]
        if len(between) <= MOST_BETWEEN:
            break
    return between


def number_labels(values: Floats | Sequence[float]) -> list[str]:
    """Tick labels with as many decimals as tell the values apart, in no locale."""
    array = np.asarray(values, dtype=float)
    decimals = 0
    while decimals < 6 and not np.allclose(array, np.round(array, decimals), rtol=1e-9, atol=1e-12):
        decimals += 1
    return [fixed(value, decimals).replace("-", "−") for value in array]


class NumberFormatter(Formatter):
    """Tick labels that share their decimals, whatever the locale."""

    def __call__(self, value: float, place: int | None = None) -> str:
        """One label, as the cursor shows it."""
        return number_labels([value])[0]

    def format_ticks(self, values: list[float]) -> list[str]:
        """All labels of an axis."""
        return number_labels(values)


def set_ratio_ticks(axis: Axis, low: float, high: float) -> None:
    """Ticks of a logarithmic axis at ratios that people read, without minor ticks."""
    few = [tick for tick in RATIO_TICKS if low <= tick <= high]
    wide = high > 1.2 * RATIO_TICKS[-1] or low < RATIO_TICKS[0] / 1.2
    chosen = _wide_ticks(low, high) if wide else few
    if len(chosen) < 2:
        # A range too narrow for those: steps of 1, 2, 2.5 or 5 times a power of ten.
        steps = MaxNLocator(4, steps=[1, 2, 2.5, 5, 10]).tick_values(low, high)
        chosen = [float(f"{tick:.6g}") for tick in steps if low <= tick <= high]
    axis.set_major_locator(FixedLocator(chosen))
    axis.set_major_formatter(FixedFormatter([f"{tick:g}" for tick in chosen]))
    axis.set_minor_locator(NullLocator())
