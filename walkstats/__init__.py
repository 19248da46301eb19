"""Analysis of trials in which people walk and back pain comes back.

A trial is a folder of tables. walkstats reads and checks it, derives plain frames for analysis,
fits the models and shows the results.

Reading
    ``read_trial``, ``write_trial``, ``load_sample``, ``check_trial``, ``pseudonymise``,
    ``read_cdisc``, ``write_cdisc``, ``suggest_trial``
Parts
    ``derive``      frames ready for analysis
    ``survival``    time to recurrence
    ``regression``  pain on walking and on the arm
    ``resampling``  bootstrap and permutation
    ``missing``     missing answers: imputed, pooled, and what if they were worse
    ``causal``      what walking itself does, with what has to be assumed
    ``economics``   costs and quality-adjusted life-years, and what a gain costs
    ``evidence``    published figures to stand beside
    ``design``      simulated trials
    ``questionnaires``   how answers are scored, as data
    ``wearables``   minutes of step counters to weeks of walking
    ``plan``        an analysis plan as data, and its run
    ``tables``, ``figures``, ``report``   showing
Nouns
    ``Trial``, the results of ``walkstats.results``, and the errors ``WalkstatsError``,
    ``DataError``,
    ``FitError``
"""

from typing import TYPE_CHECKING

from walkstats._lazy import attach

__version__ = "0.1.0"

__getattr__, __dir__, __all__ = attach(
    __name__,
    {
        "errors": ["DataError", "FitError", "WalkstatsError"],
        "trial": ["Trial"],
        "reading": [
            "check_trial",
            "load_sample",
            "pseudonymise",
            "read_cdisc",
            "read_trial",
            "suggest_trial",
            "write_cdisc",
            "write_trial",
        ],
    },
    parts=[
        "causal",
        "derive",
        "design",
        "economics",
        "evidence",
        "figures",
        "missing",
        "plan",
        "questionnaires",
        "regression",
        "report",
        "resampling",
        "results",
        "survival",
        "tables",
        "wearables",
    ],
)

if TYPE_CHECKING:
    from walkstats import (
        causal as causal,
    )
    from walkstats import (
        derive as derive,
    )
    from walkstats import (
        design as design,
    )
    from walkstats import (
        economics as economics,
    )
    from walkstats import (
        evidence as evidence,
    )
    from walkstats import (
        figures as figures,
    )
    from walkstats import (
        missing as missing,
    )
    from walkstats import (
        plan as plan,
    )
    from walkstats import (
        questionnaires as questionnaires,
    )
    from walkstats import (
        regression as regression,
    )
    from walkstats import (
        report as report,
    )
    from walkstats import (
        resampling as resampling,
    )
    from walkstats import (
        results as results,
    )
    from walkstats import (
        survival as survival,
    )
    from walkstats import (
        tables as tables,
    )
    from walkstats import (
        wearables as wearables,
    )
    from walkstats.errors import DataError as DataError
    from walkstats.errors import FitError as FitError
    from walkstats.errors import WalkstatsError as WalkstatsError
    from walkstats.reading import check_trial as check_trial
    from walkstats.reading import load_sample as load_sample
    from walkstats.reading import pseudonymise as pseudonymise
    from walkstats.reading import read_cdisc as read_cdisc
    from walkstats.reading import read_trial as read_trial
    from walkstats.reading import suggest_trial as suggest_trial
    from walkstats.reading import write_cdisc as write_cdisc
    from walkstats.reading import write_trial as write_trial
    from walkstats.trial import Trial as Trial
