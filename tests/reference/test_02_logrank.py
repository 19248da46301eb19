"""The log-rank family against R's survdiff and the formulas of 02_logrank.R.

Tolerances are those of the entries: 1e-8 relative (1e-9 for the weighted tests), since everything
here is closed form.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

import walkstats as ws
from tests.reference import goldens
from tests.reference.goldens import agree, entry, topic

TOPIC = "02_logrank"
LUNG = {"time": "time", "event": "status", "event_value": 2}
STATUS = {"time": "time", "event": "status"}
OVARIAN = {"time": "futime", "event": "fustat"}


def gold(identifier: str) -> dict[str, Any]:
    return entry(TOPIC, f"lr.{identifier}")


def same_survdiff(one: dict[str, Any], test: ws.results.HypothesisTest, stem: str = "") -> None:
    groups = test.parts["groups"]
    found = {
        "n": groups["n"],
        "obs": groups["observed"],
        "exp": groups["expected"],
        "var": test.parts["covariance"],
        "chisq": test.statistic,
        "df": test.df,
        "p": test.p_value,
    }
    theirs = goldens.value(one, stem) if stem else one["values"]
    if "obs_by_stratum" in theirs:
        strata = test.parts["by_stratum"].pivot_table(
            index="group", columns="stratum", sort=False, values=["observed", "expected"]
        )
        found["obs_by_stratum"] = strata["observed"].to_numpy()
        found["exp_by_stratum"] = strata["expected"].to_numpy()
    for key, ours in found.items():
        agree(one, f"{stem}/{key}" if stem else key, ours)


def same_score(one: dict[str, Any], test: ws.results.HypothesisTest, stem: str = "") -> None:
    groups = test.parts["groups"]
    for key, ours in {
        "U": test.parts["score"],
        "V": test.parts["covariance"],
        "obs_w": groups["observed"],
        "exp_w": groups["expected"],
        "chisq": test.statistic,
        "df": test.df,
        "p": test.p_value,
    }.items():
        agree(one, f"{stem}/{key}" if stem else key, ours)


@pytest.mark.parametrize(
    ("name", "data", "by", "options"),
    [
        ("lung.sex", "lung", "sex", LUNG),
        ("lung.sex.rho1", "lung", "sex", {**LUNG, "rho": 1}),
        ("lung.sex.rho_half", "lung", "sex", {**LUNG, "rho": 0.5}),
        ("lung.strat_ecog", "lung", "sex", {**LUNG, "strata": "ph_ecog"}),
        ("lung.strat_inst", "lung", "sex", {**LUNG, "strata": ["inst"]}),
        ("lung.ecog_k4", "lung", "ph_ecog", LUNG),
        ("veteran.celltype_k4", "veteran", "celltype", STATUS),
        ("veteran.celltype_k4.rho1", "veteran", "celltype", {**STATUS, "rho": 1}),
        ("veteran.trt_strat_celltype", "veteran", "trt", {**STATUS, "strata": "celltype"}),
        (
            "veteran.trt_strat_celltype.rho1",
            "veteran",
            "trt",
            {**STATUS, "strata": "celltype", "rho": 1},
        ),
        ("veteran.trt_celltype_k8", "veteran", ["trt", "celltype"], STATUS),
        ("ovarian.rx", "ovarian", "rx", OVARIAN),
        ("aml.x", "aml", "x", STATUS),
        ("rats.rx_strat_litter", "rats", "rx", {**STATUS, "strata": "litter"}),
    ],
)
def test_survdiff(name: str, data: str, by: Any, options: dict[str, Any]) -> None:
    same_survdiff(gold(name), ws.survival.log_rank(goldens.data(f"{data}.csv"), by, **options))


def test_first_recurrence() -> None:
    frame = goldens.data("bladder2.csv")
    frame = frame[frame["enum"] == 1]
    one = gold("bladder.first_recurrence")
    same_survdiff(one, ws.survival.log_rank(frame, "rx", time="stop", event="event"))


def test_three_arms() -> None:
    frame = goldens.data("bladder1.csv")
    frame = frame[(frame["enum"] == 1) & (frame["stop"] > 0)].assign(
        many=lambda rows: rows["number"] >= 3
    )
    one, columns = gold("bladder1.first_recurrence_k3"), {"time": "stop", "event": "status"}
    same_survdiff(one, ws.survival.log_rank(frame, "treatment", event_value=1, **columns))
    within = ws.survival.log_rank(frame, "treatment", strata="many", event_value=1, **columns)
    same_survdiff(one, within, "strat_number")


WEIGHTS = {
    "LR": {},
    "Gehan": {"weighting": "gehan"},
    "TaroneWare": {"weighting": "tarone-ware"},
    "PetoPeto": {"weighting": "peto-peto"},
    "modPetoPeto": {"weighting": "modified-peto-peto"},
    "FH11": {"rho": 1, "gamma": 1},
    "FH01": {"gamma": 1},
    "FH10": {"rho": 1},
    "FH0505": {"rho": 0.5, "gamma": 0.5},
}


@pytest.mark.parametrize(
    ("by", "name"),
    [("trt", name) for name in WEIGHTS] + [("celltype", name) for name in list(WEIGHTS)[:6]],
)
def test_weights(by: str, name: str) -> None:
    one = gold("wlr.veteran.trt" if by == "trt" else "wlr.veteran.celltype_k4")
    test = ws.survival.log_rank(goldens.data("veteran.csv"), by, **STATUS, **WEIGHTS[name])
    same_score(one, test, name)


def test_trend() -> None:
    one, veteran = gold("trend.veteran.karno3"), goldens.data("veteran.csv")
    veteran["band"] = pd.cut(veteran["karno"], [0, 40, 70, 100], labels=["low", "middle", "high"])
    scores = {"low": 1, "middle": 2, "high": 3}
    test = ws.survival.log_rank(veteran, "band", scores=scores, **STATUS)
    same_score(one, test.parts["overall"], "overall")
    for key, ours in {
        "scores": test.parts["scores"],
        "U": test.parts["trend"],
        "V": test.parts["trend_variance"],
        "z": test.parts["z"],
        "chisq": test.statistic,
        "p": test.p_value,
    }.items():
        agree(one, key, ours)
    assert test.df == 1


def test_late_entry() -> None:
    frame = goldens.data("channing.csv")
    frame = frame[frame["age"] > frame["ageentry"]]
    test = ws.survival.log_rank(frame, "gender", time="age", event="death", entry="ageentry")
    same_score(gold("left_truncated.channing"), test)


@pytest.mark.parametrize("ties", ["exact", "efron", "breslow"])
def test_score_test_of_cox(ties: str) -> None:
    one, lung = gold("exact_score_identity.lung"), goldens.data("lung.csv")
    fit = ws.survival.cox(lung, "sex", ties=ties, **LUNG)
    agree(one, f"score_{ties}", fit.tests["score"].statistic)
    agree(one, "survdiff", ws.survival.log_rank(lung, "sex", **LUNG).statistic)


@pytest.mark.parametrize("adjust", ["BH", "bonferroni", "holm", "none"])
def test_pairs(adjust: str) -> None:
    one = gold(f"pairwise.veteran.celltype.{adjust}")
    pairs = ws.survival.log_rank_pairs(
        goldens.data("veteran.csv"), "celltype", adjust=adjust, **STATUS
    )
    table = pairs.pivot_table(index="group", columns="reference", values="p_adjusted")
    assert list(table.index) == one["values"]["rows"]
    assert list(table.columns) == one["values"]["cols"]
    agree(one, "p", table)


def test_hazard_ratios_from_observed_and_expected() -> None:
    one = gold("ratio_oe.lung")
    test = ws.survival.log_rank(goldens.data("lung.csv"), "sex", **LUNG)
    relative = test.parts["groups"]["observed"] / test.parts["groups"]["expected"]
    agree(one, "hr_pike", relative[0] / relative[1])
    # R's script takes men over women, the reference over the other group.
    log_ratio = test.parts["hazard_ratios"].contrast({"sex[2]": -1})
    ratio = test.parts["hazard_ratios"].contrast({"sex[2]": -1}, ratio=True)
    agree(one, "peto_loghr", log_ratio.estimate)
    agree(one, "peto_se", log_ratio.std_error)
    agree(one, "peto_hr", ratio.estimate)
    agree(one, "peto_lower95", ratio.conf_low)
    agree(one, "peto_upper95", ratio.conf_high)


def test_all_entries_are_compared() -> None:
    tally = goldens.TALLIES[TOPIC]
    if not tally.entries:
        pytest.skip("runs after the comparisons of this file")
    aside = {"rows": "labels, compared by ==", "cols": "labels, compared by =="}
    left = {name: goldens.uncovered(TOPIC, name, aside) for name in topic(TOPIC)}
    assert {name: keys for name, keys in left.items() if keys} == {}
    assert np.isfinite(tally.largest)
