"""What else could be planned of what the trial has recorded? Lines to be uncommented."""

from __future__ import annotations

import json

from walkstats._labels import capitalised
from walkstats.schema import MEASURES
from walkstats.trial import Trial

HEAD = (
    "What the trial has recorded and this plan does not compare yet. Take the # away to plan it,",
    "give thresholds, titles and roles of your own, and check the plan again.",
)


def suggested_outcomes(trial: Trial) -> list[str]:
    """Outcomes that the default plan leaves out, as lines of TOML.

    Parameters
    ----------
    trial : Trial

    Returns
    -------
    list of str
        Repeated measures by visit, harms compared, costs per quality-adjusted life-year: as far as
        the trial has recorded them. Comments begin with ``#``; empty where there is nothing to add.

    Examples
    --------
    >>> import walkstats as ws
    >>> suggested_outcomes(ws.load_sample("bladder"))
    []
    >>> lines = suggested_outcomes(ws.load_sample("walkback-like"))
    >>> [line for line in lines if line.startswith("id = ")][-1]
    'id = "cost_utility"'
    """
    lines = [line for name in _repeated(trial) for line in _by_visit(trial, name)]
    if len(trial.adverse_events):
        lines += HARMS.splitlines()
    utilities = trial.outcomes.loc[trial.outcomes["measure"] == "eq5d_utility", "month"].nunique()
    if len(trial.costs) and utilities > 1:
        lines += COSTS.splitlines()
    return lines


def _repeated(trial: Trial) -> list[str]:
    """Measures asked at baseline and at two visits or more, in the order of the dictionary."""
    months = trial.outcomes.groupby("measure", observed=True)["month"].agg(set)
    asked = [name for name, when in months.items() if 0 in when and len(when) > 2]
    return [str(name) for name in (*trial.measures, *MEASURES) if name in asked]


def _by_visit(trial: Trial, name: str) -> list[str]:
    rows = trial.outcomes[trial.outcomes["measure"] == name]
    months = [f"month {month:g}" for month in sorted(rows["month"].unique()) if month > 0]
    known = trial.measures.get(name) or MEASURES[name]
    said = json.dumps(capitalised(known.described), ensure_ascii=False)
    return f"""
[[outcome]]
id = "{name}_by_visit"
title = {said}
role = "secondary"
measure = {said}
time_points = {json.dumps(months)}
missing = "likelihood of all answers given, unbiased when answers are missing at random given them"

[[outcome.analysis]]
name = "{name}_model"
title = "Repeated-measures model"
status = "supplementary"
method = "regression.mmrm"
frame = {{ derive = "visits", arguments = {{ measures = "{name}" }} }}
arguments = {{ formula = "{name} ~ arm * factor(month) + {name}_baseline", visit = "month" }}

[[outcome.analysis]]
name = "{name}_differences"
title = "Difference at each visit"
method = "regression.visit_differences"
of = "{name}_model"
""".splitlines()


HARMS = """
[[outcome]]
id = "harms_by_kind"
title = "Adverse events by kind"
role = "safety"
measure = "participants with an adverse event, and events"

[[outcome.analysis]]
name = "harms_by_kind"
title = "Adverse events compared"
method = "regression.compare_harms"
frame = { derive = "harm_counts" }
"""
COSTS = """
# Perspectives: societal, health care, health and social care, payer, employer.
[[outcome]]
id = "cost_utility"
title = "Costs and quality-adjusted life-years"
role = "economic"
measure = "costs from the societal perspective and quality-adjusted life-years"
time_points = ["12 months"]
missing = "bootstrap samples within the arms, each with one imputation; complete cases beside it"

[[outcome.analysis]]
name = "cost_utility"
title = "Cost per quality-adjusted life-year"
method = "economics.cost_effectiveness"
frame = { derive = "economics.total_costs", arguments = { perspective = "societal" } }

[outcome.analysis.arguments]
effects = { derive = "economics.qalys" }
adjust = { effects = ["eq5d_utility_0"] }
replicates = 2000

[[outcome.analysis]]
name = "net_benefit"
title = "Net monetary benefit per participant"
status = "supplementary"
method = "economics.net_benefit"
of = "cost_utility"
arguments = { threshold = 20000.0 }

[[outcome.analysis]]
name = "acceptability"
title = "Probability of being cost-effective"
status = "supplementary"
method = "economics.acceptability_curve"
of = "cost_utility"
arguments = { thresholds = [0.0, 10000.0, 20000.0, 30000.0, 50000.0] }
"""
