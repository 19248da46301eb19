"""What do rows of answers become: scores by measure, how they came about, and findings?"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from walkstats.errors import IDS_SHOWN, Problem
from walkstats.questionnaires.answers import (
    answers_in,
    as_codes,
    profile_cells,
    recoded,
    spelled,
)
from walkstats.questionnaires.definitions import TOTALS, Questionnaire, Rule, Scale
from walkstats.questionnaires.scoring import FILLED, STATES, Scores, scores_of, state_of, turned
from walkstats.questionnaires.utilities import ValueSet
from walkstats.schema import Measure

PLACE = re.compile(r"\{(?::0(\d)d?)?\}")
"""Where the number of an item stands in a name: {}, or {:02} with as many digits."""

SHOWN = 6  # different wrong cells of an item that a message quotes


@dataclass(frozen=True)
class HowToScore:
    """A questionnaire, and what the team decided about it.

    Attributes
    ----------
    one : Questionnaire
    rule : Rule
    names : mapping of str to str
        Measure of the questionnaire -> what the trial calls it.
    codes : mapping of str to float
        What the team's own words stand for.
    missing : tuple of str
        Cells that mean no answer.
    value_set : ValueSet or None
    chosen : bool
        Whether the rule was named, and not taken because it is that of the source.
    """

    one: Questionnaire
    rule: Rule
    names: Mapping[str, str]
    codes: Mapping[str, float] = field(default_factory=dict)
    missing: tuple[str, ...] = ()
    value_set: ValueSet | None = None
    chosen: bool = False

    @property
    def measures(self) -> dict[str, Measure]:
        """What the dictionary of a trial is told of each measure.

        A value set may reach below what the dictionary expects of utilities.
        """
        told = {}
        for scale in self.one.scales:
            name = self.names[scale.measure]
            told[name] = scale.as_measure(name)
            if scale.total == "value set" and self.value_set is not None:
                lowest = min(scale.low, self.value_set.lowest)
                told[name] = replace(told[name], low=lowest)
        return told


@dataclass(frozen=True)
class Scored:
    """Scores of all scales of a questionnaire.

    Attributes
    ----------
    scores : mapping of str to Scores
        By what the trial calls the measure.
    problems : tuple of Problem
        Cells that are no answers.
    doubts : tuple of Problem
        What may be meant otherwise than it was scored.
    """

    scores: Mapping[str, Scores]
    problems: tuple[Problem, ...]
    doubts: tuple[Problem, ...] = ()


def how_to_score(
    one: Questionnaire,
    *,
    rule: str | None = None,
    measures: Mapping[str, str] | None = None,
    codes: Mapping[Any, Any] | None = None,
    missing: Collection[object] = (),
    value_set: ValueSet | None = None,
) -> HowToScore:
    """Check what the team decided against the questionnaire.

    Raises
    ------
    ValueError
        For rules and measures that the questionnaire does not have, and a value set that is
        missing or has no use.
    """
    own = [scale.measure for scale in one.scales]
    if measures is not None and not isinstance(measures, Mapping):
        raise ValueError(f"measures must be a mapping of {', '.join(own)} to names.")
    names = {name: name for name in own} | dict(measures or {})
    if unknown := [name for name in names if name not in own]:
        raise ValueError(f"{one.name} has no measure {unknown[0]!r}; it has {', '.join(own)}.")
    for called in names.values():
        if not isinstance(called, str) or not called.strip():
            raise ValueError(f"measures must give names, got {called!r}.")
    if len(set(names.values())) < len(names):
        raise ValueError(f"measures gives two scales of {one.name} one name: {names}.")
    needed = any(scale.total == "value set" for scale in one.scales)
    if needed and value_set is None:
        raise ValueError(
            f"{one.described} profiles become utilities by a value set: give value_set, a file of "
            "your own. None comes with walkstats."
        )
    if value_set is not None and not needed:
        raise ValueError(f"{one.described} has no use for a value set.")
    if isinstance(missing, str) or not isinstance(missing, Iterable):
        raise ValueError(f"missing must be a list of cells, as in [-9, 99]; got {missing!r}.")
    blank = tuple(map(spelled, missing))
    return HowToScore(one, one.rule(rule), names, as_codes(codes), blank, value_set, bool(rule))


def item_columns(items: str | Sequence[str] | None, one: Questionnaire) -> tuple[str, ...]:
    """Names of the columns that hold the items, or of the one that holds profiles.

    Parameters
    ----------
    items : str, sequence of str or None
        A name with {} where the number of the item stands ({:02} for two digits), the name of the
        only item or of profiles, or a name for each item.
    one : Questionnaire

    Raises
    ------
    ValueError
        For another number of names than there are items.
    """
    if items is None:
        return one.named
    if isinstance(items, AbstractSet | Mapping) or not isinstance(items, Iterable):
        raise ValueError(f"items must be a name or a list of names in their order; got {items!r}.")
    if isinstance(items, str):
        if PLACE.search(items):
            names = tuple(PLACE.sub(_numbered(k), items) for k in range(1, one.items + 1))
        elif one.items == 1 or one.profile:
            return (items,)
        else:
            raise ValueError(
                f"items must say where the number of an item stands, as in {items + '_{}'!r}, or "
                f"name all {one.items} columns; got {items!r}."
            )
    else:
        names = tuple(str(name) for name in items)
    alone = len(names) == 1 and one.profile
    if (len(names) != one.items and not alone) or len(set(names)) != len(names):
        raise ValueError(
            f"{one.name} has {one.items} items; items names {len(set(names))} different columns."
        )
    return names


def _numbered(number: int) -> Any:
    return lambda found: str(number).zfill(int(found.group(1) or 1))


def score_rows(
    cells: NDArray[np.object_],
    columns: Sequence[str],
    ids: NDArray[np.object_],
    rows: NDArray[np.int64],
    how: HowToScore,
    table: str,
) -> Scored:
    """Score rows of answers, and find what is no answer.

    Parameters
    ----------
    cells : (n, k) array of object
        A column for each item, or one of profiles.
    columns : sequence of str
        Their names, for messages.
    ids : (n,) array of object
        Whose answers they are.
    rows : (n,) array of int
        Where they stand, for messages.
    how : HowToScore
    table : str
        For messages.

    Returns
    -------
    Scored
    """
    one = how.one
    split = one.profile and len(columns) == 1
    read = profile_cells(_blanked(cells[:, 0], how.missing), one.items) if split else cells
    answers = answers_in(read, one, how.codes, how.missing)
    codes = turned(answers.codes, one)
    scores = {how.names[scale.measure]: _score(codes, how, scale) for scale in one.scales}
    refused = np.any(answers.refused, axis=1)[:, None] if split else answers.refused
    problems = []
    for k, column in enumerate(columns):
        if refused[:, k].any():
            problems.append(_problem(cells[:, k], refused[:, k], column, ids, rows, how, table))
    doubts = () if split else _blanks_beside_no(codes, columns, ids, rows, how, table)
    return Scored(scores, tuple(problems), doubts)


def _blanks_beside_no(
    codes: NDArray[np.float64],
    columns: Sequence[str],
    ids: NDArray[np.object_],
    rows: NDArray[np.int64],
    how: HowToScore,
    table: str,
) -> tuple[Problem, ...]:
    """Blanks that count as the lowest answer, where people gave the lowest answer as well."""
    blank = np.isnan(codes)
    begun = ~blank.all(axis=1)
    doubted = blank.any(axis=1) & begun
    if how.rule.stands_in != "lowest" or how.chosen or not doubted.any():
        return ()
    if not (codes[begun] == how.one.low).any():
        return ()
    others = [rule.name for rule in how.one.rules if rule is not how.rule]
    return (
        Problem(
            f"{int(blank[begun].sum())} blank items of {int(doubted.sum())} person-visits count as "
            f"{how.one.low:g} by the rule {how.rule.name!r}, and {how.one.low:g} was answered "
            "elsewhere: a blank may be no answer",
            f"say which is meant, as in rule = {' or '.join(map(repr, [how.rule.name, *others]))}",
            table=table,
            column=columns[0],
            row=int(rows[np.argmax(doubted)]),
            ids=tuple(dict.fromkeys(str(person) for person in ids[doubted]))[:IDS_SHOWN],
            count=int(doubted.sum()),
            severity="warning",
        ),
    )


def _blanked(cells: NDArray[np.object_], missing: Collection[str]) -> NDArray[np.object_]:
    out = cells.copy()
    blank = {spelled(cell) for cell in missing}
    out[[spelled(cell) in blank for cell in cells]] = ""
    return out


def _score(codes: NDArray[np.float64], how: HowToScore, scale: Scale) -> Scores:
    if scale.total != "value set" or how.value_set is None:
        return scores_of(codes, how.one, scale, how.rule)
    own = codes[:, np.array(scale.items) - 1]
    return Scores(how.value_set.of(own), *state_of(own, how.rule))


def _problem(
    cells: NDArray[np.object_],
    refused: NDArray[np.bool_],
    column: str,
    ids: NDArray[np.object_],
    rows: NDArray[np.int64],
    how: HowToScore,
    table: str,
) -> Problem:
    one = how.one
    wrong = list(dict.fromkeys(str(cell)[:30] for cell in cells[refused]))
    quoted = ", ".join(map(repr, wrong[:SHOWN])) + (" ..." if len(wrong) > SHOWN else "")
    codes = f"from {one.low:g} to {one.high:g}"
    kind = "whole numbers " if one.whole else "numbers "
    held = f"profiles of {one.items} digits {codes}" if one.profile else f"{kind}{codes}"
    if how.codes:
        words = ", ".join(map(repr, how.codes))
        held = words if recoded(how.codes) else f"{held}, or {words}"
    return Problem(
        f"{quoted}: answers of {one.described} are {held}",
        "correct the answer; what is no answer belongs among the missing, and words of your own "
        "among the codes",
        table=table,
        column=column,
        row=int(rows[np.argmax(refused)]),
        ids=tuple(dict.fromkeys(str(person) for person in ids[refused]))[:IDS_SHOWN],
        count=int(refused.sum()),
    )


def counted(scores: Scores) -> dict[str, int]:
    """How many person-visits have a score of each kind, by the words of ``STATES``."""
    return {word: int((scores.states == k).sum()) for k, word in enumerate(STATES)}


def said_of(how: HowToScore) -> str:
    """How the scores were made, as a methods section says it."""
    one, rule = how.one, how.rule
    totals = [TOTALS[scale.total] for scale in one.scales]
    total = totals[0] + (f", times {one.scales[0].times:g}" if one.scales[0].times != 1 else "")
    if how.value_set is not None:
        total = f"{total} by the value set {how.value_set.name}"
    single = one.items == 1
    text = f"{one.described}: {'the answer itself' if single else total}"
    if single:
        return f"{text}."
    fewest = min(len(scale.items) for scale in one.scales)
    limited = rule.stands_in != "nothing" and rule.at_most < fewest - 1
    limit = f", up to {rule.at_most} unanswered of a scale" if limited else ""
    cited = one.source(rule.source) or (one.sources[0] if one.sources else None)
    source = f" ({cited.cited.split('.')[0]})" if cited else ""
    return f"{text}; where answers are missing, {rule.said}{limit}{source}."


def notes_of(scored: Scored, how: HowToScore) -> tuple[str, ...]:
    """What a reader must know of the scores: how many are missing, and how many were filled in."""
    notes = []
    for measure, scores in scored.scores.items():
        n = counted(scores)
        if n["too many missing"]:
            notes.append(
                f"{measure}: {n['too many missing']} person-visit(s) have too many missing items "
                "for a score, and are missing."
            )
        if n["filled in"]:
            own = next(s for s in how.one.scales if how.names[s.measure] == measure)
            blanks = int((len(own.items) - scores.answered[scores.states == FILLED]).sum())
            notes.append(
                f"{measure}: in {n['filled in']} person-visit(s) {blanks} unanswered item(s) were "
                f"scored by the rule {how.rule.name!r}: {how.rule.said}."
            )
        if n["not answered"]:
            notes.append(f"{measure}: {n['not answered']} person-visit(s) have no answer at all.")
    notes += [f"{doubt.problem}; {doubt.what_to_do}." for doubt in scored.doubts]
    if how.rule.note and any(counted(s)["filled in"] for s in scored.scores.values()):
        notes.append(how.rule.note)
    if how.value_set is not None:
        notes.extend(how.value_set.notes)
    return tuple(notes)
