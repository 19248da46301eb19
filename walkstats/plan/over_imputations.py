"""How does an analysis in a plan go over completed data sets?"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pandas as pd

from walkstats.missing import Imputations, PooledEstimates, TippingPoint, pool, tipping_point

Analysed = Callable[[pd.DataFrame], Any]


def pool_analyses(
    imputations: Imputations, *, analysis: Analysed, df: str = "barnard-rubin", level: float = 0.95
) -> PooledEstimates:
    """Analyse every completed frame and pool what comes out by Rubin's rules.

    Parameters
    ----------
    imputations : Imputations
    analysis : callable
        A completed frame -> its fit, or its estimates.
    df : str
        Degrees of freedom, as of ``missing.pool``.
    level : float

    Returns
    -------
    PooledEstimates
    """
    return pool([analysis(frame) for frame in imputations.frames], df=df, level=level)


def tip(
    imputations: Imputations,
    *,
    analysis: Analysed,
    term: str,
    deltas: Sequence[float] | Mapping[str, Sequence[float]],
    column: str,
    limits: Sequence[float] | None = None,
    level: float = 0.95,
) -> TippingPoint:
    """Move the imputed values until the conclusion changes, as ``missing.tipping_point`` does."""
    ends = None if limits is None else (float(limits[0]), float(limits[1]))
    return tipping_point(
        imputations, analysis, term=term, deltas=deltas, column=column, limits=ends, level=level
    )
