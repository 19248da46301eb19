"""Are the streams of chance what they claim: uniform, apart, and the same for ever?"""

import numpy as np
import pytest
from scipy import stats

from walkstats.design.chance import STAGES, Stream, chosen, poisson, shuffled


def test_numbers_are_those_of_pcg64_in_whole_numbers():
    # PCG64 and SeedSequence are fixed by numpy's policy on streams; the arithmetic is done here in
    # Python's whole numbers
    bits = np.random.PCG64(np.random.SeedSequence([7, STAGES.index("harms"), 0]))
    raw = [int(one) for one in bits.random_raw(5)]
    expected = [((one >> 12) * 2 + 1) / 2**53 for one in raw]
    assert Stream(7, "harms").uniform(5).tolist() == expected


def test_first_numbers_of_a_stream_stay_what_they_are():
    # stored when the sample was written: another value means that the sample cannot be made again
    assert Stream(108, "people").uniform(2).tolist() == [0.8559938173285949, 0.6322751552695661]


def test_streams_differ_by_seed_stage_and_attempt():
    streams = [Stream(s, stage, a) for s in (0, 1) for stage in STAGES for a in (0, 1)]
    first = [float(one.uniform(1)[0]) for one in streams]
    assert len(set(first)) == len(first)


def test_uniform_and_normal_numbers_look_like_it():
    draws = Stream(1, "people")
    uniform, normal = draws.uniform(20_000), draws.normal(20_000)
    assert uniform.min() > 0.0
    assert uniform.max() < 1.0
    assert stats.kstest(uniform, "uniform").pvalue > 1e-3
    assert stats.kstest(normal, "norm").pvalue > 1e-3


def test_shuffled_is_a_permutation_that_ranks():
    order = np.array([0.3, 0.1, 0.9])
    assert shuffled(order).tolist() == [1, 0, 2]


@pytest.mark.parametrize(("count", "expected"), [(0, 0), (2, 2), (3, 3), (9, 3)])
def test_chosen_are_so_many_of_the_eligible(count, expected):
    eligible = np.array([True, False, True, True, False])
    picked = chosen(np.array([0.5, 0.1, 0.4, 0.2, 0.3]), eligible, count)
    assert picked.sum() == expected
    assert not (picked & ~eligible).any()


def test_poisson_is_the_inverse_of_the_distribution_function():
    uniform = Stream(2, "harms").uniform(500)
    for mean in (0.0, 0.3, 2.0, 11.0):
        expected = stats.poisson.ppf(uniform, mean) if mean else np.zeros(500)
        assert poisson(uniform, mean).tolist() == expected.tolist()
