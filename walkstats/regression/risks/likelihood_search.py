"""Where is the likelihood of an event largest, and how far may a coefficient lie from there?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from walkstats.numerics.least_squares import Factor
from walkstats.numerics.newton import maximise
from walkstats.numerics.profiles import Profile, limit_pair, limit_towards, signed_root
from walkstats.regression.risks.binary_errors import Chosen
from walkstats.regression.risks.binary_likelihood import (
    BinaryMaximum,
    BinaryModel,
    Evaluate,
    deviance,
    evaluation,
    maximum,
    start,
)
from walkstats.regression.risks.binary_links import Link
from walkstats.regression.risks.penalised_likelihood import penalised_evaluation

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Asked:
    """What is to be fitted.

    Attributes
    ----------
    formula : str
    link : Link
    chosen : Chosen
    penalty : "firth" or None
    profile : bool
        Whether intervals and tests are those of the profile likelihood.
    weighted : str
        Name of the case weights; empty without.
    level : float
    """

    formula: str
    link: Link
    chosen: Chosen
    penalty: str | None = None
    profile: bool = False
    weighted: str = ""
    level: float = 0.95


@dataclass(frozen=True, eq=False)
class Fitting:
    """A model, its covariates as factored, and what is asked of it."""

    model: BinaryModel
    design: Factor
    asked: Asked

    @property
    def shift(self) -> float:
        """From the penalised likelihood of Q's coefficients to that of the covariates'."""
        return -float(np.linalg.slogdet(self.design.back)[1]) if self.asked.penalty else 0.0

    def evaluate(self, model: BinaryModel) -> Evaluate:
        """What is maximised."""
        return penalised_evaluation(model) if self.asked.penalty else evaluation(model)

    def maximum(self) -> BinaryMaximum:
        """The maximum, or the supremum."""
        model = self.model
        if self.asked.penalty is None:
            return maximum(model, self.design.back)
        found = maximise(self.evaluate(model), start(model), longest=model.longest)
        every = np.ones(len(model.y), dtype=bool)
        height = found.log_likelihood + self.shift
        return BinaryMaximum(found.values, model.q @ found.values, height, found.state, every)

    def values(self, found: BinaryMaximum) -> Floats:
        """Coefficients of the covariates, infinite where the likelihood says so."""
        values = self.design.back @ found.g
        if found.open is None:
            return values
        values[found.open.infinite] = found.open.signs[found.open.infinite] * np.inf
        return values

    def null(self) -> tuple[float, float]:
        """Log-likelihood and deviance with the intercept only."""
        model, n = self.model, self.model.y.size
        mean = float(np.average(model.y, weights=model.weights))
        eta = np.full(n, model.link.eta(mean))
        height = float(model.weights @ model.link.rows(eta, model.y)[0])
        flat = deviance(model, np.full(n, mean))
        if self.asked.penalty:
            constant = np.ptp(self.design.matrix, axis=0) == 0.0
            if not constant.all():
                held = Profile(self.evaluate(model), self.design.back[~constant], start(model))
                height = held.at(np.zeros(int((~constant).sum()))) + self.shift
        return height, flat

    def profiles(
        self, found: BinaryMaximum, values: Floats, naive: Floats
    ) -> tuple[Floats | None, Floats | None]:
        """Limits and signed roots of the profile likelihood, where they are asked for or due."""
        if self.asked.chosen.kind.name != "model" or found.state == "not converged":
            return None, None
        if not self.asked.profile and found.open is None:
            return None, None
        limits, roots = np.full((len(values), 2), np.nan), np.full(len(values), np.nan)
        errors = np.sqrt(np.diag(naive))
        for k, value in enumerate(values):
            if np.isfinite(value) and not self.asked.profile:
                limits[k] = np.nan
                continue
            profile = self._profile(found, k, bool(np.isfinite(value)))
            if profile is None:
                continue
            height, level = found.log_likelihood - self.shift, self.asked.level
            if np.isfinite(value):
                limits[k] = limit_pair(profile, value, errors[k], height, level)
            else:
                scale = float(np.linalg.norm(self.design.back[k])) / np.sqrt(len(self.model.y))
                limits[k] = limit_towards(profile, np.sign(value), scale, height, level)
            roots[k] = signed_root(profile, value, height)
        if not self.asked.profile:
            known = ~np.isfinite(values)
            wald = np.where(errors > 0, values / np.where(errors > 0, errors, 1.0), np.nan)
            roots = np.where(known, roots, wald)
        return limits, roots

    def _profile(self, found: BinaryMaximum, k: int, finite: bool) -> Profile | None:
        """The profile of coefficient k; None where others stay infinite when it is held."""
        model, row = self.model, self.design.back[k]
        if found.open is None:
            hilly = self.asked.penalty is not None
            return Profile(self.evaluate(model), row, found.g, model.longest, hilly=hilly)
        basis = found.open.basis
        if finite:
            inner = model.kept(found.rows, basis)
            begin = basis.T @ found.g
            return Profile(self.evaluate(inner), row @ basis, begin, model.longest)
        if basis.shape[1] < len(row) - 1:
            return None
        return Profile(self.evaluate(model), row, start(model), model.longest)
