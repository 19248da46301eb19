"""In which rows of a frame did the outcome happen, and which rows belong together?"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from walkstats._arguments import check_column, check_formula, check_frame
from walkstats._event_values import events_of
from walkstats._variables import as_numbers, missing
from walkstats.errors import DataError, FitError
from walkstats.formulas import variables_in
from walkstats.numerics.least_squares import Factor
from walkstats.regression.rows import Rows, read_rows

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class BinaryRows:
    """The rows of a frame with an outcome that happens or does not.

    Attributes
    ----------
    rows : Rows
        ``outcome`` is 0 and 1; rows with frequencies stand there that many times.
    event : str
        What is modelled: "low = 1".
    """

    rows: Rows
    event: str


def read_binary(
    frame: pd.DataFrame,
    formula: str,
    *,
    event_value: object,
    weights: str | None,
    frequencies: str | None,
    cluster: str | None,
    subject: str,
) -> BinaryRows:
    """Read a frame for a regression of an event.

    Parameters
    ----------
    frame : pandas.DataFrame
        One row per unit of analysis.
    formula : str
        With the column of the event on the left.
    event_value : object
        The value, or values, that mean the event, where the column is not boolean or 0 and 1.
    weights, frequencies, cluster : str or None
        Columns.
    subject : str
        Column of the participant; may be absent when it is the default.

    Returns
    -------
    BinaryRows

    Raises
    ------
    ValueError
        For a formula or a column that cannot be used.
    DataError
        For an outcome whose event is not known, frequencies that are no whole numbers.
    FitError
        Where the event happens in no row or in all.
    """
    check_frame(frame)
    coded, event, notes = with_events(frame, formula, event_value)
    coded, places = expanded(coded, frequencies, formula, subject)
    rows = read_rows(coded, formula, weights=weights, cluster=cluster, subject=subject)
    happened = rows.outcome.sum()
    if happened in (0, rows.outcome.size):
        said = "No row has" if happened == 0 else f"All {rows.outcome.size} rows have"
        raise FitError(f"{said} {event}: there is nothing to compare.")
    lost = int(np.nansum(coded[rows.outcome_name.strip("`")].to_numpy())) - int(happened)
    counts = replace(
        rows.counts, rows=len(frame), events=int(happened), events_left_out=max(lost, 0)
    )
    design = replace(rows.design, notes=(*rows.design.notes, *notes))
    kept = places[rows.kept]
    rows = replace(rows, counts=counts, design=design, kept=kept, index=frame.index[kept])
    return BinaryRows(rows, event)


def with_events(
    frame: pd.DataFrame, formula: str, value: object
) -> tuple[pd.DataFrame, str, tuple[str, ...]]:
    """The frame with its outcome as 0 and 1, what the event is, and notes on how it was read."""
    name = variables_in(formula)[0] if "~" in check_formula(formula) else ""
    left = formula.partition("~")[0].strip().strip("`")
    if not name or left != name:
        raise ValueError(
            f"The outcome of {formula!r} must be a column that says in which rows the event "
            "happened: 'recovered ~ arm'."
        )
    series = check_column(frame, name, "the outcome")
    known = ~missing(series)
    coded = np.full(len(frame), np.nan)
    notes: tuple[str, ...] = ()
    if known.any():
        happened, notes = events_of(series[known], name, value)
        coded[known] = happened
    said = repr(value) if value is not None else _plain_event(series)
    out = frame.copy(deep=False)
    out[name] = coded
    return out, f"{name} = {said}", notes


def _plain_event(series: pd.Series) -> str:
    if pd.api.types.is_bool_dtype(series.dtype):
        return "True"
    known = series.dropna()
    return "True" if len(known) and isinstance(known.iloc[0], (bool, np.bool_)) else "1"


def expanded(
    frame: pd.DataFrame, frequencies: str | None, formula: str, subject: str
) -> tuple[pd.DataFrame, NDArray[np.intp]]:
    """The frame with each row as often as it counts, and where each copy comes from."""
    everybody = np.arange(len(frame))
    if frequencies is None:
        return frame, everybody
    copies = as_numbers(check_column(frame, frequencies, "frequencies"), str(frequencies))
    bad = np.flatnonzero(~((copies >= 0) & (copies == np.round(copies))))
    if bad.size:
        raise DataError.of(
            f"{frequencies} is no whole number from 0 on in {bad.size} row(s)",
            column=str(frequencies),
            row=int(bad[0]),
            count=int(bad.size),
            what_to_do="frequencies count copies of a row; use weights= for case weights",
        )
    places = np.repeat(everybody, copies.astype(np.intp))
    # Copies of a row are other people, whatever its id says.
    if subject in frame.columns and subject not in variables_in(formula):
        frame = frame.drop(columns=subject)
    return frame.iloc[places], places


def check_columns(design: Factor, rows: Rows) -> None:
    """Refuse covariates that are combinations of others, and more coefficients than rows."""
    names = rows.design.terms.names
    if rows.outcome.size <= len(names):
        raise FitError(
            f"{len(names)} coefficients ({', '.join(names)}) cannot be estimated from "
            f"{rows.outcome.size} rows. Use fewer terms."
        )
    if design.dependent:
        said = [
            f"{names[own]} is a combination of {', '.join(names[j] for j in others)}"
            if others
            else f"{names[own]} is constant"
            for own, *others in design.dependent
        ]
        raise FitError(
            f"The data cannot tell these covariates apart: {'; '.join(said)}. Leave one of them "
            "out."
        )
