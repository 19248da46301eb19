"""Repeated measures in the plainest way: the whole covariance of all outcomes, and error contrasts.

The restricted likelihood is that of n - k contrasts whose mean is zero whatever the coefficients
are. Nothing of the package is used.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy import linalg, stats


def visited(seed=0, people=14, visits=3, missed=0.2, effect=0.4):
    """A small trial: two arms, visits 1, 2, ..., some of them missed, a covariate."""
    rng = np.random.default_rng(seed)
    person, visit = np.repeat(np.arange(people), visits), np.tile(np.arange(visits), people)
    own = rng.normal(size=(people, visits)) @ np.linalg.cholesky(
        0.6 ** np.abs(np.subtract.outer(np.arange(visits), np.arange(visits)))
    ).T  # fmt: skip
    arm = np.arange(people) % 2
    frame = pd.DataFrame(
        {
            "participant_id": [f"p{k:02d}" for k in person],
            "arm": np.where(arm, "walking", "control")[person],
            "month": 3 * (visit + 1),
            "age": rng.normal(54, 9, people).round()[person],
            "pain": 4 + visit * 0.3 - effect * arm[person] + own.ravel() * (1 + 0.3 * visit),
        }
    )
    gone = (rng.random(len(frame)) < missed) & (person > 3)
    return frame.assign(pain=frame["pain"].mask(gone))


def whole_covariance(covariance, person, visit):
    """(n, n), people independent."""
    same = person[:, None] == person[None, :]
    return np.where(same, covariance[visit[:, None], visit[None, :]], 0.0)


def restricted_likelihood(y, x, v):
    """Log density of error contrasts, times the constant that SAS, R and the package leave out."""
    contrasts = linalg.null_space(x.T)
    density = stats.multivariate_normal.logpdf(
        contrasts.T @ y, np.zeros(contrasts.shape[1]), contrasts.T @ v @ contrasts
    )
    return density - 0.5 * np.linalg.slogdet(x.T @ x)[1]


def likelihood(y, x, v):
    """Log density at the coefficients of generalised least squares."""
    inverse = np.linalg.inv(v)
    b = np.linalg.solve(x.T @ inverse @ x, x.T @ inverse @ y)
    return stats.multivariate_normal.logpdf(y, x @ b, v)


def kenward_roger(x, v, parts, uncertainty):
    """Covariance, and the scaled F of contrasts, from matrices of all outcomes; y is not needed.

    ``parts`` are the derivatives of v by its parameters, ``uncertainty`` their covariance.
    """
    w = np.linalg.inv(v)
    c = np.linalg.inv(x.T @ w @ x)
    first = [-x.T @ w @ d @ w @ x for d in parts]
    extra = np.zeros_like(c)
    for i, one in enumerate(parts):
        for j, other in enumerate(parts):
            both = x.T @ w @ one @ w @ other @ w @ x
            extra += uncertainty[i, j] * (both - first[i] @ c @ first[j])
    larger = c + 2 * c @ extra @ c

    def scaled(contrasts):
        size = len(contrasts)
        theta = contrasts.T @ np.linalg.inv(contrasts @ c @ contrasts.T) @ contrasts
        turned = [theta @ c @ one @ c for one in first]
        a1 = sum(
            uncertainty[i, j] * np.trace(turned[i]) * np.trace(turned[j])
            for i in range(len(parts))
            for j in range(len(parts))
        )
        a2 = sum(
            uncertainty[i, j] * np.trace(turned[i] @ turned[j])
            for i in range(len(parts))
            for j in range(len(parts))
        )
        b = (a1 + 6 * a2) / (2 * size)
        g = ((size + 1) * a1 - (size + 4) * a2) / ((size + 2) * a2)
        d = 3 * size + 2 * (1 - g)
        c1, c2, c3 = g / d, (size - g) / d, (size + 2 - g) / d
        mean = 1 / (1 - a2 / size)
        spread = 2 / size * (1 + c1 * b) / ((1 - c2 * b) ** 2 * (1 - c3 * b))
        ratio = spread / (2 * mean**2)
        df = 4 + (size + 2) / (size * ratio - 1)
        return df, df / (mean * (df - 2))

    return larger, scaled


def expected_uncertainty(x, v, parts):
    """Twice the inverse of the expected Hessian of minus twice the restricted likelihood."""
    w = np.linalg.inv(v)
    p = w - w @ x @ np.linalg.inv(x.T @ w @ x) @ x.T @ w
    return 2 * np.linalg.inv([[np.trace(p @ a @ p @ b) for b in parts] for a in parts])


def observed_uncertainty(y, x, v, parts):
    """Twice the inverse of the Hessian itself, for a covariance linear in its parameters."""
    w = np.linalg.inv(v)
    p = w - w @ x @ np.linalg.inv(x.T @ w @ x) @ x.T @ w
    hessian = [
        [2 * y @ p @ a @ p @ b @ p @ y - np.trace(p @ a @ p @ b) for b in parts] for a in parts
    ]
    return 2 * np.linalg.inv(hessian)
