"""How many events per person-time has each group, and by what factor do two rates differ?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import special

from walkstats._arguments import check_column, check_frame, check_level
from walkstats._variables import Variable, as_numbers, codes_of, levels_of
from walkstats.errors import DataError
from walkstats.numerics.exact_binomial import binomial_p
from walkstats.regression.rows import DEFAULT_SUBJECT
from walkstats.results import Counts, Estimates, HypothesisTest
from walkstats.results.frozen import Result

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class RateComparison(Result):
    """Event rates of groups and their ratios to the first.

    Attributes
    ----------
    rates : pandas.DataFrame
        One row per group: group, participants, events, exposure.
    by_group : Estimates
        Events per unit of exposure, with exact limits.
    ratio : Estimates
        Group over reference, on the log scale, with exact conditional limits; terms
        ``arm[walking]``.
    tests : mapping of str to HypothesisTest
        By term: exact conditional test of equal rates; its statistic is the number of events of
        the group, and ``parts`` holds the one-sided ``p_less`` and ``p_greater``.
    """

    rates: pd.DataFrame
    by_group: Estimates
    ratio: Estimates
    tests: dict[str, HypothesisTest]

    def to_frame(self) -> pd.DataFrame:
        """One row per group, then one per ratio: measure, term, estimate, conf_low, conf_high."""
        parts = []
        for estimates in (self.by_group, self.ratio):
            frame = estimates.to_frame(ratio=estimates.link == "log")
            frame.insert(0, "measure", estimates.measure)
            parts.append(frame[["measure", "term", "estimate", "conf_low", "conf_high"]])
        frame = pd.concat(parts, ignore_index=True)
        p_values = {term: test.p_value for term, test in self.tests.items()}
        return frame.assign(p_value=frame["term"].map(p_values))


def compare_rates(
    frame: pd.DataFrame,
    by: str,
    *,
    events: str,
    exposure: str,
    level: float = 0.95,
    subject: str = DEFAULT_SUBJECT,
) -> RateComparison:
    """Compare events per person-time between groups, exactly, as if each came by pure chance.

    Parameters
    ----------
    frame : pandas.DataFrame
        One row per participant, or per participant and period.
    by : str
        Column of the groups; the first is the reference.
    events : str
        Column of counts.
    exposure : str
        Column of the time observed [days], or of anything counts are proportional to.
    level : float
        Confidence level.
    subject : str
        Column of the participant, for the counts; may be absent when it is the default.

    Returns
    -------
    RateComparison

    Raises
    ------
    ValueError
        For columns that are not there.
    DataError
        For counts that are no whole numbers from 0 on, an exposure that is negative, events
        without exposure, and a single group.

    Notes
    -----
    The limits of a rate are exact for a Poisson count (Garwood); those of a ratio and its test
    condition on the total number of events, of which the group's share is binomial. Recurrences of
    one person hang together and make these limits too narrow: for them use `rate_regression`.

    References
    ----------
    .. [1] Garwood F. Fiducial limits for the Poisson distribution. Biometrika 1936;28:437-442.
       https://doi.org/10.1093/biomet/28.3-4.437

    Examples
    --------
    >>> import pandas as pd
    >>> from walkstats import regression
    >>> counts = pd.DataFrame({"arm": ["control", "walking"], "falls": [12, 5], "years": [40, 41]})
    >>> found = regression.compare_rates(counts, "arm", events="falls", exposure="years")
    >>> round(found.ratio.estimate("arm[walking]", ratio=True).estimate, 2)
    0.41
    """
    check_frame(frame)
    check_level(level)
    kept, y, time, left_out = _read(frame, by, events, exposure)
    group = frame[by].iloc[kept]
    levels, note = levels_of(group)
    if len(levels) < 2:
        raise DataError.of(
            f"comparison needs 2 groups, found 1 ({levels[0]}, n={kept.size})",
            column=by,
            what_to_do="check the filters and the column of the groups",
        )
    codes = Variable(by, by, levels).columns(group.to_frame()).argmax(axis=1)
    counts = np.bincount(codes, y, len(levels)).astype(np.float64)
    exposed = np.bincount(codes, time, len(levels)).astype(np.float64)
    people = _people(frame, kept, subject)
    pairs = pd.DataFrame({"person": people, "group": codes}).drop_duplicates()
    table = pd.DataFrame(
        {
            "group": list(levels),
            "participants": np.bincount(pairs["group"], minlength=len(levels)),
            "events": counts.astype(np.int64),
            "exposure": exposed,
        }
    )
    common: dict[str, Any] = {
        "method": (
            f"Events ({events}) per {exposure} with exact {100 * level:g} % limits (Garwood); "
            f"ratios to {by} = {levels[0]} with exact conditional limits and test. Events are "
            "taken as independent."
        ),
        "notes": tuple(one for one in (note, _repeats(people, y)) if one),
        "counts": Counts(
            len(frame), kept.size, int(people.max()) + 1, round(float(y.sum())), left_out
        ),
        "source": str(frame.attrs.get("source", "")),
    }
    return _pack(by, levels, counts, exposed, level, table, common)


def _read(
    frame: pd.DataFrame, by: str, events: str, exposure: str
) -> tuple[NDArray[np.intp], Floats, Floats, dict[str, int]]:
    """Positions, counts and exposure of the rows that have both, and the others counted."""
    named = {by: "the groups", events: "the counts", exposure: "the exposure"}
    gaps = {name: check_column(frame, name, role).isna() for name, role in named.items()}
    left_out = {f"{name} missing": int(gap.sum()) for name, gap in gaps.items() if gap.any()}
    used = ~np.logical_or.reduce([gap.to_numpy() for gap in gaps.values()])
    kept = np.flatnonzero(used)
    y = as_numbers(frame[events].iloc[kept], events)
    time = as_numbers(frame[exposure].iloc[kept], exposure)
    for bad, column, problem in (
        ((y < 0) | (y != np.round(y)), events, "is no whole number from 0 on"),
        (time < 0, exposure, "is negative"),
        ((time == 0) & (y > 0), exposure, "is 0 where there are events"),
    ):
        if bad.any():
            rows = kept[bad]
            raise DataError.of(
                f"{column} {problem} in {rows.size} row(s)",
                column=column,
                row=int(rows[0]),
                count=int(rows.size),
                what_to_do="correct these rows",
            )
    return kept, y, time, left_out


def _people(frame: pd.DataFrame, kept: NDArray[np.intp], subject: str) -> NDArray[np.intp]:
    """(n,) codes of the participants; rows, where the frame does not name them."""
    if subject not in frame.columns and subject == DEFAULT_SUBJECT:
        return np.arange(kept.size)
    check_column(frame, subject, "the participant")
    return codes_of(frame, subject, kept, "the participant")


def _repeats(people: NDArray[np.intp], y: Floats) -> str:
    """A note where events of one participant are several."""
    several = int(np.sum(np.bincount(people, y) > 1))
    if not several:
        return ""
    return (
        f"{several} participants have several events, taken as independent of each other: the "
        "limits are too narrow where people differ. rate_regression allows for that."
    )


def _pack(
    by: str,
    levels: tuple[str, ...],
    counts: Floats,
    exposed: Floats,
    level: float,
    table: pd.DataFrame,
    common: dict[str, Any],
) -> RateComparison:
    terms = tuple(f"{by}[{name}]" for name in levels[1:])
    tail = (1.0 - level) / 2.0
    with np.errstate(divide="ignore", invalid="ignore"):
        rates, logs = counts / exposed, np.log(counts / exposed)
        spread = 1.0 / counts
        limits = np.column_stack(_exact(counts, tail)) / exposed[:, None]
    shares = np.array([_share(counts[k], counts[0], tail) for k in range(1, len(levels))])
    scale = exposed[0] / exposed[1:]
    with np.errstate(divide="ignore", invalid="ignore"):
        odds = shares / (1.0 - shares)
        log_ratios = logs[1:] - logs[0]
        ratio_limits = np.log(odds * scale[:, None])
        covariance = np.diag(spread[1:]) + spread[0]
        by_group = np.diag(counts / exposed**2)
    exact = [_exact_p(counts[k], counts[0], exposed[k], exposed[0]) for k in range(1, len(levels))]
    tests = {
        term: HypothesisTest(
            name=f"exact conditional test of {term}",
            null=f"The rates of {by} = {name} and {by} = {levels[0]} are equal.",
            statistic=float(counts[k]),
            df=np.nan,
            p_value=p[0],
            parts={"p_less": p[1], "p_greater": p[2]},
            distribution="binomial",
            **common,
        )
        for k, (term, name, p) in enumerate(zip(terms, levels[1:], exact, strict=True), 1)
    }
    return RateComparison(
        rates=table,
        by_group=Estimates(
            levels, rates, by_group, level=level, limits=limits, null=None, measure="rate", **common
        ),
        ratio=Estimates(
            terms, log_ratios, covariance, link="log", level=level, limits=ratio_limits,
            measure="rate ratio", p_values=np.array([p[0] for p in exact]), **common,
        ),
        tests=tests,
        **common,
    )  # fmt: skip


def _exact(counts: Floats, tail: float) -> tuple[Floats, Floats]:
    """Exact limits of Poisson means (g,)."""
    low = np.where(counts > 0, special.gammaincinv(np.maximum(counts, 1), tail), 0.0)
    return low, special.gammainccinv(counts + 1.0, tail)


def _share(own: float, other: float, tail: float) -> tuple[float, float]:
    """Exact limits of the share that own events have of both (Clopper and Pearson)."""
    low = special.betaincinv(own, other + 1.0, tail) if own > 0 else 0.0
    high = special.betaincinv(own + 1.0, other, 1.0 - tail) if other > 0 else 1.0
    return float(low), float(high)


def _exact_p(
    own: float, other: float, own_time: float, other_time: float
) -> tuple[float, float, float]:
    """Chances of a split of the events as rare as this one, of fewer, of more, at equal rates."""
    total = round(own + other)
    if total == 0:
        return 1.0, 1.0, 1.0
    return binomial_p(round(own), total, own_time / (own_time + other_time))
