"""Is something used from time 0 on that was only known later?"""

from __future__ import annotations

from collections.abc import Iterable

from walkstats.schema import recorded_later


def immortal_time(names: Iterable[object], *, spells: bool) -> tuple[str, ...]:
    """A note on groups and covariates that the dictionary records only after randomisation.

    Parameters
    ----------
    names : iterable
        Columns that split or explain follow-up.
    spells : bool
        Whether rows come under observation at a time of their own, so that what they hold may have
        been known then.

    Returns
    -------
    tuple of str

    Notes
    -----
    Who walked much in week 20 had to stay free of the event until then. Put in from day 0, that
    time counts for the walkers: a benefit without a cause. Only names of the dictionary can be
    known to be late; other columns are the analyst's to judge.

    Examples
    --------
    >>> immortal_time(["arm", "age_years"], spells=False)
    ()
    >>> immortal_time(["sessions_attended"], spells=False)[0][:49]
    'sessions_attended is recorded after randomisation'
    """
    late = [str(name) for name in dict.fromkeys(names) if recorded_later(str(name))]
    if spells or not late:
        return ()
    verb, it = ("is", "it") if len(late) == 1 else ("are", "they")
    return (
        f"{', '.join(late)} {verb} recorded after randomisation: used from time 0 on, {it} would "
        "count time that had to be free of the event (immortal time). A covariate measured after "
        "time 0 must enter as time-varying, in rows with start_days and stop_days.",
    )
