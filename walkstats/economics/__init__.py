"""What does walking cost, and what is it worth?

What people cost and how they fare, one row per randomised participant
    ``total_costs``        costs by perspective, missing where nobody answered
    ``qalys``              quality-adjusted life-years: the area under utilities at visits
Points of view
    ``PERSPECTIVES``       whose costs count; ``CATEGORIES`` the kinds of cost they choose from
    ``Perspective``        one of one's own
Costs beside effects
    ``cost_effectiveness``   increments, their ratio and the draws; returns ``CostEffectiveness``
"""

from typing import TYPE_CHECKING

from walkstats._lazy import attach

__getattr__, __dir__, __all__ = attach(
    __name__,
    {
        "costing": ["total_costs"],
        "life_years": ["qalys"],
        "value_for_money": ["cost_effectiveness"],
        "value_shape": ["CostEffectiveness"],
        "perspectives": ["CATEGORIES", "PERSPECTIVES", "Perspective"],
    },
)

if TYPE_CHECKING:
    from walkstats.economics.costing import total_costs as total_costs
    from walkstats.economics.life_years import qalys as qalys
    from walkstats.economics.perspectives import CATEGORIES as CATEGORIES
    from walkstats.economics.perspectives import PERSPECTIVES as PERSPECTIVES
    from walkstats.economics.perspectives import Perspective as Perspective
    from walkstats.economics.value_for_money import cost_effectiveness as cost_effectiveness
    from walkstats.economics.value_shape import CostEffectiveness as CostEffectiveness
