"""What does the synthetic sample do with each published figure?"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from walkstats._arguments import check_choice
from walkstats.evidence.leaves import published

COLUMNS = (
    "name",
    "leaf",
    "treatment",
    "reason",
    "how",
    "value",
    "number",
    "low",
    "high",
    "in_rule",
    "large_low",
    "large_high",
    "source",
    "where",
)
TREATMENTS = ("matched", "by construction", "not usable")
_HERE = Path(__file__).parent


def treatments(name: str) -> pd.DataFrame:
    """Say for each published figure what the synthetic sample does with it.

    Parameters
    ----------
    name : {"walkback"}
        The published figures that a sample was made to resemble.

    Returns
    -------
    pandas.DataFrame
        One row per published figure: ``name`` and ``leaf`` as in ``published``; ``treatment``
        ("matched", "by construction", "not usable"; empty where none is given);
        ``reason`` (why not usable) and ``how``; ``value`` and ``number`` as published; ``low`` and
        ``high``, the window in which the sample's value lies, in the figure's unit (missing where
        there is none); ``in_rule``, whether the seed was selected by it; ``large_low`` and
        ``large_high``, the window of 200,000 simulated people; ``source`` and ``where``.

    Raises
    ------
    ValueError
        For figures that no sample resembles.

    Examples
    --------
    >>> table = treatments("walkback").set_index("name")
    >>> row = table.loc["primary_outcome_activity_limiting_recurrence.hr"]
    >>> row["treatment"], f"{row['low']:.2f} to {row['high']:.2f}"
    ('matched', '0.69 to 0.75')
    """
    check_choice(name, ["walkback"], "name")
    given = tomllib.loads((_HERE / f"{name}_treatment.toml").read_text(encoding="utf-8"))
    figures = published(name)
    rows = [_row(dict(figure), given) for _, figure in figures.iterrows()]
    frame = pd.DataFrame(rows, columns=list(COLUMNS))
    frame.attrs["source"] = figures.attrs["source"]
    return frame


def _row(figure: dict[str, Any], given: dict[str, Any]) -> dict[str, Any]:
    entry = given.get(figure["name"], given.get(figure["leaf"], {}))
    low, high = _window(figure, entry, "tolerance", "tolerance_percent")
    if entry.get("within_interval"):
        low, high = _inside_interval(figure, low, high)
    large = _window(figure, entry, "large_sample_tolerance", "large_sample_percent")
    return {
        **{key: figure[key] for key in ("name", "leaf", "value", "number", "source", "where")},
        **{key: entry.get(key, "") for key in ("treatment", "reason", "how")},
        "low": low,
        "high": high,
        "in_rule": bool(entry.get("in_rule", False)),
        "large_low": large[0],
        "large_high": large[1],
    }


def _window(
    figure: dict[str, Any], entry: dict[str, Any], absolute: str, percent: str
) -> tuple[float, float]:
    if absolute in entry:
        half = float(entry[absolute])
    elif percent in entry:
        half = abs(figure["number"]) * float(entry[percent]) / 100.0
    else:
        return np.nan, np.nan
    return figure["number"] - half, figure["number"] + half


def _inside_interval(figure: dict[str, Any], low: float, high: float) -> tuple[float, float]:
    """The part of the window that lies in the published interval, or range where there is none."""
    if np.isnan(figure["conf_low"]):
        bounds = [
            float(one) for one in figure["more"].split("range: [")[1].split("]")[0].split(",")
        ]
    else:
        bounds = [figure["conf_low"], figure["conf_high"]]
    return max(low, bounds[0]), min(high, bounds[1])
