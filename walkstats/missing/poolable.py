"""Can these results be pooled: the same terms, on the same scale, with the same columns?"""

from __future__ import annotations

from typing import Any

import numpy as np

from walkstats.errors import FitError
from walkstats.results import Estimate, Estimates, Fit, Freedom, HypothesisTest


def check_several(fits: Any) -> list[Any]:
    """A list of at least two results."""
    if isinstance(fits, (Estimates, Estimate, HypothesisTest, str)) or not hasattr(
        fits, "__iter__"
    ):
        raise ValueError("Give a list with one result of each completed data set.")
    several = list(fits)
    if len(several) < 2:
        raise ValueError(f"Pooling needs at least 2 completed data sets, got {len(several)}.")
    return several


def as_estimates(fit: Any) -> Estimates:
    """A fit, estimates, or one estimate on the scale of its model."""
    if isinstance(fit, Estimates):
        return fit
    if isinstance(fit, Estimate):
        ratio = fit.scale == "ratio"
        value = np.log(fit.estimate) if ratio else fit.estimate
        null = None if fit.null is None else np.log(fit.null) if ratio else fit.null
        return Estimates(
            terms=(fit.term,),
            values=np.array([value]),
            covariance=np.array([[fit.std_error**2]]),
            freedom=Freedom("normal" if np.isinf(fit.df) else "residual", fit.df),
            link="log" if ratio else "identity",
            level=fit.level,
            null=null,
            measure=fit.measure,
            method=fit.method,
            notes=fit.notes,
            counts=fit.counts,
            source=fit.source,
        )
    fields = getattr(fit, "__dict__", {})
    parts = [f".{name}" for name, part in fields.items() if isinstance(part, Estimates)]
    hint = f" Give a part of each instead: {', '.join(parts)}." if parts else ""
    raise ValueError(f"A {type(fit).__name__} has no estimates that could be pooled.{hint}")


def check_alike(several: list[Estimates]) -> None:
    """Refuse results of different terms or scales, and such as have no number."""
    first = several[0]
    for k, one in enumerate(several[1:], start=2):
        if one.terms != first.terms:
            apart = sorted(set(one.terms) ^ set(first.terms)) or ["their order"]
            raise ValueError(f"Fits 1 and {k} differ in terms: {', '.join(apart)}.")
        if one.link != first.link or one.measure != first.measure:
            raise ValueError(f"Fits 1 and {k} are on different scales.")
        _check_same_columns(first, one, k)
    for k, one in enumerate(several, start=1):
        bad = ~np.isfinite(one.values) | ~np.isfinite(np.diag(one.covariance))
        state = one.state if isinstance(one, Fit) else "converged"
        if bad.any() or state in ("infinite", "not converged"):
            names = [term for term, is_bad in zip(one.terms, bad, strict=True) if is_bad]
            raise FitError(
                f"Fit {k} of {len(several)} cannot be pooled: "
                + (f"its state is {state}." if not names else f"no number for {', '.join(names)}.")
            )


def _check_same_columns(first: Estimates, other: Estimates, k: int) -> None:
    """Splines whose knots were found in each data set have coefficients of different meaning."""
    if not (isinstance(first, Fit) and isinstance(other, Fit)):
        return
    if first.design is None or other.design is None:
        return
    for label, variable in first.design.variables.items():
        learnt, again = variable.learnt, other.design.variables[label].learnt
        for name, value in learnt.items():
            if not np.array_equal(np.asarray(value), np.asarray(again[name])):
                raise ValueError(
                    f"Fits 1 and {k} differ in the {name} of {label}, so its coefficients do not "
                    "mean the same. Give the knots in the formula, or make the column before "
                    "imputing."
                )
