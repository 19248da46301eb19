"""Tables and sentences that show results; they compute nothing.

``baseline_table``   who was randomised, arm by arm
``check_in_table``   check-ins completed, by arm and month
``adherence_table``  who came, who walked, and how much of what was prescribed
``agreement_table``  bias and limits of agreement of two measurements
``events_table``     participants with an adverse event, and events, by kind and arm
``cost_table``       resource use, unit costs, costs by category, costs beside effects
``subgroup_table``   effects in subgroups, with the test of interaction
``fit_table``        fitted models side by side, with their reference levels
``table_of``         any other result: curves, restricted means, comparisons, tests
``sentence``         a result as a results section says it
``Table``            numbers with the words around them; to Markdown, HTML, LaTeX, CSV, Word, Excel
``write_workbook``   several tables as one Excel workbook
``slugify``, ``file_names``   names of files out of labels
"""

from typing import TYPE_CHECKING

from walkstats._lazy import attach

__getattr__, __dir__, __all__ = attach(
    __name__,
    {
        "agreement_by_group": ["agreement_table"],
        "characteristics": ["baseline_table"],
        "completeness": ["check_in_table"],
        "costs_by_arm": ["cost_table"],
        "fitted": ["fit_table"],
        "harms_by_arm": ["events_table"],
        "subgroup_levels": ["subgroup_table"],
        "shown": ["table_of"],
        "walked": ["adherence_table"],
        "workbook_file": ["write_workbook"],
        "sentences": ["sentence"],
        "description": ["Table"],
        "slugs": ["file_names", "slugify"],
    },
)

if TYPE_CHECKING:
    from walkstats.tables.agreement_by_group import agreement_table as agreement_table
    from walkstats.tables.characteristics import baseline_table as baseline_table
    from walkstats.tables.completeness import check_in_table as check_in_table
    from walkstats.tables.costs_by_arm import cost_table as cost_table
    from walkstats.tables.description import Table as Table
    from walkstats.tables.fitted import fit_table as fit_table
    from walkstats.tables.harms_by_arm import events_table as events_table
    from walkstats.tables.sentences import sentence as sentence
    from walkstats.tables.shown import table_of as table_of
    from walkstats.tables.slugs import file_names as file_names
    from walkstats.tables.slugs import slugify as slugify
    from walkstats.tables.subgroup_levels import subgroup_table as subgroup_table
    from walkstats.tables.walked import adherence_table as adherence_table
    from walkstats.tables.workbook_file import write_workbook as write_workbook
