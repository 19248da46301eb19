"""How often is a relation tried that needs no oracle: the same trial, told in another way?"""

from hypothesis import settings

# The profiles are in conftest.py; `dev.py slow` takes the thorough one.
FAST = settings.default.max_examples < 200


def examples(fast: int, thorough: int) -> settings:
    """So many examples in the fast run, and so many in `dev.py slow`, a step of every change too.

    For tests of which an example takes long.
    """
    return settings(max_examples=fast if FAST else thorough)


# Row order, units, recoding, swapped arms, split follow-up, weights and copies, types of columns.
costly_relation = examples(20, 200)
