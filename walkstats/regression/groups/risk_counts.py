"""How many of how many had the event, in each group and stratum?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from walkstats.regression.groups.group_rows import GroupRows

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class RiskCounts:
    """Events and people of groups in strata.

    Attributes
    ----------
    by : str
    levels : tuple of str, length k
    events, sizes : (s, k) arrays
        One row where there are no strata.
    strata : tuple of str, length s
        Empty where there are none.
    stratified_by : str
    """

    by: str
    levels: tuple[str, ...]
    events: Floats
    sizes: Floats
    strata: tuple[str, ...] = ()
    stratified_by: str = ""

    def of(self, group: int) -> tuple[Floats, Floats]:
        """Events and people (s,) of one group."""
        return self.events[:, group], self.sizes[:, group]

    def table(self) -> pd.DataFrame:
        """One row per group, and stratum: (stratum,) group, n, events, risk."""
        events, sizes = self.events.ravel(), self.sizes.ravel()
        with np.errstate(invalid="ignore"):
            frame = pd.DataFrame(
                {
                    "group": list(self.levels) * self.events.shape[0],
                    "n": sizes.astype(int),
                    "events": events.astype(int),
                    "risk": events / sizes,
                }
            )
        if self.strata:
            frame.insert(
                0, "stratum", np.repeat(np.array(self.strata, dtype=object), len(self.levels))
            )
        return frame


def counted(
    happened: NDArray[np.bool_], rows: GroupRows, frame: pd.DataFrame, columns: Sequence[object]
) -> RiskCounts:
    """Count events (n,) by group and stratum."""
    groups = len(rows.levels)
    if columns:
        inside = frame.iloc[rows.kept].groupby(list(columns), observed=True, sort=True)
        strata = inside.ngroup().to_numpy()
        names = tuple(_called(key) for key in inside.size().index)
    else:
        strata, names = np.zeros(rows.kept.size, dtype=int), ()
    cells = strata * groups + rows.codes
    shape = (max(len(names), 1), groups)
    size = shape[0] * shape[1]
    return RiskCounts(
        rows.by,
        rows.levels,
        np.bincount(cells, happened, size).astype(np.float64).reshape(shape),
        np.bincount(cells, minlength=size).astype(np.float64).reshape(shape),
        names,
        " and ".join(map(str, columns)),
    )


def _called(key: object) -> str:
    return ", ".join(map(str, key)) if isinstance(key, tuple) else str(key)
