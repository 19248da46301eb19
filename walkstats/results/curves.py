"""How is a curve handed over, read at a point, and turned into quantiles?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from walkstats.results.estimates import Estimates
from walkstats.results.frozen import Result

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Curve(Result):
    """A curve by group.

    Attributes
    ----------
    frame : pandas.DataFrame
        Columns group, the x column, estimate, std_error, conf_low, conf_high and, for curves over
        follow-up, n_risk, n_event, n_censor. Sorted by group, then x.
    x : str
        Name of the x column.
    quantity : str
        What the curve shows, e.g. "survival".
    shape : {"step", "line"}
    last : mapping of group to x
        Beyond it the curve is missing.
    level : float
    start : float
        Value before the first step.
    start_x : float
        Where the curve starts.
    """

    frame: pd.DataFrame
    x: str
    quantity: str
    shape: str = "step"
    last: Mapping[str, float] = field(default_factory=dict)
    level: float = 0.95
    start: float = 1.0
    start_x: float = 0.0

    def to_frame(self) -> pd.DataFrame:
        """A copy of the curve's frame."""
        return self.frame

    @property
    def groups(self) -> tuple[str, ...]:
        """The groups, in order."""
        return tuple(dict.fromkeys(self._own("frame")["group"]))

    def _of(self, group: str) -> pd.DataFrame:
        frame: pd.DataFrame = self._own("frame")
        return frame[frame["group"] == group]

    def at(self, x: float | Sequence[float] | Floats) -> pd.DataFrame:
        """The curve at chosen points.

        Parameters
        ----------
        x : float or sequence of float
            In the unit of the x column.

        Returns
        -------
        pandas.DataFrame
            One row per group and x. A step curve gives the estimate of the last step at or before
            x and the number at risk just before x (that of the next time); ``n_event`` and
            ``n_censor`` count from the start to x. Beyond the group's last x the estimate is
            missing. Before the group's first row both limits are the start of the curve, as in R:
            nobody has left yet, and no interval is meant. In rows without an event so far, and in
            `walkstats.survival.compare_at`, limits on the log-log scale are missing.

        Raises
        ------
        ValueError
            For a point that is missing, and for a line where it was not computed.
        """
        points = np.atleast_1d(np.asarray(x, dtype=float))
        if np.isnan(points).any():
            raise ValueError(f"{self.x} must be numbers, got {x!r}: a missing one has no place.")
        parts = [
            self._steps_at(group, points) if self.shape == "step" else self._line_at(group, points)
            for group in self.groups
        ]
        if not parts:
            return self._own("frame").iloc[:0].reset_index(drop=True)
        return pd.concat(parts, ignore_index=True)

    def _line_at(self, group: str, points: Floats) -> pd.DataFrame:
        rows = self._of(group)
        grid = rows[self.x].to_numpy(dtype=float)
        places = [np.flatnonzero(np.isclose(grid, point, rtol=1e-12, atol=0)) for point in points]
        if any(len(place) == 0 for place in places):
            raise ValueError("A line is known only where it was computed: ask the method with at=.")
        return rows.iloc[[place[0] for place in places]].reset_index(drop=True)

    def _steps_at(self, group: str, points: Floats) -> pd.DataFrame:
        rows = self._of(group)
        times = rows[self.x].to_numpy(dtype=float)
        step = np.searchsorted(times, points, side="right") - 1
        before = step < 0
        beyond = points > self.last.get(group, np.inf)
        out: dict[str, Any] = {"group": group, self.x: points}
        for name in ("estimate", "std_error", "conf_low", "conf_high"):
            first = 0.0 if name == "std_error" else self.start
            values = np.where(before, first, rows[name].to_numpy(dtype=float)[step])
            out[name] = np.where(beyond, np.nan, values)
        if "n_risk" in rows:
            following = np.searchsorted(times, points, side="left")
            out["n_risk"] = np.append(rows["n_risk"].to_numpy(dtype=float), 0.0)[following]
            for name in ("n_event", "n_censor"):
                total = np.append(0.0, np.cumsum(rows[name].to_numpy(dtype=float)))
                out[name] = total[step + 1]
        return pd.DataFrame(out)

    def quantile(self, p: float | Sequence[float] = 0.5) -> Estimates:
        """x by which a share p has had the event.

        Where the curve is flat at exactly that share, the middle of the flat step is given (as R
        does). The interval inverts the pointwise confidence limits; where a limit is not monotone
        (few at risk early on), the step whose limit lies next beyond the share is taken, also as in
        R. Missing where the share is not reached.

        Parameters
        ----------
        p : float or sequence of float
            Shares between 0 and 1.

        Returns
        -------
        Estimates
            Terms are the groups; with several shares ``group[share]``.

        Raises
        ------
        ValueError
            For shares outside (0, 1), or a curve that is no probability.
        """
        shares = np.atleast_1d(np.asarray(p, dtype=float))
        if not np.all((shares > 0) & (shares < 1)):
            raise ValueError(f"p must lie between 0 and 1, got {p!r}.")
        if self.quantity not in PROBABILITIES or self.shape != "step":
            raise ValueError(f"A curve of {self.quantity} has no quantiles.")
        several = np.ndim(p) > 0
        terms, found, notes = [], [], []
        for group in self.groups:
            rows = self._of(group)
            found.append(self._crossings(rows, shares))
            terms += [f"{group}[{share:g}]" if several else group for share in shares]
            for share, value in zip(shares, found[-1][:, 0], strict=True):
                if np.isnan(value):
                    end = rows[self.x].to_numpy(dtype=float)[-1]
                    word = "median" if share == 0.5 else f"quantile {share:g}"
                    notes.append(f"{group}: {word} not reached by {end:g} {self.x}.")
        table = np.concatenate(found) if found else np.empty((0, 3))
        size = len(terms)
        return Estimates(
            terms=tuple(terms),
            values=table[:, 0],
            covariance=np.full((size, size), np.nan),
            level=self.level,
            limits=table[:, 1:],
            null=None,
            method=f"{self.method} Quantile intervals invert the pointwise limits.".strip(),
            notes=(*self.notes, *notes),
            counts=self.counts,
            source=self.source,
        )

    def _crossings(self, rows: pd.DataFrame, shares: Floats) -> Floats:
        """(shares, 3): the quantile, its lower and its upper limit.

        On a falling curve the lower confidence limit crosses first, so it gives the lower limit of
        the quantile; on a rising one the upper limit does.
        """
        times = rows[self.x].to_numpy(dtype=float)
        falling = self.start == 1.0
        names = ("estimate", "conf_low", "conf_high") if falling else (
            "estimate", "conf_high", "conf_low")  # fmt: skip
        columns = []
        for name in names:
            level = rows[name].to_numpy(dtype=float)
            risen = 1.0 - level if falling else level
            columns.append(_first_reached(times, risen, shares, self.start_x))
        return np.column_stack(columns)


PROBABILITIES = ("survival", "cumulative incidence", "follow-up")
# R's quantile.survfit takes shares closer than this as equal; the golden values follow it.
SAME_SHARE = float(np.sqrt(np.finfo(float).eps))
# A limit carried over a time without an event may differ there by rounding; it is one step.
SAME_STEP = 1e-12


def _first_reached(times: Floats, risen: Floats, shares: Floats, start: float) -> Floats:
    """First time at which a rising step function reaches each share, or the middle of a step."""
    known = ~np.isnan(risen)
    end = times[-1] if len(times) else np.nan
    x = np.append(start, times[known])
    y = np.append(0.0, risen[known])
    # A limit need not be monotone (few at risk early on): as in R, the next level up counts.
    order = np.argsort(y, kind="stable")
    begins = np.flatnonzero(np.diff(y[order], prepend=-np.inf) > SAME_STEP)
    x, y = np.minimum.reduceat(x[order], begins), y[order][begins]
    out = np.full(len(shares), np.nan)
    for j, share in enumerate(shares):
        reached = np.searchsorted(y, share - SAME_SHARE)
        passed = np.searchsorted(y, share + SAME_SHARE, side="right")
        if reached < len(y):
            # Flat on the share: until the next rise, or until the end of follow-up.
            out[j] = (x[reached] + (x[passed] if passed < len(y) else end)) / 2.0
            if passed == reached:
                out[j] = x[reached]
    return out
