"""Which rows and clusters does a regression of counts read, and which errors can it have?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from walkstats._arguments import check_choice, check_column
from walkstats._variables import as_numbers
from walkstats.errors import DataError, FitError
from walkstats.numerics.least_squares import Factor
from walkstats.regression.rows import Rows

Floats = NDArray[np.float64]
Codes = NDArray[np.intp]

FAMILIES = {
    "poisson": "Poisson regression",
    "negative-binomial": "Negative binomial regression (variance mu + alpha mu^2)",
}


@dataclass(frozen=True)
class CountErrors:
    """A kind of standard error: what a methods section calls it, and the families that have it."""

    described: str
    families: tuple[str, ...] = ("poisson", "negative-binomial")
    clustered: bool = False


ERRORS = {
    "model": CountErrors("model-based standard errors (expected information)"),
    "observed": CountErrors(
        "standard errors from the joint observed information of coefficients and alpha",
        ("negative-binomial",),
    ),
    "quasi": CountErrors("quasi-Poisson standard errors", ("poisson",)),
    "HC0": CountErrors("robust standard errors (sandwich, HC0)"),
    "HC1": CountErrors("robust standard errors (sandwich, HC1)"),
    "HC2": CountErrors("robust standard errors (sandwich, HC2)"),
    "HC3": CountErrors("robust standard errors (sandwich, HC3)"),
    "CR0": CountErrors("cluster-robust standard errors (CR0)", clustered=True),
    "CR1": CountErrors("cluster-robust standard errors (CR1)", clustered=True),
}
# Without a word of the user: robust for Poisson counts, which people's counts seldom are.
DEFAULT_ERRORS = {"poisson": "HC1", "negative-binomial": "model"}


def check_kind(se: str | None, family: str, cluster: str | None) -> str | None:
    """A kind of standard error that the family has and the clusters allow."""
    if se is None:
        return None
    check_choice(se, ERRORS, "se")
    if family not in ERRORS[se].families:
        raise ValueError(f"se={se!r} does not exist for family={family!r}.")
    if cluster is not None and not ERRORS[se].clustered:
        raise ValueError(
            f"se={se!r} takes rows as independent; with cluster={cluster!r} use 'CR0' or 'CR1'."
        )
    return se


def chosen_clusters(
    rows: Rows, kind: str | None, family: str, cluster: str | None, subject: str
) -> tuple[str, str, Codes | None]:
    """Kind of standard error, name of the clusters and their codes."""
    by, groups = (cluster, rows.groups) if cluster is not None else (subject, rows.people)
    if kind is None:
        clustered = cluster is not None or rows.repeated > 0
        kind = "CR1" if clustered else DEFAULT_ERRORS[family]
    if not ERRORS[kind].clustered:
        return kind, "", None
    if groups is None:
        raise ValueError(f"se={kind!r} needs the column of clusters: cluster=.")
    if groups.max(initial=0) == 0:
        raise FitError(
            f"All rows belong to one cluster of {by}: between-cluster variation cannot be seen. "
            "Cluster by something that has several values, or use se='HC1'."
        )
    return kind, str(by), groups


def with_exposure(
    frame: pd.DataFrame, formula: str, exposure: str | None
) -> tuple[NDArray[np.intp], pd.DataFrame, dict[str, int]]:
    """Positions of the rows with exposure, those rows, and the others counted."""
    everybody = np.arange(len(frame))
    if exposure is None:
        return everybody, frame, {}
    values = as_numbers(check_column(frame, exposure, "the exposure"), str(exposure))
    negative = np.flatnonzero(values < 0)
    if negative.size:
        raise DataError.of(
            f"{exposure} is negative in {negative.size} row(s)",
            column=str(exposure),
            row=int(negative[0]),
            count=int(negative.size),
            what_to_do="the exposure is a time observed, or a size: correct these rows",
        )
    none = values == 0
    outcome = formula.partition("~")[0].strip().strip("`")
    if none.any() and outcome in frame.columns:
        counts = pd.to_numeric(frame[outcome], errors="coerce").to_numpy(dtype=float, na_value=0)
        events = np.flatnonzero(none & (counts > 0))
        if events.size:
            raise DataError.of(
                f"{events.size} row(s) have events and no exposure",
                column=str(exposure),
                row=int(events[0]),
                count=int(events.size),
                what_to_do="correct the time observed",
            )
    left_out = {
        f"{exposure} {reason}": int(gap.sum())
        for reason, gap in (("missing", np.isnan(values)), ("is 0", none))
        if gap.any()
    }
    kept = everybody[values > 0]
    return kept, frame.iloc[kept] if kept.size < everybody.size else frame, left_out


def check_counts(rows: Rows) -> None:
    """Refuse what is no count, no event at all, and more coefficients than rows."""
    y = rows.outcome
    bad = np.flatnonzero((y < 0) | (y != np.round(y)))
    if bad.size:
        raise DataError.of(
            f"{rows.outcome_name} is no count in {bad.size} row(s), the first {y[bad[0]]:g}",
            column=rows.outcome_name,
            row=int(rows.kept[bad[0]]),
            count=int(bad.size),
            what_to_do="counts are whole numbers from 0 on: correct these rows",
        )
    if not np.any(y > 0):
        raise FitError(f"No events: {rows.outcome_name} is 0 in all {y.size} rows.")
    if y.size <= rows.design.matrix.shape[1]:
        names = rows.design.terms.names
        raise FitError(
            f"{len(names)} coefficients ({', '.join(names)}) cannot be estimated from {y.size} "
            "rows. Use fewer terms."
        )


def check_rank(design: Factor, rows: Rows) -> None:
    """Refuse covariates that are combinations of others, by name."""
    if not design.dependent:
        return
    names = rows.design.terms.names
    said = [
        f"{names[own]} is a combination of {', '.join(names[j] for j in others)}"
        if others
        else f"{names[own]} is constant"
        for own, *others in design.dependent
    ]
    raise FitError(
        f"The data cannot tell these covariates apart: {'; '.join(said)}. Leave one of them out."
    )


def log_exposure(
    frame: pd.DataFrame, rows: Rows, exposure: str | None, offset: str | None
) -> Floats:
    """Log exposure plus offset (n,)."""
    shift = np.zeros(rows.outcome.size)
    if exposure is not None:
        shift += np.log(as_numbers(frame[exposure], str(exposure))[rows.kept])
    if offset is not None:
        values = as_numbers(check_column(frame, offset, "the offset"), str(offset))[rows.kept]
        if np.isnan(values).any():
            raise DataError.of(
                f"{offset} is missing in {int(np.isnan(values).sum())} row(s)",
                column=str(offset),
                what_to_do="fill the offset in, or leave these rows out",
            )
        shift += values
    return shift
