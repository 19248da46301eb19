"""How does a table become a Word file of its own?"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from walkstats._labels import is_synthetic
from walkstats.tables.archives import undated
from walkstats.tables.column_widths import word_layout
from walkstats.tables.safe_text import for_word
from walkstats.tables.word_layout import word_xml
from walkstats.tables.word_styles import banner, dress

if TYPE_CHECKING:
    from docx.document import Document

    from walkstats.tables.description import Table


def word_file(table: Table) -> bytes:
    """A table with its title above and its notes below, as a .docx file.

    Raises
    ------
    ImportError
        When python-docx is not installed.
    """
    import docx
    from docx.oxml import parse_xml

    file = docx.Document()
    dress(file)
    synthetic = is_synthetic(table.source)
    if synthetic:
        banner(file, table.source)
    if table.title:
        file.add_paragraph(for_word(table.title), style="Caption")
    layout = word_layout(table)
    if layout.across:
        section = file.sections[0]
        section.page_width, section.page_height = section.page_height, section.page_width
    file.element.body[-1].addprevious(parse_xml(word_xml(table, layout)))
    for note in table.footnotes or ("",):
        file.add_paragraph(for_word(note), style="Table Note")
    return packed(file, table.title, synthetic=synthetic)


def packed(file: Document, title: str, *, synthetic: bool) -> bytes:
    """The bytes of a file with nothing of the day or the machine on which it was made."""
    facts = file.core_properties
    facts.title = for_word(title)[:255]
    facts.author, facts.last_modified_by, facts.comments = "", "", ""
    facts.subject = "Synthetic data" if synthetic else ""
    made = io.BytesIO()
    file.save(made)
    return undated(made.getvalue())
