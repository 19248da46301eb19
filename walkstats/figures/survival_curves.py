"""How does the risk of an event build up? Survival curves with their numbers at risk."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.ticker import FixedFormatter, FixedLocator
from numpy.typing import NDArray

from walkstats._arguments import check_choice
from walkstats._labels import capitalised
from walkstats.figures.canvas import (
    StyledFigure,
    add_note,
    canvas,
    check_names,
    check_result,
    literal,
)
from walkstats.figures.end_labels import label_ends
from walkstats.figures.numbers_at_risk import LINE, draw_numbers_at_risk, risk_lines
from walkstats.figures.palette import (
    BAND_ALPHA,
    BAND_ALPHA_MANY,
    MUTED,
    NORMAL,
    PALE_ALPHA,
    arm_style,
)
from walkstats.figures.time_axis import (
    NumberFormatter,
    TimeUnit,
    number_labels,
    set_ratio_ticks,
    set_time_axis,
    set_y_label,
    tick_times,
    time_unit,
)
from walkstats.results import Curve
from walkstats.results.curves import PROBABILITIES

Floats = NDArray[np.float64]

SHOW = ("survival", "event")
LABELS = ("direct", "legend", "none")
NEEDED = "A survival figure needs a Curve, for example from kaplan_meier"
# More names than this do not fit beside the ends of the curves.
MOST_DIRECT = 6


@dataclass(frozen=True)
class _Path:
    """One group's curve as corners of steps or points of a line, in the unit shown."""

    x: Floats
    y: Floats
    low: Floats
    high: Floats
    n_risk: Floats
    censored_at: Floats
    stepped: bool


def plot_survival(
    curve: Curve,
    *,
    show: str = "survival",
    unit: str | None = None,
    times: Sequence[float] | None = None,
    rows: Sequence[str] = ("at risk",),
    bands: bool = True,
    labels: str = "direct",
    censor_marks: bool = False,
    pale_below: int | None = None,
    names: Mapping[str, str] | None = None,
    title: str = "",
    statement: str = "",
    xlabel: str | None = None,
    ylabel: str | None = None,
    width: float = 6.4,
) -> StyledFigure:
    """Plot curves over follow-up with the numbers at risk below.

    Parameters
    ----------
    curve : Curve
        From ``survival.kaplan_meier`` and its kin.
    show : {"survival", "event"}
        The share without the event, or with it (1 - survival); the label of the y axis says which.
    unit : {"days", "weeks", "months", "years"}, optional
        Of the x axis; by default that of the curve.
    times : sequence of float, optional
        Ticks, and times of the numbers at risk, in the unit shown.
    rows : sequence of {"at risk", "censored", "events"}
        Numbers below the curves; empty for none.
    bands : bool
        Pointwise confidence bands.
    labels : {"direct", "legend", "none"}
        Names at the ends of the curves, or in a legend.
    censor_marks : bool
        A tick where somebody was censored.
    pale_below : int, optional
        Draw a curve paler where fewer than so many are at risk.
    names : mapping of str to str, optional
        Group -> printed name.
    title, statement : str
        Above the curves; the statement, for example a hazard ratio, in plain type below the title.
    xlabel, ylabel : str, optional
    width : float
        Of the figure [inches].

    Returns
    -------
    matplotlib.figure.Figure
        Closed, so that a notebook shows it once. Its last line names the source of the data.

    Raises
    ------
    ValueError
        For unknown choices, something that is no curve, or ``show="event"`` of a curve that is no
        survival.

    Examples
    --------
    >>> import pandas as pd
    >>> from walkstats.results import Curve
    >>> frame = pd.DataFrame(
    ...     {"group": "all", "days": [10.0, 20.0], "estimate": [0.5, 0.25],
    ...      "std_error": [0.25, 0.22], "conf_low": [0.1, 0.0], "conf_high": [0.8, 0.6],
    ...      "n_risk": [4, 2], "n_event": [2, 1], "n_censor": [0, 1]}
    ... )
    >>> figure = plot_survival(Curve(frame, "days", "survival", last={"all": 20.0}))
    >>> [axes.get_label() for axes in figure.axes]
    ['survival', 'numbers at risk']
    """
    check_result(curve, Curve, NEEDED)
    counted = bool(rows) and "n_risk" in curve.frame
    height = 3.5 + (0.25 if title else 0.0) + (0.2 if statement else 0.0)
    below = LINE * len(risk_lines(curve, [0.0], rows, names)) if counted else 0.0
    alt = f"{capitalised(curve.quantity)} by group: {', '.join(curve.groups)}."
    with canvas(width, height + below, alt) as figure:
        if counted:
            grid = figure.add_gridspec(2, 1, height_ratios=[height - 0.7, below])
            ax = figure.add_subplot(grid[0], label="survival")
            low = figure.add_subplot(grid[1], sharex=ax, label="numbers at risk")
        else:
            ax = figure.add_subplot(label="survival")
        draw_survival(
            ax, curve, show=show, unit=unit, times=times, bands=bands, labels=labels,
            censor_marks=censor_marks, pale_below=pale_below, names=names, xlabel=xlabel,
            ylabel=ylabel,
        )  # fmt: skip
        if counted:
            draw_numbers_at_risk(low, curve, times, rows=rows, unit=unit, names=names)
        _head(ax, title, statement)
        add_note(figure, curve.source, _paled(pale_below))
    return figure


def draw_survival(
    ax: Axes,
    curve: Curve,
    *,
    show: str = "survival",
    unit: str | None = None,
    times: Sequence[float] | None = None,
    bands: bool = True,
    labels: str = "direct",
    censor_marks: bool = False,
    pale_below: int | None = None,
    names: Mapping[str, str] | None = None,
    xlabel: str | None = None,
    ylabel: str | None = None,
) -> list[Line2D]:
    """Draw curves over follow-up on axes of one's own.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    curve : Curve
    show, unit, times, bands, labels, censor_marks, pale_below, names, xlabel, ylabel
        As for ``plot_survival``.

    Returns
    -------
    list of matplotlib.lines.Line2D
        One whole curve per group, in order.

    Raises
    ------
    ValueError
        As ``plot_survival``.

    Examples
    --------
    >>> import pandas as pd
    >>> from matplotlib.figure import Figure
    >>> from walkstats.results import Curve
    >>> frame = pd.DataFrame(
    ...     {"group": "all", "days": [10.0, 20.0], "estimate": [0.5, 0.25],
    ...      "std_error": [0.25, 0.22], "conf_low": [0.1, 0.0], "conf_high": [0.8, 0.6]}
    ... )
    >>> (line,) = draw_survival(Figure().subplots(), Curve(frame, "days", "survival"))
    >>> line.get_xydata().tolist()
    [[0.0, 1.0], [10.0, 0.5], [20.0, 0.25], [20.0, 0.25]]
    """
    check_result(curve, Curve, NEEDED)
    check_choice(labels, LABELS, "labels")
    if check_choice(show, SHOW, "show") == "event" and curve.quantity != "survival":
        raise ValueError(f'show="event" is 1 - survival, and this is a curve of {curve.quantity}.')
    printed = check_names(names, curve.groups)
    shown_in = time_unit(curve.x, unit)
    paths = [_path(curve, group, shown_in, show) for group in curve.groups]
    lines = []
    for place, (group, path) in enumerate(zip(curve.groups, paths, strict=True)):
        lines.append(_draw_path(ax, path, place, printed[group], pale_below))
        if bands:
            _draw_band(ax, path, place, BAND_ALPHA if len(paths) < 3 else BAND_ALPHA_MANY)
        if censor_marks:
            _draw_censored(ax, path, place)
    last = max(float(path.x[-1]) for path in paths)
    set_time_axis(ax, tick_times(last, shown_in, times), last, xlabel or shown_in.label)
    _set_y_axis(ax, curve, show, ylabel)
    if len(lines) > 1 and labels != "none":
        name_curves(ax, lines, labels)
    return lines


def _path(curve: Curve, group: str, unit: TimeUnit, show: str) -> _Path:
    """Corners of the curve from its start to the end of the group's follow-up."""
    rows = curve.frame[curve.frame["group"] == group]
    x = rows[curve.x].to_numpy(dtype=float)
    last = float(curve.last.get(group, x[-1]))
    # A curve that may be carried on without end is drawn as far as anybody was followed.
    end = max(last, float(x[-1])) if np.isfinite(last) else float(x[-1])
    x = np.concatenate([[curve.start_x], x, [end]])

    def column(name: str, first: float) -> Floats:
        values = rows[name].to_numpy(dtype=float)
        return np.concatenate([[first], values, values[-1:]])

    y, low, high = (column(name, curve.start) for name in ("estimate", "conf_low", "conf_high"))
    if show == "event":
        y, low, high = 1.0 - y, 1.0 - high, 1.0 - low
    counted = "n_risk" in rows
    n_risk = rows["n_risk"].to_numpy(dtype=float) if counted else np.full(len(rows), np.inf)
    censored = rows["n_censor"].to_numpy(dtype=float) > 0 if counted else np.zeros(len(rows), bool)
    return _Path(
        x=unit.shown(x),
        y=y,
        low=low,
        high=high,
        # Between two rows those of the later one are at risk.
        n_risk=np.concatenate([n_risk, n_risk[-1:], n_risk[-1:]]),
        censored_at=unit.shown(x[1:-1][censored]),
        stepped=curve.shape == "step",
    )


def _draw_path(ax: Axes, path: _Path, place: int, name: str, pale_below: int | None) -> Line2D:
    style = arm_style(place)
    look: dict[str, Any] = {
        "color": style.colour,
        "linestyle": style.dash,
        "drawstyle": "steps-post" if path.stepped else "default",
    }
    few = path.n_risk < (0 if pale_below is None else pale_below)
    if not few.any():
        (line,) = ax.plot(path.x, path.y, label=literal(name), **look)
        return line
    # The whole curve pale, and over it the part that many stand behind.
    first = int(np.argmax(few))
    (line,) = ax.plot(path.x, path.y, label=literal(name), alpha=PALE_ALPHA, **look)
    ax.plot(path.x[: first + 1], path.y[: first + 1], label="_many", **look)
    return line


def _draw_band(ax: Axes, path: _Path, place: int, alpha: float) -> None:
    known = ~(np.isnan(path.low) | np.isnan(path.high))
    ax.fill_between(
        path.x, path.low, path.high, where=known.tolist(),
        step="post" if path.stepped else None,
        color=arm_style(place).colour, alpha=alpha, linewidth=0,
    )  # fmt: skip


def _draw_censored(ax: Axes, path: _Path, place: int) -> None:
    if not path.censored_at.size:
        return  # a line without points, not clipped, would upset the layout
    step = np.searchsorted(path.x, path.censored_at, side="right") - 1
    ax.plot(
        path.censored_at, path.y[step], linestyle="none", marker="|", markersize=5,
        color=arm_style(place).colour, label="_censored",
    )  # fmt: skip


def _set_y_axis(ax: Axes, curve: Curve, show: str, ylabel: str | None) -> None:
    stated = {
        ("survival", "survival"): "Probability of no event (survival)",
        ("survival", "event"): "Probability of the event (1 − survival)",
        ("follow-up", "survival"): "Probability of being followed (events set aside)",
    }
    set_y_label(ax, ylabel or stated.get((curve.quantity, show), capitalised(curve.quantity)))
    if curve.quantity == "hazard ratio":
        ax.axhline(1.0, color=MUTED, linewidth=0.9, zorder=1, label="_null")
        ax.set_yscale("log")
        set_ratio_ticks(ax.yaxis, *ax.get_ylim())
    elif curve.quantity in PROBABILITIES:
        ticks = np.linspace(0.0, 1.0, 6)
        ax.set_ylim(0.0, 1.0)
        ax.yaxis.set_major_locator(FixedLocator(list(ticks)))
        ax.yaxis.set_major_formatter(FixedFormatter(number_labels(ticks)))
        # A curve at 0 or 1 is drawn in full.
        for line in ax.lines:
            line.set_clip_on(False)
    else:
        ax.set_ylim(bottom=0.0)
        ax.yaxis.set_major_formatter(NumberFormatter())


def name_curves(ax: Axes, lines: list[Line2D], labels: str) -> None:
    """Names at the ends of the curves, or in a legend where they are too many for that."""
    if labels == "direct" and len(lines) <= MOST_DIRECT:
        label_ends(ax, lines)
        return
    # So many names would cover the curves: they stand beside the axes.
    aside = {"loc": "upper left", "bbox_to_anchor": (1.01, 1.0), "borderaxespad": 0.0}
    where: dict[str, Any] = aside if len(lines) > MOST_DIRECT else {"loc": "best"}
    ax.legend(handles=[_key(line, place) for place, line in enumerate(lines)], **where)


def _key(line: Line2D, place: int) -> Line2D:
    """A sample of the line, in full colour also where the line itself is pale."""
    style = arm_style(place)
    return Line2D([], [], color=style.colour, linestyle=style.dash, label=str(line.get_label()))


def _head(ax: Axes, title: str, statement: str) -> None:
    if statement:
        ax.set_title(literal(statement), loc="left", fontsize=NORMAL, fontweight="normal")
    if title and statement:
        ax.annotate(
            literal(title), (0.0, 1.0), (0.0, 20.0), "axes fraction", "offset points",
            fontsize=NORMAL + 1, fontweight="bold", annotation_clip=False,
        )  # fmt: skip
    elif title:
        ax.set_title(literal(title), loc="left")


def _paled(pale_below: int | None) -> str:
    return f"Paler where fewer than {pale_below} are at risk." if pale_below else ""
