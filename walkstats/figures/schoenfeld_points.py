"""Does a hazard ratio change over time? Scaled Schoenfeld residuals and the smooth through them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from numpy.typing import NDArray

from walkstats import _digits
from walkstats._arguments import check_choice, check_times
from walkstats._labels import percent_level
from walkstats.figures.canvas import StyledFigure, add_note, canvas, check_names, literal
from walkstats.figures.palette import ARM_STYLES, BAND_ALPHA, INK, MUTED
from walkstats.figures.time_axis import (
    NumberFormatter,
    TimeUnit,
    set_uneven_ticks,
    set_y_label,
    time_unit,
    uneven_ticks,
)

if TYPE_CHECKING:
    import pandas as pd

    from walkstats.survival import SmoothedEffect

Floats = NDArray[np.float64]

NEEDED = "A figure of Schoenfeld residuals needs what smooth_effect gives"
HEIGHT = 2.5  # inches of a panel
CLEAR = 0.12  # of the axis of a panel: the room of a label


def plot_schoenfeld(
    effect: SmoothedEffect,
    terms: Sequence[str] | None = None,
    *,
    unit: str | None = None,
    times: Sequence[float] | None = None,
    names: Mapping[str, str] | None = None,
    title: str = "",
    width: float = 6.8,
) -> StyledFigure:
    """Plot residuals over transformed time, the smooth through them, and the constant coefficient.

    Parameters
    ----------
    effect : SmoothedEffect
        From ``survival.smooth_effect``.
    terms : sequence of str, optional
        Terms to show, one panel each; all by default.
    unit : {"days", "weeks", "months", "years"}, optional
        Of the x axis; by default that of the data.
    times : sequence of float, optional
        Ticks, in the unit shown.
    names : mapping of str to str, optional
        Term -> printed name.
    title : str
    width : float
        Of the figure [inches].

    Returns
    -------
    matplotlib.figure.Figure
        Closed. Each event is a point; the line is the coefficient over time with its pointwise
        band, the dashed line the coefficient of the model. Above each panel stands the score test
        of no change.

    Raises
    ------
    ValueError
        For something else, unknown terms, or times outside those of the events.

    Examples
    --------
    >>> import pandas as pd
    >>> from walkstats.survival import check_proportional_hazards, cox, smooth_effect
    >>> frame = pd.DataFrame(
    ...     {"days": [5, 8, 9, 12, 15, 20, 22, 30], "event": 7 * [1] + [0],
    ...      "age": [40, 50, 35, 60, 45, 52, 41, 38]}
    ... )
    >>> figure = plot_schoenfeld(smooth_effect(check_proportional_hazards(cox(frame, "age"))))
    >>> [axes.get_label() for axes in figure.axes]
    ['age']
    """
    chosen = _terms(effect, terms)
    columns = min(len(chosen), 2)
    rows = -(-len(chosen) // columns)
    width = width if columns == 2 else 0.75 * width
    alt = f"Coefficients over time with residuals: {', '.join(chosen)}."
    with canvas(width, HEIGHT * rows + 0.6 + (0.25 if title else 0.0), alt) as figure:
        for place, term in enumerate(chosen):
            ax = figure.add_subplot(rows, columns, place + 1, label=term)
            draw_schoenfeld(ax, effect, term, unit=unit, times=times, names=names)
        if title:
            figure.suptitle(literal(title), x=0.01, ha="left", fontweight="bold")
        level = percent_level(effect.curve.level)
        said = (
            f"Line: coefficient over time, pointwise {level}% band; dashed: constant coefficient."
        )
        add_note(figure, effect.source, said)
    return figure


def draw_schoenfeld(
    ax: Axes,
    effect: SmoothedEffect,
    term: str,
    *,
    unit: str | None = None,
    times: Sequence[float] | None = None,
    names: Mapping[str, str] | None = None,
) -> list[Line2D]:
    """Draw the residuals of one term with their smooth on axes of one's own.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    effect : SmoothedEffect
    term : str
    unit, times, names
        As for ``plot_schoenfeld``.

    Returns
    -------
    list of matplotlib.lines.Line2D
        Points, smooth line, constant coefficient.

    Raises
    ------
    ValueError
        As ``plot_schoenfeld``.

    Examples
    --------
    >>> import pandas as pd
    >>> from matplotlib.figure import Figure
    >>> from walkstats.survival import check_proportional_hazards, cox, smooth_effect
    >>> frame = pd.DataFrame(
    ...     {"days": [5, 8, 9, 12, 15, 20, 22, 30], "event": 7 * [1] + [0],
    ...      "age": [40, 50, 35, 60, 45, 52, 41, 38]}
    ... )
    >>> effect = smooth_effect(check_proportional_hazards(cox(frame, "age")), points=5)
    >>> [len(line.get_xdata()) for line in draw_schoenfeld(Figure().subplots(), effect, "age")]
    [7, 5, 2]
    """
    known = _terms(effect, None)
    check_choice(term, known, "term")
    check = effect.check
    line = effect.curve.frame[effect.curve.frame["group"] == term]
    style = ARM_STYLES[0]
    (points,) = ax.plot(
        check.residuals["transformed"], check.residuals[term], linestyle="none", marker="o",
        markersize=2.6, markerfacecolor="none", markeredgewidth=0.7, color=MUTED, label="_events",
    )  # fmt: skip
    ax.fill_between(
        line["transformed"], line["conf_low"], line["conf_high"], color=style.colour,
        alpha=BAND_ALPHA, linewidth=0,
    )  # fmt: skip
    (smooth,) = ax.plot(line["transformed"], line["estimate"], color=style.colour, label="_smooth")
    ends = line["transformed"].to_numpy(dtype=float)[[0, -1]]
    (constant,) = ax.plot(
        ends, np.repeat(check.coefficients[term], 2), color=INK, linestyle=(0, (4, 3)),
        linewidth=1.0, label="_constant",
    )  # fmt: skip
    _set_time(ax, line, time_unit(check.time, unit), times)
    ax.yaxis.set_major_formatter(NumberFormatter())
    set_y_label(ax, "Log hazard ratio over time")
    test = check.by_term[term]
    said = f"{check_names(names, known)[term]} ({_digits.p_phrase(test.p_value)})"
    ax.set_title(literal(said), loc="left", fontweight="normal")
    return [points, smooth, constant]


def _terms(effect: SmoothedEffect, terms: Sequence[str] | None) -> tuple[str, ...]:
    """The terms to show, all of them known."""
    curve, check = getattr(effect, "curve", None), getattr(effect, "check", None)
    if curve is None or not hasattr(check, "residuals"):
        raise ValueError(f"{NEEDED}, got {type(effect).__name__}.")
    known = tuple(effect.curve.groups)
    if terms is None:
        return known
    asked = (terms,) if isinstance(terms, str) else tuple(terms)
    return tuple(check_choice(term, known, "terms") for term in asked)


def _set_time(ax: Axes, line: pd.DataFrame, unit: TimeUnit, times: Sequence[float] | None) -> None:
    """Ticks at times, each where the transform puts it."""
    at, place = line["time"].to_numpy(dtype=float), line["transformed"].to_numpy(dtype=float)
    first, last = (float(t) for t in unit.shown(at[[0, -1]]))

    def places(shown: Floats) -> Floats:
        return np.interp(unit.own(shown), at, place)

    ticks = uneven_ticks(first, last, unit, places, CLEAR)
    if times is not None:
        ticks = np.unique(check_times(times, "times"))
        if ticks[0] < first or ticks[-1] > last:
            raise ValueError(
                f"times must lie between the first and the last event, {first:g} and {last:g}."
            )
    set_uneven_ticks(ax.xaxis, places(ticks), ticks)
    ax.set_xlabel(literal(unit.label))
