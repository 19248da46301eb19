"""Which styles, header and page numbers does a Word file have?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from walkstats.tables.safe_text import for_word
from walkstats.tables.word_layout import NAMESPACE

if TYPE_CHECKING:
    from docx.document import Document

FONT = "Arial"
# Name of a paragraph style -> size [points], bold, italic, space before and after [points].
# Normal, Title, Heading 1, Heading 2 and Caption are Word's own, which journals ask for.
PARAGRAPHS = {
    "Normal": (10.5, False, False, 0, 6),
    "Title": (18, True, False, 0, 8),
    "Heading 1": (13, True, False, 18, 6),
    "Heading 2": (11, True, False, 12, 4),
    "Caption": (9.5, False, False, 10, 4),
    "Result": (10.5, False, False, 0, 6),
    "Caution": (10.5, False, True, 2, 8),
    "Small Text": (9, False, False, 0, 4),
    "Contents": (10, False, False, 0, 1),
    "Contents Heading": (11, True, False, 8, 4),
    "Table Text": (9, False, False, 1, 1),
    "Table Note": (8.5, False, False, 2, 0),
    "After Table": (4, False, False, 0, 6),
    "Figure": (10.5, False, False, 8, 2),
}
KEPT_WITH_NEXT = ("Heading 1", "Heading 2", "Figure", "Contents Heading")
THICK, THIN = 12, 6  # eighths of a point

TABLE_STYLE = f"""
<w:style xmlns:w="{NAMESPACE}" w:type="table" w:customStyle="1" w:styleId="Table">
  <w:name w:val="Table"/><w:basedOn w:val="TableNormal"/><w:uiPriority w:val="99"/><w:qFormat/>
  <w:tblPr><w:tblBorders>
    <w:top w:val="single" w:sz="{THICK}" w:space="0" w:color="000000"/>
    <w:bottom w:val="single" w:sz="{THICK}" w:space="0" w:color="000000"/>
  </w:tblBorders><w:tblCellMar>
    <w:top w:w="20" w:type="dxa"/><w:left w:w="60" w:type="dxa"/>
    <w:bottom w:w="20" w:type="dxa"/><w:right w:w="60" w:type="dxa"/>
  </w:tblCellMar></w:tblPr>
  <w:tblStylePr w:type="firstRow"><w:rPr><w:b/></w:rPr><w:tcPr><w:tcBorders>
    <w:bottom w:val="single" w:sz="{THIN}" w:space="0" w:color="000000"/>
  </w:tcBorders></w:tcPr></w:tblStylePr>
</w:style>"""


def dress(file: Document) -> None:
    """A4 with margins of 2 cm, the styles above, and the language of the text."""
    from docx.enum.style import WD_STYLE_TYPE
    from docx.oxml import parse_xml
    from docx.shared import Cm

    section = file.sections[0]
    section.page_width, section.page_height = Cm(21.0), Cm(29.7)
    section.left_margin = section.right_margin = Cm(2.0)
    section.top_margin = section.bottom_margin = Cm(2.2)
    known = {style.name for style in file.styles}
    for name, look in PARAGRAPHS.items():
        if name not in known:
            file.styles.add_style(name, WD_STYLE_TYPE.PARAGRAPH).base_style = file.styles["Normal"]
        _look(file.styles[name], *look)
        file.styles[name].paragraph_format.keep_with_next = name in KEPT_WITH_NEXT
    file.styles.element.append(parse_xml(TABLE_STYLE))
    _lined(file.styles["Caution"])


def _look(style: Any, size: float, bold: bool, italic: bool, before: float, after: float) -> None:
    from docx.oxml.ns import qn
    from docx.shared import Pt, RGBColor

    font = style.font
    font.name, font.size, font.bold, font.italic = FONT, Pt(size), bold, italic
    font.color.rgb = RGBColor(0, 0, 0)
    fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
    for name in [key for key in fonts.attrib if key.endswith("Theme")]:
        del fonts.attrib[name]
    for script in ("w:ascii", "w:hAnsi", "w:cs", "w:eastAsia"):
        fonts.set(qn(script), FONT)
    ruled = style.element.get_or_add_pPr().find(qn("w:pBdr"))
    if ruled is not None:
        ruled.getparent().remove(ruled)
    style.paragraph_format.space_before, style.paragraph_format.space_after = Pt(before), Pt(after)
    style.paragraph_format.line_spacing = 1.15 if size > 9 else 1.0


def _lined(style: Any) -> None:
    """A line at the left, so that a caution is seen."""
    from docx.oxml import parse_xml

    lines = parse_xml(
        f'<w:pBdr xmlns:w="{NAMESPACE}">'
        '<w:left w:val="single" w:sz="18" w:space="6" w:color="8A5A00"/></w:pBdr>'
    )
    style.element.get_or_add_pPr().insert_element_before(
        lines, "w:shd", "w:tabs", "w:spacing", "w:ind", "w:jc", "w:rPr"
    )


def banner(file: Document, source: str) -> None:
    """Say at the head of every page that the data are synthetic."""
    from docx.shared import RGBColor

    head = file.sections[0].header.paragraphs[0]
    run = head.add_run("SYNTHETIC DATA: not of any trial")
    run.bold = True
    run.font.color.rgb = RGBColor(0x8A, 0x5A, 0x00)
    file.core_properties.keywords = for_word(source)[:255]


def numbered_pages(file: Document, title: str) -> None:
    """The title and "Page 3 of 12" at the foot of every page."""
    from docx.oxml import parse_xml
    from docx.shared import Pt

    foot = file.sections[0].footer.paragraphs[0]
    foot.add_run(f"{title[:80]}    Page ")
    for field, between in (("PAGE", " of "), ("NUMPAGES", "")):
        foot._p.append(
            parse_xml(
                f'<w:fldSimple xmlns:w="{NAMESPACE}" w:instr=" {field} "><w:r><w:t>1</w:t></w:r>'
                "</w:fldSimple>"
            )
        )
        foot.add_run(between)
    for name in ("Header", "Footer"):
        file.styles[name].font.size = Pt(8.5)
        file.styles[name].font.name = FONT
