"""Adjusted p-values against their definitions, step by step (1e-12: the same products)."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from walkstats.numerics.adjusted_p import adjusted_p


@given(st.lists(st.floats(0, 1), min_size=1, max_size=12))
def test_adjusted_p_values_step_by_step(p: list[float]) -> None:
    m, rank = len(p), sorted(range(len(p)), key=lambda k: p[k])
    holm, benjamini = [0.0] * m, [0.0] * m
    for i, k in enumerate(rank):
        holm[k] = min(1.0, max((m - j) * p[rank[j]] for j in range(i + 1)))
        benjamini[k] = min(1.0, min(p[rank[j]] * m / (j + 1) for j in range(i, m)))
    np.testing.assert_allclose(adjusted_p(p, "holm"), holm, rtol=1e-12)
    np.testing.assert_allclose(adjusted_p(p, "BH"), benjamini, rtol=1e-12)
    np.testing.assert_allclose(adjusted_p(p, "bonferroni"), [min(1, m * x) for x in p])
