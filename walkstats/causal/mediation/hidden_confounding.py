"""What if something unmeasured affects both the mediator and the outcome?

Two linear models: the errors of mediator and outcome are taken to have correlation rho. The
coefficient of the mediator by least squares is then too large by rho s / (t sqrt(1 - rho^2)), with
s the residual standard deviation of the outcome's regression and t that of the mediator's, whether
or not arm and mediator interact. Other models: a binary confounder, commoner by delta in the second
arm among people with the same mediator, changes the mean outcome by gamma.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from walkstats.causal.mediation.mean_outcomes import Parameters
from walkstats.causal.mediation.mediation_rows import MediationRows

Floats = NDArray[np.float64]

RHOS = np.round(np.linspace(-0.9, 0.9, 37), 10)
# How much commoner the confounder is in the second arm at the same value of the mediator.
COMMONER = (0.1, 0.2, 0.3)
STEPS = np.round(np.linspace(-1.0, 1.0, 21), 10)
# The largest effect of the confounder that is shown: on a risk, and in units of spread.
ON_RISK, ON_MEAN = 0.3, 0.5


def through_mediator(rows: MediationRows, at: Parameters, arm: int) -> Floats:
    """Slope (r,) of the outcome on the mediator in an arm, both in units of their spread."""
    slope = at.outcome[:, 2]
    if rows.models.interaction and arm:
        slope = slope + at.outcome[:, 3]
    return np.asarray(slope)


def under_correlation(rows: MediationRows, means: Floats, at: Parameters, rhos: Floats) -> Floats:
    """Natural indirect effects (r, j), then natural direct ones, at each rho.

    The total effect stays, since the arm has no part in this confounding.
    """
    too_much = _spreads(rows, at)[:, None] * (rhos / np.sqrt(1.0 - rhos**2))
    slope = through_mediator(rows, at, 1)[:, None] - too_much
    indirect = at.mediator[:, 1:2] * slope * rows.outcome_scale.unit
    total = (means[:, 3] - means[:, 0])[:, None] * rows.outcome_scale.unit
    return np.hstack([indirect, total - indirect])


def _spreads(rows: MediationRows, at: Parameters) -> Floats:
    """Residual spread of the outcome over that of the mediator (r,), both by the same divisor.

    Without interaction the rho of no effect is then a partial correlation.
    """
    n = len(rows.arm)
    of_mediator, of_outcome = rows.models.split
    return np.asarray(at.residual / at.spread * np.sqrt((n - of_outcome) / (n - of_mediator)))


def rho_of_no_effect(rows: MediationRows, at: Parameters) -> Floats:
    """The rho (r, 1) at which the natural indirect effect is 0."""
    ratio = through_mediator(rows, at, 1) / _spreads(rows, at)
    return np.asarray(ratio / np.sqrt(1.0 + ratio**2))[:, None]


def under_confounder(rows: MediationRows, means: Floats, gammas: Floats) -> Floats:
    """Natural indirect effects (r, len(COMMONER) * j) as differences, delta by delta."""
    unit = rows.outcome_scale.unit
    indirect = (means[:, 3] - means[:, 2])[:, None] * unit
    bias = np.concatenate([delta * gammas for delta in COMMONER])
    return np.asarray(indirect + bias)
