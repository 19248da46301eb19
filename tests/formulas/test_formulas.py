"""What formulas mean: names, coding, rows left out, and everything that is refused."""

import numpy as np
import pandas as pd
import pytest
from formulaic import Formula
from hypothesis import given
from hypothesis import strategies as st

from walkstats.errors import DataError
from walkstats.formulas import build, variables_in


@pytest.fixture
def frame():
    random = np.random.default_rng(7)
    n = 60
    return pd.DataFrame(
        {
            "arm": pd.Categorical(np.tile(["control", "walking"], n // 2), ["control", "walking"]),
            "site": np.repeat(["a", "b", "c"], n // 3),
            "age": random.normal(54, 12, n),
            "minutes": random.gamma(3, 50, n),
            "pain": random.normal(3, 1, n),
            "who did it": 1.0 + random.random(n),
            7: random.random(n),
        }
    )


def matrix(formula, frame, **options):
    design = build(formula, frame, intercept=True, **options)
    return design.matrix, design.terms.names


@pytest.mark.parametrize(
    "formula",
    [
        "arm",
        "arm + age",
        "arm * age",
        "arm * site + age",
        "arm : age",
        "arm : site",
        "site * age * arm",
    ],
)
def test_columns_span_what_formulaic_spans(formula, frame):
    """Same column space and rank as formulaic's own matrix, which is coded differently."""
    ours, _ = matrix(formula, frame)
    theirs = Formula(formula).get_model_matrix(frame).to_numpy(dtype=float)
    assert ours.shape == theirs.shape
    assert np.linalg.matrix_rank(ours) == ours.shape[1] == np.linalg.matrix_rank(theirs)
    assert np.linalg.matrix_rank(np.hstack([ours, theirs])) == ours.shape[1]


def test_names_are_spelled_one_way(frame):
    _, names = matrix("arm * age + rcs(minutes, 4) + `who did it` + `7`", frame)
    assert names == (
        "intercept", "arm[walking]", "age",
        "rcs(minutes, 4)[1]", "rcs(minutes, 4)[2]", "rcs(minutes, 4)[3]",
        "who did it", "7", "arm[walking]:age",
    )  # fmt: skip


def test_the_first_category_is_the_reference_and_text_takes_sorted_order(frame):
    design = build("arm + site", frame, intercept=False)
    assert dict(design.terms.levels) == {"arm": ("control", "walking"), "site": ("a", "b", "c")}
    assert design.notes == ("Reference level of site: a (first in sorted order).",)


def test_a_reference_can_be_chosen(frame):
    design = build("factor(site, reference='b')", frame, intercept=False)
    assert design.terms.names == ("site[a]", "site[c]")
    with pytest.raises(ValueError, match="not a level of site"):
        build("factor(site, reference='z')", frame, intercept=False)


def test_whole_number_levels_are_written_whole():
    frame = pd.DataFrame({"month": [3.0, 6.0, 9.0, 12.0] * 3})
    design = build("factor(month)", frame, intercept=False)
    assert design.terms.names == ("month[6]", "month[9]", "month[12]")


def test_missing_rows_are_counted_once_by_what_they_lack(frame):
    frame.loc[[1, 2], "age"] = np.nan
    frame.loc[[2, 3], "site"] = None
    design = build("age + site", frame, intercept=False)
    assert design.left_out == {"age missing": 1, "site missing": 1, "age and site missing": 1}
    assert design.kept.sum() == len(design.matrix) == 57


def test_levels_are_learnt_on_the_rows_used(frame):
    keep = (frame["site"] != "c").to_numpy()
    assert build("site", frame, intercept=False, keep=keep).terms.levels["site"] == ("a", "b")


def test_means_and_combinations_of_levels_are_those_of_the_rows_used(frame):
    frame.loc[[0, 31], "age"] = np.nan
    terms = build("arm * site + age + log(minutes)", frame, intercept=True).terms
    used = frame.dropna(subset="age")
    assert dict(terms.means) == {
        "age": pytest.approx(used["age"].mean()),
        "minutes": pytest.approx(used["minutes"].mean()),
    }
    assert dict(terms.cells) == used.groupby(["arm", "site"], observed=True).size().to_dict()
    assert list(terms.levels) == ["arm", "site"]
    empty = frame[(frame["arm"] == "control") | (frame["site"] != "b")]
    assert ("walking", "b") not in build("arm + site", empty, intercept=True).terms.cells
    assert build("age", frame, intercept=True).terms.cells == {}


def test_many_combinations_of_levels_are_counted_too():
    random = np.random.default_rng(2)
    frame = pd.DataFrame({f"f{k}": random.choice(list("abcdefgh"), 50) for k in range(6)})
    cells = build(" + ".join(frame), frame, intercept=True).terms.cells  # 8**6 could occur
    assert dict(cells) == frame.value_counts().to_dict()


def test_new_data_get_the_knots_and_levels_of_the_fit(frame):
    terms = build("rcs(minutes, 4) + arm", frame, intercept=False).terms
    new = pd.DataFrame({"arm": ["walking", "control"], "minutes": [100.0, np.nan], "more": 1})
    made = terms.matrix(new)
    assert made[0, -1] == 1.0
    assert np.isnan(made[1, :3]).all()
    whole = terms.matrix(frame)
    assert np.array_equal(whole, build("rcs(minutes, 4) + arm", frame, intercept=False).matrix)


def test_new_data_with_an_unseen_level_or_without_a_column_are_refused(frame):
    terms = build("arm + age", frame, intercept=False).terms
    with pytest.raises(DataError, match=r"not seen: yoga.*control, walking"):
        terms.matrix(pd.DataFrame({"arm": ["yoga"], "age": [50.0]}))
    with pytest.raises(DataError, match="lack the column"):
        terms.matrix(pd.DataFrame({"arm": ["walking"]}))


@pytest.mark.parametrize(
    "formula",
    [
        "{__import__('os').system('true')}",
        "arm + __import__('os')",
        "eval('1')",
        "age + rcs(minutes, __import__('os'))",
        "Q('age')",
        "arm | age",
        "age ** 2",
        "age - 1",
        "0 + arm",
        "arm + 0",
        "age.mean()",
        "arm; age",
        "lambda: 1",
        "np.log(age)",
        "arm[0]",
        "",
        "arm +",
        "(arm",
    ],
)
def test_what_is_not_on_the_whitelist_is_refused_in_words(formula, frame):
    with pytest.raises(ValueError, match=r"formula|allowed|cannot be read|must be"):
        build(formula, frame, intercept=False)


@given(st.text(alphabet="armge+:*()[]{}`'\"=., 01~|-\\", max_size=24))
def test_no_text_gets_past_with_an_error_of_another_kind(text):
    frame = pd.DataFrame({"arm": ["a", "b"] * 4, "age": np.arange(8.0)})
    try:
        build(text, frame, intercept=False)
    except (ValueError, DataError):
        return
    assert set(variables_in(text)) <= {"arm", "age"}


def test_sides_are_where_they_belong(frame):
    with pytest.raises(ValueError, match="left side"):
        build("pain ~ arm", frame, intercept=False)
    with pytest.raises(ValueError, match="needs an outcome"):
        build("arm", frame, intercept=True, response=True)
    design = build("log(minutes) ~ arm", frame, intercept=True, response=True)
    assert np.allclose(design.response, np.log(frame["minutes"]))


def test_bad_columns_are_refused_in_words(frame):
    with pytest.raises(ValueError, match="Did you mean 'age'"):
        build("aeg", frame, intercept=False)
    frame["text"] = frame["age"].round(1).astype(str)
    with pytest.raises(DataError, match="numbers as text"):
        build("text", frame, intercept=False)
    frame["on"] = pd.Timestamp("2024-01-01")
    with pytest.raises(DataError, match="dates"):
        build("on", frame, intercept=False)
    frame.loc[4, "age"] = np.inf
    with pytest.raises(DataError, match="infinite") as caught:
        build("age", frame, intercept=False)
    assert caught.value.problems.loc[0, ["column", "row"]].tolist() == ["age", 4]
    with pytest.raises(ValueError, match="same name"):
        build("pain", frame[["pain", "pain"]], intercept=False)


def test_one_level_is_no_comparison(frame):
    with pytest.raises(DataError, match=r"comparison needs 2 arms, found 1 \(walking, n=30\)"):
        build("arm", frame[frame["arm"] == "walking"], intercept=False)


def test_no_rows_say_why(frame):
    frame["age"] = np.nan
    with pytest.raises(DataError, match=r"0 rows are left of 60 \(60 age missing\)"):
        build("age", frame, intercept=False)


@pytest.mark.parametrize("dtype", ["Int64", "int16", "float32", "Float64", "int64[pyarrow]"])
def test_the_kind_of_number_changes_nothing(dtype):
    frame = pd.DataFrame({"x": [1, 2, 5, 9]})
    expected = build("x", frame.astype(float), intercept=False).matrix
    assert np.array_equal(build("x", frame.astype(dtype), intercept=False).matrix, expected)


def test_unused_categories_make_no_columns(frame):
    frame["arm"] = frame["arm"].cat.add_categories(["yoga"])
    assert build("arm", frame, intercept=False).terms.names == ("arm[walking]",)


def test_an_outcome_of_levels_is_refused(frame):
    with pytest.raises(DataError, match=r"outcome site holds levels \(a, b, c\)"):
        build("site ~ arm", frame, intercept=True, response=True)


@pytest.mark.parametrize(
    ("cell", "said"), [("n/a", "'n/a'"), ("27,0", "'27,0'"), ("< 5", "'< 5'"), ("", "''")]
)
def test_numbers_as_text_are_seen_past_a_cell_that_is_none(cell, said):
    frame = pd.DataFrame({"bmi": [str(20.5 + k) for k in range(21)] + [cell]})
    with pytest.raises(DataError, match="numbers as text") as caught:
        build("bmi", frame, intercept=False)
    assert f"(such as '20.5', but also {said})" in str(caught.value)
    assert build("factor(bmi)", frame, intercept=False).matrix.shape == (22, 21)


def test_decimal_commas_and_numbers_among_text_are_numbers_as_text():
    for values in (["20,5", "21,5", "23"], [27.0, 30.0, "n/a"]):
        with pytest.raises(DataError, match="numbers as text"):
            build("bmi", pd.DataFrame({"bmi": values}), intercept=False)


@pytest.mark.parametrize(
    "values", [["1", "2", "2a", "2b"], [True, False, "unknown"], ["18-30", "31-40", "n/a"]]
)
def test_levels_that_hold_some_digits_are_levels(values):
    design = build("stage", pd.DataFrame({"stage": values * 2}), intercept=False)
    assert design.matrix.shape == (2 * len(values), len(values) - 1)


@pytest.mark.parametrize("kind", ["string[pyarrow]", "large_string", "string[python]", "category"])
def test_text_is_the_same_however_it_is_kept(kind):
    pyarrow = pytest.importorskip("pyarrow")
    dtype = pd.ArrowDtype(pyarrow.large_string()) if kind == "large_string" else kind
    frame = pd.DataFrame({"group": ["usual", "walking", None, "yoga"] * 3})
    expected = build("group", frame, intercept=False)
    kept = build("group", frame.astype({"group": dtype}), intercept=False)
    assert np.array_equal(kept.matrix, expected.matrix)
    assert kept.terms.names == expected.terms.names == ("group[walking]", "group[yoga]")


@pytest.mark.parametrize("kind", ["string[pyarrow]", "string[python]"])
def test_numbers_as_text_are_seen_however_the_text_is_kept(kind):
    pytest.importorskip("pyarrow")
    frame = pd.DataFrame({"bmi": pd.Series(["27.5", "31", "n/a"], dtype=kind)})
    with pytest.raises(DataError, match="numbers as text"):
        build("bmi", frame, intercept=False)


@pytest.mark.parametrize("name", ["Age (years)", "a, b", "a + b", "a ~ b", "log(x)", "x:y (2*z)"])
def test_a_name_in_backticks_may_hold_anything(name, frame):
    frame = frame.rename(columns={"minutes": name})
    values = frame[name].to_numpy()
    design = build(f"arm + `{name}`", frame, intercept=False)
    assert design.terms.names == ("arm[walking]", name)
    assert np.array_equal(design.matrix[:, 1], values)
    logged = build(f"`{name}` ~ power(`{name}`, exponent=3)", frame, intercept=False, response=True)
    assert np.array_equal(logged.matrix[:, 0], values**3)
    assert np.array_equal(logged.response, values)
    assert variables_in(f"pain ~ arm * rcs(`{name}`, 4)") == ("pain", "arm", name)


@pytest.mark.parametrize(
    ("formula", "said"),
    [
        (["arm", "age"], r"got \['arm', 'age'\]: write 'arm \+ age'"),
        (None, "got None"),
        (3, "got 3"),
        (np.array(["arm"]), "got ndarray"),
        (pd.Series(["arm"]), "got Series"),
        ({"arm": 1}, "got dict"),
    ],
)
def test_a_formula_that_is_no_text_is_refused_in_words(formula, said, frame):
    with pytest.raises(ValueError, match=rf"A formula is a text such as 'arm \+ age'; {said}"):
        build(formula, frame, intercept=False)
    with pytest.raises(ValueError, match="A formula is a text"):
        variables_in(formula)


@pytest.mark.parametrize(
    ("formula", "near"),
    [
        ("arm +", "'+'"),
        ("(arm", "'('"),
        ("arm age", "'arm age'"),
        ("log(age) arm", "'log(age) arm'"),
    ],
)
def test_an_unreadable_formula_is_one_plain_sentence(formula, near, frame):
    with pytest.raises(ValueError, match="cannot be read") as caught:
        build(formula, frame, intercept=False)
    said = str(caught.value)
    assert f"cannot be read at {near}: " in said
    assert said.isascii()
    assert said.isprintable()
    assert ("backticks" in said) == (" " in near)


@pytest.mark.parametrize(
    ("formula", "instead"),
    [("C(arm)", "Write factor"), ("Surv(age, sex)", "time=, event="), ("strata(arm)", "strata=")],
)
def test_what_other_formulas_write_is_told_in_the_words_of_this(formula, instead, frame):
    with pytest.raises(ValueError, match="not allowed in a formula") as caught:
        build(formula, frame, intercept=False)
    assert instead in str(caught.value)


def test_a_reference_level_is_noted_once(frame):
    frame["month"] = np.tile([3, 4, 5], 20)
    design = build("factor(month) + factor(month,):age", frame, intercept=False)
    assert design.notes == ("Reference level of month: 3 (first in sorted order).",)


def test_an_id_is_no_covariate():
    frame = pd.DataFrame({"pid": [f"P{k:03d}" for k in range(150)] * 2, "age": np.arange(300.0)})
    for kept in (frame, frame.astype({"pid": "category"})):
        with pytest.raises(DataError, match="150 levels among 300 rows: an id") as caught:
            build("pid + age", kept, intercept=False)
        assert "cluster=" in caught.value.problems.loc[0, "what_to_do"]
    assert build("factor(pid)", frame, intercept=False).matrix.shape == (300, 149)
    thrice = pd.concat([frame, frame.iloc[:1]])
    assert build("pid", thrice, intercept=False).matrix.shape == (301, 149)


def test_codes_of_groups_that_enter_as_numbers_are_said():
    frame = pd.DataFrame({"arm": [1, 2, 3, 1, 2, 3], "sex": [0, 1, 0, 1, 0, 1], "n": range(6)})
    assert build("arm + sex + n", frame, intercept=False).notes == (
        "arm (values: 3) entered as a number: one slope; factor(arm) compares levels.",
    )
    assert not any("slope" in note for note in build("factor(arm)", frame, intercept=False).notes)
    assert build("arm", frame.astype(float), intercept=False).notes == ()


def test_complex_numbers_are_refused():
    with pytest.raises(DataError, match="no numbers"):
        build("y ~ x", pd.DataFrame({"y": [1 + 1j, 2], "x": [1, 2]}), intercept=True, response=True)


def test_an_arm_that_is_gone_for_what_its_rows_lack():
    # Clinics of one arm only: the other arm's rows have none and are left out.
    frame = pd.DataFrame({"y": [1.0, 2, 3, 4], "arm": list("aabb"), "x": [1.0, 2, None, None]})
    lost = "found 1 \\(a, n=2\\) once 2 of 4 rows were left out .* check the filter and what is mis"
    with pytest.raises(DataError, match=lost):
        build("y ~ arm + x", frame, intercept=True, response=True)
