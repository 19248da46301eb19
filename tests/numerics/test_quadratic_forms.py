"""Wald and score statistics of covariances that are singular, or not there."""

import numpy as np
import pytest

from walkstats.numerics.quadratic_forms import quadratic_form


def test_flat_directions_do_not_count():
    assert quadratic_form(np.array([2.0, 0.0]), np.diag([4.0, 0.0])) == (pytest.approx(1.0), 1)
    twice = np.array([[1.0, 1.0], [1.0, 1.0]])
    assert quadratic_form(np.array([3.0, 3.0]), twice) == (pytest.approx(9.0), 1)
    assert quadratic_form(np.zeros(2), np.zeros((2, 2))) == (0.0, 0)


def test_units_do_not_matter():
    rng = np.random.default_rng(1)
    root = rng.normal(size=(3, 5))
    vector, matrix = rng.normal(size=3), root @ root.T
    units = np.array([1e-9, 1.0, 1e9])
    found = quadratic_form(vector * units, matrix * np.outer(units, units))
    assert found == (pytest.approx(vector @ np.linalg.solve(matrix, vector), rel=1e-10), 3)


def test_what_is_not_finite_has_no_statistic():
    statistic, rank = quadratic_form(np.array([np.inf, 1.0]), np.eye(2))
    assert np.isnan(statistic)
    assert rank == 2
    assert np.isnan(quadratic_form(np.ones(1), np.array([[np.nan]]))[0])
