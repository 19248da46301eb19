"""Frailties against twins written otherwise, against integration, and where there are none.

Tolerances: 1e-6 for numerical derivatives and integrals; 1e-8 where both sides are at the maximum.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.special import gammaln
from scipy.stats import chi2

import walkstats as ws
from tests.reference import goldens
from walkstats.errors import DataError, FitError
from walkstats.survival.recurrent_events import frailty_likelihood as kernel
from walkstats.survival.recurrent_events import frailty_variances

SPELLS = {"time": "stop", "entry": "start"}


def bladder2() -> pd.DataFrame:
    return goldens.data("bladder2.csv")


def made(ties: str, strata: str | None = None, weights: str | None = None) -> kernel.FrailtyData:
    frame = bladder2().assign(w=lambda f: 0.5 + f["id"] % 3)
    plain = ws.survival.cox(
        frame, "rx + size", subject=None, robust=False, ties=ties, strata=strata, weights=weights,
        **SPELLS,
    )  # fmt: skip
    sets = plain.risk_sets
    group = pd.factorize(frame["id"])[0]
    events = np.bincount(group, np.where(sets.event, sets.mass, 0.0))
    X = plain.matrix - plain.matrix.mean(axis=0)
    return kernel.FrailtyData(X, group, events.size, events, sets, None, ties == "efron")


def slowly(b: np.ndarray, w: np.ndarray, data: kernel.FrailtyData) -> float:
    """The partial log-likelihood, one tied event after another."""
    sets = data.sets
    eta = data.X @ b + w[data.group]
    total = 0.0
    for m in range(sets.n_times):
        here = np.flatnonzero(sets.last == m)
        tied = here[sets.event[here]]
        risk = np.flatnonzero((sets.from_index <= m) & (m <= sets.last))
        for k in range(tied.size):
            share = k / tied.size if data.efron else 0.0
            below = sets.mass[risk] @ np.exp(eta[risk]) - share * (
                sets.mass[tied] @ np.exp(eta[tied])
            )
            total += sets.mass[tied[k]] * eta[tied[k]] - sets.mass[tied].mean() * np.log(below)
    return float(total)


@pytest.mark.parametrize("ties", ["breslow", "efron"])
@pytest.mark.parametrize(("strata", "weights"), [(None, None), ("enum", None), (None, "w")])
def test_likelihood_and_its_derivatives(ties: str, strata: str | None, weights: str | None) -> None:
    data, rng = made(ties, strata, weights), np.random.default_rng(3)
    b, w = rng.normal(size=2) / 5, rng.normal(size=data.groups) / 3
    found = kernel.evaluate(b, w, data)
    assert found.log_likelihood == pytest.approx(slowly(b, w, data), rel=1e-12)
    score = np.concatenate([found.score, found.frailty_score])
    step = 1e-5

    def moved(k: int, by: float) -> kernel.FrailtyEvaluation:
        at = np.concatenate([b, w])
        at[k] += by
        return kernel.evaluate(at[:2], at[2:], data)

    assert found.shared is not None
    whole = np.diag(found.expected) - found.shared.parts @ found.shared.weighted(
        found.shared.parts.T
    )
    np.testing.assert_allclose(np.diag(whole), found.diagonal, atol=1e-10)
    information = np.block([[found.information, found.cross.T], [found.cross, whole]])
    for k in (0, 1, 2, 10, 40):
        above, below = moved(k, step), moved(k, -step)
        slope = (above.log_likelihood - below.log_likelihood) / (2 * step)
        assert slope == pytest.approx(score[k], abs=2e-6)
        change = [np.concatenate([side.score, side.frailty_score]) for side in (below, above)]
        np.testing.assert_allclose((change[0] - change[1]) / (2 * step), information[k], atol=1e-6)


def test_less_memory_gives_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    data = made("efron")
    whole = kernel.solve(data, "gamma", 0.7, np.zeros(2), np.zeros(data.groups))
    monkeypatch.setattr(kernel, "WHOLE", 0)
    monkeypatch.setattr(kernel, "BLOCK", 300)
    blocks = kernel.solve(data, "gamma", 0.7, np.zeros(2), np.zeros(data.groups))
    assert blocks.here.shared is None
    assert blocks.converged
    np.testing.assert_allclose(blocks.b, whole.b, atol=1e-8)
    np.testing.assert_allclose(blocks.w, whole.w, atol=1e-7)


def marginal(fit: ws.survival.FrailtyFit, variance: float) -> float:
    """Log-likelihood of the observed data, each frailty integrated out against Breslow's hazards.

    With hazards dH at the event times and cumulative ones A_i of person i (without frailty), a
    gamma frailty leaves log Gamma(nu + d) - log Gamma(nu) + nu log nu - (nu + d) log(nu + A).
    """
    table, nu = fit.frailties, 1.0 / variance
    d = table["events"].to_numpy()
    total = table["expected"].to_numpy() / table["frailty"].to_numpy()
    own = gammaln(nu + d) - gammaln(nu) + nu * np.log(nu) - (nu + d) * np.log(nu + total)
    frame = bladder2()
    eta = frame["rx"] * fit.values[0]
    u = frame["id"].map(table.set_index("id")["frailty"])
    log_hazards = 0.0
    for _, row in frame[frame["event"] == 1].iterrows():
        risk = (frame["start"] < row["stop"]) & (row["stop"] <= frame["stop"])
        tied = ((frame["event"] == 1) & (frame["stop"] == row["stop"])).sum()
        hazard = tied / (u * np.exp(eta))[risk].sum()
        log_hazards += np.log(hazard) + eta[row.name]
    return float(own.sum() + log_hazards)


def test_integrated_likelihood() -> None:
    """Differences between variances are those of the likelihood with frailties integrated out."""
    fits = {
        v: ws.survival.shared_frailty(
            bladder2(), "rx", subject="id", ties="breslow", variance=v, **SPELLS
        )
        for v in (0.3, 0.9, 2.0)
    }
    ours = [fit.log_likelihood for fit in fits.values()]
    theirs = [marginal(fit, v) for v, fit in fits.items()]
    np.testing.assert_allclose(np.diff(ours), np.diff(theirs), rtol=1e-9)


def test_the_variance_found_is_the_highest() -> None:
    free = ws.survival.shared_frailty(bladder2(), "rx", subject="id", **SPELLS)
    v = free.frailty_variance.values[0]
    for other in (0.98 * v, 1.02 * v):
        held = ws.survival.shared_frailty(bladder2(), "rx", subject="id", variance=other, **SPELLS)
        assert held.log_likelihood < free.log_likelihood
    # Profile limits lie where the likelihood has fallen by half a chi-squared quantile.
    low, high = free.frailty_variance.limits[0]
    for limit in (low, high):
        at = ws.survival.shared_frailty(bladder2(), "rx", subject="id", variance=limit, **SPELLS)
        assert 2 * (free.log_likelihood - at.log_likelihood) == pytest.approx(3.841459, abs=1e-5)
    test = free.variance_test
    assert test is not None
    assert test.statistic == pytest.approx(2 * (free.log_likelihood - free.log_likelihood_null))
    assert test.p_value == pytest.approx(0.5 * chi2.sf(test.statistic, 1))


def test_expected_events_balance() -> None:
    """Events and their expectation add up; a gamma frailty is (nu + d) / (nu + A)."""
    fit = ws.survival.shared_frailty(bladder2(), "rx", subject="id", **SPELLS)
    table, nu = fit.frailties, 1.0 / fit.frailty_variance.values[0]
    assert table["expected"].sum() == pytest.approx(table["events"].sum(), rel=1e-9)
    alone = table["expected"] / table["frailty"]
    np.testing.assert_allclose(table["frailty"], (nu + table["events"]) / (nu + alone), rtol=1e-7)
    assert table["frailty"].mean() == pytest.approx(1.0, rel=1e-10)


def test_nobody_more_prone() -> None:
    """Fewer repeats than chance would give: the variance is zero and the model Cox's."""
    frame = pd.DataFrame(
        {
            "pair": np.repeat(np.arange(30), 2),
            "days": np.arange(60) * 7 % 61 + 1.0,
            "event": np.tile([1, 0], 30),
            "x": np.arange(60) % 5,
        }
    )
    fit = ws.survival.shared_frailty(frame, "x", subject="pair")
    plain = ws.survival.cox(frame, "x")
    assert fit.state == "boundary"
    assert fit.frailty_variance.values[0] == 0.0
    np.testing.assert_allclose(fit.values, plain.values)
    np.testing.assert_allclose(fit.covariance, plain.naive_covariance)
    assert fit.variance_test is not None
    assert (fit.variance_test.statistic, fit.variance_test.p_value) == (0.0, 1.0)
    low, high = fit.frailty_variance.limits[0]
    assert low == 0.0
    assert high > 0.0
    assert "estimated as zero" in " ".join(fit.notes)


def test_a_variance_between_two_maxima_is_refused_in_words() -> None:
    with pytest.raises(FitError, match="more than one maximum"):
        frailty_variances._root(lambda at: 1.0 + at, 2.0, 4.0)


def test_a_few_large_groups_that_are_alike() -> None:
    """Clinics instead of people: the limit of the variance lies far below that of small groups."""
    frame = pd.DataFrame({"clinic": np.arange(400) % 4, "days": np.arange(400) * 7 % 401 + 1.0})
    frame = frame.assign(event=True, x=np.arange(400) % 5)
    fit = ws.survival.shared_frailty(frame, "x", subject="clinic")
    assert fit.state == "boundary"
    assert str(fit.counts) == "400 events among 4 participants in 400 rows"
    told = ws.survival.shared_frailty(
        frame.assign(participant_id=np.arange(400)), "x", subject="clinic", variance=0.5
    )
    assert str(told.counts) == "400 events among 400 rows in 4 clusters"
    limit = fit.frailty_variance.limits[0, 1]
    assert 0.0 < limit < 0.02
    there = ws.survival.shared_frailty(frame, "x", subject="clinic", variance=limit)
    drop = 2 * (fit.log_likelihood_null - there.log_likelihood)
    assert drop == pytest.approx(3.841459, abs=1e-5)


def test_whole_information_is_a_little_different() -> None:
    options = {"subject": "id", "variance": 0.9, **SPELLS}
    diagonal, full = (
        ws.survival.shared_frailty(bladder2(), "rx + size", information=kind, **options)
        for kind in ("diagonal", "full")
    )
    np.testing.assert_array_equal(diagonal.values, full.values)
    # R 4.2.2, survival 3.5-3: frailty(id, theta = 0.9, sparse = FALSE), eps = 1e-15
    np.testing.assert_allclose(full.values, [-0.4167644650690, -0.0821468206708], rtol=1e-8)
    np.testing.assert_allclose(full.std_errors, [0.302895516792, 0.103608874569], rtol=1e-8)
    np.testing.assert_allclose(diagonal.std_errors, full.std_errors, rtol=0.02)
    assert np.all(diagonal.std_errors != full.std_errors)


def test_refusals() -> None:
    frame = bladder2()
    with pytest.raises(FitError, match="Every row has its own row"):
        ws.survival.shared_frailty(
            frame.assign(row=range(len(frame))), "rx", subject="row", **SPELLS
        )
    with pytest.raises(FitError, match="All rows belong to one all"):
        ws.survival.shared_frailty(frame.assign(all=1), "rx", subject="all", **SPELLS)
    with pytest.raises(DataError, match="id is missing in 1 row"):
        ws.survival.shared_frailty(
            frame.assign(id=frame["id"].where(frame.index != 5)), "rx", subject="id", **SPELLS
        )
    with pytest.raises(ValueError, match="variance must be above 0"):
        ws.survival.shared_frailty(frame, "rx", subject="id", variance=0, **SPELLS)
    with pytest.raises(ValueError, match="distribution must be one of"):
        ws.survival.shared_frailty(frame, "rx", subject="id", distribution="t", **SPELLS)
    separated = frame.assign(x=(frame["event"] == 0).astype(int))
    with pytest.raises(FitError, match="Without frailties the model is infinite"):
        ws.survival.shared_frailty(separated, "x", subject="id", **SPELLS)
