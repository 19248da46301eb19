"""What other engines do to recurrent events without a word, these functions must not do.

Each case was reproduced in lifelines 0.30 or statsmodels 0.15.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

import walkstats as ws
from tests.reference import goldens
from walkstats.errors import DataError

# (start, stop]: at 30 three people are at risk, not the spell that starts there.
SPELLS = pd.DataFrame(
    {
        "participant_id": [1, 1, 2, 3],
        "arm": ["control", "control", "control", "walking"],
        "start_days": [0, 30, 0, 0],
        "stop_days": [30, 60, 90, 90],
        "event": [1, 1, 0, 0],
    }
)
CALLS: dict[str, Any] = {
    "andersen_gill": ws.survival.andersen_gill,
    "prentice_williams_peterson": ws.survival.prentice_williams_peterson,
    "wei_lin_weissfeld": lambda *a, **k: ws.survival.wei_lin_weissfeld(*a, up_to=2, **k),
    "mean_cumulative_count": ws.survival.mean_cumulative_count,
    "compare_mean_counts": lambda *a, **k: ws.survival.compare_mean_counts(*a, at=50, **k),
    "compare_recurrent_models": ws.survival.compare_recurrent_models,
}
everywhere = pytest.mark.parametrize("call", CALLS.values(), ids=CALLS.keys())


def test_who_enters_at_an_event_is_not_at_risk_there() -> None:
    curve = ws.survival.mean_cumulative_count(SPELLS)
    assert curve.at([30, 60])["n_risk"].tolist() == [3, 3]
    assert curve.at([30, 60])["estimate"].tolist() == pytest.approx([1 / 3, 2 / 3])


def test_coefficient_and_clustered_error_on_tied_recurrences() -> None:
    """statsmodels has the coefficient wrong with entry times, lifelines the clustered error."""
    fit = ws.survival.andersen_gill(
        goldens.data("bladder2.csv"), "rx + size + number", cluster="id", time="stop", entry="start"
    )
    # R 4.2.2, survival 3.5-3
    assert fit.values[0] == pytest.approx(-0.464686952989, rel=1e-9)
    assert fit.std_errors[0] == pytest.approx(0.265560811893, rel=1e-9)


def test_strata_and_clusters_together() -> None:
    """statsmodels gives nan, lifelines an error 19 % too large."""
    fit = ws.survival.prentice_williams_peterson(
        goldens.data("bladder2.csv"), "rx + size + number", cluster="id", time="stop", entry="start"
    )
    assert fit.std_errors[0] == pytest.approx(0.204786771936, rel=1e-9)


@everywhere
def test_overlapping_spells(call: Any) -> None:
    spells = SPELLS.assign(start_days=[0, 20, 0, 0])
    with pytest.raises(
        DataError, match=r"overlap in time, the first pair: \(0, 30\] and \(20, 60\]"
    ):
        call(spells, "arm")


def test_clusters_of_several_people_need_the_person() -> None:
    spells = SPELLS.assign(site="north")
    with pytest.raises(DataError, match="name the person with subject="):
        ws.survival.andersen_gill(spells, "arm", cluster="site")
    with pytest.raises(ValueError, match="for the person, named by subject= or cluster="):
        ws.survival.andersen_gill(spells.rename(columns={"participant_id": "who"}), "arm")


@everywhere
def test_blank_ids_are_nobody(call: Any) -> None:
    with pytest.raises(DataError, match="participant_id is missing in 1 row"):
        call(SPELLS.assign(participant_id=["a", " ", "b", "c"]), "arm")


@everywhere
def test_rows_without_a_person(call: Any) -> None:
    spells = SPELLS.assign(participant_id=[1, None, 2, 3])
    with pytest.raises(DataError, match="participant_id is missing in 1 row"):
        call(spells, "arm")


@everywhere
@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda f: f.assign(event=f["event"] + 1), "event_value=2"),
        (lambda f: f.assign(event=f["event"].astype(str)), "must be 0/1 or boolean"),
        (lambda f: f.assign(start_days=[0, np.nan, 0, 0]), "entry time is missing"),
        (lambda f: f.assign(start_days=[0, 70, 0, 0]), "lies before"),
        (lambda f: f.assign(start_days=[-5, 30, 0, 0]), "negative"),
    ],
    ids=["coded 1/2", "text", "no entry", "reversed", "negative"],
)  # fmt: skip
def test_times_and_events_that_cannot_be(call: Any, spoil: Any, said: str) -> None:
    with pytest.raises(DataError, match=said):
        call(spoil(SPELLS), "arm")


@everywhere
def test_input_is_left_alone(call: Any) -> None:
    frame = pd.concat(
        [SPELLS, SPELLS.assign(participant_id=SPELLS["participant_id"] + 3, arm="walking")],
        ignore_index=True,
    )
    before = frame.copy()
    call(frame, "arm")
    pd.testing.assert_frame_equal(frame, before)


def test_rows_that_are_left_out_are_counted() -> None:
    spells = SPELLS.assign(arm=["control", "control", "control", None], event=[1, 1, 1, 0])
    spells = pd.concat([spells, SPELLS.assign(participant_id=[4, 4, 5, 6], arm="walking")])
    fit = ws.survival.andersen_gill(spells.reset_index(drop=True), "arm")
    assert dict(fit.counts.left_out) == {"arm missing": 1}
