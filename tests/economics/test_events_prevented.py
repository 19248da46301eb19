"""Risks at the horizon in resamples, against Kaplan-Meier curves of the resampled people."""

import numpy as np
import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from tests.relations import costly_relation
from walkstats.economics.events_prevented import (
    influence_on_risk,
    risk_by_horizon,
    sort_follow_up,
)
from walkstats.survival import kaplan_meier

ROUNDING = 1e-12
HORIZON = 20.0


def people(seed, n=40):
    rng = np.random.default_rng(seed)
    stop = rng.integers(1, 30, n).astype(float)
    event = rng.random(n) < 0.5
    seen = rng.random(n) < 0.9
    stop[:2], event[:2], seen[:2] = 40.0, False, True  # somebody is there until the horizon
    return rng, stop, event, seen


def curve_at(stop, event):
    frame = pd.DataFrame({"days": stop, "event": event})
    return kaplan_meier(frame).at(HORIZON).iloc[0]


@costly_relation
@given(st.integers(0, 2**32 - 1))
def test_a_resample_has_the_risk_of_its_own_curve(seed):
    rng, stop, event, seen = people(seed)
    drawn = np.append(rng.integers(0, 40, 40), 0)
    copies = np.bincount(drawn, minlength=40)[None]
    found = risk_by_horizon(copies, sort_follow_up(stop, event, seen, HORIZON))
    used = drawn[seen[drawn]]
    assert abs(found[0] - (1.0 - curve_at(stop[used], event[used])["estimate"])) < ROUNDING


@costly_relation
@given(st.integers(0, 2**32 - 1))
def test_influences_add_up_to_greenwoods_variance(seed):
    _, stop, event, seen = people(seed)
    follow_up = sort_follow_up(stop, event, seen, HORIZON)
    influence = influence_on_risk(follow_up, np.ones(40, dtype=bool))
    greenwood = curve_at(stop[seen], event[seen])["std_error"]
    assert abs(np.sqrt(influence @ influence) - greenwood) < 1e-9
    assert abs(influence.sum()) < 1e-9
    assert not influence[~seen].any()


def test_without_events_there_is_no_risk():
    follow_up = sort_follow_up(np.full(5, 30.0), np.zeros(5, bool), np.ones(5, bool), HORIZON)
    everybody = np.ones(5, dtype=bool)
    assert risk_by_horizon(np.ones((2, 5), dtype=np.int64), follow_up).tolist() == [0.0, 0.0]
    assert influence_on_risk(follow_up, everybody).tolist() == 5 * [0.0]


def test_an_event_after_the_horizon_does_not_count():
    stop = np.array([5.0, 25.0, 40.0, 40.0])
    follow_up = sort_follow_up(stop, np.array([1, 1, 0, 0], bool), np.ones(4, bool), HORIZON)
    assert risk_by_horizon(np.ones((1, 4), dtype=np.int64), follow_up)[0] == 0.25
