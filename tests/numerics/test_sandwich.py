"""Sums over clusters and the sandwich, against loops."""

import numpy as np

from walkstats.numerics.sandwich import cluster_sums, outer_sum, sandwich


def test_cluster_sums_are_those_of_a_loop():
    rng = np.random.default_rng(1)
    rows, cluster = rng.normal(size=(30, 3)), rng.integers(0, 7, 30)
    expected = [rows[cluster == g].sum(axis=0) for g in range(cluster.max() + 1)]
    assert np.allclose(cluster_sums(rows, cluster), expected)


def test_outer_sum_takes_each_unit_once():
    rng = np.random.default_rng(2)
    rows, cluster = rng.normal(size=(12, 2)), np.repeat(np.arange(4), 3)
    copies = rng.integers(0, 3, 12).astype(float)
    assert np.allclose(outer_sum(rows), sum(np.outer(r, r) for r in rows))
    written_out = np.repeat(np.arange(12), copies.astype(int))
    assert np.allclose(outer_sum(rows, None, copies), outer_sum(rows[written_out]))
    assert np.allclose(
        outer_sum(rows, cluster, copies), outer_sum(rows[written_out], cluster[written_out])
    )


def test_sandwich_is_symmetric():
    rng = np.random.default_rng(3)
    bread, meat = rng.normal(size=(2, 4, 4))
    bread, meat = bread @ bread.T, meat @ meat.T
    found = sandwich(bread, meat)
    assert np.array_equal(found, found.T)
    assert np.allclose(found, bread @ meat @ bread)
