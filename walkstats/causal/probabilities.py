"""How likely was what each participant did, given what was known before?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from walkstats._arguments import check_column
from walkstats._variables import levels_of, missing
from walkstats.errors import DataError
from walkstats.regression.risks.binary_fit import BinaryFit
from walkstats.regression.risks.binary_rows import with_events
from walkstats.regression.risks.odds import logistic

Floats = NDArray[np.float64]
Booleans = NDArray[np.bool_]

EVERYBODY = "all"


@dataclass(frozen=True, eq=False)
class Group:
    """Rows with a model of their own.

    Attributes
    ----------
    name : str
    rows : (m,) positions in the frame
    frame : pandas.DataFrame
        These rows, the left side of the formula as 0 and 1.
    formula : str
    event : (m,) array
        0, 1, or missing.
    certain : bool
        Whether everybody has the event, so that there is nothing to model.
    """

    name: str
    rows: NDArray[np.intp]
    frame: pd.DataFrame
    formula: str
    event: Floats
    certain: bool


@dataclass(frozen=True, eq=False)
class Probabilities:
    """What happened (n,), its probability, and that given the numerator where there is one."""

    event: Floats
    probability: Floats
    share: Floats | None
    models: Mapping[str, BinaryFit]


def read_groups(
    frame: pd.DataFrame,
    formula: str,
    within: str | None,
    all_follow: tuple[str, ...],
    event_value: object,
    subject: str,
) -> list[Group]:
    """Rows by group, with what happened in them.

    Raises
    ------
    ValueError
        For columns and groups that are not there.
    DataError
        For a group in which nobody has the event.
    """
    coded, _, _ = with_events(frame, formula, event_value)
    left = formula.partition("~")[0].strip().strip("`")
    names: tuple[str, ...] = (EVERYBODY,)
    member = np.zeros(len(frame), dtype=np.intp)
    if within is not None:
        series = check_column(frame, within, "the groups")
        names, _ = levels_of(series)
        if not names:
            raise DataError.of(
                f"{within} is missing in every row", column=within, what_to_do="fill it in"
            )
        member = _codes(series, names)
    for name in all_follow:
        if within is None or name not in names:
            known = f"The groups are: {', '.join(names)}." if within else "Give within= as well."
            raise ValueError(f"all_follow names {name!r}, which is no group. {known}")
    groups = []
    for k, name in enumerate(names):
        rows = np.flatnonzero(member == k)
        event = coded[left].to_numpy(dtype=float)[rows]
        if name in all_follow:
            event = np.ones(len(rows))
        groups.append(_group(name, rows, coded.iloc[rows], formula, event, within))
    return groups


def _group(
    name: str,
    rows: NDArray[np.intp],
    own: pd.DataFrame,
    formula: str,
    event: Floats,
    within: str | None,
) -> Group:
    known = event[~np.isnan(event)]
    left = formula.partition("~")[0].strip()
    if known.size == 0 or not np.any(known == 1):
        where = f" of {within} = {name}" if within else ""
        raise DataError.of(
            f"no row{where} has {left}: nobody is left to stand for the others",
            column=left,
            what_to_do="check the column, or leave the group out",
        )
    return Group(name, rows, own, formula, event, bool(np.all(known == 1)))


def _codes(series: pd.Series, names: Sequence[str]) -> NDArray[np.intp]:
    """Position of each row's group; -1 where it is missing."""
    gaps = missing(series)
    known = series[~gaps]
    order = {name: k for k, name in enumerate(names)}
    codes = np.full(len(series), -1, dtype=np.intp)
    texts = [
        str(int(one)) if isinstance(one, (float, np.floating)) and float(one).is_integer()
        else str(one)
        for one in known
    ]  # fmt: skip
    codes[~gaps] = [order[text] for text in texts]
    return codes


def probabilities_of(
    groups: Sequence[Group], n: int, numerator: str | None, stabilised: bool, subject: str
) -> Probabilities:
    """Fit a logistic regression in each group.

    Parameters
    ----------
    groups : sequence of Group
    n : int
        Rows of the frame.
    numerator : str or None
        Right side of the model of the numerator; None for the share in the group.
    stabilised : bool
        Whether there is a numerator at all.
    subject : str

    Returns
    -------
    Probabilities
    """
    event, probability, share = np.full((3, n), np.nan)
    models: dict[str, BinaryFit] = {}
    for group in groups:
        event[group.rows] = group.event
        if group.certain:
            known = ~np.isnan(group.event)
            probability[group.rows[known]] = share[group.rows[known]] = 1.0
            continue
        fit = _fit(group, group.formula, subject)
        models[group.name] = fit
        used = group.rows[fit.kept]
        probability[used] = fit.fitted
        share[used] = float(group.event[fit.kept].mean())
        if numerator is not None:
            left = group.formula.partition("~")[0].strip()
            upper = _fit(group, f"{left} ~ {numerator}", subject)
            share[used] = np.nan
            share[group.rows[upper.kept]] = upper.fitted
    return Probabilities(event, probability, share if stabilised else None, models)


def _fit(group: Group, formula: str, subject: str) -> BinaryFit:
    # Standard errors play no part: periods of a person need no clusters here.
    return logistic(group.frame, formula, se="HC0", subject=subject)
