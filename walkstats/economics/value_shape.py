"""In what shape is a comparison of costs and effects handed over, and what does it say in words?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from walkstats.numerics.limits import normal_quantile
from walkstats.numerics.ratio_limits import RatioSet, ratio_set
from walkstats.results import Draws, Estimate, Estimates, Result

Floats = NDArray[np.float64]

QUADRANTS = ("north-east", "south-east", "south-west", "north-west")


@dataclass(frozen=True, eq=False, kw_only=True)
class CostEffectiveness(Result):
    """What one arm costs and gives beyond the other.

    Attributes
    ----------
    means : Estimates
        By arm: ``cost[control]``, ``cost[walking]``, ``qaly[control]``, ``qaly[walking]``; of an
        event ``risk[control]``, ``risk[walking]``. Not adjusted.
    increments : Estimates
        ``cost_difference[walking]`` and ``qaly_difference[walking]`` (of an event
        ``prevented[walking]``, the risk of the first arm less that of the second), with percentile
        limits and the covariance of the draws.
    icer : Estimate
        Cost of one more of the effect, with Fieller's limits; missing where no ratio has a meaning
        (``verdict`` says what holds instead).
    quadrants : Estimates
        Shares of the draws in the quadrants of the plane: ``north-east`` (costs more, gives more),
        ``south-east`` (costs less, gives more), ``south-west``, ``north-west``.
    draws : Draws
        Means and increments, under the same names, in each resample.
    regressions : Estimates
        The increments with covariance and degrees of freedom of the regressions, pooled by Rubin's
        rules where values are imputed.
    complete_cases : Estimates or None
        The increments among those with everything known; None where nothing is missing.
    quadrant : str
        Where the estimate lies: one of the four, or "on an axis".
    verdict : str
        What the estimate means, as a sentence: a ratio, "dominant" or "dominated".
    fieller : RatioSet
        The confidence set of the ratio as computed, also where it is no interval.
    missing : pandas.DataFrame
        One row per column with gaps and arm: column, group, values, missing, percent [%].
    arms : tuple of str
        The reference first.
    by, cost, effect, unit : str
        Columns, and what one more of the effect is called ("QALY gained").
    currency, price_year, perspective : str
    horizon_days : float
        Missing where it is not known.
    level : float
    seed : int
    handled : str
        What was done about missing values: "none missing", "imputed", "complete cases".
    """

    means: Estimates
    increments: Estimates
    icer: Estimate
    quadrants: Estimates
    draws: Draws
    regressions: Estimates
    complete_cases: Estimates | None
    quadrant: str
    verdict: str
    fieller: RatioSet
    missing: pd.DataFrame
    arms: tuple[str, str]
    by: str
    cost: str
    effect: str
    unit: str
    currency: str
    price_year: str
    perspective: str
    horizon_days: float
    level: float
    seed: int
    handled: str

    def to_frame(self) -> pd.DataFrame:
        """One row per number: part (mean, increment, ratio), term, estimate and its limits."""
        parts = [
            (name, part.to_frame())
            for name, part in (
                ("mean", self.means), ("increment", self.increments), ("ratio", self.icer)
            )
        ]  # fmt: skip
        columns = ["part", "term", "estimate", "std_error", "conf_low", "conf_high"]
        rows = [row for name, part in parts for row in part.assign(part=name).to_dict("records")]
        return pd.DataFrame(rows, columns=columns)

    def pairs(self) -> Floats:
        """Differences (m, 2) of effect and of cost in each resample: the points of the plane."""
        names = self.increments.terms
        return np.column_stack([self.draws.draws(names[1]), self.draws.draws(names[0])])

    def net_benefits(self, threshold: float) -> Floats:
        """Net benefit (m,) in each resample: threshold x difference in effect less that in cost."""
        pairs = self.pairs()
        return np.asarray(threshold * pairs[:, 0] - pairs[:, 1])

    def _remarks(self) -> list[str]:
        return [self.verdict, *super()._remarks()]


ROUNDING = 1e-12  # of the mean: a difference that is smaller is none


def quadrant_of(cost: float, effect: float, means: Floats | None = None) -> str:
    """Where a pair of differences lies in the plane.

    ``means`` (4,), costs and then effects of both arms, tell what is rounding.
    """
    least = (0.0, 0.0) if means is None else ROUNDING * np.abs(means).reshape(2, 2).max(axis=1)
    if abs(cost) <= least[0] or abs(effect) <= least[1]:
        return "on an axis"
    if effect > 0.0:
        return "north-east" if cost > 0.0 else "south-east"
    return "north-west" if cost > 0.0 else "south-west"


def shares_of_quadrants(cost: Floats, effect: Floats) -> Floats:
    """Shares (4,) of draws in ``QUADRANTS``; a difference of exactly 0 counts as more."""
    east, north = effect >= 0.0, cost >= 0.0
    return np.array(
        [(one & two).mean() for one, two in
         ((east, north), (east, ~north), (~east, ~north), (~east, north))]
    )  # fmt: skip


def verdict_of(quadrant: str, cost: float, effect: float, arms: tuple[str, str], unit: str) -> str:
    """What the estimates mean, without a ratio where none has a meaning."""
    new, old = arms[1], arms[0]
    if quadrant == "south-east":
        return f"{new} is dominant: it costs less than {old} and gives more. There is no ratio."
    if quadrant == "north-west":
        return f"{new} is dominated: it costs more than {old} and gives less. There is no ratio."
    if quadrant == "north-east":
        return f"{new} costs more than {old} and gives more: the ratio is the cost per {unit}."
    if quadrant == "south-west":
        return (
            f"{new} costs less than {old} and gives less (south-west quadrant): the ratio is what "
            f"is saved for each {_lost(unit)}, and a high one speaks for {new}."
        )
    if effect != 0.0:
        more = "more" if effect > 0.0 else "less"
        return f"{new} costs the same as {old} and gives {more}. There is no ratio."
    more = "the same as" if cost == 0.0 else "more than" if cost > 0.0 else "less than"
    return f"{new} gives the same as {old} and costs {more} it. There is no ratio."


def _lost(unit: str) -> str:
    for gained, lost in ((" gained", " lost"), (" prevented", " not prevented")):
        if unit.endswith(gained):
            return unit.removesuffix(gained) + lost
    return f"{unit} less"


def ratio_of(
    increments: Estimates, quadrant: str, arms: tuple[str, str], cost: str, unit: str
) -> tuple[Estimate, RatioSet]:
    """The ratio with Fieller's limits where both have a meaning, and a sentence where not."""
    (dc, de), covariance = increments.values, increments.covariance
    level = increments.level
    found = ratio_set(
        float(dc), float(de), (covariance[0, 0], covariance[1, 1]), covariance[0, 1],
        normal_quantile(level),
    )  # fmt: skip
    shown = quadrant in ("north-east", "south-west")
    low, high, said = _limits(found, quadrant, arms, level) if shown else (np.nan, np.nan, ())
    estimate = Estimate(
        term=f"{cost} per {unit}",
        estimate=float(dc / de) if shown else np.nan,
        std_error=np.nan,
        statistic=np.nan,
        df=np.nan,
        p_value=np.nan,
        conf_low=low,
        conf_high=high,
        level=level,
        null=None,
        measure="incremental cost-effectiveness ratio",
        method=f"{increments.method} Fieller's interval of the ratio, from the covariance of the "
        "draws.",
        notes=(verdict_of(quadrant, float(dc), float(de), arms, unit), *said, *increments.notes),
        counts=increments.counts,
        source=increments.source,
    )
    return estimate, found


def _limits(
    found: RatioSet, quadrant: str, arms: tuple[str, str], level: float
) -> tuple[float, float, tuple[str, ...]]:
    """Limits that are ratios of the same kind as the estimate."""
    percent = f"{100 * level:g} %"
    if found.kind != "interval":
        which = (
            "every ratio, dominance and being dominated included"
            if found.kind == "all"
            else "all but an interval of ratios, and with it dominance or being dominated"
        )
        return np.nan, np.nan, (
            f"The difference in effect does not differ from 0 at the {percent} level: Fieller's "
            f"set holds {which}, so that there is no confidence interval. See the plane and the "
            "acceptability curve.",
        )  # fmt: skip
    if found.low >= 0.0:
        return found.low, found.high, ()
    word = "dominant" if quadrant == "north-east" else "dominated"
    return np.nan, found.high, (
        f"The interval reaches from {arms[1]} being {word} (no ratio) up to its upper limit.",
    )  # fmt: skip
