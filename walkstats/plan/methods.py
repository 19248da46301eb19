"""What may a plan ask for? The frames and methods by name; nothing else can be called."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

FRAMES = (
    "baseline",
    "first_recurrence",
    "recurrences",
    "recurrence_intervals",
    "competing_events",
    "walking_spans",
    "days_in_pain",
    "recovery",
    "check_in_completeness",
    "visits",
    "weekly_minutes",
    "reconcile_walking",
    "adherence",
    "adherence_by_arm",
    "adherence_by_week",
    "participant_flow",
    "adverse_events",
    "harm_counts",
    "follow_up_endings",
    "economics.total_costs",
    "economics.qalys",
    "economics.resource_use",
    "economics.unit_prices",
    "economics.costs_by_category",
)


@dataclass(frozen=True)
class Method:
    """A method that a plan may ask for.

    Attributes
    ----------
    name : str
        ``"part.function"``.
    positional : tuple of str
        Arguments that the function takes by position after the frame or the earlier result.
    level : bool
        Whether it takes the plan's confidence level.
    seed : bool
        Whether it draws random numbers, from the seed of the run unless the plan gives another.
    frames : tuple of str
        Arguments that are frames too; a plan gives each as a table of derive, arguments and where.
    many : tuple of str
        Arguments that are several frames by name; a plan gives each as a table of such tables.
    summary : tuple of str
        What it estimates, as the summary of an estimand may say it; empty where it is no matter.
    calls : str
        Argument that is an analysis of a frame; a plan gives it as a table of method, arguments and
        part (of the result), or as a list of such tables, each applied to what the one before gave.
    through : str
        Module and function that stand for it in a plan, where its own first argument is not what an
        analysis of a plan takes.
    """

    name: str
    positional: tuple[str, ...] = ()
    level: bool = True
    seed: bool = False
    frames: tuple[str, ...] = ()
    many: tuple[str, ...] = ()
    summary: tuple[str, ...] = ()
    calls: str = ""
    through: str = ""

    @property
    def function(self) -> Callable[..., Any]:
        """The function itself."""
        part, _, name = (self.through or self.name).rpartition(".")
        return getattr(importlib.import_module(f"walkstats.{part}"), name)


METHODS = {
    method.name: method
    for method in (
        Method("survival.kaplan_meier", ("by",)),
        Method("survival.nelson_aalen", ("by",)),
        Method("survival.follow_up", ("by",)),
        Method("survival.log_rank", ("by",), level=False),
        Method("survival.restricted_means", ("by",), summary=("restricted mean", "mean time")),
        Method("survival.compare_at", ("by",), summary=("risk",)),
        Method("survival.cox", ("formula",), summary=("hazard ratio",)),
        Method("survival.turnbull", ("by",)),
        Method("survival.interval_log_rank", ("by",), level=False),
        Method("survival.interval_cox", ("formula",), summary=("hazard ratio",)),
        Method("survival.ascertainment_sensitivity", ("formula",), frames=("recalled",)),
        Method("survival.mean_cumulative_count", ("by",)),
        Method("survival.compare_mean_counts", ("by",)),
        Method(
            "survival.andersen_gill",
            ("formula",),
            summary=("rate ratio", "ratio of rates", "ratio of mean numbers"),
        ),
        Method("survival.prentice_williams_peterson", ("formula",)),
        Method("survival.compare_recurrent_models", ("formula",)),
        Method("survival.cumulative_incidence", ("by",)),
        Method("survival.gray_test", ("by",), level=False),
        Method("survival.cause_specific_cox", ("formula",)),
        Method("survival.fine_gray", ("formula",), summary=("subdistribution hazard ratio",)),
        Method("survival.check_proportional_hazards", level=False),
        Method("resampling.bootstrap_comparison", ("by",), seed=True),
        Method("regression.ols", ("formula",), summary=("difference",)),
        Method(
            "regression.rate_regression", ("formula",), summary=("rate ratio", "ratio of rates")
        ),
        Method("regression.logistic", ("formula",), summary=("odds ratio",)),
        Method(
            "regression.relative_risk",
            ("formula",),
            summary=("risk ratio", "relative risk", "ratio of risks"),
        ),
        Method("regression.risk_difference", ("formula",), summary=("difference",)),
        Method("regression.ordinal", ("formula",), summary=("odds ratio",)),
        Method("regression.check_proportional_odds", level=False),
        Method("regression.gee", ("formula",)),
        Method("regression.dose_response", ("x",)),
        Method("regression.linear_mixed", ("formula",), summary=("difference",)),
        Method("regression.mmrm", ("formula",), summary=("difference",)),
        Method("regression.visit_differences", summary=("difference",)),
        Method("regression.marginal_means", ("factor",)),
        Method("regression.compare_means", ("outcome", "by")),
        Method("regression.compare_risks", ("outcome", "by")),
        Method("regression.compare_rates", ("by",)),
        Method("regression.compare_harms", ("by",)),
        Method("causal.complier_effect", ("by",)),
        Method("causal.treatment_weights", ("formula",), level=False),
        Method("causal.per_protocol", ("formula", "by"), seed=True),
        Method("causal.balance", ("weights", "covariates"), level=False),
        Method("causal.e_value", ("term",), level=False),
        Method("causal.mediate", seed=True),
        Method("causal.mediate_from_landmark", seed=True, frames=("measured",)),
        Method("causal.subgroup_effects", ("formula", "modifiers")),
        Method("causal.effect_curve", ("formula", "modifier")),
        Method("regression.agreement", ("first", "second")),
        Method("regression.association", ("row", "column"), level=False),
        Method("regression.equivalence", ("term",), level=False),
        Method("missing.missing_pattern", level=False),
        Method("missing.impute", level=False, seed=True),
        Method("missing.impute_after_drop_out", level=False, seed=True),
        Method("missing.reference_based", ("outcome",), level=False, seed=True),
        Method("missing.delta_adjust", ("column", "delta"), level=False),
        Method("missing.pool", calls="analysis", through="plan.over_imputations.pool_analyses"),
        Method("missing.tipping_point", calls="analysis", through="plan.over_imputations.tip"),
        Method(
            "economics.cost_effectiveness",
            seed=True,
            frames=("effects",),
            summary=("cost per", "cost-effectiveness", "net benefit", "difference"),
        ),
        Method("economics.compare_costs", ("by",)),
        Method("economics.net_benefit", ("threshold",)),
        Method("economics.acceptability_curve", ("thresholds",), level=False),
        Method("economics.expected_value_of_perfect_information", ("thresholds",), level=False),
        Method(
            "economics.scenarios",
            seed=True,
            frames=("effects",),
            many=("others",),
            through="plan.over_scenarios.compare_scenarios",
        ),
        Method(
            "economics.one_way",
            level=False,
            seed=True,
            frames=("effects",),
            many=("low", "high"),
            through="plan.over_scenarios.vary_prices",
        ),
    )
} | {"frame": Method("frame", level=False)}


def run_method(
    name: str, subject: Any, arguments: dict[str, Any], *, level: float, seed: int
) -> Any:
    """Apply a method to a frame or to an earlier result; ``"frame"`` gives the frame itself."""
    if name == "frame":
        return subject
    method = METHODS[name]
    given = dict(arguments)
    if method.level:
        given.setdefault("level", level)
    if method.seed:
        given.setdefault("seed", seed)
    if method.calls:
        steps = given[method.calls]
        steps = [steps] if isinstance(steps, Mapping) else list(steps)
        given[method.calls] = lambda frame: _in_turn(frame, steps, level=level, seed=seed)
    positional = [given.pop(one) for one in method.positional if one in given]
    return method.function(subject, *positional, **given)


def _in_turn(frame: Any, steps: list[Mapping[str, Any]], *, level: float, seed: int) -> Any:
    """Apply methods one after the other, each to what the one before gave."""
    subject = frame
    for step in steps:
        arguments = dict(step.get("arguments", {}))
        subject = run_method(step["method"], subject, arguments, level=level, seed=seed)
        subject = getattr(subject, step["part"]) if step.get("part") else subject
    return subject
