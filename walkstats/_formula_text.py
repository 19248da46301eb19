"""What may a formula say? The whitelist, and the terms that it expands to.

A formula may come from a stranger's analysis plan, and the parser behind (formulaic) would run code
in braces; so nothing reaches it but names, numbers and ``+ : * ( )``.
"""

from __future__ import annotations

import ast
import functools
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from walkstats._arguments import check_formula
from walkstats._variables import TRANSFORMS

# What stands in backticks is a name, whatever it holds: it is matched first and left alone.
_QUOTED = r"`[^`{}]+`"
_CALL = re.compile(_QUOTED + rf"|(?P<name>[^\W\d]\w*)\s*\((?P<inside>(?:{_QUOTED}|[^()`])*)\)")
_ALLOWED = re.compile(rf"\s+|{_QUOTED}|[^\W\d]\w*|\d+\.?\d*|[+:*()]")
_ARGUMENT = re.compile(rf"(?:\s*{_QUOTED}\s*(?=,|$))?[\w\s.,\[\]='\"+-]*")
_SIDES = re.compile(rf"(?P<left>(?:{_QUOTED}|[^`])*)~(?P<right>(?:{_QUOTED}|[^`~])*)")
# What R and other formulas write, and what stands for it here.
INSTEAD = {
    "C": "Write factor(x) for C(x). ",
    "I": "Compute it as a column first. ",
    "Surv": "Time and event are arguments: time=, event=. ",
    "strata": "Strata are an argument: strata=. ",
    "cluster": "Clusters are an argument: cluster=. ",
    "offset": "An offset is an argument: offset=. ",
    "frailty": "Frailties are those of shared_frailty(). ",
}
LONGEST, DEEPEST, MOST_TERMS = 5_000, 20, 2_000
"""A formula of more characters, brackets or terms is a mistake, or was made to take for ever."""
_RANK = {"(": 0, "+": 1, "*": 2, ":": 3}
_MARKED = re.compile(r"\x1b\[[\d;]+m(?P<part>.*?)\x1b\[0m", re.DOTALL)


@dataclass(frozen=True)
class Parsed:
    """A formula as text, expanded.

    Attributes
    ----------
    terms : tuple of (term, its variables)
    outcome : str or None
        The left side.
    calls : mapping of label to (transform, column, arguments)
    """

    terms: tuple[tuple[str, tuple[str, ...]], ...]
    outcome: str | None
    calls: Mapping[str, tuple[str, str, tuple[tuple[str, Any], ...]]] = field(default_factory=dict)


# ---------------------------------------------------------------------------


def parse(formula: str) -> Parsed:
    """Expand a formula, or say in words what is not allowed in it."""
    text = check_formula(formula)
    depth = deepest = 0
    for sign in text[:LONGEST]:
        depth += (sign == "(") - (sign == ")")
        deepest = max(deepest, depth)
    if len(text) > LONGEST or deepest > DEEPEST:
        raise ValueError(
            f"A formula has at most {LONGEST} characters and {DEEPEST} brackets within each other; "
            f"this one begins with {text[:40]!r}."
        )
    return _expanded(text)


@functools.lru_cache(maxsize=256)
def _expanded(formula: str) -> Parsed:
    sides = _SIDES.fullmatch(formula)
    left, right = (sides["left"], sides["right"]) if sides else ("", formula)
    calls: dict[str, tuple[str, str, tuple[tuple[str, Any], ...]]] = {}
    outcome = _side(left, calls, formula) if left.strip() else None
    text = _side(right, calls, formula)
    names = {f"t{k}_": label for k, label in enumerate(calls)}
    if _terms_at_most(text) > MOST_TERMS:
        raise ValueError(f"The formula {formula[:200]!r} has more than {MOST_TERMS} terms.")
    from formulaic import Formula
    from formulaic.errors import FormulaicError

    try:
        expanded = list(Formula(text))
    except (FormulaicError, SyntaxError) as error:
        raise ValueError(_unreadable(formula, str(error), names)) from None
    terms = []
    for term in expanded:
        parts = tuple(names.get(f.expr, f.expr) for f in term.factors if f.expr != "1")
        if parts:
            terms.append((":".join(parts), parts))
    if outcome is not None:
        outcome = names.get(outcome.strip(), outcome.strip().strip("`"))
    return Parsed(tuple(terms), outcome, calls)


def _terms_at_most(text: str) -> int:
    """How many terms the products of a formula can grow to; 0 where it cannot be read."""
    sizes: list[int] = []
    waiting: list[str] = []

    def settle(rank: int) -> None:
        while waiting and _RANK[waiting[-1]] >= rank:
            sign, right, left = waiting.pop(), sizes.pop(), sizes.pop()
            both = left * right
            sizes.append(min({"+": left + right, "*": left + right + both}.get(sign, both), 10**9))

    try:
        for token in re.findall(rf"{_QUOTED}|[+:*()]|[^\s+:*()]+", text):
            if token == "(":
                waiting.append(token)
            elif token == ")":
                settle(1)
                waiting.pop()
            elif token in _RANK:
                settle(_RANK[token])
                waiting.append(token)
            else:
                sizes.append(1)
        settle(1)
    except IndexError:
        return 0
    return max(sizes, default=0)


def _unreadable(formula: str, error: str, names: Mapping[str, str]) -> str:
    """One sentence; of the parser's message only the part that it marks in colour is of use."""
    marked = _MARKED.search(error)
    part = re.sub(r"\bt\d+_", lambda m: names.get(m[0], m[0]), marked["part"]) if marked else ""
    near = f" at {part!r}" if part else ""
    spaced = " A column name that holds spaces stands in backticks." if " " in part else ""
    return (
        f"The formula {formula!r} cannot be read{near}: a name, an operator or a bracket is "
        f"missing or out of place.{spaced}"
    )


def _side(text: str, calls: dict[str, Any], formula: str) -> str:
    """One side of the formula with its calls replaced by names, after the whitelist."""

    def replaced(match: re.Match[str]) -> str:
        name, inside = match["name"], match["inside"]
        if name is None:
            return match[0]
        if name not in TRANSFORMS and name != "factor":
            raise ValueError(
                f"{name}() is not allowed in a formula. {INSTEAD.get(name, '')}Allowed: factor, "
                f"{', '.join(TRANSFORMS)}."
            )
        if not _ARGUMENT.fullmatch(inside):
            raise ValueError(f"The arguments of {match[0]!r} must be a column and plain numbers.")
        column, rest = _first(inside)
        label = f"{name}({', '.join(part.strip() for part in (column, *rest.split(',')[1:]))})"
        calls.setdefault(label, _call(name, inside))
        return f"t{list(calls).index(label)}_"

    text = _CALL.sub(replaced, text)
    rest = _ALLOWED.sub("", text)
    if rest:
        raise ValueError(
            f"The formula {formula!r} holds {rest[0]!r}. Allowed are column names (in backticks "
            "where they hold spaces), numbers, + : * ( ) and transforms such as log(x) and "
            "rcs(x, 4). Compute anything else as a column first."
        )
    bare = re.sub(r"`[^`]*`", "", text)
    numbers = set(re.findall(r"(?<![\w.])\d+\.?\d*", bare))
    if "0" in numbers:
        raise ValueError(
            "A formula without intercept (0 +) is refused: factors are compared with their "
            "reference level. Choose it by the order of the categories or by "
            "factor(x, reference='...')."
        )
    if numbers - {"1"} or "**" in bare:
        raise ValueError(
            f"The formula {formula!r} computes with numbers. Write power(x, 2) for a square, "
            "names that are numbers in backticks, and compute anything else as a column first."
        )
    return text


def _call(name: str, inside: str) -> tuple[str, str, tuple[tuple[str, Any], ...]]:
    """(transform, column, arguments) of a call such as ``rcs(age, 4)``."""
    column, rest = _first(inside)
    allowed = ("reference",) if name == "factor" else TRANSFORMS[name].arguments
    arguments: dict[str, Any] = {}
    try:
        node = ast.parse(f"f({rest.removeprefix(',')})", mode="eval").body
        assert isinstance(node, ast.Call)
        given = [(None, a) for a in node.args] + [(k.arg, k.value) for k in node.keywords]
        for place, (key, value) in enumerate(given):
            arguments[key or allowed[place]] = ast.literal_eval(value)
    except (SyntaxError, ValueError, IndexError):
        raise ValueError(
            f"{name}({inside}) cannot be read: give a column"
            f"{' and ' + ', '.join(allowed) if allowed else ''}."
        ) from None
    unknown = set(arguments) - set(allowed)
    if unknown or not column.strip():
        raise ValueError(f"{name}() takes a column and {', '.join(allowed) or 'nothing else'}.")
    return name, column.strip().strip("`"), tuple(arguments.items())


def _first(inside: str) -> tuple[str, str]:
    """The column of a call, and the rest from its comma on; a name in backticks may hold commas."""
    split = re.fullmatch(rf"(?P<column>\s*{_QUOTED}\s*|[^,]*)(?P<rest>(?:,.*)?)", inside, re.DOTALL)
    return (split["column"], split["rest"]) if split else (inside, "")
