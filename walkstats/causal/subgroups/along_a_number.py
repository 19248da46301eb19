"""How does the effect of the arm change along a number known at randomisation?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from walkstats._arguments import (
    check_choice,
    check_column,
    check_flag,
    check_frame,
    check_level,
    check_times,
    check_whole,
)
from walkstats._variables import as_numbers
from walkstats.causal.subgroups.cautions import said_along
from walkstats.causal.subgroups.level_effects import Question, read_question
from walkstats.causal.subgroups.models import MODELS, fitted, formula_of
from walkstats.causal.subgroups.modifiers import MOST_NUMBERS, status_of
from walkstats.causal.subgroups.people_in_bands import in_bands
from walkstats.causal.subgroups.stacked import picked
from walkstats.errors import DataError
from walkstats.regression.combinations import combined, rows_of_fit
from walkstats.results import Curve, Estimates, Fit, HypothesisTest
from walkstats.results.frozen import Result

Floats = NDArray[np.float64]

FORMS = {"linear": "a straight line", "spline": "a restricted cubic spline"}
POINTS = 61  # of the curve
OUTER = 0.025  # share of the participants at either end where no curve is drawn
SHOWN = (0.1, 0.5, 0.9)  # shares below the values at which effects are told


@dataclass(frozen=True, eq=False)
class EffectCurve(Result):
    """The effect of the arm along a number known at randomisation.

    Attributes
    ----------
    curve : Curve
        Of shape "line": group (the arm), the modifier, estimate, std_error (of the logarithm where
        it is a ratio), conf_low, conf_high.
    effects : Estimates
        At the values below which 10, 50 and 90 % of the participants lie; terms such as
        ``arm[walking], age_years=54``; without p-values.
    overall : Estimates
        The effect in everybody, without interaction.
    interaction : HypothesisTest
        That the effect is the same at all values.
    nonlinear : HypothesisTest or None
        Of a spline: that the effect (on the model's scale) changes along a straight line.
    slope : Estimates or None
        Of a line: change of the effect per unit of the modifier.
    absolute, relative : Estimates or None
        On the other scale, in bands of equally many participants.
    bands : pandas.DataFrame
        One row per band: term, low, high, middle (median), n, and the estimate with its limits.
    modifier, model, arm, status, form : str
    ratio : bool
        Whether the curve shows ratios.
    """

    curve: Curve
    effects: Estimates
    overall: Estimates
    interaction: HypothesisTest
    nonlinear: HypothesisTest | None
    slope: Estimates | None
    absolute: Estimates | None
    relative: Estimates | None
    bands: pd.DataFrame
    modifier: str
    model: str
    arm: str
    status: str
    form: str
    ratio: bool

    def to_frame(self) -> pd.DataFrame:
        """Effects in everybody and at three values, ratios as ratios, with the interaction's p."""
        parts = [self.overall.to_frame(ratio=self.ratio), self.effects.to_frame(ratio=self.ratio)]
        frame = pd.concat([part.dropna(axis=1, how="all") for part in parts], ignore_index=True)
        frame = frame[["term", "estimate", "conf_low", "conf_high"]]
        return frame.assign(p_interaction=self.interaction.p_value)


@dataclass(frozen=True)
class _Along:
    """The two fits with what they were asked: with the product, and without."""

    asked: Question
    fit: Fit
    overall: Fit
    used: pd.DataFrame
    seen: Floats
    name: str
    status: str
    form: str


def effect_curve(
    frame: pd.DataFrame,
    formula: str,
    modifier: str,
    *,
    post_hoc: bool = False,
    model: str = "cox",
    form: str = "linear",
    knots: int = 3,
    at: float | None = None,
    values: ArrayLike | None = None,
    bands: int = 4,
    arm: str = "arm",
    options: Mapping[str, Any] | None = None,
    level: float = 0.95,
) -> EffectCurve:
    """Estimate how the effect of the arm changes with a number such as age.

    Parameters
    ----------
    frame : pandas.DataFrame
        What the model takes: one row per participant, or per participant and visit.
    formula : str
        As for the model, with the arm as a term of its own; the modifier may be in it.
    modifier : str
        Column of a number known at randomisation.
    post_hoc : bool
        Whether it was thought of after the data were known.
    model : {"cox", "logistic", "relative_risk", "risk_difference", "ols", "mmrm"}
    form : {"linear", "spline"}
        How the effect changes, on the model's scale.
    knots : int
        Of the restricted cubic spline; 3 to 7, at the usual quantiles.
    at : float, optional
        Day of the risks beside hazard ratios; needed for "cox" [days].
    values : array_like, optional
        Where the curve is drawn [unit of the modifier]; by default 61 values between those below
        and above which 2.5 % of the rows lie.
    bands : int
        Bands with equally many participants for the other scale, from 2 on.
    arm : str
        Column of the arms; the first is the reference.
    options : mapping, optional
        Further arguments of the model by name.
    level : float
        Confidence level, at each value by itself.

    Returns
    -------
    EffectCurve
        ``curve``, ``interaction`` and, in bands, the other scale.

    Raises
    ------
    ValueError
        For a modifier recorded after randomisation, one with few values, and arguments that do not
        go together.
    DataError
        For a modifier that is no number.

    Notes
    -----
    The model has the formula, f(x) and f(x) times the arm, f a line or a spline. With b(x) the row
    of the design matrix in one arm less that in the reference, the effect is b(x)'beta with the
    variance b(x)'V b(x). The interaction is tested by all products together. Bands are cut at the
    quantiles and say nothing of their own about interaction: they show in people what the line
    says, on the other scale. The limits hold value by value, not for the whole curve.

    References
    ----------
    .. [1] Royston P, Sauerbrei W (2004). A new approach to modelling interactions between treatment
       and continuous covariates in clinical trials. *Stat Med* 23:2509-2525.
       https://doi.org/10.1002/sim.1815

    Examples
    --------
    >>> import walkstats as ws
    >>> trial = ws.load_sample("walkback-like")
    >>> events = ws.derive.first_recurrence(trial, kind="any", baseline=["age_years"])
    >>> found = effect_curve(events, "arm", "age_years", at=365)
    >>> found.interaction.df, len(found.bands)
    (1.0, 4)
    """
    check_frame(frame)
    check_level(level)
    check_choice(model, MODELS, "model")
    check_choice(form, FORMS, "form")
    check_flag(post_hoc, "post_hoc")
    check_whole(bands, "bands", 2)
    asked = read_question(
        frame, formula, model, arm, at=at, tau=None, test="wald", options=dict(options or {}),
        level=level,
    )  # fmt: skip
    name = str(modifier)
    status = status_of([] if post_hoc else [name], [name] if post_hoc else [], asked.taken)[name]
    x = _numbers(frame, name)
    plain, crossed = _formulas(asked, name, form, knots)
    fit = fitted(model, frame, crossed, level, asked.options)
    overall = fitted(model, frame, plain, level, asked.options)
    used = frame.iloc[np.asarray(fit.kept, dtype=np.int64)]  # type: ignore[attr-defined]
    seen = x[np.asarray(fit.kept, dtype=np.int64)]  # type: ignore[attr-defined]
    drawn = _drawn(seen, values)
    told = np.unique(np.round(np.quantile(seen, SHOWN), 6))
    along = _Along(asked, fit, overall, used, seen, name, status, form)
    return _packed(along, drawn, told, bands)


def _numbers(frame: pd.DataFrame, name: str) -> Floats:
    column = check_column(frame, name, "the modifier")
    if not pd.api.types.is_numeric_dtype(column) or pd.api.types.is_bool_dtype(column):
        raise DataError.of(
            f"{name} is no number",
            column=name,
            what_to_do="take causal.subgroup_effects for a modifier with levels",
        )
    x = as_numbers(column, name)
    distinct = len(np.unique(x[np.isfinite(x)]))
    if distinct <= MOST_NUMBERS:
        raise ValueError(
            f"{name!r} has {distinct} values only; causal.subgroup_effects has an effect for each."
        )
    return x


def _formulas(asked: Question, name: str, form: str, knots: int) -> tuple[str, str]:
    """The formula with the modifier, and with its product with the arm."""
    parsed = asked.parsed
    written = name if name.isidentifier() else f"`{name}`"
    shape = written if form == "linear" else f"rcs({written}, {knots})"
    kept = []
    for term, parts in parsed.terms:
        column = parsed.calls[parts[0]][1] if parts[0] in parsed.calls else parts[0]
        if not (len(parts) == 1 and column == name):
            kept.append(term)
    base = formula_of(parsed, kept)
    arm = asked.arm if asked.arm.isidentifier() else f"`{asked.arm}`"
    return f"{base} + {shape}", f"{base} + {shape} + {arm}:{shape}"


def _drawn(seen: Floats, values: ArrayLike | None) -> Floats:
    if values is not None:
        return np.unique(check_times(values, "values"))
    low, high = np.quantile(seen, (OUTER, 1.0 - OUTER))
    return np.linspace(low, high, POINTS)


def _effects_at(
    fit: Fit, asked: Question, used: pd.DataFrame, name: str, values: Floats
) -> Estimates:
    """Effect of each arm at each value: the design in that arm less that in the reference."""
    assert fit.design is not None
    grid = used.iloc[np.zeros(values.size, dtype=int)].assign(**{name: values})

    def rows_in(one: str) -> Floats:
        levels = pd.Categorical([one] * values.size, categories=list(asked.arms))
        return fit.design.matrix(grid.assign(**{asked.arm: levels}))  # type: ignore[union-attr]

    reference = rows_in(asked.arms[0])
    rows = np.vstack([rows_in(one) - reference for one in asked.arms[1:]])
    names = [f"{asked.arm}[{one}], {name}={v:.6g}" for one in asked.arms[1:] for v in values]
    found = combined(fit, names, rows_of_fit(fit, rows))
    none = np.full(len(names), np.nan)
    return replace(found, p_values=none, statistics=none)


def _packed(along: _Along, drawn: Floats, told: Floats, bands: int) -> EffectCurve:
    asked, fit, used, name = along.asked, along.fit, along.used, along.name
    status, form = along.status, along.form
    terms = [f"{asked.arm}[{one}]" for one in asked.arms[1:]]
    other, table = in_bands(asked, used, name, along.seen, bands)
    made = len(table) // len(terms)
    fewer = [f"{made} of {bands} bands, since many have the same {name} or few are of one arm."]
    fewer = fewer if 0 < made < bands else []
    ratio = fit.link != "identity"
    crossed = _crossed_terms(fit, asked.arm, name)
    measure = fit.measure or MODELS[asked.model].effect
    common: dict[str, Any] = {
        "method": _method(asked, name, form, bands),
        "notes": tuple(dict.fromkeys([*said_along(name, status), *fewer, *fit.notes])),
        "counts": fit.counts,
        "source": fit.source,
    }
    named = {**common, "measure": measure}
    slope = picked(fit, crossed) if form == "linear" else None
    return EffectCurve(
        curve=_curve(_effects_at(fit, asked, used, name, drawn), asked, name, drawn, named),
        effects=replace(_effects_at(fit, asked, used, name, told), **named),
        overall=replace(picked(along.overall, terms), **named),
        interaction=_test(fit, crossed, asked, name, common),
        nonlinear=_nonlinear(fit, crossed, asked, name, common) if form == "spline" else None,
        slope=None if slope is None else replace(
            slope, **{**named, "measure": f"ratio of {measure}s" if ratio else ""}
        ),
        absolute=None if other is None or other.link != "identity" else replace(other, **common),
        relative=None if other is None or other.link == "identity" else replace(other, **common),
        bands=table,
        modifier=name,
        model=asked.model,
        arm=asked.arm,
        status=status,
        form=form,
        ratio=ratio,
        **common,
    )  # fmt: skip


def _crossed_terms(fit: Fit, arm: str, name: str) -> list[str]:
    return [one for one in fit.terms if one.startswith(f"{arm}[") and "]:" in one and name in one]


def _test(
    fit: Fit, crossed: Sequence[str], asked: Question, name: str, common: dict[str, Any]
) -> HypothesisTest:
    return replace(
        fit.test(crossed),
        name=f"interaction of {asked.arm} and {name}",
        null=f"The effect of {asked.arm} is the same at all values of {name}.",
        **common,
    )


def _nonlinear(
    fit: Fit, crossed: Sequence[str], asked: Question, name: str, common: dict[str, Any]
) -> HypothesisTest:
    """All columns of the spline but the first, which is the line."""
    bent = [one for one in crossed if not one.endswith("[1]")]
    return replace(
        fit.test(bent),
        name=f"interaction of {asked.arm} and {name}: straight line",
        null=f"The effect of {asked.arm} changes along a straight line with {name}.",
        **common,
    )


def _curve(
    found: Estimates, asked: Question, name: str, drawn: Floats, named: dict[str, Any]
) -> Curve:
    ratio = found.link != "identity"
    rows = found.to_frame(ratio=ratio)
    frame = pd.DataFrame(
        {
            "group": np.repeat(asked.arms[1:], drawn.size),
            name: np.tile(drawn, len(asked.arms) - 1),
            **{c: rows[c].to_numpy() for c in ("estimate", "std_error", "conf_low", "conf_high")},
        }
    )
    more = {key: value for key, value in named.items() if key != "measure"}
    last = {one: float(drawn.max()) for one in asked.arms[1:]}
    return Curve(frame, name, named["measure"], "line", last, asked.level, **more)


def _method(asked: Question, name: str, form: str, bands: int) -> str:
    model = MODELS[asked.model]
    text = (
        f"{model.described[:1].upper()}{model.described[1:]} with the product of {asked.arm} and "
        f"{FORMS[form]} of {name} ({model.effect} at each value); Wald test of the product."
    )
    if asked.model == "cox":
        return f"{text} In {bands} bands the difference of Kaplan-Meier risks at day {asked.at:g}."
    if asked.has_events:
        what = "ratio" if asked.model == "risk_difference" else "difference"
        return f"{text} In {bands} bands the {what} of the risks observed."
    return text
