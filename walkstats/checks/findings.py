"""Which rules does a trial break?"""

from __future__ import annotations

from walkstats.checks.dictionary import dictionary_problems
from walkstats.checks.episodes import EPISODE_RULES
from walkstats.checks.identifying import identifying_problems
from walkstats.checks.material import Material
from walkstats.checks.people import PEOPLE_RULES, people_problems
from walkstats.checks.periods import PERIOD_RULES
from walkstats.checks.rules import run_rules
from walkstats.checks.visits_and_costs import VISIT_RULES
from walkstats.checks.weeks import WEEK_RULES
from walkstats.errors import Problem

RULES = (*PEOPLE_RULES, *EPISODE_RULES, *PERIOD_RULES, *WEEK_RULES, *VISIT_RULES)


def find_problems(material: Material) -> list[Problem]:
    """Everything that the rules find, errors first.

    Parameters
    ----------
    material : Material

    Returns
    -------
    list of Problem
    """
    found = [
        *people_problems(material),
        *dictionary_problems(material),
        *run_rules(RULES, material),
        *identifying_problems(material),
    ]
    return sorted(found, key=lambda one: one.severity != "error")
