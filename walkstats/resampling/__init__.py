"""How far may a number move by chance? Bootstrap and permutation, from a seed.

``bootstrap_comparison``   hazard ratio, medians, restricted means and survival of resampled trials
``bootstrap``              any statistic of resampled participants
``permutation_test``       any statistic with the groups exchanged
"""

from typing import TYPE_CHECKING

from walkstats._lazy import attach

__getattr__, __dir__, __all__ = attach(
    __name__,
    {
        "any_statistic": ["bootstrap"],
        "compared_groups": ["bootstrap_comparison"],
        "exchanged_groups": ["permutation_test"],
    },
)

if TYPE_CHECKING:
    from walkstats.resampling.any_statistic import bootstrap as bootstrap
    from walkstats.resampling.compared_groups import bootstrap_comparison as bootstrap_comparison
    from walkstats.resampling.exchanged_groups import permutation_test as permutation_test
