"""Which plan suits what a trial has recorded?"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
import pandas as pd

from walkstats._labels import in_sentence
from walkstats.derive import first_recurrence, visits
from walkstats.plan.all_recurrences import (
    ALL,
    RECOVERY,
    all_recurrences,
    beside_death,
    completeness,
    dating,
    recovery,
)
from walkstats.plan.places import PUBLISHED
from walkstats.plan.specification import (
    Analysis,
    AnalysisPlan,
    Estimand,
    Frame,
    IntercurrentEvent,
    Outcome,
)
from walkstats.schema import MEASURES
from walkstats.trial import Trial

PARTICIPANTS = "Participants"
WALKING = "Pain, disability and walking"
HARMS = "Adverse events"
KIND_SECTIONS = {
    "activity_limiting": "Activity-limiting recurrence",
    "any": "Any recurrence",
    "care_seeking": "Recurrence with care sought",
}
FIRST = {"any": "recurrence of any kind"}
HORIZON_DAYS = 365.0
COMPARED_AT_DAYS = (90.0, 180.0, 365.0)
# A spline of four knots needs more distinct doses than this to be worth drawing.
FEWEST_DOSES = 20


def default_plan(trial: Trial) -> AnalysisPlan:
    """Plan the analyses that a recurrence trial reports, as far as the trial has recorded them.

    The primary outcome is the activity-limiting recurrence where it is recorded, else any
    recurrence. For each kind: Kaplan-Meier curves, log-rank test, Cox regression (stratified by the
    trial's strata, and unadjusted) with its check of proportional hazards, restricted means to day
    365, risks at 90, 180 and 365 days. Where somebody died before the primary one: incidences with
    death as an outcome of its own. Where there are check-ins: how many were completed, and the
    primary comparison interval-censored and dated in several ways. Of all recurrences: mean counts
    and the ratio of rates; of the first: how long it lasted and how bad it was. For pain: its
    regression on the walking minutes before the visit.

    A trial with follow-up in which no recurrence is on record keeps its primary outcome in the
    plan, so that the report says why there is no estimate.

    Parameters
    ----------
    trial : Trial

    Returns
    -------
    AnalysisPlan
        One outcome for each kind of recurrence, all recurrences, recovery, the measures and the
        harms; the estimands of the kinds follow the treatment policy.

    Notes
    -----
    Where some arm was followed for less than 365 days, the horizon and the days compared end there.
    Then they, as the reference dose always, come from the data, and the ``note`` of the analysis
    says so: a plan for a trial under way should give them.

    Examples
    --------
    >>> import walkstats as ws
    >>> plan = default_plan(ws.load_sample("bladder"))
    >>> [one.name for one in plan.analyses][:3]
    ['flow', 'baseline', 'follow_up']
    """
    kinds = _kinds(trial)
    recorded = trial.recorded("recurrences")
    described = _participants(kinds if recorded else [])
    described += completeness(trial) if kinds else []
    outcomes = _of_recurrences(trial, kinds) if kinds else []
    if measured := _measures(trial):
        outcomes_named = list(
            dict.fromkeys(one.partition("~")[0].strip() for one in _formulas(measured))
        )
        months = sorted(float(month) for month in trial.outcomes["month"].dropna().unique())
        asked = tuple(f"month {month:g}" for month in months if month > 0)
        outcomes.append(
            Outcome("measures", WALKING, "secondary", ", ".join(outcomes_named), asked,
                    analyses=tuple(measured), missing=ANSWERED)
        )  # fmt: skip
    if len(trial.adverse_events):
        outcomes.append(_harms())
    names = {a.name for one in outcomes for a in one.analyses} | {one.name for one in described}
    beside = {
        leaf: ours
        for leaf, ours in PUBLISHED.get(trial.published, {}).items()
        if ours["analysis"] in names
    }
    return AnalysisPlan(
        title=f"{trial.name}: results",
        outcomes=tuple(outcomes),
        descriptions=tuple(described),
        strata=trial.strata,
        published=beside,
        record=trial.published if beside else "",
    )


def _of_recurrences(trial: Trial, kinds: list[str]) -> list[Outcome]:
    """The kinds of recurrence, the first of them primary; then all recurrences and recovery."""
    if not trial.recorded("recurrences"):
        return [_of_kind(trial, "any", True, [_unrecorded("any")])]
    outcomes = [
        _of_kind(trial, kind, place == 0, _recurrence(trial, kind, primary=place == 0))
        for place, kind in enumerate(kinds)
    ]
    if len(trial.recurrences):
        many = tuple(all_recurrences(trial, kinds[0]))
        outcomes.append(
            Outcome("all_recurrences", ALL, "secondary", "recurrences per participant",
                    ("whole follow-up",), analyses=many, missing=OBSERVED)
        )  # fmt: skip
        if lasting := tuple(recovery(trial)):
            outcomes.append(
                Outcome("recovery", RECOVERY, "secondary", "days in pain, and how bad it was",
                        ("first recurrence",), analyses=lasting, missing=RECORDED)
            )  # fmt: skip
    return outcomes


OBSERVED = "Every day under observation is at risk, days in an episode included."
RECORDED = "Recurrences whose last day, or severity, is recorded."
ANSWERED = "Visits that were answered; nothing is filled in."


def _formulas(analyses: list[Analysis]) -> list[str]:
    return [str(one.arguments["formula"]) for one in analyses if "formula" in one.arguments]


def _of_kind(trial: Trial, kind: str, primary: bool, analyses: list[Analysis]) -> Outcome:
    """The outcome of a kind of recurrence, with its estimand."""
    event = KIND_SECTIONS[kind][:1].lower() + KIND_SECTIONS[kind][1:]
    others = " or ".join(trial.arms[1:])
    estimand = Estimand(
        population="all participants randomised",
        treatment=f"{others} against {trial.arms[0]}, as randomised",
        variable=f"days from randomisation to the first {FIRST.get(kind, event)}",
        summary="hazard ratio",
        intercurrent=(
            IntercurrentEvent(
                "stopping the programme, or other care",
                "treatment policy",
                "participants are followed and analysed as randomised",
            ),
        ),
    )
    role = "primary" if primary else "secondary"
    missing = (
        "Follow-up ends at the last day observed before the first check-in missed; gaps ignored as "
        "a sensitivity analysis."
        if len(trial.check_ins)
        else "Follow-up ends at the last day observed."
    )
    return Outcome(
        kind, KIND_SECTIONS[kind], role, event, ("whole follow-up",), estimand, tuple(analyses),
        missing,
    )  # fmt: skip


def _harms() -> Outcome:
    frame = Frame("adverse_events")
    counts = Analysis("harms", "Adverse events by arm", HARMS, "frame", frame, status="descriptive")
    return Outcome("harms", HARMS, "safety", "adverse events", analyses=(counts,))


def _kinds(trial: Trial) -> list[str]:
    recorded = trial.recurrences
    if not len(recorded):
        return ["any"] if _has_follow_up(trial) else []
    kinds = [
        kind
        for kind in ("activity_limiting", "care_seeking")
        if kind in recorded and recorded[kind].notna().any()
    ]
    return sorted([*kinds, "any"], key=list(KIND_SECTIONS).index)


def _has_follow_up(trial: Trial) -> bool:
    ends = trial.participants[["withdrawn_days", "planned_end_days"]]
    return bool(len(trial.check_ins)) or bool((ends > 0).any(axis=None))


def _participants(kinds: list[str]) -> list[Analysis]:
    planned = [
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
    ]
    return planned + (_followed(kinds[0]) if kinds else [])


def _followed(kind: str) -> list[Analysis]:
    """How long people were followed for the primary outcome, and how it ended."""
    return [
        Analysis(
            "follow_up",
            f"Length of follow-up for {KIND_SECTIONS[kind].lower()} (reverse Kaplan-Meier)",
            PARTICIPANTS,
            "survival.follow_up",
            Frame("first_recurrence", {"kind": kind}),
            arguments={"by": "arm"},
            status="descriptive",
        ),
        Analysis(
            "endings",
            f"How follow-up ended, participants: {KIND_SECTIONS[kind].lower()}",
            PARTICIPANTS,
            "frame",
            Frame("follow_up_endings", {"kind": kind}),
            status="descriptive",
        ),
    ]


def _recurrence(trial: Trial, kind: str, *, primary: bool) -> list[Analysis]:
    """The analyses of one kind of recurrence; of the primary one a single analysis is primary."""
    section = KIND_SECTIONS[kind] + (" (primary outcome)" if primary else "")
    event = KIND_SECTIONS[kind][:1].lower() + KIND_SECTIONS[kind][1:]
    frame = Frame("first_recurrence", {"kind": kind})
    carried = Frame("first_recurrence", {"kind": kind, "after_gap": "carry"})
    strata: dict[str, Any] = {"strata": list(trial.strata)} if trial.strata else {}

    def analysis(
        name: str,
        title: str,
        method: str,
        status: str = "supplementary",
        on: Frame = frame,
        note: str = "",
        **more: Any,
    ) -> Analysis:
        named = f"{title}: {event}"
        return Analysis(f"{kind}_{name}", named, section, method, on, "", more, status, note)

    first = "primary" if primary else "secondary"
    planned = [analysis("curve", "Time to first event", KM, by="arm")]
    if strata:
        planned += [
            analysis("cox", "Cox regression, stratified", COX, first, formula="arm", **strata),
            analysis("cox_unadjusted", "Cox, unadjusted", COX, "sensitivity", formula="arm"),
        ]
    else:
        planned.append(analysis("cox", "Cox regression", COX, first, formula="arm"))
    if len(trial.check_ins):
        more: dict[str, Any] = {"formula": "arm", "on": carried, **strata}
        planned.append(analysis("cox_carried", "Cox, gaps ignored", COX, "sensitivity", **more))
    planned.append(analysis("log_rank", "Log-rank test", LOG_RANK, by="arm", **strata))
    planned += _over_time(trial, kind, analysis)
    if primary:
        tau = next(one.arguments["tau"] for one in planned if one.method == MEANS)
        drawn = {"replicates": REPLICATES, "jackknife": False, "tau": tau, **strata}
        planned.append(
            analysis("bootstrap", "Bootstrap", BOOTSTRAP, "sensitivity", by="arm", **drawn)
        )
    planned.append(
        Analysis(
            f"{kind}_proportionality",
            f"Check of proportional hazards: {event}",
            section,
            "survival.check_proportional_hazards",
            of=f"{kind}_cox",
            status="sensitivity",
        )
    )
    if primary and len(trial.recurrences):
        planned += beside_death(trial, kind, section, event)
        planned += dating(trial, kind, section, event)
    return planned


def _unrecorded(kind: str) -> Analysis:
    """The primary analysis alone: one deviation says that the trial has no table for it."""
    return Analysis(
        f"{kind}_cox",
        f"Cox regression: {KIND_SECTIONS[kind][:1].lower()}{KIND_SECTIONS[kind][1:]}",
        f"{KIND_SECTIONS[kind]} (primary outcome)",
        COX,
        Frame("first_recurrence", {"kind": kind}),
        arguments={"formula": "arm"},
        status="primary",
    )


def _over_time(trial: Trial, kind: str, analysis: Callable[..., Analysis]) -> list[Analysis]:
    """Restricted means and risks, as far as every arm was followed; what was cut short is said."""
    events = first_recurrence(trial, kind=kind)
    last = float(np.floor(events.groupby("arm", observed=True)["days"].max().min()))
    # Without follow-up in some arm they are planned all the same, so that a deviation says why not.
    reached = last if last >= 1 else HORIZON_DAYS
    tau = min(HORIZON_DAYS, reached)
    at = [day for day in COMPARED_AT_DAYS if day <= reached] or [tau]
    short = f"day {reached:g}, the last whole day to which every arm was followed"
    horizon = "" if tau == HORIZON_DAYS else (
        f"The horizon was chosen from these data: {short}, instead of day {HORIZON_DAYS:g}. In a "
        "plan that is written before the data are seen, tau is given.")  # fmt: skip
    planned = ", ".join(f"{day:g}" for day in COMPARED_AT_DAYS)
    times = "" if len(at) == len(COMPARED_AT_DAYS) else (
        f"The days were chosen from these data: those of {planned} up to {short}."
        if at[0] == COMPARED_AT_DAYS[0]
        else f"The day was chosen from these data: {short}, instead of {planned}.")  # fmt: skip
    return [
        analysis("means", "Restricted mean time", MEANS, by="arm", tau=tau, note=horizon),
        analysis("risks", "Risk", RISKS, by="arm", at=at, note=times),
    ]


KM = "survival.kaplan_meier"
COX = "survival.cox"
OLS = "regression.ols"
LOG_RANK = "survival.log_rank"
MEANS = "survival.restricted_means"
RISKS = "survival.compare_at"
BOOTSTRAP = "resampling.bootstrap_comparison"
REPLICATES = 2000


def _measures(trial: Trial) -> list[Analysis]:
    """The arms compared on each measure that was asked after randomisation; then the dose."""
    later = trial.outcomes[(trial.outcomes["month"] > 0) & trial.outcomes["value"].notna()]
    baseline = set(trial.outcomes.loc[trial.outcomes["month"] == 0, "measure"].dropna())
    planned = []
    for name in _in_order(later["measure"].dropna().unique()):
        months = later.loc[later["measure"] == name, "month"].nunique()
        parts = [f"{name} ~ arm"] + [f"{name}_baseline"] * (name in baseline)
        parts += ["factor(month)"] * (months > 1)
        described = trial.measures[name].described if name in trial.measures else in_sentence(name)
        title = f"Mean difference over all visits: {described}"
        frame = Frame("visits", {"measures": name})
        planned.append(
            Analysis(name, title, WALKING, OLS, frame, arguments={"formula": " + ".join(parts)})
        )
    if len(trial.walking) and (later["measure"] == "pain_nrs").any() and "pain_nrs" in baseline:
        planned += _pain_on_walking(trial)
    return planned


def _in_order(measures: Iterable[str]) -> list[str]:
    """Those of the dictionary in its order, then the others, if a formula can hold their name."""
    known = {name: place for place, name in enumerate(MEASURES)}
    usable = [name for name in measures if name.isidentifier()]
    return sorted(usable, key=lambda name: (known.get(name, len(known)), name))


def _pain_on_walking(trial: Trial) -> list[Analysis]:
    device = (trial.walking["measured_by"] == "device").all()
    arguments: dict[str, Any] = {"measures": "pain_nrs", "walking_weeks": 4}
    arguments |= {"measured_by": "device"} if device else {}
    frame = visits(trial, **arguments)
    known = frame.dropna(subset=["walking_minutes", "pain_nrs"])
    if known["walking_minutes"].nunique() < FEWEST_DOSES:
        return []
    middle = float(np.round(known["walking_minutes"].median(), -1))
    months = " + factor(month)" * (known["month"].nunique() > 1)
    planned = [
        Analysis(
            "pain_on_walking",
            "Pain on minutes walked in the four weeks before, adjusted for baseline pain",
            WALKING,
            OLS,
            Frame("visits", arguments),
            arguments={
                "formula": f"pain_nrs ~ rcs(walking_minutes, 4) + arm + pain_nrs_baseline{months}"
            },
        ),
        Analysis(
            "pain_dose",
            f"Difference in pain from {middle:g} minutes a week",
            WALKING,
            "regression.dose_response",
            of="pain_on_walking",
            arguments={"x": "walking_minutes", "reference": middle, "at": _doses(known)},
            note=f"The reference was chosen from these data: {middle:g} minutes a week is their "
            "median, rounded to 10. The curve is drawn where all but the lowest and the highest "
            "1 % of the doses lie.",
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
