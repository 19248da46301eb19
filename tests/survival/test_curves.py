"""Curves against direct loops, against books, and at their edges.

Loops and kernels run the same sums in another order: 1e-10 relative. Books: the digits they print.
"""

from __future__ import annotations

import pickle

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import walkstats as ws
from tests.survival.small_trials import tied_trials
from walkstats.errors import DataError
from walkstats.survival.product_limit import jackknife_variance
from walkstats.survival.risk_tables import count_risk_table

SAME_SUMS = 1e-10


def slow_curve(
    start: np.ndarray, stop: np.ndarray, event: np.ndarray, weight: np.ndarray
) -> list[tuple[float, ...]]:
    """(time, S, Greenwood, H, variance of H) after each time, row by row as the definition says."""
    survival, greenwood, hazard, aalen, steps = 1.0, 0.0, 0.0, 0.0, []
    for t in sorted(set(stop)):
        n = sum(w for a, b, w in zip(start, stop, weight, strict=True) if a < t <= b)
        d = sum(w for b, e, w in zip(stop, event, weight, strict=True) if b == t and e)
        if d > 0:
            survival *= 1 - d / n
            greenwood = greenwood + d / (n * (n - d)) if n > d else np.inf
            hazard, aalen = hazard + d / n, aalen + d / n**2
        steps.append((t, survival, greenwood, hazard, aalen))
    return steps


@st.composite
def spells(draw: st.DrawFn) -> tuple[np.ndarray, ...]:
    drawn = np.frombuffer(draw(st.binary(min_size=3, max_size=25)), dtype=np.uint8).astype(int)
    more = np.frombuffer(draw(st.binary(min_size=len(drawn), max_size=len(drawn))), dtype=np.uint8)
    start = (drawn & 3).astype(float)
    stop = start + 1 + (more % 8)
    return start, stop.astype(float), (drawn >> 4) % 2 == 1, 1.0 + (drawn >> 5)


@given(spells())
def test_slow_twin(drawn: tuple[np.ndarray, ...]) -> None:
    start, stop, event, weight = drawn
    frame = pd.DataFrame({"start_days": start, "stop_days": stop, "event": event, "w": weight})
    options = {"weights": "w", "robust": False}
    curve = ws.survival.kaplan_meier(frame, interval="plain", **options).frame
    hazard = ws.survival.nelson_aalen(frame, **options).frame
    slow = np.array(slow_curve(start, stop, event, weight)).T
    np.testing.assert_allclose(curve["stop_days"], slow[0])
    np.testing.assert_allclose(curve["estimate"], slow[1], rtol=SAME_SUMS, atol=1e-12)
    error = [s * np.sqrt(v) if s > 0 else np.nan for s, v in zip(slow[1], slow[2], strict=True)]
    np.testing.assert_allclose(curve["std_error"], error, rtol=SAME_SUMS)
    np.testing.assert_allclose(hazard["estimate"], slow[3], rtol=SAME_SUMS, atol=1e-12)
    np.testing.assert_allclose(hazard["std_error"] ** 2, slow[4], rtol=SAME_SUMS, atol=1e-12)


@given(spells(), st.booleans())
def test_slow_twin_of_the_jackknife(drawn: tuple[np.ndarray, ...], hazard: bool) -> None:
    """The derivative of the curve by each weight, found by shifting it, summed by cluster."""
    start, stop, event, weight = drawn
    table = count_risk_table(stop, event, start=start, weights=weight)
    cluster = np.arange(len(stop)) // 2
    ours = jackknife_variance(table, cluster, hazard=hazard)[0]
    shift, column = 1e-6, 3 if hazard else 1
    times = [step[0] for step in slow_curve(start, stop, event, weight)]
    influence = np.zeros((cluster.max() + 1, len(times)))
    for k in range(len(stop)):
        moved = []
        for sign in (1, -1):
            changed = weight.copy()
            changed[k] += sign * shift
            moved.append([step[column] for step in slow_curve(start, stop, event, changed)])
        influence[cluster[k]] += weight[k] * (np.array(moved[0]) - moved[1]) / (2 * shift)
    slow = (influence**2).sum(axis=0)
    base = np.array([step[1] for step in slow_curve(start, stop, event, weight)])
    kept = np.searchsorted(table.times, times)
    scaled = ours[kept] if hazard else ours[kept] * base**2
    alive = np.ones(len(times), bool) if hazard else base > 0
    np.testing.assert_allclose(scaled[alive], slow[alive], rtol=1e-5, atol=1e-8)


@given(tied_trials)
def test_tied_events_one_by_one(frame: pd.DataFrame) -> None:
    hazard = ws.survival.nelson_aalen(frame, tied="one by one").frame
    total, variance = 0.0, 0.0
    for row in hazard.itertuples():
        total += sum(1 / (row.n_risk - j) for j in range(row.n_event))
        variance += sum(1 / (row.n_risk - j) ** 2 for j in range(row.n_event))
        np.testing.assert_allclose(row.estimate, total, rtol=SAME_SUMS, atol=1e-14)
        np.testing.assert_allclose(row.std_error**2, variance, rtol=SAME_SUMS, atol=1e-14)
    curve = ws.survival.kaplan_meier(frame, estimator="fleming-harrington").frame
    np.testing.assert_allclose(curve["estimate"], np.exp(-hazard["estimate"]), rtol=SAME_SUMS)


def freireich() -> pd.DataFrame:
    """6-MP and placebo in leukaemia [weeks in remission], Freireich and others (1963)."""
    drug = [6, 6, 6, 6, 7, 9, 10, 10, 11, 13, 16, 17, 19, 20, 22, 23, 25, 32, 32, 34, 35]
    happened = [1, 1, 1, 0, 1, 0, 1, 0, 0, 1, 1, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0]
    placebo = [1, 1, 2, 2, 3, 4, 4, 5, 5, 8, 8, 8, 8, 11, 11, 12, 12, 15, 17, 22, 23]
    return pd.DataFrame(
        {
            "weeks": drug + placebo,
            "relapse": happened + [1] * 21,
            "arm": pd.Categorical(["6-MP"] * 21 + ["placebo"] * 21, ["placebo", "6-MP"]),
        }
    )


FREIREICH = {"time": "weeks", "event": "relapse"}


def test_book_table() -> None:
    """Remission on 6-MP: Kleinbaum and Klein (2012); errors of Klein and Moeschberger (2003)."""
    curve = ws.survival.kaplan_meier(freireich(), "arm", **FREIREICH).at([6, 7, 10, 13, 16, 22, 23])
    drug = curve[curve["group"] == "6-MP"]
    book = [0.8571, 0.8067, 0.7529, 0.6902, 0.6275, 0.5378, 0.4482]
    error = [0.076, 0.087, 0.096, 0.107, 0.114, 0.128, 0.135]
    np.testing.assert_allclose(drug["estimate"], book, rtol=0, atol=5.1e-5)
    np.testing.assert_allclose(drug["std_error"], error, rtol=0, atol=5.1e-4)


def test_beyond_follow_up_is_missing_unless_extended() -> None:
    frame = pd.DataFrame({"days": [10, 20, 30], "event": [1, 0, 0]})
    curve = ws.survival.kaplan_meier(frame)
    read = curve.at([30, 31])
    assert read["estimate"].notna().tolist() == [True, False]
    assert read["n_risk"].tolist() == [1, 0]
    extended = ws.survival.kaplan_meier(frame, extend=True).at(31)
    assert extended["estimate"].item() == pytest.approx(2 / 3)
    assert extended["n_risk"].item() == 0


def test_median_not_reached_is_said() -> None:
    frame = pd.DataFrame({"days": [10, 20, 365], "event": [1, 0, 0]})
    median = ws.survival.kaplan_meier(frame).quantile(0.5)
    assert np.isnan(median.values[0])
    assert any("median not reached by 365 days" in note for note in median.notes)


def test_number_at_risk_counts_those_who_fail_at_that_time() -> None:
    frame = pd.DataFrame({"days": [10, 10, 20, 30], "event": [1, 0, 1, 0]})
    curve = ws.survival.kaplan_meier(frame)
    assert curve.at([0, 10, 10.5, 30])["n_risk"].tolist() == [4, 4, 2, 1]


def test_reverse_kaplan_meier() -> None:
    follow_up = ws.survival.follow_up(freireich(), "arm", **FREIREICH)
    median = follow_up.quantile(0.5)
    flipped = freireich().assign(censored=lambda f: 1 - f["relapse"])
    direct = ws.survival.kaplan_meier(flipped, "arm", time="weeks", event="censored").quantile(0.5)
    np.testing.assert_array_equal(median.values, direct.values)
    assert np.isnan(median.values[0])  # everybody on placebo relapsed: nobody's follow-up ended
    assert median.values[1] > 20


def test_people_without_follow_up_are_counted_at_time_zero_only() -> None:
    frame = pd.DataFrame({"days": [0, 0, 5, 8], "event": [0, 0, 1, 0]})
    curve = ws.survival.kaplan_meier(frame)
    assert curve.at([0, 1])["n_risk"].tolist() == [4, 2]
    assert curve.at(5)["estimate"].item() == 0.5
    assert "2 rows have time 0: counted, at risk at time 0 only." in curve.notes
    assert curve.counts.participants == 4


def test_a_spell_without_length_is_never_at_risk() -> None:
    frame = pd.DataFrame({"start_days": [0, 3, 0], "stop_days": [5, 3, 8], "event": [1, 1, 0]})
    curve = ws.survival.kaplan_meier(frame)
    assert curve.frame["n_event"].sum() == 1
    assert "1 row has no follow-up and is at risk at no time." in curve.notes


def test_several_rows_of_a_person_need_an_entry_time() -> None:
    frame = pd.DataFrame({"participant_id": ["a", "a", "b"], "days": [3, 9, 5], "event": [1, 1, 0]})
    with pytest.raises(DataError, match="one row per participant is needed") as raised:
        ws.survival.kaplan_meier(frame)
    assert raised.value.problems["ids"].tolist() == ["a"]
    assert ws.survival.kaplan_meier(frame, subject=None).counts.participants == 3


def test_overlapping_spells_are_refused() -> None:
    frame = pd.DataFrame(
        {"participant_id": ["a", "a"], "start_days": [0, 3], "stop_days": [5, 9], "event": [0, 1]}
    )
    with pytest.raises(DataError, match="overlap"):
        ws.survival.kaplan_meier(frame)


def test_recurrent_events_get_robust_errors() -> None:
    frame = pd.DataFrame(
        {
            "participant_id": list("aabbc"),
            "start_days": [0, 3, 0, 4, 0],
            "stop_days": [3, 9, 4, 7, 8],
            "event": [1, 1, 1, 0, 0],
        }
    )
    hazard = ws.survival.nelson_aalen(frame)
    assert "people have several events" in " ".join(hazard.notes)
    assert "summed within clusters" in hazard.method


def test_weights_that_are_no_weights() -> None:
    frame = pd.DataFrame({"days": [1, 2], "event": 1, "w": [1.0, -1.0], "f": [1, 1.5]})
    with pytest.raises(DataError, match="negative"):
        ws.survival.kaplan_meier(frame, weights="w")
    with pytest.raises(DataError, match="not whole"):
        ws.survival.kaplan_meier(frame, frequencies="f")


def test_a_missing_cluster_is_refused() -> None:
    frame = pd.DataFrame({"days": [1, 2, 3], "event": 1, "site": ["n", None, "s"]})
    with pytest.raises(DataError, match="site is missing in 1 of"):
        ws.survival.kaplan_meier(frame, cluster="site")
    with pytest.raises(ValueError, match="robust=False"):
        ws.survival.kaplan_meier(frame, cluster="site", robust=False)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"level": 95}, "between 0 and 1"),
        ({"interval": "loglog"}, "interval must be one of"),
        ({"estimator": "breslow"}, "estimator must be one of"),
        ({"lower": "low"}, "lower must be one of"),
        ({"time": "weeks"}, "No column 'weeks'"),
        ({"start_time": np.inf}, "start_time must be"),
        ({"subject": "person"}, "No column 'person'"),
    ],
)
def test_arguments_are_refused_in_words(options: dict[str, object], said: str) -> None:
    frame = pd.DataFrame({"days": [1, 2, 3], "event": 1})
    with pytest.raises(ValueError, match=said):
        ws.survival.kaplan_meier(frame, **options)


def test_weighted_curve_falls_to_zero_exactly() -> None:
    """0.1 + 0.2 is not 0.3: what rounding leaves at risk after everybody's event is nobody."""
    frame = pd.DataFrame({"days": [1, 2, 2, 2], "event": 1, "w": [0.7, 0.1, 0.2, 0.3]})
    curve = ws.survival.kaplan_meier(frame, weights="w").frame
    assert curve["estimate"].iloc[-1] == 0.0


def test_result_travels_and_leaves_the_frame_alone() -> None:
    frame = freireich()
    before = frame.copy()
    frame.attrs["source"] = "Freireich and others (1963)"
    curve = ws.survival.kaplan_meier(frame, "arm", **FREIREICH)
    pd.testing.assert_frame_equal(frame, before)
    copied = pickle.loads(pickle.dumps(curve))
    pd.testing.assert_frame_equal(copied.frame, curve.frame)
    assert curve.source == "Freireich and others (1963)"
    assert "Kaplan-Meier" in curve.method
    assert "30 events among 42 participants" in str(curve)
    assert list(curve.frame.columns) == [
        "group", "weeks", "estimate", "std_error", "conf_low", "conf_high",
        "n_risk", "n_event", "n_censor",
    ]  # fmt: skip
    assert curve.groups == ("placebo", "6-MP")


@given(spells(), st.sampled_from([0.1, 1 / 3, 0.7]))
def test_fractional_weights_with_entry_times(drawn: tuple[np.ndarray, ...], unit: float) -> None:
    """Nobody at risk is nobody, whatever rounding leaves of sums of fractions."""
    start, stop, event, weight = drawn
    frame = pd.DataFrame({"start_days": start, "stop_days": stop, "event": event})
    frame = frame.assign(w=weight * unit, arm=np.where(np.arange(len(start)) % 3, "a", "b"))
    curve = ws.survival.kaplan_meier(frame, "arm", weights="w", robust=False).frame
    for arm, own in frame.groupby("arm"):
        columns = [own[name].to_numpy() for name in ("start_days", "stop_days", "event", "w")]
        slow = np.array(slow_curve(*columns)).T[1]
        shown = curve.loc[curve["group"] == arm, "estimate"]
        np.testing.assert_allclose(shown, slow, rtol=SAME_SUMS, atol=1e-12)


def test_a_curve_does_not_start_at_zero_before_anybody_is_at_risk() -> None:
    frame = pd.DataFrame({"entry": [1, 2, 2, 0], "days": [3, 4, 5, 6], "event": [1, 0, 1, 0]})
    frame = frame.assign(w=[0.1, 0.1, 0.2, 1.0], arm=list("bbba"))
    curve = ws.survival.kaplan_meier(frame, "arm", entry="entry", weights="w")
    read = curve.at([3, 5]).set_index(["group", "days"])["estimate"]
    assert read["b", 3] == pytest.approx(0.75, rel=SAME_SUMS)
    assert read["b", 5] == 0.0


@pytest.mark.parametrize("argument", ["robust", "extend"])
def test_a_word_is_no_flag(argument: str) -> None:
    frame = pd.DataFrame({"days": [1, 2, 3], "event": 1, "arm": list("aab")})
    for ask in (ws.survival.kaplan_meier, ws.survival.nelson_aalen):
        with pytest.raises(ValueError, match=f"{argument} must be True or False, got 'no'"):
            ask(frame, **{argument: "no"})
    with pytest.raises(ValueError, match=f"{argument} must be True or False"):
        ws.survival.restricted_means(frame, tau=2, **{argument: "no"})
    with pytest.raises(ValueError, match=f"{argument} must be True or False"):
        ws.survival.compare_at(frame, "arm", at=2, **{argument: "no"})
    if argument == "robust":
        for compare in (ws.survival.log_rank, ws.survival.log_rank_pairs):
            with pytest.raises(ValueError, match="robust must be True or False"):
                compare(frame, "arm", robust="no")
        with pytest.raises(ValueError, match="robust must be True or False"):
            ws.survival.cox(frame, "arm", robust="no")
