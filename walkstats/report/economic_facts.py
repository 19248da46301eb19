"""Whose costs were counted, in what currency, over how long, and against which effects?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from walkstats.plan import Analysis, PlanResults
from walkstats.report.method_phrases import phrase
from walkstats.report.wording import derived, listed

COSTS, LIFE_YEARS = "economics.total_costs", "economics.qalys"
FACTS = ("perspective", "horizon_days", "discount_rate", "currency", "price_year")
EVALUATION = "economics.cost_effectiveness"
UNCERTAIN = (EVALUATION, "economics.acceptability_curve", "economics.information_value")


def economic_facts(results: PlanResults) -> Mapping[str, Any]:
    """Facts of the economic frames that were made.

    Parameters
    ----------
    results : PlanResults

    Returns
    -------
    mapping
        perspective, horizon_days, discount_rate, currency, price_year where a frame says them;
        effects and uncertainty where they were analysed; empty for a plan without economics.
    """
    facts: dict[str, Any] = {}
    for one in results.plan.analyses:
        if one.name not in results.results:
            continue
        frame = results.frames.get(one.name)
        if frame is not None and derived(one) in (COSTS, LIFE_YEARS):
            for name in FACTS:
                if name in frame.attrs:
                    facts.setdefault(name, frame.attrs[name])
            if derived(one) == LIFE_YEARS:
                facts["effects"] = str(frame.attrs.get("method", "quality-adjusted life-years"))
        if one.method == EVALUATION:
            facts.setdefault("effects", "effects of the evaluation")
        if one.method in UNCERTAIN:
            facts["uncertainty"] = True
    return facts


def economics_told(results: PlanResults) -> str:
    """The methods of the economic evaluation in prose; empty where none was made."""
    facts = economic_facts(results)
    run = [
        one
        for one in results.plan.analyses
        if one.name in results.results
        and (derived(one).startswith("economics.") or one.method.startswith("economics."))
    ]
    if not run:
        return ""
    said = []
    if "perspective" in facts:
        priced = f" in {facts['currency']}" if facts.get("currency") else ""
        priced += f" of {facts['price_year']}" if facts.get("price_year") else ""
        said.append(
            f"Costs were counted from the {_perspectives(run, results)}{priced}, over "
            f"{facts['horizon_days']:g} days{_discounted(facts)}."
        )
    evaluated = [one for one in run if one.method == EVALUATION]
    units = dict.fromkeys(str(results.results[one.name].unit) for one in evaluated)
    methods = dict.fromkeys(
        phrase(one, results.results[one.name]) for one in run if one.method != "frame"
    )
    if methods:
        effects = f" ({listed(list(units), 'or')})" if units else ""
        said.append(f"We compared costs and effects{effects} by {'; by '.join(methods)}.")
    return " ".join(said)


def _perspectives(run: Sequence[Analysis], results: PlanResults) -> str:
    """Whose costs the analyses counted."""
    frames = [results.frames.get(one.name) for one in run]
    names = dict.fromkeys(
        str(frame.attrs["perspective"])
        for frame in frames
        if frame is not None and "perspective" in frame.attrs
    )
    said = listed([f"the {name}" for name in names]).removeprefix("the ")
    return f"{said} perspective{'s' * (len(names) > 1)}"


def _discounted(facts: Mapping[str, Any]) -> str:
    rate = facts.get("discount_rate")
    if rate is None:
        return ""
    if not rate:
        within = " (a horizon within one year)" if facts.get("horizon_days", 0) <= 366 else ""
        return f", undiscounted{within}"
    return f", discounted at {100 * rate:g}% a year"
