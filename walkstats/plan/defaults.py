"""Which plan suits what a trial has recorded?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from walkstats.derive import first_recurrence, visits
from walkstats.plan.specification import Analysis, Frame, Plan
from walkstats.trial import Trial

PARTICIPANTS = "Participants"
WALKING = "Pain, disability and walking"
HARMS = "Adverse events"
KIND_SECTIONS = {
    "activity_limiting": "Activity-limiting recurrence",
    "any": "Any recurrence",
    "care_seeking": "Recurrence with care sought",
}
HORIZON_DAYS = 365.0
COMPARED_AT_DAYS = (90.0, 180.0, 365.0)


def default_plan(trial: Trial) -> Plan:
    """Plan the analyses that a recurrence trial reports, as far as the trial has recorded them.

    The primary outcome is the activity-limiting recurrence where it is recorded, else any
    recurrence. For each kind: Kaplan-Meier curves, log-rank test, Cox regression (stratified by the
    trial's strata, and unadjusted), restricted means, risks at 90, 180 and 365 days. For pain: its
    regression on the walking minutes before the visit.

    Parameters
    ----------
    trial : Trial

    Returns
    -------
    Plan

    Examples
    --------
    >>> import walkstats as ws
    >>> plan = default_plan(ws.load_sample("bladder"))
    >>> [one.name for one in plan.analyses][:3]
    ['flow', 'baseline', 'follow_up']
    """
    kinds = _kinds(trial)
    analyses = _participants(kinds[0])
    for place, kind in enumerate(kinds):
        analyses += _recurrence(trial, kind, primary=place == 0)
    analyses += _measures(trial)
    if len(trial.adverse_events):
        frame = Frame("adverse_events")
        analyses.append(
            Analysis("harms", "Adverse events by arm", HARMS, "frame", frame, status="descriptive")
        )
    names = {one.name for one in analyses}
    beside = {
        leaf: ours
        for leaf, ours in PUBLISHED.get(trial.published, {}).items()
        if ours["analysis"] in names
    }
    return Plan(
        title=f"{trial.name}: results",
        analyses=tuple(analyses),
        published=beside,
        record=trial.published if beside else "",
    )


def _kinds(trial: Trial) -> list[str]:
    recorded = trial.recurrences
    kinds = [
        kind
        for kind in ("activity_limiting", "care_seeking")
        if kind in recorded and recorded[kind].notna().any()
    ]
    return sorted([*kinds, "any"], key=list(KIND_SECTIONS).index)


def _participants(kind: str) -> list[Analysis]:
    events = Frame("first_recurrence", {"kind": kind})
    return [
        Analysis(
            "flow",
            "Participant flow",
            PARTICIPANTS,
            "frame",
            Frame("participant_flow"),
            status="descriptive",
        ),
        Analysis(
            "baseline",
            "Characteristics at randomisation",
            PARTICIPANTS,
            "frame",
            Frame("baseline"),
            status="descriptive",
        ),
        Analysis(
            "follow_up",
            "Length of follow-up (reverse Kaplan-Meier)",
            PARTICIPANTS,
            "survival.follow_up",
            events,
            arguments={"by": "arm"},
            status="descriptive",
        ),
    ]


def _recurrence(trial: Trial, kind: str, *, primary: bool) -> list[Analysis]:
    section = KIND_SECTIONS[kind] + (" (primary outcome)" if primary else "")
    frame = Frame("first_recurrence", {"kind": kind})
    events = first_recurrence(trial, kind=kind)
    last = events.groupby("arm", observed=True)["days"].max().min()
    tau = HORIZON_DAYS if last >= HORIZON_DAYS else float(np.floor(last))
    at = [day for day in COMPARED_AT_DAYS if day <= last] or [tau]
    status = "primary" if primary else "secondary"

    def analysis(name: str, title: str, method: str, status: str, **arguments: Any) -> Analysis:
        return Analysis(
            f"{kind}_{name}", title, section, method, frame, "", {**arguments}, status=status
        )

    strata = {"strata": list(trial.strata)} if trial.strata else {}
    planned = [analysis("curve", "Time to first recurrence", KM, status, by="arm")]
    if strata:
        planned += [
            analysis("cox", "Cox regression, stratified", COX, status, formula="arm", **strata),
            analysis(
                "cox_unadjusted", "Cox regression, unadjusted", COX, "sensitivity", formula="arm"
            ),
        ]
    else:
        planned.append(analysis("cox", "Cox regression", COX, status, formula="arm"))
    planned += [
        analysis("log_rank", "Log-rank test", "survival.log_rank", status, by="arm", **strata),
        analysis(
            "means", "Restricted mean time", "survival.restricted_means", status, by="arm", tau=tau
        ),
        analysis(
            "risks", "Risk of recurrence", "survival.compare_at", status, by="arm", at=list(at)
        ),
    ]
    checked = Analysis(
        f"{kind}_proportionality",
        "Check of proportional hazards",
        section,
        "survival.check_proportional_hazards",
        of=f"{kind}_cox",
        status="sensitivity",
    )
    return [*planned, checked] if primary else planned


KM = "survival.kaplan_meier"
COX = "survival.cox"
OLS = "regression.ols"


def _measures(trial: Trial) -> list[Analysis]:
    known = set(trial.outcomes.loc[trial.outcomes["month"] > 0, "measure"].dropna())
    planned = []
    if "rmdq" in known:
        frame = Frame("visits", {"measures": "rmdq"})
        planned.append(
            Analysis(
                "rmdq",
                "Disability (RMDQ), mean difference over all visits",
                WALKING,
                OLS,
                frame,
                arguments={"formula": "rmdq ~ arm + rmdq_baseline + factor(month)"},
            )
        )
    if len(trial.walking) and "pain_nrs" in known:
        planned += _pain_on_walking(trial)
    return planned


def _pain_on_walking(trial: Trial) -> list[Analysis]:
    arguments = {"measures": "pain_nrs", "walking_weeks": 4}
    frame = visits(trial, measures="pain_nrs", walking_weeks=4)
    middle = float(np.round(frame["walking_minutes"].median(), -1))
    planned = [
        Analysis(
            "pain_on_walking",
            "Pain on minutes walked in the four weeks before, adjusted for baseline pain",
            WALKING,
            OLS,
            Frame("visits", arguments),
            arguments={
                "formula": "pain_nrs ~ rcs(walking_minutes, 4) + arm + pain_nrs_baseline"
                " + factor(month)"
            },
        ),
        Analysis(
            "pain_dose",
            f"Difference in pain from {middle:g} minutes a week",
            WALKING,
            "regression.dose_response",
            of="pain_on_walking",
            arguments={"x": "walking_minutes", "reference": middle, "at": _doses(frame)},
        ),
    ]
    for month in (3, 12):
        if (frame.loc[frame["month"] == month, "walking_minutes"].notna()).any():
            planned.append(
                Analysis(
                    f"walking_month_{month}",
                    f"Minutes walked a week at month {month}",
                    WALKING,
                    OLS,
                    Frame("visits", arguments, {"month": month}),
                    arguments={"formula": "walking_minutes ~ arm"},
                )
            )
    return planned


def _doses(frame: pd.DataFrame) -> list[float]:
    """Doses at which the curve is drawn: where all but the 1 % at either end lie."""
    low, high = frame["walking_minutes"].quantile([0.01, 0.99])
    return [float(dose) for dose in np.unique(np.round(np.linspace(low, high, 61)))]


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


_PRIMARY = "primary_outcome_activity_limiting_recurrence"
_SECONDARY = "secondary_time_to_event"
_MINUTES = "secondary_continuous.walking_minutes_per_week"
_LIMITING = "Median days to activity-limiting recurrence"
_ANY = "Median days to any recurrence"

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
