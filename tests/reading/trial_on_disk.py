"""A small trial folder that tests spoil in one place."""

from dataclasses import dataclass
from pathlib import Path

import pandas as pd

import walkstats as ws

FACTS = """\
name = "Small trial"
source = "synthetic: written by a test"
arms = ["control", "walking"]
strata = ["referral"]
currency = "AUD"
price_year = 2023
"""

TABLES = """
[participants.columns]
referral = { from = "referral", type = "boolean" }
"""

FILES = {
    "participants.csv": """\
participant_id,arm,randomised_on,planned_end_days,withdrawn_days,withdrawal_reason,age_years,referral
P1,control,2024-01-10,365,,,54.5,yes
P2,walking,2024-01-12,365,,,61,no
P3,control,2024-02-01,365,100,moved away,47.25,no
P4,walking,2024-02-05,365,,,39,yes
P5,walking,2024-03-01,365,,,70,no
P6,control,2024-03-02,365,,,58,no
""",
    "recurrences.csv": """\
participant_id,onset_days,resolved_days,activity_limiting,care_seeking,worst_pain_nrs
P1,30,40,1,0,6
P1,90,95,0,0,3
P2,200,210,1,1,8
P4,15,18,0,0,4
""",
    "walking.csv": """\
participant_id,week,walking_minutes,steps,prescribed_minutes,measured_by
P2,1,90,,100,diary
P2,2,120.5,,110,diary
P2,3,130,,120,diary
P3,1,60,,,diary
P4,1,100,,100,diary
""",
    "outcomes.csv": """\
participant_id,month,measure,value
P1,0,rmdq,12
P1,3,rmdq,8
P1,12,rmdq,6
P2,0,rmdq,10
P2,3,rmdq,4
""",
    "costs.csv": """\
participant_id,month,category,item,quantity,unit_cost
P1,1,care,physiotherapist,2,85.5
P2,2,care,general practitioner,1,42
""",
}


@dataclass
class TrialOnDisk:
    path: Path

    @classmethod
    def at(cls, path: Path) -> "TrialOnDisk":
        path.mkdir(parents=True, exist_ok=True)
        made = cls(path)
        made.toml()
        for name, text in FILES.items():
            made.write(name, text)
        return made

    def write(self, name: str, content: str | bytes) -> None:
        data = content.encode("utf-8") if isinstance(content, str) else content
        (self.path / name).write_bytes(data)

    def toml(self, *clauses: str, facts: str = FACTS, tables: str = TABLES) -> None:
        """Facts, then further clauses: those before the first table header belong to the facts."""
        self.write("trial.toml", "\n".join([facts, *clauses, tables]))

    def change(self, name: str, old: str, new: str) -> None:
        text = (self.path / name).read_text(encoding="utf-8")
        assert old in text
        self.write(name, text.replace(old, new))

    def read(self) -> ws.Trial:
        return ws.read_trial(self.path)

    def check(self) -> pd.DataFrame:
        return ws.check_trial(self.path)
