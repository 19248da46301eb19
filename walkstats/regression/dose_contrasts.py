"""Which coefficients does a dose change, and which contrasts of them lift or bend its curve?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from walkstats.formulas import Terms
from walkstats.regression.combinations import design_of
from walkstats.results import Fit

Floats = NDArray[np.float64]

# Points along the dose at which the columns are read to learn their shape.
FINE = 1001
# What is left of a spline's columns beside a straight line is rounding below this.
STRAIGHT = 1e-9


@dataclass(frozen=True)
class Dose:
    """The part of a fit that depends on the dose.

    Attributes
    ----------
    fit : Fit
    terms : Terms
    name : str
    column : object
        Column of the frame.
    positions : (m,) integer array
        Coefficients of the fit that the dose changes.
    columns : (m,) integer array
        Their columns in the design matrix.
    settings : mapping of column to value
        Values at which all other covariates are held.
    given : mapping of str to value
        Those that the analyst chose.
    """

    fit: Fit
    terms: Terms
    name: str
    column: Any
    positions: NDArray[np.intp]
    columns: NDArray[np.intp]
    settings: Mapping[Any, Any]
    given: Mapping[str, Any]

    @property
    def range(self) -> tuple[float, float]:
        """Lowest and highest dose observed."""
        return self.terms.ranges[self.column]

    @property
    def values(self) -> Floats:
        """Coefficients (m,)."""
        return self.fit.values[self.positions]

    @property
    def covariance(self) -> Floats:
        """Covariance (m, m)."""
        return self.fit.covariance[np.ix_(self.positions, self.positions)]

    def rows(self, doses: ArrayLike) -> Floats:
        """Columns (d, m) of the design matrix that the dose changes, at d doses."""
        doses = np.asarray(doses, dtype=float)
        frame = pd.DataFrame(
            {column: [value] * len(doses) for column, value in self.settings.items()}
        )
        frame[self.column] = doses
        return self.terms.matrix(frame)[:, self.columns]


def find_dose(fit: Fit, x: str, given: Mapping[str, Any]) -> Dose:
    """Find the coefficients that a dose changes.

    Parameters
    ----------
    fit : Fit
    x : str
        Column of the dose.
    given : mapping of str to value
        Values of the covariates that it interacts with.

    Returns
    -------
    Dose

    Raises
    ------
    ValueError
        When the fit does not hold `x` as a number, or a modifier is not given.
    """
    terms = design_of(fit, "dose_response")
    own = {label for label, v in terms.variables.items() if str(v.column) == str(x)}
    if not own:
        known = ", ".join(str(column) for column in terms.ranges)
        raise ValueError(
            f"No covariate {x!r} in {terms.formula!r}. Numbers there: {known or 'none'}."
        )
    column = terms.variables[next(iter(own))].column
    if column not in terms.ranges:
        raise ValueError(f"{x} is a factor in this fit; a dose must be a number.")
    touched = [piece for piece in terms.pieces if own & set(piece.variables)]
    beside = {label for piece in touched for label in piece.variables} - own
    settings = _settings(terms, x, {terms.variables[label].column for label in beside}, given)
    columns = np.unique(
        np.concatenate([np.arange(len(terms.names))[terms.columns_of[p.term]] for p in touched])
    )
    positions = np.array([fit.terms.index(terms.names[j]) for j in columns])
    return Dose(fit, terms, str(x), column, positions, columns, settings, given)


def _settings(
    terms: Terms, x: str, modifiers: set[Any], given: Mapping[str, Any]
) -> dict[Any, Any]:
    """Values of the other covariates: as given where they modify, anything known elsewhere."""
    names = {str(column): column for column in modifiers}
    lacking = sorted(set(names) - set(given))
    if lacking:
        raise ValueError(
            f"The effect of {x} differs with {', '.join(lacking)}: say at which value, "
            f"given={{{', '.join(f'{name!r}: ...' for name in lacking)}}}."
        )
    for name in given:
        if name not in names:
            raise ValueError(
                f"{name} does not interact with {x}, so that its value changes nothing."
            )
    settings: dict[Any, Any] = {}
    for variable in terms.variables.values():
        column = variable.column
        if str(column) in given and column in modifiers:
            settings[column] = _known(given[str(column)], str(column), variable.levels)
        elif variable.levels is not None:
            settings[column] = variable.levels[0]
        else:
            settings[column] = float(np.mean(terms.ranges[column]))
    return settings


def _known(value: Any, name: str, levels: tuple[str, ...] | None) -> Any:
    if levels is None:
        return float(value)
    if str(value) not in levels:
        raise ValueError(
            f"{value!r} is not a level of {name}. The levels are: {', '.join(levels)}."
        )
    return str(value)


@dataclass(frozen=True)
class Shape:
    """Contrasts (rows) that are zero when the curve is flat, and when it is straight.

    Attributes
    ----------
    any_change : (r, m) array
    bend : (b, m) array
    holds_line : bool
        Whether a straight line is among the curves.
    """

    any_change: Floats
    bend: Floats
    holds_line: bool


def shape_of(dose: Dose) -> Shape:
    """Read off the columns which contrasts lift the curve and which bend it.

    Parameters
    ----------
    dose : Dose

    Returns
    -------
    Shape

    Notes
    -----
    Beside its mean a column can only change the outcome with the dose; beside a straight line only
    bend it. The row space of what is left gives the contrasts, whatever the basis of the spline.
    """
    grid = np.linspace(*dose.range, FINE)
    columns = dose.rows(grid)
    line = (grid - grid.mean()) / np.linalg.norm(grid - grid.mean())
    change = columns - columns.mean(axis=0)
    size = np.linalg.norm(change, axis=0)
    change = change / np.where(size == 0, 1.0, size)
    any_change = _row_space(change) * size
    bend = _row_space(change - np.outer(line, line @ change)) * size
    return Shape(any_change, bend, len(bend) < len(any_change))


def _row_space(matrix: Floats) -> Floats:
    _, singular, rows = np.linalg.svd(matrix, full_matrices=False)
    return np.asarray(rows[singular > STRAIGHT * np.sqrt(matrix.shape[1])])


def freedoms(dose: Dose, contrasts: Floats) -> Floats:
    """Degrees of freedom of each contrast.

    Parameters
    ----------
    dose : Dose
    contrasts : (c, m) array

    Returns
    -------
    (c,) array
    """
    freedom = dose.fit.freedom
    if freedom.pieces is None:
        return np.full(len(contrasts), freedom.value)
    return np.array([freedom.of(row) for row in weights_of(dose, contrasts)])


def weights_of(dose: Dose, contrasts: Floats) -> Floats:
    """Contrasts (c, m) of the coefficients that the dose changes as weights (c, k) of all."""
    weights = np.zeros((len(contrasts), len(dose.fit.terms)))
    weights[:, dose.positions] = contrasts
    return weights
