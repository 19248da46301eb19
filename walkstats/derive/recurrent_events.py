"""When was each participant at risk of a recurrence, the first and every later one?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from walkstats._arguments import check_choice
from walkstats.derive.at_randomisation import baseline as at_baseline
from walkstats.derive.first_events import KINDS
from walkstats.derive.observed_spans import (
    GAP,
    SPAN_RULES,
    ObservedSpans,
    observed_spans,
)
from walkstats.derive.pain_episodes import Episodes, pain_episodes
from walkstats.numerics.cutting import pairs_of
from walkstats.trial import Trial

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Booleans = NDArray[np.bool_]

AT_RISK = {
    "out_of_episode": "days in an episode, after its first, do not count as at risk",
    "recovered": "days in an episode, after its first, and the pain-free days that end it do not "
    "count as at risk",
    "under_observation": "all days under observation count as at risk, also those in an episode",
}


def recurrences(
    trial: Trial,
    *,
    kind: str,
    at_risk: str,
    gap_days: float = 7,
    baseline: Sequence[str] = (),
    after_gap: str = "censor",
    observed_until_days: float | None = None,
) -> pd.DataFrame:
    """When each participant was at risk of a recurrence, the first and every later one.

    Parameters
    ----------
    trial : Trial
    kind : {"any", "activity_limiting", "care_seeking"}
        Which episodes count. One that limits activities only later counts from the first day that
        it does.
    at_risk : {"out_of_episode", "under_observation", "recovered"}
        Which days count as at risk; there is no default, since the choice changes what is
        estimated (see Notes). "out_of_episode": not those after the first day of an episode, up to
        its last; "recovered": nor the ``gap_days`` pain-free days after it; "under_observation":
        all that were observed.
    gap_days : float
        Pain-free days that end an episode [days].
    baseline : sequence of str
        Columns of participants, or measures at month 0, to carry along.
    after_gap : {"censor", "carry", "resume"}
        After the first period that no completed check-in covers, recurrences may be unknown:
        "censor" ends follow-up there; "carry" goes on to the last completed check-in as if there
        were no gap; "resume" leaves the gap out and follows again after it.
    observed_until_days : float, optional
        Nothing after this day counts [days from randomisation].

    Returns
    -------
    pandas.DataFrame
        One row per participant and spell at risk, by participant and time: participant_id, arm
        (Categorical), episode (1 until the first event, 2 until the second, ...), start_days and
        stop_days (at risk when start < t <= stop), event (bool), ended_by, observed_until_days
        (last day under observation of the participant), the strata and the baseline columns.

        ``attrs``: source, derived, notes, method (how episodes and days at risk are defined, for a
        methods section), kind, at_risk, gap_days, after_gap.

    Raises
    ------
    ValueError
        For an unknown kind, rule or column, or days that are none.
    DataError
        When the trial does not record this kind of recurrence, or a recurrence ends before it
        begins or begins before randomisation.

    Notes
    -----
    An episode ends on the last day of pain before ``gap_days`` pain-free days, so recurrences
    reported closer together are one. The day on which it begins is at risk, and the event is on it.

    Mean counts and rates need "under_observation": the number of recurrences in a year is that of
    all who were followed, and an arm with longer episodes would look healthier per day out of
    them. Intensity models may take either. By the definition of an episode no other can begin
    within ``gap_days`` after one, so "out_of_episode" counts some days on which nothing can happen,
    more of them in the arm that recurs more often, and pulls ratios towards 1; "recovered" does
    not.

    A recurrence reported from a day that was not observed is no event. It still keeps its
    participant out of the days at risk, unless these are all "under_observation". Withdrawal and
    the planned end of follow-up end observation, and what was reported from later days is left out
    altogether. With "resume"
    earlier recurrences may be unknown, so ``episode`` counts those known: do not stratify by it.

    Where no last day of pain is known, the episode goes on to the end of observation, or, when
    another follows it, to its last day known. In a trial that records no last days at all, episodes
    are their days known.

    Participants without any time at risk keep one row with 0 days. A recurrence on the day of
    randomisation has 0 days too; survival methods count neither as at risk.

    Examples
    --------
    >>> import walkstats as ws
    >>> trial = ws.load_sample("bladder")
    >>> frame = ws.derive.recurrences(trial, kind="any", at_risk="under_observation")
    >>> len(frame), int(frame["event"].sum())
    (294, 189)
    >>> one = frame[frame["participant_id"] == "10"]
    >>> one[["episode", "start_days", "stop_days", "event"]].to_numpy().tolist()
    [[1, 0.0, 365.25, True], [2, 365.25, 487.0, True], [3, 487.0, 547.875, False]]
    """
    check_choice(kind, KINDS, "kind")
    check_choice(at_risk, AT_RISK, "at_risk")
    check_choice(after_gap, SPAN_RULES, "after_gap")
    episodes = pain_episodes(trial, KINDS[kind], gap_days)
    spans = observed_spans(trial, after_gap, observed_until_days)
    spells = spells_at_risk(episodes, spans, at_risk, float(gap_days))
    carried = tuple(dict.fromkeys([*trial.strata, *baseline]))
    people = at_baseline(trial, columns=carried)
    frame = people.iloc[spells.person].reset_index(drop=True)
    words = np.where(spells.event, "recurrence", spells.ended_by)
    made = {
        "episode": spells.episode,
        "start_days": spells.start,
        "stop_days": spells.stop,
        "event": spells.event,
        "ended_by": words.astype(object),
        "observed_until_days": spans.until[spells.person],
    }
    for place, (name, column) in enumerate(made.items(), 2):
        frame.insert(place, name, column)
    frame.attrs = {
        "source": trial.source,
        "derived": f"{trial.name}: recurrent events, {KINDS[kind].described}",
        "notes": (*episodes.notes, *_notes(spells, len(people)), *people.attrs["notes"]),
        "method": _method(kind, at_risk, float(gap_days), after_gap, observed_until_days),
        "kind": kind,
        "at_risk": at_risk,
        "gap_days": float(gap_days),
        "after_gap": after_gap,
    }
    return frame


@dataclass(frozen=True)
class Spells:
    """Spells at risk, ordered by participant and time; arrays of shape (m,).

    ``person`` is the place among the participants, ``episode`` counts events known before, plus 1;
    at risk when ``start`` < t <= ``stop``; ``ended_by`` says why observation ended, also where
    ``event`` is true. ``unseen`` counts recurrences on days that were not observed.
    """

    person: Ints
    episode: Ints
    start: Floats
    stop: Floats
    event: Booleans
    ended_by: NDArray[np.object_]
    unseen: int


def spells_at_risk(
    episodes: Episodes, spans: ObservedSpans, at_risk: str, gap_days: float
) -> Spells:
    """Spells at risk within the spans under observation, between the episodes that meet the kind.

    Parameters
    ----------
    episodes : Episodes
    spans : ObservedSpans
    at_risk : str
        A key of ``AT_RISK``.
    gap_days : float
    """
    people = np.arange(len(spans.until))
    chosen = np.flatnonzero(~np.isnan(episodes.met))
    person, day, last = episodes.person[chosen], episodes.met[chosen], episodes.last[chosen]
    seen = (spans.holding(person, day) >= 0) | (day == 0)
    unseen = int((~seen).sum())
    if at_risk == "under_observation":
        person, day, seen = person[seen], day[seen], seen[seen]
        last = day
    release = last + gap_days if at_risk == "recovered" else last
    # The days from one episode to the next, and from the last one on.
    who = np.concatenate([person, people])
    stop = np.concatenate([day, np.full(len(people), np.inf)])
    event = np.concatenate([seen, np.zeros(len(people), dtype=bool)])
    freed = np.concatenate([release, np.full(len(people), np.nan)])
    order = np.lexsort((stop, who))
    who, stop, event, freed = who[order], stop[order], event[order], freed[order]
    first = np.diff(who, prepend=-1) != 0
    start = np.where(first, 0.0, np.append(0.0, freed[:-1]))
    return _within(spans, who, start, stop, event, unseen)


def _within(
    spans: ObservedSpans, who: Ints, start: Floats, stop: Floats, event: Booleans, unseen: int
) -> Spells:
    """The parts of the spells that were observed; one of 0 days for who has none."""
    row, span = pairs_of(who, spans.person)
    begin = np.maximum(start[row], spans.start[span])
    end = np.minimum(stop[row], spans.stop[span])
    kept = begin < end
    row, span, begin, end = row[kept], span[kept], begin[kept], end[kept]
    at_start = np.flatnonzero(event & (stop == 0))
    none = np.setdiff1d(np.arange(len(spans.until)), np.append(who[row], who[at_start]))
    nobody = np.zeros(len(at_start) + len(none))
    person = np.concatenate([who[row], who[at_start], none])
    begin, end = np.append(begin, nobody), np.append(end, nobody)
    happened = np.concatenate(
        [event[row] & (end[: len(row)] == stop[row]), event[at_start], np.zeros(len(none), bool)]
    )
    final = np.append(_is_last(spans)[span], np.ones(len(nobody), dtype=bool))
    order = np.lexsort((end, begin, person))
    person, happened = person[order], happened[order]
    before = pd.Series(happened).groupby(person).cumsum().to_numpy() - happened
    return Spells(
        person=person,
        episode=before.astype(np.int64) + 1,
        start=begin[order],
        stop=end[order],
        event=happened,
        ended_by=np.where(final[order], spans.ended_by[person], GAP).astype(object),
        unseen=unseen,
    )


def _is_last(spans: ObservedSpans) -> Booleans:
    last = np.ones(len(spans.person), dtype=bool)
    last[:-1] = spans.person[1:] != spans.person[:-1]
    return last


def _notes(spells: Spells, people: int) -> list[str]:
    notes = []
    if spells.unseen:
        notes.append(
            f"{spells.unseen} episode(s) began on days that were not observed; they are no events."
        )
    idle = people - len(np.unique(spells.person[spells.stop > spells.start]))
    if idle:
        notes.append(f"{idle} participant(s) without time at risk are counted, not at risk.")
    return notes


def _method(kind: str, at_risk: str, gap_days: float, after_gap: str, until: float | None) -> str:
    ends = f"An episode ends on the last day of pain before {gap_days:g} pain-free days"
    limit = "" if until is None else f", up to day {until:g}"
    return (
        f"Events are episodes of {KINDS[kind].described}. {ends}; {AT_RISK[at_risk]} ({at_risk}). "
        f"Participants were {SPAN_RULES[after_gap]}{limit}."
    )
