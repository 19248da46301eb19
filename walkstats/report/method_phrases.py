"""What does a methods section call each method? A phrase that follows "by"."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from walkstats._digits import count
from walkstats._labels import in_sentence
from walkstats.plan import Analysis
from walkstats.report.wording import listed, lower
from walkstats.results import CoxFit, Draws, Fit

Phrase = Callable[[Analysis, Any], str]


def phrase(analysis: Analysis, result: Any) -> str:
    """Say a method as prose does, with what its result says of how it was carried out.

    Parameters
    ----------
    analysis : Analysis
    result : result or pandas.DataFrame
        What the analysis gave: nothing is claimed that was not run.

    Returns
    -------
    str
        Follows "by". Of a method without a phrase the first sentence of the result's own words.
    """
    said = PHRASES.get(analysis.method)
    if said is not None:
        return said(analysis, result)
    own = str(getattr(result, "method", "")) or analysis.method.rpartition(".")[2]
    return lower(first_sentence(own)).rstrip(".").replace("_", " ")


def first_sentence(text: str) -> str:
    """The first sentence: a full stop before a capital ends it.

    Examples
    --------
    >>> first_sentence("Model of A. B. Jones at 0.05. Then more.")
    'Model of A. B. Jones at 0.05.'
    """
    return re.split(r"(?<=[a-z0-9)\]])\.\s+(?=[A-Z])", text, maxsplit=1)[0].rstrip(".") + "."


def _plainly(words: str) -> Phrase:
    return lambda analysis, result: words


def _stratified(analysis: Analysis) -> str:
    given = analysis.arguments.get("strata") or []
    names = [given] if isinstance(given, str) else list(given)
    said = listed([name.replace("_", " ") for name in names])
    return f", stratified by {said}" if said else ""


def adjusted_for(result: Any) -> str:
    """The covariates of a fit beside the arm, in words."""
    if not isinstance(result, Fit) or result.design is None:
        return ""
    response = result.formula.partition("~")[0].strip()
    others = []
    for term, variable in result.design.variables.items():
        column = str(variable.column)
        if column != "arm" and ":" not in term:
            spline = " (restricted cubic spline)" if term in result.design.knots else ""
            others.append(f"{_covariate(column, response)}{spline}")
    names = list(dict.fromkeys(others))
    return f", adjusted for {listed(names)}" if names else ""


def _covariate(column: str, response: str) -> str:
    """A covariate in words; the outcome's own value at randomisation is called so."""
    if column == f"{response}_baseline":
        return "the value at baseline"
    if column == "month":
        return "month"
    before = column.removesuffix("_baseline")
    return f"{in_sentence(before)} at baseline" if before != column else in_sentence(column)


def _cox(analysis: Analysis, result: Any) -> str:
    ties = {"efron": "Efron's", "breslow": "Breslow's"}.get(getattr(result, "ties", ""), "")
    said = f" ({ties} approximation for ties)" if ties else ""
    clustered = isinstance(result, CoxFit) and result.cluster is not None
    robust = ", with a variance that is robust to repeated events of a person" if clustered else ""
    return f"Cox regression{said}{_stratified(analysis)}{adjusted_for(result)}{robust}"


def _days(analysis: Analysis, name: str) -> str:
    given = analysis.arguments.get(name, ())
    values = [given] if isinstance(given, (int, float)) else list(given)
    days = listed([f"{value:g}" for value in values])
    return f" day{'s' if len(values) > 1 else ''} {days}" if days else " the time given"


def _risks(analysis: Analysis, result: Any) -> str:
    return f"differences in risk at{_days(analysis, 'at')} from Kaplan-Meier curves"


def _means(analysis: Analysis, result: Any) -> str:
    return f"restricted mean times to{_days(analysis, 'tau')}"


def _log_rank(analysis: Analysis, result: Any) -> str:
    return f"the log-rank test{_stratified(analysis)}"


def _bootstrap(analysis: Analysis, result: Any) -> str:
    drawn = count(result.replicates) if isinstance(result, Draws) else "several"
    return f"a bootstrap of {drawn} resamples of participants, with percentile intervals"


def _ols(analysis: Analysis, result: Any) -> str:
    errors = re.search(r"\b(HC\d|CR\d)\b", str(getattr(result, "method", "")))
    robust = f" with robust standard errors ({errors[1]})" if errors else ""
    return f"linear regression{robust}{adjusted_for(result)}"


def _mmrm(analysis: Analysis, result: Any) -> str:
    covariance = str(analysis.arguments.get("covariance", "unstructured")).replace("_", " ")
    df = str(analysis.arguments.get("df", "satterthwaite"))
    freedom = {"satterthwaite": "Satterthwaite's", "kenward-roger": "Kenward and Roger's"}
    return (
        f"a mixed model for repeated measures ({covariance} covariance of the visits, "
        f"{freedom.get(df, df)} degrees of freedom){adjusted_for(result)}"
    )


def _harms(analysis: Analysis, result: Any) -> str:
    rates = ", and ratios of the rates of events per person-time" if result.rate_ratio else ""
    return (
        "Fisher's exact test of the participants with an event, risk differences with Newcombe's "
        f"limits{rates}"
    )


def _subgroups(analysis: Analysis, result: Any) -> str:
    model = first_sentence(str(result.method)).rstrip(".").partition(";")[0]
    return f"{model}, with Wald tests of the interaction".replace("_", " ")


def _imputed(analysis: Analysis, result: Any) -> str:
    own = first_sentence(str(result.method)).partition(";")[0].rstrip(".")
    return f"{count(len(result))} completed data sets ({lower(own)})".replace("_", " ")


def _evaluation(analysis: Analysis, result: Any) -> str:
    drawn = count(result.draws.replicates)
    filled = ", each with one stochastic imputation of what is missing" * (
        result.handled == "imputed"
    )
    return (
        f"regression, with percentile intervals of {drawn} bootstrap samples within arms{filled}, "
        "and Fieller's interval of the ratio"
    )


def _regression(words: str) -> Phrase:
    return lambda analysis, result: f"{words}{_stratified(analysis)}{adjusted_for(result)}"


PHRASES: Mapping[str, Phrase] = {
    "frame": _plainly("counts and summaries by arm"),
    "survival.kaplan_meier": _plainly("Kaplan-Meier curves"),
    "survival.nelson_aalen": _plainly("Nelson-Aalen estimates of the cumulative hazard"),
    "survival.follow_up": _plainly("the reverse Kaplan-Meier estimate of follow-up"),
    "survival.log_rank": _log_rank,
    "survival.restricted_means": _means,
    "survival.compare_at": _risks,
    "survival.cox": _cox,
    "survival.turnbull": _plainly("Turnbull's estimate for interval-censored times"),
    "survival.interval_log_rank": _plainly("the log-rank test for interval-censored times"),
    "survival.interval_cox": _regression(
        "proportional hazards regression for interval-censored times"
    ),
    "survival.ascertainment_sensitivity": _plainly(
        "the same model with recurrences dated on the check-in, halfway, not at all, and on the "
        "day recalled"
    ),
    "survival.mean_cumulative_count": _plainly("mean cumulative counts"),
    "survival.compare_mean_counts": lambda analysis, result: (
        f"mean counts to{_days(analysis, 'at')}"
    ),
    "survival.andersen_gill": lambda analysis, result: (
        "the proportional rates model for recurrent events, with a variance robust to repeated "
        f"events of a person{_stratified(analysis)}"
    ),
    "survival.cumulative_incidence": _plainly("cumulative incidences with death competing"),
    "survival.gray_test": _plainly("Gray's test"),
    "survival.fine_gray": _regression("Fine and Gray's regression of the subdistribution hazard"),
    "survival.cause_specific_cox": _regression("Cox regression of the cause-specific hazard"),
    "survival.check_proportional_hazards": _plainly("score tests of proportional hazards"),
    "resampling.bootstrap_comparison": _bootstrap,
    "regression.ols": _ols,
    "regression.mmrm": _mmrm,
    "regression.visit_differences": _plainly("differences of its adjusted means at each visit"),
    "regression.marginal_means": _plainly("adjusted means"),
    "regression.rate_regression": _regression("regression of rates with robust standard errors"),
    "regression.logistic": _regression("logistic regression"),
    "regression.dose_response": _plainly("the dose-response curve of that model"),
    "regression.compare_means": _plainly("differences of means"),
    "regression.compare_risks": _plainly("differences and ratios of risks"),
    "regression.compare_rates": _plainly("exact comparison of rates"),
    "regression.compare_harms": _harms,
    "regression.ordinal": _regression("proportional odds regression"),
    "causal.subgroup_effects": _subgroups,
    "causal.effect_curve": _subgroups,
    "causal.complier_effect": _plainly(
        "two-stage least squares with the arm as randomised as instrument, with intervals by "
        "Anderson and Rubin"
    ),
    "causal.treatment_weights": _plainly("inverse probability weights"),
    "causal.per_protocol": _plainly(
        "comparing those who followed the protocol, weighted by inverse probabilities, with "
        "bootstrap intervals"
    ),
    "causal.balance": _plainly("standardised differences of covariates"),
    "causal.e_value": _plainly("E-values"),
    "causal.mediate": _plainly("natural direct and indirect effects through the mediator"),
    "causal.mediate_from_landmark": _plainly(
        "natural direct and indirect effects through the mediator among those free of the event "
        "on a day (not randomised)"
    ),
    "missing.impute": _imputed,
    "missing.impute_after_drop_out": _imputed,
    "missing.reference_based": _imputed,
    "missing.delta_adjust": _plainly("imputed values moved by a number"),
    "missing.pool": _plainly("analyses pooled by Rubin's rules"),
    "missing.tipping_point": _plainly("an analysis of the tipping point"),
    "missing.missing_pattern": _plainly("patterns of what is missing"),
    "economics.cost_effectiveness": _evaluation,
    "economics.net_benefit": _plainly("incremental net benefits"),
    "economics.acceptability_curve": _plainly("an acceptability curve"),
    "economics.expected_value_of_perfect_information": _plainly(
        "the expected value of perfect information"
    ),
}
"""Method -> its phrase; a method without one is said in the words of its result."""
