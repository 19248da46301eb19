"""How does an outcome develop by arm? Means at each visit with intervals and numbers of people."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.text import Text
from matplotlib.ticker import FixedFormatter, FixedLocator
from numpy.typing import NDArray

from walkstats._digits import count
from walkstats._labels import capitalised, described, percent_level
from walkstats.figures.canvas import (
    StyledFigure,
    add_note,
    canvas,
    check_names,
    check_result,
    literal,
)
from walkstats.figures.end_labels import label_ends
from walkstats.figures.numbers_at_risk import LINE, RiskLine, label_rows
from walkstats.figures.palette import INK, NORMAL, arm_style
from walkstats.figures.time_axis import NumberFormatter, set_y_label
from walkstats.results import Curve

Floats = NDArray[np.float64]

NEEDED = (
    "A figure of outcomes over time needs a Curve, for example from visit_means or "
    "visit_differences(fit).curve()"
)
# Of the least distance between two visits: how far apart two arms' intervals stand.
APART = 0.06
HEADING = "Number with an outcome"


def plot_outcomes_over_time(
    curve: Curve,
    *,
    numbers: bool = True,
    names: Mapping[str, str] | None = None,
    title: str = "",
    statement: str = "",
    xlabel: str | None = None,
    ylabel: str | None = None,
    width: float = 6.4,
) -> StyledFigure:
    """Plot means of an outcome at each visit by arm, with the numbers of people below.

    Parameters
    ----------
    curve : Curve
        One row per group and visit, with its mean, limits and n: what was seen
        (``regression.visit_means``) or what a model says
        (``regression.visit_differences(fit).curve()``).
    numbers : bool
        How many people of each group had an outcome at each visit.
    names : mapping of str to str, optional
        Group -> printed name.
    title, statement : str
        Above the lines; the statement, for example a difference with its interval, in plain type.
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
        For a curve of steps, or one without numbers of people where these are asked for.

    Notes
    -----
    Intervals of the groups stand a little apart so that none hides another; the points lie at the
    visit but for that. An interval is that of a mean: whether two overlap says little about their
    difference.

    Examples
    --------
    >>> import pandas as pd
    >>> from walkstats.results import Curve
    >>> frame = pd.DataFrame(
    ...     {"group": ["control", "control", "walking", "walking"], "month": [0.0, 6.0] * 2,
    ...      "estimate": [5.0, 4.0, 5.1, 3.0], "std_error": 0.2,
    ...      "conf_low": [4.6, 3.6, 4.7, 2.6], "conf_high": [5.4, 4.4, 5.5, 3.4],
    ...      "n": [40, 38, 41, 35]}
    ... )
    >>> figure = plot_outcomes_over_time(Curve(frame, "month", "mean of pain", "line"))
    >>> [axes.get_label() for axes in figure.axes]
    ['outcomes', 'numbers of people']
    """
    _check(curve, numbers)
    groups = check_names(names, curve.groups)
    below = LINE * (len(groups) + 1.6) if numbers else 0.0
    height = 3.4 + 0.25 * bool(title) + 0.2 * bool(statement)
    alt = f"{capitalised(curve.quantity)} by visit: {', '.join(groups.values())}."
    with canvas(width, height + below, alt) as figure:
        if numbers:
            grid = figure.add_gridspec(2, 1, height_ratios=[height - 0.7, below])
            ax = figure.add_subplot(grid[0], label="outcomes")
            low = figure.add_subplot(grid[1], sharex=ax, label="numbers of people")
        else:
            ax = figure.add_subplot(label="outcomes")
        draw_outcomes_over_time(ax, curve, names=names, xlabel=xlabel, ylabel=ylabel)
        if numbers:
            draw_numbers_of_people(low, curve, names=names)
        if title:
            ax.set_title(literal(title), loc="left", pad=(20.0 if statement else 6.0))
        if statement:
            ax.annotate(
                literal(statement), (0.0, 1.0), (0.0, 6.0), "axes fraction",
                "offset points", fontsize=NORMAL, color=INK, annotation_clip=False,
            )  # fmt: skip
        add_note(figure, curve.source, f"Bars: {percent_level(curve.level)}% intervals.")
    return figure


def draw_outcomes_over_time(
    ax: Axes,
    curve: Curve,
    *,
    names: Mapping[str, str] | None = None,
    xlabel: str | None = None,
    ylabel: str | None = None,
) -> list[Line2D]:
    """Draw means of an outcome at each visit on axes of one's own.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    curve, names, xlabel, ylabel
        As for ``plot_outcomes_over_time``.

    Returns
    -------
    list of matplotlib.lines.Line2D
        One line per group, in order.

    Raises
    ------
    ValueError
        For a curve of steps.

    Examples
    --------
    >>> import pandas as pd
    >>> from matplotlib.figure import Figure
    >>> from walkstats.results import Curve
    >>> frame = pd.DataFrame(
    ...     {"group": "all", "month": [0.0, 6.0], "estimate": [5.0, 4.0],
    ...      "conf_low": [4.6, 3.6], "conf_high": [5.4, 4.4]}
    ... )
    >>> ax = Figure().subplots()
    >>> (line,) = draw_outcomes_over_time(ax, Curve(frame, "month", "mean of pain", "line"))
    >>> line.get_xydata().tolist(), ax.get_ylabel()
    ([[0.0, 5.0], [6.0, 4.0]], 'Mean of pain')
    """
    _check(curve, numbers=False)
    printed = check_names(names, curve.groups)
    places, labels = _visits(curve)
    shifts = _shifts(len(printed), places)
    lines = []
    for place, (group, name) in enumerate(printed.items()):
        rows = curve.frame[curve.frame["group"] == group]
        style = arm_style(place)
        x, y, low, high = (
            rows[column].to_numpy(dtype=float)
            for column in (curve.x, "estimate", "conf_low", "conf_high")
        )
        at = x + shifts[place]
        known = np.isfinite(low) & np.isfinite(high)
        ax.vlines(at[known], low[known], high[known], color=style.colour, linewidth=1.2)
        (line,) = ax.plot(
            at, y, color=style.colour, linestyle=style.dash, marker=style.marker,
            markersize=4.5, label=literal(name),
        )  # fmt: skip
        lines.append(line)
    ax.xaxis.set_major_locator(FixedLocator(places.tolist()))
    ax.xaxis.set_major_formatter(FixedFormatter([literal(label) for label in labels]))
    ax.yaxis.set_major_formatter(NumberFormatter())
    ax.set_xlabel(literal(xlabel or described(curve.x)))
    set_y_label(ax, ylabel or capitalised(curve.quantity))
    # Names stand level with the ends of the lines, so the limits have to be settled before.
    ax.set_ylim(*ax.get_ylim())
    if len(lines) > 1:
        label_ends(ax, lines)
    return lines


def draw_numbers_of_people(
    ax: Axes, curve: Curve, *, names: Mapping[str, str] | None = None
) -> list[Text]:
    """Draw how many people had an outcome at each visit, on axes below those of the means.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        Best one that shares its x with the axes of the means, right below it.
    curve : Curve
        With a column n.
    names : mapping of str to str, optional
        Group -> printed name.

    Returns
    -------
    list of matplotlib.text.Text
        The numbers, row by row.

    Raises
    ------
    ValueError
        For a curve without numbers of people.

    Examples
    --------
    >>> import pandas as pd
    >>> from matplotlib.figure import Figure
    >>> from walkstats.results import Curve
    >>> frame = pd.DataFrame(
    ...     {"group": "all", "month": [0.0, 6.0], "estimate": [5.0, 4.0],
    ...      "conf_low": [4.6, 3.6], "conf_high": [5.4, 4.4], "n": [40, 38]}
    ... )
    >>> curve = Curve(frame, "month", "mean of pain", "line")
    >>> top, below = Figure(layout="constrained").subplots(2, 1, sharex=True)
    >>> [text.get_text() for text in draw_numbers_of_people(below, curve)]
    ['40', '38']
    """
    _check(curve, numbers=True)
    printed = check_names(names, curve.groups)
    places, _ = _visits(curve)
    lines = [RiskLine(HEADING, INK)]
    for place, (group, name) in enumerate(printed.items()):
        rows = curve.frame[curve.frame["group"] == group].set_index(curve.x)["n"]
        shown = rows.reindex(places).fillna(0).to_numpy(dtype=float)
        numbers = tuple(count(float(n)) for n in shown)
        lines.append(RiskLine(name, arm_style(place).text, numbers))
    label_rows(ax, lines)
    return [
        ax.text(x, place, number, ha="center", va="center", fontsize=NORMAL - 1, color=INK)
        for place, line in enumerate(lines)
        for x, number in zip(places, line.numbers, strict=bool(line.numbers))
    ]


def _check(curve: object, numbers: bool) -> None:
    check_result(curve, Curve, NEEDED)
    assert isinstance(curve, Curve)
    if curve.shape != "line":
        raise ValueError(f"{NEEDED}; this one has steps.")
    if numbers and "n" not in curve.frame:
        raise ValueError(
            f"A curve of {curve.quantity} carries no numbers of people: numbers=False."
        )


def _visits(curve: Curve) -> tuple[Floats, list[str]]:
    """Where the visits are, and what they are called."""
    frame: pd.DataFrame = curve.frame
    first = frame.drop_duplicates(curve.x).sort_values(curve.x)
    places = first[curve.x].to_numpy(dtype=float)
    if "label" in first:
        return places, [str(label) for label in first["label"]]
    return places, [f"{place:g}" for place in places]


def _shifts(groups: int, places: Floats) -> Floats:
    """How far each group stands from the visit."""
    step = float(np.diff(places).min()) if len(places) > 1 else 1.0
    return np.asarray(APART * step * (np.arange(groups) - (groups - 1) / 2.0), dtype=float)
