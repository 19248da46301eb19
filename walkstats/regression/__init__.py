"""How does an outcome depend on walking and on the arm?

Linear models
    ``ols``            least squares; standard errors hold with unequal and clustered errors
    ``LinearFit``      what it returns
Counts and rates
    ``rate_regression``   rate ratios: Poisson or negative binomial counts, with an exposure
    ``compare_rates``  events per person-time by group, exactly
    ``CountFit``, ``RateComparison``   what they return
Events that happen or do not
    ``logistic``       odds ratios; Firth's penalty, profile intervals, separation said in words
    ``relative_risk``, ``risk_difference``   what a covariate does to the risk itself
    ``standardised_risks``   the same people, all in one arm and then in the other
    ``predict_risks``  risks of new people
    ``BinaryFit``, ``StandardisedRisks``   what they return
People measured again and again
    ``linear_mixed``   random intercepts and slopes, people within groups
    ``LinearMixedFit``   what it returns
    ``variance_components``, ``intraclass_correlation``   how much people differ, with limits
    ``within_between_slopes``   is it the person, or the week? as ``WithinBetween``
    ``predict_mixed``  the mean of people at large, or of one of those measured
    ``logistic_mixed``  odds ratios within people, who lean to yes or no; as ``OddsFit``
    ``compare_mixed``  are the further terms or variances of the larger model needed?
Planned visits, some of them missed
    ``mmrm``           a covariance of the visits, with Satterthwaite's or Kenward and Roger's df
    ``visit_differences``   the arms at each visit and over all of them
    ``baseline_as_visit``   the baseline as an outcome, for arms held equal there
    ``visit_means``    means of those who answered, before any model
    ``RepeatedFit``, ``VisitDifferences``   what they return
Groups, from rows or from published numbers
    ``compare_means``, ``compare_means_from``   differences of means, or shifts by ranks
    ``compare_risks``, ``compare_risks_from``   differences, ratios and odds ratios of risks
    ``compare_paired_risks_from``   the same people before and after, from a printed table
    ``one_risk``       a single risk with its limits
    ``compare_harms``  harms of all kinds at once, people and events, as ``HarmComparison``
    ``association``    are two classifications independent?
    ``equivalence``    is a difference too small to matter, or not worse by a margin?
    ``MeanComparison``, ``RiskComparison``, ``Association``, ``MarginTest``   what they return
Two measurements of the same thing
    ``agreement``      bias and limits of agreement, with several pairs per person; as ``Agreement``
Levels that are ordered
    ``ordinal``        odds ratios of a higher level (proportional odds)
    ``check_proportional_odds``   is the ratio the same at every threshold?
    ``predict_levels`` how likely each level is in new people
    ``OrdinalFit``, ``ProportionalOdds``   what they return
Averages of people measured again and again
    ``gee``            generalised estimating equations, with corrections for few people
    ``GeeFit``         what it returns
Levels of a factor, others being equal
    ``marginal_means`` means of the levels, and their differences or ratios; as ``MarginalMeans``
Dose and response
    ``dose_response``  the outcome at each dose beside that at a reference dose
    ``DoseResponse``   what it returns
    ``dose_categories``   categories of the minutes in a week, or of any dose
    ``dose_trend``     a test for trend across them, as ``DoseTrend``
    ``profile_knots``  at which dose does the line bend? as ``KnotProfile``
Is the model right?
    ``term_tests``     a test of every term (type I and II), as ``TermTests``
    ``breusch_pagan``, ``reset_test``, ``variance_inflation``   unequal variance, form, collinearity
    ``influence``      residuals, leverage and influence of every row
    ``check_residuals``   the same laid out for a figure, as ``ResidualCheck``
    ``partial_residuals``   what a covariate contributes, row by row, as ``PartialResiduals``
"""

from typing import TYPE_CHECKING

from walkstats._lazy import attach

__getattr__, __dir__, __all__ = attach(
    __name__,
    {
        "linear": ["LinearFit", "ols"],
        "limits_of_agreement": ["Agreement", "agreement"],
        "adjusted_means": ["MarginalMeans", "marginal_means"],
        "event_rates": ["RateComparison", "compare_rates"],
        "generalised": ["CountFit", "rate_regression"],
        "mixed.mixed_fits": ["LinearMixedFit"],
        "mixed.random_intercepts": ["linear_mixed"],
        "mixed.spread_of_people": ["intraclass_correlation", "variance_components"],
        "mixed.random_odds": ["OddsFit", "logistic_mixed"],
        "mixed.comparing": ["compare_mixed"],
        "mixed.foretelling": ["predict_mixed"],
        "mixed.within_persons": ["WithinBetween", "within_between_slopes"],
        "repeated_measures.repeated_fits": ["RepeatedFit"],
        "repeated_measures.over_visits": ["mmrm"],
        "repeated_measures.differences": ["VisitDifferences", "visit_differences"],
        "repeated_measures.constrained_baseline": ["baseline_as_visit"],
        "repeated_measures.seen_means": ["visit_means"],
        "risks.binary_fit": ["BinaryFit"],
        "risks.odds": ["logistic"],
        "risks.ratios": ["relative_risk", "risk_difference"],
        "risks.standardised": ["StandardisedRisks", "standardised_risks"],
        "risks.predicted": ["predict_risks"],
        "groups.means": ["MeanComparison", "compare_means", "compare_means_from"],
        "groups.risks": [
            "RiskComparison",
            "compare_paired_risks_from",
            "compare_risks",
            "compare_risks_from",
        ],
        "groups.single_risks": ["one_risk"],
        "harms.comparing": ["HarmComparison", "compare_harms"],
        "groups.associations": ["Association", "association"],
        "groups.margins": ["MarginTest", "equivalence"],
        "estimating.population_average": ["GeeFit", "gee"],
        "ranks.proportional_odds": ["OrdinalFit", "ordinal"],
        "ranks.proportionality": ["ProportionalOdds", "check_proportional_odds"],
        "ranks.level_shares": ["predict_levels"],
        "dose": ["DoseResponse", "dose_response"],
        "categories": ["DoseTrend", "dose_categories", "dose_trend"],
        "thresholds": ["KnotProfile", "profile_knots"],
        "sums_of_squares": ["TermTests", "term_tests"],
        "residual_checks": ["ResidualCheck", "check_residuals"],
        "contributions": ["PartialResiduals", "partial_residuals"],
        "assumptions": ["breusch_pagan", "influence", "reset_test", "variance_inflation"],
    },
)

if TYPE_CHECKING:
    from walkstats.regression.adjusted_means import MarginalMeans as MarginalMeans
    from walkstats.regression.adjusted_means import marginal_means as marginal_means
    from walkstats.regression.assumptions import breusch_pagan as breusch_pagan
    from walkstats.regression.assumptions import influence as influence
    from walkstats.regression.assumptions import reset_test as reset_test
    from walkstats.regression.assumptions import variance_inflation as variance_inflation
    from walkstats.regression.categories import DoseTrend as DoseTrend
    from walkstats.regression.categories import dose_categories as dose_categories
    from walkstats.regression.categories import dose_trend as dose_trend
    from walkstats.regression.contributions import PartialResiduals as PartialResiduals
    from walkstats.regression.contributions import partial_residuals as partial_residuals
    from walkstats.regression.dose import DoseResponse as DoseResponse
    from walkstats.regression.dose import dose_response as dose_response
    from walkstats.regression.estimating.population_average import GeeFit as GeeFit
    from walkstats.regression.estimating.population_average import gee as gee
    from walkstats.regression.event_rates import RateComparison as RateComparison
    from walkstats.regression.event_rates import compare_rates as compare_rates
    from walkstats.regression.generalised import CountFit as CountFit
    from walkstats.regression.generalised import rate_regression as rate_regression
    from walkstats.regression.groups.associations import Association as Association
    from walkstats.regression.groups.associations import association as association
    from walkstats.regression.groups.margins import MarginTest as MarginTest
    from walkstats.regression.groups.margins import equivalence as equivalence
    from walkstats.regression.groups.means import MeanComparison as MeanComparison
    from walkstats.regression.groups.means import compare_means as compare_means
    from walkstats.regression.groups.means import compare_means_from as compare_means_from
    from walkstats.regression.groups.risks import RiskComparison as RiskComparison
    from walkstats.regression.groups.risks import (
        compare_paired_risks_from as compare_paired_risks_from,
    )
    from walkstats.regression.groups.risks import compare_risks as compare_risks
    from walkstats.regression.groups.risks import compare_risks_from as compare_risks_from
    from walkstats.regression.groups.single_risks import one_risk as one_risk
    from walkstats.regression.harms.comparing import HarmComparison as HarmComparison
    from walkstats.regression.harms.comparing import compare_harms as compare_harms
    from walkstats.regression.limits_of_agreement import Agreement as Agreement
    from walkstats.regression.limits_of_agreement import agreement as agreement
    from walkstats.regression.linear import LinearFit as LinearFit
    from walkstats.regression.linear import ols as ols
    from walkstats.regression.mixed.comparing import compare_mixed as compare_mixed
    from walkstats.regression.mixed.foretelling import predict_mixed as predict_mixed
    from walkstats.regression.mixed.mixed_fits import LinearMixedFit as LinearMixedFit
    from walkstats.regression.mixed.random_intercepts import linear_mixed as linear_mixed
    from walkstats.regression.mixed.random_odds import OddsFit as OddsFit
    from walkstats.regression.mixed.random_odds import logistic_mixed as logistic_mixed
    from walkstats.regression.mixed.spread_of_people import (
        intraclass_correlation as intraclass_correlation,
    )
    from walkstats.regression.mixed.spread_of_people import (
        variance_components as variance_components,
    )
    from walkstats.regression.mixed.within_persons import WithinBetween as WithinBetween
    from walkstats.regression.mixed.within_persons import (
        within_between_slopes as within_between_slopes,
    )
    from walkstats.regression.ranks.level_shares import predict_levels as predict_levels
    from walkstats.regression.ranks.proportional_odds import OrdinalFit as OrdinalFit
    from walkstats.regression.ranks.proportional_odds import ordinal as ordinal
    from walkstats.regression.ranks.proportionality import ProportionalOdds as ProportionalOdds
    from walkstats.regression.ranks.proportionality import (
        check_proportional_odds as check_proportional_odds,
    )
    from walkstats.regression.repeated_measures.constrained_baseline import (
        baseline_as_visit as baseline_as_visit,
    )
    from walkstats.regression.repeated_measures.differences import (
        VisitDifferences as VisitDifferences,
    )
    from walkstats.regression.repeated_measures.differences import (
        visit_differences as visit_differences,
    )
    from walkstats.regression.repeated_measures.over_visits import mmrm as mmrm
    from walkstats.regression.repeated_measures.repeated_fits import RepeatedFit as RepeatedFit
    from walkstats.regression.repeated_measures.seen_means import visit_means as visit_means
    from walkstats.regression.residual_checks import ResidualCheck as ResidualCheck
    from walkstats.regression.residual_checks import check_residuals as check_residuals
    from walkstats.regression.risks.binary_fit import BinaryFit as BinaryFit
    from walkstats.regression.risks.odds import logistic as logistic
    from walkstats.regression.risks.predicted import predict_risks as predict_risks
    from walkstats.regression.risks.ratios import relative_risk as relative_risk
    from walkstats.regression.risks.ratios import risk_difference as risk_difference
    from walkstats.regression.risks.standardised import StandardisedRisks as StandardisedRisks
    from walkstats.regression.risks.standardised import standardised_risks as standardised_risks
    from walkstats.regression.sums_of_squares import TermTests as TermTests
    from walkstats.regression.sums_of_squares import term_tests as term_tests
    from walkstats.regression.thresholds import KnotProfile as KnotProfile
    from walkstats.regression.thresholds import profile_knots as profile_knots
