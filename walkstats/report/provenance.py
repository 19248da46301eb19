"""From which files, with which versions, plan and seed did these numbers come?"""

from __future__ import annotations

import importlib.metadata
import platform
import sys
from typing import Any

import walkstats
from walkstats.plan import PlanResults
from walkstats.plan.as_toml import plan_text

PACKAGES = (
    "numpy",
    "scipy",
    "pandas",
    "matplotlib",
    "formulaic",
    "statsmodels",
    "lifelines",
    "numba",
    "jinja2",
)


def provenance(results: PlanResults) -> dict[str, Any]:
    """Facts that let somebody else make the same report.

    Parameters
    ----------
    results : PlanResults

    Returns
    -------
    dict
        trial, source, licence, seed, level, inputs (file -> SHA-256), versions, plan (as TOML).
    """
    return {
        "trial": results.trial.name,
        "source": results.trial.source,
        "licence": results.trial.licence,
        "seed": results.seed,
        "level": results.plan.level,
        "inputs": dict(results.trial.inputs),
        "versions": {
            "walkstats": walkstats.__version__,
            "python": platform.python_version(),
            "platform": sys.platform,
            **{name: version for name in PACKAGES if (version := _version(name))},
        },
        "plan": plan_text(results.plan),
    }


def _version(name: str) -> str:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return ""
