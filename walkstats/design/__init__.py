"""What would a trial of this design look like? Simulated trials.

``Design``          a trial as it is meant to be: people, follow-up, recurrences, walking, outcomes
``read_design``     a design from a TOML file
``simulate_trial``  a synthetic trial from a design and a seed
"""

from typing import TYPE_CHECKING

from walkstats._lazy import attach

__getattr__, __dir__, __all__ = attach(
    __name__,
    {
        "specification": ["Design"],
        "design_file": ["read_design"],
        "simulation": ["simulate_trial"],
    },
)

if TYPE_CHECKING:
    from walkstats.design.design_file import read_design as read_design
    from walkstats.design.simulation import simulate_trial as simulate_trial
    from walkstats.design.specification import Design as Design
