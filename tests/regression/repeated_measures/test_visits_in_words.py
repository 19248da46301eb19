"""Visits named in words are taken in the order in which a reader counts."""

import numpy as np
import pandas as pd
import pytest

from walkstats.errors import DataError
from walkstats.missing import missing_pattern, reference_based
from walkstats.regression import mmrm, visit_means


@pytest.fixture(scope="module")
def visits():
    rng = np.random.default_rng(4)
    frame = pd.DataFrame(
        {"participant_id": np.repeat(range(12), 3), "month": np.tile([3, 6, 12], 12)}
    )
    frame["arm"] = np.where(frame["participant_id"] % 2, "walking", "control")
    frame["pain"] = np.repeat(rng.normal(5, 1, 12), 3) + rng.normal(0, 1, 36)
    frame.loc[[5, 20], "pain"] = np.nan
    return frame.assign(when="month " + frame["month"].astype(str))


def test_words_are_the_same_visits_as_numbers(visits):
    # First-order autoregression depends on the order; sorted words would put month 12 first.
    numbers = mmrm(visits, "pain ~ arm + factor(month)", visit="month", covariance="ar1")
    words = mmrm(visits, "pain ~ arm + when", visit="when", covariance="ar1")
    assert words.log_likelihood == pytest.approx(numbers.log_likelihood, rel=1e-12)
    assert words.visits == ("month 3", "month 6", "month 12")


def test_means_and_patterns_keep_that_order(visits):
    seen = visit_means(visits, "pain", visit="when").frame
    by_month = visit_means(visits, "pain", visit="month").frame
    np.testing.assert_allclose(seen["estimate"], by_month["estimate"])
    found = missing_pattern(visits, "pain", visit="when")
    assert found.items == ("when month 3", "when month 6", "when month 12")
    assert found.monotone == missing_pattern(visits, "pain", visit="month").monotone


def test_a_baseline_comes_before_visits_that_begin_with_a_number(visits):
    names = {3: "Baseline", 6: "6 weeks", 12: "12 weeks"}
    frame = visits.assign(when=visits["month"].map(names))
    seen = visit_means(frame, "pain", visit="when")
    assert seen.frame["label"].iloc[:3].tolist() == ["Baseline", "6 weeks", "12 weeks"]
    assert seen.notes == (
        "Visits in the order Baseline, 6 weeks, 12 weeks; make when a Categorical for another.",
    )
    filled = reference_based(
        frame, "pain", visit="when", reference="control", strategy="copy-increments",
        imputations=2, seed=1, burn_in=2, between=1,
    )  # fmt: skip
    assert seen.notes[0] in filled.notes


def test_numbers_kept_as_text_are_refused(visits):
    text = visits.assign(month=visits["month"].astype(str))
    for ask in (
        lambda: mmrm(text, "pain ~ arm", visit="month"),
        lambda: missing_pattern(text, "pain", visit="month"),
    ):
        with pytest.raises(DataError, match="text"):
            ask()
