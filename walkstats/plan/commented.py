"""What could the plan of this trial be? A text to be read, changed and signed before unmasking."""

from __future__ import annotations

from walkstats.plan.as_toml import OUTCOME, plan_text
from walkstats.plan.defaults import default_plan
from walkstats.plan.methods import FRAMES, METHODS
from walkstats.plan.suggested import HEAD, suggested_outcomes
from walkstats.plan.vocabulary import ADJUSTMENTS, CONDITIONS, ROLES, STATUSES, STRATEGIES
from walkstats.trial import Trial


def commented_plan(trial: Trial) -> str:
    """Write a plan for a trial as a TOML text with comments, to be changed before it is used.

    Parameters
    ----------
    trial : Trial
        Its tables decide what is planned, as in ``default_plan``; a masked one will do.

    Returns
    -------
    str
        ``read_plan`` reads it, and it runs as it stands.

    Examples
    --------
    >>> import walkstats as ws
    >>> text = commented_plan(ws.load_sample("bladder"))
    >>> text.splitlines()[0]
    '# Analysis plan of Bladder tumour recurrence trial. Lines after # are comments.'
    """
    body = plan_text(default_plan(trial)).splitlines()
    lines = [*_head(trial), "", *_facts(body), "", *_to_fill_in(trial), ""]
    explained: set[str] = set()
    for line in body[_first_table(body) :]:
        if line in EXPLAINED and line not in explained:
            explained.add(line)
            lines += [f"# {text}" for text in EXPLAINED[line]]
        lines.append(line)
    if more := suggested_outcomes(trial):
        lines += ["", *(f"# {text}" for text in HEAD), *(f"# {text}".rstrip() for text in more)]
    return "\n".join(lines) + "\n"


def _first_table(body: list[str]) -> int:
    """Where the facts of the plan end."""
    return next((k for k, line in enumerate(body) if line.startswith("[")), len(body))


def _head(trial: Trial) -> list[str]:
    said = (
        f"Analysis plan of {trial.name}. Lines after # are comments.",
        "It was written from the tables that the trial has, and runs as it stands.",
        "Change it before the arms are known, check it with",
        "    walkstats plan check FOLDER --plan plan.toml",
        "try it on the masked trial (trial.masked(seed)), keep a signed copy, and run it with",
        "    walkstats report FOLDER --plan plan.toml --out DIR",
        "Later versions are run with --registered SIGNED_COPY, so that every change is logged.",
    )
    return [f"# {text}" for text in said]


def _facts(body: list[str]) -> list[str]:
    """Title, alpha and strata, with those that a plan should have besides."""
    facts = body[: _first_table(body)]
    while facts and not facts[-1]:
        facts.pop()
    return [
        *facts[:1],
        '# registration = "ACTRN..."      # of the trial',
        '# version = "1.0"                # of this plan',
        '# dated = "2026-01-31"',
        *facts[1:],
        '# covariates = ["age_years"]     # columns that adjusted analyses may take',
    ]


def _to_fill_in(trial: Trial) -> list[str]:
    """Tables that no data can fill: sets, multiplicity, statements of the check-lists."""
    columns = ", ".join(str(name) for name in trial.participants.columns)
    said = (
        "Analysis sets: conditions on columns of participants, here",
        f"  {columns}.",
        f"  A condition is a value, a list of values, or {', '.join(CONDITIONS)}.",
        "[sets.attended]",
        'title = "participants who attended at least four sessions"',
        "where = { sessions_attended = { at_least = 4 } }",
        "",
        f"Several main analyses taken together: {', '.join(ADJUSTMENTS)}.",
        "[multiplicity]",
        'method = "holm"',
        'family = ["first_analysis", "second_analysis"]',
        "",
        "What no data can tell; the check-lists of the report say which item each is.",
        "[statements]",
        '"consort.2" = "Registered as ..."',
        '"consort.20" = "Nobody was masked, since ..."',
        "",
        "A change after the first version:",
        "[[revision]]",
        'version = "1.1"',
        'what = "What was changed, and why."',
        "after_unmasking = false",
    )
    return [f"# {text}".rstrip() for text in said]


EXPLAINED = {
    "[[analysis]]": (
        "Analyses of no outcome come first: who took part. A frame is made of the trial by one of",
        *(f"  {', '.join(FRAMES[k : k + 5])}" for k in range(0, len(FRAMES), 5)),
    ),
    "[[outcome]]": (
        f"An outcome. role: {', '.join(ROLES)}.",
        f"Its entries: {', '.join(OUTCOME)}.",
    ),
    "[outcome.estimand]": ("What is estimated, in the attributes of ICH E9(R1).",),
    "[[outcome.estimand.intercurrent]]": (
        "An event after randomisation that changes what the outcome means.",
        f"strategy: {', '.join(STRATEGIES)}.",
    ),
    "[[outcome.analysis]]": (
        "An analysis of it. Without status it is a main one; else status is one of",
        f"  {', '.join(STATUSES)}.",
        "method is one of",
        *(f"  {', '.join(list(METHODS)[k : k + 4])}" for k in range(0, len(METHODS), 4)),
        "arguments are those of the function: see its documentation.",
    ),
    "[published]": ("Where among our results each published figure stands.",),
}
