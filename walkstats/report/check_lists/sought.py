"""How is the place of an item found? By what was composed, never by what was planned alone."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from walkstats.plan import Analysis, PlanResults
from walkstats.plan.signing import signature_problems
from walkstats.report.placing import Place, said_where
from walkstats.report.wording import derived


@dataclass(frozen=True, eq=False)
class Seen:
    """What a check-list is held against.

    Attributes
    ----------
    results : PlanResults
    places : tuple of Place
        Of every block that was composed.
    economics : mapping of str to object
        Perspective, horizon, currency and so on of the economic frames that were made.
    lacking : mapping of str to str
        Owner of blocks -> what they lack of what guidelines ask, in words.
    """

    results: PlanResults
    places: tuple[Place, ...]
    economics: Mapping[str, object] = field(default_factory=dict)
    lacking: Mapping[str, str] = field(default_factory=dict)

    def at(self, *owners: str) -> tuple[Place, ...]:
        """Places of these owners."""
        return tuple(one for one in self.places if one.owner in owners)

    def of(self, chosen: Callable[[Analysis], bool]) -> tuple[Place, ...]:
        """Places of the analyses that were run and shown, and are of this kind."""
        names = {one.name for one in self.results.plan.analyses if chosen(one)}
        return self.at(*(names & set(self.results.results)))


@dataclass(frozen=True)
class Found:
    """Where an item is, and what of it is lacking there; both empty where it is not there."""

    where: str = ""
    lacking: str = ""


Finder = Callable[[Seen], Found]


def _owner(*owners: str) -> Finder:
    """Blocks that belong to no analysis, with what they lack."""

    def find(seen: Seen) -> Found:
        lacking = "; ".join(seen.lacking[one] for one in owners if seen.lacking.get(one))
        where = said_where(seen.at(*owners))
        return Found(where, lacking if where else "")

    return find


def _analyses(chosen: Callable[[Analysis], bool], *owners: str) -> Finder:
    """Analyses of a kind, with blocks that stand for them."""

    def find(seen: Seen) -> Found:
        return Found(said_where((*seen.of(chosen), *seen.at(*owners))))

    return find


def _frame(*names: str) -> Callable[[Analysis], bool]:
    return lambda one: derived(one) in names


def _method(*starts: str) -> Callable[[Analysis], bool]:
    return lambda one: one.method.startswith(starts)


def _status(*statuses: str) -> Callable[[Analysis], bool]:
    return lambda one: one.status in statuses


def _fact(name: str) -> Finder:
    """A fact of the economic frames, which the paragraph on economics says."""

    def find(seen: Seen) -> Found:
        known = seen.economics.get(name) not in (None, "")
        return Found(said_where(seen.at("methods_economic"))) if known else Found()

    return find


def _of_economic_outcomes(chosen: Callable[[Analysis], bool]) -> Finder:
    def find(seen: Seen) -> Found:
        economic = {one.id for one in seen.results.plan.outcomes if one.role == "economic"}
        return Found(said_where(seen.of(lambda one: one.outcome in economic and chosen(one))))

    return find


def _randomised_title(seen: Seen) -> Found:
    return Found("title" if "randomis" in seen.results.plan.title.lower() else "")


def _registration(seen: Seen) -> Found:
    told = seen.results.plan.registration
    return Found(f"{told} ({said_where(seen.at('methods_design'))})" if told else "")


def _plan_written(seen: Seen) -> Found:
    """The plan itself lies beside the report; whether it was public only a statement can tell."""
    plan = seen.results.plan
    said = f"plan of version {plan.version}" if plan.version else "plan"
    return Found(f"{said}, as it was run: provenance.json")


def _plan_version(seen: Seen) -> Found:
    plan = seen.results.plan
    if not (plan.version or plan.dated):
        return Found()
    lacking = "no date" if not plan.dated else "no version" if not plan.version else ""
    return Found(said_where(seen.at("methods_design")), lacking)


def _plan_revisions(seen: Seen) -> Found:
    return Found(said_where(seen.at("deviations")) if seen.results.plan.revisions else "")


def _plan_protocol(seen: Seen) -> Found:
    told = seen.results.plan.protocol
    return Found(f"{told}: provenance.json" if told else "")


def _plan_signed(seen: Seen) -> Found:
    """Who signed, and whether what was run is what they signed."""
    plan = seen.results.plan
    if not plan.signatures:
        return Found()
    who = [", ".join(t for t in (one.name, one.role, one.dated) if t) for one in plan.signatures]
    return Found("; ".join(who), "; ".join(signature_problems(plan)))


def _strata(seen: Seen) -> Found:
    known = seen.results.plan.strata or seen.results.trial.strata
    return Found(said_where(seen.at("methods_design")) if known else "")


def _adjustment(seen: Seen) -> Found:
    plan = seen.results.plan
    known = plan.covariates or plan.strata
    return Found(said_where(seen.at("methods_primary")) if known else "")


def _screening(seen: Seen) -> Found:
    recorded = len(seen.results.trial.screening) > 0
    return Found(said_where(seen.of(_frame("participant_flow"))) if recorded else "")


CHECKS = (
    "survival.check_proportional_hazards",
    "regression.check_proportional_odds",
    "causal.balance",
)
COSTS = ("economics.cost_effectiveness",)
HARMS = ("adverse_events", "harm_counts")

FINDERS: Mapping[str, Finder] = {
    "randomised_title": _randomised_title,
    "summary": _owner("summary"),
    "registration": _registration,
    "plan_written": _plan_written,
    "plan_version": _plan_version,
    "plan_revisions": _plan_revisions,
    "plan_protocol": _plan_protocol,
    "plan_signed": _plan_signed,
    "deviations": _owner("deviations"),
    "outcomes_defined": _owner("outcomes_defined"),
    "outcomes_timed": _owner("outcomes_defined"),
    "strata": _strata,
    "screening": _screening,
    "alpha": _owner("methods_significance"),
    "multiplicity": _owner("methods_significance", "multiplicity"),
    "methods_primary": _owner("methods_primary"),
    "methods_secondary": _owner("methods_secondary"),
    "methods_harms": _owner("methods_harms"),
    "methods_missing": _owner("methods_missing"),
    "methods_additional": _owner("methods_sensitivity", "methods_subgroups"),
    "methods_economic": _owner("methods_economic"),
    "who_analysed": _owner("who_analysed"),
    "adjustment": _adjustment,
    "software": _owner("methods_software"),
    "flow": _analyses(_frame("participant_flow")),
    "losses": _analyses(_frame("participant_flow", "follow_up_endings")),
    "dates": _owner("dates"),
    "adherence": _analyses(
        _frame("adherence", "adherence_by_arm", "adherence_by_week"), "adherence"
    ),
    "care_used": _analyses(_frame("economics.resource_use")),
    "baseline": _analyses(_frame("baseline")),
    "main_results": _owner("main_results"),
    "harms": _analyses(
        lambda one: derived(one) in HARMS or one.method == "regression.compare_harms"
    ),
    "ancillary": _analyses(_status("sensitivity", "supplementary", "subgroup")),
    "sensitivity": _analyses(_status("sensitivity")),
    "supplementary": _analyses(_status("supplementary")),
    "subgroups": _analyses(_status("subgroup")),
    "assumptions": _analyses(lambda one: one.method in CHECKS),
    "summary_of_costs": _owner("summary_of_costs"),
    "perspective": _fact("perspective"),
    "horizon": _fact("horizon_days"),
    "discount": _fact("discount_rate"),
    "currency": _fact("currency"),
    "economic_outcomes": _of_economic_outcomes(lambda one: True),
    "economic_effects_measured": _fact("effects"),
    "costs_by_arm": _analyses(
        _frame("economics.costs_by_category", "economics.resource_use", "economics.unit_prices")
    ),
    "unit_costs": _analyses(_frame("economics.unit_prices")),
    "economic_results": _analyses(_method(*COSTS)),
    "economic_uncertainty": _analyses(
        _method("economics.acceptability_curve", "economics.information_value", *COSTS)
    ),
    "methods_economic_uncertainty": _fact("uncertainty"),
    "economic_subgroups": _of_economic_outcomes(_status("subgroup")),
}
"""What an item may be found by -> how its place is found."""
