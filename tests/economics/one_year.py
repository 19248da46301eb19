"""Trials of a few people over a year, and what each cost: in plain loops over days and rows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

import walkstats as ws

DUE = [round(365.25 / 12 * k) for k in range(1, 13)]
QUARTERS = (3, 6, 9, 12)
PRICES = {"session": 95.0, "visit": 80.0, "tablets": 15.0, "hour": 45.0, "taxi": 20.0}
CATEGORY = {
    "session": "intervention",
    "visit": "health care",
    "tablets": "medicines",
    "hour": "absence",
    "taxi": "travel",
}
SOCIETAL = tuple(CATEGORY)


@dataclass(frozen=True)
class Person:
    """A participant: check-ins completed (1 to 12), rows of use, utilities by month, the end."""

    completed: tuple[int, ...] = tuple(range(1, 13))
    used: tuple[tuple[float, str, float], ...] = ()  # month, item, quantity
    utilities: tuple[tuple[float, float], ...] = ()  # month, value
    withdrawn: float = np.nan
    reason: str | None = None


def make_trial(
    people: list[Person], *, check_ins: bool = True, price_year: int | None = 2022, **more: object
) -> ws.Trial:
    """The trial of these people; p1, p3, ... are controls."""
    ids = [f"p{k}" for k in range(1, len(people) + 1)]
    participants = pd.DataFrame(
        {
            "participant_id": ids,
            "arm": (["control", "walking"] * len(ids))[: len(ids)],
            "planned_end_days": 365.0,
            "withdrawn_days": [one.withdrawn for one in people],
            "withdrawal_reason": pd.Series([one.reason for one in people], dtype=object),
            "site": (["north", "north", "south"] * len(ids))[: len(ids)],
        }
    )
    asked = [
        (name, k, float(DUE[k - 1]), float(DUE[k - 2]) if k > 1 else 0.0, float(DUE[k - 1]),
         "completed" if k in one.completed else "missed")
        for name, one in zip(ids, people, strict=True)
        for k in range(1, 13)
    ]  # fmt: skip
    columns = ["participant_id", "check_in", "due_days", "covers_from_days", "covers_to_days"]
    tables = {
        "costs": pd.DataFrame(
            [
                (name, month, CATEGORY[item], item, quantity, PRICES[item])
                for name, one in zip(ids, people, strict=True)
                for month, item, quantity in one.used
            ],
            columns=["participant_id", "month", "category", "item", "quantity", "unit_cost"],
        ).astype({"month": float, "quantity": float, "unit_cost": float}),
        "outcomes": pd.DataFrame(
            [
                (name, float(month), "eq5d_utility", value)
                for name, one in zip(ids, people, strict=True)
                for month, value in one.utilities
            ],
            columns=["participant_id", "month", "measure", "value"],
        ).astype({"month": float, "value": float}),
    }
    if check_ins:
        tables["check_ins"] = pd.DataFrame(asked, columns=[*columns, "state"])
    return ws.Trial(
        name="tiny",
        source="made up for a test",
        arms=("control", "walking"),
        participants=participants,
        strata=("site",),
        currency="AUD",
        price_year=price_year,
        **(tables | more),
    )


def died(person: Person) -> float:
    """Day of death, inf without."""
    return person.withdrawn if person.reason == "died" else np.inf


def days_answered(person: Person) -> set[int]:
    """The days that completed check-ins ask about."""
    days: set[int] = set()
    for k in person.completed:
        days |= set(range(DUE[k - 2] + 1 if k > 1 else 1, DUE[k - 1] + 1))
    return {day for day in days if not day > person.withdrawn}


def cost_of(
    person: Person, *, counts: tuple[str, ...] = SOCIETAL, rate: float = 0.0, years: int = 1
) -> dict[str, float]:
    """Parts of a person's cost over the year by quarters, row by row and day by day."""
    parts = {"cost_intervention": 0.0} | {f"cost_{month}": 0.0 for month in QUARTERS}
    for month, item, quantity in person.used:
        if item not in counts or month > 12:
            continue
        if (month - 1) * 365.25 / 12 >= died(person):
            continue
        if item == "session":
            parts["cost_intervention"] += quantity * PRICES[item]
        elif month > 0 and not (month - 0.5) * 365.25 / 12 > person.withdrawn:
            quarter = min(q for q in QUARTERS if month <= q)
            parts[f"cost_{quarter}"] += quantity * PRICES[item]
    answered = days_answered(person)
    for quarter in QUARTERS:
        first = 365.25 / 12 * (quarter - 3)
        last = min(365.25 / 12 * quarter, died(person))
        # days that begin within a day of either end need no answer: calendar days are whole
        needed = set(range(int(np.ceil(first)) + 1, int(np.floor(last)) + 1))
        if needed - answered:
            parts[f"cost_{quarter}"] = np.nan
    return parts


def some_people(size: int, seed: int) -> list[Person]:
    """People by chance: missed check-ins, withdrawals, deaths, rows in any month."""
    rng = np.random.default_rng(seed)
    people = []
    for _ in range(size):
        completed = [k for k in range(1, 13) if rng.random() < 0.93]
        withdrawn, reason = np.nan, None
        if rng.random() < 0.3:
            withdrawn = float(rng.integers(5, 400))
            reason = "died" if rng.random() < 0.5 else "moved away"
            completed = [k for k in completed if DUE[k - 1] <= withdrawn]
        used = tuple(
            (float(rng.integers(0, 15)), str(rng.choice(list(PRICES))), float(rng.integers(0, 4)))
            for _ in range(rng.integers(0, 6))
        )
        people.append(Person(tuple(completed), used, withdrawn=withdrawn, reason=reason))
    return people
