"""Which analyses of all recurrences, of how they were seen and how long they lasted are planned?"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from walkstats.derive import competing_events, recurrences
from walkstats.plan.specification import Analysis, Frame
from walkstats.trial import Trial

COMPLETENESS = "Completeness of check-ins"
ALL = "All recurrences"
RECOVERY = "Recovery from the first recurrence"
MANY = {
    "activity_limiting": "activity-limiting recurrences",
    "any": "recurrences of any kind",
    "care_seeking": "recurrences with care sought",
}
YEAR = 365.0
# What is recorded of a recurrence -> how its comparison is called, and what to know of it.
SEVERITY = {
    "worst_pain_nrs": ("Worst pain in the first recurrence", ""),
    "average_pain_nrs": ("Average pain in the first recurrence", ""),
    "interference": (
        "Interference with daily activities in the first recurrence",
        "Interference has five ordered answers (0 to 4), of which the means are compared.",
    ),
}


def completeness(trial: Trial) -> list[Analysis]:
    """Check-ins completed by arm and month, where the trial has check-ins."""
    if not len(trial.check_ins):
        return []
    return [
        Analysis(
            "check_ins",
            "Check-ins completed, by arm and month",
            COMPLETENESS,
            "frame",
            Frame("check_in_completeness"),
            status="descriptive",
            note="Recurrences are seen when check-ins are answered: where one arm answers less, "
            "fewer of its recurrences are seen, and later.",
        )
    ]


def dating(trial: Trial, kind: str, section: str, event: str) -> list[Analysis]:
    """The primary comparison without knowing days: intervals, and what each dating would give."""
    if not len(trial.check_ins):
        return []
    intervals = Frame("recurrence_intervals", {"kind": kind})
    arguments: dict[str, Any] = {"formula": "arm"}
    arguments |= {"strata": list(trial.strata)} if trial.strata else {}
    recalled = {"derive": "first_recurrence", "arguments": {"kind": kind}}
    return [
        Analysis(
            f"{kind}_interval_cox",
            f"Interval-censored Cox: {event}",
            section,
            "survival.interval_cox",
            intervals,
            arguments=arguments,
            status="sensitivity",
        ),
        Analysis(
            f"{kind}_ascertainment",
            f"How much monthly ascertainment matters: {event}",
            section,
            "survival.ascertainment_sensitivity",
            intervals,
            arguments={**arguments, "recalled": recalled},
            status="sensitivity",
        ),
    ]


def beside_death(trial: Trial, kind: str, section: str, event: str) -> list[Analysis]:
    """Incidences with death as an outcome of its own, where somebody died before the first one."""
    frame = Frame("competing_events", {"kind": kind})
    if not (competing_events(trial, kind=kind)["outcome"] == "death").any():
        return []

    def analysis(name: str, title: str, method: str, **more: Any) -> Analysis:
        named = f"{title}: {event}"
        return Analysis(
            f"{kind}_{name}",
            named,
            section,
            method,
            frame,
            "",
            {"by": "arm", **more},
            "sensitivity",
        )

    return [
        analysis("incidence", "Incidence with death as an outcome of its own", INCIDENCE),
        analysis("gray", "Gray's test, death competing", GRAY, of="recurrence"),
    ]


INCIDENCE = "survival.cumulative_incidence"
GRAY = "survival.gray_test"


def all_recurrences(trial: Trial, kind: str) -> list[Analysis]:
    """Mean counts and the ratio of rates, every day under observation at risk."""
    arguments = {"kind": kind, "at_risk": "under_observation"}
    spells = recurrences(trial, kind=kind, at_risk="under_observation")
    frame = Frame("recurrences", arguments)
    died = spells["ended_by"].astype(str).str.startswith("died").any()
    death = {"terminal": "ended_by", "terminal_value": "died"} if died else {}
    strata: dict[str, Any] = {"strata": list(trial.strata)} if trial.strata else {}
    at, note = _compared_at(spells)
    many = MANY[kind]

    def analysis(name: str, title: str, method: str, note: str = "", **more: Any) -> Analysis:
        return Analysis(
            f"recurrences_{name}", title.format(many), ALL, method, frame, "", more, note=note
        )

    planned = [
        analysis("mean_count", "Mean number of {} over follow-up", MEAN_COUNT, by="arm", **death),
        analysis(
            "compared",
            "Mean number of {} per participant",
            COMPARED,
            note,
            by="arm",
            at=at,
            **death,
        ),
        analysis("rate", "Rate of {}", RATE, formula="arm", **strata),
    ]
    return planned + _days_in_pain(trial)


MEAN_COUNT = "survival.mean_cumulative_count"
COMPARED = "survival.compare_mean_counts"
RATE = "survival.andersen_gill"


def _compared_at(spells: pd.DataFrame) -> tuple[float, str]:
    """The day at which counts are compared, and what to say where the data chose it."""
    ends = spells.groupby("arm", observed=True)["observed_until_days"].max()
    last = float(np.floor(ends.min()))
    if last >= YEAR or last < 1:
        return YEAR, ""
    return last, (
        f"The day was chosen from these data: day {last:g}, the last whole day to which every arm "
        f"was followed, instead of {YEAR:g}."
    )


def _days_in_pain(trial: Trial) -> list[Analysis]:
    """Days in pain for each day observed in the first year, where last days are recorded."""
    if trial.recurrences["resolved_days"].isna().all():
        return []
    return [
        Analysis(
            "days_in_pain",
            "Days in pain per day observed in the first year: pain of any kind",
            ALL,
            "regression.rate_regression",
            Frame("days_in_pain", {"kind": "any", "days": YEAR}),
            arguments={"formula": "days_in_pain ~ arm", "exposure": "observed_days"},
            note="Numbers of recurrences say nothing of how long they last; days in pain count "
            "both. The events of this regression are days in pain; those of one participant hang "
            "together, so the variance is robust.",
        )
    ]


def recovery(trial: Trial) -> list[Analysis]:
    """How long the first recurrence of any kind lasted and how bad it was, where that is known."""
    recorded = trial.recurrences
    if not len(recorded) or recorded["resolved_days"].isna().all():
        return []
    frame = Frame("recovery", {"kind": "any"})

    def analysis(name: str, title: str, method: str, note: str = "", **more: Any) -> Analysis:
        return Analysis(f"recovery_{name}", title, RECOVERY, method, frame, "", more, note=note)

    planned = [
        analysis("curve", "Time until recovery", "survival.kaplan_meier", by="arm"),
        analysis(
            "cox",
            "Recovery, Cox regression",
            "survival.cox",
            "A hazard ratio above 1 is faster recovery.",
            formula="arm",
        ),
    ]
    for column, (title, note) in SEVERITY.items():
        if column in recorded and recorded[column].notna().any():
            planned.append(
                analysis(column, title, "regression.ols", note, formula=f"{column} ~ arm")
            )
    return planned
