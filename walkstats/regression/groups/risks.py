"""By how much do the risks of groups differ?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from walkstats._arguments import as_names, check_choice, check_level
from walkstats._event_values import events_of
from walkstats.regression.groups.before_and_after import compare_changes, pair_counts
from walkstats.regression.groups.group_rows import match_pairs, read_groups
from walkstats.regression.groups.pairs import check_pairs
from walkstats.regression.groups.published_risks import read_counts, read_pairs
from walkstats.regression.groups.risk_counts import counted
from walkstats.regression.groups.risk_limits import DIFFERENCES, RATIOS
from walkstats.regression.groups.risk_measures import Chosen, measure_risks
from walkstats.regression.rows import DEFAULT_SUBJECT
from walkstats.results import Counts, Estimates, HypothesisTest
from walkstats.results.frozen import Result

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class RiskComparison(Result):
    """Risks of groups and how they differ.

    Attributes
    ----------
    groups : pandas.DataFrame
        One row per group (and stratum): group, n, events, risk.
    by_group : Estimates
        Risks with Wilson's limits; over all strata together where there are strata.
    difference, ratio, odds_ratio : Estimates
        Group against reference, terms ``arm[walking]``; ratios on the log scale. Over strata those
        of Mantel and Haenszel. Their p-value is that of `tests`, with the normal deviate that has
        this p-value as statistic.
    tests : mapping of str to HypothesisTest
        By term, that the risks are equal.
    numbers_needed : pandas.DataFrame
        One row per term: how many to treat for one event fewer, or more; both where the interval of
        the difference holds 0, and it then runs over infinity.
    homogeneity : mapping of str to HypothesisTest
        By term, that the odds ratio is the same in all strata (Breslow, Day and Tarone).
    overall : HypothesisTest or None
        That no group differs, where there are more than two.
    trend : HypothesisTest or None
        That the risk does not change along the scores of the groups.
    adjusted_p : mapping of str to float
        By term, where there are several comparisons.
    """

    groups: pd.DataFrame
    by_group: Estimates
    difference: Estimates
    ratio: Estimates
    odds_ratio: Estimates
    tests: Mapping[str, HypothesisTest]
    numbers_needed: pd.DataFrame
    homogeneity: Mapping[str, HypothesisTest] = field(default_factory=dict)
    overall: HypothesisTest | None = None
    trend: HypothesisTest | None = None
    adjusted_p: Mapping[str, float] = field(default_factory=dict)

    def to_frame(self) -> pd.DataFrame:
        """One row per group, then one per comparison and measure, with limits and p-value."""
        parts = []
        for estimates in (self.by_group, self.difference, self.ratio, self.odds_ratio):
            frame = estimates.to_frame(ratio=estimates.link == "log")
            frame.insert(0, "measure", estimates.measure)
            parts.append(frame[["measure", "term", "estimate", "conf_low", "conf_high", "p_value"]])
        frame = pd.concat(parts, ignore_index=True)
        if self.adjusted_p:
            frame["p_adjusted"] = frame["term"].map(dict(self.adjusted_p))
        return frame


TESTS = {
    "fisher": "exact test (Fisher)",
    "chi2": "chi-squared test",
    "chi2-corrected": "chi-squared test with continuity correction",
}


def compare_risks(
    frame: pd.DataFrame,
    outcome: str,
    by: str,
    *,
    event_value: object = None,
    strata: str | Sequence[str] | None = None,
    paired: str | None = None,
    difference: str = "newcombe",
    ratio: str = "log",
    odds_ratio: str = "woolf",
    test: str | None = None,
    scores: str | Sequence[float] | None = None,
    pairs: str = "reference",
    adjust: str = "holm",
    level: float = 0.95,
    subject: str | None = DEFAULT_SUBJECT,
) -> RiskComparison:
    """Learn by how much the risks of groups differ: as a difference, a ratio and an odds ratio.

    Parameters
    ----------
    frame : pandas.DataFrame
        One row per participant; with `paired`, one row per participant and group.
    outcome : str
        Column of the event: True and False, or 1 and 0.
    by : str
        Column of the groups; the first is the reference.
    event_value : object or sequence, optional
        The value (or values) of `outcome` that means the event, where it is not 0 and 1.
    strata : str or sequence of str, optional
        Columns whose combinations are strata: Mantel and Haenszel's common measures and their test.
    paired : str, optional
        Column that names the pair of a row, such as the participant who is seen before and after:
        McNemar's test. The difference then has Tango's score limits.
    difference : {"newcombe", "miettinen-nurminen", "mee", "wald"}
        Limits of the difference.
    ratio : {"log", "score", "miettinen-nurminen"}
        Limits of the ratio: Katz's, Koopman's, or the score limits with their factor.
    odds_ratio : {"woolf", "exact"}
        "exact" gives the conditional estimate with its exact limits.
    test : {"fisher", "chi2", "chi2-corrected"}, optional
        By default exact, and with strata Cochran, Mantel and Haenszel's ("chi2").
    scores : "order" or sequence of float, optional
        One number per group, or 1, 2, ...: test of trend (Cochran and Armitage).
    pairs : {"reference", "all"}
    adjust : {"holm", "bonferroni", "hochberg", "hommel", "BH", "BY", "none"}
        Of the p-values of several comparisons.
    level : float
        Confidence level.
    subject : str or None
        Column of the participant, of whom one row is expected; None where rows are independent.

    Returns
    -------
    RiskComparison

    Raises
    ------
    ValueError
        For columns that are not there, words that are not known, and limits that strata or pairs do
        not have.
    DataError
        For an outcome of other values than 0 and 1 without `event_value`, a single group, and
        several rows of a participant.

    Notes
    -----
    Newcombe's limits combine Wilson's of the two risks; score limits are the differences (or
    ratios) that the score test does not reject. The two-sided p-value of the exact test sums what
    is no likelier than the table observed, so that it may differ from what the limits say; R's does
    so too. Where a group has no event, or everybody has it, log limits of a ratio reach from 0 to
    infinity, since their standard error is infinite: score limits say more.

    A number needed to treat is 1 over the difference. When the difference's interval holds 0, the
    interval of this number runs from so many for one event fewer over infinity to so many for one
    event more; it is never the interval between the two numbers [2]_.

    Over strata the difference has Sato's variance, the ratio Greenland and Robins', the odds ratio
    Robins, Breslow and Greenland's. Strata in which one of the two groups is not seen say nothing.

    References
    ----------
    .. [1] Newcombe RG (1998). Interval estimation for the difference between independent
       proportions. *Stat Med* 17:873-890.
       https://doi.org/10.1002/(SICI)1097-0258(19980430)17:8<873::AID-SIM779>3.0.CO;2-I
    .. [2] Altman DG (1998). Confidence intervals for the number needed to treat. *BMJ*
       317:1309-1312. https://doi.org/10.1136/bmj.317.7168.1309

    Examples
    --------
    Newcombe's first example, 56 of 70 against 48 of 80, with his limits 0.0524 to 0.3339:

    >>> import pandas as pd
    >>> people = pd.DataFrame({
    ...     "better": [1] * 48 + [0] * 32 + [1] * 56 + [0] * 14,
    ...     "arm": ["control"] * 80 + ["walking"] * 70,
    ... })
    >>> found = compare_risks(people, "better", "arm")
    >>> one = found.difference.estimate("arm[walking]")
    >>> round(one.estimate, 4), round(one.conf_low, 4), round(one.conf_high, 4)
    (0.2, 0.0524, 0.3339)
    >>> found.numbers_needed[["more_low", "more_high"]].round(1).values.tolist()
    [[3.0, 19.1]]
    """
    chosen = _choose(
        difference, ratio, odds_ratio, test, scores, pairs, adjust, level, strata, paired
    )
    columns = as_names(strata, "strata")
    needed = [(outcome, "the outcome"), *((str(one), "strata") for one in columns)]
    rows = read_groups(frame, by, needed, subject=subject, paired=paired)
    series = frame[outcome].iloc[rows.kept]
    happened, notes = events_of(series, str(outcome), event_value)
    event = str(outcome) if event_value is None else f"{outcome} = {_listed(event_value)}"
    common: dict[str, Any] = {
        "notes": (*rows.notes, *notes),
        "counts": replace(rows.counts, events=int(happened.sum())),
        "source": rows.source,
    }
    if paired is not None:
        matched = match_pairs(frame, rows, paired)
        cells = pair_counts(happened[matched.reference], happened[matched.other])
        common["notes"] += matched.notes
        common["counts"] = matched.counts(
            replace(rows.counts, events=int(cells[1].sum() + cells[:, 1].sum()))
        )
        return RiskComparison(
            **compare_changes(cells, rows.by, rows.levels, event, f" of {paired}", chosen, common)
        )
    counts = counted(happened, rows, frame, columns)
    return RiskComparison(**measure_risks(counts, event, chosen, common))


def compare_risks_from(
    counts: pd.DataFrame,
    by: str = "group",
    *,
    events: str = "events",
    n: str = "n",
    strata: str | None = None,
    outcome: str = "event",
    difference: str = "newcombe",
    ratio: str = "log",
    odds_ratio: str = "woolf",
    test: str | None = None,
    scores: str | Sequence[float] | None = None,
    pairs: str = "reference",
    adjust: str = "holm",
    level: float = 0.95,
) -> RiskComparison:
    """Learn by how much risks differ from what a paper prints: so many of so many.

    Parameters
    ----------
    counts : pandas.DataFrame
        One row per group (and stratum); the first group is the reference, unless `by` is a
        Categorical.
    by, events, n : str
        Columns of the groups, of those with the event, and of all.
    strata : str, optional
        Column of the strata.
    outcome : str
        What the event is called in the words of the result.
    difference, ratio, odds_ratio, test, scores, pairs, adjust, level
        As for `compare_risks`.

    Returns
    -------
    RiskComparison

    Raises
    ------
    ValueError
        For columns that are not there and words that are not known.
    DataError
        For counts that are no whole numbers, more events than people, or a group given twice.

    Examples
    --------
    An adverse event in 183 of 351 and 190 of 350 people; the paper's p-value is 0.60 [1]_:

    >>> import pandas as pd
    >>> printed = pd.DataFrame({
    ...     "arm": ["control", "walking"], "events": [190, 183], "n": [350, 351],
    ... })
    >>> found = compare_risks_from(printed, "arm")
    >>> round(found.tests["arm[walking]"].p_value, 3)
    0.596

    .. [1] Pocovi NC et al. (2024). *Lancet* 404:134-144.
       https://doi.org/10.1016/S0140-6736(24)00755-4
    """
    chosen = _choose(
        difference, ratio, odds_ratio, test, scores, pairs, adjust, level, strata, None
    )
    found, notes = read_counts(counts, by, events, n, strata)
    common: dict[str, Any] = {
        "notes": notes,
        "counts": None,
        "source": str(counts.attrs.get("source", "")),
    }
    return RiskComparison(**measure_risks(found, outcome, chosen, common))


def compare_paired_risks_from(
    pairs: pd.DataFrame,
    by: str = "time",
    *,
    outcome: str = "event",
    odds_ratio: str = "woolf",
    test: str | None = None,
    level: float = 0.95,
) -> RiskComparison:
    """Learn from a printed table of pairs whether the same people had the event more often.

    Parameters
    ----------
    pairs : pandas.DataFrame
        Two rows and two columns of counts, each no and yes (in this order): rows for the reference
        (before), columns for the other (after). The names of index and columns name the two.
    by : str
        What the two differ in.
    outcome : str
        What the event is called in the words of the result.
    odds_ratio, test, level
        As for `compare_risks`.

    Returns
    -------
    RiskComparison
        Its ``tests`` hold the table again, as ``parts["pairs"]``.

    Raises
    ------
    ValueError
        For a table of another shape.
    DataError
        For counts that are no whole numbers from 0 on.

    Examples
    --------
    >>> import pandas as pd
    >>> table = pd.DataFrame([[40, 21], [13, 37]], index=["no", "yes"], columns=["no", "yes"])
    >>> found = compare_paired_risks_from(table.rename_axis(index="before", columns="after"))
    >>> round(found.tests["time[after]"].p_value, 4)
    0.2295
    """
    chosen = _choose(
        "newcombe", "log", odds_ratio, test, None, "reference", "none", level, None, ""
    )
    cells, levels = read_pairs(pairs)
    people = int(cells.sum())
    common: dict[str, Any] = {
        "notes": (),
        "counts": Counts(people, people, people),
        "source": str(pairs.attrs.get("source", "")),
    }
    return RiskComparison(**compare_changes(cells, by, levels, outcome, "", chosen, common))


def _choose(
    difference: str,
    ratio: str,
    odds_ratio: str,
    test: str | None,
    scores: str | Sequence[float] | None,
    pairs: str,
    adjust: str,
    level: float,
    strata: object,
    paired: str | None,
) -> Chosen:
    """The options of a comparison, when they go together."""
    check_level(level)
    check_pairs(pairs, adjust)
    check_choice(difference, DIFFERENCES, "difference")
    check_choice(ratio, RATIOS, "ratio")
    check_choice(odds_ratio, ("woolf", "exact"), "odds_ratio")
    if test is not None:
        check_choice(test, TESTS, "test")
    if strata is not None and paired is not None:
        raise ValueError("strata= and paired= do not go together: a pair is its own stratum.")
    if strata is not None or paired is not None:
        own = "Mantel and Haenszel's" if strata is not None else "those of pairs"
        for name, word, usual in (("difference", difference, "newcombe"), ("ratio", ratio, "log")):
            if word != usual:
                raise ValueError(
                    f"{name}={word!r} is of unstratified groups; the limits here are {own}."
                )
    if scores is not None and paired is not None:
        raise ValueError("scores= is of groups without pairs.")
    if scores is not None and isinstance(scores, str):
        check_choice(scores, ("order",), "scores")
    usual = "chi2" if strata is not None else "fisher"
    return Chosen(difference, ratio, odds_ratio, test or usual, scores, pairs, adjust, float(level))


def _listed(value: object) -> str:
    several = isinstance(value, (list, tuple, set, frozenset, np.ndarray, pd.Index, pd.Series))
    return " or ".join(map(str, value)) if several else str(value)  # type: ignore[call-overload]
