"""Have the chained equations settled? Means of the imputed values, round by round."""

from __future__ import annotations

from typing import TYPE_CHECKING

from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from walkstats.figures.canvas import StyledFigure, add_note, canvas, literal
from walkstats.figures.palette import PALE_ALPHA, arm_style
from walkstats.figures.time_axis import set_y_label

if TYPE_CHECKING:
    from walkstats.missing import Imputations

NEEDED = "This figure needs Imputations of missing.impute"
PANEL = (2.6, 1.9)  # inches
ACROSS = 3


def plot_imputation_trace(imputations: Imputations, *, title: str = "") -> StyledFigure:
    """Plot the mean of the imputed values of each column, round by round.

    Parameters
    ----------
    imputations : Imputations
        From ``missing.impute`` with more than one round.
    title : str

    Returns
    -------
    matplotlib.figure.Figure
        Closed. One panel per column, one line per data set, coloured by group. Lines that mix and
        show no trend have settled.

    Raises
    ------
    ValueError
        For another result, and imputations of one round, which need not settle.

    Examples
    --------
    >>> import pandas as pd
    >>> from walkstats.missing import impute
    >>> frame = pd.DataFrame({"a": [1.0, 2, 3, 4, 5, None, 7, 8],
    ...                       "b": [2.0, 3, 5, 4, 6, 7, None, 9]})
    >>> filled = impute(frame, imputations=2, seed=1, iterations=4)
    >>> [ax.get_title(loc="left") for ax in plot_imputation_trace(filled).axes]
    ['a', 'b']
    """
    columns = _columns(imputations)
    across = min(ACROSS, len(columns))
    down = -(-len(columns) // across)
    alt = f"Means of imputed values by round: {', '.join(columns)}."
    with canvas(PANEL[0] * across, PANEL[1] * down + 0.6 + 0.25 * bool(title), alt) as figure:
        for k, column in enumerate(columns):
            ax = figure.add_subplot(down, across, k + 1, label=column)
            lines = draw_imputation_trace(ax, imputations, column)
            if k % across:
                ax.set_ylabel("")
            if k + across < len(columns):
                ax.set_xlabel("")
        groups = {str(line.get_label()): line for line in lines}
        if len(groups) > 1:
            figure.legend(list(groups.values()), list(groups), loc="outside upper right", ncols=4)
        if title:
            figure.suptitle(literal(title), x=0.01, ha="left")
        add_note(figure, imputations.source, "One line per completed data set.")
    return figure


def draw_imputation_trace(ax: Axes, imputations: Imputations, column: str) -> list[Line2D]:
    """Draw the means of one column on axes of one's own.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    imputations : Imputations
    column : str
        A column of ``imputations.trace``.

    Returns
    -------
    list of matplotlib.lines.Line2D
        One per group and data set.

    Raises
    ------
    ValueError
        As ``plot_imputation_trace``, and for a column that was not imputed.

    Examples
    --------
    >>> import pandas as pd
    >>> from matplotlib.figure import Figure
    >>> from walkstats.missing import impute
    >>> frame = pd.DataFrame({"a": [1.0, 2, 3, 4, 5, None, 7, 8],
    ...                       "b": [2.0, 3, 5, 4, 6, 7, None, 9]})
    >>> filled = impute(frame, imputations=2, seed=1, iterations=4)
    >>> len(draw_imputation_trace(Figure().subplots(), filled, "a"))
    2
    """
    columns = _columns(imputations)
    if column not in columns:
        raise ValueError(f"No {column!r} in the trace. There are: {', '.join(columns)}.")
    trace = imputations.trace
    own = trace[trace["column"] == column]
    # Arms have the colour that they have in other figures.
    groups = [str(group) for group in dict.fromkeys(imputations.to_frame()["group"])]
    lines = []
    for (group, _), one in own.groupby(["group", "imputation"], sort=False):
        style = arm_style(groups.index(str(group)))
        lines += ax.plot(
            one["iteration"], one["mean"], color=style.colour, alpha=PALE_ALPHA * 1.6,
            linewidth=0.9, label=literal(str(group)),
        )  # fmt: skip
    ax.set_title(literal(column), loc="left")
    ax.set_xlabel("Round")
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    set_y_label(ax, "Mean imputed")
    return lines


def _columns(imputations: object) -> list[str]:
    trace = getattr(imputations, "trace", None)
    if trace is None:
        raise ValueError(f"{NEEDED}, got {type(imputations).__name__}.")
    if not len(trace) or trace["iteration"].max() < 2:
        raise ValueError("These values were imputed in one round: nothing has to settle.")
    return list(dict.fromkeys(trace["column"]))
