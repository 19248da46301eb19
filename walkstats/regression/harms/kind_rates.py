"""How many events per person-time has each kind of harm, when one person can have several?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from walkstats.regression.event_rates import compare_rates
from walkstats.regression.generalised import CountFit, rate_regression
from walkstats.regression.harms.kind_rows import KindRows

Floats = NDArray[np.float64]

RATES = {
    "poisson": "Poisson regression with robust standard errors (HC1)",
    "negative-binomial": "negative binomial regression",
    "exact": "exact conditional limits, events taken as independent",
}
FEWEST = 10
"""Fewer participants with an event in a group than this: a robust standard error is not to be
relied on, and exact limits are given."""


@dataclass(frozen=True)
class KindRates:
    """Events per unit of exposure of one kind, and their ratios to the first group.

    Attributes
    ----------
    rates, rate_errors : (g,) arrays
    rate_limits : (g, 2) array
    ratios, ratio_errors : (g - 1,) arrays
        Logarithms.
    ratio_limits : (g - 1, 2) array
        Of the logarithms.
    p_values : (g - 1,) array
    rule : str
        A key of ``RATES``.
    notes : tuple of str
    """

    rates: Floats
    rate_errors: Floats
    rate_limits: Floats
    ratios: Floats
    ratio_errors: Floats
    ratio_limits: Floats
    p_values: Floats
    rule: str
    notes: tuple[str, ...] = ()


def rates_of(data: KindRows, here: NDArray[np.intp], asked: str, level: float) -> KindRates:
    """Rates of one kind by the model asked for, or exactly where participants with events are few.

    Parameters
    ----------
    data : KindRows
    here : (m,) positions of the rows of the kind
    asked : str
        A key of ``RATES``.
    level : float
    """
    assert data.exposure is not None
    assert data.timed is not None
    frame = pd.DataFrame(
        {
            "group": pd.Categorical(
                np.array(data.rows.levels, dtype=object)[data.rows.codes[here]],
                categories=list(data.rows.levels),
            ),
            "events": data.timed[here],
            "exposure": data.exposure[here],
        }
    )
    had = np.bincount(data.rows.codes[here], data.timed[here] > 0, len(data.rows.levels))
    if asked == "exact" or had.min() < FEWEST:
        return _exact(frame, level)
    fit = rate_regression(frame, "events ~ group", family=asked, exposure="exposure", level=level)
    return _modelled(fit, len(data.rows.levels), asked)


def _exact(frame: pd.DataFrame, level: float) -> KindRates:
    found = compare_rates(frame, "group", events="events", exposure="exposure", level=level)
    ratio = found.ratio
    rates = found.by_group
    assert rates.limits is not None
    assert ratio.limits is not None
    assert ratio.p_values is not None
    return KindRates(
        rates.values, rates.std_errors, rates.limits, ratio.values, ratio.std_errors,
        ratio.limits, ratio.p_values, "exact",
    )  # fmt: skip


def _modelled(fit: CountFit, groups: int, asked: str) -> KindRates:
    """Rates of a model: that of the first group is the exponential of the intercept."""
    logs = [{"intercept": 1.0} | ({term: 1.0} if k else {}) for k, term in enumerate(fit.terms)]
    own = [fit.contrast(weights) for weights in logs[:groups]]
    rates = np.exp([one.estimate for one in own])
    others = [fit.estimate(term) for term in fit.terms[1:groups]]
    return KindRates(
        rates=rates,
        rate_errors=rates * np.array([one.std_error for one in own]),
        rate_limits=np.exp([[one.conf_low, one.conf_high] for one in own]),
        ratios=np.array([one.estimate for one in others]),
        ratio_errors=np.array([one.std_error for one in others]),
        ratio_limits=np.array([[one.conf_low, one.conf_high] for one in others]),
        p_values=np.array([one.p_value for one in others]),
        rule=asked,
        notes=fit.notes if fit.state != "converged" else (),
    )
