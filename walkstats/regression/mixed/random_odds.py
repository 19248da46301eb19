"""By what factor does a covariate multiply a person's own odds, when people lean to yes or no?"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from walkstats._arguments import check_level, check_whole
from walkstats.errors import FitError
from walkstats.numerics.least_squares import factor
from walkstats.numerics.limits import normal_quantile
from walkstats.regression.mixed.people_integrals import LeaningPeople, Leanings, integrate
from walkstats.regression.risks.binary_rows import BinaryRows, check_columns, read_binary
from walkstats.regression.risks.odds import logistic
from walkstats.regression.rows import DEFAULT_SUBJECT
from walkstats.results import Estimates, MixedFit

Floats = NDArray[np.float64]

# A standard deviation between people below this is 0, on the logit scale.
NIL = 1e-3
# Steps of central differences, on coefficients of standardised columns.
SLOPE_STEP, BEND_STEP = 1e-5, 1e-3
SMALL_SLOPE = 1e-6  # of the log-likelihood, at the maximum
POLISH = 6


@dataclass(frozen=True, eq=False)
class OddsFit(MixedFit):
    """A logistic regression with a random intercept of each person.

    Attributes
    ----------
    event : str
        What is modelled, e.g. "recovered = 1".
    points : int
        Of the quadrature; 1 is Laplace's approximation.
    sd : float
        Standard deviation between people, on the logit scale.
    """

    link: str = "logit"
    measure: str = "odds ratio within a person"
    event: str = ""
    points: int = 25
    sd: float = np.nan


def logistic_mixed(
    frame: pd.DataFrame,
    formula: str,
    *,
    subject: str = DEFAULT_SUBJECT,
    event_value: object = None,
    points: int = 25,
    level: float = 0.95,
) -> OddsFit:
    """Estimate by what factor covariates multiply a person's own odds of an event.

    Parameters
    ----------
    frame : pandas.DataFrame
        One row per person and occasion.
    formula : str
        Event and covariates: ``"in_pain ~ arm + month"``.
    subject : str
        Column of the person, who has a random intercept.
    event_value : object, optional
        The value of the outcome that is the event, where the column is not boolean or 0 and 1.
    points : int
        Of adaptive Gauss-Hermite quadrature; 1 is Laplace's approximation.
    level : float
        Of the intervals.

    Returns
    -------
    OddsFit
        Odds ratios of one and the same person; ``variance`` is that between people, with limits;
        ``random_effects`` how each leans, on the logit scale.

    Raises
    ------
    ValueError
        For a formula or argument that cannot be used.
    DataError
        For an outcome whose event is not known, and missing people.
    FitError
        Where nobody is seen twice, the event happens in all rows or none, covariates are
        combinations of others, or separate the events.

    Notes
    -----
    The logit of person i at occasion j is x_ij b + s u_i with u_i standard normal; b and s maximise
    the likelihood integrated over u_i. Its second derivatives, by central differences, give the
    covariance. Reference distribution: normal.

    The odds ratio is that of one person [1]_. It lies further from 1 than that of the average over
    people, which ``gee`` gives: by about sqrt(1 + 0.35 s^2) on the log scale. With few people, or s
    not well known, take more points until nothing changes. Where s is 0 (``state`` "boundary") the
    fit is that of ``logistic``, and the variance has no limits. With one point this is ``glmer`` of
    lme4 with a small ``tolPwrss``; its default stops before the modes of the people are exact.

    References
    ----------
    .. [1] Zeger SL, Liang KY, Albert PS (1988). Models for longitudinal data: a generalized
       estimating equation approach. *Biometrics* 44:1049-1060. https://doi.org/10.2307/2531734
    .. [2] Pinheiro JC, Bates DM (1995). Approximations to the log-likelihood function in the
       nonlinear mixed-effects model. *J Comput Graph Stat* 4:12-35.
       https://doi.org/10.1080/10618600.1995.10474663

    Examples
    --------
    >>> import pandas as pd
    >>> frame = pd.DataFrame({
    ...     "participant_id": [k // 4 for k in range(32)],
    ...     "walked": [0, 0, 1, 1] * 8,
    ...     "in_pain": [1, 1, 1, 0, 1, 0, 0, 0, 1, 1, 1, 1, 0, 1, 0, 0] * 2})
    >>> fit = logistic_mixed(frame, "in_pain ~ walked")
    >>> fit.estimate("walked", ratio=True).estimate < 1
    True
    """
    check_level(level)
    check_whole(points, "points", 1)
    read = read_binary(
        frame, formula, event_value=event_value, weights=None, frequencies=None, cluster=None,
        subject=subject,
    )  # fmt: skip
    people, order = _people(read, subject)
    check_columns(factor(people.matrix), read.rows)
    scale = _Scale.of(people.matrix)
    inner = LeaningPeople(people.outcome, people.matrix @ scale.back, people.person, people.starts)

    def height(phi: Floats) -> float:
        return integrate(inner, phi[:-1], phi[-1], points).log_likelihood

    alone = logistic(frame, formula, event_value=event_value, se="model", subject=subject)
    if alone.state != "converged":
        raise FitError(
            "A covariate separates the rows with the event from those without, so that its odds "
            "ratio is infinite. Use logistic(), which says which, or leave it out."
        )
    phi, state = _climb(height, np.append(np.linalg.solve(scale.back, alone.values), 1.0))
    ids = frame[subject].to_numpy(dtype=object)[read.rows.kept[order[people.starts]]]
    return _pack(read, formula, subject, points, level, inner, ids, scale, phi, state, height)


@dataclass(frozen=True)
class _Scale:
    """Coefficients of the columns as given = back @ those of centred and scaled ones."""

    back: Floats

    @classmethod
    def of(cls, matrix: Floats) -> _Scale:
        k = matrix.shape[1]
        back = np.eye(k)
        spread = matrix.std(axis=0)
        constant = np.flatnonzero(spread == 0)
        for j in np.flatnonzero(spread > 0):
            back[j, j] = 1.0 / spread[j]
            if constant.size:
                back[constant[0], j] = -matrix[:, j].mean() / spread[j] / matrix[0, constant[0]]
        return cls(back)


def _people(read: BinaryRows, subject: str) -> tuple[LeaningPeople, NDArray[np.intp]]:
    """Rows in the order of the people, and that order."""
    rows = read.rows
    if rows.people is None:
        raise ValueError(f"No column {subject!r} for the person; name it: subject=.")
    if not rows.repeated:
        raise FitError(
            "Nobody has several rows, so that people and chance cannot be told apart. Use "
            "logistic()."
        )
    order = np.argsort(rows.people, kind="stable")
    person = rows.people[order]
    starts = np.flatnonzero(np.diff(person, prepend=-1))
    return LeaningPeople(rows.outcome[order], rows.design.matrix[order], person, starts), order


def _climb(height: Callable[[Floats], float], start: Floats) -> tuple[Floats, str]:
    """The maximum: a quasi-Newton search, then Newton's steps with the whole curvature."""
    from scipy.optimize import minimize

    found = minimize(
        lambda phi: -height(phi), start, jac=lambda phi: -_slope(height, phi), method="BFGS",
        options={"gtol": 1e-4},
    )  # fmt: skip
    phi = found.x
    for _ in range(POLISH):
        slope = _slope(height, phi)
        if np.abs(slope).max() < SMALL_SLOPE or abs(phi[-1]) < NIL:
            break
        step = np.linalg.solve(-_bend(height, phi), slope)
        if not height(phi + step) >= height(phi) - 1e-9:
            break
        phi = phi + step
    phi[-1] = abs(phi[-1])
    if phi[-1] < NIL:
        return phi, "boundary"
    flat = np.abs(_slope(height, phi)).max() < 100 * SMALL_SLOPE
    return phi, "converged" if flat else "not converged"


def _slope(height: Callable[[Floats], float], phi: Floats) -> Floats:
    steps = SLOPE_STEP * np.eye(len(phi))
    return np.array([height(phi + d) - height(phi - d) for d in steps]) / (2 * SLOPE_STEP)


def _bend(height: Callable[[Floats], float], phi: Floats) -> Floats:
    """Second derivatives, with the error of the fourth order taken off."""
    wide, narrow = (_crossed(height, phi, h) for h in (2 * BEND_STEP, BEND_STEP))
    return np.asarray((4 * narrow - wide) / 3)


def _crossed(height: Callable[[Floats], float], phi: Floats, h: float) -> Floats:
    k = len(phi)
    steps, middle = h * np.eye(k), height(phi)
    out = np.empty((k, k))
    for a in range(k):
        out[a, a] = (height(phi + steps[a]) - 2 * middle + height(phi - steps[a])) / h**2
        for b in range(a):
            both, apart = steps[a] + steps[b], steps[a] - steps[b]
            mixed = height(phi + both) + height(phi - both)
            mixed -= height(phi + apart) + height(phi - apart)
            out[a, b] = out[b, a] = mixed / (4 * h**2)
    return out


def _pack(
    read: BinaryRows,
    formula: str,
    subject: str,
    points: int,
    level: float,
    inner: LeaningPeople,
    ids: NDArray[Any],
    scale: _Scale,
    phi: Floats,
    state: str,
    height: Callable[[Floats], float],
) -> OddsFit:
    rows = read.rows
    free = np.arange(len(phi) - (state == "boundary"))

    def over(part: Floats) -> float:
        return height(np.append(part, phi[len(part) :]))

    covariance: Floats = np.linalg.inv(-_bend(over, phi[free])).astype(float)
    at = integrate(inner, phi[:-1], float(phi[-1]), points)
    beta = scale.back @ phi[:-1]
    k = len(beta)
    linear = rows.design.matrix @ beta
    return OddsFit(
        terms=rows.design.terms.names,
        values=beta,
        covariance=scale.back @ covariance[:k, :k] @ scale.back.T,
        level=level,
        aside=("intercept",) if "intercept" in rows.design.terms.names else (),
        formula=formula,
        design=rows.design.terms,
        log_likelihood=at.log_likelihood,
        state=state,
        outcome_name=rows.outcome_name,
        variance=_variance(phi[-1], covariance, level, state),
        random_effects=_leaning(ids, subject, at, float(phi[-1])),
        reml=False,
        matrix=rows.design.matrix,
        outcome=rows.outcome,
        fitted=1.0 / (1.0 + np.exp(-linear)),
        subjects=rows.people,
        kept=rows.kept,
        index=rows.index,
        event=read.event,
        points=points,
        sd=float(phi[-1]),
        method=_method(read, subject, points),
        notes=(*rows.design.notes, *_notes(state)),
        counts=rows.counts,
        source=rows.source,
    )


def _method(read: BinaryRows, subject: str, points: int) -> str:
    how = (
        "Laplace's approximation"
        if points == 1
        else f"adaptive Gauss-Hermite quadrature of {points} points"
    )
    covariates = [one for one in read.rows.design.terms.columns_of if one != "intercept"]
    return (
        f"Logistic regression of {read.event} on {', '.join(covariates) or 'an intercept'} with a "
        f"random intercept by {subject}, {how}; odds ratios of one and the same person; normal "
        "reference distribution."
    )


def _notes(state: str) -> tuple[str, ...]:
    if state == "boundary":
        return ("The variance between people is estimated as 0: the fit is that of logistic().",)
    if state == "not converged":
        return ("The search did not converge: do not use these numbers. Try fewer covariates.",)
    return ()


def _variance(sd: float, covariance: Floats, level: float, state: str) -> Estimates:
    """The variance between people; limits from the log of the standard deviation."""
    low = high = error = np.nan
    if state != "boundary":
        error = float(np.sqrt(covariance[-1, -1]))
        half = float(normal_quantile(level)) * error / sd
        low, high = sd**2 * np.exp(-2 * half), sd**2 * np.exp(2 * half)
    return Estimates(
        terms=("variance[intercept]",),
        values=np.array([sd**2]),
        covariance=np.array([[(2 * sd * error) ** 2]]),
        level=level,
        limits=np.array([[low, high]]),
        null=None,
        method="Limits from the log of the standard deviation between people.",
    )


def _leaning(ids: NDArray[Any], subject: str, at: Leanings, sd: float) -> pd.DataFrame:
    """How each person leans, on the logit scale."""
    return pd.DataFrame({subject: ids, "intercept": sd * at.modes, "std_error": sd * at.spreads})
