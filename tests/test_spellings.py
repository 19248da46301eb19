"""Labels that differ only in spelling make groups of their own; whoever reads groups says so."""

import pandas as pd
import pytest

import walkstats as ws
from walkstats._spellings import alike

FRAME = pd.DataFrame(
    {
        "days": range(1, 13),
        "event": [1, 0, 1] * 4,
        "arm": ["Walk", "walk ", "control"] * 4,
        "age": [40, 60, 50, 44, 61, 52, 43, 58, 57, 49, 62, 47],
        "site": ["Perth", "perth", "Sydney", "perth", "Perth", "Sydney"] * 2,
    }
)
SAID = "that differ only in case or spaces count as different: 'Walk' and 'walk '."


@pytest.mark.parametrize(
    ("labels", "said"),
    [
        (["a", "A", "b"], "'a' and 'A'"),
        (["low  dose", "low dose", " LOW dose "], "'low  dose' and 'low dose' and ' LOW dose '"),
        (["a", "b"], ""),
        ([1, 2], ""),
        ([True, "True"], ""),
        ([], ""),
    ],
)
def test_which_labels_are_alike(labels, said):
    assert alike(labels, "arm") == (
        (f"Labels of arm that differ only in case or spaces count as different: {said}.",)
        if said
        else ()
    )


@pytest.mark.parametrize("kind", ["object", "category"])
def test_curves_tests_and_models_say_it(kind):
    frame = FRAME.astype({"arm": kind})
    results = [
        ws.survival.kaplan_meier(frame, "arm"),
        ws.survival.log_rank(frame, "arm"),
        ws.survival.restricted_means(frame, "arm", tau=8),
        ws.survival.cox(frame, "arm + age"),
        ws.regression.ols(frame, "age ~ arm"),
    ]
    for result in results:
        assert [note for note in result.notes if SAID in note], result


def test_strata_say_it_too_and_one_spelling_says_nothing():
    fit = ws.survival.cox(FRAME, "age", strata="site")
    assert any("'Perth' and 'perth'" in note for note in fit.notes)
    test = ws.survival.log_rank(FRAME[FRAME["arm"] != "walk "], "arm")
    assert not any("spaces" in note for note in test.notes)
