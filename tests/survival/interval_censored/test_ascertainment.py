"""Hazard ratios by the way events are dated: each is the model it says, on the days it says."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import walkstats as ws
from tests.survival.interval_censored.drawn_intervals import frame_of
from walkstats.errors import DataError, FitError


def trial() -> pd.DataFrame:
    frame = frame_of(np.random.default_rng(11).bytes(120))
    frame.attrs["source"] = "made up"
    return frame


def test_each_way_is_the_model_that_it_says() -> None:
    frame = trial()
    recalled = frame[["participant_id", "arm", "site"]].assign(
        days=frame["low_days"] + 1, event=np.isfinite(frame["high_days"])
    )
    recalled.loc[3, "event"] = False
    found = ws.survival.ascertainment_sensitivity(frame, "arm", recalled=recalled, strata="site")
    seen = np.isfinite(frame["high_days"])
    for share, fit in ((1.0, found.right_point), (0.5, found.mid_point)):
        width = np.where(seen, frame["high_days"] - frame["low_days"], 0.0)
        dated = frame.assign(days=frame["low_days"] + share * width, event=seen)
        theirs = ws.survival.cox(dated, "arm", strata="site")
        np.testing.assert_allclose(fit.values, theirs.values, rtol=1e-12)
    interval = ws.survival.interval_cox(frame, "arm", strata="site")
    np.testing.assert_allclose(found.interval.values, interval.values, rtol=1e-12)
    assert found.recalled_day is not None
    theirs = ws.survival.cox(recalled, "arm", strata="site")
    np.testing.assert_allclose(found.recalled_day.values, theirs.values, rtol=1e-12)
    assert found.source == "made up"
    events = int(seen.sum())
    assert any(note.startswith(f"Recalled day: {events - 1} events") for note in found.notes)
    assert "Efron's ties" in found.method


def test_it_is_laid_out_side_by_side() -> None:
    found = ws.survival.ascertainment_sensitivity(trial(), "arm + x", level=0.9)
    frame = found.to_frame()
    assert frame["dating"].unique().tolist() == ["Right point", "Mid point", "Interval"]
    assert frame.columns[:3].tolist() == ["dating", "term", "estimate"]
    logs = found.to_frame(ratio=False)
    np.testing.assert_allclose(np.exp(logs["conf_low"]), frame["conf_low"])
    table = ws.tables.fit_table(found.fits).to_markdown()
    assert "Mid point: Hazard ratio (90% CI)" in table
    widths = found.widths.set_index("group")
    assert widths.index.tolist() == ["control", "walking"]
    assert widths["n"].sum() == 120
    assert set(widths["width_median"]) <= {0.0, 1.0, 3.0, 2.0, 0.5}
    assert "Hazard ratios of arm + x" in str(found)


def test_a_first_covariate_that_is_no_group() -> None:
    frame = trial().assign(age=np.linspace(20.5, 60.25, 120))
    found = ws.survival.ascertainment_sensitivity(frame, "age")
    assert found.widths["group"].tolist() == ["all"]


def test_refusals() -> None:
    frame = trial()
    with pytest.raises(DataError, match="lies after"):
        ws.survival.ascertainment_sensitivity(frame.assign(high_days=-0.0), "arm")
    with pytest.raises(FitError, match="No events"):
        ws.survival.ascertainment_sensitivity(frame.assign(high_days=np.inf), "arm")
    with pytest.raises(ValueError, match="level must lie"):
        ws.survival.ascertainment_sensitivity(frame, "arm", level=95)


def test_the_synthetic_trial() -> None:
    trial = ws.load_sample("walkback-like")
    frame = ws.derive.recurrence_intervals(trial, kind="activity_limiting")
    events = ws.derive.first_recurrence(trial, kind="activity_limiting")
    found = ws.survival.ascertainment_sensitivity(
        frame, "arm", recalled=events, strata=trial.strata
    )
    # Check-ins are missed about as often in both arms: the way of dating hardly matters.
    ratios = found.to_frame()["estimate"]
    assert ratios.max() - ratios.min() < 0.02
    assert ws.survival.turnbull(frame, "arm").gap["walking"] < 1e-9
