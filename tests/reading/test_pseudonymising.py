"""Does a pseudonymised trial name nobody, and give the same analyses?"""

import dataclasses
import os
import stat

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import walkstats as ws
from tests.reading.trial_on_disk import TrialOnDisk
from walkstats.cli import main
from walkstats.reading.pseudonymous.pseudonyms import Secret, pseudonyms
from walkstats.schema import TABLES

KEY = b"nobody can guess this one"
CARRIED = (",email,site,born", ",p{k}@mail.example,north,1960-0{k}-15")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Six people, with an undeclared e-mail address, a declared site and a date of birth."""
    made = TrialOnDisk.at(tmp_path_factory.mktemp("pseudonyms") / "trial")
    head, *rows = (made.path / "participants.csv").read_text().splitlines()
    rows = [f"{row}{CARRIED[1]}".format(k=k) for k, row in enumerate(rows, 1)]
    made.write("participants.csv", "\n".join([head + CARRIED[0], *rows]))
    made.toml(
        "[participants.columns]\nreferral = { type = 'boolean' }\nsite = { type = 'category' }\n"
        "born = { type = 'date' }\n",
        tables="",
    )
    return made


@pytest.fixture(scope="module")
def trial(folder):
    """Read once: no test changes it."""
    return folder.read()


def everything(trial):
    tables = [trial.table(name).to_csv() for name in TABLES]
    return "".join([*tables, trial.load_report.to_csv(), repr(trial.inputs)])


def test_no_id_no_date_and_nothing_undeclared_is_left(trial):
    given_away = ws.pseudonymise(trial, key=KEY)
    text = everything(given_away.trial)
    for told in [
        *trial.participants["participant_id"].map("{},".format),
        "mail.example",
        "2024",
        "1960",
    ]:
        assert told not in text
    for digest in trial.inputs.values():
        assert digest not in text
    assert given_away.trial.source == trial.source + "; pseudonymised"
    assert given_away.trial.synthetic
    assert "site" in given_away.trial.participants
    notes = " ".join(given_away.notes)
    assert "participants.email left out: nobody declared it" in notes
    assert "participants.born left out: seems to hold dates of birth" in notes
    assert "the smallest group has 1, and 6 of 6 people" in notes


@pytest.mark.parametrize("key", [KEY, 5])
def test_all_tables_have_the_same_pseudonyms_and_the_same_rows(trial, key):
    given_away = ws.pseudonymise(trial, key=key, dates="keep", keep=["email", "born"])
    back = dict(
        zip(given_away.linkage["pseudonym"], given_away.linkage["participant_id"], strict=True)
    )
    assert len(back) == 6
    for name in TABLES:
        was, now = trial.table(name), given_away.trial.table(name)
        assert list(was.columns) == list(now.columns)
        if "participant_id" in was:
            assert now["participant_id"].is_monotonic_increasing
            now = now.assign(participant_id=now["participant_id"].map(back).astype(object))
            was = was.sort_values("participant_id", kind="stable", ignore_index=True)
            now = now.sort_values("participant_id", kind="stable", ignore_index=True)
        assert now.equals(was)


def test_analyses_are_the_same_up_to_the_ids():
    trial = ws.load_sample("bladder")
    given_away = ws.pseudonymise(trial, key=KEY)
    back = dict(
        zip(given_away.linkage["pseudonym"], given_away.linkage["participant_id"], strict=True)
    )
    for derive in (
        lambda one: ws.derive.first_recurrence(one, kind="any"),
        lambda one: ws.derive.recurrences(one, kind="any", at_risk="under_observation"),
        lambda one: ws.derive.competing_events(one, kind="any"),
    ):
        was, now = derive(trial), derive(given_away.trial)
        ids = pd.Series([back[one] for one in now["participant_id"]], now.index, dtype=object)
        now = now.assign(participant_id=ids)
        order = [c for c in ("participant_id", "episode", "start_days") if c in was]
        pd.testing.assert_frame_equal(
            now.sort_values(order, ignore_index=True), was.sort_values(order, ignore_index=True)
        )


def test_the_same_key_gives_the_same_pseudonyms_and_another_others(trial):
    fewer = trial.only(["P1", "P4"])
    some, more, other = (
        ws.pseudonymise(one, key=key).linkage.set_index("participant_id")["pseudonym"]
        for one, key in ((fewer, KEY), (trial, KEY), (trial, KEY + b"!"))
    )
    assert some.to_dict() == more[some.index].to_dict()
    assert not set(more) & set(other)


@given(st.lists(st.text(max_size=8), unique=True, max_size=8), st.binary(min_size=16, max_size=40))
def test_any_ids_get_pseudonyms_that_differ(ids, key):
    for secret in (Secret(key, None), Secret(None, 3)):
        made = pseudonyms(ids, secret)
        assert len(set(made.values())) == len(ids)
        assert made == pseudonyms(ids[::-1], secret)


def test_dates_of_a_person_move_together(trial):
    moved = ws.pseudonymise(trial, key=2, dates="shift", keep="born", shift_days=30)
    people = moved.linkage.set_index("pseudonym")
    now = moved.trial.participants.set_index("participant_id")
    was = trial.participants.set_index("participant_id").loc[people["participant_id"][now.index]]
    for column in ("randomised_on", "born"):
        days = (now[column].to_numpy() - was[column].to_numpy()) / np.timedelta64(1, "D")
        assert days.tolist() == people["moved_days"][now.index].tolist()
    assert people["moved_days"].abs().max() <= 30
    assert people["moved_days"].nunique() > 1


def test_a_date_of_birth_becomes_an_age_and_an_age_a_class(trial):
    people = trial.participants.assign(age_years=np.nan)
    trial = dataclasses.replace(trial, participants=people)
    given_away = ws.pseudonymise(trial, key=KEY, born="born", coarsen={"age_years": 5})
    ages = given_away.trial.participants["age_years"]
    assert set(ages) == {60.0}  # born January to June 1960, randomised in early 2024: 63 and 64
    assert "born" not in given_away.trial.participants


def test_what_is_kept_and_what_is_dropped(trial):
    made = ws.pseudonymise(
        trial, key=KEY, keep="email", drop=["site", "recurrences.worst_pain_nrs"]
    )
    assert "email" in made.trial.participants
    assert "site" not in made.trial.participants
    assert made.trial.recurrences["worst_pain_nrs"].isna().all()


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({"key": b"short"}, "at least 16 bytes"),
        ({"key": bytes(32)}, "nobody can guess"),
        ({"key": "text that is long enough"}, "got str"),
        ({"key": -1}, "whole number"),
        ({"key": True}, "got bool"),
        ({"key": 1, "drop": "nothing"}, "no table has a column 'nothing'"),
        ({"key": 1, "drop": "arm"}, "participants cannot be without arm"),
        ({"key": 1, "drop": "referral"}, "participants cannot be without referral"),
        ({"key": 1, "born": "nothing"}, "no column 'nothing'"),
        ({"key": 1, "coarsen": {"site": 5}}, "no column of numbers"),
        ({"key": 1, "coarsen": {"age_years": 0}}, "above 0"),
        ({"key": 1, "dates": "blur"}, "dates must be"),
        ({"key": 1, "shift_days": 0}, "shift_days"),
    ],
)
def test_what_cannot_be_meant_is_refused(trial, arguments, says):
    with pytest.raises(ValueError, match=says):
        ws.pseudonymise(trial, **arguments)


def test_a_column_that_cannot_go_and_tells_is_refused(trial):
    events = pd.DataFrame({"participant_id": ["P1"], "event": ["fall, rang 0412 345 678"]})
    trial = dataclasses.replace(trial, adverse_events=events)
    with pytest.raises(
        ws.DataError, match="telephone numbers, and adverse_events cannot be without"
    ):
        ws.pseudonymise(trial, key=KEY)
    kept = ws.pseudonymise(trial, key=KEY, keep="adverse_events.event").trial
    assert len(kept.adverse_events) == 1


def test_who_is_who_is_for_its_owner_and_not_beside_the_data(folder, trial, tmp_path):
    made = ws.pseudonymise(trial, key=1)
    with pytest.raises(ws.DataError, match="would lie in a trial folder"):
        made.write_linkage(folder.path / "who.csv")
    file = made.write_linkage(tmp_path / "safe" / "who.csv")
    assert file.read_text().splitlines()[0] == "participant_id,pseudonym,moved_days"
    if os.name == "posix":
        assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_from_the_command_line(folder, tmp_path, capsys):
    out, key, who = tmp_path / "out", tmp_path / "secret" / "key", tmp_path / "who.csv"
    call = ["pseudonymise", str(folder.path), "--out", str(out), "--key"]
    assert main([*call, str(out / "key")]) == 1
    assert "would lie beside the data" in capsys.readouterr().err
    assert not out.exists()
    assert main([*call, str(key), "--linkage", str(who), "--drop", "site"]) == 0
    said = capsys.readouterr().out
    assert "participants.email left out" in said
    assert KEY not in key.read_bytes()
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    first = ws.read_trial(out)
    assert "pseudonymised" in first.source
    assert set(pd.read_csv(who)["pseudonym"]) == set(first.participants["participant_id"])
    again = tmp_path / "again"
    assert main(["pseudonymise", str(folder.path), "--out", str(again), "--key", str(key)]) == 0
    assert (
        ws.read_trial(again)
        .participants["participant_id"]
        .equals(first.participants["participant_id"])
    )
    key.write_text("short")
    assert (
        main(["pseudonymise", str(folder.path), "--out", str(tmp_path / "c"), "--key", str(key)])
        == 1
    )
