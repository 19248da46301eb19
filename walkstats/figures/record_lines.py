"""What do diary, device and prescription say of each week, arm by arm?"""

from __future__ import annotations

from collections.abc import Mapping

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
from walkstats.figures.palette import BAND_ALPHA, MUTED, arm_style
from walkstats.figures.time_axis import set_time_axis, set_y_label, tick_times, time_unit

NEEDED = "This figure needs the frame of derive.records_by_week"
COLUMNS = ("arm", "week", "record", "due", "known", "median", "lower_quartile", "upper_quartile")
MEASURED = ("diary", "device")


def plot_walking_records(
    frame: pd.DataFrame,
    *,
    names: Mapping[str, str] | None = None,
    title: str = "",
    width: float = 6.4,
) -> StyledFigure:
    """Plot the minutes of diary and device by week beside those prescribed, a panel per arm.

    Parameters
    ----------
    frame : pandas.DataFrame
        From ``derive.records_by_week``.
    names : mapping of str to str, optional
        Arm -> printed name.
    title : str
    width : float
        Of the figure [inches].

    Returns
    -------
    matplotlib.figure.Figure
        Closed. Its note says how many participants each record knows.

    Raises
    ------
    ValueError
        For a frame of something else, or unknown arms.

    Examples
    --------
    >>> frame = pd.DataFrame({
    ...     "arm": "walking", "week": [1, 2] * 2, "record": ["diary"] * 2 + ["device"] * 2,
    ...     "due": 9, "known": [9, 8, 4, 4], "median": [60.0, 70, 50, 55],
    ...     "lower_quartile": [40.0, 50, 30, 40], "upper_quartile": [90.0, 95, 80, 80]})
    >>> len(plot_walking_records(frame).axes)
    1
    """
    arms = _arms(frame)
    printed = check_names(names, arms)
    alt = f"Minutes walked by week, from diary and device: {', '.join(arms)}."
    with canvas(width, 3.4 + (0.25 if title else 0.0), alt) as figure:
        panels = figure.subplots(1, len(arms), sharex=True, sharey=True, squeeze=False)[0]
        handles: dict[str, Line2D] = {}
        for ax, arm in zip(panels, arms, strict=True):
            for line in draw_walking_records(ax, frame, arm=arm):
                handles.setdefault(str(line.get_label()), line)
            if len(arms) > 1:
                ax.set_title(literal(printed[arm]), loc="left", fontweight="normal")
            if ax is not panels[0]:
                ax.set_ylabel("")
        figure.legend(
            handles=list(handles.values()), loc="outside upper right", ncols=3, handlelength=2.4
        )
        if title:
            figure.suptitle(literal(title), x=0.01, ha="left", fontweight="bold")
        add_note(figure, str(frame.attrs.get("source", "")), _said(frame))
    return figure


def draw_walking_records(ax: Axes, frame: pd.DataFrame, *, arm: str | None = None) -> list[Line2D]:
    """Draw the records of one arm on axes of one's own.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    frame : pandas.DataFrame
    arm : str, optional
        The first by default.

    Returns
    -------
    list of matplotlib.lines.Line2D
        Medians of the diary, the device and the prescription, of those that know any week.

    Raises
    ------
    ValueError
        As ``plot_walking_records``.

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> frame = pd.DataFrame({
    ...     "arm": "walking", "week": [1, 2], "record": "diary", "due": 9, "known": [9, 8],
    ...     "median": [60.0, 70], "lower_quartile": [40.0, 50], "upper_quartile": [90.0, 95]})
    >>> [line.get_label() for line in draw_walking_records(Figure().subplots(), frame)]
    ['diary']
    """
    arms = _arms(frame)
    own = frame[frame["arm"].astype(str) == (arm or arms[0])].sort_values("week")
    if own.empty:
        raise ValueError(f"No arm {arm!r}. There are: {', '.join(arms)}.")
    lines = []
    for place, record in enumerate(MEASURED):
        rows, style = own[own["record"] == record], arm_style(place)
        if not (rows["known"] > 0).any():
            continue
        ax.fill_between(
            rows["week"], rows["lower_quartile"], rows["upper_quartile"], color=style.colour,
            alpha=BAND_ALPHA, linewidth=0,
        )  # fmt: skip
        (line,) = ax.plot(
            rows["week"], rows["median"], color=style.colour, linestyle=style.dash, label=record
        )
        lines.append(line)
    asked = own[(own["record"] == "prescribed") & (own["known"] > 0)]
    if len(asked):
        (line,) = ax.plot(
            asked["week"], asked["median"], color=MUTED, linewidth=1.2, linestyle=(0, (1.5, 1.5)),
            drawstyle="steps-mid", label="prescribed",
        )  # fmt: skip
        lines.append(line)
    last = float(frame["week"].max())
    set_time_axis(ax, tick_times(last, time_unit("weeks", None)), last, "Week since randomisation")
    highest = float(frame[["median", "upper_quartile"]].max().max())
    ax.set_ylim(0.0, 1.04 * highest if highest > 0 else 1.0)
    set_y_label(ax, "Minutes in the week")
    return lines


def _said(frame: pd.DataFrame) -> str:
    told = []
    for record in MEASURED:
        rows = frame[frame["record"] == record]
        known, due = int(rows["known"].sum()), int(rows["due"].sum())
        told.append(f"{record} {known:,} of {due:,} weeks")
    return (
        f"Lines: medians; bands: quartiles of those whose week is known ({', '.join(told)}). "
        "An unknown week is missing, not 0."
    )


def _arms(frame: object) -> tuple[str, ...]:
    check_result(frame, pd.DataFrame, NEEDED)
    assert isinstance(frame, pd.DataFrame)
    lacking = [name for name in COLUMNS if name not in frame]
    if lacking or not len(frame):
        raise ValueError(f"{NEEDED}; this one lacks {', '.join(lacking) or 'rows'}.")
    there = frame["arm"].astype("category").cat.remove_unused_categories().cat.categories
    return tuple(str(arm) for arm in there)
