"""What is one risk, and does it differ from a given one?"""

from __future__ import annotations

import operator

import numpy as np
from scipy import special

from walkstats._arguments import check_choice, check_level
from walkstats.numerics.exact_binomial import binomial_p
from walkstats.numerics.share_limits import SHARE_INTERVALS
from walkstats.results import Counts, Estimate


def one_risk(
    events: int,
    n: int,
    *,
    interval: str = "wilson",
    null: float | None = None,
    outcome: str = "event",
    level: float = 0.95,
) -> Estimate:
    """Learn how far a single risk may reach, and whether it differs from a given one.

    Parameters
    ----------
    events, n : int
        People with the event, and all.
    interval : {"wilson", "exact", "jeffreys", "agresti-coull", "wilson-corrected", "wald"}
        "exact" is Clopper and Pearson's.
    null : float, optional
        A risk to test against, exactly (binomial).
    outcome : str
        What the event is called in the words of the result.
    level : float
        Confidence level.

    Returns
    -------
    Estimate
        Without `null` it has no p-value; its statistic is the normal deviate with the exact one.

    Raises
    ------
    ValueError
        For numbers that are not whole, more events than people, or a risk outside 0 to 1.

    Notes
    -----
    Wilson's limits keep their level on average; the exact ones never cover less than it, mostly
    more. Wald's are [0, 0] where there is no event and are there for comparison only; these and
    Agresti and Coull's may leave the range of 0 to 1. The exact p-value sums what is no likelier
    than the number observed, as R's ``binom.test`` does.

    References
    ----------
    .. [1] Newcombe RG (1998). Two-sided confidence intervals for the single proportion. *Stat Med*
       17:857-872. https://doi.org/10.1002/(SICI)1097-0258(19980430)17:8<857::AID-SIM777>3.0.CO;2-E

    Examples
    --------
    Newcombe's first example, 81 of 263 with Wilson's limits 0.2553 to 0.3662:

    >>> one = one_risk(81, 263)
    >>> round(one.estimate, 4), round(one.conf_low, 4), round(one.conf_high, 4)
    (0.308, 0.2553, 0.3662)
    """
    check_level(level)
    check_choice(interval, SHARE_INTERVALS, "interval")
    count, of = _whole(events, "events"), _whole(n, "n")
    if not 0 <= count <= of or of == 0:
        raise ValueError(f"events must be 0 to n, and n above 0; got {count} of {of}.")
    if null is not None and not 0.0 <= float(null) <= 1.0:
        raise ValueError(f"null must be a risk between 0 and 1, got {null!r}.")
    low, high = (float(one[0]) for one in SHARE_INTERVALS[interval].limits([count], [of], level))
    risk = count / of
    p_value, statistic = np.nan, np.nan
    if null is not None:
        p_value = binomial_p(count, of, float(null))[0]
        statistic = float(-special.ndtri(p_value / 2.0)) * (1.0 if risk >= null else -1.0)
    tested = "" if null is None else f"; exact binomial test against {float(null):g}"
    return Estimate(
        term=outcome,
        estimate=risk,
        std_error=float(np.sqrt(risk * (1.0 - risk) / of)),
        statistic=statistic,
        df=np.inf,
        p_value=p_value,
        conf_low=low,
        conf_high=high,
        level=level,
        null=null,
        measure="risk",
        method=(
            f"Risk of {outcome} with {SHARE_INTERVALS[interval].described} "
            f"{100 * level:g} % limits{tested}."
        ),
        counts=Counts(of, of, of, count),
    )


def _whole(number: object, name: str) -> int:
    try:
        return operator.index(number)  # type: ignore[arg-type]
    except TypeError:
        if isinstance(number, float) and number.is_integer():
            return int(number)
        raise ValueError(f"{name} must be a whole number, got {number!r}.") from None
