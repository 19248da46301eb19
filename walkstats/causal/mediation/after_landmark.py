"""How much of an arm's effect on an event runs through a mediator, among those free of it on a day?

An event may come before the mediator is measured, and then ends what is measured. So the analysis
begins on a day, with those who are still free of the event and whose mediator is known by then.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from walkstats._arguments import as_names, check_column, check_flag, check_frame, check_positive
from walkstats._follow_up import DAYS_PER_MONTH
from walkstats._variables import as_numbers
from walkstats.causal.mediation.answers import answer
from walkstats.causal.mediation.mediation_results import Mediation
from walkstats.causal.mediation.mediation_rows import Asked, read_mediation_rows
from walkstats.causal.mediation.natural_effects import check_interval, check_rhos
from walkstats.causal.mediation.shown_parts import How
from walkstats.causal.two_arms import check_one_row_each, complete
from walkstats.errors import DataError
from walkstats.formulas import variables_in
from walkstats.results import Counts
from walkstats.schema import recorded_later
from walkstats.survival.pseudo_values import pseudo_observations

Floats = NDArray[np.float64]

# A visit of month 3 lies on day 91.3: a landmark on day 91 is that day.
SAME_DAY = 1.0
PSEUDO = "pseudo-value of the event"


def mediate_from_landmark(
    events: pd.DataFrame,
    *,
    landmark: float,
    mediator: str,
    seed: int,
    at: float | None = None,
    tau: float | None = None,
    measured: pd.DataFrame | None = None,
    mediator_at: float | None = None,
    visit: str = "month",
    by: str = "arm",
    covariates: str | Sequence[str] = (),
    interaction: bool = True,
    controlled_at: Any = None,
    interval: str = "bootstrap",
    replicates: int = 2000,
    strata: str | Sequence[str] = (),
    rhos: Sequence[float] | None = None,
    time: str | None = None,
    event: str = "event",
    event_value: object = None,
    subject: str = "participant_id",
    level: float = 0.95,
) -> Mediation:
    """Split the effect of an arm on an event after a day into what runs through a mediator.

    Parameters
    ----------
    events : pandas.DataFrame
        One row per participant, such as ``derive.first_recurrence`` gives; or what
        ``derive.landmark`` made of it.
    landmark : float
        Day on which the analysis begins [days].
    mediator : str
        Column of the mediator, known by the landmark: of ``measured``, or of ``events``.
    seed : int
        The same seed gives the same resamples.
    at : float, optional
        Day, counted from randomisation, by which the risk is compared [days].
    tau : float, optional
        Day, counted from randomisation, up to which the mean time free of the event is compared
        [days]. Exactly one of the two is given.
    measured : pandas.DataFrame, optional
        One row per participant and visit, with the mediator.
    mediator_at : float, optional
        The visit of ``measured``.
    visit : str
        Column of the visits: in months where it is ``month``, otherwise in days.
    by, covariates, interaction, controlled_at, interval, replicates, strata, rhos
        As in `walkstats.causal.mediate`.
    time, event, event_value : optional
        Columns of the time and the event, and its value, as in
        `walkstats.survival.kaplan_meier`.
    subject : str
        Column of the participant.
    level : float
        Confidence level.

    Returns
    -------
    Mediation
        Differences in risk, or in mean days free of the event counted from the landmark.

    Raises
    ------
    ValueError
        For a mediator measured after the landmark, a day that does not lie after it, and neither or
        both of ``at`` and ``tau``.
    DataError
        For several rows of a participant, and nobody at risk.
    FitError
        For covariates that cannot be told apart.

    Notes
    -----
    Only those at risk on the landmark, followed and free of the event, are compared [1]_. If the
    arm changes who is still free of it, the arms are no longer alike by chance: the result is
    labelled not randomised. A mediator from a later day is refused: whoever has one stayed free
    of the event until then (immortal time).

    The outcome of each person is the infinitesimal-jackknife pseudo-value, by arm, of the risk at
    a day or of the restricted mean [2]_, and linear models do the rest as in
    `walkstats.causal.mediate`. Differences in risk and in mean time are collapsible: direct and
    indirect effects add up to the total, and a covariate that has to do with nothing changes none
    of them. Hazard ratios are not collapsible, and change between models for no other reason than
    that. Without covariates the total is the difference of the Kaplan-Meier curves. Censoring may
    depend on the arm, and on nothing else. Resamples draw people with their pseudo-values.

    References
    ----------
    .. [1] Anderson JR, Cain KC, Gelber RD (1983). Analysis of survival by tumor response. *J Clin
       Oncol* 1:710-719. https://doi.org/10.1200/JCO.1983.1.11.710
    .. [2] Andersen PK, Klein JP, Rosthøj S (2003). Generalised linear models for correlated
       pseudo-observations, with applications to multi-state models. *Biometrika* 90:15-27.
       https://doi.org/10.1093/biomet/90.1.15

    Examples
    --------
    >>> import walkstats as ws
    >>> trial = ws.load_sample("walkback-like")
    >>> events = ws.derive.first_recurrence(trial, kind="any")
    >>> walked = ws.derive.visits(trial, measures="pain_nrs", walking_weeks=4)
    >>> found = mediate_from_landmark(events, landmark=91, at=365, mediator="walking_minutes",
    ...                               measured=walked, mediator_at=3, replicates=200, seed=1)
    >>> found.notes[0]
    'NOT RANDOMISED: the groups compared are not those that chance made.'
    """
    check_frame(events, "events")
    check_flag(interaction, "interaction")
    begin = check_positive(landmark, "landmark", "days")
    day = _day_asked(begin, at, tau)
    asked = Asked(
        outcome=PSEUDO,
        mediator=mediator,
        by=by,
        covariates=as_names(covariates, "covariates"),
        strata=as_names(strata, "strata"),
        mediator_model=None,
        outcome_model="linear",
        interaction=interaction,
        at_means=False,
        visit=visit,
        subject=subject,
    )
    quantity = (
        f"risk of the event by day {day:g}"
        if at is not None
        else f"mean days free of the event from day {begin:g} to day {day:g}"
    )
    how = How(
        *check_interval(interval, replicates, seed, level),
        measure="difference",
        rhos=check_rhos(rhos),
        randomised=False,
        landmark=begin,
        quantity=quantity,
    )
    name = "days" if time is None else time
    people, lost = _at_risk(events, name, begin, subject)
    people = _with_mediator(people, asked, measured, mediator_at, begin)
    ready, gaps = _complete(people, asked)
    ready[PSEUDO] = _pseudo_values(ready, by, name, event, event_value, day - begin, tau)
    rows = read_mediation_rows(ready, asked)
    notes = (*_said_of_order(mediator, measured is not None, begin), *rows.notes[1:])
    counts = Counts(
        len(events), len(ready), len(ready), left_out={**lost, **gaps, **rows.counts.left_out}
    )
    shown = replace(asked, outcome=quantity, mediator_at=mediator_at)
    return answer(replace(rows, counts=counts, notes=notes), shown, controlled_at, how)


def _day_asked(begin: float, at: float | None, tau: float | None) -> float:
    if (at is None) == (tau is None):
        raise ValueError(
            "Give one of at= (risk by that day) or tau= (mean time free of the event until then)."
        )
    name, given = ("at", at) if at is not None else ("tau", tau)
    day = check_positive(given, name, "days")  # type: ignore[arg-type]
    if not day > begin:
        raise ValueError(
            f"{name} = {day:g} must lie after the landmark, day {begin:g}; both count from "
            "randomisation."
        )
    return day


def _at_risk(
    events: pd.DataFrame, time: str, begin: float, subject: str
) -> tuple[pd.DataFrame, dict[str, int]]:
    """Those followed beyond the landmark and free of the event, with time from there."""
    days = as_numbers(check_column(events, time, "the time"), time)
    check_one_row_each(events, subject)
    if "landmark" in events.columns:
        other = events["landmark"].to_numpy(dtype=float) != begin
        if other.any():
            raise ValueError(
                f"The frame was made for another landmark, day {events['landmark'].iloc[0]:g}, "
                f"than day {begin:g}."
            )
        return events.reset_index(drop=True), {}
    # A missing time stays, so that the reading of events can count it.
    there = ~(days <= begin)
    if not there.any():
        raise DataError.of(
            f"nobody is at risk on day {begin:g}",
            column=time,
            what_to_do="choose an earlier landmark",
        )
    people = events.loc[there].reset_index(drop=True)
    people[time] = days[there] - begin
    people.attrs = dict(events.attrs)
    gone = int((~there).sum())
    return people, {f"event or end of follow-up by day {begin:g}": gone} if gone else {}


def _with_mediator(
    people: pd.DataFrame,
    asked: Asked,
    measured: pd.DataFrame | None,
    mediator_at: float | None,
    begin: float,
) -> pd.DataFrame:
    """The mediator beside the events, from a visit that is not after the landmark."""
    if measured is None:
        if mediator_at is not None:
            raise ValueError("mediator_at= names a visit of measured=, which is not given.")
        check_column(people, asked.mediator, "the mediator")
        return people
    check_frame(measured, "measured")
    if mediator_at is None:
        raise ValueError("Say at which visit of measured= the mediator was known: mediator_at=.")
    visit = as_numbers(check_column(measured, asked.visit, "the visits"), asked.visit)
    day = mediator_at * (DAYS_PER_MONTH if asked.visit == "month" else 1.0)
    if day > begin + SAME_DAY:
        raise ValueError(
            f"{asked.mediator} of {asked.visit} {mediator_at:g} (day {day:.0f}) is measured after "
            f"the landmark, day {begin:g}: whoever has it stayed free of the event until then "
            "(immortal time). Take a later landmark or an earlier measurement."
        )
    for frame in (people, measured):
        check_column(frame, asked.subject, "the participant")
    here = measured.loc[visit == float(mediator_at)]
    if not len(here):
        raise ValueError(f"No rows at {asked.visit} {mediator_at:g} in measured=.")
    check_one_row_each(here, asked.subject)
    known = here.set_index(asked.subject)[check_column(here, asked.mediator, "the mediator").name]
    out = people.assign(**{asked.mediator: people[asked.subject].map(known)})
    out.attrs = dict(people.attrs)
    return out


def _complete(people: pd.DataFrame, asked: Asked) -> tuple[pd.DataFrame, dict[str, int]]:
    """Those of whom all is known but how it ends, and the others counted."""
    formula = " + ".join(map(str, asked.covariates))
    variables = variables_in(formula) if formula else ()
    kept, gaps = complete(people, [asked.mediator, asked.by, *variables, *asked.strata])
    ready = people.loc[kept].reset_index(drop=True)
    ready.attrs = dict(people.attrs)
    return ready, gaps


def _pseudo_values(
    ready: pd.DataFrame,
    by: str,
    time: str,
    event: str,
    event_value: object,
    since: float,
    tau: float | None,
) -> Floats:
    found = pseudo_observations(
        ready,
        by,
        at=since,
        quantity="survival" if tau is None else "restricted mean",
        method="infinitesimal jackknife",
        time=time,
        event=event,
        event_value=event_value,
        subject=None,
    )
    free = found.to_numpy(dtype=float)[:, 0]
    return 1.0 - free if tau is None else free


def _said_of_order(mediator: str, dated: bool, begin: float) -> list[str]:
    notes = [
        f"Only those still free of the event on day {begin:g} are compared. If the arm changes who "
        "they are, the arms differ by more than chance from there on.",
        "Resamples draw people with their pseudo-values, which are made once.",
    ]
    if not dated:
        late = (
            ", which is recorded during the whole of follow-up" if recorded_later(mediator) else ""
        )
        notes.append(
            f"The frame does not say when {mediator}{late} was measured: it is taken to have been "
            f"known by day {begin:g}. If it was not, its part is immortal time."
        )
    return notes
