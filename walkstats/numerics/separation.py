"""Along which direction does a likelihood rise for ever, and what does it leave undetermined?

A likelihood of categories has no maximum where some combination of the covariates sets apart rows
with the event from rows without (Albert and Anderson 1984,
https://doi.org/10.1093/biomet/71.1.1). Every row then either gains along that direction or stays as
it is; a linear programme (Konis 2007) finds the direction along which most of them gain.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

# A direction along which no row loses more than this share of the largest gain is one of rise.
STILL = 1e-6
# A direction of unit coordinates moves a coefficient of unit length when it moves it by more.
FAR = 1e-5
# Rows of a programme that is still worth solving.
MOST_ROWS = 50_000


@dataclass(frozen=True, eq=False)
class Rise:
    """What a direction does to the terms of a log-likelihood.

    Attributes
    ----------
    gains : (m, k)
        Rows whose product with a direction must not be negative; where it is positive the term
        comes to its supremum at infinity.
    still : (e, k)
        Rows whose product with a direction must be 0.
    """

    gains: Floats
    still: Floats


def may_rise(step: Floats, rise: Rise) -> bool:
    """Whether a step (k,) has, but for rounding, the look of a rise without end."""
    gained = rise.gains @ step
    moved = np.abs(rise.still @ step).max(initial=0.0)
    far = float(np.abs(gained).max(initial=0.0))
    allowed = STILL * far
    return far > 0.0 and float(gained.min(initial=0.0)) >= -allowed and bool(moved <= allowed)


def rising_direction(rise: Rise) -> Floats | None:
    """Find the direction (k,) along which most terms gain.

    Parameters
    ----------
    rise : Rise

    Returns
    -------
    (k,) array or None
        Scaled so that every term that can gain does so by 1 at least; None where no direction
        leaves all terms as they are or better, or where the rows are too many for the programme.
    """
    from scipy.optimize import linprog
    from scipy.sparse import csr_array, eye_array, hstack, vstack

    scale = np.sqrt(len(rise.gains) + len(rise.still))
    gains = np.unique(rise.gains, axis=0) * scale
    still = np.unique(rise.still, axis=0) * scale
    m, k = gains.shape
    if not 0 < m + len(still) <= MOST_ROWS:
        return None
    own, one = csr_array(-gains), eye_array(m, format="csr")
    # Maximise the sum of z with 0 <= z <= 1 and z <= gain, gain >= 0.
    found = linprog(
        np.concatenate([np.zeros(k), -np.ones(m)]),
        A_ub=vstack([hstack([own, one]), hstack([own, csr_array((m, m))])]),
        b_ub=np.zeros(2 * m),
        A_eq=hstack([csr_array(still), csr_array((len(still), m))]) if len(still) else None,
        b_eq=np.zeros(len(still)) if len(still) else None,
        bounds=[(None, None)] * k + [(0.0, 1.0)] * m,
    )
    if found.status != 0 or -found.fun < 0.5:
        return None
    direction = found.x[:k] * scale
    return direction if may_rise(direction, rise) else None


@dataclass(frozen=True, eq=False)
class Undetermined:
    """Which coefficients are infinite when only some rows are left to determine the others.

    Attributes
    ----------
    basis : (k, r)
        Orthonormal directions that the rows left determine.
    signs : (k,)
        Of each coefficient: 0 where it is finite, else the sign of its infinity, nan where that
        differs between the directions that remain open.
    """

    basis: Floats
    signs: Floats

    @property
    def infinite(self) -> NDArray[np.bool_]:
        """(k,) coefficients without a finite value."""
        return np.asarray(self.signs != 0.0)


def undetermined(
    rows: Floats, direction: Floats, back: Floats, rise: Rise | None = None
) -> Undetermined:
    """Tell the coefficients that rows determine from those that run off along a direction.

    Parameters
    ----------
    rows : (n, k)
        Linear arguments that keep their likelihood, in the coordinates of the search.
    direction : (k,)
        Along which the likelihood rises.
    back : (j, k)
        From these coordinates to the coefficients.
    rise : Rise, optional
        Of all rows: where several directions rise, whether a coefficient has the same sign along
        each of them.

    Returns
    -------
    Undetermined
    """
    k = len(direction)
    _, sizes, directions = np.linalg.svd(np.linalg.qr(rows, mode="r"))
    sizes = np.append(sizes, np.zeros(k - len(sizes)))
    told = sizes > 1e-9 * max(sizes.max(initial=0.0), 1e-300)
    basis, open_ = directions[told].T, directions[~told].T
    length = np.linalg.norm(back, axis=1)
    loose = np.linalg.norm(back @ open_, axis=1) > STILL * length
    moved = back @ direction
    unsure = np.abs(moved) <= STILL * length * np.linalg.norm(direction)
    signs = np.where(loose, np.where(unsure, np.nan, np.sign(moved)), 0.0)
    if rise is not None and open_.shape[1] > 1:
        for j in np.flatnonzero(loose & ~unsure):
            if _reaches(back[j], -signs[j], rise):
                signs[j] = np.nan
    return Undetermined(basis, signs)


def _reaches(row: Floats, sign: float, rise: Rise) -> bool:
    """Whether some direction of rise moves a coefficient ``row @ g`` towards a sign."""
    from scipy.optimize import linprog

    scale = np.sqrt(len(rise.gains) + len(rise.still))
    gains = scale * np.unique(rise.gains, axis=0)
    toward = -sign * row / np.linalg.norm(row)
    found = linprog(
        toward,
        A_ub=-gains,
        b_ub=np.zeros(len(gains)),
        A_eq=scale * rise.still if len(rise.still) else None,
        b_eq=np.zeros(len(rise.still)) if len(rise.still) else None,
        bounds=(-1.0, 1.0),
    )
    return bool(found.status == 0 and -found.fun > FAR)
