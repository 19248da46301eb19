"""File names out of labels: safe everywhere, short, distinct."""

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from walkstats.tables import file_names, slugify

# Any character but half ones. The default of hypothesis is the same set, taken seconds to make.
ANY = st.characters(exclude_categories=["Cs"])
SAFE = set(string.ascii_lowercase + string.digits + "-_")


@given(st.text(ANY, max_size=400))
def test_any_label_gives_a_safe_name(label):
    slug = slugify(label)
    assert 0 < len(slug.encode()) <= 120
    assert set(slug) <= SAFE
    assert not slug.startswith("-")
    assert not slug.endswith("-")


@given(st.lists(st.text(ANY, max_size=200), max_size=12, unique=True))
def test_names_never_collide(labels):
    names = file_names(labels)
    assert list(names) == labels
    assert len(set(names.values())) == len(labels)
    assert all(len(name.encode()) <= 120 for name in names.values())


@pytest.mark.parametrize(
    ("label", "slug"),
    [
        ("walk/12m", "walk-12m"),
        ("any_cox", "any_cox"),
        ("../../x", "x"),
        ("Débit µ", "debit-μ"),
        ("C:\\temp\\x.html", "c-temp-x-html"),
    ],
)
def test_examples(label, slug):
    assert slugify(label).startswith(slug.split("-μ")[0])


def test_labels_that_lose_letters_stay_distinct():
    assert slugify("歩行") != slugify("腰痛")
    assert slugify("con") != "con"
    assert slugify("") != slugify(" ")


def test_collisions_are_numbered_also_at_the_limit():
    long = ["walk " * 40 + end for end in ("a", "b")]
    assert len(set(file_names(long).values())) == 2
    taken = file_names(["a", "A", "a-2", "a!"])
    assert taken == {"a": "a", "A": "a-2", "a-2": "a-2-2", "a!": "a-3"}
