"""In which state are people at each time, when an outcome may be followed by another?"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from walkstats._arguments import check_choice, check_flag, check_level
from walkstats.errors import DataError
from walkstats.results import Curve
from walkstats.results.incidences import Incidence
from walkstats.survival.competing_risks.incidence import INTERVALS, limits_of
from walkstats.survival.competing_risks.outcomes import CENSORED, CauseRows, read_causes
from walkstats.survival.grouped_rows import GroupedRows
from walkstats.survival.people import PERSON

Floats = NDArray[np.float64]
Indices = NDArray[np.intp]
Booleans = NDArray[np.bool_]

STATES = "state occupancy"
# What rounding leaves of weights where nobody is at risk.
NOBODY = 1e-9


@dataclass(frozen=True, eq=False)
class Occupancy(Incidence):
    """The share in each state, by group.

    Attributes
    ----------
    frame : pandas.DataFrame
        As of `Incidence`, the states as outcomes; n_risk counts those at risk in the state, n_event
        who enters it, n_censor who is censored in it.
    event_free : Curve
        The share in the initial state.
    transitions : pandas.DataFrame
        Rows of follow-up by the state they begin in (index) and end in (columns, the last one
        being censored rows that no other row carries on).
    """

    transitions: pd.DataFrame = field(default_factory=pd.DataFrame)


def state_occupancy(
    spells: pd.DataFrame,
    by: Any = None,
    *,
    outcome: str = "outcome",
    censored: object = "censored",
    initial: str = "event-free",
    interval: str = "log-log",
    extend: bool = False,
    time: str | None = None,
    entry: str | None = None,
    weights: str | None = None,
    subject: str | None = PERSON,
    level: float = 0.95,
) -> Occupancy:
    """Estimate the share that is in each state at each time, such as ill or dead.

    Parameters
    ----------
    spells : pandas.DataFrame
        One row per person and spell of follow-up in one state.
    by : str or sequence of str, optional
        Column of the groups.
    outcome : str
        Column that says which state the spell ends in.
    censored : object
        The value of ``outcome`` of a spell at whose end the state does not change.
    initial : str
        What the state is called in which everybody begins.
    interval, extend
        As in `walkstats.survival.cumulative_incidence`.
    time, entry, weights, subject
        As in `walkstats.survival.kaplan_meier`.
    level : float
        Confidence level.

    Returns
    -------
    Occupancy
        A curve per group and state but the initial one, whose curve is ``event_free``;
        ``transitions`` counts the changes.

    Raises
    ------
    ValueError
        For unknown columns and choices.
    DataError
        For follow-up that cannot be analysed, spells of a person that overlap, and a state that
        changes into itself.

    Notes
    -----
    With A(u) the matrix of the shares, among those at risk in each state, that change at u, the
    occupancy is p(t) = p(0) times the product of I + A(u) (Aalen and Johansen): it needs no Markov
    assumption. The first spell of a person is in the initial state, each later one in the state
    that the one before ended in. Standard errors are by the infinitesimal jackknife, people being
    the units. With a single change per person it is the cumulative incidence.

    References
    ----------
    .. [1] Aalen OO, Johansen S. Scand J Stat 1978;5:141-150. https://www.jstor.org/stable/4615704
    .. [2] Datta S, Satten GA. Stat Probab Lett 2001;55:403-411.
       https://doi.org/10.1016/S0167-7152(01)00155-9

    Examples
    --------
    >>> import pandas as pd
    >>> from walkstats import survival
    >>> spells = pd.DataFrame({
    ...     "participant_id": ["a", "a", "b", "c"],
    ...     "start_days": [0, 10, 0, 0], "stop_days": [10, 30, 20, 40],
    ...     "outcome": ["in pain", "recovered", "in pain", "censored"]})
    >>> found = survival.state_occupancy(spells)
    >>> found.at(25)[["outcome", "estimate"]].round(3).values.tolist()
    [['in pain', 0.667], ['recovered', 0.0]]
    """
    check_level(level)
    check_flag(extend, "extend")
    check_choice(interval, INTERVALS, "interval")
    read, _ = read_causes(
        spells, by, outcome=outcome, censored=censored, time=time, entry=entry, weights=weights,
        subject=subject, robust=True,
    )  # fmt: skip
    if initial in read.causes:
        raise ValueError(f"initial={initial!r} is one of the outcomes; name the first state apart.")
    rows = read.rows
    from_state = states_before(rows.cluster, rows.start, rows.stop, read.cause)
    _check_changes(read, from_state, rows.time)
    found = [
        occupancy_of(_part(read, from_state, g), len(read.causes) + 1)
        for g in range(len(rows.labels))
    ]
    return _pack(read, from_state, found, initial, interval, extend, level)


@dataclass(frozen=True, eq=False)
class StateRows:
    """Arrays (n,) of spells: when, from which state to which (or CENSORED), of which unit.

    goes_on marks spells without a change that another spell of the person carries on.
    """

    start: Floats | None
    stop: Floats
    origin: Indices
    target: Indices
    goes_on: Booleans
    weight: Floats
    unit: Indices


@dataclass(frozen=True, eq=False)
class StateSteps:
    """After each of q times, in s states: share, standard error; before it: counts.

    Attributes
    ----------
    times : (q,)
    value, error : (q, s)
    n_risk, n_event, n_censor : (q, s)
    """

    times: Floats
    value: Floats
    error: Floats
    n_risk: Floats
    n_event: Floats
    n_censor: Floats


def states_before(
    unit: Indices | None, start: Floats | None, stop: Floats, cause: Indices
) -> Indices:
    """State (n,) in which each spell is spent: 0 initially, k + 1 after outcome k."""
    state = np.zeros(stop.size, dtype=np.intp)
    if unit is None or start is None:
        return state
    order = np.lexsort((stop, start, unit))
    current, whose = 0, -1
    for row in order:
        if unit[row] != whose:
            current, whose = 0, int(unit[row])
        state[row] = current
        if cause[row] != CENSORED:
            current = int(cause[row]) + 1
    return state


def occupancy_of(rows: StateRows, states: int) -> StateSteps:
    """Aalen-Johansen estimate of the occupancy of each state, with its jackknife error."""
    times = np.unique(rows.stop)
    q, last = times.size, np.searchsorted(times, rows.stop)
    first = np.zeros(last.size, dtype=np.intp)
    if rows.start is not None:
        first = np.searchsorted(times, rows.start, side="right")
    seen = first <= last
    moves, mass = (rows.target != CENSORED) & seen, rows.weight * seen
    n_risk, change = np.zeros((q + 1, states)), np.zeros((q, states, states))
    np.add.at(n_risk, (first, rows.origin), mass)
    np.add.at(n_risk, (last + 1, rows.origin), -mass)
    n_risk = np.cumsum(n_risk, axis=0)[:q]
    n_risk[n_risk < NOBODY] = 0.0
    np.add.at(change, (last[moves], rows.origin[moves], rows.target[moves] + 1), mass[moves])
    leaves = (rows.target == CENSORED) & ~rows.goes_on & seen
    n_censor = np.zeros((q, states))
    np.add.at(n_censor, (last[leaves], rows.origin[leaves]), mass[leaves])
    value, error = np.empty((q, states)), np.empty((q, states))
    share = np.eye(states)[0]
    influence = np.zeros((int(rows.unit.max()) + 1, states))
    for u in range(q):
        at_risk = np.where(n_risk[u] > 0, n_risk[u], 1.0)
        hazard = change[u] / at_risk[:, None]
        step = hazard - np.diag(hazard.sum(axis=1))
        here = np.flatnonzero((first <= u) & (last >= u))
        moved = _moved(rows, here, moves[here] & (last[here] == u), share / at_risk, step)
        influence = influence + influence @ step
        np.add.at(influence, rows.unit[here], moved)
        share = share + share @ step
        value[u], error[u] = share, np.sqrt((influence**2).sum(axis=0))
    return StateSteps(times, value, error, n_risk, change.sum(axis=1), n_censor)


def _moved(
    rows: StateRows, here: Indices, changes: Booleans, per_risk: Floats, step: Floats
) -> Floats:
    """What each spell at risk adds to the shares at one time: (here, s)."""
    origin = rows.origin[here]
    moved = -step[origin]
    gone = np.flatnonzero(changes)
    moved[gone, rows.target[here][gone] + 1] += 1.0
    moved[gone, origin[gone]] -= 1.0
    return np.asarray(moved * (per_risk[origin] * rows.weight[here])[:, None])


def _part(read: CauseRows, from_state: Indices, g: int) -> StateRows:
    """The spells of one group."""
    rows = read.rows
    mine = np.flatnonzero(rows.group == g)
    unit = mine if rows.cluster is None else rows.cluster[mine]
    return StateRows(
        start=None if rows.start is None else rows.start[mine],
        stop=rows.stop[mine],
        origin=from_state[mine],
        target=read.cause[mine],
        goes_on=np.zeros(mine.size, bool) if rows.goes_on is None else rows.goes_on[mine],
        weight=np.ones(mine.size) if rows.weights is None else rows.weights[mine],
        unit=np.unique(unit, return_inverse=True)[1].astype(np.intp),
    )


def _check_changes(read: CauseRows, from_state: Indices, time: str) -> None:
    same = np.flatnonzero((read.cause != CENSORED) & (from_state == read.cause + 1))
    if same.size:
        name = read.causes[read.cause[same[0]]]
        raise DataError.of(
            f"{same.size} spell(s) end in the state that they are spent in, such as {name}",
            column=time,
            row=int(np.flatnonzero(read.rows.kept)[same[0]]),
            count=int(same.size),
            what_to_do="mark spells at whose end nothing changes with the value of censored=",
        )


def _pack(
    read: CauseRows,
    from_state: Indices,
    found: list[StateSteps],
    initial: str,
    interval: str,
    extend: bool,
    level: float,
) -> Occupancy:
    rows, states = read.rows, (initial, *read.causes)
    parts: list[pd.DataFrame] = []
    free: list[pd.DataFrame] = []
    for label, steps in zip(rows.labels, found, strict=True):
        for k, state in enumerate(states):
            frame = _frame(label, state, k, rows, steps, interval, level)
            (parts if k else free).append(frame)
    ends = [np.inf] * len(rows.labels) if extend else list(rows.follow_up_ends())
    common: dict[str, Any] = {
        "x": rows.time,
        "quantity": STATES,
        "last": dict(zip(rows.labels, map(float, ends), strict=True)),
        "level": level,
        "start_x": rows.begins,
        "method": (
            f"Occupancy of states by the Aalen-Johansen estimate, from {initial}, with pointwise "
            f"{100 * level:g} % intervals ({INTERVALS[interval][2]}); standard errors by the "
            f"infinitesimal jackknife. {rows.said}"
        ),
        "notes": (read.events_said, *rows.notes),
        "counts": rows.counts,
        "source": rows.source,
    }
    first = pd.concat(free, ignore_index=True).drop(columns="outcome")
    return Occupancy(
        frame=pd.concat(parts, ignore_index=True),
        outcomes=read.causes,
        event_free=Curve(frame=first, start=1.0, **common),
        transitions=_transitions(read, from_state, states),
        **common,
    )


def _frame(
    label: str,
    state: str,
    k: int,
    rows: GroupedRows,
    steps: StateSteps,
    interval: str,
    level: float,
) -> pd.DataFrame:
    """The curve of one group and state."""
    kind = np.int64 if rows.weights is None else np.float64
    low, high = limits_of(steps.value[:, k], steps.error[:, k], interval, level)
    return pd.DataFrame(
        {
            "group": label,
            "outcome": state,
            rows.time: steps.times,
            "estimate": steps.value[:, k],
            "std_error": steps.error[:, k],
            "conf_low": low,
            "conf_high": high,
            "n_risk": steps.n_risk[:, k].astype(kind),
            "n_event": steps.n_event[:, k].astype(kind),
            "n_censor": steps.n_censor[:, k].astype(kind),
        }
    )


def _transitions(read: CauseRows, from_state: Indices, states: tuple[str, ...]) -> pd.DataFrame:
    rows, size = read.rows, len(states)
    goes_on = np.zeros(rows.stop.size, dtype=bool) if rows.goes_on is None else rows.goes_on
    target = np.where(read.cause == CENSORED, size, read.cause + 1)
    seen = ~goes_on & (True if rows.start is None else rows.start < rows.stop)
    table = np.zeros((size, size + 1), dtype=np.int64)
    np.add.at(table, (from_state[seen], target[seen]), 1)
    frame = pd.DataFrame(table, index=pd.Index(states, name="from"), columns=[*states, "censored"])
    return frame.drop(columns=states[0])
