"""Tables as a workbook: numbers as numbers, text that stays text, names that Excel allows."""

import io
import zipfile

import openpyxl
import pytest

from tests.tables.test_writers import NASTY, table  # noqa: F401
from walkstats.errors import DataError
from walkstats.tables import file_names, write_workbook
from walkstats.tables.cells import Cell, words
from walkstats.tables.description import Column, Row, Table
from walkstats.tables.workbook_file import sheet_names, workbook_file


def opened(content):
    return openpyxl.load_workbook(io.BytesIO(content))


def small(*cells, **given):
    columns = tuple(Column(f"c{k}") for k in range(len(cells)))
    return Table("A title", "", columns, (Row("label", cells),), **given)


def test_one_number_is_a_number_with_its_decimals_and_all_else_is_text():
    cells = (Cell("number", (-2.5,), 1), Cell("count", (351,)), Cell("mean_sd", (54.21, 11.3), 1))
    (sheet,) = opened(workbook_file({"t": small(*cells)})).worksheets
    written = [sheet.cell(3, k) for k in (2, 3, 4)]
    assert [one.value for one in written] == [-2.5, 351, "54.2 (11.3)"]
    assert [one.number_format for one in written[:2]] == ["0.0", "0"]


def test_what_stands_where(table):  # noqa: F811
    (sheet,) = opened(workbook_file({"t": table.styled("plain")})).worksheets
    assert sheet["A1"].value == NASTY
    assert [sheet.cell(2, k).value for k in (2, 3, 4)] == [
        f"{NASTY}: {NASTY} (n = 351)", f"{NASTY}: control (n = 350)", "p"]  # fmt: skip
    assert (sheet["A4"].value, sheet["B4"].value, sheet["D4"].value) == (
        "age", "54.2 (11.3)", "<0.001")  # fmt: skip
    assert sheet["A4"].alignment.indent == 1
    below = [sheet.cell(k, 1).value for k in range(6, sheet.max_row + 1)]
    assert [text for text in below if text] == list(table.footnotes)
    assert not sheet.merged_cells.ranges


@pytest.mark.parametrize("text", ["=1+1", "@SUM(A1)", "+1+1", "-1+1", '=HYPERLINK("x")', "#REF!"])
def test_no_text_is_a_formula_an_error_or_a_date(text):
    (sheet,) = opened(workbook_file({"t": small(words(text))})).worksheets
    assert (sheet["B3"].value, sheet["B3"].data_type) == (text, "s")
    titled = opened(workbook_file({"t": small(words("x")).titled(text)})).worksheets[0]
    assert (titled["A1"].value, titled["A1"].data_type) == (text, "s")
    inside = zipfile.ZipFile(io.BytesIO(workbook_file({"t": small(words(text))})))
    assert b"<f>" not in inside.read("xl/worksheets/sheet1.xml")


def test_r13_what_excel_does_not_allow_is_changed_and_told():
    names = ["a" * 40, "A" * 31, "x/y:z", "history", "contents", "'quoted'", "\x07", ""]
    given = {name: small(words("walk\x07ing")) for name in names}
    given[names[0]] = small(words("walk\x07ing" + "x" * 40_000))
    book = opened(workbook_file(given))
    titles = book.sheetnames
    assert titles[0] == "Contents"
    assert len({one.casefold() for one in titles}) == len(titles) == len(names) + 1
    assert all(0 < len(one) <= 31 and not set(one) & set("[]:*?/\\") for one in titles)
    told = list(book["Contents"].iter_rows(min_row=2, values_only=True))
    assert [one[0] for one in told] == titles[1:]
    assert [one[1] for one in told][:3] == names[:3]
    assert len(book[titles[1]]["B3"].value) == 32_767
    assert book[titles[1]]["B3"].value.startswith("walkingx")


def test_the_same_tables_give_the_same_bytes(monkeypatch):
    first = workbook_file({"t": small(words("x"))})
    import openpyxl.writer.excel as writer

    class Later(writer.datetime.datetime):
        @classmethod
        def now(cls, tz=None):
            return cls(2031, 2, 3, 4, 5, 6, tzinfo=tz)

    monkeypatch.setattr(writer.datetime, "datetime", Later)
    assert workbook_file({"t": small(words("x"))}) == first


def test_synthetic_data_say_so_in_the_sheet_and_the_facts_of_the_file():
    book = opened(workbook_file({"t": small(words("x"), source="synthetic: made up")}))
    said = [cell.value for row in book.worksheets[0].iter_rows() for cell in row if cell.value]
    assert any("SYNTHETIC DATA" in str(one) for one in said)
    assert book.properties.subject == "Synthetic data"


def test_writing(tmp_path):
    written = write_workbook(
        {"one": small(words("x")), "two": small(words("y"))}, tmp_path / "a.xlsx"
    )
    assert openpyxl.load_workbook(written).sheetnames == ["Contents", "one", "two"]
    assert small(words("x")).write(tmp_path / "b.xlsx").exists()
    with pytest.raises(ValueError, match=r"must be .*\.xlsx"):
        write_workbook({"one": small(words("x"))}, tmp_path / "a.xls")
    with pytest.raises(ValueError, match="at least one table"):
        write_workbook({}, tmp_path / "a.xlsx")
    (tmp_path / "file").write_text("")
    with pytest.raises(DataError, match="cannot be written"):
        write_workbook({"one": small(words("x"))}, tmp_path / "file" / "a.xlsx")
    assert sheet_names(file_names(["Walk 12m"]).values()) == {"walk-12m": "walk-12m"}
