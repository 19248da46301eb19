"""How long until the pain comes back, and in whom sooner?

Curves
    ``kaplan_meier``      share still free of the event
    ``nelson_aalen``      cumulative hazard
    ``follow_up``         how long people were followed (reverse Kaplan-Meier)
Cox models
    ``cox``               hazard ratios, with strata, entry times, weights and clusters
"""

from typing import TYPE_CHECKING

from walkstats._lazy import attach

__getattr__, __dir__, __all__ = attach(
    __name__,
    {
        "curves": ["follow_up", "kaplan_meier", "nelson_aalen"],
        "proportional": ["cox"],
    },
)

if TYPE_CHECKING:
    from walkstats.survival.curves import follow_up as follow_up
    from walkstats.survival.curves import kaplan_meier as kaplan_meier
    from walkstats.survival.curves import nelson_aalen as nelson_aalen
    from walkstats.survival.proportional import cox as cox
