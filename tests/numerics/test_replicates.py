"""Does a replicate's randomness depend on the seed and its number alone?"""

import joblib
import numpy as np
import pytest

from walkstats.numerics.replicates import Streams, run, split


def test_a_stream_is_that_of_numpys_generator_at_its_counter():
    streams = Streams(5)
    key = np.random.SeedSequence(5, spawn_key=(0,)).generate_state(2, np.uint64)
    for number in (3, 0, 3):
        own = np.random.Generator(np.random.Philox(key=key, counter=[0, 0, 0, number]))
        assert np.array_equal(streams.at(number).random(701), own.random(701))


def test_streams_of_replicates_seeds_and_purposes_differ():
    firsts = {
        Streams(seed, purpose).at(number).random()
        for seed in (1, 2)
        for purpose in (0, 1)
        for number in range(50)
    }
    assert len(firsts) == 200


def test_replicates_are_not_correlated():
    table = np.array([Streams(9).at(number).random(2_000) for number in range(40)])
    off = np.corrcoef(table)[np.triu_indices(40, 1)]
    assert np.abs(off).max() < 5 / np.sqrt(2_000)


@pytest.mark.parametrize(("number", "at_once", "longest"), [(1, 1, 9), (100, 3, 7), (5, 8, 100)])
def test_pieces_cover_every_replicate_once(number, at_once, longest):
    pieces = split(number, at_once, longest)
    assert [k for piece in pieces for k in piece] == list(range(number))
    assert max(map(len, pieces)) <= longest


def square(numbers):
    return [k * k for k in numbers]


def test_answers_come_in_order_whoever_computes_them(capsys):
    expected = [k * k for k in range(23)]
    with joblib.parallel_config(backend="threading", n_jobs=2):
        configured = run(square, 23, longest=4, progress=True)
    for pieces in (
        run(square, 23, longest=4),
        run(square, 23, longest=4, threads=3),
        run(square, 23, longest=4, threads=2, progress=True, label="squares"),
        configured,
    ):
        assert [k for piece in pieces for k in piece] == expected
    assert "squares" in capsys.readouterr().err


def test_an_error_in_a_piece_is_raised():
    def fails(numbers):
        raise ZeroDivisionError("no")

    with pytest.raises(ZeroDivisionError):
        run(fails, 10, threads=2, longest=2)
