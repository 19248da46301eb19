"""What does walking itself do, beyond being asked to walk? Each result states what it assumes.

Only the comparison of the arms as randomised is kept safe by chance; everything here leans on
assumptions that no data can show, and says which.

How strong would something unmeasured have to be?
    ``e_value``            E-values of ratios and differences; returns ``EValue``
"""

from typing import TYPE_CHECKING

from walkstats._lazy import attach

__getattr__, __dir__, __all__ = attach(
    __name__,
    {
        "unmeasured": ["EValue", "e_value"],
    },
)

if TYPE_CHECKING:
    from walkstats.causal.unmeasured import EValue as EValue
    from walkstats.causal.unmeasured import e_value as e_value
