"""What did a model find? Fits side by side, factors with the level that they are compared with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from walkstats._labels import capitalised, described, percent_level
from walkstats.results import Estimates, Fit
from walkstats.tables.cells import EMPTY, Cell, words
from walkstats.tables.description import Column, Row, Table
from walkstats.tables.variance_rows import variance_rows

if TYPE_CHECKING:
    from walkstats.formulas import Terms

REFERENCE = "reference"


@dataclass(frozen=True)
class _Line:
    """One row to come: a term looked up in each fit, the reference level of a factor, a spline."""

    label: str
    term: str = ""
    factor: str = ""
    level: str = ""
    spline: bool = False
    indent: int = 0


def fit_table(
    fits: Estimates | Mapping[str, Estimates],
    *,
    ratio: bool | None = None,
    terms: Sequence[str] | None = None,
    labels: Mapping[str, str] | None = None,
    level: float | None = None,
    variances: bool = False,
    title: str = "",
) -> Table:
    """Show one fitted model, or several beside each other.

    Parameters
    ----------
    fits : Estimates, or mapping of str to Estimates
        A fit, or column heading -> fit. Fits may differ in their terms.
    ratio : bool, optional
        Exponentials (hazard ratios, odds ratios); by default where the model is on a log or logit
        scale.
    terms : sequence of str, optional
        Terms of the formula to show, or columns of them; the others are named in a footnote.
    labels : mapping of str to str, optional
        Term, level or column of the matrix -> what to call it.
    level : float, optional
        Confidence level; each fit's own by default.
    variances : bool
        Also the variances and correlations of models of repeated measures.
    title : str

    Returns
    -------
    Table
        One row per term, the reference levels of factors shown, then participants, rows and events.
        Methods and notes of the fits are footnotes.

    Raises
    ------
    ValueError
        For a ratio of estimates that are on no log scale, or no fit at all.

    Examples
    --------
    >>> import numpy as np
    >>> from walkstats.results import CoxFit
    >>> fit = CoxFit(
    ...     terms=("arm[walking]",), values=np.log([0.72]), covariance=np.array([[0.0081]])
    ... )
    >>> print(fit_table(fit).to_csv(), end="")
    ,Hazard ratio (95% CI),p
    arm[walking],0.72 (0.60 to 0.86),<0.001
    """
    named = _named(fits)
    ratios = {name: _as_ratio(fit, ratio) for name, fit in named.items()}
    columns: list[Column] = []
    for name, fit in named.items():
        columns += _headings(name, fit, ratios[name], level)
    lines, hidden = _lines(named, terms, labels or {})
    rows = [_row(line, named, ratios, level) for line in lines]
    parts = variance_rows(named, labels or {}, level) if variances else []
    return Table(
        title=title,
        stub="",
        columns=tuple(columns),
        rows=(*rows, *parts, *_count_rows(named)),
        notes=_notes(named, hidden, any(line.spline for line in lines)),
        source=next((fit.source for fit in named.values() if fit.source), ""),
    )


def _named(fits: object) -> dict[str, Estimates]:
    named: dict[str, Any] = dict(fits) if isinstance(fits, Mapping) else {"": fits}
    if not named:
        raise ValueError("fit_table needs at least one fit.")
    for name, fit in named.items():
        if not isinstance(fit, Estimates):
            under = f" under {name!r}" if name else ""
            raise ValueError(
                f"fit_table needs a fit or a mapping of heading to fit, got "
                f"{type(fit).__name__}{under}; table_of lays out other results."
            )
    return named


def _as_ratio(fit: Estimates, ratio: bool | None) -> bool:
    if ratio and fit.link == "identity":
        raise ValueError("ratio=True needs estimates on a log or logit scale.")
    return fit.link != "identity" if ratio is None else ratio


def _headings(name: str, fit: Estimates, ratio: bool, level: float | None) -> list[Column]:
    log_scale = fit.link != "identity" and not ratio
    measure = fit.measure or ("ratio" if ratio else "estimate")
    measure = f"log {measure}" if log_scale and fit.measure else measure
    percent = percent_level(fit.level if level is None else level)
    return [Column(f"{capitalised(measure)} ({percent}% CI)", over=name), Column("p", over=name)]


def _lines(
    fits: Mapping[str, Estimates], terms: Sequence[str] | None, labels: Mapping[str, str]
) -> tuple[list[_Line], tuple[str, ...]]:
    """Rows in the order in which the fits bring their terms, and the terms not shown."""
    lines: dict[_Line, None] = {}
    hidden: dict[str, None] = {}
    groups: dict[str, list[_Line]] = {}
    columns = _columns_of_factors(fits)
    for fit in fits.values():
        for term, inside in _terms_of(fit).items():
            if not _has_design(fit) and term in columns:
                continue  # the row of the other model's level holds it
            unasked = terms is not None and term not in terms and not set(inside) & set(terms)
            if unasked or (terms is None and term in fit.aside):
                hidden[term] = None
                continue
            mine = groups.setdefault(term, [])
            mine += [line for line in _term_lines(fit, term, inside, labels) if line not in mine]
    for mine in groups.values():
        lines.update(dict.fromkeys(mine))
    return list(lines), tuple(hidden)


def _has_design(fit: Estimates) -> bool:
    return isinstance(fit, Fit) and fit.design is not None


def _columns_of_factors(fits: Mapping[str, Estimates]) -> set[str]:
    """Columns that stand as levels of a factor in some fit: ``arm[walking]``."""
    found: set[str] = set()
    for fit in fits.values():
        if isinstance(fit, Fit) and fit.design is not None:
            for term, inside in _terms_of(fit).items():
                found.update(inside if term in fit.design.levels else ())
    return found


def _terms_of(fit: Estimates) -> dict[str, tuple[str, ...]]:
    """Term of the formula -> the columns of the matrix that it became."""
    if not isinstance(fit, Fit) or fit.design is None:
        return {term: (term,) for term in fit.terms}
    found = {term: tuple(fit.design.names[where]) for term, where in fit.design.columns_of.items()}
    inside = {name for names in found.values() for name in names}
    return {**found, **{term: (term,) for term in fit.terms if term not in inside}}


def _term_lines(
    fit: Estimates, term: str, inside: tuple[str, ...], labels: Mapping[str, str]
) -> list[_Line]:
    design = fit.design if isinstance(fit, Fit) else None
    if design is not None and term in design.knots:
        return [_Line(_spline_label(design, term, labels), term, spline=True)]
    if design is not None and term in design.levels:
        return _factor_lines(design, term, inside, labels)
    if len(inside) == 1:
        return [_Line(described(inside[0], labels), inside[0])]
    return [
        _Line(described(term, labels)),
        *(_Line(labels.get(name, name), name, indent=1) for name in inside),
    ]


def _factor_lines(
    design: Terms, term: str, inside: tuple[str, ...], labels: Mapping[str, str]
) -> list[_Line]:
    """A heading and the levels; the first has no column of its own when it is the reference."""
    levels = design.levels[term]
    names = ("",) * (len(levels) - len(inside)) + inside
    return [
        _Line(_of_column(design, term, labels)),
        *(
            _Line(labels.get(level, level), name or f"{term}[{level}]", term, level, indent=1)
            for level, name in zip(levels, names, strict=True)
        ),
    ]


def _of_column(design: Terms, term: str, labels: Mapping[str, str]) -> str:
    """What the column behind a term is called: factor(month) and rcs(age, 4) are words of code."""
    if term in labels or term not in design.variables:
        return labels.get(term, term)
    return described(str(design.variables[term].column), labels)


def _spline_label(design: Terms, term: str, labels: Mapping[str, str]) -> str:
    if term in labels:
        return labels[term]
    return f"{_of_column(design, term, labels)} (spline, {len(design.knots[term])} knots)"


def _row(
    line: _Line,
    fits: Mapping[str, Estimates],
    ratios: Mapping[str, bool],
    level: float | None,
) -> Row:
    if not line.term:
        return Row(line.label)
    cells: list[Cell] = []
    for name, fit in fits.items():
        cells += _cells(line, fit, ratios[name], level)
    return Row(line.label, tuple(cells), line.indent)


def _cells(line: _Line, fit: Estimates, ratio: bool, level: float | None) -> list[Cell]:
    if line.spline:
        return [EMPTY, _joint_p(fit, line.term)]
    if line.term in fit.terms:
        ratio = ratio and line.term not in fit.aside
        one = fit.estimate(line.term, ratio=ratio, level=level)
        values = (one.estimate, one.conf_low, one.conf_high)
        return [Cell("ratio" if ratio else "estimate", values), Cell("p", (one.p_value,))]
    levels = fit.design.levels.get(line.factor, ()) if isinstance(fit, Fit) and fit.design else ()
    return [words(REFERENCE) if line.level in levels[:1] else EMPTY, EMPTY]


def _joint_p(fit: Estimates, term: str) -> Cell:
    """Of all columns of a spline together: one by one they mean nothing to a reader."""
    if not isinstance(fit, Fit) or fit.design is None or term not in fit.design.columns_of:
        return EMPTY
    return Cell("p", (fit.test(term).p_value,))


def _count_rows(fits: Mapping[str, Estimates]) -> list[Row]:
    rows = []
    for label, name in COUNTED.items():
        numbers = [_counted(fit, name) for fit in fits.values()]
        several_rows = any(
            fit.counts is not None
            and (fit.counts.used != fit.counts.participants or fit.counts.clusters is not None)
            for fit in fits.values()
        )
        if all(n is None for n in numbers) or (name == "used" and not several_rows):
            continue
        cells: list[Cell] = []
        for n in numbers:
            cells += [EMPTY if n is None else Cell("count", (float(n),)), EMPTY]
        rows.append(Row(label, tuple(cells)))
    return rows


COUNTED = {
    "Participants": "participants",
    "Clusters": "clusters",
    "Rows": "used",
    "Events": "events",
}


def _counted(fit: Estimates, name: str) -> int | None:
    """A number of a fit; rows that share clusters are not called participants."""
    if name == "participants" and fit.counts is not None and fit.counts.clusters is not None:
        return None
    number: int | None = getattr(fit.counts, name, None)
    return number


def _notes(
    fits: Mapping[str, Estimates], hidden: tuple[str, ...], splines: bool
) -> tuple[str, ...]:
    notes = ["CI: confidence interval."]
    if splines:
        notes.append("p of a spline: Wald test of all its terms together.")
    if hidden:
        notes.append(f"Not shown: {', '.join(hidden)}.")
    said = {name: _remarks(fit) for name, fit in fits.items()}
    common = [
        text for text in next(iter(said.values())) if all(text in own for own in said.values())
    ]
    for text in dict.fromkeys(text for own in said.values() for text in own if text not in common):
        names = [name for name, own in said.items() if text in own]
        between = "; " if any("," in name for name in names) else ", "
        notes.append(f"{between.join(names)}: {text}")
    return tuple(dict.fromkeys([*notes, *common]))


def _remarks(fit: Estimates) -> list[str]:
    """Method and notes of a fit, how it ended unless well, and the rows left out."""
    remarks = [text for text in (fit.method, *fit.notes) if text]
    if isinstance(fit, Fit) and fit.state != "converged":
        remarks.append(f"State of the fit: {fit.state}.")
    if fit.counts is not None:
        remarks += [
            f"{rows} row{'s' if rows != 1 else ''} left out: {reason}."
            for reason, rows in fit.counts.left_out.items()
        ]
    return remarks
