"""How strong would something unmeasured have to be to explain an association away? E-values."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from walkstats._arguments import check_choice, check_flag, check_positive
from walkstats.results import Estimate, Estimates
from walkstats.results.frozen import Result

RATIOS = ("risk ratio", "rate ratio", "hazard ratio", "odds ratio")
DIFFERENCE = "difference"
MEASURES = (*RATIOS, DIFFERENCE)
# Ratios that come close to a risk ratio only where the outcome is rare.
RARE_MATTERS = ("hazard ratio", "odds ratio")
ASSUMPTIONS = (
    "One unmeasured confounder (or several taken as one) is associated with what was compared and "
    "with the outcome, each by at least the E-value as a risk ratio, beyond what was adjusted for.",
    "Nothing but confounding biases the association: no selection, no error of measurement.",
)


@dataclass(frozen=True, eq=False)
class EValue(Result):
    """How strong unmeasured confounding would have to be.

    Attributes
    ----------
    point : float
        E-value of the estimate.
    limit : float
        E-value of the confidence limit nearer to the null; 1 where the interval holds the null,
        missing where no interval was given.
    e_values : Estimates
        The two as terms; they have no standard error.
    measure : str
        What was given.
    given : tuple of float
        Estimate and limits as given.
    ratio : tuple of float
        Estimate and limits as a risk ratio.
    null : float
        The value that confounding would have to move the estimate to, on the scale given.
    assumptions : tuple of str
    """

    point: float
    limit: float
    e_values: Estimates
    measure: str
    given: tuple[float, float, float]
    ratio: tuple[float, float, float]
    null: float
    assumptions: tuple[str, ...] = ASSUMPTIONS

    def to_frame(self) -> pd.DataFrame:
        """Rows for what was given, the risk ratio that stands for it, and the E-values."""
        rows = [(self.measure, *self.given), ("as a risk ratio", *self.ratio)]
        frame = pd.DataFrame(rows, columns=["scale", "estimate", "conf_low", "conf_high"])
        low, high = self.ratio[1:]
        below = self.ratio[0] < 1.0
        e_values = {"scale": "E-value", "estimate": self.point}
        if not np.isnan(low) or not np.isnan(high):
            e_values["conf_high" if below else "conf_low"] = self.limit
        return pd.concat([frame, pd.DataFrame([e_values])], ignore_index=True)

    def _remarks(self) -> list[str]:
        return [*super()._remarks(), *(f"Assumed: {each}" for each in self.assumptions)]


def e_value(
    estimate: Estimates | Estimate | float,
    term: str | None = None,
    *,
    measure: str | None = None,
    low: float | None = None,
    high: float | None = None,
    rare: bool | None = None,
    std_dev: float | None = None,
    null: float | None = None,
) -> EValue:
    """Learn how strong unmeasured confounding would have to be to explain an association away.

    Parameters
    ----------
    estimate : Estimates (any fit), Estimate or float
        The association.
    term : str, optional
        Which term of Estimates, where there are several: ``"walking_minutes"``.
    measure : {"risk ratio", "rate ratio", "hazard ratio", "odds ratio", "difference"}, optional
        What the estimate is; by default what the result says.
    low, high : float, optional
        Confidence limits of a number.
    rare : bool, optional
        Whether fewer than 15 % have the outcome by the end of follow-up; needed for a hazard ratio
        and an odds ratio.
    std_dev : float, optional
        Standard deviation of the outcome, which makes a difference of means a standardised one;
        1 where it is standardised already.
    null : float, optional
        Where confounding would have to move the estimate: 1 (of a difference 0) by default.

    Returns
    -------
    EValue
        ``point`` and ``limit``, with ``assumptions``.

    Raises
    ------
    ValueError
        For a measure that is not known, several terms and none named, limits that do not hold the
        estimate, and a ratio whose conversion needs ``rare``.

    Notes
    -----
    E = RR + sqrt(RR (RR - 1)) with RR the risk ratio, or its inverse below 1 [1]_: a confounder
    that is associated with the exposure and with the outcome by risk ratios of E each, beyond the
    measured ones, could explain the association, a weaker one could not. E of the limit nearer to
    the null says the same of the interval. Common outcomes: the root of an odds ratio, (1 -
    0.5^sqrt(HR)) / (1 - 0.5^sqrt(1/HR)) for a hazard ratio, exp(0.91 d) for a standardised
    difference d.

    It is a number about observational comparisons (of those who walk much and little, say). A
    comparison of arms as randomised has no confounders to be moved by. Of a dose it is about one
    unit: a ratio per minute is near 1, and so is its E-value; take a unit that says something (an
    hour a week), or two doses. An E-value does not say that
    such a confounder exists, and what is large depends on what is known to act so strongly.

    R's EValue takes exp(0.91 d +/- 1.78 s) for the limits of a difference; here 0.91 times the
    limits given, which for a normal interval at 95 % is 1.7836 instead of 1.78.

    References
    ----------
    .. [1] VanderWeele TJ, Ding P (2017). Sensitivity analysis in observational research:
       introducing the E-value. *Ann Intern Med* 167:268-274. https://doi.org/10.7326/M16-2607

    Examples
    --------
    Of infants fed on formula only and those breast-fed, the first example of [1]_:

    >>> found = e_value(3.9, measure="risk ratio", low=1.8, high=8.7)
    >>> round(found.point, 2), round(found.limit, 1)
    (7.26, 3.0)
    >>> e_value(0.80, measure="risk ratio", low=0.71, high=0.91).to_frame().round(2).values.tolist()
    ... # doctest: +NORMALIZE_WHITESPACE
    [['risk ratio', 0.8, 0.71, 0.91], ['as a risk ratio', 0.8, 0.71, 0.91],
     ['E-value', 1.81, nan, 1.43]]
    """
    one = _read(estimate, term, measure, low, high)
    kind = check_choice(one.measure, MEASURES, "measure")
    check_flag(rare, "rare", optional=True)
    if kind in RARE_MATTERS and rare is None:
        raise ValueError(
            f"A {kind} stands for a risk ratio only where the outcome is rare: say rare=True where "
            "fewer than 15 % have it by the end of follow-up, otherwise rare=False."
        )
    if kind == DIFFERENCE and std_dev is None:
        raise ValueError(
            "A difference must be standardised: give std_dev=, the standard deviation of the "
            "outcome (1 where the difference is standardised already)."
        )
    convert, said = _conversion(kind, rare, std_dev)
    target = (0.0 if kind == DIFFERENCE else 1.0) if null is None else float(null)
    if kind != DIFFERENCE:
        check_positive(target, "null")
        check_positive(one.value, "estimate")
    ratio = (convert(one.value), convert(one.low), convert(one.high))
    point = strength(ratio[0], convert(target))
    limit = _limit(ratio, convert(target))
    return _pack(one, kind, ratio, (point, limit), target, said)


def strength(ratio: float, null: float = 1.0) -> float:
    """E-value by which confounding moves a risk ratio to the null.

    Examples
    --------
    >>> round(strength(10.73), 5)
    20.94777
    """
    apart = max(ratio / null, null / ratio)
    return float(apart + np.sqrt(apart * (apart - 1.0)))


@dataclass(frozen=True)
class _Given:
    """An estimate with its limits, and where it comes from."""

    value: float
    low: float
    high: float
    measure: str
    term: str
    source: str = ""
    counts: object = None


def _read(
    estimate: Estimates | Estimate | float,
    term: str | None,
    measure: str | None,
    low: float | None,
    high: float | None,
) -> _Given:
    if isinstance(estimate, (Estimates, Estimate)):
        if low is not None or high is not None:
            raise ValueError("low= and high= are for a number; a result has its own limits.")
        return _of_result(estimate, term, measure)
    if isinstance(estimate, bool) or not isinstance(estimate, (int, float, np.number)):
        raise ValueError(
            f"estimate must be a result or a number, got {type(estimate).__name__}. Pass a part of "
            "a larger result, such as .risk_ratio."
        )
    if measure is None:
        raise ValueError(f"Say what the number is: measure= one of {', '.join(MEASURES)}.")
    one = _Given(
        float(estimate), _or_missing(low), _or_missing(high), measure, term or "the estimate"
    )
    if one.low > one.value or one.high < one.value:
        raise ValueError(f"The limits {one.low:g} to {one.high:g} do not hold {one.value:g}.")
    if measure in RATIOS and min(one.value, one.low if one.low == one.low else 1.0) <= 0:
        raise ValueError(f"A {measure} and its limits lie above 0.")
    return one


def _of_result(estimate: Estimates | Estimate, term: str | None, measure: str | None) -> _Given:
    if isinstance(estimate, Estimates):
        effects = [name for name in estimate.terms if name not in estimate.aside]
        if term is None and len(effects) != 1:
            raise ValueError(f"Name the term. The terms are: {', '.join(effects)}.")
        chosen = effects[0] if term is None else term
        estimate = estimate.estimate(chosen, ratio=estimate.has_ratio(chosen))
    said = estimate.measure
    on_the_log = estimate.scale != "ratio" and said.startswith("log ")
    said = said.removeprefix("log ") if on_the_log else said
    show: Callable[[float], float] = np.exp if on_the_log else float
    known = next((name for name in RATIOS if said == name), None)
    if known is None and estimate.scale != "ratio" and not said.endswith("ratio"):
        known = DIFFERENCE
    if measure is None and known is None:
        raise ValueError(
            f"The result is a {said or 'ratio'}: say for which measure= it is to be taken, one of "
            f"{', '.join(MEASURES)}."
        )
    return _Given(
        float(show(estimate.estimate)),
        float(show(estimate.conf_low)),
        float(show(estimate.conf_high)),
        measure or str(known),
        estimate.term,
        estimate.source,
        estimate.counts,
    )


def _or_missing(value: float | None) -> float:
    try:
        return np.nan if value is None else float(value)
    except (TypeError, ValueError):
        raise ValueError(f"low and high must be numbers, got {value!r}.") from None


def _conversion(
    kind: str, rare: bool | None, std_dev: float | None
) -> tuple[Callable[[float], float], str]:
    """The function that makes a risk ratio of the measure, and how a methods section says it."""
    if kind == DIFFERENCE:
        spread = check_positive(1.0 if std_dev is None else std_dev, "std_dev")
        said = f"a difference in standard deviations ({spread:g}), as exp(0.91 d)"
        return (lambda value: float(np.exp(0.91 * value / spread))), said
    if kind == "odds ratio" and not rare:
        return (lambda value: float(np.sqrt(value))), "the root of an odds ratio, for a risk ratio"
    if kind == "hazard ratio" and not rare:
        return _of_hazards, "a hazard ratio of a common outcome, made a risk ratio"
    return float, f"a {kind}" + ("" if kind == "risk ratio" else ", taken for a risk ratio")


def _of_hazards(ratio: float) -> float:
    return float((1.0 - 0.5 ** np.sqrt(ratio)) / (1.0 - 0.5 ** np.sqrt(1.0 / ratio)))


def _limit(ratio: tuple[float, float, float], null: float) -> float:
    """E-value of the limit nearer to the null; 1 where the null lies within."""
    value, low, high = ratio
    nearer = high if value < null else low
    if np.isnan(nearer):
        return float("nan")
    if (value < null and nearer >= null) or (value >= null and nearer <= null):
        return 1.0
    return strength(nearer, null)


def _pack(
    one: _Given,
    kind: str,
    ratio: tuple[float, float, float],
    found: tuple[float, float],
    null: float,
    said: str,
) -> EValue:
    notes = []
    if found[1] == 1.0:
        notes.append("The interval holds the null: no confounding is needed for that.")
    method = f"E-value (VanderWeele and Ding 2017) of {said}."
    common = {"method": method, "notes": tuple(notes), "source": one.source}
    values = Estimates(
        terms=("E-value of the estimate", "E-value of the limit"),
        values=np.array(found),
        covariance=np.full((2, 2), np.nan),
        null=None,
        measure="E-value",
        **common,  # type: ignore[arg-type]
    )
    return EValue(
        point=found[0],
        limit=found[1],
        e_values=values,
        measure=kind,
        given=(one.value, one.low, one.high),
        ratio=ratio,
        null=null,
        counts=one.counts,  # type: ignore[arg-type]
        **common,  # type: ignore[arg-type]
    )
