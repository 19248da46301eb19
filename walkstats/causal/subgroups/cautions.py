"""What must a reader of subgroups know?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd

from walkstats.causal.subgroups.modifiers import FEW_EVENTS, FEW_PEOPLE, POST_HOC, Modifier

WITHIN = (
    "No p-value is given within a level: an effect that is clear in one level and not in another "
    "does not show that they differ. The test of interaction asks that."
)
POWER = (
    "A trial sized for its overall effect can miss all but large interactions: a high p-value of "
    "interaction does not show that the effect is the same for all, and the overall effect is then "
    "the best estimate for each level."
)
NOT_RANDOMISED = (
    "Only the arm was randomised. Levels differ in other things too, so that what modifies the "
    "effect need not be the modifier itself."
)
SCALES = (
    "Whether effects differ depends on the scale: with the same ratio, people at higher risk gain "
    "more. Differences of risks stand beside ratios."
)


def cautions(
    modifiers: Sequence[Modifier], groups: pd.DataFrame, level: float, *, two_scales: bool
) -> list[str]:
    """On chance, on what was planned, on small and empty levels, and on what it does not show."""
    notes = [WITHIN, *_chance(len(modifiers), level)]
    late = [one.name for one in modifiers if one.status == POST_HOC]
    if late:
        notes.append(
            f"Post hoc, chosen after the data were known: {', '.join(late)}. What they show is an "
            "idea for another trial, and no finding of this one."
        )
    notes += _dropped(modifiers) + _small(groups)
    return [*notes, POWER, *([SCALES] if two_scales else []), NOT_RANDOMISED]


def _chance(number: int, level: float) -> list[str]:
    if number < 2:
        return []
    alpha = 1.0 - level
    some = 100.0 * (1.0 - (1.0 - alpha) ** number)
    return [
        f"{number} modifiers are tested and no p-value is adjusted for that: were none of them to "
        f"matter, and were they independent, one p-value or more below {alpha:.3g} would be found "
        f"in {some:.0f} of 100 trials."
    ]


def _dropped(modifiers: Sequence[Modifier]) -> list[str]:
    return [
        f"{one.name} = {level} has no effect to estimate ({why}); its rows are left out of the "
        f"model with {one.name}."
        for one in modifiers
        for level, why in one.dropped
    ]


def _small(groups: pd.DataFrame) -> list[str]:
    """Levels with few events (people, where the outcome is no event) in an arm."""
    counted = "events" if groups["events"].notna().all() else "n"
    least = FEW_EVENTS if counted == "events" else FEW_PEOPLE
    levels = groups[groups["modifier"] != ""]
    few = levels.loc[levels[counted] < least, ["modifier", "level"]].drop_duplicates()
    small = [f"{one['modifier']} = {one['level']}" for one in few.to_dict("records")]
    what = "events" if counted == "events" else "participants"
    return [f"Fewer than {least} {what} in an arm, so that the effect is imprecise: "
            f"{'; '.join(small)}."] if small else []  # fmt: skip


def said_along(name: str, status: str) -> list[str]:
    """On the effect along a number."""
    late = f"Post hoc, chosen after the data were known: {name}. What it shows is an idea for "
    notes = [f"{late}another trial, and no finding of this one."] if status == POST_HOC else []
    ends = (
        "Where few people are the curve follows the form that was chosen more than the data; its "
        "limits hold at each value by itself."
    )
    return [*notes, POWER, ends, NOT_RANDOMISED]


def said_of_states(states: Mapping[str, str]) -> list[str]:
    """Models that did not end as they should."""
    return [
        f"The model with {name} ended as {state!r}."
        for name, state in states.items()
        if state != "converged"
    ]
