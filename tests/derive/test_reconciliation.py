"""Do the frames tell one story? Against a slow twin by days, against each other, and the flow.

All days are whole, so sums are exact and need no tolerance.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import walkstats as ws
from tests.derive.tiny_trials import (
    FLAGS,
    HORIZON,
    PERIOD,
    Person,
    covered,
    crowd,
    episodes,
    last_day,
    make_trial,
    observed,
    people,
    told,
)
from tests.relations import examples

KINDS = list(FLAGS)
AT_RISK = ["out_of_episode", "recovered", "under_observation"]
GAPS = ["censor", "carry", "resume"]


@pytest.fixture(scope="module")
def many() -> list[Person]:
    return crowd(80, seed=20)


def ends_known(crowd_: list[Person]) -> bool:
    return any(one.resolved is not None for person in crowd_ for one in person.reports)


def days_of(frame: pd.DataFrame) -> dict[str, tuple[list[int], list[int]]]:
    """Days at risk and days of events of each participant."""
    found: dict[str, tuple[list[int], list[int]]] = {}
    columns = ["participant_id", "start_days", "stop_days", "event"]
    for who, start, stop, event in frame[columns].itertuples(index=False):
        risk, events = found.setdefault(who, ([], []))
        risk.extend(range(int(start) + 1, int(stop) + 1))
        events.extend([int(stop)] if event else [])
    return found


def expected_days(
    person: Person, kind: str, gap: int, at_risk: str, after_gap: str, known: bool
) -> tuple[list[int], list[int]]:
    seen = observed(person, after_gap)
    found = episodes(person, kind, gap, known)
    busy: set[int] = set()
    for met, days in found:
        last = max(days) + (gap if at_risk == "recovered" else 0)
        busy |= set(range(met + 1, last + 1)) if at_risk != "under_observation" else set()
    return sorted(seen - busy), sorted(met for met, _ in found if met in seen)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("after_gap", GAPS)
@pytest.mark.parametrize("at_risk", AT_RISK)
def test_recurrences_are_those_of_the_days(many, kind, after_gap, at_risk):
    known, trial = ends_known(many), make_trial(many)
    for gap in (1, 7):
        frame = ws.derive.recurrences(
            trial, kind=kind, at_risk=at_risk, gap_days=gap, after_gap=after_gap
        )
        ends = "carry" if after_gap == "resume" else after_gap
        wanted, until = {}, {}
        for k, person in enumerate(many, 1):
            wanted[f"p{k}"] = expected_days(person, kind, gap, at_risk, after_gap, known)
            until[f"p{k}"] = max(observed(person, ends), default=0)
        assert days_of(frame) == wanted
        assert (frame["observed_until_days"] == frame["participant_id"].map(until)).all()
        whose = frame.groupby("participant_id", sort=False)
        assert (frame["episode"] == whose["event"].cumsum() - frame["event"] + 1).all()
        alone = whose["event"].transform("size") == 1
        assert ((frame["stop_days"] > frame["start_days"]) | alone).all()


@pytest.mark.parametrize("after_gap", GAPS)
@pytest.mark.parametrize("kind", KINDS)
def test_days_in_pain_are_those_of_the_days(many, kind, after_gap):
    known, trial = ends_known(many), make_trial(many)
    for gap, horizon in ((1, 33), (7, 2 * HORIZON)):
        frame = ws.derive.days_in_pain(
            trial, kind=kind, days=horizon, gap_days=gap, after_gap=after_gap
        )
        wanted = []
        for person in many:
            seen = {t for t in observed(person, after_gap) if t <= horizon}
            found = episodes(person, kind, gap, known)
            inside = {t for met, days in found for t in days if t >= met}
            wanted.append((len(inside & seen), sum(met in seen for met, _ in found), len(seen)))
        columns = ["days_in_pain", "episodes", "observed_days"]
        assert [tuple(row) for row in frame[columns].to_numpy()] == wanted


@pytest.mark.parametrize("kind", KINDS)
def test_intervals_are_those_of_the_check_ins(many, kind):
    trial = make_trial(many)
    for after_gap in ("widen", "censor"):
        frame = ws.derive.recurrence_intervals(trial, kind=kind, after_gap=after_gap)
        wanted = []
        for person in many:
            mets = [one.onset if kind == "any" else getattr(one, FLAGS[kind])
                    for one in told(person)]  # fmt: skip
            day = min([m for m in mets if m is not None], default=10 * HORIZON)
            until = max(observed(person, "censor"), default=0)
            low, high = 0, np.inf
            for number, state in enumerate(person.states, 1):
                begin = PERIOD * (number - 1) + person.gaps_of_a_day
                end = min(PERIOD * number, last_day(person))
                if state != "completed" or begin >= end or (after_gap == "censor" and end > until):
                    continue
                if day <= end:
                    high = end
                    break
                low = end
            wanted.append((low, high))
        assert [tuple(row) for row in frame[["low_days", "high_days"]].to_numpy()] == wanted


# Each participant is an example of its own: 20 trials of up to 12 are more than 200 of one.
@examples(10, 40)
@given(st.lists(people(), min_size=1, max_size=12), st.sampled_from(KINDS))
def test_frames_reconcile(crowd_, kind):
    trial = make_trial(crowd_)
    recorded = any(getattr(one, FLAGS[kind]) is not None for p in crowd_ for one in p.reports
                   ) if kind != "any" else True  # fmt: skip
    first = ws.derive.first_recurrence(trial, kind=kind).set_index("participant_id")
    apart = ws.derive.recurrences(trial, kind=kind, at_risk="out_of_episode")
    whole = ws.derive.recurrences(trial, kind=kind, at_risk="under_observation")
    between = ws.derive.recurrence_intervals(trial, kind=kind).set_index("participant_id")
    pain = ws.derive.days_in_pain(trial, kind=kind, days=HORIZON)
    came = ws.derive.competing_events(trial, kind=kind).set_index("participant_id")
    # Recurrent event 1 is the first event, and it lies in its interval.
    for frame in (apart, whole):
        one = frame[frame["event"] & (frame["episode"] == 1)].set_index("participant_id")
        events = first[first["event"]]
        assert one["stop_days"].to_dict() == events["days"].to_dict()
    low, high = between["low_days"], between["high_days"]
    assert ((low < first["days"]) & (first["days"] <= high))[first["event"]].all()
    assert (low >= first["days"])[~first["event"]].all()
    # Person-time adds up, and no row looks beyond the last observed day.
    until = whole.groupby("participant_id")["observed_until_days"].first()
    at_risk = (whole["stop_days"] - whole["start_days"]).groupby(whole["participant_id"]).sum()
    assert at_risk.to_dict() == until.to_dict()
    lost = at_risk.sum() - (apart["stop_days"] - apart["start_days"]).sum()
    assert lost == pain["days_in_pain"].sum() - pain["episodes"].sum()
    assert pain["observed_days"].sum() == until.sum()
    # Nobody is lost, and who has time at risk is who the flow diagram calls analysed.
    flow = ws.derive.participant_flow(trial)
    analysed = flow[flow["stage"] == "analysed"].set_index("arm")["n"]
    for frame in (apart, whole):
        assert set(frame["participant_id"]) == set(first.index)
        followed = frame[frame["stop_days"] > 0].drop_duplicates("participant_id")
        assert followed["arm"].value_counts().to_dict() == analysed.to_dict()
    # Without deaths the competing events are the first events.
    assert came["days"].to_dict() == first["days"].to_dict()
    assert (came["outcome"] == "recurrence").to_dict() == first["event"].to_dict()
    assert recorded or not first["event"].any()


@examples(4, 20)
@given(st.lists(people(), min_size=4, max_size=12))
def test_the_order_of_rows_changes_nothing(crowd_):
    trial = make_trial(crowd_)
    turned = ws.Trial(
        name=trial.name,
        source=trial.source,
        arms=trial.arms,
        strata=trial.strata,
        participants=trial.participants,
        check_ins=trial.check_ins.iloc[::-1],
        recurrences=trial.recurrences.iloc[::-1],
    )
    for at_risk in ("out_of_episode", "under_observation"):
        pd.testing.assert_frame_equal(
            ws.derive.recurrences(trial, kind="any", at_risk=at_risk, after_gap="resume"),
            ws.derive.recurrences(turned, kind="any", at_risk=at_risk, after_gap="resume"),
        )


def test_covered_days_of_the_twin():
    person = Person(("completed", "missed", "completed", "completed", "missed"), gaps_of_a_day=True)
    assert covered(person) == set(range(1, 11)) | set(range(22, 41))


@pytest.mark.parametrize("name", ["walkback-like", "bladder"])
def test_samples_reconcile(name):
    trial = ws.load_sample(name)
    kinds = ["any"] if name == "bladder" else KINDS
    flow = ws.derive.participant_flow(trial)
    analysed = int(flow.loc[flow["stage"] == "analysed", "n"].sum())
    for kind in kinds:
        first = ws.derive.first_recurrence(trial, kind=kind).set_index("participant_id")
        whole = ws.derive.recurrences(trial, kind=kind, at_risk="under_observation")
        apart = ws.derive.recurrences(trial, kind=kind, at_risk="out_of_episode")
        between = ws.derive.recurrence_intervals(trial, kind=kind).set_index("participant_id")
        pain = ws.derive.days_in_pain(trial, kind=kind, days=4000)
        came = ws.derive.competing_events(trial, kind=kind)
        assert whole.loc[whole["stop_days"] > 0, "participant_id"].nunique() == analysed
        for frame in (apart, whole):
            one = frame[frame["event"] & (frame["episode"] == 1)].set_index("participant_id")
            assert one["stop_days"].to_dict() == first.loc[first["event"], "days"].to_dict()
        low, high = between["low_days"], between["high_days"]
        exact = name == "bladder"
        after = low <= first["days"] if exact else low < first["days"]
        assert (after & (first["days"] <= high))[first["event"]].all()
        spent = [(f["stop_days"] - f["start_days"]).sum() for f in (whole, apart)]
        if not exact:  # bladder tumours have no last day, and months are no whole days
            assert spent[0] - spent[1] == pain["days_in_pain"].sum() - pain["episodes"].sum()
        assert (came["outcome"] == "recurrence").sum() == first["event"].sum()


def test_bladder_gives_the_rows_of_its_file():
    trial = ws.load_sample("bladder")
    frame = ws.derive.recurrences(trial, kind="any", at_risk="under_observation")
    file = pd.read_csv("data/sample/bladder/bladder1.csv")
    assert frame["start_days"].tolist() == (file["start"] * 30.4375).tolist()
    assert frame["stop_days"].tolist() == (file["stop"] * 30.4375).tolist()
    assert frame["event"].tolist() == (file["status"] == 1).tolist()
    assert frame["episode"].tolist() == file["enum"].tolist()
    deaths = ws.derive.competing_events(trial, kind="any")["outcome"] == "death"
    ended = file[file["status"] >= 2].drop_duplicates("id")
    assert deaths.sum() == (ended["enum"] == 1).sum()
