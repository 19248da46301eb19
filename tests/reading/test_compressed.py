"""Are archives unpacked when they hold one table, and refused when they are anything else?"""

import gzip
import hashlib
import io
import zipfile

import pytest

from walkstats import DataError
from walkstats.reading.places.compressed import OLE_SIGN, file_bytes

TABLE = b"participant_id,arm\nP1,control\n"


def archive(**members):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, data in members.items():
            packed.writestr(name.replace("__", "/", 1).replace("_csv", ".csv"), data)
    return out.getvalue()


def read(tmp_path, name, data):
    (tmp_path / name).write_bytes(data)
    return file_bytes(tmp_path / name)


def refusal(tmp_path, name, data):
    with pytest.raises(DataError) as caught:
        read(tmp_path, name, data)
    return str(caught.value)


def test_a_plain_file_is_its_bytes_and_their_hash(tmp_path):
    content = read(tmp_path, "a.csv", TABLE)
    assert content.data == TABLE
    assert content.sha256 == hashlib.sha256(TABLE).hexdigest()
    assert content.note == ""


def test_zip_and_gzip_with_one_member(tmp_path):
    packed = archive(export_csv=TABLE)
    content = read(tmp_path, "a.zip", packed)
    assert content.data == TABLE
    assert content.sha256 == hashlib.sha256(packed).hexdigest()
    assert "export.csv" in content.note
    assert read(tmp_path, "a.csv.gz", gzip.compress(TABLE)).data == TABLE


def test_what_macos_adds_is_passed_over(tmp_path):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as out:
        for name in ("folder/", "folder/a.csv", "__MACOSX/folder/._a.csv", "folder/.DS_Store"):
            out.writestr(name, TABLE if name == "folder/a.csv" else b"")
    assert read(tmp_path, "a.zip", packed.getvalue()).data == TABLE


def test_refusals(tmp_path):
    locked = bytearray(archive(export_csv=TABLE))
    locked[6] |= 1
    at = locked.index(b"PK\x01\x02")
    locked[at + 8] |= 1
    broken = bytearray(archive(export_csv=TABLE * 50))
    broken[60] ^= 0xFF
    cases = {
        "empty.csv": (b"", "empty (0 bytes)"),
        "two.zip": (archive(one_csv=TABLE, two_csv=TABLE), "one.csv, two.csv"),
        "none.zip": (archive(), "holds 0 files"),
        "hollow.zip": (archive(export_csv=b""), "empty (0 bytes)"),
        "locked.zip": (bytes(locked), "password"),
        "broken.zip": (bytes(broken), "damaged"),
        "cut.zip": (archive(export_csv=TABLE)[:40], "damaged"),
        "cut.csv.gz": (gzip.compress(TABLE)[:12], "damaged"),
        "book.xls": (b"x", "Excel workbook of before 2007"),
        "locked.xlsx": (OLE_SIGN + bytes(512), "locked with a password"),
        "old.csv": (OLE_SIGN + bytes(512), "Excel workbook of before 2007"),
        "book.xlsb": (b"x", "binary Excel workbook"),
        "hidden.csv": (
            archive(**{"[Content_Types].xml": b"x", "xl/workbook.bin": b"y"}),
            "binary Excel workbook",
        ),
        "study.rds": (b"x", "an R file"),
        "study.pkl": (b"x", "pickle"),
    }
    for name, (data, word) in cases.items():
        assert word in refusal(tmp_path, name, data), name


def test_a_folder_in_the_place_of_a_file(tmp_path):
    (tmp_path / "a.csv").mkdir()
    with pytest.raises(DataError, match="cannot be opened"):
        file_bytes(tmp_path / "a.csv")


def test_a_workbook_is_no_archive_of_tables(tmp_path):
    book = archive(**{"[Content_Types].xml": b"x", "xl/workbook.xml": b"y"})
    assert read(tmp_path, "a.xlsx", book).data == book
    assert read(tmp_path, "a.zip", archive(book_xlsx=book)).data == book


def test_a_bomb_is_refused_before_it_is_unpacked(tmp_path):
    bomb = gzip.compress(b"0" * 60_000_000)
    told = refusal(tmp_path, "bomb.csv.gz", bomb)
    assert f"{len(bomb)} bytes" in told
    assert "200 times" in told


def test_a_table_that_shrinks_well_is_not_a_bomb(tmp_path):
    rows = b"participant_id,week,walking_minutes\n" + b"P1,1,90\n" * 100_000
    assert read(tmp_path, "a.csv.gz", gzip.compress(rows)).data == rows
