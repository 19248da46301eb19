"""Does every public function say what one learns, from what, and when it refuses?"""

import ast
import functools
import inspect
import re
import sys
import textwrap

import pytest

from tests.public_names import functions_by_part

PARTS = functions_by_part()
SECTION = re.compile(r"^([A-Z][A-Za-z ]+)\n-{3,}$", re.MULTILINE)


def sections(function) -> dict[str, str]:
    """The sections of a numpydoc docstring; the summary is under ``""``."""
    pieces = SECTION.split(inspect.getdoc(function) or "")
    return {"": pieces[0]} | dict(zip(pieces[1::2], pieces[2::2], strict=True))


def described(section: str) -> list[str]:
    """Names described in a section: unindented lines, several names separated by commas."""
    heads = [line for line in section.splitlines() if line and not line[0].isspace()]
    names = [name.strip() for head in heads for name in head.partition(" : ")[0].split(",")]
    return [name.lstrip("*") for name in names]


@functools.cache
def bodies_of(module: str) -> dict[str, ast.FunctionDef]:
    """The functions of a module as written."""
    source = inspect.getsource(sys.modules[module])
    return {node.name: node for node in ast.parse(source).body if isinstance(node, ast.FunctionDef)}


def raises(function) -> bool:
    """Whether a function refuses something, itself or through its module's helpers and checks."""
    bodies = bodies_of(function.__module__)
    waiting, seen = [function.__name__], set()
    while waiting:
        name = waiting.pop()
        seen.add(name)
        for node in ast.walk(bodies[name]):
            called = _name_of(node.func) if isinstance(node, ast.Call) else ""
            if isinstance(node, ast.Raise) or called.startswith("check_"):
                return True
            if called in bodies and called not in seen:
                waiting.append(called)
    return False


def _name_of(expression: ast.expr) -> str:
    return getattr(expression, "id", getattr(expression, "attr", ""))


@pytest.mark.parametrize("part", PARTS)
def test_summaries_are_sentences(part):
    for name, function in PARTS[part].items():
        summary = sections(function)[""].strip().partition("\n\n")[0]
        assert summary.endswith((".", "?")), (name, summary)
        assert len(summary.split()) >= 3, (name, summary)


@pytest.mark.parametrize("part", PARTS)
def test_parameters_are_those_of_the_signatures(part):
    for name, function in PARTS[part].items():
        found = sorted(described(sections(function).get("Parameters", "")))
        assert found == sorted(inspect.signature(function).parameters), name


@pytest.mark.parametrize("part", PARTS)
def test_returns_and_examples_are_there(part):
    for name, function in PARTS[part].items():
        found = sections(function)
        if inspect.signature(function).return_annotation not in (None, "None"):
            assert found.get("Returns", "").strip(), name
        assert ">>> " in found.get("Examples", ""), f"{name}: no example"


@pytest.mark.parametrize("part", PARTS)
def test_refusals_are_told(part):
    for name, function in PARTS[part].items():
        if raises(function):
            told = described(sections(function).get("Raises", ""))
            assert told, f"{name} raises, but does not say so"


def test_every_part_with_functions_is_read():
    assert set(PARTS) > {"reading", "derive", "survival", "regression"}


def test_a_docstring_is_taken_apart_as_numpydoc_writes_it():
    def example(a, b, c=1):
        """Learn a thing.

        Parameters
        ----------
        a, b : float
            Two numbers [days].
        c : int
            Another.

        Returns
        -------
        float
            Their sum.
        """

    found = sections(example)
    assert described(found["Parameters"]) == ["a", "b", "c"]
    assert textwrap.dedent(found[""]).strip() == "Learn a thing."
    assert "Examples" not in found
