"""How are the draws of a bootstrap handed over, and what intervals do they give?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from walkstats._arguments import check_choice, check_level
from walkstats.numerics import bootstrap_limits as limits
from walkstats.results.estimates import ESTIMATE_COLUMNS, Estimate
from walkstats.results.frozen import Result

Floats = NDArray[np.float64]

INTERVALS = {
    "percentile": "Percentile interval",
    "bca": "Bias-corrected and accelerated (BCa) interval",
    "normal": "Normal interval with the bootstrap's bias and standard error",
}
KEPT = 5  # reasons that are written out


@dataclass(frozen=True, eq=False)
class Draws(Result):
    """Statistics of resampled data, replicate by replicate.

    Attributes
    ----------
    names : tuple of str, length k
    values : (m, k) array
        One row per replicate; infinite where, say, a median was not reached, nan where there is no
        value.
    observed : (k,) array
        The same statistics of the data themselves.
    seed : int
    jackknife : (u, k) array or None
        The statistics without each of u participants in turn, for BCa intervals.
    cell : (u,) array or None
        Codes of the cell (arm and stratum) within which each participant was drawn.
    failed : mapping of str to int
        Reason -> replicates that gave no value.
    undetermined : tuple of str
        Names whose missing draws may be any value (the difference of two medians neither of which
        was reached): in an interval they count as low for the lower limit and as high for the
        upper one. Missing draws of other names are left out.
    ratios : tuple of str
        Names that are ratios; their standard errors are those of the logarithms.
    measures : mapping of str to str
        Name -> what it is, e.g. "hazard ratio".
    level : float
    """

    names: tuple[str, ...]
    values: Floats
    observed: Floats
    seed: int
    jackknife: Floats | None = None
    cell: NDArray[np.intp] | None = None
    failed: Mapping[str, int] = field(default_factory=dict)
    undetermined: tuple[str, ...] = ()
    ratios: tuple[str, ...] = ()
    measures: Mapping[str, str] = field(default_factory=dict)
    level: float = 0.95

    @property
    def replicates(self) -> int:
        """How many replicates were drawn, m."""
        return self.values.shape[0]

    def draws(self, name: str) -> Floats:
        """The draws (m,) of one statistic.

        Parameters
        ----------
        name : str
            One of ``names``; what stands before its bracket is enough where only one begins so.

        Returns
        -------
        (m,) array
        """
        return self.values[:, self._position(name)]

    def _position(self, name: str) -> int:
        if name in self.names:
            return self.names.index(name)
        alike = [k for k, one in enumerate(self.names) if one.partition("[")[0] == name]
        if len(alike) == 1:
            return alike[0]
        which = "Several names begin with" if alike else "No name"
        raise ValueError(f"{which} {name!r}. The names are: {', '.join(self.names)}.")

    def estimate(
        self, name: str, level: float | None = None, *, kind: str = "percentile"
    ) -> Estimate:
        """One statistic with its bootstrap interval.

        Parameters
        ----------
        name : str
            One of ``names``; what stands before its bracket is enough where only one begins so.
        level : float, optional
            Confidence level; the result's own by default.
        kind : {"percentile", "bca", "normal"}
            Of the interval. "normal" of a ratio is taken on the log scale.

        Returns
        -------
        Estimate
            The observed statistic, with the standard deviation of the draws as its standard error
            (of the logarithms where it is a ratio; missing where a draw is infinite). There is no
            p-value: see `walkstats.resampling.permutation_test`.

        Raises
        ------
        ValueError
            For an unknown name or kind, and for BCa without a jackknife.
        """
        check_choice(kind, INTERVALS, "kind")
        level = self.level if level is None else check_level(level)
        k = self._position(name)
        ratio = self.names[k] in self.ratios
        found, said = self._interval(k, level, kind, ratio)
        return Estimate(
            term=self.names[k],
            estimate=float(self.observed[k]),
            std_error=self._std_error(k, ratio),
            statistic=np.nan,
            df=np.nan,
            p_value=np.nan,
            conf_low=found.low,
            conf_high=found.high,
            level=level,
            null=None,
            scale="ratio" if ratio else "identity",
            measure=self.measures.get(self.names[k], ""),
            method=f"{self.method} {INTERVALS[kind]}.".strip(),
            notes=(*self.notes, *self._said_of_missing(k), *said),
            counts=self.counts,
            source=self.source,
        )

    def to_frame(self, level: float | None = None, *, kind: str = "percentile") -> pd.DataFrame:
        """One row per name: estimate, standard error and interval.

        Parameters
        ----------
        level : float, optional
        kind : {"percentile", "bca", "normal"}

        Returns
        -------
        pandas.DataFrame
            Columns term, estimate, std_error, statistic, df, p_value, conf_low, conf_high; with
            ratios among the names also std_error_of, which says whose logs their errors are of.
        """
        rows = [self.estimate(name, level, kind=kind) for name in self.names]
        frame = pd.DataFrame(
            [{column: getattr(row, column) for column in ESTIMATE_COLUMNS} for row in rows],
            columns=list(ESTIMATE_COLUMNS),
        )
        if not self.ratios:
            return frame
        return frame.assign(std_error_of=[row.std_error_of for row in rows])

    def _remarks(self) -> list[str]:
        """What stands below the numbers: also which draws are infinite or missing."""
        said = [note for k in range(len(self.names)) for note in self._said_of_missing(k)]
        return [*super()._remarks(), *said]

    def _std_error(self, k: int, ratio: bool) -> float:
        known = self._known(k)
        with np.errstate(divide="ignore"):
            known = np.log(known) if ratio else known
        undecided = self.names[k] in self.undetermined and known.size < self.replicates
        if known.size < 2 or undecided or not np.all(np.isfinite(known)):
            return np.nan
        return float(np.std(known, ddof=1))

    def _known(self, k: int) -> Floats:
        column = self.values[:, k]
        return column[~np.isnan(column)]

    def _interval(
        self, k: int, level: float, kind: str, ratio: bool
    ) -> tuple[limits.Limits, tuple[str, ...]]:
        known = self._known(k)
        if kind == "normal":
            return self._normal(k, known, level, ratio)
        below = above = np.sort(known)
        missing = self.replicates - known.size
        if missing and self.names[k] in self.undetermined:
            below = np.concatenate([np.full(missing, -np.inf), below])
            above = np.concatenate([above, np.full(missing, np.inf)])
        if kind == "percentile":
            found, said = limits.percentile_limits(below, above, level), ""
        else:
            found, said = self._bca(k, known, below, above, level)
        if found.extreme:
            said = f"The limits are the smallest or largest of {below.size:,} draws: take more."
        return found, (said,) if said else ()

    def _normal(
        self, k: int, known: Floats, level: float, ratio: bool
    ) -> tuple[limits.Limits, tuple[str, ...]]:
        observed = float(self.observed[k])
        undecided = self.names[k] in self.undetermined and known.size < self.replicates
        with np.errstate(divide="ignore", invalid="ignore"):
            if ratio:
                known, observed = np.log(known), float(np.log(observed))
        found = limits.normal_limits(observed, known[:0] if undecided else known, level)
        if np.isnan(found.low):
            return found, ("Some draws are infinite or missing: there is no normal interval.",)
        if ratio:
            found = limits.Limits(float(np.exp(found.low)), float(np.exp(found.high)))
        return found, ()

    def _bca(
        self, k: int, known: Floats, below: Floats, above: Floats, level: float
    ) -> tuple[limits.Limits, str]:
        if self.jackknife is None or self.cell is None:
            raise ValueError(
                "A BCa interval needs the statistics without each participant: ask the bootstrap "
                'for jackknife=True, or take kind="percentile".'
            )
        skewness = limits.acceleration(self.jackknife[:, k], self.cell)
        bias = limits.bias_correction(float(self.observed[k]), known)
        found = limits.bca_limits(below, above, level, bias, skewness)
        said = ""
        if not np.isfinite(skewness):
            said = (
                "Without one participant or another there is no finite value: a BCa interval "
                "cannot be computed."
            )
        elif not np.isfinite(bias):
            said = "All draws lie on one side of the estimate: a BCa interval cannot be computed."
        elif np.isnan(found.low):
            said = "The acceleration is too large for a BCa interval at this level."
        return found, said

    def _said_of_missing(self, k: int) -> tuple[str, ...]:
        column, m = self.values[:, k], self.replicates
        missing, infinite = int(np.isnan(column).sum()), int(np.isinf(column).sum())
        said = []
        if infinite:
            said.append(
                f"{self.names[k]} is infinite in {infinite:,} of {m:,} replicates; they count as "
                "such."
            )
        if missing and self.names[k] in self.undetermined:
            said.append(
                f"{self.names[k]} cannot be told in {missing:,} of {m:,} replicates; they count as "
                "below the lower and above the upper limit."
            )
        elif missing:
            said.append(f"{missing:,} of {m:,} replicates gave no {self.names[k]}: left out.")
        return tuple(said)
