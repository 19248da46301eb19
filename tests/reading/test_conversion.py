"""Does each cell become what it says, to the last bit, and is everything else refused by name?"""

import datetime as dt
import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from walkstats.reading.cells.conversion import Meaning, convert
from walkstats.reading.cells.dates_in_text import check_date_format, to_date
from walkstats.reading.cells.numbers_in_text import RefusedError, to_integer, to_number

FIRST, LAST = dt.date(1900, 1, 1), dt.date(2100, 12, 31)


def column(kind, *cells, missing=("",), **more):
    values = np.empty(len(cells), dtype=object)
    values[:] = cells
    return convert(values, np.arange(2, 2 + len(cells)), Meaning(kind, missing, **more))


@pytest.mark.parametrize(
    ("cell", "value"),
    [("1", 1.0), (" 2.5 ", 2.5), ("-.5", -0.5), ("+3.", 3.0), ("1e-3", 0.001), ("0.1", 0.1)],
)
def test_numbers(cell, value):
    assert to_number(cell) == value


@pytest.mark.parametrize(
    ("cell", "reason"),
    [
        ("3,5", "comma inside the number"),
        ("1,200", "comma inside the number"),
        ("1 200", "sign between thousands"),
        ("1.200.000", "sign between thousands"),
        ("1'200", "sign between thousands"),
        ("85%", "percent"),
        ("85 %", "percent"),
        (".", "not declared"),
        ("NA", "not declared"),
        ("#DIV/0!", "spreadsheet"),
        ("inf", "infinite"),
        ("-Infinity", "infinite"),
        ("1e999", "too large"),
        (">10", "bound"),
        ("−4", "dash"),
        ("£3", "currency"),
        ("3 €", "currency"),
        ("12 min", "something behind"),
        ("2024-01-05", "a date"),
        ("1_000", "sign between thousands"),
        ("1__0", "not a number"),
        ("１２", "not a number"),
        ("0x1A", "something behind"),
        ("nought", "not a number"),
        ("=1+1", "bound"),
    ],
)
def test_what_is_no_number_is_refused_with_the_reason(cell, reason):
    with pytest.raises(RefusedError) as caught:
        to_number(cell)
    assert reason in caught.value.reason
    assert caught.value.remedy


def test_decimal_commas_only_where_declared():
    assert to_number("3,5", ",") == 3.5
    with pytest.raises(RefusedError, match="decimal point"):
        to_number("3.5", ",")


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_float_comes_back_from_its_repr_bit_for_bit(value):
    back = to_number(repr(value))
    assert back == value
    assert math.copysign(1, back) == math.copysign(1, value)


@given(st.integers(-(2**63), 2**63 - 1))
def test_an_integer_comes_back_from_its_digits(value):
    assert to_integer(str(value)) == value


@pytest.mark.parametrize("cell", ["2.5", str(2**63), "9" * 5000, "1e300"])
def test_what_is_no_integer(cell):
    with pytest.raises(RefusedError):
        to_integer(cell)


@pytest.mark.parametrize(
    ("cell", "declared"),
    [
        ("2024-01-05", "%Y-%m-%d"),
        ("2024-01-05 00:00:00", "%Y-%m-%d"),
        ("2024-01-05T00:00", "%Y-%m-%d"),
        ("5/1/2024", "%d/%m/%Y"),
        ("1/5/2024", "%m/%d/%Y"),
        ("05JAN2024", "%d%b%Y"),
        ("January 5, 2024", "%B %d, %Y"),
        ("05.01.2024 13:45", "%d.%m.%Y %H:%M"),
    ],
)
def test_dates_by_their_declared_format(cell, declared):
    assert check_date_format(declared) is None
    assert to_date(cell, declared, FIRST, LAST) == dt.date(2024, 1, 5)


@pytest.mark.parametrize(
    "cell", ["2024-02-30", "1899-12-31", "2101-01-01", "05/01/24", "45296", ""]
)
def test_what_is_no_date(cell):
    with pytest.raises(RefusedError):
        to_date(cell, "%Y-%m-%d", FIRST, LAST)


@pytest.mark.parametrize("declared", ["%d/%m/%y", "%Y-%m", "%Y-%m-%d %Y", "%j %Y", "day", "%"])
def test_formats_that_would_have_to_guess(declared):
    assert check_date_format(declared)


@given(st.dates(FIRST, LAST))
def test_every_date_comes_back_from_iso(day):
    assert to_date(day.isoformat(), "%Y-%m-%d", FIRST, LAST) == day


def test_columns_have_the_dtype_of_their_kind_even_when_empty():
    dtypes = {
        "id": "object",
        "text": "object",
        "category": "object",
        "integer": "Int64",
        "number": "float64",
        "days": "float64",
        "date": "datetime64[ns]",
        "boolean": "boolean",
    }
    for kind, dtype in dtypes.items():
        for cells in ((), (None, "")):
            values = pd.Series(column(kind, *cells).values)
            assert values.dtype == dtype, kind
            assert values.isna().all()


def test_missing_cells_are_counted_when_they_hold_something():
    done = column("number", "1", "NA", "NA", " ", missing=("", "NA"))
    assert np.isnan(done.values[1:]).all()
    assert done.done["'NA' read as missing"] == 2
    assert not done.refused.any()


def test_text_is_kept_as_it_is():
    done = column("text", " two spaces ", "NA", "=1+1", "007", "1e5", "", None)
    assert list(done.values) == [" two spaces ", "NA", "=1+1", "007", "1e5", None, None]


def test_codes_are_closed():
    done = column("category", "1", "2 ", "3", codes={"1": "walking", "2": "control"})
    assert list(done.values) == ["walking", "control", None]
    assert list(done.refused) == [False, False, True]
    assert "1 = walking, 2 = control" in done.refusals[0].reason


def test_truth():
    done = column("boolean", "yes", "NO", "1", "false", "")
    assert list(done.values[:4]) == [True, False, True, False]
    coded = column("boolean", "1", "2", codes={"1": "false", "2": "true"})
    assert list(coded.values) == [False, True]
    refused = column("boolean", "1", "2", "1").refusals[0]
    assert "found {1, 2}" in refused.reason
    assert '"1" = ?, "2" = ?' in refused.what_to_do
    assert refused.rows.tolist() == [1]


def test_units_multiply_and_divide_exactly():
    assert list(column("days", "36", "1", times=1, over=24).values) == [1.5, 1 / 24]
    assert list(column("days", "6", times=30.4375, over=1).values) == [182.625]
    minutes = column("integer", "3", "4", times=1, over=2)
    assert minutes.values[1] == 2
    assert minutes.refused.tolist() == [True, False]


def test_a_column_of_days_may_hold_dates_throughout_but_not_here_and_there():
    assert column("days", "2024-01-05", "").is_date
    mixed = column("days", "2024-01-05", "7")
    assert not mixed.is_date
    assert mixed.refused.tolist() == [True, False]


def test_refusals_of_one_reason_come_together():
    done = column("number", "1,5", "x", "2,5", "1,5")
    by_reason = {one.reason.split(": ")[1]: one.rows.tolist() for one in done.refusals}
    assert sorted(by_reason.values()) == [[0, 2, 3], [1]]


# Any character but half ones. The default of hypothesis is the same set, taken seconds to make.
ANY = st.characters(exclude_categories=["Cs"])


@given(
    st.sampled_from(["id", "text", "category", "integer", "number", "days", "date", "boolean"]),
    st.lists(st.none() | st.text(ANY, max_size=6) | st.sampled_from(["1", "2024-01-05", "no"])),
)
def test_any_cells_convert_or_are_refused(kind, cells):
    done = column(kind, *cells)
    assert len(done.values) == len(done.refused) == len(cells)
    named = {row for one in done.refusals for row in one.rows.tolist()}
    assert named == set(np.flatnonzero(done.refused).tolist())
    assert pd.isna(pd.Series(done.values)[done.refused]).all()


def test_a_long_list_of_refused_cells_says_how_many_other_values_there_are():
    cells = np.array([f"x{k}" for k in range(7)] + ["x0"] * 3, dtype=object)
    found = convert(cells, np.arange(2, 12), Meaning("number", ("",))).refusals
    assert "'x4' and 2 other values: not a number" in found[0].reason
    assert len(found[0].rows) == 10
    found = convert(cells[:6], np.arange(2, 8), Meaning("number", ("",))).refusals
    assert "and 1 other value: " in found[0].reason


@pytest.mark.parametrize(
    ("cells", "asked"),
    [(("J", "N"), '{ "J" = ?, "N" = ? }'), (("Yes", "nein"), '{ "Yes" = true, "nein" = ? }')],
)
def test_what_words_of_truth_mean_is_asked_and_not_guessed(cells, asked):
    (refusal,) = column("boolean", *cells).refusals
    assert asked in refusal.what_to_do
    assert "true or false in place of each ?" in refusal.what_to_do


def test_days_and_months_exchanged_are_seen_where_that_reads_all_dates():
    def told(*cells):
        (refusal,) = column("date", *cells, dates="%d/%m/%Y").refusals
        return refusal.what_to_do

    assert 'dates = "%m/%d/%Y"' in told("05/13/2024", "", "06/01/2024")
    assert told("05/13/2024", "13/05/2024") == "correct it"
