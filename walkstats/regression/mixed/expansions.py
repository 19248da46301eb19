"""How does a number change with the parameters, to second order?

An expansion in m parameters is an array whose first axis holds the value, its m first derivatives,
and its m (m + 1) / 2 second derivatives in the order of ``pairs``; the other axes are those of the
number itself.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Indices = NDArray[np.intp]


@functools.cache
def pairs(parameters: int) -> tuple[Indices, Indices]:
    """Parameters by which each second derivative is taken: those of the upper triangle."""
    first, second = np.triu_indices(parameters)
    return first, second


def length(parameters: int) -> int:
    """Entries of an expansion."""
    return 1 + parameters + parameters * (parameters + 1) // 2


def split(expansion: Floats, parameters: int) -> tuple[Any, Floats, Floats]:
    """Value, gradient (m, ...) and Hessian (m, m, ...)."""
    m = parameters
    first, second = pairs(m)
    hessian = np.empty((m, m, *expansion.shape[1:]))
    hessian[first, second] = expansion[1 + m :]
    hessian[second, first] = expansion[1 + m :]
    return expansion[0], expansion[1 : 1 + m], hessian


def product(
    a: Floats, b: Floats, parameters: int, times: Callable[[Any, Any], Any] = np.multiply
) -> Floats:
    """Expansion of a product; ``times`` multiplies along all but the first axis."""
    m = parameters
    j, k = pairs(m)
    value = times(a[:1], b[:1])
    slope = times(a[1 : 1 + m], b[:1]) + times(a[:1], b[1 : 1 + m])
    bend = times(a[1 + m :], b[:1]) + times(a[:1], b[1 + m :])
    bend += times(a[1 + j], b[1 + k]) + times(a[1 + k], b[1 + j])
    return np.concatenate([value, slope, bend])


def function_of(a: Floats, parameters: int, value: Floats, slope: Floats, bend: Floats) -> Floats:
    """Expansion of f(a), given f, f' and f'' at the value of ``a``."""
    m = parameters
    j, k = pairs(m)
    return np.concatenate(
        [value[None], slope * a[1 : 1 + m], slope * a[1 + m :] + bend * a[1 + j] * a[1 + k]]
    )


def reciprocal(a: Floats, parameters: int) -> Floats:
    """Expansion of 1 / a."""
    inverse = 1.0 / a[0]
    return function_of(a, parameters, inverse, -(inverse**2), 2.0 * inverse**3)


def logarithm(a: Floats, parameters: int) -> Floats:
    """Expansion of log a."""
    inverse = 1.0 / a[0]
    return function_of(a, parameters, np.log(a[0]), inverse, -(inverse**2))
