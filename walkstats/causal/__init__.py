"""What does walking itself do, beyond being asked to walk? Each result states what it assumes.

Only the comparison of the arms as randomised is kept safe by chance; everything here leans on
assumptions that no data can show, and says which.

What did it do in those who walked because they were asked to?
    ``complier_effect``    with the arm as instrument; returns ``ComplierEffect``
What if everybody had done as asked?
    ``treatment_weights``  inverse probability weights; returns ``TreatmentWeights``
    ``per_protocol``       the arms among those who followed, weighted; returns ``PerProtocol``
    ``balance``            are groups alike, without weights and with them? returns ``Balance``
Whom does the arm help more?
    ``subgroup_effects``   by what was known at randomisation; returns ``SubgroupEffects``
    ``effect_curve``       along a number, such as age; returns ``EffectCurve``
How much of its effect runs through something that it changes earlier?
    ``mediate``            natural direct and indirect effects; returns ``Mediation``
    ``mediate_from_landmark``   ... on an event, among those free of it on a day
How strong would something unmeasured have to be?
    ``e_value``            E-values of ratios and differences; returns ``EValue``
"""

from typing import TYPE_CHECKING

from walkstats._lazy import attach

__getattr__, __dir__, __all__ = attach(
    __name__,
    {
        "compliers": ["ComplierEffect", "complier_effect"],
        "weighting": ["TreatmentWeights", "treatment_weights"],
        "balancing": ["Balance", "balance"],
        "subgroups.along_a_number": ["EffectCurve", "effect_curve"],
        "subgroups.who_benefits": ["SubgroupEffects", "subgroup_effects"],
        "mediation.after_landmark": ["mediate_from_landmark"],
        "mediation.mediation_results": ["Mediation"],
        "mediation.natural_effects": ["mediate"],
        "following": ["PerProtocol", "per_protocol"],
        "unmeasured": ["EValue", "e_value"],
    },
)

if TYPE_CHECKING:
    from walkstats.causal.balancing import Balance as Balance
    from walkstats.causal.balancing import balance as balance
    from walkstats.causal.compliers import ComplierEffect as ComplierEffect
    from walkstats.causal.compliers import complier_effect as complier_effect
    from walkstats.causal.following import PerProtocol as PerProtocol
    from walkstats.causal.following import per_protocol as per_protocol
    from walkstats.causal.mediation.after_landmark import (
        mediate_from_landmark as mediate_from_landmark,
    )
    from walkstats.causal.mediation.mediation_results import Mediation as Mediation
    from walkstats.causal.mediation.natural_effects import mediate as mediate
    from walkstats.causal.subgroups.along_a_number import EffectCurve as EffectCurve
    from walkstats.causal.subgroups.along_a_number import effect_curve as effect_curve
    from walkstats.causal.subgroups.who_benefits import SubgroupEffects as SubgroupEffects
    from walkstats.causal.subgroups.who_benefits import subgroup_effects as subgroup_effects
    from walkstats.causal.unmeasured import EValue as EValue
    from walkstats.causal.unmeasured import e_value as e_value
    from walkstats.causal.weighting import TreatmentWeights as TreatmentWeights
    from walkstats.causal.weighting import treatment_weights as treatment_weights
