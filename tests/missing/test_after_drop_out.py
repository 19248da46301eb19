"""Events after drop-out: their law, what a hazard ratio of 1 must give, and refusals."""

import numpy as np
import pandas as pd
import pytest

from walkstats.errors import DataError
from walkstats.missing import impute_after_drop_out, pool, tipping_point
from walkstats.missing.after_drop_out import _curve, _draw
from walkstats.survival import cox, kaplan_meier

END = 365.0


def events(rows=300, seed=2):
    rng = np.random.default_rng(seed)
    arm = np.array(["control", "walking"] * (rows // 2))
    time = np.ceil(rng.exponential(np.where(arm == "walking", 300, 180)) / 30) * 30
    lost = np.ceil(rng.exponential(500, rows))
    day = np.minimum(np.minimum(time, lost), END)
    frame = pd.DataFrame(
        {
            "participant_id": [f"p{k}" for k in range(rows)],
            "arm": arm,
            "days": day,
            "event": time <= np.minimum(lost, END),
        }
    )
    early = np.where(lost < END, "withdrawn: moved away", "end of follow-up")
    frame["ended_by"] = np.where(frame["event"], "recurrence", early)
    frame.loc[0, ["days", "event", "ended_by"]] = [10.0, False, "died"]
    return frame


def completed(**given):
    return impute_after_drop_out(events(), **({"until": END, "imputations": 30, "seed": 3} | given))


def test_only_those_lost_are_imputed():
    frame, made = events(), completed()
    lost = frame["ended_by"].str.startswith("withdrawn").to_numpy()
    assert np.array_equal(made.imputed["days"], lost)
    assert not lost[0]  # death is no drop-out
    for one in made.frames[:3]:
        assert one.dtypes.equals(frame.dtypes)
        pd.testing.assert_frame_equal(one[~lost], frame[~lost])
        assert (one.loc[lost, "days"] > frame.loc[lost, "days"]).all()
        assert (one["days"] <= END).all()
        # Whoever has no event is followed to the planned end.
        assert (one.loc[lost & ~one["event"], "days"] == END).all()
        # An event happens on a day on which somebody of the arm had one.
        for arm in ("control", "walking"):
            mine = lost & (one["arm"] == arm) & one["event"]
            days = frame.loc[frame["event"] & (frame["arm"] == arm), "days"]
            assert set(one.loc[mine, "days"]) <= set(days)


def test_the_law_of_a_draw():
    # Two steps; lost at day 1 with survival 1, until the second step 0.5 * 0.6 = 0.3.
    steps, survival = np.array([30.0, 60.0]), np.array([0.5, 0.3])
    rng = np.random.default_rng(5)
    n = 40_000
    for ratio in (1.0, 2.0, 0.5):
        day, happened = _draw(
            rng, steps, survival, np.full(n, 1.0), np.full(n, 90.0), np.full(n, ratio)
        )
        for at, left in ((30.0, 0.5**ratio), (60.0, 0.3**ratio)):
            share = 1 - np.mean(happened.astype(bool) & (day <= at))
            assert abs(share - left) < 3.29 * np.sqrt(left * (1 - left) / n)
    day, happened = _draw(rng, steps, survival, np.full(n, 45.0), np.full(n, 90.0), np.ones(n))
    assert abs(happened.mean() - 0.4) < 3.29 * np.sqrt(0.24 / n)
    assert set(day[happened == 1]) == {60.0}


def test_the_curve_is_kaplan_meiers():
    frame = events()
    steps, survival = _curve(frame["days"].to_numpy(), frame["event"].to_numpy())
    curve = kaplan_meier(frame).frame.set_index("days")["estimate"]
    np.testing.assert_allclose(survival, curve.loc[steps], rtol=1e-12)


def test_a_hazard_ratio_of_one_is_censoring_at_random():
    # The mean of the completed curves is the Kaplan-Meier curve, but for the draws of participants.
    frame = events()
    made = completed(imputations=80)
    for arm in ("control", "walking"):
        mine = frame["arm"] == arm
        known = kaplan_meier(frame[mine]).at(300.0)
        shares = [1 - ((one["days"] <= 300) & one["event"])[mine].mean() for one in made.frames]
        error = np.std(shares, ddof=1) / np.sqrt(80)
        # The one who died is no gap, so that the share is of those with an outcome.
        assert abs(np.mean(shares) - float(known["estimate"].iloc[0])) < 3.29 * error + 1 / 150


def test_a_worse_hazard_moves_the_ratio():
    alone = cox(events(), "arm").estimate("arm[walking]", ratio=True).estimate
    ratios = [
        pool([cox(f, "arm") for f in completed(hazard_ratio={"walking": r}).frames])
        .estimate("arm[walking]", ratio=True)
        .estimate
        for r in (1.0, 3.0)
    ]
    assert abs(np.log(ratios[0] / alone)) < 0.05
    assert ratios[1] > ratios[0] * 1.05


def test_a_tipping_point_over_hazard_ratios():
    found = tipping_point(
        lambda ratio: completed(hazard_ratio=ratio, imputations=10),
        lambda frame: cox(frame, "arm"),
        term="arm[walking]",
        deltas={"walking": [1, 4, 16]},
    )
    assert found.no_change == 1.0
    assert found.measure == "hazard ratio"
    assert np.all(np.diff(found.results["estimate"]) > 0)


def test_the_number_of_workers_changes_nothing():
    from joblib import parallel_config

    with parallel_config(backend="threading"):
        two = completed(workers=2)
    assert np.array_equal(two.values["days"], completed().values["days"])


def test_who_was_lost_can_be_named():
    frame = events().assign(gone=lambda f: f["ended_by"].eq("withdrawn: moved away") & f["arm"].eq("walking"))  # fmt: skip  # noqa: E501
    made = impute_after_drop_out(frame, until=END, imputations=2, seed=1, lost="gone")
    assert set(frame.loc[made.imputed["days"], "arm"]) == {"walking"}
    bare = frame.drop(columns=["ended_by", "arm"])
    made = impute_after_drop_out(bare, until=END, imputations=2, seed=1)
    assert made.imputed["days"].sum() == (~frame["event"] & (frame["days"] < END)).sum()


def test_refusals():
    with pytest.raises(ValueError, match="Nobody dropped out"):
        completed(until=1.0)
    with pytest.raises(ValueError, match="hazard_ratio must be above 0"):
        completed(hazard_ratio=0)
    with pytest.raises(ValueError, match="No group 'wlaking' of arm"):
        completed(hazard_ratio={"wlaking": 2})
    with pytest.raises(ValueError, match="No column 'planned_end_days' for until"):
        completed(until="planned_end_days")
    frame = events().assign(end=END)
    frame.loc[3, "end"] = np.nan
    with pytest.raises(DataError, match="end is missing in 1 row"):
        impute_after_drop_out(frame, until="end", imputations=2, seed=1)
    frame.loc[3, "days"] = np.nan
    with pytest.raises(DataError, match=r"1 row\(s\) have no time or event"):
        impute_after_drop_out(frame, until=END, imputations=2, seed=1)


def test_whoever_is_still_censored_is_said():
    (note,) = completed(imputations=2).notes
    assert note == "1 participant(s) censored before the planned end were not imputed: died 1."
    assert (
        impute_after_drop_out(
            events().drop(columns="ended_by"), until=END, imputations=2, seed=1
        ).notes
        == ()
    )


def test_groups_that_are_numbers():
    frame = events().assign(arm=lambda f: f["arm"].eq("walking").astype(int))
    by_number = impute_after_drop_out(frame, until=END, imputations=2, seed=3, hazard_ratio={1: 5})
    by_name = completed(imputations=2, hazard_ratio={"walking": 5})
    assert np.array_equal(by_number.values["days"], by_name.values["days"])
    with pytest.raises(ValueError, match="There are no groups"):
        impute_after_drop_out(frame, until=END, imputations=2, seed=3, by=None, hazard_ratio={1: 5})


def test_the_hazard_after_drop_out_goes_with_every_frame():
    said = completed(imputations=2, hazard_ratio=2).frame(1).attrs["source"]
    assert said.endswith("imputed (hazard ratio after drop-out of 2)")
    assert completed(imputations=2).frame(1).attrs["source"].endswith("imputed")
