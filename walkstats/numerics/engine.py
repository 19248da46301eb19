"""Which engine computes a kernel: numpy, always there, or its numba twin?

The one switch is the environment variable ``WALKSTATS_ENGINE`` ("numpy" or "numba"). Unset, numba
is used where it is installed and the problem is large, or where the twin is compiled already; a
first small fit never waits for a compiler. Both give the same numbers up to rounding, and one
test runs every pair of ``PAIRS`` on the same data.
"""

from __future__ import annotations

import importlib
import importlib.util
import os
from collections.abc import Callable
from functools import cache
from typing import Any

VARIABLE = "WALKSTATS_ENGINE"

# Rows from which compiling (or reading the compiled code from disk) pays for itself.
LARGE = 20_000

# Where that is another number: rows times replicates that numpy does in the time of compiling.
LARGE_FOR = {"compare_resamples": 15_000_000}

# name -> (numpy, numba), each "module:function" with the same arguments and the same answer
PAIRS: dict[str, tuple[str, str]] = {
    "ordered_columns": (
        "walkstats.survival.risk_set_sums:ordered_columns",
        "walkstats.fast.ordering:ordered_columns",
    ),
    "centre_columns": (
        "walkstats.survival.partial_maximum:centre_columns",
        "walkstats.fast.centring:centre_columns",
    ),
    "cox_evaluate": (
        "walkstats.survival.partial_likelihood:evaluate_arrays",
        "walkstats.fast.partial_likelihood:evaluate",
    ),
    "cox_score_residuals": (
        "walkstats.survival.partial_likelihood:score_residual_arrays",
        "walkstats.fast.score_residuals:score_residuals",
    ),
    "cox_climb": (
        "walkstats.survival.partial_maximum:climb",
        "walkstats.fast.partial_maximum:climb",
    ),
    "mmrm_evaluate": (
        "walkstats.regression.repeated_measures.likelihood:evaluate",
        "walkstats.fast.repeated_likelihood:evaluate",
    ),
    "mixed_person_terms": (
        "walkstats.regression.mixed.likelihood:person_terms",
        "walkstats.fast.person_terms:person_terms",
    ),
    "compare_resamples": (
        "walkstats.resampling.sorted_groups:compare_resamples",
        "walkstats.fast.sorted_groups:compare_resamples",
    ),
    "fill_resamples": (
        "walkstats.economics.filled_resamples:fill_resamples",
        "walkstats.fast.filled_resamples:fill_resamples",
    ),
}

_loaded: dict[str, Callable[..., Any]] = {}


def kernel(name: str, size: int) -> Callable[..., Any] | None:
    """Find the numba twin of a kernel, or None where numpy is to be used.

    Parameters
    ----------
    name : str
        A key of ``PAIRS``.
    size : int
        Rows (or rows times replicates) of the problem.

    Returns
    -------
    callable or None

    Raises
    ------
    ValueError
        If the environment variable holds another word, or asks for numba where it is missing.
    """
    wanted = os.environ.get(VARIABLE, "")
    if wanted == "numpy":
        return None
    if wanted not in ("", "numba"):
        raise ValueError(f'{VARIABLE} must be "numpy" or "numba", got {wanted!r}.')
    if name in _loaded:
        return _loaded[name]
    if wanted == "" and (size < LARGE_FOR.get(name, LARGE) or not _installed()):
        return None
    if not _installed():
        raise ValueError(f"{VARIABLE}=numba, but numba is not installed: pip install numba.")
    _loaded[name] = load(PAIRS[name][1])
    return _loaded[name]


def load(address: str) -> Callable[..., Any]:
    """Import the function that "module:function" names."""
    module, function = address.split(":")
    return getattr(importlib.import_module(module), function)


@cache
def _installed() -> bool:
    return importlib.util.find_spec("numba") is not None
