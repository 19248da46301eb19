"""Is every entry of a questionnaire consistent, and is a wrong one refused in words?"""

import re

import pytest

from walkstats import DataError
from walkstats.questionnaires import read_questionnaire, shipped_questionnaires
from walkstats.questionnaires.entries import SHIPPED, questionnaire_from, shipped_names
from walkstats.schema import MEASURES

OWN = {
    "name": "worry",
    "items": 3,
    "codes": [1, 4],
    "scales": [{"measure": "worry", "low": 3, "high": 12, "better": "lower"}],
}


@pytest.mark.parametrize("name", shipped_names())
def test_each_shipped_one_says_where_it_is_from(name):
    one = read_questionnaire(name)
    assert one.name == name
    assert one.sources
    assert one.rules
    assert all(re.fullmatch(r"10\.\d{4,9}/\S+", source.doi) for source in one.sources if source.doi)
    # a rule of a source names it; one that is nobody's says so, or asks for every answer
    assert all(rule.source or rule.note or rule.stands_in == "nothing" for rule in one.rules)
    assert all(scale.important_source for scale in one.scales if scale.important is not None)


def test_no_wording_of_items_is_shipped():
    for path in SHIPPED.glob("*.toml"):
        text = path.read_text(encoding="utf-8").lower()
        assert not re.search(r"\b(i|my|me)\b (find|stay|am|walk|can|feel|felt|found|back)", text)


def test_measures_agree_with_the_dictionary():
    known = set()
    for name in shipped_names():
        for scale in read_questionnaire(name).scales:
            if scale.measure not in MEASURES:
                continue
            known.add(scale.measure)
            ours, theirs = scale.as_measure(scale.measure), MEASURES[scale.measure]
            assert (ours.low, ours.high, ours.better, ours.unit) == (
                theirs.low,
                theirs.high,
                theirs.better,
                theirs.unit,
            )
    # steps are measured, not asked
    assert (
        known
        == {name for name, one in MEASURES.items() if name in known}
        >= {
            "rmdq",
            "pain_nrs",
            "eq5d_utility",
            "eq5d_vas",
            "dass_depression",
            "dass_anxiety",
            "dass_stress",
        }
    )


def test_the_list_of_shipped_ones():
    frame = shipped_questionnaires()
    assert set(frame["questionnaire"]) == set(shipped_names())
    assert frame["measure"].is_unique
    assert (
        "doi:10.1097/00007632-200012150-00006" in frame.set_index("measure").loc["rmdq", "source"]
    )


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"items": 0}, "items must be at least 1"),
        ({"items": 2.5}, "items needs a whole number"),
        ({"codes": [0, 10**400]}, "codes needs the lowest and the highest code"),
        ({"codes": [4, 1]}, "codes needs the lowest and the highest code"),
        ({"reversed": [4]}, "reversed must be different numbers from 1 to 3"),
        ({"named": "worry"}, "named gives 1 columns for 3 items"),
        ({"wording": ["..."]}, "'wording' is not known"),
        ({"scales": []}, "there is no scale"),
        (
            {"scales": [{"measure": "worry", "low": 0, "high": 9, "better": "lower"}]},
            "from 3 to 12",
        ),
        ({"scales": [{"measure": "worry", "low": 3, "high": 12}]}, "better is missing"),
        ({"scales": [{**OWN["scales"][0], "items": [1, 9]}]}, "different numbers from 1 to 3"),
        ({"rules": [{"name": "a", "stands_in": "zero", "at_most": 1}]}, "stands_in needs one of"),
        (
            {"rules": [{"name": "a", "stands_in": "mean", "at_most": 1, "source": "x"}]},
            "there is no source 'x'",
        ),
    ],
)
def test_an_entry_that_contradicts_itself(change, said):
    with pytest.raises(DataError, match=re.escape(said)):
        read_questionnaire({**OWN, **change})


def test_everything_wrong_is_told_at_once():
    with pytest.raises(DataError) as error:
        read_questionnaire({"name": "", "items": -1, "codes": "0-4", "scales": 3})
    assert len(error.value.findings) == 4


def test_one_s_own_file(tmp_path):
    lines = ['name = "worry"', "items = 3", "codes = [1, 4]", "[[scales]]", 'measure = "worry"']
    lines += ["low = 3", "high = 12", 'better = "lower"']
    (tmp_path / "worry.toml").write_text("\n".join(lines), encoding="utf-8")
    assert read_questionnaire(tmp_path / "worry.toml") == read_questionnaire(OWN)
    with pytest.raises(DataError, match="no questionnaire in TOML"):
        questionnaire_from(b"name = \xff", "worry.toml")
    with pytest.raises(ValueError, match=r"No questionnaire 'rmqd'.*rmdq"):
        read_questionnaire("rmqd")
    with pytest.raises(ValueError, match="No questionnaire"):
        read_questionnaire("a\0b")
