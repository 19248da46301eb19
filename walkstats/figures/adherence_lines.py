"""How much did each arm walk, week by week, beside what was prescribed?"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from walkstats.figures.canvas import (
    StyledFigure,
    add_note,
    canvas,
    check_names,
    check_result,
    literal,
)
from walkstats.figures.end_labels import label_ends
from walkstats.figures.palette import BAND_ALPHA, MUTED, arm_style
from walkstats.figures.time_axis import set_time_axis, set_y_label, tick_times, time_unit

NEEDED = "This figure needs the frame of derive.adherence_by_week"
COLUMNS = ("arm", "week", "known", "median", "lower_quartile", "upper_quartile", "prescribed")


def plot_adherence(
    frame: pd.DataFrame,
    *,
    names: Mapping[str, str] | None = None,
    title: str = "",
    width: float = 6.4,
) -> StyledFigure:
    """Plot the minutes walked in each week by arm, with quartiles and what was prescribed.

    Parameters
    ----------
    frame : pandas.DataFrame
        From ``derive.adherence_by_week``.
    names : mapping of str to str, optional
        Arm -> printed name.
    title : str
    width : float
        Of the figure [inches].

    Returns
    -------
    matplotlib.figure.Figure
        Closed. Its note says of how many participants a week is known.

    Raises
    ------
    ValueError
        For a frame of something else, or unknown arms.

    Examples
    --------
    >>> import pandas as pd
    >>> frame = pd.DataFrame({
    ...     "arm": "walking", "week": [1, 2], "known": [9, 8], "median": [60.0, 70.0],
    ...     "lower_quartile": [40.0, 50.0], "upper_quartile": [90.0, 95.0],
    ...     "prescribed": [40.0, 45.0]})
    >>> plot_adherence(frame).axes[0].get_ylabel()
    'Minutes walked in the week'
    """
    arms = _arms(frame)
    alt = f"Minutes walked by week: {', '.join(arms)}."
    with canvas(width, 3.4 + (0.25 if title else 0.0), alt) as figure:
        ax = figure.add_subplot(label="adherence")
        draw_adherence(ax, frame, names=names)
        if title:
            ax.set_title(literal(title), loc="left")
        add_note(figure, str(frame.attrs.get("source", "")), _said(frame, arms))
    return figure


def draw_adherence(
    ax: Axes, frame: pd.DataFrame, *, names: Mapping[str, str] | None = None
) -> list[Line2D]:
    """Draw minutes walked by week on axes of one's own.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    frame : pandas.DataFrame
    names : mapping of str to str, optional
        As for ``plot_adherence``.

    Returns
    -------
    list of matplotlib.lines.Line2D
        The medians of the arms, then what was prescribed where something was.

    Raises
    ------
    ValueError
        As ``plot_adherence``.

    Examples
    --------
    >>> import pandas as pd
    >>> from matplotlib.figure import Figure
    >>> frame = pd.DataFrame({
    ...     "arm": "walking", "week": [1, 2], "known": [9, 8], "median": [60.0, 70.0],
    ...     "lower_quartile": [40.0, 50.0], "upper_quartile": [90.0, 95.0],
    ...     "prescribed": [40.0, 45.0]})
    >>> [line.get_label() for line in draw_adherence(Figure().subplots(), frame)]
    ['walking', 'prescribed']
    """
    arms = _arms(frame)
    printed = check_names(names, arms)
    each = frame.sort_values("week")
    lines = []
    for place, arm in enumerate(arms):
        own, style = each[each["arm"] == arm], arm_style(place)
        ax.fill_between(
            own["week"], own["lower_quartile"], own["upper_quartile"], color=style.colour,
            alpha=BAND_ALPHA, linewidth=0,
        )  # fmt: skip
        (line,) = ax.plot(
            own["week"], own["median"], color=style.colour, linestyle=style.dash,
            label=literal(printed[arm]),
        )  # fmt: skip
        lines.append(line)
    asked = each.groupby("week")["prescribed"].median()
    asked = asked[asked.notna()]
    if len(asked):
        (line,) = ax.plot(
            asked.index, asked, color=MUTED, linewidth=1.2, linestyle=(0, (1.5, 1.5)),
            drawstyle="steps-mid", label="prescribed",
        )  # fmt: skip
        lines.append(line)
    last = float(each["week"].max()) if len(each) else 1.0
    set_time_axis(ax, tick_times(last, time_unit("weeks", None)), last, "Week since randomisation")
    ax.set_ylim(bottom=0.0)
    set_y_label(ax, "Minutes walked in the week")
    for line in lines:
        line.set_clip_on(False)
    if len(lines) > 1:
        label_ends(ax, lines)
    return lines


def _said(frame: pd.DataFrame, arms: tuple[str, ...]) -> str:
    known = frame.groupby("arm", observed=True)["known"].agg(["min", "max"])
    each = [f"{arm} {known.loc[arm, 'min']:g} to {known.loc[arm, 'max']:g}" for arm in arms]
    return (
        "Lines: medians; bands: quartiles of those whose week is known (participants a week: "
        f"{', '.join(each)}). An unknown week is missing, not 0."
    )


def _arms(frame: object) -> tuple[str, ...]:
    check_result(frame, pd.DataFrame, NEEDED)
    assert isinstance(frame, pd.DataFrame)
    lacking = [name for name in COLUMNS if name not in frame]
    if lacking:
        raise ValueError(f"{NEEDED}; this one lacks {', '.join(lacking)}.")
    arms = frame["arm"].astype("category").cat.remove_unused_categories().cat.categories
    return tuple(str(arm) for arm in arms if np.any(frame["arm"].astype(str) == str(arm)))
