"""Who received what in which arm, and which rows can tell?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from walkstats._arguments import check_column
from walkstats._clusters import columns_in_one_cluster, said_of_single_clusters
from walkstats._variables import as_numbers, codes_of
from walkstats.causal.two_arms import (
    MEAN,
    Asked,
    as_levels,
    check_one_row_each,
    check_two_arms,
    complete,
    in_second,
    lost_by_arm,
)
from walkstats.errors import FitError
from walkstats.formulas import Design, build, variables_in
from walkstats.numerics.least_squares import Factor, factor
from walkstats.results import Counts

Floats = NDArray[np.float64]
Codes = NDArray[np.intp]

# An outcome that varies by less than this share of its size does not vary.
FLAT = 1e-12


@dataclass(frozen=True, eq=False)
class Rows:
    """What the regressions read: n rows, and the frame for the words."""

    frame: pd.DataFrame
    by: str
    arms: tuple[str, str]
    design: Design
    factor: Factor
    arm: int
    outcome: Floats
    dose: Floats
    cluster: Codes | None
    counts: Counts
    notes: tuple[str, ...]
    source: str
    unknown_spread: bool = False
    single_clusters: bool = False

    @property
    def term(self) -> str:
        """Name of the arm's coefficient."""
        return self.design.terms.names[self.arm]

    @property
    def second(self) -> NDArray[np.bool_]:
        """Rows of the arm that is compared with the reference."""
        return in_second(self.frame, self.by, self.arms)


@dataclass(frozen=True)
class Kind:
    """How what was received is named: as yes and no, or per so many units."""

    name: str
    binary: bool
    cut: float | None
    per: float

    @property
    def term(self) -> str:
        """Name of the effect."""
        return "compliers" if self.binary else f"per {self.per:g} {self.name}"

    @property
    def described(self) -> str:
        """As a sentence says it."""
        if not self.binary:
            return self.name
        return self.name if self.cut is None else f"{self.name} of {self.cut:g} or more"


def formula_of(by: str, covariates: str | Sequence[str] | None) -> str:
    """Right side of the regressions: the arm and the covariates."""
    if covariates is None or len(covariates) == 0:
        return by
    listed = covariates if isinstance(covariates, str) else " + ".join(covariates)
    return f"{by} + {listed}"


def read_rows(
    frame: pd.DataFrame,
    by: str,
    asked: Asked,
    received: str,
    formula: str,
    cluster: str | None,
    subject: str | None,
) -> Rows:
    """Read the rows in which nothing needed is missing.

    Raises
    ------
    DataError
        For other than two arms, several rows of a participant, values that are no numbers.
    FitError
        For covariates that are combinations of others.
    """
    check_column(frame, by, "the arms")
    check_column(frame, received, "what was received")
    known, left_out = complete(frame, [by, *variables_in(formula), received, *asked.columns])
    used = frame.loc[known]
    arms = check_two_arms(used, by)
    used = as_levels(used, by, arms)
    check_one_row_each(used, subject)
    design = build(formula, used, intercept=True)
    made = _factored(design, len(used))
    place = design.terms.columns_of[by]
    outcome = asked.values(used, by)
    codes = None if cluster is None else _clusters(used, cluster)
    single = False
    unknown, notes = _without_spread(outcome, in_second(used, by, arms), arms, asked)
    if codes is not None:
        alone = columns_in_one_cluster(design.matrix, {by: place}, codes)
        single = bool(alone.any())
        notes += said_of_single_clusters(design.terms.names, alone)
    return Rows(
        used, by, arms, design, made, place.start, outcome,
        as_numbers(_plain(used[received]), received), codes,
        Counts(len(frame), len(used), len(used), events=asked.events(used), left_out=left_out),
        (*design.notes, *lost_by_arm(frame, by, known), *notes),
        str(frame.attrs.get("source", "")), unknown, single,
    )  # fmt: skip


def _factored(design: Design, rows: int) -> Factor:
    names = design.terms.names
    if rows <= len(names):
        raise FitError(
            f"{len(names)} coefficients ({', '.join(names)}) cannot be estimated from {rows} rows. "
            "Use fewer covariates."
        )
    made = factor(design.matrix)
    if made.dependent:
        listed = ", ".join(names[own] for own, *_ in made.dependent)
        raise FitError(f"The data cannot tell these covariates apart from others: {listed}.")
    return made


def _clusters(used: pd.DataFrame, cluster: str) -> Codes:
    codes = codes_of(used, cluster, np.arange(len(used)), "clusters")
    if codes.max(initial=0) < 1:
        raise FitError(f"All rows belong to one cluster of {cluster}: nothing varies between them.")
    return codes


def _without_spread(
    outcome: Floats, second: NDArray[np.bool_], arms: tuple[str, str], asked: Asked
) -> tuple[bool, list[str]]:
    """Whether the outcome's variance cannot be estimated, and which arm is to blame.

    A curve without events has a formula's variance of 0, which is no certainty.
    """
    flat = [bool(np.ptp(outcome[side]) <= FLAT * np.abs(outcome).max(initial=1.0))
            for side in (~second, second)]  # fmt: skip
    if not (any(flat) if asked.kind != MEAN else all(flat)):
        return False, []
    blamed = " and ".join(arm for arm, one in zip(arms, flat, strict=True) if one)
    return True, [
        f"{blamed}: the outcome does not vary there, so that its variance cannot be estimated; "
        "there is no interval."
    ]


def _plain(series: pd.Series) -> pd.Series:
    """A column of yes and no that pandas keeps as objects, as numbers."""
    if series.dtype == object and series.map(lambda one: isinstance(one, (bool, np.bool_))).all():
        return series.astype(bool)
    return series


def what_was_received(
    rows: Rows, name: str, cut: float | None, cuts: Sequence[float], per: float
) -> tuple[Floats, Kind]:
    """What was received, as 0 and 1 or in units, and its name."""
    binary = bool(np.all((rows.dose == 0) | (rows.dose == 1)))
    if binary and (cut is not None or len(cuts) > 0):
        raise ValueError(f"{name} is 0 and 1 already; cuts are for a dose.")
    if cut is not None:
        return (rows.dose >= float(cut)).astype(float), Kind(name, True, float(cut), 1.0)
    return rows.dose / per, Kind(name, binary, None, 1.0 if binary else float(per))
