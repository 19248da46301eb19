"""How long until the pain comes back, and in whom sooner?

Curves
    ``kaplan_meier``      share still free of the event
    ``nelson_aalen``      cumulative hazard
    ``follow_up``         how long people were followed (reverse Kaplan-Meier)
Comparisons of groups
    ``log_rank``          the log-rank family: strata, weights, trend
    ``log_rank_pairs``    every pair, with adjusted p-values
    ``compare_at``        risk difference and number needed to treat at given days
    ``FixedTimeComparison``   what it returns
    ``restricted_means``  mean time free of the event up to a horizon
    ``RestrictedMeans``   what it returns
    ``pseudo_observations``   what each person adds, for any regression
Cox models
    ``cox``               hazard ratios, with strata, entry times, weights and clusters
After a Cox model
    ``check_proportional_hazards``  do hazard ratios stay the same over time?
    ``residuals``         rows, people and times that the model does not describe
    ``baseline_hazard``   cumulative hazard at covariates of zero or at their means
    ``predict_survival``  survival curves of new people
    ``predict_risk``      risk of single rows
    ``concordance``       how well a model or marker orders people
    ``Concordance``, ``ProportionalHazards``   what they return
"""

from typing import TYPE_CHECKING

from walkstats._lazy import attach

__getattr__, __dir__, __all__ = attach(
    __name__,
    {
        "comparisons": ["log_rank", "log_rank_pairs"],
        "curves": ["follow_up", "kaplan_meier", "nelson_aalen"],
        "diagnostics": ["ProportionalHazards", "check_proportional_hazards", "residuals"],
        "discrimination": ["Concordance", "concordance"],
        "fixed_times": ["FixedTimeComparison", "compare_at"],
        "individual_risks": ["predict_risk"],
        "prediction": ["baseline_hazard", "predict_survival"],
        "pseudo_values": ["pseudo_observations"],
        "restricted": ["RestrictedMeans", "restricted_means"],
        "proportional": ["cox"],
    },
)

if TYPE_CHECKING:
    from walkstats.survival.comparisons import log_rank as log_rank
    from walkstats.survival.comparisons import log_rank_pairs as log_rank_pairs
    from walkstats.survival.curves import follow_up as follow_up
    from walkstats.survival.curves import kaplan_meier as kaplan_meier
    from walkstats.survival.curves import nelson_aalen as nelson_aalen
    from walkstats.survival.diagnostics import ProportionalHazards as ProportionalHazards
    from walkstats.survival.diagnostics import (
        check_proportional_hazards as check_proportional_hazards,
    )
    from walkstats.survival.diagnostics import residuals as residuals
    from walkstats.survival.discrimination import Concordance as Concordance
    from walkstats.survival.discrimination import concordance as concordance
    from walkstats.survival.fixed_times import FixedTimeComparison as FixedTimeComparison
    from walkstats.survival.fixed_times import compare_at as compare_at
    from walkstats.survival.individual_risks import predict_risk as predict_risk
    from walkstats.survival.prediction import baseline_hazard as baseline_hazard
    from walkstats.survival.prediction import predict_survival as predict_survival
    from walkstats.survival.proportional import cox as cox
    from walkstats.survival.pseudo_values import pseudo_observations as pseudo_observations
    from walkstats.survival.restricted import RestrictedMeans as RestrictedMeans
    from walkstats.survival.restricted import restricted_means as restricted_means
