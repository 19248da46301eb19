"""Comparisons of means: against scipy, told in another way, and where a case is known.

Tolerances: 1e-10 against scipy and between two ways to the same number.
"""

from __future__ import annotations

from itertools import combinations, product

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

import walkstats as ws
from tests.reference.goldens import data
from walkstats._digits import p_value
from walkstats.errors import DataError
from walkstats.evidence import published
from walkstats.regression import compare_means, compare_means_from
from walkstats.regression.groups import pairwise
from walkstats.regression.groups.pairwise import Centres, Differences
from walkstats.regression.groups.ranks import rank_sum, signed_rank

SAME = 1e-10


def people(seed: int = 3, sizes: tuple[int, ...] = (24, 31)) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    arms = ["control", "walking", "yoga"][: len(sizes)]
    arm = np.repeat(arms, sizes)
    pain = rng.normal(np.repeat([4.0, 3.0, 2.5][: len(sizes)], sizes), 1.5)
    frame = pd.DataFrame({"pain": pain, "arm": pd.Categorical(arm, arms)})
    frame["participant_id"] = np.arange(len(frame))
    return frame.sample(frac=1.0, random_state=seed)


def of(frame: pd.DataFrame, arm: str) -> np.ndarray:
    return frame.loc[frame["arm"] == arm, "pain"].to_numpy()


@pytest.mark.parametrize("method", ["welch", "student"])
def test_t_tests_against_scipy(method: str) -> None:
    frame = people()
    test = stats.ttest_ind(
        of(frame, "walking"), of(frame, "control"), equal_var=method == "student"
    )
    found = compare_means(frame, "pain", "arm", method=method)
    one = found.difference.estimate("arm[walking]")
    low, high = test.confidence_interval(0.95)
    expected = (test.statistic, test.df, test.pvalue, low, high)
    ours = (one.statistic, one.df, one.p_value, one.conf_low, one.conf_high)
    np.testing.assert_allclose(ours, expected, rtol=SAME)
    parts = found.tests["arm[walking]"].parts
    less = stats.ttest_ind(
        of(frame, "walking"), of(frame, "control"), equal_var=method == "student",
        alternative="less",
    )  # fmt: skip
    np.testing.assert_allclose(
        [parts["p_less"], parts["p_greater"]], [less.pvalue, 1 - less.pvalue]
    )


def test_more_arms_against_scipy() -> None:
    frame = people(sizes=(12, 15, 9))
    arms = [of(frame, arm) for arm in ("control", "walking", "yoga")]
    student = compare_means(frame, "pain", "arm", method="student").overall
    assert student is not None
    expected = stats.f_oneway(*arms)
    np.testing.assert_allclose([student.statistic, student.p_value], expected, rtol=SAME)
    ranks = compare_means(frame, "pain", "arm", method="wilcoxon").overall
    assert ranks is not None
    np.testing.assert_allclose([ranks.statistic, ranks.p_value], stats.kruskal(*arms), rtol=SAME)
    found = compare_means(frame, "pain", "arm", pairs="all")
    assert found.difference.terms == ("arm[walking]", "arm[yoga]", "arm[yoga] v. arm[walking]")
    chained = found.difference.contrast([-1, 1, 0])
    direct = found.difference.estimate("arm[yoga] v. arm[walking]")
    two = compare_means(frame[frame["arm"] != "control"], "pain", "arm")
    for one in (chained, direct):
        expected_one = two.difference.estimate("arm[yoga]")
        for name in ("estimate", "std_error", "df", "p_value"):
            assert getattr(one, name) == pytest.approx(getattr(expected_one, name), rel=SAME)
    p = [test.p_value for test in found.tests.values()]
    assert sorted(found.adjusted_p.values())[0] == pytest.approx(3 * min(p))
    assert "p_adjusted" in found.to_frame()
    shown = f"arm[walking] {p_value(found.adjusted_p['arm[walking]'])}"
    assert any("(Holm)" in note and shown in note for note in found.notes)
    plain = compare_means(frame, "pain", "arm", adjust="none")
    assert not plain.adjusted_p
    assert any("not adjusted" in note for note in plain.notes)


def brute_rank_sum(a: np.ndarray, b: np.ndarray) -> tuple[float, float]:
    """W, and its two-sided p-value over all ways to choose the first group."""
    values = np.concatenate([a, b])
    ranks = stats.rankdata(values)
    sums = np.array(
        [ranks[list(chosen)].sum() for chosen in combinations(range(values.size), a.size)]
    )
    observed = ranks[: a.size].sum()
    far = np.abs(sums - sums.mean()) >= abs(observed - sums.mean()) - 1e-9
    return observed - a.size * (a.size + 1) / 2, far.mean()


def brute_signed_rank(d: np.ndarray) -> tuple[float, float]:
    ranks = stats.rankdata(np.abs(d))
    sums = np.array([ranks @ np.array(signs) for signs in product((0, 1), repeat=d.size)])
    observed = ranks[d > 0].sum()
    far = np.abs(sums - sums.mean()) >= abs(observed - sums.mean()) - 1e-9
    return observed, far.mean()


@settings(max_examples=10)
@given(
    st.lists(st.integers(0, 6), min_size=2, max_size=5),
    st.lists(st.integers(0, 6), min_size=2, max_size=5),
)
def test_exact_ranks_by_all_ways(a: list[int], b: list[int]) -> None:
    first, second = np.array(a, float), np.array(b, float)
    found = rank_sum(first, second, 0.95, True)
    statistic, p = brute_rank_sum(first, second)
    assert (found.statistic, found.p_value) == pytest.approx((statistic, p), rel=1e-9)
    changes = np.array(a, float) - 2.5
    single = signed_rank(changes, 0.95, True)
    statistic, p = brute_signed_rank(changes)
    assert (single.statistic, single.p_value) == pytest.approx((statistic, p), rel=1e-9)


def test_limits_of_a_shift_are_where_the_test_turns() -> None:
    frame = people(sizes=(9, 11))
    found = compare_means(frame, "pain", "arm", method="wilcoxon", level=0.9)
    one = found.difference.estimate("arm[walking]")
    a, b = of(frame, "walking"), of(frame, "control")
    for end, inward in ((one.conf_low, 1e-9), (one.conf_high, -1e-9)):
        outside, inside = (
            stats.mannwhitneyu(a - (end + step), b, method="exact").pvalue
            for step in (-inward, inward)
        )
        assert outside <= 0.1 < inside
    assert one.estimate == pytest.approx(np.median(np.subtract.outer(a, b)))


def test_large_groups_take_the_normal_approximation() -> None:
    frame = people(sizes=(55, 60))
    found = compare_means(frame, "pain", "arm", method="wilcoxon")
    test = stats.mannwhitneyu(of(frame, "walking"), of(frame, "control"), method="asymptotic")
    assert found.tests["arm[walking]"].p_value == pytest.approx(test.pvalue, rel=SAME)
    assert found.difference.estimate("arm[walking]").p_value == pytest.approx(test.pvalue, rel=SAME)
    assert any("normal approximation" in note for note in found.notes)


def test_ties_that_rounding_breaks_are_ties() -> None:
    frame = people(sizes=(8, 9)).assign(pain=lambda f: f["pain"].round(1))
    noisy = frame.assign(pain=lambda f: f["pain"] * 0.1 * 3 / 0.3)
    assert (noisy["pain"] != frame["pain"]).any()
    plain, other = (compare_means(f, "pain", "arm", method="wilcoxon") for f in (frame, noisy))
    assert plain.tests["arm[walking]"].p_value == other.tests["arm[walking]"].p_value


def test_too_few_for_the_level() -> None:
    frame = pd.DataFrame({"pain": [1.0, 2, 3, 4, 5, 6], "arm": list("aaabbb")})
    found = compare_means(frame, "pain", "arm", method="wilcoxon")
    one = found.difference.estimate("arm[b]")
    assert (one.conf_low, one.conf_high, one.p_value) == (1.0, 5.0, pytest.approx(0.1))
    assert any("reach 90 % confidence at most" in note for note in found.notes)


@settings(max_examples=10)
@given(st.integers(0, 10_000), st.sampled_from(["welch", "student"]))
def test_published_summaries_say_what_rows_say(seed: int, method: str) -> None:
    frame = people(seed, sizes=(5, 7, 4))
    rows = compare_means(frame, "pain", "arm", method=method)
    printed = compare_means_from(rows.groups, method=method)
    for ours, theirs in zip(
        rows.difference.to_frame().iloc[:, 1:].to_numpy(),
        printed.difference.to_frame().iloc[:, 1:].to_numpy(),
        strict=True,
    ):
        np.testing.assert_allclose(ours, theirs, rtol=1e-9)
    wide = rows.by_group.to_frame().rename(columns={"term": "arm"}).assign(n=rows.groups["n"])
    for spread in ({"std_error": "std_error"}, {"limits": ("conf_low", "conf_high")}):
        again = compare_means_from(wide, "arm", mean="estimate", method=method, **spread)
        np.testing.assert_allclose(again.groups["sd"], rows.groups["sd"], rtol=1e-9)


@settings(max_examples=10)
@given(st.integers(0, 10_000), st.sampled_from(["welch", "student", "wilcoxon"]))
def test_swapped_arms_flip_the_sign(seed: int, method: str) -> None:
    frame = people(seed, sizes=(6, 8))
    turned = frame.assign(arm=frame["arm"].cat.reorder_categories(["walking", "control"]))
    one = compare_means(frame, "pain", "arm", method=method).difference.estimate("arm[walking]")
    other = compare_means(turned, "pain", "arm", method=method).difference.estimate("arm[control]")
    ours = [one.estimate, one.conf_low, one.conf_high, one.statistic, one.p_value]
    theirs = [-other.estimate, -other.conf_high, -other.conf_low, -other.statistic, other.p_value]
    np.testing.assert_allclose(ours, theirs, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("method", ["welch", "wilcoxon"])
def test_order_types_and_labels_do_not_matter(method: str) -> None:
    frame = people().assign(pain=lambda f: f["pain"].round(1))
    expected = compare_means(frame, "pain", "arm", method=method).to_frame()
    codes = {"control": 1.0, "walking": 2.0}
    for other in (
        frame.iloc[::-1].set_index(np.zeros(len(frame))),
        frame.convert_dtypes(dtype_backend="pyarrow"),
        frame.assign(arm=frame["arm"].astype(str), pain=frame["pain"].astype("Float64")),
        frame.assign(arm=frame["arm"].map(codes).astype(float)),
    ):
        found = compare_means(other, "pain", "arm", method=method).to_frame()
        np.testing.assert_allclose(
            found.drop(columns=["measure", "term"]).to_numpy(float),
            expected.drop(columns=["measure", "term"]).to_numpy(float),
            rtol=SAME,
        )


def test_pairs_are_the_test_of_their_differences() -> None:
    frame = data("sleep.csv")
    changes = frame["extra"].to_numpy()[10:] - frame["extra"].to_numpy()[:10]
    found = compare_means(frame.sample(frac=1, random_state=1), "extra", "group", paired="id")
    test = stats.ttest_1samp(changes, 0)
    one = found.difference.estimate("group[2]")
    np.testing.assert_allclose([one.statistic, one.p_value], test, rtol=SAME)
    assert found.counts is not None
    assert (found.counts.used, found.counts.participants) == (20, 10)
    lost = frame.drop(index=3)
    fewer = compare_means(lost, "extra", "group", paired="id")
    assert fewer.counts is not None
    assert dict(fewer.counts.left_out) == {"id seen in one group only": 1}
    assert fewer.difference.estimate("group[2]").df == 8
    zero = frame.assign(extra=[1.0, *frame["extra"][1:10], 1.0, *frame["extra"][11:]])
    ranks = compare_means(zero, "extra", "group", paired="id", method="wilcoxon")
    assert any("2 differences of zero are left out" in note for note in ranks.notes)


def test_walking_against_strengthening() -> None:
    """Shnayderman and Katz-Leurer (2013): walkers gained 26.9 m more, and nothing was shown."""
    found = published("shnayderman2013").set_index("name")
    rows = found.loc[
        [
            "within_group_change.six_min_walk_m.exercise",
            "within_group_change.six_min_walk_m.walking",
        ]
    ]
    table = pd.DataFrame(
        {
            "arm": ["exercise", "walking"],
            "mean": rows["number"].to_numpy(float),
            "low": rows["conf_low"].to_numpy(float),
            "high": rows["conf_high"].to_numpy(float),
            "n": 26,
        }
    )
    result = compare_means_from(table, "arm", limits=("low", "high"), outcome="six-minute walk")
    np.testing.assert_allclose(result.groups["sd"], [59.9, 142.9], atol=0.05)
    one = result.difference.estimate("arm[walking]")
    assert (one.estimate, one.conf_low) == pytest.approx((26.9, -34.9), abs=0.05)
    assert one.p_value > 0.3
    assert any("centre of the limits of row 1 is 70" in note for note in result.notes)
    assert "six-minute walk" in result.method


def test_what_a_reader_must_know() -> None:
    frame = people()
    frame.loc[frame.index[:3], "pain"] = np.nan
    frame.loc[frame.index[5], "arm"] = None
    frame.attrs["source"] = "synthetic: for a test"
    found = compare_means(frame, "pain", "arm")
    assert found.counts is not None
    assert dict(found.counts.left_out) == {"pain missing": 3, "arm missing": 1}
    assert found.groups["missing"].sum() == 3
    assert any(note.startswith("Rows left out by arm:") for note in found.notes)
    assert found.source == found.difference.source == "synthetic: for a test"
    assert found.method.startswith("Welch's t test")
    assert "compared with arm = control" in found.method
    assert "difference in pain" in ws.tables.table_of(found).to_csv().lower()
    assert ws.tables.sentence(found.difference).startswith("Difference in pain")


def test_an_arm_without_answers_is_said() -> None:
    frame = people(sizes=(6, 6, 6))
    frame.loc[frame["arm"] == "yoga", "pain"] = np.nan
    found = compare_means(frame, "pain", "arm")
    assert found.difference.terms == ("arm[walking]",)
    assert any("No row of arm = yoga" in note for note in found.notes)


def test_refusals() -> None:
    frame = people()
    for options, message in (
        ({"method": "median"}, "method must be one of"),
        ({"exact": True}, "belongs to method='wilcoxon'"),
        ({"adjust": "tukey"}, "adjust must be one of"),
        ({"pairs": "some"}, "pairs must be one of"),
    ):
        with pytest.raises(ValueError, match=message):
            compare_means(frame, "pain", "arm", **options)
    unspread = pd.DataFrame({"arm": ["a", "b"], "mean": [1.0, 2.0], "n": [9, 9]})
    with pytest.raises(ValueError, match="Say how much the values vary: name the column of stand"):
        compare_means_from(unspread, "arm")
    with pytest.raises(ValueError, match="Give one of sd="):
        compare_means_from(frame, "arm", sd="pain", std_error="pain")
    with pytest.raises(ValueError, match="method must be one of 'welch', 'student'"):
        compare_means_from(frame, "arm", method="wilcoxon")
    printed = pd.DataFrame({"group": ["a", "b"], "mean": [1, 2], "sd": [1.0, -1], "n": [5, 5]})
    with pytest.raises(DataError, match="sd is negative"):
        compare_means_from(printed)
    with pytest.raises(DataError, match="n is no whole number"):
        compare_means_from(printed.assign(sd=1.0, n=[5, 5.5]))
    with pytest.raises(DataError, match="each once"):
        compare_means_from(printed.assign(sd=1.0, group="a"))
    sleep = data("sleep.csv")
    with pytest.raises(DataError, match="several rows in one group"):
        compare_means(pd.concat([sleep, sleep.head(1)]), "extra", "group", paired="id")
    with pytest.raises(DataError, match="needs 2 groups"):
        compare_means(people(sizes=(5, 5, 5)), "pain", "arm", paired="participant_id")
    with pytest.raises(DataError, match="no value of participant_id is seen in both"):
        compare_means(frame, "pain", "arm", paired="participant_id")
    same = sleep.assign(extra=[1.0] * 10 + [2.0] * 9 + [2.0])
    with pytest.raises(DataError, match="constant in every group"):
        compare_means(same, "extra", "group", paired="id")


@settings(max_examples=10)
@given(
    st.lists(st.integers(-5, 5) | st.floats(-3, 3), min_size=1, max_size=5),
    st.lists(st.integers(-5, 5) | st.floats(-3, 3), min_size=1, max_size=5),
)
def test_ranks_of_differences_without_listing_them(a: list[float], b: list[float]) -> None:
    own, other = np.array(a, float), np.array(b, float)
    brute = np.sort(np.subtract.outer(own, other).ravel())
    found = Differences(np.sort(own), np.sort(other))
    np.testing.assert_allclose([found.at(k) for k in range(found.size)], brute, atol=1e-12)
    row, column = np.triu_indices(own.size)
    centres = np.sort((own[row] + own[column]) / 2)
    means = Centres(np.sort(own))
    np.testing.assert_allclose([means.at(k) for k in range(means.size)], centres, atol=1e-12)


def test_large_groups_need_no_list(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(4)
    own, other = rng.normal(0.5, 1, 60).round(2), rng.normal(0, 1, 55).round(2)
    listed = rank_sum(own, other, 0.95, None), signed_rank(own, 0.95, None)
    monkeypatch.setattr(pairwise, "LISTED", 10)
    found = rank_sum(own, other, 0.95, None), signed_rank(own, 0.95, None)
    for ours, theirs in zip(found, listed, strict=True):
        expected = (theirs.estimate, theirs.low, theirs.high)
        assert (ours.estimate, ours.low, ours.high) == pytest.approx(expected, abs=1e-12)
