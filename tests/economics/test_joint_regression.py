"""Two regressions at once: against a system written out, least squares, and Zellner's example."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.relations import costly_relation
from walkstats.economics.joint_regression import joint_regression

# The same sums in another order, of systems whose columns are near to orthogonal.
ROUNDING = 1e-9


def written_out(x1, y1, x2, y2):
    """The slow twin: one stacked system of 2n rows with its 2n by 2n covariance."""
    n, k1, k2 = len(y1), x1.shape[1], x2.shape[1]
    x = np.zeros((2 * n, k1 + k2))
    x[:n, :k1], x[n:, k1:] = x1, x2
    residuals = [y - x @ np.linalg.lstsq(x, y, rcond=None)[0] for x, y in ((x1, y1), (x2, y2))]
    ranks = (k1, k2)
    sigma = np.array(
        [
            [
                residuals[i] @ residuals[j] / np.sqrt((n - ranks[i]) * (n - ranks[j]))
                for j in range(2)
            ]
            for i in range(2)
        ]
    )
    weight = np.linalg.inv(np.kron(sigma, np.eye(n)))
    covariance = np.linalg.inv(x.T @ weight @ x)
    return covariance @ x.T @ weight @ np.concatenate([y1, y2]), covariance


def system(seed, k1=3, k2=2, n=30):
    rng = np.random.default_rng(seed)
    common = rng.normal(size=n)
    x1, x2 = (np.column_stack([np.ones(n), rng.normal(size=(n, k - 1))]) for k in (k1, k2))
    y1 = 100 * (x1 @ rng.normal(size=k1) + common + rng.normal(size=n))
    y2 = 0.1 * (x2 @ rng.normal(size=k2) - common + rng.normal(size=n))
    return x1, y1, x2, y2


def close(ours, theirs):
    scale = np.sqrt(np.abs(np.diag(theirs))) if np.ndim(theirs) == 2 else np.abs(theirs)
    unit = np.outer(scale, scale) if np.ndim(theirs) == 2 else scale
    np.testing.assert_allclose(ours / unit, theirs / unit, rtol=ROUNDING, atol=ROUNDING)


@costly_relation
@given(st.integers(0, 2**32 - 1), st.integers(1, 4), st.integers(1, 4))
def test_as_the_system_written_out(seed, k1, k2):
    given_system = system(seed, k1, k2)
    found = joint_regression(*given_system)
    coefficients, covariance = written_out(*given_system)
    close(np.concatenate([found.first, found.second]), coefficients)
    close(found.covariance, covariance)


@costly_relation
@given(st.integers(0, 2**32 - 1))
def test_with_the_same_regressors_it_is_least_squares(seed):
    x, y1, _, y2 = system(seed)
    shared = joint_regression(x, y1, x, y2)
    stepped = joint_regression(x, y1, x.copy(), y2)  # not the same object: the generalised step
    for one, y, own in ((0, y1, shared.first), (1, y2, shared.second)):
        slope, square, *_ = np.linalg.lstsq(x, y, rcond=None)
        close(own, slope)
        block = slice(3 * one, 3 * one + 3)
        variance = square[0] / (len(y) - 3) * np.linalg.inv(x.T @ x)
        close(shared.covariance[block, block], variance)
    close(np.concatenate([stepped.first, stepped.second]), [*shared.first, *shared.second])
    close(stepped.covariance, shared.covariance)


def test_an_equation_whose_regressors_are_all_in_the_other_stays_as_it_is():
    """The equation with fewer regressors is least squares, and the other one is not."""
    x1, y1, _, y2 = system(4)
    few = x1[:, :2]
    found = joint_regression(few, y1, x1, y2)
    close(found.first, np.linalg.lstsq(few, y1, rcond=None)[0])
    apart = np.linalg.lstsq(x1, y2, rcond=None)[0]
    assert not np.allclose(found.second, apart, rtol=1e-3)


def test_many_samples_at_once_are_each_alone():
    several = [system(seed) for seed in range(5)]
    found = joint_regression(*(np.stack(parts) for parts in zip(*several, strict=True)))
    for k, one in enumerate(several):
        alone = joint_regression(*one)
        close(found.first[k], alone.first)
        close(found.covariance[k], alone.covariance)


def test_residuals_that_repeat_one_another_leave_least_squares():
    x, y, _, _ = system(2)
    found = joint_regression(x, y, x.copy(), 2.0 * y)
    slope = np.linalg.lstsq(x, y, rcond=None)[0]
    close(found.first, slope)
    close(found.second, 2.0 * slope)


def test_the_example_of_the_paper_that_named_it():
    """General Electric and Westinghouse, 1935-1954 (Zellner 1962); printed by SAS/ETS, SYSLIN."""
    from statsmodels.datasets import grunfeld

    table = grunfeld.load_pandas().data
    parts = []
    for firm in ("General Electric", "Westinghouse"):
        own = table[table["firm"] == firm]
        columns = np.column_stack([np.ones(len(own)), own["value"], own["capital"]])
        parts += [columns, own["invest"].to_numpy()]
    found = joint_regression(*parts)
    printed = [-27.7193, 0.038310, 0.139036], [-1.25199, 0.057630, 0.063978]
    errors = [29.32122, 0.014415, 0.024986, 7.545217, 0.014546, 0.053041]
    for ours, theirs in zip((found.first, found.second), printed, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=2e-5)
    np.testing.assert_allclose(np.sqrt(np.diag(found.covariance)), errors, rtol=5e-5)
    assert found.residual[0, 0] == pytest.approx(777.4463, abs=5e-5)
