"""Which rows enter a regression, with what weight, and which of them belong together?"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from walkstats._arguments import check_column, check_frame
from walkstats._variables import as_numbers, codes_of, is_factor, without_blanks
from walkstats.errors import DataError
from walkstats.formulas import Design, build, left_out_by_arm, variables_in
from walkstats.results import Counts

Floats = NDArray[np.float64]
Booleans = NDArray[np.bool_]
Codes = NDArray[np.intp]

DEFAULT_SUBJECT = "participant_id"
# What a row without a cluster can be: a gap in the data, or somebody who belongs to no cluster.
MISSING_CLUSTER = ("refuse", "own")


@dataclass(frozen=True)
class Rows:
    """The rows of a frame that a regression uses, as arrays.

    Attributes
    ----------
    design : Design
    outcome : (n,) array
    outcome_name : str
    weights : (n,) array or None
    people : (n,) integer codes or None
        Participant of each row; None where the frame does not say.
    repeated : int
        Participants with more than one row.
    groups : (n,) integer codes or None
        Cluster of each row, where clusters were named.
    unclustered : int
        Participants (rows) without a cluster, each of them one of its own.
    counts : Counts
    kept : (n,) positions in the frame
    index : pandas.Index
    source : str
    """

    design: Design
    outcome: Floats
    outcome_name: str
    weights: Floats | None
    people: Codes | None
    repeated: int
    groups: Codes | None
    counts: Counts
    kept: NDArray[np.int64]
    index: pd.Index
    source: str
    unclustered: int = 0


def read_rows(
    frame: pd.DataFrame,
    formula: str,
    *,
    weights: str | None,
    cluster: str | None,
    subject: str,
    missing_cluster: str | None = None,
    intercept: bool = True,
) -> Rows:
    """Read a frame for a regression with a numeric outcome.

    Parameters
    ----------
    frame : pandas.DataFrame
        One row per unit of analysis.
    formula : str
        With an outcome on the left.
    weights, cluster : str or None
        Columns.
    subject : str
        Column of the participant; may be absent when it is the default.
    missing_cluster : {"refuse", "own"} or None
        What to do with rows without a cluster; None where a method does not offer the choice.
    intercept : bool
        Whether the design has a column of ones.

    Returns
    -------
    Rows

    Raises
    ------
    ValueError
        For a formula or a column that cannot be used.
    DataError
        For an outcome that is not a number, negative weights, missing participants or clusters.
    """
    check_frame(frame)
    _check_outcome(frame, formula)
    given, keep, left_out = _read_weights(frame, weights)
    design = build(formula, frame, intercept=intercept, response=True, keep=keep)
    design = replace(design, notes=(*design.notes, *left_out_by_arm(frame, design)))
    kept = np.flatnonzero(design.kept)
    people = None
    if subject in frame.columns or subject != DEFAULT_SUBJECT:
        people = codes_of(frame, subject, kept, "the participant")
    design = replace(design, notes=(*design.notes, *_said_of_moves(frame, kept, people)))
    groups, unclustered = _read_clusters(frame, cluster, kept, people, missing_cluster)
    if unclustered:
        design = replace(design, notes=(*design.notes, *_said_of_none(frame, cluster, kept)))
    sizes = np.ones(kept.size, dtype=int) if people is None else np.bincount(people)
    # Rows that share a cluster may be one person's: they are not called participants.
    found = kept.size if groups is None or people is not None else len(np.unique(groups))
    assert design.response is not None
    return Rows(
        design=design,
        outcome=design.response,
        outcome_name=formula.partition("~")[0].strip(),
        weights=None if given is None else given[design.kept],
        people=people,
        repeated=int(np.sum(sizes > 1)),
        groups=groups,
        counts=Counts(
            len(frame),
            kept.size,
            len(sizes),
            left_out={**left_out, **design.left_out},
            clusters=found if found < kept.size else None,
        ),
        kept=kept,
        index=frame.index[design.kept],
        source=str(frame.attrs.get("source", "")),
        unclustered=unclustered,
    )


def _said_of_moves(frame: pd.DataFrame, kept: NDArray[np.int64], people: Codes | None) -> list[str]:
    """Who is in several arms: an error, unless people crossed over."""
    if people is None or "arm" not in frame.columns:
        return []
    arm = pd.factorize(frame["arm"].iloc[kept])[0]
    first = arm[np.unique(people, return_index=True)[1]]
    moved = np.unique(people[arm != first[people]]).size
    return [f"{moved} participant(s) have rows in several arms."] if moved else []


def _read_clusters(
    frame: pd.DataFrame,
    cluster: str | None,
    kept: NDArray[np.int64],
    people: Codes | None,
    missing_cluster: str | None,
) -> tuple[Codes | None, int]:
    """Cluster of each row, and how many participants (rows) are one of their own."""
    if cluster is None:
        return None, 0
    if missing_cluster is None:
        return codes_of(frame, cluster, kept, "clusters"), 0
    if missing_cluster == "refuse":
        advice = "fill it in; where they belong to none, say missing_cluster='own'"
        return codes_of(frame, cluster, kept, "clusters", advice), 0
    codes = without_blanks(*pd.factorize(check_column(frame, cluster, "clusters").iloc[kept]))
    none = codes < 0
    own = np.arange(len(codes)) if people is None else people
    torn = np.intersect1d(own[none], own[~none])
    if torn.size:
        raise DataError.of(
            f"{torn.size} participants have {cluster} in some rows and none in others",
            column=str(cluster),
            row=int(kept[none & np.isin(own, torn)][0]),
            count=int(torn.size),
            what_to_do="fill it in for all rows of a participant, or for none",
        )
    codes[none] = codes.max(initial=-1) + 1 + own[none]
    return np.unique(codes, return_inverse=True)[1].astype(np.intp), len(np.unique(own[none]))


def _said_of_none(frame: pd.DataFrame, cluster: Any, kept: NDArray[np.int64]) -> list[str]:
    """Where the rows without a cluster are: in one arm, as planned, or also in the other."""
    if "arm" not in frame.columns:
        return []
    used = frame.iloc[kept]
    none = without_blanks(*pd.factorize(used[cluster])) < 0
    arms = used.loc[none, "arm"].value_counts(sort=False)
    each = ", ".join(f"{arm} {count}" for arm, count in arms.items() if count)
    return [f"Rows without {cluster}, by arm: {each}."]


def _check_outcome(frame: pd.DataFrame, formula: str) -> None:
    """An outcome of levels would silently become the indicator of one of them."""
    name = variables_in(formula)[0]
    if "~" not in formula or name not in frame.columns:
        return
    if is_factor(frame[name]):
        raise DataError.of(
            f"the outcome {name} is not a number",
            column=name,
            what_to_do="give a column of numbers, or of True and False",
        )


def _read_weights(
    frame: pd.DataFrame, name: str | None
) -> tuple[Floats | None, Booleans | None, dict[str, int]]:
    """Weights of all rows, the rows that have a positive one, and the others counted."""
    if name is None:
        return None, None, {}
    values = as_numbers(check_column(frame, name, "weights"), str(name))
    negative = np.flatnonzero(values < 0)
    if len(negative):
        raise DataError.of(
            f"{name} is negative in {len(negative)} row(s)",
            column=str(name),
            row=int(negative[0]),
            count=len(negative),
            what_to_do="a weight cannot be negative: correct these rows",
        )
    left_out = {}
    for reason, gap in (("missing", np.isnan(values)), ("is 0", values == 0)):
        if gap.any():
            left_out[f"{name} {reason}"] = int(gap.sum())
    return values, values > 0, left_out
