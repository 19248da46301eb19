"""When would pain have come back to those who stopped answering?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from walkstats._arguments import (
    check_column,
    check_frame,
    check_positive,
    check_seed,
    check_whole,
)
from walkstats._variables import as_numbers
from walkstats.errors import DataError
from walkstats.missing.completed import Imputations
from walkstats.missing.layout import groups_of
from walkstats.numerics import replicates
from walkstats.numerics.replicates import Streams
from walkstats.results import Counts
from walkstats.survival.observations import observe

Floats = NDArray[np.float64]
Booleans = NDArray[np.bool_]

# How a frame of first recurrences begins to say that somebody was lost before the planned end.
LOST = ("withdrawn", "gap in check-ins", "stopped answering", "first check-in missed", "no follow")


def impute_after_drop_out(
    events: pd.DataFrame,
    *,
    until: str | float,
    imputations: int,
    seed: int,
    hazard_ratio: float | Mapping[str, float] = 1.0,
    by: str | None = "arm",
    lost: str | Sequence[str] | None = None,
    time: str = "days",
    event: str = "event",
    workers: int | None = None,
) -> Imputations:
    """Draw when an event would have happened to those who dropped out.

    Parameters
    ----------
    events : pandas.DataFrame
        One row per participant, such as ``first_recurrence`` makes.
    until : str or float
        Planned end of follow-up [days]: a column, or the same for all.
    imputations : int
        Completed data sets.
    seed : int
    hazard_ratio : float or mapping of group to float
        Hazard after drop-out over that of the same group at the same time: 1 is censoring at
        random, 2 twice the hazard. By group of `by`, where groups not named have 1.
    by : str or None
        Groups whose curves are used: the arm, where the frame has one.
    lost : str or sequence of str, optional
        A boolean column that says who dropped out; or beginnings of ``ended_by`` that do. By
        default withdrawal, gaps in the check-ins and missed first check-ins count, the planned end
        and death do not. Where the frame has no ``ended_by``, whoever was censored before `until`.
    time, event : str
        Columns of the time [days] and of the event (true or false).
    workers : int, optional
        Processes, through joblib.

    Returns
    -------
    Imputations
        Time and event of those who dropped out are imputed: an event on a day of their group, or
        none until the planned end. Analyse each frame and ``pool``.

    Raises
    ------
    ValueError
        For columns that are not there, a hazard ratio that is not above 0, unknown groups.
    DataError
        For late entry or weights in the frame's shape, missing times or planned ends.

    Notes
    -----
    In each data set the participants of a group are drawn anew with replacement, and their
    Kaplan-Meier curve S is taken. A participant lost at day c has no event until day t with
    probability (S(t) / S(c)) ** hazard_ratio. Drawing participants anew carries over the
    uncertainty of the curve [1]_. With a hazard ratio of 1 the curve of the completed data is on
    average the Kaplan-Meier curve itself; other values ask what if those who stopped answering did
    worse [2]_. Beyond the last event of the drawn curve nobody has one.

    References
    ----------
    .. [1] Taylor JMG, Murray S, Hsu CH (2002). Survival estimation and testing via multiple
       imputation. *Stat Probab Lett* 58:221-232. https://doi.org/10.1016/S0167-7152(02)00030-5
    .. [2] Lipkovich I, Ratitch B, O'Kelly M (2016). Sensitivity to censored-at-random assumption in
       the analysis of time-to-event endpoints. *Pharm Stat* 15:216-229.
       https://doi.org/10.1002/pst.1738

    Examples
    --------
    >>> import walkstats as ws
    >>> events = ws.derive.first_recurrence(ws.load_sample("walkback-like"),
    ...                                     kind="activity_limiting",
    ...                                     baseline=["planned_end_days"])
    >>> filled = impute_after_drop_out(events, until="planned_end_days", imputations=5, seed=11,
    ...                                hazard_ratio={"walking": 2.0})
    >>> fits = [ws.survival.cox(one, "arm") for one in filled.frames]
    >>> bool(0.5 < ws.missing.pool(fits).estimate("arm[walking]", ratio=True).estimate < 1)
    True
    """
    check_frame(events)
    seed = check_seed(seed)
    check_whole(imputations, "imputations", 2)
    by = None if by == "arm" and "arm" not in events.columns else by
    rows = observe(events, time=time, event=event)
    if not rows.kept.all():
        raise DataError.of(
            f"{int((~rows.kept).sum())} row(s) have no time or event",
            column=time,
            what_to_do="leave these rows out on purpose",
        )
    days, happened = rows.stop, rows.event
    ends = _planned_ends(events, until)
    dropped = _dropped(events, lost, days, happened, ends)
    groups = groups_of(events, by)
    ratios = _ratios(hazard_ratio, groups, by)
    work = partial(
        _draw_all, days=days, happened=happened, groups=groups, dropped=dropped, ends=ends,
        ratios=ratios, seed=seed,
    )  # fmt: skip
    pieces = replicates.run(work, imputations, workers=workers, longest=20, label="imputations")
    drawn = np.array([one for piece in pieces for one in piece])
    return Imputations(
        original=events.copy(),
        imputed={time: dropped, event: dropped},
        values={time: drawn[:, 0], event: drawn[:, 1]},
        levels={event: (False, True)} if pd.api.types.is_bool_dtype(events[event].dtype) else {},
        methods={time: "kaplan-meier", event: "kaplan-meier"},
        seed=seed,
        by=by or "",
        assumption=_said(hazard_ratio, by).removeprefix(", with a "),
        method=(
            f"Times after drop-out imputed {imputations} times from the Kaplan-Meier curves of "
            f"resampled participants{f' of each level of {by}' if by else ''}"
            f"{_said(hazard_ratio, by)}; seed {seed}."
        ),
        notes=_still_censored(events, ~happened.astype(bool) & (days < ends) & ~dropped),
        counts=Counts(len(events), len(events), len(events), events=int(happened.sum())),
        source=str(events.attrs.get("source", "")),
    )


def _planned_ends(events: pd.DataFrame, until: str | float) -> Floats:
    if isinstance(until, str):
        ends = as_numbers(check_column(events, until, "until"), until)
        if np.isnan(ends).any():
            raise DataError.of(
                f"{until} is missing in {int(np.isnan(ends).sum())} row(s)",
                column=until,
                what_to_do="fill in the planned end of follow-up",
            )
        return ends
    return np.full(len(events), check_positive(until, "until", "days"))


def _dropped(
    events: pd.DataFrame, lost: Any, days: Floats, happened: Booleans, ends: Floats
) -> Booleans:
    """Who was lost before the planned end without an event."""
    open_ended = ~np.asarray(happened, dtype=bool) & (days < ends)
    if isinstance(lost, str) and lost in events.columns:
        said = events[lost].to_numpy()
        if not pd.api.types.is_bool_dtype(events[lost].dtype):
            raise DataError.of(f"{lost} is not true or false", column=lost)
        dropped = open_ended & said.astype(bool)
    elif lost is None and "ended_by" not in events.columns:
        dropped = open_ended
    else:
        beginnings = LOST if lost is None else (lost,) if isinstance(lost, str) else tuple(lost)
        reason = check_column(events, "ended_by", "the end of follow-up").astype(str)
        dropped = open_ended & reason.str.startswith(beginnings).to_numpy(dtype=bool)
    if not dropped.any():
        raise ValueError("Nobody dropped out before the planned end: there is nothing to impute.")
    return np.asarray(dropped)


def _still_censored(events: pd.DataFrame, rows: Booleans) -> tuple[str, ...]:
    """Who ended before the planned end and was not taken as lost."""
    if not rows.any():
        return ()
    said = ""
    if "ended_by" in events.columns:
        counts = events.loc[rows, "ended_by"].astype(str).value_counts(sort=False).sort_index()
        said = ": " + ", ".join(f"{reason} {n}" for reason, n in counts.items())
    return (
        f"{int(rows.sum())} participant(s) censored before the planned end were not imputed{said}.",
    )


def _ratios(given: float | Mapping[str, float], groups: NDArray[Any], by: str | None) -> Floats:
    """Hazard ratio after drop-out of each participant."""
    if not isinstance(given, Mapping):
        return np.full(len(groups), check_positive(given, "hazard_ratio"))
    known = list(dict.fromkeys(groups))
    if by is None:
        raise ValueError("There are no groups (by=None): give one hazard_ratio for all.")
    ratios = {str(name): check_positive(v, f"hazard_ratio of {name}") for name, v in given.items()}
    for name in ratios:
        if name not in known:
            raise ValueError(f"No group {name!r} of {by}. There are: {', '.join(known)}.")
    return np.array([ratios.get(group, 1.0) for group in groups])


def _draw_all(
    numbers: range,
    *,
    days: Floats,
    happened: Booleans,
    groups: NDArray[Any],
    dropped: Booleans,
    ends: Floats,
    ratios: Floats,
    seed: int,
) -> list[Floats]:
    """Times and events (2, dropped) of some data sets."""
    streams = Streams(seed)
    where = np.flatnonzero(dropped)
    out = []
    for number in numbers:
        generator = streams.at(number)
        one = np.empty((2, len(where)))
        for group in dict.fromkeys(groups):
            rows = np.flatnonzero(groups == group)
            mine = groups[where] == group
            again = generator.choice(rows, len(rows))
            steps, survival = _curve(days[again], happened[again])
            at = where[mine]
            one[:, mine] = _draw(generator, steps, survival, days[at], ends[at], ratios[at])
        out.append(one)
    return out


def _curve(days: Floats, happened: Booleans) -> tuple[Floats, Floats]:
    """Days of events and Kaplan-Meier survival after each; 1 before the first."""
    steps, index = np.unique(days[happened.astype(bool)], return_inverse=True)
    events = np.bincount(index, minlength=len(steps))
    at_risk = len(days) - np.searchsorted(np.sort(days), steps, side="left")
    return steps, np.asarray(np.cumprod(1 - events / at_risk))


def _draw(
    generator: np.random.Generator,
    steps: Floats,
    survival: Floats,
    lost_at: Floats,
    ends: Floats,
    ratios: Floats,
) -> Floats:
    """Time and event of each: the first step at which survival has fallen far enough."""
    padded = np.concatenate([[1.0], survival])
    now = padded[np.searchsorted(steps, lost_at, side="right")]
    wanted = now * generator.random(len(lost_at)) ** (1 / ratios)
    # Survival falls, its negative rises: the first step with survival at or below what is wanted.
    place = np.searchsorted(-survival, -wanted, side="left")
    day = np.concatenate([steps, [np.inf]])[place]
    happens = (day <= ends) & (day > lost_at)
    return np.array([np.where(happens, day, ends), happens.astype(float)])


def _said(given: float | Mapping[str, float], by: str | None) -> str:
    if isinstance(given, Mapping):
        each = ", ".join(f"{value:g} where {by} is {group}" for group, value in given.items())
        return f", with a hazard ratio after drop-out of {each}"
    return "" if given == 1 else f", with a hazard ratio after drop-out of {given:g}"
