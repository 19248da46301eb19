"""Count regression against numerical derivatives, another package, and where a case is known.

Tolerances: 1e-8 against statsmodels at its maximum; 1e-5 for numerical second derivatives; exact
rates to 1e-12 against scipy.
"""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from scipy.stats import nbinom, poisson

import walkstats as ws
from walkstats.errors import DataError, FitError


def counts(seed: int = 5, size: int = 80, alpha: float = 0.8) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    arm = rng.integers(0, 2, size)
    days, age = rng.uniform(60, 365, size), rng.normal(50, 10, size)
    frailty = rng.gamma(1 / alpha, alpha, size) if alpha else np.ones(size)
    mean = frailty * days / 100 * np.exp(-0.4 * arm + 0.02 * (age - 50))
    return pd.DataFrame(
        {
            "participant_id": range(size),
            "arm": pd.Categorical.from_codes(arm, ["control", "walking"]),
            "age": age,
            "days": days,
            "recurrences": rng.poisson(mean),
        }
    )


FORMULA = "recurrences ~ arm + age"


def fitted(frame: pd.DataFrame, **options: object) -> ws.regression.CountFit:
    return ws.regression.rate_regression(frame, FORMULA, exposure="days", **options)  # type: ignore[arg-type]


def test_poisson_against_statsmodels() -> None:
    import statsmodels.api as sm

    frame = counts()
    fit = fitted(frame, se="model")
    model = sm.GLM(
        frame["recurrences"], fit.matrix, family=sm.families.Poisson(), offset=np.log(frame["days"])
    ).fit(tol=1e-14)
    np.testing.assert_allclose(fit.values, model.params, rtol=1e-8)
    np.testing.assert_allclose(fit.std_errors, model.bse, rtol=1e-8)
    assert fit.deviance == pytest.approx(model.deviance, rel=1e-10)
    assert fit.log_likelihood == pytest.approx(model.llf, rel=1e-10)
    assert fit.log_likelihood_null == pytest.approx(model.llnull, rel=1e-8)
    robust = fitted(frame)
    assert (robust.se, fit.se) == ("HC1", "model")
    n, k = fit.matrix.shape
    hc0 = np.sqrt(np.diag(sandwich(fit)))
    np.testing.assert_allclose(robust.std_errors, hc0 * np.sqrt(n / (n - k)), rtol=1e-9)


def sandwich(fit: ws.regression.CountFit) -> np.ndarray:
    """Written otherwise: one row after another."""
    bread = np.linalg.inv(
        sum(m * np.outer(x, x) for m, x in zip(fit.fitted, fit.matrix, strict=True))
    )
    residuals = fit.outcome - fit.fitted
    meat = sum(r**2 * np.outer(x, x) for r, x in zip(residuals, fit.matrix, strict=True))
    return bread @ meat @ bread


def test_negative_binomial_by_its_likelihood() -> None:
    frame = counts()
    fit = fitted(frame, family="negative-binomial", se="observed")
    y, X = fit.outcome, fit.matrix

    def height(at: np.ndarray) -> float:
        mu, theta = np.exp(X @ at[:-1] + fit.offset), at[-1]
        return float(nbinom.logpmf(y, theta, theta / (theta + mu)).sum())

    best = np.append(fit.values, fit.theta)
    assert height(best) == pytest.approx(fit.log_likelihood, rel=1e-12)
    step = np.append(1e-4 / np.abs(X).max(axis=0), 1e-3)
    hessian = np.empty((4, 4))
    for i in range(4):
        for j in range(4):
            corners = [
                height(best + a * step * (np.arange(4) == i) + b * step * (np.arange(4) == j))
                for a, b in ((1, 1), (1, -1), (-1, 1), (-1, -1))
            ]
            hessian[i, j] = (corners[0] - corners[1] - corners[2] + corners[3]) / (
                4 * step[i] * step[j]
            )
    errors = np.sqrt(np.diag(np.linalg.inv(-hessian)))
    np.testing.assert_allclose(fit.std_errors, errors[:-1], rtol=1e-4)
    assert fit.theta_std_error == pytest.approx(1 / np.sqrt(-hessian[3, 3]), rel=1e-4)


def test_no_more_scatter_than_chance() -> None:
    frame = counts(alpha=0.0)
    found = fitted(frame.assign(recurrences=poisson.ppf(0.5, frame["days"] / 50)), se="model",
                   family="negative-binomial")  # fmt: skip
    assert (found.state, found.alpha, found.theta) == ("boundary", 0.0, np.inf)
    assert found.overdispersion is not None
    assert found.overdispersion.p_value == 1.0
    assert "alpha is 0" in " ".join(found.notes)


def test_scale_and_origin_of_a_covariate() -> None:
    frame = counts()
    here = fitted(frame, family="negative-binomial")
    far = fitted(frame.assign(age=1e9 + 1000 * frame["age"]), family="negative-binomial")
    assert far.values[2] == pytest.approx(here.values[2] / 1000, rel=1e-6)
    assert far.std_errors[1] == pytest.approx(here.std_errors[1], rel=1e-6)


def test_an_arm_without_events() -> None:
    frame = counts()
    frame.loc[frame["arm"] == "walking", "recurrences"] = 0
    fit = fitted(frame, se="model")
    assert fit.state == "infinite"
    assert fit.values[1] == -np.inf
    assert np.isnan(fit.std_errors[1])
    alone = ws.regression.rate_regression(
        frame[frame["arm"] == "control"], "recurrences ~ age", exposure="days", se="model"
    )
    assert fit.values[2] == pytest.approx(alone.values[1], rel=1e-6)
    assert fit.std_errors[2] == pytest.approx(alone.std_errors[1], rel=1e-6)
    assert fit.log_likelihood == pytest.approx(alone.log_likelihood, rel=1e-10)
    assert "there are no events" in " ".join(fit.notes)


def test_clusters() -> None:
    frame = counts()
    twice = pd.concat([frame, frame], ignore_index=True)
    one = fitted(frame, se="HC0")
    fit = fitted(twice, se="CR0")
    np.testing.assert_allclose(fit.std_errors, one.std_errors, rtol=1e-9)
    assert fitted(twice).se == "CR1"
    assert fitted(twice).freedom.value == 79
    assert "80 clusters of participant_id" in fitted(twice).method
    taken = fitted(twice, se="model")
    assert "80 participants have several rows, taken as independent" in " ".join(taken.notes)


def test_rows_without_exposure_are_counted() -> None:
    frame = counts().assign(days=lambda f: f["days"].where(f.index != 3))
    frame.loc[4, ["days", "recurrences"]] = 0
    fit = fitted(frame)
    assert dict(fit.counts.left_out) == {"days missing": 1, "days is 0": 1}
    assert not {3, 4} & set(fit.kept)
    frame.loc[4, "recurrences"] = 2
    with pytest.raises(DataError, match="have events and no exposure"):
        fitted(frame)


@pytest.mark.parametrize(
    ("spoil", "error", "said"),
    [
        ({"recurrences": -3}, DataError, "no count in 80 row(s), the first -3"),
        ({"recurrences": 0.5}, DataError, "no count in 80 row(s), the first 0.5"),
        ({"recurrences": 0}, FitError, "No events"),
        ({"recurrences": "many"}, DataError, "not a number"),
        ({"days": -1.0}, DataError, "days is negative"),
    ],
)
def test_counts_that_cannot_be(spoil: dict, error: type, said: str) -> None:
    with pytest.raises(error, match=re.escape(said)):
        fitted(counts().assign(**spoil))


def test_options_that_do_not_fit() -> None:
    with pytest.raises(ValueError, match="family must be one of"):
        fitted(counts(), family="binomial")
    with pytest.raises(ValueError, match="does not exist for family"):
        fitted(counts(), se="observed")
    with pytest.raises(ValueError, match="takes rows as independent"):
        fitted(counts(), se="HC1", cluster="arm")
    with pytest.raises(FitError, match="combination of"):
        ws.regression.rate_regression(counts().assign(b=lambda f: 2 * f["age"]), f"{FORMULA} + b")


def test_days_in_pain_as_a_rate() -> None:
    frame = ws.derive.days_in_pain(ws.load_sample("walkback-like"), kind="any")
    fit = ws.regression.rate_regression(frame, "days_in_pain ~ arm", exposure="observed_days")
    by_arm = frame.groupby("arm", observed=True)[["days_in_pain", "observed_days"]].sum()
    share = by_arm["days_in_pain"] / by_arm["observed_days"]
    ratio = fit.estimate("arm[walking]", ratio=True).estimate
    assert ratio == pytest.approx(share["walking"] / share["control"], rel=1e-10)


def test_exact_rates() -> None:
    table = pd.DataFrame({"arm": ["a", "b", "c"], "n": [12, 5, 0], "years": [40.0, 41.0, 10.0]})
    found = ws.regression.compare_rates(table, "arm", events="n", exposure="years")
    low, high = found.by_group.limits[1] * 41  # type: ignore[index]
    assert low == pytest.approx(stats.chi2.ppf(0.025, 10) / 2, rel=1e-12)
    assert high == pytest.approx(stats.chi2.ppf(0.975, 12) / 2, rel=1e-12)
    exact = stats.binomtest(5, 17, 41 / 81)
    assert found.tests["arm[b]"].p_value == pytest.approx(exact.pvalue, rel=1e-10)
    # A table shows the p-value of the exact test too, not that of a standard error.
    assert found.ratio.estimate("arm[b]").p_value == found.tests["arm[b]"].p_value
    interval = exact.proportion_ci(method="exact")
    ratio = found.ratio.estimate("arm[b]", ratio=True)
    odds = [share / (1 - share) * 40 / 41 for share in (interval.low, interval.high)]
    assert [ratio.conf_low, ratio.conf_high] == pytest.approx(odds, rel=1e-9)
    none = found.ratio.estimate("arm[c]", ratio=True)
    assert (none.estimate, none.conf_low) == (0.0, 0.0)
    assert none.conf_high < 2


def test_whose_events_they_are() -> None:
    frame = counts()
    twice = pd.concat([frame, frame], ignore_index=True)
    found = ws.regression.compare_rates(twice, "arm", events="recurrences", exposure="days")
    assert found.counts.participants == 80
    assert found.rates["participants"].sum() == 80
    assert "participants have several events, taken as independent" in " ".join(found.notes)


def test_rates_that_cannot_be() -> None:
    table = pd.DataFrame({"arm": ["a", "b"], "n": [1, 2], "years": [3.0, 0.0]})
    options = {"events": "n", "exposure": "years"}
    with pytest.raises(DataError, match="is 0 where there are events"):
        ws.regression.compare_rates(table, "arm", **options)
    with pytest.raises(DataError, match="no whole number from 0 on"):
        ws.regression.compare_rates(table.assign(n=0.5, years=1.0), "arm", **options)
    with pytest.raises(DataError, match="comparison needs 2 groups"):
        ws.regression.compare_rates(table.head(1), "arm", **options)
