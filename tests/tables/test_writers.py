"""One table in five formats: its structure, and labels that try to be more than text."""

import csv
import dataclasses
import io
import shutil
import subprocess
from html.parser import HTMLParser

import pandas as pd
import pytest

from walkstats.tables.cells import KINDS, Cell, words
from walkstats.tables.description import Column, Row, Table
from walkstats.tables.safe_text import for_html, for_latex, for_markdown, for_spreadsheet

NASTY = (
    r'50% $x$ \input{/etc/passwd} a|b `c` *d* _e_ #1 ~ ^ <script>alert("x")</script> & {"} [u](v)'
)


@pytest.fixture
def table():
    return Table(
        title=NASTY,
        stub=NASTY,
        columns=(
            Column(NASTY, n=351, over=NASTY),
            Column("control", n=350, over=NASTY),
            Column("p"),
        ),
        rows=(
            Row(NASTY),
            Row(
                "age",
                (
                    Cell("mean_sd", (54.21, 11.3), 1),
                    Cell("estimate", (-1.28, -1.6, -0.9)),
                    Cell("p", (0.0001,)),
                ),
                indent=1,
            ),
            Row("=1+1", (words("@SUM(A1)"), Cell("number", (-2.5,), 1), words("[x]"))),
        ),
        notes=("# a heading?", "1. a list?", "- a bullet?", NASTY),
        source="synthetic: made up",
    )


class Structure(HTMLParser):
    """Tags opened and closed, and the text between them."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[str] = []
        self.rows: list[list[str]] = []

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        if tag != "br":
            self.open.append(tag)
        if tag == "tr":
            self.rows.append([])
        if tag in ("td", "th"):
            self.rows[-1].append("")

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open and self.open[-1] in ("td", "th"):
            self.rows[-1][-1] += data


def test_html_is_whole_and_holds_only_the_table(table):
    page = Structure()
    page.feed(table.to_html())
    assert page.open == []
    assert set(page.tags) == {
        "table", "caption", "thead", "tbody", "tfoot", "tr", "th", "td", "br", "span",
    }  # fmt: skip
    assert page.rows[0][:2] == [NASTY, NASTY]
    assert page.rows[3] == ["age", "54.2 (11.3)", "-1.28 (-1.60 to -0.90)", "<0.001"]
    assert table._repr_html_() == table.to_html()


def test_markdown_rows_keep_their_cells(table):
    lines = [line for line in table.to_markdown().splitlines() if line.startswith("|")]
    assert {line.replace(r"\|", "").count("|") for line in lines} == {5}
    assert "<script>" not in table.to_markdown()
    assert r"\# a heading?" in table.to_markdown()
    assert r"1\. a list?" in table.to_markdown()
    assert r"\- a bullet?" in table.to_markdown()
    assert str(table) == table.to_markdown()


def test_csv_disarms_text_and_leaves_numbers(table):
    rows = list(csv.reader(io.StringIO(table.to_csv())))
    assert {len(row) for row in rows} == {5}
    assert rows[3] == ["'=1+1", "'@SUM(A1)", "-2.5", "[x]", "synthetic"]
    assert rows[2][2] == "−1.28 (-1.60 to -0.90)"


def test_csv_of_synthetic_data_says_so_in_every_row_and_of_real_data_nothing(table):
    import pandas as pd

    frame = pd.read_csv(io.StringIO(table.to_csv()))
    assert frame.columns[-1] == "Data"
    assert frame["Data"].tolist() == ["synthetic"] * len(table.rows)
    real = dataclasses.replace(table, source="a trial")
    assert "Data" not in pd.read_csv(io.StringIO(real.to_csv())).columns


@pytest.mark.parametrize(
    "text", ["=1", "+1", "-1", "@x", "\t=1", "\rx", "\n=1", " =1", "＝1", "=HYPERLINK(1)"]
)
def test_what_a_spreadsheet_would_run_gets_an_apostrophe(text):
    assert for_spreadsheet(text).startswith("'")
    assert for_spreadsheet(f"walk {text}").startswith("walk")


@pytest.mark.parametrize("escape", [for_html, for_latex, for_markdown, for_spreadsheet])
def test_a_label_stays_on_one_line_without_control_characters(escape):
    assert escape("a\r\nb\x00\x07c\u2028d\ud800") == "a bc d"


def test_latex_escapes_every_special_character():
    assert for_latex("\\{}$&#_%~^|<>`") == (
        r"\textbackslash{}\{\}\$\&\#\_\%\textasciitilde{}\textasciicircum{}"
        r"\textbar{}\textless{}\textgreater{}\textasciigrave{}"
    )


def test_latex_rows(table):
    text = table.to_latex()
    assert (
        r"\hspace{1em}age & 54.2 (11.3) & $-$1.28 ($-$1.60 to $-$0.90) & \textless{}0.001 \\"
        in text
    )
    assert r"\cmidrule(lr){2-3}" in text
    assert r"\input" not in text.replace(r"\textbackslash{}input", "")


@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="needs pdflatex")
def test_latex_compiles(table, tmp_path):
    body = "".join(table.styled(style).to_latex() for style in ("plain", "nejm", "lancet"))
    head = r"\documentclass{article}\usepackage{booktabs,graphicx,textcomp}\begin{document}"
    page = f"{head}{body}" r"\end{document}"
    (tmp_path / "page.tex").write_text(page, encoding="utf-8")
    run = subprocess.run(
        ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "page.tex"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        errors="replace",
        timeout=60,
    )
    assert run.returncode == 0, run.stdout[-2000:]


def test_numbers_come_before_text(table):
    frame = table.to_frame()
    estimate = frame[frame["quantity"] == "estimate"].iloc[0]
    assert (estimate["under"], estimate["label"], estimate["column"]) == (NASTY, "age", "control")
    assert estimate["value"] == -1.28
    assert frame["quantity"].tolist() == [
        "mean", "sd", "estimate", "conf_low", "conf_high", "p_value", "value",
    ]  # fmt: skip


def test_styles_change_the_text_and_no_number(table):
    lancet = table.styled("lancet")
    assert lancet.texts()[1] == ["54·2 (11·3)", "−1·28 (−1·60 to −0·90)", "0·0001"]
    pd.testing.assert_frame_equal(lancet.to_frame(), table.to_frame())
    assert table.style == "plain"


def test_verbs_give_a_new_table(table):
    assert table.titled("x").title == "x"
    assert table.noted("one more").footnotes[-2:] == ("one more", "SYNTHETIC DATA: made up.")
    with pytest.raises(AttributeError):
        table.title = "y"


@pytest.mark.parametrize("suffix", [".md", ".html", ".tex", ".csv"])
def test_write(table, tmp_path, suffix):
    path = table.write(tmp_path / f"table{suffix}")
    assert path.read_text(encoding="utf-8")
    assert [p.name for p in tmp_path.iterdir()] == [f"table{suffix}"]


def test_a_path_that_cannot_be_written_is_named_as_it_was_given(table, tmp_path):
    (tmp_path / "file").write_text("in the way", "utf-8")
    (tmp_path / "folder.csv").mkdir()
    for path in (tmp_path / "file" / "table.csv", tmp_path / "folder.csv"):
        with pytest.raises(OSError, match="The table cannot be written to") as refused:
            table.write(path)
        assert f"to {path}:" in str(refused.value)
        assert sorted(one.name for one in tmp_path.iterdir()) == ["file", "folder.csv"]


def test_a_failed_write_leaves_the_old_file(table, tmp_path, monkeypatch):
    path = tmp_path / "table.csv"
    path.write_text("old", encoding="utf-8")

    def full(*args):
        raise OSError("no space left")

    monkeypatch.setattr("os.replace", full)
    with pytest.raises(OSError, match="no space"):
        table.write(path)
    assert path.read_text(encoding="utf-8") == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["table.csv"]


def test_a_word_file_holds_the_table_and_says_that_data_are_synthetic(table, tmp_path):
    import docx

    path = table.write(tmp_path / "table.docx")
    file = docx.Document(str(path))
    assert file.sections[0].header.paragraphs[0].text.startswith("SYNTHETIC")
    (shown,) = file.tables
    rows = [[cell.text for cell in row.cells] for row in shown.rows]
    assert rows[0][1:3] == [NASTY, NASTY]
    assert rows[3] == ["age", "54.2 (11.3)", "−1.28 (−1.60 to −0.90)", "<0.001"]
    assert rows[4] == ["=1+1", "@SUM(A1)", "−2.5", "[x]"]
    notes = [one.text for one in file.paragraphs if one.style.name == "Table Note"]
    assert notes == [*table.notes, "SYNTHETIC DATA: made up."]


def test_a_hyphen_between_limits_is_no_minus_sign(table):
    latex = table.styled("jama").to_latex()
    assert "$-$1.28 ($-$1.60 to $-$0.90)" in latex
    row = Row("r", (Cell("ratio", (0.7, 0.58, 0.83)),))
    assert "0.70 (0.58-0.83)" in Table("", "", (Column("c"),), (row,), style="jama").to_latex()


def test_a_style_names_its_column_of_p_values(table):
    heads = {name: table.styled(name).columns[2].name for name in ("plain", "lancet", "jama")}
    assert heads == {"plain": "p", "lancet": "p", "jama": "P"}
    assert table.styled("bmj").styled("plain").columns[2].name == "p"


def test_an_unknown_suffix_is_refused(table, tmp_path):
    with pytest.raises(ValueError, match=r"\.csv"):
        table.write(tmp_path / "table.xls")


def test_a_row_of_the_wrong_width_is_refused():
    with pytest.raises(ValueError, match="2 cells for 1 columns"):
        Table("", "", (Column("a"),), (Row("x", (Cell("p", (0.5,)),) * 2),))
    with pytest.raises(ValueError, match="takes mean, sd"):
        Cell("mean_sd", (1.0,))


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_writes_missing_numbers(kind):
    parts = KINDS[kind].parts
    cell = Cell(kind, tuple("x" if part == "text" else float("nan") for part in parts))
    assert isinstance(Table("", "", (Column("a"),), (Row("r", (cell,)),)).texts()[0][0], str)


def test_times_that_are_not_reached():
    cells = (
        Cell("time", (208.0, 149.0, float("nan"))),
        Cell("time", (float("nan"),) * 3),
    )
    table = Table("", "", (Column("a"), Column("b")), (Row("Median", cells),))
    assert table.texts() == [["208 (149 to not reached)", "not reached"]]


def test_writing_makes_the_folders(table, tmp_path):
    path = table.write(tmp_path / "new" / "deep" / "t.csv")
    assert path.read_text(encoding="utf-8") == table.to_csv()


def test_footnotes_can_be_kept_on_the_screen(table):
    assert '<span class="notes">' in table.noted("n").to_html()
