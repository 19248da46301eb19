"""Comparisons of risks: against scipy, by exact sums, told in another way, and published examples.

Tolerances: 1e-9 against scipy and exact fractions; half a unit of the last digit where a paper
prints a number.
"""

from __future__ import annotations

from fractions import Fraction
from math import comb

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import optimize, stats

import walkstats as ws
from walkstats.errors import DataError
from walkstats.regression import (
    association,
    compare_paired_risks_from,
    compare_risks,
    compare_risks_from,
    one_risk,
)
from walkstats.regression.groups.associations import exact_p
from walkstats.regression.groups.before_and_after import tango, tango_z
from walkstats.regression.groups.exact_odds import exact_odds

SAME = 1e-9
CELLS = st.tuples(*[st.integers(0, 12)] * 4).filter(
    lambda c: c[0] + c[1] > 0 and c[2] + c[3] > 0 and 0 < c[0] + c[2] < sum(c)
)


def printed(x1: int, n1: int, x0: int, n0: int) -> pd.DataFrame:
    return pd.DataFrame({"arm": ["control", "walking"], "events": [x0, x1], "n": [n0, n1]})


def rows(table: pd.DataFrame, **more: object) -> pd.DataFrame:
    parts = [
        pd.DataFrame(
            {**{c: one[c] for c in table.columns if c not in ("events", "n")}, **more,
             "better": [1] * one["events"] + [0] * (one["n"] - one["events"])}
        )
        for one in table.to_dict("records")
    ]  # fmt: skip
    frame = pd.concat(parts, ignore_index=True)
    frame["participant_id"] = np.arange(len(frame))
    return frame


def exact_fractions(x1: int, n1: int, x0: int, n0: int) -> Fraction:
    """Two-sided p-value of Fisher's test in whole numbers."""
    events, ways = x1 + x0, {}
    for k in range(max(0, events - n0), min(n1, events) + 1):
        ways[k] = comb(n1, k) * comb(n0, events - k)
    return Fraction(sum(w for w in ways.values() if w <= ways[x1]), sum(ways.values()))


@settings(max_examples=10)
@given(CELLS)
def test_fisher_in_whole_numbers(cells: tuple[int, int, int, int]) -> None:
    x1, rest1, x0, rest0 = cells
    found = compare_risks_from(printed(x1, x1 + rest1, x0, x0 + rest0), "arm")
    test = found.tests["arm[walking]"]
    expected = float(exact_fractions(x1, x1 + rest1, x0, x0 + rest0))
    assert test.p_value == pytest.approx(expected, rel=SAME)
    greater = stats.fisher_exact([[x1, rest1], [x0, rest0]], alternative="greater").pvalue
    assert test.parts["p_greater"] == pytest.approx(greater, rel=SAME)
    for estimates in (found.difference, found.ratio, found.odds_ratio):
        shown = estimates.estimate("arm[walking]").p_value
        assert shown == pytest.approx(expected, rel=1e-8, abs=1e-15)


def test_conditional_odds_ratio_against_scipy() -> None:
    table = [[33, 21], [25, 32]]
    theirs = stats.contingency.odds_ratio(table, kind="conditional")
    ours = exact_odds(*(np.array([x]) for x in (33.0, 54.0, 25.0, 57.0)), 0.95)
    assert ours.estimate == pytest.approx(theirs.statistic, rel=1e-7)
    low, high = theirs.confidence_interval(0.95)
    assert (ours.low, ours.high) == pytest.approx((low, high), rel=1e-7)


@settings(max_examples=10)
@given(CELLS, st.sampled_from([{}, {"difference": "mee", "ratio": "score", "test": "chi2"}]))
def test_swapped_arms(cells: tuple[int, int, int, int], options: dict[str, str]) -> None:
    x1, rest1, x0, rest0 = cells
    one = compare_risks_from(printed(x1, x1 + rest1, x0, x0 + rest0), "arm", **options)
    other = compare_risks_from(
        printed(x0, x0 + rest0, x1, x1 + rest1), "arm", odds_ratio="woolf", **options
    )
    for measure in ("difference", "ratio", "odds_ratio"):
        ours, theirs = (getattr(f, measure).estimate("arm[walking]") for f in (one, other))
        expected = [-theirs.estimate, -theirs.conf_high, -theirs.conf_low, theirs.p_value]
        found = [ours.estimate, ours.conf_low, ours.conf_high, ours.p_value]
        np.testing.assert_allclose(found, expected, rtol=1e-6, atol=1e-9)


def test_rows_say_what_counts_say() -> None:
    table = printed(12, 30, 7, 33)
    frame = rows(table).sample(frac=1, random_state=2)
    counts = compare_risks_from(table, "arm").to_frame()
    for other in (
        frame,
        frame.convert_dtypes(dtype_backend="pyarrow"),
        frame.assign(better=frame["better"].astype(bool)),
        frame.assign(better=frame["better"].astype("Int64")),
    ):
        pd.testing.assert_frame_equal(compare_risks(other, "better", "arm").to_frame(), counts)
    words = frame.assign(better=frame["better"].map({1: "yes", 0: "no"}))
    named = compare_risks(words, "better", "arm", event_value="yes")
    pd.testing.assert_frame_equal(named.to_frame(), counts)
    assert "better = yes" in named.method
    again = compare_risks_from(named.groups, "group")
    np.testing.assert_allclose(again.difference.values, named.difference.values)


def test_published_examples() -> None:
    """Newcombe (1998), Koopman (1984), and Fisher's test of the trial's adverse events."""
    for cells, expected in (
        ((56, 70, 48, 80), (0.0524, 0.3339)), ((9, 10, 3, 10), (0.1705, 0.8090)),
        ((10, 10, 0, 20), (0.6791, 1.0)),
    ):  # fmt: skip
        one = compare_risks_from(printed(*cells), "arm").difference.estimate("arm[walking]")
        assert (one.conf_low, one.conf_high) == pytest.approx(expected, abs=5e-5)
    koopman = compare_risks_from(printed(36, 40, 16, 80), "arm", ratio="score")
    one = koopman.ratio.estimate("arm[walking]", ratio=True)
    assert (one.conf_low, one.conf_high) == pytest.approx((2.94, 7.15), abs=5e-3)


def test_numbers_needed_run_over_infinity() -> None:
    unsure = compare_risks_from(printed(12, 40, 10, 40), "arm")
    needed = unsure.numbers_needed.iloc[0]
    assert needed["effect"] == "one event more"
    assert needed["more_high"] == needed["fewer_high"] == np.inf
    assert any("over infinity" in note for note in unsure.notes)
    sure = compare_risks_from(printed(30, 40, 10, 40), "arm")
    one = sure.difference.estimate("arm[walking]")
    expected = [1 / one.conf_high, 1 / one.conf_low]
    found = sure.numbers_needed[["more_low", "more_high"]].to_numpy()[0]
    np.testing.assert_allclose(found.astype(float), expected)
    assert sure.numbers_needed[["fewer_low", "fewer_high"]].isna().all(axis=None)
    equal = compare_risks_from(printed(10, 40, 10, 40), "arm").numbers_needed.iloc[0]
    assert (equal["effect"], equal["estimate"]) == ("none", np.inf)


def test_groups_without_events() -> None:
    found = compare_risks_from(printed(0, 20, 5, 20), "arm")
    ratio = found.ratio.estimate("arm[walking]", ratio=True)
    assert (ratio.estimate, ratio.conf_low, ratio.conf_high) == (0.0, 0.0, np.inf)
    assert any("has no event" in note for note in found.notes)
    better = compare_risks_from(printed(0, 20, 5, 20), "arm", ratio="score", odds_ratio="exact")
    ratio = better.ratio.estimate("arm[walking]", ratio=True)
    assert (ratio.estimate, ratio.conf_low) == (0.0, 0.0)
    assert 0.5 < ratio.conf_high < 1.0
    odds = better.odds_ratio.estimate("arm[walking]", ratio=True)
    expected = stats.contingency.odds_ratio([[0, 20], [5, 15]]).confidence_interval(0.95)
    assert (odds.conf_low, odds.conf_high) == pytest.approx(tuple(expected), rel=1e-7)
    everybody = compare_risks_from(printed(20, 20, 20, 20), "arm", ratio="score")
    ratio = everybody.ratio.estimate("arm[walking]", ratio=True)
    assert (ratio.conf_low, ratio.conf_high) == pytest.approx((0.8389, 1 / 0.8389), abs=1e-4)
    assert everybody.tests["arm[walking]"].p_value == 1.0
    log = compare_risks_from(printed(20, 20, 20, 20), "arm").ratio.estimate("arm[walking]")
    assert np.isnan(log.conf_low)
    nobody = compare_risks_from(printed(0, 20, 0, 20), "arm")
    one = nobody.difference.estimate("arm[walking]")
    assert (one.conf_low, one.conf_high) == pytest.approx((-0.1611, 0.1611), abs=1e-4)
    assert np.isnan(nobody.ratio.values[0])


def test_one_stratum_is_no_stratum() -> None:
    table = printed(12, 30, 7, 33)
    frame = rows(table, clinic="A")
    crude = compare_risks(frame, "better", "arm", test="chi2", difference="wald")
    one = compare_risks(frame, "better", "arm", strata="clinic")
    for measure in ("difference", "ratio", "odds_ratio"):
        ours, theirs = getattr(one, measure), getattr(crude, measure)
        np.testing.assert_allclose(ours.values, theirs.values, rtol=SAME)
    n = len(frame)
    plain = crude.tests["arm[walking]"].statistic
    assert one.tests["arm[walking]"].statistic == pytest.approx(plain * (n - 1) / n)
    exact = compare_risks(frame, "better", "arm", strata="clinic", test="fisher")
    fisher = compare_risks(frame, "better", "arm").tests["arm[walking]"].p_value
    assert exact.tests["arm[walking]"].p_value == pytest.approx(fisher, rel=SAME)


def test_strata_with_one_arm_say_nothing() -> None:
    table = pd.concat(
        [printed(12, 30, 7, 33).assign(clinic="A"), printed(9, 20, 6, 20).assign(clinic="B")]
    )
    found = compare_risks_from(table, "arm", strata="clinic")
    lonely = pd.concat([table, printed(3, 5, 0, 0).iloc[[1]].assign(clinic="C")])
    more = compare_risks_from(lonely, "arm", strata="clinic")
    assert any("1 strata have nobody of walking or of control" in note for note in more.notes)
    for measure in ("difference", "ratio", "odds_ratio"):
        np.testing.assert_allclose(getattr(more, measure).values, getattr(found, measure).values)
    people = rows(table)
    assert people["clinic"].nunique() == 2
    again = compare_risks(people, "better", "arm", strata=["clinic"])
    np.testing.assert_allclose(again.odds_ratio.values, found.odds_ratio.values)


def test_a_common_difference_without_variance_has_no_limits() -> None:
    frame = pd.DataFrame({"arm": ["c", "w"] * 4, "well": [False, True] * 4, "at": list("aaaabbbb")})
    row = compare_risks(frame, "well", "arm", strata="at").difference.estimate("arm[w]")
    assert row.estimate == 1.0
    assert np.isnan([row.std_error, row.conf_low, row.conf_high]).all()


def test_only_limits_that_can_be_asked_for_are_named() -> None:
    frame = rows(printed(0, 10, 3, 10), clinic="A")
    plain = compare_risks(frame, "better", "arm").notes
    assert any("say nothing; ratio='score' and odds_ratio='exact' do." in note for note in plain)
    strata = compare_risks(frame, "better", "arm", strata="clinic").notes
    assert any("say nothing; odds_ratio='exact' does." in note for note in strata)
    taken = compare_risks(frame, "better", "arm", ratio="score", odds_ratio="exact").notes
    assert not any("say nothing" in note for note in taken)


def test_mcnemar_is_mantel_haenszel_of_pairs() -> None:
    table = pd.DataFrame([[40, 21], [13, 37]], index=["no", "yes"], columns=["no", "yes"])
    cells = [(a, b) for a in (0, 1) for b in (0, 1) for _ in range(int(table.iloc[a, b]))]
    wide = pd.DataFrame(cells, columns=["before", "after"]).rename_axis("pid").reset_index()
    long = wide.melt("pid", var_name="time", value_name="pain")
    long["time"] = pd.Categorical(long["time"], ["before", "after"])
    paired = compare_risks(long, "pain", "time", paired="pid", test="chi2")
    strata = compare_risks(long, "pain", "time", strata="pid", subject=None)
    term = "time[after]"
    assert paired.tests[term].statistic == pytest.approx(strata.tests[term].statistic)
    ours, theirs = (f.odds_ratio.estimate(term, ratio=True) for f in (paired, strata))
    assert ours.estimate == pytest.approx(theirs.estimate) == pytest.approx(21 / 13)
    counted = compare_paired_risks_from(table, "time", odds_ratio="exact")
    exact = counted.odds_ratio.estimate(term, ratio=True)
    share = stats.binomtest(21, 34).proportion_ci(0.95)
    expected = (share.low / (1 - share.low), share.high / (1 - share.high))
    assert (exact.conf_low, exact.conf_high) == pytest.approx(expected, rel=SAME)
    assert counted.difference.values[0] == pytest.approx(8 / 111)
    assert counted.tests[term].p_value == pytest.approx(stats.binomtest(21, 34).pvalue)


def test_tango_against_the_likeliest_tables() -> None:
    """His score statistic with the nuisance probability found by searching the likelihood."""
    gained, lost, m = 21.0, 13.0, 111.0
    for d in (-0.2, -0.01, 0.05, 0.3):

        def unlikely(q: float, d: float = d) -> float:
            same = 1 - 2 * q - d
            return -(gained * np.log(q + d) + lost * np.log(q) + (m - gained - lost) * np.log(same))

        low, high = max(0.0, -d) + 1e-9, (1 - d) / 2 - 1e-9
        q = optimize.minimize_scalar(unlikely, bounds=(low, high), method="bounded",
                                     options={"xatol": 1e-12}).x  # fmt: skip
        z = (gained - lost - m * d) / np.sqrt(m * (2 * q + d - d**2))
        assert tango_z(gained, lost, m, d) == pytest.approx(z, rel=1e-5)
    low, high = tango(gained, lost, m, 0.95)
    z = stats.norm.ppf(0.975)
    assert tango_z(gained, lost, m, low) == pytest.approx(z)
    assert tango_z(gained, lost, m, high) == pytest.approx(-z)
    chi2 = (gained - lost) ** 2 / (gained + lost)
    assert tango_z(gained, lost, m, 0.0) ** 2 == pytest.approx(chi2)
    assert tango(0.0, 0.0, 30.0, 0.95) == pytest.approx((-0.1135, 0.1135), abs=1e-4)


def test_tango_covers_what_it_says_by_all_tables() -> None:
    """The exact coverage over all tables of 20 pairs: near 95 %, where Wald's falls short."""
    m = 20
    b, c = (part[np.add.outer(range(m + 1), range(m + 1)) <= m] for part in np.indices((21, 21)))
    limits = np.array(
        [tango(float(x), float(y), float(m), 0.95) for x, y in zip(b, c, strict=True)]
    )
    half = 1.96 * np.sqrt(b + c - (b - c) ** 2 / m) / m
    covered = []
    for gain, loss in ((0.1, 0.1), (0.3, 0.1), (0.4, 0.3), (0.15, 0.02)):
        cells, shares = np.stack([b, c, m - b - c], axis=1), [gain, loss, 1 - gain - loss]
        chance = stats.multinomial.pmf(cells, m, shares)
        inside = (limits[:, 0] <= gain - loss) & (gain - loss <= limits[:, 1])
        wald = np.abs((b - c) / m - gain + loss) <= half
        covered.append((chance[inside].sum(), chance[wald].sum()))
    tangos, walds = np.array(covered).T
    assert walds.min() < 0.935 < tangos.min() <= tangos.max() < 0.985


def test_trend_of_two_groups_is_chi_squared() -> None:
    found = compare_risks_from(printed(12, 30, 7, 33), "arm", scores=(0, 1), test="chi2")
    assert found.trend is not None
    assert found.trend.statistic == pytest.approx(found.tests["arm[walking]"].statistic)
    assert found.trend.parts["slope"] == pytest.approx(found.difference.values[0])
    with pytest.raises(ValueError, match="scores must be 'order' or 2 numbers"):
        compare_risks_from(printed(12, 30, 7, 33), "arm", scores=(0, 1, 2))


def minutes() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "minutes": ["0-29", "30-74", "75-129", "130+"],
            "events": [20, 14, 9, 6],
            "n": [40, 41, 39, 40],
        }
    )


def test_more_groups() -> None:
    found = compare_risks_from(minutes(), "minutes", scores="order")
    assert found.overall is not None
    table = minutes()
    cells = np.column_stack([table["events"], table["n"] - table["events"]])
    theirs = stats.chi2_contingency(cells, correction=False)
    np.testing.assert_allclose([found.overall.statistic, found.overall.p_value], theirs[:2])
    assert found.trend is not None
    assert found.trend.p_value < found.overall.p_value
    assert len(found.adjusted_p) == 3
    between = found.difference.contrast([0, -1, 1])
    p = np.array([9 / 39, 6 / 40])
    error = np.sqrt(np.sum(p * (1 - p) / np.array([39, 40])))
    assert between.std_error == pytest.approx(error)
    every = compare_risks_from(minutes(), "minutes", pairs="all")
    assert len(every.difference.terms) == 6
    assert "p_adjusted" in every.to_frame()
    layered = compare_risks_from(
        pd.concat([minutes().assign(sex="f"), minutes().assign(sex="m")]), "minutes", strata="sex"
    )
    assert layered.overall is not None
    assert layered.overall.df == 3


def test_association_against_scipy() -> None:
    table = np.array([[8, 3, 1], [2, 5, 4]])
    frame = pd.DataFrame(table).stack().rename("n").reset_index()
    frame.columns = pd.Index(["arm", "pain", "n"])
    found = association(frame, "arm", "pain", frequencies="n")
    theirs = stats.chi2_contingency(table)
    ours = found.tests["chi2"]
    np.testing.assert_allclose([ours.statistic, ours.p_value, ours.df], theirs[:3])
    ratio = stats.chi2_contingency(table, lambda_="log-likelihood")
    assert found.tests["likelihood_ratio"].statistic == pytest.approx(ratio[0])
    assert any("fewer than 5 people" in note for note in found.notes)
    repeated = frame.loc[frame.index.repeat(frame["n"])]
    again = association(repeated, "arm", "pain")
    assert again.to_frame().equals(found.to_frame())
    turned = association(frame, "pain", "arm", frequencies="n")
    for name in ("chi2", "exact"):
        assert turned.tests[name].p_value == pytest.approx(found.tests[name].p_value)
    assert exact_p(table[:, :2].astype(float), np.inf) == pytest.approx(
        stats.fisher_exact(table[:, :2]).pvalue
    )
    assert "exact" not in association(frame, "arm", "pain", frequencies="n", exact=False).tests
    with pytest.raises(ValueError, match="column_scores must be 'order' or 3 numbers"):
        association(frame, "arm", "pain", frequencies="n", column_scores=(1, 2))
    with pytest.raises(DataError, match="n is no whole number"):
        association(frame.assign(n=0.5), "arm", "pain", frequencies="n")


def test_what_a_table_and_a_sentence_say() -> None:
    found = compare_risks_from(printed(183, 351, 190, 350), "arm", outcome="an adverse event")
    text = ws.tables.table_of(found).to_csv()
    for word in ("Risk difference", "Risk ratio", "Odds ratio", "0.60"):
        assert word in text
    assert "Fisher's exact test" in found.method
    assert "an adverse event" in found.method
    assert ws.tables.sentence(found.ratio).startswith(
        "Risk ratio 0.96 (95% CI 0.84 to 1.10; p = 0.6"
    )


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"difference": "exact"}, "difference must be one of"),
        ({"ratio": "woolf"}, "ratio must be one of"),
        ({"odds_ratio": "log"}, "odds_ratio must be one of"),
        ({"test": "g"}, "test must be one of"),
        ({"scores": "linear"}, "scores must be one of"),
        ({"strata": "clinic", "difference": "mee"}, "is of unstratified groups"),
        ({"strata": "clinic", "paired": "participant_id"}, "do not go together"),
        ({"paired": "participant_id", "scores": "order"}, "groups without pairs"),
    ],
)
def test_refusals(options: dict[str, object], message: str) -> None:
    frame = rows(printed(12, 30, 7, 33), clinic="A")
    with pytest.raises(ValueError, match=message):
        compare_risks(frame, "better", "arm", **options)


def test_counts_that_cannot_be() -> None:
    table = printed(12, 30, 7, 33)
    for bad, message in (
        (table.assign(events=40), "events is above n"),
        (table.assign(events=[1.5, 2]), "events is no whole number"),
        (table.assign(n=[30, np.nan]), "n is missing"),
        (table.assign(events=0, n=[0, 30]), "n is 0"),
        (table.head(1), "needs 2 groups"),
    ):
        with pytest.raises(DataError, match=message):
            compare_risks_from(bad, "arm")
    twice = pd.concat([table, table]).assign(clinic="A")
    with pytest.raises(DataError, match="each group of each stratum once"):
        compare_risks_from(twice, "arm", strata="clinic")
    apart = pd.concat(
        [
            table.assign(clinic=["A", "B"], n=[30, 0], events=[7, 0]),
            table.assign(clinic=["B", "A"], n=[0, 33], events=[0, 9]),
        ]
    )
    with pytest.raises(DataError, match="has nobody in any stratum"):
        compare_risks_from(apart.assign(n=[30, 0, 30, 0], events=0), "arm", strata="clinic")
    lonely = pd.DataFrame({"arm": ["a", "b"], "clinic": ["A", "B"], "events": [3, 4], "n": [9, 9]})
    with pytest.raises(DataError, match="no stratum of clinic has people of b and of a"):
        compare_risks_from(lonely, "arm", strata="clinic")
    with pytest.raises(ValueError, match="2 rows and 2 columns"):
        compare_paired_risks_from(table)
    for wrong in ((3, 2), (-1, 5), (1, 0)):
        with pytest.raises(ValueError, match="events must be 0 to n"):
            one_risk(*wrong)
    with pytest.raises(ValueError, match="must be a whole number"):
        one_risk(1.5, 3)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="null must be a risk"):
        one_risk(1, 3, null=3.0)
