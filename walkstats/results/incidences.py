"""How are the incidences of several outcomes that compete handed over? One curve for each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from walkstats.results.curves import Curve
from walkstats.results.estimates import Estimates

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Incidence(Curve):
    """A curve for each group and outcome.

    Attributes
    ----------
    frame : pandas.DataFrame
        As of `Curve`, with a column outcome after group; n_event counts that outcome, n_risk and
        n_censor are the group's.
    outcomes : tuple of str
    event_free : Curve
        The share of each group with none of the outcomes (of states: still in the first one).
    """

    start: float = 0.0
    quantity: str = "cumulative incidence"
    outcomes: tuple[str, ...] = ()
    event_free: Curve = field(default_factory=lambda: Curve(pd.DataFrame(), "", "survival"))

    def of(self, outcome: str) -> Curve:
        """The curve of one outcome, by group.

        Parameters
        ----------
        outcome : str

        Returns
        -------
        Curve

        Raises
        ------
        ValueError
            For an outcome that is not there.
        """
        if str(outcome) not in self.outcomes:
            known = ", ".join(self.outcomes)
            raise ValueError(f"No outcome {outcome!r}. The outcomes are: {known}.")
        rows = self.frame["outcome"] == str(outcome)
        frame = self.frame.loc[rows].drop(columns="outcome").reset_index(drop=True)
        return Curve(
            frame=frame,
            x=self.x,
            quantity=self.quantity,
            shape=self.shape,
            last=self.last,
            level=self.level,
            start=self.start,
            start_x=self.start_x,
            method=self.method,
            notes=self.notes,
            counts=self.counts,
            source=self.source,
        )

    def at(self, x: float | Sequence[float] | Floats) -> pd.DataFrame:
        """The curves at chosen points.

        Parameters
        ----------
        x : float or sequence of float
            In the unit of the x column.

        Returns
        -------
        pandas.DataFrame
            One row per group, outcome and x, read as `Curve.at` does.

        Raises
        ------
        ValueError
            As `Curve.at`.
        """
        parts = []
        for place, outcome in enumerate(self.outcomes):
            part = self.of(outcome).at(x)
            part.insert(1, "outcome", outcome)
            parts.append(part.assign(_place=place, _row=np.arange(len(part))))
        both = pd.concat(parts, ignore_index=True)
        group = both["group"].map({name: k for k, name in enumerate(self.groups)})
        order = np.lexsort((both["_row"], both["_place"], group))
        return both.iloc[order].drop(columns=["_place", "_row"]).reset_index(drop=True)

    def quantile(self, p: float | Sequence[float] = 0.5) -> Estimates:
        """x by which a share p of a group has had an outcome.

        Parameters
        ----------
        p : float or sequence of float
            Shares between 0 and 1, of the whole group: those with another outcome count too.

        Returns
        -------
        Estimates
            Terms are ``group: outcome``, with several shares ``group: outcome[share]``.

        Raises
        ------
        ValueError
            As `Curve.quantile`.
        """
        parts, terms, notes = [], [], list(self.notes)
        for outcome in self.outcomes:
            found = self.of(outcome).quantile(p)
            parts.append(found)
            terms += [_with_outcome(term, self.groups, outcome) for term in found.terms]
            notes += [f"{outcome}, {note}" for note in found.notes[len(self.notes) :]]
        limits = [part.limits for part in parts if part.limits is not None]
        size = len(terms)
        return replace(
            parts[0],
            terms=tuple(terms),
            values=np.concatenate([part.values for part in parts]),
            covariance=np.full((size, size), np.nan),
            limits=np.concatenate(limits),
            notes=tuple(notes),
        )


def _with_outcome(term: str, groups: tuple[str, ...], outcome: str) -> str:
    """``walking: recurrence`` of ``walking``, and ``walking: recurrence[0.25]`` with a share."""
    group = max((name for name in groups if term.startswith(name)), key=len)
    return f"{group}: {outcome}{term[len(group) :]}"
