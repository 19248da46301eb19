"""What must be said of a Cox model: how it was fitted, and what its numbers cannot tell?"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from walkstats._clusters import number_of
from walkstats.survival.clusters import said_of_clusters
from walkstats.survival.cox_rows import CoxRows
from walkstats.survival.partial_maximum import PartialMaximum
from walkstats.survival.profile_likelihood import separating_alone
from walkstats.survival.risk_sets import RiskSets

Floats = NDArray[np.float64]


def method_of(
    rows: CoxRows, ties: str, robust: bool, limits: Floats | None, penalty: str | None = None
) -> str:
    """What a methods section says; ``ties`` and ``penalty`` in words."""
    text = f"Cox proportional hazards model, {ties}"
    if rows.stratum_names:
        text += f", stratified by {' and '.join(rows.stratum_names)}"
    if rows.weights is not None:
        text += f", weighted by {rows.columns['weights']}"
    if rows.frequencies is not None:
        text += f", rows counted {rows.columns['frequencies']} times"
    if rows.offset is not None:
        text += f", offset {rows.columns['offset']}"
    if penalty is not None:
        text += f", {penalty}"
    return f"{text}. {_variance_said(rows, robust)} {_intervals_said(rows, limits)} {rows.said}"


def _intervals_said(rows: CoxRows, limits: Floats | None) -> str:
    if limits is None or np.isnan(limits).all():
        return "Wald intervals."
    names = [rows.design.names[k] for k in np.flatnonzero(~np.isnan(limits).any(axis=1))]
    by_profile = f"rofile-likelihood interval of {' and '.join(names)}"
    return f"P{by_profile}." if len(names) == len(limits) else f"Wald intervals; p{by_profile}."


def _variance_said(rows: CoxRows, robust: bool) -> str:
    if not robust:
        return "Model-based variance."
    if rows.cluster is None:
        why = "" if rows.weights is None or not np.any(rows.weights % 1) else ", weights fractional"
        return f"Robust (sandwich) variance{why}."
    name = rows.columns.get("cluster", rows.columns.get("subject", ""))
    units = f"{number_of(rows.cluster)} clusters"
    pieces = ", whose rows are pieces of one follow-up" if rows.pieces else ""
    return f"Robust (sandwich) variance clustered by {name} ({units}){pieces}."


def notes_of(fitted: PartialMaximum, rows: CoxRows, risk_sets: RiskSets, robust: bool) -> list[str]:
    """What a reader must know of the rows and of the search."""
    notes = list(rows.notes)
    if risk_sets.merged:
        notes.append(f"{risk_sets.merged} times differed from another by rounding only: merged.")
    if risk_sets.tied.sum() == 1:
        notes.append("There is one event only: estimates and tests rest on it alone.")
    elif np.count_nonzero(risk_sets.tied) == 1:
        notes.append(
            f"All {risk_sets.tied.sum():.0f} events happen at one time: hazard ratios rest on the "
            "order of events, and there is none."
        )
    if fitted.involved:
        names = " and ".join(rows.design.names[k] for k in fitted.involved)
        notes.append(
            f"{names} are nearly collinear (condition number {fitted.condition:.2g}): their "
            "separate effects are hardly determined."
        )
    if robust and rows.cluster is not None:
        notes.extend(said_of_clusters(rows.cluster))
    if not robust and rows.subject is not None and rows.counts.participants < rows.stop.size:
        notes.append("Rows of one participant are taken as independent (robust=False).")
    if fitted.state == "not converged":
        notes.append(
            f"The search did not converge in {fitted.iterations} steps: do not use these numbers."
        )
    return notes


def said_of_infinity(
    fitted: PartialMaximum, names: tuple[str, ...], limits: Floats | None, level: float
) -> list[str]:
    """Notes on coefficients that are infinite, or that these leave without anything to tell."""
    if limits is None:
        return []
    notes = [
        f"{names[k]} cannot be estimated: given the infinite ones, nothing tells it."
        for k in np.flatnonzero(np.isnan(fitted.values))
    ]
    alone = separating_alone(fitted)
    infinite = np.flatnonzero(np.isinf(fitted.values))
    combined = [names[k] for k in infinite if k not in alone]
    if combined:
        everybody = " and ".join(names[k] for k in infinite)
        notes.append(
            f"{everybody} together have no finite coefficients: at no event does anybody at risk "
            "lie beyond those who have it in a combination of them, so the likelihood rises for "
            "ever. They have no intervals of their own; the likelihood-ratio and the score test "
            "hold."
        )
    notes.extend(_said_of_one(names[k], fitted.values[k] > 0, limits[k], level) for k in alone)
    return notes


def _said_of_one(name: str, rising: bool, limits: Floats, level: float) -> str:
    bound = limits[0] if rising else limits[1]
    text = (
        f"The hazard ratio of {name} is {'infinite' if rising else 'zero'}: at no event does "
        f"anybody at risk lie {'above' if rising else 'below'} those who have it, so the "
        "likelihood rises for ever. The likelihood-ratio and the score test hold"
    )
    if np.isfinite(bound):
        text += (
            f"; by the profile likelihood the ratio lies {'above' if rising else 'below'} "
            f"{np.exp(bound):.3g} ({100 * level:g} % interval)"
        )
    return f"{text}."
