"""Which trial.toml would read an export of REDCap? A draft from the export and its dictionary.

What an event is, and which instrument reports recurrences, only the team knows: instruments stand
as offers with their fields, events with what their names say.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from walkstats.errors import DataError
from walkstats.reading.assembled.headers import plain
from walkstats.reading.redcap.declared import EVENT, INSTANCE, REPEATED
from walkstats.reading.redcap.dictionary import (
    SPECIAL,
    Dictionary,
    is_dictionary,
    read_dictionary,
)
from walkstats.reading.redcap.exports import understand
from walkstats.reading.suggesting.other_names import REFERENCES
from walkstats.reading.suggesting.tables_found import TableFound
from walkstats.reading.text_tables import TextTable
from walkstats.reading.writing.toml_writing import quoted

LISTED = 20
MONTH = re.compile(r"(?:month|m|mth)_?(\d+)(?:_|$)")
FIRST = re.compile(r"base|enrol|screen|random")
ASKED = re.compile(r"check_?in|survey|diary|text|sms|fortnight|week|monthly|follow_up_\d|call")
NUMBER = re.compile(r"(\d+)")
BARE = re.compile(r"[A-Za-z0-9_-]+")
DAY = re.compile(r"\d{4}-\d\d-\d\d")

PEOPLE = {
    "arm": re.compile(r"alloc|(^|_)(arm|group|treatment|trt|rand_?(arm|group))($|_)"),
    "randomised_on": re.compile(r"rand.*(date|day|on|dt)|date.*rand"),
    "age_years": re.compile(r"^age(_|$)"),
    "sex": re.compile(r"^(sex|gender)$"),
    "bmi_kg_m2": re.compile(r"^bmi"),
}
"""Column of participants -> what fields that hold it are often called."""


@dataclass(frozen=True, eq=False)
class RedcapFound:
    """An export of REDCap among the files.

    Attributes
    ----------
    text : TextTable
        The export, with the meaning of its codes.
    dictionary : Dictionary or None
    """

    text: TextTable
    dictionary: Dictionary | None

    @property
    def header(self) -> list[str]:
        """The columns."""
        return [str(one) for one in self.text.frame.columns]

    def distinct(self, column: str) -> list[str]:
        """What a column holds, in its order."""
        cells = self.text.frame[column].fillna("").str.strip() if column in self.header else ()
        return [one for one in dict.fromkeys(cells) if one]

    def fields_of(self, instrument: str) -> list[str]:
        """The columns of an instrument."""
        if self.dictionary is None:
            return []
        known = ((one, self.dictionary.field_of(one)) for one in self.header[1:])
        return [one for one, field in known if field is not None and field.form == instrument]


def redcap_in(tables: list[TableFound]) -> RedcapFound | None:
    """The export of REDCap among the tables of a place; None where there is not exactly one.

    Parameters
    ----------
    tables : list of TableFound

    Returns
    -------
    RedcapFound or None
    """
    texts = [one.text for one in tables if one.text is not None and not one.sheet]
    dictionaries = [one for one in texts if is_dictionary(one.frame.columns)]
    exports = [
        one
        for one in texts
        if {EVENT, REPEATED} & set(one.frame.columns)
        or (dictionaries and any(str(name).endswith("_complete") for name in one.frame.columns))
    ]
    if len(exports) != 1 or len(dictionaries) > 1:
        return None
    try:
        dictionary = read_dictionary(dictionaries[0]) if dictionaries else None
    except DataError:
        return None
    return RedcapFound(understand(exports[0], dictionary), dictionary)


def draft_of(project: RedcapFound) -> list[str]:
    """The lines of a draft that read an export.

    Parameters
    ----------
    project : RedcapFound

    Returns
    -------
    list of str
    """
    file = project.text.file
    asked = '# dictionary = "..."   # download it too: it says what the codes mean'
    if project.dictionary is not None:
        asked = f"dictionary = {quoted(project.dictionary.file)}"
    found = DAY.search(file)
    day = found.group() if found else "2024-11-30"
    lines = [
        _arms(project),
        "",
        "[redcap]",
        f"export = {quoted(file)}",
        asked,
        '# missing = ["-99"]   # missing data codes of the project, if it has any',
        f'# exported_on = "{day}"   # a check-in due later is not missed yet',
    ]
    if EVENT in project.header:
        lines += ["", "[redcap.events]", *(_event(one) for one in project.distinct(EVENT))]
    return [*lines, *_people(project), *_instruments(project)]


def _arms(project: RedcapFound) -> str:
    field = _field_called(project, "arm")
    arms = list(project.text.codes.get(field or "", {}).values())
    reference = [arm for arm in arms if plain(arm) in REFERENCES]
    if len(reference) == 1:
        arms.sort(key=lambda arm: arm != reference[0])
        told = f"likely: {reference[0]} is named as what others are compared with"
        return f"arms = [{', '.join(map(quoted, arms))}]   # {told}"
    there = f": {', '.join(arms)}" if arms else ""
    return f"arms = {quoted(f'? which arms are there, the reference first{there}')}"


def _field_called(project: RedcapFound, target: str) -> str | None:
    """The only field whose name says so; for arms the only one with choices."""
    names = [one for one in project.header if PEOPLE[target].search(one) and one not in SPECIAL]
    if target == "arm":
        names = [one for one in names if len(project.text.codes.get(one, {})) > 1]
    names = [one for one in names if not one.endswith(("_complete", "_timestamp"))]
    return names[0] if len(names) == 1 else None


def _event(name: str) -> str:
    slug = _without_arm(name)
    name = name if BARE.fullmatch(name) else quoted(name)
    month, number = MONTH.search(slug), NUMBER.search(slug)
    if month:
        return f"{name} = {{ month = {int(month.group(1))} }}   # likely, by its name"
    if FIRST.match(slug):
        return f"{name} = {{ month = 0 }}   # likely, by its name"
    if ASKED.search(slug) and number:
        asked = f"{{ check_in = {int(number.group(1))}, covers = [0, 30] }}"
        return f"# {name} = {asked}   # which days does it ask about?"
    return f"# {name} = {{ month = 3 }}   # is it at a certain month, or a check-in?"


def _without_arm(event: str) -> str:
    return re.sub(r"_arm_\d+$", "", event)


def _people(project: RedcapFound) -> list[str]:
    lines = ["", "[participants]"]
    events = project.distinct(EVENT)
    first = next((one for one in events if FIRST.match(one)), events[0] if events else "")
    same = [one for one in events if _without_arm(one) == _without_arm(first)]
    if len(same) > 1:
        listed = ", ".join(map(quoted, same))
        lines.append(f"event = [{listed}]   # likely: one row per participant")
    elif first:
        lines.append(f"event = {quoted(first)}   # likely: one row per participant")
    elif REPEATED in project.header and project.dictionary is not None:
        lines.append(f"instrument = {quoted(project.dictionary.forms[0])}   # the first instrument")
    lines.append("[participants.columns]")
    if project.dictionary is None:
        lines.append(f"participant_id = {quoted(project.header[0])}")
    for target in PEOPLE:
        field = _field_called(project, target)
        if field is not None:
            lines.append(f"{target} = {quoted(field)}   # likely, by its name")
        elif target == "arm":
            lines.append(f"{target} = {quoted('? which field says the arm')}")
    return [
        *lines,
        "# planned_end_days = { value = 365 }   # how long was follow-up planned?",
        '# withdrawn_days = { from = "...", event = "..." }   # from the event that holds it',
    ]


def _instruments(project: RedcapFound) -> list[str]:
    """Every instrument as an offer, with its fields."""
    repeating = project.distinct(REPEATED)
    forms = project.dictionary.forms if project.dictionary is not None else ()
    lines = ["", "# The instruments. Those that repeat are most often recurrences, walking or"]
    lines += ["# adverse_events; docs/guide/redcap.md shows one of each."]
    for name in dict.fromkeys([*forms, *repeating]):
        fields = project.fields_of(name)
        told = ", ".join(fields[:LISTED]) + (" ..." if len(fields) > LISTED else "")
        again = f", repeats: its number is in {INSTANCE}" if name in repeating else ""
        lines.append(f"# instrument = {quoted(name)}{again}; fields: {told}")
    return lines


def without_redcap(tables: list[TableFound], project: RedcapFound) -> list[TableFound]:
    """The other tables of the place."""
    used = {project.text.file, project.dictionary.file if project.dictionary else ""}
    return [one for one in tables if one.file not in used]
