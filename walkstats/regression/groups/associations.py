"""Are two classifications of people independent of each other?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import special

from walkstats._arguments import check_choice, check_column, check_flag
from walkstats._variables import as_numbers
from walkstats.errors import DataError
from walkstats.numerics.exact_binomial import AS_RARE
from walkstats.numerics.limits import chi2_p, normal_p
from walkstats.numerics.quadratic_forms import quadratic_form
from walkstats.regression.groups.group_rows import GroupRows, read_groups
from walkstats.regression.groups.risk_counts import RiskCounts
from walkstats.results import HypothesisTest
from walkstats.results.frozen import Result

Floats = NDArray[np.float64]

# Tables with given margins that an exact test goes through; beyond it only chi-squared is given.
MOST_TABLES = 200_000
ROUNDING = 64.0 * float(np.finfo(float).eps)


@dataclass(frozen=True, eq=False)
class Association(Result):
    """Tests that two classifications are independent.

    Attributes
    ----------
    table : pandas.DataFrame
        Counts: one row per level of the first (named in its first column), one column per level of
        the second, over all strata.
    tests : mapping of str to HypothesisTest
        "chi2" (Pearson's; over strata the general association of Cochran, Mantel and Haenszel),
        "likelihood_ratio" and "exact" without strata, "mean_scores" with scores of the columns,
        "linear" with scores of both.
    """

    table: pd.DataFrame
    tests: Mapping[str, HypothesisTest]

    def to_frame(self) -> pd.DataFrame:
        """One row per test: test, statistic, df, p_value."""
        return pd.concat([one.to_frame() for one in self.tests.values()], ignore_index=True)


def association(
    frame: pd.DataFrame,
    row: str,
    column: str,
    *,
    strata: str | None = None,
    row_scores: str | Sequence[float] | None = None,
    column_scores: str | Sequence[float] | None = None,
    frequencies: str | None = None,
    exact: bool | None = None,
) -> Association:
    """Learn whether two classifications of people hang together.

    Parameters
    ----------
    frame : pandas.DataFrame
        One row per participant, or per cell of a table with its `frequencies`.
    row, column : str
        Columns with the levels of the two classifications.
    strata : str, optional
        Column of strata, within which they are compared.
    row_scores, column_scores : "order" or sequence of float, optional
        Where the levels have an order: one number per level, or 1, 2, ...
    frequencies : str, optional
        Column that says how many people a row stands for.
    exact : bool, optional
        Fisher's test of the table; by default where it is quick. Not for strata.

    Returns
    -------
    Association

    Raises
    ------
    ValueError
        For columns that are not there, or scores that do not fit the levels.
    DataError
        For fewer than two levels, and frequencies that are no whole numbers from 0 on.

    Notes
    -----
    Chi-squared needs expected counts of about 5 in most cells; a note says where there are less.
    Scores of ordered levels gather what is a trend into one degree of freedom: "mean_scores" asks
    whether the mean score of the columns differs between rows, "linear" whether it rises or falls
    with the row. Without strata they are those of a single stratum, (n - 1) times a squared
    correlation for "linear".

    References
    ----------
    .. [1] Landis JR, Heyman ER, Koch GG (1978). Average partial association in three-way
       contingency tables. *Int Stat Rev* 46:237-254. https://doi.org/10.2307/1402373

    Examples
    --------
    >>> import pandas as pd
    >>> answers = pd.DataFrame({
    ...     "arm": ["control"] * 3 + ["walking"] * 3,
    ...     "pain": ["none", "mild", "severe"] * 2, "n": [5, 12, 13, 14, 11, 6],
    ... })
    >>> answers["pain"] = pd.Categorical(answers["pain"], ["none", "mild", "severe"])
    >>> found = association(answers, "arm", "pain", frequencies="n", column_scores="order")
    >>> {name: round(test.p_value, 4) for name, test in found.tests.items()}
    {'chi2': 0.0322, 'likelihood_ratio': 0.0286, 'exact': 0.0296, 'mean_scores': 0.01}
    """
    if exact is not None:
        check_flag(exact, "exact")
    rows, column_levels, tables = _read(frame, row, column, strata, frequencies)
    common: dict[str, Any] = {
        "method": f"Independence of {row} and {column}"
        + (
            f" within strata of {strata} (Cochran, Mantel and Haenszel)."
            if strata
            else ": chi-squared test without continuity correction, likelihood ratio test"
            + (", exact test." if exact is not False else ".")
        ),
        "notes": (*rows.notes, *_small(tables)),
        "counts": rows.counts,
        "source": rows.source,
    }
    table = pd.DataFrame(tables.sum(axis=0), columns=list(column_levels))
    table.insert(0, str(row), list(rows.levels))
    given = (
        _scores(row_scores, rows.levels, "row_scores"),
        _scores(column_scores, column_levels, "column_scores"),
    )
    tests = _plain(tables, strata is not None, exact)
    tests |= _scored(tables, *given)
    what = f"{row} and {column} are independent{f' within {strata}' if strata else ''}."
    return Association(
        table=table,
        tests={name: HypothesisTest(null=what, **one, **common) for name, one in tests.items()},
        **common,
    )


def _read(
    frame: pd.DataFrame, row: str, column: str, strata: str | None, frequencies: str | None
) -> tuple[GroupRows, tuple[str, ...], Floats]:
    """Levels, and counts (s, r, c)."""
    needed = [(column, "the columns of the table")]
    needed += [(name, "strata") for name in (strata,) if name]
    needed += [(name, "the frequencies") for name in (frequencies,) if name]
    rows = read_groups(frame, row, needed, subject=None)
    weights = np.ones(rows.kept.size)
    if frequencies is not None:
        weights = as_numbers(check_column(frame, frequencies, "x").iloc[rows.kept], frequencies)
        bad = (weights < 0) | (weights != np.round(weights))
        if bad.any():
            raise DataError.of(
                f"{frequencies} is no whole number from 0 on in {int(bad.sum())} row(s)",
                column=str(frequencies), row=int(rows.kept[np.flatnonzero(bad)[0]]),
                count=int(bad.sum()), what_to_do="frequencies count people",
            )  # fmt: skip
    other = read_groups(frame.iloc[rows.kept], column, [], subject=None)
    layers, layer_count = np.zeros(rows.kept.size, dtype=int), 1
    if strata is not None:
        layers, seen = pd.factorize(frame[strata].iloc[rows.kept], sort=True)
        layer_count = len(seen)
    shape = (layer_count, len(rows.levels), len(other.levels))
    cells = np.ravel_multi_index((layers, rows.codes, other.codes), shape)
    counted = np.bincount(cells, weights, int(np.prod(shape))).astype(float).reshape(shape)
    _check_not_empty(counted, row, column)
    return rows, other.levels, counted


def _check_not_empty(tables: Floats, row: str, column: str) -> None:
    whole = tables.sum(axis=0)
    for name, sums in ((row, whole.sum(axis=1)), (column, whole.sum(axis=0))):
        if np.sum(sums > 0) < 2:
            raise DataError.of(
                f"a table needs 2 levels of {name} with people in them",
                column=str(name), what_to_do="check the filters and the frequencies",
            )  # fmt: skip


def _small(tables: Floats) -> list[str]:
    table = tables.sum(axis=0)
    expected = np.outer(table.sum(axis=1), table.sum(axis=0)) / table.sum()
    few = int(np.sum(expected < 5))
    if tables.shape[0] > 1 or not few:
        return []
    return [f"{few} of {expected.size} cells expect fewer than 5 people: chi-squared is rough."]


def _plain(tables: Floats, stratified: bool, exact: bool | None) -> dict[str, dict[str, Any]]:
    if stratified:
        statistic, df = general_association(tables)
        name = "Cochran-Mantel-Haenszel test of general association"
        return {"chi2": _chi_squared(name, statistic, df)}
    table = tables[0]
    statistic, df = pearson(table)
    tests = {"chi2": _chi_squared("Pearson's chi-squared test", statistic, df)}
    expected = np.outer(table.sum(axis=1), table.sum(axis=0)) / table.sum()
    ratio = 2.0 * float(np.sum(special.xlogy(table, table) - special.xlogy(table, expected)))
    tests["likelihood_ratio"] = _chi_squared("Likelihood ratio test", ratio, df)
    p_value = (
        exact_p(table, MOST_TABLES if exact is None else np.inf) if exact is not False else np.nan
    )
    if not np.isnan(p_value):
        tests["exact"] = {
            "name": "Fisher's exact test", "statistic": np.nan, "df": np.nan, "p_value": p_value,
            "distribution": "exact",
        }  # fmt: skip
    return tests


def _scored(
    tables: Floats, row_scores: Floats | None, column_scores: Floats | None
) -> dict[str, dict[str, Any]]:
    tests = {}
    if column_scores is not None:
        rows = np.eye(tables.shape[1])[:-1]
        statistic, df = generalised_cmh(tables, rows, column_scores[None, :])
        tests["mean_scores"] = _chi_squared("Test that mean scores are equal", statistic, df)
    if column_scores is not None and row_scores is not None:
        statistic, df = generalised_cmh(tables, row_scores[None, :], column_scores[None, :])
        tests["linear"] = _chi_squared("Linear-by-linear test", statistic, df)
    return tests


def _chi_squared(name: str, statistic: float, df: float) -> dict[str, Any]:
    p_value = float(normal_p(np.sqrt(statistic))) if df == 1 else float(chi2_p(statistic, df))
    return {"name": name, "statistic": statistic, "df": df, "p_value": p_value}


def _scores(
    given: str | Sequence[float] | None, levels: tuple[str, ...], name: str
) -> Floats | None:
    """One score per level."""
    if given is None:
        return None
    if isinstance(given, str):
        check_choice(given, ("order",), name)
        return np.arange(1.0, len(levels) + 1.0)
    values = np.asarray(given, dtype=float)
    if values.shape != (len(levels),) or not np.all(np.isfinite(values)):
        raise ValueError(
            f"{name} must be 'order' or {len(levels)} numbers, for {', '.join(levels)}."
        )
    return values


def pearson(table: Floats, *, corrected: bool = False) -> tuple[float, float]:
    """Pearson's chi-squared and its degrees of freedom; empty rows and columns left out."""
    table = table[table.sum(axis=1) > 0][:, table.sum(axis=0) > 0]
    df = float((table.shape[0] - 1) * (table.shape[1] - 1))
    if df == 0:
        return np.nan, 0.0
    expected = np.outer(table.sum(axis=1), table.sum(axis=0)) / table.sum()
    gaps = np.abs(table - expected)
    if corrected and table.shape == (2, 2):
        gaps = gaps - np.minimum(0.5, gaps)
    return float(np.sum(gaps**2 / expected)), df


def generalised_cmh(tables: Floats, rows: Floats, columns: Floats) -> tuple[float, float]:
    """Quadratic form of scored tables (s, r, c) summed over strata, and its rank.

    ``rows`` (a, r) and ``columns`` (b, c) are the scores that the counts are summed with.
    """
    gap = np.zeros(rows.shape[0] * columns.shape[0])
    spread = np.zeros((gap.size, gap.size))
    for table in tables:
        n = table.sum()
        if n < 2:
            continue
        across, down = table.sum(axis=1), table.sum(axis=0)
        gap += (rows @ (table - np.outer(across, down) / n) @ columns.T).ravel()
        of_rows = rows @ (np.diag(across) - np.outer(across, across) / n) @ rows.T
        of_columns = columns @ (np.diag(down) - np.outer(down, down) / n) @ columns.T
        spread += np.kron(of_rows, of_columns) / (n - 1.0)
    statistic, rank = quadratic_form(gap, spread, flat=gap.size * ROUNDING)
    return float(statistic), float(rank)


def general_association(tables: Floats) -> tuple[float, float]:
    """Cochran, Mantel and Haenszel's statistic of any association, and its df."""
    return generalised_cmh(tables, np.eye(tables.shape[1])[:-1], np.eye(tables.shape[2])[:-1])


def trend_of(
    counts: RiskCounts, scores: str | Sequence[float], common: dict[str, Any]
) -> HypothesisTest:
    """Test that the risk does not change along the scores of the groups.

    Cochran and Armitage's; over strata Mantel's extension. ``parts`` holds the slope of the risk
    per unit of the score.
    """
    given = _scores(scores, counts.levels, "scores")
    assert given is not None
    tables = np.stack([counts.events, counts.sizes - counts.events], axis=2)
    statistic, df = generalised_cmh(tables, given[None, :], np.array([[1.0, 0.0]]))
    events, sizes = counts.events.sum(axis=0), counts.sizes.sum(axis=0)
    n = float(sizes.sum())
    if not counts.strata:
        statistic *= n / (n - 1.0)
    centred = given - sizes @ given / n
    slope = float(centred @ events / (sizes @ centred**2))
    return HypothesisTest(
        f"{'Mantel' if counts.strata else 'Cochran-Armitage'} test of trend along {counts.by}",
        f"The risk does not change along {counts.by}.", statistic, df,
        float(chi2_p(statistic, df)),
        parts={"scores": dict(zip(counts.levels, given.tolist(), strict=True)), "slope": slope},
        **common,
    )  # fmt: skip


def exact_p(table: Floats, most: float) -> float:
    """Fisher's exact p-value of a table (r, c); nan where there may be more than ``most`` tables.

    Columns are filled one after the other; what is left for the rows is all that the next one
    needs to know, so that fillings which leave the same are carried on together.
    """
    whole = np.rint(table[table.sum(axis=1) > 0][:, table.sum(axis=0) > 0]).astype(int)
    if whole.shape[0] > whole.shape[1]:
        whole = whole.T
    columns = sorted(whole.sum(axis=0).tolist())
    log_factorial = special.gammaln(np.arange(1.0, whole.sum() + 2.0)).tolist()
    if _tables_at_most(whole.sum(axis=1).tolist(), columns) > most:
        return np.nan
    left: dict[tuple[int, ...], Counter[float]] = {
        tuple(whole.sum(axis=1).tolist()): Counter({0.0: 1})
    }
    for total in columns[:-1]:
        after: dict[tuple[int, ...], Counter[float]] = {}
        for rows, weights in left.items():
            for cells in _fillings(rows, total):
                weight = -sum(log_factorial[k] for k in cells)
                rest = tuple(r - c for r, c in zip(rows, cells, strict=True))
                into = after.setdefault(rest, Counter())
                for log, ways in weights.items():
                    into[round(log + weight, 10)] += ways
        left = after
    logs, numbers = _finished(left)
    observed = float(-special.gammaln(whole + 1.0).sum())
    chances = numbers * np.exp(logs - special.logsumexp(logs, b=numbers))
    return float(min(1.0, chances[logs <= observed + np.log(AS_RARE)].sum()))


def _tables_at_most(rows: list[int], columns: list[int]) -> float:
    """Fillings of all columns but the last, each as if it were the first."""
    room = np.array([1.0])
    for people in rows:
        room = np.convolve(room, np.ones(people + 1))
    return float(np.prod(room[columns[:-1]]))


def _finished(left: dict[tuple[int, ...], Counter[float]]) -> tuple[Floats, Floats]:
    """Log weights of whole tables, the last column taking what is left, and their numbers."""
    logs, ways = [], []
    for rows, weights in left.items():
        last = float(-special.gammaln(np.array(rows) + 1.0).sum())
        logs += [log + last for log in weights]
        ways += list(weights.values())
    return np.array(logs), np.array(ways, dtype=float)


def _fillings(rows: tuple[int, ...], total: int) -> list[tuple[int, ...]]:
    """All ways to put ``total`` people into cells that hold at most ``rows``."""
    found = []
    for cells in product(*(range(min(r, total) + 1) for r in rows[:-1])):
        last = total - sum(cells)
        if 0 <= last <= rows[-1]:
            found.append((*cells, last))
    return found
