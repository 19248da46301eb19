"""What was measured at each visit, and how much was walked before it?"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from walkstats._arguments import as_names
from walkstats._follow_up import DAYS_PER_MONTH, visited_after
from walkstats.derive.at_randomisation import baseline as at_baseline
from walkstats.derive.observed import last_days
from walkstats.derive.weekly import minutes_table
from walkstats.derive.whose import places
from walkstats.trial import Trial


def visits(
    trial: Trial,
    *,
    measures: str | Sequence[str],
    baseline: Sequence[str] = (),
    walking_weeks: int | None = None,
    measured_by: str = "diary",
) -> pd.DataFrame:
    """Measures at each visit, with their baseline, their change and the walking before.

    Parameters
    ----------
    trial : Trial
    measures : str or sequence of str
        Measures of outcomes.
    baseline : sequence of str
        Further baseline columns to carry along.
    walking_weeks : int, optional
        Adds walking_minutes [minutes/week]: the mean week among so many whole weeks before the
        visit. Missing when fewer than half of them are known.
    measured_by : {"diary", "device"}
        Which record of walking.

    Returns
    -------
    pandas.DataFrame
        One row per participant and month after 0 at which any of the measures was asked, answered
        or not: participant_id, arm, month, per measure ``<m>``, ``<m>_baseline``, ``<m>_change``,
        walking_minutes, the strata and the baseline columns.

    Raises
    ------
    ValueError
        For a measure that the trial does not have, or walking_weeks below 1.

    Notes
    -----
    A visit of month m lies on day m x 365.25 / 12; week w holds days 7 (w - 1) to 7 w.

    Values from after withdrawal or the planned end of follow-up are set to missing, and
    ``attrs["notes"]`` counts them. Outcomes may have a column assessed_days, the day itself
    [days]; where it is not known, a visit due up to half a month after the end still counts, since
    it may have been early.

    Examples
    --------
    >>> import walkstats as ws
    >>> frame = ws.derive.visits(ws.load_sample("walkback-like"), measures="rmdq")
    >>> list(frame.columns)[:6]
    ['participant_id', 'arm', 'month', 'rmdq', 'rmdq_baseline', 'rmdq_change']
    """
    names = [str(name) for name in as_names(measures, "measures")]
    known = sorted(trial.outcomes["measure"].dropna().unique())
    for name in names:
        if name not in known:
            raise ValueError(f"No measure {name!r}. The trial has: {', '.join(known) or 'none'}.")
    people = at_baseline(trial, columns=tuple(dict.fromkeys([*names, *trial.strata, *baseline])))
    rows = trial.outcomes[trial.outcomes["measure"].isin(names) & (trial.outcomes["month"] > 0)]
    months = np.sort(rows["month"].unique())
    rows, late = _within_follow_up(trial, rows)
    frame = people.loc[people.index.repeat(len(months))].reset_index(drop=True)
    frame.insert(2, "month", np.tile(months, len(people)))
    place = 3
    for name in names:
        place = _add_measure(frame, rows, name, place)
    if walking_weeks is not None:
        frame.insert(place, "walking_minutes", _before(trial, months, walking_weeks, measured_by))
    frame.attrs = {
        "source": trial.source,
        "derived": f"{trial.name}: {', '.join(names)} by month",
        "notes": (
            f"{late} value(s) from after withdrawal or the planned end of follow-up are left out.",
        )
        if late
        else (),
    }
    return frame


def _within_follow_up(trial: Trial, rows: pd.DataFrame) -> tuple[pd.DataFrame, int]:
    """Outcomes from before the end of follow-up, and how many values are not."""
    end = last_days(trial)[places(trial, rows, "outcomes")]
    late = visited_after(rows["month"].to_numpy(dtype=float), end)
    if "assessed_days" in rows and rows["assessed_days"].dtype == float:
        day = rows["assessed_days"].to_numpy()
        late = np.where(np.isnan(day), late, day > end)
    return rows[~late], int((late & rows["value"].notna().to_numpy()).sum())


def _add_measure(frame: pd.DataFrame, rows: pd.DataFrame, name: str, place: int) -> int:
    """Insert the measure, its baseline and its change; the place after them."""
    here = rows[rows["measure"] == name]
    known = here["value"].set_axis(_visit(here))
    now = known.reindex(_visit(frame)).to_numpy(dtype=float)
    column = f"{name}_baseline"
    before = frame.pop(column) if column in frame else pd.Series(np.nan, index=frame.index)
    frame.insert(place, name, now)
    frame.insert(place + 1, column, before)
    frame.insert(place + 2, f"{name}_change", now - before)
    return place + 3


def _visit(frame: pd.DataFrame) -> pd.MultiIndex:
    ids = frame["participant_id"].to_numpy(dtype=object)
    return pd.MultiIndex.from_arrays([ids, frame["month"].to_numpy(dtype=float)])


def _before(trial: Trial, months: np.ndarray, weeks: int, measured_by: str) -> np.ndarray:
    """Mean week before each visit, participants by months, as one column."""
    if int(weeks) != weeks or weeks < 1:
        raise ValueError(f"walking_weeks must be a whole number of at least 1, got {weeks!r}.")
    table, _ = minutes_table(trial, measured_by)
    out = np.full((table.shape[0], len(months)), np.nan)
    for k, month in enumerate(months):
        last = int(month * DAYS_PER_MONTH // 7)
        window = table[:, max(last - int(weeks), 0) : last]
        known = np.sum(~np.isnan(window), axis=1)
        total = np.nansum(window, axis=1)
        enough = (2 * known >= weeks) & (known > 0)
        out[enough, k] = total[enough] / known[enough]
    return out.ravel()
