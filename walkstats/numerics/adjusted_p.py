"""What is left of several p-values when their number is taken into account?"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]


def adjusted_p(p_values: ArrayLike, method: str) -> Floats:
    """Adjust p-values (m,) for their number by one of ``ADJUSTMENTS``.

    Examples
    --------
    >>> adjusted_p([0.01, 0.04, 0.03], "holm").tolist()
    [0.03, 0.06, 0.06]
    """
    return ADJUSTMENTS[method](np.asarray(p_values, dtype=float))


def _holm(p: Floats) -> Floats:
    order = np.argsort(p, kind="stable")
    stepped = np.maximum.accumulate(p[order] * np.arange(p.size, 0, -1))
    out = np.empty(p.size)
    out[order] = np.minimum(stepped, 1.0)
    return out


def _benjamini_hochberg(p: Floats) -> Floats:
    order = np.argsort(-p, kind="stable")
    stepped = np.minimum.accumulate(p[order] * p.size / np.arange(p.size, 0, -1))
    out = np.empty(p.size)
    out[order] = np.minimum(stepped, 1.0)
    return out


def _hochberg(p: Floats) -> Floats:
    order = np.argsort(-p, kind="stable")
    stepped = np.minimum.accumulate(p[order] * np.arange(1, p.size + 1))
    out = np.empty(p.size)
    out[order] = np.minimum(stepped, 1.0)
    return out


def _hommel(p: Floats) -> Floats:
    """Closed tests by Simes: of the sets of m with p[i] the one with the largest others decides."""
    out = np.empty(p.size)
    for i in range(p.size):
        others = np.sort(np.delete(p, i))
        sets = (np.sort(np.append(others[others.size - m :], p[i])) for m in range(p.size))
        out[i] = max(float(np.min(s.size * s / np.arange(1, s.size + 1))) for s in sets)
    return np.minimum(out, 1.0)


def _benjamini_yekutieli(p: Floats) -> Floats:
    harmonic = float(np.sum(1.0 / np.arange(1, p.size + 1)))
    return np.minimum(_benjamini_hochberg(p) * harmonic, 1.0)


ADJUSTMENTS: dict[str, Callable[[Floats], Floats]] = {
    "holm": _holm,
    "bonferroni": lambda p: np.minimum(p * p.size, 1.0),
    "hochberg": _hochberg,
    "hommel": _hommel,
    "BH": _benjamini_hochberg,
    "BY": _benjamini_yekutieli,
    "none": lambda p: p,
}
