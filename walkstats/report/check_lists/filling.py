"""Which items of a check-list are in this report, and where? What is not there is open."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from walkstats import tables
from walkstats.report.check_lists.asked import CheckList, Item
from walkstats.report.check_lists.sought import FINDERS, Seen
from walkstats.report.document import Block, Paragraph, TableBlock
from walkstats.report.wording import listed

IN_REPORT, STATED, PARTLY, OPEN, BEYOND = (
    "in the report",
    "stated in the plan",
    "in part",
    "open",
    "not applicable",
)
ORDER = (IN_REPORT, STATED, PARTLY, OPEN, BEYOND)
HEADS = {"item": "Item", "topic": "Topic", "asks": "What is asked", "where": "Where it is"}


@dataclass(frozen=True)
class Filled:
    """An item and where it is.

    Attributes
    ----------
    item : Item
    state : str
        One of ``ORDER``.
    where : str
        Places, a statement of the plan, and what is lacking.
    """

    item: Item
    state: str
    where: str


def filled(asked: CheckList, seen: Seen) -> tuple[Filled, ...]:
    """Hold every item of a check-list against a report.

    Parameters
    ----------
    asked : CheckList
    seen : Seen

    Returns
    -------
    tuple of Filled
        In the order of the items.
    """
    return tuple(_filled(asked, item, seen) for item in asked.items)


def _filled(asked: CheckList, item: Item, seen: Seen) -> Filled:
    if item.beyond:
        return Filled(item, BEYOND, f"{item.beyond[:1].upper()}{item.beyond[1:]}.")
    key = asked.statement_of(item)
    said = _told(asked, item, seen)
    found = [FINDERS[name](seen) for name in item.found]
    there = list(dict.fromkeys(one.where for one in found if one.where))
    complete = bool(there) and (item.needs == "any" or all(one.where for one in found))
    lacking = [one.lacking for one in found if one.lacking]
    if item.needs == "all" and there and not complete:
        names = [name for name, one in zip(item.found, found, strict=True) if not one.where]
        lacking.append(f"not said: {listed([LACKING[name] for name in names])}")
    parts = [f"{'; '.join(there)}." if there else "", _sentence(said), *map(_sentence, lacking)]
    whole = "" if said or (there and not item.besides) else _of_the_whole(asked, item, seen)
    if there and item.besides and not said and not whole:
        parts.append(f"What no data tell: give statements.{key} in the plan.")
    if whole:
        parts = [*parts, f"Of item {item.number.rstrip('abcd')} as a whole: {_sentence(whole)}"]
        return Filled(item, PARTLY, _joined(parts))
    if not there and not said:
        return Filled(item, OPEN, _wanted(item, key))
    return Filled(item, _state(bool(there), complete, bool(said), lacking, item), _joined(parts))


def _told(asked: CheckList, item: Item, seen: Seen) -> str:
    """What the plan states of an item."""
    statements = seen.results.plan.statements
    said = statements.get(asked.statement_of(item), "") or statements.get(item.same, "")
    return said.strip() if item.told else ""


def _of_the_whole(asked: CheckList, item: Item, seen: Seen) -> str:
    """What the plan states of item 12 where 12a is asked: it may say less than that."""
    whole = item.number.rstrip("abcd")
    if whole == item.number or not item.told:
        return ""
    return seen.results.plan.statements.get(f"{asked.key}.{whole}", "").strip()


def _state(there: bool, complete: bool, said: bool, lacking: Sequence[str], item: Item) -> str:
    if not there:
        return STATED
    partly = not complete or lacking or (item.besides and not said)
    return PARTLY if partly else IN_REPORT


def _wanted(item: Item, key: str) -> str:
    if not item.told:
        return "Not in the report: the plan has no analysis that shows it."
    ways = dict.fromkeys(GIVEN_BY.get(name, PLANNED) for name in item.found)
    wanted = listed([*ways, f"give statements.{key} in the plan"], "or")
    return f"Not in the report: {wanted}."


PLANNED = "plan an analysis that shows it"
# Finder -> what makes it find something, where that is no analysis.
GIVEN_BY = {
    "randomised_title": "say it in the title of the plan",
    "registration": "give registration in the plan",
    "plan_version": "give version and dated in the plan",
    "plan_revisions": "give the revisions in the plan",
    "plan_protocol": "give protocol in the plan",
    "plan_signed": "sign the plan (walkstats plan sign)",
    "strata": "give strata in the plan",
    "adjustment": "give covariates in the plan",
    "dates": "record randomised_on",
    "screening": "record the screening",
}
# Finder -> what a report lacks that does not have it.
LACKING = {
    "methods_primary": "how the primary outcome was compared",
    "methods_secondary": "how secondary outcomes were compared",
    "methods_harms": "how harms were compared",
}


def _sentence(text: str) -> str:
    if not text:
        return ""
    text = f"{text[:1].upper()}{text[1:]}"
    return text if text.endswith((".", "!", "?")) else f"{text}."


def _joined(parts: Sequence[str]) -> str:
    return " ".join(f"{part[:1].upper()}{part[1:]}" for part in parts if part)


def blocks_of(asked: CheckList, seen: Seen) -> list[Block]:
    """A check-list as it stands in the report: how many items are met, then every one.

    Parameters
    ----------
    asked : CheckList
    seen : Seen

    Returns
    -------
    list of blocks
    """
    items = filled(asked, seen)
    rows = [(one.item.number, one.item.topic, one.item.asks, one.where) for one in items]
    frame = pd.DataFrame(rows, columns=list(HEADS))
    table = tables.table_of(frame, title=f"{asked.name}: each item and its place", labels=HEADS)
    table = table.noted(asked.source, "The items are given in our words.")
    return [Paragraph(_counted(items)), TableBlock(f"{asked.key}_check_list", table)]


def _counted(items: Sequence[Filled]) -> str:
    number = Counter(one.state for one in items)
    counts = [
        f"{number[state]} {SAID[state][number[state] > 1]}" for state in ORDER if number[state]
    ]
    left = [one.item.number for one in items if one.state in (PARTLY, OPEN)]
    said = f"Of {len(items)} items {listed(counts)}."
    return f"{said} In part or open: {', '.join(left)}." if left else said


# State -> how one item, and how several are said.
SAID = {
    IN_REPORT: ("is in this report", "are in this report"),
    STATED: ("is met by a statement of the plan", "are met by statements of the plan"),
    PARTLY: ("is met in part", "are met in part"),
    OPEN: ("is open", "are open"),
    BEYOND: ("does not apply", "do not apply"),
}
