"""How many fewer recurrences does one arm have by a given day?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from walkstats._arguments import check_choice, check_flag, check_level, check_times
from walkstats.numerics.limits import normal_quantile
from walkstats.results import Estimates
from walkstats.results.frozen import Result
from walkstats.survival.against_reference import (
    contrast_terms,
    differences,
    logarithms,
    reference_said,
)
from walkstats.survival.curve_forms import HAZARD_LIMITS
from walkstats.survival.people import PERSON
from walkstats.survival.recurrent_events.mean_count_kernels import influences
from walkstats.survival.recurrent_events.mean_counts import QUANTITY, Counted, read_counted

Floats = NDArray[np.float64]
Booleans = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class MeanCountComparison(Result):
    """Mean counts of groups at given times and their contrasts with the first group.

    With one time the terms are the groups, and ``arm[walking]`` in contrasts; with several they end
    in the time, ``arm[walking] at 180``.

    Attributes
    ----------
    at : (t,) array
    by_group : Estimates
        Mean number of recurrences per participant.
    difference : Estimates
        Group minus reference.
    ratio : Estimates
        Group over reference, on the log scale.
    """

    at: Floats
    by_group: Estimates
    difference: Estimates
    ratio: Estimates

    def to_frame(self) -> pd.DataFrame:
        """One row per measure and term; ratios as ratios."""
        parts = []
        for name in ("by_group", "difference", "ratio"):
            estimates: Estimates = getattr(self, name)
            frame = estimates.to_frame(ratio=estimates.link == "log")
            frame.insert(0, "measure", estimates.measure)
            parts.append(frame)
        return pd.concat(parts, ignore_index=True)


def compare_mean_counts(
    episodes: pd.DataFrame,
    by: Any,
    *,
    at: float | Sequence[float],
    terminal: str | None = None,
    terminal_value: object = None,
    interval: str = "log",
    extend: bool = False,
    at_risk: str | None = None,
    time: str | None = None,
    event: str = "event",
    event_value: object = None,
    entry: str | None = None,
    weights: str | None = None,
    frequencies: str | None = None,
    subject: str = PERSON,
    cluster: str | None = None,
    level: float = 0.95,
) -> MeanCountComparison:
    """Compare the mean number of recurrences by given times between groups.

    Parameters
    ----------
    episodes : pandas.DataFrame
        One row per participant and spell of follow-up (start, stop], which a recurrence ends or
        does not; days in an episode counted as at risk.
    by : str or sequence of str
        Column of the groups; the first group is the reference.
    at : float or sequence of float
        Times, in the unit of the time column.
    interval : {"log", "plain"}
        Scale of the intervals of each group's mean count.
    terminal, terminal_value, extend, at_risk, time, event, event_value, entry, weights, frequencies
        As in `mean_cumulative_count`.
    subject, cluster, level
        As in `mean_cumulative_count`.

    Returns
    -------
    MeanCountComparison

    Raises
    ------
    ValueError
        For unknown columns and choices, or times that are no finite numbers.
    DataError
        For fewer than two groups, and for follow-up that cannot be analysed.

    Notes
    -----
    Differences have Wald intervals, ratios Wald intervals on the log scale. The joint covariance
    over times and groups sums people's influences, so ``difference.test(terms)`` tests several
    times at once. A ratio at one day needs no proportional rates, as `andersen_gill` does. Beyond a
    group's follow-up nothing is estimated; a group without a recurrence by then has no error.

    References
    ----------
    .. [1] Ghosh D, Lin DY. Nonparametric analysis of recurrent events and death. Biometrics
       2000;56:554-562. https://doi.org/10.1111/j.0006-341X.2000.00554.x

    Examples
    --------
    >>> import pandas as pd
    >>> from walkstats import survival
    >>> spells = pd.DataFrame({
    ...     "participant_id": [1, 1, 1, 2, 3, 3, 4, 5, 5, 6],
    ...     "arm": ["control"] * 6 + ["walking"] * 4,
    ...     "start_days": [0, 30, 60, 0, 0, 90, 0, 0, 100, 0],
    ...     "stop_days": [30, 60, 365, 365, 90, 365, 365, 100, 365, 365],
    ...     "event": [1, 1, 0, 0, 1, 0, 0, 1, 0, 0]})
    >>> found = survival.compare_mean_counts(spells, "arm", at=365)
    >>> round(found.difference.estimate("arm[walking]").estimate, 2)
    -0.67
    """
    check_level(level)
    check_flag(extend, "extend")
    check_choice(interval, HAZARD_LIMITS, "interval")
    times = check_times(at)
    counted = read_counted(
        episodes, by, terminal=terminal, terminal_value=terminal_value, at_risk=at_risk, time=time,
        event=event, event_value=event_value, entry=entry, weights=weights,
        frequencies=frequencies, subject=subject, cluster=cluster,
    )  # fmt: skip
    counted.rows.check_comparison()
    values, covariance = _at(counted, times)
    ends = counted.rows.follow_up_ends()
    ends = np.where(np.isfinite(ends), np.inf, ends) if extend else ends
    beyond = times[:, None] > ends[None, :]
    known = np.where(beyond.ravel(), np.nan, values)
    return _pack(counted, times, np.ndim(at) > 0, known, covariance, beyond, interval, level)


def _at(counted: Counted, times: Floats) -> tuple[Floats, Floats]:
    """Mean counts (t * g,), time by time, and their covariance."""
    table, groups = counted.table, len(counted.rows.labels)
    index = np.searchsorted(table.times, times, side="right")
    before = np.hstack([np.zeros((groups, 1)), counted.found.value])[:, index]
    own = influences(table, counted.found, counted.units, np.maximum(index - 1, 0))
    own = np.where(index == 0, 0.0, own)
    wide = own.transpose(0, 2, 1).reshape(own.shape[0], -1)
    covariance = (wide.T * counted.units.copies) @ wide
    alone = np.tile(counted.rows.single_units, times.size)
    values = before.T.ravel()
    # No recurrence and one single unit have no variation: that is no certainty.
    unknown = alone | (values == 0)
    return values, np.where(unknown[:, None] | unknown, np.nan, covariance)


def _pack(
    counted: Counted,
    times: Floats,
    several: bool,
    values: Floats,
    covariance: Floats,
    beyond: Booleans,
    interval: str,
    level: float,
) -> MeanCountComparison:
    rows = counted.rows
    with np.errstate(invalid="ignore"):
        error = np.sqrt(np.diag(covariance))
    limits = np.column_stack(HAZARD_LIMITS[interval](values, error, normal_quantile(level)))
    common = _common(counted, times, values, beyond, interval, level)

    def terms(names: Sequence[str]) -> tuple[str, ...]:
        if not several:
            return tuple(names)
        return tuple(f"{name} at {moment:g}" for moment in times for name in names)

    contrasts = terms(contrast_terms(rows.by, rows.labels))
    gap = differences(values, covariance, times.size)
    logs = logarithms(values, covariance)
    ratio = differences(logs.values, logs.covariance, times.size)
    return MeanCountComparison(
        at=times,
        by_group=Estimates(
            terms(rows.labels),
            values,
            covariance,
            level=level,
            limits=limits,
            null=None,
            measure=QUANTITY,
            **common,
        ),
        difference=Estimates(
            contrasts,
            gap.values,
            gap.covariance,
            level=level,
            measure="difference in mean count",
            **common,
        ),
        ratio=Estimates(
            contrasts,
            ratio.values,
            ratio.covariance,
            link="log",
            level=level,
            measure="ratio of mean counts",
            **common,
        ),
        **common,
    )


def _common(
    counted: Counted,
    times: Floats,
    values: Floats,
    beyond: Booleans,
    interval: str,
    level: float,
) -> dict[str, Any]:
    rows = counted.rows
    listed = ", ".join(f"{moment:g}" for moment in times)
    method = (
        f"{counted.named()} at {listed} ({rows.time.removeprefix('stop_')}) with "
        f"{100 * level:g} % intervals ({interval} scale; differences untransformed, ratios on the "
        "log scale). "
        f"{reference_said(rows.by, rows.labels)} {counted.said()}"
    )
    said = (rows.order_note, *_remarks(counted, times, values, beyond))
    return {
        "method": method,
        "notes": (*rows.notes, *(note for note in said if note)),
        "counts": rows.counts,
        "source": rows.source,
    }


def _remarks(counted: Counted, times: Floats, values: Floats, beyond: Booleans) -> list[str]:
    rows, notes = counted.rows, []
    ends = rows.follow_up_ends()
    table = values.reshape(beyond.shape)
    for k, moment in enumerate(times):
        for g, label in enumerate(rows.labels):
            group = f"{rows.by} = {label}"
            if np.isneginf(ends[g]):
                continue  # the rows' own note says so
            if beyond[k, g]:
                notes.append(
                    f"{group} is followed to {ends[g]:g}: nothing is estimated at {moment:g}."
                )
            elif table[k, g] == 0:
                notes.append(
                    f"{group}: no recurrence by {moment:g}; its variance cannot be estimated."
                )
    return notes
