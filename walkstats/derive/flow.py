"""Who was screened, randomised, followed and analysed?"""

from __future__ import annotations

import pandas as pd

from walkstats.derive.observed import observed_until
from walkstats.trial import Trial

FLOW_COLUMNS = ("stage", "arm", "reason", "n")


def participant_flow(trial: Trial) -> pd.DataFrame:
    """Numbers of the flow diagram.

    Parameters
    ----------
    trial : Trial

    Returns
    -------
    pandas.DataFrame
        One row per box, columns stage, arm (empty: all), reason (empty: the total of the stage), n.
        Stages: screened, excluded, randomised, allocated, no follow-up, withdrawn, analysed. Where
        the trial has no screening table the first two are absent.

    Notes
    -----
    Analysed are the participants observed from day 0 on (not those who missed the first check-in
    or all of them), in the arm to which they were randomised;
    those who withdrew are analysed until then. So screened = excluded + randomised, and in each arm
    allocated = analysed + no follow-up.

    Examples
    --------
    >>> import walkstats as ws
    >>> flow = ws.derive.participant_flow(ws.load_sample("bladder"))
    >>> flow.loc[flow["stage"] == "allocated", "n"].tolist()
    [48, 32, 38]
    """
    rows: list[tuple[str, str, str, int]] = _screened(trial)
    people = trial.people
    none = observed_until(trial, "censor")["observed_until_days"] <= 0
    rows.append(("randomised", "", "", len(people)))
    for arm in trial.arms:
        here = people["arm"] == arm
        rows.append(("allocated", arm, "", int(here.sum())))
        rows.append(("no follow-up", arm, "", int((here & none).sum())))
        gone = here & people["withdrawn_days"].notna()
        rows.append(("withdrawn", arm, "", int(gone.sum())))
        reasons = people.loc[gone, "withdrawal_reason"].fillna("reason not given")
        counted = reasons.value_counts().sort_index().sort_values(ascending=False, kind="stable")
        rows += [("withdrawn", arm, str(reason), int(n)) for reason, n in counted.items()]
        rows.append(("analysed", arm, "", int((here & ~none).sum())))
    frame = pd.DataFrame(rows, columns=list(FLOW_COLUMNS))
    frame.attrs = {
        "source": trial.source,
        "derived": f"{trial.name}: participant flow",
        "notes": (),
    }
    return frame


def _screened(trial: Trial) -> list[tuple[str, str, str, int]]:
    table = trial.screening
    rows = []
    for stage in ("screened", "excluded"):
        here = table[table["stage"] == stage]
        total = here[here["reason"].isna()]
        parts = here[here["reason"].notna()]
        if len(here):
            n = int(total["n"].sum()) if len(total) else int(parts["n"].sum())
            rows.append((stage, "", "", n))
            rows += [
                (stage, "", str(reason), int(count))
                for reason, count in zip(parts["reason"], parts["n"], strict=True)
            ]
    return rows
