"""Do the hazards of the arms keep their ratio? Log cumulative hazards against log time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from numpy.typing import NDArray

from walkstats._arguments import check_choice, check_times
from walkstats.figures.canvas import (
    StyledFigure,
    add_note,
    canvas,
    check_names,
    check_result,
    literal,
)
from walkstats.figures.palette import arm_style
from walkstats.figures.survival_curves import LABELS, name_curves
from walkstats.figures.time_axis import (
    NumberFormatter,
    TimeUnit,
    set_uneven_ticks,
    set_y_label,
    time_unit,
    uneven_ticks,
)
from walkstats.results import Curve

Floats = NDArray[np.float64]

NEEDED = "A log-log figure needs a Curve of survival, from kaplan_meier, or of cumulative hazards"
LABEL = "Log cumulative hazard, log(−log survival)"


def plot_log_log(
    curve: Curve,
    *,
    unit: str | None = None,
    times: Sequence[float] | None = None,
    labels: str = "direct",
    names: Mapping[str, str] | None = None,
    title: str = "",
    xlabel: str | None = None,
    ylabel: str | None = None,
    width: float = 6.4,
) -> StyledFigure:
    """Plot the log cumulative hazard of each group against time on a logarithmic axis.

    Parameters
    ----------
    curve : Curve
        From ``survival.kaplan_meier`` or ``survival.nelson_aalen``.
    unit : {"days", "weeks", "months", "years"}, optional
        Of the x axis; by default that of the curve.
    times : sequence of float, optional
        Ticks, in the unit shown.
    labels : {"direct", "legend", "none"}
        Names at the ends of the curves, or in a legend.
    names : mapping of str to str, optional
        Group -> printed name.
    title : str
    xlabel, ylabel : str, optional
    width : float
        Of the figure [inches].

    Returns
    -------
    matplotlib.figure.Figure
        Closed. Where hazards are proportional the curves keep their distance, the log hazard
        ratio; where they come from Weibull distributions they are straight lines. Each begins at
        its first event, since the logarithm of 0 has no place, and survival of 0 is left out.

    Raises
    ------
    ValueError
        For unknown choices, another kind of curve, or one without an event after time 0.

    Examples
    --------
    >>> import pandas as pd
    >>> from walkstats.results import Curve
    >>> frame = pd.DataFrame(
    ...     {"group": "all", "days": [10.0, 20.0], "estimate": [0.5, 0.25],
    ...      "std_error": [0.25, 0.22], "conf_low": [0.1, 0.0], "conf_high": [0.8, 0.6]}
    ... )
    >>> plot_log_log(Curve(frame, "days", "survival")).axes[0].get_xscale()
    'log'
    """
    _check(curve)
    alt = f"Log cumulative hazard against log time by group: {', '.join(curve.groups)}."
    with canvas(width, 3.5 + (0.25 if title else 0.0), alt) as figure:
        ax = figure.add_subplot(label="log-log")
        draw_log_log(
            ax, curve, unit=unit, times=times, labels=labels, names=names, xlabel=xlabel,
            ylabel=ylabel,
        )  # fmt: skip
        if title:
            ax.set_title(literal(title), loc="left")
        said = "Where hazards are proportional the curves keep their distance."
        add_note(figure, curve.source, said if len(curve.groups) > 1 else "")
    return figure


def draw_log_log(
    ax: Axes,
    curve: Curve,
    *,
    unit: str | None = None,
    times: Sequence[float] | None = None,
    labels: str = "direct",
    names: Mapping[str, str] | None = None,
    xlabel: str | None = None,
    ylabel: str | None = None,
) -> list[Line2D]:
    """Draw log cumulative hazards against log time on axes of one's own.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    curve : Curve
    unit, times, labels, names, xlabel, ylabel
        As for ``plot_log_log``.

    Returns
    -------
    list of matplotlib.lines.Line2D
        One line per group, in order.

    Raises
    ------
    ValueError
        As ``plot_log_log``.

    Examples
    --------
    >>> import pandas as pd
    >>> from matplotlib.figure import Figure
    >>> from walkstats.results import Curve
    >>> frame = pd.DataFrame(
    ...     {"group": "all", "days": [10.0, 20.0], "estimate": [0.5, 0.25],
    ...      "std_error": [0.25, 0.22], "conf_low": [0.1, 0.0], "conf_high": [0.8, 0.6]}
    ... )
    >>> (line,) = draw_log_log(Figure().subplots(), Curve(frame, "days", "survival"))
    >>> line.get_ydata().round(3).tolist()
    [-0.367, 0.327, 0.327]
    """
    _check(curve)
    check_choice(labels, LABELS, "labels")
    printed = check_names(names, curve.groups)
    shown_in = time_unit(curve.x, unit)
    lines = []
    for place, group in enumerate(curve.groups):
        x, y = _steps(curve, group)
        style = arm_style(place)
        (line,) = ax.plot(
            shown_in.shown(x), y, drawstyle="steps-post", color=style.colour,
            linestyle=style.dash, label=literal(printed[group]),
        )  # fmt: skip
        lines.append(line)
    _set_axes(ax, lines, shown_in, times, xlabel)
    set_y_label(ax, ylabel or LABEL)
    if len(lines) > 1 and labels != "none":
        name_curves(ax, lines, labels)
    return lines


def _check(curve: Curve) -> None:
    check_result(curve, Curve, NEEDED)
    if curve.quantity not in ("survival", "cumulative hazard") or curve.shape != "step":
        raise ValueError(f"{NEEDED}; this is a {curve.shape} of {curve.quantity}.")


def _steps(curve: Curve, group: str) -> tuple[Floats, Floats]:
    """Corners of the log cumulative hazard, from the first event to the end of follow-up."""
    rows = curve.frame[curve.frame["group"] == group]
    x = rows[curve.x].to_numpy(dtype=float)
    y = rows["estimate"].to_numpy(dtype=float)
    with np.errstate(divide="ignore", invalid="ignore"):
        y = np.log(-np.log(y) if curve.quantity == "survival" else y)
    seen = (x > 0) & np.isfinite(y)
    if not seen.any():
        raise ValueError(f"{group} has no event after time 0 from which a log-log curve begins.")
    last = float(curve.last.get(group, x[-1]))
    # Beyond a survival of 0 there is no cumulative hazard to carry on.
    end = x[seen][-1] if np.isposinf(y).any() else max(min(last, float(x[-1])), x[seen][-1])
    return np.append(x[seen], end), np.append(y[seen], y[seen][-1])


def _set_axes(
    ax: Axes,
    lines: Sequence[Line2D],
    unit: TimeUnit,
    times: Sequence[float] | None,
    xlabel: str | None,
) -> None:
    """A logarithmic axis of time with ticks at times that people think in."""
    all_x = np.concatenate([np.asarray(line.get_xdata(), dtype=float) for line in lines])
    low, high = float(all_x.min()), float(all_x.max())
    if low == high:
        low, high = low / 1.5, high * 1.5
    ticks = uneven_ticks(low, high, unit, np.log)
    if times is not None:
        ticks = np.unique(check_times(times, "times"))
    if np.any(ticks <= 0):
        raise ValueError("A logarithmic axis has no place for times of 0 or less.")
    ax.set_xscale("log")
    ax.set_xlim(min(low, *ticks), max(high, *ticks))
    set_uneven_ticks(ax.xaxis, ticks, ticks)
    ax.yaxis.set_major_formatter(NumberFormatter())
    label = xlabel or f"{unit.label}, logarithmic"
    ax.set_xlabel(literal(label))
