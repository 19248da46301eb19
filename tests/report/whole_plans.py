"""A report with an analysis of every kind, of the first participants of the sample."""

import dataclasses
import functools

import walkstats as ws
from walkstats.plan import read_plan, run_plan
from walkstats.report.composing import _parts

# Analyses that say the same as others in another way, and take their time.
LEFT_OUT = {
    "activity_limiting_cox_unadjusted",
    "activity_limiting_cox_carried",
    "activity_limiting_cox_during",
    "activity_limiting_interval_cox",
    "cost_utility_health_care",
    "complier_pain",
}
OUTCOMES = (
    "activity_limiting",
    "disability",
    "harms",
    "cost_utility",
    "walking",
    "what_walking_does",
)
FEW = {"replicates": 20, "imputations": 2}


def small_plan():
    """WalkBack's plan with few replicates, an analysis of each kind and no published record."""
    plan = read_plan("walkback")
    outcomes = tuple(
        dataclasses.replace(
            one,
            analyses=tuple(_smaller(a) for a in one.analyses if a.name not in LEFT_OUT),
        )
        for one in plan.outcomes
        if one.id in OUTCOMES
    )
    return dataclasses.replace(plan, outcomes=outcomes, published={}, record="")


def _smaller(analysis):
    given = {key: FEW.get(key, value) for key, value in analysis.arguments.items()}
    return dataclasses.replace(analysis, arguments=given)


@functools.cache
def done():
    trial = ws.load_sample("walkback-like")
    few = trial.only(trial.participants["participant_id"][:160], note="the first 160")
    return run_plan(few, small_plan(), seed=1)


@functools.cache
def parts():
    """Sections with their owners, as they are composed."""
    return _parts(done())


def blocks(kind, owner=""):
    """Blocks of a kind, of one owner or of all."""
    return [
        piece.block
        for part in parts()
        for piece in part.pieces
        if isinstance(piece.block, kind) and owner in ("", piece.owner)
    ]
