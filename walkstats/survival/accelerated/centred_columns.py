"""How are covariates made ready for Newton's method, and which of them cannot be told apart?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from walkstats.errors import FitError

Floats = NDArray[np.float64]

# Columns whose smallest singular value is below this share of the largest are collinear; from the
# condition number NEARLY on the reader is told.
COLLINEAR = 1e-10
NEARLY = 1e4


@dataclass(frozen=True, eq=False)
class Columns:
    """Covariates (n, k) in coordinates without correlation.

    Attributes
    ----------
    rows : (n, k)
        ``(X - centre) @ basis``: mean 0, variance 1, uncorrelated (by weight).
    centre : (k,)
    basis : (k, k)
    scale : (k,)
        Standard deviations.
    condition : float
        Of the standardised columns.
    involved : tuple of int
        Positions of the columns that are nearly collinear, where the condition is large.
    """

    rows: Floats
    centre: Floats
    basis: Floats
    scale: Floats
    condition: float
    involved: tuple[int, ...]


def centred(X: Floats, weight: Floats, names: tuple[str, ...]) -> Columns:
    """Centre, scale and rotate covariates.

    Parameters
    ----------
    X : (n, k)
    weight : (n,)
        At least 0.
    names : tuple of str, length k
        For messages.

    Returns
    -------
    Columns

    Raises
    ------
    FitError
        For columns that are constant or collinear.
    """
    n, k = X.shape
    share = weight / weight.sum()
    centre = share @ X
    if k == 0:
        return Columns(np.empty((n, 0)), centre, np.eye(0), np.ones(0), 1.0, ())
    used = X[weight > 0]
    largest = np.abs(used).max(axis=0)
    _refuse_constant(np.ptp(used, axis=0) <= 8 * np.finfo(float).eps * largest, names, len(used))
    rows = X - centre
    scale = np.sqrt(share @ rows**2)
    rows = rows / scale
    triangle = np.linalg.qr(rows * np.sqrt(share)[:, np.newaxis], mode="r")
    _, singular, directions = np.linalg.svd(triangle)
    worst = np.abs(directions[-1])
    involved = np.flatnonzero(worst > 0.1 * worst.max())
    noise = 8 * np.finfo(float).eps * float(np.max(largest / scale))
    if singular[-1] <= (COLLINEAR + noise) * singular[0]:
        _refuse_collinear([names[j] for j in involved], len(used))
    turn = np.linalg.inv(triangle)
    condition = float(singular[0] / singular[-1])
    nearly = tuple(int(j) for j in involved) if condition > NEARLY else ()
    return Columns(rows @ turn, centre, turn / scale[:, np.newaxis], scale, condition, nearly)


def _refuse_constant(constant: NDArray[np.bool_], names: tuple[str, ...], rows: int) -> None:
    if constant.any():
        listed = [name for name, flag in zip(names, constant, strict=True) if flag]
        raise FitError(
            f"{_and(listed)} {'are' if len(listed) > 1 else 'is'} constant in the {rows} rows "
            "used: no effect can be estimated. Leave out what does not vary."
        )


def _refuse_collinear(listed: list[str], rows: int) -> None:
    raise FitError(
        f"{_and(listed)} are collinear in the {rows} rows used: one is a linear combination of "
        "the others. Leave one of them out."
    )


def _and(names: list[str]) -> str:
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)
