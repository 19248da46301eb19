"""On how many days was each participant in an episode of pain?"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from walkstats._arguments import check_choice, check_positive
from walkstats.derive.at_randomisation import baseline as at_baseline
from walkstats.derive.first_events import KINDS
from walkstats.derive.observed_spans import SPAN_RULES, ObservedSpans, observed_spans
from walkstats.derive.pain_episodes import Episodes, pain_episodes
from walkstats.numerics.cutting import pairs_of
from walkstats.trial import Trial

Floats = NDArray[np.float64]


def days_in_pain(
    trial: Trial,
    *,
    kind: str,
    days: float = 365,
    gap_days: float = 7,
    baseline: Sequence[str] = (),
    after_gap: str = "censor",
) -> pd.DataFrame:
    """On how many days each participant was in an episode of pain.

    Parameters
    ----------
    trial : Trial
    kind : {"any", "activity_limiting", "care_seeking"}
        Which episodes count, each from the first day that meets the definition to its last day.
    days : float
        How long from randomisation [days].
    gap_days : float
        Pain-free days that end an episode [days]. Fewer of them within an episode count as days in
        it; with 0 only days reported as painful count.
    baseline : sequence of str
        Columns of participants, or measures at month 0, to carry along.
    after_gap : {"censor", "carry", "resume"}
        As in ``recurrences``.

    Returns
    -------
    pandas.DataFrame
        One row per participant: participant_id, arm (Categorical), days_in_pain [days], episodes
        (that began under observation), observed_days [days], the strata and the baseline columns.

    Raises
    ------
    ValueError
        For an unknown kind, rule or column, or days that are none.
    DataError
        When the trial does not record this kind of recurrence.

    Notes
    -----
    Day t is the time (t - 1, t], so an episode from day 10 to day 12 has 3 days. Only days under
    observation count: compare arms by days_in_pain per observed_days (a rate regression with
    observed_days as exposure), or restrict to those observed throughout and say so. Who was not
    observed has 0 of 0 days.

    For whole days, and no gaps resumed, the days at risk "out_of_episode" of ``recurrences`` are
    those "under_observation" less days_in_pain plus episodes, since the first day of an episode is
    still at risk.

    Examples
    --------
    >>> import walkstats as ws
    >>> frame = ws.derive.days_in_pain(ws.load_sample("walkback-like"), kind="any")
    >>> frame[["days_in_pain", "episodes", "observed_days"]].head(2).to_numpy().tolist()
    [[47.0, 3.0, 365.0], [55.0, 11.0, 335.0]]
    """
    check_choice(kind, KINDS, "kind")
    check_choice(after_gap, SPAN_RULES, "after_gap")
    horizon = check_positive(days, "days", "days")
    episodes = pain_episodes(trial, KINDS[kind], gap_days)
    spans = observed_spans(trial, after_gap, horizon)
    people = at_baseline(trial, columns=tuple(dict.fromkeys([*trial.strata, *baseline])))
    observed = np.bincount(spans.person, spans.stop - spans.start, minlength=len(people))
    begun = episodes.person[spans.holding(episodes.person, episodes.met) >= 0]
    people.insert(2, "days_in_pain", days_within(episodes, spans))
    people.insert(3, "episodes", np.bincount(begun, minlength=len(people)))
    people.insert(4, "observed_days", observed)
    short = int(((observed < horizon) & (observed > 0)).sum())
    notes = [*episodes.notes, *people.attrs["notes"]]
    if short:
        notes.append(f"{short} participant(s) were observed for fewer than {horizon:g} days.")
    if not observed.all():
        notes.append(f"{int((observed == 0).sum())} participant(s) were not observed.")
    people.attrs = {
        "source": trial.source,
        "derived": f"{trial.name}: days in an episode of {KINDS[kind].described}",
        "notes": tuple(notes),
        "method": f"Days in an episode of {KINDS[kind].described} among the first {horizon:g} "
        f"days; an episode ends on the last day of pain before {float(gap_days):g} pain-free days. "
        f"Participants were {SPAN_RULES[after_gap]}.",
        "kind": kind,
        "gap_days": float(gap_days),
        "after_gap": after_gap,
    }
    return people


def days_within(episodes: Episodes, spans: ObservedSpans) -> Floats:
    """Days of each participant in episodes and under observation."""
    chosen = np.flatnonzero(~np.isnan(episodes.met))
    person, last = episodes.person[chosen], episodes.last[chosen]
    begin = episodes.met[chosen] - 1.0
    # With days that are not whole an episode may begin less than a day after the one before.
    follows = np.append(False, person[1:] == person[:-1])
    begin = np.where(follows, np.maximum(begin, np.append(0.0, last[:-1])), begin)
    row, span = pairs_of(person, spans.person)
    shared = np.minimum(last[row], spans.stop[span]) - np.maximum(begin[row], spans.start[span])
    days = np.zeros(len(spans.until))
    np.add.at(days, person[row], np.maximum(shared, 0.0))
    return days
