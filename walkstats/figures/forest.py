"""How do estimates compare? A forest of points with their intervals."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.transforms import blended_transform_factory

from walkstats import _digits
from walkstats._digits import style_of
from walkstats._labels import capitalised, percent_level
from walkstats.figures.canvas import StyledFigure, add_note, canvas, check_result, literal
from walkstats.figures.palette import ARM_STYLES, INK, MUTED, NORMAL, RULE
from walkstats.figures.text_width import text_inches
from walkstats.figures.time_axis import NumberFormatter, set_ratio_ticks
from walkstats.results import Estimate, Estimates

LINE = 0.27  # inches from one row to the next
INDENT = 10.0  # points
# A limit this many times further from the null than the estimates reach is cut and given an arrow.
FAR = 4.0
HEADING_BEYOND = 0.3  # inches by which the heading may be wider than the numbers below it
LABEL_LETTERS = 40  # of a line below the axis

NEEDED = (
    "A forest needs a fit or a mapping of label to Estimate, such as "
    "{name: fit.estimate(term, ratio=True)}"
)

Rows = Mapping[str, "Estimate | Mapping[str, Estimate]"]


@dataclass(frozen=True)
class ForestRow:
    """One row: a heading without estimate, or an estimate with what stands beside it."""

    label: str
    estimate: Estimate | None
    text: str
    indent: int = 0


def forest_rows(
    estimates: Estimates | Rows, *, ratio: bool | None = None, style: str | None = None
) -> list[ForestRow]:
    """The forest as rows, before it is drawn.

    Parameters
    ----------
    estimates : Estimates or mapping
        label -> Estimate; under a heading label -> mapping of label to Estimate.
    ratio : bool, optional
        Of ``Estimates``: exponentials, by default where the link is log or logit.
    style : {"plain", "nejm", "lancet", "jama", "bmj"}, optional

    Returns
    -------
    list of ForestRow

    Raises
    ------
    ValueError
        Without estimates, or for ratios and differences mixed.
    """
    marks = style_of(style)
    if isinstance(estimates, Estimates):
        as_ratio = estimates.link != "identity" if ratio is None else ratio
        shown = [term for term in estimates.terms if term not in estimates.aside]
        estimates = {term: estimates.estimate(term, ratio=as_ratio) for term in shown}
    check_result(estimates, Mapping, NEEDED)
    rows: list[ForestRow] = []
    for label, one in estimates.items():
        if isinstance(one, Estimate):
            rows.append(ForestRow(label, one, written(one, marks)))
            continue
        check_result(one, Mapping, f"Under {label!r} a forest needs Estimates")
        rows.append(ForestRow(label, None, ""))
        for name, sub in one.items():
            check_result(sub, Estimate, f"Under {label!r}, {name!r} a forest needs an Estimate")
        rows += [ForestRow(name, sub, written(sub, marks), 1) for name, sub in one.items()]
    scales = {row.estimate.scale for row in rows if row.estimate is not None}
    if len(scales) != 1:
        raise ValueError("A forest needs estimates, all of them ratios or all of them differences.")
    return rows


def written(one: Estimate, style: _digits.NumberStyle) -> str:
    """An estimate and its interval as they stand beside their row."""
    values = (one.estimate, one.conf_low, one.conf_high)
    if one.scale == "ratio":
        decimals = [_digits.ratio_decimals(value) for value in values]
    else:
        decimals = [_digits.decimals_for((one.conf_high - one.conf_low) / 2.0)] * 3
    number = _digits.fixed(one.estimate, decimals[0], style)
    if math.isnan(one.conf_low) and math.isnan(one.conf_high):
        return number
    limits = _digits.interval(one.conf_low, one.conf_high, (decimals[1], decimals[2]), style)
    return f"{number} ({limits})"


def plot_forest(
    estimates: Estimates | Rows,
    *,
    ratio: bool | None = None,
    favours: tuple[str, str] | None = None,
    xlabel: str | None = None,
    title: str = "",
    source: str | None = None,
    style: str | None = None,
    width: float = 6.8,
) -> StyledFigure:
    """Plot estimates below each other with their intervals.

    Parameters
    ----------
    estimates : Estimates (a fit) or mapping
        label -> Estimate; under a heading label -> mapping of label to Estimate (subgroups).
    ratio : bool, optional
        Of ``Estimates``: exponentials, by default where the link is log or logit.
    favours : (str, str), optional
        Whom values below and above the null favour.
    xlabel, title : str, optional
    source : str, optional
        For the note line; by default that of the estimates.
    style : {"plain", "nejm", "lancet", "jama", "bmj"}, optional
        Of the numbers at the right.
    width : float
        Of the figure [inches].

    Returns
    -------
    matplotlib.figure.Figure
        Closed. Ratios stand on a logarithmic axis; an interval that leaves it ends in an arrow.

    Raises
    ------
    ValueError
        Without estimates, or for ratios and differences mixed.

    Examples
    --------
    >>> from walkstats.results import Estimate
    >>> one = Estimate("arm", 0.72, 0.09, -3.7, float("inf"), 0.0002, 0.6, 0.85, null=1.0,
    ...                scale="ratio", measure="hazard ratio")
    >>> figure = plot_forest({"This trial": one})
    >>> figure.axes[0].get_xscale()
    'log'
    """
    rows = forest_rows(estimates, ratio=ratio, style=style)
    known = [row.estimate for row in rows if row.estimate is not None]
    height = LINE * (len(rows) + 1) + 0.75 + 0.25 * bool(title) + 0.2 * bool(favours)
    alt = f"Forest of {len(known)} estimates: {'; '.join(row.label for row in rows)}."
    with canvas(width, height, alt) as figure:
        ax = figure.add_subplot(label="forest")
        draw_rows(ax, rows, favours, xlabel)
        if title:
            ax.set_title(literal(title), loc="left", pad=LINE * 72)
        found = next((one.source for one in known if one.source), "")
        add_note(figure, found if source is None else source)
    return figure


def draw_forest(
    ax: Axes,
    estimates: Estimates | Rows,
    *,
    ratio: bool | None = None,
    favours: tuple[str, str] | None = None,
    xlabel: str | None = None,
    style: str | None = None,
) -> list[ForestRow]:
    """Draw a forest on axes of one's own.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    estimates, ratio, favours, xlabel, style
        As for ``plot_forest``.

    Returns
    -------
    list of ForestRow
        The rows drawn, from top to bottom: label, estimate, text.

    Raises
    ------
    ValueError
        Without estimates, or for ratios and differences mixed.

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> from walkstats.results import Estimate
    >>> one = Estimate("month 3", -1.28, 0.3, -4.3, float("inf"), 2e-5, -1.87, -0.69)
    >>> [row.text for row in draw_forest(Figure().subplots(), {"Month 3": one})]
    ['-1.28 (-1.87 to -0.69)']
    """
    rows = forest_rows(estimates, ratio=ratio, style=style)
    draw_rows(ax, rows, favours, xlabel)
    return rows


def draw_rows(
    ax: Axes, rows: Sequence[ForestRow], favours: tuple[str, str] | None, xlabel: str | None
) -> None:
    """Draw rows at their estimates, with what stands beside them, on a forest's axes."""
    known = [row.estimate for row in rows if row.estimate is not None]
    first = known[0]
    on_log = first.scale == "ratio"
    low, high = axis_limits(known)
    ax.set_xscale("log" if on_log else "linear")
    ax.set_xlim(low, high)
    ax.set_ylim(len(rows) - 0.5, -0.5)
    if first.null is not None:
        ax.axvline(first.null, color=MUTED, linewidth=0.9, zorder=1)
    for place, row in enumerate(rows):
        if row.estimate is not None:
            draw_estimate(ax, place, row.estimate, (low, high))
    measure = _measure_of(known)
    write_beside(ax, rows, f"{_heading(measure, rows, first)} ({percent_level(first.level)}% CI)")
    if on_log:
        set_ratio_ticks(ax.xaxis, low, high)
    else:
        ax.xaxis.set_major_formatter(NumberFormatter())
    ax.set_xlabel(textwrap.fill(literal(xlabel or measure), LABEL_LETTERS))
    if favours is not None:
        write_favours(ax, favours, first.null)


def _heading(measure: str, rows: Sequence[ForestRow], first: Estimate) -> str:
    """The measure, or a short word where it would be much wider than the numbers below it."""
    numbers = max(text_inches(row.text, NORMAL) for row in rows)
    if text_inches(measure, NORMAL, "bold") <= numbers + HEADING_BEYOND:
        return measure
    return "Ratio" if first.scale == "ratio" else "Estimate"


def _measure_of(known: Sequence[Estimate]) -> str:
    """What heads the numbers: their measure, and of several measures only what they share."""
    if len({one.measure for one in known}) == 1:
        return capitalised(known[0].measure) or "Estimate"
    return "Ratio" if known[0].scale == "ratio" else "Estimate"


def axis_limits(known: Sequence[Estimate]) -> tuple[float, float]:
    """Limits of the axis: all estimates and the null, and intervals unless they reach far out."""
    on_log = known[0].scale == "ratio"
    values = [one.estimate for one in known]
    values += [one.null for one in known if one.null is not None]
    ends = [end for one in known for end in (one.conf_low, one.conf_high)]
    points = _scaled(values, on_log)
    if not len(points):
        points = np.array([0.0])
    reach = max(float(np.ptp(points)), 0.5 if on_log else 0.0)
    inside = _scaled(ends, on_log)
    if reach > 0 and len(known) > 1:
        near = (inside >= points.min() - FAR * reach) & (inside <= points.max() + FAR * reach)
        inside = inside[near]
    shown = np.concatenate([points, inside])
    margin = 0.06 * max(float(np.ptp(shown)), 1e-9 if not on_log else 0.1)
    low, high = float(shown.min() - margin), float(shown.max() + margin)
    if low == high:
        low, high = low - 1.0, high + 1.0
    return (math.exp(low), math.exp(high)) if on_log else (low, high)


def _scaled(values: Sequence[float], on_log: bool) -> np.ndarray:
    array = np.array(values, dtype=float)
    if on_log:
        with np.errstate(divide="ignore", invalid="ignore"):
            array = np.log(array)
    return array[np.isfinite(array)]


def draw_estimate(ax: Axes, place: int, one: Estimate, limits: tuple[float, float]) -> None:
    """Draw an estimate and its interval in a row; where the interval leaves the axis, an arrow."""
    colour = ARM_STYLES[0].colour
    low, high = max(one.conf_low, limits[0]), min(one.conf_high, limits[1])
    if not (math.isnan(one.conf_low) or math.isnan(one.conf_high)):
        ax.plot((low, high), (place, place), color=colour, linewidth=1.4, solid_capstyle="butt")
        for cut, end, marker in (
            (one.conf_low < limits[0], low, "<"),
            (one.conf_high > limits[1], high, ">"),
        ):
            if cut:
                ax.plot(end, place, marker=marker, color=colour, markersize=6, clip_on=False)
    if limits[0] <= one.estimate <= limits[1]:
        ax.plot(one.estimate, place, marker="s", color=colour, markersize=5.5)


def write_beside(ax: Axes, rows: Sequence[ForestRow], heading: str) -> None:
    """Write the labels left of the rows and their numbers right of them, under a heading."""
    ax.set_yticks([])
    ax.spines["left"].set_visible(False)
    weights = ["normal" if row.estimate is not None else "bold" for row in rows]
    widest = max(
        text_inches(row.label, NORMAL, weight) * 72.0 + INDENT * row.indent
        for row, weight in zip(rows, weights, strict=True)
    )
    for place, (row, weight) in enumerate(zip(rows, weights, strict=True)):
        ax.annotate(
            literal(row.label), (0.0, place), (INDENT * row.indent - widest - INDENT, 0.0),
            ("axes fraction", "data"), "offset points", ha="left", va="center", fontsize=NORMAL,
            fontweight=weight, annotation_clip=False,
        )  # fmt: skip
    beside = ax.get_yaxis_transform()
    for place, row in enumerate(rows):
        ax.text(1.03, place, row.text, transform=beside, va="center", fontsize=NORMAL, color=INK)
    ax.annotate(
        literal(heading), (1.03, 1.0), (0.0, 4.0), "axes fraction", "offset points",
        fontsize=NORMAL, fontweight="bold", annotation_clip=False,
    )  # fmt: skip
    ax.axhline(-0.5, color=RULE, linewidth=0.8)


def write_favours(ax: Axes, favours: tuple[str, str], null: float | None) -> None:
    """Write below the axis whom values left and right of the null favour."""
    at_null = blended_transform_factory(ax.transData, ax.transAxes)
    where = 0.0 if null is None else null
    for text, side, shift in (
        (f"← favours {favours[0]}", "right", -6.0),
        (f"favours {favours[1]} →", "left", 6.0),
    ):
        ax.annotate(
            literal(text), (where, 0.0), (shift, -20.0), at_null, "offset points", ha=side,
            va="top", fontsize=NORMAL - 1, color=MUTED, annotation_clip=False,
        )  # fmt: skip
    ax.xaxis.labelpad = 16.0
