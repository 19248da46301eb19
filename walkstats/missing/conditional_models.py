"""From which distribution is a missing value drawn, given everything else of the same row?

Each kernel fits a model to the known values, draws its parameters from what the data say of them,
and draws the missing values from the model with those parameters. Arrays in, arrays out; the
first column of both matrices is 1.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from walkstats.numerics.newton import maximise

Floats = NDArray[np.float64]
Generator = np.random.Generator

# Share of its sum of squares added to each predictor, so that predictors that nearly repeat others
# do not stop an imputation (as R's mice does).
RIDGE = 1e-5
NEWTON_STEPS = 50
# No linear predictor moves further in one step, so that none overshoots.
LONGEST_STEP = 5.0
CONVERGED = 1e-8


@dataclass(frozen=True)
class Conditional:
    """A model of one column given the others.

    Attributes
    ----------
    draw : callable
        ``draw(generator, known (n1,), x_known (n1, p), x_missing (n0, p), size) -> (n0,)`` values
        or codes; ``size`` is the number of donors, or of levels.
    described : str
        As a methods section says it.
    kinds : tuple of str
        Kinds of column that it is for: "number", "binary", "ordered", "levels".
    """

    draw: Callable[[Generator, Floats, Floats, Floats, int], Floats]
    described: str
    kinds: tuple[str, ...]


def _draw_normal(
    generator: Generator, known: Floats, x_known: Floats, x_missing: Floats, size: int
) -> Floats:
    _, drawn, sigma = _linear_draw(generator, known, x_known)
    return x_missing @ drawn + sigma * generator.standard_normal(len(x_missing))


def _draw_predictive_mean(
    generator: Generator, known: Floats, x_known: Floats, x_missing: Floats, size: int
) -> Floats:
    """A value of one of the ``size`` known rows whose predictions are nearest.

    Predictions of the known rows use the estimate, those of the missing rows the draw: type 1
    matching.
    """
    estimate, drawn, _ = _linear_draw(generator, known, x_known)
    return _of_a_donor(generator, known, x_known @ estimate, x_missing @ drawn, size)


def _of_a_donor(
    generator: Generator, known: Floats, about: Floats, wanted: Floats, size: int
) -> Floats:
    """The value of a random one of the ``size`` nearest in ``about``."""
    # Rows with the same prediction are equally near: a random order among them.
    order = generator.permutation(len(about))
    order = order[np.argsort(about[order], kind="stable")]
    ranked = about[order]
    size = min(size, len(ranked))
    place = np.searchsorted(ranked, wanted)
    window = place[:, None] + np.arange(-size, size)
    inside = (window >= 0) & (window < len(ranked))
    distance = np.abs(ranked[np.clip(window, 0, len(ranked) - 1)] - wanted[:, None])
    distance[~inside] = np.inf
    nearest = np.argpartition(distance, size - 1, axis=1)[:, :size]
    chosen = generator.integers(0, size, len(wanted))
    rows = np.arange(len(wanted))
    return known[order[window[rows, nearest[rows, chosen]]]]


def _linear_draw(generator: Generator, y: Floats, x: Floats) -> tuple[Floats, Floats, float]:
    """Least squares, and a draw of coefficients and residual SD under a flat prior.

    Algorithm 3.1 of van Buuren S (2018), *Flexible Imputation of Missing Data*.
    """
    gram = x.T @ x
    inverse = np.linalg.inv(gram + _ridge(gram, 1))
    estimate = inverse @ (x.T @ y)
    residual = y - x @ estimate
    freedom = max(len(y) - x.shape[1], 1)
    sigma = np.sqrt(residual @ residual / generator.chisquare(freedom))
    root = np.linalg.cholesky((inverse + inverse.T) / 2)
    drawn = estimate + sigma * (root @ generator.standard_normal(x.shape[1]))
    return estimate, drawn, float(sigma)


def _ridge(gram: Floats, intercepts: int) -> Floats:
    """What is added to sums of products, or to information; nothing for the intercepts."""
    share = np.where(np.arange(len(gram)) < intercepts, 0.0, RIDGE)
    return np.diag(share * np.diag(gram))


def _draw_logistic(
    generator: Generator, known: Floats, x_known: Floats, x_missing: Floats, size: int
) -> Floats:
    rows, codes, weights = _augmented(x_known, known, 2)
    drawn = _softmax_draw(generator, rows, codes, weights, 2)
    chance = 1.0 / (1.0 + np.exp(-np.clip(x_missing @ drawn[:, 0], -700, 700)))
    return (generator.random(len(x_missing)) < chance).astype(float)


def _draw_polytomous(
    generator: Generator, known: Floats, x_known: Floats, x_missing: Floats, size: int
) -> Floats:
    rows, codes, weights = _augmented(x_known, known, size)
    drawn = _softmax_draw(generator, rows, codes, weights, size)
    shares = _softmax(x_missing @ drawn)
    return _of_shares(generator, shares)


def _draw_ordinal(
    generator: Generator, known: Floats, x_known: Floats, x_missing: Floats, size: int
) -> Floats:
    from walkstats.regression.ranks.cumulative_links import CUMULATIVE_LINKS
    from walkstats.regression.ranks.cumulative_maximum import cumulative_model

    rows, codes, weights = _augmented(x_known, known, size)
    link = CUMULATIVE_LINKS["logit"]
    model = cumulative_model(codes.astype(np.intp), rows[:, 1:], weights, link)
    reached = np.cumsum(np.bincount(codes.astype(np.intp), weights))[:-1] / weights.sum()
    start = np.concatenate([np.log(reached / (1 - reached)), np.zeros(rows.shape[1] - 1)])
    found = maximise(model.evaluate, start)
    information = found.information + _ridge(found.information, size - 1)
    root = np.linalg.cholesky(np.linalg.inv(information))
    drawn = found.values + root @ generator.standard_normal(len(start))
    # A draw may put two close thresholds in the wrong order.
    thresholds = np.sort(drawn[: size - 1])
    above = thresholds - (x_missing[:, 1:] @ drawn[size - 1 :])[:, None]
    edges = link.cumulative(np.column_stack([above, np.full(len(above), np.inf)]))
    return _of_shares(generator, np.diff(edges, axis=1, prepend=0.0))


def _of_shares(generator: Generator, shares: Floats) -> Floats:
    """A code for each row, drawn with its shares (n, levels)."""
    reached = np.cumsum(shares, axis=1)
    drawn = generator.random(len(shares)) * reached[:, -1]
    return np.minimum((drawn[:, None] >= reached).sum(axis=1), shares.shape[1] - 1).astype(float)


def _augmented(x: Floats, codes: Floats, levels: int) -> tuple[Floats, Floats, Floats]:
    """Rows, codes and weights with a few faint rows of every level added.

    For each predictor two rows per level, at its mean plus and minus half its SD and everything
    else at its mean, which together weigh as much as there are coefficients. So a predictor that
    separates the levels has finite coefficients: White IR, Daniel R, Royston P (2010), *Comput Stat
    Data Anal* 54:2267-2275.
    """
    mean, sd = x.mean(axis=0), x.std(axis=0, ddof=1) if len(x) > 1 else np.zeros(x.shape[1])
    p = x.shape[1] - 1
    if p == 0:
        extra = np.ones((levels, 1))
        added = np.arange(levels, dtype=float)
    else:
        one = np.tile(mean, (2 * p, 1))
        k = np.arange(p)
        one[2 * k, 1 + k] += 0.5 * sd[1:]
        one[2 * k + 1, 1 + k] -= 0.5 * sd[1:]
        extra = np.repeat(one, levels, axis=0)
        added = np.tile(np.arange(levels, dtype=float), 2 * p)
    weights = np.ones(len(x) + len(extra))
    weights[len(x) :] = (p + 1) / len(extra)
    return np.vstack([x, extra]), np.concatenate([codes, added]), weights


def _softmax_draw(
    generator: Generator, x: Floats, codes: Floats, weights: Floats, levels: int
) -> Floats:
    """Coefficients (p, levels - 1) against level 0, drawn about their maximum."""
    p, k = x.shape[1], levels - 1
    hit = (codes[:, None] == np.arange(1, levels)).astype(float)
    beta = np.zeros((p, k))
    information = np.eye(p * k)
    for _ in range(NEWTON_STEPS):
        share = _softmax(x @ beta)[:, 1:]
        score = x.T @ (weights[:, None] * (hit - share))
        information = _softmax_information(x, share, weights)
        step = np.linalg.solve(information, score.T.ravel()).reshape(k, p).T
        beta = beta + step * min(1.0, LONGEST_STEP / max(np.abs(x @ step).max(), 1e-300))
        if np.abs(step).max() < CONVERGED * (1 + np.abs(beta).max()):
            break
    root = np.linalg.cholesky(np.linalg.inv(information))
    return beta + (root @ generator.standard_normal(p * k)).reshape(k, p).T


def _softmax_information(x: Floats, share: Floats, weights: Floats) -> Floats:
    p, k = x.shape[1], share.shape[1]
    out = np.empty((k, p, k, p))
    for a in range(k):
        for b in range(k):
            w = weights * share[:, a] * (float(a == b) - share[:, b])
            out[a, :, b, :] = (x * w[:, None]).T @ x
    flat = out.reshape(p * k, p * k)
    return flat + RIDGE * np.diag(np.diag(flat))


def _softmax(linear: Floats) -> Floats:
    """Shares (n, levels) from linear predictors (n, levels - 1) against level 0."""
    full = np.column_stack([np.zeros(len(linear)), linear])
    full = np.exp(full - full.max(axis=1, keepdims=True))
    return np.asarray(full / full.sum(axis=1, keepdims=True))


CONDITIONALS: dict[str, Conditional] = {
    "pmm": Conditional(_draw_predictive_mean, "predictive mean matching", ("number", "ordered")),
    "normal": Conditional(_draw_normal, "Bayesian linear regression", ("number",)),
    "logistic": Conditional(_draw_logistic, "logistic regression", ("binary",)),
    "ordinal": Conditional(_draw_ordinal, "proportional odds regression", ("ordered",)),
    "polytomous": Conditional(
        _draw_polytomous, "multinomial logistic regression", ("levels", "ordered", "binary")
    ),
}
DEFAULT_METHOD = {
    "number": "pmm",
    "binary": "logistic",
    "ordered": "ordinal",
    "levels": "polytomous",
}
