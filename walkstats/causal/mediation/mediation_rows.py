"""Whose arm, mediator, outcome and covariates enter a mediation analysis, and in which order?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from walkstats._arguments import check_column, check_frame
from walkstats._variables import as_numbers
from walkstats.causal.mediation.mean_outcomes import Models
from walkstats.causal.mediation.model_columns import Scale, read_mediator, read_outcome
from walkstats.causal.two_arms import (
    check_one_row_each,
    check_two_arms,
    complete,
    in_second,
    lost_by_arm,
)
from walkstats.errors import FitError
from walkstats.formulas import build, variables_in
from walkstats.numerics.least_squares import factor
from walkstats.results import Counts
from walkstats.schema import recorded_later
from walkstats.survival.grouped_rows import combined_groups

Floats = NDArray[np.float64]
Indices = NDArray[np.intp]

# Outcomes of derived frames that add up from randomisation on.
COUNTED = ("days_in_pain", "cost", "qaly")


@dataclass(frozen=True)
class Asked:
    """The columns and models asked for.

    Attributes
    ----------
    outcome, mediator, by : str
    covariates, strata : tuple of str
    mediator_model, outcome_model : str or None
    interaction, at_means : bool
    mediator_at, outcome_at : number or None
        Visits.
    visit, subject : str
    """

    outcome: str
    mediator: str
    by: str
    covariates: tuple[Any, ...]
    strata: tuple[Any, ...]
    mediator_model: str | None
    outcome_model: str | None
    interaction: bool
    at_means: bool
    mediator_at: Any = None
    outcome_at: Any = None
    visit: str = "month"
    subject: str = "participant_id"

    @property
    def mediator_said(self) -> str:
        """The mediator with its visit."""
        when = "" if self.mediator_at is None else f" at {self.visit} {self.mediator_at:g}"
        return self.mediator + when

    @property
    def outcome_said(self) -> str:
        """The outcome with its visit."""
        when = "" if self.outcome_at is None else f" at {self.visit} {self.outcome_at:g}"
        return self.outcome + when


@dataclass(frozen=True, eq=False)
class MediationRows:
    """n people of two arms.

    Attributes
    ----------
    arms : (str, str)
    arm : (n,) 0 or 1
    mediator : (n, m)
        A number in units of its spread, or indicators of the levels after the first.
    level : (n,) codes, or None where the mediator is a number
    level_names : tuple of str
    outcome : (n,)
        In units of its spread where the model is linear.
    covariates : (n, c)
        Standardised.
    covariate_names : tuple of str
    cell : (n,) codes within which people are drawn
    mediator_scale, outcome_scale : Scale
    models : Models
    counts : Counts
    notes : tuple of str
    source : str
    mediator_range : (lowest, highest), of a number in its own unit
    """

    arms: tuple[str, str]
    arm: Floats
    mediator: Floats
    level: Indices | None
    level_names: tuple[str, ...]
    outcome: Floats
    covariates: Floats
    covariate_names: tuple[str, ...]
    cell: Indices
    mediator_scale: Scale
    outcome_scale: Scale
    models: Models
    counts: Counts
    notes: tuple[str, ...]
    source: str
    mediator_range: tuple[float, float]

    @property
    def of_mediator(self) -> Floats:
        """Columns of the mediator's model: (constant,) arm, covariates."""
        columns = np.column_stack([self.arm, self.covariates])
        return columns if self.models.levels else _with_constant(columns)

    @property
    def of_outcome(self) -> Floats:
        """Columns of the outcome's model: (constant,) arm, mediator, arm x mediator, covariates."""
        parts = [self.arm[:, None], self.mediator]
        if self.models.interaction:
            parts.append(self.arm[:, None] * self.mediator)
        columns = np.hstack([*parts, self.covariates])
        return _with_constant(columns) if self.models.outcome == "linear" else columns


def _with_constant(columns: Floats) -> Floats:
    return np.column_stack([np.ones(len(columns)), columns])


def read_mediation_rows(frame: pd.DataFrame, asked: Asked) -> MediationRows:
    """Read a frame for a mediation analysis.

    Raises
    ------
    ValueError
        For columns that are not there, models that cannot be, and a mediator that does not come
        before the outcome.
    DataError
        For values that the models cannot take.
    FitError
        For covariates that cannot be told apart.
    """
    check_frame(frame)
    whole, notes = _side_by_side(frame, asked)
    arms = check_two_arms(whole, asked.by)
    formula = " + ".join(str(name) for name in asked.covariates)
    variables = variables_in(formula) if formula else ()
    _check_covariates(frame, variables, asked)
    y, m = asked.outcome_said, asked.mediator_said
    kept, left_out = complete(whole, [y, m, asked.by, *variables, *asked.strata])
    used = whole.loc[kept]
    check_two_arms(used, asked.by)
    outcome, outcome_model, outcome_scale = read_outcome(
        used[y], asked.outcome, asked.outcome_model
    )
    mediator = read_mediator(used[m], asked.mediator, asked.mediator_model)
    covariates, names, more = _read_covariates(whole, formula, kept)
    cell = combined_groups(whole, (asked.by, *asked.strata), np.flatnonzero(kept))[0]
    models = Models(
        mediator.model,
        outcome_model,
        asked.interaction,
        len(mediator.names),
        covariates.shape[1],
        asked.at_means,
    )
    events = None if outcome_model == "linear" else int(outcome.sum())
    rows = MediationRows(
        arms=arms,
        arm=in_second(used, asked.by, arms).astype(float),
        mediator=mediator.columns,
        level=mediator.level,
        level_names=mediator.names,
        outcome=outcome,
        covariates=covariates,
        covariate_names=names,
        cell=cell,
        mediator_scale=mediator.scale,
        outcome_scale=outcome_scale,
        models=models,
        counts=Counts(len(whole), int(kept.sum()), int(kept.sum()), events, left_out),
        notes=(*notes, *more, *_said_of_late(variables), *lost_by_arm(whole, asked.by, kept)),
        source=str(frame.attrs.get("source", "")),
        mediator_range=mediator.range,
    )
    _check_told_apart(rows)
    return rows


def _check_covariates(frame: pd.DataFrame, variables: Sequence[str], asked: Asked) -> None:
    """Columns that are there and that are not what they are to adjust."""
    for name in variables:
        check_column(frame, name, "the covariates")
    for name in asked.strata:
        check_column(frame, name, "the strata")
    taken = [asked.by]
    if asked.mediator_at is None:
        taken += [asked.outcome, asked.mediator]
    for name in variables:
        if name in taken:
            raise ValueError(
                f"{name} is {'the arm' if name == asked.by else 'the outcome or the mediator'} "
                "itself: it cannot be a covariate too."
            )


def _side_by_side(frame: pd.DataFrame, asked: Asked) -> tuple[pd.DataFrame, list[str]]:
    """One row per person, with mediator and outcome in columns named as they are said."""
    for name, role in ((asked.outcome, "the outcome"), (asked.mediator, "the mediator")):
        check_column(frame, name, role)
    check_column(frame, asked.by, "the arms")
    if asked.mediator_at is None and asked.outcome_at is None:
        if asked.outcome == asked.mediator:
            raise ValueError(f"Outcome and mediator are the same column, {asked.outcome!r}.")
        check_one_row_each(frame, asked.subject)
        said = f"The frame does not say when {asked.mediator} was measured: it is taken to come "
        notes = [f"{said}before {asked.outcome}."]
        if asked.outcome in COUNTED:
            notes.append(
                f"{asked.outcome} is counted from day 0 on: what of it came before "
                f"{asked.mediator} was measured is no effect of it."
            )
        return frame.reset_index(drop=True), notes
    if asked.mediator_at is None or asked.outcome_at is None:
        raise ValueError("Give both visits: mediator_at= and outcome_at=.")
    return _from_visits(frame, asked), []


def _from_visits(frame: pd.DataFrame, asked: Asked) -> pd.DataFrame:
    """Outcome of one visit beside mediator and covariates of an earlier one."""
    visit = as_numbers(check_column(frame, asked.visit, "the visits"), asked.visit)
    check_column(frame, asked.subject, "the participant")
    if not float(asked.mediator_at) < float(asked.outcome_at):
        raise ValueError(
            f"The mediator must be measured before the outcome: {asked.mediator} at {asked.visit} "
            f"{asked.mediator_at:g} is not before {asked.outcome} at {asked.visit} "
            f"{asked.outcome_at:g}. What comes later cannot carry an effect."
        )
    parts = []
    for when in (asked.mediator_at, asked.outcome_at):
        here = frame.loc[visit == float(when)]
        if not len(here):
            known = ", ".join(f"{v:g}" for v in np.unique(visit[~np.isnan(visit)]))
            raise ValueError(f"No rows at {asked.visit} {when:g}. The frame has: {known}.")
        check_one_row_each(here, asked.subject)
        parts.append(here.set_index(asked.subject))
    early, late = parts
    everybody = pd.Index(pd.unique(frame[asked.subject]))
    whole = early.reindex(everybody)
    whole[asked.mediator_said] = early[asked.mediator].reindex(everybody)
    whole[asked.outcome_said] = late[asked.outcome].reindex(everybody)
    # Who has a row at the later visit only still has an arm, and is counted by what is missing.
    whole[asked.by] = whole[asked.by].fillna(late[asked.by].reindex(everybody))
    whole.index.name = asked.subject
    return whole.reset_index()


def _read_covariates(
    frame: pd.DataFrame, formula: str, kept: NDArray[np.bool_]
) -> tuple[Floats, tuple[str, ...], tuple[str, ...]]:
    if not formula:
        return np.empty((int(kept.sum()), 0)), (), ()
    design = build(formula, frame, intercept=False, keep=kept)
    matrix = design.matrix
    spread = matrix.std(axis=0)
    still = np.flatnonzero(~(spread > 0))
    names = design.terms.names
    if still.size:
        raise FitError(f"{names[still[0]]} is constant. Leave it out.")
    return (matrix - matrix.mean(axis=0)) / spread, names, tuple(design.notes)


def _said_of_late(variables: Sequence[str]) -> list[str]:
    late = [name for name in variables if recorded_later(name)]
    if not late:
        return []
    return [
        f"{', '.join(late)}: recorded after randomisation. If the arm changes a covariate, effects "
        "that run through it are taken away; covariates should be known at randomisation."
    ]


def _check_told_apart(rows: MediationRows) -> None:
    """Refuse what no least squares can tell apart, naming it."""
    names = ["the arm", *rows.covariate_names]
    both = [(rows.of_mediator, names, bool(rows.models.levels))]
    through = [f"the mediator[{one}]" for one in rows.level_names[1:]] or ["the mediator"]
    if rows.models.interaction:
        through += [f"arm x {one}" for one in through]
    both.append(
        (rows.of_outcome, ["the arm", *through, *rows.covariate_names],
         rows.models.outcome != "linear")
    )  # fmt: skip
    for matrix, columns, bare in both:
        full = _with_constant(matrix) if bare else matrix
        found = factor(full)
        if found.dependent:
            own, *others = found.dependent[0]
            labels = ["the constant", *columns]
            listed = ", ".join(labels[k] for k in others)
            what = f"a combination of {listed}" if others else "constant"
            raise FitError(f"{labels[own]} is {what}: the data cannot tell them apart.")
        if len(full) <= full.shape[1] + 1:
            raise FitError(f"{full.shape[1]} coefficients cannot be told from {len(full)} rows.")
