"""By what is a number multiplied to come from the team's unit to the dictionary's?"""

from __future__ import annotations

from collections.abc import Mapping

UNITS: dict[str, dict[str, tuple[float, float]]] = {
    "days": {
        "days": (1, 1),
        "hours": (1, 24),
        "minutes": (1, 1440),
        "seconds": (1, 86400),
        "weeks": (7, 1),
    },
    "minutes/week": {
        "minutes": (1, 1),
        "minutes/week": (1, 1),
        "hours": (60, 1),
        "hours/week": (60, 1),
        "seconds": (1, 60),
        "minutes/day": (7, 1),
        "hours/day": (420, 1),
    },
    "steps/week": {"steps": (1, 1), "steps/week": (1, 1), "steps/day": (7, 1)},
    "years": {"years": (1, 1), "months": (1, 12)},
    "kg/m2": {"kg/m2": (1, 1)},
}
"""Unit of the dictionary -> unit of the team -> multiply by, then divide by.

Months and years have no number of days of their own: they need a factor in trial.toml.
"""


def known_units(wanted: str) -> Mapping[str, tuple[float, float]]:
    """The units that can be turned into ``wanted`` without a factor."""
    return UNITS.get(wanted, {wanted: (1, 1)} if wanted else {})


def scale(unit: str, wanted: str, factor: float | None) -> tuple[float, float]:
    """What to multiply by, and then to divide by.

    Parameters
    ----------
    unit, wanted : str
        The team's unit (empty: the dictionary's own) and the dictionary's.
    factor : float or None
        Declared; it wins.

    Returns
    -------
    tuple of float

    Examples
    --------
    >>> scale("hours", "days", None)
    (1, 24)
    """
    if factor is not None:
        return factor, 1.0
    return known_units(wanted).get(unit, (1, 1)) if unit else (1, 1)
