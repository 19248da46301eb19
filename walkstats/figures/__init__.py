"""Figures of results; they compute nothing.

Each ``plot_x(result)`` makes a figure and returns it closed, so that a notebook shows it once. Each
``draw_x(ax, result)`` draws on axes of one's own.

``plot_survival``, ``draw_survival``             curves over follow-up
``draw_numbers_at_risk``                         the numbers below them, on axes of their own
``plot_cumulative_hazard``, ``draw_cumulative_hazard``   how fast events come
``plot_log_log``, ``draw_log_log``               do hazards keep their ratio?
``plot_schoenfeld``, ``draw_schoenfeld``         a coefficient over time, with its residuals
``plot_mean_count``, ``draw_mean_count``         mean number of recurrences over follow-up
``plot_timeline``, ``draw_timeline``             every participant's follow-up and recurrences
``plot_incidence``, ``draw_incidence``, ``draw_stacked_incidence``   outcomes that compete
``plot_outcomes_over_time``, ``draw_outcomes_over_time``   an outcome at each visit, by arm
``draw_numbers_of_people``                       how many had it, below
``plot_forest``, ``draw_forest``                 estimates with their intervals
``plot_outcome_forest``, ``draw_outcome_forest``   one row per outcome, on one axis
``plot_equivalence``, ``draw_equivalence``       differences against their margins
``plot_harms``, ``draw_harms``                   shares with a harm by arm, and their difference
``plot_subgroups``, ``draw_subgroups``           effects in subgroups, with the interaction
``plot_effect_curve``, ``draw_effect_curve``     the effect along a number, such as age
``draw_effect_bands``                            the other scale, below it
``plot_dose_response``, ``draw_dose_response``   an outcome against a dose
``draw_doses``                                   the doses observed, below it
``plot_marginal_means``, ``draw_marginal_means``   the mean of each level, others being equal
``plot_residuals``, ``draw_residuals``           form, spread, tails and influence
``plot_partial_residuals``, ``draw_partial_residuals``   what a covariate contributes
``plot_within_between``, ``draw_within_between``   is it the person, or the week?
``plot_adherence``, ``draw_adherence``           minutes walked by week beside those prescribed
``plot_walking_records``, ``draw_walking_records``   diary, device and prescription by week
``plot_agreement``, ``draw_agreement``           two measurements of the same thing, pair by pair
``plot_balance``, ``draw_balance``               covariates of two groups, without weights and with
``plot_check_in_completeness``, ``draw_check_in_completeness``   check-ins completed by month
``plot_missing_pattern``, ``draw_missing_pattern``   which values are missing together
``plot_imputation_trace``, ``draw_imputation_trace``   have the chained equations settled?
``plot_tipping_point``, ``draw_tipping_point``   an estimate over assumptions about missing values
``plot_cost_effectiveness_plane``, ``draw_cost_effectiveness_plane``   costs against effects
``plot_acceptability``, ``draw_acceptability``   is it worth its cost, over thresholds
``plot_tornado``, ``draw_tornado``               a net benefit with one assumption at a time
``plot_mediation``, ``draw_mediation``           what runs through a mediator, and what does not
``plot_mediation_sensitivity``, ``draw_mediation_sensitivity``   ... if something was not measured
``plot_flow``, ``draw_flow``                     the flow of participants
"""

from typing import TYPE_CHECKING

from walkstats._lazy import attach

__getattr__, __dir__, __all__ = attach(
    __name__,
    {
        "survival_curves": ["draw_survival", "plot_survival"],
        "numbers_at_risk": ["draw_numbers_at_risk"],
        "incidence_curves": ["draw_incidence", "draw_stacked_incidence", "plot_incidence"],
        "cumulative_hazard_curves": ["draw_cumulative_hazard", "plot_cumulative_hazard"],
        "log_log_curves": ["draw_log_log", "plot_log_log"],
        "schoenfeld_points": ["draw_schoenfeld", "plot_schoenfeld"],
        "mean_count_curves": ["draw_mean_count", "plot_mean_count"],
        "timelines": ["draw_timeline", "plot_timeline"],
        "outcome_lines": [
            "draw_numbers_of_people",
            "draw_outcomes_over_time",
            "plot_outcomes_over_time",
        ],
        "forest": ["draw_forest", "plot_forest"],
        "outcome_rows": ["draw_outcome_forest", "plot_outcome_forest"],
        "harm_dots": ["draw_harms", "plot_harms"],
        "subgroup_rows": ["draw_subgroups", "plot_subgroups"],
        "effect_lines": ["draw_effect_bands", "draw_effect_curve", "plot_effect_curve"],
        "margin_rows": ["draw_equivalence", "plot_equivalence"],
        "dose_lines": ["draw_dose_response", "draw_doses", "plot_dose_response"],
        "marginal_points": ["draw_marginal_means", "plot_marginal_means"],
        "residual_panels": ["draw_residuals", "plot_residuals"],
        "partial_points": ["draw_partial_residuals", "plot_partial_residuals"],
        "person_lines": ["draw_within_between", "plot_within_between"],
        "adherence_lines": ["draw_adherence", "plot_adherence"],
        "record_lines": ["draw_walking_records", "plot_walking_records"],
        "agreement_points": ["draw_agreement", "plot_agreement"],
        "balance_points": ["draw_balance", "plot_balance"],
        "completeness_lines": ["draw_check_in_completeness", "plot_check_in_completeness"],
        "missing_tiles": ["draw_missing_pattern", "plot_missing_pattern"],
        "imputation_traces": ["draw_imputation_trace", "plot_imputation_trace"],
        "tipping_lines": ["draw_tipping_point", "plot_tipping_point"],
        "cost_effect_points": [
            "draw_cost_effectiveness_plane",
            "plot_cost_effectiveness_plane",
        ],
        "acceptability_lines": ["draw_acceptability", "plot_acceptability"],
        "tornado_bars": ["draw_tornado", "plot_tornado"],
        "mediation_effects": [
            "draw_mediation",
            "draw_mediation_sensitivity",
            "plot_mediation",
            "plot_mediation_sensitivity",
        ],
        "flow_boxes": ["draw_flow", "plot_flow"],
    },
)

if TYPE_CHECKING:
    from walkstats.figures.acceptability_lines import draw_acceptability as draw_acceptability
    from walkstats.figures.acceptability_lines import plot_acceptability as plot_acceptability
    from walkstats.figures.adherence_lines import draw_adherence as draw_adherence
    from walkstats.figures.adherence_lines import plot_adherence as plot_adherence
    from walkstats.figures.agreement_points import draw_agreement as draw_agreement
    from walkstats.figures.agreement_points import plot_agreement as plot_agreement
    from walkstats.figures.balance_points import draw_balance as draw_balance
    from walkstats.figures.balance_points import plot_balance as plot_balance
    from walkstats.figures.completeness_lines import (
        draw_check_in_completeness as draw_check_in_completeness,
    )
    from walkstats.figures.completeness_lines import (
        plot_check_in_completeness as plot_check_in_completeness,
    )
    from walkstats.figures.cost_effect_points import (
        draw_cost_effectiveness_plane as draw_cost_effectiveness_plane,
    )
    from walkstats.figures.cost_effect_points import (
        plot_cost_effectiveness_plane as plot_cost_effectiveness_plane,
    )
    from walkstats.figures.cumulative_hazard_curves import (
        draw_cumulative_hazard as draw_cumulative_hazard,
    )
    from walkstats.figures.cumulative_hazard_curves import (
        plot_cumulative_hazard as plot_cumulative_hazard,
    )
    from walkstats.figures.dose_lines import draw_dose_response as draw_dose_response
    from walkstats.figures.dose_lines import draw_doses as draw_doses
    from walkstats.figures.dose_lines import plot_dose_response as plot_dose_response
    from walkstats.figures.effect_lines import draw_effect_bands as draw_effect_bands
    from walkstats.figures.effect_lines import draw_effect_curve as draw_effect_curve
    from walkstats.figures.effect_lines import plot_effect_curve as plot_effect_curve
    from walkstats.figures.flow_boxes import draw_flow as draw_flow
    from walkstats.figures.flow_boxes import plot_flow as plot_flow
    from walkstats.figures.forest import draw_forest as draw_forest
    from walkstats.figures.forest import plot_forest as plot_forest
    from walkstats.figures.harm_dots import draw_harms as draw_harms
    from walkstats.figures.harm_dots import plot_harms as plot_harms
    from walkstats.figures.imputation_traces import (
        draw_imputation_trace as draw_imputation_trace,
    )
    from walkstats.figures.imputation_traces import (
        plot_imputation_trace as plot_imputation_trace,
    )
    from walkstats.figures.incidence_curves import draw_incidence as draw_incidence
    from walkstats.figures.incidence_curves import (
        draw_stacked_incidence as draw_stacked_incidence,
    )
    from walkstats.figures.incidence_curves import plot_incidence as plot_incidence
    from walkstats.figures.log_log_curves import draw_log_log as draw_log_log
    from walkstats.figures.log_log_curves import plot_log_log as plot_log_log
    from walkstats.figures.margin_rows import draw_equivalence as draw_equivalence
    from walkstats.figures.margin_rows import plot_equivalence as plot_equivalence
    from walkstats.figures.marginal_points import draw_marginal_means as draw_marginal_means
    from walkstats.figures.marginal_points import plot_marginal_means as plot_marginal_means
    from walkstats.figures.mean_count_curves import draw_mean_count as draw_mean_count
    from walkstats.figures.mean_count_curves import plot_mean_count as plot_mean_count
    from walkstats.figures.mediation_effects import draw_mediation as draw_mediation
    from walkstats.figures.mediation_effects import (
        draw_mediation_sensitivity as draw_mediation_sensitivity,
    )
    from walkstats.figures.mediation_effects import plot_mediation as plot_mediation
    from walkstats.figures.mediation_effects import (
        plot_mediation_sensitivity as plot_mediation_sensitivity,
    )
    from walkstats.figures.missing_tiles import draw_missing_pattern as draw_missing_pattern
    from walkstats.figures.missing_tiles import plot_missing_pattern as plot_missing_pattern
    from walkstats.figures.numbers_at_risk import draw_numbers_at_risk as draw_numbers_at_risk
    from walkstats.figures.outcome_lines import (
        draw_numbers_of_people as draw_numbers_of_people,
    )
    from walkstats.figures.outcome_lines import (
        draw_outcomes_over_time as draw_outcomes_over_time,
    )
    from walkstats.figures.outcome_lines import (
        plot_outcomes_over_time as plot_outcomes_over_time,
    )
    from walkstats.figures.outcome_rows import draw_outcome_forest as draw_outcome_forest
    from walkstats.figures.outcome_rows import plot_outcome_forest as plot_outcome_forest
    from walkstats.figures.partial_points import draw_partial_residuals as draw_partial_residuals
    from walkstats.figures.partial_points import plot_partial_residuals as plot_partial_residuals
    from walkstats.figures.person_lines import draw_within_between as draw_within_between
    from walkstats.figures.person_lines import plot_within_between as plot_within_between
    from walkstats.figures.record_lines import draw_walking_records as draw_walking_records
    from walkstats.figures.record_lines import plot_walking_records as plot_walking_records
    from walkstats.figures.residual_panels import draw_residuals as draw_residuals
    from walkstats.figures.residual_panels import plot_residuals as plot_residuals
    from walkstats.figures.schoenfeld_points import draw_schoenfeld as draw_schoenfeld
    from walkstats.figures.schoenfeld_points import plot_schoenfeld as plot_schoenfeld
    from walkstats.figures.subgroup_rows import draw_subgroups as draw_subgroups
    from walkstats.figures.subgroup_rows import plot_subgroups as plot_subgroups
    from walkstats.figures.survival_curves import draw_survival as draw_survival
    from walkstats.figures.survival_curves import plot_survival as plot_survival
    from walkstats.figures.timelines import draw_timeline as draw_timeline
    from walkstats.figures.timelines import plot_timeline as plot_timeline
    from walkstats.figures.tipping_lines import draw_tipping_point as draw_tipping_point
    from walkstats.figures.tipping_lines import plot_tipping_point as plot_tipping_point
    from walkstats.figures.tornado_bars import draw_tornado as draw_tornado
    from walkstats.figures.tornado_bars import plot_tornado as plot_tornado
