"""Robust covariances beside slow twins with full hat matrices, and refits without each part."""

import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from walkstats.numerics.cluster_robust import cr_covariance, hc_covariance
from walkstats.numerics.least_squares import factor, solve

# Closed forms on well-conditioned designs: rounding of the inverse of I - H.
SAME = 1e-8

HC = ("HC0", "HC1", "HC2", "HC3", "HC4")
CR = ("CR0", "CR1", "CR2", "CR3")


def problem(seed, n=30, k=3, clusters=7, weighted=False):
    rng = np.random.default_rng(seed)
    codes = np.append(np.arange(clusters), rng.integers(0, clusters, n - clusters))
    matrix = np.column_stack([np.ones(n), rng.normal(size=(n, k - 1))])
    matrix[:, 1] += codes % 2
    y = rng.normal(size=n) * (1 + np.abs(matrix[:, 1])) + rng.normal(size=clusters)[codes]
    return matrix, y, codes, rng.uniform(0.3, 3, n) if weighted else None


def whole(matrix, y, weights):
    """X, y and residuals times the root weights, with (X'X)^-1 and the hat matrix by inversion."""
    root = np.ones(len(y)) if weights is None else np.sqrt(weights)
    x, z = matrix * root[:, None], y * root
    bread = np.linalg.inv(x.T @ x)
    hat = x @ bread @ x.T
    return x, z - hat @ z, bread, hat


def slow_hc(matrix, y, weights, kind):
    x, e, bread, hat = whole(matrix, y, weights)
    n, k = x.shape
    middle = np.zeros((k, k))
    for i in range(n):
        h = hat[i, i]
        factors = {
            "HC0": 1.0,
            "HC1": n / (n - k),
            "HC2": 1 / (1 - h),
            "HC3": 1 / (1 - h) ** 2,
            "HC4": 1 / (1 - h) ** min(4.0, n * h / k),
        }
        middle += factors[kind] * e[i] ** 2 * np.outer(x[i], x[i])
    return bread @ middle @ bread


def symmetric_power(matrix, power):
    roots, vectors = np.linalg.eigh(matrix)
    safe = roots > 1e-9
    return vectors[:, safe] * roots[safe] ** power @ vectors[:, safe].T


def slow_cr(matrix, y, codes, weights, kind, contrast):
    """Covariance, and degrees of freedom from the eigenvalues of the quadratic form on all rows."""
    x, e, bread, hat = whole(matrix, y, weights)
    n, k = x.shape
    clusters = codes.max() + 1
    power = {"CR0": 0, "CR1": 0, "CR2": -0.5, "CR3": -1}[kind]
    middle = np.zeros((k, k))
    columns = []
    for g in range(clusters):
        own = codes == g
        adjust = symmetric_power(np.eye(own.sum()) - hat[np.ix_(own, own)], power)
        score = x[own].T @ adjust @ e[own]
        middle += np.outer(score, score)
        columns.append((np.eye(n) - hat)[own].T @ adjust @ x[own] @ bread @ contrast)
    if kind == "CR1":
        middle *= clusters / (clusters - 1) * (n - 1) / (n - k)
    form = np.column_stack(columns)
    roots = np.linalg.eigvalsh(form.T @ form)
    return bread @ middle @ bread, roots.sum() ** 2 / np.sum(roots**2)


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("kind", HC)
def test_hc_beside_a_loop(kind, weighted):
    for seed in range(5):
        matrix, y, _, weights = problem(seed, weighted=weighted)
        design = factor(matrix, weights)
        found = hc_covariance(design, solve(design, y).residuals, kind)
        np.testing.assert_allclose(found.covariance, slow_hc(matrix, y, weights, kind), rtol=SAME)
        assert found.unknown == ()


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("kind", CR)
def test_cr_beside_full_hat_matrices(kind, weighted):
    contrast = np.array([1.0, -2.0, 0.5])
    for seed in range(5):
        matrix, y, codes, weights = problem(seed, weighted=weighted)
        design = factor(matrix, weights)
        found, freedom = cr_covariance(design, solve(design, y).residuals, codes, kind)
        slow, df = slow_cr(matrix, y, codes, weights, kind, contrast)
        np.testing.assert_allclose(found.covariance, slow, rtol=SAME)
        assert freedom.of(contrast) == pytest.approx(df, rel=SAME)
        assert pickle.loads(pickle.dumps(freedom)).of(contrast) == freedom.of(contrast)


def refits(matrix, y, groups, weights):
    """Coefficients without each group, less those of all rows."""
    w = np.ones(len(y)) if weights is None else weights
    all_rows = solve(factor(matrix, w), y).coefficients
    out = []
    for g in np.unique(groups):
        rest = groups != g
        out.append(solve(factor(matrix[rest], w[rest]), y[rest]).coefficients - all_rows)
    return np.array(out)


@pytest.mark.parametrize("weighted", [False, True])
def test_hc3_and_cr3_are_leaving_out(weighted):
    matrix, y, codes, weights = problem(11, weighted=weighted)
    design = factor(matrix, weights)
    residuals = solve(design, y).residuals
    rows = refits(matrix, y, np.arange(len(y)), weights)
    found = hc_covariance(design, residuals, "HC3").covariance
    np.testing.assert_allclose(found, rows.T @ rows, rtol=SAME)
    groups = refits(matrix, y, codes, weights)
    found = cr_covariance(design, residuals, codes, "CR3")[0].covariance
    np.testing.assert_allclose(found, groups.T @ groups, rtol=SAME)


@pytest.mark.parametrize(("cr", "hc"), [("CR0", "HC0"), ("CR2", "HC2"), ("CR3", "HC3")])
def test_clusters_of_one_row_are_rows(cr, hc):
    matrix, y, _, weights = problem(3, weighted=True)
    design = factor(matrix, weights)
    residuals = solve(design, y).residuals
    one = cr_covariance(design, residuals, np.arange(len(y)), cr)[0].covariance
    np.testing.assert_allclose(one, hc_covariance(design, residuals, hc).covariance, rtol=1e-10)


def test_two_groups_are_welch():
    rng = np.random.default_rng(2)
    first, second = rng.normal(size=9), 3 * rng.normal(size=14)
    y = np.append(first, second)
    design = factor(np.column_stack([np.ones(23), np.arange(23) >= 9]).astype(float))
    found = hc_covariance(design, solve(design, y).residuals, "HC2").covariance[1, 1]
    assert found == pytest.approx(first.var(ddof=1) / 9 + second.var(ddof=1) / 14, rel=1e-12)


def test_equal_clusters_have_one_degree_less_than_there_are():
    rng = np.random.default_rng(8)
    codes = np.repeat(np.arange(6), 4)
    design = factor(np.ones((24, 1)))
    y = rng.normal(size=24)
    found, freedom = cr_covariance(design, solve(design, y).residuals, codes, "CR2")
    assert freedom.of(np.ones(1)) == pytest.approx(5, rel=1e-12)
    means = y.reshape(6, 4).mean(axis=1)
    assert found.covariance[0, 0] == pytest.approx(means.var(ddof=1) / 6, rel=1e-12)


@given(st.integers(0, 10**6), st.booleans())
def test_cr2_is_unbiased_for_independent_errors(seed, weighted):
    """The expectation of the quadratic form is the variance: sum of P_gg = l'l."""
    matrix, y, codes, weights = problem(seed, weighted=weighted)
    design = factor(matrix, weights)
    _, freedom = cr_covariance(design, np.zeros(len(y)), codes, "CR2")
    contrast = np.random.default_rng(seed).normal(size=3)
    along = contrast @ freedom.back
    a, z = freedom.adjusted @ along, freedom.carried @ along
    assert np.sum(a * z) - np.sum(z * z) == pytest.approx(along @ along, rel=1e-9)


@given(st.integers(0, 10**6), st.randoms(use_true_random=False), st.sampled_from(CR))
def test_row_order_and_cluster_names_change_nothing(seed, shuffler, kind):
    matrix, y, codes, _ = problem(seed)
    order, names = list(range(len(y))), list(range(codes.max() + 1))
    shuffler.shuffle(order)
    shuffler.shuffle(names)
    found = []
    for rows, groups in ((slice(None), codes), (order, np.array(names)[codes][order])):
        design = factor(matrix[rows])
        residuals = solve(design, y[rows]).residuals
        found.append(cr_covariance(design, residuals, groups, kind))
    (one, freedom), (other, other_freedom) = found
    np.testing.assert_allclose(other.covariance, one.covariance, rtol=1e-9, atol=1e-14)
    weights = np.array([0.0, 1.0, 1.0])
    assert other_freedom.of(weights) == pytest.approx(freedom.of(weights), rel=1e-9)


@pytest.mark.parametrize("kind", HC)
def test_a_row_that_is_fitted_exactly_leaves_its_coefficient_unknown(kind):
    matrix, y, _, _ = problem(5)
    alone = np.column_stack([matrix, np.arange(30) == 4])
    design = factor(alone)
    found = hc_covariance(design, solve(design, y).residuals, kind)
    assert found.exact == (4,)
    assert found.unknown == (3,)
    assert np.isnan(found.covariance[3]).all()
    rest = np.arange(30) != 4
    smaller = factor(matrix[rest])
    without = hc_covariance(smaller, solve(smaller, y[rest]).residuals, kind).covariance
    if kind in ("HC0", "HC2", "HC3"):
        np.testing.assert_allclose(found.covariance[:3, :3], without, rtol=SAME)


@pytest.mark.parametrize("kind", CR)
def test_levels_of_clusters_are_unknown_and_slopes_within_are_not(kind):
    rng = np.random.default_rng(6)
    codes = np.repeat(np.arange(8), 5)
    x = rng.normal(size=40)
    y = 0.5 * x + rng.normal(size=8)[codes] + rng.normal(size=40) * (1 + (codes > 3))
    levels = (codes[:, None] == np.arange(1, 8)).astype(float)
    design = factor(np.column_stack([np.ones(40), levels, x]))
    found, freedom = cr_covariance(design, solve(design, y).residuals, codes, kind)
    assert found.unknown == tuple(range(8))
    assert np.isfinite(found.covariance[8, 8])
    assert 1 < freedom.of(np.eye(9)[8]) < 8
    if kind == "CR0":
        # The same slope from deviations about the means of the clusters.
        centred = x - np.array([x[codes == g].mean() for g in range(8)])[codes]
        within = factor(centred[:, None])
        same = cr_covariance(within, solve(within, y).residuals, codes, kind)[0]
        np.testing.assert_allclose(found.covariance[8, 8], _of_deviations(centred, y, codes))
        assert same.unknown == ()


def _of_deviations(x, y, codes):
    deviations = y - np.array([y[codes == g].mean() for g in range(8)])[codes]
    left = deviations - x * (x @ deviations) / (x @ x)
    scores = np.array([x[codes == g] @ left[codes == g] for g in range(8)])
    return scores @ scores / (x @ x) ** 2


def slow_eta(matrix, codes, weights, contrasts):
    """Variances of the entries of the estimated covariance, from quadratic forms on all rows."""
    x, _, bread, hat = whole(matrix, np.zeros(len(matrix)), weights)
    chol = np.linalg.cholesky(contrasts @ bread @ contrasts.T)
    unit = np.linalg.solve(chol, contrasts)
    q = len(unit)
    forms = np.zeros((q, q, len(x), len(x)))
    for g in np.unique(codes):
        own = codes == g
        adjust = symmetric_power(np.eye(own.sum()) - hat[np.ix_(own, own)], -0.5)
        p = (np.eye(len(x)) - hat)[own].T @ adjust @ x[own] @ bread @ unit.T
        for s in range(q):
            for t in range(q):
                forms[s, t] += np.outer(p[:, s], p[:, t])
    # The variance of e'Fe with standard normal e is twice the squares of the symmetric part.
    halves = (forms + forms.transpose(0, 1, 3, 2)) / 2
    return q * (q + 1) / (2 * np.sum(halves**2))


@pytest.mark.parametrize("weighted", [False, True])
def test_joint_freedom_beside_full_hat_matrices(weighted):
    contrasts = np.array([[0.0, 1, 2], [0, 1, -1]])
    for seed in range(5):
        matrix, y, codes, weights = problem(seed, weighted=weighted, clusters=9)
        design = factor(matrix, weights)
        _, freedom = cr_covariance(design, np.zeros(len(y)), codes, "CR2")
        eta = slow_eta(matrix, codes, weights, contrasts)
        assert freedom.joint(contrasts) == pytest.approx((eta - 1, (eta - 1) / eta), rel=SAME)
        denominator, scale = freedom.joint(contrasts[:1])
        assert (denominator, scale) == pytest.approx((freedom.of(contrasts[0]), 1.0), rel=1e-9)
        turned = np.array([[1.0, 2], [3, -1]]) @ contrasts
        assert freedom.joint(turned) == pytest.approx(freedom.joint(contrasts), rel=1e-9)


def test_too_few_clusters_for_a_joint_test():
    matrix, y, codes, _ = problem(4, clusters=2)
    design = factor(matrix)
    _, freedom = cr_covariance(design, solve(design, y).residuals, codes, "CR2")
    assert np.isnan(freedom.joint(np.eye(3))).all()
    dependent = np.array([[0.0, 1, 0], [0, 2, 0]])
    assert np.isnan(freedom.joint(dependent)).all()


def test_a_contrast_of_nothing_has_no_degrees_of_freedom():
    matrix, y, codes, _ = problem(1)
    design = factor(matrix)
    _, freedom = cr_covariance(design, solve(design, y).residuals, codes, "CR2")
    assert np.isnan(freedom.of(np.zeros(3)))
