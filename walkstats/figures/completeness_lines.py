"""Were recurrences asked for as often in both arms? Check-ins completed, month by month."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.ticker import FixedFormatter, FixedLocator

from walkstats._labels import percent_level
from walkstats.figures.canvas import (
    StyledFigure,
    add_note,
    canvas,
    check_names,
    check_result,
    literal,
)
from walkstats.figures.end_labels import label_ends
from walkstats.figures.palette import BAND_ALPHA, arm_style
from walkstats.figures.time_axis import (
    number_labels,
    set_time_axis,
    set_y_label,
    tick_times,
    time_unit,
)

NEEDED = "This figure needs the frame of derive.check_in_completeness"
COLUMNS = ("arm", "check_in", "month", "percent", "conf_low", "conf_high")
TICKS = (0, 20, 40, 60, 80, 100)


def plot_check_in_completeness(
    frame: pd.DataFrame,
    *,
    names: Mapping[str, str] | None = None,
    title: str = "",
    width: float = 6.4,
) -> StyledFigure:
    """Plot the share of check-ins completed, month by month and arm by arm.

    Parameters
    ----------
    frame : pandas.DataFrame
        From ``derive.check_in_completeness``.
    names : mapping of str to str, optional
        Arm -> printed name.
    title : str
    width : float
        Of the figure [inches].

    Returns
    -------
    matplotlib.figure.Figure
        Closed, so that a notebook shows it once. Its last line names the source of the data.

    Raises
    ------
    ValueError
        For a frame of something else, or unknown arms.

    Examples
    --------
    >>> import pandas as pd
    >>> frame = pd.DataFrame(
    ...     {"arm": "walking", "check_in": [1, 2], "month": [1.0, 2.0], "percent": [96.0, 91.0],
    ...      "conf_low": [93.0, 87.0], "conf_high": [98.0, 94.0]}
    ... )
    >>> plot_check_in_completeness(frame).axes[0].get_xlabel()
    'Months since randomisation'
    """
    arms = _arms(frame)
    alt = f"Check-ins completed by month: {', '.join(arms)}."
    level = percent_level(float(frame.attrs.get("level", 0.95)))
    with canvas(width, 3.2 + (0.25 if title else 0.0), alt) as figure:
        ax = figure.add_subplot(label="completeness")
        draw_check_in_completeness(ax, frame, names=names)
        if title:
            ax.set_title(literal(title), loc="left")
        add_note(figure, str(frame.attrs.get("source", "")), f"Bands: {level}% intervals.")
    return figure


def draw_check_in_completeness(
    ax: Axes, frame: pd.DataFrame, *, names: Mapping[str, str] | None = None
) -> list[Line2D]:
    """Draw the share of check-ins completed on axes of one's own.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    frame : pandas.DataFrame
    names : mapping of str to str, optional
        As for ``plot_check_in_completeness``.

    Returns
    -------
    list of matplotlib.lines.Line2D
        One line per arm, in order.

    Raises
    ------
    ValueError
        As ``plot_check_in_completeness``.

    Examples
    --------
    >>> import pandas as pd
    >>> from matplotlib.figure import Figure
    >>> frame = pd.DataFrame(
    ...     {"arm": "walking", "check_in": [1, 2], "month": [1.0, 2.0], "percent": [96.0, 91.0],
    ...      "conf_low": [93.0, 87.0], "conf_high": [98.0, 94.0]}
    ... )
    >>> (line,) = draw_check_in_completeness(Figure().subplots(), frame)
    >>> line.get_xydata().tolist()
    [[1.0, 96.0], [2.0, 91.0]]
    """
    arms = _arms(frame)
    printed = check_names(names, arms)
    each = frame[frame["check_in"].notna() & frame["month"].notna()].sort_values("month")
    lines = []
    for place, arm in enumerate(arms):
        own, style = each[each["arm"] == arm], arm_style(place)
        (line,) = ax.plot(
            own["month"], own["percent"], color=style.colour, linestyle=style.dash,
            label=literal(printed[arm]),
        )  # fmt: skip
        ax.fill_between(
            own["month"], own["conf_low"], own["conf_high"], color=style.colour,
            alpha=BAND_ALPHA, linewidth=0,
        )  # fmt: skip
        lines.append(line)
    last = float(each["month"].max()) if len(each) else 1.0
    unit = time_unit("months", None)
    set_time_axis(ax, tick_times(last, unit), last, "Months since randomisation")
    ax.set_ylim(0.0, 100.0)
    ax.yaxis.set_major_locator(FixedLocator(list(TICKS)))
    ax.yaxis.set_major_formatter(FixedFormatter(number_labels(np.asarray(TICKS, dtype=float))))
    set_y_label(ax, "Check-ins completed (% of those due)")
    for line in lines:
        line.set_clip_on(False)
    if len(lines) > 1:
        label_ends(ax, lines)
    return lines


def _arms(frame: object) -> tuple[str, ...]:
    check_result(frame, pd.DataFrame, NEEDED)
    assert isinstance(frame, pd.DataFrame)
    lacking = [name for name in COLUMNS if name not in frame]
    if lacking:
        raise ValueError(f"{NEEDED}; this one lacks {', '.join(lacking)}.")
    arms = frame["arm"].astype("category").cat.remove_unused_categories().cat.categories
    return tuple(str(arm) for arm in arms)
