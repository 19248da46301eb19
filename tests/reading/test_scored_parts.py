"""Answers to questionnaires that become outcomes while a trial is read."""

import numpy as np
import pytest

import walkstats as ws
from walkstats import DataError
from walkstats.questionnaires.utilities import DIMENSIONS

HEAD = """
name = "tiny"
source = "made up"
arms = ["control", "walking"]

[participants]
"""
PEOPLE = "participant_id,arm\nA,control\nB,walking\n"
VALUES = "dimension,level,decrement\n" + "".join(
    f"{name},{level},{0.1 * (level - 1):g}\n" for name in DIMENSIONS for level in (2, 3, 4, 5)
)


@pytest.fixture
def write(tmp_path):
    """A trial folder with these files and this end of trial.toml."""

    def files(toml, **contents):
        (tmp_path / "trial.toml").write_text(HEAD + toml, encoding="utf-8")
        (tmp_path / "participants.csv").write_text(PEOPLE, encoding="utf-8")
        for name, text in contents.items():
            (tmp_path / name.replace("__", ".")).write_text(text, encoding="utf-8")
        return tmp_path

    return files


def odi(*rows, delimiter=","):
    header = ["record", "event", *(f"odi{k}" for k in range(1, 11))]
    return "\n".join(delimiter.join(map(str, row)) for row in [header, *rows]) + "\n"


ODI = """
[[outcomes]]
from = "export.csv"
where = { event = ["base", "month3"] }
score = { questionnaire = "odi", items = "odi{}", missing = ["-9"] }
columns.participant_id = "record"
columns.month = { from = "event", codes = { base = "0", month3 = "3" } }
"""


def test_items_of_an_export_become_outcomes(write):
    folder = write(
        ODI,
        export__csv=odi(
            ["A", "base", *[2] * 6, *[1] * 4],
            ["A", "month3", *[2] * 7, 1, 1, -9],
            ["B", "base", "", "", "", *[1] * 7],
            ["B", "month3", *[""] * 10],
            ["B", "screening", *["x"] * 10],
        ),
    )
    trial = ws.read_trial(folder)
    found = trial.outcomes
    assert set(found.columns) == {"participant_id", "month", "measure", "value"}
    assert found["participant_id"].tolist() == ["A", "A", "B", "B"]
    assert found["month"].tolist() == [0, 3, 0, 3]
    assert found["measure"].unique().tolist() == ["odi"]
    assert found["value"].to_numpy() == pytest.approx([32, 1600 / 45, np.nan, np.nan], nan_ok=True)
    assert trial.measures["odi"].better == "lower"
    said = " ".join(trial.load_report.query("action == 'scored'")["detail"])
    assert "1 person-visit(s) have too many missing items" in said
    assert "1 person-visit(s) have no answer at all" in said
    report = trial.load_report
    assert not report.query("action == 'not read'")["column"].str.startswith("odi").any()
    # written out it is a trial like any other
    ws.write_trial(trial, folder / "again")
    assert ws.read_trial(folder / "again").outcomes["value"].equals(found["value"])


def test_wrong_answers_are_told_with_their_line(write):
    folder = write(ODI, export__csv=odi(["A", "base", *[2] * 9, 7], ["B", "base", *[2] * 9, "ja"]))
    with pytest.raises(DataError) as error:
        ws.read_trial(folder)
    (one,) = [one for one in error.value.findings if one.severity == "error"]
    assert (one.table, one.column, one.row, one.count) == ("outcomes", "odi10", 2, 2)
    assert one.ids == ("A", "B")
    assert "'7', 'ja'" in one.problem


def test_several_scales_with_decimal_commas_and_the_team_s_words(write):
    words = ["nie", "selten", "oft", "immer"]
    header = ["participant_id", *(f"d{k:02d}" for k in range(1, 22))]
    rows = [header, ["A", *(words[k % 4] for k in range(21))], ["B", *["immer"] * 20, ""]]
    folder = write(
        """
        [outcomes]
        from = "dass.csv"
        delimiter = ";"
        decimal = ","
        columns.month = { value = 6 }
        [outcomes.score]
        questionnaire = "dass21"
        items = "d{:02}"
        codes = { nie = 0, selten = 1, oft = 2, immer = 3 }
        """,
        dass__csv="\n".join(";".join(row) for row in rows) + "\n",
    )
    found = ws.read_trial(folder).outcomes.pivot(index="participant_id", columns="measure")
    items = {
        "dass_depression": (3, 5, 10, 13, 16, 17, 21),
        "dass_anxiety": (2, 4, 7, 9, 15, 19, 20),
    }
    for measure, numbers in items.items():
        assert found.loc["A", ("value", measure)] == 2 * sum((k - 1) % 4 for k in numbers)
    assert found.loc["B", ("value", "dass_depression")] == 42
    assert len(found.columns) == 6


def test_a_questionnaire_and_a_value_set_in_the_folder(write):
    folder = write(
        """
        [[outcomes]]
        from = "visits.csv"
        score = { questionnaire = "eq5d", items = "profile", value_set = "values.csv" }
        columns.month = { value = 0 }
        [[outcomes]]
        from = "visits.csv"
        score = { questionnaire = "worry.toml", items = ["w_a", "w_b"] }
        columns.month = { value = 0 }
        """,
        visits__csv="participant_id,profile,w_a,w_b\nA,11111,1,4\nB,21115,2,2\n",
        values__csv=VALUES,
        worry__toml='name = "worry"\nitems = 2\ncodes = [1, 4]\nreversed = [2]\n[[scales]]\n'
        'measure = "worry"\nlow = 2\nhigh = 8\nbetter = "lower"\n',
    )
    trial = ws.read_trial(folder)
    wide = trial.outcomes.pivot(index="participant_id", columns="measure", values="value")
    assert wide["eq5d_utility"].tolist() == pytest.approx([1.0, 0.5])
    assert wide["worry"].tolist() == [2, 5]
    assert set(trial.measures) == {"worry"}
    assert {"worry.toml", "values.csv"} <= set(trial.inputs)
    assert not trial.load_report["detail"].str.contains("no table is read from it").any()


def test_a_value_set_that_reaches_below_the_dictionary_s_utilities(write):
    folder = write(
        """
        [outcomes]
        from = "visits.csv"
        score = { questionnaire = "eq5d", items = "profile", value_set = "low.csv" }
        columns.month = { value = 0 }
        """,
        visits__csv="participant_id,profile\nA,55555\nB,\n",
        low__csv=VALUES.replace(",0.4\n", ",0.41\n"),
    )
    trial = ws.read_trial(folder)
    assert trial.outcomes["value"][0] == pytest.approx(-1.05)
    assert trial.measures["eq5d_utility"].low == pytest.approx(-1.05)


@pytest.mark.parametrize(
    ("clause", "said"),
    [
        ('questionnaire = "rmqd"', "Did you mean 'rmdq'"),
        ('questionnaire = "../worry.toml"', "'../worry.toml' is not in"),
        ('questionnaire = "none.toml"', "'none.toml' is not in"),
        ('questionnaire = "eq5d"', "by a value set"),
        ('questionnaire = "odi", rule = "mean"', "rule must be one of"),
        ('questionnaire = "odi", item = "odi{}"', "did you mean items"),
        ('questionnaire = "odi", items = "odi"', "where the number of an item stands"),
        ('questionnaire = "odi", items = "oswestry{}"', "oswestry1"),
        ('questionnaire = "odi", items = "odi{}", codes = { yes = "one" }', "codes must say"),
        ('items = "odi{}"', "questionnaire is missing"),
    ],
)
def test_clauses_that_cannot_be_right(write, clause, said):
    toml = ODI.replace('questionnaire = "odi", items = "odi{}", missing = ["-9"]', clause)
    folder = write(toml, export__csv=odi(["A", "base", *[1] * 10], ["B", "month3", *[1] * 10]))
    with pytest.raises(DataError) as error:
        ws.read_trial(folder)
    assert said in str(error.value)
    assert all(one.table for one in error.value.findings)


def test_score_belongs_to_outcomes_and_not_beside_wide(write):
    wide = 'wide = { into = "value", columns = { odi1 = { measure = "pain_nrs", month = 0 } } }\n'
    folder = write(
        ODI.replace("score =", wide + "score ="), export__csv=odi(["A", "base", *[1] * 10])
    )
    with pytest.raises(DataError, match="score or wide, not both"):
        ws.read_trial(folder)
    toml = '[costs]\nfrom = "export.csv"\nscore = { questionnaire = "odi" }\n'
    with pytest.raises(DataError, match="score is a clause of outcomes only"):
        ws.read_trial(write(toml, export__csv=odi(["A", "base", *[1] * 10])))
