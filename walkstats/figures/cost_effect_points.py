"""How do costs and effects differ, and how surely? Resamples as points of a plane."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import PathCollection
from numpy.typing import NDArray

from walkstats._digits import count, percent
from walkstats._labels import capitalised, percent_level
from walkstats.figures.canvas import StyledFigure, add_note, canvas, literal
from walkstats.figures.palette import INK, MUTED, PAPER, SMALL, arm_style
from walkstats.figures.time_axis import NumberFormatter, set_y_label

if TYPE_CHECKING:
    from walkstats.economics import CostEffectiveness

Floats = NDArray[np.float64]

NEEDED = "A plane needs a CostEffectiveness"
# Of the longer side: what at least is seen of every quadrant, for its share.
MARGIN = 0.16
OUTLINE = 181  # points of the region's outline
# Where the share of each quadrant stands, in fractions of the axes.
CORNERS = {
    "north-east": (0.99, 0.985, "right", "top"),
    "south-east": (0.99, 0.015, "right", "bottom"),
    "south-west": (0.01, 0.015, "left", "bottom"),
    "north-west": (0.01, 0.985, "left", "top"),
}


def plot_cost_effectiveness_plane(
    ce: CostEffectiveness,
    *,
    thresholds: Sequence[float] = (),
    ellipse: bool = True,
    title: str = "",
    xlabel: str | None = None,
    ylabel: str | None = None,
    width: float = 6.0,
) -> StyledFigure:
    """Plot the resampled differences of effect and cost, with the share in each quadrant.

    Parameters
    ----------
    ce : CostEffectiveness
        From ``economics.cost_effectiveness``.
    thresholds : sequence of float
        Each as a line through the origin: below it the net benefit is above 0.
    ellipse : bool
        The region that holds the pair at the level of ``ce``, of a normal distribution with the
        covariance of the draws.
    title : str
    xlabel, ylabel : str, optional
        By default the difference in effect, and in cost with its currency.
    width : float
        Of the figure [inches].

    Returns
    -------
    matplotlib.figure.Figure
        Closed; a notebook shows it, ``savefig`` saves it.

    Raises
    ------
    ValueError
        For another result.

    Examples
    --------
    >>> import pandas as pd
    >>> from walkstats.economics import cost_effectiveness
    >>> people = pd.DataFrame({"participant_id": range(8), "arm": 4 * ["control"] + 4 * ["walking"],
    ...     "cost": [900, 150, 400, 0, 700, 650, 300, 350],
    ...     "qaly": [0.70, 0.72, 0.78, 0.80, 0.79, 0.83, 0.88, 0.86]})
    >>> value = cost_effectiveness(people, people, effect="qaly", replicates=50, seed=1)
    >>> plot_cost_effectiveness_plane(value, thresholds=[28_000]).axes[0].get_xlabel()
    'QALYs gained per participant'
    """
    _check(ce)
    alt = f"Differences in cost and effect of {ce.draws.replicates:,} resamples. {ce.verdict}"
    with canvas(width, 0.8 * width + 0.25 * bool(title), alt) as figure:
        ax = figure.add_subplot(label="cost-effectiveness plane")
        draw_cost_effectiveness_plane(
            ax, ce, thresholds=thresholds, ellipse=ellipse, xlabel=xlabel, ylabel=ylabel
        )
        if title:
            ax.set_title(literal(title), loc="left", pad=14.0)
        level = percent_level(ce.level)
        said = f"Points: {ce.arms[1]} less {ce.arms[0]} in {ce.draws.replicates:,} resamples"
        said += f"; line round them: {level}% region." if ellipse else "."
        below = "Below a broken line the net benefit is above 0." if len(thresholds) else ""
        add_note(figure, ce.source, said, below)
    return figure


def draw_cost_effectiveness_plane(
    ax: Axes,
    ce: CostEffectiveness,
    *,
    thresholds: Sequence[float] = (),
    ellipse: bool = True,
    xlabel: str | None = None,
    ylabel: str | None = None,
) -> PathCollection:
    """Draw the plane on axes of one's own.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    ce, thresholds, ellipse, xlabel, ylabel
        As for ``plot_cost_effectiveness_plane``.

    Returns
    -------
    matplotlib.collections.PathCollection
        The points.

    Raises
    ------
    ValueError
        As ``plot_cost_effectiveness_plane``.

    Examples
    --------
    >>> import pandas as pd
    >>> from matplotlib.figure import Figure
    >>> from walkstats.economics import cost_effectiveness
    >>> people = pd.DataFrame({"participant_id": range(8), "arm": 4 * ["control"] + 4 * ["walking"],
    ...     "cost": [900, 150, 400, 0, 700, 650, 300, 350],
    ...     "qaly": [0.70, 0.72, 0.78, 0.80, 0.79, 0.83, 0.88, 0.86]})
    >>> value = cost_effectiveness(people, people, effect="qaly", replicates=50, seed=1)
    >>> len(draw_cost_effectiveness_plane(Figure().subplots(), value).get_offsets())
    50
    """
    _check(ce)
    pairs, style = ce.pairs(), arm_style(1)
    ax.axhline(0.0, color=INK, linewidth=0.8, label="_zero")
    ax.axvline(0.0, color=INK, linewidth=0.8, label="_zero")
    points = ax.scatter(
        pairs[:, 0], pairs[:, 1], s=7.0, color=style.colour, alpha=0.35, linewidths=0,
        rasterized=True, label="_draws",
    )  # fmt: skip
    (dc, de), covariance = ce.increments.values, ce.increments.covariance
    outline = _region(float(de), float(dc), covariance, ce.level)
    if ellipse:
        ax.plot(*outline.T, color=INK, linewidth=1.0, label="_region")
    ax.plot(
        [de], [dc], linestyle="none", marker="D", markersize=7.0, color=INK,
        markeredgecolor=PAPER, label="_estimate", zorder=4,
    )  # fmt: skip
    x = _limits(np.append(pairs[:, 0], outline[:, 0]))
    y = _limits(np.append(pairs[:, 1], outline[:, 1]))
    ax.set_xlim(*x)
    ax.set_ylim(*y)
    for threshold in thresholds:
        _draw_threshold(ax, float(threshold), x, y, ce)
    for name, (across, up, ha, va) in CORNERS.items():
        share = float(ce.quadrants.values[ce.quadrants.terms.index(name)])
        ax.text(
            across, up, percent(round(share * len(pairs)), len(pairs)), transform=ax.transAxes,
            ha=ha, va=va, fontsize=SMALL + 1, color=INK, fontweight="bold",
            bbox={"facecolor": PAPER, "edgecolor": "none", "pad": 1.0},
        )  # fmt: skip
    ax.set_xlabel(literal(xlabel or effect_label(ce.unit)))
    set_y_label(ax, ylabel or cost_label("Difference in cost", ce.currency))
    for axis in (ax.xaxis, ax.yaxis):
        axis.set_major_formatter(NumberFormatter())
    return points


def effect_label(unit: str) -> str:
    """What the axis of effects shows.

    Examples
    --------
    >>> effect_label("QALY gained"), effect_label("recurrence prevented")
    ('QALYs gained per participant', 'Recurrences prevented per participant')
    """
    first, _, rest = unit.rpartition(" ")
    return f"{capitalised(first)}s {rest} per participant" if first else capitalised(unit)


def cost_label(words: str, currency: str) -> str:
    """Words with the currency, where it is known."""
    return f"{words}, {currency}" if currency else words


def threshold_label(threshold: float, ce: CostEffectiveness) -> str:
    """A threshold as it stands beside its line."""
    return f"{ce.currency} {count(threshold)} per {ce.unit.rpartition(' ')[0] or ce.unit}".lstrip()


def _limits(values: Floats) -> tuple[float, float]:
    """Ends of an axis: all values, and something on either side of 0."""
    low, high = min(float(values.min()), 0.0), max(float(values.max()), 0.0)
    room = MARGIN * ((high - low) or 1.0)
    return min(low - 0.06 * (high - low), -room), max(high + 0.06 * (high - low), room)


def _draw_threshold(
    ax: Axes,
    threshold: float,
    x: tuple[float, float],
    y: tuple[float, float],
    ce: CostEffectiveness,
) -> None:
    """A line through the origin as far as the axes reach, its label where it leaves them."""
    ax.plot(
        x, (threshold * x[0], threshold * x[1]), color=MUTED, linewidth=1.0,
        linestyle=(0, (4, 2)), label=f"_threshold {threshold:g}", scalex=False, scaley=False,
    )  # fmt: skip
    leaves_above = threshold * x[1] > y[1]
    place = (y[1] / threshold, y[1]) if leaves_above else (x[1], threshold * x[1])
    ax.annotate(
        literal(threshold_label(threshold, ce)), place, (0, 2) if leaves_above else (3, 0),
        textcoords="offset points", ha="center" if leaves_above else "left",
        va="bottom" if leaves_above else "center", fontsize=SMALL, color=INK,
        annotation_clip=False,
    )  # fmt: skip


def _region(de: float, dc: float, covariance: Floats, level: float) -> Floats:
    """Outline (k, 2) of the region of a normal pair.

    -2 log(1 - level) is the quantile of chi-squared with 2 degrees of freedom. The outline is the
    circle of that radius in standard errors, sheared by the correlation.
    """
    error = np.sqrt(np.diag(covariance))[::-1]
    product = float(np.prod(error))
    r = float(covariance[0, 1]) / product if product > 0 else 0.0
    turn = np.linspace(0.0, 2.0 * np.pi, OUTLINE)
    radius = np.sqrt(-2.0 * np.log(1.0 - level))
    first = np.cos(turn)
    second = r * first + np.sqrt(max(1.0 - r**2, 0.0)) * np.sin(turn)
    return np.column_stack([de + radius * error[0] * first, dc + radius * error[1] * second])


def _check(ce: object) -> None:
    if not all(hasattr(ce, name) for name in ("increments", "quadrants", "verdict")):
        raise ValueError(f"{NEEDED}, got {type(ce).__name__}.")
