"""A whole trial on disk with errors of the field planted in it, one by one, each with its people.

The clean folder is the synthetic sample with what it lacks to be checked: the randomisation list
that its arms were dealt by, years of birth, and ages that may take part.
"""

from __future__ import annotations

import functools
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from walkstats.reading.samples import sample_folder

Tables = dict[str, pd.DataFrame]

STRATA = ["more_than_two_previous", "referral"]

LIST = """
[randomisation]
from = "list.csv"
"""


@dataclass(frozen=True)
class Planted:
    """One error, and where it must be told.

    Attributes
    ----------
    what : str
    plant : callable
        Puts it into the tables.
    table, column : str
    words : str
        A part of the finding's sentence.
    who : tuple of str
        Participants whom the finding must name.
    """

    what: str
    plant: Callable[[Tables], None]
    table: str
    column: str
    words: str
    who: tuple[str, ...]


PLANTED: list[Planted] = []


def planted(what: str, place: str, words: str, *who: str):
    table, column = place.split(".")

    def add(plant: Callable[[Tables], None]) -> Callable[[Tables], None]:
        PLANTED.append(Planted(what, plant, table, column, words, who))
        return plant

    return add


def clean_tables() -> Tables:
    """The tables of the sample as text, with years of birth and the randomisation list."""
    return {name: table.copy() for name, table in _read_once().items()}


@functools.cache
def _read_once() -> Tables:
    names = sorted(path.stem for path in sample_folder("walkback-like").glob("*.csv"))
    tables = {
        name: pd.read_csv(
            sample_folder("walkback-like") / f"{name}.csv", dtype=str, keep_default_na=False
        )
        for name in names
    }
    people = tables["participants"]
    born = people["randomised_on"].str[:4].astype(int) - people["age_years"].astype(float)
    people["year_of_birth"] = born.astype(int).astype(str)
    tables["list"] = randomisation_list(people)
    return tables


def randomisation_list(people: pd.DataFrame) -> pd.DataFrame:
    """The list that the arms were dealt by: blocks of 4, 6 or 8 within strata."""
    entries = people[[*STRATA, "arm", "participant_id", "randomised_on"]].copy()
    groups = entries.groupby(STRATA, sort=False)
    entries["sequence"] = (groups.cumcount() + 1).astype(str)
    entries["block"] = ""
    for _, rows in groups.groups.items():
        walking = (entries.loc[rows, "arm"] == "walking").tolist()
        entries.loc[rows, "block"] = [f"B{k}" for k in _blocks(walking)]
    return entries


def _blocks(walking: list[bool]) -> list[int]:
    """Which block each entry is of: whole blocks are balanced, the last may be incomplete."""
    ends: dict[int, list[int]] = {0: []}
    for end in range(1, len(walking) + 1):
        for size in (4, 6, 8):
            begin = end - size
            if begin in ends and sum(walking[begin:end]) == size // 2:
                ends.setdefault(end, [*ends[begin], size])
    last = max(ends)
    sizes = [*ends[last], len(walking) - last]
    return [k for k, size in enumerate(sizes) for _ in range(size)]


def write(tables: Tables, folder: Path) -> Path:
    """Write a trial folder."""
    folder.mkdir(parents=True)
    toml = (sample_folder("walkback-like") / "trial.toml").read_text(encoding="utf-8")
    (folder / "trial.toml").write_text(f"ages = [18, 85]\n{toml}{LIST}", encoding="utf-8")
    for name, table in tables.items():
        stored = sample_folder("walkback-like") / f"{name}.csv"
        if stored.exists() and table.equals(_read_once()[name]) and name != "participants":
            shutil.copy(stored, folder)
        else:
            table.to_csv(folder / f"{name}.csv", index=False)
    return folder


def planted_tables() -> Tables:
    """The same with every error in it."""
    tables = clean_tables()
    for one in PLANTED:
        one.plant(tables)
    return tables


def change(tables: Tables, table: str, who: str, *, at: int = 0, **values: str) -> None:
    """Change the ``at``-th row of a participant."""
    rows = tables[table].index[tables[table]["participant_id"] == who]
    for column, value in values.items():
        tables[table].loc[rows[at], column] = value


def add(tables: Tables, table: str, row: pd.Series, **values: str) -> None:
    """Add a row like another."""
    new = row.copy()
    for column, value in values.items():
        new[column] = value
    tables[table].loc[len(tables[table])] = new


def rows_of(tables: Tables, table: str, who: str) -> pd.DataFrame:
    return tables[table][tables[table]["participant_id"] == who]


@planted("age in months", "participants.age_years", "outside 0 to 120", "W0003")
def _(tables):
    change(tables, "participants", "W0003", age_years="540")


@planted("a child", "participants.age_years", "age outside that of the trial", "W0005")
def _(tables):
    change(tables, "participants", "W0005", age_years="15")


@planted("age against year of birth", "participants.age_years", "birth disagree", "W0007")
def _(tables):
    change(tables, "participants", "W0007", year_of_birth="1931")


@planted("body mass in pounds", "participants.bmi_kg_m2", "13 to 60", "W0009")
def _(tables):
    change(tables, "participants", "W0009", bmi_kg_m2="66.1")


@planted("29 February of no leap year", "participants.randomised_on", "'2021-02-29'", "W0330")
def _(tables):
    change(tables, "participants", "W0330", randomised_on="2021-02-29")


@planted("a date that has not come", "participants.randomised_on", "not come yet", "W0701")
def _(tables):
    change(tables, "participants", "W0701", randomised_on="2092-06-10")


@planted("day and month exchanged", "participants.randomised_on", "order of the ids", "W0016")
def _(tables):
    day = rows_of(tables, "participants", "W0016")["randomised_on"].item()
    change(tables, "participants", "W0016", randomised_on=f"{day[:4]}-{day[8:]}-{day[5:7]}")


@planted("an id twice", "participants.participant_id", "more than once", "W0010")
def _(tables):
    add(tables, "participants", rows_of(tables, "participants", "W0010").iloc[0])


@planted("ids alike", "participants.participant_id", "leading zeros", "W0020", "W-20")
def _(tables):
    for table in tables.values():
        if "participant_id" in table:
            table.loc[table["participant_id"] == "W0021", "participant_id"] = "W-20"


@planted("randomised twice", "participants.participant_id", "known at baseline", "W0603", "W0604")
def _(tables):
    first = rows_of(tables, "participants", "W0603").iloc[0]
    same = ["age_years", "sex", "bmi_kg_m2", "previous_episodes", "year_of_birth"]
    change(tables, "participants", "W0604", **first[same].to_dict())
    for k, value in enumerate(rows_of(tables, "outcomes", "W0603")["value"].iloc[:3]):
        change(tables, "outcomes", "W0604", at=k, value=value)


@planted("another arm than dealt", "participants.arm", "differ from the randomisation", "W0040")
def _(tables):
    arm = rows_of(tables, "participants", "W0040")["arm"].item()
    change(tables, "participants", "W0040", arm="control" if arm == "walking" else "walking")


@planted("another stratum", "participants.participant_id", "strata differ", "W0050")
def _(tables):
    stratum = rows_of(tables, "participants", "W0050")["referral"].item()
    other = "clinician" if stratum == "community" else "community"
    change(tables, "participants", "W0050", referral=other)


@planted("not on the list", "participants.participant_id", "who are not on", "W0060", "W0070")
def _(tables):
    change(tables, "list", "W0060", participant_id="W6060")


@planted("on the list only", "randomisation.participant_id", "not among the participants", "W6060")
def _(tables):
    pass  # the other side of the one before


@planted("an entry passed over", "randomisation.sequence", "were passed over")
def _(tables):
    change(tables, "list", "W0070", participant_id="", randomised_on="")


@planted("the list out of order", "randomisation.sequence", "out of their order", "W0200")
def _(tables):
    change(tables, "list", "W0200", randomised_on="2022-05-30")
    change(tables, "participants", "W0200", randomised_on="2022-05-30")


@planted("a block dealt unevenly", "randomisation.block", "not dealt as in the others", "W0082")
def _(tables):
    arm = rows_of(tables, "participants", "W0082")["arm"].item()
    for name in ("participants", "list"):
        change(tables, name, "W0082", arm="control" if arm == "walking" else "walking")


@planted("check-ins out of order", "check_ins.due_days", "due before one", "W0104")
def _(tables):
    change(tables, "check_ins", "W0104", at=5, due_days="12.0")


@planted("answered before it was due", "check_ins.answered_days", "more than a week", "W0102")
def _(tables):
    change(tables, "check_ins", "W0102", at=3, answered_days="98.0")


@planted("periods that overlap", "check_ins.covers_from_days", "of the one before again", "W0101")
def _(tables):
    change(tables, "check_ins", "W0101", at=4, covers_from_days="100.0")


@planted("a gap between periods", "check_ins.covers_from_days", "leave out days", "W0103")
def _(tables):
    change(tables, "check_ins", "W0103", at=4, covers_from_days="136.0")


@planted("a check-in that is not there", "participants.participant_id", "not in the table", "W0106")
def _(tables):
    row = rows_of(tables, "check_ins", "W0106").index[3]
    tables["check_ins"] = tables["check_ins"].drop(index=row).reset_index(drop=True)


@planted("withdrawn, then answering", "check_ins.state", "completed check-ins after", "W0107")
def _(tables):
    nothing = dict.fromkeys(("answered_days", "covers_from_days", "covers_to_days"), "")
    change(tables, "check_ins", "W0107", at=2, state="withdrawn", **nothing)


@planted("withdrawn without a day", "check_ins.state", "withdrawn without", "W0107")
def _(tables):
    pass  # of the same check-in


@planted("missed and answered", "check_ins.state", "have a day on which", "W0108")
def _(tables):
    change(tables, "check_ins", "W0108", at=3, state="missed")


@planted("completed, about no days", "check_ins.covers_to_days", "which period", "W0109")
def _(tables):
    change(tables, "check_ins", "W0109", at=3, covers_from_days="", covers_to_days="")


@planted("a recurrence before day 0", "recurrences.onset_days", "onset_days below 0", "W0111")
def _(tables):
    change(tables, "recurrences", "W0111", onset_days="-5.0")


@planted("a recurrence within another", "recurrences.onset_days", "overlap", "W0112")
def _(tables):
    row = rows_of(tables, "recurrences", "W0112").iloc[0]
    nothing = dict.fromkeys(("activity_limiting_days", "care_seeking_days"), "")
    add(tables, "recurrences", row, activity_limiting="", care_seeking="", **nothing)


@planted("an onset while missed", "recurrences.onset_days", "that was missed", "W0114")
def _(tables):
    onset = float(rows_of(tables, "recurrences", "W0114")["onset_days"].iloc[0])
    asked = rows_of(tables, "check_ins", "W0114")
    at = int((asked["due_days"].astype(float) < onset).sum())
    nothing = dict.fromkeys(("answered_days", "covers_from_days", "covers_to_days"), "")
    change(tables, "check_ins", "W0114", at=at, state="missed", **nothing)


@planted("told before it began", "recurrences.onset_days", "after the check-in", "W0117")
def _(tables):
    onset = float(rows_of(tables, "recurrences", "W0117")["onset_days"].iloc[0])
    asked = rows_of(tables, "check_ins", "W0117")
    at = int((asked["due_days"].astype(float) < onset).sum())
    change(tables, "check_ins", "W0117", at=at, answered_days=str(onset - 1))


@planted("average above worst pain", "recurrences.average_pain_nrs", "above the worst", "W0119")
def _(tables):
    change(tables, "recurrences", "W0119", average_pain_nrs="9.0", worst_pain_nrs="4.0")


@planted("more minutes than a week", "walking.walking_minutes", "outside 0 to 6720", "W0121")
def _(tables):
    change(tables, "walking", "W0121", at=5, walking_minutes="11250.0")


@planted("ten times the usual week", "walking.walking_minutes", "ten times the minutes", "W0122")
def _(tables):
    change(tables, "walking", "W0122", at=5, walking_minutes="2900.0")


@planted("hours among minutes", "walking.walking_minutes", "hours among", "W0123")
def _(tables):
    rows = rows_of(tables, "walking", "W0123").index
    minutes = pd.to_numeric(tables["walking"].loc[rows, "walking_minutes"])
    hours = (minutes / 15).round() / 4
    tables["walking"].loc[rows, "walking_minutes"] = hours.astype(str).replace("nan", "")


@planted("a week twice", "walking.measured_by", "more than once", "W0124")
def _(tables):
    add(tables, "walking", rows_of(tables, "walking", "W0124").iloc[3])


@planted("a week before week 1", "walking.week", "before week 1", "W0125")
def _(tables):
    change(tables, "walking", "W0125", at=0, week="-1")


@planted("the same minutes every week", "walking.walking_minutes", "twelve weeks", "W0126")
def _(tables):
    rows = rows_of(tables, "walking", "W0126").index[:20]
    tables["walking"].loc[rows, "walking_minutes"] = "150.0"


@planted("a diary copied", "participants.participant_id", "same minutes of", "W0128", "W0129")
def _(tables):
    table = tables["walking"]
    copied = rows_of(tables, "walking", "W0128").assign(participant_id="W0129")
    others = table[table["participant_id"] != "W0129"]
    tables["walking"] = pd.concat([others, copied], ignore_index=True)


@planted("a score off its scale", "outcomes.value", "outside their scale", "W0131")
def _(tables):
    change(tables, "outcomes", "W0131", value="55.0")


@planted("a visit twice", "outcomes.measure", "more than once", "W0132")
def _(tables):
    add(tables, "outcomes", rows_of(tables, "outcomes", "W0132").iloc[0], value="3.0")


@planted("a currency sign", "costs.unit_cost", "currency", "W0002")
def _(tables):
    change(tables, "costs", "W0002", unit_cost="£95.00")


@planted("cents for dollars", "costs.unit_cost", "same item", "W0004")
def _(tables):
    change(tables, "costs", "W0004", unit_cost="9500.0")


@planted("a harm of nobody", "adverse_events.participant_id", "not in participants", "W9999")
def _(tables):
    add(tables, "adverse_events", tables["adverse_events"].iloc[0], participant_id="W9999")


PAGE = Path(__file__).parents[2] / "docs" / "guide" / "planted-errors.md"


def page() -> str:
    """The planted errors as a page of the guide."""
    lines = [
        "# Errors planted and found",
        "",
        f"A test plants {len(PLANTED)} errors of the field in one folder of 701 people, the",
        "synthetic sample with its randomisation list, and checks it in one pass: each is told",
        "where it is, and names its people; in the clean folder none of them is told.",
        "`python3 dev.py benchmarks checks` times that pass. [What is looked for](checks.md) lists",
        "every check.",
        "",
        "| planted | told of | finding | names |",
        "|---|---|---|---|",
    ]
    lines += [
        f"| {one.what} | `{one.table}.{one.column}` | ... {one.words} ... | {', '.join(one.who)} |"
        for one in PLANTED
    ]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
