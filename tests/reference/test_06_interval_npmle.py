"""Interval-censored data against R: own scripts, npsurv, isoreg and glm (06_interval_npmle.R).

Tolerances are those of the entries: 1e-6 relative for the masses, 1e-8 for glm, and looser where
the script's own search is (npsurv stops at 5 digits of its masses, optim at 4 of the coefficient).
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

import walkstats as ws
from tests.reference import goldens
from tests.reference.goldens import agree, entry, topic, value

TOPIC = "06_interval_npmle"
# survfit stops its search at a change of 5e-5 in the curve, as R's own help says; it shows by how
# much, and is no reference for the curve.
SURVFIT_STOPS = 2e-3
ASIDE = {"survfit": "stops at 5e-5 and draws the mass in the middle; compared to 2e-3 below"}


def gold(identifier: str) -> dict[str, Any]:
    return entry(TOPIC, identifier)


def deterioration() -> pd.DataFrame:
    frame = goldens.data("bcdeter.csv")
    return frame.assign(low_days=frame["lower"], high_days=frame["upper"].fillna(np.inf))


def numbers(gold: dict[str, Any], key: str) -> np.ndarray:
    found = value(gold, key)
    return np.array([np.inf if one in (None, "Inf") else one for one in found], dtype=float)


def inline(one: dict[str, Any]) -> pd.DataFrame:
    frame = pd.DataFrame({"low_days": numbers(one, "L"), "high_days": numbers(one, "R")})
    if "rct" in one["values"]:
        frame["rct"] = numbers(one, "rct").astype(int)
    return frame


def same_mass(one: dict[str, Any], curve: ws.survival.IntervalCurve) -> None:
    support = curve.support
    agree(one, "left", support["low"])
    agree(one, "right", support["high"])
    agree(one, "mass", support["mass"])
    agree(one, "surv_after", support["estimate"])
    agree(one, "loglik", curve.log_likelihood["all"])
    agree(one, "n_support", len(support))
    agree(one, "n_candidate", curve.candidates["all"])
    assert curve.gap["all"] < 1e-9


@pytest.mark.parametrize("arm", [1, 2])
def test_deterioration_by_arm(arm: int) -> None:
    one, frame = gold(f"turnbull.bcdeter.treat{arm}"), deterioration()
    curve = ws.survival.turnbull(frame[frame["treat"] == arm])
    same_mass(one, curve)
    for name, share in (("q25", 0.25), ("q50", 0.5), ("q75", 0.75)):
        reached = curve.support[curve.support["estimate"] <= 1 - share + 1e-12].iloc[0]
        agree(one, f"quantile_intervals.{name}", [reached["low"], reached["high"]])
    ends = curve.support["high"].to_numpy()
    early = numbers(one, "survfit.surv")
    # Its last step at or before the end of each place.
    at = np.searchsorted(numbers(one, "survfit.time"), ends, side="right") - 1
    np.testing.assert_allclose(early[at], curve.support["estimate"], atol=SURVFIT_STOPS)


def test_deterioration_pooled() -> None:
    same_mass(gold("turnbull.bcdeter.pooled"), ws.survival.turnbull(deterioration()))


@pytest.mark.parametrize("argument", ["weights", "frequencies"])
def test_weights_count_as_copies(argument: str) -> None:
    one, frame = gold("turnbull.bcdeter.weights"), deterioration()
    frame = frame[frame["treat"] == 1].reset_index(drop=True)
    frame["w"] = 1 + (np.arange(len(frame)) + 1) % 2
    agree(one, "weights", frame["w"])
    same_mass(one, ws.survival.turnbull(frame, **{argument: "w"}))


def test_current_status_is_isotonic_regression() -> None:
    one, frame = gold("turnbull.menarche.current_status"), goldens.data("menarche.csv")
    asked, yes = np.round(frame["Total"]), np.round(frame["Menarche"])
    agree(one, "age", frame["Age"])
    agree(one, "n", asked)
    agree(one, "yes", yes)
    seen = pd.DataFrame(
        {
            "low_days": np.append(np.zeros(len(frame)), frame["Age"]),
            "high_days": np.append(frame["Age"], np.full(len(frame), np.inf)),
            "girls": np.append(yes, asked - yes),
        }
    )
    curve = ws.survival.turnbull(seen, frequencies="girls")
    assert curve.last["all"] == frame["Age"].iloc[-1]
    agree(one, "F", 1.0 - curve.at(frame["Age"])["estimate"])
    agree(one, "loglik", curve.log_likelihood["all"])


def test_exact_interval_and_right_censored_rows() -> None:
    one = gold("turnbull.mixed_exact.lung")
    frame = inline(one)
    agree(one, "L", frame["low_days"])
    agree(one, "R", frame["high_days"].where(np.isfinite(frame["high_days"])))
    same_mass(one, ws.survival.turnbull(frame))


def test_right_censored_rows_give_kaplan_meier() -> None:
    one, aml = gold("turnbull.right_censored_is_km"), goldens.data("aml.csv")
    aml = aml[aml["x"] == 1]
    seen_until = np.where(aml["status"] == 1, aml["time"], np.inf)
    aml = aml.assign(low_days=aml["time"], high_days=seen_until)
    curve = ws.survival.turnbull(aml)
    same_mass(one, curve)
    agree(one, "km_time", curve.support["low"].iloc[:-1])
    agree(one, "km_surv", curve.at(curve.support["low"].iloc[:-1])["estimate"])


def test_npsurv() -> None:
    one = gold("npsurv.cancer")
    frame = inline(one)
    for key in ("L", "R", "rct"):
        agree(one, key, frame[{"L": "low_days", "R": "high_days"}.get(key, key)])
    curve = ws.survival.turnbull(frame, "rct")
    for code, name in ((0, "RT"), (1, "RCT")):
        support = curve.support[curve.support["group"] == str(code)]
        agree(one, f"{name}.left", support["low"])
        agree(one, f"{name}.right", support["high"])
        agree(one, f"{name}.mass", support["mass"])
        agree(one, f"{name}.loglik", curve.log_likelihood[str(code)])


def test_log_rank_with_suns_scores() -> None:
    one = gold("log_rank.cancer.sun")
    frame = inline(one)
    for key in ("L", "R", "rct"):
        agree(one, key, frame[{"L": "low_days", "R": "high_days"}.get(key, key)])
    test = ws.survival.interval_log_rank(frame, "rct", variance="permutation")
    agree(one, "score", test.parts["score"][1])
    agree(one, "permutation_variance", test.parts["covariance"][1, 1])
    agree(one, "permutation_z", np.sqrt(test.statistic))
    agree(one, "p", test.p_value)
    from walkstats.survival.interval_censored import discrete_hazards
    from walkstats.survival.interval_censored.places_of_mass import places_of_mass

    places = places_of_mass(frame["low_days"].to_numpy(), frame["high_days"].to_numpy())
    group, weight = frame["rct"].to_numpy(), np.ones(len(frame))
    agree(one, "scores", discrete_hazards.score_groups(places, weight, group, 2).rows)
    with pytest.MonkeyPatch.context() as patch:
        # Without the factor n / (n - 1), as the script differentiates the likelihood.
        patch.setattr(discrete_hazards, "FEWEST_AT_RISK", 1e12)
        found = discrete_hazards.score_groups(places, weight, group, 2)
    agree(one, "information", found.information[1, 1])


def test_common_visits_are_a_binomial_model() -> None:
    one, veteran = gold("interval_cox.veteran.grid"), goldens.data("veteran.csv")
    visits = numbers(one, "visits")
    agree(one, "visits", visits)
    at = np.searchsorted(visits, veteran["time"], side="left")
    veteran["low_days"] = np.append(0.0, visits)[at]
    veteran["high_days"] = np.append(visits, np.inf)[at]
    fit = ws.survival.interval_cox(veteran, "trt + karno")
    for k, name in enumerate(("trt", "karno")):
        agree(one, f"coef.{name}", fit.values[k])
        agree(one, f"se.{name}", fit.std_errors[k])
    agree(one, "loglik", fit.log_likelihood)
    agree(one, "hazard", np.diff(fit.baseline["cumulative_hazard"][:-1], prepend=0.0))


def test_proportional_hazards_by_a_general_search() -> None:
    one = gold("interval_cox.cancer")
    frame = inline(one)
    for key in ("L", "R", "rct"):
        agree(one, key, frame[{"L": "low_days", "R": "high_days"}.get(key, key)])
    fit = ws.survival.interval_cox(frame, "rct")
    # A search over 14 steps and b finds b to 4 digits, where the likelihood is flat to 8.
    agree(one, "coef", fit.values[0], atol=2e-3)
    agree(one, "loglik", fit.log_likelihood)
    agree(one, "loglik_null", fit.log_likelihood_null)
    from walkstats.survival.interval_censored.baseline_steps import stratum_of
    from walkstats.survival.interval_censored.places_of_mass import places_of_mass
    from walkstats.survival.interval_censored.profile import profile

    places = places_of_mass(frame["low_days"].to_numpy(), frame["high_days"].to_numpy())
    stratum = stratum_of(places, np.arange(len(frame)), np.ones(len(frame)))
    x = frame[["rct"]].to_numpy(dtype=float)
    agree(one, "loglik_at_1", profile(np.ones(1), x, [stratum], [stratum.start]).value)


def test_all_entries_are_compared() -> None:
    tally = goldens.TALLIES[TOPIC]
    if not tally.entries:
        pytest.skip("runs after the comparisons of this file")
    left = {name: goldens.uncovered(TOPIC, name, ASIDE) for name in topic(TOPIC)}
    assert {name: keys for name, keys in left.items() if keys} == {}
