"""Harms of several kinds at once: R's (harms.R).

Tolerances are those of the entries: 1e-6 relative for regressions, both at the maximum; 1e-7 for
exact limits, which R finds by a root search.
"""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

import walkstats as ws
from tests.reference.goldens import TALLIES, agree, data, entry, topic, uncovered

TOPIC = "harms"


def epil(period: int) -> pd.DataFrame:
    frame = data("epil.csv").query("period == @period")
    return frame.assign(
        arm=frame["trt"].map({1: "placebo", 2: "progabide"}),
        days=14.0 - frame["subject"] % 3,
        participant_id=frame["subject"],
    )


def compared(frame: pd.DataFrame, events: str, **more: Any) -> Any:
    return ws.regression.compare_harms(frame, kind=None, events=events, per=100.0, **more)


@pytest.mark.parametrize("period", [1, 2, 3, 4])
def test_counts_with_robust_and_negative_binomial_ratios(period: int) -> None:
    gold = entry(TOPIC, f"harms.epil.period{period}")
    found = compared(epil(period), "y")
    ratio = found.rate_ratio.estimate("any: arm[progabide]")
    agree(gold, "participants", found.groups["participants"])
    agree(gold, "events", found.groups["events"])
    agree(gold, "fisher", found.tests["any: arm[progabide]"].p_value)
    agree(gold, "rate", found.groups["rate"])
    agree(gold, "rate_low", found.groups["rate_low"])
    agree(gold, "rate_high", found.groups["rate_high"])
    agree(gold, "log_ratio", ratio.estimate)
    agree(gold, "se", ratio.std_error)
    agree(gold, "low", ratio.conf_low)
    agree(gold, "high", ratio.conf_high)
    counted = compared(epil(period), "y", rates="negative-binomial").rate_ratio
    agree(gold, "nb_log_ratio", counted.values[0])
    agree(gold, "nb_se", counted.std_errors[0])


def test_few_events_are_compared_exactly() -> None:
    gold = entry(TOPIC, "harms.epil.many")
    frame = epil(4)
    found = compared(frame.assign(many=(frame["y"] > 15).astype(int)), "many")
    ratio = found.rate_ratio.estimate("any: arm[progabide]", ratio=True)
    assert dict(found.rate_rules) == {"any": "exact"}
    agree(gold, "participants", found.groups["participants"])
    agree(gold, "events", found.groups["events"])
    agree(gold, "fisher", found.tests["any: arm[progabide]"].p_value)
    for key, ours in (("ratio", ratio.estimate), ("low", ratio.conf_low),
                      ("high", ratio.conf_high), ("p", ratio.p_value)):  # fmt: skip
        agree(gold, key, ours)
    agree(gold, "rate_low", found.groups["rate_low"])
    agree(gold, "rate_high", found.groups["rate_high"])


def test_the_published_comparison() -> None:
    counts = ws.derive.harm_counts(ws.load_sample("walkback-like"), kinds="any")
    found = ws.regression.compare_harms(counts)
    test = found.tests["any: arm[walking]"]
    agree(entry(TOPIC, "harms.walkback.any"), "fisher", test.p_value)
    assert f"{test.p_value:.2f}" == "0.60"  # as published


def test_every_entry_was_used() -> None:
    assert TALLIES[TOPIC].entries == set(topic(TOPIC))
    assert not [leaf for one in topic(TOPIC) for leaf in uncovered(TOPIC, one)]
