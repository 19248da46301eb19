"""How much of an arm's effect on an outcome runs through something that it changes earlier?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from walkstats._arguments import (
    as_names,
    check_choice,
    check_flag,
    check_frame,
    check_level,
    check_times,
    check_whole,
)
from walkstats._labels import in_sentence
from walkstats.causal.mediation.answers import answer
from walkstats.causal.mediation.asked_numbers import MEASURES
from walkstats.causal.mediation.hidden_confounding import RHOS
from walkstats.causal.mediation.mediation_results import Mediation
from walkstats.causal.mediation.mediation_rows import Asked, MediationRows, read_mediation_rows
from walkstats.causal.mediation.shown_parts import How
from walkstats.resampling.drawing import check_chance

Floats = NDArray[np.float64]

INTERVALS = ("bootstrap", "monte carlo", "delta")
STANDARDISED = ("people", "means")


def mediate(
    frame: pd.DataFrame,
    *,
    outcome: str,
    mediator: str,
    seed: int,
    by: str = "arm",
    covariates: str | Sequence[str] = (),
    mediator_at: float | None = None,
    outcome_at: float | None = None,
    visit: str = "month",
    mediator_model: str | None = None,
    outcome_model: str | None = None,
    interaction: bool = True,
    controlled_at: Any = None,
    measure: str = "difference",
    standardise: str = "people",
    randomised: bool = True,
    interval: str = "bootstrap",
    replicates: int = 2000,
    strata: str | Sequence[str] = (),
    rhos: Sequence[float] | None = None,
    subject: str = "participant_id",
    level: float = 0.95,
) -> Mediation:
    """Split the effect of an arm into what runs through a mediator and what does not.

    Parameters
    ----------
    frame : pandas.DataFrame
        One row per participant, with outcome and mediator in columns of their own; or one row per
        participant and visit, with ``mediator_at`` and ``outcome_at``.
    outcome : str
        Column of the outcome: a number, or yes and no as 0 and 1.
    mediator : str
        Column of the mediator: a number, yes and no, or an ordered Categorical.
    seed : int
        The same seed gives the same resamples.
    by : str
        Column of the two arms, the first the reference.
    covariates : str or sequence of str
        Columns or terms (``"rcs(age_years, 4)"``), known at randomisation, of both models: whatever
        affects mediator and outcome.
    mediator_at, outcome_at : float, optional
        Visits at which the two were measured, in a frame of visits; the first must be earlier.
    visit : str
        Column of the visits.
    mediator_model : {"linear", "logistic", "probit", "ordered"}, optional
        By default linear for a number, logistic for yes and no, and proportional odds for levels.
    outcome_model : {"linear", "logistic", "probit"}, optional
        By default linear for a number, logistic for yes and no.
    interaction : bool
        Whether the mediator may act differently in the two arms.
    controlled_at : value or sequence of values, optional
        Where the mediator is held in controlled direct effects; by default its mean, or each level.
    measure : {"difference", "risk ratio", "odds ratio"}
        Ratios are for outcomes of yes and no.
    standardise : {"people", "means"}
        Average over the people, or put covariates at their means.
    randomised : bool
        Whether ``by`` was randomised; the assumptions say so.
    interval : {"bootstrap", "monte carlo", "delta"}
        Percentiles of resampled participants, percentiles of drawn coefficients, or normal.
    replicates : int
    strata : str or sequence of str
        Columns within which, beside the arm, participants are drawn.
    rhos : sequence of float, optional
        Correlations of the errors at which the sensitivity of two linear models is shown.
    subject : str
        Column of the participant.
    level : float
        Confidence level.

    Returns
    -------
    Mediation
        effects, proportion, means, paths, sensitivity, robustness, assumptions, draws.

    Raises
    ------
    ValueError
        For columns that are not there, choices that do not go together, and a mediator that does
        not come before the outcome.
    DataError
        For more or fewer than two arms, several rows of a participant, and values that a model
        cannot take.
    FitError
        For covariates that cannot be told apart, and models without a maximum.

    Notes
    -----
    With Y(a, M(a*)) the outcome in arm a with the mediator as it would be in arm a* [1]_ [2]_:

    - total = E[Y(1, M(1)) - Y(0, M(0))];
    - natural direct = E[Y(1, M(0)) - Y(0, M(0))];
    - natural indirect = E[Y(1, M(1)) - Y(1, M(0))]; the two add up to the total (as ratios they
      multiply);
    - controlled direct at m = E[Y(1, m) - Y(0, m)].

    Two linear models, M = b0 + b1 a + b2'c and Y = t0 + t1 a + t2 m + t3 a m + t4'c, give in
    closed form: indirect b1 (t2 + t3), direct t1 + t3 (b0 + b2'c) [3]_. Otherwise the mean of
    the outcome's model is averaged over the distribution of the mediator's, and then over the
    people: exactly for levels, by a Gauss-Hermite rule for a normal mediator of a logistic
    outcome. Nothing is simulated but the resamples.

    P-values of resamples are twice the smaller share of draws on one side of 0, and agree with
    the interval. The proportion mediated is missing where the interval of the total effect holds 0,
    or direct and indirect effects have opposite signs.

    Assumptions: no unmeasured confounding of arm and outcome, arm and mediator (both given by
    randomisation), mediator and outcome (never given), and no confounder of the last that the
    arm changes. ``sensitivity`` shows what follows if the third fails: for two linear models over
    the correlation rho of their errors [2]_, otherwise by the bias formula of [4]_.

    R's ``mediation::mediate`` simulates the mediator; its ACME (treated) and ADE (control) are the
    natural indirect and natural direct effect here. It takes no account of the drawing of people
    in its quasi-Bayesian intervals, as ``interval="monte carlo"`` does not.

    References
    ----------
    .. [1] Robins JM, Greenland S (1992). Identifiability and exchangeability for direct and
       indirect effects. *Epidemiology* 3:143-155.
       https://doi.org/10.1097/00001648-199203000-00013
    .. [2] Imai K, Keele L, Yamamoto T (2010). Identification, inference and sensitivity analysis
       for causal mediation effects. *Stat Sci* 25:51-71. https://doi.org/10.1214/10-STS321
    .. [3] VanderWeele TJ (2015). *Explanation in Causal Inference*. Oxford University Press.
    .. [4] VanderWeele TJ (2010). Bias formulas for sensitivity analysis for direct and indirect
       effects. *Epidemiology* 21:540-551. https://doi.org/10.1097/EDE.0b013e3181df191c

    Examples
    --------
    >>> import walkstats as ws
    >>> trial = ws.load_sample("walkback-like")
    >>> pain = ws.derive.visits(trial, measures="pain_nrs", walking_weeks=4)
    >>> found = mediate(pain, outcome="pain_nrs", mediator="walking_minutes", mediator_at=3,
    ...                 outcome_at=12, covariates=["pain_nrs_baseline"], replicates=200, seed=1)
    >>> found.effects.terms[:3]
    ('total', 'natural direct', 'natural indirect')
    >>> total, direct, indirect = found.effects.values[:3]
    >>> bool(abs(total - direct - indirect) < 1e-12)
    True
    >>> "never given by randomisation" in found.assumptions[2]
    True
    """
    _refuse_events(check_frame(frame), outcome)
    asked = Asked(
        outcome=outcome,
        mediator=mediator,
        by=by,
        covariates=as_names(covariates, "covariates"),
        strata=as_names(strata, "strata"),
        mediator_model=mediator_model,
        outcome_model=outcome_model,
        interaction=interaction,
        at_means=check_choice(standardise, STANDARDISED, "standardise") == "means",
        mediator_at=mediator_at,
        outcome_at=outcome_at,
        visit=visit,
        subject=subject,
    )
    check_flag(interaction, "interaction")
    check_flag(randomised, "randomised")
    check_choice(measure, MEASURES, "measure")
    how = How(
        *check_interval(interval, replicates, seed, level),
        measure=measure,
        rhos=check_rhos(rhos),
        randomised=randomised,
        landmark=None,
        quantity=_quantity(asked),
    )
    rows = read_mediation_rows(frame, asked)
    _check_measure(rows, measure, outcome)
    return answer(rows, asked, controlled_at, how)


def check_interval(
    interval: str, replicates: int, seed: int, level: float
) -> tuple[str, int, int, float]:
    """The kind of interval, and what it needs."""
    kind = check_choice(interval, INTERVALS, "interval")
    check_whole(replicates, "replicates", 2)
    return (kind, *check_chance(replicates, seed), check_level(level))


def check_rhos(rhos: Sequence[float] | None) -> Floats:
    """Correlations between -1 and 1, in order."""
    if rhos is None:
        return RHOS
    found = np.unique(check_times(rhos, "rhos"))
    if np.abs(found).max() >= 1.0:
        raise ValueError(f"rhos are correlations between -1 and 1, got {rhos!r}.")
    return found


def _quantity(asked: Asked) -> str:
    when = asked.outcome_said.removeprefix(asked.outcome)
    return f"{in_sentence(asked.outcome)}{when}"


def _refuse_events(frame: pd.DataFrame, outcome: str) -> None:
    """An event over follow-up is no outcome of a visit."""
    timed = {"days", "stop_days"} & set(frame.columns)
    if "event" in frame.columns and timed and outcome in ("event", "days", "stop_days"):
        raise ValueError(
            f"{outcome!r} is the end of follow-up in a frame of events: those censored have no "
            "outcome, and what was measured during follow-up was measured after the outcome began. "
            "Take mediate_from_landmark."
        )


def _check_measure(rows: MediationRows, measure: str, outcome: str) -> None:
    if measure != "difference" and rows.models.outcome == "linear":
        raise ValueError(
            f"A {measure} needs an outcome of yes and no with a logistic or probit model; the "
            f"model of {outcome} is linear."
        )
