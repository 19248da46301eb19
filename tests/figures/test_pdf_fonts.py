"""PDF files that share their cut fonts hold the same text in fonts of their own."""

import io
import re
import zlib

import matplotlib.backends._backend_pdf_ps as own
import pytest

from walkstats.figures.canvas import canvas
from walkstats.figures.pdf_fonts import fonts_cut_once


def drawn(text):
    with canvas(2.0, 1.0) as figure:
        figure.text(0.1, 0.5, text)
    file = io.BytesIO()
    figure.savefig(file, format="pdf")
    return file.getvalue()


def read(pdf):
    """The text that a reader can copy: character codes by way of the maps to Unicode."""
    streams = [
        zlib.decompress(found) for found in re.findall(rb"stream\r?\n(.*?)endstream", pdf, re.S)
        if found[:1] == b"x"
    ]  # fmt: skip
    pages = b" ".join(one for one in streams if b" Tj" in one or b"TJ" in one)
    return pages, pdf.count(b"/FontFile2")


@pytest.mark.skipif(not hasattr(own, "SubsetResults"), reason="another way of cutting fonts")
def test_fonts_are_cut_once_and_the_files_say_the_same(monkeypatch):
    calls = []
    cut = own.get_glyphs_subset
    monkeypatch.setattr(own, "get_glyphs_subset", lambda *a: calls.append(a) or cut(*a))
    alone = [drawn("Hazard ratio 0.72"), drawn("Days")]
    assert len(calls) == 2
    with fonts_cut_once():
        shared = [drawn("Hazard ratio 0.72"), drawn("Days")]
        assert len(calls) == 3
        drawn("Ж and Ω")  # beyond the usual characters: cut out with them
        assert len(calls) == 4
    assert [read(one) for one in shared] == [read(one) for one in alone]
    drawn("Days")
    assert len(calls) == 5


def test_another_way_of_cutting_fonts_is_left_alone(monkeypatch):
    monkeypatch.delattr(own, "SubsetResults", raising=False)
    before = own.get_glyphs_subset
    with fonts_cut_once():
        assert own.get_glyphs_subset is before
