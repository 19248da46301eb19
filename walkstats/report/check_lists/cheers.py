"""What does CHEERS 2022 ask of the report of an economic evaluation? Its 28 items, in our words."""

from __future__ import annotations

from walkstats.report.check_lists.asked import CheckList, Item

_METHODS = (
    Item("1", "Title", "That this is an economic evaluation, and of which interventions."),
    Item(
        "2",
        "Abstract",
        "A structured summary: context, methods, results, alternative analyses.",
        ("summary_of_costs",),
        besides=True,
    ),
    Item(
        "3",
        "Background and objectives",
        "The context, the question, and which decision it is for.",
    ),
    Item(
        "4",
        "Health economic analysis plan",
        "Whether there was a plan, and where it can be read.",
        ("plan_written",),
        besides=True,
        same="consort.3",
    ),
    Item("5", "Study population", "Who was studied.", ("baseline",)),
    Item("6", "Setting and location", "Where and within what system of care."),
    Item("7", "Comparators", "What was compared, and why that."),
    Item("8", "Perspective", "Whose costs were counted, and why.", ("perspective",), besides=True),
    Item("9", "Time horizon", "Over how long, and why.", ("horizon",), besides=True),
    Item("10", "Discount rate", "The rates, and why.", ("discount",), besides=True),
    Item(
        "11",
        "Selection of outcomes",
        "Which outcomes stand for benefit and harm.",
        ("economic_outcomes",),
    ),
    Item(
        "12",
        "Measurement of outcomes",
        "How they were measured.",
        ("economic_effects_measured",),
        besides=True,
    ),
    Item(
        "13",
        "Valuation of outcomes",
        "By whose values and how they were valued: the value set.",
    ),
    Item(
        "14",
        "Resources and costs",
        "How resources were measured and costs valued.",
        ("costs_by_arm",),
        besides=True,
    ),
    Item(
        "15",
        "Currency, price date, conversion",
        "The dates of quantities and prices, the currency, and how it was converted.",
        ("currency",),
    ),
    Item(
        "16",
        "Model",
        "If there is a decision model: its structure and why.",
        beyond="not applicable: the evaluation is made on the participants' own data, without a "
        "decision model",
    ),
    Item(
        "17",
        "Analytics and assumptions",
        "How data were analysed: skewness, missing values, correlation of costs and effects, "
        "extrapolation.",
        ("methods_economic",),
    ),
    Item(
        "18",
        "Heterogeneity",
        "How differences between subgroups of people were looked at.",
        ("economic_subgroups",),
    ),
    Item(
        "19",
        "Distributional effects",
        "How effects fall on different people, and adjustments for priority groups.",
    ),
    Item(
        "20",
        "Characterising uncertainty",
        "By which methods uncertainty was described.",
        ("methods_economic_uncertainty",),
    ),
    Item(
        "21",
        "Engagement",
        "How patients and others took part in the study's design.",
        same="consort.8",
    ),
)

_RESULTS = (
    Item(
        "22",
        "Study parameters",
        "All inputs with values, ranges and sources: unit costs among them.",
        ("unit_costs",),
        besides=True,
    ),
    Item(
        "23",
        "Main results",
        "Mean costs and outcomes by group, increments, and the most fitting overall measure.",
        ("economic_results",),
        told=False,
    ),
    Item(
        "24",
        "Effect of uncertainty",
        "How uncertain judgements, inputs and projections change the findings.",
        ("economic_uncertainty",),
        told=False,
    ),
    Item("25", "Effect of engagement", "What the engagement of patients and others changed."),
    Item(
        "26",
        "Findings and limitations",
        "Key findings, limits, equity, to whom they apply, and what is known besides.",
        same="consort.29",
    ),
    Item("27", "Source of funding", "Who paid, and what part they had.", same="consort.5a"),
    Item("28", "Conflicts of interest", "Conflicts of interest of the authors.", same="consort.5b"),
)

CHEERS = CheckList(
    key="cheers",
    name="CHEERS 2022",
    source=(
        "Husereau D, Drummond M, Augustovski F, et al. Consolidated Health Economic Evaluation "
        "Reporting Standards 2022 (CHEERS 2022) statement. BMC Med 2022;20:23. "
        "https://doi.org/10.1186/s12916-021-02204-0"
    ),
    items=(*_METHODS, *_RESULTS),
)
