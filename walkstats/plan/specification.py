"""What does an analysis plan say? Data only: which frames, which methods, with which arguments."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from walkstats.errors import DataError
from walkstats.plan.methods import FRAMES, METHODS
from walkstats.results import Frozen

STATUSES = ("primary", "secondary", "sensitivity", "descriptive")


@dataclass(frozen=True)
class Frame(Frozen):
    """Which frame an analysis takes.

    Attributes
    ----------
    derive : str
        A function of ``walkstats.derive``.
    arguments : mapping
    where : mapping of column to value
        Rows to keep.
    """

    derive: str
    arguments: Mapping[str, Any] = field(default_factory=dict)
    where: Mapping[str, Any] = field(default_factory=dict)

    @property
    def key(self) -> str:
        """The same text for the same frame."""
        return json.dumps([self.derive, dict(self.arguments), dict(self.where)], sort_keys=True)


@dataclass(frozen=True)
class Analysis(Frozen):
    """One analysis of a plan.

    Attributes
    ----------
    name : str
        Unique in the plan; file names come from it.
    title : str
    section : str
        Heading of the report under which it stands.
    method : str
        ``"survival.cox"`` and so on; a key of ``walkstats.plan.methods.METHODS``.
    frame : Frame or None
        What it is applied to; None where it takes an earlier result.
    of : str
        Name of the earlier analysis whose result it takes.
    arguments : mapping
    status : {"primary", "secondary", "sensitivity", "descriptive"}
    note : str
        What a reader must know of how it was planned: a horizon chosen from the data, say. It
        stands under the analysis and among the methods.
    """

    name: str
    title: str
    section: str
    method: str
    frame: Frame | None = None
    of: str = ""
    arguments: Mapping[str, Any] = field(default_factory=dict)
    status: str = "secondary"
    note: str = ""


@dataclass(frozen=True)
class Plan(Frozen):
    """An analysis plan.

    Attributes
    ----------
    title : str
    analyses : tuple of Analysis
        In the order in which they are run and shown.
    level : float
        Confidence level of all analyses.
    published : mapping of str to mapping
        Leaf of a published record -> {"analysis", "term", "part", "ratio"} of our estimate.
    record : str
        Name of the published record.
    """

    title: str
    analyses: tuple[Analysis, ...]
    level: float = 0.95
    published: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    record: str = ""

    def __post_init__(self) -> None:
        super().__post_init__()
        problems = _problems(self)
        if problems:
            raise DataError.of(
                "; ".join(problems),
                table="plan",
                what_to_do="correct the plan",
                count=len(problems),
            )


def _problems(plan: Plan) -> list[str]:
    """What is wrong with a plan, before any data are seen."""
    found = []
    seen: set[str] = set()
    if not 0 < plan.level < 1:
        found.append(f"level must lie between 0 and 1, got {plan.level!r}")
    for one in plan.analyses:
        where = f"analysis {one.name!r}"
        if one.name in seen:
            found.append(f"{where} stands twice")
        if one.method not in METHODS:
            found.append(f"{where}: no method {one.method!r} (there are {', '.join(METHODS)})")
        if one.status not in STATUSES:
            found.append(f"{where}: status must be one of {', '.join(STATUSES)}")
        if one.frame is not None and one.frame.derive not in FRAMES:
            found.append(f"{where}: no frame {one.frame.derive!r} (there are {', '.join(FRAMES)})")
        if (one.frame is None) == (one.of == ""):
            found.append(f"{where} must take either a frame or an earlier result (of)")
        if one.of and one.of not in seen:
            found.append(f"{where} takes the result of {one.of!r}, which does not stand before it")
        found += _misnamed_frames(one, where)
        seen.add(one.name)
    for leaf, ours in plan.published.items():
        found += _misplaced(leaf, ours, seen)
    return found


def _misnamed_frames(one: Analysis, where: str) -> list[str]:
    """What is wrong with the frames among the arguments of an analysis."""
    method = METHODS.get(one.method)
    given = (
        [one.arguments[name] for name in method.frames if name in one.arguments] if method else []
    )
    known = {"derive", "arguments", "where"}
    return [
        f"{where}: {frame!r} must be a table of derive, arguments and where, derive being one of "
        f"{', '.join(FRAMES)}"
        for frame in given
        if not isinstance(frame, Mapping)
        or frame.get("derive") not in FRAMES
        or not set(frame) <= known
    ]


def _misplaced(leaf: str, ours: Mapping[str, Any], names: set[str]) -> list[str]:
    """What is wrong with the place of a published figure."""
    known = isinstance(ours, Mapping) and ours.get("analysis") in names
    if not known:
        return [f"published {leaf!r} names no analysis of the plan"]
    if not any(key in ours for key in ("term", "contrast", "column", "count")):
        return [f"published {leaf!r} needs a term, a contrast, a column or a count"]
    if "column" in ours and not isinstance(ours.get("where", {}), Mapping):
        return [f"published {leaf!r}: where must be a table of column = value"]
    return []


def read_plan(file: str | Path) -> Plan:
    """Read a plan from a TOML file.

    Parameters
    ----------
    file : path

    Returns
    -------
    Plan

    Raises
    ------
    DataError
        When the file is missing, is no TOML, or says something that a plan cannot say.

    Examples
    --------
    >>> read_plan("absent.toml")
    Traceback (most recent call last):
    walkstats.errors.DataError: there is no plan absent.toml -> check the path
    """
    path = Path(file)
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise DataError.of(f"there is no plan {file}", what_to_do="check the path") from None
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise DataError.of(
            f"{path.name} cannot be read as TOML: {error}", what_to_do="correct the file"
        ) from None
    return _plan_of(data, path.name)


def _plan_of(data: Mapping[str, Any], name: str) -> Plan:
    known = {"title", "level", "record", "published", "analysis"}
    _check_keys(data, known, {"title", "analysis"}, name)
    _check_types(data, {"title": str, "level": (int, float), "record": str}, name)
    _check_types(data, {"published": dict, "analysis": list}, name)
    analyses = tuple(_analysis_of(one, name) for one in data["analysis"])
    return Plan(
        title=data["title"],
        analyses=analyses,
        level=float(data.get("level", 0.95)),
        published=data.get("published", {}),
        record=data.get("record", ""),
    )


def _analysis_of(data: Mapping[str, Any], name: str) -> Analysis:
    known = {"name", "title", "section", "method", "frame", "of", "arguments", "status", "note"}
    _check_types({"analysis": data}, {"analysis": dict}, name)
    where = f"{name}, analysis {data.get('name', '?')!r}"
    _check_types(data, {key: str for key in known - {"frame", "arguments"}}, where)
    _check_types(data, {"frame": dict, "arguments": dict}, where)
    _check_keys(data, known, {"name", "title", "section", "method"}, where)
    frame = None
    if "frame" in data:
        _check_keys(data["frame"], {"derive", "arguments", "where"}, {"derive"}, f"{where}, frame")
        frame = Frame(**data["frame"])
    return Analysis(**{**{k: v for k, v in data.items() if k != "frame"}, "frame": frame})


def _check_types(data: Mapping[str, Any], kinds: Mapping[str, Any], where: str) -> None:
    words = {
        str: "a text",
        dict: "a table",
        list: "a list of tables",
        (int, float): "a number",
    }
    for key, kind in kinds.items():
        if key in data and not isinstance(data[key], kind):
            raise DataError.of(
                f"{where}: {key} must be {words.get(kind, 'a number')}, got {data[key]!r}"
            )


def _check_keys(data: Mapping[str, Any], known: set[str], needed: set[str], where: str) -> None:
    unknown, absent = sorted(set(data) - known), sorted(needed - set(data))
    if unknown or absent:
        said = [f"unknown: {', '.join(unknown)}"] if unknown else []
        said += [f"missing: {', '.join(absent)}"] if absent else []
        raise DataError.of(
            f"{where}: {'; '.join(said)}", what_to_do=f"allowed are {', '.join(sorted(known))}"
        )


def write_plan(plan: Plan, file: str | Path) -> None:
    """Write a plan as a TOML file that ``read_plan`` reads back the same.

    Parameters
    ----------
    plan : Plan
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
    ...     write_plan(Plan("Small", (flow,)), f"{folder}/plan.toml")
    ...     read_plan(f"{folder}/plan.toml").analyses[0].frame.derive
    'participant_flow'
    """
    try:
        Path(file).write_text(plan_text(plan), encoding="utf-8")
    except OSError as error:
        raise DataError.of(f"{file} cannot be written: {error.strerror}") from None


def plan_text(plan: Plan) -> str:
    """Spell a plan as TOML."""
    lines = [f"title = {_toml(plan.title)}", f"level = {plan.level!r}"]
    if plan.record:
        lines.append(f"record = {_toml(plan.record)}")
    for one in plan.analyses:
        lines += ["", "[[analysis]]"]
        for name in ("name", "title", "section", "status", "method"):
            lines.append(f"{name} = {_toml(getattr(one, name))}")
        if one.note:
            lines.append(f"note = {_toml(one.note)}")
        if one.of:
            lines.append(f"of = {_toml(one.of)}")
        if one.frame is not None:
            parts = {"derive": one.frame.derive, "arguments": one.frame.arguments}
            parts |= {"where": one.frame.where} if one.frame.where else {}
            lines.append(f"frame = {_toml(parts)}")
        if one.arguments:
            lines.append(f"arguments = {_toml(one.arguments)}")
    if plan.published:
        lines += ["", "[published]"]
        lines += [f"{_toml(leaf)} = {_toml(ours)}" for leaf, ours in plan.published.items()]
    return "\n".join(lines) + "\n"


def _toml(value: Any) -> str:
    """A value as TOML on one line; JSON's text is TOML's for strings, numbers and lists."""
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{json.dumps(k)} = {_toml(v)}" for k, v in value.items()) + " }"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(_toml(one) for one in value) + "]"
    return json.dumps(value, ensure_ascii=False)
