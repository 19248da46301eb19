"""Economic analyses of a plan under other assumptions."""

import pytest

from tests.economics.paired_frames import costs_and_qalys
from walkstats.economics import acceptability_curve, cost_effectiveness, net_benefit
from walkstats.errors import DataError
from walkstats.plan import Analysis, AnalysisPlan, Frame, Outcome, read_plan, write_plan
from walkstats.plan.numbers import numbers_of
from walkstats.plan.over_scenarios import compare_scenarios, vary_prices

FEW = {"replicates": 30, "seed": 1}
SOCIETAL = {"derive": "economics.total_costs", "arguments": {"perspective": "societal"}}


@pytest.fixture(scope="module")
def frames():
    return costs_and_qalys(), costs_and_qalys(dearer=200.0)[0]


def test_scenarios_begin_with_the_main_analysis(frames):
    (costs, effects), dear = frames
    found = compare_scenarios(
        costs, effects=effects, threshold=28_000, others={"dear": dear}, **FEW
    )
    assert found.table["scenario"].tolist() == ["societal", "dear"]
    main = cost_effectiveness(costs, effects, **FEW)
    assert found.net_benefits.values[0] == net_benefit(main, 28_000).estimate


def test_prices_are_varied_one_at_a_time(frames):
    (costs, effects), dear = frames
    found = vary_prices(
        costs, effects=effects, threshold=28_000, low={"visit": costs}, high={"visit": dear},
        values={"visit": [0, 200]}, **FEW,
    )  # fmt: skip
    assert found.table.loc[0, "range"] == pytest.approx(800.0)
    assert found.table.loc[0, ["low_value", "high_value"]].tolist() == [0.0, 200.0]
    with pytest.raises(ValueError, match="in one only: visit"):
        vary_prices(costs, effects=effects, threshold=1, low={"visit": costs}, high={}, **FEW)


def test_points_of_a_line_that_is_the_answer_are_numbers(frames):
    main = cost_effectiveness(*frames[0], **FEW)
    line = acceptability_curve(main, [0, 28_000])
    rows = numbers_of(line)
    assert rows["term"].tolist() == ["walking, threshold 0", "walking, threshold 28000"]
    assert rows["estimate"].tolist() == line.to_frame()["estimate"].tolist()
    assert numbers_of(line, "a part of another answer").empty


def plan_with(**arguments):
    one = Analysis(
        name="prices",
        title="Prices",
        section="costs",
        method="economics.one_way",
        frame=Frame(**SOCIETAL),
        arguments={"effects": {"derive": "economics.qalys"}, "threshold": 1.0, "replicates": 9}
        | arguments,
        status="economic",
        outcome="worth",
    )
    outcome = Outcome(
        id="worth", title="Worth", role="economic", measure="costs", analyses=(one,),
        missing="complete cases",
    )  # fmt: skip
    return AnalysisPlan(title="A plan", outcomes=(outcome,))


@pytest.mark.parametrize(
    ("low", "said"),
    [
        ({"visit": {"derive": "os.system"}}, r"no frame 'os\.system'"),
        (3, "low must be a table of names, each with a frame"),
    ],
)
def test_every_frame_of_a_table_of_frames_is_checked(low, said):
    with pytest.raises(DataError, match=said):
        plan_with(low=low, high={"visit": SOCIETAL})


def test_tables_of_frames_are_written_and_read_again(tmp_path):
    changed = SOCIETAL | {"arguments": {"perspective": "societal", "unit_costs": {"visit": 9.5}}}
    plan = plan_with(low={"visit": SOCIETAL}, high={"visit": changed})
    write_plan(plan, tmp_path / "plan.toml")
    (again,) = read_plan(tmp_path / "plan.toml").analyses
    assert again.arguments["high"]["visit"]["arguments"]["unit_costs"]["visit"] == 9.5
    assert Frame(**again.arguments["high"]["visit"]).key != Frame(**SOCIETAL).key
