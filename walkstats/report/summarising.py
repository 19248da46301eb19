"""What did the trial find, in one paragraph? And when did it take place?"""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from walkstats import tables
from walkstats._digits import count, decimals_for, fixed
from walkstats.plan import PlanResults
from walkstats.report.document import Block, Paragraph, TableBlock
from walkstats.report.economic_facts import EVALUATION
from walkstats.report.main_results import Line, main_table, name_of
from walkstats.report.placing import Piece
from walkstats.report.value_shown import evaluation_said
from walkstats.report.wording import derived, listed, lower

MOST_SAID = 6
"""Secondary results beyond this number stand in the table alone."""


def summary(results: PlanResults, lines: Sequence[Line]) -> list[Piece]:
    """The paragraph that a reader reads first, and the table of main results.

    Parameters
    ----------
    results : PlanResults
    lines : sequence of Line
        Of ``main_results.main_lines``.

    Returns
    -------
    list of Piece
        Owners "summary" and "main_results".
    """
    said = [_randomised(results), *_primary(results, lines), _secondary(lines), _harms(results)]
    text = " ".join(one for one in said if one)
    pieces = [Piece("summary", Paragraph(text))]
    if worth := _worth(results):
        pieces.append(Piece("summary_of_costs", Paragraph(worth)))
    if lines:
        table = TableBlock("main_results", main_table(lines, results))
        pieces.append(Piece("main_results", table))
    return pieces


def _randomised(results: PlanResults) -> str:
    people = results.trial.participants["arm"].value_counts()
    arms = listed([f"{count(int(people.get(arm, 0)))} to {arm}" for arm in results.trial.arms])
    total = count(len(results.trial.participants))
    return f"{total} participants were randomised: {arms}."


def _primary(results: PlanResults, lines: Sequence[Line]) -> list[str]:
    said = [f"{result_said(line, results)}." for line in lines if line.outcome.role == "primary"]
    for row in results.primary_not_run.itertuples():
        said.append(f"The primary analysis could not be run: {str(row.happened).rstrip('.')}.")
    return said


def result_said(line: Line, results: PlanResults) -> str:
    """One main result: numbers by arm, then the effects with interval and p-value.

    Parameters
    ----------
    line : Line
    results : PlanResults

    Returns
    -------
    str
        Without a full stop.
    """
    effects = [
        _effect_said(line, relative) for relative in (True, False) if _effect(line, relative)
    ]
    arms = results.trial.arms
    against = f" ({line.main.arm} against {arms[0]})" if len(arms) > 2 else ""
    when = _at(line)
    numbers = numbers_said(line, (arms[0], line.main.arm))
    return (
        f"{name_of(line)}{when}{against}: {'; '.join([*([numbers] if numbers else []), *effects])}"
    )


def _at(line: Line) -> str:
    if not line.when or line.when in name_of(line):
        return ""
    return f" {'over' if line.when.startswith('all') else 'at'} {line.when}"


def _effect(line: Line, relative: bool) -> object:
    return line.relative if relative else line.absolute


def _effect_said(line: Line, relative: bool) -> str:
    effect = line.relative if relative else line.absolute
    assert effect is not None
    when = f"at {effect.when}, " if effect.when and effect.when != line.when else ""
    measure = effect.estimate.measure or "difference"
    return f"{when}{lower(tables.sentence(effect.estimate, label=measure))}"


def numbers_said(line: Line, arms: Sequence[str]) -> str:
    """Participants with the event of those analysed, or means, by arm."""
    if line.arms is None:
        return ""
    told = []
    for arm in reversed(arms):
        counts = line.arms[arm]
        if counts.events is not None and line.binary:
            told.append(f"{count(counts.events)} of {count(counts.analysed)} ({arm})")
        elif counts.values is not None:
            mean, sd = counts.values
            decimals = decimals_for(sd)
            shown = f"mean {fixed(mean, decimals)}, SD {fixed(sd, decimals)}"
            told.append(f"{shown}, of {count(counts.with_data)} ({arm})")
        else:
            told.append(f"{count(counts.with_data)} of {count(counts.analysed)} with data ({arm})")
    return listed(told)


def _secondary(lines: Sequence[Line]) -> str:
    last: dict[tuple[str, str, str], Line] = {}
    for line in lines:
        if line.outcome.role == "secondary" and not line.when.startswith("all"):
            last[line.outcome.id, line.main.arm, name_of(line)] = line
    others = list(last.values())
    if not others:
        return ""
    said = [_briefly(line) for line in others[:MOST_SAID]]
    more = len(others) - MOST_SAID
    rest = f"; {more} more in the table" if more > 0 else ""
    return f"Secondary outcomes: {'; '.join(said)}{rest}."


def _briefly(line: Line) -> str:
    when = _at(line)
    estimate = line.main.estimate
    plain = estimate.scale == "identity" and estimate.measure.startswith("difference in")
    measure = "difference" if plain else estimate.measure or "difference"
    return f"{lower(name_of(line))}{when}, {lower(tables.sentence(estimate, label=measure))}"


def _worth(results: PlanResults) -> str:
    """What the main economic evaluations found; empty without one."""
    told = []
    for one in results.plan.analyses:
        run = one.method == EVALUATION and one.name in results.results
        if run and one.status == "economic":
            told += evaluation_said(one, results.results[one.name])
    return " ".join(told)


def _harms(results: PlanResults) -> str:
    """Participants with an adverse event, by arm, where somebody counted them."""
    for one in results.plan.analyses:
        frame = results.results.get(one.name)
        if derived(one) == "adverse_events" and isinstance(frame, pd.DataFrame):
            whole = frame[frame["kind"].astype(str) == "any"]
            if len(whole):
                told = [
                    f"{count(people)} of {count(randomised)} ({arm})"
                    for people, randomised, arm in whole[
                        ["participants", "randomised", "arm"]
                    ].itertuples(index=False)
                ]
                return f"Participants with an adverse event: {listed(told[::-1])}."
    return ""


def dates(results: PlanResults) -> list[Block]:
    """When participants were recruited and followed, where dates are recorded.

    Parameters
    ----------
    results : PlanResults

    Returns
    -------
    list of blocks
        A paragraph; none for a trial without dates.
    """
    people = results.trial.participants
    days = pd.to_datetime(people["randomised_on"], errors="coerce")
    if days.isna().all():
        return []
    said = f"Participants were randomised from {_day(days.min())} to {_day(days.max())}"
    unknown = int(days.isna().sum())
    said += f" ({count(unknown)} without a date)" if unknown else ""
    last = _last_observed(results, days)
    if last is not None:
        said += f"; the last check-in was answered on {_day(last)}"
    return [Paragraph(f"{said}.")]


def _last_observed(results: PlanResults, days: pd.Series) -> pd.Timestamp | None:
    asked = results.trial.check_ins
    if not len(asked):
        return None
    start = pd.Series(days.to_numpy(), index=results.trial.participants["participant_id"])
    begun = asked["participant_id"].map(start)
    after = pd.to_numeric(asked["answered_days"])
    known = begun.notna() & after.notna()
    if not known.any():
        return None
    return (begun[known] + pd.to_timedelta(after[known].astype("int64"), unit="D")).max()


def _day(day: pd.Timestamp) -> str:
    return f"{day.day} {day.strftime('%B %Y')}"
