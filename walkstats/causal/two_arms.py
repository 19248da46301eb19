"""What is compared between two arms: a mean, a risk at a time, or a mean time free of the event?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from walkstats._arguments import check_column, check_positive
from walkstats._event_values import events_of
from walkstats._known_rows import check_any_left, known_rows
from walkstats._labels import in_sentence
from walkstats._variables import as_numbers, is_factor, levels_of
from walkstats.errors import DataError
from walkstats.survival.pseudo_values import pseudo_observations

Floats = NDArray[np.float64]
Booleans = NDArray[np.bool_]

MEAN, RISK, FREE, HAZARD = "mean", "risk", "restricted mean", "hazard"


@dataclass(frozen=True)
class Asked:
    """The outcome and the scale on which arms are compared.

    Attributes
    ----------
    kind : {"mean", "risk", "restricted mean", "hazard"}
    outcome : str
        Column of the outcome, or of the time.
    event : str
        Column of the event, where there is a time.
    event_value : object
    moment : float
        Day of the risk, or horizon of the mean.
    """

    kind: str
    outcome: str
    event: str = ""
    event_value: object = None
    moment: float = np.nan

    @property
    def columns(self) -> tuple[str, ...]:
        """Columns in which a missing value leaves a row out."""
        return (self.outcome, self.event) if self.event else (self.outcome,)

    @property
    def measure(self) -> str:
        """What a difference between arms is called."""
        return {
            MEAN: f"difference in {in_sentence(self.outcome)}",
            RISK: f"risk difference at {self.moment:g}",
            FREE: f"difference in restricted mean to {self.moment:g}",
            HAZARD: "hazard ratio",
        }[self.kind]

    @property
    def described(self) -> str:
        """As a methods section says it."""
        return {
            MEAN: f"the mean of {self.outcome}",
            RISK: f"the Kaplan-Meier risk at {self.moment:g} ({self.outcome})",
            FREE: f"the restricted mean time free of the event to {self.moment:g} ({self.outcome})",
            HAZARD: f"the hazard of the event ({self.outcome})",
        }[self.kind]

    def events(self, frame: pd.DataFrame) -> int | None:
        """How many rows have the event; None where there is none to have."""
        if not self.event:
            return None
        return int(events_of(frame[self.event], self.event, self.event_value)[0].sum())

    def values(self, frame: pd.DataFrame, by: str) -> Floats:
        """One number per row whose mean in an arm is the arm's mean, risk or mean time.

        Of a time the infinitesimal-jackknife pseudo-values by arm: their mean is the Kaplan-Meier
        estimate itself, and their spread gives its robust standard error.
        """
        if self.kind == MEAN:
            return as_numbers(frame[self.outcome], self.outcome)
        found = pseudo_observations(
            frame,
            by,
            at=self.moment,
            quantity="survival" if self.kind == RISK else "restricted mean",
            method="infinitesimal jackknife",
            time=self.outcome,
            event=self.event,
            event_value=self.event_value,
            subject=None,
        )
        free = found.to_numpy(dtype=float)[:, 0]
        return 1.0 - free if self.kind == RISK else free


def read_asked(
    frame: pd.DataFrame,
    *,
    outcome: str | None,
    at: float | None,
    tau: float | None,
    time: str | None,
    event: str,
    event_value: object,
    hazard: bool = False,
) -> Asked:
    """Which of the outcomes is asked for; exactly one may be.

    Raises
    ------
    ValueError
        For none or several of outcome, at and tau, and columns that are not there.
    DataError
        For an outcome that is no number.
    """
    given = [
        name for name, one in (("outcome", outcome), ("at", at), ("tau", tau)) if one is not None
    ]
    if len(given) > 1 or not (given or hazard):
        choices = "outcome= (a mean), at= (risk by that day) or tau= (mean time free of the event)"
        raise ValueError(f"Give one of {choices}; got {', '.join(given) or 'none of them'}.")
    if outcome is not None:
        if is_factor(check_column(frame, outcome, "the outcome")):
            raise DataError.of(
                f"the outcome {outcome} is not a number",
                column=outcome,
                what_to_do="give a column of numbers, or of True and False",
            )
        return Asked(MEAN, outcome)
    name = "days" if time is None else time
    check_column(frame, name, "the time")
    check_column(frame, event, "the event")
    if at is not None:
        return Asked(RISK, name, event, event_value, check_positive(at, "at"))
    if tau is not None:
        return Asked(FREE, name, event, event_value, check_positive(tau, "tau"))
    return Asked(HAZARD, name, event, event_value)


def check_two_arms(frame: pd.DataFrame, by: str) -> tuple[str, str]:
    """The two arms, the reference first.

    Raises
    ------
    DataError
        For one arm, or more than two.
    """
    levels, _ = levels_of(check_column(frame, by, "the arms"))
    if len(levels) != 2:
        raise DataError.of(
            f"{by} has {len(levels)} level(s) ({', '.join(levels) or 'none'}) where two arms are "
            "compared",
            column=by,
            what_to_do="take the rows of two arms",
        )
    return levels[0], levels[1]


def as_levels(frame: pd.DataFrame, by: str, arms: tuple[str, str]) -> pd.DataFrame:
    """The frame with arms that are numbers as levels, unless they are 0 and 1.

    A coefficient of arms coded 10 and 20 would be a tenth of the difference between them.
    """
    if is_factor(frame[by]) or arms == ("0", "1") or pd.api.types.is_bool_dtype(frame[by].dtype):
        return frame
    second = in_second(frame, by, arms)
    out = frame.copy(deep=False)
    out[by] = pd.Categorical(np.where(second, arms[1], arms[0]), categories=list(arms))
    return out


def in_second(frame: pd.DataFrame, by: str, arms: tuple[str, str]) -> Booleans:
    """Rows of the arm that is compared with the reference."""
    coded = pd.Categorical(frame[by].astype(str), categories=list(arms))
    if (coded.codes < 0).any():  # numbers, spelled as levels_of spells them
        values = as_numbers(frame[by], by)
        return np.asarray(values == float(arms[1]))
    return np.asarray(coded.codes == 1)


def complete(frame: pd.DataFrame, columns: Sequence[Any]) -> tuple[Booleans, dict[str, int]]:
    """Rows in which none of the columns is missing, and the others counted by the first gap."""
    kept, left_out = known_rows(frame, columns, "the analysis")
    check_any_left(kept, left_out)
    return kept, left_out


def check_one_row_each(frame: pd.DataFrame, subject: str | None) -> None:
    """Refuse frames with several rows of a participant."""
    if subject is None or subject not in frame.columns:
        return
    again = frame[subject].dropna().duplicated()
    if again.any():
        raise DataError.of(
            f"{int(again.sum())} rows are further rows of participants: one row per participant is "
            "needed",
            column=subject,
            count=int(again.sum()),
            what_to_do="take one visit, or the first event, of each",
        )


def lost_by_arm(frame: pd.DataFrame, by: str, kept: Booleans) -> list[str]:
    """A note on the rows left out, by arm."""
    if kept.all():
        return []
    lost = frame.loc[~kept, by].value_counts(sort=False)
    each = ", ".join(f"{arm} {count}" for arm, count in lost.items() if count)
    return [f"Rows left out by {by}: {each}."] if each else []
