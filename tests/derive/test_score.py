"""Answers to questionnaires as outcomes: what is refused, what is missing, what must not matter."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import walkstats as ws
from walkstats import DataError
from walkstats.questionnaires import read_questionnaire, read_value_set
from walkstats.questionnaires.entries import shipped_names
from walkstats.questionnaires.utilities import DIMENSIONS

SAME = 1e-9  # sums of the same numbers in another order
MADE_UP = {name: {2: 0.05, 3: 0.1, 4: 0.2, 5: 0.3 + k / 100} for k, name in enumerate(DIMENSIONS)}
SUMMED = [name for name in shipped_names() if name != "eq5d"]


def rows_of(cells, name="rmdq", **more):
    one = read_questionnaire(name)
    frame = pd.DataFrame(cells, columns=list(one.named))
    return frame.assign(participant_id=[f"P{k}" for k in range(len(frame))], month=3.0, **more)


def test_the_shape_of_outcomes_and_what_is_said():
    cells = np.ones((3, 24))
    cells[1, :5] = np.nan
    cells[2] = np.nan
    found = ws.derive.score(rows_of(cells).rename_axis("line"), "rmdq")
    assert list(found.columns)[:4] == ["participant_id", "month", "measure", "value"]
    assert found["value"].tolist()[:2] == [24.0, 19.0]
    assert np.isnan(found["value"][2])
    assert found["scored"].tolist() == ["complete", "filled in", "not answered"]
    assert found["items_answered"].tolist() == [24, 19, 0]
    assert found.attrs["counts"]["rmdq"] == {
        "complete": 1,
        "filled in": 1,
        "too many missing": 0,
        "not answered": 1,
    }
    notes = " ".join(found.attrs["notes"])
    assert "in 1 person-visit(s) 5 unanswered item(s)" in notes
    assert "1 person-visit(s) have no answer at all" in notes
    assert "Roland M, Fairbank J (2000)" in found.attrs["method"]
    assert found.attrs["measures"]["rmdq"].high == 24


def test_too_many_missing_items_make_a_missing_score_that_is_counted():
    cells = np.full((2, 10), 2.0)
    cells[0, :3] = np.nan
    found = ws.derive.score(rows_of(cells, "odi"), "odi")
    assert np.isnan(found["value"][0])
    assert found["value"][1] == 40.0
    assert "1 person-visit(s) have too many missing items" in found.attrs["notes"][0]


def test_wrong_codes_are_told_by_item_and_person():
    rows = rows_of(np.zeros((4, 24))).astype({"rmdq_3": object, "rmdq_7": object})
    rows.loc[1, "rmdq_3"] = 2
    rows.loc[[2, 3], "rmdq_7"] = ["yes", 0.5]
    with pytest.raises(DataError) as error:
        ws.derive.score(rows, "rmdq")
    told = error.value.problems.set_index("column")
    assert told.loc["rmdq_3", "ids"] == "P1"
    assert told.loc["rmdq_7", "ids"] == "P2, P3"
    assert told.loc["rmdq_7", "count"] == 2
    assert "'yes', '0.5'" in told.loc["rmdq_7", "problem"]


@pytest.mark.parametrize(
    "cell", ["1_0", "٣", "inf", "-0.0001", "1e400", "1,0", "2", "=1", "ja", b"1", [1], 10**400]
)
def test_what_is_no_answer_is_refused_in_words(cell):
    rows = rows_of(np.zeros((2, 24))).astype({"rmdq_1": object})
    rows.at[0, "rmdq_1"] = cell
    with pytest.raises(DataError, match="answers of Roland-Morris"):
        ws.derive.score(rows, "rmdq")


def test_spellings_of_the_same_answers():
    ones = rows_of(np.ones((2, 24)))
    for same in (
        ones.astype({"rmdq_1": "Int64"}),
        ones.astype({"rmdq_1": str}),
        ones.assign(rmdq_1=[" 1", "1.0"]),
        ones.assign(rmdq_1=True),
        ones.assign(rmdq_1=["Ja", "1"]),
    ):
        found = ws.derive.score(same, "rmdq", codes={"Ja": 1, "Nein": 0})
        assert found["value"].tolist() == [24, 24]


def test_cells_that_mean_no_answer():
    rows = rows_of(np.zeros((2, 10)), "odi").astype(object)
    rows.loc[0, "odi_1"], rows.loc[1, "odi_1"] = pd.NA, -9
    found = ws.derive.score(rows, "odi", missing=[-9])
    assert found["items_answered"].tolist() == [9, 9]


def test_codes_and_missing_cells_are_the_same_numbers_however_they_are_spelt():
    """A column with a gap holds 9.0 where the team says 9."""
    rows = rows_of([[9.0, 2, 3], [1, 2, 3]], "peg")
    for nine in (9, 9.0, "9", " 9.00"):
        found = ws.derive.score(rows, "peg", missing=[nine])["value"].tolist()
        assert np.isnan(found[0])
        assert found[1] == 2
    profiles = pd.DataFrame({"participant_id": ["a", "b"], "month": 0, "p": [99999.0, 11111.0]})
    found = ws.derive.score(profiles, "eq5d", items="p", missing=[99999], value_set=MADE_UP)
    assert found["scored"].tolist() == ["not answered", "complete"]
    answers = np.arange(21) % 3  # nobody gave the highest answer, which would be refused
    plain = ws.derive.score(rows_of([answers], "dass21"), "dass21")["value"].tolist()
    for shifted in (rows_of([answers + 1.0], "dass21"), rows_of([answers + 1], "dass21")):
        for codes in ({1: 0, 2: 1, 3: 2, 4: 3}, {"1": 0, "2": 1, "3": 2, "4.0": 3}):
            found = ws.derive.score(shifted, "dass21", codes=codes)
            assert found["value"].tolist() == plain


def test_a_number_that_is_not_among_the_team_s_own_is_no_answer():
    rows = rows_of([[0] + [1] * 20], "dass21")
    with pytest.raises(DataError, match=r"'0': answers of .* are '1', '2', '3', '4' "):
        ws.derive.score(rows, "dass21", codes={1: 0, 2: 1, 3: 2, 4: 3})


def test_rows_that_are_nobody_s_or_stand_twice():
    rows = rows_of(np.zeros((4, 24)))
    rows.loc[0, "participant_id"] = None
    rows.loc[1, "month"] = np.nan
    rows.loc[3, "participant_id"] = "P2"
    with pytest.raises(DataError) as error:
        ws.derive.score(rows, "rmdq")
    assert len(error.value.findings) == 3
    assert error.value.findings[2].ids == ("P2",)
    kept = rows.iloc[2:].assign(month=[3, 6])
    assert len(ws.derive.score(kept, "rmdq")) == 2


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"questionnaire": "rmdq", "items": "rmdq"}, "where the number of an item stands"),
        ({"questionnaire": "rmdq", "items": ["rmdq_1"]}, "24 items; items names 1"),
        ({"questionnaire": "rmdq", "items": "rdq_{}"}, "Did you mean"),
        ({"questionnaire": "rmdq", "rule": "mean"}, "rule must be one of"),
        ({"questionnaire": "rmdq", "month": "visit"}, "No column 'visit'"),
        ({"questionnaire": "rmdq", "month": True}, "month must be"),
        ({"questionnaire": "rmdq", "codes": {"yes": "one"}}, "codes must say"),
        ({"questionnaire": "rmdq", "codes": {"1": 0, 1: 1}}, "codes has '1' twice"),
        ({"questionnaire": "rmdq", "codes": "yes"}, "codes must be a mapping"),
        ({"questionnaire": "rmdq", "missing": "99"}, "missing must be a list"),
        ({"questionnaire": "rmdq", "missing": 99}, "missing must be a list"),
        ({"questionnaire": "rmdq", "items": {"rmdq_1", "rmdq_2"}}, "names in their order"),
        ({"questionnaire": "rmdq", "items": 24}, "names in their order"),
        ({"questionnaire": "rmdq", "measures": {"odi": "x"}}, "has no measure 'odi'"),
        ({"questionnaire": "rmdq", "measures": {"rmdq": 5}}, "measures must give names"),
        ({"questionnaire": "rmdq", "measures": "x"}, "measures must be a mapping"),
        ({"questionnaire": "rmdq", "value_set": MADE_UP}, "no use for a value set"),
        ({"questionnaire": "eq5d", "items": "rmdq_1"}, "by a value set"),
    ],
)
def test_arguments_that_cannot_be_meant(arguments, said):
    with pytest.raises(ValueError, match=said):
        ws.derive.score(rows_of(np.zeros((2, 24))), **arguments)


def test_numbers_with_leading_zeros_in_names_and_other_names_of_measures():
    rows = pd.DataFrame({f"q{k:02d}": [1, 0] for k in range(1, 25)})
    rows = rows.assign(id=["a", "b"], visit=[0, 0])
    found = ws.derive.score(
        rows, "rmdq", items="q{:02}", participant="id", month="visit", measures={"rmdq": "roland"}
    )
    assert found["measure"].unique().tolist() == ["roland"]
    assert found["value"].tolist() == [24, 0]


@pytest.mark.parametrize("name", SUMMED)
def test_all_lowest_and_all_highest_reach_the_ends(name):
    one = read_questionnaire(name)
    cells = np.array([[one.low] * one.items, [one.high] * one.items])
    if one.reversed:
        columns = np.array(one.reversed) - 1
        cells[:, columns] = one.low + one.high - cells[:, columns]
    found = ws.derive.score(rows_of(cells, name), name).groupby("measure")["value"]
    for scale in one.scales:
        assert found.get_group(scale.measure).tolist() == [scale.low, scale.high]


@given(st.data())
def test_what_must_not_matter_and_what_must(data):
    one = read_questionnaire(data.draw(st.sampled_from(SUMMED)))
    code = st.integers(int(one.low), int(one.high))
    own = data.draw(st.lists(st.none() | code, min_size=one.items, max_size=one.items))
    cells = np.array([own], dtype=float)
    rule = data.draw(st.sampled_from([rule.name for rule in one.rules]))
    first = value_of(cells, one, rule)
    for scale in one.scales:
        # the order of the items of a scale does not matter
        columns = np.array(scale.items) - 1
        mixed = cells.copy()
        mixed[:, columns] = cells[:, data.draw(st.permutations(columns.tolist()))]
        assert value_of(mixed, one, rule)[scale.measure] == pytest.approx(
            first[scale.measure], abs=SAME, nan_ok=True
        )
        # a higher answer never makes a lower score
        k = data.draw(st.sampled_from(columns.tolist()))
        if cells[0, k] < one.high:
            more = cells.copy()
            more[0, k] += 1
            again, before = value_of(more, one, rule)[scale.measure], first[scale.measure]
            assert np.isnan(before) == np.isnan(again)
            assert np.isnan(before) or again > before - SAME
        assert np.isnan(first[scale.measure]) or (scale.low <= first[scale.measure] <= scale.high)


def value_of(cells, one, rule):
    found = ws.derive.score(rows_of(cells, one.name), one, rule=rule)
    return found.set_index("measure")["value"].to_dict()


def test_turning_all_codes_and_all_directions_changes_nothing():
    entry = {
        "name": "q",
        "items": 4,
        "codes": [1, 5],
        "scales": [{"measure": "q", "low": 4, "high": 20, "better": "lower"}],
    }
    cells = np.array([[1, 2, 3, 5], [5, 5, 4, 2]], dtype=float)
    rows = pd.DataFrame(cells, columns=["q_1", "q_2", "q_3", "q_4"])
    rows = rows.assign(participant_id=["a", "b"])
    plain = ws.derive.score(rows, entry, month=0)["value"]
    assert plain.tolist() == [11, 16]
    turned = rows.copy()
    turned[["q_1", "q_2", "q_3", "q_4"]] = 6 - cells
    again = ws.derive.score(turned, {**entry, "reversed": [1, 2, 3, 4]}, month=0)["value"]
    assert again.tolist() == plain.tolist()


def test_profiles_in_one_column_or_in_five():
    rows = pd.DataFrame({"participant_id": list("abcd"), "month": 0, "p": [11111, 21345, None, ""]})
    found = ws.derive.score(rows, "eq5d", items="p", value_set=MADE_UP)
    digits = pd.DataFrame(
        [[1] * 5, [2, 1, 3, 4, 5], [None] * 5, [None] * 5], columns=list(DIMENSIONS)
    )
    five = ws.derive.score(digits.assign(**rows), "eq5d", value_set=MADE_UP)
    assert found["value"].to_numpy() == pytest.approx([1, 0.31, np.nan, np.nan], nan_ok=True)
    assert five["value"].to_numpy() == pytest.approx(found["value"].to_numpy(), nan_ok=True)
    digits.loc[0, "mobility"] = None
    missing = ws.derive.score(digits.assign(**rows), "eq5d", value_set=MADE_UP)
    assert np.isnan(missing["value"][0])
    assert missing["scored"][0] == "too many missing"
    for wrong in ("1111", "111116", "1111a", "61111", "01111"):
        with pytest.raises(DataError, match="profiles of 5 digits"):
            ws.derive.score(rows.assign(p=[wrong, 11111, 11111, 11111]), "eq5d", items="p",
                            value_set=MADE_UP)  # fmt: skip


def test_a_value_set_by_profile_is_the_one_by_decrement(tmp_path):
    made_up = read_value_set(MADE_UP)
    profiles = ["".join(str(k + 1) for k in at) for at in np.ndindex(5, 5, 5, 5, 5)]
    rows = pd.DataFrame({"profile": profiles, "utility": made_up.utilities.ravel()})
    rows.to_csv(tmp_path / "set.csv", index=False)
    for same in (rows, dict(zip(profiles, rows["utility"], strict=True)), tmp_path / "set.csv"):
        assert np.array_equal(read_value_set(same).utilities, made_up.utilities)
    for broken, said in (
        (rows.iloc[1:], "1 of 3125 profiles lack, such as 11111"),
        (pd.concat([rows, rows.iloc[:1]]), "11111 stands twice"),
        (rows.assign(utility=rows["utility"].replace(1.0, 0.5)), "full health is the best"),
        (rows.assign(utility=rows["utility"] + 0.2), "full health is 1"),
        (rows.assign(utility="x"), "is no number"),
        (rows[["profile"]], "has the columns profile"),
        (pd.concat([rows, rows[["utility"]]], axis=1), "columns have the same name"),
    ):
        with pytest.raises(DataError, match=said):
            read_value_set(broken)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"mobility": {2: -0.05, 3: 0.1, 4: 0.2, 5: 0.3}}, "write what is subtracted"),
        ({"mobility": {2: 0.05, 3: 0.1, 4: 0.2}}, "no decrement for mobility 5"),
        ({"pain": {2: 0.1}}, "'pain 2' is no level"),
        ({"mobility": {6: 0.1}}, "is no level of a dimension"),
        ({"any_problem": "x"}, "any_problem is no number"),
    ],
)
def test_decrements_that_make_no_value_set(change, said):
    with pytest.raises(DataError, match=said):
        read_value_set({**MADE_UP, **change})


def test_constants_of_a_value_set():
    found = read_value_set({**MADE_UP, "any_problem": 0.04})
    assert found.of(np.array([[1.0] * 5, [1, 1, 1, 1, 2]])) == pytest.approx([1.0, 0.91])
    assert found.lowest == pytest.approx(1 - 0.04 - 5 * 0.3 - 0.1)


def test_blanks_that_count_as_no_beside_answers_of_no_are_doubted():
    columns = [f"rmdq_{k}" for k in range(1, 25)]
    ticked = pd.DataFrame([[1] * 10 + [None] * 14, [1] * 24], columns=columns)
    answered = pd.DataFrame([[1] * 10 + [None] * 14, [1] * 20 + [0] * 4], columns=columns)
    people = {"participant_id": ["a", "b"], "month": 3}

    def doubted(frame, **options):
        notes = ws.derive.score(frame.assign(**people), "rmdq", **options).attrs["notes"]
        return [note for note in notes if "may be no answer" in note]

    assert doubted(ticked) == []
    (said,) = doubted(answered)
    assert said.startswith("14 blank items of 1 person-visits count as 0 by the rule 'as no'")
    assert "rule = 'as no' or 'prorated' or 'complete'" in said
    assert doubted(answered, rule="as no") == doubted(answered, rule="prorated") == []
