"""An analysis plan as data, and its run.

``read_plan``      a plan from a TOML file, or one that comes with walkstats
``write_plan``     a plan as a TOML file
``default_plan``   the plan that suits what a trial has recorded
``commented_plan`` a plan for a trial as a text to be filled in
``check_plan``     whether a plan fits a trial
``sign_plan``, ``plan_digest``   who signed it, and whether it has changed since
``run_plan``       all analyses of a plan on a trial
``AnalysisPlan``, ``Outcome``, ``Estimand``, ``IntercurrentEvent``   the plan as data
``Analysis``, ``Frame``, ``AnalysisSet``, ``Multiplicity``, ``Revision``, ``Signature``   its pieces
``PlanResults``    what comes out
"""

from typing import TYPE_CHECKING

from walkstats._lazy import attach

__getattr__, __dir__, __all__ = attach(
    __name__,
    {
        "specification": [
            "Analysis",
            "AnalysisPlan",
            "AnalysisSet",
            "Estimand",
            "Frame",
            "IntercurrentEvent",
            "Multiplicity",
            "Outcome",
            "Revision",
            "Signature",
        ],
        "as_toml": ["read_plan", "write_plan"],
        "defaults": ["default_plan"],
        "commented": ["commented_plan"],
        "seeing_the_data": ["check_plan"],
        "signing": ["plan_digest", "sign_plan"],
        "running": ["PlanResults", "run_plan"],
    },
)

if TYPE_CHECKING:
    from walkstats.plan.as_toml import read_plan as read_plan
    from walkstats.plan.as_toml import write_plan as write_plan
    from walkstats.plan.commented import commented_plan as commented_plan
    from walkstats.plan.defaults import default_plan as default_plan
    from walkstats.plan.running import PlanResults as PlanResults
    from walkstats.plan.running import run_plan as run_plan
    from walkstats.plan.seeing_the_data import check_plan as check_plan
    from walkstats.plan.signing import plan_digest as plan_digest
    from walkstats.plan.signing import sign_plan as sign_plan
    from walkstats.plan.specification import Analysis as Analysis
    from walkstats.plan.specification import AnalysisPlan as AnalysisPlan
    from walkstats.plan.specification import AnalysisSet as AnalysisSet
    from walkstats.plan.specification import Estimand as Estimand
    from walkstats.plan.specification import Frame as Frame
    from walkstats.plan.specification import IntercurrentEvent as IntercurrentEvent
    from walkstats.plan.specification import Multiplicity as Multiplicity
    from walkstats.plan.specification import Outcome as Outcome
    from walkstats.plan.specification import Revision as Revision
    from walkstats.plan.specification import Signature as Signature
