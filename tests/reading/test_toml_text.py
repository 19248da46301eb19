"""Are keys of trial.toml placed on their lines, and doubles named with both?"""

import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from walkstats import DataError
from walkstats.reading.declared.toml_text import parse_toml

PARTS = """\
name = "a [not a table]"   # key = "comment"
missing = [
  "x = 1",
]
[[recurrences]]
from = "a.csv"
[recurrences.columns]
onset_days = { from = "x", unit = "hours" }
[[recurrences]]
from = "b.csv"
recurrences.columns.onset_days = "y"
"""


def test_keys_are_placed_on_their_lines():
    toml = parse_toml(PARTS.encode(), "trial.toml")
    assert toml.line("missing") == 2
    assert toml.line("recurrences", "0", "columns", "onset_days", "unit") == 8
    assert toml.line("recurrences", "1", "from") == 10
    assert toml.line("nothing") is None
    assert toml.values["recurrences"][1]["from"] == "b.csv"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("tau = 12\ntau = 24\n", ("duplicate key tau", "lines 1 and 2")),
        ("[a]\nb = 1\n[c]\n[a]\nb = 2\n", ("duplicate key a", "lines 1 and 4")),
        ('[a]\n"tau" = 1\n\ntau = 2\n', ("duplicate key a.tau", "lines 2 and 4")),
        ('s = """\ns = 1\n"""\nt = 1\nt = 2\n', ("duplicate key t", "lines 4 and 5")),
        ("a = [\n 1,\n 2]\na = 3\n", ("duplicate key a", "lines 1 and 4")),
        ("a = hello", ("not valid TOML at line 1", "column 5")),
        ("a = [1", ("not valid TOML",)),
        ("a = { b = 1, b = 2 }", ("not valid TOML", "'b'")),
    ],
)
def test_what_is_no_toml(text, words):
    with pytest.raises(DataError) as caught:
        parse_toml(text.encode(), "trial.toml")
    assert all(word in str(caught.value) for word in words), str(caught.value)
    assert caught.value.__cause__ is None


def test_encoding():
    assert parse_toml("﻿name = 'é'\r\n".encode(), "trial.toml").values == {"name": "é"}
    with pytest.raises(DataError, match="offset 8, line 1"):
        parse_toml("name = 'é'".encode("latin-1"), "trial.toml")


def test_a_nest_without_end():
    with pytest.raises(DataError):
        parse_toml(b"a = " + b"[" * 5000, "trial.toml")


def values_or_a_data_error(data):
    """What Python's own reader gives, or a refusal that names the file."""
    try:
        expected = tomllib.loads(data.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        with pytest.raises(DataError, match=r"trial\.toml"):
            parse_toml(data, "trial.toml")
    else:
        assert parse_toml(data, "trial.toml").values == expected


@given(st.binary(max_size=40))
def test_any_bytes_give_values_or_a_data_error(data):
    values_or_a_data_error(data)


@given(st.text(st.sampled_from("ab='\"[]{}.,\n #\\"), max_size=30))
def test_any_toml_like_text_gives_values_or_a_data_error(text):
    values_or_a_data_error(text.encode())


@pytest.mark.parametrize("number", ["9" * 5000, "0x" + "f" * 5000, "0b1" + "0" * 64])
def test_a_number_beyond_those_of_toml_is_refused(number):
    with pytest.raises(DataError, match="more than 18 digits"):
        parse_toml(f"a = [{{ b = {number} }}]".encode(), "trial.toml")


@pytest.mark.parametrize("key", ["a." * 300_000 + "a", "'b'." * 100_000 + "c", '"b" . ' * 50 + "c"])
def test_a_key_of_thousands_of_parts_is_refused_at_once(key):
    with pytest.raises(DataError, match="nested too deeply"):
        parse_toml(f"{key} = 1".encode(), "trial.toml")
