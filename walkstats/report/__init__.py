"""The results section: composed from the results of a plan, written as one HTML file.

``compose``        the report of plan results
``write_report``   the report as files: report.html, tables, figures, provenance.json
``Report``         what a report holds
"""

from typing import TYPE_CHECKING

from walkstats._lazy import attach

__getattr__, __dir__, __all__ = attach(
    __name__,
    {
        "document": ["Report"],
        "composing": ["compose"],
        "files": ["write_report"],
    },
)

if TYPE_CHECKING:
    from walkstats.report.composing import compose as compose
    from walkstats.report.document import Report as Report
    from walkstats.report.files import write_report as write_report
