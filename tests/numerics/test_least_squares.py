"""Least squares: NIST's certified values, exact rational arithmetic, and what must not matter."""

import json
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from walkstats.numerics.least_squares import factor, leverages, solve

NIST = json.loads(
    (Path(__file__).parents[1] / "reference" / "nist_linear.json").read_text(encoding="utf-8")
)["sets"]

# Standard deviations of NIST: 8 digits for Filip, whose powers of x are rounded before any
# arithmetic; 13 elsewhere. Zero stands for less than this share of the outcome.
DIGITS_OF_SD = {"Filip": 8}
NOTHING = 1e-12
# Two roads to the same number in double precision, well-conditioned designs.
SAME = 1e-9


def nist_design(one):
    x = np.array(one["x"], dtype=float)
    if one["degree"] is not None:
        x = np.column_stack([x[:, 0] ** power for power in range(1, one["degree"] + 1)])
    return np.column_stack([np.ones(len(x)), x]) if one["intercept"] else x


def correct_digits(ours, certified):
    certified = np.asarray(certified)
    with np.errstate(divide="ignore"):
        return -np.log10(np.abs(ours - certified) / np.abs(certified))


@pytest.mark.parametrize("name", NIST)
def test_certified_values(name):
    one = NIST[name]
    matrix, y = nist_design(one), np.array(one["y"], dtype=float)
    design = factor(matrix)
    found = solve(design, y)
    sigma = np.sqrt(found.rss / (len(y) - matrix.shape[1]))
    errors = sigma * np.linalg.norm(design.back, axis=1)
    assert correct_digits(found.coefficients, one["coefficients"]).min() >= one["digits"]
    if one["residual_standard_deviation"] == 0:
        assert sigma < NOTHING * np.abs(y).max()
        return
    digits = DIGITS_OF_SD.get(name, 12)
    assert correct_digits(sigma, one["residual_standard_deviation"]) >= digits
    assert correct_digits(errors, one["standard_deviations"]).min() >= digits
    total = np.sum((y - y.mean()) ** 2) if one["intercept"] else np.sum(y**2)
    assert 1 - found.rss / total == pytest.approx(one["r_squared"], rel=1e-11)


def exact_coefficients(matrix, y, weights=None):
    """Normal equations in fractions: slow, and without any rounding."""
    rows = [[Fraction(v) for v in row] for row in matrix]
    w = [Fraction(1)] * len(rows) if weights is None else [Fraction(v) for v in weights]
    k = len(rows[0])
    table = [
        [sum(c * r[i] * r[j] for c, r in zip(w, rows, strict=True)) for j in range(k)]
        + [sum(c * r[i] * Fraction(v) for c, r, v in zip(w, rows, y, strict=True))]
        for i in range(k)
    ]
    for i in range(k):
        pivot = next(j for j in range(i, k) if table[j][i] != 0)
        table[i], table[pivot] = table[pivot], table[i]
        for j in range(k):
            if j != i:
                share = table[j][i] / table[i][i]
                table[j] = [a - share * b for a, b in zip(table[j], table[i], strict=True)]
    return np.array([float(table[i][k] / table[i][i]) for i in range(k)])


def exact_nist_design(one):
    """The powers of x as exact fractions of the decimal numbers."""
    x = [[Fraction(str(v)) for v in row] for row in one["x"]]
    if one["degree"] is not None:
        x = [[row[0] ** power for power in range(1, one["degree"] + 1)] for row in x]
    return [[Fraction(1), *row] for row in x] if one["intercept"] else x


@pytest.mark.parametrize("name", NIST)
def test_certified_values_are_copied_right(name):
    one = NIST[name]
    exact = exact_coefficients(exact_nist_design(one), [Fraction(str(v)) for v in one["y"]])
    assert correct_digits(np.array(one["coefficients"]), exact).min() >= 13.5


def random_problem(seed, n=25, k=4, weighted=False):
    rng = np.random.default_rng(seed)
    matrix = np.column_stack([np.ones(n), rng.normal(size=(n, k - 1))])
    y = matrix @ rng.normal(size=k) + rng.normal(size=n)
    return matrix, y, rng.uniform(0.2, 5, n) if weighted else None


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("seed", range(5))
def test_beside_fractions(seed, weighted):
    matrix, y, weights = random_problem(seed, weighted=weighted)
    design = factor(matrix, weights)
    found = solve(design, y)
    exact = exact_coefficients(matrix, y, weights)
    np.testing.assert_allclose(found.coefficients, exact, rtol=1e-12)
    w = np.ones(len(y)) if weights is None else weights
    gram = np.linalg.inv(matrix.T @ (w[:, None] * matrix))
    np.testing.assert_allclose(design.back @ design.back.T, gram, rtol=SAME)
    hat = np.sqrt(w)[:, None] * matrix @ gram @ matrix.T * np.sqrt(w)
    np.testing.assert_allclose(leverages(design), np.diag(hat), rtol=SAME)
    np.testing.assert_allclose(found.rss, np.sum(w * (y - matrix @ exact) ** 2), rtol=1e-12)


@given(
    st.integers(0, 10**6),
    st.floats(-1e6, 1e6),
    st.floats(1e-4, 1e4),
    st.sampled_from([-1.0, 1.0]),
)
def test_zero_and_unit_of_a_covariate_change_nothing(seed, shift, size, sign):
    matrix, y, _ = random_problem(seed)
    moved = matrix.copy()
    moved[:, 2] = shift + sign * size * matrix[:, 2]
    one, other = factor(matrix), factor(moved)
    first, second = solve(one, y), solve(other, y)
    # What the shift costs is in the data: x + shift is rounded to a share of the shift.
    lost = 1e-15 * (abs(shift) / size + 1)
    np.testing.assert_allclose(
        second.coefficients[2] * sign * size, first.coefficients[2], rtol=SAME, atol=1e3 * lost
    )
    np.testing.assert_allclose(second.fitted, first.fitted, rtol=SAME, atol=1e3 * lost)
    assert other.condition == pytest.approx(one.condition, rel=1e-6)


@given(st.integers(0, 10**6), st.randoms(use_true_random=False))
def test_row_order_changes_nothing(seed, shuffler):
    matrix, y, _ = random_problem(seed)
    order = list(range(len(y)))
    shuffler.shuffle(order)
    one, other = solve(factor(matrix), y), solve(factor(matrix[order]), y[order])
    np.testing.assert_allclose(other.coefficients, one.coefficients, rtol=1e-10, atol=1e-12)
    np.testing.assert_allclose(other.residuals, one.residuals[order], atol=1e-12)


def test_a_covariate_far_from_zero_keeps_its_slope():
    rng = np.random.default_rng(5)
    x = 1e12 + np.arange(50.0)
    y = 0.5 * np.arange(50.0) + rng.normal(size=50)
    near = solve(factor(np.column_stack([np.ones(50), np.arange(50.0)])), y)
    far = solve(factor(np.column_stack([np.ones(50), x])), y)
    np.testing.assert_allclose(far.coefficients[1], near.coefficients[1], rtol=1e-12)


def test_dependent_columns_are_named():
    matrix, *_ = random_problem(3)
    ones, a, b, c = matrix.T
    assert factor(np.column_stack([ones, a, a])).dependent == ((2, 1),)
    assert factor(np.column_stack([ones, a, b, 3 * a - b + 7, c])).dependent == ((3, 1, 2),)
    assert factor(np.column_stack([ones, a, 0 * a + 5])).dependent == ((2,),)
    assert factor(np.column_stack([ones, 0 * a])).dependent == ((1,),)
    assert factor(np.column_stack([a, b, a + b])).dependent == ((2, 0, 1),)
    dummies = (np.arange(25)[:, None] % 3 == np.arange(3)).astype(float)
    assert factor(np.column_stack([ones, dummies])).dependent == ((3, 1, 2),)
    assert factor(np.column_stack([ones, 1e12 + a, 3 * (1e12 + a)])).dependent == ((2, 1),)


def test_near_collinear_columns_are_named_and_still_solved():
    matrix, y, _ = random_problem(4, n=200)
    rng = np.random.default_rng(9)
    near = np.column_stack([matrix, matrix[:, 1] + 1e-6 * rng.normal(size=200)])
    design = factor(near)
    assert design.condition > 1e5
    assert design.nearly == (1, 4)
    np.testing.assert_allclose(
        solve(design, y).coefficients, exact_coefficients(near, y), rtol=1e-9
    )


def test_no_solution_below_full_rank():
    with pytest.raises(ValueError, match="full rank"):
        solve(factor(np.ones((5, 2))), np.arange(5.0))


def test_huge_and_tiny_units():
    matrix, y, _ = random_problem(6)
    plain = solve(factor(matrix), y)
    for scale in (1e-150, 1e150):
        other = solve(factor(matrix * [1, scale, 1, 1]), y)
        np.testing.assert_allclose(other.coefficients[1] * scale, plain.coefficients[1], rtol=1e-11)
