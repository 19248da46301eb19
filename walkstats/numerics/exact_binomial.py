"""How rare is a split of events this uneven, when each falls on one side with a known chance?"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import special

Floats = NDArray[np.float64]

# Probabilities within rounding of the observed one count as no larger, as in R's exact tests.
AS_RARE = 1.0 + 1e-7


def binomial_p(count: int, of: int, share: float) -> tuple[float, float, float]:
    """Exact p-values of a number out of a total.

    Parameters
    ----------
    count, of : int
    share : float
        The chance that the hypothesis names.

    Returns
    -------
    two_sided, less, greater : float
        Two-sided: the probability of all numbers no likelier than the one observed.

    Examples
    --------
    >>> round(binomial_p(13, 40, 0.5)[0], 4)
    0.0385
    """
    k = np.arange(of + 1)
    log_choose = -special.betaln(k + 1.0, of - k + 1.0) - np.log(of + 1.0)
    chance = np.exp(log_choose + special.xlogy(k, share) + special.xlog1py(of - k, -share))
    two_sided = as_rare(chance, chance[count])
    return two_sided, min(1.0, chance[: count + 1].sum()), min(1.0, chance[count:].sum())


def as_rare(chances: Floats, observed: float) -> float:
    """Sum of the probabilities that are no larger than the observed one."""
    return float(min(1.0, chances[chances <= observed * AS_RARE].sum()))
