"""Is a trial fit to be analysed? Rules by table, as data.

``find_problems``   every rule that tables break
``material_of``     a Trial in memory as what the rules look at

``dictionary`` holds what the dictionary alone can tell (required, ranges, values, keys, unknown
participants); the other modules hold rules, as data: ``people``, ``bodies``, ``same_people``,
``randomising`` and ``days_of_randomisation``; ``episodes`` and ``reported``; ``periods`` and
``check_in_order``; ``weeks``; ``visits_and_costs``; ``habits``; ``identifying``. ``catalogue``
lists all that is looked for.
"""

from typing import TYPE_CHECKING

from walkstats._lazy import attach

__getattr__, __dir__, __all__ = attach(
    __name__,
    {
        "findings": ["find_notes", "find_problems", "with_topics"],
        "conforming": ["material_of"],
    },
)

if TYPE_CHECKING:
    from walkstats.checks.conforming import material_of as material_of
    from walkstats.checks.findings import find_notes as find_notes
    from walkstats.checks.findings import find_problems as find_problems
    from walkstats.checks.findings import with_topics as with_topics
