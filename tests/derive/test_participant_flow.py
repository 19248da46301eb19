"""The flow of participants: deaths apart from withdrawals, and all of it adding up."""

import dataclasses

import numpy as np
import pytest

import walkstats as ws
from tests.derive.test_first_recurrence import COMPLETED, MISSED, trial
from walkstats._deaths import died
from walkstats.figures.flow_arithmetic import checked_flow


def box(flow):
    return {(r.stage, r.arm, r.reason): r.n for r in flow.itertuples(index=False)}


@pytest.mark.parametrize(
    ("reason", "own"),
    [
        ("died", True),
        ("Death from bladder disease", True),
        ("patient died of cancer", True),
        ("the participant has died", True),
        ("deceased", True),
        ("death of the participant", True),
        ("death of spouse", False),
        ("death in the family", False),
        ("husband died", False),
        ("moved away", False),
        ("deadline missed", False),
        (None, False),
    ],
)
def test_which_reasons_are_a_death(reason, own):
    made = trial([[COMPLETED]], people={"withdrawn_days": [9.0], "withdrawal_reason": [reason]})
    assert died(made.participants).tolist() == [own]


def test_the_bladder_trial_lost_29_people_by_death_and_nobody_else():
    flow = ws.derive.participant_flow(ws.load_sample("bladder"))
    counted = box(flow)
    assert [counted["died", arm, ""] for arm in ("placebo", "pyridoxine", "thiotepa")] == [
        11,
        7,
        11,
    ]
    assert [counted["withdrawn", arm, ""] for arm in ("placebo", "pyridoxine", "thiotepa")] == [
        0
    ] * 3
    assert counted["died", "placebo", "death from bladder disease"] == 1
    assert "'death from bladder disease'" in flow.attrs["notes"][0]
    checked_flow(flow)


def test_deaths_and_withdrawals_are_apart_and_a_death_without_more_is_told_once():
    made = trial(
        [[COMPLETED]] * 4,
        people={
            "withdrawn_days": [9.0, 9.0, 9.0, np.nan],
            "withdrawal_reason": ["died", "moved", "died", "died"],
        },
    )
    counted = box(ws.derive.participant_flow(made))
    assert counted["died", "control", ""] == 2
    assert ("died", "control", "died") not in counted
    assert counted["died", "walking", ""] == 0
    assert counted["withdrawn", "walking", "moved"] == 1


def test_nobody_died_no_line():
    assert "died" not in set(ws.derive.participant_flow(trial([[COMPLETED]] * 2))["stage"])


def test_the_ending_says_died():
    made = trial([[COMPLETED, MISSED]] * 2)
    people = made.participants.assign(
        withdrawn_days=35.0, withdrawal_reason=["died", "death from stroke"]
    )
    ends = ws.derive.first_recurrence(dataclasses.replace(made, participants=people), kind="any")
    assert ends["ended_by"].tolist() == ["died", "died: death from stroke"]


def test_who_missed_the_first_check_in_is_told_from_who_answered_none():
    made = trial([[MISSED, COMPLETED], [COMPLETED] * 2, [MISSED] * 2])
    counted = box(ws.derive.participant_flow(made))
    assert counted["no follow-up", "control", ""] == 2
    assert counted["no follow-up", "control", "first check-in missed"] == 1
    assert counted["no follow-up", "control", "no check-in answered"] == 1
    assert counted["analysed", "control", ""] == 0
    checked_flow(ws.derive.participant_flow(made))


@pytest.mark.parametrize("name", ["bladder", "walkback-like"])
def test_the_flow_of_the_samples_reconciles_with_who_is_at_risk(name):
    sample = ws.load_sample(name)
    flow = ws.derive.participant_flow(sample)
    checked_flow(flow)
    events = ws.derive.first_recurrence(sample, kind="any")
    at_risk = events[events["days"] > 0].groupby("arm", observed=False).size()
    analysed = flow[flow["stage"] == "analysed"].set_index("arm")["n"]
    assert analysed.to_dict() == at_risk.to_dict()
