"""What models of rates, of the next event and of each event say of themselves and refuse."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import walkstats as ws
from tests.reference import goldens
from walkstats.errors import DataError, FitError

COLUMNS = {"cluster": "id", "time": "stop", "entry": "start"}


def bladder2() -> pd.DataFrame:
    return goldens.data("bladder2.csv")


@pytest.fixture(scope="module")
def walking() -> dict[str, pd.DataFrame]:
    trial = ws.load_sample("walkback-like")
    return {
        at_risk: ws.derive.recurrences(trial, kind="activity_limiting", at_risk=at_risk)
        for at_risk in ("under_observation", "out_of_episode", "recovered")
    }


def test_the_method_names_what_is_at_risk(walking: dict[str, pd.DataFrame]) -> None:
    methods = {name: ws.survival.andersen_gill(f, "arm").method for name, f in walking.items()}
    assert methods["under_observation"].startswith("Proportional rates model of Lin, Wei, Yang")
    assert "Days in an episode count as at risk" in methods["under_observation"]
    rates = ws.survival.andersen_gill(walking["under_observation"], "arm")
    assert rates.estimate("arm[walking]", ratio=True).std_error_of == "log rate ratio"
    intensity = ws.survival.andersen_gill(walking["out_of_episode"], "arm")
    one = intensity.estimate("arm[walking]", ratio=True)
    assert one.std_error_of == "log intensity ratio"
    for name in ("out_of_episode", "recovered"):
        assert methods[name].startswith("Andersen-Gill model with clustered variance")
        assert "do not count as at risk" in methods[name]
    for frame in walking.values():
        fit = ws.survival.prentice_williams_peterson(frame, "arm", timescale="gap", up_to=5)
        assert fit.state == "converged"
        said = " ".join(fit.notes)
        assert "stand more than once in the stratum of pooled events" in said
        assert "overlap in time" not in said
    naive = ws.survival.andersen_gill(walking["under_observation"], "arm", cluster=None)
    assert "taken as independent" in naive.method
    assert (
        naive.std_errors[0]
        < 0.8 * ws.survival.andersen_gill(walking["under_observation"], "arm").std_errors[0]
    )


def test_gaps_without_a_reason_are_told(walking: dict[str, pd.DataFrame]) -> None:
    frame = walking["out_of_episode"].copy()
    frame.attrs = {}
    said = " ".join(ws.survival.andersen_gill(frame, "arm").notes)
    assert "leave gaps in which they count as not at risk" in said
    told = ws.survival.andersen_gill(frame, "arm", at_risk="out_of_episode")
    assert "leave gaps" not in " ".join(told.notes)
    with pytest.raises(ValueError, match="at_risk must be one of"):
        ws.survival.andersen_gill(frame, "arm", at_risk="always")


def test_event_numbers_counted_and_given_are_the_same() -> None:
    counted = ws.survival.prentice_williams_peterson(bladder2(), "rx", **COLUMNS)
    given = ws.survival.prentice_williams_peterson(bladder2(), "rx", episode="enum", **COLUMNS)
    np.testing.assert_array_equal(counted.values, given.values)
    with pytest.raises(DataError, match="no whole number from 1 on"):
        ws.survival.prentice_williams_peterson(bladder2(), "rx", episode="start", **COLUMNS)


def test_later_events_pooled_or_left_out() -> None:
    frame = bladder2()
    left = ws.survival.prentice_williams_peterson(
        frame, "rx", up_to=2, beyond="leave out", **COLUMNS
    )
    by_hand = ws.survival.prentice_williams_peterson(frame[frame["enum"] <= 2], "rx", **COLUMNS)
    np.testing.assert_array_equal(left.values, by_hand.values)
    assert dict(left.counts.left_out) == {"after event 2": int((frame["enum"] > 2).sum())}
    assert left.counts.rows == len(frame)
    frame_rows = frame.iloc[left.kept]
    assert (frame_rows["enum"] <= 2).all()
    pooled = ws.survival.prentice_williams_peterson(frame, "rx", up_to=2, **COLUMNS)
    assert pooled.counts.used == len(frame)
    assert "from event 2 on one stratum" in pooled.method
    for bad in (0, 1.5, True, "3"):
        with pytest.raises(ValueError, match="up_to must be a whole number"):
            ws.survival.prentice_williams_peterson(frame, "rx", up_to=bad, **COLUMNS)


def test_thin_strata_are_told() -> None:
    frame = goldens.data("bladder1.csv").assign(event=lambda f: f["status"] == 1)
    fit = ws.survival.prentice_williams_peterson(frame, "number", **COLUMNS)
    assert "Few participants have event 6 (8), 7 (7)" in " ".join(fit.notes)


def test_effects_of_their_own() -> None:
    frame = bladder2().assign(
        rx=pd.Categorical(bladder2()["rx"].map({1: "placebo", 2: "thiotepa"}))
    )
    fit = ws.survival.prentice_williams_peterson(frame, "rx + size", specific="rx", **COLUMNS)
    assert fit.terms[1] == "rx[thiotepa]:event[2]"
    with pytest.raises(ValueError, match="'number' is no term of the formula"):
        ws.survival.prentice_williams_peterson(frame, "rx", specific="number", **COLUMNS)
    with pytest.raises(ValueError, match="stands in 'rx:size' as well"):
        ws.survival.prentice_williams_peterson(frame, "rx * size", specific="rx", **COLUMNS)


def test_each_event_from_the_beginning() -> None:
    laid_out = goldens.data("bladder.csv")
    found = ws.survival.wei_lin_weissfeld(bladder2(), "rx + size", **COLUMNS)
    by_hand = ws.survival.cox(
        laid_out, "rx + size", strata="enum", cluster="id", subject="id", time="stop"
    )
    np.testing.assert_allclose(found.common.values, by_hand.values, rtol=1e-12)
    np.testing.assert_allclose(found.common.covariance, by_hand.covariance, rtol=1e-10)
    frame = found.to_frame()
    assert frame["model"].value_counts().to_dict() == {"specific": 8, "average": 2, "common": 2}
    given = ws.survival.wei_lin_weissfeld(
        laid_out, "rx + size", episode="enum", cluster="id", time="stop"
    )
    np.testing.assert_allclose(given.specific.covariance, found.specific.covariance, rtol=1e-9)
    np.testing.assert_allclose(given.average.values, found.average.values, rtol=1e-9)
    with pytest.raises(DataError, match="no whole number from 1 on"):
        ws.survival.wei_lin_weissfeld(laid_out, "rx", episode="event", cluster="id", time="stop")
    # Each effect of the specific model is that of a model of its own.
    alone = ws.survival.cox(laid_out.query("enum == 3"), "rx + size", time="stop")
    at = found.specific.terms.index("rx:event[3]")
    assert found.specific.values[at] == pytest.approx(alone.values[0], rel=1e-9)
    assert found.weights.groupby("term")["weight"].sum().to_numpy() == pytest.approx([1, 1])


def test_an_infinite_effect_leaves_the_others_their_average() -> None:
    frame = bladder2().assign(never=lambda f: np.where(f["id"] % 5 == 0, "yes", "no"))
    frame.loc[frame["never"] == "yes", "event"] = 0
    found = ws.survival.wei_lin_weissfeld(frame, "never + size", up_to=2, **COLUMNS)
    assert np.isneginf(found.specific.estimate("never[yes]:event[1]").estimate)
    average = found.average.to_frame().set_index("term")
    assert np.isnan(average.loc["never[yes]", "estimate"])
    assert "never[yes]: no average" in found.notes[-1]
    assert np.isfinite(average.loc["size", ["estimate", "std_error"]].to_list()).all()
    assert np.isnan(found.equality_tests["never[yes]"].statistic)


def test_estimates_that_go_together_entirely_have_no_weights() -> None:
    who, turn = np.repeat(np.arange(12), 2), np.tile([0, 1], 12)
    frame = pd.DataFrame({"participant_id": who, "arm": who * 5 % 12 % 2})
    frame = frame.assign(start_days=(who + 10.0) * turn, stop_days=(who + 10.0) * (turn + 1))
    found = ws.survival.wei_lin_weissfeld(frame.assign(event=True), "arm", up_to=2)
    assert found.weights["weight"].isna().all()
    assert np.isfinite(found.common.values).all()


def test_each_event_refusals_and_notes() -> None:
    frame = bladder2()
    with pytest.raises(FitError, match="Nobody has 9 events; the most is 4"):
        ws.survival.wei_lin_weissfeld(frame, "rx", up_to=9, **COLUMNS)
    first = bladder2().query("enum == 1")
    with pytest.raises(FitError, match="the most is 1: use cox"):
        ws.survival.wei_lin_weissfeld(first, "rx", up_to=2, **COLUMNS)
    with pytest.raises(FitError, match="say how many events"):
        ws.survival.wei_lin_weissfeld(frame[frame["enum"] == 1], "rx", **COLUMNS)
    with pytest.raises(ValueError, match="up_to must be a whole number"):
        ws.survival.wei_lin_weissfeld(frame, "rx", up_to=1, **COLUMNS)
    changing = frame.assign(dose=(frame["enum"] + frame["id"]) % 2)
    said = ws.survival.wei_lin_weissfeld(changing, "dose + rx", up_to=2, **COLUMNS).common.notes
    assert "dose changes over time: the value of the first spell is used." in said
    late = frame.assign(start=frame["start"].where(frame["enum"] > 1, 0.5))
    entered = ws.survival.wei_lin_weissfeld(late, "rx", up_to=2, **COLUMNS)
    assert entered.common.columns["entry"] == "entry time"


def test_side_by_side() -> None:
    rates = ws.survival.andersen_gill(bladder2(), "rx", **COLUMNS)
    found = ws.survival.compare_recurrent_models(
        bladder2(), "rx", others={"Again": (rates, "The same once more.")}, **COLUMNS
    )
    frame = found.to_frame()
    assert list(found.fits)[-1] == "Again"
    assert frame.loc[1, "estimate"] == pytest.approx(np.exp(rates.values[0]))
    assert frame["what_it_estimates"].str.len().min() > 10
    # In these data the effect within people lies further from 1 than that on the rate.
    by_model = frame.set_index("model")["estimate"]
    assert by_model["Within people (gamma frailty)"] < by_model["Rate (Andersen-Gill)"] < 1
    one_each = bladder2()[lambda f: f["enum"] == 1]
    fewer = ws.survival.compare_recurrent_models(one_each, "rx", **COLUMNS)
    assert any("WLW, combined) is left out" in note for note in fewer.notes)
    table = ws.tables.table_of(found, labels={"Again": "Once more"})
    text = table.to_markdown()
    assert "Once more: rate ratio" in text
    assert "Rate (Andersen-Gill): The rate at which recurrences come" in text
    assert f"{np.exp(rates.values[0]):.2f} (" in text


def test_people_without_follow_up_are_counted_once_and_frames_are_of_logs():
    frame = bladder2()
    odd = frame.groupby("id").head(1).head(3).assign(id=lambda rows: rows["id"] + 1000)
    odd = odd.assign(start=0, stop=0, event=0)
    found = ws.survival.wei_lin_weissfeld(
        pd.concat([frame, odd], ignore_index=True), "rx", up_to=2, **COLUMNS
    )
    assert "3 participants are not at risk: no follow-up." in found.notes
    logs, ratios = found.to_frame(), found.to_frame(ratio=True)
    np.testing.assert_allclose(np.exp(logs["estimate"]), ratios["estimate"], rtol=1e-14)
