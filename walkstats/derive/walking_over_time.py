"""How much was each participant walking, day by day, as it was known then?"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from walkstats._arguments import check_choice
from walkstats.derive.changing_values import time_varying
from walkstats.derive.first_events import first_recurrence
from walkstats.derive.recurrent_events import recurrences
from walkstats.derive.weekly import SOURCES_OF_MINUTES, late_weeks, minutes_table
from walkstats.trial import Trial

Floats = NDArray[np.float64]


def walking_spans(
    trial: Trial,
    *,
    kind: str,
    lag_days: float,
    at_risk: str | None = None,
    weeks: int = 1,
    baseline: Sequence[str] = (),
    after_gap: str = "censor",
    measured_by: str = "diary",
) -> pd.DataFrame:
    """Follow-up in spans over which the minutes walked, as they were known, stay the same.

    Parameters
    ----------
    trial : Trial
    kind : {"any", "activity_limiting", "care_seeking"}
        Which recurrences count.
    lag_days : float
        Days from the end of a week until its minutes are in force, at least 0 [days]. There is no
        default: pain that is coming on makes people walk less, and a lag keeps that out.
    at_risk : {"out_of_episode", "under_observation", "recovered"}, optional
        Follow everybody through all recurrences, as ``recurrences`` does with this rule. By default
        up to the first.
    weeks : int
        How many weeks the minutes are the mean of; missing when fewer than half of them are known.
    baseline : sequence of str
        Columns of participants, or measures at month 0, to carry along.
    after_gap : {"censor", "carry"}
        As in ``first_recurrence``; with ``at_risk`` also "resume".
    measured_by : {"diary", "device"}
        Which record of walking.

    Returns
    -------
    pandas.DataFrame
        One row per participant and span: participant_id, arm (Categorical), start_days and
        stop_days (at risk when start < t <= stop), event (bool), walking_minutes [minutes/week],
        the strata and the baseline columns; with ``at_risk`` also episode and
        observed_until_days.

    Raises
    ------
    ValueError
        For an unknown kind, rule or column, a negative lag, or weeks below 1.
    DataError
        When the trial does not record this kind of recurrence.

    Notes
    -----
    Week w holds the days 7 (w - 1) up to 7 w. Its minutes are in force on
    (7 w + lag, 7 (w + 1) + lag]: after the week is over, never within it, so no value looks ahead.
    A week without a record is missing, never 0, and does not carry the week before on. Up to the
    end of the first week (with ``weeks`` of the first half of them) and the lag nothing can be
    known, so the minutes are missing there: ``attrs["minutes_unknown_until_days"]``. Survival
    methods leave out spans without minutes, and count them and their events; a model without
    the minutes, to stand beside one with them, is to be fitted to the same spans.

    Walking after randomisation is no longer randomised. Whoever is well walks more, so these spans
    describe, and an effect of arm adjusted for them is not that of the trial.

    Examples
    --------
    >>> import walkstats as ws
    >>> trial = ws.load_sample("walkback-like")
    >>> frame = walking_spans(trial, kind="activity_limiting", lag_days=7)
    >>> one = frame[frame["participant_id"] == "W0001"]
    >>> one[["start_days", "stop_days", "walking_minutes"]].head(3).to_numpy().tolist()
    [[0.0, 14.0, nan], [14.0, 21.0, 170.0], [21.0, 28.0, 130.0]]
    """
    check_choice(measured_by, SOURCES_OF_MINUTES, "measured_by")
    lag, over = _lag(lag_days), _weeks(weeks)
    if at_risk is None:
        frame = first_recurrence(trial, kind=kind, baseline=baseline, after_gap=after_gap)
    else:
        frame = recurrences(
            trial, kind=kind, at_risk=at_risk, baseline=baseline, after_gap=after_gap
        )
    minutes, late = minutes_table(trial, measured_by)
    changes = _changes(trial, _mean_of(minutes, over), lag)
    spans = time_varying(frame.drop(columns="ended_by"), changes, at="since", keep_missing=True)
    place = list(spans.columns).index("event") + 1
    spans.insert(place, "walking_minutes", spans.pop("walking_minutes").astype(float))
    known = "of the last week" if over == 1 else f"a week, the mean of the last {over} weeks"
    said = (
        f"Walking is the minutes {known} ({measured_by}), in force from {lag:g} days after its end."
    )
    notes = [*frame.attrs["notes"], *late_weeks(late)]
    # Half of the weeks must be known before a mean of them is.
    unknown = 7.0 * ((over + 1) // 2) + lag
    blank = float((spans["stop_days"] - spans["start_days"])[spans["walking_minutes"].isna()].sum())
    if blank:
        notes.append(_said_of_blanks(spans, blank, unknown))
    spans.attrs = {
        **frame.attrs,
        "derived": f"{frame.attrs['derived']}, with walking as it changed",
        "notes": tuple(notes),
        "method": f"{frame.attrs['method']} {said}",
        "lag_days": lag,
        "minutes_unknown_until_days": unknown,
    }
    return spans


def _said_of_blanks(spans: pd.DataFrame, days: float, unknown: float) -> str:
    """How much follow-up has no known minutes, and how many events, from the start and later."""
    blank = spans[spans["walking_minutes"].isna()]
    early = float(
        (blank["stop_days"].clip(upper=unknown) - blank["start_days"]).clip(lower=0).sum()
    )
    events = blank.loc[blank["event"], "stop_days"]
    first = int((events <= unknown).sum())
    return (
        f"{days:g} days at risk have no known minutes, with {len(events)} event(s) in them: "
        f"missing, not 0, and left out of a model of the minutes. {early:g} of the days and "
        f"{first} of the events lie in the first {unknown:g} days, when no minutes can be known "
        "yet (the first weeks and the lag)."
    )


def _lag(lag_days: float) -> float:
    try:
        lag = float(lag_days)
    except (TypeError, ValueError):
        lag = np.nan
    if not (np.isfinite(lag) and lag >= 0):
        raise ValueError(
            f"lag_days must be a number of days of at least 0, got {lag_days!r}: a negative lag "
            "would use walking that had not happened yet."
        )
    return lag


def _weeks(weeks: int) -> int:
    if isinstance(weeks, bool) or not isinstance(weeks, (int, np.integer)) or weeks < 1:
        raise ValueError(f"weeks must be a whole number of at least 1, got {weeks!r}.")
    return int(weeks)


def _mean_of(minutes: Floats, weeks: int) -> Floats:
    """Mean of each week and those before it, as many as given; nan where under half are known."""
    if weeks == 1:
        return minutes
    # Beyond the last week on record no weeks are known, and the means run out.
    minutes = np.hstack([minutes, np.full((len(minutes), weeks - 1), np.nan)])
    known = ~np.isnan(minutes)
    out = np.full(minutes.shape, np.nan)
    for week in range(minutes.shape[1]):
        window = slice(max(week + 1 - weeks, 0), week + 1)
        count = known[:, window].sum(axis=1)
        enough = (2 * count >= weeks) & (count > 0)
        out[enough, week] = np.nansum(minutes[enough, window], axis=1) / count[enough]
    return out


def _changes(trial: Trial, minutes: Floats, lag: float) -> pd.DataFrame:
    """One row per participant and week in whose wake other minutes come into force."""
    # Before the first week and after the last nothing is known.
    edge = np.full((len(minutes), 1), np.nan)
    values = np.hstack([minutes, edge])
    before = np.hstack([edge, minutes])
    same = (values == before) | (np.isnan(values) & np.isnan(before))
    who, week = np.nonzero(~same)
    return pd.DataFrame(
        {
            "participant_id": trial.people.index.to_numpy()[who],
            "since": 7.0 * (week + 1) + lag,
            "walking_minutes": values[who, week],
        }
    )
