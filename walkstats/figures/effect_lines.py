"""How does the effect of the arm change along a number? A line with its band."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from walkstats._digits import p_phrase, style_of
from walkstats._labels import capitalised, described
from walkstats.figures.canvas import StyledFigure, add_note, canvas, literal
from walkstats.figures.palette import BAND_ALPHA, BAND_ALPHA_MANY, MUTED, NORMAL, arm_style
from walkstats.figures.time_axis import NumberFormatter, set_ratio_ticks, set_y_label

if TYPE_CHECKING:
    from walkstats.causal import EffectCurve

NEEDED = "This figure needs an EffectCurve (from causal.effect_curve)"
OTHER = {
    "identity": "Risk difference,\npercentage points",
    "log": "Ratio of risks",
}


def plot_effect_curve(
    effect: EffectCurve,
    *,
    xlabel: str | None = None,
    ylabel: str | None = None,
    title: str = "",
    source: str | None = None,
    style: str | None = None,
    width: float = 6.4,
) -> StyledFigure:
    """Plot the effect of the arm along a number, and below it the other scale in bands.

    Parameters
    ----------
    effect : EffectCurve
    xlabel, ylabel, title : str, optional
    source : str, optional
        For the note line; by default that of the result.
    style : {"plain", "nejm", "lancet", "jama", "bmj"}, optional
        Of the p-value.
    width : float
        Of the figure [inches].

    Returns
    -------
    matplotlib.figure.Figure
        Closed. Its axes are ``effect`` and, where there are bands, ``bands``. Dotted: the effect in
        everybody.

    Raises
    ------
    ValueError
        For another result.

    Examples
    --------
    >>> import walkstats as ws
    >>> trial = ws.load_sample("bladder")
    >>> events = ws.derive.first_recurrence(trial, kind="any", baseline=["number"])
    >>> figure = plot_effect_curve(ws.causal.effect_curve(events, "arm", "number", at=365, bands=2))
    >>> [ax.get_label() for ax in figure.axes]
    ['effect', 'bands']
    """
    _check(effect)
    banded = len(effect.bands) > 0
    height = 3.3 + 1.7 * banded + 0.25 * bool(title)
    said = p_phrase(effect.interaction.p_value, style_of(style))
    alt = f"Effect of {effect.arm} along {effect.modifier}; interaction {said}."
    with canvas(width, height, alt) as figure:
        ratios = (2.0, 1.0) if banded else (1.0,)
        axes = np.atleast_1d(
            figure.subplots(1 + banded, 1, sharex=True, height_ratios=ratios, squeeze=True)
        )
        axes[0].set_label("effect")
        draw_effect_curve(axes[0], effect, xlabel="" if banded else xlabel, ylabel=ylabel)
        if banded:
            axes[1].set_label("bands")
            draw_effect_bands(axes[1], effect, xlabel=xlabel)
        if title:
            axes[0].set_title(literal(title), loc="left")
        status = "Post hoc: not in the plan." if effect.status != "pre-specified" else ""
        remark = f"Dotted: the effect in everybody. Interaction: {said}."
        add_note(figure, effect.source if source is None else source, remark, status)
    return figure


def draw_effect_curve(
    ax: Axes, effect: EffectCurve, *, xlabel: str | None = None, ylabel: str | None = None
) -> list[Line2D]:
    """Draw the effect of the arm along a number on axes of one's own.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    effect, xlabel, ylabel
        As for ``plot_effect_curve``.

    Returns
    -------
    list of matplotlib.lines.Line2D
        One line per arm but the first.

    Raises
    ------
    ValueError
        For another result.

    Examples
    --------
    >>> import walkstats as ws
    >>> from matplotlib.figure import Figure
    >>> trial = ws.load_sample("bladder")
    >>> events = ws.derive.first_recurrence(trial, kind="any", baseline=["number"])
    >>> found = ws.causal.effect_curve(events, "arm", "number", at=365, bands=2)
    >>> len(draw_effect_curve(Figure().subplots(), found))
    2
    """
    _check(effect)
    curve = effect.curve
    frame = curve.frame
    ax.axhline(1.0 if effect.ratio else 0.0, color=MUTED, linewidth=0.9, zorder=1)
    for k, term in enumerate(effect.overall.terms, 1):
        one = effect.overall.estimate(term, ratio=effect.ratio)
        ax.axhline(one.estimate, color=arm_style(k).colour, linewidth=0.9, linestyle=":", zorder=1)
    lines = []
    alpha = BAND_ALPHA if len(curve.groups) == 1 else BAND_ALPHA_MANY
    for k, group in enumerate(curve.groups, 1):
        rows = frame[frame["group"] == group]
        own = arm_style(k)
        x, y, low, high = (
            rows[name].to_numpy(dtype=float)
            for name in (curve.x, "estimate", "conf_low", "conf_high")
        )
        ax.fill_between(x, low, high, color=own.colour, alpha=alpha, linewidth=0)
        lines += ax.plot(x, y, color=own.colour, linestyle=own.dash, label=literal(group))
    _scale(ax, frame, effect)
    ax.set_xlim(float(frame[curve.x].min()), float(frame[curve.x].max()))
    ax.xaxis.set_major_formatter(NumberFormatter())
    ax.set_xlabel(literal(capitalised(described(curve.x)) if xlabel is None else xlabel))
    set_y_label(ax, ylabel or capitalised(curve.quantity))
    if len(lines) > 1:
        ax.legend(fontsize=NORMAL)
    return lines


def draw_effect_bands(ax: Axes, effect: EffectCurve, *, xlabel: str | None = None) -> None:
    """Draw the effect on the other scale in bands of equally many participants.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    effect : EffectCurve
    xlabel : str, optional

    Raises
    ------
    ValueError
        For another result, and one without bands.

    Examples
    --------
    >>> import walkstats as ws
    >>> from matplotlib.figure import Figure
    >>> trial = ws.load_sample("bladder")
    >>> events = ws.derive.first_recurrence(trial, kind="any", baseline=["number"])
    >>> ax = Figure().subplots()
    >>> draw_effect_bands(ax, ws.causal.effect_curve(events, "arm", "number", at=365, bands=2))
    >>> ax.get_xlabel()
    'Number'
    """
    _check(effect)
    table = effect.bands
    if not len(table):
        raise ValueError("This effect has no bands: it is a difference on its own scale.")
    absolute = effect.absolute is not None
    factor = 100.0 if absolute else 1.0
    ax.axhline(0.0 if absolute else 1.0, color=MUTED, linewidth=0.9, zorder=1)
    # Arms stand beside each other, since their bands are the same people.
    apart = 0.012 * float(table["high"].max() - table["low"].min())
    for k, group in enumerate(dict.fromkeys(table["group"]), 1):
        rows = table[table["group"] == group]
        middle = rows["middle"] + (k - 1) * apart
        own = arm_style(k)
        y = factor * rows["estimate"].to_numpy(dtype=float)
        ax.hlines(y, rows["low"], rows["high"], color=own.colour, linewidth=1.0)
        ax.vlines(
            middle, factor * rows["conf_low"], factor * rows["conf_high"],
            color=own.colour, linewidth=1.2,
        )  # fmt: skip
        ax.plot(middle, y, linestyle="none", marker=own.marker, markersize=5, color=own.colour)
    ax.yaxis.set_major_formatter(NumberFormatter())
    ax.xaxis.set_major_formatter(NumberFormatter())
    ax.set_xlabel(literal(xlabel or capitalised(described(effect.modifier))))
    set_y_label(ax, OTHER["identity" if absolute else "log"])


def _scale(ax: Axes, frame: Any, effect: EffectCurve) -> None:
    if not effect.ratio:
        ax.yaxis.set_major_formatter(NumberFormatter())
        return
    ax.set_yscale("log")
    low, high = float(frame["conf_low"].min()), float(frame["conf_high"].max())
    ax.set_ylim(min(low, 0.95), max(high, 1.05))
    set_ratio_ticks(ax.yaxis, min(low, 0.95), max(high, 1.05))


def _check(effect: Any) -> None:
    if not all(hasattr(effect, name) for name in ("curve", "interaction", "bands", "modifier")):
        raise ValueError(f"{NEEDED}, got {type(effect).__name__}.")
