"""Do differences stay within their margins? One row per outcome, the margins as a band."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.axes import Axes

from walkstats._digits import style_of
from walkstats._labels import capitalised, percent_level
from walkstats.figures.canvas import StyledFigure, add_note, canvas, literal
from walkstats.figures.forest import LINE, ForestRow, write_beside, written
from walkstats.figures.palette import ARM_STYLES, BAND_ALPHA, MUTED, PAPER
from walkstats.figures.time_axis import NumberFormatter, set_ratio_ticks
from walkstats.results import Estimate

if TYPE_CHECKING:
    from walkstats.regression import MarginTest

NEEDED = "This figure needs a MarginTest, or a mapping of label to MarginTest (from equivalence)"
SHARE = "Difference as a share of its margin"


@dataclass(frozen=True)
class MarginRow:
    """One row as it is drawn.

    Attributes
    ----------
    label, text : str
        What stands left and right of it.
    value, low, high : float
        Estimate and interval on the axis.
    margins : (float, float)
        On the axis; infinite where none is tested.
    shown : bool
    """

    label: str
    text: str
    value: float
    low: float
    high: float
    margins: tuple[float, float]
    shown: bool


def plot_equivalence(
    tests: MarginTest | Mapping[str, MarginTest],
    *,
    scaled: bool | None = None,
    xlabel: str | None = None,
    title: str = "",
    source: str | None = None,
    style: str | None = None,
    width: float = 6.8,
) -> StyledFigure:
    """Plot differences and their intervals against the margins within which they do not matter.

    Parameters
    ----------
    tests : MarginTest or mapping of str to MarginTest
        What ``equivalence`` returns, by outcome.
    scaled : bool, optional
        Differences as shares of their margins, so that outcomes in different units share an axis;
        by default where margins or units differ.
    xlabel, title : str, optional
    source : str, optional
        For the note line; by default that of the tests.
    style : {"plain", "nejm", "lancet", "jama", "bmj"}, optional
        Of the numbers at the right, which stay in each outcome's own units.
    width : float
        Of the figure [inches].

    Returns
    -------
    matplotlib.figure.Figure
        Closed. A filled square: shown; an open one: not shown.

    Raises
    ------
    ValueError
        For what is no test of margins, or margins that differ when ``scaled`` is False.

    Examples
    --------
    >>> import pandas as pd
    >>> from walkstats.regression import compare_means_from, equivalence
    >>> published = pd.DataFrame({
    ...     "arm": ["exercise", "walking"], "mean": [43.8, 70.7], "sd": [59.9, 142.9], "n": 26,
    ... })
    >>> gain = equivalence(compare_means_from(published, "arm"), margin=50)
    >>> plot_equivalence({"Six-minute walk, m": gain}).axes[0].get_xlabel()
    'Difference in outcome'
    """
    named = _named(tests)
    rows = margin_rows(named, scaled=scaled, style=style)
    height = LINE * (len(rows) + 1) + 0.95 + 0.25 * bool(title)
    shown = sum(row.shown for row in rows)
    alt = f"{len(rows)} outcomes against their margins, {shown} of them within."
    with canvas(width, height, alt) as figure:
        ax = figure.add_subplot(label="margins")
        _draw(ax, rows, named, _as_shares(named, scaled), xlabel)
        if title:
            ax.set_title(literal(title), loc="left", pad=LINE * 72)
        found = next((one.source for one in named.values() if one.source), "")
        add_note(figure, found if source is None else source, _legend(rows, named))
    return figure


def draw_equivalence(
    ax: Axes,
    tests: MarginTest | Mapping[str, MarginTest],
    *,
    scaled: bool | None = None,
    xlabel: str | None = None,
    style: str | None = None,
) -> list[MarginRow]:
    """Draw differences against their margins on axes of one's own.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    tests, scaled, xlabel, style
        As for ``plot_equivalence``.

    Returns
    -------
    list of MarginRow
        The rows drawn, from top to bottom.

    Raises
    ------
    ValueError
        For what is no test of margins, or margins that differ when ``scaled`` is False.

    Examples
    --------
    >>> import pandas as pd
    >>> from matplotlib.figure import Figure
    >>> from walkstats.regression import compare_risks_from, equivalence
    >>> printed = pd.DataFrame({"arm": ["control", "walking"], "events": [30, 31], "n": [90, 92]})
    >>> test = equivalence(compare_risks_from(printed, "arm"), margin=0.15)
    >>> [row.shown for row in draw_equivalence(Figure().subplots(), test)]
    [True]
    """
    named = _named(tests)
    rows = margin_rows(named, scaled=scaled, style=style)
    _draw(ax, rows, named, _as_shares(named, scaled), xlabel)
    return rows


def margin_rows(
    named: Mapping[str, MarginTest], *, scaled: bool | None = None, style: str | None = None
) -> list[MarginRow]:
    """The figure as rows, before it is drawn."""
    marks = style_of(style)
    as_shares = _as_shares(named, scaled)
    rows = []
    for label, test in named.items():
        one: Estimate = test.estimate
        ends = (one.estimate, one.conf_low, one.conf_high)
        margins = (test.low, test.high)
        if as_shares:
            ends, margins = _shares(ends, margins, one.scale == "ratio")
        rows.append(MarginRow(label, written(one, marks), *ends, margins, bool(test.shown)))
    return rows


def _named(tests: Any) -> dict[str, Any]:
    if isinstance(tests, Mapping):
        named = {str(label): one for label, one in tests.items()}
    else:
        named = {str(getattr(getattr(tests, "estimate", None), "term", "")): tests}
    if not named:
        raise ValueError(f"{NEEDED}; none was given.")
    for one in named.values():
        known = all(hasattr(one, name) for name in ("low", "high", "shown", "kind"))
        if not known or not isinstance(getattr(one, "estimate", None), Estimate):
            raise ValueError(f"{NEEDED}, got {type(one).__name__}.")
    return named


def _differ(named: Mapping[str, MarginTest]) -> bool:
    """Whether margins, scales or measures are not the same throughout."""
    kinds = {(t.low, t.high, t.estimate.scale, t.estimate.measure) for t in named.values()}
    return len(kinds) > 1


def _as_shares(named: Mapping[str, MarginTest], scaled: bool | None) -> bool:
    differ = _differ(named)
    if scaled is False and differ:
        raise ValueError("Outcomes with different margins share an axis as shares: scaled=True.")
    return differ if scaled is None else scaled


def _shares(
    ends: tuple[float, float, float], margins: tuple[float, float], ratio: bool
) -> tuple[tuple[float, float, float], tuple[float, float]]:
    """Differences (logarithms of ratios) over the margin on their side.

    Where one side has no margin, over that of the other.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        values = np.log(ends) if ratio else np.array(ends)
        low, high = np.log(margins) if ratio else np.array(margins)
    below = -low if math.isfinite(low) else high
    above = high if math.isfinite(high) else -low
    shares = np.where(values < 0, values / below, values / above)
    reach = (-1.0 if math.isfinite(low) else -math.inf, 1.0 if math.isfinite(high) else math.inf)
    return (float(shares[0]), float(shares[1]), float(shares[2])), reach


def _draw(
    ax: Axes,
    rows: list[MarginRow],
    named: Mapping[str, MarginTest],
    as_shares: bool,
    xlabel: str | None,
) -> None:
    first = next(iter(named.values())).estimate
    on_log = first.scale == "ratio" and not as_shares
    low, high = _limits(rows, on_log)
    ax.set_xscale("log" if on_log else "linear")
    ax.set_xlim(low, high)
    ax.set_ylim(len(rows) - 0.5, -0.5)
    null = 1.0 if on_log else 0.0
    ax.axvline(null, color=MUTED, linewidth=0.9, zorder=1)
    for place, row in enumerate(rows):
        _draw_row(ax, place, row, (low, high))
    beside = [ForestRow(row.label, first, row.text) for row in rows]
    measures = {test.estimate.measure for test in named.values()}
    measure = capitalised(measures.pop()) if len(measures) == 1 else "Estimate"
    write_beside(ax, beside, _heading(named, as_shares))
    if on_log:
        set_ratio_ticks(ax.xaxis, low, high)
    else:
        ax.xaxis.set_major_formatter(NumberFormatter())
    ax.set_xlabel(literal(xlabel or (SHARE if as_shares else measure)))


def _heading(named: Mapping[str, MarginTest], as_shares: bool) -> str:
    levels = {percent_level(test.estimate.level) for test in named.values()}
    level = f"{levels.pop()}% " if len(levels) == 1 else ""
    return f"{'Own units' if as_shares else 'Estimate'} ({level}CI)"


def _draw_row(ax: Axes, place: int, row: MarginRow, limits: tuple[float, float]) -> None:
    colour = ARM_STYLES[0].colour
    ends = [max(row.margins[0], limits[0]), min(row.margins[1], limits[1])]
    ax.fill_betweenx(
        [place - 0.5, place + 0.5], ends[0], ends[1], color=ARM_STYLES[3].colour,
        alpha=BAND_ALPHA, linewidth=0, zorder=0,
    )  # fmt: skip
    for margin in row.margins:
        if limits[0] < margin < limits[1]:
            ax.plot((margin, margin), (place - 0.5, place + 0.5), color=ARM_STYLES[3].colour,
                    linewidth=1.0, linestyle=(0, (4, 2)), zorder=1)  # fmt: skip
    low, high = max(row.low, limits[0]), min(row.high, limits[1])
    if not (math.isnan(row.low) or math.isnan(row.high)):
        ax.plot((low, high), (place, place), color=colour, linewidth=1.4, solid_capstyle="butt")
        for cut, end, marker in ((row.low < low, low, "<"), (row.high > high, high, ">")):
            if cut:
                ax.plot(end, place, marker=marker, color=colour, markersize=6, clip_on=False)
    if limits[0] <= row.value <= limits[1]:
        ax.plot(row.value, place, marker="s", color=colour, markersize=6,
                markerfacecolor=colour if row.shown else PAPER)  # fmt: skip


def _limits(rows: list[MarginRow], on_log: bool) -> tuple[float, float]:
    """Of the axis: margins, estimates, the null and intervals as far as three margins out."""
    values = [end for row in rows for end in (row.value, row.low, row.high)]
    margins = [m for row in rows for m in row.margins]
    with np.errstate(divide="ignore", invalid="ignore"):
        shown, bounds = (np.log(x) if on_log else np.array(x) for x in (values, margins))
    bounds = bounds[np.isfinite(bounds)]
    reach = 3.0 * float(np.abs(bounds).max())
    shown = np.clip(shown[np.isfinite(shown)], -reach, reach)
    everything = np.concatenate([shown, bounds, [0.0]])
    pad = 0.08 * max(float(np.ptp(everything)), 1e-9)
    low, high = float(everything.min() - pad), float(everything.max() + pad)
    return (math.exp(low), math.exp(high)) if on_log else (low, high)


def _legend(rows: list[MarginRow], named: Mapping[str, MarginTest]) -> str:
    kinds = {test.kind for test in named.values()}
    what = f"{kinds.copy().pop()} is " if len(kinds) == 1 else ""
    states = {row.shown for row in rows}
    said = []
    if True in states:
        said.append(f"Filled square: {what}shown.")
    if False in states:
        said.append(f"Open square: {what}not shown.")
    one_sided = kinds == {"non-inferiority"}
    said.append(f"Shaded: {'not worse by the margin' if one_sided else 'within the margins'}.")
    return " ".join(said)
