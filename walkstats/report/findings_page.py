"""How do findings become a page that a data manager can work through?"""

from __future__ import annotations

from collections.abc import Iterable
from importlib import resources

import pandas as pd

import walkstats
from walkstats.checks.catalogue import LookedFor, not_found
from walkstats.errors import WalkstatsError
from walkstats.report.findings_grouped import grouped, rows_of, said_count
from walkstats.report.numbered import origin
from walkstats.schema import LISTS, TABLES
from walkstats.tables.safe_text import one_line
from walkstats.trial import Trial

FINDINGS = ("error", "warning")
"""Actions of the load report that are findings, and stand above."""


def findings_page(findings: pd.DataFrame, trial: Trial | None, place: str) -> str:
    """Lay findings out as one page of HTML that needs no other file.

    Parameters
    ----------
    findings : pandas.DataFrame
        As ``check_trial`` gives them.
    trial : Trial or None
        As far as it could be read.
    place : str
        Which folder or file was checked.

    Returns
    -------
    str
        Findings by table and topic, worst first, each with a box to tick; notes; what was looked
        for and not found; the load report, folded. Every text is escaped.

    Raises
    ------
    WalkstatsError
        When jinja2 is not installed.
    """
    try:
        import jinja2
    except ImportError:
        raise WalkstatsError(
            "A page of findings needs jinja2: install it with pip install 'walkstats[report]'."
        ) from None
    source = resources.files("walkstats.report") / "templates" / "findings.html.j2"
    environment = jinja2.Environment(
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=lambda one: one_line(one) if type(one) is str else one,
    )
    errors = int((findings["severity"] == "error").sum())
    tables = grouped(findings, trial)
    anchors = {table.name: f"t{k}" for k, table in enumerate(tables, 1)}
    filled = [name for name in TABLES if trial is not None and len(trial.table(name))]
    unfilled = [name for name in TABLES if name not in filled and name not in anchors]
    text = "" if trial is None else origin(trial.source)
    return environment.from_string(source.read_text(encoding="utf-8")).render(
        version=walkstats.__version__,
        name=(trial.name if trial is not None else "") or place,
        place=place,
        synthetic=trial is not None and trial.synthetic,
        source=f"{text[:1].upper()}{text[1:]}",
        errors=errors,
        warnings=len(findings) - errors,
        said=f"{said_count(errors, 'error')}, {said_count(len(findings) - errors, 'warning')}",
        tables=tables,
        anchors=anchors,
        counts=_counts([*anchors, *(n for n in filled if n not in anchors)], findings, trial),
        notes=findings.attrs.get("notes", ()),
        clean=_by_table(not_found(findings, [*filled, *_lists(trial)])),
        unchecked=unfilled if trial is not None else (),
        report=_load_report(trial),
    )


def _counts(
    names: Iterable[str], findings: pd.DataFrame, trial: Trial | None
) -> list[dict[str, object]]:
    """One row per table: its rows, errors and warnings, also where there are none."""
    tables = {table.name: table for table in grouped(findings, trial)}
    counts: list[dict[str, object]] = []
    for name in names:
        one = tables.get(name)
        rows = rows_of(name, trial)
        counts.append(
            {
                "name": name,
                "anchor": f"t{list(tables).index(name) + 1}" if one else "",
                "rows": "" if rows is None else rows,
                "errors": one.errors if one else 0,
                "warnings": one.warnings if one else 0,
            }
        )
    return counts


def _lists(trial: Trial | None) -> list[str]:
    """Lists that the participants were held against."""
    return [name for name in LISTS if rows_of(name, trial) is not None]


def _by_table(clean: Iterable[LookedFor]) -> list[tuple[str, list[str]]]:
    sought: dict[str, list[str]] = {}
    for one in clean:
        sought.setdefault(one.table, []).append(one.sought)
    return [(name, list(dict.fromkeys(found))) for name, found in sought.items()]


def _load_report(trial: Trial | None) -> list[dict[str, object]]:
    if trial is None:
        return []
    report = trial.load_report[~trial.load_report["action"].isin(FINDINGS)]
    return [{str(k): v for k, v in one.items()} for one in report.to_dict("records")]
