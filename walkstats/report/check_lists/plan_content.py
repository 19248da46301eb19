"""What has a statistical analysis plan to say? The items of Gamble and others, in our words."""

from __future__ import annotations

from walkstats.report.check_lists.asked import CheckList, Item

_ADMINISTRATIVE = (
    Item("1", "Title and registration", "Title and registration of the trial.", ("registration",)),
    Item("2", "Version", "Version of the plan, with its date.", ("plan_version",)),
    Item(
        "3",
        "Protocol version",
        "To which version of the protocol it belongs.",
        ("plan_protocol",),
    ),
    Item(
        "4",
        "Revisions",
        "What was changed, why, and when relative to interim analyses and unmasking.",
        ("plan_revisions",),
    ),
    Item("5", "Roles", "Who wrote it, with their parts."),
    Item("6", "Signatures", "Who signed it, and when.", ("plan_signed",)),
    Item("7", "Background", "Why the trial is done.", same="consort.6"),
    Item("8", "Objectives", "Objectives or hypotheses.", same="consort.7"),
)

_DESIGN = (
    Item("9", "Trial design", "The kind of trial and its interventions.", same="consort.9"),
    Item(
        "10",
        "Randomisation",
        "How participants are assigned, with strata and ratio.",
        ("strata",),
        besides=True,
        same="consort.17b",
    ),
    Item("11", "Sample size", "The full calculation, or where it is.", same="consort.16a"),
    Item(
        "12",
        "Framework",
        "Superiority, equivalence or non-inferiority, for which outcomes.",
        same="consort.9",
    ),
    Item(
        "13",
        "Interim analyses",
        "Which, when, and with what rule for stopping.",
        same="consort.16b",
    ),
    Item("14", "Timing of the final analysis", "When it is made, and whether all at once."),
    Item(
        "15",
        "Timing of outcomes",
        "The time points of outcomes and the windows of visits.",
        ("outcomes_timed",),
        besides=True,
    ),
)

_PRINCIPLES = (
    Item("16", "Significance", "The level of significance.", ("alpha",)),
    Item(
        "17",
        "Multiplicity",
        "Whether and how error rates are held over several tests.",
        ("multiplicity",),
    ),
    Item("18", "Intervals", "The level of confidence intervals.", ("alpha",)),
    Item(
        "19",
        "Adherence and deviations",
        "How adherence and protocol deviations are defined, summarised and shown.",
        ("adherence",),
        besides=True,
    ),
    Item("20", "Analysis sets", "Who belongs to each analysis set.", ("who_analysed",)),
)

_PEOPLE = (
    Item("21", "Screening", "Which data of screening are shown.", ("screening",)),
    Item("22", "Eligibility", "A summary of eligibility criteria.", same="consort.12a"),
    Item("23", "Recruitment", "What the flow diagram holds.", ("flow",)),
    Item(
        "24",
        "Withdrawal and follow-up",
        "Levels, timing and reasons of withdrawal and loss, and how they are shown.",
        ("losses",),
    ),
    Item("25", "Baseline", "Which characteristics are summarised, and how.", ("baseline",)),
)

_ANALYSIS = (
    Item(
        "26",
        "Outcome definitions",
        "Each outcome with time, units, and any calculation.",
        ("outcomes_defined",),
    ),
    Item(
        "27a",
        "Analysis methods",
        "Which method, and how effects are presented.",
        ("methods_primary",),
    ),
    Item("27b", "Adjustment", "Which covariates are adjusted for.", ("adjustment",)),
    Item("27c", "Assumptions", "How assumptions of the methods are checked.", ("assumptions",)),
    Item("27d", "If they do not hold", "What is done where assumptions fail."),
    Item("27e", "Sensitivity analyses", "Which are planned.", ("sensitivity",)),
    Item("27f", "Subgroups", "Which are planned, and how they are defined.", ("subgroups",)),
    Item(
        "28",
        "Missing data",
        "How they are reported, and what is assumed and done.",
        ("methods_missing",),
    ),
    Item("29", "Additional analyses", "Any other analysis.", ("supplementary",)),
    Item("30", "Harms", "How adverse events are collected, coded and summarised.", ("harms",)),
    Item("31", "Software", "The statistical software, with versions.", ("software",)),
    Item("32", "References", "Methods that are not standard; data management; master file."),
)

PLAN_CONTENT = CheckList(
    key="sap",
    name="Content of the statistical analysis plan",
    source=(
        "Gamble C, Krishan A, Stocken D, et al. Guidelines for the content of statistical analysis "
        "plans in clinical trials. JAMA 2017;318:2337-2343. "
        "https://doi.org/10.1001/jama.2017.18556"
    ),
    items=(*_ADMINISTRATIVE, *_DESIGN, *_PRINCIPLES, *_PEOPLE, *_ANALYSIS),
)
