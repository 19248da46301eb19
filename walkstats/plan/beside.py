"""How do the results of a plan stand beside the published figures that it names?"""

from __future__ import annotations

from collections.abc import Mapping
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
        if where["analysis"] in results:
            found = _found(leaf, results[where["analysis"]], where)
            if found is not None:
                ours[leaf] = found
    record = published(plan.record)
    compared = beside_published(ours, record).assign(remark="")
    others = _others(record, set(ours), set(plan.published))
    whole = pd.concat([compared, others], ignore_index=True) if len(others) else compared
    order = {name: place for place, name in enumerate(record["name"])}
    whole = whole.sort_values("name", key=lambda names: names.map(order), ignore_index=True)
    whole.attrs = compared.attrs
    return whole


def _others(record: pd.DataFrame, compared: set[str], planned: set[str]) -> pd.DataFrame:
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
            "remark": [NOT_REACHED if name in planned else UNCHECKED for name in rows["name"]],
        }
    )


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
        chosen = np.ones(len(result), dtype=bool)
        for column, value in where["where"].items():
            chosen &= (result[column] == value).to_numpy()
        return float(result.loc[chosen, where["column"]].iloc[0]) if chosen.any() else None
    if "quantile" in where and isinstance(result, Curve):
        result = result.quantile(where["quantile"])
    if "contrast" in where:
        return result.contrast(where["contrast"])
    if where["term"] not in result.terms:
        return None
    return result.estimate(where["term"], ratio=where.get("ratio", False))
