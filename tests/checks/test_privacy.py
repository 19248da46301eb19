"""Is a column that says who somebody is told of, and is no other?"""

import dataclasses

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import walkstats as ws
from walkstats.checks import identifying, material_of
from walkstats.checks.identifying import identifying_columns, identifying_problems, named_marks
from walkstats.checks.identifying_marks import MARKS

IDS = [f"P{k}" for k in range(1, 9)]

BY_CELLS = {
    "names of people": ["Smith, John", "Mary O'Brien", "Lee, Ann", "Bo Ek", "Jo Hill", "A", "", ""],
    "e-mail addresses": ["", "write to ann.lee+x@mail.example.org", "", "", "", "", "", ""],
    "telephone numbers": ["no", "her wife: 0412 345 678", "no", "no", "no", "no", "no", "no"],
    "persons called by title and name": ["seen by Dr Jones", "", "", "", "", "", "", ""],
    "dates of birth": ["DOB: 12/3/1960", "", "", "", "", "", "", ""],
    "postal addresses": ["lives at 12 Long Hill Road", "", "", "", "", "", "", ""],
    "postcodes": ["M1 1AE", "CF10 3NP", "EH1 1YZ", "SW1A 1AA", "L1 8JQ", "B1 1HQ", "", ""],
    "numbers with the check digit of the NHS": ["943 476 5919", "4010232137", "9434765870"]
    + [""] * 5,
    "numbers with the check digit of Medicare": ["2123 45670 1", "3123 45671 2"] + [""] * 6,
    "personal numbers": ["811228-9874", "19811228-9874", "670919-9530"] + [""] * 5,
    "numbers of a health service or a register": ["123-45-6789"] + [""] * 7,
    "addresses of computers": ["10.1.2.3", "10.1.2.4", "192.168.0.255"] + [""] * 5,
    "places on the map": ["-33.8688, 151.2093"] + [""] * 7,
}

NAMES = {
    "names of people": "name First_Name lastName NACHNAME prénom Apellido cognome imię 姓名",
    "dates of birth": "dob birth_date Geburtsdatum date_naissance fecha_nacimiento 生年月日",
    "e-mail addresses": "email E-Mail patientEmail courriel",
    "telephone numbers": "phone home_phone Telefon celular mobile 手机",
    "postal addresses": "address pcode postcode Straße code_postal PLZ home_address",
    "numbers of a health service or a register": "nhs_number Medicare MRN SSN codice_fiscale BSN",
    "addresses of computers": "ip_address IPAddress",
    "places on the map": "latitude gps home_longitude Längengrad",
}

HARMLESS = """
drug_name site_name event_name measure item mailing_round arms notes comment street_walking_min
cap_minutes longest_walk latency via state region number_of_calls telemetry namesake zipped
"""


def people(**columns):
    frame = pd.DataFrame(
        {"participant_id": IDS, "arm": ["a", "b"] * 4, "randomised_on": pd.Timestamp("2024-01-05")}
    )
    return ws.Trial("t", "s", ("a", "b"), frame.assign(**columns))


def found_in(trial):
    return identifying_columns(material_of(trial)[0])


@pytest.mark.parametrize("what", BY_CELLS)
def test_cells_are_known_whatever_the_column_is_called(what):
    cells = [cell or None for cell in BY_CELLS[what]]
    if what == "numbers with the check digit of Medicare":
        cells[2] = "4123 45672 3"
    (one,) = found_in(people(x=pd.Series(cells, dtype=object)))
    assert (one.column, one.by_name) == ("x", False)
    assert what in one.what


@pytest.mark.parametrize("what", NAMES)
def test_columns_are_known_by_their_names_in_many_languages(what):
    for name in NAMES[what].split():
        assert what in list(named_marks(name)), name


def test_harmless_names_are_not():
    assert [name for name in HARMLESS.split() if list(named_marks(name))] == []


def test_names_in_capitals_are_names_and_codes_are_none():
    capitals = ["KATE WRIGHT", "JACK O'BRIEN", "SMITH, ANNA", "MIA YOUNG", "BEN MCDONALD"]
    (found,) = found_in(people(signature=[*capitals, "LI-NA CHEN", "ELLA WHITE", "HUGH KING"]))
    assert found.what == ("names of people",)
    assert not found_in(people(kit=[f"A{k} BX" for k in range(8)], site=["ROYAL NORTH"] * 8))


def test_dates_long_before_randomisation_are_those_of_birth():
    born = pd.to_datetime(["1960-01-02", "1971-12-31"] * 4)
    for column in (born, born.strftime("%d/%m/%Y").astype(object), born.strftime("%Y-%m-%d")):
        (one,) = found_in(people(x=column))
        assert one.what == ("dates of birth",)
    assert found_in(people(x=born + pd.Timedelta(days=365 * 55))) == []


@pytest.mark.parametrize("sample", ["bladder", "walkback-like"])
def test_the_samples_give_no_alarm(sample):
    assert found_in(ws.load_sample(sample)) == []


def test_ordinary_cells_give_no_alarm():
    cells = {
        "where": ["Royal Hospital", "City Clinic"] * 4,
        "diagnosis": ["Knee Pain", "Calf Strain", "Foot Pain", "Back Pain"] * 2,
        "said": ["2 days in court", "via phone 3 times", "10-12 min", "on 2024-01-05 at 10.30"] * 2,
        "code": ["00412345", "12345678", "2024-000123", "1.2.3", "10.5", "-9", "3/4", "L4/5"],
        "number": ["1234567890", "2345678901", "3456789012", "9876543210"] * 2,
        "seen": ["2023-12-01", "2024-01-03", "2024-02-05", "2024-03-03"] * 2,
        "weeks": ["Week 1", "Week 2"] * 4,
        "dose": ["1,000.000", "2,500.125"] * 4,
    }
    assert found_in(people(**cells)) == []


def test_a_finding_is_a_warning_that_quotes_no_cell_and_no_id_that_tells():
    mails = [f"somebody{k}@mail.example" for k in range(8)]
    trial = people(x=mails)
    (one,) = identifying_problems(material_of(trial)[0])
    assert (one.severity, one.count, one.row) == ("warning", 8, 1)
    assert "somebody" not in str(one)
    named = dataclasses.replace(
        trial, participants=people().participants.assign(participant_id=mails)
    )
    (one,) = identifying_problems(material_of(named)[0])
    assert one.column == "participant_id"
    assert "somebody" not in str(one)
    assert "pseudonymise" in ws.check_trial(trial)["what_to_do"].str.cat()


def test_a_note_in_any_table_is_read():
    frame = pd.DataFrame(
        {"participant_id": ["P1"], "event": ["fall, rang 0412 345 678"], "onset_days": [3.0]}
    )
    trial = dataclasses.replace(people(), adverse_events=frame)
    (one,) = found_in(trial)
    assert (one.table, one.column) == ("adverse_events", "event")


def test_of_a_huge_column_the_first_distinct_cells_are_read(monkeypatch):
    monkeypatch.setattr(identifying, "MOST_CELLS", 3)
    cells = np.array(["aaaaa", "bbbbb", "ccccc", "dd@mail.example"] * 2, dtype=object)
    assert found_in(people(x=cells)) == []


@given(st.text(max_size=300), st.sampled_from([" ", "0", "a", "A ", "1.", "@", "+", "-", "1 "]))
def test_no_cell_makes_a_pattern_wander(text, unit):
    cell = (text + unit * 200)[-identifying.CELL_START :]
    for mark in MARKS:
        if mark.cell is not None:
            mark.cell.search(cell)
