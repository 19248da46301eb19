"""Which pseudonym does a participant get, and by how many days are the dates moved?

From a key both are functions of the id, so that later exports of the trial get the same ones; from
a seed they are drawn.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from walkstats.errors import DataError

LENGTHS = (12, 24, 48)
"""Digits of a pseudonym from a key: the first number that leaves no two the same."""
LEAST_KEY = 16
"""A shorter key could be found by trying [bytes]."""


@dataclass(frozen=True)
class Secret:
    """What pseudonyms are made with: a key, or a seed where there is none.

    Attributes
    ----------
    key : bytes or None
    seed : int or None
    """

    key: bytes | None
    seed: int | None


def secret_of(key: object) -> Secret:
    """The secret: bytes are a key, a whole number is a seed.

    Raises
    ------
    ValueError
        For anything else, and for a key that could be guessed.
    """
    if isinstance(key, int | np.integer) and not isinstance(key, bool):
        if key < 0:
            raise ValueError(f"key, where it is a seed, must be a whole number from 0, got {key}.")
        return Secret(None, int(key))
    if not isinstance(key, bytes):
        raise ValueError(f"key must be bytes, or a whole number, got {type(key).__name__}.")
    if len(key) < LEAST_KEY or len(set(key)) < 4:
        raise ValueError(
            f"key must have at least {LEAST_KEY} bytes that nobody can guess: "
            "secrets.token_bytes(32) makes one."
        )
    return Secret(key, None)


def pseudonyms(ids: Sequence[str], secret: Secret) -> dict[str, str]:
    """A pseudonym for each id.

    Parameters
    ----------
    ids : sequence of str
        Each once.
    secret : Secret

    Returns
    -------
    dict of str to str

    Examples
    --------
    >>> pseudonyms(["b", "a"], Secret(None, 1))
    {'a': 'P1', 'b': 'P2'}
    >>> pseudonyms(["a"], Secret(b"an example of a key", None))
    {'a': 'P455789709020'}
    """
    ordered = sorted(ids)
    if secret.key is None:
        # The ids are put in order first: the order of a file tells when somebody was recruited.
        numbers = np.random.default_rng(secret.seed).permutation(len(ordered)) + 1
        width = len(str(len(ordered)))
        return {one: f"P{n:0{width}d}" for one, n in zip(ordered, numbers, strict=True)}
    # Digits: letters could spell a word, or make a number in scientific notation.
    long = [int.from_bytes(_digest(secret.key, b"id", one)) for one in ordered]
    for length in LENGTHS:
        cut = (f"P{number % 10**length:0{length}d}" for number in long)
        short = dict(zip(ordered, cut, strict=True))
        if len(set(short.values())) == len(ordered):
            return short
    raise DataError.of(
        "two participants have the same pseudonym", what_to_do="use another key"
    )  # pragma: no cover - it would be a collision of SHA-256


def moved_by(ids: Sequence[str], secret: Secret, most: int) -> dict[str, int]:
    """By how many days the dates of each person are moved, from -most to most [days]."""
    ordered = sorted(ids)
    if secret.key is None:
        drawn = np.random.default_rng([int(secret.seed or 0), 1]).integers(
            -most, most + 1, len(ids)
        )
        return dict(zip(ordered, drawn.tolist(), strict=True))
    span = 2 * most + 1
    return {one: int.from_bytes(_digest(secret.key, b"days", one)) % span - most for one in ordered}


def _digest(key: bytes, purpose: bytes, text: str) -> bytes:
    """HMAC-SHA256: nobody without the key can find the id, or try whether it is a certain one."""
    return hmac.new(
        key, purpose + b"\0" + text.encode("utf-8", "surrogatepass"), hashlib.sha256
    ).digest()
