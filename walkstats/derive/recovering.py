"""How long did the first recurrence last, and how bad was it, among those who recurred?"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from walkstats._arguments import check_choice
from walkstats.derive.at_randomisation import baseline as at_baseline
from walkstats.derive.first_events import KINDS
from walkstats.derive.observed import GAP_RULES
from walkstats.derive.observed_spans import observed_spans
from walkstats.derive.pain_episodes import pain_episodes
from walkstats.errors import DataError
from walkstats.trial import Trial

Ints = NDArray[np.int64]

# Column of recurrences -> how reports that make one episode are put together.
SEVERITY = {"worst_pain_nrs": "max", "average_pain_nrs": "mean", "interference": "max"}
RECOVERED, UNKNOWN_END = "recovered", "last day of pain not known"
CAUTION = (
    "Only those who recurred are compared, and who recurs differs between arms: this is not a "
    "comparison of randomised groups."
)


def recovery(
    trial: Trial,
    *,
    kind: str,
    gap_days: float = 7,
    baseline: Sequence[str] = (),
    after_gap: str = "censor",
) -> pd.DataFrame:
    """How long the first recurrence lasted and how bad it was, among those who recurred.

    Parameters
    ----------
    trial : Trial
    kind : {"any", "activity_limiting", "care_seeking"}
        Which recurrences count; the time begins on the first day that meets the definition.
    gap_days : float
        Pain-free days that end an episode [days].
    baseline : sequence of str
        Columns of participants, or measures at month 0, to carry along.
    after_gap : {"censor", "carry"}
        As in ``first_recurrence``. With "censor" a last day of pain that was told only after a gap
        does not count; the row ends at the gap.

    Returns
    -------
    pandas.DataFrame
        One row per participant who recurred under observation: participant_id, arm (Categorical),
        onset_days [days from randomisation], days (days of the episode, its first counting as 1)
        [days], event (bool: recovered), ended_by, worst_pain_nrs [0-10], average_pain_nrs [0-10],
        interference [0-4], the strata and the baseline columns.

    Raises
    ------
    ValueError
        For an unknown kind, rule or column.
    DataError
        When the trial does not record this kind of recurrence, or records no last days of pain.

    Notes
    -----
    An episode from day 10 to day 12 took 3 days. Worst pain and interference are the highest, and
    average pain the mean, of the reports that make the episode. Kaplan-Meier curves and Cox models
    take the frame as it is; a hazard ratio above 1 is faster recovery.

    Without a recorded last day nobody is known to have recovered on any day: the row is censored,
    at the end of observation or, where another episode follows, on the last day on which there is
    known to have been pain.

    Whether somebody recurs is itself an outcome of the arms, so those who did are no longer
    randomised groups; ``attrs["notes"]`` says so first.

    References
    ----------
    Pocovi NC, et al. Effect of a walking plus education program on the duration and severity of
    recurrences of low back pain. J Orthop Sports Phys Ther 2025. doi:10.2519/jospt.2025.13361

    Examples
    --------
    >>> import walkstats as ws
    >>> frame = ws.derive.recovery(ws.load_sample("walkback-like"), kind="any")
    >>> frame.groupby("arm", observed=True)["days"].median().to_dict()
    {'control': 4.0, 'walking': 3.0}
    """
    check_choice(kind, KINDS, "kind")
    check_choice(after_gap, GAP_RULES, "after_gap")
    _check_ends_recorded(trial)
    episodes = pain_episodes(trial, KINDS[kind], gap_days)
    spans = observed_spans(trial, after_gap)
    seen = np.flatnonzero((spans.holding(episodes.person, episodes.met) >= 0) | (episodes.met == 0))
    who, place = np.unique(episodes.person[seen], return_index=True)
    first = seen[place]
    until, last, onset = spans.until[who], episodes.last[first], episodes.met[first]
    # An episode without a last day that another follows is over, but nobody knows since when.
    untold = ~episodes.ended[first] & (last <= until)
    recovered = (last <= until) & ~untold
    why = np.where(untold, UNKNOWN_END, spans.ended_by[who].astype(object))
    frame = at_baseline(trial, columns=tuple(dict.fromkeys([*trial.strata, *baseline])))
    frame = frame.iloc[who].reset_index(drop=True)
    made = {
        "onset_days": onset,
        "days": np.minimum(last, until) - onset + 1.0,
        "event": recovered,
        "ended_by": np.where(recovered, RECOVERED, why).astype(object),
        **_severity(episodes.rows, episodes.reports, first),
    }
    for position, (name, column) in enumerate(made.items(), 2):
        frame.insert(position, name, column)
    frame.attrs = {
        "source": trial.source,
        "derived": f"{trial.name}: recovery from the first {KINDS[kind].described}",
        "notes": (CAUTION, *episodes.notes, *_censored(untold), *frame.attrs["notes"]),
        "method": f"Time from the first day of the first {KINDS[kind].described} to its last day "
        f"before {float(gap_days):g} pain-free days, among those who recurred; without recovery: "
        f"{GAP_RULES[after_gap]}.",
        "kind": kind,
        "gap_days": float(gap_days),
        "after_gap": after_gap,
    }
    return frame


def _censored(untold: NDArray[np.bool_]) -> list[str]:
    number = int(untold.sum())
    words = "first episode(s) over by the next one, on a day not recorded: censored on the last "
    return [f"{number} {words}day on which there is known to have been pain."] if number else []


def _check_ends_recorded(trial: Trial) -> None:
    last = trial.recurrences["resolved_days"]
    if len(last) and last.isna().all():
        raise DataError.of(
            "the trial records no last days of pain, so recovery is not known",
            table="recurrences",
            column="resolved_days",
            what_to_do="map the team's column to it in trial.toml",
        )


def _severity(rows: pd.DataFrame, reports: Ints, first: Ints) -> dict[str, NDArray[np.float64]]:
    """Pain and interference of each episode, from the reports that make it."""
    told = rows[list(SEVERITY)].astype(float).groupby(reports).agg(SEVERITY)
    return {name: told[name].reindex(first).to_numpy(dtype=float) for name in SEVERITY}
