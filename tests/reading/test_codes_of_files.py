"""Do the codes that a file explains itself become words, and is every such step told?"""

import numpy as np
import pandas as pd

from walkstats.reading.assembled.parts import read_part
from walkstats.reading.cells.codes_of_files import FileCodes
from walkstats.reading.cells.conversion import Meaning, convert
from walkstats.reading.declared.manifest import read_manifest
from walkstats.reading.declared.toml_text import parse_toml
from walkstats.reading.text_tables import TextTable

FACTS = 'name = "a"\nsource = "synthetic: a test"\narms = ["control", "walking"]\n'


def column(kind, cells, meanings, closed=(), **more):
    values = np.array([*cells, None], dtype=object)[:-1]
    meaning = Meaning(kind, ("",), file_codes=FileCodes(meanings, closed), **more)
    return convert(values, np.arange(2, 2 + len(cells)), meaning)


def part(clauses="", arms=("1", "2", "1"), codes=None, labels=None):
    frame = pd.DataFrame(
        {"participant_id": ["A", "B", "C"], "arm": list(arms), "age_years": ["50", "60", "99"]},
        index=pd.RangeIndex(1, 4, name="line"),
        dtype=object,
    )
    frame["smoker"] = ["0", "1", "7"]
    text = TextTable("people.sav", frame, labels=labels or {}, codes=codes or {})
    declared, problems = read_manifest(parse_toml((FACTS + clauses).encode(), "trial.toml"))
    assert not problems
    table = next(one for one in declared.tables if one.table == "participants")
    return read_part(text, table, declared)


ARMS = {"arm": {"1": "walking", "2": "control"}}


def told(read, column):
    return [(action, n, detail) for _, c, action, n, detail in read.notes if c == column]


def test_codes_of_the_file_are_the_mapping_and_are_told():
    read = part(codes=ARMS, labels={"arm": "Allocated arm", "age_years": " "})
    assert read.frame["arm"].tolist() == ["walking", "control", "walking"]
    assert ("converted", 3, "codes of the file used: 1 = walking, 2 = control") in told(read, "arm")
    assert ("described", 1, "as 'Allocated arm' in people.sav") in told(read, "arm")
    assert not told(read, "age_years")[1:]


def test_declared_codes_win_and_none_leaves_the_cells_alone():
    clause = '[participants.columns]\narm = { codes = { 1 = "control", 2 = "walking" } }\n'
    assert part(clause, codes=ARMS).frame["arm"].tolist() == ["control", "walking", "control"]
    off = part("[participants.columns]\nsmoker = { codes = {}, type = 'text' }\n", codes=SMOKES)
    assert off.frame["smoker"].tolist() == ["0", "1", "7"]


SMOKES = {"smoker": {"0": "never", "1": "daily"}}


def test_carried_columns_get_words_and_a_code_without_any_stays():
    read = part(codes={**ARMS, **SMOKES})
    assert read.frame["smoker"].tolist() == ["never", "daily", "7"]
    notes = told(read, "smoker")
    assert ("converted", 1, "without a label in the file, left as they are: 7") in notes


def test_numbers_stay_numbers():
    read = part(codes={**ARMS, "age_years": {"99": "not asked"}})
    assert read.frame["age_years"].tolist() == [50.0, 60.0, 99.0]
    assert told(read, "age_years")[0][2] == "kept as they are; by the file 99 = not asked"


def test_labels_that_are_no_arms_are_refused_with_their_codes_and_the_clause():
    read = part(codes={"arm": {"1": "Walking", "2": "usual care"}})
    (problem,) = read.problems
    assert "1 = 'Walking', 2 = 'usual care'" in problem.problem
    assert "'control', 'walking'" in problem.problem
    assert 'codes = { "1" = "walking", "2" = ? }' in problem.what_to_do
    assert problem.ids == ("A", "B", "C")
    assert read.frame["arm"].isna().all()


def test_cells_that_are_arms_already_stay():
    read = part(codes={"arm": {"walking": "W", "control": "C"}}, arms=("walking", "control", ""))
    assert read.frame["arm"].tolist() == ["walking", "control", None]
    assert not read.problems


def test_values_that_the_file_calls_by_each_other_s_names_are_refused():
    turned = {"1": "2", "2": "1"}
    read = column("category", ["1", "2"], turned, closed=("1", "2"))
    assert read.refused.all()
    (one,) = read.refusals
    assert "1 = '2', 2 = '1', and each may also stand for itself" in one.reason
    same = column("category", ["1", "2"], {"1": "1", "2": "2"}, closed=("1", "2"))
    assert list(same.values) == ["1", "2"]


def test_truth_is_read_from_words_of_truth_only():
    read = column("boolean", ["1", "2", "1"], {"1": "Yes", "2": "no"})
    assert list(read.values) == [True, False, True]
    refused = column("boolean", ["0", "1"], {"0": "ja", "1": "nein"})
    assert refused.refused.all()
    (one,) = refused.refusals
    assert "0 = 'ja', 1 = 'nein', which is neither true nor false" in one.reason
    assert 'codes = { "0" = ?, "1" = ? }' in one.what_to_do


def test_missing_cells_are_not_looked_up_and_labels_of_blanks_are_none():
    read = column("category", ["", "1", "2"], {"": "nothing", "1": " ", "2": "two "})
    assert list(read.values) == [None, "1", "two"]


def test_many_labels_are_told_in_part():
    cells = [str(k) for k in range(50)]
    read = column("category", cells, {cell: f"label {cell}" for cell in cells})
    assert list(read.done) == [
        "codes of the file used: "
        + ", ".join(f"{k} = label {k}" for k in range(12))
        + " and 38 more"
    ]
