"""Models of every kind beside each other: the same rows, each with its own measure."""

import numpy as np
import pandas as pd
import pytest

import walkstats as ws
from walkstats.results import Fit
from walkstats.tables import fit_table


def visits() -> pd.DataFrame:
    rng = np.random.default_rng(8)
    people = 40
    frame = pd.DataFrame(
        {
            "participant_id": np.repeat(np.arange(people), 3),
            "month": np.tile([3, 6, 12], people),
            "arm": pd.Categorical(np.repeat(["control", "walking"], 3 * people // 2)),
        }
    )
    person = np.repeat(rng.normal(0, 1, people), 3)
    pain = 4 + person - 0.5 * (frame["arm"] == "walking") + rng.normal(0, 1, len(frame))
    frame["pain"] = pain
    frame["high"] = pain > 4
    frame["days"] = rng.exponential(100, len(frame)).round() + 1
    frame["event"] = rng.random(len(frame)) < 0.7
    frame["n"] = frame["event"].astype(int)
    frame["grade"] = pd.cut(pain, [-10, 3, 4, 5, 20], labels=["0", "1", "2", "3"], ordered=True)
    return frame


@pytest.fixture(scope="module")
def fits() -> dict[str, Fit]:
    frame = visits()
    once = frame[frame["month"] == 12]
    r, kept = ws.regression, {"subject": "participant_id"}
    return {
        "ols": r.ols(once, "pain ~ arm"),
        "logistic": r.logistic(once, "high ~ arm"),
        "risk ratio": r.relative_risk(once, "high ~ arm"),
        "mixed": r.linear_mixed(frame, "pain ~ arm + factor(month)", **kept),
        "mmrm": r.mmrm(frame, "pain ~ arm + factor(month)", visit="month", **kept),
        "gee": r.gee(frame, "high ~ arm + factor(month)", family="binomial", **kept),
        "ordinal": r.ordinal(once, "grade ~ arm"),
        "rates": r.rate_regression(once, "n ~ arm", exposure="days"),
        "cox": ws.survival.cox(once, "arm"),
    }  # fmt: skip


def test_every_model_has_its_cell_in_the_row_of_the_arm(fits: dict[str, Fit]) -> None:
    table = fit_table(fits)
    row = next(one for one in table.rows if one.label == "walking")
    for k, (name, fit) in enumerate(fits.items()):
        one = fit.estimate("arm[walking]", ratio=fit.has_ratio("arm[walking]"))
        assert row.cells[2 * k].values[0] == one.estimate, name
        assert row.cells[2 * k + 1].values[0] == one.p_value, name
        assert table.columns[2 * k].over == name
    months = [one for one in table.rows if one.label == "6"]
    assert len(months) == 1
    filled = [cell.kind != "empty" for cell in months[0].cells[::2]]
    assert filled == [name in ("mixed", "mmrm", "gee") for name in fits]


def test_variances_of_repeated_measures_on_request(fits: dict[str, Fit]) -> None:
    assert not [row for row in fit_table(fits).rows if row.label.startswith("Variance")]
    table = fit_table(fits, variances=True)
    labels = [row.label for row in table.rows]
    at = labels.index("Variances and correlations")
    residual = table.rows[labels.index("Variance, residual")]
    mixed = fits["mixed"].variance.estimate("variance[residual]")
    place = 2 * list(fits).index("mixed")
    assert residual.cells[place].values[0] == mixed.estimate
    assert all(cell.kind == "empty" for k, cell in enumerate(residual.cells) if k != place)
    assert at < labels.index("Participants")
    plain = fit_table(fits["ols"], variances=True)
    assert "Variances and correlations" not in [row.label for row in plain.rows]
