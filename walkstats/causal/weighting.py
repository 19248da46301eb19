"""By how much must each participant count, so that those who are left stand for everybody?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from walkstats._arguments import as_names, check_choice, check_column, check_flag, check_frame
from walkstats.causal.probabilities import Group, probabilities_of, read_groups
from walkstats.causal.weight_wording import assumed, method_of, notes_of
from walkstats.regression.risks.binary_fit import BinaryFit
from walkstats.results import Counts, Estimates
from walkstats.results.frozen import Result

Floats = NDArray[np.float64]
Booleans = NDArray[np.bool_]

KINDS = {
    "kept": "those with the event stand for everybody in their group",
    "average": "each side stands for everybody",
    "treated": "those without stand for those with the event",
    "overlap": "both sides stand for those who might as well be on the other",
}


@dataclass(frozen=True, eq=False)
class TreatmentWeights(Result):
    """Weights from the inverse of probabilities.

    Attributes
    ----------
    frame : pandas.DataFrame
        The frame given, with columns ``weight`` and ``probability`` (of the event in the formula).
        The weight is 0 where somebody is not kept and missing where a covariate is.
    models : mapping of str to BinaryFit
        The models of the probability, by group ("all" without groups). A group in which everybody
        has the event has none.
    effective : Estimates
        Effective sample size by group: (sum of weights)^2 / sum of squares.
    summary : pandas.DataFrame
        One row per group: rows, kept, lowest_probability, mean, std_dev, smallest, largest weight,
        effective.
    kind : str
    stabilised : bool
    truncate : tuple of float or None
    truncated : int
        Weights that were moved to a limit.
    assumptions : tuple of str
    """

    frame: pd.DataFrame
    models: Mapping[str, BinaryFit]
    effective: Estimates
    summary: pd.DataFrame
    kind: str
    stabilised: bool
    truncate: tuple[float, float] | None
    truncated: int
    assumptions: tuple[str, ...]

    @property
    def kept(self) -> pd.DataFrame:
        """The rows that count, to be given to a method with ``weights="weight"``."""
        frame = self._own("frame")
        return frame[(frame["weight"] > 0).to_numpy()].copy()

    def to_frame(self) -> pd.DataFrame:
        """The summary by group."""
        return self.summary

    def _remarks(self) -> list[str]:
        return [*super()._remarks(), *(f"Assumed: {each}" for each in self.assumptions)]


def treatment_weights(
    frame: pd.DataFrame,
    formula: str,
    *,
    kind: str = "kept",
    within: str | None = None,
    all_follow: str | Sequence[str] = (),
    numerator: str | None = None,
    stabilised: bool = True,
    truncate: Sequence[float] | None = None,
    order: str | None = None,
    event_value: object = None,
    subject: str = "participant_id",
) -> TreatmentWeights:
    """Weight people by the inverse of the probability of what they did.

    Parameters
    ----------
    frame : pandas.DataFrame
        One row per participant; with ``order`` one per participant and period.
    formula : str
        What was done or not, and what it depends on: ``"adhered ~ age_years + pain_baseline"``.
    kind : {"kept", "average", "treated", "overlap"}
        Whom the weighted rows stand for. "kept" takes only those with the event (who adhered, who
        answered) and lets them stand for everybody in their group; the others compare those with
        and without the event.
    within : str, optional
        Column of groups (the arm) with a model each.
    all_follow : str or sequence of str
        Groups in which everybody counts as having the event, whatever the column says: controls,
        of whom nothing was asked.
    numerator : str, optional
        Right side of a formula for stabilised weights; by default the share in the group.
    stabilised : bool
        Multiply by the probability given the numerator, so that weights are near 1.
    truncate : (float, float), optional
        Quantiles of the weights to which larger and smaller ones are moved, such as (0.01, 0.99).
    order : str, optional
        Column of the period; weights of a participant are multiplied along it.
    event_value : object, optional
        The value of the left side that means the event, where it is not bool or 0 and 1.
    subject : str
        Column of the participant.

    Returns
    -------
    TreatmentWeights
        ``frame`` with the column ``weight``; ``kept``; ``summary``; ``assumptions``.

    Raises
    ------
    ValueError
        For unknown columns and choices.
    DataError
        For groups in which nobody has the event.
    FitError
        For a model that cannot be fitted.

    Notes
    -----
    With p the probability of the event given the covariates (a logistic regression, in each group
    on its own): "kept" gives q / p to those with the event and 0 to the others, "average" q / p
    and (1 - q) / (1 - p), "treated" 1 and p / (1 - p), "overlap" 1 - p and p. q is the probability
    given the numerator, or 1 where weights are not stabilised. The weighted rows are as they would
    be, had the event nothing to do with the covariates [1]_.

    Standard errors that take the weights as known are too wide for most of these, and not valid
    for "treated"; `per_protocol` resamples people and estimates the weights anew.

    A probability near 0 makes one row stand for many: look at ``largest`` and ``effective``, and at
    the balance. Truncation makes estimates steadier and lets some of the bias back in [2]_.

    References
    ----------
    .. [1] Robins JM, Hernan MA, Brumback B (2000). Marginal structural models and causal inference
       in epidemiology. *Epidemiology* 11:550-560. https://doi.org/10.1097/00001648-200009000-00011
    .. [2] Cole SR, Hernan MA (2008). Constructing inverse probability weights for marginal
       structural models. *Am J Epidemiol* 168:656-664. https://doi.org/10.1093/aje/kwn164

    Examples
    --------
    Of 4 young people 3 adhered, of 4 old ones 1: the one stands for four.

    >>> import pandas as pd
    >>> people = pd.DataFrame({"old": [0] * 4 + [1] * 4, "adhered": [1, 1, 1, 0, 1, 0, 0, 0]})
    >>> made = treatment_weights(people, "adhered ~ old", stabilised=False)
    >>> made.frame["weight"].round(2).tolist()
    [1.33, 1.33, 1.33, 0.0, 4.0, 0.0, 0.0, 0.0]
    """
    check_frame(frame)
    check_choice(kind, KINDS, "kind")
    check_flag(stabilised, "stabilised")
    limits = _limits(truncate)
    for name in ("weight", "probability"):
        if name in frame.columns:
            raise ValueError(f"The frame has a column {name!r} already: rename it or leave it out.")
    follow = tuple(str(one) for one in as_names(all_follow, "all_follow"))
    if numerator is not None and not stabilised:
        raise ValueError("numerator= is for stabilised weights.")
    groups = read_groups(frame, formula, within, follow, event_value, subject)
    found = probabilities_of(groups, len(frame), numerator, stabilised, subject)
    weights = weights_of(kind, found.event, found.probability, found.share)
    if order is not None:
        check_column(frame, order, "the order")
        weights = _multiplied(weights, frame, order, subject)
    weights, moved = truncated(weights, limits)
    return _pack(frame, formula, groups, found.models, weights, found.probability, found.event, {
        "kind": kind, "stabilised": stabilised, "truncate": limits, "truncated": moved,
    }, within, numerator, order)  # fmt: skip


def weights_of(kind: str, event: Floats, probability: Floats, share: Floats | None) -> Floats:
    """Weights (n,) of what happened; missing where the event or its probability is.

    Parameters
    ----------
    kind : str
        A key of ``KINDS``.
    event, probability : (n,) arrays
    share : (n,) array or None
        Probability given the numerator; None for weights that are not stabilised.

    Returns
    -------
    (n,) array
    """
    ones = np.ones(len(event))
    upper, lower = (ones, ones) if share is None else (share, 1.0 - share)
    other = 1.0 - probability
    with np.errstate(divide="ignore", invalid="ignore"):
        if kind == "kept":
            with_event, without = upper / probability, 0.0 * ones
        elif kind == "average":
            with_event, without = upper / probability, lower / other
        elif kind == "treated":
            with_event, without = ones, probability / other
        else:
            with_event, without = other, probability
    weights = np.where(event == 1, with_event, without)
    return np.where(np.isnan(event) | np.isnan(probability), np.nan, weights)


def truncated(weights: Floats, limits: tuple[float, float] | None) -> tuple[Floats, int]:
    """Weights within quantiles of the positive ones, and how many were moved."""
    positive = weights > 0
    if limits is None or not positive.any():
        return weights, 0
    low, high = np.quantile(weights[positive], limits)
    held = np.where(positive, np.clip(weights, low, high), weights)
    return held, int(np.sum(held[positive] != weights[positive]))


def effective_size(weights: Floats) -> float:
    """Kish's effective number of rows."""
    squares = float(np.sum(weights**2))
    return float(np.sum(weights)) ** 2 / squares if squares else 0.0


def _limits(truncate: Sequence[float] | None) -> tuple[float, float] | None:
    if truncate is None:
        return None
    try:
        pair = tuple(float(one) for one in truncate)
    except (TypeError, ValueError):
        pair = ()
    if len(pair) != 2 or not 0.0 <= pair[0] < pair[1] <= 1.0:
        raise ValueError(f"truncate must be two quantiles, such as (0.01, 0.99); got {truncate!r}.")
    return pair[0], pair[1]


def _multiplied(weights: Floats, frame: pd.DataFrame, order: str, subject: str) -> Floats:
    """Weights of a participant multiplied along the periods."""
    check_column(frame, subject, "the participant")
    made = pd.DataFrame({
        "who": frame[subject].to_numpy(), "when": frame[order].to_numpy(), "weight": weights,
    })  # fmt: skip
    ordered = made.sort_values("when", kind="stable")
    product = ordered.groupby("who", sort=False)["weight"].cumprod(skipna=False)
    return product.sort_index().to_numpy()


def _summary(groups: Sequence[Group], weights: Floats, probability: Floats) -> pd.DataFrame:
    lines = []
    for group in groups:
        own = weights[group.rows]
        positive = own[own > 0]
        counted = {"group": group.name, "rows": len(own), "kept": len(positive)}
        known = probability[group.rows]
        lines.append({
            **counted,
            "lowest_probability": float(np.nanmin(known)) if np.any(known == known) else np.nan,
            "mean": float(positive.mean()) if len(positive) else np.nan,
            "std_dev": float(positive.std(ddof=1)) if len(positive) > 1 else np.nan,
            "smallest": float(positive.min(initial=np.inf)),
            "largest": float(positive.max(initial=0.0)),
            "effective": effective_size(positive),
        })  # fmt: skip
    return pd.DataFrame(lines)


def _pack(
    frame: pd.DataFrame,
    formula: str,
    groups: Sequence[Group],
    models: Mapping[str, BinaryFit],
    weights: Floats,
    probability: Floats,
    event: Floats,
    setting: dict[str, Any],
    within: str | None,
    numerator: str | None,
    order: str | None,
) -> TreatmentWeights:
    out = frame.copy()
    out["weight"], out["probability"] = weights, probability
    out.attrs = dict(frame.attrs)
    summary = _summary(groups, weights, probability)
    used = ~np.isnan(weights)
    counts = Counts(
        len(frame), int(used.sum()), int(used.sum()), events=int(np.nansum(event[used])),
        left_out={} if used.all() else {"covariate or event missing": int((~used).sum())},
    )  # fmt: skip
    common: dict[str, Any] = {
        "method": method_of(formula, setting, within, numerator, order),
        "notes": notes_of(summary, weights, event, setting, models),
        "counts": counts,
        "source": str(frame.attrs.get("source", "")),
    }
    sizes = summary["effective"].to_numpy(dtype=float)
    return TreatmentWeights(
        frame=out,
        models=dict(models),
        effective=Estimates(
            terms=tuple(summary["group"]), values=sizes, null=None,
            covariance=np.full((len(sizes), len(sizes)), np.nan),
            measure="effective sample size", **common,
        ),
        summary=summary,
        assumptions=assumed(formula, setting, within),
        **setting,
        **common,
    )  # fmt: skip
