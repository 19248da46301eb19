"""Effects by period and with log time, smooth coefficients, landmarks: R's (changing_effects.R).

Tolerances are those of the entries: 1e-7 relative for fits, both at the maximum; 1e-8 for spline
regressions on residuals and for frames, which are closed.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

import walkstats as ws
from tests.reference.goldens import TALLIES, agree, data, entry, topic, uncovered
from walkstats.survival import ChangingEffect, changing_effect

TOPIC = "changing_effects"
PEOPLE = {"time": "time", "event": "status", "subject": None}


def gold(identifier: str) -> dict[str, Any]:
    return entry(TOPIC, identifier)


def veteran() -> pd.DataFrame:
    frame = data("veteran.csv")
    return frame.assign(celltype="type " + frame["celltype"].astype(str))


def lung() -> pd.DataFrame:
    frame = data("lung.csv").dropna(subset=["time", "status", "sex", "age", "inst", "ph_ecog"])
    place = np.arange(1, len(frame) + 1)
    return frame.assign(w=0.5 + (place % 4) / 4, died=(frame["status"] == 2).astype(int))


def same(one: dict[str, Any], fit: Any, key: str = "") -> None:
    agree(one, f"{key}coef", fit.values)
    agree(one, f"{key}vcov", fit.covariance)
    agree(one, f"{key}loglik", [fit.log_likelihood_null, fit.log_likelihood])
    agree(one, f"{key}n_rows", fit.risk_sets.n_rows)
    agree(one, f"{key}n_event", fit.counts.events)


def test_a_factor_by_period() -> None:
    one = gold("changing.veteran.cells_by_period")
    found = changing_effect(veteran(), "karno + celltype", "celltype", cuts=[60, 150], **PEOPLE)
    same(one, found.fit)
    agree(one, "wald", found.tests["wald"].statistic)
    agree(one, "likelihood_ratio", found.tests["likelihood_ratio"].statistic)
    assert found.tests["wald"].df == found.tests["likelihood_ratio"].df == 6


@pytest.mark.parametrize(
    ("identifier", "options"),
    [
        ("clustered", {"cluster": "inst"}),
        ("weighted_strata", {"cluster": "inst", "strata": "ph_ecog", "weights": "w"}),
        ("robust_rows", {"weights": "w"}),
    ],
)
def test_robust_variances_by_period(identifier: str, options: dict[str, Any]) -> None:
    one = gold(f"changing.lung.{identifier}")
    cuts = [300] if identifier == "robust_rows" else [150, 300, 450]
    found = changing_effect(lung(), "age + sex", "sex", cuts=cuts, event="died", **options,
                            time="time")  # fmt: skip
    same(one, found.fit)
    agree(one, "wald", found.tests["wald"].statistic)
    assert "likelihood_ratio" not in found.tests


def test_with_log_time() -> None:
    one = gold("changing.veteran.log")
    days = one["values"]["at"]
    found = changing_effect(veteran(), "trt + karno", "karno", by="log", at=days, **PEOPLE)
    agree(one, "coef", found.fit.values)
    agree(one, "vcov", found.fit.covariance)
    agree(one, "loglik", [found.fit.log_likelihood_null, found.fit.log_likelihood])
    agree(one, "likelihood_ratio", found.tests["likelihood_ratio"].statistic)
    agree(one, "log_ratio", found.effects.values)
    agree(one, "se", found.effects.std_errors)
    agree(one, "at", [float(term.split(" at ")[1]) for term in found.effects.terms])


def test_with_log_time_in_strata_and_after_late_entry() -> None:
    frame = data("lung.csv")
    found = changing_effect(
        frame, "age", "age", by="log", strata="sex", time="time", event="status", event_value=2
    )
    agree_fit(gold("changing.lung.log_strata"), found)
    late = data("channing.csv").query("age > ageentry")
    late = late.assign(man=(late["gender"] == 1).astype(int))
    found = changing_effect(
        late, "man", "man", by="log", time="age", entry="ageentry", event="death"
    )
    agree_fit(gold("changing.channing.log_entry"), found)


def agree_fit(one: dict[str, Any], found: ChangingEffect) -> None:
    agree(one, "coef", found.fit.values)
    agree(one, "vcov", found.fit.covariance)
    agree(one, "loglik", [found.fit.log_likelihood_null, found.fit.log_likelihood])


def test_the_package_example_of_r() -> None:
    """karno times log(t + 20), an entry of topic 03 from R's tt()."""
    one = entry("03_cox", "cox.veteran.tt")

    def shifted(t: np.ndarray) -> np.ndarray:
        return np.log(t + 20)

    found = changing_effect(
        data("veteran.csv"), "trt + karno", "karno", by=shifted, ties="breslow", **PEOPLE
    )
    agree(one, "coef", found.fit.values)
    agree(one, "se", found.fit.std_errors)
    agree(one, "loglik", [found.fit.log_likelihood_null, found.fit.log_likelihood])
    agree(one, "n", found.fit.counts.participants)
    agree(one, "nevent", found.fit.counts.events)
    assert found.fit.terms == ("trt", "karno", "karno:shifted(time)")


def test_periods_of_r() -> None:
    one = entry("15_tmerge", "tv.veteran.survsplit")
    found = changing_effect(
        data("veteran.csv"), "trt + prior + karno", "karno", cuts=[90, 180], **PEOPLE
    )
    agree(one, "coef", found.fit.values)
    agree(one, "se", found.fit.std_errors)
    agree(one, "loglik", [found.fit.log_likelihood_null, found.fit.log_likelihood])
    assert found.notes[-1] == "Events by period: up to 90 73, 90 to 180 30, after 180 25."


# ---- smooth coefficients ------------------------------------------------------------------------


@pytest.mark.parametrize("transform", ["km", "rank", "log", "identity"])
def test_smooth_coefficients(transform: str) -> None:
    fit = ws.survival.cox(veteran(), "trt + karno + celltype", **PEOPLE)
    same_smooth(gold(f"smooth.veteran.{transform}"), fit, transform)


def test_smooth_coefficients_in_strata() -> None:
    fit = ws.survival.cox(
        data("lung.csv"), "age + ph_ecog", strata="sex", time="time", event="status", event_value=2
    )
    same_smooth(gold("smooth.lung.strata"), fit, "km")


def same_smooth(one: dict[str, Any], fit: Any, transform: str) -> None:
    check = ws.survival.check_proportional_hazards(fit, transform=transform)
    # R draws two standard errors.
    smooth = ws.survival.smooth_effect(check, level=0.9544997361036416)
    for term in one["values"]:
        line = smooth.curve.frame.query("group == @term")
        agree(one, f"{term}/transformed", line["transformed"])
        agree(one, f"{term}/line", line["estimate"])
        agree(one, f"{term}/se", line["std_error"])
        agree(one, f"{term}/upper_drawn", line["conf_high"])
        agree(one, f"{term}/variance", check.variances[term])


# ---- landmarks ----------------------------------------------------------------------------------


def jasa() -> pd.DataFrame:
    frame = data("jasa.csv")
    return frame.assign(participant_id=np.arange(len(frame)))


def from_landmarks(**options: Any) -> pd.DataFrame:
    made = ws.derive.landmark(jasa(), time="futime", event="fustat", **options)
    return made.assign(grafted=(made["wait_time"] <= made["landmark"]).astype(int))


def test_a_landmark() -> None:
    one, made = gold("landmark.jasa.one"), from_landmarks(at=30)
    agree(one, "n", len(made))
    agree(one, "grafted", made["grafted"].sum())
    agree(one, "days", made["futime"])
    agree(one, "died", made["fustat"])
    left_out = made.attrs["left_out"][30.0]
    agree(one, "gone/died", left_out["had the event by then"])
    agree(one, "gone/left", left_out["not followed beyond it"])
    times = {"time": "futime", "event": "fustat"}
    same(one, ws.survival.cox(made, "grafted + age", **times), "cox/")
    curve = ws.survival.kaplan_meier(made, "grafted", interval="log", **times).frame
    for group in ("0", "1"):
        rows = curve[curve["group"] == group]
        for theirs, ours in (
            ("time", "futime"),
            ("n_risk", "n_risk"),
            ("n_event", "n_event"),
            ("n_censor", "n_censor"),
            ("surv", "estimate"),
            ("std_err", "std_error"),
            ("lower", "conf_low"),
            ("upper", "conf_high"),
        ):
            agree(one, f"km/grafted={group}/{theirs}", rows[ours])


def test_landmarks_stacked() -> None:
    one, made = gold("landmark.jasa.stacked"), from_landmarks(at=[15, 30, 60], horizon=365)
    agree(one, "n", made["landmark"].value_counts(sort=False))
    agree(one, "days", made["futime"])
    agree(one, "died", made["fustat"])
    fit = ws.survival.cox(
        made, "grafted + age", strata="landmark", cluster="participant_id", time="futime",
        event="fustat",
    )  # fmt: skip
    same(one, fit, "cox/")


def test_every_entry_is_compared() -> None:
    # How many rows R made of those at risk at no event differs between tt() and survSplit().
    rows = dict.fromkeys(["n_rows", "n_event"], "counts of pieces")
    aside = {
        f"changing.{name}": rows
        for name in ("veteran.log", "lung.log_strata", "channing.log_entry")
    }
    curves = dict.fromkeys(
        [f"km.grafted={g}.{k}" for g in "01" for k in ("cumhaz", "std_chaz")],
        "the curve compared is survival",
    )
    aside["landmark.jasa.one"] = curves
    assert set(topic(TOPIC)) == TALLIES[TOPIC].entries
    for identifier in topic(TOPIC):
        assert uncovered(TOPIC, identifier, aside.get(identifier)) == []
