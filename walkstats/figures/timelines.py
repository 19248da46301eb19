"""When did each participant recur, and how long was everybody followed? One line per person."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.lines import Line2D
from numpy.typing import NDArray

from walkstats._arguments import check_choice, check_column, check_frame
from walkstats._variables import as_numbers, levels_of, missing
from walkstats.errors import DataError
from walkstats.figures.canvas import StyledFigure, add_note, canvas, check_names, literal
from walkstats.figures.palette import MUTED, NORMAL, RULE, SMALL, ArmStyle, arm_style
from walkstats.figures.time_axis import set_time_axis, tick_times, time_unit

Floats = NDArray[np.float64]
Indices = NDArray[np.intp]

ORDERS = {
    "events": "most recurrences first, then the earliest",
    "first": "earliest first recurrence first",
    "follow-up": "longest follow-up first",
    "frame": "as in the frame",
}
EVERYBODY = "all"
# Between these heights a panel grows with its participants [inches].
LEAST_HIGH, MOST_HIGH, EACH = 1.2, 4.0, 0.1


@dataclass(frozen=True, eq=False)
class _Panel:
    """Spells of one group: place (from the top), start, stop and event of each, and gaps."""

    name: str
    place: Indices
    start: Floats
    stop: Floats
    event: NDArray[np.bool_]
    people: int
    gaps: Floats


def plot_timeline(
    episodes: pd.DataFrame,
    by: str | None = "arm",
    *,
    order: str = "events",
    unit: str | None = None,
    subject: str = "participant_id",
    time: str = "stop_days",
    entry: str = "start_days",
    event: str = "event",
    event_value: object = None,
    names: Mapping[str, str] | None = None,
    title: str = "",
    width: float = 6.4,
) -> StyledFigure:
    """Plot every participant's follow-up as a line with a mark at each recurrence.

    Parameters
    ----------
    episodes : pandas.DataFrame
        One row per participant and spell of follow-up (start, stop], which a recurrence ends or
        does not, for example from ``derive.recurrences``.
    by : str or None
        Column of the groups, each in a panel of its own.
    order : {"events", "first", "follow-up", "frame"}
        Who stands at the top: who recurred most, first, was followed longest, or comes first.
    unit : {"days", "weeks", "months", "years"}, optional
        Of the x axis; by default that of ``time``.
    subject, time, entry, event : str
        Columns of the person, the end and the start of a spell, and whether the event ends it.
    event_value : object or sequence, optional
        The value (or values) of ``event`` that means the event, where it is not bool or 0 and 1.
    names : mapping of str to str, optional
        Group -> printed name.
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
        For unknown columns and choices.
    DataError
        For times or events that are missing or no numbers.

    Notes
    -----
    A pale bar fills the time between two spells of a person, in which days do not count as at risk:
    an episode, or a gap in the check-ins.

    Examples
    --------
    >>> import pandas as pd
    >>> spells = pd.DataFrame(
    ...     {"participant_id": [1, 1, 2], "arm": ["control", "control", "walking"],
    ...      "start_days": [0, 40, 0], "stop_days": [30, 365, 365], "event": [1, 0, 0]})
    >>> [axes.get_label() for axes in plot_timeline(spells).axes]
    ['control', 'walking']
    """
    panels = _panels(episodes, by, order, subject, time, entry, event, event_value)
    printed = check_names(names, tuple(panel.name for panel in panels))
    heights = [min(max(EACH * panel.people, LEAST_HIGH), MOST_HIGH) for panel in panels]
    alt = f"Follow-up and recurrences of each participant: {', '.join(printed.values())}."
    last = max(float(panel.stop.max()) for panel in panels)
    with canvas(width, sum(heights) + 0.9 + (0.25 if title else 0.0), alt) as figure:
        grid = figure.add_gridspec(len(panels), 1, height_ratios=heights)
        for k, panel in enumerate(panels):
            ax = figure.add_subplot(grid[k], label=panel.name)
            _draw(ax, panel, arm_style(k), printed[panel.name], time, unit, last)
            if k < len(panels) - 1:
                ax.tick_params(axis="x", labelbottom=False)
                ax.set_xlabel("")
        if title:
            figure.suptitle(literal(title), x=0.01, ha="left", fontweight="bold")
        source = str(episodes.attrs.get("source", ""))
        add_note(figure, source, _explained(panels, order))
    return figure


def draw_timeline(
    ax: Axes,
    episodes: pd.DataFrame,
    *,
    order: str = "events",
    unit: str | None = None,
    subject: str = "participant_id",
    time: str = "stop_days",
    entry: str = "start_days",
    event: str = "event",
    event_value: object = None,
    colour: int = 0,
) -> Line2D:
    """Draw the follow-up of the participants of one group on axes of one's own.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    episodes : pandas.DataFrame
        As for ``plot_timeline``.
    order, unit, subject, time, entry, event, event_value
        As for ``plot_timeline``.
    colour : int
        Place of the arm whose colour is used.

    Returns
    -------
    matplotlib.lines.Line2D
        The marks at the recurrences.

    Raises
    ------
    ValueError, DataError
        As ``plot_timeline``.

    Examples
    --------
    >>> import pandas as pd
    >>> from matplotlib.figure import Figure
    >>> spells = pd.DataFrame(
    ...     {"participant_id": [1, 1, 2], "start_days": [0, 40, 0],
    ...      "stop_days": [30, 365, 365], "event": [1, 0, 0]})
    >>> draw_timeline(Figure().subplots(), spells).get_xydata().tolist()
    [[30.0, 0.0]]
    """
    (panel,) = _panels(episodes, None, order, subject, time, entry, event, event_value)
    return _draw(ax, panel, arm_style(colour), "", time, unit, float(panel.stop.max()))


def _panels(
    frame: pd.DataFrame,
    by: str | None,
    order: str,
    subject: str,
    time: str,
    entry: str,
    event: str,
    event_value: object,
) -> list[_Panel]:
    """The spells of each group, people in the order asked for."""
    check_frame(frame, "episodes")
    check_choice(order, ORDERS, "order")
    person = pd.factorize(check_column(frame, subject, "the person"))[0].astype(np.intp)
    start = _known(frame, entry, "the start of a spell")
    stop = _known(frame, time, "the end of a spell")
    happened = _happened(check_column(frame, event, "the event"), event, event_value)
    if by is None:
        members = {EVERYBODY: np.ones(len(frame), dtype=bool)}
    else:
        group = check_column(frame, by, "the groups")
        levels = levels_of(group)[0]
        members = {name: (group.astype(str) == name).to_numpy(dtype=bool) for name in levels}
    return [
        _panel(name, person[rows], start[rows], stop[rows], happened[rows], order)
        for name, rows in members.items()
        if rows.any()
    ]


def _known(frame: pd.DataFrame, name: str, role: str) -> Floats:
    values = as_numbers(check_column(frame, name, role), name)
    gaps = np.flatnonzero(np.isnan(values))
    if gaps.size:
        raise DataError.of(
            f"{name} is missing in {gaps.size} row(s)",
            column=name,
            row=int(gaps[0]),
            count=int(gaps.size),
            what_to_do="fill the times in, or leave the rows out on purpose",
        )
    return values


def _happened(series: pd.Series, name: str, value: object) -> NDArray[np.bool_]:
    if value is not None:
        values = list(value) if isinstance(value, (list, tuple, set, frozenset)) else [value]
        return series.isin(values).to_numpy(dtype=bool)
    numbers = pd.to_numeric(series, errors="coerce").to_numpy(dtype=float, na_value=np.nan)
    if missing(series).any() or not np.all((numbers == 0) | (numbers == 1)):
        raise DataError.of(
            f"{name} must be 0/1 or boolean",
            column=name,
            what_to_do="say which value is the event: event_value=...",
        )
    return numbers == 1


def _panel(
    name: str,
    person: Indices,
    start: Floats,
    stop: Floats,
    event: NDArray[np.bool_],
    order: str,
) -> _Panel:
    codes, labels = pd.factorize(person)
    people = len(labels)
    first, last = np.full(people, np.inf), np.full(people, -np.inf)
    np.minimum.at(first, codes[event], stop[event])
    np.maximum.at(last, codes, stop)
    number = np.bincount(codes[event], minlength=people)
    keys: dict[str, tuple[Any, ...]] = {
        "events": (-last, first, -number),
        "first": (-last, first),
        "follow-up": (first, -last),
        "frame": (np.arange(people),),
    }
    place = np.empty(people, dtype=np.intp)
    place[np.lexsort(keys[order])] = np.arange(people)
    rows = np.lexsort((start, codes))
    here, following = rows[:-1], rows[1:]
    apart = (codes[here] == codes[following]) & (start[following] > stop[here])
    gaps = np.column_stack(
        [place[codes[here[apart]]], stop[here[apart]], start[following[apart]]]
    ).astype(np.float64)
    return _Panel(name, place[codes], start, stop, event, people, gaps)


def _draw(
    ax: Axes,
    panel: _Panel,
    style: ArmStyle,
    name: str,
    time: str,
    unit: str | None,
    last: float,
) -> Line2D:
    shown_in = time_unit(time, unit)
    room = ax.get_window_extent().height / ax.figure.dpi * 72 / max(panel.people, 1)
    thick = float(np.clip(0.6 * room, 0.15, 3.0))
    start, stop = shown_in.shown(panel.start), shown_in.shown(panel.stop)
    followed = np.flatnonzero(stop > start)
    ax.add_collection(
        LineCollection(
            [[(start[k], panel.place[k]), (stop[k], panel.place[k])] for k in followed],
            colors=RULE,
            linewidths=min(thick, 0.8),
            label="_followed",
            zorder=1,
        )
    )
    low, high = shown_in.shown(panel.gaps[:, 1]), shown_in.shown(panel.gaps[:, 2])
    ax.add_collection(
        LineCollection(
            [[(a, y), (b, y)] for a, b, y in zip(low, high, panel.gaps[:, 0], strict=True)],
            colors=style.colour,
            alpha=0.35,
            linewidths=thick,
            label="_not at risk",
            zorder=2,
            capstyle="butt",
        )
    )
    event = panel.event
    (marks,) = ax.plot(
        stop[event], panel.place[event], linestyle="none", marker=style.marker,
        markersize=float(np.clip(0.75 * room, 1.6, 4.0)), markeredgewidth=0, color=style.colour,
        label="_recurrences", zorder=3, clip_on=False,
    )  # fmt: skip
    # Without recurrences the line has no place, and the layout would make room for it anywhere.
    marks.set_in_layout(bool(event.any()))
    ax.set_ylim(panel.people - 0.5, -0.5)
    ax.set_yticks([])
    ax.spines["left"].set_visible(False)
    end = float(shown_in.shown([last])[0])
    set_time_axis(ax, tick_times(end, shown_in), end, shown_in.label)
    if name:
        counted = f"n = {panel.people}, {int(event.sum())} recurrences"
        ax.set_title(
            literal(f"{name} ({counted})"), loc="left", fontsize=NORMAL, color=style.text,
            fontweight="bold", pad=4,
        )  # fmt: skip
    else:
        ax.set_ylabel(f"{panel.people} participants", fontsize=SMALL, color=MUTED)
    return marks


def _explained(panels: list[_Panel], order: str) -> str:
    text = f"One line per participant, {ORDERS[order]}; a mark at each recurrence."
    if any(panel.gaps.size for panel in panels):
        text += " Pale bars: days that do not count as at risk."
    return text
