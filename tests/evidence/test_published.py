"""Are the published figures handed over as stored, each with its source?"""

import json

import numpy as np
import pandas as pd
import pytest

from walkstats.errors import DataError
from walkstats.evidence import beside_published, published, treatments
from walkstats.evidence.leaves import _HERE, leaves_of, stored_names
from walkstats.results import Estimate

NAMES = ["dose_response", "reviews", "shnayderman2013", "steffens2016", "walkback"]


def estimate(value, low, high):
    return Estimate(
        term="arm[walking]",
        estimate=value,
        std_error=0.1,
        statistic=np.nan,
        df=np.inf,
        p_value=np.nan,
        conf_low=low,
        conf_high=high,
        method="by hand",
    )


def test_stored_names_are_those_documented():
    assert stored_names() == NAMES
    for name in NAMES:
        assert f'"{name}"' in published.__doc__.replace("``", "")


@pytest.mark.parametrize("name", NAMES)
def test_every_leaf_is_a_row_with_its_source(name):
    content = json.loads((_HERE / f"{name}.json").read_text(encoding="utf-8"))
    frame = published(name)
    leaves = dict(leaves_of(content))
    assert set(frame["leaf"]) == set(leaves)
    assert frame["name"].is_unique
    for row in frame.itertuples():
        stored = leaves[row.leaf]
        assert row.where == stored["where"]
        assert row.source == (stored["source"] or "")
        if row.source in content["sources"]:
            assert row.citation == content["sources"][row.source]["citation"]
        if stored["value"] is None:
            assert np.isnan(row.number)


def count_numbers(value):
    if isinstance(value, dict):
        return sum(count_numbers(inner) for inner in value.values())
    return int(isinstance(value, (int, float)) and not isinstance(value, bool))


@pytest.mark.parametrize("name", NAMES)
def test_no_number_is_lost(name):
    content = json.loads((_HERE / f"{name}.json").read_text(encoding="utf-8"))
    numbers = sum(count_numbers(stored["value"]) for _, stored in leaves_of(content))
    assert published(name)["number"].notna().sum() == numbers


def test_unknown_name_lists_the_known():
    with pytest.raises(ValueError, match="walkback"):
        published("walkbak")


def test_own_file_of_the_same_shape(tmp_path):
    path = tmp_path / "mine.json"
    stored = {"sources": {"US": {"citation": "Us 2030"}}, "hr": {"value": 0.9, "ci": [0.8, 1.0]}}
    stored["hr"] |= {"source": "US", "where": "table"}
    path.write_text(json.dumps(stored), encoding="utf-8")
    row = published(str(path)).iloc[0]
    assert (row["number"], row["conf_low"], row["citation"]) == (0.9, 0.8, "Us 2030")


@pytest.mark.parametrize("text", ["{", "[1]", '{"sources": {}}', '{"hr": 3}'])
def test_file_of_another_shape_is_refused_in_words(tmp_path, text):
    path = tmp_path / "odd.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(DataError, match=r"odd\.json"):
        published(str(path))


def test_beside_published_says_who_lies_in_whose_interval():
    name = "primary_outcome_activity_limiting_recurrence.hr"
    beside = beside_published({name: estimate(0.80, 0.70, 0.90)}, published("walkback"))
    row = beside.iloc[0]
    assert (row["ours"], row["published"]) == (0.80, 0.72)
    assert row["difference"] == pytest.approx(0.08)
    assert row["published_in_ours"]
    assert row["ours_in_published"]
    assert row["where"] == "abstract"
    assert row["citation"].startswith("Pocovi")
    far = beside_published({name: estimate(0.95, 0.90, 1.00)}, published("walkback")).iloc[0]
    assert not far["published_in_ours"]
    assert not far["ours_in_published"]


def test_beside_published_without_intervals_says_nothing_about_them():
    beside = beside_published({"flow.randomised": 700}, published("walkback"))
    assert beside.loc[0, "difference"] == -1
    assert beside[["published_in_ours", "ours_in_published"]].isna().all(axis=None)


def test_beside_published_keeps_the_order_given_and_may_be_empty():
    names = ["flow.screened", "flow.randomised"]
    beside = beside_published(dict.fromkeys(names, 1.0), published("walkback"))
    assert beside["name"].tolist() == names
    assert len(beside_published({}, published("walkback"))) == 0


@pytest.mark.parametrize(
    ("estimates", "words"),
    [
        ({"flow.randomized": 1.0}, "flow.randomised"),
        ({"design.registration": 1.0}, "is not a number"),
        ({"baseline.bmi": 1.0}, "is not a number"),
        ({"flow.randomised": "701"}, "must be an Estimate or a number"),
        ({"flow.randomised": True}, "must be an Estimate or a number"),
    ],
)
def test_beside_published_refuses_in_words(estimates, words):
    with pytest.raises(ValueError, match=words):
        beside_published(estimates, published("walkback"))


def test_beside_published_refuses_a_frame_of_another_kind():
    with pytest.raises(ValueError, match="number"):
        beside_published({"a": 1.0}, pd.DataFrame({"name": ["a"]}))


def test_treatments_of_unknown_figures():
    with pytest.raises(ValueError, match="walkback"):
        treatments("reviews")
