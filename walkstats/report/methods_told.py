"""How were the results made? A methods section, strictly from what was run."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence

import pandas as pd

from walkstats import tables
from walkstats._digits import count
from walkstats._labels import in_sentence, percent_level
from walkstats.plan import Analysis, PlanResults
from walkstats.plan.specification import Outcome
from walkstats.report.document import Paragraph, TableBlock
from walkstats.report.economic_facts import economics_told
from walkstats.report.method_phrases import PHRASES, phrase
from walkstats.report.placing import METHOD, Piece
from walkstats.report.provenance import provenance
from walkstats.report.wording import for_readers, listed, lower
from walkstats.results import Fit, Result
from walkstats.schema import MEASURES


def methods(results: PlanResults) -> list[Piece]:
    """The methods section: paragraphs by topic, then what each result says of its method, folded.

    Parameters
    ----------
    results : PlanResults

    Returns
    -------
    list of Piece
        Owners begin with "methods_". A topic of which nothing was run has no paragraph.
    """
    topics: dict[str, tuple[str, Callable[[PlanResults], str]]] = {
        "design": ("Design and participants", _design),
        "primary": ("Primary outcome", lambda done: _of_role(done, "primary")),
        "secondary": ("Secondary outcomes", lambda done: _of_role(done, "secondary")),
        "exploratory": ("Exploratory outcomes", lambda done: _of_role(done, "exploratory")),
        "missing": ("Missing data", _missing),
        "sensitivity": ("Sensitivity and supplementary analyses", _sensitivity),
        "subgroups": ("Subgroups", _subgroups),
        "harms": ("Harms", lambda done: _of_role(done, "safety")),
        "economic": ("Economic evaluation", economics_told),
        "significance": ("Significance and multiplicity", _significance),
        "software": ("Software", _software),
    }
    pieces = []
    for topic, (heading, tell) in topics.items():
        if told := tell(results):
            text = for_readers(f"{heading}. {told}", results.trial.strata)
            pieces.append(Piece(f"methods_{topic}", Paragraph(text, METHOD)))
    return [*pieces, *_details(results)]


def _design(results: PlanResults) -> str:
    trial, plan = results.trial, results.plan
    people = trial.participants["arm"].value_counts()
    arms = listed([f"{arm} ({count(int(people.get(arm, 0)))})" for arm in trial.arms])
    said = [f"{count(len(trial.participants))} participants were randomised to {arms}."]
    strata = plan.strata or trial.strata
    if strata:
        said.append(f"Strata of the randomisation: {listed(list(strata))}.")
    if plan.registration:
        said.append(f"Registration: {plan.registration}.")
    version = ", ".join(
        part
        for part in (
            f"version: {plan.version}" if plan.version else "",
            f"dated {plan.dated}" if plan.dated else "",
        )
        if part
    )
    said.append(
        f"The analyses follow the plan “{plan.title}” ({version})."
        if version
        else "The plan of the analyses bears no version and no date, so this report cannot tell "
        "whether it was written before the data were seen."
    )
    said.append(_sets(results))
    if any(one.own_choice for one in plan.outcomes):
        said.append(
            "What this plan chose because no published one told it is marked in the table of the "
            "outcomes."
        )
    return " ".join(one for one in said if one)


def _sets(results: PlanResults) -> str:
    """Who is in the analyses; participants stay in the arm to which they were randomised."""
    sets = results.sets
    told = []
    for name, rows in sets.groupby("set", sort=False):
        used = [one for one in results.plan.analyses if one.set == name]
        if not any(one.name in results.results for one in used):
            continue
        numbers = zip(rows["arm"], rows["participants"], strict=True)
        arms = listed([f"{arm} {count(people)}" for arm, people in numbers])
        told.append(f"{rows['title'].iloc[0]} ({arms})")
    whole = "We analysed participants in the arm to which they were randomised"
    if not told:
        return f"{whole}, and every analysis takes all of them for whom it has data."
    return f"{whole}. Analysis sets: {'; '.join(told)}; all other analyses take everybody."


def _run(analyses: Iterable[Analysis], results: PlanResults) -> list[Analysis]:
    return [one for one in analyses if one.name in results.results]


def _of_role(results: PlanResults, role: str) -> str:
    """Outcomes of a role with the methods of their main analyses; like ones are said together."""
    grouped: dict[tuple[str, ...], list[Outcome]] = {}
    for outcome in results.plan.outcomes:
        if outcome.role == role:
            main = [one for one in outcome.analyses if one.status in (role, "descriptive")]
            run = _run(main, results)
            told = dict.fromkeys(
                phrase(one, results.results[one.name])
                for main in run
                for one in _chain(main, results)
            )
            if told:
                grouped.setdefault(tuple(told), []).append(outcome)
    said = []
    for phrases, outcomes in grouped.items():
        counts = phrases == (PHRASES["frame"](outcomes[0].analyses[0], None),)
        names = _names(outcomes)
        said.append(
            f"We counted {names} by arm."
            if counts
            else f"We analysed {names} by {_joined(phrases)}."
        )
    return " ".join(said)


def _chain(one: Analysis, results: PlanResults) -> list[Analysis]:
    """An analysis after those whose results it takes."""
    known = {other.name: other for other in results.plan.analyses}
    chain = [one]
    while chain[0].of in known:
        chain.insert(0, known[chain[0].of])
    return chain


def _names(outcomes: Sequence[Outcome]) -> str:
    return listed([lower(_defined(one)) for one in outcomes])


def _defined(outcome: Outcome) -> str:
    """An outcome with what is measured and when, as far as its title does not say so."""
    measure = in_sentence(outcome.measure) if outcome.measure in MEASURES else outcome.measure
    variable = outcome.estimand.variable if outcome.estimand is not None else measure
    facts = [variable if variable.lower() not in outcome.title.lower() else ""]
    numbers = re.findall(r"\d+", " ".join(outcome.time_points))
    if not (numbers and all(re.search(rf"\b{number}\b", variable) for number in numbers)):
        facts += [_times(outcome)]
    told = "; ".join(fact for fact in facts if fact)
    return f"{outcome.title} ({told})" if told else outcome.title


def _times(outcome: Outcome) -> str:
    """Time points as a sentence lists them: months 3, 6 and 12."""
    points = list(outcome.time_points)
    words = {point.partition(" ")[0] for point in points}
    rest = [point.partition(" ")[2] for point in points]
    if len(points) > 1 and words <= {"month", "day", "week"} and len(words) == 1:
        return f"{words.pop()}s {listed(rest)}"
    return listed(points)


def _joined(phrases: Sequence[str]) -> str:
    """Phrases as a list; those with commas of their own are parted by semicolons."""
    if any("," in one for one in phrases) and len(phrases) > 1:
        return f"{'; by '.join(phrases[:-1])}; and by {phrases[-1]}"
    return listed(list(phrases))


def _missing(results: PlanResults) -> str:
    """The rules of the outcomes that were analysed, and the rows that each main analysis lost."""
    rules: dict[str, list[str]] = {}
    for outcome in results.plan.outcomes:
        if outcome.missing and _run(outcome.analyses, results):
            rules.setdefault(outcome.missing.rstrip("."), []).append(outcome.title)
    said = [
        f"{listed([titles[0], *map(lower, titles[1:])])}: {lower(rule)}."
        for rule, titles in rules.items()
    ]
    said = ["The plan's rules are these.", *said] if said else []
    said += [_filled(results), _not_filled(results)]
    lost = _lost(results)
    return " ".join(one for one in (*said, lost) if one)


def _filled(results: PlanResults) -> str:
    """How missing values were completed, and what was done with the completed data."""
    run = _run(results.plan.analyses, results)
    made = dict.fromkeys(
        phrase(one, results.results[one.name]) for one in run if one.method in COMPLETED
    )
    said = [f"We completed missing values: {'; '.join(made)}."] if made else []
    methods = {one.method for one in run}
    if "missing.pool" in methods:
        said.append("Analyses of the completed data sets were pooled by Rubin's rules.")
    if "missing.tipping_point" in methods:
        said.append("Imputed values were moved until the conclusion changed (tipping point).")
    return " ".join(said)


COMPLETED = ("missing.impute", "missing.impute_after_drop_out", "missing.reference_based")


def _not_filled(results: PlanResults) -> str:
    """Planned analyses of missing values that could not be run: what the rules promised of them."""
    absent = [
        lower(one.title)
        for one in results.plan.analyses
        if one.method.startswith("missing.") and one.name not in results.results
    ]
    return f"Of these could not be run: {_listed(absent)}." if absent else ""


def _lost(results: PlanResults) -> str:
    """Whether rows without values were left out, and of which analyses."""
    without = [
        one
        for one in _run(results.plan.analyses, results)
        if (counts := getattr(results.results[one.name], "counts", None)) is not None
        and counts.left_out
    ]
    if not without:
        return ""
    number = f"{len(without)} analysis" if len(without) == 1 else f"{len(without)} analyses"
    return (
        f"Rows without the values that an analysis needs were left out of it ({number}); their "
        "numbers and reasons stand in the table of who is in each analysis."
    )


def _sensitivity(results: PlanResults) -> str:
    """What was done beside the main analyses, and which of it after the data were seen."""
    said = []
    for status, verb in (
        ("sensitivity", "Sensitivity analyses of"),
        ("supplementary", "Supplementary to"),
    ):
        grouped: dict[tuple[str, ...], list[str]] = {}
        for outcome in results.plan.outcomes:
            if outcome.role == "economic":
                continue  # the paragraph on the economic evaluation tells them
            said_before = {other.of for other in outcome.analyses if other.status == outcome.role}
            run = [
                one
                for one in _run(outcome.analyses, results)
                if one.status == status and one.name not in said_before
            ]
            if run:
                titles = tuple(_short(one, outcome) for one in run)
                grouped.setdefault(titles, []).append(lower(outcome.title))
        said += [f"{verb} {listed(of)}: {_listed(titles)}." for titles, of in grouped.items()]
    late = [one for one in _run(results.plan.analyses, results) if not one.prespecified]
    if late:
        said.append(f"Post hoc: {_listed([lower(one.title) for one in late])}.")
    elif said:
        said.append("The plan marks all of them as pre-specified.")
    return " ".join(said)


def _listed(phrases: Sequence[str]) -> str:
    """A list whose parts may hold commas."""
    return "; ".join(phrases) if any("," in one for one in phrases) else listed(phrases)


def _short(one: Analysis, outcome: Outcome) -> str:
    """The title of an analysis without the name of its outcome, which has been said."""
    head, _, tail = one.title.partition(": ")
    known = tail.lower() in (outcome.title.lower(), outcome.measure.lower())
    text = head if known else one.title
    return lower(text)


def _subgroups(results: PlanResults) -> str:
    run = [one for one in _run(results.plan.analyses, results) if one.status == "subgroup"]
    if not run:
        return ""
    by: dict[str, list[str]] = {}
    for one in run:
        by.setdefault(phrase(one, results.results[one.name]), []).extend(_modifiers(one))
    made = "; ".join(f"by {listed(names)}: {method}" for method, names in by.items())
    late = [one for one in run if not one.prespecified]
    when = (
        "The plan marks all of them as pre-specified."
        if not late
        else f"Not pre-specified: {listed([lower(one.title) for one in late])}."
    )
    return (
        f"We compared effects {made}. {when} Effects within a subgroup are read with the test of "
        "interaction, not one by one."
    )


def _modifiers(one: Analysis) -> list[str]:
    """What an analysis compares effects by, in words."""
    given = one.arguments.get("modifiers", one.arguments.get("modifier", ()))
    names = [given] if isinstance(given, str) else list(given)
    return [in_sentence(str(name)) for name in names] or [lower(one.title)]


def _significance(results: PlanResults) -> str:
    plan = results.plan
    percent = percent_level(plan.level)
    said = [f"Tests are two-sided with a level of {plan.alpha:g}; intervals are {percent}% ones."]
    rule = plan.multiplicity
    if rule.method != "none" and rule.family:
        names = {one.name: one.title for one in plan.analyses}
        family = listed([lower(names[one]) for one in rule.family])
        said.append(
            f"The p-values of {len(rule.family)} analyses were taken together by "
            f"{RULES.get(rule.method, rule.method)}: {family}. No other p-value was adjusted."
        )
    else:
        said.append(MULTIPLICITY)
    said.append(rule.note)
    return " ".join(one for one in said if one)


RULES = {
    "holm": "Holm's method",
    "hochberg": "Hochberg's method",
    "bonferroni": "Bonferroni's method",
    "fixed-sequence": "testing in a fixed sequence",
}
MULTIPLICITY = (
    "No adjustment was made for multiple comparisons: only the primary analysis can confirm; "
    "intervals and p-values of secondary and sensitivity analyses are not confirmatory."
)


def _software(results: PlanResults) -> str:
    versions = provenance(results)["versions"]
    others = [f"{name} {version}" for name, version in versions.items()
              if name in ("numpy", "scipy", "pandas")]  # fmt: skip
    return (
        f"The analyses were made with walkstats {versions['walkstats']} on Python "
        f"{versions['python']} ({listed(others)}); random numbers were drawn from seed "
        f"{results.seed}."
    )


def _details(results: PlanResults) -> list[Piece]:
    """What each result says of its method, once, with the analyses made by it; then each frame."""
    made: dict[str, list[str]] = {}
    for one in _run(results.plan.analyses, results):
        result = results.results[one.name]
        if isinstance(result, Result) and result.method:
            made.setdefault(result.method, []).append(_told(one, result))
    rows = [("; ".join(told), method) for method, told in made.items()]
    frames: dict[str, list[str]] = {}
    for name, frame in results.frames.items():
        if text := _frame_said(frame):
            frames.setdefault(text, []).append(name)
    titles = {one.name: one.title for one in results.plan.analyses}
    rows += [
        (f"Frame of: {'; '.join(titles[name] for name in names)}", text)
        for text, names in frames.items()
    ]
    notes = [(one.title, one.note) for one in results.plan.analyses if one.note]
    strata = results.trial.strata
    lines = [(what, for_readers(text, strata)) for what, text in [*rows, *notes]]
    if not lines:
        return []
    shown = pd.DataFrame(lines, columns=["Used for", "As its result says it"])
    table = tables.table_of(shown, title="Details of every method, as the results say them")
    return [Piece("methods_details", TableBlock("methods_details", table, folded=True))]


def _frame_said(frame: pd.DataFrame) -> str:
    """How a frame was made, and its notes; what both say once."""
    said = " ".join(map(str, frame.attrs.get("notes", ())))
    method = str(frame.attrs.get("method", ""))
    return said if method in said else f"{method} {said}".strip()


def _told(one: Analysis, result: Result) -> str:
    """An analysis with its counts, and how its fit ended."""
    state = result.state if isinstance(result, Fit) else ""
    facts = [str(result.counts or ""), state]
    told = "; ".join(fact for fact in facts if fact)
    return f"{one.title} ({told})" if told else one.title
