"""What share is still free of an event that is only known to lie between two visits?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from walkstats._arguments import as_names, check_choice, check_level
from walkstats.errors import DataError
from walkstats.numerics.limits import INTERVAL_FORMS, probability_limits
from walkstats.results import Curve
from walkstats.survival.grouped_rows import combined_groups, said_of_groups
from walkstats.survival.interval_censored.between_visits import (
    Intervals,
    axis_name,
    read_intervals,
)
from walkstats.survival.interval_censored.mass import (
    PROMISED,
    Mass,
    estimate_mass,
    squared_weights,
    survival_errors,
)
from walkstats.survival.interval_censored.places_of_mass import Places, places_of_mass

Floats = NDArray[np.float64]
Booleans = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class IntervalCurve(Curve):
    """A survival curve estimated from interval-censored events.

    Attributes
    ----------
    support : pandas.DataFrame
        Where the mass lies: group, low, high, mass, estimate (share free of the event after high),
        std_error. High is infinite where somebody was never seen with the event after all others.
    candidates : mapping of group to int
        Places in which the mass might have lain.
    log_likelihood : mapping of group to float
    gap : mapping of group to float
        Largest departure from the conditions of the maximum, per unit of weight.
    """

    support: pd.DataFrame = field(default_factory=pd.DataFrame)
    candidates: Mapping[str, int] = field(default_factory=dict)
    log_likelihood: Mapping[str, float] = field(default_factory=dict)
    gap: Mapping[str, float] = field(default_factory=dict)

    def at(self, x: float | Sequence[float] | Floats) -> pd.DataFrame:
        """The curve at chosen points, with the range in which it is not determined.

        Parameters
        ----------
        x : float or sequence of float
            In the unit of the x column.

        Returns
        -------
        pandas.DataFrame
            As `Curve.at`, with the columns ``at_least`` and ``at_most``: inside a place with mass
            the curve may take any value between them, and ``estimate`` is the upper one.
        """
        found = super().at(x)
        lowest = found["estimate"].to_numpy(dtype=float).copy()
        points = found[self.x].to_numpy(dtype=float)
        groups = found["group"].to_numpy()
        for row in self.support.itertuples():
            inside = (groups == row.group) & (points > row.low) & (points < row.high)
            lowest[inside & ~np.isnan(lowest)] = row.estimate
        return found.assign(at_least=lowest, at_most=found["estimate"])


def turnbull(
    intervals: pd.DataFrame,
    by: Any = None,
    *,
    low: str = "low_days",
    high: str = "high_days",
    interval: str = "log-log",
    entry: str | None = None,
    weights: str | None = None,
    frequencies: str | None = None,
    subject: str | None = "participant_id",
    level: float = 0.95,
) -> IntervalCurve:
    """Estimate the share still free of an event that lies between two visits, by group.

    Parameters
    ----------
    intervals : pandas.DataFrame
        One row per participant.
    by : str or sequence of str, optional
        Column of the groups; several columns make a group of each combination.
    low : str
        Column of the last day known to be free of the event [days]; 0 where the event was there at
        the first look.
    high : str
        Column of the first day by which the event had happened [days]; infinite where it was not
        seen, equal to ``low`` where the day itself is known.
    interval : {"log-log", "log", "plain", "logit", "arcsin"}
        Scale on which the pointwise interval is symmetric.
    entry : str, optional
        Late entry is not offered and is refused.
    weights : str, optional
        Column of case weights; with fractional weights the standard errors are robust.
    frequencies : str, optional
        Column of the number of copies of each row.
    subject : str or None
        Column that identifies the person. None where the rows are different people.
    level : float
        Confidence level.

    Returns
    -------
    IntervalCurve
        A `Curve` that falls at the right end of each place with mass: group, days, estimate,
        std_error, conf_low, conf_high, n_risk (rows known to be free of the event until then),
        n_event (events known by then, since the row before), n_censor. ``support`` lists the
        places and their mass, ``gap`` how well the maximum was met. ``quantile(0.5)`` gives the
        right end of the place in which the median lies.

    Raises
    ------
    ValueError
        For unknown columns and choices, and late entry.
    DataError
        For intervals that end before they begin, times that are negative or no numbers, and people
        with several rows: all findings at once.
    FitError
        For more than 6,000 places of mass, as thousands of people on days of their own have.

    Notes
    -----
    The nonparametric maximum likelihood estimate puts mass on few places (low, high] only [1]_; in
    between the curve is flat, and inside a place it is not determined. It is drawn as falling at
    the right end, where the event is known to have happened; R's survfit draws it in the middle,
    and stops its search at 5e-5. Here the search goes on until the conditions of a maximum (Karush,
    Kuhn, Tucker) hold to less than 1e-9 per row, and ``method`` gives the gap left. Without
    interval-censored rows the curve is the Kaplan-Meier curve.

    Standard errors come from the observed information of the masses that are positive; for
    right-censored data they are Greenwood's. They rest on visits that fall on days common to many
    people, as monthly check-ins do. Where everybody is seen on days of their own, the estimate
    comes near the truth at the rate of a cube root [2]_, its distribution is not normal, and the
    limits are a rough guide; so they are for a bootstrap. Visits must not depend on the event.

    References
    ----------
    .. [1] Turnbull BW. J R Stat Soc B 1976;38:290-295.
       https://doi.org/10.1111/j.2517-6161.1976.tb01597.x
    .. [2] Groeneboom P, Wellner JA. Information Bounds and Nonparametric Maximum Likelihood
       Estimation. Birkhauser 1992. https://doi.org/10.1007/978-3-0348-8621-5

    Examples
    --------
    Four people seen monthly; the last was free of the event when last seen:

    >>> import numpy as np
    >>> import pandas as pd
    >>> from walkstats import survival
    >>> seen = pd.DataFrame({"low_days": [0, 30, 30, 90], "high_days": [30, 60, 90, np.inf]})
    >>> curve = survival.turnbull(seen)
    >>> curve.support[["low", "high", "mass"]].round(3)
        low  high  mass
    0   0.0  30.0  0.25
    1  30.0  60.0  0.50
    2  90.0   inf  0.25
    """
    check_level(level)
    check_choice(interval, INTERVAL_FORMS, "interval")
    names = as_names(by, "by")
    rows = read_intervals(
        intervals,
        low=low,
        high=high,
        entry=entry,
        weights=weights,
        frequencies=frequencies,
        subject=subject,
        groups=names,
    )
    group, labels, _ = combined_groups(intervals, names, np.flatnonzero(rows.kept))
    rows = rows.with_notes(said_of_groups(intervals, names, np.flatnonzero(rows.kept), False))
    curves = [_estimate(rows, group == code) for code in range(len(labels))]
    return _pack(rows, curves, labels, axis_name(low, high), interval, level)


@dataclass(frozen=True, eq=False)
class _GroupCurve:
    """What is known of one group: its places, their mass and error, and the steps of its curve."""

    places: Places
    found: Mass
    errors: Floats
    steps: dict[str, Floats]


def _estimate(rows: Intervals, chosen: Booleans) -> _GroupCurve:
    chosen = chosen & (rows.weight > 0)
    low, high, weight = rows.low[chosen], rows.high[chosen], rows.weight[chosen]
    if not weight.size:
        raise DataError.of(
            "all weights are 0 in a group",
            what_to_do="leave the group out, or give its rows weights",
        )
    places = places_of_mass(low, high)
    found = estimate_mass(places, weight)
    squared = None
    if rows.fractional:
        assert rows.weights is not None
        copies = 1.0 if rows.frequencies is None else rows.frequencies[chosen]
        per_copy = rows.weights[chosen] * np.sqrt(copies)
        squared = squared_weights(found, places, per_copy)
    errors = survival_errors(found, squared)
    return _GroupCurve(places, found, errors, _steps(low, high, weight, places, found, errors))


def _steps(
    low: Floats, high: Floats, weight: Floats, places: Places, found: Mass, errors: Floats
) -> dict[str, Floats]:
    """The curve at every day on which somebody's interval begins or ends."""
    seen = np.isfinite(high)
    # A day 0 on which people were last seen is a row; as the left end of an interval it is none.
    days = np.unique(np.concatenate([low[(low > 0) | ~seen | (high == 0)], high[seen]]))
    passed = np.searchsorted(places.high, days, side="right")
    begins = np.searchsorted(days, low)
    known = np.bincount(begins, weight, days.size + 1)[: days.size]
    at_risk = np.cumsum(known[::-1])[::-1]
    events = np.bincount(np.searchsorted(days, high[seen]), weight[seen], days.size)
    ended = np.bincount(begins[~seen], weight[~seen], days.size)
    return {
        "days": days,
        "estimate": np.concatenate([[1.0], found.survival])[passed],
        "std_error": np.concatenate([[0.0], errors])[passed],
        "n_risk": at_risk,
        "n_event": events,
        "n_censor": ended,
    }


def _last(places: Places, found: Mass, steps: dict[str, Floats]) -> float:
    """Beyond it the curve is not known: where the mass that was never seen begins."""
    if np.isinf(places.high[-1]) and found.mass[-1] > 0:
        return float(places.low[-1])
    return float(steps["days"][-1])


def _pack(
    rows: Intervals,
    curves: Sequence[_GroupCurve],
    labels: tuple[str, ...],
    x: str,
    interval: str,
    level: float,
) -> IntervalCurve:
    kind = np.int64 if rows.weights is None else np.float64
    frames, supports = [], []
    for label, one in zip(labels, curves, strict=True):
        estimate, error = one.steps["estimate"], one.steps["std_error"]
        lower, upper = probability_limits(estimate, error, interval, level)
        counted = {name: one.steps[name].astype(kind) for name in ("n_risk", "n_event", "n_censor")}
        columns = {"estimate": estimate, "std_error": error, "conf_low": lower, "conf_high": upper}
        frames.append(pd.DataFrame({"group": label, x: one.steps["days"], **columns, **counted}))
        supports.append(_support(label, one))
    gap = max(one.found.gap for one in curves)
    return IntervalCurve(
        frame=pd.concat(frames, ignore_index=True),
        x=x,
        quantity="survival",
        last={
            label: _last(one.places, one.found, one.steps)
            for label, one in zip(labels, curves, strict=True)
        },
        level=level,
        support=pd.concat(supports, ignore_index=True),
        candidates={k: one.places.number for k, one in zip(labels, curves, strict=True)},
        log_likelihood={k: one.found.log_likelihood for k, one in zip(labels, curves, strict=True)},
        gap={k: one.found.gap for k, one in zip(labels, curves, strict=True)},
        method=_method(rows, interval, level, gap),
        notes=(*rows.notes, *_notes(curves, labels, gap)),
        counts=rows.counts(),
        source=rows.source,
    )


def _support(label: str, one: _GroupCurve) -> pd.DataFrame:
    held = one.found.mass > 0
    return pd.DataFrame(
        {
            "group": label,
            "low": one.places.low[held],
            "high": one.places.high[held],
            "mass": one.found.mass[held],
            "estimate": one.found.survival[held],
            "std_error": one.errors[held],
        }
    )


def _method(rows: Intervals, interval: str, level: float, gap: float) -> str:
    error = "robust (sandwich)" if rows.fractional else "observed information of masses above 0"
    weighted = "" if rows.weights is None else " Rows are weighted."
    shown = f"{max(gap, 1e-16):.0e}" if gap < PROMISED else f"{gap:.1e}"
    return (
        f"Turnbull's nonparametric maximum likelihood estimate ({rows.kinds_said()}), converged to "
        f"a gap of {shown} in the conditions of the maximum; pointwise {100 * level:g} % intervals "
        f"({INTERVAL_FORMS[interval].described}; variance: {error}).{weighted} {rows.said} The "
        "curve falls at the right end of each place with mass."
    )


def _notes(curves: Sequence[_GroupCurve], labels: tuple[str, ...], gap: float) -> list[str]:
    notes = []
    for label, one in zip(labels, curves, strict=True):
        named = f"{label}: " if len(labels) > 1 else ""
        merged = one.places.merged
        if merged:
            notes.append(f"{named}{merged} times differed from another by rounding only: merged.")
        if not np.isfinite(one.places.high).any() or one.found.mass[-1] == 1.0:
            notes.append(f"{named}no event was seen.")
        if np.isnan(one.errors).all() and one.found.survival[0] > 0:
            notes.append(f"{named}the masses are not unique: their errors cannot be given.")
    if gap >= PROMISED:
        notes.append(f"The search did not converge (gap {gap:.1e}): do not use these numbers.")
    return notes
