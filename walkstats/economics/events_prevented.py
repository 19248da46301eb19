"""How many have had the event by the horizon? Kaplan-Meier risks by arm, in any resample."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from walkstats.results import Frozen

Floats = NDArray[np.float64]
Indices = NDArray[np.intp]
Booleans = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class FollowUp(Frozen):
    """Follow-up of n people of whom some may have none.

    Attributes
    ----------
    place : (n,) which of ``times`` is a person's own, for those with the event by the horizon
    hit : (n,) bool, whether the event came by the horizon
    first : (n,) at how many of ``times`` a person was at risk; 0 without follow-up
    times : (q,) distinct times of events up to the horizon
    """

    place: Indices
    hit: Booleans
    first: Indices
    times: Floats


def sort_follow_up(stop: Floats, event: Booleans, seen: Booleans, horizon: float) -> FollowUp:
    """Rank times once for any number of resamples.

    Parameters
    ----------
    stop, event, seen : (n,)
        Time and event; whether a person has follow-up at all.
    horizon : float
    """
    hit = event & seen & (stop <= horizon)
    times = np.unique(stop[hit])
    first = np.where(seen, np.searchsorted(times, stop, side="right"), 0)
    place = np.where(hit, np.searchsorted(times, stop), 0)
    return FollowUp(place.astype(np.intp), hit, first.astype(np.intp), times)


def risk_by_horizon(copies: NDArray[np.int64], follow_up: FollowUp) -> Floats:
    """Kaplan-Meier risk in each of r resamples.

    Parameters
    ----------
    copies : (r, n)
        How often each person occurs; 0 for people of other arms.
    follow_up : FollowUp

    Returns
    -------
    (r,) array
        1 - the product of (1 - events / at risk) over the times up to the horizon. A curve whose
        last person leaves before the horizon is carried on.
    """
    r, q = copies.shape[0], follow_up.times.size
    base = np.arange(r)[:, None]
    events = _sum(copies[:, follow_up.hit], follow_up.place[follow_up.hit], base, q)
    reached = _sum(copies, follow_up.first, base, q + 1)
    at_risk = reached[:, ::-1].cumsum(axis=1)[:, ::-1][:, 1:]
    with np.errstate(invalid="ignore"):
        left = np.where(at_risk > 0, 1.0 - events / np.maximum(at_risk, 1.0), 1.0)
    return np.asarray(1.0 - left.prod(axis=1))


def influence_on_risk(follow_up: FollowUp, who: Booleans) -> Floats:
    """How much each person moves the risk of those in ``who``: (n,), 0 for others.

    The sum of squares estimates the variance of the risk (close to Greenwood's).
    """
    copies = who.astype(np.int64)[None]
    q = follow_up.times.size
    zero = np.zeros((1, 1), dtype=np.intp)
    events = _sum(copies[:, follow_up.hit], follow_up.place[follow_up.hit], zero, q)[0]
    reached = _sum(copies, follow_up.first, zero, q + 1)[0]
    at_risk = reached[::-1].cumsum()[::-1][1:]
    free = 1.0 - float(risk_by_horizon(copies, follow_up)[0])
    left = np.maximum(at_risk - events, 0.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        paid = np.where(left > 0, 1.0 / left, 0.0)
        cost = np.where(left > 0, events / (at_risk * left), 0.0)
    so_far = np.append(0.0, np.cumsum(cost))
    own = np.where(follow_up.hit, paid[np.minimum(follow_up.place, max(q - 1, 0))] if q else 0.0, 0)
    return np.where(who, free * (own - so_far[follow_up.first]), 0.0)


def _sum(copies: NDArray[np.int64], place: Indices, base: Indices, width: int) -> Floats:
    """Copies (r, n) added up by place: (r, width)."""
    r = copies.shape[0]
    key = (base * width + place).ravel()
    found = np.bincount(key, copies.ravel().astype(float), minlength=r * width)
    return np.asarray(found[: r * width].reshape(r, width), dtype=float)
