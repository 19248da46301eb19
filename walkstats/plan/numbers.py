"""How does a result of any shape become rows of numbers?"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import pandas as pd

from walkstats.missing import TippingPoint
from walkstats.regression import Agreement
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
        Estimates on a log scale are given as ratios, curves by medians. A line that is the answer
        itself (probabilities by threshold) gives its points; one that only shows another answer
        gives no rows, nor does a frame: it is kept as it is.
    part : str
        Name of the part of a larger result.

    Returns
    -------
    pandas.DataFrame
        Columns part, term, estimate, std_error, statistic, df, p_value, conf_low, conf_high, scale,
        std_error_of ("log hazard ratio" where the estimate is a ratio), state (of a fit).
    """
    if isinstance(result, Curve):
        if result.shape == "step" and result.quantity in PROBABILITIES:
            return numbers_of(result.quantile(0.5), part or "median")
        if result.shape == "line" and not part:
            return _line(result)
        return pd.DataFrame(columns=list(NUMBER_COLUMNS))
    if isinstance(result, pd.DataFrame):
        return pd.DataFrame(columns=list(NUMBER_COLUMNS))
    for kind, rows_of in ROWS:
        if isinstance(result, kind):
            return rows_of(result).assign(part=part).reindex(columns=list(NUMBER_COLUMNS))
    return _of_parts(result)


def _line(result: Curve) -> pd.DataFrame:
    """One row per point: ``walking, threshold 28000``."""
    rows = result.to_frame()
    terms = [
        f"{group}, {result.x} {x:g}"
        for group, x in zip(rows["group"], rows[result.x].astype(float), strict=True)
    ]
    return rows.assign(term=terms, part="").reindex(columns=list(NUMBER_COLUMNS))


def _estimates(result: Estimates) -> pd.DataFrame:
    """One row per term, on the scale of ratios where it has them."""
    ratio = result.link != "identity"
    rows = result.to_frame(ratio=ratio)
    rows["scale"] = [
        "ratio" if ratio and result.has_ratio(term) else "identity" for term in result.terms
    ]
    rows["state"] = result.state if isinstance(result, Fit) else None
    if ratio:
        rows["std_error_of"] = rows["std_error_of"].replace("", None)
    return rows


def _draws(result: Draws) -> pd.DataFrame:
    rows = result.to_frame().assign(scale=[result.estimate(name).scale for name in result.names])
    if "std_error_of" in rows:  # where one of them is a ratio
        rows["std_error_of"] = rows["std_error_of"].replace("", None)
    return rows


def _test(result: HypothesisTest) -> pd.DataFrame:
    told = {"term": result.name, "statistic": result.statistic}
    return pd.DataFrame([told | {"df": result.df, "p_value": result.p_value}])


def _tipping(result: TippingPoint) -> pd.DataFrame:
    """The estimate at each delta, and where the conclusion changes."""
    rows = result.results.copy()
    deltas = rows[list(result.groups)].astype(str).agg(", ".join, axis=1)
    rows.insert(0, "term", [f"{result.term} at delta {delta}" for delta in deltas])
    tips = pd.DataFrame({"term": ["tips at"], "estimate": [result.tips_at]})
    return pd.concat([rows, tips], ignore_index=True)


def _agreement(result: Agreement) -> pd.DataFrame:
    """Bias and limits of agreement of each group, with their intervals."""
    rows = []
    with_pairs = result.to_frame().query("pairs > 0")
    for one in with_pairs.to_dict("records"):
        for term, names in AGREED.items():
            value, low, high = (one[name] for name in names)
            told = {"term": f"{one['group']}, {term}", "estimate": value}
            error = one["std_error"] if term == "bias" else None
            rows.append(told | {"std_error": error, "conf_low": low, "conf_high": high})
    return pd.DataFrame(rows).assign(
        scale="ratio" if result.scale == "ratio" else "identity",
        std_error_of="log ratio" if result.scale == "ratio" else None,
    )


AGREED = {
    "bias": ("bias", "conf_low", "conf_high"),
    "lower limit of agreement": ("lower", "lower_low", "lower_high"),
    "upper limit of agreement": ("upper", "upper_low", "upper_high"),
}

# Shapes of results -> how their rows are made; the first that fits is taken.
ROWS: tuple[tuple[type, Callable[[Any], pd.DataFrame]], ...] = (
    (Estimates, _estimates),
    (Draws, _draws),
    (Estimate, lambda result: result.to_frame().assign(scale=result.scale)),
    (TippingPoint, _tipping),
    (Agreement, _agreement),
    (HypothesisTest, _test),
)


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
