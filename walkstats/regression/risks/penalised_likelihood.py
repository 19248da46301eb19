"""What if events are few, or set apart by the covariates? Firth's penalised logistic likelihood.

Arrays only. Half the log determinant of the information I = X'WX is added to the log-likelihood
(Jeffreys' prior), which takes away the first-order bias and keeps every estimate finite (Firth
1993, https://doi.org/10.1093/biomet/80.1.27; Heinze and Schemper 2002,
https://doi.org/10.1002/sim.1047).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import special

from walkstats.regression.risks.binary_likelihood import BinaryModel, Evaluate

Floats = NDArray[np.float64]

# Up to so many coefficients the curvature of the penalty is worth its n k^3 products.
CURVED = 15
# Newton's step is trusted where the height bends downwards at least this share of the information.
CONCAVE = 1e-2


def penalised_evaluation(model: BinaryModel) -> Evaluate:
    """Penalised log-likelihood, its score and its information, of a logistic model.

    Parameters
    ----------
    model : BinaryModel
        With weights of 1.

    Returns
    -------
    callable
        g (k,) -> height, score (k,), information (k, k). The height is minus infinity where the
        information has no inverse.

    Notes
    -----
    With w = p (1 - p), a the diagonal of X I^-1 X', I_r the derivative of I along coefficient r,
    the penalty has slope sum of w' a x_r / 2 and second derivative sum of w'' a x_r x_s / 2 - trace
    of I^-1 I_r I^-1 I_s / 2.
    """
    q, y = model.q, model.y
    k = q.shape[1]

    def evaluate(g: Floats) -> tuple[float, Floats, Floats]:
        eta = q @ g
        p, rest = special.expit(eta), special.expit(-eta)
        w = p * rest
        information = (q.T * w) @ q
        roots, vectors = np.linalg.eigh(information)
        if not roots[0] > 0.0:
            return -np.inf, np.full(k, np.nan), information
        unit = q @ (vectors / np.sqrt(roots))
        share = np.einsum("ij,ij->i", unit, unit)
        slope = w * (rest - p)
        height = float(special.log_expit(np.where(y > 0, eta, -eta)).sum())
        score = q.T @ (y - p + 0.5 * slope * share)
        height += 0.5 * float(np.log(roots).sum())
        if k > CURVED:
            return height, score, information
        changes = np.stack([q.T @ ((slope * unit[:, a])[:, None] * unit) for a in range(k)])
        bent = (q.T * (w * (1.0 - 6.0 * w) * share)) @ q
        curvature = bent - np.einsum("arb,asb->rs", changes, changes)
        bend = information - 0.5 * curvature
        # Away from a maximum the height may bend upwards; the information never does.
        if not np.linalg.eigvalsh(bend)[0] > CONCAVE * roots[0]:
            return height, score, information
        return height, score, bend

    return evaluate
