"""By what factor do covariates change the hazard, where the times are Weibull or exponential?"""

from __future__ import annotations

import numpy as np

from walkstats.results import Estimates
from walkstats.survival.accelerated.families import FAMILIES
from walkstats.survival.accelerated.fits import ParametricFit


def hazard_ratios(fit: ParametricFit) -> Estimates:
    """Read a Weibull, exponential or Rayleigh model as a model of proportional hazards.

    Parameters
    ----------
    fit : ParametricFit
        From :func:`parametric`, with one scale.

    Returns
    -------
    Estimates
        Log hazard ratios under the names of the covariates (``ratio=True`` for the ratios),
        ``log(rate)``, the logarithm of the rate l in S0(t) = exp(-l t^a) at covariates of zero,
        and, where the scale is estimated, ``log(shape)``, the logarithm of a.

    Raises
    ------
    ValueError
        For another family, or a scale for each stratum: hazards are then not proportional.

    Notes
    -----
    With time ratios exp(b) and scale s the hazard ratios are exp(-b / s), the shape is a = 1 / s
    and log l = -b0 / s. The covariance is that of (b, log s), robust where the fit's is, by the
    delta method, so that intervals are Wald's on the log scale. An infinite coefficient is infinite
    here too.

    References
    ----------
    Carroll KJ. On the use and utility of the Weibull model in the analysis of survival data.
    Control Clin Trials 2003;24:682-701. https://doi.org/10.1016/S0197-2456(03)00072-2

    Examples
    --------
    >>> import pandas as pd
    >>> from walkstats import survival
    >>> frame = pd.DataFrame({"arm": list("aaaabbbb"), "days": [5, 9, 13, 20, 12, 22, 30, 41],
    ...                       "event": [1, 1, 1, 1, 1, 1, 0, 1]})
    >>> fit = survival.parametric(frame, "arm", family="exponential")
    >>> round(survival.hazard_ratios(fit).estimate("arm[b]", ratio=True).estimate, 3)
    0.336
    """
    if not isinstance(fit, ParametricFit):
        raise ValueError(f"fit must come from parametric(), got {type(fit).__name__}.")
    if not FAMILIES[fit.family].proportional:
        raise ValueError(
            f"Hazards of a {fit.family} model are not proportional; hazard_ratio_over_time() "
            "gives their ratio at given times."
        )
    if fit.strata:
        raise ValueError("With a scale for each stratum hazards are not proportional.")
    scale, k = fit.scale["all"], len(fit.terms) - (not fit.scale_fixed)
    values, jacobian = np.empty(len(fit.terms)), np.zeros((len(fit.terms), len(fit.terms)))
    order = np.append(np.arange(1, k), 0)
    values[:k] = -fit.values[order] / scale
    jacobian[np.arange(k), order] = -1.0 / scale
    names = [*(fit.terms[j] for j in order[:-1]), "log(rate)"]
    if not fit.scale_fixed:
        jacobian[:k, k] = np.where(np.isfinite(values[:k]), -values[:k], 0.0)
        values[k], jacobian[k, k] = -fit.values[k], -1.0
        names.append("log(shape)")
    known = ~np.isnan(np.diag(fit.covariance))
    inner = np.where(np.outer(known, known), fit.covariance, 0.0)
    covariance = jacobian @ inner @ jacobian.T
    lost = np.append(order, k)[: len(names)]
    unknown = ~known[lost]
    covariance = np.where(unknown | unknown[:, np.newaxis], np.nan, covariance)
    return Estimates(
        terms=tuple(names),
        values=values,
        covariance=covariance,
        link="log",
        level=fit.level,
        measure="hazard ratio",
        method=f"{fit.method} Hazard ratios exp(-b / scale) by the delta method.",
        notes=fit.notes,
        counts=fit.counts,
        source=fit.source,
    )
