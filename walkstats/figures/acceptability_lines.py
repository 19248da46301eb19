"""Over thresholds: how probable is it that an arm is worth its cost, or what is knowing worth?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from walkstats._digits import count, fixed
from walkstats._labels import capitalised
from walkstats.figures.canvas import StyledFigure, add_note, canvas, literal
from walkstats.figures.palette import INK, MUTED, SMALL, arm_style
from walkstats.figures.time_axis import NumberFormatter, set_y_label

if TYPE_CHECKING:
    from walkstats.results import Curve

NEEDED = "This figure needs a Curve over thresholds, of economics.acceptability_curve"
PROBABILITY = "probability of being cost-effective"


def plot_acceptability(
    curve: Curve,
    *,
    thresholds: Sequence[float] = (),
    title: str = "",
    xlabel: str | None = None,
    ylabel: str | None = None,
    width: float = 6.0,
) -> StyledFigure:
    """Plot an acceptability curve, or the value of perfect information, over thresholds.

    Parameters
    ----------
    curve : Curve
        From ``economics.acceptability_curve`` or
        ``economics.expected_value_of_perfect_information``.
    thresholds : sequence of float
        At which the curve is read off; it must have been computed there.
    title : str
    xlabel, ylabel : str, optional
        By default "Threshold for one more of the effect", and what the curve shows.
    width : float
        Of the figure [inches].

    Returns
    -------
    matplotlib.figure.Figure
        Closed; a notebook shows it, ``savefig`` saves it.

    Raises
    ------
    ValueError
        For another result, and thresholds at which the curve was not computed.

    Examples
    --------
    >>> import pandas as pd
    >>> from walkstats.economics import acceptability_curve, cost_effectiveness
    >>> people = pd.DataFrame({"participant_id": range(8), "arm": 4 * ["control"] + 4 * ["walking"],
    ...     "cost": [900, 150, 400, 0, 700, 650, 300, 350],
    ...     "qaly": [0.70, 0.72, 0.78, 0.80, 0.79, 0.83, 0.88, 0.86]})
    >>> value = cost_effectiveness(people, people, effect="qaly", replicates=50, seed=1)
    >>> curve = acceptability_curve(value, range(0, 50_001, 5_000))
    >>> plot_acceptability(curve).axes[0].get_ylabel()
    'Probability of being cost-effective'
    """
    _check(curve)
    alt = f"{capitalised(curve.quantity)} of {', '.join(curve.groups)} over thresholds."
    with canvas(width, 0.62 * width + 0.25 * bool(title), alt) as figure:
        ax = figure.add_subplot(label="over thresholds")
        draw_acceptability(ax, curve, thresholds=thresholds, xlabel=xlabel, ylabel=ylabel)
        if title:
            ax.set_title(literal(title), loc="left", pad=14.0)
        share = curve.quantity == PROBABILITY
        said = "Share of resamples with a net benefit above 0." if share else ""
        add_note(figure, curve.source, said)
    return figure


def draw_acceptability(
    ax: Axes,
    curve: Curve,
    *,
    thresholds: Sequence[float] = (),
    xlabel: str | None = None,
    ylabel: str | None = None,
) -> list[Line2D]:
    """Draw a curve over thresholds on axes of one's own.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    curve, thresholds, xlabel, ylabel
        As for ``plot_acceptability``.

    Returns
    -------
    list of matplotlib.lines.Line2D
        The line of each group.

    Raises
    ------
    ValueError
        As ``plot_acceptability``.

    Examples
    --------
    >>> import pandas as pd
    >>> from matplotlib.figure import Figure
    >>> from walkstats.economics import acceptability_curve, cost_effectiveness
    >>> people = pd.DataFrame({"participant_id": range(8), "arm": 4 * ["control"] + 4 * ["walking"],
    ...     "cost": [900, 150, 400, 0, 700, 650, 300, 350],
    ...     "qaly": [0.70, 0.72, 0.78, 0.80, 0.79, 0.83, 0.88, 0.86]})
    >>> value = cost_effectiveness(people, people, effect="qaly", replicates=50, seed=1)
    >>> (line,) = draw_acceptability(Figure().subplots(), acceptability_curve(value, [0, 28_000]))
    >>> line.get_xdata().tolist()
    [0.0, 28000.0]
    """
    _check(curve)
    frame, lines = curve.frame, []
    share = curve.quantity == PROBABILITY
    for group in curve.groups:
        style = arm_style(1)
        own = frame[frame["group"] == group]
        lines += ax.plot(
            own["threshold"], own["estimate"], color=style.colour, label=literal(group)
        )
    ax.set_xlim(float(frame["threshold"].min()), float(frame["threshold"].max()))
    ax.set_ylim(0.0, 1.0 if share else 1.08 * max(float(frame["estimate"].max()), 1e-12))
    if len(thresholds):
        _draw_readings(ax, curve, thresholds, share)
    ax.set_xlabel(literal(xlabel or "Threshold for one more of the effect"))
    set_y_label(ax, ylabel or capitalised(curve.quantity))
    for axis in (ax.xaxis, ax.yaxis):
        axis.set_major_formatter(NumberFormatter())
    return lines


def _draw_readings(ax: Axes, curve: Curve, thresholds: Sequence[float], share: bool) -> None:
    """Thin lines to the curve at chosen thresholds, with what is read there."""
    for threshold in thresholds:
        (value,) = curve.at(float(threshold))["estimate"]
        low = float(curve.frame["threshold"].min())
        ax.plot(
            [threshold, threshold, low], [0.0, value, value], color=MUTED, linewidth=0.9,
            linestyle=(0, (2, 2)), label=f"_reading {threshold:g}",
        )  # fmt: skip
        ax.plot(
            [threshold], [value], linestyle="none", marker="o", markersize=4.0, color=INK,
            label="_read",
        )  # fmt: skip
        number = fixed(value, 2) if share else count(round(value))
        low_down = value < 0.4 * ax.get_ylim()[1]
        ax.annotate(
            literal(f"{number} at {count(float(threshold))}"), (threshold, value),
            (5, 4 if low_down else -4), textcoords="offset points",
            va="bottom" if low_down else "top", fontsize=SMALL, color=INK,
        )  # fmt: skip


def _check(curve: object) -> None:
    if getattr(curve, "x", None) != "threshold":
        raise ValueError(f"{NEEDED}, got {type(curve).__name__}.")
