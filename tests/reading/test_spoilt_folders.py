"""Whatever is spoilt in a folder: findings, one DataError, and no other exception?"""

import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import walkstats as ws
from tests.reading.trial_on_disk import FACTS, FILES, TABLES, TrialOnDisk
from tests.relations import examples

MORE = {
    "check_ins.csv": "participant_id,check_in,due_days,answered_days,covers_from_days,"
    "covers_to_days,state\nP1,1,30,31,0,100,completed\nP1,2,130,,100,130,missed\n"
    "P2,1,200,215,0,215,completed\nP4,1,30,30,0,30,completed\n",
    "adverse_events.csv": "participant_id,onset_days,event,body_region,serious,related\n"
    "P1,5,fall,knee,0,1\nP2,,ache,,no,\n",
    "screening.csv": "stage,reason,n\nscreened,,20\nexcluded,,14\nrandomised,,6\n",
}
CLAUSES = """
missing = ["", "NA"]
visit_windows = { 3 = [2, 4], 12 = [11, 14] }
[recurrences]
where = { activity_limiting = ["0", "1"] }
overlapping = "merge"
columns.onset_days = { unit = "hours", factor = 1.0 }
[outcomes]
one_row_per = "participant_id"
keep = "last"
"""
CELLS = (
    "",
    "NA",
    ".",
    " ",
    "inf",
    "1e400",
    "-1",
    "Total",
    "2",
    "2024-01-05",
    "05/01/2024",
    "9999-12-31",
    "1,5",
    "85%",
    "P1",
    "P1 ",
    "P99",
    "\x85",
    "\n",
    '"',
    "\0",
    "1" * 400,
    "1e-320",
    "walking",
    "zzz",
    "rmdq",
    "99999999999999999999",
)


@st.composite
def spoilt(draw):
    """A file, a line and a cell in it, and what it is to hold."""
    name = draw(st.sampled_from(sorted({**FILES, **MORE})))
    return name, draw(st.integers(0, 6)), draw(st.integers(0, 7)), draw(st.sampled_from(CELLS))


@examples(8, 30)
@given(st.lists(spoilt(), max_size=4), st.sampled_from(["", CLAUSES]))
def test_spoilt_cells(changes, clauses):
    with tempfile.TemporaryDirectory() as place:
        folder = TrialOnDisk.at(Path(place))
        folder.toml(clauses)
        tables = {name: text.split("\n") for name, text in {**FILES, **MORE}.items()}
        for name, line, cell, value in changes:
            row = tables[name][line % len(tables[name])].split(",")
            row[cell % len(row)] = value
            tables[name][line % len(tables[name])] = ",".join(row)
        for name, lines in tables.items():
            folder.write(name, "\n".join(lines))
        errors = (folder.check()["severity"] == "error").any()
        if errors:
            with pytest.raises(ws.DataError):
                folder.read()
        else:
            assert ws.check_trial(folder.read())["severity"].ne("error").all()


@examples(10, 60)
@given(st.sampled_from(["trial.toml", *FILES]), st.data())
def test_spoilt_bytes(name, data):
    with tempfile.TemporaryDirectory() as place:
        folder = TrialOnDisk.at(Path(place))
        content = bytearray((folder.path / name).read_bytes())
        at = data.draw(st.integers(0, len(content) - 1))
        content[at : at + data.draw(st.integers(0, 3))] = data.draw(st.binary(max_size=3))
        folder.write(name, bytes(content))
        findings = folder.check()
        assert findings["problem"].str.len().gt(0).all()


@pytest.mark.parametrize("facts", ["", "name = 1", FACTS.replace("walking", "")])
def test_facts_that_are_lacking_come_with_the_other_findings(tmp_path, facts):
    folder = TrialOnDisk.at(tmp_path)
    folder.toml(facts=facts, tables=TABLES)
    folder.change("walking.csv", "P2,1,90", "P2,1,-90")
    found = folder.check()
    assert {"trial.toml", "walking"} <= set(found["table"])
    with pytest.raises(ws.DataError):
        folder.read()
