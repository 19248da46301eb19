"""Which harms are more frequent in one arm? Shares by arm, and their difference beside them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.axes import Axes

from walkstats._arguments import check_choice
from walkstats._digits import style_of
from walkstats._labels import capitalised, percent_level
from walkstats.figures.canvas import StyledFigure, add_note, canvas, check_names, literal
from walkstats.figures.forest import LINE, axis_limits, draw_estimate, write_favours, written
from walkstats.figures.palette import NORMAL, PAPER, RULE, arm_style
from walkstats.figures.row_columns import Words, mark_null, prepare_rows, write_columns
from walkstats.figures.time_axis import NumberFormatter, set_ratio_ticks
from walkstats.results import Estimate

if TYPE_CHECKING:
    from walkstats.regression import HarmComparison

MEASURES = ("difference", "ratio", "rate_ratio")
ORDERS = ("size", "given")
NEEDED = "A figure of harms needs a HarmComparison (from compare_harms)"


@dataclass(frozen=True)
class HarmRow:
    """One kind of harm as it is drawn.

    Attributes
    ----------
    label : str
    percents : tuple of float
        Participants with an event, by arm [%].
    estimate : Estimate
        Of the last arm against the first; differences in percentage points.
    text : str
    """

    label: str
    percents: tuple[float, ...]
    estimate: Estimate
    text: str


def plot_harms(
    harms: HarmComparison,
    *,
    measure: str = "difference",
    order: str = "size",
    arm: str | None = None,
    names: Mapping[str, str] | None = None,
    labels: Mapping[str, str] | None = None,
    favours: tuple[str, str] | None = None,
    title: str = "",
    source: str | None = None,
    style: str | None = None,
    width: float = 8.2,
) -> StyledFigure:
    """Plot the share of participants with each kind of harm, and how the arms differ.

    Parameters
    ----------
    harms : HarmComparison
    measure : {"difference", "ratio", "rate_ratio"}
        At the right: risk differences, ratios of risks, or ratios of rates.
    order : {"size", "given"}
        "any", "serious" and the like, then the other kinds, the largest excess first; or all in the
        order of the result.
    arm : str, optional
        The arm that is compared with the first, where there are several; the last by default.
    names : mapping, optional
        Arm -> what it is called.
    labels : mapping, optional
        Kind -> what it is called.
    favours : (str, str), optional
        Whom values below and above the null favour.
    title : str
    source : str, optional
        For the note line; by default that of the result.
    style : {"plain", "nejm", "lancet", "jama", "bmj"}, optional
        Of the numbers at the right.
    width : float
        Of the figure [inches].

    Returns
    -------
    matplotlib.figure.Figure
        Closed. Its axes are ``shares`` and ``comparison``.

    Raises
    ------
    ValueError
        For another result, and words that are not known.

    References
    ----------
    .. [1] Amit O, Heiberger RM, Lane PW (2008). Graphical approaches to the analysis of safety data
       from clinical trials. *Pharm Stat* 7:20-35. https://doi.org/10.1002/pst.254

    Examples
    --------
    >>> import pandas as pd
    >>> from walkstats.regression import compare_harms
    >>> falls = pd.DataFrame({"arm": ["control"] * 4 + ["walking"] * 4, "kind": "event: fall",
    ...                       "events": [0, 1, 0, 0, 1, 3, 0, 1], "days": 365.0})
    >>> figure = plot_harms(compare_harms(falls))
    >>> [ax.get_label() for ax in figure.axes]
    ['shares', 'comparison']
    """
    rows = harm_rows(harms, measure=measure, order=order, arm=arm, labels=labels, style=style)
    height = LINE * (len(rows) + 1) + 1.15 + 0.25 * bool(title) + 0.2 * bool(favours)
    alt = f"Shares of participants with {len(rows)} kinds of harm by arm, and their comparison."
    with canvas(width, height, alt) as figure:
        left, right = figure.subplots(1, 2, width_ratios=(1.0, 1.0))
        left.set_label("shares")
        right.set_label("comparison")
        _draw_shares(left, harms, rows, names)
        _draw_comparison(right, rows, favours)
        if title:
            left.set_title(literal(title), loc="left", pad=LINE * 72)
        each = "Every event counts in rates." if measure == "rate_ratio" else ""
        remark = "Not adjusted for the number of kinds."
        add_note(figure, harms.source if source is None else source, remark, each)
    return figure


def draw_harms(
    shares: Axes,
    comparison: Axes,
    harms: HarmComparison,
    *,
    measure: str = "difference",
    order: str = "size",
    arm: str | None = None,
    names: Mapping[str, str] | None = None,
    labels: Mapping[str, str] | None = None,
    favours: tuple[str, str] | None = None,
    style: str | None = None,
) -> list[HarmRow]:
    """Draw harms on two axes of one's own, side by side.

    Parameters
    ----------
    shares, comparison : matplotlib.axes.Axes
    harms, measure, order, arm, names, labels, favours, style
        As for ``plot_harms``.

    Returns
    -------
    list of HarmRow
        The rows drawn, from top to bottom.

    Raises
    ------
    ValueError
        As ``plot_harms``.

    Examples
    --------
    >>> import pandas as pd
    >>> from matplotlib.figure import Figure
    >>> from walkstats.regression import compare_harms
    >>> falls = pd.DataFrame({"arm": ["control"] * 4 + ["walking"] * 4, "kind": "event: fall",
    ...                       "events": [0, 1, 0, 0, 1, 3, 0, 1], "days": 365.0})
    >>> left, right = Figure().subplots(1, 2)
    >>> [row.label for row in draw_harms(left, right, compare_harms(falls))]
    ['Fall']
    """
    rows = harm_rows(harms, measure=measure, order=order, arm=arm, labels=labels, style=style)
    _draw_shares(shares, harms, rows, names)
    _draw_comparison(comparison, rows, favours)
    return rows


def harm_rows(
    harms: Any,
    *,
    measure: str = "difference",
    order: str = "size",
    arm: str | None = None,
    labels: Mapping[str, str] | None = None,
    style: str | None = None,
) -> list[HarmRow]:
    """The figure as rows, before it is drawn."""
    known = all(hasattr(harms, name) for name in ("kinds", "groups", "difference", "levels", "by"))
    if not known:
        raise ValueError(f"{NEEDED}, got {type(harms).__name__}.")
    check_choice(measure, MEASURES, "measure")
    check_choice(order, ORDERS, "order")
    levels = harms.levels
    other = levels[-1] if arm is None else check_choice(arm, levels[1:], "arm")
    part = getattr(harms, measure)
    if part is None:
        raise ValueError("These harms were compared without rates; measure='difference'.")
    marks = style_of(style)
    table = harms.groups
    rows = []
    for kind in harms.kinds:
        one = part.estimate(f"{kind}: {harms.by}[{other}]", ratio=part.link != "identity")
        shown = _in_percent(one) if measure == "difference" else one
        own = tuple(table.loc[table["kind"] == kind, "percent"].astype(float))
        label = dict(labels or {}).get(kind, _label(kind))
        rows.append(HarmRow(label, own, shown, written(shown, marks)))
    if order == "given":
        return rows
    # Totals stand first: a kind without a value of its own, such as "any" or "serious".
    totals = [row for row, kind in zip(rows, harms.kinds, strict=True) if ":" not in kind]
    parts = [row for row, kind in zip(rows, harms.kinds, strict=True) if ":" in kind]
    return totals + sorted(
        parts, key=lambda row: -np.nan_to_num(row.estimate.estimate, nan=-np.inf)
    )


def _label(kind: str) -> str:
    """``body region: lower limb`` as "Lower limb"."""
    parts = [part.strip() for part in kind.split("&")]
    shown = [part.partition(": ")[2] or part for part in parts]
    return capitalised(", ".join(shown))


def _in_percent(one: Estimate) -> Estimate:
    return replace(
        one, estimate=100.0 * one.estimate, std_error=100.0 * one.std_error,
        conf_low=100.0 * one.conf_low, conf_high=100.0 * one.conf_high,
        measure="difference in percentage points",
    )  # fmt: skip


def _draw_shares(
    ax: Axes, harms: Any, rows: list[HarmRow], names: Mapping[str, str] | None
) -> None:
    """A point for each arm in each row."""
    prepare_rows(ax, len(rows))
    printed = check_names(names, harms.levels)
    for place in range(len(rows)):
        ax.axhline(place, color=RULE, linewidth=0.6, linestyle=(0, (1, 2)), zorder=0)
    for k, level in enumerate(harms.levels):
        own = arm_style(k)
        x = [row.percents[k] for row in rows]
        ax.plot(
            x, range(len(rows)), linestyle="none", marker=own.marker, markersize=6.5,
            color=own.colour, markeredgecolor=PAPER, markeredgewidth=0.7,
            label=literal(printed[level]), clip_on=False, zorder=3,
        )  # fmt: skip
    most = np.nanmax([value for row in rows for value in row.percents] + [1.0])
    ax.set_xlim(0.0, float(most) * 1.06)
    ax.xaxis.set_major_formatter(NumberFormatter())
    ax.set_xlabel("Participants with an event, %")
    labels = tuple(row.label for row in rows)
    write_columns(ax, [Words("", labels)], right=False)
    ax.legend(
        loc="lower left", bbox_to_anchor=(0.0, 1.0), ncols=len(harms.levels), borderaxespad=0.1,
        handletextpad=0.2, columnspacing=1.2, fontsize=NORMAL,
    )  # fmt: skip


def _draw_comparison(ax: Axes, rows: list[HarmRow], favours: tuple[str, str] | None) -> None:
    """The comparison in each row, with its numbers at the right."""
    prepare_rows(ax, len(rows))
    known = [row.estimate for row in rows]
    first = known[0]
    on_log = first.scale == "ratio"
    low, high = axis_limits(known)
    ax.set_xscale("log" if on_log else "linear")
    ax.set_xlim(low, high)
    mark_null(ax, 1.0 if on_log else 0.0)
    for place, row in enumerate(rows):
        ax.axhline(place, color=RULE, linewidth=0.6, linestyle=(0, (1, 2)), zorder=0)
        draw_estimate(ax, place, row.estimate, (low, high))
    if on_log:
        set_ratio_ticks(ax.xaxis, low, high)
    else:
        ax.xaxis.set_major_formatter(NumberFormatter())
    ax.set_xlabel(literal(capitalised(first.measure)))
    heading = "Ratio" if on_log else "Difference"
    numbers = Words(f"{heading} ({percent_level(first.level)}% CI)", tuple(r.text for r in rows))
    write_columns(ax, [numbers], right=True)
    if favours is not None:
        write_favours(ax, favours, 1.0 if on_log else 0.0)
