"""Is the odds ratio the same wherever one cuts the levels in two?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from walkstats.errors import FitError
from walkstats.numerics.least_squares import Factor, factor
from walkstats.numerics.limits import chi2_p
from walkstats.numerics.newton import newton_step
from walkstats.regression.ranks.cumulative_links import CUMULATIVE_LINKS
from walkstats.regression.ranks.cumulative_maximum import (
    CumulativeMaximum,
    centred,
    cumulative_maximum,
    cumulative_model,
    start_of,
)
from walkstats.regression.ranks.proportional_odds import OrdinalFit, check_ordinal
from walkstats.regression.risks.binary_likelihood import BinaryModel, maximum, working_design
from walkstats.regression.risks.binary_links import LINKS
from walkstats.results import HypothesisTest
from walkstats.results.frozen import Result

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class ProportionalOdds(Result):
    """Does each coefficient stay the same from threshold to threshold?

    Attributes
    ----------
    by_term : pandas.DataFrame
        One row per term: term, df, score and its p_score, statistic (of the likelihood ratio;
        missing where the larger model has no maximum) and its p_value.
    overall : HypothesisTest
        Score test of all terms together.
    by_cut : pandas.DataFrame
        Coefficients of the regressions of being above each threshold: cut, term, estimate,
        std_error. Empty for other links than logit.
    """

    by_term: pd.DataFrame
    overall: HypothesisTest
    by_cut: pd.DataFrame

    def to_frame(self) -> pd.DataFrame:
        """The tests by term."""
        return self.by_term


def check_proportional_odds(fit: OrdinalFit) -> ProportionalOdds:
    """Test whether effects on ordered levels are the same at every threshold.

    Parameters
    ----------
    fit : OrdinalFit
        Of three levels or more.

    Returns
    -------
    ProportionalOdds
        A test of each term, one of all, and the odds ratios threshold by threshold, which show how
        much they differ.

    Raises
    ------
    ValueError
        For an outcome of two levels, which has one threshold, and a fit of another kind.
    FitError
        For a fit with infinite coefficients, or one that did not converge.

    Notes
    -----
    In the larger model the coefficients of a term differ between thresholds. The score test needs
    no fit of it; the likelihood ratio compares the two maxima. Both are of the model: clusters and
    robust errors do not enter. With many people a small p-value comes with differences that are too
    small to matter, and with few rows in a level either test is liberal: look at ``by_cut``.

    References
    ----------
    .. [1] Peterson B, Harrell FE (1990). Partial proportional odds models for ordinal response
       variables. *Appl Stat* 39:205-217. https://doi.org/10.2307/2347760
    .. [2] Brant R (1990). Assessing proportionality in the proportional odds model for ordinal
       logistic regression. *Biometrics* 46:1171-1178. https://doi.org/10.2307/2532457

    Examples
    --------
    >>> import pandas as pd
    >>> from walkstats.regression import ordinal
    >>> table = pd.DataFrame({
    ...     "arm": ["control"] * 3 + ["walking"] * 3, "pain": [0, 1, 2] * 2,
    ...     "n": [10, 20, 20, 20, 20, 10]})
    >>> found = check_proportional_odds(ordinal(table, "pain ~ arm", frequencies="n"))
    >>> found.by_cut["estimate"].round(2).tolist()
    [-0.98, -0.98]
    """
    check_ordinal(fit)
    if len(fit.levels) < 3:
        raise ValueError("An outcome of two levels has one threshold: there is nothing to test.")
    if fit.state != "converged":
        why = "has infinite coefficients" if fit.state == "infinite" else "did not converge"
        raise FitError(f"The fit {why}: its thresholds cannot be compared.")
    assert fit.design is not None
    small = _Small.of(fit)
    rows = [
        {"term": term, **small.against(np.arange(columns.start, columns.stop))}
        for term, columns in fit.design.columns_of.items()
    ]
    whole = small.against(np.arange(fit.matrix.shape[1]), by_likelihood=False)
    shared: dict[str, Any] = {
        "method": "Tests of effects that differ between thresholds, against "
        f"{fit.method[0].lower()}{fit.method[1:].partition(';')[0]}.",
        "notes": fit.notes,
        "counts": fit.counts,
        "source": fit.source,
    }
    return ProportionalOdds(
        by_term=pd.DataFrame(rows),
        overall=HypothesisTest(
            name="score test of proportional odds",
            null="All coefficients are the same at every threshold.",
            statistic=whole["score"],
            df=whole["df"],
            p_value=whole["p_score"],
            **shared,
        ),
        by_cut=_by_cut(fit),
        **shared,
    )


@dataclass(frozen=True, eq=False)
class _Small:
    """The model fitted, ready to be set beside larger ones."""

    fit: OrdinalFit
    columns: Floats
    design: Factor
    weights: Floats
    found: CumulativeMaximum

    @classmethod
    def of(cls, fit: OrdinalFit) -> _Small:
        columns, _ = centred(fit.matrix)
        design = factor(columns)
        weights = np.ones(fit.outcome.size) if fit.weights is None else fit.weights
        link = CUMULATIVE_LINKS[fit.family]
        model = cumulative_model(fit.outcome, design.q, weights, link)
        start = start_of(fit.outcome, weights, link, columns.shape[1])
        return cls(fit, columns, design, weights, cumulative_maximum(model, start))

    def against(self, which: NDArray[np.intp], *, by_likelihood: bool = True) -> dict[str, float]:
        """Tests of columns whose coefficients differ between thresholds."""
        added = factor(self.columns[:, which]).q
        link = CUMULATIVE_LINKS[self.fit.family]
        larger = cumulative_model(
            self.fit.outcome, self.design.q, self.weights, link, np.asarray(added)
        )
        more = larger.upper.shape[1] - len(self.found.phi)
        start = np.append(self.found.phi, np.zeros(more))
        _, slope, information = larger.evaluate(start)
        score = float(slope @ newton_step(information, slope))
        out = {"df": float(more), "score": score, "p_score": float(chi2_p(score, more))}
        if not by_likelihood:
            return out
        best = cumulative_maximum(larger, start)
        gained = np.nan
        if best.state == "converged":
            gained = max(2.0 * (best.log_likelihood - self.found.log_likelihood), 0.0)
        return {**out, "statistic": gained, "p_value": float(chi2_p(gained, more))}


def _by_cut(fit: OrdinalFit) -> pd.DataFrame:
    """Logistic regressions of being above each threshold."""
    names = fit.terms[: fit.matrix.shape[1]]
    cuts = fit.terms[fit.matrix.shape[1] :] if fit.family == "logit" else ()
    design = factor(np.column_stack([np.ones(fit.outcome.size), fit.matrix]))
    weights = np.ones(fit.outcome.size) if fit.weights is None else fit.weights
    parts = []
    for j, cut in enumerate(cuts):
        above = (fit.outcome > j).astype(float)
        model = BinaryModel(design.q, above, weights, LINKS["logit"])
        found = maximum(model, design.back)
        values = design.back @ found.g
        step, _, _ = working_design(model, found, design.back)
        errors = np.sqrt(np.einsum("ij,ij->i", step.back, step.back))
        if found.open is not None:
            values[found.open.infinite] = found.open.signs[found.open.infinite] * np.inf
            errors[found.open.infinite] = np.nan
        parts.append(
            pd.DataFrame(
                {"cut": cut, "term": names, "estimate": values[1:], "std_error": errors[1:]}
            )
        )
    empty = pd.DataFrame(columns=["cut", "term", "estimate", "std_error"])
    return pd.concat(parts, ignore_index=True) if parts else empty
