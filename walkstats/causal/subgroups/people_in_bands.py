"""What is the effect on the other scale in bands of equally many people?"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from walkstats.causal.subgroups.level_effects import Question, other_scale
from walkstats.causal.subgroups.modifiers import FEWEST
from walkstats.causal.subgroups.stacked import side_by_side
from walkstats.results import Estimates

Floats = NDArray[np.float64]


def places_in_bands(
    asked: Question, used: pd.DataFrame, seen: Floats, bands: int
) -> NDArray[np.intp]:
    """Band of each row; fewer bands where one would have hardly anybody of an arm."""
    inner = np.unique(np.quantile(seen, np.linspace(0.0, 1.0, bands + 1)[1:-1]))
    place: NDArray[np.intp] = np.unique(np.searchsorted(inner, seen), return_inverse=True)[1]
    arm = used[asked.arm].astype(object).map(str).to_numpy()
    each = [np.bincount(place[arm == one], minlength=place.max() + 1) for one in asked.arms]
    if np.min(each) < FEWEST and bands > 1:
        return places_in_bands(asked, used, seen, bands - 1)
    return place


def in_bands(
    asked: Question, used: pd.DataFrame, name: str, seen: Floats, bands: int
) -> tuple[Estimates | None, pd.DataFrame]:
    """The other scale in bands of equally many participants; None for means."""
    if not asked.has_events:
        return None, pd.DataFrame(columns=["term", "low", "high", "middle", "n"])
    place = places_in_bands(asked, used, seen, bands)
    found, rows, terms = [], [], []
    for k in range(int(place.max()) + 1):
        here = used[place == k]
        own = seen[place == k]
        other, _ = other_scale(here, asked)
        if other is None:
            return None, pd.DataFrame(columns=["term", "low", "high", "middle", "n"])
        found.append(other)
        for one in asked.arms[1:]:
            terms.append(f"{asked.arm}[{one}], {name} {own.min():g} to {own.max():g}")
            rows.append(
                {
                    "term": terms[-1], "group": one, "low": own.min(), "high": own.max(),
                    "middle": float(np.median(own)), "n": int(asked.people(here).nunique()),
                }
            )  # fmt: skip
    together = side_by_side(found, terms)
    shown = together.to_frame(ratio=together.link != "identity")
    columns = ["estimate", "conf_low", "conf_high"]
    return together, pd.concat([pd.DataFrame(rows), shown[columns]], axis=1)
