"""How do outcomes that compete build up? Incidences by arm, and stacked upon each other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import PolyCollection
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
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
from walkstats.figures.palette import ARM_STYLES, NORMAL, RULE
from walkstats.figures.survival_curves import draw_survival
from walkstats.figures.time_axis import (
    TimeUnit,
    number_labels,
    set_time_axis,
    set_y_label,
    tick_times,
    time_unit,
)
from walkstats.results import Curve, Incidence

Floats = NDArray[np.float64]

KINDS = ("by outcome", "stacked")
NEEDED = "An incidence figure needs an Incidence, for example from cumulative_incidence"
# Fills of outcomes begin at the end of the palette, so that none is taken for the first arm.
FILLS = tuple(style.colour for style in reversed(ARM_STYLES))
FILL_ALPHA = 0.6
STEPS = (0.2, 0.1, 0.05, 0.02, 0.01)  # between ticks of a share
PANEL = 3.4  # inches of width of a panel
TALL = 3.1


def plot_incidence(
    incidence: Incidence,
    *,
    kind: str = "by outcome",
    unit: str | None = None,
    times: Sequence[float] | None = None,
    rows: Sequence[str] = ("at risk",),
    bands: bool = True,
    top: float = 1.0,
    names: Mapping[str, str] | None = None,
    outcome_names: Mapping[str, str] | None = None,
    title: str = "",
    width: float | None = None,
) -> StyledFigure:
    """Plot cumulative incidences with the numbers at risk below.

    Parameters
    ----------
    incidence : Incidence
        From ``survival.cumulative_incidence``.
    kind : {"by outcome", "stacked"}
        A panel for each outcome with a line for each group; or a panel for each group, in which the
        outcomes are stacked and what is left above is event-free.
    unit : {"days", "weeks", "months", "years"}, optional
        Of the x axis; by default that of the curve.
    times : sequence of float, optional
        Ticks, and times of the numbers at risk, in the unit shown.
    rows : sequence of {"at risk", "censored", "events"}
        Numbers below each panel; empty for none. In stacked panels events cannot be told apart.
    bands : bool
        Pointwise confidence bands, of lines only.
    top : float
        Upper end of the y axis of lines, in (0, 1].
    names, outcome_names : mapping of str to str, optional
        Group and outcome -> printed name.
    title : str
        Above all panels.
    width : float, optional
        Of the figure [inches].

    Returns
    -------
    matplotlib.figure.Figure
        Closed, so that a notebook shows it once. Its last line names the source of the data.

    Raises
    ------
    ValueError
        For unknown choices, and something that is no `Incidence`.

    Examples
    --------
    >>> import pandas as pd
    >>> from walkstats import survival
    >>> frame = pd.DataFrame({
    ...     "days": [10, 20, 20, 30, 40],
    ...     "outcome": ["recurrence", "surgery", "recurrence", "censored", "recurrence"]})
    >>> figure = plot_incidence(survival.cumulative_incidence(frame), kind="stacked")
    >>> [axes.get_label() for axes in figure.axes]
    ['all', 'numbers at risk']
    """
    check_result(incidence, Incidence, NEEDED)
    check_choice(kind, KINDS, "kind")
    printed = check_names(outcome_names, incidence.outcomes)
    stacked = kind == "stacked"
    panels = incidence.groups if stacked else incidence.outcomes
    counted = bool(rows) and "n_risk" in incidence.frame
    parts = [_counts(incidence, panel, stacked) for panel in panels]
    shown_in = time_unit(incidence.x, unit)
    ticks = tick_times(_end(incidence, shown_in), shown_in, times).tolist()
    below = LINE * len(risk_lines(parts[0], [0.0], rows)) if counted else 0.0
    height = TALL + (0.25 if title else 0.0)
    alt = f"{capitalised(incidence.quantity)} of {', '.join(incidence.outcomes)}, {kind}."
    with canvas(width or PANEL * len(panels) + 1.2, height + below, alt) as figure:
        ratios = [height - 0.7, below] if counted else [1.0]
        grid = figure.add_gridspec(len(ratios), len(panels), height_ratios=ratios)
        for place, (panel, part) in enumerate(zip(panels, parts, strict=True)):
            ax = figure.add_subplot(grid[0, place], label=panel)
            if stacked:
                draw_stacked_incidence(
                    ax, incidence, panel, unit=unit, times=ticks, outcome_names=outcome_names,
                    legend=place == len(panels) - 1,
                )  # fmt: skip
                heading = check_names(names, incidence.groups)[panel]
                ax.set_title(literal("" if panels == ("all",) else heading), loc="left")
            else:
                draw_incidence(
                    ax, incidence, panel, unit=unit, times=ticks, bands=bands, top=top,
                    names=names, labels="direct" if place == len(panels) - 1 else "none",
                )  # fmt: skip
                ax.set_title(literal(capitalised(printed[panel])), loc="left")
            if place:
                ax.set_ylabel("")
            if counted:
                low = figure.add_subplot(grid[1, place], sharex=ax, label="numbers at risk")
                own = {k: v for k, v in (names or {}).items() if k in part.groups}
                draw_numbers_at_risk(low, part, ticks, rows=rows, unit=unit, names=own)
        if title:
            figure.suptitle(literal(title), x=0.01, ha="left", fontsize=NORMAL + 1,
                            fontweight="bold")  # fmt: skip
        add_note(figure, incidence.source)
    return figure


def draw_incidence(
    ax: Axes,
    incidence: Incidence,
    outcome: str,
    *,
    unit: str | None = None,
    times: Sequence[float] | None = None,
    bands: bool = True,
    labels: str = "direct",
    top: float = 1.0,
    names: Mapping[str, str] | None = None,
) -> list[Line2D]:
    """Draw the incidence of one outcome, a line for each group, on axes of one's own.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    incidence : Incidence
    outcome : str
    labels : {"direct", "legend", "none"}
        Names at the ends of the lines, or in a legend.
    unit, times, bands, top, names
        As for ``plot_incidence``.

    Returns
    -------
    list of matplotlib.lines.Line2D
        One line per group, in order.

    Raises
    ------
    ValueError
        As ``plot_incidence``, and for an outcome that is not there.

    Examples
    --------
    >>> import pandas as pd
    >>> from matplotlib.figure import Figure
    >>> from walkstats import survival
    >>> frame = pd.DataFrame({"days": [10, 20], "outcome": ["a", "b"]})
    >>> found = survival.cumulative_incidence(frame, censored=None)
    >>> (line,) = draw_incidence(Figure().subplots(), found, "a")
    >>> line.get_xydata().tolist()
    [[0.0, 0.0], [10.0, 0.5], [20.0, 0.5], [20.0, 0.5]]
    """
    check_result(incidence, Incidence, NEEDED)
    if not 0.0 < float(top) <= 1.0:
        raise ValueError(f"top must lie above 0 and at most at 1, got {top!r}.")
    check_choice(labels, ("direct", "legend", "none"), "labels")
    lines = draw_survival(
        ax, incidence.of(outcome), unit=unit, times=times, bands=bands, labels="none", names=names
    )
    # The axis is settled before names are put level with the ends of the lines.
    if top < 1.0:
        _set_share_axis(ax, float(top))
        for line in lines:
            line.set_clip_on(True)
    if len(lines) > 1 and labels == "direct":
        label_ends(ax, lines)
    elif len(lines) > 1 and labels == "legend":
        ax.legend(handles=lines, loc="best")
    return lines


def draw_stacked_incidence(
    ax: Axes,
    incidence: Incidence,
    group: str,
    *,
    unit: str | None = None,
    times: Sequence[float] | None = None,
    outcome_names: Mapping[str, str] | None = None,
    legend: bool = True,
) -> list[PolyCollection]:
    """Draw the outcomes of one group stacked upon each other, on axes of one's own.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    incidence : Incidence
    group : str
    unit, times, outcome_names
        As for ``plot_incidence``.
    legend : bool
        Name the fills beside the axes.

    Returns
    -------
    list of matplotlib.collections.PolyCollection
        One area per outcome, from below.

    Raises
    ------
    ValueError
        As ``plot_incidence``, and for a group that is not there.

    Examples
    --------
    >>> import pandas as pd
    >>> from matplotlib.figure import Figure
    >>> from walkstats import survival
    >>> frame = pd.DataFrame({"days": [10, 20], "outcome": ["a", "b"]})
    >>> found = survival.cumulative_incidence(frame, censored=None)
    >>> len(draw_stacked_incidence(Figure().subplots(), found, "all"))
    2
    """
    check_result(incidence, Incidence, NEEDED)
    check_choice(group, incidence.groups, "group")
    printed = check_names(outcome_names, incidence.outcomes)
    shown_in = time_unit(incidence.x, unit)
    x, heights = _corners(incidence, group, shown_in)
    edges = np.vstack([np.zeros(x.size), np.cumsum(heights, axis=0)])
    areas: list[PolyCollection] = []
    for place, outcome in enumerate(incidence.outcomes):
        areas.append(
            ax.fill_between(
                x, edges[place], edges[place + 1], step="post", linewidth=0.6, alpha=FILL_ALPHA,
                facecolor=_fill(place), edgecolor="white", label=literal(printed[outcome]),
            )
        )  # fmt: skip
    ax.plot(x, edges[-1], drawstyle="steps-post", color=RULE, linewidth=0.8, label="_any")
    # The same axis for every group, so that panels can be compared.
    last = _end(incidence, shown_in)
    set_time_axis(ax, tick_times(last, shown_in, times), last, shown_in.label)
    _set_share_axis(ax, 1.0)
    set_y_label(ax, "Share of participants")
    if legend:
        _name_fills(ax, [printed[outcome] for outcome in incidence.outcomes])
    return areas


def _corners(incidence: Incidence, group: str, unit: TimeUnit) -> tuple[Floats, Floats]:
    """Times (q,) and incidences (c, q) of a group, from its start to the end of its follow-up."""
    heights = []
    for outcome in incidence.outcomes:
        frame = incidence.of(outcome).frame
        rows = frame[frame["group"] == group]
        value = rows["estimate"].to_numpy(dtype=float)
        heights.append(np.concatenate([[incidence.start], value, value[-1:]]))
    x = rows[incidence.x].to_numpy(dtype=float)
    last = float(incidence.last.get(group, x[-1]))
    end = max(last, float(x[-1])) if np.isfinite(last) else float(x[-1])
    return unit.shown(np.concatenate([[incidence.start_x], x, [end]])), np.array(heights)


def _end(incidence: Incidence, unit: TimeUnit) -> float:
    """The last time of any group, in the unit shown."""
    return float(unit.shown([incidence.frame[incidence.x].max()])[0])


def _fill(place: int) -> str:
    return FILLS[place % len(FILLS)]


def _name_fills(ax: Axes, printed: Sequence[str]) -> None:
    """A legend at the right, in the order of the areas: event-free on top."""
    free = Patch(facecolor="white", edgecolor=RULE, label="Event-free")
    own = [
        Patch(facecolor=_fill(place), alpha=FILL_ALPHA, label=literal(capitalised(name)))
        for place, name in enumerate(printed)
    ]
    ax.legend(handles=[free, *own[::-1]], loc="center left", bbox_to_anchor=(1.01, 0.5))


def _set_share_axis(ax: Axes, top: float) -> None:
    step = next(step for step in STEPS if top / step >= 3.0 or step == STEPS[-1])
    ticks = np.arange(0.0, top + step * 1e-9, step)
    ax.set_ylim(0.0, top)
    ax.yaxis.set_major_locator(FixedLocator(list(ticks)))
    ax.yaxis.set_major_formatter(FixedFormatter(number_labels(ticks)))


def _counts(incidence: Incidence, panel: str, stacked: bool) -> Curve:
    """The curve whose numbers stand below a panel."""
    if not stacked:
        return incidence.of(panel)
    curve = incidence.of(incidence.outcomes[0])
    mine = curve.frame[curve.frame["group"] == panel].reset_index(drop=True)
    return replace(curve, frame=mine)
