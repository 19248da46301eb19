"""Where does a number come from? Its analysis, its frame, its people, its files."""

from __future__ import annotations

import difflib
import math
from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from walkstats._arguments import check_choice
from walkstats.plan import Analysis, PlanResults
from walkstats.plan.methods import METHODS
from walkstats.report.targets import attributes_of, standing
from walkstats.results import Counts, Frozen
from walkstats.schema import TABLES

if TYPE_CHECKING:
    from walkstats.report.document import Report
    from walkstats.trial import Trial

NAMED = ("estimate", "std_error", "statistic", "df", "p_value", "p_adjusted", "conf_low")


@dataclass(frozen=True, eq=False)
class Trace(Frozen):
    """Where a number comes from, step by step from the number to the files.

    Attributes
    ----------
    id : str
        Of the row of ``numbers``, or the name of the analysis.
    number : mapping of str to value
        The row, unrounded; empty for an analysis as a whole.
    analysis, title, section : str
    standing : str
        How it stands to its outcome: main analysis, sensitivity analysis and so on, and whether it
        was planned beforehand.
    outcome : str
        Title of the outcome; empty for a description.
    estimand : tuple of (name, text)
        The five attributes of ICH E9(R1).
    call : str
        The function with its arguments, level and seed, as it was run.
    method : str
        What the result says of how it was computed.
    frame : str
        How the frame was made of the trial, for whom, and what it says of itself.
    counts : Counts or None
        Rows and participants used, and left out by reason.
    people : tuple of str
        Ids of the participants in the frame; those with missing values are counted in ``counts``.
    not_in_frame : tuple of str
        Ids of randomised participants of whom the frame has no row.
    earlier : Trace or None
        The analysis whose result this one took.
    inputs : mapping of str to str
        File -> SHA-256.
    seed : int
    versions : mapping of str to str
    trial : Trial
    """

    id: str
    number: Mapping[str, Any]
    analysis: str
    title: str
    section: str
    standing: str
    outcome: str
    estimand: tuple[tuple[str, str], ...]
    call: str
    method: str
    frame: str
    counts: Counts | None
    people: tuple[str, ...]
    not_in_frame: tuple[str, ...]
    earlier: Trace | None
    inputs: Mapping[str, str]
    seed: int
    versions: Mapping[str, str]
    trial: Trial = field(repr=False)

    def source_rows(self, table: str) -> pd.DataFrame:
        """Rows of a table of the trial that belong to the people in the frame.

        Parameters
        ----------
        table : str
            "participants", "check_ins", "outcomes" and so on.

        Returns
        -------
        pandas.DataFrame
            The rows of the table as they were read, with ``row``, their place from 1, first.
        """
        check_choice(table, tuple(TABLES), "table")
        whole = self.trial.table(table)
        if "participant_id" not in whole:
            return whole.iloc[:0].assign(row=0)
        rows = whole[whole["participant_id"].isin(self.people)]
        placed = rows.copy()
        placed.insert(0, "row", np.flatnonzero(whole["participant_id"].isin(self.people)) + 1)
        return placed

    def to_frame(self) -> pd.DataFrame:
        """Every step as a row: step, what."""
        return pd.DataFrame(self._steps(), columns=["step", "what"])

    def __str__(self) -> str:
        width = max(len(step) for step, _ in self._steps())
        return "\n".join(f"{step:<{width}}  {what}" for step, what in self._steps())

    def _steps(self) -> list[tuple[str, str]]:
        steps = [("number", self.id), *((name, _exact(v)) for name, v in self.number.items())]
        steps += [
            ("analysis", f"{self.analysis}: {self.title} (section {self.section})"),
            ("standing", self.standing),
            ("outcome", self.outcome),
            *((f"estimand: {name}", text) for name, text in self.estimand),
            ("call", self.call),
            ("method", self.method),
            ("frame", self.frame),
            ("used", str(self.counts or "")),
        ]
        if self.people:
            steps.append(("participants in the frame", _listed(self.people)))
        if self.not_in_frame:
            steps.append(("randomised, not in the frame", _listed(self.not_in_frame)))
        if self.earlier is not None:
            steps += [(f"before: {step}", what) for step, what in self.earlier._steps()[1:-2]]
        files = "; ".join(f"{file} (SHA-256 {digest})" for file, digest in self.inputs.items())
        versions = ", ".join(f"{name} {version}" for name, version in self.versions.items())
        steps += [("files", files or "none: the trial was not read from files")]
        steps += [("seed and versions", f"seed {self.seed}; {versions}")]
        return [(step, what) for step, what in steps if what]


def traced(report: Report, number: str) -> Trace:
    """The trace of a number of a report, or of an analysis as a whole.

    Raises
    ------
    ValueError
        For an id that the report does not have, and for a report without results.
    """
    if report.results is None:
        raise ValueError("This report was not composed of plan results: nothing can be traced.")
    row = _row(report, number)
    name = str(row["analysis"]) if row else number
    return _trace(number, row, _planned(report.results)[name], report.results, report.provenance)


def _planned(results: PlanResults) -> dict[str, Analysis]:
    return {one.name: one for one in results.plan.analyses}


def _row(report: Report, number: str) -> dict[Hashable, Any]:
    """The row of an id; empty for the name of an analysis."""
    numbers, results = report.numbers, report.results
    ids = list(numbers["id"]) if "id" in numbers else []
    if number in ids:
        return numbers.iloc[ids.index(number)].to_dict()
    assert results is not None
    names = [name for name in _planned(results) if name in results.results]
    if number in names:
        return {}
    near = difflib.get_close_matches(str(number), [*ids, *names], n=3, cutoff=0.3)
    hint = f" Near ones: {', '.join(near)}." if near else ""
    raise ValueError(f"The report has no number {number!r}.{hint} All ids are in report.numbers.")


def _trace(
    number: str,
    row: Mapping[Hashable, Any],
    one: Analysis,
    results: PlanResults,
    provenance: Mapping[str, Any],
) -> Trace:
    outcome = results.plan.outcome(one.outcome)
    result = results.results[one.name]
    frame = results.frames.get(one.name)
    before = _planned(results).get(one.of)
    people = _people(frame)
    everybody = results.trial.participants["participant_id"].astype(str)
    inside = set(people)
    return Trace(
        id=number,
        number={str(k): v for k, v in row.items() if str(k) in KEPT and not _missing(v)},
        analysis=one.name,
        title=one.title,
        section=one.section,
        standing=standing(one, outcome),
        outcome=outcome.title if outcome else "",
        estimand=attributes_of(outcome),
        call=_call(one, results),
        method=str(getattr(result, "method", "")),
        frame=_frame_said(one, frame, results),
        counts=getattr(result, "counts", None),
        people=people,
        not_in_frame=tuple(i for i in everybody if i not in inside) if people else (),
        earlier=_trace(one.of, {}, before, results, provenance) if before else None,
        inputs=dict(results.trial.inputs),
        seed=results.seed,
        versions=dict(provenance.get("versions", {})),
        trial=results.trial,
    )


KEPT = (
    "part",
    "term",
    *NAMED,
    "conf_high",
    "scale",
    "std_error_of",
    "state",
)


def _people(frame: pd.DataFrame | None) -> tuple[str, ...]:
    if frame is None or "participant_id" not in frame:
        return ()
    return tuple(dict.fromkeys(frame["participant_id"].astype(str)))


def _call(one: Analysis, results: PlanResults) -> str:
    """The function as it was called, in Python."""
    if one.method == "frame":
        return "the frame itself"
    method = METHODS[one.method]
    given = dict(one.arguments)
    if method.level:
        given.setdefault("level", results.plan.level)
    if method.seed:
        given.setdefault("seed", results.seed)
    first = [repr(given.pop(name)) for name in method.positional if name in given]
    named = [
        f"{key}={_derived(value) if key in method.frames else repr(_plain(value))}"
        for key, value in given.items()
    ]
    subject = "frame" if one.frame is not None else f"result of {one.of}"
    return f"walkstats.{one.method}({', '.join([subject, *first, *named])})"


def _derived(frame: Mapping[str, Any]) -> str:
    """The call that makes a frame of the trial."""
    name = str(frame["derive"])
    where = name if "." in name else f"derive.{name}"
    given = [f"{key}={_plain(value)!r}" for key, value in frame.get("arguments", {}).items()]
    made = f"walkstats.{where}({', '.join(['trial', *given])})"
    kept = [f"{column} = {value!r}" for column, value in frame.get("where", {}).items()]
    until = [f"follow-up until {frame['until']}"] if frame.get("until") else []
    begin = [f"from day {frame['landmark']:g}"] if frame.get("landmark") else []
    return f"{made}{''.join(f', {text}' for text in (*kept, *until, *begin))}"


def _plain(value: Any) -> Any:
    """Read-only mappings as dictionaries, so that they print as Python spells them."""
    return {k: _plain(v) for k, v in value.items()} if isinstance(value, Mapping) else value


def _frame_said(one: Analysis, frame: pd.DataFrame | None, results: PlanResults) -> str:
    if one.frame is None or frame is None:
        return ""
    spec = one.frame
    made = _derived(
        {
            "derive": spec.derive,
            "arguments": spec.arguments,
            "where": spec.where,
            "until": spec.until,
            "landmark": spec.landmark,
        }
    )
    chosen = results.plan.sets.get(one.set)
    among = f" among {chosen.title}" if chosen is not None else ""
    told = " ".join(str(note) for note in frame.attrs.get("notes", ()))
    return f"{made}{among}: {len(frame):,} rows. {told}".strip()


def _missing(value: Any) -> bool:
    return value is None or value == "" or (isinstance(value, float) and math.isnan(value))


def _exact(value: Any) -> str:
    return repr(float(value)) if isinstance(value, float) else str(value)


def _listed(ids: tuple[str, ...], most: int = 12) -> str:
    """How many, and the first of them."""
    more = f" and {len(ids) - most:,} more" if len(ids) > most else ""
    return f"{len(ids):,}: {', '.join(ids[:most])}{more}"
