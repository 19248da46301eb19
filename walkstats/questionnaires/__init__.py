"""Questionnaires as data: items, codes, scales, what stands in for missing answers, and sources.

``shipped_questionnaires``   one row per scale of those that come with walkstats
``read_questionnaire``       one of them by name, or one's own by file or mapping
``read_value_set``           utilities of EQ-5D-5L profiles, which the team supplies
``Questionnaire``, ``Scale``, ``Rule``, ``Source``, ``ValueSet``   what they return

No wording of items is here. ``derive.score`` and the ``score`` clause of trial.toml make outcomes
of answers.
"""

from typing import TYPE_CHECKING

from walkstats._lazy import attach

__getattr__, __dir__, __all__ = attach(
    __name__,
    {
        "definitions": ["Questionnaire", "Rule", "Scale", "Source"],
        "entries": ["read_questionnaire", "shipped_questionnaires"],
        "utilities": ["ValueSet", "read_value_set"],
    },
)

if TYPE_CHECKING:
    from walkstats.questionnaires.definitions import Questionnaire as Questionnaire
    from walkstats.questionnaires.definitions import Rule as Rule
    from walkstats.questionnaires.definitions import Scale as Scale
    from walkstats.questionnaires.definitions import Source as Source
    from walkstats.questionnaires.entries import read_questionnaire as read_questionnaire
    from walkstats.questionnaires.entries import shipped_questionnaires as shipped_questionnaires
    from walkstats.questionnaires.utilities import ValueSet as ValueSet
    from walkstats.questionnaires.utilities import read_value_set as read_value_set
