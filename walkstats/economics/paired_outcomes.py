"""Whose costs go with whose effects? One row per participant on either side, matched by id."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from walkstats._arguments import as_names, check_column
from walkstats._variables import as_numbers
from walkstats.economics.events_prevented import FollowUp, sort_follow_up
from walkstats.economics.matched_people import SIDES, match_people, one_horizon, two_arms
from walkstats.economics.paired_columns import Columns
from walkstats.errors import DataError
from walkstats.results import Frozen
from walkstats.survival.observations import observe

Floats = NDArray[np.float64]
Indices = NDArray[np.intp]
Booleans = NDArray[np.bool_]

# Of the largest total: rounding of a sum.
SAME = 1e-8


@dataclass(frozen=True, eq=False)
class Side(Frozen):
    """What is added up on one side.

    Attributes
    ----------
    name : str
        Of the total.
    weights : mapping of column to weight
        The total is this sum of columns; empty where the effect is an event.
    """

    name: str
    weights: Mapping[Any, float] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Paired(Frozen):
    """Costs and effects of n participants in two arms.

    Attributes
    ----------
    arm : (n,) 0 or 1
    arms : the two labels, the reference first
    parts : (n, p) columns that may have gaps, nan there
    part_names : (p,) ``"costs: month 3"``
    fixed : (n, q) columns that everybody has, such as indicators of covariates
    fixed_names : (q,)
    cost_weights, effect_weights : (p,) of the totals
    cost_adjust, effect_adjust : positions among parts (first) and fixed of what each is adjusted
        for
    follow_up : FollowUp or None, where the effect is an event
    cost, effect : str
    needed : (p,) bool, whether a gap in a part leaves a total or a regression without a number
    horizon_days : float, nan where it is not known
    facts : mapping, currency, price_year and perspective
    notes : tuple of str
    source : str
    """

    ids: NDArray[Any]
    arm: Indices
    arms: tuple[str, str]
    parts: Floats
    part_names: tuple[str, ...]
    fixed: Floats
    fixed_names: tuple[str, ...]
    cost_weights: Floats
    effect_weights: Floats
    cost_adjust: Indices
    effect_adjust: Indices
    follow_up: FollowUp | None
    cost: str
    effect: str
    unit: str
    needed: Booleans
    horizon_days: float
    facts: Mapping[str, Any]
    notes: tuple[str, ...]
    source: str

    @property
    def gaps(self) -> Booleans:
        """(n, p) where a part is missing."""
        return np.isnan(self.parts)


def pair_outcomes(
    costs: pd.DataFrame,
    effects: pd.DataFrame,
    *,
    by: str,
    cost: str | None,
    effect: str | None,
    adjust: Any,
    using: Any,
    horizon_days: float | None,
) -> Paired:
    """Match the two frames and lay out what is added up, adjusted for and imputed.

    Raises
    ------
    ValueError
        For columns that are not there, and horizons that differ.
    DataError
        For participants in one frame only, twice in one, or in two arms, and totals that are not
        the sum of their parts.
    """
    costs, effects = match_people(costs, effects, by)
    cost_side = _side(costs, cost, "costs")
    is_event = effect is None and "total" not in effects.attrs and _has_events(effects)
    effect_side = Side("risk") if is_event else _side(effects, effect, "effects")
    horizon = one_horizon(costs, effects, horizon_days, is_event)
    arm, arms = two_arms(costs, by)
    table = Columns({"costs": costs, "effects": effects})
    _check_not_negative(costs, cost_side)
    for side, frame in ((cost_side, "costs"), (effect_side, "effects")):
        for column in side.weights:
            table.part(frame, column)
    wanted = _adjusted_for(adjust)
    if is_event and wanted["effects"]:
        raise ValueError(
            "The risk of an event is not adjusted: name the covariates of costs alone, "
            f"adjust={{'costs': {list(wanted['effects'])!r}}}."
        )
    adjusted = {side: table.covariates(names) for side, names in wanted.items()}
    needed = _needed(table, cost_side, effect_side, adjusted)
    table.covariates(as_names(using, "using"))
    follow_up: FollowUp | None = None
    said: tuple[str, ...] = ()
    if is_event:
        follow_up, said = _follow_up(effects, horizon, arm, arms, table)
    return _laid_out(
        table, cost_side, effect_side, adjusted, needed, arm, arms, follow_up, horizon, said
    )


def without_gaps(paired: Paired) -> Paired:
    """Those of whom every part that is needed is known, without the columns that only predict.

    Raises
    ------
    DataError
        For an arm in which nobody, or a single participant, is left.
    """
    keep = ~paired.gaps[:, paired.needed].any(axis=1)
    left = np.bincount(paired.arm[keep], minlength=2)
    if left.min() < 2:
        raise DataError.of(
            f"{paired.arms[int(left.argmin())]} has {left.min()} participant(s) of whom everything "
            "is known",
            what_to_do="impute what is missing",
        )
    p = len(paired.part_names)
    place = np.append(np.cumsum(paired.needed) - 1, paired.needed.sum() + np.arange(
        len(paired.fixed_names)))  # fmt: skip
    follow_up = paired.follow_up
    if follow_up is not None:
        follow_up = replace(
            follow_up, place=follow_up.place[keep], hit=follow_up.hit[keep],
            first=follow_up.first[keep],
        )  # fmt: skip
    return replace(
        paired,
        ids=paired.ids[keep],
        arm=paired.arm[keep],
        parts=paired.parts[keep][:, paired.needed],
        part_names=tuple(paired.part_names[k] for k in range(p) if paired.needed[k]),
        fixed=paired.fixed[keep],
        cost_weights=paired.cost_weights[paired.needed],
        effect_weights=paired.effect_weights[paired.needed],
        cost_adjust=place[paired.cost_adjust],
        effect_adjust=place[paired.effect_adjust],
        needed=paired.needed[paired.needed],
        follow_up=follow_up,
    )


def _side(frame: pd.DataFrame, name: str | None, which: str) -> Side:
    """The total that is compared, and the columns whose weighted sum it is."""
    default = frame.attrs.get("total", "cost" if which == "costs" else None)
    name = default if name is None else name
    if name is None:
        raise ValueError(
            f"Which column of effects is the effect? Name it: effect='...'. The frame has: "
            f"{', '.join(str(column) for column in frame.columns)}."
        )
    total = as_numbers(check_column(frame, name, f"the total of {which}"), str(name))
    parts = frame.attrs.get("parts") if name == frame.attrs.get("total") else None
    if not parts:
        return Side(str(name), {name: 1.0})
    values = np.column_stack(
        [as_numbers(check_column(frame, part, f"a part of {name}"), str(part)) for part in parts]
    )
    weighted = values @ np.array(list(parts.values()), dtype=float)
    known = ~np.isnan(total) & ~np.isnan(weighted)
    largest = np.abs(total[known]).max(initial=0.0)
    off = known & (np.abs(total - weighted) > SAME * max(largest, 1e-300))
    if off.any():
        raise DataError.of(
            f"{name} differs from the sum of its parts ({', '.join(map(str, parts))})",
            column=str(name),
            ids=list(frame.index[off]),
            count=int(off.sum()),
            what_to_do="change the parts, not the total; it is computed from them",
        )
    alone = np.isnan(total) != np.isnan(weighted)
    if alone.any():
        raise DataError.of(
            f"{name} and its parts ({', '.join(map(str, parts))}) are not missing together",
            column=str(name),
            ids=list(frame.index[alone]),
            count=int(alone.sum()),
            what_to_do="fill in or blank out the parts, not the total; it is computed from them",
        )
    return Side(str(name), dict(parts))


def _check_not_negative(costs: pd.DataFrame, side: Side) -> None:
    below = as_numbers(costs[side.name], side.name) < 0
    if below.any():
        raise DataError.of(
            f"{side.name} is below 0 for {int(below.sum())} participant(s)",
            column=side.name,
            ids=list(costs.index[below]),
            what_to_do="correct them; a refund belongs into a part of its own",
        )


def _has_events(effects: pd.DataFrame) -> bool:
    return "event" in effects.columns and "days" in effects.columns


def _adjusted_for(adjust: Any) -> dict[str, tuple[Any, ...]]:
    """Names of the covariates of each side."""
    if isinstance(adjust, Mapping):
        unknown = [str(key) for key in adjust if key not in SIDES]
        if unknown:
            raise ValueError(
                f"adjust names {', '.join(map(repr, unknown))}; its keys are 'costs' and 'effects'."
            )
        return {side: as_names(adjust.get(side), "adjust") for side in SIDES}
    names = as_names(adjust, "adjust")
    return {side: names for side in SIDES}


def _needed(
    table: Columns, cost: Side, effect: Side, adjusted: Mapping[str, Sequence[str]]
) -> list[str]:
    """Keys of the columns without which somebody has no total or no place in a regression."""
    own = [table.key("costs", column) for column in cost.weights]
    own += [table.key("effects", column) for column in effect.weights]
    return [*own, *(key for keys in adjusted.values() for key in keys if key in table.parts)]


def _follow_up(
    effects: pd.DataFrame, horizon: float, arm: Indices, arms: tuple[str, str], table: Columns
) -> tuple[FollowUp, tuple[str, ...]]:
    """Times to the event, and what they tell of missing costs."""
    rows = observe(effects, time="days", event="event")
    stop, event = np.zeros(len(effects)), np.zeros(len(effects), dtype=bool)
    stop[rows.kept], event[rows.kept] = rows.stop, rows.event
    seen = rows.kept & (stop > 0)
    notes = list(rows.notes)
    for code, label in enumerate(arms):
        here = seen & (arm == code)
        last = float(stop[here].max(initial=0.0))
        if last < horizon and not event[here & (stop == last)].all():
            raise DataError.of(
                f"follow-up of {label} ends on day {last:g}, before the horizon of {horizon:g}",
                column="days",
                what_to_do="take costs and events over an earlier horizon",
            )
    unseen = int((~seen).sum())
    if unseen:
        notes.append(
            f"{unseen} participant(s) without follow-up are not at risk of the event; their costs "
            "count."
        )
    table.add("event by the horizon", (event & (stop <= horizon)).astype(float))
    table.add("days followed", np.minimum(stop, horizon))
    return sort_follow_up(stop, event, seen, horizon), tuple(notes)


def _laid_out(
    columns: Columns,
    cost: Side,
    effect: Side,
    adjusted: Mapping[str, Sequence[str]],
    needed: Sequence[str],
    arm: Indices,
    arms: tuple[str, str],
    follow_up: FollowUp | None,
    horizon: float,
    said: tuple[str, ...],
) -> Paired:
    """Everything as arrays."""
    n = len(arm)
    costs, effects = (columns.frames[side] for side in SIDES)
    names = (*columns.parts, *columns.fixed)
    weights = {which: np.zeros(len(columns.parts)) for which in SIDES}
    for which, side in zip(SIDES, (cost, effect), strict=True):
        for column, weight in side.weights.items():
            place = list(columns.parts).index(columns.key(which, column))
            weights[which][place] = float(weight)
    places = {
        side: np.array([names.index(key) for key in keys], dtype=np.intp)
        for side, keys in adjusted.items()
    }
    told = {**effects.attrs, **costs.attrs}
    notes = (*costs.attrs.get("notes", ()), *effects.attrs.get("notes", ()), *said)
    return Paired(
        ids=costs.index.to_numpy(),
        arm=arm,
        arms=arms,
        parts=_stacked(columns.parts, n),
        part_names=tuple(columns.parts),
        fixed=_stacked(columns.fixed, n),
        fixed_names=tuple(columns.fixed),
        cost_weights=weights["costs"],
        effect_weights=weights["effects"],
        cost_adjust=places["costs"],
        effect_adjust=places["effects"],
        follow_up=follow_up,
        cost=cost.name,
        effect=effect.name,
        unit=_unit(effects, effect, follow_up is not None),
        needed=np.isin(list(columns.parts), list(needed)),
        horizon_days=horizon,
        facts={name: told.get(name, "") for name in ("currency", "price_year", "perspective")},
        notes=tuple(dict.fromkeys(notes)),
        source=str(costs.attrs.get("source") or effects.attrs.get("source", "")),
    )


def _unit(effects: pd.DataFrame, effect: Side, is_event: bool) -> str:
    """What one more of the effect is called."""
    if is_event:
        recurs = "recurrence" in str(effects.attrs.get("derived", ""))
        return "recurrence prevented" if recurs else "event prevented"
    return "QALY gained" if effect.name.lower() in ("qaly", "qalys") else f"{effect.name} gained"


def _stacked(columns: Mapping[str, Floats], n: int) -> Floats:
    return np.column_stack(list(columns.values())) if columns else np.empty((n, 0))
