"""What must not change, and what must flip, in curves and comparisons of groups (no oracle needed).

Equal means 1e-9 relative: sums run in another order, nothing else differs.
"""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

import walkstats as ws
from tests.relations import costly_relation
from tests.survival.small_trials import everything, same, tied_trials, untied_trials
from walkstats.survival.grouped_rows import read_grouped_rows


@costly_relation
@given(frame=tied_trials, seed=st.integers(0, 1000), robust=st.booleans())
def test_row_order_and_names_of_people_change_nothing(
    frame: pd.DataFrame, seed: int, robust: bool
) -> None:
    shuffled = frame.sample(frac=1, random_state=seed)
    named = shuffled.assign(participant_id=np.random.default_rng(seed).permutation(len(frame)))
    same(everything(frame, robust=robust), everything(named, robust=robust))


@costly_relation
@given(frame=untied_trials, factor=st.sampled_from([1 / 365.25, 1 / 7, 24.0, 1e-9, 1e9]))
def test_unit_of_time_changes_nothing_but_time(frame: pd.DataFrame, factor: float) -> None:
    scaled = frame.assign(days=frame["days"] * factor)
    ours, theirs = everything(frame), everything(scaled, tau=10 * factor, at=6.0 * factor)
    same(ours, theirs, aside=("means", "errors"))
    for name in ("means", "errors"):
        np.testing.assert_allclose(ours[name] * factor, theirs[name], rtol=1e-9, atol=0)
    medians = [ws.survival.kaplan_meier(one, "arm").quantile(0.5) for one in (frame, scaled)]
    np.testing.assert_allclose(medians[0].values * factor, medians[1].values, rtol=1e-9)
    np.testing.assert_allclose(medians[0].limits * factor, medians[1].limits, rtol=1e-9)


@costly_relation
@given(frame=tied_trials)
def test_dates_turned_into_years_keep_their_ties(frame: pd.DataFrame) -> None:
    begin = 17_000 + 37 * np.arange(len(frame))  # days since 1970
    years = frame.assign(days=(begin + frame["days"]) / 365.25 - begin / 365.25)
    theirs = everything(years, tau=13 / 365.25, at=6.01 / 365.25)
    same(everything(frame, tau=13), theirs, aside=("means", "errors"))


@costly_relation
@given(frame=tied_trials)
def test_swapping_arms_flips_the_sign(frame: pd.DataFrame) -> None:
    other = frame.assign(arm=frame["arm"].cat.reorder_categories(["walking", "control"]))
    names = ("arm[walking]", "arm[control]")
    tests = [ws.survival.log_rank(one, "arm") for one in (frame, other)]
    np.testing.assert_allclose(tests[0].statistic, tests[1].statistic, rtol=1e-9)
    fixed = [ws.survival.compare_at(one, "arm", at=6, extend=True) for one in (frame, other)]
    means = [ws.survival.restricted_means(one, "arm", tau=9, extend=True) for one in (frame, other)]
    pairs = [
        *((getattr(fixed[0], m), getattr(fixed[1], m)) for m in ("risk_difference", "risk_ratio")),
        *((getattr(means[0], m), getattr(means[1], m)) for m in ("difference", "ratio")),
    ]
    for left, right in pairs:
        one, two = left.estimate(names[0]), right.estimate(names[1])
        np.testing.assert_allclose(
            [one.estimate, one.std_error, one.conf_low, one.conf_high, one.p_value],
            [-two.estimate, two.std_error, -two.conf_high, -two.conf_low, two.p_value],
            rtol=1e-9, atol=1e-12,
        )  # fmt: skip


@costly_relation
@given(frame=tied_trials, early=st.integers(1, 5), robust=st.booleans())
def test_censored_before_the_first_event_changes_nothing(
    frame: pd.DataFrame, early: int, robust: bool
) -> None:
    frame = frame.assign(days=frame["days"] + 1)
    more = frame.iloc[:early].assign(
        days=0.5, event=0, participant_id=[*"vwxyz"][: min(early, len(frame))]
    )
    ours = everything(frame, robust=robust)
    theirs = everything(pd.concat([frame, more]), robust=robust)
    same(ours, theirs, aside=("censored",))
    assert theirs["censored"] == ours["censored"] + min(early, len(frame))


@costly_relation
@given(frame=tied_trials, cuts=st.lists(st.integers(1, 11), max_size=3), robust=st.booleans())
def test_splitting_follow_up_changes_nothing(
    frame: pd.DataFrame, cuts: list[int], robust: bool
) -> None:
    pieces = []
    for row in frame.to_dict("records"):
        ends = sorted({0.0, *(float(c) for c in cuts if c < row["days"]), row["days"]})
        for begin, end in itertools.pairwise(ends):
            happens = row["event"] if end == row["days"] else 0
            pieces.append({**row, "start_days": begin, "stop_days": end, "event": happens})
    split = pd.DataFrame(pieces).drop(columns="days")
    split["arm"] = pd.Categorical(split["arm"], categories=frame["arm"].cat.categories)
    same(everything(frame, robust=robust), everything(split, robust=robust))


@costly_relation
@given(frame=tied_trials, data=st.data())
def test_a_weight_of_k_is_k_copies(frame: pd.DataFrame, data: st.DataObject) -> None:
    sizes = st.lists(st.integers(1, 3), min_size=len(frame), max_size=len(frame))
    frame["k"] = data.draw(sizes)
    copies = frame.loc[frame.index.repeat(frame["k"])].assign(participant_id=None)
    theirs = everything(copies, subject=None)
    same(everything(frame, frequencies="k"), theirs)
    same(everything(frame, weights="k", robust=False), theirs)
    by_rows = everything(frame, frequencies="k", robust=True)
    same(by_rows, everything(copies, subject=None, robust=True))


@costly_relation
@given(frame=untied_trials)
def test_log_rank_is_the_score_test_of_cox(frame: pd.DataFrame) -> None:
    test = ws.survival.log_rank(frame, "arm")
    if np.isnan(test.statistic):
        return
    score = ws.survival.cox(frame, "arm").tests["score"]
    # Where no arm has more events than expected, either may be a rounding error squared.
    np.testing.assert_allclose(test.statistic, score.statistic, rtol=1e-8, atol=1e-24)


@costly_relation
@given(frame=tied_trials)
def test_without_censoring_the_curve_is_the_empirical_one(frame: pd.DataFrame) -> None:
    frame = frame.assign(event=1)
    grid = np.arange(0, 13)
    curve = ws.survival.kaplan_meier(frame, extend=True).at(grid)
    share = (frame["days"].to_numpy()[:, None] > grid).mean(axis=0)
    np.testing.assert_allclose(curve["estimate"], share, atol=1e-12)
    means = ws.survival.restricted_means(frame, tau=9)
    n, cut = len(frame), np.minimum(frame["days"], 9)
    np.testing.assert_allclose(means.by_group.values[0], cut.mean(), rtol=1e-12)
    # Times that are all the same have an error of 0, which is no certainty and is not given.
    error = cut.std(ddof=0) / n**0.5 if cut.nunique() > 1 else np.nan
    np.testing.assert_allclose(means.by_group.std_errors[0], error, atol=1e-12)


@costly_relation
@given(frame=tied_trials, tau=st.floats(0.5, 14))
def test_the_restricted_mean_is_the_area_under_the_curve(frame: pd.DataFrame, tau: float) -> None:
    means = ws.survival.restricted_means(frame, "arm", tau=tau, extend=True)
    curve = ws.survival.kaplan_meier(frame, "arm", extend=True)
    edges = np.unique(np.concatenate([[0.0, tau], frame["days"][frame["days"] < tau]]))
    heights = curve.at(edges[:-1])["estimate"].to_numpy().reshape(len(curve.groups), -1)
    np.testing.assert_allclose(means.by_group.values, heights @ np.diff(edges), rtol=1e-12)


@costly_relation
@given(frame=tied_trials, column=st.sampled_from(["days", "event", "arm", "site"]))
def test_a_missing_value_is_left_out_and_counted(frame: pd.DataFrame, column: str) -> None:
    longer = frame.iloc[[*range(len(frame)), 0]].astype({"event": float})
    longer["participant_id"] = np.arange(len(longer))
    longer.iloc[-1, longer.columns.get_loc(column)] = np.nan
    same(everything(frame), everything(longer))
    counts = ws.survival.log_rank(longer, "arm", strata="site").counts
    assert counts.left_out == {f"{column} missing": 1}
    assert (counts.rows, counts.used) == (len(frame) + 1, len(frame))


CONVERSIONS = {
    "nullable": lambda f: f.astype({"days": "Int64", "event": "boolean"}),
    "small": lambda f: f.astype({"days": "int16", "event": "int8"}),
    "bool": lambda f: f.astype({"event": bool, "site": "category"}),
    "float": lambda f: f.astype({"days": "Float64", "event": "Int64", "site": "string"}),
    "arrow": lambda f: f.astype(
        {"days": "float64[pyarrow]", "event": "bool[pyarrow]", "site": "string[pyarrow]"}
    ),
    "unused levels": lambda f: f.assign(
        arm=f["arm"].cat.set_categories(["yoga", "control", "walking", "pills"])
    ),
    "text": lambda f: f.assign(arm=f["arm"].astype(str)),
}


@costly_relation
@given(frame=tied_trials, kind=st.sampled_from(sorted(CONVERSIONS)))
def test_types_of_columns_do_not_matter(frame: pd.DataFrame, kind: str) -> None:
    same(everything(frame), everything(CONVERSIONS[kind](frame)))


@costly_relation
@given(frame=tied_trials, kind=st.sampled_from(["integer", "float", "boolean"]))
def test_numbered_groups_and_booleans_are_groups(frame: pd.DataFrame, kind: str) -> None:
    codes = frame["arm"].cat.codes
    coded = {"integer": codes, "float": codes + 1.0, "boolean": codes == 1}[kind]
    labels = {"integer": ("0", "1"), "float": ("1", "2"), "boolean": ("False", "True")}[kind]
    same(everything(frame), everything(frame.assign(arm=coded)))
    assert read_grouped_rows(frame.assign(arm=coded), "arm").labels == labels
