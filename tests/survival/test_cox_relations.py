"""What must hold of Cox models without any oracle.

Small random data; two fits of the same model agree to what Newton's method leaves (1e-10 standard
errors) and rounding adds. Relations of frames go through the public door, the others through the
kernels, which is quicker.
"""

import functools
import itertools
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.errors import UnsatisfiedAssumption

import walkstats as ws
from tests.reference import goldens
from tests.relations import costly_relation
from walkstats.errors import FitError
from walkstats.survival.partial_likelihood import hazard_increments, score_residuals
from walkstats.survival.partial_maximum import maximum
from walkstats.survival.risk_sets import sort_risk_sets
from walkstats.survival.robust_variance import robust_covariance

# Few enough that relations meet data of which the fit is known already: 200 of them in each test.
SEEDS = st.integers(0, 249)
SAME = 1e-7  # relative to the standard error
RATIO = 1e-6  # of variances


@dataclass(frozen=True)
class Data:
    """Rows with two covariates, an arm and an age, and how they are to be fitted."""

    X: np.ndarray
    stop: np.ndarray
    event: np.ndarray
    start: np.ndarray | None
    strata: np.ndarray | None
    ties: str
    weights: np.ndarray | None = None
    frequencies: np.ndarray | None = None

    def rows(self, which: np.ndarray) -> "Data":
        """Some of the rows, or the same ones several times."""
        picked = {
            name: None if getattr(self, name) is None else getattr(self, name)[which]
            for name in ("X", "stop", "event", "start", "strata", "weights", "frequencies")
        }
        return replace(self, **picked)


@dataclass(frozen=True)
class Answer:
    values: np.ndarray
    naive: np.ndarray
    robust: np.ndarray
    log_likelihood: float
    score_test: float
    fitted: object


def data(seed: int) -> Data:
    """Whole days with ties; late entry and strata in half of the draws each."""
    rng = np.random.default_rng(seed)
    n = int(rng.integers(15, 40))
    stop = rng.integers(2, 20, n).astype(float)
    start = np.minimum(rng.integers(0, 10, n), stop - 1)
    return Data(
        X=np.column_stack([rng.integers(0, 2, n), rng.normal(55, 10, n).round(1)]),
        stop=stop,
        event=rng.random(n) < 0.7,
        start=start if rng.random() < 0.5 else None,
        strata=rng.integers(0, 2, n) if rng.random() < 0.5 else None,
        ties=str(rng.choice(["efron", "breslow"])),
    )


def first(seed: int) -> Answer:
    """The fit of the data as they are, which many relations start from."""
    answer = known(seed)
    assume(answer is not None)
    return answer


@functools.cache
def known(seed: int) -> Answer | None:
    try:
        return fit(data(seed))
    except UnsatisfiedAssumption:
        return None


def fit(given: Data, cluster: np.ndarray | None = None) -> Answer:
    """A converged fit, or no example at all."""
    sets = sort_risk_sets(
        given.start, given.stop, given.event, given.strata, given.weights, given.frequencies
    )
    assume(sets.tied.any())
    found = maximum(given.X, sets, None, given.ties)
    assume(found.state == "converged" and not found.problem)
    robust = found.covariance
    if given.ties != "exact":
        robust = robust_covariance(found, cluster)
    return Answer(
        found.values, found.covariance, robust, found.log_likelihood, found.score_test, found
    )


def same(one: Answer, other: Answer, *, times: float = 1.0) -> None:
    """Coefficients and both variances agree; the information is ``times`` as large."""
    scale = np.sqrt(np.diag(one.naive))
    between = np.outer(scale, scale)
    assert np.allclose(one.values / scale, other.values / scale, rtol=0, atol=SAME)
    assert np.allclose(one.naive / between, times * other.naive / between, rtol=0, atol=RATIO)
    assert np.allclose(one.robust / between, times * other.robust / between, rtol=0, atol=RATIO)


@costly_relation
@given(SEEDS)
def test_row_order_changes_nothing(seed):
    rows = data(seed)
    mixed = np.random.default_rng(seed + 1).permutation(len(rows.stop))
    same(first(seed), fit(rows.rows(mixed)))


@costly_relation
@given(SEEDS, st.sampled_from([1 / 365.25, 1e-6, 24.0, 1e6]))
def test_the_unit_of_time_changes_nothing(seed, unit):
    rows = data(seed)
    start = None if rows.start is None else rows.start * unit
    same(first(seed), fit(replace(rows, stop=rows.stop * unit, start=start)))


@costly_relation
@given(SEEDS, st.floats(-1e6, 1e6), st.floats(1e-3, 1e3))
def test_covariates_shifted_and_scaled(seed, shift, scale):
    """What is left of the shifted covariate's own digits decides the tolerance."""
    rows = data(seed)
    X = np.column_stack([rows.X[:, 0], shift + scale * rows.X[:, 1]])
    one, two = first(seed), fit(replace(rows, X=X))
    error = np.sqrt(np.diag(one.naive))
    lost = SAME + 1e-15 * abs(shift) / scale
    by = np.array([1.0, scale])
    assert np.allclose(two.values * by / error, one.values / error, rtol=0, atol=10 * lost)
    assert np.allclose(np.diag(two.robust) * by**2, np.diag(one.robust), rtol=RATIO + lost)
    assert two.log_likelihood == pytest.approx(one.log_likelihood, rel=1e-9)


@costly_relation
@given(SEEDS)
def test_swapped_arms_flip_the_sign(seed):
    rows = data(seed)
    X = np.column_stack([1 - rows.X[:, 0], rows.X[:, 1]])
    one, two = first(seed), fit(replace(rows, X=X))
    turned = np.diag([-1.0, 1.0])
    same(one, replace(two, values=turned @ two.values, naive=turned @ two.naive @ turned,
                      robust=turned @ two.robust @ turned))  # fmt: skip


@costly_relation
@given(SEEDS)
def test_people_censored_before_the_first_event_change_nothing(seed):
    rows = data(seed)
    more = rows.rows(np.r_[np.arange(len(rows.stop)), 0, 1])
    stop, event = more.stop.copy(), more.event.copy()
    stop[-2:], event[-2:] = 1.0, False
    start = (
        None
        if more.start is None
        else np.where(np.arange(len(stop)) < len(stop) - 2, more.start, 0)
    )
    one, two = first(seed), fit(replace(more, stop=stop, event=event, start=start))
    same(one, two)
    assert np.allclose(hazards(one), hazards(two), rtol=1e-7)
    assert two.log_likelihood == pytest.approx(one.log_likelihood, rel=1e-12)


def hazards(answer: Answer) -> np.ndarray:
    """Hazard increments at covariates of zero (of the arm) and of the smallest age there is."""
    model = answer.fitted.model
    order = model.risk_sets.order
    X = np.empty((len(order), 2))
    X[order] = (np.linalg.inv(answer.fitted.basis.T) @ model.columns).T + answer.fitted.centre
    return hazard_increments(
        answer.values, X - [0.0, 50.0], model.risk_sets, None, model.ties
    ).hazard


def split(rows: Data, seed: int) -> tuple[Data, np.ndarray]:
    """Each row cut in up to three pieces at whole days, and whose piece each is."""
    rng = np.random.default_rng(seed)
    pieces = []
    for i, stop in enumerate(rows.stop):
        start = 0.0 if rows.start is None else rows.start[i]
        edges = np.unique([start, stop, *rng.integers(start, stop, 2)])
        pieces += [(i, low, high) for low, high in itertools.pairwise(edges)]
    whose, start, stop = (np.array(column) for column in zip(*pieces, strict=True))
    cut = replace(rows.rows(whose), start=start, stop=stop)
    return replace(cut, event=cut.event & (stop == rows.stop[whose])), whose


@costly_relation
@given(SEEDS)
def test_split_intervals_change_nothing(seed):
    rows = data(seed)
    if rows.start is None:  # from zero on, said or not
        same(first(seed), fit(replace(rows, start=np.zeros(len(rows.stop)))))
    pieces, whose = split(rows, seed)
    one, two = first(seed), fit(pieces, cluster=whose)
    same(one, two)
    assert np.allclose(hazards(one), hazards(two), rtol=1e-7)
    assert one.log_likelihood == pytest.approx(two.log_likelihood, rel=1e-10)


@costly_relation
@given(SEEDS)
def test_a_weight_of_k_is_k_copies_under_breslow(seed):
    rows = replace(data(seed), ties="breslow")
    k = np.random.default_rng(seed).integers(1, 4, len(rows.stop))
    one = fit(replace(rows, weights=k.astype(float)))
    two = fit(rows.rows(np.repeat(np.arange(len(k)), k)))
    same(replace(one, robust=one.naive), replace(two, robust=two.naive))
    assert one.log_likelihood == pytest.approx(two.log_likelihood, rel=1e-10)


@costly_relation
@given(SEEDS)
def test_a_frequency_of_k_is_k_copies_always(seed):
    rows = data(seed)
    k = np.random.default_rng(seed).integers(0, 4, len(rows.stop))
    assume(k.max() > 0)
    one, two = fit(replace(rows, frequencies=k)), fit(rows.rows(np.repeat(np.arange(len(k)), k)))
    same(one, two)
    assert one.log_likelihood == pytest.approx(two.log_likelihood, rel=1e-10)
    assert one.score_test == pytest.approx(two.score_test, rel=1e-8)


@costly_relation
@given(SEEDS)
def test_three_copies_as_strata_have_three_times_the_information(seed):
    """Each shifted in time by an amount of its own."""
    rows = data(seed)
    n = len(rows.stop)
    copy = np.repeat(np.arange(3), n)
    three = rows.rows(np.tile(np.arange(n), 3))
    start = np.zeros(n) if rows.start is None else rows.start
    strata = copy if rows.strata is None else 3 * three.strata + copy
    moved = replace(three, start=np.tile(start, 3) + 5 * copy, stop=three.stop + 5 * copy)
    same(first(seed), fit(replace(moved, strata=strata)), times=3.0)


@costly_relation
@given(SEEDS)
def test_score_residuals_sum_to_zero_at_the_estimate(seed):
    rows = data(seed)
    weights = np.random.default_rng(seed).random(len(rows.stop)) + 0.2
    found = fit(replace(rows, weights=weights)).fitted
    sets = found.model.risk_sets
    residuals = score_residuals(found.values, rows.X - found.centre, sets, None, rows.ties)
    assert np.all(np.abs(sets.mass @ residuals) * np.sqrt(np.diag(found.covariance)) < 1e-8)


@costly_relation
@given(SEEDS)
def test_the_score_test_is_the_log_rank_test(seed):
    """Under the discrete likelihood whatever the ties, else without ties."""
    rows = replace(data(seed), start=None, strata=None)
    untied = replace(rows, stop=np.random.default_rng(seed).permutation(len(rows.stop)) + 1.0)
    for one in (replace(rows, ties="exact"), untied, replace(untied, ties="exact")):
        found = fit(replace(one, X=one.X[:, :1]))
        assert found.score_test == pytest.approx(log_rank(one), rel=1e-8)


def log_rank(rows: Data) -> float:
    """Observed less expected events of one arm, with the hypergeometric variance."""
    apart, variance, arm = 0.0, 0.0, rows.X[:, 0]
    for t in np.unique(rows.stop[rows.event]):
        at_risk, happened = rows.stop >= t, rows.event & (rows.stop == t)
        n, d, share = at_risk.sum(), happened.sum(), arm[at_risk].mean()
        apart += arm[happened].sum() - d * share
        variance += d * share * (1 - share) * (n - d) / max(n - 1, 1)
    return apart**2 / variance


@costly_relation
@given(SEEDS)
def test_untied_methods_agree(seed):
    rows = replace(data(seed), start=None)
    rows = replace(rows, stop=np.random.default_rng(seed).permutation(len(rows.stop)) + 1.0)
    efron, breslow, exact = (
        fit(replace(rows, ties=ties)) for ties in ("efron", "breslow", "exact")
    )
    same(efron, breslow)
    same(replace(efron, robust=efron.naive), exact)


LEFT_OUT = {
    "lung.csv": (["age", "sex"], lambda frame: frame["status"] == 2),
    "veteran.csv": (["trt", "age"], lambda frame: frame["status"] == 1),
    "melanoma.csv": (["age", "ulcer"], lambda frame: frame["status"] == 1),
}


@pytest.mark.parametrize("name", LEFT_OUT)
def test_dfbeta_is_what_leaving_one_out_does(name):
    """Correlation above 0.99 and slope 0.9 to 1.1 for each coefficient, on real data."""
    columns, happened = LEFT_OUT[name]
    frame = goldens.data(name)
    X, event = frame[columns].to_numpy(float), happened(frame).to_numpy()
    sets = sort_risk_sets(None, frame["time"], event)
    found = maximum(X, sets)
    dfbeta = score_residuals(found.values, X - found.centre, sets) @ found.covariance
    but_one = 1 - np.eye(len(X), dtype=int)
    without = [maximum(X, sets.with_frequencies(copies)).values for copies in but_one]
    change = found.values - np.array(without)
    for predicted, actual in zip(dfbeta.T, change.T, strict=True):
        assert np.corrcoef(predicted, actual)[0, 1] > 0.99
        assert 0.9 < np.polyfit(predicted, actual, 1)[0] < 1.1


# --- through the public door --------------------------------------------------------------------


def people(seed: int) -> tuple[pd.DataFrame, dict]:
    """The same data as a frame, and the options of the fit."""
    rows = data(seed)
    frame = pd.DataFrame(
        {
            "participant_id": [f"P{i:03}" for i in range(len(rows.stop))],
            "arm": pd.Categorical(np.where(rows.X[:, 0], "walking", "control")),
            "age": rows.X[:, 1],
            "days": rows.stop,
            "event": rows.event,
        }
    )
    options = {"ties": rows.ties, "robust": bool(seed % 2)}
    if rows.start is not None:
        frame["entry"], options["entry"] = rows.start, "entry"
    if rows.strata is not None:
        frame["site"], options["strata"] = rows.strata, "site"
    return frame, options


def first_public(seed: int) -> ws.results.CoxFit:
    answer = known_public(seed)
    assume(answer is not None)
    return answer


@functools.cache
def known_public(seed: int) -> ws.results.CoxFit | None:
    try:
        return public(*people(seed))
    except UnsatisfiedAssumption:
        return None


def public(frame: pd.DataFrame, options: dict) -> ws.results.CoxFit:
    try:
        found = ws.survival.cox(frame, "arm + age", **options)
    except (FitError, ws.DataError):
        assume(False)
    assume(found.state == "converged")
    return found


def alike(one: ws.results.CoxFit, other: ws.results.CoxFit) -> None:
    answers = (Answer(f.values, f.naive_covariance, f.covariance, 0, 0, f) for f in (one, other))
    same(*answers)


@costly_relation
@given(SEEDS)
def test_a_row_with_a_missing_value_is_left_out_and_counted(seed):
    frame, options = people(seed)
    lost = frame.tail(2).assign(age=np.nan, participant_id=["Q1", "Q2"])
    one, two = first_public(seed), public(pd.concat([lost, frame]), options)
    alike(one, two)
    assert dict(two.counts.left_out) == {"age missing": 2}
    assert (two.counts.rows, two.counts.used) == (one.counts.rows + 2, one.counts.used)
    assert two.kept.tolist() == (one.kept + 2).tolist()


DTYPES = {
    "nullable": lambda frame: frame.convert_dtypes(),
    "arrow": lambda frame: frame.convert_dtypes(dtype_backend="pyarrow"),
    "plain": lambda frame: frame.assign(
        event=frame["event"].astype(int), arm=frame["arm"].astype(str)
    ),
    "unused category": lambda frame: frame.assign(arm=frame["arm"].cat.add_categories(["yoga"])),
    "small and object": lambda frame: frame.astype({"days": "int16", "age": "object"}),
}


@costly_relation
@given(SEEDS, st.sampled_from(sorted(DTYPES)))
def test_dtypes_change_nothing(seed, kind):
    frame, options = people(seed)
    alike(first_public(seed), public(DTYPES[kind](frame), options))


@costly_relation
@given(SEEDS)
def test_names_and_order_of_people_do_not_matter(seed):
    """Several rows of a person, clustered; ids renamed and rows mixed."""
    rows = data(seed)
    frame, options = people(seed)
    pieces, whose = split(rows, seed)
    cut = frame.iloc[whose].assign(entry=pieces.start, days=pieces.stop, event=pieces.event)
    options = {**options, "entry": "entry", "robust": True}
    renamed = cut.assign(participant_id=[f"{(7 * i) % 101}/{i}" for i in whose])
    one = public(cut, options)
    alike(one, public(renamed.sample(frac=1, random_state=seed % 2**31), options))
    assert one.counts.participants == len(frame)
    alike(one, public(frame.assign(entry=frame.get("entry", 0.0)), options))
