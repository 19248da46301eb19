"""Which names are public, and in which part? Read from the package itself."""

import ast
import importlib
import inspect
from pathlib import Path
from types import FunctionType, ModuleType

import walkstats

PACKAGE = Path(walkstats.__file__).parent


def parts() -> dict[str, ModuleType]:
    """The parts that the front page names, and ``reading``, whose names stand on the front page."""
    names = {path.parent.name for path in PACKAGE.glob("*/__init__.py")}
    listed = sorted({name for name in walkstats.__all__ if name in names} | {"reading"})
    return {name: importlib.import_module(f"walkstats.{name}") for name in listed}


def public_functions() -> dict[str, FunctionType]:
    """Every public function: ``survival.cox`` -> the function."""
    return {
        f"{part}.{name}": getattr(module, name)
        for part, module in parts().items()
        for name in module.__all__
        if inspect.isfunction(getattr(module, name))
    }


def functions_by_part() -> dict[str, dict[str, FunctionType]]:
    """Every public function: survival -> ``survival.cox`` -> the function."""
    found: dict[str, dict[str, FunctionType]] = {}
    for name, function in public_functions().items():
        found.setdefault(name.partition(".")[0], {})[name] = function
    return found


def names_for_type_checkers(package: Path) -> set[str]:
    """The names that a part's ``__init__`` imports under TYPE_CHECKING."""
    tree = ast.parse((package / "__init__.py").read_text("utf-8"))
    blocks = [node for node in tree.body if isinstance(node, ast.If)]
    imports = [node for block in blocks for node in block.body if isinstance(node, ast.ImportFrom)]
    return {alias.asname or alias.name for node in imports for alias in node.names}
