"""By what factor does a covariate multiply the risk of the next event, given those before? (PWP)"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from walkstats._arguments import as_names, check_choice, check_column, check_frame
from walkstats.errors import DataError
from walkstats.results import CoxFit
from walkstats.survival.cox_rows import OVERLAP
from walkstats.survival.proportional import cox
from walkstats.survival.recurrent_events.own_effects import own_effects
from walkstats.survival.recurrent_events.spells import Spells, read_spells

Floats = NDArray[np.float64]
Indices = NDArray[np.intp]

TIMESCALES = {
    "total": "time since the beginning",
    "gap": "time since the last event",
}
# A stratum with fewer events hardly says anything of its own.
FEW_EVENTS = 10
UNKNOWN_BEFORE = (
    "Follow-up resumes after gaps in which recurrences may be unknown: the number before counts "
    "those known."
)
# In time since the last event rows of one stratum begin at 0 all: nothing is wrong with them.
POOLED = "stand more than once in the stratum of pooled events: each of their gaps begins at 0."
# Columns that the prepared frame gains.
STRATUM = "episode number"
GAP_START, GAP_STOP = "gap start", "gap stop"


def prentice_williams_peterson(
    episodes: pd.DataFrame,
    formula: str,
    *,
    timescale: str = "total",
    up_to: int | None = None,
    beyond: str = "pool",
    specific: str | tuple[str, ...] | None = None,
    episode: str | None = None,
    cluster: str = "participant_id",
    subject: str | None = None,
    at_risk: str | None = None,
    strata: Any = None,
    offset: str | None = None,
    ties: str = "efron",
    time: str | None = None,
    event: str = "event",
    event_value: object = None,
    entry: str | None = None,
    weights: str | None = None,
    frequencies: str | None = None,
    level: float = 0.95,
) -> CoxFit:
    """Estimate by what factor covariates multiply the risk of the next event.

    Parameters
    ----------
    episodes : pandas.DataFrame
        One row per participant and spell of follow-up (start, stop], which a recurrence ends or
        does not.
    formula : str
        Covariates, such as ``"arm + age"``; no left side, no intercept.
    timescale : {"total", "gap"}
        Time since the beginning, or since the last event.
    up_to : int, optional
        Events from this one on share a baseline hazard (``beyond="pool"``), or are left out after
        it (``beyond="leave out"``); so many of them as a stratum needs are rare.
    beyond : {"pool", "leave out"}
    specific : str or tuple of str, optional
        Terms of the formula that get a coefficient for each event number.
    episode : str, optional
        Column of the number of the event waited for, from 1; counted from the spells by default.
    cluster : str
        Column of units that are independent of each other; the variance is robust.
    subject : str, optional
        Column of the person; ``cluster`` by default.
    at_risk : {"under_observation", "out_of_episode", "recovered"}, optional
        As in `andersen_gill`.
    strata, offset, ties, time, event, event_value, entry, weights, frequencies, level
        As in `cox`.

    Returns
    -------
    CoxFit
        Stratified by the number of the event. Coefficients of ``specific`` are named
        ``arm[walking]:event[2]``.

    Raises
    ------
    ValueError
        As `cox`; for an unknown timescale, and a term that is not in the formula.
    DataError
        As `cox`; for spells of one person that overlap, and an episode number that is none.
    FitError
        As `cox`.

    Notes
    -----
    The hazard of the k-th event at t, among those who have had k - 1, is h_k(t) exp(b'x), with t
    the time since the beginning or since the last event [1]_. Who is at risk for a later event
    depends on what happened before, treatment included: b is an effect given the history, not
    the effect of treatment on the number of recurrences, and later strata hold ever more of those
    who are prone. Where many recur, use `andersen_gill` or `mean_cumulative_count` for the effect
    of randomisation. The clustered variance allows for what the history leaves out.

    In gap time the clock starts at the first spell with the same number of events before; spells
    that were split stay one.

    References
    ----------
    .. [1] Prentice RL, Williams BJ, Peterson AV. On the regression analysis of multivariate failure
       time data. Biometrika 1981;68:373-379. https://doi.org/10.1093/biomet/68.2.373

    Examples
    --------
    >>> import pandas as pd
    >>> from walkstats import survival
    >>> spells = pd.DataFrame({
    ...     "participant_id": [1, 1, 1, 2, 3, 3, 4, 4, 5],
    ...     "arm": ["control"] * 4 + ["walking"] * 5,
    ...     "start_days": [0, 30, 60, 0, 0, 90, 0, 200, 0],
    ...     "stop_days": [30, 60, 365, 365, 90, 365, 200, 365, 365],
    ...     "event": [1, 1, 0, 0, 1, 0, 1, 0, 0]})
    >>> fit = survival.prentice_williams_peterson(spells, "arm", timescale="gap", up_to=2)
    >>> fit.strata
    ('episode number',)
    """
    check_frame(episodes)
    check_choice(timescale, TIMESCALES, "timescale")
    check_choice(beyond, ("pool", "leave out"), "beyond")
    _check_up_to(up_to)
    follow_up: dict[str, Any] = {
        "time": time, "event": event, "event_value": event_value, "entry": entry,
        "weights": weights, "frequencies": frequencies,
    }  # fmt: skip
    person = subject or cluster
    spells = read_spells(episodes, person, at_risk=at_risk, follow_up=follow_up)
    numbers = _numbers(episodes, episode, spells)
    chosen = _chosen(numbers, up_to, beyond)
    used, numbers = spells.kept[chosen], numbers[chosen]
    pooled = numbers if up_to is None else np.minimum(numbers, up_to)
    prepared = episodes.iloc[used].copy()
    prepared[STRATUM] = pooled
    if timescale == "gap":
        _add_gap_times(prepared, spells, chosen, numbers)
        follow_up |= {"time": GAP_STOP, "entry": GAP_START}
    own = own_effects(prepared, formula, specific, pooled) if specific else None
    fit = cox(
        prepared if own is None else own.frame,
        formula if own is None else own.formula,
        strata=(STRATUM, *as_names(strata, "strata")),
        cluster=cluster,
        offset=offset,
        ties=ties,
        subject=person,
        level=level,
        **follow_up,
    )
    # Positions count in the caller's frame.
    fit = replace(fit, kept=used[fit.kept])
    said = _Said(timescale, up_to, beyond, episodes, spells.kept.size - used.size)
    return said.of(fit, spells, pooled, spells.event[chosen])


def _check_up_to(up_to: int | None) -> None:
    if up_to is None:
        return
    if isinstance(up_to, bool) or not isinstance(up_to, (int, np.integer)) or up_to < 1:
        raise ValueError(f"up_to must be a whole number of at least 1, got {up_to!r}.")


def _numbers(frame: pd.DataFrame, episode: str | None, spells: Spells) -> Indices:
    """(n,) number of the event that each spell waits for."""
    if episode is None:
        return spells.before + 1
    values = pd.to_numeric(check_column(frame, episode, "the episode"), errors="coerce")
    numbers = values.to_numpy(dtype=float, na_value=np.nan)[spells.kept]
    bad = ~(numbers >= 1) | (numbers != np.round(numbers))
    if bad.any():
        raise DataError.of(
            f"{episode} is no whole number from 1 on in {int(bad.sum())} row(s)",
            column=episode,
            row=int(spells.kept[bad][0]),
            count=int(bad.sum()),
            what_to_do="give the number of the event waited for, or leave episode= out",
        )
    return numbers.astype(np.intp)


def _chosen(numbers: Indices, up_to: int | None, beyond: str) -> Indices:
    everything = np.arange(numbers.size)
    if up_to is None or beyond == "pool":
        return everything
    return everything[numbers <= up_to]


def _add_gap_times(
    prepared: pd.DataFrame, spells: Spells, chosen: Indices, numbers: Indices
) -> None:
    """Time since the first spell of the person with the same number of events before."""
    start, stop = spells.start[chosen], spells.stop[chosen]
    key = pd.MultiIndex.from_arrays([spells.person[chosen], numbers])
    codes, found = pd.factorize(key)
    origin = np.full(len(found), np.inf)
    np.minimum.at(origin, codes, start)
    prepared[GAP_START] = start - origin[codes]
    prepared[GAP_STOP] = stop - origin[codes]


class _Said:
    """What the result says of how it was made."""

    def __init__(
        self, timescale: str, up_to: int | None, beyond: str, frame: pd.DataFrame, left_out: int
    ) -> None:
        self._timescale, self._up_to, self._beyond = timescale, up_to, beyond
        self._rows, self._left_out = len(frame), left_out
        resumed = frame.attrs.get("after_gap") == "resume"
        self._unknown = [UNKNOWN_BEFORE] if resumed else []

    def of(self, fit: CoxFit, spells: Spells, numbers: Indices, event: NDArray[np.bool_]) -> CoxFit:
        """The fit with its method, notes and counts."""
        known = TIMESCALES[self._timescale]
        kind = "Total-time" if self._timescale == "total" else "Gap-time"
        text = (
            f"{kind} model of Prentice, Williams and Peterson: hazard of the next event by "
            f"{known}, given the number before{self._pooled()}. {spells.said()} {fit.method}"
        )
        of_rows = [note.replace(OVERLAP, POOLED) for note in fit.notes]
        notes = (*of_rows, *spells.notes(), *_thin(numbers, event), *self._unknown)
        counts = fit.counts
        if counts is not None:
            missing = {} if not self._left_out else {self._reason(): self._left_out}
            counts = replace(counts, rows=self._rows, left_out={**missing, **counts.left_out})
        return replace(fit, method=" ".join(text.split()), notes=notes, counts=counts)

    def _pooled(self) -> str:
        if self._up_to is None:
            return ""
        if self._beyond == "pool":
            return f" (from event {self._up_to} on one stratum)"
        return f" (up to event {self._up_to})"

    def _reason(self) -> str:
        return f"after event {self._up_to}"


def _thin(numbers: Indices, event: NDArray[np.bool_]) -> list[str]:
    happened = np.bincount(numbers, event)
    thin = [k for k in range(1, happened.size) if 0 < happened[k] < FEW_EVENTS]
    if not thin or thin == [1]:
        return []
    listed = ", ".join(f"{k} ({int(happened[k])})" for k in thin)
    return [
        f"Few participants have event {listed}: these strata say little. up_to= pools them or "
        "leaves them out."
    ]
