"""How do the participants of an analysis and those of the flow diagram reconcile?"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace

import pandas as pd

from walkstats._digits import count
from walkstats.report.document import Block, Paragraph, TableBlock

# What results say of rows that end on day 0, after the name of their model in a table of several.
NOT_AT_RISK = re.compile(
    r"(?:.*: )?([\d,]+) rows? (?:(?:have|has) time 0: counted, at risk at time 0 only|"
    r"(?:are|is) not at risk: no follow-up|(?:have|has) no follow-up and (?:are|is) at risk at no "
    r"time)\."
)
OTHERS = re.compile(r"the other ([\d,]+), who have no follow-up")


def followed_said(events: pd.DataFrame, arms: Sequence[str]) -> str:
    """Say how many participants the flow diagram counts as followed, where it is not all of them.

    Parameters
    ----------
    events : pandas.DataFrame
        One row per participant: arm, days [days from randomisation], event.
    arms : sequence of str

    Returns
    -------
    str
        Empty where everybody was followed beyond day 0.

    Examples
    --------
    >>> frame = pd.DataFrame({"arm": ["a", "a", "b"], "days": [0.0, 9.0, 8.0], "event": False})
    >>> followed_said(frame, ["a", "b"])[:58]
    'Of the 3 participants randomised, 2 (a 1, b 1) were follow'
    """
    none = (events["days"] <= 0) & ~events["event"]
    if not none.any():
        return ""
    here = events.loc[~none, "arm"]
    each = ", ".join(f"{arm} {count(int((here == arm).sum()))}" for arm in arms)
    others = count(int(none.sum()))
    return (
        f"Of the {count(len(events))} participants randomised, {count(len(here))} ({each}) were "
        "followed from day 0 on, as in the flow diagram. The tables count the other "
        f"{others}, who have no follow-up, among the participants and at risk on day 0; they add "
        "nothing to any estimate."
    )


def said_once(blocks: Iterable[Block]) -> list[Block]:
    """Blocks of a section in which each number of people without follow-up is said once.

    Parameters
    ----------
    blocks : iterable of blocks

    Returns
    -------
    list of blocks
        Notes of tables that repeat a number are left out; another number stays.
    """
    told: set[str] = set()
    kept: list[Block] = []
    for block in blocks:
        if isinstance(block, Paragraph):
            told |= set(OTHERS.findall(block.text))
        if isinstance(block, TableBlock):
            notes = []
            for note in block.table.notes:
                found = NOT_AT_RISK.fullmatch(note)
                if found is None or found[1] not in told:
                    notes.append(note)
                told |= {found[1]} if found else set()
            block = replace(block, table=replace(block.table, notes=tuple(notes)))
        kept.append(block)
    return kept
