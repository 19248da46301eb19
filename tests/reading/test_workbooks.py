"""Does a sheet become the text that it holds, and a spoilt workbook a sentence?

The values known are those of workbooks.R and trial_libreoffice.fods; `workbooks_readxl.json` is
what R's readxl reads from the same files, with 15 digits, which is what RTOL allows for.
"""

import contextlib
import datetime as dt
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.reading.workbook_by_hand import (
    HEAD,
    MAIN,
    number,
    packed,
    parts_of,
    row,
    sheet,
    text,
    workbook,
)
from walkstats import DataError
from walkstats.reading.cells.serial_dates import day_of_serial, shown_as
from walkstats.reading.spreadsheets import sheet_cells, workbook_parts
from walkstats.reading.spreadsheets.workbooks import read_workbook
from walkstats.reading.text_tables import FileFormat

FILES = Path(__file__).parent / "files"
READXL = json.loads((FILES / "workbooks_readxl.json").read_text(encoding="utf-8"))
RTOL = 1e-14

PEOPLE = {
    "participant_id": ["001", "002", "003", "004"],
    "arm": ["control", "walking", "walking", "control"],
    "randomised_on": ["2024-01-10", "2024-02-29", "2023-12-31", "1999-12-31"],
    "planned_end_days": ["365"] * 4,
    "age_years": ["54.1", "61", "0.333333333333333", "14.2857142857143"],
    "referral": ["true", "false", "false", "true"],
    "adherence": ["0.85", "1", "0.125", "0"],
    "site": ["7", "12", "7", "3"],
    "seen_at": [
        "2024-01-10T09:30:00",
        "2024-02-29T23:59:59",
        "2023-12-31",
        "2000-01-01T12:00:01",
    ],
}
"""openxlsx writes numbers with 15 digits, and formats of dates and of moments under one number."""

WALKING = {
    "participant_id": ["001"] * 3 + ["002"] * 3,
    "week": ["1", "2", "3"] * 2,
    "walking_minutes": ["90", "120.5", None, "0", "0.3", "150"],
    "measured_by": ["diary"] * 6,
}
CALLED = {
    "participant_id": ["001", "002", "003"],
    "arm": ["control", "walking", "walking"],
    "randomised_on": ["2024-01-10", "2024-02-29", "2023-12-31"],
    "planned_end_days": ["365"] * 3,
    "age_years": ["54.1", "61", "0.333333333333333"],
    "referral": ["true", "false", "false"],
    "adherence": ["0.85", "1", "0.125"],
    "called_at": ["09:30:00", None, "not reached\ntwice"],
}
KNOWN = {
    ("trial_openxlsx.xlsx", "Participants"): PEOPLE,
    ("trial_openxlsx.xlsx", "walking"): WALKING,
    ("dates_1904.xlsx", "participants"): PEOPLE,
    ("trial_libreoffice.xlsx", "participants"): CALLED,
    ("trial_libreoffice.ods", "participants"): CALLED,
}


def table(data, name="book.xlsx", **declared):
    return read_workbook(data, name, FileFormat(**declared))


def from_file(name, of_sheet=None, **declared):
    return table((FILES / name).read_bytes(), name, sheet=of_sheet, **declared)


def refusal(data, **declared):
    with pytest.raises(DataError) as caught:
        table(data, **declared)
    return str(caught.value)


def column(*cells, after="", **options):
    """What becomes of the cells of column A below its name."""
    rows = row(1, text("A1", "name")) + "".join(row(k, one) for k, one in enumerate(cells, 2))
    return table(workbook({"one": sheet(rows, after)}, **options))


def cells_of(read, name="name"):
    return read.frame[name].tolist()


@pytest.mark.parametrize(("file", "of_sheet"), KNOWN)
def test_the_cells_that_the_script_wrote(file, of_sheet):
    read = from_file(file, of_sheet)
    assert {name: cells_of(read, name) for name in read.frame} == KNOWN[file, of_sheet]
    assert read.problems == ()


HEADS = {"titled": 4, "arts": 5, "other": 5}
COERCED = [one for one in READXL if "coercion" in one]
"""Where R was told the kind of a column that holds several."""


@pytest.mark.parametrize("read_by_r", [one for one in READXL if one not in COERCED])
def test_the_same_as_readxl(read_by_r):
    file, of_sheet = read_by_r.split("/")
    line = HEADS.get(of_sheet)
    read = from_file(file, of_sheet, header_line=line)
    theirs = READXL[read_by_r]
    assert list(read.frame) == list(theirs)
    first = int(read.frame.index[0])
    for name, values in theirs.items():
        ours = read.frame[name].reindex(range(first, first + len(values))).tolist()
        for mine, other in zip(ours, values, strict=True):
            assert agrees(mine, other), (name, mine, other)


def test_cells_of_several_kinds_that_excel_wrote_and_describes():
    """A workbook of Excel for Mac, whose dates are counted from 1904."""
    dates = from_file("excel_type_me.xlsx", "date_coercion").frame.to_numpy().tolist()
    assert dates == [
        [None, "empty"],
        ["2016-05-23", "date only format"],
        ["2016-04-28T11:30:00", "date and time format"],
        ["true", "boolean true"],
        ["cabbage", '"cabbage"'],
        ["4.3", "4.3 (numeric)"],
        ["39448", "another numeric"],
    ]
    theirs = READXL["excel_type_me.xlsx/date_coercion"]["maybe a datetime?"]
    assert agrees(dates[1][0], theirs[1])
    assert agrees(dates[2][0], theirs[2])
    assert f"{day_of_serial(39448, 1904)}T00:00:00" == theirs[6]
    numbers = cells_of(from_file("excel_type_me.xlsx", "numeric_coercion"), "maybe numeric?")
    assert numbers == [None, "true", "false", "2014-12-23", "123456", "123456", "cabbage"]
    assert day_of_serial(40534, 1904).isoformat() == numbers[3]
    assert READXL["excel_type_me.xlsx/numeric_coercion"]["maybe numeric?"][3] == 40534


def test_a_report_around_a_table_that_excel_wrote():
    """The names stand in row 5, and remarks above and below."""
    told = refusal((FILES / "excel_deaths.xlsx").read_bytes(), sheet="arts")
    assert "header_line = 5" in told
    merged = from_file("excel_deaths.xlsx", "other", header_line=5)
    assert "values: E19:F19" in merged.problems[0].problem


def agrees(mine, other):
    if other is None:
        return mine is None or mine != mine
    if isinstance(other, bool):
        return mine == str(other).lower()
    if isinstance(other, int | float):
        return float(mine) == pytest.approx(other, rel=RTOL)
    # readxl gives a time of day as one of 31 December 1899, and a cell beside it as a number.
    return (
        mine.replace("\n", "\r\n") == other
        or other.removesuffix("T00:00:00") == mine
        or (other.endswith(mine) or float(other) == pytest.approx(9.5 / 24, rel=RTOL))
    )


@pytest.mark.parametrize(("file", "of_sheet"), [one for one in KNOWN if ".ods" not in one[0]])
def test_the_same_as_openpyxl(file, of_sheet):
    openpyxl = pytest.importorskip("openpyxl")
    # Not in full: openxlsx names drawings that it does not write, at which openpyxl stops.
    book = openpyxl.load_workbook(FILES / file, data_only=True, read_only=True)
    theirs = book[of_sheet]
    read = from_file(file, of_sheet)
    for line, cells in zip(read.frame.index, read.frame.to_numpy(dtype=object), strict=True):
        for place, mine in enumerate(cells, 1):
            assert mine == in_words(theirs.cell(line, place)), (line, place)
    book.close()


def in_words(cell):
    value = cell.value
    if isinstance(value, dt.datetime):
        return value.isoformat().removesuffix("T00:00:00")
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return None if value is None else str(value)


def test_what_excel_shows_otherwise_is_told():
    told = from_file("trial_openxlsx.xlsx", "Participants").notes
    assert told == (
        "hidden columns were read like all others: H",
        "cells of column G shown as percentages: 85 % is read as 0.85: 4",
        "cells of column H numbers shown with leading zeros, which are read without them: 4",
    )
    told = from_file("trial_libreoffice.xlsx", "participants").notes
    assert told[:3] == (
        "empty rows passed over: 3",
        "rows hidden were read like all others: 1",
        "formulas not computed, the values stored with them were read: 2",
    )
    assert "the sheet is hidden" in from_file("trial_openxlsx.xlsx", "walking").notes


def test_the_two_workbooks_of_libreoffice_agree():
    for of_sheet in ("participants", "Walking by week", "Errors"):
        ours, theirs = (from_file(f"trial_libreoffice{one}", of_sheet) for one in (".ods", ".xlsx"))
        assert ours.frame.equals(theirs.frame)
        assert ours.notes == theirs.notes


def test_findings_name_the_row_as_excel_numbers_it():
    assert from_file("trial_libreoffice.xlsx", "participants").frame.index.tolist() == [2, 3, 7]
    titled = from_file("spoilt_openxlsx.xlsx", "titled", header_line=4)
    assert titled.frame.index.tolist() == [5, 6, 7, 8]
    assert "read from row 4" in titled.notes[0]


@pytest.mark.parametrize(
    ("of_sheet", "words"),
    [
        ("merged names", ("names of the columns: E1:G1", "unmerge")),
        ("merged values", ("values: B3:B4", "unmerge")),
        ("formulas", ("formulas without a stored value: E2, E3", "save it")),
    ],
)
def test_what_cannot_be_read_without_guessing_is_an_error(of_sheet, words):
    (problem,) = from_file("spoilt_openxlsx.xlsx", of_sheet).problems
    assert problem.severity == "error"
    assert all(word in str(problem) for word in words)


def test_a_title_above_the_names_needs_to_be_allowed_for():
    data = (FILES / "spoilt_openxlsx.xlsx").read_bytes()
    told = refusal(data, sheet="titled")
    assert "'Baseline data, export of May' in row 1" in told
    assert "header_line = 4" in told
    assert "nothing in row 2" in refusal(data, sheet="titled", header_line=2)


def test_error_values_are_kept_for_the_codes_of_missing():
    assert cells_of(from_file("trial_libreoffice.xlsx", "Errors"), "site") == ["#DIV/0!", "#N/A"]


def test_dates_of_1900_and_1904():
    days = [number(f"A{k}", serial, 1) for k, serial in enumerate((1, 59, 61, 45301, 2958465), 2)]
    shown = ["1900-01-01", "1900-02-28", "1900-03-01", "2024-01-10", "9999-12-31"]
    assert cells_of(column(*days)) == shown
    days = [number(f"A{k}", serial, 1) for k, serial in enumerate((0, 1, 60, 43839), 2)]
    shown = ["1904-01-01", "1904-01-02", "1904-03-01", "2024-01-10"]
    assert cells_of(column(*days, since=1904)) == shown


@pytest.mark.parametrize("serial", [60, 60.5, 0, -3, 2958466, 1e300])
def test_days_that_no_calendar_has(serial):
    (problem,) = column(number("A2", 61, 1), number("A3", serial, 1)).problems
    assert problem.severity == "error"
    assert "A3" in problem.problem
    assert "29 February 1900" in problem.problem or "no day number" in problem.problem


def test_times():
    read = column(
        number("A2", 0.25, 2),
        number("A3", 1.5, 3),
        number("A4", 45301 + 1 / 3, 4),
        number("A5", 45301, 4),
        number("A6", 45301.5, 1),
        number("A7", 0.99999999, 2),
    )
    assert cells_of(read) == [
        "06:00:00",
        "36:00:00",
        "2024-01-10T08:00:00",
        "2024-01-10",
        "2024-01-10T12:00:00",
        "23:59:59.999",
    ]


@pytest.mark.parametrize(
    ("code", "shown"),
    [
        ("General", ""),
        ("0.00", ""),
        ("@", ""),
        ("# ##0", ""),
        ('0 "days"', ""),
        ("[Red]0.00;[Blue]-0.00", ""),
        ("mmm yy", "date"),
        ("mm", "date"),
        ("[$-809]d mmmm yyyy;@", "date"),
        ("yyyy\\-mm\\-dd", "date"),
        ("d/m/yy h:mm", "date"),
        ("mm:ss.0", "time"),
        ("h:mm AM/PM", "time"),
        ("[mm]:ss", "elapsed"),
        ("0.0%", "percent"),
        ("[$€-407] #,##0.00", "currency"),
        ("$#,##0", "currency"),
        ("0000", "leading zeros"),
    ],
)
def test_number_formats(code, shown):
    assert shown_as(code) == shown


def test_later_days_follow_python():
    for serial in range(61, 2_957_003, 7919):
        later = dt.timedelta(days=serial)
        assert day_of_serial(serial, 1900) == dt.date(1899, 12, 30) + later
        assert day_of_serial(serial, 1904) == dt.date(1904, 1, 1) + later


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_numbers_lose_nothing(value):
    assert float(cells_of(column(number("A2", repr(value))))[0]) == value


def test_cells_of_every_kind():
    read = column(
        '<c r="A2" t="b"><v>1</v></c>',
        '<c r="A3" t="s"><v>0</v></c>',
        '<c r="A4" t="s"><v>1</v></c>',
        '<c r="A5" t="str"><f>"a"&amp;"b"</f><v>ab</v></c>',
        '<c r="A6" t="str"><f>""</f><v></v></c>',
        '<c r="A7" t="inlineStr"><is><r><t>in </t></r><r><t>parts</t></r></is></c>',
        '<c r="A8" t="d"><v>2024-01-10T00:00:00</v></c>',
        number("A9", "1.1000000000000001"),
        number("A10", "1E3"),
        text("A11", "line_x000D_end"),
        "<c><v>7</v></c>",
        texts=(
            "<t>plain</t>",
            "<r><t>rich </t></r><r><t>text</t></r><rPh><t>spoken</t></rPh>",
        ),
    )
    assert cells_of(read) == [
        "true",
        "plain",
        "rich text",
        "ab",
        "in parts",
        "2024-01-10",
        "1.1",
        "1000",
        "line\rend",
        "7",
    ]
    assert read.notes[1] == "formulas not computed, the values stored with them were read: 2"


def test_notes_on_filters_currencies_and_long_numbers():
    cells = [number("A2", 3, 5), number("A3", "1234567890123456"), number("A4", 1)]
    rows = row(1, text("A1", "name")) + "".join(
        row(k, one, **({"hidden": 1} if k == 4 else {})) for k, one in enumerate(cells, 2)
    )
    read = table(workbook({"one": sheet(rows, '<autoFilter ref="A1:A4"/>')}))
    assert read.notes == (
        "rows hidden by a filter were read like all others: 1",
        "cells of column A shown with a currency; the number alone is read: 1",
        "cells of column A numbers of more than 15 digits, of which a spreadsheet keeps only 15: 1",
    )


def test_columns_without_a_name_and_two_of_one():
    rows = row(1, text("A1", "id"), text("C1", "arm")) + row(
        2, text("A2", "P1"), text("B2", "x"), text("XFD2", "y")
    )
    read = table(workbook({"one": rows}))
    assert list(read.frame) == ["id", "arm"]
    assert ["B2" in p.problem or "XFD2" in p.problem for p in read.problems] == [True, True]
    rows = row(3, text("B3", "id"), text("D3", "id")) + row(4, text("B4", "P1"))
    told = refusal(workbook({"one": rows}))
    assert "'id' in columns B, D" in told
    assert "row 3" in told


def test_merged_cells_beside_the_table_do_no_harm():
    after = '<mergeCells><mergeCell ref="C1:D2"/><mergeCell ref="A9:B9"/></mergeCells>'
    assert column(text("A2", "x"), after=after).problems == ()


def test_which_sheet_is_meant():
    one = row(1, text("A1", "a")) + row(2, number("A2", 1))
    two = workbook({"Baseline": one, "Check-ins": one})
    assert table(two, sheet="baseline").file == "book.xlsx (Baseline)"
    assert table(two, sheet="check ins").file == "book.xlsx (Check-ins)"
    assert "'Baseline', 'Check-ins'" in refusal(two)
    assert "did you mean 'Baseline'?" in refusal(two, sheet="Basline")
    assert "empty sheet" in refusal(workbook({"none": ""}))


BOMB = "<!DOCTYPE x [" + "".join(
    f'<!ENTITY e{k} "{f"&e{k - 1};" * 10 if k else "ha"}">' for k in range(12)
)
BOMB += "]>"
OUTSIDE = '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>'


@pytest.mark.parametrize("prolog", [BOMB, OUTSIDE])
@pytest.mark.parametrize(
    "member",
    [
        "xl/worksheets/sheet1.xml",
        "xl/workbook.xml",
        "xl/sharedStrings.xml",
        "xl/styles.xml",
        "_rels/.rels",
    ],
)
def test_entities_are_refused_before_they_unfold(member, prolog):
    entity = "&e11;" if prolog is BOMB else "&e;"
    parts = parts_of({"one": sheet(row(1, text("A1", entity)))})
    parts[member] = parts[member].replace(HEAD, HEAD + prolog)
    told = refusal(packed(parts))
    assert "document type" in told
    assert "root:" not in told


def test_a_sheet_that_claims_to_be_huge_is_as_large_as_its_cells():
    rows = row(1, text("A1", "a")) + row(2, number("A2", 1)) + '<row r="1048576" s="1"/>'
    content = sheet(rows).replace("<sheetData>", '<dimension ref="A1:XFD1048576"/><sheetData>')
    content = content.replace(
        "</worksheet>", '<mergeCells><mergeCell ref="B1:XFD1048576"/></mergeCells></worksheet>'
    )
    assert cells_of(table(workbook({"one": content})), "a") == ["1"]


def test_more_cells_than_memory(monkeypatch):
    monkeypatch.setattr(sheet_cells, "MOST_TEXTS", 3)
    rows = row(1, text("A1", "a")) + "".join(row(k, number(f"A{k}", k)) for k in range(2, 9))
    assert "cells in a sheet" in refusal(workbook({"one": rows}))
    monkeypatch.setattr(workbook_parts, "MOST_TEXTS", 3)
    assert "cells in a sheet" in refusal(workbook({"one": ""}, texts=["<t>x</t>"] * 9))


def test_a_sheet_that_grows_too_much_is_refused():
    rows = row(1, text("A1", "a")) + " " * 17_500_000
    assert "unpacks to more than" in refusal(workbook({"one": rows}))


def test_a_list_of_sheets_without_end(monkeypatch):
    monkeypatch.setattr(workbook_parts._part, "__defaults__", (100,))
    assert "no sheets that can be read" in refusal(workbook({"one": ""}))


def test_depth_takes_no_memory():
    deep = "<a>" * 50_000 + "</a>" * 50_000
    rows = row(1, text("A1", "a")) + row(2, number("A2", 1)) + deep
    assert cells_of(table(workbook({"one": rows})), "a") == ["1"]


@pytest.mark.parametrize(
    "rows",
    [
        '<row r="2000000"><c r="A1"/></row>',
        '<row r="-1"/>',
        '<row r="2"/><row r="1"/>',
        '<row r="1"><c r="A2"><v>1</v></c></row>',
        '<row r="1"><c r="ZZZ1"><v>1</v></c></row>',
        '<row r="1"><c r="A1"><v>one</v></c></row>',
        '<row r="1"><c r="A1"><v>1e999</v></c></row>',
        '<row r="1"><c r="A1"><v>1_0</v></c></row>',
        '<row r="1"><c r="A1" t="s"><v>99999</v></c></row>',
        '<row r="1"><c r="A1" s="x"><v>1</v></c></row>',
        "<row><c>",
        "\x01",
    ],
)
def test_what_the_format_does_not_allow_is_damage(rows):
    assert "damaged" in refusal(workbook({"one": f"{HEAD}<worksheet>{rows}</worksheet>"}))


@pytest.mark.parametrize("missing", ["_rels/.rels", "xl/workbook.xml", "xl/worksheets/sheet1.xml"])
def test_a_workbook_that_lacks_a_part_is_damaged(missing):
    parts = parts_of({"one": sheet(row(1, text("A1", "a")))})
    del parts[missing]
    assert "no sheets that can be read" in refusal(packed(parts))


def test_an_archive_of_something_else_is_no_workbook():
    assert "is no workbook" in refusal(packed({"a.csv": "x"}))


SMALL = (FILES / "trial_libreoffice.xlsx").read_bytes()


@given(st.data())
def test_damage_anywhere_is_told_by_our_own_error(data):
    spoilt = bytearray(SMALL)
    at = data.draw(st.integers(0, len(spoilt) - 1))
    spoilt[at : at + data.draw(st.integers(0, 4))] = data.draw(st.binary(max_size=4))
    with contextlib.suppress(DataError):
        table(bytes(spoilt), sheet="participants")


@given(st.data())
def test_damage_within_a_sheet_is_too(data):
    content = row(1, text("A1", "a"), text("B1", "b")) + row(2, number("A2", 45301, 1))
    spoilt = list(sheet(content, '<mergeCells><mergeCell ref="A9:B9"/></mergeCells>'))
    at = data.draw(st.integers(len(HEAD), len(spoilt) - 1))
    spoilt[at : at + data.draw(st.integers(0, 4))] = data.draw(
        st.text('<>"/=&;rvct129:A', max_size=4)
    )
    with contextlib.suppress(DataError):
        table(workbook({"one": "".join(spoilt)}))


def test_the_workbook_of_another_prefix_and_of_the_strict_kind():
    parts = parts_of({"one": sheet(row(1, text("A1", "a")) + row(2, number("A2", 1)))})
    strict = "http://purl.oclc.org/ooxml/spreadsheetml/main"
    again = {
        name: content.replace(MAIN, strict).replace(
            "schemas.openxmlformats.org/officeDocument/2006", "purl.oclc.org/ooxml/officeDocument"
        )
        for name, content in parts.items()
    }
    assert cells_of(table(packed(again)), "a") == ["1"]
    name = "xl/worksheets/sheet1.xml"
    prefixed = parts[name].replace("<", "<x:").replace("<x:/", "</x:").replace("<x:?", "<?")
    again = parts | {name: prefixed.replace("xmlns=", "xmlns:x=")}
    assert cells_of(table(packed(again)), "a") == ["1"]
