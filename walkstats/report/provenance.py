"""From which files, with which versions, plan and seed did these numbers come?"""

from __future__ import annotations

import hashlib
import importlib.metadata
import platform
import subprocess
import sys
from typing import Any

import walkstats
from walkstats.plan import AnalysisPlan, PlanResults
from walkstats.plan.as_toml import plan_text
from walkstats.plan.signing import signature_problems

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
    "python-docx",
)


def provenance(results: PlanResults) -> dict[str, Any]:
    """Facts that let somebody else make the same report.

    Parameters
    ----------
    results : PlanResults

    Returns
    -------
    dict
        trial, source, licence, seed, level, inputs (file -> SHA-256), versions, plan (as TOML),
        plan_facts (version, date, SHA-256; signed where a signature fits what it says), commit
        (of the working directory, where that is a checkout, and whether it held changes that were
        not committed).
    """
    plan = results.plan
    return {
        "trial": results.trial.name,
        "source": results.trial.source,
        "licence": results.trial.licence,
        "seed": results.seed,
        "level": plan.level,
        "inputs": dict(results.trial.inputs),
        "versions": {
            "walkstats": walkstats.__version__,
            "python": platform.python_version(),
            "platform": f"{sys.platform} {platform.machine()}",
            **{name: version for name in PACKAGES if (version := _version(name))},
        },
        "plan_facts": {
            "registration": plan.registration,
            "version": plan.version,
            "dated": plan.dated,
            "signed": not signature_problems(plan),
            "sha256": _hash(plan),
            **({"registered_sha256": _hash(results.registered)} if results.registered else {}),
        },
        **_commit(),
        "plan": plan_text(plan),
    }


def _hash(plan: AnalysisPlan) -> str:
    return hashlib.sha256(plan_text(plan).encode("utf-8")).hexdigest()


def _commit() -> dict[str, Any]:
    """The commit of the working directory; nothing outside a checkout, or without git."""
    try:
        head, changes = (
            subprocess.run(
                ["git", *words], capture_output=True, text=True, timeout=5, check=True
            ).stdout.strip()
            for words in (["rev-parse", "HEAD"], ["status", "--porcelain", "-uno"])
        )
    except (OSError, subprocess.SubprocessError):
        return {}
    return {"commit": {"id": head, "uncommitted_changes": bool(changes)}}


def _version(name: str) -> str:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return ""
