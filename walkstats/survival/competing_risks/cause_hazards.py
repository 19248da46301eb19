"""By what factor does a covariate multiply the hazard of one outcome among those still free?"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from walkstats._spellings import alike
from walkstats.results import CoxFit
from walkstats.survival.competing_risks.outcomes import UNKNOWN, read_ends
from walkstats.survival.people import PERSON
from walkstats.survival.proportional import cox


def cause_specific_cox(
    events: pd.DataFrame,
    formula: str,
    *,
    of: object,
    outcome: str = "outcome",
    censored: object = "censored",
    strata: Any = None,
    cluster: str | None = None,
    offset: str | None = None,
    ties: str = "efron",
    robust: bool | None = None,
    time: str | None = None,
    entry: str | None = None,
    weights: str | None = None,
    frequencies: str | None = None,
    level: float = 0.95,
    subject: str | None = PERSON,
) -> CoxFit:
    """Estimate ratios of the hazard of one outcome; the other outcomes end follow-up.

    Parameters
    ----------
    events, formula
        As in `walkstats.survival.cox`.
    of : object
        The value of ``outcome`` that is modelled.
    outcome, censored
        As in `walkstats.survival.cumulative_incidence`.
    strata, cluster, offset, ties, robust, time, entry, weights, frequencies, level, subject
        As in `walkstats.survival.cox`.

    Returns
    -------
    CoxFit
        Log cause-specific hazard ratios.

    Raises
    ------
    ValueError, DataError, FitError
        As `walkstats.survival.cox`, and for an outcome that is not there.

    Notes
    -----
    The cause-specific hazard is the rate of the outcome among those who have had none. It is
    estimated by the Cox model in which other outcomes are censorings: exactly so, without any
    assumption that outcomes are independent. It does not say by itself how many will have
    the outcome: that depends on the hazards of all outcomes
    (`walkstats.survival.absolute_risks`).

    References
    ----------
    .. [1] Putter H, Fiocco M, Geskus RB. Stat Med 2007;26:2389-2430.
       https://doi.org/10.1002/sim.2712

    Examples
    --------
    >>> import pandas as pd
    >>> from walkstats import survival
    >>> frame = pd.DataFrame({
    ...     "days": [10, 20, 30, 40, 15, 25, 50, 60],
    ...     "arm": ["control"] * 4 + ["walking"] * 4,
    ...     "outcome": ["recurrence", "recurrence", "surgery", "recurrence",
    ...                 "surgery", "recurrence", "censored", "recurrence"]})
    >>> fit = survival.cause_specific_cox(frame, "arm", of="recurrence")
    >>> round(fit.estimate("arm[walking]", ratio=True).estimate, 2)
    0.25
    """
    ends = read_ends(events, outcome, censored)
    one = ends.place(of)
    frame = ends.frame
    known = ends.code != UNKNOWN
    frame[outcome] = np.where(known, (ends.code == one).astype(float), np.nan)
    fit = cox(
        frame, formula, strata=strata, cluster=cluster, offset=offset, ties=ties, robust=robust,
        time=time, event=outcome, entry=entry, weights=weights, frequencies=frequencies,
        level=level, subject=subject,
    )  # fmt: skip
    rest = [label for k, label in enumerate(ends.labels) if k != one]
    others = f"; {', '.join(rest)} end{'s' * (len(rest) == 1)} follow-up" if rest else ""
    method = f"Cause-specific hazard of {ends.labels[one]}{others}. {fit.method}"
    tests = {name: replace(test, method=method) for name, test in fit.tests.items()}
    return replace(
        fit,
        measure="cause-specific hazard ratio",
        method=method,
        notes=(*alike(ends.values, outcome), *fit.notes),
        tests=tests,
    )
