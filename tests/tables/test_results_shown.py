"""Fits, curves, tests and their like as tables and sentences, on real data."""

import dataclasses
import re

import numpy as np
import pandas as pd
import pytest

import walkstats as ws
from tests.reference.goldens import data
from walkstats.results import Counts, CoxFit, Curve, Estimate, Estimates, HypothesisTest
from walkstats.tables import fit_table, sentence, table_of


@pytest.fixture(scope="module")
def lung():
    frame = data("lung.csv").rename(columns={"time": "days"})
    frame["event"] = frame["status"] == 2
    frame["sex"] = pd.Categorical(frame["sex"].map({1: "male", 2: "female"}), ["male", "female"])
    frame.attrs["source"] = "lung"
    return frame


@pytest.fixture(scope="module")
def fits(lung):
    return {
        "Unadjusted": ws.survival.cox(lung, "sex"),
        "Adjusted": ws.survival.cox(lung, "sex + age + rcs(wt_loss, 3)", strata="ph_ecog"),
    }


def labels(table):
    return [row.label for row in table.rows]


def test_fits_side_by_side(fits):
    table = fit_table(fits)
    assert [c.over for c in table.columns] == ["Unadjusted"] * 2 + ["Adjusted"] * 2
    assert labels(table) == [
        "Sex", "male", "female", "age", "wt loss (spline, 3 knots)", "Participants", "Events",
    ]  # fmt: skip
    assert table.texts()[1] == ["reference", "", "reference", ""]
    assert table.texts()[3][:2] == ["", ""]
    assert table.texts()[5] == ["228", "", "213", ""]


def test_the_numbers_of_a_fit_table_are_those_of_the_fit(fits):
    frame = fit_table(fits).to_frame()
    shown = frame[(frame["label"] == "female") & (frame["over"] == "Adjusted")]
    one = fits["Adjusted"].estimate("sex[female]", ratio=True)
    assert shown["value"].tolist() == [one.estimate, one.conf_low, one.conf_high, one.p_value]


def test_a_spline_shows_the_joint_test_of_its_columns(fits):
    frame = fit_table(fits).to_frame()
    shown = frame[frame["label"] == "wt loss (spline, 3 knots)"]
    joint = fits["Adjusted"].test("rcs(wt_loss, 3)").p_value
    assert shown[["over", "quantity", "value"]].values.tolist() == [["Adjusted", "p_value", joint]]


def test_notes_say_whose_they_are(fits):
    notes = fit_table(fits).notes
    assert "Adjusted: 14 rows left out: wt_loss missing." in notes
    assert notes[0] == "CI: confidence interval."


def test_coefficients_instead_of_ratios(fits):
    table = fit_table(fits["Unadjusted"], ratio=False)
    assert table.columns[0].heading == "Log hazard ratio (95% CI)"
    assert table.rows[2].cells[0].values[0] == fits["Unadjusted"].values[0]


def test_terms_can_be_chosen_and_the_others_are_named(fits):
    table = fit_table(fits["Adjusted"], terms=["sex"], labels={"sex": "Sex at birth"})
    assert labels(table)[:3] == ["Sex at birth", "male", "female"]
    assert "Not shown: age, rcs(wt_loss, 3)." in table.notes


def test_reference_levels_that_differ_between_fits(lung, fits):
    turned = lung.assign(sex=lung["sex"].cat.reorder_categories(["female", "male"]))
    table = fit_table({"a": fits["Unadjusted"], "b": ws.survival.cox(turned, "sex")})
    rows = {row.label: texts for row, texts in zip(table.rows, table.texts(), strict=True)}
    assert rows["male"][0] == "reference"
    assert rows["female"][2] == "reference"
    assert rows["male"][2].startswith("1.70")


def test_a_factor_made_in_the_formula_shows_each_level(lung):
    fit = ws.survival.cox(lung, "factor(ph_ecog) + sex")
    table = fit_table(fit)
    rows = {row.label: texts for row, texts in zip(table.rows, table.texts(), strict=True)}
    assert rows["0"][0] == "reference"
    assert [label for label, texts in rows.items() if texts[0] == "reference"] == ["0", "male"]
    one = fit.estimate(fit.terms[0], ratio=True)
    assert next(row for row in table.rows if row.label == "1").cells[0].values[0] == one.estimate
    assert table.rows[0].label == "ph ecog"


def test_a_fit_that_did_not_converge_says_so():
    fit = CoxFit(
        terms=("x",), values=np.array([30.0]), covariance=np.array([[np.nan]]), state="infinite",
        counts=Counts(rows=9, used=8, participants=4, events=2, left_out={"x missing": 1}),
    )  # fmt: skip
    table = fit_table(fit)
    assert "State of the fit: infinite." in table.notes
    assert labels(table) == ["x", "Participants", "Rows", "Events"]


def test_fit_table_refuses():
    plain = Estimates(terms=("a",), values=np.zeros(1), covariance=np.eye(1))
    with pytest.raises(ValueError, match="log or logit"):
        fit_table(plain, ratio=True)
    with pytest.raises(ValueError, match="at least one"):
        fit_table({})


def test_a_curve_as_a_table(lung):
    curve = ws.survival.kaplan_meier(lung, "sex")
    table = table_of(curve, at=[180, 365], title="Survival")
    assert [c.heading for c in table.columns] == ["male (n = 138)", "female (n = 90)"]
    assert labels(table) == [
        "Events", "Median, days (95% CI)", "Survival at 180 days (95% CI)", "at risk",
        "Survival at 365 days (95% CI)", "at risk",
    ]  # fmt: skip
    assert table.texts()[0] == ["112", "53"]
    at = curve.at([180.0])
    assert [c.values[0] for c in table.rows[2].cells] == at["estimate"].tolist()
    assert [c.values[0] for c in table.rows[3].cells] == at["n_risk"].tolist()


def test_medians_that_are_not_reached_are_said(lung):
    short = ws.survival.kaplan_meier(lung[lung["days"] < 60].assign(event=False))
    assert table_of(short).texts()[1] == ["not reached"]
    assert sentence(short) == "Median not reached"
    half = ws.survival.kaplan_meier(lung[lung["days"] > 300])
    frame = half.frame.assign(estimate=half.frame["estimate"].clip(0.51))
    open_ended = dataclasses.replace(half, frame=frame)
    limits = half.quantile(0.5).estimate("all")
    assert sentence(open_ended) == (
        f"Median not reached (95% CI {limits.conf_low:.0f} to {limits.conf_high:.0f})"
    )


def test_reverse_curves_do_not_call_the_end_of_follow_up_an_event(lung):
    table = table_of(ws.survival.follow_up(lung))
    assert table.texts()[0] == [str(int(lung["event"].sum()))]


def test_an_answer_with_parts(lung):
    means = ws.survival.restricted_means(lung, "sex", tau=365)
    table = table_of(means)
    heads = [row.label for row in table.rows if not row.cells]
    assert heads[0] == means.by_group.measure[:1].upper() + means.by_group.measure[1:]
    frame = table.to_frame()
    shown = frame[frame["under"] == "Difference in restricted means"]["value"].iloc[0]
    assert shown == means.difference.values[0]
    single = ws.survival.restricted_means(lung, tau=365)
    assert len(table_of(single).rows) == 4


def test_parts_of_one_measure_say_which_they_are(lung):
    between = lung.assign(low_days=(lung["days"] - 30).clip(lower=0))
    between["high_days"] = between["days"].astype(float).where(between["event"], np.inf)
    found = table_of(ws.survival.ascertainment_sensitivity(between, "sex"))
    heads = [label for label in labels(found) if label.startswith("Hazard ratio")]
    assert heads == [f"Hazard ratio: {way}" for way in ("right point", "mid point", "interval")]


def test_the_unit_of_stop_days_is_days(lung):
    spells = lung.rename(columns={"days": "stop_days"}).assign(start_days=0.0)
    spells["participant_id"] = np.arange(len(spells))
    counts = ws.survival.mean_cumulative_count(spells, at_risk="under_observation")
    assert "Mean count at 90 days (95% CI)" in labels(table_of(counts, at=[90]))


def test_what_has_no_table_has_a_frame(lung):
    check = ws.survival.check_proportional_hazards(ws.survival.cox(lung, "sex"))
    with pytest.raises(ValueError, match=r"table_of\(result.to_frame\(\)\) has its numbers"):
        table_of(check)
    assert table_of(check.to_frame()).rows


def test_estimates_of_one_measure_share_their_decimals():
    one = Estimates(
        terms=("a", "b"), values=np.array([0.526, 0.336]), null=None, measure="survival",
        covariance=np.diag([0.06**2, 0.042**2]),
    )  # fmt: skip
    assert table_of(one).texts() == [["0.526 (0.408 to 0.644)"], ["0.336 (0.254 to 0.418)"]]


def test_a_mapping_of_estimates_and_a_test():
    ratio = Estimate("x", 0.72, 0.1, -3.0, np.inf, 0.0027, 0.6, 0.85, null=1.0, scale="ratio",
                     measure="hazard ratio")  # fmt: skip
    assert table_of({"Primary": ratio}).to_csv().splitlines() == [
        ",Hazard ratio (95% CI),p",
        "Primary,0.72 (0.60 to 0.85),0.003",
    ]
    f_test = HypothesisTest("Wald", "", 3.1, 3, 0.02, df_denominator=120.5, distribution="F")
    assert table_of(f_test).texts() == [["3.10", "3", "120.5", "0.020"]]
    assert sentence(f_test) == "Wald: F = 3.10, df 3, 120.5, p = 0.020"


def test_a_frame_as_a_table():
    frame = pd.DataFrame(
        {
            "who": ["a", "b"],
            "n": [1, 2],
            "share": [0.123, np.nan],
            "p_value": [0.00001, 0.5],
            "reached": [True, False],
            "word": ["=x", None],
        }
    )
    frame.attrs["source"] = "here"
    table = table_of(frame, labels={"n": "People"})
    assert table.to_csv().splitlines() == [
        "who,People,share,p_value,reached,word",
        "a,1,0.12,<0.001,True,'=x",
        "b,2,,0.50,False,",
    ]
    assert table.source == "here"


@pytest.mark.parametrize("nothing", [3, "text", None, {}, {"a": 1}, pd.DataFrame({"a": [1]})])
def test_what_is_no_result_is_refused(nothing):
    with pytest.raises(ValueError):
        table_of(nothing)


@pytest.mark.parametrize(
    ("style", "said"),
    [
        ("plain", "Hazard ratio 0.72 (95% CI 0.60 to 0.85; p < 0.001)"),
        ("nejm", "Hazard ratio, 0.72; 95% confidence interval, 0.60 to 0.85; P<0.001"),
        ("lancet", "Hazard ratio 0·72 (95% CI 0·60–0·85; p=0·0002)"),
        ("jama", "Hazard ratio, 0.72 (95% CI, 0.60-0.85; P < .001)"),
        ("bmj", "Hazard ratio 0.72 (95% confidence interval 0.60 to 0.85; P<0.001)"),
    ],
)
def test_the_published_result_in_five_journals(style, said):
    log = np.log([0.60, 0.85])
    fit = CoxFit(
        terms=("arm[walking]",),
        values=np.log([0.717]),
        covariance=np.array([[(np.diff(log)[0] / (2 * 1.959964)) ** 2]]),
    )
    assert sentence(fit, style=style) == said


def test_differences_and_units():
    one = Estimate("month 3", -1.284, 0.3, -4.3, 40.0, 0.0001, -1.87, -0.69, measure="difference")
    assert sentence(one, unit="points") == (
        "Difference -1.28 points (95% CI -1.87 to -0.69; p < 0.001)"
    )
    assert sentence(
        dataclasses.replace(one, level=0.9), label="Mean difference", style="lancet"
    ) == ("Mean difference −1·28 (90% CI −1·87 to −0·69; p=0·0001)")
    bare = dataclasses.replace(one, p_value=float("nan"))
    assert sentence(bare) == "Difference -1.28 (95% CI -1.87 to -0.69)"


def test_sentences_of_curves(lung):
    assert sentence(ws.survival.kaplan_meier(lung, "sex")) == (
        "Median: male 270 days (95% CI 210 to 306), female 426 days (95% CI 345 to 524)"
    )
    assert sentence(ws.survival.kaplan_meier(lung)).startswith("Median 310 days (95% CI 284 to")


def test_sentence_refuses(fits, lung):
    with pytest.raises(ValueError, match=r"Name the term.*sex\[female\], age"):
        sentence(fits["Adjusted"])
    with pytest.raises(ValueError, match="No term"):
        sentence(fits["Adjusted"], "arm")
    with pytest.raises(ValueError, match="term belongs"):
        sentence(ws.survival.kaplan_meier(lung), "sex")
    with pytest.raises(ValueError, match="No sentence"):
        sentence("text")


def test_a_curve_without_events_has_a_table():
    frame = pd.DataFrame(
        {"group": "all", "days": [5.0], "estimate": [1.0], "std_error": [0.0], "conf_low": [1.0],
         "conf_high": [1.0], "n_risk": [3], "n_event": [0], "n_censor": [3]}
    )  # fmt: skip
    table = table_of(Curve(frame, "days", "survival", last={"all": 5.0}), at=[1])
    assert table.texts() == [["0"], ["not reached"], ["1.000 (1.000 to 1.000)"], ["3"]]
    said = "Where both limits are 1, nobody has had the event yet: no interval is meant."
    assert said in table.notes


def test_what_is_no_fit_is_refused_in_words(lung):
    curve = ws.survival.kaplan_meier(lung)
    with pytest.raises(ValueError, match=r"needs a fit.*got Curve; table_of"):
        fit_table(curve)
    with pytest.raises(ValueError, match=r"got Curve under 'Crude'"):
        fit_table({"Crude": curve})
    with pytest.raises(ValueError, match="must be a pandas DataFrame, got Curve"):
        ws.tables.baseline_table(curve)


def test_a_unit_is_in_the_singular_after_one():
    one = Estimate("x", 1.0, 6.0, 0.2, float("inf"), 0.87, -11.0, 13.0, measure="difference")
    assert sentence(one, unit="minutes a week").startswith("Difference 1 minute a week (95%")
    assert sentence(one, unit="kg").startswith("Difference 1 kg (")
    two = dataclasses.replace(one, estimate=2.0)
    assert sentence(two, unit="minutes a week").startswith("Difference 2 minutes a week (")


def test_medians_below_a_hundred_keep_a_decimal_unless_whole(lung):
    in_months = lung.assign(months=lung["days"] / 30.4375)
    said = sentence(ws.survival.kaplan_meier(in_months, "sex", time="months"))
    assert said == (
        "Median: male 8.9 months (95% CI 6.9 to 10.1), female 14.0 months (95% CI 11.3 to 17.2)"
    )
    weeks = lung.assign(weeks=(lung["days"] // 7).astype(float) + 1)
    assert "." not in sentence(ws.survival.kaplan_meier(weeks, time="weeks"))


def test_a_unit_is_named_once():
    one = Estimate(
        "x", 51.0, 8.0, 6.0, 99.0, 1e-9, 35.0, 67.0,
        measure="difference in time walked in the week (minutes/week)",
    )  # fmt: skip
    start = "Difference in time walked in the week"
    assert sentence(one, unit="minutes a week").startswith(f"{start} 51 minutes a week (95%")
    assert sentence(one).startswith(f"{start} (minutes/week) 51 (95%")
    scale = dataclasses.replace(one, measure="difference in pain (0-10)")
    assert sentence(scale, unit="points").startswith("Difference in pain (0-10) 51 points (95%")


@pytest.mark.parametrize(
    ("state", "words"),
    [
        ("not converged", " [the fit did not converge]"),
        ("infinite", " [the fit runs to infinity]"),
        ("boundary", " [an estimate lies at the boundary of its range]"),
        ("converged", ""),
    ],
)
def test_a_sentence_says_how_any_fit_ended(fits, lung, state, words):
    for fit in (fits["Unadjusted"], ws.regression.ols(lung, "age ~ sex")):
        odd = dataclasses.replace(fit, state=state)
        said = sentence(odd, "sex[female]")
        assert said.endswith(f"){words}")
        assert sentence(fit, "sex[female]") + words == said
        assert (f"State of the fit: {state}." in fit_table(odd).notes) == bool(words)


def test_a_log_rank_table_shows_observed_and_expected(lung):
    test = ws.survival.log_rank(lung, "sex")
    table = table_of(test)
    # R 4.2.2, survdiff(Surv(time, status) ~ sex, lung): expected 91.6 and 73.4.
    assert labels(table) == ["male", "female", "Log-rank test"]
    assert table.texts() == [
        ["138", "112", "91.6", "", "", ""],
        ["90", "53", "73.4", "", "", ""],
        ["", "", "", "10.33", "1", "0.001"],
    ]
    assert any(note.startswith("Observed: events") for note in table.notes)
    shown = table.to_frame()
    groups = test.parts["groups"]
    assert shown[shown["column"] == "Expected"]["value"].tolist() == groups["expected"].tolist()


def test_estimates_of_one_measure_share_their_decimals_also_beside_others():
    def one(value, half, measure):
        limits = (value - half, value + half)
        return Estimate("x", value, half / 2, 1.0, np.inf, 0.3, *limits, measure=measure)

    table = table_of(
        {
            "a": one(0.9, 0.09, "survival"),
            "b": one(0.7, 0.2, "survival"),
            "c": one(12.0, 30, "days"),
        }
    )
    assert [row[0].split(" ")[0] for row in table.texts()] == ["0.900", "0.700", "12"]


# --- what is infinite, or has no error --------------------------------------------------------


@pytest.fixture(scope="module")
def odd() -> dict[str, CoxFit]:
    """Arm c has no event; arm a is one site of several."""
    rng = np.random.default_rng(1)
    frame = pd.DataFrame(
        {
            "days": rng.integers(1, 90, 60),
            "event": rng.integers(0, 2, 60),
            "arm": np.repeat(list("abc"), 20),
            "age": rng.normal(50, 9, 60),
            "site": np.where(np.arange(60) < 20, 0, np.arange(60) % 9 + 1),
        }
    )
    never = frame.assign(event=frame["event"].where(frame["arm"] != "c", 0))
    two = frame.assign(arm=frame["arm"].replace("c", "b"))
    reverse = never.assign(arm=pd.Categorical(never["arm"], list("cab")))
    return {
        "never": ws.survival.cox(never, "arm + age"),
        "always": ws.survival.cox(reverse[reverse["arm"] != "b"], "factor(arm) + age"),
        "alone": ws.survival.cox(two, "arm + age", cluster="site"),
    }


def test_infinite_and_missing_coefficients_as_a_table(odd):
    table = fit_table({name: odd[name] for name in ("never", "alone")})
    texts = dict(zip(labels(table), table.texts(), strict=True))
    assert texts["c"] == ["0.00 (0.00 to 0.18)", "–", "", ""]
    assert texts["b"][2:] == ["1.20", "–"]
    assert "never: State of the fit: infinite." in table.notes
    assert any("belongs to one cluster" in note for note in table.notes)
    for form in ("markdown", "html", "latex", "csv"):
        written = str(getattr(table, f"to_{form}")())
        assert re.search(r"\bnan\b", written) is None
    assert "∞" in fit_table(odd["always"]).to_markdown()


def test_infinite_and_missing_coefficients_as_sentences(odd):
    assert sentence(odd["never"], "arm[c]") == (
        "Hazard ratio 0.00 (95% CI 0.00 to 0.18) [the fit runs to infinity]"
    )
    assert sentence(odd["always"], odd["always"].terms[0]).startswith("Hazard ratio ∞ (95% CI ")
    assert sentence(odd["alone"], "arm[b]") == (
        "Hazard ratio 1.20 (no confidence interval can be given)"
    )


def test_a_test_without_a_statistic_says_so(lung):
    test = ws.survival.log_rank(lung.assign(event=0), "sex", event="event")
    assert sentence(test) == "Log-rank test: no statistic can be given"


def test_scale_and_intercept_are_not_shown_as_ratios(lung):
    fit = ws.survival.parametric(lung, "sex", family="weibull")
    shown = fit_table(fit).to_markdown()
    assert "log(scale)" not in shown.split("Not shown")[0]
    assert "Not shown: intercept, log(scale)" in shown
    asked = fit_table(fit, terms=["sex", "log(scale)"]).to_markdown()
    assert "log(scale)" in asked
    assert sentence(fit, "log(scale)").startswith("log(scale)")


def test_the_result_of_a_sentence_can_be_given_by_name():
    one = ws.results.Estimate("arm[b]", 1.5, 0.2, 2.0, 40.0, 0.05, 1.1, 1.9)
    assert ws.tables.sentence(estimate=one, style="plain") == ws.tables.sentence(one)


def test_rows_in_clusters_are_not_called_participants():
    frame = pd.DataFrame({"days": [1.0 + k % 7 for k in range(60)], "event": 1})
    frame = frame.assign(arm=["a", "b"] * 30, site=[k // 6 for k in range(60)])
    fit = ws.survival.cox(frame, "arm", cluster="site")
    assert "60 rows in 10 clusters" in str(fit.counts)
    shown = ws.tables.fit_table(fit).to_markdown()
    assert "Participants" not in shown
    assert "| Clusters | 10" in shown
    assert "| Rows | 60" in shown


def test_differences_at_visits_and_over_all_are_told_apart():
    visits = pd.DataFrame(
        {"participant_id": np.repeat(range(12), 2), "month": np.tile([3, 6], 12), "age": 50.0}
    )
    rng = np.random.default_rng(1)
    visits = visits.assign(
        arm=np.where(visits["participant_id"] % 2, "walking", "control"),
        pain=rng.normal(5, 1, 24), before=np.repeat(rng.normal(5, 1, 12), 2),
    )  # fmt: skip
    fit = ws.regression.mmrm(visits, "pain ~ arm * factor(month) + before", visit="month")
    table = table_of(ws.regression.visit_differences(fit))
    heads = [row.label for row in table.rows if not row.indent]
    assert heads[1:] == ["Difference in pain: at each visit", "Difference in pain: over all visits"]
    # The method stands once.
    assert sum(note.startswith("Linear model for repeated measures") for note in table.notes) == 1


def test_numbers_that_do_not_say_what_they_measure_do_not_share_their_decimals():
    def table(measure):
        two = Estimates(
            ("minutes", "points"), np.array([52.28, -0.0032]), np.diag([8.0**2, 0.001**2]),
            null=None, measure=measure,
        )  # fmt: skip
        return table_of(two).to_markdown()

    assert "52 (37 to 68)" in table("")
    assert "-0.0032 (-0.0052 to -0.0012)" in table("")
    assert "52 (37 to 68)" not in table("difference")
