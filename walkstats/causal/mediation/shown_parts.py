"""In which shapes are the numbers of a mediation analysis handed over?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from walkstats.causal.mediation import hidden_confounding as hidden
from walkstats.causal.mediation.asked_numbers import PROPORTION, AskedNumbers, strengths
from walkstats.causal.mediation.mediation_rows import Asked, MediationRows
from walkstats.causal.mediation.uncertainty import Resampled
from walkstats.causal.unmeasured import strength
from walkstats.results import Curve, Draws, Estimate, Estimates

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class How:
    """How the analysis is to be done and said.

    Attributes
    ----------
    interval : {"bootstrap", "monte carlo", "delta"}
    replicates, seed : int
    level : float
    measure : {"difference", "risk ratio", "odds ratio"}
    rhos : (j,) array
    randomised : bool
    landmark : float or None
    quantity : str
        What the outcome is, as a methods section says it.
    """

    interval: str
    replicates: int
    seed: int
    level: float
    measure: str
    rhos: Floats
    randomised: bool
    landmark: float | None
    quantity: str


@dataclass(frozen=True, eq=False)
class Found:
    """All numbers with their uncertainty: values (k,), covariance (k, k), limits (k, 2), p (k,)."""

    values: Floats
    covariance: Floats
    limits: Floats
    p_values: Floats | None
    resampled: Resampled | None


def estimates(
    numbers: AskedNumbers,
    found: Found,
    block: str,
    how: How,
    measure: str,
    link: str,
    common: dict[str, Any],
    null: float | None = 0.0,
) -> Estimates:
    """A block of the numbers as estimates."""
    place = numbers.place(block)
    own: dict[str, Any] = {}
    if found.p_values is not None:
        own["limits"] = found.limits[place]
        if null is not None:
            size = place.stop - place.start
            own |= {"p_values": found.p_values[place], "statistics": np.full(size, np.nan)}
    return Estimates(
        terms=numbers.labels(block),
        values=found.values[place],
        covariance=found.covariance[place, place],
        link=link,
        level=how.level,
        null=null,
        measure=measure,
        **own,
        **common,
    )


def proportion(numbers: AskedNumbers, found: Found, how: How, common: dict[str, Any]) -> Estimate:
    """The share through the mediator, where that has a meaning."""
    place = numbers.place("proportion").start
    total = numbers.place("effects").start
    share = float(found.values[place])
    low, high = found.limits[total]
    why = ""
    if low <= 0.0 <= high:
        why = (
            "The proportion mediated is not given: the interval of the total effect holds 0, and "
            "a share of nothing has no meaning."
        )
    elif not 0.0 <= share <= 1.0:
        why = (
            "The proportion mediated is not given: direct and indirect effects point in opposite "
            "directions, so that neither is a share of the total."
        )
    limits = found.limits[place]
    spread = float(np.sqrt(found.covariance[place, place]))
    gap = bool(why)
    note = why or (
        "A proportion mediated is a ratio of two uncertain numbers, and unstable where the total "
        "is small; read the effects first."
    )
    return Estimate(
        term=PROPORTION,
        estimate=np.nan if gap else share,
        std_error=np.nan if gap else spread,
        statistic=np.nan,
        df=np.nan,
        p_value=np.nan,
        conf_low=np.nan if gap else float(limits[0]),
        conf_high=np.nan if gap else float(limits[1]),
        level=how.level,
        null=None,
        measure=PROPORTION,
        **{**common, "notes": (*common["notes"], note)},
    )


def sensitivity(
    rows: MediationRows,
    asked: Asked,
    numbers: AskedNumbers,
    found: Found,
    how: How,
    common: dict[str, Any],
) -> Curve:
    """The natural effects under unmeasured confounding of mediator and outcome."""
    place = numbers.place("sensitivity")
    x: Floats
    groups: tuple[str, ...]
    if numbers.has("rho"):
        name, x, groups = "rho", how.rhos, ("natural indirect", "natural direct")
        said = (
            "Correlation rho of the errors of the two linear models, standing for whatever affects "
            "both mediator and outcome and was not measured (Imai, Keele and Yamamoto 2010); rho "
            "squared is the product of the shares of the two residual variances that it explains. "
            "The total effect does not depend on it."
        )
    else:
        name, x = "effect_of_confounder", strengths(rows)
        groups = tuple(f"{delta:.0%} more in {rows.arms[1]}" for delta in hidden.COMMONER)
        said = (
            "Natural indirect effect, as a difference, with a confounder of yes and no that "
            "changes the mean outcome by so much, and that is commoner by the share named among "
            f"people of {rows.arms[1]} than among those of {rows.arms[0]} with the same mediator "
            "(VanderWeele 2010). The direct effect moves by as much the other way."
        )
    size = len(x) * len(groups)
    errors = np.sqrt(np.diag(found.covariance[place, place]))
    frame = pd.DataFrame(
        {
            "group": np.repeat(groups, len(x)),
            name: np.tile(x, len(groups)),
            "estimate": found.values[place],
            "std_error": errors,
            "conf_low": found.limits[place, 0],
            "conf_high": found.limits[place, 1],
        }
    )
    assert len(frame) == size
    what = how.quantity if how.landmark else asked.outcome_said
    return Curve(
        frame=frame,
        x=name,
        quantity=f"natural effect on {what}",
        shape="line",
        level=how.level,
        **{**common, "method": said},
    )


def robustness(numbers: AskedNumbers, found: Found, how: How, common: dict[str, Any]) -> Estimates:
    """How strong such confounding would have to be."""
    if numbers.has("rho"):
        return estimates(numbers, found, "rho", how, "correlation", "identity", common, None)
    if not numbers.has("ratios"):
        empty = np.empty(0)
        return Estimates((), empty, np.empty((0, 0)), level=how.level, null=None, **common)
    place = numbers.place("ratios")
    terms, values = [], []
    for k, effect in enumerate(numbers.labels("ratios")):
        ratio = np.exp(found.values[place][k])
        low, high = np.exp(found.limits[place][k])
        nearer = high if ratio < 1.0 else low
        crossed = (high >= 1.0) if ratio < 1.0 else (low <= 1.0)
        terms += [f"E-value of the {effect} effect", f"E-value of its limit ({effect})"]
        values += [strength(ratio), 1.0 if crossed else strength(nearer)]
    said = (
        "E-values of the natural effects as risk ratios: how strongly, as risk ratios, an "
        "unmeasured confounder of mediator and outcome would have to be associated with the arm "
        "among people of the same mediator (nearly: with the mediator), and with the outcome "
        "(Smith and VanderWeele 2019)."
    )
    return Estimates(
        terms=tuple(terms),
        values=np.array(values),
        covariance=np.full((len(values), len(values)), np.nan),
        level=how.level,
        null=None,
        measure="E-value",
        **{**common, "method": said},
    )


def draws(
    numbers: AskedNumbers,
    found: Found,
    how: How,
    measure: str,
    common: dict[str, Any],
    shared: bool,
) -> Draws | None:
    """Replicates of the effects and, where it is given, of the proportion mediated."""
    made = found.resampled
    if made is None:
        return None
    effects = numbers.labels("effects")
    names = (*effects, PROPORTION) if shared else effects
    width = len(names)
    assert numbers.place("proportion").start == len(effects)
    ratios = how.measure != "difference"

    def shown(table: Floats) -> Floats:
        out = np.array(table[..., :width])
        if ratios:
            out[..., : len(effects)] = np.exp(out[..., : len(effects)])
        return out

    failed = int(np.isnan(made.draws).any(axis=1).sum())
    return Draws(
        names=names,
        values=shown(made.draws),
        observed=shown(found.values),
        seed=how.seed,
        jackknife=None if made.jackknife is None else shown(made.jackknife),
        cell=made.cell,
        failed={"a model could not be fitted": failed} if failed else {},
        ratios=effects if ratios else (),
        measures={**dict.fromkeys(effects, measure), PROPORTION: PROPORTION},
        level=how.level,
        **common,
    )
