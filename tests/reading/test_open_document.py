"""Do sheets of OpenDocument spreadsheets become the text that they hold?

`trial_libreoffice.ods` is read in test_workbooks.py, beside the workbook of Excel's kind that
LibreOffice made of the same tables.
"""

import pytest

from tests.reading.test_workbooks import BOMB, cells_of, refusal, table
from tests.reading.workbook_by_hand import HEAD, packed

OFFICE = "urn:oasis:names:tc:opendocument:xmlns:office:1.0"
TABLE = "urn:oasis:names:tc:opendocument:xmlns:table:1.0"
WORDS = "urn:oasis:names:tc:opendocument:xmlns:text:1.0"
NAMED = "<table:table-row><table:table-cell office:value-type='string'><text:p>a</text:p>"
NAMED += "</table:table-cell></table:table-row>"


def document(rows, prolog="", before=""):
    """An OpenDocument spreadsheet with one sheet, column A called a."""
    content = (
        f'{HEAD}{prolog}<office:document-content xmlns:office="{OFFICE}" xmlns:table="{TABLE}" '
        f'xmlns:text="{WORDS}" xmlns:style="x">{before}<table:table table:name="one" '
        f'table:style-name="t">{NAMED}{rows}</table:table></office:document-content>'
    )
    mimetype = "application/vnd.oasis.opendocument.spreadsheet"
    return packed({"mimetype": mimetype, "content.xml": content})


def cell(attributes="", words="", row=""):
    inside = f"<table:table-cell {attributes}>{words}</table:table-cell>"
    return f"<table:table-row {row}>{inside}</table:table-row>"


def test_cells_of_an_open_document():
    rows = (
        cell('office:value-type="float" office:value="1.50"')
        + cell('office:value-type="currency" office:value="1e3"')
        + cell('office:value-type="date" office:date-value="2024-01-10T00:00:00"')
        + cell('office:value-type="date" office:date-value="2024-01-10T09:30:00"')
        + cell('office:value-type="time" office:time-value="PT36H00M01.500S"')
        + cell('office:value-type="string"', "<text:p>two<text:s text:c='3'/>words</text:p>")
        + cell(
            "", "<office:annotation><text:p>a remark</text:p></office:annotation><text:p>x</text:p>"
        )
        + cell('table:formula="of:=[.A1]"')
        + cell(
            'office:value-type="boolean" office:boolean-value="true"',
            row='table:visibility="filter"',
        )
        + cell('office:value-type="float" office:value="7"', row='table:number-rows-repeated="2"')
        + cell(row='table:number-rows-repeated="1048000"')
    )
    hidden = (
        '<style:style style:name="t"><style:table-properties table:display="false"/></style:style>'
    )
    read = table(document(rows, before=hidden))
    assert cells_of(read, "a") == [
        "1.5",
        "1000",
        "2024-01-10",
        "2024-01-10T09:30:00",
        "36:00:01.5",
        "two   words",
        "x",
        "true",
        "7",
        "7",
    ]
    assert read.frame.index.tolist() == [2, 3, 4, 5, 6, 7, 8, 10, 11, 12]
    assert ["A9" in one.problem for one in read.problems] == [True]
    assert read.notes == (
        "empty rows passed over: 1",
        "the sheet is hidden",
        "rows hidden by a filter were read like all others: 1",
        "cells of column A shown with a currency; the number alone is read: 1",
    )


def test_merged_cells_of_an_open_document():
    rows = cell('table:number-rows-spanned="2" office:value-type="float" office:value="7"')
    assert "values: A2:A3" in str(table(document(rows)).problems[0])


@pytest.mark.parametrize(
    "rows",
    [
        cell('office:value-type="float" office:value="seven"'),
        cell('office:value-type="float" office:value="1e999"'),
        cell('office:value-type="date" office:date-value="10/01/2024"'),
        cell('office:value-type="time" office:time-value="9:30"'),
        cell(row='table:number-rows-repeated="many"'),
        cell(row='table:number-rows-repeated="-1"'),
        "<table:table-row>",
    ],
)
def test_damage_in_an_open_document(rows):
    assert "damaged" in refusal(document(rows))


def test_harm_in_an_open_document():
    assert "document type" in refusal(document(cell(words="&e11;"), prolog=BOMB))
    seven = 'office:value-type="float" office:value="7"'
    rows = cell(
        f'{seven} table:number-columns-repeated="9999"', row='table:number-rows-repeated="9999"'
    )
    assert "cells in a sheet" in refusal(document(rows))
    many = cell('office:value-type="string"', "<text:p><text:s text:c='999999999'/></text:p>")
    assert len(cells_of(table(document(many + cell(seven))), "a")) == 1
    parts = {"mimetype": "application/vnd.oasis.opendocument.spreadsheet"}
    assert "no sheets that can be read" in refusal(packed(parts))
    parts |= {"content.xml": "x", "META-INF/manifest.xml": "<manifest:encryption-data/>"}
    assert "password" in refusal(packed(parts))
