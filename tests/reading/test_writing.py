"""Is a trial that was written read back bit for bit, and does a failure leave nothing behind?"""

import dataclasses
import datetime as dt
import shutil
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import walkstats as ws
from tests.reading.trial_on_disk import TrialOnDisk
from tests.relations import examples
from walkstats.checks.conforming import kind_of
from walkstats.reading.cells.conversion import Meaning, convert
from walkstats.reading.text_files.delimited import read_delimited
from walkstats.reading.text_tables import FileFormat
from walkstats.reading.writing import csv_writing
from walkstats.reading.writing import trial_writing as writing
from walkstats.reading.writing.csv_writing import csv_text, missing_codes
from walkstats.reading.writing.guarded_text import unguarded_table
from walkstats.schema import TABLES, Measure, empty_table

FORMATS = ("csv", "parquet")


@pytest.fixture
def trial(tmp_path):
    return TrialOnDisk.at(tmp_path / "trial").read()


def there_and_back(trial, format):
    with tempfile.TemporaryDirectory() as place:
        ws.write_trial(trial, Path(place) / "out", format=format)
        return ws.read_trial(Path(place) / "out")


def same_bits(one, other):
    """Equal, and -0.0 is not 0.0, which ``equals`` would not see."""
    assert one.equals(other)
    for name in TABLES:
        for column in one.table(name).columns:
            left, right = one.table(name)[column], other.table(name)[column]
            if left.dtype == float:
                # A missing number is missing, whichever of the many bit patterns of nan it has.
                known = left.notna().to_numpy()
                assert left.to_numpy()[known].tobytes() == right.to_numpy()[known].tobytes()
            elif left.dtype == object:
                assert [type(v) for v in left.dropna()] == [type(v) for v in right.dropna()]


def first_people(trial, number):
    """A trial of the first participants, with every table that it has."""
    ids = set(trial.participants["participant_id"].iloc[:number])
    tables = {name: trial.table(name) for name in TABLES if "participant_id" in trial.table(name)}
    return dataclasses.replace(
        trial,
        **{
            name: rows[rows["participant_id"].isin(ids)].reset_index(drop=True)
            for name, rows in tables.items()
        },
    )


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("name", ["bladder", "walkback-like"])
def test_samples_come_back(name, format):
    """The whole synthetic sample is written and read where its files are compared."""
    sample = first_people(ws.load_sample(name), 150)
    same_bits(there_and_back(sample, format), sample)


@pytest.mark.parametrize("format", FORMATS)
def test_facts_come_back(trial, format):
    odd = dataclasses.replace(
        trial,
        name='A "name"\nwith \\ everything: é \x7f \t#',
        arms=("control", "walking", "=third"),
        licence="CC BY 4.0",
        published="walkback",
        price_year=None,
        visit_windows={3.0: (2.0, 4.5), 12.0: (11.0, 14.0)},
        measures={"odi.v2": Measure("odi.v2", "Oswestry", 0.0, None, "lower", "0-100")},
    )
    same_bits(there_and_back(odd, format), odd)


TEXTS = st.none() | st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=6
)
FLOATS = st.floats(allow_nan=True, allow_infinity=False)
KINDS = {
    "text": (TEXTS, "object"),
    "number": (FLOATS, "float64"),
    "whole": (st.none() | st.integers(-(2**63), 2**63 - 1), "Int64"),
    "flag": (st.none() | st.booleans(), "boolean"),
    "day": (st.none() | st.dates(dt.date(1900, 1, 1), dt.date(2100, 12, 31)), "datetime64[ns]"),
}
NAMES = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\0\ufeff"), min_size=1, max_size=6
).filter(lambda name: name.strip() and name.strip() == name)


@st.composite
def trials(draw):
    ids = draw(
        st.lists(
            st.text(st.characters(categories=["L", "N", "P"]), min_size=1, max_size=5).filter(
                lambda one: any("0" <= c <= "9" for c in one)
            ),
            min_size=2,
            max_size=5,
            unique=True,
        )
    )
    people = pd.DataFrame({"participant_id": ids})
    people["arm"] = [("control", "walking")[k % 2] for k in range(len(ids))]
    taken = {"participant_id", "arm", "day"} | {c.name for c in TABLES["participants"].columns}
    for kind, (cells, dtype) in KINDS.items():
        name = draw(NAMES.filter(lambda one: one.casefold() not in taken))
        taken.add(name.casefold())
        values = draw(st.lists(cells, min_size=len(ids), max_size=len(ids)))
        if kind == "day":
            people[name] = pd.Series(pd.to_datetime(pd.Series(values, dtype=object))).astype(dtype)
        else:
            people[name] = pd.Series(values, dtype=dtype)
    onset = draw(st.lists(st.floats(0.5, 1e6), min_size=1, max_size=len(ids)))
    events = pd.DataFrame(
        {"onset_days": onset, "participant_id": ids[: len(onset)], "note": draw(TEXTS)}
    ).astype({"note": object})
    people = people[draw(st.permutations(list(people.columns)))]
    return ws.Trial("a", "synthetic", ("control", "walking"), people, recurrences=events)


@given(st.data(), st.sampled_from(sorted(KINDS)), st.integers(1, 6))
def test_any_column_comes_back_from_csv_bit_for_bit(data, kind, rows):
    cells, dtype = KINDS[kind]
    values = data.draw(st.lists(cells, min_size=rows, max_size=rows))
    if kind == "day":
        values = pd.to_datetime(pd.Series(values, dtype=object))
    frame = pd.DataFrame({"x": pd.Series(values, dtype=object).astype(dtype), "y": ["1"] * rows})
    codes = missing_codes(frame)
    written = csv_text(frame, codes, guard=True).encode()
    text = unguarded_table(read_delimited(written, "t.csv", FileFormat()), guard=True)
    meaning = Meaning(kind_of(frame["x"].dtype), (codes.get("x", ""),))
    back = convert(text.frame["x"].to_numpy(), text.frame.index.to_numpy(), meaning)
    assert not back.refused.any()
    returned = pd.Series(back.values, dtype=back.values.dtype)
    assert returned.dtype == dtype
    assert returned.equals(frame["x"])
    if kind == "number":
        # A missing number is missing, whichever of the many bit patterns of nan it had.
        known = frame["x"].notna().to_numpy()
        assert returned.to_numpy()[known].tobytes() == frame["x"].to_numpy()[known].tobytes()


@examples(6, 30)
@given(trials(), st.sampled_from(FORMATS))
def test_any_trial_comes_back_bit_for_bit(trial, format):
    same_bits(there_and_back(trial, format), trial)


CELLS = ["", " ", "NA", "missing", "=1+1", "-2", "@x", "\t", "\r", "a\nb", '"', ",", "​", "nan"]


@pytest.mark.parametrize("format", FORMATS)
def test_odd_texts_come_back(format):
    cells = [*CELLS, None]
    people = pd.DataFrame(
        {
            "participant_id": [str(k) for k in range(len(cells))],
            "arm": [("control", "walking")[k % 2] for k in range(len(cells))],
            "note": pd.Series(cells, dtype=object),
            "other": pd.Series(cells[::-1], dtype=object),
        }
    )
    trial = ws.Trial("a", "synthetic", ("control", "walking"), people)
    same_bits(there_and_back(trial, format), trial)


@pytest.mark.parametrize("format", FORMATS)
def test_other_dtypes_are_brought_to_the_dictionary_without_loss(trial, format):
    people = trial.participants
    loose = dataclasses.replace(
        trial,
        participants=people.assign(
            arm=people["arm"].astype("category"),
            age_years=people["age_years"].astype("float32"),
            referral=people["referral"].astype(bool),
            previous_episodes=np.arange(6, dtype="int8"),
            randomised_on=people["randomised_on"].astype("datetime64[s]"),
            site=pd.Series(list("aabbcc"), dtype="string"),
        ),
        walking=trial.walking.assign(week=trial.walking["week"].astype("int64")),
    )
    back = there_and_back(loose, format)
    assert back.participants["age_years"].tolist() == people["age_years"].tolist()
    assert back.participants["previous_episodes"].tolist() == list(range(6))
    assert back.participants["site"].tolist() == list("aabbcc")
    assert back.walking.equals(trial.walking)
    same_bits(there_and_back(back, format), back)


@pytest.mark.parametrize(
    ("column", "values", "words"),
    [
        ("x", pd.to_timedelta(range(6), unit="D"), ("x", "timedelta64")),
        ("x", pd.date_range("2024-01-01", periods=6, tz="UTC"), ("x", "UTC")),
        ("x", pd.date_range("2024-01-01 10:00", periods=6), ("x", "without loss")),
        ("x", [1 + 2j] * 6, ("x", "complex")),
        ("x", [["a"]] * 6, ("x", "object")),
        ("x", [np.inf] * 6, ("infinite",)),
        ("x", ["a\0b"] * 6, ("NUL",)),
        ("x", pd.array(["\ud800"] * 6, dtype=object), ("half a character",)),
        ("age_years", ["old"] * 6, ("age_years needs numbers", "'old'")),
        ("previous_episodes", [1.5] * 6, ("previous_episodes needs whole numbers", "1.5")),
        (7, [1] * 6, ("7",)),
    ],
)
def test_what_cannot_be_written_is_refused_and_nothing_is_left(
    trial, tmp_path, column, values, words
):
    if "half a character" in words and pd.options.future.infer_string:
        pytest.skip("the text type of pandas 3 cannot hold half a character")
    odd = dataclasses.replace(trial, participants=trial.participants.assign(**{}))
    odd.participants[column] = values
    before = sorted(tmp_path.iterdir())
    with pytest.raises(ws.DataError) as caught:
        ws.write_trial(odd, tmp_path / "out")
    assert all(word in str(caught.value) for word in words), str(caught.value)
    assert sorted(tmp_path.iterdir()) == before


def test_a_trial_with_errors_is_refused(trial, tmp_path):
    bad = dataclasses.replace(trial, arms=("control", "yoga"))
    with pytest.raises(ws.DataError, match="'walking'"):
        ws.write_trial(bad, tmp_path / "out")


def test_an_empty_folder_is_filled_and_a_full_one_is_not(trial, tmp_path):
    (tmp_path / "out").mkdir()
    ws.write_trial(trial, tmp_path / "out")
    assert ws.read_trial(tmp_path / "out").equals(trial)
    with pytest.raises(ws.DataError, match="not an empty folder"):
        ws.write_trial(trial, tmp_path / "out")
    ws.write_trial(trial, tmp_path / "new" / "deeper")
    assert ws.read_trial(tmp_path / "new" / "deeper").equals(trial)


def test_a_write_that_fails_half_way_leaves_nothing(trial, tmp_path, monkeypatch):
    before = sorted(tmp_path.iterdir())

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(writing, "manifest_text", full)
    with pytest.raises(ws.DataError, match="No space left on device") as caught:
        ws.write_trial(trial, tmp_path / "out")
    assert caught.value.__cause__ is None
    assert sorted(tmp_path.iterdir()) == before


def test_a_difference_on_reading_back_is_an_error(trial, tmp_path, monkeypatch):
    monkeypatch.setattr(csv_writing, "_as_text", lambda values, *_: ["1"] * len(values))
    with pytest.raises(ws.DataError):
        ws.write_trial(trial, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_the_trial_is_not_changed(trial, tmp_path):
    before = {name: trial.table(name).copy() for name in TABLES}
    ws.write_trial(trial, tmp_path / "out")
    for name, frame in before.items():
        pd.testing.assert_frame_equal(trial.table(name), frame)


def test_formats_are_those_two(trial, tmp_path):
    with pytest.raises(ValueError, match="'csv', 'parquet'"):
        ws.write_trial(trial, tmp_path / "out", format="xlsx")


def test_an_empty_table_with_columns_beyond_the_dictionary_comes_back(trial):
    odd = dataclasses.replace(
        trial, adverse_events=empty_table("adverse_events").assign(grade=pd.Series(dtype="Int64"))
    )
    for format in FORMATS:
        same_bits(there_and_back(odd, format), odd)


def test_a_written_folder_can_be_moved(trial, tmp_path):
    ws.write_trial(trial, tmp_path / "out")
    shutil.move(tmp_path / "out", tmp_path / "elsewhere")
    assert ws.read_trial(tmp_path / "elsewhere").equals(trial)
