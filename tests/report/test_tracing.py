"""Every number of a report is traced to its analysis, its frame, its people and its files."""

import pytest

import walkstats as ws
from tests.report.small_reports import PLAN, composed, done, made_up


@pytest.fixture(scope="module")
def trial():
    return ws.load_sample("bladder")


def test_a_number_is_traced_to_its_row_unrounded():
    trace = composed().trace("main/arm[thiotepa]")
    fit = done().results["main"].estimate("arm[thiotepa]", ratio=True)
    assert trace.number["estimate"] == fit.estimate
    assert trace.number["conf_high"] == fit.conf_high
    assert repr(float(fit.estimate)) in str(trace)


def test_the_call_makes_the_number_again(trial):
    trace = composed().trace("main/arm[thiotepa]")
    assert trace.call == "walkstats.survival.cox(frame, 'arm', level=0.95)"
    assert trace.frame.startswith("walkstats.derive.first_recurrence(trial, kind='any'): 118 rows")
    names = {"walkstats": ws, "trial": trial}
    names["frame"] = eval(trace.frame.partition(":")[0], names)
    again = eval(trace.call, names)
    assert again.estimate("arm[thiotepa]", ratio=True).estimate == trace.number["estimate"]


def test_people_rows_and_files_are_told(trial):
    trace = composed().trace("main/arm[thiotepa]")
    assert set(trace.people) == set(trial.participants["participant_id"])
    assert trace.not_in_frame == ()
    assert trace.counts.participants == 118
    assert dict(trace.inputs) == dict(trial.inputs)
    rows = trace.source_rows("recurrences")
    assert len(rows) == len(trial.recurrences)
    one = rows.iloc[5]
    there = trial.recurrences.iloc[one["row"] - 1]
    assert one.drop("row").equals(there)
    with pytest.raises(ValueError, match="table must be one of"):
        trace.source_rows("diary")


def test_the_estimand_and_what_was_planned_are_told():
    told = composed().trace("main").to_frame().set_index("step")["what"]
    assert told["estimand: Population"] == PLAN.outcomes[0].estimand.population
    assert told["standing"] == "Main analysis of the primary outcome First recurrence"
    assert "seed 7" in told["seed and versions"]
    check = composed().trace("check")
    assert check.standing.endswith("Post hoc: asked by a reviewer")


def test_what_takes_an_earlier_result_is_traced_through_it():
    trace = composed().trace("check")
    assert trace.call == "walkstats.survival.check_proportional_hazards(result of main)"
    assert trace.earlier.call == "walkstats.survival.cox(frame, 'arm', level=0.95)"
    assert "before: frame" in str(trace)


def test_an_unknown_id_names_near_ones():
    with pytest.raises(ValueError, match=r"Near ones: main/arm\[thiotepa\]"):
        composed().trace("main/arm[thiotpa]")
    with pytest.raises(ValueError, match="nothing can be traced"):
        made_up().trace("main")


def test_every_id_can_be_traced():
    report = composed()
    for name in report.numbers["id"]:
        assert report.trace(name).analysis == name.partition("/")[0]
