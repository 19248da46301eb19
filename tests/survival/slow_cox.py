"""Cox's partial likelihood by direct loops over risk sets: the slow twin of the kernels.

Rows are literally copied for frequencies, risk sets are masks, Efron's steps are written out as in
Therneau and Grambsch (2000), and the discrete likelihood lists all sets of people.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np


@dataclass
class Rows:
    """Random rows; start None means from the beginning."""

    X: np.ndarray
    start: np.ndarray | None
    stop: np.ndarray
    event: np.ndarray
    strata: np.ndarray | None = None
    weights: np.ndarray | None = None
    frequencies: np.ndarray | None = None
    offset: np.ndarray | None = None

    @property
    def arguments(self) -> tuple:
        return self.start, self.stop, self.event, self.strata, self.weights, self.frequencies

    def copied(self) -> tuple[Rows, np.ndarray]:
        """The same rows with everything filled in and copies written out; which row each is."""
        n = len(self.stop)
        times = np.ones(n, int) if self.frequencies is None else self.frequencies
        which = np.repeat(np.arange(n), times)

        def filled(values, default):
            return (np.full(n, default) if values is None else values)[which]

        rows = Rows(
            X=self.X[which],
            start=filled(self.start, -np.inf),
            stop=self.stop[which],
            event=self.event[which],
            strata=filled(self.strata, 0),
            weights=filled(self.weights, 1.0),
            offset=filled(self.offset, 0.0),
        )
        return rows, which


def random_rows(seed: int, *, largest: int = 13, plain: bool = False) -> Rows:
    """Few rows with many ties; entry, strata, weights, copies and offset now and then."""
    rng = np.random.default_rng(seed)
    n, k = rng.integers(3, largest + 1), rng.integers(1, 4)
    stop = rng.integers(1, 6, n).astype(float)
    if rng.random() < 0.2:
        stop = stop + rng.random(n)
    event = rng.random(n) < 0.6
    event[0] = True

    def sometimes(values):
        return values if rng.random() < 0.4 and not plain else None

    start = sometimes(stop - rng.integers(0, 4, n))
    if start is not None:
        start[0] = stop[0] - 1
    frequencies = sometimes(rng.integers(0, 3, n))
    if frequencies is not None:
        frequencies[0] = 1
    return Rows(
        X=rng.normal(size=(n, k)),
        start=start,
        stop=stop,
        event=event,
        strata=sometimes(rng.integers(0, 3, n)),
        weights=sometimes(rng.random(n) + 0.1),
        frequencies=frequencies,
        offset=sometimes(rng.normal(size=n)),
    )


def event_times(rows: Rows):
    """Masks of the risk set and of the events at each event time, stratum by stratum."""
    lived = rows.stop > rows.start
    for stratum in np.unique(rows.strata):
        inside = rows.strata == stratum
        for t in np.unique(rows.stop[rows.event & inside & lived]):
            at_risk = inside & (rows.start < t) & (t <= rows.stop)
            yield at_risk, at_risk & rows.event & (rows.stop == t)


def slow_evaluate(beta: np.ndarray, given: Rows, ties: str):
    """Log-likelihood, score, information and unweighted score residuals of the copied rows."""
    rows, which = given.copied()
    X, w = rows.X, rows.weights
    eta = X @ beta + rows.offset
    value, score, information = 0.0, np.zeros(len(beta)), np.zeros((len(beta),) * 2)
    residuals = np.zeros_like(X)
    for at_risk, events in event_times(rows):
        d = events.sum()
        value += w[events] @ eta[events]
        score += w[events] @ X[events]
        if ties == "exact":
            value, score, information = _discrete(
                value, score, information, X[at_risk], np.exp(eta[at_risk]), d
            )
            continue
        for step in range(d):
            left = np.where(events, 1 - (step / d if ties == "efron" else 0.0), 1.0) * at_risk
            r = left * w * np.exp(eta)
            mean = r @ X / r.sum()
            share = w[events].sum() / d
            value -= share * np.log(r.sum())
            score -= share * mean
            information += share * ((X.T * r) @ X / r.sum() - np.outer(mean, mean))
            residuals[events] += (X[events] - mean) / d
            residuals -= (left * np.exp(eta) * share / r.sum())[:, None] * (X - mean)
    return value, score, information, residuals, which


def _discrete(value, score, information, X, r, d):
    total, first, second = 0.0, 0.0, 0.0
    for people in itertools.combinations(range(len(r)), d):
        weight, x = np.prod(r[list(people)]), X[list(people)].sum(axis=0)
        total, first = total + weight, first + weight * x
        second = second + weight * np.outer(x, x)
    mean = first / total
    return (
        value - np.log(total),
        score - mean,
        information + second / total - np.outer(mean, mean),
    )


def slow_maximum(given: Rows, ties: str) -> np.ndarray:
    """Newton's method from zero, every step halved until it climbs."""
    beta = np.zeros(given.X.shape[1])
    for _ in range(40):
        value, score, information, *_ = slow_evaluate(beta, given, ties)
        step = np.linalg.solve(information, score)
        while slow_evaluate(beta + step, given, ties)[0] < value - 1e-10:
            step = step / 2
        beta = beta + step
        if np.abs(step).max() < 1e-11:
            break
    return beta
