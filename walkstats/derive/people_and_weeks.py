"""Is it the person, or the week? A column split into a person's mean and deviations from it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from walkstats._arguments import check_column, check_frame
from walkstats._variables import as_numbers, in_natural_order, is_factor
from walkstats.errors import DataError

Floats = NDArray[np.float64]
Codes = NDArray[np.intp]

# Columns that say when, in the order in which they are looked for.
TIMES = ("week", "month", "visit", "day")


def within_between(
    frame: pd.DataFrame,
    column: str,
    *,
    subject: str = "participant_id",
    lags: int | Sequence[int] = 0,
    order: str | None = None,
) -> pd.DataFrame:
    """Split a column into the person's mean and the deviation from it, with deviations before.

    Parameters
    ----------
    frame : pandas.DataFrame
        One row per participant and week (month, visit).
    column : str
        What to split, e.g. ``"walking_minutes"`` [minutes/week].
    subject : str
        Column of the participant.
    lags : int or sequence of int
        How many weeks back: 2 adds the deviations of the two weeks before; ``[2]`` that of the
        second alone.
    order : str, optional
        Column that says when. By default week, month, visit or day, whichever comes first among
        the columns; needed for lags only.

    Returns
    -------
    pandas.DataFrame
        The frame, in its order, with `column` + ``_between`` (the person's mean over the known
        weeks), ``_within`` (the week less that mean) and for each lag ``_within_lag1``, ...
        ``attrs["notes"]`` says what is missing and why.

    Raises
    ------
    ValueError
        For columns that are not there, new names that are, or lags below 0.
    DataError
        For a column that is not a number, or two rows of a participant at the same time.

    Notes
    -----
    A model with both has two slopes: between people (who walk more have less pain, by so much) and
    within them (in weeks in which somebody walks more than usual the pain differs by so much).
    Everything that stays the same in a person confounds the first and cannot confound the second.
    A single slope of the column itself is a mixture that answers neither question [1]_.

    A missing week stays missing: it has no deviation, it does not enter the mean, and what follows
    it has a missing lag, as has a person's first week. Lags count along the times that occur in
    the frame; where these are not evenly spaced a note says so.

    The mean is known less well the fewer weeks it is of, which draws the slope between people
    towards that within them. And it is that of all weeks, also of later ones: where the outcome
    changes what is walked afterwards, the slope within people is off by about one part in the
    number of weeks [2]_.

    References
    ----------
    .. [1] Curran PJ, Bauer DJ (2011). The disaggregation of within-person and between-person
       effects in longitudinal models of change. *Annu Rev Psychol* 62:583-619.
       https://doi.org/10.1146/annurev.psych.093008.100356
    .. [2] Nickell S (1981). Biases in dynamic models with fixed effects. *Econometrica*
       49:1417-1426. https://doi.org/10.2307/1911408

    Examples
    --------
    >>> frame = pd.DataFrame({"participant_id": ["a", "a", "a", "b", "b"], "week": [1, 2, 4, 1, 2],
    ...                       "walking_minutes": [60.0, 90.0, 120.0, 0.0, 20.0]})
    >>> split = within_between(frame, "walking_minutes", lags=1)
    >>> split.iloc[:, 3:].to_numpy().tolist()
    [[90.0, -30.0, nan], [90.0, 0.0, -30.0], [90.0, 30.0, 0.0], [10.0, -10.0, nan],
     [10.0, 10.0, -10.0]]
    >>> split.attrs["notes"][-1]
    'week is not evenly spaced (1, 2, 4): a lag is the time before among these.'
    """
    check_frame(frame)
    values = _numbers(frame, column)
    people = _people(frame, subject)
    steps = _steps(lags)
    names = {step: f"{column}_within_lag{step}" for step in steps}
    _refuse_taken(frame, [f"{column}_between", f"{column}_within", *names.values()])
    mean, known = _means(values, people)
    out = frame.copy()
    out[f"{column}_between"] = mean
    out[f"{column}_within"] = values - mean
    notes = [*frame.attrs.get("notes", ()), *_said(column, subject, values, people, known)]
    if steps:
        when = _order(frame, order)
        place, times = _places(frame, when)
        before = _before(values - mean, people, place, steps, frame, subject, when)
        for step, lagged in zip(steps, before, strict=True):
            out[names[step]] = lagged
        notes += _said_of_times(when, times, place)
        if not isinstance(frame[when].dtype, pd.CategoricalDtype):
            notes += _said_of_text(when, times)
    out.attrs = {**frame.attrs, "notes": tuple(notes)}
    return out


def _numbers(frame: pd.DataFrame, column: str) -> Floats:
    series = check_column(frame, column, "the column to split")
    if is_factor(series):
        raise DataError.of(
            f"{column} is not a number and has no mean",
            column=str(column),
            what_to_do="split one indicator (True and False) at a time",
        )
    return as_numbers(series, str(column))


def _people(frame: pd.DataFrame, subject: str) -> Codes:
    """Code of each row's person, -1 where it is missing."""
    codes, _ = pd.factorize(check_column(frame, subject, "the participant"))
    return np.asarray(codes, dtype=np.intp)


def _steps(lags: int | Sequence[int]) -> list[int]:
    """The lags wanted, each once."""
    several = isinstance(lags, (Sequence, np.ndarray)) and not isinstance(lags, str)
    given = np.asarray(lags).ravel().tolist()
    low = 1 if several else 0
    if not all(isinstance(k, int) and not isinstance(k, bool) and k >= low for k in given):
        raise ValueError(f"lags must be whole numbers of weeks back, got {lags!r}.")
    return sorted(set(given)) if several else list(range(1, given[0] + 1))


def _refuse_taken(frame: pd.DataFrame, names: list[str]) -> None:
    taken = [name for name in names if name in frame.columns]
    if taken:
        raise ValueError(f"The frame has a column {taken[0]!r} already: drop or rename it.")


def _means(values: Floats, people: Codes) -> tuple[Floats, NDArray[np.int64]]:
    """The person's mean, on each row; and how many values each person has."""
    use = (people >= 0) & ~np.isnan(values)
    size = int(people.max(initial=-1)) + 1
    known = np.bincount(people[use], minlength=size)
    total = np.bincount(people[use], weights=values[use], minlength=size)
    with np.errstate(invalid="ignore"):
        mean = total / known
    return np.where(people >= 0, mean[np.maximum(people, 0)], np.nan) if size else values, known


def _order(frame: pd.DataFrame, order: str | None) -> str:
    if order is not None:
        check_column(frame, order, "the order of the weeks")
        return order
    for name in TIMES:
        if name in frame.columns:
            return name
    raise ValueError(
        f"Lags need to know what came before: order= names the column. None of {', '.join(TIMES)} "
        "is in the frame."
    )


def _places(frame: pd.DataFrame, when: str) -> tuple[Codes, list[Any]]:
    """Place of each row among the times that occur, -1 where it is missing; and those times."""
    series = frame[when]
    if isinstance(series.dtype, pd.CategoricalDtype):
        series = series.cat.remove_unused_categories()
        return series.cat.codes.to_numpy().astype(np.intp), list(series.cat.categories)
    codes, times = pd.factorize(series, sort=True)
    if any(isinstance(time, str) for time in times):
        words = pd.Categorical(series, categories=in_natural_order(times))
        return np.asarray(words.codes, dtype=np.intp), list(words.categories)
    return np.asarray(codes, dtype=np.intp), list(times)


def _before(
    deviations: Floats,
    people: Codes,
    place: Codes,
    steps: list[int],
    frame: pd.DataFrame,
    subject: str,
    when: str,
) -> list[Floats]:
    """The person's deviations so many places before each row."""
    width = int(place.max(initial=-1)) + 1
    told = (people >= 0) & (place >= 0)
    key = np.where(told, people * width + place, -1)
    order = np.argsort(key[told], kind="stable")
    keys, held = key[told][order], deviations[told][order]
    twice = np.flatnonzero(keys[1:] == keys[:-1])
    if twice.size:
        row = int(np.flatnonzero(told)[order[twice[0] + 1]])
        raise DataError.of(
            f"{twice.size} row(s) are the second of a {subject} at the same {when}",
            column=when,
            row=row,
            count=int(twice.size),
            ids=(str(frame[subject].iloc[row]),),
            what_to_do="keep one row of each participant and time",
        )
    out = []
    for step in steps:
        wanted = np.where(told & (place >= step), key - step, -1)
        found = np.searchsorted(keys, wanted)
        there = (wanted >= 0) & (found < keys.size)
        there[there] = keys[found[there]] == wanted[there]
        lagged = np.full(len(key), np.nan)
        lagged[there] = held[found[there]]
        out.append(lagged)
    return out


def _said(
    column: str, subject: str, values: Floats, people: Codes, known: NDArray[np.int64]
) -> list[str]:
    """What is missing, and whose deviations say nothing."""
    notes = []
    gaps = int(np.isnan(values).sum())
    if gaps:
        notes.append(f"{column} is missing in {gaps} of {len(values)} rows and stays missing.")
    nameless = int((people < 0).sum())
    if nameless:
        notes.append(f"{subject} is missing in {nameless} row(s): they have no mean.")
    none, one = int((known == 0).sum()), int((known == 1).sum())
    if none:
        notes.append(f"{none} participant(s) have no {column} at all.")
    if one:
        notes.append(f"{one} participant(s) have one value of {column}: their deviation is 0.")
    use = (people >= 0) & ~np.isnan(values)
    if use.any() and _never_varies(values[use], people[use]):
        notes.append(f"{column} does not change within any participant: all deviations are 0.")
    return notes


def _never_varies(values: Floats, people: Codes) -> bool:
    order = np.argsort(people, kind="stable")
    same = people[order][1:] == people[order][:-1]
    return not np.any(np.diff(values[order])[same] != 0.0)


def _said_of_text(when: str, times: list[Any]) -> list[str]:
    if not any(isinstance(t, str) for t in times):
        return []
    shown = ", ".join(str(t) for t in times[:8]) + (", ..." if len(times) > 8 else "")
    return [f"{when} is text, taken in the order {shown}; make it a Categorical for another."]


def _said_of_times(when: str, times: list[Any], place: Codes) -> list[str]:
    notes = []
    gaps = int((place < 0).sum())
    if gaps:
        notes.append(f"{when} is missing in {gaps} row(s): they have no lag and are none.")
    numeric = len(times) > 2 and all(isinstance(t, (int, float, np.number)) for t in times)
    if numeric and not np.allclose(np.diff(np.asarray(times, dtype=float)), times[1] - times[0]):
        shown = ", ".join(f"{t:g}" for t in times[:8]) + (", ..." if len(times) > 8 else "")
        notes.append(
            f"{when} is not evenly spaced ({shown}): a lag is the time before among these."
        )
    return notes
