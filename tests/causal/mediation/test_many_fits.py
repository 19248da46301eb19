"""Many fits at once: each against one fit alone, by another engine or another road."""

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import minimize
from scipy.stats import norm

from walkstats import regression
from walkstats.causal.mediation.many_fits import cumulative_fits, linear_fits

# Newton's method and least squares in two ways: rounding, times the condition of small designs.
SAME = {"rtol": 1e-8, "atol": 1e-10}
# A general search stops by differences of the likelihood.
SEARCHED = {"rtol": 2e-4, "atol": 2e-4}


def made(n=60, seed=7):
    rng = np.random.default_rng(seed)
    x = np.column_stack([rng.integers(0, 2, n), rng.normal(size=n)]).astype(float)
    latent = 0.8 * x[:, 0] - 0.5 * x[:, 1] + rng.logistic(size=n)
    copies = rng.multinomial(n, np.full(n, 1 / n), size=4).astype(float)
    copies[0] = 1.0
    return x, latent, copies


def test_least_squares_of_each_resample():
    x, latent, copies = made()
    full = np.column_stack([np.ones(len(x)), x])
    found = linear_fits(full, latent, copies, covariance=True)
    for row, own in enumerate(copies):
        rows = np.repeat(np.arange(len(x)), own.astype(int))
        b, rss, *_ = np.linalg.lstsq(full[rows], latent[rows], rcond=None)
        np.testing.assert_allclose(found.coefficients[row], b, **SAME)
        np.testing.assert_allclose(found.spread[row], np.sqrt(rss[0] / (len(rows) - 3)), **SAME)
    frame = pd.DataFrame({"y": latent, "a": x[:, 0], "b": x[:, 1]})
    fit = regression.ols(frame, "y ~ a + b", se="classical")
    np.testing.assert_allclose(found.covariance, fit.covariance, **SAME)


def test_proportional_odds_of_each_resample():
    x, latent, copies = made()
    level = np.digitize(latent, [-0.5, 0.6])
    found = cumulative_fits(x, level, 3, copies, "logistic", covariance=True)
    for row, own in enumerate(copies):
        frame = pd.DataFrame({"y": pd.Categorical(level, ordered=True), "a": x[:, 0], "b": x[:, 1]})
        frame = frame.loc[np.repeat(frame.index, own.astype(int))]
        fit = regression.ordinal(frame, "y ~ a + b")
        ours = dict(zip(("1", "2", "a", "b"), found.coefficients[row], strict=True))
        np.testing.assert_allclose([ours["a"], ours["b"]], fit.values[:2], **SAME)
        if row == 0:
            errors = np.sqrt(np.diag(found.covariance))[2:]
            np.testing.assert_allclose(errors, fit.std_errors[:2], rtol=1e-6)


def test_probit_of_two_levels():
    x, latent, _ = made()
    level = (latent > 0).astype(int)
    found = cumulative_fits(x, level, 2, np.ones((1, len(x))), "probit").coefficients[0]

    def loss(b):
        p = norm.cdf(-b[0] + x @ b[1:])
        return -np.sum(np.where(level == 1, np.log(p), np.log(1 - p)))

    np.testing.assert_allclose(found, minimize(loss, np.zeros(3), method="BFGS").x, **SEARCHED)


@pytest.mark.filterwarnings("error")
def test_a_resample_that_tells_nothing_is_missing():
    x, latent, copies = made()
    copies[1] = copies[1] * (x[:, 0] == 1)  # one arm only
    copies[2] = copies[2] * (latent > 0)  # one level only
    level = (latent > 0).astype(int)
    found = cumulative_fits(x, level, 2, copies, "logistic").coefficients
    assert np.isnan(found).any(axis=1).tolist() == [False, True, True, False]
    full = np.column_stack([np.ones(len(x)), x])
    least = linear_fits(full, latent, copies).coefficients
    assert np.isnan(least).any(axis=1).tolist() == [False, True, False, False]


def test_levels_set_apart_have_no_maximum():
    x = np.linspace(-1, 1, 20)[:, None]
    found = cumulative_fits(x, (x[:, 0] > 0).astype(int), 2, np.ones((1, 20)), "logistic")
    assert np.isnan(found.coefficients).all()
