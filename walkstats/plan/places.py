"""Where among our results does each published figure stand?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def _hazard_ratio(analysis: str, label: str) -> dict[str, Any]:
    return {"analysis": analysis, "term": "arm[walking]", "ratio": True, "label": label}


def _median(analysis: str, arm: str, label: str) -> dict[str, Any]:
    return {"analysis": analysis, "quantile": 0.5, "term": arm, "label": f"{label}, {arm}"}


def _cell(analysis: str, column: str, label: str, **where: str) -> dict[str, Any]:
    return {"analysis": analysis, "column": column, "where": where, "label": label}


def _mean(month: int, arm: str) -> dict[str, Any]:
    weights = {"intercept": 1.0} | ({"arm[walking]": 1.0} if arm == "walking" else {})
    label = f"Minutes walked a week at month {month}, {arm}"
    return {"analysis": f"walking_month_{month}", "contrast": weights, "label": label}


def _count(analysis: str, label: str) -> dict[str, Any]:
    return {"analysis": analysis, "count": "participants", "label": label}


_PRIMARY = "primary_outcome_activity_limiting_recurrence"
_SECONDARY = "secondary_time_to_event"
_MINUTES = "secondary_continuous.walking_minutes_per_week"
_RECOVERY = "secondary_analysis_duration_severity"
_LIMITING = "Median days to activity-limiting recurrence"
_ANY = "Median days to any recurrence"
_RECOVERED = "Median days until recovery"

# Published figure -> where our estimate of the same quantity stands. The published hazard ratios
# are set beside the unadjusted ones: the abstract does not say what they were adjusted for.
PUBLISHED: Mapping[str, Mapping[str, Mapping[str, Any]]] = {
    "walkback": {
        "flow.randomised": _cell("flow", "n", "Participants randomised", stage="randomised"),
        "flow.n_intervention": _cell(
            "flow", "n", "Allocated to walking", stage="allocated", arm="walking"
        ),
        "flow.n_control": _cell(
            "flow", "n", "Allocated to control", stage="allocated", arm="control"
        ),
        f"{_PRIMARY}.hr": _hazard_ratio(
            "activity_limiting_cox_unadjusted", "Hazard ratio, activity-limiting recurrence"
        ),
        f"{_PRIMARY}.median_days_intervention": _median(
            "activity_limiting_curve", "walking", _LIMITING
        ),
        f"{_PRIMARY}.median_days_control": _median("activity_limiting_curve", "control", _LIMITING),
        f"{_SECONDARY}.any_recurrence_hr": _hazard_ratio(
            "any_cox_unadjusted", "Hazard ratio, any recurrence"
        ),
        f"{_SECONDARY}.any_recurrence_median_days.intervention": _median(
            "any_curve", "walking", _ANY
        ),
        f"{_SECONDARY}.any_recurrence_median_days.control": _median("any_curve", "control", _ANY),
        f"{_SECONDARY}.care_seeking_hr": _hazard_ratio(
            "care_seeking_cox_unadjusted", "Hazard ratio, recurrence with care sought"
        ),
        f"{_RECOVERY}.n_first_recurrences": _count(
            "recovery_cox", "Participants with a first recurrence"
        ),
        f"{_RECOVERY}.hr_recovery": _hazard_ratio(
            "recovery_cox", "Hazard ratio, recovery from the first recurrence"
        ),
        f"{_RECOVERY}.median_days_to_recovery_intervention": _median(
            "recovery_curve", "walking", _RECOVERED
        ),
        f"{_RECOVERY}.median_days_to_recovery_control": _median(
            "recovery_curve", "control", _RECOVERED
        ),
        f"{_RECOVERY}.worst_pain_difference": {
            "analysis": "recovery_worst_pain_nrs",
            "term": "arm[walking]",
            "label": "Difference in worst pain in the first recurrence (0-10)",
        },
        "secondary_continuous.rmdq_mean_difference": {
            "analysis": "rmdq",
            "term": "arm[walking]",
            "label": "Difference in disability (RMDQ, 0-24)",
        },
        f"{_MINUTES}.m3.intervention": _mean(3, "walking"),
        f"{_MINUTES}.m3.control": _mean(3, "control"),
        f"{_MINUTES}.m12.intervention": _mean(12, "walking"),
        f"{_MINUTES}.m12.control": _mean(12, "control"),
        "adverse_events.any_ae_intervention.n": _cell(
            "harms",
            "participants",
            "Participants with an adverse event, walking",
            kind="any",
            arm="walking",
        ),
        "adverse_events.any_ae_control.n": _cell(
            "harms",
            "participants",
            "Participants with an adverse event, control",
            kind="any",
            arm="control",
        ),
    }
}
