"""Who was screened, randomised, followed and analysed?"""

from __future__ import annotations

import pandas as pd

from walkstats._deaths import died
from walkstats.derive.observed import FIRST_MISSED, observed_until
from walkstats.trial import Trial

FLOW_COLUMNS = ("stage", "arm", "reason", "n")
Box = tuple[str, str, str, int]


def participant_flow(trial: Trial) -> pd.DataFrame:
    """Numbers of the flow diagram.

    Parameters
    ----------
    trial : Trial

    Returns
    -------
    pandas.DataFrame
        One row per box, columns stage, arm (empty: all), reason (empty: the total of the stage), n.
        Stages: screened, excluded, randomised, allocated, no follow-up, withdrawn, died, analysed.
        Where the trial has no screening table the first two are absent, and where nobody died
        ``died`` is.

    Notes
    -----
    Analysed are the participants observed from day 0 on (not those who missed the first check-in
    or all of them), in the arm to which they were randomised;
    those who withdrew or died are analysed until then. So screened = excluded + randomised, and in
    each arm allocated = analysed + no follow-up. A withdrawal whose reason says so ("died", "death
    from ...") is a death and no withdrawal; ``attrs["notes"]`` lists the reasons taken so.

    Examples
    --------
    >>> import walkstats as ws
    >>> flow = ws.derive.participant_flow(ws.load_sample("bladder"))
    >>> flow.loc[flow["stage"] == "allocated", "n"].tolist()
    [48, 32, 38]
    """
    rows: list[Box] = _screened(trial)
    people = trial.people
    until = observed_until(trial, "censor")
    none = until["observed_until_days"] <= 0
    missed = until["ended_by"] == FIRST_MISSED
    dead = died(people)
    gone = people["withdrawn_days"].notna() & ~dead
    rows.append(("randomised", "", "", len(people)))
    for arm in trial.arms:
        here = people["arm"] == arm
        rows.append(("allocated", arm, "", int(here.sum())))
        rows.append(("no follow-up", arm, "", int((here & none).sum())))
        if (here & missed).any():
            parts = {"no check-in answered": none & ~missed, FIRST_MISSED: none & missed}
            counted = {reason: int((here & who).sum()) for reason, who in parts.items()}
            rows += [("no follow-up", arm, reason, n) for reason, n in counted.items() if n]
        rows += _by_reason("withdrawn", arm, people.loc[here & gone, "withdrawal_reason"])
        if dead.any():
            rows += _by_reason("died", arm, people.loc[here & dead, "withdrawal_reason"])
        rows.append(("analysed", arm, "", int((here & ~none).sum())))
    frame = pd.DataFrame(rows, columns=list(FLOW_COLUMNS))
    frame.attrs = {
        "source": trial.source,
        "derived": f"{trial.name}: participant flow",
        "notes": _counted_as_deaths(people.loc[dead, "withdrawal_reason"]),
    }
    return frame


def _by_reason(stage: str, arm: str, given: pd.Series) -> list[Box]:
    """The total of a box, and its reasons from the most frequent on."""
    reasons = given.fillna("reason not given")
    counted = reasons.value_counts().sort_index().sort_values(ascending=False, kind="stable")
    total = (stage, arm, "", len(given))
    if list(counted.index) == [stage]:
        return [total]
    return [total, *((stage, arm, str(reason), int(n)) for reason, n in counted.items())]


def _counted_as_deaths(reasons: pd.Series) -> tuple[str, ...]:
    listed = ", ".join(f"{reason!r}" for reason in sorted(reasons.unique()))
    return (f"Withdrawals counted as deaths, by their reason: {listed}.",) if listed else ()


def _screened(trial: Trial) -> list[Box]:
    table = trial.screening
    rows: list[Box] = []
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
