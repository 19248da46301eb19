"""How fast do events come? Cumulative hazards over follow-up with their numbers at risk."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from walkstats.figures.canvas import StyledFigure, check_result
from walkstats.figures.survival_curves import draw_survival, plot_survival
from walkstats.results import Curve

NEEDED = "A figure of cumulative hazards needs a Curve from nelson_aalen or baseline_hazard"
LABEL = "Cumulative hazard"


def plot_cumulative_hazard(
    curve: Curve,
    *,
    unit: str | None = None,
    times: Sequence[float] | None = None,
    rows: Sequence[str] = ("at risk",),
    bands: bool = True,
    labels: str = "direct",
    pale_below: int | None = None,
    names: Mapping[str, str] | None = None,
    title: str = "",
    statement: str = "",
    xlabel: str | None = None,
    ylabel: str | None = None,
    width: float = 6.4,
) -> StyledFigure:
    """Plot cumulative hazards over follow-up with the numbers at risk below.

    Parameters
    ----------
    curve : Curve
        From ``survival.nelson_aalen`` or ``survival.baseline_hazard``.
    unit : {"days", "weeks", "months", "years"}, optional
        Of the x axis; by default that of the curve.
    times : sequence of float, optional
        Ticks, and times of the numbers at risk, in the unit shown.
    rows : sequence of {"at risk", "censored", "events"}
        Numbers below the curves; empty for none.
    bands : bool
        Pointwise confidence bands.
    labels : {"direct", "legend", "none"}
        Names at the ends of the curves, or in a legend.
    pale_below : int, optional
        Draw a curve paler where fewer than so many are at risk.
    names : mapping of str to str, optional
        Group -> printed name.
    title, statement : str
        Above the curves; the statement, for example a hazard ratio, in plain type below the title.
    xlabel, ylabel : str, optional
    width : float
        Of the figure [inches].

    Returns
    -------
    matplotlib.figure.Figure
        Closed, so that a notebook shows it once. Its last line names the source of the data. The
        slope of a curve is the hazard: a straight line is a constant one.

    Raises
    ------
    ValueError
        For unknown choices, or something that is no curve of cumulative hazards.

    Examples
    --------
    >>> import pandas as pd
    >>> from walkstats.results import Curve
    >>> frame = pd.DataFrame(
    ...     {"group": "all", "days": [10.0, 20.0], "estimate": [0.5, 1.0],
    ...      "std_error": [0.25, 0.4], "conf_low": [0.2, 0.5], "conf_high": [1.3, 2.2],
    ...      "n_risk": [4, 4], "n_event": [2, 2], "n_censor": [0, 4]}
    ... )
    >>> curve = Curve(frame, "days", "cumulative hazard", last={"all": 20.0}, start=0.0)
    >>> [axes.get_label() for axes in plot_cumulative_hazard(curve).axes]
    ['cumulative hazard', 'numbers at risk']
    """
    _check(curve)
    figure = plot_survival(
        curve, unit=unit, times=times, rows=rows, bands=bands, labels=labels, names=names,
        pale_below=pale_below, title=title, statement=statement, xlabel=xlabel,
        ylabel=ylabel or LABEL, width=width,
    )  # fmt: skip
    figure.axes[0].set_label("cumulative hazard")
    return figure


def draw_cumulative_hazard(
    ax: Axes,
    curve: Curve,
    *,
    unit: str | None = None,
    times: Sequence[float] | None = None,
    bands: bool = True,
    labels: str = "direct",
    pale_below: int | None = None,
    names: Mapping[str, str] | None = None,
    xlabel: str | None = None,
    ylabel: str | None = None,
) -> list[Line2D]:
    """Draw cumulative hazards over follow-up on axes of one's own.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    curve : Curve
    unit, times, bands, labels, pale_below, names, xlabel, ylabel
        As for ``plot_cumulative_hazard``.

    Returns
    -------
    list of matplotlib.lines.Line2D
        One whole curve per group, in order.

    Raises
    ------
    ValueError
        As ``plot_cumulative_hazard``.

    Examples
    --------
    >>> import pandas as pd
    >>> from matplotlib.figure import Figure
    >>> from walkstats.results import Curve
    >>> frame = pd.DataFrame(
    ...     {"group": "all", "days": [10.0, 20.0], "estimate": [0.5, 1.0],
    ...      "std_error": [0.25, 0.4], "conf_low": [0.2, 0.5], "conf_high": [1.3, 2.2]}
    ... )
    >>> curve = Curve(frame, "days", "cumulative hazard", last={"all": 20.0}, start=0.0)
    >>> (line,) = draw_cumulative_hazard(Figure().subplots(), curve)
    >>> line.get_xydata().tolist()
    [[0.0, 0.0], [10.0, 0.5], [20.0, 1.0], [20.0, 1.0]]
    """
    _check(curve)
    return draw_survival(
        ax, curve, unit=unit, times=times, bands=bands, labels=labels, pale_below=pale_below,
        names=names, xlabel=xlabel, ylabel=ylabel or LABEL,
    )  # fmt: skip


def _check(curve: Curve) -> None:
    check_result(curve, Curve, NEEDED)
    if curve.quantity != "cumulative hazard":
        raise ValueError(f"{NEEDED}; this is a curve of {curve.quantity}.")
