"""How sure are coefficients and frailties, once the variance of the frailties is taken as known?"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from walkstats.survival.recurrent_events.frailty_likelihood import (
    FrailtyEvaluation,
    FrailtySolution,
    Solver,
    people_solver,
)

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class FrailtyCovariance:
    """Variances at a solution.

    Attributes
    ----------
    covariance : (k, k) inverse of the penalised information
    narrow : (k, k) the information between two of these
    frailty_variances : (G,) of the log frailties
    frailty_freedom : float, effective number of frailties
    trace : float, sum of `frailty_variances`
    """

    covariance: Floats
    narrow: Floats
    frailty_variances: Floats
    frailty_freedom: float
    trace: float


def covariances(found: FrailtySolution, *, whole: bool) -> FrailtyCovariance:
    """Covariance of the coefficients, given the variance of the frailties.

    Parameters
    ----------
    found : FrailtySolution
    whole : bool
        With the information between people; otherwise the frailties' block is its diagonal.

    Returns
    -------
    FrailtyCovariance
    """
    here, second = found.here, found.penalty.second
    here = here if whole else replace(here, shared=None)
    solver = people_solver(here, second)
    solved = solver(here.cross)
    covariance = np.linalg.inv(here.information - here.cross.T @ solved)
    corner = -solved @ covariance
    own = _own_variances(here, second, solver) - np.einsum("ij,ij->i", corner, solved)
    narrow = covariance - (corner.T * second) @ corner
    return FrailtyCovariance(
        covariance=(covariance + covariance.T) / 2.0,
        narrow=(narrow + narrow.T) / 2.0,
        frailty_variances=own,
        frailty_freedom=found.w.size - float(own @ second),
        trace=float(own.sum()),
    )


def _own_variances(here: FrailtyEvaluation, second: Floats, solver: Solver) -> Floats:
    if here.shared is None:
        return 1.0 / (here.diagonal + second)
    return np.diag(solver(np.eye(second.size))).copy()
