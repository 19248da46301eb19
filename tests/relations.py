"""How often is a relation tried that needs no oracle: the same trial, told in another way?"""

from hypothesis import settings

# Row order, units, recoding, swapped arms, split follow-up, weights and copies, types of columns.
relation = settings(max_examples=200)

# Those that take more than a second with 200 examples take them in `dev.py slow`, a step of every
# change like the others, and fewer in the fast run; the profiles are in conftest.py.
costly_relation = settings(max_examples=max(40, settings.default.max_examples))
