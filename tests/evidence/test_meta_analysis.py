"""Pooled studies: special cases that must collapse, what is refused and said, and a forest."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import walkstats as ws
from walkstats.errors import DataError
from walkstats.evidence import meta_analysis
from walkstats.evidence.between_studies import (
    maximum_likelihood,
    paule_mandel,
    restricted_likelihood,
    spread,
)

SAME = 1e-9  # closed forms, or roots found to 1e-14
ROOT = 1e-6  # of a search over a grid, refined once

THREE = pd.DataFrame(
    {"study": ["A", "B", "C"], "estimate": [-0.4, 0.1, -0.25], "std_error": [0.2, 0.3, 0.14]}
)


def drawn(seed: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    k = int(rng.integers(2, 9))
    v = rng.uniform(0.01, 0.3, k)
    return rng.normal(0, np.sqrt(v + rng.choice([0.0, 0.2]))), v


@given(st.integers(0, 10_000))
def test_equally_well_known_studies_are_a_sample(seed):
    """Knapp and Hartung's interval is then Student's of the mean, whatever tau squared is."""
    y, _ = drawn(seed)
    frame = pd.DataFrame({"study": range(y.size), "estimate": y, "std_error": 0.3})
    for method in ("reml", "sidik-jonkman", "dersimonian-laird"):
        pooled = meta_analysis(frame, method=method).pooled.estimate("pooled")
        assert pooled.estimate == pytest.approx(y.mean(), abs=SAME)
        error = y.std(ddof=1) / np.sqrt(y.size)
        assert pooled.std_error == pytest.approx(error, rel=1e-7)
        assert pooled.df == y.size - 1


@given(st.integers(0, 10_000))
def test_the_likelihoods_are_highest_there(seed):
    """Written out otherwise: normal densities, and the mean integrated out; over a fine grid."""
    y, v = drawn(seed)
    grid = np.append(0.0, np.geomspace(1e-5, 20, 4000))
    weights = 1.0 / (v + grid[:, np.newaxis])
    mean = (weights * y).sum(axis=1) / weights.sum(axis=1)
    density = np.log(weights) / 2 - weights * (y - mean[:, np.newaxis]) ** 2 / 2
    plain = density.sum(axis=1)
    for kernel, values in (
        (maximum_likelihood, plain),
        (restricted_likelihood, plain - np.log(weights.sum(axis=1)) / 2),
    ):
        best = grid[np.argmax(values)]
        assert kernel(y, v) == pytest.approx(best, rel=5e-3, abs=2e-5)


@given(st.integers(0, 10_000))
def test_order_units_and_signs(seed):
    y, v = drawn(seed)
    frame = pd.DataFrame(
        {"study": [f"s{k}" for k in range(y.size)], "estimate": y, "std_error": np.sqrt(v)}
    )
    found = meta_analysis(frame)
    turned = meta_analysis(frame.sample(frac=1, random_state=seed))
    other = meta_analysis(frame.assign(estimate=-7 * y, std_error=7 * np.sqrt(v)))
    one, two, three = (f.pooled.estimate("pooled") for f in (found, turned, other))
    assert two.estimate == pytest.approx(one.estimate, abs=SAME)
    assert three.estimate == pytest.approx(-7 * one.estimate, abs=ROOT)
    assert three.p_value == pytest.approx(one.p_value, abs=ROOT)
    assert other.tau2.estimate == pytest.approx(49 * found.tau2.estimate, rel=ROOT, abs=ROOT)
    q = spread(y, v, paule_mandel(y, v))
    assert q == pytest.approx(y.size - 1) or spread(y, v) < y.size - 1


def test_m49_a_study_that_cannot_be_pooled_is_named():
    for column, value, said in (
        ("std_error", 0.0, "standard error is 0"),
        ("std_error", -0.1, "standard error is negative"),
        ("std_error", np.nan, "standard error is missing"),
        ("std_error", np.inf, "infinite"),
        ("estimate", np.nan, "effect is missing"),
    ):
        frame = THREE.copy()
        frame.loc[1, column] = value
        with pytest.raises(DataError, match=said) as caught:
            meta_analysis(frame)
        found = caught.value.problems.iloc[0]
        assert (found["column"], found["row"]) == (column, 1)
        assert said == "infinite" or "B" in str(caught.value)
    with pytest.raises(DataError, match="several rows of one study"):
        meta_analysis(THREE.assign(study=["A", "B", "A"]))
    with pytest.raises(DataError, match="0 studies"):
        meta_analysis(THREE.head(0))
    with pytest.raises(ValueError, match="dersimonian-laird"):
        meta_analysis(THREE, method="DL")


def test_m49_one_study_is_the_study_itself_and_tau_squared_is_missing():
    found = meta_analysis(THREE.head(1))
    pooled = found.pooled.estimate("pooled")
    assert (pooled.estimate, pooled.std_error) == pytest.approx((-0.4, 0.2))
    assert np.isnan([found.tau2.estimate, found.i2.estimate, found.heterogeneity.p_value]).all()
    assert found.prediction.terms == ()
    assert any("One study only" in note for note in found.notes)
    assert found.to_frame()["term"].tolist() == ["pooled"]


def test_what_is_said():
    found = meta_analysis(THREE)
    assert "restricted maximum likelihood" in found.method
    assert any("hardly known" in note for note in found.notes)
    assert any("closer together" in note for note in found.notes)
    common = meta_analysis(THREE, method="common")
    assert "common effect" in common.method
    assert any("widen no interval" in note for note in common.notes)
    assert found.studies["weight"].sum() == pytest.approx(100)


def test_a_forest_shows_every_study_the_mean_and_a_new_study():
    found = meta_analysis(THREE, ratio=True, measure="hazard ratio")
    rows = found.rows()
    assert list(rows) == ["A", "B", "C", "Pooled", "A new study"]
    assert rows["A"].estimate == pytest.approx(np.exp(-0.4))
    figure = ws.figures.plot_forest(rows)
    texts = " ".join(text.get_text() for ax in figure.axes for text in ax.texts)
    assert "0.67" in texts
