"""What is said of pooled results: method, notes, counts and source?"""

from __future__ import annotations

import re
from typing import Any

from walkstats.missing.pooled_freedom import RULES
from walkstats.results import Estimates, Fit

# How a completed frame says in its source that it is one of several.
ONE_OF_SEVERAL = re.compile(r"(^|; )imputation \d+ of (\d+): ")
NUMBER = re.compile(r"(?<![\w.])\d+(\.\d+)?")  # but not that of CR2
CLAUSE_END = re.compile(r"(?<=;) |(?<=\.) (?=[A-Z])")
UNSAID = (
    "How many values were imputed, and where, is not known here: the analysed frames do not say it "
    "(a merge loses what a completed frame says in its attrs)."
)


def said_of(several: list[Estimates], rule: str) -> dict[str, Any]:
    """Method, notes, counts and source of what was pooled."""
    first, m = several[0], len(several)
    notes = [note for note in first.notes if all(note in one.notes for one in several)]
    some = {note for one in several for note in one.notes} - set(notes)
    if some:
        notes.append(f"{len(some)} note(s) hold for some of the data sets only: {min(some)}")
    used = [one.counts.used for one in several if one.counts is not None]
    if used and min(used) < max(used):
        notes.append(
            f"The data sets differ in how many rows were analysed: {min(used)} to {max(used)}."
        )
    if isinstance(first, Fit) and not ONE_OF_SEVERAL.search(first.source):
        notes.append(UNSAID)
    events = [one.counts.events for one in several if one.counts is not None]
    known = [each for each in events if each is not None]
    if known and min(known) < max(known):
        notes.append(
            f"Events are imputed: {min(known)} to {max(known)} in a data set, {known[0]} in the "
            "first."
        )
    if len({NUMBER.sub("", one.method) for one in several}) > 1:
        notes.append("The data sets were not all analysed alike; see the methods of the fits.")
        method = ""
    else:
        method = _shared([one.method for one in several])
    said = f"{method}Pooled over {m} imputations by Rubin's rules, with {RULES[rule]}."
    return {
        "method": said,
        "notes": tuple(notes),
        "counts": first.counts,
        "source": source_of(first.source),
    }


def _shared(methods: list[str]) -> str:
    """What the methods have in common, without the clauses whose numbers differ."""
    each = [CLAUSE_END.split(method) for method in methods]
    kept = [one for one in each[0] if one and all(one in other for other in each)]
    if not kept:
        return ""
    ended = [
        f"{one[:-1]}." if one.endswith(";") and (after == "" or after[0].isupper()) else one
        for one, after in zip(kept, [*kept[1:], ""], strict=True)
    ]
    return "".join(f"{one} " for one in ended)


def source_of(text: str) -> str:
    """The source of one completed frame, as said of all of them."""
    return ONE_OF_SEVERAL.sub(r"\1\2 imputations: ", text)
