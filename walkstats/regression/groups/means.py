"""By how much do the means of groups differ?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from walkstats._arguments import check_choice, check_flag, check_level
from walkstats._labels import in_sentence
from walkstats._variables import as_numbers, is_factor
from walkstats.errors import DataError
from walkstats.regression.groups.group_rows import GroupRows, match_pairs, read_groups
from walkstats.regression.groups.mean_differences import (
    Moments,
    differences,
    hedges_g,
    means_by_group,
    paired_differences,
    same_means,
    summary_frame,
)
from walkstats.regression.groups.pairs import Question, adjusted, check_pairs
from walkstats.regression.groups.published_means import read_summaries
from walkstats.regression.groups.shifts import paired_shift, same_ranks, shifts
from walkstats.regression.rows import DEFAULT_SUBJECT
from walkstats.results import Estimates, HypothesisTest
from walkstats.results.frozen import Result

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class MeanMethod:
    """A way to compare means: what a methods section calls it, with pairs and without."""

    described: str
    paired: str


METHODS = {
    "welch": MeanMethod("Welch's t test (variances may differ)", "Paired t test"),
    "student": MeanMethod("Student's t test (equal variances, pooled)", "Paired t test"),
    "wilcoxon": MeanMethod(
        "Wilcoxon rank sum test with Hodges and Lehmann's shift",
        "Wilcoxon signed rank test with Hodges and Lehmann's pseudomedian",
    ),
}


@dataclass(frozen=True, eq=False)
class MeanComparison(Result):
    """Means of groups and how they differ.

    Attributes
    ----------
    groups : pandas.DataFrame
        One row per group: group, n, mean, sd; from rows also missing and median.
    by_group : Estimates
        Means with the t limits of each group on its own.
    difference : Estimates
        Group less reference, terms ``arm[walking]``. By ranks the shift of Hodges and Lehmann; it
        has no standard error, and its statistic is the normal deviate that has the test's p-value.
    tests : mapping of str to HypothesisTest
        By term; ``parts`` holds the one-sided ``p_less`` and ``p_greater``.
    overall : HypothesisTest or None
        That no group differs, where there are more than two.
    adjusted_p : mapping of str to float
        By term, where there are several comparisons.
    standardised : Estimates or None
        Hedges' g: differences in pooled standard deviations; None for pairs and ranks.
    """

    groups: pd.DataFrame
    by_group: Estimates
    difference: Estimates
    tests: Mapping[str, HypothesisTest]
    overall: HypothesisTest | None = None
    adjusted_p: Mapping[str, float] = field(default_factory=dict)
    standardised: Estimates | None = None

    def to_frame(self) -> pd.DataFrame:
        """One row per group, then one per difference, with columns as ``Estimates.to_frame``."""
        parts = []
        for estimates, measure in ((self.by_group, "mean"), (self.difference, "difference")):
            frame = estimates.to_frame()
            frame.insert(0, "measure", measure)
            parts.append(frame)
        frame = pd.concat(parts, ignore_index=True)
        if self.adjusted_p:
            frame["p_adjusted"] = frame["term"].map(dict(self.adjusted_p))
        return frame


def compare_means(
    frame: pd.DataFrame,
    outcome: str,
    by: str,
    *,
    method: str = "welch",
    paired: str | None = None,
    pairs: str = "reference",
    adjust: str = "holm",
    exact: bool | None = None,
    level: float = 0.95,
    subject: str | None = DEFAULT_SUBJECT,
) -> MeanComparison:
    """Learn by how much the means of groups differ.

    Parameters
    ----------
    frame : pandas.DataFrame
        One row per participant; with `paired`, one row per participant and group.
    outcome : str
        Column of numbers.
    by : str
        Column of the groups; the first is the reference.
    method : {"welch", "student", "wilcoxon"}
        Of pairs, "welch" and "student" are both the paired t test.
    paired : str, optional
        Column that names the pair of a row, such as the participant who was measured in both
        groups.
    pairs : {"reference", "all"}
        Compare each group with the reference, or every two.
    adjust : {"holm", "bonferroni", "hochberg", "hommel", "BH", "BY", "none"}
        Of the p-values of several comparisons.
    exact : bool, optional
        Of ranks: by default exact below 50 values a group without ties (or zero differences). With
        ties, True takes all ways in which the ranks observed could have fallen.
    level : float
        Confidence level.
    subject : str or None
        Column of the participant, of whom one row is expected; None where rows are independent.

    Returns
    -------
    MeanComparison

    Raises
    ------
    ValueError
        For columns that are not there and words that are not known.
    DataError
        For an outcome that is not a number, a single group, a group whose spread is not known, an
        outcome that is constant, and several rows of a participant.

    Notes
    -----
    Welch: the difference of means has variance s1²/n1 + s0²/n0 and Satterthwaite's degrees of
    freedom; nothing is assumed but means that are nearly normal, which from about 30 a group they
    are. Ranks: W counts the pairs in which the group's value is the larger (ties as half); the
    shift is the median of all pairwise differences, and its limits are those at which the test
    turns. It is a difference of medians only where the two distributions have the same shape.
    Values that tie but for rounding (1e-9 of their range) are ties, as with ``digits.rank = 9`` in
    R. R's own limits of the normal approximation stop within 1e-4 of these.

    Rows without outcome or group are left out and counted. An analysis adjusted for the baseline
    (`ols`) is more precise where there is one.

    References
    ----------
    .. [1] Welch BL (1947). The generalization of "Student's" problem when several different
       population variances are involved. *Biometrika* 34:28-35.
       https://doi.org/10.1093/biomet/34.1-2.28
    .. [2] Hodges JL, Lehmann EL (1963). Estimates of location based on rank tests. *Ann Math Stat*
       34:598-611. https://doi.org/10.1214/aoms/1177704172

    Examples
    --------
    Student's sleep data (1908), hours gained with two drugs by the same ten people, with the
    published difference of 1.58 hours:

    >>> import pandas as pd
    >>> gained = [0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0,
    ...           1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4]
    >>> sleep = pd.DataFrame({"hours": gained, "drug": ["A"] * 10 + ["B"] * 10,
    ...                       "person": list(range(10)) * 2})
    >>> found = compare_means(sleep, "hours", "drug", paired="person")
    >>> one = found.difference.estimate("drug[B]")
    >>> [round(x, 4) for x in (one.estimate, one.conf_low, one.conf_high, one.p_value)]
    [1.58, 0.7001, 2.4599, 0.0028]
    """
    check_level(level)
    check_choice(method, METHODS, "method")
    check_pairs(pairs, adjust)
    if exact is not None:
        check_flag(exact, "exact")
        if method != "wilcoxon":
            raise ValueError(f"exact= belongs to method='wilcoxon', not to {method!r}.")
    rows = read_groups(frame, by, [(outcome, "the outcome")], subject=subject, paired=paired)
    values = _numbers(frame, outcome, rows)
    if paired is not None:
        return _compare_pairs(frame, outcome, rows, values, paired, method, exact, level)
    groups = [values[rows.codes == k] for k in range(len(rows.levels))]
    moments = Moments.of(groups)
    table = summary_frame(rows.levels, moments).assign(
        median=[float(np.median(one)) for one in groups], missing=rows.missing
    )
    asked = Question(rows.by, rows.levels, pairs, level, in_sentence(outcome))
    common = _common(rows, METHODS[method].described, asked)
    moments.check(outcome, by, rows.levels, pooled=method == "student")
    if method != "wilcoxon":
        return _by_moments(table, moments, method, asked, adjust, common)
    difference, tests, notes = shifts(groups, asked, exact, common)
    overall = same_ranks(groups, by, common) if len(groups) > 2 else None
    common = {**common, "notes": (*common["notes"], *notes)}
    return _pack(table, moments, difference, tests, overall, adjust, asked, common)


def compare_means_from(
    summaries: pd.DataFrame,
    by: str = "group",
    *,
    mean: str = "mean",
    n: str = "n",
    sd: str | None = None,
    std_error: str | None = None,
    limits: tuple[str, str] | None = None,
    limits_level: float = 0.95,
    outcome: str = "outcome",
    method: str = "welch",
    pairs: str = "reference",
    adjust: str = "holm",
    level: float = 0.95,
) -> MeanComparison:
    """Learn by how much means differ from what a paper prints: means, spreads and numbers.

    Parameters
    ----------
    summaries : pandas.DataFrame
        One row per group; the first is the reference, unless `by` is a Categorical.
    by : str
        Column of the groups.
    mean, n : str
        Columns of the mean and of the number of people behind it.
    sd, std_error : str, optional
        Column of the standard deviation (by default "sd"), or of the standard error of the mean.
    limits : (str, str), optional
        Instead: columns of the lower and upper t limit of the mean, at `limits_level`.
    limits_level : float
    outcome : str
        What the means are of, for the words of the result.
    method : {"welch", "student"}
    pairs, adjust, level
        As for `compare_means`.

    Returns
    -------
    MeanComparison

    Raises
    ------
    ValueError
        For columns that are not there, or spreads given in two ways.
    DataError
        For numbers of people below 2 or not whole, and spreads that are missing or negative.

    Notes
    -----
    Means, standard deviations and numbers are all that the t tests use, so that the answer is that
    of the rows. Ranks need rows. A standard deviation found from printed limits inherits their
    rounding, and their centre may differ from the printed mean; a note says so.

    Examples
    --------
    Walking against strengthening exercise, gain in the six-minute walk [m] with its limits [1]_;
    26 of the 52 people in each arm is an assumption, since the abstract gives their sum only:

    >>> import pandas as pd
    >>> published = pd.DataFrame({
    ...     "arm": ["exercise", "walking"], "gain": [43.8, 70.7], "low": [19.6, 12.3],
    ...     "high": [68.0, 127.7], "n": [26, 26],
    ... })
    >>> found = compare_means_from(published, "arm", mean="gain", limits=("low", "high"))
    >>> one = found.difference.estimate("arm[walking]")
    >>> [round(x, 1) for x in (one.estimate, one.conf_low, one.conf_high, one.df)]
    [26.9, -34.9, 88.7, 33.5]

    .. [1] Shnayderman I, Katz-Leurer M (2013). *Clin Rehabil* 27:207-214.
       https://doi.org/10.1177/0269215512453353
    """
    check_level(level)
    check_choice(method, [name for name in METHODS if name != "wilcoxon"], "method")
    check_pairs(pairs, adjust)
    found = read_summaries(summaries, by, mean, n, sd, std_error, limits, limits_level)
    found.moments.check(outcome, by, found.levels, pooled=method == "student")
    asked = Question(str(by), found.levels, pairs, level, in_sentence(outcome))
    common = {
        "method": f"{_method(METHODS[method].described, asked)} From published means, spreads and "
        "numbers.",
        "notes": found.notes,
        "counts": None,
        "source": str(summaries.attrs.get("source", "")),
    }
    table = summary_frame(found.levels, found.moments)
    return _by_moments(table, found.moments, method, asked, adjust, common)


def _numbers(frame: pd.DataFrame, outcome: str, rows: GroupRows) -> Floats:
    """The outcome of the rows used; levels would silently become numbers of their order."""
    series = frame[outcome].iloc[rows.kept]
    if is_factor(series):
        raise DataError.of(
            f"the outcome {outcome} is not a number",
            column=str(outcome),
            what_to_do="give a column of numbers; for an event that happened or not, compare_risks",
        )
    return as_numbers(series, str(outcome))


def _common(rows: GroupRows, described: str, asked: Question) -> dict[str, Any]:
    return {
        "method": _method(described, asked),
        "notes": rows.notes,
        "counts": rows.counts,
        "source": rows.source,
    }


def _method(described: str, asked: Question) -> str:
    against = f"{asked.by} = {asked.levels[0]}" if asked.pairs == "reference" else "each other"
    return f"{described} of {asked.what}, compared with {against}."


def _by_moments(
    table: pd.DataFrame,
    moments: Moments,
    method: str,
    asked: Question,
    adjust: str,
    common: dict[str, Any],
) -> MeanComparison:
    """By what means and standard deviations say."""
    pooled = method == "student"
    difference, tests = differences(moments, asked, pooled, common)
    overall = same_means(moments, asked.by, pooled, common) if len(asked.levels) > 2 else None
    found = _pack(table, moments, difference, tests, overall, adjust, asked, common)
    return replace(found, standardised=hedges_g(moments, asked, common))


def _pack(
    table: pd.DataFrame,
    moments: Moments,
    difference: Estimates,
    tests: dict[str, HypothesisTest],
    overall: HypothesisTest | None,
    adjust: str,
    asked: Question,
    common: dict[str, Any],
) -> MeanComparison:
    several, note = adjusted({term: test.p_value for term, test in tests.items()}, adjust)
    common = {**common, "notes": (*common["notes"], note) if note else common["notes"]}
    return MeanComparison(
        groups=table,
        by_group=means_by_group(moments, asked, common),
        difference=replace(difference, notes=common["notes"]),
        tests=tests,
        overall=overall,
        adjusted_p=several,
        **common,
    )


def _compare_pairs(
    frame: pd.DataFrame,
    outcome: str,
    rows: GroupRows,
    values: Floats,
    paired: str,
    method: str,
    exact: bool | None,
    level: float,
) -> MeanComparison:
    matched = match_pairs(frame, rows, paired)
    first, second = values[matched.reference], values[matched.other]
    moments = Moments.of([first, second])
    moments.check(outcome, rows.by, rows.levels, pooled=False)
    asked = Question(rows.by, rows.levels, "reference", level, in_sentence(outcome))
    common = _common(rows, METHODS[method].paired, asked)
    common |= {
        "method": f"{common['method']} Pairs by {paired}.",
        "notes": (*rows.notes, *matched.notes),
        "counts": matched.counts(rows.counts),
    }
    table = summary_frame(rows.levels, moments).assign(
        median=[float(np.median(first)), float(np.median(second))]
    )
    if method == "wilcoxon":
        difference, tests, notes = paired_shift(second, first, asked, exact, common)
        common = {**common, "notes": (*common["notes"], *notes)}
    else:
        difference, tests = paired_differences(second - first, asked, common)
    return _pack(table, moments, difference, tests, None, "none", asked, common)
