"""What do missing answers mean for the results?

What is missing
    ``missing_pattern``   by arm, by visit, and together with what; returns ``MissingPattern``
Completed data
    ``impute``            several times, by chained equations; returns ``Imputations``
Analyses of completed data
    ``pool``              Rubin's rules for any fits; returns ``PooledEstimates``
    ``pool_tests``        for chi-squared tests without estimates
"""

from typing import TYPE_CHECKING

from walkstats._lazy import attach

__getattr__, __dir__, __all__ = attach(
    __name__,
    {
        "patterns": ["MissingPattern", "missing_pattern"],
        "completed": ["Imputations"],
        "imputing": ["impute"],
        "pooling": ["PooledEstimates", "pool", "pool_tests"],
    },
)

if TYPE_CHECKING:
    from walkstats.missing.completed import Imputations as Imputations
    from walkstats.missing.imputing import impute as impute
    from walkstats.missing.patterns import MissingPattern as MissingPattern
    from walkstats.missing.patterns import missing_pattern as missing_pattern
    from walkstats.missing.pooling import PooledEstimates as PooledEstimates
    from walkstats.missing.pooling import pool as pool
    from walkstats.missing.pooling import pool_tests as pool_tests
