"""How many adverse events of each kind had each participant, in how much time?"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from walkstats.derive.harm_kinds import kinds_of, said_of_kinds
from walkstats.derive.harms import since_randomisation
from walkstats.derive.observed_spans import ObservedSpans, observed_spans
from walkstats.derive.whose import places
from walkstats.errors import DataError
from walkstats.trial import Trial

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


def harm_counts(trial: Trial, *, kinds: str | Sequence[str] | None = None) -> pd.DataFrame:
    """Adverse events of every randomised participant, kind by kind, with the days observed.

    Parameters
    ----------
    trial : Trial
    kinds : str or sequence of str, optional
        What is counted: "any"; a flag ("serious", "related"); a column for each of its values
        ("body region", "event", or one that the table carries along, such as "grade"); one value
        ("event: fall"); combinations with ``&`` ("serious & body region: lower limb"). "serious or
        not recorded" takes what is unknown for serious. By default any, serious, related and the
        body regions.

    Returns
    -------
    pandas.DataFrame
        One row per kind and randomised participant: participant_id, arm, trial.strata, kind
        (Categorical in the order asked for), event (whether there was one), events, days (under
        observation) [days], events_observed (those on these days).

    Raises
    ------
    ValueError
        For words that name no kind.
    DataError
        Where the trial has no table of adverse events, or events of people who are not
        participants.

    Notes
    -----
    Everybody randomised has a row for each kind, also without follow-up, so that denominators are
    those of the arms. Days under observation are those that completed check-ins cover, until
    withdrawal or the planned end; in a trial without check-ins all days until then. An event from
    another day counts in ``events`` and not in ``events_observed``, which belongs to ``days``: a
    rate is only as good as the time in which events could be told. One without a day is taken to be
    under observation where its participant was.

    Examples
    --------
    >>> import walkstats as ws
    >>> frame = harm_counts(ws.load_sample("walkback-like"), kinds="body region: lower limb")
    >>> frame.groupby("arm", observed=True)["events"].sum().to_dict()
    {'control': 54, 'walking': 100}
    """
    if not trial.recorded("adverse_events"):
        raise DataError.of(
            "the trial has no table of adverse events, which is not to say that there were none",
            table="adverse_events",
            what_to_do="declare the table in trial.toml; one with a header and no rows says that "
            "nobody reported any",
        )
    events, notes = since_randomisation(trial)
    person = places(trial, events, "adverse_events")
    seen = _observed(trial, events, person)
    chosen = kinds_of(events, kinds)
    size = len(trial.participants)
    people = _people(trial)
    people["days"] = _days(observed_spans(trial, "resume"), size)
    tables = []
    for kind in chosen:
        counts = np.bincount(person[kind.chosen], minlength=size)
        own = people.assign(event=counts > 0, events=counts, kind=kind.label)
        own["events_observed"] = np.bincount(person[kind.chosen & seen], minlength=size)
        tables.append(own)
    frame = pd.concat(tables, ignore_index=True)
    labels = [kind.label for kind in chosen]
    frame["kind"] = pd.Categorical(frame["kind"], categories=labels)
    columns = [*people.columns.drop("days"), "kind", "event", "events", "days", "events_observed"]
    frame = frame[columns]
    frame.attrs = {
        "source": trial.source,
        "derived": f"{trial.name}: adverse events by participant",
        "notes": (*notes, *said_of_kinds(events, chosen), *_said_of_days(people["days"], seen)),
    }
    return frame


def _people(trial: Trial) -> pd.DataFrame:
    own = trial.participants.reset_index(drop=True)
    frame = own[["participant_id", "arm", *trial.strata]].copy()
    frame["arm"] = pd.Categorical(own["arm"].to_numpy(), categories=list(trial.arms))
    return frame


def _observed(trial: Trial, events: pd.DataFrame, person: Ints) -> NDArray[np.bool_]:
    """Whether each event began on a day under observation."""
    spans = observed_spans(trial, "resume")
    # A span holds the days after its start; the day of randomisation itself is looked at as well.
    day = np.maximum(events["onset_days"].to_numpy(dtype=float), np.nextafter(0.0, 1.0))
    inside = spans.holding(person, np.where(np.isnan(day), 0.0, day)) >= 0
    followed = np.isin(person, spans.person)
    return np.asarray(np.where(np.isnan(day), followed, inside), dtype=bool)


def _days(spans: ObservedSpans, size: int) -> Floats:
    """Days under observation of each participant."""
    return np.bincount(spans.person, spans.stop - spans.start, minlength=size).astype(float)


def _said_of_days(days: pd.Series, seen: NDArray[np.bool_]) -> tuple[str, ...]:
    none, unseen = int((days <= 0).sum()), int((~seen).sum())
    notes = []
    if none:
        notes.append(
            f"{none} participant(s) were never under observation: they count among the randomised, "
            "and add nothing to rates."
        )
    if unseen:
        notes.append(
            f"{unseen} adverse event(s) began on days that no completed check-in covers: they "
            "count among the events, not in rates."
        )
    return tuple(notes)
