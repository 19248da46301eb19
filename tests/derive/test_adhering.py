"""Adherence: a trial by hand, a slow twin on chance, and what missing weeks do not become."""

import numpy as np
import pandas as pd
import pytest

import walkstats as ws
from tests.derive.tiny_trials import Person, make_trial
from walkstats.derive import adherence, adherence_by_arm, adherence_by_week

# Means of the same numbers in another order.
CLOSE = {"rtol": 1e-12}


def trial_of(weeks, sessions=None, withdrawn=None):
    """Participants p1, p2, ... (controls are odd) with (week, minutes, prescribed) each."""
    gone = withdrawn or {}
    people = [Person(("completed",) * 5, withdrawn=gone.get(k, np.nan)) for k in range(len(weeks))]
    trial = make_trial(people)
    told = [
        (f"p{k}", week, minutes, asked, "diary")
        for k, own in enumerate(weeks, 1)
        for week, minutes, asked in own
    ]
    names = ["participant_id", "week", "walking_minutes", "prescribed_minutes", "measured_by"]
    walking = pd.DataFrame(told, columns=names).astype({"week": "Int64"})
    participants = trial.participants.copy()
    if sessions is not None:
        participants["sessions_attended"] = pd.array(sessions, dtype="Int64")
    return ws.Trial(
        trial.name, trial.source, trial.arms, participants, trial.check_ins, trial.recurrences,
        walking.astype({"walking_minutes": float, "prescribed_minutes": float}),
        strata=trial.strata,
    )  # fmt: skip


NONE = np.nan
# p1 control, p2 walking with a week missing, p3 control without any diary, p4 walking.
BY_HAND = (
    [(1, 30.0, NONE), (2, 70.0, NONE), (3, 50.0, NONE)],
    [(1, 50.0, 40.0), (3, 50.0, 60.0)],
    [],
    [(1, 20.0, 40.0), (2, 60.0, 60.0), (3, 90.0, 60.0)],
)


def test_by_hand():
    frame = adherence(trial_of(BY_HAND, [None, 3, None, 6]), last_week=3).set_index(
        "participant_id"
    )
    assert frame["weeks_due"].tolist() == [3, 3, 3, 3]
    assert frame["weeks_known"].tolist() == [3, 2, 0, 3]
    np.testing.assert_allclose(frame["walking_minutes"], [50, 50, NONE, 170 / 3], **CLOSE)
    np.testing.assert_allclose(frame["prescribed_minutes"], [NONE, 50, NONE, 160 / 3], **CLOSE)
    np.testing.assert_allclose(frame["share_of_prescribed"], [NONE, 1.0, NONE, 170 / 160], **CLOSE)
    # The goal of controls is the median prescription: 40, 60, 60.
    assert frame["weeks_at_goal"].fillna(-1).tolist() == [1, 1, -1, 2]
    np.testing.assert_allclose(frame["share_at_goal"], [1 / 3, 1 / 2, NONE, 2 / 3], **CLOSE)
    assert frame["adhered"].tolist() == [False, True, pd.NA, True]
    assert frame["sessions_attended"].fillna(-1).tolist() == [-1, 3, -1, 6]
    assert "site" in frame


@pytest.mark.parametrize(
    ("asked", "adhered"),
    [
        ({"cut": 2 / 3}, [False, False, pd.NA, True]),
        ({"goal": 50.0}, [True, True, pd.NA, True]),
        ({"measure": "walking_minutes", "cut": 55}, [False, False, pd.NA, True]),
        ({"measure": "share_of_prescribed", "cut": 1.0}, [pd.NA, True, pd.NA, True]),
        ({"measure": "sessions_attended", "cut": 4}, [pd.NA, False, pd.NA, True]),
        ({"least_known": 0.7}, [False, pd.NA, pd.NA, True]),
        ({"first_week": 2}, [True, False, pd.NA, True]),
    ],
)
def test_what_makes_adhered(asked, adhered):
    frame = adherence(trial_of(BY_HAND, [None, 3, None, 6]), **{"last_week": 3, **asked})
    assert frame["adhered"].tolist() == adhered


def test_a_missing_week_is_never_zero():
    """Whoever wrote down one good week walked that much, in the weeks that are known."""
    frame = adherence(trial_of([[(1, 90.0, NONE)], [(2, 10.0, 40.0)]]), last_week=4, least_known=0)
    assert frame["walking_minutes"].tolist() == [90.0, 10.0]
    assert "missing, not 0" in frame.attrs["notes"][0]
    frame = adherence(trial_of([[(1, 90.0, NONE)], [(2, 10.0, 40.0)]]), last_week=4)
    assert frame["adhered"].isna().all()
    assert "control 1, walking 1" in frame.attrs["notes"][1]


def test_weeks_after_the_end_are_not_due():
    frame = adherence(trial_of(BY_HAND, withdrawn={1: 9.0}), last_week=3)
    assert frame["weeks_due"].tolist() == [3, 2, 3, 3]
    assert frame["weeks_known"].tolist() == [3, 1, 0, 3]


def test_slow_twin_by_person_and_week():
    rng = np.random.default_rng(4)
    weeks = [
        [
            (w, 5.0 * rng.integers(0, 30), 40.0 + 10 * w if k % 2 else NONE)
            for w in range(1, 8)
            if rng.random() < 0.8
        ]
        for k in range(30)
    ]
    trial = trial_of(weeks)
    frame = adherence(trial, last_week=7, least_known=0.6)
    for k, own in enumerate(weeks):
        row = frame.iloc[k]
        minutes = [m for _, m, _ in own]
        reached = [m >= 40 + 10 * w for w, m, _ in own]
        assert row["weeks_known"] == len(own)
        assert row["walking_minutes"] == pytest.approx(np.mean(minutes))
        assert row["share_at_goal"] == pytest.approx(np.mean(reached))
        known = len(own) >= 0.6 * 7
        assert (row["adhered"] is pd.NA) == (not known)
        if known:
            assert row["adhered"] == (np.mean(reached) >= 0.5)
    table = adherence_by_arm(trial, last_week=7, least_known=0.6).set_index(["arm", "item"])
    for arm, own in frame.groupby("arm", observed=True):
        one = table.loc[(arm, "walking_minutes")]
        values = own["walking_minutes"].dropna()
        assert (one["known"], one["of"]) == (len(values), len(own))
        described = values.describe()
        names = ["mean", "std_dev", "lower_quartile", "median", "upper_quartile"]
        np.testing.assert_allclose(
            one[names].astype(float), described[["mean", "std", "25%", "50%", "75%"]], **CLOSE
        )
        assert table.loc[(arm, "adhered"), "mean"] == own["adhered"].dropna().mean()
    each = adherence_by_week(trial).set_index(["arm", "week"])
    for w in range(1, 8):
        walked = [m for k, own in enumerate(weeks) for v, m, _ in own if v == w and k % 2]
        row = each.loc[("walking", w)]
        assert (row["known"], row["due"]) == (len(walked), 15)
        assert row["median"] == np.median(walked)
        assert row["prescribed"] == 40 + 10 * w
        assert row["share_at_goal"] == pytest.approx(np.mean(np.array(walked) >= 40 + 10 * w))
    assert each.loc[("control", 1), "prescribed"] != each.loc[("control", 1), "prescribed"]


def test_said_and_refused():
    trial = trial_of(BY_HAND)
    frame = adherence(trial, last_week=3)
    assert "Adherence in weeks 1 to 3 (diary)" in frame.attrs["method"]
    assert "2 participants had no prescription" in frame.attrs["notes"][-1]
    for asked, words in (
        ({"measure": "steps"}, "measure must be one of"),
        ({"goal": -1}, "goal must be above 0"),
        ({"least_known": 2}, "share from 0 to 1"),
        ({"first_week": 0}, "first_week must be a whole number"),
        ({"first_week": 4, "last_week": 3}, "last_week must be a whole number of at least 4"),
        ({"cut": np.nan}, "cut must be a number"),
        ({"cut": "100"}, "cut must be a number"),
        ({"least_known": [0.5]}, "share from 0 to 1"),
    ):
        with pytest.raises(ValueError, match=words):
            adherence(trial, **asked)


def test_a_trial_without_diaries():
    trial = make_trial([Person(("completed",) * 5)] * 2)
    frame = adherence(trial)
    assert frame["adhered"].isna().all()
    assert adherence_by_week(trial).empty
    table = adherence_by_arm(trial)
    assert table.loc[table["item"] != "weeks_known", "known"].max() == 0
    assert frame.attrs["notes"][0] == "No week of walking is on record."
