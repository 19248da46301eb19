"""The results section: composed from the results of a plan, written as HTML, Word and Markdown.

``compose``         the report of plan results
``write_report``    the report as files: report.html, report.docx, report.md, tables, figures, and
                    what makes the same numbers again
``Report``          what a report holds; ``Report.trace`` tells where a number comes from
``Trace``           where a number comes from: analysis, frame, people, files
``compare_rerun``   the numbers of a run beside those that a report kept
``Rerun``           whether they are the same, and which are not
"""

from typing import TYPE_CHECKING

from walkstats._lazy import attach

__getattr__, __dir__, __all__ = attach(
    __name__,
    {
        "document": ["Report"],
        "composing": ["compose"],
        "files": ["write_report"],
        "tracing": ["Trace"],
        "reproducing": ["Rerun", "compare_rerun"],
    },
)

if TYPE_CHECKING:
    from walkstats.report.composing import compose as compose
    from walkstats.report.document import Report as Report
    from walkstats.report.files import write_report as write_report
    from walkstats.report.reproducing import Rerun as Rerun
    from walkstats.report.reproducing import compare_rerun as compare_rerun
    from walkstats.report.tracing import Trace as Trace
