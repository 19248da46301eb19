"""Is a table in any dialect read as it was written, or refused, but never as something else?"""

import csv
import io

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.reading.trial_on_disk import FACTS, TrialOnDisk
from walkstats import DataError
from walkstats.reading.cells.conversion import Meaning, convert
from walkstats.reading.cells.numbers_in_text import RefusedError, to_integer, to_number
from walkstats.reading.text_files.delimited import read_delimited
from walkstats.reading.text_tables import FileFormat, TextTable


def read(data, file="t.csv", **declared):
    data = data.encode("utf-8") if isinstance(data, str) else data
    return read_delimited(data, file, FileFormat(**declared))


def recognised(data, **declared):
    return read(data, recognise=True, **declared)


def refusal(data, **declared):
    with pytest.raises(DataError) as caught:
        read(data, **declared)
    return caught.value.findings[0]


def cells(text):
    return text.frame.to_numpy().tolist()


# What the file says of itself.


@pytest.mark.parametrize("line", ["sep=;", "SEP=;", '"sep=;"'])
def test_the_line_that_excel_reads_names_the_separator(line):
    text = read(f"{line}\r\na;b\r\n1;2,5\r\n")
    assert cells(text) == [["1", "2,5"]]
    assert text.frame.index.tolist() == [3]
    assert text.notes == ("separated by semicolons: line 1 of t.csv says sep=;",)


def test_that_line_against_a_declaration_is_refused():
    assert "trial.toml declares commas" in refusal("sep=;\na;b\n1;2\n", delimiter=",").problem


def test_line_ends_may_be_mixed():
    text = read("id,a\r1,2\n3,4\r\n5,6")
    assert cells(text) == [["1", "2"], ["3", "4"], ["5", "6"]]
    assert text.frame.index.tolist() == [2, 3, 4]


def test_the_ending_tsv_is_noted():
    assert read("a\tb\n1\t2\n", "t.tsv").notes == (
        "separated by tabs: the ending of t.tsv says so",
    )


# What trial.toml declares.


def test_title_and_comments_are_passed_over_and_counted():
    text = read(
        'Export of 3 May\n\nid,note\n# checked\n1,# stays\n2,"#\n#"\n', header_line=3, comment="#"
    )
    assert cells(text) == [["1", "# stays"], ["2", "#\n#"]]
    assert text.frame.index.tolist() == [5, 6]
    assert text.notes == (
        "lines 1 to 2 passed over: the header is declared to be on line 3",
        "1 lines that begin with # passed over",
    )
    assert "header_line is 9" in refusal("id\n1\n", header_line=9).problem
    assert "header_line" in read("Export of 3 May\nid,note\n1,2\n").problems[0].what_to_do


def test_single_quotes_are_declared_or_refused():
    data = "'id','note'\n'1','a, ''b'''\n"
    assert cells(read(data, quote="'")) == [["1", "a, 'b'"]]
    found = refusal(data)
    assert "single quotes" in found.problem
    assert 'quote = "\'"' in found.what_to_do


def test_backslashes_before_quotes_are_declared_or_refused():
    data = 'id,note\n1,"a \\"b\\" c"\n'
    assert cells(read(data, escape="\\")) == [["1", 'a "b" c']]
    assert 'escape = "\\\\"' in refusal(data).what_to_do


@pytest.mark.parametrize("note", ['"C:\\temp"', '"ends with \\"', 'bare "quote"', '"a\\",",x"'])
def test_a_backslash_that_may_mean_two_things_is_refused(note):
    assert "may mean two things" in refusal(f"id,note\n1,{note}\n", escape="\\").problem


def test_commas_in_the_header_are_none_of_the_separators_where_one_is_declared():
    assert cells(read('a;"b, c, d"\n1;2\n', delimiter=";")) == [["1", "2"]]
    assert "separated by semicolons" in refusal("a;b\n1;2\n", delimiter=",").problem


@pytest.mark.parametrize(
    ("rows", "advice"),
    [
        (["1,2,x", "2,3,y"], "row.names = FALSE"),
        (["1,2", "3,4", "Source: registry"], "no part of it"),
        (['1,"a \\"', '2,"b \\", c"'], "escape"),
    ],
)
def test_ragged_rows_are_told_what_may_have_made_them_so(rows, advice):
    found = read("id,note\n" + "\n".join(rows) + "\n").problems[0]
    assert advice in found.what_to_do


# Thousands.


@pytest.mark.parametrize(
    ("cell", "decimal", "thousands", "value"),
    [
        ("1.234,5", ",", ".", 1234.5),
        ("-12.345.678", ",", ".", -12345678),
        ("1 234,5", ",", " ", 1234.5),
        ("1\u202f234", ",", " ", 1234),
        ("1'234.5", ".", "'", 1234.5),
        ("1\u2019234.5", ".", "'", 1234.5),
        ("1,234", ".", ",", 1234),
        ("1234.5", ".", ",", 1234.5),
    ],
)
def test_declared_thousands(cell, decimal, thousands, value):
    assert to_number(cell, decimal, thousands) == value
    if value == int(value):
        assert to_integer(cell, decimal, thousands) == value


@pytest.mark.parametrize(
    ("cell", "decimal", "thousands"),
    [
        ("1.234,5", ",", ""),
        ("1 234", ".", ""),
        ("1'234", ".", ""),
        ("1.234", ",", ""),
        ("1,23", ".", ","),
        ("0,123", ".", ","),
        ("1,2345", ".", ","),
        ("12,34,567", ".", ","),
        ("1,234,56", ".", ","),
        ("1 234", ".", ","),
    ],
)
def test_what_is_not_declared_or_not_in_threes_is_refused(cell, decimal, thousands):
    with pytest.raises(RefusedError):
        to_number(cell, decimal, thousands)


# What is recognised, and its evidence.


@pytest.mark.parametrize(
    ("sign", "name"), [(",", "commas"), (";", "semicolons"), ("\t", "tabs"), ("|", "vertical bars")]
)
def test_the_separator_is_recognised_and_said(sign, name):
    text = recognised(f'a{sign}"b, c, d;e;f|g|h"\n1{sign}"x{sign}y"\n2{sign}z\n')
    assert cells(text) == [["1", f"x{sign}y"], ["2", "z"]]
    assert text.notes == (f"separated by {name}: 3 of 3 rows have 2 cells",)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a;b,c\n1;2,3\n", "commas and semicolons"),
        ("a;b\n1;2\n3;4;5\n", "2 rows have 2, 1 rows have 3"),
        ('a;b\n1;"2\n', "quotes do not close"),
        ("Export\na;b\n1;2\n", "its header has one cell"),
    ],
)
def test_a_separator_that_rows_do_not_agree_on_is_refused(text, words):
    found = refusal(text, recognise=True)
    assert words in found.problem
    assert "declare it" in found.what_to_do


def test_one_column_has_no_separator():
    assert cells(recognised("id\n1\n2\n")) == [["1"], ["2"]]


def test_single_quotes_are_recognised():
    text = recognised("'id';'note'\n'1';'a; b'\n")
    assert cells(text) == [["1", "a; b"]]
    assert any("single quotes" in note for note in text.notes)


def test_windows_letters_are_recognised_with_a_word_as_evidence():
    text = recognised("id,town\n1,Orléans\n2,“Köln” – 5 €\n".encode("cp1252"))
    assert text.frame["town"].tolist() == ["Orléans", "“Köln” – 5 €"]
    assert "Orléans" in text.notes[0]
    assert "cp1252" in text.notes[0]


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ("Orléans".encode("mac_roman"), "as mac_roman 'Orléans'"),
        ("España".encode("mac_roman"), "as mac_roman 'España'"),
        ("Москва".encode("cp1251"), "several letters"),
        (b"\x81", "neither UTF-8 nor cp1252"),
    ],
)
def test_letters_that_another_encoding_may_have_written_are_refused(data, words):
    assert words in refusal(b"id,town\n1," + data + b"\n", recognise=True).problem


def test_decimal_commas_are_recognised_with_their_evidence():
    text = recognised("id;pain;steps\n1;3,5;8.345\n2;4;12.034.100\n")
    assert (text.decimal, text.thousands) == (",", ".")
    assert "1 distinct cell such as '3,5' (pain, row 2)" in text.notes[1]
    assert text.undecided == {}
    assert recognised("id,x\n1,2.5\n").decimal == "."


def test_a_declared_decimal_sign_is_not_looked_for():
    assert recognised("id;x\n1;2,5\n", decimal=".").decimal == ""


@pytest.mark.parametrize(
    ("column", "words"),
    [
        (["3,5", "4.5"], ", as in '3,5' (x, row 2); . as in '4.5' (x, row 3)"),
        (["1.234.567", "1 234 567"], "sign between thousands"),
        (["1.234.567", "4.5"], "meaning of the point"),
    ],
)
def test_signs_that_contradict_one_another_are_refused_with_their_rows(column, words):
    rows = "\n".join(f"{k};{cell}" for k, cell in enumerate(column))
    assert words in refusal(f"id;x\n{rows}\n", recognise=True).problem


def test_a_column_that_can_be_read_in_two_ways_is_undecided():
    found = recognised("id;x;y\n1;1,234;3,5\n2;2,500;4\n").undecided["x"]
    assert "'1,234' (x, row 2), '2,500' (x, row 3)" in found.problem
    assert recognised("id;x\n1;1,234\n2;0,5\n").undecided == {}


# In a trial.


@pytest.fixture
def trial(tmp_path):
    return TrialOnDisk.at(tmp_path / "trial")


def german(trial):
    text = (trial.path / "participants.csv").read_text(encoding="utf-8")
    text = text.replace(",", ";").replace("54.5", "54,5").replace("47.25", "47,25")
    trial.write("participants.csv", text.replace("moved", "möved").encode("cp1252"))


def test_a_trial_recognises_where_it_is_asked_to_and_reports_it(trial):
    german(trial)
    with pytest.raises(DataError, match='encoding = "cp1252"'):
        trial.read()
    trial.toml('dialect = "recognise"')
    read_trial = trial.read()
    assert read_trial.participants["age_years"].tolist()[:3] == [54.5, 61, 47.25]
    told = read_trial.load_report["detail"].str.cat(sep="\n")
    assert "separated by semicolons: 7 of 7 rows have 8 cells" in told
    assert "read as cp1252 (Windows)" in told
    trial.toml('dialect = "recognise"', tables='[participants]\ndialect = "declared"')
    with pytest.raises(DataError, match="not utf-8"):
        trial.read()


def test_undecided_numbers_stop_a_trial_with_the_column(trial):
    trial.change("walking.csv", ",90,", ",1.090,")
    trial.change("walking.csv", "120.5", "1.205")
    trial.toml('dialect = "recognise"')
    found = trial.check()
    row = found[found["problem"].str.contains("decimal sign or does it stand")].iloc[0]
    assert (row["table"], row["column"], row["severity"]) == ("walking", "walking_minutes", "error")


@pytest.mark.parametrize(
    ("clause", "words"),
    [
        ('decimal = ","\nthousands = ","', "decimal and thousands are both"),
        ('thousands = "."', "decimal and thousands are both"),
        ('quote = "\'"\ndelimiter = "\'"', "delimiter and quote are both"),
        ('quote = "x"', "needs one of"),
        ("header_line = 0", "needs a line"),
        ('comment = ""', "needs what comments begin with"),
        ('dialect = "guess"', "'recognise'"),
    ],
)
def test_clauses_that_contradict_one_another_are_refused(trial, clause, words):
    trial.toml(facts=FACTS, tables=f"[participants]\n{clause}\n")
    assert trial.check()["problem"].str.contains(words).any()


# Any table, any dialect: equal or refused, never different.

NUMBERS = st.floats(-1e7, 1e7).map(lambda x: round(x, 3)) | st.integers(-(10**7), 10**7)
WORDS = st.text(st.sampled_from("abcé,;|. '\"\n"), min_size=1, max_size=6)
TABLES = st.lists(st.tuples(NUMBERS, WORDS), min_size=1, max_size=6)


@st.composite
def dialects(draw):
    decimal = draw(st.sampled_from(".,"))
    return {
        "encoding": draw(st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-32", "cp1252"])),
        "delimiter": draw(st.sampled_from([";", "\t", "|", ","])),
        "decimal": decimal,
        "thousands": draw(
            st.sampled_from([one for one in ("", ".", ",", " ", "'") if one != decimal])
        ),
        "quote": draw(st.sampled_from("\"'")),
        "end": draw(st.sampled_from(["\n", "\r\n", "\r"])),
    }


def written(rows, dialect):
    signs = str.maketrans({",": dialect["thousands"], ".": dialect["decimal"]})
    out = io.StringIO(newline="")
    writer = csv.writer(
        out,
        delimiter=dialect["delimiter"],
        quotechar=dialect["quote"],
        quoting=csv.QUOTE_ALL,
        lineterminator=dialect["end"],
    )
    writer.writerow(["number", "word"])
    writer.writerows([f"{x:,}".translate(signs), word] for x, word in rows)
    return out.getvalue().encode(dialect["encoding"])


def values(text: TextTable, decimal, thousands):
    meaning = Meaning("number", ("",), decimal=decimal, thousands=thousands)
    done = convert(text.frame["number"].to_numpy(dtype=object), np.arange(len(text.frame)), meaning)
    return None if done.refused.any() else done.values.tolist()


@given(TABLES, dialects())
def test_a_declared_dialect_is_read_as_it_was_written(rows, dialect):
    declared = {name: dialect[name] for name in ("encoding", "delimiter", "quote", "decimal")}
    if dialect["encoding"] == "utf-8-sig":
        declared["encoding"] = "utf-8"
    text = read(written(rows, dialect), **declared)
    assert text.frame["word"].tolist() == [word for _, word in rows]
    assert values(text, dialect["decimal"], dialect["thousands"]) == [x for x, _ in rows]


@given(TABLES, dialects())
def test_a_recognised_dialect_is_read_as_it_was_written_or_refused(rows, dialect):
    try:
        text = recognised(written(rows, dialect))
    except DataError:
        return
    assert text.frame["word"].tolist() == [word for _, word in rows]
    if "number" not in text.undecided:
        found = values(text, text.decimal or ".", text.thousands)
        assert found is None or found == [x for x, _ in rows]


def test_most_dialects_are_recognised_and_not_refused():
    rows = [(1234.5, "a; b"), (2.25, "é, d")]
    signs = [(".", ","), (",", "."), (",", " "), (".", "'")]
    for delimiter in (";", ",", "\t", "|"):
        for encoding in ("utf-8", "utf-8-sig", "utf-16", "utf-32", "cp1252"):
            for decimal, thousands in signs:
                dialect = {
                    "encoding": encoding,
                    "delimiter": delimiter,
                    "decimal": decimal,
                    "thousands": thousands,
                    "quote": '"',
                    "end": "\r\n",
                }
                text = recognised(written(rows, dialect))
                assert (text.decimal, text.thousands) == (decimal, thousands)
                assert isinstance(text.frame, pd.DataFrame)
                assert values(text, decimal, thousands) == [1234.5, 2.25]


@given(
    st.binary(max_size=40)
    | st.text(st.sampled_from("ab1,;|\t'\"\\#=sep \r\n."), max_size=40).map(str.encode),
    st.sampled_from(
        [
            {"recognise": True},
            {"recognise": True, "header_line": 2},
            {"escape": "\\", "delimiter": ";"},
            {"comment": "#", "quote": "'"},
        ]
    ),
)
def test_any_bytes_give_a_table_or_a_refusal_in_words(data, declared):
    try:
        text = read(data, **declared)
    except DataError:
        return
    assert text.frame.map(lambda cell: isinstance(cell, str)).all(axis=None)


def test_a_file_of_empty_cells_is_refused_in_words():
    assert "only empty lines" in refusal(",\n,\n", recognise=True).problem
