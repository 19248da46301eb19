"""Completed data: what stays, what is drawn, from the seed alone; and what is refused."""

import numpy as np
import pandas as pd
import pytest

import walkstats as ws
from walkstats.errors import DataError
from walkstats.missing import impute, pool
from walkstats.regression import ols


def wide(rows=120, seed=5):
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(
        {
            "participant_id": [f"p{k:03}" for k in range(rows)],
            "arm": pd.Categorical(["control", "walking"] * (rows // 2)),
            "age": rng.integers(20, 70, rows),
            "pain": rng.integers(0, 11, rows).astype(float),
            "works": rng.random(rows) < 0.6,
            "job": rng.choice(["desk", "feet", "none"], rows),
        }
    )
    frame["minutes"] = (20 * (10 - frame["pain"]) + rng.normal(0, 20, rows)).round()
    frame["works"] = frame["works"].astype("boolean")
    for name, share in (("minutes", 0.2), ("pain", 0.1), ("works", 0.15), ("job", 0.1)):
        frame.loc[rng.random(rows) < share, name] = None
    frame.attrs["source"] = "synthetic: made for a test"
    return frame


def made(frame=None, **given):
    options = {"imputations": 5, "seed": 1, "iterations": 3} | given
    return impute(wide() if frame is None else frame, **options)


def test_known_values_stay_and_gaps_are_filled():
    frame = wide()
    before = frame.copy()
    filled = made(frame)
    pd.testing.assert_frame_equal(frame, before)
    assert set(filled.imputed) == {"minutes", "pain", "works", "job"}
    for one in filled.frames:
        assert not one.isna().any().any()
        assert one.dtypes.equals(frame.dtypes)
        for name in frame.columns:
            known = frame[name].notna()
            assert (one.loc[known, name] == frame.loc[known, name]).all()
            assert filled.imputed.get(name, np.zeros(120, bool)).sum() == (~known).sum()


def test_predictive_mean_matching_takes_values_of_the_same_arm():
    frame = wide()
    frame.loc[frame["arm"] == "walking", "minutes"] += 1000
    filled = made(frame, columns="minutes", imputations=20)
    for one in filled.frames:
        for arm in ("control", "walking"):
            known = frame.loc[(frame["arm"] == arm) & frame["minutes"].notna(), "minutes"]
            assert set(one.loc[one["arm"] == arm, "minutes"]) <= set(known)


def test_data_sets_differ_and_the_seed_decides():
    one, two, other = made(), made(), made(seed=2)
    for name in one.values:
        assert np.array_equal(one.values[name], two.values[name])
    assert not np.array_equal(one.values["minutes"], other.values["minutes"])
    assert len({row.tobytes() for row in one.values["minutes"]}) == 5
    more = made(imputations=8)  # the first five are the same
    assert np.array_equal(more.values["minutes"][:5], one.values["minutes"])


def test_the_number_of_workers_changes_nothing():
    from joblib import parallel_config

    with parallel_config(backend="threading"):
        two = made(workers=2)
    for name, values in made().values.items():
        assert np.array_equal(two.values[name], values)


def test_what_was_imputed_is_said_everywhere():
    filled = made(columns="minutes")
    table = filled.to_frame().set_index("group")
    lacking = wide().groupby("arm", observed=True)["minutes"].agg(lambda v: v.isna().sum())
    assert table["imputed"].to_dict() == lacking.to_dict()
    fits = [ols(one, "minutes ~ arm") for one in filled.frames]
    total = int(lacking.sum())
    words = f"minutes {total} of 120 values (control {lacking['control']}, walking"
    assert f"; imputation 2 of 5: {words}" in fits[1].source
    pooled = pool(fits)
    assert f"; 5 imputations: {words}" in pooled.source
    assert pooled.source.startswith("synthetic: made for a test")
    assert "predictive mean matching with 5 donors (minutes)" in filled.method
    assert "seed 1" in filled.method


def long():
    """Pain at three visits, falling apart by person; one visit without a row."""
    rng = np.random.default_rng(8)
    level = np.repeat(rng.normal(5, 2, 40), 3)
    frame = pd.DataFrame(
        {
            "participant_id": np.repeat([f"p{k}" for k in range(40)], 3),
            "arm": np.repeat(["control", "walking"] * 20, 3),
            "month": np.tile([3, 6, 12], 40),
            "pain": level + rng.normal(0, 0.1, 120),
            "pain_baseline": level,
        }
    )
    frame["pain_change"] = frame["pain"] - frame["pain_baseline"]
    frame.loc[[5, 17, 58], ["pain", "pain_change"]] = np.nan
    return frame.drop(index=40)  # p13 at month 6


def test_the_other_visits_of_a_person_tell_the_missing_one():
    frame = long()
    filled = impute(
        frame, columns="pain", methods={"pain": "normal"}, visit="month", imputations=5, seed=3
    )
    assert filled.notes == ("1 row(s) added for visits without one.",)
    one = filled.frame(1)
    assert len(one) == 120
    assert one.groupby("participant_id")["month"].apply(sorted).map(tuple).nunique() == 1
    level = frame.set_index(["participant_id"])["pain_baseline"].groupby(level=0).first()
    gaps = one[filled.imputed["pain"]]
    assert len(gaps) == 4
    assert np.abs(gaps["pain"] - level[gaps["participant_id"]].to_numpy()).max() < 0.6
    # Changes follow; what is the same in all rows of a person is so in the row added.
    whole = filled.frame(2)
    np.testing.assert_allclose(whole["pain_change"], whole["pain"] - whole["pain_baseline"])
    assert whole.loc[whole["participant_id"] == "p13", "arm"].nunique() == 1


def test_a_baseline_is_imputed_once_a_person():
    # Asked for beside the outcome, it is neither drawn anew at each visit nor at visits added.
    frame = long().drop(columns="pain_change")
    frame.loc[frame["participant_id"].isin(["p2", "p7"]), "pain_baseline"] = np.nan
    filled = impute(
        frame, columns=["pain", "pain_baseline"], visit="month", imputations=2, seed=3, iterations=2
    )
    assert "pain_baseline stays the same at all visits: imputed once a person." in filled.notes
    assert filled.imputed["pain_baseline"].sum() == 6
    for one in filled.frames:
        assert one.groupby("participant_id")["pain_baseline"].nunique().max() == 1
        assert one["pain_baseline"].notna().all()


def test_arms_are_counted_in_their_order_whoever_comes_first():
    frame = wide().sort_values("arm", ascending=False)
    assert made(frame).to_frame()["group"].tolist()[:2] == ["control", "walking"]


def test_visits_in_another_order_of_rows_are_the_same_visits():
    frame = long()
    one = impute(frame, columns="pain", visit="month", imputations=2, seed=3)
    two = impute(frame.iloc[::-1], columns="pain", visit="month", imputations=2, seed=3)
    assert one.to_frame().equals(two.to_frame().sort_values("group", ignore_index=True))


def test_a_predictor_that_separates_has_finite_draws():
    frame = wide()
    frame["works"] = (frame["pain"] > 5).astype("boolean").where(wide()["works"].notna(), None)
    filled = made(frame, columns="works", using=["pain", "age"])
    assert set(np.unique(filled.values["works"])) <= {0.0, 1.0}
    known = frame["pain"].notna() & frame["works"].isna() & (frame["pain"] > 8)
    shares = [one.loc[known, "works"].mean() for one in filled.frames]
    assert np.mean(shares) > 0.8


def test_what_cannot_be_used_is_left_out_and_said():
    frame = wide().assign(
        remark=[f"said {k}" for k in range(120)], seen=pd.Timestamp("2024-03-01"), empty=np.nan
    )
    filled = made(frame)
    assert len(filled.notes) == 3
    assert any(note.startswith("remark was neither imputed nor used") for note in filled.notes)
    assert filled.frame(1)["empty"].isna().all()


def test_few_imputations_are_said():
    assert made(imputations=2).notes == (
        "2 imputations are few: standard errors and p-values vary with the seed.",
    )


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"imputations": 1}, "imputations must be a whole number of at least 2"),
        ({"seed": None}, "seed must be a whole number"),
        ({"columns": "pian"}, "No column 'pian'"),
        ({"methods": {"minutes": "mean"}}, "the method of minutes must be one of"),
        ({"methods": {"job": "logistic"}}, "job cannot be imputed by 'logistic'"),
        ({"methods": {"hight": "pmm"}}, "methods names 'hight', which is not imputed"),
        ({"columns": "age", "using": ["arm"]}, "Nothing is missing"),
        ({"columns": ["pain"], "visit": "month"}, "No column 'month' for the visit"),
        ({"methods": "pmm"}, "methods names columns"),
    ],
)
def test_arguments_that_cannot_be_used(given, said):
    with pytest.raises(ValueError, match=said):
        made(**given)


def test_data_that_cannot_be_imputed():
    frame = wide()
    with pytest.raises(DataError, match="several rows: p000"):
        made(pd.concat([frame, frame.iloc[[0]]]))
    with pytest.raises(DataError, match="empty has no known value"):
        made(frame.assign(empty=np.nan), columns="empty")
    with pytest.raises(DataError, match="pain has no known value in control: there is nothing"):
        made(frame.assign(pain=frame["pain"].where(frame["arm"] != "control")), columns="pain")
    with pytest.raises(DataError, match=r"known value\(s\) in control and \d predictors"):
        made(frame.head(12))
    with pytest.raises(DataError, match="arm is missing in 1 row"):
        made(frame.assign(arm=frame["arm"].where(frame.index > 0)))
    with pytest.raises(DataError, match="the frame has no rows"):
        made(frame.head(0))
    with pytest.raises(ValueError, match=r"numbered from 1 to 5; got 1\.5"):
        made(frame, columns="pain").frame(1.5)
    with pytest.raises(DataError, match="pain is infinite"):
        made(frame.assign(pain=frame["pain"].replace(3.0, np.inf)), columns="pain")


def test_the_sample_is_completed_by_arm_and_visit():
    visits = ws.derive.visits(ws.load_sample("walkback-like"), measures="rmdq")
    filled = impute(
        visits, columns="rmdq", using=["rmdq_baseline"], visit="month", imputations=2,
        iterations=1, seed=4,
    )  # fmt: skip
    one = filled.frame(1)
    assert one["rmdq"].notna().all()
    assert int(filled.imputed["rmdq"].sum()) == int(visits["rmdq"].isna().sum())
    assert one["rmdq"].between(0, 24).all()
    assert one.attrs["source"].startswith("synthetic")


def test_the_origin_of_a_predictor_changes_nothing():
    rng = np.random.default_rng(4)
    x = rng.normal(size=90)
    frame = pd.DataFrame({"x": x, "y": 3 * x + rng.normal(0, 0.1, 90)})
    frame["above"] = pd.Series(x > 0).astype("boolean").where(frame.index > 29, None)
    truth = frame["y"].head(30).to_numpy(copy=True)
    frame.loc[frame.index < 30, "y"] = np.nan
    for shift in (0.0, 2000.0):
        moved = frame.assign(x=frame["x"] + shift)
        filled = made(moved, columns="y", using=["x"], methods={"y": "normal"})
        assert np.abs(filled.values["y"] - truth).max() < 0.6
        agree = made(moved, columns="above", using=["x"]).values["above"] == (x[:30] > 0)
        assert agree.mean() > 0.8


def test_a_predictor_of_which_the_known_rows_tell_nothing_is_left_out():
    rng = np.random.default_rng(4)
    frame = pd.DataFrame({"y": rng.normal(size=60), "job": ["a", "b"] * 25 + ["c"] * 10})
    frame["since"] = np.where(frame["job"] == "c", 2.0, 1.0)
    # The same as x among the known rows, and something else among the others.
    frame["x"] = rng.normal(size=60)
    frame["twin"] = frame["x"].where(frame["job"] != "c", 50.0)
    frame.loc[50:, "y"] = np.nan
    filled = made(frame, columns="y", methods={"y": "normal"})
    assert np.abs(filled.values["y"]).max() < 5


def test_numbers_that_are_0_or_1_can_be_imputed_by_logistic_regression():
    frame = wide().assign(smokes=lambda f: f["works"].astype("Int64"))
    for method in ("logistic", "polytomous", "pmm"):
        filled = made(frame, columns="smokes", using=["age"], methods={"smokes": method})
        assert set(np.unique(filled.values["smokes"])) == {0.0, 1.0}
        assert filled.frame(1)["smokes"].dtype == "Int64"


def test_predictors_left_out_for_their_gaps_are_named():
    (note,) = made(columns="minutes").notes
    assert note.startswith("Not used to predict, since they have gaps of their own: pain, works, j")


def test_a_change_follows_an_imputed_baseline_and_another_definition_stays():
    frame = pd.DataFrame({"pain": np.arange(30.0), "pain_baseline": np.arange(30.0) ** 1.5})
    frame.loc[:3, "pain_baseline"] = np.nan
    frame["pain_change"] = frame["pain"] - frame["pain_baseline"]
    whole = made(frame, columns="pain_baseline").frame(1)
    np.testing.assert_allclose(whole["pain_change"], whole["pain"] - whole["pain_baseline"])
    better = frame.assign(pain_change=-frame["pain_change"])
    better.loc[3, "pain_change"] = 7.0
    one = made(better, columns="pain_baseline").frame(1)
    pd.testing.assert_series_equal(one["pain_change"], better["pain_change"])


def test_what_is_true_or_false_is_not_false_in_rows_that_are_added():
    frame = long().assign(pain=1.0, flare=np.arange(119) % 2 == 0)
    filled = impute(frame, columns="flare", visit="month", imputations=2, seed=1)
    assert filled.imputed["flare"].sum() == 1
    other = impute(
        frame.assign(pain=frame["pain"].where(frame.index != 3)), columns="pain",
        visit="month", imputations=2, seed=1,
    )  # fmt: skip
    assert other.frame(1)["flare"].isna().sum() == 1


def test_a_missing_baseline_is_filled_in_all_rows_of_a_person():
    frame = long()
    frame.loc[frame["participant_id"] == "p4", ["pain_baseline", "pain_change"]] = np.nan
    filled = impute(
        frame, columns="pain", using=["pain_baseline"], visit="month", imputations=2, seed=1
    )
    for one in filled.frames:
        mine = one.loc[one["participant_id"] == "p4", "pain_baseline"]
        assert len(mine) == 3
        assert mine.notna().all()
        assert mine.nunique() == 1


def test_somebody_in_two_arms_is_refused():
    frame = long()
    frame.loc[0, "arm"] = "walking"
    with pytest.raises(DataError, match=r"1 participant\(s\) are in several groups of arm: p0"):
        impute(frame, columns="pain", visit="month", imputations=2, seed=1)


def test_what_never_varies_is_filled_with_it():
    frame = wide().assign(age=None)
    frame["room"] = pd.Categorical(["a"] * 100 + [None] * 20, categories=["a", "b"])
    frame["level"] = [4000.0] * 100 + [None] * 20
    filled = made(frame[["arm", "room", "level"]], methods={"level": "normal"})
    assert set(filled.frame(1)["room"]) == {"a"}
    np.testing.assert_allclose(filled.values["level"], 4000.0, rtol=1e-12)


def test_data_without_a_source_say_what_was_imputed():
    frame = wide()
    frame.attrs = {}
    filled = made(frame, columns="minutes")
    pooled = pool([ols(one, "minutes ~ arm") for one in filled.frames])
    assert pooled.source.startswith("5 imputations: minutes ")
