"""The frames that results hold are read-only: whoever reads one gets a copy."""

import pickle

import numpy as np
import pandas as pd
import pytest

import walkstats as ws


@pytest.fixture(scope="module")
def events() -> pd.DataFrame:
    return ws.derive.first_recurrence(ws.load_sample("bladder"), kind="any")


@pytest.mark.parametrize("again", [lambda result: result, lambda r: pickle.loads(pickle.dumps(r))])
def test_a_curve_is_not_altered_through_its_frame(events, again):
    curve = again(ws.survival.kaplan_meier(events, "arm"))
    before = curve.quantile(0.5).values.copy()
    for held in (curve.frame, curve.to_frame()):
        held.loc[:, "estimate"] = 0.9
        held["conf_low"] = 0.1
    np.testing.assert_array_equal(curve.quantile(0.5).values, before)
    assert curve.frame["estimate"].nunique() > 5
    with pytest.raises(AttributeError):
        curve.frame = events


def test_a_result_is_not_altered_through_the_frame_it_was_made_from():
    made = pd.DataFrame({"group": ["all"], "days": [3.0], "estimate": [0.5]})
    curve = ws.results.Curve(made, "days", "survival")
    made.loc[0, "estimate"] = 0.9
    assert curve.frame["estimate"].tolist() == [0.5]


def test_every_frame_of_an_answer_with_parts_and_of_a_plan_is_a_copy(events):
    found = ws.survival.compare_at(events, "arm", at=365)
    trial = ws.load_sample("bladder")
    done = ws.plan.run_plan(trial, ws.plan.default_plan(trial), seed=1)
    for result, names in ((found, ("number_needed", "tests")), (done, ("numbers", "deviations"))):
        for name in names:
            held = getattr(result, name)
            expected = held.copy()
            held.drop(columns=list(held.columns), inplace=True)
            pd.testing.assert_frame_equal(getattr(result, name), expected)
    assert done.beside is None
