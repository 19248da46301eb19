"""Which rows does each group have, and who is paired with whom?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from walkstats._arguments import check_column, check_frame
from walkstats._spellings import alike
from walkstats._variables import Variable, codes_of, levels_of, missing, refuse_ids
from walkstats.errors import DataError
from walkstats.regression.rows import DEFAULT_SUBJECT
from walkstats.results import Counts

Codes = NDArray[np.intp]


@dataclass(frozen=True)
class GroupRows:
    """The rows of a frame that a comparison of groups uses.

    Attributes
    ----------
    by : str
    levels : tuple of str
        Groups, the reference first.
    codes : (n,) integer codes
        Group of each row used.
    kept : (n,) positions in the frame
    missing : (k,) array
        Rows of each group that lack something.
    counts : Counts
    notes : tuple of str
    source : str
    """

    by: str
    levels: tuple[str, ...]
    codes: Codes
    kept: Codes
    missing: Codes
    counts: Counts
    notes: tuple[str, ...]
    source: str

    @property
    def sizes(self) -> Codes:
        """Rows used of each group (k,)."""
        return np.bincount(self.codes, minlength=len(self.levels)).astype(np.intp)


def read_groups(
    frame: pd.DataFrame,
    by: str,
    needed: Sequence[tuple[str, str]],
    *,
    subject: str | None,
    paired: str | None = None,
) -> GroupRows:
    """Find the rows with a group and all that is needed.

    Parameters
    ----------
    frame : pandas.DataFrame
    by : str
        Column of the groups.
    needed : sequence of (column, role)
    subject : str or None
        Column of the participant, of whom one row is expected; None where rows are independent.
    paired : str or None
        Column that names the pair of a row.

    Raises
    ------
    ValueError
        For a column that is not there.
    DataError
        Without rows, with a single group, or with several rows of a participant.
    """
    check_frame(frame)
    roles = [(by, "the groups"), *needed, *([(paired, "the pairs")] if paired is not None else [])]
    gaps = {name: missing(check_column(frame, name, role)) for name, role in roles}
    if len(gaps) < len(roles):
        names = [str(name) for name, _ in roles]
        raise ValueError(f"One column cannot have two parts: {', '.join(names)}.")
    kept, left_out = _known(gaps, len(frame))
    everybody, _ = levels_of(frame[by])
    levels, note = levels_of(frame[by].iloc[kept])
    _check_levels(by, levels, kept, len(frame), left_out)
    variable = Variable(by, by, everybody)
    place = {name: k for k, name in enumerate(levels)}
    own = np.array([place.get(name, -1) for name in everybody] + [-1], dtype=np.intp)
    codes = own[_codes(variable, frame)]
    unused = np.ones(len(frame), dtype=bool)
    unused[kept] = False
    lost = np.bincount(codes[unused & (codes >= 0)], minlength=len(levels))
    gone = [name for name in everybody if name not in levels]
    notes = [
        note,
        *alike(levels, by),
        *(f"No row of {by} = {name} is complete, so that it is not compared." for name in gone),
        _lost_by_group(by, levels, lost),
    ]
    people = _participants(frame, kept, subject, paired)
    return GroupRows(
        by=str(by),
        levels=levels,
        codes=codes[kept],
        kept=kept,
        missing=lost.astype(np.intp),
        counts=Counts(len(frame), kept.size, people, left_out=left_out),
        notes=tuple(one for one in notes if one),
        source=str(frame.attrs.get("source", "")),
    )


def _known(gaps: dict[str, NDArray[np.bool_]], rows: int) -> tuple[Codes, dict[str, int]]:
    """Positions of the rows that lack nothing, and the others counted by what they lack."""
    names = list(gaps)
    lacking = np.column_stack(list(gaps.values())) if rows else np.zeros((0, len(names)), bool)
    incomplete = lacking.any(axis=1)
    kinds, counts = np.unique(lacking[incomplete], axis=0, return_counts=True)
    left_out = {
        f"{' and '.join(str(names[k]) for k in np.flatnonzero(kind))} missing": int(count)
        for kind, count in zip(kinds, counts, strict=True)
    }
    return np.flatnonzero(~incomplete).astype(np.intp), dict(reversed(left_out.items()))


def _check_levels(
    by: str, levels: tuple[str, ...], kept: Codes, rows: int, left_out: dict[str, int]
) -> None:
    reasons = "; ".join(f"{n} {reason}" for reason, n in left_out.items())
    if not kept.size:
        raise DataError.of(
            f"0 rows are left of {rows}{f' ({reasons})' if reasons else ''}",
            column=str(by),
            what_to_do="check the filters and the columns named",
        )
    if len(levels) < 2:
        lost = f"; left out: {reasons}" if reasons else ""
        raise DataError.of(
            f"comparison needs 2 groups, found 1 ({levels[0]}, n={kept.size}{lost})",
            column=str(by),
            what_to_do="check the filters and the column of the groups",
        )
    refuse_ids(levels, kept.size, str(by))


def _codes(variable: Variable, frame: pd.DataFrame) -> Codes:
    """Level of each row (n,); -1 where it is missing."""
    indicators = variable.columns(frame)
    known = ~np.isnan(indicators[:, 0])
    return np.where(known, np.argmax(np.nan_to_num(indicators), axis=1), -1).astype(np.intp)


def _lost_by_group(by: str, levels: tuple[str, ...], lost: Codes) -> str:
    if not lost.any():
        return ""
    each = ", ".join(f"{name} {count}" for name, count in zip(levels, lost, strict=True) if count)
    return f"Rows left out by {by}: {each}."


def _participants(frame: pd.DataFrame, kept: Codes, subject: str | None, paired: str | None) -> int:
    """How many people the rows are; refuses several rows of one where nobody is paired."""
    if paired is not None:
        return int(frame[paired].iloc[kept].nunique())
    if subject is None or (subject not in frame.columns and subject == DEFAULT_SUBJECT):
        return int(kept.size)
    people = codes_of(frame, subject, kept, "the participant")
    sizes = np.bincount(people)
    if np.any(sizes > 1):
        first = int(np.flatnonzero(sizes[people] > 1)[0])
        raise DataError.of(
            f"{subject} repeats: {int(np.sum(sizes > 1))} participants have several rows, which "
            "are not independent",
            column=str(subject),
            row=int(kept[first]),
            count=int(np.sum(sizes > 1)),
            what_to_do=(
                "choose one row of each (one month, for example), name the pairs in paired=, or "
                "give subject=None where the rows are independent all the same"
            ),
        )
    return int(sizes.size)


@dataclass(frozen=True)
class Pairs:
    """Rows of two groups that belong together: positions (m,) within the rows used."""

    reference: Codes
    other: Codes
    notes: tuple[str, ...]
    left_out: dict[str, int]

    def counts(self, of: Counts) -> Counts:
        """What the pairs leave of the rows counted."""
        pairs = self.reference.size
        left_out = {**of.left_out, **self.left_out}
        return replace(of, used=2 * pairs, participants=pairs, left_out=left_out)


def match_pairs(frame: pd.DataFrame, rows: GroupRows, paired: str) -> Pairs:
    """Pair the rows of two groups by a column.

    Raises
    ------
    DataError
        For more than two groups, several rows of a pair in one group, or no pair at all.
    """
    if len(rows.levels) != 2:
        raise DataError.of(
            f"a paired comparison needs 2 groups; {rows.by} has {len(rows.levels)} "
            f"({', '.join(rows.levels)})",
            column=rows.by,
            what_to_do="choose two of them",
        )
    codes, names = pd.factorize(frame[paired].iloc[rows.kept])
    table = pd.DataFrame({"pair": codes, "group": rows.codes})
    twice = table.duplicated()
    if twice.any():
        shown = [names[k] for k in table.loc[twice, "pair"].unique()]
        raise DataError.of(
            f"{len(shown)} values of {paired} have several rows in one group",
            column=str(paired),
            ids=shown,
            row=int(rows.kept[np.flatnonzero(twice)[0]]),
            what_to_do=f"leave one row for each {paired} and {rows.by}",
        )
    place = np.full((len(names), 2), -1, dtype=np.intp)
    place[codes, rows.codes] = np.arange(codes.size)
    whole = (place >= 0).all(axis=1)
    if not whole.any():
        raise DataError.of(
            f"no value of {paired} is seen in both groups",
            column=str(paired),
            what_to_do="check the column that names the pairs",
        )
    alone = int(np.sum(~whole))
    note = f"{alone} values of {paired} are seen in one group only and left out." if alone else ""
    return Pairs(
        place[whole, 0],
        place[whole, 1],
        (note,) if note else (),
        {f"{paired} seen in one group only": alone} if alone else {},
    )
