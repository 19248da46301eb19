"""How often is a relation tried that needs no oracle: the same trial, told in another way?"""

from hypothesis import settings

# Row order, units, recoding, swapped arms, split follow-up, weights and copies, types of columns.
relation = settings(max_examples=200)
