"""Does the project say of itself what is true: version, Pythons, dependencies, quick import?"""

import ast
import importlib.metadata
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import walkstats

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
CONSTRAINTS = [
    line
    for line in (ROOT / "constraints.txt").read_text("utf-8").splitlines()
    if not line.startswith("#")
]

# Packages that take long to import; importing walkstats must not pay for them.
HEAVY = {"numpy", "pandas", "scipy", "matplotlib", "statsmodels", "lifelines", "formulaic", "numba"}


def imported_after(statements: str) -> set[str]:
    """The top-level packages that a fresh Python holds after some statements."""
    code = f"{statements}\nimport sys\nprint(*{{name.partition('.')[0] for name in sys.modules}})"
    run = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return set(run.stdout.split())


def canonical(requirement: str) -> str:
    """The name of a requirement, as package indexes spell it."""
    return re.sub(r"[-_.]+", "-", re.split(r"[\[<>=!~ ;]", requirement)[0]).lower()


def required_names() -> set[str]:
    """Every package that the core or an extra asks for."""
    groups = [PROJECT["dependencies"], *PROJECT["optional-dependencies"].values()]
    return {canonical(requirement) for group in groups for requirement in group}


def pythons_of_dev() -> tuple[tuple[int, int], tuple[int, int]]:
    """The oldest and the newest Python that dev.py accepts, read as Python 3.6 would read it."""
    tree = ast.parse((ROOT / "dev.py").read_text("utf-8"), feature_version=(3, 6))
    assigned = {ast.unparse(n.targets[0]): n.value for n in tree.body if isinstance(n, ast.Assign)}
    return ast.literal_eval(assigned["(OLDEST, NEWEST)"])


def test_version_is_one_everywhere():
    version = walkstats.__version__
    assert importlib.metadata.version("walkstats") == version
    assert f"\nversion: {version}\n" in (ROOT / "CITATION.cff").read_text("utf-8")
    assert f"\n## {version}" in (ROOT / "CHANGELOG.md").read_text("utf-8")


def test_types_are_shipped():
    assert (Path(walkstats.__file__).parent / "py.typed").exists()


def test_importing_walkstats_imports_no_heavy_package():
    assert not imported_after("import walkstats; dir(walkstats)") & HEAVY


@pytest.mark.parametrize(
    "part", ["survival", "regression", "derive", "figures", "tables", "design"]
)
def test_naming_a_part_imports_no_heavy_package(part):
    assert not imported_after(f"import walkstats; dir(walkstats.{part})") & HEAVY


def test_the_heavy_packages_would_be_seen():
    assert "numpy" in imported_after("import walkstats, numpy")


def test_a_curve_imports_no_other_engine():
    code = "import walkstats, pandas; walkstats.survival.kaplan_meier"
    assert not imported_after(code) & {"lifelines", "statsmodels", "matplotlib", "formulaic"}


def test_pythons_are_the_same_everywhere():
    oldest, newest = pythons_of_dev()
    minors = range(oldest[1], newest[1] + 1)
    claimed = [c.rpartition(" ")[2] for c in PROJECT["classifiers"] if ":: 3." in c]
    assert claimed == [f"3.{minor}" for minor in minors]
    assert PROJECT["requires-python"] == f">=3.{oldest[1]},<3.{newest[1] + 1}"
    assert oldest <= sys.version_info[:2] <= newest


def test_constraints_are_versions_only_and_cover_every_requirement():
    assert all(re.fullmatch(r"[a-z0-9-]+==[0-9][0-9a-z.+]*", line) for line in CONSTRAINTS)
    names = [line.partition("==")[0] for line in CONSTRAINTS]
    assert names == sorted(set(names))
    assert required_names() <= set(names)


def test_floors_are_not_above_the_constraints():
    pins = dict(line.split("==") for line in CONSTRAINTS)
    groups = [PROJECT["dependencies"], *PROJECT["optional-dependencies"].values()]
    for requirement in [r for group in groups for r in group]:
        floor = re.search(r">=([0-9.]+)", requirement)
        assert floor, f"{requirement} has no floor"
        assert _numbers(pins[canonical(requirement)]) >= _numbers(floor[1]), requirement


def _numbers(version: str) -> list[int]:
    return [int(number) for number in re.findall(r"\d+", version)]
