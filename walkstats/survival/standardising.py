"""Which curve would the same people have if all of them were in one arm, and then in the other?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from walkstats._arguments import check_choice, check_column, check_frame, check_level, check_times
from walkstats._variables import missing
from walkstats.errors import DataError
from walkstats.numerics.limits import INTERVAL_FORMS, probability_limits
from walkstats.results import CoxFit, Curve, Estimates
from walkstats.results.frozen import Result
from walkstats.survival.against_reference import (
    Contrasts,
    contrast_terms,
    differences,
    logarithms,
    reference_said,
)
from walkstats.survival.average_curves import (
    AverageCurves,
    Population,
    average_curves,
    mean_times,
    survival_at,
)
from walkstats.survival.new_rows import check_finite, read_new_rows
from walkstats.survival.predicted_steps import exponential_baseline

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class StandardisedSurvival(Result):
    """Average predicted survival of the same people under each level of a factor.

    With one time the terms are the groups, and ``arm[walking]`` in contrasts; with several they end
    in the time, ``arm[walking] at 180``.

    Attributes
    ----------
    curve : Curve
        Average survival, one group per level.
    by_group, risk_difference, risk_ratio : Estimates or None
        Survival at the times asked for, and contrasts with the first level; None without ``at``.
    restricted_means, restricted_difference : Estimates or None
        Mean times free of the event up to ``tau``, and differences; None without ``tau``.
    """

    curve: Curve
    by_group: Estimates | None = field(default=None)
    risk_difference: Estimates | None = field(default=None)
    risk_ratio: Estimates | None = field(default=None)
    restricted_means: Estimates | None = field(default=None)
    restricted_difference: Estimates | None = field(default=None)

    def to_frame(self) -> pd.DataFrame:
        """One row per measure and term that was asked for; ratios as ratios."""
        parts = []
        for name in (
            "by_group", "risk_difference", "risk_ratio", "restricted_means", "restricted_difference"
        ):  # fmt: skip
            estimates: Estimates | None = getattr(self, name)
            if estimates is not None:
                frame = estimates.to_frame(ratio=estimates.link == "log")
                frame.insert(0, "measure", estimates.measure)
                parts.append(frame)
        return pd.concat(parts, ignore_index=True) if parts else self.curve.to_frame()


def standardised_survival(
    fit: CoxFit,
    people: pd.DataFrame,
    by: str,
    *,
    at: float | Sequence[float] | Floats | None = None,
    tau: float | None = None,
    interval: str = "log-log",
    sampled: bool = True,
    level: float = 0.95,
) -> StandardisedSurvival:
    """Average the predicted survival of people, once as if all were in each arm.

    Parameters
    ----------
    fit : CoxFit
    people : pandas.DataFrame
        One row per person to average over, with the columns of the formula and of the strata:
        the participants of the trial, as a rule.
    by : str
        Factor of the formula, or column of the strata, whose levels are set for everybody.
    at : float or sequence of float, optional
        Times at which risks are compared [days].
    tau : float, optional
        Horizon of restricted mean times [days].
    interval : {"log-log", "log", "plain", "logit", "arcsin"}
        Scale on which intervals of survival are symmetric.
    sampled : bool
        People are a sample of those to whom the answer applies, and others would have other
        covariates. False: the answer is for these people.
    level : float
        Confidence level.

    Returns
    -------
    StandardisedSurvival
        ``curve``, and the contrasts at ``at`` and up to ``tau``.

    Raises
    ------
    ValueError
        For a factor that the model does not have, and times beyond follow-up.
    DataError
        For missing columns or values, and levels that the model has not seen.
    FitError
        If a coefficient is infinite.

    Notes
    -----
    S(t | arm) is the mean over people of exp(-exp(x'b) H0(t)), x with the arm set (g-computation).
    Unlike the hazard ratio, which depends on the covariates in the model, differences of these
    curves are effects on everybody; unlike the Kaplan-Meier curve they use the covariates and rest
    on the model. The variance holds that of the baseline hazard and of the coefficients (delta
    method; robust where the fit's is) and, when ``sampled``, of the mean over people.

    References
    ----------
    Makuch RW. J Chronic Dis 1982;35:437-443. https://doi.org/10.1016/0021-9681(82)90058-3

    Chen PY, Tsiatis AA. Causal inference on the difference of the restricted mean lifetime between
    two groups. Biometrics 2001;57:1030-1038. https://doi.org/10.1111/j.0006-341X.2001.01030.x

    Examples
    --------
    >>> import pandas as pd
    >>> from walkstats.survival import cox
    >>> frame = pd.DataFrame({"days": [5, 8, 8, 12, 15, 9], "event": [1, 1, 0, 1, 0, 1],
    ...                       "age": [40, 50, 35, 60, 45, 52], "arm": list("ababba")})
    >>> answer = standardised_survival(cox(frame, "arm + age"), frame, "arm", at=8)
    >>> answer.risk_difference.terms
    ('arm[b]',)
    """
    level = check_level(level)
    check_choice(interval, INTERVAL_FORMS, "interval")
    check_frame(people, "people")
    check_finite(fit)
    levels = _levels(fit, people, by)
    found = _averaged(fit, people, by, levels, sampled)
    end = float(found.ends.min())
    setting = _Setting(fit, by, levels, interval, level, _common(fit, people, by, levels, sampled))
    answer: dict[str, Any] = {}
    if at is not None:
        times = check_times(at, "at")
        _within(times, end, "at")
        answer |= _fixed_times(setting, survival_at(found, times), times, np.ndim(at) > 0)
    if tau is not None:
        horizon = float(check_times(tau, "tau")[0])
        _within(np.array([horizon]), end, "tau")
        answer |= _restricted(setting, mean_times(found, horizon))
    return StandardisedSurvival(curve=_curve(setting, found), **answer, **setting.common)


@dataclass(frozen=True, eq=False)
class _Setting:
    fit: CoxFit
    by: str
    levels: tuple[str, ...]
    interval: str
    level: float
    common: dict[str, Any]

    def estimates(self, of: Contrasts, terms: Sequence[str], measure: str, **more: Any) -> Any:
        return Estimates(
            tuple(terms), of.values, of.covariance, level=self.level, measure=measure,
            **more, **self.common,
        )  # fmt: skip


def _levels(fit: CoxFit, people: pd.DataFrame, by: str) -> tuple[str, ...]:
    """The levels to set, the reference first."""
    factors = {} if fit.design is None else fit.design.levels
    if by in factors:
        return tuple(factors[by])
    if by in fit.strata:
        place = fit.strata.index(by)
        return tuple(dict.fromkeys(values[place] for values in fit.stratum_values))
    known = ", ".join(dict.fromkeys([*factors, *fit.strata])) or "none"
    raise ValueError(f"by must be a factor of the model, got {by!r}. The factors are: {known}.")


def _averaged(
    fit: CoxFit, people: pd.DataFrame, by: str, levels: tuple[str, ...], sampled: bool
) -> AverageCurves:
    needed = [c for c in fit.strata if c != by]
    for name in needed:
        if missing(check_column(people, name, "strata")).any():
            raise DataError.of("the strata have missing values", column=name,
                               what_to_do="leave these people out, or fill them in")  # fmt: skip
    groups = []
    for level in levels:
        rows = read_new_rows(fit, people.assign(**{by: level}))
        if rows.stratum is None:
            raise DataError.of(
                "the people do not say their stratum", column=", ".join(fit.strata),
                what_to_do=f"add the column(s) {', '.join(needed)}",
            )  # fmt: skip
        groups.append(Population(rows.x, np.exp(rows.log_risk), rows.stratum))
    return average_curves(exponential_baseline(fit), fit.covariance, groups, sampled)


def _within(times: Floats, end: float, name: str) -> None:
    if times.max() > end:
        raise ValueError(
            f"{name} = {times.max():g} lies beyond the follow-up of the model's data, which ends "
            f"at {end:g}. Ask for {end:g} at the latest."
        )


def _common(
    fit: CoxFit, people: pd.DataFrame, by: str, levels: tuple[str, ...], sampled: bool
) -> dict[str, Any]:
    whose = "a sample of people" if sampled else "these people"
    return {
        "method": f"Survival standardised to the covariates of {len(people)} people, each set to "
        f"every level of {by}, from a Cox model ({fit.formula}"
        + (f", stratified by {' and '.join(fit.strata)}" if fit.strata else "")
        + f"); delta-method errors, for {whose}. {reference_said(by, [str(x) for x in levels])}",
        "notes": fit.notes,
        "counts": fit.counts,
        "source": fit.source,
    }


def _fixed_times(
    setting: _Setting, found: Contrasts, times: Floats, several: bool
) -> dict[str, Estimates]:
    labels = [str(level) for level in setting.levels]

    def terms(names: Sequence[str]) -> list[str]:
        return [f"{n} at {t:g}" if several else n for t in times for n in names]

    error = np.sqrt(np.diag(found.covariance))
    limits = np.column_stack(
        probability_limits(found.values, error, setting.interval, setting.level)
    )
    change = differences(1.0 - found.values, found.covariance, times.size)
    logs = logarithms(1.0 - found.values, found.covariance)
    ratio = differences(logs.values, logs.covariance, times.size)
    contrasts = terms(contrast_terms(setting.by, labels))
    return {
        "by_group": setting.estimates(
            found, terms(labels), "standardised survival", limits=limits, null=None
        ),
        "risk_difference": setting.estimates(change, contrasts, "standardised risk difference"),
        "risk_ratio": setting.estimates(ratio, contrasts, "standardised risk ratio", link="log"),
    }


def _restricted(setting: _Setting, found: Contrasts) -> dict[str, Estimates]:
    labels = [str(level) for level in setting.levels]
    change = differences(found.values, found.covariance)
    return {
        "restricted_means": setting.estimates(
            found, labels, "standardised restricted mean", null=None
        ),
        "restricted_difference": setting.estimates(
            change,
            contrast_terms(setting.by, labels),
            "difference in standardised restricted means",
        ),
    }


def _curve(setting: _Setting, found: AverageCurves) -> Curve:
    frames = []
    for group, level in enumerate(setting.levels):
        error = np.sqrt(found.variance[group])
        limits = probability_limits(found.survival[group], error, setting.interval, setting.level)
        frames.append(
            pd.DataFrame(
                {
                    "group": str(level),
                    setting.fit.columns.get("time", "days"): found.times,
                    "estimate": found.survival[group],
                    "std_error": error,
                    "conf_low": limits[0],
                    "conf_high": limits[1],
                }
            )
        )
    return Curve(
        frame=pd.concat(frames, ignore_index=True),
        x=setting.fit.columns.get("time", "days"),
        quantity="survival",
        last={str(level): float(found.ends.min()) for level in setting.levels},
        level=setting.level,
        **setting.common,
    )
