"""Who had an adverse event, and how many were there?"""

from __future__ import annotations

import pandas as pd

from walkstats.trial import Trial

HARM_COLUMNS = ("kind", "arm", "participants", "randomised", "percent", "events")


def adverse_events(trial: Trial) -> pd.DataFrame:
    """Participants with an adverse event, and events, by arm and kind.

    Parameters
    ----------
    trial : Trial

    Returns
    -------
    pandas.DataFrame
        One row per kind and arm: kind ("any", "serious", "related", and "body region: ..." for each
        region), arm, participants (with at least one such event), randomised, percent [%], events.
        Without rows where the trial records no adverse events.

    Notes
    -----
    The denominators are all participants randomised to the arm. An event for which serious or
    related is not recorded counts only under "any".

    Examples
    --------
    >>> import walkstats as ws
    >>> frame = ws.derive.adverse_events(ws.load_sample("walkback-like"))
    >>> frame.loc[frame["kind"] == "any", ["arm", "participants"]].to_numpy().tolist()
    [['control', 190], ['walking', 183]]
    """
    events = trial.adverse_events.reset_index(drop=True)
    people = trial.people["arm"]
    rows = []
    if len(events):
        arm_of = events["participant_id"].map(people)
        for kind, chosen in _kinds(events):
            for arm in trial.arms:
                here = chosen & (arm_of == arm)
                who = events.loc[here, "participant_id"].nunique()
                size = int((people == arm).sum())
                share = 100.0 * who / size if size else float("nan")
                rows.append((kind, arm, who, size, share, int(here.sum())))
    frame = pd.DataFrame(rows, columns=list(HARM_COLUMNS))
    frame.attrs = {"source": trial.source, "derived": f"{trial.name}: adverse events", "notes": ()}
    return frame


def _kinds(events: pd.DataFrame) -> list[tuple[str, pd.Series]]:
    kinds = [("any", pd.Series(True, index=events.index))]
    for flag in ("serious", "related"):
        if flag in events and events[flag].notna().any():
            kinds.append((flag, events[flag].fillna(False).astype(bool)))
    if "body_region" in events:
        for region in sorted(events["body_region"].dropna().unique()):
            kinds.append((f"body region: {region}", events["body_region"] == region))
    return kinds
