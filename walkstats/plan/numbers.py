"""How does a result of any shape become rows of numbers?"""

from __future__ import annotations

import dataclasses
from typing import Any

import pandas as pd

from walkstats.results import Curve, Draws, Estimate, Estimates, Fit, HypothesisTest, Result
from walkstats.results.curves import PROBABILITIES

NUMBER_COLUMNS = (
    "part",
    "term",
    "estimate",
    "std_error",
    "statistic",
    "df",
    "p_value",
    "conf_low",
    "conf_high",
    "scale",
    "std_error_of",
    "state",
)


def numbers_of(result: Any, part: str = "") -> pd.DataFrame:
    """Rows of numbers of a result.

    Parameters
    ----------
    result : result or pandas.DataFrame
        Estimates on a log scale are given as ratios, curves by medians. A frame gives no rows:
        it is kept as it is.
    part : str
        Name of the part of a larger result.

    Returns
    -------
    pandas.DataFrame
        Columns part, term, estimate, std_error, statistic, df, p_value, conf_low, conf_high, scale,
        std_error_of ("log hazard ratio" where the estimate is a ratio), state (of a fit).
    """
    if isinstance(result, pd.DataFrame):
        return pd.DataFrame(columns=list(NUMBER_COLUMNS))
    if isinstance(result, Estimates):
        ratio = result.link != "identity"
        rows = result.to_frame(ratio=ratio)
        rows["scale"] = [
            "ratio" if ratio and result.has_ratio(term) else "identity" for term in result.terms
        ]
        rows["state"] = result.state if isinstance(result, Fit) else None
        if ratio:
            rows["std_error_of"] = rows["std_error_of"].replace("", None)
    elif isinstance(result, Draws):
        scales = [result.estimate(name).scale for name in result.names]
        rows = result.to_frame().assign(scale=scales)
        if "std_error_of" in rows:  # where a statistic is a ratio
            rows["std_error_of"] = rows["std_error_of"].replace("", None)
    elif isinstance(result, Estimate):
        rows = result.to_frame().assign(scale=result.scale)
    elif isinstance(result, HypothesisTest):
        rows = pd.DataFrame(
            [
                {
                    "term": result.name,
                    "statistic": result.statistic,
                    "df": result.df,
                    "p_value": result.p_value,
                }
            ]
        )
    elif isinstance(result, Curve) and result.shape == "step" and result.quantity in PROBABILITIES:
        return numbers_of(result.quantile(0.5), part or "median")
    elif isinstance(result, Curve):
        return pd.DataFrame(columns=list(NUMBER_COLUMNS))
    else:
        return _of_parts(result)
    return rows.assign(part=part).reindex(columns=list(NUMBER_COLUMNS))


def _of_parts(result: Any) -> pd.DataFrame:
    """Rows of a result that is a dataclass of results."""
    parts = []
    for item in dataclasses.fields(result):
        value = getattr(result, item.name)
        if isinstance(value, Result):
            parts.append(numbers_of(value, item.name))
        elif item.metadata.get("numbers"):  # tests by name, whose p-values stand nowhere else
            parts += [numbers_of(one, item.name) for one in value.values()]
    # Columns in which a part has nothing must not decide the type of the whole.
    known = [part.dropna(axis=1, how="all") for part in parts if len(part)]
    whole = pd.concat(known, ignore_index=True) if known else pd.DataFrame()
    return whole.reindex(columns=list(NUMBER_COLUMNS))
