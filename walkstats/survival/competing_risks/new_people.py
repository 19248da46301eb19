"""What do new rows bring to a fitted model, person by person?"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from walkstats.results import CoxFit
from walkstats.survival.new_rows import read_new_rows, repeats, stratum_labels
from walkstats.survival.predicted_steps import Baseline

Floats = NDArray[np.float64]
Indices = NDArray[np.intp]


def people_of(fit: CoxFit, new: pd.DataFrame) -> list[tuple[str, int, Floats, float]]:
    """Name, stratum, covariates from the centre and log risk of each new person."""
    rows = read_new_rows(fit, new)
    names = [str(k) for k in range(len(new))] if repeats(new) else [str(one) for one in new.index]
    found = []
    for k, name in enumerate(names):
        if rows.stratum is not None:
            found.append((name, int(rows.stratum[k]), rows.x[k], float(rows.log_risk[k])))
            continue
        for code, label in enumerate(stratum_labels(fit)):
            group = label if len(names) == 1 else f"{name}, {label}"
            found.append((group, code, rows.x[k], float(rows.log_risk[k])))
    return found


def times_of(base: Baseline, stratum: int) -> Indices:
    """Time indices of a stratum."""
    bounds = base.sets.stratum_bounds
    return np.arange(bounds[stratum], bounds[stratum + 1])


def frame_of(
    name: str, x: str, times: Floats, value: Floats, error: Floats, limits: tuple[Floats, Floats]
) -> pd.DataFrame:
    """The curve of one person as a frame."""
    low, high = limits
    return pd.DataFrame(
        {"group": name, x: times, "estimate": value, "std_error": error, "conf_low": low,
         "conf_high": high},
    )  # fmt: skip
