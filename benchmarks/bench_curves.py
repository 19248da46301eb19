"""Curves of two arms: Kaplan-Meier with median, log-rank test and restricted means together."""

import numpy as np

from benchmarks.trials import first_events
from benchmarks.work import Work
from walkstats import survival
from walkstats.numerics.limits import probability_limits
from walkstats.survival.log_rank_scores import fleming_harrington, group_scores, group_statistic
from walkstats.survival.product_limit import areas, product_limit
from walkstats.survival.risk_tables import count_risk_table

TAU = 365.0


def works() -> list[Work]:
    """The size of a trial, and a hundred times that."""
    aims = {"R": 30, "R internals": 30, "lifelines": 4, "statsmodels": 4}
    return [arms(701, aims), arms(70_100, {})]


def arms(n: int, aims: dict[str, float]) -> Work:
    """What is done on two arms by each engine; statsmodels has no restricted mean."""
    frame = first_events(n)
    days, event = frame["days"].to_numpy(float), frame["event"].to_numpy(bool)
    arm = frame["arm"].to_numpy(np.intp)

    def call():
        survival.kaplan_meier(frame, "arm").quantile(0.5)
        survival.log_rank(frame, "arm")
        survival.restricted_means(frame, "arm", tau=TAU)

    def kernel():
        table = count_risk_table(days, event, arm, 2)
        steps = product_limit(table)
        with np.errstate(invalid="ignore"):
            error = steps.value * np.sqrt(steps.variance)
        probability_limits(steps.value, error, "log-log", level=0.95)
        reached = steps.value <= 0.5
        _ = np.where(reached[:, -1], table.times[reached.argmax(axis=1)], np.nan)  # medians
        areas(table, steps.value, 0.0, TAU)
        score = group_scores(table, fleming_harrington(0.0, 0.0))
        group_statistic(score.observed - score.expected, score.covariance)

    def lifelines():
        from lifelines import KaplanMeierFitter
        from lifelines.statistics import logrank_test
        from lifelines.utils import restricted_mean_survival_time

        groups = [group for _, group in frame.groupby("arm")]
        for group in groups:
            curve = KaplanMeierFitter().fit(group["days"], group["event"])
            _ = curve.median_survival_time_, curve.confidence_interval_
            restricted_mean_survival_time(curve, t=TAU)  # has no standard error
        one, two = groups
        logrank_test(one["days"], two["days"], one["event"], two["event"])

    def statsmodels():
        from statsmodels.duration.survfunc import SurvfuncRight, survdiff

        for _, group in frame.groupby("arm"):
            curve = SurvfuncRight(group["days"], group["event"])
            curve.quantile(0.5)
            curve.quantile_ci(0.5)
        survdiff(frame["days"], frame["event"], frame["arm"])

    return Work(
        name=f"Kaplan-Meier, median, log-rank, restricted mean, n={n:,}",
        frame=frame,
        engines={
            "walkstats": call,
            "kernel": kernel,
            "lifelines": lifelines,
            "statsmodels": statsmodels,
        },
        prepare_r="y <- Surv(d$days, d$event); g <- factor(d$arm); "
        "fit <- survfit(y ~ arm, d); w <- rep(1, nrow(d))",
        r={
            "R": f"summary(survfit(y ~ arm, d), rmean = {TAU:g})$table; survdiff(y ~ arm, d)",
            "R internals": "survfitKM(g, y, w); survival:::survdiff.fit(y, g); "
            f"survival:::survmean(fit, rmean = {TAU:g})",
        },
        aims=aims,
    )
