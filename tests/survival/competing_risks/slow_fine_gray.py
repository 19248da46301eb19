"""The Fine-Gray model written out: a weight for every participant at every event time."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class SlowFit:
    """Coefficients (k,); covariance (k, k) with estimated weights, as cmprsk's, with known ones."""

    values: np.ndarray
    covariance: np.ndarray
    as_cmprsk: np.ndarray
    known: np.ndarray


def share_uncensored(stop: np.ndarray, censored: np.ndarray, at: np.ndarray) -> np.ndarray:
    """Kaplan-Meier estimate of not being censored just before each of ``at``."""
    ends = np.unique(stop[censored])
    stays = [1 - np.sum(censored & (stop == u)) / np.sum(stop >= u) for u in ends]
    return np.array([np.prod(stays[: int(np.sum(ends < t))]) for t in at])


def slow_fine_gray(
    stop: np.ndarray,
    cause: np.ndarray,
    x: np.ndarray,
    group: np.ndarray | None = None,
) -> SlowFit:
    """Fit by the definition; cause 1 is modelled, 0 is censored.

    cmprsk sums what a censoring moves over the events of its own group only, although a weighted
    participant is at risk at the events of all groups.
    """
    group = np.zeros(stop.size, dtype=int) if group is None else group
    times = np.unique(stop[cause == 1])
    events = np.array([np.sum((stop == t) & (cause == 1)) for t in times])
    weight = np.zeros((stop.size, times.size))
    for g in np.unique(group):
        mine, censored = group == g, (cause == 0)[group == g]
        ahead = share_uncensored(stop[mine], censored, times)
        own = share_uncensored(stop[mine], censored, stop[mine])
        ratio = ahead[None, :] / own[:, None]
        other = (cause[mine] > 1)[:, None]
        weight[mine] = np.where(stop[mine][:, None] >= times, 1.0, np.where(other, ratio, 0.0))
    b = np.zeros(x.shape[1])
    for _ in range(50):
        size = weight * np.exp(x @ b)[:, None]
        total = size.sum(axis=0)
        mean = (size.T @ x) / total[:, None]
        score = x[cause == 1].sum(axis=0) - events @ mean
        second = np.einsum("ie,ij,ik->ejk", size, x, x) / total[:, None, None]
        information = np.einsum("e,ejk->jk", events, second - mean[:, :, None] * mean[:, None, :])
        step = np.linalg.solve(information, score)
        b = b + step
        if np.abs(step).max() < 1e-13:
            break
    hazard = events / total
    # What each participant is expected to add at each event time.
    expected = size[:, :, None] * (x[:, None, :] - mean[None]) * hazard[None, :, None]
    eta = -expected.sum(axis=1)
    for i in np.flatnonzero(cause == 1):
        eta[i] += x[i] - mean[np.searchsorted(times, stop[i])]
    groups = np.unique(group)
    apart = [[np.sum((stop == t) & (cause == 1) & (group == g)) for t in times] for g in groups]
    psi, psi_cmprsk = np.zeros_like(eta), np.zeros_like(eta)
    for u in np.unique(stop[cause == 0]):
        for g, own in zip(groups, apart, strict=True):
            here = (cause == 0) & (stop == u) & (group == g)
            at_risk = (stop >= u) & (group == g)
            moved = (cause > 1) & (stop < u) & (group == g)
            at_events = expected[moved][:, times >= u].sum(axis=0)
            share = (np.array(own) / events)[times >= u]
            for into, q in ((psi, at_events.sum(axis=0)), (psi_cmprsk, share @ at_events)):
                into[here] += q / at_risk.sum() if here.any() else 0.0
                into[at_risk] -= q * here.sum() / max(at_risk.sum(), 1) ** 2
    bread = np.linalg.inv(information)

    def sandwich(scores: np.ndarray) -> np.ndarray:
        return bread @ scores.T @ scores @ bread

    return SlowFit(b, sandwich(eta + psi), sandwich(eta + psi_cmprsk), sandwich(eta))
