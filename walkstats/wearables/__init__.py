"""From the minutes of a step counter to weeks of walking.

``weekly_minutes_at_cadence``  one row per participant and week: minutes at a cadence, bouts, steps
``read_agd``                   the minutes of ActiGraph's .agd files
``read_actigraph_csv``         the minutes of ActiGraph's epoch CSV files
``to_walking``                 a trial with its device weeks in the table walking
``ZeroRuns``                   a rule that takes long runs of zeros for a device taken off

Needs the extra ``big``: ``pip install "walkstats[big]"``.
"""

from typing import TYPE_CHECKING

from walkstats._lazy import attach

__getattr__, __dir__, __all__ = attach(
    __name__,
    {
        "cadences": ["weekly_minutes_at_cadence"],
        "actigraph": ["read_actigraph_csv", "read_agd"],
        "into_trials": ["to_walking"],
        "rules": ["ZeroRuns"],
    },
)

if TYPE_CHECKING:
    from walkstats.wearables.actigraph import read_actigraph_csv as read_actigraph_csv
    from walkstats.wearables.actigraph import read_agd as read_agd
    from walkstats.wearables.cadences import weekly_minutes_at_cadence as weekly_minutes_at_cadence
    from walkstats.wearables.into_trials import to_walking as to_walking
    from walkstats.wearables.rules import ZeroRuns as ZeroRuns
