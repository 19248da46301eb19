"""Is any statistic resampled by whole participants, with published numbers and all failures?"""

import math

import numpy as np
import pandas as pd
import pytest

from tests.resampling.resampled import trial
from walkstats import resampling, survival
from walkstats.errors import DataError, FitError
from walkstats.numerics.bootstrap_limits import acceleration

# Efron B, Tibshirani RJ. An Introduction to the Bootstrap. Chapman & Hall 1993: the spatial test of
# neurologically impaired children, table 14.1 (variable A), and the numbers of section 14.2-14.3.
SPATIAL = [
    48, 36, 20, 29, 42, 42, 20, 42, 22, 41, 45, 14, 6,
    0, 33, 28, 34, 4, 32, 24, 47, 41, 24, 26, 30, 41,
]  # fmt: skip
VARIANCE, ACCELERATION = 171.5, 0.061  # as printed
PRINTED_BCA, PRINTED_PERCENTILE = (115.8, 259.6), (100.8, 233.9)
# Both intervals rest on 2,000 draws. Over 40 seeds of plain numpy the limits have standard
# deviations of 1.9 and 3.5, so two of them differ by up to 3.29 sqrt(2) times that, 8.8 and 16.3.
MONTE_CARLO = 8.0


def variance(frame) -> float:
    return float(np.var(frame["score"]))


@pytest.fixture(scope="module")
def spatial():
    frame = pd.DataFrame({"score": SPATIAL})
    return resampling.bootstrap(frame, variance, replicates=2_000, seed=1993)


def test_the_published_variance_and_acceleration(spatial):
    assert round(float(spatial.observed[0]), 1) == VARIANCE
    assert round(acceleration(spatial.jackknife[:, 0], spatial.cell), 3) == ACCELERATION


def test_the_published_interval(spatial):
    found = spatial.estimate("statistic", 0.9, kind="bca")
    assert found.conf_low == pytest.approx(PRINTED_BCA[0], abs=MONTE_CARLO)
    assert found.conf_high == pytest.approx(PRINTED_BCA[1], abs=MONTE_CARLO)
    plain = spatial.estimate("statistic", 0.9, kind="percentile")
    assert plain.conf_low == pytest.approx(PRINTED_PERCENTILE[0], abs=MONTE_CARLO)
    assert plain.conf_high == pytest.approx(PRINTED_PERCENTILE[1], abs=MONTE_CARLO)


def test_the_standard_error_of_a_mean_is_the_formula():
    """Exactly, the bootstrap's standard error of a mean is sqrt(sum of squares) / n."""
    frame = pd.DataFrame({"x": SPATIAL})
    draws = resampling.bootstrap(
        frame, lambda f: f["x"].mean(), replicates=1_500, seed=2, jackknife=False
    )
    exact = np.std(SPATIAL) / math.sqrt(len(SPATIAL))
    # The standard deviation of m draws has a relative standard error of 1 / sqrt(2 m).
    assert draws.estimate("statistic").std_error == pytest.approx(exact, rel=3.29 / math.sqrt(3e3))


# --- whole participants -------------------------------------------------------------------------


def visits(people: int = 12) -> pd.DataFrame:
    """One to three rows of each person."""
    person = np.repeat(np.arange(people), 1 + np.arange(people) % 3)
    return pd.DataFrame(
        {
            "participant_id": [f"id{k}" for k in person],
            "arm": np.where(person % 2, "walking", "control"),
            "value": np.arange(person.size, dtype=float),
        }
    )


@pytest.mark.parametrize("kind", ["text", "number", "category"])
def test_people_are_drawn_with_all_their_rows_under_new_ids(kind):
    frame = visits()
    if kind == "number":
        frame["participant_id"] = frame["participant_id"].str[2:].astype("int64")
    if kind == "category":
        frame["participant_id"] = frame["participant_id"].astype("category")
    own = frame.groupby("participant_id", observed=True)["value"].agg(tuple)
    seen = []

    def look(resampled):
        groups = resampled.groupby("participant_id", observed=True)["value"].agg(tuple)
        seen.append(len(groups))
        assert set(groups) <= set(own)
        assert resampled.index.is_unique
        assert resampled.groupby("participant_id", observed=True)["arm"].nunique().max() == 1
        by_arm = resampled.groupby("arm")["participant_id"].nunique()
        assert by_arm.to_dict() == {"control": 6, "walking": 6}
        return resampled["value"].sum()

    draws = resampling.bootstrap(frame, look, by="arm", replicates=30, seed=7, jackknife=False)
    assert not draws.failed
    assert set(seen) == {12}
    assert draws.counts.participants == 12


def test_recurrences_of_one_person_stay_together():
    """The error of a mean count agrees with the clustered one; that of single rows does not."""
    rng = np.random.default_rng(3)
    frailty = rng.gamma(1.0, 1.0, 60)
    rows = []
    for person in range(60):
        for month in range(12):
            event = rng.random() < 1 - math.exp(-0.25 * frailty[person])
            rows.append((f"p{person}", month * 30.0, (month + 1) * 30.0, int(event)))
    frame = pd.DataFrame(rows, columns=["participant_id", "start_days", "stop_days", "event"])

    def mean_count(some):
        people = some["participant_id"].nunique()
        return some["event"].sum() / people

    options = {"replicates": 400, "seed": 5, "jackknife": False}
    whole = resampling.bootstrap(frame, mean_count, **options).estimate("statistic").std_error
    torn = resampling.bootstrap(
        frame, lambda some: some["event"].sum() / 60, subject=None, **options
    )
    curve = survival.mean_cumulative_count(frame)
    robust = float(curve.to_frame()["std_error"].iloc[-1])
    # 400 draws: a relative standard error of 0.035.
    assert whole == pytest.approx(robust, rel=3.29 * 0.036)
    assert torn.estimate("statistic").std_error < 0.8 * robust


# --- what a statistic may say -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("statistic", "names"),
    [
        (lambda f: 3, ("statistic",)),
        (lambda f: {"mean": f["days"].mean(), "n": len(f)}, ("mean", "n")),
        (lambda f: f[["days", "event"]].mean(), ("days", "event")),
        (lambda f: [1.0, f["days"].mean()], ("statistic[1]", "statistic[2]")),
        (lambda f: survival.cox(f, "arm"), ("arm[walking]",)),
        (lambda f: survival.cox(f, "arm").estimate("arm[walking]"), ("arm[walking]",)),
    ],
)
def test_a_statistic_is_numbers_with_names(statistic, names):
    draws = resampling.bootstrap(trial(n=24), statistic, by="arm", replicates=3, seed=1)
    assert draws.names == names
    assert draws.values.shape == (3, len(names))
    assert draws.jackknife.shape == (24, len(names))
    assert not draws.failed


def test_a_failing_statistic_is_counted_by_reason_and_left_out():
    frame = pd.DataFrame({"x": np.arange(10.0)})

    def moody(some):
        if (some["x"] == 9).sum() == 0:
            raise ZeroDivisionError("nobody like number nine")
        return np.nan if (some["x"] == 0).sum() == 0 else some["x"].mean()

    draws = resampling.bootstrap(frame, moody, replicates=200, seed=3, jackknife=False)
    assert set(draws.failed) == {
        "ZeroDivisionError: nobody like number nine",
        "statistic is nan",
    }
    missing = int(np.isnan(draws.values).sum())
    assert sum(draws.failed.values()) == missing > 0
    said = " ".join(draws.estimate("statistic").notes)
    assert f"{missing} of 200 replicates failed" in said
    assert f"{missing} of 200 replicates gave no statistic: left out" in said
    kept = np.sort(draws.values[~np.isnan(draws.values)])
    found = draws.estimate("statistic", 0.5)
    assert kept[0] <= found.conf_low <= found.conf_high <= kept[-1]


def test_bca_is_refused_without_a_jackknife_and_missing_where_one_fails():
    frame = pd.DataFrame({"x": np.arange(10.0)})
    draws = resampling.bootstrap(frame, len, replicates=5, seed=1, jackknife=False)
    with pytest.raises(ValueError, match="jackknife=True"):
        draws.estimate("statistic", kind="bca")

    def needs_nine(some):
        return some["x"].mean() if (some["x"] == 9).any() else math.inf

    draws = resampling.bootstrap(frame, needs_nine, replicates=50, seed=1)
    found = draws.estimate("statistic", kind="bca")
    assert math.isnan(found.conf_low)
    assert "no finite value" in " ".join(found.notes)
    assert draws.estimate("statistic").conf_high == math.inf


@pytest.mark.parametrize(
    ("statistic", "problem"),
    [
        (lambda f: f["nothing"], "fails on the data themselves: KeyError: 'nothing'"),
        (lambda f: math.nan, r"missing \(nan\) on the data themselves: statistic"),
        (lambda f: "a word", "fails on the data themselves: ValueError"),
        (lambda f: None, "fails on the data themselves|missing"),
        (lambda f: np.ones((2, 2)), "fails on the data themselves: TypeError: a statistic is"),
        (lambda f: {}, "gives no number"),
    ],
)
def test_a_statistic_without_numbers_on_the_data_is_refused(statistic, problem):
    with pytest.raises(FitError, match=problem):
        resampling.bootstrap(trial(), statistic, replicates=5, seed=1)


def test_a_statistic_that_always_fails_or_changes_its_names_is_refused():
    calls = []

    def once(some):
        calls.append(1)
        return {"first": 1.0} if len(calls) == 1 else {"other": 1.0}

    with pytest.raises(FitError, match="failed in all 5 replicates: it gave other names"):
        resampling.bootstrap(trial(), once, replicates=5, seed=1)


def test_what_is_asked_for_is_checked():
    frame = visits()
    with pytest.raises(ValueError, match="statistic must be a function"):
        resampling.bootstrap(frame, "mean", replicates=5, seed=1)
    with pytest.raises(ValueError, match="at least 1"):
        resampling.bootstrap(frame, len, replicates=0, seed=1)
    with pytest.raises(TypeError, match="seed"):
        resampling.bootstrap(frame, len, replicates=5)
    with pytest.raises(ValueError, match="No column 'site'"):
        resampling.bootstrap(frame, len, replicates=5, seed=1, strata="site")
    with pytest.raises(ValueError, match="No column 'person'"):
        resampling.bootstrap(frame, len, replicates=5, seed=1, subject="person")
    torn = frame.assign(arm=np.where(np.arange(len(frame)) % 2, "a", "b"))
    with pytest.raises(DataError, match="rows in several groups of arm"):
        resampling.bootstrap(torn, len, replicates=5, seed=1, by="arm")
    gap = frame.assign(participant_id=frame["participant_id"].where(frame.index > 0))
    with pytest.raises(DataError, match="participant_id is missing"):
        resampling.bootstrap(gap, len, replicates=5, seed=1)
    with pytest.raises(DataError, match="0 rows are left"):
        resampling.bootstrap(frame.iloc[:0], len, replicates=5, seed=1, by="arm")


def test_the_frame_is_not_changed_by_a_statistic_that_changes_its_own():
    frame = visits()
    before = frame.copy()

    def careless(some):
        some["value"] = 0.0
        some.drop(columns="arm", inplace=True)
        return 1.0

    resampling.bootstrap(frame, careless, replicates=3, seed=1)
    resampling.permutation_test(frame, careless, "arm", replicates=3, seed=1)
    pd.testing.assert_frame_equal(frame, before)


def test_rows_without_a_group_are_left_out_and_counted():
    frame = visits()
    frame.loc[frame["participant_id"] == "id2", "arm"] = None
    draws = resampling.bootstrap(frame, len, replicates=3, seed=1, by="arm")
    assert draws.counts.left_out == {"arm missing": 3}
    assert draws.counts.participants == 11
