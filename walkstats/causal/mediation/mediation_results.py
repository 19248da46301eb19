"""How is a mediation analysis handed over? Effects, what they assume, and how fragile they are."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from walkstats.results import Curve, Draws, Estimate, Estimates
from walkstats.results.frozen import Result


@dataclass(frozen=True, eq=False)
class Mediation(Result):
    """How much of an arm's effect runs through a mediator.

    Attributes
    ----------
    effects : Estimates
        Terms "total", "natural direct", "natural indirect"; with an interaction, and where a model
        is not linear, also the direct effect with the mediator as in the second arm, the indirect
        one in the reference arm, and controlled direct effects with the mediator held at a value.
        Differences, or logs of ratios.
    proportion : Estimate
        Natural indirect over total; missing where that has no meaning (its notes say why).
    means : Estimates
        Mean outcome in each arm with the mediator as in each arm.
    paths : Estimates or None
        Arm on mediator and mediator on outcome, where the mediator is a number.
    sensitivity : Curve
        The natural effects under unmeasured confounding of mediator and outcome: over the
        correlation rho of the errors of two linear models, otherwise over the effect of a
        confounder on the outcome.
    robustness : Estimates
        The rho at which the natural indirect effect is 0; of an outcome of yes and no the E-values
        of the natural effects.
    assumptions : tuple of str
        What must hold, sentence by sentence, and what randomisation gives.
    draws : Draws or None
        Resamples (or draws of the parameters); None with the delta method.
    arms : (str, str)
        The reference first.
    mediator, outcome : str
    """

    effects: Estimates
    proportion: Estimate
    means: Estimates
    paths: Estimates | None
    sensitivity: Curve
    robustness: Estimates
    assumptions: tuple[str, ...]
    draws: Draws | None
    arms: tuple[str, str]
    mediator: str
    outcome: str

    def to_frame(self) -> pd.DataFrame:
        """One row per effect, and the proportion mediated; ratios as ratios."""
        ratio = self.effects.link != "identity"
        rows = self.effects.to_frame(ratio=ratio)
        last = self.proportion.to_frame()
        known = last.dropna(axis=1, how="all")
        both = pd.concat([rows, known], ignore_index=True)
        if ratio:
            both["std_error_of"] = both["std_error_of"].fillna("")
        return both

    def _remarks(self) -> list[str]:
        said = [note for note in self.proportion.notes if note not in self.notes]
        return [*super()._remarks(), *said, *(f"Assumed: {each}" for each in self.assumptions)]
