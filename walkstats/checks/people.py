"""Are the participants who they should be: ids, arms, strata, follow-up, baseline?"""

from __future__ import annotations

import re

import numpy as np
import pandas as pd

from walkstats._spellings import alike
from walkstats.checks.material import Material
from walkstats.checks.rules import Rule
from walkstats.errors import IDS_SHOWN, Problem
from walkstats.schema import TABLES, recorded_later

NOT_BASELINE = ("participant_id", "arm", "randomised_on", "planned_end_days")
SCIENTIFIC = re.compile(r"\d+(?:\.\d+)?[eE][+-]?\d+")


def people_problems(material: Material) -> list[Problem]:
    """What concerns the participants as a whole, not single rows.

    Parameters
    ----------
    material : Material

    Returns
    -------
    list of Problem
    """
    return [
        *_nobody(material),
        *_arms(material),
        *_strata(material),
        *_baseline(material),
        *_spellings(material),
        *_scientific_ids(material),
        *_screening(material),
    ]


def _nobody(material: Material) -> list[Problem]:
    if len(material.tables["participants"]) or "participants" in material.incomplete:
        return []
    return [
        Problem(
            "there are no participants",
            "check that the file has rows, and that where in trial.toml leaves some",
            table="participants",
            topic="identity",
        )
    ]


def _arms(material: Material) -> list[Problem]:
    """A comparison needs two arms with participants in them."""
    people = material.tables["participants"]
    if not len(people) or "participants" in material.incomplete or len(material.arms) < 2:
        return []
    sizes = {arm: int((people["arm"] == arm).sum()) for arm in material.arms}
    filled = {arm: n for arm, n in sizes.items() if n}
    if len(filled) == 1:
        arm, n = next(iter(filled.items()))
        return [
            Problem(
                f"comparison needs 2 arms, found 1 ({arm}, n={n})",
                "check the codes of the arms, and that no filter left one of them out",
                table="participants",
                column="arm",
                count=n,
                topic="randomisation",
            )
        ]
    empty = [arm for arm, n in sizes.items() if not n]
    if not empty or not filled:
        return []
    return [
        Problem(
            f"no participant is in {', '.join(empty)}",
            "leave the arm out of arms, or check its code",
            table="participants",
            column="arm",
            count=len(empty),
            severity="warning",
            topic="randomisation",
        )
    ]


def _strata(material: Material) -> list[Problem]:
    people = material.tables["participants"]
    found: list[Problem] = []
    if "participants" in material.incomplete:
        return found
    for name in material.strata:
        if name not in people.columns:
            found.append(
                Problem(
                    f"the stratum {name!r} is no column of participants; there are: "
                    f"{', '.join(people.columns)}",
                    "correct strata in trial.toml, or declare the column",
                    table="participants",
                    column=name,
                    topic="randomisation",
                )
            )
        elif material.missing("participants", name).any():
            found.append(_missing(material, name, "stratified analyses leave them out and say so"))
    return found


def _baseline(material: Material) -> list[Problem]:
    """Columns of which some values are missing. Nothing is said of text, and of empty columns."""
    people = material.tables["participants"]
    found = []
    for name in people.columns:
        known = TABLES["participants"].column(name)
        told = known is not None or people[name].dtype != object
        if name in (*NOT_BASELINE, *material.strata) or recorded_later(str(name)) or not told:
            continue
        missing = material.missing("participants", name)
        if missing.any() and not people[name].isna().all():
            found.append(_missing(material, name, "models that use it leave them out and say so"))
    return found


def _missing(material: Material, name: str, consequence: str) -> Problem:
    people = material.tables["participants"]
    missing = material.missing("participants", name)
    used = int(people[name].notna().sum())
    ids = people["participant_id"].to_numpy()[missing]
    return Problem(
        f"{name} is missing for {int(missing.sum())} of {len(missing)} participants"
        f"{material.arm_counts(missing)}; {used} can be used",
        f"enter it if it is known; {consequence}",
        table="participants",
        column=name,
        row=material.line("participants", int(np.flatnonzero(missing)[0])),
        ids=tuple(one for one in ids if isinstance(one, str))[:IDS_SHOWN],
        count=int(missing.sum()),
        severity="warning",
        topic="completeness",
        file=material.file("participants", int(np.flatnonzero(missing)[0])),
    )


def _spellings(material: Material) -> list[Problem]:
    """Labels such as f and "F ", which every analysis takes for two groups."""
    people = material.tables["participants"]
    texts = [
        name
        for name in people.columns
        if people[name].dtype == object and name not in ("participant_id", "arm")
    ]
    return [
        Problem(
            note.rstrip("."),
            "spell them alike in the file, or with codes in trial.toml",
            table="participants",
            column=str(name),
            severity="warning",
            topic="values",
        )
        for name in texts
        for note in alike(dict.fromkeys(v for v in people[name] if isinstance(v, str)), name)
    ]


def _scientific_ids(material: Material) -> list[Problem]:
    """1E5 for 100000: what a spreadsheet makes of long or E-numbered ids."""
    ids = material.tables["participants"]["participant_id"].dropna()
    if not len(ids) or not all(SCIENTIFIC.fullmatch(str(one)) for one in ids):
        return []
    return [
        Problem(
            "all ids look like numbers in scientific notation: a spreadsheet may have changed them",
            "compare with the randomisation list; they are kept as text as they are",
            table="participants",
            column="participant_id",
            ids=tuple(ids[:IDS_SHOWN]),
            count=len(ids),
            severity="warning",
            topic="identity",
        )
    ]


def _screening(material: Material) -> list[Problem]:
    """Screened is excluded and randomised, and randomised is the table of participants."""
    table = material.tables["screening"]
    people = len(material.tables["participants"])
    if not len(table) or "participants" in material.incomplete or not people:
        return []
    total = {stage: _stage(table, stage) for stage in ("screened", "excluded", "randomised")}
    found = []
    if total["randomised"] not in (None, people):
        found.append(f"{total['randomised']} randomised, and participants has {people} rows")
    if total["screened"] is not None and total["excluded"] is not None:
        left = total["screened"] - total["excluded"]
        if left != people:
            found.append(
                f"{total['screened']} screened less {total['excluded']} excluded is {left}, and "
                f"participants has {people} rows"
            )
    return [
        Problem(
            sentence,
            "correct the counts: the flow diagram is drawn from them",
            table="screening",
            column="n",
            severity="warning",
            topic="consistency",
        )
        for sentence in found
    ]


def _stage(table: pd.DataFrame, stage: str) -> int | None:
    """The total of a stage: its row without a reason, else the sum over its reasons."""
    rows = table[(table["stage"] == stage) & table["n"].notna()]
    totals = rows[rows["reason"].isna()]
    if not len(rows):
        return None
    return int((totals if len(totals) else rows)["n"].sum())


def _odd_ids(material: Material) -> np.ndarray:
    """Ids without any digit where every other id has one: Total, Mean, a footnote."""
    ids = material.tables["participants"]["participant_id"]
    known = ids.notna().to_numpy()
    numbered = known & ids.str.contains(r"\d").eq(True).to_numpy(dtype=bool)
    wordy = known & ~numbered
    few = wordy.sum() <= max(3, 0.05 * numbered.sum())
    return wordy & bool(few and numbered.sum() >= 2 * wordy.sum())


def _told_ids(material: Material, rows: np.ndarray) -> str:
    ids = material.tables["participants"]["participant_id"].to_numpy()[rows[:IDS_SHOWN]]
    return ", ".join(repr(one) for one in ids)


def _padded_ids(material: Material) -> np.ndarray:
    ids = material.tables["participants"]["participant_id"]
    return (ids.notna() & (ids.str.strip() != ids)).to_numpy(dtype=bool)


def _end_of_follow_up(material: Material) -> np.ndarray:
    ends = [material.numbers("participants", c) for c in ("planned_end_days", "withdrawn_days")]
    return np.fmin(*ends)


def _without_follow_up(material: Material) -> np.ndarray:
    return _end_of_follow_up(material) == 0


def _withdrawn_late(material: Material) -> np.ndarray:
    planned = material.numbers("participants", "planned_end_days")
    withdrawn = material.numbers("participants", "withdrawn_days")
    with np.errstate(invalid="ignore"):
        return withdrawn > planned


def _reason_without_day(material: Material) -> np.ndarray:
    people = material.tables["participants"]
    given = people["withdrawal_reason"].notna() & people["withdrawn_days"].isna()
    refused = material.refused.get(("participants", "withdrawn_days"))
    rows = given.to_numpy(dtype=bool)
    return rows if refused is None else rows & ~refused


def _undated(material: Material) -> np.ndarray:
    """Some participants have a date of randomisation, these do not."""
    rows = material.missing("participants", "randomised_on")
    return rows & (not material.tables["participants"]["randomised_on"].isna().all())


PEOPLE_RULES = (
    Rule(
        "participants",
        "participant_id",
        "error",
        "{told}: an id without any digit among ids with digits",
        "delete rows that are totals or footnotes; otherwise correct the id",
        _odd_ids,
        _told_ids,
        topic="identity",
        looks_for="ids without any digit among ids with digits, such as totals",
    ),
    Rule(
        "participants",
        "participant_id",
        "warning",
        "ids begin or end with spaces: {told}",
        "remove the spaces: other tables may spell the ids without",
        _padded_ids,
        _told_ids,
        topic="identity",
    ),
    Rule(
        "participants",
        "randomised_on",
        "warning",
        "some participants have no date of randomisation",
        "enter it: it is day 0 of everything",
        _undated,
        topic="randomisation",
    ),
    Rule(
        "participants",
        "withdrawn_days",
        "warning",
        "participants without follow-up (it ends on day 0) are accepted and counted, not at risk",
        "nothing, if that is so",
        _without_follow_up,
        topic="time",
        looks_for="participants without follow-up",
    ),
    Rule(
        "participants",
        "withdrawn_days",
        "warning",
        "withdrawal lies after the planned end of follow-up, which counts",
        "correct one of the two",
        _withdrawn_late,
        topic="time",
    ),
    Rule(
        "participants",
        "withdrawal_reason",
        "warning",
        "there is a reason for withdrawal and no day",
        "enter withdrawn_days, or remove the reason",
        _reason_without_day,
        topic="completeness",
    ),
)
