"""Who had an adverse event, and how many were there?"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from walkstats.derive.harm_kinds import kinds_of, said_of_kinds
from walkstats.derive.observed import last_days
from walkstats.derive.whose import places
from walkstats.trial import Trial

HARM_COLUMNS = ("kind", "arm", "participants", "randomised", "percent", "events")


def adverse_events(trial: Trial, *, kinds: str | Sequence[str] | None = None) -> pd.DataFrame:
    """Participants with an adverse event, and events, by arm and kind.

    Parameters
    ----------
    trial : Trial
    kinds : str or sequence of str, optional
        As for ``harm_counts``: "event" for each event by name, "serious & body region" for a cross
        classification.

    Returns
    -------
    pandas.DataFrame
        One row per kind and arm: kind ("any", "serious", "related", and "body region: ..." for each
        region), arm, participants (with at least one such event), randomised, percent [%], events.
        Without rows where the trial records no adverse events.

    Raises
    ------
    ValueError
        For words that name no kind.
    DataError
        For events of people who are not participants.

    Notes
    -----
    The denominators are all participants randomised to the arm, also those without follow-up. An
    event for which serious or related is not recorded counts only under "any". Events before
    randomisation are left out; events after the end of follow-up count, and are said.

    Examples
    --------
    >>> import walkstats as ws
    >>> trial = ws.load_sample("walkback-like")
    >>> frame = ws.derive.adverse_events(trial)
    >>> frame.loc[frame["kind"] == "any", ["arm", "participants"]].to_numpy().tolist()
    [['control', 190], ['walking', 183]]
    >>> crossed = ws.derive.adverse_events(trial, kinds="related & body region: lower limb")
    >>> crossed["events"].tolist()
    [0, 25]
    """
    events, notes = since_randomisation(trial)
    own = places(trial, events, "adverse_events")
    arm_of = trial.people["arm"].to_numpy(dtype=object)
    rows = []
    chosen = kinds_of(events, kinds) if len(events) or kinds is not None else ()
    for kind in chosen:
        for arm in trial.arms:
            here = own[kind.chosen & (arm_of[own] == arm)]
            size = int((arm_of == arm).sum())
            who = len(np.unique(here))
            share = 100.0 * who / size if size else float("nan")
            rows.append((kind.label, arm, who, size, share, len(here)))
    frame = pd.DataFrame(rows, columns=list(HARM_COLUMNS))
    frame.attrs = {
        "source": trial.source,
        "derived": f"{trial.name}: adverse events",
        "notes": (*notes, *said_of_kinds(events, chosen)),
    }
    return frame


def since_randomisation(trial: Trial) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """The adverse events from day 0 on, and what is to be said of their days.

    Returns
    -------
    tuple
        Rows of the trial's table with a new index, and notes.
    """
    events = trial.adverse_events.reset_index(drop=True)
    day = events["onset_days"].to_numpy(dtype=float)
    before = day < 0
    events, day = events[~before].reset_index(drop=True), day[~before]
    late = int((day > last_days(trial)[places(trial, events, "adverse_events")]).sum())
    said = (
        (int(before.sum()), "began before randomisation; they are left out."),
        (late, "began after withdrawal or the planned end of follow-up; they count as recorded."),
    )
    return events, tuple(f"{n} adverse event(s) {what}" for n, what in said if n)
