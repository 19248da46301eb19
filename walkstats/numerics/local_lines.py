"""Which line runs through a cloud of points, if each stretch may have its own?"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def local_line(x: Floats, y: Floats, at: Floats, span: float = 2.0 / 3.0) -> Floats:
    """Height, at chosen points, of straight lines fitted to the neighbours of each.

    Parameters
    ----------
    x, y : (n,) arrays
        Finite.
    at : (m,) array
    span : float
        Share of the points that are neighbours; above 0, at most 1.

    Returns
    -------
    (m,) array

    Notes
    -----
    Weights are tricube, (1 - (distance / largest)³)³, of the floor(span n) nearest points, as R's
    loess has them for ``degree = 1`` with ``surface = "direct"``. Where all neighbours share one x
    the height is their mean.

    References
    ----------
    .. [1] Cleveland WS (1979). Robust locally weighted regression and smoothing scatterplots. *J Am
       Stat Assoc* 74:829-836. https://doi.org/10.1080/01621459.1979.10481038

    Examples
    --------
    >>> x = np.arange(9.0)
    >>> local_line(x, 2 * x + 1, np.array([0.0, 3.5])).round(6).tolist()
    [1.0, 8.0]
    """
    near = min(max(int(np.floor(len(x) * span + 1e-5)), 2), len(x))
    out = np.empty(len(at))
    for place, centre in enumerate(at):
        away = np.abs(x - centre)
        reach = np.partition(away, near - 1)[near - 1]
        if not reach > 0:
            out[place] = y[away == 0].mean()
            continue
        weight = np.maximum(1.0 - (away / reach) ** 3, 0.0) ** 3
        total = weight.sum()
        if not total > 0:
            out[place] = y[away <= reach].mean()
            continue
        middle = (weight @ x) / total
        spread = weight @ (x - middle) ** 2
        mean = (weight @ y) / total
        slope = (weight @ ((x - middle) * (y - mean))) / spread if spread > 0 else 0.0
        out[place] = mean + slope * (centre - middle)
    return out
