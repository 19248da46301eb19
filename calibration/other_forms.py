"""Write the first participants of the sample as a REDCap export, a workbook and minutes of steps.

python -m calibration.other_forms

All hold the same synthetic people as data/sample/walkback-like, so what is read from them can be
held against it. The minutes are made up from the diaries. REDCap did not write the export: it
follows REDCap's documented format.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from walkstats.reading import load_sample
from walkstats.tables.archives import undated
from walkstats.trial import Trial

HOME = Path(__file__).parents[1] / "data" / "sample"
PEOPLE = 40
MEASURES = {"rmdq": "rmdq", "pain": "pain_nrs"}
"""Field of the project -> measure of the sample."""

ARMS = {"control": "1", "walking": "2"}
REFERRALS = {"clinician": "1", "community": "2"}
SEXES = {"female": "1", "male": "2"}
CARE = {True: "1", False: "0"}

DICTIONARY_HEAD = (
    "Variable / Field Name", "Form Name", "Section Header", "Field Type", "Field Label",
    "Choices, Calculations, OR Slider Labels", "Field Note",
    "Text Validation Type OR Show Slider Number", "Text Validation Min", "Text Validation Max",
    "Identifier?", "Branching Logic (Show field only if...)", "Required Field?",
    "Custom Alignment", "Question Number (surveys only)", "Matrix Group Name", "Matrix Ranking?",
    "Field Annotation",
)  # fmt: skip


def _choices(codes: dict[str, str]) -> str:
    return " | ".join(f"{code}, {label}" for label, code in codes.items())


# name, form, type, label, choices, validation, lowest, highest
FIELDS = (
    ("record_id", "baseline", "text", "Study number", "", "", "", ""),
    ("rand_date", "baseline", "text", "Randomised on", "", "date_dmy", "", ""),
    ("allocation", "baseline", "radio", "Allocated to", _choices(ARMS), "", "", ""),
    ("age", "baseline", "text", "Age (years)", "", "integer", "18", "100"),
    ("sex", "baseline", "radio", "Sex", _choices(SEXES), "", "", ""),
    ("bmi", "baseline", "text", "Body mass index (kg/m2)", "", "number_1dp", "10", "80"),
    ("episodes", "baseline", "text", "Previous episodes", "", "integer", "0", ""),
    ("more_than_two", "baseline", "yesno", "More than two previous episodes?", "", "", "", ""),
    ("referral", "baseline", "radio", "Referred by", _choices(REFERRALS), "", "", ""),
    ("left_on", "end_of_study", "text", "Left the trial on", "", "date_dmy", "", ""),
    ("left_why", "end_of_study", "text", "Why?", "", "", "", ""),
    ("sessions", "end_of_study", "text", "Sessions attended", "", "integer", "0", "6"),
    ("answered_on", "check_in", "text", "Answered on", "", "date_dmy", "", ""),
    ("pain_again", "check_in", "yesno", "Back pain since the last check-in?", "", "", "", ""),
    ("rmdq", "outcomes", "text", "Roland-Morris score", "", "integer", "0", "24"),
    ("pain", "outcomes", "text", "Average pain, last week", "", "number", "0", "10"),
    ("onset", "recurrence", "text", "First day of pain", "", "date_dmy", "", ""),
    ("ended", "recurrence", "text", "Last day of pain", "", "date_dmy", "", ""),
    ("limited", "recurrence", "yesno", "Did it limit your activities?", "", "", "", ""),
    ("limited_on", "recurrence", "text", "From which day on?", "", "date_dmy", "", ""),
    ("care", "recurrence", "checkbox", "Did you see anybody?", "1, Yes", "", "", ""),
    ("care_on", "recurrence", "text", "When first?", "", "date_dmy", "", ""),
    ("worst", "recurrence", "text", "Worst pain", "", "number", "0", "10"),
    ("average", "recurrence", "text", "Average pain", "", "number", "0", "10"),
    ("interference", "recurrence", "text", "Interference", "", "number", "0", "4"),
)
KEYS = ("record_id", "redcap_event_name", "redcap_repeat_instrument", "redcap_repeat_instance")
Record = dict[str, str]


def people() -> Trial:
    """The first participants of the sample, who were the first to be randomised."""
    sample = load_sample("walkback-like")
    ids = sample.participants["participant_id"][:PEOPLE]
    return sample.only(ids, note=f"its first {PEOPLE} participants")


def dictionary() -> str:
    """The data dictionary of the project, as CSV."""
    rows = []
    for name, form, kind, label, choices, validation, low, high in FIELDS:
        plain = [name, form, "", kind, label, choices, "", validation, low, high]
        rows.append([*plain, *[""] * (len(DICTIONARY_HEAD) - len(plain))])
    return _as_csv([list(DICTIONARY_HEAD), *rows])


def export(trial: Trial) -> str:
    """The raw data of the project, as CSV: a row per event, and per repeat of an instrument."""
    forms = list(dict.fromkeys(form for _, form, *_ in FIELDS))
    head = list(KEYS)
    for form in forms:
        names = [name for name, its, *_ in FIELDS if its == form and name != "record_id"]
        head += ["care___1" if name == "care" else name for name in names] + [f"{form}_complete"]
    own = _by_person(trial)
    people = trial.participants.to_dict("records")
    records = [r for who in people for r in _records(who, own[who["participant_id"]])]
    return _as_csv([head, *([record.get(name, "") for name in head] for record in records)])


def _records(who: dict[Any, Any], own: Own) -> Iterator[Record]:
    """All rows of one participant, in the order in which REDCap exports events."""
    start = who["randomised_on"]
    name = who["participant_id"]
    outcomes, recurrences = own["outcomes"], own["recurrences"]
    yield _row(name, "baseline_arm_1", _baseline(who) | _scores(outcomes, 0), "baseline")
    for visit in own["check_ins"]:
        number = int(visit["check_in"])
        given = _scores(outcomes, number)
        if visit["state"] == "completed":
            given |= _answered(visit, recurrences, start)
        if given:
            yield _row(name, f"month_{number}_arm_1", given, "check_in")
    left = {"left_on": _day(start, who["withdrawn_days"]),
            "left_why": _text(who["withdrawal_reason"]),
            "sessions": _text(who["sessions_attended"])}  # fmt: skip
    yield _row(name, "end_of_study_arm_1", left, "end_of_study")
    for repeat, one in enumerate(recurrences, 1):
        told = _recurrence(one, start)
        record = _row(name, "reports_arm_1", told, "recurrence")
        yield record | {"redcap_repeat_instrument": "recurrence",
                        "redcap_repeat_instance": str(repeat)}  # fmt: skip


Own = dict[str, list[dict[Any, Any]]]
"""Table -> the rows of one participant."""


def _by_person(trial: Trial) -> dict[str, Own]:
    tables = ("check_ins", "recurrences", "outcomes")
    own: dict[str, Own] = {
        name: {table: [] for table in tables} for name in trial.participants["participant_id"]
    }
    for table in tables:
        for row in trial.table(table).to_dict("records"):
            own[row["participant_id"]][table].append(row)
    return own


def _row(name: str, event: str, given: Record, form: str) -> Record:
    complete = {f"{form}_complete": "2"} if form != "check_in" or "answered_on" in given else {}
    scored = {"outcomes_complete": "2"} if set(MEASURES) & set(given) else {}
    return {"record_id": name, "redcap_event_name": event} | given | complete | scored


def _baseline(who: dict[Any, Any]) -> Record:
    return {
        "rand_date": who["randomised_on"].date().isoformat(),
        "allocation": ARMS[who["arm"]],
        "age": _text(who["age_years"]),
        "sex": SEXES[who["sex"]],
        "bmi": _text(who["bmi_kg_m2"]),
        "episodes": _text(who["previous_episodes"]),
        "more_than_two": {"yes": "1", "no": "0"}[who["more_than_two_previous"]],
        "referral": REFERRALS[who["referral"]],
    }


def _scores(outcomes: list[dict[Any, Any]], month: int) -> Record:
    values = {one["measure"]: one["value"] for one in outcomes if one["month"] == month}
    known = {name: value for name, value in values.items() if not pd.isna(value)}
    return {field: _text(known[name]) for field, name in MEASURES.items() if name in known}


def _answered(
    visit: dict[Any, Any], recurrences: list[dict[Any, Any]], start: pd.Timestamp
) -> Record:
    low, high = visit["covers_from_days"], visit["covers_to_days"]
    again = any(low < one["onset_days"] <= high for one in recurrences)
    return {"answered_on": _day(start, visit["answered_days"]), "pain_again": str(int(again))}


def _recurrence(one: dict[Any, Any], start: pd.Timestamp) -> Record:
    return {
        "onset": _day(start, one["onset_days"]),
        "ended": _day(start, one["resolved_days"]),
        "limited": str(int(one["activity_limiting"])),
        "limited_on": _day(start, one["activity_limiting_days"]),
        "care___1": CARE[bool(one["care_seeking"])],
        "care_on": _day(start, one["care_seeking_days"]),
        "worst": _text(one["worst_pain_nrs"]),
        "average": _text(one["average_pain_nrs"]),
        "interference": _text(one["interference"]),
    }


def _day(start: pd.Timestamp, days: float) -> str:
    return "" if pd.isna(days) else (start.date() + dt.timedelta(days=int(days))).isoformat()


def _text(value: Any) -> str:
    if pd.isna(value):
        return ""
    return value if isinstance(value, str) else f"{value:g}"


def _as_csv(rows: list[list[str]]) -> str:
    sheet = io.StringIO()
    csv.writer(sheet, lineterminator="\n").writerows(rows)
    return sheet.getvalue()


SHEETS = {
    "People": ("participants", {"participant_id": "Study number", "arm": "Group",
               "randomised_on": "Randomised", "planned_end_days": "Follow-up (days)",
               "withdrawn_days": "Left", "withdrawal_reason": "Why",
               "age_years": "Age", "sex": "Sex", "referral": "Referred by"}),
    "Check-ins": ("check_ins", {"participant_id": "Study number", "check_in": "No",
                  "due_days": "Due", "answered_days": "Answered", "covers_from_days": "Asks from",
                  "covers_to_days": "Asks to", "state": "State"}),
    "Recurrences": ("recurrences", {"participant_id": "Study number", "onset_days": "Began",
                    "resolved_days": "Ended", "activity_limiting": "Limiting",
                    "activity_limiting_days": "Limiting since", "care_seeking": "Care",
                    "care_seeking_days": "Care since", "worst_pain_nrs": "Worst pain"}),
    "Diary": ("walking", {"participant_id": "Study number", "week": "Week",
              "walking_minutes": "Hours walked"}),
}  # fmt: skip
"""Sheet -> table, and column of the table -> heading of the sheet."""

DATED = {
    *("withdrawn_days", "answered_days", "onset_days", "resolved_days"),
    *("activity_limiting_days", "care_seeking_days"),
}
"""Columns of days that the workbook holds as dates."""


def workbook(trial: Trial) -> bytes:
    """The same people as an Excel workbook: dates as dates, the diary in hours."""
    import openpyxl

    book = openpyxl.Workbook()
    book.remove(book.active)
    starts = dict(trial.participants[["participant_id", "randomised_on"]].to_numpy())
    for title, (table, headings) in SHEETS.items():
        sheet = book.create_sheet(title)
        sheet.append(list(headings.values()))
        for one in trial.table(table)[list(headings)].to_dict("records"):
            sheet.append([_in_excel(name, value, starts[one["participant_id"]])
                          for name, value in one.items()])  # fmt: skip
    made = io.BytesIO()
    book.save(made)
    return undated(made.getvalue())


def _in_excel(name: str, value: Any, start: pd.Timestamp) -> Any:
    if pd.isna(value):
        return None
    if name in DATED:
        return start.date() + dt.timedelta(days=int(value))
    if name == "walking_minutes":
        return value / 60
    if name == "activity_limiting":
        return "Y" if value else "N"
    return value.date() if isinstance(value, pd.Timestamp) else value


WEARERS, WEEKS, WALKS, SEED = 4, 3, 3, 20191001
ZONE = "Australia/Sydney"
WORN = (7 * 60, 22 * 60)
"""Minutes of the day at which the device is put on and taken off."""


def minutes(trial: Trial) -> pd.DataFrame:
    """Made-up steps of each minute of those who walked most, about those of their diaries, in UTC.

    One row per person and minute: participant_id, time, steps. Some days the device lies in a
    drawer, of the first wearer nearly all of the second week.
    """
    chance = np.random.default_rng(SEED)
    diary = trial.walking.set_index(["participant_id", "week"])["walking_minutes"]
    told = diary[diary.index.get_level_values("week") <= WEEKS].groupby("participant_id").sum()
    most = told.sort_values(ascending=False, kind="stable").index[:WEARERS]
    walkers = trial.participants[trial.participants["participant_id"].isin(most)]
    worn = [
        _one_wearer(who["participant_id"], who["randomised_on"], diary, chance, first=k == 0)
        for k, who in enumerate(walkers.to_dict("records"))
    ]
    return pd.concat(worn, ignore_index=True)


def _one_wearer(
    name: str,
    start: pd.Timestamp,
    diary: pd.Series,
    chance: np.random.Generator,
    *,
    first: bool,
) -> pd.DataFrame:
    begin = start.tz_localize(ZONE)
    end = (start + pd.Timedelta(days=7 * WEEKS)).tz_localize(ZONE)
    times = pd.date_range(begin, end, freq="min", inclusive="left")
    minute = (times.hour * 60 + times.minute).to_numpy()
    day = (times.tz_localize(None).normalize() - start).days.to_numpy()
    in_drawer = np.isin(day, chance.choice(7 * WEEKS, size=WEEKS, replace=False))
    in_drawer |= first & (day >= 8) & (day < 13)
    awake = (minute >= WORN[0]) & (minute < WORN[1])
    moving = chance.random(len(times)) < 0.25
    steps = np.where(awake & moving, chance.poisson(20, len(times)), 0)
    for week in range(1, WEEKS + 1):
        told = diary.get((name, week), np.nan)
        length = 0 if pd.isna(told) else int(0.8 * told / WALKS)
        for when in chance.choice(7, size=WALKS, replace=False) + 7 * (week - 1):
            begins = 9 * 60 + int(chance.integers(480))
            walk = (day == when) & (minute >= begins) & (minute < begins + length)
            steps[walk] = chance.integers(102, 128, walk.sum())
    steps[in_drawer] = 0
    universal = times.tz_convert("UTC")
    return pd.DataFrame({"participant_id": name, "time": universal, "steps": steps.astype("int16")})


def files() -> dict[str, bytes]:
    """File below data/sample -> its content."""
    trial = people()
    return {
        "redcap-like/WALK_DATA_2022-10-01.csv": export(trial).encode(),
        "redcap-like/WALK_DataDictionary_2022-10-01.csv": dictionary().encode(),
        "workbook-like/walking trial.xlsx": workbook(trial),
        "workbook-like/steps.parquet": _parquet(minutes(trial)),
    }


def _parquet(frame: pd.DataFrame) -> bytes:
    file = io.BytesIO()
    spelled = {"time": "DELTA_BINARY_PACKED"}  # minute follows minute: next to nothing to store
    frame.to_parquet(
        file,
        index=False,
        compression="zstd",
        use_dictionary=["participant_id"],
        column_encoding=spelled,
    )
    return file.getvalue()


def main() -> None:
    """Write the files into data/sample."""
    for name, content in files().items():
        target = HOME / name
        target.parent.mkdir(exist_ok=True)
        target.write_bytes(content)
        print(f"{name}: {len(content) / 1000:.0f} kB")


if __name__ == "__main__":
    main()
