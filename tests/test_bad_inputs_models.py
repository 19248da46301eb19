"""What survival models and count models do with data that do not suit them; ids of the case list.

The other cases of models stand in the tests of their functions.
"""

import time
import tracemalloc

import numpy as np
import pandas as pd
import pytest

import walkstats as ws
from walkstats.errors import DataError


@pytest.fixture
def trial() -> pd.DataFrame:
    rng = np.random.default_rng(11)
    n = 80
    arm = np.where(np.arange(n) % 2 == 0, "control", "walking")
    days = np.ceil(rng.exponential(100, n))
    return pd.DataFrame(
        {
            "participant_id": [f"P{k:03d}" for k in range(n)],
            "arm": pd.Categorical(arm, ["control", "walking"]),
            "age": rng.normal(50, 10, n).round(),
            "days": np.minimum(days, 150),
            "event": days < 150,
        }
    )


def test_m23_a_series_is_no_name_of_a_column(trial: pd.DataFrame) -> None:
    shuffled = trial["days"].sample(frac=1, random_state=1)
    for call in (ws.survival.kaplan_meier, ws.survival.log_rank):
        with pytest.raises(ValueError, match="name"):
            call(trial, "arm", time=shuffled)


def test_m31_dates_are_no_durations(trial: pd.DataFrame) -> None:
    dated = trial.assign(days=pd.Timestamp("2024-01-01") + pd.to_timedelta(trial["days"], "D"))
    spans = trial.assign(days=pd.to_timedelta(trial["days"], "D"))
    for frame in (dated, spans):
        with pytest.raises(DataError, match=r"date|duration|number"):
            ws.survival.cox(frame, "arm")
        with pytest.raises(DataError, match=r"date|duration|number"):
            ws.survival.kaplan_meier(frame, "arm")


def test_m33_the_error_of_a_restricted_mean_is_that_of_sampling(trial: pd.DataFrame) -> None:
    """Greenwood's: sum over event times of A^2 d / (n (n - d)), A the area still to come."""
    one = trial[trial["arm"] == "walking"]
    found = ws.survival.restricted_means(one, tau=120)
    curve = ws.survival.kaplan_meier(one).frame
    steps = curve[(curve["days"] <= 120) & (curve["n_event"] > 0)]
    times, values = steps["days"].to_numpy(), steps["estimate"].to_numpy()
    widths = np.diff(np.append(times, 120.0))
    ahead = np.cumsum((values * widths)[::-1])[::-1]
    d, n = steps["n_event"].to_numpy(), steps["n_risk"].to_numpy()
    variance = np.sum(ahead**2 * d / (n * (n - d)))
    assert found.by_group.std_errors[0] == pytest.approx(np.sqrt(variance), rel=1e-10)


def test_m35_a_median_that_is_not_reached_is_missing_and_said(trial: pd.DataFrame) -> None:
    early = trial.assign(event=trial["event"] & (trial["days"] < 30))
    median = ws.survival.kaplan_meier(early, "arm").quantile(0.5)
    assert np.isnan(median.values).all()
    assert sum("not reached by 150 days" in note for note in median.notes) == 2
    assert median.limits is not None
    assert np.isnan(median.limits[:, 1]).all()


def test_m39_ids_and_events_are_no_covariates(trial: pd.DataFrame) -> None:
    for name in ("participant_id", "event", "days"):
        with pytest.raises(ValueError, match=f"{name}' is the .* cannot be a covariate"):
            ws.survival.cox(trial, f"arm + {name}")


def test_m41_late_entry_counts_in_coefficient_baseline_and_robust_error(
    trial: pd.DataFrame,
) -> None:
    """What enters late is the second piece of a follow-up whose first piece is left out."""
    late = trial.assign(begins=np.where(np.arange(len(trial)) % 3 == 0, 20.0, 0.0))
    late = late[late["days"] > late["begins"]]
    cut = ws.derive.split_at(
        late.assign(start_days=late["begins"], stop_days=late["days"]).drop(columns="days"), [60]
    )
    names = {"entry": "start_days", "time": "stop_days"}
    whole = ws.survival.cox(late, "arm + age", entry="begins", robust=True)
    pieces = ws.survival.cox(cut, "arm + age", cluster="participant_id", **names)
    np.testing.assert_allclose(pieces.values, whole.values, rtol=1e-9)
    np.testing.assert_allclose(pieces.std_errors, whole.std_errors, rtol=1e-8)
    base = [ws.survival.baseline_hazard(fit).frame["estimate"].iloc[-1] for fit in (whole, pieces)]
    assert base[0] == pytest.approx(base[1], rel=1e-8)
    assert base[0] != pytest.approx(
        ws.survival.baseline_hazard(ws.survival.cox(late, "arm + age")).frame["estimate"].iloc[-1]
    )


@pytest.mark.parametrize("wrong", [-1.0, 1.5])
def test_m47_a_count_is_a_whole_number_from_0_on(trial: pd.DataFrame, wrong: float) -> None:
    counts = trial.assign(events=np.arange(len(trial)) % 4).astype({"events": float})
    counts.loc[7, "events"] = wrong
    with pytest.raises(DataError, match=f"the first {wrong:g}") as caught:
        ws.regression.rate_regression(counts, "events ~ arm", exposure="days")
    assert caught.value.problems["row"].iloc[0] == 7


def test_m51_missing_values_are_counted_in_tests(trial: pd.DataFrame) -> None:
    gaps = trial.assign(days=trial["days"].where(trial.index > 2))
    found = ws.survival.log_rank(gaps, "arm")
    assert found.counts is not None
    assert found.counts.left_out == {"days missing": 3}


def test_m53_times_that_differ_by_rounding_are_one(trial: pd.DataFrame) -> None:
    begins = 15_000.0 + np.arange(len(trial))  # days of randomisation
    years = trial.assign(days=(begins + trial["days"]) / 365.25 - begins / 365.25)
    assert years["days"].nunique() > trial["days"].nunique()
    plain, rounded = ws.survival.cox(trial, "arm"), ws.survival.cox(years, "arm")
    assert rounded.values[0] == pytest.approx(plain.values[0], rel=1e-9)
    assert any("merged" in note for note in rounded.notes)


@pytest.mark.slow
def test_m55_a_million_rows() -> None:
    """Seconds of a processor, and memory in multiples of what the data take."""
    rng = np.random.default_rng(55)
    n = 1_000_000
    days = np.ceil(rng.exponential(200, n))
    many = pd.DataFrame(
        {
            "arm": pd.Categorical.from_codes(np.arange(n) % 2, ["control", "walking"]),
            "age": rng.normal(54, 12, n),
            "days": np.minimum(days, 365),
            "event": days <= 365,
        }
    )
    size = int(many.memory_usage(deep=True).sum())
    calls = {
        5: lambda: ws.survival.kaplan_meier(many, "arm"),
        60: lambda: ws.survival.cox(many, "arm + age"),
    }
    for most, call in calls.items():
        tracemalloc.start()
        began = time.process_time()
        assert call().counts.used == n
        spent = time.process_time() - began
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert spent < most
        assert peak < 10 * size
