"""What does the reader of delimited text make of good, odd and broken files?"""

import csv

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from walkstats import DataError
from walkstats.reading.text_files.delimited import read_delimited
from walkstats.reading.text_tables import FileFormat


def read(data, **declared):
    data = data.encode("utf-8") if isinstance(data, str) else data
    return read_delimited(data, "t.csv", FileFormat(**declared))


def refusal(data, **declared):
    with pytest.raises(DataError) as caught:
        read(data, **declared)
    return caught.value.findings[0]


def cells(text):
    return text.frame.to_numpy().tolist()


def test_rows_keep_the_line_on_which_they_start():
    text = read('id,note\n1,"two\nlines"\n\n2,x\n')
    assert text.frame.index.tolist() == [2, 5]
    assert cells(text) == [["1", "two\nlines"], ["2", "x"]]
    assert text.notes == ("1 empty lines passed over",)


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_every_line_end_is_one(end):
    assert cells(read(end.join(["id,arm", "1,a", "2,b", ""]))) == [["1", "a"], ["2", "b"]]


@pytest.mark.parametrize(
    ("encoding", "declared"),
    [("utf-8-sig", "utf-8"), ("utf-16", "utf-16"), ("cp1252", "cp1252"), ("utf-32", "utf-32")],
)
def test_declared_encodings_and_their_marks(encoding, declared):
    text = read("id,town\n1,Orléans\n".encode(encoding), encoding=declared)
    assert list(text.frame.columns) == ["id", "town"]
    assert cells(text) == [["1", "Orléans"]]


@pytest.mark.parametrize("encoding", ["utf-16", "utf-32"])
def test_the_mark_at_the_start_of_a_file_says_its_encoding(encoding):
    text = read("id,town\n1,Orléans\n".encode(encoding))
    assert cells(text) == [["1", "Orléans"]]
    assert encoding.upper() in text.notes[0]


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_utf_16_without_a_mark_is_named(encoding):
    found = refusal("id\n12\n".encode(encoding))
    assert f'encoding = "{encoding}"' in found.what_to_do
    assert cells(read("id\n12\n".encode(encoding), encoding=encoding)) == [["12"]]


def test_a_mark_that_contradicts_the_declaration_is_refused():
    assert "mark of UTF-8" in refusal("id\n1\n".encode("utf-8-sig"), encoding="cp1252").problem
    assert "mark of UTF-16" in refusal("id\n1\n".encode("utf-16"), encoding="utf-8").problem


@pytest.mark.parametrize(
    ("text", "name"), [("a\tb\n1\t2\n", "tabs"), ("a;b\n1;2,5\n", "semicolons"), ("a|b", "bars")]
)
def test_another_separator_is_named(text, name):
    assert name in refusal(text).problem


def test_a_declared_separator_is_used():
    assert cells(read("a;b\n1;2,5\n", delimiter=";")) == [["1", "2,5"]]


def test_tsv_files_are_separated_by_tabs():
    assert read_delimited(b"a\tb\n1\t2\n", "t.tsv", FileFormat()).frame.shape == (1, 2)


@pytest.mark.parametrize(
    ("text", "line", "word"),
    [
        ('a,b\n1,"open\n2,x\n', 2, "never closed"),
        ('a,b\n1,"open\n2,"x"\n3,y\n', 2, "before its cell ends"),
        ('a,b\n1,x\n2,"y" \n', 3, "before its cell ends"),
        ('a,b\n1,"x ""quoted"" y"\n2,"open', 3, "never closed"),
    ],
)
def test_a_quote_left_open_is_placed_where_it_opened(text, line, word):
    found = refusal(text)
    assert found.row == line
    assert word in found.problem


def test_two_open_quotes_that_swallow_rows_are_warned_of():
    text = read('id,note\n1,"walked 5\n2,walked 7"\n3,x\n')
    assert [one.severity for one in text.problems] == ["warning"]
    assert "swallowed" in text.problems[0].problem
    assert text.problems[0].row == 2


def test_a_cell_longer_than_any_cell_is_named_by_its_line():
    long = "x" * (csv.field_size_limit() + 1)
    assert refusal(f"a,b\n1,2\n3,{long}\n").row == 3


def test_rows_of_a_wrong_width_are_left_out_and_are_errors():
    text = read("a,b\n1,2\n3\n4,5,6\n7,8\n")
    assert cells(text) == [["1", "2"], ["7", "8"]]
    assert not text.complete
    assert "row 3 has 1 cells, header has 2; row 4 has 3 cells" in text.problems[0].problem
    assert text.problems[0].count == 2


@pytest.mark.parametrize(
    ("rows", "advice"),
    [
        (["1,3,5", "2,4,25"], 'decimal = ","'),
        (["1,3,5", "2,40"], 'decimal = ","'),
        (["1,3,", "2,4,"], "delete the comma at the end"),
        (["1,walked, slowly", "2,ran, fast"], "in quotes"),
        (["1", "2"], "in quotes"),
    ],
)
def test_the_advice_on_rows_of_a_wrong_width_suits_their_cells(rows, advice):
    text = read("id,pain\n" + "\n".join(rows) + "\n")
    assert advice in text.problems[0].what_to_do
    assert text.problems[0].problem.startswith("row 2 has")


def test_columns_without_name():
    assert list(read("a,b,\n1,2,\n").frame.columns) == ["a", "b"]
    assert not read(",a\n0,1\n").complete
    assert "several columns" in refusal("a,a\n1,2\n").problem


@pytest.mark.parametrize("text", ["\n\n", " ,\n", '""\n'])
def test_only_empty_lines(text):
    assert "only empty lines" in refusal(text).problem


def test_text_that_was_read_in_a_wrong_encoding_is_warned_of():
    for cell in ("walk \x96 control", "Orl\ufffdans", "OrlÃ©ans", "donâ€™t"):
        assert [one.severity for one in read(f"id,x\n1,{cell}\n").problems] == ["warning"]
    assert read("id,x\n1,Ångström – naïve château €5\n").problems == ()


SAFE = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\0\ufeff"), max_size=8
).filter(lambda cell: cell != "")


@given(st.lists(st.lists(SAFE, min_size=2, max_size=2), max_size=5))
@example([["\r", "a\n"], ['"', ","]])
def test_what_the_csv_module_writes_is_read_as_it_was(rows):
    import io

    out = io.StringIO(newline="")
    csv.writer(out, quoting=csv.QUOTE_ALL).writerows([["a", "b"], *rows])
    assert cells(read(out.getvalue())) == rows


@given(st.binary(max_size=60))
def test_any_bytes_give_a_table_or_a_data_error(data):
    try:
        text = read_delimited(data, "t.csv", FileFormat())
    except DataError:
        return
    assert text.frame.map(lambda cell: isinstance(cell, str)).all(axis=None)
