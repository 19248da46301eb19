"""On which outcomes do arms differ? One row per outcome on one axis, its own units beside."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace

from matplotlib.axes import Axes

from walkstats._arguments import check_choice
from walkstats._digits import style_of
from walkstats.figures.canvas import StyledFigure, add_note, canvas, check_result, literal
from walkstats.figures.forest import LINE, ForestRow, draw_rows, written
from walkstats.results import Estimate

NEEDED = "A forest of outcomes needs a mapping of outcome to Estimate"
STANDARDISED = "Difference in standard deviations"
TURNED = "Improvement in standard deviations"


def plot_outcome_forest(
    estimates: Mapping[str, Estimate],
    *,
    sd: Mapping[str, float],
    better: Mapping[str, str] | None = None,
    favours: tuple[str, str] | None = None,
    xlabel: str | None = None,
    title: str = "",
    source: str | None = None,
    style: str | None = None,
    width: float = 6.8,
) -> StyledFigure:
    """Plot differences in several outcomes on one axis, as shares of their standard deviations.

    Parameters
    ----------
    estimates : mapping of str to Estimate
        Outcome -> difference between the arms, in the units of the outcome; from any model.
    sd : mapping of str to float
        Outcome -> the standard deviation that it is divided by, that at baseline for example.
    better : mapping of str to {"lower", "higher"}, optional
        Outcome -> which way is better. With it every row points the same way: to the right is
        better. The numbers beside stay as they are.
    favours : (str, str), optional
        Whom values below and above 0 favour.
    xlabel, title : str, optional
    source : str, optional
        For the note line; by default that of the estimates.
    style : {"plain", "nejm", "lancet", "jama", "bmj"}, optional
        Of the numbers at the right, which stay in each outcome's own units.
    width : float
        Of the figure [inches].

    Returns
    -------
    matplotlib.figure.Figure
        Closed.

    Raises
    ------
    ValueError
        For ratios, an outcome without standard deviation, or one without direction where some have
        one.

    Examples
    --------
    >>> from walkstats.results import Estimate
    >>> pain = Estimate("arm", -1.1, 0.3, -3.7, float("inf"), 0.0002, -1.7, -0.5)
    >>> walked = Estimate("arm", 27, 30, 0.9, float("inf"), 0.37, -32, 86)
    >>> figure = plot_outcome_forest(
    ...     {"Pain, 0-10": pain, "Six-minute walk, m": walked},
    ...     sd={"Pain, 0-10": 2.2, "Six-minute walk, m": 90},
    ...     better={"Pain, 0-10": "lower", "Six-minute walk, m": "higher"},
    ... )
    >>> figure.axes[0].get_xlabel()
    'Improvement in standard deviations'
    """
    rows = outcome_rows(estimates, sd=sd, better=better, style=style)
    height = LINE * (len(rows) + 1) + 0.95 + 0.25 * bool(title) + 0.2 * bool(favours)
    alt = f"Forest of {len(rows)} outcomes: {', '.join(row.label for row in rows)}."
    with canvas(width, height, alt) as figure:
        ax = figure.add_subplot(label="outcomes")
        draw_rows(ax, rows, favours, xlabel or (STANDARDISED if better is None else TURNED))
        if title:
            ax.set_title(literal(title), loc="left", pad=LINE * 72)
        found = next((one.source for one in estimates.values() if one.source), "")
        add_note(figure, found if source is None else source, _remark(better))
    return figure


def draw_outcome_forest(
    ax: Axes,
    estimates: Mapping[str, Estimate],
    *,
    sd: Mapping[str, float],
    better: Mapping[str, str] | None = None,
    favours: tuple[str, str] | None = None,
    xlabel: str | None = None,
    style: str | None = None,
) -> list[ForestRow]:
    """Draw a forest of outcomes on axes of one's own.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    estimates, sd, better, favours, xlabel, style
        As for ``plot_outcome_forest``.

    Returns
    -------
    list of ForestRow
        The rows drawn, from top to bottom: label, standardised estimate, text in own units.

    Raises
    ------
    ValueError
        As ``plot_outcome_forest``.

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> from walkstats.results import Estimate
    >>> pain = Estimate("arm", -1.1, 0.3, -3.7, float("inf"), 0.0002, -1.7, -0.5)
    >>> rows = draw_outcome_forest(Figure().subplots(), {"Pain": pain}, sd={"Pain": 2.2})
    >>> rows[0].text, rows[0].estimate.estimate
    ('-1.10 (-1.70 to -0.50)', -0.5)
    """
    rows = outcome_rows(estimates, sd=sd, better=better, style=style)
    draw_rows(ax, rows, favours, xlabel or (STANDARDISED if better is None else TURNED))
    return rows


def outcome_rows(
    estimates: Mapping[str, Estimate],
    *,
    sd: Mapping[str, float],
    better: Mapping[str, str] | None = None,
    style: str | None = None,
) -> list[ForestRow]:
    """The forest as rows, before it is drawn."""
    check_result(estimates, Mapping, NEEDED)
    if not estimates:
        raise ValueError(f"{NEEDED}; none was given.")
    marks = style_of(style)
    rows = []
    for label, one in estimates.items():
        check_result(one, Estimate, f"Under {label!r} a forest of outcomes needs an Estimate")
        if one.scale == "ratio":
            raise ValueError(f"{label!r} is a ratio, which has no standard deviation; plot_forest.")
        size = _size(sd, label)
        turned = -size if better is not None and _better(better, label) == "lower" else size
        rows.append(ForestRow(label, _divided(one, turned), written(one, marks)))
    return rows


def _size(sd: Mapping[str, float], label: str) -> float:
    if not isinstance(sd, Mapping):
        raise ValueError(f"sd gives a standard deviation for each outcome: {{{label!r}: ...}}.")
    size = sd.get(label, math.nan)
    if not (math.isfinite(size) and size > 0):
        raise ValueError(f"sd must give a standard deviation above 0 for {label!r}.")
    return float(size)


def _better(better: Mapping[str, str], label: str) -> str:
    if label not in better:
        raise ValueError(
            f"better says of other outcomes, but not of {label!r}, which way is better."
        )
    return check_choice(better[label], ("lower", "higher"), f"better of {label!r}")


def _divided(one: Estimate, size: float) -> Estimate:
    """An estimate in units of ``size``; a negative one turns it round."""
    ends = sorted((one.conf_low / size, one.conf_high / size))
    return replace(
        one, estimate=one.estimate / size, std_error=one.std_error / abs(size), conf_low=ends[0],
        conf_high=ends[1], measure="", null=0.0 if one.null is not None else None,
    )  # fmt: skip


def _remark(better: Mapping[str, str] | None) -> str:
    beside = "Numbers at the right are in each outcome's own units."
    return beside if better is None else f"To the right is better. {beside}"
