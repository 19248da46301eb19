"""Spells and values that change against R's tmerge, survSplit and coxph (15_tmerge.R).

Tolerances are those of the entries: 1e-8 relative for spells, which are sums and copies; 1e-7 for
Cox fits on them, where both sides are at the maximum.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

import walkstats as ws
from tests.reference import goldens
from tests.reference.goldens import agree, entry, topic
from tests.reference.test_03_cox_fits import same_fit

TOPIC = "15_tmerge"
# R's calls do not say whose the spells are, which only the error of the concordance would tell.
SPELLS = {"time": "stop", "entry": "start", "event": "death", "subject": None}


def gold(identifier: str) -> dict[str, Any]:
    return entry(TOPIC, f"tv.{identifier}")


def numbered(name: str) -> pd.DataFrame:
    frame = goldens.data(f"{name}.csv")
    return frame.assign(id=np.arange(1, len(frame) + 1))


def jasa() -> pd.DataFrame:
    """One row per patient, with what R's script changes first."""
    frame = numbered("jasa")
    until = frame["futime"].clip(lower=0.5)
    received = frame["wait_time"].where(~(frame["wait_time"] >= until), until - 0.5)
    return frame.assign(stop=until, death=frame["fustat"], received=received)


def jasa_spells() -> pd.DataFrame:
    people = jasa()
    changes = people.loc[people["received"].notna(), ["id", "received"]].assign(transplanted=1)
    people = people.drop(columns="transplant")
    made = ws.derive.time_varying(
        people,
        changes,
        at="received",
        columns="transplanted",
        initial={"transplanted": 0},
        subject="id",
        time="stop",
        event="death",
    )
    return made.rename(columns={"transplanted": "transplant"})


def test_rows_of_the_heart_patients() -> None:
    one, made = gold("jasa.tmerge_rows"), jasa_spells()
    agree(one, "n_rows", len(made))
    agree(one, "n_subjects", made["id"].nunique())
    for theirs, ours in {
        "id": "id",
        "tstart": "start",
        "tstop": "stop",
        "death": "death",
        "transplant": "transplant",
    }.items():
        agree(one, theirs, made[ours])
    # R counts changes of nobody as "missid"; the others have the same names.
    words = [{"missid": "unknown"}.get(w, w) for w in goldens.value(one, "tcount_columns")]
    counts = made.attrs["changes"]["transplanted"]
    agree(one, "tcount.transplant", [counts[word] for word in words])
    aside = {
        "tcount.death": "here follow-up and how it ended come as the frame, nothing is merged",
        "tcount_columns": "names, used above",
    }
    assert not goldens.uncovered(TOPIC, one["id"], aside)


def test_cox_of_the_heart_patients() -> None:
    one, spells, people = gold("jasa.cox"), jasa_spells(), jasa()
    fit = ws.survival.cox(spells, "age + surgery + transplant", **SPELLS)
    same_fit(one, fit, "main")
    decades = spells.assign(decade=(spells["age"] - 48) / 10)
    fit = ws.survival.cox(decades, "decade * transplant + surgery", ties="breslow", **SPELLS)
    assert fit.terms == ("decade", "transplant", "surgery", "decade:transplant")
    same_fit(one, fit, "interaction")
    fit = ws.survival.cox(people, "age + surgery + transplant", time="stop", event="death")
    same_fit(one, fit, "naive_ever_transplanted")
    assert not goldens.uncovered(TOPIC, one["id"])


def test_person_time() -> None:
    one, heart = gold("heart.person_time"), goldens.data("heart.csv")
    sums = heart.assign(days=heart["stop"] - heart["start"]).groupby("transplant")
    sums = sums[["event", "days"]].sum()
    agree(one, "transplant", sums.index)
    agree(one, "events", sums["event"])
    agree(one, "person_days", sums["days"])
    agree(one, "rate_per_100_days", 100 * sums["event"] / sums["days"])
    assert not goldens.uncovered(TOPIC, one["id"])


def test_periods_and_a_coefficient_in_each() -> None:
    one, veteran = gold("veteran.survsplit"), numbered("veteran")
    made = ws.derive.split_at(veteran, [90, 180], time="time", event="status", period="tgroup")
    agree(one, "n_rows", len(made))
    agree(one, "rows_per_group", made["tgroup"].value_counts().sort_index())
    agree(one, "events_per_group", made.groupby("tgroup")["status"].sum())
    first = made.head(12).rename(columns={"start": "tstart"})
    for name in ("id", "tstart", "time", "status", "tgroup"):
        agree(one, f"first12.{name}", first[name])
    fit = ws.survival.cox(
        made,
        "trt + prior + karno:factor(tgroup)",
        strata="tgroup",
        time="time",
        entry="start",
        event="status",
        subject="id",
        robust=False,
    )
    agree(one, "coef", fit.values)
    agree(one, "se", np.sqrt(np.diag(fit.covariance)))
    agree(one, "loglik", [fit.log_likelihood_null, fit.log_likelihood])
    assert not goldens.uncovered(TOPIC, one["id"])


def test_splitting_changes_nothing() -> None:
    one, veteran = gold("split_invariance"), numbered("veteran")
    whole = ws.survival.cox(veteran, "trt + karno", time="time", event="status")
    numbers = dict(goldens.value(one, "unsplit"))
    numbers["vcov"] = whole.covariance.tolist()  # the one number that the entry leaves out
    same_fit({**one, "values": {"unsplit": numbers}}, whole, "unsplit")
    made = ws.derive.split_at(veteran, range(20, 401, 20), time="time", event="status")
    agree(one, "rows_split", len(made))
    fit = ws.survival.cox(
        made, "trt + karno", time="time", entry="start", event="status", subject="id", robust=False
    )
    agree(one, "split_coef", fit.values)
    agree(one, "split_loglik", fit.log_likelihood)
    np.testing.assert_allclose(fit.covariance, whole.covariance, rtol=1e-9)
    assert not goldens.uncovered(TOPIC, one["id"])


def test_progression_as_it_came() -> None:
    one, people = gold("mgus2.tmerge"), goldens.data("mgus2.csv")
    people = people[people["futime"] > 0]
    last_month = (people["pstat"] == 1) & (people["ptime"] == people["futime"])
    seen = people["ptime"].where(~last_month, people["ptime"] - 0.1)
    progressed = (people["pstat"] == 1) & (seen > 0)
    changes = pd.DataFrame({"id": people["id"], "seen": seen, "pcm": 1})[progressed]
    made = ws.derive.time_varying(
        people,
        changes,
        at="seen",
        initial={"pcm": 0},
        subject="id",
        time="futime",
        event="death",
    )
    agree(one, "n_rows", len(made))
    agree(one, "rows_pcm1", made["pcm"].sum())
    agree(one, "deaths_by_pcm", made.groupby("pcm")["death"].sum())
    first = made.head(20).rename(columns={"start": "tstart", "futime": "tstop"})
    for name in ("id", "tstart", "tstop", "death", "pcm"):
        agree(one, f"first20.{name}", first[name])
    fit = ws.survival.cox(made, "age + sex + pcm", **{**SPELLS, "time": "futime"})
    same_fit(one, fit, "cox")
    assert not goldens.uncovered(TOPIC, one["id"])


def test_every_rule_on_three_people() -> None:
    one = gold("tmerge_semantics")
    people, measured, came = (
        pd.DataFrame(one["values"][name]) for name in ("base", "lab", "episodes")
    )
    people = people.rename(columns={"st": "death"})
    columns = {"subject": "id", "event": "death"}
    made = ws.derive.time_varying(people, measured, at="day", time="futime", **columns)
    made = ws.derive.add_events(
        made, came, at="t", name="ep", time="futime", entry="start", **columns
    )
    for theirs, ours in {
        "id": "id",
        "tstart": "start",
        "tstop": "futime",
        "death": "death",
        "x": "x",
        "ep": "ep",
        "nprev": "ep_before",
        "enum": "ep_number",
    }.items():
        agree(one, f"result.{theirs}", made[ours])
    given = dict.fromkeys(("base", "lab", "episodes"), "what the spells are made of")
    assert not goldens.uncovered(TOPIC, one["id"], given)


def test_all_entries_are_compared() -> None:
    tally = goldens.TALLIES[TOPIC]
    if not tally.entries:
        pytest.skip("runs after the comparisons of this file")
    assert tally.entries == set(topic(TOPIC))
