"""Harms of several kinds at once: what they collapse to, what is said, what is refused.

Tolerances: 1e-12, the same kernels; 1e-9 for sandwich errors written out.
"""

from __future__ import annotations

import pickle

import numpy as np
import pandas as pd
import pytest

import walkstats as ws
from walkstats.errors import DataError
from walkstats.regression import compare_harms

SAME = 1e-12
WRITTEN_OUT = 1e-9


def people(seed: int = 3, n: int = 80) -> pd.DataFrame:
    """Two kinds and a third that nobody has, for n people in two arms."""
    rng = np.random.default_rng(seed)
    parts = []
    for kind, rate in (("pain", 0.9), ("fall", 0.05), ("stroke", 0.0)):
        parts.append(
            pd.DataFrame(
                {
                    "participant_id": np.arange(n),
                    "arm": np.repeat(["control", "walking"], n // 2),
                    "kind": kind,
                    "events": rng.poisson(rate, n),
                    "days": np.where(np.arange(n) % 9 == 0, 0.0, 300.0 + np.arange(n)),
                }
            )
        )
    frame = pd.concat(parts, ignore_index=True)
    frame["events_observed"] = np.where(frame["days"] > 0, frame["events"], 0)
    return frame


@pytest.fixture(scope="module")
def found() -> ws.regression.HarmComparison:
    return compare_harms(people())


def test_each_kind_is_a_comparison_of_risks(found: ws.regression.HarmComparison) -> None:
    for kind, own in people().groupby("kind"):
        alone = ws.regression.compare_risks(own.assign(had=own["events"] > 0), "had", "arm",
                                            ratio="score")  # fmt: skip
        term = f"{kind}: arm[walking]"
        for name in ("difference", "ratio"):
            ours, theirs = (getattr(r, name) for r in (found, alone))
            np.testing.assert_allclose(
                ours.to_frame().set_index("term").loc[term, ["estimate", "conf_low", "conf_high"]]
                .astype(float),
                theirs.to_frame().loc[0, ["estimate", "conf_low", "conf_high"]].astype(float),
                rtol=SAME,
            )  # fmt: skip
        assert found.tests[term].p_value == alone.tests["arm[walking]"].p_value


def test_robust_errors_of_a_rate_ratio_written_out(found: ws.regression.HarmComparison) -> None:
    own = people().query("kind == 'pain' and days > 0")
    spread = []
    rates = []
    for _, one in own.groupby("arm"):
        rate = one["events_observed"].sum() / one["days"].sum()
        rest = one["events_observed"] - rate * one["days"]
        spread.append((rest**2).sum() / one["events_observed"].sum() ** 2)
        rates.append(rate)
    n = len(own)
    ratio = found.rate_ratio.estimate("pain: arm[walking]")
    assert ratio.estimate == pytest.approx(np.log(rates[1] / rates[0]), rel=WRITTEN_OUT)
    assert ratio.std_error == pytest.approx(np.sqrt(sum(spread) * n / (n - 2)), rel=WRITTEN_OUT)


def test_few_and_no_events_are_compared_exactly_and_said(
    found: ws.regression.HarmComparison,
) -> None:
    assert dict(found.rate_rules) == {"pain": "poisson", "fall": "exact", "stroke": "exact"}
    own = people().query("kind == 'fall'")
    exact = ws.regression.compare_rates(own, "arm", events="events_observed", exposure="days")
    assert found.rate_ratio.estimate("fall: arm[walking]").conf_high == pytest.approx(
        exact.ratio.estimate("arm[walking]").conf_high, rel=SAME
    )
    none = found.difference.estimate("stroke: arm[walking]")
    assert none.estimate == 0.0
    assert none.conf_low < 0.0 < none.conf_high
    assert np.isnan(found.rate_ratio.estimate("stroke: arm[walking]").estimate)
    said = " ".join(found.notes)
    assert "Nobody had: stroke." in said
    assert "Rates with exact limits, which take events as independent" in said
    assert "3 kinds of harm are compared, and no p-value or interval is adjusted" in said
    assert "does not show that there is none" in said


def test_people_without_follow_up_stay_in_the_denominators(
    found: ws.regression.HarmComparison,
) -> None:
    assert found.groups["n"].eq(40).all()
    assert found.counts.participants == 80
    said = " ".join(found.notes)
    assert "9 participants were never under observation" in said
    assert "Events outside the time observed, not in rates: pain (" in said
    rates = found.groups.query("kind == 'pain'")
    observed = people().query("kind == 'pain'").groupby("arm")["events_observed"].sum()
    np.testing.assert_allclose(
        rates["rate"], observed / rates["exposure"].to_numpy() * 36525.0, rtol=WRITTEN_OUT
    )


def test_swapped_arms_turn_everything_round() -> None:
    frame = people()
    turned = frame.assign(arm=pd.Categorical(frame["arm"], ["walking", "control"]))
    one, two = compare_harms(frame), compare_harms(turned)
    for name in ("difference", "rate_ratio"):
        a, b = (getattr(r, name).values for r in (one, two))
        np.testing.assert_allclose(a, -b, rtol=WRITTEN_OUT, atol=1e-12)
    a, b = ([t.p_value for t in r.tests.values()] for r in (one, two))
    np.testing.assert_allclose(a, b, rtol=SAME)


def test_three_arms_and_no_exposure() -> None:
    frame = people()
    frame["arm"] = np.array(["a", "b", "c"])[frame["participant_id"] % 3]
    found = compare_harms(frame, exposure=None)
    assert found.rates is None
    assert found.difference.terms[:2] == ("pain: arm[b]", "pain: arm[c]")
    assert pickle.loads(pickle.dumps(found)).kinds == ("pain", "fall", "stroke")


def test_related_events_of_one_arm_are_no_comparison() -> None:
    counts = ws.derive.harm_counts(ws.load_sample("walkback-like"), kinds=["any", "related"])
    found = compare_harms(counts, rates="exact")
    assert any("Nobody in control has an event called related" in note for note in found.notes)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"events": -1}, "events is no whole number from 0 on"),
        ({"days": -3.0}, "days is negative"),
        ({"days": 0.0, "events_observed": 1}, "events_observed has events where days is 0"),
        ({"participant_id": 1}, "repeat a participant for one kind"),
        ({"arm": "control"}, "needs 2 groups"),
    ],
)
def test_what_cannot_be_is_refused(change: dict, words: str) -> None:
    with pytest.raises(DataError, match=words):
        compare_harms(people().assign(**change))


def test_unknown_words_are_refused() -> None:
    with pytest.raises(ValueError, match="rates must be one of"):
        compare_harms(people(), rates="cox")
    with pytest.raises(ValueError, match="No column 'sort' for the kinds"):
        compare_harms(people(), kind="sort")
