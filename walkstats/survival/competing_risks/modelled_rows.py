"""Which rows does a model of one outcome read, and which are left out first?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from walkstats._known_rows import known_rows
from walkstats._variables import codes_of
from walkstats.errors import DataError
from walkstats.formulas import build, left_out_by_arm, variables_in
from walkstats.survival.competing_risks.outcomes import CauseRows, read_causes
from walkstats.survival.grouped_rows import GroupedRows
from walkstats.survival.risk_sets import merge_times

Floats = NDArray[np.float64]
Indices = NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class ModelledRows:
    """The n rows that are modelled.

    Attributes
    ----------
    causes : CauseRows
    positions : (n,) in the frame
    unit : (n,) codes of what is independent, or None for rows
    start : (n,)
    mass : (n,) weight times copies
    people : int
        Distinct participants; rows (copies) where nobody is named.
    left_out : reason -> rows
    left_out_said : list of str
        Of which arms.
    lost : positions in the frame of rows left out that end in the outcome
    """

    causes: CauseRows
    positions: Indices
    unit: Indices | None
    start: Floats
    mass: Floats
    people: int
    left_out: dict[str, int]
    left_out_said: list[str]
    lost: Indices


def read_modelled_rows(
    events: pd.DataFrame,
    formula: str,
    of: object,
    strata: Any,
    outcome: str,
    censored: object,
    censoring_by: Any,
    changing: Mapping[str, Any] | None,
    columns: Mapping[str, Any],
) -> tuple[ModelledRows, int]:
    """Read follow-up, and leave out rows without covariates before censoring is estimated.

    Returns the rows and the position of the outcome among ``causes.causes``.
    """
    read, ends = read_causes(
        events, censoring_by, outcome=outcome, censored=censored, strata=strata, **columns
    )
    one = ends.place(of)
    kept, gaps = known_rows(events, changing or {}, "changing", read.rows.kept)
    left_out = {**read.rows.counts.left_out, **gaps}
    _check_covariates(formula, {**columns, "outcome": outcome, "time": read.rows.time})
    design = build(formula, events, intercept=False, keep=kept)
    among = design.kept[read.rows.kept]
    read = read.only(among)
    times = merge_times(read.rows.stop, read.rows.start)
    rows = replace(read.rows, kept=design.kept, stop=times.stop, start=times.start)
    _check_follow_up(rows, read.cause == one)
    used = np.flatnonzero(design.kept)
    mass = np.ones(used.size) if rows.weights is None else rows.weights
    return ModelledRows(
        causes=replace(read, rows=rows),
        positions=used,
        unit=_units(events, columns, used),
        start=np.zeros(used.size) if times.start is None else times.start,
        mass=mass if rows.frequencies is None else mass * rows.frequencies,
        people=_people(events, columns["subject"], used, rows),
        left_out={**left_out, **design.left_out},
        left_out_said=left_out_by_arm(events, design),
        lost=np.flatnonzero((ends.code == one) & ~design.kept),
    ), one


def _check_covariates(formula: str, columns: Mapping[str, Any]) -> None:
    """Refuse a covariate that is the follow-up itself."""
    taken = {columns[role]: role for role in ("outcome", "time", "entry") if columns.get(role)}
    for name in variables_in(formula):
        if name in taken:
            raise ValueError(
                f"{name!r} is the {taken[name]} of these data and cannot be a covariate as well."
            )


def _check_follow_up(rows: GroupedRows, event: NDArray[np.bool_]) -> None:
    """Refuse events of the outcome in rows that are at risk at no time before."""
    lost = np.flatnonzero(event & (rows.stop <= (0.0 if rows.start is None else rows.start)))
    if lost.size:
        raise DataError.of(
            f"{lost.size} row(s) have the outcome at the time at which they come under observation",
            column=rows.time,
            row=int(np.flatnonzero(rows.kept)[lost[0]]),
            count=int(lost.size),
            what_to_do="correct these rows; an event needs some time at risk before it",
        )


def _units(events: pd.DataFrame, columns: Mapping[str, Any], used: Indices) -> Indices | None:
    """Codes of the clusters, or of people with several rows; None where every row is a unit."""
    name = columns["cluster"]
    if name is None and columns["subject"] in events.columns:
        name = columns["subject"]
    if name is None:
        return None
    codes = codes_of(events, name, used, "the cluster")
    return None if codes.max(initial=-1) + 1 == codes.size else codes


def _people(events: pd.DataFrame, subject: str | None, used: Indices, rows: GroupedRows) -> int:
    if subject in events.columns:
        return int(events[subject].iloc[used].nunique())
    return used.size if rows.frequencies is None else round(float(rows.frequencies.sum()))
