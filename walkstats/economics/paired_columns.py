"""Which columns are added up, adjusted for, or only predict? Those of both frames, each once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from walkstats._arguments import check_column
from walkstats._variables import as_numbers, is_factor, levels_of, missing
from walkstats.economics.matched_people import SIDES
from walkstats.errors import DataError

Floats = NDArray[np.float64]


class Columns:
    """Columns of both frames, each once: those that may have gaps, and those that have none."""

    def __init__(self, frames: Mapping[str, pd.DataFrame]) -> None:
        self.frames = frames
        self.parts: dict[str, Floats] = {}
        self.fixed: dict[str, Floats] = {}

    def key(self, side: str, column: Any) -> str:
        """Name of a column, with the frame where both have one of that name."""
        other = self.frames[SIDES[1 - SIDES.index(side)]]
        return f"{side}: {column}" if column in other.columns else str(column)

    def part(self, side: str, column: Any) -> None:
        """A column of which a total is made."""
        self.parts[self.key(side, column)] = as_numbers(self.frames[side][column], str(column))

    def add(self, name: str, values: Floats) -> None:
        """A column that everybody has; one that never varies tells nothing."""
        if np.ptp(values) > 0:
            self.fixed[name] = values

    def covariates(self, names: Sequence[Any]) -> list[str]:
        """Take covariates up, and give the keys of their columns."""
        keys: list[str] = []
        for name in names:
            side = next((s for s in SIDES[::-1] if name in self.frames[s].columns), "effects")
            series = check_column(self.frames[side], name, "a covariate")
            self._check_same(name, series)
            key = self.key(side, name)
            if key in self.parts:
                keys.append(key)
            elif is_factor(series):
                keys += self._indicators(series, str(name))
            else:
                values = as_numbers(series, str(name))
                (self.parts if np.isnan(values).any() else self.fixed)[str(name)] = values
                keys.append(str(name))
        return list(dict.fromkeys(keys))

    def _check_same(self, name: Any, series: pd.Series) -> None:
        """Refuse a covariate of which the two frames say different things."""
        own = series.astype(object)
        for frame in self.frames.values():
            if name not in frame.columns:
                continue
            other = frame[name].astype(object)
            apart = ((own != other) & ~(own.isna() & other.isna())).to_numpy(dtype=bool)
            if apart.any():
                raise DataError.of(
                    f"{name} differs between costs and effects for {int(apart.sum())} "
                    "participant(s)",
                    column=str(name),
                    ids=list(series.index[apart]),
                    what_to_do="keep it in one of the frames",
                )

    def _indicators(self, series: pd.Series, name: str) -> list[str]:
        gap = missing(series)
        if gap.any():
            raise DataError.of(
                f"{name} is missing for {int(gap.sum())} participant(s)",
                column=name,
                ids=list(series.index[gap]),
                what_to_do="fill it in: covariates that are levels are not imputed here",
            )
        levels, _ = levels_of(series)
        text = series.astype(str).to_numpy()
        keys = [f"{name}[{level}]" for level in levels[1:]]
        for key, level in zip(keys, levels[1:], strict=True):
            self.fixed[key] = (text == level).astype(float)
        return keys
