"""In which units do mediator and outcome enter, and by which model are they described?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from walkstats._arguments import check_choice
from walkstats._variables import as_numbers, is_factor
from walkstats.errors import DataError

Floats = NDArray[np.float64]
Indices = NDArray[np.intp]

MEDIATOR_MODELS = ("linear", "logistic", "probit", "ordered")
OUTCOME_MODELS = ("linear", "logistic", "probit")
MOST_LEVELS = 10


@dataclass(frozen=True)
class Scale:
    """A column less its centre, divided by its unit."""

    centre: float = 0.0
    unit: float = 1.0


def read_outcome(values: pd.Series, name: str, chosen: str | None) -> tuple[Floats, str, Scale]:
    """The outcome in units of its spread where its model is linear, the model, and the scale.

    Raises
    ------
    DataError
        For an outcome that its model cannot take.
    """
    if is_factor(values):
        raise DataError.of(
            f"the outcome {name} is not a number",
            column=name,
            what_to_do="give a number, or True and False",
        )
    numbers = as_numbers(values, name)
    yes_no = bool(np.isin(numbers, (0.0, 1.0)).all())
    model = chosen or ("logistic" if yes_no else "linear")
    check_choice(model, OUTCOME_MODELS, "outcome_model")
    if model != "linear" and not yes_no:
        raise DataError.of(
            f"a {model} model needs an outcome of 0 and 1; {name} has other values",
            column=name,
            what_to_do="say which values are the event, or take outcome_model='linear'",
        )
    scale = _scale_of(numbers, name)
    if model != "linear":
        return numbers, model, Scale()
    return (numbers - scale.centre) / scale.unit, model, scale


@dataclass(frozen=True, eq=False)
class MediatorColumns:
    """The mediator as columns, with what is known of it.

    Attributes
    ----------
    columns : (n, m)
        A number in units of its spread, or indicators of the levels after the first.
    level : (n,) codes, or None where it is a number
    names : tuple of str
        Levels.
    model : str
    scale : Scale
    range : (lowest, highest), of a number
    """

    columns: Floats
    level: Indices | None
    names: tuple[str, ...]
    model: str
    scale: Scale
    range: tuple[float, float]


def read_mediator(values: pd.Series, name: str, chosen: str | None) -> MediatorColumns:
    """The mediator as its model takes it.

    Raises
    ------
    DataError
        For levels without an order, one level or too many, and values that the model cannot take.
    """
    ordered = isinstance(values.dtype, pd.CategoricalDtype) and bool(values.cat.ordered)
    if is_factor(values) and not ordered:
        raise DataError.of(
            f"the mediator {name} holds levels without an order",
            column=name,
            what_to_do="make it an ordered Categorical, or a number",
        )
    if ordered:
        known = values.cat.remove_unused_categories()
        model = check_choice(chosen or "ordered", ("ordered",), "mediator_model")
        names = tuple(str(one) for one in known.cat.categories)
        level = known.cat.codes.to_numpy().astype(np.intp)
    else:
        numbers = as_numbers(values, name)
        distinct = np.unique(numbers)
        yes_no = bool(np.isin(distinct, (0.0, 1.0)).all())
        model = chosen or ("logistic" if yes_no else "linear")
        check_choice(model, MEDIATOR_MODELS, "mediator_model")
        if model == "linear":
            scale = _scale_of(numbers, name)
            columns = ((numbers - scale.centre) / scale.unit)[:, None]
            ends = (float(distinct[0]), float(distinct[-1]))
            return MediatorColumns(columns, None, (), model, scale, ends)
        if model != "ordered" and not yes_no:
            raise DataError.of(
                f"a {model} model needs a mediator of 0 and 1; {name} has other values",
                column=name,
                what_to_do="take mediator_model='linear' or 'ordered'",
            )
        names = tuple(f"{one:g}" for one in distinct)
        level = np.searchsorted(distinct, numbers).astype(np.intp)
    if not 2 <= len(names) <= MOST_LEVELS:
        raise DataError.of(
            f"the mediator {name} has {len(names)} level(s)",
            column=name,
            what_to_do=f"between 2 and {MOST_LEVELS} levels can be modelled; many make a number",
        )
    columns = (level[:, None] == np.arange(1, len(names))).astype(float)
    return MediatorColumns(columns, level, names, model, Scale(), (np.nan, np.nan))


def _scale_of(values: Floats, name: str) -> Scale:
    spread = float(values.std())
    if not spread > 0:
        raise DataError.of(
            f"{name} is the same in all rows used", column=name, what_to_do="check the filter"
        )
    return Scale(float(values.mean()), spread)
