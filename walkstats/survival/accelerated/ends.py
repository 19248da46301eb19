"""Did a search end at a point, or where the likelihood is flat? What is left of the information."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

# Information per row below this is none.
FLAT = 1e-9


def weak_directions(information: Floats, rows: float) -> Floats:
    """Directions (p, m) in which there is next to no information; often there are none.

    Parameters
    ----------
    information : (p, p)
        Of parameters whose unit moves an index by about one.
    rows : float
        Number of rows, by weight.
    """
    if not information.size or not np.all(np.isfinite(information)):
        return np.empty((information.shape[0], 0))
    roots, vectors = np.linalg.eigh(information)
    return vectors[:, roots <= FLAT * rows]


def others(directions: Floats) -> Floats:
    """A basis (p, p - m) of what is orthogonal to some directions (p, m)."""
    p, m = directions.shape
    return np.eye(p) if m == 0 else np.linalg.svd(directions.T)[2][m:].T


def inverse(information: Floats, kept: Floats) -> Floats:
    """Covariance (p, p) within the directions kept (p, q); nan where there is none."""
    if not kept.size:
        return np.full_like(information, np.nan)
    inner = kept.T @ information @ kept
    scale = np.sqrt(np.abs(np.diag(inner)))
    scale[scale == 0.0] = 1.0
    scaled = inner / np.outer(scale, scale)
    if not np.all(np.isfinite(scaled)) or np.linalg.eigvalsh(scaled)[0] <= 0.0:
        return np.full_like(information, np.nan)
    covariance = kept @ (np.linalg.inv(scaled) / np.outer(scale, scale)) @ kept.T
    return (covariance + covariance.T) / 2.0


def share_of_terms(moved: Floats, spread: Floats) -> Floats:
    """How much of a move (p,) each term makes, on the scale of its covariate; 1 at most."""
    share = np.abs(moved) * spread
    return share / share.max()
