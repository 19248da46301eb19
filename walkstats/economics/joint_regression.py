"""By how much do costs and effects differ together? Two regressions whose residuals go together.

Seemingly unrelated regressions [1]_ in closed form: least squares of each, the covariance of their
residuals, and one generalised step. With the same regressors this is least squares itself. Every
kernel works on any number of samples at once: the leading dimensions of its arrays.

References
----------
.. [1] Zellner A (1962). An efficient method of estimating seemingly unrelated regressions and tests
   for aggregation bias. *J Am Stat Assoc* 57:348-368.
   https://doi.org/10.1080/01621459.1962.10480664
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

# Residuals whose correlation is this close to 1 tell nothing apart.
ALIKE = 1e-10


@dataclass(frozen=True)
class Joint:
    """Coefficients of two regressions; arrays have the leading dimensions of the data.

    Attributes
    ----------
    first, second : (..., k1), (..., k2)
        Coefficients.
    covariance : (..., k1 + k2, k1 + k2)
        Of both together.
    residual : (..., 2, 2)
        Covariance of the residuals, with divisor sqrt((n - k1) (n - k2)).
    """

    first: Floats
    second: Floats
    covariance: Floats
    residual: Floats


def joint_regression(x1: Floats, y1: Floats, x2: Floats, y2: Floats) -> Joint:
    """Fit two linear regressions whose residuals are correlated within a person.

    Parameters
    ----------
    x1, x2 : (..., n, k1), (..., n, k2)
        Regressors of full rank, with a constant column. The same object twice: least squares.
    y1, y2 : (..., n)

    Returns
    -------
    Joint

    Raises
    ------
    numpy.linalg.LinAlgError
        For regressors that are not of full rank.
    """
    grams = [x.swapaxes(-1, -2) @ x for x in (x1, x2)]
    apart = [
        np.asarray(np.linalg.solve(gram, x.swapaxes(-1, -2) @ y[..., None])[..., 0], dtype=float)
        for gram, x, y in zip(grams, (x1, x2), (y1, y2), strict=True)
    ]
    e1 = y1 - (x1 @ apart[0][..., None])[..., 0]
    e2 = y2 - (x2 @ apart[1][..., None])[..., 0]
    residual = _residual_covariance(e1, e2, x1.shape[-1], x2.shape[-1])
    if x1 is x2:
        inverse = np.linalg.inv(grams[0])
        k = x1.shape[-1]
        blocks = residual[..., :, None, :, None] * inverse[..., None, :, None, :]
        covariance = blocks.reshape(*residual.shape[:-2], 2 * k, 2 * k)
        return Joint(apart[0], apart[1], covariance, residual)
    return _generalised_step((x1, x2), (y1, y2), (grams[0], grams[1]), residual, apart)


def _residual_covariance(e1: Floats, e2: Floats, k1: int, k2: int) -> Floats:
    n = e1.shape[-1]
    divisors = np.sqrt(np.outer([n - k1, n - k2], [n - k1, n - k2]))
    both = np.stack([e1, e2], axis=-2)
    return np.asarray(both @ both.swapaxes(-1, -2) / divisors)


def _generalised_step(
    x: tuple[Floats, Floats],
    y: tuple[Floats, Floats],
    grams: tuple[Floats, Floats],
    residual: Floats,
    apart: list[Floats],
) -> Joint:
    """Weigh the two equations by the inverse of the residuals' covariance.

    The outcomes are first put in units of their residuals, so that money and utilities weigh
    alike. Where the residuals repeat one another or vanish, least squares is kept.
    """
    k1 = x[0].shape[-1]
    size = np.sqrt(np.stack([residual[..., 0, 0], residual[..., 1, 1]], axis=-1))
    unit = np.where(size > 0.0, size, 1.0)
    r = residual[..., 0, 1] / (unit[..., 0] * unit[..., 1])
    told = 1.0 - r**2 > ALIKE
    r = np.where(told, r, 0.0)
    own = (1.0 / (1.0 - r**2))[..., None, None]
    other = -r[..., None, None] * own
    cross = other * (x[0].swapaxes(-1, -2) @ x[1])
    normal = np.block([[own * grams[0], cross], [cross.swapaxes(-1, -2), own * grams[1]]])
    y1, y2 = (one[..., None] / unit[..., [k], None] for k, one in enumerate(y))
    right = np.concatenate(
        [
            x[0].swapaxes(-1, -2) @ (own * y1 + other * y2),
            x[1].swapaxes(-1, -2) @ (other * y1 + own * y2),
        ],
        axis=-2,
    )
    back = np.repeat(unit, [k1, x[1].shape[-1]], axis=-1)
    values = np.where(
        told[..., None],
        np.linalg.solve(normal, right)[..., 0] * back,
        np.concatenate(apart, axis=-1),
    )
    covariance = np.linalg.inv(normal) * back[..., :, None] * back[..., None, :]
    return Joint(values[..., :k1], values[..., k1:], covariance, residual)
