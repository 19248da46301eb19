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
Parametric models
    ``parametric``        time ratios: Weibull, log-normal, log-logistic and others, any censoring
    ``flexible_parametric``   hazard ratios with a smooth baseline (Royston and Parmar)
    ``piecewise_exponential``   event rates by period, and rate ratios
    ``hazard_ratios``     a Weibull or exponential model as one of proportional hazards
    ``predict_parametric``   survival and hazard of new people
    ``predict_quantiles``   medians and other quantiles of new people
    ``hazard_ratio_over_time``   two hazards against each other
    ``parametric_residuals``   rows that such a model does not describe
    ``ParametricFit``, ``FlexibleFit``, ``RateFit``   what they return
Cox models
    ``cox``               hazard ratios, with strata, entry times, weights and clusters
Recurrent events
    ``mean_cumulative_count``   mean number of recurrences by each day
    ``compare_mean_counts``     its difference and ratio between groups at given days
    ``andersen_gill``           ratio of rates
    ``prentice_williams_peterson``   ... of the hazard of the next event
    ``wei_lin_weissfeld``       ... of the hazard of each event from the beginning
    ``shared_frailty``          ... between people who are equally prone
    ``compare_recurrent_models``     all of them side by side
    ``MeanCountComparison``, ``MarginalTimes``   what they return
    ``FrailtyFit``, ``RecurrentModels``
Competing risks
    ``cumulative_incidence``   share with each outcome, by group
    ``gray_test``         the incidence of one outcome compared between groups
    ``times_lost``        mean time lost to each outcome up to a horizon
    ``fine_gray``         ratios of subdistribution hazards
    ``cause_specific_cox``     ratios of the hazard of one outcome
    ``absolute_risks``    incidences of new people from models of all hazards
    ``predict_incidence``      the same from a Fine-Gray model
    ``pseudo_incidences``      what each person adds, for any regression
    ``state_occupancy``   share in each state, where one may follow another
    ``Occupancy``, ``TimesLost``   what they return
After a Cox model
    ``profile_intervals``           intervals and tests of the profile likelihood
    ``check_proportional_hazards``  do hazard ratios stay the same over time?
    ``changing_effect``   ratios by period, or as they change with log time
    ``smooth_effect``     a coefficient over time, smoothed, to be drawn
    ``ChangingEffect``, ``SmoothedEffect``   what they return
    ``residuals``         rows, people and times that the model does not describe
    ``baseline_hazard``   cumulative hazard at covariates of zero or at their means
    ``predict_survival``  survival curves of new people
    ``predict_risk``      risk of single rows
    ``standardised_survival``   the same people, all in one arm and then in the other
    ``StandardisedSurvival``    what it returns
    ``concordance``       how well a model or marker orders people
    ``Concordance``, ``ProportionalHazards``   what they return
Events between two visits
    ``turnbull``          share still free of an event that lies in an interval
    ``interval_log_rank``   the log-rank test for such events
    ``interval_cox``      hazard ratios of such events, with strata, weights and clusters
    ``ascertainment_sensitivity``   hazard ratios by the way events are dated, side by side
    ``IntervalCurve``, ``IntervalCoxFit``, ``AscertainmentSensitivity``   what they return
"""

from typing import TYPE_CHECKING

from walkstats._lazy import attach

__getattr__, __dir__, __all__ = attach(
    __name__,
    {
        "accelerated.deviations": ["parametric_residuals"],
        "accelerated.fits": ["FlexibleFit", "ParametricFit", "RateFit"],
        "accelerated.flexible": ["flexible_parametric"],
        "accelerated.hazard_form": ["hazard_ratios"],
        "accelerated.interval_rates": ["piecewise_exponential"],
        "accelerated.models": ["parametric"],
        "accelerated.predictions": [
            "hazard_ratio_over_time",
            "predict_parametric",
            "predict_quantiles",
        ],
        "comparisons": ["log_rank", "log_rank_pairs"],
        "competing_risks.absolute_risk": ["absolute_risks"],
        "competing_risks.cause_hazards": ["cause_specific_cox"],
        "competing_risks.incidence": ["cumulative_incidence"],
        "competing_risks.incidence_comparison": ["gray_test"],
        "competing_risks.left_out_rows": ["pseudo_incidences"],
        "competing_risks.predicted_incidence": ["predict_incidence"],
        "competing_risks.states": ["Occupancy", "state_occupancy"],
        "competing_risks.subdistribution": ["fine_gray"],
        "competing_risks.time_lost": ["TimesLost", "times_lost"],
        "curves": ["follow_up", "kaplan_meier", "nelson_aalen"],
        "diagnostics": ["ProportionalHazards", "check_proportional_hazards", "residuals"],
        "discrimination": ["Concordance", "concordance"],
        "effects_over_time": ["ChangingEffect", "changing_effect"],
        "fixed_times": ["FixedTimeComparison", "compare_at"],
        "individual_risks": ["predict_risk"],
        "interval_censored.ascertainment": [
            "AscertainmentSensitivity",
            "ascertainment_sensitivity",
        ],
        "interval_censored.equal_groups": ["interval_log_rank"],
        "interval_censored.free_of_event": ["IntervalCurve", "turnbull"],
        "interval_censored.ratios_of_hazards": ["IntervalCoxFit", "interval_cox"],
        "prediction": ["baseline_hazard", "predict_survival"],
        "pseudo_values": ["pseudo_observations"],
        "restricted": ["RestrictedMeans", "restricted_means"],
        "profile_likelihood": ["profile_intervals"],
        "proportional": ["cox"],
        "smoothed_effects": ["SmoothedEffect", "smooth_effect"],
        "standardising": ["StandardisedSurvival", "standardised_survival"],
        "recurrent_events.count_contrasts": ["MeanCountComparison", "compare_mean_counts"],
        "recurrent_events.event_order": ["prentice_williams_peterson"],
        "recurrent_events.frailties": ["FrailtyFit", "shared_frailty"],
        "recurrent_events.marginal_times": ["MarginalTimes", "wei_lin_weissfeld"],
        "recurrent_events.mean_counts": ["mean_cumulative_count"],
        "recurrent_events.rates": ["andersen_gill"],
        "recurrent_events.side_by_side": ["RecurrentModels", "compare_recurrent_models"],
    },
)

if TYPE_CHECKING:
    from walkstats.survival.accelerated.deviations import (
        parametric_residuals as parametric_residuals,
    )
    from walkstats.survival.accelerated.fits import FlexibleFit as FlexibleFit
    from walkstats.survival.accelerated.fits import ParametricFit as ParametricFit
    from walkstats.survival.accelerated.fits import RateFit as RateFit
    from walkstats.survival.accelerated.flexible import flexible_parametric as flexible_parametric
    from walkstats.survival.accelerated.hazard_form import hazard_ratios as hazard_ratios
    from walkstats.survival.accelerated.interval_rates import (
        piecewise_exponential as piecewise_exponential,
    )
    from walkstats.survival.accelerated.models import parametric as parametric
    from walkstats.survival.accelerated.predictions import (
        hazard_ratio_over_time as hazard_ratio_over_time,
    )
    from walkstats.survival.accelerated.predictions import predict_parametric as predict_parametric
    from walkstats.survival.accelerated.predictions import predict_quantiles as predict_quantiles
    from walkstats.survival.comparisons import log_rank as log_rank
    from walkstats.survival.comparisons import log_rank_pairs as log_rank_pairs
    from walkstats.survival.competing_risks.absolute_risk import absolute_risks as absolute_risks
    from walkstats.survival.competing_risks.cause_hazards import (
        cause_specific_cox as cause_specific_cox,
    )
    from walkstats.survival.competing_risks.incidence import (
        cumulative_incidence as cumulative_incidence,
    )
    from walkstats.survival.competing_risks.incidence_comparison import gray_test as gray_test
    from walkstats.survival.competing_risks.left_out_rows import (
        pseudo_incidences as pseudo_incidences,
    )
    from walkstats.survival.competing_risks.predicted_incidence import (
        predict_incidence as predict_incidence,
    )
    from walkstats.survival.competing_risks.states import Occupancy as Occupancy
    from walkstats.survival.competing_risks.states import state_occupancy as state_occupancy
    from walkstats.survival.competing_risks.subdistribution import fine_gray as fine_gray
    from walkstats.survival.competing_risks.time_lost import TimesLost as TimesLost
    from walkstats.survival.competing_risks.time_lost import times_lost as times_lost
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
    from walkstats.survival.effects_over_time import ChangingEffect as ChangingEffect
    from walkstats.survival.effects_over_time import changing_effect as changing_effect
    from walkstats.survival.fixed_times import FixedTimeComparison as FixedTimeComparison
    from walkstats.survival.fixed_times import compare_at as compare_at
    from walkstats.survival.individual_risks import predict_risk as predict_risk
    from walkstats.survival.interval_censored.ascertainment import (
        AscertainmentSensitivity as AscertainmentSensitivity,
    )
    from walkstats.survival.interval_censored.ascertainment import (
        ascertainment_sensitivity as ascertainment_sensitivity,
    )
    from walkstats.survival.interval_censored.equal_groups import (
        interval_log_rank as interval_log_rank,
    )
    from walkstats.survival.interval_censored.free_of_event import IntervalCurve as IntervalCurve
    from walkstats.survival.interval_censored.free_of_event import turnbull as turnbull
    from walkstats.survival.interval_censored.ratios_of_hazards import (
        IntervalCoxFit as IntervalCoxFit,
    )
    from walkstats.survival.interval_censored.ratios_of_hazards import interval_cox as interval_cox
    from walkstats.survival.prediction import baseline_hazard as baseline_hazard
    from walkstats.survival.prediction import predict_survival as predict_survival
    from walkstats.survival.profile_likelihood import profile_intervals as profile_intervals
    from walkstats.survival.proportional import cox as cox
    from walkstats.survival.pseudo_values import pseudo_observations as pseudo_observations
    from walkstats.survival.recurrent_events.count_contrasts import (
        MeanCountComparison as MeanCountComparison,
    )
    from walkstats.survival.recurrent_events.count_contrasts import (
        compare_mean_counts as compare_mean_counts,
    )
    from walkstats.survival.recurrent_events.event_order import (
        prentice_williams_peterson as prentice_williams_peterson,
    )
    from walkstats.survival.recurrent_events.frailties import FrailtyFit as FrailtyFit
    from walkstats.survival.recurrent_events.frailties import shared_frailty as shared_frailty
    from walkstats.survival.recurrent_events.marginal_times import MarginalTimes as MarginalTimes
    from walkstats.survival.recurrent_events.marginal_times import (
        wei_lin_weissfeld as wei_lin_weissfeld,
    )
    from walkstats.survival.recurrent_events.mean_counts import (
        mean_cumulative_count as mean_cumulative_count,
    )
    from walkstats.survival.recurrent_events.rates import andersen_gill as andersen_gill
    from walkstats.survival.recurrent_events.side_by_side import RecurrentModels as RecurrentModels
    from walkstats.survival.recurrent_events.side_by_side import (
        compare_recurrent_models as compare_recurrent_models,
    )
    from walkstats.survival.restricted import RestrictedMeans as RestrictedMeans
    from walkstats.survival.restricted import restricted_means as restricted_means
    from walkstats.survival.smoothed_effects import SmoothedEffect as SmoothedEffect
    from walkstats.survival.smoothed_effects import smooth_effect as smooth_effect
    from walkstats.survival.standardising import StandardisedSurvival as StandardisedSurvival
    from walkstats.survival.standardising import standardised_survival as standardised_survival
