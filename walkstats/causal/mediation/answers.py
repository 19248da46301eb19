"""How do the rows of a mediation analysis become its answer? Fit, ask, repeat, and pack."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from walkstats._labels import in_sentence
from walkstats.causal.mediation import shown_parts as parts
from walkstats.causal.mediation.asked_numbers import AskedNumbers, ask
from walkstats.causal.mediation.assumed import assumptions, method_of
from walkstats.causal.mediation.mean_outcomes import points_for
from walkstats.causal.mediation.mediation_results import Mediation
from walkstats.causal.mediation.mediation_rows import Asked, MediationRows
from walkstats.causal.mediation.shown_parts import Found, How
from walkstats.causal.mediation.uncertainty import (
    Fitted,
    by_delta,
    drawn_parameters,
    fit_both,
    on_the_data,
    resampled,
)
from walkstats.errors import FitError
from walkstats.numerics.bootstrap_limits import percentile_columns, percentile_limits
from walkstats.numerics.limits import t_quantile

Floats = NDArray[np.float64]


def answer(rows: MediationRows, asked: Asked, controlled: Any, how: How) -> Mediation:
    """Fit both models, ask for the numbers, find their uncertainty, and pack."""
    held, said = _held(rows, asked, controlled)
    numbers = ask(
        rows,
        mediator=asked.mediator,
        outcome=asked.outcome,
        measure=how.measure,
        controlled=said,
        rhos=how.rhos,
    )
    fitted = fit_both(rows)
    rows = replace(rows, models=replace(rows.models, points=points_for(rows.models, fitted.at)))
    found = _uncertain(rows, fitted, held, numbers, how)
    return _pack(rows, asked, numbers, found, how)


def _held(rows: MediationRows, asked: Asked, controlled: Any) -> tuple[Floats, tuple[str, ...]]:
    """Columns (s, m) of the mediator where it is held, and how these values are called."""
    plain = rows.models.linear and not rows.models.interaction
    if rows.level is not None:
        names = rows.level_names
        chosen = names if controlled is None else tuple(_named(v) for v in _listed(controlled))
        for value in chosen:
            if value not in names:
                raise ValueError(
                    f"controlled_at must be levels of {asked.mediator} ({', '.join(names)}), got "
                    f"{value!r}."
                )
        which = [names.index(value) for value in chosen]
        return np.eye(len(names))[which][:, 1:], chosen
    scale = rows.mediator_scale
    if controlled is None:
        values = np.empty(0) if plain else np.array([scale.centre])
    else:
        try:
            values = np.array([float(value) for value in _listed(controlled)])
        except (TypeError, ValueError):
            raise ValueError(
                f"controlled_at must be values of {asked.mediator}, got {controlled!r}."
            ) from None
    low, high = rows.mediator_range
    for value in values:
        if not low <= value <= high:
            raise ValueError(
                f"controlled_at = {value:g} lies outside what was observed of {asked.mediator}, "
                f"{low:g} to {high:g}."
            )
    words = tuple("its mean" if controlled is None else f"{value:.4g}" for value in values)
    return ((values - scale.centre) / scale.unit)[:, None], words


def _listed(controlled: Any) -> list[Any]:
    alone = isinstance(controlled, str) or np.ndim(controlled) == 0
    return [controlled] if alone else list(controlled)


def _named(value: Any) -> str:
    return value if isinstance(value, str) else f"{value:g}"


def _uncertain(
    rows: MediationRows, fitted: Fitted, held: Floats, numbers: AskedNumbers, how: How
) -> Found:
    values = on_the_data(rows, fitted, held, numbers)
    if how.interval == "delta":
        covariance = by_delta(rows, fitted, held, numbers)
        half = t_quantile(how.level, np.inf) * np.sqrt(np.diag(covariance))
        limits = np.column_stack([values - half, values + half])
        return Found(values, covariance, limits, None, None)
    many = resampled if how.interval == "bootstrap" else drawn_parameters
    made = many(rows, fitted, held, numbers, replicates=how.replicates, seed=how.seed)
    known = made.draws[~np.isnan(made.draws).any(axis=1)]
    if len(known) < max(2, how.replicates // 2):
        raise FitError(
            f"The models could be fitted in {len(known):,} of {how.replicates:,} resamples only. "
            "Use fewer covariates, or interval='delta'."
        )
    limits = percentile_columns(known, how.level)
    if how.measure != "difference":  # percentiles of the ratios themselves, as the draws give them
        place = numbers.place("effects")
        limits[place] = np.log(percentile_columns(np.exp(known[:, place]), how.level))
    low = np.sum(known <= 0, axis=0) + 1.0
    high = np.sum(known >= 0, axis=0) + 1.0
    p_values = np.minimum(1.0, 2.0 * np.minimum(low, high) / (len(known) + 1.0))
    return Found(values, np.cov(known.T), limits, p_values, made)


def _pack(
    rows: MediationRows, asked: Asked, numbers: AskedNumbers, found: Found, how: How
) -> Mediation:
    method = method_of(asked, rows, _said_of_interval(rows, asked, how), how.quantity, how.measure)
    common = {
        "method": method,
        "notes": _notes(rows, asked, found, how),
        "counts": rows.counts,
        "source": rows.source,
    }
    measure = how.measure
    if measure == "difference":
        measure = f"difference in {how.quantity if how.landmark else in_sentence(asked.outcome)}"
    link = "identity" if how.measure == "difference" else "log"
    effects = parts.estimates(numbers, found, "effects", how, measure, link, common)
    paths = None
    if numbers.has("paths"):
        paths = parts.estimates(numbers, found, "paths", how, "", "identity", common)
    share = parts.proportion(numbers, found, how, common)
    given = bool(np.isfinite(share.estimate))
    return Mediation(
        effects=effects,
        proportion=share,
        means=parts.estimates(
            numbers, found, "means", how, "mean outcome", "identity", common, None
        ),
        paths=paths,
        sensitivity=parts.sensitivity(rows, asked, numbers, found, how, common),
        robustness=parts.robustness(numbers, found, how, common),
        assumptions=assumptions(asked, rows, randomised=how.randomised, landmark=how.landmark),
        draws=parts.draws(numbers, found, how, measure, common, given),
        arms=rows.arms,
        mediator=asked.mediator_said,
        outcome=how.quantity if how.landmark else asked.outcome_said,
        **common,  # type: ignore[arg-type]
    )


def _said_of_interval(rows: MediationRows, asked: Asked, how: How) -> str:
    if how.interval == "delta":
        return "Normal intervals by the delta method, the covariates taken as fixed."
    within = " and ".join([asked.by, *map(str, asked.strata)])
    what = (
        f"{how.replicates:,} bootstrap resamples of participants within {within}"
        if how.interval == "bootstrap"
        else f"{how.replicates:,} draws of the coefficients from their normal distribution"
    )
    return f"Percentile intervals, and p-values, of {what} (seed {how.seed})."


def _notes(rows: MediationRows, asked: Asked, found: Found, how: How) -> tuple[str, ...]:
    notes = list(rows.notes)
    if how.landmark is not None or not how.randomised:
        notes.insert(0, "NOT RANDOMISED: the groups compared are not those that chance made.")
    notes.append(f"Not randomised: {asked.mediator_said}. Its part rests on assumptions 3 and 4.")
    if not rows.covariate_names:
        notes.append(
            f"No covariates: whatever affects both {asked.mediator_said} and "
            f"{asked.outcome_said} biases the direct and the indirect effect."
        )
    if found.resampled is not None:
        if percentile_limits(*2 * (np.sort(found.resampled.draws[:, 0]),), how.level).extreme:
            notes.append(
                f"Limits are the smallest or largest of {how.replicates:,} draws: take more."
            )
        failed = int(np.isnan(found.resampled.draws).any(axis=1).sum())
        if failed:
            notes.append(
                f"{failed:,} of {how.replicates:,} replicates gave no estimates: left out."
            )
    return tuple(notes)
