"""What is said of a comparison of costs and effects: terms, method, notes and counts?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from walkstats.economics.differences import ROUNDS
from walkstats.economics.paired_outcomes import Paired
from walkstats.results import Counts


def mean_terms(paired: Paired) -> tuple[str, ...]:
    """Names of the means of either arm."""
    return tuple(f"{name}[{arm}]" for name in (paired.cost, paired.effect) for arm in paired.arms)


def increment_terms(paired: Paired) -> tuple[str, str]:
    """Names of the two differences."""
    effect = "prevented" if paired.follow_up is not None else f"{paired.effect}_difference"
    return f"{paired.cost}_difference[{paired.arms[1]}]", f"{effect}[{paired.arms[1]}]"


def said_of_regression(paired: Paired) -> str:
    """The two regressions, as a methods section says them."""
    if paired.follow_up is not None:
        return (
            f"Difference of costs by least squares{_given(paired, 'cost')}, difference of "
            f"Kaplan-Meier risks at day {paired.horizon_days:g}; covariance from the influence of "
            "each participant."
        )
    given = _given(paired, "cost"), _given(paired, "effect")
    if given == ("", ""):
        return "Differences of means with pooled variances, costs and effects together."
    if given[0] == given[1]:
        return f"Least squares of costs and effects{given[0]}, residuals correlated."
    return (
        f"Seemingly unrelated regressions of costs{given[0] or ' on the arm alone'} and effects"
        f"{given[1] or ' on the arm alone'}."
    )


def _given(paired: Paired, side: str) -> str:
    names = (*paired.part_names, *paired.fixed_names)
    adjust = paired.cost_adjust if side == "cost" else paired.effect_adjust
    return f", adjusted for {', '.join(names[int(j)] for j in adjust)}" if adjust.size else ""


@dataclass(frozen=True, eq=False)
class Words:
    """What was done, in words; ``paired`` is everybody, ``used`` those who were analysed."""

    paired: Paired
    used: Paired
    by: str
    handled: str
    replicates: int
    seed: int
    imputations: int
    donors: int

    def method(self) -> str:
        """As a methods section says it."""
        over = f" over {self.used.horizon_days:g} days" if self.used.horizon_days > 0 else ""
        view = self.used.facts["perspective"]
        seen = f" from the {view} perspective" if view else ""
        parts = [
            f"Costs{seen} and {self._effects()}{over}, {self.used.arms[1]} compared with "
            f"{self.used.arms[0]}.",
            said_of_regression(self.used),
        ]
        if self.handled == "imputed":
            parts.append(
                f"Estimates pooled over {self.imputations} data sets, completed by chained "
                f"equations within {self.by} with predictive mean matching ({self.donors} donors)."
            )
        if self.handled == "complete cases":
            parts.append("Participants with a missing part are left out (complete cases).")
        return " ".join(
            [
                *parts,
                self.resampling(),
                "Percentile intervals; p-values by the standard deviations of the draws.",
            ]
        )

    def resampling(self) -> str:
        """How chance was told, as a sentence."""
        filled = (
            f", each imputed once by {ROUNDS} more rounds of the chained equations"
            if self.handled == "imputed"
            else ""
        )
        return (
            f"{self.replicates:,} bootstrap resamples of participants within {self.by}"
            f"{filled} (seed {self.seed})."
        )

    def notes(self, fewer: int = 0) -> tuple[str, ...]:
        """What a reader must know; ``fewer`` resamples could not tell all covariates apart."""
        paired, said = self.paired, list(self.paired.notes)
        gaps = np.asarray(paired.gaps[:, paired.needed].any(axis=1))
        if gaps.any():
            each = ", ".join(
                f"{label} {int(gaps[paired.arm == k].sum())} of {int((paired.arm == k).sum())}"
                for k, label in enumerate(paired.arms)
            )
            done = {"imputed": "imputed", "complete cases": "left out"}[self.handled]
            said.append(
                f"{int(gaps.sum())} of {len(gaps)} participants lack a part of costs or effects "
                f"({each}): {done}, never taken as 0."
            )
            said += self._nothing_known()
        if fewer:
            said.append(
                f"In {fewer:,} of {self.replicates:,} resamples some covariates said nothing new "
                "(a level that nobody had, say): they were left out there."
            )
        if self.handled == "imputed":
            said.append(
                "Values are taken as missing at random; cost_effectiveness(missing="
                "'complete-cases') and delta adjustment of the parts ask what if not."
            )
        return tuple(said)

    def _nothing_known(self) -> list[str]:
        """Of how many is nothing known on one side?"""
        said = []
        for name, weights in (
            ("costs", self.paired.cost_weights), ("effects", self.paired.effect_weights)
        ):  # fmt: skip
            own = self.paired.gaps[:, weights != 0.0]
            none = int(own.all(axis=1).sum()) if own.shape[1] else 0
            if none:
                said.append(f"{none} of them have no {name} at all.")
        return said

    def counts(self) -> Counts:
        """Who was analysed."""
        total, used = len(self.paired.arm), len(self.used.arm)
        left = {"a part missing": total - used} if used < total else {}
        return Counts(total, used, used, None, left)

    def missing(self) -> pd.DataFrame:
        """One row per column with gaps and arm: column, group, values, missing, percent."""
        rows = []
        for j in np.flatnonzero(self.paired.gaps.any(axis=0) & self.paired.needed):
            for k, label in enumerate(self.paired.arms):
                own = self.paired.gaps[self.paired.arm == k, j]
                rows.append(
                    (self.paired.part_names[j], label, own.size, int(own.sum()), 100 * own.mean())
                )
        return pd.DataFrame(rows, columns=["column", "group", "values", "missing", "percent"])

    def _effects(self) -> str:
        if self.used.follow_up is not None:
            return "events prevented"
        return "QALYs" if self.used.unit == "QALY gained" else self.used.effect
