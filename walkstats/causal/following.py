"""How would the arms differ, had everybody done as asked? Per-protocol effects by weighting."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from walkstats._arguments import check_column, check_frame, check_level
from walkstats._variables import missing
from walkstats.causal.balancing import Balance, balance
from walkstats.causal.two_arms import (
    FREE,
    MEAN,
    RISK,
    Asked,
    as_levels,
    check_one_row_each,
    check_two_arms,
    read_asked,
)
from walkstats.causal.weighting import TreatmentWeights, treatment_weights
from walkstats.causal.weights_anew import draws_of
from walkstats.formulas import variables_in
from walkstats.regression.linear import ols
from walkstats.results import Draws, Estimates
from walkstats.results.frozen import Result
from walkstats.survival.fixed_times import compare_at
from walkstats.survival.proportional import cox
from walkstats.survival.restricted import restricted_means

Floats = NDArray[np.float64]
Booleans = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class PerProtocol(Result):
    """The arms compared among those who followed the protocol, weighted to stand for all.

    Attributes
    ----------
    effect : Estimates
        Weighted, with a robust standard error that takes the weights as known.
    draws : Draws
        The same in resampled participants, the weights estimated anew in each; its interval is the
        one to report.
    unweighted : Estimates
        Those who followed, without weights: biased wherever following depends on what matters.
    as_randomised : Estimates
        Everybody in the arm to which chance brought them.
    weights : TreatmentWeights
    balance : Balance
        Of the covariates between the arms, for all, for those who followed, and weighted.
    assumptions : tuple of str
    """

    effect: Estimates
    draws: Draws
    unweighted: Estimates
    as_randomised: Estimates
    weights: TreatmentWeights
    balance: Balance
    assumptions: tuple[str, ...]

    def to_frame(self) -> pd.DataFrame:
        """One row per analysis: as randomised, without weights, with weights, resampled."""
        parts = []
        for name, one in (
            ("as randomised", self.as_randomised),
            ("followed, without weights", self.unweighted),
            ("followed, weighted", self.effect),
        ):
            rows = one.to_frame(ratio=one.link == "log")
            rows.insert(0, "analysis", name)
            parts.append(rows)
        rows = self.draws.to_frame()
        rows.insert(0, "analysis", "followed, weighted: bootstrap")
        known = [part.dropna(axis=1, how="all") for part in [*parts, rows]]
        return pd.concat(known, ignore_index=True)

    def _remarks(self) -> list[str]:
        return [*super()._remarks(), *(f"Assumed: {each}" for each in self.assumptions)]


def per_protocol(
    frame: pd.DataFrame,
    formula: str,
    by: str = "arm",
    *,
    outcome: str | None = None,
    at: float | None = None,
    tau: float | None = None,
    all_follow: str | Sequence[str] = (),
    stabilised: bool = True,
    truncate: Sequence[float] | None = None,
    replicates: int,
    seed: int,
    time: str | None = None,
    event: str = "event",
    event_value: object = None,
    level: float = 0.95,
    subject: str = "participant_id",
    progress: bool = False,
) -> PerProtocol:
    """Estimate how the arms would differ, had everybody followed the protocol.

    Parameters
    ----------
    frame : pandas.DataFrame
        One row per participant.
    formula : str
        Who followed, and what that depends on: ``"adhered ~ age_years + pain_baseline"``.
    by : str
        Column of the two arms; the first is the reference.
    outcome : str, optional
        Column of an outcome whose means are compared.
    at : float, optional
        Compare the Kaplan-Meier risk at this time.
    tau : float, optional
        Compare the restricted mean time free of the event to this horizon. Without outcome, at and
        tau hazards are compared (Cox).
    all_follow : str or sequence of str
        Arms in which everybody counts as following.
    stabilised, truncate
        As in `treatment_weights`.
    replicates : int
        Resamples; 2,000 for an interval to be published.
    seed : int
        The same seed gives the same interval.
    time, event, event_value
        As in `walkstats.survival.kaplan_meier`; ``days`` by default.
    level : float
        Confidence level.
    subject : str
        Column of the participant.
    progress : bool
        Show a bar.

    Returns
    -------
    PerProtocol
        ``effect``, ``draws``, ``unweighted``, ``as_randomised``, ``weights``, ``balance``.

    Raises
    ------
    ValueError
        For several of outcome, at and tau, and columns that are not there.
    DataError
        For other than two arms, several rows of a participant, an arm in which nobody followed.
    FitError
        For models that cannot be fitted.

    Notes
    -----
    Within each arm those who followed are weighted by the inverse of the probability of following
    given the covariates (`treatment_weights`), so that they stand for everybody in their arm, and
    the arms are compared [1]_. What was randomised is the arm; who follows chose to. The comparison
    is free of bias only if all that makes people follow and bears on the outcome is among the
    covariates. Whoever dropped what they were asked because the pain came back has an outcome that
    caused the following: covariates must be known before, and following judged over a time before
    the outcome.

    Percentile intervals come from resampling participants within arms, the weights estimated anew
    each time. Rows without the covariates or without knowledge of who followed have no weight and
    are left out; rows without the outcome help to estimate the weights.

    References
    ----------
    .. [1] Hernan MA, Robins JM (2017). Per-protocol analyses of pragmatic trials. *N Engl J Med*
       377:1391-1398. https://doi.org/10.1056/NEJMsm1605385

    Examples
    --------
    The old follow less and hurt more, whatever they do; walking takes 2 points from everybody:

    >>> import pandas as pd
    >>> people = pd.DataFrame({
    ...     "arm": ["control"] * 8 + ["walking"] * 8, "old": [0, 0, 0, 0, 1, 1, 1, 1] * 2,
    ...     "adhered": [1] * 8 + [1, 1, 1, 0, 1, 0, 0, 0],
    ...     "pain": [3, 5, 3, 5, 7, 9, 7, 9, 2, 1, 3, 4, 6, 8, 8, 8]})
    >>> found = per_protocol(people, "adhered ~ old", outcome="pain", all_follow="control",
    ...                      replicates=20, seed=1)
    >>> round(found.effect.estimate("arm[walking]").estimate, 2)
    -2.0
    >>> round(found.unweighted.estimate("arm[walking]").estimate, 2)
    -3.0
    """
    check_frame(frame)
    check_level(level)
    asked = read_asked(
        frame, outcome=outcome, at=at, tau=tau, time=time, event=event, event_value=event_value,
        hazard=True,
    )  # fmt: skip
    armless = missing(check_column(frame, by, "the arms"))
    frame = frame[~armless]
    frame = as_levels(frame, by, check_two_arms(frame, by))
    check_one_row_each(frame, subject)
    if len(variables_in(formula)) < 2:
        raise ValueError(
            f"{formula!r} names nothing that following depends on: weights would change nothing. "
            "Write 'adhered ~ age_years + pain_baseline'."
        )
    made = treatment_weights(
        frame, formula, within=by, all_follow=all_follow, stabilised=stabilised, truncate=truncate,
        event_value=None, subject=subject,
    )  # fmt: skip
    effect = _compare(made.kept, by, asked, level, subject, "weight")
    if np.isnan(effect.values).any():
        raise ValueError(
            f"at = {asked.moment:g} lies beyond the follow-up of those who followed in an arm: "
            "nothing is known there. Choose an earlier one."
        )
    draws = draws_of(made, formula, by, asked, replicates, seed, effect, progress)
    found = _pack(frame, made, effect, draws, formula, by, asked, subject)
    if not armless.any():
        return found
    lost = f"{int(armless.sum())} row(s) without {by} are left out."
    return replace(found, notes=(*found.notes, lost))


def _compare(
    frame: pd.DataFrame, by: str, asked: Asked, level: float, subject: str, weights: str | None
) -> Estimates:
    """The comparison by the method that the outcome calls for."""
    if asked.kind == MEAN:
        known = frame[~missing(frame[asked.outcome])]
        errors = "HC0" if weights else "HC3"
        fit = ols(known, f"{asked.outcome} ~ {by}", se=errors, weights=weights, level=level)
        return _only_arm(fit, by)
    times: dict[str, Any] = {
        "time": asked.outcome, "event": asked.event, "event_value": asked.event_value,
        "weights": weights, "level": level,
        "subject": subject if subject in frame.columns else None,
    }  # fmt: skip
    robust = True if weights else None
    if asked.kind == RISK:
        return compare_at(frame, by, at=asked.moment, robust=robust, **times).risk_difference
    if asked.kind == FREE:
        return restricted_means(frame, by, tau=asked.moment, robust=robust, **times).difference
    return cox(frame, by, robust=robust, **times)


def _only_arm(fit: Estimates, by: str) -> Estimates:
    """The arm's coefficient without the intercept."""
    (term,) = (name for name in fit.terms if name != "intercept")
    k = fit.terms.index(term)
    return Estimates(
        terms=(term,), values=fit.values[[k]], covariance=fit.covariance[[k]][:, [k]],
        freedom=fit.freedom if fit.freedom.pieces is None else type(fit.freedom)(),
        level=fit.level, measure=fit.measure, method=fit.method, notes=fit.notes,
        counts=fit.counts, source=fit.source,
    )  # fmt: skip


def _of_those_unseen(asked: Asked) -> str:
    """What is assumed of those whose outcome is not known."""
    if asked.kind == MEAN:
        return (
            f"Those without {asked.outcome} are, within their arm and among those who followed, "
            "like those with it."
        )
    return "Within an arm, among those who followed, censoring says nothing about the event."


def _said_of_order(frame: pd.DataFrame, asked: Asked) -> tuple[str, ...]:
    """Whether events may have come before it was known who followed."""
    if asked.kind == MEAN:
        return ()
    if "landmark" in frame.columns:
        days = ", ".join(f"{day:g}" for day in pd.unique(frame["landmark"]))
        return (
            f"Only those still free of the event on day {days} are compared: as_randomised is of "
            "them too, and no longer of the groups that chance made.",
        )
    return (
        "The frame does not say when following was judged: it is taken to have been known before "
        "any event. Where events came first they made people stop, or could not come to those who "
        "went on (immortal time): derive.landmark takes those still free of the event by then.",
    )


def _pack(
    frame: pd.DataFrame,
    made: TreatmentWeights,
    effect: Estimates,
    draws: Draws,
    formula: str,
    by: str,
    asked: Asked,
    subject: str,
) -> PerProtocol:
    level = effect.level
    covariates = tuple(dict.fromkeys(variables_in(formula)[1:]))
    return PerProtocol(
        effect=effect,
        draws=draws,
        unweighted=_compare(made.kept, by, asked, level, subject, None),
        as_randomised=_compare(frame, by, asked, level, subject, None),
        weights=made,
        balance=balance(made.frame, "weight", covariates, by=by),
        assumptions=(*made.assumptions, _of_those_unseen(asked)),
        method=f"Per-protocol comparison of {asked.described} between arms. {made.method} "
        f"Percentile interval of {draws.replicates:,} bootstrap resamples with the weights "
        "estimated anew.",
        notes=(
            "Who followed was not randomised: this comparison is observational, that of "
            "as_randomised is not.",
            *_said_of_order(frame, asked),
            *made.notes,
        ),
        counts=effect.counts,
        source=effect.source,
    )
