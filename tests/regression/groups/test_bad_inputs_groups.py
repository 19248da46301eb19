"""The cases of bad input that a comparison of groups can meet: what each gets, in words."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

from tests.regression.groups.test_means import people
from walkstats.errors import DataError
from walkstats.regression import association, compare_means, compare_rates, compare_risks


def frame() -> pd.DataFrame:
    made = people().reset_index(drop=True)
    made["better"] = (made["pain"] < 3.5).astype(int)
    return made


def means(made: pd.DataFrame, **options: Any) -> Any:
    return compare_means(made, "pain", "arm", **options)


def risks(made: pd.DataFrame, **options: Any) -> Any:
    return compare_risks(made, "better", "arm", **options)


def both(made: pd.DataFrame, **options: Any) -> Any:
    return association(made, "arm", "better", **options)


BOTH = pytest.mark.parametrize("compare", [means, risks])
ALL = pytest.mark.parametrize("compare", [means, risks, both])
Compare = Callable[..., Any]


def problem_of(compare: Compare, made: pd.DataFrame, **options: Any) -> Any:
    with pytest.raises(DataError) as caught:
        compare(made, **options)
    return caught.value.problems.iloc[0]


@ALL
def test_p05_labels_that_differ_in_case(compare: Compare) -> None:
    made = frame().assign(arm=lambda f: f["arm"].astype(str))
    made.loc[:4, "arm"] = made.loc[:4, "arm"].str.title() + " "
    notes = " ".join(compare(made).notes)
    assert "differ only in case or spaces" in notes


@ALL
def test_p07_m17_a_missing_arm_is_counted(compare: Compare) -> None:
    made = frame()
    made.loc[[2, 7, 9], "arm"] = None
    found = compare(made)
    assert dict(found.counts.left_out) == {"arm missing": 3}
    assert found.counts.used == len(made) - 3


@ALL
def test_p09_a_single_arm(compare: Compare) -> None:
    made = frame().query("arm == 'walking'")
    found = problem_of(compare, made)
    assert found["problem"].startswith("comparison needs 2 groups, found 1 (walking, n=31")


def test_p15_o09_missing_answers_are_counted_by_arm() -> None:
    made = frame()
    made.loc[[0, 3], "pain"] = np.nan
    found = means(made)
    assert dict(found.counts.left_out) == {"pain missing": 2}
    arms = made.loc[[0, 3], "arm"].value_counts(sort=False)
    said = ", ".join(f"{arm} {n}" for arm, n in arms.items() if n)
    assert f"Rows left out by arm: {said}." in found.notes
    assert found.groups["missing"].sum() == 2
    late = made.assign(pain=np.nan)
    assert problem_of(means, late)["problem"] == f"0 rows are left of {len(late)} (55 pain missing)"


@BOTH
def test_e25_o03_several_rows_of_a_participant(compare: Compare) -> None:
    made = pd.concat([frame(), frame().head(3)])
    found = problem_of(compare, made)
    assert "3 participants have several rows" in found["problem"]
    assert "paired=" in found["what_to_do"]
    assert compare(made, subject=None).counts.used == len(made)
    lost = frame()
    lost["participant_id"] = lost["participant_id"].astype(float)
    lost.loc[4, "participant_id"] = np.nan
    assert problem_of(compare, lost)["count"] == 1


def test_o11_a_binary_outcome_of_other_values() -> None:
    coded = frame().assign(better=lambda f: f["better"] + 1)
    found = problem_of(risks, coded)
    assert found["problem"] == "better must be 0/1 or boolean; found {1, 2}"
    assert "event_value=2" in found["what_to_do"]
    assert "better = 2" in risks(coded, event_value=2).method
    words = frame().assign(better=lambda f: f["better"].map({0: "no", 1: "yes"}))
    # Either may be meant: neither is recommended.
    either = problem_of(risks, words)["what_to_do"]
    assert either.endswith("event_value='no' or event_value='yes'")
    unknown = words.assign(better=words["better"].mask(words.index == 3, "maybe"))
    notes = " ".join(risks(unknown, event_value="yes").notes)
    assert "taken as no event" in notes
    assert "found 'no'" in problem_of(risks, words, event_value="Yes")["problem"]


@ALL
def test_m07_an_empty_frame(compare: Compare) -> None:
    assert problem_of(compare, frame().head(0))["problem"] == "0 rows are left of 0"


def test_m09_e05_an_infinite_outcome() -> None:
    made = frame()
    made.loc[5, "pain"] = np.inf
    found = problem_of(means, made)
    assert (found["column"], found["count"]) == ("pain", 1)


def test_m23_values_instead_of_a_column() -> None:
    made = frame()
    with pytest.raises(ValueError, match="No column is named for the outcome"):
        compare_means(made, made["pain"], "arm")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=r"No column 'pian' for the outcome. Did you mean 'pain'"):
        compare_means(made, "pian", "arm")


@ALL
def test_m25_names_of_columns(compare: Compare) -> None:
    made = frame()
    with pytest.raises(ValueError, match="columns of the same name: arm"):
        compare(pd.concat([made, made[["arm"]]], axis=1))


def test_m25_names_that_are_numbers_or_not_english() -> None:
    made = frame().rename(columns={"pain": "douleur à 3 mois", "arm": 1})
    found = compare_means(made, "douleur à 3 mois", 1)  # type: ignore[arg-type]
    assert found.difference.terms == ("1[walking]",)
    assert found.difference.values[0] == means(frame()).difference.values[0]


@ALL
def test_m27_arrow(compare: Compare) -> None:
    made = frame()
    arrow = made.convert_dtypes(dtype_backend="pyarrow")
    pd.testing.assert_frame_equal(compare(arrow).to_frame(), compare(made).to_frame())


def test_m29_numbers_as_text() -> None:
    found = problem_of(means, frame().assign(pain=lambda f: f["pain"].astype(str)))
    assert "numbers as text" in found["problem"]
    words = problem_of(means, frame().assign(pain="much"))
    assert words["problem"] == "the outcome pain is not a number"


def test_m31_dates() -> None:
    made = frame().assign(pain=pd.Timestamp("2024-01-01"))
    assert "dates or durations" in problem_of(means, made)["problem"]


@BOTH
def test_m37_level_as_95(compare: Compare) -> None:
    with pytest.raises(ValueError, match=r"Write 0\.95 for 95 %"):
        compare(frame(), level=95)


@ALL
def test_m39_an_id_as_the_group(compare: Compare) -> None:
    made = pd.concat([frame()] * 2).reset_index(drop=True)
    made["arm"] = [f"P{k}" for k in range(len(made))]
    made["participant_id"] = np.arange(len(made))
    assert "an id is no covariate" in problem_of(compare, made)["problem"]


def test_m51_a_constant_outcome_and_a_group_of_one() -> None:
    assert "constant in every group" in problem_of(means, frame().assign(pain=4.0))["problem"]
    made = frame()
    alone = pd.concat([made[made["arm"] == "control"], made[made["arm"] == "walking"].head(1)])
    assert "walking has 1 value of pain" in problem_of(means, alone)["problem"]
    assert means(alone, method="student").difference.estimate("arm[walking]").df == 23


def test_groups_and_outcome_at_once() -> None:
    with pytest.raises(ValueError, match="One column cannot have two parts: arm, arm"):
        compare_means(frame(), "arm", "arm")


@ALL
def test_a_reference_without_rows_is_said(compare: Compare) -> None:
    made = frame().assign(
        arm=lambda f: f["arm"].cat.set_categories(["usual", "control", "walking"])
    )
    assert "The reference usual of arm has no rows; control is taken." in compare(made).notes


def test_groups_kept_as_floats() -> None:
    """A missing code turns whole codes into 1.0 and 2.0."""
    made = frame().assign(n=1, days=30.0)
    made["arm"] = made["arm"].cat.codes.astype(float) + 1.0
    made.loc[3, "arm"] = np.nan
    assert means(made).difference.terms == ("arm[2]",)
    assert risks(made).difference.terms == ("arm[2]",)
    rates = compare_rates(made, "arm", events="n", exposure="days")
    assert rates.ratio.terms == ("arm[2]",)
    assert rates.rates["events"].sum() == len(made) - 1
