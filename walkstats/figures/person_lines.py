"""Is it the person, or the week? People's means, their own lines, and the two slopes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from walkstats._digits import fixed
from walkstats._labels import capitalised, described, percent_level
from walkstats.figures.canvas import StyledFigure, add_note, canvas, check_result, literal
from walkstats.figures.palette import BAND_ALPHA, INK, MUTED, NORMAL, arm_style
from walkstats.figures.time_axis import NumberFormatter, set_y_label
from walkstats.results import Estimate, Estimates

SHOWN = 60
NEEDED = "This figure needs the slopes of within_between_slopes"
WORDS = {"between": "Between people", "within": "Within people"}


def plot_within_between(
    slopes: Estimates,
    *,
    shown: int = SHOWN,
    title: str = "",
    xlabel: str | None = None,
    ylabel: str | None = None,
    width: float = 6.0,
) -> StyledFigure:
    """Plot an outcome against a covariate between people and within them.

    Parameters
    ----------
    slopes : WithinBetween
        From ``regression.within_between_slopes``.
    shown : int
        How many people get a line of their own; chosen evenly along the covariate.
    title : str
    xlabel, ylabel : str, optional
        By default what the dictionary of tables calls the covariate and the outcome.
    width : float
        Of the figure [inches].

    Returns
    -------
    matplotlib.figure.Figure
        Closed. A point per person (their means), a thin line over the range of each one's weeks,
        and both slopes through the overall mean with their confidence bands.

    Raises
    ------
    ValueError
        For another result.

    Examples
    --------
    >>> import walkstats as ws
    >>> frame = pd.DataFrame({
    ...     "participant_id": [1, 1, 1, 2, 2, 2, 3, 3, 3],
    ...     "walking_minutes": [0, 30, 60, 60, 90, 120, 120, 150, 180],
    ...     "pain_nrs": [5.1, 4.4, 4.1, 6.0, 5.6, 4.9, 7.1, 6.4, 6.0]})
    >>> split = ws.derive.within_between(frame, "walking_minutes")
    >>> formula = "pain_nrs ~ walking_minutes_within + walking_minutes_between"
    >>> fit = ws.regression.linear_mixed(split, formula)
    >>> slopes = ws.regression.within_between_slopes(fit, "walking_minutes")
    >>> plot_within_between(slopes).axes[0].get_xlabel()
    'Time walked in the week, minutes/week'
    """
    people = _people(slopes)
    alt = f"Outcome against {_column(slopes)}, between people and within them."
    with canvas(width, 4.0 + 0.25 * bool(title), alt) as figure:
        ax = figure.add_subplot(label="within and between")
        draw_within_between(ax, slopes, shown=shown, xlabel=xlabel, ylabel=ylabel)
        if title:
            figure.suptitle(literal(title), x=0.01, ha="left", fontweight="bold")
        lines = f"A point per person; the lines of {min(shown, len(people))} of {len(people)}."
        add_note(figure, slopes.source, lines)
    return figure


def draw_within_between(
    ax: Axes,
    slopes: Estimates,
    *,
    shown: int = SHOWN,
    xlabel: str | None = None,
    ylabel: str | None = None,
) -> list[Line2D]:
    """Draw both slopes, people's means and their lines on axes of one's own.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    slopes, shown, xlabel, ylabel
        As for ``plot_within_between``.

    Returns
    -------
    list of matplotlib.lines.Line2D
        The line between people and that within them.

    Raises
    ------
    ValueError
        For another result.

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> draw_within_between(Figure().subplots(), "text")
    Traceback (most recent call last):
    ValueError: This figure needs the slopes of within_between_slopes, got str.
    """
    people = _people(slopes)
    columns = ["x", "y", "slope", "x_low", "x_high"]
    for x, y, slope, *ends in _chosen(people, shown)[columns].to_numpy(dtype=float):
        ax.plot(
            ends,
            y + slope * (np.array(ends) - x),
            color=MUTED,
            linewidth=0.7,
            alpha=0.45,
            zorder=1,
            label="_person",
        )
    ax.plot(
        people["x"], people["y"], "o", color=MUTED, markersize=3.0, alpha=0.7, zorder=2,
        markeredgewidth=0.0, label="_people",
    )  # fmt: skip
    centre: Any = getattr(slopes, "centre", (np.nan, np.nan))
    half = float(np.mean(people["x_high"] - people["x_low"])) / 2.0
    reach = {
        "between": (float(people["x"].min()), float(people["x"].max())),
        "within": (centre[0] - half, centre[0] + half),
    }
    lines = [_draw_slope(ax, slopes, term, centre, reach[term], k) for k, term in enumerate(WORDS)]
    ax.set_xlabel(literal(xlabel or described(_column(slopes))))
    name = str(getattr(slopes, "outcome_name", ""))
    set_y_label(ax, ylabel or capitalised(described(name)))
    for axis in (ax.xaxis, ax.yaxis):
        axis.set_major_formatter(NumberFormatter())
    ax.legend(
        handles=lines, loc="lower left", bbox_to_anchor=(0.0, 1.0), borderaxespad=0.2,
        labelcolor=INK, fontsize=NORMAL - 0.5,
    )  # fmt: skip
    return lines


def _draw_slope(
    ax: Axes, slopes: Estimates, term: str, centre: Any, reach: tuple[float, float], place: int
) -> Line2D:
    """One slope through the overall mean, with its band."""
    style, found = arm_style(place), slopes.estimate(term)
    x = np.linspace(*reach, 41)
    away = x - centre[0]
    both = [found.conf_low * away, found.conf_high * away]
    low, high = np.min(both, axis=0), np.max(both, axis=0)
    if np.isfinite(low).all():
        ax.fill_between(
            x, centre[1] + low, centre[1] + high, color=style.colour, alpha=BAND_ALPHA,
            linewidth=0.0, zorder=3,
        )  # fmt: skip
    label = f"{WORDS[term]}: {_spoken(found)}"
    (line,) = ax.plot(
        x, centre[1] + found.estimate * away, color=style.colour, linestyle=style.dash,
        linewidth=2.2, zorder=4, label=label,
    )  # fmt: skip
    return line


def _spoken(found: Estimate) -> str:
    """A slope with its interval, in as many digits as the interval is wide."""
    width = found.conf_high - found.conf_low
    decimals = max(0, 1 - int(np.floor(np.log10(width)))) if width > 0 else 3
    numbers = [found.estimate, found.conf_low, found.conf_high]
    shown = [fixed(value, decimals).replace("-", "−") for value in numbers]
    return f"{shown[0]} ({percent_level(found.level)}% CI {shown[1]} to {shown[2]}) per unit"


def _people(slopes: Estimates) -> pd.DataFrame:
    check_result(slopes, Estimates, NEEDED)
    people = getattr(slopes, "people", None)
    if not isinstance(people, pd.DataFrame):
        raise ValueError(f"{NEEDED}, got {type(slopes).__name__}.")
    return people


def _column(slopes: Estimates) -> str:
    return str(getattr(slopes, "column", ""))


def _chosen(people: pd.DataFrame, shown: int) -> pd.DataFrame:
    """So many people, evenly along the covariate."""
    ordered = people.sort_values("x", kind="stable")
    if len(ordered) <= shown:
        return ordered
    return ordered.iloc[np.linspace(0, len(ordered) - 1, shown).round().astype(int)]
