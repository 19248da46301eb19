"""Which compiled loops will a plan need, and can another core make them in the meantime?"""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import walkstats.fast
from walkstats.numerics.engine import VARIABLE
from walkstats.plan.specification import AnalysisPlan

# Method -> the module of walkstats.fast whose loops it runs, and a call that compiles them.
NEEDED = {
    "economics.cost_effectiveness": (
        "filled_resamples",
        "from walkstats.plan.compiling_ahead import evaluate_a_few; evaluate_a_few()",
    )
}


def compile_ahead(plan: AnalysisPlan) -> subprocess.Popen[bytes] | None:
    """Let another process compile what a plan needs, while this one does the rest of it.

    Parameters
    ----------
    plan : AnalysisPlan

    Returns
    -------
    subprocess.Popen or None
        None where nothing is needed, where numba is not installed or not wanted, and where the
        compiled loops are on disk already.

    Notes
    -----
    The process writes numba's cache and nothing else. Where it fails, or is late, the loops are
    compiled when they are first called, as ever.
    """
    methods = {one.method for one in plan.analyses}
    calls = [
        call for name, (module, call) in NEEDED.items() if name in methods and not _cached(module)
    ]
    unwanted = os.environ.get(VARIABLE) == "numpy" or importlib.util.find_spec("numba") is None
    if not calls or unwanted:
        return None
    nothing = subprocess.DEVNULL
    return subprocess.Popen(
        [sys.executable, "-c", "; ".join(calls)], stdin=nothing, stdout=nothing, stderr=nothing
    )


def _cached(module: str) -> bool:
    """Whether numba has kept the loops of a module beside it."""
    folder = Path(str(walkstats.fast.__file__)).parent / "__pycache__"
    return any(folder.glob(f"{module}.*-*.py{sys.version_info[0]}{sys.version_info[1]}.nbi"))


def evaluate_a_few() -> None:
    """Compare costs with effects in a handful of made-up people: the loops are compiled by it."""
    import numpy as np
    import pandas as pd

    os.environ.setdefault(VARIABLE, "numba")
    from walkstats.economics import cost_effectiveness

    size = 40
    chance = np.random.default_rng(1)
    people = {"participant_id": [f"p{k}" for k in range(size)], "arm": ["a", "b"] * (size // 2)}
    cost, gain = chance.gamma(2.0, 100.0, size), chance.normal(0.7, 0.1, size)
    cost[:3] = np.nan
    costs = pd.DataFrame({**people, "cost": cost})
    effects = pd.DataFrame({**people, "qaly": gain})
    cost_effectiveness(
        costs, effects, cost="cost", effect="qaly", replicates=2, imputations=2, seed=1
    )
