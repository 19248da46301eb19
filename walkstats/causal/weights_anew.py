"""How far may a weighted comparison move by chance, its weights estimated anew each time?"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from walkstats._arguments import check_column
from walkstats._event_values import events_of
from walkstats._variables import as_numbers, missing
from walkstats.causal.two_arms import HAZARD, MEAN, Asked, check_two_arms, in_second
from walkstats.causal.weighted_arms import (
    Followed,
    Outcomes,
    chance_of,
    difference,
    outcomes_of,
    weights_in,
)
from walkstats.causal.weighting import TreatmentWeights
from walkstats.formulas import build
from walkstats.resampling.any_statistic import bootstrap
from walkstats.results import Draws, Estimates

Floats = NDArray[np.float64]
Booleans = NDArray[np.bool_]


def draws_of(
    made: TreatmentWeights,
    formula: str,
    by: str,
    asked: Asked,
    replicates: int,
    seed: int,
    effect: Estimates,
    progress: bool,
) -> Draws:
    """Resamples of those whose weight is known."""
    frame = made._own("frame")
    known = ~missing(frame["weight"])
    if asked.kind != MEAN:
        for name in asked.columns:
            known &= ~missing(check_column(frame, name, "the outcome"))
    used = frame[known].reset_index(drop=True)
    arms = check_two_arms(used, by)
    second = in_second(used, by, arms)
    (term,) = effect.terms
    statistic = _Statistic(
        _groups(used, made, formula, arms, second), _outcomes(used, asked, second),
        made.stabilised, made.truncate, term,
    )  # fmt: skip
    rows = pd.DataFrame({"row": np.arange(len(used)), by: second})
    found = bootstrap(
        rows, statistic, replicates=replicates, seed=seed, subject=None, by=by, jackknife=False,
        level=effect.level, progress=progress,
    )  # fmt: skip
    return replace(
        found,
        ratios=(term,) if asked.kind == HAZARD else (),
        measures={term: asked.measure},
        source=str(frame.attrs.get("source", "")),
        method=f"{found.method} The weights are estimated anew in each.",
    )


@dataclass(frozen=True, eq=False)
class _Statistic:
    """The weighted difference of a resample; it can be sent to another process."""

    groups: tuple[Followed, ...]
    outcomes: Outcomes
    stabilised: bool
    truncate: tuple[float, float] | None
    name: str

    def __call__(self, resample: pd.DataFrame) -> dict[str, float]:
        n = len(self.outcomes.second)
        copies = np.bincount(resample["row"].to_numpy(), minlength=n).astype(float)
        weights = weights_in(
            self.groups, copies, stabilised=self.stabilised, truncate=self.truncate
        )
        return {self.name: difference_of(self.outcomes, weights, copies)}


def difference_of(outcomes: Outcomes, weights: Floats, copies: Floats) -> float:
    """The difference in a resample: each copy of a row is a row of its own."""
    if outcomes.kind != HAZARD:
        return difference(outcomes, weights * copies)
    rows = np.repeat(np.arange(len(copies)), copies.astype(np.intp))
    drawn = replace(
        outcomes,
        second=outcomes.second[rows],
        value=outcomes.value[rows],
        event=outcomes.event[rows],
        place=outcomes.place[rows],
    )
    return difference(drawn, weights[rows])


def _groups(
    used: pd.DataFrame,
    made: TreatmentWeights,
    formula: str,
    arms: tuple[str, str],
    second: Booleans,
) -> tuple[Followed, ...]:
    left, _, right = (part.strip() for part in formula.partition("~"))
    groups = []
    for k, arm in enumerate(arms):
        rows = np.flatnonzero(second == bool(k))
        if arm not in made.models:
            ones = np.ones(len(rows))
            groups.append(Followed(rows, ones[:, None], ones, True))
            continue
        own = used.iloc[rows]
        matrix = build(right, own, intercept=True).matrix.copy()
        spread = matrix[:, 1:].std(axis=0)
        matrix[:, 1:] = (matrix[:, 1:] - matrix[:, 1:].mean(axis=0)) / spread
        happened, _ = events_of(own[left.strip("`")], left)
        followed = happened.astype(float)
        _, start = chance_of(matrix, followed, np.ones(len(rows)))
        groups.append(Followed(rows, matrix, followed, False, start))
    return tuple(groups)


def _outcomes(used: pd.DataFrame, asked: Asked, second: Booleans) -> Outcomes:
    value = as_numbers(used[asked.outcome], asked.outcome)
    event = np.zeros(len(used), dtype=bool)
    if asked.event:
        event, _ = events_of(used[asked.event], asked.event, asked.event_value)
    return outcomes_of(asked.kind, second, value, event, asked.moment)
