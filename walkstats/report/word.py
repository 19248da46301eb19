"""How does a report become a Word file that a journal accepts?"""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape, quoteattr

from walkstats._digits import style_of
from walkstats.errors import WalkstatsError
from walkstats.report.document import FigureBlock, Paragraph, Report, TableBlock
from walkstats.report.numbered import (
    Heading,
    Item,
    first_tables,
    numbered,
    origin,
    target_lines,
)
from walkstats.tables.column_widths import word_layout
from walkstats.tables.safe_text import for_word
from walkstats.tables.word_file import packed
from walkstats.tables.word_layout import NAMESPACE, runs, word_xml
from walkstats.tables.word_styles import banner, dress, numbered_pages

if TYPE_CHECKING:
    from docx.document import Document

STYLES = {
    "result": "Result",
    "caution": "Caution",
    "small": "Small Text",
    "text": "Normal",
    "method": "Normal",
}
WIDEST_FIGURE = 6.3
"""The width of the text [inches] between the margins of an A4 page."""


def word(report: Report, images: Mapping[str, bytes]) -> bytes:
    """Lay a report out as a Word file.

    Parameters
    ----------
    report : Report
    images : mapping of str to bytes
        Name of a figure -> its image as PNG.

    Returns
    -------
    bytes
        A .docx file: the same bytes for the same report.

    Raises
    ------
    WalkstatsError
        When python-docx is not installed.
    """
    try:
        import docx
    except ImportError:
        raise WalkstatsError(
            "A Word file needs python-docx: install it with pip install 'walkstats[report]', or "
            "leave Word out with formats=('html', 'md')."
        ) from None
    file = docx.Document()
    dress(file)
    headings = numbered(report)
    _front(file, report, headings)
    first = first_tables(headings)
    page = _Page(file, report, images, first)
    for one in headings:
        page.section(one)
    page.provenance()
    return packed(file, report.title, synthetic=report.synthetic)


def _front(file: Document, report: Report, headings: list[Heading]) -> None:
    """Title, where the data come from, and the contents."""
    file.add_paragraph(for_word(report.title), style="Title")
    if report.synthetic:
        banner(file, report.source)
        file.add_paragraph(f"Synthetic data: {for_word(origin(report.source))}.", style="Caution")
    else:
        file.add_paragraph(f"Data: {for_word(report.source)}", style="Small Text")
    numbered_pages(file, for_word(report.title))
    titles = [(one.title, one.anchor) for one in headings] + [("Provenance", "provenance")]
    _contents(file, titles)


def _contents(file: Document, titles: list[tuple[str, str]]) -> None:
    """A field that Word can renew, filled in already: without page numbers, so it is right now."""
    file.add_paragraph("Contents", style="Contents Heading")
    for place, (title, anchor) in enumerate(titles):
        opened = _field_start(' TOC \\o "1-1" \\h \\n ') if place == 0 else ""
        closed = '<w:r><w:fldChar w:fldCharType="end"/></w:r>' if place == len(titles) - 1 else ""
        link = f'<w:hyperlink w:anchor={quoteattr(_bookmark(anchor))} w:history="1">'
        _append(file, f"{opened}{link}{runs(title)}</w:hyperlink>{closed}", "Contents")


def _field_start(instruction: str) -> str:
    return (
        '<w:r><w:fldChar w:fldCharType="begin"/></w:r>'
        f'<w:r><w:instrText xml:space="preserve">{escape(instruction)}</w:instrText></w:r>'
        '<w:r><w:fldChar w:fldCharType="separate"/></w:r>'
    )


def _append(file: Document, inner: str, style: str, *, keep: bool = False) -> None:
    """A paragraph of runs spelled in Word's XML."""
    kept = "<w:keepNext/>" if keep else ""
    properties = f'<w:pPr><w:pStyle w:val="{style.replace(" ", "")}"/>{kept}</w:pPr>'
    _insert(file, f'<w:p xmlns:w="{NAMESPACE}">{properties}{inner}</w:p>')


def _insert(file: Document, xml: str) -> None:
    """An element at the end of the text, before the properties of the last section."""
    from docx.oxml import parse_xml

    file.element.body[-1].addprevious(parse_xml(xml))


class _Page:
    """Writes the blocks of a report into a file, one after the other."""

    def __init__(
        self, file: Document, report: Report, images: Mapping[str, bytes], first: dict[str, str]
    ) -> None:
        self.file, self.report, self.images, self.first = file, report, images, first
        self.italic = style_of(report.style).italic
        self.marks = 0
        self.across = False

    def section(self, one: Heading) -> None:
        """A heading and its items, each on a page turned as what they lead to needs it."""
        across = _turned(one, self.report.style)
        self._turn(across[0] if across else False)
        self._marked(runs(one.title), "Heading 1", one.anchor)
        for item, turned in zip(one.items, across, strict=True):
            self._turn(turned)
            block = item.block
            if isinstance(block, Paragraph):
                self._paragraph(block)
            elif isinstance(block, TableBlock):
                self._table(item, block)
            else:
                self._figure(item, block)

    def provenance(self) -> None:
        self._turn(False)
        facts = self.report.provenance
        versions = facts.get("versions", {})
        self._marked(runs("Provenance"), "Heading 1", "provenance")
        said = ", ".join(f"{name} {version}" for name, version in versions.items())
        lines = [f"Seed {facts.get('seed')}; confidence level {facts.get('level')}. {said}."]
        lines += [f"{name}: SHA-256 {one}" for name, one in facts.get("inputs", {}).items()]
        for line in lines:
            self.file.add_paragraph(for_word(line), style="Small Text")

    def _paragraph(self, block: Paragraph) -> None:
        synthetic = self.report.synthetic and block.role == "result"
        text = f"{block.text} Synthetic data." if synthetic else block.text
        lead, point, rest = text.partition(".") if block.role == "method" else ("", "", text)
        inner = runs(lead + point, bold=True) if lead else ""
        inner += runs(rest, italic_p=self.italic)
        _append(self.file, inner, STYLES.get(block.role, "Normal"))

    def _table(self, item: Item, block: TableBlock) -> None:
        table = block.table.styled(self.report.style)
        layout = word_layout(table)
        self._caption(item, table.title, keep=True)
        _insert(self.file, word_xml(table, layout))
        for name, text in self._under(block):
            lead = runs(f"{name}. ", bold=True) if name else ""
            _append(self.file, lead + runs(text, italic_p=self.italic), "Table Note")
        _append(self.file, "", "After Table")

    def _under(self, block: TableBlock) -> Iterator[tuple[str, str]]:
        """Notes of a table, and what it estimates."""
        yield from (("", note) for note in block.table.notes)
        if block.target is not None:
            yield from target_lines(block.target, self.first)
        if self.report.synthetic:
            yield "", "Synthetic data."

    def _figure(self, item: Item, block: FigureBlock) -> None:
        from docx.shared import Inches

        paragraph = self.file.add_paragraph(style="Figure")
        width = min(float(block.figure.get_size_inches()[0]), WIDEST_FIGURE)
        shape = paragraph.add_run().add_picture(
            io.BytesIO(self.images[block.name]), width=Inches(width)
        )
        properties = shape._inline.docPr
        properties.set("descr", for_word(block.figure.alt_text or block.caption))
        properties.set("title", item.label)
        caption = f"{block.caption.rstrip('. ')}."
        synthetic = " Synthetic data." if self.report.synthetic else ""
        self._caption(item, caption + synthetic, keep=False)

    def _caption(self, item: Item, text: str, *, keep: bool) -> None:
        kind = item.label.partition(" ")[0]
        number = (
            f'<w:fldSimple w:instr=" SEQ {kind} \\* ARABIC "><w:r><w:rPr><w:b/></w:rPr>'
            f"<w:t>{item.number}</w:t></w:r></w:fldSimple>"
        )
        inner = f"{runs(kind + ' ', bold=True)}{number}{runs('. ', bold=True)}"
        inner += runs(text, italic_p=self.italic)
        self._marked(inner, "Caption", item.label, keep=keep)

    def _marked(self, inner: str, style: str, anchor: str, *, keep: bool = False) -> None:
        """A paragraph that links can find."""
        self.marks += 1
        name = quoteattr(_bookmark(anchor))
        opened = f'<w:bookmarkStart w:id="{self.marks}" w:name={name}/>'
        closed = f'<w:bookmarkEnd w:id="{self.marks}"/>'
        _append(self.file, opened + inner + closed, style, keep=keep)

    def _turn(self, across: bool) -> None:
        """Begin a page across for a table that is too wide for an upright one, and turn back."""
        if across == self.across:
            return
        from docx.enum.section import WD_ORIENT, WD_SECTION

        section = self.file.add_section(WD_SECTION.NEW_PAGE)
        section.orientation = WD_ORIENT.LANDSCAPE if across else WD_ORIENT.PORTRAIT
        section.page_width, section.page_height = section.page_height, section.page_width
        self.across = across


def _turned(one: Heading, style: str) -> list[bool]:
    """Whether each item stands on a page across: wide tables do, with the text about them.

    A text is about the table or figure that comes next, after the last one about that.
    """
    own = [
        None
        if isinstance(item.block, Paragraph)
        else isinstance(item.block, TableBlock)
        and word_layout(item.block.table.styled(style)).across
        for item in one.items
    ]
    following = next((one for one in reversed(own) if one is not None), False)
    turned: list[bool] = []
    for across in reversed(own):
        following = following if across is None else across
        turned.append(following)
    return turned[::-1]


def _bookmark(name: str) -> str:
    """A name that Word takes, of "Table 3" or the anchor of a section: hidden, without blanks."""
    return "_" + name.replace(" ", "_")
