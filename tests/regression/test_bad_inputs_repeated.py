"""The cases of bad input that a model of repeated measures can meet: what each gets, in words."""

import numpy as np
import pandas as pd
import pytest

from tests.regression.repeated_measures.written_out import visited
from walkstats.errors import DataError, FitError
from walkstats.regression import mmrm

FORMULA = "pain ~ arm * factor(month)"


def fit(frame, formula=FORMULA, **options):
    return mmrm(frame, formula, **{"visit": "month", **options})


def problem_of(frame, **options):
    with pytest.raises(DataError) as caught:
        fit(frame, **options)
    return caught.value.problems.iloc[0]


def test_o03_two_rows_of_one_visit():
    frame = visited()
    found = problem_of(pd.concat([frame, frame.iloc[[4, 7]]]))
    assert found["problem"] == "2 participants have two rows of one visit, the first at month 6"
    assert (found["ids"], found["count"]) == ("p01, p02", 2)
    # A second row without an outcome says nothing.
    empty = frame.iloc[[4]].assign(pain=np.nan)
    assert fit(pd.concat([frame, empty])).counts.participants == 14


def test_m01_m02_covariates():
    frame = visited().assign(dup=lambda f: 2 * f["age"], site=1)
    with pytest.raises(FitError, match="dup is a combination of age"):
        fit(frame, FORMULA + " + age + dup")
    with pytest.raises(FitError, match="site is constant"):
        fit(frame, FORMULA + " + site")


def test_m07_nothing_left():
    assert "0 rows are left" in problem_of(visited().head(0))["problem"]
    assert "42 pain missing" in problem_of(visited().assign(pain=np.nan))["problem"]


def test_m09_infinite_values():
    frame = visited()
    frame.loc[5, "age"] = np.inf
    found = problem_of(frame, formula=FORMULA + " + age")
    assert (found["column"], found["row"]) == ("age", 5)


def test_m11_m45_missing_people_visits_and_groups():
    frame = visited(missed=0.0)
    gone = frame.index.isin([3, 8])
    found = problem_of(frame.assign(participant_id=frame["participant_id"].mask(gone)))
    assert (found["column"], found["count"]) == ("participant_id", 2)
    found = problem_of(frame.assign(month=frame["month"].mask(gone)), formula="pain ~ arm")
    assert (found["column"], found["count"], found["row"]) == ("month", 2, 3)
    found = problem_of(frame.assign(clinic=np.where(gone, None, "a")), by="clinic")
    assert found["column"] == "clinic"


def test_m13_m15_new_data():
    model = fit(visited())
    with pytest.raises(DataError, match=r"yoga.*known levels: control, walking"):
        model.design.matrix(pd.DataFrame({"arm": ["yoga"], "month": [3]}))
    with pytest.raises(DataError, match="lack the column"):
        model.design.matrix(pd.DataFrame({"arm": ["control"]}))


def test_m25_names_of_columns():
    frame = visited().rename(columns={"pain": "douleur été", "month": 0})
    model = mmrm(frame, "`douleur été` ~ arm * factor(`0`)", visit=0)
    np.testing.assert_allclose(model.values, fit(visited()).values)


def test_m29_numbers_as_text():
    assert problem_of(visited().assign(month=lambda f: f["month"].astype(str)))["column"] == "month"
    assert problem_of(visited().assign(pain="much"))["column"] == "pain"


def test_m31_dates_as_visits():
    frame = visited().assign(month=pd.Timestamp("2024-01-01"))
    assert "dates" in problem_of(frame, formula="pain ~ arm")["problem"]


def test_m37_level_as_95():
    with pytest.raises(ValueError, match=r"Write 0\.95 for 95 %"):
        fit(visited(), level=95)


def test_groups_that_change_within_people():
    found = problem_of(visited().assign(half=lambda f: f["month"] > 3), by="half")
    assert "half changes within 13 participants" in found["problem"]


def test_nothing_repeated():
    frame = visited()
    with pytest.raises(FitError, match=r"All rows are of one visit, 3.*Use ols"):
        fit(frame[frame["month"] == 3], "pain ~ arm")
    first = frame[frame["month"] == 3 + 3 * (frame["participant_id"].str[1:].astype(int) % 3)]
    with pytest.raises(FitError, match=r"No participant has two visits.*Use ols"):
        fit(first, "pain ~ arm")


def test_visits_with_too_few_people():
    frame = visited(missed=0.0)
    late = frame["month"] == 9

    def seen_late(*ids):
        return frame.assign(pain=frame["pain"].mask(late & ~frame["participant_id"].isin(ids)))

    with pytest.raises(FitError, match="1 participant was seen at visit 9"):
        fit(seen_late("p00"))
    with pytest.raises(FitError, match=r"visit 9: 2 participants are fitted exactly"):
        fit(seen_late("p00", "p01"))
    with pytest.raises(FitError, match=r"nobody was seen there"):
        fit(seen_late("p00", "p02"))
    fewer = fit(seen_late("p00", "p01"), covariance="compound-symmetry")
    assert fewer.state == "converged"


def test_pairs_of_visits_at_which_nobody_was_seen():
    frame = visited(missed=0.0)
    early = frame["participant_id"] < "p07"
    apart = frame["pain"].mask(np.where(early, frame["month"] == 6, frame["month"] == 9))
    frame = frame.assign(pain=apart)
    with pytest.raises(FitError, match="Nobody was seen at both of the visits 6 and 9"):
        fit(frame)
    assert fit(frame, covariance="heterogeneous-ar1").state == "converged"
    ends = visited(missed=0.0)
    both = ends["participant_id"] < "p07"
    ends = ends.assign(
        pain=ends["pain"].mask(np.where(both, ends["month"] == 9, ends["month"] == 3))
    )
    with pytest.raises(FitError, match="Nobody was seen at two visits 2 apart"):
        fit(ends, covariance="toeplitz")


def test_nothing_left_to_vary():
    with pytest.raises(FitError, match="pain is fitted exactly"):
        fit(visited().assign(pain=3.0))
    with pytest.raises(FitError, match="6 coefficients"):
        fit(visited(people=2, missed=0.0))


def test_too_many_visits():
    frame = visited(people=150, visits=40, missed=0.1)
    with pytest.raises(FitError, match=r"40 visits, missed in \d+ ways, are too many"):
        fit(frame, covariance="ar1")


def test_arguments_in_words():
    for options, words in (
        ({"covariance": "unstructred"}, "covariance must be one of 'unstructured'"),
        ({"df": "kr"}, "df must be one of 'satterthwaite'"),
        ({"df": "kenward-roger", "covariance": "ar1"}, "linear in their parameters"),
        ({"df": "kenward-roger", "reml": False}, "rests on restricted maximum likelihood"),
        ({"reml": "yes"}, "reml must be True or False"),
        ({"visit": "week"}, "No column 'week' for the visit"),
        ({"visit": ["month"]}, "No column is named for the visit"),
        ({"subject": "patient"}, "No column 'patient' for the participant"),
        ({"baseline": 0}, r"0 is no visit of month\. The visits are: 3, 6, 9"),
        ({"baseline": 3, "formula": "pain ~ factor(month)"}, "arm is not in the formula"),
        ({"baseline": 3, "arm": "group"}, "No column 'group' for the arm"),
    ):
        with pytest.raises(ValueError, match=words):
            fit(visited(), **options)
