"""Cox's model from its definition, a slow twin: loops over event times, risk sets and steps.

Numbers may be fractions: with risks that are whole numbers every result is exact.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

import numpy as np
import pandas as pd


@dataclass(eq=False)
class Row:
    """(start, stop], whether it ends in the event, covariates, risk exp(x'b), weight, stratum."""

    stop: Any
    event: bool
    x: Sequence[Any]
    risk: Any = 1
    weight: Any = 1
    start: Any = -1
    stratum: Any = 0


@dataclass(eq=False)
class Step:
    """One of Efron's steps (Breslow has one a time), with the moments of its risk set."""

    time: Any
    stratum: Any
    share: Any
    hazard: Any
    denominator: Any
    mean: list[Any]
    second: list[list[Any]]


@dataclass(eq=False)
class ByHand:
    """Steps and, by row, martingale, score and Schoenfeld residuals (None without event)."""

    steps: list[Step] = field(default_factory=list)
    martingale: list[Any] = field(default_factory=list)
    score: list[list[Any]] = field(default_factory=list)
    schoenfeld: list[Any] = field(default_factory=list)
    information: list[list[Any]] = field(default_factory=list)


def at_risk(row: Row, time: Any, stratum: Any) -> bool:
    return row.stratum == stratum and row.start < time <= row.stop


def dies(row: Row, time: Any, stratum: Any) -> bool:
    return at_risk(row, time, stratum) and row.event and row.stop == time


def steps_of(rows: list[Row], ties: str, added: Any = None) -> list[Step]:
    """All steps; ``added(row, time)`` gives the covariates at a time, else those of the row."""
    covariates = added or (lambda row, time: row.x)
    steps = []
    for stratum, time in sorted(
        {(r.stratum, r.stop) for r in rows if r.event and r.start < r.stop}
    ):
        dead = [r for r in rows if dies(r, time, stratum)]
        here = [r for r in rows if at_risk(r, time, stratum)]
        count = len(dead) if ties == "efron" else 1
        for step in range(count):
            share = Fraction(step, count)
            mass = [
                (r.weight * r.risk * ((1 - share) if r in dead else 1), covariates(r, time))
                for r in here
            ]
            total = sum(m for m, _ in mass)
            size = len(mass[0][1])
            mean = [sum(m * x[j] for m, x in mass) / total for j in range(size)]
            second = [
                [sum(m * x[i] * x[j] for m, x in mass) / total for j in range(size)]
                for i in range(size)
            ]
            hazard = (
                sum(r.weight for r in dead) / count / total
                if count > 1
                else (sum(r.weight for r in dead) / total)
            )
            steps.append(Step(time, stratum, share, hazard, total, mean, second))
    return steps


def by_hand(rows: list[Row], ties: str) -> ByHand:
    """Everything, from the definition."""
    steps = steps_of(rows, ties)
    out = ByHand(steps=steps)
    size = len(rows[0].x)
    for row in rows:
        seen = row.event and row.start < row.stop
        own = [s for s in steps if dies(row, s.time, s.stratum)]
        expected = [sum(s.mean[j] for s in own) / max(len(own), 1) for j in range(size)]
        out.schoenfeld.append([row.x[j] - expected[j] for j in range(size)] if own else None)
        martingale = 1 if seen else 0
        score = [row.x[j] - expected[j] if own else 0 for j in range(size)]
        for s in steps:
            if at_risk(row, s.time, s.stratum):
                left = (1 - s.share) if dies(row, s.time, s.stratum) else 1
                part = row.risk * s.hazard * left
                martingale -= part
                score = [score[j] - (row.x[j] - s.mean[j]) * part for j in range(size)]
        out.martingale.append(martingale)
        out.score.append(score)
    out.information = information(steps)
    return out


def information(steps: list[Step]) -> list[list[Any]]:
    """Sum over steps of (weighted events of the step) x covariance of those at risk."""
    size = len(steps[0].mean)
    return [
        [
            sum(s.hazard * s.denominator * (s.second[i][j] - s.mean[i] * s.mean[j]) for s in steps)
            for j in range(size)
        ]
        for i in range(size)
    ]


def score_and_information(rows: list[Row], ties: str, added: Any) -> tuple[np.ndarray, np.ndarray]:
    """Of the model with covariates ``added(row, time)`` at the risks given."""
    steps = steps_of(rows, ties, added)
    score = np.zeros(len(steps[0].mean))
    for row in rows:
        if row.event and row.start < row.stop:
            score += float(row.weight) * np.array(added(row, row.stop), dtype=float)
    for s in steps:
        score -= float(s.hazard * s.denominator) * np.array(s.mean, dtype=float)
    return score, np.array(information(steps), dtype=float)


# Therneau and Grambsch (2000), appendix E: ties, spells, weights.
TEXTBOOK = {
    "ties": pd.DataFrame(
        {
            "stop": [1, 1, 6, 6, 8, 9],
            "event": [1, 0, 1, 1, 0, 1],
            "x": [1, 1, 1, 0, 0, 0],
        }
    ),
    "spells": pd.DataFrame(
        {
            "start": [1, 2, 5, 2, 1, 7, 3, 4, 8, 8],
            "stop": [2, 3, 6, 7, 8, 9, 9, 9, 14, 17],
            "event": [1, 1, 1, 1, 1, 1, 1, 0, 0, 0],
            "x": [1, 0, 0, 1, 0, 1, 1, 1, 0, 0],
        }
    ),
    "weights": pd.DataFrame(
        {
            "stop": [1, 1, 2, 2, 2, 2, 3, 4, 5],
            "event": [1, 0, 1, 1, 1, 0, 0, 1, 0],
            "x": [2, 0, 1, 1, 0, 1, 0, 1, 0],
            "weight": [1, 2, 3, 4, 3, 2, 1, 2, 1],
        }
    ),
}


def rows_of(frame: pd.DataFrame, columns: Sequence[str], beta: Sequence[float]) -> list[Row]:
    """Rows of a frame with columns stop, event, perhaps start, weight, stratum; float risks."""
    rows = []
    for record in frame.to_dict("records"):
        x = [record[name] for name in columns]
        rows.append(
            Row(
                stop=record["stop"],
                event=bool(record["event"]),
                x=x,
                risk=float(np.exp(np.dot(x, beta))),
                weight=record.get("weight", 1),
                start=record.get("start", -1),
                stratum=record.get("stratum", 0),
            )
        )
    return rows
