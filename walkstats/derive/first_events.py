"""When did pain first come back, or until when had it not?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from walkstats._arguments import check_choice
from walkstats.derive.at_randomisation import baseline as at_baseline
from walkstats.derive.observed import GAP_RULES, followed, observed_until
from walkstats.derive.whose import places, refuse_rows
from walkstats.errors import DataError
from walkstats.trial import Trial


@dataclass(frozen=True)
class Kind:
    """A definition of recurrence.

    Attributes
    ----------
    name : str
    described : str
    flag : str or None
        Column of recurrences that must be true.
    day : str or None
        Column of the first day that meets the definition; the onset where it is empty.
    """

    name: str
    described: str
    flag: str | None = None
    day: str | None = None

    @property
    def one(self) -> str:
        """One of it, with its article."""
        return f"{'an' if self.described[0] in 'aeiou' else 'a'} {self.described}"


KINDS = {
    kind.name: kind
    for kind in (
        Kind("any", "recurrence of any kind"),
        Kind(
            "activity_limiting",
            "activity-limiting recurrence",
            "activity_limiting",
            "activity_limiting_days",
        ),
        Kind("care_seeking", "recurrence with care sought", "care_seeking", "care_seeking_days"),
    )
}


def first_recurrence(
    trial: Trial,
    *,
    kind: str,
    baseline: Sequence[str] = (),
    after_gap: str = "censor",
) -> pd.DataFrame:
    """Time to the first recurrence of each participant.

    Parameters
    ----------
    trial : Trial
    kind : {"any", "activity_limiting", "care_seeking"}
        Which recurrences count. One that limits activities only later, inside a milder episode,
        counts from the first day that it does.
    baseline : sequence of str
        Columns of participants, or measures at month 0, to carry along.
    after_gap : {"censor", "carry"}
        After the first period that no completed check-in covers, recurrences may be unknown:
        "censor" ends follow-up there; "carry" goes on to the last completed check-in.

    Returns
    -------
    pandas.DataFrame
        One row per participant: participant_id, arm (Categorical), days [days from randomisation],
        event (bool), ended_by, the strata and the baseline columns.

    Raises
    ------
    ValueError
        For an unknown kind, rule or column.
    DataError
        When the trial does not record this kind of recurrence.

    Notes
    -----
    Day 0 is randomisation. Without an event the row ends on the last observed day, never at the
    planned end of somebody who stopped answering. Withdrawal and the planned end of follow-up end
    observation, whatever was reported from later days. Participants without follow-up stay in the
    frame with 0 days; survival methods count them as not at risk. Recurrences after the end of
    observation are not counted, and ``attrs["notes"]`` says how many.

    Examples
    --------
    >>> import walkstats as ws
    >>> events = ws.derive.first_recurrence(ws.load_sample("bladder"), kind="any")
    >>> len(events), int(events["event"].sum())
    (118, 62)
    """
    check_choice(kind, KINDS, "kind")
    check_choice(after_gap, GAP_RULES, "after_gap")
    definition = KINDS[kind]
    reports = len(trial.recurrences)
    trial, left_out = followed(trial)
    until = observed_until(trial, after_gap)
    ended = until["observed_until_days"].to_numpy(dtype=float)
    person, days, unknown = met_days(trial, definition)
    within = days <= ended[person]
    beyond = days > ended[person]
    first = np.full(len(ended), np.inf)
    np.minimum.at(first, person[within], days[within])
    event = np.isfinite(first)
    late = len(np.unique(person[beyond & ~event[person]]))
    carried = tuple(dict.fromkeys([*trial.strata, *baseline]))
    frame = at_baseline(trial, columns=carried)
    frame.insert(2, "days", np.where(event, first, ended))
    frame.insert(3, "event", event)
    frame.insert(4, "ended_by", np.where(event, "recurrence", until["ended_by"].to_numpy()))
    notes = _notes(definition, reports, unknown, late, frame, after_gap)
    frame.attrs = {
        "source": trial.source,
        "derived": f"{trial.name}: time to first {definition.described}",
        "notes": (*notes, *left_out, *frame.attrs["notes"]),
        "method": notes[0],
    }
    return frame


def met_days(trial: Trial, kind: Kind) -> tuple[NDArray[np.int64], NDArray[np.float64], int]:
    """When did each reported recurrence first meet the definition?

    Returns
    -------
    tuple
        Place of the participant and first day that meets it (nan: it does not) of each row of
        recurrences, in their order; and of how many rows that is unknown.

    Raises
    ------
    DataError
        When the trial does not record this kind of recurrence, or a recurrence has no day after
        randomisation.
    """
    if not trial.recorded("recurrences"):
        raise DataError.of(
            "the trial has no table of recurrences, so none is known, which is not to say that "
            "there were none",
            table="recurrences",
            what_to_do="declare the table in trial.toml; one with a header and no rows says that "
            "nobody reported any",
        )
    rows = trial.recurrences
    person = places(trial, rows, "recurrences")
    onset = rows["onset_days"].to_numpy(dtype=float)
    refuse_rows(
        rows,
        ~(np.isfinite(onset) & (onset >= 0)),
        "recurrences",
        "onset_days",
        "recurrences begin before randomisation, never, or on no day",
        "correct the days, or leave these rows out",
    )
    if kind.flag is None:
        return person, onset, 0
    if len(rows) and rows[kind.flag].isna().all():
        raise DataError.of(
            f"the trial does not record {kind.described}",
            table="recurrences",
            column=kind.flag,
            what_to_do="map the team's column to it in trial.toml, or take kind='any'",
        )
    met = rows[kind.flag].fillna(False).to_numpy(dtype=bool)
    first = rows[kind.day].to_numpy(dtype=float)
    days = np.where(met, np.where(np.isnan(first), onset, first), np.nan)
    refuse_rows(
        rows,
        days < onset,
        "recurrences",
        str(kind.day),
        f"the first day of {kind.described} lies before the onset",
        "correct one of the two",
    )
    return person, days, int(rows[kind.flag].isna().sum())


def _notes(
    kind: Kind, reports: int, unknown: int, late: int, frame: pd.DataFrame, after_gap: str
) -> tuple[str, ...]:
    notes = [f"First {kind.described}; without one: {GAP_RULES[after_gap]}."]
    if reports == 0:
        notes.append("The table of recurrences has no rows: nobody is known to have had any.")
    if unknown:
        notes.append(
            f"{unknown} recurrence(s) do not say whether they were {kind.one}; they are not "
            "counted as one."
        )
    if late:
        notes.append(
            f"{late} participant(s) reported their first {kind.described} only beyond the observed "
            "period; it is not counted."
        )
    none = int(((frame["days"] <= 0) & ~frame["event"]).sum())
    if none:
        notes.append(f"{none} participant(s) without follow-up from day 0 are not at risk.")
    return tuple(notes)
