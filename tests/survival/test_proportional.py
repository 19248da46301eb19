"""cox() as its users meet it: what it reads, refuses, says and hands over."""

import pickle

import numpy as np
import pandas as pd
import pytest

import walkstats as ws
from walkstats.errors import DataError, FitError

cox = ws.survival.cox


@pytest.fixture
def trial() -> pd.DataFrame:
    rng = np.random.default_rng(11)
    n = 200
    arm = rng.choice(["control", "walking"], n)
    days = np.ceil(rng.exponential(200, n) * np.where(arm == "walking", 1.4, 1.0))
    return pd.DataFrame(
        {
            "participant_id": [f"P{i:03}" for i in range(n)],
            "arm": pd.Categorical(arm, categories=["control", "walking"]),
            "age": rng.normal(55, 12, n).round(1),
            "site": rng.choice(["a", "b", "c"], n),
            "more_than_two": rng.random(n) < 0.5,
            "days": np.minimum(days, 365),
            "event": days <= 365,
        }
    )


@pytest.fixture
def spells(trial) -> pd.DataFrame:
    """Two spells of everybody, an event possible in each."""
    half = (trial["days"] / 2).round()
    first = trial.assign(start_days=0.0, stop_days=half)
    second = trial.assign(start_days=half, stop_days=trial["days"])
    both = pd.concat([first, second], ignore_index=True).drop(columns="days")
    return both[both["stop_days"] > both["start_days"]]


# --- what comes out -----------------------------------------------------------------------------


def test_a_fit_is_complete(trial):
    fit = cox(trial, "arm + age", strata=["site", "more_than_two"])
    assert fit.terms == ("arm[walking]", "age")
    assert fit.state == "converged"
    assert fit.counts.used == fit.counts.participants == 200
    assert fit.counts.events == trial["event"].sum()
    assert str(fit.counts) == f"{fit.counts.events} events among 200 participants"
    assert set(fit.tests) == {"likelihood_ratio", "score", "wald"}
    assert fit.strata == ("site", "more_than_two")
    assert fit.stratum_values[0] == ("a", False)
    assert len(fit.stratum_values) == 6
    codes = [fit.stratum_values[code] for code in fit.risk_sets.strata]
    assert codes == list(zip(trial["site"], trial["more_than_two"], strict=True))
    assert fit.columns == {"time": "days", "event": "event", "subject": "participant_id"}
    assert np.allclose(fit.centre, fit.matrix.mean(axis=0))
    assert fit.kept.tolist() == list(range(200))
    ratio = fit.estimate("arm[walking]", ratio=True)
    assert ratio.estimate == pytest.approx(np.exp(fit.values[0]))
    assert ratio.conf_low < ratio.estimate < ratio.conf_high


def test_a_fit_can_be_kept_and_not_changed(trial):
    fit = pickle.loads(pickle.dumps(cox(trial, "arm + age")))
    assert np.array_equal(fit.values, cox(trial, "arm + age").values)
    with pytest.raises(ValueError, match="read-only"):
        fit.values[0] = 0.0
    with pytest.raises(ValueError, match="read-only"):
        cox(trial, "arm").matrix[0] = 0.0


def test_the_frame_is_left_as_it_was(trial):
    before = trial.copy(deep=True)
    cox(trial, "arm + age", strata="site")
    pd.testing.assert_frame_equal(trial, before)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({}, "Efron's approximation for tied events. Model-based variance."),
        ({"ties": "breslow"}, "Breslow's approximation"),
        ({"ties": "exact"}, "discrete likelihood"),
        ({"strata": ["site", "more_than_two"]}, "stratified by site and more_than_two"),
        ({"robust": True}, "Robust (sandwich) variance."),
        ({"cluster": "site"}, "Robust (sandwich) variance clustered by site (3 clusters)."),
        ({"offset": "age"}, "offset age"),
    ],
)
def test_the_method_says_what_was_done(trial, options, said):
    assert said in cox(trial, "arm", **options).method


def test_the_source_is_handed_on(trial):
    trial.attrs["source"] = "synthetic: a test"
    assert cox(trial, "arm").source == "synthetic: a test"


def test_no_covariates_give_the_null_likelihood(trial):
    fit = cox(trial, "1")
    assert fit.terms == ()
    assert fit.log_likelihood == fit.log_likelihood_null
    assert fit.log_likelihood == pytest.approx(cox(trial, "arm").log_likelihood_null)
    assert len(fit.to_frame()) == 0


def test_the_offset_enters_the_null_likelihood_too(trial):
    trial["o"] = 0.02 * trial["age"]
    free, fixed = cox(trial, "arm + age"), cox(trial, "arm", offset="o")
    assert fixed.log_likelihood_null != free.log_likelihood_null
    assert fixed.log_likelihood < free.log_likelihood
    centred = trial.assign(o=trial["o"] + 1e4)
    assert cox(centred, "arm", offset="o").values[0] == pytest.approx(fixed.values[0], rel=1e-9)


# --- several rows of one participant ------------------------------------------------------------


def test_repeated_people_are_clustered(spells):
    fit = cox(spells, "arm + age")
    assert "clustered by participant_id (200 clusters)" in fit.method
    assert "pieces of one follow-up" not in fit.method
    assert fit.counts.participants == 200
    assert fit.counts.used == len(spells)
    assert np.array_equal(
        fit.covariance, cox(spells, "arm + age", cluster="participant_id").covariance
    )
    assert not np.allclose(fit.covariance, fit.naive_covariance)
    assert "robust_score" in fit.tests


def test_pieces_of_one_follow_up_are_said_to_be_that(spells):
    spells["event"] &= spells["start_days"] > 0
    assert "whose rows are pieces of one follow-up" in cox(spells, "arm").method


def test_rows_may_be_taken_as_independent_on_purpose(spells):
    fit = cox(spells, "arm", robust=False)
    assert np.array_equal(fit.covariance, fit.naive_covariance)
    assert any("taken as independent" in note for note in fit.notes)
    assert "clustered" not in cox(spells, "arm", subject=None).method


def test_repeated_people_without_entry_times_are_refused(trial):
    twice = pd.concat([trial, trial.head(3)])
    with pytest.raises(
        DataError, match=r"participant_id repeats: .*one row per participant"
    ) as caught:
        cox(twice, "arm")
    assert caught.value.problems["ids"][0] == "P000, P001, P002"
    assert cox(twice, "arm", cluster="participant_id").counts.participants == 200


def test_overlapping_rows_of_one_person_are_refused(spells):
    spells.loc[spells["start_days"] > 0, "start_days"] -= 1
    with pytest.raises(DataError, match=r"rows of the same participant_id overlap"):
        cox(spells, "arm")
    fit = cox(spells, "arm", cluster="participant_id")
    assert any("overlap in time" in note for note in fit.notes)
    assert cox(spells.assign(k=spells["start_days"] > 0), "arm", strata="k").state == "converged"


def test_ids_must_be_known(spells):
    spells["participant_id"] = spells["participant_id"].where(spells.index != 3)
    with pytest.raises(DataError, match="participant_id is missing in 1 of"):
        cox(spells, "arm")


def test_clusters_must_be_known_and_are_not_many_when_few(trial):
    with pytest.raises(DataError, match="site is missing in 2 of"):
        cox(trial.assign(site=trial["site"].where(trial.index > 1)), "arm", cluster="site")
    with pytest.raises(DataError, match="site is missing in 2 of"):
        cox(trial.assign(site=trial["site"].where(trial.index > 1, " ")), "arm", cluster="site")
    assert any("few clusters" in note for note in cox(trial, "arm", cluster="site").notes)


# --- rows without follow-up ---------------------------------------------------------------------


def test_people_without_follow_up_are_counted_and_not_at_risk(trial):
    trial.loc[:1, ["days", "event"]] = [0, False]
    fit = cox(trial, "arm")
    assert fit.counts.participants == 200
    assert "2 rows are not at risk: no follow-up." in fit.notes
    assert fit.values[0] == pytest.approx(cox(trial.iloc[2:], "arm").values[0], rel=1e-9)
    trial["entry"] = 0
    same = cox(trial, "arm", entry="entry")
    assert "2 rows are not at risk: no follow-up." in same.notes
    assert same.values[0] == pytest.approx(fit.values[0], rel=1e-9)


def test_events_at_time_zero_count_where_nobody_enters_later(trial):
    trial.loc[0, ["days", "event"]] = [0, True]
    assert "1 row has its event at time 0." in cox(trial, "arm").notes
    with pytest.raises(DataError, match=r"1 event\(s\) in rows that stop where they start"):
        cox(trial.assign(entry=0), "arm", entry="entry")


# --- weights ------------------------------------------------------------------------------------


def test_fractional_weights_bring_a_robust_variance(trial):
    fit = cox(trial.assign(w=0.5), "arm", weights="w")
    assert "Robust (sandwich) variance, weights fractional." in fit.method
    plain = cox(trial, "arm", robust=True)
    assert fit.values[0] == pytest.approx(plain.values[0])
    assert np.allclose(fit.covariance, plain.covariance)
    assert "Model-based" in cox(trial.assign(w=2), "arm", weights="w").method


def test_a_row_of_weight_zero_is_as_if_left_out(trial):
    trial["w"] = np.where(trial.index < 20, 0.0, 1.0)
    fit, without = cox(trial, "arm", weights="w"), cox(trial.iloc[20:], "arm")
    assert fit.values[0] == pytest.approx(without.values[0])
    assert fit.covariance[0, 0] == pytest.approx(without.covariance[0, 0])


def test_tied_events_of_weight_k_are_not_k_copies_under_efron(trial):
    trial["k"] = 2
    trial["days"] = np.ceil(trial["days"] / 30)
    weighted, copied = (
        cox(trial, "arm", robust=False, **{how: "k"}) for how in ("weights", "frequencies")
    )
    assert weighted.values[0] == pytest.approx(cox(trial, "arm").values[0])
    assert copied.values[0] != pytest.approx(weighted.values[0], rel=1e-6)


# --- what cannot be fitted ----------------------------------------------------------------------


@pytest.mark.parametrize("change", [{"event": 0}, {"event": False}])
def test_no_events(trial, change):
    with pytest.raises(FitError, match="No events among 200 participants"):
        cox(trial.assign(**change), "arm")


def test_one_arm(trial):
    walking = trial[trial["arm"] == "walking"]
    message = rf"comparison needs 2 arms, found 1 \(walking, n={len(walking)}\)"
    with pytest.raises(DataError, match=message):
        cox(walking, "arm")


@pytest.mark.parametrize(
    ("formula", "strata", "words"),
    [
        ("arm + three", None, "three is constant"),
        ("arm + age + twice", None, "age and twice are collinear"),
        (
            "arm + site",
            "site",
            r"site\[b\] and site\[c\]: at no event time do those at risk in a stratum",
        ),
        ("arm", "where", r"arm\[walking\]: at no event time .* \(where\) it is fixed: use fewer"),
    ],
)
def test_columns_that_cannot_be_told_apart_are_named(trial, formula, strata, words):
    more = {"three": 3.0, "twice": 2 * trial["age"] + 1, "where": trial["arm"].astype(str)}
    with pytest.raises(FitError, match=words):
        cox(trial.assign(**more), formula, strata=strata)


def test_nearly_collinear_columns_are_told(trial):
    trial["again"] = trial["age"] + 1e-6 * np.arange(200) % 7e-6
    fit = cox(trial, "arm + age + again")
    note = next(note for note in fit.notes if "nearly collinear" in note)
    assert note.startswith("age and again are nearly collinear (condition number")


@pytest.mark.parametrize("formula", ["arm + participant_id", "arm + event", "days", "age * event"])
def test_follow_up_and_ids_are_no_covariates(trial, formula):
    with pytest.raises(ValueError, match="cannot be a covariate as well"):
        cox(trial, formula)


@pytest.mark.parametrize(
    ("formula", "words"), [("event ~ arm", "has a left side"), ("0 + arm", "without intercept")]
)
def test_formulas_of_other_models(trial, formula, words):
    with pytest.raises(ValueError, match=words):
        cox(trial, formula)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"ties": "Efron"}, "ties must be one of"),
        ({"level": 95}, "Write 0.95"),
        ({"cluster": "site", "robust": False}, "leave robust=False out"),
        ({"ties": "exact", "robust": True}, "no robust or clustered variance"),
        ({"ties": "exact", "cluster": "site"}, "no robust or clustered variance"),
        ({"ties": "exact", "weights": "age"}, "no case weights"),
        ({"strata": "nowhere"}, "No column 'nowhere'"),
        ({"cluster": "nowhere"}, "No column 'nowhere'"),
        ({"offset": "nowhere"}, "No column 'nowhere'"),
        ({"subject": "nowhere"}, "No column 'nowhere'"),
    ],
)
def test_arguments_that_do_not_go(trial, options, words):
    with pytest.raises(ValueError, match=words):
        cox(trial, "arm", **options)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"event": lambda one: one["event"] + 1}, r"must be 0/1 or boolean; found \{1, 2\}"),
        ({"days": -2}, "time is negative"),
        ({"days": np.inf}, "time is infinite"),
        ({"age": lambda one: one["age"].astype(str)}, "numbers as text"),
        ({"age": [f"{k},5" for k in range(200)]}, "numbers as text"),
        ({"age": np.inf}, "age is infinite"),
        ({"w": -1}, "missing or negative"),
    ],
)
def test_data_that_do_not_go(trial, change, words):
    with pytest.raises(DataError, match=words):
        cox(trial.assign(**{"w": 1, **change}), "arm + age", weights="w")


def test_an_empty_frame(trial):
    with pytest.raises(DataError, match="0 rows are left"):
        cox(trial.head(0), "arm")


def test_rows_left_out_are_counted_by_reason_and_arm(trial):
    trial.loc[3:7, "age"] = np.nan
    trial.loc[10, "site"] = None
    fit = cox(trial, "arm + age", strata="site")
    assert dict(fit.counts.left_out) == {"site missing": 1, "age missing": 5}
    lost = trial["arm"].iloc[[3, 4, 5, 6, 7, 10]].value_counts(sort=False)
    assert (
        f"Rows left out by arm: control {lost['control']}, walking {lost['walking']}." in fit.notes
    )
    events = trial.iloc[[3, 4, 5, 6, 7, 10]].query("event == 1")
    by_arm = events["arm"].value_counts(sort=False)
    each = ", ".join(f"{arm} {count}" for arm, count in by_arm.items() if count)
    assert f"{len(events)} events among the rows left out, by arm: {each}." in fit.notes
    assert fit.counts.events_left_out == len(events) > 1
    assert str(fit.counts).endswith(f"; {len(events)} events among the rows left out")
    assert len(fit.index) == len(fit.matrix) == 194


# --- odd data that are fitted -------------------------------------------------------------------


@pytest.mark.parametrize("ties", ["efron", "breslow", "exact"])
def test_all_events_at_one_time(trial, ties):
    fit = cox(trial.assign(days=6), "arm + age", ties=ties)
    assert fit.state == "converged"
    assert np.all(np.isfinite(fit.std_errors))


def test_one_event_is_noted(trial):
    fit = cox(trial.assign(event=trial.index == 50), "age")
    assert any("one event only" in note for note in fit.notes)


def test_times_that_differ_by_rounding_are_merged_and_counted(trial):
    years = trial["days"] / 365.25
    moved = years + np.where(trial.index % 2, 1e-14, 0)
    fit = cox(trial.assign(days=moved), "arm")
    assert fit.values[0] == pytest.approx(cox(trial, "arm").values[0], rel=1e-9)
    assert any("differed from another by rounding only" in note for note in fit.notes)


def test_an_arm_without_events_is_infinite_in_words(trial):
    trial["event"] &= trial["arm"] == "control"
    fit = cox(trial, "arm + age")
    assert fit.state == "infinite"
    ratio = fit.estimate("arm[walking]", ratio=True)
    assert (ratio.estimate, ratio.conf_low) == (0.0, 0.0)
    assert 0 < ratio.conf_high < 0.2
    assert np.isnan([ratio.std_error, ratio.p_value]).all()
    note = next(note for note in fit.notes if note.startswith("The hazard ratio of arm[walking]"))
    assert "is zero" in note
    assert f"below {ratio.conf_high:.3g}" in note
    assert fit.tests["likelihood_ratio"].p_value < 1e-10
    assert np.isnan(fit.tests["wald"].p_value)
    age = fit.estimate("age")
    alone = cox(trial[trial["arm"] == "control"], "age").estimate("age")
    assert age.estimate == pytest.approx(alone.estimate, rel=1e-6)
    assert age.std_error == pytest.approx(alone.std_error, rel=1e-6)
    wider = cox(trial, "arm + age", level=0.99).estimate("arm[walking]", ratio=True)
    assert wider.conf_high > ratio.conf_high


def test_a_search_that_does_not_end_is_said(trial, monkeypatch):
    from walkstats.survival import partial_maximum

    monkeypatch.setenv("WALKSTATS_ENGINE", "numpy")  # the compiled search knows no other end
    search = partial_maximum.maximise
    monkeypatch.setattr(
        partial_maximum, "maximise", lambda *a, **k: search(*a, **{**k, "max_iterations": 1})
    )
    fit = cox(trial, "arm + age")
    assert fit.state == "not converged"
    assert any("did not converge" in note for note in fit.notes)


# --- more coefficients than the data can tell apart ---------------------------------------------


def test_labels_of_rows_are_no_covariate(trial):
    events = trial["event"].sum()
    trial["pid"] = trial["participant_id"]
    with pytest.raises(FitError, match=f"pid is text .* 199 coefficients for {events} events"):
        cox(trial, "arm + pid")


def test_coefficients_must_be_fewer_than_events(trial):
    trial["ward"] = pd.Categorical(np.arange(200) % 10)
    few = trial.assign(event=trial["event"] & (trial["event"].cumsum() <= 10))
    with pytest.raises(FitError, match=r"10 coefficients \(9 of them of ward\) .* 10 events"):
        cox(few, "arm + ward")
    assert len(cox(few, "ward").terms) == 9
