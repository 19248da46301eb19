"""Which rules does a trial break?"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from walkstats.checks.bodies import BODY_RULES
from walkstats.checks.check_in_order import CHECK_IN_RULES
from walkstats.checks.days_of_randomisation import DAY_RULES
from walkstats.checks.dictionary import dictionary_problems
from walkstats.checks.episodes import EPISODE_RULES
from walkstats.checks.habits import HABIT_RULES, NOTES
from walkstats.checks.identifying import identifying_problems
from walkstats.checks.material import Material
from walkstats.checks.people import PEOPLE_RULES, people_problems
from walkstats.checks.periods import PERIOD_RULES
from walkstats.checks.randomising import RANDOMISATION_RULES
from walkstats.checks.reported import REPORTED_RULES
from walkstats.checks.rules import run_rules
from walkstats.checks.same_people import SAME_PEOPLE_RULES
from walkstats.checks.visits_and_costs import VISIT_RULES
from walkstats.checks.weeks import WEEK_RULES
from walkstats.errors import Problem

RULES = (
    *PEOPLE_RULES,
    *RANDOMISATION_RULES,
    *DAY_RULES,
    *SAME_PEOPLE_RULES,
    *BODY_RULES,
    *EPISODE_RULES,
    *REPORTED_RULES,
    *PERIOD_RULES,
    *CHECK_IN_RULES,
    *WEEK_RULES,
    *VISIT_RULES,
    *HABIT_RULES,
)


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
        *(replace(one, topic="privacy") for one in identifying_problems(material)),
    ]
    return sorted(found, key=lambda one: one.severity != "error")


def find_notes(material: Material) -> tuple[str, ...]:
    """What is worth knowing and no finding, as numbers that people round.

    Parameters
    ----------
    material : Material

    Returns
    -------
    tuple of str
    """
    return tuple(note for notes in NOTES for note in notes(material))


def with_topics(problems: Iterable[Problem]) -> list[Problem]:
    """Findings, those without a topic under what reading finds: cells, or files and declarations.

    Parameters
    ----------
    problems : iterable of Problem

    Returns
    -------
    list of Problem
        In the same order.

    Examples
    --------
    >>> [one.topic for one in with_topics([Problem("empty"), Problem("'x'", column="age_years")])]
    ['files', 'values']
    """
    return [
        one if one.topic else replace(one, topic="values" if one.column else "files")
        for one in problems
    ]
