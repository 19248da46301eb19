"""How does a report say that a difference does or does not stay within its margins?"""

from __future__ import annotations

import numpy as np

from walkstats import _digits
from walkstats._labels import percent_level
from walkstats.results import Estimate


def _numbers(one: Estimate) -> tuple[str, str]:
    """The estimate and its interval, as a results section writes them."""
    values = (one.estimate, one.conf_low, one.conf_high)
    if one.scale == "ratio":
        decimals = [_digits.ratio_decimals(value) for value in values]
    else:
        decimals = [_digits.decimals_for((one.conf_high - one.conf_low) / 2.0)] * 3
    return _digits.fixed(one.estimate, decimals[0]), _digits.interval(
        one.conf_low, one.conf_high, (decimals[1], decimals[2])
    )


def concluded(
    kind: str, one: Estimate, low: float, high: float, better: str, p_value: float, shown: bool
) -> str:
    """What is shown, and what is not, as a sentence of a results section."""
    number, limits = _numbers(one)
    interval = f"{percent_level(one.level)}% CI {limits}"
    if np.isnan(one.conf_low) and np.isnan(one.conf_high):
        interval = "no confidence interval can be given"
    found = f"the {one.measure or one.term}, {number} ({interval}),"
    p = "" if np.isnan(p_value) else f" ({_digits.p_phrase(p_value)})"
    name = "Equivalence" if kind == "equivalence" else "Non-inferiority"
    if kind == "equivalence":
        where = f"the margins of {low:g} to {high:g}"
        if shown:
            return f"{name} is shown: {found} lies within {where}{p}."
        return (
            f"{name} is not shown: {found} does not lie within {where}{p}. "
            "This does not show a difference."
        )
    bound = high if better == "lower" else low
    side = "below" if better == "lower" else "above"
    if shown:
        return f"{name} is shown: {found} stays {side} the margin of {bound:g}{p}."
    beyond = one.conf_low > bound if better == "lower" else one.conf_high < bound
    if beyond:
        return f"Inferiority by more than the margin is shown: {found} lies beyond {bound:g}{p}."
    return (
        f"{name} is not shown: {found} reaches beyond the margin of {bound:g}{p}. "
        "This does not show that it is inferior."
    )


def how_tested(
    kind: str,
    one: Estimate,
    low: float,
    high: float,
    better: str,
    alpha: float,
    scores: bool,
) -> str:
    """What was tested, as a methods section says it."""
    by = " by Farrington and Manning's score test" if scores else ""
    interval = f"the {100 * one.level:g} % interval (1 - 2 alpha)"
    if kind == "equivalence":
        said = (
            f"Equivalence within {low:g} to {high:g}: two one-sided tests at {alpha:g}{by}, that "
            f"is {interval} within the margins."
        )
    else:
        bound = high if better == "lower" else low
        said = (
            f"Non-inferiority with a margin of {bound:g}, {better} being better: one-sided test at "
            f"{alpha:g}{by}, that is {interval} on the better side of the margin."
        )
    # The test and the limits of the comparison are not those of the margins.
    compared = f"{one.method.partition(' by ')[0]}." if scores else one.method
    return f"{said} {compared}".strip()
