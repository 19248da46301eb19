"""Who may import whom: the table of ARCHITECTURE.md as a dict, held against every module."""

import ast
import dataclasses
import functools
import graphlib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "walkstats"

GROUND = {"errors", "results", "schema", "formulas", "numerics", "fast"}  # and every _module.py

# part: the parts it may import; its own modules always, "ground" only by name
ALLOWED = {
    "ground": set(),
    "trial": {"ground"},
    "checks": {"ground", "trial"},
    "questionnaires": {"ground"},
    "derive": {"ground", "trial", "questionnaires"},
    "wearables": {"ground", "trial"},
    "reading": {"ground", "trial", "wearables", "checks", "questionnaires"},
    "survival": {"ground"},
    "regression": {"ground"},
    "evidence": {"ground"},
    "resampling": {"ground", "survival"},
    "missing": {"ground", "survival", "regression"},
    "causal": {"ground", "survival", "regression", "resampling"},
    "economics": {"ground", "trial", "survival", "regression", "missing", "resampling"},
    "design": {"ground", "trial", "survival", "resampling"},
    "tables": {"ground"},
    "figures": {"ground"},
}
ALLOWED["plan"] = set(ALLOWED) - {"tables", "figures"}
ALLOWED["report"] = set(ALLOWED) | {"front"}
ALLOWED["cli"] = set(ALLOWED) | {"front"}
ALLOWED["front"] = {"ground"}  # the front page; what it names is imported lazily

# What these parts may name under TYPE_CHECKING, where nothing is imported when the program runs.
TYPES_ONLY = {
    "tables": ALLOWED["plan"] | {"plan"},
    "figures": ALLOWED["plan"] | {"plan"},
    "front": set(ALLOWED),
}

TYPE_CHECKS = {"TYPE_CHECKING", "typing.TYPE_CHECKING"}

# A name made at run time, which no reading of the source can follow.
UNKNOWN = "walkstats.?"

# The modules that import by such names. The names come from tables of theirs, which are read below.
LAZY = "walkstats._lazy"  # a part's own modules
ENGINE = "walkstats.numerics.engine"  # the numba twins
METHODS = "walkstats.plan.methods"  # the methods that a plan may name


@dataclasses.dataclass(frozen=True)
class Import:
    """One import of a module of walkstats: which, on which line, and when it happens."""

    target: str
    line: int
    types_only: bool
    at_import: bool  # when the module is imported, not when a function runs


def modules() -> dict[str, Path]:
    """Dotted name of each module -> its file."""
    return {_dotted(path): path for path in sorted(PACKAGE.rglob("*.py"))}


def part_of(module: str) -> str:
    """The row of the table to which a module belongs."""
    names = module.split(".")
    if len(names) == 1:
        return "front"
    if names[1] in GROUND or (names[1].startswith("_") and names[1] != "__main__"):
        return "ground"
    return "cli" if names[1] == "__main__" else names[1]


def imports_of(source: str, module: str, is_package: bool) -> list[Import]:
    """Every import of walkstats' own modules in a source, whatever its spelling."""
    found: list[Import] = []
    _walk(ast.parse(source), module if is_package else module.rpartition(".")[0], found)
    return found


def _dotted(path: Path) -> str:
    names = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(names[:-1] if names[-1] == "__init__" else names)


def _walk(node: ast.AST, package: str, found: list[Import], types=False, top=True) -> None:
    for child in ast.iter_child_nodes(node):
        for target in _targets(child, package):
            if target.split(".")[0] == "walkstats":
                found.append(Import(target, child.lineno, types, top))
        inner_top = top and not isinstance(
            child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
        )
        if isinstance(child, ast.If) and ast.unparse(child.test) in TYPE_CHECKS:
            for statement in child.body:
                _walk(ast.Module([statement], []), package, found, True, inner_top)
            for statement in child.orelse:
                _walk(ast.Module([statement], []), package, found, types, inner_top)
        else:
            _walk(child, package, found, types, inner_top)


def _targets(node: ast.AST, package: str) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom):
        base = _absolute("." * node.level + (node.module or ""), package)
        return [_module_or_name(base, alias.name) for alias in node.names]
    if isinstance(node, ast.Call) and _called(node) in {"import_module", "__import__"}:
        name = _literal_start(node.args[0])
        return [UNKNOWN] if name is None else [_absolute(name, package)]
    return []


def _called(call: ast.Call) -> str:
    return getattr(call.func, "attr", getattr(call.func, "id", ""))


def _literal_start(argument: ast.expr) -> str | None:
    """The text of an argument, or of its start up to the last whole name; None when unknown."""
    if isinstance(argument, ast.JoinedStr) and argument.values:
        whole = getattr(argument.values[0], "value", "")
        known = whole.rpartition(".")[0] if isinstance(whole, str) else ""
        return known if "." in known else None
    value = getattr(argument, "value", None)
    return value if isinstance(value, str) else None


def _absolute(name: str, package: str) -> str:
    level = len(name) - len(name.lstrip("."))
    if not level:
        return name
    base = package.split(".")[: len(package.split(".")) - level + 1]
    return ".".join([*base, name[level:]] if name[level:] else base)


def _module_or_name(base: str, name: str) -> str:
    path = ROOT.joinpath(*base.split("."), name)
    return f"{base}.{name}" if path.with_suffix(".py").exists() or path.is_dir() else base


def refusals(module: str, found: list[Import]) -> list[str]:
    """One sentence for each import that the table does not allow."""
    part = part_of(module)
    said = []
    for item in found:
        target = part_of(item.target)
        allowed = ALLOWED.get(part, set()) | (
            TYPES_ONLY.get(part, set()) if item.types_only else set()
        )
        if target != part and target not in allowed and item.target != UNKNOWN:
            said.append(f"{module}:{item.line} ({part}) imports {item.target} ({target})")
    return said


MODULES = modules()


@functools.cache
def all_imports() -> dict[str, list[Import]]:
    return {
        name: imports_of(path.read_text("utf-8"), name, path.name == "__init__.py")
        for name, path in MODULES.items()
        if name != LAZY
    }


def named_in_tables() -> dict[str, set[str]]:
    """The modules that are imported by names from a table."""
    from walkstats.numerics.engine import PAIRS
    from walkstats.plan import methods

    twins = {numba.partition(":")[0] for _, numba in PAIRS.values()}
    parts = {f"walkstats.{name.partition('.')[0]}" for name in methods.METHODS if "." in name}
    return {ENGINE: twins, METHODS: parts | ({"walkstats.derive"} if methods.FRAMES else set())}


def test_every_module_has_a_row():
    rows = {part_of(name) for name in MODULES}
    assert rows <= set(ALLOWED)
    assert {"ground", "front"} < rows


def test_no_module_imports_what_the_table_does_not_allow():
    said = [line for name, found in all_imports().items() for line in refusals(name, found)]
    assert not said, "\n".join(said)


def test_names_made_at_run_time_come_from_tables_that_keep_the_layers():
    unknown = {
        name for name, found in all_imports().items() if UNKNOWN in {i.target for i in found}
    }
    tables = named_in_tables()
    assert unknown == set(tables)
    for name, targets in tables.items():
        assert targets <= set(MODULES)
        found = [Import(target, 0, False, False) for target in targets]
        assert not refusals(name, found)


def test_the_table_has_no_cycle():
    order = list(graphlib.TopologicalSorter(ALLOWED).static_order())
    assert (
        order.index("ground") < order.index("trial") < order.index("plan") < order.index("report")
    )


def test_no_module_imports_itself_round_a_corner():
    graph = {
        name: {i.target for i in found if i.at_import and not i.types_only} - {name}
        for name, found in all_imports().items()
    }
    try:
        order = list(graphlib.TopologicalSorter(graph).static_order())
    except graphlib.CycleError as error:
        pytest.fail(" -> ".join(error.args[1]))
    assert set(MODULES) - {LAZY} <= set(order)


@pytest.mark.parametrize(
    "source",
    [
        "import walkstats.figures",
        "import walkstats.figures.curves as drawing",
        "from walkstats import figures",
        "from walkstats.figures import plot_survival",
        "from .. import figures",
        "from ..figures import plot_survival",
        "from ..figures.curves import plot_survival",
        "def late():\n    from walkstats.figures import plot_survival",
        "try:\n    import walkstats.figures\nexcept ImportError:\n    pass",
        "import importlib\nimportlib.import_module('walkstats.figures')",
        "from importlib import import_module\nimport_module('..figures', __package__)",
        "__import__('walkstats.figures')",
        "import importlib\nimportlib.import_module(f'walkstats.figures.{name}')",
        "import walkstats",
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from walkstats import figures",
        "if typing.TYPE_CHECKING:\n    pass\nelse:\n    from walkstats import figures",
        "if not TYPE_CHECKING:\n    from walkstats import figures",
    ],
)
def test_every_spelling_of_an_import_is_seen(source):
    found = imports_of(source, "walkstats.survival.curves", is_package=False)
    assert len(refusals("walkstats.survival.curves", found)) == 1


def test_a_name_made_at_run_time_is_seen():
    source = "import importlib\nimportlib.import_module(name)"
    assert imports_of(source, "walkstats.survival.curves", False)[0].target == UNKNOWN


def test_types_are_exempt_only_where_the_table_says():
    source = (
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from walkstats.survival import x"
    )
    for module, refused in [("walkstats.figures.curves", 0), ("walkstats.regression.linear", 1)]:
        assert len(refusals(module, imports_of(source, module, False))) == refused
    at_run_time = imports_of("from walkstats.survival import x", "walkstats.figures.curves", False)
    assert len(refusals("walkstats.figures.curves", at_run_time)) == 1
