"""How do the results of a plan stand beside the published figures that it names?"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from walkstats.errors import DataError
from walkstats.evidence import beside_published, published
from walkstats.plan.specification import AnalysisPlan
from walkstats.results import Curve, Estimate

UNCHECKED = "cannot be checked without the participants' data"
NOT_REACHED = "the analysis that would stand beside it gave no result"
# Groups of a record that tell of the design or of the search and are no results.
NO_RESULTS = ("design", "eligibility_and_definitions", "sample_size", "methods", "not_found")


def beside_plan(plan: AnalysisPlan, results: Mapping[str, Any]) -> pd.DataFrame | None:
    """Lay our estimates beside every result that the record of a plan has published.

    Parameters
    ----------
    plan : AnalysisPlan
    results : mapping of str to result

    Returns
    -------
    pandas.DataFrame or None
        The columns of ``beside_published`` and ``remark``: empty where ours stands beside the
        published figure, else why it does not. None where the plan names no published figure.

    Raises
    ------
    DataError
        For a place that is not in the result of its analysis.
    """
    if not plan.published:
        return None
    ours = {}
    for leaf, where in plan.published.items():
        if where.get("analysis") in results:
            found = _found(leaf, results[where["analysis"]], where)
            if found is not None:
                ours[leaf] = found
    record = published(plan.record)
    compared = beside_published(ours, record).assign(remark="")
    others = _others(record, set(ours), plan.published)
    whole = pd.concat([compared, others], ignore_index=True) if len(others) else compared
    order = {name: place for place, name in enumerate(record["name"])}
    whole = whole.sort_values("name", key=lambda names: names.map(order), ignore_index=True)
    whole.attrs = compared.attrs
    return whole


def _others(
    record: pd.DataFrame, compared: set[str], planned: Mapping[str, Mapping[str, Any]]
) -> pd.DataFrame:
    """Published numbers that have none of ours beside them, with the reason."""
    group = record["name"].str.partition(".")[0]
    chosen = record["number"].notna() & ~group.isin(NO_RESULTS)
    chosen &= (record["where"] != "derived") & ~record["name"].isin(compared)
    rows = record[chosen]
    return pd.DataFrame(
        {
            "name": rows["name"],
            "ours": np.nan,
            "ours_low": np.nan,
            "ours_high": np.nan,
            "published": rows["number"],
            "published_low": rows["conf_low"],
            "published_high": rows["conf_high"],
            **{key: rows[key] for key in ("unit", "source", "where", "citation", "note")},
            "remark": [_why_not(planned.get(name)) for name in rows["name"]],
        }
    )


def _why_not(place: Mapping[str, Any] | None) -> str:
    """Why nothing of ours stands beside a published figure."""
    if place is None:
        return UNCHECKED
    return str(place.get("remark", NOT_REACHED))


def _found(leaf: str, result: Any, where: Mapping[str, Any]) -> Estimate | float | None:
    """Our number at its place; an error that names the place where there is none."""
    try:
        for part in str(where.get("part", "")).split("."):
            result = getattr(result, part) if part else result
        return _number(result, where)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise DataError.of(
            f"the place of the published figure {leaf!r} is not in the results: {error}",
            table="plan",
            what_to_do="name a term, a contrast, a quantile or a column that is there",
        ) from None


def _number(result: Any, where: Mapping[str, Any]) -> Estimate | float | None:
    """A term, a contrast, a quantile of a curve, a count, or a cell of a frame."""
    if "count" in where:
        return float(getattr(result.counts, where["count"]))
    if isinstance(result, Estimate) or result is None:
        return result
    if isinstance(result, (int, float)):
        return float(result)
    if "column" in where:
        return _cell(result, where)
    if "at" in where and isinstance(result, Curve):
        return float(result.at(float(where["at"]))["estimate"].iloc[-1])
    if "quantile" in where and isinstance(result, Curve):
        result = result.quantile(where["quantile"])
    if "contrast" in where:
        return result.contrast(where["contrast"])
    if where["term"] not in result.terms:
        return None
    found = result.estimate(where["term"], ratio=where.get("ratio", False))
    return float(found.p_value) if where.get("value") == "p_value" else found


def _cell(frame: pd.DataFrame, where: Mapping[str, Any]) -> float | None:
    """The first value of a column among some rows, or a statistic of all of them."""
    chosen = np.ones(len(frame), dtype=bool)
    for column, value in where.get("where", {}).items():
        chosen &= (frame[column] == value).to_numpy()
    if where.get("statistic") == "percent":
        return float(100 * chosen[frame[where["column"]].notna()].mean())
    values = frame.loc[chosen, where["column"]]
    if "statistic" in where:
        return float(STATISTICS[where["statistic"]](values))
    return float(values.iloc[0]) if len(values) else None


# What of a column of a frame stands beside a published figure.
STATISTICS: Mapping[str, Callable[[pd.Series], float]] = {
    "count": lambda values: float(values.notna().sum()),
    "mean": lambda values: float(values.mean()),
    "sd": lambda values: float(values.std()),
    "median": lambda values: float(values.median()),
}
