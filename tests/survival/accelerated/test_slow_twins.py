"""The models' log-likelihoods written differently: with scipy's distributions of the time.

A twin is asked for its value at the estimates, for its slope there (0), and for its curvature (the
inverse of the covariance). Values agree to 1e-9 relative; slopes and curvatures are differences of
the twin, good to 1e-5 and 1e-4.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from scipy.interpolate import CubicSpline

from tests.reference import goldens
from walkstats import survival

VALUE, SLOPE, CURVATURE = 1e-9, 1e-5, 1e-4


def a_trial(seed: int = 7, n: int = 120) -> pd.DataFrame:
    """Exact, right-, left- and interval-censored times, late entry, weights and an offset."""
    rng = np.random.default_rng(seed)
    arm = rng.integers(0, 2, n)
    time = np.exp(3.5 + 0.4 * arm + 0.7 * rng.gumbel(size=n))
    entry = np.where(rng.random(n) < 0.4, time * rng.random(n) * 0.6, 0.0)
    kind = rng.integers(0, 4, n)
    low = np.select([kind == 0, kind == 1, kind == 2], [time, time, 0.0], time * 0.8)
    high = np.select([kind == 0, kind == 1, kind == 2], [np.inf, time, time], time * 1.3)
    return pd.DataFrame(
        {
            "arm": arm,
            "x": rng.normal(size=n),
            "low": np.maximum(low, entry),
            "high": np.maximum(high, entry * 1.05),
            "entry": entry,
            "w": rng.integers(1, 4, n),
            "shift": rng.normal(scale=0.2, size=n),
            "site": rng.integers(0, 2, n),
        }
    )


def weibull(location: Any, scale: Any) -> Any:
    return stats.weibull_min(1.0 / scale, scale=np.exp(location))


def log_normal(location: Any, scale: Any) -> Any:
    return stats.lognorm(scale, scale=np.exp(location))


def log_logistic(location: Any, scale: Any) -> Any:
    return stats.fisk(1.0 / scale, scale=np.exp(location))


TWINS = {"weibull": weibull, "log-normal": log_normal, "log-logistic": log_logistic}
REAL = {
    "gaussian": lambda location, scale: stats.norm(location, scale),
    "logistic": lambda location, scale: stats.logistic(location, scale),
}


def twin_value(frame: pd.DataFrame, time: Any, start: float) -> float:
    """Log-likelihood of frozen distributions of the time, one per row."""
    low, high = frame["low"].to_numpy(), frame["high"].to_numpy()
    exact = low == high
    begin = np.where(low <= 0.0, start, low)
    with np.errstate(divide="ignore", invalid="ignore"):
        # From the tail in which the difference keeps its digits.
        upper = time.logsf(begin) + np.log(-np.expm1(time.logsf(high) - time.logsf(begin)))
        lower = np.log(time.cdf(high) - time.cdf(begin))
        each = np.where(time.cdf(begin) > 0.5, upper, lower)
        each = np.where(exact, time.logpdf(np.where(exact, low, 1.0)), each)
    late = frame["entry"].to_numpy() > 0
    each = each - np.where(late, time.logsf(frame["entry"]), 0.0)
    return float(frame["w"] @ each)


def differences(f: Callable[[Any], float], at: Any, step: Any) -> tuple[Any, Any]:
    """Slope and curvature of f by central differences."""
    p = len(at)
    unit = np.diag(step)
    slope = np.array([(f(at + u) - f(at - u)) / 2.0 for u in unit]) / step
    bend = np.empty((p, p))
    for i in range(p):
        for j in range(p):
            a, b = unit[i], unit[j]
            bend[i, j] = (f(at + a + b) - f(at + a - b) - f(at - a + b) + f(at - a - b)) / 4.0
    return slope, bend / np.outer(step, step)


def same_at_maximum(f: Callable[[Any], float], fit: Any) -> None:
    errors = np.sqrt(np.diag(fit.naive_covariance))
    assert np.isclose(f(fit.values), fit.log_likelihood, rtol=VALUE)
    slope, bend = differences(f, np.array(fit.values), 1e-2 * errors)
    information = np.linalg.inv(fit.naive_covariance) * np.outer(errors, errors)
    assert np.abs(slope * errors).max() < 1e-3  # of the third derivative within the step
    sharp, _ = differences(f, np.array(fit.values), 1e-3 * errors)
    assert np.abs(sharp * errors).max() < SLOPE
    assert np.allclose(-bend * np.outer(errors, errors), information, atol=10 * CURVATURE)


@pytest.mark.parametrize("name", TWINS)
def test_every_kind_of_censoring_with_late_entry(name):
    frame = a_trial()
    fit = survival.parametric(
        frame, "arm + x", family=name, low="low", high="high", entry="entry", weights="w",
        offset="shift", strata="site",
    )  # fmt: skip

    def twin(values: Any) -> float:
        location = values[0] + values[1] * frame["arm"] + values[2] * frame["x"] + frame["shift"]
        scale = np.exp(values[3:])[frame["site"]]
        return twin_value(frame, TWINS[name](location.to_numpy(), scale), 0.0)

    assert fit.state == "converged"
    assert set(fit.rows.seen) == {0, 1, 2, 3}
    same_at_maximum(twin, fit)


@pytest.mark.parametrize("name", REAL)
def test_families_of_the_time_itself(name):
    frame = a_trial().assign(entry=0.0)
    frame["low"] = np.where(frame["low"] <= 0.0, -np.inf, frame["low"])
    fit = survival.parametric(frame, "arm", family=name, low="low", high="high", weights="w")

    def twin(values: Any) -> float:
        location = values[0] + values[1] * frame["arm"].to_numpy()
        return twin_value(frame, REAL[name](location, np.exp(values[2])), -np.inf)

    same_at_maximum(twin, fit)


class _Spline:
    """A distribution of the time from its log cumulative hazard, with scipy's few names."""

    def __init__(self, log_hazard: Callable[[Any], Any]) -> None:
        self.log_hazard = log_hazard

    def logsf(self, t: Any) -> Any:
        t = np.asarray(t, dtype=float)
        known = (t > 0) & np.isfinite(t)
        below = np.where(t > 0, -np.inf, 0.0)
        return np.where(known, -np.exp(self.log_hazard(np.where(known, t, 1.0))), below)

    def cdf(self, t: Any) -> Any:
        return -np.expm1(self.logsf(t))

    def logpdf(self, t: Any) -> Any:
        step = 1e-4
        above, below = (self.log_hazard(t * np.exp(s * step)) for s in (1.0, -1.0))
        return (
            self.log_hazard(t) + self.logsf(t) + np.log((above - below) / (2.0 * step)) - np.log(t)
        )


def test_a_spline_of_the_log_cumulative_hazard():
    frame = a_trial(n=200)
    fit = survival.flexible_parametric(
        frame, "arm + x", df=3, varying="arm", low="low", high="high", entry="entry", weights="w",
        offset="shift",
    )  # fmt: skip
    arm, eta = frame["arm"].to_numpy(), frame[["arm", "x"]].to_numpy()
    shift = frame["shift"].to_numpy()
    # A natural spline is known by its values at the knots: the twin has those as parameters.
    nobody = pd.DataFrame({"arm": [0], "x": [0.0], "shift": [0.0]})
    curve = survival.predict_parametric(
        fit, nobody, times=np.exp(fit.knots), quantity="cumulative hazard"
    )
    heights = np.log(curve.frame["estimate"].to_numpy())

    def twin(values: Any) -> float:
        spline = CubicSpline(fit.knots, values[2:6], bc_type="natural")
        ends = spline(fit.knots[[0, -1]]), spline(fit.knots[[0, -1]], 1)

        def log_hazard(t: Any) -> Any:
            x = np.log(t)
            inside = np.clip(x, *fit.knots[[0, -1]])
            straight = np.where(x < inside, ends[1][0], ends[1][1]) * (x - inside)
            return spline(inside) + straight + eta @ values[:2] + values[6] * arm * x + shift

        return twin_value(frame, _Spline(log_hazard), 0.0)

    assert fit.state == "converged"
    at = np.concatenate([fit.values[:2], heights, fit.values[6:]])
    assert np.isclose(twin(at), fit.log_likelihood, rtol=1e-7)  # its slope is differenced
    slope, _ = differences(twin, at, np.full(7, 1e-4))
    assert np.abs(slope).max() < 1e-3


LEFT_OUT = {
    "weibull": ("veteran.csv", "karno", {"time": "time", "event": "status"}),
    "log-normal": ("lung.csv", "sex", {"time": "time", "event": "status", "event_value": 2}),
    "log-logistic": ("bcdeter.csv", "treat", {"low": "lower", "high": "upper"}),
}


@pytest.mark.parametrize("name", LEFT_OUT)
def test_leaving_one_out(name):
    """Relation 11: dfbeta follows what happens when a row is left out."""
    data, formula, times = LEFT_OUT[name]
    frame = goldens.data(data).head(80 if name == "log-normal" else 100)
    if "upper" in frame:
        frame["upper"] = frame["upper"].fillna(np.inf)
    fit = survival.parametric(frame, formula, family=name, **times)
    moved = survival.parametric_residuals(fit, "dfbeta").to_numpy()
    left = [
        fit.values - survival.parametric(frame.drop(i), formula, family=name, **times).values
        for i in frame.index
    ]
    for mine, theirs in zip(moved.T, np.array(left).T, strict=True):
        assert np.corrcoef(mine, theirs)[0, 1] > 0.99
        assert 0.9 < mine @ theirs / (mine @ mine) < 1.1


def test_deviance_of_intervals_uses_their_best_location():
    frame = a_trial(n=40).assign(entry=0.0)
    for name in TWINS:
        fit = survival.parametric(frame, "arm", family=name, low="low", high="high")
        found = survival.parametric_residuals(fit)["deviance"].to_numpy()
        row = int(np.flatnonzero(fit.rows.seen == 3)[0])
        grid = np.linspace(0.0, 8.0, 200_001)
        time = TWINS[name](grid, fit.scale["all"])
        with np.errstate(divide="ignore"):
            each = np.log(time.cdf(frame["high"][row]) - time.cdf(frame["low"][row]))
        own = TWINS[name](fit.values[0] + fit.values[1] * frame["arm"][row], fit.scale["all"])
        here = np.log(own.cdf(frame["high"][row]) - own.cdf(frame["low"][row]))
        assert np.isclose(abs(found[row]), np.sqrt(2.0 * (each.max() - here)), rtol=1e-5, atol=1e-6)
