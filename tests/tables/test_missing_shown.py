"""What is missing, and what was imputed, as tables."""

import numpy as np
import pandas as pd

from walkstats.missing import impute, missing_pattern
from walkstats.tables import table_of


def visits():
    frame = pd.DataFrame(
        {
            "participant_id": np.repeat([f"p{k}" for k in range(20)], 2),
            "arm": np.repeat(["control", "walking"] * 10, 2),
            "month": np.tile([3, 12], 20),
            "pain": np.arange(40.0),
        }
    )
    frame.loc[[1, 3, 6], "pain"] = np.nan
    return frame


def test_what_is_missing_stands_by_visit_and_group_with_its_patterns():
    shown = table_of(missing_pattern(visits(), "pain", visit="month"), labels={"control": "Usual"})
    rows = shown.to_csv().splitlines()
    assert rows[0] == ",Usual,walking,all"
    assert rows[1] == '"pain, month 3",0/10 (0%),1/10 (10%),1/20 (5%)'
    assert rows[2] == '"pain, month 12",1/10 (10%),1/10 (10%),2/20 (10%)'
    assert rows[3].startswith('"Patterns (x known, . missing; in the order month 3, month 12)"')
    assert rows[4].split(",")[0].strip() == "xx"
    several = missing_pattern(visits().assign(rmdq=1.0), ["pain", "rmdq"], visit="month")
    assert "rmdq month 12,0/10" in table_of(several).to_csv()


def test_what_was_imputed_stands_by_group():
    at_12 = visits().query("month == 12").drop(columns="month")
    filled = impute(at_12.assign(age=np.arange(20) % 7), columns="pain", imputations=5, seed=1)
    shown = table_of(filled)
    assert shown.to_csv().splitlines()[1] == "pain,1/10 (10%),1/10 (10%)"
    assert any("imputed 5 times" in note for note in shown.notes)
