"""Where does chance come from? Streams of uniform numbers that are the same on every machine.

Only the bit generator of numpy is used, whose stream is fixed for ever, not the distributions of
``Generator``, which may change between versions. Each stage of a simulation has a stream of its
own, so that a change in one stage leaves the draws of the others as they were.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

Floats = NDArray[np.float64]

STAGES = (
    "people",
    "allocation",
    "check_ins",
    "recurrences",
    "walking",
    "questionnaires",
    "harms",
    "resources",
)


class Stream:
    """Uniform and normal numbers for one stage of one simulated trial.

    Parameters
    ----------
    seed : int
    stage : str
        One of ``STAGES``.
    attempt : int
        For stages that are drawn again until they fit.
    """

    def __init__(self, seed: int, stage: str, attempt: int = 0) -> None:
        entropy = np.random.SeedSequence([seed, STAGES.index(stage), attempt])
        self._bits = np.random.PCG64(entropy)

    def uniform(self, *shape: int) -> Floats:
        """Numbers in (0, 1), neither end included."""
        raw = self._bits.random_raw(int(np.prod(shape)))
        # 52 bits and a half: exactly representable, so that 0 and 1 never occur
        return (((raw >> np.uint64(12)).astype(np.float64) + 0.5) * 2.0**-52).reshape(shape)

    def normal(self, *shape: int) -> Floats:
        """Standard normal numbers, by inversion."""
        return ndtri(self.uniform(*shape))


def shuffled(order: Floats) -> NDArray[np.intp]:
    """A permutation: the ranks of uniform numbers."""
    return np.argsort(np.argsort(order, kind="stable"), kind="stable")


def chosen(order: Floats, eligible: NDArray[np.bool_], count: int) -> NDArray[np.bool_]:
    """Exactly ``count`` of the eligible (or all, where they are fewer), by uniform numbers."""
    picked = np.zeros(len(order), dtype=bool)
    picked[np.argsort(np.where(eligible, order, 2.0), kind="stable")[:count]] = True
    return picked & eligible


def poisson(uniform: Floats, mean: Floats | float) -> NDArray[np.int64]:
    """Poisson counts by inversion, at most 60."""
    mean = np.broadcast_to(np.asarray(mean, dtype=float), uniform.shape)
    term = np.exp(-mean)
    below = term.copy()
    count = np.zeros(uniform.shape, dtype=np.int64)
    for k in range(1, 61):
        count += uniform > below
        term = term * mean / k
        below += term
    return count
