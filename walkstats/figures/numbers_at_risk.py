"""How many were still followed? The numbers under a curve, on axes of their own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.text import Text

from walkstats._arguments import check_choice
from walkstats._digits import count
from walkstats.figures.canvas import check_names, check_result, literal
from walkstats.figures.palette import INK, NORMAL, arm_style
from walkstats.figures.time_axis import Floats, TimeUnit, tick_times, time_unit
from walkstats.results import Curve

# What a row may count: its heading, and the column of Curve.at that holds it.
ROWS = {
    "at risk": ("Number at risk", "n_risk"),
    "censored": ("Cumulative number censored", "n_censor"),
    "events": ("Cumulative number of events", "n_event"),
}
# Where the event of a curve is the end of follow-up, the two change places.
ROWS_OF_FOLLOW_UP = {
    **ROWS,
    "censored": ("Cumulative number of events", "n_censor"),
    "events": ("Cumulative number whose follow-up ended", "n_event"),
}
LINE = 0.17  # inches from one row to the next


@dataclass(frozen=True)
class RiskLine:
    """One line of the table: a heading without numbers, or the numbers of one group."""

    label: str
    colour: str
    numbers: tuple[str, ...] = ()


def risk_lines(
    curve: Curve,
    times: Sequence[float],
    rows: Sequence[str] = ("at risk",),
    names: Mapping[str, str] | None = None,
) -> list[RiskLine]:
    """The table as text, before it is drawn.

    Parameters
    ----------
    curve : Curve
    times : sequence of float
        In the unit of the curve's x.
    rows : sequence of {"at risk", "censored", "events"}
    names : mapping of str to str, optional
        Group -> printed name.

    Returns
    -------
    list of RiskLine
        For each of ``rows`` a heading and one line per group.

    Raises
    ------
    ValueError
        For a curve without numbers at risk.
    """
    chosen = [check_choice(row, ROWS, "rows") for row in rows]
    if "n_risk" not in curve.frame:
        raise ValueError(f"A curve of {curve.quantity} carries no numbers at risk.")
    printed = check_names(names, curve.groups)
    read = curve.at(list(times))
    words = ROWS_OF_FOLLOW_UP if curve.quantity == "follow-up" else ROWS
    lines = []
    for row in chosen:
        heading, column = words[row]
        lines.append(RiskLine(heading, INK))
        for place, group in enumerate(curve.groups):
            numbers = _numbers(read[read["group"] == group], column)
            lines.append(RiskLine(printed[group], arm_style(place).text, numbers))
    return lines


def _numbers(read: pd.DataFrame, column: str) -> tuple[str, ...]:
    return tuple(count(float(number)) for number in read[column])


def draw_numbers_at_risk(
    ax: Axes,
    curve: Curve,
    times: Sequence[float] | None = None,
    *,
    rows: Sequence[str] = ("at risk",),
    unit: str | None = None,
    names: Mapping[str, str] | None = None,
) -> list[Text]:
    """Draw the numbers at risk on axes of their own.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        Best one that shares its x with the axes of the curve (``sharex``), right below it.
    curve : Curve
    times : sequence of float, optional
        In the unit shown; the ticks of the curve's axes by default.
    rows : sequence of {"at risk", "censored", "events"}
    unit : {"days", "weeks", "months", "years"}, optional
        The same as for the curve.
    names : mapping of str to str, optional
        Group -> printed name.

    Returns
    -------
    list of matplotlib.text.Text
        The numbers, row by row.

    Raises
    ------
    ValueError
        For a curve without numbers at risk, or unknown rows or groups.

    Notes
    -----
    At risk at t are those with entry before t who are followed until t or later, so those with an
    event at t are still counted. Cumulative events and censorings include those at t.

    References
    ----------
    Morris TP, et al. Proposals on Kaplan-Meier plots in medical research and a survey of
    stakeholder views: KMunicate. BMJ Open 2019;9:e030215. doi:10.1136/bmjopen-2019-030215

    Examples
    --------
    >>> import pandas as pd
    >>> from matplotlib.figure import Figure
    >>> from walkstats.results import Curve
    >>> frame = pd.DataFrame(
    ...     {"group": "all", "days": [10.0, 20.0], "estimate": [0.5, 0.25],
    ...      "std_error": [0.25, 0.22], "conf_low": [0.1, 0.0], "conf_high": [0.8, 0.6],
    ...      "n_risk": [4, 2], "n_event": [2, 1], "n_censor": [0, 1]}
    ... )
    >>> curve = Curve(frame, "days", "survival", last={"all": 20.0})
    >>> top, below = Figure(layout="constrained").subplots(2, 1, sharex=True)
    >>> [text.get_text() for text in draw_numbers_at_risk(below, curve, [0, 10, 20])]
    ['4', '4', '2']
    """
    check_result(curve, Curve, "Numbers at risk need a Curve, for example from kaplan_meier")
    shown_in = time_unit(curve.x, unit)
    last = float(shown_in.shown([curve.frame[curve.x].max()])[0])
    ticks = tick_times(last, shown_in, times)
    lines = risk_lines(curve, _own_times(shown_in, ticks), rows, names)
    if not ax.get_shared_x_axes().get_siblings(ax)[1:]:
        ax.set_xlim(0.0, max(last, float(ticks.max()), 1e-12))
    label_rows(ax, lines)
    return [
        ax.text(tick, place, number, ha="center", va="center", fontsize=NORMAL - 1, color=INK)
        for place, line in enumerate(lines)
        for tick, number in zip(ticks, line.numbers, strict=bool(line.numbers))
    ]


def _own_times(unit: TimeUnit, ticks: Floats) -> list[float]:
    # Back to the curve's unit, free of the last bit lost on the way: 30.4375 * 12 is 365.25.
    return [float(f"{value:.12g}") for value in unit.own(ticks)]


def label_rows(ax: Axes, lines: Sequence[RiskLine]) -> None:
    """Leave of the axes only the labels of the lines, at the left."""
    ax.set_ylim(len(lines) - 0.5, -0.5)
    ax.spines[:].set_visible(False)
    ax.patch.set_visible(False)
    ax.tick_params(axis="x", which="both", bottom=False, labelbottom=False)
    # The first number is centred on time 0, so the labels stand clear of half of it.
    widest = max((len(line.numbers[0]) for line in lines if line.numbers), default=0)
    ax.tick_params(axis="y", length=0, pad=5.0 + 0.32 * (NORMAL - 1) * widest)
    groups = [place for place, line in enumerate(lines) if line.numbers]
    ax.set_yticks(groups, [literal(lines[place].label) for place in groups])
    for place, tick in zip(groups, ax.get_yticklabels(), strict=True):
        tick.set_color(lines[place].colour)
        tick.set_fontsize(NORMAL - 1)
        # As the numbers of the row, so that both stand level.
        tick.set_verticalalignment("center")
    for place, line in enumerate(lines):
        if not line.numbers:
            _heading(ax, place, line)


def _heading(ax: Axes, place: int, line: RiskLine) -> None:
    """A heading begins at the axes, where its row has no numbers, and takes no room at the left."""
    ax.annotate(
        line.label, (0.0, place), (-8.0, 0.0), ("axes fraction", "data"), "offset points",
        ha="left", va="center", fontsize=NORMAL - 1, fontweight="bold", color=line.colour,
        annotation_clip=False,
    )  # fmt: skip
