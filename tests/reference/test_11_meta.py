"""Meta-analysis against R's metafor (11_meta.R). Tolerances of the entries: where R iterates."""

import numpy as np
import pandas as pd
import pytest

from tests.reference.goldens import agree, data, entry, topic, uncovered
from walkstats.evidence import MetaAnalysis, meta_analysis

TOPIC = "11_meta"
METHODS = {
    "EE": "common", "DL": "dersimonian-laird", "REML": "reml", "ML": "ml", "PM": "paule-mandel",
    "HE": "hedges", "SJ": "sidik-jonkman", "HS": "hunter-schmidt", "EB": "paule-mandel",
}  # fmt: skip


def studies(yi: list[float] | np.ndarray, vi: list[float] | np.ndarray) -> pd.DataFrame:
    names = [f"study {k}" for k in range(1, len(yi) + 1)]
    return pd.DataFrame({"study": names, "estimate": yi, "std_error": np.sqrt(vi)})


def bcg(measure: str) -> pd.DataFrame:
    """The thirteen trials: log risk ratio, log odds ratio or risk difference, and its variance."""
    trials = data("dat_bcg.csv")
    a, b, c, d = (trials[name].to_numpy(float) for name in ("tpos", "tneg", "cpos", "cneg"))
    n, m = a + b, c + d
    yi, vi = {
        "RR": (np.log(a / n) - np.log(c / m), 1 / a - 1 / n + 1 / c - 1 / m),
        "OR": (np.log(a / b) - np.log(c / d), 1 / a + 1 / b + 1 / c + 1 / d),
        "RD": (a / n - c / m, a * b / n**3 + c * d / m**3),
    }[measure]
    gold = entry(TOPIC, "meta.bcg.effects")
    agree(gold, f"{measure}.yi", yi)
    agree(gold, f"{measure}.vi", vi)
    return studies(yi, vi)


def compare(gold: dict, at: str, found: MetaAnalysis) -> None:
    """Every number that R prints of one analysis."""
    pooled = found.pooled.estimate("pooled")
    agree(gold, f"{at}.k", found.counts.used)
    agree(gold, f"{at}.coef.intrcpt", pooled.estimate)
    for key, number in (
        ("se", pooled.std_error), ("stat", pooled.statistic), ("p", pooled.p_value),
        ("ci_lb", pooled.conf_low), ("ci_ub", pooled.conf_high),
    ):  # fmt: skip
        agree(gold, f"{at}.{key}", [number])
    agree(gold, f"{at}.df", pooled.df if np.isfinite(pooled.df) else np.nan)
    agree(gold, f"{at}.tau2", found.tau2.estimate)
    agree(gold, f"{at}.I2", found.i2.estimate)
    agree(gold, f"{at}.H2", 1.0 / (1.0 - found.i2.estimate / 100.0))
    agree(gold, f"{at}.Q", found.heterogeneity.statistic)
    agree(gold, f"{at}.Q_df", found.heterogeneity.df)
    agree(gold, f"{at}.Q_p", found.heterogeneity.p_value)
    ends = (np.nan, np.nan)
    if found.prediction.terms:
        one = found.prediction.estimate("a new study")
        ends = one.conf_low, one.conf_high
    agree(gold, f"{at}.pi_lb", ends[0])
    agree(gold, f"{at}.pi_ub", ends[1])


@pytest.mark.parametrize("short", METHODS)
def test_ways_to_estimate_the_variance_between_studies(short):
    gold, frame = entry(TOPIC, f"meta.bcg.RR.{short}"), bcg("RR")
    found = meta_analysis(frame, method=METHODS[short], interval="normal")
    compare(gold, "wald", found)
    agree(gold, "weights_percent", found.studies["weight"])
    if short != "EE":
        compare(gold, "knha", meta_analysis(frame, method=METHODS[short]))
        agree(gold, "blup", found.studies["shrunken"])
        agree(gold, "tau2_ci.lower", found.tau2.conf_low)
        agree(gold, "tau2_ci.upper", found.tau2.conf_high)


def test_an_interval_never_narrower_than_the_normal_one():
    gold = entry(TOPIC, "meta.bcg.knha_adhoc")
    compare(gold, "adhoc", meta_analysis(bcg("RR"), interval="knapp-hartung-at-least-normal"))


@pytest.mark.parametrize("measure", ["OR", "RD"])
def test_other_measures(measure):
    gold, frame = entry(TOPIC, f"meta.bcg.{measure}"), bcg(measure)
    compare(gold, "EE", meta_analysis(frame, method="common"))
    compare(gold, "DL", meta_analysis(frame, method="dersimonian-laird", interval="normal"))
    compare(gold, "REML_knha", meta_analysis(frame))
    compare(gold, "PM", meta_analysis(frame, method="paule-mandel", interval="normal"))


def test_two_and_three_studies():
    gold = entry(TOPIC, "meta.small_k")
    three = studies([-0.4, 0.1, -0.25], [0.04, 0.09, 0.02])
    simple = "dersimonian-laird"
    compare(gold, "k3_REML", meta_analysis(three, interval="normal"))
    compare(gold, "k3_knha", meta_analysis(three, method=simple))
    compare(gold, "k2_DL", meta_analysis(three.head(2), method=simple, interval="normal"))
    compare(gold, "k2_knha", meta_analysis(three.head(2), method=simple))


def test_every_entry_is_used():
    assert not [leaf for identifier in topic(TOPIC) for leaf in uncovered(TOPIC, identifier)]
