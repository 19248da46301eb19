"""Do the numbers of a flow diagram add up? Only then are they handed on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pandas as pd

from walkstats._arguments import check_frame
from walkstats.errors import DataError, Problem

COLUMNS = ("stage", "arm", "reason", "n")
# Stage -> whether it is told by arm.
STAGES = {
    "screened": False,
    "excluded": False,
    "randomised": False,
    "allocated": True,
    "no follow-up": True,
    "withdrawn": True,
    "lost": True,
    "died": True,
    "not analysed": True,
    "analysed": True,
}
# Who is in these boxes is not analysed; the others are analysed as far as they were followed, and
# nobody is in two of them.
NOT_ANALYSED = ("no follow-up", "not analysed")
FOLLOWED_IN_PART = ("withdrawn", "lost", "died")


@dataclass(frozen=True)
class FlowBox:
    """One box: its number, and reasons with theirs."""

    stage: str
    n: int
    reasons: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True)
class ArmFlow:
    """The boxes of one arm, by stage."""

    arm: str
    boxes: dict[str, FlowBox]


@dataclass(frozen=True)
class Flow:
    """A flow of participants whose numbers add up.

    Attributes
    ----------
    before : dict of str to FlowBox
        Screened, excluded, randomised, as far as they are known.
    arms : tuple of ArmFlow
    """

    before: dict[str, FlowBox]
    arms: tuple[ArmFlow, ...]


def checked_flow(frame: pd.DataFrame) -> Flow:
    """The boxes of a flow diagram, once they add up.

    Parameters
    ----------
    frame : pandas.DataFrame
        One row per box or reason: stage, arm (empty: all), reason (empty: total of the box), n.

    Returns
    -------
    Flow

    Raises
    ------
    ValueError
        For missing columns.
    DataError
        With every number that does not add up: screened = excluded + randomised; randomised = sum
        of allocated; in each arm allocated = analysed + not analysed, and no more withdrew, were
        lost or died than were allocated; a box = sum of its reasons.
    """
    check_frame(frame, "flow")
    absent = [name for name in COLUMNS if name not in frame.columns]
    if absent:
        raise ValueError(f"flow lacks the column(s) {', '.join(absent)}.")
    rows = frame.reset_index(drop=True).assign(
        arm=frame["arm"].astype(object).where(frame["arm"].notna(), "").astype(str).to_numpy(),
        reason=frame["reason"]
        .astype(object)
        .where(frame["reason"].notna(), "")
        .astype(str)
        .to_numpy(),
    )
    problems = list(_row_problems(rows))
    if problems:
        raise DataError(problems)
    flow = _boxes(rows)
    problems = [*_box_problems(rows), *_sum_problems(flow)]
    if problems:
        raise DataError(problems)
    return flow


def _problem(
    text: str, what_to_do: str = "correct the numbers of the flow", **where: object
) -> Problem:
    return Problem(text, what_to_do, table="flow", **where)  # type: ignore[arg-type]


def _row_problems(rows: pd.DataFrame) -> Iterator[Problem]:
    numbers = pd.to_numeric(rows["n"], errors="coerce")
    for place in range(len(rows)):
        stage, arm, n = rows["stage"][place], rows["arm"][place], numbers[place]
        if stage not in STAGES:
            yield _problem(
                f"unknown stage {stage!r}", f"use one of: {', '.join(STAGES)}", row=place,
                column="stage",
            )  # fmt: skip
        elif STAGES[stage] != bool(arm):
            needs = "needs an arm" if STAGES[stage] else f"is told for all, not for {arm!r}"
            yield _problem(f"stage {stage!r} {needs}", row=place, column="arm")
        if not (pd.notna(n) and n >= 0 and float(n).is_integer()):
            yield _problem(f"n is {rows['n'][place]!r}, not a count", row=place, column="n")
    again = rows[rows.duplicated(["stage", "arm", "reason"])]
    for twice, row in again.iterrows():
        yield _problem(f"{_named(row['stage'], row['arm'])} is told twice", row=int(str(twice)))


def _named(stage: str, arm: str) -> str:
    return f"{stage} ({arm})" if arm else stage


def _boxes(rows: pd.DataFrame) -> Flow:
    before: dict[str, FlowBox] = {}
    arms: dict[str, dict[str, FlowBox]] = {}
    for (stage, arm), part in rows.groupby(["stage", "arm"], sort=False):
        total = part[part["reason"] == ""]["n"]
        told = part[part["reason"] != ""]
        reasons = tuple((str(r), int(n)) for r, n in zip(told["reason"], told["n"], strict=True))
        n = int(total.iloc[0]) if len(total) else sum(number for _, number in reasons)
        home = arms.setdefault(str(arm), {}) if STAGES[str(stage)] else before
        home[str(stage)] = FlowBox(str(stage), n, reasons)
    return Flow(before, tuple(ArmFlow(arm, boxes) for arm, boxes in arms.items()))


def _box_problems(rows: pd.DataFrame) -> Iterator[Problem]:
    for (stage, arm), part in rows.groupby(["stage", "arm"], sort=False):
        total = part[part["reason"] == ""]["n"]
        told = part[part["reason"] != ""]["n"]
        if len(total) and len(told) and int(told.sum()) != int(total.iloc[0]):
            yield _problem(
                f"{_named(str(stage), str(arm))} is {int(total.iloc[0])}, "
                f"but its reasons add up to {int(told.sum())}"
            )


def _sum_problems(flow: Flow) -> Iterator[Problem]:
    before = {stage: box.n for stage, box in flow.before.items()}
    if "randomised" not in before:
        yield _problem("the number randomised is missing", "add a row for stage 'randomised'")
        return
    if (
        "screened" in before
        and before["screened"] != before.get("excluded", 0) + before["randomised"]
    ):
        yield _problem(
            f"screened is {before['screened']}, but excluded ({before.get('excluded', 0)}) and "
            f"randomised ({before['randomised']}) add up to "
            f"{before.get('excluded', 0) + before['randomised']}"
        )
    for arm in flow.arms:
        yield from _arm_problems(arm)
    allocated = sum(arm.boxes["allocated"].n for arm in flow.arms if "allocated" in arm.boxes)
    if flow.arms and allocated != before["randomised"]:
        yield _problem(
            f"randomised is {before['randomised']}, but the arms add up to {allocated} allocated"
        )


def _arm_problems(arm: ArmFlow) -> Iterator[Problem]:
    numbers = {stage: box.n for stage, box in arm.boxes.items()}
    if "allocated" not in numbers:
        yield _problem(f"the number allocated to {arm.arm} is missing", "add its row")
        return
    allocated = numbers["allocated"]
    gone = sum(numbers.get(stage, 0) for stage in NOT_ANALYSED)
    analysed = numbers.get("analysed")
    if analysed is not None and analysed + gone != allocated:
        yield _problem(
            f"allocated to {arm.arm} is {allocated}, but analysed ({analysed}) and not analysed "
            f"({gone}) add up to {analysed + gone}"
        )
    for stage in FOLLOWED_IN_PART:
        if numbers.get(stage, 0) > allocated:
            yield _problem(f"{_named(stage, arm.arm)} is more than the {allocated} allocated")
    ended = {stage: numbers[stage] for stage in FOLLOWED_IN_PART if numbers.get(stage)}
    together = sum(ended.values())
    if len(ended) > 1 and together > allocated >= max(ended.values()):
        yield _problem(
            f"{', '.join(ended)} ({arm.arm}) are {together} together, more than the {allocated} "
            "allocated"
        )
