"""Has every format a file that another program wrote, and is it read as its script says?

The rows of files/README.md, the entries of ``FORMATS`` and the files held here must agree.
"""

import io
import re
from pathlib import Path

import pytest

from walkstats import DataError
from walkstats.reading.formats import FORMATS, format_of, read_text
from walkstats.reading.parquet import read_parquet_text
from walkstats.reading.places.compressed import file_bytes
from walkstats.reading.text_tables import FileFormat

FILES = Path(__file__).parent / "files"
LARGEST = 50_000
ROW = re.compile(
    r"^\| (?P<format>[^|]+?) \| (?P<file>[^|]+?) \| .* \| (?P<script>[^|]+?) \| .* \|$"
)

PEOPLE = {
    "id": ["001", "002", "003"],
    "arm": ["control", "walking", "walking"],
    "randomised_on": ["2024-01-10", "2024-02-29", "2024-03-01"],
    "town": ["Orléans", "Köln", "Zürich"],
}
NOTES = {"note": ["plain", 'a; b, "c" d', "two\nlines"]}
"""What delimited.R, delimited.sql and delimited.sh write, all of it text."""

POINTS = {"age_years": ["54.5", "61", ""], "cost": ["1234.5", "0.25", "1000000.125"]}
OF_R = POINTS | {"age_years": ["54.5", "61", "NA"]}
OF_SQLITE = POINTS | {"age_years": ["54.5", "61.0", ""]}
DECIMAL_COMMAS = {"age_years": ["54,5", "61", "NA"], "cost": ["1234,5", "0,25", "1000000,125"]}
THOUSANDS = {"age_years": ["54,5", "61", ""], "cost": ["1.234,5", "0,25", "1.000.000,125"]}

PARQUET = {
    "id": ["001", "002", "003"],
    "arm": ["control", "walking", None],
    "randomised_on": ["2024-01-10", "2024-02-29", None],
    "answered_at": ["2024-02-10T08:30:00+11:00", "2024-03-31T00:00:00+11:00", None],
    "age_years": ["54.50", "61.25", None],
    "cost": ["1234.5", "0.1", None],
    "steps": ["12", None, "0"],
    "referral": ["true", "false", None],
    "note": ["Orléans", "long " * 2000, None],
}
AS_UTC = {"answered_at": ["2024-02-09T21:30:00+00:00", "2024-03-30T13:00:00+00:00", None]}

KNOWN: dict[str, tuple[FileFormat, dict[str, list[str | None]]]] = {
    "r_csv2.csv": (
        FileFormat(encoding="cp1252", delimiter=";"),
        PEOPLE | NOTES | DECIMAL_COMMAS,
    ),
    "r_utf16le.csv": (FileFormat(encoding="utf-16-le"), PEOPLE | NOTES | POINTS),
    "r_table.txt": (FileFormat(delimiter=" ", escape="\\"), PEOPLE | NOTES | OF_R),
    "r_mac.tsv": (FileFormat(encoding="mac_roman"), PEOPLE | NOTES | OF_R),
    "r_thousands.csv": (
        FileFormat(delimiter=";"),
        PEOPLE | NOTES | THOUSANDS,
    ),
    "sqlite.csv": (FileFormat(), PEOPLE | NOTES | OF_SQLITE),
    "sqlite_list.txt": (FileFormat(delimiter="|"), PEOPLE | OF_SQLITE),
    "calc_semicolon.csv": (FileFormat(delimiter=";"), PEOPLE | NOTES | POINTS),
    "calc_utf16_tab.csv": (FileFormat(delimiter="\t"), PEOPLE | NOTES | POINTS),
    "calc_windows_quoted.csv": (
        FileFormat(encoding="cp1252", delimiter=";"),
        PEOPLE | NOTES | POINTS,
    ),
    "calc_single.csv": (FileFormat(delimiter="|", quote="'"), PEOPLE | NOTES | POINTS),
    "duckdb.parquet": (FileFormat(), PARQUET | AS_UTC),
    "polars.parquet": (FileFormat(), PARQUET),
    "polars_categorical.parquet": (FileFormat(), PARQUET),
}
"""File -> what trial.toml would declare, and cells that its script wrote (whole columns)."""

PATIENTS = {
    "id": ["P01", "P02", "P03", "P04"],
    "randon": ["2024-01-10", "2024-02-29", "2023-12-31", "1959-12-31"],
    "age": ["54.5", "61", None, "47.1"],
    "arm": ["2", "1", "2", "1"],
}
"""What statistical_files.R writes by haven; test_statistical_files.py looks at all of it."""

OF_FOREIGN = {name: PATIENTS[name] for name in ("id", "age")}
OF_PSPP = {
    "id": [*PATIENTS["id"], "P05"],
    "randon": [*PATIENTS["randon"], "2024-03-01"],
    "age": [*PATIENTS["age"], "0.1"],
}
BY_HAVEN = ["trial.sav", "trial_plain.sav", "trial.zsav", "trial.sas7bdat"]
BY_HAVEN += [*(f"trial_v{k}.dta" for k in (8, 12, 13, 14, 15)), "trial_v5.xpt", "trial_v8.xpt"]
KNOWN |= dict.fromkeys(BY_HAVEN, (FileFormat(), PATIENTS))
KNOWN |= dict.fromkeys(("foreign_v7.dta", "foreign_v10.dta"), (FileFormat(), OF_FOREIGN))
KNOWN |= dict.fromkeys(("pspp.sav", "pspp_plain.sav", "pspp.zsav"), (FileFormat(), OF_PSPP))

OF_OPENXLSX = {
    "participant_id": ["001", "002", "003", "004"],
    "randomised_on": ["2024-01-10", "2024-02-29", "2023-12-31", "1999-12-31"],
    "age_years": ["54.1", "61", "0.333333333333333", "14.2857142857143"],
    "referral": ["true", "false", "false", "true"],
}
OF_LIBREOFFICE = {
    "participant_id": ["001", "002", "003"],
    "randomised_on": ["2024-01-10", "2024-02-29", "2023-12-31"],
    "planned_end_days": ["365", "365", "365"],
    "called_at": ["09:30:00", None, "not reached\ntwice"],
}
OF_EXCEL = {
    "Has kids": [
        *(["true"] * 5 + ["false", "true", "false", "true", "false"]),
        *(None, None, "bottom,", None),
    ],
    "Date of death": [
        *("2016-01-10", "2016-12-27", "2017-03-18", "2017-02-25", "2016-04-21"),
        *("2016-01-14", "2016-11-24", "2016-02-19", "2016-12-18", "2016-12-25"),
        *(None, None, None, "too!"),
    ],
}
OF_1904 = {
    "maybe numeric?": [None, "true", "false", "2014-12-23", "123456", "123456", "cabbage"],
}
"""What workbooks.R and trial_libreoffice.fods write; test_workbooks.py looks at all of it."""

KNOWN |= {
    "trial_openxlsx.xlsx": (FileFormat(sheet="Participants"), OF_OPENXLSX),
    "dates_1904.xlsx": (FileFormat(), OF_OPENXLSX),
    "spoilt_openxlsx.xlsx": (FileFormat(sheet="titled", header_line=4), OF_OPENXLSX),
    "trial_libreoffice.xlsx": (FileFormat(sheet="participants"), OF_LIBREOFFICE),
    "excel_deaths.xlsx": (FileFormat(sheet="arts", header_line=5), OF_EXCEL),
    "excel_type_me.xlsx": (FileFormat(sheet="numeric_coercion"), OF_1904),
    "trial_libreoffice.ods": (FileFormat(sheet="participants"), OF_LIBREOFFICE),
}


def rows_of_the_list():
    lines = (FILES / "README.md").read_text(encoding="utf-8").splitlines()
    found = [ROW.match(line) for line in lines if line.startswith("| ")]
    assert all(found), "a row has not five cells"
    return [one.groupdict() for one in found if one["format"] != "format"]


ROWS = rows_of_the_list()


def test_every_format_has_a_file_and_every_file_a_format():
    listed = {one["format"] for one in ROWS}
    assert {one.name for one in FORMATS} <= listed


@pytest.mark.parametrize("row", ROWS, ids=[one["file"] for one in ROWS])
def test_each_file_lies_beside_its_script_and_is_small(row):
    path = FILES / row["file"]
    assert path.exists()
    if path.is_file():
        assert path.stat().st_size <= LARGEST
    assert (path.parent / row["script"]).exists() or (FILES / row["script"]).exists()


@pytest.mark.parametrize("file", KNOWN)
def test_each_file_is_read_as_its_script_says(file):
    declared, known = KNOWN[file]
    (row,) = [one for one in ROWS if one["file"] == file]
    data = file_bytes(FILES / file).data
    assert format_of(data, file).name == row["format"]
    text = read_text(data, file, declared)
    assert text.problems == ()
    for column, cells in known.items():
        found = [None if cell == "" and None in cells else cell for cell in text.frame[column]]
        assert found == cells, column


def test_every_file_of_the_list_has_known_cells():
    named = {one.name for one in FORMATS}
    of_formats = {one["file"] for one in ROWS if one["format"] in named}
    assert of_formats - {"iris.sas7bdat.gz"} == set(KNOWN)  # the one is read by its own test


NOT_RECOGNISED = {
    "r_table.txt": "its header has one cell",
    "r_mac.tsv": "mac_roman",
    "r_utf16le.csv": 'encoding = "utf-16-le"',
}


@pytest.mark.parametrize("file", [one["file"] for one in ROWS if one["format"] == "delimited text"])
def test_recognition_reads_the_same_or_refuses(file):
    data = (FILES / file).read_bytes()
    if file in NOT_RECOGNISED:
        with pytest.raises(DataError, match=NOT_RECOGNISED[file]):
            read_text(data, file, FileFormat(recognise=True))
        return
    declared, known = KNOWN[file]
    text = read_text(data, file, FileFormat(recognise=True))
    assert text.frame.equals(read_text(data, file, declared).frame)
    commas = known["cost"][0] in ("1234,5", "1.234,5")
    assert text.decimal == ("," if commas else ".")
    assert text.thousands == ("." if file == "r_thousands.csv" else "")


def test_what_nobody_declares_of_these_files_is_refused():
    for file, (declared, _) in KNOWN.items():
        if declared == FileFormat() or file == "calc_utf16_tab.csv":
            continue
        data = (FILES / file).read_bytes()
        if format_of(data, file).name == "delimited text":
            with pytest.raises(DataError):
                read_text(data, file, FileFormat())


# Parquet files that are larger than they look.


def parquet(table, **options):
    import pyarrow.parquet as pq

    out = io.BytesIO()
    pq.write_table(table, out, **options)
    return out.getvalue()


def test_a_parquet_file_that_tells_of_too_much_is_refused_before_it_is_read(monkeypatch):
    import pyarrow as pa

    from walkstats.reading import parquet as module

    data = parquet(pa.table({"x": [0] * 1000, "y": [1] * 1000}))
    monkeypatch.setattr(module, "MOST_CELLS", 1999)
    with pytest.raises(DataError, match="1000 rows of 2 columns"):
        read_parquet_text(data, "t.parquet")
    monkeypatch.setattr(module, "MOST_CELLS", 2000)
    assert read_parquet_text(data, "t.parquet").frame.shape == (1000, 2)
    monkeypatch.setattr(module, "MOST_BYTES", 10)
    with pytest.raises(DataError, match="bytes unpacked"):
        read_parquet_text(data, "t.parquet")


def test_a_time_zone_that_nobody_knows_is_refused_in_words():
    import pyarrow as pa

    moments = pa.array([0, None], pa.timestamp("us", tz="Nowhere/City"))
    with pytest.raises(DataError, match=r"Nowhere/City.*known time zone"):
        read_parquet_text(parquet(pa.table({"x": moments})), "t.parquet")


@pytest.mark.parametrize("kept", [True, False])
def test_a_long_text_that_a_dictionary_repeats_stays_one(kept):
    import pyarrow as pa

    places = pa.array([0, 0, None, 1] * 5000, pa.int32())
    column = pa.DictionaryArray.from_arrays(places, pa.array(["x" * 100_000, "y"]))
    data = parquet(pa.table({"x": column}), store_schema=kept)
    assert len(data) < 20_000
    cells = read_parquet_text(data, "t.parquet").frame["x"]
    assert cells[1] is cells[2]
    assert cells.iloc[2:4].tolist() == [None, "y"]
    assert len(cells) == 20_000
