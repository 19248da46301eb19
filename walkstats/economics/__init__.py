"""What does walking cost, and what is it worth?

What people cost and how they fare, one row per randomised participant
    ``total_costs``        costs by perspective, missing where nobody answered
    ``qalys``              quality-adjusted life-years: the area under utilities at visits
    ``resource_use``       what was used, item by item and arm by arm
    ``unit_prices``        what one of each item costs, in which year's money
    ``costs_by_category``  what it came to, category by category
    ``compare_costs``      a two-part or gamma model; returns ``CostComparison``
Points of view
    ``PERSPECTIVES``       whose costs count; ``CATEGORIES`` the kinds of cost they choose from
    ``Perspective``        one of one's own
Costs beside effects
    ``cost_effectiveness``   increments, their ratio and the draws; returns ``CostEffectiveness``
    ``net_benefit``          at a threshold; ``acceptability_curve`` over thresholds
    ``expected_value_of_perfect_information``   what it would be worth to know for certain
Other assumptions
    ``scenarios``            side by side; returns ``Scenarios``
    ``one_way``              one price at a time, as a tornado shows it; returns ``OneWay``
"""

from typing import TYPE_CHECKING

from walkstats._lazy import attach

__getattr__, __dir__, __all__ = attach(
    __name__,
    {
        "costing": ["total_costs"],
        "life_years": ["qalys"],
        "other_assumptions": ["OneWay", "Scenarios", "one_way", "scenarios"],
        "thresholds": [
            "acceptability_curve",
            "expected_value_of_perfect_information",
            "net_benefit",
        ],
        "value_for_money": ["cost_effectiveness"],
        "value_shape": ["CostEffectiveness"],
        "perspectives": ["CATEGORIES", "PERSPECTIVES", "Perspective"],
        "skewed_costs": ["CostComparison", "compare_costs"],
        "what_was_used": ["costs_by_category", "resource_use", "unit_prices"],
    },
)

if TYPE_CHECKING:
    from walkstats.economics.costing import total_costs as total_costs
    from walkstats.economics.life_years import qalys as qalys
    from walkstats.economics.other_assumptions import OneWay as OneWay
    from walkstats.economics.other_assumptions import Scenarios as Scenarios
    from walkstats.economics.other_assumptions import one_way as one_way
    from walkstats.economics.other_assumptions import scenarios as scenarios
    from walkstats.economics.perspectives import CATEGORIES as CATEGORIES
    from walkstats.economics.perspectives import PERSPECTIVES as PERSPECTIVES
    from walkstats.economics.perspectives import Perspective as Perspective
    from walkstats.economics.skewed_costs import CostComparison as CostComparison
    from walkstats.economics.skewed_costs import compare_costs as compare_costs
    from walkstats.economics.thresholds import acceptability_curve as acceptability_curve
    from walkstats.economics.thresholds import (
        expected_value_of_perfect_information as expected_value_of_perfect_information,
    )
    from walkstats.economics.thresholds import net_benefit as net_benefit
    from walkstats.economics.value_for_money import cost_effectiveness as cost_effectiveness
    from walkstats.economics.value_shape import CostEffectiveness as CostEffectiveness
    from walkstats.economics.what_was_used import costs_by_category as costs_by_category
    from walkstats.economics.what_was_used import resource_use as resource_use
    from walkstats.economics.what_was_used import unit_prices as unit_prices
