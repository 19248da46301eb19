"""Limits of agreement beside R, the published example, and special cases."""

import numpy as np
import pandas as pd
import pytest

import walkstats as ws
from tests.reference.goldens import TALLIES, agree, data, entry, leaves, topic
from walkstats import DataError
from walkstats.plan.numbers import numbers_of
from walkstats.regression.limits_of_agreement import _limits as limits_of
from walkstats.regression.limits_of_agreement import spread_of

TOPIC = "agreement_limits"
PRINTED = 5e-4  # four decimals in print, from 1.96 instead of the normal quantile
SAME = 1e-12
ZOU = 0.015  # the method is approximate: 0.947 in 3,000 replicates from another seed


def cardiac(**arguments):
    return ws.regression.agreement(
        data("cardiac_output.csv"), "rv", "ic", **{"subject": "subject", **arguments}
    )


@pytest.mark.parametrize("scale", ["difference", "ratio"])
def test_several_pairs_per_person(scale):
    gold = entry(TOPIC, f"agreement.cardiac.{scale}")
    row = cardiac(scale=scale).frame.iloc[0]
    for key in gold["values"]:
        agree(gold, key, row[key])


def test_as_published():
    gold = entry(TOPIC, "agreement.cardiac.published")
    row = cardiac().frame.iloc[0]
    for key in ("sd", "bias", "lower", "upper"):
        agree(gold, key, row[key])
    m = data("cardiac_output.csv")["subject"].value_counts().to_numpy()
    divisor = (60**2 - (m**2).sum()) / (11 * 60)
    agree(gold, "divisor", divisor)
    agree(gold, "ms_within", row["sd_within"] ** 2)
    agree(gold, "ms_between", divisor * row["sd_between"] ** 2 + row["sd_within"] ** 2)
    agree(gold, "variance", row["sd"] ** 2)


def test_a_random_intercept_of_balanced_pairs():
    gold = entry(TOPIC, "agreement.cardiac.balanced")
    frame = data("cardiac_output.csv")
    three = frame[frame.groupby("subject").cumcount() < 3]
    row = ws.regression.agreement(three, "rv", "ic", subject="subject").frame.iloc[0]
    for key in gold["values"]:
        agree(gold, key, row[key])


def test_one_pair_each():
    gold = entry(TOPIC, "agreement.cardiac.single")
    once = data("cardiac_output.csv").drop_duplicates("subject")
    for subject in (None, "subject"):
        row = ws.regression.agreement(once, "rv", "ic", subject=subject).frame.iloc[0]
        for key in gold["values"]:
            agree(gold, key, row[key])
    assert TALLIES[TOPIC].entries == set(topic(TOPIC))
    assert leaves(gold["values"])


def test_zou_s_interval_as_simplyagree_prints_it():
    # SimplyAgree 0.2: agree_test(reps), limits with 90 % intervals by recovery of variances
    frame = data("cardiac_output.csv")
    rows = frame.groupby("subject").cumcount() < frame["subject"].map({1: 4, 2: 3, 3: 6, 4: 5})
    pairs = frame[rows]
    row = ws.regression.agreement(pairs, "rv", "ic", level=0.90).frame.iloc[0]
    assert row[["lower", "upper"]].tolist() == pytest.approx([-1.947, 2.824], abs=PRINTED)
    assert row[["lower_low", "upper_high"]].tolist() == pytest.approx([-3.0117, 3.8884], abs=1e-4)


def test_what_must_not_matter():
    frame = data("cardiac_output.csv").astype(float)
    first = cardiac().frame.iloc[0].drop("group").astype(float)
    moved = frame.assign(rv=frame["rv"] + 3, ic=frame["ic"] + 3)
    again = ws.regression.agreement(
        moved.sample(frac=1, random_state=1), "rv", "ic", subject="subject"
    )
    assert again.frame.iloc[0].drop("group").astype(float).to_numpy() == pytest.approx(
        first.to_numpy(), rel=1e-8
    )
    turned = ws.regression.agreement(frame, "ic", "rv", subject="subject").frame.iloc[0]
    assert turned["bias"] == pytest.approx(-first["bias"], rel=SAME)
    assert turned["upper"] == pytest.approx(-first["lower"], rel=SAME)
    ratio = cardiac(scale="ratio").frame.iloc[0]
    tenfold = ws.regression.agreement(
        frame.assign(rv=10 * frame["rv"]), "rv", "ic", subject="subject", scale="ratio"
    )
    assert tenfold.frame["upper"][0] == pytest.approx(10 * ratio["upper"], rel=1e-10)


def test_people_who_do_not_differ_from_each_other():
    frame = pd.DataFrame({"who": list("aabbcc"), "x": [1.0, 3, 1, 3, 1, 3], "y": 0.0})
    found = ws.regression.agreement(frame, "x", "y", subject="who")
    assert found.frame["sd_between"][0] == 0
    assert found.frame["sd"][0] == pytest.approx(np.sqrt(2))
    assert "do not differ" in found.notes[0]


def test_groups_and_what_is_left_out():
    frame = data("cardiac_output.csv").astype(float)
    frame["arm"] = pd.Categorical(
        np.where(frame["subject"] > 6, "walking", "control"), ["walking", "control", "other"]
    )
    frame.loc[[0, 1, 2], ["rv", "ic"]] = [[np.nan, 1], [1, np.nan], [np.nan, np.nan]]
    found = ws.regression.agreement(frame, "rv", "ic", subject="subject", by="arm")
    assert found.frame["group"].tolist() == ["walking", "control", "other"]
    assert found.frame["pairs"].tolist() == [30, 27, 0]
    assert sum(found.counts.left_out.values()) == 3
    zero = frame.assign(ic=frame["ic"].where(frame.index != 5, 0.0))
    left = ws.regression.agreement(
        zero, "rv", "ic", subject="subject", scale="ratio"
    ).counts.left_out
    assert left["a measurement is not above 0, so that there is no ratio"] == 1


def test_rows_of_numbers_of_a_plan():
    rows = numbers_of(cardiac(scale="ratio")).set_index("term")
    row = cardiac(scale="ratio").frame.iloc[0]
    assert rows["estimate"].tolist() == row[["bias", "lower", "upper"]].tolist()
    assert rows.loc["all, upper limit of agreement", "conf_high"] == row["upper_high"]
    assert set(rows["std_error_of"]) == {"log ratio"}


def test_differences_that_grow_are_said():
    rng = np.random.default_rng(3)
    size = rng.uniform(50, 300, 60)
    frame = pd.DataFrame({"diary": 1.3 * size, "device": size + rng.normal(0, 5, 60)})
    found = ws.regression.agreement(frame, "diary", "device")
    assert "limits of ratios" in found.notes[0]
    ratio = ws.regression.agreement(frame, "diary", "device", scale="ratio")
    assert ratio.frame["lower"][0] < 1.3 < ratio.frame["upper"][0]


def test_refusals_in_words():
    frame = pd.DataFrame({"x": [1.0, 2.0], "y": [1.0, np.nan], "t": ["a", "b"]})
    with pytest.raises(DataError, match="no group has pairs"):
        ws.regression.agreement(frame, "x", "y")
    days = pd.Series(pd.to_datetime(["2024-01-01"] * 3))
    for dates in (days, days.dt.tz_localize("UTC"), days - days, days.astype("category")):
        pairs = pd.DataFrame({"a": dates, "b": [1, 2, 3]})
        with pytest.raises(DataError, match="no numbers"):
            ws.regression.agreement(pairs, "a", "b")
    with pytest.raises(DataError, match="no numbers"):
        ws.regression.agreement(frame, "x", "t")
    with pytest.raises(ValueError, match="scale must be one of"):
        ws.regression.agreement(frame, "x", "y", scale="log")
    with pytest.raises(ValueError, match="coverage must lie"):
        ws.regression.agreement(frame, "x", "y", coverage=95)
    with pytest.raises(ValueError, match="No column 'z'"):
        ws.regression.agreement(frame, "x", "z")


@pytest.mark.slow
def test_intervals_of_limits_hold_the_true_limit_as_often_as_they_say():
    # 15 people with 2 to 8 pairs; variance between 1, within 1; the true upper limit is known
    rng = np.random.default_rng(20261122)
    replicates, truth = 2000, 1.959963984540054 * np.sqrt(2.0)
    held, naive = 0, 0
    for _ in range(replicates):
        each = rng.integers(2, 9, 15)
        who = np.repeat(np.arange(15), each)
        d = rng.normal(0, 1, 15)[who] + rng.normal(0, 1, len(who))
        for whose in (who, np.arange(len(who))):
            spread = spread_of(d, whose, 0.95)
            found = limits_of(spread, 0.95, 0.95)
            inside = found["upper_low"] <= truth <= found["upper_high"]
            held += inside and whose is who
            naive += inside and whose is not who
    error = 3.29 * np.sqrt(0.95 * 0.05 / replicates)
    assert held / replicates == pytest.approx(0.95, abs=error + ZOU)
    assert naive / replicates < 0.95 - error - ZOU  # people taken for one pair each
