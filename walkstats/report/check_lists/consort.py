"""What does CONSORT 2025 ask of the report of a randomised trial? Its 30 items, in our words."""

from __future__ import annotations

from walkstats.report.check_lists.asked import CheckList, Item

_FRONT = (
    Item("1a", "Title", "The title says that the trial was randomised.", ("randomised_title",)),
    Item(
        "1b",
        "Abstract",
        "A structured summary of design, methods, results and conclusions.",
        ("summary",),
        besides=True,
    ),
    Item(
        "2",
        "Trial registration",
        "Registry, number with its address, and date of registration.",
        ("registration",),
    ),
    Item(
        "3",
        "Protocol and analysis plan",
        "Where the protocol and the statistical analysis plan can be read.",
        ("plan_written",),
        besides=True,
    ),
    Item(
        "4",
        "Data sharing",
        "Where and how data without names, their dictionary, the code and other materials can be "
        "had.",
    ),
    Item("5a", "Funding", "Who paid or supported the trial, and what part they had in it."),
    Item(
        "5b", "Conflicts of interest", "Conflicts of interest of the authors, financial and other."
    ),
    Item("6", "Background and rationale", "What was known, and why the trial was done."),
    Item("7", "Objectives", "The objectives, of benefits and of harms."),
)

_DESIGN = (
    Item(
        "8",
        "Patient and public involvement",
        "How patients and the public had a part in design, conduct and reporting.",
    ),
    Item(
        "9",
        "Trial design",
        "The kind of trial, the ratio of allocation, and the framework (superiority, equivalence, "
        "...).",
    ),
    Item(
        "10",
        "Changes to the protocol",
        "Important changes after the start, and outcomes or analyses that were not pre-specified, "
        "with reasons.",
        ("deviations",),
    ),
    Item("11", "Trial setting", "The settings and places in which the trial was done."),
    Item("12a", "Eligibility of participants", "Who could take part."),
    Item(
        "12b",
        "Eligibility of sites and providers",
        "If there were criteria, which sites and persons could deliver the interventions.",
    ),
    Item(
        "13",
        "Intervention and comparator",
        "What each group was to receive, in enough detail to repeat it.",
    ),
    Item(
        "14",
        "Outcomes",
        "Each outcome: what is measured, how it is summarised and compared, and when.",
        ("outcomes_defined",),
    ),
    Item("15", "Harms", "How harms were defined and asked for."),
    Item("16a", "Sample size", "How the number of participants was found, with all assumptions."),
    Item("16b", "Interim analyses", "Interim analyses and rules for stopping, or that none."),
    Item("17a", "Sequence generation", "Who made the random sequence, and by which method."),
    Item(
        "17b",
        "Restriction",
        "The type of randomisation and its restrictions: strata, blocks and their sizes.",
        ("strata",),
        besides=True,
    ),
    Item("18", "Allocation concealment", "How the sequence was kept hidden until assignment."),
    Item("19", "Implementation", "Whether those who enrolled and assigned could see the sequence."),
    Item("20a", "Blinding", "Who did not know the assignment."),
    Item("20b", "How blinded", "If blinded, how, and how alike the interventions were."),
)

_STATISTICS = (
    Item(
        "21a",
        "Statistical methods",
        "How the groups were compared on primary and secondary outcomes, harms among them.",
        ("methods_primary", "methods_secondary", "methods_harms"),
        needs="all",
    ),
    Item(
        "21b",
        "Who is analysed",
        "Who is in each analysis, and in which group.",
        ("who_analysed",),
    ),
    Item("21c", "Missing data", "How missing data were handled.", ("methods_missing",)),
    Item(
        "21d",
        "Additional analyses",
        "How subgroups were compared and sensitivity analyses made; which were pre-specified and "
        "which post hoc.",
        ("methods_additional",),
    ),
)

_RESULTS = (
    Item(
        "22a",
        "Participant flow",
        "By group: how many were assigned, received what was intended, and were analysed for the "
        "primary outcome; a diagram.",
        ("flow",),
    ),
    Item(
        "22b",
        "Losses and exclusions",
        "By group: losses and exclusions after randomisation, with reasons.",
        ("losses",),
    ),
    Item("23a", "Dates", "The dates of recruitment and of follow-up.", ("dates",)),
    Item("23b", "Why the trial ended", "Why the trial ended or was stopped."),
    Item(
        "24a",
        "Delivery",
        "What was delivered in each group: by whom, how far it was adhered to, and as intended or "
        "not.",
        ("adherence",),
        besides=True,
    ),
    Item(
        "24b",
        "Concomitant care",
        "Other care that each group had during the trial.",
        ("care_used",),
    ),
    Item("25", "Baseline data", "A table of the groups at randomisation.", ("baseline",)),
    Item(
        "26",
        "Numbers analysed, outcomes and estimation",
        "Of each primary and secondary outcome by group: how many were analysed, how many had data "
        "at the time point, the result, and the effect with its precision; of binary outcomes the "
        "absolute and the relative effect.",
        ("main_results",),
        told=False,
    ),
    Item("27", "Harms", "All harms, in each group.", ("harms",)),
    Item(
        "28",
        "Ancillary analyses",
        "Other analyses, subgroups and sensitivity among them; pre-specified or post hoc.",
        ("ancillary",),
    ),
)

_DISCUSSION = (
    Item(
        "29",
        "Interpretation",
        "What the results mean, benefits weighed against harms and beside other evidence.",
    ),
    Item(
        "30",
        "Limitations",
        "Possible bias, imprecision, to whom it applies, and how many comparisons were made.",
        ("multiplicity",),
        besides=True,
    ),
)

CONSORT = CheckList(
    key="consort",
    name="CONSORT 2025",
    source=(
        "Hopewell S, Chan A-W, Collins GS, et al. CONSORT 2025 statement: updated guideline for "
        "reporting randomised trials. BMJ 2025;389:e081123. "
        "https://doi.org/10.1136/bmj-2024-081123"
    ),
    items=(*_FRONT, *_DESIGN, *_STATISTICS, *_RESULTS, *_DISCUSSION),
)
