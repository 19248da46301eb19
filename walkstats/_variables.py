"""What columns does one variable of a formula become? Numbers, levels, transforms and splines.

A variable is learnt once, on the rows of the fit (levels, knots, means), and gives the same columns
for new data afterwards.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from walkstats import _splines
from walkstats._arguments import check_column
from walkstats.errors import DataError
from walkstats.results.frozen import Frozen

Floats = NDArray[np.float64]

# How a first visit may be called.
BEGINNING = re.compile(
    r"(baseline|base|before|pre|screening|intake|randomi[sz]ation)\b", re.IGNORECASE
)
MOST_LEVELS = 50  # more are refused where they are at least half as many as the rows


@dataclass(frozen=True)
class Variable(Frozen):
    """One variable of a formula, as learnt from the data of the fit.

    Attributes
    ----------
    label : str
        As the formula writes it.
    column : object
        The column of the frame that it reads.
    levels : tuple of str or None
        For a factor: all levels, the reference first.
    transform : str or None
        Name of the transform applied to a numeric column.
    learnt : mapping
        Arguments of the transform and what was learnt for it (knots, mean, ...).
    """

    label: str
    column: Any
    levels: tuple[str, ...] | None = None
    transform: str | None = None
    learnt: Mapping[str, Any] = field(default_factory=dict)

    def columns(self, frame: pd.DataFrame) -> Floats:
        """Columns (n, m) of the variable; for a factor one indicator per level, all of them.

        Missing values give rows of nan.

        Raises
        ------
        DataError
            For a level that the fit has not seen.
        """
        series = frame[self.column]
        if self.levels is not None:
            return _indicators(series, self.levels, str(self.column))
        values = as_numbers(series, str(self.column))
        if self.transform is None:
            return values[:, None]
        return TRANSFORMS[self.transform].columns(values, self.learnt)

    def labels(self, width: int) -> list[str]:
        """Names of the columns."""
        if self.levels is not None:
            return [f"{self.label}[{level}]" for level in self.levels]
        if width == 1:
            return [self.label]
        return [f"{self.label}[{k}]" for k in range(1, width + 1)]


@dataclass(frozen=True)
class Transform:
    """A named transform of a numeric column.

    Attributes
    ----------
    learn : callable
        ``learn(values, arguments) -> mapping`` on the known values of the fit.
    columns : callable
        ``columns(values, learnt) -> (n, m) array``.
    arguments : tuple of str
        Names of its arguments after the column.
    """

    learn: Callable[[Floats, Mapping[str, Any]], Mapping[str, Any]]
    columns: Callable[[Floats, Mapping[str, Any]], Floats]
    arguments: tuple[str, ...] = ()


def _plain(
    function: Callable[[Floats], Floats], name: str, above: float | None = None
) -> Transform:
    def columns(values: Floats, learnt: Mapping[str, Any]) -> Floats:
        known = values[~np.isnan(values)]
        if above is not None and np.any(known <= above if name != "sqrt" else known < above):
            raise DataError.of(
                f"{name}() needs values {'of at least' if name == 'sqrt' else 'above'} {above:g}; "
                f"the smallest is {known.min():g}",
                what_to_do="use another transform, or leave these rows out on purpose",
            )
        return function(values)[:, None]

    return Transform(lambda values, arguments: {}, columns)


def _rcs_learn(values: Floats, arguments: Mapping[str, Any]) -> Mapping[str, Any]:
    knots = arguments.get("knots", 4)
    if np.ndim(knots) == 0:
        return {"knots": _splines.rcs_knots(values, int(knots))}
    return {"knots": np.asarray(knots, dtype=float)}


def _ns_learn(values: Floats, arguments: Mapping[str, Any]) -> Mapping[str, Any]:
    df = arguments.get("df", 3)
    if np.ndim(df) == 0:
        interior, boundary = _splines.ns_knots(values, int(df))
    else:
        interior = np.asarray(df, dtype=float)
        boundary = np.asarray(arguments.get("boundary", [values.min(), values.max()]), dtype=float)
    return {"interior": interior, "boundary": boundary}


def _bs_learn(values: Floats, arguments: Mapping[str, Any]) -> Mapping[str, Any]:
    interior, boundary = _splines.bs_knots(values, int(arguments.get("df", 4)))
    return {"interior": interior, "boundary": boundary}


def _learn_knots(name: str, most: int | None = None) -> Callable[..., Mapping[str, Any]]:
    """Knots as given, which must lie inside the range of the data."""

    def learn(values: Floats, arguments: Mapping[str, Any]) -> Mapping[str, Any]:
        try:
            knots = np.atleast_1d(np.asarray(arguments.get("knots", []), dtype=float))
        except (TypeError, ValueError):
            knots = np.empty(0)
        good = 0 < knots.size <= (most or knots.size) and bool(np.all(np.diff(knots) > 0))
        if not good:
            many = "a knot" if most == 1 else "one or more increasing knots"
            raise ValueError(f"{name}() needs {many}: {name}(x, 75).")
        low, high = float(values.min()), float(values.max())
        if not low < knots[0] <= knots[-1] < high:
            raise ValueError(
                f"The knots of {name}() must lie between the smallest and the largest value, "
                f"{low:g} and {high:g}; got {', '.join(f'{knot:g}' for knot in knots)}."
            )
        return {"knots": knots}

    return learn


def _pieces(values: Floats, learnt: Mapping[str, Any]) -> Floats:
    """The line, and from each knot on a line of its own: coefficients are changes of slope."""
    return np.column_stack([values, np.maximum(values[:, None] - learnt["knots"], 0.0)])


TRANSFORMS: dict[str, Transform] = {
    "log": _plain(np.log, "log", above=0.0),
    "log2": _plain(np.log2, "log2", above=0.0),
    "log10": _plain(np.log10, "log10", above=0.0),
    "log1p": _plain(np.log1p, "log1p", above=-1.0),
    "sqrt": _plain(np.sqrt, "sqrt", above=0.0),
    "exp": _plain(np.exp, "exp"),
    "power": Transform(
        lambda values, arguments: {"exponent": float(arguments.get("exponent", 2))},
        lambda values, learnt: (values ** learnt["exponent"])[:, None],
        ("exponent",),
    ),
    "center": Transform(
        lambda values, arguments: {"mean": float(np.mean(values))},
        lambda values, learnt: (values - learnt["mean"])[:, None],
    ),
    "scale": Transform(
        lambda values, arguments: {
            "mean": float(np.mean(values)),
            "sd": float(np.std(values, ddof=1)),
        },
        lambda values, learnt: ((values - learnt["mean"]) / learnt["sd"])[:, None],
    ),
    "rcs": Transform(
        _rcs_learn, lambda values, learnt: _splines.rcs_basis(values, learnt["knots"]), ("knots",)
    ),
    "ns": Transform(
        _ns_learn,
        lambda values, learnt: _splines.ns_basis(values, learnt["interior"], learnt["boundary"]),
        ("df", "boundary"),
    ),
    "bs": Transform(
        _bs_learn,
        lambda values, learnt: _splines.bs_basis(values, learnt["interior"], learnt["boundary"]),
        ("df",),
    ),
    "piecewise": Transform(_learn_knots("piecewise"), _pieces, ("knots",)),
    "above": Transform(
        _learn_knots("above", 1),
        lambda values, learnt: np.maximum(values[:, None] - learnt["knots"], 0.0),
        ("knots",),
    ),
    "below": Transform(
        _learn_knots("below", 1),
        lambda values, learnt: np.minimum(values[:, None], learnt["knots"]),
        ("knots",),
    ),
}


def is_factor(series: pd.Series) -> bool:
    """Whether a column holds levels rather than numbers.

    Raises
    ------
    DataError
        For columns most of whose distinct values are numbers kept as text, for dates and
        durations.
    """
    kind = series.dtype
    if isinstance(kind, pd.CategoricalDtype):
        return True
    if pd.api.types.is_bool_dtype(kind) or pd.api.types.is_numeric_dtype(kind):
        return False
    name = str(series.name)
    if pd.api.types.is_datetime64_any_dtype(kind) or pd.api.types.is_timedelta64_dtype(kind):
        raise DataError.of(
            f"{name} holds dates or durations; a model needs numbers",
            column=name,
            what_to_do="turn dates into days from randomisation first",
        )
    # As objects: text kept by Arrow answers otherwise when it is asked for numbers.
    distinct = series.dropna().astype(object).unique()
    numeric = (bool, int, float, np.number, np.bool_)
    if len(distinct) and all(isinstance(v, numeric) for v in distinct):
        return False
    _refuse_numbers_as_text([v for v in distinct if not isinstance(v, (bool, np.bool_))], name)
    return True


def _refuse_numbers_as_text(distinct: list[Any], name: str) -> None:
    """One 'n/a' or one decimal comma turns a column of numbers into text, without a word."""
    numbers = [v for v in distinct if reads_as_number(v, comma=True)]
    if 2 * len(numbers) <= len(distinct):
        return
    rest = [repr(v) for v in distinct if not reads_as_number(v)]
    more = ", ..." if len(rest) > 5 else ""
    but = f", but also {', '.join(rest[:5])}{more}" if 0 < len(rest) < len(distinct) else ""
    raise DataError.of(
        f"{name} holds numbers as text (such as {str(numbers[0])!r}{but}); every value would "
        "become a level of its own",
        column=name,
        count=len(numbers),
        what_to_do=f"convert the column to numbers, or write factor({_quoted(name)})",
    )


def reads_as_number(value: object, comma: bool = False) -> bool:
    """Whether a value is or reads as a number; with ``comma`` also as one with a decimal comma."""
    text = str(value).replace(",", ".") if comma else str(value)
    try:
        return "_" not in text and not np.isnan(float(text))
    except ValueError:
        return False


def _quoted(name: str) -> str:
    """A column name as a formula writes it."""
    return name if name.isidentifier() else f"`{name}`"


def levels_of(series: pd.Series, reference: object = None) -> tuple[tuple[str, ...], str]:
    """Levels present in a column, the reference first, and a note where the order was ours.

    The order is that of the categories; for text the sorted one. A first category without rows is
    a reference that was meant and is not there: a note says which level stands in.
    """
    name = str(series.name)
    if isinstance(series.dtype, pd.CategoricalDtype):
        codes = series.cat.codes.to_numpy()
        present = np.bincount(codes[codes >= 0], minlength=len(series.cat.categories)) > 0
        levels = [str(c) for c, here in zip(series.cat.categories, present, strict=True) if here]
        note = _said_of_reference(name, series.cat.categories[0], levels) if levels else ""
    else:
        known = series.dropna()
        try:
            ordered = sorted(known.unique())
        except TypeError:
            ordered = sorted(known.unique(), key=str)
        levels = [_text(level) for level in ordered]
        note = f"Reference level of {name}: {levels[0]} (first in sorted order)." if levels else ""
    if reference is not None:
        chosen = str(reference)
        if chosen not in levels:
            raise ValueError(
                f"{chosen!r} is not a level of {name}. The levels are: {', '.join(levels)}."
            )
        levels = [chosen, *(level for level in levels if level != chosen)]
        note = ""
    return tuple(levels), note


def _said_of_reference(name: str, meant: object, levels: list[str]) -> str:
    if str(meant) == levels[0]:
        return ""
    return f"The reference {meant} of {name} has no rows; {levels[0]} is taken."


def refuse_ids(levels: tuple[str, ...], rows: int, name: str) -> None:
    """With a level for every second row, a column names the rows; factor() insists on it."""
    if len(levels) > MOST_LEVELS and 2 * len(levels) >= rows:
        raise DataError.of(
            f"{name} has {len(levels)} levels among {rows} rows: an id is no covariate",
            column=name,
            count=len(levels),
            what_to_do="leave it out, or name it in cluster= where several rows belong together",
        )


def in_natural_order(levels: Iterable[Any]) -> list[Any]:
    """Levels in the order in which a reader counts: "month 3" before "month 12".

    The baseline comes first, whatever the others are called.

    Examples
    --------
    >>> in_natural_order(["12 months", "baseline", "3 months"])
    ['baseline', '3 months', '12 months']
    """

    def parts(level: Any) -> tuple[tuple[float, float, str], ...]:
        found = re.split(r"(\d+(?:\.\d+)?)", str(level))
        first = (-1.0 if BEGINNING.match(str(level)) else 0.0, 0.0, "")
        rest = [(0.0, float(p), "") if k % 2 else (1.0, 0.0, p) for k, p in enumerate(found) if p]
        return first, *rest

    return sorted(levels, key=parts)


def said_of_words(visit: pd.Series, visits: Sequence[Any]) -> list[str]:
    """In which order visits named in words were taken; nothing of numbers and Categoricals."""
    if isinstance(visit.dtype, pd.CategoricalDtype) or pd.api.types.is_numeric_dtype(visit.dtype):
        return []
    listed = ", ".join(map(str, visits))
    return [f"Visits in the order {listed}; make {visit.name} a Categorical for another."]


def as_numbers(series: pd.Series, name: str) -> Floats:
    """A column as floats, missing as nan.

    Raises
    ------
    DataError
        For infinite values and for values that are no numbers.
    """
    try:
        if pd.api.types.is_complex_dtype(series.dtype):
            raise TypeError("complex")
        dtype = series.dtype
        if isinstance(dtype, pd.CategoricalDtype):
            dtype = dtype.categories.dtype
        if getattr(dtype, "kind", "O") in "mM":  # else dates would be so many nanoseconds
            raise TypeError("dates")
        if isinstance(series.dtype, np.dtype) and series.dtype.kind in "fiub":
            values = series.to_numpy().astype(float, copy=False)
        else:
            values = series.to_numpy(dtype=float, na_value=np.nan)
    except (TypeError, ValueError):
        raise DataError.of(
            f"{name} holds values that are no numbers", column=name, what_to_do="give numbers"
        ) from None
    if np.isinf(values).any():
        rows = np.flatnonzero(np.isinf(values))
        raise DataError.of(
            f"{name} is infinite in {len(rows)} row(s)",
            column=name,
            row=int(rows[0]),
            count=len(rows),
            what_to_do="correct these values or leave them empty",
        )
    return values


def missing(series: pd.Series) -> NDArray[np.bool_]:
    """Where a column is missing."""
    values = series.to_numpy() if isinstance(series.dtype, np.dtype) else None
    if values is not None and values.dtype.kind in "biu":
        return np.zeros(len(values), dtype=bool)
    if values is not None and values.dtype.kind == "f":
        return np.isnan(values)
    if isinstance(series.dtype, pd.CategoricalDtype):
        return series.cat.codes.to_numpy() == -1
    return series.isna().to_numpy(dtype=bool)


def without_blanks(codes: NDArray[np.intp], uniques: Any) -> NDArray[np.intp]:
    """Codes with -1 where the text is blank: an id left empty is missing and names nobody."""
    blank = [k for k, value in enumerate(uniques) if isinstance(value, str) and not value.strip()]
    return np.where(np.isin(codes, blank), -1, codes).astype(np.intp) if blank else codes


def codes_of(
    frame: pd.DataFrame,
    name: Any,
    used: NDArray[np.intp],
    role: str,
    what_to_do: str = "fill it in, or leave these rows out on purpose",
) -> NDArray[np.intp]:
    """Codes 0, 1, ... of a column that says which of the rows used belong together.

    Raises
    ------
    ValueError
        For a column that is not there.
    DataError
        Where it is missing or blank.
    """
    codes = without_blanks(*pd.factorize(check_column(frame, name, role).iloc[used]))
    gaps = np.flatnonzero(codes < 0)
    if gaps.size:
        raise DataError.of(
            f"{name} is missing in {gaps.size} of the {codes.size} rows used, so that it is not "
            "known which rows belong together",
            column=str(name),
            row=int(used[gaps[0]]),
            count=int(gaps.size),
            what_to_do=what_to_do,
        )
    return codes.astype(np.intp)


def _text(level: object) -> str:
    """Whole floats as integers: a column of 1.0 and 2.0 has the levels 1 and 2."""
    if isinstance(level, (float, np.floating)) and float(level).is_integer():
        return str(int(level))
    return str(level)


def _indicators(series: pd.Series, levels: tuple[str, ...], name: str) -> Floats:
    if isinstance(series.dtype, pd.CategoricalDtype):
        place = {str(level): k for k, level in enumerate(levels)}
        lookup = np.array([place.get(str(c), -2) for c in series.cat.categories] + [-1])
        codes = lookup[series.cat.codes.to_numpy()]
    else:
        given, uniques = pd.factorize(series)
        place = {level: k for k, level in enumerate(levels)}
        lookup = np.array([place.get(_text(u), -2) for u in uniques] + [-1])
        codes = lookup[given]
    if np.any(codes == -2):
        rows = np.flatnonzero(codes == -2)
        found = sorted({_text(series.iloc[r]) for r in rows})
        raise DataError.of(
            f"{name} has levels that the fit has not seen: {', '.join(found)}",
            column=name,
            row=int(rows[0]),
            count=len(rows),
            what_to_do=f"use the known levels: {', '.join(levels)}",
        )
    out = (codes[:, None] == np.arange(len(levels))[None, :]).astype(float)
    out[codes == -1] = np.nan
    return out
