"""Are the groups alike in what was known before, without weights and with them? One row each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.collections import PathCollection

from walkstats._labels import capitalised, described
from walkstats.figures.canvas import StyledFigure, add_note, canvas, check_names, literal
from walkstats.figures.palette import ARM_STYLES, INK, MUTED, NORMAL, RULE
from walkstats.figures.time_axis import NumberFormatter

if TYPE_CHECKING:
    from walkstats.causal import Balance

NEEDED = "A figure of balance needs what causal.balance gives"
ROW = 0.27  # inches from one row to the next
# Sample -> colour, marker, whether filled.
MARKS = {
    "all rows": (MUTED, "o", False),
    "without weights": (ARM_STYLES[1].colour, "s", True),
    "with weights": (ARM_STYLES[0].colour, "D", True),
}
SMALL_DIFFERENCE = 0.1


def plot_balance(
    balance: Balance,
    *,
    names: Mapping[str, str] | None = None,
    title: str = "",
    width: float = 6.4,
) -> StyledFigure:
    """Plot the standardised difference of each covariate, without weights and with them.

    Parameters
    ----------
    balance : Balance
        From ``causal.balance``.
    names : mapping of str to str, optional
        Covariate -> printed name.
    title : str
    width : float
        Of the figure [inches].

    Returns
    -------
    matplotlib.figure.Figure
        Closed. The covariate that differs most without weights stands at the top; dotted lines mark
        a tenth of a standard deviation.

    Raises
    ------
    ValueError
        For something else.

    Examples
    --------
    >>> import pandas as pd
    >>> from walkstats.causal import balance
    >>> people = pd.DataFrame({"arm": ["control"] * 3 + ["walking"] * 3,
    ...                        "age": [40, 50, 60, 50, 60, 70], "weight": [1, 1, 2, 2, 1, 1]})
    >>> figure = plot_balance(balance(people, "weight", "age"))
    >>> [label.get_text() for label in figure.axes[0].get_yticklabels()]
    ['age']
    """
    frame = _frame(balance)
    terms = frame["term"].nunique()
    first, second = balance.groups
    alt = f"Standardised differences of {terms} covariates between {first} and {second}."
    with canvas(width, ROW * terms + 1.35 + (0.25 if title else 0.0), alt) as figure:
        ax = figure.add_subplot(label="balance")
        draw_balance(ax, balance, names=names)
        if title:
            figure.suptitle(literal(title), x=0.01, ha="left", fontweight="bold")
        said = f"{capitalised(second)} less {first}, in standard deviations of all rows."
        if "all rows" in set(frame["sample"]):
            said += " Weights are to bring those kept back to all rows, not to 0."
        add_note(figure, balance.source, said)
    return figure


def draw_balance(
    ax: Axes, balance: Balance, *, names: Mapping[str, str] | None = None
) -> list[PathCollection]:
    """Draw standardised differences on axes of one's own.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    balance, names
        As for ``plot_balance``.

    Returns
    -------
    list of matplotlib.collections.PathCollection
        One for each sample: all rows (where some are not kept), without weights, with weights.

    Raises
    ------
    ValueError
        As ``plot_balance``.

    Examples
    --------
    >>> import pandas as pd
    >>> from matplotlib.figure import Figure
    >>> from walkstats.causal import balance
    >>> people = pd.DataFrame({"arm": ["control"] * 3 + ["walking"] * 3,
    ...                        "age": [40, 50, 60, 50, 60, 70], "weight": [1, 1, 2, 2, 1, 1]})
    >>> len(draw_balance(Figure().subplots(), balance(people, "weight", "age")))
    2
    """
    frame = _frame(balance)
    terms = _ordered(frame)
    printed = {term: _printed(term) for term in terms}
    printed |= {k: v for k, v in check_names(names, tuple(terms)).items() if k in (names or {})}
    place = {term: len(terms) - 1 - k for k, term in enumerate(terms)}
    for line, style in ((0.0, "-"), (-SMALL_DIFFERENCE, ":"), (SMALL_DIFFERENCE, ":")):
        ax.axvline(line, color=RULE if style == "-" else MUTED, linestyle=style, linewidth=0.8)
    drawn = []
    for k, sample in enumerate(one for one in MARKS if one in set(frame["sample"])):
        own = frame[frame["sample"] == sample]
        colour, marker, filled = MARKS[sample]
        drawn.append(
            ax.scatter(
                own["difference"], own["term"].map(place), s=26, marker=marker, linewidths=1.2,
                facecolors=colour if filled else "none", edgecolors=colour,
                label=literal(sample), zorder=3 + k,
            )
        )  # fmt: skip
    ax.set_yticks([place[term] for term in terms], [literal(printed[term]) for term in terms])
    ax.tick_params(axis="y", length=0, labelsize=NORMAL - 0.5, labelcolor=INK)
    ax.spines["left"].set_visible(False)
    ax.set_ylim(-0.7, len(terms) - 0.3)
    reach = max(float(frame["difference"].abs().max()), SMALL_DIFFERENCE) * 1.15
    ax.set_xlim(-reach, reach)
    ax.xaxis.set_major_formatter(NumberFormatter())
    ax.set_xlabel("Standardised difference")
    ax.legend(loc="lower right", bbox_to_anchor=(1.0, 1.0), ncols=3, borderaxespad=0.2,
              handletextpad=0.2, columnspacing=1.2)  # fmt: skip
    return drawn


def _ordered(frame: pd.DataFrame) -> list[str]:
    """Terms, those that differ most without weights first."""
    before = frame[frame["sample"] == "without weights"].set_index("term")["difference"].abs()
    order = np.argsort(-before.fillna(0.0).to_numpy(), kind="stable")
    return [str(term) for term in before.index[order]]


def _printed(term: str) -> str:
    """What the dictionary calls a column; of a level the column and the level."""
    name, bracket, level = term.partition("[")
    return f"{described(name)}: {level.removesuffix(']')}" if bracket else described(term)


def _frame(balance: Balance) -> pd.DataFrame:
    if not all(hasattr(balance, name) for name in ("frame", "groups", "effective")):
        raise ValueError(f"{NEEDED}, got {type(balance).__name__}.")
    return balance.frame
