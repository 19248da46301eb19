"""Does each case of bad follow-up, given as a plain frame, get what it must?

The cases that reading a trial meets too stand in ``test_bad_inputs_reading.py`` with the others
of a folder. The words are those without which a reader could not mend the data.
"""

import numpy as np
import pandas as pd
import pytest

import walkstats as ws

FRAME = pd.DataFrame(
    {
        "participant_id": [f"P{k}" for k in range(1, 9)],
        "arm": ["control", "walking"] * 4,
        "days": [12.0, 30.0, 45.0, 45.0, 60.0, 90.0, 100.0, 120.0],
        "event": [1, 1, 0, 1, 1, 0, 1, 0],
    }
)
SPELLS = FRAME.rename(columns={"days": "stop_days"}).assign(start_days=0.0)


def with_cell(frame, column, value, row=1):
    changed = frame.astype({column: object if isinstance(value, str) else float})
    changed.loc[row, column] = value
    return changed


def recoded(codes):
    return FRAME.assign(event=FRAME["event"].map(codes))


REFUSED = {
    "E01": (with_cell(FRAME, "days", -2), {}, ("before randomisation", "P2")),
    "E05": (with_cell(FRAME, "days", np.inf), {}, ("censoring at the last contact", "P2")),
    "E07": (recoded({0: 1, 1: 2}), {}, ("must be 0/1", "{1, 2}", "event_value=2")),
    "E09": (recoded({0: "No", 1: "Yes"}), {}, ("must be 0/1", "{'No', 'Yes'}", "='Yes'")),
    "E15": (with_cell(SPELLS, "start_days", np.nan), {}, ("entry time is missing", "P2")),
    "E17": (with_cell(SPELLS, "start_days", -5), {}, ("negative", "before randomisation", "P2")),
    "E23": (FRAME, {"event_value": 9}, ("no row has event = 9", "found 1, 0")),
    "E25": (
        with_cell(FRAME, "participant_id", "P1"), {},
        ("participant_id repeats", "one row per participant", "P1"),
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_case_that_is_refused(case):
    frame, options, words = REFUSED[case]
    before = frame.copy()
    with pytest.raises(ws.DataError) as caught:
        ws.survival.cox(frame, "arm", **options)
    for word in words:
        assert word in str(caught.value), str(caught.value)
    assert caught.value.problems["what_to_do"].str.len().gt(0).all()
    pd.testing.assert_frame_equal(frame, before)


@pytest.mark.parametrize("case", [name for name in REFUSED if name != "E25"])
def test_curves_refuse_what_models_refuse(case):
    frame, options, words = REFUSED[case]
    with pytest.raises(ws.DataError) as caught:
        ws.survival.kaplan_meier(frame, "arm", **options)
    assert words[0] in str(caught.value)


def test_e25_curves_refuse_people_with_several_rows_too():
    frame = with_cell(FRAME, "participant_id", "P1")
    with pytest.raises(ws.DataError, match="P1"):
        ws.survival.kaplan_meier(frame, "arm")


def test_e03_an_event_on_day_0_is_kept_and_said():
    frame = with_cell(FRAME, "days", 0.0)
    fit = ws.survival.cox(frame, "arm")
    assert fit.counts.events == FRAME["event"].sum()
    assert "1 row has its event at time 0." in fit.notes
    assert ws.survival.kaplan_meier(frame).at([0.0])["estimate"].tolist() == [1 - 1 / 8]


def test_e19_a_single_event_is_flagged():
    frame = FRAME.assign(event=[0, 0, 0, 0, 1, 0, 0, 0])
    fit = ws.survival.cox(frame, "arm")
    assert any("one event only" in note for note in fit.notes)
    assert fit.state == "infinite"


def test_e21_all_events_at_one_time_have_no_variance():
    frame = FRAME.assign(days=6.0, event=1)
    test = ws.survival.log_rank(frame, "arm")
    assert np.isnan(test.statistic)
    assert np.isnan(test.p_value)
    assert any("variance zero" in note for note in test.notes)


def test_e27_immortal_time_is_said_of_groups_and_covariates():
    frame = FRAME.assign(sessions_attended=[0, 6, 0, 5, 1, 6, 0, 4])
    fit = ws.survival.cox(frame, "sessions_attended")
    assert any("must enter as time-varying" in note for note in fit.notes)


@pytest.mark.parametrize("role", ["time", "event", "entry", "weights"])
def test_e29_a_column_of_another_length_cannot_be_given_in_the_place_of_a_name(role):
    """A frame's columns have one length; arrays, which may not, are refused in words."""
    for given in (np.ones(5), [1.0] * 5, pd.Series(np.ones(5))):
        with pytest.raises(ValueError, match="got 5 values, and the frame has 8 rows"):
            ws.survival.kaplan_meier(FRAME, **{role: given})
