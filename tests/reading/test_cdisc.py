"""Does a submission become a trial whose times are those of ADTTE, and a trial a submission?

`cdisc_files/haven` was written by R's haven from the veteran data of the package survival, with R's
own survival estimates beside it; `cdisc_files/written` by walkstats, with what haven reads from it.
"""

import dataclasses
import json
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import walkstats as ws
from walkstats.derive.first_events import KINDS as DERIVED
from walkstats.errors import DataError
from walkstats.reading.cdisc.vocabulary import EVENTS, KINDS, PEOPLE
from walkstats.reading.statistical.xport import DataSet, Variable, read_transport
from walkstats.reading.statistical.xport_writing import UnwritableError, transport_bytes

FILES = Path(__file__).parent / "cdisc_files"
HAVEN = FILES / "haven"
R = json.loads((FILES / "estimates.json").read_text(encoding="utf-8"))
RTOL = 1e-9  # both are sums and products of the same few hundred numbers
CODES = {"TTREC": "any", "TTALR": "activity_limiting"}


def small_trial():
    """Made-up people with every ending that ADTTE can tell."""
    ids = ["W1", "W2", "W3", "W4", "W5"]
    people = pd.DataFrame(
        {
            "participant_id": ids,
            "arm": ["control", "walking", "walking", "control", "walking"],
            "randomised_on": pd.to_datetime(
                ["2024-01-10", "2024-02-29", "2023-12-31", "1959-12-31", "2024-03-01"]
            ),
            "planned_end_days": [365.0] * 5,
            "withdrawn_days": [np.nan, np.nan, 100.0, np.nan, np.nan],
            "withdrawal_reason": [None, None, "moved to Zürich", None, None],
            "age_years": [54.5, 61.0, np.nan, 47.1, 39.0],
            "sex": ["female", "male", "female", None, "female"],
            "previous_episodes": pd.array([3, None, 12, 0, 1], dtype="Int64"),
            "referral": ["yes", "no", "no", "yes", "no"],
            "postcode": ["a", "b", "c", "d", "e"],
        }
    )
    cover = {"W1": 365.0, "W2": 365.0, "W3": 100.0, "W4": 365.0}
    check_ins = pd.DataFrame(
        {
            "participant_id": list(cover),
            "check_in": pd.array([1] * 4, dtype="Int64"),
            "covers_from_days": 0.0,
            "covers_to_days": list(cover.values()),
            "state": "completed",
        }
    )
    recurrences = pd.DataFrame(
        {
            "participant_id": ["W1", "W1", "W2"],
            "onset_days": [30.0, 90.0, 200.5],
            "activity_limiting": pd.array([False, True, False], dtype="boolean"),
        }
    )
    harms = pd.DataFrame(
        {
            "participant_id": ["W2", "W2", "W5"],
            "onset_days": [0.0, 12.5, 60.0],
            "event": ["fall", "knee pain", "fall"],
            "body_region": ["general", "lower limb", None],
            "serious": pd.array([False, None, True], dtype="boolean"),
            "related": pd.array([True, False, None], dtype="boolean"),
        }
    )
    return ws.Trial(
        name="Small trial",
        source="synthetic: made up for a test of the exchange with other programs, and long enough "
        "to need two variables of a transport file, since one of them holds no more than two "
        "hundred characters of text",
        arms=("control", "walking"),
        strata=("referral",),
        participants=people,
        check_ins=check_ins,
        recurrences=recurrences,
        adverse_events=harms,
    )


@pytest.fixture(scope="module")
def trial():
    return small_trial()


@pytest.fixture(scope="module")
def times(trial):
    return {code: ws.derive.first_recurrence(trial, kind=kind) for code, kind in CODES.items()}


@pytest.fixture(scope="module")
def again(trial, times, tmp_path_factory):
    folder = tmp_path_factory.mktemp("adam") / "small"
    told = ws.write_cdisc(trial, folder, times=times)
    for name in ("adsl", "adtte", "adae"):
        data = (folder / f"{name}.xpt").read_bytes()
        assert data == (FILES / "written" / f"{name}.xpt").read_bytes(), name
    assert told.loc[told["data_set"] == "", "holds"].tolist() == ["postcode"]
    assert (told["variable"].str.len() <= 8).all()
    return ws.read_cdisc(folder, paramcd=CODES)


def made(folder, **changed):
    """ADaM data sets as CSV; each keyword replaces cells of a data set or adds columns."""
    tables = {
        "adsl": {
            "STUDYID": ["S"] * 3,
            "USUBJID": ["A", "B", "C"],
            "TRT01P": ["walk", "usual", "walk"],
            "TRT01PN": [2, 1, 2],
            "RANDDT": ["2024-01-01", "2024-01-02", "2024-01-03"],
            "RANDFL": ["Y"] * 3,
        },
        "adtte": {
            "USUBJID": ["A", "B", "C"],
            "PARAMCD": ["T"] * 3,
            "PARAM": ["Time to it (days)"] * 3,
            "AVAL": [10, 20, 30],
            "CNSR": [0, 1, 2],
            "EVNTDESC": ["it", "end", "moved"],
            "ADT": ["2024-01-11", "2024-01-22", "2024-02-02"],
        },
    }
    for name, columns in changed.items():
        tables.setdefault(name, {}).update(columns)
    for name, columns in tables.items():
        frame = pd.DataFrame({k: v for k, v in columns.items() if v is not None})
        frame.to_csv(folder / f"{name}.csv", index=False)
    return folder


def refusal(folder, **options):
    with pytest.raises(DataError) as caught:
        ws.read_cdisc(folder, **{"paramcd": {"T": "any"}, **options})
    return str(caught.value)


def first(trial, kind="any"):
    frame = ws.derive.first_recurrence(trial, kind=kind)
    return {row.participant_id: (row.days, row.event) for row in frame.itertuples()}


def told(trial):
    return "; ".join(trial.load_report["detail"])


# --- what another program wrote


@pytest.fixture(scope="module")
def veteran():
    return ws.read_cdisc(HAVEN, paramcd={"OS": "any"}, related=["possible"])


def test_times_and_events_are_those_of_the_records(veteran):
    data = read_transport((HAVEN / "adtte.xpt").read_bytes())
    frame = pd.DataFrame(
        {v.name: c for v, c in zip(data.variables, data.columns, strict=True)}
    ).query("PARAMCD == 'OS'")
    events = ws.derive.first_recurrence(veteran, kind="any")
    assert events["participant_id"].tolist() == frame["USUBJID"].tolist()
    assert events["days"].tolist() == frame["AVAL"].tolist()
    assert events["event"].tolist() == (frame["CNSR"] == 0).tolist()
    lost = frame["CNSR"].to_numpy() == 2
    assert set(events["ended_by"][lost]) == {"withdrawn: LOST TO FOLLOW-UP"}


def test_survival_is_that_of_r_on_the_same_records(veteran):
    events = ws.derive.first_recurrence(veteran, kind="any")
    frame = ws.survival.kaplan_meier(events, "arm").frame
    frame = frame[frame["days"] > 0]
    assert frame["group"].tolist() == R["group"]
    for column, known in (("days", "time"), ("n_risk", "n_risk"), ("n_event", "n_event")):
        assert frame[column].tolist() == R[known]
    np.testing.assert_allclose(frame["estimate"], R["survival"], rtol=RTOL, atol=1e-12)
    fit = ws.survival.cox(events, "arm", strata=["STRAT1R"])
    estimate = fit.estimate("arm[Test]")
    assert estimate.estimate == pytest.approx(R["cox"]["coef"], rel=1e-7)
    assert estimate.std_error == pytest.approx(R["cox"]["se"], rel=1e-7)


def test_participants_and_what_is_said_of_them(veteran):
    assert len(veteran.participants) == 137
    assert veteran.arms == ("Standard", "Test")
    assert veteran.strata == ("STRAT1R",)
    assert veteran.participants["SITEID"].tolist()[:2] == ["01", "02"]
    for said in (
        "subjects without RANDFL = Y",
        "the reference is Standard, the first by TRT01PN",
        "CNSR 0 is an event: 0 = event (128, DEATH); 1 = censored (4, END OF STUDY); "
        "2 = censored (5, LOST TO FOLLOW-UP)",
        "AVAL is ADT - STARTDT + 1",
        "a stratum (Cell type)",
    ):
        assert said in told(veteran)


def test_adverse_events_count_days_as_the_records_do(veteran):
    harms = veteran.adverse_events
    assert harms["onset_days"].tolist() == [1.0, 10.0, 30.0]
    assert harms["related"].tolist() == [True, False, False]
    assert harms["serious"].tolist() == [False, False, True]


def test_months_need_their_days_and_are_held_against_the_dates():
    options = {"paramcd": {"OSM": "any"}, "related": ["POSSIBLE"]}
    with pytest.raises(DataError, match=r"MONTHS, which have no number of days .*30.4375"):
        ws.read_cdisc(HAVEN, **options)
    with pytest.raises(DataError, match="dated rows"):
        ws.read_cdisc(HAVEN, **options, unit_days=28)
    events = first(ws.read_cdisc(HAVEN, **options, unit_days=30.4375))
    assert events["VET-001"] == (pytest.approx(2.4 * 30.4375), True)


# --- there and back


def test_a_trial_that_was_written_reads_back(trial, times, again):
    for code, kind in CODES.items():
        back = ws.derive.first_recurrence(again, kind=kind)
        for column in ("participant_id", "arm", "days", "event", "referral", "ended_by"):
            assert back[column].tolist() == times[code][column].tolist(), (code, column)
    people = trial.participants.drop(columns="postcode")
    pd.testing.assert_frame_equal(again.participants[people.columns], people)
    pd.testing.assert_frame_equal(
        again.adverse_events[trial.adverse_events.columns], trial.adverse_events
    )
    assert (again.arms, again.strata) == (trial.arms, trial.strata)
    assert (again.name, again.source) == (trial.name, trial.source)
    assert again.synthetic


def test_what_was_read_is_written_and_read_again(again, tmp_path):
    times = {code: ws.derive.first_recurrence(again, kind=kind) for code, kind in CODES.items()}
    ws.write_cdisc(again, tmp_path / "adam", times=times)
    once_more = ws.read_cdisc(tmp_path / "adam", paramcd=CODES)
    assert once_more.equals(again)
    ws.write_trial(again, tmp_path / "folder")
    assert ws.read_trial(tmp_path / "folder").equals(again)


def test_haven_reads_what_walkstats_wrote(trial, times):
    seen = json.loads((FILES / "written_as_haven_reads.json").read_text(encoding="utf-8"))
    assert seen["adsl"]["label"] == "Synthetic: Subject-Level Analysis"
    people = seen["adsl"]["columns"]
    assert people["USUBJID"] == trial.participants["participant_id"].tolist()
    assert people["RANDDT"] == [
        "2024-01-10",
        "2024-02-29",
        "2023-12-31",
        "1959-12-31",
        "2024-03-01",
    ]
    assert people["AGE"] == [54.5, 61, None, 47.1, 39]
    assert people["SEX"] == ["F", "M", "F", "", "F"]
    assert people["DCSREAS"][2] == "moved to Zürich"
    assert people["TRT01PN"] == [1, 2, 2, 1, 2]
    assert seen["adsl"]["labels"]["TRT01P"] == "Planned Treatment for Period 01"
    assert seen["adsl"]["formats"]["RANDDT"] == "DATE9"
    rows = pd.DataFrame(seen["adtte"]["columns"])
    for code, frame in times.items():
        own = rows[rows["PARAMCD"] == code]
        assert own["AVAL"].tolist() == frame["days"].tolist()
        assert (own["CNSR"] == 0).tolist() == frame["event"].tolist()
    assert rows["ADT"].tolist()[0] == "2024-02-09"
    harms = seen["adae"]["columns"]
    assert harms["AEDECOD"] == ["fall", "knee pain", "fall"]
    assert harms["AESER"] == ["N", "", "Y"]
    assert harms["ASTDY"] == [1, None, 61]


def test_the_kinds_are_those_of_derive():
    assert set(KINDS) == set(DERIVED)
    assert all(len(one.variable) <= 8 and len(one.label) <= 40 for one in (*PEOPLE, *EVENTS))


# --- by a trial.toml

TOML = """\
name = "Veterans"
source = "the veteran data of the package survival"
arms = ["Test", "Standard"]
strata = ["STRAT1R"]

[cdisc]
paramcd = { OS = "any" }
related = ["POSSIBLE"]
carry = false
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    place = tmp_path_factory.mktemp("by_toml")
    for file in HAVEN.iterdir():
        shutil.copy(file, place)
    (place / "costs.csv").write_text(
        "participant_id,month,category,quantity,unit_cost\nVET-001,1,care,2,50\n", encoding="utf-8"
    )
    (place / "trial.toml").write_text(TOML, encoding="utf-8")
    return place


def test_a_folder_of_data_sets_is_a_trial_by_its_toml(folder, veteran):
    trial = ws.read_trial(folder)
    assert (trial.name, trial.arms, trial.strata) == (
        "Veterans",
        ("Test", "Standard"),
        ("STRAT1R",),
    )
    assert first(trial) == first(veteran)
    assert trial.adverse_events.equals(veteran.adverse_events)
    assert trial.costs["unit_cost"].tolist() == [50.0]
    assert set(trial.inputs) == {"adsl.xpt", "adtte.xpt", "adae.xpt", "costs.csv", "trial.toml"}
    assert "SITEID" not in trial.participants
    assert not len(ws.check_trial(folder))


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('OS = "any"', 'OX = "any"', "ADTTE has no PARAMCD OX; there are: OS"),
        ('OS = "any"', 'OS = "death"', "OS is 'death', which is no kind"),
        ('{ OS = "any" }', "{}", "paramcd names no parameter"),
        ('paramcd = { OS = "any" }', "", "[cdisc]: paramcd is missing"),
        ("carry = false", "carri = false", "did you mean carry"),
        ("carry = false", "unit_days = -1", "unit_days needs a number above 0"),
        ("carry = false", "[recurrences]", "comes from the data sets under [cdisc]"),
        ('"Test", "Stan', '"Tes", "Stan', "no participant is in the reference 'Tes'"),
        ('"Standard"', '"standard"', "arm must be one of 'Test', 'standard'"),
    ],
)
def test_what_is_wrong_in_the_toml_is_said(folder, tmp_path, old, new, said):
    for file in folder.iterdir():
        shutil.copy(file, tmp_path)
    (tmp_path / "trial.toml").write_text(TOML.replace(old, new), encoding="utf-8")
    found = ws.check_trial(tmp_path)
    assert said in "; ".join(found["problem"] + " -> " + found["what_to_do"])


def test_who_was_not_followed_up_is_told(tmp_path):
    place = made(tmp_path, adtte={"AVAL": [10, 0, 30], "ADT": None, "CNSR": [0, 1, 1]})
    (place / "trial.toml").write_text(
        'name = "T"\nsource = "made up"\narms = ["usual", "walk"]\n'
        '[cdisc]\nparamcd = { T = "any" }\n',
        encoding="utf-8",
    )
    found = ws.check_trial(place)
    (one,) = found[found["problem"].str.startswith("participants without follow-up")].itertuples()
    assert "in ADTTE" in one.problem
    assert one.ids == "B"
    assert not found["problem"].str.contains("check-in").any()


# --- what is read off the data, and what is refused


def test_the_first_day_is_day_0_or_1_by_the_dates(tmp_path):
    by_days = ws.read_cdisc(made(tmp_path), paramcd={"T": "any"})
    assert first(by_days) == {"A": (10, True), "B": (20, False), "C": (30, False)}
    assert "AVAL is ADT - STARTDT (3 of 3 rows have both dates)" in told(by_days)
    later = made(tmp_path, adtte={"ADT": ["2024-01-10", "2024-01-21", "2024-02-01"]})
    numbered = ws.read_cdisc(later, paramcd={"T": "any"})
    assert first(numbered) == first(by_days)
    assert "AVAL is ADT - STARTDT + 1" in told(numbered)
    harms = {"USUBJID": ["A"], "AETERM": ["fall"], "ASTDT": ["2024-01-03"], "ASTDY": [3]}
    counted = ws.read_cdisc(
        made(tmp_path, adtte={"ADT": ["2024-01-10", "2024-01-21", "2024-02-01"]}, adae=harms),
        paramcd={"T": "any"},
    )
    assert counted.adverse_events["onset_days"].tolist() == [3.0]
    assert "ASTDT - day 0 + 1, or ASTDY" in told(counted)
    mixed = made(tmp_path, adtte={"ADT": ["2024-01-10", "2024-01-22", "2024-02-02"]})
    said = refusal(mixed)
    assert "AVAL is not ADT - STARTDT in 1 of 3 dated rows" in said
    assert "(ids A)" in said


@pytest.mark.parametrize(
    ("changed", "options", "said"),
    [
        ({"adtte": {"PARAM": ["x"] * 3, "ADT": None}}, {}, "neither AVALU nor PARAM names"),
        ({"adtte": {"AVALU": ["DAYS", "WEEKS", "DAYS"]}}, {}, "several units: DAYS, WEEKS"),
        ({"adtte": {"AVAL": [10, "", 30]}}, {}, "missing, negative or infinite (ids B)"),
        ({"adtte": {"AVAL": [10, "soon", 30]}}, {}, "AVAL holds no numbers: 'soon' (ids B)"),
        ({"adtte": {"CNSR": [0, 1, ""]}}, {}, "CNSR is missing or no code (ids C)"),
        ({"adtte": {"CNSR": [0, 0.5, 1]}}, {}, "CNSR is missing or no code (ids B)"),
        ({"adtte": {"USUBJID": ["A", "B", "Z"]}}, {}, "not in ADSL (ids Z)"),
        ({"adtte": {"STARTDT": ["2024-01-02"] * 3}}, {}, "is not RANDDT of ADSL (ids A, C)"),
        ({"adtte": {"CNSR": None}}, {}, "ADTTE has no CNSR; there are: USUBJID, PARAMCD"),
        ({}, {"paramcd": {"X": "any"}}, "no PARAMCD X; there are: T (Time to it (days))"),
        ({"adsl": {"TRT01PN": None}}, {}, "which arm is the reference: usual, walk"),
        ({"adsl": {"TRT01PN": [1, 1, 2]}}, {}, "TRT01P and TRT01PN do not pair"),
        ({}, {"reference": "placebo"}, "in the reference 'placebo'; there are: usual, walk"),
        ({"adsl": {"TRT01P": None}}, {}, "neither TRT01P nor ARM"),
        ({"adsl": {"TRT01P": ["walk", "", "usual"]}}, {}, "TRT01P is empty (ids B)"),
        ({"adsl": {"RANDFL": ["Y", "y", "N"]}}, {}, "neither Y, N nor empty (ids B)"),
        ({"adsl": {"USUBJID": ["A", "", "C"]}}, {}, "1 rows have no USUBJID"),
        ({"adsl": {"USUBJID": ["A", "B", "B"]}}, {}, "several rows (ids B)"),
        ({"adsl": {"RANDDT": [23376, 23377, 23378]}}, {}, "RANDDT holds no dates: '23376'"),
        ({"adsl": {"AGE": [5, 6, 7], "AGEU": ["MONTHS"] * 3}}, {}, "ages are in MONTHS"),
        ({"adsl": {"PREVEPI": [1, 2.5, 3]}}, {}, "PREVEPI is no whole number (ids B)"),
        ({}, {"carry": ["REGION"]}, "ADSL has no REGION; there are: STUDYID"),
        ({}, {"day_zero": "TRTSDT"}, "ADSL has no TRTSDT"),
        ({}, {"unit_days": 7.0}, "PARAM says DAYS, which are 1 days, not 7"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_refused_in_words(tmp_path, changed, options, said):
    assert said in refusal(made(tmp_path, **changed), **options)


def test_the_reference_and_the_start_can_be_named(tmp_path):
    folder = made(
        tmp_path,
        adsl={"TRTSDT": ["2024-01-02"] * 3, "ITTFL": ["Y"] * 3, "REGION": ["n", "s", "n"]},
        adtte={"STARTDT": ["2024-01-02"] * 3, "ADT": None},
    )
    trial = ws.read_cdisc(
        folder, paramcd={"T": "any"}, reference="walk", day_zero="TRTSDT", carry=["REGION"]
    )
    assert trial.arms == ("walk", "usual")
    assert trial.participants["REGION"].tolist() == ["n", "s", "n"]
    assert "ITTFL" not in trial.participants
    assert "the reference is walk, as named" in told(trial)
    assert "AVAL is not held against dates" in told(trial)


def test_the_end_of_the_study_comes_from_adsl_where_it_is_told(tmp_path):
    folder = made(
        tmp_path,
        adsl={
            "EOSSTT": ["COMPLETED", "DISCONTINUED", "DISCONTINUED"],
            "EOSDT": ["2024-06-01", "2024-01-22", "2024-01-05"],
            "DCSREAS": ["", "moved away", "death"],
        },
    )
    trial = ws.read_cdisc(folder, paramcd={"T": "any"})
    events = ws.derive.first_recurrence(trial, kind="any")
    assert events["ended_by"].tolist() == [
        "recurrence",
        "withdrawn: moved away",
        "end of follow-up",
    ]
    assert events["days"].tolist() == [10, 20, 30]
    assert "lies before the end of follow-up in ADTTE" in told(trial)


def test_variables_that_are_called_like_columns_are_not_carried_beside_them(tmp_path):
    (tmp_path / "adam").mkdir()
    adsl = {"ARM": ["w", "u", "w"], "Postcode": ["1", "2", "3"], "STRAT1R": ["n", "s", "n"]}
    adsl |= {"STRAT1D": ["region"] * 3, "REGION": ["x"] * 3}
    trial = ws.read_cdisc(made(tmp_path / "adam", adsl=adsl), paramcd={"T": "any"})
    assert trial.strata == ("region",)
    assert {"ARM", "REGION"} & set(trial.participants) == set()
    assert trial.participants["POSTCODE"].tolist() == ["1", "2", "3"]
    ws.write_trial(trial, tmp_path / "folder")
    assert ws.read_trial(tmp_path / "folder").equals(trial)


def test_words_in_brackets_that_are_no_unit_leave_it_to_the_dates(tmp_path):
    folder = made(tmp_path, adtte={"PARAM": ["Recurrence (any)"] * 3})
    assert "no unit is named, and the dates say so" in told(
        ws.read_cdisc(folder, paramcd={"T": "any"})
    )


def test_several_records_of_a_subject_are_recurrences_of_one_follow_up(tmp_path):
    rows = {
        "USUBJID": ["A", "A", "A", "B", "C"],
        "PARAMCD": ["T1", "T2", "T3", "T1", "T1"],
        "PARAM": ["Time (days)"] * 5,
        "AVAL": [10, 25, 40, 20, 30],
        "CNSR": [0, 0, 1, 1, 0],
        "EVNTDESC": None,
        "ADT": None,
    }
    trial = ws.read_cdisc(
        made(tmp_path, adtte=rows), paramcd={"T1": "any", "T2": "any", "T3": "any"}
    )
    assert trial.recurrences["onset_days"].tolist() == [10, 25, 30]
    spells = ws.derive.recurrences(trial, kind="any", at_risk="under_observation")
    own = spells[spells["participant_id"] == "A"]
    assert own["stop_days"].tolist()[-1] == 40
    assert own["event"].sum() == 2
    rows["AVAL"] = [10, 25, 20, 20, 30]
    said = refusal(made(tmp_path, adtte=rows), paramcd={"T1": "any", "T2": "any", "T3": "any"})
    assert "censored before the last day of another record" in said


def test_kinds_that_contradict_each_other_are_refused(tmp_path):
    rows = {
        "USUBJID": ["A", "A", "B", "C"],
        "PARAMCD": ["T", "L", "T", "T"],
        "PARAM": ["Time (days)"] * 4,
        "AVAL": [10, 5, 20, 30],
        "CNSR": [0, 0, 1, 0],
        "EVNTDESC": None,
        "ADT": None,
    }
    kinds = {"T": "any", "L": "activity_limiting"}
    assert "lies before the first of any kind" in refusal(made(tmp_path, adtte=rows), paramcd=kinds)
    with pytest.raises(ValueError, match="a kind of paramcd"):
        ws.read_cdisc(tmp_path, paramcd={"T": "pain"})
    with pytest.raises(ValueError, match="paramcd says"):
        ws.read_cdisc(tmp_path, paramcd={})


def test_adverse_events_of_strangers_and_of_before_are_told_apart(tmp_path):
    harms = {
        "USUBJID": ["A", "B", "C"],
        "AETERM": ["fall", "cold", "cough"],
        "AESTDTC": ["2024-01-03", "2023-12-01", "2024-02"],
        "ASTDY": ["", "", 5],
        "AESER": ["N", "", "Y"],
    }
    trial = ws.read_cdisc(made(tmp_path, adae=harms), paramcd={"T": "any"})
    assert trial.adverse_events["onset_days"].tolist() == [2.0, 4.0]
    assert trial.adverse_events["event"].tolist() == ["fall", "cough"]
    assert "events begun before day 0" in told(trial)
    assert "AESTDTC names no day" in told(trial)
    assert "ASTDY is 0" in refusal(made(tmp_path, adae={**harms, "ASTDY": [0, "", 5]}))
    unknown = {**harms, "USUBJID": ["A", "Q", "C"]}
    assert "ADAE, column USUBJID: subjects are not in ADSL (ids Q)" in refusal(
        made(tmp_path, adae=unknown)
    )
    assert "AESER holds 'MAYBE'" in refusal(made(tmp_path, adae={**harms, "AESER": ["MAYBE"] * 3}))


def test_folders_without_the_data_sets(tmp_path):
    assert "there is no folder" in refusal(tmp_path / "none")
    assert "there is no ADSL" in refusal(tmp_path)
    made(tmp_path)
    shutil.copy(HAVEN / "adsl.xpt", tmp_path / "ADSL.XPT")
    assert "several files may be ADSL" in refusal(tmp_path)


def test_writing_refuses_what_a_transport_file_cannot_hold(trial, times, tmp_path):
    long = dataclasses.replace(trial, name="x" * 201)
    with pytest.raises(DataError, match="STUDYID holds a text of 201 bytes, beyond 200"):
        ws.write_cdisc(long, tmp_path / "a", times=times)
    with pytest.raises(DataError, match="one row for each participant"):
        ws.write_cdisc(trial, tmp_path / "a", times={"T": times["TTREC"].head(2)})
    with pytest.raises(DataError, match="has no ended_by"):
        ws.write_cdisc(trial, tmp_path / "a", times={"T": times["TTREC"].drop(columns="ended_by")})
    with pytest.raises(ValueError, match="times needs frames"):
        ws.write_cdisc(trial, tmp_path / "a", times={})
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "x").write_text("x")
    with pytest.raises(DataError, match="not an empty folder"):
        ws.write_cdisc(trial, tmp_path / "full", times=times)
    assert sorted(one.name for one in tmp_path.iterdir()) == ["full"]


numbers = st.floats(1e-70, 1e70) | st.floats(-1e70, -1e-70) | st.just(0.0) | st.integers(-999, 999)


@given(st.lists(st.tuples(numbers, st.text(st.characters(codec="ascii"), max_size=9)), max_size=6))
def test_numbers_and_texts_come_back_bit_for_bit(rows):
    values = np.array([float(number) for number, _ in rows])
    texts = np.array([text.rstrip(" \0") for _, text in rows] + [""], dtype=object)[:-1]
    variables = (
        Variable("N", "a number", "", False, 8),
        Variable("T", "", "", True, 1),
        Variable("D", "a date", "DATE9", False, 8),
    )
    data = transport_bytes(DataSet("ADX", "x", variables, (values, texts, values)))
    back = read_transport(data)
    assert [v.name for v in back.variables] == ["N", "T", "D"]
    assert back.variables[2].format == "DATE9"
    assert back.columns[0].tolist() == values.tolist()
    assert back.columns[1].tolist() == texts.tolist()


def test_what_sas_cannot_hold_is_refused():
    def write(values, name="N", label="", is_text=False):
        column = np.array(values, dtype=object if is_text else float)
        variable = Variable(name, label, "", is_text, 8)
        return transport_bytes(DataSet("ADX", "", (variable,), (column,)))

    for wrong in (
        lambda: write([np.inf]),
        lambda: write([1e80]),
        lambda: write([1.0], name="NINE_LONG"),
        lambda: write([1.0], label="x" * 41),
        lambda: write(["é" * 101], is_text=True),
    ):
        with pytest.raises(UnwritableError):
            wrong()
