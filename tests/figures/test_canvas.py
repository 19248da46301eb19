"""How a figure is handed over: closed, in its own style, no setting changed."""

import io
import pickle
import re

import matplotlib as mpl
import pandas as pd
import pytest
from matplotlib import pyplot as plt

from walkstats.figures import plot_flow, plot_forest
from walkstats.figures.canvas import StyledFigure, canvas
from walkstats.figures.text_width import text_inches, wrapped
from walkstats.results import Estimate


def forest():
    one = Estimate("x", 0.7, 0.1, -3.0, float("inf"), 0.002, 0.6, 0.9, null=1.0, scale="ratio")
    return plot_forest({"All people": one}, title="Forest", source="here")


@pytest.fixture
def figure():
    return forest()


def saved(figure, kind, **options):
    buffer = io.BytesIO()
    figure.savefig(buffer, format=kind, **options)
    return buffer.getvalue()


def test_figures_are_closed_and_can_still_be_saved(figure):
    assert plt.get_fignums() == []
    assert saved(figure, "png").startswith(b"\x89PNG")


def test_a_failure_leaves_no_figure_open():
    with pytest.raises(ValueError, match="projection"), canvas(3, 3) as figure:
        figure.add_subplot(projection="none such")
    assert plt.get_fignums() == []


def test_no_global_setting_changes(figure):
    before = dict(mpl.rcParams)
    saved(figure, "svg")
    plot_flow(pd.DataFrame({"stage": ["randomised"], "arm": "", "reason": "", "n": [3]}))
    assert dict(mpl.rcParams) == before


@pytest.mark.parametrize("settings", [{"svg.fonttype": "path", "pdf.fonttype": 3}, {}])
def test_vector_text_stays_text_whatever_the_settings(figure, settings):
    with mpl.rc_context(settings):
        svg = saved(figure, "svg").decode()
        pdf = saved(figure, "pdf")
    assert ">All people</text>" in svg
    assert b"/Type /Font" in pdf
    assert b"/Type3" not in pdf


def test_the_same_figure_gives_the_same_bytes(figure):
    for kind in ("svg", "pdf", "png"):
        assert saved(forest(), kind) == saved(forest(), kind)
    assert b"<dc:date>" not in saved(figure, "svg")
    assert b"CreationDate" not in saved(figure, "pdf", metadata={"Author": "me"})


def test_saving_again_changes_nothing(figure):
    first = saved(figure, "svg")
    saved(figure, "png", bbox_inches="tight", dpi=300)
    assert saved(figure, "svg") == first


def test_the_svg_says_what_it_shows(figure):
    assert figure.alt_text == "Forest of 1 estimates: All people."
    assert re.search(r"<dc:title>\s*Forest of 1 estimates", saved(figure, "svg").decode())


def test_a_reader_without_a_screen_gets_a_figure(monkeypatch):
    def no_screen(*args, **options):
        raise ImportError("Cannot load backend 'TkAgg'")

    monkeypatch.setattr(plt, "figure", no_screen)
    with canvas(3, 2) as figure:
        figure.add_subplot()
    assert saved(figure, "png").startswith(b"\x89PNG")


def test_figures_can_be_pickled(figure):
    again = pickle.loads(pickle.dumps(figure))
    assert isinstance(again, StyledFigure)
    assert again.alt_text == figure.alt_text
    plt.close("all")


def test_wrapping_measures_text():
    lines = wrapped("a much longer line of words that must be broken", 1.0, 9.0)
    assert len(lines) > 2
    assert all(text_inches(line, 9.0) <= 1.0 for line in lines)
    cut = wrapped("x" * 100, 1.0, 9.0)
    assert "".join(cut) == "x" * 100
    assert all(text_inches(line, 9.0) <= 1.0 for line in cut)
    assert wrapped("", 1.0, 9.0) == ("",)
    assert wrapped("five (n\u00a0=\u00a03)", 0.6, 9.0)[-1] == "(n = 3)"


def test_a_label_with_a_control_character_leaves_the_svg_readable():
    import warnings
    import xml.etree.ElementTree as ET

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the font has no sign for it
        with canvas(2, 1) as figure:
            figure.text(0.5, 0.5, "a\x07b\uffff]]><script>")
        drawn = io.BytesIO()
        figure.savefig(drawn, format="svg")
    assert "ab]]><script>" in "".join(ET.fromstring(drawn.getvalue()).itertext())
