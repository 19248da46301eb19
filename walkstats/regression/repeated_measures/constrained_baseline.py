"""How is the baseline an outcome like the others, when randomisation made it equal in all arms?

The constrained longitudinal analysis of [1]_: baseline values are outcomes of a first visit, at
which the arms have the same mean. People with a baseline and nothing after it, or the reverse, then
tell what they can.

References
----------
.. [1] Liang K-Y, Zeger SL (2000). Longitudinal data analysis of continuous and discrete responses
   for pre-post designs. *Sankhya B* 62:134-148. https://www.jstor.org/stable/25053123
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from walkstats._arguments import check_column, check_frame
from walkstats._variables import _text, levels_of, missing
from walkstats.errors import DataError
from walkstats.formulas import Design, Terms

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Constraint:
    """Arms are one at the visit of the baseline.

    Attributes
    ----------
    arm, visit : str
        Columns.
    baseline : str
        Label of the visit.
    reference : object
        The arm that everybody counts as belonging to at that visit, as the column has it.
    """

    arm: str
    visit: str
    baseline: str
    reference: Any

    def held(self, frame: pd.DataFrame) -> pd.DataFrame:
        """The frame with every arm turned into the reference at baseline."""
        arm = frame[self.arm]
        turned = (_labels(frame[self.visit]) == self.baseline) & ~missing(arm)
        return frame.assign(**{self.arm: arm.where(~turned, self.reference)})


@dataclass(frozen=True)
class ConstrainedTerms(Terms):
    """Terms under which arms do not differ at baseline.

    Attributes
    ----------
    constraint : Constraint or None
    columns_kept : tuple of int
        Of the columns that the formula gives.
    """

    constraint: Constraint | None = None
    columns_kept: tuple[int, ...] = ()

    def matrix(self, frame: pd.DataFrame) -> Floats:
        """The design matrix of new data; whatever their arm, people are alike at baseline."""
        assert self.constraint is not None
        return super().matrix(self.constraint.held(frame))[:, self.columns_kept]


def constraint_of(frame: pd.DataFrame, arm: str, visit: str, baseline: object) -> Constraint:
    """Check that arms can be held equal at a visit.

    Parameters
    ----------
    frame : pandas.DataFrame
    arm, visit : str
    baseline : object
        A value of `visit`.

    Returns
    -------
    Constraint

    Raises
    ------
    ValueError
        For a column or a visit that is not there.
    """
    check_frame(frame)
    levels, _ = levels_of(check_column(frame, arm, "the arm"))
    visits, _ = levels_of(check_column(frame, visit, "the visit"))
    label = _text(baseline)
    if label not in visits:
        raise ValueError(
            f"{baseline!r} is no visit of {visit}. The visits are: {', '.join(visits)}."
        )
    if not levels:
        raise DataError.of(f"{arm} is missing in all rows", column=arm)
    values = {_text(value): value for value in frame[arm].dropna().unique()}
    return Constraint(arm, visit, label, values[levels[0]])


def constrain(design: Design, constraint: Constraint) -> Design:
    """Take out the columns that say nothing once arms are equal at baseline.

    Parameters
    ----------
    design : Design
        Of the frame that the constraint holds.
    constraint : Constraint

    Returns
    -------
    Design
        Where the formula has arm by visit, its columns are then the differences at each later
        visit.

    Raises
    ------
    ValueError
        Where the formula does not hold the arm.
    """
    terms = design.terms
    arms = {name for name, one in terms.variables.items() if one.column == constraint.arm}
    visits = {name for name, one in terms.variables.items() if one.column == constraint.visit}
    if not arms:
        raise ValueError(
            f"baseline= holds the arms equal at a visit, but {constraint.arm} is not in the "
            f"formula {terms.formula!r}."
        )
    parts = {piece.term: frozenset(piece.variables) for piece in terms.pieces}
    # Differences at every later visit add up to the difference of the arms.
    first = all((terms.variables[v].levels or ("",))[0] == constraint.baseline for v in visits)
    repeated = {
        term
        for term, own in parts.items()
        if own & arms and not own & visits and first
        if any(own | {v} in parts.values() for v in visits)
    }
    keep: list[int] = []
    columns_of: dict[str, slice] = {}
    for term, place in terms.columns_of.items():
        own = parts.get(term, frozenset())
        kept = [
            j
            for j in range(place.start, place.stop)
            if term not in repeated and not (own & arms and not design.matrix[:, j].any())
        ]
        if kept:
            columns_of[term] = slice(len(keep), len(keep) + len(kept))
            keep += kept
    given: dict[str, Any] = {name: getattr(terms, name) for name in terms.__dataclass_fields__}
    given |= {"names": tuple(terms.names[j] for j in keep), "columns_of": columns_of}
    own_terms = ConstrainedTerms(**given, constraint=constraint, columns_kept=tuple(keep))
    return replace(design, terms=own_terms, matrix=design.matrix[:, keep])


def baseline_as_visit(
    frame: pd.DataFrame,
    outcome: str,
    *,
    visit: str,
    at: Any = 0,
    baseline: str | None = None,
    subject: str = "participant_id",
) -> pd.DataFrame:
    """Add each participant's baseline value as the outcome of a visit of its own.

    Parameters
    ----------
    frame : pandas.DataFrame
        One row per participant and visit, for example from ``derive.visits``.
    outcome : str
        Column of the outcome.
    visit : str
        Column of the visit.
    at : object
        What the visit of the baseline is called.
    baseline : str, optional
        Column of the baseline value; ``<outcome>_baseline`` by default.
    subject : str
        Column of the participant.

    Returns
    -------
    pandas.DataFrame
        The rows of the frame after one row per participant with the baseline as outcome.

    Raises
    ------
    ValueError
        For a column that is not there, or a visit that is there already.
    DataError
        For a baseline that changes within a participant.

    Examples
    --------
    >>> frame = pd.DataFrame({
    ...     "participant_id": ["a", "a"], "arm": "walking", "month": [3, 6],
    ...     "pain": [4.0, 3.0], "pain_baseline": [6.0, 6.0]})
    >>> baseline_as_visit(frame, "pain", visit="month")[["month", "pain"]].values.tolist()
    [[0.0, 6.0], [3.0, 4.0], [6.0, 3.0]]
    """
    check_frame(frame)
    source = baseline if baseline is not None else f"{outcome}_baseline"
    roles = {subject: "the participant", visit: "the visit", outcome: "the outcome"}
    for name, role in {**roles, source: "the baseline"}.items():
        check_column(frame, name, role)
    if _text(at) in set(_labels(frame[visit])):
        raise ValueError(f"{visit} has a visit {at!r} already: its rows are the baseline.")
    changing = frame.groupby(subject, observed=True, sort=False)[source].nunique() > 1
    if changing.any():
        raise DataError.of(
            f"{source} changes within {int(changing.sum())} participant(s)",
            column=str(source),
            ids=[str(one) for one in changing.index[changing]],
            what_to_do="give each participant one baseline value",
        )
    known = frame[~missing(frame[source])]
    rows = known.drop_duplicates(subject).assign(**{outcome: lambda f: f[source]})
    if isinstance(frame[visit].dtype, pd.CategoricalDtype):
        names = [at, *frame[visit].cat.categories]
        ordered = pd.CategoricalDtype(names, ordered=bool(frame[visit].cat.ordered))
        frame = frame.assign(**{visit: frame[visit].astype(ordered)})
        rows = rows.assign(
            **{visit: pd.Series(pd.Categorical([at] * len(rows), dtype=ordered), index=rows.index)}
        )
    else:
        rows = rows.assign(**{visit: at})
    both = pd.concat([rows, frame], ignore_index=True)
    both.attrs = dict(frame.attrs)
    return both


def _labels(series: pd.Series) -> NDArray[np.object_]:
    """Values as the labels of levels; missing ones as an empty text."""
    codes, values = pd.factorize(series.astype(object))
    words = np.array([*(_text(value) for value in values), ""], dtype=object)
    return words[codes]
