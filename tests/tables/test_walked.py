"""Adherence and what walking itself does, as tables: the numbers of the results, row by row."""

import pytest

from tests.causal.test_compliers import trial
from tests.derive.test_adhering import BY_HAND, trial_of
from walkstats.causal import complier_effect, e_value, per_protocol
from walkstats.derive import adherence_by_arm
from walkstats.tables import adherence_table, table_of


def values(table, label):
    """The numbers of the row of this label, cell by cell."""
    (row,) = [row for row in table.rows if row.label == label]
    return [cell.values for cell in row.cells]


def test_adherence():
    frame = adherence_by_arm(trial_of(BY_HAND, [None, 3, None, 6]), last_week=3)
    table = adherence_table(frame, labels={"walking": "Walking"})
    assert [column.over for column in table.columns] == ["control"] * 3 + ["Walking"] * 3
    assert values(table, "Sessions attended")[:4] == [(), (), (), (2.0, 2.0)]
    assert values(table, "Adhered") == [(1.0, 2.0), (0.0, 1.0), (), (2.0, 2.0), (2.0, 2.0), ()]
    assert "missing, not 0" in " ".join(table.notes)
    assert "made up for a test" in table.source
    with pytest.raises(ValueError, match=r"must be one of derive\.adherence_by_arm"):
        adherence_table(trial())


def test_complier_effect():
    found = complier_effect(trial(), received="minutes", at=180, cut=90, cuts=(60, 90))
    table = table_of(found, title="Compliers")
    one = found.effect.estimate("compliers")
    first = values(table, "compliers (Anderson and Rubin)")
    assert first == [(one.estimate, one.conf_low, one.conf_high), (one.p_value,)]
    assert values(table, "F of the first stage")[0] == (found.first_stage.statistic,)
    assert values(table, "minutes of 90 or more")[0] == first[0]
    assert table.title == "Compliers"


def test_per_protocol_and_its_parts():
    frame = trial()
    frame["adhered"] = frame.index % 3 > 0
    found = per_protocol(frame, "adhered ~ age", replicates=20, seed=1)
    table = table_of(found)
    one = found.as_randomised.estimate("arm[walking]", ratio=True)
    assert values(table, "As randomised")[0] == (one.estimate, one.conf_low, one.conf_high)
    drawn = found.draws.estimate("arm[walking]")
    last = values(table, "Followed, weighted (bootstrap)")
    assert last == [(drawn.estimate, drawn.conf_low, drawn.conf_high), ()]
    kept = values(table_of(found.weights), "walking")
    assert kept[1] == (found.weights.summary.loc[1, "kept"],)
    balanced = table_of(found.balance)
    ages = found.balance.frame
    assert [cell[0] for cell in values(balanced, "age")] == [
        *ages["difference"], *ages["variance_ratio"],
    ]  # fmt: skip
    assert "Effective sample size" in " ".join(balanced.notes)


def test_e_value():
    table = table_of(e_value(3.9, measure="risk ratio", low=1.8, high=8.7))
    assert "7.26" in table.to_csv()
    assert values(table, "Risk ratio") == [(3.9, 1.8, 8.7)]
    alone = table_of(e_value(3.9, measure="risk ratio"))
    assert [row.label for row in alone.rows][-1] == "E-value of the estimate"
