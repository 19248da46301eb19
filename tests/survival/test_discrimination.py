"""Concordance: time weights from their definition, relations, refusals."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.reference.goldens import data
from walkstats import survival
from walkstats.errors import DataError, FitError
from walkstats.survival.discrimination import TIME_WEIGHTS, pair_weights
from walkstats.survival.risk_sets import sort_risk_sets

# The same sums in another order.
EXACT = {"rtol": 1e-10, "atol": 1e-12}


def random_frame(seed: int, n: int = 40, spells: bool = False) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    start = rng.integers(0, 4, n) if spells else np.zeros(n, int)
    return pd.DataFrame(
        {
            "participant_id": [f"p{k}" for k in range(n)],
            "start": start,
            "stop": start + rng.integers(1, 9, n),
            "event": rng.random(n) < 0.7,
            "pain": rng.integers(0, 11, n).astype(float),
            "clinic": rng.integers(0, 3, n),
            "weight": rng.uniform(0.5, 2.0, n),
        }
    )


def of(frame: pd.DataFrame, marker: str = "pain", **options: Any) -> survival.Concordance:
    return survival.concordance(frame, marker, time="stop", **options)


def test_weights_by_time_from_their_definition() -> None:
    """S and G just before t, events before censorings, by loops over earlier times."""
    frame = random_frame(4)
    stop, event, w = (frame[c].to_numpy() for c in ("stop", "event", "weight"))
    stratum = frame["clinic"].to_numpy()
    sets = sort_risk_sets(None, stop, event, stratum, w)
    found = {kind: pair_weights(sets, kind, up_to=6) for kind in TIME_WEIGHTS}
    for j, (t, s) in enumerate(zip(sets.times, sets.stratum_of_time, strict=True)):
        own = stratum == s
        before_s = before_g = 1.0
        for u in np.unique(stop[own & (stop < t)]):
            n = w[own & (stop >= u)].sum()
            d = w[own & (stop == u) & event].sum()
            before_s *= 1.0 - d / n
            c = w[own & (stop == u) & ~event].sum()
            before_g *= 1.0 - c / (n - d) if n > d else 1.0
        n, total = w[own & (stop >= t)].sum(), w[own].sum()
        expected = {
            "n": 1.0,
            "I": 1.0 / n,
            "S": total * before_s / n,
            "S/G": total * before_s / before_g / n,
            "n/G2": 1.0 / before_g**2,
        }
        dead = (own & (stop == t) & event).any() and t <= 6
        for kind, value in expected.items():
            if dead or kind != "n":
                np.testing.assert_allclose(found[kind][j], value if dead else 0.0, **EXACT)


@given(
    seed=st.integers(0, 10**6),
    spells=st.booleans(),
    scale=st.sampled_from([-3.0, 0.5, 1e6]),
    days=st.sampled_from([1 / 365.25, 1e-9, 1e4]),
    higher=st.sampled_from(["risk", "survival"]),
)
def test_order_and_units_change_nothing(
    seed: int, spells: bool, scale: float, days: float, higher: str
) -> None:
    """Relations 1 to 5: a marker turned round gives one minus the concordance."""
    frame = random_frame(seed, spells=spells)
    options = {"strata": "clinic", "weights": "weight", **({"entry": "start"} if spells else {})}
    one = of(frame, **options)
    other = frame.sample(frac=1.0, random_state=seed).assign(
        pain=lambda d: 1e3 + scale * d["pain"],
        start=lambda d: d["start"] * days,
        stop=lambda d: d["stop"] * days,
    )
    two = of(other, higher=higher, **options)
    same = (scale > 0) == (higher == "risk")
    expected = one.values[0] if same else 1.0 - one.values[0]
    np.testing.assert_allclose(two.values[0], expected, **EXACT)
    np.testing.assert_allclose(two.std_errors, one.std_errors, **EXACT)


@given(seed=st.integers(0, 10**6))
def test_splitting_changes_nothing(seed: int) -> None:
    """Relation 7: pieces of follow-up, clustered by person, give C and its standard error."""
    frame = random_frame(seed, spells=True)
    pieces = frame.loc[frame.index.repeat(frame["stop"] - frame["start"])]
    begin = pieces["start"] + pieces.groupby("participant_id").cumcount()
    pieces = pieces.assign(
        event=pieces["event"] & (begin + 1 == pieces["stop"]), start=begin, stop=begin + 1
    )
    options = {"entry": "start", "strata": "clinic", "cluster": "participant_id"}
    one, two = of(frame, **options), of(pieces, **options)
    np.testing.assert_allclose(two.values, one.values, **EXACT)
    np.testing.assert_allclose(two.std_errors, one.std_errors, **EXACT)
    by_person = pd.Series(two.influence[:, 0]).groupby(pieces["participant_id"].to_numpy()).sum()
    np.testing.assert_allclose(by_person.loc[frame["participant_id"]], one.influence[:, 0], **EXACT)


def test_a_fit_and_its_linear_predictor_agree() -> None:
    frame = random_frame(8)
    fit = survival.cox(frame, "pain + weight", time="stop", strata="clinic")
    marked = frame.assign(score=frame[["pain", "weight"]].to_numpy() @ fit.values)
    one, two = survival.concordance(fit), of(marked, "score", strata="clinic")
    np.testing.assert_allclose(two.values, one.values, **EXACT)
    np.testing.assert_allclose(two.std_errors, one.std_errors, **EXACT)
    assert one.pairs["stratum"].tolist() == ["0", "1", "2"] == two.pairs["stratum"].tolist()
    assert one.null == 0.5
    assert "Harrell" in one.method


def test_perfect_and_useless_markers() -> None:
    frame = pd.DataFrame({"days": [1, 2, 3, 4], "event": 1, "risk": [9, 7, 5, 3], "flat": 1.0})
    perfect = survival.concordance(frame, "risk")
    assert perfect.values[0] == 1.0
    assert perfect.std_errors[0] == 0.0
    assert survival.concordance(frame, "flat").values[0] == 0.5
    assert survival.concordance(frame, "flat").pairs["tied_marker"].tolist() == [6.0]


def test_models_are_compared_on_the_same_rows() -> None:
    """Their covariance makes the difference sharper than two separate standard errors."""
    lung = data("lung.csv")
    options = {"time": "time", "event": "status", "event_value": 2}
    known = lung.dropna(subset=["ph_ecog"])
    fits = {
        "age": survival.cox(known, "age", **options),
        "more": survival.cox(known, "age + ph_ecog", **options),
    }
    found = survival.concordance(fits)
    assert found.terms == ("age", "more")
    change = found.contrast({"more": 1, "age": -1})
    assert change.std_error < np.hypot(*found.std_errors)
    other = survival.cox(lung, "age", **options)
    with pytest.raises(ValueError, match="other rows"):
        survival.concordance({"age": other, "more": fits["more"]})


def test_missing_and_typed_columns() -> None:
    """Relations 17 and 18."""
    frame = random_frame(3)
    one = of(frame)
    typed = frame.assign(
        pain=frame["pain"].astype("Int64"), event=frame["event"].astype("boolean"),
        clinic=frame["clinic"].astype("category"),
    )  # fmt: skip
    assert of(typed).values[0] == one.values[0]
    gap = pd.concat([frame, frame.iloc[:1].assign(pain=np.nan)], ignore_index=True)
    found = of(gap)
    assert found.values[0] == one.values[0]
    assert dict(found.counts.left_out) == {"pain missing": 1}


def test_refusals_in_words() -> None:
    frame = random_frame(1, spells=True)
    fit = survival.cox(frame, "pain", time="stop", entry="start")
    with pytest.raises(ValueError, match="Name the column that orders people"):
        survival.concordance(frame, time="stop")
    with pytest.raises(ValueError, match="No column 'pian'"):
        of(frame, "pian")
    with pytest.raises(ValueError, match="leave out marker, strata"):
        survival.concordance(fit, "pain", strata="clinic")
    with pytest.raises(ValueError, match="mapping of name to Cox fit"):
        survival.concordance([fit])  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="is a int, not a Cox fit"):
        survival.concordance({"one": 1})  # type: ignore[dict-item]
    with pytest.raises(ValueError, match="time_weight must be one of"):
        survival.concordance(fit, time_weight="uno")
    with pytest.raises(ValueError, match="needs the curve of censoring"):
        survival.concordance(fit, time_weight="n/G2")
    with pytest.raises(DataError, match="infinite"):
        of(frame.assign(pain=np.where(frame.index == 3, np.inf, frame["pain"])))
    with pytest.raises(DataError, match="clinic is missing"):
        of(frame.assign(clinic=frame["clinic"].where(frame.index > 1)), cluster="clinic")
    with pytest.raises(FitError, match="No two people can be compared"):
        of(frame.assign(event=False))
    apart = pd.DataFrame({"days": range(1, 5), "event": [1, 1, 0, 0], "x": [1, 1, 0, 0]})
    with pytest.raises(FitError, match="coefficient of x is not finite"):
        survival.concordance(survival.cox(apart, "x"))
