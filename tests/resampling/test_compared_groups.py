"""Do resampled trials give the numbers that the public functions give on their actual rows?"""

from functools import partial

import joblib
import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from tests.resampling.resampled import the_long_way, trial
from walkstats import resampling, survival
from walkstats.errors import DataError, FitError
from walkstats.numerics import engine, replicates
from walkstats.resampling.sorted_groups import sort_groups
from walkstats.survival.risk_sets import sort_risk_sets

# Both fits stop within 1e-10 standard errors of the maximum; curves differ by rounding.
CLOSE = 1e-8
ENGINES = ["numpy", "numba"]
FEW = {"replicates": 6, "seed": 5}


@pytest.fixture(params=ENGINES)
def either_engine(request, monkeypatch):
    if request.param == "numba":
        pytest.importorskip("numba")
    monkeypatch.setenv(engine.VARIABLE, request.param)


def held_against_the_long_way(frame, options, grouping, tau=20, at=(6, 12)):
    quick = resampling.bootstrap_comparison(frame, "arm", tau=tau, at=at, **options, **FEW)
    slow = resampling.bootstrap(
        frame,
        partial(the_long_way, tau=tau, at=at, **options),
        by="arm",
        jackknife=False,
        **grouping,
        **FEW,
    )
    assert not slow.failed
    for k, name in enumerate(slow.names):
        assert quick.draws(name) == pytest.approx(slow.draws(name), rel=CLOSE, abs=CLOSE), name
        assert quick.observed[quick.names.index(name)] == pytest.approx(slow.observed[k], CLOSE)
    return quick


STRATA = {"strata": "site"}


@pytest.mark.parametrize("entry", [{}, {"entry": "entered"}], ids=["", "entry"])
@pytest.mark.parametrize("strata", [{}, STRATA], ids=["", "strata"])
def test_copies_counted_are_copies_made(either_engine, strata, entry):
    """Efron's tie count is the sum of copies: the fit is that of the resampled rows."""
    held_against_the_long_way(trial(strata=3), {**strata, **entry}, strata)


def test_three_arms(either_engine):
    frame = trial(n=90)
    frame["arm"] = np.array(["usual", "advice", "walking"])[np.arange(90) % 3]
    held_against_the_long_way(frame, {}, {})


def test_whole_participants_with_spells_are_drawn(either_engine):
    """Follow-up cut into two spells: the draws are those of the uncut frame."""
    whole = trial(n=60)
    late = whole[whole["days"] > 5]
    spells = pd.concat(
        [
            whole.assign(start=0.0, stop=np.minimum(whole["days"], 5)),
            late.assign(start=5.0, stop=late["days"]),
        ]
    )
    spells.loc[(spells["start"] == 0) & (spells["days"] > 5), "event"] = 0
    at = {"tau": 20, "at": [6], **FEW}
    plain = resampling.bootstrap_comparison(whole, "arm", **at)
    cut = resampling.bootstrap_comparison(
        spells.drop(columns="days"), "arm", time="stop", entry="start", **at
    )
    assert cut.values == pytest.approx(plain.values, rel=CLOSE)
    assert cut.jackknife == pytest.approx(plain.jackknife, rel=CLOSE)


def test_a_row_for_several_people_is_drawn_as_often(either_engine):
    frame = trial(n=40)
    frame["people"] = np.arange(40) % 4
    rows = frame.loc[frame.index.repeat(frame["people"])].reset_index(drop=True)
    at = {"tau": 18, "subject": None, **FEW}
    grouped = resampling.bootstrap_comparison(frame, "arm", frequencies="people", **at)
    single = resampling.bootstrap_comparison(rows, "arm", **at)
    assert grouped.values == pytest.approx(single.values, rel=CLOSE)


def test_the_jackknife_leaves_each_participant_out(either_engine):
    frame = trial(n=30)
    draws = resampling.bootstrap_comparison(frame, "arm", tau=12, **FEW)
    for k in (0, 17, 29):
        without = the_long_way(frame.drop(index=k), tau=12, at=[])
        for name, value in without.items():
            assert draws.jackknife[k, draws.names.index(name)] == pytest.approx(value, CLOSE)


def fitted(frame, groups) -> np.ndarray:
    """Log hazard ratios by ``cox`` with frequencies; nan where it refuses."""
    try:
        return survival.cox(frame, "arm", frequencies="n", subject=None).values
    except (FitError, DataError):
        return np.full(groups - 1, np.nan)


@given(
    rows=st.lists(
        st.tuples(st.integers(1, 5), st.booleans(), st.integers(0, 2), st.integers(0, 3)),
        min_size=4,
        max_size=14,
    ),
    groups=st.integers(2, 3),
)
def test_any_small_resample_is_fitted_as_cox_fits_it(rows, groups):
    """Ties, rows drawn often or never, monotone likelihoods; with three arms the finite ones."""
    days, event, group, copies = (np.array(column) for column in zip(*rows, strict=True))
    group = group % groups
    frame = pd.DataFrame(
        {"days": days, "event": event, "arm": np.array(list("abc"))[group], "n": copies}
    )
    assume(len(set(group[copies > 0])) == groups)
    assume((event & (copies > 0)).any())
    model = sort_groups(
        sort_risk_sets(None, days, event), group, groups, start=0.0, tau=4.0, at=np.empty(0)
    )
    expected = fitted(frame, groups)
    for kernel in map(engine.load, engine.PAIRS["compare_resamples"]):
        found, arrived = (kernel(copies[np.newaxis], model)[k] for k in (0, -1))
        assert arrived[0]
        if groups == 2 or (np.isfinite(expected).all() and np.isfinite(found).all()):
            both = (
                np.nan_to_num(found[0, 1:], posinf=99, neginf=-99),
                np.nan_to_num(expected, posinf=99, neginf=-99),
            )
            assert both[0] == pytest.approx(both[1], abs=1e-7)
            assert np.array_equal(np.isnan(found[0, 1:]), np.isnan(expected))


def test_several_events_of_a_participant_are_said():
    whole = trial(n=30)
    again = whole.assign(start=whole["days"], days=whole["days"] + 4, event=1)
    frame = pd.concat([whole.assign(start=0.0), again])
    draws = resampling.bootstrap_comparison(frame, "arm", time="days", entry="start", tau=9, **FEW)
    assert "have several events: the hazard ratio is one of rates" in " ".join(draws.notes)
    fit = survival.andersen_gill(frame, "arm", time="days", entry="start")
    assert draws.observed[0] == pytest.approx(float(np.exp(fit.values[0])), CLOSE)


# --- infinity, and what cannot be told ----------------------------------------------------------


def few_events(walking_events: int) -> pd.DataFrame:
    """Twelve controls with six events, twelve walkers with few."""
    days = list(range(1, 13)) * 2
    event = 6 * [1, 0] + walking_events * [1] + (12 - walking_events) * [0]
    return pd.DataFrame({"arm": 12 * ["control"] + 12 * ["walking"], "days": days, "event": event})


def test_an_arm_without_events_has_a_ratio_of_zero(either_engine):
    draws = resampling.bootstrap_comparison(
        few_events(1), "arm", replicates=200, tau=5, seed=2, jackknife=False, extend=True
    )
    ratio = draws.draws("hazard_ratio")
    assert 0.2 < np.mean(ratio == 0.0) < 0.5  # (11/12)^12 = 0.35 without the one event
    assert draws.estimate("hazard_ratio").conf_low == 0.0
    median = draws.estimate("median[walking]")
    assert median.conf_high == np.inf
    assert "count as such" in " ".join(median.notes)
    assert "median[walking] is infinite in" in str(draws)
    assert np.isnan(median.std_error)


def test_the_ratio_is_infinite_where_coxs_model_says_so(either_engine):
    """Every resample with a monotone likelihood, held against ``cox``."""
    frame = few_events(2).iloc[[0, 1, 2, 3, 12, 13, 14, 15, 16]].reset_index(drop=True)
    options = {"replicates": 40, "seed": 3, "jackknife": False}
    quick = resampling.bootstrap_comparison(frame, "arm", tau=1, extend=True, **options)
    slow = resampling.bootstrap(
        frame, lambda f: np.exp(survival.cox(f, "arm").values[0]), by="arm", **options
    )
    told = ~np.isnan(slow.values[:, 0])
    assert np.isinf(quick.draws("hazard_ratio")).any()
    assert (quick.draws("hazard_ratio") == 0).any()
    assert quick.draws("hazard_ratio")[told] == pytest.approx(slow.values[told, 0], CLOSE)
    # where cox refuses, nothing compares the arms
    assert np.isnan(quick.draws("hazard_ratio")[~told]).all()


def test_of_three_arms_the_finite_ratio_stays_finite(either_engine):
    """The third arm has no events: its ratio is 0, and the second's that of the first two."""
    two = trial(n=60)
    two["arm"] = two["arm"].astype(str)
    third = trial(n=20, seed=8).assign(arm="x", event=0)
    three = pd.concat([two, third], ignore_index=True)
    options = {"tau": 10, "replicates": 1, "seed": 1, "jackknife": False, "extend": True}
    of_two = resampling.bootstrap_comparison(two, "arm", subject=None, **options).observed
    of_three = resampling.bootstrap_comparison(three, "arm", subject=None, **options)
    found = dict(zip(of_three.names, of_three.observed, strict=True))
    assert found["hazard_ratio[x]"] == 0.0
    assert found["median[x]"] == np.inf
    assert 0 < found["hazard_ratio[walking]"] < np.inf
    assert found["hazard_ratio[walking]"] == pytest.approx(of_two[0], CLOSE)


def test_two_medians_not_reached_have_any_difference():
    """Neither is reached in some resamples: low for the lower limit, high for the upper."""
    frame = few_events(2)
    draws = resampling.bootstrap_comparison(
        frame, "arm", replicates=199, tau=5, seed=6, jackknife=False
    )
    difference = draws.estimate("median_difference")
    missing = int(np.isnan(draws.draws("median_difference")).sum())
    assert missing > 5
    assert (difference.conf_low, difference.conf_high) == (-np.inf, np.inf)
    assert f"cannot be told in {missing} of 199" in " ".join(difference.notes)


def test_follow_up_that_ends_early_in_a_resample_is_said():
    frame = few_events(3)
    frame.loc[frame["days"] < 12, "days"] = np.minimum(frame["days"], 6)
    draws = resampling.bootstrap_comparison(frame, "arm", replicates=300, tau=12, seed=1)
    assert any("the curve was carried on" in note for note in draws.notes)
    assert not np.isnan(draws.draws("restricted_mean_difference")).any()


# --- the seed alone decides ---------------------------------------------------------------------


MANY = {"replicates": 90, "tau": 20, "at": 10, "strata": "site", "seed": 11}


def test_neither_threads_nor_pieces_change_a_number(either_engine, monkeypatch):
    frame = trial(strata=2)
    once = resampling.bootstrap_comparison(frame, "arm", **MANY)
    with joblib.parallel_config(backend="threading", n_jobs=2):
        threads = resampling.bootstrap_comparison(frame, "arm", **MANY)
    monkeypatch.setattr("walkstats.resampling.compared_groups.REPLICATES_AT_ONCE", 7)
    monkeypatch.setattr(replicates, "cores", lambda: 3)
    pieces = resampling.bootstrap_comparison(frame, "arm", **MANY)
    for other in (threads, pieces):
        assert np.array_equal(other.values, once.values)
        assert np.array_equal(other.jackknife, once.jackknife)


def test_processes_change_no_number():
    frame = trial(strata=2)
    once = resampling.bootstrap_comparison(frame, "arm", **MANY)
    two = resampling.bootstrap_comparison(frame, "arm", workers=2, **MANY)
    assert np.array_equal(two.values, once.values)
    assert np.array_equal(two.jackknife, once.jackknife)
    options = {"replicates": 20, "seed": 3, "by": "arm"}
    mean = lambda rows: rows["days"].mean()  # noqa: E731
    once = resampling.bootstrap(frame, mean, **options)
    two = resampling.bootstrap(frame, mean, workers=2, progress=True, **options)
    assert np.array_equal(two.values, once.values)
    tests = [
        resampling.permutation_test(
            frame, lambda rows: np.ptp(rows.groupby("arm", observed=True)["days"].mean()), "arm",
            replicates=20, seed=3, workers=workers,
        )
        for workers in (1, 2)
    ]  # fmt: skip
    assert tests[0].p_value == tests[1].p_value


def test_another_seed_gives_other_draws_and_the_same_observed():
    frame = trial()
    first, second = (
        resampling.bootstrap_comparison(frame, "arm", replicates=5, tau=20, seed=seed)
        for seed in (1, 2)
    )
    assert np.array_equal(first.observed, second.observed)
    assert not np.array_equal(first.values, second.values)


def test_row_order_changes_no_observed_number_and_ids_change_nothing():
    frame = trial()
    options = {"replicates": 20, "tau": 20, "seed": 1}
    plain = resampling.bootstrap_comparison(frame, "arm", **options)
    mixed = resampling.bootstrap_comparison(frame.sample(frac=1, random_state=3), "arm", **options)
    assert mixed.observed == pytest.approx(plain.observed, rel=1e-12)
    renamed = frame.assign(participant_id=range(1000, 1000 + len(frame)))
    again = resampling.bootstrap_comparison(renamed, "arm", **options)
    assert np.array_equal(again.values, plain.values)


def test_each_resample_keeps_the_size_of_each_arm_and_stratum():
    from walkstats.numerics.replicates import Streams
    from walkstats.resampling.drawing import as_units

    cell = np.array([0, 1, 0, 2, 2, 2, 1, 0, 0])
    drawn = as_units(None, cell).draw(Streams(3), range(200))
    for one in drawn:
        assert np.array_equal(np.bincount(cell[one]), np.bincount(cell))
    assert len(np.unique(drawn, axis=0)) > 190


# --- what is refused ----------------------------------------------------------------------------


@pytest.mark.parametrize("replicates_asked", [0, -3, 2.5, True, "many", None])
def test_replicates_must_be_at_least_one(replicates_asked):
    with pytest.raises(ValueError, match="replicates must be a whole number of at least 1"):
        resampling.bootstrap_comparison(trial(), "arm", replicates=replicates_asked, tau=9, seed=1)


def test_a_seed_must_be_given():
    with pytest.raises(TypeError, match="seed"):
        resampling.bootstrap_comparison(trial(), "arm", replicates=10, tau=9)
    with pytest.raises(ValueError, match="seed must be a whole number"):
        resampling.bootstrap_comparison(trial(), "arm", replicates=10, tau=9, seed=None)


@pytest.mark.parametrize("workers", [0, -2, 1.5, True])
def test_workers_must_be_a_number(workers):
    with pytest.raises(ValueError, match="workers"):
        resampling.bootstrap_comparison(
            trial(), "arm", replicates=5, tau=9, seed=1, workers=workers
        )


def test_times_beyond_follow_up_are_refused():
    frame = trial()
    with pytest.raises(ValueError, match="tau = 99 lies beyond"):
        resampling.bootstrap_comparison(frame, "arm", replicates=5, tau=99, seed=1)
    with pytest.raises(ValueError, match="at = 99 lies beyond the follow-up of arm = "):
        resampling.bootstrap_comparison(frame, "arm", replicates=5, tau=9, at=[3, 99], seed=1)
    extended = resampling.bootstrap_comparison(
        frame, "arm", replicates=5, tau=99, at=99, seed=1, extend=True
    )
    assert np.all(np.isfinite(extended.draws("restricted_mean_ratio")))


def test_what_cannot_be_compared_is_refused():
    frame = trial()
    options = {"replicates": 5, "tau": 9, "seed": 1}
    with pytest.raises(DataError, match="comparison needs 2 groups"):
        resampling.bootstrap_comparison(frame.query("arm == 'walking'"), "arm", **options)
    with pytest.raises(FitError, match="No events among 80 participants"):
        resampling.bootstrap_comparison(frame.assign(event=0), "arm", **options)
    spells = pd.concat([frame.assign(start=0.0, event=0), frame.assign(start=frame["days"])])
    spells["days"] = np.where(spells["start"] > 0, spells["days"] + 3, spells["days"])
    options |= {"time": "days", "entry": "start"}
    with pytest.raises(ValueError, match="frequencies= with several rows"):
        resampling.bootstrap_comparison(spells.assign(n=1), "arm", frequencies="n", **options)
    spells["arm"] = np.repeat(["control", "walking"], len(frame))
    with pytest.raises(DataError, match="several groups of by and strata"):
        resampling.bootstrap_comparison(spells, "arm", **options)


def test_missing_rows_are_left_out_and_counted():
    frame = trial()
    frame.loc[3, "days"] = np.nan
    draws = resampling.bootstrap_comparison(frame, "arm", replicates=5, tau=9, seed=1)
    assert draws.counts.left_out == {"days missing": 1}
    assert draws.jackknife.shape[0] == 79


def test_the_frame_is_not_changed_and_the_result_says_what_was_done():
    frame = trial(strata=2)
    frame.attrs["source"] = "synthetic: a test"
    before = frame.copy()
    draws = resampling.bootstrap_comparison(
        frame, "arm", replicates=25, tau=9, seed=4, strata="site", progress=True
    )
    pd.testing.assert_frame_equal(frame, before)
    assert draws.source == "synthetic: a test"
    assert "25 bootstrap resamples of whole participants within groups and strata" in draws.method
    assert "Contrasts are with arm = control" in draws.method
    assert draws.to_frame().shape == (8, 9)
