"""Does the effect differ between subgroups? A forest with the test of interaction."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.axes import Axes

from walkstats._arguments import check_choice
from walkstats._digits import NumberStyle, decimals_for, fixed, interval, p_value, style_of
from walkstats._labels import capitalised, described, percent_level
from walkstats.figures.canvas import StyledFigure, add_note, canvas, check_names, literal
from walkstats.figures.forest import (
    LABEL_LETTERS,
    LINE,
    axis_limits,
    draw_estimate,
    write_favours,
    written,
)
from walkstats.figures.palette import ARM_STYLES, MUTED, NORMAL
from walkstats.figures.row_columns import Words, mark_null, prepare_rows, write_columns
from walkstats.figures.text_width import text_inches
from walkstats.figures.time_axis import NumberFormatter, set_ratio_ticks
from walkstats.results import Estimate

if TYPE_CHECKING:
    from walkstats.causal import SubgroupEffects

NEEDED = "A forest of subgroups needs SubgroupEffects (from causal.subgroup_effects)"
CAUTION = (
    "Dotted: the effect in everybody. The p-value is that of the interaction; intervals that do or "
    "do not hold the null say nothing about whether subgroups differ."
)


EVERYBODY = "Everybody"


@dataclass(frozen=True)
class SubgroupRow:
    """One row as it is drawn: everybody, a modifier, or a level.

    Attributes
    ----------
    label : str
    estimate : Estimate or None
    text : str
    counts : tuple of str
        By arm.
    other : str
        On the other scale.
    p : str
        Of interaction, in the row of the modifier.
    indent : int
    """

    label: str
    estimate: Estimate | None = None
    text: str = ""
    counts: tuple[str, ...] = ()
    other: str = ""
    p: str = ""
    indent: int = 0


def plot_subgroups(
    effects: SubgroupEffects,
    *,
    arm: str | None = None,
    names: Mapping[str, str] | None = None,
    labels: Mapping[str, str] | None = None,
    favours: tuple[str, str] | None = None,
    xlabel: str | None = None,
    title: str = "",
    source: str | None = None,
    style: str | None = None,
    width: float = 9.6,
) -> StyledFigure:
    """Plot the effect of the arm in subgroups, with the test of interaction of each modifier.

    Parameters
    ----------
    effects : SubgroupEffects
    arm : str, optional
        The arm that is compared with the first, where there are several; the last by default.
    names : mapping, optional
        Arm -> what it is called.
    labels : mapping, optional
        Modifier, or ``modifier=level`` -> what it is called.
    favours : (str, str), optional
        Whom values below and above the null favour.
    xlabel, title : str, optional
    source : str, optional
        For the note line; by default that of the result.
    style : {"plain", "nejm", "lancet", "jama", "bmj"}, optional
        Of the numbers.
    width : float
        Of the figure [inches].

    Returns
    -------
    matplotlib.figure.Figure
        Closed. Left of the axes events and participants by arm; right of them the effect, the same
        on the other scale where there is one, and the p-value of interaction.

    Raises
    ------
    ValueError
        For another result, and words that are not known.

    Examples
    --------
    >>> import walkstats as ws
    >>> trial = ws.load_sample("bladder")
    >>> events = ws.derive.first_recurrence(trial, kind="any", baseline=["number"])
    >>> events["tumours"] = (events["number"] > 1).map({False: "one", True: "several"})
    >>> found = ws.causal.subgroup_effects(events, "arm", "tumours", at=365)
    >>> plot_subgroups(found).axes[0].get_xlabel()
    'Hazard ratio, thiotepa against placebo'
    """
    rows = subgroup_rows(effects, arm=arm, labels=labels, style=style)
    height = LINE * (len(rows) + 2) + 0.95 + 0.25 * bool(title) + 0.2 * bool(favours)
    alt = f"Forest of effects in subgroups: {', '.join(row.label for row in rows if row.estimate)}."
    with canvas(width, height, alt) as figure:
        ax = figure.add_subplot(label="subgroups")
        _draw(ax, effects, rows, names, favours, xlabel or _compared(effects, arm))
        if title:
            figure.suptitle(
                literal(title), x=0.01, ha="left", fontsize=NORMAL + 1, fontweight="bold"
            )
        late = [name for name, status in effects.status.items() if status != "pre-specified"]
        posthoc = "Post hoc: not in the plan." if late else ""
        add_note(figure, effects.source if source is None else source, CAUTION, posthoc)
    return figure


def draw_subgroups(
    ax: Axes,
    effects: SubgroupEffects,
    *,
    arm: str | None = None,
    names: Mapping[str, str] | None = None,
    labels: Mapping[str, str] | None = None,
    favours: tuple[str, str] | None = None,
    xlabel: str | None = None,
    style: str | None = None,
) -> list[SubgroupRow]:
    """Draw the effect of the arm in subgroups on axes of one's own.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    effects, arm, names, labels, favours, xlabel, style
        As for ``plot_subgroups``.

    Returns
    -------
    list of SubgroupRow
        The rows drawn, from top to bottom.

    Raises
    ------
    ValueError
        As ``plot_subgroups``.

    Examples
    --------
    >>> import walkstats as ws
    >>> from matplotlib.figure import Figure
    >>> trial = ws.load_sample("bladder")
    >>> events = ws.derive.first_recurrence(trial, kind="any", baseline=["number"])
    >>> events["tumours"] = (events["number"] > 1).map({False: "one", True: "several"})
    >>> found = ws.causal.subgroup_effects(events, "arm", "tumours", at=365)
    >>> [row.label for row in draw_subgroups(Figure().subplots(), found)]
    ['Everybody', 'Tumours', 'one', 'several']
    """
    rows = subgroup_rows(effects, arm=arm, labels=labels, style=style)
    _draw(ax, effects, rows, names, favours, xlabel or _compared(effects, arm))
    return rows


def subgroup_rows(
    effects: Any,
    *,
    arm: str | None = None,
    labels: Mapping[str, str] | None = None,
    style: str | None = None,
) -> list[SubgroupRow]:
    """The forest as rows, before it is drawn."""
    if not all(hasattr(effects, name) for name in ("effects", "interaction_tests", "places")):
        raise ValueError(f"{NEEDED}, got {type(effects).__name__}.")
    marks = style_of(style)
    arms = [
        term.removeprefix(f"{effects.arm}[").removesuffix("]") for term in effects.overall.terms
    ]
    own = arms[-1] if arm is None else check_choice(arm, arms, "arm")
    said = dict(labels or {})
    rows, before = [], None
    for part in (effects.overall, effects.effects):
        for term in part.terms:
            name, level = effects.places[term]
            if not term.startswith(f"{effects.arm}[{own}]"):
                continue
            if name and name != before:
                rows.append(_heading(effects, name, said, marks))
                before = name
            rows.append(_row(effects, part, term, name, level, said, marks))
    return rows


def _compared(effects: Any, arm: str | None) -> str | None:
    """Of several arms, which is compared with the first; None where there are two."""
    arms = list(dict.fromkeys(effects.groups["arm"]))
    if len(arms) == 2:
        return None
    measure = capitalised(effects.overall.measure) or "Estimate"
    return f"{measure}, {arm or arms[-1]} against {arms[0]}"


def _heading(effects: Any, name: str, said: dict[str, str], marks: NumberStyle) -> SubgroupRow:
    late = " (post hoc)" if effects.status[name] != "pre-specified" else ""
    p = effects.interaction_tests[name].p_value
    return SubgroupRow(f"{said.get(name, capitalised(described(name)))}{late}", p=p_value(p, marks))


def _row(
    effects: Any,
    part: Any,
    term: str,
    name: str,
    level: str,
    said: dict[str, str],
    marks: NumberStyle,
) -> SubgroupRow:
    one = part.estimate(term, ratio=part.link != "identity")
    other = ""
    if effects.other is not None:
        two = effects.other.estimate(term, ratio=effects.other.link != "identity")
        first = effects.other.estimate(
            effects.other.terms[0], ratio=effects.other.link != "identity"
        )
        other = _text(_shown(two), _shown(first), marks)
    label = said.get(f"{name}={level}", level) if name else EVERYBODY
    table = effects.groups
    here = table[(table["modifier"] == name) & (table["level"] == level)]
    counts = tuple(_counts(row) for row in here.to_dict("records"))
    whole = effects.overall.estimate(
        effects.overall.terms[0], ratio=effects.overall.link != "identity"
    )
    text = _text(_shown(one), _shown(whole), marks)
    return SubgroupRow(label, one, text, counts, other, "", int(bool(name)))


def _text(one: Estimate, whole: Estimate, marks: NumberStyle) -> str:
    """An estimate with its interval; differences with the decimals of that in everybody."""
    if one.scale == "ratio":
        return written(one, marks)
    decimals = decimals_for((whole.conf_high - whole.conf_low) / 2.0)
    limits = interval(one.conf_low, one.conf_high, (decimals, decimals), marks)
    return f"{fixed(one.estimate, decimals, marks)} ({limits})"


def _counts(row: Mapping[Any, Any]) -> str:
    return str(row["n"]) if np.isnan(row["events"]) else f"{row['events']:.0f}/{row['n']}"


def _shown(one: Estimate) -> Estimate:
    """Differences of risks in percentage points."""
    if one.scale == "ratio" or "risk" not in one.measure:
        return one
    return replace(
        one, estimate=100 * one.estimate, std_error=100 * one.std_error,
        conf_low=100 * one.conf_low, conf_high=100 * one.conf_high,
    )  # fmt: skip


def _draw(
    ax: Axes,
    effects: Any,
    rows: list[SubgroupRow],
    names: Mapping[str, str] | None,
    favours: tuple[str, str] | None,
    xlabel: str | None,
) -> None:
    prepare_rows(ax, len(rows))
    points = [None if row.estimate is None else _shown(row.estimate) for row in rows]
    known = [one for one in points if one is not None]
    first = known[0]
    on_log = first.scale == "ratio"
    low, high = axis_limits(known)
    ax.set_xscale("log" if on_log else "linear")
    ax.set_xlim(low, high)
    mark_null(ax, 1.0 if on_log else 0.0)
    ax.axvline(first.estimate, color=MUTED, linewidth=0.9, linestyle=":", zorder=1)
    for place, one in enumerate(points):
        if one is not None:
            draw_estimate(ax, place, one, (low, high))
    ax.plot(first.estimate, 0, marker="D", markersize=7, color=ARM_STYLES[0].colour)
    if on_log:
        set_ratio_ticks(ax.xaxis, low, high)
    else:
        ax.xaxis.set_major_formatter(NumberFormatter())
    unit = ", percentage points" if first.measure == "risk difference" else ""
    measure = f"{capitalised(first.measure) or 'Estimate'}{unit}"
    ax.set_xlabel(textwrap.fill(literal(xlabel or measure), LABEL_LETTERS))
    _write_beside(ax, effects, rows, first, names)
    if favours is not None:
        write_favours(ax, favours, 1.0 if on_log else 0.0)


def _write_beside(
    ax: Axes,
    effects: Any,
    rows: list[SubgroupRow],
    first: Estimate,
    names: Mapping[str, str] | None,
) -> None:
    """Labels and counts left of the points, effects and p-values right of them."""
    arms = tuple(dict.fromkeys(effects.groups["arm"]))
    printed = check_names(names, arms)
    headings = tuple(k for k, row in enumerate(rows) if row.estimate is None or row.indent == 0)
    labels = Words("", tuple(row.label for row in rows), bold=headings,
                   indents=tuple(row.indent for row in rows))  # fmt: skip
    what = "n" if effects.groups["events"].isna().all() else "events/n"
    counts = [
        Words(
            f"{capitalised(printed[one])}\n{what}",
            tuple(row.counts[k] if row.counts else "" for row in rows), "right",
        )
        for k, one in enumerate(arms)
    ]  # fmt: skip
    write_columns(ax, [labels, *counts], right=False)
    level = percent_level(first.level)
    texts = tuple(row.text for row in rows)
    beside = [Words(f"{_short(first, texts)}\n({level}% CI)", texts)]
    if effects.other is not None:
        other = effects.other.estimate(
            effects.other.terms[0], ratio=effects.other.link != "identity"
        )
        others = tuple(row.other for row in rows)
        beside.append(Words(f"{_short(other, others)}\n({level}% CI)", others))
    beside.append(Words("p for\ninteraction", tuple(row.p for row in rows)))
    write_columns(ax, beside, right=True)


def _short(one: Estimate, texts: tuple[str, ...]) -> str:
    """The measure, or one word where it would be wider than the numbers below it."""
    if one.measure == "risk difference":
        return "Risk difference, %"
    measure = capitalised(one.measure)
    widest = max(text_inches(text, NORMAL) for text in texts)
    if measure and text_inches(measure, NORMAL, "bold") <= widest:
        return measure
    return "Ratio" if one.scale == "ratio" else "Difference"
