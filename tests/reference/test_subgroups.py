"""Effects in subgroups: R's (subgroups.R).

Tolerances are those of the entries: 1e-6 or 1e-7 relative for fits, both at the maximum; 1e-8 for
least squares, which are closed.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from tests.reference.goldens import TALLIES, agree, data, entry, topic, uncovered
from walkstats.causal import effect_curve, subgroup_effects

TOPIC = "subgroups"
TIMED = {"time": "time", "event": "status", "subject": "row"}


def veteran() -> pd.DataFrame:
    frame = data("veteran.csv")
    frame["arm"] = pd.Categorical(frame["trt"].map({1: "standard", 2: "test"}))
    return frame.assign(
        row=np.arange(len(frame)),
        celltype="type " + frame["celltype"].astype(str),
        prior=frame["prior"].map({0: "no", 10: "yes"}),
    )


def birthwt() -> pd.DataFrame:
    frame = data("birthwt.csv")
    race = frame["race"].map({1: "a", 2: "b", 3: "c"})
    return frame.assign(smoke=frame["smoke"].map({0: "no", 1: "yes"}), race=race)


def same(gold: dict[str, Any], found: Any) -> None:
    agree(gold, "effect", found.effects.values)
    agree(gold, "se", found.effects.std_errors)


def test_hazard_ratios_with_risks_beside_them() -> None:
    gold = entry(TOPIC, "subgroups.veteran.cox")
    asked = {"model": "cox", "at": 90, "options": TIMED}
    found = subgroup_effects(veteran(), "arm + karno", "celltype", **asked)
    same(gold, found)
    agree(gold, "wald", found.interaction_tests["celltype"].statistic)
    likely = subgroup_effects(
        veteran(), "arm + karno", "celltype", test="likelihood-ratio", **asked
    )
    agree(gold, "lr", likely.interaction_tests["celltype"].statistic)
    agree(gold, "lr_p", likely.interaction_tests["celltype"].p_value)
    agree(gold, "gap", found.absolute.values[1:])
    agree(gold, "gap_se", found.absolute.std_errors[1:])
    agree(gold, "q", found.other_tests["celltype"].statistic)


def test_a_modifier_that_is_a_stratum() -> None:
    gold = entry(TOPIC, "subgroups.veteran.strata")
    options = {**TIMED, "strata": "prior"}
    found = subgroup_effects(veteran(), "arm", "prior", at=90, options=options)
    same(gold, found)
    agree(gold, "wald", found.interaction_tests["prior"].statistic)


def test_an_effect_along_a_straight_line() -> None:
    gold = entry(TOPIC, "subgroups.veteran.age")
    values = [45, 60, 68]
    found = effect_curve(veteran(), "arm", "age", at=90, values=values, options=TIMED)
    agree(gold, "effect", np.log(found.curve.frame["estimate"]))
    agree(gold, "se", found.curve.frame["std_error"])
    agree(gold, "wald", found.interaction.statistic)
    agree(gold, "slope", found.slope.values[0])


def test_an_effect_along_a_spline() -> None:
    gold = entry(TOPIC, "subgroups.veteran.age_spline")
    found = effect_curve(
        veteran(), "arm", "age", at=90, form="spline", values=[45, 60, 68], options=TIMED
    )
    agree(gold, "effect", np.log(found.curve.frame["estimate"]))
    agree(gold, "se", found.curve.frame["std_error"])
    agree(gold, "wald", found.interaction.statistic)
    agree(gold, "bent", found.nonlinear.statistic)


def test_restricted_means_level_by_level() -> None:
    gold = entry(TOPIC, "subgroups.veteran.restricted")
    found = subgroup_effects(
        veteran(), "arm", "prior", model="restricted_means", tau=180, options=TIMED
    )
    agree(gold, "difference", found.effects.values)
    agree(gold, "se", found.effects.std_errors)
    agree(gold, "q", found.interaction_tests["prior"].statistic)


def test_odds_ratios() -> None:
    gold = entry(TOPIC, "subgroups.birthwt.logistic")
    asked = {"model": "logistic", "arm": "smoke"}
    found = subgroup_effects(birthwt(), "low ~ smoke + age", "race", **asked)
    same(gold, found)
    agree(gold, "wald", found.interaction_tests["race"].statistic)
    likely = subgroup_effects(
        birthwt(), "low ~ smoke + age", "race", test="likelihood-ratio", **asked
    )
    agree(gold, "lr", likely.interaction_tests["race"].statistic)
    agree(gold, "gap", found.absolute.values[1:])


def test_differences_in_means() -> None:
    gold = entry(TOPIC, "subgroups.birthwt.means")
    asked = {"model": "ols", "arm": "smoke"}
    found = subgroup_effects(birthwt(), "bwt ~ smoke + age", "race", **asked)
    same(gold, found)
    agree(gold, "f", found.interaction_tests["race"].statistic)
    agree(gold, "df", found.interaction_tests["race"].df_denominator)
    plain = subgroup_effects(
        birthwt(), "bwt ~ smoke + age", "race", options={"se": "classical"}, **asked
    )
    agree(gold, "model_f", plain.interaction_tests["race"].statistic)


def test_risk_ratios() -> None:
    gold = entry(TOPIC, "subgroups.birthwt.risk_ratio")
    found = subgroup_effects(
        birthwt(), "low ~ smoke", "race", model="relative_risk", arm="smoke",
        options={"se": "HC1"},
    )  # fmt: skip
    same(gold, found)
    agree(gold, "wald", found.interaction_tests["race"].statistic)


def test_every_entry_was_used() -> None:
    assert TALLIES[TOPIC].entries == set(topic(TOPIC))
    assert not [leaf for one in topic(TOPIC) for leaf in uncovered(TOPIC, one)]
