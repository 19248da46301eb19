"""What do several linear combinations of a fit's coefficients come to, together?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from walkstats.formulas import Terms
from walkstats.results import Estimates, Fit, Freedom

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class AlongRows:
    """Degrees of freedom of combinations of contrasts, by those of the coefficients.

    Attributes
    ----------
    freedom : Freedom
        Of the coefficients.
    rows : (c, k) array
        The contrasts.
    """

    freedom: Freedom
    rows: Floats

    def of(self, weights: Floats) -> float:
        """Degrees of freedom of ``weights @ contrasts``."""
        return self.freedom.of(weights @ self.rows)

    def joint(self, contrasts: Floats) -> tuple[float, float]:
        """Denominator and factor of a joint test of combinations of the contrasts."""
        return self.freedom.joint(contrasts @ self.rows)


def design_of(fit: object, asking: str) -> Terms:
    """The terms of a fit, or a sentence that says why there are none."""
    if not isinstance(fit, Fit):
        raise ValueError(f"{asking} needs a fitted model, got {type(fit).__name__}.")
    if fit.design is None:
        raise ValueError(f"This fit does not keep its design; {asking} cannot read it.")
    return fit.design


def combined(fit: Estimates, names: Sequence[str], rows: Floats, **more: Any) -> Estimates:
    """Estimates of linear combinations of a fit's coefficients, with their covariance.

    Parameters
    ----------
    fit : Estimates
    names : sequence of str, length c
    rows : (c, k) array
        Weights of the coefficients.
    **more
        Fields of the result that differ from the fit's: link, measure, null, ...

    Returns
    -------
    Estimates
        Combinations of coefficients that are infinite, or whose variance is unknown, are missing;
        the others do not mind.
    """
    touched = rows != 0.0
    with np.errstate(invalid="ignore"):  # an infinite coefficient less another is missing
        values = np.array(
            [row[own] @ fit.values[own] for row, own in zip(rows, touched, strict=True)]
        ).reshape(len(rows))
    # One unknown variance makes unknown only what rests on it.
    lost = np.isnan(np.diag(fit.covariance))
    covariance = rows @ np.where(lost | lost[:, None], 0.0, fit.covariance) @ rows.T
    gone = (touched & lost).any(axis=1)
    covariance[gone | gone[:, None]] = np.nan
    pieces = None if fit.freedom.pieces is None else AlongRows(fit.freedom, rows)
    common = {
        "link": fit.link,
        "level": fit.level,
        "measure": fit.measure,
        "method": fit.method,
        "notes": fit.notes,
        "counts": fit.counts,
        "source": fit.source,
    }
    return Estimates(
        terms=tuple(names),
        values=values,
        covariance=(covariance + covariance.T) / 2.0,
        freedom=Freedom(fit.freedom.rule, fit.freedom.value, pieces),
        **{**common, **more},
    )


def rows_of_fit(fit: Fit, columns: Floats) -> Floats:
    """Rows of a design matrix (m, p) as weights (m, k) of all of the fit's coefficients.

    A fit may hold more than its design: thresholds, scales.
    """
    assert fit.design is not None
    rows = np.zeros((len(columns), len(fit.terms)))
    rows[:, [fit.terms.index(name) for name in fit.design.names]] = columns
    return rows
