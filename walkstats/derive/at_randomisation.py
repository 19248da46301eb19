"""What was known of each participant at randomisation?"""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from walkstats._time_zero import immortal_time
from walkstats.trial import Trial


def baseline(trial: Trial, *, columns: Sequence[str] | None = None) -> pd.DataFrame:
    """What was known of each participant at randomisation.

    Parameters
    ----------
    trial : Trial
    columns : sequence of str, optional
        Columns of participants and measures of outcomes (their value at month 0, named
        ``<measure>_baseline``). All by default.

    Returns
    -------
    pandas.DataFrame
        One row per participant: participant_id, arm (Categorical, the reference first) and the
        columns.

    Raises
    ------
    ValueError
        For a name that is neither a column of participants nor a measure.

    Notes
    -----
    Columns of participants that are known only later (withdrawal, sessions attended) are given when
    they are asked for, and ``attrs["notes"]`` says that they must not be used from day 0 on.

    Examples
    --------
    >>> import walkstats as ws
    >>> frame = ws.derive.baseline(ws.load_sample("bladder"), columns=["number"])
    >>> list(frame.columns)
    ['participant_id', 'arm', 'number']
    """
    people = trial.participants.reset_index(drop=True)
    before = _at_month_zero(trial)
    asked = columns or ()
    if columns is None:
        own = [c for c in people.columns if c not in ("participant_id", "arm")]
        columns = [*own, *before.columns]
    frame = people[["participant_id"]].copy()
    frame["arm"] = pd.Categorical(people["arm"].to_numpy(), categories=list(trial.arms))
    for name in columns:
        measured = f"{name}_baseline" if f"{name}_baseline" in before else name
        if name in people.columns:
            frame[name] = people[name]
        elif measured in before:
            frame[measured] = (
                before[measured].reindex(people["participant_id"].to_numpy(dtype=object)).to_numpy()
            )
        else:
            known = ", ".join([*people.columns, *before.columns])
            raise ValueError(f"No baseline column {name!r}. There are: {known}.")
    frame.attrs = {
        "source": trial.source,
        "derived": f"{trial.name}: participants at randomisation",
        "notes": immortal_time(asked, spells=False),
    }
    return frame


def _at_month_zero(trial: Trial) -> pd.DataFrame:
    """Measures at month 0: index participant_id, columns ``<measure>_baseline``."""
    rows = trial.outcomes[trial.outcomes["month"] == 0]
    wide = {}
    for name in sorted(rows["measure"].dropna().unique()):
        here = rows[rows["measure"] == name]
        ids = pd.Index(here["participant_id"].to_numpy(), dtype=object)
        wide[f"{name}_baseline"] = pd.Series(here["value"].to_numpy(dtype=float), index=ids)
    return pd.DataFrame(wide, index=trial.people.index)
