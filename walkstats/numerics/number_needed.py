"""How many must be treated for one more to benefit, or to be harmed?"""

from __future__ import annotations

from typing import Any

import numpy as np


def number_needed_to_treat(difference: float, low: float, high: float) -> dict[str, float | str]:
    """Turn a risk difference with its interval into numbers needed for one benefit or harm.

    Parameters
    ----------
    difference, low, high : float
        Risk in the treated minus risk in the reference group; negative is a benefit.

    Returns
    -------
    dict
        estimate, direction, benefit_low, benefit_high, harm_low, harm_high; missing where the
        interval holds no such effect, infinite where it holds no effect at all.

    Examples
    --------
    >>> both = number_needed_to_treat(-0.05, -0.15, 0.05)
    >>> round(both["benefit_low"], 2), both["benefit_high"], both["harm_low"], both["harm_high"]
    (6.67, inf, 20.0, inf)
    """
    known = np.isfinite([difference, low, high]).all()
    benefit, harm = (low < 0, high > 0) if known else (False, False)
    return {
        "estimate": _one_over(difference),
        "direction": "benefit" if difference < 0 else "harm" if difference > 0 else "none",
        "benefit_low": _one_over(low) if benefit else np.nan,
        "benefit_high": (_one_over(high) if high < 0 else np.inf) if benefit else np.nan,
        "harm_low": _one_over(high) if harm else np.nan,
        "harm_high": (_one_over(low) if low > 0 else np.inf) if harm else np.nan,
    }


def _one_over(change: float) -> float:
    return np.inf if change == 0 else float(abs(1.0 / change))


def said_of_infinity(needed: list[dict[str, Any]]) -> list[str]:
    """Spell out the intervals that run over infinity."""
    return [
        f"Number needed to treat, {row['term']}: the interval runs from {row['benefit_low']:.3g} "
        f"to benefit over infinity to {row['harm_low']:.3g} to harm."
        for row in needed
        if row["benefit_high"] == row["harm_high"] == np.inf
    ]
