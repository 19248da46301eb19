"""Which scores do the answers to a questionnaire make?"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from walkstats._arguments import check_column, check_frame
from walkstats.errors import IDS_SHOWN, DataError, Problem
from walkstats.questionnaires.answers import numbers_in
from walkstats.questionnaires.definitions import Questionnaire
from walkstats.questionnaires.entries import read_questionnaire
from walkstats.questionnaires.scored import (
    HowToScore,
    Scored,
    counted,
    how_to_score,
    item_columns,
    notes_of,
    said_of,
    score_rows,
)
from walkstats.questionnaires.scoring import STATES
from walkstats.questionnaires.utilities import ValueSet, read_value_set


def score(
    answers: pd.DataFrame,
    questionnaire: str | os.PathLike[str] | Mapping[str, Any] | Questionnaire,
    *,
    items: str | Sequence[str] | None = None,
    month: str | float = "month",
    participant: str = "participant_id",
    rule: str | None = None,
    measures: Mapping[str, str] | None = None,
    codes: Mapping[Any, float] | None = None,
    missing: Sequence[object] = (),
    value_set: str | os.PathLike[str] | Mapping[Any, Any] | pd.DataFrame | ValueSet | None = None,
) -> pd.DataFrame:
    """Score the answers to a questionnaire, as rows of outcomes.

    Parameters
    ----------
    answers : pandas.DataFrame
        One row per participant and visit, with a column for each item.
    questionnaire : str, path-like or mapping
        Name of one that comes with walkstats (``questionnaires.shipped_questionnaires()``), or a
        TOML file or mapping of one's own.
    items : str or sequence of str, optional
        Columns of the items: a name with {} where the number of the item stands, as in "rmdq_{}",
        or all names in the order of the questionnaire. Of EQ-5D-5L also the name of one column
        with profiles, such as 11213. By default the names that the questionnaire gives.
    month : str or float
        Column of the visit, or the same month for all rows [months].
    participant : str
        Column of the participants.
    rule : str, optional
        What becomes of missing answers, by the name of one of the questionnaire's rules. By default
        the first, which is that of its source.
    measures : mapping of str to str, optional
        Measure of the questionnaire -> what to call it.
    codes : mapping, optional
        What the team's own words stand for, as in {"yes": 1, "no": 0}. Where numbers stand for
        others, as in {1: 0, 2: 1, 3: 2, 4: 3}, all must be there: another number is no answer.
    missing : sequence
        Cells that mean that there is no answer, beside empty ones, as in [-9, 99].
    value_set : str, path-like, mapping or pandas.DataFrame, optional
        Utilities of EQ-5D-5L profiles, as ``questionnaires.read_value_set`` takes them. None comes
        with walkstats.

    Returns
    -------
    pandas.DataFrame
        One row per participant, visit and measure: participant_id, month, measure, value, and how
        it came about: items_answered, scored ("complete", "filled in", "too many missing", "not
        answered"). ``attrs`` has method, notes, counts ({measure: {scored: person-visits}}), source
        (of the questionnaire) and measures (what a Trial is told of them).

    Raises
    ------
    DataError
        For answers that are no code, by item and participant; for a participant with two rows at a
        visit; and for rows without a participant or a month.
    ValueError
        For columns that are not there, and an unknown questionnaire or rule.

    Notes
    -----
    Reversed items are turned (low + high - code). Where some items of a scale were not answered,
    the rule says what stands in for each: the lowest code, or the mean of the items answered, so
    that a sum of k items is (k / answered) times the sum of those. With more unanswered than the
    rule allows the score is missing; with none answered it always is, and never 0. Nothing is
    rounded.

    Scores of the Roland-Morris questionnaire treat an item that is not ticked as no [1]_. Where
    answers were entered as yes and no, an empty cell is a missing answer: ``rule="prorated"``.

    References
    ----------
    .. [1] Roland M, Fairbank J (2000). The Roland-Morris Disability Questionnaire and the Oswestry
       Disability Questionnaire. *Spine* 25:3115-3124.
       https://doi.org/10.1097/00007632-200012150-00006

    Examples
    --------
    Of ten sections of the Oswestry Disability Index 16 points are 32 %; with one section not
    answered 16 of 45 are 35.6 %.

    >>> names = [f"odi_{k}" for k in range(1, 11)]
    >>> rows = pd.DataFrame([[2] * 6 + [1] * 4, [2] * 7 + [1, 1, None]], columns=names)
    >>> rows = rows.assign(participant_id=["a", "b"], month=0)
    >>> score(rows, "odi")["value"].round(1).tolist()
    [32.0, 35.6]
    """
    frame = check_frame(answers, "answers")
    one = read_questionnaire(questionnaire)
    values = None if value_set is None else read_value_set(value_set)
    how = how_to_score(
        one, rule=rule, measures=measures, codes=codes, missing=missing, value_set=values
    )
    columns = item_columns(items, one)
    for column in columns:
        check_column(frame, column, f"an item of {one.name}")
    ids = check_column(frame, participant, "participant").to_numpy(dtype=object)
    months = _months(frame, month)
    cells = frame[list(columns)].to_numpy(dtype=object)
    scored = score_rows(cells, columns, ids, np.arange(len(frame)), how, "answers")
    problems = [*_wrong_visits(ids, months, participant, str(month)), *scored.problems]
    if problems:
        raise DataError(problems)
    return _outcomes(frame, ids, months, scored, how)


def _months(frame: pd.DataFrame, month: str | float) -> np.ndarray:
    if isinstance(month, str):
        return numbers_in(check_column(frame, month, "month"))
    if isinstance(month, bool) or not isinstance(month, (int, float, np.number)):
        raise ValueError(f"month must be the name of a column or a number, got {month!r}.")
    if not np.isfinite(float(month)):
        raise ValueError(f"month must be a finite number of months, got {month!r}.")
    return np.full(len(frame), float(month))


def _wrong_visits(
    ids: np.ndarray, months: np.ndarray, participant: str, month: str
) -> list[Problem]:
    """Rows of nobody, at no time, or of a visit that has another row."""
    nobody = np.array([pd.isna(one) or not str(one).strip() for one in ids], dtype=bool)
    never = ~np.isfinite(months)
    keys = pd.DataFrame({"who": [str(one) for one in ids], "when": months})
    twice = keys.duplicated(keep=False).to_numpy() & ~nobody & ~never
    found = (
        (nobody, participant, "has no participant", "enter whose answers they are"),
        (never, month, "is no number of months", "enter the month of the visit"),
        (
            twice,
            month,
            "several rows of one participant and visit",
            "keep one row of each, or give them different months",
        ),
    )
    return [
        Problem(
            problem,
            what_to_do,
            table="answers",
            column=column,
            row=int(np.argmax(bad)),
            ids=tuple(dict.fromkeys(str(one) for one in ids[bad & ~nobody]))[:IDS_SHOWN],
            count=int(bad.sum()),
        )
        for bad, column, problem, what_to_do in found
        if bad.any()
    ]


def _outcomes(
    frame: pd.DataFrame, ids: np.ndarray, months: np.ndarray, scored: Scored, how: HowToScore
) -> pd.DataFrame:
    """Scores below each other, measure after measure, in the order of the rows."""
    pieces = [
        pd.DataFrame(
            {
                "participant_id": ids,
                "month": months,
                "measure": measure,
                "value": scores.values,
                "items_answered": scores.answered,
                "scored": [STATES[k] for k in scores.states],
            }
        )
        for measure, scores in scored.scores.items()
    ]
    out = pd.concat(pieces, ignore_index=True)
    cited = "; ".join(one.cited for one in how.one.sources)
    out.attrs = {
        "source": str(frame.attrs.get("source", "")),
        "derived": f"scores of {how.one.described}",
        "method": said_of(how),
        "scored_by": cited,
        "counts": {measure: counted(scores) for measure, scores in scored.scores.items()},
        "measures": how.measures,
        "notes": notes_of(scored, how),
    }
    return out
