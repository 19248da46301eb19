"""How far do two measurements of the same thing lie apart, pair by pair?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.collections import PathCollection
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from walkstats import _digits
from walkstats.figures.canvas import StyledFigure, add_note, canvas, check_names, literal
from walkstats.figures.palette import INK, MUTED, RULE, SMALL, arm_style
from walkstats.figures.time_axis import set_y_label

NEEDED = "This figure needs the Agreement of regression.agreement"
RATIOS = tuple(2.0**power for power in range(-6, 7))
CLOSE_RATIOS = (0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0, 1.1, 1.2, 1.35, 1.5, 1.75, 2.0, 2.5)
FOURFOLD = 4.0  # points that spread over less need closer ticks
MOST_OPAQUE, MANY = 0.55, 400  # points of a panel from which on they are drawn paler


def plot_agreement(
    result: Any,
    *,
    names: Mapping[str, str] | None = None,
    unit: str = "",
    title: str = "",
    width: float = 6.4,
) -> StyledFigure:
    """Plot differences of two measurements against their mean, with bias and limits of agreement.

    Parameters
    ----------
    result : Agreement
        From ``regression.agreement``.
    names : mapping of str to str, optional
        Group -> printed name.
    unit : str
        Of the measurements, for the axes.
    title : str
    width : float
        Of the figure [inches].

    Returns
    -------
    matplotlib.figure.Figure
        Closed. One panel per group with pairs, on the same axes.

    Raises
    ------
    ValueError
        For something else than an Agreement, or unknown groups.

    Examples
    --------
    >>> import walkstats as ws
    >>> pairs = pd.DataFrame({"diary": [70, 80, 150, 90.0], "device": [60, 60, 120, 80.0]})
    >>> figure = plot_agreement(ws.regression.agreement(pairs, "diary", "device"))
    >>> figure.axes[0].get_ylabel()
    'diary − device'
    """
    groups = _groups(result)
    printed = check_names(names, groups)
    alt = f"Differences of {result.first} and {result.second} against their mean."
    with canvas(width, 3.5 + (0.25 if title else 0.0), alt) as figure:
        panels = figure.subplots(1, len(groups), sharex=True, sharey=True, squeeze=False)[0]
        for ax, group in zip(panels, groups, strict=True):
            draw_agreement(ax, result, group=group, unit=unit)
            if len(groups) > 1:
                ax.set_title(literal(printed[group]), loc="left", fontweight="normal")
            if ax is not panels[0]:
                ax.set_ylabel("")
        if title:
            figure.suptitle(literal(title), x=0.01, ha="left", fontweight="bold")
        add_note(figure, result.source, _said(result))
    return figure


def draw_agreement(
    ax: Axes, result: Any, *, group: str | None = None, unit: str = ""
) -> PathCollection:
    """Draw the differences of one group on axes of one's own.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    result : Agreement
    group : str, optional
        The first with pairs by default.
    unit : str
        As for ``plot_agreement``.

    Returns
    -------
    matplotlib.collections.PathCollection
        The points.

    Raises
    ------
    ValueError
        As ``plot_agreement``.

    Examples
    --------
    >>> import walkstats as ws
    >>> from matplotlib.figure import Figure
    >>> pairs = pd.DataFrame({"diary": [70, 80, 150, 90.0], "device": [60, 60, 120, 80.0]})
    >>> found = ws.regression.agreement(pairs, "diary", "device")
    >>> len(draw_agreement(Figure().subplots(), found).get_offsets())
    4
    """
    groups = _groups(result)
    if group is not None and group not in groups:
        raise ValueError(f"No group {group!r} with pairs. There are: {', '.join(groups)}.")
    own = group or groups[0]
    ratio = result.scale == "ratio"
    points = result.points[result.points["group"] == own]
    row = result.frame[result.frame["group"] == own].iloc[0]
    style = arm_style(list(result.frame["group"]).index(own))
    drawn = ax.scatter(
        points["size"],
        points["ratio" if ratio else "difference"],
        s=11,
        marker=style.marker,
        color=style.colour,
        alpha=MOST_OPAQUE if len(points) < MANY else MOST_OPAQUE * 0.4,
        linewidth=0,
    )
    if ratio:
        ax.set_yscale("log")
        ax.yaxis.set_major_locator(FixedLocator(_ticks(result.points["ratio"])))
        ax.yaxis.set_minor_locator(NullLocator())
        ax.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    ax.axhline(1.0 if ratio else 0.0, color=RULE, linewidth=0.8, zorder=0)
    decimals = 2 if ratio else _decimals(row)
    for name, dash in (("bias", "-"), ("lower", (0, (5, 2))), ("upper", (0, (5, 2)))):
        _line(ax, row, name, dash, decimals)
    in_unit = f" ({unit})" if unit else ""
    ax.set_xlabel(literal(f"Mean of {result.first} and {result.second}{in_unit}"))
    sign = "/" if ratio else "−"
    set_y_label(ax, literal(f"{result.first} {sign} {result.second}{'' if ratio else in_unit}"))
    return drawn


def _ticks(ratios: pd.Series) -> list[float]:
    return list(RATIOS if ratios.max() > FOURFOLD * ratios.min() else CLOSE_RATIOS)


def _decimals(row: pd.Series) -> int:
    """As the bias is known, the limits beside it alike."""
    half = (float(row["conf_high"]) - float(row["conf_low"])) / 2
    return _digits.decimals_for(half) if np.isfinite(half) and half > 0 else 1


def _line(ax: Axes, row: pd.Series, name: str, dash: Any, decimals: int) -> None:
    """Bias or a limit with its confidence limits as a band, and its value at the right end."""
    value = float(row[name])
    if not np.isfinite(value):
        return
    ends = ("conf_low", "conf_high") if name == "bias" else (f"{name}_low", f"{name}_high")
    low, high = (float(row[end]) for end in ends)
    ax.axhspan(low, high, color=MUTED, alpha=0.10, linewidth=0, zorder=0)
    ax.axhline(value, color=INK, linewidth=1.2 if name == "bias" else 1.0, linestyle=dash)
    ax.annotate(
        _digits.fixed(value, decimals).replace("-", "−"),
        (1.0, value),
        xycoords=("axes fraction", "data"),
        xytext=(3, 0),
        textcoords="offset points",
        va="center",
        fontsize=SMALL,
        color=INK,
        annotation_clip=False,
    )


def _said(result: Any) -> str:
    share = f"{100 * result.coverage:g}%"
    return (
        f"Full line: bias; broken lines: {share} limits of agreement; bands: their "
        f"{100 * result.level:g}% confidence limits. One point per pair."
    )


def _groups(result: Any) -> tuple[str, ...]:
    needed = ("frame", "points", "first", "second", "scale", "coverage")
    if not all(hasattr(result, name) for name in needed):
        raise ValueError(f"{NEEDED}, got {type(result).__name__}.")
    with_pairs = result.frame.loc[result.frame["pairs"] > 0, "group"]
    return tuple(str(one) for one in with_pairs)
