"""What does a draft say of ADaM data sets?"""

from __future__ import annotations

from walkstats.reading.assembled.headers import plain
from walkstats.reading.suggesting.columns_meant import cells_of
from walkstats.reading.suggesting.other_names import REFERENCES
from walkstats.reading.suggesting.tables_found import TableFound
from walkstats.reading.text_tables import TextTable
from walkstats.reading.writing.toml_writing import quoted

MOST = 20
"""Parameters that are listed."""


def adam_in(tables: list[TableFound]) -> dict[str, TextTable]:
    """The data sets among the tables of a place: adsl and adtte; empty where one is not there.

    Parameters
    ----------
    tables : list of TableFound

    Returns
    -------
    dict of str to TextTable
    """
    found = {one.file.lower().split(".")[0]: one.text for one in tables if one.text is not None}
    there = {str(name): found[name] for name in ("adsl", "adtte") if name in found}
    named = {name: {plain(str(one)) for one in text.frame.columns} for name, text in there.items()}
    whole = "usubjid" in named.get("adsl", ()) and "paramcd" in named.get("adtte", ())
    return there if whole else {}


def draft_of_adam(sets: dict[str, TextTable]) -> list[str]:
    """The lines of a draft that read them.

    Parameters
    ----------
    sets : dict of str to TextTable

    Returns
    -------
    list of str
    """
    lines = [_arms(sets["adsl"]), _strata(sets["adsl"]), "", "[cdisc]"]
    kinds = "any, activity_limiting or care_seeking"
    code, meaning = _column(sets["adtte"], "PARAMCD"), _column(sets["adtte"], "PARAM")
    frame = sets["adtte"].frame
    said = dict(zip(frame[code], frame[meaning], strict=True)) if meaning else {}
    asked = [
        f"{quoted(one)} = {quoted(f'? which is {said.get(one) or one}: {kinds}')}"
        for one in cells_of(sets["adtte"], code)[:MOST]
    ]
    return [
        *lines,
        f"paramcd = {{ {', '.join(asked)} }}   # leave out what is none of the three",
        "# unit_days = 30.4375   # days in one unit of AVAL, where it is in months",
    ]


def _arms(adsl: TextTable) -> str:
    source = _column(adsl, "TRT01P") or _column(adsl, "ARM")
    arms = cells_of(adsl, source) if source else []
    reference = [arm for arm in arms if plain(arm) in REFERENCES]
    if len(reference) == 1:
        arms.sort(key=lambda arm: arm != reference[0])
        listed = ", ".join(map(quoted, arms))
        return f"arms = [{listed}]   # likely: the others are compared with {reference[0]}"
    return f"arms = {quoted('? which are the arms, the reference first: ' + ', '.join(arms))}"


def _strata(adsl: TextTable) -> str:
    named = [
        next(iter(cells_of(adsl, described)), "") if described else name
        for name, described in ((f"STRAT{k}R", _column(adsl, f"STRAT{k}D")) for k in range(1, 4))
        if _column(adsl, name)
    ]
    offered = ", ".join(quoted(one) for one in named if one) or '"STRAT1R"'
    return f"# strata = [{offered}]"


def _column(text: TextTable, name: str) -> str:
    return next((str(one) for one in text.frame.columns if str(one).upper() == name), "")
