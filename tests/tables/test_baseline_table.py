"""The baseline table: its numbers by plain pandas, missing values, and what it refuses."""

import numpy as np
import pandas as pd
import pytest

from walkstats.errors import DataError
from walkstats.numerics.summaries import standardised_share_difference
from walkstats.tables import baseline_table

TIGHT = 1e-12  # the same sums in another order


@pytest.fixture
def people():
    random = np.random.default_rng(4)
    n = 60
    frame = pd.DataFrame(
        {
            "participant_id": [f"P{k:03d}" for k in range(n)],
            "arm": pd.Categorical(random.choice(["walking", "control"], n), ["walking", "control"]),
            "age_years": random.normal(54, 11, n).round(),
            "sex": random.choice(["female", "male"], n),
            "smoker": random.choice([True, False], n),
            "episodes": random.poisson(30, n),
            "centre": pd.Categorical(random.choice(["A", "B"], n), ["A", "B", "none yet"]),
            "randomised_on": pd.date_range("2021-01-01", periods=n),
            "withdrawal_reason": None,
            "free_text": [f"text {k}" for k in range(n)],
        }
    )
    frame.loc[[3, 5], "age_years"] = np.nan
    frame.loc[7, "sex"] = None
    frame.attrs["source"] = "synthetic: for a test"
    return frame


def cell(table, label, column):
    place = next(k for k, row in enumerate(table.rows) if row.label == label)
    return table.texts()[place][[c.name for c in table.columns].index(column)]


def test_columns_follow_the_order_of_the_arms(people):
    table = baseline_table(people, "arm", overall=True)
    sizes = people["arm"].value_counts()
    assert [(c.name, c.n) for c in table.columns] == [
        ("walking", sizes["walking"]),
        ("control", sizes["control"]),
        ("All", 60),
    ]
    assert table.source == "synthetic: for a test"


def test_means_are_those_of_pandas(people):
    frame = baseline_table(people, "arm", columns=["age_years"]).to_frame()
    found = frame[frame["quantity"].isin(["mean", "sd"])]["value"].to_numpy()
    by_arm = people.groupby("arm", observed=False)["age_years"]
    expected = np.column_stack([by_arm.mean(), by_arm.std()]).ravel()
    np.testing.assert_allclose(found, expected, rtol=TIGHT)


def test_medians_are_declared(people):
    table = baseline_table(people, "arm", columns=["episodes"], median=["episodes"])
    assert table.rows[0].label == "episodes: median (quartiles)"
    own = people.loc[people["arm"] == "walking", "episodes"].quantile([0.5, 0.25, 0.75])
    np.testing.assert_allclose(table.rows[0].cells[0].values, own.to_numpy(), rtol=TIGHT)


def test_missing_values_are_counted_and_leave_the_denominator(people):
    table = baseline_table(people, "arm", columns=["age_years", "sex"])
    missing = [row for row in table.rows if row.label == "Missing"]
    assert sum(c.values[0] for c in missing[0].cells) == 2
    assert sum(c.values[0] for c in missing[1].cells) == 1
    head = next(row for row in table.rows if row.label.startswith("Sex"))
    assert head.label == "Sex, n/N (%)"
    female = next(row for row in table.rows if row.label == "female")
    assert sum(c.values[1] for c in female.cells) == 59


def test_denominators_can_always_be_shown(people):
    shown = [baseline_table(people, "arm", columns=["smoker"], denominators=d) for d in
             ("where they differ", "always")]  # fmt: skip
    kinds = [table.rows[0].cells[0].kind for table in shown]
    assert kinds == ["share", "share_of"]


def test_every_level_is_kept_also_one_that_nobody_has(people):
    table = baseline_table(people, "arm", columns=["centre"], standardised_differences=True)
    assert [row.label for row in table.rows] == ["centre, n (%)", "A", "B", "none yet"]
    assert cell(table, "none yet", "walking") == "0 (0%)"


def test_no_p_values_unless_they_are_given(people):
    assert "p" not in [c.name for c in baseline_table(people, "arm").columns]
    table = baseline_table(people, "arm", columns=["age_years"], p_values={"age_years": 0.03})
    assert cell(table, table.rows[0].label, "p") == "0.030"
    assert any("arise by chance" in note for note in table.notes)


def test_standardised_differences(people):
    table = baseline_table(
        people, "arm", columns=["sex", "age_years"], standardised_differences=True
    )
    counts = pd.crosstab(people["arm"], people["sex"]).to_numpy()
    assert table.rows[0].cells[-1].values[0] == pytest.approx(
        standardised_share_difference(*counts), rel=TIGHT
    )
    by_arm = people.groupby("arm", observed=False)["age_years"]
    means, variances = by_arm.mean().to_numpy(), by_arm.var().to_numpy()
    age = next(row for row in table.rows if row.label.startswith("Age"))
    expected = abs(means[0] - means[1]) / np.sqrt(variances.mean())
    assert age.cells[-1].values[0] == pytest.approx(expected, rel=TIGHT)


def test_what_is_no_characteristic_is_left_out_and_named(people):
    table = baseline_table(people, "arm")
    labels = " ".join(row.label for row in table.rows)
    assert "randomised_on" not in labels
    assert "P000" not in labels
    assert any("free_text (holds 60 different texts)" in note for note in table.notes)


def test_labels_come_from_the_dictionary_or_the_caller(people):
    table = baseline_table(people, "arm", columns=["age_years", "episodes"],
                           labels={"episodes": "Episodes so far"})  # fmt: skip
    labels = [row.label for row in table.rows]
    assert labels[0] == "Age at randomisation, years: mean (SD)"
    assert labels[2] == "Episodes so far: mean (SD)"


def test_numbers_coded_as_categories(people):
    people["grade"] = people["episodes"] % 3
    people["flag"] = people["episodes"] % 2
    table = baseline_table(people, columns=["grade", "flag"], categorical=["grade"])
    assert [row.label for row in table.rows] == ["grade, n (%)", "0", "1", "2", "flag, n (%)"]
    assert table.columns[0].heading == "All (n = 60)"


@pytest.mark.parametrize("dtype", ["Int64", "float64", "Int8"])
def test_dtypes_change_nothing(people, dtype):
    whole = people.assign(episodes=people["episodes"].astype(dtype))
    assert (
        baseline_table(whole, "arm", columns=["episodes"]).to_markdown()
        == baseline_table(people, "arm", columns=["episodes"]).to_markdown()
    )


def test_the_order_of_rows_changes_nothing(people):
    mixed = people.sample(frac=1.0, random_state=1)
    mixed.attrs = people.attrs
    assert baseline_table(mixed, "arm").texts() == baseline_table(people, "arm").texts()


def test_rows_without_an_arm_are_counted(people):
    people.loc[0, "arm"] = None
    assert "1 without arm are in no arm's column." in baseline_table(people, "arm").notes


def test_a_column_without_any_value(people):
    people["bmi_kg_m2"] = np.nan
    table = baseline_table(people, "arm", columns=["bmi_kg_m2"], standardised_differences=True)
    assert table.texts()[0] == ["– (–)", "– (–)", "–"]


def test_an_empty_frame_gives_a_table_of_zeros(people):
    table = baseline_table(people.iloc[:0], "arm", columns=["age_years", "sex"])
    assert [c.n for c in table.columns] == [0, 0]


def test_refusals(people):
    with pytest.raises(DataError, match="several rows"):
        baseline_table(pd.concat([people, people.head(1)]), "arm")
    with pytest.raises(ValueError, match="Did you mean 'age_years'"):
        baseline_table(people, "arm", columns=["age_year"])
    with pytest.raises(DataError, match="holds dates"):
        baseline_table(people, "arm", columns=["randomised_on"])
    with pytest.raises(DataError, match="60 different texts"):
        baseline_table(people, "arm", columns=["free_text"])
    with pytest.raises(ValueError, match="no median"):
        baseline_table(people, "arm", columns=["sex"], median=["sex"])
    with pytest.raises(DataError, match="numbers as text"):
        baseline_table(people.assign(x="12"), "arm", columns=["x"])
    with pytest.raises(ValueError, match="DataFrame"):
        baseline_table([1, 2])
