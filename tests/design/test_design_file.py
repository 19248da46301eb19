"""Is a design read as it stands, and is all that is wrong in it said at once?"""

import dataclasses
import re
from pathlib import Path

import pytest

from walkstats.design import Design, read_design
from walkstats.design.design_file import sample_designs
from walkstats.errors import DataError

FILE = Path(__file__).parents[2] / "data" / "sample" / "walkback-like" / "design.toml"


def edited(tmp_path, *changes):
    """The sample's design file with lines replaced."""
    text = FILE.read_text(encoding="utf-8")
    for old, new in changes:
        text, count = re.subn(old, new, text, count=1, flags=re.MULTILINE)
        assert count == 1, old
    path = tmp_path / "design.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_by_name_by_file_and_by_folder_are_one():
    assert read_design("walkback-like") == read_design(FILE) == read_design(FILE.parent)
    assert sample_designs() == ["walkback-like"]


def test_design_is_frozen_and_holds_what_the_file_says():
    design = read_design(FILE)
    assert design.enrolment.participants == (350, 351)
    assert design.enrolment.blocks == (4, 6, 8)
    assert sum(design.screening.excluded.values()) == 2505
    assert design.source.startswith("synthetic")
    with pytest.raises(dataclasses.FrozenInstanceError):
        design.name = "other"


@pytest.mark.parametrize("source", ["bladder", "nothing", "nothing.toml", "../walkback-like"])
def test_no_such_design(source):
    with pytest.raises(ValueError, match="walkback-like"):
        read_design(source)


def test_everything_wrong_is_said_at_once(tmp_path):
    path = edited(
        tmp_path,
        (r"^women = 565", "womn = 565"),
        (r"^age_mean = 54.0", 'age_mean = "old"'),
        (r"^blocks = .*$", "blocks = [4, 6.5]"),
        (r"^first_on = .*$", 'first_on = "2019-09-23"'),
        (r"^\[harms\]$", "[harms]\nextra = 1"),
    )
    with pytest.raises(DataError) as caught:
        read_design(path)
    problems = caught.value.problems
    said = " ".join(problems["problem"] + " " + problems["what_to_do"])
    assert len(problems) == 6
    for words in ("womn is not an entry", "Did you mean women", "women is missing", "a number"):
        assert words in said
    assert set(problems["table"]) == {"[people]", "[enrolment]", "[harms]"}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ((r"^never_share = 0.025", "never_share = 1.5"), "at most 1"),
        ((r"^rate_per_100_days = .*$", "rate_per_100_days = 0"), "at least 0.001"),
        ((r"^participants = .*$", "participants = [350, 600]"), "differ by more"),
        ((r"^blocks = .*$", "blocks = [4, 5]"), "even numbers"),
        ((r"^last_on = .*$", "last_on = 2018-01-01"), "not in order"),
        ((r'^source = "synthetic', 'source = "real'), "synthetic"),
        ((r"^women = 565", "women = 800"), "women are more than all"),
        ((r"^profile_weeks = .*$", "profile_weeks = [1.0, 9.0]"), "do not match"),
        ((r"^age_lowest = 20", "age_lowest = 60"), "not in order"),
        ((r'^arms = \["control", "walking"\]', 'arms = ["walking", "walking"]'), "different names"),
        ((r"^people = \[190, 183\]", "people = [400, 183]"), "more people"),
    ],
)
def test_limits_and_contradictions_are_refused_in_words(tmp_path, change, words):
    with pytest.raises(DataError, match=words):
        read_design(edited(tmp_path, change))


def test_broken_toml_is_a_data_error(tmp_path):
    path = tmp_path / "design.toml"
    path.write_text("name = ", encoding="utf-8")
    with pytest.raises(DataError, match=r"design\.toml is not TOML"):
        read_design(path)


def test_limits_hold_for_a_design_made_by_hand():
    design = read_design(FILE)
    with pytest.raises(DataError, match="rate_ratio_late"):
        dataclasses.replace(
            design, recurrence=dataclasses.replace(design.recurrence, rate_ratio_late=0.0)
        )


def test_without_effect_leaves_no_difference_between_arms():
    null = read_design(FILE).without_effect()
    for part in dataclasses.fields(Design):
        section = getattr(null, part.name)
        if not dataclasses.is_dataclass(section):
            continue
        for item in dataclasses.fields(section):
            value = getattr(section, item.name)
            if "null" in item.metadata:
                assert value == item.metadata["null"], item.name
            if item.metadata.get("by_arm"):
                assert value[0] == value[1], item.name
    assert null.walking.mean_minutes_walking == null.walking.mean_minutes_reference
    assert null.enrolment == read_design(FILE).enrolment
