"""Knots and bases of splines: properties, and slow twins written from other formulas."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from walkstats._splines import bs_basis, bs_knots, ns_basis, ns_knots, rcs_basis, rcs_knots

# Two formulas of the same cubic, on numbers of size 1 to 100: rounding of cubes.
ROUNDING = 1e-10

increasing = st.lists(st.floats(-50, 50, allow_nan=False), min_size=3, max_size=7, unique=True).map(
    sorted
)


def apart(knots):
    return np.diff(knots).min() > 0.1


def truncated_powers(x, knots):
    """Harrell's formula term by term, with loops."""
    t, k = knots, len(knots)
    out = np.empty((len(x), k - 1))
    for i, value in enumerate(x):
        out[i, 0] = value
        for j in range(k - 2):

            def plus(u):
                return max(u, 0.0) ** 3

            gap = t[k - 1] - t[k - 2]
            term = plus(value - t[j])
            term -= plus(value - t[k - 2]) * (t[k - 1] - t[j]) / gap
            term += plus(value - t[k - 1]) * (t[k - 2] - t[j]) / gap
            out[i, j + 1] = term / (t[k - 1] - t[0]) ** 2
    return out


@given(increasing.filter(apart))
def test_restricted_basis_beside_a_loop(knots):
    x = np.linspace(knots[0] - 10, knots[-1] + 10, 41)
    slow = truncated_powers(x, knots)
    scale = np.abs(slow).max()
    np.testing.assert_allclose(rcs_basis(x, knots), slow, rtol=ROUNDING, atol=ROUNDING * scale)


@given(increasing.filter(apart))
def test_restricted_basis_is_straight_outside_its_outer_knots(knots):
    for x in (knots[0] - np.arange(5.0), knots[-1] + np.arange(5.0)):
        bend = np.diff(rcs_basis(x, knots), n=2, axis=0)
        assert np.abs(bend).max() < 1e-9 * max(1.0, np.abs(rcs_basis(x, knots)).max())


@given(increasing.filter(apart))
def test_natural_basis_beside_scipy(knots):
    """The columns span the natural cubic splines: scipy's, which are 0 at the lower boundary."""
    from scipy.interpolate import CubicSpline

    low, *inner, high = knots
    x = np.linspace(low, high, 50)
    ours = ns_basis(x, inner, [low, high])
    values = np.eye(len(knots))[:, 1:]
    theirs = CubicSpline(knots, values, bc_type="natural")(x)
    fitted = theirs @ np.linalg.lstsq(theirs, ours, rcond=None)[0]
    np.testing.assert_allclose(fitted, ours, atol=1e-8 * max(1.0, np.abs(ours).max()))
    np.testing.assert_allclose(ours[0], 0.0, atol=1e-12)


@given(increasing.filter(apart), st.integers(1, 4))
def test_b_splines_beside_scipy(knots, degree):
    from scipy.interpolate import BSpline

    low, *inner, high = knots
    x = np.linspace(low, high, 50)
    sequence = [low] * (degree + 1) + inner + [high] * (degree + 1)
    theirs = BSpline.design_matrix(x, sequence, degree).toarray()[:, 1:]
    ours = bs_basis(x, inner, [low, high], degree)
    np.testing.assert_allclose(ours, theirs, atol=1e-11)
    assert np.all(ours >= -1e-15)


def test_knots_move_with_the_unit():
    x = np.random.default_rng(1).gamma(2, 60, 300)
    for k in range(3, 8):
        np.testing.assert_allclose(rcs_knots(x * 60 + 5, k), rcs_knots(x, k) * 60 + 5, rtol=1e-12)


def test_many_zeros_become_no_second_knot():
    minutes = np.concatenate([np.zeros(40), np.arange(1.0, 201.0)])
    knots = rcs_knots(minutes, 4)
    assert knots[0] == 1.0
    assert np.all(np.diff(knots) > 0)


def test_missing_values_are_left_out_and_stay_missing():
    x = np.append(np.arange(100.0), np.nan)
    np.testing.assert_array_equal(rcs_knots(x, 4), rcs_knots(x[:-1], 4))
    for basis in (
        rcs_basis(x, [10, 50, 90]),
        ns_basis(x, *ns_knots(x, 3)),
        bs_basis(x, *bs_knots(x, 5)),
    ):
        assert np.isnan(basis[-1]).all()
        assert np.isfinite(basis[:-1]).all()


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: rcs_knots(np.arange(50.0), 2), "3 to 10 knots"),
        (lambda: rcs_knots([1, 2, 3, 1, 2, 3, 1], 3), "more than 5 distinct values"),
        (lambda: rcs_knots([5.0] * 90 + list(range(12)), 5), "too many observations share"),
        (lambda: rcs_basis([1.0], [1, 1, 2]), "increasing knots"),
        (lambda: rcs_basis([1.0], [1, 2]), "three increasing knots"),
        (lambda: ns_knots([1.0, 2.0], 0), "at least 1 degree"),
        (lambda: ns_knots([np.nan], 2), "all are missing"),
        (lambda: ns_knots([0.0] * 20 + [1.0], 3), "too many observations share"),
        (lambda: bs_knots(np.arange(9.0), 2), "at least 3 degrees"),
        (lambda: bs_basis([1.0], [5], [0, 4]), "must increase"),
    ],
)
def test_refusals(call, said):
    with pytest.raises(ValueError, match=said):
        call()
