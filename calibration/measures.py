"""What are the figures of a trial, on analysis frames, by the published figure they stand for?

The slow and deciding twin of ``calibration.stages``: derive, survival and regression as any
reader of the sample would use them.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.special import gammaln

from calibration.stages import CONTINUOUS, EPISODE, OTHER, PRIMARY, RMDQ, WEEK_1, WEEK_12
from calibration.worth import THRESHOLD, figures
from walkstats import derive, economics, regression, survival
from walkstats.results import Estimate
from walkstats.trial import Trial

Figures = dict[str, Estimate | float]
MINUTES = f"{CONTINUOUS}.walking_minutes_per_week"


def measures(trial: Trial) -> Figures:
    """Every figure that the sample matches, or has by construction."""
    return {
        **_first_recurrences(trial),
        **_recovery(trial),
        **_disability(trial),
        **_walking(trial),
        **_harms(trial),
        **_people(trial),
        **_worth(trial),
    }


def recovery_frame(trial: Trial) -> pd.DataFrame:
    """Days of pain of each participant's first recurrence, censored at the last observed day."""
    events = derive.first_recurrence(trial, kind="any")
    first = events[events["event"]]
    rows = trial.recurrences.merge(
        first[["participant_id", "arm", "days"]],
        left_on=["participant_id", "onset_days"],
        right_on=["participant_id", "days"],
    )
    done = trial.check_ins[trial.check_ins["state"] == "completed"]
    last = done.groupby("participant_id")["covers_to_days"].max()
    until = rows["resolved_days"].fillna(rows["participant_id"].map(last))
    return rows.assign(days=until - rows["onset_days"] + 1, event=rows["resolved_days"].notna())


def _ratio(frame: pd.DataFrame) -> Estimate:
    return survival.cox(frame, "arm").estimate("arm[walking]", ratio=True)


def _median(frame: pd.DataFrame, arm: str) -> Estimate:
    return survival.kaplan_meier(frame, "arm").quantile(0.5).estimate(arm)


def _first_recurrences(trial: Trial) -> Figures:
    limits = derive.first_recurrence(trial, kind="activity_limiting")
    either = derive.first_recurrence(trial, kind="any")
    cares = _ratio(derive.first_recurrence(trial, kind="care_seeking"))
    return {
        f"{PRIMARY}.hr": _ratio(limits),
        f"{PRIMARY}.median_days_intervention": _median(limits, "walking"),
        f"{PRIMARY}.median_days_control": _median(limits, "control"),
        f"{PRIMARY}.derived.implied_events_total": float(limits["event"].sum()),
        f"{OTHER}.any_recurrence_hr": _ratio(either),
        f"{OTHER}.any_recurrence_median_days.intervention": _median(either, "walking"),
        f"{OTHER}.any_recurrence_median_days.control": _median(either, "control"),
        f"{OTHER}.any_recurrence_first_events_total": float(either["event"].sum()),
        f"{EPISODE}.n_first_recurrences": float(either["event"].sum()),
        f"{OTHER}.care_seeking_hr": cares,
        f"{OTHER}.care_seeking_reduction_percent": 100.0 * (1.0 - cares.estimate),
    }


def _recovery(trial: Trial) -> Figures:
    frame = recovery_frame(trial)
    worst = regression.ols(frame, "worst_pain_nrs ~ arm")
    return {
        f"{EPISODE}.hr_recovery": _ratio(frame),
        f"{EPISODE}.median_days_to_recovery_intervention": _median(frame, "walking"),
        f"{EPISODE}.median_days_to_recovery_control": _median(frame, "control"),
        f"{EPISODE}.worst_pain_difference": worst.estimate("arm[walking]"),
    }


def _disability(trial: Trial) -> Figures:
    frame = derive.visits(trial, measures="rmdq")
    fit = regression.ols(frame, "rmdq ~ arm + rmdq_baseline", cluster="participant_id")
    return {RMDQ: fit.estimate("arm[walking]")}


def _walking(trial: Trial) -> Figures:
    frame = derive.visits(trial, measures="rmdq", walking_weeks=4)
    means = frame.groupby(["month", "arm"], observed=True)["walking_minutes"].mean()
    weekly = derive.weekly_minutes(trial)
    walkers = weekly[weekly["arm"] == "walking"].groupby("week")["walking_minutes"].median()
    return {
        f"{MINUTES}.m3.intervention": float(means[3, "walking"]),
        f"{MINUTES}.m3.control": float(means[3, "control"]),
        f"{MINUTES}.m3.difference": float(means[3, "walking"] - means[3, "control"]),
        f"{MINUTES}.m12.intervention": float(means[12, "walking"]),
        f"{MINUTES}.m12.control": float(means[12, "control"]),
        WEEK_1: float(walkers[1]),
        WEEK_12: float(walkers[12]),
    }


def _worth(trial: Trial) -> Figures:
    """Of those who answered, period by period and visit by visit."""
    costs = economics.total_costs(trial, perspective="societal")
    lives = economics.qalys(trial)
    before = lives.attrs["baseline"]
    means = costs.groupby("arm", observed=True)[list(costs.attrs["parts"])].mean()
    extra = float((means.loc["walking"] - means.loc["control"]).sum())
    gained = 0.0
    for column, weight in lives.attrs["parts"].items():
        if column != before:
            fit = regression.ols(lives, f"{column} ~ arm + {before}")
            gained += weight * fit.estimate("arm[walking]").estimate
    lives["benefit"] = THRESHOLD * lives["qaly"] - costs["cost"]
    fit = regression.ols(lives, f"benefit ~ arm + {before}")
    return {**figures(extra, gained, fit.sigma)}


def _harms(trial: Trial) -> Figures:
    table = derive.adverse_events(trial).set_index(["kind", "arm"])
    found: Figures = {}
    for arm, word in (("walking", "intervention"), ("control", "control")):
        people, of = (float(table.loc[("any", arm), key]) for key in ("participants", "randomised"))
        found[f"adverse_events.any_ae_{word}.n"] = people
        found[f"adverse_events.any_ae_{word}.N"] = of
        found[f"adverse_events.any_ae_{word}.percent"] = 100.0 * people / of
        lower = table.loc[("body region: lower limb", arm), "events"]
        found[f"adverse_events.lower_extremity_events.{word}"] = float(lower)
    p = fisher_p(
        *(
            int(table.loc[("any", arm), key])
            for arm in ("walking", "control")
            for key in ("participants", "randomised")
        )
    )
    return {**found, "adverse_events.p": p, "adverse_events.check_fisher_p": p}


def fisher_p(a: int, of_a: int, b: int, of_b: int) -> float:
    """Two-sided p of Fisher's exact test for a of of_a against b of of_b."""
    both, total = a + b, of_a + of_b
    possible = np.arange(max(0, both - of_b), min(of_a, both) + 1)

    def ways(n: int, k: np.ndarray | int) -> np.ndarray:
        return gammaln(n + 1) - gammaln(np.add(k, 1)) - gammaln(np.subtract(n, k) + 1)

    log_p = ways(of_a, possible) + ways(of_b, both - possible) - ways(total, both)
    # tables as likely as the observed one count too; they differ by rounding only
    as_extreme = log_p <= log_p[possible == a] + 1e-7
    return float(np.exp(log_p[as_extreme]).sum())


def _people(trial: Trial) -> Figures:
    people = trial.participants
    women = float((people["sex"] == "female").sum())
    flow = derive.participant_flow(trial)
    totals = flow[flow["reason"] == ""]
    total = totals.set_index(["stage", "arm"])["n"]
    return {
        "flow.screened": float(total["screened", ""]),
        "flow.excluded": float(total["excluded", ""]),
        "flow.randomised": float(total["randomised", ""]),
        "flow.n_intervention": float(total["allocated", "walking"]),
        "flow.n_control": float(total["allocated", "control"]),
        "baseline.female.n": women,
        "baseline.female.N": float(len(people)),
        "baseline.female.percent": 100.0 * women / len(people),
        "baseline.age_mean_sd.mean": float(people["age_years"].mean()),
        "baseline.age_mean_sd.sd": float(people["age_years"].std()),
        "baseline.previous_episodes_median": float(people["previous_episodes"].median()),
    }
