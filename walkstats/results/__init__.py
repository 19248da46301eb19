"""In what shapes do answers come? A few frozen dataclasses that every method fills.

Results are complete when made. They hold plain numbers, never round, print, plot or warn, and carry
what a reader must know: ``method`` (as a methods section says it), ``notes``, ``counts``,
``source``.

``Counts``          what went in and what was left out
``Estimate``        one number with its uncertainty
``HypothesisTest``  a test
``Freedom``         degrees of freedom of a linear combination
``Estimates``       several estimates with their covariance
``Fit``             a fitted model; ``CoxFit`` a Cox model,
                    ``MixedFit`` one of repeated measures
``Curve``           a curve by group; ``Incidence`` one by group and outcome
``Draws``           statistics of resampled data, with their intervals
``Result``, ``Frozen``   what they are built on
"""

from walkstats.results.curves import Curve
from walkstats.results.draws import Draws
from walkstats.results.estimates import Estimate, Estimates, Freedom, HypothesisTest
from walkstats.results.fits import CoxFit, Fit, MixedFit
from walkstats.results.frozen import Counts, Frozen, Result
from walkstats.results.incidences import Incidence

__all__ = [
    "Counts",
    "CoxFit",
    "Curve",
    "Draws",
    "Estimate",
    "Estimates",
    "Fit",
    "Freedom",
    "Frozen",
    "HypothesisTest",
    "Incidence",
    "MixedFit",
    "Result",
]
