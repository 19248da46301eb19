"""The one switch: which engine runs, and do both give the same numbers?"""

import numpy as np
import pytest

from walkstats.numerics import engine
from walkstats.numerics.newton import Maximum
from walkstats.regression.mixed.expansions import pairs
from walkstats.regression.mixed.likelihood import Shape
from walkstats.regression.repeated_measures.patterns import sum_patterns
from walkstats.regression.repeated_measures.structures import STRUCTURES
from walkstats.resampling.sorted_groups import sort_groups
from walkstats.survival.monotone_likelihood import FAR
from walkstats.survival.partial_likelihood import evaluate_sorted
from walkstats.survival.partial_maximum import LONGEST, _ground
from walkstats.survival.risk_set_sums import sort_covariates
from walkstats.survival.risk_sets import sort_risk_sets

# Sums of a few thousand numbers of order 1, taken in another order.
ROUNDING = 1e-11

pytest.importorskip("numba")


def cox_arguments(seed: int, **options):
    """Coefficients and sorted covariates with everything that a model may have."""
    rng = np.random.default_rng(seed)
    n, k = int(rng.integers(2, 600)), int(rng.integers(1, 6))
    stop = rng.integers(1, 40, n).astype(float) if rng.random() < 0.6 else rng.random(n)
    event = rng.random(n) < 0.6
    event[0] = True

    def sometimes(values):
        return values if rng.random() < 0.5 else None

    start = sometimes(stop * rng.random(n))
    if start is not None:
        start[0] = 0.0
    strata = sometimes(rng.integers(0, 5, n))
    weights = sometimes(rng.random(n) + 0.1)
    frequencies = sometimes(rng.integers(0, 4, n))
    if frequencies is not None:
        frequencies[0] = 1
    sets = sort_risk_sets(start, stop, event, strata, weights, frequencies)
    ties = str(rng.choice(["efron", "breslow"]))
    X, offset = rng.normal(size=(n, k)), sometimes(rng.normal(size=n))
    return rng.normal(size=k) / 2, sort_covariates(X, sets, offset, ties)


def climb_arguments(seed: int):
    """Covariates on their ground, with the likelihood at zero; seldom without a maximum."""
    _, model = cox_arguments(seed)
    ground = _ground(model)
    return ground, evaluate_sorted(np.zeros(len(ground.basis)), ground.model), FAR, LONGEST


def columns_arguments(seed: int):
    rng = np.random.default_rng(seed)
    n, k = int(rng.integers(1, 300)), int(rng.integers(1, 6))
    return rng.normal(size=(n, k)), rng.permutation(n)


def centre_arguments(seed: int):
    rng = np.random.default_rng(seed)
    k, n = int(rng.integers(1, 6)), int(rng.integers(1, 700))
    weight = rng.random(n) * (rng.random(n) < 0.8)
    weight[rng.integers(n)] = 1.0
    return rng.normal(size=(k, n)) + 3.0, weight


def resamples_arguments(seed: int):
    """Copies of rows, and rows sorted; censored so that every median is reached, no curve ends."""
    rng = np.random.default_rng(seed)
    n, groups, strata = (int(rng.integers(*ends)) for ends in ((150, 300), (2, 4), (1, 4)))
    stop = rng.integers(1, 60, n).astype(float) if rng.random() < 0.6 else rng.random(n) + 0.1
    start = stop * rng.random(n) * 0.2 if rng.random() < 0.5 else None
    stratum = rng.integers(0, strata, n) if strata > 1 else None
    event = (rng.random(n) < 0.95) & (stop < 0.8 * stop.max())
    sets = sort_risk_sets(start, stop, event, stratum)
    horizon, at = 0.7 * stop.max(), np.array([0.2, 0.5]) * stop.max()
    group = rng.integers(0, groups, n)
    model = sort_groups(sets, group, groups, start=0.0, tau=float(horizon), at=at)
    return rng.multinomial(n, np.full(n, 1 / n), size=3), model


def repeated_arguments(seed: int):
    """A covariance of visits with directions, and people seen at some of the visits."""
    rng = np.random.default_rng(seed)
    people, visits, k = int(rng.integers(6, 40)), int(rng.integers(2, 6)), int(rng.integers(1, 5))
    seen = rng.random((people, visits)) < 0.7
    person, visit = np.nonzero(seen | (np.arange(visits) == 0))
    group = rng.integers(0, 2, people) if rng.random() < 0.5 else np.zeros(people, dtype=int)
    group[0] = 0
    columns = rng.normal(size=(person.size, k))
    patterns = sum_patterns(columns, rng.normal(size=person.size), person, visit, group, visits)
    name = str(rng.choice(["unstructured", "ar1", "heterogeneous-compound-symmetry"]))
    values = np.full(STRUCTURES[name].parameters(visits), 0.2)
    at = STRUCTURES[name].at(values, visits)
    several = (np.stack([one] * patterns.groups) for one in (at.matrix, at.first))
    return *several, patterns, bool(rng.random() < 0.7)


def person_arguments(seed: int):
    """Sums of squares of people, some without a row that tells, and a covariance to expand."""
    rng = np.random.default_rng(seed)
    q, size = int(rng.integers(1, 4)), int(rng.integers(1, 30))
    z = rng.normal(size=(size, 5, q)) * (rng.random((size, 5, 1)) < 0.7)
    shape = Shape(q, bool(rng.random() < 0.6), outer=False)
    covariance = shape.covariance(rng.normal(size=shape.parameters))
    people = rng.integers(1, 9, size).astype(float)
    return z.transpose(0, 2, 1) @ z, people, covariance, *pairs(shape.parameters)


def filling_arguments(seed: int):
    """Completed data sets, people drawn from them, and a random number for each of their gaps."""
    rng = np.random.default_rng(seed)
    n, p, m, r = (int(rng.integers(*ends)) for ends in ((30, 90), (1, 5), (1, 4), (1, 6)))
    gaps = rng.random((n, p)) < 0.3
    complete = np.round(rng.normal(size=(m, n, p)), int(rng.integers(0, 4)))
    fixed = rng.normal(size=(n, int(rng.integers(0, 3))))
    drawn, rounds = rng.integers(0, n, (r, n)), int(rng.integers(1, 4))
    bounds = np.append(0, np.cumsum(rounds * gaps.sum(axis=1)[drawn].sum(axis=1)))
    chance, weights = rng.random(bounds[-1]), rng.normal(size=(p, 2))
    begin, donors = rng.integers(0, m, r), int(rng.integers(1, 6))
    return (
        complete, gaps, fixed, np.flatnonzero(gaps.any(axis=0)), drawn, begin, chance, bounds,
        rounds, donors, weights,
    )  # fmt: skip


ARGUMENTS = {
    "fill_resamples": filling_arguments,
    "mixed_person_terms": person_arguments,
    "mmrm_evaluate": repeated_arguments,
    "compare_resamples": resamples_arguments,
    "ordered_columns": columns_arguments,
    "centre_columns": centre_arguments,
    "cox_evaluate": cox_arguments,
    "cox_climb": climb_arguments,
    "cox_score_residuals": cox_arguments,
}


def flat(answer) -> np.ndarray:
    if isinstance(answer, Maximum):
        answer = answer.values, answer.log_likelihood, answer.score, answer.information
    parts = answer if isinstance(answer, tuple) else (answer,)
    return np.concatenate([np.ravel(part) for part in parts])


# What takes longest to compile, and no other fast test needs: with the simulations, which do.
COMPILED_SLOWLY = {"compare_resamples", "mmrm_evaluate", "fill_resamples", "mixed_person_terms"}
PAIRS = [
    pytest.param(name, marks=pytest.mark.slow if name in COMPILED_SLOWLY else ())
    for name in engine.PAIRS
]


@pytest.mark.parametrize("name", PAIRS)
def test_both_engines_give_the_same_numbers(name):
    plain, compiled = map(engine.load, engine.PAIRS[name])
    for seed in range(25):
        # Made twice, since one of them may write into its arguments: a copy would lose what is
        # read-only, for which the twin is compiled.
        found = compiled(*ARGUMENTS[name](seed))
        if found is None and name == "cox_climb":
            continue  # a question for numpy's form: see the test of how many there are
        slow, fast = flat(plain(*ARGUMENTS[name](seed))), flat(found)
        most = np.abs(slow).max(initial=1.0)
        assert np.allclose(fast, slow, rtol=ROUNDING, atol=ROUNDING * most), seed


def test_a_compiled_climb_leaves_hardly_any_data_to_numpy():
    compiled = engine.load(engine.PAIRS["cox_climb"][1])
    found = [compiled(*climb_arguments(seed)) for seed in range(25)]
    assert sum(one is not None for one in found) >= 20
    assert {one.state for one in found if one is not None} == {"converged"}


@pytest.mark.parametrize("name", ["cox_evaluate", "cox_score_residuals"])
@pytest.mark.parametrize("seed", range(12))
def test_both_engines_agree_where_hazards_lie_far_apart(name, seed):
    """Hazards from e^-250 to e^250: no product of two small or two large ones may be taken."""
    beta, model = cox_arguments(seed)
    far = beta * 500.0 / np.ptp(beta @ model.columns) if model.mass.size > 2 else beta
    plain, compiled = map(engine.load, engine.PAIRS[name])
    found = compiled(far, model)
    if found is not None:  # else numpy's form was asked for
        slow = flat(plain(far, model))
        assert np.allclose(flat(found), slow, rtol=1e-8, atol=1e-8 * np.abs(slow).max())


@pytest.fixture
def nothing_loaded(monkeypatch):
    monkeypatch.setattr(engine, "_loaded", {})
    monkeypatch.delenv(engine.VARIABLE, raising=False)
    return monkeypatch


def test_a_first_small_problem_does_not_wait_for_a_compiler(nothing_loaded):
    assert engine.kernel("cox_evaluate", 701) is None
    assert engine.kernel("cox_evaluate", engine.LARGE) is not None
    assert engine.kernel("cox_evaluate", 701) is not None  # loaded by now


def test_the_variable_decides(nothing_loaded):
    nothing_loaded.setenv(engine.VARIABLE, "numba")
    assert engine.kernel("cox_evaluate", 10) is not None
    nothing_loaded.setenv(engine.VARIABLE, "numpy")
    assert engine.kernel("cox_evaluate", 10**9) is None
    nothing_loaded.setenv(engine.VARIABLE, "fortran")
    with pytest.raises(ValueError, match='"numpy" or "numba"'):
        engine.kernel("cox_evaluate", 10)


def test_without_numba_everything_works(nothing_loaded):
    nothing_loaded.setattr(engine, "_installed", lambda: False)
    assert engine.kernel("cox_evaluate", 10**9) is None
    nothing_loaded.setenv(engine.VARIABLE, "numba")
    with pytest.raises(ValueError, match="not installed"):
        engine.kernel("cox_evaluate", 10)


def test_every_pair_names_functions_that_exist():
    for pair in engine.PAIRS.values():
        assert all(callable(engine.load(address)) for address in pair)
    assert set(ARGUMENTS) == set(engine.PAIRS)


def test_too_wide_a_predictor_goes_to_numpy():
    beta, model = cox_arguments(1)
    fast = engine.load(engine.PAIRS["cox_evaluate"][1])
    assert fast(beta * 1e6, model) is None
    assert engine.load(engine.PAIRS["cox_score_residuals"][1])(beta * 1e6, model) is None
