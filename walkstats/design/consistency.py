"""Is a design within its limits and at one with itself?"""

from __future__ import annotations

import dataclasses
from datetime import date
from typing import TYPE_CHECKING, Any

from walkstats.errors import Problem

if TYPE_CHECKING:
    from walkstats.design.specification import Design

Rule = tuple[bool, str, str]


def findings(design: Design) -> list[Problem]:
    """All that is wrong with a design: entries outside their limits, and contradictions."""
    rules = [*_of_the_trial(design), *_of_its_people(design)]
    broken = [Problem(problem=what, what_to_do=do) for holds, what, do in rules if not holds]
    return [*_out_of_limits(design), *broken]


def sections(design: Design) -> list[str]:
    """Names of the parts of a design that are dataclasses themselves."""
    names = [item.name for item in dataclasses.fields(design)]
    return [name for name in names if dataclasses.is_dataclass(getattr(design, name))]


def _of_the_trial(design: Design) -> list[Rule]:
    enrolment = design.enrolment
    difference = abs(enrolment.participants[0] - enrolment.participants[1])
    return [
        (
            len(design.arms) == 2 and len(set(design.arms)) == 2,
            "arms are not two different names",
            "Name the reference arm and the walking arm.",
        ),
        (
            design.source.lower().startswith("synthetic"),
            "the source does not begin with 'synthetic'",
            "Say that the trial is synthetic, and how it was made.",
        ),
        (
            enrolment.first_on <= enrolment.last_on < enrolment.follow_up_ends,
            "first_on, last_on and follow_up_ends are not in order",
            "Give dates such that first_on <= last_on < follow_up_ends.",
        ),
        (
            bool(enrolment.blocks) and all(size % 2 == 0 for size in enrolment.blocks),
            "blocks are not even numbers",
            "Give block sizes that two arms can share equally.",
        ),
        (
            difference <= max(enrolment.blocks, default=0),
            "the arms differ by more than permuted blocks in four strata are likely to give",
            "Give both arms about the same number of participants.",
        ),
    ]


def _of_its_people(design: Design) -> list[Rule]:
    people, walking, harms = design.people, design.walking, design.harms
    weeks = walking.profile_weeks
    lengths = {len(weeks), len(walking.mean_minutes_reference), len(walking.mean_minutes_walking)}
    return [
        (
            people.age_lowest < people.age_mean < people.age_highest,
            "age_lowest, age_mean and age_highest are not in order",
            "Give ages in order.",
        ),
        (people.women <= people.of, "women are more than all", "Give women <= of."),
        (
            len(weeks) > 0 and len(lengths) == 1 and list(weeks) == sorted(set(weeks)),
            "profile_weeks and the mean minutes do not match",
            "Give increasing weeks, and one mean per week for each arm.",
        ),
        (
            all(n <= of for n, of in zip(harms.people, harms.of, strict=True)),
            "more people have an adverse event than there are",
            "Give people <= of in [harms].",
        ),
    ]


def _out_of_limits(design: Design) -> list[Problem]:
    found = []
    for part in sections(design):
        for item in dataclasses.fields(getattr(design, part)):
            value = getattr(getattr(design, part), item.name)
            low, high = item.metadata["low"], item.metadata["high"]
            if any(not _inside(one, low, high) for one in _numbers(value)):
                found.append(_limits_problem(part, item, value))
    return found


def _numbers(value: Any) -> list[float]:
    if isinstance(value, date):
        return []
    if isinstance(value, dict):
        return list(value.values())
    return list(value) if isinstance(value, tuple) else [value]


def _inside(value: float, low: float | None, high: float | None) -> bool:
    return (low is None or value >= low) and (high is None or value <= high)


def _limits_problem(part: str, item: dataclasses.Field[Any], value: Any) -> Problem:
    low, high, unit = (item.metadata[key] for key in ("low", "high", "unit"))
    limits = [f"at least {low:g}"] if low is not None else []
    limits += [f"at most {high:g}"] if high is not None else []
    return Problem(
        problem=f"{item.name} is {value}, outside its limits",
        what_to_do=f"Give {' and '.join(limits)}{f' [{unit}]' if unit else ''}.",
        table=f"[{part}]",
        column=item.name,
    )
