"""How much runs through the mediator, and how much confounding would undo it?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from walkstats._labels import capitalised, percent_level
from walkstats.figures.canvas import StyledFigure, add_note, canvas, literal
from walkstats.figures.end_labels import label_ends
from walkstats.figures.forest import LINE, ForestRow, draw_rows, forest_rows
from walkstats.figures.palette import BAND_ALPHA, BAND_ALPHA_MANY, INK, MUTED, SMALL, arm_style
from walkstats.figures.time_axis import set_y_label
from walkstats.results import Estimate

if TYPE_CHECKING:
    from walkstats.causal import Mediation

NEEDED = "This figure needs a Mediation, as causal.mediate gives it"
UNSURE = "Nobody was randomised to the mediator: direct and indirect effects rest on assumptions."
SHARE = "proportion mediated"


def plot_mediation(
    found: Mediation,
    *,
    controlled: bool = True,
    title: str = "",
    xlabel: str | None = None,
    style: str | None = None,
    width: float = 7.2,
) -> StyledFigure:
    """Plot the total effect and its parts below each other with their intervals.

    Parameters
    ----------
    found : Mediation
        From ``causal.mediate`` or ``causal.mediate_from_landmark``.
    controlled : bool
        Whether controlled direct effects are shown too.
    title : str
    xlabel : str, optional
        By default what the effects are.
    style : {"plain", "nejm", "lancet", "jama", "bmj"}, optional
        Of the numbers at the right.
    width : float
        Of the figure [inches].

    Returns
    -------
    matplotlib.figure.Figure
        Closed. The note line says that nobody was randomised to the mediator.

    Raises
    ------
    ValueError
        For another result.

    Examples
    --------
    >>> import pandas as pd
    >>> from walkstats.causal import mediate
    >>> frame = pd.DataFrame({"arm": list("ab") * 10, "minutes": range(20),
    ...                       "pain": [3, 5, 2, 4, 5, 2, 1, 4, 2, 3] * 2})
    >>> found = mediate(frame, outcome="pain", mediator="minutes", interval="delta", seed=1)
    >>> figure = plot_mediation(found)
    >>> [text.get_text() for text in figure.axes[0].texts][0]
    'Total'
    """
    rows = _rows(found, controlled, style)
    height = LINE * (len(rows) + 1) + 0.95 + 0.25 * bool(title)
    alt = (
        f"Effects on {found.outcome} through {found.mediator} and not through it: "
        f"{', '.join(row.label for row in rows)}."
    )
    with canvas(width, height, alt) as figure:
        ax = figure.add_subplot(label="mediation")
        draw_rows(ax, rows, None, xlabel)
        if title:
            ax.set_title(literal(title), loc="left", pad=LINE * 72)
        add_note(figure, found.source, *_remarks(found))
    return figure


def draw_mediation(
    ax: Axes,
    found: Mediation,
    *,
    controlled: bool = True,
    xlabel: str | None = None,
    style: str | None = None,
) -> list[ForestRow]:
    """Draw the total effect and its parts on axes of one's own.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    found, controlled, xlabel, style
        As for ``plot_mediation``.

    Returns
    -------
    list of ForestRow
        The rows drawn, from top to bottom.

    Raises
    ------
    ValueError
        As ``plot_mediation``.

    Examples
    --------
    >>> import pandas as pd
    >>> from matplotlib.figure import Figure
    >>> from walkstats.causal import mediate
    >>> frame = pd.DataFrame({"arm": list("ab") * 10, "minutes": range(20),
    ...                       "pain": [3, 5, 2, 4, 5, 2, 1, 4, 2, 3] * 2})
    >>> found = mediate(frame, outcome="pain", mediator="minutes", interval="delta", seed=1)
    >>> len(draw_mediation(Figure().subplots(), found, controlled=False))
    5
    """
    rows = _rows(found, controlled, style)
    draw_rows(ax, rows, None, xlabel)
    return rows


def plot_mediation_sensitivity(
    found: Mediation,
    *,
    title: str = "",
    xlabel: str | None = None,
    ylabel: str | None = None,
    width: float = 6.4,
) -> StyledFigure:
    """Plot what natural effects would be if something unmeasured affected mediator and outcome.

    Parameters
    ----------
    found : Mediation
    title : str
    xlabel, ylabel : str, optional
        By default what is known of them.
    width : float
        Of the figure [inches].

    Returns
    -------
    matplotlib.figure.Figure
        Closed. For two linear models the natural effects over the correlation of the errors, with
        the correlation at which the indirect effect is 0; otherwise the indirect effect over the
        effect of a confounder on the outcome, a line for each difference in how common it is.

    Raises
    ------
    ValueError
        For another result.

    Examples
    --------
    >>> import pandas as pd
    >>> from walkstats.causal import mediate
    >>> frame = pd.DataFrame({"arm": list("ab") * 10, "minutes": range(20),
    ...                       "pain": [3, 5, 2, 4, 5, 2, 1, 4, 2, 3] * 2})
    >>> found = mediate(frame, outcome="pain", mediator="minutes", interval="delta", seed=1)
    >>> plot_mediation_sensitivity(found).axes[0].get_xlabel()
    'Correlation of the errors of mediator and outcome (rho)'
    """
    _check(found)
    alt = f"{capitalised(found.sensitivity.quantity)} over {found.sensitivity.x}."
    with canvas(width, 3.5 + 0.25 * bool(title), alt) as figure:
        ax = figure.add_subplot(label="mediation sensitivity")
        lines = draw_mediation_sensitivity(ax, found, xlabel=xlabel, ylabel=ylabel)
        if title:
            ax.set_title(literal(title), loc="left", pad=14.0)
        label_ends(ax, lines)
        level = percent_level(found.sensitivity.level)
        add_note(figure, found.source, f"Bands: {level}% intervals.", *_remarks(found))
    return figure


def draw_mediation_sensitivity(
    ax: Axes, found: Mediation, *, xlabel: str | None = None, ylabel: str | None = None
) -> list[Line2D]:
    """Draw natural effects under unmeasured confounding on axes of one's own.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    found, xlabel, ylabel
        As for ``plot_mediation_sensitivity``.

    Returns
    -------
    list of matplotlib.lines.Line2D
        One line per effect, or per difference in how common the confounder is.

    Raises
    ------
    ValueError
        As ``plot_mediation_sensitivity``.

    Examples
    --------
    >>> import pandas as pd
    >>> from matplotlib.figure import Figure
    >>> from walkstats.causal import mediate
    >>> frame = pd.DataFrame({"arm": list("ab") * 10, "minutes": range(20),
    ...                       "pain": [3, 5, 2, 4, 5, 2, 1, 4, 2, 3] * 2})
    >>> found = mediate(frame, outcome="pain", mediator="minutes", interval="delta", seed=1)
    >>> lines = draw_mediation_sensitivity(Figure().subplots(), found)
    >>> [line.get_label() for line in lines]
    ['natural indirect', 'natural direct']
    """
    _check(found)
    curve = found.sensitivity
    frame = curve.to_frame()
    ax.axhline(0.0, color=INK, linewidth=0.8, label="_null")
    lines = []
    for place, group in enumerate(curve.groups):
        rows, look = frame[frame["group"] == group], arm_style(place)
        alpha = BAND_ALPHA if len(curve.groups) < 3 else BAND_ALPHA_MANY
        ax.fill_between(
            rows[curve.x], rows["conf_low"], rows["conf_high"], color=look.colour, alpha=alpha,
            linewidth=0,
        )  # fmt: skip
        lines += ax.plot(
            rows[curve.x], rows["estimate"], color=look.colour, linestyle=look.dash,
            label=literal(group),
        )  # fmt: skip
    if curve.x == "rho":
        _mark_rho(ax, float(found.robustness.values[0]))
        ax.set_xlabel(xlabel or "Correlation of the errors of mediator and outcome (rho)")
        shown = "Natural effect"
    else:
        ax.set_xlabel(xlabel or f"Change by the confounder in {literal(found.outcome)}")
        shown = "Natural indirect effect"
    x = frame[curve.x].to_numpy(dtype=float)
    ax.set_xlim(float(x.min()), float(x.max()))
    set_y_label(ax, literal(ylabel or shown))
    return lines


def _mark_rho(ax: Axes, rho: float) -> None:
    """Where the indirect effect is 0."""
    if not np.isfinite(rho):
        return
    ax.axvline(rho, color=MUTED, linewidth=0.9, linestyle=(0, (2, 2)), label="_no effect")
    ax.annotate(
        f"no indirect effect at {rho:.2f}", (rho, 1.0), (0, 2), ha="center", va="bottom",
        xycoords=ax.get_xaxis_transform(), textcoords="offset points", fontsize=SMALL, color=INK,
    )  # fmt: skip


def _rows(found: Mediation, controlled: bool, style: str | None) -> list[ForestRow]:
    _check(found)
    ratio = found.effects.link != "identity"
    chosen = {}
    for term in found.effects.terms:
        if controlled or not term.startswith("controlled"):
            chosen[_label(term, found)] = found.effects.estimate(term, ratio=ratio)
    return forest_rows(chosen, style=style)


def _label(term: str, found: Mediation) -> str:
    """A term in words that say which of two direct or indirect effects it is."""
    first, second = found.arms
    return {
        "total": "Total",
        "natural direct": f"Natural direct, mediator as in {first}",
        "natural indirect": f"Natural indirect in {second}",
    }.get(term, capitalised(term.replace("_", " ")))


def _remarks(found: Mediation) -> list[str]:
    """What the note line says of the mediator, and of the share that runs through it."""
    said = [note for note in found.notes if note.startswith("NOT RANDOMISED")]
    share: Estimate = found.proportion
    if np.isfinite(share.estimate):
        said.append(
            f"Proportion mediated {share.estimate:.0%} ({share.conf_low:.0%} to "
            f"{share.conf_high:.0%})."
        )
    return [*said, UNSURE]


def _check(found: object) -> None:
    # Types of other parts are not imported here.
    if type(found).__name__ != "Mediation":
        raise ValueError(f"{NEEDED}, got {type(found).__name__}.")
