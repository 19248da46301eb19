"""Did the event become more or less frequent in the same people? Pairs of yes and no."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from walkstats.numerics.exact_binomial import binomial_p
from walkstats.numerics.limits import chi2_p, normal_quantile
from walkstats.numerics.share_limits import exact_limits
from walkstats.regression.groups.risk_limits import EDGE, turning_point
from walkstats.regression.groups.risk_measures import (
    MEASURES,
    Chosen,
    numbers_needed,
    packed_measure,
    risks_by_group,
    said_of_needed,
)
from walkstats.results import HypothesisTest

Floats = NDArray[np.float64]
Booleans = NDArray[np.bool_]


def compare_changes(
    cells: Floats,
    by: str,
    levels: tuple[str, ...],
    event: str,
    paired: str,
    chosen: Chosen,
    common: dict[str, Any],
) -> dict[str, Any]:
    """All parts of a comparison of risks within pairs, counted as by ``pair_counts``."""
    term = f"{by}[{levels[1]}]"
    found = _measures(cells, chosen.level)
    if chosen.odds_ratio == "woolf":
        found["odds_ratio"] = _log_odds(cells, chosen.level)
    needed = numbers_needed((term,), [found["difference"]])
    common = {
        **common,
        "notes": (*common["notes"], *said_of_needed(needed)),
        "method": _method(event, by, levels, paired, chosen),
    }
    test = _test(cells, by, levels, chosen, common)
    events = np.array([cells[1].sum(), cells[:, 1].sum()])
    sizes = np.full(2, cells.sum())
    return {
        "groups": pd.DataFrame(
            {
                "group": list(levels),
                "n": sizes.astype(int),
                "events": events.astype(int),
                "risk": events / sizes,
            }
        ),
        "by_group": risks_by_group(levels, events, sizes, chosen.level, common),
        **{
            name: packed_measure(
                name, (term,), [found[name]], np.array([test.p_value]), chosen.level, common
            )
            for name in MEASURES
        },
        "tests": {term: test},
        "numbers_needed": needed,
        **common,
    }


def pair_counts(first: Booleans, second: Booleans) -> Floats:
    """Pairs (2, 2) with the event: rows no and yes at first, columns no and yes then."""
    return (
        np.bincount(2 * first.astype(int) + second.astype(int), minlength=4)
        .reshape(2, 2)
        .astype(np.float64)
    )


def _measures(cells: Floats, level: float) -> dict[str, tuple[float, float, float, float]]:
    """Value, standard error and limits of each measure; ratios as logarithms."""
    m = cells.sum()
    lost, gained = cells[1, 0], cells[0, 1]
    before, after = cells[1].sum(), cells[:, 1].sum()
    difference = (gained - lost) / m
    error = np.sqrt(max(gained + lost - (gained - lost) ** 2 / m, 0.0)) / m
    z = normal_quantile(level)
    with np.errstate(divide="ignore", invalid="ignore"):
        log_ratio = float(np.log(np.float64(after)) - np.log(np.float64(before)))
        log_error = float(np.sqrt((gained + lost) / (before * after)))
    log_limits = (log_ratio - z * log_error, log_ratio + z * log_error)
    if not (np.isfinite(log_ratio) and log_error > 0):
        log_limits = (-np.inf, np.inf) if before + after > 0 else (np.nan, np.nan)
    return {
        "difference": (float(difference), float(error), *tango(gained, lost, m, level)),
        "ratio": (log_ratio, log_error, *log_limits),
        "odds_ratio": _exact_odds(cells, level),
    }


def _log_odds(cells: Floats, level: float) -> tuple[float, float, float, float]:
    """Log of the odds ratio within pairs with the limits of its standard error."""
    with np.errstate(divide="ignore", invalid="ignore"):
        value = float(np.log(cells[0, 1]) - np.log(cells[1, 0]))
        error = float(np.sqrt(1.0 / cells[0, 1] + 1.0 / cells[1, 0]))
    if not np.isfinite(error):
        return value, error, -np.inf, np.inf
    half = normal_quantile(level) * error
    return value, error, value - half, value + half


def _exact_odds(cells: Floats, level: float) -> tuple[float, float, float, float]:
    """Log of the odds ratio within pairs, with limits from the share of changes that are gains."""
    gained, lost = cells[0, 1], cells[1, 0]
    low, high = (float(one[0]) for one in exact_limits([gained], [gained + lost], level))
    with np.errstate(divide="ignore", invalid="ignore"):
        value = float(np.log(gained) - np.log(lost))
        ends = np.log([low / (1.0 - low) if low < 1 else np.inf, np.divide(high, 1.0 - high)])
    return value, np.nan, float(ends[0]), float(ends[1])


def tango_z(gained: float, lost: float, m: float, difference: float) -> float:
    """Score statistic of a given difference of the risks of m pairs.

    References
    ----------
    Tango T. Stat Med 1998;17:891-908.
    doi:10.1002/(SICI)1097-0258(19980430)17:8<891::AID-SIM780>3.0.CO;2-B
    """
    a = 2.0 * m
    b = -gained - lost + (2.0 * m - gained + lost) * difference
    c = -lost * difference * (1.0 - difference)
    losing = (np.sqrt(max(b * b - 4.0 * a * c, 0.0)) - b) / (2.0 * a)
    variance = m * (2.0 * losing + difference * (1.0 - difference))
    gap = gained - lost - m * difference
    if variance <= 0:
        return 0.0 if abs(gap) < EDGE * m else float(np.copysign(np.inf, gap))
    return float(gap / np.sqrt(variance))


def tango(gained: float, lost: float, m: float, level: float) -> tuple[float, float]:
    """Differences of the risks of m pairs that the score test does not reject."""
    z, d = normal_quantile(level), (gained - lost) / m
    return (
        turning_point(lambda s: tango_z(gained, lost, m, s) - z, -1.0, d),
        turning_point(lambda s: tango_z(gained, lost, m, s) + z, d, 1.0),
    )


def _test(
    cells: Floats, by: str, levels: tuple[str, ...], chosen: Chosen, common: dict[str, Any]
) -> HypothesisTest:
    """McNemar's test: exact, or chi-squared with and without continuity correction."""
    gained, lost, term = float(cells[0, 1]), float(cells[1, 0]), f"{by}[{levels[1]}]"
    labels = ["no", "yes"]
    parts: dict[str, Any] = {
        "pairs": pd.DataFrame(
            cells.astype(int),
            index=pd.Index(labels, name=levels[0]),
            columns=pd.Index(labels, name=levels[1]),
        )
    }
    null = f"The risks of {by} = {levels[1]} and {levels[0]} are equal."
    if chosen.test == "fisher":
        p, less, greater = binomial_p(round(gained), round(gained + lost), 0.5)
        return HypothesisTest(
            f"McNemar's exact test of {term}", null, gained, np.nan, p,
            parts={**parts, "p_less": less, "p_greater": greater}, distribution="exact", **common,
        )  # fmt: skip
    corrected = chosen.test == "chi2-corrected"
    gap = max(abs(gained - lost) - (1.0 if corrected else 0.0), 0.0)
    statistic = gap**2 / (gained + lost) if gained + lost else np.nan
    return HypothesisTest(
        f"McNemar's test of {term}{', with continuity correction' if corrected else ''}", null,
        statistic, 1.0, float(chi2_p(statistic, 1.0)), parts=parts, **common,
    )  # fmt: skip


def _method(event: str, by: str, levels: tuple[str, ...], paired: str, chosen: Chosen) -> str:
    kind = {
        "fisher": "McNemar's exact test",
        "chi2": "McNemar's test",
        "chi2-corrected": "McNemar's test with continuity correction",
    }[chosen.test]
    odds = "exact" if chosen.odds_ratio == "exact" else "log"
    return (
        f"Risk of {event} compared with {by} = {levels[0]} within pairs{paired} by "
        f"{kind}; limits: Tango's score limits of the difference, log "
        f"limits of the ratio, {odds} limits of the odds ratio within pairs."
    )
