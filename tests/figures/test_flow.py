"""The flow diagram: its arithmetic first, then its boxes."""

import pandas as pd
import pytest
from matplotlib import pyplot as plt

import walkstats as ws
from walkstats.errors import DataError
from walkstats.figures import draw_flow, plot_flow
from walkstats.figures.flow_arithmetic import checked_flow

COLUMNS = ["stage", "arm", "reason", "n"]
ROWS = [
    ("screened", "", "", 3206),
    ("excluded", "", "", 2505),
    ("excluded", "", "not eligible: no recent episode of low back pain that had resolved", 1905),
    ("excluded", "", "declined ($5 & 10%)", 600),
    ("randomised", "", "", 701),
    ("allocated", "control", "", 350),
    ("no follow-up", "control", "", 2),
    ("withdrawn", "control", "", 25),
    ("withdrawn", "control", "could not be reached", 20),
    ("withdrawn", "control", "reason not given", 5),
    ("analysed", "control", "", 348),
    ("allocated", "walking", "", 351),
    ("no follow-up", "walking", "", 0),
    ("withdrawn", "walking", "", 31),
    ("died", "walking", "", 2),
    ("died", "walking", "death from stroke", 2),
    ("analysed", "walking", "", 351),
]


@pytest.fixture(autouse=True)
def no_figure_stays_open():
    yield
    assert plt.get_fignums() == []


@pytest.fixture
def flow():
    frame = pd.DataFrame(ROWS, columns=COLUMNS)
    frame.attrs["source"] = "synthetic: for a test"
    return frame


def changed(flow, stage, arm, reason, n):
    here = (flow["stage"] == stage) & (flow["arm"] == arm) & (flow["reason"] == reason)
    assert here.sum() == 1
    out = flow.copy()
    out.loc[here, "n"] = n
    return out


def lines(figure):
    return [text.get_text() for text in figure.axes[0].texts if text.get_text() not in ("", "•")]


def test_every_number_is_in_its_box(flow):
    shown = lines(plot_flow(flow, names={"walking": "walking and education"}))
    for text in (
        "Assessed for eligibility (n = 3206)", "Excluded (n = 2505)", "Randomised (n = 701)",
        "Allocated to control (n = 350)", "Not followed from day 0 (n = 2)",
        "Withdrew or lost to follow-up (n = 25)", "could not be reached (n = 20)",
        "In the primary analysis (n = 348)", "Enrolment", "Allocation", "Follow-up", "Analysis",
    ):  # fmt: skip
        assert text in shown
    assert "Allocated to walking and education (n =" in " ".join(shown)
    assert r"declined (\$5 & 10%) (n = 600)" in shown


def test_text_stays_inside_its_box_and_boxes_stay_apart(flow):
    figure = plot_flow(flow, title="Flow of participants")
    figure.draw_without_rendering()
    ax = figure.axes[0]
    boxes = [patch.get_window_extent() for patch in ax.patches if hasattr(patch, "get_boxstyle")]
    texts = [text for text in ax.texts if text.get_text()]
    for text in texts:
        inside = text.get_window_extent()
        homes = [b for b in boxes if b.x0 <= inside.x0 and inside.x1 <= b.x1
                 and b.y0 - 1 <= inside.y0 and inside.y1 <= b.y1 + 1]  # fmt: skip
        assert len(homes) == 1, text.get_text()
    for k, one in enumerate(boxes):
        assert figure.bbox.x0 <= one.x0
        assert one.x1 <= figure.bbox.x1
        assert not any(one.overlaps(other) for other in boxes[:k])


def test_the_source_is_named(flow):
    assert plot_flow(flow)._supxlabel.get_text() == "SYNTHETIC DATA: for a test."


def test_a_trial_without_screening(flow):
    shown = lines(plot_flow(flow[~flow["stage"].isin(["screened", "excluded"])]))
    assert shown[0] == "Randomised (n = 701)"


@pytest.mark.parametrize("arms", [1, 3, 5])
def test_any_number_of_arms(arms):
    rows = [("randomised", "", "", 4 * arms)]
    for k in range(arms):
        rows += [("allocated", f"arm {k}", "", 4), ("analysed", f"arm {k}", "", 4)]
    shown = lines(plot_flow(pd.DataFrame(rows, columns=COLUMNS)))
    assert sum(text.startswith("Allocated to arm") for text in shown) == arms


def test_the_flow_of_the_real_sample():
    trial = ws.load_sample("bladder")
    frame = ws.derive.participant_flow(trial)
    shown = lines(plot_flow(frame))
    for stage, word in (("allocated", "Allocated to"), ("analysed", "In the primary analysis")):
        for n in frame.loc[frame["stage"] == stage, "n"]:
            assert any(text.startswith(word) and text.endswith(f"(n = {n})") for text in shown)


def test_deaths_have_their_own_line(flow):
    shown = lines(plot_flow(flow))
    at = shown.index("Died (n = 2)")
    assert shown[at - 1 : at + 2] == [
        "Withdrew or lost to follow-up (n = 31)", "Died (n = 2)", "death from stroke (n = 2)",
    ]  # fmt: skip


def test_drawn_on_axes_of_ones_own(flow):
    figure, ax = plt.subplots(figsize=(4, 4))
    plt.close(figure)
    texts = draw_flow(ax, flow)
    assert "Randomised (n = 701)" in [text.get_text() for text in texts]
    assert texts[0].get_fontsize() < 8


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("screened", "", "", 3207), r"excluded \(2505\) and randomised \(701\) add up to 3206"),
        (
            ("excluded", "", "declined ($5 & 10%)", 599),
            "excluded is 2505, but its reasons add up to 2504",
        ),
        (("randomised", "", "", 700), "the arms add up to 701 allocated"),
        (
            ("analysed", "control", "", 350),
            r"analysed \(350\) and not analysed \(2\) add up to 352",
        ),
        (
            ("withdrawn", "walking", "", 352),
            r"withdrawn \(walking\) is more than the 351 allocated",
        ),
        (("no follow-up", "walking", "", -1), "n is -1, not a count"),
        (
            ("withdrawn", "walking", "", 350),
            r"withdrawn, died \(walking\) are 352 together, more than the 351 allocated",
        ),
        (("died", "walking", "", 3), "is 3, but its reasons add up to 2"),
        (("analysed", "walking", "", 350.5), "n is 350.5, not a count"),
    ],
)
def test_numbers_that_do_not_add_up_are_refused(flow, change, message):
    with pytest.raises(DataError, match=message):
        plot_flow(changed(flow.astype({"n": object}), *change))


def test_all_problems_come_at_once(flow):
    wrong = changed(changed(flow, "screened", "", "", 1), "analysed", "control", "", 1)
    with pytest.raises(DataError) as caught:
        checked_flow(wrong)
    assert len(caught.value.problems) == 2
    assert set(caught.value.problems["table"]) == {"flow"}


@pytest.mark.parametrize(
    ("row", "message"),
    [
        (("lost in space", "", "", 1), "unknown stage 'lost in space'"),
        (("analysed", "", "", 1), "'analysed' needs an arm"),
        (("screened", "walking", "", 1), "is told for all, not for 'walking'"),
        (("analysed", "walking", "", 351), r"analysed \(walking\) is told twice"),
        (("analysed", "third", "", 3), "number allocated to third is missing"),
    ],
)
def test_rows_that_cannot_be_placed(flow, row, message):
    more = pd.concat([flow, pd.DataFrame([row], columns=COLUMNS)])
    with pytest.raises(DataError, match=message):
        checked_flow(more)


def test_missing_words_are_empty_words(flow):
    frame = flow.replace({"arm": {"": None}, "reason": {"": None}})
    assert checked_flow(frame) == checked_flow(flow)


def test_other_refusals(flow):
    with pytest.raises(DataError, match="number randomised is missing"):
        checked_flow(flow[flow["stage"] != "randomised"])
    with pytest.raises(ValueError, match="lacks the column"):
        checked_flow(flow.drop(columns="reason"))
    with pytest.raises(ValueError, match="DataFrame"):
        checked_flow({"stage": []})
