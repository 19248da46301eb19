"""Which rows, covariates, strata and clusters of a frame does a Cox model read?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from walkstats._arguments import as_names, check_column
from walkstats._formula_text import parse
from walkstats._time_zero import immortal_time
from walkstats._variables import as_numbers, codes_of, reads_as_number
from walkstats.errors import DataError, FitError
from walkstats.formulas import Design, Terms, build, left_out_by_arm, variables_in
from walkstats.results import Counts
from walkstats.survival.clusters import clusters_shared
from walkstats.survival.grouped_rows import said_of_groups
from walkstats.survival.observations import Observations, ended_in_event, observe
from walkstats.survival.people import overlapping_rows, several_rows, spells_of
from walkstats.survival.risk_sets import merge_times

Floats = NDArray[np.float64]
Indices = NDArray[np.intp]
Booleans = NDArray[np.bool_]

# A text column with more levels is taken for labels of the rows, not for a factor.
MOST_LEVELS = 50
# How the note on rows of one person that overlap ends.
OVERLAP = "overlap in time: they count in a risk set twice."


@dataclass(frozen=True, eq=False)
class CoxRows:
    """The n rows that a Cox model uses.

    Attributes
    ----------
    start : (n,) or None
    stop, event : (n,)
    weights, frequencies, offset : (n,) or None
    matrix : (n, k)
    design : Terms
    strata : (n,) codes or None
    stratum_names : tuple of str
    stratum_values : tuple of tuple, for each code
    subjects : (n,) ids or None
    subject, cluster : (n,) codes or None
    pieces : bool
        Whether several rows of a subject are pieces of one follow-up with one event at most.
    kept : (n,) positions in the frame
    index : pandas.Index
    columns : mapping of role to column
    counts : Counts
    said : str
    notes : tuple of str
    source : str
    """

    start: Floats | None
    stop: Floats
    event: Booleans
    weights: Floats | None
    frequencies: Floats | None
    offset: Floats | None
    matrix: Floats
    design: Terms
    strata: Indices | None
    stratum_names: tuple[str, ...]
    stratum_values: tuple[tuple[Any, ...], ...]
    subjects: NDArray[Any] | None
    subject: Indices | None
    cluster: Indices | None
    pieces: bool
    kept: Indices
    index: pd.Index
    columns: Mapping[str, str]
    counts: Counts
    said: str
    notes: tuple[str, ...]
    source: str


def read_cox_rows(
    events: pd.DataFrame,
    formula: str,
    *,
    strata: Any,
    cluster: str | None,
    offset: str | None,
    subject: str | None,
    follow_up: Mapping[str, Any],
) -> CoxRows:
    """Read and check what a Cox model needs.

    Parameters are those of `walkstats.survival.cox`; ``follow_up`` holds time, event, event_value,
    entry, weights and frequencies.

    Raises
    ------
    ValueError
        For columns that are not there, and a formula that holds the follow-up itself.
    DataError
        For follow-up that cannot be analysed, people with several rows that no entry time orders,
        and clusters that are missing.
    FitError
        For a text column with more than 50 levels.
    """
    names = as_names(strata, "strata")
    aside = names if offset is None else (*names, offset)
    seen = observe(events, **follow_up, groups=aside)
    person = subject if subject is not None and subject in events.columns else None
    if subject not in (None, "participant_id"):
        check_column(events, subject, "the subject")
    columns = _columns(seen, {**follow_up, "offset": offset, "cluster": cluster, "subject": person})
    _check_covariates(formula, columns)
    _refuse_labels(events, formula, seen)
    design = build(formula, events, intercept=False, keep=seen.kept)
    read = _joined(events, seen, design, columns, names, follow_up["event_value"])
    read = _with_clusters(read, events, cluster)
    if read.subject is None and read.cluster is not None:
        shared = clusters_shared(read.cluster)
        read = replace(read, counts=replace(read.counts, clusters=shared))
    return replace(read, notes=(*read.notes, *_without_follow_up(read)))


def _joined(
    events: pd.DataFrame,
    seen: Observations,
    design: Design,
    columns: Mapping[str, Any],
    names: Sequence[Any],
    event_value: object,
) -> CoxRows:
    """Follow-up and covariates of the rows that have both."""
    rows = np.flatnonzero(design.kept)
    among = design.kept[seen.kept]
    codes, values = _strata(events, names, rows)
    covariates = [variable.column for variable in design.terms.variables.values()]
    ids = events[columns["subject"]].iloc[rows] if "subject" in columns else None
    offset = columns.get("offset")
    lost = np.flatnonzero(~design.kept)
    lost = lost[ended_in_event(events, columns["event"], event_value, lost)]
    read = CoxRows(
        start=_some(seen.start, among),
        stop=seen.stop[among],
        event=seen.event[among],
        weights=_some(seen.weights, among),
        frequencies=_some(seen.frequencies, among),
        offset=None if offset is None else as_numbers(events[offset], str(offset))[rows],
        matrix=design.matrix,
        design=design.terms,
        strata=codes,
        stratum_names=tuple(str(name) for name in names),
        stratum_values=values,
        subjects=None if ids is None else ids.to_numpy(),
        subject=None if ids is None else codes_of(events, columns["subject"], rows, "the subject"),
        cluster=None,
        pieces=False,
        kept=rows,
        index=events.index[rows],
        columns={role: str(name) for role, name in columns.items()},
        counts=Counts(len(events), 0, 0),
        said=seen.said,
        notes=(
            *seen.notes,
            *design.notes,
            *said_of_groups(events, names, rows, seen.start is not None),
            *immortal_time(covariates, spells=seen.start is not None),
            *left_out_by_arm(events, design),
            *said_of_events_left_out(events, lost),
        ),
        source=seen.source,
    )
    return replace(read, counts=_count(read, seen, design, lost.size))


def _some(values: Floats | None, rows: Booleans) -> Floats | None:
    return None if values is None else values[rows]


def _columns(seen: Observations, named: Mapping[str, Any]) -> dict[str, Any]:
    """Role -> column, for the roles that are taken."""
    entry = named["entry"]
    if seen.start is not None and entry is None:
        entry = "start_days"
    roles = {**named, "time": seen.time, "entry": entry}
    roles.pop("event_value")
    return {role: name for role, name in roles.items() if name is not None}


def _check_covariates(formula: str, columns: Mapping[str, Any]) -> None:
    """Refuse a covariate that is the follow-up itself or a label of the row."""
    if parse(formula).outcome is not None:
        return  # a left side is refused by the formula's own check
    taken = {
        columns[role]: role for role in ("time", "entry", "event", "subject") if role in columns
    }
    for name in variables_in(formula):
        if name in taken:
            raise ValueError(
                f"{name!r} is the {taken[name]} of these data and cannot be a covariate as well. "
                "Name the covariates one by one."
            )


def _refuse_labels(frame: pd.DataFrame, formula: str, seen: Observations) -> None:
    """Refuse text with a level for nearly everybody before its columns are built."""
    for name in variables_in(formula):
        if name not in frame.columns:
            continue
        column = frame[name]
        if isinstance(column.dtype, np.dtype) and column.dtype.kind in "biuf":
            continue
        if not (
            pd.api.types.is_object_dtype(column.dtype) or pd.api.types.is_string_dtype(column.dtype)
        ):
            continue
        found = column.loc[seen.kept].dropna().unique()
        levels = len(found)
        # Numbers kept as text are refused where the formula is read, in words of their own.
        if levels > MOST_LEVELS and not any(reads_as_number(value, comma=True) for value in found):
            events = seen.counts().events
            raise FitError(
                f"{name} is text with {levels} levels: {levels - 1} coefficients for {events} "
                "events. If it labels people or places, use it as strata= or cluster=; if such a "
                "factor is meant, make it a categorical column."
            )


def _strata(
    frame: pd.DataFrame, names: Sequence[Any], rows: Indices
) -> tuple[Indices | None, tuple[tuple[Any, ...], ...]]:
    """Codes of the combinations present, in sorted order, and the values of each."""
    if not names:
        return None, ()
    codes = np.zeros(rows.size, dtype=np.intp)
    levels = []
    for name in names:
        own, found = pd.factorize(frame[name].iloc[rows], sort=True)
        codes = codes * len(found) + own
        levels.append([one.item() if isinstance(one, np.generic) else one for one in found])
    present, codes = np.unique(codes, return_inverse=True)
    places = np.unravel_index(present, [len(found) for found in levels])
    columns = [[found[k] for k in own] for found, own in zip(levels, places, strict=True)]
    return codes.astype(np.intp), tuple(zip(*columns, strict=True))


def said_of_events_left_out(frame: pd.DataFrame, lost: Indices) -> list[str]:
    """A note on the events, at positions in the frame, that a model does not see."""
    if not lost.size:
        return []
    text = f"{lost.size} event{'' if lost.size == 1 else 's'} among the rows left out"
    if "arm" in frame.columns:
        by_arm = frame["arm"].iloc[lost].value_counts(sort=False)
        each = ", ".join(f"{arm} {count}" for arm, count in by_arm.items() if count)
        text += f", by arm: {each}" if each else ""
    return [f"{text}."]


def _count(read: CoxRows, seen: Observations, design: Design, lost: int) -> Counts:
    copies = read.frequencies
    used = read.stop.size if copies is None else round(float(copies.sum()))
    happened = read.event.sum() if copies is None else copies[read.event].sum()
    people = used if read.subject is None else int(read.subject.max()) + 1
    left_out = {**seen.left_out, **design.left_out}
    return Counts(seen.rows, used, people, round(float(happened)), left_out, events_left_out=lost)


# --- several rows of one person -----------------------------------------------------------------


def _with_clusters(read: CoxRows, frame: pd.DataFrame, cluster: str | None) -> CoxRows:
    """Cluster as asked, or by the person where rows of one repeat."""
    if cluster is not None:
        read = replace(read, cluster=codes_of(frame, cluster, read.kept, "the cluster"))
    if read.subject is None or read.counts.participants == read.stop.size:
        return read
    assert read.subjects is not None
    name = read.columns["subject"]
    if read.start is None:
        if cluster is None:
            raise several_rows(name, read.subject, read.subjects, read.kept)
        return read
    overlapping = _overlapping(read)
    if overlapping.size and cluster is None:
        meant = f"; where the overlap is meant, say cluster={name!r}"
        raise overlapping_rows(name, overlapping, read.subjects, read.kept, meant=meant)
    if overlapping.size:
        people = np.unique(read.subject[overlapping]).size
        note = f"Rows of {people} participants {OVERLAP}"
        return replace(read, notes=(*read.notes, note))
    events = np.bincount(read.subject[read.event], minlength=1)
    read = replace(read, pieces=bool(events.max() <= 1))
    return read if cluster is not None else replace(read, cluster=read.subject)


def _overlapping(read: CoxRows) -> Indices:
    """Rows that begin before an earlier row of the same person in the same stratum has ended."""
    assert read.subject is not None
    times = merge_times(read.stop, read.start)
    assert times.start is not None
    within = read.subject
    if read.strata is not None:
        within = within * (int(read.strata.max()) + 1) + read.strata
    followed = np.flatnonzero(times.stop > times.start)
    return spells_of(within, times.start, times.stop, followed).overlapping


def _without_follow_up(read: CoxRows) -> list[str]:
    """Say how many rows are at risk at no time; an event among them cannot be analysed."""
    if read.start is None:
        at_zero = int(np.sum((read.stop <= 0) & read.event))
        none = (read.stop <= 0) & ~read.event
        word = "row has its event" if at_zero == 1 else "rows have their event"
        notes = [f"{at_zero} {word} at time 0."] if at_zero else []
    else:
        none, notes = read.stop <= read.start, []
        lost = np.flatnonzero(none & read.event)
        if lost.size:
            ids = [] if read.subjects is None else list(read.subjects[lost])
            raise DataError.of(
                f"{lost.size} event(s) in rows that stop where they start",
                column=read.columns["time"],
                row=int(read.kept[lost[0]]),
                ids=ids,
                count=int(lost.size),
                what_to_do="correct these rows; an event needs some time at risk before it",
            )
    number = int(none.sum())
    if number:
        verb = "is" if number == 1 else "are"
        notes.append(f"{number} row{'' if number == 1 else 's'} {verb} not at risk: no follow-up.")
    return notes
