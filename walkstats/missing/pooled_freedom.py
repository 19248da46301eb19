"""How many degrees of freedom are left when values were imputed?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from walkstats.results import Freedom

Floats = NDArray[np.float64]

RULES = {
    "barnard-rubin": "Barnard and Rubin's degrees of freedom",
    "rubin": "Rubin's degrees of freedom of 1987",
}


@dataclass(frozen=True)
class PooledFreedom:
    """Degrees of freedom of any combination of pooled estimates."""

    within: Floats
    between: Floats
    imputations: int
    complete: tuple[Freedom, ...]
    given: float | None
    rule: str

    def of(self, weights: Floats) -> float:
        """Degrees of freedom of ``weights @ values``."""
        used = np.flatnonzero(weights)
        block, some = np.ix_(used, used), weights[used]
        inside = float(some @ self.within[block] @ some)
        extra = (1 + 1 / self.imputations) * float(some @ self.between[block] @ some)
        return pooled_df(inside, extra, self.imputations, self.complete_for(weights[None, :]))

    def complete_for(self, rows: Floats) -> float:
        """Degrees of freedom of the complete data for combinations (the rows) together.

        The least over the rows, averaged over the data sets; infinite under the rule of 1987.
        """
        if self.rule == "rubin":
            return np.inf
        if self.given is not None:
            return self.given
        return float(np.mean([min(one.of(row) for row in rows) for one in self.complete]))


def pooled_df(within: float, extra: float, imputations: int, complete: float) -> float:
    """Degrees of freedom of one pooled estimate; ``extra`` is (1 + 1/m) times between."""
    total = within + extra
    if total <= 0:
        return np.nan
    share = extra / total
    known = complete * (complete + 1) / (complete + 3) * (1 - share) if complete < np.inf else None
    if share == 0:
        return np.inf if known is None else known
    old = (imputations - 1) / share**2
    return old if known is None else 1 / (1 / old + (1 / known if known > 0 else np.inf))


def joint_df(rank: int, m: int, increase: float, complete: float) -> float | None:
    """Denominator degrees of freedom of D1; None where Reiter's expansion does not hold."""
    t = rank * (m - 1)
    if increase == 0:
        return complete
    if not np.isfinite(complete):
        if t > 4:
            return 4 + (t - 4) * (1 + (1 - 2 / t) / increase) ** 2
        return t * (1 + 1 / rank) * (1 + 1 / increase) ** 2 / 2
    # Reiter (2007), with his letters.
    nu = complete * (complete + 1) / (complete + 3)
    a = increase * t / (t - 2) if t > 2 else np.inf
    c1, c2 = nu - 2 * (1 + a), nu - 4 * (1 + a)
    if t <= 4 or c2 <= 0:
        return None
    c0 = 1 / (t - 4)
    z = 1 / c2 + c0 * (a**2 * c1 / ((1 + a) ** 2 * c2))
    z += c0 * (8 * a**2 * c1 / ((1 + a) * c2**2) + 4 * a**2 / ((1 + a) * c2))
    z += c0 * (4 * a**2 / (c2 * c1) + 16 * a**2 * c1 / c2**3) + c0 * 8 * a**2 / c2**2
    return 4 + 1 / z
