"""What is a trial? Its tables, read and checked, with the facts that analyses need."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from html import escape
from typing import Any

import numpy as np
import pandas as pd

from walkstats._arguments import check_seed
from walkstats.schema import DTYPES, TABLES, Measure, empty_table

PERMUTED = "masked, arms permuted"
"""What the source of a masked trial says."""

LOAD_REPORT_COLUMNS = ("table", "column", "action", "count", "detail")


def _absent(table: str) -> Any:
    return field(default_factory=lambda: empty_table(table))


@dataclass(frozen=True, eq=False)
class Trial:
    """A trial as its tables.

    Frames are not to be changed in place: derive makes new ones. Categories such as ``arm`` are
    text in the tables; frames for analysis carry ``arm`` as a Categorical in the order of ``arms``.

    Attributes
    ----------
    name : str
    source : str
        Where the data come from. Begins with "synthetic" when they were simulated.
    arms : tuple of str
        The first is the reference.
    participants : pandas.DataFrame
        One row per randomised participant.
    check_ins, recurrences, walking, outcomes, costs, adverse_events, screening : pandas.DataFrame
        As ``walkstats.schema.TABLES`` says; without rows where the trial has none. Columns of the
        dictionary that a table lacks are added as missing.
    strata : tuple of str
        Columns of participants by which randomisation was stratified.
    currency : str
    price_year : int or None
    licence : str
    published : str
        Name of the published record to set beside the results; empty for none.
    visit_windows : mapping of float to tuple of float
        Month of a visit -> from which month to which it may take place; empty for none.
    measures : mapping of str to Measure
        Outcome measures of this trial beyond ``walkstats.schema.MEASURES``.
    inputs : mapping of str to str
        File read -> SHA-256 of its bytes; empty for a trial that was not read from files.
    load_report : pandas.DataFrame
        What reading renamed, converted, carried along and warned of: table, column, action, count,
        detail.
    """

    name: str
    source: str
    arms: tuple[str, ...]
    participants: pd.DataFrame
    check_ins: pd.DataFrame = _absent("check_ins")  # noqa: RUF009
    recurrences: pd.DataFrame = _absent("recurrences")  # noqa: RUF009
    walking: pd.DataFrame = _absent("walking")  # noqa: RUF009
    outcomes: pd.DataFrame = _absent("outcomes")  # noqa: RUF009
    costs: pd.DataFrame = _absent("costs")  # noqa: RUF009
    adverse_events: pd.DataFrame = _absent("adverse_events")  # noqa: RUF009
    screening: pd.DataFrame = _absent("screening")  # noqa: RUF009
    strata: tuple[str, ...] = ()
    currency: str = ""
    price_year: int | None = None
    licence: str = ""
    published: str = ""
    visit_windows: Mapping[float, tuple[float, float]] = field(default_factory=dict)
    measures: Mapping[str, Measure] = field(default_factory=dict)
    inputs: Mapping[str, str] = field(default_factory=dict)
    load_report: pd.DataFrame = field(
        default_factory=lambda: pd.DataFrame(columns=list(LOAD_REPORT_COLUMNS))
    )

    def __post_init__(self) -> None:
        for name in TABLES:
            object.__setattr__(self, name, _plain_text(_completed(name, getattr(self, name))))

    @property
    def synthetic(self) -> bool:
        """Whether the source says that the data were simulated."""
        return self.source.lower().startswith("synthetic")

    @property
    def people(self) -> pd.DataFrame:
        """Participants with participant_id as index, which is text in every version of pandas."""
        index = pd.Index(self.participants["participant_id"].to_numpy(), dtype=object)
        people = self.participants.drop(columns="participant_id")
        return people.set_axis(index.rename("participant_id"), axis=0)

    def table(self, name: str) -> pd.DataFrame:
        """A table by its name in the dictionary.

        Parameters
        ----------
        name : str

        Returns
        -------
        pandas.DataFrame

        Raises
        ------
        ValueError
            For an unknown table.
        """
        if name not in TABLES:
            raise ValueError(f"No table {name!r}. The tables are: {', '.join(TABLES)}.")
        return getattr(self, name)

    def recorded(self, name: str) -> bool:
        """Whether the trial has a table, if only without rows.

        Parameters
        ----------
        name : str

        Returns
        -------
        bool
            False for a trial that was read from a folder in which no file holds the table.
        """
        report = self.load_report
        told = (report["table"] == name) & (report["action"] == "read")
        return bool(len(self.table(name)) or not self.inputs or told.any())

    def only(self, ids: Iterable[object], *, note: str = "") -> Trial:
        """The same trial with some of its participants.

        Parameters
        ----------
        ids : iterable
            The participants to keep, in any order.
        note : str
            Who they are; added to the source.

        Returns
        -------
        Trial
            All tables by participant have their rows only; the screening log is left out, since it
            tells of everybody.

        Raises
        ------
        ValueError
            For ids of nobody in the trial.

        Examples
        --------
        >>> import walkstats as ws
        >>> trial = ws.load_sample("bladder")
        >>> len(trial.only(trial.participants["participant_id"].head(3)).participants)
        3
        """
        kept = {str(one) for one in ids}
        unknown = sorted(kept - {str(one) for one in self.participants["participant_id"]})
        if unknown:
            raise ValueError(f"No participants {', '.join(unknown[:5])} in {self.name}.")
        tables = {
            name: table[table["participant_id"].map(str).isin(kept)].reset_index(drop=True)
            for name in TABLES
            if "participant_id" in (table := self.table(name))
        }
        source = f"{self.source}; {note}" if note else self.source
        facts: dict[str, Any] = {"screening": empty_table("screening"), "source": source, **tables}
        return dataclasses.replace(self, **facts)

    def masked(self, seed: int) -> Trial:
        """The same trial with its arms dealt out anew, to try an analysis before unmasking.

        Parameters
        ----------
        seed : int

        Returns
        -------
        Trial
            Arms are permuted within the strata, so that each keeps its number; its source says so.

        Notes
        -----
        Whatever the arms differ by, except by chance, is gone, and all programming can be done: no
        estimate of a masked trial tells anything about the treatment. What hangs on the arm, such
        as sessions attended, still shows to whom it was truly given: who must stay blind should get
        the masked trial without those columns.

        Examples
        --------
        >>> import walkstats as ws
        >>> trial = ws.load_sample("bladder")
        >>> trial.masked(1).participants["arm"].value_counts().to_dict()
        {'placebo': 48, 'thiotepa': 38, 'pyridoxine': 32}
        """
        chance = np.random.default_rng(check_seed(seed))
        people = self.participants
        arms = people["arm"].to_numpy(copy=True)
        cells: Iterable[Any] = [np.arange(len(people))]
        if self.strata:
            cells = people.groupby(list(self.strata), dropna=False, sort=True).indices.values()
        for rows in cells:
            arms[rows] = chance.permutation(arms[rows])
        people = people.assign(arm=arms)
        source = f"{self.source}; {PERMUTED} (seed {seed}): its results say nothing"
        return dataclasses.replace(self, participants=people, source=source)

    @property
    def is_masked(self) -> bool:
        """Whether the source says that the arms were permuted."""
        return PERMUTED in self.source

    def equals(self, other: object) -> bool:
        """Whether another trial holds the same facts and tables, bit for bit.

        The load report and the files are left aside: they tell how a trial was read, not what it
        holds.
        """
        if not isinstance(other, Trial):
            return False
        facts = [
            item.name
            for item in dataclasses.fields(self)
            if item.name not in TABLES and item.name not in ("load_report", "inputs")
        ]
        return all(getattr(self, f) == getattr(other, f) for f in facts) and all(
            _same(self.table(name), other.table(name)) for name in TABLES
        )

    def to_frame(self) -> pd.DataFrame:
        """One row per table: table, rows, participants, columns."""
        rows = []
        for name in TABLES:
            table = self.table(name)
            people = table["participant_id"].nunique() if "participant_id" in table else 0
            rows.append((name, len(table), people, table.shape[1]))
        return pd.DataFrame(rows, columns=["table", "rows", "participants", "columns"])

    def _head(self) -> str:
        sizes = self.participants["arm"].value_counts()
        arms = ", ".join(f"{arm} {int(sizes.get(arm, 0))}" for arm in self.arms)
        return f"{self.name}: {len(self.participants)} participants ({arms})"

    def __str__(self) -> str:
        return f"{self._head()}\nSource: {self.source}\n{self.to_frame().to_string(index=False)}"

    def __repr__(self) -> str:
        return f"<Trial {self._head()}>"

    def _repr_html_(self) -> str:
        table = self.to_frame().to_html(index=False, border=0)
        return f"<div><p>{escape(self._head())}</p>{table}<p>{escape(self.source)}</p></div>"


def _completed(name: str, table: pd.DataFrame) -> pd.DataFrame:
    """The table with the columns of the dictionary that it lacks, all missing, at its end.

    Text is kept as Python text, also where pandas has a type of its own for it.
    """
    texts = {c: object for c, kind in table.dtypes.items() if isinstance(kind, pd.StringDtype)}
    table = table.astype(texts) if texts else table
    lacking = {c.name: DTYPES[c.kind] for c in TABLES[name].columns if c.name not in table.columns}
    if not lacking:
        return table
    absent = {column: pd.Series(index=table.index, dtype=kind) for column, kind in lacking.items()}
    return table.assign(**absent)


def _plain_text(table: pd.DataFrame) -> pd.DataFrame:
    """Keep text as Python's, where pandas 3 infers a type of its own: trials are then the same."""
    inferred = [name for name, dtype in table.dtypes.items() if str(dtype) == "str"]
    plain = table.copy(deep=False) if inferred else table
    for name in inferred:
        texts = [text if isinstance(text, str) else None for text in table[name]]
        plain[name] = pd.Series(texts, index=table.index, dtype=object)
    return plain


def _same(one: pd.DataFrame, other: pd.DataFrame) -> bool:
    if list(one.columns) != list(other.columns) or list(one.dtypes) != list(other.dtypes):
        return False
    return one.reset_index(drop=True).equals(other.reset_index(drop=True))
