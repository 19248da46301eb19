"""What do missing answers mean for the results?

What is missing
    ``missing_pattern``   by arm, by visit, and together with what; returns ``MissingPattern``
Completed data
    ``impute``            several times, by chained equations; returns ``Imputations``
Analyses of completed data
    ``pool``              Rubin's rules for any fits; returns ``PooledEstimates``
    ``pool_tests``        for chi-squared tests without estimates
What if the missing values differ?
    ``delta_adjust``      imputed values moved by a number
    ``reference_based``   visits after drop-out, as in the reference arm
    ``impute_after_drop_out``   recurrence after drop-out, with another hazard
    ``tipping_point``     how far before the conclusion changes; returns ``TippingPoint``
"""

from typing import TYPE_CHECKING

from walkstats._lazy import attach

__getattr__, __dir__, __all__ = attach(
    __name__,
    {
        "patterns": ["MissingPattern", "missing_pattern"],
        "completed": ["Imputations"],
        "deltas": ["TippingPoint", "delta_adjust", "tipping_point"],
        "other_arms": ["reference_based"],
        "after_drop_out": ["impute_after_drop_out"],
        "imputing": ["impute"],
        "pooling": ["PooledEstimates", "pool"],
        "pooled_tests": ["pool_tests"],
    },
)

if TYPE_CHECKING:
    from walkstats.missing.after_drop_out import impute_after_drop_out as impute_after_drop_out
    from walkstats.missing.completed import Imputations as Imputations
    from walkstats.missing.deltas import TippingPoint as TippingPoint
    from walkstats.missing.deltas import delta_adjust as delta_adjust
    from walkstats.missing.deltas import tipping_point as tipping_point
    from walkstats.missing.imputing import impute as impute
    from walkstats.missing.other_arms import reference_based as reference_based
    from walkstats.missing.patterns import MissingPattern as MissingPattern
    from walkstats.missing.patterns import missing_pattern as missing_pattern
    from walkstats.missing.pooled_tests import pool_tests as pool_tests
    from walkstats.missing.pooling import PooledEstimates as PooledEstimates
    from walkstats.missing.pooling import pool as pool
