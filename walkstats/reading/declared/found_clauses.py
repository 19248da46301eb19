"""Which clauses of a table of trial.toml are known, what are their values, and what is wrong?"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from walkstats.errors import Problem
from walkstats.reading.declared.clause_values import KINDS, UnfitError
from walkstats.reading.declared.clauses import Clause
from walkstats.reading.declared.declarations import RedcapProject
from walkstats.reading.declared.toml_text import TomlText

QUESTION = "?"
"""How a text begins that is to be replaced by an answer."""

CALLED_ELSEWHERE = {"format": "dates", "date_format": "dates", "values": "codes", "levels": "codes"}
"""What other programs call a clause -> its name here, where a similar spelling would mislead."""


@dataclass(frozen=True, eq=False)
class Finder:
    """The parsed file, and the problems found in it so far.

    Attributes
    ----------
    toml : TomlText
    file : str
        Its name, for messages.
    problems : list of Problem
    redcap : RedcapProject or None
        What ``[redcap]`` says, once it is read.
    """

    toml: TomlText
    file: str
    problems: list[Problem] = field(default_factory=list)
    redcap: RedcapProject | None = None

    def report(self, path: tuple[str, ...], problem: str, what_to_do: str = "") -> None:
        """Report a problem on the line of a key."""
        told = what_to_do or "correct the clause; docs/guide/trial-toml.md lists all of them"
        self.problems.append(Problem(problem, told, table=self.file, row=self.toml.line(*path)))

    def values(
        self, found: Mapping[str, Any], clauses: Iterable[Clause], path: tuple[str, ...]
    ) -> dict[str, Any]:
        """The values of known clauses; a report on every other."""
        known = {clause.name: clause for clause in clauses}
        here = f"[{'.'.join(path)}]: " if path else ""
        values = {}
        for name, value in found.items():
            if name not in known:
                self.unknown(here, name, known, (*path, name))
                continue
            if self.asked(here, name, value, known[name].example, (*path, name)):
                continue
            try:
                values[name] = KINDS[known[name].kind](value)
            except UnfitError as reason:
                self.report((*path, name), f"{here}{name} {reason}", known[name].example)
        for clause in known.values():
            if clause.required and clause.name not in found:
                self.report(path, f"{here}{clause.name} is missing", f"add {clause.example}")
        return values

    def asked(self, here: str, name: str, value: Any, example: str, path: tuple[str, ...]) -> bool:
        """Whether a value is a question that a draft left open; it is reported."""
        if not isinstance(value, str) or not value.startswith(QUESTION):
            return False
        question = value.lstrip(f"{QUESTION} ").rstrip("?")
        self.report(path, f"{here}{name} is not answered yet: {question}?", f"as in {example}")
        return True

    def unknown(self, here: str, name: str, known: Iterable[str], path: tuple[str, ...]) -> None:
        """Report a clause that is not known, with the nearest one that is."""
        names = list(known)
        meant = CALLED_ELSEWHERE.get(name, "")
        near = [meant] if meant in names else difflib.get_close_matches(name, names, n=1)
        hint = f"did you mean {near[0]}? " if near else ""
        self.report(path, f"{here}{name!r} is not known", f"{hint}known are: {', '.join(known)}")
