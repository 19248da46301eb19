"""How is a plan written as TOML, and read back with every mistake told at once?"""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Mapping
from importlib import resources
from pathlib import Path
from typing import Any

from walkstats._files import write_whole
from walkstats._toml import TomlError, toml_values
from walkstats.errors import DataError, Problem
from walkstats.plan.agreeing import listed
from walkstats.plan.specification import (
    Analysis,
    AnalysisPlan,
    AnalysisSet,
    Estimand,
    Frame,
    IntercurrentEvent,
    Multiplicity,
    Outcome,
    Revision,
    Signature,
    usual_heading,
)

BARE = re.compile(r"[A-Za-z0-9_-]+")
SHIPPED = ("walkback", "minimal")
TEXTS, TABLE, TABLES = "a list of texts", "a table", "a list of tables"


def read_plan(file: str | Path) -> AnalysisPlan:
    """Read a plan from a TOML file.

    Parameters
    ----------
    file : path, or "walkback" or "minimal"
        The two plans that come with walkstats go by their names.

    Returns
    -------
    AnalysisPlan

    Raises
    ------
    DataError
        When the file is missing, is no TOML, or says something that a plan cannot say: one finding
        for each mistake.

    Examples
    --------
    >>> read_plan("absent.toml")
    Traceback (most recent call last):
    walkstats.errors.DataError: there is no plan absent.toml -> check the path; plans that come with
    walkstats: walkback, minimal
    """
    if str(file) in SHIPPED:
        text = (resources.files("walkstats.plan") / "shipped" / f"{file}.toml").read_text("utf-8")
        return plan_of(toml_values(text), str(file))
    path = Path(file)
    try:
        data = toml_values(path.read_bytes())
    except FileNotFoundError:
        raise DataError.of(
            f"there is no plan {file}",
            what_to_do=f"check the path; plans that come with walkstats: {', '.join(SHIPPED)}",
        ) from None
    except (OSError, TomlError) as error:
        raise DataError.of(
            f"{path.name} cannot be read as TOML: {error}", what_to_do="correct the file"
        ) from None
    return plan_of(data, path.name)


def plan_of(data: Mapping[str, Any], name: str) -> AnalysisPlan:
    """A plan from the tables of its file.

    Raises
    ------
    DataError
        One finding for each mistake, those of the form and those of the content.
    """
    reading = _Reading(name)
    facts = reading.checked(data, PLAN, "")
    outcomes = [reading.outcome(one, k) for k, one in enumerate(facts.pop("outcome", []), 1)]
    described = [reading.analysis(one, "") for one in facts.pop("analysis", [])]
    if not outcomes and not described and not reading.found:
        reading.say("the plan has neither an outcome nor an analysis", "add an [[outcome]]")
    facts |= {
        "outcomes": tuple(outcomes),
        "descriptions": tuple(described),
        "sets": {
            key: AnalysisSet(key, **reading.checked(one, SET, f"sets.{key}"))
            for key, one in facts.get("sets", {}).items()
        },
        "multiplicity": Multiplicity(
            **reading.checked(facts.get("multiplicity", {}), MULTIPLICITY, "multiplicity")
        ),
        "revisions": tuple(
            Revision(**reading.checked(one, REVISION, "revision"))
            for one in facts.pop("revision", [])
        ),
        "signatures": tuple(
            Signature(**reading.checked(one, SIGNATURE, "signature"))
            for one in facts.pop("signature", [])
        ),
    }
    try:
        plan = AnalysisPlan(**facts)
    except DataError as error:
        reading.found += error.findings
    if reading.found:
        raise DataError(reading.found)
    return plan


# Keys of a table of the file: kind and whether it must be there.
PLAN: Mapping[str, tuple[Any, bool]] = {
    "title": (str, True),
    "registration": (str, False),
    "protocol": (str, False),
    "version": (str, False),
    "dated": (str, False),
    "alpha": (float, False),
    "multiplicity": (dict, False),
    "sets": (dict, False),
    "strata": (TEXTS, False),
    "covariates": (TEXTS, False),
    "statements": (dict, False),
    "record": (str, False),
    "published": (dict, False),
    "revision": (TABLES, False),
    "signature": (TABLES, False),
    "outcome": (TABLES, False),
    "analysis": (TABLES, False),
}
SET: Mapping[str, tuple[Any, bool]] = {"title": (str, True), "where": (dict, False)}
MULTIPLICITY: Mapping[str, tuple[Any, bool]] = {
    "method": (str, False),
    "family": (TEXTS, False),
    "note": (str, False),
}
REVISION: Mapping[str, tuple[Any, bool]] = {
    "version": (str, True),
    "what": (str, True),
    "dated": (str, False),
    "after_unmasking": (bool, False),
}
SIGNATURE: Mapping[str, tuple[Any, bool]] = {
    "name": (str, True),
    "role": (str, False),
    "dated": (str, False),
    "digest": (str, False),
}
OUTCOME: Mapping[str, tuple[Any, bool]] = {
    "id": (str, True),
    "title": (str, True),
    "role": (str, True),
    "measure": (str, False),
    "time_points": (TEXTS, False),
    "missing": (str, False),
    "own_choice": (str, False),
    "heading": (str, False),
    "estimand": (dict, False),
    "analysis": (TABLES, True),
}
ESTIMAND: Mapping[str, tuple[Any, bool]] = {
    **{name: (str, True) for name in ("population", "treatment", "variable", "summary")},
    "intercurrent": (TABLES, False),
}
EVENT: Mapping[str, tuple[Any, bool]] = {
    "event": (str, True),
    "strategy": (str, True),
    "handling": (str, False),
    "column": (str, False),
}
ANALYSIS: Mapping[str, tuple[Any, bool]] = {
    "name": (str, True),
    "title": (str, True),
    "method": (str, True),
    "section": (str, False),
    "frame": (dict, False),
    "of": (str, False),
    "arguments": (dict, False),
    "status": (str, False),
    "note": (str, False),
    "set": (str, False),
    "prespecified": (bool, False),
    "reason": (str, False),
}
FRAME: Mapping[str, tuple[Any, bool]] = {
    "derive": (str, True),
    "arguments": (dict, False),
    "where": (dict, False),
    "until": (str, False),
    "landmark": (float, False),
    "join": (dict, False),
}
WORDS = {str: "a text", dict: TABLE, bool: "true or false", float: "a number"}
EMPTY: Mapping[Any, Any] = {str: "?", dict: {}, bool: False, float: 0.0, TEXTS: (), TABLES: []}


@dataclasses.dataclass
class _Reading:
    """A file that is being read, and the mistakes found in it so far."""

    name: str
    found: list[Problem] = dataclasses.field(default_factory=list)

    def say(self, problem: str, what_to_do: str = "correct the plan") -> None:
        """Note a mistake."""
        self.found.append(Problem(f"{self.name}: {problem}", what_to_do, table="plan"))

    def checked(self, data: Any, keys: Mapping[str, tuple[Any, bool]], where: str) -> Any:
        """The entries of a table that are what they must be; what is wanting gets a stand-in."""
        at = f"{where}: " if where else ""
        if not isinstance(data, Mapping):
            self.say(f"{at}must be a table, got {data!r}")
            data = {}
        kept: dict[str, Any] = {}
        for key, value in data.items():
            if key not in keys:
                self.say(f"{at}unknown entry {key!r}", listed(key, keys))
            elif not _is(value, keys[key][0]):
                kind = keys[key][0]
                self.say(f"{at}{key} must be {WORDS.get(kind, kind)}, got {value!r}")
                kept |= {key: EMPTY[kind]} if keys[key][1] else {}
            else:
                kept[key] = tuple(value) if keys[key][0] == TEXTS else value
        for key, (kind, needed) in keys.items():
            if needed and key not in data:
                self.say(f"{at}{key} is missing")
                kept[key] = EMPTY[kind]
        return kept

    def outcome(self, data: Any, place: int) -> Outcome:
        """An outcome with its analyses."""
        named = data.get("id", f"number {place}") if isinstance(data, Mapping) else place
        where = f"outcome {named!r}"
        facts = self.checked(data, OUTCOME, where)
        analyses = tuple(self.analysis(one, where) for one in facts.pop("analysis", []))
        told = facts.pop("estimand", None)
        if told is not None:
            told = self.checked(told, ESTIMAND, f"{where}, estimand")
            events = [
                IntercurrentEvent(**self.checked(one, EVENT, f"{where}, intercurrent event"))
                for one in told.pop("intercurrent", [])
            ]
            told = Estimand(**told, intercurrent=tuple(events))
        return Outcome(**facts, analyses=analyses, estimand=told)

    def analysis(self, data: Any, within: str) -> Analysis:
        """One analysis; its section may be left to its outcome."""
        named = data.get("name", "?") if isinstance(data, Mapping) else "?"
        where = f"analysis {named!r}"
        facts = self.checked(data, ANALYSIS, where)
        if not within and not facts.get("section"):
            self.say(f"{where}: section is missing", "say under which heading it stands")
        if "frame" in facts:
            frame = self.checked(facts["frame"], FRAME, f"{where}, frame")
            if "join" in frame:
                frame["join"] = self.checked(frame["join"], FRAME, f"{where}, frame joined")
            facts["frame"] = Frame(**frame)
        return Analysis(**facts)


def _is(value: Any, kind: Any) -> bool:
    if kind is TEXTS:
        return isinstance(value, (list, tuple)) and all(isinstance(one, str) for one in value)
    if kind is TABLES:
        return isinstance(value, list)
    if kind is float:
        return isinstance(value, (int, float)) and not isinstance(value, bool)
    return isinstance(value, kind)


def write_plan(plan: AnalysisPlan, file: str | Path) -> None:
    """Write a plan as a TOML file that ``read_plan`` reads back the same.

    Parameters
    ----------
    plan : AnalysisPlan
    file : path

    Raises
    ------
    DataError
        When the file cannot be written.

    Examples
    --------
    >>> import tempfile
    >>> flow = Analysis("flow", "Flow", "People", "frame", Frame("participant_flow"))
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_plan(AnalysisPlan("Small", descriptions=(flow,)), f"{folder}/plan.toml")
    ...     read_plan(f"{folder}/plan.toml").analyses[0].frame.derive
    'participant_flow'
    """
    write_whole(plan_text(plan), file)


def plan_text(plan: AnalysisPlan) -> str:
    """Spell a plan as TOML."""
    lines = _entries(plan, ("title", "registration", "protocol", "version", "dated"))
    lines += [f"alpha = {plan.alpha!r}", *_entries(plan, ("strata", "covariates", "record"))]
    if plan.multiplicity != Multiplicity():
        lines += ["", "[multiplicity]", *_entries(plan.multiplicity, MULTIPLICITY)]
    for name, chosen in plan.sets.items():
        lines += ["", f"[sets.{_key(name)}]", *_entries(chosen, SET)]
    if plan.statements:
        lines += ["", "[statements]"]
        lines += [f"{spelled(key)} = {spelled(text)}" for key, text in plan.statements.items()]
    for revision in plan.revisions:
        lines += ["", "[[revision]]", *_entries(revision, REVISION)]
    for one in plan.descriptions:
        lines += ["", "[[analysis]]", *_analysis_lines(one, "", "descriptive")]
    for outcome in plan.outcomes:
        lines += ["", *_outcome_lines(outcome)]
    if plan.published:
        lines += ["", "[published]"]
        lines += [f"{spelled(leaf)} = {spelled(ours)}" for leaf, ours in plan.published.items()]
    for signature in plan.signatures:
        lines += ["", signature_text(signature)]
    return "\n".join(lines) + "\n"


def signature_text(signature: Signature) -> str:
    """Spell a signature as TOML."""
    return "\n".join(["[[signature]]", *_entries(signature, SIGNATURE)])


def _entries(one: Any, names: Any) -> list[str]:
    """Lines of the entries that say something."""
    told = ((name, getattr(one, name)) for name in names)
    return [
        f"{name} = {spelled(value)}" for name, value in told if value not in ("", (), {}, False)
    ]


def _outcome_lines(outcome: Outcome) -> list[str]:
    told = [key for key in OUTCOME if key not in ("estimand", "analysis", "heading")]
    told += ["heading"] if outcome.heading != usual_heading(outcome) else []
    lines = ["[[outcome]]", *_entries(outcome, told)]
    if outcome.estimand is not None:
        facts = ("population", "treatment", "variable", "summary")
        lines += ["", "[outcome.estimand]", *_entries(outcome.estimand, facts)]
        for event in outcome.estimand.intercurrent:
            lines += ["", "[[outcome.estimand.intercurrent]]", *_entries(event, EVENT)]
    for one in outcome.analyses:
        lines += ["", "[[outcome.analysis]]", *_analysis_lines(one, outcome.heading, outcome.role)]
    return lines


def _analysis_lines(one: Analysis, heading: str, status: str) -> list[str]:
    lines = [f"name = {spelled(one.name)}", f"title = {spelled(one.title)}"]
    lines += [f"section = {spelled(one.section)}"] if one.section != heading else []
    lines += [f"status = {spelled(one.status)}"] if one.status != status else []
    lines += [f"method = {spelled(one.method)}"]
    lines += _entries(one, ("of", "set", "note", "reason"))
    lines += [] if one.prespecified else ["prespecified = false"]
    if one.frame is not None:
        told = {key: getattr(one.frame, key) for key in FRAME if getattr(one.frame, key)}
        lines.append(f"frame = {spelled(told)}")
    return lines + _entries(one, ("arguments",))


def spelled(value: Any) -> str:
    """A value as TOML on one line; JSON's text is TOML's for strings, numbers and lists."""
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{_key(k)} = {spelled(v)}" for k, v in value.items()) + " }"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(spelled(one) for one in value) + "]"
    return json.dumps(value, ensure_ascii=False)


def _key(name: str) -> str:
    """A key as TOML, in quotes only where it needs them."""
    return name if BARE.fullmatch(name) else json.dumps(name, ensure_ascii=False)
