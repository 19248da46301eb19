"""Is it worth it at what somebody will pay? Net benefit, acceptability, and the worth of knowing.

With a threshold of so much money for one more of the effect, effects become money and a comparison
of costs and effects one number: the net benefit.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from walkstats._arguments import check_choice, check_level, check_positive, check_times
from walkstats.economics.value_shape import CostEffectiveness
from walkstats.numerics.bootstrap_limits import percentile_columns
from walkstats.results import Curve, Estimate, Estimates

Floats = NDArray[np.float64]

KINDS = {
    "percentile": "Percentile interval; p-value by the standard deviation of the draws.",
    "normal": "Normal interval with the standard deviation of the draws.",
}


def net_benefit(
    ce: CostEffectiveness,
    threshold: float | Any,
    *,
    kind: str = "percentile",
    level: float = 0.95,
) -> Estimate | Estimates:
    """What the second arm is worth beyond its cost, at a threshold or at several.

    Parameters
    ----------
    ce : CostEffectiveness
    threshold : float or sequence of float
        What one more of the effect is worth [currency of the costs].
    kind : {"percentile", "normal"}
        Of the interval.
    level : float
        Confidence level.

    Returns
    -------
    Estimate or Estimates
        ``net_benefit[28000]``, in money: the threshold times the difference in effect less the
        difference in cost. Estimates, with their covariance, where several thresholds are given.

    Raises
    ------
    ValueError
        For a threshold below 0 or no number.

    Notes
    -----
    The net benefit is above 0 where the ratio of costs to effects is below the threshold, and,
    unlike the ratio, it has a meaning in every quadrant [1]_. Its variance is that of the draws,
    the covariance of costs and effects included.

    References
    ----------
    .. [1] Stinnett AA, Mullahy J (1998). Net health benefits: a new framework for the analysis of
       uncertainty in cost-effectiveness analysis. *Med Decis Making* 18:S68-S80.
       https://doi.org/10.1177/0272989X98018002S09

    Examples
    --------
    >>> import pandas as pd
    >>> from walkstats import economics
    >>> people = pd.DataFrame({"participant_id": range(8), "arm": 4 * ["control"] + 4 * ["walking"],
    ...     "cost": [900, 150, 400, 0, 700, 650, 300, 350],
    ...     "qaly": [0.70, 0.72, 0.78, 0.80, 0.79, 0.83, 0.88, 0.86]})
    >>> value = economics.cost_effectiveness(people, people, effect="qaly", replicates=200, seed=1)
    >>> round(economics.net_benefit(value, 28_000).estimate, 2)
    2382.5
    """
    _check_compared(ce)
    check_choice(kind, KINDS, "kind")
    check_level(level)
    several = check_thresholds(threshold)
    dc, de = ce.increments.values
    draws = np.column_stack([ce.net_benefits(one) for one in several])
    limits = percentile_columns(draws, level) if kind == "percentile" else None
    terms = tuple(f"net_benefit[{one:g}]" for one in several)
    estimates = Estimates(
        terms=terms,
        values=several * de - dc,
        covariance=np.atleast_2d(np.cov(draws, rowvar=False)),
        level=level,
        limits=limits,
        measure="incremental net benefit",
        method=f"{ce.method} Incremental net benefit: the threshold for one {_one(ce.unit)} times "
        f"the difference in effect, less the difference in cost. {KINDS[kind]}",
        notes=ce.notes,
        counts=ce.counts,
        source=ce.source,
    )
    return estimates.estimate(terms[0]) if np.ndim(threshold) == 0 else estimates


def acceptability_curve(ce: CostEffectiveness, thresholds: Any) -> Curve:
    """How probable is it that the second arm is worth its cost, threshold by threshold?

    Parameters
    ----------
    ce : CostEffectiveness
    thresholds : sequence of float
        What one more of the effect is worth [currency of the costs].

    Returns
    -------
    Curve
        A line: group (the arm), threshold, estimate, the share of the draws with a net benefit
        above 0. It has no interval: it is itself a statement of uncertainty.

    Raises
    ------
    ValueError
        For thresholds below 0 or no numbers.

    Notes
    -----
    Draws with a net benefit of exactly 0 count half. That a share of resamples is a probability of
    being worth the cost takes a flat prior [1]_. The curve need not rise everywhere, nor reach 1.

    References
    ----------
    .. [1] Fenwick E, O'Brien BJ, Briggs A (2004). Cost-effectiveness acceptability curves: facts,
       fallacies and frequently asked questions. *Health Econ* 13:405-415.
       https://doi.org/10.1002/hec.903

    Examples
    --------
    >>> import pandas as pd
    >>> from walkstats import economics
    >>> people = pd.DataFrame({"participant_id": range(8), "arm": 4 * ["control"] + 4 * ["walking"],
    ...     "cost": [900, 150, 400, 0, 700, 650, 300, 350],
    ...     "qaly": [0.70, 0.72, 0.78, 0.80, 0.79, 0.83, 0.88, 0.86]})
    >>> value = economics.cost_effectiveness(people, people, effect="qaly", replicates=200, seed=1)
    >>> curve = economics.acceptability_curve(value, [0, 28_000])
    >>> bool(curve.at(28_000)["estimate"].item() > 0.9)
    True
    """
    _check_compared(ce)
    grid = np.unique(check_thresholds(thresholds))
    shares = [_share_above(ce.net_benefits(one)) for one in grid]
    error = 0.5 / np.sqrt(ce.draws.replicates)
    return Curve(
        frame=_line(ce.arms[1], grid, np.array(shares)),
        x="threshold",
        quantity="probability of being cost-effective",
        shape="line",
        last={ce.arms[1]: float(grid[-1])},
        level=ce.level,
        start=float(shares[0]),
        start_x=float(grid[0]),
        method=f"{ce.method} Acceptability curve: share of the draws with a net benefit above 0.",
        notes=(
            *ce.notes,
            f"With {ce.draws.replicates:,} draws a probability has a Monte Carlo standard error of "
            f"at most {error:.3f}.",
        ),
        counts=ce.counts,
        source=ce.source,
    )


def expected_value_of_perfect_information(
    ce: CostEffectiveness, thresholds: Any, *, population: float | None = None
) -> Curve:
    """What would it be worth to know the differences for certain before deciding?

    Parameters
    ----------
    ce : CostEffectiveness
    thresholds : sequence of float
        What one more of the effect is worth [currency of the costs].
    population : float, optional
        People whom the decision concerns, over the years for which it will hold. Per person
        without.

    Returns
    -------
    Curve
        A line: group ("per person" or "population"), threshold, estimate [currency of the costs].

    Raises
    ------
    ValueError
        For thresholds below 0, and a population that is not above 0.

    Notes
    -----
    Whoever knew the net benefit b would choose the second arm where it is above 0 and gain
    E max(b, 0); whoever decides now gains max(E b, 0). The difference is an upper limit of what any
    further research is worth [1]_. Expectations are means over the draws.

    References
    ----------
    .. [1] Claxton K (1999). The irrelevance of inference: a decision-making approach to the
       stochastic evaluation of health care technologies. *J Health Econ* 18:341-364.
       https://doi.org/10.1016/S0167-6296(98)00039-3

    Examples
    --------
    >>> import pandas as pd
    >>> from walkstats import economics
    >>> people = pd.DataFrame({"participant_id": range(8), "arm": 4 * ["control"] + 4 * ["walking"],
    ...     "cost": [900, 150, 400, 0, 700, 650, 300, 350],
    ...     "qaly": [0.70, 0.72, 0.78, 0.80, 0.79, 0.83, 0.88, 0.86]})
    >>> value = economics.cost_effectiveness(people, people, effect="qaly", replicates=200, seed=1)
    >>> line = economics.expected_value_of_perfect_information(value, [0, 2_000], population=1_000)
    >>> bool((line.to_frame()["estimate"] >= 0).all())
    True
    """
    _check_compared(ce)
    grid = np.unique(check_thresholds(thresholds))
    people = 1.0 if population is None else check_positive(population, "population")
    group = "per person" if population is None else "population"
    worth = [_value_of_knowing(ce.net_benefits(one)) * people for one in grid]
    of = "a person" if population is None else f"a population of {people:,.0f}"
    return Curve(
        frame=_line(group, grid, np.array(worth)),
        x="threshold",
        quantity="expected value of perfect information",
        shape="line",
        last={group: float(grid[-1])},
        level=ce.level,
        start=float(worth[0]),
        start_x=float(grid[0]),
        method=f"{ce.method} Expected value of perfect information for {of}: the mean over the "
        "draws of the net benefit where it is above 0, less the mean net benefit where that is.",
        notes=ce.notes,
        counts=ce.counts,
        source=ce.source,
    )


def _check_compared(ce: Any) -> None:
    """What is given must be a comparison of costs and effects."""
    if not isinstance(ce, CostEffectiveness):
        raise ValueError(
            f"The first argument is what cost_effectiveness gives; got {type(ce).__name__}."
        )


def check_thresholds(thresholds: Any) -> Floats:
    """Numbers of at least 0."""
    values = check_times(thresholds, "threshold")
    if (values < 0).any():
        raise ValueError(f"A threshold is at least 0, got {values.min():g}.")
    return values


def _one(unit: str) -> str:
    return unit.removesuffix(" gained")


def _share_above(values: Floats) -> float:
    return float((values > 0).mean() + 0.5 * (values == 0).mean())


def _value_of_knowing(values: Floats) -> float:
    return float(np.maximum(values, 0.0).mean() - max(values.mean(), 0.0))


def _line(group: str, grid: Floats, values: Floats) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "group": group,
            "threshold": grid,
            "estimate": values,
            "std_error": np.nan,
            "conf_low": np.nan,
            "conf_high": np.nan,
        }
    )
