"""HTML and Markdown of a report: links to numbers, estimands, escaped text, journals' styles."""

import functools
import re
from dataclasses import replace
from html import unescape

import pandas as pd
import pytest

from tests.report.small_reports import composed, done, made_up
from walkstats.errors import WalkstatsError
from walkstats.report import write_report
from walkstats.report.document import Section, TableBlock
from walkstats.report.files import check_formats
from walkstats.report.in_markdown import in_markdown
from walkstats.report.page import page
from walkstats.report.printed_numbers import NumberIndex
from walkstats.report.targets import with_targets

LINK = re.compile(r'<a class="n" href="#(n\d+)" data-id="([^"]+)">([^<]*)')


@functools.cache
def html(style="plain"):
    report = composed(style)
    return page(report, {one.name: "data:," for one in report.figures()})


def markdown(report):
    return in_markdown(report, {one.name: f"figures/{one.name}.svg" for one in report.figures()})


def test_every_printed_estimate_links_to_its_row_by_its_id():
    numbers = done().numbers.set_index("id")
    places = dict(re.findall(r'<tr id="(n\d+)"><th scope="row">([^<]*)', html()))
    assert [unescape(one) for one in places.values()] == list(numbers.index)
    found = [(anchor, unescape(name), text) for anchor, name, text in LINK.findall(html())]
    assert len(found) > 10
    for anchor, name, _ in found:
        assert unescape(places[anchor]) == name
    texts = {name: text for _, name, text in found if " to " in text}
    for name in ("main/arm[pyridoxine]", "main/arm[thiotepa]"):
        row = numbers.loc[name]
        assert f"{row.estimate:.2f}" in texts[name]
        assert f"{row.conf_low:.2f} to {row.conf_high:.2f}" in texts[name]


def test_a_number_of_a_sentence_is_found_in_every_style():
    for style in ("plain", "nejm", "lancet", "jama", "bmj"):
        found = LINK.findall(re.sub(r"</?i>", "", html(style)))
        in_text = [text for _, name, text in found if name == "main/arm[thiotepa]"]
        assert sum("%" in text for text in in_text) >= 1, style


def test_numbers_that_round_alike_are_not_mistaken():
    rows = pd.DataFrame({
        "id": ["a/x", "b/x"], "analysis": ["a", "b"], "estimate": [0.7, 0.7 + 1e-12],
        "conf_low": [0.6, 0.6], "conf_high": [0.8, 0.8], "p_value": [0.01, 0.01],
        "p_adjusted": [0.02, float("nan")], "statistic": [2.0, 2.0], "scale": ["ratio", "ratio"],
    })  # fmt: skip
    from walkstats.tables.cells import Cell, words
    from walkstats.tables.description import Column, Row, Table

    cells = [(Cell("ratio", (value, 0.6, 0.8)), Cell("p", (0.01,)), words("0.70 (0.60 to 0.80)"))
             for value in (0.7, 0.7 + 1e-12, 0.71)]  # fmt: skip
    table = Table("", "", tuple(map(Column, "xyz")), tuple(Row("r", one) for one in cells))
    first, second, third = NumberIndex(rows).in_table(table, "a")
    assert first == (("a/x",), ("a/x",), ())
    assert second == (("b/x",), ("b/x",), ())
    assert third == ((), ("a/x",), ())  # the p-value is of this analysis, the estimate of none


def test_the_estimand_of_each_table_is_said_or_referred_to():
    text = html()
    assert text.count("<dt>Population</dt><dd>all participants randomised</dd>") == 1
    told = [one for one in composed().tables() if one.target is not None]
    assert len(re.findall(r"Estimand: Table \d+\.", text)) == len(told) - 1 == 2
    assert "Main analysis of the primary outcome First recurrence" in text
    assert "Sensitivity analysis: the same estimand under other assumptions" in text
    assert "Post hoc: asked by a reviewer" in text


def test_the_estimand_stands_under_the_main_table_wherever_that_is():
    report = composed()
    (section,) = [one for one in report.sections if "First recurrence" in one.title]
    bare = [
        replace(one, target=None) if isinstance(one, TableBlock) else one for one in section.blocks
    ]
    folded = [
        replace(one, folded=True) if isinstance(one, TableBlock) and one.analysis == "main" else one
        for one in bare
    ]
    for blocks, host in ((bare, "main"), (bare[::-1], "main"), (folded, "curve")):
        (again,) = with_targets([Section("S", tuple(blocks))], done())
        tables = [one for one in again.blocks if isinstance(one, TableBlock) and one.target]
        assert [one.analysis for one in tables if one.target.attributes] == [host]


def test_tables_and_figures_have_lists_and_anchors_of_their_own():
    text, report = html(), composed()
    for kind, blocks in (("Table", list(report.tables())), ("Figure", list(report.figures()))):
        assert f"<summary>{kind}s ({len(blocks)})</summary>" in text
        anchors = re.findall(rf'<a href="#({kind.lower()}-[^"]+)">{kind} \d+', text)
        assert len(anchors) == len(set(anchors)) == len(blocks)
        assert all(text.count(f'id="{anchor}"') == 1 for anchor in anchors)


def test_journals_write_their_numbers_everywhere():
    lancet, jama = (unescape(html(style)) for style in ("lancet", "jama"))
    assert "0·68 (95% CI 0·38–1·23; p=0·21)" in re.sub("<[^>]+>", "", lancet)
    assert "0·68 (0·38–1·23)" in lancet
    assert "0.68 (95% CI, 0.38-1.23; <i>P</i> = .21)" in re.sub("</?a[^>]*>", "", jama)
    body = re.sub(r"<style>.*?</style>|<svg.*?</svg>|data:,|id=\"[^\"]*\"", "", lancet, flags=re.S)
    assert not re.findall(r"hazard ratio \d\.\d", body)
    assert "487 days (95% CI 183–883)" in re.sub("<[^>]+>", "", lancet)
    with pytest.raises(ValueError, match="style must be one of"):
        composed("nature")


def test_files_for_programs_keep_the_decimal_point(tmp_path):
    folder = write_report(composed("lancet"), tmp_path / "r", formats=["md"]).parent
    texts = [one.read_text(encoding="utf-8") for one in (folder / "tables").glob("*.csv")]
    assert texts
    assert not any("·" in text for text in texts)
    assert not (folder / "report.html").exists()
    assert "0·68" in (folder / "report.md").read_text(encoding="utf-8")


def test_markdown_links_to_its_figures_and_holds_every_table():
    report = composed()
    text = markdown(report)
    links = re.findall(r"^!\[.*\]\((figures/.*\.svg)\)$", text, flags=re.M)
    assert links == [f"figures/{one.name}.svg" for one in report.figures()]
    assert len(re.findall(r"^\*\*Table \d+\.\*\* ", text, flags=re.M)) == len(list(report.tables()))
    assert [line[3:] for line in text.splitlines() if line.startswith("## ")] == [
        *(one.title for one in report.sections), "Provenance"]  # fmt: skip
    assert "**Population.** all participants randomised" in text


NASTY = "a|b `c` *d* _e_ # 1. <script>alert(1)</script> ![x](y) [u](v) $x$ \\input{z}\n\n# Head"


def test_r07_text_of_the_data_is_no_markdown():
    text = markdown(made_up(title=NASTY, label=NASTY, note=NASTY, source=f"synthetic: {NASTY}"))
    assert "<script" not in text
    assert not re.search(r"^# Head", text, flags=re.M)
    assert len(re.findall(r"^#", text, flags=re.M)) == 3
    rows = [line for line in text.splitlines() if line.startswith("|")]
    bars = {len(re.findall(r"(?<!\\)\|", line)) for line in rows}
    assert bars == {5}
    assert len(re.findall(r"(?<!\\)!\[", text)) == 1


def test_synthetic_data_are_said_to_be_so_in_markdown():
    text = markdown(made_up())
    assert text.splitlines()[2] == "> **Synthetic data.** made up."
    assert text.count("Synthetic data.") == 4  # head, sentence, table, figure
    assert "ynthetic" not in markdown(made_up(source="a trial"))


def test_formats_are_checked(tmp_path):
    for asked in ("html", [], ["pdf"]):
        with pytest.raises(ValueError, match="format"):
            write_report(made_up(), tmp_path / "r", formats=asked)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("module", "lacking"), [("docx", "python-docx"), ("jinja2", "jinja2")])
def test_a_format_whose_package_is_missing_is_told_before_computing(monkeypatch, module, lacking):
    import importlib.util

    real = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda n: None if n == module else real(n))
    with pytest.raises(WalkstatsError, match=f"needs {lacking}: install it with pip"):
        check_formats()
    assert check_formats(["md"]) == ("md",)


def test_two_tables_of_one_name_have_two_anchors():
    report = made_up()
    (section,) = report.sections
    twice = replace(report, sections=(section, section))
    text = page(twice, {"curve": "data:,"})
    assert {'id="table-numbers"', 'id="table-numbers-2"'} <= set(re.findall(r'id="[^"]*"', text))
