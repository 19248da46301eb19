"""How surely do two arms differ? Hazard ratio, medians, means and survival in resampled trials."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from walkstats._arguments import check_flag, check_level, check_times
from walkstats._variables import codes_of
from walkstats.errors import FitError
from walkstats.numerics import engine, replicates
from walkstats.numerics.replicates import Streams
from walkstats.resampling.drawing import Units, as_units, check_chance, check_within
from walkstats.resampling.sorted_groups import (
    Compared,
    SortedGroups,
    compare_resamples,
    sort_groups,
)
from walkstats.results import Draws
from walkstats.survival.grouped_rows import GroupedRows, read_grouped_rows
from walkstats.survival.people import PERSON
from walkstats.survival.product_limit import product_limit
from walkstats.survival.restricted import check_tau
from walkstats.survival.risk_sets import sort_risk_sets

Floats = NDArray[np.float64]
Indices = NDArray[np.intp]

# Rows times replicates that numpy takes at a time, so that they stay in the cache.
ROWS_AT_ONCE = 50_000
REPLICATES_AT_ONCE = 250


def bootstrap_comparison(
    events: pd.DataFrame,
    by: Any,
    *,
    replicates: int,
    tau: float,
    seed: int,
    strata: Any = None,
    at: Any = None,
    extend: bool = False,
    jackknife: bool = True,
    time: str | None = None,
    event: str = "event",
    event_value: object = None,
    entry: str | None = None,
    frequencies: str | None = None,
    subject: str | None = PERSON,
    level: float = 0.95,
    workers: int | None = None,
    progress: bool = False,
) -> Draws:
    """Resample a trial and compare the time to an event between its groups in each resample.

    Parameters
    ----------
    events : pandas.DataFrame
        One row per participant, or per (start, stop] spell of one.
    by : str or sequence of str
        Column of the groups; the first group is the reference.
    replicates : int
        How many resamples; 2,000 or more for intervals.
    tau : float
        Horizon of the restricted means, in the unit of the time column.
    seed : int
        The same seed gives the same draws, whatever the number of workers.
    strata : str or sequence of str, optional
        Columns within which participants are drawn; hazard ratios are stratified by them.
    at : float or sequence of float, optional
        Times at which survival is compared.
    extend : bool
        Carry the last value of a curve on where follow-up ends before tau or ``at``; refused
        otherwise.
    jackknife : bool
        Also leave out each participant in turn, which BCa intervals need.
    time, event, event_value, entry, frequencies
        As in `walkstats.survival.cox`.
    subject : str or None
        Column that identifies the person; all rows of one are drawn together. None where the rows
        are different people.
    level : float
        Confidence level.
    workers : int, optional
        Processes, through joblib; -1 is one for each core. By default this process alone, unless
        ``joblib.parallel_config`` says otherwise.
    progress : bool
        Show a bar.

    Returns
    -------
    Draws
        Of ``hazard_ratio[walking]``, ``median[control]``, ``median_difference[walking]``,
        ``restricted_mean[control]``, ``restricted_mean_difference[walking]``,
        ``restricted_mean_ratio[walking]``, and at each time asked for ``survival[control, 180]``
        and ``survival_difference[walking, 180]``.

    Raises
    ------
    ValueError
        For unknown columns, fewer than one replicate, no seed, and a tau or ``at`` beyond
        somebody's follow-up.
    DataError
        For follow-up that cannot be analysed, a single group, and people with rows in several
        groups.
    FitError
        Without events.

    Notes
    -----
    Each resample draws, with replacement, as many participants of each group and stratum as there
    are [1]. The data are sorted once: a resample is a number of copies of each row, and Cox's
    model (Efron's ties, stratified) is fitted to the counts of those at risk and with the event.
    The number of tied events is the sum of their copies, so that the answer is that of the
    resampled rows and not that of case weights.

    A median that is not reached is infinite and counts as such in percentiles; leaving it out would
    make intervals too short. Where one group of a resample has no events its hazard ratio is 0 or
    infinite, and counts as such. The difference of two medians of which neither is reached may be
    anything: it counts below the lower and above the upper limit. Where follow-up in a resample
    ends before tau, the curve is carried on; how often is a note.

    References
    ----------
    .. [1] Efron B. Censored data and the bootstrap. J Am Stat Assoc 1981;76:312-319.
       https://doi.org/10.1080/01621459.1981.10477650

    Examples
    --------
    Remission of leukaemia [weeks] (Freireich and others 1963):

    >>> import pandas as pd
    >>> from walkstats import resampling
    >>> drug = [6, 6, 6, 6, 7, 9, 10, 10, 11, 13, 16, 17, 19, 20, 22, 23, 25, 32, 32, 34, 35]
    >>> placebo = [1, 1, 2, 2, 3, 4, 4, 5, 5, 8, 8, 8, 8, 11, 11, 12, 12, 15, 17, 22, 23]
    >>> relapse = 21 * [1] + [1, 1, 1, 0, 1, 0, 1, 0, 0, 1, 1, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0]
    >>> weeks = pd.DataFrame({"arm": 21 * ["1 placebo"] + 21 * ["6-MP"], "weeks": placebo + drug,
    ...                       "relapse": relapse})
    >>> draws = resampling.bootstrap_comparison(
    ...     weeks, "arm", replicates=200, tau=23, seed=1, time="weeks", event="relapse")
    >>> draws.observed.round(3)[:4]
    array([ 0.208,  8.   , 23.   , 15.   ])
    >>> ratio = draws.estimate("hazard_ratio", kind="bca")
    >>> ratio.conf_low < 0.208 < ratio.conf_high
    True
    """
    check_level(level)
    check_flag(extend, "extend")
    check_flag(jackknife, "jackknife")
    number, seed = check_chance(replicates, seed)
    rows = read_grouped_rows(
        events, by, strata=strata, time=time, event=event, event_value=event_value, entry=entry,
        frequencies=frequencies, subject=subject, robust=False,
    )  # fmt: skip
    rows.check_comparison()
    if not rows.event.any():
        raise FitError(f"No events among {rows.counts.participants} participants: none to compare.")
    units = _units(events, rows, subject)
    model = prepare_groups(rows, tau, at, extend)
    kernel = engine.kernel("compare_resamples", number * rows.stop.size)
    work = _Work(units, model, kernel or compare_resamples, seed)
    return _compute(work, rows, number, jackknife, level, workers, progress)


def _units(events: pd.DataFrame, rows: GroupedRows, subject: str | None) -> Units:
    """Whom to draw: people within groups and strata, or the copies for which a row stands."""
    cell = rows.group * len(rows.stratum_labels) + rows.stratum
    person = None
    used = np.flatnonzero(rows.kept)
    if subject is not None and (subject != PERSON or PERSON in events.columns):
        person = codes_of(events, subject, used, "the subject")
        ids = events[subject].iloc[used].to_numpy()
        check_within(person, cell, ids, str(subject), "by and strata")
        if person.max(initial=-1) + 1 == person.size:
            person = None
    if person is not None and rows.frequencies is not None:
        raise ValueError(
            f"frequencies= with several rows of one {subject}: whole participants are drawn, so "
            "give each of them rows of his own."
        )
    return as_units(person, cell, rows.frequencies)


def prepare_groups(rows: GroupedRows, tau: float, at: Any, extend: bool) -> SortedGroups:
    """Rows sorted once, with the times to be read, refused where they lie beyond follow-up."""
    table = rows.table()
    start = min(0.0, float(table.times[0]))
    horizon = check_tau(tau, start, rows, product_limit(table), extend)
    moments = np.empty(0) if at is None else check_times(at)
    if moments.size:
        latest = float(moments.max())
        if latest > horizon and not extend:
            _check_latest(latest, rows)
    several = len(rows.stratum_labels) > 1
    sets = sort_risk_sets(rows.start, rows.stop, rows.event, rows.stratum if several else None)
    return sort_groups(sets, rows.group, len(rows.labels), start=start, tau=horizon, at=moments)


def _check_latest(latest: float, rows: GroupedRows) -> None:
    ends = rows.follow_up_ends()
    shortest = int(np.argmin(ends))
    if latest > ends[shortest]:
        raise ValueError(
            f"at = {latest:g} lies beyond the follow-up of {rows.by} = {rows.labels[shortest]}, "
            f"which ends at {ends[shortest]:g} ({rows.time}). Name earlier times, or carry the "
            "last value of the curve on with extend=True."
        )


@dataclass(frozen=True, eq=False)
class _Work:
    """One piece of the computing; it can be sent to another process."""

    units: Units
    model: SortedGroups
    kernel: Any
    seed: int

    def resamples(self, numbers: range) -> Compared:
        """The comparison in some resamples."""
        drawn = self.units.draw(Streams(self.seed), numbers)
        return Compared(*self.kernel(self.units.copies(drawn), self.model))

    def without(self, numbers: range) -> Compared:
        """The comparison without each of some participants."""
        return Compared(*self.kernel(self.units.copies_without(numbers), self.model))

    def as_observed(self) -> Compared:
        """The comparison in the data themselves, computed as the resamples are."""
        copies = np.bincount(self.units.row_of, minlength=self.units.rows)
        return Compared(*self.kernel(copies[np.newaxis], self.model))

    def warmed(self) -> _Work:
        """Newton's method starts from the data's own hazard ratios."""
        found = self.as_observed().log_ratio[0]
        warm = np.where(np.isfinite(found), found, 0.0)
        return replace(self, model=replace(self.model, warm=warm))


def _compute(
    work: _Work,
    rows: GroupedRows,
    number: int,
    jackknife: bool,
    level: float,
    workers: int | None,
    progress: bool,
) -> Draws:
    compiled = work.kernel is not compare_resamples
    longest = REPLICATES_AT_ONCE
    if not compiled:
        longest = max(1, min(longest, ROWS_AT_ONCE // rows.stop.size))
    how: dict[str, Any] = {
        "workers": workers,
        "threads": replicates.cores() if compiled else 1,
        "longest": longest,
        "progress": progress,
    }
    warm = work.warmed()
    found = _joined(replicates.run(warm.resamples, number, **how))
    left_out = None
    if jackknife:
        pieces = replicates.run(
            warm.without, work.units.n_units, **how, label="participants left out"
        )
        left_out = _columns(_joined(pieces), rows.labels, work.model.at).values
    return _pack(found, work, rows, left_out, level)


def _joined(pieces: list[Compared]) -> Compared:
    return Compared(*(np.concatenate(parts) for parts in zip(*pieces, strict=True)))


@dataclass(frozen=True, eq=False)
class _Columns:
    """Named statistics: names, values (r, k), which are ratios, and what each is."""

    names: tuple[str, ...]
    values: Floats
    ratios: tuple[str, ...]
    measures: dict[str, str]


def _columns(found: Compared, labels: tuple[str, ...], at: Floats) -> _Columns:
    """Lay the comparison out, one column per statistic and group."""
    names, columns, ratios, measures = [], [], [], {}

    def add(stem: str, values: Floats, which: Any, measure: str, ratio: bool = False) -> None:
        for k, one in enumerate(which):
            names.append(f"{stem}[{one}]")
            columns.append(values[:, k])
            measures[names[-1]] = measure
            if ratio:
                ratios.append(names[-1])

    others = labels[1:]
    with np.errstate(invalid="ignore", divide="ignore"):
        add("hazard_ratio", np.exp(found.log_ratio[:, 1:]), others, "hazard ratio", True)
        add("median", found.median, labels, "median")
        add("median_difference", _less(found.median), others, "difference in medians")
        add("restricted_mean", found.mean, labels, "restricted mean")
        change = "difference in restricted means"
        add("restricted_mean_difference", _less(found.mean), others, change)
        ratio = found.mean[:, 1:] / found.mean[:, :1]
        add("restricted_mean_ratio", ratio, others, "ratio of restricted means", True)
        for k, moment in enumerate(at):
            survival = found.survival[:, :, k]
            add("survival", survival, [f"{one}, {moment:g}" for one in labels], "survival")
            which = [f"{one}, {moment:g}" for one in others]
            add("survival_difference", _less(survival), which, "difference in survival")
    return _Columns(tuple(names), np.column_stack(columns), tuple(ratios), measures)


def _less(values: Floats) -> Floats:
    """Each group less the first."""
    return values[:, 1:] - values[:, :1]


def _pack(
    found: Compared, work: _Work, rows: GroupedRows, left_out: Floats | None, level: float
) -> Draws:
    model, labels = work.model, rows.labels
    lost = ~found.arrived
    columns = _columns(found._replace(log_ratio=_without(found.log_ratio, lost)), labels, model.at)
    failed = {"the hazard ratio did not converge": int(lost.sum())} if lost.any() else {}
    told = [n for n in columns.names if not (lost.any() and n.startswith("hazard_ratio["))]
    for array in (columns.values, left_out):
        if array is not None:
            array.setflags(write=False)
    return Draws(
        names=columns.names,
        values=columns.values,
        observed=_columns(work.warmed().as_observed(), labels, model.at).values[0],
        seed=work.seed,
        jackknife=left_out,
        cell=work.units.cell,
        failed=failed,
        undetermined=tuple(told),
        ratios=columns.ratios,
        measures=columns.measures,
        level=level,
        method=_method(work, rows, found.arrived.size),
        notes=(*rows.notes, *_said_of_recurrences(work.units, rows), *_notes(found, rows, model)),
        counts=rows.counts,
        source=rows.source,
    )


def _without(values: Floats, rows: NDArray[np.bool_]) -> Floats:
    return np.where(rows[:, np.newaxis], np.nan, values)


def _method(work: _Work, rows: GroupedRows, number: int) -> str:
    within = "groups and strata" if len(rows.stratum_labels) > 1 else "groups"
    stratified = ", stratified" if len(rows.stratum_labels) > 1 else ""
    said = (
        f"{number:,} bootstrap resamples of whole participants within {within} (seed {work.seed}): "
        f"hazard ratio by Cox's model{stratified} (Efron's ties), medians, survival and restricted "
        f"means to {work.model.tau:g} by Kaplan-Meier. {rows.said}",
        f"Contrasts are with {rows.by} = {rows.labels[0]}.",
    )
    return " ".join(said)


def _said_of_recurrences(units: Units, rows: GroupedRows) -> list[str]:
    """A note where somebody has several events, which no curve of first events can show."""
    by_unit = np.add.reduceat(rows.event[units.row_of].astype(int), units.bounds[:-1])
    several = int(np.sum(by_unit > 1))
    if not several:
        return []
    return [
        f"{several} participants have several events: the hazard ratio is one of rates, and "
        "medians, means and survival are not those of a first event. For numbers of events, "
        "bootstrap() takes any statistic."
    ]


def _notes(found: Compared, rows: GroupedRows, model: SortedGroups) -> list[str]:
    """What happened in the resamples that a reader must know."""
    notes = [rows.order_note] if rows.order_note else []
    horizon = max(model.tau, float(model.at.max(initial=-np.inf)))
    number = found.arrived.size
    for k, label in enumerate(rows.labels):
        short = int(np.sum(found.ends[:, k] < horizon))
        if short:
            notes.append(
                f"{rows.by} = {label}: follow-up ended before {horizon:g} in {short:,} of "
                f"{number:,} resamples; the curve was carried on."
            )
    return notes
