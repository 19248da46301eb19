"""How numbers are written: decimals, p-values, intervals, journals, and no locale."""

import locale
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from walkstats import _digits
from walkstats._digits import STYLES, fixed, interval, p_phrase, p_value, percent

LANCET, NEJM = STYLES["lancet"], STYLES["nejm"]
JAMA, BMJ = STYLES["jama"], STYLES["bmj"]


@pytest.mark.parametrize(
    ("p", "plain", "lancet"),
    [
        (0.5, "0.50", "0·50"),
        (0.0312, "0.031", "0·031"),
        (0.05, "0.050", "0·050"),
        (0.04999, "0.04999", "0·04999"),
        (0.0501, "0.0501", "0·0501"),
        (0.001, "0.001", "0·001"),
        (0.00099, "<0.001", "0·0010"),
        (0.0002, "<0.001", "0·0002"),
        (1e-300, "<0.001", "<0·0001"),
        (0.0, "<0.001", "<0·0001"),
        (0.995, ">0.99", ">0·99"),
        (1.0, ">0.99", ">0·99"),
        (math.nan, "–", "–"),
    ],
)
def test_p_values(p, plain, lancet):
    assert p_value(p) == plain
    assert p_value(p, LANCET) == lancet


def test_p_values_in_running_text():
    assert p_phrase(0.0002) == "p < 0.001"
    assert p_phrase(0.0002, NEJM) == "P<0.001"
    assert p_phrase(0.0002, LANCET) == "p=0·0002"
    assert p_phrase(0.9999) == "p > 0.99"


# JAMA: AMA Manual of Style 19.5 (two decimals, three below .01, floor .001, no zero before the
# mark, more where rounding would reach .05); NEJM: two decimals above 0.01, three to 0.001.
@pytest.mark.parametrize(
    ("p", "jama", "nejm", "bmj"),
    [
        (0.42, "P = .42", "P=0.42", "P=0.42"),
        (0.0312, "P = .03", "P=0.03", "P=0.031"),
        (0.0456, "P = .046", "P=0.046", "P=0.046"),
        (0.0085, "P = .009", "P=0.009", "P=0.009"),
        (0.0002, "P < .001", "P<0.001", "P<0.001"),
        (0.9999, "P > .99", "P>0.99", "P>0.99"),
    ],
)
def test_p_values_of_other_journals(p, jama, nejm, bmj):
    assert [p_phrase(p, style) for style in (JAMA, NEJM, BMJ)] == [jama, nejm, bmj]


def test_thousands_and_intervals_of_other_journals():
    assert fixed(72337.5, 1, JAMA) == "72\u2009337.5"
    assert fixed(1234.5, 1, JAMA) == "1234.5"
    assert interval(0.6, 0.85, (2, 2), JAMA) == "0.60-0.85"
    assert interval(-0.6, 0.85, (2, 2), JAMA) == "−0.60 to 0.85"
    assert interval(0.6, 0.85, (2, 2), BMJ) == "0.60 to 0.85"
    assert all(style.rules for name, style in STYLES.items() if name != "plain")


def test_what_names_no_style_takes_that_of_the_report_and_only_while_it_is_written():
    with _digits.written_in("jama"):
        assert p_phrase(0.5) == "P = .50"
    with _digits.written_in("lancet"):
        assert fixed(0.5, 1) == "0·5"
        assert fixed(0.5, 1, BMJ) == "0.5"
        with pytest.raises(ZeroDivisionError), _digits.written_in("jama"):
            fixed(1 / 0, 1)
        assert percent(1, 100) == "1·0%"
    assert fixed(0.5, 1) == "0.5"


@given(st.floats(0.001, 0.0499999))
def test_a_significant_p_value_never_reads_as_at_least_five_hundredths(p):
    assert float(p_value(p)) < 0.05 or p > 0.0499995


@pytest.mark.parametrize(
    ("value", "decimals", "written"),
    [
        (-0.0004, 2, "0.00"),
        (-0.6, 0, "-1"),
        (9999.0, 0, "9999"),
        (12345.6, 1, "12,345.6"),
        (math.inf, 2, "∞"),
        (-math.inf, 2, "-∞"),
        (math.nan, 2, "–"),
    ],
)
def test_fixed(value, decimals, written):
    assert fixed(value, decimals) == written


def test_intervals_use_to_where_a_minus_could_be_a_dash():
    assert interval(0.6, 0.85, (2, 2), LANCET) == "0·60–0·85"
    assert interval(-0.6, 0.85, (2, 2), LANCET) == "−0·60 to 0·85"
    assert interval(0.6, math.inf, (2, 2), LANCET) == "0·60–∞"
    assert interval(0.6, math.nan, (2, 2), LANCET) == "0·60 to –"


def test_percent_keeps_a_decimal_only_where_it_means_somebody():
    assert percent(1, 99) == "1%"
    assert percent(1, 100) == "1.0%"
    assert percent(1, 0) == "–"


def test_the_locale_does_not_matter(monkeypatch):
    comma = {**locale.localeconv(), "decimal_point": ",", "thousands_sep": "."}
    monkeypatch.setattr(locale, "localeconv", lambda: comma)
    assert fixed(12345.678, 2) == "12,345.68"
    assert p_value(0.031) == "0.031"


@given(st.floats(1e-5, 1e5))
def test_ratios_show_between_two_and_four_digits(value):
    written = fixed(value, _digits.ratio_decimals(value)).replace(",", "")
    digits = written.replace(".", "").lstrip("0")
    assert 1 <= len(digits) <= 6
    assert float(written) == pytest.approx(value, rel=0.06)


def test_an_unknown_style_is_refused():
    with pytest.raises(ValueError, match="style must be one of 'plain', 'nejm', 'lancet'"):
        _digits.style_of("nature")
