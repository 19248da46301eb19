"""Which rows, of which group and person, do the curves and comparisons of groups count?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from walkstats._arguments import as_names, check_column
from walkstats._spellings import alike
from walkstats._time_zero import immortal_time
from walkstats._variables import levels_of, missing
from walkstats.errors import DataError
from walkstats.results import Counts
from walkstats.survival.clusters import in_one_cluster
from walkstats.survival.observations import observe
from walkstats.survival.people import PERSON, read_people
from walkstats.survival.product_limit import clustered_covariance
from walkstats.survival.risk_tables import RiskTable, count_risk_table

Floats = NDArray[np.float64]
Indices = NDArray[np.intp]
Booleans = NDArray[np.bool_]

EVERYBODY = "all"


@dataclass(frozen=True, eq=False)
class GroupedRows:
    """n rows of follow-up in g groups, read from a frame.

    Attributes
    ----------
    start : (n,) array or None
    stop, event : (n,) arrays
    weights, frequencies : (n,) arrays or None
    group : (n,) codes
    labels : tuple of str, length g
    stratum : (n,) codes
    stratum_labels : tuple of str
    cluster : (n,) codes or None
    robust : bool
        Whether standard errors are to come from the rows' influence.
    goes_on : (n,) bool array or None
        Rows that end without an event and are carried on by another row of the same person.
    kept : (rows,) bool array
        Which rows of the frame they are.
    by, time : str
        Names of the grouping and of the time column.
    start_time : float
        Where the curves start.
    order_note : str
        Which group is the reference, where the frame does not say.
    said : str
        What ``method`` says about the columns read.
    notes : tuple of str
    counts : Counts
    source : str
    clustered_by : str
        Column of the clusters, where they were asked for.
    """

    start: Floats | None
    stop: Floats
    event: Booleans
    weights: Floats | None
    frequencies: Floats | None
    group: Indices
    labels: tuple[str, ...]
    stratum: Indices
    stratum_labels: tuple[str, ...]
    cluster: Indices | None
    robust: bool
    goes_on: Booleans | None
    kept: Booleans
    by: str
    time: str
    start_time: float
    order_note: str
    said: str
    notes: tuple[str, ...]
    counts: Counts
    source: str
    clustered_by: str = ""

    def table(self) -> RiskTable:
        """Counts at each time in each group."""
        return count_risk_table(
            self.stop,
            self.event,
            self.group,
            len(self.labels),
            start=self.start,
            weights=self.weights,
            frequencies=self.frequencies,
            goes_on=self.goes_on,
        )

    def reversed(self) -> GroupedRows:
        """The end of follow-up as the event, and the event as its censoring."""
        ends = ~self.event if self.goes_on is None else ~self.event & ~self.goes_on
        return replace(self, event=ends)

    def only(self, rows: Booleans | Indices) -> GroupedRows:
        """These rows with chosen ones among them; labels, counts and notes stay."""
        arrays = ("start", "weights", "frequencies", "cluster", "goes_on")
        chosen: dict[str, Any] = {
            name: None if getattr(self, name) is None else getattr(self, name)[rows]
            for name in arrays
        }
        return replace(
            self,
            stop=self.stop[rows],
            event=self.event[rows],
            group=self.group[rows],
            stratum=self.stratum[rows],
            **chosen,
        )

    def covariance(self, influences: Floats) -> Floats:
        """Covariance (k, k) of functionals from the influence (n, k) of the rows."""
        return clustered_covariance(
            influences,
            weights=self.weights,
            frequencies=self.frequencies,
            cluster=self.cluster,
        )

    def covariance_of_groups(self, influences: Floats) -> Floats:
        """The same (m * g, m * g) for m blocks of one number for each group.

        It is missing for a group that is one cluster: nothing in it varies between clusters.
        """
        alone = np.tile(self.single_units, influences.shape[1] // len(self.labels))
        return np.where(alone[:, None] | alone, np.nan, self.covariance(influences))

    @property
    def single_units(self) -> Booleans:
        """(g,) groups of which one cluster (as asked for) is at risk at events: no variance."""
        groups = len(self.labels)
        if self.cluster is None or not self.clustered_by:
            return np.zeros(groups, dtype=bool)
        times = np.where(self.event, self.stop, np.nan)
        first, last = np.full(groups, np.inf), np.full(groups, -np.inf)
        np.fmin.at(first, self.group, times)
        np.fmax.at(last, self.group, times)
        seen = self.stop >= first[self.group]
        if self.start is not None:
            seen &= self.start < last[self.group]
        return in_one_cluster(self.group[seen], groups, self.cluster[seen])

    def said_of_single_units(self) -> tuple[str, ...]:
        """A note on each group without a robust standard error."""
        alone = np.flatnonzero(self.single_units)
        return tuple(
            f"{name}: who is at risk at the events belongs to one cluster of {self.clustered_by}. "
            "What varies between clusters cannot be seen, and the robust standard error is missing."
            for name in (f"{self.by} = {self.labels[k]}" if self.by else "All" for k in alone)
        )

    def group_sizes(self) -> NDArray[np.int64]:
        """Rows (copies counted) in each group."""
        counted = np.bincount(self.group, self.frequencies, len(self.labels))
        return np.round(counted).astype(np.int64)

    def follow_up_ends(self) -> Floats:
        """Last time at which each group is at risk; minus infinity where nobody of it ever is."""
        ends = np.full(len(self.labels), -np.inf)
        np.maximum.at(ends, self.group[self._at_risk], self.stop[self._at_risk])
        return ends

    @property
    def _at_risk(self) -> Booleans:
        """Rows with follow-up that count: a weight, or a frequency, of 0 is no row."""
        seen = np.ones(self.stop.size, dtype=bool) if self.start is None else self.start < self.stop
        for counted in (self.weights, self.frequencies):
            if counted is not None:
                seen &= counted > 0
        return seen

    def check_at_risk(self) -> None:
        """Refuse a group of which nobody is at risk at any time: its curve is not known."""
        unseen = np.flatnonzero(np.isneginf(self.follow_up_ends()))
        if unseen.size:
            names = [self.labels[k] for k in unseen]
            raise DataError.of(
                f"nobody {f'of {self.by} = ' if self.by else ''}{', '.join(names)} is at risk at "
                "any time",
                column=self.by,
                what_to_do="leave the group out, or correct its follow-up",
            )

    def said_of_unseen(self) -> tuple[str, ...]:
        """A note on each group of which nobody is at risk."""
        unseen = np.flatnonzero(np.isneginf(self.follow_up_ends()))
        return tuple(
            f"{self.by} = {self.labels[k]}: nobody is at risk at any time."
            for k in unseen
            if self.by
        )

    def check_comparison(self) -> None:
        """Refuse to compare fewer than two groups."""
        if not self.by:
            raise ValueError("by must name the column of the groups.")
        if len(self.labels) < 2:
            raise DataError.of(
                f"comparison needs 2 groups, found 1 ({self.labels[0]}, n={self.group_sizes()[0]})",
                column=self.by,
                what_to_do="check the filters and the column of the groups",
            )

    @property
    def begins(self) -> float:
        """Where a curve starts: at the time asked for, the first entry, or 0."""
        if self.start is None or self.start_time:
            return self.start_time
        return float(self.start.min())

    @property
    def absent_said(self) -> tuple[str, ...]:
        """A note where the first category has no rows; no other order of groups needs one."""
        return (self.order_note,) if "has no rows" in self.order_note else ()

    @property
    def errors_said(self) -> str:
        """What ``method`` adds on errors that are robust, or on weights that count as copies."""
        if not self.robust:
            return "" if self.weights is None else "A weight of k counts as k copies of its row."
        within = ", summed within clusters" if self.cluster is not None else ""
        return f"Standard errors by the infinitesimal jackknife{within}."


def read_grouped_rows(
    frame: pd.DataFrame,
    by: Any,
    *,
    strata: Any = None,
    time: str | None = None,
    event: str = "event",
    event_value: object = None,
    entry: str | None = None,
    weights: str | None = None,
    frequencies: str | None = None,
    subject: str | None = PERSON,
    cluster: str | None = None,
    robust: bool | None = None,
    start_time: float | None = None,
) -> GroupedRows:
    """Read rows, groups, persons and clusters from a frame and check that they fit together.

    Raises
    ------
    ValueError
        For columns that are not there, a ``robust`` that is no flag, and ``cluster=`` with
        ``robust=False``.
    DataError
        For follow-up that cannot be analysed; people with several rows and no entry time; spells of
        one person that overlap; a cluster that is missing.
    FitError
        For a single cluster.
    """
    by_names, strata_names = as_names(by, "by"), as_names(strata, "strata")
    keep = _from(frame, start_time, time)
    seen = observe(
        frame,
        time=time,
        event=event,
        event_value=event_value,
        entry=entry,
        weights=weights,
        frequencies=frequencies,
        groups=(*by_names, *strata_names),
        keep=keep,
    )
    used = np.flatnonzero(seen.kept)
    group, labels, order_note = combined_groups(frame, by_names, used)
    stratum, stratum_labels, _ = combined_groups(frame, strata_names, used)
    people = read_people(frame, used, seen, group, subject=subject, cluster=cluster, robust=robust)
    rows = GroupedRows(
        start=people.start,
        stop=people.stop,
        event=seen.event,
        weights=seen.weights,
        frequencies=seen.frequencies,
        group=group,
        labels=labels,
        stratum=stratum,
        stratum_labels=stratum_labels,
        cluster=people.cluster,
        robust=people.robust,
        goes_on=people.goes_on,
        kept=seen.kept,
        by=", ".join(str(name) for name in by_names),
        time=seen.time,
        start_time=0.0 if start_time is None else float(start_time),
        order_note=order_note,
        said=seen.said,
        notes=(
            *seen.notes,
            *_said_of_start(seen.rows, keep, start_time),
            *said_of_groups(frame, (*by_names, *strata_names), used, people.start is not None),
            *people.notes,
        ),
        counts=seen.counts(people.person, people.cluster),
        source=seen.source,
        clustered_by="" if cluster is None else str(cluster),
    )
    lost = _said_of_lost(frame, by_names, used, rows.by, labels)
    return replace(
        rows, notes=(*rows.notes, *lost, *rows.said_of_unseen(), *rows.said_of_single_units())
    )


def _said_of_lost(
    frame: pd.DataFrame, names: Sequence[Any], used: Indices, by: str, labels: Sequence[str]
) -> list[str]:
    """A note on the groups of which every row is left out."""
    if not names or used.size == len(frame):
        return []
    known = ~np.any([missing(frame[name]) for name in names], axis=0)
    everybody = combined_groups(frame, names, np.flatnonzero(known))[1]
    lost = [label for label in everybody if label not in set(labels)]
    return [f"{by} = {label}: all its rows are left out." for label in lost]


def _from(frame: pd.DataFrame, start_time: float | None, time: str | None) -> Booleans | None:
    """Rows still observed when the curve is to start; missing times are counted elsewhere."""
    if start_time is None:
        return None
    if not np.isfinite(float(start_time)):
        raise ValueError(f"start_time must be a finite number, got {start_time!r}.")
    name = time or ("days" if "days" in frame.columns else "stop_days")
    stop = pd.to_numeric(check_column(frame, name, "the time"), errors="coerce")
    return ~(stop < start_time).to_numpy(dtype=bool, na_value=False)


def _said_of_start(rows: int, keep: Booleans | None, start_time: float | None) -> list[str]:
    if keep is None:
        return []
    before = int(np.sum(~keep))
    ended = f"; {before} of {rows} rows ended before" if before else ""
    return [f"Given that the event had not happened by {start_time:g}{ended}."]


def said_of_groups(
    frame: pd.DataFrame, names: Sequence[Any], used: Indices, spells: bool
) -> tuple[str, ...]:
    """Notes on groups that may be meant to be one, and on those known only after time 0."""
    every = used.size == len(frame)
    cells = {name: frame[name] if every else frame[name].iloc[used] for name in names}
    found = [alike(values.unique(), name) for name, values in cells.items()]
    return (*(note for each in found for note in each), *immortal_time(names, spells=spells))


def combined_groups(
    frame: pd.DataFrame, names: Sequence[Any], used: Indices
) -> tuple[Indices, tuple[str, ...], str]:
    """Codes of the rows used, labels of the combinations present, and a note on their order."""
    if not names:
        return np.zeros(used.size, dtype=np.intp), (EVERYBODY,), ""
    codes, labels, note = np.zeros(used.size, dtype=np.intp), [""], ""
    for name in names:
        series = check_column(frame, name, "grouping")
        own, levels, said = _coded(series if used.size == len(frame) else series.iloc[used])
        codes = codes * len(levels) + own
        labels = [f"{left}, {level}" if left else level for left in labels for level in levels]
        note = said if len(names) == 1 else note
    present = np.unique(codes)
    lookup = np.zeros(len(labels), dtype=np.intp)
    lookup[present] = np.arange(present.size)
    return lookup[codes], tuple(labels[k] for k in present), note


def _coded(series: pd.Series) -> tuple[Indices, tuple[str, ...], str]:
    """Codes, the levels present in category or sorted order, and a note where the order is ours."""
    if isinstance(series.dtype, pd.CategoricalDtype):
        codes = series.cat.codes.to_numpy().astype(np.intp)
        present = np.flatnonzero(np.bincount(codes))
        levels, note = levels_of(series)
        return np.searchsorted(present, codes), levels, note
    levels, note = levels_of(series)
    codes, uniques = pd.factorize(series)
    try:
        order = sorted(range(len(uniques)), key=lambda k: uniques[k])
    except TypeError:
        order = sorted(range(len(uniques)), key=lambda k: str(uniques[k]))
    rank = np.empty(len(uniques), dtype=np.intp)
    rank[order] = np.arange(len(uniques))
    return rank[codes], levels, note
