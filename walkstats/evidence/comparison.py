"""How do our estimates stand beside the published ones?"""

from __future__ import annotations

import difflib
from collections.abc import Mapping

import numpy as np
import pandas as pd

from walkstats._arguments import check_column, check_frame
from walkstats.results import Estimate

COLUMNS = (
    "name",
    "ours",
    "ours_low",
    "ours_high",
    "published",
    "published_low",
    "published_high",
    "difference",
    "published_in_ours",
    "ours_in_published",
    "unit",
    "source",
    "where",
    "citation",
    "note",
)


def beside_published(
    estimates: Mapping[str, Estimate | float], published: pd.DataFrame
) -> pd.DataFrame:
    """Lay our estimates beside the published figures, with the source of each.

    Parameters
    ----------
    estimates : mapping of str to Estimate or number
        Name of a published figure (the ``name`` column of `published`) -> our estimate of the same
        quantity, on the same scale and in the same unit. A plain number (a count, say) has no
        interval.
    published : pandas.DataFrame
        One row per published figure, as ``published`` makes it.

    Returns
    -------
    pandas.DataFrame
        One row per estimate, in the order given: ``name``, ``ours``, ``ours_low``, ``ours_high``
        (limits at the estimate's own level), ``published``, ``published_low``, ``published_high``,
        ``difference`` (ours less published, on the scale shown), ``published_in_ours`` and
        ``ours_in_published`` (does the one interval hold the other's estimate? missing without an
        interval), ``unit``, ``source``, ``where``, ``citation`` and ``note``.

    Raises
    ------
    ValueError
        For a name that the published figures do not have, one that is not a number there, or an
        estimate that is neither an ``Estimate`` nor a number.

    Notes
    -----
    Nothing is tested: two trials with different participants need not agree, and where our data
    are the synthetic sample, which was selected to resemble the published figures, agreement is
    by construction and says nothing about either.

    Examples
    --------
    >>> from walkstats.evidence import published
    >>> beside = beside_published(
    ...     {"adverse_events.any_ae_intervention.n": 183}, published("walkback")
    ... )
    >>> beside[["ours", "published", "difference"]].iloc[0].tolist()
    [183.0, 183.0, 0.0]
    >>> beside.loc[0, "where"]
    'abstract'
    """
    check_frame(published, "published")
    for column in ("name", "number", "conf_low", "conf_high", "source", "where"):
        check_column(published, column, "the published figures")
    known = published.set_index("name")
    rows = [_row(name, _ours(name, one), known) for name, one in estimates.items()]
    frame = pd.DataFrame(rows, columns=list(COLUMNS))
    for column in ("published_in_ours", "ours_in_published"):
        frame[column] = frame[column].astype("boolean")
    frame.attrs["source"] = published.attrs.get("source", "")
    return frame


def _ours(name: str, one: Estimate | float) -> tuple[float, float, float]:
    if isinstance(one, Estimate):
        return one.estimate, one.conf_low, one.conf_high
    if isinstance(one, (int, float, np.integer, np.floating)) and not isinstance(one, bool):
        return float(one), np.nan, np.nan
    raise ValueError(f"{name!r} must be an Estimate or a number, got {type(one).__name__}.")


def _row(name: str, ours: tuple[float, float, float], known: pd.DataFrame) -> dict[str, object]:
    if name not in known.index:
        near = difflib.get_close_matches(str(name), known.index.astype(str), n=3, cutoff=0.4)
        hint = f" Did you mean {', '.join(repr(word) for word in near)}?" if near else ""
        raise ValueError(f"No published figure is named {name!r}.{hint}")
    there = known.loc[name]
    if isinstance(there, pd.DataFrame):
        raise ValueError(f"The published figures have {name!r} {len(there)} times; keep one.")
    if np.isnan(there["number"]):
        raise ValueError(f"The published figure {name!r} is not a number: {there.get('value')!r}.")
    estimate, low, high = ours
    return {
        "name": name,
        "ours": estimate,
        "ours_low": low,
        "ours_high": high,
        "published": there["number"],
        "published_low": there["conf_low"],
        "published_high": there["conf_high"],
        "difference": estimate - there["number"],
        "published_in_ours": _inside(there["number"], low, high),
        "ours_in_published": _inside(estimate, there["conf_low"], there["conf_high"]),
        **{key: there.get(key, "") for key in ("unit", "source", "where", "citation", "note")},
    }


def _inside(value: float, low: float, high: float) -> bool | None:
    if np.isnan(low) or np.isnan(high):
        return None
    return bool(low <= value <= high)
