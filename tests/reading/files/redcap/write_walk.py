"""Write a made-up REDCap project: a data dictionary and its export as raw data and as labels.

No REDCap wrote these files: they follow its documented format. The people do not exist. Run
`python tests/reading/files/redcap/write_walk.py` to write them again.
"""

import csv
import datetime as dt
from pathlib import Path

HERE = Path(__file__).parent
HEAD = [
    "Variable / Field Name",
    "Form Name",
    "Section Header",
    "Field Type",
    "Field Label",
    "Choices, Calculations, OR Slider Labels",
    "Field Note",
    "Text Validation Type OR Show Slider Number",
    "Text Validation Min",
    "Text Validation Max",
    "Identifier?",
    "Branching Logic (Show field only if...)",
    "Required Field?",
    "Custom Alignment",
    "Question Number (surveys only)",
    "Matrix Group Name",
    "Matrix Ranking?",
    "Field Annotation",
]
PAIN = " | ".join(f"{k}, {k}" for k in range(11))
ARMS = "1, walking | 2, usual care"
CARE = "1, General practitioner | 2, Physiotherapist | -8, Somebody else"
# name, form, type, label, choices, validation, min, max, identifier
FIELDS = [
    ("record_id", "baseline", "text", "Study number", "", "", "", "", ""),
    ("initials", "baseline", "text", "Initials", "", "", "", "", "y"),
    (
        "allocation",
        "baseline",
        "radio",
        "Allocated to",
        "1, walking | 2, usual care",
        "",
        "",
        "",
        "",
    ),
    ("rand_date", "baseline", "text", "Randomised on", "", "date_dmy", "2024-01-01", "", ""),
    ("age", "baseline", "text", "Age (years)", "", "integer", "18", "90", ""),
    ("sex", "baseline", "radio", "Sex", "1, female | 2, male | 3, other", "", "", "", ""),
    ("referred", "baseline", "yesno", "Referred by a clinician?", "", "", "", "", ""),
    ("rmdq", "outcomes", "calc", "Roland-Morris score", "sum([rm1],[rm2])", "", "", "", ""),
    ("pain", "outcomes", "radio", "Average pain, <b>last week</b>", PAIN, "", "", "", ""),
    ("new_pain", "check_in", "yesno", "Any new back pain since the last time?", "", "", "", "", ""),
    ("onset", "recurrence", "text", "First day", "", "date_dmy", "", "", ""),
    ("ended", "recurrence", "text", "Last day", "", "date_dmy", "", "", ""),
    ("limited", "recurrence", "yesno", "Did it limit your activities?", "", "", "", "", ""),
    ("care", "recurrence", "checkbox", "Whom did you see?", CARE, "", "", "", ""),
    ("worst", "recurrence", "slider", "Worst pain", "none | | worst", "number", "0", "10", ""),
    ("minutes", "diary", "text", "Minutes walked", "", "number_1dp_comma_decimal", "0", "3000", ""),
    ("ae_onset", "adverse_event", "text", "First day", "", "date_dmy", "", "", ""),
    ("ae_what", "adverse_event", "text", "What happened", "", "", "", "", ""),
    ("ae_serious", "adverse_event", "yesno", "Serious?", "", "", "", "", ""),
    ("ae_related", "adverse_event", "truefalse", "Related to walking", "", "", "", "", ""),
    ("left_on", "end_of_study", "text", "Left the study on", "", "date_dmy", "", "", ""),
    ("left_why", "end_of_study", "dropdown", "Why", "1, moved away | 2, no time", "", "", "", ""),
]
SURVEYS = ("check_in",)
EVENTS = {
    "baseline_arm_1": "Baseline",
    "check_in_1_arm_1": "Check-in 1",
    "check_in_2_arm_1": "Check-in 2",
    "check_in_3_arm_1": "Check-in 3",
    "month_3_arm_1": "Month 3",
    "reports_arm_1": "Reports",
    "end_of_study_arm_1": "End of study",
}
# record -> arm, day randomised, age, sex, referred, check-ins answered (number, days after due)
PEOPLE = {
    "1001": ("1", "2024-01-08", "54", "1", "1", {1: 0, 2: 1, 3: 0}),
    "1002": ("2", "2024-01-10", "47", "2", "0", {1: 2, 3: 1}),
    "1003": ("1", "2024-01-15", "61", "1", "1", {1: 0, 2: 0, 3: 3}),
    "1004": ("2", "2024-01-22", "39", "1", "0", {}),
    "1005": ("2", "2024-02-01", "70", "2", "1", {1: 1}),
    "1006": ("1", "2024-02-05", "58", "1", "0", {1: 0, 2: 0, 3: 0}),
    "1007": ("1", "2024-02-12", "33", "3", "0", {1: 4, 2: 0}),
    "1008": ("2", "2024-02-20", "66", "2", "1", {1: 0, 2: 2, 3: 0}),
    "1009": ("1", "2024-03-04", "45", "1", "1", {2: 0, 3: 0}),
    "1010": ("2", "2024-03-11", "52", "2", "0", {1: 0, 2: 0, 3: 0}),
    "1011": ("2", "2024-03-18", "29", "1", "0", {1: 1, 2: 1, 3: 0}),
    "1012": ("1", "2024-06-20", "63", "2", "1", {}),
}
STARTED = [("1002", 2), ("1005", 2)]  # a survey that was begun and not completed
OUTCOMES = {  # record -> rmdq and pain at baseline, and at month 3
    "1001": ("11", "5", "4", "2"),
    "1002": ("9", "4", "8", "-99"),
    "1003": ("14", "7", "6", "3"),
    "1006": ("7", "3", "2", "1"),
    "1008": ("12", "6", "11", "6"),
    "1010": ("10", "5", "", ""),
    "1012": ("13", "6", "", ""),
}
RECURRENCES = [  # record, first day, last day, limited, seen: GP, physiotherapist, others; worst
    ("1001", 20, 26, "1", "1", "0", "0", "6"),
    ("1001", 70, 74, "0", "0", "0", "0", "3"),
    ("1002", 12, 15, "0", "0", "1", "0", "4"),
    ("1008", 41, 50, "1", "1", "1", "0", "8"),
]
DIARY = [("1001", 1, "90"), ("1001", 2, "120,5"), ("1001", 3, "130"), ("1003", 1, "60,5")]
EVENTS_ADVERSE = [("1003", 9, "twisted ankle", "0", "1"), ("1010", 33, "fall at home", "1", "0")]
LEFT = {"1005": (50, "2"), "1007": (75, "1")}


def columns() -> dict[str, tuple]:
    """Columns of the raw export -> field, label header, what its cells stand for."""
    made = {
        "record_id": (None, "Study number", {}),
        "redcap_event_name": (None, "Event Name", EVENTS),
        "redcap_repeat_instrument": (
            None,
            "Repeat Instrument",
            {one[1]: one[1].replace("_", " ").capitalize() for one in FIELDS},
        ),
        "redcap_repeat_instance": (None, "Repeat Instance", {}),
    }
    forms = list(dict.fromkeys(one[1] for one in FIELDS))
    for form in forms:
        if form in SURVEYS:
            made[f"{form}_timestamp"] = (form, "Survey Timestamp", {})
        for name, own, kind, label, choices, *_ in FIELDS[1:]:
            if own != form or name == "initials":  # exported without identifiers
                continue
            words = dict(one.strip().split(", ", 1) for one in choices.split("|") if ", " in one)
            words |= {"1": "Yes", "0": "No"} if kind == "yesno" else {}
            words |= {"1": "True", "0": "False"} if kind == "truefalse" else {}
            plain = label.replace("<b>", "").replace("</b>", "")
            if kind == "checkbox":
                for code, word in words.items():
                    column = f"{name}___{code.replace('-', '_')}"
                    ticked = {"0": "Unchecked", "1": "Checked"}
                    made[column] = (form, f"{plain} (choice={word})", ticked)
            else:
                made[name] = (form, plain, {} if kind in ("calc", "slider") else words)
        states = {"0": "Incomplete", "1": "Unverified", "2": "Complete"}
        made[f"{form}_complete"] = (form, "Complete?", states)
    return made


def row(record, event, repeat="", instance="", **cells) -> dict[str, str]:
    """One row of the raw export."""
    key = {"record_id": record, "redcap_event_name": f"{event}_arm_1"}
    repeats = {"redcap_repeat_instrument": repeat, "redcap_repeat_instance": str(instance)}
    return {**key, **repeats, **cells}


def rows() -> list[dict[str, str]]:
    """The raw export: a row per record, event and repeat."""
    return [one for record in PEOPLE for one in (*scheduled(record), *reported(record))]


def scheduled(record: str) -> list[dict[str, str]]:
    """The rows of baseline, of the check-ins that were answered or begun, and of month 3."""
    arm, start, age, sex, referred, answered = PEOPLE[record]
    day = dt.date.fromisoformat(start)
    first = OUTCOMES.get(record, ("", "", "", ""))
    scores = {"rmdq": first[0], "pain": first[1], "outcomes_complete": "2" if first[0] else "0"}
    own = {"allocation": arm, "rand_date": start, "age": age, "sex": sex, "referred": referred}
    made = [row(record, "baseline", **own, baseline_complete="2", **scores)]
    for k in (1, 2, 3):
        told = any(k == _check_in(one[1]) for one in RECURRENCES if one[0] == record)
        if k in answered:
            stamp = f"{day + dt.timedelta(30 * k + answered[k])} 09:30:00"
            reply = {"check_in_timestamp": stamp, "new_pain": str(int(told))}
            made.append(row(record, f"check_in_{k}", **reply, check_in_complete="2"))
        elif (record, k) in STARTED:
            begun = {"check_in_timestamp": "[not completed]", "check_in_complete": "0"}
            made.append(row(record, f"check_in_{k}", **begun))
    if first[2]:
        later = {"rmdq": first[2], "pain": first[3], "outcomes_complete": "2"}
        made.append(row(record, "month_3", **later))
    return made


def reported(record: str) -> list[dict[str, str]]:
    """The rows of what was reported whenever it happened, and of who left."""
    day = dt.date.fromisoformat(PEOPLE[record][1])
    made = []
    own = [one for one in RECURRENCES if one[0] == record]
    for k, (_, begin, end, limited, *seen, worst) in enumerate(own, 1):
        days = {"onset": _day(day, begin), "ended": _day(day, end), "limited": limited}
        ticked = dict(zip(("care___1", "care___2", "care____8"), seen, strict=True))
        days |= ticked | {"worst": worst, "recurrence_complete": "2"}
        made.append(row(record, "reports", "recurrence", k, **days))
    for _, week, minutes in (one for one in DIARY if one[0] == record):
        walked = {"minutes": minutes, "diary_complete": "2"}
        made.append(row(record, "reports", "diary", week, **walked))
    for _, begin, what, serious, related in (o for o in EVENTS_ADVERSE if o[0] == record):
        event = {"ae_onset": _day(day, begin), "ae_what": what, "ae_serious": serious}
        event |= {"ae_related": related, "adverse_event_complete": "2"}
        made.append(row(record, "reports", "adverse_event", 1, **event))
    if record in LEFT:
        when, why = LEFT[record]
        gone = {"left_on": _day(day, when), "left_why": why, "end_of_study_complete": "2"}
        made.append(row(record, "end_of_study", **gone))
    return made


def _day(start: dt.date, days: int) -> str:
    return (start + dt.timedelta(days)).isoformat()


def _check_in(day: int) -> int:
    return (day - 1) // 30 + 1


def write(path: Path, table: list[list[str]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows(table)


if __name__ == "__main__":
    made = columns()
    raw = rows()
    fields = [
        [name, form, "", kind, label, choices, "", rule, low, high, mark, *[""] * 7]
        for name, form, kind, label, choices, rule, low, high, mark in FIELDS
    ]
    write(HERE / "walk" / "WALK_DataDictionary_2024-07-15.csv", [HEAD, *fields])
    cells = [[row.get(name, "") for name in made] for row in raw]
    write(HERE / "walk" / "WALK_DATA_2024-07-15.csv", [list(made), *cells])
    words = [
        [meaning.get(cell, cell) for cell, (_, _, meaning) in zip(row, made.values(), strict=True)]
        for row in cells
    ]
    labels = [label for _, label, _ in made.values()]
    write(HERE / "walk_labels.csv", [labels, *words])
