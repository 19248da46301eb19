"""Is a difference small enough not to matter? Equivalence and non-inferiority."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from scipy import special

from walkstats._arguments import check_choice
from walkstats.numerics.limits import t_quantile
from walkstats.regression.groups.margin_wording import concluded, how_tested
from walkstats.regression.groups.means import MeanComparison
from walkstats.regression.groups.risk_limits import DIFFERENCES, score_z
from walkstats.regression.groups.risks import RiskComparison
from walkstats.results import Estimate, Estimates, HypothesisTest
from walkstats.results.frozen import Result

KINDS = {"equivalence": 0.05, "non-inferiority": 0.025}
BETTER = ("lower", "higher")
# Limits this close to those of the standard error, in half-widths, are taken for them.
NEARLY = 1e-3


@dataclass(frozen=True, eq=False)
class MarginTest(Result):
    """Whether a difference stays within margins.

    Attributes
    ----------
    kind : {"equivalence", "non-inferiority"}
    estimate : Estimate
        The difference or ratio with its interval at level 1 - 2 alpha.
    low, high : float
        The margins, on the scale shown; an infinite one is not tested.
    alpha : float
        Of each one-sided test.
    tests : mapping of str to HypothesisTest
        "low" and "high": that the effect is at or beyond this margin.
    p_value : float
        The larger of the one-sided p-values; missing where only an interval is known.
    shown : bool
        Whether equivalence (or non-inferiority) is shown.
    better : {"lower", "higher", ""}
        For non-inferiority, which way is better.
    conclusion : str
        A sentence for the results section.
    """

    kind: str
    estimate: Estimate
    low: float
    high: float
    alpha: float
    tests: Mapping[str, HypothesisTest]
    p_value: float
    shown: bool
    better: str
    conclusion: str

    def to_frame(self) -> pd.DataFrame:
        """One row: term, estimate, limits at level 1 - 2 alpha, margins, p_value, shown."""
        one = self.estimate
        return pd.DataFrame(
            [
                {
                    "term": one.term,
                    "estimate": one.estimate,
                    "conf_low": one.conf_low,
                    "conf_high": one.conf_high,
                    "margin_low": self.low,
                    "margin_high": self.high,
                    "p_value": self.p_value,
                    "shown": self.shown,
                }
            ]
        )

    def _remarks(self) -> list[str]:
        return [self.conclusion, *super()._remarks()]


def equivalence(
    effect: MeanComparison | RiskComparison | Estimates | Estimate,
    term: str | None = None,
    *,
    margin: float | Sequence[float],
    kind: str = "equivalence",
    better: str | None = None,
    alpha: float | None = None,
) -> MarginTest:
    """Learn whether a difference is too small to matter, or at least not worse by a margin.

    Parameters
    ----------
    effect : MeanComparison, RiskComparison, Estimates (any fit) or Estimate
        What is compared. Of comparisons the difference is taken; pass ``.ratio`` for a ratio.
    term : str, optional
        Which term, where there are several: ``"arm[walking]"``.
    margin : float or (low, high)
        In the units of the effect. Of a difference: so much to both sides (equivalence), or to the
        worse side (non-inferiority). Of a ratio: 1.25 stands for 0.8 to 1.25 (equivalence); for
        non-inferiority give the ratio on the worse side.
    kind : {"equivalence", "non-inferiority"}
    better : {"lower", "higher"}, optional
        Which values of the effect are better; needed for non-inferiority. Of pain, disability and a
        hazard of recurrence "lower", of metres walked "higher".
    alpha : float, optional
        Of each one-sided test: by default 0.05 for equivalence, 0.025 for non-inferiority.

    Returns
    -------
    MarginTest

    Raises
    ------
    ValueError
        Without `better` for non-inferiority, for a margin on the wrong side, for several terms and
        none named, and for an interval at another level than 1 - 2 alpha that cannot be changed.

    Notes
    -----
    Two one-sided tests: equivalence is shown when the effect is significantly above the lower and
    significantly below the upper margin, each at alpha; that is when its interval at level
    1 - 2 alpha lies within the margins. A difference of risks is tested by Farrington and Manning's
    score test, and its interval is the one of the differences that this test does not reject.
    Where limits are not those of a standard error (ranks, profiles), the interval alone decides.

    The margin is what people would notice, and is written down before the data are seen. Failing to
    show equivalence does not show a difference; a difference that is not significant does not show
    equivalence. For non-inferiority intention-to-treat is not the careful choice: people who do not
    take their treatment make the arms alike.

    References
    ----------
    .. [1] Schuirmann DJ (1987). A comparison of the two one-sided tests procedure and the power
       approach. *J Pharmacokinet Biopharm* 15:657-680. https://doi.org/10.1007/BF01068419
    .. [2] Farrington CP, Manning G (1990). Test statistics and sample size formulae for comparative
       binomial trials. *Stat Med* 9:1447-1454. https://doi.org/10.1002/sim.4780091208

    Examples
    --------
    Is walking no worse than strengthening exercise for the six-minute walk? Published gains [3]_,
    26 of the 52 people in each arm being an assumption; a margin of 30 m is ours:

    >>> import pandas as pd
    >>> from walkstats.regression import compare_means_from
    >>> published = pd.DataFrame({
    ...     "arm": ["exercise", "walking"], "gain": [43.8, 70.7], "low": [19.6, 12.3],
    ...     "high": [68.0, 127.7], "n": [26, 26],
    ... })
    >>> gain = compare_means_from(
    ...     published, "arm", mean="gain", limits=("low", "high"), outcome="six-minute walk gained"
    ... )
    >>> found = equivalence(gain, margin=30, kind="non-inferiority", better="higher")
    >>> found.shown, round(found.p_value, 3)
    (False, 0.035)
    >>> found.conclusion.partition(": ")[0]
    'Non-inferiority is not shown'
    >>> [round(end) for end in (found.estimate.conf_low, found.low)]
    [-35, -30]

    .. [3] Shnayderman I, Katz-Leurer M (2013). *Clin Rehabil* 27:207-214.
       https://doi.org/10.1177/0269215512453353
    """
    check_choice(kind, KINDS, "kind")
    size = _check_alpha(KINDS[kind] if alpha is None else alpha)
    if kind == "non-inferiority" and better is None:
        raise ValueError(
            "Say which way is better: better='lower' (pain, recurrences) or better='higher' "
            "(metres walked, recovery)."
        )
    if better is not None:
        check_choice(better, BETTER, "better")
    level = 1.0 - 2.0 * size
    if isinstance(effect, RiskComparison) and _scores_apply(effect, term):
        one = _risk_difference(effect, _only(effect.difference, term), level)
    else:
        one = _estimate(effect, term, level)
    low, high = _margins(margin, kind, better, one.scale == "ratio")
    return _decide(effect, one, low, high, kind, better or "", size)


def _check_alpha(alpha: float) -> float:
    if isinstance(alpha, bool) or not isinstance(alpha, (int, float)) or not 0 < alpha < 0.5:
        raise ValueError(f"alpha must lie between 0 and 0.5, got {alpha!r}.")
    return float(alpha)


def _only(estimates: Estimates, term: str | None) -> str:
    effects = [name for name in estimates.terms if name not in estimates.aside]
    if term is None and len(effects) != 1:
        raise ValueError(f"Name the term to test. The terms are: {', '.join(effects)}.")
    return effects[0] if term is None else term


def _scores_apply(effect: RiskComparison, term: str | None) -> bool:
    """Whether a difference of risks is that of two groups, with neither strata nor pairs."""
    return _cells(effect, _only(effect.difference, term)) is not None


def _cells(effect: RiskComparison, term: str) -> tuple[float, float, float, float] | None:
    """Events and people of the group and of the one it is compared with."""
    parts = effect.tests[term].parts if term in effect.tests else {}
    found = parts.get("cells")
    return None if found is None else tuple(float(x) for x in found)  # type: ignore[return-value]


def _risk_difference(effect: RiskComparison, term: str, level: float) -> Estimate:
    """A difference of risks with the limits that Farrington and Manning's test turns at."""
    one = effect.difference.estimate(term)
    cells = _cells(effect, term)
    assert cells is not None
    low, high = DIFFERENCES["mee"].limits(*cells, level)
    return replace(one, conf_low=low, conf_high=high, level=level)


def _estimate(
    effect: MeanComparison | RiskComparison | Estimates | Estimate, term: str | None, level: float
) -> Estimate:
    """The effect with its interval at the level that the tests need."""
    if isinstance(effect, Estimate):
        return _at_level(effect, level)
    if isinstance(effect, (MeanComparison, RiskComparison)):
        effect = effect.difference
    if not isinstance(effect, Estimates):
        fields = getattr(effect, "__dict__", {})
        parts = [f".{name}" for name, part in fields.items() if isinstance(part, Estimates)]
        raise ValueError(
            f"equivalence needs a comparison, a fit or an Estimate, got {type(effect).__name__}."
            + (f" Give one of its parts: {', '.join(parts)}." if parts else "")
        )
    name = _only(effect, term)
    return _at_level(effect.estimate(name, ratio=effect.has_ratio(name)), level)


def _at_level(one: Estimate, level: float) -> Estimate:
    """An estimate at another level, where its limits are those of its standard error."""
    if np.isclose(one.level, level):
        return one
    if np.isnan(one.conf_low) and np.isnan(one.conf_high):
        return replace(one, level=level)
    if not _is_wald(one):
        raise ValueError(
            f"The limits of {one.term} are at level {one.level:g} and are not those of its "
            f"standard error: ask its method for level={level:g} (1 - 2 alpha)."
        )
    on_log = one.scale == "ratio"
    centre = float(np.log(one.estimate)) if on_log else one.estimate
    half = float(t_quantile(level, one.df)) * one.std_error
    show = np.exp if on_log else float
    return replace(
        one, conf_low=float(show(centre - half)), conf_high=float(show(centre + half)), level=level
    )


def _margins(
    margin: float | Sequence[float], kind: str, better: str | None, ratio: bool
) -> tuple[float, float]:
    """Lower and upper margin on the scale shown; infinite where none is tested."""
    null = 1.0 if ratio else 0.0
    if isinstance(margin, (list, tuple, np.ndarray)):
        return _two_margins(margin, kind, null)
    if isinstance(margin, bool) or not isinstance(margin, (int, float, np.number)):
        raise ValueError(f"margin must be a number or two of them, got {margin!r}.")
    size = float(margin)
    if not np.isfinite(size) or size <= 0 or (ratio and size == 1.0):
        raise ValueError(
            f"margin must be {'a ratio above 0 and not 1' if ratio else 'above 0'}, got {margin!r}."
        )
    if kind == "equivalence":
        return (min(size, 1.0 / size), max(size, 1.0 / size)) if ratio else (-size, size)
    if not ratio:
        return (-np.inf, size) if better == "lower" else (-size, np.inf)
    if (better == "lower") != (size > 1.0):
        side = "above 1" if better == "lower" else "below 1"
        raise ValueError(
            f"A ratio of {size:g} is on the better side when {better} is better: give the margin "
            f"on the worse side, {side} (such as {1.0 / size:.3g})."
        )
    return (0.0, size) if better == "lower" else (size, np.inf)


def _two_margins(margin: Sequence[float], kind: str, null: float) -> tuple[float, float]:
    if kind != "equivalence" or len(margin) != 2:
        raise ValueError("Two margins (low, high) belong to kind='equivalence'.")
    low, high = (float(one) for one in margin)
    if not (np.isfinite([low, high]).all() and low < null < high):
        raise ValueError(f"The margins must lie below and above {null:g}, got {margin!r}.")
    return low, high


def _decide(
    effect: object,
    one: Estimate,
    low: float,
    high: float,
    kind: str,
    better: str,
    alpha: float,
) -> MarginTest:
    tests = {}
    for side, bound in (("low", low), ("high", high)):
        if np.isfinite(bound) and not (bound == 0.0 and one.scale == "ratio"):
            tests[side] = _one_sided(effect, one, side, bound)
    p_values = [test.p_value for test in tests.values()]
    p_value = max(p_values) if not np.isnan(p_values).any() else np.nan
    inside = (low < one.conf_low or "low" not in tests) and (
        one.conf_high < high or "high" not in tests
    )
    shown = bool(inside) if np.isnan(p_value) else bool(p_value < alpha)
    notes = list(one.notes)
    if np.isnan(p_value):
        notes.append("Without Wald's limits the interval alone decides; there is no p-value.")
    inner = one.conf_low > (one.null or 0.0) or one.conf_high < (one.null or 0.0)
    if shown and kind == "equivalence" and inner and one.null is not None:
        notes.append("The interval does not hold the null: a difference too small to matter.")
    scores = isinstance(effect, RiskComparison) and _cells(effect, one.term) is not None
    return MarginTest(
        kind=kind, estimate=one, low=low, high=high, alpha=alpha, tests=tests, p_value=p_value,
        shown=shown, better=better,
        conclusion=concluded(kind, one, low, high, better, p_value, shown),
        method=how_tested(kind, one, low, high, better, alpha, scores), notes=tuple(notes),
        counts=one.counts, source=one.source,
    )  # fmt: skip


def _one_sided(effect: object, one: Estimate, side: str, bound: float) -> HypothesisTest:
    """Test that the effect is at or beyond a margin."""
    if isinstance(effect, RiskComparison):
        cells = _cells(effect, one.term)
        if cells is not None:
            return _pack(one, side, bound, score_z(*cells, bound), np.inf)
    on_log = one.scale == "ratio"
    with np.errstate(divide="ignore", invalid="ignore"):
        gap = np.log(one.estimate) - np.log(bound) if on_log else one.estimate - bound
        statistic = float(gap / one.std_error) if one.std_error > 0 else np.nan
    if not _is_wald(one):
        statistic = np.nan
    return _pack(one, side, bound, statistic, one.df)


def _is_wald(one: Estimate) -> bool:
    """Whether the interval is that of the standard error."""
    half = float(t_quantile(one.level, one.df)) * one.std_error
    with np.errstate(divide="ignore", invalid="ignore"):
        values = np.array([one.estimate, one.conf_low, one.conf_high])
        centre, low, high = np.log(values) if one.scale == "ratio" else values
        off = max(abs(low - centre + half), abs(high - centre - half))
    return bool(off <= NEARLY * half)


def _pack(one: Estimate, side: str, bound: float, statistic: float, df: float) -> HypothesisTest:
    toward = statistic if side == "low" else -statistic
    tail = special.ndtr(-toward) if np.isinf(df) else special.stdtr(df, -toward)
    where = "at or below" if side == "low" else "at or above"
    return HypothesisTest(
        f"one-sided test of {one.term} against {bound:g}",
        f"The {one.measure or 'effect'} of {one.term} is {where} {bound:g}.",
        statistic, df, float(tail), distribution="normal" if np.isinf(df) else "t",
        method=one.method, notes=one.notes, counts=one.counts, source=one.source,
    )  # fmt: skip
