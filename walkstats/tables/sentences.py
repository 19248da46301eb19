"""How does a results section say it? One result, one sentence."""

from __future__ import annotations

import math
from functools import singledispatch

from walkstats import _digits
from walkstats._digits import NumberStyle, style_of
from walkstats._labels import capitalised, number_in_unit, percent_level, without_unit
from walkstats.results import Curve, Estimate, Estimates, Fit, HypothesisTest

STATES = {
    "boundary": "an estimate lies at the boundary of its range",
    "infinite": "the fit runs to infinity",
    "not converged": "the fit did not converge",
}
SYMBOLS = {"chi2": "χ²", "F": "F", "t": "t", "normal": "z"}


def sentence(
    estimate: Estimate | Estimates | HypothesisTest | Curve,
    term: str | None = None,
    *,
    label: str | None = None,
    unit: str = "",
    style: str = "plain",
) -> str:
    """Say a result as a results section does.

    Parameters
    ----------
    estimate : Estimate, Estimates (a fit), HypothesisTest or Curve
        Of a curve the medians are said.
    term : str, optional
        Which term of a fit; not needed where there is one only.
    label : str, optional
        What the number is, e.g. "Hazard ratio"; by default what the result says it measures.
    unit : str
        Written after the number, e.g. "days", and then not in brackets before it as well. Of a
        curve by default the name of its x column.
    style : {"plain", "nejm", "lancet", "jama", "bmj"}
        Decimal mark, dashes and p-values of a journal. While a report is composed in the style of a
        journal, "plain" is that style.

    Returns
    -------
    str
        Without a full stop, so that it can be continued. Of a fit that did not converge, or whose
        estimates ran to a limit, that is said in square brackets.

    Raises
    ------
    ValueError
        For a result that has several terms and none named, or that no sentence is known for.

    Notes
    -----
    A ratio has two decimals around 1, a difference as many as show two significant digits of half
    its interval. p-values below 0.001 (Lancet: 0.0001) are not written out, and none is rounded to
    0.05.

    Examples
    --------
    >>> from walkstats.results import Estimate
    >>> ratio = Estimate(
    ...     "arm[walking]", 0.72, 0.09, -3.65, float("inf"), 0.0023, 0.6, 0.85, null=1.0,
    ...     scale="ratio", measure="hazard ratio",
    ... )
    >>> sentence(ratio)
    'Hazard ratio 0.72 (95% CI 0.60 to 0.85; p = 0.002)'
    >>> sentence(ratio, style="lancet")
    'Hazard ratio 0·72 (95% CI 0·60–0·85; p=0·002)'
    """
    marks = style_of(None if style == "plain" else style)
    doubt = STATES.get(estimate.state, "") if isinstance(estimate, Fit) else ""
    if term is not None and not isinstance(estimate, Estimates):
        raise ValueError("term belongs to a fit or a set of estimates.")
    result = _one_of(estimate, term) if isinstance(estimate, Estimates) else estimate
    said = _say(result, label, unit, marks)
    return f"{said} [{doubt}]" if doubt else said


def _one_of(estimates: Estimates, term: str | None) -> Estimate:
    if term is None and len(estimates.terms) != 1:
        raise ValueError(f"Name the term to say. The terms are: {', '.join(estimates.terms)}.")
    chosen = estimates.terms[0] if term is None else term
    return estimates.estimate(chosen, ratio=estimates.has_ratio(chosen))


@singledispatch
def _say(result: object, label: str | None, unit: str, style: NumberStyle) -> str:
    conclusion = getattr(result, "conclusion", None)  # a test against margins brings its own
    if isinstance(conclusion, str):
        return conclusion.removesuffix(".")
    raise ValueError(
        f"No sentence is known for a {type(result).__name__}; give one of its estimates."
    )


@_say.register
def _say_estimate(result: Estimate, label: str | None, unit: str, style: NumberStyle) -> str:
    name = label or capitalised(without_unit(result.measure, unit)) or result.term
    number = number_in_unit(_number(result, style), unit)
    if math.isnan(result.conf_low) and math.isnan(result.conf_high):
        return f"{name} {number} (no confidence interval can be given)"
    known = result.p_value == result.p_value
    return (style.whole if known else style.bare).format(
        label=name,
        estimate=number,
        level=percent_level(result.level),
        low_high=_limits(result, style),
        p=_digits.p_phrase(result.p_value, style),
    )


def _decimals(result: Estimate) -> tuple[int, int, int]:
    if result.scale == "ratio":
        values = (result.estimate, result.conf_low, result.conf_high)
        first, low, high = (_digits.ratio_decimals(value) for value in values)
        return first, low, high
    decimals = _digits.decimals_for((result.conf_high - result.conf_low) / 2.0)
    return decimals, decimals, decimals


def _number(result: Estimate, style: NumberStyle) -> str:
    return _digits.fixed(result.estimate, _decimals(result)[0], style)


def _limits(result: Estimate, style: NumberStyle) -> str:
    return _digits.interval(result.conf_low, result.conf_high, _decimals(result)[1:], style)


@_say.register
def _say_test(result: HypothesisTest, label: str | None, unit: str, style: NumberStyle) -> str:
    if math.isnan(result.statistic):
        return f"{label or capitalised(result.name)}: no statistic can be given"
    symbol = SYMBOLS.get(result.distribution, "statistic")
    degrees = [d for d in (result.df, result.df_denominator) if d is not None and d < float("inf")]
    written = ", ".join(_digits.fixed(d, 0 if float(d).is_integer() else 1, style) for d in degrees)
    df = f", df {written}" if degrees else ""
    statistic = _digits.fixed(result.statistic, 2, style)
    phrase = _digits.p_phrase(result.p_value, style)
    return f"{label or capitalised(result.name)}: {symbol} = {statistic}{df}, {phrase}"


@_say.register
def _say_curve(result: Curve, label: str | None, unit: str, style: NumberStyle) -> str:
    medians = result.quantile(0.5)
    said = [
        _median(
            medians.estimate(group),
            group if len(result.groups) > 1 else "",
            unit or result.x,
            style,
        )
        for group in result.groups
    ]
    return f"{label or 'Median'}{':' if len(said) > 1 else ''} {', '.join(said)}"


def _median(result: Estimate, group: str, unit: str, style: NumberStyle) -> str:
    known = [x for x in (result.estimate, result.conf_low, result.conf_high) if x == x]
    # 12.6 and 12.7 months are not both 13; days are whole and stay so.
    whole = all(x >= 100 or float(x).is_integer() for x in known)
    decimals = 0 if whole else 1
    value, low, high = (
        "not reached" if number != number else _digits.fixed(number, decimals, style)
        for number in (result.estimate, result.conf_low, result.conf_high)
    )
    percent = percent_level(result.level)
    between = " to " if "not reached" in (low, high) else style.between
    limits = f"{low}{between}{high}"
    interval = f" ({percent}% CI {limits})" if (low, high) != ("not reached",) * 2 else ""
    number = value if value == "not reached" else number_in_unit(value, unit)
    return f"{f'{group} ' if group else ''}{number}{interval}"
