"""What has been published before, and how do our numbers stand beside it?

``published``          the published figures of a study, each with its source and where it was seen
``beside_published``   our estimates beside the published ones
``meta_analysis``      studies pooled, and how far their effects lie apart (a ``MetaAnalysis``)
``treatments``         what the synthetic sample does with each published figure
"""

from typing import TYPE_CHECKING

from walkstats._lazy import attach

__getattr__, __dir__, __all__ = attach(
    __name__,
    {
        "leaves": ["published"],
        "comparison": ["beside_published"],
        "sample_treatment": ["treatments"],
        "studies_pooled": ["MetaAnalysis", "meta_analysis"],
    },
)

if TYPE_CHECKING:
    from walkstats.evidence.comparison import beside_published as beside_published
    from walkstats.evidence.leaves import published as published
    from walkstats.evidence.sample_treatment import treatments as treatments
    from walkstats.evidence.studies_pooled import MetaAnalysis as MetaAnalysis
    from walkstats.evidence.studies_pooled import meta_analysis as meta_analysis
