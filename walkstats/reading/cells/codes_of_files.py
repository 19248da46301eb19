"""What becomes of cells whose meaning the file itself tells (value labels, a data dictionary)?

Text takes the words in the place of the codes; a number stays the number that it is. A code without
words stays as it is. Words that a column cannot hold are refused together with their codes.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from walkstats.reading.cells.numbers_in_text import RefusedError
from walkstats.reading.cells.refusals import TRUTH

WORDED = ("category", "text", "boolean")
"""Kinds whose cells become what their codes stand for."""

SHOWN = 12
LONGEST = 60


@dataclass(frozen=True)
class FileCodes:
    """What a file says its codes stand for.

    Attributes
    ----------
    meanings : mapping of str to str
        Cell -> words.
    closed : tuple of str
        The only values that the column may hold, where they are a closed list. A cell that is one
        of them is taken for itself.
    """

    meanings: Mapping[str, str]
    closed: tuple[str, ...] = ()

    def of(self, cell: str) -> str | None:
        """The words of a cell; None where the file has none."""
        if cell in self.closed:
            return None
        return self._meant(cell) or None

    def contradicts(self, cell: str) -> bool:
        """Whether a cell is a value of the column, and by the file stands for another one."""
        meant = self._meant(cell)
        return cell in self.closed and meant in self.closed and meant != cell

    def _meant(self, cell: str) -> str:
        return self.meanings.get(cell, self.meanings.get(cell.strip(), "")).strip()


@dataclass(frozen=True)
class Worded:
    """The distinct cells of a column, in words.

    Attributes
    ----------
    texts : list
        ``str``, or None where missing or refused, length d.
    refused : mapping of int to RefusedError
        Distinct cell -> why.
    done : mapping of str to int
        What was done -> cells.
    """

    texts: list[str | None]
    refused: Mapping[int, RefusedError] = field(default_factory=dict)
    done: Mapping[str, int] = field(default_factory=dict)


def in_words(
    texts: Sequence[str | None], counts: Sequence[int], kind: str, codes: FileCodes
) -> Worded:
    """Put words in the place of codes, where the kind of the column asks for words.

    Parameters
    ----------
    texts : sequence of str or None
        The distinct cells; None for missing. Length d.
    counts : sequence of int
        How many rows hold each, length d.
    kind : str
        A kind of ``walkstats.schema.Column``.
    codes : FileCodes

    Returns
    -------
    Worded
    """
    twofold = [k for k, text in enumerate(texts) if text is not None and codes.contradicts(text)]
    if twofold and kind in WORDED:
        refused = dict.fromkeys(twofold, _contradiction([str(texts[k]) for k in twofold], codes))
        return Worded([None if k in refused else text for k, text in enumerate(texts)], refused)
    words = {k: codes.of(text) for k, text in enumerate(texts) if text is not None}
    told = {k: word for k, word in words.items() if word is not None}
    if not told:
        return Worded(list(texts))
    listed = _listed([f"{texts[k]} = {word[:LONGEST]}" for k, word in told.items()])
    rows = int(sum(counts[k] for k in told))
    if kind not in WORDED:
        return Worded(list(texts), done={f"kept as they are; by the file {listed}": rows})
    unfit = _unfit(kind, codes.closed)
    wrong = [k for k, word in told.items() if unfit(word)]
    refused = _refusal(wrong, words, texts, kind, codes.closed) if wrong else {}
    done = {f"codes of the file used: {listed}": rows}
    left = [k for k, word in words.items() if word is None and texts[k] not in codes.closed]
    if left:
        cells = _listed([str(texts[k]) for k in left])
        done[f"without a label in the file, left as they are: {cells}"] = int(
            sum(counts[k] for k in left)
        )
    out = [None if k in refused else told.get(k, text) for k, text in enumerate(texts)]
    return Worded(out, refused, done)


def _listed(told: list[str]) -> str:
    more = f" and {len(told) - SHOWN} more" if len(told) > SHOWN else ""
    return ", ".join(told[:SHOWN]) + more


def _unfit(kind: str, closed: tuple[str, ...]) -> Callable[[str], bool]:
    if kind == "boolean":
        return lambda word: word.casefold() not in TRUTH
    return lambda word: bool(closed) and word not in closed


def _contradiction(cells: Sequence[str], codes: FileCodes) -> RefusedError:
    """Such as arms 1 and 2 where the file calls the first 2 and the second 1."""
    told = _listed([f"{cell} = {codes.meanings.get(cell.strip(), '')!r}" for cell in cells])
    asked = [f"{json.dumps(cell, ensure_ascii=False)} = ?" for cell in cells]
    return RefusedError(
        f"by the labels of the file {told}, and each may also stand for itself",
        f"say in trial.toml what each code means, in place of each ?: "
        f"codes = {{ {', '.join(asked[:SHOWN])} }}",
    )


def _refusal(
    wrong: list[int],
    words: Mapping[int, str | None],
    texts: Sequence[str | None],
    kind: str,
    closed: tuple[str, ...],
) -> dict[int, RefusedError]:
    """One reason for all such cells, and the clause that settles it, to be completed."""
    told = _listed([f"{texts[k]} = {str(words[k])[:LONGEST]!r}" for k in wrong])
    allowed = "true nor false" if kind == "boolean" else f"one of {', '.join(map(repr, closed))}"
    which = "neither " if kind == "boolean" else "not "
    asked = [
        f"{json.dumps(str(texts[k]), ensure_ascii=False)} = "
        f"{_settled(word or str(texts[k]), kind, closed)}"
        for k, word in words.items()
    ]
    reason = RefusedError(
        f"by the labels of the file {told}, which is {which}{allowed}",
        f"say in trial.toml what each code means, in place of each ?: "
        f"codes = {{ {', '.join(asked[:SHOWN])} }}",
    )
    return dict.fromkeys(wrong, reason)


def _settled(word: str, kind: str, closed: tuple[str, ...]) -> str:
    """The value of a code in the clause that is proposed; ? where only the team can know."""
    if kind == "boolean":
        known = TRUTH.get(word.casefold())
        return "?" if known is None or word.isdigit() else str(known).lower()
    near = [one for one in closed if one.strip().casefold() == word.casefold()]
    return json.dumps(near[0], ensure_ascii=False) if near else "?"
