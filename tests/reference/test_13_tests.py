"""Comparisons of groups, equivalence, exact and stratified tests against R (13_tests.R).

Tolerances are those of the entries, 1e-12 to 1e-7 relative: everything is closed form or a root
found to rounding. Where values tie but for rounding, wilcox.test and kruskal.test see no tie: the
kernels are held against them on the values as they are, the public functions against the values
rounded first. fisher.test and mantelhaen.test(exact = TRUE) stop their search for the
conditional odds ratio at 1e-4, so that the script solves the same equation to rounding.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from tests.reference import goldens
from tests.reference.goldens import agree, data, entry, topic, value
from walkstats.numerics.adjusted_p import adjusted_p
from walkstats.numerics.exact_binomial import binomial_p
from walkstats.numerics.limits import chi2_p
from walkstats.regression import (
    MarginTest,
    MeanComparison,
    RiskComparison,
    association,
    compare_means,
    compare_paired_risks_from,
    compare_rates,
    compare_risks,
    compare_risks_from,
    equivalence,
    one_risk,
)
from walkstats.regression.groups.across_strata import mantel_haenszel_test, pooled_difference
from walkstats.regression.groups.ranks import kruskal_wallis, rank_sum, signed_rank
from walkstats.regression.groups.risk_limits import restricted_risks, score_z
from walkstats.results import Estimate

TOPIC = "13_tests"

# What is not computed, with its reason.
ASIDE = {
    "test.anorexia.t": {
        "var_test": "whether variances differ is not asked: Welch's test allows for it",
        "one_sample.stat": "a mean of one group is not tested against 0",
        "one_sample.p": "a mean of one group is not tested against 0",
    },
    "test.paired": {
        "pearson": "correlations are no comparison of groups",
        "spearman_asym": "correlations are no comparison of groups",
    },
    "test.wilcoxon.anorexia": {
        "p_normal_uncorrected": "the continuity correction is always made",
    },
    "test.rates.exact": {
        "one_rate_vs_ref.p": "a rate is not tested against a given one",
    },
}


def gold(identifier: str) -> dict[str, Any]:
    return entry(TOPIC, f"test.{identifier}")


def girls(own: int, reference: int) -> pd.DataFrame:
    frame = data("anorexia.csv").assign(gain=lambda f: f["Postwt"] - f["Prewt"])
    frame = frame[frame["Treat"].isin([own, reference])]
    return frame.assign(arm=pd.Categorical(frame["Treat"], [reference, own]))


def gains(treatment: int) -> np.ndarray:
    frame = data("anorexia.csv")
    return (frame["Postwt"] - frame["Prewt"])[frame["Treat"] == treatment].to_numpy()


def same_t_test(one: dict[str, Any], key: str, found: MeanComparison, swapped: float = 1.0) -> None:
    """R's estimates, statistic, df, p, limits and standard error; R's first group is our other."""
    term = found.difference.terms[0]
    difference = found.difference.estimate(term)
    if len(value(one, f"{key}.estimate")) == 2:
        agree(one, f"{key}.estimate", found.groups["mean"].to_numpy()[::-1])
    else:
        agree(one, f"{key}.estimate", [swapped * difference.estimate])
    agree(one, f"{key}.stat", swapped * difference.statistic)
    agree(one, f"{key}.df", [difference.df])
    agree(one, f"{key}.p", difference.p_value)
    ends = sorted([swapped * difference.conf_low, swapped * difference.conf_high])
    agree(one, f"{key}.conf", ends)
    agree(one, f"{key}.stderr", difference.std_error)


def test_anorexia_t() -> None:
    one, frame = gold("anorexia.t"), girls(3, 2)
    welch = compare_means(frame, "gain", "arm")
    same_t_test(one, "welch", welch)
    same_t_test(one, "pooled", compare_means(frame, "gain", "arm", method="student"))
    same_t_test(one, "welch90", compare_means(frame, "gain", "arm", level=0.9))
    less = equivalence(welch, margin=10, kind="non-inferiority", better="lower", alpha=0.05)
    difference = welch.difference.estimate("arm[3]")
    agree(one, "welch_less.estimate", welch.groups["mean"].to_numpy()[::-1])
    agree(one, "welch_less.stat", less.tests["high"].statistic)
    agree(one, "welch_less.df", [less.tests["high"].df])
    agree(one, "welch_less.p", less.tests["high"].p_value)
    agree(one, "welch_less.conf", [-np.inf, less.estimate.conf_high])
    agree(one, "welch_less.stderr", difference.std_error)
    mean = welch.by_group.estimate("3")
    agree(one, "one_sample.estimate", [mean.estimate])
    agree(one, "one_sample.df", [mean.df])
    agree(one, "one_sample.conf", [mean.conf_low, mean.conf_high])
    agree(one, "one_sample.stderr", mean.std_error)
    assert welch.standardised is not None
    g = welch.standardised.estimate("arm[3]")
    agree(one, "smd.g", g.estimate)
    agree(one, "smd.v", g.std_error**2)
    pooled = compare_means(frame, "gain", "arm", method="student").difference.estimate("arm[3]")
    spread = pooled.std_error / np.sqrt(np.sum(1 / welch.groups["n"]))
    agree(one, "smd.cohen_d", difference.estimate / spread)


def test_paired() -> None:
    one, frame = gold("paired"), data("sleep.csv")
    people = frame.assign(drug=pd.Categorical(frame["group"], [2, 1]))
    same_t_test(one, "sleep_paired", compare_means(people, "extra", "drug", paired="id"))
    same_t_test(one, "sleep_welch", compare_means(people, "extra", "drug"))
    boys = data("shoes.csv")
    soles = boys.reset_index().melt("index", ["A", "B"], "sole", "wear")
    soles["sole"] = pd.Categorical(soles["sole"], ["B", "A"])
    same_t_test(one, "shoes_paired", compare_means(soles, "wear", "sole", paired="index"))
    raw = (boys["A"] - boys["B"]).to_numpy()
    exact = signed_rank(raw, 0.95, True)
    agree(one, "shoes_wilcoxon_exact_ties", [exact.statistic, exact.p_value])
    normal = signed_rank(raw, 0.95, None)
    agree(one, "shoes_wilcoxon_normal.stat", [normal.statistic])
    agree(one, "shoes_wilcoxon_normal.p", normal.p_value)
    agree(one, "shoes_wilcoxon_normal.df", np.nan)
    ranks = compare_means(soles, "wear", "sole", paired="index", method="wilcoxon")
    rounded = entry(TOPIC, "groups.wilcoxon.rounded_ranks")
    agree(rounded, "shoes", ranks.tests["sole[A]"].p_value)
    limits = entry(TOPIC, "groups.wilcoxon.normal_limits")
    shift = ranks.difference.estimate("sole[A]")
    agree(limits, "shoes.estimate", shift.estimate)
    agree(limits, "shoes.conf", [shift.conf_low, shift.conf_high])


def same_margins(one: dict[str, Any], key: str, found: MarginTest) -> None:
    stem = f"{key}." if key else ""
    effect, low, high = found.estimate, found.tests["low"], found.tests["high"]
    for name, ours in {
        "estimate": effect.estimate,
        "se": effect.std_error,
        "df": effect.df,
        "t_lower": low.statistic,
        "p_lower": low.p_value,
        "t_upper": high.statistic,
        "p_upper": high.p_value,
        "p_tost": found.p_value,
        "ci90_lower": effect.conf_low,
        "ci90_upper": effect.conf_high,
        "equivalent": float(found.shown),
    }.items():
        agree(one, f"{stem}{name}", ours)


def test_equivalence_of_means() -> None:
    one, frame = gold("tost.anorexia"), girls(3, 1)
    welch = compare_means(frame, "gain", "arm")
    same_margins(one, "welch", equivalence(welch, margin=7))
    pooled = compare_means(frame, "gain", "arm", method="student")
    same_margins(one, "pooled", equivalence(pooled, margin=7))
    same_margins(one, "welch_margin3", equivalence(welch, margin=3))
    same_margins(one, "asymmetric", equivalence(welch, margin=(-2, 9)))
    people = data("sleep.csv").assign(drug=lambda f: pd.Categorical(f["group"], [2, 1]))
    paired = compare_means(people, "extra", "drug", paired="id")
    same_margins(gold("tost.paired_sleep"), "", equivalence(paired, margin=2.5))


def test_noninferiority_of_any_estimate() -> None:
    one = gold("noninferiority.hr_and_mean")
    for key in ("log_hr", "log_hr_fail", "rd"):
        effect, se, margin = (value(one, f"{key}.{name}") for name in ("est", "se", "margin"))
        ends = effect - 1.959963984540054 * se, effect + 1.959963984540054 * se
        show = np.exp if key != "rd" else float
        given = Estimate(
            "arm[walking]", show(effect), se, effect / se, np.inf, 0.5, show(ends[0]),
            show(ends[1]), null=show(0.0), scale="ratio" if key != "rd" else "identity",
        )  # fmt: skip
        found = equivalence(given, margin=show(margin), kind="non-inferiority", better="lower")
        back = np.log if key != "rd" else float
        agree(one, f"{key}.est", back(found.estimate.estimate))
        agree(one, f"{key}.se", found.estimate.std_error)
        agree(one, f"{key}.margin", back(found.high))
        agree(one, f"{key}.z", found.tests["high"].statistic)
        agree(one, f"{key}.p", found.p_value)
        agree(one, f"{key}.upper_1sided", back(found.estimate.conf_high))
        agree(one, f"{key}.noninferior", float(found.shown))


def test_rank_sums() -> None:
    one, frame = gold("wilcoxon.anorexia"), girls(3, 2)
    found = compare_means(frame, "gain", "arm", method="wilcoxon")
    test = found.tests["arm[3]"]
    agree(one, "W", test.statistic)
    agree(one, "p_normal_corrected", test.p_value)
    agree(one, "mann_whitney_prob", test.parts["share_larger"])
    exact = compare_means(frame, "gain", "arm", method="wilcoxon", exact=True)
    agree(one, "p_exact_with_ties", exact.difference.estimate("arm[3]").p_value)
    shift = found.difference.estimate("arm[3]")
    agree(one, "hodges_lehmann_all_pairs_median", shift.estimate)
    limits = entry(TOPIC, "groups.wilcoxon.normal_limits")
    agree(limits, "anorexia.conf", [shift.conf_low, shift.conf_high])
    wide = compare_means(frame, "gain", "arm", method="wilcoxon", level=0.9)
    narrow = wide.difference.estimate("arm[3]")
    agree(limits, "anorexia90.conf", [narrow.conf_low, narrow.conf_high])
    raw = [gains(k) for k in (1, 2, 3)]
    statistic, df = kruskal_wallis(raw)
    agree(one, "kruskal.stat", [statistic])
    agree(one, "kruskal.df", [df])
    agree(one, "kruskal.p", chi2_p(statistic, df))
    pairs = [(1, 0), (2, 0), (2, 1)]
    p = adjusted_p([rank_sum(raw[i], raw[j], 0.95, None).p_value for i, j in pairs], "holm")
    agree(one, "pairwise_holm", [[p[0], np.nan], [p[1], p[2]]])
    everybody = data("anorexia.csv").assign(gain=lambda f: f["Postwt"] - f["Prewt"])
    three = compare_means(everybody, "gain", "Treat", method="wilcoxon", pairs="all")
    rounded = entry(TOPIC, "groups.wilcoxon.rounded_ranks")
    assert three.overall is not None
    agree(rounded, "kruskal.stat", [three.overall.statistic])
    agree(rounded, "kruskal.df", [three.overall.df])
    agree(rounded, "kruskal.p", three.overall.p_value)
    p = list(three.adjusted_p.values())
    agree(rounded, "pairwise_holm", [[p[0], np.nan], [p[1], p[2]]])
    welch = compare_means(everybody, "gain", "Treat")
    assert welch.overall is not None
    for test in (welch.overall, welch.difference.test(list(welch.difference.terms))):
        agree(one, "welch_anova.F", test.statistic)
        agree(one, "welch_anova.df", [test.df, test.df_denominator])
        agree(one, "welch_anova.p", test.p_value)


def test_rank_tests_without_ties() -> None:
    one = gold("wilcoxon.no_ties")
    a = np.array([1.83, 0.50, 1.62, 2.48, 1.68, 1.88, 1.55, 3.06, 1.30])
    b = np.array([0.878, 0.647, 0.598, 2.05, 1.06, 1.29, 1.061, 3.14, 1.28])
    frame = pd.DataFrame({"x": [*b, *a], "g": ["b"] * 9 + ["c"] * 9, "pair": [*range(9)] * 2})
    found = compare_means(frame, "x", "g", method="wilcoxon")
    shift = found.difference.estimate("g[c]")
    agree(one, "ranksum.stat", [found.tests["g[c]"].statistic])
    agree(one, "ranksum.df", np.nan)
    agree(one, "ranksum.p", shift.p_value)
    agree(one, "ranksum.estimate", [shift.estimate])
    agree(one, "ranksum.conf", [shift.conf_low, shift.conf_high])
    paired = compare_means(frame, "x", "g", method="wilcoxon", paired="pair", level=0.9)
    test, centre = paired.tests["g[c]"], paired.difference.estimate("g[c]")
    agree(
        one,
        "signedrank_greater",
        [test.statistic, test.parts["p_greater"], centre.estimate, centre.conf_low],
    )
    assert rank_sum(a, b, 0.95, None).exact_limits


def ward() -> pd.DataFrame:
    frame = data("respiratory.csv").query("visit == 4")
    return frame.assign(arm=pd.Categorical(frame["treat"], [2, 1]))


def logs(found: RiskComparison, measure: str) -> list[float]:
    estimates = getattr(found, measure)
    one = estimates.estimate("arm[1]", ratio=True)
    return [one.estimate, one.std_error, one.conf_low, one.conf_high]


def test_two_risks() -> None:
    one, frame = gold("2x2.respiratory"), ward()
    found = compare_risks(frame, "outcome", "arm", odds_ratio="exact")
    table = found.groups.iloc[::-1]
    agree(one, "table", np.column_stack([table["events"], table["n"] - table["events"]]))
    test, odds = found.tests["arm[1]"], found.odds_ratio.estimate("arm[1]", ratio=True)
    agree(one, "fisher.p", test.p_value)
    agree(one, "fisher.p_greater", test.parts["p_greater"])
    agree(one, "fisher.p_less", test.parts["p_less"])
    agree(one, "fisher.or_conditional_mle", odds.estimate)
    agree(one, "fisher.lower95", odds.conf_low)
    agree(one, "fisher.upper95", odds.conf_high)
    wald = compare_risks(frame, "outcome", "arm", difference="wald", test="chi2")
    yates = compare_risks(frame, "outcome", "arm", test="chi2-corrected").tests["arm[1]"]
    plain = wald.tests["arm[1]"]
    for key, chi2 in (("chisq", plain), ("chisq_yates", yates), ("prop_test_rd", plain)):
        agree(one, f"{key}.stat", [chi2.statistic])
        agree(one, f"{key}.df", [chi2.df])
        agree(one, f"{key}.p", chi2.p_value)
    agree(one, "prop_test_rd.estimate", wald.by_group.values[::-1])
    difference = wald.difference.estimate("arm[1]")
    ends = [difference.conf_low, difference.conf_high]
    agree(one, "prop_test_rd.conf", ends)
    agree(one, "rd_wald", [difference.estimate, difference.std_error, *ends])
    agree(one, "rr", logs(wald, "ratio"))
    agree(one, "or", logs(wald, "odds_ratio"))
    needed = wald.numbers_needed.iloc[0]
    agree(one, "nnt", [needed["estimate"], needed["more_low"], -needed["fewer_low"]])
    assert needed["more_high"] == needed["fewer_high"] == np.inf
    whole = association(frame.assign(arm=frame["treat"]), "arm", "outcome")
    agree(one, "g_test", whole.tests["likelihood_ratio"].statistic)


def test_single_risks() -> None:
    one = gold("ci.single_proportion")
    for k, case in enumerate(value(one, "cases")):
        for key, interval in (
            ("wilson", "wilson"), ("clopper_pearson", "exact"), ("wald", "wald"),
            ("agresti_coull", "agresti-coull"), ("jeffreys", "jeffreys"),
            ("wilson_cc", "wilson-corrected"),
        ):  # fmt: skip
            found = one_risk(case["x"], case["n"], interval=interval)
            agree(one, f"cases.{k}.{key}", [found.conf_low, found.conf_high])
    agree(one, "cases.0.x", 15)


def counts(case: dict[str, Any], **options: Any) -> RiskComparison:
    table = pd.DataFrame(
        {"arm": ["0", "1"], "events": [case["x2"], case["x1"]], "n": [case["n2"], case["n1"]]}
    )
    return compare_risks_from(table, "arm", **options)


def test_limits_of_differences_and_ratios() -> None:
    one = gold("ci.rd_newcombe_mn")
    for key in one["values"]:
        case = value(one, key)
        for name, options in {
            "newcombe": {},
            "newcombe90": {"level": 0.9},
            "miettinen_nurminen": {"difference": "miettinen-nurminen"},
            "mee": {"difference": "mee"},
            "wald": {"difference": "wald"},
        }.items():
            found = counts(case, **options).difference.estimate("arm[1]")
            agree(one, f"{key}.{name}", [found.conf_low, found.conf_high])
        agree(one, f"{key}.rd", found.estimate)
        agree_inputs(one, key, case)
    two = gold("ci.rr_score")
    for key in two["values"]:
        case = value(two, key)
        for name, ratio in (
            ("koopman", "score"), ("miettinen_nurminen", "miettinen-nurminen"), ("log_wald", "log")
        ):  # fmt: skip
            found = counts(case, ratio=ratio).ratio.estimate("arm[1]", ratio=True)
            agree(two, f"{key}.{name}", [found.conf_low, found.conf_high])
        agree(two, f"{key}.rr", found.estimate)
        agree_inputs(two, key, case)


def agree_inputs(one: dict[str, Any], key: str, case: dict[str, Any]) -> None:
    """What was given counts as compared: the comparison was made of it."""
    for name in ("x1", "n1", "x2", "n2"):
        agree(one, f"{key}.{name}", case[name])


def test_noninferiority_of_risks() -> None:
    one = gold("ni.proportions_fm")
    for key in one["values"]:
        case = value(one, key)
        cells = [float(case[name]) for name in ("x1", "n1", "x2", "n2")]
        margin = case["margin"]
        agree(one, f"{key}.restricted_p", restricted_risks(*cells, -margin))
        agree(one, f"{key}.z_miettinen_nurminen", score_z(*cells, -margin, corrected=True))
        agree(one, f"{key}.z_farrington_manning", score_z(*cells, -margin))
        found = counts(case)
        difference = found.difference.estimate("arm[1]")
        wald = (difference.estimate + margin) / difference.std_error
        agree(one, f"{key}.z_wald", wald)
        if margin:
            test = equivalence(found, margin=margin, kind="non-inferiority", better="higher")
            agree(one, f"{key}.z_farrington_manning", test.tests["low"].statistic)
            agree(one, f"{key}.p", test.p_value)
        agree_inputs(one, key, case)
        agree(one, f"{key}.margin", margin)
    zero = counts(value(one, "zero_margin"), test="chi2").tests["arm[1]"]
    agree(one, "zero_margin.p", zero.p_value / 2)


def test_pairs_trend_and_tables() -> None:
    one, frame = gold("mcnemar_trend_rxc"), data("respiratory.csv").query("visit == 4")
    long = frame.melt("pid", ["baseline", "outcome"], "time", "good")
    for key, test in (("mcnemar", "chi2"), ("mcnemar_corrected", "chi2-corrected")):
        found = compare_risks(long, "good", "time", paired="pid", test=test).tests["time[outcome]"]
        agree(one, f"{key}.stat", [found.statistic])
        agree(one, f"{key}.df", [found.df])
        agree(one, f"{key}.p", found.p_value)
    exact = compare_risks(long, "good", "time", paired="pid").tests["time[outcome]"]
    agree(one, "mcnemar_exact_p", exact.p_value)
    agree(one, "table", exact.parts["pairs"].to_numpy())
    again = compare_paired_risks_from(exact.parts["pairs"])
    assert again.tests["time[outcome]"].p_value == exact.p_value
    homes = data("housing.csv")
    found = association(
        homes, "Infl", "Sat", frequencies="Freq", row_scores="order", column_scores="order"
    )
    agree(one, "housing_table", found.table.iloc[:, 1:].to_numpy())
    agree(one, "housing_chisq.stat", [found.tests["chi2"].statistic])
    agree(one, "housing_chisq.df", [found.tests["chi2"].df])
    agree(one, "housing_chisq.p", found.tests["chi2"].p_value)
    agree(one, "linear_by_linear.z", np.sqrt(found.tests["linear"].statistic))
    agree(one, "linear_by_linear.p", found.tests["linear"].p_value)
    content = found.table.assign(n=lambda f: f.iloc[:, 1:].sum(axis=1))
    trend = compare_risks_from(content, "Infl", events="3", n="n", scores="order").trend
    assert trend is not None
    agree(one, "cochran_armitage.stat", [trend.statistic])
    agree(one, "cochran_armitage.df", [trend.df])
    agree(one, "cochran_armitage.p", trend.p_value)
    cells = np.array(value(one, "fisher_3x3.table"))
    answers = pd.DataFrame(cells).stack().rename("n").reset_index()
    answers.columns = ["row", "column", "n"]
    small = association(answers, "row", "column", frequencies="n")
    agree(one, "fisher_3x3.table", small.table.iloc[:, 1:].to_numpy())
    agree(one, "fisher_3x3.p", small.tests["exact"].p_value)


def same_strata(one: dict[str, Any], found: RiskComparison, term: str) -> None:
    for key, estimates in (("rr", found.ratio), ("or", found.odds_ratio)):
        pooled = estimates.estimate(term, ratio=True)
        ours = [pooled.estimate, pooled.std_error, pooled.conf_low, pooled.conf_high]
        agree(one, key, ours)
    difference = found.difference.estimate(term)
    agree(one, "rd.est", difference.estimate)
    agree(one, "rd.se_sato", difference.std_error)
    agree(one, "rd.lower95_sato", difference.conf_low)
    agree(one, "rd.upper95_sato", difference.conf_high)


def same_cmh(one: dict[str, Any], key: str, found: RiskComparison, term: str) -> None:
    test, odds = found.tests[term], found.odds_ratio.estimate(term, ratio=True)
    agree(one, f"{key}.stat", [test.statistic])
    agree(one, f"{key}.df", [test.df])
    agree(one, f"{key}.p", test.p_value)
    agree(one, f"{key}.estimate", [odds.estimate])
    agree(one, f"{key}.conf", [odds.conf_low, odds.conf_high])


def test_departments() -> None:
    one, frame = gold("mh.ucb"), data("ucbadmissions.csv")
    wide = frame.pivot_table(index=["Dept", "Gender"], columns="Admit", values="Freq")
    table = wide.reset_index().rename(columns={1: "events"})
    table = table.assign(n=table["events"] + table[2], sex=pd.Categorical(table["Gender"], [2, 1]))
    term = "sex[1]"
    found = compare_risks_from(table, "sex", strata="Dept")
    same_strata(one, found, term)
    same_cmh(one, "cmh", found, term)
    corrected = compare_risks_from(table, "sex", strata="Dept", test="chi2-corrected")
    same_cmh(one, "cmh_corrected", corrected, term)
    exact = compare_risks_from(table, "sex", strata="Dept", test="fisher", odds_ratio="exact")
    odds = exact.odds_ratio.estimate(term, ratio=True)
    agree(one, "cmh_exact.p", exact.tests[term].p_value)
    agree(one, "cmh_exact.or", odds.estimate)
    agree(one, "cmh_exact.conf", [odds.conf_low, odds.conf_high])
    same = found.homogeneity[term]
    agree(one, "tarone", [same.statistic, same.p_value])
    agree(one, "breslow_day", [same.parts["breslow_day"], same.parts["p_breslow_day"]])
    men, women = (table[table["Gender"] == k] for k in (1, 2))
    cells = [part[name].to_numpy(float) for part in (men, women) for name in ("events", "n")]
    other = pooled_difference(*cells, variance="greenland-robins")
    agree(one, "rd.se_greenland_robins", other.std_error)
    assert mantel_haenszel_test(*cells).statistic == found.tests[term].statistic


def test_centres() -> None:
    one, frame = gold("mh.respiratory_by_centre"), ward()
    found = compare_risks(frame, "outcome", "arm", strata="center")
    same_strata(one, found, "arm[1]")
    same_cmh(one, "cmh", found, "arm[1]")
    table = found.groups.pivot_table(index="stratum", columns="group", values=["events", "n"])
    cells = [(name, arm) for arm in ("1", "2") for name in ("events", "n")]
    agree(one, "strata", table[cells].to_numpy())
    arrays = [table[cell].to_numpy(float) for cell in cells]
    other = pooled_difference(*arrays, variance="greenland-robins")
    agree(one, "rd.se_greenland_robins", other.std_error)


def test_tables_in_strata() -> None:
    one = gold("cmh.ixjxk")
    found = association(
        data("housing.csv"), "Infl", "Sat", strata="Type", frequencies="Freq", row_scores="order",
        column_scores=(1, 2, 3),
    )  # fmt: skip
    general, means, linear = (found.tests[key] for key in ("chi2", "mean_scores", "linear"))
    agree(one, "general_association.stat", [general.statistic])
    agree(one, "general_association.df", [general.df])
    agree(one, "general_association.p", general.p_value)
    agree(one, "mean_scores_differ", [means.statistic, means.df, means.p_value])
    agree(one, "linear_by_linear", [linear.statistic, linear.p_value])


def test_rates() -> None:
    one = gold("rates.exact")
    frame = data("bladder2.csv").assign(time=lambda f: f["stop"] - f["start"])
    found = compare_rates(frame, "rx", events="event", exposure="time", subject="id")
    agree(one, "events", found.rates["events"])
    agree(one, "time", found.rates["exposure"])
    for group in ("1", "2"):
        rate = found.by_group.estimate(group)
        agree(one, f"rate_ci_rx{group}", [rate.conf_low, rate.conf_high])
    ratio, test = found.ratio.estimate("rx[2]", ratio=True), found.tests["rx[2]"]
    exact = [ratio.estimate, test.p_value, ratio.conf_low, ratio.conf_high, test.parts["p_less"]]
    agree(one, "rr_exact", exact)
    wald = found.ratio.contrast([1.0], ratio=True)
    agree(one, "rr_wald", [wald.estimate, wald.std_error, wald.conf_low, wald.conf_high])
    difference = found.by_group.contrast({"2": 1, "1": -1})
    agree(one, "rate_difference", [difference.estimate, difference.std_error])
    few = pd.DataFrame({"g": ["a", "b"], "n": [7, 0], "t": [38.0, 40.0]})
    none = compare_rates(few, "g", events="n", exposure="t")
    zero = none.ratio.estimate("g[b]", ratio=True)
    agree(one, "zero_events.est", zero.estimate)
    agree(one, "zero_events.p", none.tests["g[b]"].p_value)
    agree(one, "zero_events.conf", [zero.conf_low, zero.conf_high])
    single = pd.DataFrame({"g": ["a", "b"], "n": [12, 1], "t": [100.0, 100.0]})
    rate = compare_rates(single, "g", events="n", exposure="t").by_group.estimate("a")
    agree(one, "one_rate_vs_ref.conf", [rate.conf_low, rate.conf_high])


def test_binomial() -> None:
    one = gold("binomial_exact")
    for key, (x, n, null) in {
        "two_sided": (13, 40, 0.5), "greater": (13, 40, 0.25), "extreme": (0, 15, 0.1)
    }.items():  # fmt: skip
        greater = key == "greater"
        found = one_risk(x, n, interval="exact", null=null, level=0.9 if greater else 0.95)
        p = binomial_p(x, n, null)
        assert found.p_value == pytest.approx(p[0], rel=1e-12)
        agree(one, f"{key}.stat", [x])
        agree(one, f"{key}.df", [n])
        agree(one, f"{key}.p", p[2] if greater else found.p_value)
        agree(one, f"{key}.estimate", [found.estimate])
        agree(one, f"{key}.conf", [found.conf_low, 1.0 if greater else found.conf_high])


@pytest.mark.parametrize("how", ["holm", "hochberg", "hommel", "bonferroni", "BH", "BY"])
def test_adjusted_p(how: str) -> None:
    one = gold(f"p_adjust.{how}")
    agree(one, "p", value(one, "p"))
    agree(one, "adjusted", adjusted_p(value(one, "p"), how))
    agree(one, "with_ties", adjusted_p([0.02, 0.02, 0.5, 0.01], how))


def test_all_entries_are_compared() -> None:
    tally = goldens.TALLIES[TOPIC]
    if not tally.entries:
        pytest.skip("runs after the comparisons of this file")
    left = {name: goldens.uncovered(TOPIC, name, ASIDE.get(name)) for name in topic(TOPIC)}
    assert {name: keys for name, keys in left.items() if keys} == {}
