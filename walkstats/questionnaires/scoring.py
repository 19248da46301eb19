"""What score do these answers make, and of how many answers?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from walkstats.questionnaires.definitions import Questionnaire, Rule, Scale

Floats = NDArray[np.float64]

COMPLETE, FILLED, TOO_FEW, UNANSWERED = 0, 1, 2, 3
STATES = ("complete", "filled in", "too many missing", "not answered")
"""Words for the states of a score, by its code."""


@dataclass(frozen=True)
class Scores:
    """Scores of one scale.

    Attributes
    ----------
    values : (n,) array
        Missing where there are too few answers.
    answered : (n,) array of int
        Items answered.
    states : (n,) array of int
        COMPLETE, FILLED, TOO_FEW or UNANSWERED.
    """

    values: Floats
    answered: NDArray[np.int64]
    states: NDArray[np.int64]


def turned(codes: Floats, one: Questionnaire) -> Floats:
    """Codes with those of reversed items running as the others do.

    Parameters
    ----------
    codes : (n, items) array
        nan where not answered.
    one : Questionnaire

    Returns
    -------
    numpy.ndarray
        (n, items)
    """
    if not one.reversed:
        return codes
    out = codes.copy()
    columns = np.array(one.reversed) - 1
    out[:, columns] = one.low + one.high - out[:, columns]
    return out


def scores_of(codes: Floats, one: Questionnaire, scale: Scale, rule: Rule) -> Scores:
    """Score one scale.

    Parameters
    ----------
    codes : (n, items) array
        Already turned; nan where not answered.
    one : Questionnaire
    scale : Scale
        Of any total but a value set.
    rule : Rule

    Returns
    -------
    Scores
    """
    own = codes[:, np.array(scale.items) - 1]
    answered, states = state_of(own, rule)
    known = np.where(np.isnan(own), 0.0, own)
    total = known.sum(axis=1)
    missing = own.shape[1] - answered
    with np.errstate(invalid="ignore", divide="ignore"):
        # an answer that is missing is as high as the others on average, or as low as it can be
        stand_in = total / answered if rule.stands_in == "mean" else np.full(len(own), one.low)
        total = np.where(missing > 0, total + missing * stand_in, total)
    if scale.total == "mean":
        total = total / own.shape[1]
    elif scale.total == "percent":
        span = one.high - one.low
        total = 100.0 * (total - own.shape[1] * one.low) / (own.shape[1] * span)
    values = np.where(states <= FILLED, scale.times * total, np.nan)
    # a mean of equal answers may differ from them in the last digit, beyond the scale's end
    return Scores(np.clip(values, scale.low, scale.high), answered, states)


def state_of(own: Floats, rule: Rule) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """How many items of a scale were answered, and what that makes of the score.

    Parameters
    ----------
    own : (n, k) array
        Codes of the items of the scale.
    rule : Rule

    Returns
    -------
    tuple of numpy.ndarray
        Items answered and states, each (n,).
    """
    answered = np.sum(~np.isnan(own), axis=1)
    missing = own.shape[1] - answered
    most = 0 if rule.stands_in == "nothing" else rule.at_most
    states = np.select(
        [missing == 0, answered == 0, missing <= most],
        [COMPLETE, UNANSWERED, FILLED],
        default=TOO_FEW,
    )
    return answered.astype(np.int64), states.astype(np.int64)
