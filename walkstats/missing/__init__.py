"""What do missing answers mean for the results?

Analyses of completed data
    ``pool``           Rubin's rules for any fits; ``PooledEstimates`` is what it returns
    ``pool_tests``     for chi-squared tests without estimates
"""

from typing import TYPE_CHECKING

from walkstats._lazy import attach

__getattr__, __dir__, __all__ = attach(
    __name__,
    {
        "pooling": ["PooledEstimates", "pool", "pool_tests"],
    },
)

if TYPE_CHECKING:
    from walkstats.missing.pooling import PooledEstimates as PooledEstimates
    from walkstats.missing.pooling import pool as pool
    from walkstats.missing.pooling import pool_tests as pool_tests
