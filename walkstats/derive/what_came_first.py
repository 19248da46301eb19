"""What came first: a recurrence, an event that rules it out, or the end of observation?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from walkstats._arguments import as_names, check_choice
from walkstats._deaths import died
from walkstats.derive.at_randomisation import baseline as at_baseline
from walkstats.derive.first_events import first_recurrence
from walkstats.derive.observed import GAP_RULES, last_days, observed_until
from walkstats.derive.whose import places
from walkstats.trial import Trial

Floats = NDArray[np.float64]

RECURRENCE, CENSORED = "recurrence", "censored"
DEATH = "death"


def competing_events(
    trial: Trial,
    *,
    kind: str,
    competing: str | Sequence[str] | Mapping[str, str | Sequence[str]] = (DEATH,),
    baseline: Sequence[str] = (),
    after_gap: str = "censor",
) -> pd.DataFrame:
    """Which came first for each participant: a recurrence, an event that rules it out, or neither.

    Parameters
    ----------
    trial : Trial
    kind : {"any", "activity_limiting", "care_seeking"}
        Which recurrences count, as in ``first_recurrence``.
    competing : str, sequence of str, or mapping of str to str or sequence of str
        Events that compete. "death" is a withdrawal whose reason says so ("died", "death from
        ..."), or the day in a column ``death_days`` of participants. Any other name is a reason for
        withdrawal, or has a column ``<name>_days`` of participants. A mapping gives the reasons
        for withdrawal that each name stands for.
    baseline : sequence of str
        Columns of participants, or measures at month 0, to carry along.
    after_gap : {"censor", "carry"}
        As in ``first_recurrence``.

    Returns
    -------
    pandas.DataFrame
        One row per participant: participant_id, arm (Categorical), days [days from randomisation],
        outcome (Categorical: "censored", "recurrence", then the competing events), the strata and
        the baseline columns.

    Raises
    ------
    ValueError
        For an unknown kind, rule or column, or a competing event that the trial does not know.
    DataError
        When the trial does not record this kind of recurrence.

    Notes
    -----
    Only what rules out a recurrence competes: death. Surgery, pregnancy and the like are
    intercurrent events; under a treatment policy recurrences count whether they happen or not, so
    they are no outcome here unless they are named. Whoever withdrew for another reason is censored.

    A competing event counts when it happened under observation, or before the period was over that
    the next check-in would have asked about, and not after withdrawal or the planned end of
    follow-up. When a check-in was missed in between, the
    participant is censored where observation ended, and ``attrs["notes"]`` says so. On the same day
    a recurrence comes first.

    References
    ----------
    ICH E9(R1) addendum on estimands and sensitivity analysis in clinical trials. 2019.

    Examples
    --------
    >>> import walkstats as ws
    >>> frame = ws.derive.competing_events(ws.load_sample("bladder"), kind="any")
    >>> frame["outcome"].value_counts(sort=False).to_dict()
    {'censored': 39, 'recurrence': 62, 'death': 17}
    """
    check_choice(after_gap, GAP_RULES, "after_gap")
    first = first_recurrence(trial, kind=kind, after_gap=after_gap)
    until = observed_until(trial, after_gap)["observed_until_days"].to_numpy(dtype=float)
    days = first["days"].to_numpy(dtype=float, copy=True)
    outcome = np.where(first["event"], RECURRENCE, CENSORED).astype(object)
    happened = _competing_days(trial, competing)
    limit = _followed_to(trial, until)
    unseen = 0
    for name, day in happened.items():
        known = ~np.isnan(day)
        beyond = known & (day > limit) & (outcome == CENSORED)
        unseen += int(beyond.sum())
        # On the same day what stands earlier in the order of outcomes comes first.
        sooner = known & (day <= limit) & ((day < days) | (outcome == CENSORED))
        days, outcome = np.where(sooner, day, days), np.where(sooner, name, outcome)
    frame = at_baseline(trial, columns=tuple(dict.fromkeys([*trial.strata, *baseline])))
    frame.insert(2, "days", days)
    order = [CENSORED, RECURRENCE, *happened]
    frame.insert(3, "outcome", pd.Series(pd.Categorical(outcome, categories=order)))
    frame.attrs = {
        "source": trial.source,
        "derived": f"{trial.name}: first recurrence with competing events",
        "notes": (*_notes(first.attrs["notes"], happened, unseen), *frame.attrs["notes"]),
        "method": f"{first.attrs['method']} Competing: {', '.join(happened) or 'nothing'}; other "
        "intercurrent events are ignored (treatment policy).",
        "kind": kind,
        "after_gap": after_gap,
    }
    return frame


def _competing_days(
    trial: Trial, competing: str | Sequence[str] | Mapping[str, str | Sequence[str]]
) -> dict[str, Floats]:
    """Day of each competing event of each participant, nan where it did not happen."""
    if isinstance(competing, Mapping):
        return {
            str(name): _by_reason(trial, as_names(reasons, f"competing[{name!r}]"))
            for name, reasons in competing.items()
        }
    return {str(name): _named(trial, str(name)) for name in as_names(competing, "competing")}


def _named(trial: Trial, name: str) -> Floats:
    people = trial.people
    if name in (RECURRENCE, CENSORED):
        raise ValueError(f"competing events may not be called {name!r}.")
    column = f"{name}_days"
    given = column in people and column != "withdrawn_days"
    days = people[column].to_numpy(dtype=float) if given else np.full(len(people), np.nan)
    if name == DEATH:
        gone = people["withdrawn_days"].to_numpy(dtype=float)
        return np.where(np.isnan(days) & died(people).to_numpy(), gone, days)
    return days if given else _by_reason(trial, (name,))


def _by_reason(trial: Trial, reasons: Sequence[object]) -> Floats:
    """Day of withdrawal where it was for one of the reasons."""
    people = trial.people
    told = people["withdrawal_reason"]
    known = {str(one).casefold(): str(one) for one in told.dropna().unique()}
    for reason in reasons:
        if str(reason).casefold() not in known:
            listed = ", ".join(sorted(known.values())) or "none"
            raise ValueError(
                f"No withdrawal for the reason {reason!r}, and no column '{reason}_days' of "
                f"participants. Reasons of this trial: {listed}."
            )
    wanted = {str(reason).casefold() for reason in reasons}
    chosen = np.array([isinstance(one, str) and one.casefold() in wanted for one in told], bool)
    return np.where(chosen, people["withdrawn_days"].to_numpy(dtype=float), np.nan)


def _followed_to(trial: Trial, until: Floats) -> Floats:
    """Last day on which a competing event is still known to come before any missed check-in."""
    limit = last_days(trial)
    asked = trial.check_ins
    if not len(asked):
        return limit
    who = places(trial, asked, "check_ins")
    end = asked["covers_to_days"].to_numpy(dtype=float)
    due = np.where(np.isnan(end), asked["due_days"].to_numpy(dtype=float), end)
    later = due > until[who]
    np.fmin.at(limit, who[later], due[later])
    return limit


def _notes(first: tuple[str, ...], happened: dict[str, Floats], unseen: int) -> tuple[str, ...]:
    notes = list(first)
    notes += [f"No {name} is recorded." for name, day in happened.items() if np.isnan(day).all()]
    if unseen:
        notes.append(
            f"{unseen} competing event(s) came after observation had ended; they do not count."
        )
    return tuple(notes)
