"""How well does a model or marker order people by when the event comes?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from walkstats._arguments import as_names, check_choice, check_column, check_level
from walkstats._variables import as_numbers
from walkstats.errors import DataError
from walkstats.results import Counts, CoxFit, Estimates
from walkstats.survival.clusters import read_clusters, said_of_clusters
from walkstats.survival.comparable_pairs import PairCounts, count_pairs
from walkstats.survival.new_rows import check_finite
from walkstats.survival.observations import observe
from walkstats.survival.predicted_steps import log_risks
from walkstats.survival.risk_sets import RiskSets, sort_risk_sets

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class TimeWeight:
    """A weight that a comparable pair gets by the time of its earlier event."""

    name: str
    described: str


TIME_WEIGHTS = {
    weight.name: weight
    for weight in (
        TimeWeight("n", "every comparable pair counting once (Harrell)"),
        TimeWeight("n/G2", "pairs weighted by 1/G(t-)^2 (Uno)"),
        TimeWeight("S", "pairs weighted by S(t-) over the number at risk (Peto and Wilcoxon)"),
        TimeWeight("S/G", "pairs weighted by S(t-)/G(t-) over the number at risk (Schemper)"),
        TimeWeight("I", "pairs weighted by one over the number at risk (log-rank)"),
    )
}


def concordance(
    fit: CoxFit | Mapping[str, CoxFit] | pd.DataFrame,
    marker: str | None = None,
    *,
    time_weight: str = "n",
    up_to: float | None = None,
    higher: str = "risk",
    strata: str | tuple[str, ...] | list[str] | None = None,
    cluster: str | None = None,
    time: str | None = None,
    event: str = "event",
    event_value: object = None,
    entry: str | None = None,
    weights: str | None = None,
    frequencies: str | None = None,
    level: float = 0.95,
) -> Concordance:
    """Estimate how often, of two people, the one with the higher risk has the event first.

    Parameters
    ----------
    fit : CoxFit, mapping of name to CoxFit, or pandas.DataFrame
        A Cox model, several models of the same rows, or one row per participant (or per spell at
        risk) with the columns below.
    marker : str, optional
        With a frame: the column that orders people.
    time_weight : {"n", "n/G2", "S", "S/G", "I"}
        Weight of a pair by the time t of its earlier event, see Notes.
    up_to : float, optional
        Ignore events after this time [days].
    higher : {"risk", "survival"}
        With a frame: whether a higher marker goes with earlier or later events.
    strata : str or sequence of str, optional
        With a frame: only pairs within a stratum count. A model has its own strata.
    cluster : str, optional
        With a frame: rows of one cluster move together in the standard error. A model has its own.
    time, event, event_value, entry, weights, frequencies
        With a frame: columns as in :func:`kaplan_meier`. A model has its own.
    level : float
        Confidence level.

    Returns
    -------
    Concordance
        One term per model (``concordance`` for a single one), their joint covariance, the pairs
        counted in each stratum, and the influence of each row.

    Raises
    ------
    ValueError
        For arguments that do not go together, or models of different rows.
    DataError
        For a marker that is not a number.
    FitError
        If no pair is comparable, or a coefficient is infinite.

    Notes
    -----
    A pair is comparable when one of the two has the event at t while the other is at risk beyond
    t: later event or censoring, or censoring at t, and entered before t. Events at the same time
    are not comparable. With weights w, C = (concordant + tied_marker / 2) / (concordant +
    discordant + tied_marker), each a sum of v(t) w_i w_j over pairs. v is 1 for "n"; 1/G(t-)^2 for
    "n/G2", G being the Kaplan-Meier curve of censoring, which estimates the concordance that full
    follow-up would give when censoring is independent; W S(t-)/n(t) for "S", W S(t-)/(G(t-) n(t))
    for "S/G" and 1/n(t) for "I", with n(t) the weight at risk and W that of everybody. S, G, n
    belong to the stratum. The standard error is the infinitesimal jackknife with v taken as known,
    summed by cluster; the interval is symmetric. Markers closer than 1e-12 of their range are
    tied.

    R gives the same numbers, except that it resets v to 1 in a stratum with a single event.

    References
    ----------
    Harrell FE, Lee KL, Mark DB. Multivariable prognostic models. Stat Med 1996;15:361-387.
    https://doi.org/10.1002/(SICI)1097-0258(19960229)15:4<361::AID-SIM168>3.0.CO;2-4

    Uno H, Cai T, Pencina MJ, D'Agostino RB, Wei LJ. On the C-statistics for evaluating overall
    adequacy of risk prediction procedures with censored survival data. Stat Med 2011;30:1105-1117.
    https://doi.org/10.1002/sim.4154

    Examples
    --------
    >>> import pandas as pd
    >>> frame = pd.DataFrame(
    ...     {"days": [5, 8, 8, 12], "event": [1, 1, 0, 0], "pain_nrs": [7, 5, 6, 2]}
    ... )
    >>> concordance(frame, "pain_nrs").estimate("concordance").estimate
    0.8
    """
    check_choice(time_weight, TIME_WEIGHTS, "time_weight")
    check_choice(higher, ("risk", "survival"), "higher")
    level = check_level(level)
    columns = {"time": time, "event": event, "event_value": event_value, "entry": entry,
               "weights": weights, "frequencies": frequencies}  # fmt: skip
    if isinstance(fit, pd.DataFrame):
        read = _from_frame(fit, marker, as_names(strata, "strata"), cluster, columns)
    else:
        given = {**columns, "event": None if event == "event" else event}
        _check_own_columns({**given, "marker": marker, "strata": strata, "cluster": cluster})
        read = _from_fits({"concordance": fit} if isinstance(fit, CoxFit) else fit)
    sign = 1.0 if higher == "risk" else -1.0
    if read.sets.start is not None and time_weight in ("n/G2", "S/G"):
        raise ValueError(
            f"time_weight={time_weight!r} needs the curve of censoring, which spells do not show. "
            "Use 'n', 'S' or 'I'."
        )
    v = pair_weights(read.sets, time_weight, up_to)
    counted = {term: count_pairs(read.sets, sign * x, v) for term, x in read.markers.items()}
    return _pack(read, counted, TIME_WEIGHTS[time_weight].described, up_to, level)


@dataclass(frozen=True, eq=False)
class Concordance(Estimates):
    """Concordance of one or more models or markers.

    Attributes
    ----------
    pairs : pandas.DataFrame
        Columns term, stratum, concordant, discordant, tied_marker, tied_time, tied_both: weighted
        pairs. ``tied_time`` are pairs of events at the same time, ``tied_both`` those of them that
        also have the same marker.
    influence : (n, k) array
        Change of each concordance per unit of weight of a row used, times that weight.
    """

    pairs: pd.DataFrame = field(default_factory=pd.DataFrame)
    influence: Floats = field(default_factory=lambda: np.empty((0, 0)))


@dataclass(frozen=True, eq=False)
class _Read:
    """Data of `concordance`: risk sets, a marker (n,) per term, higher being riskier."""

    sets: RiskSets
    markers: Mapping[str, Floats]
    cluster: NDArray[np.int64] | None
    strata: tuple[str, ...]
    counts: Counts | None
    notes: tuple[str, ...]
    source: str


def pair_weights(sets: RiskSets, kind: str, up_to: float | None = None) -> Floats:
    """(m,) weight of a pair by the time of its event, as ``TIME_WEIGHTS``; 0 beyond ``up_to``."""
    v = np.ones(sets.n_times)
    if kind != "n":
        whole = np.bincount(sets.stratum_of_time, sets.at_times(sets.mass), sets.n_strata)
        n = sets.n_risk
        with np.errstate(divide="ignore", invalid="ignore"):
            survival = _just_before(sets, 1.0 - sets.n_event / n)
            censoring = _just_before(sets, 1.0 - sets.n_censor / (n - sets.n_event))
            share = whole[sets.stratum_of_time] * survival / n
            v = {"S": share, "S/G": share / censoring, "n/G2": censoring**-2.0, "I": 1.0 / n}[kind]
        v = np.where(sets.n_event > 0, v, 0.0)
    return v if up_to is None else np.where(sets.times <= up_to, v, 0.0)


def _just_before(sets: RiskSets, factors: Floats) -> Floats:
    """(m,) product of the factors at the earlier times of the stratum."""
    # Where everybody left is 0/0, and no time of the stratum follows unless somebody enters.
    factors = np.where(np.isfinite(factors), factors, 1.0)
    out = np.ones(sets.n_times)
    for low, high in zip(sets.stratum_bounds[:-1], sets.stratum_bounds[1:], strict=True):
        out[low + 1 : high] = np.cumprod(factors[low : high - 1])
    return out


def _check_own_columns(given: dict[str, object]) -> None:
    extra = [name for name, value in given.items() if value is not None]
    if extra:
        raise ValueError(f"A Cox fit has its own columns: leave out {', '.join(extra)}.")


def _from_frame(
    frame: pd.DataFrame,
    marker: str | None,
    strata: tuple[Any, ...],
    cluster: str | None,
    columns: dict[str, Any],
) -> _Read:
    if marker is None:
        raise ValueError("Name the column that orders people: concordance(frame, 'pain_nrs').")
    for name, role in [(marker, "the marker"), *((one, "strata") for one in strata)]:
        check_column(frame, name, role)
    seen = observe(frame, **columns, groups=[marker, *strata])
    used = frame.loc[seen.kept]
    values = as_numbers(used[marker], str(marker))
    if not np.all(np.isfinite(values)):
        raise DataError.of(
            "the marker is infinite", column=str(marker), count=int(np.sum(~np.isfinite(values)))
        )
    codes, labels = _coded(used, strata)
    clusters = None if cluster is None else read_clusters(frame, cluster, np.flatnonzero(seen.kept))
    sets = sort_risk_sets(seen.start, seen.stop, seen.event, codes, seen.weights, seen.frequencies)
    few = () if clusters is None else tuple(said_of_clusters(clusters))
    people = used["participant_id"].to_numpy() if "participant_id" in used else None
    counts = seen.counts(people, clusters)
    notes = (*seen.notes, *few)
    return _Read(sets, {"concordance": values}, clusters, labels, counts, notes, seen.source)


def _coded(
    used: pd.DataFrame, strata: tuple[Any, ...]
) -> tuple[NDArray[np.intp] | None, tuple[str, ...]]:
    if not strata:
        return None, ()
    groups = used.groupby(list(strata), observed=True, sort=True)
    labels = [key if isinstance(key, tuple) else (key,) for key in groups.groups]
    codes: NDArray[np.intp] = np.asarray(groups.ngroup(), dtype=np.intp)
    return codes, tuple(", ".join(map(str, key)) for key in labels)


def _from_fits(fits: object) -> _Read:
    if not isinstance(fits, Mapping) or not fits:
        raise ValueError("Give a Cox fit, a mapping of name to Cox fit, or a frame and a marker.")
    for name, fit in fits.items():
        if not isinstance(fit, CoxFit):
            raise ValueError(f"{name!r} is a {type(fit).__name__}, not a Cox fit.")
        check_finite(fit)
    first = next(iter(fits.values()))
    for name, fit in fits.items():
        if not _same_rows(first, fit):
            raise ValueError(
                f"{name!r} was fitted to other rows than {next(iter(fits))!r}: "
                "fit every model to the rows that all of them can use."
            )
    markers = {name: log_risks(fit) for name, fit in fits.items()}
    labels = tuple(", ".join(map(str, values)) for values in first.stratum_values)
    return _Read(first.risk_sets, markers, first.cluster, labels, first.counts, (), first.source)


def _same_rows(one: CoxFit, two: CoxFit) -> bool:
    a, b = one.risk_sets, two.risk_sets
    pairs = [(a.last, b.last), (a.event, b.event), (a.mass, b.mass), (a.from_index, b.from_index)]
    if one.index is not None and two.index is not None and not one.index.equals(two.index):
        return False
    return a.n_rows == b.n_rows and all(np.array_equal(x, y) for x, y in pairs)


def _pack(
    read: _Read, counted: dict[str, PairCounts], weighting: str, up_to: float | None, level: float
) -> Concordance:
    influence = np.column_stack([one.influence for one in counted.values()])
    given = read.sets.frequencies
    copies = np.ones(read.sets.n_rows) if given is None else given.astype(np.float64)
    copied = influence * copies[:, None]
    if read.cluster is None:
        covariance = influence.T @ copied
    else:
        by_cluster = [np.bincount(read.cluster, column) for column in copied.T]
        summed = np.column_stack(by_cluster).astype(np.float64)
        covariance = summed.T @ summed
    until = "" if up_to is None else f" Events up to {up_to:g}."
    by = "" if read.cluster is None else ", summed by cluster"
    within = " Pairs within strata." if read.strata else ""
    return Concordance(
        terms=tuple(counted),
        values=np.array([one.value for one in counted.values()]),
        covariance=covariance,
        level=level,
        null=0.5,
        pairs=_pairs_frame(counted, read.strata),
        influence=influence,
        method=f"Concordance, {weighting}; a tied marker counts one half.{within}{until} "
        f"Infinitesimal-jackknife standard errors{by}.",
        notes=read.notes,
        counts=read.counts,
        source=read.source,
    )


def _pairs_frame(counted: dict[str, PairCounts], strata: tuple[str, ...]) -> pd.DataFrame:
    names = ["concordant", "discordant", "tied_marker", "tied_time", "tied_both"]
    parts = []
    for term, one in counted.items():
        part = pd.DataFrame(one.by_stratum, columns=names)
        part.insert(0, "stratum", list(strata) or "")
        part.insert(0, "term", term)
        parts.append(part)
    return pd.concat(parts, ignore_index=True)
