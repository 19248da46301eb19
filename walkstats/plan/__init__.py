"""An analysis plan as data, and its run.

``read_plan``      a plan from a TOML file
``write_plan``     a plan as a TOML file
``default_plan``   the plan that suits what a trial has recorded
``run_plan``       all analyses of a plan on a trial
``Plan``, ``Analysis``, ``Frame``   the plan as data
``PlanResults``    what comes out
"""

from typing import TYPE_CHECKING

from walkstats._lazy import attach

__getattr__, __dir__, __all__ = attach(
    __name__,
    {
        "specification": ["Analysis", "Frame", "Plan", "read_plan", "write_plan"],
        "defaults": ["default_plan"],
        "running": ["PlanResults", "run_plan"],
    },
)

if TYPE_CHECKING:
    from walkstats.plan.defaults import default_plan as default_plan
    from walkstats.plan.running import PlanResults as PlanResults
    from walkstats.plan.running import run_plan as run_plan
    from walkstats.plan.specification import Analysis as Analysis
    from walkstats.plan.specification import Frame as Frame
    from walkstats.plan.specification import Plan as Plan
    from walkstats.plan.specification import read_plan as read_plan
    from walkstats.plan.specification import write_plan as write_plan
