"""The ratio of two coefficients and the effects that are not rejected, against slow twins."""

import numpy as np
import pytest
from scipy import stats

from walkstats.causal.instruments import Moved, moved_by_arm, not_rejected
from walkstats.numerics.least_squares import factor

# Closed forms, computed in another order.
CLOSE = {"rtol": 1e-9, "atol": 1e-12}


def trial(seed=3, n=60):
    rng = np.random.default_rng(seed)
    arm = np.repeat([0.0, 1.0], n // 2)
    keen = rng.normal(size=n)
    received = (keen + 0.9 * arm + rng.normal(size=n) > 0.4).astype(float)
    outcome = 2.0 - received + keen + rng.normal(size=n)
    return arm, keen, received, outcome


def two_stages(outcome, received, instruments, covariates):
    """Two-stage least squares written out: fitted values, then the sandwich of the moments."""
    z = np.column_stack([instruments, covariates])
    x = np.column_stack([received, covariates])
    fitted = z @ np.linalg.solve(z.T @ z, z.T @ x)
    bread = np.linalg.inv(fitted.T @ fitted)
    b = bread @ fitted.T @ outcome
    residual = outcome - x @ b
    return b[0], np.sqrt((bread @ (fitted.T * residual**2) @ fitted @ bread)[0, 0])


@pytest.mark.parametrize("adjusted", [False, True])
def test_ratio_is_two_stage_least_squares(adjusted):
    arm, keen, received, outcome = trial()
    ones = np.ones(len(arm))
    covariates = np.column_stack([ones, keen]) if adjusted else ones[:, None]
    design = factor(np.column_stack([covariates[:, 0], arm, covariates[:, 1:]]))
    found = moved_by_arm(design, 1, outcome, received, "HC0")
    value, error = two_stages(outcome, received, arm, covariates)
    np.testing.assert_allclose([found.effect, found.std_error], [value, error], **CLOSE)


def test_without_covariates_it_is_walds_ratio():
    arm, _, received, outcome = trial()
    design = factor(np.column_stack([np.ones(len(arm)), arm]))
    found = moved_by_arm(design, 1, outcome, received, "HC0")
    one, zero = arm == 1, arm == 0
    gaps = [v[one].mean() - v[zero].mean() for v in (outcome, received)]
    assert found.effect == pytest.approx(gaps[0] / gaps[1], rel=1e-12)
    spread = [
        np.cov(np.vstack([outcome[s], received[s]]), bias=True) / s.sum() for s in (one, zero)
    ]
    np.testing.assert_allclose(found.covariance, sum(spread), **CLOSE)


def test_clusters_of_one_row_are_no_clusters():
    arm, keen, received, outcome = trial()
    design = factor(np.column_stack([np.ones(len(arm)), arm, keen]))
    alone = moved_by_arm(design, 1, outcome, received, "HC1")
    by_row = moved_by_arm(design, 1, outcome, received, "HC1", np.arange(len(arm)))
    np.testing.assert_allclose(by_row.covariance, alone.covariance, **CLOSE)
    assert by_row.df == len(arm) - 1


@pytest.mark.parametrize(
    ("first_stage", "shape"),
    [((0.5, 0.02), "interval"), ((0.05, 0.04), "everything"), ((0.02, 0.06), "outside")],
)
def test_what_is_not_rejected_is_what_a_grid_finds(first_stage, shape):
    d, vd = first_stage
    y, vy, v = (2.0, 0.05, 0.0) if shape == "outside" else (0.4, 0.05, 0.01)
    moved = Moved(np.array([y, d]), np.array([[vy, v], [v, vd]]), np.inf)
    q = stats.norm.ppf(0.975)
    kept = not_rejected(moved, q)
    assert kept.shape == shape
    grid = np.linspace(-300, 300, 200_001)
    spread = np.sqrt(vy - 2 * grid * v + grid**2 * vd)
    accepted = np.abs(y - grid * d) <= q * spread
    inside = (grid >= kept.low) & (grid <= kept.high)
    expected = {"interval": inside, "everything": np.ones(len(grid), bool)}.get(shape)
    if shape == "outside":
        expected = (grid <= kept.low) | (grid >= kept.high)
    near = (np.abs(grid - kept.low) < 0.01) | (np.abs(grid - kept.high) < 0.01)
    assert np.array_equal(accepted[~near], expected[~near])


def test_fieller_of_independent_means():
    """The textbook form: g = q^2 v / d^2."""
    y, d, vy, vd, q = 3.0, 2.0, 0.04, 0.09, 1.96
    kept = not_rejected(Moved(np.array([y, d]), np.diag([vy, vd]), np.inf), q)
    g = q**2 * vd / d**2
    half = q / d * np.sqrt(vy * (1 - g) + (y / d) ** 2 * vd)
    np.testing.assert_allclose(
        [kept.low, kept.high], [(y / d - half) / (1 - g), (y / d + half) / (1 - g)]
    )
