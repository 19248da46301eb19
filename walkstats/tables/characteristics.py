"""Who was randomised? The baseline table, described by choices that the caller declares."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from walkstats import _digits
from walkstats._arguments import as_names, check_choice, check_column, check_frame
from walkstats.errors import DataError
from walkstats.numerics.summaries import (
    NumberSummary,
    count_codes,
    standardised_mean_difference,
    standardised_share_difference,
    summarise_numbers,
)
from walkstats.tables.baseline_columns import Variable, characteristic, choose, coded
from walkstats.tables.cells import EMPTY, Cell
from walkstats.tables.description import Column, Row, Table

DENOMINATORS = ("where they differ", "always")


@dataclass(frozen=True)
class _Groups:
    """Groups as masks over the rows, in the order of the columns shown."""

    names: tuple[str, ...]
    masks: tuple[NDArray[np.bool_], ...]
    compared: int


def baseline_table(
    frame: pd.DataFrame,
    by: str | None = None,
    *,
    columns: Sequence[str] | None = None,
    labels: Mapping[str, str] | None = None,
    median: Sequence[str] = (),
    categorical: Sequence[str] = (),
    overall: bool = False,
    standardised_differences: bool = False,
    p_values: Mapping[str, float] | None = None,
    denominators: str = "where they differ",
    title: str = "Baseline characteristics",
) -> Table:
    """Show who was randomised, arm by arm.

    Parameters
    ----------
    frame : pandas.DataFrame
        One row per participant.
    by : str, optional
        Column of the arm; its categories, or the sorted values, give the order. None: one column.
    columns : sequence of str, optional
        Characteristics, in order; by default every column that can be one.
    labels : mapping of str to str, optional
        Column -> what to call it; by default as the dictionary of tables describes it.
    median : sequence of str
        Numeric columns shown as median (quartiles) instead of mean (SD).
    categorical : sequence of str
        Numeric columns whose values are categories.
    overall : bool
        Add a column of all participants.
    standardised_differences : bool
        Add the largest absolute standardised difference between any two arms.
    p_values : mapping of str to float, optional
        Column -> p-value computed elsewhere. In a randomised trial such tests say nothing about the
        participants, so there is no column of them unless it is asked for.
    denominators : {"where they differ", "always"}
        Where n/N is written instead of n.
    title : str

    Returns
    -------
    Table
        Missing values are counted in rows of their own; shares are of the values known.

    Raises
    ------
    ValueError
        For unknown columns.
    DataError
        For a participant in several rows, numbers held as text, or a column with too many levels.

    Examples
    --------
    >>> import pandas as pd
    >>> frame = pd.DataFrame(
    ...     {"arm": ["a", "a", "b", "b"], "age_years": [50, 60, 40, None], "sex": list("fmff")}
    ... )
    >>> print(baseline_table(frame, "arm").to_csv(), end="")
    Characteristic,a (n = 2),b (n = 2)
    "Age at randomisation, years: mean (SD)",55.0 (7.1),40.0 (–)
    Missing,0,1
    "Sex, n (%)",,
    f,1 (50%),2 (100%)
    m,1 (50%),0 (0%)
    """
    check_frame(frame)
    check_choice(denominators, DENOMINATORS, "denominators")
    _one_row_each(frame)
    for name in (*as_names(median, "median"), *as_names(categorical, "categorical")):
        check_column(frame, name, "a characteristic")
    groups, notes = _groups(frame, by, overall)
    shown, left_out = choose(frame, by, columns)
    variables = [
        characteristic(frame[name], labels, name in median, name in categorical) for name in shown
    ]
    extra = _extra_columns(standardised_differences, p_values)
    rows: list[Row] = []
    for variable in variables:
        extras = _extra_cells(variable, groups, standardised_differences, p_values)
        rows += _rows(variable, groups, extras, denominators == "always")
    return Table(
        title=title,
        stub="Characteristic",
        columns=(
            *(
                Column(name, n=int(mask.sum()))
                for name, mask in zip(groups.names, groups.masks, strict=True)
            ),
            *extra,
        ),
        rows=tuple(rows),
        notes=(*notes, *left_out, *_explained(variables, standardised_differences, p_values)),
        source=str(frame.attrs.get("source", "")),
    )


def _one_row_each(frame: pd.DataFrame) -> None:
    if "participant_id" not in frame:
        return
    again = frame["participant_id"][frame["participant_id"].duplicated()]
    if len(again):
        raise DataError.of(
            "a participant has several rows, so that people would be counted twice",
            column="participant_id",
            ids=list(dict.fromkeys(again)),
            what_to_do="give one row per participant, for example derive.baseline(trial)",
        )


def _groups(frame: pd.DataFrame, by: str | None, overall: bool) -> tuple[_Groups, tuple[str, ...]]:
    everybody = np.ones(len(frame), dtype=bool)
    if by is None:
        return _Groups(("All",), (everybody,), 1), ()
    series = check_column(frame, by, "by")
    codes, levels = coded(series)
    masks = [codes == k for k in range(len(levels))]
    names = list(levels)
    compared = len(levels)
    if overall:
        names.append("All")
        masks.append(everybody)
    absent = int((codes < 0).sum())
    notes = (f"{absent} without {by} are in no arm's column.",) if absent else ()
    return _Groups(tuple(names), tuple(masks), compared), notes


def _extra_columns(standardised: bool, p_values: Mapping[str, float] | None) -> tuple[Column, ...]:
    columns = (Column("Standardised difference"),) if standardised else ()
    return (*columns, Column("p")) if p_values is not None else columns


def _extra_cells(
    variable: Variable,
    groups: _Groups,
    standardised: bool,
    p_values: Mapping[str, float] | None,
) -> tuple[Cell, ...]:
    cells: tuple[Cell, ...] = ()
    if standardised:
        cells = (Cell("number", (_largest_difference(variable, groups),), 2),)
    if p_values is not None:
        p = p_values.get(variable.name)
        cells = (*cells, EMPTY if p is None else Cell("p", (float(p),)))
    return cells


def _largest_difference(variable: Variable, groups: _Groups) -> float:
    masks = groups.masks[: groups.compared]
    found = []
    for first, second in combinations(masks, 2):
        if variable.numbers is not None:
            sides = [summarise_numbers(variable.numbers[mask]) for mask in (first, second)]
            found.append(abs(standardised_mean_difference(*sides)))
        elif variable.codes is not None:
            size = len(variable.levels)
            counts = [count_codes(variable.codes[mask], size)[0] for mask in (first, second)]
            found.append(standardised_share_difference(*counts))
    return max(found) if found and not np.isnan(found).any() else float("nan")


def _rows(variable: Variable, groups: _Groups, extras: tuple[Cell, ...], always: bool) -> list[Row]:
    if variable.numbers is not None:
        return _number_rows(variable, variable.numbers, groups, extras)
    assert variable.codes is not None
    return _level_rows(variable, variable.codes, groups, extras, always)


def _number_rows(
    variable: Variable, numbers: NDArray[np.float64], groups: _Groups, extras: tuple[Cell, ...]
) -> list[Row]:
    summaries = [summarise_numbers(numbers[mask]) for mask in groups.masks]
    decimals = _digits.sd_decimals(summarise_numbers(numbers).sd)
    quartiles = [q for one in summaries for q in (one.median, one.q1, one.q3)]
    if variable.by_median and all(np.isnan(q) or q.is_integer() for q in quartiles):
        decimals = 0
    how = "median (quartiles)" if variable.by_median else "mean (SD)"
    cells = tuple(_number_cell(one, variable.by_median, decimals) for one in summaries)
    rows = [Row(f"{variable.label}: {how}", (*cells, *extras))]
    return rows + _missing_row([one.missing for one in summaries], len(extras))


def _number_cell(summary: NumberSummary, by_median: bool, decimals: int) -> Cell:
    if by_median:
        return Cell("median_iqr", (summary.median, summary.q1, summary.q3), decimals)
    return Cell("mean_sd", (summary.mean, summary.sd), decimals)


def _level_rows(
    variable: Variable,
    codes: NDArray[np.int64],
    groups: _Groups,
    extras: tuple[Cell, ...],
    always: bool,
) -> list[Row]:
    size = len(variable.levels)
    counted = [count_codes(codes[mask], size) for mask in groups.masks]
    kind = "share_of" if always or any(missing for _, missing in counted) else "share"

    def cells(level: int) -> tuple[Cell, ...]:
        return tuple(
            Cell(kind, (float(counts[level]), float(counts.sum()))) for counts, _ in counted
        )

    head = f"{variable.label}, {'n/N' if kind == 'share_of' else 'n'} (%)"
    if variable.levels == ("no", "yes"):
        rows = [Row(head, (*cells(1), *extras))]
    else:
        blank = (EMPTY,) * len(groups.names)
        rows = [Row(head, (*blank, *extras) if extras else ())]
        rows += [
            Row(level, (*cells(k), *(EMPTY,) * len(extras)), indent=1)
            for k, level in enumerate(variable.levels)
        ]
    return rows + _missing_row([missing for _, missing in counted], len(extras))


def _missing_row(missing: list[int], extras: int) -> list[Row]:
    if not any(missing):
        return []
    cells = tuple(Cell("count", (float(n),)) for n in missing)
    return [Row("Missing", (*cells, *(EMPTY,) * extras), indent=1)]


def _explained(
    variables: list[Variable], standardised: bool, p_values: Mapping[str, float] | None
) -> tuple[str, ...]:
    notes = []
    if any(v.codes is not None for v in variables):
        notes.append("Shares are of the participants whose value is known.")
    if any(v.numbers is not None and not v.by_median for v in variables):
        notes.append("SD: standard deviation.")
    if standardised:
        notes.append(
            "Standardised difference: the largest absolute difference between two arms, in "
            "units of their standard deviation."
        )
    if p_values is not None:
        notes.append("p-values: as supplied; differences between randomised arms arise by chance.")
    return tuple(notes)
