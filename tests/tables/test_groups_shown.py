"""Comparisons of groups, tests against margins, and models beside crude comparisons, as tables."""

import numpy as np

from tests.regression.groups.test_means import people
from tests.regression.groups.test_risks import printed
from walkstats.regression import association, compare_means, compare_risks_from, equivalence, ols
from walkstats.tables import fit_table, sentence, table_of


def lines(table):
    return table.to_csv().splitlines()


def margin_tests():
    means = compare_means(people(), "pain", "arm")
    risks = compare_risks_from(printed(12, 30, 7, 33), "arm")
    return {
        "Pain": equivalence(means, margin=3),
        "Better": equivalence(risks, margin=0.1, kind="non-inferiority", better="higher"),
        "Worse": equivalence(risks, margin=0.1, kind="non-inferiority", better="lower"),
        "Ratio": equivalence(risks.ratio, margin=1.25),
        "Below": equivalence(risks.ratio, margin=1.25, kind="non-inferiority", better="lower"),
    }


def test_margins_and_verdicts_stand_in_their_columns():
    found = margin_tests()
    table = table_of(found)
    heads, *rows = lines(table)
    assert heads == ",Estimate (CI),Margin,p,Shown"
    margins = [row.split(",")[2] for row in rows[:5]]
    assert margins == ["from -3 to 3", "above -0.1", "below 0.1", "from 0.8 to 1.25", "below 1.25"]
    verdicts = [row.split(",")[-1] for row in rows[:5]]
    assert verdicts == ["yes" if test.shown else "no" for test in found.values()]
    assert f"Pain: {found['Pain'].conclusion}" in table.notes
    single = table_of(found["Pain"])
    assert lines(single)[0].startswith(",Difference in pain (90% CI)")
    assert single.notes[0] == found["Pain"].conclusion


def test_a_test_against_margins_brings_its_sentence():
    one = margin_tests()["Pain"]
    assert sentence(one) == one.conclusion.removesuffix(".")


def test_a_crude_comparison_stands_on_the_row_of_the_adjusted_one():
    frame = people().assign(age=lambda f: np.linspace(30, 70, len(f)))
    crude = compare_means(frame, "pain", "arm")
    fit = ols(frame, "pain ~ arm + age")
    table = fit_table({"crude": crude.difference, "adjusted": fit})
    rows = [row for row in lines(table) if row.strip().startswith("walking")]
    assert len(rows) == 1
    assert not [row for row in lines(table) if row.startswith("arm[walking]")]
    cells = next(row for row in table.rows if row.label == "walking").cells
    assert cells[0].values[0] == crude.difference.values[0]
    assert cells[2].values[0] == fit.estimate("arm[walking]").estimate


def test_what_two_of_three_models_say_is_said_once():
    frame = people()
    frame.loc[frame.index[:3], "pain"] = np.nan
    fits = {
        "a": ols(frame, "pain ~ arm"),
        "b": ols(frame, "pain ~ arm", se="classical"),
        "c": ols(frame.dropna(), "pain ~ arm"),
    }
    notes = fit_table(fits).notes
    assert "a, b: 3 rows left out: pain missing." in notes
    assert sum("3 rows left out" in note for note in notes) == 1


def test_a_table_of_risks_holds_all_measures():
    table = table_of(compare_risks_from(printed(183, 351, 190, 350), "arm"))
    labels = [row.label for row in table.rows]
    assert labels[::3][:1] == ["Risk"]
    assert {"Risk difference", "Risk ratio", "Odds ratio"} < set(labels)


def test_an_association_shows_its_counts_and_its_tests():
    frame = people().assign(high=lambda f: np.where(f["pain"] > 4, "yes", "no"))
    found = association(frame, "arm", "high")
    table = table_of(found)
    assert [column.name for column in table.columns] == ["no", "yes", "Statistic", "p"]
    counts = found.table.set_index("arm").loc["walking"]
    row = next(one for one in table.rows if one.label == "walking")
    assert row.cells[0].values == (counts["no"], counts.sum())
    labels = [one.label for one in table.rows]
    assert "Pearson's chi-squared test, 1 degree of freedom" in labels
    assert table.rows[labels.index("Fisher's exact test")].cells[-1].values == (
        found.tests["exact"].p_value,
    )
