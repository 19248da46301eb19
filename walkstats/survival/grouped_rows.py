"""Which rows, of which group and person, do the curves and comparisons of groups count?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from walkstats._arguments import as_names, check_column
from walkstats._variables import levels_of
from walkstats.errors import DataError
from walkstats.results import Counts
from walkstats.survival.observations import observe
from walkstats.survival.product_limit import clustered_covariance
from walkstats.survival.risk_sets import merge_times
from walkstats.survival.risk_tables import RiskTable, count_risk_table

Floats = NDArray[np.float64]
Indices = NDArray[np.intp]
Booleans = NDArray[np.bool_]

PERSON = "participant_id"
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

    def group_sizes(self) -> NDArray[np.int64]:
        """Rows (copies counted) in each group."""
        counted = np.bincount(self.group, self.frequencies, len(self.labels))
        return np.round(counted).astype(np.int64)

    def follow_up_ends(self) -> Floats:
        """Last time seen in each group."""
        ends = np.full(len(self.labels), -np.inf)
        np.maximum.at(ends, self.group, self.stop)
        return ends

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
        For columns that are not there, and ``cluster=`` with ``robust=False``.
    DataError
        For follow-up that cannot be analysed; people with several rows and no entry time; spells of
        one person that overlap; a cluster that is missing.
    """
    by_names, strata_names = as_names(by, "by"), as_names(strata, "strata")
    if cluster is not None and robust is False:
        raise ValueError("cluster= asks for robust standard errors; leave robust=False out.")
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
    group, labels, order_note = _combine(frame, by_names, used)
    stratum, stratum_labels, _ = _combine(frame, strata_names, used)
    person = _person(frame, subject, used)
    stop, start = seen.stop, seen.start
    notes = _said_of_start(seen.rows, keep, start_time)
    if start is not None:
        times = merge_times(stop, start)
        stop, start = times.stop, times.start
    goes_on, repeated_events = None, False
    if person is not None and person.max(initial=0) + 1 < person.size:
        if start is not None:
            goes_on = _carried_on(frame, used, str(subject), person, start, stop, group, seen.event)
            repeated_events = np.bincount(person[seen.event]).max(initial=0) > 1
        elif cluster is None:
            raise _several_rows(frame, used, str(subject), person)
    codes = None if cluster is None else _clusters(frame, cluster, used)
    wanted = robust
    if wanted is None:
        fractional = seen.weights is not None and bool(np.any(seen.weights % 1))
        wanted = cluster is not None or fractional or bool(repeated_events)
        if wanted and cluster is None:
            why = "weights are fractional" if fractional else "people have several events"
            notes.append(f"Robust standard errors, since {why}.")
    if wanted and codes is None and person is not None and start is not None:
        codes = person
    notes += _said_of_time_zero(stop, start, seen.event, seen.frequencies)
    return GroupedRows(
        start=start,
        stop=stop,
        event=seen.event,
        weights=seen.weights,
        frequencies=seen.frequencies,
        group=group,
        labels=labels,
        stratum=stratum,
        stratum_labels=stratum_labels,
        cluster=codes,
        robust=bool(wanted),
        goes_on=goes_on,
        kept=seen.kept,
        by=", ".join(str(name) for name in by_names),
        time=seen.time,
        start_time=0.0 if start_time is None else float(start_time),
        order_note=order_note,
        said=seen.said,
        notes=tuple(notes),
        counts=seen.counts(person),
        source=seen.source,
    )


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


def _combine(
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
        levels = tuple(str(series.cat.categories[int(k)]) for k in present)
        return np.searchsorted(present, codes), levels, ""
    levels, note = levels_of(series)
    codes, uniques = pd.factorize(series)
    try:
        order = sorted(range(len(uniques)), key=lambda k: uniques[k])
    except TypeError:
        order = sorted(range(len(uniques)), key=lambda k: str(uniques[k]))
    rank = np.empty(len(uniques), dtype=np.intp)
    rank[order] = np.arange(len(uniques))
    return rank[codes], levels, note


def _person(frame: pd.DataFrame, subject: str | None, used: Indices) -> Indices | None:
    if subject is None or (subject == PERSON and PERSON not in frame.columns):
        return None
    codes, _ = pd.factorize(check_column(frame, subject, "the subject").iloc[used])
    return codes.astype(np.intp) if np.all(codes >= 0) else _missing_ids(subject, codes)


def _clusters(frame: pd.DataFrame, cluster: str, used: Indices) -> Indices:
    codes, _ = pd.factorize(check_column(frame, cluster, "the cluster").iloc[used])
    return codes.astype(np.intp) if np.all(codes >= 0) else _missing_ids(cluster, codes)


def _missing_ids(name: str, codes: Indices) -> Indices:
    count = int(np.sum(codes < 0))
    raise DataError.of(
        f"{name} is missing in {count} row{'' if count == 1 else 's'}",
        column=name,
        row=int(np.flatnonzero(codes < 0)[0]),
        count=count,
        what_to_do="fill in who these rows belong to, or leave them out on purpose",
    )


def _several_rows(frame: pd.DataFrame, used: Indices, subject: str, person: Indices) -> DataError:
    repeated = np.bincount(person)[person] > 1
    ids = pd.unique(frame[subject].iloc[used[repeated]])
    return DataError.of(
        f"{subject} repeats: one row per participant is needed ({len(ids)} have several rows)",
        column=subject,
        row=int(used[repeated][0]),
        ids=list(ids),
        count=len(ids),
        what_to_do="keep each participant's first event, name the entry time with entry=, or say "
        "subject=None where the rows are different people",
    )


def _carried_on(
    frame: pd.DataFrame,
    used: Indices,
    subject: str,
    person: Indices,
    start: Floats,
    stop: Floats,
    group: Indices,
    event: Booleans,
) -> Booleans:
    """Rows whose person is followed on, in the same group and without a gap, by another row."""
    order = np.lexsort((stop, start, person))
    here, following = order[:-1], order[1:]
    same = person[here] == person[following]
    overlap = same & (start[following] < stop[here])
    if overlap.any():
        ids = pd.unique(frame[subject].iloc[used[following[overlap]]])
        raise DataError.of(
            f"spells of the same {subject} overlap",
            row=int(used[following[overlap]][0]),
            ids=list(ids),
            count=len(ids),
            what_to_do="let each spell start where the one before stops",
        )
    on = np.zeros(person.size, dtype=bool)
    on[here] = same & (start[following] == stop[here]) & (group[here] == group[following])
    return on & ~event


def _said_of_time_zero(
    stop: Floats, start: Floats | None, event: Booleans, copies: Floats | None
) -> list[str]:
    at_zero = (stop == 0) if start is None else (stop <= start)
    if not at_zero.any():
        return []
    size = np.ones(stop.size) if copies is None else copies
    number, with_event = round(size[at_zero].sum()), round(size[at_zero & event].sum())
    word = "row has" if number == 1 else "rows have"
    if start is not None:
        verb = "is" if number == 1 else "are"
        return [f"{number} {word} no follow-up and {verb} at risk at no time."]
    ending = f", {with_event} of them the event" if with_event else ""
    return [f"{number} {word} time 0{ending}: counted, at risk at time 0 only."]
