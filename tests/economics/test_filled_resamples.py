"""Gaps of resamples filled: against a slow twin, and what must hold of any filling."""

import numpy as np
import pytest

from walkstats.economics.filled_resamples import GRAIN, RIDGE, fill_resamples

# Sums of a few numbers of order 1.
ROUNDING = 1e-12


def arguments(seed, n=40, p=3, q=1, r=4, rounds=2, donors=3):
    rng = np.random.default_rng(seed)
    base = rng.normal(size=(n, p)) + rng.normal(size=(n, 1))
    gaps = rng.random((n, p)) < 0.25
    gaps[:, 0] = False
    complete = np.array([np.where(gaps, rng.normal(size=(n, p)), base) for _ in range(2)])
    fixed, drawn = rng.normal(size=(n, q)), rng.integers(0, n, (r, n))
    bounds = np.append(0, np.cumsum(rounds * gaps.sum(axis=1)[drawn].sum(axis=1)))
    return (
        complete, gaps, fixed, np.array([1, 2]), drawn, np.arange(r) % 2,
        rng.random(bounds[-1]), bounds, rounds, donors, np.eye(p),
    )  # fmt: skip


def person_by_person(
    complete, gaps, fixed, turns, drawn, begin, chance, bounds, rounds, donors, weights
):
    """The slow twin: a gap at a time, all distances sorted, the ridge as rows added below."""
    answer = []
    for k, who in enumerate(drawn):
        values = complete[begin[k]][who].copy()
        numbers = iter(chance[bounds[k] : bounds[k + 1]])
        for _ in range(rounds):
            for j in turns:
                known = [i for i in range(len(who)) if not gaps[who[i], j]]
                others = [c for c in range(values.shape[1]) if c != j]
                x = np.column_stack([np.ones(len(who)), values[:, others], fixed[who]])
                faint = np.sqrt(RIDGE * len(known)) * np.eye(x.shape[1])[1:]
                slope = np.linalg.lstsq(
                    np.vstack([x[known], faint]),
                    np.append(values[known, j], np.zeros(len(faint))),
                    rcond=None,
                )[0]
                about = np.round(x @ slope / GRAIN)
                ranked = sorted(known, key=lambda i: about[i])
                new = {}
                for i in range(len(who)):
                    if gaps[who[i], j]:
                        below = [d for d in ranked if about[d] < about[i]][::-1]
                        above = [d for d in ranked if about[d] >= about[i]]
                        both = [(about[i] - about[d], 0, m, d) for m, d in enumerate(below)]
                        both += [(about[d] - about[i], 1, m, d) for m, d in enumerate(above)]
                        wanted = int(next(numbers) * min(donors, len(known)))
                        new[i] = values[sorted(both)[wanted][3], j]
                for i, value in new.items():
                    values[i, j] = value
        answer.append(values @ weights)
    return np.array(answer)


@pytest.mark.parametrize("seed", range(4))
def test_as_person_by_person(seed):
    given = arguments(seed)
    np.testing.assert_allclose(
        fill_resamples(*given), person_by_person(*given), rtol=ROUNDING, atol=ROUNDING
    )


def test_what_is_known_stays_and_what_is_not_comes_from_somebody_who_has_it():
    given = arguments(9)
    complete, gaps, drawn = given[0], given[1], given[4]
    filled = fill_resamples(*given)
    for k, who in enumerate(drawn):
        known = ~gaps[who]
        assert np.array_equal(filled[k][known], complete[0][who][known])
        for j in (1, 2):
            assert set(filled[k][~known[:, j], j]) <= set(filled[k][known[:, j], j])


def test_without_gaps_nothing_is_drawn():
    given = list(arguments(1))
    given[1] = np.zeros_like(given[1])
    filled = fill_resamples(*given)
    begin = given[5]
    expected = [given[0][begin[k]][who] for k, who in enumerate(given[4])]
    np.testing.assert_array_equal(filled, expected)


def test_a_column_that_nobody_drawn_has_keeps_what_it_began_with():
    given = list(arguments(3, r=1))
    who = np.flatnonzero(given[1][:, 1])
    given[4] = np.resize(who, (1, 40))
    given[7] = np.array([0, 10_000])
    given[6] = np.random.default_rng(0).random(10_000)
    filled = fill_resamples(*given)
    np.testing.assert_array_equal(filled[0][:, 1], given[0][0][given[4][0], 1])
