"""A Word file of a report: real tables, captions, headings and images, opened again and read."""

import builtins
import io
import re
import zipfile

import docx
import pytest
from docx.oxml.ns import qn

from tests.report.small_reports import composed, made_up
from walkstats.errors import WalkstatsError
from walkstats.report.word import word

PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c489"
    "0000000d49444154789c6360f8cfc00000000500010d0a2db40000000049454e44ae426082"
)  # one pixel: what is tested here is where an image stands


def pixels(report):
    return {one.name: PNG for one in report.figures()}


def opened(report):
    return docx.Document(io.BytesIO(word(report, pixels(report))))


@pytest.fixture(scope="module")
def report():
    return composed()


@pytest.fixture(scope="module")
def file(report):
    return opened(report)


def test_every_table_is_a_table_with_its_caption_above(file, report):
    shown = list(report.tables())
    assert len(file.tables) == len(shown)
    for number, (table, block) in enumerate(zip(file.tables, shown, strict=True), 1):
        caption = table._tbl.getprevious()
        assert caption.find(qn("w:pPr")).find(qn("w:pStyle")).get(qn("w:val")) == "Caption"
        field = caption.find(f".//{qn('w:fldSimple')}")
        assert field.get(qn("w:instr")).split() == ["SEQ", "Table", "\\*", "ARABIC"]
        text = "".join(one.text or "" for one in caption.iter(qn("w:t")))
        assert text == f"Table {number}. {block.table.title}"
        assert caption.find(qn("w:pPr")).find(qn("w:keepNext")) is not None


def test_cells_hold_what_the_table_shows(file, report):
    for table, block in zip(file.tables, report.tables(), strict=True):
        rows = [[cell.text for cell in row.cells] for row in table.rows]
        heads = 1 + any(column.over for column in block.table.columns)
        assert len(rows) == len(block.table.rows) + heads
        for row, texts, read in zip(block.table.rows, block.table.texts(), rows[heads:],
                                    strict=True):  # fmt: skip
            if row.cells:
                assert read[0] == row.label
                assert [one.replace("−", "-") for one in read[1:]] == texts


def test_headings_repeat_numbers_stand_right_and_no_rule_is_upright(file):
    for table in file.tables:
        assert table.style.name == "Table"
        head = table.rows[0]._tr
        assert head.find(f".//{qn('w:tblHeader')}") is not None
        assert all(row._tr.find(f".//{qn('w:cantSplit')}") is not None for row in table.rows)
    (curve,) = [one for one in file.tables if one.rows[1].cells[0].text == "Events"]
    sides = [one.get(qn("w:val")) for one in curve.rows[1]._tr.iter(qn("w:jc"))]
    assert sides == ["right"] * (len(curve.columns) - 1)
    style = file.styles["Table"].element
    assert style.find(f".//{qn('w:top')}") is not None
    for upright in ("left", "right", "insideV"):
        borders = style.find(f"{qn('w:tblPr')}/{qn('w:tblBorders')}")
        assert borders.find(qn(f"w:{upright}")) is None


def test_sections_are_headings_and_the_contents_link_to_them(file, report):
    heads = [one.text for one in file.paragraphs if one.style.name == "Heading 1"]
    assert heads == [*(one.title for one in report.sections), "Provenance"]
    links = [one.get(qn("w:anchor")) for one in file.element.iter(qn("w:hyperlink"))]
    marks = [one.get(qn("w:name")) for one in file.element.iter(qn("w:bookmarkStart"))]
    assert set(links) <= set(marks)
    assert len(marks) == len(set(marks))
    assert all(len(one) <= 40 and re.fullmatch(r"\w+", one) for one in marks)
    fields = [one.text for one in file.element.iter(qn("w:instrText"))]
    assert fields == [' TOC \\o "1-1" \\h \\n ']
    ends = [one.get(qn("w:fldCharType")) for one in file.element.iter(qn("w:fldChar"))]
    assert ends == ["begin", "separate", "end"]


def test_figures_are_images_with_a_caption_below_and_words_for_who_cannot_see(file, report):
    shown = list(report.figures())
    assert len(file.inline_shapes) == len(shown)
    for shape, block in zip(file.inline_shapes, shown, strict=True):
        assert shape._inline.docPr.get("descr") == block.figure.alt_text
        assert shape.width.inches <= 6.3
        paragraph = shape._inline.getparent().getparent().getparent()
        caption = "".join(one.text or "" for one in paragraph.getnext().iter(qn("w:t")))
        assert caption.startswith("Figure ")


def test_the_estimand_stands_under_the_first_table_of_an_outcome(file, report):
    told = [one.text for one in file.paragraphs if one.style.name == "Table Note"]
    assert sum(text.startswith("Population. all participants randomised") for text in told) == 1
    assert "Intercurrent events. stopping the drug: treatment policy strategy, followed to the " \
        "end" in told  # fmt: skip
    first = next(item for item in report.tables() if item.target is not None)
    number = list(report.tables()).index(first) + 1
    later = [text for text in told if text.endswith(f"Estimand: Table {number}.")]
    assert any(text.startswith("Supplementary analysis") for text in later)
    assert any("Post hoc: asked by a reviewer" in text for text in later)


def test_the_page_is_a4_numbered_and_says_that_data_are_synthetic():
    file = opened(made_up())
    section = file.sections[0]
    assert (round(section.page_width.cm, 1), round(section.page_height.cm, 1)) == (21.0, 29.7)
    foot = section.footer._element
    assert [one.get(qn("w:instr")).strip() for one in foot.iter(qn("w:fldSimple"))] == [
        "PAGE", "NUMPAGES"]  # fmt: skip
    assert section.header.paragraphs[0].text.startswith("SYNTHETIC DATA")
    text = "\n".join(one.text for one in file.paragraphs)
    assert text.count("Synthetic data.") == 3  # the sentence, the table and the figure
    assert file.core_properties.author == ""
    real = opened(made_up(source="a trial"))
    assert "ynthetic" not in "".join(p.text for p in real.paragraphs)
    assert real.sections[0].header.paragraphs[0].text == ""


@pytest.mark.parametrize(
    "text",
    ["ab\x00\x07\x1b\x0bc\ufffe\ud800d", "<w:p/>&amp;]]>\"'", '=HYPERLINK("x")', "x" * 3000,
     "two\r\nlines\tand a tab"],
)  # fmt: skip
def test_r13_control_characters_long_names_and_markup_cannot_spoil_the_file(text):
    report = made_up(title=text, label=text, note=text, source=f"synthetic: {text}")
    file = opened(report)  # parses as XML
    cleaned = next(one.text for one in file.paragraphs if one.style.name == "Heading 1")
    assert not re.search("[\\x00-\\x1f\ufffe\uffff]", cleaned)
    if "w:p" in text:
        assert cleaned == text
    assert file.tables[0].rows[3].cells[0].text.startswith(cleaned[:20])
    assert len(file.core_properties.title) <= 255


def test_the_same_report_gives_the_same_bytes_and_no_dates_of_today(report):
    one, two = (word(report, pixels(report)) for _ in range(2))
    assert one == two
    with zipfile.ZipFile(io.BytesIO(one)) as packed:
        assert {entry.date_time[0] for entry in packed.infolist()} == {1980}
        assert packed.testzip() is None


def test_a_journal_sets_its_marks_and_italics():
    file = opened(composed("jama"))
    slanted = [
        run.text
        for one in file.paragraphs
        for run in one.runs
        if run.italic and one.style.name != "Caution"
    ]
    assert slanted
    assert set(slanted) == {"P"}
    text = "\n".join(one.text for one in file.paragraphs)
    assert re.search(r"\(95% CI, 0\.38-1\.32; P = \.27\)", text)
    assert "(95% CI 0·38–1·32; p=0·27)" in "\n".join(p.text for p in opened(composed("lancet"))
                                                      .paragraphs)  # fmt: skip


def test_tables_too_wide_for_an_upright_page_stand_on_one_across():
    from dataclasses import replace

    from walkstats.report.document import Paragraph, Section, TableBlock
    from walkstats.tables.cells import Cell
    from walkstats.tables.description import Column, Row, Table

    cells = tuple(Cell("estimate", (1000.5, 900.5, 1100.5), 2) for _ in range(8))
    wide = Table("Wide", "", tuple(Column(f"month {k}") for k in range(8)), (Row("a", cells),))
    blocks = (TableBlock("wide", wide), Paragraph("After it."))
    file = opened(replace(made_up(), sections=(Section("S", blocks),)))
    wider = [section.page_width > section.page_height for section in file.sections]
    assert wider == [False, True, False]  # the front, the table, the provenance
    lead = (Paragraph("Before it."), *blocks)
    file = opened(replace(made_up(), sections=(Section("S", lead),)))
    assert [one.page_width > one.page_height for one in file.sections] == wider
    (place,) = [
        k for k, one in enumerate(file.element.body) if "Before it." in "".join(one.itertext())
    ]
    breaks = [
        k for k, one in enumerate(file.element.body) if one.find(f".//{qn('w:sectPr')}") is not None
    ]
    assert breaks[0] < place < breaks[1]
    assert sum(
        int(one.get(qn("w:w"))) for one in file.tables[0]._tbl.iter(qn("w:gridCol"))
    ) <= 14570  # fmt: skip


def test_without_python_docx_a_sentence_says_what_to_do(monkeypatch, report):
    real = builtins.__import__

    def absent(name, *arguments, **options):
        if name == "docx":
            raise ImportError(name)
        return real(name, *arguments, **options)

    monkeypatch.setattr(builtins, "__import__", absent)
    with pytest.raises(WalkstatsError, match=r"needs python-docx: install it with pip"):
        word(report, {})
