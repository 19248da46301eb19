"""Repeated measures with an unstructured covariance of the visits, some of them missed."""

import numpy as np
import pandas as pd

from benchmarks.bench_regression import installed
from benchmarks.work import Work
from walkstats import regression
from walkstats.numerics.least_squares import factor, solve
from walkstats.regression.repeated_measures.patterns import sum_patterns
from walkstats.regression.repeated_measures.search import find_covariance
from walkstats.regression.repeated_measures.small_samples import satterthwaite
from walkstats.regression.repeated_measures.structures import STRUCTURES

FORMULA = "pain ~ arm * factor(month) + age"


def works() -> list[Work]:
    """A trial with five visits, of which one in six is missed."""
    return [visits(701, 5)]


def visited(people: int, times: int, seed: int = 20240624) -> pd.DataFrame:
    """Pain at each visit, alike within a person, visits missed at random."""
    rng = np.random.default_rng(seed)
    person, month = (
        np.repeat(np.arange(people), times),
        np.tile(3 * np.arange(1, times + 1), people),
    )
    lags = np.abs(np.subtract.outer(np.arange(times), np.arange(times)))
    own = rng.normal(size=(people, times)) @ np.linalg.cholesky(0.8**lags).T
    arm = np.where(rng.random(people) < 0.5, "control", "walking")
    frame = pd.DataFrame(
        {
            "participant_id": person,
            "arm": arm[person],
            "age": rng.normal(54, 12, people).round()[person],
            "month": month,
            "pain": (4 - 0.5 * (arm[person] == "walking") + own.ravel() * 2).round(2),
        }
    )
    gone = (np.cumsum(rng.random((people, times)) < 0.06, axis=1) > 0) | (
        rng.random((people, times)) < 0.04
    )
    return frame[~gone.ravel()].reset_index(drop=True)


def visits(people: int, times: int) -> Work:
    """Restricted likelihood, and Satterthwaite's degrees of freedom of every coefficient."""
    frame = visited(people, times)
    fitted = regression.mmrm(frame, FORMULA, visit="month")
    x, y = fitted.matrix, fitted.outcome
    person, visit = pd.factorize(frame["participant_id"])[0], fitted.visit_codes
    group = np.zeros(person.max() + 1, dtype=np.intp)

    def kernel():
        design = factor(x)
        left = solve(design, y).residuals
        left = left / np.sqrt(np.mean(left**2))
        patterns = sum_patterns(design.q, left, person, visit, group, times)
        wide = np.full((group.size, times), np.nan)
        wide[person, visit] = left
        found = find_covariance(STRUCTURES["unstructured"], patterns, wide, group, True)
        pieces = satterthwaite(found.profile, design.back)
        return [pieces.of(row) for row in np.eye(x.shape[1])]

    gls = (
        "nlme::gls(pain ~ arm * factor(month) + age, d, "
        "correlation = nlme::corSymm(form = ~ visit | participant_id), "
        "weights = nlme::varIdent(form = ~ 1 | month), method = 'REML')"
    )
    return Work(
        name=f"repeated measures, unstructured, REML, {people:,} x {times}",
        frame=frame.assign(visit=visit + 1),
        engines={
            "walkstats": lambda: regression.mmrm(frame, FORMULA, visit="month"),
            "kernel": kernel,
        },
        r=installed("nlme", {"R nlme::gls": gls}),
        aims={"R nlme::gls": 200},
    )
