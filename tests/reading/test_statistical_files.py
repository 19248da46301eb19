"""Do files of SPSS, Stata and SAS become the text that they hold, and damaged ones a sentence?

The values known are those of the scripts beside the files; `statistical_files.json` is what R's
haven reads from the same files.
"""

import contextlib
import datetime as dt
import gzip
import io
import json
import random
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import walkstats as ws
from walkstats.errors import DataError
from walkstats.reading.cells.numbers_in_text import number_in_words
from walkstats.reading.formats import format_of, read_text
from walkstats.reading.statistical.statistical_cells import Clock, in_text
from walkstats.reading.statistical.xport import read_transport
from walkstats.reading.text_tables import FileFormat

FILES = Path(__file__).parent / "files"
HAVEN = json.loads((FILES / "statistical_files.json").read_text(encoding="utf-8"))
FOREIGN = HAVEN.pop("read by foreign")
OLD = ("trial_v8.dta", "trial_v12.dta", "trial_v13.dta", "foreign_v7.dta", "foreign_v10.dta")
NAMES = {".sav": "SPSS", ".zsav": "SPSS", ".dta": "Stata", ".xpt": "SAS transport"}

KNOWN = {
    "id": ["P01", "P02", "P03", "P04"],
    "arm": ["2", "1", "2", "1"],
    "randon": ["2024-01-10", "2024-02-29", "2023-12-31", "1959-12-31"],
    "seen": ["2024-01-10T08:30:00", "2024-02-29", None, "1999-12-31T23:59:59"],
    "age": ["54.5", "61", None, "47.1"],
    "nrs": ["0", "10", None, "7"],
    "site": ["Orléans", "Zürich, Süd", "", " two words"],
}
KNOWN_PSPP = {
    "id": ["P01", "P02", "P03", "P04", "P05"],
    "arm": ["2", "1", "2", "1", None],
    "randon": [*KNOWN["randon"], "2024-03-01"],
    "seen": [*KNOWN["seen"], None],
    "age": [*KNOWN["age"], "0.1"],
    "nrs": ["0", "10", None, None, "7"],
    "kind": ["A", None, "B", "A", "A"],
    "a_long_name_of_a_clinic": ["Orléans", "Zürich, Süd", "", "words", "more words"],
}


def stored(name):
    data = (FILES / name).read_bytes()
    return gzip.decompress(data) if name.endswith(".gz") else data


def read(name, **declared):
    return read_text(stored(name), name, FileFormat(**declared))


def refusal(data, name):
    with pytest.raises(DataError) as caught:
        read_text(data, name, FileFormat())
    return str(caught.value)


@pytest.mark.parametrize("name", sorted(HAVEN))
def test_the_cells_are_those_that_the_script_wrote_and_those_that_haven_reads(name):
    text = read(name)
    cells = {column: list(text.frame[column]) for column in text.frame}
    known = dict(KNOWN_PSPP if name.startswith("pspp") else KNOWN)
    if name in OLD:
        known["site"] = ["Orleans", "Zurich, Sud", "", " two words"]
    if name.startswith("foreign"):  # it writes no format for dates, and none for moments
        known |= {"site": ["Orleans", "Zurich, Sud", "none", " two words"]}
        known["randon"] = ["23385", "23435", "23375", "-1"]
        del known["seen"]
    assert cells == known
    assert list(text.frame.index) == list(range(1, len(text.frame) + 1))
    for column, values in HAVEN[name].items():
        again = [
            None if v is None else v if isinstance(v, str) else number_in_words(float(v))
            for v in values
        ]
        if column == "seen":
            again = [v and v.removesuffix("T00:00:00") for v in again]
        if column == "kind":  # haven leaves texts that are declared missing as they are
            again[1] = None
        assert cells[column] == again, column


@pytest.mark.parametrize("name", sorted(HAVEN))
def test_the_format_is_known_by_the_first_bytes(name):
    wanted = NAMES.get(Path(name).suffix, "SAS data set")
    assert format_of(stored(name), "table.csv").name == wanted


@pytest.mark.parametrize("name", ["trial.sav", "pspp.sav", "trial_v8.dta", "trial_v15.dta"])
def test_labels_and_codes_come_along(name):
    text = read(name)
    assert text.codes["arm"] == {"1": "walking", "2": "control"}
    assert text.codes["nrs"]["10"] == "worst pain"
    assert text.labels["arm"] == "Allocated arm"
    assert text.labels["nrs"] == "Worst pain (0-10)"


def test_texts_have_codes_too_and_labels_have_accents():
    text = read("pspp.zsav")
    assert text.codes["kind"] == {"A": "première", "B": "second", "ZZZ": "unknown"}
    assert text.labels["a_long_name_of_a_clinic"] == "Clinic: où"


def test_values_declared_missing_are_counted_by_value():
    assert read("trial.zsav").notes == (
        "nrs: '-9' (refused) is declared missing by the file, in 1 cell",
    )
    assert read("trial_v14.dta").notes == (
        "nrs: '.a' (refused) is declared missing by the file, in 1 cell",
    )
    assert read("pspp.sav").notes == (
        "nrs: '-5' is declared missing by the file, in 1 cell",
        "nrs: '-9' (refused) is declared missing by the file, in 1 cell",
        "kind: 'ZZZ' (unknown) is declared missing by the file, in 1 cell",
    )


def test_special_missing_values_of_a_transport_file_are_counted():
    data = bytearray(stored("trial_v5.xpt"))
    at = data.index(b"P03") + 3 + 8 * 3
    data[at : at + 16] = b"C" + bytes(7) + b"_" + bytes(7)
    text = read_text(bytes(data), "a.xpt", FileFormat())
    assert list(text.frame["age"]) == KNOWN["age"]
    assert text.notes == (
        "age: '.C' is declared missing by the file, in 1 cell",
        "nrs: '._' is declared missing by the file, in 1 cell",
    )


def test_what_sas_itself_wrote():
    frame = read("iris.sas7bdat.gz").frame
    assert frame.shape == (150, 5)
    assert list(frame.iloc[0]) == ["5.1", "3.5", "1.4", "0.2", "setosa"]
    assert list(frame.iloc[149]) == ["5.9", "3", "5.1", "1.8", "virgin"]


@pytest.mark.parametrize("name", ["trial_v8.dta", "trial_v15.dta", "foreign_v10.dta"])
def test_pandas_reads_the_same_numbers(name):
    again = pd.read_stata(FILES / name, convert_categoricals=False)
    for column in ("arm", "age", "nrs"):
        numbers = [None if v is None else float(v) for v in read(name).frame[column]]
        assert numbers == [None if pd.isna(v) else float(v) for v in again[column]]


def test_foreign_reads_the_same_numbers():
    found = read_transport(stored("trial_v5.xpt"))
    numbers = {
        one.name: [None if v != v else v for v in values.tolist()]
        for one, values in zip(found.variables, found.columns, strict=True)
        if not one.is_text
    }
    assert numbers == FOREIGN


def test_another_encoding_is_asked_for_and_then_read():
    data = stored("trial_v5.xpt").replace("Orléans".encode(), b"Orl\xe9ans ")
    data = data.replace("Zürich, Süd".encode(), b"Z\xfcrich, S\xfcd  ")
    assert 'encoding = "cp1252"' in refusal(data, "people.xpt")
    text = read_text(data, "people.xpt", FileFormat(encoding="cp1252"))
    assert list(text.frame["site"]) == KNOWN["site"]
    old = stored("trial_v12.dta").replace(b"Zurich", b"Z\xfcrich")
    read_old = read_text(old, "a.dta", FileFormat(encoding="latin-1"))
    assert read_old.frame["site"].iloc[1] == "Zürich, Sud"
    new = stored("trial_v15.dta").replace("Zü".encode(), b"Z\xfcu")
    assert "another encoding" in refusal(new, "a.dta")


@pytest.mark.parametrize(
    "name", ["trial.sav", "pspp.zsav", "trial_v8.dta", "trial_v15.dta", "trial_v8.xpt"]
)
def test_no_damage_gives_anything_but_a_sentence(name):
    whole = stored(name)
    chance = random.Random(20)
    for _ in range(40):
        data = bytearray(whole)
        if chance.random() < 0.3:
            data = data[: chance.randrange(40, len(data))]
        for _ in range(chance.randrange(1, 6)):
            data[chance.randrange(12, len(data))] = chance.choice([0, 255, chance.randrange(256)])
        with contextlib.suppress(DataError):
            read_text(bytes(data), name, FileFormat())


@pytest.mark.parametrize("name", ["trial.sav", "trial_v14.dta", "trial.sas7bdat", "trial_v5.xpt"])
def test_a_file_cut_short_says_so(name):
    said = refusal(stored(name)[:-200], name)
    assert "is a damaged" in said
    assert "export it again" in said


def test_headers_that_promise_more_than_the_file_are_refused():
    spss = bytearray(stored("trial.sav"))
    spss[80:84] = (10**9).to_bytes(4, "little")
    assert "1000000000 cases announced" in refusal(bytes(spss), "a.sav")
    stata = bytearray(stored("trial_v12.dta"))
    stata[6:10] = (10**7).to_bytes(4, "little")
    assert "10000000 rows announced" in refusal(bytes(stata), "a.dta")
    for place in range(4, 11):
        endless = bytearray(stored("trial_v14.dta"))
        endless[endless.index(b"<N>") + place] = 128
        assert "rows announced" in refusal(bytes(endless), "a.dta")
    sas = stored("trial_v5.xpt").replace(b"0000000007000", b"0000009999000")
    assert "9999 variables announced" in refusal(sas, "a.xpt")


def test_labels_of_texts_on_numbers_are_refused_before_the_library_sees_them():
    """They would end the interpreter."""
    data = stored("trial.sav")
    at = data.index(b"\x04\0\0\0\x01\0\0\0\x02\0\0\0") + 8
    mixed = data[:at] + b"\x01\0\0\0" + data[at + 4 :]
    assert "another encoding" in refusal(mixed, "a.sav")
    many = data[:at] + b"\x63\0\0\0" + data[at + 4 :]
    assert "the variable 99, which is none" in refusal(many, "a.sav")


@pytest.mark.parametrize("name", ["a.sav", "a.dta", "a.sas7bdat", "a.xpt"])
@pytest.mark.parametrize("data", [b"", b"x", bytes(200), b"<stata_dta></stata_dta>"])
def test_what_is_called_so_and_is_no_such_file(name, data):
    assert "damaged" in refusal(data, name)


def test_what_other_engines_write_is_named():
    said = refusal(b"**COMPRESSED** **COMPRESSED** **COMPRESSED**", "a.xpt")
    assert "PROC CPORT" in said


def test_absurd_sizes_are_refused_before_memory_is_taken(monkeypatch):
    monkeypatch.setattr("walkstats.reading.statistical.statistical_files.MOST_BYTES", 8 * 14)
    assert "has 4 rows of 7 columns" in refusal(stored("trial.sas7bdat"), "a.sas7bdat")
    untold = bytearray(stored("trial.zsav"))
    untold[80:84] = b"\xff" * 4
    assert "more than is read from one such file" in refusal(bytes(untold), "a.zsav")
    monkeypatch.undo()
    assert len(read_text(bytes(untold), "a.zsav", FileFormat()).frame) == 4


def test_stata_files_that_pandas_wrote():
    days = pd.to_datetime(["2024-01-31", "1959-12-01"])
    frame = pd.DataFrame(
        {
            "month": days,
            "day": days,
            "share": np.array([0.1, 47.1], dtype=np.float32),
            "small": np.array([1, -3], dtype=np.int8),
            "words": ["x" * 3000, "Zürich"],
        }
    )
    out = io.BytesIO()
    frame.to_stata(
        out,
        write_index=False,
        version=118,
        convert_dates={"month": "tm", "day": "td"},
        convert_strl=["words"],
    )
    text = read_text(out.getvalue(), "a.dta", FileFormat())
    cells = {name: list(text.frame[name]) for name in text.frame}
    assert cells["month"] == ["768", "-1"]
    assert cells["day"] == ["2024-01-31", "1959-12-01"]
    assert [float(cell) for cell in cells["share"]] == frame["share"].astype(float).tolist()
    assert cells["small"] == ["1", "-3"]
    assert cells["words"] == frame["words"].tolist()
    assert text.notes == ("month counts months (%tm), left as numbers",)


def test_several_data_sets_in_one_transport_file_are_refused():
    whole = stored("trial_v5.xpt")
    member = whole[whole.index(b"HEADER RECORD*******MEMBER") :]
    assert "several data sets" in refusal(whole + member, "a.xpt")


def test_numbers_and_moments_as_text():
    days = Clock(dt.datetime(1960, 1, 1), 86_400)
    found = in_text([0.0, -0.0, 1.5, 1e12, None, float("nan")], days)
    assert list(found.texts) == [
        "1960-01-01", "1960-01-01", "1960-01-02T12:00:00", "1000000000000", None, None
    ]  # fmt: skip
    assert found.beyond == 1
    assert list(in_text([-0.0, 1e300, 2.0**53], None).texts) == ["-0.0", "1e+300", repr(2.0**53)]


def test_a_trial_of_statistical_files_is_read_by_its_labels(tmp_path):
    (tmp_path / "people.sav").write_bytes(stored("pspp.sav"))
    (tmp_path / "trial.toml").write_text(
        'name = "Small"\nsource = "synthetic: a test"\narms = ["control", "walking"]\n'
        '[participants]\nfrom = "people.sav"\nwhere = { arm = ["1", "2"] }\ncarry = ["kind"]\n'
        '[participants.columns]\nparticipant_id = "id"\nrandomised_on = "randon"\n'
        'age_years = "age"\nnrs = { from = "nrs", type = "number" }\n',
        encoding="utf-8",
    )
    trial = ws.read_trial(tmp_path)
    people = trial.participants
    assert people["arm"].tolist() == ["control", "walking", "control", "walking"]
    assert people["kind"].tolist() == ["première", None, "second", "première"]
    assert people["nrs"].tolist()[:2] == [0, 10]
    told = "; ".join(trial.load_report["detail"])
    assert "codes of the file used: 2 = control, 1 = walking" in told
    assert "as 'Allocated arm' in people.sav" in told


def test_times_that_stay_numbers_are_told(tmp_path):
    frame = pd.DataFrame({"quarter": [22406.0], "at": [3661.0], "day": [22406.0]})
    formats = {"quarter": "YYQ6.", "at": "HHMM5.", "day": "DATE9."}
    import pyreadstat

    pyreadstat.write_xport(frame, tmp_path / "a.xpt", variable_format=formats)
    text = read_text((tmp_path / "a.xpt").read_bytes(), "a.xpt", FileFormat())
    assert text.frame.iloc[0].tolist() == ["22406", "3661", "2021-05-06"]
    assert text.notes == (
        "quarter counts days from 1 January 1960 (YYQ6), left as numbers",
        "at counts seconds (HHMM5), left as numbers",
    )


def test_a_letter_that_is_declared_missing_is_named_as_it_is_written(tmp_path):
    import pyreadstat

    frame = pd.DataFrame({"kind": ["a", "x", "b"]})
    pyreadstat.write_sav(frame, tmp_path / "a.sav", missing_ranges={"kind": ["x"]})
    text = read_text((tmp_path / "a.sav").read_bytes(), "a.sav", FileFormat())
    assert text.frame["kind"].tolist() == ["a", None, "b"]
    assert text.notes == ("kind: 'x' is declared missing by the file, in 1 cell",)
