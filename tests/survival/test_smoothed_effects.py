"""The smooth coefficient over time: against least squares written out, and where it must collapse.

R's curve is in tests/reference/test_changing_effects.py. EXACT: the same arithmetic in another
order.
"""

from __future__ import annotations

import numpy as np
import pytest

from tests.survival.test_diagnostics import fit_of, random_frame
from walkstats import survival
from walkstats._splines import ns_basis, ns_knots
from walkstats.numerics.limits import normal_quantile

EXACT = {"rtol": 1e-9, "atol": 1e-11}


@pytest.mark.parametrize("transform", ["km", "log"])
def test_by_the_normal_equations(transform: str) -> None:
    check = survival.check_proportional_hazards(fit_of(random_frame(3)), transform=transform)
    found = survival.smooth_effect(check, df=3, points=11, level=0.9)
    g = check.residuals["transformed"].to_numpy()
    grid = np.linspace(g.min(), g.max(), 11)
    interior, boundary = ns_knots(np.append(grid, g), 2)
    rows, shown = (np.c_[np.ones(len(x)), ns_basis(x, interior, boundary)] for x in (g, grid))
    inverse = np.linalg.inv(rows.T @ rows)
    for term in ("age", "arm"):
        line = found.curve.frame.query("group == @term")
        expected = shown @ inverse @ rows.T @ check.residuals[term].to_numpy()
        np.testing.assert_allclose(line["estimate"], expected, **EXACT)
        spread = np.einsum("ij,jk,ik->i", shown, inverse, shown)
        error = np.sqrt(check.variances[term] * spread)
        np.testing.assert_allclose(line["std_error"], error, **EXACT)
        high = expected + normal_quantile(0.9) * error
        np.testing.assert_allclose(line["conf_high"], high, **EXACT)


def test_the_mean_of_the_curve_at_events_is_the_coefficient() -> None:
    """A spline holds the constant, so fitted values average to the residuals' mean."""
    fit = fit_of(random_frame(5))
    check = survival.check_proportional_hazards(fit, transform="identity")
    means = check.residuals[["age", "arm"]].mean()
    np.testing.assert_allclose(means, list(check.coefficients.values()), rtol=1e-6, atol=1e-7)
    np.testing.assert_allclose(list(check.coefficients.values()), fit.values, **EXACT)


def test_variance_of_a_residual_without_strata_is_that_of_the_coefficient() -> None:
    fit = fit_of(random_frame(5))
    check = survival.check_proportional_hazards(fit)
    events = len(check.residuals)
    np.testing.assert_allclose(
        list(check.variances.values()), events * np.diag(fit.naive_covariance), rtol=1e-6
    )


def test_times_of_the_points() -> None:
    check = survival.check_proportional_hazards(fit_of(random_frame(2)), transform="identity")
    line = survival.smooth_effect(check, points=9).curve.frame
    np.testing.assert_allclose(line["time"], line["transformed"], **EXACT)


def test_too_few_times() -> None:
    frame = random_frame(2)
    # The arm varies in a stratum with three events only.
    small = np.flatnonzero(frame["event"])[:3]
    frame["stratum"] = np.isin(np.arange(len(frame)), small).astype(int)
    frame["arm"] = np.where(frame["stratum"] == 1, frame["arm"], 0)
    frame.iloc[small, frame.columns.get_loc("arm")] = [0, 1, 0]
    frame.iloc[small, frame.columns.get_loc("stop")] = [2.0, 3.0, 4.0]
    check = survival.check_proportional_hazards(fit_of(frame, "arm + age", strata="stratum"))
    found = survival.smooth_effect(check)
    missing = found.curve.frame.groupby("group", sort=False)["estimate"].agg(
        lambda x: x.isna().all()
    )
    assert missing.to_dict() == {"arm": True, "age": False}
    assert found.notes == ("arm: too few times of events for a spline with 4 degrees.",)
    frame["stop"] = frame["stop"].clip(upper=2.0)
    check = survival.check_proportional_hazards(fit_of(frame, "age"))
    with pytest.raises(ValueError, match="Ask for fewer"):
        survival.smooth_effect(check)


def test_refused() -> None:
    fit = fit_of(random_frame(2))
    with pytest.raises(ValueError, match="check_proportional_hazards, got CoxFit"):
        survival.smooth_effect(fit)  # type: ignore[arg-type]
    check = survival.check_proportional_hazards(fit)
    with pytest.raises(ValueError, match="df must be a whole number of at least 2"):
        survival.smooth_effect(check, df=1)
